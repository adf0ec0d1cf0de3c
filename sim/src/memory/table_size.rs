//! Size of page tables: what flat, two-level, deeper and inverted tables take for the same map.
//!
//! # Model
//! A map of regions; a page table of any level exists if a page below it is mapped, and is then
//! there whole. The root always exists. Every process has the same map and tables of its own; the
//! inverted table has one entry for each frame of memory and is shared by all.
//! # Ties
//! Regions are mapped in the order of the list. What two regions share is counted once.
//! # Left out
//! Tables that processes share, such as those of the kernel; tables given back when a region goes;
//! huge pages beside small ones in one map. The hash table before an inverted table is part of its
//! entry size.
//! # Source
//! `ostep`, chapter 20.

use super::sizes::map::{self, Group, Region, Spread};
use super::sizes::scene::{self, State, View};
use super::sizes::shape::{SHAPES, Shape, Space, Width, inverted_bytes};
use super::words::{bytes, count};
use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::{Fault, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::paper::Paper;
use crate::scene::Scene;
use serde::Deserialize;

/// The engine.
pub(crate) struct TableSize;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    space: Width,
    page: Page,
    regions: Vec<Region>,
    spread_n: u64,
    spread_kib: u64,
    draw: Shape,
    processes: u64,
    memory_mib: u64,
    inverted_entry_bytes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum Page {
    #[serde(rename = "4k")]
    Small,
    #[serde(rename = "2m")]
    Large,
}

const REGION: &[Field] = &[
    Field::new("name", "Name", Kind::Name { max_chars: 12 }).or(Preset::Numbered("R")),
    Field::new("start", "Start", Kind::Text { max_chars: 24 })
        .help("In hexadecimal; the upper half with or without its leading ones."),
    Field::new("size_kib", "Size", Kind::Int { min: 1, max: 1 << 47 }).unit("KiB"),
];

impl Engine for TableSize {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "memory/table_size",
        title: "Size of page tables",
        summary: "Page tables of several levels exist only where something is mapped.",
        look_for: "See how few tables a sparse map needs, and what a full one costs.",
        source: "ostep/20",
        time_unit: "steps",
        markers: &["region"],
    };
    const FORM: &'static [Field] = &[
        Field::new(
            "space",
            "Addresses",
            Kind::Choice(&[("32_bits", "32 bits"), ("48_bits", "48 bits"), ("57_bits", "57 bits")]),
        )
        .or(Preset::Text("48_bits")),
        Field::new("page", "Pages", Kind::Choice(&[("4k", "4 KiB"), ("2m", "2 MiB")]))
            .or(Preset::Text("4k")),
        Field::new("regions", "Regions", Kind::Rows { columns: REGION, len_min: 0, len_max: 32 })
            .or(Preset::Empty),
        Field::new("spread_n", "Spread regions", Kind::Int { min: 0, max: 4_096 })
            .help("As many more regions at equal distances over the whole space.")
            .or(Preset::Int(0)),
        Field::new("spread_kib", "Size of each", Kind::Int { min: 4, max: 1 << 40 })
            .unit("KiB")
            .or(Preset::Int(4)),
        Field::new(
            "draw",
            "Draw the tables of",
            Kind::Choice(&[("two_level", "two levels"), ("multi_level", "three to five levels")]),
        )
        .or(Preset::Text("multi_level")),
        Field::new("processes", "Processes", Kind::Int { min: 1, max: 10_000 })
            .unit("processes")
            .help("Each with this map and tables of its own.")
            .or(Preset::Int(1)),
        Field::new("memory_mib", "Memory", Kind::Int { min: 1, max: 16_777_216 })
            .unit("MiB")
            .help("Gives the inverted table its size.")
            .or(Preset::Int(16_384)),
        Field::new("inverted_entry_bytes", "Inverted entry", Kind::Int { min: 8, max: 64 })
            .unit("bytes")
            .help("Process, page, link and the share of the hash table.")
            .or(Preset::Int(24)),
    ];
    const EXAMPLE: &'static str = r#"{"regions": [
        {"name": "text", "start": "0x400000", "size_kib": 2048},
        {"name": "heap", "start": "0x1000000", "size_kib": 8192},
        {"name": "libs", "start": "0x7f5500000000", "size_kib": 4096},
        {"name": "stack", "start": "0x7ffe12300000", "size_kib": 132}
    ]}"#;

    const PAPER: Option<Paper> = Some(super::paper_checks::TABLE_SIZE);

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let groups = groups(scenario)?;
        steps(scenario, &groups, log)?;
        metrics(scenario, &groups, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        // The regions were read without a fault when the run was made.
        let Ok(groups) = groups(scenario) else { return Scene::default() };
        scene::scene(&view(scenario, &groups), past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        groups(scenario)
            .map_or_else(|_| Vec::new(), |it| it.into_iter().map(|it| it.name).collect())
    }
}

