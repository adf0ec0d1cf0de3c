//! The picture: memory, journal and disk as strips, and what a crash would leave.

use super::read::{Check, Seen, Verdict};
use super::tell;
use super::world::{Block, Body, Disk, Does, Mode, Place, Plan, Stage, State, label, words};
use crate::engine::Frame;
use crate::scene::{
    Cell, Column, Mark, Panel, Part, Pin, Scene, Stat, Stats, Strip, StripRow, Table, TableRow,
    Tone,
};

/// Lines of a long script, and transactions, that are drawn.
const ROWS_MAX: usize = 10;

/// Draws the last frame.
pub(crate) fn scene(plan: &Plan, past: &[Frame<State>]) -> Scene {
    let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
    Scene::default()
        .with("places", "Memory, journal and disk", Panel::Strip(places(plan, state)))
        .with("files", "What a crash leaves", Panel::Table(files(plan, state)))
        .with("transactions", "Transactions", Panel::Table(transactions(plan, state)))
        .with("script", "Script", Panel::Table(script(plan, state)))
        .with("cost", "Blocks written", Panel::Stats(cost(state)))
}

fn places(plan: &Plan, state: &State) -> Strip {
    let homes = |it: usize| u64::try_from(it).unwrap_or_default();
    let mut rows = vec![memory(plan, state)];
    if plan.disk == Disk::NewestFirst {
        let part = |(at, (_, block)): (usize, &(Place, Block))| {
            let mark = chip(plan, block, &travel(block)).tone(Tone::Dirty);
            Part { start: homes(at), end: homes(at) + 1, mark }
        };
        let parts = state.cache.iter().enumerate().map(part).collect();
        rows.push(StripRow::new("cache", "disk's cache", parts));
    }
    rows.push(journal(plan, state));
    rows.push(home(plan, state));
    let cache = if plan.disk == Disk::NewestFirst { plan.n_cache } else { 0 };
    let end = homes(plan.n_homes().max(plan.n_slots).max(cache));
    Strip { start: 0, end, unit: "blocks", rows }
}

/// The key of content where it is nearest to home, so that it is seen to travel there.
fn travel(block: &Block) -> String {
    format!("block.{}", block.stamp)
}

/// A block with its colour and its full text.
fn chip(plan: &Plan, block: &Block, key: &str) -> Mark {
    let mut actor = None;
    let text = match &block.body {
        Body::Zero | Body::Old => String::new(),
        Body::Bitmap(_) => "map".to_owned(),
        // Whose it is can be told from where it belongs.
        Body::Inode(_) => "i".to_owned(),
        Body::Data { file, index, .. } => {
            actor = u16::try_from(*file).ok();
            format!("{}{index}", plan.files[*file])
        }
        Body::Super { .. } => "S".to_owned(),
        Body::Descriptor { seq, .. } => format!("D{seq}"),
        Body::Commit { seq, .. } => format!("C{seq}"),
    };
    let mut mark = Mark::new(key, text).detail(tell::about(plan, block));
    mark.actor = actor;
    mark
}

/// The same at a home, which says whose inode it is.
fn at_home(plan: &Plan, home: usize, block: &Block, key: &str) -> Mark {
    let mut mark = chip(plan, block, key);
    if (1..plan.first_data()).contains(&home) && matches!(block.body, Body::Inode(_)) {
        mark.label = label(plan, home);
        mark.actor = u16::try_from(home - 1).ok();
    }
    mark
}

fn part(at: usize, mark: Mark) -> Part {
    let start = u64::try_from(at).unwrap_or_default();
    Part { start, end: start + 1, mark }
}

fn memory(plan: &Plan, state: &State) -> StripRow {
    let one = |(home, block): (usize, &Option<Block>)| {
        let block = block.as_ref()?;
        let elsewhere = state.disk[home].stamp == block.stamp
            || state.slots.iter().any(|it| it.stamp == block.stamp)
            || state.cache.iter().any(|it| it.1.stamp == block.stamp);
        let key = if elsewhere { format!("memory.{home}.{}", block.stamp) } else { travel(block) };
        let joined = state.txns.iter().any(|it| {
            matches!(it.stage, Stage::Running | Stage::Committing) && it.homes.contains(&home)
        });
        let (tone, why) = match () {
            () if state.dirty[home] => (Tone::Dirty, "newer than the disk"),
            () if joined => (Tone::Dirty, "in the open transaction"),
            () if state.waiting.iter().any(|it| it.0 == home) => {
                (Tone::Ready, "in the journal, not yet home")
            }
            () => (Tone::Muted, "the same as at home"),
        };
        let mark = at_home(plan, home, block, &key);
        let detail = format!("{}, {why}", mark.detail);
        Some(part(home, mark.tone(tone).detail(detail)))
    };
    let parts = state.mem.iter().enumerate().filter_map(one).collect();
    StripRow::new("memory", "memory", parts)
}

