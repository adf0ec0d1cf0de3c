//! What every replacement policy keeps, over random strings and settings.

use super::oracle::{Outcome, outcome, settings, string, written};
use crate::scene::Panel;
use crate::{Mode, Rng, Run, engine};
use serde_json::{Value, json};

/// Every policy on the kernel.
const POLICIES: [&str; 10] = [
    "memory/fifo",
    "memory/opt",
    "memory/lru",
    "memory/clock",
    "memory/nru",
    "memory/aging",
    "memory/lfu",
    "memory/mru",
    "memory/random",
    "memory/two_queue",
];

pub(super) fn run(id: &str, scenario: &Value, mode: Mode) -> Run {
    let found = engine(id).unwrap().run(scenario, mode);
    found.unwrap_or_else(|error| panic!("{id} {scenario}: {error}"))
}

pub(super) fn metric(run: &Run, key: &str) -> u32 {
    let value = run.metric(key).unwrap_or_else(|| panic!("no {key}"));
    assert!(value.fract() == 0.0 && 0.0 <= value, "{key} is {value}");
    value as u32
}

pub(super) fn frames(run: &Run) -> Vec<u32> {
    let all = run.metrics.iter().filter(|it| it.key.starts_with("final_page."));
    all.map(|it| it.value as u32).collect()
}

fn scenario(settings: &Value, pages: &[(u32, bool)]) -> Value {
    let mut scenario = settings.clone();
    scenario["references"] = json!(written(pages));
    scenario
}

fn faults(id: &str, settings: &Value, pages: &[(u32, bool)]) -> u32 {
    metric(&run(id, &scenario(settings, pages), Mode::MetricsOnly), "n_faults")
}

/// Calls `law` with every policy, random settings and random strings.
fn for_all(seed: u64, n_rounds: u32, mut law: impl FnMut(&str, &Value, &[(u32, bool)])) {
    let mut rng = Rng::new(seed);
    for _ in 0..n_rounds {
        let (n, n_pages, n_frames) = (rng.between(1, 60), rng.between(1, 14), rng.between(1, 9));
        let pages = string(&mut rng, n, n_pages);
        for id in POLICIES {
            law(id, &settings(id, n_frames, &mut rng), &pages);
        }
    }
}

#[test]
fn every_policy_agrees_with_its_oracle() {
    for_all(1, 300, |id, settings, pages| {
        let run = run(id, &scenario(settings, pages), Mode::MetricsOnly);
        let ours = Outcome {
            n_faults: metric(&run, "n_faults"),
            n_writebacks: metric(&run, "n_writebacks"),
            frames: frames(&run),
        };
        assert_eq!(ours, outcome(id, settings, pages), "{id} {settings} {}", written(pages));
    });
}

#[test]
fn hits_and_faults_are_the_references_and_no_page_is_in_two_frames() {
    for_all(2, 60, |id, settings, pages| {
        let run = run(id, &scenario(settings, pages), Mode::Frames);
        let (n_hits, n_faults) = (metric(&run, "n_hits"), metric(&run, "n_faults"));
        assert_eq!(n_hits + n_faults, pages.len() as u32, "{id}");
        let mut held = frames(&run);
        assert!(held.len() <= settings["frames"].as_u64().unwrap() as usize, "{id}");
        held.sort_unstable();
        held.dedup();
        assert_eq!(held.len(), frames(&run).len(), "{id}");
        assert_eq!(metric(&run, "n_evictions") + held.len() as u32, n_faults, "{id}");
        assert!(metric(&run, "n_pages") <= n_faults, "{id}");
    });
}

#[test]
fn the_timeline_shows_every_reference_and_what_was_in_memory() {
    for_all(3, 20, |id, settings, pages| {
        let run = run(id, &scenario(settings, pages), Mode::Frames);
        let scene = run.scene(usize::MAX);
        let Some(Panel::Gantt(gantt)) = scene.panel("timeline") else { panic!("{id}") };
        let n_faults = gantt.lanes[1].spans.iter().filter(|it| it.mark.label == "fault").count();
        assert_eq!(gantt.lanes[0].spans.len(), pages.len(), "{id}");
        assert_eq!(n_faults, metric(&run, "n_faults") as usize, "{id}");
        for (at, (page, _)) in (0..).zip(pages) {
            // Every page that is referenced is in a frame in its column.
            let holds = |it: &crate::scene::Span| it.start <= at && at < it.end;
            let stay = gantt.lanes[2..].iter().flat_map(|it| &it.spans).find(|it| {
                holds(it) && it.mark.label == format!("p{page}") && it.mark.key.starts_with("stay")
            });
            assert!(stay.is_some(), "{id}: {page} at {at}");
        }
    });
}

