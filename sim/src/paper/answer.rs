//! Whether what a learner wrote is the answer, however it is written.

use super::Blank;

impl Blank {
    /// Whether a text says the same as the answer: the same words in any order, or the number that
    /// the answer ends with.
    #[must_use]
    pub fn takes(&self, text: &str) -> bool {
        if !self.options.is_empty() {
            return text == self.answer;
        }
        let (written, right) = (words(text), words(&self.answer));
        let same = written.len() == right.len()
            && written.iter().zip(&right).all(|(written, right)| is_same(written, right));
        let last = right.iter().rev().find_map(|it| number(it));
        let ends_so = |one: &str| {
            let bare_hex = || last.map(|it| format!("{it:x}"));
            number(one).is_some() && number(one) == last
                || right.iter().any(|it| it.starts_with("0x")) && bare_hex().as_deref() == Some(one)
        };
        same || matches!(&written[..], [one] if ends_so(one))
    }
}

/// The words that matter, sorted.
fn words(text: &str) -> Vec<String> {
    let text = ungrouped(&text.to_ascii_lowercase());
    let split = text.split(|it: char| it.is_whitespace() || ",;:".contains(it));
    let mut words: Vec<String> = split
        .filter(|it| !it.is_empty() && !["and", "of", "at", "–", "-"].contains(it))
        .map(str::to_owned)
        .collect();
    words.sort_unstable();
    words
}

/// Without the commas that group the digits of a number.
fn ungrouped(text: &str) -> String {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let groups = |at: usize| 0 < at && is_digit(at - 1) && (1..=3).all(|n| is_digit(at + n));
    text.char_indices().filter(|&(at, it)| it != ',' || !groups(at)).map(|it| it.1).collect()
}

/// Equal as numbers, or but for a plural, a letter in front of a number, or a `0x`.
fn is_same(written: &str, right: &str) -> bool {
    let bare = right.trim_start_matches(|it: char| it.is_ascii_lowercase());
    written == right
        || written.trim_end_matches('s') == right.trim_end_matches('s')
        || (!right.starts_with("0x") && !bare.is_empty() && written == bare)
        || right.strip_prefix("0x").is_some_and(|it| written.trim_start_matches("0x") == it)
        || number(written).is_some_and(|it| Some(it) == number(right))
}

/// A number in decimal or, after `0x`, in hexadecimal.
fn number(word: &str) -> Option<u64> {
    match word.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => word.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::Blank;

    fn takes(answer: &str, text: &str) -> bool {
        Blank { answer: answer.to_owned(), ..Blank::default() }.takes(text)
    }

    #[test]
    fn an_answer_may_be_written_in_several_ways() {
        for (answer, text) in [
            ("7", " 7"),
            ("p3", "3"),
            ("p3", "P3"),
            ("R1 and R2", "R2, R1"),
            ("2 of R1", "2 R1"),
            ("0x1a5abc", "1A5ABC"),
            ("0x1a5abc", "0x1a5abc"),
            ("#PF 0x7", "#pf 0x7"),
            ("#PF 0x7", "7"),
            ("#PF 0x15", "0x15"),
            ("#PF 0x15", "15"),
            ("#PF 0x15", "21"),
            ("32,868", "32868"),
            ("32868", "32,868"),
            ("at 1000", "1000"),
            ("merges into 65", "65"),
            ("4 pages at page 8", "8"),
            ("fails", "fail"),
            ("", ""),
        ] {
            assert!(takes(answer, text), "{answer} {text}");
        }
    }

    #[test]
    fn another_answer_is_wrong() {
        for (answer, text) in [
            ("7", "8"),
            ("7", ""),
            ("p3", "p"),
            ("R1 and R2", "R1"),
            ("R1", "1 R1"),
            ("0x1a5abc", "0x1a5abd"),
            ("4 pages at page 8", "4"),
            ("fails", "0"),
            ("fails", ""),
            ("", "1"),
            ("#PF 0x7", "#PF"),
            ("32,868", "868"),
            ("21", "15"),
        ] {
            assert!(!takes(answer, text), "{answer} {text}");
        }
    }

    #[test]
    fn of_several_options_only_the_right_one_is_right() {
        let blank = Blank {
            answer: "yes".into(),
            options: vec!["yes".into(), "no".into()],
            ..Blank::default()
        };
        assert!(blank.takes("yes") && !blank.takes("no") && !blank.takes(""));
    }
}
