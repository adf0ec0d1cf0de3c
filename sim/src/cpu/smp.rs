//! Several CPUs: each has its own run queue, and balancing moves tasks between them.
//!
//! # Model
//! One to eight CPUs in one to four NUMA nodes. Each CPU runs its queue in turns of one slice. A
//! new task goes to the allowed CPU with the fewest tasks. Three movers: newidle balancing, where
//! a CPU that runs out of work pulls one waiting task, from its own node first; periodic
//! balancing of each domain (a node, the whole system), at intervals that grow while there is
//! nothing to move; and active balancing, where after failed rounds the stopper thread pushes a
//! running task to an idle CPU. A move takes both run-queue locks, the lower CPU number first, and
//! leaves the caches cold. A task keeps its memory on the node where it first ran, and is slower
//! elsewhere.
//! # Ties
//! Of equally loaded CPUs the lower number counts. A mover takes the task that has waited at the
//! head of its queue, because its caches are the coldest. At one moment tasks end, then arrive,
//! then CPUs pick, pull, and balance, narrow domains first.
//! # Left out
//! Weights and fairness inside a queue, sleeping, hardware threads, unequal CPUs, memory that is
//! moved after its task, energy. Real periodic balancing compares groups of CPUs and holds the two
//! locks one after the other. A busy CPU takes from another node only at a difference of 3 tasks.
//! # Source
//! `linux-domains` for the domains and their intervals; `love-2010`, chapter 4;
//! `lozi-2016` for what goes wrong.

use super::smp_run::simulate;
use super::smp_scene;
use super::smp_state::{Plan, State, Task};
use crate::engine::{Engine, Frame, Log, Meta};
use crate::error::{Fault, Problem, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

/// The engine.
pub(crate) struct Smp;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    tasks: Vec<Row>,
    cpus: usize,
    nodes: usize,
    slice_ticks: u64,
    balance_ticks_per_cpu: u64,
    newidle: bool,
    active: bool,
    cold_ticks: u64,
    cold_node_ticks: u64,
    far_percent: u64,
}

#[derive(Debug, Deserialize)]
struct Row {
    name: String,
    arrival_ticks: u64,
    work_ticks: u64,
    start_cpu: Option<usize>,
    allowed_cpus: Vec<usize>,
}

const COLUMNS: &[Field] = &[
    Field::new("name", "Name", Kind::Name { max_chars: 12 }).or(Preset::Numbered("T")),
    Field::new("arrival_ticks", "Arrival", Kind::Int { min: 0, max: 1_000 })
        .unit("ticks")
        .or(Preset::Int(0)),
    Field::new("work_ticks", "Work", Kind::Int { min: 1, max: 500 }).unit("ticks"),
    Field::new("start_cpu", "Starts on CPU", Kind::Int { min: 0, max: 7 })
        .help("Left out, on the allowed CPU with the fewest tasks.")
        .or(Preset::Unset),
    Field::new(
        "allowed_cpus",
        "May run on",
        Kind::Ints { min: 0, max: 7, len_min: 0, len_max: 8, single_key: "allowed_cpu" },
    )
    .help("CPU numbers; left out, on all.")
    .or(Preset::Empty),
];

