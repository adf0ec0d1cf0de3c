//! Cards as a text file that Anki imports.

use std::fmt::Write;

/// One note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What tells it from every other, so that a second import updates it.
    pub id: String,
    /// Front; HTML.
    pub front: String,
    /// Back; HTML.
    pub back: String,
    /// Tags; none has a space.
    pub tags: Vec<String>,
}

/// The lines at the top that tell Anki how to read the rest.
const HEAD: &str = "#separator:tab\n#html:true\n#guid column:1\n#notetype:Basic\n#deck:Interleave\n#tags column:4\n";

/// The file: one line a note, with tabs between its fields.
#[must_use]
pub fn deck(notes: &[Note]) -> String {
    let mut out = HEAD.to_owned();
    for note in notes {
        let fields = [&note.front, &note.back].map(|it| field(it));
        let _ = writeln!(
            out,
            "interleave-{}\t{}\t{}\t{}",
            note.id,
            fields[0],
            fields[1],
            note.tags.join(" ")
        );
    }
    out
}

/// HTML as one field: no tab, no line break, no link that leads nowhere outside of the site.
fn field(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut is_code = false;
    let mut rest = html;
    while let Some(at) = rest.find(['<', '\n', '\t']) {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with('<') {
            let end = rest.find('>').map_or(rest.len(), |it| it + 1);
            let tag = &rest[..end];
            match tag.trim_start_matches(['<', '/']).split([' ', '>']).next() {
                Some("a") => {}
                name => {
                    if name == Some("pre") {
                        is_code = !tag.starts_with("</");
                    }
                    text.push_str(&tag.replace(['\n', '\t'], " "));
                }
            }
            rest = &rest[end..];
        } else {
            text.push_str(match (is_code, &rest[..1]) {
                (true, "\n") => "<br>",
                (true, _) => "    ",
                (false, _) => " ",
            });
            rest = &rest[1..];
        }
    }
    text.push_str(rest);
    let text = text.trim();
    if text.contains('"') { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{Note, deck};

    #[test]
    fn a_note_is_one_line_of_four_fields() {
        let note = Note {
            id: "t:tlb".into(),
            front: "<p>What is\ta <a class=\"x\" href=\"glossary.html\">TLB</a>?</p>\n".into(),
            back: "<pre>a\n\tb</pre>".into(),
            tags: vec!["memory".into(), "term".into()],
        };
        let text = deck(&[note.clone(), note]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 8);
        assert_eq!(lines[0], "#separator:tab");
        assert!(lines[..6].iter().all(|it| it.starts_with('#')));
        assert_eq!(
            lines[7],
            "interleave-t:tlb\t<p>What is a TLB?</p>\t<pre>a<br>    b</pre>\tmemory term"
        );
    }

    #[test]
    fn quotes_are_doubled_within_quotes() {
        let note = Note {
            id: "q:1".into(),
            front: "<b class=\"x\">a</b>".into(),
            back: "b".into(),
            tags: vec![],
        };
        assert!(deck(&[note]).ends_with("\t\"<b class=\"\"x\"\">a</b>\"\tb\t\n"));
    }
}
