//! The course as files, and what parses, checks and bakes it.
//!
//! Without the feature `full` there are only the types of [`schema`], which the pages embed as
//! JSON and the app reads. With it, [`Course::load`] reads everything, refuses the whole with all
//! faults at once, and hands out HTML whose links [`resolve_links`] turns into relative URLs.

pub mod level;
pub mod schema;

#[cfg(feature = "full")]
mod blocks;
#[cfg(feature = "full")]
mod callout;
#[cfg(feature = "full")]
mod calls;
#[cfg(feature = "full")]
mod check;
#[cfg(feature = "full")]
mod choice;
#[cfg(feature = "full")]
mod course;
#[cfg(feature = "full")]
mod desk;
#[cfg(feature = "full")]
mod drawing;
#[cfg(feature = "full")]
mod errata;
mod escape;
#[cfg(feature = "full")]
mod faults;
#[cfg(feature = "full")]
mod figures;
#[cfg(feature = "full")]
mod files;
#[cfg(feature = "full")]
mod game;
#[cfg(feature = "full")]
mod grid;
#[cfg(feature = "full")]
mod highlight;
#[cfg(feature = "full")]
mod latency;
#[cfg(feature = "full")]
mod lesson;
#[cfg(feature = "full")]
mod links;
#[cfg(feature = "full")]
mod listing;
#[cfg(feature = "full")]
mod markdown;
#[cfg(feature = "full")]
mod math;
#[cfg(feature = "full")]
mod quiz;
#[cfg(feature = "full")]
mod read;
#[cfg(feature = "full")]
mod refs;
#[cfg(feature = "full")]
mod runs;
#[cfg(feature = "full")]
mod scale;
#[cfg(feature = "full")]
mod sheet;
#[cfg(feature = "full")]
mod sim_quiz;
#[cfg(feature = "full")]
mod svg;
#[cfg(feature = "full")]
mod tables;
#[cfg(feature = "full")]
mod targets;
#[cfg(feature = "full")]
mod toml_doc;
#[cfg(feature = "full")]
mod writer;

pub use escape::escape;
pub use level::{Difficulty, End, Ensure, Goal, Level};
pub use schema::{FigureSpec, Kind, Question, Sweep, Tab};

#[cfg(feature = "full")]
pub use course::{
    Block, Citation, Course, Erratum, Heading, Lesson, Module, NamedScenario, Source, Status, Term,
};
#[cfg(feature = "full")]
pub use escape::slug;
#[cfg(feature = "full")]
pub use faults::{Fault, Faults};
#[cfg(feature = "full")]
pub use files::Files;
#[cfg(feature = "full")]
pub use game::{Chapter, Played};
#[cfg(feature = "full")]
pub use links::{resolve_level, resolve_links, resolve_question};
#[cfg(feature = "full")]
pub use quiz::read_mdbook_quiz;
