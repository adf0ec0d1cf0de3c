//! From a device into memory: who waits, who carries the bytes, and what it costs the CPU.
//!
//! # Model
//! A device has a buffer, which it fills at its own speed. With programmed I/O the CPU asks for the
//! status until the buffer is full, and then reads it word by word through a register; with interrupts
//! it is told, and reads the words. With DMA the device writes to memory itself: the CPU describes one
//! piece of memory at a time, or, with scatter-gather, all of them in one list, and one interrupt comes
//! at the end of each command. A program's buffer is one piece where its physical frames are neighbours.
//! A word, an interrupt, an entry and a doorbell each cost the CPU a fixed time.
//! # Ties
//! None: a device and a CPU, one step after the other. A question that is asked before the buffer is full
//! is asked again.
//! # Left out
//! Contention for memory, caches that do not see what a device writes, devices with two buffers, several
//! commands under way at once, the switch to another thread, and the IOMMU, with which scattered frames
//! can look like one piece to the device.
//! # Source
//! `silberschatz-10e`, section 12.2, and `linux-dma` for the ways. 2 µs for an interrupt and the better
//! part of a microsecond for a register are the lesson's; the prices of an entry and a doorbell are
//! assumptions, a cache line or two each.

use super::dma_scene as scene;
use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::{Fault, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use crate::words::{count, grouped_count};
use serde::Deserialize;

/// The engine.
pub(crate) struct Dma;

/// Who tells, and who carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Way {
    Programmed,
    Interrupts,
    Pieces,
    ScatterGather,
}

pub(super) const WAYS: [Way; 4] =
    [Way::Programmed, Way::Interrupts, Way::Pieces, Way::ScatterGather];

impl Way {
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Programmed => "programmed I/O",
            Self::Interrupts => "interrupts",
            Self::Pieces => "DMA, each piece",
            Self::ScatterGather => "DMA with a list",
        }
    }
}

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    pub(super) way: Way,
    pub(super) bytes: u64,
    offset: u64,
    frames: Vec<u64>,
    buffer_bytes: u64,
    word_bytes: u64,
    mb_s: u64,
    mhz: u64,
    read_ns: u64,
    interrupt_ns: u64,
    entry_ns: u64,
    doorbell_ns: u64,
}

/// A page here.
pub(super) const PAGE: u64 = 4096;

/// Most times a device may fill its buffer.
const FILLS_MAX: u64 = 2_000;

/// A stretch of neighbouring physical memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) address: u64,
    pub(super) bytes: u64,
}

/// What the CPU does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cpu {
    /// Something that has nothing to do with the transfer.
    Own,
    /// Asks for the status, so many times.
    Ask(u64),
    /// Reads so many words.
    Carry(u64),
    /// Writes so many entries, and rings.
    Set(u64),
    Interrupt,
}

/// What the device does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Device {
    Idle,
    /// Fills its buffer with so many bytes.
    Fill(u64),
    /// Writes a piece to memory, by number.
    Move(usize),
}

/// A stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) ns: u64,
    pub(super) cpu: Cpu,
    pub(super) device: Device,
    /// Bytes that are in memory at its end.
    pub(super) arrived: u64,
}

/// What has been spent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Spent {
    pub(super) now: u64,
    pub(super) ask_ns: u64,
    pub(super) carry_ns: u64,
    pub(super) set_ns: u64,
    pub(super) interrupt_ns: u64,
    pub(super) n_asks: u64,
    pub(super) n_words: u64,
    pub(super) n_entries: u64,
    pub(super) n_interrupts: u64,
}

impl Spent {
    pub(super) const fn cpu_ns(&self) -> u64 {
        self.ask_ns + self.carry_ns + self.set_ns + self.interrupt_ns
    }

    fn add(&mut self, stretch: &Stretch) {
        let ns = stretch.ns;
        self.now += ns;
        match stretch.cpu {
            Cpu::Own => {}
            Cpu::Ask(n) => {
                self.ask_ns += ns;
                self.n_asks += n;
            }
            Cpu::Carry(n) => {
                self.carry_ns += ns;
                self.n_words += n;
            }
            Cpu::Set(n) => {
                self.set_ns += ns;
                self.n_entries += n;
            }
            Cpu::Interrupt => {
                self.interrupt_ns += ns;
                self.n_interrupts += 1;
            }
        }
    }
}

/// What is seen after a step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct State {
    /// The stretch that this step ends; none at the start and at the end.
    pub(super) stretch: Option<Stretch>,
    pub(super) spent: Spent,
    pub(super) arrived: u64,
}

