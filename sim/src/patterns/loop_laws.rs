//! Laws of the event loop: the order that Node was seen to print, and a slow loop that is obvious.

use super::script::{Host, Op, Script, parse};
use crate::{Mode, Rng, Run, engine};
use serde_json::{Value, json};
use std::collections::VecDeque;

fn run(scenario: &Value) -> Run {
    engine("patterns/event_loop").unwrap().run(scenario, Mode::Frames).unwrap()
}

/// What is printed, line by line, from the chips of the console.
fn printed(run: &Run) -> Vec<String> {
    match run.scene(run.len() - 1).panel("console") {
        Some(crate::scene::Panel::Queue(queue)) => {
            queue.rows[0].marks.iter().map(|it| it.label.clone()).collect()
        }
        _ => Vec::new(),
    }
}

/// `node_event_loop` of the reference: run on Node 20.
#[test]
fn the_lesson_prints_what_node_prints() {
    let entry = engine("patterns/event_loop").unwrap();
    let run = entry.run_text(entry.example, Mode::Frames).unwrap();
    let want = [
        "script",
        "tick",
        "promise",
        "timeout",
        "tick in timeout",
        "promise in timeout",
        "immediate",
        "file",
        "immediate from file",
        "timeout from file",
    ];
    assert_eq!(printed(&run), want);
    assert_eq!(run.metric("place.file"), Some(8.0));
}

#[test]
fn a_timer_and_an_immediate_race_only_in_the_script() {
    let race = "setTimeout(() => console.log(\"timeout\"), 0)\n\
                setImmediate(() => console.log(\"immediate\"))";
    for (script_us, first) in [(300, "immediate"), (1_500, "timeout")] {
        let run = run(&json!({"source": race, "script_us": script_us}));
        assert_eq!(printed(&run)[0], first);
    }
    let inside = format!("fs.readFile(\"f\", () => {{ {race} }})");
    for script_us in [1, 300, 1_500, 9_000] {
        let run = run(&json!({"source": inside, "script_us": script_us}));
        assert_eq!(printed(&run), ["immediate", "timeout"]);
    }
}

#[test]
fn before_version_11_microtasks_ran_between_phases() {
    let source = "const f = () => { console.log(\"timer\"); Promise.resolve().then(p) }\n\
                  const p = () => console.log(\"promise\")\n\
                  setTimeout(f, 0); setTimeout(f, 0);";
    let now = run(&json!({"source": source}));
    assert_eq!(printed(&now), ["timer", "promise", "timer", "promise"]);
    let old = run(&json!({"source": source, "kind": "node10"}));
    assert_eq!(printed(&old), ["timer", "timer", "promise", "promise"]);
}

#[test]
fn the_fifth_file_waits_for_a_thread_of_four() {
    let reads = "fs.readFile(\"f\", () => console.log(\"x\"));".repeat(5);
    let end = |n: u32| run(&json!({"source": reads, "n_threads": n})).metric("end_ms").unwrap();
    assert_eq!([end(4), end(5)], [6.2, 3.6]);
}

/// A task of 50 ms at 60 pictures a second: a picture comes late and two or three are missed.
#[test]
fn a_long_task_misses_pictures() {
    for begin in 1..40 {
        let source = format!(
            "function draw() {{ requestAnimationFrame(draw) }}\n\
             requestAnimationFrame(draw); setTimeout(() => work(50), {begin});"
        );
        let run = run(&json!({"kind": "browser", "source": source}));
        let missed = run.metric("pictures_missed").unwrap();
        assert!((2.0..=3.0).contains(&missed), "{begin}: {missed}");
    }
}

/// The queues without any time, as plain lists.
#[derive(Default)]
struct Slow {
    ticks: VecDeque<usize>,
    micros: VecDeque<usize>,
    checks: Vec<usize>,
    out: Vec<String>,
}

impl Slow {
    fn call(&mut self, script: &Script, function: usize) {
        for stmt in &script.functions[function].body {
            match stmt.op {
                Op::Print(ref text) => self.out.push(text.clone()),
                Op::Call(to) => self.call(script, to),
                Op::Tick(to) => self.ticks.push_back(to),
                Op::Then(chain) => self.micros.push_back(script.chains[chain][0]),
                Op::Immediate(to) => self.checks.push(to),
                _ => unreachable!(),
            }
        }
    }

