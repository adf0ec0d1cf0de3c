//! A practice page that answers: which problem, the sheet, the result, and the figure that shows it.

use super::gantt::timeline_view;
use super::marks::task_view;
use super::times::{Found, times_view};
use super::{Data, NoProblem, Problem, SEED_MAX, Sheet, Task};
use crate::browser;
use crate::figure::Chrome;
use crate::quiz::figure;
use content::FigureSpec;
use leptos::prelude::*;
use std::sync::Arc;

/// Practice sheets, one after another: first the one that the address asks for. `dice` gives the
/// seeds of new ones.
#[must_use]
pub fn live_view(data: &Data, sheet: Sheet, dice: fn() -> u64) -> AnyView {
    let first = data.policies.first().cloned().unwrap_or_default();
    let mut sheet = sheet;
    if !data.policies.contains(&sheet.policy) {
        sheet.policy = first;
    }
    let sheet = RwSignal::new(sheet);
    Effect::new(move |first: Option<()>| {
        let link = sheet.with(Sheet::link);
        // The address that was opened stays until the reader chooses.
        if first.is_some() {
            browser::set_fragment(&link);
        }
    });
    let root = data.root.clone();
    let body = move || {
        let sheet = sheet.get();
        let made = sim::engine(&sheet.policy).ok_or(NoProblem::NoJobs);
        match made.and_then(|entry| Problem::new(entry, sheet.seed)) {
            Ok(problem) => problem_view(Arc::new(problem), &sheet, root.clone()),
            Err(_) => view! { <p>"This policy cannot be worked out by hand."</p> }.into_any(),
        }
    };
    view! {
        {chooser(data, sheet, dice)}
        {body}
        {class_link(sheet)}
    }
    .into_any()
}

/// Policy, seed and task; only the task where an instructor has fixed the rest.
fn chooser(data: &Data, sheet: RwSignal<Sheet>, dice: fn() -> u64) -> AnyView {
    let is_fixed = sheet.with_untracked(|it| it.is_fixed);
    let options = data.policies.iter().map(|id| {
        let title = sim::engine(id).map_or("", |it| it.meta.title);
        let (id, selected) = (id.clone(), sheet.with_untracked(|it| it.policy == *id));
        view! { <option value=id selected=selected>{title}</option> }
    });
    let fresh = move |_| sheet.update(|it| it.seed = dice() % (SEED_MAX + 1));
    let set_seed = move |event| {
        if let Ok(seed) = event_target_value(&event).trim().parse() {
            sheet.update(|it| it.seed = seed);
        }
    };
    let task = move |task: Task, name: &'static str| {
        view! {
            <label class="option inline">
                <input type="radio" name="task" prop:checked=move || sheet.with(|it| it.task) == task
                    on:change=move |_| sheet.update(|it| it.task = task)/>
                <span>{name}</span>
            </label>
        }
    };
    view! {
        <div class="practice-bar">
            <label class="knob">
                <span>"Policy"</span>
                <select data-act="policy" disabled=is_fixed
                    on:change=move |event| sheet.update(|it| it.policy = event_target_value(&event))>
                    {options.collect_view()}
                </select>
            </label>
            <label class="knob">
                <span>"Seed"</span>
                <input type="text" inputmode="numeric" size="6" maxlength="10" data-act="seed" disabled=is_fixed
                    prop:value=move || sheet.with(|it| it.seed.to_string()) on:change=set_seed/>
            </label>
            {(!is_fixed).then(|| view! {
                <button type="button" class="button small" data-act="new" on:click=fresh>"New problem"</button>
            })}
            <fieldset class="tasks">
                <legend>"Fill in"</legend>
                {task(Task::Times, "the times")} {task(Task::Timeline, "the time line")}
            </fieldset>
        </div>
    }
    .into_any()
}

fn problem_view(problem: Arc<Problem>, sheet: &Sheet, root: String) -> AnyView {
    let found = RwSignal::new(None::<Found>);
    let shown = RwSignal::new(None::<u64>);
    let task = match sheet.task {
        Task::Timeline => timeline_view(&problem, found),
        Task::Times => times_view(&problem, found),
    };
    let is_done = move || found.with(|it| it.as_ref().is_some_and(|it| it.tick == u64::MAX));
    let told = move || found.with(|it| it.as_ref().map(|it| it.told.clone()).unwrap_or_default());
    let toggle = move |_| {
        let tick = found.with_untracked(|it| it.as_ref().map_or(0, |it| it.tick));
        shown.update(|it| *it = if it.is_some() { None } else { Some(tick) });
    };
    let spec = spec(&problem, sheet);
    let heading = format!("{}, problem {}", problem.title(), sheet.seed);
    let task_part = task_view(&problem);
    let picture = move || {
        shown.get().map(|tick| {
            let at = u32::try_from(problem.step_at(tick)).ok();
            figure(&FigureSpec { at, ..spec.clone() }, &root, "practice".to_owned(), Chrome::Full)
        })
    };
    view! {
        <h2 class="problem-title">{heading}</h2>
        {task_part}
        {task}
        <p class="verdict" role="status" data-done=move || is_done().then_some("true")>{told}</p>
        <p class="show-me">
            <button type="button" class="button small second" data-act="show" on:click=toggle
                aria-expanded=move || if shown.get().is_some() { "true" } else { "false" }>
                {move || if shown.get().is_some() { "Hide the figure" } else { "Show me" }}
            </button>
        </p>
        <div class="breakout">{picture}</div>
    }
    .into_any()
}

/// The figure that plays the problem.
fn spec(problem: &Problem, sheet: &Sheet) -> FigureSpec {
    FigureSpec {
        engine: sheet.policy.clone(),
        scenario: problem.scenario.to_string(),
        title: format!("Problem {} under {}", sheet.seed, problem.title().to_lowercase()),
        ..FigureSpec::default()
    }
}

/// A link with policy and seed fixed, for a class.
fn class_link(sheet: RwSignal<Sheet>) -> Option<AnyView> {
    if sheet.with_untracked(|it| it.is_fixed) {
        return None;
    }
    let copied = RwSignal::new("");
    let address = move || {
        let fixed = Sheet { is_fixed: true, ..sheet.get() };
        browser::absolute(&format!("#{}", fixed.link())).unwrap_or_default()
    };
    let copy = move |_| {
        browser::copy(&untrack(address), move |was_copied| {
            copied.set(if was_copied { "Copied" } else { "Copying is not allowed here" });
        });
    };
    Some(
        view! {
            <details class="class-link">
                <summary>"For a class"</summary>
                <p>"This link opens exactly this problem. Policy and seed cannot be changed there; the answers are the engine's, the same for everybody."</p>
                <p class="typed">
                    <input type="text" readonly aria-label="Link for a class" prop:value=address/>
                    <button type="button" class="button small second" data-act="copy" on:click=copy>"Copy"</button>
                </p>
                <p role="status">{move || copied.get()}</p>
            </details>
        }
        .into_any(),
    )
}
