//! The questions, what answers them, and the models at the leaves.

use super::choice::{Data, Scenario, WaitsFor};
use crate::words::{bytes, grouped, grouped_count as count};

/// Memory of a thread that waits, of a process, and of a connection with its socket: the sizes with
/// which `io/servers` counts.
pub(super) const THREAD_KIB: u64 = 26;
pub(super) const PROCESS_KIB: u64 = 1_024;
pub(super) const CONNECTION_KIB: u64 = 14;

/// A model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leaf {
    MoreCores,
    Processes,
    Threads,
    Hand,
    ProcessEach,
    Actors,
    ThreadPool,
    LoopPool,
    Tasks,
    Loop,
}

/// A question of the tree.
pub(super) struct Question {
    pub(super) key: &'static str,
    /// A word or two in the picture.
    pub(super) label: &'static str,
    pub(super) question: &'static str,
    /// Where it stands in the picture.
    pub(super) at: (i32, i32),
    /// The next question or the model, for yes and for no.
    pub(super) ways: [Way; 2],
}

/// Where an answer leads.
#[derive(Debug, Clone, Copy)]
pub(super) enum Way {
    To(usize),
    Ends(Leaf),
}

impl Question {
    /// The question after this answer.
    pub(super) fn next(&self, yes: bool) -> Option<usize> {
        match self.ways[usize::from(!yes)] {
            Way::To(at) => Some(at),
            Way::Ends(_) => None,
        }
    }
}

const fn question(
    key: &'static str,
    label: &'static str,
    question: &'static str,
    at: (i32, i32),
    ways: [Way; 2],
) -> Question {
    Question { key, label, question, at, ways }
}

/// The tree; it begins at the first.
pub(super) const QUESTIONS: [Question; 9] = [
    question(
        "cores",
        "cores?",
        "Are there cores enough for the computing?",
        (1, 0),
        [Way::To(1), Way::Ends(Leaf::MoreCores)],
    ),
    question(
        "waits",
        "waits?",
        "Does a request wait at least as long as it computes?",
        (1, 1),
        [Way::To(3), Way::To(2)],
    ),
    question(
        "walls",
        "walls?",
        "Must a crash stay inside, or does a global lock stop threads from computing?",
        (0, 1),
        [Way::Ends(Leaf::Processes), Way::Ends(Leaf::Threads)],
    ),
    question(
        "long",
        "too long?",
        "Does one request compute for longer than it may hold up the others?",
        (1, 2),
        [Way::Ends(Leaf::Hand), Way::To(4)],
    ),
    question(
        "crash",
        "crash?",
        "Must a crash stay inside?",
        (1, 3),
        [Way::Ends(Leaf::ProcessEach), Way::To(5)],
    ),
    question(
        "own",
        "own data?",
        "Has each thing a little data of its own that changes?",
        (1, 4),
        [Way::Ends(Leaf::Actors), Way::To(6)],
    ),
    question(
        "fit",
        "fit?",
        "Does a thread for each connection fit into the memory for threads?",
        (1, 5),
        [Way::Ends(Leaf::ThreadPool), Way::To(7)],
    ),
    question(
        "file",
        "files?",
        "Does it wait for files, which a loop cannot watch?",
        (1, 6),
        [Way::Ends(Leaf::LoopPool), Way::To(8)],
    ),
    question(
        "tasks",
        "tasks?",
        "Has the runtime cheap tasks?",
        (1, 7),
        [Way::Ends(Leaf::Tasks), Way::Ends(Leaf::Loop)],
    ),
];

/// An answer, and why.
pub(super) struct Verdict {
    pub(super) yes: bool,
    pub(super) say: String,
}

/// The model at which an answer ends, if it does.
pub(super) fn leaf_at(question: usize, yes: bool) -> Option<Leaf> {
    match QUESTIONS[question].ways[usize::from(!yes)] {
        Way::To(_) => None,
        Way::Ends(leaf) => Some(leaf),
    }
}

/// Answers a question from the form.
pub(super) fn answer(it: &Scenario, question: usize) -> Verdict {
    let key = QUESTIONS[question].key;
    let (yes, why) = match key {
        "cores" | "waits" | "long" | "fit" => by_numbers(it, key),
        _ => {
            let (yes, why) = by_word(it, key);
            (yes, why.to_owned())
        }
    };
    let yes_or_no = if yes { "Yes" } else { "No" };
    Verdict { yes, say: format!("{yes_or_no}: {why}.") }
}

