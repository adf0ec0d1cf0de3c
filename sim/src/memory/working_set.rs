//! The working set: the pages that were used in the last few references, and no others, stay.
//!
//! # Model
//! One process. W(t, Δ) is the set of pages used in the last Δ references up to t. A page comes in
//! when it is used, and goes as soon as its last use falls out of the window: the number of frames
//! follows the need of the process, up and down. A page that goes dirty is written back.
//! # Ties
//! The reference at t is in the window, so a page used at t is still there at t + Δ − 1 and gone
//! at t + Δ. The page that drops out goes before the one that is wanted comes in.
//! # Left out
//! Other processes (see the thrashing engine), and what it costs to know every use.
//! # Source
//! `denning-1968`

use super::replacement::scene::{chip, reference_span, result_span, written};
use super::replacement::workload::{self, NEVER, PageIdx, Scenario, Workload, whole};
use crate::engine::{Better, Engine, FRAMES_MAX, Frame, Log, Meta, Shot};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::memory::words::count;
use crate::scene::{
    Cell, CellRow, Cells, Chart, ChartKind, Column, Gantt, Lane, Panel, Scene, Series, Span, Stat,
    Stats, Table, TableRow, Tone, number,
};
use std::sync::{Arc, OnceLock};

/// The engine.
pub(crate) struct WorkingSet;

/// Most pages that get a lane, and most rows of the table.
const PAGES_SHOWN: u32 = 24;

/// Most references that are drawn at once.
const STRING_SHOWN: u32 = 48;

const WINDOW: Field =
    Field::new("window_references", "Window Δ", Kind::Int { min: 1, max: 100_000 })
        .unit("references")
        .or(Preset::Int(4))
        .help("How far back a use keeps its page in memory.");

/// A step's snapshot.
#[derive(Debug)]
pub(crate) struct State {
    at: u32,
    window: u32,
    hit: bool,
    /// The page that dropped out at this reference.
    left: Option<PageIdx>,
    /// Size of the set.
    size: u32,
    /// By page: its last use, 0 for none yet.
    last_uses: Vec<u32>,
    dirty: Vec<bool>,
    tally: Tally,
    workload: Arc<Workload>,
    end: Arc<OnceLock<u32>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    n_hits: u32,
    n_writebacks: u32,
    /// Sum of the sizes after every reference.
    frames_total: u64,
    frames_max: u32,
}

impl Engine for WorkingSet {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "memory/working_set",
        title: "Working set",
        summary: "The pages used in the last few references stay in memory, and no others.",
        look_for: "Watch the filled window move over the string: what falls out of it goes.",
        source: "denning-1968/W(t, Δ)",
        time_unit: "references",
        markers: &["fault"],
    };
    const CHARTS: bool = true;
    const FORM: &'static [Field] = &[
        workload::REFERENCES,
        WINDOW,
        workload::PATTERN,
        workload::LENGTH,
        workload::PAGES,
        workload::LOCALITY,
        workload::PHASE,
        workload::WRITES,
        workload::SEED,
        workload::FRAMES.hide(true),
    ];
    const EXAMPLE: &'static str =
        r#"{"window_references": 5, "references": "1 2 1 3 2 1 3 2 1 4 5 4 6 5 4 6 5 4 1 2"}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let workload = Arc::new(Workload::of(scenario)?);
        let n_pages = workload.numbers.len();
        let mut set = Set {
            window: scenario.window_references.unwrap_or(1),
            workload,
            at: 0,
            size: 0,
            last_uses: vec![0; n_pages],
            dirty: vec![false; n_pages],
            tally: Tally::default(),
            last_kept: 0,
            n_steps: 0,
            end: Arc::default(),
        };
        let n = whole(set.workload.references.len());
        for at in 1..=n {
            set.reference(at, log)?;
        }
        let _ = set.end.set(set.last_kept);
        metrics(&set, n, log);
        Ok(())
    }

    fn scene(_: &Scenario, past: &[Frame<State>]) -> Scene {
        let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
        Scene::default()
            .with("timeline", "Pages over time", Panel::Gantt(timeline(past, state)))
            .with("string", "Reference string and window", Panel::Cells(string(state)))
            .with("set", "The working set", Panel::Table(table(state)))
            .with("size", "Its size", Panel::Chart(size(past)))
            .with("stats", "So far", Panel::Stats(stats(state)))
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        workload::actors(scenario)
    }
}

