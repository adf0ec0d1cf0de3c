//! The sheet of times: a table with one input for every number.

use super::Problem;
use super::marks::{Mark, chip};
use leptos::prelude::*;
use std::sync::Arc;

/// One number to fill in.
#[derive(Clone, Copy)]
struct Cell {
    row: usize,
    column: usize,
    text: RwSignal<String>,
    mark: RwSignal<Mark>,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// One or two sentences.
    pub(super) told: String,
    /// Time at which the first fault can be seen; the end if there is none.
    pub(super) tick: u64,
}

/// A table of inputs. `found` gets the result of each check.
pub(super) fn times_view(problem: &Arc<Problem>, found: RwSignal<Option<Found>>) -> AnyView {
    let n_columns = problem.columns.len();
    let cell = |at: usize| Cell {
        row: at / n_columns,
        column: at % n_columns,
        text: RwSignal::new(String::new()),
        mark: RwSignal::new(Mark::Open),
    };
    let cells: Vec<Cell> = (0..n_columns * problem.jobs.len()).map(cell).collect();
    let head = problem
        .columns
        .iter()
        .map(|(label, _)| view! { <th scope="col" class="num">{*label}</th> });
    let head = head.collect_view();
    let rows = problem.jobs.iter().enumerate().map(|(n, _)| {
        let inputs = cells.iter().filter(|it| it.row == n).map(|&it| input(problem, it, found));
        view! { <tr><th scope="row">{chip(problem, n)}</th>{inputs.collect_view()}</tr> }
    });
    let rows = rows.collect_view();
    let (marked, all) = (problem.clone(), cells.clone());
    let check = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        found.set(Some(marks(&marked, &all)));
    };
    let answers = problem.clone();
    let tell = move |_| {
        for cell in &cells {
            cell.text.set(answers.columns[cell.column].1[cell.row].to_string());
            cell.mark.set(Mark::Open);
        }
        found.set(None);
    };
    view! {
        <form class="times" on:submit=check>
            <div class="table-wrap">
                <table class="narrow">
                    <caption class="visually-hidden">"Your answers, in ticks"</caption>
                    <thead><tr><th scope="col">"Job"</th>{head}</tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            <p class="question-actions">
                <button type="submit" class="button small" data-act="check">"Check"</button>
                <button type="button" class="button small second" data-act="tell" on:click=tell>"Fill in the answers"</button>
            </p>
        </form>
    }
    .into_any()
}

fn input(problem: &Problem, cell: Cell, found: RwSignal<Option<Found>>) -> AnyView {
    let Cell { row, column, text, mark } = cell;
    let name = format!("{} of {}", problem.columns[column].0, problem.jobs[row].name);
    let typed = move |event| {
        text.set(event_target_value(&event));
        mark.set(Mark::Open);
        found.set(None);
    };
    let invalid = move || matches!(mark.get(), Mark::Wrong | Mark::Empty).then_some("true");
    let label = move || match mark.get() {
        Mark::Open => name.clone(),
        mark => format!("{name}, {}", mark.words()),
    };
    view! {
        <td class="num mark" data-mark=move || mark.get().slug()>
            <input type="text" inputmode="numeric" autocomplete="off" size="3" maxlength="4" data-cell=format!("{row}.{column}")
                aria-label=label aria-invalid=invalid prop:value=move || text.get() on:input=typed/>
            <span class="sign" aria-hidden="true">{move || mark.get().sign()}</span>
        </td>
    }
    .into_any()
}

/// Marks every cell and says what was found.
fn marks(problem: &Problem, cells: &[Cell]) -> Found {
    let mut n_right = 0;
    let mut first_wrong = None;
    for cell in cells {
        let right = problem.columns[cell.column].1[cell.row];
        let text = cell.text.get_untracked();
        let mark = match text.trim() {
            "" => Mark::Empty,
            text if text.parse() == Ok(right) => Mark::Right,
            _ => Mark::Wrong,
        };
        cell.mark.set(mark);
        n_right += usize::from(mark == Mark::Right);
        if mark != Mark::Right && first_wrong.is_none() {
            first_wrong = Some(cell.row);
        }
    }
    let n_all = cells.len();
    match first_wrong {
        None => Found { told: format!("All {n_all} are right."), tick: u64::MAX },
        Some(row) => {
            let job = &problem.jobs[row];
            let told = format!(
                "{n_right} of {n_all} are right. Look at {} first: its turnaround is finish minus arrival, and what is not burst in it is waiting.",
                job.name
            );
            Found { told, tick: job.arrival_ticks }
        }
    }
}
