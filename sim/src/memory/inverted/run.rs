//! One statement after another: hash, chain, entry.

use super::super::words::count;
use super::script::{Does, Key, Op};
use super::table::{Hash, Table};
use crate::engine::{Log, Shot};
use crate::error::ScenarioError;
use serde::Deserialize;

/// Most anchors that are offered as answers.
const ANSWERS_MAX: usize = 16;

/// What happens to a second page of the same frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Aliases {
    /// The one entry of the frame changes its page at each fault.
    Remap,
    /// Each further page has an entry of its own, beside those of the frames.
    Entries,
}

/// How far the present statement has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    Waiting,
    /// A chain is walked.
    Looking,
    /// The page was found, or what was asked for is done.
    Done,
    /// The chain ended without it.
    Missed,
    /// It cannot be done.
    Refused,
}

/// What was counted.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Totals {
    pub(crate) n_reads: u64,
    pub(crate) n_hits: u64,
    /// Lookups that found no entry at first.
    pub(crate) n_faults: u64,
    /// Faults that gave a frame's entry to another page.
    pub(crate) n_remaps: u64,
    /// Faults of pages that are not mapped.
    pub(crate) n_invalid: u64,
    pub(crate) n_compares: u64,
    /// Anchors and entries read.
    pub(crate) n_table_reads: u64,
}

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) table: Table,
    /// Statement that is done, from 0.
    pub(crate) line: u32,
    pub(crate) key: Option<Key>,
    pub(crate) anchor: Option<u32>,
    /// Entry that is looked at.
    pub(crate) entry: Option<u32>,
    pub(crate) n_compares: u64,
    pub(crate) progress: Progress,
    pub(crate) totals: Totals,
}

/// A run.
#[derive(Debug)]
pub(crate) struct Runner {
    pub(crate) state: State,
    aliases: Aliases,
    time: u64,
}

impl Runner {
    pub(crate) fn new(table: Table, aliases: Aliases) -> Self {
        let state = State {
            table,
            line: 0,
            key: None,
            anchor: None,
            entry: None,
            n_compares: 0,
            progress: Progress::Waiting,
            totals: Totals::default(),
        };
        Self { state, aliases, time: 0 }
    }

    pub(crate) fn run(&mut self, ops: &[Op], log: &mut Log<State>) -> Result<(), ScenarioError> {
        log.step(0, "start", || {
            let table = &self.state.table;
            let frames = count(table.n_frames.into(), "frames");
            let say = format!(
                "The table has one entry for each of the {frames} and {} into it, whatever the \
                 number of processes.",
                count(table.anchors.len() as u64, "anchors")
            );
            Shot::new(say, self.state.clone())
        })?;
        for (line, op) in (0..).zip(ops) {
            self.state.line = line;
            self.state.key = Some(op.key);
            (self.state.anchor, self.state.entry, self.state.n_compares) = (None, None, 0);
            match op.does {
                Does::Map => self.map(op.key, log)?,
                Does::Read => self.read(op.key, log)?,
                Does::Unmap => self.unmap(op.key, log)?,
                Does::Share(with) => self.share(op.key, with, log)?,
            }
        }
        Ok(())
    }

    fn step(
        &mut self,
        tag: &'static str,
        log: &mut Log<State>,
        say: impl FnOnce(&State) -> String,
    ) -> Result<(), ScenarioError> {
        self.time += 1;
        log.step(self.time, tag, || Shot::new(say(&self.state), self.state.clone()))
    }

    fn refuse(&mut self, why: &str, log: &mut Log<State>) -> Result<(), ScenarioError> {
        self.state.progress = Progress::Refused;
        let said = self.state.key.map(Key::said).unwrap_or_default();
        self.step("refuse", log, |_| format!("Nothing is done with {said}, because {why}."))
    }

