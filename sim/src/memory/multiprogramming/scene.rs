//! The picture: who had the CPU and the disk, whose pages fill memory, who waits for what.

use super::process::{Phase, ProcessIdx};
use super::state::{Brief, State, name};
use crate::engine::Frame;
use crate::scene::{
    Cell, CellRow, Cells, Column, Gantt, Lane, Mark, Panel, Queue, QueueRow, Scene, Span, Stat,
    Stats, Table, TableRow, Tone, number,
};

/// Most frames that are drawn.
const FRAMES_SHOWN: usize = 128;

/// Draws the last frame of `past`.
pub(crate) fn scene(service_ticks: u64, past: &[Frame<State>]) -> Scene {
    let Some(Frame { step, state }) = past.last() else { return Scene::default() };
    let now = step.time;
    Scene::default()
        .with("timeline", "CPU, disk and processes", Panel::Gantt(timeline(past, now, state)))
        .with("memory", "Whose pages are in memory", Panel::Cells(memory(state)))
        .with("queues", "Who waits for what", Panel::Queue(queues(state)))
        .with("processes", "Processes", Panel::Table(table(state)))
        .with("stats", "So far", Panel::Stats(stats(service_ticks, now, state)))
}

/// A process's chip.
fn chip(process: ProcessIdx, tone: Tone) -> Mark {
    let name = name(process);
    Mark::new(format!("process.{name}"), name).actor(process).tone(tone)
}

/// What fills a lane between two frames.
type Fill = Option<(Option<ProcessIdx>, Tone)>;

fn fills(state: &State) -> Vec<Fill> {
    let mut fills = vec![
        Some(state.cpu.map_or((None, Tone::Idle), |it| (Some(it), Tone::Running))),
        state.disk.first().map(|it| (Some(*it), Tone::Running)),
    ];
    for (process, brief) in (0..).zip(&state.processes) {
        let tone = match brief.phase {
            Phase::Running => Some(Tone::Running),
            Phase::Ready => Some(Tone::Ready),
            Phase::Paging => Some(Tone::Blocked),
            Phase::Io | Phase::Suspended => None,
        };
        fills.push(tone.map(|tone| (Some(process), tone)));
    }
    fills
}

fn timeline(past: &[Frame<State>], now: u64, last: &State) -> Gantt {
    let mut lanes: Vec<Lane> = ["CPU", "disk"].iter().map(|it| lane(it, None)).collect();
    let n = ProcessIdx::try_from(last.processes.len()).unwrap_or(ProcessIdx::MAX);
    lanes.extend((0..n).map(|it| lane(&name(it), Some(it))));
    let mut open: Vec<(Fill, u64)> = vec![(None, 0); lanes.len()];
    for frame in past {
        let at = frame.step.time;
        for ((fill, open), lane) in fills(&frame.state).into_iter().zip(&mut open).zip(&mut lanes) {
            if open.0 != fill {
                close(lane, *open, at);
                *open = (fill, at);
            }
        }
    }
    for (open, lane) in open.into_iter().zip(&mut lanes) {
        close(lane, open, now);
    }
    let end = last.end.get().copied().unwrap_or(now).max(now).max(1);
    Gantt { now, end, unit: "ticks", lanes }
}

fn lane(label: &str, actor: Option<ProcessIdx>) -> Lane {
    Lane {
        key: format!("lane.{label}"),
        label: label.to_owned(),
        actor,
        spans: Vec::new(),
        events: Vec::new(),
    }
}

fn close(lane: &mut Lane, (fill, start): (Fill, u64), end: u64) {
    let Some((process, tone)) = fill.filter(|_| start < end) else { return };
    let label = process.map_or_else(|| "idle".to_owned(), name);
    let does = match (tone, lane.label.as_str()) {
        (Tone::Running, "disk") => "has a page read",
        (Tone::Running, _) => "runs",
        (Tone::Ready, _) => "waits for the CPU",
        (Tone::Blocked, _) => "waits for a page",
        _ => "has no process to run",
    };
    let who = if process.is_some() { label.as_str() } else { "the CPU" };
    let detail = format!("{who} {does} from {start} to {end}");
    let mut mark =
        Mark::new(format!("span.{}.{start}", lane.label), label.clone()).tone(tone).detail(detail);
    mark.actor = process;
    lane.spans.push(Span { start, end, mark });
}

