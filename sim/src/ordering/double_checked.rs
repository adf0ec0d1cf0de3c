//! Double-checked locking, broken and mended: who steps next, and which store arrives, is a choice.
//!
//! # Model
//! Two threads ask for one object, which the first one makes. The look without the lock comes first;
//! who finds nothing takes the lock, looks again, fills the object in, publishes it, and gives the
//! lock back when both stores have arrived. Stores are on the way for a while: on x86 they arrive in
//! the order in which they were made, on ARMv8 in any order, but a release store comes after what was
//! stored before it. The compiler may publish first, unless that store releases. Where a flag guards
//! the object, ARMv8 may read the object before the flag, unless the flag is loaded with acquire; a
//! pointer is needed to find the object, and that dependency keeps the two loads in order. The laws:
//! nobody uses an object that is not filled in, and it is made once.
//! # Ties
//! Choices are listed by thread, each with its reading ahead, then the stores on the way.
//! # Left out
//! Data races as such: in C11 the program is undefined unless the first look acquires and the
//! publishing store releases, whatever a machine does. What compilers make of the reader.
//! # Source
//! `bacon-dcl`; `pulte-2018` for what ARMv8 keeps.

use super::double_checked_scene as view;
use crate::engine::{Better, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::machine::{
    AfterPicks, Machine, PICKS_ARE_STEPS, SEED_FIELD, Then, picks_field, then_field,
};
use crate::scene::Scene;
use serde::Deserialize;

pub(crate) struct DoubleChecked;

/// Number of threads.
pub(super) const THREADS: usize = 2;

#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    machine: Cpu,
    guard: Guard,
    compiler_moves: bool,
    first_look: bool,
    acquire: bool,
    release: bool,
    second_look: bool,
    picks: Vec<u32>,
    then: AfterPicks,
    seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Cpu {
    Sc,
    X86,
    Armv8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Guard {
    Pointer,
    Flag,
}

/// The scenario made ready.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(super) machine: Cpu,
    pub(super) guard: Guard,
    pub(super) acquire: bool,
    pub(super) release: bool,
    pub(super) lines: Vec<Line>,
}

/// One line of `get`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    Look,
    Lock,
    LookAgain,
    Fill,
    Publish,
    Unlock,
    Use,
}

/// What a thread has found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Content {
    Unknown,
    /// Read before the flag.
    Ahead(bool),
    /// What it used.
    Used(bool),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Thread {
    pub(super) line: u8,
    pub(super) content: Content,
    pub(super) is_maker: bool,
}

/// Where a store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Way {
    NotMade,
    Moving,
    Arrived,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(super) threads: [Thread; THREADS],
    /// The store that fills in, and the one that publishes.
    pub(super) fill: Way,
    pub(super) publish: Way,
    /// Whether the publishing store was made first.
    publish_first: bool,
    pub(super) holder: Option<u8>,
    pub(super) n_made: u8,
}

/// What can happen next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Step(usize),
    /// A thread reads the object before it has looked.
    ReadAhead(usize),
    /// The store that fills in arrives.
    Fill,
    /// The store that publishes arrives.
    Publish,
}

impl Setup {
    pub(super) fn line(&self, state: &State, thread: usize) -> Option<Line> {
        self.lines.get(usize::from(state.threads[thread].line)).copied()
    }

    pub(super) fn can_step(&self, state: &State, thread: usize) -> bool {
        match self.line(state, thread) {
            None => false,
            Some(Line::Lock) => state.holder.is_none(),
            Some(Line::Unlock) => state.fill != Way::Moving && state.publish != Way::Moving,
            Some(_) => true,
        }
    }

    fn can_read_ahead(&self, state: &State, thread: usize) -> bool {
        self.machine == Cpu::Armv8
            && self.guard == Guard::Flag
            && !self.acquire
            && self.line(state, thread) == Some(Line::Look)
            && state.threads[thread].content == Content::Unknown
    }

    /// Whether the store that fills in, or the one that publishes, may arrive now.
    fn can_arrive(&self, state: &State, publish: bool) -> bool {
        let (own, other) =
            if publish { (state.publish, state.fill) } else { (state.fill, state.publish) };
        if own != Way::Moving {
            return false;
        }
        let is_first = state.publish_first == publish;
        let in_order = self.machine == Cpu::X86 || publish && self.release;
        !in_order || is_first || other == Way::Arrived
    }

    fn able(&self, state: &State) -> impl Iterator<Item = Act> {
        let mut acts = Vec::new();
        for thread in 0..THREADS {
            if self.can_step(state, thread) {
                acts.push(Act::Step(thread));
            }
            if self.can_read_ahead(state, thread) {
                acts.push(Act::ReadAhead(thread));
            }
        }
        if self.can_arrive(state, false) {
            acts.push(Act::Fill);
        }
        if self.can_arrive(state, true) {
            acts.push(Act::Publish);
        }
        acts.into_iter()
    }

    pub(super) fn pick(&self, state: &State, pick: u32) -> Option<Act> {
        self.able(state).nth(usize::try_from(pick).ok()?)
    }

