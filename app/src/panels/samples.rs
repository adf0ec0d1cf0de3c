//! Hand-made panels of every kind, for tests and for the sheet.

use sim::scene::{
    BitField, BitRow, Bits, Cell, CellRow, Cells, Chart, ChartKind, Code, Column, Edge, Event,
    EventKind, Gantt, Graph, Lane, Listing, Mark, Node, Panel, Part, Pin, Queue, QueueRow, Series,
    Slot, Span, Stat, Stats, Strip, StripRow, Table, TableRow, Tone,
};

pub(super) fn actors() -> Vec<String> {
    (1..=5).map(|n| format!("P{n}")).collect()
}

/// Round robin with a quantum of 2 up to time 13: actor, start, end.
const RUNS: [(u16, u64, u64); 7] =
    [(0, 0, 2), (1, 2, 4), (0, 4, 6), (2, 6, 7), (1, 7, 9), (3, 9, 11), (4, 11, 13)];
const ARRIVALS: [u64; 5] = [0, 2, 4, 5, 6];
const DONE: [Option<u64>; 5] = [None, Some(9), Some(7), None, None];

pub(super) fn gantt() -> Gantt {
    let lanes = (0..5).map(lane).collect();
    Gantt { now: 13, end: 22, unit: "ticks", lanes }
}

fn lane(actor: u16) -> Lane {
    let name = format!("P{}", actor + 1);
    let idx = usize::from(actor);
    let mut spans: Vec<Span> = Vec::new();
    let mut at = ARRIVALS[idx];
    let span = |start: u64, end: u64, tone: Tone| Span {
        start,
        end,
        mark: Mark::new(format!("{name}.{start}"), name.clone()).actor(actor).tone(tone),
    };
    for (_, start, end) in RUNS.into_iter().filter(|it| it.0 == actor) {
        if at < start {
            spans.push(span(at, start, Tone::Ready));
        }
        spans.push(span(start, end, Tone::Running));
        at = end;
    }
    if DONE[idx].is_none() && at < 13 {
        spans.push(span(at, 13, Tone::Ready));
    }
    let arrive = Event { at: ARRIVALS[idx], kind: EventKind::Arrive, detail: String::new() };
    let finish = DONE[idx].map(|at| Event { at, kind: EventKind::Finish, detail: String::new() });
    let events = [Some(arrive), finish].into_iter().flatten().collect();
    Lane { key: format!("lane.{name}"), label: name, actor: Some(actor), spans, events }
}

/// A CPU lane with everything a lane may hold, and periodic tasks.
pub(super) fn gantt_mixed() -> Gantt {
    let span = |start, end, label: &str, actor: Option<u16>, tone| Span {
        start,
        end,
        mark: Mark { actor, ..Mark::new(format!("m.{start}.{label}"), label).tone(tone) },
    };
    let event = |at, kind| Event { at, kind, detail: String::new() };
    let lane = |label: &str, actor, spans, events| Lane {
        key: label.to_owned(),
        label: label.to_owned(),
        actor,
        spans,
        events,
    };
    let cpu = vec![
        span(0, 3, "editor", Some(5), Tone::Running),
        span(3, 4, "switch", None, Tone::Overhead),
        span(4, 9, "P10", Some(9), Tone::Running),
        span(9, 11, "idle", None, Tone::Idle),
        span(11, 18, "editor", Some(5), Tone::Running),
        span(18, 20, "late", Some(7), Tone::Danger),
    ];
    let disk = vec![
        span(0, 4, "editor", Some(5), Tone::Ready),
        span(4, 11, "editor", Some(5), Tone::Blocked),
        span(11, 18, "editor", Some(5), Tone::Running),
        span(18, 20, "editor", Some(5), Tone::Done),
    ];
    let task = vec![
        span(0, 4, "t1", Some(6), Tone::Running),
        span(10, 14, "t1", Some(6), Tone::Running),
        span(20, 23, "t1", Some(6), Tone::Running),
    ];
    let kinds = vec![
        event(0, EventKind::Arrive),
        event(10, EventKind::Deadline),
        event(10, EventKind::Arrive),
        event(14, EventKind::Finish),
        event(17, EventKind::Note),
        event(20, EventKind::Miss),
        event(20, EventKind::Arrive),
    ];
    let lanes = vec![
        lane("CPU 0", None, cpu, vec![]),
        lane("editor", Some(5), disk, vec![event(0, EventKind::Arrive)]),
        lane("t1", Some(6), task, kinds),
    ];
    Gantt { now: 23, end: 30, unit: "ms", lanes }
}

