//! One access after another: first level, second level, walk.

use super::super::words::{bytes, count};
use crate::engine::{Log, Shot};
use crate::error::ScenarioError;
use crate::rng::Rng;
use serde::Deserialize;

/// Bytes of a word, the step of a sequential pattern.
const WORD_BYTES: u64 = 8;

/// Entries of a level that a frame keeps for the picture.
const KEPT: usize = 64;

/// The order of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Pattern {
    Sequential,
    Strided,
    Random,
    PointerChase,
}

/// What is fixed about a run. Lists are by level: first, second.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) pattern: Pattern,
    pub(crate) working_set_bytes: u64,
    pub(crate) stride_bytes: u64,
    pub(crate) page_bits: u32,
    /// Sets of each level; 0 if there is no such level.
    pub(crate) n_sets: [u32; 2],
    pub(crate) n_ways: [u32; 2],
    pub(crate) n_accesses: u32,
    pub(crate) n_warmup: u32,
    pub(crate) access_cycles: u64,
    pub(crate) l2_cycles: u64,
    pub(crate) walk_cycles: u64,
    pub(crate) overlap_walks: u64,
    pub(crate) seed: u64,
}

impl Settings {
    /// Bytes that the entries of a level cover.
    pub(crate) fn reach(&self, level: usize) -> u64 {
        u64::from(self.n_sets[level] * self.n_ways[level]) << self.page_bits
    }

    /// The set of a level that a page belongs to.
    pub(crate) fn set(&self, level: usize, page: u64) -> u64 {
        page % u64::from(self.n_sets[level].max(1))
    }

    /// Pages that the working set lies on.
    pub(crate) fn n_pages(&self) -> u64 {
        ((self.working_set_bytes - 1) >> self.page_bits) + 1
    }

    /// Cycles of the walks, as far as they do not overlap.
    fn walk_cycles(&self, n_walks: u64) -> u64 {
        let cycles = n_walks * self.walk_cycles;
        match self.pattern {
            Pattern::PointerChase => cycles,
            Pattern::Sequential | Pattern::Strided | Pattern::Random => {
                cycles.div_ceil(self.overlap_walks)
            }
        }
    }
}

/// Where a translation was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    First,
    Second,
    Walk,
}

/// What was counted, without the warm-up.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Totals {
    pub(crate) n_accesses: u64,
    pub(crate) n_hits: u64,
    pub(crate) n_l2_hits: u64,
    pub(crate) n_walks: u64,
    /// Different pages, those of the warm-up as well.
    pub(crate) n_pages: u64,
}

impl Totals {
    pub(crate) fn cycles(&self, settings: &Settings) -> u64 {
        self.n_accesses * settings.access_cycles
            + self.n_l2_hits * settings.l2_cycles
            + settings.walk_cycles(self.n_walks)
    }
}

/// What is seen after a step: the access, and the part of the buffers that is drawn.
#[derive(Debug, Clone)]
pub(crate) struct State {
    /// Address of the last access; `None` before the first.
    pub(crate) address: Option<u64>,
    pub(crate) found: Found,
    /// Whether its page was never used before.
    is_new: bool,
    /// Page that the first level gave up.
    pub(crate) gone: Option<u64>,
    /// Pages of the sets of the first level, newest first: all of them if they are few, else the
    /// set of the access alone.
    pub(crate) first: Vec<Vec<u64>>,
    /// Number of the first of these sets.
    pub(crate) first_set: u32,
    /// Pages of the set of the access in the second level, newest first.
    pub(crate) second: Vec<u64>,
    pub(crate) totals: Totals,
}

/// The addresses of a pattern, without end.
pub(crate) fn addresses(settings: &Settings) -> Addresses {
    let Settings { pattern, working_set_bytes, stride_bytes, .. } = *settings;
    let step = if pattern == Pattern::Sequential { WORD_BYTES } else { stride_bytes };
    let n_nodes = (working_set_bytes / step.min(working_set_bytes)).max(1);
    Addresses { settings: *settings, step, n_nodes, at: 0, rng: Rng::new(settings.seed) }
}

/// An endless pattern.
#[derive(Debug, Clone)]
pub(crate) struct Addresses {
    settings: Settings,
    step: u64,
    n_nodes: u64,
    /// Next address, or next node of a chase.
    at: u64,
    rng: Rng,
}

