//! Rate-monotonic scheduling: the task with the shorter period always goes first.
//!
//! # Model
//! One CPU. Each task releases a job at the start of every period; a job needs its longest time
//! and is due by its deadline. Priorities never change: shorter period first, or shorter deadline
//! first (deadline-monotonic). A release preempts at once, and switching costs nothing. Before
//! the timeline, response-time analysis finds each task's worst response with all tasks released
//! together.
//! # Ties
//! Of tasks with equal periods the upper row goes first, in the analysis and on the timeline. At
//! one moment a job that ends counts before its deadline, the deadline before the next release.
//! # Left out
//! Locks and blocking, jitter, sporadic releases, deadlines after the period, several CPUs, the
//! cost of a switch. With different first releases the analysis is safe but no longer exact.
//! # Source
//! `liu-1973`, sections 4 and 5; `joseph-1986` for the response times; `bini-2003` for the
//! product bound.

use super::periodic::{self, Overrun, Rule, Set, State, Task};
use super::periodic_analysis::{self as analysis, Response};
use super::{periodic_run, periodic_scene};
use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::ScenarioError;
use crate::form::Field;
use crate::scene::{Cell, Scene, Stat, Stats, Tone, number};
use crate::words::{count, list};
use serde::Deserialize;

/// Most windows of one task that get a step of their own.
const ROUNDS_SHOWN_MAX: usize = 12;

/// The engine.
pub(crate) struct RateMonotonic;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    tasks: Vec<Task>,
    horizon_ticks: Option<u64>,
    overrun: Overrun,
    order: Order,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Order {
    Period,
    Deadline,
}

impl Engine for RateMonotonic {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "cpu/rate_monotonic",
        title: "Rate-monotonic scheduling",
        summary: "Periodic tasks with fixed priorities: the shorter the period, the higher.",
        look_for: "The tests before the timeline say who can be late; watch the deadlines prove it.",
        source: "liu-1973/4",
        time_unit: "ticks",
        markers: &["preempt", "miss"],
    };
    const FORM: &'static [Field] = &[
        periodic::TASKS,
        periodic::ORDER,
        periodic::TIE.hide(true),
        periodic::OVERRUN,
        periodic::HORIZON,
    ];
    const EXAMPLE: &'static str = r#"{"tasks":[
        {"name":"T1","compute_ticks":2,"period_ticks":5},
        {"name":"T2","compute_ticks":2,"period_ticks":10},
        {"name":"T3","compute_ticks":3,"period_ticks":20}]}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        periodic::check(&scenario.tasks)?;
        let set = set(scenario);
        let responses = responses(&set);
        let n_analysed = tell_analysis(&set, &responses, log)?;
        periodic_run::simulate(&set, n_analysed, log)?;
        metrics(&set, &responses, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        let set = set(scenario);
        let responses = responses(&set);
        let Some(last) = past.last() else { return Scene::default() };
        let order = order(&set);
        let shown = shown(order, &responses, last.state.n_analysed);
        let table = periodic_scene::table(
            &set,
            &last.state,
            &["R (ticks)", "meets D", "longest seen"],
            order,
            |at| {
                let [worst, meets] = response_cells(&responses[at], shown[at]);
                vec![worst, meets, periodic_scene::seen(&set, &last.state, at)]
            },
        );
        let done = order.iter().all(|&at| shown[at] == responses[at].windows.len());
        let bounds = bounds(&set, done.then_some(responses.as_slice()));
        periodic_scene::scene(&set, past, table, bounds)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        scenario.tasks.iter().map(|task| task.name.clone()).collect()
    }
}

fn set(scenario: &Scenario) -> Set<'_> {
    let tasks = &scenario.tasks;
    let mut order: Vec<usize> = (0..tasks.len()).collect();
    let what = match scenario.order {
        Order::Period => {
            crate::order::by_key(&mut order, |&at| tasks[at].period_ticks);
            "period"
        }
        Order::Deadline => {
            crate::order::by_key(&mut order, |&at| tasks[at].deadline());
            "deadline"
        }
    };
    let horizon = periodic::horizon(tasks, scenario.horizon_ticks);
    Set { tasks, horizon, overrun: scenario.overrun, rule: Rule::Fixed(order, what) }
}

