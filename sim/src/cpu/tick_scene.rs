//! Draws the tick's path as a listing, with the tasks over time.

use super::lanes::{actor, extend, lane};
use super::tick_run::{Place, State};
use super::timer_tick::Scenario;
use crate::engine::Frame;
use crate::scene::{
    Cell, Code, Column, Event, EventKind, Gantt, Lane, Listing, Mark, Panel, Scene, Stat, Stats,
    Table, TableRow, Tone,
};

/// The tick's path, one line for each place.
const PATH: [(&str, Place); 7] = [
    ("enter: save registers, switch to the kernel's stack", Place::Enter),
    ("spin_lock(&run_queue.lock)", Place::Lock),
    ("update the clock; charge the running task", Place::Account),
    ("if the slice is used up: set need_resched", Place::Decide),
    ("spin_unlock(&run_queue.lock)", Place::Unlock),
    ("return: need_resched set and preemption enabled?", Place::Return),
    ("schedule(): pick the next task and switch to it", Place::Switch),
];

pub(super) fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
    let Some(last) = past.last() else { return Scene::default() };
    Scene::default()
        .with("path", "The tick, step by step", Panel::Code(path(scenario, &last.state)))
        .with("timeline", "Timeline", Panel::Gantt(timeline(scenario, past)))
        .with("tasks", "Tasks", Panel::Table(tasks(scenario, &last.state)))
        .with("flags", "Flags", Panel::Stats(flags(scenario, &last.state)))
}

fn path(scenario: &Scenario, state: &State) -> Code {
    let next = PATH.iter().position(|(_, place)| *place == state.place);
    let lines = PATH.iter().map(|(line, _)| (*line).to_owned()).collect();
    let note = match (state.place, state.running) {
        (Place::Task, Some(task)) => {
            format!("not in the kernel: {} runs", scenario.tasks[task].name)
        }
        (Place::Idle, _) | (_, None) => "nothing left to run".to_owned(),
        _ if state.locked => "run queue locked".to_owned(),
        _ => "interrupt".to_owned(),
    };
    let tone = match state.place {
        Place::Task | Place::Idle => Tone::Muted,
        Place::Enter
        | Place::Lock
        | Place::Account
        | Place::Decide
        | Place::Unlock
        | Place::Return
        | Place::Switch => Tone::Overhead,
    };
    let listing = Listing {
        key: "kernel".to_owned(),
        label: "timer interrupt".to_owned(),
        actor: None,
        lines,
        next: next.and_then(|it| u32::try_from(it).ok()),
        tone,
        note,
    };
    Code { listings: vec![listing] }
}

fn timeline(scenario: &Scenario, past: &[Frame<State>]) -> Gantt {
    let now = past.last().map_or(0, |frame| frame.step.time);
    let mut lanes: Vec<Lane> = scenario
        .tasks
        .iter()
        .enumerate()
        .map(|(at, task)| lane(format!("lane.{at}"), task.name.clone(), Some(actor(at))))
        .collect();
    let mut kernel = lane("lane.kernel", "kernel", None);
    for pair in past.windows(2) {
        let [from, to] = pair else { continue };
        let (start, end, state) = (from.step.time, to.step.time, &from.state);
        match (state.place, state.running) {
            (Place::Idle, _) | (_, None) => {}
            (Place::Task, Some(at)) => {
                let name = &scenario.tasks[at].name;
                let mark = match state.off {
                    true => Mark::new("", "no preemption")
                        .detail(format!("{name}, preemption disabled")),
                    false => Mark::new("", name.clone()).detail(format!("{name} runs")),
                };
                extend(&mut lanes[at], start, end, mark.actor(actor(at)).tone(Tone::Running));
            }
            (Place::Switch, Some(_)) => {
                let mark = Mark::new("", "switch").detail("context switch").tone(Tone::Overhead);
                extend(&mut kernel, start, end, mark);
            }
            (_, Some(_)) => {
                let mark = Mark::new("", "tick").detail("timer interrupt").tone(Tone::Overhead);
                extend(&mut kernel, start, end, mark);
            }
        }
    }
    for frame in past {
        let (at, kind, detail) = match (frame.step.tag, frame.state.running) {
            ("tick", _) => (None, EventKind::Note, "timer tick"),
            ("resched", Some(task)) => (Some(task), EventKind::Note, "need_resched set"),
            ("finish", Some(task)) => (Some(task), EventKind::Finish, "work done"),
            _ => continue,
        };
        let lane = at.map_or(&mut kernel, |at| &mut lanes[at]);
        lane.events.push(Event { at: frame.step.time, kind, detail: detail.to_owned() });
    }
    lanes.push(kernel);
    Gantt { now, end: horizon(scenario).max(now), unit: "µs", lanes }
}

/// A time by which all is done: the work, and a tick and a switch as often as they can come.
fn horizon(scenario: &Scenario) -> u64 {
    let work: u64 = scenario.tasks.iter().map(|task| task.work_us).sum();
    let path = scenario.entry_us + scenario.lock_wait_us + scenario.account_us + scenario.exit_us;
    let (tick, switch) = (scenario.tick_us(), scenario.switch_us);
    // Each tick leaves at least this much for work; refused if nothing is left.
    let left = tick.saturating_sub(path + switch).max(1);
    work + work.div_ceil(left) * (path + switch) + switch
}

fn tasks(scenario: &Scenario, state: &State) -> Table {
    let columns = vec![
        Column::words("Task"),
        Column::words("state"),
        Column::numbers("ran (µs)"),
        Column::numbers("left (µs)"),
        Column::numbers("used of the slice (µs)"),
    ];
    let row = |(at, task): (usize, &super::timer_tick::Task)| {
        let doing = &state.tasks[at];
        let marked = state.running == Some(at);
        let status = match (marked, doing.left_us) {
            (_, 0) => Cell::new("ended").tone(Tone::Done),
            (true, _) => Cell::new("has the CPU").tone(Tone::Running),
            (false, _) => Cell::new("ready").tone(Tone::Ready),
        };
        let used = if marked {
            format!("{} of {}", state.used_us, scenario.slice_us)
        } else {
            String::new()
        };
        let cells = vec![
            Cell::new(task.name.clone()),
            status,
            Cell::new(doing.ran_us.to_string()),
            Cell::new(doing.left_us.to_string()),
            Cell::new(used),
        ];
        TableRow { key: format!("task.{at}"), actor: Some(actor(at)), marked, cells }
    };
    Table { columns, rows: scenario.tasks.iter().enumerate().map(row).collect() }
}

fn flags(scenario: &Scenario, state: &State) -> Stats {
    let yes = |it: bool, on: &'static str, off: &'static str| if it { on } else { off };
    let ready: Vec<&str> = state.ready.iter().map(|&it| scenario.tasks[it].name.as_str()).collect();
    Stats {
        items: vec![
            Stat::new("need_resched", yes(state.need_resched, "set", "not set"), ""),
            Stat::new("preemption", yes(state.off, "disabled", "enabled"), ""),
            Stat::new("run queue's lock", yes(state.locked, "held", "free"), ""),
            Stat::new(
                "waiting",
                if ready.is_empty() { "nobody".to_owned() } else { ready.join(", ") },
                "",
            ),
            Stat::new("ticks so far", state.n_ticks.to_string(), ""),
        ],
    }
}
