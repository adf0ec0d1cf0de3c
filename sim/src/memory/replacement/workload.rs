//! The reference string of every replacement policy: typed, or drawn by a pattern; and the fields
//! of the form that set it.

use crate::error::{Fault, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::rng::Rng;
use serde::Deserialize;

/// Longest reference string.
pub(crate) const REFERENCES_MAX: usize = 100_000;

/// Largest page number that can be typed.
const PAGE_MAX: u32 = 99_999;

/// More pages than this are drawn without colours of their own.
const COLOURED_PAGES_MAX: usize = 32;

/// Index of a page among the pages of the string, in the order of their numbers; its actor.
pub(crate) type PageIdx = u32;

/// What a policy's run is given. One type for the whole family, so that one string fits all; what
/// a policy does not have on its form is `None`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Scenario {
    pub(crate) frames: u32,
    references: String,
    pattern: Pattern,
    n_references: u32,
    pages: u32,
    locality_pages: u32,
    phase_references: u32,
    write_percent: u64,
    seed: u64,
    /// Which of equals goes.
    pub(crate) tie: Option<Tie>,
    /// References between two clock interrupts; 0 for none.
    pub(crate) interval_references: Option<u32>,
    /// Width of an aging counter.
    pub(crate) counter_bits: Option<u32>,
    /// Whether a page that comes in has its reference bit set.
    pub(crate) loaded_bit: Option<bool>,
    /// Whether the clock looks at dirty bits too.
    pub(crate) enhanced: Option<bool>,
    /// Whether a page's count outlives its stay in memory.
    pub(crate) keep_counts: Option<bool>,
    /// Share of the frames that pages seen once may fill before one of them goes.
    pub(crate) a1in_percent: Option<u32>,
    /// Names of pages that are remembered, as a share of the frames.
    pub(crate) a1out_percent: Option<u32>,
    /// Seed of random victims.
    pub(crate) victim_seed: Option<u64>,
    /// Width of the window of a working set.
    pub(crate) window_references: Option<u32>,
}

/// Where the references come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Pattern {
    Typed,
    Loop,
    Sequential,
    Random,
    EightyTwenty,
    Phases,
    Scan,
}

/// Which of several pages goes that a policy holds equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Tie {
    /// The one that came in first.
    Oldest,
    /// The one that was used longest ago.
    LeastRecent,
    /// The one in the frame of the lowest number.
    Frame,
}

pub(crate) const FRAMES: Field = Field::new("frames", "Frames", Kind::Int { min: 1, max: 256 })
    .unit("frames")
    .or(Preset::Int(3))
    .help("Pages that fit into memory. At the start all frames are free.");

pub(crate) const REFERENCES: Field =
    Field::new("references", "Reference string", Kind::Text { max_chars: 4_000 })
        .or(Preset::Text(""))
        .work()
        .help(
            "Page numbers. 3w writes to page 3, 1-5 stands for 1 2 3 4 5, 1-5x9 for nine of that.",
        );

pub(crate) const PATTERN: Field = Field::new(
    "pattern",
    "The string is",
    Kind::Choice(&[
        ("typed", "typed above"),
        ("loop", "a loop over the pages"),
        ("sequential", "one pass, no page twice"),
        ("random", "random pages"),
        ("eighty_twenty", "80 % of it on 20 % of the pages"),
        ("phases", "phases, each with a locality"),
        ("scan", "a few hot pages, and scans among them"),
    ]),
)
.or(Preset::Text("typed"))
.help("All but the first are drawn from the numbers below.");

pub(crate) const LENGTH: Field =
    Field::new("n_references", "Length", Kind::Int { min: 1, max: 100_000 })
        .unit("references")
        .or(Preset::Int(100))
        .help("Of a string that is drawn.");

pub(crate) const PAGES: Field = Field::new("pages", "Pages", Kind::Int { min: 1, max: 10_000 })
    .unit("pages")
    .or(Preset::Int(10))
    .help("Of a string that is drawn: pages 1, 2, 3 and so on.");

pub(crate) const LOCALITY: Field =
    Field::new("locality_pages", "Locality", Kind::Int { min: 1, max: 10_000 })
        .unit("pages")
        .or(Preset::Int(4))
        .help("Neighbouring pages that a phase uses, or the hot pages that a scan comes among.");

pub(crate) const PHASE: Field =
    Field::new("phase_references", "Phase", Kind::Int { min: 1, max: 100_000 })
        .unit("references")
        .or(Preset::Int(25))
        .help(
            "How long one locality lasts, or how long the hot pages are alone between two scans.",
        );

pub(crate) const WRITES: Field =
    Field::new("write_percent", "Writes", Kind::Int { min: 0, max: 100 })
        .unit("%")
        .or(Preset::Int(0))
        .help("Share of writes in a string that is drawn. A page written to is dirty.");

