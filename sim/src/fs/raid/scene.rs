//! The picture of an array: disks side by side, stripes from top to bottom, and the sum of the bits.

use super::array::{Array, Level, Place, Role};
use super::run::{State, Touch};
use super::say;
use super::script::Statement;
use crate::amounts::actor;
use crate::scene::{
    Cell, CellRow, Cells, Column, Mark, Panel, Scene, Stat, Stats, Table, TableRow, Tone,
};

/// Draws a state.
pub(super) fn scene(statements: &[Statement], state: &State) -> Scene {
    Scene::default()
        .with("array", "Disks and stripes", Panel::Cells(array(state)))
        .with("sum", "Exclusive or", Panel::Table(sum(state)))
        .with("disks", "Disks", Panel::Table(disks(&state.array)))
        .with("script", "Script", Panel::Table(script(statements, state)))
        .with("stats", "So far", Panel::Stats(stats(state)))
}

fn array(state: &State) -> Cells {
    let array = &state.array;
    let row = |row: usize| {
        let fits = array.fits(row);
        let marks = (0..array.n_disks()).map(|disk| cell(state, (row, disk), fits)).collect();
        let heads = match row {
            0 => (0..array.n_disks()).map(|it| format!("disk {it}")).collect(),
            _ => Vec::new(),
        };
        let label = match array.stripe_in(row) {
            Some(stripe) => format!("stripe {stripe}"),
            None => "free".to_owned(),
        };
        CellRow { label, heads, marks }
    };
    Cells { rows: (0..array.cells.len()).map(row).collect() }
}

fn cell(state: &State, place: Place, fits: bool) -> Mark {
    let array = &state.array;
    let cell = array.cell(place);
    let (key, short) = match array.role(place) {
        Role::Data(block, copy) => (format!("block.{block}.{copy}"), block.to_string()),
        Role::Parity(stripe) => (format!("parity.{stripe}"), "P".to_owned()),
        Role::Free => (format!("free.{}.{}", place.0, place.1), String::new()),
    };
    let touch = state.touched.iter().rev().find(|it| it.0 == place).map(|it| it.1);
    let is_free = array.role(place) == Role::Free;
    let tone = match (touch, array.role(place)) {
        (Some(Touch::Written), _) => Tone::Dirty,
        (Some(Touch::Read), _) => Tone::Hit,
        (None, _) if !array.disks[place.1].works => Tone::Fault,
        (None, Role::Free) => Tone::Free,
        (None, _) if !cell.is_valid => Tone::Miss,
        (None, _) if !fits => Tone::Danger,
        (None, Role::Parity(_)) => Tone::Overhead,
        (None, Role::Data(..)) => Tone::Used,
    };
    let label = match cell.is_valid {
        false if !array.disks[place.1].works => "gone".to_owned(),
        _ if is_free && touch.is_none() => "free".to_owned(),
        false => "empty".to_owned(),
        true => format!("{short} {:04b}", cell.value).trim_start().to_owned(),
    };
    let state = match (cell.is_valid, fits) {
        (false, _) => "nothing there",
        (true, true) => "there",
        (true, false) => "in a stripe that does not fit",
    };
    let thing = say::thing(array, place);
    let mark = Mark::new(key, label).tone(tone);
    let mark = mark.detail(format!("{thing} on disk {}: {state}", place.1));
    match array.stripe_in(place.0) {
        Some(stripe) => mark.actor(actor(stripe)),
        None => mark,
    }
}

/// The numbers under each other, as one adds them by hand.
fn sum(state: &State) -> Table {
    let last = state.sum.len().saturating_sub(1);
    let row = |(n, (name, value)): (usize, &(String, u8))| {
        let tone = match (n == last, state.is_wrong) {
            (false, _) => Tone::Plain,
            (true, false) => Tone::Good,
            (true, true) => Tone::Danger,
        };
        TableRow {
            key: format!("sum.{n}"),
            actor: None,
            marked: n == last,
            cells: vec![Cell::new(name.clone()), Cell::new(format!("{value:04b}")).tone(tone)],
        }
    };
    Table {
        columns: vec![Column::words("what"), Column::numbers("bits")],
        rows: state.sum.iter().enumerate().map(row).collect(),
    }
}

fn disks(array: &Array) -> Table {
    let columns = ["disk", "holds"].map(Column::words).into_iter();
    let columns = columns.chain(["reads", "writes"].map(Column::numbers)).collect();
    let row = |(n, disk): (usize, &super::array::Disk)| {
        let is_whole = array
            .cells
            .iter()
            .enumerate()
            .all(|(row, cells)| cells[n].is_valid || array.stripe_in(row).is_none());
        let (holds, tone) = match (disk.works, is_whole) {
            (false, _) => ("nothing: failed", Tone::Fault),
            (true, false) => ("not yet all", Tone::Miss),
            (true, true) if array.level == Level::Raid4 && n + 1 == array.n_disks() => {
                ("parity", Tone::Plain)
            }
            (true, true) => ("data", Tone::Plain),
        };
        let cells = vec![
            Cell::new(format!("disk {n}")),
            Cell::new(holds).tone(tone),
            Cell::new(disk.n_reads.to_string()),
            Cell::new(disk.n_writes.to_string()),
        ];
        TableRow { key: format!("disk.{n}"), actor: None, marked: false, cells }
    };
    Table { columns, rows: array.disks.iter().enumerate().map(row).collect() }
}

fn script(statements: &[Statement], state: &State) -> Table {
    let columns = ["statement", "result"].map(Column::words).into();
    let row = |(n, statement): (usize, &Statement)| TableRow {
        key: format!("line.{n}"),
        actor: None,
        marked: n == state.at,
        cells: vec![Cell::new(statement.text.clone()), Cell::new(state.results[n].clone())],
    };
    Table { columns, rows: statements.iter().enumerate().map(row).collect() }
}

fn stats(state: &State) -> Stats {
    let array = &state.array;
    let sum =
        |of: fn(&super::array::Disk) -> u32| array.disks.iter().map(of).sum::<u32>().to_string();
    Stats {
        items: vec![
            Stat::new("Room for data", array.n_blocks().to_string(), "blocks"),
            Stat::new("Reads", sum(|it| it.n_reads), ""),
            Stat::new("Writes", sum(|it| it.n_writes), ""),
            Stat::new("Wrong answers", state.tally.n_wrong.to_string(), ""),
        ],
    }
}
