//! Goroutines and channels: they meet, leave values, close, select, and sometimes all stand still.
//!
//! # Model
//! Every send, receive, close, print, select and start of a goroutine is one step, in any order that
//! the scheduler may choose; what a goroutine does with its own variables belongs to the step before.
//! A channel has room for so many values, and two queues: goroutines that wait to send, and those that
//! wait to receive. A sender gives its value straight to the first receiver that waits. When `main`
//! ends, all ends. If nobody can step before that, Go reports a deadlock.
//! # Ties
//! Choices are listed by goroutine. Queues are first come first served. A select with several cases
//! that are ready may take any of them; one without takes its default, or waits for all.
//! # Left out
//! Channels of channels and of anything but numbers; closures; shared variables, mutexes and wait
//! groups; goroutines that compute for ever.
//! # Source
//! `go-spec`, for channels and select.

use super::go_lang::Program;
use super::go_parse::parse;
use super::go_scene;
use super::go_state::{GOROUTINES_MAX, Panic, State};
use crate::engine::{Better, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::{Field, Kind};
use crate::machine::{
    AfterPicks, Machine, PICKS_ARE_STEPS, SEED_FIELD, Then, picks_field, then_field,
};
use crate::scene::Scene;
use serde::Deserialize;

pub(crate) struct Channels;

#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    source: String,
    picks: Vec<u32>,
    then: AfterPicks,
    seed: u64,
}

const THEN: &[(&str, &str)] = &[
    ("stop", "Nothing: you choose"),
    ("first", "The first that can step"),
    ("turns", "In turns"),
    ("random", "At random"),
];

impl Machine for Channels {
    type Scenario = Scenario;
    type Program = Program;
    type State = State;
    const META: Meta = Meta {
        id: "patterns/channels",
        title: "Goroutines and channels",
        summary: "Goroutines send to each other through channels, in any order that a scheduler may choose.",
        look_for: "Watch who waits at which end of a channel, and who lets him go on.",
        source: "go-spec/channel types",
        time_unit: "steps",
        markers: &["wait", "close", "deadlock", "panic"],
    };
    const FORM: &'static [Field] = &[
        Field::new("source", "Program", Kind::Code { max_chars: 4_000 }).help(
            "Functions with parameters of int, bool and chan int; make, <-, close, range, select, go, \
             if, for and println. Channels are given to goroutines as parameters.",
        ),
        picks_field("Schedule", PICKS_ARE_STEPS, 64),
        then_field("After the picks", THEN, "turns"),
        SEED_FIELD,
    ];
    const EXAMPLE: &'static str = concat!(
        r#"{"source": "package main\n\n"#,
        r#"func produce(numbers chan<- int) {\n"#,
        r#"    for i := 0; i < 5; i++ {\n"#,
        r#"        numbers <- i\n"#,
        r#"    }\n"#,
        r#"    close(numbers)\n"#,
        r#"}\n\n"#,
        r#"func main() {\n"#,
        r#"    numbers := make(chan int, 2)\n"#,
        r#"    go produce(numbers)\n"#,
        r#"    for n := range numbers {\n"#,
        r#"        println(n)\n"#,
        r#"    }\n"#,
        r#"}\n"}"#
    );

    fn load(scenario: &Scenario) -> Result<Program, ScenarioError> {
        parse(&scenario.source)
    }

    fn picks(scenario: &Scenario) -> &[u32] {
        &scenario.picks
    }

    fn then(scenario: &Scenario) -> Then {
        scenario.then.with(scenario.seed)
    }

    fn start(program: &Program) -> State {
        let mut state = State {
            goroutines: Vec::new(),
            channels: Vec::new(),
            printed: Vec::new(),
            panic: None,
        };
        state.start(program, 0, &[]);
        state.settle(program, 0);
        state
    }

    fn choices(program: &Program, state: &State) -> Vec<String> {
        let label = |&(who, case): &(usize, usize)| go_scene::choice(program, state, who, case);
        state.moves(program).iter().map(label).collect()
    }

    fn n_choices(program: &Program, state: &State) -> u32 {
        u32::try_from(state.moves(program).len()).unwrap_or(0)
    }

    fn step(program: &Program, state: &mut State, pick: u32) {
        let moves = state.moves(program);
        let chosen = usize::try_from(pick).ok().and_then(|it| moves.get(it));
        if let Some(&(who, case)) = chosen {
            state.step(program, who, case);
        }
    }

    fn tell(
        program: &Program,
        before: Option<(&State, u32)>,
        after: &State,
    ) -> (&'static str, String) {
        go_scene::tell(program, before, after)
    }

    fn scene(program: &Program, past: &[Frame<State>]) -> Scene {
        go_scene::scene(program, past)
    }

    fn broken(program: &Program, state: &State) -> Option<&'static str> {
        match state.panic {
            Some((_, Panic::TooMany | Panic::Spins)) => Some("limit"),
            Some(_) => Some("panic"),
            None if !state.is_over() && state.moves(program).is_empty() => Some("deadlock"),
            None => None,
        }
    }

    fn outcome(_: &Program, state: &State) -> String {
        let printed: Vec<String> = state.printed.iter().map(|it| it.1.to_string()).collect();
        let left = go_scene::n_left(state);
        let mut told = match printed.is_empty() {
            true => "prints nothing".to_owned(),
            false => format!("prints {}", printed.join(" ")),
        };
        if let Some((_, panic)) = state.panic {
            told = format!("{told}; {}", panic.said());
        } else if 0 < left {
            told = format!("{told}; {left} left behind");
        }
        told
    }

    fn metrics(program: &Program, picks: &[u32], last: &State, log: &mut Log<State>) {
        log.metric("n_steps", "Steps", picks.len() as f64, "steps", Better::Neither);
        log.metric("printed", "Lines printed", last.printed.len() as f64, "lines", Better::Neither);
        let goroutines = last.goroutines.len() as f64;
        log.metric("goroutines", "Goroutines", goroutines, "goroutines", Better::Neither);
        let left = go_scene::n_left(last) as f64;
        log.metric("left", "Goroutines left behind", left, "goroutines", Better::Lower);
        let deadlock = f64::from(u8::from(Self::broken(program, last) == Some("deadlock")));
        log.metric("deadlock", "Deadlock", deadlock, "", Better::Lower);
        let panic = f64::from(u8::from(last.panic.is_some()));
        log.metric("panic", "Panic", panic, "", Better::Lower);
    }

    fn actors(_: &Program) -> Vec<String> {
        (0..GOROUTINES_MAX)
            .map(|it| if it == 0 { "main".to_owned() } else { format!("G{it}") })
            .collect()
    }

    fn actor(program: &Program, state: &State, pick: u32) -> Option<u16> {
        let moves = state.moves(program);
        let &(who, _) = moves.get(usize::try_from(pick).ok()?)?;
        u16::try_from(who).ok()
    }
}
