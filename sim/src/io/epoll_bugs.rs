//! Three bugs of event loops: a herd that wakes for one connection, an event that reaches the wrong
//! connection, and a loop that never sleeps.
//!
//! # Model
//! The scenario names the bug; each has a small world of its own, and fields of its own.
//! *Herd*: threads sleep until a connection comes. Whoever is woken calls `accept` one tick later; who
//! gets the connection works on it, the others find `EAGAIN` and sleep again. With a listener for
//! each thread a hash chooses the queue.
//! *Stale event*: a loop fetches events in batches and handles one of them each tick. Closed numbers are
//! given out anew, the lowest first, and events say a number and how often it had been closed.
//! *Room to send*: answers go into a socket's buffer, and the client empties it now and then. A tick of
//! the loop is one `send`, one report, or sleep.
//! # Ties
//! Herd: within a tick first those who finish, then those who were woken, by number, then what comes.
//! `EPOLLEXCLUSIVE` wakes by number, a blocking `accept` and a common instance the one that has slept
//! longest. Stale event: what comes at a tick is there before the loop looks; events are reported in
//! the order in which they came onto the ready list. Room: the client reads before the loop looks.
//! # Left out
//! Cores: all threads may run at once. How many threads an exclusive wake-up really wakes is a setting,
//! because the manual promises only one or more. Timers, errors other than a hang-up, and urgent data.
//! # Source
//! `man-epoll`, `man-epoll-ctl`, `man-socket`; `tlpi`, 63.4.

use super::epoll_herd::{self as herd, Herd, Listen};
use super::epoll_room::{self as room, Armed, Room};
use super::epoll_stale::{self as stale, Guard, Happening, Stale};
use crate::engine::{Engine, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

/// The engine.
pub(crate) struct EpollBugs;

/// Which of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Bug {
    Herd,
    Stale,
    Room,
}

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    bug: Bug,
    pub(super) listen: Listen,
    pub(super) n_threads: u64,
    pub(super) exclusive_wakes: u64,
    pub(super) n_connections: u64,
    pub(super) gap_ticks: u64,
    pub(super) work_ticks: u64,
    pub(super) slow_connection: u64,
    pub(super) slow_ticks: u64,
    pub(super) seed: u64,
    pub(super) guard: Guard,
    pub(super) copies: bool,
    pub(super) delete_first: bool,
    pub(super) batch_max: u64,
    pub(super) happenings: Vec<Happening>,
    pub(super) armed: Armed,
    pub(super) n_answers: u64,
    pub(super) answer_kib: u64,
    pub(super) answer_gap_ticks: u64,
    pub(super) buffer_kib: u64,
    pub(super) low_kib: u64,
    pub(super) read_kib: u64,
    pub(super) read_ticks: u64,
    pub(super) watch_ticks: u64,
}

/// What is seen after a step, in the world of the bug.
#[derive(Debug, Clone)]
pub(crate) enum State {
    Herd(Herd),
    Stale(Stale),
    Room(Room),
}

const fn int(key: &'static str, label: &'static str, (min, max): (i64, i64), preset: i64) -> Field {
    Field::new(key, label, Kind::Int { min, max }).or(Preset::Int(preset))
}

const fn ticks(key: &'static str, label: &'static str, range: (i64, i64), preset: i64) -> Field {
    int(key, label, range, preset).unit("ticks")
}

const fn kib(key: &'static str, label: &'static str, range: (i64, i64), preset: i64) -> Field {
    int(key, label, range, preset).unit("KiB")
}

const HAPPENING: &[Field] = &[
    ticks("at_ticks", "At", (0, 100), 0),
    Field::new("name", "Client", Kind::Text { max_chars: 4 }),
    Field::new(
        "does",
        "Does",
        Kind::Choice(&[
            ("connects", "connects"),
            ("sends", "sends data"),
            ("hangs_up", "hangs up"),
            ("closes", "has the program close"),
        ]),
    )
    .or(Preset::Text("sends")),
    Field::new("other", "Whom", Kind::Text { max_chars: 4 })
        .help("The client that the program closes when it handles this message.")
        .or(Preset::Text("")),
];