impl Iterator for Addresses {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        let size = self.settings.working_set_bytes;
        Some(match self.settings.pattern {
            Pattern::Sequential | Pattern::Strided => {
                let at = self.at;
                self.at = at + self.step;
                if size <= self.at {
                    self.at = 0;
                }
                at
            }
            Pattern::Random => self.rng.below(size / WORD_BYTES) * WORD_BYTES,
            Pattern::PointerChase => {
                let at = self.at;
                self.at = self.after(at);
                at * self.step
            }
        })
    }
}

impl Addresses {
    /// The node after a node: a generator of full period over the next power of two, whose values
    /// outside the list are passed over, so that one round meets every node once.
    fn after(&self, node: u64) -> u64 {
        let mask = self.n_nodes.next_power_of_two() - 1;
        let odd = (self.settings.seed * 2 + 1).wrapping_mul(0x9E37_79B9) | 1;
        let mut node = node;
        loop {
            node = node.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(odd) & mask;
            if node < self.n_nodes {
                return node;
            }
        }
    }
}

/// The buffers and the counts.
#[derive(Debug)]
pub(crate) struct Walker {
    settings: Settings,
    /// Sets by level; pages of a set, newest first.
    levels: [Vec<Vec<u64>>; 2],
    pub(crate) state: State,
    seen: Seen,
}

impl Walker {
    pub(crate) fn new(settings: Settings) -> Self {
        let empty = |level: usize| vec![Vec::new(); settings.n_sets[level] as usize];
        let state = State {
            address: None,
            found: Found::First,
            is_new: false,
            gone: None,
            first: Vec::new(),
            first_set: 0,
            second: Vec::new(),
            totals: Totals::default(),
        };
        Self { settings, levels: [empty(0), empty(1)], state, seen: Seen::new(&settings) }
    }

    pub(crate) fn run(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let settings = self.settings;
        let mut addresses = addresses(&settings);
        for _ in 0..settings.n_warmup {
            if let Some(address) = addresses.next() {
                self.touch(address);
            }
        }
        self.state.totals = Totals { n_pages: self.state.totals.n_pages, ..Totals::default() };
        log.step(0, "start", || Shot::new(self.opening(), self.snapshot(None)))?;
        let mut same = 0;
        let mut last_page = None;
        for n in 1..=u64::from(settings.n_accesses) {
            let Some(address) = addresses.next() else { break };
            let page = address >> settings.page_bits;
            // Accesses that stay in the page of the one before are told together.
            if last_page == Some(page) {
                same += 1;
                self.touch(address);
                continue;
            }
            self.tell_same(n - 1, &mut same, log)?;
            last_page = Some(page);
            let found = self.touch(address);
            let (tag, answer) = match found {
                Found::First => ("hit", 0),
                Found::Second => ("l2_hit", 1),
                Found::Walk => ("walk", 2),
            };
            log.step(n, tag, || {
                let has_second = settings.n_sets[1] != 0;
                let mut options = vec!["In the first level".to_owned()];
                if has_second {
                    options.push("In the second level".to_owned());
                }
                options.push("Nowhere: the tables are walked".to_owned());
                let answer = if has_second { answer } else { answer.min(1) };
                Shot::new(self.sentence(page), self.snapshot(Some(address))).ask(
                    "Where is the translation found?",
                    options,
                    answer,
                )
            })?;
        }
        self.tell_same(u64::from(settings.n_accesses), &mut same, log)
    }

    /// Tells the accesses that stayed in one page, if there were any.
    fn tell_same(
        &mut self,
        n: u64,
        same: &mut u64,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        let told = std::mem::take(same);
        if told == 0 {
            return Ok(());
        }
        log.step(n, "same_page", || {
            let more = match told {
                1 => "The next access stays in this page and hits".to_owned(),
                _ => format!("The next {told} accesses stay in this page and hit"),
            };
            let say = format!("{more}, because its translation was used just before.");
            Shot::new(say, self.snapshot(self.state.address))
        })
    }

