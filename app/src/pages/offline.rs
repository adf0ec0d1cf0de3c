//! What lets the course be installed and read without a network: a worker that keeps one whole
//! version of it, and a manifest.

use super::{Page, base64, sha256};
use serde_json::json;
use std::collections::BTreeMap;

const WORKER: &str = include_str!("../../../assets/sw.js");

/// File name of the worker: it does not change, so that a browser finds the next version.
pub(super) const WORKER_NAME: &str = "sw.js";

/// File name of the manifest.
pub(super) const MANIFEST_NAME: &str = "manifest.webmanifest";

/// Icons for a home screen, by width in pixels. Trunk copies them.
pub(super) const ICONS: [(u32, &str); 2] = [(192, "icon-192.png"), (512, "icon-512.png")];

/// Whether a file is part of what is kept: frames for other sites and single files are not, for
/// nobody reads the course in them.
#[must_use]
pub(super) fn is_kept(path: &str) -> bool {
    let is_apart =
        ["embed/", "single/", "embed.js", WORKER_NAME, "oembed/", "sitemap.xml", "robots.txt"];
    !is_apart.iter().any(|it| path.starts_with(it))
}

/// The worker for a site of these files, by path.
#[must_use]
pub fn worker(files: &BTreeMap<String, Vec<u8>>) -> Page {
    let kept = files.iter().filter(|(path, _)| is_kept(path));
    let list: Vec<_> = kept.map(|(path, bytes)| json!([path, base64(&sha256(bytes))])).collect();
    let list = json!(list).to_string();
    let version = super::files::hash(&format!("{WORKER}{list}"));
    let text = WORKER.replace("/* FILES */ []", &list).replace("/* VERSION */", &version);
    Page { path: WORKER_NAME.to_owned(), text }
}

/// What a browser reads when the site is put on a home screen.
pub(super) fn manifest() -> Page {
    let png = |&(width, src): &(u32, &str)| json!({ "src": src, "sizes": format!("{width}x{width}"), "type": "image/png", "purpose": "any maskable" });
    let manifest = json!({
        "name": "Interleave: operating systems and concurrency",
        "short_name": super::shell::SITE,
        "description": "A visual course on operating systems and concurrency.",
        "start_url": "./index.html",
        "scope": "./",
        "display": "standalone",
        "icons": ICONS.iter().map(png).collect::<Vec<_>>(),
    });
    Page { path: MANIFEST_NAME.to_owned(), text: manifest.to_string() }
}

#[cfg(test)]
mod tests {
    use super::{is_kept, worker};
    use std::collections::BTreeMap;

    #[test]
    fn the_worker_keeps_the_course_and_nothing_for_other_sites() {
        let paths = ["index.html", "embed/a/b.html", "single/a/b.html", "embed.js", "sw.js"];
        assert_eq!(paths.map(is_kept), [true, false, false, false, false]);
    }

    #[test]
    fn the_version_changes_with_any_file() {
        let text = |body: &str| {
            worker(&BTreeMap::from([("index.html".to_owned(), body.as_bytes().to_vec())])).text
        };
        assert!(
            text("a")
                .contains(r#"[["index.html","ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs="]]"#)
        );
        assert_ne!(text("a"), text("b"));
        assert!(!text("a").contains("/* FILES") && !text("a").contains("/* VERSION"));
    }
}
