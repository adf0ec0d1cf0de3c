//! Columns and rows.

use super::marks::actor_class;
use leptos::prelude::*;
use sim::scene::{Cell, Column, Table, TableRow};

/// Draws the table in a frame of its own, in which a wide or long one scrolls.
pub(super) fn table_view(table: &Table, title: &str) -> AnyView {
    let Table { columns, rows } = table;
    let heads: Vec<AnyView> = columns.iter().map(head_view).collect();
    let rows: Vec<AnyView> = rows.iter().map(|row| row_view(row, columns)).collect();
    view! {
        <div class="table-frame" tabindex="0" role="group" aria-label=format!("{title}, table")>
            <table>
                <thead><tr>{heads}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn head_view(column: &Column) -> AnyView {
    let class = if column.numeric { "numeric" } else { "words" };
    view! { <th class=class scope="col">{column.label.clone()}</th> }.into_any()
}

fn row_view(row: &TableRow, columns: &[Column]) -> AnyView {
    let class = if row.marked { "is-marked" } else { "" };
    let cells = row.cells.iter().enumerate();
    let cells: Vec<AnyView> = cells
        .map(|(n, cell)| {
            let numeric = columns.get(n).is_some_and(|it| it.numeric);
            cell_view(cell, numeric, n == 0, row.actor.filter(|_| n == 0))
        })
        .collect();
    let current = row.marked.then_some("true");
    view! { <tr class=class data-row=row.key.clone() aria-current=current>{cells}</tr> }.into_any()
}

/// A cell; the first one says what its row is about.
fn cell_view(cell: &Cell, numeric: bool, first: bool, actor: Option<u16>) -> AnyView {
    let kind = if numeric { "numeric" } else { "words" };
    let class = format!("{kind} tone-{}", cell.tone.slug());
    let text = cell.text.clone();
    let body = match actor {
        Some(_) => {
            let class = format!("chip chip-name {}", actor_class(actor));
            view! { <span class=class>{text}</span> }.into_any()
        }
        None => text.into_any(),
    };
    // A header without a name would head nothing.
    if first && !cell.text.is_empty() {
        return view! { <th class=class scope="row">{body}</th> }.into_any();
    }
    view! { <td class=class>{body}</td> }.into_any()
}
