//! Tables: numbers stand at the right, and a wide table scrolls in a frame of its own.

use crate::escape::escape;
use pulldown_cmark::Alignment;

/// A table in the making.
#[derive(Debug, Default)]
pub(crate) struct Grid {
    pub(crate) alignments: Vec<Alignment>,
    /// The first row is the head.
    pub(crate) rows: Vec<Vec<Cell>>,
}

/// A cell as HTML, and its text alone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cell {
    pub(crate) html: String,
    pub(crate) text: String,
}

impl Grid {
    /// The table as HTML; `number` is its place among the tables of the lesson, from 1, which
    /// makes its name unique.
    pub(crate) fn html(&self, number: usize) -> String {
        let heads: Vec<&str> = self.heads().map(|cell| cell.text.trim()).collect();
        let named: Vec<&str> = heads.iter().copied().filter(|it| !it.is_empty()).collect();
        let label = escape(&format!("Table {number}: {}", named.join(", ")));
        let mut out = format!(
            "<div class=\"table-wrap\" tabindex=\"0\" role=\"region\" aria-label=\"{label}\"><table>\n"
        );
        let mut rows = self.rows.iter();
        if let Some(head) = rows.next() {
            out.push_str("<thead><tr>");
            for (column, cell) in head.iter().enumerate() {
                // An empty heading says nothing to a screen reader: a plain cell.
                let kind = if cell.text.trim().is_empty() { "td" } else { "th scope=\"col\"" };
                self.cell(&mut out, kind, column, cell);
            }
            out.push_str("</tr></thead>\n<tbody>\n");
        }
        let labels = self.first_column_names_rows();
        for row in rows {
            out.push_str("<tr>");
            for (column, cell) in row.iter().enumerate() {
                let is_label = labels && column == 0;
                self.cell(&mut out, if is_label { "th scope=\"row\"" } else { "td" }, column, cell);
            }
            out.push_str("</tr>\n");
        }
        out.push_str("</tbody></table></div>\n");
        out
    }

    fn heads(&self) -> impl Iterator<Item = &Cell> {
        self.rows.first().into_iter().flatten()
    }

    fn column(&self, column: usize) -> impl Iterator<Item = &str> {
        self.rows.iter().skip(1).filter_map(move |row| row.get(column)).map(|it| it.text.trim())
    }

    /// Whether every row opens with a text.
    fn first_column_names_rows(&self) -> bool {
        self.column(0).all(|text| !text.is_empty() && !is_number(text))
    }

    fn cell(&self, out: &mut String, kind: &str, column: usize, cell: &Cell) {
        let class = match self.alignments.get(column) {
            Some(Alignment::Right) => " class=\"num\"",
            Some(Alignment::Center) => " class=\"mid\"",
            Some(Alignment::Left) => "",
            Some(Alignment::None) | None => {
                let filled: Vec<&str> = self.column(column).filter(|it| !is_blank(it)).collect();
                let numbers = !filled.is_empty() && filled.iter().all(|it| is_number(it));
                if numbers { " class=\"num\"" } else { "" }
            }
        };
        let name = kind.split(' ').next().unwrap_or(kind);
        out.push_str(&format!("<{kind}{class}>{}</{name}>", cell.html.trim()));
    }
}

/// Whether a cell stands for "nothing".
fn is_blank(text: &str) -> bool {
    matches!(text, "" | "-" | "\u{2013}" | "\u{2014}")
}

/// Whether a cell is a number, perhaps with a sign or as per cent.
fn is_number(text: &str) -> bool {
    let text = text.trim_start_matches(['+', '-', '\u{2212}', '\u{2248}']).trim_end_matches('%');
    text.starts_with(|it: char| it.is_ascii_digit())
        && text.chars().all(|it| it.is_ascii_digit() || matches!(it, '.' | ',' | '/'))
}
