//! The sheet of the time line: one cell for every tick, filled with the job that has the CPU.

use super::Problem;
use super::marks::Mark;
use super::times::Found;
use crate::panels::actor_class;
use leptos::prelude::*;
use std::sync::Arc;

/// What a cell holds: a job, or the idle CPU.
type Holder = Option<usize>;

/// One tick.
#[derive(Clone, Copy)]
struct Cell {
    tick: usize,
    holder: RwSignal<Option<Holder>>,
    mark: RwSignal<Mark>,
}

/// A row of cells to fill. `found` gets the result of each check.
pub(super) fn timeline_view(problem: &Arc<Problem>, found: RwSignal<Option<Found>>) -> AnyView {
    let brush = RwSignal::new(Some(0_usize));
    let cell = |tick| Cell { tick, holder: RwSignal::new(None), mark: RwSignal::new(Mark::Open) };
    let cells: Vec<Cell> = (0..problem.cells.len()).map(cell).collect();
    let ticks = cells.iter().map(|&it| tick_view(problem, it, brush, found)).collect_view();
    let (marked, all) = (problem.clone(), cells.clone());
    let check = move |_| found.set(Some(marks(&marked, &all)));
    let answers = problem.cells.clone();
    let tell = move |_| {
        for (cell, holder) in cells.iter().zip(&answers) {
            cell.holder.set(Some(*holder));
            cell.mark.set(Mark::Open);
        }
        found.set(None);
    };
    view! {
        <div class="timeline-sheet">
            {brushes(problem, brush)}
            <p class="question-hint">"Choose who runs, then the ticks in which it does."</p>
            <ol class="ticks">{ticks}</ol>
            <p class="question-actions">
                <button type="button" class="button small" data-act="check" on:click=check>"Check"</button>
                <button type="button" class="button small second" data-act="tell" on:click=tell>"Fill in the answer"</button>
            </p>
        </div>
    }
    .into_any()
}

/// Who is put into the cells that are chosen next.
fn brushes(problem: &Problem, brush: RwSignal<Holder>) -> AnyView {
    let option = |holder: Holder, name: String| {
        let class = match holder {
            Some(n) => format!("brush {}", actor_class(u16::try_from(n).ok())),
            None => "brush idle".to_owned(),
        };
        view! {
            <label class=class>
                <input type="radio" name="brush" data-brush=name.clone() prop:checked=move || brush.get() == holder
                    on:change=move |_| brush.set(holder)/>
                <span>{name}</span>
            </label>
        }
        .into_any()
    };
    let has_idle = problem.cells.contains(&None);
    let jobs = problem.jobs.iter().enumerate().map(|(n, job)| option(Some(n), job.name.clone()));
    let idle = has_idle.then(|| option(None, "idle".to_owned()));
    view! {
        <fieldset class="brushes"><legend>"Who runs"</legend>{jobs.collect_view()}{idle}</fieldset>
    }
    .into_any()
}

fn tick_view(
    problem: &Arc<Problem>,
    cell: Cell,
    brush: RwSignal<Holder>,
    found: RwSignal<Option<Found>>,
) -> AnyView {
    let Cell { tick, holder, mark } = cell;
    let name_of = {
        let problem = problem.clone();
        move || match holder.get() {
            Some(Some(n)) => problem.jobs.get(n).map(|job| job.name.clone()).unwrap_or_default(),
            Some(None) => "idle".to_owned(),
            None => String::new(),
        }
    };
    let paint = move |_| {
        let painted = Some(brush.get_untracked());
        holder.update(|it| *it = if *it == painted { None } else { painted });
        mark.set(Mark::Open);
        found.set(None);
    };
    let class = move || match holder.get() {
        Some(Some(n)) => format!("tick {}", actor_class(u16::try_from(n).ok())),
        Some(None) => "tick idle".to_owned(),
        None => "tick".to_owned(),
    };
    let label = {
        let name_of = name_of.clone();
        move || {
            let name = name_of();
            let name = if name.is_empty() { "empty" } else { &name };
            match mark.get() {
                Mark::Open => format!("Tick {tick}: {name}"),
                mark => format!("Tick {tick}: {name}, {}", mark.words()),
            }
        }
    };
    view! {
        <li data-mark=move || mark.get().slug()>
            <button type="button" class=class data-tick=tick aria-label=label on:click=paint>{name_of}</button>
            <span class="tick-number" aria-hidden="true">{tick}</span>
            <span class="sign" aria-hidden="true">{move || mark.get().sign()}</span>
        </li>
    }
    .into_any()
}

/// Marks every cell and says what happens at the first wrong one.
fn marks(problem: &Problem, cells: &[Cell]) -> Found {
    let mut n_right = 0;
    let mut first_wrong = None;
    for (cell, right) in cells.iter().zip(&problem.cells) {
        let mark = match cell.holder.get_untracked() {
            None => Mark::Empty,
            Some(holder) if holder == *right => Mark::Right,
            Some(_) => Mark::Wrong,
        };
        cell.mark.set(mark);
        n_right += usize::from(mark == Mark::Right);
        if mark == Mark::Wrong && first_wrong.is_none() {
            first_wrong = u64::try_from(cell.tick).ok();
        }
    }
    let n_all = cells.len();
    match first_wrong {
        None if n_right == n_all => {
            Found { told: format!("All {n_all} ticks are right."), tick: u64::MAX }
        }
        None => Found {
            told: format!("{n_right} of {n_all} ticks are filled in, all of them right so far."),
            tick: 0,
        },
        Some(tick) => {
            let why = problem.why_at(tick).unwrap_or_default();
            Found {
                told: format!(
                    "{n_right} of {n_all} ticks are right. The first difference is at tick {tick}: {why}"
                ),
                tick,
            }
        }
    }
}
