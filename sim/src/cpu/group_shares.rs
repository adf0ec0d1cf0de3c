//! Groups of threads share CPUs by weight, down a tree, and within quotas.
//!
//! # Model
//! One to eight CPUs in front of one tree of groups. Threads are always ready while their group
//! is active. At each decision the walk starts at the root and goes to the child that has had the
//! least CPU time for its weight, down to a thread; as many threads run as there are CPUs. A
//! quota is CPU time per period over all CPUs; a group that has used it is throttled until the
//! next period begins.
//! # Ties
//! Of children with equal weighted time the upper row goes first. A period that begins counts
//! before the quota is looked at. A group that comes back starts level with the least of its
//! siblings and gets nothing for the time it was away.
//! # Left out
//! Run queues of each CPU, with their own share of every group's weight; pools of quota that are
//! handed out to CPUs in slices; bursts; threads that sleep. Weights here are plain ratios: 100 is
//! the usual `cpu.weight` of version 2 (1 to 10,000), 1,024 was the usual `cpu.shares` of version 1.
//! # Source
//! `linux-cgroup-v2`, section CPU; `linux-bwc` and `turner-2010` for quotas.

use super::group_run::{Plan, State, simulate};
use super::group_scene;
use crate::engine::{Engine, Frame, Log, Meta};
use crate::error::{Fault, Problem, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

/// The engine.
pub(crate) struct GroupShares;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    groups: Vec<Row>,
    cpus: usize,
    slice_ticks: u64,
    horizon_ticks: u64,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Row {
    pub name: String,
    pub parent: Option<String>,
    pub weight: u64,
    pub n_threads: Option<u64>,
    pub quota_ticks: Option<u64>,
    pub period_ticks: u64,
    pub from_ticks: u64,
    pub until_ticks: Option<u64>,
}

const COLUMNS: &[Field] = &[
    Field::new("name", "Name", Kind::Name { max_chars: 12 }).or(Preset::Numbered("G")),
    Field::new("parent", "Inside", Kind::Text { max_chars: 12 })
        .help("Name of a group in a row above; left out, it is the root.")
        .or(Preset::Unset),
    Field::new("weight", "Weight", Kind::Int { min: 1, max: 262_144 })
        .help("Only the ratio to its siblings counts.")
        .or(Preset::Int(100)),
    Field::new("n_threads", "Threads", Kind::Int { min: 0, max: 16 })
        .help("Always ready; 1 if left out, none in a group that has groups inside.")
        .or(Preset::Unset),
    Field::new("quota_ticks", "Quota", Kind::Int { min: 1, max: 8_000 })
        .unit("ticks")
        .help("CPU time per period over all CPUs; left out, there is no limit.")
        .or(Preset::Unset),
    Field::new("period_ticks", "Period", Kind::Int { min: 1, max: 1_000 })
        .unit("ticks")
        .or(Preset::Int(20)),
    Field::new("from_ticks", "Active from", Kind::Int { min: 0, max: 1_000 })
        .unit("ticks")
        .or(Preset::Int(0)),
    Field::new("until_ticks", "Active until", Kind::Int { min: 0, max: 1_000 })
        .unit("ticks")
        .help("Left out, it stays active.")
        .or(Preset::Unset),
];

impl Engine for GroupShares {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "cpu/group_shares",
        title: "Group shares and quotas",
        summary: "A tree of groups divides CPU time by weight, and quotas cap it.",
        look_for: "Each group's line settles at its weight over the weights beside it.",
        source: "linux-cgroup-v2/cpu",
        time_unit: "ticks",
        markers: &["throttle", "refill", "active"],
    };
    const CHARTS: bool = true;
    const FORM: &'static [Field] = &[
        Field::new("groups", "Groups", Kind::Rows { columns: COLUMNS, len_min: 1, len_max: 12 }),
        Field::new("cpus", "CPUs", Kind::Int { min: 1, max: 8 }).or(Preset::Int(1)),
        Field::new("slice_ticks", "Slice", Kind::Int { min: 1, max: 100 })
            .unit("ticks")
            .help("Time between two decisions, unless something changes.")
            .or(Preset::Int(1)),
        Field::new("horizon_ticks", "End of the timeline", Kind::Int { min: 1, max: 1_000 })
            .unit("ticks")
            .or(Preset::Int(30)),
    ];
    const EXAMPLE: &'static str = r#"{"groups":[
        {"name":"A","weight":1024},{"name":"B","weight":512}]}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        simulate(&plan(scenario)?, log)
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        match plan(scenario) {
            Ok(plan) => group_scene::scene(&plan, past),
            Err(_) => Scene::default(),
        }
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        scenario.groups.iter().map(|row| row.name.clone()).collect()
    }
}

