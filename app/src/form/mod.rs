//! The editor of a scenario, made from the engine's form table alone.
//!
//! What the reader types is kept even where it is wrong: the fault is told at its field, the
//! picture keeps the last scenario that was right.

mod code;
mod draft;

pub use code::{CodeField, Slip, code_view, slips};

use crate::erased::{checked, click, live, text, value};
use crate::player::Player;
use crate::words::count;
use draft::{put, read_ints, read_number, text_of};
use leptos::prelude::*;
use serde_json::{Map, Value};
use sim::{Field, Kind, Notation, Preset, ScenarioError};

/// A scenario that is offered by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Named {
    /// Name in links.
    pub name: String,
    /// Title in the list.
    pub title: String,
    /// One sentence about it.
    pub about: String,
    /// Step to open on; `None` for the last.
    pub at: Option<usize>,
    /// The scenario.
    pub scenario: Value,
}

/// What the reader is changing.
#[derive(Debug, Clone, Copy)]
pub struct Draft {
    /// The scenario as typed; a number that is none is kept as text.
    pub value: RwSignal<Value>,
    /// Faults of what was typed last.
    pub faults: RwSignal<Option<ScenarioError>>,
    /// Rises whenever the fields have to be drawn anew.
    pub shape: RwSignal<u32>,
}

impl Draft {
    /// A draft that starts from the scenario of `player`.
    #[must_use]
    pub fn new(player: Player) -> Self {
        Self {
            value: RwSignal::new(player.run.with_untracked(|run| run.scenario.clone())),
            faults: RwSignal::new(None),
            shape: RwSignal::new(0),
        }
    }

    /// Takes over the scenario of `player`, after it was loaded from elsewhere.
    pub fn follow(self, player: Player) {
        self.value.set(player.run.with_untracked(|run| run.scenario.clone()));
        self.faults.set(None);
        self.shape.update(|it| *it += 1);
    }

    /// Runs what is typed, after a change at `at`; tells the faults, or shows the new run.
    fn apply(self, player: Player, at: &str) {
        let told = self.value.with_untracked(|value| player.load(value, None));
        let Err(error) = told else { return self.faults.set(None) };
        // A schedule was taken in the program as it was: as far as it still leads, it stays.
        let cut = self.value.with_untracked(|value| schedule_cut(value, &error, at));
        if let Some((scenario, n_kept)) = cut
            && player.load(&scenario, None).is_ok()
        {
            let steps = count(n_kept, "step");
            player.notices.set(vec![format!(
                "The schedule leads no further than {steps} now, and was cut there"
            )]);
            self.follow(player);
            player.keep_focus();
            return;
        }
        self.faults.set(Some(error));
    }

    fn set(self, player: Player, at: &str, value: Value) {
        self.value.update(|whole| put(whole, at, value));
        self.apply(player, at);
    }

    /// Faults inside the text at a place.
    fn slips(self, at: &str) -> Vec<Slip> {
        self.faults.with(|it| it.as_ref().map(|it| slips(it, at)).unwrap_or_default())
    }

    /// The fault told at a place, or below it where `deep`.
    fn told(self, at: &str, deep: bool) -> Option<String> {
        self.faults.with(|faults| {
            let below = format!("{at}/");
            let problems = &faults.as_ref()?.0;
            let here = |place: &str| place == at || (deep && place.starts_with(&below));
            problems.iter().find(|it| here(&it.at)).map(|it| it.fault.to_string())
        })
    }
}

/// The scenario with its picks up to the first that can no longer be taken, and how many that are, if a change at another
/// field left nothing else wrong.
fn schedule_cut(scenario: &Value, error: &ScenarioError, at: &str) -> Option<(Value, usize)> {
    let [problem] = error.0.as_slice() else { return None };
    let n_kept: usize = problem.at.strip_prefix("/picks/")?.parse().ok()?;
    let mut scenario = scenario.clone();
    let picks = scenario.get_mut("picks").filter(|_| at != "/picks")?.as_array_mut()?;
    picks.truncate(n_kept);
    Some((scenario, n_kept))
}

