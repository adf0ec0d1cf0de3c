//! The blanks of a sheet, with their answers, as a run holds them.

use super::{Fill, Seen, Sheet, TICKS_MAX};
use crate::engine::Run;
use crate::scene::{Gantt, Lane, Panel, Scene, Table, Tone};

/// How a part is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// A table with headings.
    Table,
    /// Ticks in a row, to be painted.
    Ticks,
    /// One question below the other.
    List,
}

/// A part of a sheet with its answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// How it is laid out.
    pub layout: Layout,
    /// Headings: of what is given, then of the blanks.
    pub head: Vec<String>,
    /// Rows from top to bottom; for ticks, a single one.
    pub rows: Vec<Row>,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What is given.
    pub given: Vec<String>,
    /// What is to be filled in.
    pub blanks: Vec<Blank>,
}

/// One place to fill in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Blank {
    /// What it is, such as "Finish of P1".
    pub name: String,
    /// What belongs there.
    pub answer: String,
    /// What there is to choose from; empty where it is written.
    pub options: Vec<String>,
    /// The step that shows it.
    pub at: usize,
    /// Whether it may as well stay empty.
    pub may_stay: bool,
}

impl Sheet {
    /// The parts for a run that has kept its frames. A part that the run has nothing for is left out.
    #[must_use]
    pub fn parts(&self, run: &Run) -> Vec<Part> {
        let parts = self.fills.iter().filter_map(|fill| part(fill, run));
        parts.filter(|it| it.rows.iter().any(|row| !row.blanks.is_empty())).collect()
    }
}

fn part(fill: &Fill, run: &Run) -> Option<Part> {
    match *fill {
        Fill::Numbers { of, columns, seen } => Some(numbers(run, of, columns, seen)),
        Fill::Table { panel, before, given, asked } => table(run, panel, before, given, asked),
        Fill::Lanes { panel, given, each, left_out } => lanes(run, panel, given, each, left_out),
        Fill::Ticks { panel } => ticks(run, panel),
        Fill::Steps => Some(steps(run)),
        Fill::Ends(ends) => Some(self::ends(run, ends)),
    }
}

/// The last step up to a time.
fn step_at(run: &Run, time: u64) -> usize {
    let upto = |&at: &usize| run.step(at).is_some_and(|step| step.time <= time);
    (0..run.len()).take_while(upto).last().unwrap_or(0)
}

/// A metric that is a whole number of an exam's size.
fn whole(run: &Run, key: &str) -> Option<u64> {
    let value = run.metric(key)?;
    let is_whole = value.fract() == 0.0 && (0.0..1e9).contains(&value);
    is_whole.then_some(value as u64)
}

fn numbers(run: &Run, of: &str, columns: &[(&str, &str)], seen: Seen) -> Part {
    let end = run.len().saturating_sub(1);
    let has = |key: &str| run.actors.iter().all(|it| whole(run, &format!("{key}.{it}")).is_some());
    let columns: Vec<(&str, &str)> = columns.iter().copied().filter(|it| has(it.0)).collect();
    let row = |actor: &String| {
        let blank = |&(key, label): &(&str, &str)| {
            let value = whole(run, &format!("{key}.{actor}")).unwrap_or_default();
            let at = match seen {
                Seen::End => None,
                Seen::At(metric) => {
                    whole(run, &format!("{metric}.{actor}")).map(|it| step_at(run, it))
                }
                Seen::Place(tag, between) => place(run, actor, value, tag, between),
            };
            let (name, answer) = (format!("{label} of {actor}"), value.to_string());
            Blank { name, answer, at: at.unwrap_or(end), ..Blank::default() }
        };
        Row { given: vec![actor.clone()], blanks: columns.iter().map(blank).collect() }
    };
    let head = [of].into_iter().chain(columns.iter().map(|it| it.1)).map(str::to_owned).collect();
    Part { layout: Layout::Table, head, rows: run.actors.iter().map(row).collect() }
}

