//! Nested paging: under a hypervisor each address of a page walk is itself translated.
//!
//! # Model
//! A guest with tables of two to five levels on a host with tables of two to five. A script of the
//! guest: reads of pages, changes of its tables, loads of CR3. Four techniques run the same script:
//! native has one set of tables; nested walks the host's tables for each address of the guest's
//! walk; shadow walks a table that the hypervisor keeps in step by VM exits; paravirtual lets the
//! guest's tables hold host frames and changes them by hypercalls. A table reference, a data
//! access, an exit and a hypercall have a price each; an exit is whatever brings the hypervisor in
//! without the guest asking. A walk of g levels over h levels takes
//! (g + 1)(h + 1) - 1 references while nothing is cached.
//! # Ties
//! The TLB gives up the page that was not used for longest. After an exit that mends a table the
//! walk begins again. INVLPG and loads of CR3 also drop what is cached of the guest's upper tables.
//! # Left out
//! Large pages, accessed and dirty bits, tags that let a TLB hold several guests, exits for other
//! reasons, shadow tables that are allowed to lag behind. Host frames stand behind the guest's own
//! tables from the start.
//! # Source
//! `intel-sdm`, volume 3C, chapter VMX support for address translation; `bhargava-2008`.

use super::nested::machine::{Caches, Event, Line, Machine, Shape, TECHNIQUES, Technique};
use super::nested::scene::{self, State, Tally, View};
use super::nested::tell::{self, Told};
use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

pub(crate) struct NestedPaging;

/// Shapes, prices and a script.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    technique: Technique,
    guest_levels: u32,
    host_levels: u32,
    script: Vec<Line>,
    mapped_pages: u32,
    backed: bool,
    tlb_entries: u32,
    caches: Caches,
    read_ns: u64,
    exit_ns: u64,
    hypercall_ns: u64,
}

const LINE: &[Field] = &[
    Field::new(
        "does",
        "The guest",
        Kind::Choice(&[
            ("read", "Reads a page"),
            ("map", "Maps a page"),
            ("unmap", "Unmaps a page"),
            ("switch", "Loads CR3"),
        ]),
    )
    .or(Preset::Text("read")),
    Field::new("page", "Page", Kind::Int { min: 0, max: 511 }).or(Preset::Int(0)),
];

const fn price(key: &'static str, label: &'static str, help: &'static str, ns: i64) -> Field {
    Field::new(key, label, Kind::Int { min: 0, max: 100_000 })
        .unit("ns")
        .help(help)
        .or(Preset::Int(ns))
}

impl Engine for NestedPaging {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "memory/nested_paging",
        title: "Nested paging",
        summary: "A guest's page walk makes the CPU walk the host's tables at every step.",
        look_for: "Count the references of one walk: each row of the grid is a walk of its own.",
        source: "intel-sdm/VMX",
        time_unit: "ns",
        markers: &["vm_exit", "hypercall", "translate", "page_fault"],
    };
    const FORM: &'static [Field] = &[
        Field::new(
            "technique",
            "Technique",
            Kind::Choice(&[
                ("nested", "Nested paging"),
                ("shadow", "Shadow paging"),
                ("paravirtual", "Paravirtual"),
                ("native", "No hypervisor"),
            ]),
        )
        .help("Which one is shown step by step; all four are counted.")
        .or(Preset::Text("nested")),
        Field::new("guest_levels", "Guest levels", Kind::Int { min: 2, max: 5 }).or(Preset::Int(4)),
        Field::new("host_levels", "Host levels", Kind::Int { min: 2, max: 5 }).or(Preset::Int(4)),
        Field::new("script", "Script", Kind::Rows { columns: LINE, len_min: 1, len_max: 100 }),
        Field::new("mapped_pages", "Mapped pages", Kind::Int { min: 0, max: 512 })
            .help("The guest maps this many pages from the start.")
            .or(Preset::Int(64)),
        Field::new("backed", "Host memory from the start", Kind::Flag)
            .help("If not, the first touch of a guest frame needs the hypervisor.")
            .or(Preset::Flag(true)),
        Field::new("tlb_entries", "TLB entries", Kind::Int { min: 0, max: 64 }).or(Preset::Int(8)),
        Field::new(
            "caches",
            "Caches of upper tables",
            Kind::Choice(&[
                ("none", "None"),
                ("guest", "Of the guest's tables"),
                ("both", "Of both"),
            ]),
        )
        .help("With them a walk begins near its end.")
        .or(Preset::Text("none")),
        price("read_ns", "Memory reference", "One read of a table entry or of the data.", 20),
        price("exit_ns", "VM exit", "Out of the guest, the hypervisor's work, and back.", 1_200),
        price("hypercall_ns", "Hypercall", "A call of the guest into the hypervisor.", 400),
    ];
    const EXAMPLE: &'static str = r#"{"script": [{"page": 5}, {"page": 5}, {"page": 6}]}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let mut run = Run::new(scenario);
        log.step(0, "start", || {
            let say = format!(
                "The guest has tables of {} levels and the host of {}, and nothing is cached; the \
                 {} technique is shown.",
                scenario.guest_levels,
                scenario.host_levels,
                scenario.technique.name()
            );
            Shot::new(say, run.state.clone())
        })?;
        for (number, line) in (0..).zip(&scenario.script) {
            run.line(number, *line, log)?;
        }
        metrics(&run.state, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        let (shape, technique) = (shape(scenario), scenario.technique);
        scene::scene(&View { shape, technique, script: &scenario.script }, past)
    }
}

fn shape(scenario: &Scenario) -> Shape {
    Shape {
        guest_levels: scenario.guest_levels,
        host_levels: scenario.host_levels,
        caches: scenario.caches,
        tlb_entries: scenario.tlb_entries,
        backed: scenario.backed,
        mapped_pages: scenario.mapped_pages,
    }
}

