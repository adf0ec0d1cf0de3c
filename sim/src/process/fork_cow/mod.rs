//! Fork and copy-on-write: who maps which frame, what a write copies, and what it all costs.
//!
//! # Model
//! A few pages are followed one by one: the program's text, private data, and a shared mapping.
//! `fork` copies the entries of the page table and write-protects private pages in both tables; the
//! first write faults, and copies the page if another entry still refers to the frame. The older
//! `fork` copies all data at once, `vfork` lends the memory, and `posix_spawn` starts a program in
//! one call. Time is a fixed part for each call, a part for each entry, and a part for each fault
//! and each copy; the same formula gives the price for a process of any size.
//! # Ties
//! A copy goes to the free frame with the lowest number.
//! # Left out
//! Tables of file-backed memory that a fork need not copy, the levels of the page table, the TLB,
//! memory that runs out, and the time that `exec` takes.
//! # Source
//! `ostep`, chapter 23; `man-fork`, `man-vfork`, `man-posix-spawn`. The fixed part and the range of
//! the part for each entry are measured; `redis-latency` has numbers of others.

mod cost;
#[cfg(test)]
mod laws;
mod scene;
mod script;
mod world;

use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use script::PROCS_MAX;
use serde::Deserialize;
use world::{Answer, Layout, World, name};

/// The engine.
pub(crate) struct ForkCow;

/// How a process is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Method {
    Fork,
    Copy,
    Vfork,
    Spawn,
}

const METHODS: [Method; 4] = [Method::Fork, Method::Copy, Method::Vfork, Method::Spawn];

impl Method {
    const fn label(self) -> &'static str {
        match self {
            Self::Fork => "fork, copy-on-write",
            Self::Copy => "fork, all copied",
            Self::Vfork => "vfork",
            Self::Spawn => "posix_spawn",
        }
    }

    const fn key(self) -> &'static str {
        match self {
            Self::Fork => "fork",
            Self::Copy => "copy",
            Self::Vfork => "vfork",
            Self::Spawn => "spawn",
        }
    }
}

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    method: Method,
    script: String,
    n_text: usize,
    n_data: usize,
    n_shared: usize,
    fixed_us: u64,
    pte_ns: u64,
    fault_ns: u64,
    copy_ns: u64,
    mapped_mib: u64,
    page: Page,
    written_percent: u64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
enum Page {
    #[serde(rename = "4k")]
    Small,
    #[serde(rename = "2m")]
    Huge,
}

impl Scenario {
    const fn layout(&self) -> Layout {
        Layout { n_text: self.n_text, n_data: self.n_data, n_shared: self.n_shared }
    }

    const fn fixed_ns(&self) -> u64 {
        self.fixed_us * 1_000
    }

    const fn page_kib(&self) -> u64 {
        match self.page {
            Page::Small => 4,
            Page::Huge => 2_048,
        }
    }
}

const fn ns(key: &'static str, label: &'static str, preset: i64) -> Field {
    Field::new(key, label, Kind::Int { min: 0, max: 10_000 }).unit("ns").or(Preset::Int(preset))
}

const fn pages(key: &'static str, label: &'static str, min: i64, preset: i64) -> Field {
    Field::new(key, label, Kind::Int { min, max: 6 }).unit("pages").or(Preset::Int(preset))
}

const ANSWERS: [&str; 4] = [
    "nothing: there is no fault",
    "it copies the page",
    "it only makes the entry writable",
    "it ends the process with SIGSEGV",
];

