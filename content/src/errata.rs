//! What common notes get wrong: the claim, what is true, and what shows it.

use crate::course::{Citation, Erratum};
use crate::desk::{Desk, Here};
use crate::markdown::{self, Shape};
use crate::tables::{ERRATA, is_sentence, is_slug};
use crate::targets;
use crate::toml_doc::{Doc, Row, Text};

/// The entries in the order of the file; none if there is no file.
pub(crate) fn read(desk: &Desk<'_>) -> Vec<Erratum> {
    let Some(text) = desk.files.text(ERRATA) else { return Vec::new() };
    let here = Here { desk, file: ERRATA, lesson: "" };
    let doc = Doc { file: ERRATA, line: 1, text, sink: desk.sink };
    let all = doc.read(|root| {
        let rows = root.rows("errata");
        let all: Vec<Erratum> = rows.iter().map(|row| erratum(here, row)).collect();
        for (n, row) in rows.iter().enumerate() {
            if all[..n].iter().any(|it| it.id == all[n].id) {
                row.fault("id", format!("id {} is there twice", all[n].id));
            }
        }
        all
    });
    all.unwrap_or_default()
}

fn erratum(here: Here<'_>, row: &Row<'_>) -> Erratum {
    let id = row.text("id");
    if !is_slug(&id, '_') {
        row.fault("id", format!("id {id}: expected small letters, digits and _"));
    }
    let (lesson, place) = lesson(here, row);
    let sources = citations(here, row);
    let run = run(here, row);
    let listing = listing(here, row);
    if sources.is_empty() && run.is_none() && listing.is_none() {
        row.fault("id", format!("{id}: nothing shows it: expected sources, run or listing"));
    }
    row.text("claim");
    row.text("truth");
    let (claim, truth) = (row.markdown("claim"), row.markdown("truth"));
    for (key, text) in [("claim", &claim), ("truth", &truth)] {
        if !is_sentence(text.text.trim()) {
            row.fault(key, format!("{key}: expected a sentence"));
        }
    }
    let claim = Text { text: claim.text.trim().to_owned(), line: claim.line };
    let out = Erratum {
        id,
        lesson,
        place,
        claim: markdown::line(here, &claim),
        truth: markdown::bake(here, &truth, Shape::Note).html(),
        sources,
        run,
        listing,
    };
    row.done();
    out
}

/// The lesson and the place in it; both exist, or it is told.
fn lesson(here: Here<'_>, row: &Row<'_>) -> (String, String) {
    let spelled = row.text("lesson");
    if let Err(what) = targets::target(&here, row.line("lesson"), &format!("lesson:{spelled}")) {
        row.fault("lesson", what);
    }
    let (lesson, place) = spelled.split_once('#').unwrap_or((&spelled, ""));
    (lesson.to_owned(), place.to_owned())
}

fn citations(here: Here<'_>, row: &Row<'_>) -> Vec<Citation> {
    let mut out = Vec::new();
    for source in row.texts("sources") {
        match targets::citation(&here, &source.text) {
            Ok(citation) => out.push(citation),
            Err(what) => here.fault(source.line, what),
        }
    }
    out
}

/// An engine and one of its named scenarios, spelled `cpu/fcfs benchmark`.
fn run(here: Here<'_>, row: &Row<'_>) -> Option<(String, String)> {
    let spelled = row.opt_text("run")?;
    let Some((engine, name)) = spelled.split_once(' ') else {
        row.fault("run", format!("run {spelled}: expected ENGINE SCENARIO"));
        return None;
    };
    match here.desk.runs.pick(engine, name) {
        Ok(picked) if picked.name.is_some() => return Some((engine.to_owned(), name.to_owned())),
        Ok(_) => row.fault("run", "run: a named scenario, without changes"),
        Err(what) => row.fault("run", what),
    }
    None
}

/// A listing by its file name; all lessons are read by now.
fn listing(here: Here<'_>, row: &Row<'_>) -> Option<(String, String)> {
    let name = row.opt_text("listing")?;
    let lesson = here.desk.used.borrow().listings.get(&format!("listings/{name}")).cloned();
    if lesson.is_none() {
        row.fault("listing", format!("no lesson shows content/listings/{name}"));
    }
    Some((name, lesson?))
}