    fn jump(&self, thread: &mut Thread, to: Line) {
        let at = self.lines.iter().position(|it| *it == to).unwrap_or(self.lines.len());
        thread.line = u8::try_from(at).unwrap_or_default();
    }

    fn go(&self, state: &mut State, act: Act) {
        let at = match act {
            Act::Fill => return state.fill = Way::Arrived,
            Act::Publish => return state.publish = Way::Arrived,
            Act::ReadAhead(at) => {
                state.threads[at].content = Content::Ahead(state.fill == Way::Arrived);
                return;
            }
            Act::Step(at) => at,
        };
        let Some(line) = self.line(state, at) else { return };
        let made = if self.machine == Cpu::Sc { Way::Arrived } else { Way::Moving };
        let is_there = state.publish == Way::Arrived;
        let filled = state.fill == Way::Arrived;
        let thread = &mut state.threads[at];
        thread.line += 1;
        match line {
            Line::Look if is_there => self.jump(thread, Line::Use),
            Line::LookAgain if is_there => {
                thread.content = Content::Unknown;
                self.jump(thread, Line::Unlock);
            }
            // What was read ahead is of no use: the lock orders what comes after it.
            Line::Look | Line::LookAgain => thread.content = Content::Unknown,
            Line::Lock => state.holder = u8::try_from(at).ok(),
            Line::Fill => {
                thread.is_maker = true;
                state.n_made += 1;
                state.fill = made;
            }
            Line::Publish => {
                state.publish = made;
                state.publish_first = state.fill == Way::NotMade;
            }
            Line::Unlock => state.holder = None,
            Line::Use => {
                let sees = match thread.content {
                    Content::Ahead(seen) => seen,
                    Content::Unknown | Content::Used(_) => filled || thread.is_maker,
                };
                thread.content = Content::Used(sees);
            }
        }
    }
}

impl Machine for DoubleChecked {
    type Scenario = Scenario;
    type Program = Setup;
    type State = State;
    const META: Meta = Meta {
        id: "ordering/double_checked",
        title: "Double-checked locking",
        summary: "An object is made at its first use; a look without the lock may come too early.",
        look_for: "The pointer may arrive before the object behind it is filled in.",
        source: "bacon-dcl/1",
        time_unit: "steps",
        markers: &["publish", "ahead", "unfilled", "made_twice"],
    };
    const FORM: &'static [Field] = &[
        Field::new(
            "machine",
            "Machine",
            Kind::Choice(&[
                ("sc", "Stores arrive at once"),
                ("x86", "x86: stores arrive in order"),
                ("armv8", "ARMv8: stores arrive in any order"),
            ]),
        )
        .or(Preset::Text("armv8")),
        Field::new(
            "guard",
            "What the first look reads",
            Kind::Choice(&[("pointer", "The pointer to the object"), ("flag", "A flag beside it")]),
        )
        .help("The object is found by the pointer, so no processor here reads it first.")
        .or(Preset::Text("pointer")),
        Field::new("compiler_moves", "The compiler publishes first", Kind::Flag)
            .help("Not if the publishing store releases.")
            .or(Preset::Flag(false)),
        Field::new("first_look", "Look without the lock", Kind::Flag)
            .help("Off: everybody takes the lock each time.")
            .or(Preset::Flag(true)),
        Field::new("acquire", "The first look acquires", Kind::Flag).or(Preset::Flag(false)),
        Field::new("release", "The publishing store releases", Kind::Flag).or(Preset::Flag(false)),
        Field::new("second_look", "Look again under the lock", Kind::Flag).or(Preset::Flag(true)),
        picks_field("Schedule so far", PICKS_ARE_STEPS, 2 * THREADS + 2),
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
    const EXAMPLE: &'static str = r#"{"picks": [0, 0, 0, 0, 0, 2, 0, 0]}"#;

    fn load(scenario: &Scenario) -> Result<Setup, ScenarioError> {
        let Scenario { machine, guard, acquire, release, .. } = *scenario;
        let mut lines = Vec::new();
        if scenario.first_look {
            lines.push(Line::Look);
        }
        lines.push(Line::Lock);
        if scenario.second_look {
            lines.push(Line::LookAgain);
        }
        let moved = scenario.compiler_moves && !release;
        lines.extend(if moved { [Line::Publish, Line::Fill] } else { [Line::Fill, Line::Publish] });
        lines.extend([Line::Unlock, Line::Use]);
        Ok(Setup { machine, guard, acquire, release, lines })
    }

    fn picks(scenario: &Scenario) -> &[u32] {
        &scenario.picks
    }

    fn then(scenario: &Scenario) -> Then {
        scenario.then.with(scenario.seed)
    }

    fn start(_: &Setup) -> State {
        let thread = Thread { line: 0, content: Content::Unknown, is_maker: false };
        State {
            threads: [thread; THREADS],
            fill: Way::NotMade,
            publish: Way::NotMade,
            publish_first: false,
            holder: None,
            n_made: 0,
        }
    }

    fn choices(setup: &Setup, state: &State) -> Vec<String> {
        setup.able(state).map(|it| view::choice(setup, state, it)).collect()
    }

