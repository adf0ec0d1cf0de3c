//! Read-copy-update: readers without locks, and an updater that waits before it frees.
//!
//! # Model
//! A pointer leads to the current version. Readers on several CPUs enter a section, follow the
//! pointer, use what they found, and leave; none of that waits for anybody. The updater publishes a
//! new version, waits for a grace period, and frees the old one. The grace period ends when every CPU
//! has passed a quiescent state, such as a switch of threads, since the new version was published.
//! Who steps next is a choice.
//! # Ties
//! Choices are listed by CPU, the updater last. A CPU that is outside of any section when the new
//! version is published counts as quiescent.
//! # Left out
//! Several updaters, which would need a lock between them; callbacks instead of waiting; readers that
//! are pre-empted inside a section by design; the order of memory accesses.
//! # Source
//! `mckenney-1998`.

use super::rcu_scene;
use crate::engine::{Better, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::machine::{
    AfterPicks, Machine, PICKS_ARE_STEPS, SEED_FIELD, Then, picks_field, then_field,
};
use crate::scene::Scene;
use crate::words::list;
use serde::Deserialize;

pub(crate) struct Rcu;

/// Most CPUs with readers.
pub(super) const READERS_MAX: usize = 3;

#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    n_readers: usize,
    rounds: u8,
    n_updates: u8,
    waits: bool,
    picks: Vec<u32>,
    then: AfterPicks,
    seed: u64,
}

/// The scenario made ready.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(super) n: usize,
    rounds: u8,
    n_updates: u8,
    pub(super) waits: bool,
}

/// Lines of a reader.
pub(super) const READER: [&str; 5] =
    ["rcu_read_lock()", "p = rcu_dereference(ptr)", "use(p)", "rcu_read_unlock()", "schedule()"];
/// Lines of the updater.
pub(super) const UPDATER: [&str; 4] =
    ["new = copy(ptr)", "old = exchange(ptr, new)", "synchronize_rcu()", "free(old)"];
/// Line of one that has ended.
pub(super) const ENDED: u8 = 9;

/// One reader's CPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Reader {
    pub(super) line: u8,
    n_done: u8,
    /// The version that it holds.
    pub(super) held: Option<u8>,
    /// Whether it was quiescent since the last publication.
    pub(super) quiet: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(super) readers: [Reader; READERS_MAX],
    /// The updater's line, and the updates it has done.
    pub(super) line: u8,
    n_done: u8,
    /// The version that the pointer leads to.
    pub(super) current: u8,
    /// Versions below this are freed.
    pub(super) n_freed: u8,
}

impl Setup {
    /// Who can step: readers by number, then the updater.
    fn able(&self, state: &State) -> impl Iterator<Item = usize> {
        let readers = state.readers;
        let updater = state.line != ENDED && !self.is_waiting(state);
        let able = move |&it: &usize| match readers.get(it) {
            Some(reader) if it < READERS_MAX => reader.line != ENDED,
            _ => updater,
        };
        (0..self.n).chain(std::iter::once(READERS_MAX)).filter(able)
    }

    /// Whether the updater has to wait for a quiescent state.
    pub(super) fn is_waiting(&self, state: &State) -> bool {
        self.waits && state.line == 2 && state.readers[..self.n].iter().any(|it| !it.quiet)
    }

    fn pick(&self, state: &State, pick: u32) -> Option<usize> {
        self.able(state).nth(usize::try_from(pick).ok()?)
    }

    fn go(&self, state: &mut State, who: usize) {
        if who == READERS_MAX {
            match state.line {
                1 => {
                    state.current += 1;
                    for reader in &mut state.readers {
                        reader.quiet = matches!(reader.line, 0 | ENDED);
                    }
                }
                3 => {
                    state.n_freed += 1;
                    state.n_done += 1;
                }
                _ => {}
            }
            let again = if state.n_done < self.n_updates { 0 } else { ENDED };
            state.line = if state.line == 3 { again } else { state.line + 1 };
            return;
        }
        let current = state.current;
        let reader = &mut state.readers[who];
        match reader.line {
            1 => reader.held = Some(current),
            3 => reader.held = None,
            4 => {
                reader.quiet = true;
                reader.n_done += 1;
            }
            _ => {}
        }
        let again = if reader.n_done < self.rounds { 0 } else { ENDED };
        reader.line = if reader.line == 4 { again } else { reader.line + 1 };
    }

    /// A reader that holds what is freed.
    pub(super) fn victim(&self, state: &State) -> Option<usize> {
        let gone = |it: &Reader| it.held.is_some_and(|it| it < state.n_freed);
        state.readers[..self.n].iter().position(gone)
    }
}

pub(super) fn name(who: usize) -> String {
    if who == READERS_MAX { "The updater".to_owned() } else { format!("CPU {who}") }
}

pub(super) fn version(it: u8) -> String {
    format!("v{it}")
}

