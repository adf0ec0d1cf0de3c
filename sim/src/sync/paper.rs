//! Problems for pen and paper on what locks cost.

use super::adaptive::Adaptive;
use super::coherence::Coherence;
use super::contention::Contention;
use crate::paper::{Fill, Paper, Sheet, draw, pick, small, tried};
use crate::rng::Rng;
use serde_json::{Value, json};

pub(super) const ADAPTIVE: Paper = Paper {
    drawn: adaptive,
    untold: &["waits"],
    rules: "Spinning costs as much CPU time as the wait is long. Sleeping costs two switches, however long it is. \
            The adaptive lock spins up to its limit; if the lock is still taken then, it sleeps as well. \
            The best choice knows the length of the wait before.",
    sheets: &[Sheet {
        key: "costs",
        title: "the costs",
        task: "Write for each wait what the adaptive lock pays and what the best choice pays, and add up.",
        hint: "A wait as long as the limit is still spun through.",
        fills: &[
            Fill::Table {
                panel: "waits",
                before: "",
                given: &["Wait", "Length (ns)"],
                asked: &[("Adaptive (ns)", "Adaptive (ns)"), ("Best (ns)", "Best (ns)")],
            },
            Fill::Ends(&[
                ("spin_ns", "How many ns does always spinning cost?"),
                ("sleep_ns", "How many ns does always sleeping cost?"),
                ("adaptive_ns", "How many ns does the adaptive lock cost?"),
                ("best_ns", "How many ns does the best choice cost?"),
            ]),
        ],
    }],
};

/// Waits on both sides of the limit, which is not always where sleeping becomes cheaper.
fn adaptive(seed: u64) -> Value {
    let one = |rng: &mut Rng| {
        let switch = 100 * small(rng, 5, 25);
        let limit = pick(rng, &[switch, 2 * switch, 2 * switch, 3 * switch]);
        let wait = |rng: &mut Rng| json!({ "wait_ns": 100 * small(rng, 1, switch / 20) });
        let waits: Vec<Value> = (0..small(rng, 5, 7)).map(|_| wait(rng)).collect();
        json!({ "waits": waits, "switch_ns": switch, "limit_ns": limit })
    };
    let is_good = |drawn: &Value| {
        let Some(run) = tried::<Adaptive>(drawn) else { return false };
        let sum = |key| run.metric(key).unwrap_or_default();
        // Neither of the two is always right, and giving up happens.
        let best = sum("best_ns");
        best < sum("spin_ns") && best < sum("sleep_ns") && best < sum("adaptive_ns")
    };
    draw(seed, one, is_good)
}

pub(super) const CONTENTION: Paper = Paper {
    drawn: contention,
    untold: &["n_threads"],
    rules: "Each thread waits for something outside, works alone, then works under the one lock, over and over. \
            Amdahl's law counts the two kinds of work and not the wait; its serial part is the work under the lock.",
    sheets: &[Sheet {
        key: "limits",
        title: "the limits",
        task: "Find how many threads keep all CPUs busy, as if there were no lock, and the most that any number \
               of threads can speed the work up.",
        hint: "A thread that waits as long as it works needs a second one to fill its CPU.",
        fills: &[Fill::Ends(&[
            ("pool_size", "How many threads keep all CPUs busy?"),
            ("amdahl_max", "How many times faster can it get by Amdahl's law?"),
        ])],
    }],
};

/// Times that give whole numbers.
fn contention(seed: u64) -> Value {
    let one = |rng: &mut Rng| {
        let (n_cpus, parts) =
            (pick(rng, &[2_u64, 4, 8]), pick(rng, &[4_u64, 5, 8, 10, 20, 25, 40, 50]));
        let busy = parts * 1_000 * rng.between(1, 20);
        let times = rng.between(1, 9);
        json!({ "lock": "sleep", "n_cpus": n_cpus, "n_threads": n_cpus * (1 + times), "wait_ns": times * busy,
            "work_ns": busy - busy / parts, "hold_ns": busy / parts })
    };
    let is_good = |drawn: &Value| {
        let Some(run) = tried::<Contention>(drawn) else { return false };
        ["pool_size", "amdahl_max"]
            .iter()
            .all(|key| run.metric(key).is_some_and(|it| it.fract() == 0.0))
    };
    draw(seed, one, is_good)
}

pub(super) const COHERENCE: Paper = Paper {
    drawn: coherence,
    untold: &[],
    rules: "Caches follow MESI and are empty at first; memory gives the only copy of a line as exclusive. An exchange counts as a \
            write. A write to an own copy that is exclusive or modified needs no bus, to a shared one an upgrade, and to none a read \
            to write. A modified copy is written back as soon as another CPU wants the line. Without padding, all words lie in one line.",
    sheets: &[Sheet {
        key: "bus",
        title: "the bus",
        task: "The accesses are listed in the order in which they happen. Keep the state of every line in every cache, and say \
               what each access puts on the bus.",
        hint: "A cache holds lines, not words.",
        fills: &[
            Fill::Steps,
            Fill::Ends(&[
                ("n_invalidations", "How many copies are taken away in all?"),
                ("n_write_backs", "How many times is a line written back?"),
            ]),
        ],
    }],
};

/// Few accesses, of all kinds.
fn coherence(seed: u64) -> Value {
    let one = |rng: &mut Rng| {
        let code =
            pick(rng, &["counters", "counters", "test_and_set", "test_test_and_set", "ticket"]);
        json!({ "code": code, "n_cpus": small(rng, 2, 3), "rounds": small(rng, 1, 2), "padded": rng.below(2) == 1,
            "hold_cycles": 25 * small(rng, 0, 8), "away_cycles": 10 * small(rng, 0, 9), "bus_cycles": 20 * small(rng, 1, 4) })
    };
    let is_good = |drawn: &Value| {
        let Some(run) = tried::<Coherence>(drawn) else { return false };
        let n = |key| run.metric(key).unwrap_or_default();
        (6.0..=14.0).contains(&(n("n_bus") + n("n_hits")))
            && 1.0 <= n("n_hits")
            && 1.0 <= n("n_upgrades")
            && 1.0 <= n("n_write_backs")
    };
    draw(seed, one, is_good)
}
