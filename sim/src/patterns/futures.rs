//! Futures: tasks that run at the same time, and combinators that make one future of several.
//!
//! # Model
//! A task settles after its time, with a value or an error, or never. `map` changes a value; `then`
//! starts its second part when the first has succeeded; `all` waits for every value or for the first
//! error; `settled` waits for all outcomes; `race` takes the first that settles, `any` the first that
//! succeeds; `timeout` fails at its deadline. When a part is settled, what still runs inside of it
//! goes on for nobody, or is cancelled.
//! # Ties
//! Of two that settle at one moment the one written first is the first. A value that comes exactly at
//! a deadline is in time.
//! # Left out
//! What tasks share: here each has a machine of its own. Cancelling that takes time, and code that
//! does not listen to it.
//! # Source
//! `python-asyncio-task`, and the ECMAScript combinators of the same names.

use super::future_plan::{Ends, Event, Kind, Node, Plan, Task, What};
use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::ScenarioError;
use crate::form::{Field, Kind as Takes, Preset};
use crate::scene::{
    Edge, Gantt, Graph, Lane, Mark, Node as Place, Panel, Scene, Span, Stat, Stats, Tone,
};
use crate::words::count;
use serde::Deserialize;

pub(crate) struct Futures;

#[derive(Debug, Deserialize)]
pub(super) struct Raw {
    expression: String,
    tasks: Vec<Task>,
    losers: Losers,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Losers {
    GoOn,
    Cancelled,
}

/// The same, worked out.
#[derive(Debug, Deserialize)]
#[serde(from = "Raw")]
pub(crate) struct Scenario {
    plan: Result<Plan, ScenarioError>,
    tasks: Vec<Task>,
}

impl From<Raw> for Scenario {
    fn from(raw: Raw) -> Self {
        let plan = Plan::new(&raw.expression, &raw.tasks, raw.losers == Losers::Cancelled);
        Self { plan, tasks: raw.tasks }
    }
}

/// Events that have happened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct State {
    n_events: usize,
}

const TASKS: &[Field] = &[
    Field::new("name", "Task", Takes::Name { max_chars: 8 }).or(Preset::Numbered("T")),
    Field::new("takes_ms", "Takes", Takes::Int { min: 1, max: 100_000 })
        .unit("ms")
        .or(Preset::Int(10)),
    Field::new(
        "ends",
        "And then",
        Takes::Choice(&[("succeeds", "Succeeds"), ("fails", "Fails"), ("never", "Never settles")]),
    )
    .or(Preset::Text("succeeds")),
];

const ENDS: [&str; 3] = ["it stays pending", "it succeeds", "it fails"];

