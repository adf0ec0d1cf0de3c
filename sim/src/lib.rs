//! Deterministic engines for every mechanism of the course.
//!
//! An [`Engine`] is a pure function. A scenario goes in as JSON; a [`Run`] comes out: steps that
//! each carry a time, a tag and one sentence that says why; a [`scene::Scene`] for any step; and
//! named [`Metric`]s with units. The same scenario gives the same bytes natively and in a browser.
//!
//! A [`Machine`] is an engine whose next step is somebody's choice: a scheduler's, a CPU's, a
//! reader's. Its scenario holds the picks, and [`explore`] walks all of them.
//!
//! Nothing here knows a browser, a clock, a thread, a file or the order of a hash table.
//!
//! ```
//! use sim::{Mode, engine};
//!
//! let entry = engine("cpu/round_robin").ok_or("no such engine")?;
//! let run = entry.run_text(entry.example, Mode::Frames).map_err(|it| it.to_string())?;
//! assert_eq!(run.metric("waiting_ticks_mean"), Some(7.2));
//! let last = run.len() - 1;
//! assert!(run.scene(last).to_text().contains("[timeline]"));
//! # Ok::<(), String>(())
//! ```

mod amounts;
mod contract;
mod engine;
mod error;
mod explore;
mod form;
#[cfg(any(feature = "patterns", feature = "process", feature = "sync"))]
mod lang;
mod lines;
mod machine;
pub mod order;
mod paper;
pub mod registry;
mod report;
mod rng;
pub mod scene;
#[cfg(any(feature = "patterns", feature = "process", feature = "sync"))]
mod text;
mod words;

#[cfg(feature = "cpu")]
mod cpu;
#[cfg(feature = "deadlock")]
mod deadlock;
#[cfg(feature = "fs")]
mod fs;
#[cfg(feature = "io")]
mod io;
#[cfg(feature = "memory")]
mod memory;
#[cfg(feature = "ordering")]
mod ordering;
#[cfg(feature = "patterns")]
mod patterns;
#[cfg(feature = "process")]
mod process;
#[cfg(feature = "sync")]
mod sync;

pub use engine::{
    Ask, Better, Engine, Entry, Explore, FRAMES_MAX, Frame, Log, Meta, Metric, Mode, Run,
    SCENARIO_BYTES_MAX, STEPS_MAX, Shot, StartSearch, Step, parse,
};
pub use error::{Fault, Problem, ScenarioError};
pub use explore::{
    BrokenLaw, Exploration, MAP_STATES_MAX, MapEdge, MapEnd, MapNode, Outcome, Progress, Search,
    SearchOptions, Stage, StateMap, Verdict,
};
pub use form::{Field, Kind, Notation, Preset, check, filled};
pub use machine::{Machine, PICKS_MAX, Pace, Played, Then};
pub use paper::{Blank, Fill, Layout, Paper, Part, Row, Seen, Sheet};
pub use registry::{DOMAINS, Domain, engine, engines};
pub use report::{explore_json, explore_text, run_json, run_text};
pub use rng::Rng;
pub use words::{quantity, unit};
