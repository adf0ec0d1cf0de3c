//! The picture of a replacement run: frames over time, memory now, the string, the policy's part.
//!
//! The timeline is the table of the textbooks, turned into lanes: one column a reference. It is
//! read off the steps: between two of them nothing changes. O(steps + frames) a picture.

use super::kernel::{Event, State};
use super::policy::{FrameIdx, Resident};
use super::workload::{PageIdx, Reference, Workload, whole};
use crate::engine::Frame;
use crate::scene::{
    CellRow, Cells, Gantt, Lane, Mark, Panel, Scene, Slot, Span, Stat, Stats, Tone, number,
};

/// Most frames that get a lane of their own.
const LANES_MAX: u32 = 16;

/// Most frames that are drawn as cells.
const CELLS_MAX: u32 = 64;

/// Most references that are drawn at once.
const WINDOW: u32 = 48;

/// Draws the last frame of `past`.
pub(crate) fn scene(past: &[Frame<State>]) -> Scene {
    let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
    let mut scene =
        Scene::default().with("timeline", "Frames over time", Panel::Gantt(timeline(past, state)));
    scene.panels.extend(state.look.draw(state));
    scene
        .with("memory", "Memory now", Panel::Cells(memory(state)))
        .with("string", "Reference string", Panel::Cells(string(state)))
        .with("stats", "So far", Panel::Stats(stats(state)))
}

/// A panel of a policy.
pub(crate) fn panel(slug: &'static str, title: &'static str, panel: Panel) -> Slot {
    Slot { slug, title, panel }
}

/// The chip of a page; `place` tells panels apart that show a page at the same time.
pub(crate) fn chip(workload: &Workload, place: &str, page: PageIdx) -> Mark {
    let name = workload.name(page);
    let mut mark = Mark::new(format!("{place}.{name}"), name);
    mark.actor = workload.actor(page);
    mark
}

/// A reference as it was typed: `3`, or `3w` for a write.
pub(crate) fn written(workload: &Workload, reference: Reference) -> String {
    let write = if reference.write { "w" } else { "" };
    format!("{}{write}", workload.numbers[reference.page as usize])
}

fn timeline(past: &[Frame<State>], last: &State) -> Gantt {
    let mut lanes = Lanes::new(last);
    for Frame { state, .. } in past {
        lanes.add(state.at, state.event);
    }
    lanes.finish(last)
}

/// Lanes under construction.
struct Lanes<'a> {
    workload: &'a Workload,
    references: Vec<Span>,
    results: Vec<Span>,
    victims: Vec<Span>,
    frames: Vec<Vec<Span>>,
    /// By frame: the page that is in it, and since when.
    open: Vec<Option<(PageIdx, u32)>>,
    /// Reference that was drawn last.
    drawn: u32,
}

impl<'a> Lanes<'a> {
    fn new(last: &'a State) -> Self {
        let n = last.n_frames.min(LANES_MAX) as usize;
        Self {
            workload: &last.workload,
            references: Vec::new(),
            results: Vec::new(),
            victims: Vec::new(),
            frames: vec![Vec::new(); n],
            open: vec![None; n],
            drawn: 0,
        }
    }

    fn add(&mut self, at: u32, event: Event) {
        if self.drawn < at && event != Event::Tick {
            self.drawn = at;
            self.references.push(reference_span(self.workload, at));
            self.results.push(result_span(at, matches!(event, Event::Hit(_))));
        }
        match event {
            Event::Load(frame) => self.enter(frame, at),
            Event::Replace(frame, victim) => {
                let span = self.victim(at, &victim);
                self.victims.push(span);
                self.enter(frame, at);
            }
            Event::Hit(_) | Event::Wanted | Event::Tick => {}
        }
    }

