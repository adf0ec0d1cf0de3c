//! From a file to a socket, or to another file: who carries the bytes, and how often.
//!
//! # Model
//! A file is sent in pieces, each by the calls of one of six ways. A piece goes from place to place;
//! each move is made by a device (DMA), by the CPU, or is no move at all, because only a reference to
//! the pages is passed on. Only what the CPU does takes time: calls, copies, page faults, and the
//! pinning of pages and the notice that belong to `MSG_ZEROCOPY`.
//! # Ties
//! None: one piece after the other.
//! # Left out
//! Waiting for devices, packets and their checksums, encryption, read-ahead, what a cache of the CPU
//! makes cheaper. Setting up a DMA and its interrupt belong to the call. Blocks that are shared cost
//! no time.
//! # Source
//! `man-sendfile`, `man-splice`, `man-copy-file-range`, `linux-zerocopy`. The price of copying is the
//! lesson's; that of `MSG_ZEROCOPY` makes it pay from 10 KiB on, as its guide says.

use super::zero_copy_scene as scene;
use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::{Fault, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use crate::words::{bytes, grouped_count as count};
use serde::Deserialize;

/// The engine.
pub(crate) struct ZeroCopy;

/// How a piece is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Way {
    ReadWrite,
    MmapWrite,
    Sendfile,
    Splice,
    Zerocopy,
    CopyFileRange,
}

pub(super) const WAYS: [Way; 6] =
    [Way::ReadWrite, Way::MmapWrite, Way::Sendfile, Way::Splice, Way::Zerocopy, Way::CopyFileRange];

impl Way {
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::ReadWrite => "read + write",
            Self::MmapWrite => "mmap + write",
            Self::Sendfile => "sendfile",
            Self::Splice => "splice, twice",
            Self::Zerocopy => "send with MSG_ZEROCOPY",
            Self::CopyFileRange => "copy_file_range",
        }
    }
}

/// Where bytes can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spot {
    Disk,
    Cache,
    Program,
    Pipe,
    Socket,
    Card,
    /// The page cache of the other file.
    OtherCache,
    OtherDisk,
}

impl Spot {
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Disk => "Disk",
            Self::Cache => "Page cache",
            Self::Program => "Program",
            Self::Pipe => "Pipe",
            Self::Socket => "Socket",
            Self::Card => "Network card",
            Self::OtherCache => "Its pages",
            Self::OtherDisk => "Other file",
        }
    }
}

/// Who makes a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carrier {
    Dma,
    Cpu,
    /// Only a reference to the pages is passed on.
    Reference,
}

/// One step of a piece on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Move {
    Call(&'static str),
    /// Pages are mapped where the call touches the program's memory.
    Map,
    Carry(Spot, Spot, Carrier),
}

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    pub(super) way: Way,
    pub(super) file_kib: u64,
    pub(super) piece_kib: u64,
    cached: bool,
    gathers: bool,
    shares: bool,
    call_ns: u64,
    copy_ns: u64,
    fault_ns: u64,
    around_pages: u64,
    pin_ns: u64,
}

/// What has been spent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Spent {
    pub(super) n_calls: u64,
    pub(super) n_faults: u64,
    pub(super) cpu_kib: u64,
    pub(super) dma_kib: u64,
    pub(super) ns: u64,
}

impl Spent {
    /// Ways into the kernel and back. Faults happen inside a call.
    const fn n_crossings(&self) -> u64 {
        2 * self.n_calls
    }
}

/// What is seen after a step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct State {
    /// The piece that moves, from 0; the number of pieces at the end.
    pub(super) piece: u64,
    /// Steps of its way that are behind it.
    pub(super) n_done: usize,
    pub(super) spent: Spent,
}

