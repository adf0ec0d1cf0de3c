//! The picture of a single-CPU run: lanes of time, queues, a table of jobs, a few totals.
//!
//! Spans are read off the frames: between two frames nothing changes. O(frames × jobs) a picture.

use super::jobs::{Job, JobIdx, Uses};
use super::kernel_state::{Cpu, Live, Phase, State};
use crate::engine::Frame;
use crate::scene::{
    Cell, Column, Event, EventKind, Gantt, Lane, Mark, Panel, Queue, QueueRow, Scene, Span, Stat,
    Stats, Table, TableRow, Tone, number,
};

/// Draws the last frame of `past`.
pub(crate) fn scene(jobs: &[Job], uses: Uses, past: &[Frame<State>]) -> Scene {
    let Some(last) = past.last() else { return Scene::default() };
    let (now, state) = (last.step.time, &last.state);
    let scene = Scene::default()
        .with("timeline", "Timeline", Panel::Gantt(timeline(jobs, past, now, state)))
        .with("ready", "Queues", Panel::Queue(queues(jobs, now, state)));
    let scene = match &state.detail {
        Some(detail) => detail.draw(scene, jobs, past),
        None => scene,
    };
    scene.with("jobs", "Jobs", Panel::Table(table(jobs, uses, now, state))).with(
        "stats",
        "So far",
        Panel::Stats(stats(jobs, now, state)),
    )
}

/// The chip of a job: the same key wherever it stands.
pub(crate) fn chip(jobs: &[Job], job: JobIdx) -> Mark {
    let name = &jobs[usize::from(job)].name;
    Mark::new(format!("job.{name}"), name.clone()).actor(job)
}

/// What fills a lane between two frames.
type Fill = Option<(Option<JobIdx>, Tone)>;

/// Start, end and what fills the time between.
type Stretch = (u64, u64, (Option<JobIdx>, Tone));

fn timeline(jobs: &[Job], past: &[Frame<State>], now: u64, state: &State) -> Gantt {
    let mut stretches = stretches(jobs.len(), past, now).into_iter();
    let mut spans = |name: &str| -> Vec<Span> {
        let lane = stretches.next().unwrap_or_default();
        lane.into_iter().map(|it| span(jobs, name, it)).collect()
    };
    let mut lanes = vec![Lane {
        key: "lane.cpu".to_owned(),
        label: "CPU".to_owned(),
        actor: None,
        spans: spans("cpu"),
        events: Vec::new(),
    }];
    for (job, it) in (0..).zip(jobs) {
        lanes.push(Lane {
            key: format!("lane.{}", it.name),
            label: it.name.clone(),
            actor: Some(job),
            spans: spans(&format!("job.{}", it.name)),
            events: events(it, &state.live[usize::from(job)]),
        });
    }
    let end = state.end.get().copied().unwrap_or(now).max(now).max(1);
    Gantt { now, end, unit: "ticks", lanes }
}

/// The stretches of the CPU's lane and of every job's, in one pass over the frames.
fn stretches(n_jobs: usize, past: &[Frame<State>], now: u64) -> Vec<Vec<Stretch>> {
    let mut lanes = vec![Vec::new(); n_jobs + 1];
    let ends = past.iter().skip(1).map(|frame| frame.step.time).chain([now]);
    for (frame, end) in past.iter().zip(ends).filter(|(frame, end)| frame.step.time < *end) {
        let (start, state) = (frame.step.time, &frame.state);
        let cpu = match state.cpu {
            Cpu::Running(job) => (Some(job), Tone::Running),
            Cpu::Switching { .. } => (None, Tone::Overhead),
            Cpu::Free => (None, Tone::Idle),
        };
        extend(&mut lanes[0], start, end, Some(cpu));
        for ((job, live), lane) in (0..).zip(&state.live).zip(&mut lanes[1..]) {
            let tone = match live.phase {
                Phase::Future | Phase::Done => None,
                Phase::Ready => Some(Tone::Ready),
                Phase::Running => Some(Tone::Running),
                Phase::Blocked => Some(Tone::Blocked),
            };
            extend(lane, start, end, tone.map(|tone| (Some(job), tone)));
        }
    }
    lanes
}

fn extend(lane: &mut Vec<Stretch>, start: u64, end: u64, fill: Fill) {
    let Some(fill) = fill else { return };
    match lane.last_mut() {
        Some(last) if last.1 == start && last.2 == fill => last.1 = end,
        _ => lane.push((start, end, fill)),
    }
}

fn events(job: &Job, live: &Live) -> Vec<Event> {
    let at = job.arrival_ticks;
    let detail = format!("{} arrives at {at}", job.name);
    let mut events = vec![Event { at, kind: EventKind::Arrive, detail }];
    if let Some(at) = live.finish {
        let detail = format!("{} finishes at {at}", job.name);
        events.push(Event { at, kind: EventKind::Finish, detail });
    }
    events
}

fn span(jobs: &[Job], lane: &str, (start, end, (job, tone)): Stretch) -> Span {
    let label = match (job, tone) {
        (Some(job), _) => jobs[usize::from(job)].name.clone(),
        (None, Tone::Overhead) => "switch".to_owned(),
        (None, _) => "idle".to_owned(),
    };
    let does = match tone {
        Tone::Running => "runs",
        Tone::Ready => "waits for the CPU",
        Tone::Blocked => "does I/O",
        _ => "takes the CPU",
    };
    let detail = format!("{label} {does} from {start} to {end}");
    let mut mark = Mark::new(format!("span.{lane}.{start}"), label).tone(tone).detail(detail);
    mark.actor = job;
    Span { start, end, mark }
}

