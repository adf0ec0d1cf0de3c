//! The picture: what each core does when, what each TLB holds, and who has answered.

use super::run::{Core, Does, Doing, Line, State};
use super::tell::{name, pages};
use crate::engine::Frame;
use crate::scene::{
    Cell, CellRow, Cells, Column, Gantt, Lane, Mark, Panel, Queue, QueueRow, Scene, Span, Stat,
    Stats, Table, TableRow, Tone,
};

/// What a scene is drawn from besides the state.
pub(crate) struct View<'a> {
    pub(crate) n_pages: u32,
    pub(crate) script: &'a [Line],
}

/// Draws the last state of `past`.
pub(crate) fn scene(view: &View<'_>, past: &[Frame<State>]) -> Scene {
    let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
    Scene::default()
        .with("timeline", "What each core does", Panel::Gantt(timeline(view, past)))
        .with("tlbs", "Tables and TLBs", Panel::Cells(tlbs(view, state)))
        .with("round", "The shootdown", Panel::Queue(round(state)))
        .with("script", "Script", Panel::Table(script(view, state)))
        .with("cost", "Cost so far", Panel::Stats(cost(state)))
}

const fn doing(doing: Doing) -> (&'static str, Tone) {
    match doing {
        Doing::User => ("runs", Tone::Running),
        Doing::Idle => ("idle", Tone::Idle),
        Doing::Other => ("another process", Tone::Muted),
        Doing::Changing => ("changes", Tone::Used),
        Doing::Waiting => ("waits", Tone::Blocked),
        Doing::Locked => ("lock", Tone::Ready),
        Doing::Handling => ("handler", Tone::Overhead),
    }
}

/// What a core was doing holds from one step to the next.
fn timeline(view: &View<'_>, past: &[Frame<State>]) -> Gantt {
    let n_cores = past.last().map_or(0, |it| it.state.cores.len());
    let lane = |number: usize| {
        let mut spans: Vec<Span> = Vec::new();
        for pair in past.windows(2) {
            let (start, end) = (pair[0].step.time, pair[1].step.time);
            if start == end {
                continue;
            }
            let (label, tone) = doing(pair[0].state.cores[number].doing);
            match spans.last_mut() {
                Some(last) if last.mark.label == label => last.end = end,
                _ => {
                    let mark = Mark::new(format!("C{number}.{start}"), label)
                        .detail(format!("C{number}: {label} from {start} ns"))
                        .tone(tone);
                    spans.push(Span { start, end, mark });
                }
            }
        }
        let actor = u16::try_from(number).ok();
        let (key, label) = (format!("lane.{number}"), format!("C{number}"));
        Lane { key, label, actor, spans, events: Vec::new() }
    };
    let now = past.last().map_or(0, |it| it.step.time);
    let last = view.script.iter().map(|it| it.at).max().unwrap_or(0);
    Gantt { now, end: now.max(last).max(1), unit: "ns", lanes: (0..n_cores).map(lane).collect() }
}

/// The tables in the first row, then each core's TLB.
fn tlbs(view: &View<'_>, state: &State) -> Cells {
    let heads: Vec<String> = (0..view.n_pages).map(|it| it.to_string()).collect();
    let table = |page: u32| {
        let bit = 1_u64 << page;
        let (label, tone, what) = if state.freed & bit != 0 {
            ("–", Tone::Free, "not mapped; its frame is given away")
        } else if state.mapped & bit == 0 {
            ("–", Tone::Miss, "not mapped; its frame is kept until all cores have answered")
        } else if state.writable & bit == 0 {
            ("r", Tone::Plain, "read-only")
        } else {
            ("rw", Tone::Plain, "writable")
        };
        Mark::new(format!("table.{page}"), label).detail(format!("page {page}: {what}")).tone(tone)
    };
    let marks = (0..view.n_pages).map(table).collect();
    let mut rows = vec![CellRow { label: "tables".to_owned(), heads: heads.clone(), marks }];
    for (number, core) in state.cores.iter().enumerate() {
        let marks = (0..view.n_pages).map(|page| entry(state, number, core, page)).collect();
        rows.push(CellRow { label: format!("C{number}"), heads: heads.clone(), marks });
    }
    Cells { rows }
}