fn memory(state: &State) -> Cells {
    let cell = |(frame, held): (usize, &Option<super::store::Held>)| match held {
        None => Mark::new(format!("frame.{frame}"), "–").tone(Tone::Free).detail("free"),
        Some(held) => {
            let (owner, page) = (name(held.owner), held.page);
            let (tone, how) = match held.loading {
                true => (Tone::Fault, "on its way from the disk"),
                false => (Tone::Used, "in memory"),
            };
            Mark::new(format!("frame.{frame}"), page.to_string())
                .actor(held.owner)
                .tone(tone)
                .detail(format!("frame {frame}: page {page} of {owner}, {how}"))
        }
    };
    let marks = state.frames.iter().enumerate().take(FRAMES_SHOWN).map(cell).collect();
    Cells { rows: vec![CellRow { label: "frames".to_owned(), heads: Vec::new(), marks }] }
}

fn queues(state: &State) -> Queue {
    let row = |key: &str, label: &str, tone: Tone, who: Vec<ProcessIdx>| QueueRow {
        key: format!("row.{key}"),
        label: label.to_owned(),
        note: String::new(),
        marks: who.into_iter().map(|it| chip(it, tone)).collect(),
    };
    let in_phase = |phase: Phase| {
        let all = (0..).zip(&state.processes);
        all.filter(|(_, it)| it.phase == phase).map(|it| it.0).collect()
    };
    Queue {
        rows: vec![
            row("cpu", "CPU", Tone::Running, state.cpu.into_iter().collect()),
            row("ready", "Ready", Tone::Ready, state.ready.clone()),
            row("disk", "Disk", Tone::Blocked, state.disk.clone()),
            row("io", "I/O", Tone::Blocked, in_phase(Phase::Io)),
            row("out", "Suspended", Tone::Idle, in_phase(Phase::Suspended)),
        ],
    }
}

fn table(state: &State) -> Table {
    let mut columns = vec![Column::words("Process"), Column::words("Does")];
    let heads = ["In memory", "Working set", "References", "Faults"];
    columns.extend(heads.map(Column::numbers));
    let row = |(idx, it): (ProcessIdx, &Brief)| {
        let (tone, does) = match it.phase {
            Phase::Running => (Tone::Running, "runs"),
            Phase::Ready => (Tone::Ready, "ready"),
            Phase::Paging => (Tone::Blocked, "waits for a page"),
            Phase::Io => (Tone::Plain, "I/O"),
            Phase::Suspended => (Tone::Idle, "suspended"),
        };
        let numbers =
            [u64::from(it.n_resident), u64::from(it.n_working), it.n_references, it.n_faults];
        let mut cells = vec![Cell::new(name(idx)), Cell::new(does).tone(tone)];
        cells.extend(numbers.map(|it| Cell::new(it.to_string())));
        let marked = state.cpu == Some(idx);
        TableRow { key: format!("table.{}", name(idx)), actor: Some(idx), marked, cells }
    };
    Table { columns, rows: (0..).zip(&state.processes).map(row).collect() }
}

fn stats(service_ticks: u64, now: u64, state: &State) -> Stats {
    let tally = state.tally;
    let used = tally.busy_ticks as f64 * 100.0 / now.max(1) as f64;
    let active = state.processes.iter().filter(|it| it.phase != Phase::Suspended);
    let working: u32 = active.clone().map(|it| it.n_working).sum();
    let life = tally.busy_ticks as f64 / tally.n_faults.max(1) as f64;
    Stats {
        items: vec![
            Stat::new("Time", now.to_string(), "ticks"),
            Stat::new("CPU used", number(used, 1), "%"),
            Stat::new("Processes let in", active.count().to_string(), ""),
            Stat::new("Working sets together", working.to_string(), "frames"),
            Stat::new("Frames", state.frames.len().to_string(), ""),
            Stat::new("Faults", tally.n_faults.to_string(), ""),
            Stat::new("Between faults, L", number(life, 1), "references"),
            Stat::new("To read a page, S", service_ticks.to_string(), "ticks"),
        ],
    }
}
