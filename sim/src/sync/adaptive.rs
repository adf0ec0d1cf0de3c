//! Spin or sleep: what a wait costs either way, and a lock that spins for a while and then sleeps.
//!
//! # Model
//! A lock is taken, and nobody knows for how long. Spinning costs as much CPU time as the wait is
//! long. Sleeping costs two switches of threads, however long it is. An adaptive lock spins up to a
//! limit and then sleeps. With the limit at the cost of sleeping it never costs more than twice what
//! the right choice would have cost.
//! # Ties
//! A wait as long as the limit is spun to its end.
//! # Left out
//! What spinners cost the others, pre-emption while one spins, and locks that learn their limit
//! from the waits before.
//! # Source
//! `karlin-1991`.

use super::paper;
use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::paper::Paper;
use crate::scene::{
    Cell, Chart, ChartKind, Column, Panel, Scene, Series, Stat, Stats, Table, TableRow, Tone,
};
use serde::Deserialize;

pub(crate) struct Adaptive;

#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    waits: Vec<Wait>,
    switch_ns: u64,
    limit_ns: Option<u64>,
    watch_owner: bool,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct Wait {
    wait_ns: u64,
    owner_runs: bool,
}

/// How many waits are over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct State {
    n_done: usize,
}

/// CPU time of one wait under each rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Costs {
    spin: u64,
    sleep: u64,
    adaptive: u64,
    best: u64,
}

impl Scenario {
    /// What sleeping costs: a switch away and a switch back.
    fn sleep_ns(&self) -> u64 {
        2 * self.switch_ns
    }

    fn limit(&self) -> u64 {
        self.limit_ns.unwrap_or_else(|| self.sleep_ns())
    }

    /// Whether the adaptive lock sleeps at once, because whoever holds the lock sleeps as well.
    fn sleeps_at_once(&self, wait: Wait) -> bool {
        self.watch_owner && !wait.owner_runs
    }

    fn costs(&self, wait: Wait) -> Costs {
        let (spin, sleep, limit) = (wait.wait_ns, self.sleep_ns(), self.limit());
        let adaptive = if self.sleeps_at_once(wait) {
            sleep
        } else if spin <= limit {
            spin
        } else {
            limit + sleep
        };
        Costs { spin, sleep, adaptive, best: spin.min(sleep) }
    }

    fn sum(&self, n: usize) -> Costs {
        let mut sum = Costs { spin: 0, sleep: 0, adaptive: 0, best: 0 };
        for wait in &self.waits[..n] {
            let it = self.costs(*wait);
            sum.spin += it.spin;
            sum.sleep += it.sleep;
            sum.adaptive += it.adaptive;
            sum.best += it.best;
        }
        sum
    }
}

