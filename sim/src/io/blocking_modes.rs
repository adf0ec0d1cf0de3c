//! Five ways to wait: the same read by a thread that blocks, asks again, multiplexes, is signalled,
//! or lets the kernel do it all.
//!
//! # Model
//! A program wants data from A, and perhaps from B, and has other work that does not need the data.
//! Five such programs run side by side, each on a CPU of its own; they differ only in how they wait.
//! Each call, each sleep and waking, each signal and each copy has a price.
//! # Ties
//! Data that comes at the moment of a call is seen by it. A's data is handled before B's.
//! # Left out
//! Other threads, errors, short reads, time limits. A signal is delivered at once and interrupts the
//! work. In the asynchronous program the copy is made by the kernel on another CPU, and the end of
//! it is noticed between two pieces of work.
//! # Source
//! `stevens-2003`, 6.2. The prices of a call and of copying a kilobyte are the lesson's; those of
//! waking up and of a signal are orders of magnitude.

use super::blocking_scene as scene;
use super::waiting::{MODELS, Model, Span, What, plan};
use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::{Fault, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use crate::words::grouped_count as count;
use serde::Deserialize;

/// The engine.
pub(crate) struct BlockingModes;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    pub(super) a_ns: u64,
    pub(super) b_ns: Option<u64>,
    pub(super) work_ns: u64,
    pub(super) piece_ns: u64,
    pub(super) call_ns: u64,
    pub(super) copy_ns: u64,
    pub(super) wake_ns: u64,
    pub(super) signal_ns: u64,
}

/// What is seen after a step: everything that has begun by now, and in its model.
#[derive(Debug, Clone, Copy)]
pub(crate) struct State {
    pub(super) now: u64,
    /// Steps that were taken: the first so many of the merged list.
    pub(super) n_begun: usize,
}

/// Most pieces of work: each is a step.
const PIECES_MAX: u64 = 150;

const fn ns(key: &'static str, label: &'static str, help: &'static str, preset: i64) -> Field {
    let field = Field::new(key, label, Kind::Int { min: 1, max: 1_000_000 });
    field.unit("ns").help(help).or(Preset::Int(preset))
}

impl Engine for BlockingModes {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "io/blocking_modes",
        title: "Five ways to wait",
        summary: "One read in five models: who waits for the data, who copies it, and what else gets done.",
        look_for: "At each moment, see which threads sleep, which ask in vain, and which do other work.",
        source: "stevens-2003/6.2",
        time_unit: "ns",
        markers: &["data", "got"],
    };
    const FORM: &'static [Field] = &[
        Field::new("a_ns", "Data comes for A", Kind::Int { min: 0, max: 10_000_000 })
            .unit("ns")
            .or(Preset::Int(6_000)),
        Field::new("b_ns", "Data comes for B", Kind::Int { min: 0, max: 10_000_000 })
            .unit("ns")
            .help("Left out, there is only A.")
            .or(Preset::Unset),
        Field::new("work_ns", "Other work", Kind::Int { min: 0, max: 10_000_000 })
            .unit("ns")
            .help("What the program has to do besides, and can do without the data.")
            .or(Preset::Int(5_000)),
        ns("piece_ns", "Piece of work", "Between two looks, where a program looks again.", 1_000),
        ns("call_ns", "System call", "Such as a read that says EAGAIN.", 100),
        ns("copy_ns", "Copy", "From the kernel into the program: 100 ns for a kilobyte.", 100),
        ns("wake_ns", "Sleep and wake up", "Two switches of the thread.", 2_000),
        ns("signal_ns", "Signal", "To deliver it, and to return from its handler.", 1_000),
    ];
    const EXAMPLE: &'static str = r#"{"a_ns":6000,"work_ns":5000}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let n_pieces = scenario.work_ns.div_ceil(scenario.piece_ns);
        if PIECES_MAX < n_pieces {
            let why = format!("{n_pieces} pieces of work; at most {PIECES_MAX} are shown");
            return Err(ScenarioError::one("/piece_ns", Fault::Conflict(why)));
        }
        let spans = all(scenario);
        let start = State { now: 0, n_begun: 0 };
        log.step(0, "start", || {
            let say = format!(
                "Five programs want the same data; each has {} to do besides.",
                match scenario.work_ns {
                    0 => "nothing".to_owned(),
                    ns => format!("{} of other work", count(ns, "ns")),
                }
            );
            Shot::new(say, start)
        })?;
        let mut arrivals = arrivals(scenario);
        for (at, (model, span)) in spans.iter().enumerate() {
            while let Some(&(name, when)) = arrivals.first().filter(|it| it.1 <= span.start) {
                arrivals.remove(0);
                came(name, when, at, log)?;
            }
            let state = State { now: span.start, n_begun: at + 1 };
            let tag = if matches!(span.what, What::Copy(_)) { "got" } else { "begin" };
            log.step(span.start, tag, || {
                asked(Shot::new(say(scenario, *model, span), state), *model, span)
            })?;
        }
        let end = spans.iter().map(|it| it.1.end).max().unwrap_or_default();
        for (name, when) in arrivals {
            came(name, when.min(end), spans.len(), log)?;
        }
        log.step(end, "end", || {
            let best = MODELS.iter().map(|&it| finish(scenario, it)).min().unwrap_or_default();
            let first: Vec<&str> = MODELS
                .iter()
                .filter(|&&it| finish(scenario, it) == best)
                .map(|it| it.label())
                .collect();
            let say = format!(
                "All five have the data and have done their work; first was {}, after {}.",
                crate::words::list(&first),
                count(best, "ns")
            );
            Shot::new(say, State { now: end, n_begun: spans.len() })
        })?;
        metrics(scenario, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        past.last().map_or_else(Scene::default, |last| scene::scene(scenario, &last.state))
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        let names = ["A", "B"];
        let n = if scenario.b_ns.is_some() { 2 } else { 1 };
        names[..n].iter().map(ToString::to_string).collect()
    }
}

