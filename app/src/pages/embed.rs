//! A figure in somebody else's page: the same player, and nothing around it.

use super::shell::{Draft, POLICY, SITE, document};
use super::{Page, Site, html, root_of};
use crate::figure::Chrome;
use crate::quiz::leading_panels;
use content::{FigureSpec, escape};
use leptos::prelude::*;
use serde_json::json;
use sim::Entry;

/// Size that is advised for a frame, in css pixels.
const WIDTH: u32 = 720;
const HEIGHT: u32 = 480;

/// Panels of an embedded figure: it stands in a text, and links to all of them.
const N_PANELS: usize = 2;

pub(super) fn page(site: &Site, entry: &Entry) -> Page {
    let meta = entry.meta;
    let path = format!("embed/{}.html", meta.id);
    let root = root_of(&path);
    let body = html(|| body(site, entry, &root));
    let mut draft = Draft::new(&path, meta.title, meta.summary, String::new());
    draft.has_parts = true;
    draft.head = format!(
        "{}<meta name=\"robots\" content=\"noindex\">\n<meta name=\"responsive-embedded-sizing\">\n",
        oembed_link(site, entry, &root)
    );
    let text = document(site, &draft, &root, POLICY, &body);
    // In a sandbox without shared origin nothing can be fetched: the single file needs nothing.
    let ways =
        format!("data-single=\"{root}single/{0}.html\" data-page=\"{root}sim/{0}.html\"", meta.id);
    let text = text.replacen(" data-app=", &format!(" {ways} data-app="), 1);
    Page { path, text: text.replacen("<body>", "<body class=\"embed\">", 1) }
}

/// The figure alone.
pub(super) fn body(site: &Site, entry: &Entry, root: &str) -> AnyView {
    let spec = site.first_figure(entry);
    let spec = FigureSpec { show: leading_panels(&spec, N_PANELS), ..spec };
    view! {
        <main class="embed-main">
            <h1 class="visually-hidden">{entry.meta.title}</h1>
            {site.sole_figure(&spec, root, Chrome::Embed)}
        </main>
    }
    .into_any()
}

/// The line of a head that tells hosts where the answer to an oEmbed request is; empty if there is none.
pub(super) fn oembed_link(site: &Site, entry: &Entry, root: &str) -> String {
    if site.base_url.is_none() {
        return String::new();
    }
    let meta = entry.meta;
    format!(
        "<link rel=\"alternate\" type=\"application/json+oembed\" href=\"{root}oembed/{}.json\" title=\"{}\">\n",
        meta.id,
        escape(meta.title)
    )
}

/// The answer to an oEmbed request, as a file. Its code goes into pages elsewhere, where a relative
/// address leads nowhere, so there is none while the address of the site is not known.
pub(super) fn oembed(site: &Site, entry: &Entry) -> Option<Page> {
    let meta = entry.meta;
    let base = site.base_url.as_deref()?;
    let html = frame_code(&format!("{base}embed/{}.html", meta.id), meta.title);
    let answer = json!({ "version": "1.0", "type": "rich", "provider_name": SITE, "provider_url": base,
        "title": meta.title, "width": WIDTH, "height": HEIGHT, "html": html });
    Some(Page { path: format!("oembed/{}.json", meta.id), text: format!("{answer:#}\n") })
}

/// The frame that hosts put into their pages.
pub(super) fn frame_code(url: &str, title: &str) -> String {
    format!(
        "<iframe src=\"{url}\" title=\"{title}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" loading=\"lazy\" \
         allow=\"fullscreen\" style=\"border:0;max-width:100%\"></iframe>"
    )
}