fn order<'a>(set: &'a Set) -> &'a [usize] {
    match &set.rule {
        Rule::Fixed(order, _) => order,
        Rule::Deadline { .. } => &[],
    }
}

fn responses(set: &Set) -> Vec<Response> {
    let of = |at| analysis::response(set.tasks, order(set), at);
    (0..set.tasks.len()).map(of).collect()
}

/// Windows of each task that are known after `n_analysed` steps of analysis.
fn shown(order: &[usize], responses: &[Response], n_analysed: u32) -> Vec<usize> {
    let mut steps_left = n_analysed as usize;
    let mut shown = vec![0; responses.len()];
    for &at in order {
        let n_windows = responses[at].windows.len();
        let n_steps = n_windows.min(ROUNDS_SHOWN_MAX);
        shown[at] = if n_steps <= steps_left { n_windows } else { steps_left };
        steps_left -= n_steps.min(steps_left);
    }
    shown
}

/// The two tests by utilisation, then one step per window. Returns the steps of windows.
fn tell_analysis(
    set: &Set,
    responses: &[Response],
    log: &mut Log<State>,
) -> Result<u32, ScenarioError> {
    let state = |n_analysed| periodic::start(set.tasks.len(), n_analysed);
    log.step(0, "start", || Shot::new(opening(set), state(0)))?;
    if let Some(notice) = periodic::horizon_notice(set) {
        log.step(0, "notice", || Shot::new(notice, state(0)))?;
    }
    log.step(0, "test", || Shot::new(quick_tests(set), state(0)))?;
    let mut n_analysed = 0;
    for &at in order(set) {
        let response = &responses[at];
        let n_steps = response.windows.len().min(ROUNDS_SHOWN_MAX);
        for round in 0..n_steps {
            n_analysed += 1;
            let ends = round + 1 == n_steps;
            let tag = if ends { "respond" } else { "window" };
            log.step(0, tag, || {
                let say = match ends {
                    true => verdict(set, at, response),
                    false => window(set, at, &response.windows, round),
                };
                Shot::new(say, state(n_analysed))
            })?;
        }
    }
    Ok(n_analysed)
}

fn opening(set: &Set) -> String {
    let names: Vec<&str> = order(set).iter().map(|&at| set.tasks[at].name.as_str()).collect();
    let share = number(100.0 * analysis::utilisation(set.tasks), 1);
    let what = match set.rule {
        Rule::Fixed(_, what) => what,
        Rule::Deadline { .. } => "deadline",
    };
    match names.len() {
        1 => format!("{} is the only task; it needs {share}% of the CPU.", list(&names)),
        _ => format!(
            "{} stand in order of priority, because a shorter {what} goes first; together they \
             need {share}% of the CPU.",
            list(&names)
        ),
    }
}

fn quick_tests(set: &Set) -> String {
    if analysis::overloaded(set.tasks) {
        return "The set asks for more than the whole CPU, so no order of priorities can serve it."
            .to_owned();
    }
    if !applies(set) {
        return "The tests by utilisation do not apply, because they need rate-monotonic \
                priorities and deadlines at the end of the period."
            .to_owned();
    }
    let (u, bound) = (analysis::utilisation(set.tasks), bound(set));
    let (u, bound, product) =
        (number(u, 3), number(bound, 3), number(analysis::hyperbolic_product(set.tasks), 3));
    match (liu_layland_holds(set), analysis::hyperbolic_holds(set.tasks)) {
        (true, _) => format!(
            "The Liu-Layland test already proves the set, because its utilisation of {u} is at \
             most {bound}."
        ),
        (false, true) => format!(
            "The product test proves the set ({product} is at most 2), although its utilisation \
             of {u} is above the Liu-Layland bound of {bound}."
        ),
        (false, false) => format!(
            "The quick tests prove nothing, because {u} is above {bound} and {product} above 2; \
             only the response times decide."
        ),
    }
}

