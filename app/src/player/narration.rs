//! A sentence with the actors' names picked out, so that each gets its colour.

/// A piece of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Plain words.
    Words(String),
    /// The name of the actor with this index.
    Actor(u16, String),
    /// A piece of a program, written between backticks.
    Code(String),
}

/// Cuts `sentence` at backticks, and at the names in `actors`. A name counts only as a whole word.
#[must_use]
pub fn pieces(sentence: &str, actors: &[String]) -> Vec<Piece> {
    let mut out = Vec::new();
    for (n, part) in sentence.split('`').enumerate() {
        match n % 2 {
            0 => words(part, actors, &mut out),
            _ => out.push(Piece::Code(part.to_owned())),
        }
    }
    out
}

fn words(sentence: &str, actors: &[String], out: &mut Vec<Piece>) {
    let mut words = String::new();
    for token in tokens(sentence) {
        match actors.iter().position(|name| name == token).map(u16::try_from) {
            Some(Ok(idx)) => {
                if !words.is_empty() {
                    out.push(Piece::Words(std::mem::take(&mut words)));
                }
                out.push(Piece::Actor(idx, token.to_owned()));
            }
            Some(Err(_)) | None => words.push_str(token),
        }
    }
    if !words.is_empty() {
        out.push(Piece::Words(words));
    }
}

/// Words and what stands between them, in order; together they are the sentence.
fn tokens(sentence: &str) -> Vec<&str> {
    let in_word = |it: char| it.is_alphanumeric() || it == '_' || it == '-';
    let mut out = Vec::new();
    let mut rest = sentence;
    while let Some(first) = rest.chars().next() {
        let word = in_word(first);
        let end = rest.find(|it| in_word(it) != word).unwrap_or(rest.len());
        let (token, after) = rest.split_at(end);
        out.push(token);
        rest = after;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Piece, pieces};

    #[test]
    fn names_are_whole_words() {
        let actors = ["P1".to_owned(), "P10".to_owned()];
        assert_eq!(
            pieces("P1 waits for P10's turn; P11 does not.", &actors),
            [
                Piece::Actor(0, "P1".into()),
                Piece::Words(" waits for ".into()),
                Piece::Actor(1, "P10".into()),
                Piece::Words("'s turn; P11 does not.".into()),
            ]
        );
        assert_eq!(
            pieces("P1 runs `P1 = 2`.", &actors),
            [
                Piece::Actor(0, "P1".into()),
                Piece::Words(" runs ".into()),
                Piece::Code("P1 = 2".into()),
                Piece::Words(".".into()),
            ]
        );
        assert_eq!(pieces("", &actors), []);
        assert_eq!(pieces("Nobody é runs.", &[]), [Piece::Words("Nobody é runs.".into())]);
    }
}