impl Engine for Smp {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "cpu/smp",
        title: "Several CPUs and load balancing",
        summary: "Each CPU has its own run queue; balancing moves tasks where work is missing.",
        look_for: "Watch chips change rows, and what each move costs on the timeline.",
        source: "love-2010/4",
        time_unit: "ticks",
        markers: &["pull", "balance", "push"],
    };
    const FORM: &'static [Field] = &[
        Field::new("tasks", "Tasks", Kind::Rows { columns: COLUMNS, len_min: 1, len_max: 40 }),
        Field::new("cpus", "CPUs", Kind::Int { min: 1, max: 8 }).or(Preset::Int(2)),
        Field::new("nodes", "NUMA nodes", Kind::Int { min: 1, max: 4 }).or(Preset::Int(1)),
        Field::new("slice_ticks", "Slice", Kind::Int { min: 1, max: 100 })
            .unit("ticks")
            .or(Preset::Int(4)),
        Field::new("balance_ticks_per_cpu", "Balance every", Kind::Int { min: 0, max: 100 })
            .unit("ticks per CPU of the domain")
            .help("Up to twice as long while all is level; 0 switches periodic balancing off.")
            .or(Preset::Int(1)),
        Field::new("newidle", "A CPU without work pulls", Kind::Flag).or(Preset::Flag(true)),
        Field::new("active", "Push running tasks if nothing else helps", Kind::Flag)
            .or(Preset::Flag(true)),
        Field::new("cold_ticks", "Cold caches after a move", Kind::Int { min: 0, max: 50 })
            .unit("ticks")
            .or(Preset::Int(1)),
        Field::new(
            "cold_node_ticks",
            "After a move to another node",
            Kind::Int { min: 0, max: 50 },
        )
        .unit("ticks")
        .or(Preset::Int(3)),
        Field::new("far_percent", "Far memory slows by", Kind::Int { min: 0, max: 300 })
            .unit("%")
            .or(Preset::Int(50)),
    ];
    const EXAMPLE: &'static str = r#"{"cpus":2,"tasks":[
        {"name":"A","work_ticks":12,"start_cpu":0},
        {"name":"B","work_ticks":10,"start_cpu":0},
        {"name":"C","work_ticks":8,"start_cpu":0},
        {"name":"D","work_ticks":4,"start_cpu":1}]}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        check(scenario)?;
        simulate(&plan(scenario), log)
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        smp_scene::scene(&plan(scenario), past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        scenario.tasks.iter().map(|task| task.name.clone()).collect()
    }
}

