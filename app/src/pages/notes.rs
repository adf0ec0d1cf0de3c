//! What an engine's own file says of its model: the only place where that is written.

use super::Site;
use content::escape;
use std::path::Path;

/// The parts of a file's opening comment, each a few sentences.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Notes(pub Vec<(String, String)>);

/// Reads the notes of an engine from the sources of `sim`; empty if its file is elsewhere.
#[must_use]
pub fn notes(sim_src: &Path, id: &str) -> Notes {
    let candidates = [sim_src.join(format!("{id}.rs")), sim_src.join(id).join("mod.rs")];
    let text = candidates.iter().find_map(|path| std::fs::read_to_string(path).ok());
    text.map(|text| parse(&text)).unwrap_or_default()
}

fn parse(text: &str) -> Notes {
    let mut parts: Vec<(String, String)> = Vec::new();
    for line in text.lines().map_while(|line| line.strip_prefix("//!")) {
        let line = line.strip_prefix(' ').unwrap_or(line);
        match (line.strip_prefix("# "), parts.last_mut()) {
            (Some(title), _) => parts.push((title.trim().to_owned(), String::new())),
            (None, Some((_, body))) => {
                body.push_str(line);
                body.push('\n');
            }
            (None, None) => {}
        }
    }
    parts.iter_mut().for_each(|(_, body)| *body = body.trim().to_owned());
    Notes(parts)
}

/// The text of a part as HTML: paragraphs, lists with `-` and code in backquotes.
pub(super) fn note_html(site: &Site, text: &str, root: &str) -> String {
    let mut out = String::new();
    for block in text.split("\n\n").map(str::trim).filter(|it| !it.is_empty()) {
        if block.starts_with("- ") {
            let items: Vec<String> = block
                .replace("\n  ", " ")
                .lines()
                .map(|item| {
                    format!("<li>{}</li>", inline(site, item.trim_start_matches("- "), root))
                })
                .collect();
            out.push_str(&format!("<ul>{}</ul>", items.join("")));
        } else {
            out.push_str(&format!("<p>{}</p>", inline(site, &block.replace('\n', " "), root)));
        }
    }
    out
}

/// Code in backquotes; a source's key becomes a link to the source.
fn inline(site: &Site, text: &str, root: &str) -> String {
    let mut out = String::new();
    for (n, piece) in text.replace("[`", "`").replace("`]", "`").split('`').enumerate() {
        let (key, place) = piece.split_once('/').unwrap_or((piece, ""));
        match site.course.sources.get(key) {
            _ if n % 2 == 0 => out.push_str(&escape(piece)),
            Some(source) => {
                let place = match (place, source.unit.as_str()) {
                    ("", _) => String::new(),
                    (place, "") => format!(", {place}"),
                    (place, unit) => format!(", {unit} {place}"),
                };
                out.push_str(&format!(
                    "<a href=\"{root}sources.html#{key}\">{}{}</a>",
                    escape(&source.short),
                    escape(&place)
                ));
            }
            None => out.push_str(&format!("<code>{}</code>", escape(piece))),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn the_opening_comment_is_cut_at_its_headings() {
        let text = "//! One sentence.\n//!\n//! # Model\n//! A queue.\n//! More.\n//! # Ties\n//! None.\nuse x;\n//! no";
        let pairs = [("Model", "A queue.\nMore."), ("Ties", "None.")];
        let parts = parse(text).0;
        assert!(parts.iter().map(|(a, b)| (a.as_str(), b.as_str())).eq(pairs), "{parts:?}");
    }
}
