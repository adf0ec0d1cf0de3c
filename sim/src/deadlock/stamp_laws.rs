//! Laws of both rules, and the answers of the reference.

use super::stamps::{FORM, Phase, Rule, Scenario, State, plan, simulate};
use crate::engine::{Frame, Log, typed};
use crate::{Mode, Rng, check};
use serde_json::{Value, json};

fn with_frames<T>(scenario: &Value, rule: Rule, look: impl FnOnce(&[Frame<State>]) -> T) -> T {
    let scenario: Scenario = typed(&check(FORM, scenario).unwrap()).unwrap();
    let mut log = Log::new(Mode::Frames);
    simulate(&scenario, rule, &mut log).unwrap();
    look(log.frames())
}

fn random(rng: &mut Rng, keep_stamp: bool) -> Value {
    let transactions: Vec<Value> = (0..2 + rng.below(5))
        .map(|_| {
            let items: Vec<String> = (0..1 + rng.below(4))
                .map(|_| ["A", "B", "C", "D"][rng.below(4) as usize].to_owned())
                .collect();
            json!({"start_ticks": rng.below(12), "items": items.join(" "),
                "work_ticks": 1 + rng.below(6)})
        })
        .collect();
    json!({"transactions": transactions, "pause_ticks": 1 + rng.below(4), "keep_stamp": keep_stamp})
}

#[test]
fn wait_die_wound_wait() {
    // Row 1 is older; it asks for what row 2 holds, and the other way round.
    let asks = |older_first: bool| {
        let (one, two) = if older_first { ("B A", "A") } else { ("A", "B A") };
        json!({"transactions": [{"items": one, "work_ticks": 5},
            {"items": two, "work_ticks": 9, "start_ticks": 1}]})
    };
    let tags = |scenario: &Value, rule| {
        with_frames(scenario, rule, |frames| {
            let first = frames.iter().find(|it| ["wait", "die", "wound"].contains(&it.step.tag));
            first.map(|it| (it.step.tag, it.state.about))
        })
    };
    let early = json!({"transactions": [{"items": "A", "work_ticks": 9},
        {"items": "B A", "work_ticks": 2, "start_ticks": 1}]});
    assert_eq!(tags(&asks(true), Rule::WaitDie), Some(("wait", Some(0))));
    assert_eq!(tags(&early, Rule::WaitDie), Some(("die", Some(1))));
    assert_eq!(tags(&asks(true), Rule::WoundWait), Some(("wound", Some(0))));
    assert_eq!(tags(&early, Rule::WoundWait), Some(("wait", Some(1))));
}

#[test]
fn what_is_lost_is_what_was_worked() {
    let lost = |rule| {
        let scenario: Value = serde_json::from_str(super::stamps::EXAMPLE).unwrap();
        with_frames(&scenario, rule, |frames| frames.last().unwrap().state.lost_ticks)
    };
    // T2 works from 1 to 5 and then asks for A; under wound-wait T1 comes at 4.
    assert_eq!((lost(Rule::WaitDie), lost(Rule::WoundWait)), (4, 3));
}

#[test]
fn arrows_keep_their_direction_and_never_close_a_cycle() {
    let mut rng = Rng::new(41);
    for round in 0..800 {
        let rule = if round % 2 == 0 { Rule::WaitDie } else { Rule::WoundWait };
        let value = random(&mut rng, round % 3 != 0);
        let scenario: Scenario = typed(&check(FORM, &value).unwrap()).unwrap();
        let plan = plan(&scenario, rule).unwrap();
        with_frames(&value, rule, |frames| {
            for frame in frames {
                for (from, to) in plan.waits(&frame.state) {
                    let stamp = |it: usize| frame.state.all[it].stamp.unwrap();
                    let older_waits = stamp(from) < stamp(to);
                    assert_eq!(
                        older_waits,
                        rule == Rule::WaitDie,
                        "{value} at {}",
                        frame.step.time
                    );
                }
            }
        });
    }
}

#[test]
fn everybody_commits_and_the_oldest_is_never_undone() {
    let mut rng = Rng::new(42);
    for round in 0..800 {
        let rule = if round % 2 == 0 { Rule::WaitDie } else { Rule::WoundWait };
        let value = random(&mut rng, round % 3 != 0);
        with_frames(&value, rule, |frames| {
            let last = &frames.last().unwrap().state;
            assert!(last.all.iter().all(|it| it.phase == Phase::Done), "{value}");
            assert!(last.owners.iter().all(Option::is_none));
            let oldest = last.all.iter().find(|it| it.stamp == Some(1));
            assert!(oldest.is_none_or(|it| it.n_restarts == 0), "{value}");
        });
    }
}

#[test]
fn a_restart_keeps_the_stamp_unless_told_otherwise() {
    let mut rng = Rng::new(43);
    for round in 0..400 {
        let keep = round % 2 == 0;
        let value = random(&mut rng, keep);
        with_frames(&value, Rule::WaitDie, |frames| {
            for pair in frames.windows(2) {
                for (was, is) in pair[0].state.all.iter().zip(&pair[1].state.all) {
                    assert!(was.stamp.is_none() || !keep || was.stamp == is.stamp);
                }
            }
        });
    }
}

#[test]
fn an_item_has_one_holder_who_holds_what_it_asked_for_first() {
    let mut rng = Rng::new(44);
    for round in 0..300 {
        let rule = if round % 2 == 0 { Rule::WaitDie } else { Rule::WoundWait };
        let value = random(&mut rng, true);
        let scenario: Scenario = typed(&check(FORM, &value).unwrap()).unwrap();
        let plan = plan(&scenario, rule).unwrap();
        with_frames(&value, rule, |frames| {
            for frame in frames {
                for (at, it) in frame.state.all.iter().enumerate() {
                    let held = &plan.wants[at][..it.n_held];
                    assert!(held.iter().all(|&item| frame.state.owners[item] == Some(at)));
                    let n = frame.state.owners.iter().filter(|it| **it == Some(at)).count();
                    assert_eq!(n, it.n_held, "{value}");
                }
            }
        });
    }
}
