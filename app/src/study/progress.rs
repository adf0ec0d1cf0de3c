//! What was read and answered, module by module; a file to save it and to read it again; and the end of it.

use super::{Data, Module, keep};
use crate::browser;
use crate::words::count;
use leptos::prelude::*;
use study::{Added, FILE_BYTES_MAX, Now, Record};
use wasm_bindgen_futures::{JsFuture, spawn_local};

/// What the page says of the last act.
#[derive(Debug, Clone, PartialEq)]
enum Told {
    Nothing,
    Done(String),
    /// A file was taken in; this was there before.
    Added(String, Box<Record>),
    /// What is wrong with a file, fault by fault.
    Wrong(Vec<String>),
}

pub(super) fn view(data: Data, clock: fn() -> Now) -> AnyView {
    let record = RwSignal::new(keep::load());
    let told = RwSignal::new(Told::Nothing);
    let is_asked = RwSignal::new(false);
    // Another tab may read on meanwhile.
    let follow = window_event_listener_untyped("storage", move |_| record.set(keep::load()));
    on_cleanup(move || follow.remove());
    let modules = StoredValue::new(data.modules);
    let totals = move || modules.with_value(|it| record.with(|record| totals(it, record)));
    let rows = move || {
        let row = |it: &Module| record.with(|record| module_row(it, record));
        modules.with_value(|it| it.iter().map(row).collect::<Vec<AnyView>>())
    };
    view! {
        <p class="study-totals" data-role="totals">{totals}</p>
        <ul class="progress-list">{rows}</ul>
        <h2 id="file">"Take it with you"</h2>
        <p>
            "All of this is kept in this browser only. Save it as a file to have a copy, or to go on in another browser. "
            "A file that is read is added to what is here: lessons read in either, questions answered right in either, for each flash card the later rating, for each interview question and each level of the game the better one."
        </p>
        {file_row(record, told, clock)}
        <div class="study-told" role="status" data-role="told">{move || told_view(&told.get())}</div>
        {move || undo_view(record, told)}
        <h2 id="erase">"Start again"</h2>
        {erase_view(record, told, is_asked)}
    }
    .into_any()
}

/// The static form of the same: nothing is read yet.
#[cfg(feature = "ssr")]
pub(super) fn still_view(modules: &[Module]) -> AnyView {
    let record = Record::default();
    let rows: Vec<AnyView> = modules.iter().map(|it| module_row(it, &record)).collect();
    view! { <ul class="progress-list">{rows}</ul> }.into_any()
}

/// How much of a module was done.
struct Done {
    read: usize,
    right: usize,
    wrong: usize,
}

impl Done {
    fn of(module: &Module, record: &Record) -> Self {
        let is_read = |it: &&String| record.read.contains(&format!("{}/{it}", module.slug));
        let answered = |right| {
            module.questions.iter().filter(|it| record.answers.of(it) == Some(right)).count()
        };
        Self {
            read: module.lessons.iter().filter(is_read).count(),
            right: answered(true),
            wrong: answered(false),
        }
    }
}

fn totals(modules: &[Module], record: &Record) -> String {
    let done: Vec<Done> = modules.iter().map(|it| Done::of(it, record)).collect();
    let sum = |part: fn(&Done) -> usize| done.iter().map(part).sum::<usize>();
    let of = |part: fn(&Module) -> usize| modules.iter().map(part).sum::<usize>();
    format!(
        "{} of {} lessons read · {} of {} questions right · {} seen",
        sum(|it| it.read),
        of(|it| it.lessons.len()),
        sum(|it| it.right),
        of(|it| it.questions.len()),
        count(record.desk.cards.len(), "flash card"),
    )
}

