//! What a search must find, whatever way it goes.

use super::cycles::Cycles;
use super::walk::Walk;
use super::{Exploration, MapEnd, SearchOptions, Searching, Stage, Typed, Verdict, search_value};
use crate::engine::typed;
use crate::form::check;
use crate::machine::Machine;
use crate::sync::Program;
use crate::{Mode, Rng, engine};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const STATES_MAX: u32 = 300_000;

fn loaded(scenario: &Value) -> <Program as Machine>::Program {
    let checked = check(Program::FORM, scenario).unwrap();
    Program::load(&typed(&checked).unwrap()).unwrap_or_else(|it| panic!("{it}\n{scenario}"))
}

fn to_the_end(search: &mut Typed<Program>, n_states: u32) -> Exploration {
    for _ in 0..10_000_000 {
        if search.progress().done {
            break;
        }
        search.advance(n_states);
    }
    assert!(search.progress().done);
    search.finish()
}

fn explored(scenario: &Value, reduce: bool, reduce_after: u32, slice: u32) -> Exploration {
    let options = SearchOptions { states_max: STATES_MAX, reduce, after_picks: false };
    let program = loaded(scenario);
    let start = Program::start(&program);
    let mut search = Typed::<Program>::new(program, start, options, reduce_after);
    to_the_end(&mut search, slice)
}

/// A program of two or three threads with a bit of everything.
fn random_program(rng: &mut Rng) -> String {
    let statements = [
        "x++;",
        "y = x;",
        "x = 2;",
        "if (x == 0) { y = 1; } else x = 0;",
        "lock(m); x++; unlock(m);",
        "fetch_add(y, 1);",
        "int r = x; y = r + r * 2;",
        "yield();",
        "a[self] = x;",
        "wait(s);",
        "post(s);",
        "critical { x = y; }",
        "lock(m); if (y == 0) cond_wait(c, m); unlock(m);",
        "lock(m); y = 1; signal(c); unlock(m);",
        "for (int i = 0; i < 2; i++) { a[i] = i; }",
        "assert(y < 3);",
        "fence();",
        "while (x == 1) { }",
        "while (trylock(m) == 0) { } y = 2; unlock(m);",
        "int k = 3; while (0 < k) { k--; }",
        "int n = z; a[1] = n;",
        "while (z == 0) { yield(); }",
        "z = 1;",
        "futex_wait(x, 0);",
        "x = 1; futex_wake(x, 1);",
        "int t = self * 2; if (t == 2 && x == 0) y = t;",
    ];
    let mut source =
        "int x, y, z, a[3]; mutex m; semaphore s = 1; condition c; observe x, y;\n".to_owned();
    for name in &["A", "B", "C"][..rng.between(2, 3) as usize] {
        let mut picked: Vec<usize> = Vec::new();
        for _ in 0..rng.between(1, 3) {
            let pick = rng.below(statements.len() as u64) as usize;
            // A local may be declared once.
            if !picked.contains(&pick) {
                picked.push(pick);
            }
        }
        let body: Vec<&str> = picked.into_iter().map(|it| statements[it]).collect();
        source.push_str(&format!("thread {name} {{ {} }}\n", body.join(" ")));
    }
    source
}

fn random_scenario(rng: &mut Rng) -> Value {
    let memory = if rng.below(3) == 0 { "tso" } else { "sc" };
    let races = memory == "sc" && rng.below(4) == 0;
    json!({ "source": random_program(rng), "memory": memory, "races": races,
        "spurious": rng.below(6) == 0 })
}

/// Whether a walk finds a broken law, its livelock, and its outcomes if it finds neither.
fn walked(scenario: &Value, reduced: bool) -> Option<(bool, bool, u32, BTreeMap<String, u32>)> {
    let program = loaded(scenario);
    let mut walk = Walk::<Program>::new(&Program::start(&program), STATES_MAX, reduced);
    walk.advance(&program, u32::MAX);
    if !walk.complete() {
        return None;
    }
    let broken = !walk.broken.is_empty();
    let mut cycles = Cycles::new(walk.n_states());
    while !broken && !cycles.ended() {
        cycles.advance(&program, &walk, 1_000);
    }
    let outcomes = match broken {
        true => BTreeMap::new(),
        false => walk.outcomes.iter().map(|(label, it)| (label.clone(), it.0)).collect(),
    };
    Some((broken, cycles.found(), walk.n_states(), outcomes))
}

#[test]
fn a_reduced_walk_agrees_with_the_full_one_on_random_programs() {
    let mut rng = Rng::new(2_026);
    let (mut all, mut fewer, mut n_held, mut n_locked) = (0, 0, 0, 0);
    for _ in 0..700 {
        let scenario = random_scenario(&mut rng);
        let (Some(full), Some(reduced)) = (walked(&scenario, false), walked(&scenario, true))
        else {
            continue;
        };
        assert_eq!((full.0, full.1), (reduced.0, reduced.1), "{scenario}");
        assert_eq!(full.3, reduced.3, "{scenario}");
        assert!(reduced.2 <= full.2);
        all += full.2;
        fewer += reduced.2;
        n_held += u32::from(!full.0 && !full.1);
        n_locked += u32::from(full.1);
    }
    assert!(100 < n_held && 10 < n_locked, "{n_held} hold, {n_locked} livelocks");
    assert!(u64::from(fewer) * 10 < u64::from(all) * 9, "{fewer} of {all} states");
}

