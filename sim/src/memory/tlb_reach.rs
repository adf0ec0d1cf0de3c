//! TLB reach: how much memory the buffered translations cover, and what it costs to leave it.
//!
//! # Model
//! Two levels of buffers with sets and ways stand before the page tables; a page goes into the set
//! that its number picks. Addresses come from a pattern over a working set. A hit in the first level
//! costs nothing extra, a hit in the second a few cycles, and a walk of the tables more. Several
//! walks may overlap where addresses are known beforehand, which they are not in a pointer chase.
//! # Ties
//! A full set gives up the page that was not used for longest. A page that is found in the second
//! level, or by a walk, is kept in both levels; neither tells the other what it gives up.
//! # Left out
//! Caches of upper table entries, prefetching of translations, separate entries for large pages,
//! instruction fetches, and the caches that hold the data.
//! # Source
//! `ostep`, chapter 19.

use super::reach::run::{Pattern, Settings, State, Walker};
use super::reach::scene;
use crate::engine::{Better, Engine, Frame, Log, Meta};
use crate::error::{Fault, Problem, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

/// The engine.
pub(crate) struct TlbReach;

/// Most entries that one set may hold: each access looks at all of them.
const WAYS_MAX: u32 = 512;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    pattern: Pattern,
    working_set_kib: u64,
    stride_bytes: u64,
    page_bits: u32,
    entries: u32,
    ways: u32,
    l2_entries: u32,
    l2_ways: u32,
    accesses: u32,
    warmup_accesses: u32,
    access_cycles: u64,
    l2_cycles: u64,
    walk_cycles: u64,
    overlap_walks: u64,
    seed: u64,
}

const PATTERNS: &[(&str, &str)] = &[
    ("sequential", "Sequential, word by word"),
    ("strided", "With a stride"),
    ("random", "Random words"),
    ("pointer_chase", "Pointer chase"),
];

const ENTRIES: Kind = Kind::Int { min: 1, max: 4_096 };
const WAYS: Kind = Kind::Int { min: 0, max: 512 };

impl Engine for TlbReach {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "memory/tlb_reach",
        title: "TLB reach",
        summary: "A working set that the TLB cannot cover pays for a walk at almost every access.",
        look_for: "Compare the reach with the working set, then change the size of a page.",
        source: "ostep/19",
        time_unit: "accesses",
        markers: &["walk"],
    };
    const CHARTS: bool = true;
    const FORM: &'static [Field] = &[
        Field::new("pattern", "Pattern", Kind::Choice(PATTERNS)).or(Preset::Text("strided")),
        Field::new("working_set_kib", "Working set", Kind::Int { min: 4, max: 67_108_864 })
            .unit("KiB")
            .or(Preset::Int(1_024)),
        Field::new("stride_bytes", "Stride", Kind::Int { min: 1, max: 1 << 30 })
            .unit("bytes")
            .help("From one access to the next; in a pointer chase, the room of one node.")
            .or(Preset::Int(4_096)),
        Field::new("page_bits", "Bits of the offset", Kind::Int { min: 12, max: 30 })
            .unit("bits")
            .help("12 makes pages of 4 KiB, 14 of 16 KiB, 21 of 2 MiB, 30 of 1 GiB.")
            .or(Preset::Int(12)),
        Field::new("entries", "Entries", ENTRIES)
            .unit("entries")
            .help("Of the first level.")
            .or(Preset::Int(64)),
        Field::new("ways", "Ways", WAYS)
            .help("Entries of one set; with 0 there is one set that holds all.")
            .or(Preset::Int(0)),
        Field::new("l2_entries", "Entries of level 2", Kind::Int { min: 0, max: 4_096 })
            .unit("entries")
            .help("With 0 there is no second level.")
            .or(Preset::Int(0)),
        Field::new("l2_ways", "Ways of level 2", WAYS)
            .help("Entries of one set; with 0 there is one set that holds all.")
            .or(Preset::Int(0)),
        Field::new("accesses", "Accesses", Kind::Int { min: 1, max: 100_000 })
            .unit("accesses")
            .or(Preset::Int(512)),
        Field::new("warmup_accesses", "Warm-up", Kind::Int { min: 0, max: 100_000 })
            .unit("accesses")
            .help("Made before the first one that counts.")
            .or(Preset::Int(0)),
        Field::new("access_cycles", "Access", Kind::Int { min: 0, max: 1_000 })
            .unit("cycles")
            .help("Of the data itself, with the translation at hand.")
            .or(Preset::Int(4)),
        Field::new("l2_cycles", "Level 2", Kind::Int { min: 0, max: 1_000 })
            .unit("cycles")
            .help("More, if only the second level has the page.")
            .or(Preset::Int(7)),
        Field::new("walk_cycles", "Walk", Kind::Int { min: 0, max: 10_000 })
            .unit("cycles")
            .help("Four reads: about 20 from the first cache, 1,200 from memory at 3 GHz.")
            .or(Preset::Int(20)),
        Field::new("overlap_walks", "Walks at once", Kind::Int { min: 1, max: 8 })
            .unit("walks")
            .help("How many walks overlap, unless each address is read by the access before.")
            .or(Preset::Int(1)),
        Field::new("seed", "Seed", Kind::Int { min: 0, max: 1_000_000 })
            .help("Of the random patterns.")
            .or(Preset::Int(1)),
    ];
    const EXAMPLE: &'static str = r#"{"working_set_kib":36,"entries":8,"accesses":36}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let settings = settings(scenario)?;
        let mut walker = Walker::new(settings);
        walker.run(log)?;
        metrics(&settings, &walker.state, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        // The settings were read without a fault when the run was made.
        settings(scenario).map_or_else(|_| Scene::default(), |it| scene::scene(&it, past))
    }

    fn actors(_: &Scenario) -> Vec<String> {
        scene::ACTORS.map(ToOwned::to_owned).to_vec()
    }
}