/// One machine for each technique; the chosen one is told step by step.
struct Run<'a> {
    scenario: &'a Scenario,
    machines: Vec<Machine>,
    state: State,
}

impl<'a> Run<'a> {
    fn new(scenario: &'a Scenario) -> Self {
        let shape = shape(scenario);
        let machines = TECHNIQUES.iter().map(|it| Machine::new(shape, *it)).collect();
        let chosen = TECHNIQUES.iter().position(|it| *it == scenario.technique).unwrap_or(0);
        Self { scenario, machines, state: State::new(chosen) }
    }

    fn line(&mut self, number: u32, line: Line, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let chosen = self.state.chosen;
        self.state.begin(number);
        let events = self.machines[chosen].line(line);
        let mapped = self.machines[chosen].maps(line.page);
        let (shape, technique) = (shape(self.scenario), self.scenario.technique);
        let again = events.iter().position(|it| *it == Event::Again);
        for (at, event) in events.iter().enumerate() {
            self.count(chosen, *event);
            self.state.show(*event);
            if at + 1 == events.len() {
                self.state.tlb.clone_from(&self.machines[chosen].tlb);
                self.others(line);
            }
            // Rows that a cache saves are told together.
            let cached = |it: Option<&Event>| matches!(it, Some(Event::Cached(..)));
            if cached(Some(event)) && cached(events.get(at + 1)) {
                continue;
            }
            let mended = again.is_none_or(|it| it < at);
            let Tally { n_refs_line, n_refs_walk, time_ns, .. } = self.state.tally[chosen];
            let told = Told { shape, technique, line, n_refs_walk, n_refs_line, mapped, mended };
            log.step(time_ns, tell::tag(*event), || {
                let shot = Shot::new(tell::say(told, *event), self.state.clone());
                match event {
                    Event::Miss => ask(shot, shape, &events[at..]),
                    _ => shot,
                }
            })?;
        }
        Ok(())
    }

    /// The same line under the techniques that are not shown.
    fn others(&mut self, line: Line) {
        let chosen = self.state.chosen;
        for at in (0..TECHNIQUES.len()).filter(|it| *it != chosen) {
            for event in self.machines[at].line(line) {
                self.count(at, event);
            }
        }
    }

    fn count(&mut self, at: usize, event: Event) {
        let Scenario { read_ns, exit_ns, hypercall_ns, .. } = *self.scenario;
        let tally = &mut self.state.tally[at];
        match event {
            Event::Reference(..) => {
                tally.n_references += 1;
                tally.n_refs_line += 1;
                tally.n_refs_walk += 1;
                tally.n_refs_max = tally.n_refs_max.max(tally.n_refs_walk);
                tally.time_ns += read_ns;
            }
            Event::Exit(_) => {
                tally.n_exits += 1;
                tally.time_ns += exit_ns;
            }
            Event::Hypercall(_) => {
                tally.n_hypercalls += 1;
                tally.time_ns += hypercall_ns;
            }
            Event::Hit => tally.n_hits += 1,
            Event::Miss => {
                tally.n_misses += 1;
                tally.n_refs_walk = 0;
            }
            Event::Again => tally.n_refs_walk = 0,
            Event::GuestFault => tally.n_guest_faults += 1,
            Event::Data(_) => tally.time_ns += read_ns,
            Event::Cached(..) | Event::Told => {}
        }
    }
}

/// Adds the question how many references the walk takes.
fn ask(shot: Shot<State>, shape: Shape, rest: &[Event]) -> Shot<State> {
    let walk = rest.iter().take_while(|it| !matches!(it, Event::Again));
    let n = walk.filter(|it| matches!(it, Event::Reference(..))).count();
    let (g, h) = (shape.guest_levels as usize, shape.host_levels as usize);
    let mut counts = vec![g, g + h, g * h, (g + 1) * (h + 1) - 1, n];
    counts.sort_unstable();
    counts.dedup();
    let answer = counts.iter().position(|it| *it == n).unwrap_or(0);
    let options = counts.iter().map(|it| format!("{it}")).collect();
    shot.ask("How many entries does this walk read?", options, answer)
}

fn metrics(state: &State, log: &mut Log<State>) {
    let shown = state.tally[state.chosen];
    let mut count = |key: &str, label: &str, value: u64, unit, better| {
        log.metric(key, label, value as f64, unit, better);
    };
    let Tally { n_references, n_refs_max, n_exits, n_hypercalls, time_ns, .. } = shown;
    count("n_references", "Table references", n_references, "references", Better::Lower);
    count("n_references_max", "Most in one walk", n_refs_max, "references", Better::Lower);
    count("n_exits", "VM exits", n_exits, "exits", Better::Lower);
    count("n_hypercalls", "Hypercalls", n_hypercalls, "calls", Better::Lower);
    count("n_tlb_hits", "TLB hits", shown.n_hits, "hits", Better::Higher);
    count("n_tlb_misses", "TLB misses", shown.n_misses, "misses", Better::Lower);
    count(
        "n_guest_faults",
        "Page faults of the guest",
        shown.n_guest_faults,
        "faults",
        Better::Lower,
    );
    count("time_ns", "Time", time_ns, "ns", Better::Lower);
    for (technique, tally) in TECHNIQUES.iter().zip(&state.tally) {
        let name = technique.name();
        let mut of = |key, label, value: u64, unit| {
            log.metric_of(key, name, label, value as f64, unit);
        };
        of("references", "Table references", tally.n_references, "references");
        of("exits", "VM exits", tally.n_exits, "exits");
        of("hypercalls", "Hypercalls", tally.n_hypercalls, "calls");
        of("total_ns", "Time", tally.time_ns, "ns");
    }
}
