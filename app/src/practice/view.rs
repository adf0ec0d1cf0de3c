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
    let (sheet, told) = opened(data, sheet);
    let (sheet, notice) = (RwSignal::new(sheet), RwSignal::new(told));
    {
        let data = data.clone();
        let follow = window_event_listener(leptos::ev::hashchange, move |_| {
            let (query, fragment) = browser::address().unwrap_or_default();
            let (asked, told) = opened(&data, Sheet::asked(&query, &fragment));
            notice.set(told);
            if sheet.with_untracked(|it| *it != asked) {
                sheet.set(asked);
            }
        });
        on_cleanup(move || follow.remove());
    }
    Effect::new(move |first: Option<()>| {
        let link = sheet.with(Sheet::link);
        // The address that was opened stays until the reader chooses.
        if first.is_some() {
            browser::set_fragment(&link);
        }
    });
    let root = data.root.clone();
    let is_fixed = Memo::new(move |_| sheet.with(|it| it.is_fixed));
    let body = move || {
        let sheet = sheet.get();
        let made = crate::pieces::engine(&sheet.policy).ok_or(NoProblem::NoJobs);
        match made.and_then(|entry| Problem::new(entry, sheet.seed)) {
            Ok(problem) => problem_view(Arc::new(problem), &sheet, root.clone()),
            Err(_) => view! { <p>"This policy cannot be worked out by hand."</p> }.into_any(),
        }
    };
    view! {
        {chooser(data, sheet, notice, dice)}
        <p class="question-missing" role="status" data-role="notice">{move || notice.get()}</p>
        {body}
        {move || (!is_fixed.get()).then(|| class_link(sheet))}
    }
    .into_any()
}

/// The sheet of a link as this page can show it, and what the reader is told of the rest. A link
/// that is not understood fixes nothing: the reader must be able to choose.
fn opened(data: &Data, asked: Sheet) -> (Sheet, String) {
    let strays = asked.strays.join(", ");
    let mut sheet = Sheet { strays: Vec::new(), ..asked };
    let mut told = Vec::new();
    if !data.policies.contains(&sheet.policy) {
        if !sheet.policy.is_empty() {
            told.push(format!("This page has no policy “{}”.", sheet.policy));
        }
        sheet.policy = data.policies.first().cloned().unwrap_or_default();
    }
    if !strays.is_empty() {
        told.push(format!("The link says “{strays}”, which means nothing here."));
    }
    if SEED_MAX < sheet.seed {
        told.push(format!("The greatest seed is {SEED_MAX}."));
        sheet.seed = SEED_MAX;
    }
    sheet.is_fixed &= told.is_empty();
    (sheet, told.join(" "))
}

/// The seed that a text asks for, and what there is to say of it.
fn seed_asked(text: &str) -> (Option<u64>, String) {
    let text = text.trim();
    let is_whole = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    match text.parse::<u64>() {
        Ok(seed) if is_whole && seed <= SEED_MAX => (Some(seed), String::new()),
        _ if is_whole => (Some(SEED_MAX), format!("The greatest seed is {SEED_MAX}.")),
        _ => (None, format!("A seed is a whole number from 0 to {SEED_MAX}.")),
    }
}

/// Policy, seed and task; only the task where an instructor has fixed the rest.
fn chooser(
    data: &Data,
    sheet: RwSignal<Sheet>,
    notice: RwSignal<String>,
    dice: fn() -> u64,
) -> AnyView {
    let is_fixed = move || sheet.with(|it| it.is_fixed);
    let options = data.policies.iter().map(|id| {
        let title = crate::pieces::engine(id).map_or("", |it| it.meta.title);
        let (id, own) = (id.clone(), id.clone());
        let selected = move || sheet.with(|it| it.policy == own);
        view! { <option value=id prop:selected=selected>{title}</option> }
    });
    let fresh = move |_| {
        notice.set(String::new());
        sheet.update(|it| it.seed = dice() % (SEED_MAX + 1));
    };
    let set_seed = move |event: leptos::ev::Event| {
        let (seed, told) = seed_asked(&event_target_value(&event));
        notice.set(told);
        let before = sheet.with_untracked(|it| it.seed);
        let seed = seed.unwrap_or(before);
        // The box shows the problem's seed again, also where that stays as it was.
        event_target::<web_sys::HtmlInputElement>(&event).set_value(&seed.to_string());
        if seed != before {
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
            {move || (!is_fixed()).then(|| view! {
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
fn class_link(sheet: RwSignal<Sheet>) -> AnyView {
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
        .into_any()
}

#[cfg(test)]
mod tests {
    use super::{Data, SEED_MAX, Sheet, opened, seed_asked};

    #[test]
    fn a_link_that_is_not_understood_fixes_nothing() {
        let data = Data { policies: vec!["cpu/a".into(), "cpu/b".into()], root: String::new() };
        let open = |text: &str| opened(&data, Sheet::default().read(text));
        let (sheet, told) = open("v=1&policy=cpu/b&seed=3&fixed=1");
        assert!(sheet.is_fixed && sheet.policy == "cpu/b" && told.is_empty(), "{told}");
        for (text, word) in [
            ("policy=cpu/x&seed=3&fixed=1", "cpu/x"),
            ("policy=cpu/b&sed=3&fixed=1", "sed=3"),
            ("seed=100000&fixed=1", "greatest"),
        ] {
            let (sheet, told) = open(text);
            assert!(!sheet.is_fixed && told.contains(word), "{text}: {told}");
            assert!(data.policies.contains(&sheet.policy) && sheet.seed <= SEED_MAX);
        }
        assert_eq!(open("").1, "");
    }

    #[test]
    fn a_seed_is_a_whole_number() {
        assert_eq!(seed_asked(" 12 "), (Some(12), String::new()));
        assert_eq!(seed_asked("99999999999999999999999").0, Some(SEED_MAX));
        for text in ["", "abc", "-1", "1.5"] {
            let (seed, told) = seed_asked(text);
            assert!(seed.is_none() && told.contains("whole number"), "{text}");
        }
    }
}
