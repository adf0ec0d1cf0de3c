//! The picture: who does what and when, where every page is, and how many are free.

use super::Scenario;
use super::agent::{Doing, State, Stretch, Totals};
use super::run::tally;
use super::world::{Cached, Place, World};
use crate::amounts::percent;
use crate::engine::Frame;
use crate::memory::words::{count, grouped};
use crate::scene::{
    Chart, ChartKind, Gantt, Lane, Mark, Panel, Part, Queue, QueueRow, Scene, Series, Span, Stat,
    Stats, Strip, StripRow, Tone,
};

/// Most chips of a row.
const CHIPS_MAX: usize = 12;

/// With more CPUs than this, what each holds is not listed.
const HOLDERS_MAX: u16 = 4;

/// Draws the last state of `past`.
pub(super) fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
    let Some(Frame { state, step }) = past.last() else { return Scene::default() };
    Scene::default()
        .with("timeline", "Who does what", Panel::Gantt(gantt(scenario, past, step.time)))
        .with("lists", "Lists of pages", Panel::Queue(lists(scenario, state)))
        .with("memory", "Where every page is", Panel::Strip(memory(scenario, state)))
        .with("chart", "Free pages", Panel::Chart(chart(scenario, past)))
        .with("numbers", "So far", Panel::Stats(numbers(state, step.time)))
}

/// The right end of the axis: steady while time passes an eighth of it.
fn end_of(now: u64) -> u64 {
    now.next_multiple_of((now.next_power_of_two() / 8).max(250)).max(1_000)
}

fn gantt(scenario: &Scenario, past: &[Frame<State>], now: u64) -> Gantt {
    let lane = |key: String, label: String, actor: Option<u16>| Lane {
        key,
        label,
        actor,
        spans: Vec::new(),
        events: Vec::new(),
    };
    let mut lanes = vec![lane("lock".to_owned(), "zone lock".to_owned(), None)];
    for cpu in 0..scenario.n_cpus {
        lanes.push(lane(format!("cpu.{cpu}"), format!("CPU {cpu}"), Some(cpu)));
    }
    let kswapd = scenario.n_cpus;
    if 0 < scenario.cached_percent {
        lanes.push(lane("kswapd".to_owned(), "kswapd".to_owned(), Some(kswapd)));
    }
    for stretch in past.iter().flat_map(|it| &it.state.spans) {
        let Stretch { who, start, end, doing } = *stretch;
        // What is not over yet is drawn up to now.
        let end = end.min(now);
        if end <= start {
            continue;
        }
        let (name, label, tone) = match doing {
            Doing::Work => ("works", "", Tone::Running),
            Doing::Listing => ("uses its own list", "list", Tone::Good),
            Doing::Waiting => ("stands in line", "wait", Tone::Blocked),
            Doing::Locked => ("has the lock", "lock", Tone::Overhead),
            Doing::Reclaiming => ("reclaims", "reclaim", Tone::Fault),
        };
        let who_is = if who == kswapd { "kswapd".to_owned() } else { format!("CPU {who}") };
        let told = format!("{who_is} {name}");
        if doing == Doing::Locked {
            let mark = Mark::new(format!("lock.{start}"), who_is.clone())
                .detail(told.clone())
                .actor(who)
                .tone(Tone::Used);
            lanes[0].spans.push(Span { start, end, mark });
        }
        if let Some(lane) = lanes.get_mut(usize::from(who) + 1) {
            let mark = Mark::new(format!("span.{who}.{start}"), label).detail(told).tone(tone);
            let mark = if doing == Doing::Work { mark.actor(who) } else { mark };
            lane.spans.push(Span { start, end, mark });
        }
    }
    Gantt { now, end: end_of(now), unit: "ns", lanes }
}

fn chip(world: &World, page: u16, focus: Option<u16>) -> Mark {
    let mark = Mark::new(format!("page.{page}"), page.to_string());
    let mark = match world.places[usize::from(page)] {
        Place::Cached(Cached { referenced, dirty, .. }) => {
            let told = match (referenced, dirty) {
                (false, false) => "not used since, clean",
                (false, true) => "not used since, dirty",
                (true, false) => "used since, clean",
                (true, true) => "used since, dirty",
            };
            let tone = match (referenced, dirty) {
                (true, _) => Tone::Hit,
                (false, true) => Tone::Dirty,
                (false, false) => Tone::Plain,
            };
            mark.detail(format!("page {page}: {told}")).tone(tone)
        }
        Place::Listed(cpu) => mark.detail(format!("page {page}, free")).actor(cpu).tone(Tone::Free),
        Place::Held(cpu) => mark.detail(format!("page {page}, held")).actor(cpu).tone(Tone::Used),
        Place::Free | Place::Isolated(_) => mark,
    };
    if focus == Some(page) { mark.tone(Tone::Good) } else { mark }
}

