//! Laws of actors: order, one message at a time, nothing vanishes, and the limit of restarts.

use super::actor_plan::{Child, Setup};
use super::actor_run::{Did, Doing, World};
use super::actors::Actors;
use crate::engine::{Engine, Log};
use crate::form::check;
use crate::{Mode, Rng, engine};
use serde_json::{Value, json};

fn metric(scenario: &Value, key: &str) -> Option<f64> {
    let run = engine("patterns/actors").unwrap().run(scenario, Mode::Frames);
    run.unwrap_or_else(|it| panic!("{it}")).metric(key)
}

/// All steps of a run and the worlds after them.
fn steps(scenario: &Value) -> (Setup, Vec<(Did, World)>) {
    let checked = check(Actors::FORM, scenario).unwrap();
    let raw = serde_json::from_value(checked).unwrap();
    let setup = Setup::new(&raw).unwrap();
    let mut world = World::new(&setup);
    let mut all = vec![(Did::Start, world.clone())];
    loop {
        let did = world.next(&setup);
        all.push((did, world.clone()));
        if matches!(did, Did::Stuck | Did::Cut | Did::Endless | Did::End) {
            return (setup, all);
        }
    }
}

fn random(rng: &mut Rng) -> Value {
    let strategies = ["one_for_one", "rest_for_one", "one_for_all"];
    let mut pick = |n: u64| usize::try_from(rng.below(n)).unwrap();
    let supervisors: Vec<Value> = (0..=pick(3))
        .map(|at| {
            let under = if at < 2 { String::new() } else { format!("S{}", 1 + pick(2)) };
            json!({"under": under, "strategy": strategies[pick(3)], "intensity": pick(4),
                "period_ms": 1 + pick(40)})
        })
        .collect();
    let actors: Vec<Value> = (0..=pick(5))
        .map(|at| {
            // Messages only travel downwards, so that they come to an end.
            let to = if at == 0 || pick(3) == 0 { String::new() } else { format!("A{}", 1 + pick(at as u64)) };
            json!({"under": format!("S{}", 1 + pick(supervisors.len() as u64)), "takes_ms": pick(5), "sends_to": to})
        })
        .collect();
    let messages: Vec<Value> = (0..=pick(8))
        .map(|_| {
            json!({"at_ms": pick(20), "from": (["x", "y", "z"][pick(3)]), "n": 1 + pick(4), "every_ms": pick(3),
                "to": format!("A{}", 1 + pick(actors.len() as u64)), "bad": pick(3) == 0})
        })
        .collect();
    json!({"supervisors": supervisors, "actors": actors, "messages": messages, "mailbox_max": pick(4),
        "when_full": (["waits", "refused"][pick(2)]), "on_restart": (["lost", "kept"][pick(2)])})
}

#[test]
fn messages_of_one_sender_arrive_in_the_order_in_which_they_were_sent() {
    let mut rng = Rng::new(41);
    for _ in 0..300 {
        let (setup, steps) = steps(&random(&mut rng));
        // Into the mailbox: by sender and receiver. Out of it: by client and first receiver.
        let mut arrived: Vec<([usize; 2], usize)> = Vec::new();
        for (did, _) in &steps {
            if let Did::Sent { letter, from: None, to, .. } = *did {
                let it = &setup.letters[letter];
                let way = [it.client, to];
                let last = arrived.iter().rev().find(|it| it.0 == way).map_or(0, |it| it.1);
                assert!(last < it.number, "{it:?}");
                arrived.push((way, it.number));
            }
        }
        // An actor sends on in the order in which it has handled.
        for actor in 0..setup.actors.len() {
            let taken = |it: &(Did, World)| match it.0 {
                Did::Take { actor: who, message } if who == actor => Some(message.letter),
                _ => None,
            };
            let sent = |it: &(Did, World)| match it.0 {
                Did::Sent { letter, from: Some(who), .. } if who == actor => Some(letter),
                _ => None,
            };
            let taken: Vec<usize> = steps.iter().filter_map(taken).collect();
            let mut rest = taken.iter();
            for letter in steps.iter().filter_map(sent) {
                assert!(rest.any(|it| *it == letter));
            }
        }
    }
}

#[test]
fn a_mailbox_is_emptied_from_its_front_one_message_at_a_time() {
    let mut rng = Rng::new(42);
    for _ in 0..300 {
        let (setup, steps) = steps(&random(&mut rng));
        for pair in steps.windows(2) {
            let (before, (did, after)) = (&pair[0].1, &pair[1]);
            assert!(before.now <= after.now);
            if let Did::Take { actor, message } = *did {
                assert_eq!(before.workers[actor].doing, Doing::Nothing);
                assert_eq!(before.workers[actor].mailbox.first(), Some(&message));
            }
            for worker in &after.workers {
                assert!(setup.room == 0 || worker.mailbox.len() <= setup.room);
            }
        }
    }
}

#[test]
fn every_letter_is_somewhere() {
    let mut rng = Rng::new(43);
    for _ in 0..300 {
        let (setup, steps) = steps(&random(&mut rng));
        let (end, world) = steps.last().unwrap();
        let mut seen = world.done.clone();
        seen.extend(world.lost.iter().chain(&world.refused).chain(world.held.iter().flatten()));
        for worker in &world.workers {
            seen.extend(worker.mailbox.iter().map(|it| it.letter));
            if let Doing::Handles(it, _) | Doing::Waits(it) = worker.doing {
                seen.push(it.letter);
            }
        }
        seen.sort_unstable();
        let n = seen.len();
        seen.dedup();
        assert_eq!(seen.len(), n, "a letter is in two places");
        if *end == Did::End && world.watches[0].up {
            assert_eq!(n, setup.letters.len());
            assert!(
                world.workers.iter().all(|it| it.mailbox.is_empty() || it.doing == Doing::Down)
            );
        }
    }
}