/// The settings in the run's own terms: sets and ways instead of entries.
fn settings(scenario: &Scenario) -> Result<Settings, ScenarioError> {
    let mut problems = Vec::new();
    let (entries, l2_entries) = (scenario.entries, scenario.l2_entries);
    let ways = ways(entries, scenario.ways, "/ways", &mut problems);
    let l2_ways = ways_of_second(l2_entries, scenario.l2_ways, &mut problems);
    if !problems.is_empty() {
        return Err(ScenarioError(problems));
    }
    Ok(Settings {
        pattern: scenario.pattern,
        working_set_bytes: scenario.working_set_kib << 10,
        stride_bytes: scenario.stride_bytes,
        page_bits: scenario.page_bits,
        n_sets: [entries / ways, l2_entries / l2_ways],
        n_ways: [ways, l2_ways],
        n_accesses: scenario.accesses,
        n_warmup: scenario.warmup_accesses,
        access_cycles: scenario.access_cycles,
        l2_cycles: scenario.l2_cycles,
        walk_cycles: scenario.walk_cycles,
        overlap_walks: scenario.overlap_walks,
        seed: scenario.seed,
    })
}

fn ways_of_second(entries: u32, ways_given: u32, problems: &mut Vec<Problem>) -> u32 {
    if entries == 0 { 1 } else { ways(entries, ways_given, "/l2_ways", problems) }
}

/// Entries of a set; all of them if `ways` is 0.
fn ways(entries: u32, ways: u32, at: &str, problems: &mut Vec<Problem>) -> u32 {
    let why = match ways {
        0 if entries <= WAYS_MAX => return entries,
        0 => format!("one set of {entries} entries is too large: give up to {WAYS_MAX} ways"),
        _ if entries.is_multiple_of(ways) => return ways,
        _ => format!("{entries} entries cannot be cut into sets of {ways}"),
    };
    problems.push(Problem { at: at.to_owned(), fault: Fault::Conflict(why) });
    1
}