/// Finds the parents and fills in the threads.
fn plan(scenario: &Scenario) -> Result<Plan, ScenarioError> {
    let rows = &scenario.groups;
    let mut problems = Vec::new();
    let mut parents = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let parent = row.parent.as_deref().filter(|it| !it.is_empty());
        let found = parent.map(|name| rows.iter().position(|it| it.name == name));
        let fault = match (found, parent) {
            (Some(None), Some(name)) => Some(Fault::Dangling(name.to_owned())),
            (Some(Some(up)), Some(name)) if at <= up => {
                Some(Fault::Conflict(format!("{name} must stand in a row above")))
            }
            _ => None,
        };
        problems.extend(fault.map(|fault| Problem { at: format!("/groups/{at}/parent"), fault }));
        parents.push(found.flatten());
    }
    for (at, row) in rows.iter().enumerate() {
        if parents.contains(&Some(at)) && row.n_threads.is_some_and(|n| 0 < n) {
            let why = format!("{} has groups inside, so its threads must be in them", row.name);
            let at = format!("/groups/{at}/n_threads");
            problems.push(Problem { at, fault: Fault::Conflict(why) });
        }
    }
    if !problems.is_empty() {
        return Err(ScenarioError(problems));
    }
    let threads = |(at, row): (usize, &Row)| {
        if parents.contains(&Some(at)) { 0 } else { row.n_threads.unwrap_or(1) as usize }
    };
    let n_threads = rows.iter().enumerate().map(threads).collect();
    let &Scenario { cpus, slice_ticks, horizon_ticks, .. } = scenario;
    Ok(Plan { groups: rows.clone(), parents, n_threads, cpus, slice_ticks, horizon_ticks })
}

#[cfg(test)]
mod tests {
    use crate::{Mode, Rng, Run, engine};
    use serde_json::{Value, json};

    fn run(scenario: &Value) -> Run {
        let entry = engine("cpu/group_shares").unwrap();
        entry.run(scenario, Mode::Frames).unwrap_or_else(|it| panic!("{scenario}: {it}"))
    }

    #[track_caller]
    fn close(run: &Run, key: &str, want: f64, margin: f64) {
        let got = run.metric(key).unwrap_or_else(|| panic!("no {key}"));
        assert!((got - want).abs() <= margin, "{key}: {got} is not {want}");
    }

    #[test]
    fn shares_of_1024_and_512_give_two_thirds_and_one_third() {
        let run =
            run(&json!({"groups": [{"name": "A", "weight": 1024}, {"name": "B", "weight": 512}]}));
        close(&run, "share.A", 2.0 / 3.0, 1e-9);
        close(&run, "share.B", 1.0 / 3.0, 1e-9);
        close(&run, "entitled_share.A", 0.666_667, 1e-6);
    }

    #[test]
    fn a_group_alone_gets_all_whatever_its_weight() {
        let run = run(&json!({"horizon_ticks": 40, "groups": [
            {"name": "A", "weight": 1}, {"name": "B", "weight": 999, "from_ticks": 20}]}));
        close(&run, "cpu_ticks.A", 20.0, 1.0);
    }

    #[test]
    fn weights_divide_level_by_level() {
        // A and B 3:1; inside A one to one, so that each has 3/8, whatever B's threads.
        let run = run(&json!({"horizon_ticks": 800, "groups": [
            {"name": "A", "weight": 300}, {"name": "B", "n_threads": 5},
            {"name": "A1", "parent": "A", "weight": 7}, {"name": "A2", "parent": "A", "weight": 7}]}));
        close(&run, "share.A", 0.75, 0.003);
        close(&run, "share.A1", 0.375, 0.003);
        close(&run, "entitled_share.A2", 0.375, 1e-9);
    }