fn queues(jobs: &[Job], now: u64, state: &State) -> Queue {
    let chip = |job: JobIdx, tone: Tone, detail: String| chip(jobs, job).tone(tone).detail(detail);
    let left = |job: JobIdx| state.live[usize::from(job)].left_ticks;
    let (note, cpu) = match state.cpu {
        Cpu::Free => (String::new(), Vec::new()),
        Cpu::Running(job) => {
            (String::new(), vec![chip(job, Tone::Running, format!("{} ticks left", left(job)))])
        }
        Cpu::Switching { to, left_ticks } => {
            let mark = chip(to, Tone::Overhead, "the CPU switches to it".to_owned());
            (format!("switching, {left_ticks} left"), vec![mark])
        }
    };
    let mut rows = vec![row("cpu", "CPU", note, cpu)];
    for (n, ready) in state.rows.iter().enumerate() {
        let marks = ready
            .jobs
            .iter()
            .map(|&job| chip(job, Tone::Ready, format!("{} ticks left of its burst", left(job))));
        rows.push(row(&format!("ready.{n}"), &ready.label, ready.note.clone(), marks.collect()));
    }
    let mut blocked = in_phase(state, Phase::Blocked);
    crate::order::by_key(&mut blocked, |&job| (state.live[usize::from(job)].wake, job));
    let marks = blocked.into_iter().map(|job| {
        let wake = state.live[usize::from(job)].wake;
        chip(job, Tone::Blocked, format!("back at {wake}, in {} ticks", wake - now))
    });
    rows.push(row("blocked", "I/O", String::new(), marks.collect()));
    let mut done = in_phase(state, Phase::Done);
    crate::order::by_key(&mut done, |&job| (state.live[usize::from(job)].finish, job));
    let marks = done.into_iter().map(|job| {
        let finish = state.live[usize::from(job)].finish.unwrap_or_default();
        chip(job, Tone::Done, format!("finished at {finish}"))
    });
    rows.push(row("done", "Done", String::new(), marks.collect()));
    Queue { rows }
}

fn row(key: &str, label: &str, note: String, marks: Vec<Mark>) -> QueueRow {
    QueueRow { key: format!("row.{key}"), label: label.to_owned(), note, marks }
}

fn in_phase(state: &State, phase: Phase) -> Vec<JobIdx> {
    let jobs = (0..).zip(&state.live);
    jobs.filter(|(_, live)| live.phase == phase).map(|(job, _)| job).collect()
}

fn table(jobs: &[Job], uses: Uses, now: u64, state: &State) -> Table {
    let mut columns = vec![Column::words("Job")];
    let extra = match uses {
        Uses::Nothing => None,
        Uses::Priority => Some("Priority"),
        Uses::Nice => Some("Nice"),
        Uses::Tickets => Some("Tickets"),
    };
    let heads = ["Arrival", "CPU left", "Start", "Finish", "Waiting", "Turnaround", "Response"];
    columns.extend(extra.into_iter().chain(heads).map(Column::numbers));
    let rows = (0..).zip(jobs.iter().zip(&state.live)).map(|(idx, (job, live))| {
        let mut cells = vec![Cell::new(job.name.clone()).tone(tone(live.phase))];
        match uses {
            Uses::Nothing => {}
            Uses::Priority => cells.push(Cell::new(job.priority.to_string())),
            Uses::Nice => cells.push(Cell::new(job.nice.to_string())),
            Uses::Tickets => cells.push(Cell::new(job.tickets.to_string())),
        }
        let arrived = live.phase != Phase::Future;
        let waiting = arrived.then(|| live.waiting_ticks(job, now));
        let arrival = job.arrival_ticks;
        cells.push(Cell::new(arrival.to_string()));
        cells.push(Cell::new((job.cpu_ticks() - live.cpu_ticks).to_string()));
        let maybe = [
            live.start,
            live.finish,
            waiting,
            live.finish.map(|finish| finish - arrival),
            live.start.map(|start| start - arrival),
        ];
        cells.extend(maybe.map(|it| Cell::new(it.map_or("–".to_owned(), |it| it.to_string()))));
        let marked = state.subject == Some(idx);
        TableRow { key: format!("table.{}", job.name), actor: Some(idx), marked, cells }
    });
    Table { rows: rows.collect(), columns }
}

const fn tone(phase: Phase) -> Tone {
    match phase {
        Phase::Future => Tone::Muted,
        Phase::Ready => Tone::Ready,
        Phase::Running => Tone::Running,
        Phase::Blocked => Tone::Blocked,
        Phase::Done => Tone::Done,
    }
}

fn stats(jobs: &[Job], now: u64, state: &State) -> Stats {
    let first = jobs.iter().map(|job| job.arrival_ticks).min().unwrap_or_default();
    let elapsed = now.saturating_sub(first);
    let busy = state.tally.busy_ticks;
    let used = if elapsed == 0 { 0.0 } else { 100.0 * busy as f64 / elapsed as f64 };
    let waited = jobs.iter().zip(&state.live).map(|(job, live)| live.waiting_ticks(job, now));
    let mean = waited.sum::<u64>() as f64 / jobs.len().max(1) as f64;
    let n_done = state.live.iter().filter(|live| live.phase == Phase::Done).count();
    Stats {
        items: vec![
            Stat::new("Time", now.to_string(), "ticks"),
            Stat::new("CPU used", number(used, 1), "%"),
            Stat::new("Switches", state.tally.n_switches.to_string(), ""),
            Stat::new("Lost to switches", state.tally.switching_ticks.to_string(), "ticks"),
            Stat::new("Mean waiting so far", number(mean, 2), "ticks"),
            Stat::new("Finished", format!("{n_done} of {}", jobs.len()), "jobs"),
        ],
    }
}