fn metrics(settings: &Settings, state: &State, log: &mut Log<State>) {
    let totals = state.totals;
    let mut count = |key, label, value: u64, unit, better| {
        log.metric(key, label, value as f64, unit, better);
    };
    count("n_accesses", "Accesses", totals.n_accesses, "accesses", Better::Neither);
    count("n_hits", "Hits of level 1", totals.n_hits, "hits", Better::Higher);
    count("n_l2_hits", "Hits of level 2", totals.n_l2_hits, "hits", Better::Higher);
    count("n_walks", "Walks", totals.n_walks, "walks", Better::Lower);
    count("n_pages", "Pages touched", totals.n_pages, "pages", Better::Lower);
    count("reach_bytes", "Reach", settings.reach(0), "bytes", Better::Higher);
    count("reach_l2_bytes", "Reach of level 2", settings.reach(1), "bytes", Better::Higher);
    count("cycles", "Cycles in all", totals.cycles(settings), "cycles", Better::Lower);
    let n = totals.n_accesses.max(1) as f64;
    let share = |value: u64| value as f64 / n;
    log.metric("hit_rate", "Hit rate", share(totals.n_hits), "", Better::Higher);
    let covered = share(totals.n_hits + totals.n_l2_hits);
    log.metric("covered_rate", "Accesses without a walk", covered, "", Better::Higher);
    let each = share(totals.cycles(settings));
    log.metric("access_cycles_mean", "Cycles of an access", each, "cycles", Better::Lower);
}

#[cfg(test)]
mod tests {
    use crate::{Mode, Rng, Run, engine};
    use serde_json::{Value, json};

    fn run(scenario: &Value) -> Run {
        engine("memory/tlb_reach").unwrap().run(scenario, Mode::MetricsOnly).unwrap()
    }

    #[test]
    fn the_reach_is_entries_times_page() {
        // Reference: `tlb_reach`.
        for (entries, ways, page_bits, reach) in [
            (64, 4, 12, 262_144_u64),
            (64, 4, 21, 134_217_728),
            (32, 4, 21, 67_108_864),
            (1_536, 12, 12, 6_291_456),
            (1_536, 12, 21, 3_221_225_472),
            (72, 0, 12, 294_912),
            (72, 0, 21, 150_994_944),
            (3_072, 24, 12, 12_582_912),
            (3_072, 24, 21, 6_442_450_944),
            (4, 0, 30, 4_294_967_296),
        ] {
            let run = run(&json!({"entries": entries, "ways": ways, "page_bits": page_bits}));
            assert_eq!(run.metric("reach_bytes"), Some(reach as f64));
        }
    }

    #[test]
    fn a_loop_within_the_reach_hits_and_one_page_more_never_does() {
        // One access a page, round and round: the last page pushes out the first.
        let pages = |n: u32| json!({"working_set_kib": 4 * n, "entries": 64, "accesses": 6_500});
        let inside = run(&pages(64));
        assert_eq!(inside.metric("n_walks"), Some(64.0));
        assert_eq!(inside.metric("n_pages"), Some(64.0));
        let outside = run(&pages(65));
        assert_eq!(outside.metric("n_hits"), Some(0.0));
    }

    #[test]
    fn lines_on_pages_of_their_own_leave_the_reach_long_before_the_cache() {
        // Errata 000-34: 512 lines are 32 KiB of data, but they lie on 512 pages.
        let sparse = json!({"working_set_kib": 2_048, "stride_bytes": 4_096, "accesses": 5_120});
        assert_eq!(run(&sparse).metric("hit_rate"), Some(0.0));
        let dense = json!({"working_set_kib": 32, "stride_bytes": 64, "accesses": 5_120});
        assert_eq!(run(&dense).metric("n_walks"), Some(8.0));
    }

    #[test]
    fn a_mapping_of_a_gibibyte_read_once_a_page_touches_all_its_pages() {
        // Reference: `mmap_001`, the same loop as the processor sees it.
        let gib = json!({"working_set_kib": 1 << 20, "stride_bytes": 4_096, "accesses": 100_000});
        assert_eq!(run(&gib).metric("n_pages"), Some(100_000.0));
    }

    #[test]
    fn a_walk_may_overlap_unless_it_is_a_chase() {
        let with = |pattern: &str, overlap: u32| {
            let scenario = json!({"pattern": pattern, "working_set_kib": 65_536,
                "stride_bytes": 4_096, "walk_cycles": 100, "overlap_walks": overlap});
            run(&scenario).metric("access_cycles_mean").unwrap()
        };
        assert!((with("strided", 1) - 104.0).abs() < 1e-9);
        assert!((with("strided", 4) - 29.0).abs() < 1e-9);
        assert!((with("pointer_chase", 4) - 104.0).abs() < 1e-9);
    }

