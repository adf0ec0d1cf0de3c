//! An incident: a service is slow, and somebody looks, names a cause, changes something and measures.
//!
//! # Model
//! A host serves requests with a pool of threads. A request works on a CPU, takes a kernel lock, looks
//! into a cache under a mutex, asks the database on a miss, touches memory, calls another service and
//! may write a log. One thing is wrong, so that one of these is asked for more than it can do. Each
//! reading of a tool is computed from seven seconds of that host, played event by event; the first
//! three fill the queues and are not measured. A tool rules out a cause when the sign that this cause
//! would leave in it is missing. Who chooses what to look at, what to name and what to change is the
//! reader. A change that does not help is taken back.
//! # Ties
//! Threads, locks and the disk serve in the order of asking. A request draws the same times whatever
//! was changed.
//! # Left out
//! Two things wrong at once; a second look with the same tool; time-outs of clients and their second
//! tries; readings that are slow or wrong themselves; the network. A changed setting is in force at
//! once when its minutes are over.
//! # Source
//! `gregg-2020`, for the method and the tools; `man-vmstat`; `linux-cgroup-v2`, for the quota.

mod host;
mod run;
mod scene;
mod tell;
mod tools;

#[cfg(test)]
mod laws;

use crate::engine::{Better, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::machine::{AfterPicks, Machine, Then, picks_field, then_field};
use crate::rng::Rng;
use crate::scene::Scene;
use host::{CAUSES, Cause, FIXES, Fix, Host};
use serde::Deserialize;
use std::sync::OnceLock;
use tools::{Measured, TOOLS, Tool, against};

pub(crate) struct Incident;

#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    cause: String,
    n_cpus: u64,
    load: u64,
    severity_percent: u64,
    budget_minutes: u16,
    seed: u64,
    picks: Vec<u32>,
    then: AfterPicks,
}

/// The scenario made ready.
#[derive(Debug)]
pub(crate) struct Setup {
    host: Host,
    cause: Cause,
    budget: u16,
    /// What 99 of 100 requests may take.
    target_ms: u64,
    seed: u64,
    /// By the bits of the changes: what was measured with them, once somebody asks.
    measured: Vec<OnceLock<Box<Measured>>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct State {
    minutes: u16,
    /// Tools that were used.
    looked: u8,
    /// Causes that some reading spoke against.
    ruled: u8,
    /// Place in [`CAUSES`] of the cause that was named, until a change has not mended it.
    named: Option<u8>,
    /// Whether a change is to be chosen next.
    changing: bool,
    /// Changes that were made, and those that helped and stayed.
    tried: u16,
    kept: u16,
}

/// What can be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Move {
    Look(Tool),
    Name(Cause),
    Change(Fix),
}

/// What a change did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    Mended,
    Better,
    None,
    Worse,
}

impl Setup {
    fn measured(&self, fixes: u16) -> &Measured {
        let make = || {
            let host = self.host.clone().changed(fixes);
            let report = run::run(&host, self.seed);
            Box::new(Measured { host, report })
        };
        self.measured[usize::from(fixes)].get_or_init(make)
    }

    fn now(&self, state: &State) -> &Measured {
        self.measured(state.kept)
    }

    fn is_mended(&self, state: &State) -> bool {
        // Before the first change there is nothing to measure.
        state.kept != 0 && self.now(state).report.p99_ms <= self.target_ms
    }

    fn effect(&self, state: &State, fix: Fix) -> Effect {
        let [before, after] =
            [state.kept, state.kept | fix.bit()].map(|it| &self.measured(it).report);
        let fewer = after.all.n_done * 100 < before.all.n_done * 98;
        match (before.p99_ms, after.p99_ms) {
            (_, after) if after <= self.target_ms => Effect::Mended,
            (before, after) if before * 11 < after * 10 || fewer => Effect::Worse,
            (before, after) if after * 10 < before * 9 => Effect::Better,
            _ => Effect::None,
        }
    }

    fn moves(&self, state: &State) -> impl Iterator<Item = Move> {
        let State { looked, tried, changing, .. } = *state;
        let open = !self.is_mended(state);
        let looks = TOOLS.iter().filter(move |it| looked & it.bit() == 0).map(|&it| Move::Look(it));
        let names = CAUSES.iter().map(|&it| Move::Name(it));
        let fixes = FIXES.iter().filter(move |it| tried & it.bit() == 0);
        let looks = looks.chain(names).filter(move |_| open && !changing);
        looks.chain(fixes.map(|&it| Move::Change(it)).filter(move |_| open && changing))
    }

    fn pick(&self, state: &State, pick: u32) -> Option<Move> {
        self.moves(state).nth(usize::try_from(pick).ok()?)
    }