/// The steps of a piece.
pub(super) fn steps(scenario: &Scenario, way: Way) -> Vec<Move> {
    use Carrier::{Cpu, Dma, Reference};
    use Spot::{Cache, Card, Disk, OtherCache, OtherDisk, Pipe, Program, Socket};
    let mut steps = Vec::new();
    let load = |steps: &mut Vec<Move>| {
        if !scenario.cached {
            steps.push(Move::Carry(Disk, Cache, Dma));
        }
    };
    // A card that gathers takes the bytes from the pages themselves.
    let (last, carrier) = if scenario.gathers { (Cache, Reference) } else { (Socket, Cpu) };
    match way {
        Way::ReadWrite => {
            steps.push(Move::Call("read"));
            load(&mut steps);
            steps.push(Move::Carry(Cache, Program, Cpu));
            steps.push(Move::Call("write"));
            steps.push(Move::Carry(Program, Socket, Cpu));
            steps.push(Move::Carry(Socket, Card, Dma));
        }
        Way::MmapWrite => {
            steps.push(Move::Call("write"));
            load(&mut steps);
            steps.push(Move::Map);
            steps.push(Move::Carry(Cache, Socket, Cpu));
            steps.push(Move::Carry(Socket, Card, Dma));
        }
        Way::Sendfile => {
            steps.push(Move::Call("sendfile"));
            load(&mut steps);
            steps.push(Move::Carry(Cache, Socket, carrier));
            steps.push(Move::Carry(last, Card, Dma));
        }
        Way::Splice => {
            steps.push(Move::Call("splice"));
            load(&mut steps);
            steps.push(Move::Carry(Cache, Pipe, Reference));
            steps.push(Move::Call("splice"));
            steps.push(Move::Carry(Pipe, Socket, carrier));
            steps.push(Move::Carry(last, Card, Dma));
        }
        Way::Zerocopy => {
            steps.push(Move::Call("send"));
            steps.push(Move::Carry(Program, Socket, Reference));
            steps.push(Move::Carry(Program, Card, Dma));
            steps.push(Move::Call("recvmsg"));
        }
        Way::CopyFileRange => {
            steps.push(Move::Call("copy_file_range"));
            if scenario.shares {
                steps.push(Move::Carry(Disk, OtherDisk, Reference));
            } else {
                load(&mut steps);
                steps.push(Move::Carry(Cache, OtherCache, Cpu));
                steps.push(Move::Carry(OtherCache, OtherDisk, Dma));
            }
        }
    }
    steps
}

/// Adds what one step of a piece takes.
fn spend(scenario: &Scenario, way: Way, step: Move, kib: u64, spent: &mut Spent) {
    match step {
        Move::Call(name) => {
            spent.n_calls += 1;
            spent.ns += scenario.call_ns;
            // The notice has its price, and the pages must be held until it comes.
            if way == Way::Zerocopy && name == "send" {
                spent.ns += scenario.pin_ns;
            }
        }
        Move::Map => {
            let n = kib.div_ceil(4 * scenario.around_pages);
            spent.n_faults += n;
            spent.ns += n * scenario.fault_ns;
        }
        Move::Carry(_, _, Carrier::Cpu) => {
            spent.cpu_kib += kib;
            spent.ns += kib * scenario.copy_ns;
        }
        Move::Carry(_, _, Carrier::Dma) => spent.dma_kib += kib,
        Move::Carry(_, _, Carrier::Reference) => {}
    }
}

impl Scenario {
    pub(super) const fn n_pieces(&self) -> u64 {
        self.file_kib.div_ceil(self.piece_kib)
    }

    /// Length of a piece; the last one may be shorter.
    pub(super) fn kib(&self, piece: u64) -> u64 {
        self.piece_kib.min(self.file_kib - piece * self.piece_kib)
    }
}

/// What the whole file takes in some way.
pub(super) fn whole(scenario: &Scenario, way: Way) -> Spent {
    let steps = steps(scenario, way);
    let mut spent = Spent::default();
    for piece in 0..scenario.n_pieces() {
        let kib = scenario.kib(piece);
        steps.iter().for_each(|&it| spend(scenario, way, it, kib, &mut spent));
    }
    spent
}

