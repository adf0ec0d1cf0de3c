//! Level and edge triggering: two loops get the same data, and one of them hears more often.
//!
//! # Model
//! Two worlds with the same script of arrivals and the same program; in one, epoll reports a
//! descriptor as long as it has data, in the other only if data has come since the last report.
//! The program waits, handles every reported descriptor in turn, and waits again. Each return of
//! `epoll_wait` and each read, or accept, takes one tick.
//! # Ties
//! What arrives at a tick is there before a call of that tick looks. Level acts before edge.
//! Descriptors are reported in the order in which they came onto the ready list.
//! # Left out
//! Ends of streams, errors, writing, one-shot descriptors, several threads, and the budget that keeps
//! one fast sender from taking the whole turn.
//! # Source
//! `man-epoll`; `tlpi`, 63.4.6.

use super::triggering_run::{MODES, World, run_both};
use super::triggering_scene as scene;
use crate::engine::{Better, Engine, Frame, Log, Meta};
use crate::error::{Fault, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

/// The engine.
pub(crate) struct Triggering;

/// What is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Watched {
    Stream,
    Listener,
}

/// How long the program goes on with one descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Until {
    Once,
    Short,
    Empty,
}

/// Some data comes.
#[derive(Debug, Deserialize)]
pub(super) struct Arrival {
    pub(super) name: String,
    pub(super) at_ticks: u64,
    pub(super) amount: u32,
}

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    pub(super) watched: Watched,
    pub(super) arrivals: Vec<Arrival>,
    pub(super) until: Until,
    take: u32,
    pub(super) blocking: bool,
}

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(super) now: u64,
    /// Level, then edge.
    pub(super) worlds: [World; 2],
}

impl Scenario {
    /// The descriptors, in the order in which the script names them.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for arrival in &self.arrivals {
            if !names.contains(&arrival.name) {
                names.push(arrival.name.clone());
            }
        }
        names
    }

    pub(super) const fn unit(&self) -> &'static str {
        match self.watched {
            Watched::Stream => "bytes",
            Watched::Listener => "connections",
        }
    }

    pub(super) const fn call(&self) -> &'static str {
        match self.watched {
            Watched::Stream => "read",
            Watched::Listener => "accept",
        }
    }

    /// What data is that nobody has taken.
    pub(super) const fn left_word(&self) -> &'static str {
        match self.watched {
            Watched::Stream => "unread",
            Watched::Listener => "waiting",
        }
    }

    /// Most that one call takes.
    pub(super) const fn take(&self) -> u32 {
        match self.watched {
            Watched::Stream => self.take,
            Watched::Listener => 1,
        }
    }

    /// Whether the program calls once more after a call that gave `got`.
    pub(super) const fn goes_on(&self, got: u32) -> bool {
        match self.until {
            Until::Once => false,
            Until::Short => got == self.take(),
            Until::Empty => true,
        }
    }
}

/// Most descriptors: what fits on the page.
const NAMES_MAX: usize = 4;

/// Most that may come in a whole script.
const AMOUNT_MAX: u32 = 200;

const ARRIVAL: &[Field] = &[
    Field::new("name", "For", Kind::Text { max_chars: 4 }).or(Preset::Text("A")),
    Field::new("at_ticks", "At", Kind::Int { min: 0, max: 200 }).unit("ticks").or(Preset::Int(0)),
    Field::new("amount", "How many", Kind::Int { min: 1, max: 40 })
        .help("Bytes, or connections at a listener."),
];