    fn go(&self, state: &mut State, choice: Move) {
        match choice {
            Move::Look(tool) => {
                state.minutes += tool.minutes();
                state.looked |= tool.bit();
                for (cause, _) in against(tool, self.now(state)) {
                    state.ruled |= cause.bit();
                }
            }
            Move::Name(cause) => (state.named, state.changing) = (Some(cause as u8), true),
            Move::Change(fix) => {
                state.minutes += fix.minutes();
                let effect = self.effect(state, fix);
                state.tried |= fix.bit();
                state.changing = false;
                if effect != Effect::Mended {
                    state.named = None;
                }
                if matches!(effect, Effect::Mended | Effect::Better) {
                    state.kept |= fix.bit();
                }
            }
        }
    }
}

impl State {
    /// The causes that nothing spoke against.
    fn possible(&self) -> impl Iterator<Item = Cause> {
        let ruled = self.ruled;
        CAUSES.into_iter().filter(move |it| ruled & it.bit() == 0)
    }

    fn named(&self) -> Option<Cause> {
        CAUSES.get(usize::from(self.named?)).copied()
    }

    /// Whether all other causes than the named one are ruled out, and that one is not.
    fn is_proven(&self) -> bool {
        self.named().is_some_and(|it| self.possible().eq([it]))
    }

    /// What was done between two states.
    fn since(&self, before: &Self) -> Option<Move> {
        let fix = FIXES.iter().find(|it| (self.tried ^ before.tried) & it.bit() != 0);
        let tool = TOOLS.iter().find(|it| self.looked & !before.looked & it.bit() != 0);
        match (fix, tool) {
            (Some(&fix), _) => Some(Move::Change(fix)),
            (None, Some(&tool)) => Some(Move::Look(tool)),
            (None, None) => self.named().map(Move::Name),
        }
    }
}

const fn int(key: &'static str, label: &'static str, min: i64, max: i64, preset: i64) -> Field {
    Field::new(key, label, Kind::Int { min, max }).or(Preset::Int(preset))
}

