//! What a leaf claims is what `io/servers` computes with its setting.

use crate::scene::Panel;
use crate::{Entry, Mode, Rng, Run, engine};
use serde_json::{Map, Value, json};

fn entry() -> &'static Entry {
    engine("patterns/choice").unwrap()
}

fn choose(given: &Value) -> Run {
    entry().run(given, Mode::Frames).unwrap_or_else(|it| panic!("{given}: {it}"))
}

/// The setting at the end of the walk, as the last frame shows it.
fn setting(run: &Run) -> Value {
    let scene = run.scene(run.len());
    let Some(Panel::Table(table)) = scene.panel("setting") else { panic!() };
    let cell = |text: &str| text.parse::<u64>().map_or_else(|_| json!(text), |it| json!(it));
    let rows = table.rows.iter().map(|it| (it.key.clone(), cell(&it.cells[1].text)));
    Value::Object(rows.collect::<Map<String, Value>>())
}

/// The model at the end of the walk.
fn leaf(run: &Run) -> String {
    let scene = run.scene(run.len());
    let Some(Panel::Graph(tree)) = scene.panel("tree") else { panic!() };
    let good = |key: &str| {
        let node = tree.nodes.iter().find(|it| it.mark.key == key).unwrap();
        node.mark.tone == crate::scene::Tone::Good
    };
    let leaves = tree.nodes.iter().map(|it| it.mark.key.as_str());
    leaves.filter(|it| it.starts_with("leaf.")).find(|it| good(it)).unwrap()[5..].to_owned()
}

/// Serves with a setting; nothing if the domain is not built.
fn serve(setting: &Value, changes: &[(&str, Value)]) -> Option<Run> {
    let mut setting = setting.clone();
    for (key, value) in changes {
        setting[*key] = value.clone();
    }
    let servers = engine("io/servers")?;
    Some(servers.run(&setting, Mode::MetricsOnly).unwrap_or_else(|it| panic!("{setting}: {it}")))
}

fn metric(run: &Run, key: &str) -> u64 {
    run.metric(key).unwrap() as u64
}

fn random(rng: &mut Rng) -> Value {
    let flag = |rng: &mut Rng| json!(rng.below(4) == 0);
    let scale = [10, 100, 1_000, 10_000];
    let at = rng.below(4) as usize;
    let compute = rng.between(2, 9) * scale[at];
    let wait = rng.below(9) * scale[rng.below(4) as usize];
    let cores = rng.between(1, 8);
    // Between a tenth of the cores and somewhat more than all of them.
    let rate = (cores * 1_000_000 * rng.between(1, 12) / (10 * compute)).clamp(1, 100_000);
    let waits_for = ["socket", "file"][rng.below(2) as usize];
    let n_connections = rng.between(1, 9) * [10, 1_000, 100_000][rng.below(3) as usize];
    let data = ["none", "shared", "own"][rng.below(3) as usize];
    json!({"compute_us": compute, "wait_us": wait, "rate": rate, "cores": cores,
        "waits_for": waits_for, "n_connections": n_connections, "data": data,
        "isolation": flag(rng), "global_lock": flag(rng), "cheap_tasks": flag(rng)})
}

#[test]
fn every_walk_ends_at_a_model_that_servers_can_show() {
    let mut rng = Rng::new(41);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..600 {
        let given = random(&mut rng);
        let run = choose(&given);
        seen.insert(leaf(&run));
        let Some(served) = serve(&setting(&run), &[]) else { continue };
        assert_eq!(run.metric("memory_kib"), served.metric("memory_kib"), "{given}");
    }
    assert_eq!(seen.len(), 10, "{seen:?}");
}

/// Whether the slowest request gets slower with more requests, in whatever shape.
fn grows(setting: &Value) -> bool {
    ["thread", "event_loop"].iter().all(|name| {
        let slowest = |n: u64| {
            // What it waits for does not matter here.
            let shape = [("shape", json!(name)), ("wait_us", json!(0)), ("n_requests", json!(n))];
            metric(&serve(setting, &shape).unwrap(), "latency_us_max")
        };
        slowest(24) < slowest(200)
    })
}

