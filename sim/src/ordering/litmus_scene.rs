//! Litmus tests drawn: accesses by thread, and the arrows between them.

use super::axioms::{Arrow, Model};
use super::events::{Event, Kind};
use super::litmus::State;
use super::relation::members;
use super::study::{Seen, Study};
use crate::scene::{
    Cell, Code, Column, Edge, Graph, Listing, Mark, Node, Panel, Scene, Table, TableRow, Tone,
};
use crate::words::count;

/// Whether an outcome is one that SC allows, only a weaker model, or none.
pub(super) fn tag(study: &Study, at: usize, model: Model) -> &'static str {
    let outcome = &study.outcomes[at];
    if model == Model::C11 && study.race.is_some() {
        return "undefined";
    }
    match (outcome.is_allowed(model), outcome.is_allowed(Model::Sc)) {
        (false, _) => "forbidden",
        (true, true) => "sequential",
        (true, false) => "weak",
    }
}

pub(super) fn opening(study: &Study) -> String {
    let race = match study.race {
        Some((a, b)) => format!(
            "; in C11 it is undefined, because {} and {} race",
            said(study, a),
            said(study, b)
        ),
        None => String::new(),
    };
    format!(
        "The test has {} in {}, because each load may return any store to its variable{race}.",
        count(study.outcomes.len() as u64, "thinkable outcomes"),
        count(study.n_executions, "executions"),
    )
}

/// The sentence of an outcome, and the question before it.
pub(super) fn say(study: &Study, at: usize, model: Model) -> (String, String) {
    let values = study.program.outcome(&study.told, &study.outcomes[at].values);
    let name = model.name();
    let question = format!("Can {values} happen under {name}?");
    let Some(seen) = study.seen(at, model) else { return (question.clone(), question) };
    let say = if let (Model::C11, Some((a, b))) = (model, study.race) {
        let (a, b) = (said(study, a), said(study, b));
        format!("C11 says nothing about {values}, because {a} and {b} race: that is undefined.")
    } else if !seen.circle.is_empty() {
        let from = short(study, &seen, seen.circle[0].from);
        let steps: Vec<String> = seen
            .circle
            .iter()
            .map(|it| format!(" -{}-> {}", it.label, short(study, &seen, it.to)))
            .collect();
        let n = count(seen.circle.len() as u64, "arrows");
        format!("{name} forbids {values}, because {n} form a circle: {from}{}.", steps.concat())
    } else if seen.sc_circle.is_empty() {
        let order = line_up(study, &seen);
        format!("{name} allows {values}, because one memory does: {}.", order.join(", "))
    } else {
        weak(study, &seen, model, &values)
    };
    (say, question)
}

/// An outcome that SC has not.
fn weak(study: &Study, seen: &Seen, model: Model, values: &str) -> String {
    let name = model.name();
    let open = match model {
        Model::Sc | Model::C11 => None,
        Model::Tso => seen.sc_circle.iter().find(|it| !it.1[1]),
        Model::Arm => seen.sc_circle.iter().find(|it| !it.1[2]),
    };
    match open {
        Some((Arrow { from, to, label: "rf" }, _)) => format!(
            "{name} allows {values}, because a thread may see its own store early: {} does not wait \
             until all see {}.",
            said(study, *to),
            said(study, *from)
        ),
        Some((Arrow { from, to, .. }, _)) => format!(
            "{name} allows {values}, because it does not keep {} before {}: the circle is open there.",
            said(study, *from),
            said(study, *to)
        ),
        None if model == Model::C11 => format!(
            "C11 allows {values}, because with these orders nothing that it counts closes the circle."
        ),
        None => {
            format!("{name} allows {values}, because it does not count all arrows of the circle.")
        }
    }
}

/// The accesses in an order that one memory could have taken.
fn line_up(study: &Study, seen: &Seen) -> Vec<String> {
    let shape = &study.shape;
    let order = shape.po.or(&seen.run.rf).or(&seen.run.co).or(&seen.run.fr);
    let mut left = shape.filter(|it| it.thread.is_some());
    let mut names = Vec::new();
    let is_first = |left: u32, at: usize| members(left).all(|it| !order.has(it, at));
    while let Some(at) = members(left).find(|&at| is_first(left, at)) {
        left &= !(1 << at);
        if !matches!(shape.events[at].kind, Kind::Fence(_)) {
            names.push(short(study, seen, at));
        }
    }
    names
}

