//! The parts of a sheet: a table, questions, and a time line that is painted.

use super::cells::{Cell, Filling};
use super::given::name_view;
use crate::panels::actor_class;
use leptos::prelude::*;
use sim::{Blank, Layout, Part, Row};
use std::sync::Arc;

/// All parts, one below the other.
pub(super) fn parts_view(filling: &Arc<Filling>) -> AnyView {
    let mut cells = filling.cells.as_slice();
    let mut views = Vec::new();
    for part in &filling.parts {
        let n_cells = part.rows.iter().map(|it| it.blanks.len()).sum();
        let (own, rest) = cells.split_at(n_cells);
        cells = rest;
        views.push(match part.layout {
            Layout::Table => table_view(part, own, &filling.problem.run.actors),
            Layout::List => list_view(part, own),
            Layout::Ticks => ticks_view(part, own, &filling.problem.run.actors),
        });
    }
    views.collect_view().into_any()
}

/// A cell's class and state for its mark.
fn slug(cell: Cell) -> impl Fn() -> &'static str {
    move || cell.mark.get().slug()
}

fn sign(cell: Cell) -> AnyView {
    view! { <span class="sign" aria-hidden="true">{move || cell.mark.get().sign()}</span> }
        .into_any()
}

fn table_view(part: &Part, cells: &[Cell], actors: &[String]) -> AnyView {
    let head = part.head.iter().map(|it| view! { <th scope="col">{it.clone()}</th> });
    let head = head.collect_view();
    let mut cells = cells.iter().copied();
    let rows = part.rows.iter().map(|Row { given, blanks }| {
        let given = given.iter().enumerate().map(|(n, text)| {
            let name = name_view(text, actors);
            if n == 0 {
                view! { <th scope="row">{name}</th> }.into_any()
            } else {
                view! { <td>{name}</td> }.into_any()
            }
        });
        let given = given.collect_view();
        let blanks = blanks.iter().zip(cells.by_ref()).map(|(blank, cell)| {
            let field = field(blank, cell);
            view! { <td class="mark" data-mark=slug(cell)>{field}{sign(cell)}</td> }
        });
        let blanks = blanks.collect_view();
        view! { <tr>{given}{blanks}</tr> }
    });
    let rows = rows.collect_view();
    view! {
        <div class="table-wrap">
            <table class="narrow sheet-table">
                <caption class="visually-hidden">"Your answers"</caption>
                <thead><tr>{head}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// What a cell is written or chosen in.
fn field(blank: &Blank, cell: Cell) -> AnyView {
    let name = blank.name.clone();
    let label = move || cell.label(&name);
    let invalid = move || cell.is_faulty().then_some("true");
    let value = move || cell.text.get();
    if blank.options.is_empty() {
        // As wide as what is in it is long, within reason, and the same for a whole column.
        let size = if blank.answer.len() <= 4 { 3 } else { 11 };
        return view! {
            <input type="text" autocomplete="off" autocapitalize="off" spellcheck="false" size=size maxlength="40" data-cell=cell.n
                aria-label=label aria-invalid=invalid prop:value=value on:input=move |event| cell.fill(event_target_value(&event))/>
        }
        .into_any();
    }
    let options = blank.options.iter().map(|it| {
        let own = it.clone();
        view! { <option value=it.clone() prop:selected=move || cell.text.get() == own>{it.clone()}</option> }
    });
    let options = options.collect_view();
    view! {
        <select data-cell=cell.n aria-label=label aria-invalid=invalid on:change=move |event| cell.fill(event_target_value(&event))>
            <option value="" prop:selected=move || cell.text.with(String::is_empty)></option>
            {options}
        </select>
    }
    .into_any()
}

fn list_view(part: &Part, cells: &[Cell]) -> AnyView {
    let blanks = part.rows.iter().flat_map(|it| &it.blanks).zip(cells.iter().copied());
    let items = blanks.map(|(blank, cell)| {
        let name = blank.name.clone();
        if blank.options.is_empty() {
            let field = field(blank, cell);
            return view! { <li class="mark" data-mark=slug(cell)><span class="asked">{name}</span> {field}{sign(cell)}</li> }.into_any();
        }
        let options = blank.options.iter().map(|it| {
            let (own, put, text) = (it.clone(), it.clone(), it.clone());
            view! {
                <label class="option inline">
                    <input type="radio" name=format!("cell-{}", cell.n) data-cell=cell.n value=it.clone()
                        prop:checked=move || cell.text.with(|it| *it == own) on:change=move |_| cell.fill(put.clone())/>
                    <span>{text}</span>
                </label>
            }
        });
        let options = options.collect_view();
        let asked = name.clone();
        let label = move || cell.label(&name);
        view! {
            <li class="mark" data-mark=slug(cell)>
                <div role="group" aria-label=label>
                    <span class="asked" aria-hidden="true">{asked}</span>
                    <span class="asked-options">{options}{sign(cell)}</span>
                </div>
            </li>
        }
        .into_any()
    });
    let items = items.collect_view();
    view! { <ol class="sheet-list">{items}</ol> }.into_any()
}

/// Where an actor of this name has its colour.
fn colour(name: &str, actors: &[String]) -> Option<String> {
    let at = actors.iter().position(|it| it == name)?;
    Some(actor_class(u16::try_from(at).ok()))
}

fn ticks_view(part: &Part, cells: &[Cell], actors: &[String]) -> AnyView {
    let blanks: Vec<&Blank> = part.rows.iter().flat_map(|it| &it.blanks).collect();
    let options = blanks.first().map(|it| it.options.clone()).unwrap_or_default();
    let brush = RwSignal::new(options.first().cloned().unwrap_or_default());
    let brushes = options.iter().map(|name| {
        let class = format!("brush {}", colour(name, actors).unwrap_or_else(|| "idle".to_owned()));
        let (own, put) = (name.clone(), name.clone());
        view! {
            <label class=class>
                <input type="radio" name="brush" data-brush=name.clone() prop:checked=move || brush.with(|it| *it == own)
                    on:change=move |_| brush.set(put.clone())/>
                <span>{name.clone()}</span>
            </label>
        }
    });
    let brushes = brushes.collect_view();
    let ticks = blanks.iter().zip(cells.iter().copied()).enumerate();
    let ticks = ticks.map(|(tick, (blank, cell))| tick_view(tick, blank, cell, brush, actors));
    let ticks = ticks.collect_view();
    view! {
        <div class="timeline-sheet">
            <fieldset class="brushes"><legend>"Who runs"</legend>{brushes}</fieldset>
            <ol class="ticks">{ticks}</ol>
        </div>
    }
    .into_any()
}

fn tick_view(
    tick: usize,
    blank: &Blank,
    cell: Cell,
    brush: RwSignal<String>,
    actors: &[String],
) -> AnyView {
    let paint = move |_| {
        let painted = brush.get_untracked();
        let is_same = cell.text.with_untracked(|it| *it == painted);
        cell.fill(if is_same { String::new() } else { painted });
    };
    let actors = actors.to_vec();
    let class = move || {
        cell.text.with(|it| match (it.as_str(), colour(it, &actors)) {
            ("", _) => "tick".to_owned(),
            (_, Some(class)) => format!("tick {class}"),
            (_, None) => "tick idle".to_owned(),
        })
    };
    let name = blank.name.clone();
    let label = move || {
        let held = cell.text.get();
        cell.label(&format!("{name}: {}", if held.is_empty() { "empty" } else { &held }))
    };
    view! {
        <li data-mark=slug(cell)>
            <button type="button" class=class data-tick=tick aria-label=label on:click=paint>{move || cell.text.get()}</button>
            <span class="tick-number" aria-hidden="true">{tick}</span>
            {sign(cell)}
        </li>
    }
    .into_any()
}