struct Set {
    window: u32,
    workload: Arc<Workload>,
    at: u32,
    size: u32,
    last_uses: Vec<u32>,
    dirty: Vec<bool>,
    tally: Tally,
    last_kept: u32,
    n_steps: usize,
    end: Arc<OnceLock<u32>>,
}

impl Set {
    fn reference(&mut self, at: u32, log: &mut Log<State>) -> Result<(), ScenarioError> {
        self.at = at;
        let reference = self.workload.reference(at);
        let page = reference.page as usize;
        let last = self.last_uses[page];
        let hit = last != 0 && at - last <= self.window;
        let before = self.size;
        let left = self.drop_out(at);
        self.last_uses[page] = at;
        self.dirty[page] = reference.write || (hit && self.dirty[page]);
        self.size += u32::from(!hit);
        self.tally.n_hits += u32::from(hit);
        self.tally.frames_total += u64::from(self.size);
        self.tally.frames_max = self.tally.frames_max.max(self.size);
        if self.n_steps < FRAMES_MAX {
            self.last_kept = at;
        }
        self.n_steps += 1;
        log.step(u64::from(at), if hit { "hit" } else { "fault" }, || {
            let sizes = before.saturating_sub(1)..=before + 1;
            let answer = sizes.clone().position(|it| it == self.size).unwrap_or(usize::MAX);
            let options = sizes.map(|it| it.to_string()).collect();
            let shot = Shot::new(self.say(reference.page, last, left), self.state(hit, left));
            shot.ask("How many pages does the working set hold now?", options, answer)
        })
    }

    /// Takes out the page whose last use is no longer in the window that ends at `at`.
    fn drop_out(&mut self, at: u32) -> Option<PageIdx> {
        let old = at.checked_sub(self.window).filter(|it| *it != 0)?;
        let page = self.workload.reference(old).page;
        let stays =
            self.last_uses[page as usize] != old || self.workload.reference(at).page == page;
        if stays {
            return None;
        }
        self.size -= 1;
        self.tally.n_writebacks += u32::from(std::mem::take(&mut self.dirty[page as usize]));
        Some(page)
    }

    fn say(&self, page: PageIdx, last: u32, left: Option<PageIdx>) -> String {
        let name = self.workload.name(page);
        let gap = count(u64::from(self.at - last), "references");
        let first = match last {
            0 => format!("Page {name} is used for the first time and comes in"),
            last if self.at - last <= self.window => {
                format!("Page {name} is in memory, because it was used {gap} ago")
            }
            _ => {
                let window = self.window;
                format!(
                    "Page {name} has to come in again, because its last use was {gap} ago and the \
                     window is {window}"
                )
            }
        };
        let then = match left.map(|it| self.workload.name(it)) {
            None => String::new(),
            Some(left) => format!("; {left} goes, because its last use has left the window"),
        };
        format!("{first}{then}.")
    }

    fn state(&self, hit: bool, left: Option<PageIdx>) -> State {
        State {
            at: self.at,
            window: self.window,
            hit,
            left,
            size: self.size,
            last_uses: self.last_uses.clone(),
            dirty: self.dirty.clone(),
            tally: self.tally,
            workload: Arc::clone(&self.workload),
            end: Arc::clone(&self.end),
        }
    }
}

fn metrics(set: &Set, n: u32, log: &mut Log<State>) {
    let Tally { n_hits, n_writebacks, frames_total, frames_max } = set.tally;
    let n_faults = n - n_hits;
    let share = |part: u32| f64::from(part) / f64::from(n.max(1));
    let mean = frames_total as f64 / f64::from(n.max(1));
    log.metric("n_faults", "Page faults", f64::from(n_faults), "faults", Better::Lower);
    log.metric("frames_mean", "Frames on average", mean, "frames", Better::Lower);
    log.metric("hit_rate", "Hit rate", share(n_hits), "", Better::Higher);
    log.metric("n_writebacks", "Write-backs", f64::from(n_writebacks), "pages", Better::Lower);
    log.metric("n_hits", "Hits", f64::from(n_hits), "hits", Better::Higher);
    log.metric("fault_rate", "Fault rate", share(n_faults), "", Better::Lower);
    log.metric("frames_max", "Frames at most", f64::from(frames_max), "frames", Better::Lower);
    let mut plain = |key, label, value: u32, unit| {
        log.metric(key, label, f64::from(value), unit, Better::Neither);
    };
    plain("working_set_pages", "Working set at the end", set.size, "pages");
    plain("n_references", "References", n, "references");
    plain("n_pages", "Different pages", whole(set.workload.numbers.len()), "pages");
}