impl Engine for Triggering {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "io/triggering",
        title: "Level and edge triggering",
        summary: "The same data for two loops: one is told while there is some, one when some comes.",
        look_for: "Look at what is left when a loop goes to sleep, and ask who will tell it.",
        source: "man-epoll/level and edge",
        time_unit: "ticks",
        markers: &["report", "forgot", "stuck"],
    };
    const FORM: &'static [Field] = &[
        Field::new(
            "watched",
            "Watched",
            Kind::Choice(&[("stream", "sockets"), ("listener", "listeners, with accept")]),
        )
        .or(Preset::Text("stream")),
        Field::new(
            "until",
            "After a report, call",
            Kind::Choice(&[
                ("once", "once"),
                ("short", "until less comes than asked for"),
                ("empty", "until EAGAIN"),
            ]),
        )
        .or(Preset::Text("once")),
        Field::new("take", "One read takes at most", Kind::Int { min: 1, max: 40 })
            .unit("bytes")
            .help("accept takes one connection.")
            .or(Preset::Int(4)),
        Field::new("blocking", "Blocking descriptors", Kind::Flag)
            .help("A call that finds nothing sleeps instead of saying EAGAIN.")
            .or(Preset::Flag(false)),
        Field::new(
            "arrivals",
            "Arrivals",
            Kind::Rows { columns: ARRIVAL, len_min: 1, len_max: 24 },
        )
        .help("At most four descriptors, and 200 bytes or connections in all."),
    ];
    const EXAMPLE: &'static str = r#"{"until":"once","take":4,
        "arrivals":[{"at_ticks":1,"amount":10},{"at_ticks":12,"amount":2}]}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let mut names: Vec<&str> = Vec::new();
        let mut sum = 0;
        for (row, arrival) in scenario.arrivals.iter().enumerate() {
            let fault = |key: &str, why: String| {
                Err(ScenarioError::one(format!("/arrivals/{row}/{key}"), Fault::Conflict(why)))
            };
            sum += arrival.amount;
            if AMOUNT_MAX < sum {
                return fault("amount", format!("more than {AMOUNT_MAX} in all"));
            }
            if arrival.name.trim().is_empty() {
                return fault("name", "a name is needed here".to_owned());
            }
            if !names.contains(&arrival.name.as_str()) {
                names.push(&arrival.name);
            }
            if NAMES_MAX < names.len() {
                return fault("name", format!("a fifth descriptor; at most {NAMES_MAX} fit"));
            }
        }
        let state = run_both(scenario, log)?;
        metrics(scenario, &state, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        scene::scene(scenario, past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        scenario.names()
    }
}

fn metrics(scenario: &Scenario, state: &State, log: &mut Log<State>) {
    for (mode, world) in MODES.iter().zip(&state.worlds) {
        let name = mode.key();
        let mut add = |key, label, value: u64, unit| {
            log.metric_of(key, name, label, value as f64, unit);
        };
        add("n_reports", "Reports", world.n_reports, "reports");
        add("n_calls", "Reads or accepts", world.n_calls, "calls");
        add("n_again", "EAGAIN", world.n_again, "answers");
        add("n_left", "Left at the end", world.left(), scenario.unit());
        add("delay_ticks_max", "Longest wait", world.delay_ticks_max, "ticks");
        add("stuck_ticks", "Asleep in a call", world.stuck_ticks, "ticks");
    }
    let left: u64 = state.worlds.iter().map(World::left).sum();
    log.metric("n_left", "Left in both", left as f64, scenario.unit(), Better::Lower);
}

#[cfg(test)]
mod tests {
    use crate::{Entry, Mode, Rng, Run, engine};
    use serde_json::{Value, json};

