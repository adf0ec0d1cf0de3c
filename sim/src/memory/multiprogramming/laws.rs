//! What the model of several processes keeps, and the curve that it is for.

use super::process::{Phase, Process, Program};
use super::run::simulate;
use super::state::{Control, Scenario, Scope, State};
use crate::engine::{Log, Mode};
use crate::{Rng, engine};
use serde_json::json;
use std::collections::BTreeSet;

fn scenario(processes: u16, control: Control) -> Scenario {
    Scenario {
        processes,
        frames: 40,
        pages: 40,
        locality_pages: 8,
        phase_references: 400,
        compute_references: 60,
        io_ticks: 200,
        service_ticks: 20,
        quantum_ticks: 30,
        replacement: Scope::Global,
        control,
        window_references: 60,
        fault_gap_references: 40,
        horizon_ticks: 20_000,
        seed: 1,
    }
}

fn metrics(scenario: &Scenario, keys: &[&str]) -> Vec<f64> {
    let mut text = json!({
        "processes": scenario.processes, "frames": scenario.frames, "pages": scenario.pages,
        "locality_pages": scenario.locality_pages, "io_ticks": scenario.io_ticks,
        "phase_references": scenario.phase_references, "horizon_ticks": scenario.horizon_ticks,
        "window_references": scenario.window_references, "seed": scenario.seed,
        "service_ticks": scenario.service_ticks, "quantum_ticks": scenario.quantum_ticks,
    });
    text["control"] = json!(match scenario.control {
        Control::None => "none",
        Control::WorkingSet => "working_set",
        Control::PageFaultFrequency => "page_fault_frequency",
    });
    let run = engine("memory/thrashing").unwrap().run(&text, Mode::MetricsOnly).unwrap();
    keys.iter().map(|key| run.metric(key).unwrap_or_else(|| panic!("no {key}"))).collect()
}

fn random(rng: &mut Rng) -> Scenario {
    let controls = [Control::None, Control::WorkingSet, Control::PageFaultFrequency];
    let processes = rng.between(1, 7);
    let mut between = |min, max| u32::try_from(rng.between(min, max)).unwrap();
    let (pages, locality_pages) = (between(1, 12), between(1, 14));
    Scenario {
        processes: u16::try_from(processes).unwrap(),
        frames: between(processes, 30),
        pages,
        locality_pages: locality_pages.min(pages),
        phase_references: u64::from(between(1, 80)),
        compute_references: u64::from(between(1, 40)),
        io_ticks: u64::from(between(0, 40)),
        service_ticks: u64::from(between(1, 30)),
        quantum_ticks: u64::from(between(1, 20)),
        replacement: [Scope::Global, Scope::Local][between(0, 1) as usize],
        control: controls[between(0, 2) as usize],
        window_references: between(1, 40),
        fault_gap_references: u64::from(between(1, 40)),
        horizon_ticks: 400,
        seed: u64::from(between(0, 1_000)),
    }
}

/// Every snapshot of a run.
fn states(scenario: &Scenario, mut law: impl FnMut(&str, &State)) {
    let mut log = Log::new(Mode::Frames);
    simulate(scenario, &mut log).unwrap();
    for frame in log.frames() {
        law(frame.step.tag, &frame.state);
    }
}

#[test]
fn frames_pages_and_processes_are_each_in_one_place() {
    let mut rng = Rng::new(1);
    for _ in 0..150 {
        let scenario = random(&mut rng);
        states(&scenario, |_, state| {
            let held: Vec<_> = state.frames.iter().flatten().collect();
            let pages: BTreeSet<_> = held.iter().map(|it| (it.owner, it.page)).collect();
            assert_eq!(pages.len(), held.len(), "{scenario:?}");
            for (idx, process) in (0..).zip(&state.processes) {
                let own = held.iter().filter(|it| it.owner == idx);
                assert_eq!(own.clone().count(), process.n_resident as usize);
                let loading = own.filter(|it| it.loading).count();
                assert_eq!(loading, usize::from(process.phase == Phase::Paging));
                let places = [
                    (state.cpu == Some(idx), Phase::Running),
                    (state.ready.contains(&idx), Phase::Ready),
                    (state.disk.contains(&idx), Phase::Paging),
                ];
                for (is_there, phase) in places {
                    assert_eq!(is_there, process.phase == phase, "{scenario:?} {idx}");
                }
                assert!(process.n_working <= scenario.window_references);
            }
            assert!(state.processes.iter().any(|it| it.phase != Phase::Suspended));
            let done: u64 = state.processes.iter().map(|it| it.n_references).sum();
            assert_eq!(done, state.tally.busy_ticks);
        });
    }
}