/// The editor.
#[component]
pub fn Editor(
    /// Whose scenario.
    player: Player,
    /// What is being changed.
    draft: Draft,
    /// Scenarios offered by name.
    named: Vec<Named>,
    /// Prefix of element ids, unique on the page.
    uid: String,
) -> impl IntoView {
    let form = player.entry.form;
    let fields = live(move || {
        draft.shape.get();
        let one = |field: &'static Field| {
            let at = format!("/{}", field.key);
            match field.kind {
                Kind::Rows { columns, len_max, .. } => {
                    rows_view(player, draft, &uid, field, &at, columns, len_max)
                }
                _ => field_view(player, draft, &uid, field, &at, true),
            }
        };
        form.iter().filter(|field| !field.hidden).map(one).collect_view().into_any()
    });
    let general = live(move || {
        if draft.faults.with(Option::is_none) {
            return ().into_any();
        }
        let told = draft.told("", false);
        let told = told.map(|fault| view! { <p class="fault" role="alert">{fault}</p> });
        view! {
            {told}
            <p class="quiet-note">"The picture still shows the last scenario that was right."</p>
        }
        .into_any()
    });
    view! {
        <div class="editor">
            {chooser_view(player, draft, named)}
            {general}
            <div class="editor-fields">{fields}</div>
        </div>
    }
    .into_any()
}

/// The list of named scenarios; empty without any.
fn chooser_view(player: Player, draft: Draft, named: Vec<Named>) -> AnyView {
    if named.is_empty() {
        return ().into_any();
    }
    let buttons = named.into_iter().map(|it| {
        let Named { title, about, at, scenario, .. } = it;
        let load = click(move || {
            let told = player.load(&scenario, Some(at.unwrap_or(usize::MAX)));
            draft.follow(player);
            draft.faults.set(told.err());
        });
        view! { <button type="button" class="quiet" title=about on:click=load>{title}</button> }
            .into_any()
    });
    view! {
        <div class="editor-named" role="group" aria-label="Scenarios">
            <span class="label">"Start from"</span>
            {buttons.collect_view()}
        </div>
    }
    .into_any()
}

/// One value with its label, help and fault.
fn field_view(
    player: Player,
    draft: Draft,
    uid: &str,
    field: &'static Field,
    at: &str,
    labelled: bool,
) -> AnyView {
    let id = format!("{uid}{}", at.replace('/', "-"));
    let fault_id = format!("{id}-fault");
    let place = at.to_owned();
    let fault = {
        let (place, fault_id) = (place.clone(), fault_id.clone());
        live(move || {
            // A fault inside a text is told there, with its line.
            let told = draft.told(&place, true).filter(|_| draft.slips(&place).is_empty());
            told.map(
                |it| view! { <span class="fault" id=fault_id.clone() role="alert">{it}</span> },
            )
            .into_any()
        })
    };
    let input = input_view(player, draft, field, &place, &id, &fault_id, labelled);
    if !labelled {
        return view! { <div class="cell">{input}{fault}</div> }.into_any();
    }
    let unit = (!field.unit.is_empty()).then(|| view! { <span class="unit">{field.unit}</span> });
    let help = (!field.help.is_empty()).then(|| view! { <span class="help">{field.help}</span> });
    let wide =
        if matches!(field.kind, Kind::Code { .. }) { "form-field wide" } else { "form-field" };
    view! {
        <div class=wide>
            <label class="label" for=id>{field.label}" "{unit}</label>
            {input}{fault}{help}
        </div>
    }
    .into_any()
}