impl Engine for Futures {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "patterns/futures",
        title: "Futures and combinators",
        summary: "Combinators make one future of several tasks that run at the same time.",
        look_for: "Before each end of a task, say whether the whole is settled by it; and watch the losers.",
        source: "python-asyncio-task/gather",
        time_unit: "ms",
        markers: &["settled", "failed", "cancel"],
    };
    const FORM: &'static [Field] = &[
        Field::new("expression", "Expression", Takes::Text { max_chars: 300 }).help(
            "Names of tasks and map(x), then(x, y), all(…), settled(…), race(…), any(…), timeout(x, ms).",
        ),
        Field::new("tasks", "Tasks", Takes::Rows { columns: TASKS, len_min: 1, len_max: 12 }),
        Field::new(
            "losers",
            "What nobody waits for",
            Takes::Choice(&[("go_on", "Goes on"), ("cancelled", "Is cancelled")]),
        )
        .help("A promise of JavaScript cannot be stopped; a task group of Python cancels.")
        .or(Preset::Text("go_on")),
    ];
    const EXAMPLE: &'static str = r#"{
        "expression": "race(A, B, C)",
        "tasks": [
            {"name": "A", "takes_ms": 30, "ends": "succeeds"},
            {"name": "B", "takes_ms": 10, "ends": "fails"},
            {"name": "C", "takes_ms": 20, "ends": "succeeds"}
        ]
    }"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let plan = scenario.plan.as_ref().map_err(Clone::clone)?;
        log.step(0, "start", || {
            let say = format!("Nothing has started yet of {}.", plan.root().text);
            Shot::new(say, State { n_events: 0 })
        })?;
        for (at, event) in plan.events.iter().enumerate() {
            let node = &plan.nodes[event.node];
            let is_task = matches!(node.kind, Kind::Task(_));
            let tag = match event.what {
                What::Starts => "begin",
                What::Cancelled => "cancel",
                What::Settles if is_task => "task",
                What::Settles if node.settled.is_some_and(|it| it.1) => "settled",
                What::Settles => "failed",
            };
            log.step(event.at, tag, || {
                let shot = Shot::new(say(scenario, plan, event), State { n_events: at + 1 });
                if !is_task || event.what != What::Settles || plan.nodes.len() < 2 {
                    return shot;
                }
                let (what, answer) = asked(plan, event);
                shot.ask(&what, ENDS.map(str::to_owned).into(), answer)
            })?;
        }
        let end = plan.events.last().map_or(0, |it| it.at);
        if plan.root().settled.is_none() {
            log.step(end, "pending", || {
                let say = format!("Nothing more happens, and {} waits for ever.", plan.root().text);
                Shot::new(say, State { n_events: plan.events.len() })
            })?;
        }
        metrics(scenario, plan, end, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        let (Some(last), Ok(plan)) = (past.last(), &scenario.plan) else { return Scene::default() };
        let now = last.step.time;
        let known = &plan.events[..last.state.n_events];
        Scene::default()
            .with("tree", "The expression", Panel::Graph(tree(scenario, plan, known)))
            .with(
                "timeline",
                "Tasks and the whole",
                Panel::Gantt(timeline(scenario, plan, known, now)),
            )
            .with("now", "Now", Panel::Stats(stats(plan, known, now)))
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        scenario.tasks.iter().map(|it| it.name.clone()).collect()
    }
}

/// What is asked when a task settles: what becomes of the whole at this moment.
fn asked(plan: &Plan, event: &Event) -> (String, usize) {
    let node = &plan.nodes[event.node];
    let does = if node.settled.is_some_and(|it| it.1) { "succeeds" } else { "fails" };
    let what = format!("{} {does} at {} ms: what becomes of the whole?", node.text, event.at);
    let answer = match plan.root().settled.filter(|it| it.0 <= event.at) {
        None => 0,
        Some((_, true)) => 1,
        Some((_, false)) => 2,
    };
    (what, answer)
}

fn ms(n: u64) -> String {
    count(n, "ms")
}

fn say(scenario: &Scenario, plan: &Plan, event: &Event) -> String {
    let node = &plan.nodes[event.node];
    let ok = node.settled.is_some_and(|it| it.1);
    match (event.what, node.kind) {
        (What::Starts, Kind::Task(task)) => {
            let takes = match scenario.tasks[task].ends {
                Ends::Never => "and will never settle".to_owned(),
                Ends::Succeeds | Ends::Fails => {
                    format!("and takes {}", ms(scenario.tasks[task].takes_ms))
                }
            };
            format!("Task {} starts {takes}.", node.text)
        }
        (What::Cancelled, _) => format!(
            "Task {} is cancelled, because what it was part of is settled and nobody waits for it.",
            node.text
        ),
        (_, Kind::Task(_)) => {
            let late = match node.unwanted.filter(|&it| it < event.at) {
                Some(since) => format!(", but nobody has waited for it since {}", ms(since)),
                None => String::new(),
            };
            let how = if ok { format!("succeeds with {}", node.value) } else { "fails".to_owned() };
            format!(
                "Task {} {how} after {}{late}.",
                node.text,
                ms(event.at - node.start.unwrap_or(0))
            )
        }
        (_, kind) => {
            let how = if ok { "succeeds" } else { "fails" };
            format!("The part {} {how} with {}, because {}.", node.text, node.value, why(kind, ok))
        }
    }
}

