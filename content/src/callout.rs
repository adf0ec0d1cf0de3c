//! Callouts: a quotation whose first line is `[!gotcha] Title`.

use pulldown_cmark::{Event, Tag, TagEnd};
use std::ops::Range;

/// The kinds, and what they are called on the page.
const KINDS: [(&str, &str); 4] = [
    ("gotcha", "Gotcha"),
    ("interview", "Interview lens"),
    ("numbers", "Numbers"),
    ("tradeoff", "Trade-off"),
];

/// The head of a callout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    /// One word, for the class.
    pub(crate) slug: &'static str,
    /// What the kind is called.
    pub(crate) name: &'static str,
    /// Where the events of its title are.
    pub(crate) title: Range<usize>,
    /// What is left of the first title event behind the `]`.
    pub(crate) first: String,
    /// Where the body goes on; if `paragraph`, inside of a paragraph.
    pub(crate) body: usize,
    /// Whether the first paragraph has more than the title.
    pub(crate) paragraph: bool,
}

/// The head of the callout whose quotation starts at `at`; `None` for a plain quotation.
///
/// # Errors
/// A kind that there is not.
pub(crate) fn head(
    events: &[(Event<'_>, Range<usize>)],
    at: usize,
) -> Result<Option<Head>, String> {
    if !matches!(events.get(at + 1), Some((Event::Start(Tag::Paragraph), _))) {
        return Ok(None);
    }
    let mut mark = String::new();
    let mut next = at + 2;
    while let Some((Event::Text(text), _)) = events.get(next) {
        mark.push_str(text);
        next += 1;
        if !mark.starts_with("[!") && 1 < mark.len() {
            return Ok(None);
        }
        if mark.contains(']') {
            break;
        }
    }
    let Some((kind, first)) = mark.strip_prefix("[!").and_then(|it| it.split_once(']')) else {
        return Ok(None);
    };
    let Some((slug, name)) = KINDS.iter().find(|(slug, _)| *slug == kind) else {
        let known: Vec<&str> = KINDS.iter().map(|(slug, _)| *slug).collect();
        return Err(format!("callout {kind}: expected one of {}", known.join(", ")));
    };
    let ends = |event: &Event<'_>| {
        matches!(event, Event::SoftBreak | Event::HardBreak | Event::End(TagEnd::Paragraph))
    };
    let rest = events.iter().skip(next);
    let end = next + rest.take_while(|(event, _)| !ends(event)).count();
    let paragraph = !matches!(events.get(end), Some((Event::End(TagEnd::Paragraph), _)));
    let first = first.trim_start().to_owned();
    Ok(Some(Head { slug, name, title: next..end, first, body: end + 1, paragraph }))
}