    /// One access: where its translation was found.
    fn touch(&mut self, address: u64) -> Found {
        let page = address >> self.settings.page_bits;
        self.state.address = Some(address);
        self.state.gone = None;
        let totals = &mut self.state.totals;
        totals.n_accesses += 1;
        let found = if self.look(0, page) {
            Found::First
        } else if self.settings.n_sets[1] != 0 && self.look(1, page) {
            Found::Second
        } else {
            Found::Walk
        };
        let totals = &mut self.state.totals;
        match found {
            Found::First => totals.n_hits += 1,
            Found::Second => totals.n_l2_hits += 1,
            Found::Walk => {
                self.state.is_new = self.seen.is_new(page);
                totals.n_walks += 1;
                totals.n_pages += u64::from(self.state.is_new);
                if self.settings.n_sets[1] != 0 {
                    self.keep(1, page);
                }
            }
        }
        if found != Found::First {
            self.state.gone = self.keep(0, page);
        }
        self.state.found = found;
        found
    }

    /// Whether a level has the page; it is the newest of its set then.
    fn look(&mut self, level: usize, page: u64) -> bool {
        let set = self.settings.set(level, page);
        let pages = &mut self.levels[level][set as usize];
        match pages.iter().position(|it| *it == page) {
            Some(at) => {
                pages[..=at].rotate_right(1);
                true
            }
            None => false,
        }
    }

    /// Keeps a page that the level has not; returns the page it gives up.
    fn keep(&mut self, level: usize, page: u64) -> Option<u64> {
        let n_ways = self.settings.n_ways[level] as usize;
        let set = self.settings.set(level, page);
        let pages = &mut self.levels[level][set as usize];
        let gone = if n_ways <= pages.len() { pages.pop() } else { None };
        pages.insert(0, page);
        gone
    }

    /// The state with the part of the buffers that is drawn.
    fn snapshot(&self, address: Option<u64>) -> State {
        let settings = &self.settings;
        let page = address.unwrap_or(0) >> settings.page_bits;
        let newest = |set: &Vec<u64>| set.iter().take(KEPT).copied().collect();
        let all = (settings.n_sets[0] * settings.n_ways[0]) as usize <= KEPT;
        let set = settings.set(0, page);
        let (first_set, sets) = match all {
            true => (0, &self.levels[0][..]),
            false => {
                let at = set as usize;
                (u32::try_from(set).unwrap_or_default(), &self.levels[0][at..=at])
            }
        };
        let second = self.levels[1].get(settings.set(1, page) as usize);
        State {
            address,
            first: sets.iter().map(newest).collect(),
            first_set,
            second: second.map(newest).unwrap_or_default(),
            ..self.state.clone()
        }
    }

    fn opening(&self) -> String {
        let settings = &self.settings;
        let (reach, set) = (settings.reach(0), settings.working_set_bytes);
        let entries = count((settings.n_sets[0] * settings.n_ways[0]).into(), "entries");
        let page = bytes(1 << settings.page_bits);
        let set = bytes(set);
        let verdict = if settings.n_pages() << settings.page_bits <= reach {
            format!("so all of the working set of {set} fits")
        } else {
            format!("while the working set spans {set}")
        };
        format!("The {entries} for pages of {page} reach {}, {verdict}.", bytes(reach))
    }

    fn sentence(&self, page: u64) -> String {
        let settings = &self.settings;
        match self.state.found {
            Found::First => {
                format!("Page {page} hits in the first level, so the address costs nothing extra.")
            }
            Found::Second => format!(
                "Page {page} is only in the second level, so the access takes {} more.",
                count(settings.l2_cycles, "cycles")
            ),
            Found::Walk => {
                let walk = count(settings.walk_cycles, "cycles");
                let why = match self.state.is_new {
                    true => "it was never used before",
                    false => "it was given up since it was last used",
                };
                let then = match self.state.gone {
                    Some(gone) => format!("page {gone}, unused the longest of its set, makes room"),
                    None => "its set has room".to_owned(),
                };
                format!("Page {page} needs a walk of {walk}, because {why}; {then}.")
            }
        }
    }
}

/// Which pages were met before: a bit for each page of the working set.
#[derive(Debug)]
struct Seen {
    bits: Vec<u64>,
}

impl Seen {
    fn new(settings: &Settings) -> Self {
        let n_words = settings.n_pages().div_ceil(64);
        Self { bits: vec![0; usize::try_from(n_words).unwrap_or_default()] }
    }

    fn is_new(&mut self, page: u64) -> bool {
        let Some(word) = self.bits.get_mut(usize::try_from(page / 64).unwrap_or(usize::MAX)) else {
            return false;
        };
        let bit = 1 << (page % 64);
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }
}
