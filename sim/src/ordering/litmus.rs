//! Litmus tests: every outcome of a tiny program under four memory models, each with a reason.
//!
//! # Model
//! A test is two to four threads of loads, stores, fences and dependencies. Each load may return
//! any store to its variable, and the stores to a variable may stand in any order: that gives all
//! executions. A model is a relation between their accesses, and allows the executions in which it
//! leads in no circle. SC counts every arrow. TSO drops a store before a later load, unless a full
//! fence or a `seq_cst` store stands between. ARMv8 keeps dependencies, barriers, load-acquire and
//! store-release only; C11's fences are compiled to `dmb`, acquire to `ldar`, release and `seq_cst`
//! stores to `stlr`. C11 has happens-before by synchronisation, one order of all `seq_cst` accesses
//! and fences, and makes a program with a data race undefined.
//! # Ties
//! Outcomes stand from what most models allow to what fewest do, then by their values; the one that
//! is asked for comes last. A model's witness is the first in the order of enumeration, and one that
//! SC allows where there is one. Of the circles in an execution a shortest one is told.
//! # Left out
//! Loops, read-modify-writes, locks, accesses of several sizes, `consume`, and POWER. The acquire
//! load of the RCpc kind, `ldapr`. Values out of nothing: an execution in which a value hangs on
//! itself is left out in all models. Of C11, release sequences, as without read-modify-writes the
//! newer standards have none.
//! # Source
//! `alglave-2014` for SC and TSO, `pulte-2018` for ARMv8, `lahav-2017` for C11, and its race as in
//! `batty-2011`.

use super::axioms::Model;
use super::litmus_scene;
use super::program::{Order, Program, Told};
use super::study::Study;
use super::text::{Unmarked, parse};
use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;
use std::sync::Arc;

pub(crate) struct Litmus;

#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    program: String,
    orders: Orders,
    outcome: String,
    model: Ask,
}

/// What an access is that names no order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Orders {
    Plain,
    Relaxed,
    AcqRel,
    SeqCst,
}

