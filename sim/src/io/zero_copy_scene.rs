//! The places on the way and who carries between them, the pieces there, and all ways compared.

use super::zero_copy::{Carrier, Move, Scenario, Spot, State, WAYS, Way, steps, whole};
use crate::scene::{
    Cell, Column, Edge, Graph, Mark, Node, Panel, Queue, QueueRow, Scene, Stat, Stats, Table,
    TableRow, Tone,
};
use crate::words::grouped;

/// Most pieces that are drawn in one place.
const CHIPS_MAX: u64 = 10;

/// Draws one state.
pub(super) fn scene(scenario: &Scenario, state: &State) -> Scene {
    let steps = steps(scenario, scenario.way);
    Scene::default()
        .with("way", "The way of a piece", Panel::Graph(way(scenario, state, &steps)))
        .with("pieces", "Where the pieces are", Panel::Queue(pieces(scenario, state, &steps)))
        .with("now", "So far", Panel::Stats(stats(state)))
        .with("ways", "The whole file, in every way", Panel::Table(ways(scenario)))
}

/// The places of a way, in the order in which bytes can meet them.
fn spots(scenario: &Scenario, way: Way) -> Vec<Spot> {
    let first = if way == Way::Zerocopy { Spot::Program } else { Spot::Disk };
    // A file in the cache is still a file on the disk: the picture keeps its shape.
    let mut spots = vec![first];
    for step in steps(scenario, way) {
        if let Move::Carry(from, to, _) = step {
            for spot in [from, to] {
                if !spots.contains(&spot) {
                    spots.push(spot);
                }
            }
        }
        if step == Move::Map {
            spots.push(Spot::Program);
        }
    }
    spots
}

const fn place(spot: Spot) -> (i32, i32) {
    match spot {
        Spot::Disk => (0, 1),
        Spot::Cache => (1, 1),
        Spot::Program => (2, 0),
        Spot::Pipe => (2, 1),
        Spot::Socket | Spot::OtherCache => (3, 1),
        Spot::Card | Spot::OtherDisk => (4, 1),
    }
}

const fn carried(carrier: Carrier) -> (&'static str, Tone) {
    match carrier {
        Carrier::Dma => ("DMA", Tone::Used),
        Carrier::Cpu => ("CPU", Tone::Danger),
        Carrier::Reference => ("reference", Tone::Good),
    }
}

fn way(scenario: &Scenario, state: &State, steps: &[Move]) -> Graph {
    let last = state.n_done.checked_sub(1).and_then(|at| steps.get(at));
    let node = |&spot: &Spot| {
        let here = matches!(last, Some(Move::Carry(from, to, _)) if *from == spot || *to == spot);
        let mapped = spot == Spot::Program && last == Some(&Move::Map);
        let tone = if here || mapped { Tone::Running } else { Tone::Plain };
        let note = match spot {
            Spot::Disk | Spot::Card | Spot::OtherDisk => "device",
            Spot::Program => "program",
            Spot::Cache | Spot::Pipe | Spot::Socket | Spot::OtherCache => "kernel",
        };
        Node {
            at: place(spot),
            boxed: true,
            mark: Mark::new(format!("spot.{}", spot.label()), spot.label()).tone(tone),
            note: note.to_owned(),
        }
    };
    let mut edges: Vec<Edge> = Vec::new();
    for step in steps {
        let key = |spot: Spot| format!("spot.{}", spot.label());
        match *step {
            Move::Carry(from, to, carrier) => {
                let (label, tone) = carried(carrier);
                let tone = if last == Some(step) { Tone::Running } else { tone };
                edges.push(Edge { from: key(from), to: key(to), label: label.to_owned(), tone });
            }
            Move::Map => {
                let tone = if last == Some(step) { Tone::Running } else { Tone::Good };
                let label = "mapped".to_owned();
                edges.push(Edge { from: key(Spot::Cache), to: key(Spot::Program), label, tone });
            }
            Move::Call(_) => {}
        }
    }
    let nodes = spots(scenario, scenario.way).iter().map(node).collect();
    Graph { directed: true, nodes, edges }
}

