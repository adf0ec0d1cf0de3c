//! The four conditions of a deadlock as four switches: with any one off, no schedule deadlocks.
//!
//! # Model
//! Processes sit in a ring with one resource between each two. Each takes two resources, works, and
//! gives both back, several times over. Who steps next is a choice. With all four conditions on, each
//! may hold one resource and wait for the next one round the ring.
//! # Ties
//! Choices are listed by process. With no pre-emption off, a process may take what it wants from one
//! that itself waits, and that one must get it again.
//! # Left out
//! Fairness: without a deadlock a process may still lose again and again. Resources of several units.
//! # Source
//! `coffman-1971`, for the conditions; the ring is that of Dijkstra's philosophers.

use super::coffman_scene;
use super::words::{count, list};
use crate::engine::{Better, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::machine::{
    AfterPicks, Machine, PICKS_ARE_STEPS, SEED_FIELD, Then, picks_field, then_field,
};
use crate::scene::Scene;
use serde::Deserialize;

pub(crate) struct Coffman;

/// Most processes.
pub(crate) const PROCESSES_MAX: usize = 5;

/// Name of the law that a deadlock breaks.
const DEADLOCK: &str = "deadlock";

#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    n_processes: usize,
    rounds: u8,
    mutual_exclusion: bool,
    hold_and_wait: bool,
    no_preemption: bool,
    circular_wait: bool,
    picks: Vec<u32>,
    then: AfterPicks,
    seed: u64,
}

/// The scenario made ready.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(super) n: usize,
    rounds: u8,
    pub(super) mutual_exclusion: bool,
    pub(super) hold_and_wait: bool,
    pub(super) no_preemption: bool,
    pub(super) circular_wait: bool,
}

/// Where a process is, as the number of its next line: 0 takes the first, 1 the second, 2 works,
/// 3 gives both back. [`ENDED`] when it has no round left.
pub(crate) const ENDED: u8 = 4;

/// By process: its line, and the rounds it has done.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(super) line: [u8; PROCESSES_MAX],
    done: [u8; PROCESSES_MAX],
}

/// A step that a process may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Move {
    /// Goes on with its line.
    Step,
    /// Takes what it wants from this one.
    Takes(usize),
}

impl Setup {
    pub(super) fn resource(&self, at: usize) -> String {
        format!("R{}", at % self.n + 1)
    }

    /// The two resources of a process, in the order in which it takes them.
    pub(super) fn wants(&self, process: usize) -> [usize; 2] {
        let (own, next) = (process, (process + 1) % self.n);
        // Without the circle everybody takes the lower one first.
        if !self.circular_wait && next < own { [next, own] } else { [own, next] }
    }

    /// What a process holds.
    pub(super) fn held<'a>(&self, state: &State, process: usize) -> &'a [usize] {
        // Which of the two of `wants`, not which resources.
        match state.line[process] {
            1 => &[0],
            2 | 3 => &[0, 1],
            _ => &[],
        }
    }

    pub(super) fn holds(&self, state: &State, process: usize, resource: usize) -> bool {
        self.held(state, process).iter().any(|&it| self.wants(process)[it] == resource)
    }

    /// Who holds a resource that `process` may not share.
    pub(super) fn holder(&self, state: &State, process: usize, resource: usize) -> Option<usize> {
        if !self.mutual_exclusion {
            return None;
        }
        (0..self.n).find(|&it| it != process && self.holds(state, it, resource))
    }

    /// The resource that a process cannot have now, and who has it.
    pub(super) fn waits(&self, state: &State, process: usize) -> Option<(usize, usize)> {
        let [first, second] = self.wants(process);
        let held_by = |it: usize| Some((it, self.holder(state, process, it)?));
        match state.line[process] {
            0 if !self.hold_and_wait => held_by(first).or_else(|| held_by(second)),
            0 => held_by(first),
            1 => held_by(second),
            _ => None,
        }
    }

    /// What a process may do now.
    fn can(&self, state: &State, process: usize) -> Option<Move> {
        if state.line[process] == ENDED {
            return None;
        }
        let Some((_, holder)) = self.waits(state, process) else { return Some(Move::Step) };
        // Only from one that holds its first and waits for its second.
        let takes = !self.no_preemption && self.waits(state, holder).is_some();
        takes.then_some(Move::Takes(holder))
    }