fn module_row(module: &Module, record: &Record) -> AnyView {
    let Done { read, right, wrong } = Done::of(module, record);
    let (n_lessons, n_questions) = (module.lessons.len(), module.questions.len());
    let href = |page: &str| format!("course/{}/{page}.html", module.slug);
    let wrong = if wrong == 0 { String::new() } else { format!(", {wrong} not yet") };
    let bar = |name: &'static str, n: usize, of: usize, text: String, href: String| {
        let label = format!("{}: {name}", module.title);
        view! {
            <p class="progress-line">
                <a href=href>{text}</a>
                <progress max=of.max(1).to_string() value=n.to_string() aria-label=label></progress>
            </p>
        }
        .into_any()
    };
    let questions = (n_questions != 0).then(|| {
        let text = format!("{right} of {} right{wrong}", count(n_questions, "question"));
        bar("questions right", right, n_questions, text, href("quiz"))
    });
    let lessons = format!("{read} of {} read", count(n_lessons, "lesson"));
    view! {
        <li data-module=module.slug.clone()>
            <h2 class="progress-title">{module.title.clone()}</h2>
            {bar("lessons read", read, n_lessons, lessons, href("index"))}
            {questions}
        </li>
    }
    .into_any()
}

fn file_row(record: RwSignal<Record>, told: RwSignal<Told>, clock: fn() -> Now) -> AnyView {
    let export = move |_| {
        record.set(keep::load());
        let day = date(clock());
        let text = record.with_untracked(|it| it.export(&day));
        let name = format!("interleave-progress-{day}.json");
        let is_saved = browser::download(&name, "application/json", &text).is_some();
        told.set(Told::Done(if is_saved {
            format!("Saved as {name}, where your browser puts downloads.")
        } else {
            "The file could not be saved here.".to_owned()
        }));
    };
    let import = move |event: leptos::ev::Event| {
        let input = event_target::<web_sys::HtmlInputElement>(&event);
        let Some(file) = input.files().and_then(|it| it.item(0)) else { return };
        spawn_local(async move {
            let is_large = FILE_BYTES_MAX as f64 <= file.size();
            let text = if is_large { None } else { JsFuture::from(file.text()).await.ok() };
            told.set(match text.and_then(|it| it.as_string()) {
                Some(text) => read(&text, record),
                None => Told::Wrong(vec!["The file is too large or cannot be read".to_owned()]),
            });
            // The same file may be chosen again.
            input.set_value("");
        });
    };
    view! {
        <p class="study-actions">
            <button type="button" class="button small" data-act="export" on:click=export>"Save as a file"</button>
            <label class="button small second file-button">
                "Read a file"
                <input type="file" accept="application/json,.json" class="visually-hidden" data-act="import" on:change=import/>
            </label>
        </p>
    }
    .into_any()
}

/// Takes a file in, if all of it is good.
fn read(text: &str, record: RwSignal<Record>) -> Told {
    let other = match Record::import(text.trim_start_matches('\u{feff}')) {
        Ok(other) => other,
        Err(faults) => return Told::Wrong(faults.iter().map(ToString::to_string).collect()),
    };
    let before = keep::load();
    let mut merged = before.clone();
    let added = merged.merge(&other);
    if added == Added::default() {
        return Told::Done("The file holds nothing that is not here already.".to_owned());
    }
    if !keep::save(&merged) {
        return Told::Wrong(vec![
            "This browser has no room to keep it, or keeps nothing for this page".to_owned(),
        ]);
    }
    record.set(merged);
    let text = format!(
        "Added {}, {} and {}.",
        count(added.lessons, "lesson"),
        count(added.answers, "answer"),
        count(added.cards, "flash card")
    );
    let also = |text: String, n: usize, what: &str, rest: &str| match n {
        0 => text,
        n => format!("{text} Also {}{rest}.", count(n, what)),
    };
    let text = also(text, added.interview, "rating", " of interview questions");
    let text = also(text, added.game, "level", " of the game");
    Told::Added(text, Box::new(before))
}

fn told_view(told: &Told) -> AnyView {
    match told {
        Told::Nothing => ().into_any(),
        Told::Done(text) | Told::Added(text, _) => view! { <p>{text.clone()}</p> }.into_any(),
        Told::Wrong(faults) => {
            let faults = faults.iter().map(|it| view! { <li>{format!("{it}.")}</li> });
            view! {
                <p class="study-wrong">"The file was not taken. What is here stays as it is."</p>
                <ul>{faults.collect_view()}</ul>
            }
            .into_any()
        }
    }
}

