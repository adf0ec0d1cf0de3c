//! Code with a few classes for its colours, made when the course is baked.

use crate::escape::escape;
use std::sync::LazyLock;
use syntect::parsing::{ParseState, ScopeStack, SyntaxReference, SyntaxSet};

static SYNTAXES: LazyLock<SyntaxSet> = LazyLock::new(SyntaxSet::load_defaults_newlines);

/// The languages of fences, and what the highlighter calls them; empty for plain text.
const LANGUAGES: [(&str, &str); 9] = [
    ("c", "C"),
    ("go", "Go"),
    ("js", "JavaScript"),
    ("rust", "Rust"),
    ("sh", "Bourne Again Shell (bash)"),
    ("json", "JSON"),
    ("python", "Python"),
    ("toml", ""),
    ("text", ""),
];

/// Scopes that have a colour, the more special one first, and their classes.
const CLASSES: [(&str, &str); 15] = [
    ("comment", "hl-comment"),
    ("punctuation.definition.comment", "hl-comment"),
    ("constant.character.escape", "hl-constant"),
    ("string", "hl-string"),
    ("constant.numeric", "hl-number"),
    ("constant", "hl-constant"),
    ("keyword.operator", ""),
    ("keyword.control.import", "hl-meta"),
    ("storage.type", "hl-type"),
    ("support.type", "hl-type"),
    ("keyword", "hl-keyword"),
    ("storage", "hl-keyword"),
    ("entity.name.function", "hl-function"),
    ("variable.function", "hl-function"),
    ("support.function", "hl-function"),
];

/// The languages that a fence may name.
pub(crate) fn languages() -> impl Iterator<Item = &'static str> {
    LANGUAGES.iter().map(|(name, _)| *name)
}

/// Code as HTML; plain if the language has no colours.
pub(crate) fn html(language: &str, code: &str) -> String {
    let full = LANGUAGES.iter().find(|(name, _)| *name == language).map_or("", |(_, full)| full);
    match SYNTAXES.find_syntax_by_name(full) {
        Some(syntax) => coloured(syntax, code).unwrap_or_else(|| escape(code)),
        None => escape(code),
    }
}

/// `None` if the highlighter cannot read the code.
fn coloured(syntax: &SyntaxReference, code: &str) -> Option<String> {
    let mut out = Spans::default();
    let mut state = ParseState::new(syntax);
    let mut scopes = ScopeStack::new();
    for line in code.split_inclusive('\n') {
        let mut at = 0;
        for (end, op) in state.parse_line(line, &SYNTAXES).ok()? {
            out.add(&line[at..end], class(&scopes));
            at = end;
            scopes.apply(&op).ok()?;
        }
        out.add(&line[at..], class(&scopes));
    }
    Some(out.finish())
}

/// The class of the innermost scope that has one.
fn class(scopes: &ScopeStack) -> &'static str {
    for scope in scopes.as_slice().iter().rev() {
        let name = scope.build_string();
        let fits = |prefix: &str| {
            name.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        if let Some((_, class)) = CLASSES.iter().find(|(prefix, _)| fits(prefix)) {
            return class;
        }
    }
    ""
}

/// Spans in the making: neighbours of one class become one.
#[derive(Default)]
struct Spans {
    out: String,
    class: &'static str,
    text: String,
}

impl Spans {
    fn add(&mut self, text: &str, class: &'static str) {
        // Blanks have no colour, so they do not end a span.
        if class != self.class && !text.trim().is_empty() {
            self.close();
            self.class = class;
        }
        self.text.push_str(text);
    }

    fn close(&mut self) {
        let text = std::mem::take(&mut self.text);
        let kept = text.trim_end();
        let (kept, blank) = text.split_at(kept.len());
        match self.class {
            "" => self.out.push_str(&escape(kept)),
            _ if kept.is_empty() => {}
            class => {
                self.out.push_str(&format!("<span class=\"{class}\">{}</span>", escape(kept)));
            }
        }
        self.out.push_str(blank);
    }

    fn finish(mut self) -> String {
        self.close();
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::{LANGUAGES, SYNTAXES, html};

    #[test]
    fn every_language_is_known() {
        for (name, full) in LANGUAGES {
            assert!(full.is_empty() || SYNTAXES.find_syntax_by_name(full).is_some(), "{name}");
        }
    }

    #[test]
    fn c_has_classes() {
        assert_eq!(
            html("c", "int f(void) { /* a */ return 1; } // <b>\n"),
            "<span class=\"hl-type\">int</span> <span class=\"hl-function\">f</span>\
             (<span class=\"hl-type\">void</span>) { <span class=\"hl-comment\">/* a */</span> \
             <span class=\"hl-keyword\">return</span> <span class=\"hl-number\">1</span>; } \
             <span class=\"hl-comment\">// &lt;b&gt;</span>\n"
        );
    }

    #[test]
    fn text_is_just_written_out() {
        assert_eq!(html("text", "a < b\n"), "a &lt; b\n");
    }
}
