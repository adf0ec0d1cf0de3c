//! A problem in words and tables, as the learner is given it.

use super::Problem;
use crate::panels::name_chip;
use leptos::prelude::*;

/// The settings and the tables.
pub(super) fn given_view(problem: &Problem) -> AnyView {
    let actors = &problem.run.actors;
    let tables = problem.tables.iter().map(|table| {
        let class = |is_number: bool| is_number.then_some("num");
        let head = table.head.iter().map(
            |(label, is_number)| view! { <th scope="col" class=class(*is_number)>{label.clone()}</th> },
        );
        let head = head.collect_view();
        let rows = table.rows.iter().map(|row| {
            let cells = row.iter().zip(&table.head).map(|(text, (_, is_number))| {
                let shown = if *is_number { text.clone().into_any() } else { name_view(text, actors) };
                view! { <td class=class(*is_number)>{shown}</td> }
            });
            view! { <tr>{cells.collect_view()}</tr> }
        });
        let rows = rows.collect_view();
        view! {
            <div class="table-wrap" tabindex="0" role="group" aria-label=table.label>
                <table class="narrow">
                    <caption>{table.label}</caption>
                    <thead><tr>{head}</tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        }
    });
    let tables = tables.collect_view();
    let settings = problem.settings.iter().map(|(label, value)| {
        view! { <div><dt>{label.clone()}</dt><dd>{value.clone()}</dd></div> }
    });
    let settings = (!problem.settings.is_empty())
        .then(|| view! { <dl class="settings">{settings.collect_view()}</dl> });
    let rules = problem.paper.rules;
    let rules = (!rules.is_empty()).then(|| view! { <p class="question-hint">{rules}</p> });
    view! { <div class="task">{tables}{settings}</div>{rules} }.into_any()
}

/// A name on its colour, or a text as it is.
pub(super) fn name_view(text: &str, actors: &[String]) -> AnyView {
    match actors.iter().position(|it| it == text) {
        Some(at) => name_chip(u16::try_from(at).ok(), text).into_any(),
        None => text.to_owned().into_any(),
    }
}
