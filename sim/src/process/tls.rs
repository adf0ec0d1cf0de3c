//! Thread-local storage: one template, one copy for each thread, one offset for all of them.
//!
//! # Model
//! Variant II, as on x86-64: the linker puts variables with a start value first and zeroed ones after
//! them, each at a multiple of its alignment. A thread's copy ends where its control block begins,
//! and the FS base points there, so that variables have negative offsets. The first thread's copy is
//! made by the loader, those of others by the C library at the top of their stacks. The kernel loads
//! the FS base at each switch. Addresses are typical ones.
//! # Ties
//! Variables of one section keep the order in which they are given.
//! # Left out
//! Libraries that are loaded later and their detour, the other variants, destructors, and most of
//! the control block.
//! # Source
//! `drepper-tls`, variant II; `man-arch-prctl` for the FS base.

use super::tls_layout::{Layout, Var, control_block};
use super::tls_scene;
use super::tls_script::{Does, Op, read};
use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::{Fault, Problem, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

/// The engine.
pub(crate) struct Tls;

/// A variable, as the reader gives it.
#[derive(Debug, Deserialize)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) bytes: u64,
    pub(super) start: Option<i64>,
}

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    variables: Vec<Row>,
    script: String,
}

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    /// Values by thread, then by variable.
    pub(super) values: Vec<Vec<i64>>,
    /// Who runs: the FS base is this thread's.
    pub(super) running: usize,
    pub(super) n_done: usize,
    /// What was accessed: a variable, or an offset from the FS base.
    pub(super) touched: Option<Touched>,
}

/// A place that was accessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Touched {
    Var(usize),
    Control(u64),
}

const VARIABLE: &[Field] = &[
    Field::new("name", "Name", Kind::Name { max_chars: 12 }).or(Preset::Numbered("v")),
    Field::new("bytes", "Size", Kind::Int { min: 1, max: 64 })
        .unit("bytes")
        .help("Aligned to the largest power of two that divides it, up to 16.")
        .or(Preset::Int(4)),
    Field::new("start", "Start value", Kind::Int { min: -1_000, max: 1_000 })
        .help("Left out, it starts as zero and takes no room in the file.")
        .or(Preset::Unset),
];

impl Engine for Tls {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "process/tls",
        title: "Thread-local storage",
        summary: "One variable name leads to another copy in each thread, by way of the FS base.",
        look_for: "The instruction stays the same; only the FS base changes from thread to thread.",
        source: "drepper-tls/3",
        time_unit: "statements",
        markers: &["create", "switch"],
    };
    const FORM: &'static [Field] = &[
        Field::new(
            "variables",
            "Variables",
            Kind::Rows { columns: VARIABLE, len_min: 1, len_max: 8 },
        ),
        Field::new("script", "Script", Kind::Code { max_chars: 2_000 }).help(
            "One statement a line: create; run T2; set calls 5; get calls; get fs:16. The thread that \
             runs executes them.",
        ),
    ];
    const EXAMPLE: &'static str = r#"{"variables": [{"name": "calls", "bytes": 4}],
        "script": "set calls 7\ncreate\nrun T2\nget calls\nset calls 1\nrun T1\nget calls\nget fs:16"}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let ops = ops(scenario)?;
        let layout = Layout::of(&scenario.variables);
        let start = layout.start_values();
        let mut state = State { values: vec![start], running: 0, n_done: 0, touched: None };
        log.step(0, "start", || Shot::new(began(&layout), state.clone()))?;
        for (time, op) in (1..).zip(&ops) {
            state.n_done += 1;
            let before = state.clone();
            let (tag, say, ask) = step(&mut state, &layout, &op.does);
            log.step(time, tag, || {
                let shot = Shot::new(say, state.clone());
                match ask {
                    Some(var) => ask_value(&before, &layout, var, shot),
                    None => shot,
                }
            })?;
        }
        metrics(&layout, &state, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        // The script was read without a fault when the run was made.
        let (Some(last), Ok(ops)) = (past.last(), ops(scenario)) else { return Scene::default() };
        tls_scene::scene(&Layout::of(&scenario.variables), &ops, &last.state)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        let made = ops(scenario).unwrap_or_default();
        let n = made.iter().filter(|it| it.does == Does::Create).count();
        (0..=n).map(thread_name).collect()
    }
}

