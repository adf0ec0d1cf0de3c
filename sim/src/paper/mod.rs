//! Problems for pen and paper: what an engine draws from a seed, and what a learner fills in.

mod answer;
#[cfg(test)]
mod laws;
mod sheet;

pub use sheet::{Blank, Layout, Part, Row};

use crate::engine::{Engine, Entry, Mode, Run};
use crate::form::{Field, Kind};
use crate::rng::Rng;
use serde_json::Value;

/// Most problems that are drawn until one is worth working out.
const DRAWS_MAX: u32 = 400;

/// Longest time line that is filled in tick by tick.
pub(crate) const TICKS_MAX: u64 = 40;

/// How a learner works an engine out by hand.
#[derive(Debug, Clone, Copy)]
pub struct Paper {
    /// A scenario of a size for paper, the same for the same seed. A learner is told what it sets.
    pub drawn: fn(u64) -> Value,
    /// Keys that a learner is not told of, because the sheets themselves show them.
    pub untold: &'static [&'static str],
    /// What a learner must know besides, above all how ties are broken.
    pub rules: &'static str,
    /// What can be filled in, one after the other; one or more.
    pub sheets: &'static [Sheet],
}

/// One thing to fill in, and mark as a whole.
#[derive(Debug, Clone, Copy)]
pub struct Sheet {
    /// Its key in links, such as `times`.
    pub key: &'static str,
    /// What is filled in, such as "the times".
    pub title: &'static str,
    /// What to do, in one or two sentences.
    pub task: &'static str,
    /// What is said besides where something is wrong; may be empty.
    pub hint: &'static str,
    /// Its parts from top to bottom.
    pub fills: &'static [Fill],
}

/// A part of a sheet: where in the run its answers stand.
#[derive(Debug, Clone, Copy)]
pub enum Fill {
    /// A row for each actor, and for each of these metrics a column: key and heading.
    Numbers {
        /// What the rows stand for.
        of: &'static str,
        /// Keys without the actor, and headings.
        columns: &'static [(&'static str, &'static str)],
        /// When they can be seen.
        seen: Seen,
    },
    /// A table of the last frame, or of the last one before something begins.
    Table {
        /// Slug of the panel.
        panel: &'static str,
        /// The tag of the first step that no longer counts; empty for the end.
        before: &'static str,
        /// Columns that are given.
        given: &'static [&'static str],
        /// Columns to fill in, each with its heading on the sheet.
        asked: &'static [(&'static str, &'static str)],
    },
    /// A time line as a table: a row for each moment. A cell may stay empty where nothing changes.
    Lanes {
        /// Slug of the panel.
        panel: &'static str,
        /// Key of the lane that is given.
        given: &'static str,
        /// Key of the lane that has an answer of its own at every moment.
        each: &'static str,
        /// Keys of lanes that are not asked for.
        left_out: &'static [&'static str],
    },
    /// A time line: who runs in every tick.
    Ticks {
        /// Slug of the panel.
        panel: &'static str,
    },
    /// Every question that the steps of the run ask.
    Steps,
    /// Whole numbers of the whole run that has them: key of the metric and question. A question
    /// that begins with "Is" or "Does" is answered by yes or no.
    Ends(&'static [(&'static str, &'static str)]),
}

/// When the numbers of an actor can be seen.
#[derive(Debug, Clone, Copy)]
pub enum Seen {
    /// When the run ends.
    End,
    /// At the time that this metric of the actor tells.
    At(&'static str),
    /// The number is a place in a row of steps with this tag, each of which begins with an actor's
    /// name: at that place; 0 is seen at the end. Steps with the second tag do not break the row.
    Place(&'static str, &'static str),
}

/// Draws until a problem is worth working out; the last one if none is.
pub(crate) fn draw(
    seed: u64,
    mut one: impl FnMut(&mut Rng) -> Value,
    mut is_good: impl FnMut(&Value) -> bool,
) -> Value {
    let mut rng = Rng::new(seed);
    let mut drawn = one(&mut rng);
    for _ in 1..DRAWS_MAX {
        if is_good(&drawn) {
            break;
        }
        drawn = one(&mut rng);
    }
    drawn
}

/// Runs what was drawn, to see whether it is worth working out.
pub(crate) fn tried<E: Engine>(drawn: &Value) -> Option<Run> {
    const { Entry::of::<E>() }.run(drawn, Mode::MetricsOnly).ok()
}

/// One of some things.
pub(crate) fn pick<T: Copy>(rng: &mut Rng, things: &[T]) -> T {
    things[small(rng, 0, things.len() - 1)]
}

/// A small number from `min` to `max`, both inclusive.
pub(crate) fn small(rng: &mut Rng, min: usize, max: usize) -> usize {
    usize::try_from(rng.between(min as u64, max as u64)).unwrap_or(min)
}

/// A drawn problem with some settings.
pub(crate) fn set(mut drawn: Value, settings: &[(&str, Value)]) -> Value {
    for (key, value) in settings {
        drawn[*key] = value.clone();
    }
    drawn
}

/// Sets whatever small setting of the form is not drawn, so that a learner is told of it.
pub(crate) fn set_all(form: &[Field], mut drawn: Value) -> Value {
    for field in form.iter().filter(|it| !it.hidden) {
        let is_small = matches!(field.kind, Kind::Int { .. } | Kind::Choice(_) | Kind::Flag);
        let preset = field.preset_value(0).filter(|it| !it.is_null());
        if let Some(preset) = preset.filter(|_| is_small && drawn.get(field.key).is_none()) {
            drawn[field.key] = preset;
        }
    }
    drawn
}