    /// The hash picks an anchor.
    fn hash(&mut self, key: Key, log: &mut Log<State>) -> Result<u32, ScenarioError> {
        let anchor = self.state.table.anchor(key);
        let n_anchors = self.state.table.anchors.len();
        self.state.anchor = Some(anchor);
        self.state.entry = None;
        self.state.progress = Progress::Looking;
        self.time += 1;
        log.step(self.time, "hash", || {
            let how = match self.state.table.hash {
                Hash::Add => {
                    let sum = key.page + u64::from(key.process) + 1;
                    format!("{} + {} = {sum} leaves {anchor} mod", key.page, key.process + 1)
                }
                Hash::Mix => format!("the mixed bits of both leave {anchor} mod"),
            };
            let said = capital(&key.said());
            let say = format!("{said} picks anchor {anchor}, because {how} {n_anchors}.");
            let shot = Shot::new(say, self.state.clone());
            if ANSWERS_MAX < n_anchors {
                return shot;
            }
            let options = (0..n_anchors).map(|it| format!("anchor {it}")).collect();
            shot.ask("In which chain does this page belong?", options, anchor as usize)
        })?;
        Ok(anchor)
    }

    fn map(&mut self, key: Key, log: &mut Log<State>) -> Result<(), ScenarioError> {
        if self.state.table.frame(key).is_some() {
            return self.refuse("it is mapped already", log);
        }
        let Some(frame) = self.state.table.free_frame() else {
            return self.refuse("no frame is free", log);
        };
        let anchor = self.hash(key, log)?;
        let before = self.state.table.anchors[anchor as usize];
        self.state.table.known.push((key, frame));
        self.state.table.link(frame, key);
        self.state.entry = Some(frame);
        self.state.progress = Progress::Done;
        self.step("map", log, |_| {
            let then = match before {
                Some(entry) => {
                    format!("; it goes before entry {entry}, because a head is found first")
                }
                None => ", because the chain was empty".to_owned(),
            };
            let place = if before.is_some() { "at the head of" } else { "alone in" };
            format!(
                "Frame {frame} is free, so entry {frame} takes {} and stands {place} chain \
                 {anchor}{then}.",
                key.said()
            )
        })
    }

    fn read(&mut self, key: Key, log: &mut Log<State>) -> Result<(), ScenarioError> {
        self.state.totals.n_reads += 1;
        if self.look(key, log)? {
            return Ok(());
        }
        self.state.totals.n_faults += 1;
        let known = self.state.table.frame(key);
        let Some(frame) = known else {
            self.state.totals.n_invalid += 1;
            return self.step("invalid", log, |_| {
                format!(
                    "The kernel knows no mapping of {} either, so the access is invalid.",
                    key.said()
                )
            });
        };
        let old = self.state.table.entries[frame as usize].key;
        self.state.table.unlink(frame);
        self.state.table.link(frame, key);
        self.state.totals.n_remaps += 1;
        self.state.entry = Some(frame);
        self.step("remap", log, |_| {
            let from = old.map_or_else(
                || "had no page".to_owned(),
                |it| format!("was that of {}", it.said()),
            );
            format!(
                "The kernel gives entry {frame}, which {from}, to {}, because the frame is shared \
                 and has one entry only.",
                key.said()
            )
        })?;
        self.look(key, log).map(|_| ())
    }