/// A button that takes the last file out again.
fn undo_view(record: RwSignal<Record>, told: RwSignal<Told>) -> Option<AnyView> {
    let Told::Added(_, before) = told.get() else { return None };
    let undo = move |_| {
        let is_kept = keep::save(&before);
        record.set(keep::load());
        let text = if is_kept { "The file is out again." } else { "That could not be kept." };
        told.set(Told::Done(text.to_owned()));
    };
    Some(
        view! {
            <p><button type="button" class="button small second" data-act="undo-import" on:click=undo>"Take it out again"</button></p>
        }
        .into_any(),
    )
}

/// Erasing takes a second button, which says what will be gone.
fn erase_view(record: RwSignal<Record>, told: RwSignal<Told>, is_asked: RwSignal<bool>) -> AnyView {
    let erase = move |_| {
        keep::erase();
        record.set(keep::load());
        is_asked.set(false);
        let is_gone = record.with_untracked(Record::is_empty);
        let text =
            if is_gone { "Everything is erased." } else { "This browser does not let go of it." };
        told.set(Told::Done(text.to_owned()));
    };
    let what = move || {
        record.with(|it| {
            format!(
                "This erases {}, {}, {}, {} and {} of the game from this browser. It cannot be taken back.",
                count(it.read.len(), "read lesson"),
                count(it.answers.len(), "answer"),
                count(it.desk.cards.len(), "flash card"),
                count(it.interview.len(), "interview rating"),
                count(it.game.len(), "level")
            )
        })
    };
    let sure = move || {
        is_asked.get().then(|| {
            view! {
                <div class="study-sure" role="group" aria-label="Erase all progress">
                    <p>{what}</p>
                    <p class="study-actions">
                        <button type="button" class="button small danger" data-act="erase-now" on:click=erase>"Erase everything"</button>
                        <button type="button" class="button small second" data-act="erase-not"
                            on:click=move |_| is_asked.set(false)>"Keep it"</button>
                    </p>
                </div>
            }
        })
    };
    view! {
        <p class="study-actions">
            <button type="button" class="button small second" data-act="erase" aria-expanded=move || is_asked.get().to_string()
                disabled=move || record.with(Record::is_empty) on:click=move |_| is_asked.set(true)>"Erase my progress …"</button>
        </p>
        <div aria-live="polite">{sure}</div>
    }
    .into_any()
}

/// The day by the reader's clock, such as `2026-11-21`.
fn date(now: Now) -> String {
    // Days are counted from the first of March, so that a leap day comes last (Hinnant's civil calendar).
    let days = now.seconds.saturating_add(now.ahead_minutes * 60).div_euclid(86_400) + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, over) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    format!("{:04}-{month:02}-{day:02}", year + era * 400 + over)
}

#[cfg(test)]
mod tests {
    use super::{date, totals};
    use crate::study::Module;
    use study::{Answers, Now, Record};

    #[test]
    fn a_day_has_a_date() {
        let at = |seconds, ahead_minutes| date(Now { seconds, ahead_minutes });
        assert_eq!(at(0, 0), "1970-01-01");
        assert_eq!(at(0, -1), "1969-12-31");
        assert_eq!(at(1_709_164_800, 0), "2024-02-29");
        assert_eq!(at(1_795_221_000, 0), "2026-11-21");
        assert_eq!(at(1_798_761_599, 1), "2027-01-01");
    }

    #[test]
    fn what_the_course_no_longer_has_does_not_count() {
        let module = Module {
            slug: "cpu".into(),
            title: "CPU".into(),
            lessons: vec!["fcfs".into(), "srtf".into()],
            questions: vec!["a".into(), "b".into(), "c".into()],
            ..Module::default()
        };
        let record = Record {
            read: Record::lessons("cpu/fcfs cpu/gone {{ x/y"),
            answers: Answers::read("a=1 b=0 gone=1"),
            ..Record::default()
        };
        let text = totals(&[module], &record);
        assert_eq!(text, "1 of 2 lessons read · 1 of 3 questions right · 0 flash cards seen");
    }
}