    #[test]
    fn entries_that_do_not_make_whole_sets_are_refused() {
        let told = |scenario: Value| {
            let entry = engine("memory/tlb_reach").unwrap();
            entry.run(&scenario, Mode::MetricsOnly).unwrap_err().to_string()
        };
        assert_eq!(
            told(json!({"entries": 10, "ways": 4, "l2_entries": 1_536})),
            "/ways: 10 entries cannot be cut into sets of 4\n\
             /l2_ways: one set of 1536 entries is too large: give up to 512 ways"
        );
    }

    fn random(rng: &mut Rng) -> Value {
        let patterns = ["sequential", "strided", "random", "pointer_chase"];
        let stride = [8, 64, 700, 4_096, 10_000][rng.below(5) as usize];
        let pattern = patterns[rng.below(4) as usize];
        json!({
            "pattern": pattern,
            "working_set_kib": rng.between(4, 600),
            "stride_bytes": stride,
            "accesses": rng.between(1, 900),
            "seed": rng.below(100),
        })
    }

    #[test]
    fn more_entries_of_one_set_and_more_ways_of_each_set_never_hit_less() {
        let mut rng = Rng::new(12);
        for _ in 0..60 {
            let mut scenario = random(&mut rng);
            let n_sets = [1, 1, 3, 8][rng.below(4) as usize];
            let mut least = 0.0;
            for ways in 1..24_u32 {
                scenario["entries"] = json!(n_sets * ways);
                scenario["ways"] = json!(ways);
                let n_hits = run(&scenario).metric("n_hits").unwrap();
                assert!(least <= n_hits, "{scenario}");
                least = n_hits;
            }
        }
    }

    #[test]
    fn hits_are_those_of_a_plain_list_of_recent_pages() {
        let mut rng = Rng::new(5);
        for _ in 0..60 {
            let mut scenario = random(&mut rng);
            scenario["entries"] = json!(7);
            let settings = super::settings(&read(&scenario)).unwrap();
            let pages: Vec<u64> = super::super::reach::run::addresses(&settings)
                .take(settings.n_accesses as usize)
                .map(|it| it >> 12)
                .collect();
            // A page is a hit if fewer than 7 other pages came since it was last used.
            let plain = |at: &usize| {
                let before = pages[..*at].iter().rposition(|it| *it == pages[*at]);
                before.is_some_and(|before| {
                    let mut between = pages[before + 1..*at].to_vec();
                    between.sort_unstable();
                    between.dedup();
                    between.len() < 7
                })
            };
            let expected = (0..pages.len()).filter(plain).count();
            assert_eq!(run(&scenario).metric("n_hits"), Some(expected as f64), "{scenario}");
            let mut distinct = pages.clone();
            distinct.sort_unstable();
            distinct.dedup();
            assert_eq!(run(&scenario).metric("n_pages"), Some(distinct.len() as f64));
        }
    }

    fn read(scenario: &Value) -> super::Scenario {
        let checked = crate::form::check(engine("memory/tlb_reach").unwrap().form, scenario);
        crate::engine::typed(&checked.unwrap()).unwrap()
    }

    #[test]
    fn a_chase_meets_every_node_once_before_it_meets_one_twice() {
        for nodes in [1, 2, 3, 16, 100, 257] {
            let scenario = json!({"pattern": "pointer_chase", "working_set_kib": 4 * nodes});
            let settings = super::settings(&read(&scenario)).unwrap();
            let all: Vec<u64> =
                super::super::reach::run::addresses(&settings).take(2 * nodes as usize).collect();
            let mut once = all[..nodes as usize].to_vec();
            once.sort_unstable();
            assert_eq!(once, (0..nodes).map(|it| it * 4_096).collect::<Vec<u64>>());
            assert_eq!(all[..nodes as usize], all[nodes as usize..]);
        }
    }
}
