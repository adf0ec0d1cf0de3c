//! Laws of channels: the pipeline of the lesson, the table of closed and nil, and queues in order.

use crate::{Mode, Rng, Run, engine};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn run(source: &str, then: &str) -> Run {
    let scenario = json!({"source": source, "then": then});
    engine("patterns/channels").unwrap().run(&scenario, Mode::Frames).unwrap()
}

/// Everything that may come out of a program, whatever the schedule.
fn outcomes(source: &str) -> BTreeSet<String> {
    let entry = engine("patterns/channels").unwrap();
    let checked = crate::check(entry.form, &json!({"source": source})).unwrap();
    let found = (entry.explore.unwrap())(&checked, 200_000).unwrap();
    assert!(found.complete, "too many states");
    let broken = found.laws.iter().map(|it| it.law.to_owned());
    found.outcomes.iter().map(|it| it.label.clone()).chain(broken).collect()
}

fn set(all: &[&str]) -> BTreeSet<String> {
    all.iter().map(|&it| it.to_owned()).collect()
}

/// `go_pipeline_000` of the reference: 0 1 2 3 4, in every schedule.
#[test]
fn the_pipeline_prints_in_order_in_every_schedule() {
    let entry = engine("patterns/channels").unwrap();
    let example: Value = serde_json::from_str(entry.example).unwrap();
    let source = example["source"].as_str().unwrap();
    assert_eq!(outcomes(source), set(&["prints 0 1 2 3 4"]));
    for room in 0..4 {
        let other = source.replace("int, 2)", &format!("int, {room})"));
        assert_eq!(outcomes(&other), set(&["prints 0 1 2 3 4"]));
    }
}

/// The lesson's table: what is done to a channel that is nil, open or closed.
#[test]
fn nil_open_and_closed_do_what_the_table_says() {
    let main = |body: &str| format!("func main() {{ c := make(chan int, 1)\n {body} }}");
    for (body, outcome) in [
        ("c = nil\n c <- 1", "deadlock"),
        ("c = nil\n <-c", "deadlock"),
        ("c = nil\n close(c)", "panic"),
        ("c <- 1\n println(7)", "prints 7"),
        ("c <- 1\n c <- 2", "deadlock"),
        ("<-c", "deadlock"),
        ("c <- 5\n close(c)\n v, ok := <-c\n println(v)\n println(ok)", "prints 5 1"),
        ("close(c)\n v, ok := <-c\n println(v)\n println(ok)", "prints 0 0"),
        ("close(c)\n c <- 1", "panic"),
        ("close(c)\n close(c)", "panic"),
        ("select { case c <- 4: println(1)\n default: println(2) }", "prints 1"),
        ("select { case <-c: println(1)\n default: println(2) }", "prints 2"),
    ] {
        assert_eq!(outcomes(&main(body)), set(&[outcome]), "{body}");
    }
}

/// Two goroutines that each send first stand still without room, and do not with room for one.
#[test]
fn who_sends_first_on_both_sides_stands_still() {
    let with = |room: u32| {
        format!(
            "func other(a chan int, b chan int) {{ b <- 2\n <-a }}\n\
             func main() {{ a := make(chan int, {room})\n b := make(chan int, {room})\n\
             go other(a, b)\n a <- 1\n println(0)\n <-b }}"
        )
    };
    assert_eq!(outcomes(&with(0)), set(&["deadlock"]));
    assert!(!outcomes(&with(1)).contains("deadlock"));
}

#[test]
fn a_closed_channel_wakes_everybody_who_receives() {
    let source = "func wait(stop chan int, done chan int) { <-stop\n done <- 1 }\n\
        func main() { stop := make(chan int)\n done := make(chan int)\n\
        for i := 0; i < 3; i++ { go wait(stop, done) }\n close(stop)\n\
        for i := 0; i < 3; i++ { <-done }\n println(3) }";
    assert!(outcomes(source).iter().all(|it| it.starts_with("prints 3")), "{:?}", outcomes(source));
}

/// The lesson's leak: three send, one is received.
#[test]
fn results_that_nobody_takes_leave_goroutines_behind() {
    let source = "func one(out chan int, n int) { out <- n }\n\
        func main() { out := make(chan int)\n\
        go one(out, 1)\n go one(out, 2)\n go one(out, 3)\n v := <-out\n println(v) }";
    let all = outcomes(source);
    assert!(
        all.contains("prints 1; 2 left behind") && all.contains("prints 3; 2 left behind"),
        "{all:?}"
    );
}

#[test]
fn a_select_takes_any_case_that_is_ready() {
    let source = "func main() { a := make(chan int, 1)\n b := make(chan int, 1)\n a <- 1\n b <- 2\n\
        select { case v := <-a: println(v)\n case w := <-b: println(w) } }";
    assert_eq!(outcomes(source), set(&["prints 1", "prints 2"]));
}

/// Numbers of one sender come in the order in which they were sent, whatever the room and schedule.
#[test]
fn what_one_sends_comes_in_order() {
    let mut rng = Rng::new(3);
    for _ in 0..60 {
        let (n, room) = (rng.between(1, 9), rng.below(4));
        let source = format!(
            "func send(c chan int) {{ for i := 0; i < {n}; i++ {{ c <- i }}\n close(c) }}\n\
             func main() {{ c := make(chan int, {room})\n go send(c)\n for v := range c {{ println(v) }} }}"
        );
        let scenario = json!({"source": source, "then": "random", "seed": rng.below(1_000)});
        let run = engine("patterns/channels").unwrap().run(&scenario, Mode::Frames).unwrap();
        let text = run.scene(run.len() - 1).to_text();
        let want: Vec<String> = (0..n).map(|it| it.to_string()).collect();
        assert!(text.contains(&format!("): {}\n", want.join(" "))), "{text}");
    }
}

#[test]
fn faults_are_told_where_they_are() {
    for (source, why) in [
        ("func f() { }", "there is no `func main()`"),
        ("func main() { x <- 1 }", "line 1, column 15: expected a channel, found `x`"),
        ("func main() {\n  y := z }", "line 2, column 8: expected a variable, found `z`"),
        ("func main() { break }", "there is no loop around this"),
        ("func main() { go g() }", "expected the name of a function"),
    ] {
        let entry = engine("patterns/channels").unwrap();
        let told = entry.run(&json!({"source": source}), Mode::Frames).unwrap_err().to_string();
        assert!(told.contains(why), "{source}: {told}");
    }
    assert_eq!(run("func main() { for { } }", "first").metric("panic"), Some(1.0));
}

#[test]
fn whatever_is_typed_is_read_or_refused() {
    let words = [
        "func",
        "main",
        "(",
        ")",
        "{",
        "}",
        "c",
        ":=",
        "make(chan int)",
        "<-",
        "1",
        "for",
        "range",
        "select",
        "case",
        "default",
        ":",
        "if",
        "else",
        "go",
        "close(c)",
        "println(1)",
        ";",
        ",",
        "==",
    ];
    let mut rng = Rng::new(5);
    for _ in 0..2_000 {
        let n = rng.below(30);
        let mut word = || words[usize::try_from(rng.below(words.len() as u64)).unwrap()];
        let body = (0..n).map(|_| word()).collect::<Vec<_>>().join(" ");
        let entry = engine("patterns/channels").unwrap();
        let source = format!("func main() {{ c := make(chan int, 1) {body} }}");
        let _ = entry.run(&json!({"source": source, "then": "first"}), Mode::MetricsOnly);
    }
}
