//! Cache coherence: what locks and counters cost the bus between the CPUs' caches.
//!
//! # Model
//! Every CPU has a cache that holds all lines it has touched, kept coherent by MESI over one bus. A
//! hit takes one cycle; whatever needs the bus holds it for a while, and one transaction goes at a
//! time. A CPU that spins on a copy of its own asks nothing of the bus: it looks again when that copy
//! is taken away.
//! # Ties
//! Whoever is ready first goes first; of those that are ready at once, the next CPU in turn after
//! the one that had the bus last.
//! # Left out
//! Caches that are full, store buffers, several levels, directories instead of a bus, an owned state
//! that hands on modified lines without memory, and fairness of real buses.
//! # Source
//! `mellor-crummey-1991`, for the locks; `intel-sdm`, volume 3A, for MESI.

use super::coherence_bus::{Bus, Effect};
use super::coherence_run::{Code, Did, Phase, Setup, Turn, World};
use super::{coherence_scene, paper};
use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::paper::Paper;
use crate::scene::Scene;
use serde::Deserialize;

pub(crate) struct Coherence;

#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    code: Code,
    n_cpus: usize,
    rounds: u32,
    hold_cycles: u64,
    away_cycles: u64,
    bus_cycles: u64,
    padded: bool,
}

/// What an access can need of the bus, in words to choose from.
const ON_THE_BUS: [(Bus, &str); 4] = [
    (Bus::None, "nothing"),
    (Bus::Read, "a read"),
    (Bus::Own, "a read to write"),
    (Bus::Upgrade, "an upgrade"),
];

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(super) world: World,
    /// CPU and line that the step is about.
    pub(super) about: Option<(usize, usize)>,
}

impl Engine for Coherence {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "sync/coherence",
        title: "Cache coherence",
        summary: "Spinning CPUs pass a cache line round, and the bus pays for every turn.",
        look_for: "Count how many copies are taken away each time the lock changes hands.",
        source: "mellor-crummey-1991/21",
        time_unit: "cycles",
        markers: &["enter", "leave"],
    };
    const CHARTS: bool = true;
    const FORM: &'static [Field] = &[
        Field::new(
            "code",
            "All CPUs run",
            Kind::Choice(&[
                ("test_and_set", "Test-and-set lock"),
                ("test_test_and_set", "Test-and-test-and-set lock"),
                ("ticket", "Ticket lock"),
                ("mcs", "MCS queue lock"),
                ("counters", "A counter for each, no lock"),
            ]),
        )
        .or(Preset::Text("test_test_and_set")),
        Field::new("n_cpus", "CPUs", Kind::Int { min: 1, max: 8 }).or(Preset::Int(4)),
        Field::new("rounds", "Rounds", Kind::Int { min: 1, max: 20 })
            .help("How often each takes the lock, or adds to its counter.")
            .or(Preset::Int(2)),
        Field::new("hold_cycles", "Work in the lock", Kind::Int { min: 0, max: 1_000 })
            .unit("cycles")
            .or(Preset::Int(200)),
        Field::new("away_cycles", "Work outside", Kind::Int { min: 0, max: 10_000 })
            .unit("cycles")
            .or(Preset::Int(20)),
        Field::new("bus_cycles", "Bus transaction", Kind::Int { min: 4, max: 400 })
            .unit("cycles")
            .or(Preset::Int(40)),
        Field::new("padded", "Padding", Kind::Flag)
            .help("On: every word has a cache line of its own. Off: eight words share one.")
            .or(Preset::Flag(true)),
    ];
    const EXAMPLE: &'static str = r#"{"code": "test_and_set", "n_cpus": 8}"#;
    const PAPER: Option<Paper> = Some(paper::COHERENCE);

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let setup = setup(scenario);
        let mut world = World::new(&setup);
        let lines = coherence_scene::heads(&setup);
        let start = || {
            let say = format!(
                "The caches are empty, so every first access of the {} CPUs goes over the bus.",
                setup.n_cpus
            );
            Shot::new(say, State { world: world.clone(), about: None })
        };
        log.step(0, "start", start)?;
        let (mut end, mut n_accesses) = (0, 0_u64);
        while let Some(did) = world.next(&setup) {
            end = did.time;
            n_accesses += 1;
            let line = setup.line(did.word);
            let about = Some((did.cpu, line));
            let shot = || {
                let state = State { world: world.clone(), about };
                Shot::new(say(&did, &lines[line]), state).ask(
                    &format!(
                        "{n_accesses}. {} {}. What goes over the bus?",
                        name(did.cpu),
                        did.what
                    ),
                    ON_THE_BUS.map(|it| it.1.to_owned()).to_vec(),
                    ON_THE_BUS.iter().position(|it| it.0 == did.effect.bus).unwrap_or_default(),
                )
            };
            log.step(did.time, tag(&did), shot)?;
        }
        metrics(&setup, &world, end, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        coherence_scene::scene(&setup(scenario), past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        (0..scenario.n_cpus).map(name).collect()
    }
}