#[test]
fn under_control_the_working_sets_of_those_let_in_fit() {
    let mut rng = Rng::new(2);
    for _ in 0..100 {
        let scenario = Scenario { control: Control::WorkingSet, ..random(&mut rng) };
        states(&scenario, |tag, state| {
            let active = state.processes.iter().filter(|it| it.phase != Phase::Suspended);
            let total: u32 = active.clone().map(|it| it.n_working).sum();
            let may_be_more = tag != "fault" || active.count() == 1;
            // A process that waits for the disk cannot be suspended.
            let paging = state.processes.iter().filter(|it| it.phase == Phase::Paging).count();
            assert!(may_be_more || total <= scenario.frames || 1 < paging, "{scenario:?}");
        });
    }
}

#[test]
fn a_working_set_is_the_pages_of_the_window() {
    let mut rng = Rng::new(3);
    for _ in 0..40 {
        let pages = u32::try_from(rng.between(1, 20)).unwrap();
        let program = Program {
            pages,
            locality_pages: pages.min(5),
            phase_references: rng.between(1, 30),
            window_references: u32::try_from(rng.between(1, 25)).unwrap(),
        };
        let mut process = Process::new(program, 3, 5, rng.below(99));
        let mut string = Vec::new();
        for _ in 0..100 {
            string.push(process.wants());
            assert_eq!(process.wants(), *string.last().unwrap());
            process.used();
            let window = program.window_references as usize;
            let recent = &string[string.len().saturating_sub(window)..];
            let set: BTreeSet<u32> = recent.iter().copied().collect();
            assert_eq!(process.n_working as usize, set.len());
            assert!((0..pages).all(|it| process.works_on(it) == set.contains(&it)));
        }
    }
}

#[test]
fn one_process_faults_as_lru_does_on_the_same_string() {
    for seed in 0..20 {
        let mut one = scenario(1, Control::None);
        (one.seed, one.frames, one.io_ticks, one.horizon_ticks) = (seed, 6, 0, 2_000);
        let got = metrics(&one, &["n_references", "n_faults"]);
        let program = Program {
            pages: one.pages,
            locality_pages: one.locality_pages,
            phase_references: one.phase_references,
            window_references: one.window_references,
        };
        let mut process = Process::new(program, 0, 1, seed);
        let mut string = String::new();
        for _ in 0..got[0] as u64 {
            string += &format!("{} ", process.wants());
            process.used();
        }
        // The last fault may not have been served in time.
        let run = |string: &str| {
            let scenario = json!({"frames": 6, "references": string});
            let run = engine("memory/lru").unwrap().run(&scenario, Mode::MetricsOnly).unwrap();
            run.metric("n_faults").unwrap()
        };
        let last = format!("{string}{}", process.wants());
        assert!([run(&string), run(&last)].contains(&got[1]), "{seed}: {got:?}");
    }
}

#[test]
fn utilisation_rises_with_the_processes_and_falls_past_the_knee() {
    let used = |n, control| metrics(&scenario(n, control), &["cpu_utilisation"])[0];
    let curve: Vec<f64> = (1..=10).map(|n| used(n, Control::None)).collect();
    // Five localities of eight pages fill the forty frames.
    assert!(curve[..5].is_sorted(), "{curve:?}");
    assert!(curve[4..].is_sorted_by(|a, b| b <= a), "{curve:?}");
    assert!(0.7 < curve[4] && curve[7] < 0.3 && curve[9] < 0.15, "{curve:?}");
    for control in [Control::WorkingSet, Control::PageFaultFrequency] {
        assert!(3.0 * curve[9] < used(10, control), "{control:?}");
    }
    assert!(0.6 < used(10, Control::WorkingSet));
}

#[test]
fn a_fault_lives_longer_than_its_service_before_the_knee_and_shorter_after() {
    let keys = ["lifetime_references_mean", "service_ticks", "disk_utilisation"];
    let before = metrics(&scenario(4, Control::None), &keys);
    let after = metrics(&scenario(7, Control::None), &keys);
    assert!(before[1] < before[0] && before[2] < 0.5, "{before:?}");
    assert!(after[0] < after[1] && 0.95 < after[2], "{after:?}");
}