    fn empty_small(&mut self, script: &Script) {
        while !self.ticks.is_empty() || !self.micros.is_empty() {
            while let Some(tick) = self.ticks.pop_front() {
                self.call(script, tick);
            }
            while let Some(micro) = self.micros.pop_front() {
                self.call(script, micro);
            }
        }
    }

    fn run(mut self, script: &Script, old: bool) -> Vec<String> {
        self.call(script, 0);
        self.empty_small(script);
        while !self.checks.is_empty() {
            for check in std::mem::take(&mut self.checks) {
                self.call(script, check);
                if !old {
                    self.empty_small(script);
                }
            }
            self.empty_small(script);
        }
        self.out
    }
}

/// Functions that only reach for later ones, so that every script ends.
fn random_script(rng: &mut Rng) -> String {
    let n = rng.between(2, 6);
    let body = |rng: &mut Rng, own: u64| {
        let mut text = format!("console.log(\"{own}\");");
        for _ in 0..rng.below(4) {
            if own < n {
                let to = rng.between(own + 1, n);
                text += &match rng.below(4) {
                    0 => format!("process.nextTick(f{to});"),
                    1 => format!("queueMicrotask(f{to});"),
                    2 => format!("setImmediate(f{to});"),
                    _ => format!("f{to}();"),
                };
            }
        }
        text
    };
    let mut text = String::new();
    for own in 1..=n {
        text += &format!("function f{own}() {{ {} }}\n", body(rng, own));
    }
    text + &body(rng, 0)
}

#[test]
fn a_slow_loop_prints_the_same() {
    let mut rng = Rng::new(8);
    for round in 0..300 {
        let source = random_script(&mut rng);
        let script = parse(&source, Host::Node).unwrap();
        for (kind, old) in [("node", false), ("node10", true)] {
            let run = run(&json!({"source": source, "kind": kind, "until_ms": 2_000}));
            let last = run.step(run.len() - 1).unwrap();
            if last.say.contains("ends") {
                assert_eq!(printed(&run), Slow::default().run(&script, old), "{round}: {source}");
            }
        }
    }
}

#[test]
fn faults_are_told_where_they_are() {
    let faults = [
        (
            "setTimeout(f, 0)",
            "node",
            "line 1, column 12: expected `() =>` or the name of a function",
        ),
        ("\n  await null", "node", "line 2, column 3: `await` stands only in an `async` function"),
        ("process.nextTick(() => work(1))", "browser", "a browser has no `process`"),
        ("function f() { f() }", "node", "line 1, column 16: this call comes back"),
        ("console.log(\"a", "node", "line 1, column 13: this text has no end"),
        ("work(99999)", "node", "99999 ms are more than 10000"),
    ];
    for (source, kind, why) in faults {
        let entry = engine("patterns/event_loop").unwrap();
        let told = entry.run(&json!({"source": source, "kind": kind}), Mode::Frames);
        let told = told.unwrap_err().to_string();
        assert!(told.contains(why), "{source}: {told}");
    }
}

#[test]
fn whatever_is_typed_is_read_or_refused() {
    let words = [
        "async",
        "function",
        "f",
        "(",
        ")",
        "=>",
        "{",
        "}",
        ".",
        ",",
        ";",
        "await",
        "const",
        "=",
        "console.log(\"a\")",
        "setTimeout(",
        "0",
        "Promise.resolve()",
        ".then(",
        "work(3)",
        "\"",
        "null",
    ];
    let mut rng = Rng::new(5);
    for _ in 0..2_000 {
        let n = rng.below(30);
        let word = |rng: &mut Rng| words[usize::try_from(rng.below(words.len() as u64)).unwrap()];
        let source = (0..n).map(|_| word(&mut rng)).collect::<Vec<_>>().join(" ");
        let entry = engine("patterns/event_loop").unwrap();
        let _ = entry.run(&json!({"source": source}), Mode::MetricsOnly);
    }
}
