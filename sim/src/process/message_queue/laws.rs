//! Highest priority first, oldest first inside, and nothing lost.

use super::world::{Message, Sleep, World};
use super::{MessageQueue, Scenario};
use crate::engine::{Engine, Frame, Log};
use crate::{Mode, Rng, Run, engine};
use serde_json::json;

fn run(script: &str) -> Run {
    engine("process/message_queue")
        .unwrap()
        .run(&json!({ "script": script, "capacity_messages": 2 }), Mode::Frames)
        .unwrap()
}

fn tags(run: &Run) -> Vec<&'static str> {
    (1..run.len()).map(|at| run.step(at).unwrap().tag).collect()
}

fn frames(scenario: &Scenario) -> Vec<Frame<World>> {
    let mut log = Log::new(Mode::Frames);
    MessageQueue::run(scenario, &mut log).unwrap();
    log.frames().to_vec()
}

#[test]
fn the_oldest_of_the_highest_priority_is_received() {
    let mut rng = Rng::new(77);
    for _ in 0..400 {
        let mut script = String::new();
        let mut n_sends = 0;
        for _ in 0..rng.between(3, 80) {
            let who = rng.between(1, 5);
            match rng.below(5) {
                0..=1 => script.push_str(&format!("P{who} send m {}\n", rng.below(4))),
                2..=3 => script.push_str(&format!("P{who} receive\n")),
                _ => script.push_str(&format!("P{who} notify\n")),
            }
        }
        let capacity_messages = usize::try_from(rng.between(1, 6)).unwrap();
        let nonblocking = rng.below(3) == 0;
        let frames = frames(&Scenario { script, capacity_messages, nonblocking });
        for pair in frames.windows(2) {
            let [before, after] = pair else { continue };
            let (state, step) = (&after.state, &after.step);
            assert!(state.queue.len() <= capacity_messages, "{}", step.say);
            // By falling priority, and by age where it is equal: number is the age of the call.
            let order = |it: &Message| (u16::MAX - it.priority, it.number);
            let sorted = state.queue.windows(2).all(|it| order(&it[0]) < order(&it[1]));
            assert!(sorted, "{}", step.say);
            if step.tag == "receive" {
                let who = state.acting.unwrap();
                let got = state.got[who].last().unwrap();
                // The slow way: look at every message.
                let best = before.state.queue.iter().map(|it| it.priority).max().unwrap();
                assert_eq!(got.priority, best, "{}", step.say);
                let first = before.state.queue.iter().find(|it| it.priority == best).unwrap();
                assert_eq!(got, first);
            }
            n_sends += usize::from(matches!(step.tag, "send" | "overtake" | "hand" | "notify"));
            n_sends += usize::from(
                step.tag == "sleep" && state.asleep.last().unwrap().1 != Sleep::ToReceive,
            );
            // Receivers sleep at an empty queue only, senders at a full one only.
            for (_, sleep) in &state.asleep {
                match sleep {
                    Sleep::ToReceive => assert!(state.queue.is_empty(), "{}", step.say),
                    Sleep::ToSend(_) => assert_eq!(state.queue.len(), capacity_messages),
                }
            }
        }
        let last = &frames.last().unwrap().state;
        let waiting = last.asleep.iter().filter(|it| it.1 != Sleep::ToReceive).count();
        let got: usize = last.got.iter().map(Vec::len).sum();
        assert_eq!(got + last.queue.len() + waiting, n_sends);
    }
}

#[test]
fn the_example_is_received_by_priority() {
    let entry = engine("process/message_queue").unwrap();
    let run = entry.run_text(entry.example, Mode::Frames).unwrap();
    let text = run.scene(usize::MAX).to_text();
    let want = "P3 has received (4 messages): alarm 9 (done) order 5 (done) late 5 (done) log 1";
    assert!(text.contains(want), "{text}");
}

#[test]
fn both_sides_sleep_and_a_notice_comes_once() {
    let full = run("P1 send a\nP1 send b\nP1 send c\nP2 receive\nP1 send d");
    assert_eq!(tags(&full), ["send", "send", "sleep", "receive", "sleep"]);
    let empty = run("P1 receive\nP2 receive\nP3 send a\nP3 send b");
    assert_eq!(tags(&empty), ["sleep", "sleep", "hand", "hand"]);
    let notice =
        run("P1 notify\nP2 notify\nP3 send a\nP3 send b\nP2 receive\nP2 receive\nP3 send c");
    assert_eq!(tags(&notice)[..3], ["ask", "refused", "notify"]);
    assert_eq!(notice.metric("n_notices"), Some(1.0));
    // Whoever sleeps in mq_receive comes first, and the request stays.
    let waiting = run("P1 notify\nP2 receive\nP3 send a\nP3 send b");
    assert_eq!(tags(&waiting), ["ask", "sleep", "hand", "notify"]);
}

#[test]
fn faults_are_told_where_they_stand() {
    let script = "P1 send\nP1 send a 99999\nP8 receive\nP1 go";
    let told = engine("process/message_queue")
        .unwrap()
        .run(&json!({ "script": script }), Mode::Frames)
        .unwrap_err()
        .to_string();
    for place in ["line 1, column 8", "line 2, column 11", "line 3, column 1", "line 4, column 4"] {
        assert!(told.contains(place), "{place} in\n{told}");
    }
}
