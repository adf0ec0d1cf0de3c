//! The ABA problem on a stack without locks, and four remedies: who steps next is a choice.
//!
//! # Model
//! A stack of nodes hangs on one word, the head (Treiber's stack). Pop reads the head, reads what
//! is below it, and swings the head by compare-and-swap; push links a node to what it saw and swings
//! the head to it. A popped node is freed, and `malloc` gives out a freed node again. The
//! law: what hangs on the head was pushed and not popped since. Remedies: a version beside the head,
//! which every change raises; hazard pointers, which a thread sets and checks before it looks into a
//! node; epochs, where a node is freed two epochs after it was retired, and the epoch moves on when
//! all inside have seen it; RCU, where a node is freed when all who were inside have left.
//! # Ties
//! Choices are listed by thread, then the epoch. Retired nodes are looked through at each retirement.
//! # Left out
//! The order of memory accesses, which hazard pointers need too; versions that wrap; threads that
//! die. A thread steps out of RCU and epochs at the end of each operation.
//! # Source
//! `treiber-1986` for the stack, `michael-2004` for hazard pointers, `fraser-2004` for epochs,
//! `mckenney-1998` for RCU.

use super::aba_scene as view;
use super::aba_state::{Act, Line, NODES_MAX, NONE, Node, State, Status, THREADS, Thread};
use crate::engine::{Better, Frame, Log, Meta};
use crate::error::{Fault, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::machine::{
    AfterPicks, Machine, PICKS_ARE_STEPS, SEED_FIELD, Then, picks_field, then_field,
};
use crate::scene::Scene;
use serde::Deserialize;

pub(crate) struct Aba;

/// Most operations of a thread.
const OPS_MAX: usize = 3;

#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    n_nodes: u8,
    first: String,
    second: String,
    remedy: Remedy,
    again: bool,
    reuse: Reuse,
    stable: bool,
    push_counts: bool,
    picks: Vec<u32>,
    then: AfterPicks,
    seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Remedy {
    None,
    Version,
    Hazard,
    Epoch,
    Rcu,
}

/// Which freed node `malloc` gives out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reuse {
    Last,
    First,
}

/// The scenario made ready.
#[derive(Debug)]
pub(crate) struct Setup {
    n_nodes: u8,
    /// Whether each operation of a thread is a push.
    pub(super) ops: [Vec<bool>; THREADS],
    pub(super) remedy: Remedy,
    pub(super) again: bool,
    pub(super) reuse: Reuse,
    pub(super) stable: bool,
    push_counts: bool,
}

const POP: &[Line] = &[Line::LoadTop, Line::LoadNext, Line::SwapOut, Line::Retire];
const POP_HAZARD: &[Line] = &[
    Line::LoadTop,
    Line::Announce,
    Line::Recheck,
    Line::LoadNext,
    Line::SwapOut,
    Line::Clear,
    Line::Retire,
];
const POP_INSIDE: &[Line] =
    &[Line::Enter, Line::LoadTop, Line::LoadNext, Line::SwapOut, Line::Retire, Line::Leave];
const PUSH: &[Line] = &[Line::New, Line::LoadTop, Line::LinkTo, Line::SwapIn];