const fn ns(key: &'static str, label: &'static str, help: &'static str, preset: i64) -> Field {
    let field = Field::new(key, label, Kind::Int { min: 0, max: 100_000 });
    field.unit("ns").help(help).or(Preset::Int(preset))
}

impl Engine for ZeroCopy {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "io/zero_copy",
        title: "Copies on the way",
        summary: "A file goes to a socket or to another file in six ways: copies and crossings counted.",
        look_for: "Follow one piece, and count the moves that the CPU makes itself.",
        source: "man-sendfile/notes",
        time_unit: "ns",
        markers: &["copy", "reference"],
    };
    const FORM: &'static [Field] = &[
        Field::new(
            "way",
            "Way",
            Kind::Choice(&[
                ("read_write", "read and write"),
                ("mmap_write", "mmap and write"),
                ("sendfile", "sendfile"),
                ("splice", "splice through a pipe"),
                ("zerocopy", "send with MSG_ZEROCOPY, from the program's memory"),
                ("copy_file_range", "copy_file_range, to another file"),
            ]),
        )
        .or(Preset::Text("read_write")),
        Field::new("file_kib", "File", Kind::Int { min: 1, max: 65_536 })
            .unit("KiB")
            .or(Preset::Int(256)),
        Field::new("piece_kib", "Sent in pieces of", Kind::Int { min: 1, max: 4_096 })
            .unit("KiB")
            .or(Preset::Int(64)),
        Field::new("cached", "In the page cache", Kind::Flag)
            .help("The file need not be read from the disk.")
            .or(Preset::Flag(false)),
        Field::new("gathers", "The card can gather", Kind::Flag)
            .help("It takes the bytes from several places, so that references are enough.")
            .or(Preset::Flag(true)),
        Field::new("shares", "The file system can share blocks", Kind::Flag)
            .help("As Btrfs and XFS can; for copy_file_range.")
            .or(Preset::Flag(true)),
        ns("call_ns", "System call", "Into the kernel and back.", 100),
        ns("copy_ns", "Copy 1 KiB", "By the CPU.", 100),
        ns("fault_ns", "Page fault", "Into the kernel, to map pages that are in memory.", 600),
        Field::new("around_pages", "Pages mapped by a fault", Kind::Int { min: 1, max: 64 })
            .unit("pages")
            .help("A fault maps the neighbours that are in memory as well.")
            .or(Preset::Int(16)),
        ns("pin_ns", "Pin and notify", "What MSG_ZEROCOPY takes besides its two calls.", 900),
    ];
    const EXAMPLE: &'static str = r#"{"way":"read_write","file_kib":256,"piece_kib":64}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        if 4_096 < scenario.n_pieces() {
            let why = format!("{} pieces; at most 4,096 are sent", scenario.n_pieces());
            return Err(ScenarioError::one("/piece_kib", Fault::Conflict(why)));
        }
        let way = scenario.way;
        let steps = steps(scenario, way);
        let mut state = State { piece: 0, n_done: 0, spent: Spent::default() };
        log.step(0, "start", || {
            let say = format!(
                "The program has {} to send, in {}, by {}.",
                bytes(scenario.file_kib * 1024),
                count(scenario.n_pieces(), "pieces"),
                way.label()
            );
            Shot::new(say, state)
        })?;
        for piece in 0..scenario.n_pieces() {
            state.piece = piece;
            for (at, &step) in steps.iter().enumerate() {
                spend(scenario, way, step, scenario.kib(piece), &mut state.spent);
                state.n_done = at + 1;
                log.step(state.spent.ns, tag(step), || {
                    asked(Shot::new(say(scenario, piece, step), state), step, piece)
                })?;
            }
        }
        state = State { piece: scenario.n_pieces(), n_done: 0, ..state };
        log.step(state.spent.ns, "end", || {
            let spent = state.spent;
            let say = format!(
                "All has been sent with {} of the kernel; the CPU has carried {} itself.",
                count(spent.n_calls, "calls"),
                bytes(spent.cpu_kib * 1024)
            );
            Shot::new(say, state)
        })?;
        metrics(scenario, &state.spent, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        past.last().map_or_else(Scene::default, |last| scene::scene(scenario, &last.state))
    }
}