impl Engine for Adaptive {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "sync/adaptive",
        title: "Spin or sleep",
        summary: "Spinning is cheap for short waits, sleeping for long ones; one can do both in turn.",
        look_for: "The adaptive line follows the diagonal up to the limit and never exceeds twice the best.",
        source: "karlin-1991/41",
        time_unit: "waits",
        markers: &["gave_up"],
    };
    const CHARTS: bool = true;
    const FORM: &'static [Field] = &[
        Field::new("waits", "Waits", Kind::Rows { columns: WAIT, len_min: 1, len_max: 100 }),
        Field::new("switch_ns", "Switch of threads", Kind::Int { min: 0, max: 1_000_000 })
            .unit("ns")
            .help("Sleeping costs two of them: away and back.")
            .or(Preset::Int(1_500)),
        Field::new("limit_ns", "Spins at most", Kind::Int { min: 0, max: 10_000_000 })
            .unit("ns")
            .help("Left out: as long as sleeping would cost.")
            .or(Preset::Unset),
        Field::new("watch_owner", "Watch the owner", Kind::Flag)
            .help("Spin only while the holder of the lock is on a CPU.")
            .or(Preset::Flag(false)),
    ];
    const PAPER: Option<Paper> = Some(paper::ADAPTIVE);
    const EXAMPLE: &'static str = r#"{"waits": [
        {"wait_ns": 200}, {"wait_ns": 1200}, {"wait_ns": 2900}, {"wait_ns": 3100}, {"wait_ns": 9000}
    ]}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let limit = scenario.limit();
        log.step(0, "start", || {
            let say = format!(
                "The adaptive lock will spin for {limit} ns at most, and sleeping costs {} ns: two \
                 switches.",
                scenario.sleep_ns()
            );
            Shot::new(say, State { n_done: 0 })
        })?;
        for (at, wait) in scenario.waits.iter().enumerate() {
            let costs = scenario.costs(*wait);
            let gave_up = !scenario.sleeps_at_once(*wait) && limit < costs.spin;
            let tag = if gave_up { "gave_up" } else { "wait" };
            log.step(at as u64 + 1, tag, || {
                let options = ["spinning", "sleeping"].map(ToOwned::to_owned).to_vec();
                let answer = usize::from(costs.sleep < costs.spin);
                let shot = Shot::new(say(scenario, at, *wait, costs), State { n_done: at + 1 });
                match costs.sleep == costs.spin {
                    true => shot,
                    false => shot.ask("Which would cost less for the next wait?", options, answer),
                }
            })?;
        }
        metrics(scenario, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
        Scene::default()
            .with("costs", "What a wait costs", Panel::Chart(chart(scenario)))
            .with("waits", "Wait by wait", Panel::Table(table(scenario, state.n_done)))
            .with("totals", "CPU time so far", Panel::Stats(stats(scenario, state.n_done)))
    }
}

const WAIT: &[Field] = &[
    Field::new("wait_ns", "Lock is free after", Kind::Int { min: 0, max: 10_000_000 }).unit("ns"),
    Field::new("owner_runs", "Owner is on a CPU", Kind::Flag).or(Preset::Flag(true)),
];

fn say(scenario: &Scenario, at: usize, wait: Wait, costs: Costs) -> String {
    let Costs { spin, sleep, adaptive, .. } = costs;
    let number = at + 1;
    let limit = scenario.limit();
    if scenario.sleeps_at_once(wait) {
        return format!(
            "Wait {number}: the lock sleeps at once for {sleep} ns, because its owner is not on a \
             CPU and will not give it back soon."
        );
    }
    match spin <= limit {
        true => format!(
            "Wait {number}: the lock spins for {spin} ns and has it, because it is free again \
             within the limit of {limit} ns; sleeping would have cost {sleep} ns."
        ),
        false => format!(
            "Wait {number}: the lock spins for {limit} ns, gives up and sleeps, {adaptive} ns in \
             all, because the wait of {spin} ns is longer than its limit."
        ),
    }
}

/// Lines over the length of a wait, up to a bit more than the longest.
fn chart(scenario: &Scenario) -> Chart {
    let longest = scenario.waits.iter().map(|it| it.wait_ns).max().unwrap_or_default();
    let end = longest.max(2 * scenario.sleep_ns()).max(scenario.limit() + 1).max(10);
    let limit = scenario.limit();
    let mut at: Vec<u64> = (0..=40).map(|it| end * it / 40).collect();
    at.extend([limit, limit + 1, scenario.sleep_ns()]);
    at.sort_unstable();
    at.dedup();
    let line = |label: &str, cost: fn(Costs) -> u64| {
        let point = |&wait_ns: &u64| {
            let costs = scenario.costs(Wait { wait_ns, owner_runs: true });
            (wait_ns as f64, cost(costs) as f64)
        };
        let points = at.iter().filter(|&&it| it <= end).map(point).collect();
        Series { label: label.to_owned(), actor: None, points }
    };
    Chart {
        kind: ChartKind::Line,
        x_label: "length of the wait (ns)".to_owned(),
        y_label: "CPU time (ns)".to_owned(),
        series: vec![
            line("spin", |it| it.spin),
            line("sleep", |it| it.sleep),
            line("adaptive", |it| it.adaptive),
            line("best", |it| it.best),
        ],
    }
}

