//! Thread-local storage drawn: each thread's copy below its control block, and the FS base.

use super::tls::{State, Touched, thread_name};
use super::tls_layout::{Layout, control_block};
use super::tls_script::Op;
use crate::amounts::actor;
use crate::scene::{
    Cell, CellRow, Cells, Code, Column, Listing, Mark, Panel, Queue, QueueRow, Scene, Table,
    TableRow, Tone,
};

/// Draws one state.
pub(super) fn scene(layout: &Layout, ops: &[Op], state: &State) -> Scene {
    Scene::default()
        .with(
            "copies",
            "Copies, and the control block above each",
            Panel::Cells(copies(layout, state)),
        )
        .with("base", "The FS base of the CPU", Panel::Queue(base(state)))
        .with("template", "The template", Panel::Table(template(layout)))
        .with("script", "Script", Panel::Code(script(ops, state)))
}

/// Variables from the lowest address up, then what lies above the FS base.
fn copies(layout: &Layout, state: &State) -> Cells {
    let mut order: Vec<usize> = (0..layout.vars.len()).collect();
    crate::order::by_key(&mut order, |&it| u64::MAX - layout.vars[it].below);
    let mut heads: Vec<String> =
        order.iter().map(|&it| format!("fs:−{}", layout.vars[it].below)).collect();
    let control = [0, 16, 40];
    heads.extend(control.map(|it| format!("fs:{it}")));
    let row = |thread: usize| {
        let who = thread_name(thread);
        let runs = thread == state.running;
        let mut marks: Vec<Mark> = Vec::new();
        for &at in &order {
            let var = &layout.vars[at];
            let value = state.values[thread][at];
            let touched = runs && state.touched == Some(Touched::Var(at));
            let tone = if touched { Tone::Hit } else { Tone::Used };
            let address = control_block(thread) - var.below;
            let mark = Mark::new(format!("{who}.{}", var.name), format!("{} = {value}", var.name));
            let detail = format!("{} of {who}, {} bytes at {address:#x}", var.name, var.bytes);
            marks.push(mark.actor(actor(thread)).tone(tone).detail(detail));
        }
        for offset in control {
            let touched = runs && state.touched == Some(Touched::Control(offset));
            let tone = if touched { Tone::Miss } else { Tone::Muted };
            let (label, detail) = match offset {
                40 => ("guard", "compared before functions return"),
                _ => ("self", "address of the control block"),
            };
            let mark = Mark::new(format!("{who}.control.{offset}"), label);
            marks.push(mark.tone(tone).detail(format!("control block of {who}: {detail}")));
        }
        CellRow { label: who, heads: heads.clone(), marks }
    };
    Cells { rows: (0..state.values.len()).map(row).collect() }
}

/// The FS base is a chip that travels between the CPU and the saved registers.
fn base(state: &State) -> Queue {
    let chip = |thread: usize| {
        let text = format!("{}: {:#x}", thread_name(thread), control_block(thread));
        let detail = format!("FS base of {}", thread_name(thread));
        Mark::new(format!("base.{}", thread_name(thread)), text).actor(actor(thread)).detail(detail)
    };
    let row = |key: &str, label: &str, marks: Vec<Mark>| QueueRow {
        key: key.to_owned(),
        label: label.to_owned(),
        note: String::new(),
        marks,
    };
    let others = (0..state.values.len()).filter(|it| *it != state.running);
    let others = others.map(|it| chip(it).tone(Tone::Ready)).collect();
    let running = vec![chip(state.running).tone(Tone::Running)];
    Queue {
        rows: vec![
            row("cpu", "In the CPU", running),
            row("saved", "Saved with their threads", others),
        ],
    }
}

fn template(layout: &Layout) -> Table {
    let columns = vec![
        Column::words("Variable"),
        Column::words("Section"),
        Column::numbers("Bytes"),
        Column::numbers("Offset"),
        Column::words("Its instruction"),
    ];
    let row = |var: &super::tls_layout::Var| {
        let section = if var.start.is_some() { ".tdata" } else { ".tbss" };
        TableRow {
            key: format!("var.{}", var.name),
            actor: None,
            marked: false,
            cells: vec![
                Cell::new(var.name.clone()),
                Cell::new(section),
                Cell::new(var.bytes.to_string()),
                Cell::new(format!("−{}", var.below)),
                Cell::new(format!("%fs:{:#x}", var.below.wrapping_neg())),
            ],
        }
    };
    Table { columns, rows: layout.vars.iter().map(row).collect() }
}

fn script(ops: &[Op], state: &State) -> Code {
    let next = u32::try_from(state.n_done).ok().filter(|_| state.n_done < ops.len());
    let listing = Listing {
        key: "script".to_owned(),
        label: format!("Runs in {}", thread_name(state.running)),
        actor: Some(actor(state.running)),
        lines: ops.iter().map(|it| it.text.clone()).collect(),
        next,
        tone: if next.is_some() { Tone::Running } else { Tone::Done },
        note: String::new(),
    };
    Code { listings: vec![listing] }
}
