//! What search engines read of a site whose address is known: its pages, and that all may be read.

use super::{Page, Site};
use content::escape;
use std::fmt::Write;

/// `sitemap.xml` and `robots.txt`; nothing while the address is not known, for both name whole addresses.
pub(super) fn pages(site: &Site, pages: &[Page]) -> Vec<Page> {
    let Some(base) = site.base_url.as_deref() else { return Vec::new() };
    let file = |path: &str, text: String| Page { path: path.to_owned(), text };
    // A host that stands below others' paths cannot have a robots.txt of its own; the map is found by its address too.
    let robots = format!("User-agent: *\nAllow: /\nSitemap: {base}sitemap.xml\n");
    vec![file("sitemap.xml", sitemap(base, pages)), file("robots.txt", robots)]
}

/// Every page that a reader may be led to: not the frames, nor the single files, which say the same again.
fn sitemap(base: &str, pages: &[Page]) -> String {
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n"
        .to_owned();
    let is_led_to = |path: &str| {
        path.ends_with(".html")
            && path != "404.html"
            && !path.starts_with("embed/")
            && !path.starts_with("single/")
    };
    for page in pages.iter().filter(|it| is_led_to(&it.path)) {
        let url = format!("{base}{}", page.path.trim_end_matches("index.html"));
        let _ = writeln!(out, "<url><loc>{}</loc></url>", escape(&url));
    }
    out + "</urlset>\n"
}

#[cfg(test)]
mod tests {
    use super::sitemap;
    use crate::pages::Page;

    #[test]
    fn the_map_names_each_page_once_and_no_frame() {
        let paths = ["index.html", "course/cpu/index.html", "embed/a/b.html", "404.html", "x.json"];
        let pages = paths.map(|path| Page { path: path.to_owned(), text: String::new() });
        let map = sitemap("https://host/at/", &pages);
        let urls: Vec<&str> = map.lines().filter(|it| it.starts_with("<url>")).collect();
        assert_eq!(
            urls,
            [
                "<url><loc>https://host/at/</loc></url>",
                "<url><loc>https://host/at/course/cpu/</loc></url>"
            ]
        );
    }
}
