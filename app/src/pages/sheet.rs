//! The cheat sheet: two sheets of paper, and a page to look at before printing.

use super::shell::Draft;
use super::{Page, Site, html, root_of};
use content::resolve_links;
use leptos::prelude::*;

/// Path of the page.
pub(super) const PATH: &str = "print/cheat_sheet.html";

/// The page; none if the course has no sheet.
pub(super) fn page(site: &Site) -> Option<Page> {
    if site.course.cheat_sheet.is_empty() {
        return None;
    }
    let root = root_of(PATH);
    let body = html(|| {
        view! {
            <header class="page-head">
                <h1>"Operating systems and concurrency on two sheets"</h1>
                <p class="sheet-how">
                    "This page is made for paper: printed, it is two sheets of A4. Its numbers come from the engines of the course. "
                    <a href=format!("{root}course/reference/index.html")>"Reference"</a>
                </p>
            </header>
            <div class="prose sheet" inner_html=resolve_links(&site.course.cheat_sheet, &root)></div>
        }
        .into_any()
    });
    let description = "The whole course on two printed sheets: numbers, rules, formulas, tables.";
    let mut draft = Draft::new(PATH, "Cheat sheet", description, body);
    draft.more_styles = &["sheet"];
    Some(draft.finish(site))
}
