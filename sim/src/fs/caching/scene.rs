//! The picture: each file in memory above the same on the device, and dirty pages over time.

use super::cache::{Cached, Does, Plan};
use super::run::State;
use super::tell::time;
use crate::engine::Frame;
use crate::scene::{
    Cell, Chart, ChartKind, Column, Mark, Panel, Part, Pin, Scene, Series, Stat, Stats, Strip,
    StripRow, Table, TableRow, Tone,
};

/// Lines of a long script that are drawn.
const ROWS_MAX: usize = 10;

/// Draws the last frame.
pub(crate) fn scene(plan: &Plan, past: &[Frame<State>]) -> Scene {
    let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
    Scene::default()
        .with("pages", "Pages in memory and on the device", Panel::Strip(pages(plan, state)))
        .with("dirty", "Dirty pages", Panel::Chart(dirty(plan, past)))
        .with("risk", "What a crash now would lose", Panel::Table(risk(plan, state)))
        .with("script", "Script", Panel::Table(script(plan, state)))
        .with("cost", "So far", Panel::Stats(cost(state)))
}

fn wide(n: usize) -> u64 {
    u64::try_from(n).unwrap_or_default()
}

fn pages(plan: &Plan, state: &State) -> Strip {
    let mut rows = Vec::new();
    for (file, name) in plan.files.iter().enumerate() {
        rows.push(memory(state, file, name));
        rows.push(device(state, file, name));
    }
    let end = plan.sizes.iter().copied().max().unwrap_or(1);
    Strip { start: 0, end: wide(end), unit: "pages", rows }
}

/// The key of a version of a page, which moves with it.
fn key(name: &str, page: usize, version: u32) -> String {
    format!("page.{name}.{page}.{version}")
}

fn part(page: usize, mark: Mark) -> Part {
    Part { start: wide(page), end: wide(page) + 1, mark }
}

fn memory(state: &State, file: usize, name: &str) -> StripRow {
    let mut cached: Vec<&Cached> = state.pages.iter().filter(|it| it.file == file).collect();
    crate::order::by_key(&mut cached, |it| it.page);
    let one = |it: &&Cached| {
        let device = state.device[file][it.page];
        // What came from the device, or has not gone there, is seen to be here.
        let here = it.came || it.dirty_since.is_some() || device.given != it.version;
        let key = match here {
            true => key(name, it.page, it.version),
            false => format!("memory.{name}.{}", it.page),
        };
        let (tone, why) = match () {
            () if state.now < it.ready_at => (Tone::Blocked, "on its way from the device"),
            () if it.dirty_since.is_some() => (Tone::Dirty, "newer than on the device"),
            () if it.ahead => (Tone::Ready, "read ahead, not asked for yet"),
            () if state.marked.contains(&(file, it.page)) => (Tone::Good, "just used"),
            () => (Tone::Used, "clean"),
        };
        let since = it.dirty_since.map(|since| format!(", dirty for {}", time(state.now - since)));
        let marker = if it.marker { ", its reader starts the next read-ahead" } else { "" };
        let detail = format!(
            "page {} of {name}, version {}, {why}{}{marker}",
            it.page,
            it.version,
            since.unwrap_or_default()
        );
        let text = format!("v{}", it.version);
        let actor = u16::try_from(file).unwrap_or_default();
        part(it.page, Mark::new(key, text).actor(actor).tone(tone).detail(detail))
    };
    let parts = cached.iter().map(one).collect();
    let mut row = StripRow::new(format!("memory.{name}"), format!("{name} in memory"), parts);
    if let Some(it) = cached.iter().find(|it| it.marker) {
        let mark = Mark::new(format!("marker.{name}"), "ahead");
        let detail = "reading this page starts the next read-ahead";
        row.pins.push(Pin { at: wide(it.page), mark: mark.detail(detail) });
    }
    row
}

fn device(state: &State, file: usize, name: &str) -> StripRow {
    let one = |(page, it): (usize, &super::cache::Device)| {
        let cached = state.find(file, page).map(|at| &state.pages[at]);
        let moved = cached.is_some_and(|cached| cached.came && cached.version == it.given);
        let key = match moved {
            true => format!("device.{name}.{page}"),
            false => key(name, page, it.given),
        };
        let (tone, why) = match it.durable < it.given {
            true => (Tone::Overhead, "in the device's own cache, lost with the power"),
            false => (Tone::Muted, "safe"),
        };
        let detail = format!("page {page} of {name}, version {}, {why}", it.given);
        let actor = u16::try_from(file).unwrap_or_default();
        let mark = Mark::new(key, format!("v{}", it.given)).actor(actor).tone(tone);
        part(page, mark.detail(detail))
    };
    let parts = state.device[file].iter().enumerate().map(one).collect();
    StripRow::new(format!("device.{name}"), format!("{name} on disk"), parts)
}