    fn entry() -> &'static Entry {
        engine("io/triggering").unwrap()
    }

    fn run(scenario: &Value) -> Run {
        entry().run(scenario, Mode::MetricsOnly).unwrap()
    }

    fn metric(run: &Run, key: &str) -> u64 {
        run.metric(key).unwrap() as u64
    }

    fn random(rng: &mut Rng) -> Value {
        let n = rng.between(1, 10);
        let arrivals: Vec<Value> = (0..n)
            .map(|_| {
                let name = ["A", "B", "C"][rng.below(3) as usize];
                json!({"name": name, "at_ticks": rng.below(60), "amount": rng.between(1, 12)})
            })
            .collect();
        json!({"arrivals": arrivals, "take": rng.between(1, 12)})
    }

    fn with(scenario: &Value, key: &str, value: Value) -> Value {
        let mut scenario = scenario.clone();
        scenario[key] = value;
        scenario
    }

    #[test]
    fn level_never_forgets_and_edge_does_not_if_it_drains() {
        let mut rng = Rng::new(7);
        for _ in 0..400 {
            let given = random(&mut rng);
            for until in ["once", "short", "empty"] {
                let run = run(&with(&given, "until", json!(until)));
                assert_eq!(metric(&run, "n_left.level"), 0, "{given} {until}");
                if until != "once" {
                    assert_eq!(metric(&run, "n_left.edge"), 0, "{given} {until}");
                }
            }
        }
    }

    #[test]
    fn edge_never_reports_more_often_than_data_comes() {
        let mut rng = Rng::new(8);
        for _ in 0..400 {
            let given = random(&mut rng);
            let n_arrivals = given["arrivals"].as_array().unwrap().len() as u64;
            for until in ["once", "empty"] {
                let run = run(&with(&given, "until", json!(until)));
                let edge = metric(&run, "n_reports.edge");
                assert!(edge <= n_arrivals, "{given} {until}");
                assert!(1 <= edge && 1 <= metric(&run, "n_reports.level"), "{given}");
            }
        }
    }

    /// Reading once for each report: level needs as many reports as portions, whatever comes when.
    #[test]
    fn level_takes_as_many_reads_as_there_are_portions() {
        let mut rng = Rng::new(9);
        for _ in 0..200 {
            let (take, amount) = (rng.between(1, 12), rng.between(1, 40));
            let given = json!({"take": take, "arrivals": [{"amount": amount}]});
            let once = run(&given);
            assert_eq!(metric(&once, "n_calls.level"), amount.div_ceil(take));
            assert_eq!(metric(&once, "n_reports.level"), amount.div_ceil(take));
            assert_eq!(metric(&once, "n_left.edge"), amount.saturating_sub(take));
            let drained = run(&with(&given, "until", json!("empty")));
            assert_eq!(metric(&drained, "n_calls.edge"), amount.div_ceil(take) + 1);
            assert_eq!(metric(&drained, "n_again.edge"), 1);
            let short = run(&with(&given, "until", json!("short")));
            assert_eq!(metric(&short, "n_calls.edge"), amount / take + 1);
        }
    }

    #[test]
    fn draining_a_blocking_descriptor_gets_stuck_and_one_read_does_not() {
        let mut rng = Rng::new(10);
        for _ in 0..200 {
            let given = with(&random(&mut rng), "blocking", json!(true));
            let once = run(&given);
            assert_eq!(metric(&once, "stuck_ticks.level"), 0, "{given}");
            assert_eq!(metric(&once, "n_left.level"), 0, "{given}");
            let drained =
                entry().run(&with(&given, "until", json!("empty")), Mode::Frames).unwrap();
            let stuck = (0..drained.len()).any(|at| drained.step(at).unwrap().tag == "stuck");
            assert!(stuck && metric(&drained, "n_again.edge") == 0, "{given}");
        }
    }

    /// Three clients in one edge: one accept leaves two of them.
    #[test]
    fn one_accept_for_an_edge_leaves_the_others() {
        let given = json!({"watched": "listener", "arrivals": [{"amount": 3}]});
        let once = run(&given);
        assert_eq!((metric(&once, "n_left.level"), metric(&once, "n_left.edge")), (0, 2));
        let drained = run(&with(&given, "until", json!("empty")));
        assert_eq!(metric(&drained, "n_left.edge"), 0);
        assert_eq!(metric(&drained, "n_calls.edge"), 4);
    }

    #[test]
    fn a_fifth_descriptor_is_refused_at_its_row() {
        let names = ["A", "B", "C", "D", "E"];
        let rows: Vec<Value> = names.iter().map(|it| json!({"name": it, "amount": 1})).collect();
        let error = entry().run(&json!({"arrivals": rows}), Mode::Frames).unwrap_err();
        assert_eq!(error.0[0].at, "/arrivals/4/name");
    }
}
