//! Namespaces drawn: who is seen from where, who is in which, and what the acting process sees.

use super::namespaces_script::{CGROUP, IPC, KINDS, MNT, NET, Op, PID, TIME, USER, UTS};
use super::namespaces_world::{Space, State, name};
use crate::amounts::actor;
use crate::scene::{
    Cell, Code, Column, Listing, Mark, Panel, Queue, QueueRow, Scene, Table, TableRow, Tone,
};
use crate::words::list;

/// Draws one state.
pub(super) fn scene(state: &State, ops: &[Op]) -> Scene {
    Scene::default()
        .with("numbers", "Who is seen in each PID namespace", Panel::Queue(numbers(state)))
        .with("spaces", "Who lives in which namespace", Panel::Table(spaces(state)))
        .with("view", "What the process of this step sees", Panel::Table(view(state)))
        .with("script", "Script", Panel::Code(script(state, ops)))
}

/// One row for each PID namespace, outermost first: a process stands in its own and all above.
fn numbers(state: &State) -> Queue {
    let pid_spaces = state.spaces.iter().enumerate().filter(|(_, it)| it.kind == PID);
    let row = |(at, space): (usize, &Space)| {
        let marks = state.processes.iter().enumerate().filter_map(|(process, it)| {
            let number = it.numbers.iter().find(|it| it.0 == at)?.1;
            let who = name(process);
            let lives = it.spaces[PID] == at;
            let tone = if lives { Tone::Used } else { Tone::Muted };
            let detail = match lives {
                true => format!("{who} lives here and has the number {number}"),
                false => format!("{who} lives further inside and is seen here as {number}"),
            };
            let mark = Mark::new(format!("pid.{at}.{who}"), format!("{who}: {number}"));
            Some(mark.actor(actor(process)).tone(tone).detail(detail))
        });
        QueueRow {
            key: format!("pid.{at}"),
            label: format!("PID namespace {}", space.number),
            note: if space.number == 1 { "the first".to_owned() } else { String::new() },
            marks: marks.collect(),
        }
    };
    Queue { rows: pid_spaces.map(row).collect() }
}

fn spaces(state: &State) -> Table {
    let mut columns = vec![Column::words("Process")];
    columns.extend(KINDS.iter().map(|it| Column::words(it.0)));
    let row = |process: usize| {
        let cells = (0..8).map(|kind| {
            let number = state.of(process, kind).number;
            let tone = if number == 1 { Tone::Plain } else { Tone::Good };
            Cell::new(number.to_string()).tone(tone)
        });
        TableRow {
            key: format!("process.{}", name(process)),
            actor: Some(actor(process)),
            marked: process == state.focus,
            cells: std::iter::once(Cell::new(name(process))).chain(cells).collect(),
        }
    };
    Table { columns, rows: (0..state.processes.len()).map(row).collect() }
}

fn view(state: &State) -> Table {
    let columns = vec![
        Column::words("Kind"),
        Column::words("Flag"),
        Column::words(format!("{} sees", name(state.focus))),
    ];
    let row = |(kind, (short, flag)): (usize, &(&str, &str))| {
        let own = state.of(state.focus, kind).number != 1;
        let tone = if own { Tone::Good } else { Tone::Plain };
        TableRow {
            key: format!("kind.{short}"),
            actor: None,
            marked: false,
            cells: vec![
                Cell::new(*short),
                Cell::new(*flag),
                Cell::new(seen(state, kind)).tone(tone),
            ],
        }
    };
    Table { columns, rows: KINDS.iter().enumerate().map(row).collect() }
}

fn seen(state: &State, kind: usize) -> String {
    let focus = state.focus;
    let space = state.of(focus, kind);
    let or_none = |texts: Vec<String>, none: &str| {
        if texts.is_empty() { none.to_owned() } else { list(&texts) }
    };
    match kind {
        MNT => format!("mounted: {}", list(&space.things)),
        UTS => format!("host {}", space.name),
        IPC => or_none(space.things.clone(), "no queues"),
        PID => {
            let who = (0..state.processes.len())
                .filter_map(|it| Some(format!("{} as {}", name(it), state.number(it, focus)?)));
            list(&who.collect::<Vec<_>>())
        }
        NET => {
            let ports: Vec<String> = space.ports.iter().map(ToString::to_string).collect();
            let taken = or_none(ports, "none");
            format!("ports in use: {taken}")
        }
        USER => user(state, focus),
        CGROUP => "its own group as /".to_owned(),
        TIME => match space.offset {
            0 => "the clocks as they are".to_owned(),
            seconds => format!("the clocks plus {seconds} s"),
        },
        _ => String::new(),
    }
}

fn user(state: &State, process: usize) -> String {
    let space = state.of(process, USER);
    let outside = state.processes[process].user;
    if space.number == 1 {
        return format!("itself as user {outside}");
    }
    format!("itself as user 0, outside it is {}", space.root_is)
}

fn script(state: &State, ops: &[Op]) -> Code {
    let next = u32::try_from(state.n_done).ok().filter(|_| state.n_done < ops.len());
    let listing = Listing {
        key: "script".to_owned(),
        label: "What happens".to_owned(),
        actor: None,
        lines: ops.iter().map(|it| it.text.clone()).collect(),
        next,
        tone: if next.is_some() { Tone::Running } else { Tone::Done },
        note: String::new(),
    };
    Code { listings: vec![listing] }
}
