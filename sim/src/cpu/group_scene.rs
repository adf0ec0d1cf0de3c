//! Draws the tree of groups, the CPUs, and who got how much.

use super::group_run::{Group, Plan, State};
use super::lanes::{actor, extend, lane};
use crate::engine::Frame;
use crate::scene::{
    Cell, Chart, ChartKind, Column, Edge, Gantt, Graph, Lane, Mark, Node, Panel, Scene, Series,
    Table, TableRow, Tone, number,
};

pub(super) fn scene(plan: &Plan, past: &[Frame<State>]) -> Scene {
    let Some(last) = past.last() else { return Scene::default() };
    Scene::default()
        .with("timeline", "Timeline", Panel::Gantt(timeline(plan, past)))
        .with("tree", "Tree of groups", Panel::Graph(tree(plan, &last.state)))
        .with("groups", "Groups", Panel::Table(table(plan, &last.state)))
        .with("shares", "Share of the CPU time so far", Panel::Chart(chart(plan, past)))
}

fn timeline(plan: &Plan, past: &[Frame<State>]) -> Gantt {
    let now = past.last().map_or(0, |frame| frame.step.time);
    let mut lanes: Vec<Lane> =
        (0..plan.cpus).map(|cpu| lane(format!("cpu.{cpu}"), format!("CPU{cpu}"), None)).collect();
    for pair in past.windows(2) {
        let [from, to] = pair else { continue };
        for (lane, seat) in lanes.iter_mut().zip(&from.state.running) {
            let mark = match *seat {
                Some((group, thread)) => {
                    let name = &plan.groups[group].name;
                    let label = match plan.n_threads[group] {
                        1 => name.clone(),
                        _ => format!("{name}.{}", thread + 1),
                    };
                    let detail = format!("thread {} of {name}", thread + 1);
                    Mark::new("", label).detail(detail).actor(actor(group)).tone(Tone::Running)
                }
                None => Mark::new("", "idle").tone(Tone::Idle),
            };
            extend(lane, from.step.time, to.step.time, mark);
        }
    }
    Gantt { now, end: plan.horizon_ticks, unit: "ticks", lanes }
}

fn inside(plan: &Plan, group: usize, up: usize) -> bool {
    plan.path(group).any(|it| it == up)
}

fn tone(plan: &Plan, state: &State, at: usize) -> Tone {
    let group = &state.groups[at];
    let runs = state.running.iter().flatten().any(|&(it, _)| inside(plan, it, at));
    match (group.throttled, group.active && plan.populated(at), runs) {
        (true, _, _) => Tone::Blocked,
        (_, false, _) => Tone::Muted,
        (_, _, true) => Tone::Running,
        (_, _, false) => Tone::Ready,
    }
}

fn tree(plan: &Plan, state: &State) -> Graph {
    let mut columns = vec![0; plan.groups.len()];
    let mut n_leaves = 0;
    for top in plan.children(None).collect::<Vec<_>>() {
        place(plan, top, &mut columns, &mut n_leaves);
    }
    let root = Node {
        at: ((n_leaves - 2).max(0) / 2, 0),
        boxed: true,
        mark: Mark::new("root", "root"),
        note: String::new(),
    };
    let mut nodes = vec![root];
    let mut edges = Vec::new();
    for (at, row) in plan.groups.iter().enumerate() {
        let depth = i32::try_from(plan.path(at).count()).unwrap_or(i32::MAX);
        let quota = row.quota_ticks.map(|quota| format!(", quota {quota}/{}", row.period_ticks));
        let note = format!("weight {}{}", row.weight, quota.unwrap_or_default());
        let detail = format!("{}, {note}", row.name);
        let mark = Mark::new(format!("group.{at}"), row.name.clone())
            .detail(detail)
            .actor(actor(at))
            .tone(tone(plan, state, at));
        nodes.push(Node { at: (columns[at], depth), boxed: true, mark, note });
        let from = plan.parents[at].map_or_else(|| "root".to_owned(), |up| format!("group.{up}"));
        let tone = tone(plan, state, at);
        let tone = if tone == Tone::Running { Tone::Good } else { Tone::Plain };
        edges.push(Edge { from, to: format!("group.{at}"), label: part(plan, at), tone });
    }
    Graph { directed: true, nodes, edges }
}