impl State {
    /// Whether a page is in the set, and since when it was not used.
    fn holds(&self, page: PageIdx) -> bool {
        let last = self.last_uses[page as usize];
        last != 0 && self.at - last < self.window
    }

    fn pages(&self) -> impl Iterator<Item = PageIdx> {
        0..whole(self.workload.numbers.len())
    }
}

/// One lane a page: when it was in the set.
fn timeline(past: &[Frame<State>], last: &State) -> Gantt {
    let workload = &last.workload;
    let lane = |key: &str, label: String, actor, spans| Lane {
        key: format!("lane.{key}"),
        label,
        actor,
        spans,
        events: Vec::new(),
    };
    let states = || past.iter().map(|it| &it.state);
    let references = states().map(|it| reference_span(workload, it.at)).collect();
    let results = states().map(|it| result_span(it.at, it.hit)).collect();
    let mut lanes = vec![
        lane("reference", "reference".to_owned(), None, references),
        lane("result", "result".to_owned(), None, results),
    ];
    for page in last.pages().take(PAGES_SHOWN as usize) {
        let name = workload.name(page);
        let spans = stays(past, last, page);
        lanes.push(lane(&name, name.clone(), workload.actor(page), spans));
    }
    let now = u64::from(last.at);
    let end = last.end.get().copied().map_or(now, u64::from).max(now);
    Gantt { now, end, unit: "references", lanes }
}

/// The stretches for which a page was in the set.
fn stays(past: &[Frame<State>], last: &State, page: PageIdx) -> Vec<Span> {
    let workload = &last.workload;
    let mut spans = Vec::new();
    let mut since = None;
    let mut close = |since: u32, end: u32| {
        let mark = chip(workload, &format!("stay.{since}"), page).tone(Tone::Used);
        let detail = format!("{} is in the working set from reference {since}", mark.label);
        let (start, end) = (u64::from(since - 1), u64::from(end));
        spans.push(Span { start, end, mark: mark.detail(detail) });
    };
    for Frame { state, .. } in past {
        if state.left == Some(page)
            && let Some(since) = since.take()
        {
            close(since, state.at - 1);
        }
        if !state.hit && workload.reference(state.at).page == page {
            since = Some(state.at);
        }
    }
    if let Some(since) = since {
        close(since, last.at);
    }
    spans
}

/// The string around now; the window is filled.
fn string(state: &State) -> Cells {
    let workload = &state.workload;
    let n = whole(workload.references.len());
    let back = STRING_SHOWN * 3 / 4;
    let first = state.at.saturating_sub(back).min(n.saturating_sub(STRING_SHOWN)) + 1;
    let last = n.min(first + STRING_SHOWN - 1);
    let cell = |at: u32| {
        let reference = workload.reference(at);
        let (tone, what) = match at {
            at if at == state.at => (Tone::Running, "now"),
            at if state.at < at => (Tone::Muted, "still to come"),
            at if state.at - at < state.window => (Tone::Used, "in the window"),
            _ => (Tone::Done, "before the window"),
        };
        let name = workload.name(reference.page);
        let mut mark =
            crate::scene::Mark::new(format!("string.{at}"), written(workload, reference))
                .tone(tone)
                .detail(format!("reference {at}, {name}: {what}"));
        mark.actor = workload.actor(reference.page);
        mark
    };
    let marks = (first..=last).map(cell).collect();
    let heads = (first..=last).map(|it| it.to_string()).collect();
    Cells { rows: vec![CellRow { label: "page".to_owned(), heads, marks }] }
}

fn table(state: &State) -> Table {
    let columns = vec![
        Column::words("Page"),
        Column::numbers("Last used at"),
        Column::words("In the set"),
        Column::words("State"),
    ];
    let row = |page: PageIdx| {
        let name = state.workload.name(page);
        let last = state.last_uses[page as usize];
        let (stay, tone) = match (state.holds(page), last) {
            (true, last) => (format!("until reference {}", last + state.window - 1), Tone::Used),
            (false, 0) => ("not yet".to_owned(), Tone::Muted),
            (false, _) if state.left == Some(page) => ("left now".to_owned(), Tone::Danger),
            (false, _) => ("no".to_owned(), Tone::Muted),
        };
        let dirty = if state.dirty[page as usize] { "dirty" } else { "" };
        let last = if last == 0 { "–".to_owned() } else { last.to_string() };
        let marked = state.workload.reference(state.at).page == page;
        TableRow {
            key: format!("set.{name}"),
            actor: state.workload.actor(page),
            marked,
            cells: vec![
                Cell::new(name),
                Cell::new(last),
                Cell::new(stay).tone(tone),
                Cell::new(dirty),
            ],
        }
    };
    let rows = state.pages().take(PAGES_SHOWN as usize).map(row).collect();
    Table { columns, rows }
}