impl Engine for EpollBugs {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "io/epoll_bugs",
        title: "Three bugs of event loops",
        summary: "A herd of woken threads, an event for the wrong connection, and a loop that never sleeps.",
        look_for: "Count who wakes for nothing, and find the sentence that gives a number out anew.",
        source: "man-epoll-ctl/EPOLLEXCLUSIVE",
        time_unit: "ticks",
        markers: &["in_vain", "reuse", "wrong", "useless"],
    };
    const CHARTS: bool = true;
    const FORM: &'static [Field] = &[
        Field::new(
            "bug",
            "Bug",
            Kind::Choice(&[
                ("herd", "a herd wakes for one connection"),
                ("stale", "an event for a closed number"),
                ("room", "a loop that never sleeps"),
            ]),
        )
        .help("Each has its own fields below; the fields of the others do nothing.")
        .or(Preset::Text("herd")),
        Field::new(
            "listen",
            "Herd: they wait",
            Kind::Choice(&[
                ("plain", "each in an instance of its own"),
                ("exclusive", "the same with EPOLLEXCLUSIVE"),
                ("one_instance", "all in one instance, EPOLLET"),
                ("accept", "in a blocking accept"),
                ("reuseport", "each at a listener of its own"),
            ]),
        )
        .help("A listener for each thread is made with SO_REUSEPORT.")
        .or(Preset::Text("plain")),
        int("n_threads", "Threads", (1, 16), 8).unit("threads"),
        int("exclusive_wakes", "EPOLLEXCLUSIVE wakes", (1, 16), 1)
            .unit("threads")
            .help("The manual promises one or more."),
        int("n_connections", "Connections", (1, 200), 4).unit("connections"),
        ticks("gap_ticks", "One comes every", (0, 1_000), 4).help("The first at 0."),
        ticks("work_ticks", "Work for each", (1, 1_000), 2),
        int("slow_connection", "The slow one", (0, 200), 0)
            .help("Number of a connection that takes longer; 0 for none."),
        ticks("slow_ticks", "It takes", (1, 10_000), 20),
        int("seed", "Seed of the hash", (0, 1_000_000), 1)
            .help("The hash chooses the listener of a connection."),
        Field::new(
            "guard",
            "Stale event: guard",
            Kind::Choice(&[
                ("none", "none"),
                ("generation", "a generation in each event"),
                ("later", "close after the batch"),
            ]),
        )
        .or(Preset::Text("none")),
        Field::new("copies", "A child holds copies", Kind::Flag)
            .help("Then close leaves the connection in epoll.")
            .or(Preset::Flag(false)),
        Field::new("delete_first", "EPOLL_CTL_DEL before close", Kind::Flag)
            .or(Preset::Flag(false)),
        int("batch_max", "Events in a batch at most", (1, 16), 8).unit("events"),
        Field::new(
            "happenings",
            "What clients do",
            Kind::Rows { columns: HAPPENING, len_min: 0, len_max: 24 },
        )
        .help("At most six clients; each connects once, and first.")
        .or(Preset::Empty),
        Field::new(
            "armed",
            "Room to send: EPOLLOUT",
            Kind::Choice(&[
                ("always", "always"),
                ("while_left", "while something is left"),
                ("edge", "always, with EPOLLET"),
                ("never", "never: try again at once"),
            ]),
        )
        .or(Preset::Text("always")),
        int("n_answers", "Answers", (1, 8), 1).unit("answers").help("The first at 4."),
        kib("answer_kib", "An answer has", (1, 1_000), 20),
        ticks("answer_gap_ticks", "One answer every", (1, 100), 20),
        kib("buffer_kib", "Buffer of the socket", (1, 256), 8),
        kib("low_kib", "Room is reported from", (1, 256), 3),
        kib("read_kib", "The client reads", (0, 256), 4).help("0: it never reads."),
        ticks("read_ticks", "Every", (1, 100), 4),
        ticks("watch_ticks", "Watched for", (5, 400), 40),
    ];
    const EXAMPLE: &'static str = r#"{"bug":"herd","listen":"plain","n_threads":8,
        "n_connections":3,"gap_ticks":4,"work_ticks":2}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        match scenario.bug {
            Bug::Herd => herd::run(scenario, log),
            Bug::Stale => stale::run(scenario, log),
            Bug::Room => room::run(scenario, log),
        }
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        match past.last().map(|it| &it.state) {
            Some(State::Herd(last)) => herd::scene(scenario, past, last),
            Some(State::Stale(last)) => super::epoll_stale_scene::scene(scenario, last),
            Some(State::Room(last)) => room::scene(scenario, past, last),
            None => Scene::default(),
        }
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        match scenario.bug {
            Bug::Herd => (1..=scenario.n_connections).map(|it| it.to_string()).collect(),
            Bug::Stale => stale::names(scenario),
            Bug::Room => Vec::new(),
        }
    }
}