impl Scenario {
    /// Pages that the program's buffer touches.
    fn n_pages(&self) -> u64 {
        (self.offset + self.bytes).div_ceil(PAGE)
    }

    /// The physical frame of each page of the buffer.
    pub(super) fn frames(&self) -> Vec<u64> {
        let n = self.n_pages();
        match self.frames.is_empty() {
            // No two neighbours: 37 and 97 have no common factor.
            true => (0..n).map(|it| (it * 37 + 11) % 97).collect(),
            false => self.frames.iter().copied().take(n.try_into().unwrap_or(0)).collect(),
        }
    }

    /// The buffer in pieces of neighbouring memory, in order.
    pub(super) fn pieces(&self) -> Vec<Piece> {
        let (mut all, mut left, mut within) = (Vec::<Piece>::new(), self.bytes, self.offset);
        for frame in self.frames() {
            let bytes = left.min(PAGE - within);
            let address = frame * PAGE + within;
            match all.last_mut() {
                Some(last) if last.address + last.bytes == address => last.bytes += bytes,
                _ => all.push(Piece { address, bytes }),
            }
            (left, within) = (left - bytes, 0);
        }
        all
    }

    /// How long the device takes for so many bytes.
    fn device_ns(&self, bytes: u64) -> u64 {
        (bytes * 1_000).div_ceil(self.mb_s)
    }

    pub(super) fn cycles(&self, ns: u64) -> u64 {
        ns * self.mhz / 1_000
    }

    /// The whole transfer, stretch by stretch.
    pub(super) fn plan(&self, way: Way) -> Vec<Stretch> {
        let mut all = Vec::new();
        let mut put = |ns, cpu, device, arrived| all.push(Stretch { ns, cpu, device, arrived });
        let pieces = self.pieces();
        let mut arrived = 0;
        match way {
            Way::Programmed | Way::Interrupts => {
                put(self.doorbell_ns, Cpu::Set(0), Device::Idle, 0);
                while arrived < self.bytes {
                    let bytes = (self.bytes - arrived).min(self.buffer_bytes);
                    let (fill, words) = (self.device_ns(bytes), bytes.div_ceil(self.word_bytes));
                    if way == Way::Programmed {
                        let asks = fill.div_ceil(self.read_ns);
                        put(asks * self.read_ns, Cpu::Ask(asks), Device::Fill(bytes), arrived);
                    } else {
                        put(fill, Cpu::Own, Device::Fill(bytes), arrived);
                        put(self.interrupt_ns, Cpu::Interrupt, Device::Idle, arrived);
                    }
                    arrived += bytes;
                    put(words * self.read_ns, Cpu::Carry(words), Device::Idle, arrived);
                }
            }
            Way::Pieces => {
                for (at, piece) in pieces.iter().enumerate() {
                    let ns = self.entry_ns + self.doorbell_ns;
                    put(ns, Cpu::Set(1), Device::Idle, arrived);
                    arrived += piece.bytes;
                    put(self.device_ns(piece.bytes), Cpu::Own, Device::Move(at), arrived);
                    put(self.interrupt_ns, Cpu::Interrupt, Device::Idle, arrived);
                }
            }
            Way::ScatterGather => {
                let n = pieces.len() as u64;
                put(n * self.entry_ns + self.doorbell_ns, Cpu::Set(n), Device::Idle, 0);
                for (at, piece) in pieces.iter().enumerate() {
                    arrived += piece.bytes;
                    put(self.device_ns(piece.bytes), Cpu::Own, Device::Move(at), arrived);
                }
                put(self.interrupt_ns, Cpu::Interrupt, Device::Idle, arrived);
            }
        }
        all
    }

    /// What a whole transfer takes.
    pub(super) fn whole(&self, way: Way) -> Spent {
        let mut spent = Spent::default();
        self.plan(way).iter().for_each(|it| spent.add(it));
        spent
    }

    fn check(&self) -> Result<(), ScenarioError> {
        if FILLS_MAX * self.buffer_bytes < self.bytes {
            let why = format!("the device would fill its buffer more than {FILLS_MAX} times");
            return Err(ScenarioError::one("/buffer_bytes", Fault::Conflict(why)));
        }
        let n = self.frames.len() as u64;
        if n != 0 && n < self.n_pages() {
            let why = format!("the buffer touches {}", count(self.n_pages(), "pages"));
            return Err(ScenarioError::one("/frames", Fault::Conflict(why)));
        }
        let mut sorted = self.frames();
        crate::order::by_key(&mut sorted, |it| *it);
        if sorted.windows(2).any(|it| it[0] == it[1]) {
            let why = "two pages cannot be in one frame".to_owned();
            return Err(ScenarioError::one("/frames", Fault::Conflict(why)));
        }
        Ok(())
    }
}

