//! A grid with one value in each cell.

use super::marks::chip;
use crate::draw::{Element, el};
use sim::scene::{CellRow, Cells, Mark};

/// Draws the rows; a row that is too long goes on in the next line.
pub(super) fn cells_view(cells: &Cells) -> Element {
    let rows: Vec<Element> = cells.rows.iter().map(row_view).collect();
    el("div").class("cells").with(rows)
}

fn row_view(row: &CellRow) -> Element {
    let CellRow { label, heads, marks } = row;
    let cell = |(n, mark): (usize, &Mark)| cell_view(heads.get(n), mark);
    let cells: Vec<Element> = marks.iter().enumerate().map(cell).collect();
    let label = (!label.is_empty()).then(|| el("span").class("cells-label").with(label));
    let class = if heads.is_empty() { "cells-row" } else { "cells-row has-heads" };
    el("div").class(class).with(label).with(el("span").class("cells-line").with(cells))
}

fn cell_view(head: Option<&String>, mark: &Mark) -> Element {
    let head = head.map(|head| el("span").class("cell-head").with(head));
    el("span").class("cell").with(head).with(chip("cell-box", mark))
}