impl Setup {
    /// The lines of a thread's operation; none if it has ended.
    pub(super) fn lines(&self, thread: usize, op: u8) -> &'static [Line] {
        match (self.ops[thread].get(usize::from(op)), self.remedy) {
            (None, _) => &[],
            (Some(true), _) => PUSH,
            (Some(false), Remedy::None | Remedy::Version) => POP,
            (Some(false), Remedy::Hazard) => POP_HAZARD,
            (Some(false), Remedy::Epoch | Remedy::Rcu) => POP_INSIDE,
        }
    }

    pub(super) fn line(&self, state: &State, thread: usize) -> Option<Line> {
        let Thread { op, line, .. } = state.threads[thread];
        self.lines(thread, op).get(usize::from(line)).copied()
    }

    pub(super) fn able(&self, state: &State) -> impl Iterator<Item = Act> {
        let steps = (0..THREADS).filter(|&it| self.line(state, it).is_some()).map(Act::Step);
        let open = self.remedy == Remedy::Epoch
            && state.nodes.iter().any(|it| it.status == Status::Retired)
            && state.threads.iter().all(|it| it.inside == NONE || it.inside == state.epoch);
        steps.chain(open.then_some(Act::Advance))
    }

    pub(super) fn pick(&self, state: &State, pick: u32) -> Option<Act> {
        self.able(state).nth(usize::try_from(pick).ok()?)
    }

    fn go(&self, state: &mut State, act: Act) {
        let Act::Step(at) = act else {
            state.epoch += 1;
            let epoch = state.epoch;
            state.free_all(|it| it.era + 2 <= epoch);
            return;
        };
        let Some(line) = self.line(state, at) else { return };
        let top = state.threads[at].top;
        state.threads[at].line += 1;
        match line {
            Line::Enter => {
                state.threads[at].inside = state.epoch;
            }
            Line::LoadTop => {
                let (head, tag) = (state.head, state.tag);
                let thread = &mut state.threads[at];
                (thread.top, thread.tag, thread.after) = (head, tag, NONE);
                if head == NONE && !self.ops[at][usize::from(thread.op)] {
                    self.nothing_there(state, at);
                }
            }
            Line::Announce => state.threads[at].hazard = top,
            Line::Recheck if state.head != top => state.threads[at].line = 0,
            Line::Recheck => {}
            Line::LoadNext => {
                let node = state.nodes[usize::from(top)];
                state.is_wild |= node.status == Status::Freed && !self.stable;
                state.threads[at].after = node.next;
            }
            Line::SwapOut if self.is_same(state, at) => {
                state.head = state.threads[at].after;
                state.tag += 1;
                state.nodes[usize::from(top)].status = Status::Owned;
            }
            Line::SwapOut => {
                state.threads[at].line = u8::from(state.threads[at].inside != NONE);
            }
            Line::Clear => state.threads[at].hazard = NONE,
            Line::Retire => self.retire(state, at),
            Line::Leave => {
                state.threads[at].inside = NONE;
                for node in &mut state.nodes {
                    node.waits_for &= !(1 << at);
                }
                if self.remedy == Remedy::Rcu {
                    state.free_all(|it| it.waits_for == 0);
                }
            }
            Line::New => {
                let kept = state.threads[at].kept;
                let node =
                    if kept == NONE { state.malloc(self.reuse == Reuse::First) } else { kept };
                (state.threads[at].node, state.threads[at].kept) = (node, NONE);
                state.nodes[usize::from(node)].status = Status::Owned;
            }
            Line::LinkTo => state.nodes[usize::from(state.threads[at].node)].next = top,
            Line::SwapIn if self.is_same(state, at) => {
                state.head = state.threads[at].node;
                state.tag += u8::from(self.push_counts);
                state.nodes[usize::from(state.head)].status = Status::OnStack;
            }
            Line::SwapIn => state.threads[at].line = 1,
        }
        self.next_op(state, at);
    }

    /// A pop that finds no node ends at once.
    fn nothing_there(&self, state: &mut State, at: usize) {
        let thread = &mut state.threads[at];
        let n = self.lines(at, thread.op).len();
        let left = u8::from(thread.inside != NONE);
        thread.line = u8::try_from(n).unwrap_or_default() - left;
    }

    fn next_op(&self, state: &mut State, at: usize) {
        let thread = &mut state.threads[at];
        if self.lines(at, thread.op).len() <= usize::from(thread.line) {
            thread.op += 1;
            (thread.line, thread.top, thread.after, thread.tag) = (0, NONE, NONE, 0);
            (thread.node, thread.hazard) = (NONE, NONE);
        }
    }

    /// Whether the head is what a thread saw.
    pub(super) fn is_same(&self, state: &State, at: usize) -> bool {
        let thread = state.threads[at];
        let versions = self.remedy != Remedy::Version || state.tag == thread.tag;
        state.head == thread.top && versions
    }

    /// Whether a popped node is kept for a later push.
    pub(super) fn keeps(&self, state: &State, at: usize) -> bool {
        let thread = state.threads[at];
        let later = self.ops[at][usize::from(thread.op)..].contains(&true);
        self.again && later && thread.kept == NONE
    }

    fn retire(&self, state: &mut State, at: usize) {
        let node = state.threads[at].top;
        if self.keeps(state, at) {
            state.threads[at].kept = node;
            return;
        }
        let inside = (0..THREADS).filter(|&it| state.threads[it].inside != NONE);
        let waits_for = inside.fold(0, |bits, it| bits | 1 << it);
        let epoch = state.epoch;
        let it = &mut state.nodes[usize::from(node)];
        (it.status, it.era, it.waits_for) = (Status::Retired, epoch, waits_for);
        let hazards = state.threads.map(|it| it.hazard);
        match self.remedy {
            Remedy::None | Remedy::Version => state.free_all(|_| true),
            Remedy::Hazard => state.free_unless(&hazards),
            Remedy::Epoch | Remedy::Rcu => {}
        }
    }
}