fn input_view(
    player: Player,
    draft: Draft,
    field: &'static Field,
    at: &str,
    id: &str,
    fault_id: &str,
    labelled: bool,
) -> AnyView {
    let at = at.to_owned();
    let id = id.to_owned();
    let now = draft.value.with_untracked(|whole| whole.pointer(&at).cloned()).unwrap_or_default();
    let invalid = {
        let at = at.clone();
        text(move || draft.told(&at, true).is_some().to_string())
    };
    let name = (!labelled).then_some(field.label);
    let described = fault_id.to_owned();
    match field.kind {
        Kind::Choice(choices) => {
            let now = now.as_str().unwrap_or_default().to_owned();
            let option = |(word, label): &(&'static str, &'static str)| {
                let chosen = *word == now;
                view! { <option value=*word selected=chosen>{*label}</option> }.into_any()
            };
            let options = choices.iter().map(option).collect_view();
            let set = value(move |typed| draft.set(player, &at, typed.into()));
            view! { <select id=id aria-label=name on:change=set>{options}</select> }.into_any()
        }
        Kind::Flag => {
            let set = checked(move |on| draft.set(player, &at, on.into()));
            let on = now.as_bool().unwrap_or_default();
            view! { <input type="checkbox" id=id aria-label=name checked=on on:change=set/> }
                .into_any()
        }
        Kind::Code { .. } => {
            let source = RwSignal::new(text_of(&now));
            let place = at.clone();
            let slips = Signal::derive(move || draft.slips(&place));
            let changed = value(move |typed| draft.set(player, &at, typed.into()));
            code_view(CodeField { id, name, text: source, slips, described, changed })
        }
        Kind::Int { min, max } => {
            let set = value(move |typed| draft.set(player, &at, read_number(&typed)));
            let hint = if matches!(field.preset, Preset::Unset) { "not set" } else { "" };
            view! {
                <input type="number" inputmode="numeric" id=id min=min.to_string() max=max.to_string() step="1"
                    placeholder=hint aria-label=name aria-invalid=invalid aria-describedby=described
                    value=text_of(&now) on:change=set/>
            }
            .into_any()
        }
        Kind::Ints { .. } => {
            let set = value(move |typed| draft.set(player, &at, read_ints(&typed)));
            view! {
                <input type="text" id=id inputmode="text" autocomplete="off" aria-label=name
                    aria-invalid=invalid aria-describedby=described value=text_of(&now) on:change=set/>
            }
            .into_any()
        }
        Kind::Text { .. } | Kind::Name { .. } | Kind::Rows { .. } => {
            let set = value(move |typed| draft.set(player, &at, typed.into()));
            view! {
                <input type="text" id=id autocomplete="off" spellcheck="false" aria-label=name
                    aria-invalid=invalid aria-describedby=described value=text_of(&now) on:change=set/>
            }
            .into_any()
        }
    }
}

/// A table of rows that can grow and shrink.
fn rows_view(
    player: Player,
    draft: Draft,
    uid: &str,
    field: &'static Field,
    at: &str,
    columns: &'static [Field],
    len_max: u32,
) -> AnyView {
    let shown: Vec<&'static Field> = columns.iter().filter(|it| !it.hidden).collect();
    let n_rows = draft
        .value
        .with_untracked(|it| it.pointer(at).and_then(Value::as_array).map_or(0, Vec::len));
    let head = |column: &&'static Field| {
        let unit =
            (!column.unit.is_empty()).then(|| view! { <span class="unit">" "{column.unit}</span> });
        view! { <th scope="col" title=column.help>{column.label}{unit}</th> }.into_any()
    };
    let row = |n: usize| {
        let cell = |column: &&'static Field| {
            let place = format!("{at}/{n}/{}", column.key);
            view! { <td>{field_view(player, draft, uid, column, &place, false)}</td> }.into_any()
        };
        let (list, label) = (at.to_owned(), format!("Remove row {}", n + 1));
        let remove = click(move || {
            draft.value.update(|whole| {
                if let Some(rows) = whole.pointer_mut(&list).and_then(Value::as_array_mut) {
                    rows.remove(n);
                }
            });
            draft.apply(player, &list);
            draft.shape.update(|it| *it += 1);
        });
        view! {
            <tr>
                {shown.iter().map(cell).collect_view()}
                <td><button type="button" class="quiet row-remove" aria-label=label on:click=remove>"×"</button></td>
            </tr>
        }
        .into_any()
    };
    let list = at.to_owned();
    let add = click(move || {
        draft.value.update(|whole| {
            if let Some(rows) = whole.pointer_mut(&list).and_then(Value::as_array_mut) {
                rows.push(new_row(columns, rows));
            }
        });
        draft.apply(player, &list);
        draft.shape.update(|it| *it += 1);
    });
    let full = usize::try_from(len_max).unwrap_or(usize::MAX) <= n_rows;
    let place = at.to_owned();
    let fault = live(move || {
        let told = draft.told(&place, false);
        told.map(|it| view! { <p class="fault" role="alert">{it}</p> }).into_any()
    });
    view! {
        <div class="form-field wide">
            <span class="label">{field.label}</span>
            <div class="table-wrap" tabindex="0" role="group" aria-label=field.label>
                <table class="rows">
                    <thead><tr>{shown.iter().map(head).collect_view()}<th scope="col"><span class="visually-hidden">"Remove"</span></th></tr></thead>
                    <tbody>{(0..n_rows).map(row).collect_view()}</tbody>
                </table>
            </div>
            {fault}
            <button type="button" class="quiet" disabled=full on:click=add>"Add a row"</button>
            {field.notation.map(|it| notation_view(player, draft, uid, it, at))}
        </div>
    }
    .into_any()
}