fn journal(plan: &Plan, state: &State) -> StripRow {
    let mut used = vec![false; plan.n_slots];
    let mut at = state.tail;
    for _ in 0..state.n_used {
        used[at] = true;
        at = plan.after(at);
    }
    // Which home each image belongs to, so that an inode is called by its file.
    let mut homes = vec![0; plan.n_slots];
    for (slot, block) in state.slots.iter().enumerate() {
        if let Body::Descriptor { homes: of, .. } = &block.body {
            let mut at = plan.after(slot);
            for &home in of {
                homes[at] = home;
                at = plan.after(at);
            }
        }
    }
    let one = |(slot, block): (usize, &Block)| {
        let moved = state.disk.iter().any(|it| it.stamp == block.stamp)
            || state.cache.iter().any(|it| it.1.stamp == block.stamp);
        let key = if moved { format!("slot.{slot}.{}", block.stamp) } else { travel(block) };
        let mark = match block.body {
            Body::Zero => Mark::new(format!("slot.{slot}"), "").detail("never used"),
            _ => at_home(plan, homes[slot], block, &key),
        };
        let tone = match block.body {
            Body::Super { .. } => Tone::Overhead,
            Body::Zero => Tone::Free,
            _ if state.fresh == Some(Place::Slot(slot)) => Tone::Good,
            _ if !used[slot] => Tone::Free,
            Body::Descriptor { .. } | Body::Commit { .. } => Tone::Overhead,
            _ => Tone::Used,
        };
        part(slot, mark.tone(tone))
    };
    let mut row = StripRow::new("journal", "journal", Vec::new());
    row.parts = state.slots.iter().enumerate().map(one).collect();
    let pin = |at: usize, name: &str, detail: &str| Pin {
        at: u64::try_from(at).unwrap_or_default(),
        mark: Mark::new(format!("pin.{name}"), name).detail(detail),
    };
    row.pins.push(pin(state.tail, "tail", "recovery begins here"));
    if 0 < state.n_used {
        row.pins.push(pin(state.head, "head", "the next block goes here"));
    }
    row
}

fn home(plan: &Plan, state: &State) -> StripRow {
    let stale = |home: usize| state.seen.iter().any(|it| it.stale.contains(&home));
    let reached = |home: usize| state.seen.iter().any(|it| it.homes.contains(&home));
    let one = |(home, block): (usize, &Block)| {
        let key = match block.body {
            Body::Old | Body::Zero => format!("home.{home}"),
            _ => travel(block),
        };
        let data = plan.first_data() <= home;
        let (tone, why) = match () {
            () if stale(home) => (Tone::Danger, "a file shows it as its own after recovery"),
            () if state.fresh == Some(Place::Home(home)) => (Tone::Good, "just written"),
            () if data && !reached(home) => (Tone::Free, "in no file after recovery"),
            () => (Tone::Used, "on the disk"),
        };
        let mut mark = at_home(plan, home, block, &key);
        if matches!(block.body, Body::Old) {
            "old".clone_into(&mut mark.label);
        }
        let detail = format!("{}: {}, {why}", label(plan, home), words(plan, &block.body));
        part(home, mark.tone(tone).detail(detail))
    };
    StripRow::new("disk", "disk", state.disk.iter().enumerate().map(one).collect())
}

fn files(plan: &Plan, state: &State) -> Table {
    let when = if state.crashed { "after recovery" } else { "after a crash now" };
    let columns = vec![
        Column::words("file"),
        Column::numbers("blocks in memory"),
        Column::numbers(format!("blocks {when}")),
        Column::words(format!("content {when}")),
        Column::words("so it"),
    ];
    let row = |(file, seen): (usize, &Seen)| {
        let n = state.blocks_of(plan, file).len();
        let now = if state.crashed { "none".to_owned() } else { n.to_string() };
        let tone = match (seen.verdict, seen.n_lost) {
            (Verdict::Stale | Verdict::Gone, _) | (_, 1..) => Tone::Danger,
            (Verdict::Newest, _) => Tone::Good,
            (Verdict::Earlier(_), _) => Tone::Plain,
            (Verdict::Mixed, _) => Tone::Miss,
        };
        let cells = vec![
            Cell::new(&plan.files[file]),
            Cell::new(now),
            Cell::new(seen.versions.len().to_string()),
            Cell::new(content(seen)),
            Cell::new(tell::verdict(seen)).tone(tone),
        ];
        let key = format!("file.{}", plan.files[file]);
        TableRow { key, actor: u16::try_from(file).ok(), marked: false, cells }
    };
    let mut rows: Vec<TableRow> = state.seen.iter().enumerate().map(row).collect();
    let (text, tone) = match state.check {
        Check::Clean => ("agree with each other".to_owned(), Tone::Good),
        it => (tell::fault(plan, it), Tone::Danger),
    };
    let mut cells = vec![Cell::new("metadata"), Cell::default(), Cell::default(), Cell::default()];
    cells.push(Cell::new(text).tone(tone));
    rows.push(TableRow { key: "metadata".to_owned(), actor: None, marked: false, cells });
    Table { columns, rows }
}

