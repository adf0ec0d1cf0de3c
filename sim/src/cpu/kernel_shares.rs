//! How far each job is ahead of, or behind, its fair share of the CPU.
//!
//! While a job is ready or runs, it is entitled to its weight against the weights of all that are
//! ready or run. The share error is the CPU time it got minus what it was entitled to.

use super::jobs::{Job, JobIdx};
use super::kernel_state::{Cpu, Phase, State};
use crate::engine::Frame;
use crate::scene::{Chart, ChartKind, Panel, Scene, Series};

/// Most jobs with a line of their own.
const LINES_MAX: usize = 8;

/// Adds the chart of the share error of the first jobs.
pub(super) fn draw(
    scene: Scene,
    jobs: &[Job],
    past: &[Frame<State>],
    weight: fn(&Job) -> u64,
) -> Scene {
    let n_lines = jobs.len().min(LINES_MAX);
    let mut entitled = vec![0.0; jobs.len()];
    let mut lines: Vec<Vec<(f64, f64)>> = vec![Vec::new(); n_lines];
    let mut last: Option<&Frame<State>> = None;
    for frame in past {
        if let Some(before) = last {
            let ticks = frame.step.time - before.step.time;
            entitle(&mut entitled, jobs, &before.state, ticks, weight);
        }
        last = Some(frame);
        for (line, (live, owed)) in lines.iter_mut().zip(frame.state.live.iter().zip(&entitled)) {
            let point = (frame.step.time as f64, live.cpu_ticks as f64 - owed);
            match line.last_mut() {
                Some(at) if at.0 >= point.0 => *at = point,
                _ => line.push(point),
            }
        }
    }
    let series = (0..).zip(lines).map(|(job, points): (JobIdx, _)| Series {
        label: jobs[usize::from(job)].name.clone(),
        actor: Some(job),
        points,
    });
    let chart = Chart {
        kind: ChartKind::Line,
        x_label: "Time (ticks)".to_owned(),
        y_label: "CPU time got − fair share (ticks)".to_owned(),
        series: series.collect(),
    };
    scene.with("shares", "Share error", Panel::Chart(chart))
}

/// Splits the CPU time after a frame among the jobs that wanted it.
fn entitle(entitled: &mut [f64], jobs: &[Job], state: &State, ticks: u64, weight: fn(&Job) -> u64) {
    if ticks == 0 || !matches!(state.cpu, Cpu::Running(_)) {
        return;
    }
    let wants = |phase| matches!(phase, Phase::Ready | Phase::Running);
    let all = jobs.iter().zip(&state.live).filter(|(_, live)| wants(live.phase));
    let total: u64 = all.map(|(job, _)| weight(job)).sum();
    for ((owed, job), live) in entitled.iter_mut().zip(jobs).zip(&state.live) {
        if wants(live.phase) {
            *owed += ticks as f64 * weight(job) as f64 / total.max(1) as f64;
        }
    }
}
