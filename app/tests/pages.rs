//! Every page of the real course, as text: what must hold for all of them.
#![cfg(all(feature = "ssr", not(target_arch = "wasm32")))]

use app::pages::{Bundle, Files, Page, Site, notes};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

/// All files of the site, and the faults of the course; none, or there are no pages worth a look.
static SITE: LazyLock<(Vec<Page>, String)> = LazyLock::new(|| {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let (course, faults) = match content::Course::load(&top.join("content")) {
        Ok(course) => (course, String::new()),
        Err(faults) => (content::Course::default(), faults.to_string()),
    };
    let notes = sim::engines()
        .map(|it| (it.meta.id.to_owned(), notes(&top.join("sim/src"), it.meta.id)))
        .collect();
    let app = Bundle {
        js_name: "app-0.js".into(),
        js: "async function __wbg_init() {}\nexport default __wbg_init;\n".into(),
        wasm_name: "app-0_bg.wasm".into(),
        wasm: vec![0],
        ..Bundle::default()
    };
    let style = |stem: &str| (stem.to_owned(), (format!("{stem}.css"), String::new()));
    let styles = ["tokens", "base", "layout", "page", "figure", "player", "quiz"].map(style);
    let files = Files { styles: styles.into_iter().collect(), app: Some(app), ..Files::default() };
    (Site { course, files, notes, base_url: None, is_offline: true }.pages(), faults)
});

/// Every file of the site.
fn files() -> &'static [Page] {
    let (pages, faults) = &*SITE;
    assert_eq!(faults, "");
    pages
}

/// Pages that readers open, and not the self-contained files.
fn pages() -> impl Iterator<Item = &'static Page> {
    files().iter().filter(|it| it.path.ends_with(".html") && !it.path.starts_with("single/"))
}

/// Opening tags of a page as `(name, the rest up to >)`; scripts' and styles' texts have none.
fn tags(html: &str) -> Vec<(&str, &str)> {
    let mut out = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let n_name = rest.find(|it: char| !it.is_ascii_alphanumeric()).unwrap_or(rest.len());
        if n_name == 0 {
            continue;
        }
        let name = &rest[..n_name];
        let mut quoted = false;
        let inside = |it: char| {
            quoted ^= it == '"';
            it == '>' && !quoted
        };
        let end = rest.find(inside).unwrap_or(rest.len());
        out.push((name, &rest[n_name..end]));
        rest = &rest[end..];
    }
    out
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let at = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    tag[at..].split('"').next()
}

#[test]
fn the_site_has_every_page_of_its_scheme() {
    let paths: BTreeSet<&str> = files().iter().map(|it| it.path.as_str()).collect();
    assert_eq!(paths.len(), files().len(), "a path is used twice");
    let fixed = ["index.html", "gallery.html", "glossary.html", "sources.html", "404.html"];
    let module = ["index", "quiz", "practice", "fcfs"].map(|it| format!("course/cpu/{it}.html"));
    for path in fixed.into_iter().chain(module.iter().map(String::as_str)) {
        assert!(paths.contains(path), "{path}");
    }
    for entry in sim::engines() {
        for (folder, end) in [("sim", "html"), ("embed", "html"), ("single", "html")] {
            let path = format!("{folder}/{}.{end}", entry.meta.id);
            assert!(paths.contains(path.as_str()), "{path}");
        }
    }
}

#[test]
fn hosts_are_answered_where_the_site_has_an_address() {
    assert!(files().iter().all(|it| !it.path.starts_with("oembed/")), "no address, no answer");
    assert!(files().iter().all(|it| !it.text.contains("json+oembed")));
    assert!(files().iter().all(|it| it.path != "sitemap.xml" && it.path != "robots.txt"));
    let base_url = Some("https://example.org/os/".to_owned());
    let mut site = Site {
        course: content::Course::default(),
        files: Files::default(),
        notes: std::collections::BTreeMap::default(),
        base_url,
        is_offline: true,
    };
    let pages = site.pages();
    let text = |path: &str| pages.iter().find(|it| it.path == path).map_or("", |it| &it.text);
    for entry in sim::engines() {
        let id = entry.meta.id;
        let answer = text(&format!("oembed/{id}.json"));
        assert!(answer.contains(&format!("https://example.org/os/embed/{id}.html")), "{id}");
        assert!(text(&format!("embed/{id}.html")).contains("json+oembed"), "{id}");
    }
    assert!(text("robots.txt").contains("Sitemap: https://example.org/os/sitemap.xml"));
    assert!(text("sitemap.xml").contains("<loc>https://example.org/os/</loc>"));
    assert!(text("404.html").contains("href=\"https://example.org/os/index.html\""));
}