fn check(scenario: &Scenario) -> Result<(), ScenarioError> {
    let cpus = scenario.cpus;
    let mut problems = Vec::new();
    if cpus < scenario.nodes {
        let why = format!("{} nodes need at least as many CPUs, not {cpus}", scenario.nodes);
        problems.push(Problem { at: "/nodes".to_owned(), fault: Fault::Conflict(why) });
    }
    for (row, task) in scenario.tasks.iter().enumerate() {
        let known = task.allowed_cpus.iter().enumerate();
        for (at, cpu) in known.filter(|(_, cpu)| cpus <= **cpu) {
            let at = format!("/tasks/{row}/allowed_cpus/{at}");
            problems.push(Problem { at, fault: Fault::Dangling(format!("CPU{cpu}")) });
        }
        let Some(start) = task.start_cpu else { continue };
        let at = format!("/tasks/{row}/start_cpu");
        if cpus <= start {
            problems.push(Problem { at, fault: Fault::Dangling(format!("CPU{start}")) });
        } else if !task.allowed_cpus.is_empty() && !task.allowed_cpus.contains(&start) {
            let why = format!("{} may not run on CPU{start}", task.name);
            problems.push(Problem { at, fault: Fault::Conflict(why) });
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(ScenarioError(problems)) }
}

fn plan(scenario: &Scenario) -> Plan {
    let task = |row: &Row| Task {
        name: row.name.clone(),
        arrival_ticks: row.arrival_ticks,
        work_ticks: row.work_ticks,
        start_cpu: row.start_cpu,
        allowed: (0..scenario.cpus)
            .map(|cpu| row.allowed_cpus.is_empty() || row.allowed_cpus.contains(&cpu))
            .collect(),
    };
    Plan {
        tasks: scenario.tasks.iter().map(task).collect(),
        cpus: scenario.cpus,
        nodes: scenario.nodes,
        slice_ticks: scenario.slice_ticks,
        balance_ticks_per_cpu: scenario.balance_ticks_per_cpu,
        newidle: scenario.newidle,
        active: scenario.active,
        cold_ticks: scenario.cold_ticks,
        cold_node_ticks: scenario.cold_node_ticks,
        far_percent: scenario.far_percent,
    }
}

#[cfg(test)]
mod tests {
    use crate::scene::{Panel, Tone};
    use crate::{Mode, Rng, Run, engine};
    use serde_json::{Value, json};
    use std::collections::BTreeMap;

    fn run(scenario: &Value) -> Run {
        let entry = engine("cpu/smp").unwrap();
        entry.run(scenario, Mode::Frames).unwrap_or_else(|it| panic!("{scenario}: {it}"))
    }

    fn of(run: &Run, key: &str) -> f64 {
        run.metric(key).unwrap_or_else(|| panic!("no {key}"))
    }

    fn says(run: &Run, tag: &str) -> Vec<String> {
        let steps = (0..run.len()).map(|at| run.step(at).unwrap());
        steps.filter(|it| it.tag == tag).map(|it| it.say.clone()).collect()
    }

    fn crowd(more: &Value) -> Run {
        let mut scenario = json!({"cpus": 4, "cold_ticks": 0,
            "tasks": (0..8).map(|_| json!({"work_ticks": 20, "start_cpu": 0})).collect::<Vec<_>>()});
        for (key, value) in more.as_object().unwrap() {
            scenario[key] = value.clone();
        }
        run(&scenario)
    }

    #[test]
    fn without_balancing_a_crowd_stays_where_it_is() {
        let stuck = crowd(&json!({"balance_ticks_per_cpu": 0, "newidle": false}));
        assert_eq!((of(&stuck, "makespan_ticks"), of(&stuck, "n_migrations")), (160.0, 0.0));
        assert_eq!((of(&stuck, "utilisation.CPU0"), of(&stuck, "utilisation.CPU3")), (1.0, 0.0));
        let spread = crowd(&json!({}));
        assert!(of(&spread, "makespan_ticks") < 60.0 && 0.0 < of(&spread, "n_migrations"));
    }

    #[test]
    fn a_cpu_that_runs_out_of_work_pulls_at_once() {
        let run = run(&json!({"balance_ticks_per_cpu": 0, "cold_ticks": 2, "tasks": [
            {"work_ticks": 9, "start_cpu": 1}, {"work_ticks": 9, "start_cpu": 1},
            {"work_ticks": 2, "start_cpu": 0}]}));
        // T2 has not run yet, so nothing of it is cold.
        let pulls = says(&run, "pull");
        assert_eq!(pulls.len(), 1);
        assert!(pulls[0].contains("T2") && pulls[0].contains("CPU0, then CPU1"), "{pulls:?}");
        assert_eq!(of(&run, "makespan_ticks"), 11.0);
    }

    #[test]
    fn locks_are_taken_in_the_order_of_cpu_numbers() {
        let mut seen = 0;
        for tag in ["pull", "balance", "push"] {
            for say in says(&crowd(&json!({"nodes": 2})), tag) {
                let (_, locks) = say.split_once("locks of CPU").unwrap();
                let (first, rest) = locks.split_once(", then CPU").unwrap();
                assert!(first.parse::<u32>().unwrap() < rest[..1].parse::<u32>().unwrap(), "{say}");
                seen += 1;
            }
        }
        assert!(2 < seen);
    }

    #[test]
    fn only_active_balancing_moves_a_task_that_runs() {
        // T2 and T3 may run on CPU0 only; T1 could go, but it is the one that runs.
        let tasks = json!([{"work_ticks": 40, "start_cpu": 0},
            {"work_ticks": 9, "allowed_cpu": 0}, {"work_ticks": 9, "allowed_cpu": 0}]);
        let scenario = |active: bool| json!({"tasks": tasks, "active": active, "slice_ticks": 50, "newidle": false});
        let stuck = run(&scenario(false));
        assert_eq!((of(&stuck, "n_migrations"), of(&stuck, "n_pushes")), (0.0, 0.0));
        let pushed = run(&scenario(true));
        assert_eq!((of(&pushed, "n_migrations"), of(&pushed, "n_pushes")), (1.0, 1.0));
        assert!(of(&pushed, "makespan_ticks") < of(&stuck, "makespan_ticks"));
    }

    #[test]
    fn far_memory_slows_a_task_by_the_stated_part() {
        // T1 starts on node 0 and has its memory there; T2 makes node 1 pull it after 4 ticks.
        let scenario = json!({"cpus": 2, "nodes": 2, "slice_ticks": 4, "far_percent": 50,
            "balance_ticks_per_cpu": 0, "cold_node_ticks": 3, "tasks": [
            {"work_ticks": 10, "start_cpu": 0}, {"work_ticks": 100, "start_cpu": 0},
            {"work_ticks": 6, "start_cpu": 1}]});
        let run = run(&scenario);
        assert_eq!(of(&run, "n_node_migrations"), 1.0);
        // T1 has 6 left at 4 and is pulled at 6: 3 cold ticks, then 9 for its 6.
        assert_eq!(of(&run, "finish_ticks.T1"), 18.0);
        assert_eq!(of(&run, "cold_ticks"), 3.0);
    }

    #[test]
    fn wrong_cpus_are_refused_at_their_places() {
        let told = |scenario: Value| {
            engine("cpu/smp").unwrap().run(&scenario, Mode::Frames).unwrap_err().to_string()
        };
        assert_eq!(
            told(json!({"cpus": 2, "nodes": 3, "tasks": [
                {"work_ticks": 1, "allowed_cpus": [0, 5]},
                {"work_ticks": 1, "start_cpu": 0, "allowed_cpu": 1}]})),
            "/nodes: 3 nodes need at least as many CPUs, not 2\n\
             /tasks/0/allowed_cpus/1: CPU5 is not defined\n\
             /tasks/1/start_cpu: T2 may not run on CPU0"
        );
    }

    fn random(rng: &mut Rng) -> Value {
        let cpus = rng.between(1, 6);
        let tasks: Vec<Value> = (0..rng.between(1, 9))
            .map(|_| {
                let mut row =
                    json!({"work_ticks": rng.between(1, 25), "arrival_ticks": rng.below(20)});
                if rng.below(3) == 0 {
                    row["allowed_cpus"] = json!([rng.below(cpus), rng.below(cpus)]);
                } else if rng.below(2) == 0 {
                    row["start_cpu"] = json!(rng.below(cpus));
                }
                row
            })
            .collect();
        json!({"tasks": tasks, "cpus": cpus, "nodes": rng.between(1, cpus.min(4)),
            "slice_ticks": rng.between(1, 6), "balance_ticks_per_cpu": rng.below(4),
            "newidle": rng.below(3) != 0, "active": rng.below(2) == 0, "far_percent": 0,
            "cold_ticks": rng.below(3), "cold_node_ticks": rng.below(5)})
    }

    #[test]
    fn no_task_is_lost_or_run_twice_and_affinity_holds() {
        let mut rng = Rng::new(41);
        for _ in 0..250 {
            let scenario = random(&mut rng);
            let run = run(&scenario);
            let scene = run.scene(usize::MAX);
            let Some(Panel::Gantt(gantt)) = scene.panel("timeline") else { panic!("no timeline") };
            let mut spans: BTreeMap<u16, Vec<(u64, u64, bool)>> = BTreeMap::new();
            for (cpu, lane) in gantt.lanes.iter().enumerate() {
                for span in &lane.spans {
                    let Some(task) = span.mark.actor else { continue };
                    let row = &run.scenario["tasks"][task as usize];
                    let allowed = row["allowed_cpus"].as_array().unwrap();
                    assert!(allowed.is_empty() || allowed.contains(&json!(cpu)), "{scenario}");
                    assert!(row["arrival_ticks"].as_u64().unwrap() <= span.start, "{scenario}");
                    let cold = span.mark.tone == Tone::Overhead;
                    spans.entry(task).or_default().push((span.start, span.end, cold));
                }
            }
            for (at, row) in run.scenario["tasks"].as_array().unwrap().iter().enumerate() {
                let own = spans.get_mut(&u16::try_from(at).unwrap()).unwrap();
                own.sort_unstable();
                assert!(own.windows(2).all(|it| it[0].1 <= it[1].0), "twice at once in {scenario}");
                let work: u64 = own.iter().filter(|it| !it.2).map(|it| it.1 - it.0).sum();
                assert_eq!(Some(work), row["work_ticks"].as_u64(), "{scenario}");
            }
            every_task_is_in_one_place(&run);
        }
    }

    fn every_task_is_in_one_place(run: &Run) {
        for at in 0..run.len() {
            let scene = run.scene(at);
            let Some(Panel::Queue(queue)) = scene.panel("queues") else { panic!("no queues") };
            let mut chips: Vec<u16> =
                queue.rows.iter().flat_map(|it| &it.marks).filter_map(|it| it.actor).collect();
            let n = chips.len();
            chips.sort_unstable();
            chips.dedup();
            assert_eq!(chips.len(), n, "step {at}");
        }
    }
}
