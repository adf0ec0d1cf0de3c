//! A practice page that answers: which problem, the sheet, the result, and the figure that shows it.

use super::cells::Filling;
use super::given::given_view;
use super::parts::parts_view;
use super::{Data, Problem, SEED_MAX, Sheet};
use crate::figure::Chrome;
use crate::quiz::figure;
use crate::{browser, pieces};
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
    let is_fixed = Memo::new(move |_| sheet.with(|it| it.is_fixed));
    let body = {
        let root = data.root.clone();
        let is_missing = brought(sheet);
        move || {
            let sheet = sheet.get();
            let entry = pieces::engine(&sheet.policy);
            let made = entry.and_then(|it| Problem::new(it, sheet.seed).ok());
            match (made, is_missing.get()) {
                (Some(problem), _) => problem_view(problem, &sheet, root.clone()),
                (None, Some(false)) | (None, None) => {
                    view! { <p role="status">"The problem is being made …"</p> }.into_any()
                }
                (None, Some(true)) => {
                    view! { <p role="status">"The problem cannot be made: its program did not come."</p> }.into_any()
                }
            }
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

/// Brings the engine of the sheet, and again when another one is chosen. What is told is whether it
/// did not come; nothing as long as it is not known.
fn brought(sheet: RwSignal<Sheet>) -> RwSignal<Option<bool>> {
    let is_missing = RwSignal::new(None);
    let policy = Memo::new(move |_| sheet.with(|it| it.policy.clone()));
    Effect::new(move |_| {
        let id = policy.get();
        if pieces::engine(&id).is_none() {
            is_missing.set(None);
            wasm_bindgen_futures::spawn_local(async move {
                let came = pieces::bring([id.as_str()]).await;
                let _ = is_missing.try_set(Some(!came));
            });
        }
    });
    is_missing
}

/// The sheet of a link as this page can show it, and what the reader is told of the rest. A link
/// that is not understood fixes nothing: the reader must be able to choose.
fn opened(data: &Data, asked: Sheet) -> (Sheet, String) {
    let strays = asked.strays.join(", ");
    let mut sheet = Sheet { strays: Vec::new(), ..asked };
    let mut told = Vec::new();
    if data.offer(&sheet.policy).is_none() {
        if !sheet.policy.is_empty() {
            told.push(format!("This page has no problems on “{}”.", sheet.policy));
        }
        sheet.policy = data.offers.first().map(|it| it.id.clone()).unwrap_or_default();
    }
    let sheets = data.offer(&sheet.policy).map_or(&[][..], |it| &it.sheets[..]);
    if !sheets.iter().any(|it| it.0 == sheet.task) {
        if !sheet.task.is_empty() {
            told.push(format!("There is nothing called “{}” to fill in here.", sheet.task));
        }
        sheet.task = sheets.first().map(|it| it.0.clone()).unwrap_or_default();
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

/// Topic, seed and task; only the task where an instructor has fixed the rest.
fn chooser(
    data: &Data,
    sheet: RwSignal<Sheet>,
    notice: RwSignal<String>,
    dice: fn() -> u64,
) -> AnyView {
    let is_fixed = move || sheet.with(|it| it.is_fixed);
    let options = data.offers.iter().map(|it| {
        let own = it.id.clone();
        let selected = move || sheet.with(|it| it.policy == own);
        view! { <option value=it.id.clone() prop:selected=selected>{it.title.clone()}</option> }
    });
    let options = options.collect_view();
    let choose = {
        let data = data.clone();
        move |event: leptos::ev::Event| {
            let chosen = Sheet { policy: event_target_value(&event), ..sheet.get_untracked() };
            // The same sheet where the other engine has it too.
            let (known, _) = opened(&data, chosen);
            sheet.set(known);
        }
    };
    let data = data.clone();
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
    let policy = Memo::new(move |_| sheet.with(|it| it.policy.clone()));
    let tasks = move || {
        let sheets =
            policy.with(|it| data.offer(it).map(|it| it.sheets.clone())).unwrap_or_default();
        (1 < sheets.len()).then(|| {
            let tasks = sheets.into_iter().map(|(key, title)| {
                let (own, put) = (key.clone(), key);
                view! {
                    <label class="option inline">
                        <input type="radio" name="task" value=put.clone() prop:checked=move || sheet.with(|it| it.task == own)
                            on:change=move |_| sheet.update(|it| it.task.clone_from(&put))/>
                        <span>{title}</span>
                    </label>
                }
            });
            view! { <fieldset class="tasks"><legend>"Fill in"</legend>{tasks.collect_view()}</fieldset> }
        })
    };
    view! {
        <div class="practice-bar">
            <label class="knob">
                <span>"Topic"</span>
                <select data-act="policy" disabled=is_fixed on:change=choose>{options}</select>
            </label>
            <label class="knob">
                <span>"Seed"</span>
                <input type="text" inputmode="numeric" size="6" maxlength="10" data-act="seed" disabled=is_fixed
                    prop:value=move || sheet.with(|it| it.seed.to_string()) on:change=set_seed/>
            </label>
            {move || (!is_fixed()).then(|| view! {
                <button type="button" class="button small" data-act="new" on:click=fresh>"New problem"</button>
            })}
            {tasks}
        </div>
    }
    .into_any()
}

fn problem_view(problem: Problem, sheet: &Sheet, root: String) -> AnyView {
    let sheets = problem.paper.sheets;
    let Some(asked) = sheets.iter().find(|it| it.key == sheet.task).or(sheets.first()) else {
        return ().into_any();
    };
    let heading = format!("{}, problem {}", problem.title(), sheet.seed);
    let spec = spec(&problem, sheet);
    let given = given_view(&problem);
    let filling = Arc::new(Filling::new(problem, asked));
    let found = filling.found;
    let shown = RwSignal::new(None::<usize>);
    let parts = parts_view(&filling);
    let (marked, answered) = (filling.clone(), filling.clone());
    let check = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        marked.check();
    };
    let is_done = move || found.with(|it| it.as_ref().is_some_and(|it| it.is_done));
    let told = move || found.with(|it| it.as_ref().map(|it| it.told.clone()).unwrap_or_default());
    let toggle = move |_| {
        let at = found.with_untracked(|it| it.as_ref().map_or(0, |it| it.at));
        shown.update(|it| *it = if it.is_some() { None } else { Some(at) });
    };
    let picture = move || {
        shown.get().map(|at| {
            let at = u32::try_from(at).ok();
            figure(&FigureSpec { at, ..spec.clone() }, &root, "practice".to_owned(), Chrome::Full)
        })
    };
    let print = |_| {
        let _ = browser::window().map(|it| it.print());
    };
    view! {
        <h2 class="problem-title">{heading}</h2>
        <p class="print-only">"Name:"</p>
        {given}
        <form class="sheet" on:submit=check>
            <p class="sheet-task">{asked.task}</p>
            {parts}
            <p class="question-actions">
                <button type="submit" class="button small" data-act="check">"Check"</button>
                <button type="button" class="button small second" data-act="tell" on:click=move |_| answered.tell()>
                    "Fill in the answers"
                </button>
                <button type="button" class="button small second" data-act="print" on:click=print>"Print"</button>
            </p>
        </form>
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
        title: format!("Problem {} under {}", sheet.seed, problem.title().to_ascii_lowercase()),
        ..FigureSpec::default()
    }
}

/// A link with topic and seed fixed, for a class.
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
                <p>"This link opens exactly this problem. Topic and seed cannot be changed there; the answers are the engine's, the same for everybody. Printed as it stands, the page is an exam sheet; with the answers filled in, its key."</p>
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
    use crate::practice::Offer;

    #[test]
    fn a_link_that_is_not_understood_fixes_nothing() {
        let offer = |id: &str| Offer {
            id: id.into(),
            title: id.into(),
            sheets: vec![("times".into(), "the times".into()), ("line".into(), "it".into())],
        };
        let data = Data { offers: vec![offer("cpu/a"), offer("cpu/b")], root: String::new() };
        let open = |text: &str| opened(&data, Sheet::default().read(text));
        let (sheet, told) = open("v=1&policy=cpu/b&seed=3&fixed=1");
        assert!(sheet.is_fixed && sheet.policy == "cpu/b" && told.is_empty(), "{told}");
        for (text, word) in [
            ("policy=cpu/x&seed=3&fixed=1", "cpu/x"),
            ("policy=cpu/b&sed=3&fixed=1", "sed=3"),
            ("seed=100000&fixed=1", "greatest"),
            ("policy=cpu/b&task=tables&fixed=1", "tables"),
        ] {
            let (sheet, told) = open(text);
            assert!(!sheet.is_fixed && told.contains(word), "{text}: {told}");
            assert!(data.offer(&sheet.policy).is_some() && sheet.seed <= SEED_MAX);
        }
        assert_eq!((open("").0.task.as_str(), open("").1.as_str()), ("times", ""));
        assert_eq!(open("policy=cpu/b&task=line").0.task, "line");
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