/// Names of the sources and when their data comes, the earlier one first.
pub(super) fn arrivals(scenario: &Scenario) -> Vec<(&'static str, u64)> {
    let mut all = vec![("A", scenario.a_ns)];
    all.extend(scenario.b_ns.map(|it| ("B", it)));
    crate::order::by_key(&mut all, |it| it.1);
    all
}

/// Everything that the five threads do, by the moment of its begin.
pub(super) fn all(scenario: &Scenario) -> Vec<(Model, Span)> {
    let each = |&model: &Model| plan(scenario, model).into_iter().map(move |span| (model, span));
    let mut all: Vec<(Model, Span)> = MODELS.iter().flat_map(each).collect();
    crate::order::by_key(&mut all, |it| it.1.start);
    all
}

fn came(name: &str, when: u64, n_begun: usize, log: &mut Log<State>) -> Result<(), ScenarioError> {
    log.step(when, "data", || {
        let say = format!("Data comes for {name}, and lies in the kernel's buffer from now on.");
        Shot::new(say, State { now: when, n_begun })
    })
}

fn say(scenario: &Scenario, model: Model, span: &Span) -> String {
    let who = model.label();
    match span.what {
        What::Work => {
            format!("{who}: the thread does other work for {}.", count(span.end - span.start, "ns"))
        }
        What::Call(name) => match model {
            Model::Blocking => format!("{who}: the thread calls read for {name}."),
            Model::Multiplexed => format!("{who}: the thread asks for whatever comes first."),
            Model::Asynchronous => {
                format!("{who}: the thread hands over its buffer for {name}, and the call returns.")
            }
            Model::NonBlocking | Model::Signal => format!(
                "{who}: the thread tries read for {name} once more, and this time there is something."
            ),
        },
        What::Read(name) => {
            format!("{who}: the thread calls read for {name}, which will not wait.")
        }
        What::Again(1) => format!("{who}: read says EAGAIN, because nothing is there."),
        What::Again(n) => {
            format!("{who}: read says EAGAIN {}, because nothing is there.", count(n, "times"))
        }
        What::Sleep => match model {
            Model::Blocking | Model::Multiplexed if 0 < scenario.work_ns => {
                format!("{who}: the thread sleeps until data comes, and its other work waits too.")
            }
            _ => format!("{who}: the thread sleeps, because it has nothing else to do."),
        },
        What::Wake => format!("{who}: the thread is woken and must get the CPU first."),
        What::Signal(name) => {
            format!("{who}: SIGIO interrupts the thread, because data for {name} is there.")
        }
        What::Copy(name) if model == Model::Asynchronous => {
            format!(
                "{who}: the kernel fills the buffer for {name}, while the thread does other things."
            )
        }
        What::Copy(name) => format!("{who}: the thread copies the data of {name} itself."),
        What::Notice(name) => {
            format!("{who}: the thread sees that the buffer for {name} is full, without a call.")
        }
    }
}

/// Adds a question where a learner can answer it.
fn asked(shot: Shot<State>, model: Model, span: &Span) -> Shot<State> {
    let options = |of: &[&str]| of.iter().map(ToString::to_string).collect::<Vec<_>>();
    match (model, span.what) {
        (Model::NonBlocking, What::Again(_)) => shot.ask(
            "What does a non-blocking read answer now?",
            options(&["EAGAIN", "0, the end of the file", "nothing: it sleeps"]),
            0,
        ),
        (_, What::Copy(_)) => shot.ask(
            "Who copies the data into the program?",
            options(&["the program's thread, in a call", "the kernel, while the thread goes on"]),
            usize::from(model == Model::Asynchronous),
        ),
        _ => shot,
    }
}

/// When a model has the data and has done its work.
fn finish(scenario: &Scenario, model: Model) -> u64 {
    plan(scenario, model).iter().map(|it| it.end).max().unwrap_or_default()
}

