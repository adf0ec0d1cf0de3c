//! What practice sheets share: the problem in words and a table, and the mark of a cell.

use super::Problem;
use crate::panels::actor_chip;
use leptos::prelude::*;

/// What became of one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Mark {
    /// Not checked since it changed.
    #[default]
    Open,
    /// Right.
    Right,
    /// Wrong.
    Wrong,
    /// Checked, but nothing was in it.
    Empty,
}

impl Mark {
    pub(super) const fn slug(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Right => "right",
            Self::Wrong => "wrong",
            Self::Empty => "empty",
        }
    }

    /// The mark as a sign beside the cell.
    pub(super) const fn sign(self) -> &'static str {
        match self {
            Self::Open => "",
            Self::Right => "✓",
            Self::Wrong => "✗",
            Self::Empty => "?",
        }
    }

    /// The mark in words.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Open => "",
            Self::Right => "right",
            Self::Wrong => "wrong",
            Self::Empty => "still empty",
        }
    }
}

/// Name of a job on its colour.
pub(super) fn chip(problem: &Problem, n: usize) -> AnyView {
    let names: Vec<String> = problem.jobs.iter().map(|job| job.name.clone()).collect();
    let name = names.get(n).cloned().unwrap_or_default();
    actor_chip(u16::try_from(n).ok(), &names, &name)
}

/// The jobs and the settings.
pub(super) fn task_view(problem: &Problem) -> AnyView {
    let has_priority = problem.jobs.iter().any(|job| job.priority.is_some());
    let rows = problem.jobs.iter().enumerate().map(|(n, job)| {
        let priority = has_priority.then(|| view! { <td class="num">{job.priority}</td> });
        view! {
            <tr>
                <th scope="row">{chip(problem, n)}</th>
                <td class="num">{job.arrival_ticks}</td>
                <td class="num">{job.burst_ticks}</td>
                {priority}
            </tr>
        }
    });
    let settings = problem.settings.iter().map(|(label, value)| {
        view! { <div><dt>{label.clone()}</dt><dd>{value.clone()}</dd></div> }
    });
    let settings = (!problem.settings.is_empty())
        .then(|| view! { <dl class="settings">{settings.collect_view()}</dl> });
    view! {
        <div class="task">
            <div class="table-wrap">
                <table class="narrow">
                    <caption class="visually-hidden">"The jobs"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Job"</th>
                            <th scope="col" class="num">"Arrives at"</th>
                            <th scope="col" class="num">"Burst"</th>
                            {has_priority.then(|| view! { <th scope="col" class="num">"Priority"</th> })}
                        </tr>
                    </thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </div>
            {settings}
        </div>
    }
    .into_any()
}