impl Machine for Rcu {
    type Scenario = Scenario;
    type Program = Setup;
    type State = State;
    const META: Meta = Meta {
        id: "sync/rcu",
        title: "Read-copy-update",
        summary: "Readers take no lock; an updater frees an old version after a grace period.",
        look_for: "The old version stays until every CPU has passed a quiescent state.",
        source: "mckenney-1998/509",
        time_unit: "steps",
        markers: &["publish", "grace_over", "free", "use_after_free"],
    };
    const FORM: &'static [Field] = &[
        Field::new("n_readers", "Readers", Kind::Int { min: 1, max: READERS_MAX as i64 })
            .help("Each on a CPU of its own.")
            .or(Preset::Int(2)),
        Field::new("rounds", "Rounds of a reader", Kind::Int { min: 1, max: 3 }).or(Preset::Int(1)),
        Field::new("n_updates", "Updates", Kind::Int { min: 1, max: 3 }).or(Preset::Int(1)),
        Field::new("waits", "Wait for the grace period", Kind::Flag)
            .help("Off: the updater frees the old version at once.")
            .or(Preset::Flag(true)),
        picks_field("Schedule so far", PICKS_ARE_STEPS, READERS_MAX + 1),
        then_field(
            "After the schedule",
            &[
                ("stop", "Stop and let me pick"),
                ("first", "The first that can"),
                ("turns", "In turns"),
                ("random", "At random"),
            ],
            "first",
        ),
        SEED_FIELD,
    ];
    const EXAMPLE: &'static str = r#"{"picks": [0, 0, 2, 2, 1, 1]}"#;

    fn load(scenario: &Scenario) -> Result<Setup, ScenarioError> {
        let Scenario { n_readers, rounds, n_updates, waits, .. } = *scenario;
        Ok(Setup { n: n_readers.clamp(1, READERS_MAX), rounds, n_updates, waits })
    }

    fn picks(scenario: &Scenario) -> &[u32] {
        &scenario.picks
    }

    fn then(scenario: &Scenario) -> Then {
        scenario.then.with(scenario.seed)
    }

    fn start(setup: &Setup) -> State {
        let ended = Reader { line: ENDED, n_done: 0, held: None, quiet: true };
        let mut readers = [ended; READERS_MAX];
        readers[..setup.n].fill(Reader { line: 0, quiet: false, ..ended });
        State { readers, line: 0, n_done: 0, current: 0, n_freed: 0 }
    }

    fn choices(setup: &Setup, state: &State) -> Vec<String> {
        let label = |who: usize| match state.readers.get(who) {
            Some(reader) => format!("{} {}", name(who), READER[usize::from(reader.line)]),
            None => format!("updater {}", UPDATER[usize::from(state.line)]),
        };
        setup.able(state).map(label).collect()
    }

    fn n_choices(setup: &Setup, state: &State) -> u32 {
        u32::try_from(setup.able(state).count()).unwrap_or_default()
    }

    fn step(setup: &Setup, state: &mut State, pick: u32) {
        if let Some(who) = setup.pick(state, pick) {
            setup.go(state, who);
        }
    }

    fn tell(setup: &Setup, before: Option<(&State, u32)>, after: &State) -> (&'static str, String) {
        let taken = before.and_then(|(state, pick)| Some((state, setup.pick(state, pick)?)));
        match taken {
            Some((before, who)) if who == READERS_MAX => update(setup, before, after),
            Some((before, who)) => read(setup, before, who, after),
            None => {
                let say = "The pointer leads to v0, because nothing has been published yet.";
                ("start", say.to_owned())
            }
        }
    }

    fn scene(setup: &Setup, past: &[Frame<State>]) -> Scene {
        let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
        rcu_scene::scene(setup, state)
    }

    fn broken(setup: &Setup, state: &State) -> Option<&'static str> {
        setup.victim(state).map(|_| "use after free")
    }

    fn outcome(_: &Setup, state: &State) -> String {
        format!("{} is current, {} freed", version(state.current), state.n_freed)
    }

    fn metrics(setup: &Setup, picks: &[u32], last: &State, log: &mut Log<State>) {
        let mut state = Self::start(setup);
        let mut n_waited = 0_u32;
        for &pick in picks {
            n_waited += u32::from(setup.is_waiting(&state));
            Self::step(setup, &mut state, pick);
        }
        let mut count = |key, label, value: f64, unit, better| {
            log.metric(key, label, value, unit, better);
        };
        count("n_steps", "Steps taken", picks.len() as f64, "steps", Better::Neither);
        let waited = f64::from(n_waited);
        count("grace_steps", "Steps in which the updater waited", waited, "steps", Better::Lower);
        count("n_freed", "Versions freed", f64::from(last.n_freed), "versions", Better::Neither);
        let broken = f64::from(u8::from(setup.victim(last).is_some()));
        count("n_broken", "Laws broken", broken, "laws", Better::Lower);
    }

    fn actors(setup: &Setup) -> Vec<String> {
        (0..setup.n).map(name).chain(std::iter::once("updater".to_owned())).collect()
    }

    fn actor(setup: &Setup, state: &State, pick: u32) -> Option<u16> {
        u16::try_from(setup.pick(state, pick)?.min(setup.n)).ok()
    }
}