/// Versions of blocks in a row: `v1 v2 stale`, and runs of the same in short.
fn content(seen: &Seen) -> String {
    let word = |it: &Option<u32>| it.map_or_else(|| "stale".to_owned(), |it| format!("v{it}"));
    let mut out: Vec<(String, usize)> = Vec::new();
    for it in seen.versions.iter().map(word) {
        match out.last_mut().filter(|last| last.0 == it) {
            Some(last) => last.1 += 1,
            None => out.push((it, 1)),
        }
    }
    let say = |(word, n): &(String, usize)| {
        if *n == 1 { word.clone() } else { format!("{word} ×{n}") }
    };
    if out.is_empty() {
        "empty".to_owned()
    } else {
        out.iter().map(say).collect::<Vec<String>>().join(", ")
    }
}

fn transactions(plan: &Plan, state: &State) -> Table {
    let columns = vec![
        Column::numbers("number"),
        Column::words("images of"),
        Column::words("data before it"),
        Column::words("is"),
    ];
    let skip = state.txns.len().saturating_sub(ROWS_MAX);
    let names = |homes: &[usize]| {
        let names: Vec<String> = homes.iter().map(|&it| label(plan, it)).collect();
        names.join(" ")
    };
    let row = |txn: &super::world::Txn| {
        let (text, tone) = match txn.stage {
            Stage::Running => ("gathering changes", Tone::Dirty),
            Stage::Committing => ("being written", Tone::Running),
            Stage::Committed => ("committed, not home", Tone::Ready),
            Stage::AtHome => ("at home", Tone::Done),
            Stage::Replayed => ("replayed", Tone::Good),
            Stage::Forgotten => ("never happened", Tone::Muted),
        };
        let marked = txn.stage == Stage::Committing;
        let data = if txn.data.is_empty() { "none".to_owned() } else { names(&txn.data) };
        let cells = vec![
            Cell::new(txn.seq.to_string()),
            Cell::new(names(&txn.homes)),
            Cell::new(data),
            Cell::new(text).tone(tone),
        ];
        TableRow { key: format!("transaction.{}", txn.seq), actor: None, marked, cells }
    };
    Table { columns, rows: state.txns.iter().skip(skip).map(row).collect() }
}

fn script(plan: &Plan, state: &State) -> Table {
    let columns = vec![Column::numbers("line"), Column::words("does")];
    let now = state.line.unwrap_or(0);
    let skip = now.saturating_sub(ROWS_MAX / 2).min(plan.script.len().saturating_sub(ROWS_MAX));
    let row = |(at, op): (usize, &super::world::Op)| {
        let name = &plan.files[op.file];
        let data = if plan.mode == Mode::Journal { " (nothing, in this mode)" } else { "" };
        let text = match op.does {
            Does::Append => {
                format!("append {} to {name}", crate::words::count(op.n as u64, "blocks"))
            }
            Does::Overwrite => format!("overwrite block {} of {name}", op.n),
            Does::Fsync => format!("fsync {name}"),
            Does::WriteBack => format!("flusher thread writes dirty data{data}"),
            Does::Commit => "the timer commits".to_owned(),
            Does::Checkpoint => "checkpoint".to_owned(),
        };
        let marked = state.line == Some(at);
        let cells = vec![Cell::new((at + 1).to_string()), Cell::new(text)];
        TableRow { key: format!("line.{at}"), actor: None, marked, cells }
    };
    let lines = plan.script.iter().enumerate().skip(skip).take(ROWS_MAX);
    Table { columns, rows: lines.map(row).collect() }
}

fn cost(state: &State) -> Stats {
    let counts = state.counts;
    let stat = |label: &str, n: u64, unit| Stat::new(label, n.to_string(), unit);
    Stats {
        items: vec![
            stat("Written by programs", counts.asked, "blocks"),
            stat("Data home", counts.data, "blocks"),
            stat("Into the journal", counts.journal, "blocks"),
            stat("Metadata home", counts.home, "blocks"),
            stat("Flushes", counts.flushes, ""),
            stat("Recovery", counts.recovery, "blocks"),
        ],
    }
}