impl Machine for Incident {
    type Scenario = Scenario;
    type Program = Setup;
    type State = State;
    const META: Meta = Meta {
        id: "sync/incident",
        title: "Slow under load",
        summary: "A service is slow; you choose what to look at, name the cause and change one thing.",
        look_for: "After each reading, see which causes it rules out, and why.",
        source: "gregg-2020/1",
        time_unit: "steps",
        markers: &["rules_out", "guess", "proven", "worse", "mended"],
    };
    const FORM: &'static [Field] = &[
        Field::new(
            "cause",
            "What is wrong",
            Kind::Choice(&[
                ("drawn", "Drawn by the seed: find out"),
                ("lock_held", "A lock that is held too long"),
                ("spinning", "CPUs that spin on one kernel lock"),
                ("thrashing", "More memory in use than there is"),
                ("disk_full", "A disk that cannot take all the writes"),
                ("slow_service", "A slow service behind this one"),
                ("hot_code", "A function that needs too much CPU"),
                ("quota", "A CPU quota that is used up"),
            ]),
        )
        .or(Preset::Text("drawn")),
        int("n_cpus", "CPUs", 4, 32, 8).help("The pool has eight threads for each."),
        int("load", "Load", 100, 1_000, 400).unit("requests/s"),
        int("severity_percent", "How bad", 115, 160, 130)
            .unit("%")
            .help("What is full is asked for so much of what it can do."),
        int("budget_minutes", "Error budget", 10, 240, 30)
            .unit("minutes")
            .help("Looking and changing take time, and users wait meanwhile."),
        int("seed", "Seed", 0, 999_999, 1).help("Another seed, other requests, and another cause."),
        picks_field(
            "Choices so far",
            "One number a step: which of the possible choices is taken, from 0.",
            TOOLS.len() + CAUSES.len(),
        ),
        then_field(
            "After the choices",
            &[
                ("stop", "Stop and let me choose"),
                ("first", "The first that is left"),
                ("turns", "In turns"),
                ("random", "At random"),
            ],
            "stop",
        ),
    ];
    const EXAMPLE: &'static str = r#"{"cause": "lock_held", "picks": [0, 4, 4, 4, 2]}"#;

    fn load(scenario: &Scenario) -> Result<Setup, ScenarioError> {
        let Scenario { n_cpus, load, severity_percent, budget_minutes, seed, .. } = *scenario;
        let drawn = usize::try_from(Rng::new(seed).below(CAUSES.len() as u64)).unwrap_or_default();
        let named = CAUSES.iter().find(|it| it.key() == scenario.cause);
        let cause = *named.unwrap_or(&CAUSES[drawn]);
        let host = Host::ill(n_cpus, load, severity_percent, cause);
        // Four times what a request takes when nothing is wrong and it waits for no turn.
        let all_cures = !(Fix::RaisePool.bit() | Fix::CapPool.bit());
        let target_ms = host.clone().changed(all_cures).alone_us() * 4 / 10_000 * 10;
        let measured = (0..1_u16 << FIXES.len()).map(|_| OnceLock::new()).collect();
        Ok(Setup { host, cause, budget: budget_minutes, target_ms, seed, measured })
    }

    fn picks(scenario: &Scenario) -> &[u32] {
        &scenario.picks
    }

    fn then(scenario: &Scenario) -> Then {
        scenario.then.with(scenario.seed)
    }

    fn start(_: &Setup) -> State {
        let (minutes, looked, ruled, tried, kept) = (0, 0, 0, 0, 0);
        State { minutes, looked, ruled, named: None, changing: false, tried, kept }
    }

    fn choices(setup: &Setup, state: &State) -> Vec<String> {
        setup.moves(state).map(tell::label).collect()
    }

    fn n_choices(setup: &Setup, state: &State) -> u32 {
        u32::try_from(setup.moves(state).count()).unwrap_or_default()
    }

    fn step(setup: &Setup, state: &mut State, pick: u32) {
        if let Some(choice) = setup.pick(state, pick) {
            setup.go(state, choice);
        }
    }

    fn tell(setup: &Setup, before: Option<(&State, u32)>, after: &State) -> (&'static str, String) {
        match before.and_then(|(state, pick)| Some((state, setup.pick(state, pick)?))) {
            Some((before, choice)) => tell::step(setup, before, choice, after),
            None => tell::start(setup),
        }
    }

    fn scene(setup: &Setup, past: &[Frame<State>]) -> Scene {
        scene::scene(setup, past)
    }

    fn broken(setup: &Setup, state: &State) -> Option<&'static str> {
        (setup.budget < state.minutes).then_some("error budget spent")
    }

    fn outcome(setup: &Setup, state: &State) -> String {
        let how = match () {
            () if state.is_proven() => "the cause was proven",
            () if state.named() == Some(setup.cause) => "the cause was a guess",
            () => "the cause that was named is wrong",
        };
        format!("mended; {how}")
    }

    fn metrics(setup: &Setup, picks: &[u32], last: &State, log: &mut Log<State>) {
        let mut state = Self::start(setup);
        let mut n_looks = 0_u32;
        let mut worst_ms = setup.measured(0).report.p99_ms;
        for &pick in picks {
            match setup.pick(&state, pick) {
                Some(Move::Look(_)) => n_looks += 1,
                Some(Move::Change(fix)) => {
                    let it = setup.measured(state.kept | fix.bit());
                    worst_ms = worst_ms.max(it.report.p99_ms);
                }
                _ => {}
            }
            Self::step(setup, &mut state, pick);
        }
        let [first, now] = [&setup.measured(0).report, &setup.now(last).report];
        let number = |it: u64| it as f64;
        let mut add = |key, label, value: f64, unit, better| {
            log.metric(key, label, value, unit, better);
        };
        let minutes = f64::from(last.minutes);
        add("used_minutes", "Time since the complaint", minutes, "minutes", Better::Lower);
        add("n_looks", "Readings taken", f64::from(n_looks), "readings", Better::Neither);
        let n_changes = f64::from(last.tried.count_ones());
        add("n_changes", "Changes made", n_changes, "changes", Better::Lower);
        let n_possible = last.possible().count() as f64;
        add("n_possible", "Causes not ruled out", n_possible, "causes", Better::Lower);
        add("target_ms", "Agreed for 99 of 100", number(setup.target_ms), "ms", Better::Neither);
        for (key, label, ms) in [
            ("p50_first_ms", "Half take at most, at first", first.p50_ms),
            ("p99_first_ms", "99 of 100 take at most, at first", first.p99_ms),
            ("p99_max_ms", "99 of 100 take at most, at worst", worst_ms),
            ("p99_last_ms", "99 of 100 take at most, now", now.p99_ms),
        ] {
            add(key, label, number(ms), "ms", Better::Lower);
        }
        for (key, label, report) in [
            ("throughput_first", "Answered, at first", first),
            ("throughput_last", "Answered, now", now),
        ] {
            let rate = number(report.all.a_second(report.all.n_done));
            add(key, label, rate, "requests/s", Better::Higher);
        }
        let idle = number(setup.measured(0).cpu().id) / 100.0;
        add("cpu_idle", "CPU time without work, at first", idle, "", Better::Neither);
        let mended = f64::from(u8::from(setup.is_mended(last)));
        add("is_mended", "Mended (1 = yes)", mended, "", Better::Higher);
    }

    fn actors(_: &Setup) -> Vec<String> {
        Vec::new()
    }
}
