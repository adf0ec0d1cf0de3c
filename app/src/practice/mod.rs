//! Practice: a seed makes a workload, the learner schedules it by hand, the engine marks it.

mod gantt;
mod marks;
mod problem;
mod sheet;
mod times;
mod view;

pub use problem::{Job, NoProblem, Problem};
pub use sheet::{SEED_MAX, Sheet, Task};
pub use view::live_view;

use leptos::prelude::*;
use serde_json::{Value, json};
use sim::Entry;

/// Whether an engine can be worked out by hand: it schedules jobs, and chance plays no part.
#[must_use]
pub fn is_by_hand(entry: &Entry) -> bool {
    let is_chance = entry.form.iter().any(|field| field.key == "seed");
    !is_chance && Problem::new(entry, Sheet::default().seed).is_ok_and(|it| !it.cells.is_empty())
}

/// What a page holds for the app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Data {
    /// Ids of the engines to choose from, in the order of the course.
    pub policies: Vec<String>,
    /// From the page to the root of the site.
    pub root: String,
}

impl Data {
    /// Reads what [`practice_view`] wrote.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let data: Value = serde_json::from_str(text).ok()?;
        let text = |it: &Value| it.as_str().map(str::to_owned);
        let policies = data.get("policies")?.as_array()?.iter().filter_map(text).collect();
        Some(Self { policies, root: text(data.get("root")?)? })
    }

    /// The text form.
    #[must_use]
    pub fn text(&self) -> String {
        json!({ "policies": self.policies, "root": self.root }).to_string()
    }
}

/// Practice as it stands on the page: one problem on paper, with its answers folded.
#[must_use]
pub fn practice_view(policies: &[&str], root: &str) -> AnyView {
    let data = Data {
        policies: policies.iter().map(|&it| it.to_owned()).collect(),
        root: root.to_owned(),
    };
    let problem = policies
        .first()
        .and_then(|id| crate::pieces::engine(id))
        .and_then(|entry| Problem::new(entry, Sheet::default().seed).ok());
    view! {
        <section class="practice" aria-label="Practice" data-practice=data.text()>
            {problem.map(|it| on_paper(&it))}
        </section>
    }
    .into_any()
}

/// A problem to read, and its answers to unfold.
fn on_paper(problem: &Problem) -> AnyView {
    let head = problem
        .columns
        .iter()
        .map(|(label, _)| view! { <th scope="col" class="num">{*label}</th> });
    let rows = problem.jobs.iter().enumerate().map(|(n, job)| {
        let cells =
            problem.columns.iter().map(|(_, values)| view! { <td class="num">{values[n]}</td> });
        view! { <tr><th scope="row">{job.name.clone()}</th>{cells.collect_view()}</tr> }
    });
    view! {
        <h2>{format!("{}, by hand", problem.title())}</h2>
        {marks::task_view(problem)}
        <p>"Work out when each job finishes and how long it waits. With scripts on, this page makes as many problems as you like and marks them cell by cell."</p>
        <details class="answer">
            <summary>"Answer"</summary>
            <div class="table-wrap">
                <table>
                    <thead><tr><th scope="col">"Job"</th>{head.collect_view()}</tr></thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </div>
        </details>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::Data;

    #[test]
    fn what_is_written_is_read_back() {
        let data = Data { policies: vec!["a/b".into(), "c/d".into()], root: "../".into() };
        assert_eq!(Data::read(&data.text()), Some(data));
        for text in ["", "{}", "[]", "{\"policies\":1,\"root\":\"\"}"] {
            assert_eq!(Data::read(text), None);
        }
    }
}