    /// Walks the chain of a key; whether it was found.
    fn look(&mut self, key: Key, log: &mut Log<State>) -> Result<bool, ScenarioError> {
        let anchor = self.hash(key, log)?;
        self.state.n_compares = 0;
        self.state.totals.n_table_reads += 1;
        let mut at = self.state.table.anchors[anchor as usize];
        while let Some(entry) = at {
            self.state.entry = Some(entry);
            self.state.n_compares += 1;
            self.state.totals.n_compares += 1;
            self.state.totals.n_table_reads += 1;
            let found = self.state.table.entries[entry as usize];
            if found.key == Some(key) {
                self.state.progress = Progress::Done;
                self.state.totals.n_hits += 1;
                self.step("hit", log, |state| {
                    let n = count(state.n_compares, "comparisons");
                    let how = if entry < state.table.n_frames {
                        format!("so the number of the entry is the frame: {entry}")
                    } else {
                        format!("so its field says frame {}", found.frame)
                    };
                    format!("Entry {entry} holds {}, {how} ({n}).", key.said())
                })?;
                return Ok(true);
            }
            self.step("compare", log, |_| {
                let holds = found.key.map(Key::said).unwrap_or_default();
                let then = match found.next {
                    Some(next) => format!("so its link to entry {next} is followed"),
                    None => "and its chain ends there".to_owned(),
                };
                format!("Entry {entry} is that of {holds}, {then}.")
            })?;
            at = found.next;
        }
        self.state.entry = None;
        self.state.progress = Progress::Missed;
        self.step("miss", log, |state| {
            let after = match state.n_compares {
                0 => "is empty".to_owned(),
                n => format!("ends after {}", count(n, "comparisons")),
            };
            format!(
                "{} is not in the table, because chain {anchor} {after}: a page fault.",
                capital(&key.said())
            )
        })?;
        Ok(false)
    }

    fn share(&mut self, key: Key, with: Key, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let Some(frame) = self.state.table.frame(with) else {
            return self.refuse(&format!("{} is not mapped", with.said()), log);
        };
        if self.state.table.frame(key).is_some() {
            return self.refuse("it is mapped already", log);
        }
        match self.aliases {
            Aliases::Remap => {
                self.state.table.known.push((key, frame));
                self.state.entry = Some(frame);
                self.state.progress = Progress::Done;
                self.step("share", log, |_| {
                    format!(
                        "The kernel notes that {} is frame {frame} too; the table stays as it is, \
                         because the frame's one entry is in use.",
                        key.said()
                    )
                })
            }
            Aliases::Entries => {
                self.hash(key, log)?;
                self.state.table.known.push((key, frame));
                let entry = self.state.table.link_alias(frame, key);
                self.state.entry = Some(entry);
                self.state.progress = Progress::Done;
                self.step("share", log, |_| {
                    format!(
                        "The alias entry {entry} takes {} and names frame {frame}, because the \
                         entry of that frame holds {} already.",
                        key.said(),
                        with.said()
                    )
                })
            }
        }
    }

    fn unmap(&mut self, key: Key, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let table = &mut self.state.table;
        let Some(place) = table.known.iter().position(|it| it.0 == key) else {
            return self.refuse("it is not mapped", log);
        };
        let (_, frame) = table.known.remove(place);
        let entry = table.entry_of(key);
        if let Some(entry) = entry {
            table.unlink(entry);
        }
        // The frame's own entry takes over one of its aliases, so that no alias stands alone.
        let orphan = entry.filter(|it| *it == frame).and_then(|_| table.sharers(frame).next());
        let moved = orphan.filter(|_| self.aliases == Aliases::Entries);
        if let Some(alias) = moved {
            if let Some(entry) = table.entry_of(alias) {
                table.unlink(entry);
            }
            table.link(frame, alias);
        }
        let n_left = table.sharers(frame).count() as u64;
        self.state.entry = entry;
        self.state.progress = Progress::Done;
        self.step("unmap", log, |_| {
            let gone = match entry {
                Some(entry) => format!("Entry {entry} leaves its chain"),
                None => "No entry has to leave".to_owned(),
            };
            let then = match (moved, n_left) {
                (Some(alias), _) => {
                    format!("frame {frame} keeps {} in its own entry", alias.said())
                }
                (None, 0) => format!("frame {frame} is free, because nobody else has it"),
                (None, n) => {
                    format!("frame {frame} stays, because it has {}", count(n, "more pages"))
                }
            };
            format!("{gone} for {}, and {then}.", key.said())
        })
    }
}

/// A sentence's first letter made large.
fn capital(said: &str) -> String {
    let mut letters = said.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}