impl Engine for Dma {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "io/dma",
        title: "Programmed I/O, interrupts and DMA",
        summary: "The same bytes come from a device in four ways, which cost the CPU very different times.",
        look_for: "Ask at each moment who waits and who carries, and compare what is left to the CPU for other work.",
        source: "silberschatz-10e/12.2",
        time_unit: "ns",
        markers: &["interrupt", "done"],
    };
    const FORM: &'static [Field] = &[
        Field::new(
            "way",
            "Way",
            Kind::Choice(&[
                ("programmed", "programmed I/O: the CPU asks and carries"),
                ("interrupts", "interrupts: the CPU is told, and carries"),
                ("pieces", "DMA, one piece of memory at a time"),
                ("scatter_gather", "DMA with a list of all pieces"),
            ]),
        ),
        Field::new("bytes", "Bytes to read", Kind::Int { min: 1, max: 65_536 })
            .unit("bytes")
            .or(Preset::Int(2_048)),
        Field::new("offset", "The program's buffer begins at", Kind::Int { min: 0, max: 4_095 })
            .unit("bytes into a page")
            .or(Preset::Int(0)),
        Field::new(
            "frames",
            "Physical frames of its pages",
            Kind::Ints { min: 0, max: 999, len_min: 0, len_max: 17, single_key: "" },
        )
        .or(Preset::Empty)
        .help("In the order of the pages; neighbours such as 7 and 8 make one piece. Left out: all apart."),
        Field::new("buffer_bytes", "The device's own buffer", Kind::Int { min: 1, max: 4_096 })
            .unit("bytes")
            .or(Preset::Int(512))
            .help("A sector of an old disk has 512 bytes; a serial port had a buffer of 1, later of 16."),
        Field::new("word_bytes", "A read of its register gives", Kind::Int { min: 1, max: 8 })
            .unit("bytes")
            .or(Preset::Int(4)),
        Field::new("mb_s", "The device delivers", Kind::Int { min: 1, max: 10_000 })
            .unit("MB/s")
            .or(Preset::Int(200))
            .help("The slower it is, the more there is to wait for."),
        Field::new("mhz", "Clock of the CPU", Kind::Int { min: 1, max: 6_000 })
            .unit("MHz")
            .or(Preset::Int(3_000)),
        Field::new("read_ns", "Reading a register takes", Kind::Int { min: 1, max: 10_000 })
            .unit("ns")
            .or(Preset::Int(700))
            .help("The better part of a microsecond over PCIe, since the question travels there and back."),
        Field::new("interrupt_ns", "An interrupt takes", Kind::Int { min: 1, max: 100_000 })
            .unit("ns")
            .or(Preset::Int(2_000))
            .help("With everything around it; 1 to 2 µs is usual."),
        Field::new("entry_ns", "Describing a piece takes", Kind::Int { min: 0, max: 10_000 })
            .unit("ns")
            .or(Preset::Int(100))
            .help("An assumption: an entry is a write to memory."),
        Field::new("doorbell_ns", "Giving a command takes", Kind::Int { min: 1, max: 10_000 })
            .unit("ns")
            .or(Preset::Int(100))
            .help("An assumption: the CPU does not wait until a write has reached the device."),
    ];
    const EXAMPLE: &'static str = r#"{"way": "interrupts", "bytes": 2048, "mb_s": 5}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        scenario.check()?;
        let mut state = State { stretch: None, spent: Spent::default(), arrived: 0 };
        log.step(0, "start", || Shot::new(start(scenario), state))?;
        let mut is_asked = false;
        for stretch in scenario.plan(scenario.way) {
            state.spent.add(&stretch);
            state.stretch = Some(stretch);
            state.arrived = stretch.arrived;
            log.step(state.spent.now, tag(&stretch), || {
                let shot = Shot::new(say(scenario, &stretch, &state), state);
                match stretch.device {
                    Device::Fill(_) | Device::Move(_) if !is_asked => {
                        let answer = usize::from(scenario.way != Way::Programmed);
                        shot.ask(
                            "What does the CPU do while the device is at work?",
                            answers(),
                            answer,
                        )
                    }
                    _ => shot,
                }
            })?;
            is_asked |= stretch.device != Device::Idle;
        }
        state.stretch = None;
        log.step(state.spent.now, "done", || Shot::new(end(scenario, &state.spent), state))?;
        metrics(scenario, &state.spent, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        scene::scene(scenario, past)
    }
}

