//! The numbers of a single-CPU run.
//!
//! Waiting is turnaround without CPU and I/O time. A switch counts when the CPU changes from one
//! job to a different one; the first job of all is none. Makespan runs from the first arrival to
//! the last finish; utilisation is the part of it in which a job ran. Jain's fairness index is
//! taken over the jobs' progress: CPU time ÷ (turnaround − I/O). It is 1 if all were slowed down
//! alike and 1/n if one had everything.

use super::jobs::Job;
use super::kernel_state::{Live, State, Tally};
use crate::engine::{Better, Log};

/// Logs them; every job has ended.
pub(crate) fn metrics(jobs: &[Job], live: &[Live], tally: Tally, log: &mut Log<State>) {
    let rows: Vec<Row> = jobs.iter().zip(live).map(|(job, live)| Row::new(job, live)).collect();
    means(&rows, log);
    log.metric("n_switches", "Switches", tally.n_switches as f64, "", Better::Lower);
    let first = jobs.iter().map(|job| job.arrival_ticks).min().unwrap_or_default();
    let last = rows.iter().map(|row| row.finish).max().unwrap_or_default();
    let makespan = last - first;
    let part = |ticks: u64| ticks as f64 / makespan.max(1) as f64;
    log.metric("utilisation", "CPU utilisation", part(tally.busy_ticks), "", Better::Higher);
    let n_jobs = rows.len() as f64;
    let throughput = n_jobs / makespan.max(1) as f64;
    log.metric("throughput", "Throughput", throughput, "jobs/tick", Better::Higher);
    log.metric("fairness_jain", "Fairness (Jain)", jain(&rows), "", Better::Higher);
    log.metric("makespan_ticks", "Makespan", makespan as f64, "ticks", Better::Lower);
    let idle = makespan - tally.busy_ticks - tally.switching_ticks;
    log.metric(
        "switching_ticks",
        "Lost to switches",
        tally.switching_ticks as f64,
        "ticks",
        Better::Lower,
    );
    log.metric("idle_ticks", "Idle", idle as f64, "ticks", Better::Lower);
    for (job, row) in jobs.iter().zip(&rows) {
        let mut one = |key, label, value: u64| {
            log.metric_of(key, &job.name, label, value as f64, "ticks");
        };
        one("start_ticks", "Start", row.start);
        one("finish_ticks", "Finish", row.finish);
        one("waiting_ticks", "Waiting", row.waiting);
        one("turnaround_ticks", "Turnaround", row.turnaround);
        one("response_ticks", "Response", row.response);
    }
}

struct Row {
    start: u64,
    finish: u64,
    waiting: u64,
    turnaround: u64,
    response: u64,
    progress: f64,
}

impl Row {
    fn new(job: &Job, live: &Live) -> Self {
        let finish = live.finish.unwrap_or_default();
        let start = live.start.unwrap_or_default();
        let turnaround = finish - job.arrival_ticks;
        Self {
            start,
            finish,
            waiting: live.waiting_ticks(job, finish),
            turnaround,
            response: start - job.arrival_ticks,
            progress: live.cpu_ticks as f64 / (turnaround - live.io_ticks).max(1) as f64,
        }
    }
}

/// One number of a job.
type Of = fn(&Row) -> u64;

fn means(rows: &[Row], log: &mut Log<State>) {
    let kinds: [(&str, &str, Of); 3] = [
        ("waiting", "waiting", |row| row.waiting),
        ("turnaround", "turnaround", |row| row.turnaround),
        ("response", "response", |row| row.response),
    ];
    for (key, label, of) in kinds {
        let mean = rows.iter().map(of).sum::<u64>() as f64 / rows.len().max(1) as f64;
        log.metric(
            &format!("{key}_ticks_mean"),
            &format!("Mean {label}"),
            mean,
            "ticks",
            Better::Lower,
        );
    }
    for (key, label, of) in kinds {
        let max = rows.iter().map(of).max().unwrap_or_default() as f64;
        log.metric(
            &format!("{key}_ticks_max"),
            &format!("Longest {label}"),
            max,
            "ticks",
            Better::Lower,
        );
    }
}

fn jain(rows: &[Row]) -> f64 {
    let sum: f64 = rows.iter().map(|row| row.progress).sum();
    let squares: f64 = rows.iter().map(|row| row.progress * row.progress).sum();
    if 0.0 < squares { sum * sum / (rows.len() as f64 * squares) } else { 1.0 }
}
