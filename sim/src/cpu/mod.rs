//! CPU scheduling: who runs next, for how long, and what it costs the others.
//!
//! ```
//! use sim::{Mode, engine};
//!
//! let text = r#"{"jobs": [{"burst_ticks": 3}, {"arrival_ticks": 1, "burst_ticks": 1}]}"#;
//! let entry = engine("cpu/srtf").ok_or("no such engine")?;
//! let run = entry.run_text(text, Mode::Frames).map_err(|it| it.to_string())?;
//! let text = run.scene(usize::MAX).to_text();
//! assert!(text.contains("P1 | 0..1 1..2 (ready) 2..4 arrive@0 finish@4"), "{text}");
//! # Ok::<(), String>(())
//! ```

mod job_list;
mod jobs;
mod kernel;
#[cfg(test)]
mod kernel_benchmark;
#[cfg(test)]
mod kernel_conventions;
mod kernel_metrics;
mod kernel_policy;
mod kernel_ranked;
mod kernel_say;
mod kernel_scene;
mod kernel_shares;
mod kernel_state;
#[cfg(test)]
mod laws;
mod paper;

mod lanes;

mod periodic;
mod periodic_analysis;
#[cfg(test)]
mod periodic_laws;
mod periodic_run;
mod periodic_scene;

mod cfs;
mod cfs_queue;
mod cfs_scene;
mod cfs_tree;
mod cfs_weight;
mod eevdf;
mod eevdf_queue;
mod fcfs;
mod lottery;
mod mlfq;
mod mlfq_levels;
mod multilevel_queue;
mod priority;
mod round_robin;
mod sjf;
mod srtf;
mod stride;

mod inversion_body;
mod inversion_plan;
mod inversion_run;
mod inversion_scene;

mod burst_prediction;
mod edf;
mod group_run;
mod group_scene;
mod group_shares;
mod priority_inversion;
mod rate_monotonic;
mod smp;
mod smp_balance;
mod smp_run;
mod smp_scene;
mod smp_state;
mod tick_run;
mod tick_scene;
mod timer_tick;

use crate::engine::Entry;

/// One CPU and its ready queue, in the order in which the course meets the policies.
pub(crate) const QUEUE: &[Entry] = &[
    Entry::of::<fcfs::Fcfs>(),
    Entry::of::<sjf::Sjf>(),
    Entry::of::<srtf::Srtf>(),
    Entry::of::<round_robin::RoundRobin>(),
    Entry::of::<priority::Priority>(),
    Entry::of::<multilevel_queue::MultilevelQueue>(),
    Entry::of::<mlfq::Mlfq>(),
    Entry::of::<lottery::Lottery>(),
    Entry::of::<stride::Stride>(),
    Entry::of::<cfs::Cfs>(),
    Entry::of::<eevdf::Eevdf>(),
];

/// Deadlines, locks, groups and several CPUs.
pub(crate) const OTHER: &[Entry] = &[
    Entry::of::<rate_monotonic::RateMonotonic>(),
    Entry::of::<edf::Edf>(),
    Entry::of::<priority_inversion::PriorityInversion>(),
    Entry::of::<smp::Smp>(),
    Entry::of::<group_shares::GroupShares>(),
    Entry::of::<burst_prediction::BurstPrediction>(),
    Entry::of::<timer_tick::TimerTick>(),
];
