//! Transactions drawn: by age from left to right with their waits, over time, and in tables.

use super::stamps::{Phase, Plan, Rule, Standing, State};
use super::words::{actor, place};
use crate::engine::Frame;
use crate::scene::{
    Cell, Column, Edge, Event, EventKind, Gantt, Graph, Lane, Mark, Node, Panel, Scene, Span, Stat,
    Stats, Table, TableRow, Tone,
};

/// Draws the last state of `past`.
pub(super) fn scene(plan: &Plan<'_>, past: &[Frame<State>]) -> Scene {
    let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
    Scene::default()
        .with(
            "waits",
            "Who waits for whom, the oldest at the left",
            Panel::Graph(graph(plan, state)),
        )
        .with("timeline", "Over time", Panel::Gantt(gantt(plan, past)))
        .with("items", "Items", Panel::Table(items(plan, state)))
        .with("transactions", "Transactions", Panel::Table(table(plan, state)))
        .with("now", "So far", Panel::Stats(stats(plan, state)))
}

fn words(plan: &Plan<'_>, it: &Standing) -> (Tone, String) {
    match it.phase {
        Phase::New => (Tone::Idle, "not begun".to_owned()),
        Phase::Works(_) => (Tone::Running, "works".to_owned()),
        Phase::Waits(item) => (Tone::Blocked, format!("waits for {}", plan.items[item])),
        Phase::Pauses(_) => (Tone::Fault, "aborted".to_owned()),
        Phase::Done => (Tone::Done, "committed".to_owned()),
    }
}

fn stamp(it: &Standing) -> String {
    it.stamp.map_or_else(|| "–".to_owned(), |it| it.to_string())
}

fn graph(plan: &Plan<'_>, state: &State) -> Graph {
    let key = |at: usize| format!("transaction.{}", plan.name(at));
    let node = |(rank, at): (usize, usize)| {
        let it = &state.all[at];
        let (tone, word) = words(plan, it);
        let mark = Mark::new(key(at), plan.name(at)).actor(actor(at)).tone(tone).detail(format!(
            "{} with stamp {}: {word}",
            plan.name(at),
            stamp(it)
        ));
        Node { at: (place(rank), 0), boxed: false, mark, note: format!("stamp {}", stamp(it)) }
    };
    let edge = |(from, to): (usize, usize)| {
        let label = match state.all[from].phase {
            Phase::Waits(item) => plan.items[item].clone(),
            Phase::New | Phase::Works(_) | Phase::Pauses(_) | Phase::Done => String::new(),
        };
        Edge { from: key(from), to: key(to), label, tone: Tone::Blocked }
    };
    Graph {
        directed: true,
        nodes: plan.by_age(state).into_iter().enumerate().map(node).collect(),
        edges: plan.waits(state).into_iter().map(edge).collect(),
    }
}

/// Lanes from the frames: what a transaction did between two of them.
fn gantt(plan: &Plan<'_>, past: &[Frame<State>]) -> Gantt {
    let now = past.last().map_or(0, |it| it.step.time);
    let least = plan.scenario.transactions.iter().zip(&plan.wants);
    let least = least.map(|(it, wants)| it.start_ticks + wants.len() as u64 * it.work_ticks).max();
    let lane = |(at, name): (usize, String)| {
        let mut spans: Vec<Span> = Vec::new();
        let mut events = Vec::new();
        for pair in past.windows(2) {
            let (here, next) = (&pair[0], &pair[1]);
            let (start, end) = (here.step.time, next.step.time);
            let (was, is) = (&here.state.all[at], &next.state.all[at]);
            if was.n_restarts < is.n_restarts {
                let detail = format!("{name} is aborted at {end}");
                events.push(Event { at: end, kind: EventKind::Miss, detail });
            }
            if was.phase != Phase::Done && is.phase == Phase::Done {
                let detail = format!("{name} commits at {end}");
                events.push(Event { at: end, kind: EventKind::Finish, detail });
            }
            if start == end || matches!(was.phase, Phase::New | Phase::Done) {
                continue;
            }
            let (tone, word) = words(plan, was);
            match spans.last_mut() {
                Some(last) if last.end == start && last.mark.tone == tone => last.end = end,
                _ => {
                    let label = if tone == Tone::Running { name.clone() } else { word.clone() };
                    let mark = Mark::new(format!("span.{name}.{start}"), label)
                        .actor(actor(at))
                        .tone(tone)
                        .detail(format!("{name} {word} from {start}"));
                    spans.push(Span { start, end, mark });
                }
            }
        }
        let key = format!("lane.{name}");
        Lane { key, label: name, actor: Some(actor(at)), spans, events }
    };
    let names = super::stamps::names(plan.scenario).into_iter();
    let lanes = names.enumerate().map(lane).collect();
    Gantt { now, end: now.max(least.unwrap_or(0)), unit: "ticks", lanes }
}

fn items(plan: &Plan<'_>, state: &State) -> Table {
    let columns = ["Item", "Locked by", "Waiting, the oldest first"].map(Column::words).to_vec();
    let row = |(item, name): (usize, &String)| {
        let owner = state.owners[item];
        let waiting: Vec<&str> = plan
            .by_age(state)
            .into_iter()
            .filter(|&it| state.all[it].phase == Phase::Waits(item))
            .map(|it| plan.name(it))
            .collect();
        let tone = if owner.is_some() { Tone::Used } else { Tone::Free };
        let owner = owner.map_or("nobody", |it| plan.name(it));
        let cells =
            vec![Cell::new(name), Cell::new(owner).tone(tone), Cell::new(waiting.join(", "))];
        TableRow { key: format!("item.{name}"), actor: None, marked: false, cells }
    };
    Table { columns, rows: plan.items.iter().enumerate().map(row).collect() }
}

fn table(plan: &Plan<'_>, state: &State) -> Table {
    let columns = vec![
        Column::words("Transaction"),
        Column::numbers("Stamp"),
        Column::words("Holds"),
        Column::words("State"),
        Column::numbers("Restarts"),
    ];
    let row = |(at, it): (usize, &Standing)| {
        let held: Vec<&str> =
            plan.wants[at][..it.n_held].iter().map(|&it| plan.items[it].as_str()).collect();
        let (tone, word) = words(plan, it);
        let cells = vec![
            Cell::new(plan.name(at)),
            Cell::new(stamp(it)),
            Cell::new(held.join(", ")),
            Cell::new(word).tone(tone),
            Cell::new(it.n_restarts.to_string()),
        ];
        let marked = state.about == Some(at);
        let key = format!("row.{}", plan.name(at));
        TableRow { key, actor: Some(actor(at)), marked, cells }
    };
    Table { columns, rows: state.all.iter().enumerate().map(row).collect() }
}

fn stats(plan: &Plan<'_>, state: &State) -> Stats {
    let way = match plan.rule {
        Rule::WaitDie => "from older to younger",
        Rule::WoundWait => "from younger to older",
    };
    Stats {
        items: vec![
            Stat::new("arrows may lead", way, ""),
            Stat::new("waits", state.n_waits.to_string(), ""),
            Stat::new("aborts", state.n_aborts.to_string(), ""),
            Stat::new("work lost", state.lost_ticks.to_string(), "ticks"),
        ],
    }
}