fn read(setup: &Setup, before: &State, who: usize, after: &State) -> (&'static str, String) {
    let reader = before.readers[who];
    let held = reader.held.map_or_else(String::new, version);
    let who_name = name(who);
    let old = reader.held.is_some_and(|it| it < before.current);
    let (tag, what) = match reader.line {
        0 => ("enter", format!("{who_name} enters a section, because reading needs no lock")),
        1 => {
            let found = version(after.current);
            let say = format!("{who_name} finds {found}, because the pointer leads there now");
            ("read", say)
        }
        2 if old => (
            "use",
            format!("{who_name} still uses {held}, which is safe because nobody frees it yet"),
        ),
        2 => ("use", format!("{who_name} uses {held}, because it found that behind the pointer")),
        3 => ("leave", format!("{who_name} leaves its section and holds no version any more")),
        _ => {
            let say = format!(
                "{who_name} switches threads: a quiescent state, because no section is open"
            );
            ("quiet", say)
        }
    };
    match setup.is_waiting(before) && !setup.is_waiting(after) {
        true => {
            ("grace_over", format!("{what}; it was the last CPU, and the grace period is over."))
        }
        false => (tag, format!("{what}.")),
    }
}

fn update(setup: &Setup, before: &State, after: &State) -> (&'static str, String) {
    match before.line {
        0 => {
            let say = format!(
                "The updater makes a copy of {}, because readers may be using that.",
                version(before.current)
            );
            ("copy", say)
        }
        1 => {
            let open = (0..setup.n).filter(|&it| !after.readers[it].quiet).map(name);
            let open: Vec<String> = open.collect();
            let rest = match open.is_empty() {
                true => "no CPU can hold the old one".to_owned(),
                false => format!("{} may still hold the old one", list(&open)),
            };
            let say = format!("The updater publishes {}; {rest}.", version(after.current));
            ("publish", say)
        }
        2 if setup.waits => {
            let say = "The updater goes on, because every CPU was quiescent since it published.";
            ("go_on", say.to_owned())
        }
        2 => {
            let say = "The updater does not wait, because the grace period is switched off.";
            ("no_grace", say.to_owned())
        }
        _ => {
            let freed = version(before.n_freed);
            match setup.victim(after) {
                Some(who) => (
                    "use_after_free",
                    format!(
                        "The updater frees {freed} although {} still holds it: use after free.",
                        name(who)
                    ),
                ),
                None => ("free", format!("The updater frees {freed}, because no CPU can hold it.")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Rcu, Setup, State};
    use crate::explore::{Verdict, explore_value};
    use crate::machine::Machine;
    use serde_json::json;

    #[test]
    fn with_a_grace_period_no_reader_holds_what_is_freed() {
        for n_readers in 1..=3 {
            for rounds in 1..=if n_readers < 3 { 3 } else { 2 } {
                let scenario = json!({"n_readers": n_readers, "rounds": rounds, "n_updates": 2});
                let found = explore_value::<Rcu>(&scenario, 3_000_000).unwrap();
                assert!(found.complete && found.verdict == Verdict::Holds, "{scenario}");
                // Nobody is stuck: every schedule ends with all updates done.
                let labels: Vec<&str> = found.outcomes.iter().map(|it| it.label.as_str()).collect();
                assert_eq!(labels, ["v2 is current, 2 freed"]);
            }
        }
    }

    #[test]
    fn without_it_the_shortest_schedule_takes_six_steps() {
        let found = explore_value::<Rcu>(&json!({"waits": false}), 100_000).unwrap();
        // Enter and follow the pointer; copy, publish, not wait, free.
        let Verdict::Broken { law, picks } = found.verdict else { panic!("it holds") };
        assert_eq!((law, picks.len()), ("use after free", 6));
    }

    #[test]
    fn readers_never_wait() {
        let setup = Setup { n: 3, rounds: 2, n_updates: 2, waits: true };
        let mut rng = crate::Rng::new(72);
        for _ in 0..200 {
            let mut state: State = Rcu::start(&setup);
            loop {
                let open = state.readers[..3].iter().filter(|it| it.line != super::ENDED).count();
                let n = Rcu::n_choices(&setup, &state);
                assert!(open <= n as usize);
                if n == 0 {
                    break;
                }
                Rcu::step(&setup, &mut state, u32::try_from(rng.below(u64::from(n))).unwrap());
            }
        }
    }
}