/// Counts restarts as the manual says it: more than so many within the last so many ms.
#[test]
fn more_restarts_than_the_intensity_stop_the_supervisor_itself() {
    let mut rng = Rng::new(44);
    let mut n_gave_up = 0;
    for _ in 0..400 {
        let (setup, steps) = steps(&random(&mut rng));
        for (at, supervisor) in setup.supervisors.iter().enumerate() {
            let mut failures: Vec<u64> = Vec::new();
            for (did, world) in &steps {
                match *did {
                    Did::Restart { child: Child::Supervisor(it), .. } if it == at => {
                        failures.clear();
                    }
                    Did::Judge { supervisor: it, gives_up } if it == at => {
                        failures.push(world.now);
                        let first = world.now.saturating_sub(supervisor.period_ms);
                        let recent = failures.iter().filter(|it| first <= **it).count() as u64;
                        assert_eq!(gives_up, supervisor.intensity < recent);
                        n_gave_up += u64::from(gives_up);
                    }
                    Did::GaveUp { supervisor: it } if it == at => {
                        assert!(!world.watches[at].up);
                        assert!(supervisor.children.iter().all(|it| !world.is_up(*it)));
                    }
                    _ => {}
                }
            }
        }
    }
    assert!(50 < n_gave_up);
}

#[test]
fn each_strategy_restarts_whom_it_should() {
    let scenario = |strategy: &str, keeps: &str| {
        json!({"supervisors": [{"strategy": strategy}],
            "actors": [{"takes_ms": 1}, {"takes_ms": 1}, {"takes_ms": 1}],
            "on_restart": keeps,
            "messages": [{"to": "A1"}, {"to": "A2"}, {"to": "A3"}, {"at_ms": 5, "to": "A2", "bad": true},
                {"at_ms": 5, "from": "y", "to": "A2", "n": 2, "every_ms": 0}]})
    };
    for (strategy, starts) in
        [("one_for_one", [1, 2, 1]), ("rest_for_one", [1, 2, 2]), ("one_for_all", [2, 2, 2])]
    {
        for (at, n) in starts.into_iter().enumerate() {
            let told = metric(&scenario(strategy, "lost"), &format!("starts.A{}", at + 1));
            assert_eq!(told, Some(f64::from(n)), "{strategy}");
        }
        // The two of y lie in the mailbox when it dies.
        assert_eq!(metric(&scenario(strategy, "lost"), "lost"), Some(3.0));
        assert_eq!(metric(&scenario(strategy, "kept"), "lost"), Some(1.0));
    }
}

/// Question `actor_intensity`.
#[test]
fn the_fourth_restart_within_ten_seconds_is_one_too_many() {
    let messages: Vec<Value> = [0, 2, 5, 9, 11, 14]
        .map(|it| json!({"at_ms": it * 1_000, "to": "A1", "bad": true}))
        .to_vec();
    let scenario = json!({"supervisors": [{"intensity": 3, "period_ms": 10_000}], "actors": [{}],
        "messages": messages});
    assert_eq!(metric(&scenario, "gave_up_ms"), Some(9_000.0));
    // A supervisor above it starts it anew, with a new count.
    let scenario = json!({"supervisors": [{}, {"intensity": 3, "period_ms": 10_000}],
        "actors": [{"under": "S2"}], "messages": messages});
    assert_eq!(metric(&scenario, "down"), Some(0.0));
    assert_eq!(metric(&scenario, "starts.A1"), Some(7.0));
}

#[test]
fn senders_in_a_circle_of_full_mailboxes_wait_for_ever() {
    let scenario = json!({"supervisors": [{}], "mailbox_max": 1,
        "actors": [{"sends_to": "A2"}, {"sends_to": "A1"}],
        "messages": [{"from": "x", "to": "A1", "n": 3, "every_ms": 0},
            {"from": "y", "to": "A2", "n": 3, "every_ms": 0}]});
    assert_eq!(metric(&scenario, "stuck"), Some(1.0));
}

#[test]
fn faults_are_told_where_they_are() {
    let told = |scenario: Value| {
        let checked = check(Actors::FORM, &scenario).unwrap();
        let scenario = serde_json::from_value(checked).unwrap();
        Actors::run(&scenario, &mut Log::new(Mode::Frames)).unwrap_err().to_string()
    };
    let scenario = json!({"supervisors": [{"under": "x"}, {"under": "S3"}, {}],
        "actors": [{"under": "S4", "sends_to": "A9"}, {"name": "S1"}], "messages": [{"to": "B"}]});
    assert_eq!(
        told(scenario),
        "/supervisors/0/under: the first supervisor stands above all\n\
         /supervisors/1/under: S3 is not defined\n\
         /actors/0/under: S4 is not defined\n\
         /actors/0/sends_to: A9 is not defined\n\
         /actors/1/name: S1 is used twice\n\
         /messages/0/to: B is not defined"
    );
}