impl Orders {
    pub(super) const fn unmarked(self) -> Unmarked {
        let (load, store) = match self {
            Self::Plain => (Order::Plain, Order::Plain),
            Self::Relaxed => (Order::Relaxed, Order::Relaxed),
            Self::AcqRel => (Order::Acquire, Order::Release),
            Self::SeqCst => (Order::SeqCst, Order::SeqCst),
        };
        Unmarked { load, store }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Ask {
    Sc,
    Tso,
    Armv8,
    C11,
}

impl Ask {
    const fn model(self) -> Model {
        match self {
            Self::Sc => Model::Sc,
            Self::Tso => Model::Tso,
            Self::Armv8 => Model::Arm,
            Self::C11 => Model::C11,
        }
    }
}

/// The form field of a program.
pub(super) const PROGRAM_FIELD: Field =
    Field::new("program", "Program", Kind::Code { max_chars: 2_000 }).help(
        "Two to four threads. r1, r2 and so on are registers, other names are shared and begin at \
         0. Also load(x, acquire), store(x, 1, release), fence(), branch(r1) and x[r1 - r1].",
    );

/// The form field of what an access is that names no order.
pub(super) const ORDERS_FIELD: Field = Field::new(
    "orders",
    "Accesses that name no order",
    Kind::Choice(&[
        ("plain", "Plain variables: a race is undefined"),
        ("relaxed", "Relaxed"),
        ("acq_rel", "Acquire loads, release stores"),
        ("seq_cst", "Sequentially consistent"),
    ]),
)
.help("On a processor plain and relaxed accesses are the same.")
.or(Preset::Text("relaxed"));

/// One picture: an outcome, or the program before it.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(super) study: Arc<Study>,
    pub(super) model: Model,
    pub(super) at: Option<usize>,
}

impl Scenario {
    fn load(&self) -> Result<(Program, Vec<(Told, i64)>), ScenarioError> {
        let program = parse("/program", &self.program, self.orders.unmarked())?;
        let asked = program.asked("/outcome", &self.outcome)?;
        Ok((program, asked))
    }
}

impl Engine for Litmus {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "ordering/litmus",
        title: "Litmus tests",
        summary: "Every outcome of a tiny program under SC, TSO, ARMv8 and C11, and why.",
        look_for: "A forbidden outcome has a circle of arrows; a weaker model counts fewer of them.",
        source: "alglave-2014/4",
        time_unit: "outcomes",
        markers: &["weak", "undefined"],
    };
    const FORM: &'static [Field] = &[
        PROGRAM_FIELD,
        ORDERS_FIELD,
        Field::new("outcome", "Outcome to ask for", Kind::Text { max_chars: 80 })
            .help("Such as `r1 = 0 and r2 = 0`; it is shown last. Empty: none.")
            .or(Preset::Text("")),
        Field::new(
            "model",
            "Model that is asked",
            Kind::Choice(&[
                ("sc", "Sequential consistency"),
                ("tso", "x86 (TSO)"),
                ("armv8", "ARMv8"),
                ("c11", "C11"),
            ]),
        )
        .help("Whose witness or circle is drawn; the table has all four.")
        .or(Preset::Text("tso")),
    ];
    const EXAMPLE: &'static str = r#"{
        "program": "thread A {\n    x = 1;\n    r1 = y;\n}\n\nthread B {\n    y = 1;\n    r2 = x;\n}\n",
        "outcome": "r1 = 0 and r2 = 0"
    }"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let (program, asked) = scenario.load()?;
        let model = scenario.model.model();
        let names: Vec<Told> = asked.iter().map(|it| it.0).collect();
        let study = Arc::new(Study::new(program, &names)?);
        let is_asked = |values: &[i64]| {
            let holds = |(told, value): &(Told, i64)| {
                let at = study.told.iter().position(|it| it == told);
                at.is_some_and(|at| values[at] == *value)
            };
            !asked.is_empty() && asked.iter().all(holds)
        };
        let mut order: Vec<usize> = (0..study.outcomes.len()).collect();
        crate::order::by_key(&mut order, |&at| is_asked(&study.outcomes[at].values));
        let state = |at| State { study: Arc::clone(&study), model, at };
        log.step(0, "program", || Shot::new(litmus_scene::opening(&study), state(None)))?;
        for (time, at) in (1..).zip(order) {
            let tag = litmus_scene::tag(&study, at, model);
            log.step(time, tag, || {
                let (say, question) = litmus_scene::say(&study, at, model);
                let options = vec!["It can".to_owned(), "It cannot".to_owned()];
                let answer = usize::from(!study.outcomes[at].is_allowed(model));
                let shot = Shot::new(say, state(Some(at)));
                if tag == "undefined" { shot } else { shot.ask(&question, options, answer) }
            })?;
        }
        metrics(&study, &is_asked, log);
        Ok(())
    }

    fn scene(_: &Scenario, past: &[Frame<State>]) -> Scene {
        past.last().map_or_else(Scene::default, |it| litmus_scene::scene(&it.state))
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        let names = |it: (Program, _)| it.0.threads.into_iter().map(|it| it.name).collect();
        scenario.load().map_or_else(|_| Vec::new(), names)
    }
}

const KEYS: [&str; 4] = ["sc", "tso", "armv8", "c11"];

fn metrics(study: &Study, is_asked: &dyn Fn(&[i64]) -> bool, log: &mut Log<State>) {
    for (model, key) in Model::ALL.into_iter().zip(KEYS) {
        let name = model.name();
        let n = study.n_allowed(model) as f64;
        let label = format!("Outcomes under {name}");
        log.metric(&format!("n_outcomes.{key}"), &label, n, "outcomes", Better::Neither);
        let mut outcomes = study.outcomes.iter();
        let undefined = model == Model::C11 && study.race.is_some();
        let allowed =
            outcomes.any(|it| is_asked(&it.values) && (undefined || it.is_allowed(model)));
        let label = format!("Outcome asked for can happen under {name} (1: yes)");
        let value = f64::from(u8::from(allowed));
        log.metric(&format!("allowed.{key}"), &label, value, "", Better::Neither);
    }
    let n = study.outcomes.len() as f64;
    log.metric("n_outcomes", "Outcomes thinkable", n, "outcomes", Better::Neither);
    let n = study.n_executions as f64;
    log.metric("n_executions", "Executions looked at", n, "executions", Better::Neither);
    let races = f64::from(u8::from(study.race.is_some()));
    log.metric("n_races", "Programs with a data race in C11", races, "programs", Better::Lower);
}
