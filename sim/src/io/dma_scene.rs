//! The picture of a transfer: CPU and device over time, the buffer, its pieces, and the four ways.

use super::dma::{Cpu, Device, PAGE, Scenario, Spent, State, Stretch, WAYS, Way};
use crate::amounts::percent;
use crate::engine::Frame;
use crate::scene::{
    Cell, CellRow, Cells, Column, Event, EventKind, Gantt, Lane, Mark, Panel, Scene, Span, Stat,
    Stats, Table, TableRow, Tone,
};
use crate::words::{count, grouped};

/// Draws the last state of `past`.
pub(super) fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
    let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
    Scene::default()
        .with("time", "CPU and device", Panel::Gantt(time(scenario, past, state)))
        .with("buffer", "The program's buffer, page by page", Panel::Cells(buffer(scenario, state)))
        .with("pieces", "Its pieces in physical memory", Panel::Table(pieces(scenario, state)))
        .with("spent", "So far", Panel::Stats(spent(scenario, &state.spent)))
        .with("ways", "The whole transfer in four ways", Panel::Table(ways(scenario)))
}

fn time(scenario: &Scenario, past: &[Frame<State>], state: &State) -> Gantt {
    let end = scenario.whole(scenario.way).now;
    let mut lanes = [("cpu", "CPU"), ("device", "Device")].map(|(key, label)| Lane {
        key: key.to_owned(),
        label: label.to_owned(),
        actor: None,
        spans: Vec::new(),
        events: Vec::new(),
    });
    for (at, frame) in past.iter().enumerate() {
        let Some(stretch) = frame.state.stretch else { continue };
        let end = frame.state.spent.now;
        let start = end - stretch.ns;
        let mut put = |lane: usize, mark: Option<Mark>| {
            if let (Some(mark), true) = (mark, start < end) {
                lanes[lane].spans.push(Span { start, end, mark });
            }
        };
        put(0, cpu(at, &stretch));
        put(1, device(at, &stretch));
        if stretch.cpu == Cpu::Interrupt {
            let detail = "the device interrupts".to_owned();
            lanes[0].events.push(Event { at: start, kind: EventKind::Note, detail });
        }
    }
    Gantt { now: state.spent.now, end, unit: "ns", lanes: lanes.to_vec() }
}

fn cpu(at: usize, stretch: &Stretch) -> Option<Mark> {
    let (label, tone, detail) = match stretch.cpu {
        Cpu::Own => return None,
        Cpu::Ask(n) => ("ask", Tone::Blocked, format!("asks for the status {}", count(n, "times"))),
        Cpu::Carry(n) => ("carry", Tone::Running, format!("carries {}", count(n, "words"))),
        Cpu::Set(n) => ("set", Tone::Good, format!("gives a command with {}", count(n, "entries"))),
        Cpu::Interrupt => ("int", Tone::Overhead, "handles an interrupt".to_owned()),
    };
    Some(Mark::new(format!("cpu.{at}"), label).tone(tone).detail(detail))
}

fn device(at: usize, stretch: &Stretch) -> Option<Mark> {
    let (label, detail) = match stretch.device {
        Device::Idle => return None,
        Device::Fill(n) => {
            ("fill".to_owned(), format!("fills its buffer with {}", count(n, "bytes")))
        }
        Device::Move(n) => ((n + 1).to_string(), format!("writes piece {} to memory", n + 1)),
    };
    Some(Mark::new(format!("device.{at}"), label).tone(Tone::Used).detail(detail))
}

/// Each page with its frame, and how much of it has arrived.
fn buffer(scenario: &Scenario, state: &State) -> Cells {
    let frames = scenario.frames();
    let mut marks = Vec::new();
    let first = scenario.pieces().first().map_or(0, |it| it.address % PAGE);
    for (at, frame) in frames.iter().enumerate() {
        let start = (at as u64 * PAGE).saturating_sub(first);
        let end = ((at as u64 + 1) * PAGE - first).min(scenario.bytes);
        let got = state.arrived.clamp(start, end) - start;
        let tone = match got {
            0 => Tone::Free,
            _ if start + got == end => Tone::Done,
            _ => Tone::Dirty,
        };
        let detail =
            format!("page {at} is in frame {frame}: {got} of {} bytes are here", end - start);
        marks.push(Mark::new(format!("page.{at}"), frame.to_string()).tone(tone).detail(detail));
    }
    let heads = (0..frames.len()).map(|it| it.to_string()).collect();
    Cells { rows: vec![CellRow { label: "frame".to_owned(), heads, marks }] }
}

fn pieces(scenario: &Scenario, state: &State) -> Table {
    let columns =
        vec![Column::numbers("piece"), Column::words("address"), Column::numbers("bytes")];
    let now = state.stretch.map(|it| it.device);
    let mut before = 0;
    let mut rows = Vec::new();
    for (at, piece) in scenario.pieces().into_iter().enumerate() {
        before += piece.bytes;
        let tone = if before <= state.arrived { Tone::Done } else { Tone::Plain };
        rows.push(TableRow {
            key: format!("piece.{at}"),
            actor: None,
            marked: now == Some(Device::Move(at)),
            cells: vec![
                Cell::new((at + 1).to_string()),
                Cell::new(format!("{:#x}", piece.address)),
                Cell::new(grouped(piece.bytes)).tone(tone),
            ],
        });
    }
    Table { columns, rows }
}

fn spent(scenario: &Scenario, spent: &Spent) -> Stats {
    let ns = |label: &str, n: u64| Stat::new(label, grouped(n), "ns");
    Stats {
        items: vec![
            ns("The CPU asks", spent.ask_ns),
            ns("The CPU carries", spent.carry_ns),
            ns("It gives commands", spent.set_ns),
            ns("It handles interrupts", spent.interrupt_ns),
            Stat::new("Cycles of the CPU", grouped(scenario.cycles(spent.cpu_ns())), "cycles"),
            Stat::new("Busy with it", percent(spent.cpu_ns(), spent.now), "%"),
        ],
    }
}

fn ways(scenario: &Scenario) -> Table {
    let columns = vec![
        Column::words("way"),
        Column::numbers("interrupts"),
        Column::numbers("CPU (ns)"),
        Column::numbers("all (ns)"),
    ];
    let row = |way: Way| {
        let spent = scenario.whole(way);
        let mut cells = vec![Cell::new(way.label())];
        cells.extend(
            [spent.n_interrupts, spent.cpu_ns(), spent.now].map(|it| Cell::new(grouped(it))),
        );
        let marked = way == scenario.way;
        TableRow { key: way.label().to_owned(), actor: None, marked, cells }
    };
    Table { columns, rows: WAYS.map(row).into() }
}
