//! How a thread starts: a prepared stack, and a switch that returns into a function nobody has called.
//!
//! # Model
//! Two flows of control in one thread of x86-64, each with a stack. `switch_stacks` pushes the six
//! registers that a called function must keep, stores the stack pointer, loads the other one, pops
//! six registers and returns. A new stack is written by hand so that it looks as if its function had
//! been interrupted just before its first instruction. Each flow changes the registers while it runs.
//! # Ties
//! None: each flow says whom it switches to.
//! # Left out
//! Vector registers, the kernel's own bookkeeping, alignment of the stack, and what a compiler keeps
//! in other registers, which a call may lose anyway.
//! # Source
//! `bovet-2005`, chapter 3, for the switch of stacks; `man-ucontext` for the same in the library.

use super::thread_start_cpu::{Cpu, Flow, REGISTERS, State};
use super::thread_start_scene;
use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

/// The engine.
pub(crate) struct ThreadStart;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    turns: u32,
    forget: String,
    entry_written: bool,
}

impl Scenario {
    /// The register that the switch forgets, by its place.
    fn forgotten(&self) -> Option<usize> {
        REGISTERS.iter().position(|it| *it == self.forget)
    }
}

impl Engine for ThreadStart {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "process/thread_start",
        title: "How a thread starts",
        summary: "A switch of stacks, step by step, and the return into a thread that never ran.",
        look_for: "The registers go onto one stack and come from the other; then ret does the rest.",
        source: "bovet-2005/3",
        time_unit: "instructions",
        markers: &["prepare", "stack", "ret", "broken"],
    };
    const FORM: &'static [Field] = &[
        Field::new("turns", "Turns of the new thread", Kind::Int { min: 1, max: 4 })
            .unit("turns")
            .help("Each turn is a switch there and a switch back.")
            .or(Preset::Int(2)),
        Field::new(
            "forget",
            "The switch forgets",
            Kind::Choice(&[
                ("none", "nothing"),
                ("rbp", "rbp"),
                ("rbx", "rbx"),
                ("r12", "r12"),
                ("r13", "r13"),
                ("r14", "r14"),
                ("r15", "r15"),
            ]),
        )
        .help("A mistake to try: this register is neither pushed nor popped.")
        .or(Preset::Text("none")),
        Field::new("entry_written", "The entry is on the new stack", Kind::Flag)
            .help("Switch it off to see where ret leads then.")
            .or(Preset::Flag(true)),
    ];
    const EXAMPLE: &'static str = "{}";

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let mut runner = Runner { cpu: Cpu::new(scenario.forgotten()), time: 0, log };
        let say = "Main runs on its own stack; for the new thread there is an empty stack, on which \
                   nothing says where it was.";
        runner.step("start", say.to_owned(), None)?;
        runner.cpu.prepare(scenario.entry_written);
        let n_code = runner.cpu.state.code.len();
        runner.step("prepare", prepared(scenario.entry_written, n_code), None)?;
        let (kept, stack) = (runner.cpu.state.registers, runner.cpu.state.stack_pointer);
        for turn in 1..=scenario.turns {
            runner.turn(turn)?;
            if runner.cpu.state.broken.is_some() {
                break;
            }
            let lost = runner.cpu.compare(kept);
            let (tag, say) = came_back(&lost, turn);
            runner.step(tag, say, None)?;
            if !lost.is_empty() {
                break;
            }
        }
        let Runner { cpu, log, .. } = runner;
        metrics(&cpu, (kept, stack), log);
        Ok(())
    }

    fn scene(_: &Scenario, past: &[Frame<State>]) -> Scene {
        past.last().map_or_else(Scene::default, |it| thread_start_scene::scene(&it.state))
    }

    fn actors(_: &Scenario) -> Vec<String> {
        vec!["Main".to_owned(), "New thread".to_owned()]
    }
}

/// A run: the CPU, the clock and the log.
struct Runner<'a> {
    cpu: Cpu,
    time: u64,
    log: &'a mut Log<State>,
}

impl Runner<'_> {
    fn step(
        &mut self,
        tag: &'static str,
        say: String,
        ask: Option<[&str; 2]>,
    ) -> Result<(), ScenarioError> {
        self.log.step(self.time, tag, || {
            let shot = Shot::new(say, self.cpu.state.clone());
            match ask {
                Some([right, wrong]) => {
                    let options = vec![wrong.to_owned(), right.to_owned()];
                    shot.ask("Where does ret lead?", options, 1)
                }
                None => shot,
            }
        })?;
        self.time += 1;
        Ok(())
    }

    /// A switch there, the new thread's work, and a switch back.
    fn turn(&mut self, turn: u32) -> Result<(), ScenarioError> {
        for to in [Flow::New, Flow::Main] {
            self.cpu.call();
            let say = format!(
                "{} calls switch_stacks, and the call pushes the address after it.",
                self.cpu.state.flow.name()
            );
            self.step("call", say, None)?;
            while let Some(done) = self.cpu.instruction(to) {
                self.step(done.tag, done.say, done.ask)?;
            }
            if self.cpu.state.broken.is_some() {
                break;
            }
            if to == Flow::New {
                self.cpu.work(turn);
                let say = format!(
                    "The new thread does its turn {turn} and puts values of its own into the \
                     registers."
                );
                self.step("work", say, None)?;
            }
        }
        Ok(())
    }
}

fn metrics(cpu: &Cpu, (kept, stack): ([(u64, Flow); 6], u64), log: &mut Log<State>) {
    let state = &cpu.state;
    // Only where main runs again can its registers be compared.
    let home = state.flow == Flow::Main;
    let differ = state.registers.iter().zip(&kept).filter(|it| home && it.0 != it.1);
    let lost = differ.count() as f64;
    let moved = if home { state.stack_pointer.abs_diff(stack) as f64 } else { 0.0 };
    let n = f64::from(cpu.n_instructions);
    let (lower, neither) = (Better::Lower, Better::Neither);
    log.metric("n_instructions", "Instructions of switches", n, "instructions", neither);
    log.metric("switch_instructions", "Of one switch", state.code.len() as f64, "", neither);
    log.metric("n_lost", "Registers of main that are lost", lost, "registers", lower);
    log.metric("stack_moved_bytes", "Main's stack pointer is off by", moved, "bytes", lower);
}

fn prepared(entry_written: bool, n_code: usize) -> String {
    let zeros = match n_code {
        15 => "six zeros",
        _ => "a zero for each register that the switch pops",
    };
    match entry_written {
        true => format!(
            "Main writes onto the new stack what a switch would have left there: the address of entry \
             for ret, and {zeros} for the registers; nobody has run there."
        ),
        false => format!(
            "Main writes {zeros} onto the new stack and forgets the address of entry: at its place \
             is nothing that ret could use."
        ),
    }
}

fn came_back(lost: &[&str], turn: u32) -> (&'static str, String) {
    match lost {
        [] => (
            "back",
            format!(
                "Main is back from its call after turn {turn} with all six registers and its stack \
                 pointer as they were: it cannot tell that another thread has run."
            ),
        ),
        [one, ..] => (
            "broken",
            format!(
                "Main is back from its call and finds the new thread's value in {one}, because the \
                 switch did not save it: a variable of main has changed by itself."
            ),
        ),
    }
}