fn table(scenario: &Scenario, n_done: usize) -> Table {
    let labels = ["Wait", "Length (ns)", "Spin (ns)", "Sleep (ns)", "Adaptive (ns)", "Best (ns)"];
    let row = |(at, wait): (usize, &Wait)| {
        let costs = scenario.costs(*wait);
        let cell = |ns: u64| {
            let tone = if ns == costs.best { Tone::Good } else { Tone::Plain };
            Cell::new(ns.to_string()).tone(tone)
        };
        let mut cells = vec![Cell::new((at + 1).to_string())];
        if at < n_done {
            cells.push(Cell::new(wait.wait_ns.to_string()));
            cells.extend([costs.spin, costs.sleep, costs.adaptive].map(cell));
            cells.push(Cell::new(costs.best.to_string()));
        } else {
            cells.resize(labels.len(), Cell::default());
        }
        let marked = at + 1 == n_done;
        TableRow { key: format!("wait.{at}"), actor: None, marked, cells }
    };
    Table {
        columns: labels.map(Column::numbers).to_vec(),
        rows: scenario.waits.iter().enumerate().map(row).collect(),
    }
}

fn stats(scenario: &Scenario, n_done: usize) -> Stats {
    let sum = scenario.sum(n_done);
    let item = |label: &str, ns: u64| Stat::new(label, ns.to_string(), "ns");
    Stats {
        items: vec![
            item("spinning", sum.spin),
            item("sleeping", sum.sleep),
            item("adaptive", sum.adaptive),
            item("best, with foresight", sum.best),
        ],
    }
}

fn metrics(scenario: &Scenario, log: &mut Log<State>) {
    let sum = scenario.sum(scenario.waits.len());
    let mut time = |key, label, ns: u64, better| {
        log.metric(key, label, ns as f64, "ns", better);
    };
    time("spin_ns", "Spinning", sum.spin, Better::Lower);
    time("sleep_ns", "Sleeping", sum.sleep, Better::Lower);
    time("adaptive_ns", "Adaptive", sum.adaptive, Better::Lower);
    time("best_ns", "Best, with foresight", sum.best, Better::Neither);
    time(
        "break_even_ns",
        "Spinning and sleeping cost the same",
        scenario.sleep_ns(),
        Better::Neither,
    );
    let ratio = sum.adaptive as f64 / sum.best.max(1) as f64;
    log.metric("ratio", "Adaptive over best", ratio, "", Better::Lower);
}

#[cfg(test)]
mod tests {
    use super::{Scenario, Wait};
    use crate::Rng;

    fn scenario(switch_ns: u64, limit_ns: Option<u64>) -> Scenario {
        Scenario { waits: Vec::new(), switch_ns, limit_ns, watch_owner: false }
    }

    #[test]
    fn at_the_break_even_it_costs_at_most_twice_the_best() {
        let mut rng = Rng::new(71);
        for _ in 0..5_000 {
            let scenario = scenario(rng.below(3_000), None);
            let wait = Wait { wait_ns: rng.below(20_000), owner_runs: true };
            let costs = scenario.costs(wait);
            assert!(costs.adaptive <= 2 * costs.best, "{scenario:?} {wait:?}");
        }
    }

    #[test]
    fn any_other_limit_can_cost_more_than_twice_the_best() {
        for limit in [0, 500, 2_000, 4_000, 9_000] {
            let scenario = scenario(1_500, Some(limit));
            let worst = (1..20_000).map(|wait_ns| {
                let costs = scenario.costs(Wait { wait_ns, owner_runs: true });
                costs.adaptive as f64 / costs.best as f64
            });
            assert!(2.0 < worst.fold(0.0, f64::max), "{limit}");
        }
    }

    #[test]
    fn with_an_owner_that_sleeps_there_is_no_spinning() {
        let scenario = Scenario { watch_owner: true, ..scenario(1_500, None) };
        let costs = scenario.costs(Wait { wait_ns: 9_000, owner_runs: false });
        assert_eq!((costs.adaptive, costs.best), (3_000, 3_000));
    }
}
