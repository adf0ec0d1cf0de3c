//! Practice: a seed makes a problem, the learner works it out by hand, the engine marks it.

mod cells;
mod given;
mod parts;
mod problem;
mod sheet;
mod view;

pub use problem::{Given, NoProblem, Problem};
pub use sheet::{SEED_MAX, Sheet};
pub use view::live_view;

use leptos::prelude::*;
use serde_json::{Value, json};
use sim::{Entry, Part};

/// Whether an engine can be worked out by hand.
#[must_use]
pub fn is_by_hand(entry: &Entry) -> bool {
    entry.paper.is_some()
}

/// One engine that a page offers, known before its code is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Id of the engine.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its sheets: key, and what is filled in.
    pub sheets: Vec<(String, String)>,
}

impl Offer {
    /// What an engine offers; nothing if it cannot be worked out by hand.
    #[must_use]
    pub fn of(entry: &Entry) -> Option<Self> {
        let sheets = entry.paper?.sheets.iter();
        let sheets = sheets.map(|it| (it.key.to_owned(), it.title.to_owned())).collect();
        Some(Self { id: entry.meta.id.to_owned(), title: entry.meta.title.to_owned(), sheets })
    }
}

/// What a page holds for the app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Data {
    /// The engines to choose from, in the order of the course.
    pub offers: Vec<Offer>,
    /// From the page to the root of the site.
    pub root: String,
}

impl Data {
    /// Reads what [`practice_view`] wrote.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let data: Value = serde_json::from_str(text).ok()?;
        let text = |it: &Value| it.as_str().map(str::to_owned);
        let pair = |it: &Value| Some((text(it.get(0)?)?, text(it.get(1)?)?));
        let offer = |it: &Value| {
            let sheets = it.get("sheets")?.as_array()?.iter().filter_map(pair).collect();
            Some(Offer { id: text(it.get("id")?)?, title: text(it.get("title")?)?, sheets })
        };
        let offers = data.get("offers")?.as_array()?.iter().filter_map(offer).collect();
        Some(Self { offers, root: text(data.get("root")?)? })
    }

    /// The text form.
    #[must_use]
    pub fn text(&self) -> String {
        let offer = |it: &Offer| json!({ "id": it.id, "title": it.title, "sheets": it.sheets });
        let offers: Vec<Value> = self.offers.iter().map(offer).collect();
        json!({ "offers": offers, "root": self.root }).to_string()
    }

    fn offer(&self, id: &str) -> Option<&Offer> {
        self.offers.iter().find(|it| it.id == id)
    }
}

/// Practice as it stands on the page: one problem on paper, with its answers folded.
#[must_use]
pub fn practice_view(entries: &[&Entry], root: &str) -> AnyView {
    let offers = entries.iter().filter_map(|it| Offer::of(it)).collect();
    let data = Data { offers, root: root.to_owned() };
    let problem = entries.first().and_then(|it| Problem::new(it, Sheet::default().seed).ok());
    view! {
        <section class="practice" aria-label="Practice" data-practice=data.text()>
            {problem.map(|it| on_paper(&it))}
        </section>
    }
    .into_any()
}

/// A problem to read, and its answers to unfold.
fn on_paper(problem: &Problem) -> AnyView {
    let sheet = problem.paper.sheets.first();
    let parts = sheet.map(|it| it.parts(&problem.run)).unwrap_or_default();
    view! {
        <h2>{format!("{}, by hand", problem.title())}</h2>
        {given::given_view(problem)}
        <p>{sheet.map(|it| it.task)}</p>
        <p>"With scripts on, this page makes as many problems as you like and marks them cell by cell."</p>
        <details class="answer">
            <summary>"Answer"</summary>
            {parts.iter().map(answers).collect_view()}
        </details>
    }
    .into_any()
}

fn answers(part: &Part) -> AnyView {
    let head = part.head.iter().map(|it| view! { <th scope="col">{it.clone()}</th> });
    let head =
        (!part.head.is_empty()).then(|| view! { <thead><tr>{head.collect_view()}</tr></thead> });
    let rows = part.rows.iter().map(|row| {
        let cells = row.given.iter().chain(row.blanks.iter().map(|it| &it.answer));
        let cells = cells.map(|it| view! { <td>{it.clone()}</td> });
        view! { <tr>{cells.collect_view()}</tr> }
    });
    view! {
        <div class="table-wrap" tabindex="0" role="group" aria-label="Answers">
            <table class="narrow">{head}<tbody>{rows.collect_view()}</tbody></table>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::{Data, Offer};

    #[test]
    fn what_is_written_is_read_back() {
        let offers: Vec<Offer> = sim::engines().filter_map(Offer::of).collect();
        assert!(10 < offers.len());
        let data = Data { offers, root: "../".into() };
        assert_eq!(Data::read(&data.text()), Some(data));
        for text in ["", "{}", "[]", "{\"offers\":1,\"root\":\"\"}"] {
            assert_eq!(Data::read(text), None);
        }
    }
}