pub(crate) const SEED: Field = Field::new("seed", "Seed", Kind::Int { min: 0, max: 1_000_000_000 })
    .or(Preset::Int(1))
    .help("The same seed draws the same string.");

pub(crate) const TIE: Field = Field::new(
    "tie",
    "Of equal pages, the victim is",
    Kind::Choice(&[
        ("oldest", "the one that came in first"),
        ("least_recent", "the one used longest ago"),
        ("frame", "the one in the lowest frame"),
    ]),
)
.help("Textbooks differ here, and the answers with them.");

pub(crate) const INTERVAL: Field =
    Field::new("interval_references", "Clock interrupts every", Kind::Int { min: 0, max: 100_000 })
        .unit("references")
        .or(Preset::Int(4))
        .help("Then the reference bits are collected and cleared. With 0 it never interrupts.");

/// One use of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) page: PageIdx,
    pub(crate) write: bool,
}

/// A reference string, ready to run.
#[derive(Debug)]
pub(crate) struct Workload {
    pub(crate) references: Vec<Reference>,
    /// Number of each page, rising.
    pub(crate) numbers: Vec<u32>,
    /// By reference: when its page is used next, counted from 1; [`NEVER`] if not again.
    pub(crate) next_uses: Vec<u32>,
}

/// The next use of a page that is not used again.
pub(crate) const NEVER: u32 = u32::MAX;

impl Workload {
    /// Reads or draws the string.
    pub(crate) fn of(scenario: &Scenario) -> Result<Self, ScenarioError> {
        let raw = match scenario.pattern {
            Pattern::Typed => typed(&scenario.references)
                .map_err(|fault| ScenarioError::one("/references", fault))?,
            pattern => drawn(scenario, pattern),
        };
        Ok(Self::new(&raw))
    }

    fn new(raw: &[(u32, bool)]) -> Self {
        let mut numbers: Vec<u32> = raw.iter().map(|it| it.0).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let index = |number: u32| numbers.partition_point(|it| *it < number);
        let mut next_of = vec![NEVER; numbers.len()];
        let mut next_uses = vec![NEVER; raw.len()];
        let mut references = Vec::with_capacity(raw.len());
        for &(number, write) in raw {
            references.push(Reference { page: whole(index(number)), write });
        }
        for (at, reference) in references.iter().enumerate().rev() {
            let next = &mut next_of[reference.page as usize];
            next_uses[at] = *next;
            *next = whole(at + 1);
        }
        Self { references, numbers, next_uses }
    }

    /// The reference with this number, from 1.
    pub(crate) fn reference(&self, at: u32) -> Reference {
        self.references[at as usize - 1]
    }

    /// How a sentence calls a page.
    pub(crate) fn name(&self, page: PageIdx) -> String {
        format!("p{}", self.numbers[page as usize])
    }

    /// A page's colour; none if they are too many to tell apart.
    pub(crate) fn actor(&self, page: PageIdx) -> Option<u16> {
        if self.numbers.len() <= COLOURED_PAGES_MAX { u16::try_from(page).ok() } else { None }
    }
}

/// Names of the pages, if they are few enough to have a colour each.
pub(crate) fn actors(scenario: &Scenario) -> Vec<String> {
    let Ok(workload) = Workload::of(scenario) else { return Vec::new() };
    let pages = 0..whole(workload.numbers.len());
    pages.filter(|&it| workload.actor(it).is_some()).map(|it| workload.name(it)).collect()
}

/// A small count as 32 bits; strings and page numbers are far below.
pub(crate) fn whole(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Reads a typed string: numbers, ranges, repeats, with `w` for a write.
fn typed(text: &str) -> Result<Vec<(u32, bool)>, Fault> {
    let mut out = Vec::new();
    let words = text.split(|it: char| it.is_whitespace() || it == ',' || it == ';');
    for word in words.filter(|it| !it.is_empty()) {
        let Some(part) = Part::read(word) else {
            let why = format!(
                "{word} is no reference: give a page from 0 to {PAGE_MAX} such as 7, a write such as \
                 7w, or a range such as 1-5 or 1-5x9"
            );
            return Err(Fault::Syntax(why));
        };
        if REFERENCES_MAX < part.len().saturating_add(out.len()) {
            let why = format!("the string is longer than {REFERENCES_MAX} references at {word}");
            return Err(Fault::Conflict(why));
        }
        part.write_to(&mut out);
    }
    if out.is_empty() { Err(Fault::Missing) } else { Ok(out) }
}

/// One word of a typed string.
struct Part {
    first: u32,
    last: u32,
    write: bool,
    times: usize,
}

impl Part {
    fn read(word: &str) -> Option<Self> {
        let (body, times) = match word.split_once('x') {
            Some((body, times)) => (body, times.parse().ok().filter(|it| 0 < *it)?),
            None => (word, 1),
        };
        let (pages, write) = match body.strip_suffix(['w', 'W']) {
            Some(pages) => (pages, true),
            None => (body.strip_suffix(['r', 'R']).unwrap_or(body), false),
        };
        let (first, last) = pages.split_once('-').unwrap_or((pages, pages));
        let number = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
            text.parse::<u32>().ok().filter(|it| digits && *it <= PAGE_MAX)
        };
        Some(Self { first: number(first)?, last: number(last)?, write, times })
    }

    fn len(&self) -> usize {
        (self.first.abs_diff(self.last) as usize + 1).saturating_mul(self.times)
    }

    fn write_to(&self, out: &mut Vec<(u32, bool)>) {
        let Self { first, last, write, times } = *self;
        for _ in 0..times {
            for step in 0..=first.abs_diff(last) {
                out.push((if first <= last { first + step } else { first - step }, write));
            }
        }
    }
}