const fn why(kind: Kind, ok: bool) -> &'static str {
    match (kind, ok) {
        (Kind::Map, true) => "its function is called with the value",
        (Kind::Map, false) => "an error passes through",
        (Kind::Then, true) => "both steps are done, one after the other",
        (Kind::Then, false) => "one of its steps failed",
        (Kind::All, true) => "the last value is there",
        (Kind::All, false) => "one error is enough",
        (Kind::Settled, _) => "all outcomes are known, whatever they are",
        (Kind::Race, _) => "the first that settles decides, error or not",
        (Kind::Any, true) => "the first success decides",
        (Kind::Any, false) => "none of them succeeded",
        (Kind::Timeout(_), true) => "the value came before the deadline",
        (Kind::Timeout(_), false) => "the deadline came first, or an error",
        (Kind::Task(_), _) => "its work is over",
    }
}

fn happened(known: &[Event], node: usize, what: What) -> bool {
    known.iter().any(|it| it.node == node && it.what == what)
}

fn tone(plan: &Plan, known: &[Event], at: usize) -> Tone {
    let node = &plan.nodes[at];
    let is_task = matches!(node.kind, Kind::Task(_));
    match () {
        () if happened(known, at, What::Cancelled) => Tone::Muted,
        () if happened(known, at, What::Settles) => {
            if node.settled.is_some_and(|it| it.1) {
                Tone::Good
            } else {
                Tone::Fault
            }
        }
        () if is_task && happened(known, at, What::Starts) => Tone::Running,
        () if is_task => Tone::Plain,
        () => Tone::Blocked,
    }
}

fn name(kind: Kind, node: &Node) -> String {
    match kind {
        Kind::Task(_) => node.text.clone(),
        Kind::Map => "map".to_owned(),
        Kind::Then => "then".to_owned(),
        Kind::All => "all".to_owned(),
        Kind::Settled => "settled".to_owned(),
        Kind::Race => "race".to_owned(),
        Kind::Any => "any".to_owned(),
        Kind::Timeout(it) => format!("timeout {it}"),
    }
}

/// Leaves side by side, each part above what it is made of.
fn tree(scenario: &Scenario, plan: &Plan, known: &[Event]) -> Graph {
    fn lay(plan: &Plan, at: usize, depth: i32, next: &mut i32, out: &mut [(i32, i32)]) {
        let children = &plan.nodes[at].children;
        for &child in children {
            lay(plan, child, depth + 1, next, out);
        }
        let x = match (children.first(), children.last()) {
            (Some(&first), Some(&last)) => i32::midpoint(out[first].0, out[last].0),
            _ => {
                *next += 1;
                *next - 1
            }
        };
        out[at] = (x, depth);
    }
    let mut places = vec![(0, 0); plan.nodes.len()];
    lay(plan, plan.nodes.len() - 1, 0, &mut 0, &mut places);
    let (mut nodes, mut edges) = (Vec::new(), Vec::new());
    for (at, node) in plan.nodes.iter().enumerate() {
        let settled = happened(known, at, What::Settles);
        let when = node.settled.map_or(0, |it| it.0);
        let note = if settled { format!("{when} ms") } else { String::new() };
        let detail = match settled {
            true => format!("{}: {} at {when} ms", node.text, node.value),
            false => format!("{}: pending", node.text),
        };
        let mut mark = Mark::new(format!("node.{at}"), name(node.kind, node));
        mark = mark.tone(tone(plan, known, at)).detail(detail);
        if let Kind::Task(task) = node.kind {
            mark = mark.actor(u16::try_from(task.min(scenario.tasks.len())).unwrap_or(0));
        }
        let boxed = !matches!(node.kind, Kind::Task(_));
        nodes.push(Place { at: places[at], boxed, mark, note });
        for &child in &node.children {
            edges.push(Edge {
                from: format!("node.{child}"),
                to: format!("node.{at}"),
                label: String::new(),
                tone: if happened(known, child, What::Settles) { Tone::Used } else { Tone::Plain },
            });
        }
    }
    Graph { directed: true, nodes, edges }
}