    fn pick(&self, state: &State, pick: u32) -> Option<(usize, Move)> {
        let able = (0..self.n).filter_map(|it| Some((it, self.can(state, it)?)));
        able.clone().nth(usize::try_from(pick).ok()?)
    }

    /// The processes of a circle of waiting, or nothing.
    pub(super) fn circle(&self, state: &State) -> Vec<usize> {
        for start in 0..self.n {
            let mut path = vec![start];
            while let Some((_, to)) = path.last().and_then(|&it| self.waits(state, it)) {
                if to == start {
                    return path;
                }
                if path.contains(&to) {
                    break;
                }
                path.push(to);
            }
        }
        Vec::new()
    }
}

impl State {
    fn go(&mut self, setup: &Setup, process: usize, step: Move) {
        if let Move::Takes(victim) = step {
            // The victim holds its first only: it must get that again.
            self.line[victim] = 0;
        }
        let line = &mut self.line[process];
        match *line {
            0 if !setup.hold_and_wait => *line = 2,
            0..=2 => *line += 1,
            _ => {
                self.done[process] += 1;
                *line = if self.done[process] < setup.rounds { 0 } else { ENDED };
            }
        }
    }
}

pub(super) fn name(process: usize) -> String {
    format!("P{}", process + 1)
}

impl Machine for Coffman {
    type Scenario = Scenario;
    type Program = Setup;
    type State = State;
    const META: Meta = Meta {
        id: "deadlock/coffman",
        title: "The four conditions",
        summary: "A deadlock needs four conditions at once; switch any one off and none is left.",
        look_for: "Turn one condition off, explore all schedules, and look for the deadlock again.",
        source: "coffman-1971/70",
        time_unit: "steps",
        markers: &["wait", "preempt", "deadlock"],
    };
    const FORM: &'static [Field] = &[
        Field::new("n_processes", "Processes", Kind::Int { min: 2, max: PROCESSES_MAX as i64 })
            .help("In a ring, with as many resources between them.")
            .or(Preset::Int(3)),
        Field::new("rounds", "Rounds", Kind::Int { min: 1, max: 3 })
            .help("How often each takes, works and gives back.")
            .or(Preset::Int(1)),
        Field::new("mutual_exclusion", "Mutual exclusion", Kind::Flag)
            .help("Off: any number may hold a resource at once.")
            .or(Preset::Flag(true)),
        Field::new("hold_and_wait", "Hold and wait", Kind::Flag)
            .help("Off: a process takes both of its resources at once, or none.")
            .or(Preset::Flag(true)),
        Field::new("no_preemption", "No pre-emption", Kind::Flag)
            .help("Off: what a waiting process holds may be taken from it.")
            .or(Preset::Flag(true)),
        Field::new("circular_wait", "Circular wait", Kind::Flag)
            .help("Off: everybody takes the resource with the lower number first.")
            .or(Preset::Flag(true)),
        picks_field("Schedule so far", PICKS_ARE_STEPS, PROCESSES_MAX),
        then_field(
            "After the schedule",
            &[
                ("stop", "Stop and let me pick"),
                ("first", "The first process that can"),
                ("turns", "In turns"),
                ("random", "At random"),
            ],
            "stop",
        ),
        SEED_FIELD,
    ];
    const EXAMPLE: &'static str = r#"{"n_processes": 3, "picks": [0, 1, 1]}"#;

    fn load(scenario: &Scenario) -> Result<Setup, ScenarioError> {
        let Scenario { n_processes, rounds, mutual_exclusion, .. } = *scenario;
        let Scenario { hold_and_wait, no_preemption, circular_wait, .. } = *scenario;
        let n = n_processes.clamp(2, PROCESSES_MAX);
        Ok(Setup { n, rounds, mutual_exclusion, hold_and_wait, no_preemption, circular_wait })
    }

    fn picks(scenario: &Scenario) -> &[u32] {
        &scenario.picks
    }

    fn then(scenario: &Scenario) -> Then {
        scenario.then.with(scenario.seed)
    }

    fn start(setup: &Setup) -> State {
        let mut line = [ENDED; PROCESSES_MAX];
        line[..setup.n].fill(0);
        State { line, done: [0; PROCESSES_MAX] }
    }

    fn choices(setup: &Setup, state: &State) -> Vec<String> {
        let label = |it: usize| {
            let [first, second] = setup.wants(it).map(|at| setup.resource(at));
            let step = setup.can(state, it)?;
            let what = match (step, state.line[it]) {
                (Move::Takes(from), line) => {
                    let what = if line == 0 { first } else { second };
                    return Some(format!("{} takes {what} from {}", name(it), name(from)));
                }
                (Move::Step, 0) if !setup.hold_and_wait => format!("takes {first} and {second}"),
                (Move::Step, 0) => format!("takes {first}"),
                (Move::Step, 1) => format!("takes {second}"),
                (Move::Step, 2) => "works".to_owned(),
                (Move::Step, _) => "gives back".to_owned(),
            };
            Some(format!("{} {what}", name(it)))
        };
        (0..setup.n).filter_map(label).collect()
    }

    fn n_choices(setup: &Setup, state: &State) -> u32 {
        let n = (0..setup.n).filter(|&it| setup.can(state, it).is_some()).count();
        u32::try_from(n).unwrap_or_default()
    }

    fn step(setup: &Setup, state: &mut State, pick: u32) {
        if let Some((process, step)) = setup.pick(state, pick) {
            state.go(setup, process, step);
        }
    }

    fn tell(setup: &Setup, before: Option<(&State, u32)>, after: &State) -> (&'static str, String) {
        let taken = before.and_then(|(state, pick)| Some((state, setup.pick(state, pick)?)));
        match taken {
            Some((state, (process, step))) => tell(setup, state, process, step, after),
            None => {
                let n = count(setup.n as u64, "processes");
                let say = format!(
                    "The ring has {n} and as many resources, all free, because nobody has begun."
                );
                ("start", say)
            }
        }
    }

    fn scene(setup: &Setup, past: &[Frame<State>]) -> Scene {
        let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
        coffman_scene::scene(setup, state)
    }

    fn broken(setup: &Setup, state: &State) -> Option<&'static str> {
        let stuck = Self::n_choices(setup, state) == 0;
        (stuck && state.line[..setup.n].iter().any(|&it| it != ENDED)).then_some(DEADLOCK)
    }

    fn outcome(_: &Setup, _: &State) -> String {
        "everybody has finished".to_owned()
    }

    fn metrics(setup: &Setup, picks: &[u32], last: &State, log: &mut Log<State>) {
        let mut state = Self::start(setup);
        let mut n_preempted = 0_u32;
        for &pick in picks {
            if let Some((process, step)) = setup.pick(&state, pick) {
                n_preempted += u32::from(step != Move::Step);
                state.go(setup, process, step);
            }
        }
        let mut count = |key, label, value: usize, unit, better| {
            log.metric(key, label, value as f64, unit, better);
        };
        let dead = usize::from(Self::broken(setup, last).is_some());
        count("n_steps", "Steps taken", picks.len(), "steps", Better::Neither);
        let finished = last.line[..setup.n].iter().filter(|&&it| it == ENDED).count();
        count("n_finished", "Processes that have finished", finished, "processes", Better::Higher);
        let taken = usize::try_from(n_preempted).unwrap_or_default();
        count("n_preempted", "Resources taken away", taken, "times", Better::Lower);
        count("has_deadlock", "Deadlock (1 = yes)", dead, "", Better::Lower);
    }

    fn actors(setup: &Setup) -> Vec<String> {
        (0..setup.n).map(name).collect()
    }

    fn actor(setup: &Setup, state: &State, pick: u32) -> Option<u16> {
        setup.pick(state, pick).and_then(|it| u16::try_from(it.0).ok())
    }
}