fn answers() -> Vec<String> {
    ["It asks for the status again and again", "Something else", "It carries the words"]
        .map(str::to_owned)
        .to_vec()
}

fn start(scenario: &Scenario) -> String {
    let n = scenario.pieces().len() as u64;
    format!(
        "A program wants {} from a device; its buffer is {} of physical memory.",
        grouped_count(scenario.bytes, "bytes"),
        count(n, "pieces")
    )
}

fn end(scenario: &Scenario, spent: &Spent) -> String {
    format!(
        "The program has its bytes after {}, of which the CPU has spent {}: {} in all.",
        grouped_count(spent.now, "ns"),
        grouped_count(spent.cpu_ns(), "ns"),
        grouped_count(scenario.cycles(spent.cpu_ns()), "cycles")
    )
}

const fn tag(stretch: &Stretch) -> &'static str {
    match (stretch.cpu, stretch.device) {
        (Cpu::Interrupt, _) => "interrupt",
        (Cpu::Carry(_), _) => "carry",
        (Cpu::Set(_), _) => "set",
        (_, Device::Fill(_)) => "fill",
        (Cpu::Own | Cpu::Ask(_), _) => "move",
    }
}

fn say(scenario: &Scenario, stretch: &Stretch, state: &State) -> String {
    let left = scenario.bytes - state.arrived;
    match (stretch.cpu, stretch.device) {
        (Cpu::Set(0), _) => {
            "The CPU writes the command into a register of the device, which begins to read."
                .to_owned()
        }
        (Cpu::Set(1), _) => {
            "The CPU writes a descriptor, where to and how much, and rings the device's doorbell."
                .to_owned()
        }
        (Cpu::Set(n), _) => format!(
            "The CPU writes a list of {} and rings once, because the device can walk through the list alone.",
            count(n, "entries")
        ),
        (Cpu::Ask(n), _) => format!(
            "The CPU asks for the status {} while the device fills its buffer, because nobody would tell it.",
            count(n, "times")
        ),
        (Cpu::Own, Device::Fill(bytes)) => format!(
            "The CPU does something else, while the device fills its buffer with {}.",
            grouped_count(bytes, "bytes")
        ),
        (Cpu::Own, Device::Move(at)) => {
            let bytes = scenario.pieces().get(at).map_or(0, |it| it.bytes);
            format!(
                "The device writes {} of piece {} to memory by itself, and the CPU does something else.",
                grouped_count(bytes, "bytes"),
                at + 1
            )
        }
        (Cpu::Own, Device::Idle) => "The CPU does something else.".to_owned(),
        (Cpu::Carry(n), _) => format!(
            "The CPU reads {} through the register, because the device cannot write to memory; {} left.",
            grouped_count(n, "words"),
            if left == 0 {
                "nothing is".to_owned()
            } else {
                format!("{} are", grouped_count(left, "bytes"))
            }
        ),
        (Cpu::Interrupt, _) => {
            let next = match (scenario.way, left) {
                (Way::Interrupts, _) => "the buffer is full, and somebody must empty it",
                (_, 0) => "everything is in memory",
                (_, _) => "this piece is done, and it can take only one",
            };
            format!("The device interrupts, because {next}.")
        }
    }
}

fn metrics(scenario: &Scenario, spent: &Spent, log: &mut Log<State>) {
    let (lower, neither) = (Better::Lower, Better::Neither);
    let mut put = |key: &str, label: &str, value: u64, unit, better| {
        log.metric(key, label, value as f64, unit, better);
    };
    put("cpu_ns", "Time of the CPU", spent.cpu_ns(), "ns", lower);
    put("cpu_cycles", "Cycles of the CPU", scenario.cycles(spent.cpu_ns()), "cycles", lower);
    put("time_ns", "Until all is in memory", spent.now, "ns", lower);
    put("ask_ns", "Asking", spent.ask_ns, "ns", lower);
    put("carry_ns", "Carrying", spent.carry_ns, "ns", lower);
    put("set_ns", "Giving commands", spent.set_ns, "ns", lower);
    put("interrupt_ns", "Interrupts", spent.interrupt_ns, "ns", lower);
    put("n_interrupts", "Interrupts", spent.n_interrupts, "interrupts", lower);
    put("n_asks", "Questions for the status", spent.n_asks, "questions", lower);
    put("n_words", "Words carried by the CPU", spent.n_words, "words", lower);
    put("n_pieces", "Pieces of memory", scenario.pieces().len() as u64, "pieces", neither);
    let share = crate::amounts::share(spent.cpu_ns(), spent.now);
    log.metric("cpu_share", "Share of the time that the CPU is kept busy", share, "", lower);
}