/// The last step at which an actor has this place in a row of steps.
fn place(run: &Run, actor: &str, value: u64, tag: &str, between: &str) -> Option<usize> {
    let (mut found, mut n) = (None, 0);
    for (at, step) in (0..run.len()).filter_map(|at| Some((at, run.step(at)?))) {
        if step.tag == tag {
            n += 1;
            let is_own = step.say.strip_prefix(actor).is_some_and(|it| it.starts_with(' '));
            if is_own && n == value {
                found = Some(at);
            }
        } else if step.tag != between {
            n = 0;
        }
    }
    found
}

fn table(
    run: &Run,
    panel: &str,
    before: &str,
    given: &[&str],
    asked: &[(&str, &str)],
) -> Option<Part> {
    let counts = |&at: &usize| run.step(at).is_some_and(|it| it.tag != before);
    let n_frames = (0..run.len()).take_while(counts).count();
    let end = run.scene(n_frames.checked_sub(1)?);
    let Some(Panel::Table(last)) = end.panel(panel) else { return None };
    let column = |table: &Table, label: &str| table.columns.iter().position(|it| it.label == label);
    let given: Vec<usize> = given.iter().filter_map(|it| column(last, it)).collect();
    let asked: Vec<(usize, &str)> =
        asked.iter().filter_map(|it| Some((column(last, it.0)?, it.1))).collect();
    let head = given.iter().map(|&it| last.columns[it].label.as_str());
    let head = head.chain(asked.iter().map(|it| it.1)).map(str::to_owned).collect();
    let mut rows: Vec<Row> = last
        .rows
        .iter()
        .map(|row| {
            let text = |at: usize| row.cells.get(at).map(|it| it.text.clone()).unwrap_or_default();
            let given: Vec<String> = given.iter().map(|&it| text(it)).collect();
            let blank = |&(at, label): &(usize, &str)| Blank {
                name: format!("{label}, {}", given.join(" ")),
                may_stay: text(at).is_empty(),
                answer: text(at),
                ..Blank::default()
            };
            let blanks = asked.iter().map(blank).collect();
            Row { given, blanks }
        })
        .collect();
    // Back from the end, as long as the answer stands there already.
    for (row, last) in rows.iter_mut().zip(&last.rows) {
        for (blank, &(column, _)) in row.blanks.iter_mut().zip(&asked) {
            let stands = |&at: &usize| {
                let scene = run.scene(at);
                let Some(Panel::Table(table)) = scene.panel(panel) else { return false };
                let row = table.rows.iter().find(|it| it.key == last.key);
                row.and_then(|it| it.cells.get(column)).is_some_and(|it| it.text == blank.answer)
            };
            blank.at = (0..n_frames).rev().take_while(stands).last().unwrap_or(0);
        }
    }
    Some(Part { layout: Layout::Table, head, rows })
}

fn gantt<'a>(scene: &'a Scene, panel: &str) -> Option<&'a Gantt> {
    if let Some(Panel::Gantt(gantt)) = scene.panel(panel) { Some(gantt) } else { None }
}

/// What stands in a lane at a moment.
fn label_at(lane: &Lane, at: u64) -> &str {
    let span = lane.spans.iter().find(|it| it.start <= at && at < it.end);
    span.map_or("", |it| it.mark.label.as_str())
}