/// Tag and sentence of a step.
fn tell(
    setup: &Setup,
    before: &State,
    process: usize,
    step: Move,
    after: &State,
) -> (&'static str, String) {
    let who = name(process);
    let [first, second] = setup.wants(process).map(|it| setup.resource(it));
    let free = if setup.mutual_exclusion { "nobody holds it" } else { "it may be shared" };
    let (tag, what) = match (step, before.line[process]) {
        (Move::Takes(from), line) => {
            let what = if line == 0 { &first } else { &second };
            let from = name(from);
            let say = format!("{who} takes {what} from {from}, because {from} waits itself");
            ("preempt", say)
        }
        (Move::Step, 0) if !setup.hold_and_wait => {
            let why = if setup.mutual_exclusion { "both are free" } else { "both may be shared" };
            ("take", format!("{who} takes {first} and {second} at once, because {why}"))
        }
        (Move::Step, 0) => ("take", format!("{who} takes {first}, because {free}")),
        (Move::Step, 1) => ("take", format!("{who} takes {second} as well, because {free}")),
        (Move::Step, 2) => {
            ("work", format!("{who} works, because it holds both {first} and {second}"))
        }
        (Move::Step, _) => {
            let say = format!("{who} gives back {first} and {second}, because its work is done");
            ("give_back", say)
        }
    };
    let circle = setup.circle(after);
    if Coffman::broken(setup, after).is_some() {
        let all: Vec<String> = circle.iter().map(|&it| name(it)).collect();
        let say = format!("{what}; now {} wait in a circle: a deadlock.", list(&all));
        return ("deadlock", say);
    }
    match setup.waits(after, process) {
        Some((resource, holder)) if tag != "give_back" => {
            let (resource, holder) = (setup.resource(resource), name(holder));
            ("wait", format!("{what}; next it waits for {resource}, which {holder} holds."))
        }
        _ => (tag, format!("{what}.")),
    }
}

