//! A POSIX message queue: whole messages with priorities, sleeping on both sides, and a notice.
//!
//! # Model
//! Messages are kept by falling priority, equal ones by age. `mq_send` sleeps while the queue is
//! full, `mq_receive` while it is empty; a message goes straight to a receiver that sleeps. One
//! process may ask for a notice: it comes once, when a message arrives in an empty queue at which
//! nobody sleeps. The script says who calls what, in order.
//! # Ties
//! Of several that sleep for the same thing, the one that has slept longest wakes.
//! # Left out
//! Priorities of the processes, which decide first who wakes; timeouts, sizes of messages, names
//! and permissions.
//! # Source
//! `man-mq`.

#[cfg(test)]
mod laws;
mod scene;
mod script;
mod world;

use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use script::{Does, Op, PROCS_MAX};
use serde::Deserialize;
use world::{World, name};

/// The engine.
pub(crate) struct MessageQueue;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    script: String,
    capacity_messages: usize,
    nonblocking: bool,
}

impl Engine for MessageQueue {
    type Scenario = Scenario;
    type State = World;
    const META: Meta = Meta {
        id: "process/message_queue",
        title: "A message queue",
        summary: "Whole messages wait by priority; senders and receivers sleep.",
        look_for: "The oldest message of the highest priority is received first.",
        source: "man-mq/7",
        time_unit: "calls",
        markers: &["overtake", "sleep", "hand", "notify"],
    };
    const FORM: &'static [Field] = &[
        Field::new("script", "Script", Kind::Code { max_chars: 3_000 })
            .help("One a line: P1 send A 5 (a name and a priority), P2 receive, P3 notify."),
        Field::new("capacity_messages", "Room for", Kind::Int { min: 1, max: 20 })
            .unit("messages")
            .help("10 on Linux, unless the creator says otherwise.")
            .or(Preset::Int(10)),
        Field::new("nonblocking", "O_NONBLOCK", Kind::Flag)
            .help("Nobody sleeps: the call fails with EAGAIN.")
            .or(Preset::Flag(false)),
    ];
    const EXAMPLE: &'static str = r#"{"script": "P1 send log 1\nP1 send trace 1\nP2 send alarm 9\nP2 send order 5\nP1 send late 5\nP3 receive\nP3 receive\nP3 receive\nP3 receive\n"}"#;

    fn run(scenario: &Scenario, log: &mut Log<World>) -> Result<(), ScenarioError> {
        let ops = script::parse(&scenario.script)?;
        let n_procs = ops.iter().map(|it| it.who + 1).max().unwrap_or(1);
        let mut world = World::new(n_procs);
        log.step(0, "start", || {
            let say = "The queue is empty, because nobody has sent anything yet.";
            Shot::new(say.to_owned(), world.clone())
        })?;
        for (time, op) in (1..).zip(&ops) {
            let before = world.queue.clone();
            let told = world.take(op, scenario.capacity_messages, scenario.nonblocking);
            log.step(time, told.tag, || {
                let shot = Shot::new(told.say, world.clone());
                ask(shot, op, &before, told.received)
            })?;
        }
        let totals = world.totals;
        let mut count = |key, label, value: f64, unit, better| {
            log.metric(key, label, value, unit, better);
        };
        let received = f64::from(totals.n_received);
        count("n_received", "Messages received", received, "messages", Better::Neither);
        let left = world.queue.len() as f64;
        count("n_left", "Messages left", left, "messages", Better::Neither);
        let most = totals.queued_max as f64;
        count("queued_max", "Longest queue", most, "messages", Better::Neither);
        let sleeps = f64::from(totals.n_sleeps);
        count("n_sleeps", "Calls that slept", sleeps, "calls", Better::Lower);
        let again = f64::from(totals.n_again);
        count("n_again", "Calls with EAGAIN", again, "calls", Better::Lower);
        count("n_notices", "Notices", f64::from(totals.n_told), "notices", Better::Neither);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<World>]) -> Scene {
        scene::scene(scenario.capacity_messages, past)
    }

    fn actors(_: &Scenario) -> Vec<String> {
        (0..usize::from(PROCS_MAX)).map(name).collect()
    }
}

/// Which message a receiver gets, as a question: those that wait are the options, by age.
fn ask(
    shot: Shot<World>,
    op: &Op,
    before: &[world::Message],
    received: Option<usize>,
) -> Shot<World> {
    let (Does::Receive, Some(number)) = (&op.does, received) else { return shot };
    let mut by_age: Vec<&world::Message> = before.iter().collect();
    crate::order::by_key(&mut by_age, |it| it.number);
    let Some(answer) = by_age.iter().position(|it| it.number == number) else { return shot };
    let options =
        by_age.iter().map(|it| format!("{}, priority {}", it.name, it.priority)).collect();
    shot.ask(&format!("{} receives. Which message?", name(op.who)), options, answer)
}