fn pieces(scenario: &Scenario, state: &State, steps: &[Move]) -> Queue {
    let spots = spots(scenario, scenario.way);
    let cached = steps.iter().all(|it| !matches!(it, Move::Carry(Spot::Disk, _, _)));
    let first = match spots.as_slice() {
        [Spot::Disk, second, ..] if cached => *second,
        [first, ..] => *first,
        [] => Spot::Disk,
    };
    let end = if scenario.way == Way::CopyFileRange { Spot::OtherDisk } else { Spot::Card };
    let n = scenario.n_pieces();
    // Places where the moving piece is: the ones it has reached; the newest last.
    let mut reached = vec![(first, Tone::Plain)];
    for step in steps.iter().take(state.n_done) {
        if let Move::Carry(_, to, carrier) = *step {
            reached.push((to, carried(carrier).1));
        }
    }
    let chip = |piece: u64, tone: Tone, copy: bool| {
        let key = if copy { "copy" } else { "piece" };
        let kib = grouped(scenario.kib(piece));
        Mark::new(format!("{key}.{piece}"), (piece + 1).to_string())
            .tone(tone)
            .detail(format!("piece {}, {kib} KiB", piece + 1))
    };
    let rows = spots.iter().map(|&spot| {
        let mut marks = Vec::new();
        if state.piece < n {
            let newest = reached.last().map(|it| it.0);
            if let Some((_, tone)) = reached.iter().rev().find(|it| it.0 == spot) {
                let copy = newest != Some(spot);
                let mut mark = chip(state.piece, if copy { Tone::Muted } else { *tone }, copy);
                if copy {
                    mark.key = format!("copy.{}.{}", spot.label(), state.piece);
                }
                marks.push(mark);
            }
        }
        if spot == first {
            let later = state.piece + 1..n.min(state.piece + CHIPS_MAX);
            marks.extend(later.map(|it| chip(it, Tone::Plain, false)));
        }
        if spot == end {
            let sent = (state.piece.saturating_sub(CHIPS_MAX)..state.piece.min(n)).rev();
            marks.extend(sent.map(|it| chip(it, Tone::Done, false)));
        }
        QueueRow {
            key: format!("row.{}", spot.label()),
            label: spot.label().to_owned(),
            note: String::new(),
            marks,
        }
    });
    Queue { rows: rows.collect() }
}

fn stats(state: &State) -> Stats {
    let spent = &state.spent;
    Stats {
        items: vec![
            Stat::new("system calls", grouped(spent.n_calls), "calls"),
            Stat::new("carried by the CPU", grouped(spent.cpu_kib), "KiB"),
            Stat::new("carried by devices", grouped(spent.dma_kib), "KiB"),
            Stat::new("CPU time", grouped(spent.ns), "ns"),
        ],
    }
}

fn ways(scenario: &Scenario) -> Table {
    let columns = vec![
        Column::words("Way"),
        Column::numbers("system calls"),
        Column::numbers("page faults"),
        Column::numbers("by the CPU (KiB)"),
        Column::numbers("by DMA (KiB)"),
        Column::numbers("CPU time (ns)"),
    ];
    let row = |way: Way| {
        let spent = whole(scenario, way);
        let numbers = [spent.n_calls, spent.n_faults, spent.cpu_kib, spent.dma_kib, spent.ns];
        let mut cells = vec![Cell::new(way.label())];
        cells.extend(numbers.map(|it| Cell::new(grouped(it))));
        if spent.cpu_kib == 0 {
            cells[3].tone = Tone::Good;
        }
        let marked = way == scenario.way;
        TableRow { key: way.label().to_owned(), actor: None, marked, cells }
    };
    Table { columns, rows: WAYS.map(row).into() }
}