const fn tag(step: Move) -> &'static str {
    match step {
        Move::Call(_) => "call",
        Move::Map => "fault",
        Move::Carry(_, _, Carrier::Cpu) => "copy",
        Move::Carry(_, _, Carrier::Dma) => "dma",
        Move::Carry(_, _, Carrier::Reference) => "reference",
    }
}

fn say(scenario: &Scenario, piece: u64, step: Move) -> String {
    let kib = scenario.kib(piece);
    let name = format!("Piece {}", piece + 1);
    match step {
        Move::Call("recvmsg") => format!(
            "The program calls recvmsg to hear that piece {} has left; until now its memory had to \
             stay as it was.",
            piece + 1
        ),
        Move::Call(call) => format!("The program calls {call} for piece {}.", piece + 1),
        Move::Map => format!(
            "{name} is mapped where write looks for it, with {} on its pages; no byte of it moves.",
            count(kib.div_ceil(4 * scenario.around_pages), "faults")
        ),
        Move::Carry(from, to, Carrier::Dma) => format!(
            "{name} goes from {} to {} by DMA: the device carries it, the CPU is free.",
            the(from),
            the(to)
        ),
        Move::Carry(from, to, Carrier::Cpu) => format!(
            "{name} is copied by the CPU from {} to {}: {} for {}.",
            the(from),
            the(to),
            count(kib * scenario.copy_ns, "ns"),
            bytes(kib * 1024)
        ),
        Move::Carry(_, Spot::OtherDisk, Carrier::Reference) => format!(
            "{name} is not copied at all: the other file refers to the same blocks from now on."
        ),
        Move::Carry(from, to, Carrier::Reference) => format!(
            "{name} stays in {}: only references to its pages go to {}.",
            the(from),
            the(to)
        ),
    }
}

const fn the(spot: Spot) -> &'static str {
    match spot {
        Spot::Disk => "the disk",
        Spot::Cache => "the page cache",
        Spot::Program => "the program's memory",
        Spot::Pipe => "the pipe",
        Spot::Socket => "the socket's buffer",
        Spot::Card => "the network card",
        Spot::OtherCache => "the pages of the other file",
        Spot::OtherDisk => "the other file on the disk",
    }
}

/// A question about the first piece; the later ones go the same way.
fn asked(shot: Shot<State>, step: Move, piece: u64) -> Shot<State> {
    let Move::Carry(from, to, carrier) = step else { return shot };
    if piece != 0 {
        return shot;
    }
    let options = ["the CPU", "a device, by DMA", "nobody: a reference is enough"];
    let answer = match carrier {
        Carrier::Cpu => 0,
        Carrier::Dma => 1,
        Carrier::Reference => 2,
    };
    let question = format!("Who carries the bytes from {} to {}?", the(from), the(to));
    shot.ask(&question, options.map(str::to_owned).to_vec(), answer)
}

fn metrics(scenario: &Scenario, spent: &Spent, log: &mut Log<State>) {
    let mut add = |key, label, value: u64, unit| {
        log.metric(key, label, value as f64, unit, Better::Lower);
    };
    add("n_calls", "System calls", spent.n_calls, "calls");
    add("n_faults", "Page faults", spent.n_faults, "faults");
    add("n_crossings", "Crossings into the kernel and back", spent.n_crossings(), "crossings");
    add("cpu_kib", "Copied by the CPU", spent.cpu_kib, "KiB");
    add("dma_kib", "Carried by devices", spent.dma_kib, "KiB");
    add("cpu_ns", "CPU time", spent.ns, "ns");
    let times = |kib: u64| kib as f64 / scenario.file_kib as f64;
    log.metric(
        "copies_cpu",
        "Copies of a byte by the CPU",
        times(spent.cpu_kib),
        "copies",
        Better::Lower,
    );
    log.metric(
        "copies_dma",
        "Moves of a byte by DMA",
        times(spent.dma_kib),
        "moves",
        Better::Lower,
    );
}