#[cfg(test)]
mod tests {
    use super::Coffman;
    use crate::explore::{Verdict, explore_value};
    use crate::machine::Machine;
    use serde_json::{Value, json};

    fn verdict(scenario: &Value) -> (Verdict, u32) {
        let found = explore_value::<Coffman>(scenario, 1_000_000).unwrap();
        assert!(found.complete || found.verdict != Verdict::Holds);
        (found.verdict, found.n_states)
    }

    #[test]
    fn with_all_four_the_shortest_deadlock_is_one_step_each() {
        for n in 2..=5 {
            let (found, _) = verdict(&json!({"n_processes": n}));
            let Verdict::Broken { law, picks } = found else { panic!("{n}: {found:?}") };
            assert_eq!((law, picks.len()), ("deadlock", n));
        }
    }

    #[test]
    fn without_any_one_of_them_no_schedule_deadlocks() {
        let all = ["mutual_exclusion", "hold_and_wait", "no_preemption", "circular_wait"];
        for n in 2..=5 {
            for rounds in 1..=if n < 5 { 2 } else { 1 } {
                for off in 1..16_u32 {
                    let mut scenario = json!({"n_processes": n, "rounds": rounds});
                    for (at, key) in all.iter().enumerate() {
                        scenario[key] = json!(off >> at & 1 == 0);
                    }
                    let (found, n_states) = verdict(&scenario);
                    assert_eq!(found, Verdict::Holds, "{scenario}");
                    assert!(1 < n_states);
                }
            }
        }
    }

    #[test]
    fn no_resource_has_two_holders_unless_it_may_be_shared() {
        for off in ["hold_and_wait", "no_preemption", "circular_wait"] {
            let mut scenario = json!({"n_processes": 4, "rounds": 2, "then": "random"});
            scenario[off] = json!(false);
            for seed in 0..40 {
                scenario["seed"] = json!(seed);
                let checked = crate::check(Coffman::FORM, &scenario).unwrap();
                let typed = crate::engine::typed(&checked).unwrap();
                let setup = Coffman::load(&typed).unwrap();
                let mut state = Coffman::start(&setup);
                let mut rng = crate::Rng::new(seed);
                for _ in 0..200 {
                    for resource in 0..setup.n {
                        let holds = |&it: &usize| setup.holds(&state, it, resource);
                        assert!((0..setup.n).filter(holds).count() <= 1, "{scenario}");
                    }
                    let n = u64::from(Coffman::n_choices(&setup, &state));
                    if n == 0 {
                        break;
                    }
                    Coffman::step(&setup, &mut state, u32::try_from(rng.below(n)).unwrap());
                }
            }
        }
    }
}