#[test]
fn each_question_is_answered_by_the_page_that_goes() {
    for_all(4, 30, |id, settings, pages| {
        let run = run(id, &scenario(settings, pages), Mode::Frames);
        let mut answer = None;
        for at in 0..run.len() {
            let step = run.step(at).unwrap();
            if let Some(ask) = &step.ask {
                answer = Some(ask.options[ask.answer as usize].clone());
            }
            if step.tag == "replace" && 1 < settings["frames"].as_u64().unwrap() {
                let gone = step.say.split(' ').nth(1).unwrap().to_owned();
                if settings["frames"].as_u64().unwrap() <= 8 {
                    assert_eq!(answer.take(), Some(gone), "{id} {settings} {}", written(pages));
                }
            }
        }
    });
}

#[test]
fn no_policy_has_fewer_faults_than_opt() {
    for_all(5, 200, |id, settings, pages| {
        let opt = faults("memory/opt", &json!({"frames": settings["frames"]}), pages);
        let own = faults(id, settings, pages);
        assert!(opt <= own, "{id} {settings} {}: {own} < {opt}", written(pages));
    });
}

/// Fewest faults over all choices of victims.
fn fewest(pages: &[(u32, bool)], held: &mut Vec<u32>, n_frames: usize) -> u32 {
    let Some(((page, _), rest)) = pages.split_first() else { return 0 };
    if held.contains(page) {
        return fewest(rest, held, n_frames);
    }
    if held.len() < n_frames {
        held.push(*page);
        let n = 1 + fewest(rest, held, n_frames);
        held.pop();
        return n;
    }
    let mut least = u32::MAX;
    for frame in 0..n_frames {
        let victim = std::mem::replace(&mut held[frame], *page);
        least = least.min(1 + fewest(rest, held, n_frames));
        held[frame] = victim;
    }
    least
}

#[test]
fn opt_has_the_fewest_faults_that_any_choice_can_have() {
    let mut rng = Rng::new(6);
    for _ in 0..300 {
        let (n_frames, n_pages) = (rng.between(1, 3), rng.between(1, 6));
        let n = rng.between(1, 12);
        let pages = string(&mut rng, n, n_pages);
        let settings = settings("memory/opt", n_frames, &mut rng);
        let best = fewest(&pages, &mut Vec::new(), n_frames as usize);
        assert_eq!(faults("memory/opt", &settings, &pages), best, "{}", written(&pages));
    }
}

#[test]
fn more_frames_never_hurt_lru_and_opt_and_what_few_hold_many_hold() {
    let mut rng = Rng::new(7);
    for _ in 0..80 {
        let n = rng.between(1, 60);
        let pages = string(&mut rng, n, 9);
        for id in ["memory/lru", "memory/opt"] {
            let mut before: Option<(u32, Vec<u32>)> = None;
            for n_frames in 1..=10 {
                let scenario = scenario(&json!({"frames": n_frames}), &pages);
                let run = run(id, &scenario, Mode::MetricsOnly);
                let (n_faults, held) = (metric(&run, "n_faults"), frames(&run));
                if let Some((more, fewer)) = before {
                    assert!(n_faults <= more, "{id} {n_frames} {}", written(&pages));
                    // With pages that never come again, OPT may keep any of them.
                    let kept = fewer.iter().all(|it| held.contains(it));
                    assert!(kept || id == "memory/opt", "{id} {n_frames} {}", written(&pages));
                }
                before = Some((n_faults, held));
            }
        }
    }
}

#[test]
fn writes_are_written_back_once_for_each_stay_in_which_they_came() {
    let run = run(
        "memory/fifo",
        &json!({"frames": 1, "references": "1w 1w 2 1 2w 3 3w"}),
        Mode::MetricsOnly,
    );
    assert_eq!(metric(&run, "n_writebacks"), 2);
}

#[test]
fn a_hundred_thousand_references_take_few_steps_under_every_policy() {
    for id in POLICIES {
        for pattern in ["random", "loop"] {
            let scenario = json!({"frames": 256, "pattern": pattern, "n_references": 100_000,
                "pages": 300, "write_percent": 30});
            let mut run = engine(id).unwrap().run(&scenario, Mode::MetricsOnly).unwrap();
            assert!(run.n_steps < 700_000, "{id} {pattern}: {}", run.n_steps);
            run.metrics.clear();
        }
    }
}