/// Compares two numbers of the form.
fn by_numbers(it: &Scenario, key: &str) -> (bool, String) {
    let us = |n: u64| count(n, "µs");
    let either = |yes: bool, one: &'static str, other: &'static str| if yes { one } else { other };
    match key {
        "cores" => {
            let (busy, there) = (it.rate * it.compute_us, it.cores * 1_000_000);
            let why = format!(
                "{} requests a second compute for {} in each second, and {} have {}",
                grouped(it.rate),
                us(busy),
                count(it.cores, "cores"),
                us(there)
            );
            (busy <= there, why)
        }
        "waits" => {
            let yes = it.compute_us <= it.wait_us;
            let then = either(
                yes,
                "a core has time for others meanwhile",
                "more than two flows for each core gain nothing",
            );
            let (wait, compute) = (us(it.wait_us), us(it.compute_us));
            (yes, format!("it waits {wait} and computes {compute}, so {then}"))
        }
        "long" => {
            let yes = it.stall_us < it.compute_us;
            let then = either(
                yes,
                "a loop would stand still for all others",
                "no loop stands still for long",
            );
            let (compute, stall) = (us(it.compute_us), us(it.stall_us));
            (yes, format!("it computes {compute} and may hold up others for {stall}, so {then}"))
        }
        _ => {
            let kib = it.n_connections * THREAD_KIB;
            let yes = kib <= it.memory_mib * 1_024;
            let threads = count(it.n_connections, "threads");
            let (take, than) = (bytes(kib * 1_024), either(yes, "no more", "more"));
            let room = bytes(it.memory_mib << 20);
            (yes, format!("{threads} of {THREAD_KIB} KiB take {take}, {than} than {room}"))
        }
    }
}

/// Answers that the form holds as they are.
fn by_word(it: &Scenario, key: &str) -> (bool, &'static str) {
    match (key, it.isolation, it.global_lock) {
        ("walls", true, _) => (true, "a crash of a thread ends the whole process"),
        ("walls", false, true) => (true, "under the lock only one thread computes at a time"),
        ("walls", false, false) => {
            (false, "threads share what they read, and all of them can compute")
        }
        ("crash", true, _) => (true, "only a process has walls that hold"),
        ("crash", false, _) => (false, "all may live in one process"),
        ("own", ..) => match it.data {
            Data::Own => (true, "one owner for each thing makes locks needless"),
            Data::Shared => {
                (false, "all use the same data, which needs a lock or an owner in any shape")
            }
            Data::None => (false, "there is hardly any data that changes"),
        },
        ("file", ..) => match it.waits_for {
            WaitsFor::File => (true, "a file is always called ready, and the read stops the loop"),
            WaitsFor::Socket => {
                (false, "a socket can be watched, so its wait costs a loop nothing")
            }
        },
        _ if it.cheap_tasks => (true, "the code stays plain, and the runtime has the loop inside"),
        _ => (false, "the program itself must be cut where it waits"),
    }
}

impl Leaf {
    pub(super) const ALL: [Self; 10] = [
        Self::MoreCores,
        Self::Processes,
        Self::Threads,
        Self::Hand,
        Self::ProcessEach,
        Self::Actors,
        Self::ThreadPool,
        Self::LoopPool,
        Self::Tasks,
        Self::Loop,
    ];

