//! Columns and rows.

use super::marks::name_chip;
use crate::draw::{Element, el};
use sim::scene::{Cell, Column, Table, TableRow};

/// Draws the table in a frame of its own, in which a wide or long one scrolls.
pub(super) fn table_view(table: &Table, title: &str) -> Element {
    let Table { columns, rows } = table;
    let heads: Vec<Element> = columns.iter().map(head_view).collect();
    let rows: Vec<Element> = rows.iter().map(|row| row_view(row, columns)).collect();
    let head = el("thead").with(el("tr").with(heads));
    el("div")
        .class("table-frame")
        .set("tabindex", "0")
        .set("role", "group")
        .set("aria-label", format!("{title}, table"))
        .with(el("table").with(head).with(el("tbody").with(rows)))
}

fn head_view(column: &Column) -> Element {
    let class = if column.numeric { "numeric" } else { "words" };
    el("th").class(class).set("scope", "col").with(&column.label)
}

fn row_view(row: &TableRow, columns: &[Column]) -> Element {
    let class = if row.marked { "is-marked" } else { "" };
    let cells = row.cells.iter().enumerate();
    let cells: Vec<Element> = cells
        .map(|(n, cell)| {
            let numeric = columns.get(n).is_some_and(|it| it.numeric);
            cell_view(cell, numeric, n == 0, row.actor.filter(|_| n == 0))
        })
        .collect();
    let current = row.marked.then_some("true");
    el("tr").class(class).set("data-row", &row.key).set_if("aria-current", current).with(cells)
}

/// A cell; the first one says what its row is about.
fn cell_view(cell: &Cell, numeric: bool, first: bool, actor: Option<u16>) -> Element {
    let kind = if numeric { "numeric" } else { "words" };
    let class = format!("{kind} tone-{}", cell.tone.slug());
    // A header without a name would head nothing.
    let place = match first && !cell.text.is_empty() {
        true => el("th").class(class).set("scope", "row"),
        false => el("td").class(class),
    };
    match actor {
        Some(_) => place.with(name_chip(actor, &cell.text)),
        None => place.with(&cell.text),
    }
}