/// The rows of a table as one line of text, in another tool's words; it stands folded below the table.
fn notation_view(
    player: Player,
    draft: Draft,
    uid: &str,
    notation: &'static Notation,
    at: &str,
) -> AnyView {
    let id = format!("{uid}{}-line", at.replace('/', "-"));
    let (help_id, fault_id) = (format!("{id}-help"), format!("{id}-fault"));
    let described = format!("{help_id} {fault_id}");
    let slip = RwSignal::new(None::<String>);
    let place = at.to_owned();
    // Rows that can be read go to the table, where the form tells what else is wrong with them.
    let take = value(move |typed| match (notation.read)(&typed) {
        _ if typed.trim().is_empty() => slip.set(None),
        Ok(rows) => {
            slip.set(None);
            draft.set(player, &place, rows);
            if draft.faults.with_untracked(Option::is_none) {
                draft.follow(player);
            } else {
                draft.shape.update(|it| *it += 1);
            }
        }
        Err(fault) => slip.set(Some(fault.to_string())),
    });
    let told = live(move || {
        slip.get().map(|it| view! { <span class="fault" role="alert">{it}</span> }).into_any()
    });
    let invalid = text(move || slip.with(Option::is_some).to_string());
    view! {
        <details class="one-line">
            <summary>"Type them as one line"</summary>
            <label class="label" for=id.clone()>"One line"</label>
            <input type="text" id=id autocomplete="off" spellcheck="false" placeholder=notation.example
                aria-invalid=invalid aria-describedby=described on:change=take/>
            <span id=fault_id>{told}</span>
            <span class="help" id=help_id>{notation.help}</span>
        </details>
    }
    .into_any()
}

/// A row with every default; required fields are copied from the last row, or are the least value.
fn new_row(columns: &[Field], rows: &[Value]) -> Value {
    let mut row = Map::new();
    for column in columns {
        let value =
            column.preset_value(rows.len()).or_else(|| rows.last()?.get(column.key).cloned());
        let least = || match column.kind {
            Kind::Int { min, .. } => min.into(),
            Kind::Ints { min, .. } => vec![min].into(),
            _ => Value::from(""),
        };
        row.insert(column.key.to_owned(), value.unwrap_or_else(least));
    }
    free_name(columns, rows, &mut row);
    Value::Object(row)
}

/// After rows were removed, the numbered name may be taken: count on.
fn free_name(columns: &[Field], rows: &[Value], row: &mut Map<String, Value>) {
    for column in columns.iter().filter(|it| matches!(it.kind, Kind::Name { .. })) {
        let taken = |name: &Value| rows.iter().any(|it| it.get(column.key) == Some(name));
        let free = (rows.len()..rows.len() + 200)
            .filter_map(|n| column.preset_value(n))
            .find(|it| !taken(it));
        if let Some(name) = free {
            row.insert(column.key.to_owned(), name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::schedule_cut;
    use serde_json::json;
    use sim::{Mode, engine};

    #[test]
    fn a_schedule_stays_as_far_as_it_still_leads() {
        let entry = engine("process/shared_memory").unwrap();
        let mut scenario: serde_json::Value = serde_json::from_str(entry.example).unwrap();
        scenario["picks"] = json!([0, 9]);
        let told = entry.run(&scenario, Mode::MetricsOnly).unwrap_err();
        let (cut, n_kept) = schedule_cut(&scenario, &told, "/sync").unwrap();
        assert_eq!((cut["picks"].clone(), n_kept), (json!([0]), 1));
        assert!(entry.run(&cut, Mode::MetricsOnly).is_ok());
        assert!(schedule_cut(&scenario, &told, "/picks").is_none());
    }
}
