//! Numbers and texts in words.

/// Elements inside a word or a line: what stands on both sides of their tags stands together.
const INLINE: [&str; 10] = ["a", "b", "code", "em", "i", "kbd", "span", "strong", "sub", "sup"];

/// `1 flash card`, `2 flash cards`. What is counted is given in the singular, and takes an `s`.
#[must_use]
pub fn count(n: usize, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") }
}

/// The text of a piece of HTML, with a space where a block begins or ends. A tag that is cut off at the end is left out.
#[must_use]
pub fn plain(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut parts = html.split('<');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (tag, text) = part.split_once('>').unwrap_or((part, ""));
        let name = tag.trim_start_matches('/').split([' ', '\n', '/']).next().unwrap_or_default();
        if !INLINE.contains(&name) {
            out.push(' ');
        }
        out.push_str(text);
    }
    let out = out.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    out.replace("&#39;", "'").replace("&amp;", "&")
}

/// The first words of a text, and a sign if there are more.
#[must_use]
pub fn first_words(text: &str, n_words: usize) -> String {
    let mut words = text.split_whitespace();
    let first: Vec<&str> = words.by_ref().take(n_words).collect();
    let more = if words.next().is_some() { " …" } else { "" };
    format!("{}{more}", first.join(" "))
}

#[cfg(test)]
mod tests {
    use super::{count, first_words, plain};

    #[test]
    fn one_is_singular() {
        let cards = [0, 1, 2].map(|n| count(n, "flash card"));
        assert_eq!(cards, ["0 flash cards", "1 flash card", "2 flash cards"]);
    }

    #[test]
    fn tags_are_no_text() {
        assert_eq!(plain("class=\"a\">x"), "class=\"a\">x");
        assert_eq!(plain("<p>a &lt; b</p>").trim(), "a < b");
        assert_eq!(plain("<p>Is <code>a&amp;lt;</code>?</p>x").trim(), "Is a&lt;? x");
        assert_eq!(plain("a < b"), "a  ");
    }

    #[test]
    fn a_long_text_is_cut_between_words() {
        assert_eq!(first_words("a b", 2), "a b");
        assert_eq!(first_words("a  b c", 2), "a b …");
    }
}
