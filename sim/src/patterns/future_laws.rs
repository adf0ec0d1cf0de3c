//! Laws of futures: the lesson's outcomes, and a slow reader that asks at every ms.

use super::future_plan::{Ends, Kind, Plan, Task};
use crate::{Mode, Rng, Run, engine};
use serde_json::{Value, json};

fn run(expression: &str, tasks: &Value, losers: &str) -> Run {
    let scenario = json!({"expression": expression, "tasks": tasks, "losers": losers});
    engine("patterns/futures").unwrap().run(&scenario, Mode::Frames).unwrap()
}

fn metric(run: &Run, key: &str) -> f64 {
    run.metric(key).unwrap()
}

/// The lesson's drawing, which was run on Node: A succeeds after 30 ms, B fails after 10, C
/// succeeds after 20.
#[test]
fn the_four_combinators_settle_as_node_settles_them() {
    let tasks = json!([
        {"name": "A", "takes_ms": 30}, {"name": "B", "takes_ms": 10, "ends": "fails"},
        {"name": "C", "takes_ms": 20},
    ]);
    for (name, at, failed) in
        [("all", 10.0, 1.0), ("settled", 30.0, 0.0), ("race", 10.0, 1.0), ("any", 20.0, 0.0)]
    {
        let run = run(&format!("{name}(A, B, C)"), &tasks, "go_on");
        assert_eq!((metric(&run, "settled_ms"), metric(&run, "failed")), (at, failed), "{name}");
    }
}

#[test]
fn of_nothing_all_is_done_any_has_failed_and_race_waits() {
    let tasks = json!([{"name": "A"}]);
    assert_eq!(metric(&run("all()", &tasks, "go_on"), "failed"), 0.0);
    assert_eq!(metric(&run("any()", &tasks, "go_on"), "failed"), 1.0);
    assert_eq!(metric(&run("race()", &tasks, "go_on"), "pending"), 1.0);
}

/// Whether a part has settled by `now`, and how, straight from what the words mean.
fn slow(plan: &Plan, tasks: &[Task], at: usize, start: u64, now: u64) -> Option<bool> {
    let node = &plan.nodes[at];
    let child = |n: usize, now: u64| slow(plan, tasks, node.children[n], start, now);
    let n = node.children.len();
    match node.kind {
        Kind::Task(task) => {
            let Task { takes_ms, ends, .. } = tasks[task];
            (ends != Ends::Never && start + takes_ms <= now).then_some(ends == Ends::Succeeds)
        }
        Kind::Map => child(0, now),
        Kind::Then => {
            let first = (start..=now).find(|&it| child(0, it).is_some())?;
            match child(0, first) {
                Some(true) => slow(plan, tasks, node.children[1], first, now),
                other => other,
            }
        }
        Kind::All if (0..n).any(|it| child(it, now) == Some(false)) => Some(false),
        Kind::All | Kind::Settled => (0..n).all(|it| child(it, now).is_some()).then_some(true),
        Kind::Race => (start..=now).find_map(|now| (0..n).find_map(|it| child(it, now))),
        Kind::Any if (0..n).any(|it| child(it, now) == Some(true)) => Some(true),
        Kind::Any => (0..n).all(|it| child(it, now).is_some()).then_some(false),
        Kind::Timeout(ms) => match (start..=now.min(start + ms)).find_map(|it| child(0, it)) {
            Some(ok) => Some(ok),
            None => (start + ms <= now).then_some(false),
        },
    }
}

/// An expression over tasks that are each used once.
fn random(rng: &mut Rng, left: &mut Vec<String>, depth: u32) -> String {
    let kind = if depth == 0 || left.is_empty() { 0 } else { rng.below(9) };
    let mut inner = |rng: &mut Rng| random(rng, left, depth.saturating_sub(1));
    match kind {
        0 | 1 => match left.pop() {
            Some(task) => task,
            None => "all()".to_owned(),
        },
        2 => format!("map({})", inner(rng)),
        3 => {
            let first = inner(rng);
            format!("then({first}, {})", inner(rng))
        }
        4 => {
            let part = inner(rng);
            format!("timeout({part}, {})", rng.below(8))
        }
        _ => {
            let name = ["all", "settled", "race", "any"][usize::try_from(kind - 5).unwrap()];
            let parts: Vec<String> = (0..rng.between(1, 3)).map(|_| inner(rng)).collect();
            format!("{name}({})", parts.join(", "))
        }
    }
}

#[test]
fn a_reader_who_asks_at_every_ms_sees_the_same() {
    let mut rng = Rng::new(14);
    for _ in 0..300 {
        let task = |rng: &mut Rng, name: &str| Task {
            name: name.to_owned(),
            takes_ms: rng.between(1, 6),
            ends: [Ends::Succeeds, Ends::Succeeds, Ends::Fails, Ends::Never]
                [usize::try_from(rng.below(4)).unwrap()],
        };
        let names = ["A", "B", "C", "D", "E", "F"];
        let tasks: Vec<Task> = names.iter().map(|it| task(&mut rng, it)).collect();
        let mut left: Vec<String> = names.iter().map(ToString::to_string).collect();
        let text = random(&mut rng, &mut left, 3);
        let plan = Plan::new(&text, &tasks, false).unwrap();
        let root = plan.nodes.len() - 1;
        let end = (0..60).find_map(|now| Some((now, slow(&plan, &tasks, root, 0, now)?)));
        assert_eq!(plan.root().settled, end, "{text} {tasks:?}");
        // Cancelling changes what is wasted, not what comes out.
        let other = Plan::new(&text, &tasks, true).unwrap();
        assert_eq!(other.root().settled, end, "{text}");
        assert_eq!(other.wasted(), 0);
    }
}

#[test]
fn losers_go_on_or_are_cancelled() {
    let tasks = json!([{"name": "A", "takes_ms": 30}, {"name": "B", "takes_ms": 10}]);
    let goes_on = run("race(A, B)", &tasks, "go_on");
    assert_eq!((metric(&goes_on, "wasted_ms"), metric(&goes_on, "end_ms")), (20.0, 30.0));
    let cancelled = run("race(A, B)", &tasks, "cancelled");
    assert_eq!((metric(&cancelled, "wasted_ms"), metric(&cancelled, "end_ms")), (0.0, 10.0));
    assert_eq!(metric(&cancelled, "cancelled"), 1.0);
}

#[test]
fn faults_are_told_where_they_are() {
    let tasks = json!([{"name": "A"}]);
    for (expression, why) in [
        ("all(A, A)", "/expression: line 1, column 8: `A` is used twice"),
        ("all(B)", "column 5: expected a task, or `map`"),
        ("A A", "expected the end of the expression, found `A`"),
        ("timeout(A)", "expected a number of ms"),
        ("", "expected a task or a combinator"),
    ] {
        let scenario = json!({"expression": expression, "tasks": tasks});
        let told = engine("patterns/futures").unwrap().run(&scenario, Mode::Frames).unwrap_err();
        assert!(told.to_string().contains(why), "{expression}: {told}");
    }
}
