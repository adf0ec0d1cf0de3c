//! Bytes arrive in order, none lost and none doubled; short writes stay together.

use super::script::Does;
use super::world::{Bytes, Life, PIPE_BUF, Setup, World};
use super::{Pipe, Scenario};
use crate::engine::{Engine, Frame, Log, typed};
use crate::{Mode, Rng, Run, check, engine};
use serde_json::{Value, json};

fn run(scenario: &Value) -> Run {
    engine("process/pipe").unwrap().run(scenario, Mode::Frames).unwrap()
}

fn tags(run: &Run) -> Vec<&'static str> {
    (1..run.len()).map(|at| run.step(at).unwrap().tag).collect()
}

fn checked(scenario: &Value) -> Scenario {
    typed(&check(Pipe::FORM, scenario).unwrap()).unwrap()
}

fn setup(scenario: &Value) -> Setup {
    checked(scenario).setup().unwrap()
}

fn frames(scenario: &Value) -> Vec<Frame<World>> {
    let mut log = Log::new(Mode::Frames);
    Pipe::run(&checked(scenario), &mut log).unwrap();
    log.frames().to_vec()
}

fn random(rng: &mut Rng) -> Value {
    let mut script = String::new();
    for _ in 0..rng.between(2, 20) {
        let who = rng.between(1, 4);
        let n = if rng.below(2) == 0 { rng.between(1, 5_000) } else { rng.between(1, 40_000) };
        let line = match rng.below(9) {
            0..=3 => format!("P{who} write {n}\n"),
            4..=6 => format!("P{who} read {n}\n"),
            7 => format!("P{who} read {n} repeat\n"),
            _ => format!("P{who} close {}\n", if rng.below(2) == 0 { "r" } else { "w" }),
        };
        script.push_str(&line);
    }
    json!({
        "script": script,
        "capacity_bytes": rng.between(4_096, 30_000),
        "nonblocking": rng.below(4) == 0,
        "sigpipe": if rng.below(2) == 0 { "default" } else { "ignored" },
        "order": if rng.below(2) == 0 { "turns" } else { "until_asleep" },
    })
}

#[test]
fn bytes_arrive_in_order_and_short_writes_stay_together() {
    let mut rng = Rng::new(64);
    for _ in 0..300 {
        let scenario = random(&mut rng);
        let capacity = scenario["capacity_bytes"].as_u64().unwrap();
        let (setup, frames) = (setup(&scenario), frames(&scenario));
        // The stream as it went in, kept by the test alone: every byte that a step added, with how
        // much its call had asked for.
        let mut stream: Vec<(Bytes, u64)> = Vec::new();
        let mut n_in = 0;
        for (at, frame) in frames.iter().enumerate() {
            let world = &frame.state;
            assert!(world.used() <= capacity, "{scenario}");
            let len: u64 = world.ring.iter().map(|it| it.len).sum();
            assert_eq!(len, world.used(), "{scenario}");
            if n_in < world.n_in {
                let new = world.ring.last().unwrap();
                let added = world.n_in - n_in;
                let asked = match frames[at - 1].state.op(&setup, new.who).unwrap().does {
                    Does::Write(n) => n,
                    other => panic!("{other:?} adds bytes in {scenario}"),
                };
                let new = Bytes { from: new.from + new.len - added, len: added, ..*new };
                stream.push((new, asked));
                n_in = world.n_in;
            }
        }
        for who in 0..4 {
            // Each writer's bytes are all there, one behind the other.
            let mut from = 0;
            for (it, _) in stream.iter().filter(|it| it.0.who == who) {
                assert_eq!(it.from, from, "{scenario}");
                from += it.len;
            }
        }
        let last = &frames.last().unwrap().state;
        let got: u64 = last.procs.iter().flat_map(|it| &it.got).map(|it| it.len).sum();
        assert_eq!(got, last.n_out, "{scenario}");
        assert_eq!(last.n_out + last.used(), last.n_in, "{scenario}");
        // No byte is read twice: places of one writer never overlap, whoever read them.
        let mut read: Vec<&Bytes> = last.procs.iter().flat_map(|it| &it.got).collect();
        read.sort_by_key(|it| (it.who, it.from));
        for pair in read.windows(2) {
            let [a, b] = pair else { continue };
            assert!(a.who != b.who || a.from + a.len <= b.from, "{scenario}");
        }
        for (it, asked) in &stream {
            // A short write goes in at one step; only a longer one may come in parts.
            assert!(it.len == *asked || PIPE_BUF < *asked, "{scenario}");
        }
    }
}