/// Puts leaves side by side and each group over the middle of what is inside it.
fn place(plan: &Plan, group: usize, columns: &mut [i32], n_leaves: &mut i32) {
    let inside: Vec<usize> = plan.children(Some(group)).collect();
    for &it in &inside {
        place(plan, it, columns, n_leaves);
    }
    columns[group] = match (inside.first(), inside.last()) {
        (Some(&first), Some(&last)) => i32::midpoint(columns[first], columns[last]),
        _ => {
            *n_leaves += 2;
            *n_leaves - 2
        }
    };
}

/// Weight over the weights of all siblings with threads.
fn part(plan: &Plan, at: usize) -> String {
    if !plan.populated(at) {
        return "no threads".to_owned();
    }
    let siblings = plan.children(plan.parents[at]).filter(|&it| plan.populated(it));
    let all: u64 = siblings.map(|it| plan.groups[it].weight).sum();
    format!("{}/{all}", plan.groups[at].weight)
}

fn table(plan: &Plan, state: &State) -> Table {
    let heads = [
        "weight",
        "by weight",
        "got",
        "CPU time (ticks)",
        "for weight 100 (ticks)",
        "quota used (ticks)",
        "throttled (ticks)",
    ];
    let mut columns = vec![Column::words("Group")];
    columns.extend(heads.map(Column::numbers));
    let all: u64 = plan.children(None).map(|it| state.groups[it].total_ticks).sum();
    let percent = |part: f64| format!("{}%", number(100.0 * part, 1));
    let row = |(at, group): (usize, &Group)| {
        let row = &plan.groups[at];
        let quota = row.quota_ticks.map(|quota| format!("{} of {quota}", group.used_ticks));
        let throttled = if group.throttled { Tone::Blocked } else { Tone::Plain };
        let cells = vec![
            Cell::new(row.name.clone()),
            Cell::new(row.weight.to_string()),
            Cell::new(percent(plan.entitled(at))),
            Cell::new(percent(group.total_ticks as f64 / all.max(1) as f64)),
            Cell::new(group.total_ticks.to_string()),
            Cell::new(number(group.weighted_ticks(), 2)),
            Cell::new(quota.unwrap_or_default()).tone(throttled),
            Cell::new(group.throttled_ticks.to_string()),
        ];
        let marked = tone(plan, state, at) == Tone::Running;
        TableRow { key: format!("group.{at}"), actor: Some(actor(at)), marked, cells }
    };
    Table { columns, rows: state.groups.iter().enumerate().map(row).collect() }
}

fn chart(plan: &Plan, past: &[Frame<State>]) -> Chart {
    let series = (0..plan.groups.len()).filter(|&it| 0 < plan.n_threads[it]).map(|at| {
        let point = |frame: &Frame<State>| {
            let groups = &frame.state.groups;
            let all: u64 = plan.children(None).map(|it| groups[it].total_ticks).sum();
            let share = 100.0 * groups[at].total_ticks as f64 / all as f64;
            (0 < all).then_some((frame.step.time as f64, share))
        };
        let mut points: Vec<(f64, f64)> = past.iter().filter_map(point).collect();
        points.dedup_by_key(|it| it.0 as u64);
        Series { label: plan.groups[at].name.clone(), actor: Some(actor(at)), points }
    });
    Chart {
        kind: ChartKind::Line,
        x_label: "time (ticks)".to_owned(),
        y_label: "share (%)".to_owned(),
        series: series.collect(),
    }
}
