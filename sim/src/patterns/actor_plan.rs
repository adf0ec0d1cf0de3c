//! Actors, their supervisors, and the letters that come from outside.

use super::actors::{Raw, RawStrategy};
use crate::error::{Fault, Problem, ScenarioError};

/// Which children are started anew when one fails.
pub(super) type Strategy = RawStrategy;

/// Whom a supervisor watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Child {
    Actor(usize),
    Supervisor(usize),
}

#[derive(Debug)]
pub(super) struct Supervisor {
    pub(super) name: String,
    pub(super) strategy: Strategy,
    pub(super) intensity: u64,
    pub(super) period_ms: u64,
    /// `None` for the first one.
    pub(super) parent: Option<usize>,
    /// In the order in which they are started.
    pub(super) children: Vec<Child>,
}

#[derive(Debug)]
pub(super) struct Actor {
    pub(super) name: String,
    pub(super) takes_ms: u64,
    pub(super) parent: usize,
    /// Who gets what it has handled.
    pub(super) to: Option<usize>,
}

/// A letter from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) at: u64,
    pub(super) client: usize,
    /// Its number among those of its client, from 1.
    pub(super) number: usize,
    pub(super) to: usize,
    /// Whether nobody can make sense of it.
    pub(super) bad: bool,
}

#[derive(Debug)]
pub(super) struct Setup {
    pub(super) supervisors: Vec<Supervisor>,
    pub(super) actors: Vec<Actor>,
    pub(super) clients: Vec<String>,
    /// In the order in which they are to be sent.
    pub(super) letters: Vec<Letter>,
    /// Room of a mailbox; 0 without a bound.
    pub(super) room: usize,
    /// Whether a sender waits for room; else it is refused.
    pub(super) sender_waits: bool,
    /// Whether a mailbox outlives its actor.
    pub(super) keeps_mailbox: bool,
    pub(super) until_ms: u64,
}

fn dangling(at: String, name: &str) -> Problem {
    Problem { at, fault: Fault::Dangling(name.to_owned()) }
}

impl Setup {
    /// Finds who is meant by each name.
    pub(super) fn new(raw: &Raw) -> Result<Self, ScenarioError> {
        let mut problems = Vec::new();
        let above =
            |name: &str, n: usize| raw.supervisors[..n].iter().position(|it| it.name == name);
        let mut supervisors: Vec<Supervisor> = Vec::new();
        for (at, it) in raw.supervisors.iter().enumerate() {
            let parent = match (at, it.under.as_str()) {
                (0, "") => None,
                (0, _) => {
                    let why = "the first supervisor stands above all".to_owned();
                    let at = "/supervisors/0/under".to_owned();
                    problems.push(Problem { at, fault: Fault::Conflict(why) });
                    None
                }
                (_, "") => Some(0),
                (_, name) => {
                    let found = above(name, at);
                    if found.is_none() {
                        problems.push(dangling(format!("/supervisors/{at}/under"), name));
                    }
                    found
                }
            };
            let (name, strategy) = (it.name.clone(), it.strategy);
            let (intensity, period_ms) = (it.intensity, it.period_ms);
            let children = Vec::new();
            supervisors.push(Supervisor { name, strategy, intensity, period_ms, parent, children });
        }
        let actor = |name: &str| raw.actors.iter().position(|it| it.name == name);
        let mut actors: Vec<Actor> = Vec::new();
        for (at, it) in raw.actors.iter().enumerate() {
            if raw.supervisors.iter().any(|other| other.name == it.name) {
                let fault = Fault::Duplicate(it.name.clone());
                problems.push(Problem { at: format!("/actors/{at}/name"), fault });
            }
            let parent =
                if it.under.is_empty() { Some(0) } else { above(&it.under, raw.supervisors.len()) };
            if parent.is_none() {
                problems.push(dangling(format!("/actors/{at}/under"), &it.under));
            }
            let to = actor(&it.sends_to);
            if to.is_none() && !it.sends_to.is_empty() {
                problems.push(dangling(format!("/actors/{at}/sends_to"), &it.sends_to));
            }
            let (name, takes_ms, parent) = (it.name.clone(), it.takes_ms, parent.unwrap_or(0));
            actors.push(Actor { name, takes_ms, parent, to });
            if let Some(it) = supervisors.get_mut(parent) {
                it.children.push(Child::Actor(at));
            }
        }
        for at in 1..supervisors.len() {
            if let Some(parent) = supervisors[at].parent {
                supervisors[parent].children.push(Child::Supervisor(at));
            }
        }
        let (clients, letters) = letters(raw, &actor, &mut problems);
        match problems.is_empty() {
            true => Ok(Self {
                supervisors,
                actors,
                clients,
                letters,
                room: raw.mailbox_max,
                sender_waits: raw.when_full == super::actors::WhenFull::Waits,
                keeps_mailbox: raw.on_restart == super::actors::OnRestart::Kept,
                until_ms: raw.until_ms,
            }),
            false => Err(ScenarioError(problems)),
        }
    }
}

fn letters(
    raw: &Raw,
    actor: &dyn Fn(&str) -> Option<usize>,
    problems: &mut Vec<Problem>,
) -> (Vec<String>, Vec<Letter>) {
    let mut clients: Vec<String> = Vec::new();
    let mut letters = Vec::new();
    for (row, it) in raw.messages.iter().enumerate() {
        let client = clients.iter().position(|name| *name == it.from).unwrap_or_else(|| {
            clients.push(it.from.clone());
            clients.len() - 1
        });
        let to = if it.to.is_empty() { Some(0) } else { actor(&it.to) };
        let Some(to) = to else {
            problems.push(dangling(format!("/messages/{row}/to"), &it.to));
            continue;
        };
        for n in 0..it.n {
            let at = it.at_ms + n * it.every_ms;
            letters.push(Letter { at, client, number: 0, to, bad: it.bad });
        }
    }
    crate::order::by_key(&mut letters, |it| it.at);
    let mut counts = vec![0; clients.len()];
    for it in &mut letters {
        counts[it.client] += 1;
        it.number = counts[it.client];
    }
    (clients, letters)
}