impl Engine for ForkCow {
    type Scenario = Scenario;
    type State = World;
    const META: Meta = Meta {
        id: "process/fork_cow",
        title: "Fork and copy-on-write",
        summary: "A fork copies page-table entries; pages are copied by the first write.",
        look_for: "A chip is a page-table entry; a write moves one chip to a new frame.",
        source: "ostep/23",
        time_unit: "ns",
        markers: &["fork", "copy", "unprotect", "damage", "segv"],
    };
    const CHARTS: bool = true;
    const FORM: &'static [Field] = &[
        Field::new(
            "method",
            "How a process is made",
            Kind::Choice(&[
                ("fork", "fork with copy-on-write"),
                ("copy", "fork that copies all data"),
                ("vfork", "vfork"),
                ("spawn", "posix_spawn"),
            ]),
        )
        .or(Preset::Text("fork")),
        Field::new("script", "Script", Kind::Code { max_chars: 3_000 }).help(
            "One a line: P1 fork P2, P2 read d0, P1 write d1, P2 exec, P2 exit. Pages are t0 \
                 (text), d0 (data) and s0 (shared mapping).",
        ),
        pages("n_text", "Text", 0, 1),
        pages("n_data", "Private data", 1, 3),
        pages("n_shared", "Shared mapping", 0, 1),
        Field::new("fixed_us", "Fixed part of a call", Kind::Int { min: 0, max: 10_000 })
            .unit("µs")
            .help("Measured: 25 to 35 for an empty process.")
            .or(Preset::Int(35)),
        ns("pte_ns", "Copy one entry", 15).help("15 to 100, depending on the machine."),
        ns("fault_ns", "A write fault", 800).help("Without the copy."),
        ns("copy_ns", "Copy 4 KiB", 400).help("About 10 GB/s."),
        Field::new("mapped_mib", "Size of a real process", Kind::Int { min: 1, max: 65_536 })
            .unit("MiB")
            .help("For the table of prices and the chart.")
            .or(Preset::Int(1_024)),
        Field::new(
            "page",
            "Its pages",
            Kind::Choice(&[("4k", "4 KiB"), ("2m", "2 MiB, huge pages")]),
        )
        .or(Preset::Text("4k")),
        Field::new("written_percent", "Written afterwards", Kind::Int { min: 0, max: 100 })
            .unit("%")
            .help("Share of its pages that either process writes while both exist.")
            .or(Preset::Int(10)),
    ];
    const EXAMPLE: &'static str = r#"{"script": "P1 fork P2\nP2 read d0\nP2 write d1\nP1 write d1\nP1 write d2\nP1 write s0\nP2 read s0\nP2 exit\nP1 write d0\n"}"#;

    fn run(scenario: &Scenario, log: &mut Log<World>) -> Result<(), ScenarioError> {
        let layout = scenario.layout();
        let ops = script::parse(&scenario.script, layout)?;
        let mut world = World::new(layout, usize::from(PROCS_MAX));
        log.step(0, "start", || {
            let n = crate::words::count(layout.n_pages() as u64, "pages");
            let say = format!("P1 maps {n}, each in a frame of its own, because it is alone.");
            Shot::new(say, world.clone())
        })?;
        for op in &ops {
            let told = world.take(scenario, op);
            log.step(world.now_ns, told.tag, || {
                let shot = Shot::new(told.say, world.clone());
                let Some(answer) = told.answer else { return shot };
                let question = format!("`{}` comes next. What does the kernel do?", op.text);
                let at = match answer {
                    Answer::NoFault => 0,
                    Answer::Copies => 1,
                    Answer::Unprotects => 2,
                    Answer::Kills => 3,
                };
                shot.ask(&question, ANSWERS.iter().map(ToString::to_string).collect(), at)
            })?;
        }
        metrics(scenario, &world, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<World>]) -> Scene {
        scene::scene(scenario, past)
    }

    fn actors(_: &Scenario) -> Vec<String> {
        (0..usize::from(PROCS_MAX)).map(name).collect()
    }
}

fn metrics(scenario: &Scenario, world: &World, log: &mut Log<World>) {
    let totals = &world.totals;
    let mut count = |key, label, value: u64, unit| {
        log.metric(key, label, value as f64, unit, Better::Lower);
    };
    count("n_entries", "Entries copied", totals.n_entries, "entries");
    count("n_copies", "Pages copied", totals.n_pages_in_calls + totals.n_pages_later, "pages");
    count("n_faults", "Write faults", totals.n_faults, "faults");
    count("calls_ns", "Time in calls", totals.calls_ns, "ns");
    count("later_ns", "Time in faults", totals.later_ns, "ns");
    let n_frames = world.frames.iter().filter(|it| 0 < it.refs).count() as u64;
    count("n_frames", "Frames in use", n_frames, "frames");
    let n_pages = cost::pages(scenario, scenario.mapped_mib);
    log.metric("mapped_pages", "Pages of the process", n_pages as f64, "pages", Better::Neither);
    let bytes = n_pages as f64 * 8.0 / 1_024.0;
    log.metric("table_kib", "Size of its entries", bytes, "KiB", Better::Neither);
    for (method, price) in cost::prices(scenario) {
        let mut of = |key, label, ns: u64| {
            log.metric_of(key, method.key(), label, ns as f64 / 1e6, "ms");
        };
        of("call_ms", "Time of the call", price.call_ns);
        of("total_ms", "Time in all", price.total_ns());
    }
}
