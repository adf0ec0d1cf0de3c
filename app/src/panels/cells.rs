//! A grid with one value in each cell.

use super::marks::{mark_class, tip};
use leptos::prelude::*;
use sim::scene::{CellRow, Cells, Mark};

/// Draws the rows; a row that is too long goes on in the next line.
pub(super) fn cells_view(cells: &Cells) -> AnyView {
    let rows: Vec<AnyView> = cells.rows.iter().map(row_view).collect();
    view! { <div class="cells">{rows}</div> }.into_any()
}

fn row_view(row: &CellRow) -> AnyView {
    let CellRow { label, heads, marks } = row;
    let cell = |(n, mark): (usize, &Mark)| cell_view(heads.get(n), mark);
    let cells: Vec<AnyView> = marks.iter().enumerate().map(cell).collect();
    let label = match label.is_empty() {
        true => ().into_any(),
        false => view! { <span class="cells-label">{label.clone()}</span> }.into_any(),
    };
    let class = if heads.is_empty() { "cells-row" } else { "cells-row has-heads" };
    view! { <div class=class>{label}<span class="cells-line">{cells}</span></div> }.into_any()
}

fn cell_view(head: Option<&String>, mark: &Mark) -> AnyView {
    let head = match head {
        Some(head) => view! { <span class="cell-head">{head.clone()}</span> }.into_any(),
        None => ().into_any(),
    };
    let (key, label) = (mark.key.clone(), mark.label.clone());
    view! {
        <span class="cell">
            {head}
            <span class=mark_class("cell-box", mark) data-key=key title=tip(mark)>{label}</span>
        </span>
    }
    .into_any()
}
