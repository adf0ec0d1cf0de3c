//! What the baked pages and the app share: figures and questions as plain data.
//!
//! One JSON object each, short keys left out when they hold nothing. The order of the fields and
//! the names here are what a page embeds, so a change here needs no second place.

use serde::{Deserialize, Serialize};

/// A figure as a lesson, a question or a link asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FigureSpec {
    /// Id of the engine, such as `cpu/round_robin`.
    pub engine: String,
    /// Name of the scenario, if it is one of the engine's named ones, unchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The scenario as JSON text; it runs.
    pub scenario: String,
    /// Step to open on, from 0 and within the run; the last one if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<u32>,
    /// Title above the picture; plain text.
    pub title: String,
    /// One sentence: what to look for; plain text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub look_for: String,
    /// Slugs of the panels to show, in this order; all of them if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub show: Vec<String>,
    /// Tab that is open at first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tab: Option<Tab>,
    /// Ids of the engines to set beside this one on the same workload; this one is not repeated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub compare: Vec<String>,
    /// What the sweep varies at first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sweep: Option<Sweep>,
}

/// A tab under a figure that a lesson may open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tab {
    /// The form.
    Change,
    /// Several engines on one workload.
    Compare,
    /// One setting over a range.
    Sweep,
    /// The next decision as a question.
    Predict,
    /// Every schedule of a machine.
    Explore,
}

impl Tab {
    /// Every tab.
    pub const ALL: [Self; 5] =
        [Self::Change, Self::Compare, Self::Sweep, Self::Predict, Self::Explore];

    /// The tab as one word, as lessons and links spell it.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Compare => "compare",
            Self::Sweep => "sweep",
            Self::Predict => "predict",
            Self::Explore => "explore",
        }
    }

    /// The tab with this slug.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tab| tab.slug() == slug)
    }
}

/// One setting over a range of whole numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sweep {
    /// Key of the setting in the engine's form; it takes whole numbers.
    pub field: String,
    /// First value, inclusive.
    pub from: i64,
    /// Last value, inclusive; greater than `from`.
    pub to: i64,
    /// Keys of the metrics to draw; at least one.
    pub metrics: Vec<String>,
}

/// A question with everything that is needed to ask, mark and explain it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// Unique in the course. Progress is kept under it, so it never changes.
    pub id: String,
    /// Lesson it belongs to, as `module/lesson`; empty for a quiz from elsewhere.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub lesson: String,
    /// What is asked for, and the right answer.
    pub kind: Kind,
    /// The question as HTML blocks.
    pub prompt_html: String,
    /// The explanation as HTML blocks, shown after the answer.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why_html: String,
    /// The figure that shows it, opened at the decisive step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub show: Option<FigureSpec>,
}

/// What is asked for, and the right answer.
// A module has a few dozen of these: a box would save nothing.
#[allow(clippy::large_enum_variant)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Pick from a list.
    Choice {
        /// At least two; inline HTML. Mixed the same way in every build.
        options: Vec<String>,
        /// Indexes of the right ones, rising; at least one.
        right: Vec<usize>,
        /// Whether all the right ones must be picked; if not, there is one right option.
        #[serde(default, skip_serializing_if = "is_false")]
        multiple: bool,
        /// Whether the options keep their order when the rest is shuffled.
        #[serde(default, skip_serializing_if = "is_false")]
        fixed: bool,
    },
    /// Type a number.
    Number {
        /// The right one; finite.
        right: f64,
        /// How far off still counts; 0 or more.
        tolerance: f64,
        /// Unit beside the input; may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        unit: String,
    },
    /// Put things in order.
    Order {
        /// Two or more, as shown at first; inline HTML.
        items: Vec<String>,
        /// Indexes into `items` in the right order.
        right: Vec<usize>,
    },
    /// Type a word or two.
    Text {
        /// Plain texts; the first is the model answer. Case and outer space do not count.
        accepted: Vec<String>,
    },
    /// Say what a run does next.
    Predict {
        /// The engine's question; plain text.
        question: String,
        /// Two or more; inline HTML.
        options: Vec<String>,
        /// Index of the right one.
        right: usize,
        /// The run, opened one step before the decision.
        figure: FigureSpec,
    },
}

