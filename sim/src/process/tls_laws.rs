//! Laws of thread-local storage: no overlap, alignment, one offset for all, and copies of one's own.

use super::tls::Row;
use super::tls_layout::{Layout, align, control_block};
use crate::{Mode, Rng, Run, engine};
use serde_json::json;

fn run(scenario: &serde_json::Value) -> Run {
    engine("process/tls").unwrap().run(scenario, Mode::Frames).unwrap()
}

fn random(rng: &mut Rng) -> Vec<Row> {
    (0..rng.between(1, 8))
        .map(|at| Row {
            name: format!("v{at}"),
            bytes: rng.between(1, 64),
            start: (rng.below(2) == 0).then(|| i64::try_from(rng.below(100)).unwrap()),
        })
        .collect()
}

#[test]
fn variables_do_not_overlap_and_are_aligned_in_every_copy() {
    let mut rng = Rng::new(91);
    for _ in 0..500 {
        let layout = Layout::of(&random(&mut rng));
        // Threads' copies and control blocks, as lists of stretches.
        let mut taken: Vec<(u64, u64)> = Vec::new();
        for thread in 0..5 {
            let base = control_block(thread);
            assert!(base.is_multiple_of(64));
            taken.push((base, base + 704));
            for var in &layout.vars {
                let start = base - var.below;
                assert!(start.is_multiple_of(align(var.bytes)), "{layout:?}");
                assert!(var.bytes <= var.below && var.below <= layout.bytes);
                taken.push((start, start + var.bytes));
            }
        }
        taken.sort_unstable();
        assert!(taken.windows(2).all(|it| it[0].1 <= it[1].0), "{layout:?}");
        // What has a start value lies below what has none.
        let ends = |with: bool| layout.vars.iter().filter(move |it| it.start.is_some() == with);
        let data_end = ends(true).map(|it| layout.bytes - it.below + it.bytes).max();
        let bss_start = ends(false).map(|it| layout.bytes - it.below).min();
        if let (Some(data), Some(bss)) = (data_end, bss_start) {
            assert!(data <= bss && data == layout.data_bytes);
        }
    }
}

/// What the lesson's program shows in a debugger: an int alone lies 4 bytes below the FS base, and
/// errata 003-07: never at fs:0x10.
#[test]
fn an_int_alone_lies_four_bytes_below_the_base() {
    let scenario = json!({"variables": [{"name": "calls"}], "script": "get calls"});
    let run = run(&scenario);
    assert_eq!(run.metric("offset_bytes.calls"), Some(-4.0));
    assert!(run.scene(usize::MAX).to_text().contains("%fs:0xfffffffffffffffc"));
    assert!(run.step(1).unwrap().say.contains("fs:−4"));
}

#[test]
fn every_read_gives_what_the_same_thread_has_set_last() {
    let mut rng = Rng::new(92);
    for _ in 0..200 {
        let mut script = "create\ncreate\n".to_owned();
        let mut values = [[0_u64, 5]; 3];
        let mut running = 0;
        let mut wanted = Vec::new();
        for _ in 0..30 {
            let var = usize::try_from(rng.below(2)).unwrap();
            let name = ["a", "b"][var];
            match rng.below(3) {
                0 => {
                    running = usize::try_from(rng.below(3)).unwrap();
                    script += &format!("run T{}\n", running + 1);
                }
                1 => {
                    values[running][var] = rng.below(50);
                    script += &format!("set {name} {}\n", values[running][var]);
                }
                _ => {
                    wanted.push(format!("and gets {},", values[running][var]));
                    script += &format!("get {name}\n");
                }
            }
        }
        let variables = json!([{"name": "a"}, {"name": "b", "bytes": 8, "start": 5}]);
        let run = run(&json!({"variables": variables, "script": script}));
        let says: Vec<String> = (0..run.len())
            .map(|it| run.step(it).unwrap())
            .filter(|it| it.tag == "get")
            .map(|it| it.say.clone())
            .collect();
        assert_eq!(says.len(), wanted.len());
        assert!(says.iter().zip(&wanted).all(|(say, want)| say.contains(want)), "{script}");
    }
}

#[test]
fn faults_are_told_at_their_place() {
    let entry = engine("process/tls").unwrap();
    let told = |script: &str| {
        let scenario = json!({"variables": [{"name": "a"}], "script": script});
        entry.run(&scenario, Mode::MetricsOnly).unwrap_err().to_string()
    };
    assert!(told("run T2").starts_with("/script: line 1, column 5: expected a thread"));
    assert!(told("get b").contains("there is no variable b"));
    assert!(told("get fs:3").contains("a multiple of 8"));
    let name = json!({"variables": [{"name": "fs"}], "script": "create"});
    let told = entry.run(&name, Mode::MetricsOnly).unwrap_err().to_string();
    assert!(told.starts_with("/variables/0/name: "), "{told}");
}