/// `pop pop push` as a list: whether each is a push.
fn ops(at: &str, text: &str) -> Result<Vec<bool>, ScenarioError> {
    let wrong = |fault| ScenarioError::one(at, fault);
    let mut ops = Vec::new();
    for word in text.split_whitespace() {
        ops.push(match word {
            "pop" => false,
            "push" => true,
            _ => return Err(wrong(Fault::NotOneOf(vec!["pop", "push"]))),
        });
    }
    if OPS_MAX < ops.len() {
        let (got, max) = (i64::try_from(ops.len()).unwrap_or(i64::MAX), OPS_MAX as i64);
        return Err(wrong(Fault::Length { got, min: 0, max, what: "operations" }));
    }
    Ok(ops)
}

impl Machine for Aba {
    type Scenario = Scenario;
    type Program = Setup;
    type State = State;
    const META: Meta = Meta {
        id: "ordering/aba",
        title: "ABA",
        summary: "A stack without locks is destroyed by a node that comes back, and four remedies.",
        look_for: "T1 remembers what is below the top. When it swings the head, that may be long gone.",
        source: "michael-2004/2",
        time_unit: "steps",
        markers: &["swap", "retry", "free", "corrupted", "use_after_free"],
    };
    const FORM: &'static [Field] = &[
        Field::new("n_nodes", "Nodes on the stack", Kind::Int { min: 1, max: 4 })
            .or(Preset::Int(3)),
        Field::new("first", "Operations of T1", Kind::Text { max_chars: 40 })
            .help("Up to three words, pop or push.")
            .or(Preset::Text("pop")),
        Field::new("second", "Operations of T2", Kind::Text { max_chars: 40 })
            .help("Up to three words, pop or push.")
            .or(Preset::Text("pop pop push")),
        Field::new(
            "remedy",
            "Remedy",
            Kind::Choice(&[
                ("none", "None"),
                ("version", "A version beside the head"),
                ("hazard", "Hazard pointers"),
                ("epoch", "Epochs"),
                ("rcu", "RCU"),
            ]),
        )
        .or(Preset::Text("none")),
        Field::new("again", "A push takes the node that was popped first", Kind::Flag)
            .help("Off: a popped node is freed, and a push gets a node from malloc.")
            .or(Preset::Flag(true)),
        Field::new(
            "reuse",
            "Freed node that malloc gives out",
            Kind::Choice(&[("last", "The one freed last"), ("first", "The one freed first")]),
        )
        .help("Most allocators take the last one, which is still in the cache.")
        .or(Preset::Text("last")),
        Field::new("stable", "Freed nodes go to a pool", Kind::Flag)
            .help("They can still be read, though what they hold is stale. Off: that is an error.")
            .or(Preset::Flag(true)),
        Field::new("push_counts", "A push raises the version", Kind::Flag)
            .help("Off: only a pop does.")
            .or(Preset::Flag(true)),
        picks_field("Schedule so far", PICKS_ARE_STEPS, THREADS + 1),
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
    const EXAMPLE: &'static str = r#"{"picks": [0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0]}"#;