/// Many lanes over a long time.
pub(super) fn gantt_long(n_lanes: u16, end: u64) -> Gantt {
    let lane = |actor: u16| {
        let name = format!("job {actor}");
        let every = u64::from(n_lanes) * 7;
        let starts =
            (u64::from(actor) * 7..end).step_by(usize::try_from(every).unwrap_or(usize::MAX));
        let span = |start: u64| Span {
            start,
            end: (start + 7).min(end),
            mark: Mark::new(format!("{name}.{start}"), name.clone())
                .actor(actor)
                .tone(Tone::Running),
        };
        Lane {
            key: name.clone(),
            label: name.clone(),
            actor: Some(actor),
            spans: starts.map(span).collect(),
            events: vec![Event {
                at: u64::from(actor),
                kind: EventKind::Arrive,
                detail: String::new(),
            }],
        }
    };
    Gantt { now: end - end / 5, end, unit: "ticks", lanes: (0..n_lanes).map(lane).collect() }
}

pub(super) fn queue() -> Queue {
    let job = |n: u16, tone| {
        Mark::new(format!("job.P{}", n + 1), format!("P{}", n + 1)).actor(n).tone(tone)
    };
    let row = |key: &str, label: &str, note: &str, marks| QueueRow {
        key: key.to_owned(),
        label: label.to_owned(),
        note: note.to_owned(),
        marks,
    };
    Queue {
        rows: vec![
            row("cpu", "CPU", "quantum ends at 15", vec![job(0, Tone::Running)]),
            row("ready", "Ready", "", vec![job(3, Tone::Ready), job(4, Tone::Ready)]),
            row("disk", "Disk", "", vec![]),
            row("lock", "Lock", "held by P1", vec![job(11, Tone::Blocked)]),
            row("done", "Done", "", vec![job(2, Tone::Done), job(1, Tone::Done)]),
        ],
    }
}

pub(super) fn cells() -> Cells {
    let tones = [
        Tone::Plain,
        Tone::Running,
        Tone::Ready,
        Tone::Blocked,
        Tone::Done,
        Tone::Idle,
        Tone::Overhead,
        Tone::Hit,
        Tone::Miss,
        Tone::Fault,
        Tone::Free,
        Tone::Used,
        Tone::Dirty,
        Tone::Danger,
        Tone::Good,
        Tone::Muted,
    ];
    let mark = |(n, tone): (usize, Tone)| Mark::new(format!("tone.{n}"), tone.slug()).tone(tone);
    let frames = (0..12).map(|n: u16| {
        let mark = Mark::new(format!("frame.{n}"), format!("{}", n * 3)).tone(Tone::Used);
        if n % 3 == 1 { mark.actor(n) } else { mark }
    });
    let row = |label: &str, heads, marks| CellRow { label: label.to_owned(), heads, marks };
    Cells {
        rows: vec![
            row("Tones", vec![], tones.into_iter().enumerate().map(mark).collect()),
            row("Frames", (0..12).map(|n| n.to_string()).collect(), frames.collect()),
        ],
    }
}