/// `A: x = 1`, as it was written.
fn said(study: &Study, at: usize) -> String {
    let event = &study.shape.events[at];
    match event.thread {
        Some(thread) => {
            let thread = &study.program.threads[thread];
            format!("{}'s `{}`", thread.name, thread.lines[event.line].text)
        }
        None => format!("the start of {}", study.program.vars[event.var]),
    }
}

/// `W x=1`: what an event did.
fn short(study: &Study, seen: &Seen, at: usize) -> String {
    label(study, Some(seen), at)
}

fn label(study: &Study, seen: Option<&Seen>, at: usize) -> String {
    let event = &study.shape.events[at];
    let var = study.program.vars.get(event.var).map_or("", String::as_str);
    let value = seen.map(|it| it.values[at].to_string());
    match &event.kind {
        Kind::Start => format!("W {var}=0"),
        Kind::Read(_) => format!("R {var}={}", value.unwrap_or_else(|| "?".to_owned())),
        Kind::Write(sum) => {
            let known = sum.value(|_| None).map(|it| it.to_string());
            format!("W {var}={}", value.or(known).unwrap_or_else(|| "?".to_owned()))
        }
        Kind::Fence(_) => "fence".to_owned(),
    }
}

pub(super) fn scene(state: &State) -> Scene {
    let study = &*state.study;
    let seen = state.at.and_then(|at| study.seen(at, state.model));
    Scene::default()
        .with("events", "What met what", Panel::Graph(graph(study, state.model, seen.as_ref())))
        .with("outcomes", "Who allows what", Panel::Table(outcomes(state)))
        .with(
            "circle",
            "The circle, and who counts its arrows",
            Panel::Table(circle(study, seen.as_ref())),
        )
        .with("program", "Program", Panel::Code(code(study, state, seen.as_ref())))
}

fn node(study: &Study, seen: Option<&Seen>, at: usize, event: &Event, thread: usize) -> Node {
    let before = study.shape.events[..at].iter().filter(|it| it.thread == Some(thread)).count();
    let place = |it: usize| i32::try_from(it).unwrap_or_default();
    let in_circle = seen.is_some_and(|it| it.circle.iter().any(|arrow| arrow.from == at));
    let actor = u16::try_from(thread).unwrap_or_default();
    let name = &study.program.threads[thread].name;
    let text = &study.program.threads[thread].lines[event.line].text;
    let tone = if in_circle { Tone::Danger } else { Tone::Plain };
    let note = match event.kind {
        Kind::Fence(barrier) => barrier.word(),
        Kind::Start | Kind::Write(_) | Kind::Read(_) => event.order.short(),
    };
    let mark = Mark::new(format!("event.{at}"), label(study, seen, at));
    let mark = mark.detail(format!("{name}: {text}")).actor(actor).tone(tone);
    Node { at: (place(thread) * 2, place(before)), boxed: true, mark, note: note.to_owned() }
}

fn graph(study: &Study, model: Model, seen: Option<&Seen>) -> Graph {
    let mut nodes = Vec::new();
    let mut last: [Option<usize>; super::program::THREADS_MAX] = [None; _];
    let mut edges = Edges(Vec::new());
    let circle = seen.map_or(&[][..], |it| it.circle.as_slice());
    for arrow in circle {
        edges.add(arrow.from, arrow.to, arrow.label, Tone::Danger);
    }
    let open = seen.filter(|it| it.circle.is_empty()).map_or(&[][..], |it| it.sc_circle.as_slice());
    for (arrow, counts) in open {
        // Where the model leaves the circle open, the arrow is there to be seen, as one that fails.
        let is_open = matches!(model, Model::Tso | Model::Arm) && !counts[model as usize];
        match is_open {
            true => edges.add(arrow.from, arrow.to, "not kept", Tone::Miss),
            false => edges.add(arrow.from, arrow.to, arrow.label, Tone::Dirty),
        }
    }
    for (at, event) in study.shape.events.iter().enumerate() {
        let Some(thread) = event.thread else { continue };
        nodes.push(node(study, seen, at, event, thread));
        if let Some(before) = last[thread].replace(at) {
            edges.add(before, at, "po", Tone::Muted);
        }
    }
    if let Some(Seen { run, .. }) = seen {
        for (from, event) in study.shape.events.iter().enumerate() {
            if event.thread.is_none() {
                continue;
            }
            members(run.rf.after(from)).for_each(|to| edges.add(from, to, "rf", Tone::Good));
            // Only to the next store: the later ones follow from it.
            let next = |all: u32| members(all).find(|&it| members(all).all(|b| !run.co.has(b, it)));
            if let Some(to) = next(run.co.after(from)) {
                edges.add(from, to, "co", Tone::Overhead);
            }
            if let Some(to) = next(run.fr.after(from)) {
                edges.add(from, to, "fr", Tone::Blocked);
            }
        }
    }
    Graph { directed: true, nodes, edges: edges.0 }
}

