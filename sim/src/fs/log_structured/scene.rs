//! The picture of a log: segments of blocks, how full each is, what the cleaner would take.

use super::Scenario;
use super::cleaner::{Rating, ranked, value};
use super::disk::{Address, What};
use super::run::State;
use super::script::Script;
use crate::amounts::percent;
use crate::scene::{
    Cell, CellRow, Cells, Chart, ChartKind, Column, Mark, Panel, Scene, Series, Stat, Stats, Table,
    TableRow, Tone, number,
};

/// Bars of the chart: shares of live blocks, in steps of a tenth.
const BARS: usize = 10;

/// Draws a state.
pub(super) fn scene(scenario: &Scenario, state: &State) -> Scene {
    let script = Script::of(scenario).unwrap_or_default();
    let ranked = ranked(&state.disk, scenario.policy, state.tally.n_new);
    Scene::default()
        .with("log", "The log on the disk", Panel::Cells(log(&script, state)))
        .with(
            "segments",
            "Segments to clean, the best first",
            Panel::Table(segments(state, &ranked)),
        )
        .with("map", "Map of inodes", Panel::Table(map(scenario, &script, state)))
        .with("full", "How full the segments are", Panel::Chart(chart(state)))
        .with("stats", "So far", Panel::Stats(stats(state)))
}

/// What a block holds, in short.
fn label(script: &Script, what: What) -> String {
    let name = |file: u16| script.files.get(usize::from(file)).map_or("?", String::as_str);
    match what {
        What::Data(file, block) => format!("{}{block}", name(file)),
        What::Inode(file) => format!("i{}", name(file)),
        What::Map => "map".to_owned(),
    }
}

fn log(script: &Script, state: &State) -> Cells {
    let disk = &state.disk;
    let size = disk.segment_blocks;
    let row = |segment: usize| {
        let marks = (0..size).map(|it| block(script, state, segment * size + it)).collect();
        let is_head = disk.head.is_some_and(|it| it.0 == segment && it.1 < size);
        let what = match (disk.is_free[segment], is_head) {
            (true, _) => " free",
            (false, true) => " ◂ end",
            (false, false) if state.chosen.contains(&segment) => " cleaned",
            (false, false) => "",
        };
        CellRow { label: format!("{segment}{what}"), heads: Vec::new(), marks }
    };
    Cells { rows: (0..disk.n_segments()).map(row).collect() }
}

fn block(script: &Script, state: &State, address: Address) -> Mark {
    let Some(block) = state.disk.blocks[address] else {
        return Mark::new(format!("free.{address}"), "").tone(Tone::Free).detail("free");
    };
    let label = label(script, block.what);
    let (tone, how) = match block.is_live {
        _ if state.written.contains(&address) => (Tone::Dirty, "written by this step"),
        _ if state.read.contains(&address) => (Tone::Hit, "read by this step"),
        true if state.checkpoint == Some(address) => {
            (Tone::Good, "live; the checkpoint points here")
        }
        true => (Tone::Used, "live"),
        false => (Tone::Muted, "dead"),
    };
    // A live block keeps its key when it is copied: it is seen to move.
    let key = if block.is_live { format!("block.{label}") } else { format!("dead.{address}") };
    let mark = Mark::new(key, label).tone(tone);
    let mark = mark.detail(format!("{how}, changed at write {}", block.changed));
    match block.what {
        What::Data(file, _) | What::Inode(file) if block.is_live => mark.actor(file),
        What::Data(..) | What::Inode(_) | What::Map => mark,
    }
}

fn segments(state: &State, ranked: &[Rating]) -> Table {
    let columns = vec![
        Column::words("segment"),
        Column::numbers("live"),
        Column::numbers("share u (%)"),
        Column::numbers("age (writes)"),
        Column::numbers("(1 − u) · age / (1 + u)"),
    ];
    let size = state.disk.segment_blocks;
    let row = |rating: &Rating| {
        let worth = value(rating, size).map_or_else(|| "∞".to_owned(), |it| number(it, 2));
        let cells = vec![
            Cell::new(format!("segment {}", rating.segment)),
            Cell::new(rating.n_live.to_string()),
            Cell::new(percent(rating.n_live as u64, size as u64)),
            Cell::new(rating.age.to_string()),
            Cell::new(worth),
        ];
        let marked = state.chosen.contains(&rating.segment);
        TableRow { key: format!("segment.{}", rating.segment), actor: None, marked, cells }
    };
    Table { columns, rows: ranked.iter().map(row).collect() }
}

/// Where the inode of each file is, and how many blocks the file has.
fn map(scenario: &Scenario, script: &Script, state: &State) -> Table {
    let columns = vec![Column::words("file"), Column::words("inode at"), Column::numbers("blocks")];
    let size = state.disk.segment_blocks;
    let row = |(n, name): (usize, &String)| {
        let file = u16::try_from(n).unwrap_or_default();
        let inode = state.disk.places.get(&What::Inode(file));
        let at = inode.map(|it| format!("segment {}, block {}", it / size, it % size));
        let is_own = |it: &&What| matches!(it, What::Data(of, _) if *of == file);
        let n_blocks = state.disk.places.keys().filter(is_own).count();
        let cells = vec![
            Cell::new(name.clone()),
            Cell::new(at.unwrap_or_else(|| "–".to_owned())),
            Cell::new(n_blocks.to_string()),
        ];
        TableRow { key: format!("file.{name}"), actor: Some(file), marked: false, cells }
    };
    let shown = if scenario.metadata { script.files.as_slice() } else { &[] };
    Table { columns, rows: shown.iter().enumerate().map(row).collect() }
}

/// How many segments are how full.
fn chart(state: &State) -> Chart {
    let disk = &state.disk;
    let mut bars = [0_u32; BARS + 1];
    for segment in disk.full() {
        bars[disk.n_live(segment) * BARS / disk.segment_blocks] += 1;
    }
    let points = bars.iter().enumerate().map(|(n, &it)| ((n * 100 / BARS) as f64, f64::from(it)));
    Chart {
        kind: ChartKind::Bars,
        x_label: "live blocks (%)".to_owned(),
        y_label: "segments".to_owned(),
        series: vec![Series {
            label: "segments".to_owned(),
            actor: None,
            points: points.collect(),
        }],
    }
}

fn stats(state: &State) -> Stats {
    let tally = &state.tally;
    let of = |label: &str, n: u32| Stat::new(label, n.to_string(), "blocks");
    let cleaned = 100.0 * tally.cleaned_share(state.disk.segment_blocks);
    Stats {
        items: vec![
            of("New", tally.n_new),
            of("Read by the cleaner", tally.n_read),
            of("Copied by the cleaner", tally.n_copied),
            Stat::new("Write cost", number(tally.write_cost(), 2), ""),
            Stat::new("Live in what was cleaned", number(cleaned, 1), "%"),
        ],
    }
}
