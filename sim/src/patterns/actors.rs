//! Actors with mailboxes, and the supervisors that start them anew.
//!
//! # Model
//! An actor takes one message at a time out of its mailbox, handles it, counts it in its private
//! state, and may send it on to another actor. A message that makes no sense to it kills it: its state
//! and the message are gone, and its supervisor acts at once. It restarts the child alone, the child
//! and those started after it, or all; what it restarts of the living it stops first, the last one
//! first. If that would be more restarts than its intensity within its period, it stops its
//! children and itself, and its own supervisor sees a child fail. Above the first one stands nobody.
//! # Ties
//! At one moment whoever has handled its message comes before senders that wait, these before new
//! letters, and these before actors that take; then the order of the tables. A supervisor starts its
//! actors before the supervisors under it. A restart exactly one period ago still counts.
//! # Left out
//! Restarts take no time. Children that may end or are never restarted; asking and time-outs;
//! mailboxes searched by pattern; other machines, on which messages may be lost.
//! # Source
//! `erlang-supervisor`, for strategies and intensity; `hewitt-1973` for actors.

use super::actor_plan::Setup;
use super::actor_run::{Did, World};
use super::{actor_say, actor_scene};
use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

pub(crate) struct Actors;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(super) struct Raw {
    pub(super) supervisors: Vec<RawSupervisor>,
    pub(super) actors: Vec<RawActor>,
    pub(super) messages: Vec<RawMessage>,
    pub(super) mailbox_max: usize,
    pub(super) when_full: WhenFull,
    pub(super) on_restart: OnRestart,
    pub(super) until_ms: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawSupervisor {
    pub(super) name: String,
    pub(super) under: String,
    pub(super) strategy: RawStrategy,
    pub(super) intensity: u64,
    pub(super) period_ms: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RawStrategy {
    OneForOne,
    RestForOne,
    OneForAll,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawActor {
    pub(super) name: String,
    pub(super) under: String,
    pub(super) takes_ms: u64,
    pub(super) sends_to: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawMessage {
    pub(super) at_ms: u64,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) n: u64,
    pub(super) every_ms: u64,
    pub(super) bad: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum WhenFull {
    Waits,
    Refused,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum OnRestart {
    Lost,
    Kept,
}

/// The same, with everybody found.
#[derive(Debug, Deserialize)]
#[serde(from = "Raw")]
pub(crate) struct Scenario {
    setup: Result<Setup, ScenarioError>,
    /// When it all ends.
    pub(super) end_ms: u64,
}

impl From<Raw> for Scenario {
    fn from(raw: Raw) -> Self {
        let setup = Setup::new(&raw);
        let end_ms = setup.as_ref().map_or(0, |setup| {
            let mut world = World::new(setup);
            while !ends(world.next(setup)) {}
            world.now
        });
        Self { setup, end_ms }
    }
}

impl Scenario {
    /// `None` for a faulty one, of which nothing is drawn.
    pub(super) fn setup(&self) -> Option<&Setup> {
        self.setup.as_ref().ok()
    }
}

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(super) world: World,
    pub(super) did: Did,
}

const fn ends(did: Did) -> bool {
    matches!(did, Did::Stuck | Did::Cut | Did::Endless | Did::End)
}

const NAME: Kind = Kind::Name { max_chars: 8 };
const SHORT: Kind = Kind::Text { max_chars: 8 };

const fn ms(key: &'static str, label: &'static str, min: i64, max: i64, preset: i64) -> Field {
    Field::new(key, label, Kind::Int { min, max }).unit("ms").or(Preset::Int(preset))
}

impl Engine for Actors {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "patterns/actors",
        title: "Actors and supervisors",
        summary: "Actors handle one message at a time, and supervisors start anew what has failed.",
        look_for: "When an actor dies, say who is stopped, who is started anew, and what is lost.",
        source: "erlang-supervisor/supervision principles",
        time_unit: "ms",
        markers: &["crash", "judge", "gave_up", "refused", "stuck"],
    };
    const FORM: &'static [Field] = &[
        Field::new(
            "supervisors",
            "Supervisors",
            Kind::Rows {
                columns: &[
                    Field::new("name", "Name", NAME).or(Preset::Numbered("S")),
                    Field::new("under", "Under", SHORT)
                        .help("A supervisor in a row above; the first one stands above all.")
                        .or(Preset::Text("")),
                    Field::new(
                        "strategy",
                        "Restarts",
                        Kind::Choice(&[
                            ("one_for_one", "the one that failed"),
                            ("rest_for_one", "it and those started after it"),
                            ("one_for_all", "all its children"),
                        ]),
                    )
                    .or(Preset::Text("one_for_one")),
                    Field::new("intensity", "Intensity", Kind::Int { min: 0, max: 20 })
                        .unit("restarts")
                        .help(
                            "At most so many within the period; one more, and it gives up. OTP: 1.",
                        )
                        .or(Preset::Int(1)),
                    ms("period_ms", "Period", 1, 100_000, 5_000).help("OTP: 5 s."),
                ],
                len_min: 1,
                len_max: 4,
            },
        ),
        Field::new(
            "actors",
            "Actors, in the order of their start",
            Kind::Rows {
                columns: &[
                    Field::new("name", "Name", NAME).or(Preset::Numbered("A")),
                    Field::new("under", "Supervisor", SHORT)
                        .help("Left empty: the first one.")
                        .or(Preset::Text("")),
                    ms("takes_ms", "For a message", 0, 10_000, 2),
                    Field::new("sends_to", "Sends it on to", SHORT)
                        .help("An actor; left empty: nobody, the message is done.")
                        .or(Preset::Text("")),
                ],
                len_min: 1,
                len_max: 6,
            },
        ),
        Field::new(
            "messages",
            "Messages from outside",
            Kind::Rows {
                columns: &[
                    ms("at_ms", "At", 0, 100_000, 0),
                    Field::new("from", "From", SHORT)
                        .or(Preset::Text("x"))
                        .help("One sender keeps its order."),
                    Field::new("to", "To", SHORT)
                        .help("An actor; left empty: the first one.")
                        .or(Preset::Text("")),
                    Field::new("n", "How many", Kind::Int { min: 1, max: 20 }).or(Preset::Int(1)),
                    ms("every_ms", "Each after", 0, 10_000, 1),
                    Field::new("bad", "Makes no sense", Kind::Flag)
                        .help("Whoever takes it dies of it.")
                        .or(Preset::Flag(false)),
                ],
                len_min: 1,
                len_max: 12,
            },
        ),
        Field::new("mailbox_max", "Room of a mailbox", Kind::Int { min: 0, max: 100 })
            .unit("messages")
            .help("0: no bound, as in Erlang.")
            .or(Preset::Int(0)),
        Field::new(
            "when_full",
            "When it is full",
            Kind::Choice(&[("waits", "the sender waits"), ("refused", "the message is refused")]),
        )
        .or(Preset::Text("waits")),
        Field::new(
            "on_restart",
            "The mailbox of one that is restarted",
            Kind::Choice(&[("lost", "is lost (Erlang)"), ("kept", "is kept (Akka)")]),
        )
        .help("What it had in its hand is lost in any case.")
        .or(Preset::Text("lost")),
        Field::new("until_ms", "Watched for", Kind::Int { min: 1, max: 200_000 })
            .unit("ms")
            .or(Preset::Int(100_000)),
    ];
    const EXAMPLE: &'static str = r#"{
  "supervisors": [{"name": "top", "strategy": "rest_for_one"}],
  "actors": [
    {"name": "db", "takes_ms": 3},
    {"name": "cache", "takes_ms": 2, "sends_to": "db"},
    {"name": "server", "takes_ms": 1, "sends_to": "cache"}],
  "messages": [
    {"at_ms": 0, "from": "a", "to": "server", "n": 6, "every_ms": 1},
    {"at_ms": 4, "from": "b", "to": "cache", "bad": true},
    {"at_ms": 8, "from": "a", "to": "server", "n": 2, "every_ms": 2}]}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let setup = scenario.setup.as_ref().map_err(Clone::clone)?;
        let mut world = World::new(setup);
        let mut did = Did::Start;
        let mut before = world.clone();
        loop {
            log.step(world.now, actor_say::tag(did), || {
                let say = actor_say::say(setup, &before, &world, did);
                let shot = Shot::new(say, State { world: world.clone(), did });
                match actor_say::ask(setup, &before, did) {
                    Some((question, options, answer)) => shot.ask(&question, options, answer),
                    None => shot,
                }
            })?;
            if ends(did) {
                break;
            }
            before.clone_from(&world);
            did = world.next(setup);
        }
        metrics(setup, &world, did, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        actor_scene::scene(scenario, past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        let Some(setup) = scenario.setup() else { return Vec::new() };
        let actors = setup.actors.iter().map(|it| it.name.clone());
        actors.chain(setup.clients.iter().cloned()).collect()
    }
}

fn metrics(setup: &Setup, world: &World, end: Did, log: &mut Log<State>) {
    let count = |key: &str, label: &str, n: usize, unit, better, log: &mut Log<State>| {
        log.metric(key, label, n as f64, unit, better);
    };
    let restarts = world.watches.iter().map(|it| it.n_restarts).sum::<u64>();
    let gave_up = world.watches.iter().filter(|it| !it.up).count();
    log.metric("end_ms", "End", world.now as f64, "ms", Better::Lower);
    count("done", "Messages done", world.done.len(), "messages", Better::Higher, log);
    count("lost", "Messages lost", world.lost.len(), "messages", Better::Lower, log);
    count("refused", "Messages refused", world.refused.len(), "messages", Better::Lower, log);
    count("mailbox_max", "Longest mailbox", world.longest, "messages", Better::Lower, log);
    log.metric(
        "wait_ms_max",
        "Longest wait in a mailbox",
        world.wait_max as f64,
        "ms",
        Better::Lower,
    );
    log.metric("restarts", "Decisions to restart", restarts as f64, "restarts", Better::Lower);
    count("down", "Supervisors that are down", gave_up, "supervisors", Better::Lower, log);
    let stuck = usize::from(end == Did::Stuck);
    count("stuck", "All wait for each other", stuck, "", Better::Lower, log);
    if let Some(at) = world.gave_up {
        log.metric("gave_up_ms", "A supervisor gives up", at as f64, "ms", Better::Neither);
    }
    for (it, worker) in setup.actors.iter().zip(&world.workers) {
        log.metric_of("state", &it.name, "State", worker.count as f64, "messages");
        log.metric_of("starts", &it.name, "Starts", worker.starts as f64, "starts");
    }
}
