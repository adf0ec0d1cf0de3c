//! Answers: what a learner has given, whether it is right, and how the right one is written.

use content::{Kind, Question, escape};
use sim::Rng;

/// What a learner has given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Given {
    /// Nothing yet.
    #[default]
    Nothing,
    /// Indexes of options, or of things in the learner's order.
    Picked(Vec<usize>),
    /// Text of an input.
    Typed(String),
}

/// Whether an answer is right; `None` if there is nothing to judge yet.
#[must_use]
pub fn judge(kind: &Kind, given: &Given) -> Option<bool> {
    match given {
        Given::Picked(picked) if !picked.is_empty() => Some(kind.is_right_pick(picked)),
        Given::Typed(text) if is_readable(kind, text) => {
            Some(kind.is_right_text(without_unit(kind, text)))
        }
        Given::Nothing | Given::Picked(_) | Given::Typed(_) => None,
    }
}

/// Whether a text can be an answer: a number where one is asked for, and never empty.
#[must_use]
pub fn is_readable(kind: &Kind, text: &str) -> bool {
    let text = without_unit(kind, text);
    match kind {
        Kind::Number { .. } => {
            let text = text.replace(',', ".").replace('\u{2212}', "-");
            text.parse::<f64>().is_ok_and(f64::is_finite)
        }
        Kind::Choice { .. } | Kind::Order { .. } | Kind::Text { .. } | Kind::Predict { .. } => {
            !text.is_empty()
        }
    }
}

/// A text without spaces around it and without the unit, which stands beside the input anyway.
fn without_unit<'a>(kind: &Kind, text: &'a str) -> &'a str {
    let text = text.trim();
    match kind {
        Kind::Number { unit, .. } => text.strip_suffix(unit.as_str()).unwrap_or(text).trim_end(),
        Kind::Choice { .. } | Kind::Order { .. } | Kind::Text { .. } | Kind::Predict { .. } => text,
    }
}

/// What to do first where there is nothing to judge.
#[must_use]
pub const fn first_do(kind: &Kind) -> &'static str {
    match kind {
        Kind::Number { .. } => "Write a number, such as 6.",
        Kind::Text { .. } => "Write an answer first.",
        Kind::Choice { .. } | Kind::Order { .. } | Kind::Predict { .. } => {
            "Choose an answer first."
        }
    }
}

/// The right answer as HTML.
#[must_use]
pub fn right_html(kind: &Kind) -> String {
    let joined = |texts: &[String], at: &[usize], by: &str| {
        let texts: Vec<&str> =
            at.iter().filter_map(|&at| texts.get(at)).map(String::as_str).collect();
        texts.join(by)
    };
    match kind {
        Kind::Choice { options, right, .. } => joined(options, right, "; "),
        Kind::Predict { options, right, .. } => joined(options, &[*right], ""),
        Kind::Order { items, right } => joined(items, right, " → "),
        Kind::Number { right, unit, .. } => {
            escape(&sim::quantity(&sim::scene::number(*right, 4), unit))
        }
        Kind::Text { accepted } => accepted.first().map(|it| escape(it)).unwrap_or_default(),
    }
}

/// The order in which options stand on the screen. Without a seed it is the order of the page.
#[must_use]
pub fn order_shown(kind: &Kind, seed: Option<u64>) -> Vec<usize> {
    let (n, is_fixed) = match kind {
        Kind::Choice { options, fixed, .. } => (options.len(), *fixed),
        Kind::Predict { options, .. } => (options.len(), true),
        Kind::Order { items, .. } => (items.len(), true),
        Kind::Number { .. } | Kind::Text { .. } => (0, true),
    };
    match seed {
        Some(seed) if !is_fixed => shuffled(n, seed),
        Some(_) | None => (0..n).collect(),
    }
}

/// The numbers from 0 up to `n` in an order that the seed decides.
pub(super) fn shuffled(n: usize, seed: u64) -> Vec<usize> {
    let mut rng = Rng::new(seed);
    let mut order: Vec<usize> = (0..n).collect();
    for at in (1..n).rev() {
        let bound = u64::try_from(at + 1).unwrap_or(1);
        order.swap(at, usize::try_from(rng.below(bound)).unwrap_or(at));
    }
    order
}

/// The question's own part of a seed, so that questions shuffle apart from each other.
#[must_use]
pub fn seed_of(question: &Question) -> u64 {
    question.id.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, it| {
        (hash ^ u64::from(it)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::{Given, judge, order_shown, right_html};
    use content::Kind;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|it| (*it).to_owned()).collect()
    }

    fn choice(fixed: bool) -> Kind {
        Kind::Choice { options: texts(&["a", "b", "c"]), right: vec![0, 2], multiple: true, fixed }
    }

    #[test]
    fn nothing_is_not_judged() {
        let number = Kind::Number { right: 1.0, tolerance: 0.0, unit: "ms".into() };
        assert_eq!(judge(&number, &Given::Nothing), None);
        assert_eq!(judge(&number, &Given::Typed("one".into())), None);
        assert_eq!(judge(&number, &Given::Typed("1".into())), Some(true));
        assert_eq!(judge(&number, &Given::Typed(" 1 ms ".into())), Some(true));
        assert_eq!(judge(&number, &Given::Typed("2ms".into())), Some(false));
        assert_eq!(judge(&number, &Given::Typed("1 s".into())), None);
        assert_eq!(judge(&number, &Given::Typed("ms".into())), None);
        assert_eq!(judge(&choice(true), &Given::Picked(vec![])), None);
        assert_eq!(judge(&choice(true), &Given::Picked(vec![0])), Some(false));
    }

    #[test]
    fn the_right_answer_can_be_read() {
        assert_eq!(right_html(&choice(true)), "a; c");
        let number = Kind::Number { right: 7.2, tolerance: 0.1, unit: "ticks".into() };
        assert_eq!(right_html(&number), "7.2 ticks");
        let order = Kind::Order { items: texts(&["x", "y"]), right: vec![1, 0] };
        assert_eq!(right_html(&order), "y → x");
        let text = Kind::Text { accepted: texts(&["a < b", "b > a"]) };
        assert_eq!(right_html(&text), "a &lt; b");
    }

    #[test]
    fn a_shuffle_keeps_everything_and_depends_on_the_seed_only() {
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..60 {
            let mut order = order_shown(&choice(false), Some(seed));
            assert_eq!(order, order_shown(&choice(false), Some(seed)));
            seen.insert(order.clone());
            order.sort_unstable();
            assert_eq!(order, [0, 1, 2]);
        }
        assert_eq!(seen.len(), 6);
        assert_eq!(order_shown(&choice(false), None), [0, 1, 2]);
        assert_eq!(order_shown(&choice(true), Some(3)), [0, 1, 2]);
    }
}
