//! Text as HTML.

/// The text with what HTML reads as markup written out; fit for text and for quoted attributes.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for it in text.chars() {
        match it {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(it),
        }
    }
    out
}

/// The text of escaped text: the opposite of [`escape`].
#[cfg(feature = "full")]
pub(crate) fn unescape(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    text.replace("&amp;", "&")
}

/// A text as an id: small letters, digits and single hyphens.
#[cfg(feature = "full")]
pub fn slug(text: &str) -> String {
    let mut out = String::new();
    for it in text.chars().flat_map(char::to_lowercase) {
        if it.is_alphanumeric() {
            out.push(it);
        } else if !out.ends_with('-') && !out.is_empty() && !"'\u{2019}".contains(it) {
            out.push('-');
        }
    }
    let out = out.trim_end_matches('-');
    if out.is_empty() { "section".to_owned() } else { out.to_owned() }
}

#[cfg(all(test, feature = "full"))]
mod tests {
    use super::{escape, slug, unescape};

    #[test]
    fn markup_is_written_out() {
        assert_eq!(escape("a<b> & \"c\""), "a&lt;b&gt; &amp; &quot;c&quot;");
        assert_eq!(escape(r#"a"b<c&d"#), "a&quot;b&lt;c&amp;d");
        assert_eq!(unescape(&escape("a<b> &lt; \"c\"")), "a<b> &lt; \"c\"");
    }

    #[test]
    fn a_slug_has_letters_digits_and_single_hyphens() {
        assert_eq!(slug("What's FCFS, and why?"), "whats-fcfs-and-why");
        assert_eq!(slug("  80% rule  "), "80-rule");
        assert_eq!(slug("???"), "section");
    }
}
