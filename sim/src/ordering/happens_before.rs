//! Happens-before over a run of several threads, by vector clocks, and the data races in it.
//!
//! # Model
//! A run is a list of events in the order in which they took place. Each thread counts its events,
//! and has a clock: how many events of each thread happen before where it stands. A release, an
//! unlock and a start leave the clock for others; the acquire that reads the value, the next lock and
//! the thread that is started take it over, and a join takes that of the thread which has ended.
//! An event happens before another one if that one's clock has counted it. Two accesses to a
//! variable race if they are in different threads, one writes, one is not atomic, and neither
//! happens before the other. Each access is checked against the last ones of every other thread.
//! # Ties
//! Events run in the order of the list. An atomic load reads the last store of the list before it.
//! A race is told with the latest of the earlier accesses.
//! # Left out
//! Fences, which order without an access; loads that return older stores, as weak memory allows:
//! `ordering/litmus` has both. Values and branches.
//! # Source
//! `lamport-1978` for the relation, `flanagan-2009` for the detection.

use super::happens_before_scene as view;
use super::trace::{Event, Verb, parse};
use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::ScenarioError;
use crate::form::{Field, Kind};
use crate::scene::Scene;
use serde::Deserialize;
use std::sync::Arc;

pub(crate) struct HappensBefore;

#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    run: String,
}

/// What came of one event.
#[derive(Debug, Clone, Default)]
pub(super) struct Done {
    /// Events of each thread that happen before, this one included.
    pub(super) clock: Vec<u32>,
    /// The event of another thread whose clock it took over.
    pub(super) learns: Option<usize>,
    /// Earlier accesses that it races with, the latest first.
    pub(super) races: Vec<usize>,
    /// Whether another thread touched the variable before in a way that could race.
    pub(super) was_contested: bool,
}

/// A run with its clocks.
#[derive(Debug)]
pub(super) struct Story {
    pub(super) threads: Vec<String>,
    /// Variables and locks.
    pub(super) things: Vec<String>,
    pub(super) events: Vec<Event>,
    pub(super) done: Vec<Done>,
}

/// One picture: so many events have taken place.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(super) story: Arc<Story>,
    pub(super) n: usize,
}

impl Story {
    pub(super) fn new(threads: Vec<String>, things: Vec<String>, events: Vec<Event>) -> Self {
        let mut story = Self { threads, things, events, done: Vec::new() };
        for at in 0..story.events.len() {
            let done = story.next(at);
            story.done.push(done);
        }
        story
    }

    /// The last event of a thread before an event.
    pub(super) fn last_of(&self, thread: usize, before: usize) -> Option<usize> {
        (0..before).rev().find(|&it| self.events[it].thread == thread)
    }

    /// The event from which this one takes over a clock.
    fn learns(&self, at: usize) -> Option<usize> {
        let Event { thread, verb, what } = self.events[at];
        let mut earlier = (0..at).rev();
        match verb {
            Verb::Join => self.last_of(what, at),
            Verb::Lock => {
                let is_it = |it: &Event| it.verb == Verb::Unlock && it.what == what;
                earlier.find(|&it| is_it(&self.events[it]))
            }
            Verb::Acquire | Verb::Update => {
                let is_store =
                    |it: &Event| it.verb.is_atomic() && it.verb.writes() && it.what == what;
                let store = earlier.find(|&it| is_store(&self.events[it]));
                store.filter(|&it| self.events[it].verb.releases())
            }
            _ if self.last_of(thread, at).is_some() => None,
            _ => {
                let is_it = |it: &Event| it.verb == Verb::Start && it.what == thread;
                earlier.find(|&it| is_it(&self.events[it]))
            }
        }
    }

    fn next(&self, at: usize) -> Done {
        let Event { thread, verb, what } = self.events[at];
        let mut clock = vec![0; self.threads.len()];
        let start = (0..at).find(|&it| {
            let event = self.events[it];
            event.verb == Verb::Start && event.what == thread
        });
        let own = self.last_of(thread, at);
        let learns = self.learns(at);
        for from in [own, learns, start.filter(|_| own.is_none())].into_iter().flatten() {
            for (mine, theirs) in clock.iter_mut().zip(&self.done[from].clock) {
                *mine = (*mine).max(*theirs);
            }
        }
        clock[thread] += 1;
        let rivals = (0..at).rev().filter(|&it| {
            let other = self.events[it];
            let same = other.what == what && other.thread != thread;
            same && verb.conflicts(other.verb) && self.last_like(it, at)
        });
        let rivals: Vec<usize> = rivals.collect();
        let is_unknown = |&it: &usize| {
            let other = self.events[it].thread;
            clock[other] < self.done[it].clock[other]
        };
        let races = rivals.iter().copied().filter(is_unknown).collect();
        let learns = learns.filter(|&it| self.events[it].thread != thread);
        Done { clock, learns, races, was_contested: !rivals.is_empty() }
    }