fn space(scenario: &Scenario) -> Space {
    Space { width: scenario.space, page_bits: if scenario.page == Page::Small { 12 } else { 21 } }
}

fn groups(scenario: &Scenario) -> Result<Vec<Group>, ScenarioError> {
    if scenario.space == Width::Bits32 && scenario.page == Page::Large {
        let why = "addresses of 32 bits have pages of 4 KiB here".to_owned();
        return Err(ScenarioError::one("/page", Fault::Conflict(why)));
    }
    let spread = Spread { n: scenario.spread_n, size_kib: scenario.spread_kib };
    map::groups(space(scenario), &scenario.regions, spread)
}

fn view<'a>(scenario: &Scenario, groups: &'a [Group]) -> View<'a> {
    View {
        space: space(scenario),
        groups,
        drawn: scenario.draw,
        n_processes: scenario.processes,
        inverted_bytes: inverted(scenario),
    }
}

fn inverted(scenario: &Scenario) -> u64 {
    inverted_bytes(space(scenario), scenario.memory_mib, scenario.inverted_entry_bytes)
}

fn steps(scenario: &Scenario, groups: &[Group], log: &mut Log<State>) -> Result<(), ScenarioError> {
    let (space, shape) = (space(scenario), scenario.draw);
    let names = shape.level_names(space);
    let depth = names.len();
    log.step(0, "start", || {
        let flat = bytes(Shape::Flat.table_bytes(space, 0));
        let root = bytes(shape.table_bytes(space, 0));
        let say = format!(
            "Nothing is mapped, so of {} only the root of {root} exists; a flat table takes its \
             {flat} at once, because it has an entry for every page that could be.",
            shape.name(space)
        );
        Shot::new(say, State { n_groups: 0, n_levels: depth })
    })?;
    let mut time = 0;
    for (at, group) in groups.iter().enumerate() {
        let n_groups = at + 1;
        let n_pages: u64 = group.ranges.iter().map(|it| it.1 - it.0 + 1).sum();
        time += 1;
        log.step(time, "region", || {
            let size = bytes(1 << space.page_bits);
            let first = group.ranges[0].0 << space.page_bits;
            let say = format!(
                "The region {} takes {} of {size} from {first:#x}, and each of them needs an entry.",
                group.name,
                count(n_pages, "pages")
            );
            Shot::new(say, State { n_groups, n_levels: 1 })
        })?;
        for (level, name) in names.iter().enumerate().skip(1) {
            time += 1;
            let before = shape.n_tables(space, level, &groups[..at]);
            let new = shape.n_tables(space, level, &groups[..n_groups]) - before;
            log.step(time, "tables", || {
                let above = names[level - 1];
                let reach = 1 << (shape.shift(space, level - 1) + space.page_bits);
                let say = told(&group.name, name, above, new, &bytes(reach));
                let (options, answer) = guesses(new, n_pages);
                let question = format!("How many new {name}s does this take?");
                let state = State { n_groups, n_levels: level + 1 };
                Shot::new(say, state).ask(&question, options, answer)
            })?;
        }
    }
    Ok(())
}

/// What a region needs at one level, and why.
fn told(group: &str, level: &str, above: &str, new: u64, reach: &str) -> String {
    match new {
        0 => format!(
            "The region {group} needs no new {level}, because the one that it falls into, of \
             {reach}, is there already."
        ),
        1 => format!(
            "The region {group} needs one new {level}, because one {level} covers {reach} and \
             none was there; an entry of a {above} leads to it."
        ),
        _ => format!(
            "The region {group} needs {} new {level}s, because its pages lie in as many pieces \
             of {reach} that had none.",
            super::words::grouped(new)
        ),
    }
}

