//! RAID: several disks that act as one, with copies or with parity.
//!
//! # Model
//! Blocks of four bits lie in stripes over all disks. RAID 0 stripes only; RAID 1 keeps each block
//! on two disks of a pair, and stripes over the pairs; RAID 4 has the parity on the last disk;
//! RAID 5 lets it go round, each stripe's data beginning behind its parity; RAID-Z1 never
//! overwrites a stripe but writes a whole new one into a free row, then a new root, and keeps
//! checksums in its tree. `parity_from` says what a small write reads. One statement is done
//! before the next. `crash write` loses power after the first write to a disk. What is said of an
//! answer that is wrong, the array itself does not know.
//! # Ties
//! A read takes the first copy that is there. A RAID-Z takes the next free row below, going round.
//! # Left out
//! Time; several accesses at once; two parities; stripes of a RAID-Z that are narrower than the
//! array, and where it really puts its parity; the memory of a controller; journals of stripes.
//! Accesses of a RAID-Z to its tree are not counted.
//! # Source
//! `patterson-1988` and `ostep/38` for the levels and what they cost; `bonwick-2003` for RAID-Z.

mod array;
#[cfg(test)]
mod laws;
mod run;
mod say;
mod scene;
mod script;

use self::array::{Array, Level};
pub(crate) use self::run::State;
use crate::engine::{Engine, Frame, Log, Meta};
use crate::error::{Fault, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

/// The engine.
pub(crate) struct Raid;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    level: Level,
    disks: usize,
    stripes: usize,
    parity_from: Method,
    script: String,
}

/// What a small write reads to get the new parity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Method {
    /// What is to change, and the old parity.
    Change,
    /// What stays as it is.
    Rest,
}

impl Engine for Raid {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "fs/raid",
        title: "RAID",
        summary: "Several disks act as one: striping, mirroring and parity, failures and rebuilds.",
        look_for: "Count what one small write touches, then let a disk fail and see where its blocks come from.",
        source: "ostep/38",
        time_unit: "statements",
        markers: &["fail", "loss", "crash", "lost", "wrong", "mismatch"],
    };
    const FORM: &'static [Field] = &[
        Field::new(
            "level",
            "Level",
            Kind::Choice(&[
                ("raid0", "RAID 0: striping"),
                ("raid1", "RAID 1: mirrored pairs"),
                ("raid4", "RAID 4: a disk of parity"),
                ("raid5", "RAID 5: parity goes round"),
                ("raidz1", "RAID-Z1: full stripes, never overwritten"),
            ]),
        )
        .or(Preset::Text("raid5")),
        Field::new("disks", "Disks", Kind::Int { min: 2, max: 8 })
            .unit("disks")
            .or(Preset::Int(4))
            .help("RAID 1 takes an even number; with parity there are three or more."),
        Field::new("stripes", "Stripes", Kind::Int { min: 1, max: 6 })
            .unit("stripes")
            .or(Preset::Int(4))
            .help("RAID-Z1 gets two free rows besides."),
        Field::new(
            "parity_from",
            "A small write reads",
            Kind::Choice(&[
                ("change", "what changes, and the old parity"),
                ("rest", "what stays as it is"),
            ]),
        )
        .or(Preset::Text("change"))
        .help("How RAID 4 and 5 get the new parity. If a disk is gone they do what is possible."),
        Field::new("script", "Script", Kind::Code { max_chars: 1_500 }).help(
            "One statement a line: read 5, write 5 1010 (more values write more blocks), fail 2, replace 2, \
             scrub, flip 5 (a bit goes bad), crash write 5 1010 (the power fails half-way).",
        ),
    ];
    const EXAMPLE: &'static str = r#"{"level": "raid5", "disks": 4, "stripes": 4, "script": "write 4 1010\nfail 0\nread 4\nreplace 0"}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let array = sound(scenario)?;
        let statements = script::parse(&scenario.script, &array)?;
        run::run(scenario, array, &statements, log)
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        let Some(last) = past.last() else { return Scene::default() };
        let statements = sound(scenario).and_then(|it| script::parse(&scenario.script, &it));
        scene::scene(&statements.unwrap_or_default(), &last.state)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        (0..scenario.stripes).map(|it| format!("stripe {it}")).collect()
    }
}

/// The array at the start.
fn sound(scenario: &Scenario) -> Result<Array, ScenarioError> {
    let Scenario { level, disks, stripes, .. } = *scenario;
    let needs = match level {
        Level::Raid1 if disks % 2 == 1 => "an even number of disks, because they stand in pairs",
        Level::Raid4 | Level::Raid5 | Level::Raidz1 if disks < 3 => {
            "three disks or more: two of data and one of parity"
        }
        Level::Raid0 | Level::Raid1 | Level::Raid4 | Level::Raid5 | Level::Raidz1 => {
            return Ok(Array::new(level, disks, stripes));
        }
    };
    let why = format!("{} needs {needs}", level.name());
    Err(ScenarioError::one("/disks", Fault::Conflict(why)))
}