/// `pipe_001`: capacity, its greatest value for ordinary users, and `PIPE_BUF`.
#[test]
fn the_limits_are_those_of_linux() {
    let full = run(&json!({"script": "P1 write 1048576\nP2 read 1"}));
    assert_eq!(full.metric("used_bytes_max"), Some(65_536.0));
    assert_eq!(PIPE_BUF, 4_096);
    let most = json!({"script": "P1 write 1048576\nP2 read 1048576", "capacity_bytes": 1_048_576});
    assert_eq!(run(&most).metric("n_sleeps"), Some(0.0));
    // 4,096 bytes wait until all of them fit; 4,097 do not.
    for (n, tag) in [(4_096, "sleep"), (4_097, "sleep")] {
        let script = format!("P1 write 4000\nP1 write {n}\nP2 read 1\nP2 read 8192\n");
        let scenario = json!({"script": script, "capacity_bytes": 4_096, "order": "until_asleep"});
        let frames = frames(&scenario);
        assert_eq!(frames[2].step.tag, tag);
        let used = frames[2].state.used();
        assert_eq!(used, if n == 4_096 { 4_000 } else { 4_096 });
    }
}

#[test]
fn each_side_learns_that_the_other_has_gone() {
    let eof = run(&json!({"script": "P1 write 100\nP2 read 100 repeat"}));
    assert_eq!(eof.metric("n_eof"), Some(1.0));
    assert_eq!(eof.metric("is_stuck"), Some(0.0));
    let yes = json!({"script": "P1 write 8192 repeat\nP2 read 4096"});
    assert_eq!(run(&yes).metric("n_broken"), Some(1.0));
    assert!(tags(&run(&yes)).contains(&"broken"));
    // The parent has kept its write end.
    let forgotten = run(&json!({"script": "P1 write 100\nP2 holds rw\nP2 read 100 repeat"}));
    assert_eq!(forgotten.metric("is_stuck"), Some(1.0));
    assert_eq!(forgotten.step(usize::MAX).unwrap().tag, "stuck");
    // A parent that waits ends last, unless it is what its children wait for.
    let parent = |close: &str| {
        run(
            &json!({"script": format!("P1 holds rw\n{close}P1 wait\nP2 write 9\nP3 read 9 repeat")}),
        )
    };
    assert_eq!(parent("P1 close w\n").metric("is_stuck"), Some(0.0));
    let stuck = parent("");
    let last = stuck.step(usize::MAX).unwrap();
    assert_eq!(
        last.say,
        "P3 sleeps for ever, waiting for bytes, because P1 has the write end open and never uses \
         it; P1 waits for P3 to end."
    );
}

#[test]
fn nobody_sleeps_without_blocking() {
    let mut rng = Rng::new(65);
    for _ in 0..100 {
        let mut scenario = random(&mut rng);
        scenario["nonblocking"] = json!(true);
        for frame in frames(&scenario) {
            assert!(frame.state.procs.iter().all(|it| it.life != Life::Asleep), "{scenario}");
        }
    }
}

#[test]
fn faults_are_told_where_they_stand() {
    let script = "P1 write 0\nP1 close x\nP2 holds q\nP7 read 1\nP1 read 5 often";
    let told = engine("process/pipe")
        .unwrap()
        .run(&json!({ "script": script }), Mode::Frames)
        .unwrap_err()
        .to_string();
    for place in [
        "line 1, column 10",
        "line 2, column 10",
        "line 3, column 10",
        "line 4, column 1",
        "line 5, column 11",
    ] {
        assert!(told.contains(place), "{place} in\n{told}");
    }
}