fn window(set: &Set, at: usize, windows: &[u64], round: usize) -> String {
    let name = &set.tasks[at].name;
    let own = set.tasks[at].compute_ticks;
    let above: Vec<usize> = analysis::above(order(set), at).collect();
    if round == 0 {
        let before: Vec<&str> = above.iter().map(|&it| set.tasks[it].name.as_str()).collect();
        return match before.is_empty() {
            true => format!("{name} waits for nobody, so its window is its own work of {own}."),
            false => format!(
                "{name} starts with its own work of {own} and asks how often it waits for {}.",
                list(&before)
            ),
        };
    }
    let was = windows[round - 1];
    let terms: Vec<String> = above
        .iter()
        .map(|&it| {
            let task = &set.tasks[it];
            let n = was.div_ceil(task.period_ticks);
            format!("{n} x {} of {}", task.compute_ticks, task.name)
        })
        .collect();
    let sum = windows[round];
    format!("{name} finds in a window of {was} its own {own} and {}: {sum} ticks.", list(&terms))
}

fn verdict(set: &Set, at: usize, response: &Response) -> String {
    let (name, due) = (&set.tasks[at].name, set.tasks[at].deadline());
    let ticks = count(response.ticks(), "ticks");
    match response.meets {
        true => format!(
            "{name} ends within {ticks} at worst, because the window no longer grows; it \
             meets its deadline of {due}."
        ),
        false => format!(
            "{name} needs at least {ticks} when all start together, which is past its \
             deadline of {due}."
        ),
    }
}

/// Whether the tests by utilisation apply.
fn applies(set: &Set) -> bool {
    analysis::implicit(set.tasks)
}

fn bound(set: &Set) -> f64 {
    analysis::liu_layland_bound(set.tasks.len())
}

fn liu_layland_holds(set: &Set) -> bool {
    analysis::utilisation(set.tasks) <= bound(set)
}

fn response_cells(response: &Response, n_shown: usize) -> [Cell; 2] {
    let Some(now) = n_shown.checked_sub(1).and_then(|at| response.windows.get(at)) else {
        return [Cell::new(""), Cell::new("")];
    };
    let worst = Cell::new(now.to_string());
    if n_shown < response.windows.len() {
        return [worst, Cell::new("…")];
    }
    match response.meets {
        true => [worst, Cell::new("yes").tone(Tone::Good)],
        false => {
            [Cell::new(format!("≥ {now}")).tone(Tone::Danger), Cell::new("no").tone(Tone::Danger)]
        }
    }
}

fn bounds(set: &Set, responses: Option<&[Response]>) -> Stats {
    let mut items = periodic_scene::bounds(set);
    let says = |holds: bool| match (applies(set), holds) {
        (false, _) => "does not apply",
        (true, true) => "proven",
        (true, false) => "undecided",
    };
    items.push(Stat::new("Liu-Layland bound", number(bound(set), 3), ""));
    items.push(Stat::new("U within the bound", says(liu_layland_holds(set)), ""));
    let product = number(analysis::hyperbolic_product(set.tasks), 3);
    items.push(Stat::new("product of U + 1", product, ""));
    items.push(Stat::new("product within 2", says(analysis::hyperbolic_holds(set.tasks)), ""));
    let exact = match responses {
        None => "not yet known",
        Some(all) if all.iter().all(|it| it.meets) => "every deadline is met",
        Some(_) if analysis::together(set.tasks) => "a deadline is missed",
        Some(_) => "a deadline is missed if all start together",
    };
    items.push(Stat::new("response times", exact, ""));
    Stats { items }
}

fn metrics(set: &Set, responses: &[Response], log: &mut Log<State>) {
    let neither = Better::Neither;
    let u = analysis::utilisation(set.tasks);
    log.metric("utilisation", "Utilisation asked for", u, "", neither);
    log.metric("liu_layland_bound", "Liu-Layland bound", bound(set), "", neither);
    let product = analysis::hyperbolic_product(set.tasks);
    log.metric("hyperbolic_product", "Product of U + 1", product, "", neither);
    let repeats = analysis::hyperperiod(set.tasks) as f64;
    log.metric("hyperperiod_ticks", "All repeats after", repeats, "ticks", neither);
    let meets = responses.iter().all(|it| it.meets);
    log.metric("schedulable", "Schedulable", f64::from(u8::from(meets)), "", Better::Higher);
    for (task, response) in set.tasks.iter().zip(responses) {
        let ticks = response.ticks() as f64;
        log.metric_of("response_ticks", &task.name, "Worst response", ticks, "ticks");
    }
}