/// Answers to choose from, rising, and which of them is right.
fn guesses(right: u64, n_pages: u64) -> (Vec<String>, usize) {
    let mut numbers = vec![right, right + 1, right.saturating_sub(1), n_pages];
    numbers.sort_unstable();
    numbers.dedup();
    let answer = numbers.iter().position(|it| *it == right).unwrap_or_default();
    (numbers.into_iter().map(super::words::grouped).collect(), answer)
}

fn metrics(scenario: &Scenario, groups: &[Group], log: &mut Log<State>) {
    let (space, n) = (space(scenario), scenario.processes);
    let n_pages = map::count(&map::union(groups, 0));
    let mapped = n_pages << space.page_bits;
    log.metric("n_pages", "Pages mapped", n_pages as f64, "pages", Better::Neither);
    log.metric("mapped_bytes", "Mapped", mapped as f64, "bytes", Better::Neither);
    for shape in SHAPES {
        let (n_tables, size) = shape.cost(space, groups);
        let (slug, size) = (shape.slug(), size * n);
        log.metric_of("n_tables", slug, "Tables", (n_tables * n) as f64, "tables");
        log.metric_of("bytes", slug, "Bytes", size as f64, "bytes");
        if mapped != 0 {
            let percent = 100.0 * size as f64 / (mapped as f64 * n as f64);
            log.metric_of("overhead_percent", slug, "Part of what is mapped", percent, "%");
        }
    }
    log.metric_of("bytes", "inverted", "Bytes", inverted(scenario) as f64, "bytes");
    let shape = scenario.draw;
    for (level, name) in shape.level_names(space).iter().enumerate() {
        let n_tables = shape.n_tables(space, level, groups);
        let size = n_tables * shape.table_bytes(space, level);
        let slug = name.to_ascii_lowercase();
        log.metric_of("n_level_tables", &slug, "Tables", n_tables as f64, "tables");
        log.metric_of("level_bytes", &slug, "Bytes", size as f64, "bytes");
    }
}

#[cfg(test)]
mod tests {
    use crate::{Mode, Rng, Run, engine};
    use serde_json::{Value, json};
    use std::collections::BTreeSet;

    fn run(scenario: &Value) -> Run {
        engine("memory/table_size").unwrap().run(scenario, Mode::MetricsOnly).unwrap()
    }

    #[track_caller]
    fn metrics(run: &Run, expected: &[(&str, f64)]) {
        for (key, value) in expected {
            assert_eq!(run.metric(key), Some(*value), "{key}");
        }
    }

    #[test]
    fn two_levels_of_32_bits_cost_a_page_and_one_more_for_each_4_mib() {
        // Reference: `two_level_size_001`.
        let full = json!({"space": "32_bits", "draw": "two_level",
            "regions": [{"start": "0", "size_kib": 4 << 20}]});
        let flat = ("bytes.flat", 4_194_304.0);
        let tables = ("n_tables.two_level", 1_025.0);
        metrics(&run(&full), &[flat, ("bytes.two_level", 4_198_400.0), tables]);
        for k in [0, 1, 3, 100, 1_024] {
            let sparse = json!({"space": "32_bits", "draw": "two_level", "spread_n": k});
            metrics(&run(&sparse), &[flat, ("bytes.two_level", f64::from(4_096 * (1 + k)))]);
        }
    }

    #[test]
    fn a_full_space_of_48_bits_needs_more_than_513_gib_of_tables() {
        // Reference: `problem4_001`.
        let full = |size_kib: u64| json!({"regions": [{"start": "0", "size_kib": size_kib}]});
        metrics(
            &run(&full(1 << 38)),
            &[
                ("level_bytes.pt", 549_755_813_888.0),
                ("level_bytes.pd", 1_073_741_824.0),
                ("level_bytes.pdpt", 2_097_152.0),
                ("level_bytes.pml4", 4_096.0),
                ("bytes.multi_level", 550_831_656_960.0),
                ("n_tables.multi_level", 134_480_385.0),
                ("bytes.flat", 549_755_813_888.0),
                ("n_pages", 68_719_476_736.0),
            ],
        );
        metrics(&run(&full(1 << 37)), &[("bytes.multi_level", 275_415_830_528.0)]);
    }