    fn load(scenario: &Scenario) -> Result<Setup, ScenarioError> {
        let ops = [ops("/first", &scenario.first)?, ops("/second", &scenario.second)?];
        let Scenario { n_nodes, remedy, again, reuse, stable, push_counts, .. } = *scenario;
        Ok(Setup { n_nodes, ops, remedy, again, reuse, stable, push_counts })
    }

    fn picks(scenario: &Scenario) -> &[u32] {
        &scenario.picks
    }

    fn then(scenario: &Scenario) -> Then {
        scenario.then.with(scenario.seed)
    }

    fn start(setup: &Setup) -> State {
        let mut nodes = [Node::NEW; NODES_MAX];
        for at in 0..setup.n_nodes {
            let next = if at + 1 < setup.n_nodes { at + 1 } else { NONE };
            nodes[usize::from(at)] = Node { next, status: Status::OnStack, ..Node::NEW };
        }
        State::new(nodes)
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
        match (state.is_wild, state.stray()) {
            (true, _) => Some("use after free"),
            (false, Some(_)) => Some("a node on the stack that was popped"),
            (false, None) => None,
        }
    }

    fn outcome(_: &Setup, state: &State) -> String {
        let names: Vec<String> = state.chain().into_iter().map(view::name).collect();
        let stack = if names.is_empty() { "empty".to_owned() } else { names.join(" ") };
        format!("stack: {stack}; {} freed", state.count(Status::Freed))
    }

    fn metrics(setup: &Setup, picks: &[u32], last: &State, log: &mut Log<State>) {
        let mut state = Self::start(setup);
        let mut n_retries = 0_u32;
        for &pick in picks {
            let before = state.clone();
            Self::step(setup, &mut state, pick);
            let back = |it: usize| {
                let (old, new) = (before.threads[it], state.threads[it]);
                old.op == new.op && new.line < old.line
            };
            n_retries += u32::from((0..THREADS).any(back));
        }
        let mut count = |key, label, value: f64, unit, better| {
            log.metric(key, label, value, unit, better);
        };
        count("n_steps", "Steps taken", picks.len() as f64, "steps", Better::Neither);
        count("n_retries", "Swaps that failed", f64::from(n_retries), "swaps", Better::Neither);
        count("version", "Last version of the head", f64::from(last.tag), "", Better::Neither);
        let freed = f64::from(last.count(Status::Freed));
        count("n_freed", "Nodes that are free", freed, "nodes", Better::Neither);
        let waiting = f64::from(last.count(Status::Retired));
        count("n_retired", "Nodes that wait to be freed", waiting, "nodes", Better::Lower);
        let broken = f64::from(u8::from(Self::broken(setup, last).is_some()));
        count("n_broken", "Laws broken", broken, "laws", Better::Lower);
    }

    fn actors(_: &Setup) -> Vec<String> {
        vec!["T1".to_owned(), "T2".to_owned()]
    }

    fn actor(setup: &Setup, state: &State, pick: u32) -> Option<u16> {
        match setup.pick(state, pick)? {
            Act::Step(thread) => u16::try_from(thread).ok(),
            Act::Advance => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Aba, Machine, State};
    use crate::explore::{Verdict, explore_value};
    use serde_json::{Value, json};

    /// The law that can be broken, if any.
    fn law(scenario: &Value) -> Option<&'static str> {
        let found = explore_value::<Aba>(scenario, 2_000_000).unwrap();
        match found.verdict {
            Verdict::Holds => {
                assert!(found.complete);
                None
            }
            Verdict::Broken { law, .. } => Some(law),
            Verdict::Unknown => panic!("{scenario}: too many states"),
        }
    }

