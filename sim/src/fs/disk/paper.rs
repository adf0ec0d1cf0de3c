//! Queues for pen and paper: the same one for every policy, with different sums.

use crate::fs::disk_sstf::DiskSstf;
use crate::paper::{Fill, Paper, Sheet, draw, pick, set, small, tried};
use crate::rng::Rng;
use serde_json::{Value, json};

const SHEETS: &[Sheet] = &[Sheet {
    key: "order",
    title: "the order",
    task: "Write for each request as which it is served, from 1, and how many cylinders the arm crosses on the way \
           to it from the request before.",
    hint: "A way to the edge of the disk counts for the request that is served after it.",
    fills: &[
        Fill::Table {
            panel: "requests",
            before: "",
            given: &["request", "cylinder"],
            asked: &[("served as", "Served as"), ("cylinders crossed", "Cylinders crossed")],
        },
        Fill::Ends(&[("moved_cylinders", "How many cylinders does the arm cross in all?")]),
    ],
}];

const fn paper(drawn: fn(u64) -> Value, rules: &'static str) -> Paper {
    Paper { drawn, untold: &[], rules, sheets: SHEETS }
}

pub(crate) const FCFS: Paper =
    paper(plain, "All requests are there at the start; the upper row came first.");

pub(crate) const SSTF: Paper =
    paper(plain, "All requests are there at the start, and nothing is equally near on both sides.");

pub(crate) const SCAN: Paper = paper(
    directed,
    "All requests are there at the start. The arm turns at the edge of the disk only, and stops when nothing waits \
     any more.",
);

pub(crate) const LOOK: Paper = paper(
    directed,
    "All requests are there at the start. The arm turns at the last request in its direction.",
);

pub(crate) const CSCAN: Paper = paper(
    circular,
    "All requests are there at the start. The arm serves in its direction only, runs to the edge, back to the other \
     edge, and stops when nothing waits any more.",
);

pub(crate) const CLOOK: Paper = paper(
    circular,
    "All requests are there at the start. The arm serves in its direction only, and jumps back from the last \
     request to the farthest one at the other end.",
);

/// The arm and a queue.
fn plain(seed: u64) -> Value {
    draw(seed, one, differs)
}

/// The same with a direction. It is drawn apart, so that the queue stays that of the others.
fn directed(seed: u64) -> Value {
    let direction = pick(&mut Rng::new(seed ^ 0x5741_5953), &["down", "up"]);
    set(plain(seed), &[("direction", direction.into())])
}

/// The same, and whether the way back counts.
fn circular(seed: u64) -> Value {
    let counts = pick(&mut Rng::new(seed ^ 0x4241_434B), &[true, true, false]);
    set(directed(seed), &[("count_return", counts.into())])
}

fn one(rng: &mut Rng) -> Value {
    let cylinders = pick(rng, &[100, 200, 200, 500]);
    let mut places: Vec<usize> = Vec::new();
    let n = small(rng, 6, 8);
    while places.len() < n {
        let place = small(rng, 2, cylinders - 3);
        if places.iter().all(|it| 1 < it.abs_diff(place)) {
            places.push(place);
        }
    }
    let requests: Vec<Value> = places.iter().map(|it| json!({ "cylinder": it })).collect();
    let head = small(rng, cylinders / 4, cylinders * 3 / 4);
    json!({ "cylinders": cylinders, "head": head, "requests": requests })
}

/// Whether the nearest first is not the best order, and no tie decides.
fn differs(drawn: &Value) -> bool {
    let tie = |tie: &str| order(&set(drawn.clone(), &[("tie", tie.into())]));
    let Some((lower, moved, least)) = tie("lower") else { return false };
    least < moved && tie("higher").is_some_and(|it| it.0 == lower)
}

/// The requests in the order of SSTF, the cylinders that it crosses, and the least of any order.
fn order(drawn: &Value) -> Option<(Vec<String>, u64, u64)> {
    let run = tried::<DiskSstf>(drawn)?;
    let (moved, least) = (run.metric("moved_cylinders")?, run.metric("least_cylinders")?);
    // Metrics of requests stand in the order of service.
    let keys = run.metrics.into_iter().map(|it| it.key);
    Some((keys.filter(|it| it.starts_with("place.")).collect(), moved as u64, least as u64))
}