fn lists(scenario: &Scenario, state: &State) -> Queue {
    let world = &state.world;
    let mut rows = Vec::new();
    let mut row = |key: String, label: String, note: String, pages: &[u16]| {
        let shown = pages.iter().take(CHIPS_MAX);
        let mut marks: Vec<Mark> = shown.map(|&it| chip(world, it, state.page)).collect();
        let n_more = pages.len().saturating_sub(CHIPS_MAX);
        if 0 < n_more {
            marks.push(Mark::new(format!("{key}.more"), format!("+{n_more}")).tone(Tone::Muted));
        }
        rows.push(QueueRow { key, label, note, marks });
    };
    for cpu in 0..scenario.n_cpus {
        let list = &world.lists[usize::from(cpu)];
        let note = count(list.len() as u64, "pages");
        let pages: Vec<u16> = list.iter().rev().copied().collect();
        row(format!("list.{cpu}"), format!("CPU {cpu}, its list"), note, &pages);
        if scenario.n_cpus <= HOLDERS_MAX {
            let held = &world.held[usize::from(cpu)];
            row(format!("held.{cpu}"), format!("CPU {cpu}, held"), String::new(), held);
        }
    }
    if 0 < scenario.cached_percent {
        let mut cached = |key: &str, list: &[u16]| {
            let note = count(list.len() as u64, "pages");
            row(key.to_owned(), key.to_owned(), note, list);
        };
        cached("inactive", &world.inactive);
        cached("active", &world.active);
    }
    let sizes: Vec<String> = (0_u32..)
        .zip(&world.zone.lists)
        .filter(|(_, list)| !list.is_empty())
        .map(|(order, list)| format!("{} of {}", list.len(), 1_u64 << order))
        .collect();
    let colon = if sizes.is_empty() { "" } else { ": " };
    let free = format!("{} free{colon}{}", count(world.free_pages(), "pages"), sizes.join(", "));
    rows.push(QueueRow {
        key: "buddy".to_owned(),
        label: "buddy lists".to_owned(),
        note: free,
        marks: Vec::new(),
    });
    Queue { rows }
}

/// Pages side by side that are in one kind of place, as one stretch.
fn memory(scenario: &Scenario, state: &State) -> Strip {
    let mut parts: Vec<Part> = Vec::new();
    let mut last = None;
    for (page, place) in (0_u64..).zip(&state.world.places) {
        let kind = match place {
            Place::Cached(cached) => (3, u16::from(cached.active)),
            Place::Free => (0, 0),
            Place::Listed(cpu) => (1, *cpu),
            Place::Held(cpu) => (2, *cpu),
            Place::Isolated(who) => (4, *who),
        };
        if let (Some(part), true) = (parts.last_mut(), last == Some(kind)) {
            part.end = page + 1;
            continue;
        }
        last = Some(kind);
        let key = format!("place.{page}");
        let mark = match place {
            Place::Free => Mark::new(key, "free").tone(Tone::Free),
            Place::Listed(cpu) => {
                Mark::new(key, format!("list {cpu}")).actor(*cpu).tone(Tone::Idle)
            }
            Place::Held(cpu) => Mark::new(key, format!("CPU {cpu}")).actor(*cpu).tone(Tone::Used),
            Place::Cached(Cached { active: true, .. }) => Mark::new(key, "active").tone(Tone::Used),
            Place::Cached(_) => Mark::new(key, "file").tone(Tone::Ready),
            Place::Isolated(_) => Mark::new(key, "reclaim").tone(Tone::Fault),
        };
        parts.push(Part { start: page, end: page + 1, mark });
    }
    let rows = vec![StripRow::new("memory", "memory", parts)];
    Strip { start: 0, end: scenario.memory_pages, unit: "pages", rows }
}

fn chart(scenario: &Scenario, past: &[Frame<State>]) -> Chart {
    let mut free: Vec<(f64, f64)> = Vec::new();
    for frame in past {
        let point = (frame.step.time as f64, frame.state.world.free_pages() as f64);
        if free.last().is_none_or(|it| it.1.to_bits() != point.1.to_bits()) {
            free.push(point);
        }
    }
    let end = past.last().map_or(0.0, |it| it.step.time as f64);
    free.push((end, free.last().map_or(0.0, |it| it.1)));
    let series = |label: &str, points| Series { label: label.to_owned(), actor: None, points };
    let mark =
        |label: &str, pages: u64| series(label, vec![(0.0, pages as f64), (end, pages as f64)]);
    let mut all = vec![series("free", free)];
    if 0 < scenario.cached_percent {
        all.push(mark("high", scenario.high_pages));
        all.push(mark("low", scenario.low_pages));
        all.push(mark("min", scenario.min_pages));
    }
    let (x_label, y_label) = ("time (ns)".to_owned(), "pages in the buddy lists".to_owned());
    Chart { kind: ChartKind::Step, x_label, y_label, series: all }
}

fn numbers(state: &State, now: u64) -> Stats {
    let Totals { n_allocs, n_fast, n_failed, n_locks, n_waits, wait_ns, .. } = state.totals;
    let Totals { n_by_kswapd, n_direct, n_stalls, stall_ns, lock_ns, .. } = state.totals;
    let [free, listed, held, cached, isolated] = tally(&state.world);
    let places =
        format!("{free} free, {listed} in lists, {held} held, {cached} cached, {isolated} in hand");
    Stats {
        items: vec![
            Stat::new("pages", places, ""),
            Stat::new("from own lists", format!("{n_fast} of {n_allocs}"), ""),
            Stat::new("lock taken", format!("{n_locks}, {n_waits} of them after waiting"), ""),
            Stat::new("time in line", grouped(wait_ns), "ns"),
            Stat::new("lock held", percent(lock_ns.min(now), now), "%"),
            Stat::new("reclaimed", format!("{n_by_kswapd} by kswapd, {n_direct} by who asked"), ""),
            Stat::new("requests that had to reclaim", n_stalls.to_string(), ""),
            Stat::new("time they spent on it", grouped(stall_ns), "ns"),
            Stat::new("failed requests", n_failed.to_string(), ""),
        ],
    }
}