fn size(past: &[Frame<State>]) -> Chart {
    let points = past.iter().map(|it| (f64::from(it.state.at), f64::from(it.state.size)));
    Chart {
        kind: ChartKind::Step,
        x_label: "Time (references)".to_owned(),
        y_label: "Working set (pages)".to_owned(),
        series: vec![Series {
            label: "working set".to_owned(),
            actor: None,
            points: points.collect(),
        }],
    }
}

fn stats(state: &State) -> Stats {
    let n = whole(state.workload.references.len());
    let n_faults = state.at - state.tally.n_hits;
    let mean = state.tally.frames_total as f64 / f64::from(state.at.max(1));
    let next = state.workload.next_uses[state.at as usize - 1];
    let next = if next == NEVER { "never".to_owned() } else { next.to_string() };
    Stats {
        items: vec![
            Stat::new("Reference", format!("{} of {n}", state.at), ""),
            Stat::new("Working set", state.size.to_string(), "pages"),
            Stat::new("On average", number(mean, 2), "pages"),
            Stat::new("Faults", n_faults.to_string(), ""),
            Stat::new("Written back", state.tally.n_writebacks.to_string(), "pages"),
            Stat::new("This page is used next at", next, ""),
        ],
    }
}

#[cfg(test)]
mod tests {
    use crate::memory::replacement::oracle::{string, written};
    use crate::words::count;
    use crate::{Mode, Rng, Run, engine};
    use serde_json::json;
    use std::collections::BTreeSet;

    fn run(window: u64, references: &str) -> Run {
        let scenario = json!({"window_references": window, "references": references});
        engine("memory/working_set").unwrap().run(&scenario, Mode::Frames).unwrap()
    }

    #[test]
    fn the_set_is_the_pages_of_the_window_after_every_reference() {
        let mut rng = Rng::new(1);
        for _ in 0..150 {
            let (n, window) = (rng.between(1, 40), rng.between(1, 12));
            let pages = string(&mut rng, n, 8);
            let run = run(window, &written(&pages));
            let window = window as usize;
            let set = |end: usize| -> BTreeSet<u32> {
                pages[end.saturating_sub(window)..end].iter().map(|it| it.0).collect()
            };
            let n_faults = (0..pages.len()).filter(|&at| !set(at).contains(&pages[at].0)).count();
            assert_eq!(run.metric("n_faults"), Some(n_faults as f64));
            let sizes: Vec<usize> = (1..=pages.len()).map(|end| set(end).len()).collect();
            let total: usize = sizes.iter().sum();
            assert_eq!(run.metric("frames_mean"), Some(total as f64 / pages.len() as f64));
            assert_eq!(run.metric("frames_max"), sizes.iter().max().map(|it| *it as f64));
            assert_eq!(run.metric("working_set_pages"), sizes.last().map(|it| *it as f64));
            for (at, size) in sizes.iter().enumerate() {
                let text = run.scene(at).to_text();
                let told = format!("Working set: {}\n", count(*size as u64, "pages"));
                assert!(text.contains(&told), "{at}\n{text}");
                assert_eq!(text.matches("until reference").count(), *size, "{at}\n{text}");
            }
        }
    }

    #[test]
    fn a_wider_window_never_has_more_faults_and_its_sets_hold_the_narrower_ones() {
        let mut rng = Rng::new(2);
        for _ in 0..40 {
            let n = rng.between(1, 60);
            let pages = written(&string(&mut rng, n, 9));
            let of = |key: &str| -> Vec<f64> {
                (1..15).map(|window| run(window, &pages).metric(key).unwrap()).collect()
            };
            assert!(of("n_faults").is_sorted_by(|a, b| b <= a));
            assert!(of("frames_mean").is_sorted());
        }
    }

    #[test]
    fn a_dirty_page_is_written_back_when_it_drops_out() {
        let run = run(2, "1w 2 3 1 1w 2w 3 3");
        // 1 goes with its write, comes back, and goes with the second one; 2 goes with its own.
        assert_eq!(run.metric("n_writebacks"), Some(3.0));
    }
}