    const STRAY: Option<&str> = Some("a node on the stack that was popped");

    #[test]
    fn corruption_is_reachable_without_a_remedy_and_not_with_one() {
        for again in [false, true] {
            let none = json!({"again": again, "reuse": "first"});
            assert_eq!(law(&none), STRAY, "{none}");
            let version = json!({"again": again, "reuse": "first", "remedy": "version"});
            assert_eq!(law(&version), None);
        }
        for remedy in ["hazard", "epoch", "rcu"] {
            for stable in [false, true] {
                let fresh = json!({"remedy": remedy, "again": false, "stable": stable,
                    "reuse": "first"});
                assert_eq!(law(&fresh), None, "{remedy}");
                // They guard what is freed: a node that its owner pushes again was never freed.
                let again = json!({"remedy": remedy, "again": true, "stable": stable});
                assert_eq!(law(&again), STRAY, "{remedy}");
            }
        }
    }

    #[test]
    fn no_schedule_is_shorter_than_that_of_the_lesson() {
        let found = explore_value::<Aba>(&json!({}), 2_000_000).unwrap();
        let Verdict::Broken { picks, .. } = found.verdict else { panic!("it holds") };
        // Three steps of T1, and all twelve of T2 between its second and its third.
        assert_eq!(picks.len(), 15);
    }

    #[test]
    fn a_version_does_not_keep_memory_alive() {
        assert_eq!(law(&json!({"remedy": "version", "stable": false})), Some("use after free"));
        assert_eq!(law(&json!({"stable": false})), Some("use after free"));
    }

    #[test]
    fn remedies_hold_for_other_operations_too() {
        for (first, second) in
            [("pop push", "pop push"), ("pop pop", "push pop"), ("push", "pop pop")]
        {
            for remedy in ["version", "hazard", "epoch", "rcu"] {
                let scenario = json!({"first": first, "second": second, "remedy": remedy,
                    "again": false, "n_nodes": 2});
                assert_eq!(law(&scenario), None, "{scenario}");
                let mut other = scenario;
                other["reuse"] = json!("first");
                assert_eq!(law(&other), None, "{other}");
            }
        }
    }

    /// `aba_000` of the reference answers: the steps, and the head when T1 goes on.
    #[test]
    fn expected_aba_000() {
        let play = |scenario: Value, picks: &[u32]| -> State {
            let checked = crate::form::check(Aba::FORM, &scenario).unwrap();
            let setup = Aba::load(&crate::engine::typed(&checked).unwrap()).unwrap();
            let mut state = Aba::start(&setup);
            picks.iter().for_each(|&pick| Aba::step(&setup, &mut state, pick));
            state
        };
        // T1 reads the head A and the next B; T2 pops A and B, and pushes A again.
        let pause = [0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1];
        let before = play(json!({}), &pause);
        assert_eq!((before.threads[0].top, before.threads[0].after), (0, 1));
        assert_eq!(before.chain(), [0, 2]);
        let after = play(json!({}), &[&pause[..], &[0]].concat());
        assert_eq!(after.head, 1);
        assert_eq!(after.stray(), Some(1));
        // With a version T1 expects (A, 0); the head is (A, 3), or (A, 2) if only pops count.
        for (push_counts, version) in [(true, 3), (false, 2)] {
            let scenario = json!({"remedy": "version", "push_counts": push_counts});
            let paused = play(scenario.clone(), &pause);
            assert_eq!((paused.head, paused.tag, paused.threads[0].tag), (0, version, 0));
            let after = play(scenario, &[&pause[..], &[0]].concat());
            assert_eq!((after.head, after.threads[0].line), (0, 0));
        }
    }
}