fn setup(scenario: &Scenario) -> Setup {
    let Scenario { code, n_cpus, rounds, hold_cycles, away_cycles, bus_cycles, padded } = *scenario;
    Setup { code, n_cpus, rounds, hold_cycles, away_cycles, bus_cycles, padded }
}

pub(super) fn name(cpu: usize) -> String {
    format!("CPU {cpu}")
}

fn tag(did: &Did) -> &'static str {
    match (did.turn, did.effect.bus) {
        (Turn::Enters, _) => "enter",
        (Turn::Leaves, _) => "leave",
        (Turn::None, Bus::None) => "hit",
        (Turn::None, Bus::Read) => "read_miss",
        (Turn::None, Bus::Own) => "write_miss",
        (Turn::None, Bus::Upgrade) => "upgrade",
    }
}

/// The copies of some CPUs: `the copy of CPU 1`, `the copies of CPU 0 and 2`.
fn copies(cpus: &[usize]) -> String {
    let numbers: Vec<String> = cpus.iter().map(ToString::to_string).collect();
    match numbers.as_slice() {
        [one] => format!("the copy of CPU {one}"),
        [init @ .., last] => format!("the copies of CPU {} and {last}", init.join(", ")),
        [] => "no copy".to_owned(),
    }
}

fn why(effect: &Effect) -> String {
    let Effect { before, after, bus, written_back, others } = effect;
    let had = before.word();
    match (bus, written_back) {
        (Bus::None, _) if before != after => format!("its {had} copy becomes {}", after.word()),
        (Bus::None, _) => format!("its {had} copy is a hit"),
        (Bus::Read, Some(owner)) => {
            format!("CPU {owner} writes its modified copy back and shares it")
        }
        (Bus::Read, None) if others.is_empty() => "memory gives it the only copy".to_owned(),
        (Bus::Read, None) => "memory gives it one more copy".to_owned(),
        (Bus::Own, Some(owner)) => {
            format!("CPU {owner} writes its modified copy back and loses it")
        }
        (Bus::Own | Bus::Upgrade, None) if others.is_empty() => {
            "the bus finds no other copy to take away".to_owned()
        }
        (Bus::Own | Bus::Upgrade, _) => format!("the bus takes {} away", copies(others)),
    }
}

fn say(did: &Did, line: &str) -> String {
    let found = if did.found.is_empty() { String::new() } else { format!(" {}", did.found) };
    let Did { cpu, what, effect, .. } = did;
    format!("{} {what}{found}; in the line of {line}, {}.", name(*cpu), why(effect))
}

fn metrics(setup: &Setup, world: &World, end: u64, log: &mut Log<State>) {
    let traffic = world.caches.traffic;
    let mut count = |key, label, value: u64, unit, better| {
        log.metric(key, label, value as f64, unit, better);
    };
    count("n_bus", "Bus transactions", traffic.n_bus(), "transactions", Better::Lower);
    count("n_reads", "Reads over the bus", traffic.n_reads, "transactions", Better::Lower);
    count("n_owns", "Reads to write", traffic.n_owns, "transactions", Better::Lower);
    count("n_upgrades", "Upgrades", traffic.n_upgrades, "transactions", Better::Lower);
    count("n_write_backs", "Lines written back", traffic.n_write_backs, "lines", Better::Lower);
    let taken = traffic.n_invalidations;
    count("n_invalidations", "Copies taken away", taken, "copies", Better::Lower);
    count("n_hits", "Hits", traffic.n_hits, "hits", Better::Neither);
    count("time_cycles", "Time", end, "cycles", Better::Lower);
    count("counted", "Counted in all", world.counted(setup), "", Better::Neither);
    let rounds = setup.n_cpus as f64 * f64::from(setup.rounds);
    let each = traffic.n_bus() as f64 / rounds;
    log.metric("bus_per_round", "Bus transactions a round", each, "transactions", Better::Lower);
    let held = world.cpus.iter().filter(|it| it.phase == Phase::Holds).count();
    log.metric("n_inside", "Inside the lock at the end", held as f64, "CPUs", Better::Neither);
}

#[cfg(test)]
#[path = "coherence_laws.rs"]
mod laws;