fn timeline(scenario: &Scenario, plan: &Plan, known: &[Event], now: u64) -> Gantt {
    let end = plan.events.last().map_or(1, |it| it.at).max(1);
    let mut lanes = Vec::new();
    let root = plan.nodes.len() - 1;
    for (at, node) in plan.nodes.iter().enumerate() {
        let actor = match node.kind {
            Kind::Task(task) => u16::try_from(task.min(scenario.tasks.len())).ok(),
            _ if at == root => None,
            _ => continue,
        };
        let mut spans = Vec::new();
        let starts = at == root || happened(known, at, What::Starts);
        if let Some(start) = node.start.filter(|_| starts) {
            let stop = plan
                .cancelled(at)
                .unwrap_or(u64::MAX)
                .min(node.settled.map_or(u64::MAX, |it| it.0));
            let until = stop.min(now);
            // Where nobody waits any more, the rest of the time is shown apart.
            let wanted = node.unwanted.unwrap_or(u64::MAX).clamp(start, until.max(start));
            let own = tone(plan, known, at);
            let parts = [(start, wanted, own), (wanted, until, Tone::Danger)];
            for (n, (from, to, tone)) in parts.into_iter().enumerate().filter(|it| it.1.0 < it.1.1)
            {
                let wasted = if n == 1 { ", for nobody" } else { "" };
                let label = name(node.kind, node);
                let detail = format!("{} from {from} to {to} ms{wasted}", node.text);
                let mut mark = Mark::new(format!("span.{at}.{n}"), label).tone(tone).detail(detail);
                mark.actor = actor;
                spans.push(Span { start: from, end: to, mark });
            }
        }
        let label = if at == root { "the whole".to_owned() } else { node.text.clone() };
        lanes.push(Lane { key: format!("lane.{at}"), label, actor, spans, events: Vec::new() });
    }
    Gantt { now, end, unit: "ms", lanes }
}

fn stats(plan: &Plan, known: &[Event], now: u64) -> Stats {
    let settled = happened(known, plan.nodes.len() - 1, What::Settles);
    let value = if settled { plan.root().value.clone() } else { "pending".to_owned() };
    let tasks = |what| {
        let of = known.iter().filter(|it| it.what == what);
        of.filter(|it| matches!(plan.nodes[it.node].kind, Kind::Task(_))).count()
    };
    let stopped = tasks(What::Settles) + tasks(What::Cancelled);
    Stats {
        items: vec![
            Stat::new("the whole", value, ""),
            Stat::new("now", now.to_string(), "ms"),
            Stat::new("tasks that run", (tasks(What::Starts) - stopped).to_string(), "tasks"),
            Stat::new("cancelled", tasks(What::Cancelled).to_string(), "tasks"),
        ],
    }
}

fn metrics(scenario: &Scenario, plan: &Plan, end: u64, log: &mut Log<State>) {
    let flag = |it: bool| f64::from(u8::from(it));
    let settled = plan.root().settled;
    if let Some((at, _)) = settled {
        log.metric("settled_ms", "Settled", at as f64, "ms", Better::Lower);
    }
    log.metric("pending", "Never settled", flag(settled.is_none()), "", Better::Lower);
    log.metric("failed", "Failed", flag(settled.is_some_and(|it| !it.1)), "", Better::Lower);
    log.metric("end_ms", "Last task ends", end as f64, "ms", Better::Lower);
    let wasted = plan.wasted() as f64;
    log.metric("wasted_ms", "Time spent for nobody", wasted, "ms", Better::Lower);
    let cancelled = plan.events.iter().filter(|it| it.what == What::Cancelled).count();
    log.metric("cancelled", "Tasks cancelled", cancelled as f64, "tasks", Better::Neither);
    let one_by_one: u64 = scenario.tasks.iter().map(|it| it.takes_ms).sum();
    log.metric("one_by_one_ms", "One after the other", one_by_one as f64, "ms", Better::Neither);
}