    #[test]
    fn the_last_level_takes_eight_bytes_a_page() {
        // Reference: `fork_cost_000`, the entries that a fork copies.
        for (mib, pages, pte_bytes) in [
            (10, 2_560.0, 20_480.0),
            (100, 25_600.0, 204_800.0),
            (1_024, 262_144.0, 2_097_152.0),
            (10_240, 2_621_440.0, 20_971_520.0),
        ] {
            let heap = json!({"regions": [{"start": "0x10000000", "size_kib": mib << 10}]});
            metrics(&run(&heap), &[("n_pages", pages), ("level_bytes.pt", pte_bytes)]);
        }
    }

    #[test]
    fn the_upper_half_may_be_written_with_its_leading_ones() {
        let at = |start: &str| run(&json!({"regions": [{"start": start, "size_kib": 4}]}));
        let (long, short) = (at("0xffff800000000000"), at("0x800000000000"));
        assert_eq!(long.metrics, short.metrics);
        metrics(&long, &[("n_tables.multi_level", 4.0)]);
    }

    #[test]
    fn regions_that_do_not_fit_are_told_at_their_fields() {
        let told = |scenario: Value| {
            let entry = engine("memory/table_size").unwrap();
            entry.run(&scenario, Mode::MetricsOnly).unwrap_err().to_string()
        };
        assert_eq!(
            told(json!({"space": "32_bits", "spread_n": 4, "spread_kib": 1 << 30, "regions": [
                {"start": "0x100000000", "size_kib": 4},
                {"start": "0xfffff000", "size_kib": 8},
                {"start": "here", "size_kib": 4},
            ]})),
            "/regions/0/start: 0x100000000 is no address of 32 bits\n\
             /regions/1/size_kib: the region ends past the last address, 0xffffffff\n\
             /regions/2/start: expected an address in hexadecimal, such as 0x400000\n\
             /spread_kib: 4 regions of 1073741824 KiB do not fit"
        );
        assert_eq!(
            told(json!({"space": "32_bits", "page": "2m"})),
            "/page: addresses of 32 bits have pages of 4 KiB here"
        );
    }

    #[test]
    fn tables_are_those_of_the_pages_one_by_one() {
        let mut rng = Rng::new(4);
        for _ in 0..120 {
            let wide = rng.below(2) == 0;
            let (page, page_bits) = [("4k", 12), ("2m", 21)][rng.below(2) as usize];
            let mut regions = Vec::new();
            let mut pages = BTreeSet::new();
            for _ in 0..rng.between(1, 5) {
                let (start, size_kib) = (rng.below(1 << 33) << 12, rng.between(1, 9_000));
                regions.push(json!({"start": format!("{start:x}"), "size_kib": size_kib}));
                let last = start + (size_kib << 10) - 1;
                pages.extend(start >> page_bits..=last >> page_bits);
            }
            let space = if wide { "57_bits" } else { "48_bits" };
            let run = run(&json!({"space": space, "page": page, "regions": regions}));
            assert_eq!(run.metric("n_pages"), Some(pages.len() as f64));
            let bits = if wide { 57 } else { 48 } - page_bits;
            let distinct = |shift: u32| {
                pages.iter().map(|it| it >> shift).collect::<BTreeSet<u64>>().len() as f64
            };
            let two = 1.0 + distinct(bits / 2);
            assert_eq!(run.metric("n_tables.two_level"), Some(two));
            let deep: f64 = (1..bits / 9).map(|level| distinct(9 * level)).sum();
            assert_eq!(run.metric("n_tables.multi_level"), Some(1.0 + deep));
        }
    }

    #[test]
    fn more_use_never_makes_tables_smaller_and_processes_multiply_all_but_the_inverted() {
        let mut least = 0.0;
        for spread_kib in [4, 64, 1 << 12, 1 << 20, 1 << 30] {
            let size = |processes: u32| {
                let run = run(&json!({"spread_n": 64, "spread_kib": spread_kib,
                    "processes": processes}));
                let size = |shape: &str| run.metric(&format!("bytes.{shape}")).unwrap();
                [size("flat"), size("two_level"), size("multi_level"), size("inverted")]
            };
            let (one, ten) = (size(1), size(10));
            assert!(least <= one[2]);
            least = one[2];
            assert_eq!(ten, [10.0 * one[0], 10.0 * one[1], 10.0 * one[2], one[3]]);
        }
    }
}