/// Draws a string. Each reference takes its page first and then whether it is a write, from two
/// sequences, so that the share of writes does not change the pages.
fn drawn(scenario: &Scenario, pattern: Pattern) -> Vec<(u32, bool)> {
    let Scenario { n_references, pages, phase_references, write_percent, seed, .. } = *scenario;
    let locality = scenario.locality_pages.min(pages);
    let mut rng = Rng::new(seed);
    let mut writes = Rng::new(seed ^ 0x5752_4954_4553);
    let mut below = |n: u32| u32::try_from(rng.below(u64::from(n))).unwrap_or_default();
    let hot = pages.div_ceil(5);
    let scan = pages - locality;
    let mut base = 0;
    let page = |at: u32| match pattern {
        Pattern::Typed | Pattern::Sequential => at,
        Pattern::Loop => at % pages,
        Pattern::Random => below(pages),
        Pattern::EightyTwenty => match below(100) < 80 || hot == pages {
            true => below(hot),
            false => hot + below(pages - hot),
        },
        Pattern::Phases => {
            if at.is_multiple_of(phase_references) {
                base = below(pages - locality + 1);
            }
            base + below(locality)
        }
        Pattern::Scan => {
            let within = at % (phase_references + 2 * scan);
            // During a scan the hot pages go on: every other reference is theirs.
            match within.checked_sub(phase_references) {
                Some(of_scan) if of_scan % 2 == 0 => locality + of_scan / 2,
                Some(_) | None => below(locality),
            }
        }
    };
    let pages = (0..n_references).map(page);
    pages.map(|page| (page + 1, writes.below(100) < write_percent)).collect()
}

#[cfg(test)]
mod tests {
    use super::{Fault, typed};
    use crate::{Mode, engine};
    use serde_json::json;

    fn pages(text: &str) -> Vec<u32> {
        typed(text).unwrap().into_iter().map(|it| it.0).collect()
    }

    #[test]
    fn a_typed_string_has_numbers_ranges_repeats_and_writes() {
        assert_eq!(pages("1 2,3;4\n5"), [1, 2, 3, 4, 5]);
        assert_eq!(pages("1-3 7-5 2x3 0-1x2"), [1, 2, 3, 7, 6, 5, 2, 2, 2, 0, 1, 0, 1]);
        let writes: Vec<bool> = typed("3w 3 4-5W 1r").unwrap().into_iter().map(|it| it.1).collect();
        assert_eq!(writes, [true, false, true, true, false]);
    }

    #[test]
    fn what_is_no_string_is_told_at_the_string() {
        for wrong in ["a", "1-", "-1", "1w2", "+1", "100000", "1x0", "1x", "w", "1--2"] {
            assert!(matches!(typed(wrong), Err(Fault::Syntax(_))), "{wrong}");
        }
        assert_eq!(typed(" , "), Err(Fault::Missing));
        assert!(matches!(typed("1-99999x99999999"), Err(Fault::Conflict(_))));
        let entry = engine("memory/fifo").unwrap();
        let told = entry.run(&json!({"references": "1 2 x"}), Mode::MetricsOnly).unwrap_err();
        assert_eq!(told.0[0].at, "/references");
    }

    #[test]
    fn drawn_strings_have_their_length_and_their_pages() {
        let entry = engine("memory/lru").unwrap();
        for pattern in ["loop", "random", "eighty_twenty", "phases", "scan", "sequential"] {
            let scenario = json!({"pattern": pattern, "n_references": 500, "pages": 20});
            let run = entry.run(&scenario, Mode::MetricsOnly).unwrap();
            assert_eq!(run.metric("n_references"), Some(500.0), "{pattern}");
            let n_pages = if pattern == "sequential" { 500.0 } else { 20.0 };
            assert!(run.metric("n_pages").unwrap() <= n_pages, "{pattern}");
            let smallest = json!({"pattern": pattern, "pages": 1, "n_references": 3});
            entry.run(&smallest, Mode::MetricsOnly).unwrap();
        }
    }
}