struct Edges(Vec<Edge>);

impl Edges {
    /// Adds an arrow, unless there is one between the two already.
    fn add(&mut self, from: usize, to: usize, label: &str, tone: Tone) {
        let (from, to) = (format!("event.{from}"), format!("event.{to}"));
        if from.as_str() != to.as_str() && !self.0.iter().any(|it| it.from == from && it.to == to) {
            self.0.push(Edge { from, to, label: label.to_owned(), tone });
        }
    }
}

fn outcomes(state: &State) -> Table {
    let study = &*state.study;
    let names = study.told.iter().map(|&it| Column::numbers(study.program.name_of(it)));
    let models = Model::ALL.map(|it| Column::words(it.name()));
    let row = |(at, outcome): (usize, &super::study::Outcome)| {
        let values = outcome.values.iter().map(|it| Cell::new(it.to_string()));
        let verdicts = Model::ALL.map(|model| match outcome.is_allowed(model) {
            _ if model == Model::C11 && study.race.is_some() => {
                Cell::new("undefined").tone(Tone::Danger)
            }
            true if outcome.is_allowed(Model::Sc) => Cell::new("yes"),
            true => Cell::new("yes").tone(Tone::Dirty),
            false => Cell::new("no").tone(Tone::Muted),
        });
        TableRow {
            key: format!("outcome.{at}"),
            actor: None,
            marked: state.at == Some(at),
            cells: values.chain(verdicts).collect(),
        }
    };
    Table {
        columns: names.chain(models).collect(),
        rows: study.outcomes.iter().enumerate().take(ROWS_MAX).map(row).collect(),
    }
}

/// Most outcomes in the table.
const ROWS_MAX: usize = 64;

fn circle(study: &Study, seen: Option<&Seen>) -> Table {
    let columns = ["From", "Arrow", "To", "SC", "TSO", "ARMv8"].map(Column::words).to_vec();
    let mut rows = Vec::new();
    let counts = |it: bool| match it {
        true => Cell::new("counts"),
        false => Cell::new("does not count").tone(Tone::Dirty),
    };
    let mut add = |from: String, arrow: &str, to: String, by: [Cell; 3]| {
        let [sc, tso, arm] = by;
        let key = format!("arrow.{}", rows.len());
        let cells = vec![Cell::new(from), Cell::new(arrow), Cell::new(to), sc, tso, arm];
        rows.push(TableRow { key, actor: None, marked: false, cells });
    };
    if let Some(seen) = seen {
        for (arrow, by) in &seen.sc_circle {
            let ends = [arrow.from, arrow.to].map(|it| short(study, seen, it));
            let [from, to] = ends;
            add(from, name_of(arrow.label), to, by.map(counts));
        }
    }
    if rows.is_empty() {
        let cells = ["no circle", "", "", "", "", ""].map(Cell::new).to_vec();
        rows.push(TableRow { key: "none".to_owned(), actor: None, marked: false, cells });
    }
    Table { columns, rows }
}

fn name_of(label: &'static str) -> &'static str {
    match label {
        "po" => "program order (po)",
        "rf" => "read by (rf)",
        "co" => "overwritten by (co)",
        "fr" => "read before (fr)",
        other => other,
    }
}

fn code(study: &Study, state: &State, seen: Option<&Seen>) -> Code {
    let listing = |(number, thread): (usize, &super::program::Thread)| {
        let lines = thread.lines.iter().map(|it| format!("{};", it.text)).collect();
        let mut note = String::new();
        if let (Some(seen), Some(_)) = (seen, state.at) {
            let loads = study.shape.events.iter().enumerate();
            let loads = loads.filter(|it| it.1.thread == Some(number));
            let told: Vec<String> = loads
                .filter_map(|(at, event)| match event.kind {
                    Kind::Read(reg) => {
                        Some(format!("{} = {}", study.program.regs[reg], seen.values[at]))
                    }
                    Kind::Start | Kind::Write(_) | Kind::Fence(_) => None,
                })
                .collect();
            note = told.join(", ");
        }
        Listing {
            key: format!("thread.{number}"),
            label: thread.name.clone(),
            actor: u16::try_from(number).ok(),
            lines,
            next: None,
            tone: Tone::Plain,
            note,
        }
    };
    Code { listings: study.program.threads.iter().enumerate().map(listing).collect() }
}
