//! A problem for pen and paper as text, without or with its answers.

use crate::cli::Usage;
use sim::{Blank, Entry, Mode, Paper, Row};
use std::fmt::Write;

/// The problem that a seed draws.
pub(crate) fn text(
    entry: &Entry,
    paper: &Paper,
    seed: u64,
    with_answers: bool,
) -> Result<String, Usage> {
    let drawn = (paper.drawn)(seed);
    let run = entry.run(&drawn, Mode::Frames).map_err(|it| Usage(it.to_string()))?;
    let mut out = format!("{}, problem {seed}\n", entry.meta.title);
    for (key, value) in drawn.as_object().into_iter().flatten() {
        match value.as_array().filter(|it| it.iter().any(serde_json::Value::is_object)) {
            Some(rows) => {
                let _ = writeln!(out, "{key}:");
                for row in rows {
                    let _ = writeln!(out, "    {row}");
                }
            }
            None => {
                let _ = writeln!(out, "{key}: {value}");
            }
        }
    }
    let _ = writeln!(out, "{}", paper.rules);
    for sheet in paper.sheets {
        let _ = writeln!(out, "\n{}: {}", sheet.title, sheet.task);
        for part in sheet.parts(&run) {
            if !part.head.is_empty() {
                let _ = writeln!(out, "{}", part.head.join(" | "));
            }
            for Row { given, blanks } in &part.rows {
                let mut cells = given.clone();
                cells.extend(blanks.iter().map(|it| cell(it, with_answers)));
                let _ = writeln!(out, "{}", cells.join(" | "));
            }
        }
    }
    Ok(out)
}

fn cell(blank: &Blank, with_answers: bool) -> String {
    match with_answers {
        true => blank.answer.clone(),
        false if blank.options.is_empty() => "____".to_owned(),
        false => blank.options.join(" / "),
    }
}