pub(super) fn table() -> Table {
    let row = |n: u16, marked: bool, cells: [&str; 4]| TableRow {
        key: format!("row.{n}"),
        actor: Some(n),
        marked,
        cells: cells.into_iter().map(Cell::new).collect(),
    };
    let mut rows = vec![
        row(0, false, ["P1", "7", "2", "ready"]),
        row(1, true, ["P2", "4", "0", "running"]),
        row(2, false, ["P3 <b>", "1", "12", "done"]),
    ];
    rows[1].cells[3].tone = Tone::Running;
    rows[2].cells[3].tone = Tone::Done;
    Table {
        columns: vec![
            Column::words("Job"),
            Column::numbers("Burst, ticks"),
            Column::numbers("Waiting, ticks"),
            Column::words("State"),
        ],
        rows,
    }
}

pub(super) fn bits() -> Bits {
    let field = |high, low, value, label: &str, tone| BitField {
        high,
        low,
        value,
        mark: Mark::new(format!("{label}.{high}"), label).tone(tone),
    };
    Bits {
        rows: vec![
            BitRow {
                label: "Virtual address".to_owned(),
                text: "0x00403abc".to_owned(),
                fields: vec![
                    field(31, 22, 1, "directory", Tone::Plain),
                    field(21, 12, 3, "table", Tone::Hit),
                    field(11, 0, 0xabc, "offset", Tone::Plain),
                ],
            },
            BitRow {
                label: "Physical address".to_owned(),
                text: "0x0009aabc".to_owned(),
                fields: vec![
                    field(19, 12, 0x9a, "frame", Tone::Plain),
                    field(11, 0, 0xabc, "offset", Tone::Plain),
                ],
            },
        ],
    }
}

/// A resource graph: two processes wait for each other, a third for both.
pub(super) fn graph_ring() -> Graph {
    let node = |key: &str, at, boxed, actor: Option<u16>, tone| Node {
        at,
        boxed,
        mark: Mark { actor, ..Mark::new(key, key).tone(tone) },
        note: String::new(),
    };
    let edge = |from: &str, to: &str, label: &str, tone| Edge {
        from: from.to_owned(),
        to: to.to_owned(),
        label: label.to_owned(),
        tone,
    };
    Graph {
        directed: true,
        nodes: vec![
            node("A", (0, 0), false, Some(0), Tone::Blocked),
            node("B", (2, 0), false, Some(1), Tone::Blocked),
            node("C", (1, 2), false, Some(10), Tone::Ready),
            node("disk", (1, 0), true, None, Tone::Used),
            node("tape", (1, 1), true, None, Tone::Danger),
        ],
        edges: vec![
            edge("disk", "A", "held", Tone::Plain),
            edge("A", "tape", "wants", Tone::Danger),
            edge("tape", "B", "held", Tone::Danger),
            edge("B", "disk", "wants", Tone::Danger),
            edge("C", "disk", "", Tone::Muted),
            edge("A", "B", "tells", Tone::Plain),
            edge("C", "C", "", Tone::Plain),
        ],
    }
}

/// A balanced tree with two colours of nodes.
pub(super) fn graph_tree() -> Graph {
    let places = [(3, 0), (1, 1), (5, 1), (0, 2), (2, 2), (4, 2), (6, 2)];
    let node = |(n, at): (usize, (i32, i32))| Node {
        at,
        boxed: true,
        mark: Mark::new(format!("t{n}"), format!("P{}", n + 1)).tone(if n == 1 || n > 4 {
            Tone::Danger
        } else {
            Tone::Plain
        }),
        note: format!("{}", at.0 * 12_000 + 48_000),
    };
    let edge = |n: usize| Edge {
        from: format!("t{}", (n - 1) / 2),
        to: format!("t{n}"),
        label: String::new(),
        tone: Tone::Plain,
    };
    Graph {
        directed: false,
        nodes: places.into_iter().enumerate().map(node).collect(),
        edges: (1..7).map(edge).collect(),
    }
}

