//! Of many lanes, rows or chips, those that are drawn.
//!
//! Two hundred jobs are two hundred lanes. Nobody reads them all at once, and to draw them all at every step takes longer
//! than a frame. So a long panel shows a page: the one where something happens, or the one that the reader has turned to.

use super::gantt::Look;
use sim::scene::{Gantt, Lane, Mark, Panel, Scene, Slot, Span, Table};

/// Most lanes of a timeline that are drawn at once.
const LANES_MAX: usize = 24;

/// Most rows of a table, or chips of a row, that are drawn at once.
const ROWS_MAX: usize = 32;

/// Rows that are drawn, counted from 1, of how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Page {
    /// What a row is called.
    pub(super) name: &'static str,
    /// Number of the first row that is drawn.
    pub(super) first: usize,
    /// Number of the last row that is drawn.
    pub(super) last: usize,
    /// All rows.
    pub(super) of: usize,
    /// Rows of a full page.
    pub(super) size: usize,
}

impl Page {
    /// Index of this page, and of the last one.
    pub(super) const fn place(self) -> (usize, usize) {
        ((self.first - 1) / self.size, (self.of - 1) / self.size)
    }
}

/// Whom the step is about: the actor of the first row that a table marks, or else who has run last in a timeline.
pub fn hero(scene: &Scene) -> Option<u16> {
    let marked = scene.panels.iter().find_map(|slot| match &slot.panel {
        Panel::Table(it) => it.rows.iter().find(|row| row.marked)?.actor,
        _ => None,
    });
    marked.or_else(|| {
        let ended = scene.panels.iter().flat_map(|slot| match &slot.panel {
            Panel::Gantt(it) => it.lanes.as_slice(),
            _ => &[],
        });
        ended.filter_map(last_run).max_by_key(|it| it.0).map(|it| it.1)
    })
}

/// When somebody's lane was active for the last time, and whose it is.
fn last_run(lane: &Lane) -> Option<(u64, u16)> {
    let active = |span: &&Span| matches!(Look::of(span.mark.tone), Look::Bar | Look::Cost);
    let span = lane.spans.iter().rev().find(active)?;
    Some((span.end, lane.actor?))
}

/// Leaves one page of the panel's rows, if they are too many: the one of index `chosen`, or the one with the row that
/// matters. Chips of a row that are too many become one that counts them.
pub(super) fn cut(slot: &mut Slot, chosen: Option<usize>, hero: Option<u16>) -> Option<Page> {
    match &mut slot.panel {
        Panel::Gantt(it) => {
            let common = n_common(it);
            let at = it.lanes.iter().position(|lane| lane.actor.is_some() && lane.actor == hero);
            turn(&mut it.lanes, common, (LANES_MAX, "lane"), chosen, at)
        }
        Panel::Table(it) => {
            let at = row_of(it, hero);
            turn(&mut it.rows, 0, (ROWS_MAX, "row"), chosen, at)
        }
        Panel::Queue(it) => {
            it.rows.iter_mut().for_each(|row| shorten(&row.key, &mut row.marks));
            None
        }
        _ => None,
    }
}

/// The lanes at the top that belong to nobody, such as the CPU's. They stand on every page.
fn n_common(gantt: &Gantt) -> usize {
    gantt.lanes.iter().take_while(|lane| lane.actor.is_none()).count()
}

/// The marked row, or else the hero's.
fn row_of(table: &Table, hero: Option<u16>) -> Option<usize> {
    let marked = table.rows.iter().position(|row| row.marked);
    marked.or_else(|| table.rows.iter().position(|row| row.actor.is_some() && row.actor == hero))
}

