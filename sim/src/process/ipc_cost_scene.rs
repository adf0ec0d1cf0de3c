//! Costs of messages drawn: throughput over size, and the parts of the cost at one size.

use super::ipc_cost::{MECHANISMS, SIZES, Scenario, State, cost, rate};
use crate::amounts::actor;
use crate::scene::{
    Cell, Chart, ChartKind, Column, Mark, Panel, Part, Scene, Series, Stat, Stats, Strip, StripRow,
    Table, TableRow, Tone, number,
};
use crate::words::{bytes, grouped};

/// Draws one state.
pub(super) fn scene(scenario: &Scenario, state: &State) -> Scene {
    Scene::default()
        .with("rate", "Throughput by the size of a message", Panel::Chart(chart(scenario, state)))
        .with("parts", "Where the time of one message goes", Panel::Strip(parts(scenario, state)))
        .with("choice", "Who can do the job", Panel::Table(table(scenario, state)))
        .with("size", "This message", Panel::Stats(stats(scenario, state)))
}

fn chart(scenario: &Scenario, state: &State) -> Chart {
    let series = MECHANISMS.iter().enumerate().map(|(at, it)| {
        let point =
            |&size: &u64| (f64::from(size.ilog2()), rate(size, cost(scenario, at, size).sum()));
        Series {
            label: it.label.to_owned(),
            actor: Some(actor(at)),
            points: SIZES.iter().take(state.n_sizes).map(point).collect(),
        }
    });
    Chart {
        kind: ChartKind::Line,
        x_label: "size of a message (2^x bytes)".to_owned(),
        y_label: "MB/s".to_owned(),
        series: series.collect(),
    }
}

fn parts(scenario: &Scenario, state: &State) -> Strip {
    let costs: Vec<_> = (0..MECHANISMS.len()).map(|at| cost(scenario, at, state.size)).collect();
    let end = costs.iter().map(|it| it.sum()).max().unwrap_or(1).max(1);
    let row = |(at, cost): (usize, &super::ipc_cost::Cost)| {
        let it = &MECHANISMS[at];
        let stretches = [
            ("calls", cost.calls, Tone::Overhead),
            ("own work", cost.own, Tone::Used),
            ("wake-ups", cost.wakes, Tone::Blocked),
            ("copies", cost.copies, Tone::Dirty),
        ];
        let mut start = 0;
        let mut parts = Vec::new();
        for (what, ns, tone) in stretches {
            if 0 < ns {
                let mark = Mark::new(format!("{}.{what}", it.key), what).tone(tone);
                let mark = mark.detail(format!("{}: {what}, {} ns", it.label, grouped(ns)));
                parts.push(Part { start, end: start + ns, mark });
            }
            start += ns;
        }
        StripRow::new(it.key, it.label, parts)
    };
    Strip { start: 0, end, unit: "ns", rows: costs.iter().enumerate().map(row).collect() }
}

fn table(scenario: &Scenario, state: &State) -> Table {
    let columns = vec![
        Column::words("Mechanism"),
        Column::numbers("time (ns)"),
        Column::numbers("MB/s"),
        Column::words("can it do the job?"),
    ];
    let row = |(at, it): (usize, &super::ipc_cost::Mechanism)| {
        let time = cost(scenario, at, state.size).sum();
        let chosen = state.chosen == Some(at);
        let (text, tone) = match (state.out[at], chosen) {
            (_, true) => ("chosen", Tone::Good),
            ("", false) => ("yes", Tone::Plain),
            (why, false) => (why, Tone::Muted),
        };
        TableRow {
            key: format!("mechanism.{}", it.key),
            actor: Some(actor(at)),
            marked: chosen,
            cells: vec![
                Cell::new(it.label),
                Cell::new(grouped(time)),
                Cell::new(number(rate(state.size, time), 0)),
                Cell::new(text).tone(tone),
            ],
        }
    };
    Table { columns, rows: MECHANISMS.iter().enumerate().map(row).collect() }
}

fn stats(scenario: &Scenario, state: &State) -> Stats {
    let sleeps = if scenario.sleeps { "sleeps" } else { "keeps running" };
    let left = state.out.iter().filter(|it| it.is_empty()).count();
    Stats {
        items: vec![
            Stat::new("size", bytes(state.size), ""),
            Stat::new("the receiver", sleeps, ""),
            Stat::new("mechanisms left", left.to_string(), ""),
        ],
    }
}
