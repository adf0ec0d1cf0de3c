//! Questions: plain text with a folded answer on the page, a quiz once the app has come.
//!
//! Native controls only and no keys of its own: a quiz stands among figures that have theirs.

mod answer;
mod card;
mod inputs;
mod mixed;
pub mod progress;
mod sheet;
mod still;

pub use answer::{Given, first_do, is_readable, judge, order_shown, right_html, seed_of};
pub(crate) use card::figure;
#[cfg(feature = "ssr")]
pub(crate) use card::leading_panels;
pub use mixed::mixed_view;
pub use sheet::live_view;
pub use still::quiz_view;

use content::Question;
use serde::{Deserialize, Serialize};

/// Where a quiz stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// A few questions inside a section of a lesson.
    Lesson,
    /// A few questions before the first section of a lesson.
    Opening,
    /// A page of their own, with a score and the choice to shuffle.
    Page,
}

/// What a page holds for the app: everything to ask, mark and explain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Data {
    /// The questions in order, links resolved.
    pub questions: Vec<Question>,
    /// From the page to the root of the site.
    pub root: String,
    /// Where the quiz stands.
    pub place: Place,
}

impl Place {
    /// The heading of a question: below that of its page, or of a section of its lesson.
    fn heading(
        self,
        number: usize,
        more: impl leptos::prelude::IntoAny,
    ) -> leptos::prelude::AnyView {
        use leptos::prelude::*;
        let text = format!("Question {number}");
        match self {
            Self::Page | Self::Opening => {
                view! { <h2 class="question-number">{text} {more.into_any()}</h2> }.into_any()
            }
            Self::Lesson => {
                view! { <h3 class="question-number">{text} {more.into_any()}</h3> }.into_any()
            }
        }
    }
}

impl Data {
    /// Reads what [`quiz_view`] wrote.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_value(serde_json::from_str(text).ok()?).ok()
    }

    /// The text form.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
