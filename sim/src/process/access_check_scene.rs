//! An access drawn: how far it got, the filter's listing, the bits of the mode, the rules.

use super::access_check::{Scenario, Way};
use super::access_check_filter::{Does, Op, error_name};
use super::access_check_gates::{Class, Gate, State, bits, call, class};
use crate::scene::{
    Cell, CellRow, Cells, Code, Column, Listing, Mark, Panel, Queue, QueueRow, Scene, Table,
    TableRow, Tone,
};

/// Draws one state.
pub(super) fn scene(scenario: &Scenario, filter: &[Op], state: &State) -> Scene {
    Scene::default()
        .with("gates", "Gates on the way to the file", Panel::Queue(gates(scenario, state)))
        .with("filter", "The filter", Panel::Code(listing(filter, state)))
        .with("mode", "Mode of the file", Panel::Cells(mode(scenario, state)))
        .with("policy", "Rules of the policy", Panel::Table(policy(scenario, state)))
}

fn gates(scenario: &Scenario, state: &State) -> Queue {
    let chip = || {
        let tone = match &state.ended {
            None => Tone::Running,
            Some(error) if error.is_empty() => Tone::Good,
            Some(_) => Tone::Danger,
        };
        let name = call(scenario);
        Mark::new("access", name).tone(tone).detail(format!("the call of {name}"))
    };
    let row = |key: &str, label: &str, note: String, here: bool| QueueRow {
        key: key.to_owned(),
        label: label.to_owned(),
        note,
        marks: if here { vec![chip()] } else { Vec::new() },
    };
    let started = state.at.is_some() || state.ended.is_some();
    let mut rows = vec![row("process", "Process", String::new(), !started)];
    // A refused access stays at the gate that refused it.
    let stopped = state.ended.as_ref().filter(|it| !it.is_empty());
    let last = state.asked.last().map(|it| it.0);
    for gate in Gate::ALL {
        let by_name = scenario.way == Way::Name;
        let on_the_way = match gate {
            Gate::Token => !by_name,
            Gate::Mode | Gate::Capability => by_name,
            Gate::Filter | Gate::Policy => true,
        };
        let asked = state.asked.iter().find(|it| it.0 == gate);
        let note = match (asked, on_the_way) {
            (Some((_, true)), _) => "yes".to_owned(),
            (Some((_, false)), _) => "no".to_owned(),
            (None, false) => "not on this way".to_owned(),
            (None, true) if state.ended.is_some() => "not asked".to_owned(),
            (None, true) => String::new(),
        };
        let here = state.at == Some(gate) || (stopped.is_some() && last == Some(gate));
        rows.push(row(&format!("gate.{}", gate.label()), gate.label(), note, here));
    }
    let through = state.ended.as_ref().is_some_and(String::is_empty);
    let note = stopped.map_or_else(String::new, |it| format!("refused: {it}"));
    rows.push(row("file", "File", note, through));
    Queue { rows }
}

fn listing(filter: &[Op], state: &State) -> Code {
    let next = match (&state.at, state.next) {
        (Some(Gate::Filter), Some(next)) => u32::try_from(next).ok(),
        _ => None,
    };
    let lines = match filter {
        [] => vec!["(no filter)".to_owned()],
        _ => filter.iter().map(shown).collect(),
    };
    let note = match state.next {
        Some(_) => format!("loaded: {:#x}", state.loaded),
        None => String::new(),
    };
    let tone = if next.is_some() { Tone::Running } else { Tone::Idle };
    let listing = Listing {
        key: "filter".to_owned(),
        label: "Filter".to_owned(),
        actor: None,
        lines,
        next,
        tone,
        note,
    };
    Code { listings: vec![listing] }
}

fn shown(op: &Op) -> String {
    match &op.does {
        Does::Return(super::access_check_filter::Verdict::Errno(error)) => {
            format!("ret errno {}", error_name(*error))
        }
        Does::Load(_) | Does::Jump { .. } | Does::Return(_) => op.text.clone(),
    }
}

fn mode(scenario: &Scenario, state: &State) -> Cells {
    // The mode was read without a fault when the run was made.
    let mode = scenario.mode().unwrap_or_default();
    let row = |(of, label): (Class, String)| {
        let marks = [('r', 4), ('w', 2), ('x', 1)].into_iter().map(|(letter, bit)| {
            let set = bits(mode, of) & bit != 0;
            let counts = state.class == Some(of);
            let tone = match (counts, set) {
                (true, true) => Tone::Good,
                (true, false) => Tone::Danger,
                (false, true) => Tone::Muted,
                (false, false) => Tone::Free,
            };
            let text = if set { letter.to_string() } else { "–".to_owned() };
            let mark = Mark::new(format!("mode.{label}.{letter}"), text);
            mark.tone(tone).detail(if counts { "counts" } else { "does not count" })
        });
        CellRow { label: label.clone(), heads: Vec::new(), marks: marks.collect() }
    };
    let mine = if scenario.way == Way::Name { Some(class(scenario)) } else { None };
    let label = |of: Class, name: &str| match mine == Some(of) {
        true => format!("{name}: the caller"),
        false => name.to_owned(),
    };
    let classes = [
        (Class::Owner, label(Class::Owner, &format!("owner {}", scenario.owner))),
        (Class::Group, label(Class::Group, &format!("group {}", scenario.group))),
        (Class::Others, label(Class::Others, "others")),
    ];
    Cells { rows: classes.into_iter().map(row).collect() }
}

fn policy(scenario: &Scenario, state: &State) -> Table {
    let columns = vec![
        Column::words("Type of the process"),
        Column::words("Type of the file"),
        Column::words("may"),
    ];
    let rows = scenario.policy.iter().enumerate().map(|(at, rule)| {
        let found = state.rule == Some(Some(at));
        let tone = |fits: bool| match state.rule {
            Some(_) if fits => Tone::Hit,
            Some(_) => Tone::Muted,
            None => Tone::Plain,
        };
        TableRow {
            key: format!("rule.{at}"),
            actor: None,
            marked: found,
            cells: vec![
                Cell::new(rule.from.clone()).tone(tone(rule.from == scenario.subject_type)),
                Cell::new(rule.to.clone()).tone(tone(rule.to == scenario.object_type)),
                Cell::new(rule.allow.clone()).tone(if found { Tone::Good } else { Tone::Plain }),
            ],
        }
    });
    let none = || TableRow {
        key: "rule.none".to_owned(),
        actor: None,
        marked: false,
        cells: vec![
            Cell::new(if scenario.mac { "(no rule)" } else { "(no policy)" }),
            Cell::default(),
            Cell::default(),
        ],
    };
    let mut rows: Vec<TableRow> = rows.collect();
    if rows.is_empty() {
        rows.push(none());
    }
    Table { columns, rows }
}