    fn victim(&self, at: u32, victim: &Resident) -> Span {
        let name = self.workload.name(victim.page);
        let (tone, how) = match victim.dirty {
            true => (Tone::Dirty, "dirty, so it is written back"),
            false => (Tone::Plain, "clean, so it is dropped"),
        };
        let mut mark = Mark::new(format!("victim.{at}"), name.clone())
            .tone(tone)
            .detail(format!("{name} goes at reference {at}: {how}"));
        mark.actor = self.workload.actor(victim.page);
        unit(at, mark)
    }

    fn enter(&mut self, frame: FrameIdx, at: u32) {
        if frame < self.frames.len() {
            self.close(frame, at - 1);
            self.open[frame] = Some((self.workload.reference(at).page, at));
        }
    }

    fn close(&mut self, frame: FrameIdx, end: u32) {
        let Some((page, since)) = self.open[frame] else { return };
        let mark = chip(self.workload, &format!("stay.{since}"), page).tone(Tone::Used);
        let detail = format!("{} is in frame {frame} since reference {since}", mark.label);
        let (start, end) = (u64::from(since - 1), u64::from(end));
        self.frames[frame].push(Span { start, end, mark: mark.detail(detail) });
    }

    fn finish(mut self, last: &State) -> Gantt {
        for frame in 0..self.frames.len() {
            self.close(frame, last.at);
        }
        let lane = |key: &str, label: String, spans| Lane {
            key: format!("lane.{key}"),
            label,
            actor: None,
            spans,
            events: Vec::new(),
        };
        let mut lanes = vec![
            lane("reference", "reference".to_owned(), self.references),
            lane("result", "result".to_owned(), self.results),
        ];
        for (n, spans) in self.frames.into_iter().enumerate() {
            lanes.push(lane(&n.to_string(), format!("frame {n}"), spans));
        }
        lanes.push(lane("victim", "victim".to_owned(), self.victims));
        let now = u64::from(last.at);
        let end = last.end.get().copied().map_or(now, u64::from).max(now);
        Gantt { now, end, unit: "references", lanes }
    }
}

/// What was used at a reference.
pub(crate) fn reference_span(workload: &Workload, at: u32) -> Span {
    let reference = workload.reference(at);
    let name = workload.name(reference.page);
    let does = if reference.write { "writes to" } else { "reads" };
    let mut mark = Mark::new(format!("at.{at}"), written(workload, reference))
        .detail(format!("reference {at} {does} {name}"));
    mark.actor = workload.actor(reference.page);
    unit(at, mark)
}

/// Whether it was there.
pub(crate) fn result_span(at: u32, hit: bool) -> Span {
    let (label, tone) = if hit { ("hit", Tone::Hit) } else { ("fault", Tone::Fault) };
    let detail = format!("reference {at} is a {label}");
    unit(at, Mark::new(format!("result.{at}"), label).tone(tone).detail(detail))
}

/// The column of a reference.
fn unit(at: u32, mark: Mark) -> Span {
    Span { start: u64::from(at - 1), end: u64::from(at), mark }
}