#[test]
fn slices_and_reduction_change_no_answer() {
    let mut rng = Rng::new(77);
    for _ in 0..150 {
        let scenario = random_scenario(&mut rng);
        let once = explored(&scenario, false, 0, u32::MAX);
        let slices = explored(&scenario, false, 0, 1 + u32::try_from(rng.below(40)).unwrap());
        assert_eq!(once, slices, "{scenario}");
        let reduced = explored(&scenario, true, u32::try_from(rng.below(20)).unwrap(), 7);
        assert_eq!(once.verdict, reduced.verdict, "{scenario}");
        if reduced.reduced {
            let labels = |it: &Exploration| -> Vec<(String, u32)> {
                it.outcomes.iter().map(|it| (it.label.clone(), it.n_states)).collect()
            };
            assert_eq!(labels(&once), labels(&reduced), "{scenario}");
        } else {
            assert_eq!(once, reduced, "{scenario}");
        }
    }
}

/// All schedules by brute force, by how they end; `None` if there are too many.
fn counted(program: &<Program as Machine>::Program, n_max: u64) -> Option<BTreeMap<String, u64>> {
    let mut open = vec![Program::start(program)];
    let mut ends = BTreeMap::new();
    let mut n = 0;
    while let Some(state) = open.pop() {
        n += 1;
        if n_max < n {
            return None;
        }
        let n_choices = Program::n_choices(program, &state);
        let law = Program::broken(program, &state);
        if let Some(end) = law
            .map(str::to_owned)
            .or_else(|| (n_choices == 0).then(|| Program::outcome(program, &state)))
        {
            *ends.entry(end).or_default() += 1;
            continue;
        }
        for pick in 0..n_choices {
            let mut next = state.clone();
            Program::step(program, &mut next, pick);
            open.push(next);
        }
    }
    Some(ends)
}

#[test]
fn schedules_are_counted_as_brute_force_counts_them() {
    let mut rng = Rng::new(5);
    let mut n_checked = 0;
    for _ in 0..200 {
        let scenario = random_scenario(&mut rng);
        let found = explored(&scenario, false, 0, u32::MAX);
        let Some(ends) = counted(&loaded(&scenario), 20_000) else { continue };
        n_checked += 1;
        assert_eq!(found.n_schedules, Some(ends.values().sum()), "{scenario}");
        for outcome in &found.outcomes {
            assert_eq!(outcome.n_schedules, ends.get(&outcome.label).copied(), "{scenario}");
        }
        for law in &found.laws {
            assert_eq!(law.n_schedules, ends.get(law.law).copied(), "{scenario}");
        }
    }
    assert!(30 < n_checked, "{n_checked}");
    let counter = json!({ "source": "int counter; thread A, B { counter++; }" });
    let found = explored(&counter, true, 20_000, u32::MAX);
    let shares: Vec<Option<u64>> = found.outcomes.iter().map(|it| it.n_schedules).collect();
    assert_eq!((found.n_schedules, shares), (Some(20), vec![Some(18), Some(2)]));
}

#[test]
fn the_map_of_two_increments_ends_in_two_nodes() {
    let counter = json!({ "source": "int counter; thread A, B { counter++; }" });
    let map = explored(&counter, true, 20_000, u32::MAX).map.unwrap();
    let ends: Vec<&MapEnd> = map.nodes.iter().filter_map(|it| it.end.as_ref()).collect();
    let outcome = |it: &str| MapEnd::Outcome(it.to_owned());
    assert_eq!(ends, [&outcome("counter = 2"), &outcome("counter = 1")]);
    assert_eq!(map.edges.len(), 28);
    assert_eq!(map.nodes.iter().map(|it| it.n_states).sum::<u32>(), 21);
    assert_eq!(map.nodes[0].reaches.len(), 2);
    assert_eq!((map.edges[0].label.as_str(), map.edges[0].actor), ("A: load counter", Some(0)));
    for node in &map.nodes {
        assert_eq!(node.depth as usize, node.picks.len());
    }
    // Once A has added after B has stored, only one end is left.
    assert!(map.nodes.iter().any(|it| it.reaches.len() == 1 && it.end.is_none()));
}