    /// Whether an access is the last of its kind that its thread made to the variable: an earlier
    /// one happens before it, so that nothing is lost by looking at this one alone.
    fn last_like(&self, it: usize, at: usize) -> bool {
        let event = self.events[it];
        !self.events[it + 1..at].contains(&event)
    }

    pub(super) fn n_races(&self) -> usize {
        self.done.iter().filter(|it| !it.races.is_empty()).count()
    }
}

impl Engine for HappensBefore {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "ordering/happens_before",
        title: "Happens before",
        summary: "Vector clocks along a run of threads: what is ordered, and which accesses race.",
        look_for: "Where no chain of arrows leads from one access to another, the two race.",
        source: "flanagan-2009/2",
        time_unit: "events",
        markers: &["learns", "race"],
    };
    const FORM: &'static [Field] = &[Field::new("run", "Run", Kind::Code { max_chars: 2_000 }).help(
        "One event a line, such as `A: write data`. Also read; load, store, acquire, release and \
         update of an atomic; lock and unlock; start and join of a thread.",
    )];
    const EXAMPLE: &'static str = r#"{
        "run": "A: write data\nA: release flag\nB: acquire flag\nB: read data\nA: write data\n"
    }"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let story = Arc::new(parse("/run", &scenario.run)?);
        let state = |n| State { story: Arc::clone(&story), n };
        log.step(0, "start", || Shot::new(view::opening(&story), state(0)))?;
        for (time, at) in (1..).zip(0..story.events.len()) {
            let done = &story.done[at];
            let tag = view::tag(&story, at);
            log.step(time, tag, || {
                let shot = Shot::new(view::say(&story, at), state(at + 1));
                if !done.was_contested {
                    return shot;
                }
                let options = vec!["Yes".to_owned(), "No: it is a data race".to_owned()];
                let question = view::question(&story, at);
                shot.ask(&question, options, usize::from(!done.races.is_empty()))
            })?;
        }
        let mut count = |key, label, value: usize, unit, better| {
            log.metric(key, label, value as f64, unit, better);
        };
        let n_learns = story.done.iter().filter(|it| it.learns.is_some()).count();
        count("n_events", "Events", story.events.len(), "events", Better::Neither);
        count("n_races", "Accesses that race", story.n_races(), "accesses", Better::Lower);
        count("n_arrows", "Arrows between threads", n_learns, "arrows", Better::Neither);
        let pairs = view::n_concurrent(&story);
        count("n_concurrent", "Pairs that nothing orders", pairs, "pairs", Better::Neither);
        Ok(())
    }

    fn scene(_: &Scenario, past: &[Frame<State>]) -> Scene {
        past.last().map_or_else(Scene::default, |it| view::scene(&it.state))
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        parse("/run", &scenario.run).map_or_else(|_| Vec::new(), |it| it.threads)
    }
}

#[cfg(test)]
mod tests {
    use super::Story;
    use crate::ordering::axioms::Laws;
    use crate::ordering::events::Execution;
    use crate::ordering::litmus::Orders;
    use crate::ordering::litmus_laws::{random_program, study};
    use crate::ordering::program::{Op, Order, Program};
    use crate::ordering::relation::Rel;
    use crate::ordering::study::Study;
    use crate::ordering::trace::{Event, Verb, parse};

    fn races(run: &str) -> usize {
        parse("/run", run).unwrap().n_races()
    }

    #[test]
    fn each_rule_orders() {
        assert_eq!(races("A: write x\nB: read x"), 1);
        assert_eq!(races("A: write x\nA: release f\nB: acquire f\nB: read x"), 0);
        assert_eq!(races("A: write x\nA: store f\nB: acquire f\nB: read x"), 1);
        assert_eq!(races("A: write x\nA: release f\nB: load f\nB: read x"), 1);
        assert_eq!(races("B: acquire f\nA: write x\nA: release f\nB: read x"), 1);
        assert_eq!(races("A: lock m\nA: write x\nA: unlock m\nB: lock m\nB: read x"), 0);
        assert_eq!(races("A: write x\nA: start B\nB: write x\nA: join B\nA: read x"), 0);
        assert_eq!(races("A: start B\nA: write x\nB: write x"), 1);
        // The chain of updates hands on what the first one released; a store between cuts it.
        let chain = "A: write x\nA: release f\nB: update f\nC: acquire f\nC: read x";
        assert_eq!(races(chain), 0);
        let cut = "A: write x\nA: release f\nB: store f\nC: acquire f\nC: read x";
        assert_eq!(races(cut), 1);
        // Atomic accesses do not race with one another, and do with plain ones.
        assert_eq!(races("A: store f\nB: store f\nC: load f"), 0);
        assert_eq!(races("A: write f\nB: load f"), 1);
    }

