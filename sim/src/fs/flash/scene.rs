//! The picture: blocks with their pages, the table, what each block is worth, and its wear.

use super::collect::{ranked, value};
use super::ftl::{Page, Place};
use super::run::State;
use super::script::n_hot;
use super::{Scenario, Workload};
use crate::scene::{
    Cell, CellRow, Cells, Chart, ChartKind, Column, Mark, Panel, Scene, Series, Stat, Stats, Table,
    TableRow, Tone, number,
};

/// Entries of the table in one row.
const ROW: usize = 8;

/// Draws a state.
pub(super) fn scene(scenario: &Scenario, state: &State) -> Scene {
    Scene::default()
        .with("flash", "Blocks and their pages", Panel::Cells(flash(scenario, state)))
        .with("table", "Table: logical page to block.page", Panel::Cells(table(state)))
        .with("full", "Full blocks, the best to collect first", Panel::Table(full(scenario, state)))
        .with("wear", "Erasures of each block", Panel::Chart(wear(state)))
        .with("stats", "So far", Panel::Stats(stats(state)))
}

fn flash(scenario: &Scenario, state: &State) -> Cells {
    let ftl = &state.ftl;
    let row = |block: usize| {
        let marks = (0..ftl.size).map(|it| page(scenario, state, (block, it))).collect();
        let what = match (ftl.open == Some(block), ftl.blocks[block].n_used) {
            _ if state.chosen == Some(block) => " taken",
            (true, _) => " ◂ open",
            (false, 0) => " free",
            (false, _) => "",
        };
        CellRow { label: format!("{block}{what}"), heads: Vec::new(), marks }
    };
    Cells { rows: (0..ftl.blocks.len()).map(row).collect() }
}

fn page(scenario: &Scenario, state: &State, place: Place) -> Mark {
    let (block, at) = place;
    let Page::Held(logical, version) = state.ftl.blocks[block].pages[at] else {
        return Mark::new(format!("free.{block}.{at}"), "").tone(Tone::Free).detail("erased");
    };
    let is_valid = state.ftl.is_valid(place);
    let (tone, how) = match is_valid {
        _ if state.fresh.contains(&place) && is_valid => (Tone::Dirty, "programmed by this step"),
        _ if state.read == Some(place) => (Tone::Hit, "read by this step"),
        true => (Tone::Used, "valid"),
        false => (Tone::Muted, "stale"),
    };
    // A valid page keeps its key when it is copied: it is seen to move.
    let key = match is_valid {
        true => format!("page.{logical}"),
        false => format!("stale.{block}.{at}"),
    };
    let mark = Mark::new(key, logical.to_string())
        .tone(tone)
        .detail(format!("logical page {logical}, from write {version}: {how}"));
    match (scenario.workload, is_valid) {
        (Workload::HotCold, true) => mark.actor(u16::from(n_hot(scenario) <= usize::from(logical))),
        _ => mark,
    }
}

fn table(state: &State) -> Cells {
    let all = &state.ftl.map;
    let mark = |logical: usize| {
        let (label, tone, detail) = match all[logical] {
            None => ("–".to_owned(), Tone::Free, "nothing is there".to_owned()),
            Some(place) => {
                let is_now = state.fresh.contains(&place) || state.read == Some(place);
                let tone = if is_now { Tone::Dirty } else { Tone::Plain };
                (
                    format!("{}.{}", place.0, place.1),
                    tone,
                    format!("block {}, page {}", place.0, place.1),
                )
            }
        };
        Mark::new(format!("entry.{logical}"), label)
            .tone(tone)
            .detail(format!("logical page {logical}: {detail}"))
    };
    let row = |first: usize| {
        let own = first..(first + ROW).min(all.len());
        CellRow {
            label: String::new(),
            heads: own.clone().map(|it| it.to_string()).collect(),
            marks: own.map(mark).collect(),
        }
    };
    Cells { rows: (0..all.len()).step_by(ROW).map(row).collect() }
}

fn full(scenario: &Scenario, state: &State) -> Table {
    let columns = vec![
        Column::words("block"),
        Column::numbers("valid"),
        Column::numbers("age"),
        Column::numbers("(1 − u) · age / 2u"),
    ];
    let size = scenario.pages;
    let row = |rating: &super::collect::Rating| TableRow {
        key: format!("block.{}", rating.block),
        actor: None,
        marked: state.chosen == Some(rating.block),
        cells: vec![
            Cell::new(format!("block {}", rating.block)),
            Cell::new(rating.n_valid.to_string()),
            Cell::new(rating.age.to_string()),
            Cell::new(value(rating, size).map_or_else(|| "∞".to_owned(), |it| number(it, 2))),
        ],
    };
    let ranked = ranked(&state.ftl, scenario.policy, state.tally.n_host);
    Table { columns, rows: ranked.iter().map(row).collect() }
}

fn wear(state: &State) -> Chart {
    let points = state.ftl.blocks.iter().enumerate();
    let points = points.map(|(at, it)| (at as f64, f64::from(it.n_erases))).collect();
    Chart {
        kind: ChartKind::Bars,
        x_label: "block".to_owned(),
        y_label: "erasures".to_owned(),
        series: vec![Series { label: "erasures".to_owned(), actor: None, points }],
    }
}

fn stats(state: &State) -> Stats {
    let tally = &state.tally;
    let of = |label: &str, n: u32, unit| Stat::new(label, n.to_string(), unit);
    Stats {
        items: vec![
            of("Written by the host", tally.n_host, "pages"),
            of("Copied by the collector", tally.n_copied, "pages"),
            of("Copied to level", tally.n_levelled, "pages"),
            of("Erased", tally.n_erased, "blocks"),
            Stat::new("Write amplification", number(tally.amplification(), 2), ""),
        ],
    }
}
