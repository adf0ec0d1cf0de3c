//! Reference strings for pen and paper: short, and different under different policies.

use crate::paper::{Fill, Paper, Sheet, draw, small, tried};
use crate::rng::Rng;
use serde_json::{Value, json};

const RULES: &str = "At the start all frames are free. They fill from frame 0 up, and a page that comes in takes the \
     frame of the page that had to go.";

/// The table of the textbooks: one row a reference, one column a frame.
const SHEETS: &[Sheet] = &[Sheet {
    key: "frames",
    title: "the frames",
    task: "Write hit or fault for every reference, and the page that comes into a frame where it \
           comes in. A frame may stay empty where it does not change.",
    hint: "",
    fills: &[
        Fill::Lanes {
            panel: "timeline",
            given: "lane.reference",
            each: "lane.result",
            left_out: &["lane.victim"],
        },
        Fill::Ends(&[
            ("n_faults", "How many faults are there?"),
            ("n_writebacks", "How many pages are written back?"),
        ]),
    ],
}];

/// The same without writes.
const SHEETS_READ: &[Sheet] = &[Sheet {
    fills: &[SHEETS[0].fills[0], Fill::Ends(&[("n_faults", "How many faults are there?")])],
    ..SHEETS[0]
}];

/// The sheet of a policy that does not look at writes.
pub(crate) const fn paper(drawn: fn(u64) -> Value) -> Paper {
    Paper { drawn, untold: &[], rules: RULES, sheets: SHEETS_READ }
}

/// The sheet of a policy that does.
pub(crate) const fn paper_with_writes(drawn: fn(u64) -> Value) -> Paper {
    Paper { drawn, untold: &[], rules: RULES, sheets: SHEETS }
}

/// Frames and references. Every policy has the same ones for the same seed.
pub(crate) fn plain(seed: u64) -> Value {
    draw(seed, one, differs)
}

/// The same with some references that write.
pub(crate) fn with_writes(seed: u64) -> Value {
    let mut drawn = plain(seed);
    // A sequence of its own, so that the pages stay those of the other policies.
    let mut rng = Rng::new(seed ^ 0x5752_4954_4553);
    let words = drawn["references"].as_str().unwrap_or_default().split(' ');
    let written: Vec<String> =
        words.map(|it| format!("{it}{}", if rng.below(3) == 0 { "w" } else { "" })).collect();
    drawn["references"] = written.join(" ").into();
    drawn
}

fn one(rng: &mut Rng) -> Value {
    let frames = small(rng, 3, 4);
    let n_pages = frames + small(rng, 2, 3).min(6 - frames);
    let mut references: Vec<usize> = Vec::new();
    for _ in 0..small(rng, 11, 14) {
        let mut page = small(rng, 1, n_pages);
        while references.last() == Some(&page) {
            page = small(rng, 1, n_pages);
        }
        references.push(page);
    }
    let words: Vec<String> = references.iter().map(ToString::to_string).collect();
    json!({ "frames": frames, "references": words.join(" ") })
}

/// Whether the policies that everybody learns first serve a string with different numbers of
/// faults, and each of them with a few hits and a few victims.
fn differs(drawn: &Value) -> bool {
    let faults = |run: Option<crate::Run>| {
        let run = run?;
        let metric = |key| run.metric(key).unwrap_or_default();
        let is_full = 3.0 <= metric("n_evictions") && 3.0 <= metric("n_hits");
        is_full.then(|| metric("n_faults"))
    };
    let fifo = faults(tried::<crate::memory::fifo::Fifo>(drawn));
    let lru = faults(tried::<crate::memory::lru::Lru>(drawn));
    let opt = faults(tried::<crate::memory::opt::Opt>(drawn));
    match (fifo, lru, opt) {
        (Some(fifo), Some(lru), Some(opt)) => fifo != lru && opt < lru.min(fifo),
        _ => false,
    }
}