    #[test]
    fn impossible_runs_are_refused() {
        for (run, part) in [
            ("A: lock m\nB: lock m", "A holds m"),
            ("A: unlock m", "A does not hold m"),
            ("A: read x\nB: start A", "A has run before"),
            ("A: start B\nB: read x\nA: join B\nB: read x", "B was joined"),
            ("A: lock x\nA: unlock x\nA: read x", "a lock"),
            ("A: jump x", "expected one of"),
            ("A: start A", "itself"),
        ] {
            let told = parse("/run", run).unwrap_err().to_string();
            assert!(told.contains(part), "{run}: {told}");
        }
    }

    /// Every interleaving of a program: the run, and the execution that it is.
    fn each_run(study: &Study, see: &mut dyn FnMut(Vec<Event>, &Execution)) {
        fn go(
            program: &Program,
            at: &mut [usize],
            order: &mut Vec<usize>,
            end: &mut dyn FnMut(&[usize]),
        ) {
            let mut ended = true;
            for thread in 0..program.threads.len() {
                if at[thread] == program.threads[thread].lines.len() {
                    continue;
                }
                ended = false;
                at[thread] += 1;
                order.push(thread);
                go(program, at, order, end);
                order.pop();
                at[thread] -= 1;
            }
            if ended {
                end(order);
            }
        }
        let (program, shape) = (&study.program, &study.shape);
        let mut end = |order: &[usize]| {
            let mut next = vec![0; program.threads.len()];
            let mut events = Vec::new();
            let (mut rf, mut co, mut fr) = (Rel::NONE, Rel::NONE, Rel::NONE);
            let mut stores: Vec<Vec<usize>> = (0..program.vars.len()).map(|it| vec![it]).collect();
            let mut reads = Vec::new();
            for &thread in order {
                let line = next[thread];
                next[thread] += 1;
                let number = shape
                    .events
                    .iter()
                    .position(|it| it.thread == Some(thread) && it.line == line)
                    .unwrap();
                let (verb, var) = match &program.threads[thread].lines[line].op {
                    Op::Load { var, order: Order::Plain, .. } => (Verb::Read, *var),
                    Op::Load { var, order: Order::Relaxed, .. } => (Verb::Load, *var),
                    Op::Load { var, .. } => (Verb::Acquire, *var),
                    Op::Store { var, order: Order::Plain, .. } => (Verb::Write, *var),
                    Op::Store { var, order: Order::Relaxed, .. } => (Verb::Store, *var),
                    Op::Store { var, .. } => (Verb::Release, *var),
                    Op::Fence(_) | Op::Branch(_) => unreachable!(),
                };
                events.push(Event { thread, verb, what: var });
                if verb.writes() {
                    stores[var].iter().for_each(|&it| co.add(it, number));
                    stores[var].push(number);
                } else {
                    rf.add(*stores[var].last().unwrap(), number);
                    reads.push((number, var, stores[var].len()));
                }
            }
            for (read, var, n) in reads {
                stores[var][n..].iter().for_each(|&it| fr.add(read, it));
            }
            see(events, &Execution { rf, co, fr });
        };
        let mut at = vec![0; program.threads.len()];
        go(program, &mut at, &mut Vec::new(), &mut end);
    }

    const WORDS: &[&str] = &[
        "V = N;",
        "R = V;",
        "store(V, N, relaxed);",
        "R = load(V, relaxed);",
        "store(V, N, release);",
        "R = load(V, acquire);",
    ];

    /// Vector clocks find a race in a run if and only if the axioms of C11 find one in the same
    /// execution.
    #[test]
    fn it_agrees_with_the_races_of_litmus() {
        let mut rng = crate::Rng::new(11);
        let (mut n_racy, mut n_free) = (0, 0);
        for _ in 0..120 {
            let text = random_program(&mut rng, WORDS);
            let Some(study) = study(&text, Orders::Plain) else { continue };
            // An interleaving reads what was stored last, also where a plain store was released.
            let laws = Laws::new(&study.shape);
            each_run(&study, &mut |events, run| {
                let names = |n: usize| (0..n).map(|it| it.to_string()).collect::<Vec<_>>();
                let threads = names(study.program.threads.len());
                let story = Story::new(threads, names(study.program.vars.len()), events);
                let races = 0 < story.n_races();
                assert_eq!(races, laws.race(run).is_some(), "{text}");
                if races { n_racy += 1 } else { n_free += 1 }
            });
        }
        assert!(100 < n_racy && 100 < n_free, "{n_racy} {n_free}");
    }
}