    /// Two lines of the picture.
    pub(super) const fn label(self) -> (&'static str, &'static str) {
        match self {
            Self::MoreCores => ("more cores", "first"),
            Self::Processes => ("processes", "for the cores"),
            Self::Threads => ("threads", "for the cores"),
            Self::Hand => ("loop", "and workers"),
            Self::ProcessEach => ("processes", "one each"),
            Self::Actors => ("actors", "one each"),
            Self::ThreadPool => ("threads", "one each"),
            Self::LoopPool => ("loop", "and file pool"),
            Self::Tasks => ("tasks", "one each"),
            Self::Loop => ("event loop", "one a core"),
        }
    }

    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::MoreCores => "more_cores",
            Self::Processes => "processes",
            Self::Threads => "threads",
            Self::Hand => "hand",
            Self::ProcessEach => "process_each",
            Self::Actors => "actors",
            Self::ThreadPool => "thread_pool",
            Self::LoopPool => "loop_pool",
            Self::Tasks => "tasks",
            Self::Loop => "loop",
        }
    }

    pub(super) const fn at(self) -> (i32, i32) {
        match self {
            Self::MoreCores => (2, 0),
            Self::Threads => (0, 0),
            Self::Processes => (0, 2),
            Self::Hand => (2, 2),
            Self::ProcessEach => (2, 3),
            Self::Actors => (2, 4),
            Self::ThreadPool => (2, 5),
            Self::LoopPool => (2, 6),
            Self::Tasks => (2, 7),
            Self::Loop => (1, 8),
        }
    }

    /// The shape of `io/servers` that shows it.
    pub(super) const fn shape(self) -> &'static str {
        match self {
            Self::Processes | Self::ProcessEach => "process",
            Self::Threads | Self::ThreadPool => "thread",
            Self::LoopPool => "loop_pool",
            Self::MoreCores | Self::Hand | Self::Actors | Self::Tasks | Self::Loop => "event_loop",
        }
    }

    /// Threads or processes that the model needs.
    pub(super) fn flows(self, it: &Scenario) -> u64 {
        // Little's law, twice, so that a burst finds room.
        let twice = |us: u64| (2 * it.rate * us).div_ceil(1_000_000).max(1);
        match self {
            Self::Processes | Self::Threads => {
                (it.cores * (it.compute_us + it.wait_us)).div_ceil(it.compute_us)
            }
            Self::ProcessEach | Self::ThreadPool => {
                twice(it.compute_us + it.wait_us).max(it.cores).min(it.n_connections).min(10_000)
            }
            Self::LoopPool => it.cores + self.pool(it),
            Self::Hand => 2 * it.cores,
            Self::MoreCores | Self::Actors | Self::Tasks | Self::Loop => it.cores,
        }
    }

    /// Threads of the pool beside the loops.
    pub(super) fn pool(self, it: &Scenario) -> u64 {
        match self {
            Self::LoopPool => (2 * it.rate * it.wait_us).div_ceil(1_000_000).clamp(1, 64),
            _ => it.cores,
        }
    }

    /// Connections that are held open in the figure: a program that only computes holds none, and is
    /// as large as its flows.
    pub(super) fn n_connections(self, it: &Scenario) -> u64 {
        match self {
            Self::Processes | Self::Threads => self.flows(it),
            _ => it.n_connections,
        }
    }

    /// Memory as `io/servers` counts it: of each connection, and of what stands behind it.
    pub(super) fn memory_kib(self, it: &Scenario) -> u64 {
        let n = self.n_connections(it);
        let flows = match self.shape() {
            "process" => n * PROCESS_KIB,
            "thread" => n * THREAD_KIB,
            "loop_pool" => (it.cores + self.pool(it)) * THREAD_KIB,
            _ => it.cores * THREAD_KIB,
        };
        n * CONNECTION_KIB + flows
    }

    /// The setting of `io/servers`: fields and their values.
    pub(super) fn setting(self, it: &Scenario) -> Vec<(&'static str, String)> {
        let wait = match it.waits_for {
            WaitsFor::Socket => "socket",
            WaitsFor::File => "file",
        };
        let workers = match self.shape() {
            "process" | "thread" => self.flows(it),
            _ => 1_000,
        };
        vec![
            ("shape", self.shape().to_owned()),
            ("compute_us", it.compute_us.to_string()),
            ("wait", wait.to_owned()),
            ("wait_us", it.wait_us.to_string()),
            ("gap_us", (1_000_000 / it.rate).min(100_000).to_string()),
            ("cores", it.cores.to_string()),
            ("pool", self.pool(it).clamp(1, 64).to_string()),
            ("workers_max", workers.to_string()),
            ("n_connections", self.n_connections(it).to_string()),
        ]
    }

    /// The model in a sentence or two, with its numbers.
    pub(super) fn say(self, it: &Scenario) -> String {
        let flows = self.flows(it);
        let memory = bytes(self.memory_kib(it) * 1_024);
        match self {
            Self::MoreCores => {
                let cores = (it.rate * it.compute_us).div_ceil(1_000_000);
                format!(
                    "More cores first, or less work: {} are needed, and no shape serves quicker than its cores compute.",
                    count(cores, "cores")
                )
            }
            Self::Processes => format!(
                "Processes for the cores: {} keep {} busy.",
                count(flows, "processes"),
                count(it.cores, "cores")
            ),
            Self::Threads => format!(
                "Threads for the cores: {} keep {} busy; if the pieces are uneven, let them steal work.",
                count(flows, "threads"),
                count(it.cores, "cores")
            ),
            Self::Hand => format!(
                "Loops or cheap tasks for the waits, and {} for the computing: whoever waits is not held up.",
                count(it.cores, "workers")
            ),
            Self::ProcessEach => format!(
                "A process for each connection, {} at most at work: walls for {memory}.",
                grouped(flows)
            ),
            Self::Actors => format!(
                "An actor for each thing, on {}: no locks, and {memory} for the connections.",
                count(it.cores, "loops")
            ),
            Self::ThreadPool => format!(
                "A thread for each connection, with plain code: {memory} for all, and a pool of {} would do.",
                grouped(flows)
            ),
            Self::LoopPool => format!(
                "Loops, and {} for the files: the loops never stand still, and all connections take {memory}.",
                count(self.pool(it), "threads")
            ),
            Self::Tasks => format!(
                "A cheap task for each connection, on {}: plain code, and {memory} for the connections.",
                count(it.cores, "cores")
            ),
            Self::Loop => format!(
                "An event loop on each of {}, or async: {memory} for all connections.",
                count(it.cores, "cores")
            ),
        }
    }
}
