//! Listings: code in a fence, or the lines of a file that a test compiles.

use crate::desk::Here;
use crate::escape::escape;
use crate::highlight;

/// A fence's info string: the language, then `key=value` words.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Info<'t> {
    language: &'t str,
    file: Option<&'t str>,
    anchor: Option<&'t str>,
}

/// The HTML of a listing and its code.
pub(crate) fn listing(here: &Here<'_>, line: u32, info: &str, body: &str) -> (String, String) {
    let info = read(here, line, info);
    let code = match info.file {
        None => body.to_owned(),
        Some(file) => {
            if !body.trim().is_empty() {
                here.fault(line, format!("the code of {file} stands in the file, not here"));
            }
            from_file(here, line, file, info.anchor)
        }
    };
    if code.trim().is_empty() && info.file.is_none() {
        here.fault(line, "an empty listing");
    }
    let mut html = String::from("<div class=\"listing\">");
    if let Some(file) = info.file {
        html.push_str(&format!("<p class=\"listing-name\">{}</p>", escape(file)));
    }
    let language = escape(info.language);
    let coloured = highlight::html(info.language, &code);
    html.push_str(&format!(
        "<pre tabindex=\"0\"><code class=\"language-{language}\">{coloured}</code></pre></div>\n"
    ));
    (html, code)
}

fn read<'t>(here: &Here<'_>, line: u32, info: &'t str) -> Info<'t> {
    let mut words = info.split_whitespace();
    let language = words.next().unwrap_or_default();
    if !highlight::languages().any(|known| known == language) {
        let known: Vec<&str> = highlight::languages().collect();
        let what = format!("language {language:?}: expected one of {}", known.join(", "));
        here.fault(line, what);
    }
    let mut out = Info { language, file: None, anchor: None };
    for word in words {
        match word.split_once('=') {
            Some(("file", file)) => out.file = Some(file),
            Some(("anchor", anchor)) => out.anchor = Some(anchor),
            _ => here.fault(line, format!("{word}: expected file=… or anchor=…")),
        }
    }
    if out.anchor.is_some() && out.file.is_none() {
        here.fault(line, "an anchor without a file");
    }
    out
}

fn from_file(here: &Here<'_>, line: u32, file: &str, anchor: Option<&str>) -> String {
    let path = format!("listings/{file}");
    let Some(text) = here.desk.files.text(&path) else {
        here.fault(line, format!("there is no content/{path}"));
        return String::new();
    };
    let mut used = here.desk.used.borrow_mut();
    used.listings.entry(path).or_insert_with(|| here.lesson.to_owned());
    match cut(text, anchor) {
        Some(code) => code,
        None => {
            here.fault(line, format!("{file} has no anchor {}", anchor.unwrap_or_default()));
            String::new()
        }
    }
}

/// The lines of an anchor, or of the whole file, moved to the left edge; no anchor lines.
fn cut(text: &str, anchor: Option<&str>) -> Option<String> {
    let mut inside = anchor.is_none();
    let mut found = inside;
    let mut lines = Vec::new();
    for line in text.lines() {
        let mark = line.trim_start().trim_start_matches("//").trim_start_matches('#').trim();
        if let Some(name) = mark.strip_prefix("ANCHOR: ") {
            inside |= Some(name.trim()) == anchor;
            found |= inside;
        } else if let Some(name) = mark.strip_prefix("ANCHOR_END: ") {
            inside &= Some(name.trim()) != anchor;
        } else if inside {
            lines.push(line);
        }
    }
    let indent = |line: &&str| line.len() - line.trim_start().len();
    let least = lines.iter().filter(|it| !it.trim().is_empty()).map(indent).min().unwrap_or(0);
    let code: Vec<&str> = lines.iter().map(|line| line.get(least..).unwrap_or("")).collect();
    found.then(|| code.join("\n").trim_matches('\n').to_owned() + "\n")
}

#[cfg(test)]
mod tests {
    use super::cut;

    const FILE: &str =
        "int a;\n  // ANCHOR: b\n  int b;\n\n    int c;\n  // ANCHOR_END: b\nint d;\n";

    #[test]
    fn an_anchor_is_cut_out_and_moved_left() {
        assert_eq!(cut(FILE, Some("b")).unwrap(), "int b;\n\n  int c;\n");
    }

    #[test]
    fn a_whole_file_has_no_anchor_lines() {
        assert_eq!(cut(FILE, None).unwrap(), "int a;\n  int b;\n\n    int c;\nint d;\n");
    }

    #[test]
    fn a_missing_anchor_is_missing() {
        assert_eq!(cut(FILE, Some("x")), None);
    }
}
