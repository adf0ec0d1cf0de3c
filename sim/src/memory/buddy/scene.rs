//! The picture: memory to scale, the tree of halves, the lists, and the bits of a block's number.

use super::Scenario;
use super::play::{Done, State, Totals};
use super::tree::tree;
use super::zone::{Block, Owner, Zone, at, buddy};
use crate::amounts::{actor, percent};
use crate::engine::Frame;
use crate::memory::alloc_script::{Script, What};
use crate::memory::words::count;
use crate::scene::{
    BitField, BitRow, Bits, Cell, Column, Mark, Panel, Part, Queue, QueueRow, Scene, Stat, Stats,
    Strip, StripRow, Table, TableRow, Tone,
};

/// Statements around the current one that are listed.
const LISTED_MAX: usize = 12;

/// Most chips of one list that are drawn.
const CHIPS_MAX: usize = 24;

/// Draws the last state of `past`.
pub(super) fn scene(scenario: &Scenario, script: &Script, past: &[Frame<State>]) -> Scene {
    let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
    let roots = Zone::new(scenario.memory_pages, scenario.max_order, scenario.list_order);
    Scene::default()
        .with("memory", "Memory, to scale", Panel::Strip(strip(scenario, script, state)))
        .with(
            "tree",
            "Blocks and their halves",
            Panel::Graph(tree(&roots, &state.zone, script, state.focus)),
        )
        .with("lists", "Free blocks by order", Panel::Queue(lists(state)))
        .with("buddy", "A block and its buddy", Panel::Bits(bits(scenario, state)))
        .with("script", "Script", Panel::Table(table(script, state)))
        .with("numbers", "Now", Panel::Stats(numbers(scenario, state)))
}

/// What was asked for of the block at a page.
fn asked(script: &Script, state: &State, page: u64) -> u64 {
    let got = |done: &Done| matches!(done, Done::Got(at, _) if *at == page);
    let op = state.results.iter().rposition(got).map(|op| script.ops[op].what);
    match op {
        Some(What::Alloc(asked)) => asked,
        Some(What::Free) | None => 0,
    }
}

fn strip(scenario: &Scenario, script: &Script, state: &State) -> Strip {
    let (unit, name) = scenario.unit();
    let mut parts = Vec::new();
    for block in &state.zone.blocks {
        let (start, len) = (block.page * unit, block.pages() * unit);
        let key = format!("block.{}", block.page);
        let told = count(block.pages(), "pages");
        let is_focus = state.focus == (block.page, block.order);
        let (used, mark) = match block.owner {
            Owner::Free => {
                let mark = Mark::new(key.clone(), block.pages().to_string());
                (len, mark.detail(format!("free, {told}")).tone(Tone::Free))
            }
            Owner::Hand => {
                let mark = Mark::new(key.clone(), block.pages().to_string());
                (len, mark.detail(format!("in hand, {told}")).tone(Tone::Running))
            }
            Owner::Held(slot) => {
                let asked = asked(script, state, block.page).min(len);
                let name_of = &script.names[slot];
                let told = format!("{name_of}, {} asked for", count(asked, name));
                let tone = if is_focus { Tone::Good } else { Tone::Used };
                (
                    asked,
                    Mark::new(key.clone(), name_of.clone())
                        .detail(told)
                        .actor(actor(slot))
                        .tone(tone),
                )
            }
        };
        parts.push(Part { start, end: start + used, mark });
        if used < len {
            let mark = Mark::new(format!("{key}.rest"), "+")
                .detail("held, but not asked for")
                .tone(Tone::Idle);
            parts.push(Part { start: start + used, end: start + len, mark });
        }
    }
    let end = scenario.memory_pages * unit;
    Strip { start: 0, end, unit: name, rows: vec![StripRow::new("memory", "memory", parts)] }
}

fn lists(state: &State) -> Queue {
    let row = |order: u32| {
        let list = &state.zone.lists[at(order)];
        let chip = |page: &u64| {
            let tone = if state.focus == (*page, order) { Tone::Good } else { Tone::Free };
            Mark::new(format!("list.{order}.{page}"), page.to_string())
                .detail(format!("free block of {} at page {page}", count(1 << order, "pages")))
                .tone(tone)
        };
        let mut marks: Vec<Mark> = list.iter().take(CHIPS_MAX).map(chip).collect();
        if CHIPS_MAX < list.len() {
            let more = list.len() - CHIPS_MAX;
            marks.push(
                Mark::new(format!("list.{order}.more"), format!("+{more}")).tone(Tone::Muted),
            );
        }
        QueueRow {
            key: format!("order.{order}"),
            label: format!("order {order}"),
            note: count(1 << order, "pages"),
            marks,
        }
    };
    Queue { rows: (0..=state.zone.order_max).rev().map(row).collect() }
}