impl Question {
    /// Ids of the engines that it shows or runs.
    pub fn engines(&self) -> impl Iterator<Item = &str> {
        let asked = match &self.kind {
            Kind::Predict { figure, .. } => Some(figure),
            Kind::Choice { .. } | Kind::Number { .. } | Kind::Order { .. } | Kind::Text { .. } => {
                None
            }
        };
        asked.into_iter().chain(&self.show).map(|it| it.engine.as_str())
    }
}

impl Kind {
    /// Whether these picks are the right ones, in any order.
    #[must_use]
    pub fn is_right_pick(&self, picked: &[usize]) -> bool {
        match self {
            Self::Choice { right, .. } => {
                let mut picked = picked.to_vec();
                picked.sort_unstable();
                picked == *right
            }
            Self::Predict { right, .. } => picked == [*right],
            Self::Order { right, .. } => picked == right,
            Self::Number { .. } | Self::Text { .. } => false,
        }
    }

    /// Whether this typed answer is right: a number near enough, or an accepted text.
    #[must_use]
    pub fn is_right_text(&self, typed: &str) -> bool {
        match self {
            Self::Number { right, tolerance, .. } => {
                let typed = typed.trim().replace(',', ".").replace('\u{2212}', "-");
                // Binary fractions: 7.2 - 7.15 is a hair more than 0.05.
                typed.parse().is_ok_and(|it: f64| (it - right).abs() <= tolerance + 1e-9)
            }
            Self::Text { accepted } => {
                let typed = plain(typed);
                accepted.iter().any(|it| plain(it) == typed)
            }
            Self::Choice { .. } | Self::Order { .. } | Self::Predict { .. } => false,
        }
    }
}

/// A text without what does not count: case, outer and double spaces, backquotes.
fn plain(text: &str) -> String {
    let text = text.replace('`', "").to_lowercase();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

// Serde asks for a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_false(flag: &bool) -> bool {
    !*flag
}

#[cfg(test)]
mod tests {
    use super::{Kind, Tab};

    #[test]
    fn a_number_counts_within_its_tolerance() {
        let kind = Kind::Number { right: 7.2, tolerance: 0.05, unit: String::new() };
        assert!(kind.is_right_text(" 7.25 ") && kind.is_right_text("7,15"));
        assert!(!kind.is_right_text("7.3") && !kind.is_right_text("seven"));
        assert!(!kind.is_right_text("nan"));
    }

    #[test]
    fn a_text_counts_whatever_its_case() {
        let kind = Kind::Text { accepted: vec!["ready queue".into()] };
        assert!(kind.is_right_text("  Ready  `queue`"));
        assert!(!kind.is_right_text("queue"));
    }

    #[test]
    fn all_right_options_and_no_other_must_be_picked() {
        let options = ["a", "b", "c"].map(String::from).to_vec();
        let kind = Kind::Choice { options, right: vec![0, 2], multiple: true, fixed: false };
        assert!(kind.is_right_pick(&[2, 0]));
        assert!(!kind.is_right_pick(&[0]) && !kind.is_right_pick(&[0, 1, 2]));
    }

    #[test]
    fn order_counts_in_an_order() {
        let items = ["a", "b"].map(String::from).to_vec();
        let kind = Kind::Order { items, right: vec![1, 0] };
        assert!(kind.is_right_pick(&[1, 0]) && !kind.is_right_pick(&[0, 1]));
    }

    #[test]
    fn a_tab_is_found_by_its_slug() {
        for tab in Tab::ALL {
            assert_eq!(Tab::from_slug(tab.slug()), Some(tab));
        }
        assert_eq!(Tab::from_slug("share"), None);
    }
}
