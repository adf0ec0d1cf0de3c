//! Throughput and waiting drawn over the number of threads.

use super::contention::Laws;
use super::contention_run::{Point, Setup};
use crate::scene::{
    Cell, Chart, ChartKind, Column, Panel, Scene, Series, Stat, Stats, Table, TableRow, Tone,
    number,
};

/// Draws the points so far.
pub(super) fn scene(setup: &Setup, laws: &Laws, points: &[Point]) -> Scene {
    Scene::default()
        .with("throughput", "Throughput", Panel::Chart(throughput(laws, points)))
        .with("waiting", "Waiting for the lock", Panel::Chart(waiting(points)))
        .with("points", "Thread by thread", Panel::Table(table(setup, points)))
        .with("laws", "By the laws", Panel::Stats(stats(laws)))
}

fn series(label: &str, points: &[Point], value: impl Fn(&Point) -> f64) -> Series {
    let points = points.iter().map(|it| (f64::from(it.n_threads), value(it))).collect();
    Series { label: label.to_owned(), actor: None, points }
}

fn throughput(laws: &Laws, points: &[Point]) -> Chart {
    let one = points.first().map_or(0.0, Point::rate);
    let n = |it: &Point| f64::from(it.n_threads);
    Chart {
        kind: ChartKind::Line,
        x_label: "threads".to_owned(),
        y_label: "passes a second".to_owned(),
        series: vec![
            series("measured", points, Point::rate),
            series("without a lock", points, |it| one * n(it).min(laws.pool)),
            series("Amdahl", points, |it| one * laws.amdahl(n(it)).min(laws.pool)),
            series("universal law", points, |it| one * laws.usl(n(it)).min(laws.pool)),
        ],
    }
}

fn waiting(points: &[Point]) -> Chart {
    Chart {
        kind: ChartKind::Line,
        x_label: "threads".to_owned(),
        y_label: "wait (µs)".to_owned(),
        series: vec![
            series("mean", points, Point::wait_us),
            series("1 of 100 is longer", points, |it| it.wait_99_ns as f64 / 1e3),
        ],
    }
}

fn table(setup: &Setup, points: &[Point]) -> Table {
    let labels = [
        "Threads",
        "Passes a second",
        "Speed-up",
        "Wait (µs)",
        "1 of 100 waits longer (µs)",
        "Lock keeps others out",
        "CPUs busy",
        "CPU time lost",
    ];
    let one = points.first().map_or(1.0, Point::rate);
    let best = points.iter().map(Point::rate).fold(0.0, f64::max);
    let percent = |share: f64| Cell::new(format!("{}%", number(share * 100.0, 0)));
    let row = |(at, it): (usize, &Point)| {
        let tone = if best <= it.rate() { Tone::Good } else { Tone::Plain };
        let cells = vec![
            Cell::new(it.n_threads.to_string()),
            Cell::new(number(it.rate(), 0)).tone(tone),
            Cell::new(number(it.rate() / one, 2)),
            Cell::new(number(it.wait_us(), 2)),
            Cell::new(number(it.wait_99_ns as f64 / 1e3, 2)),
            percent(it.lock_busy(setup)),
            percent(it.cpu_busy(setup)),
            percent(it.lost()),
        ];
        let marked = at + 1 == points.len();
        TableRow { key: format!("threads.{}", it.n_threads), actor: None, marked, cells }
    };
    Table {
        columns: labels.map(Column::numbers).to_vec(),
        rows: points.iter().enumerate().map(row).collect(),
    }
}

fn stats(laws: &Laws) -> Stats {
    let most = match laws.serial {
        serial if 0.0 < serial => number(1.0 / serial, 1),
        _ => "without limit".to_owned(),
    };
    Stats {
        items: vec![
            Stat::new("under the lock", number(laws.serial * 100.0, 1), "%"),
            Stat::new("most speed-up by Amdahl", most, ""),
            Stat::new("CPUs", number(laws.n_cpus, 0), ""),
            Stat::new("threads that keep them busy", number(laws.pool, 1), ""),
        ],
    }
}