fn lanes(run: &Run, panel: &str, given: &str, each: &str, left_out: &[&str]) -> Option<Part> {
    let scene = run.scene(usize::MAX);
    let gantt = gantt(&scene, panel)?;
    let lane = |key: &str| gantt.lanes.iter().find(|it| it.key == key);
    let (given, each) = (lane(given)?, lane(each)?);
    let is_asked = |it: &&Lane| {
        ![&given.key, &each.key].contains(&&it.key) && !left_out.contains(&it.key.as_str())
    };
    let kept: Vec<&Lane> = gantt.lanes.iter().filter(is_asked).collect();
    let mut options: Vec<String> = each.spans.iter().map(|it| it.mark.label.clone()).collect();
    options.sort_unstable();
    options.dedup();
    let row = |moment: u64| {
        let number = moment + 1;
        let what = label_at(given, moment);
        let at = step_at(run, number);
        let blank = |lane: &&Lane| {
            let answer = label_at(lane, moment).to_owned();
            let before = if moment == 0 { "" } else { label_at(lane, moment - 1) };
            let name = format!("{} at {} {number}", lane.label, given.label);
            Blank { name, may_stay: before == answer, answer, options: Vec::new(), at }
        };
        let own = Blank {
            name: format!("{} of {} {number}", each.label, given.label),
            answer: label_at(each, moment).to_owned(),
            options: options.clone(),
            at,
            may_stay: false,
        };
        let blanks = [own].into_iter().chain(kept.iter().map(blank)).collect();
        Row { given: vec![number.to_string(), what.to_owned()], blanks }
    };
    let labels = [&given.label, &each.label].into_iter().chain(kept.iter().map(|it| &it.label));
    let head = ["#".to_owned()].into_iter().chain(labels.cloned()).collect();
    Some(Part { layout: Layout::Table, head, rows: (0..gantt.now).map(row).collect() })
}

fn ticks(run: &Run, panel: &str) -> Option<Part> {
    let scene = run.scene(usize::MAX);
    let gantt = gantt(&scene, panel).filter(|it| it.now <= TICKS_MAX)?;
    let runs = |tick: u64| {
        let spans = gantt.lanes.iter().flat_map(|lane| lane.spans.iter().map(move |it| (lane, it)));
        let mut at = spans.filter(|(_, it)| it.start <= tick && tick < it.end);
        let found = at.find(|(_, it)| it.mark.tone == Tone::Running);
        let actor = found.and_then(|(lane, span)| span.mark.actor.or(lane.actor));
        actor.and_then(|it| run.actors.get(usize::from(it))).map_or(IDLE, String::as_str)
    };
    let answers: Vec<&str> = (0..gantt.now).map(runs).collect();
    let idle = answers.contains(&IDLE).then(|| IDLE.to_owned());
    let options: Vec<String> = run.actors.iter().cloned().chain(idle).collect();
    let blank = |(tick, answer): (u64, &&str)| Blank {
        name: format!("Tick {tick}"),
        answer: (*answer).to_owned(),
        options: options.clone(),
        at: step_at(run, tick),
        may_stay: false,
    };
    let blanks = (0..).zip(&answers).map(blank).collect();
    Some(Part {
        layout: Layout::Ticks,
        head: Vec::new(),
        rows: vec![Row { given: Vec::new(), blanks }],
    })
}

/// Nobody runs.
const IDLE: &str = "idle";

fn steps(run: &Run) -> Part {
    let asked = |at: usize| {
        let ask = run.step(at)?.ask.as_ref()?;
        let answer = ask.options.get(usize::try_from(ask.answer).ok()?)?.clone();
        let name = ask.question.clone();
        let blank = Blank { name, answer, options: ask.options.clone(), at, may_stay: false };
        Some(Row { given: vec![ask.question.clone()], blanks: vec![blank] })
    };
    let rows = (0..run.len()).filter_map(asked).collect();
    Part { layout: Layout::List, head: Vec::new(), rows }
}

fn ends(run: &Run, ends: &[(&str, &str)]) -> Part {
    let at = run.len().saturating_sub(1);
    let row = |&(key, question): &(&str, &str)| {
        let value = whole(run, key)?;
        let is_flag = question.starts_with("Is ") || question.starts_with("Does ");
        let (answer, options) = match (is_flag, value) {
            (false, _) => (value.to_string(), Vec::new()),
            (true, 0) => ("no".to_owned(), vec!["yes".to_owned(), "no".to_owned()]),
            (true, _) => ("yes".to_owned(), vec!["yes".to_owned(), "no".to_owned()]),
        };
        let blank = Blank { name: question.to_owned(), answer, options, at, may_stay: false };
        Some(Row { given: vec![question.to_owned()], blanks: vec![blank] })
    };
    Part { layout: Layout::List, head: Vec::new(), rows: ends.iter().filter_map(row).collect() }
}