fn ops(scenario: &Scenario) -> Result<Vec<Op>, ScenarioError> {
    let taken = scenario.variables.iter().position(|it| it.name.starts_with("fs"));
    if let Some(row) = taken {
        let at = format!("/variables/{row}/name");
        let fault = Fault::Conflict("a name that begins with fs is for places".to_owned());
        return Err(ScenarioError(vec![Problem { at, fault }]));
    }
    let names: Vec<&str> = scenario.variables.iter().map(|it| it.name.as_str()).collect();
    read(&scenario.script, &names)
}

/// A thread by its name.
pub(super) fn thread_name(thread: usize) -> String {
    format!("T{}", thread + 1)
}

fn began(layout: &Layout) -> String {
    format!(
        "The loader makes T1's copy of the template, {} bytes that end at T1's control block, and lets \
         the kernel set the FS base to {:#x}, where that block begins.",
        layout.bytes,
        control_block(0)
    )
}

/// Does one statement; the variable is what a learner may be asked about.
fn step(state: &mut State, layout: &Layout, does: &Does) -> (&'static str, String, Option<usize>) {
    let who = thread_name(state.running);
    state.touched = None;
    match does {
        Does::Create => {
            let made = state.values.len();
            state.values.push(layout.start_values());
            let name = thread_name(made);
            let say = format!(
                "The C library makes a copy of the template for {name}, with the start values and not \
                 with those of {who}, and passes {:#x} to clone as its FS base.",
                control_block(made)
            );
            ("create", say, None)
        }
        Does::Run(thread) => {
            let next = usize::from(*thread);
            let say = match next == state.running {
                true => format!("{who} goes on, and the FS base stays as it is."),
                false => format!(
                    "The kernel switches to {} and loads its FS base {:#x} with the other registers.",
                    thread_name(next),
                    control_block(next)
                ),
            };
            state.running = next;
            ("switch", say, None)
        }
        Does::Set(at, value) => {
            state.values[state.running][*at] = *value;
            state.touched = Some(Touched::Var(*at));
            let var = &layout.vars[*at];
            let say = format!(
                "{who} sets {} to {value}: a store to fs:−{}, which is {:#x} here, so no other thread \
                 sees it.",
                var.name,
                var.below,
                control_block(state.running) - var.below
            );
            ("set", say, None)
        }
        Does::Get(at) => {
            state.touched = Some(Touched::Var(*at));
            ("get", got(state, &layout.vars[*at], *at), Some(*at))
        }
        Does::Control(offset) => {
            state.touched = Some(Touched::Control(*offset));
            ("get", above(state.running, *offset), None)
        }
    }
}

/// What reading a variable gives, and why.
fn got(state: &State, var: &Var, at: usize) -> String {
    format!(
        "{} reads {} from fs:−{} and gets {}, because its FS base leads to its own copy at {:#x}.",
        thread_name(state.running),
        var.name,
        var.below,
        state.values[state.running][at],
        control_block(state.running) - var.below
    )
}

/// What lies above the FS base.
fn above(running: usize, offset: u64) -> String {
    let what = match offset {
        0 | 16 => format!("the control block's own address {:#x}", control_block(running)),
        40 => "the value that guards its stack".to_owned(),
        _ => "something else of the library".to_owned(),
    };
    format!(
        "{} reads fs:{offset} and gets {what}, because above the FS base lies the library's control \
         block and no variable.",
        thread_name(running)
    )
}

/// What a read gives: values that the variable has in any thread, and its start value.
fn ask_value(before: &State, layout: &Layout, var: usize, shot: Shot<State>) -> Shot<State> {
    let mut options: Vec<i64> = before.values.iter().map(|it| it[var]).collect();
    options.push(layout.vars[var].start.unwrap_or_default());
    options.sort_unstable();
    options.dedup();
    let right = before.values[before.running][var];
    let answer = options.iter().position(|it| *it == right).unwrap_or_default();
    let labels = options.iter().map(ToString::to_string).collect();
    shot.ask("Which value does it get?", labels, answer)
}

fn metrics(layout: &Layout, state: &State, log: &mut Log<State>) {
    let mut add = |key, label, value: u64, unit| {
        log.metric(key, label, value as f64, unit, Better::Neither);
    };
    add("template_bytes", "Template", layout.bytes, "bytes");
    add("tdata_bytes", "In the file", layout.data_bytes, "bytes");
    add("n_copies", "Copies", state.values.len() as u64, "copies");
    for Var { name, below, .. } in &layout.vars {
        log.metric_of("offset_bytes", name, "Offset from the FS base", -(*below as f64), "bytes");
    }
}
