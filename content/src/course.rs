//! The whole course as data, as the pages read it.

use crate::faults::Faults;
use crate::files::Files;
use crate::game::Chapter;
use crate::schema::{FigureSpec, Question};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// The course.
#[derive(Debug, Clone, Default)]
pub struct Course {
    /// All modules in order, ready or not.
    pub modules: Vec<Module>,
    /// Terms by slug.
    pub glossary: BTreeMap<String, Term>,
    /// Sources by key.
    pub sources: BTreeMap<String, Source>,
    /// Named scenarios by engine id, each list by rank.
    pub scenarios: BTreeMap<String, Vec<NamedScenario>>,
    /// What common notes get wrong, in the order of the file.
    pub errata: Vec<Erratum>,
    /// The cheat sheet as HTML blocks with headings; empty if there is none.
    pub cheat_sheet: String,
}

/// A module of the course.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Module {
    /// Folder and URL part, such as `cpu`.
    pub slug: String,
    /// From 1.
    pub number: u32,
    /// Title; plain text.
    pub title: String,
    /// One sentence; plain text.
    pub summary: String,
    /// Name of its icon.
    pub icon: String,
    /// Whether it can be read.
    pub status: Status,
    /// Its lessons in order; empty while it is in preparation.
    pub lessons: Vec<Lesson>,
    /// Its questions in the order of the file.
    pub questions: Vec<Question>,
    /// The levels of its game; empty if it has none.
    pub chapters: Vec<Chapter>,
    /// Minutes of reading: the sum over its lessons.
    pub minutes: u32,
}

/// Whether a module can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Status {
    /// It has lessons.
    Ready,
    /// It is listed, but has no lesson yet.
    #[default]
    InPreparation,
}

/// A lesson.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lesson {
    /// Slug of its module.
    pub module: String,
    /// File name and URL part, such as `round_robin`.
    pub slug: String,
    /// Title; plain text.
    pub title: String,
    /// One sentence; plain text.
    pub summary: String,
    /// Minutes of reading, figures included.
    pub minutes: u32,
    /// What the reader can do afterwards; inline HTML.
    pub goals: Vec<String>,
    /// Lessons to read before, as `module/lesson`.
    pub needs: Vec<String>,
    /// What it is built on.
    pub sources: Vec<Citation>,
    /// Stem of the small script that its page brings along; empty for most.
    pub script: String,
    /// The body in pieces.
    pub blocks: Vec<Block>,
    /// Its headings in order.
    pub headings: Vec<Heading>,
    /// The text alone, for search: paragraphs, code and formulas, divided by spaces.
    pub plain_text: String,
    /// Slugs of the glossary terms it links, in order of first use.
    pub terms: Vec<String>,
}

/// A piece of a lesson's body.
// A lesson has a few dozen of these: a box would save nothing.
#[allow(clippy::large_enum_variant)]
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// HTML whose links go through [`crate::resolve_links`].
    Html(String),
    /// A figure.
    Figure(FigureSpec),
    /// Questions by id; all of them exist.
    Quiz(Vec<String>),
}

/// A heading of a lesson's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// 2 or more; the title is the only heading of level 1.
    pub level: u8,
    /// Unique in the lesson; part of published links.
    pub id: String,
    /// Plain text.
    pub text: String,
}

/// A place in a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citation {
    /// Key of the source.
    pub key: String,
    /// Place in it, such as `7`; empty for the whole.
    pub place: String,
    /// Short text, such as `OSTEP, chapter 7`.
    pub label: String,
}

/// A glossary term.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Term {
    /// Key, such as `ready_queue`; the anchor on the glossary page.
    pub slug: String,
    /// As it is written, such as `ready queue`.
    pub title: String,
    /// Other names for it.
    pub also: Vec<String>,
    /// What it means; HTML blocks.
    pub html: String,
    /// The same as plain text, for tooltips and search.
    pub plain_text: String,
    /// Slugs of related terms.
    pub see: Vec<String>,
    /// Lessons that link it, as `module/lesson`, in the order of the course.
    pub lessons: Vec<String>,
}

/// A book, paper, manual or standard.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Source {
    /// Key, such as `ostep`; the anchor on the page of sources.
    pub key: String,
    /// Short name for citations, such as `OSTEP`.
    pub short: String,
    /// Full title.
    pub title: String,
    /// Authors in order.
    pub authors: Vec<String>,
    /// Year it came out; `None` for what is always updated.
    pub year: Option<i32>,
    /// Where it came out: publisher, journal, or project.
    pub place: String,
    /// Address on the web; may be empty.
    pub url: String,
    /// What a place in it is called, such as `chapter` or `section`; empty for none.
    pub unit: String,
    /// A sentence for the reader; may be empty.
    pub note: String,
    /// Lessons that cite it, as `module/lesson`, in the order of the course.
    pub lessons: Vec<String>,
}

/// A scenario with a name, as a file of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedScenario {
    /// File name without its end; part of published links.
    pub name: String,
    /// Title; plain text.
    pub title: String,
    /// One sentence: what it shows.
    pub about: String,
    /// From 1; the telling one has the lowest.
    pub rank: u32,
    /// Step to open on; the last one if left out.
    pub at: Option<u32>,
    /// What the engine is given.
    pub scenario: Value,
}

/// A claim that is often met and wrong, and what is true instead.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Erratum {
    /// Key, such as `fcfs_starves`; the anchor on the page. It never changes.
    pub id: String,
    /// The lesson that has more, as `module/lesson`.
    pub lesson: String,
    /// Place in that lesson; empty for its beginning.
    pub place: String,
    /// The claim; inline HTML.
    pub claim: String,
    /// What is true; HTML blocks.
    pub truth: String,
    /// What it was checked against.
    pub sources: Vec<Citation>,
    /// Engine and name of the scenario that shows it.
    pub run: Option<(String, String)>,
    /// File of the listing that shows it when it runs, and the lesson where it stands.
    pub listing: Option<(String, String)>,
}

impl Course {
    /// Reads and checks the course below `root`, the content folder.
    ///
    /// # Errors
    /// Every fault of every file.
    pub fn load(root: &Path) -> Result<Self, Faults> {
        let (course, faults) = Self::read(&Files::read(root)?);
        if faults.0.is_empty() { Ok(course) } else { Err(faults) }
    }

    /// The module with this slug.
    #[must_use]
    pub fn module(&self, slug: &str) -> Option<&Module> {
        self.modules.iter().find(|module| module.slug == slug)
    }

    /// The lesson at `module/lesson`.
    #[must_use]
    pub fn lesson(&self, path: &str) -> Option<&Lesson> {
        let (module, slug) = path.split_once('/')?;
        self.module(module)?.lessons.iter().find(|lesson| lesson.slug == slug)
    }

    /// The question with this id.
    #[must_use]
    pub fn question(&self, id: &str) -> Option<&Question> {
        self.modules.iter().flat_map(|module| &module.questions).find(|it| it.id == id)
    }

    /// The named scenario of an engine.
    #[must_use]
    pub fn scenario(&self, engine: &str, name: &str) -> Option<&NamedScenario> {
        self.scenarios.get(engine)?.iter().find(|it| it.name == name)
    }
}

impl Lesson {
    /// Where it stands: `module/lesson`.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}/{}", self.module, self.slug)
    }

    /// Its figures in order.
    pub fn figures(&self) -> impl Iterator<Item = &FigureSpec> {
        self.blocks.iter().filter_map(|block| match block {
            Block::Figure(figure) => Some(figure),
            Block::Html(_) | Block::Quiz(_) => None,
        })
    }
}