    fn n_choices(setup: &Setup, state: &State) -> u32 {
        u32::try_from(setup.able(state).count()).unwrap_or_default()
    }

    fn step(setup: &Setup, state: &mut State, pick: u32) {
        if let Some(act) = setup.pick(state, pick) {
            setup.go(state, act);
        }
    }

    fn tell(setup: &Setup, before: Option<(&State, u32)>, after: &State) -> (&'static str, String) {
        let taken = before.and_then(|(state, pick)| Some((state, setup.pick(state, pick)?)));
        view::tell(setup, taken, after)
    }

    fn scene(setup: &Setup, past: &[Frame<State>]) -> Scene {
        past.last().map_or_else(Scene::default, |it| view::scene(setup, &it.state))
    }

    fn broken(_: &Setup, state: &State) -> Option<&'static str> {
        if state.threads.iter().any(|it| it.content == Content::Used(false)) {
            return Some("used before it was filled in");
        }
        (1 < state.n_made).then_some("made twice")
    }

    fn outcome(_: &Setup, state: &State) -> String {
        let maker = state.threads.iter().position(|it| it.is_maker);
        let maker = maker.map_or("nobody", view::name);
        format!("made by {maker}, used by both")
    }

    fn metrics(setup: &Setup, picks: &[u32], last: &State, log: &mut Log<State>) {
        let mut state = Self::start(setup);
        let mut n_locks = 0_u32;
        for &pick in picks {
            if let Some(Act::Step(thread)) = setup.pick(&state, pick) {
                n_locks += u32::from(setup.line(&state, thread) == Some(Line::Lock));
            }
            Self::step(setup, &mut state, pick);
        }
        log.metric("n_steps", "Steps taken", picks.len() as f64, "steps", Better::Neither);
        log.metric(
            "n_locks",
            "Times the lock was taken",
            f64::from(n_locks),
            "times",
            Better::Lower,
        );
        log.metric("n_made", "Objects made", f64::from(last.n_made), "objects", Better::Neither);
        let broken = f64::from(u8::from(Self::broken(setup, last).is_some()));
        log.metric("n_broken", "Laws broken", broken, "laws", Better::Lower);
    }

    fn actors(_: &Setup) -> Vec<String> {
        (0..THREADS).map(|it| view::name(it).to_owned()).collect()
    }

    fn actor(setup: &Setup, state: &State, pick: u32) -> Option<u16> {
        match setup.pick(state, pick)? {
            Act::Step(thread) | Act::ReadAhead(thread) => u16::try_from(thread).ok(),
            Act::Fill | Act::Publish => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::DoubleChecked;
    use crate::explore::{Verdict, explore_value};
    use serde_json::{Value, json};

    fn law(scenario: &Value) -> Option<&'static str> {
        let found = explore_value::<DoubleChecked>(scenario, 100_000).unwrap();
        assert!(found.complete || found.verdict != Verdict::Holds);
        match found.verdict {
            Verdict::Holds => None,
            Verdict::Broken { law, .. } => Some(law),
            Verdict::Unknown => panic!("{scenario}: too many states"),
        }
    }

    const UNFILLED: Option<&str> = Some("used before it was filled in");

    #[test]
    fn with_acquire_and_release_it_holds_everywhere() {
        for machine in ["sc", "x86", "armv8"] {
            for guard in ["pointer", "flag"] {
                for moves in [false, true] {
                    let mended = json!({"machine": machine, "guard": guard,
                        "compiler_moves": moves, "acquire": true, "release": true});
                    assert_eq!(law(&mended), None, "{mended}");
                    let locked = json!({"machine": machine, "guard": guard,
                        "compiler_moves": moves, "first_look": false});
                    assert_eq!(law(&locked), None, "{locked}");
                }
            }
        }
    }

    #[test]
    fn no_schedule_is_shorter_than_that_of_the_question() {
        let found = explore_value::<DoubleChecked>(&json!({}), 100_000).unwrap();
        let Verdict::Broken { picks, .. } = found.verdict else { panic!("it holds") };
        assert_eq!(picks.len(), 8);
    }

    #[test]
    fn each_way_to_break_it() {
        // The stores arrive in another order; on x86 they do not.
        assert_eq!(law(&json!({})), UNFILLED);
        assert_eq!(law(&json!({"machine": "x86"})), None);
        // The compiler breaks it on x86 too, and even with one memory.
        for machine in ["sc", "x86"] {
            assert_eq!(law(&json!({"machine": machine, "compiler_moves": true})), UNFILLED);
        }
        // Release alone mends the writer. A pointer carries a dependency, a flag does not.
        assert_eq!(law(&json!({"release": true})), None);
        assert_eq!(law(&json!({"release": true, "guard": "flag"})), UNFILLED);
        assert_eq!(law(&json!({"acquire": true, "guard": "flag"})), UNFILLED);
        // The second look is there so that it is made once.
        assert_eq!(law(&json!({"second_look": false, "machine": "sc"})), Some("made twice"));
    }
}