#[cfg(test)]
mod tests {
    use crate::{Mode, Rng, Run, engine};
    use serde_json::{Value, json};

    fn run(given: &Value) -> Run {
        engine("io/zero_copy").unwrap().run(given, Mode::MetricsOnly).unwrap()
    }

    /// The lesson's table: system calls for each piece, copies by DMA, copies by the CPU, with a card
    /// that gathers and without.
    const TABLE: [(&str, u64, f64, f64, f64); 5] = [
        ("read_write", 2, 2.0, 2.0, 2.0),
        ("mmap_write", 1, 2.0, 1.0, 1.0),
        ("sendfile", 1, 2.0, 0.0, 1.0),
        ("splice", 2, 2.0, 0.0, 1.0),
        ("zerocopy", 2, 1.0, 0.0, 0.0),
    ];

    #[test]
    fn the_table_of_the_lesson_holds_for_every_size() {
        let mut rng = Rng::new(61);
        for _ in 0..200 {
            let piece = rng.between(1, 512);
            let file = rng.between(1, 4_096).min(4_096 * piece);
            for (way, n_calls, dma, gathering, copying) in TABLE {
                for (gathers, cpu) in [(true, gathering), (false, copying)] {
                    let given = json!({"way": way, "file_kib": file, "piece_kib": piece,
                        "gathers": gathers});
                    let run = run(&given);
                    let n_pieces = file.div_ceil(piece);
                    assert_eq!(run.metric("n_calls"), Some((n_calls * n_pieces) as f64), "{given}");
                    assert_eq!(run.metric("copies_dma"), Some(dma), "{given}");
                    assert_eq!(run.metric("copies_cpu"), Some(cpu), "{given}");
                }
            }
        }
    }

    #[test]
    fn what_is_cached_saves_one_move_by_dma_and_nothing_else() {
        for (way, _, dma, cpu, _) in TABLE {
            let run = run(&json!({"way": way, "cached": true}));
            let saved = if way == "zerocopy" { 0.0 } else { 1.0 };
            assert_eq!(run.metric("copies_dma"), Some(dma - saved), "{way}");
            assert_eq!(run.metric("copies_cpu"), Some(cpu), "{way}");
        }
    }

    #[test]
    fn shared_blocks_move_nothing() {
        let given = |shares: bool| json!({"way": "copy_file_range", "shares": shares});
        let shared = run(&given(true));
        assert_eq!((shared.metric("cpu_kib"), shared.metric("dma_kib")), (Some(0.0), Some(0.0)));
        let copied = run(&given(false));
        assert_eq!(
            (copied.metric("copies_cpu"), copied.metric("copies_dma")),
            (Some(1.0), Some(2.0))
        );
        assert_eq!(shared.metric("n_calls"), copied.metric("n_calls"));
    }

    /// The kernel's guide: `MSG_ZEROCOPY` pays above some 10 KB.
    #[test]
    fn pinning_pays_from_ten_kib_on() {
        for kib in 1..40_u64 {
            let ns = |way: &str| {
                let given = json!({"way": way, "file_kib": kib, "piece_kib": kib, "cached": true,
                    "copy_ns": 100});
                run(&given).metric("cpu_ns").unwrap()
            };
            // An ordinary send is the second half of read + write.
            let send = ns("read_write") / 2.0;
            assert_eq!(ns("zerocopy") <= send, 10 <= kib, "{kib}");
        }
    }

    #[test]
    fn too_many_pieces_are_refused() {
        let given = json!({"file_kib": 65_536, "piece_kib": 1});
        let error = engine("io/zero_copy").unwrap().run(&given, Mode::Frames).unwrap_err();
        assert_eq!(error.0[0].at, "/piece_kib");
    }
}