/// Leaves the first `common` rows and a page of `size` others, which are called `name`.
fn turn<T>(
    rows: &mut Vec<T>,
    common: usize,
    (size, name): (usize, &'static str),
    chosen: Option<usize>,
    at: Option<usize>,
) -> Option<Page> {
    let of = rows.len().checked_sub(common).filter(|it| size < *it)?;
    let at = at.and_then(|at| at.checked_sub(common)).map_or(0, |at| at / size);
    let first = chosen.unwrap_or(at).min((of - 1) / size) * size;
    let last = of.min(first + size);
    rows.truncate(common + last);
    rows.drain(common..common + first);
    Some(Page { name, first: first + 1, last, of, size })
}

fn shorten(row: &str, marks: &mut Vec<Mark>) {
    let Some(more) = marks.len().checked_sub(ROWS_MAX).filter(|it| 0 < *it) else { return };
    marks.truncate(ROWS_MAX);
    marks.push(Mark::new(format!("more.{row}"), format!("and {more} more")));
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim::scene::{Cell, Queue, QueueRow, TableRow, Tone};

    fn lane(actor: Option<u16>, ran: Option<(u64, u64)>) -> Lane {
        let name = actor.map_or_else(|| "CPU".to_owned(), |it| format!("J{it}"));
        let span = |(start, end)| {
            let mark = Mark::new("k", name.clone()).tone(Tone::Running);
            Span { start, end, mark }
        };
        Lane {
            key: format!("lane.{name}"),
            label: name.clone(),
            actor,
            spans: ran.map(span).into_iter().collect(),
            events: Vec::new(),
        }
    }

    /// A CPU and `n` jobs; the job `runs` has run last.
    fn timeline(n: u16, runs: u16) -> Scene {
        let jobs =
            (0..n).map(|it| lane(Some(it), (it <= runs).then(|| (it.into(), u64::from(it) + 1))));
        let lanes = std::iter::once(lane(None, Some((0, 500)))).chain(jobs).collect();
        let gantt = Gantt { now: 500, end: 500, unit: "ticks", lanes };
        Scene::default().with("timeline", "Timeline", Panel::Gantt(gantt))
    }

    fn labels(slot: &Slot) -> Vec<&str> {
        let Panel::Gantt(it) = &slot.panel else { return Vec::new() };
        it.lanes.iter().map(|lane| lane.label.as_str()).collect()
    }

    #[test]
    fn a_page_holds_the_lane_that_runs_below_the_lanes_of_all() {
        let mut scene = timeline(95, 90);
        let hero = hero(&scene);
        assert_eq!(hero, Some(90));
        let page = cut(&mut scene.panels[0], None, hero);
        assert_eq!(page, Some(Page { name: "lane", first: 73, last: 95, of: 95, size: 24 }));
        let names = labels(&scene.panels[0]);
        assert_eq!((names.len(), names[0], names[1], names[23]), (24, "CPU", "J72", "J94"));
    }

    #[test]
    fn a_page_that_was_chosen_stays_and_never_lies_behind_the_last() {
        for (chosen, first) in [(0, "J0"), (1, "J24"), (7, "J72")] {
            let mut scene = timeline(95, 90);
            cut(&mut scene.panels[0], Some(chosen), Some(90));
            assert_eq!(labels(&scene.panels[0])[1], first);
        }
    }

    #[test]
    fn every_lane_stands_on_one_page() {
        for n in [25, 48, 49, 200] {
            let mut seen = Vec::new();
            for page in 0..usize::from(n).div_ceil(LANES_MAX) {
                let mut scene = timeline(n, 0);
                cut(&mut scene.panels[0], Some(page), None);
                seen.extend(labels(&scene.panels[0]).into_iter().skip(1).map(str::to_owned));
            }
            let all: Vec<String> = (0..n).map(|it| format!("J{it}")).collect();
            assert_eq!(seen, all);
        }
    }

    #[test]
    fn as_many_lanes_as_a_page_has_are_not_cut() {
        let mut scene = timeline(24, 3);
        let before = scene.clone();
        assert_eq!(cut(&mut scene.panels[0], Some(1), Some(3)), None);
        assert_eq!(scene, before);
    }

    #[test]
    fn the_row_that_a_table_marks_says_whom_the_step_is_about() {
        let row = TableRow { key: "r".to_owned(), actor: Some(5), marked: true, cells: Vec::new() };
        let table = Table { columns: Vec::new(), rows: vec![row] };
        assert_eq!(hero(&timeline(9, 7)), Some(7));
        let scene = timeline(9, 7).with("jobs", "Jobs", Panel::Table(table));
        assert_eq!(hero(&scene), Some(5));
        assert_eq!(hero(&Scene::default()), None);
    }

    #[test]
    fn a_table_turns_to_its_marked_row_or_else_to_the_hero() {
        let row = |n: u16, marked| TableRow {
            key: n.to_string(),
            actor: Some(n),
            marked,
            cells: vec![Cell::new(n.to_string())],
        };
        for (marked, hero, first) in
            [(Some(50), Some(3), 33), (None, Some(99), 97), (None, None, 1)]
        {
            let rows = (0..100).map(|n| row(n, marked == Some(n))).collect();
            let panel = Panel::Table(Table { columns: Vec::new(), rows });
            let mut scene = Scene::default().with("jobs", "Jobs", panel);
            let page = cut(&mut scene.panels[0], None, hero);
            assert_eq!(page.map(|it| it.first), Some(first));
        }
    }

    #[test]
    fn chips_that_are_not_drawn_are_counted() {
        let marks = (0..200).map(|n| Mark::new(n.to_string(), n.to_string())).collect();
        let (key, label, note) = ("ready".to_owned(), "Ready".to_owned(), String::new());
        let queue = Queue { rows: vec![QueueRow { key, label, note, marks }] };
        let mut scene = Scene::default().with("ready", "Queues", Panel::Queue(queue));
        cut(&mut scene.panels[0], None, None);
        let Panel::Queue(it) = &scene.panels[0].panel else { panic!("no queue") };
        assert_eq!(
            (it.rows[0].marks.len(), it.rows[0].marks[32].label.as_str()),
            (33, "and 168 more")
        );
    }
}