pub(super) fn code() -> Code {
    let lines = ["int seen = counter;", "", "seen = seen + 1;", "counter = seen; // <shared>"];
    let listing = |n: u16, next, tone, note: &str| Listing {
        key: format!("thread.{n}"),
        label: format!("P{}", n + 1),
        actor: Some(n),
        lines: lines.map(str::to_owned).to_vec(),
        next,
        tone,
        note: note.to_owned(),
    };
    Code {
        listings: vec![
            listing(0, Some(2), Tone::Running, "seen = 0"),
            listing(1, Some(0), Tone::Blocked, "waits for the lock"),
            listing(2, None, Tone::Done, ""),
        ],
    }
}

pub(super) fn chart(kind: ChartKind) -> Chart {
    let series = |label: &str, actor, factor: f64| Series {
        label: label.to_owned(),
        actor,
        points: (1..=12).map(|n| (f64::from(n), factor * (3.0 + f64::from(n * n % 7)))).collect(),
    };
    let all = vec![
        series("round robin", Some(0), 1.0),
        series("first <come>", Some(1), 1.4),
        series("shortest", None, 0.5),
    ];
    let n = if kind == ChartKind::Bars { 1 } else { 3 };
    Chart {
        kind,
        x_label: "quantum, ticks".to_owned(),
        y_label: "mean waiting time, ticks".to_owned(),
        series: all.into_iter().take(n).collect(),
    }
}

pub(super) fn stats() -> Stats {
    Stats {
        items: vec![
            Stat::new("Mean waiting time", "7.2", "ticks"),
            Stat::new("Context switches", "11", ""),
            Stat::new("CPU in use", "95", "%"),
            Stat::new("Jain fairness", "0.873", ""),
        ],
    }
}

/// A row with stretches of every look, and two places that are pointed at.
pub(super) fn strip() -> Strip {
    let part = |start, end, label: &str, tone| Part {
        start,
        end,
        mark: Mark::new(format!("s.{start}"), label).tone(tone),
    };
    let mut row = StripRow::new(
        "now",
        "now",
        vec![
            part(1_000, 1_004, "h", Tone::Overhead),
            Part { start: 1_004, end: 1_030, mark: Mark::new("s.a", "P1").actor(0) },
            part(1_030, 1_050, "20", Tone::Free),
            part(1_050, 1_060, "last", Tone::Good),
            part(1_070, 1_090, "used", Tone::Used),
        ],
    );
    let pin = |at, label: &str| Pin { at, mark: Mark::new(format!("pin.{at}"), label) };
    row.pins = vec![pin(1_030, "rover"), pin(1_100, "end")];
    let rows =
        vec![row, StripRow::new("then", "then", vec![part(1_000, 1_100, "100", Tone::Free)])];
    Strip { start: 1_000, end: 1_100, unit: "bytes", rows }
}

/// One slot of every kind, some in two forms.
pub(super) fn slots() -> Vec<Slot> {
    let note = "A note is one paragraph: what the picture cannot say & what <must> be said.";
    let slot = |slug, title, panel| Slot { slug, title, panel };
    vec![
        slot("timeline", "Timeline", Panel::Gantt(gantt())),
        slot("ready", "Who waits where", Panel::Queue(queue())),
        slot("jobs", "Jobs", Panel::Table(table())),
        slot("numbers", "Numbers so far", Panel::Stats(stats())),
        slot("mixed", "CPU, disk and deadlines", Panel::Gantt(gantt_mixed())),
        slot("frames", "Cells", Panel::Cells(cells())),
        slot("heap", "Heap", Panel::Strip(strip())),
        slot("address", "Address", Panel::Bits(bits())),
        slot("ring", "Who holds what", Panel::Graph(graph_ring())),
        slot("tree", "Tree by virtual time", Panel::Graph(graph_tree())),
        slot("threads", "Threads", Panel::Code(code())),
        slot("line", "Sweep", Panel::Chart(chart(ChartKind::Line))),
        slot("step", "Steps", Panel::Chart(chart(ChartKind::Step))),
        slot("bars", "Bars", Panel::Chart(chart(ChartKind::Bars))),
        slot("note", "Note", Panel::Note { text: note.to_owned() }),
    ]
}