#[test]
fn a_page_has_one_title_and_its_headings_skip_no_level() {
    for page in pages() {
        let levels: Vec<u32> = tags(&page.text)
            .iter()
            .filter_map(|(name, _)| name.strip_prefix('h')?.parse().ok())
            .collect();
        assert_eq!(levels.iter().filter(|it| **it == 1).count(), 1, "{}", page.path);
        assert_eq!(levels.first(), Some(&1), "{}", page.path);
        for pair in levels.windows(2) {
            assert!(pair[1] <= pair[0] + 1, "{}: h{} after h{}", page.path, pair[1], pair[0]);
        }
    }
}

#[test]
fn nothing_is_inline() {
    for page in pages() {
        for (name, rest) in tags(&page.text) {
            let at = || format!("{}: <{name}{}>", page.path, &rest[..rest.len().min(120)]);
            assert_eq!(attribute(rest, "style"), None, "{}", at());
            assert!(!rest.contains(" onclick="), "{}", at());
            assert!(name != "script" || attribute(rest, "src").is_some(), "{}", at());
            assert!(name != "style" || page.path == "404.html", "{}", at());
        }
        assert!(page.text.contains("http-equiv=\"Content-Security-Policy\""), "{}", page.path);
    }
}

#[test]
fn links_are_relative_and_lead_to_pages() {
    let paths: BTreeSet<&str> = files().iter().map(|it| it.path.as_str()).collect();
    for page in pages() {
        for (name, rest) in tags(&page.text).into_iter().filter(|it| it.0 == "a") {
            let Some(href) = attribute(rest, "href") else { continue };
            if href.starts_with("https://") || href.starts_with('#') {
                continue;
            }
            let file = href.split(['#', '?']).next().unwrap_or_default();
            let mut path: Vec<&str> = page.path.split('/').collect();
            path.pop();
            for part in file.split('/') {
                if part == ".." {
                    assert!(path.pop().is_some(), "{}: {href} leaves the site", page.path);
                } else {
                    path.push(part);
                }
            }
            let path = path.join("/");
            assert!(paths.contains(path.as_str()), "{}: <{name}> {href}", page.path);
        }
    }
}

#[test]
fn ids_are_unique_on_their_page() {
    for page in pages() {
        let mut seen = BTreeSet::new();
        for (_, rest) in tags(&page.text) {
            if let Some(id) = attribute(rest, "id") {
                assert!(seen.insert(id), "{}: id {id} is used twice", page.path);
            }
        }
    }
}

#[test]
fn a_page_says_what_it_is() {
    for page in pages() {
        assert!(page.text.starts_with("<!doctype html>\n<html lang=\"en\">"), "{}", page.path);
        assert!(page.text.contains("<meta name=\"viewport\""), "{}", page.path);
        let title = page.text.split("<title>").nth(1).and_then(|it| it.split("</title>").next());
        assert!(title.is_some_and(|it| 5 < it.len()), "{}", page.path);
        assert!(
            page.path == "404.html" || page.text.contains("<meta name=\"description\" content=\""),
            "{}",
            page.path
        );
    }
}

#[test]
fn a_single_file_asks_for_nothing() {
    let mut n_files = 0;
    for page in files().iter().filter(|it| it.path.starts_with("single/")) {
        n_files += 1;
        for (name, rest) in tags(&page.text) {
            assert_eq!(attribute(rest, "src"), None, "{}: <{name}{rest}>", page.path);
            assert!(
                name != "link" || attribute(rest, "href") == Some("data:,"),
                "{}: {rest}",
                page.path
            );
        }
    }
    assert_eq!(n_files, sim::engines().count());
}

#[test]
fn modules_in_preparation_are_listed_and_not_linked() {
    let home =
        pages().find(|it| it.path == "index.html").map(|it| it.text.as_str()).unwrap_or_default();
    let outline = include_str!("../../content/course/outline.toml");
    let slugs = outline.lines().filter_map(|it| it.strip_prefix("slug = \"")?.strip_suffix('"'));
    let is_written = |slug: &str| pages().any(|it| it.path == format!("course/{slug}/index.html"));
    let (written, waiting): (Vec<&str>, Vec<&str>) = slugs.partition(|it| is_written(it));
    assert_eq!(written.len() + waiting.len(), 10);
    assert_eq!(home.matches("in preparation</p>").count(), waiting.len());
    for slug in waiting {
        assert!(!home.contains(&format!("course/{slug}/")), "{slug}");
    }
    for slug in written {
        assert!(home.contains(&format!("course/{slug}/index.html")), "{slug}");
    }
}
