//! The course as files, and what parses, checks and bakes it.
//!
//! Without the feature `full` there are only the types of [`schema`], which the pages embed as
//! JSON and the app reads. With it, [`Course::load`] reads everything, refuses the whole with all
//! faults at once, and hands out HTML whose links [`resolve_links`] turns into relative URLs.

pub mod schema;

#[cfg(feature = "full")]
mod course;
#[cfg(feature = "full")]
mod faults;
#[cfg(feature = "full")]
mod files;
#[cfg(feature = "full")]
mod links;
#[cfg(feature = "full")]
mod read;
#[cfg(feature = "full")]
mod runs;
#[cfg(feature = "full")]
mod tables;
#[cfg(feature = "full")]
mod toml_doc;

pub use schema::{FigureSpec, Kind, Question, Sweep, Tab};

#[cfg(feature = "full")]
pub use course::{
    Block, Citation, Course, Heading, Lesson, Module, NamedScenario, Source, Status, Term,
};
#[cfg(feature = "full")]
pub use faults::{Fault, Faults};
#[cfg(feature = "full")]
pub use files::Files;
#[cfg(feature = "full")]
pub use links::{resolve_links, resolve_question};
