//! Fences drawn: the text above, and below it the order that others see.

use super::fences::{Act, Setup, State};
use super::program::{Barrier, Op};
use crate::scene::{
    Cell, Column, Mark, Panel, Queue, QueueRow, Scene, Stat, Stats, Table, TableRow, Tone,
};
use crate::words::count;

fn text(setup: &Setup, line: usize) -> &str {
    &setup.thread.lines[line].text
}

fn is_fence(setup: &Setup, line: usize) -> bool {
    matches!(setup.thread.lines[line].op, Op::Fence(_))
}

/// Lines in the order of a state, fences too.
fn lines(setup: &Setup, state: &State) -> Vec<usize> {
    (0..setup.n()).map(|it| setup.at(state, it)).collect()
}

/// The accesses in the order that others see.
pub(super) fn order(setup: &Setup, state: &State) -> String {
    let accesses = lines(setup, state)
        .into_iter()
        .filter(|&it| matches!(setup.thread.lines[it].op, Op::Load { .. } | Op::Store { .. }));
    accesses.map(|it| text(setup, it)).collect::<Vec<_>>().join("; ")
}

pub(super) fn choice(setup: &Setup, state: &State, act: Act) -> String {
    match act {
        Act::Move(place) => format!(
            "{} before {}",
            text(setup, setup.at(state, place)),
            text(setup, setup.at(state, place - 1))
        ),
        Act::Stop => "this is the order that others see".to_owned(),
    }
}

pub(super) fn tell(
    setup: &Setup,
    taken: Option<(&State, Act)>,
    after: &State,
) -> (&'static str, String) {
    let who = setup.mover.name();
    match taken {
        None => {
            let n = (0..setup.n()).filter(|&it| is_fence(setup, it)).count();
            let fences = count(n as u64, "fences");
            let say = format!(
                "The lines stand as in the text, with {fences}, because nothing has moved yet."
            );
            ("start", say)
        }
        Some((before, Act::Move(place))) => {
            let (over, own) = (setup.at(before, place - 1), setup.at(before, place));
            let (a, b) = (text(setup, over), text(setup, own));
            if is_fence(setup, over) || is_fence(setup, own) {
                let why = crossing(setup, over, own);
                return ("cross", format!("{who} moves `{b}` before `{a}`, because {why}."));
            }
            let why = "nothing keeps these two in order";
            ("move", format!("{who} moves `{b}` before `{a}`, because {why}."))
        }
        Some((_, Act::Stop)) => {
            let n = count(setup.n_turned(after) as u64, "pairs");
            let say = format!(
                "Others see {}: {n} of accesses the other way round than in the text, and nothing forbids it.",
                order(setup, after)
            );
            ("seen", say)
        }
    }
}

/// Why an access passes a fence.
fn crossing(setup: &Setup, over: usize, own: usize) -> &'static str {
    let fence = if is_fence(setup, over) { over } else { own };
    match setup.thread.lines[fence].op {
        Op::Fence(Barrier::Acquire) => "an acquire fence lets earlier stores sink",
        Op::Fence(Barrier::Release) => "a release fence lets later loads rise",
        Op::Fence(Barrier::AcqRel) => "the fence does not keep a store before a load",
        Op::Fence(Barrier::Load) => "a load fence does not hold back stores",
        Op::Fence(Barrier::Store) => "a store fence does not hold back loads",
        Op::Fence(Barrier::Compiler) => "a compiler fence is no instruction",
        _ => "this fence orders nothing by itself",
    }
}

pub(super) fn scene(setup: &Setup, state: &State) -> Scene {
    let rows = vec![
        row(setup, "text", "In the text", &(0..setup.n()).collect::<Vec<_>>(), false),
        row(setup, "seen", "As others see it", &lines(setup, state), true),
    ];
    let turned = setup.n_turned(state).to_string();
    let stats = Stats { items: vec![Stat::new("Seen the other way round", turned, "pairs")] };
    Scene::default()
        .with("order", "Order of the accesses", Panel::Queue(Queue { rows }))
        .with("pairs", "Which lines may change places", Panel::Table(pairs(setup, state)))
        .with("now", "Now", Panel::Stats(stats))
}

fn row(setup: &Setup, key: &str, label: &str, order: &[usize], moves: bool) -> QueueRow {
    let chip = |(place, &line): (usize, &usize)| {
        let passed = order[place + 1..].iter().any(|&it| it < line);
        let overtaken = order[..place].iter().any(|&it| line < it);
        let fence = is_fence(setup, line);
        let tone = match (fence, moves && passed, moves && overtaken) {
            (true, _, _) => Tone::Overhead,
            (false, true, _) => Tone::Dirty,
            (false, false, true) => Tone::Blocked,
            (false, false, false) => Tone::Plain,
        };
        let mark = Mark::new(format!("{key}.{line}"), text(setup, line)).tone(tone);
        let mark = mark.detail(format!("line {} of the text", line + 1));
        if fence { mark } else { mark.actor(0) }
    };
    let marks = order.iter().enumerate().map(chip).collect();
    QueueRow { key: key.to_owned(), label: label.to_owned(), note: String::new(), marks }
}

fn pairs(setup: &Setup, state: &State) -> Table {
    let columns = ["First in the text", "Second", "May change places", "Because"];
    let n = setup.n();
    let place = |line: usize| (0..n).find(|&it| setup.at(state, it) == line);
    let row = |(a, b): (usize, usize)| {
        let why = setup.keeps_far(a, b);
        let turned = place(b) < place(a);
        let may = match (why, turned) {
            (Some(_), _) => Cell::new("no").tone(Tone::Muted),
            (None, true) => Cell::new("yes: turned round").tone(Tone::Dirty),
            (None, false) => Cell::new("yes"),
        };
        let free = if is_fence(setup, a) || is_fence(setup, b) {
            crossing(setup, a, b)
        } else {
            "nothing keeps them"
        };
        let cells = vec![
            Cell::new(text(setup, a)),
            Cell::new(text(setup, b)),
            may,
            Cell::new(match why {
                Some((_, Some(between))) => format!("{} keeps both", text(setup, between)),
                Some((why, None)) => why.to_owned(),
                None => free.to_owned(),
            }),
        ];
        TableRow {
            key: format!("pair.{a}.{b}"),
            actor: None,
            marked: setup.keep == Some((a, b)),
            cells,
        }
    };
    let rows = (0..n).flat_map(|a| (a + 1..n).map(move |b| (a, b))).map(row).collect::<Vec<_>>();
    let columns = columns.map(Column::words).to_vec();
    if rows.is_empty() {
        let cells = ["one line only", "", "", ""].map(Cell::new).to_vec();
        let only = TableRow { key: "none".to_owned(), actor: None, marked: false, cells };
        return Table { columns, rows: vec![only] };
    }
    Table { columns, rows }
}