    #[test]
    fn a_quota_caps_even_an_idle_machine() {
        let run =
            run(&json!({"horizon_ticks": 40, "groups": [{"quota_ticks": 5, "period_ticks": 20}]}));
        close(&run, "cpu_ticks.G1", 10.0, 0.0);
        close(&run, "throttled_ticks.G1", 30.0, 0.0);
        close(&run, "n_throttles.G1", 2.0, 0.0);
        close(&run, "idle_ticks", 30.0, 0.0);
    }

    #[test]
    fn a_quota_is_counted_over_all_cpus() {
        // Four threads on four CPUs use 20 ticks of quota in 5 ticks of time.
        let run = run(&json!({"cpus": 4, "horizon_ticks": 20, "groups": [
            {"n_threads": 4, "quota_ticks": 20, "period_ticks": 20}]}));
        close(&run, "cpu_ticks.G1", 20.0, 0.0);
        close(&run, "throttled_ticks.G1", 15.0, 0.0);
    }

    #[test]
    fn wrong_trees_are_refused_at_their_places() {
        let told = |groups: Value| {
            let entry = engine("cpu/group_shares").unwrap();
            entry.run(&json!({"groups": groups}), Mode::Frames).unwrap_err().to_string()
        };
        assert_eq!(told(json!([{"parent": "X"}])), "/groups/0/parent: X is not defined");
        assert_eq!(
            told(json!([{"name": "A", "parent": "A"}])),
            "/groups/0/parent: A must stand in a row above"
        );
        assert!(
            told(json!([{"n_threads": 1}, {"parent": "G1"}])).starts_with("/groups/0/n_threads")
        );
    }

    /// A random tree that is active all the time.
    fn random(rng: &mut Rng, quota: bool) -> Value {
        let n = rng.between(1, 8);
        let groups: Vec<Value> = (0..n)
            .map(|at| {
                let mut row = json!({"weight": rng.between(1, 1_000)});
                if 0 < at && rng.below(2) == 0 {
                    row["parent"] = json!(format!("G{}", rng.between(1, at)));
                }
                if quota && rng.below(3) == 0 {
                    row["quota_ticks"] = json!(rng.between(1, 30));
                    row["period_ticks"] = json!(rng.between(5, 30));
                }
                row
            })
            .collect();
        json!({"groups": groups, "horizon_ticks": 400, "slice_ticks": rng.between(1, 3)})
    }

    #[test]
    fn on_one_cpu_everyone_gets_what_the_weights_say() {
        let mut rng = Rng::new(21);
        for _ in 0..150 {
            let scenario = random(&mut rng, false);
            let run = run(&scenario);
            for name in &run.actors {
                let of = |key: &str| run.metric(&format!("{key}.{name}")).unwrap();
                // A slice on each of the levels above is the most that one can be off.
                let off = (of("cpu_ticks") - 400.0 * of("entitled_share")).abs();
                assert!(off <= 3.0 * 8.0, "{name}: {off} in {scenario}");
            }
            close(&run, "idle_ticks", 0.0, 0.0);
        }
    }

    #[test]
    fn quotas_hold_in_every_period_and_no_time_is_lost() {
        let mut rng = Rng::new(22);
        for _ in 0..150 {
            let mut scenario = random(&mut rng, true);
            let cpus = rng.between(1, 4);
            scenario["cpus"] = json!(cpus);
            let run = run(&scenario);
            let rows = run.scenario["groups"].as_array().unwrap();
            for row in rows {
                let name = row["name"].as_str().unwrap();
                let used = run.metric(&format!("cpu_ticks.{name}")).unwrap();
                if let Some(quota) = row["quota_ticks"].as_u64() {
                    let n_periods = 400_u64.div_ceil(row["period_ticks"].as_u64().unwrap());
                    assert!(used <= (quota * n_periods) as f64, "{name} in {scenario}");
                }
            }
            let top = rows.iter().filter(|it| it["parent"].is_null());
            let used: f64 = top
                .map(|it| {
                    run.metric(&format!("cpu_ticks.{}", it["name"].as_str().unwrap())).unwrap()
                })
                .sum();
            close(&run, "idle_ticks", 400.0 * cpus as f64 - used, 0.0);
        }
    }
}
