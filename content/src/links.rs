//! Links between pages: the baked HTML names a target, and each page turns it into a relative URL.

use crate::level::{Goal, Level};
use crate::schema::{Kind, Question};

/// What every link inside the baked HTML opens with.
const MARK: &str = "href=\"@";

/// Rewrites the links of baked HTML for a page whose way to the site's root is `root`, such as
/// `../../`; empty for a page at the root.
///
/// ```
/// let html = r#"<a href="@lesson/cpu/mlfq#boost">boost</a>"#;
/// let out = content::resolve_links(html, "../../");
/// assert_eq!(out, r#"<a href="../../course/cpu/mlfq.html#boost">boost</a>"#);
/// ```
#[must_use]
pub fn resolve_links(html: &str, root: &str) -> String {
    let mut out = String::with_capacity(html.len() + html.len() / 8);
    let mut rest = html;
    while let Some(at) = rest.find(MARK) {
        let (before, link) = rest.split_at(at);
        let link = &link[MARK.len()..];
        let end = link.find('"').unwrap_or(link.len());
        out.push_str(before);
        out.push_str("href=\"");
        out.push_str(&url(&link[..end], root));
        rest = &link[end..];
    }
    out.push_str(rest);
    out
}

/// The URL of a target such as `gloss/ready_queue`, from a page whose way to the root is `root`.
fn url(target: &str, root: &str) -> String {
    let (target, anchor) = match target.split_once('#') {
        Some((target, anchor)) => (target, format!("#{anchor}")),
        None => (target, String::new()),
    };
    let (kind, name) = target.split_once('/').unwrap_or((target, ""));
    match kind {
        "gloss" => format!("{root}glossary.html#{name}"),
        "src" => format!("{root}sources.html#{name}"),
        "lesson" => format!("{root}course/{name}.html{anchor}"),
        "module" => format!("{root}course/{name}/index.html{anchor}"),
        "page" => format!("{root}{name}.html{anchor}"),
        "sim" => format!("{root}sim/{name}.html{anchor}"),
        // The checks let no other target through.
        _ => format!("{root}index.html"),
    }
}

/// The level with its links rewritten, for a page whose way to the root is `root`.
#[must_use]
pub fn resolve_level(level: &Level, root: &str) -> Level {
    let mut out = level.clone();
    let resolve = |html: &mut String| *html = resolve_links(html, root);
    resolve(&mut out.task_html);
    resolve(&mut out.text_html);
    resolve(&mut out.why_html);
    if let Goal::Mend { hints, .. } = &mut out.goal {
        hints.iter_mut().for_each(resolve);
    }
    out
}

/// The question with its links rewritten, for a page whose way to the root is `root`.
#[must_use]
pub fn resolve_question(question: &Question, root: &str) -> Question {
    let mut out = question.clone();
    let resolve = |html: &mut String| *html = resolve_links(html, root);
    resolve(&mut out.prompt_html);
    resolve(&mut out.why_html);
    match &mut out.kind {
        Kind::Choice { options: texts, .. }
        | Kind::Order { items: texts, .. }
        | Kind::Predict { options: texts, .. } => texts.iter_mut().for_each(resolve),
        Kind::Number { .. } | Kind::Text { .. } => {}
    }
    out
}

#[cfg(test)]
mod tests {
    use super::resolve_links;

    #[test]
    fn every_kind_of_target_has_its_page() {
        let html = "<a href=\"@gloss/ready_queue\">a</a><a href=\"@src/ostep\">b</a>\
                    <a href=\"@sim/cpu/mlfq\">c</a><a href=\"@module/cpu\">d</a>";
        assert_eq!(
            resolve_links(html, "../"),
            "<a href=\"../glossary.html#ready_queue\">a</a><a href=\"../sources.html#ostep\">b</a>\
             <a href=\"../sim/cpu/mlfq.html\">c</a><a href=\"../course/cpu/index.html\">d</a>"
        );
    }

    #[test]
    fn other_links_and_text_stay() {
        let html = "<a href=\"#here\">x</a> mail@host <a href=\"https://example.org/@x\">y</a>";
        assert_eq!(resolve_links(html, "../"), html);
    }
}
