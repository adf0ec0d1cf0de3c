//! The ring drawn: who holds what and waits for what, the code, and which conditions hold now.

use super::coffman::{ENDED, Setup, State, name};
use super::words::{actor, list, ring};
use crate::scene::{
    Cell, Code, Column, Edge, Graph, Listing, Mark, Node, Panel, Scene, Table, TableRow, Tone,
};

/// Draws one state.
pub(super) fn scene(setup: &Setup, state: &State) -> Scene {
    let circle = setup.circle(state);
    Scene::default()
        .with(
            "ring",
            "Who holds what, who waits for what",
            Panel::Graph(graph(setup, state, &circle)),
        )
        .with("code", "Processes", Panel::Code(code(setup, state, &circle)))
        .with("conditions", "The four conditions", Panel::Table(conditions(setup, state, &circle)))
}

fn graph(setup: &Setup, state: &State, circle: &[usize]) -> Graph {
    // Round the ring, a process and a resource in turns.
    let places = ring(2 * setup.n);
    let process_key = |at: usize| format!("process.{}", name(at));
    let resource_key = |at: usize| format!("resource.{}", setup.resource(at));
    let mut nodes = Vec::new();
    let mut edges = Vec::new();
    for at in 0..setup.n {
        let (tone, note) = standing(setup, state, at, circle);
        let mark = Mark::new(process_key(at), name(at))
            .actor(actor(at))
            .tone(tone)
            .detail(format!("{} {note}", name(at)));
        // The resource that two neighbours share stands between them: its own lies before it.
        nodes.push(Node { at: places[2 * at + 1], boxed: false, mark, note: String::new() });
        let holders: Vec<String> =
            (0..setup.n).filter(|&it| setup.holds(state, it, at)).map(name).collect();
        let tone = if holders.is_empty() { Tone::Free } else { Tone::Used };
        let held = if holders.is_empty() { "nobody".to_owned() } else { list(&holders) };
        let mark = Mark::new(resource_key(at), setup.resource(at))
            .tone(tone)
            .detail(format!("{} is held by {held}", setup.resource(at)));
        nodes.push(Node { at: places[2 * at], boxed: true, mark, note: String::new() });
    }
    for at in 0..setup.n {
        let danger = circle.contains(&at);
        for &which in setup.held(state, at) {
            let resource = setup.wants(at)[which];
            let wanted = circle
                .iter()
                .any(|&it| setup.waits(state, it).is_some_and(|it| it == (resource, at)));
            let tone = if danger && wanted { Tone::Danger } else { Tone::Used };
            let (from, to) = (resource_key(resource), process_key(at));
            edges.push(Edge { from, to, label: String::new(), tone });
        }
        if let Some((resource, _)) = setup.waits(state, at) {
            let tone = if danger { Tone::Danger } else { Tone::Blocked };
            let (from, to) = (process_key(at), resource_key(resource));
            edges.push(Edge { from, to, label: String::new(), tone });
        }
    }
    Graph { directed: true, nodes, edges }
}

fn standing(setup: &Setup, state: &State, at: usize, circle: &[usize]) -> (Tone, String) {
    match setup.waits(state, at) {
        _ if state.line[at] == ENDED => (Tone::Done, "has finished".to_owned()),
        Some((resource, holder)) => {
            let tone = if circle.contains(&at) { Tone::Danger } else { Tone::Blocked };
            (tone, format!("waits for {}, which {} holds", setup.resource(resource), name(holder)))
        }
        None if state.line[at] == 2 => (Tone::Running, "works".to_owned()),
        None => (Tone::Ready, "can go on".to_owned()),
    }
}

fn code(setup: &Setup, state: &State, circle: &[usize]) -> Code {
    let listing = |at: usize| {
        let [first, second] = setup.wants(at).map(|it| setup.resource(it));
        let (tone, note) = standing(setup, state, at, circle);
        let mut lines = match setup.hold_and_wait {
            true => vec![format!("take({first})"), format!("take({second})")],
            false => vec![format!("take({first}, {second})")],
        };
        lines.extend(["work()".to_owned(), format!("give_back({first}, {second})")]);
        let skipped = u32::from(!setup.hold_and_wait);
        let next = match state.line[at] {
            ENDED => None,
            0 => Some(0),
            line => Some(u32::from(line) - skipped),
        };
        let (label, actor) = (name(at), Some(actor(at)));
        Listing { key: format!("code.{label}"), label, actor, lines, next, tone, note }
    };
    Code { listings: (0..setup.n).map(listing).collect() }
}

fn conditions(setup: &Setup, state: &State, circle: &[usize]) -> Table {
    let columns = ["Condition", "Allowed", "Here and now"].map(Column::words).to_vec();
    let names = |which: Vec<usize>| {
        let names: Vec<String> = which.into_iter().map(name).collect();
        if names.is_empty() { "nobody".to_owned() } else { list(&names) }
    };
    let all = || 0..setup.n;
    let shut_out = all().filter(|&it| setup.waits(state, it).is_some()).collect();
    let holding = all()
        .filter(|&it| setup.waits(state, it).is_some() && !setup.held(state, it).is_empty())
        .collect();
    let robbed = match setup.no_preemption {
        true => "what is held stays held".to_owned(),
        false => "a waiting process may lose what it holds".to_owned(),
    };
    let round = names(circle.to_vec());
    let rows = [
        ("Mutual exclusion", setup.mutual_exclusion, format!("shut out: {}", names(shut_out))),
        ("Hold and wait", setup.hold_and_wait, format!("hold and wait: {}", names(holding))),
        ("No pre-emption", setup.no_preemption, robbed),
        ("Circular wait", setup.circular_wait, format!("in a circle: {round}")),
    ];
    let row = |(label, on, now): (&str, bool, String)| {
        let (word, tone) = if on { ("yes", Tone::Plain) } else { ("no", Tone::Good) };
        let seen = on && !now.ends_with("nobody");
        let tone_now = if seen && !circle.is_empty() { Tone::Danger } else { Tone::Plain };
        let cells =
            vec![Cell::new(label), Cell::new(word).tone(tone), Cell::new(now).tone(tone_now)];
        TableRow { key: format!("condition.{label}"), actor: None, marked: !on, cells }
    };
    Table { columns, rows: rows.into_iter().map(row).collect() }
}