#[test]
fn a_livelock_goes_round_and_comes_back() {
    let hallway = json!({ "source": "int at[2]; thread A, B {
        while (at[self] == at[1 - self]) { at[self] = 1 - at[self]; } }", "then": "stop" });
    let found = explored(&hallway, true, 20_000, u32::MAX);
    let Verdict::Broken { law, picks } = &found.verdict else { panic!("{found:?}") };
    assert_eq!(*law, "livelock");
    let mut played = hallway.clone();
    played["picks"] = json!(picks);
    let run = engine("sync/program").unwrap().run(&played, Mode::Frames).unwrap();
    let last = run.len() - 1;
    let first = last - found.n_round as usize;
    let panels = |at: usize| {
        let mut scene = run.scene(at);
        // Everything but the colours of who moved last and the schedule.
        scene.panels.retain(|it| ["memory", "registers"].contains(&it.slug));
        scene.to_text().replace(" (running)", "")
    };
    assert_eq!(panels(first), panels(last));
    let steps = (first + 1..=last).filter_map(|at| run.step(at).unwrap().say.chars().next());
    let who: std::collections::BTreeSet<char> = steps.collect();
    assert!(who.contains(&'A') && who.contains(&'B'));
}

#[test]
fn waiting_for_one_who_may_still_step_is_no_livelock() {
    for source in [
        "int go; thread A { while (go == 0) { } } thread B { go = 1; }",
        "int l; thread A, B { while (exchange(l, 1)) { } store(l, 0); }",
        "mutex m; thread A, B { while (trylock(m) == 0) { } unlock(m); }",
        "int x; thread A, B { while (1) { x = 1 - x; } }",
        "int l, x; thread A, B { while (1) { while (exchange(l, 1)) { } critical { x = self; } store(l, 0); } }",
    ] {
        for memory in ["sc", "tso"] {
            let found = explored(&json!({ "source": source, "memory": memory }), false, 0, 500);
            assert_eq!(found.verdict, Verdict::Holds, "{source}");
        }
    }
    let stuck = "int go; thread A { while (go == 0) { } } thread B { int r = go; }";
    let found = explored(&json!({ "source": stuck }), false, 0, 500);
    let Verdict::Broken { law, .. } = found.verdict else { panic!("{stuck}") };
    assert_eq!(law, "livelock");
}

#[test]
fn a_search_tells_how_far_it_is_and_what_it_knows() {
    let counters =
        json!({ "source": "int c; thread A, B, C { for (int i = 0; i < 3; i++) c++; }" });
    let options = SearchOptions { states_max: 200_000, reduce: true, after_picks: false };
    let mut search = search_value::<Program>(&counters, options).unwrap();
    assert_eq!(search.progress().stage, Stage::All);
    let progress = search.advance(100);
    assert!(!progress.done && 0 < progress.n_open && 100 < progress.n_states);
    assert_eq!(search.finish().verdict, Verdict::Unknown);
    let mut stages = Vec::new();
    while !search.progress().done {
        let stage = search.advance(1_000).stage;
        if stages.last() != Some(&stage) {
            stages.push(stage);
        }
    }
    let found = search.finish();
    assert_eq!(found.verdict, Verdict::Holds);
    assert_eq!(stages, [Stage::All, Stage::Reduced, Stage::Cycles]);
    assert!(found.reduced && found.complete && found.map.is_none());
    let labels: Vec<&str> = found.outcomes.iter().map(|it| it.label.as_str()).collect();
    assert_eq!(labels, ["c = 2", "c = 3", "c = 4", "c = 5", "c = 6", "c = 7", "c = 8", "c = 9"]);
    let options = SearchOptions { states_max: 500, reduce: true, after_picks: false };
    let mut search = search_value::<Program>(&counters, options).unwrap();
    while !search.advance(100).done {}
    assert_eq!((search.finish().verdict, search.finish().complete), (Verdict::Unknown, false));
}

#[test]
fn a_search_after_picks_finds_what_is_left_of_the_shortest_schedule() {
    let whole = json!({ "source": "int c; thread A, B { c++; }" });
    let search = |picks: &[u32], states_max: u32| {
        let mut scenario = whole.clone();
        scenario["picks"] = json!(picks);
        let options = SearchOptions { states_max, reduce: false, after_picks: true };
        let mut search = search_value::<Program>(&scenario, options)?;
        while !search.advance(u32::MAX).done {}
        Ok::<_, crate::ScenarioError>(search.finish())
    };
    let left = |picks: &[u32], label: &str| {
        let found = search(picks, 1_000).unwrap();
        found.outcomes.into_iter().find(|it| it.label == label).map(|it| it.picks.len())
    };
    assert_eq!(left(&[], "c = 1"), Some(6));
    assert_eq!(left(&[0, 1], "c = 1"), Some(4));
    // A has stored before B loads: no update can be lost any more.
    assert_eq!(left(&[0, 0, 0], "c = 1"), None);
    assert_eq!(left(&[0, 1, 0, 0, 0, 0], "c = 1"), Some(0));
    // One state more than the limit is enough to know the end of a run.
    assert_eq!(search(&[0, 1, 0, 0, 0, 0], 2).unwrap().outcomes[0].label, "c = 1");
    let told = search(&[0, 5], 1_000).unwrap_err().to_string();
    assert!(told.starts_with("/picks/1: 5 is outside"), "{told}");
}