/// Who is wanted, who is in, who went.
fn memory(state: &State) -> Cells {
    let workload = &state.workload;
    let page = workload.reference(state.at).page;
    let came = match state.event {
        Event::Hit(frame) | Event::Load(frame) | Event::Replace(frame, _) => Some(frame),
        Event::Wanted | Event::Tick => None,
    };
    let wanted = match state.event {
        Event::Wanted => vec![chip(workload, "page", page).tone(Tone::Miss)],
        Event::Hit(_) | Event::Load(_) | Event::Replace(..) | Event::Tick => Vec::new(),
    };
    let gone = match state.event {
        Event::Replace(frame, victim) => {
            let tone = if victim.dirty { Tone::Dirty } else { Tone::Muted };
            let how = if victim.dirty { "written back" } else { "dropped" };
            vec![
                chip(workload, "page", victim.page)
                    .tone(tone)
                    .detail(format!("was in frame {frame}, {how}")),
            ]
        }
        Event::Hit(_) | Event::Load(_) | Event::Wanted | Event::Tick => Vec::new(),
    };
    let shown = state.n_frames.min(CELLS_MAX);
    let pointed = state.look.pointed();
    let cell = |n: u32| {
        let frame = n as FrameIdx;
        match state.frames.get(frame) {
            Some(resident) => {
                let tone = match state.event {
                    Event::Wanted if pointed == Some(frame) => Tone::Running,
                    Event::Hit(_) if came == Some(frame) => Tone::Hit,
                    _ if resident.dirty => Tone::Dirty,
                    _ => Tone::Used,
                };
                chip(workload, "page", resident.page).tone(tone).detail(told(frame, resident))
            }
            None => Mark::new(format!("free.{n}"), "free").tone(Tone::Free),
        }
    };
    let mut heads: Vec<String> = (0..shown).map(|it| it.to_string()).collect();
    let mut marks: Vec<Mark> = (0..shown).map(cell).collect();
    if shown < state.n_frames {
        let more = state.n_frames - shown;
        heads.push(String::new());
        marks.push(
            Mark::new("more", format!("+{more}"))
                .tone(Tone::Muted)
                .detail("more frames, not drawn"),
        );
    }
    let row = |label: &str, heads, marks| CellRow { label: label.to_owned(), heads, marks };
    Cells {
        rows: vec![
            row("wanted", Vec::new(), wanted),
            row("frames", heads, marks),
            row("goes out", Vec::new(), gone),
        ],
    }
}

fn told(frame: FrameIdx, resident: &Resident) -> String {
    let Resident { dirty, loaded_at, used_at, .. } = resident;
    let state = if *dirty { "dirty" } else { "clean" };
    format!("frame {frame}: in since reference {loaded_at}, used last at {used_at}, {state}")
}

/// The string around the present reference. Filled cells are those that decide about a page in
/// memory; the one that decided about the victim is marked.
fn string(state: &State) -> Cells {
    let workload = &state.workload;
    let n = whole(workload.references.len());
    let first = state.at.saturating_sub(WINDOW / 2).min(n.saturating_sub(WINDOW)) + 1;
    let last = n.min(first + WINDOW - 1);
    let evidence: Vec<u32> = state.frames.iter().filter_map(|it| state.look.evidence(it)).collect();
    let verdict = match state.event {
        Event::Replace(_, victim) => state.look.evidence(&victim),
        Event::Hit(_) | Event::Load(_) | Event::Wanted | Event::Tick => None,
    };
    let cell = |at: u32| {
        let reference = workload.reference(at);
        let name = workload.name(reference.page);
        let (tone, what) = match at {
            at if verdict == Some(at) => (Tone::Danger, "it decides that the page goes"),
            at if at == state.at => (Tone::Running, "now"),
            at if evidence.contains(&at) => (Tone::Used, "it decides about a page in memory"),
            at if at < state.at => (Tone::Done, "past"),
            _ => (Tone::Muted, "still to come"),
        };
        let mut mark = Mark::new(format!("string.{at}"), written(workload, reference))
            .tone(tone)
            .detail(format!("reference {at}, {name}: {what}"));
        mark.actor = workload.actor(reference.page);
        mark
    };
    let marks = (first..=last).map(cell).collect();
    let heads = (first..=last).map(|it| it.to_string()).collect();
    Cells { rows: vec![CellRow { label: "page".to_owned(), heads, marks }] }
}

fn stats(state: &State) -> Stats {
    let n = whole(state.workload.references.len());
    let tally = state.tally;
    let done = tally.n_hits + tally.n_faults;
    let rate = f64::from(tally.n_hits) * 100.0 / f64::from(done.max(1));
    let of = |label: &str, value: u32, unit| Stat::new(label, value.to_string(), unit);
    Stats {
        items: vec![
            Stat::new("Reference", format!("{} of {n}", state.at), ""),
            of("Faults", tally.n_faults, ""),
            of("Hits", tally.n_hits, ""),
            Stat::new("Hit rate", number(rate, 1), "%"),
            of("Written back", tally.n_writebacks, "pages"),
        ],
    }
}