fn dirty(plan: &Plan, past: &[Frame<State>]) -> Chart {
    let mut points: Vec<(f64, f64)> = Vec::new();
    for Frame { state, .. } in past {
        let x = state.now as f64 / 1e6;
        let y = state.n_dirty() as f64;
        match points.last_mut().filter(|last| x <= last.0) {
            Some(last) => last.1 = y,
            None => points.push((x, y)),
        }
    }
    let end = points.last().map_or(0.0, |it| it.0);
    let level = |label: &str, n: usize| Series {
        label: label.to_owned(),
        actor: None,
        points: vec![(0.0, n as f64), (end.max(0.001), n as f64)],
    };
    let label = "dirty pages".to_owned();
    Chart {
        kind: ChartKind::Step,
        x_label: "time, s".to_owned(),
        y_label: "pages".to_owned(),
        series: vec![
            Series { label, actor: Some(0), points },
            level("the flusher begins", plan.background),
            level("writers wait", plan.limit),
        ],
    }
}

fn risk(plan: &Plan, state: &State) -> Table {
    let columns = vec![
        Column::words("file"),
        Column::numbers("pages in memory"),
        Column::numbers("dirty"),
        Column::numbers("lost if the kernel crashes"),
        Column::numbers("lost if the power fails"),
    ];
    let row = |(file, name): (usize, &String)| {
        let cached = state.pages.iter().filter(|it| it.file == file);
        let n_dirty = cached.clone().filter(|it| it.dirty_since.is_some()).count();
        let (kernel, power) = state.at_risk(file);
        let lost = |n: usize| {
            let tone = if n == 0 { Tone::Good } else { Tone::Danger };
            Cell::new(n.to_string()).tone(tone)
        };
        let cells = vec![
            Cell::new(name),
            Cell::new(cached.count().to_string()),
            Cell::new(n_dirty.to_string()),
            lost(kernel),
            lost(power),
        ];
        let key = format!("file.{name}");
        TableRow { key, actor: u16::try_from(file).ok(), marked: false, cells }
    };
    Table { columns, rows: plan.files.iter().enumerate().map(row).collect() }
}

fn script(plan: &Plan, state: &State) -> Table {
    let columns = vec![Column::numbers("line"), Column::words("does")];
    let now = state.line.unwrap_or(0);
    let skip = now.saturating_sub(ROWS_MAX / 2).min(plan.script.len().saturating_sub(ROWS_MAX));
    let row = |(at, op): (usize, &super::cache::Op)| {
        let name = &plan.files[op.file];
        let range = match op.n {
            1 => format!("page {}", op.page),
            n => format!("pages {} to {}", op.page, op.page + n - 1),
        };
        let text = match op.does {
            Does::Read => format!("read {range} of {name}"),
            Does::Write => format!("write {range} of {name}"),
            Does::DirectRead => format!("read {range} of {name} with O_DIRECT"),
            Does::DirectWrite => format!("write {range} of {name} with O_DIRECT"),
            Does::Fsync => format!("fsync {name}"),
            Does::Sync => "sync".to_owned(),
            Does::Sleep => format!("sleep for {}", time(op.ms * 1_000)),
            Does::Drop => "memory is needed: clean pages go".to_owned(),
        };
        let marked = state.line == Some(at);
        let cells = vec![Cell::new((at + 1).to_string()), Cell::new(text)];
        TableRow { key: format!("line.{at}"), actor: None, marked, cells }
    };
    let lines = plan.script.iter().enumerate().skip(skip).take(ROWS_MAX);
    Table { columns, rows: lines.map(row).collect() }
}

fn cost(state: &State) -> Stats {
    let counts = state.counts;
    let stat = |label: &str, n: u64, unit| Stat::new(label, n.to_string(), unit);
    Stats {
        items: vec![
            Stat::new("This step", time(state.took_us), ""),
            Stat::new("Programs waited for the device", time(counts.wait_us), ""),
            stat("Reads from memory", counts.hits, ""),
            stat("Reads that waited", counts.misses + counts.waits, ""),
            stat("Requests to the device", counts.requests, ""),
            stat("Pages read", counts.pages_read, ""),
            stat("Written by programs", counts.writes, "pages"),
            stat("Written to the device", counts.pages_written, "pages"),
        ],
    }
}