fn entry(state: &State, number: usize, core: &Core, page: u32) -> Mark {
    let bit = 1_u64 << page;
    let held = core.tlb & bit != 0;
    let label = match (held, core.writable & bit != 0) {
        (false, _) => "·",
        (true, true) => "rw",
        (true, false) => "r",
    };
    let old = state.mapped & bit == 0 || core.writable & !state.writable & bit != 0;
    let gone = (state.freed | state.sealed & core.writable) & bit != 0;
    let (tone, what) = match (held, old) {
        (false, _) => (Tone::Free, "not in the TLB"),
        (true, false) => (Tone::Used, "as the tables have it"),
        (true, true) if core.behind => (Tone::Muted, "old, but this core idles and will drop it"),
        (true, true) if gone => (Tone::Danger, "old, and the kernel relies on its being gone"),
        (true, true) => (Tone::Miss, "old, and still to be dropped"),
    };
    Mark::new(format!("tlb.{number}.{page}"), label)
        .detail(format!("C{number}, page {page}: {what}"))
        .tone(tone)
}

fn round(state: &State) -> Queue {
    let round = state.round;
    let chips = |cores: u8, tone: Tone| -> Vec<Mark> {
        let one = |core: u8| {
            Mark::new(format!("core.{core}"), name(core)).actor(u16::from(core)).tone(tone)
        };
        (0..8).filter(|it| cores >> it & 1 == 1).map(one).collect()
    };
    let handling = (0_u8..)
        .zip(&state.cores)
        .filter(|it| it.1.doing == Doing::Handling)
        .fold(0, |all, it| all | 1 << it.0);
    let (initiator, targets, acked, skipped) =
        round.map_or((0, 0, 0, 0), |it| (1 << it.initiator, it.targets, it.acked, it.skipped));
    let row = |key: &str, label: &str, note: String, marks| QueueRow {
        key: key.to_owned(),
        label: label.to_owned(),
        note,
        marks,
    };
    let about = round.map_or_else(String::new, |it| pages(it.mask));
    let sent = targets & !acked & !handling;
    Queue {
        rows: vec![
            row("initiator", "asks", about, chips(initiator, Tone::Plain)),
            row("sent", "interrupt on its way", String::new(), chips(sent, Tone::Ready)),
            row("handling", "in the handler", String::new(), chips(handling, Tone::Overhead)),
            row("acked", "has answered", String::new(), chips(acked, Tone::Good)),
            row("skipped", "left out, idle", String::new(), chips(skipped, Tone::Idle)),
        ],
    }
}

/// Lines of the script that are drawn.
const SCRIPT_ROWS: usize = 16;

fn script(view: &View<'_>, state: &State) -> Table {
    let columns = vec![
        Column::numbers("ns"),
        Column::words("core"),
        Column::words("does"),
        Column::words("state"),
    ];
    let last = state.begun.iter().rposition(|it| *it);
    let row = |(number, line): (usize, &Line)| {
        let does = match line.does {
            Does::Read => format!("reads page {}", line.page),
            Does::Write => format!("writes page {}", line.page),
            Does::Munmap => format!("munmap {}", pages(line.mask())),
            Does::Protect => format!("mprotect {}", pages(line.mask())),
            Does::Sleep => "goes idle".to_owned(),
            Does::Wake => "runs the process".to_owned(),
        };
        let begun = state.begun[number];
        let done = Cell::new(if begun { "begun" } else { "to come" });
        let cells = vec![
            Cell::new(line.at.to_string()),
            Cell::new(name(line.core)),
            Cell::new(does),
            done.tone(if begun { Tone::Done } else { Tone::Plain }),
        ];
        let key = format!("line.{number}");
        TableRow { key, actor: None, marked: last == Some(number), cells }
    };
    let first = last.unwrap_or(0).saturating_sub(SCRIPT_ROWS / 2);
    let lines = view.script.iter().enumerate().skip(first).take(SCRIPT_ROWS);
    Table { columns, rows: lines.map(row).collect() }
}

fn cost(state: &State) -> Stats {
    let totals = state.totals;
    let of = |label: &str, value: u64, unit| Stat::new(label, value.to_string(), unit);
    Stats {
        items: vec![
            of("Interrupts", totals.n_ipis, "interrupts"),
            of("Answers", totals.n_acks, "answers"),
            of("Left out", totals.n_skips, "cores"),
            of("Wait for answers", totals.stall_ns, "ns"),
            of("Taken from other cores", totals.taken_ns, "ns"),
            of("Stale uses", totals.n_stale, "uses"),
        ],
    }
}
