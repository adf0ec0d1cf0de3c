//! Laws of the thread models: the same work in all, and what each can and cannot do.

use super::thread_models::{Model, Scenario};
use super::thread_models_world::{Place, Seat, World};
use crate::engine::{Log, typed};
use crate::form::check;
use crate::{Engine, Mode, Rng, Run, engine};
use serde_json::{Value, json};

const MODELS: [&str; 3] = ["one_to_one", "many_to_one", "many_to_many"];

fn run(scenario: &Value) -> Run {
    engine("process/thread_models").unwrap().run(scenario, Mode::MetricsOnly).unwrap()
}

fn metric(run: &Run, key: &str) -> f64 {
    run.metric(key).unwrap_or_else(|| panic!("no {key}"))
}

fn random(rng: &mut Rng) -> Value {
    let n = rng.between(1, 7);
    let threads: Vec<Value> = (0..n)
        .map(|_| {
            let len = 2 * rng.below(4) + 1;
            let bursts: Vec<u64> = (0..len).map(|_| rng.between(1, 9)).collect();
            let wait = ["call", "event"][usize::try_from(rng.below(2)).unwrap()];
            json!({"bursts": bursts, "wait": wait})
        })
        .collect();
    json!({"model": "one_to_one", "threads": threads, "cores": rng.between(1, 4),
        "quantum_ticks": rng.below(5), "kernel_switch_ticks": rng.below(3),
        "user_switch_ticks": rng.below(2), "notice_ticks": rng.below(4),
        "hand_over": rng.below(3) != 0, "stealing": rng.below(3) != 0, "spread": rng.below(2) == 0})
}

fn sum(bursts: &Value, step: usize) -> u64 {
    bursts.as_array().unwrap().iter().step_by(step).map(|it| it.as_u64().unwrap()).sum()
}

/// Computing of all threads.
fn work(scenario: &Value) -> u64 {
    scenario["threads"].as_array().unwrap().iter().map(|it| sum(&it["bursts"], 2)).sum()
}

#[test]
fn all_models_do_the_same_work_and_each_state_makes_sense() {
    let mut rng = Rng::new(31);
    for n in 0..400 {
        let mut value = random(&mut rng);
        for model in MODELS {
            value["model"] = json!(model);
            let form = super::thread_models::ThreadModels::FORM;
            let scenario: Scenario = typed(&check(form, &value).unwrap()).unwrap();
            let mut world = World::new(&scenario);
            let mut log = Log::new(Mode::Frames);
            world.run(&mut log).unwrap();
            assert_eq!(world.state.worked_ticks, work(&value), "{n} {value}");
            for (row, worked) in scenario.threads.iter().zip(&world.totals.worked) {
                assert_eq!(row.bursts.iter().step_by(2).sum::<u64>(), *worked, "{value}");
            }
            let n_threads = scenario.threads.len();
            match scenario.model {
                Model::OneToOne => assert_eq!(world.state.n_kernel, n_threads),
                Model::ManyToOne => {
                    assert_eq!(world.state.n_kernel, 1);
                    assert!(world.totals.cores_max <= 1, "{value}");
                }
                Model::ManyToMany => {
                    assert!(world.state.n_kernel <= n_threads + scenario.cores, "{value}");
                }
            }
            for frame in log.frames() {
                consistent(&frame.state);
            }
        }
    }
}

/// Each thread is at one place, and that place knows it.
fn consistent(state: &super::thread_models_world::State) {
    for (thread, place) in state.places.iter().enumerate() {
        let queued: usize =
            state.queues.iter().map(|it| it.iter().filter(|&&it| it == thread).count()).sum();
        let seated = |seat: &Seat| matches!(seat, Seat::Run { thread: it, .. } if *it == thread);
        let n_seats = state.seats.iter().filter(|it| seated(it)).count();
        let (want_queued, want_seats) = match place {
            Place::Ready(queue) => {
                assert!(state.queues[*queue].contains(&thread));
                (1, 0)
            }
            Place::On(seat) => {
                assert!(seated(&state.seats[*seat]));
                (0, 1)
            }
            Place::Call { .. } | Place::Parked { .. } | Place::Done => (0, 0),
        };
        assert_eq!((queued, n_seats), (want_queued, want_seats), "thread {thread}");
    }
    // No kernel thread sits on two cores or at a core and in the pool.
    let mut kernels: Vec<usize> = state.kernel_of_seat.iter().flatten().copied().collect();
    kernels.extend(&state.pool);
    let n = kernels.len();
    kernels.sort_unstable();
    kernels.dedup();
    assert_eq!(kernels.len(), n);
}

#[test]
fn one_to_one_with_a_core_for_each_waits_for_nobody() {
    let mut rng = Rng::new(32);
    for _ in 0..200 {
        let mut value = random(&mut rng);
        value["threads"].as_array_mut().unwrap().truncate(4);
        value["cores"] = json!(6);
        value["kernel_switch_ticks"] = json!(0);
        let run = run(&value);
        for (at, row) in value["threads"].as_array().unwrap().iter().enumerate() {
            let alone = sum(&row["bursts"], 1) as f64;
            assert_eq!(metric(&run, &format!("finish_ticks.T{}", at + 1)), alone, "{value}");
        }
    }
}

#[test]
fn many_to_one_adds_up_blocking_calls_and_work() {
    let mut rng = Rng::new(33);
    for _ in 0..200 {
        let mut value = random(&mut rng);
        value["model"] = json!("many_to_one");
        value["user_switch_ticks"] = json!(0);
        let mut all = 0;
        for row in value["threads"].as_array_mut().unwrap() {
            row["wait"] = json!("call");
            all += sum(&row["bursts"], 1);
        }
        assert_eq!(metric(&run(&value), "elapsed_ticks"), all as f64, "{value}");
        // Without hand-over, many to many on one core is no better.
        value["model"] = json!("many_to_many");
        value["cores"] = json!(1);
        value["hand_over"] = json!(false);
        assert_eq!(metric(&run(&value), "elapsed_ticks"), all as f64, "{value}");
    }
}

#[test]
fn a_runtime_that_notices_at_once_lets_nobody_wait_for_a_call() {
    let mut rng = Rng::new(34);
    for _ in 0..300 {
        let mut value = random(&mut rng);
        for key in ["notice_ticks", "user_switch_ticks", "kernel_switch_ticks"] {
            value[key] = json!(0);
        }
        value["hand_over"] = json!(true);
        value["stealing"] = json!(true);
        for model in ["one_to_one", "many_to_many"] {
            value["model"] = json!(model);
            assert_eq!(metric(&run(&value), "stuck_ticks"), 0.0, "{value}");
        }
    }
}

#[test]
fn a_thread_that_ends_with_waiting_is_refused_at_its_place() {
    let entry = engine("process/thread_models").unwrap();
    let wrong = json!({"model": "one_to_one", "threads": [{"bursts": [1]}, {"bursts": [1, 2]}]});
    let told = entry.run(&wrong, Mode::MetricsOnly).unwrap_err().to_string();
    let why = "a thread ends with computing, so the number of values is odd";
    assert_eq!(told, format!("/threads/1/bursts: {why}"));
}