/// The claims of each model, where the cores are not busy nearly all the time.
#[test]
fn what_a_model_claims_is_what_servers_computes() {
    let mut rng = Rng::new(42);
    for _ in 0..600 {
        let given = random(&mut rng);
        let run = choose(&given);
        let (setting, leaf) = (setting(&run), leaf(&run));
        let Some(served) = serve(&setting, &[]) else { return };
        let cores = given["cores"].as_u64().unwrap();
        let is_calm = run.metric("cores_busy").unwrap() <= 0.6 * cores as f64
            && 10 <= given["rate"].as_u64().unwrap();
        // No more requests can be under way than there are connections.
        let n_connections = given["n_connections"].as_u64().unwrap() as f64;
        let is_possible = 2.0 * run.metric("inside").unwrap() <= n_connections;
        let shape = |name: &str| format!("memory_kib.{name}");
        match leaf.as_str() {
            // No shape serves at the pace at which requests come: the later, the slower.
            "more_cores" => {
                assert!(grows(&setting), "{given}");
            }
            // Some more than the cores are as quick as a thousand.
            "threads" | "processes" if is_calm => {
                let many = serve(&setting, &[("workers_max", json!(1_000))]).unwrap();
                let (few, many) = (metric(&served, "time_us"), metric(&many, "time_us"));
                assert!(few <= many + many / 5, "{given}: {few} {many}");
            }
            // A loop that computes so long itself holds up the others for longer than allowed.
            "hand" => {
                let stall = 10_000;
                assert!(stall < metric(&served, "latency_us_max"), "{given}");
            }
            // The bound keeps nobody out who would be quicker inside.
            "thread_pool" | "process_each" if is_calm && is_possible => {
                let many = serve(&setting, &[("workers_max", json!(10_000))]).unwrap();
                assert_eq!(served.metric("p99_us"), many.metric("p99_us"), "{given}");
            }
            "loop_pool" => {
                let (pool, alone) =
                    (metric(&served, "p99_us.loop_pool"), metric(&served, "p99_us.event_loop"));
                assert!(!is_calm || pool <= alone + 8, "{given}: {pool} {alone}");
                let [own, thread] = ["loop_pool", "thread"].map(|it| metric(&served, &shape(it)));
                assert!(own < thread, "{given}");
            }
            "tasks" | "loop" => {
                assert_eq!(metric(&served, "n_switches"), 0, "{given}");
                let [own, thread] = ["event_loop", "thread"].map(|it| metric(&served, &shape(it)));
                assert!(own < thread, "{given}");
                // The threads would not have fitted.
                assert!(128 * 1_024 < thread - own + cores * 26, "{given}");
            }
            _ => {}
        }
    }
}

/// The sizes in the sentences are the presets of `io/servers`.
#[test]
fn sizes_are_those_of_servers() {
    let Some(servers) = engine("io/servers") else { return };
    let preset = |key: &str| {
        let field = servers.form.iter().find(|it| it.key == key).unwrap();
        field.preset_value(0).unwrap().as_u64().unwrap()
    };
    assert_eq!(preset("thread_kib"), super::choice_tree::THREAD_KIB);
    assert_eq!(preset("process_kib"), super::choice_tree::PROCESS_KIB);
    assert_eq!(preset("socket_kib") + preset("state_kib"), super::choice_tree::CONNECTION_KIB);
}

/// One answer more or less turns the walk.
#[test]
fn the_examples_of_the_lesson_end_where_it_says() {
    let ends = |given: Value| leaf(&choose(&given));
    let base = json!({"compute_us": 80, "wait_us": 400, "rate": 2_000, "n_connections": 500});
    let with = |changes: &[(&str, Value)]| {
        let mut given = base.clone();
        changes.iter().for_each(|(key, value)| given[*key] = value.clone());
        ends(given)
    };
    assert_eq!(with(&[]), "thread_pool");
    assert_eq!(with(&[("n_connections", json!(50_000))]), "loop");
    let tasks = [("n_connections", json!(50_000)), ("cheap_tasks", json!(true))];
    assert_eq!(with(&tasks), "tasks");
    assert_eq!(with(&[("isolation", json!(true))]), "process_each");
    assert_eq!(with(&[("data", json!("own"))]), "actors");
    assert_eq!(with(&[("stall_us", json!(79))]), "hand");
    assert_eq!(with(&[("wait_us", json!(79))]), "threads");
    let python = [("wait_us", json!(79)), ("global_lock", json!(true))];
    assert_eq!(with(&python), "processes");
    assert_eq!(with(&[("cores", json!(1)), ("rate", json!(12_501))]), "more_cores");
}
