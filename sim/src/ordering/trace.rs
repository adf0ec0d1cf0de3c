//! The text of a run, one event a line: `A: write data`.

use super::happens_before::Story;
use super::text::{Word, words};
use crate::error::{Fault, ScenarioError};

/// Most threads, variables and locks, and events of a run.
const THREADS_MAX: usize = 5;
const THINGS_MAX: usize = 6;
const EVENTS_MAX: usize = 40;

/// What a thread does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    /// Plain accesses.
    Read,
    Write,
    /// Relaxed atomic accesses.
    Load,
    Store,
    Acquire,
    Release,
    /// An atomic read-modify-write that acquires and releases.
    Update,
    Lock,
    Unlock,
    Start,
    Join,
}

impl Verb {
    pub(super) const ALL: [(&'static str, Self); 11] = [
        ("read", Self::Read),
        ("write", Self::Write),
        ("load", Self::Load),
        ("store", Self::Store),
        ("acquire", Self::Acquire),
        ("release", Self::Release),
        ("update", Self::Update),
        ("lock", Self::Lock),
        ("unlock", Self::Unlock),
        ("start", Self::Start),
        ("join", Self::Join),
    ];

    pub(super) fn word(self) -> &'static str {
        Self::ALL.iter().find(|it| it.1 == self).map_or("", |it| it.0)
    }

    pub(super) const fn is_plain(self) -> bool {
        matches!(self, Self::Read | Self::Write)
    }

    pub(super) const fn is_atomic(self) -> bool {
        matches!(self, Self::Load | Self::Store | Self::Acquire | Self::Release | Self::Update)
    }

    pub(super) const fn writes(self) -> bool {
        matches!(self, Self::Write | Self::Store | Self::Release | Self::Update)
    }

    pub(super) const fn releases(self) -> bool {
        matches!(self, Self::Release | Self::Update | Self::Unlock | Self::Start)
    }

    /// Whether two accesses to one variable race if nothing orders them.
    pub(super) const fn conflicts(self, other: Self) -> bool {
        let accesses =
            (self.is_plain() || self.is_atomic()) && (other.is_plain() || other.is_atomic());
        accesses && (self.is_plain() || other.is_plain()) && (self.writes() || other.writes())
    }
}

/// One event. What it is about is a thread for `start` and `join`, else a variable or a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) thread: usize,
    pub(super) verb: Verb,
    pub(super) what: usize,
}

/// Reads a run.
///
/// # Errors
/// The first fault, at its place.
pub(super) fn parse(at: &str, text: &str) -> Result<Story, ScenarioError> {
    let mut reader = Reader::default();
    match reader.read(text) {
        Ok(()) => Ok(Story::new(reader.threads, reader.things, reader.events)),
        Err((word, why)) => {
            let fault = Fault::Source { line: word.line, column: word.column, why };
            Err(ScenarioError::one(at, fault))
        }
    }
}

#[derive(Default)]
struct Reader {
    threads: Vec<String>,
    things: Vec<String>,
    events: Vec<Event>,
    /// Who holds each lock; of variables nothing.
    holders: Vec<Option<usize>>,
    is_lock: Vec<bool>,
    joined: Vec<usize>,
}

type Parsed<'a, T> = Result<T, (Word<'a>, String)>;

impl Reader {
    fn read<'a>(&mut self, text: &'a str) -> Parsed<'a, ()> {
        let words = words(text);
        let (end, lines) = (words[words.len() - 1], &words[..words.len() - 1]);
        for line in lines.chunks(4) {
            let &[thread, colon, verb, what] = line else {
                return Err((end, "expected an event such as `A: write data`".to_owned()));
            };
            if colon.text != ":" {
                return Err((colon, format!("expected `:`, found `{}`", colon.text)));
            }
            if self.events.len() == EVENTS_MAX {
                return Err((thread, format!("at most {EVENTS_MAX} events fit")));
            }
            self.event(thread, verb, what)?;
        }
        if self.events.is_empty() {
            return Err((end, "at least one event is needed, such as `A: write data`".to_owned()));
        }
        Ok(())
    }

    fn event<'a>(&mut self, who: Word<'a>, verb: Word<'a>, what: Word<'a>) -> Parsed<'a, ()> {
        let thread = named(&mut self.threads, who, THREADS_MAX, "threads")?;
        let Some(&(_, kind)) = Verb::ALL.iter().find(|it| it.0 == verb.text) else {
            let verbs: Vec<&str> = Verb::ALL.iter().map(|it| it.0).collect();
            return Err((verb, format!("expected one of {}", verbs.join(", "))));
        };
        if self.joined.contains(&thread) {
            return Err((who, format!("{} was joined, so it has ended", who.text)));
        }
        let number = match kind {
            Verb::Start | Verb::Join => self.of_thread(kind, thread, what)?,
            _ => self.of_thing(kind, thread, what)?,
        };
        self.events.push(Event { thread, verb: kind, what: number });
        Ok(())
    }

    fn of_thread<'a>(&mut self, verb: Verb, thread: usize, what: Word<'a>) -> Parsed<'a, usize> {
        let other = named(&mut self.threads, what, THREADS_MAX, "threads")?;
        if other == thread {
            return Err((what, "a thread cannot start or join itself".to_owned()));
        }
        let is_known = self
            .events
            .iter()
            .any(|it| it.thread == other || it.verb == Verb::Start && it.what == other);
        match (verb, is_known) {
            (Verb::Start, true) => Err((what, format!("{} has run before", what.text))),
            (Verb::Start, false) => Ok(other),
            (_, _) => {
                self.joined.push(other);
                Ok(other)
            }
        }
    }

    fn of_thing<'a>(&mut self, verb: Verb, thread: usize, what: Word<'a>) -> Parsed<'a, usize> {
        let number = named(&mut self.things, what, THINGS_MAX, "variables and locks")?;
        let locks = matches!(verb, Verb::Lock | Verb::Unlock);
        if number == self.is_lock.len() {
            self.is_lock.push(locks);
            self.holders.push(None);
        }
        let name = what.text;
        if self.is_lock[number] != locks {
            let is = if locks { "a variable, not a lock" } else { "a lock, not a variable" };
            return Err((what, format!("{name} is {is}")));
        }
        match (verb, self.holders[number]) {
            (Verb::Lock, Some(holder)) => {
                let holder = &self.threads[holder];
                Err((what, format!("{holder} holds {name}, so nobody can lock it here")))
            }
            (Verb::Unlock, holder) if holder != Some(thread) => {
                let thread = &self.threads[thread];
                Err((what, format!("{thread} does not hold {name}")))
            }
            (Verb::Lock, None) => {
                self.holders[number] = Some(thread);
                Ok(number)
            }
            _ => {
                self.holders[number] = None;
                Ok(number)
            }
        }
    }
}

/// The number of a name, a new one if it is new.
fn named<'a>(names: &mut Vec<String>, word: Word<'a>, max: usize, what: &str) -> Parsed<'a, usize> {
    if let Some(at) = names.iter().position(|it| it == word.text) {
        return Ok(at);
    }
    let first = word.text.chars().next();
    if !first.is_some_and(|it| it.is_ascii_alphabetic() || it == '_') || 12 < word.text.len() {
        return Err((
            word,
            format!("expected a name of at most 12 letters, found `{}`", word.text),
        ));
    }
    if names.len() == max {
        return Err((word, format!("at most {max} {what} fit")));
    }
    names.push(word.text.to_owned());
    Ok(names.len() - 1)
}
