//! Fork trees: a small program, the processes that it makes, and what they print.
//!
//! # Model
//! Every process runs the same program. `fork` copies the caller with its variables and its output
//! buffer, and returns in both. `wait` takes the exit code of a child that has ended, sleeps while
//! there is none, and fails without children. Who makes the next call is a choice; tests and
//! changes of variables happen together with the call before, because nobody else can notice them.
//! PIDs count up from 100 in the order of birth.
//! # Ties
//! The processes that can go on are listed by the chosen scheduler: the oldest first, the youngest
//! first, or in rounds. `wait` takes the oldest child that has ended.
//! # Left out
//! Signals, threads, shared memory, files other than the output. `exec` starts a program that
//! prints its name and ends. Every process counts towards the limit, also one that has ended.
//! # Source
//! `ostep`, chapter 5 and its homework, for programs and re-parenting; `man-fork`, `man-wait`.

mod code;
mod compile;
#[cfg(test)]
mod laws;
mod scene;
mod state;
mod tell;

use crate::engine::{Better, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::machine::{
    AfterPicks, Machine, PICKS_ARE_STEPS, SEED_FIELD, Then, picks_field, then_field,
};
use crate::scene::Scene;
use code::{Order, Program, name};
use serde::Deserialize;
use state::{Did, End, Life, State, Tests};

/// The machine.
pub(crate) struct ForkTree;

/// Most processes that can be made.
const PROCS_MAX: usize = 16;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    source: String,
    buffered: bool,
    adopter: Adopter,
    exec_works: bool,
    limit: usize,
    order: Order,
    picks: Vec<u32>,
    then: AfterPicks,
    seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Adopter {
    Init,
    Grandparent,
}

impl Machine for ForkTree {
    type Scenario = Scenario;
    type Program = Program;
    type State = State;
    const META: Meta = Meta {
        id: "process/fork_tree",
        title: "Fork trees",
        summary: "A small program forks, prints, waits and exits; a tree of processes grows.",
        look_for: "Every process that exists runs the next fork, so the tree doubles.",
        source: "ostep/5",
        time_unit: "steps",
        markers: &["fork", "zombie", "orphan", "reap"],
    };
    const FORM: &'static [Field] = &[
        Field::new("source", "Program", Kind::Code { max_chars: 2_000 }).help(
            "fork(), wait(code), waitpid(pid), exit(1), _exit(1), exec(\"ls\"), \
                 print(\"x\", x), fflush(), getpid(), getppid(), with if, while, for and int.",
        ),
        Field::new("buffered", "Output goes to a file", Kind::Flag)
            .help("Then a line waits in a buffer of the process, and a fork copies the buffer.")
            .or(Preset::Flag(false)),
        Field::new(
            "adopter",
            "Orphans go to",
            Kind::Choice(&[
                ("init", "init, process 1"),
                ("grandparent", "the parent of their parent"),
            ]),
        )
        .help("Unix gives them to init; the second is an option of the OSTEP homework.")
        .or(Preset::Text("init")),
        Field::new("exec_works", "exec finds its program", Kind::Flag)
            .help("Off: exec returns -1, and the old program goes on.")
            .or(Preset::Flag(true)),
        Field::new("limit", "Processes at most", Kind::Int { min: 1, max: PROCS_MAX as i64 })
            .help("A fork beyond that returns -1.")
            .or(Preset::Int(PROCS_MAX as i64)),
        Field::new(
            "order",
            "Who goes first",
            Kind::Choice(&[
                ("parent", "The oldest process"),
                ("child", "The youngest process"),
                ("turns", "Everybody in turn"),
            ]),
        )
        .help("The order in which those that can go on are listed.")
        .or(Preset::Text("parent")),
        picks_field("Schedule so far", PICKS_ARE_STEPS, PROCS_MAX),
        then_field(
            "After the schedule",
            &[
                ("first", "The one who goes first"),
                ("stop", "Stop and let me pick"),
                ("turns", "Mixed"),
                ("random", "At random"),
            ],
            "first",
        ),
        SEED_FIELD,
    ];
    const EXAMPLE: &'static str =
        r#"{"source": "fork();\nfork();\nfork();\nprint(\"hello\");\n", "order": "turns"}"#;

    fn load(scenario: &Scenario) -> Result<Program, ScenarioError> {
        Ok(Program {
            buffered: scenario.buffered,
            to_grandparent: scenario.adopter == Adopter::Grandparent,
            exec_works: scenario.exec_works,
            order: scenario.order,
            limit: scenario.limit.clamp(1, PROCS_MAX),
            ..compile::compile(&scenario.source)?
        })
    }

    fn picks(scenario: &Scenario) -> &[u32] {
        &scenario.picks
    }

    fn then(scenario: &Scenario) -> Then {
        scenario.then.with(scenario.seed)
    }

    fn start(program: &Program) -> State {
        State::new(program, &mut Tests::new())
    }

    fn choices(program: &Program, state: &State) -> Vec<String> {
        let label = |it: usize| format!("{}: {}", name(it), scene::next_text(program, state, it));
        state.order(program).into_iter().map(label).collect()
    }

    fn n_choices(program: &Program, state: &State) -> u32 {
        u32::try_from(state.order(program).len()).unwrap_or_default()
    }

    fn step(program: &Program, state: &mut State, pick: u32) {
        if let Some(who) = picked(program, state, pick) {
            state.go(program, who, &mut Tests::new());
        }
    }

    fn tell(
        program: &Program,
        before: Option<(&State, u32)>,
        after: &State,
    ) -> (&'static str, String) {
        let mut tests = Tests::new();
        let taken = before.and_then(|(state, pick)| Some((state, picked(program, state, pick)?)));
        match taken {
            Some((before, who)) => {
                let did = before.clone().go(program, who, &mut tests);
                tell::tell(program, before, after, who, &did, &tests)
            }
            None => {
                let state = State::new(program, &mut tests);
                tell::start(program, &state, &tests)
            }
        }
    }

    fn scene(program: &Program, past: &[Frame<State>]) -> Scene {
        scene::scene(program, past)
    }

    fn broken(_: &Program, _: &State) -> Option<&'static str> {
        None
    }

    fn outcome(program: &Program, state: &State) -> String {
        let output = tell::output(program, &state.output);
        match state.n_alive() {
            0 => output,
            n => format!("{output}; {} never end", crate::words::count(n as u64, "processes")),
        }
    }

    fn metrics(program: &Program, picks: &[u32], last: &State, log: &mut Log<State>) {
        let mut state = Self::start(program);
        let mut sums = Sums { alive_max: 1, ..Sums::default() };
        for &pick in picks {
            if let Some(who) = picked(program, &state, pick) {
                let did = state.go(program, who, &mut Tests::new());
                sums.add(&did, &state);
            }
        }
        let mut count = |key, label, value: usize, unit, better| {
            log.metric(key, label, value as f64, unit, better);
        };
        let n = last.procs.len();
        count("n_processes", "Processes in all", n, "processes", Better::Neither);
        count("n_children", "Children of P0", last.made_by(0), "processes", Better::Neither);
        let alive = sums.alive_max;
        count("alive_max", "Most processes at a time", alive, "processes", Better::Neither);
        count("n_lines", "Lines printed", last.output.len(), "lines", Better::Neither);
        count(
            "n_zombies",
            "Zombies at the end",
            last.count(Life::Zombie),
            "processes",
            Better::Lower,
        );
        count("zombies_max", "Most zombies at a time", sums.zombies, "processes", Better::Lower);
        count("n_orphans", "Orphans", sums.orphans, "processes", Better::Neither);
        count("n_steps", "Steps taken", picks.len(), "steps", Better::Neither);
    }

    fn actors(_: &Program) -> Vec<String> {
        (0..PROCS_MAX).map(name).collect()
    }

    fn actor(program: &Program, state: &State, pick: u32) -> Option<u16> {
        picked(program, state, pick).and_then(|it| u16::try_from(it).ok())
    }
}

/// Whom a pick names.
fn picked(program: &Program, state: &State, pick: u32) -> Option<usize> {
    state.order(program).get(usize::try_from(pick).ok()?).copied()
}

/// What is counted along a run.
#[derive(Debug, Default)]
struct Sums {
    alive_max: usize,
    zombies: usize,
    orphans: usize,
}

impl Sums {
    fn add(&mut self, did: &Did, state: &State) {
        self.alive_max = self.alive_max.max(state.n_alive());
        self.zombies = self.zombies.max(state.count(Life::Zombie));
        if let Did::Ended(End { orphans, .. }) = did {
            self.orphans += orphans.len();
        }
    }
}