fn byte(n: u32) -> u8 {
    u8::try_from(n).unwrap_or_default()
}

/// The number of the block's first page, and that of its buddy: they differ in one bit.
fn bits(scenario: &Scenario, state: &State) -> Bits {
    let (page, order) = state.focus;
    let n_bits = scenario.memory_pages.next_power_of_two().trailing_zeros().max(1);
    let other = buddy(page, order);
    let has_buddy = order < scenario.max_order && other < scenario.memory_pages;
    let row = |label: &str, page: u64| {
        let mut fields = Vec::new();
        let mut field = |high: u32, low: u32, name: &str, tone: Tone| {
            let value = (page >> low) & ((1 << (high - low + 1)) - 1);
            let mark = Mark::new(format!("{label}.{name}"), name).tone(tone);
            fields.push(BitField { high: byte(high), low: byte(low), value, mark });
        };
        let top = n_bits - 1;
        if order < top {
            field(top, order + 1, "pair", Tone::Plain);
        }
        if order <= top {
            field(order, order, "half", if has_buddy { Tone::Good } else { Tone::Muted });
        }
        if 0 < order {
            field(order.min(n_bits) - 1, 0, "inside", Tone::Muted);
        }
        BitRow { label: label.to_owned(), text: format!("page {page}"), fields }
    };
    let mut rows = vec![row("block", page)];
    if has_buddy {
        rows.push(row("buddy", other));
    }
    Bits { rows }
}

fn table(script: &Script, state: &State) -> Table {
    let columns = vec![Column::numbers("#"), Column::words("statement"), Column::words("result")];
    let first = state
        .op
        .unwrap_or(0)
        .saturating_sub(LISTED_MAX / 2)
        .min(script.ops.len().saturating_sub(LISTED_MAX));
    let row = |(at, &op): (usize, &_)| {
        let (told, tone) = match state.results.get(at) {
            Some(Done::Got(page, order)) => {
                (format!("{} at page {page}", count(1 << order, "pages")), Tone::Plain)
            }
            Some(Done::Failed) => ("fails".to_owned(), Tone::Danger),
            Some(Done::Back(order, 0)) => (format!("to the list of order {order}"), Tone::Plain),
            Some(Done::Back(order, n)) => {
                (format!("{}, to order {order}", count((*n).into(), "merges")), Tone::Good)
            }
            Some(Done::Nothing) => ("nothing".to_owned(), Tone::Danger),
            None => (String::new(), Tone::Plain),
        };
        TableRow {
            key: format!("op.{at}"),
            actor: None,
            marked: state.op == Some(at),
            cells: vec![
                Cell::new((at + 1).to_string()),
                Cell::new(script.text(op)),
                Cell::new(told).tone(tone),
            ],
        }
    };
    let rows = script.ops.iter().enumerate().skip(first).take(LISTED_MAX).map(row).collect();
    Table { columns, rows }
}

fn numbers(scenario: &Scenario, state: &State) -> Stats {
    let Totals { held, asked, n_splits, n_merges, n_failed, n_fragmented, .. } = state.totals;
    let (unit, name) = scenario.unit();
    let free = state.zone.free_pages();
    let in_hand = |it: &&Block| it.owner == Owner::Hand;
    let hand: u64 = state.zone.blocks.iter().filter(in_hand).map(Block::pages).sum();
    let largest = state.zone.largest().map_or(0, |it| 1_u64 << it);
    let failed = match n_fragmented {
        0 => n_failed.to_string(),
        n => format!("{n_failed}, {n} of them with enough free"),
    };
    Stats {
        items: vec![
            Stat::new("free", free.to_string(), "pages"),
            Stat::new("in hand", hand.to_string(), "pages"),
            Stat::new("largest free block", largest.to_string(), "pages"),
            Stat::new("held", held.to_string(), "pages"),
            Stat::new("asked for", asked.to_string(), name),
            Stat::new("internal fragmentation", percent(held * unit - asked, held * unit), "%"),
            Stat::new("splits and merges", format!("{n_splits} and {n_merges}"), ""),
            Stat::new("failed requests", failed, ""),
        ],
    }
}