fn metrics(scenario: &Scenario, log: &mut Log<State>) {
    for model in MODELS {
        let spans = plan(scenario, model);
        let sum = |wanted: fn(&Span) -> bool| -> u64 {
            spans.iter().filter(|it| wanted(it)).map(|it| it.end - it.start).sum()
        };
        let got = |name: &str| {
            spans.iter().find(|it| it.what == What::Copy(if name == "A" { "A" } else { "B" }))
        };
        let name = model.key();
        let finish = finish(scenario, model);
        let asleep = sum(|it| it.what == What::Sleep);
        let vain: u64 =
            spans.iter().map(|it| if let What::Again(n) = it.what { n } else { 0 }).sum();
        let calls = |it: &&Span| matches!(it.what, What::Call(_) | What::Read(_));
        let n_calls = spans.iter().filter(calls).count() as u64 + vain;
        let mut add = |key, label, value: u64, unit| {
            log.metric_of(key, name, label, value as f64, unit);
        };
        add("got_a_ns", "Data of A", got("A").map_or(0, |it| it.end), "ns");
        if scenario.b_ns.is_some() {
            add("got_b_ns", "Data of B", got("B").map_or(0, |it| it.end), "ns");
        }
        add("finish_ns", "Everything done", finish, "ns");
        add("asleep_ns", "Asleep", asleep, "ns");
        add("vain_ns", "Asking in vain", sum(|it| matches!(it.what, What::Again(_))), "ns");
        add("n_calls", "System calls", n_calls, "calls");
        add("n_vain", "Calls in vain", vain, "calls");
    }
    let best = MODELS.iter().map(|&it| finish(scenario, it)).min().unwrap_or_default();
    log.metric("finish_ns_min", "First to be done", best as f64, "ns", Better::Lower);
}

#[cfg(test)]
mod tests {
    use super::{BlockingModes, Scenario, plan};
    use crate::engine::{Engine, typed};
    use crate::form::check;
    use crate::io::waiting::{MODELS, Model, What};
    use crate::{Mode, Rng, engine};
    use serde_json::{Value, json};

    fn scenario(given: &Value) -> Scenario {
        typed(&check(BlockingModes::FORM, given).unwrap()).unwrap()
    }

    fn random(rng: &mut Rng) -> Value {
        let b = [Value::Null, json!(rng.below(20_000))][rng.below(2) as usize].clone();
        json!({"a_ns": rng.below(20_000), "b_ns": b, "work_ns": rng.below(20_000),
            "piece_ns": rng.between(200, 3_000), "call_ns": rng.between(1, 300),
            "copy_ns": rng.between(1, 300), "wake_ns": rng.between(1, 3_000),
            "signal_ns": rng.between(1, 3_000)})
    }

    #[test]
    fn a_thread_does_one_thing_at_a_time_and_all_the_work() {
        let mut rng = Rng::new(6);
        for _ in 0..500 {
            let given = random(&mut rng);
            let it = scenario(&given);
            for model in MODELS {
                let spans = plan(&it, model);
                let mut work = 0;
                let mut end = 0;
                for span in &spans {
                    assert!(span.start < span.end, "{given} {model:?} {span:?}");
                    // The kernel's copy is beside the thread.
                    if model == Model::Asynchronous && matches!(span.what, What::Copy(_)) {
                        continue;
                    }
                    assert!(end <= span.start, "{given} {model:?} {span:?}");
                    end = span.end;
                    work += if span.what == What::Work { span.end - span.start } else { 0 };
                }
                assert_eq!(work, it.work_ns, "{given} {model:?}");
            }
        }
    }

    #[test]
    fn everything_is_read_once_and_never_before_it_comes() {
        let mut rng = Rng::new(7);
        for _ in 0..500 {
            let given = random(&mut rng);
            let it = scenario(&given);
            for model in MODELS {
                let spans = plan(&it, model);
                for (name, came) in super::arrivals(&it) {
                    let copies: Vec<_> =
                        spans.iter().filter(|it| it.what == What::Copy(name)).collect();
                    assert_eq!(copies.len(), 1, "{given} {model:?}");
                    assert!(came <= copies[0].start, "{given} {model:?}");
                }
            }
        }
    }

    /// The lesson's sum: 20 ms in questions of 0.1 µs.
    #[test]
    fn a_program_that_only_asks_asks_ten_million_times_a_second() {
        let run = engine("io/blocking_modes").unwrap();
        let given = json!({"a_ns": 10_000_000, "work_ns": 0});
        let run = run.run(&given, Mode::Frames).unwrap();
        assert_eq!(run.metric("n_vain.non_blocking"), Some(100_000.0));
        assert_eq!(run.metric("n_vain.blocking"), Some(0.0));
        assert!(run.len() < 60);
    }

    #[test]
    fn only_a_blocking_thread_makes_b_wait_for_a() {
        let run = engine("io/blocking_modes").unwrap();
        let given = json!({"a_ns": 9_000, "b_ns": 1_000, "work_ns": 0});
        let run = run.run(&given, Mode::MetricsOnly).unwrap();
        for model in MODELS {
            let got = run.metric(&format!("got_b_ns.{}", model.key())).unwrap();
            assert_eq!(9_000.0 < got, model == Model::Blocking, "{model:?} {got}");
        }
    }
}
