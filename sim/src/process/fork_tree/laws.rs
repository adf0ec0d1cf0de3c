//! What every run keeps, the classic answers, and a slow oracle.

use super::state::Life;
use super::{ForkTree, Machine};
use crate::explore::explore_value;
use crate::{Mode, Rng, Run, engine};
use serde_json::{Value, json};

fn run(scenario: &Value) -> Run {
    engine("process/fork_tree").unwrap().run(scenario, Mode::Frames).unwrap()
}

/// `C2` is a child of `C1`: pairs of child and maker, from the picture.
fn makers(run: &Run) -> Vec<(String, String)> {
    let scene = run.scene(usize::MAX);
    let Some(crate::scene::Panel::Graph(graph)) = scene.panel("tree") else { panic!("no tree") };
    let label = |key: &str| {
        let node = graph.nodes.iter().find(|it| it.mark.key == key).unwrap();
        node.mark.label.clone()
    };
    let edges = graph.edges.iter().filter(|it| it.from != "init" && it.from != "shell");
    let mut found: Vec<_> = edges.map(|it| (label(&it.to), label(&it.from))).collect();
    found.sort();
    found.dedup();
    found
}

fn pairs(given: &[(&str, &str)]) -> Vec<(String, String)> {
    given.iter().map(|it| (it.0.to_owned(), it.1.to_owned())).collect()
}

/// `fork_tree_001`.
#[test]
fn three_forks_make_the_tree_of_the_reference() {
    let entry = engine("process/fork_tree").unwrap();
    let run = entry.run_text(entry.example, Mode::Frames).unwrap();
    assert_eq!(run.metric("n_processes"), Some(8.0));
    assert_eq!(run.metric("n_lines"), Some(8.0));
    assert_eq!(run.metric("n_children"), Some(3.0));
    let want = [
        ("C1", "P0"),
        ("C2", "P0"),
        ("C3", "C1"),
        ("C4", "P0"),
        ("C5", "C1"),
        ("C6", "C2"),
        ("C7", "C3"),
    ];
    assert_eq!(makers(&run), pairs(&want));
}

/// `problem1_001`: with and without `wait`.
#[test]
fn two_forks_with_and_without_wait() {
    let plain = run(&json!({"source": "fork(); fork();", "order": "turns", "picks": [0, 1]}));
    assert_eq!(plain.metric("n_processes"), Some(4.0));
    assert_eq!(makers(&plain), pairs(&[("C1", "P0"), ("C2", "C1"), ("C3", "P0")]));
    let source = "fork(); wait(); fork(); wait(); print(\"hello\");";
    let found = explore_value::<ForkTree>(&json!({"source": source}), 10_000).unwrap();
    assert_eq!(found.n_schedules, Some(1), "the order is fixed");
    let run = run(&json!({"source": source}));
    assert_eq!(run.metric("alive_max"), Some(3.0));
    assert_eq!(run.metric("n_lines"), Some(4.0));
    let tags: Vec<&str> = (1..run.len()).map(|at| run.step(at).unwrap().tag).collect();
    let want = [
        "fork", "no_child", "fork", "no_child", "print", "exit", "reap", "print", "exit", "reap",
        "fork", "no_child", "print", "exit", "reap", "print", "exit",
    ];
    assert_eq!(tags, want);
}

#[test]
fn n_forks_in_a_row_make_two_to_the_n() {
    for n in 0..=4_u32 {
        let source = format!("{}print(\"x\");", "fork();\n".repeat(n as usize));
        for order in ["parent", "child", "turns"] {
            for then in ["first", "random"] {
                for seed in 0..5 {
                    let scenario =
                        json!({"source": source, "order": order, "then": then, "seed": seed});
                    let run = run(&scenario);
                    let want = f64::from(2_u32.pow(n));
                    assert_eq!(run.metric("n_processes"), Some(want), "{scenario}");
                    assert_eq!(run.metric("n_lines"), Some(want), "{scenario}");
                    assert_eq!(run.metric("n_children"), Some(f64::from(n)), "{scenario}");
                }
            }
        }
    }
}

#[test]
fn conditions_with_forks_stop_early() {
    let classics = [
        ("if (fork() && fork()) { }", 3.0),
        ("if (fork() || fork()) { }", 3.0),
        ("if (fork() && fork() || fork()) { }", 5.0),
        ("fork(); if (fork() && fork() || fork()) { } fork();", 16.0),
        ("for (int i = 0; i < 3; i++) { fork(); }", 8.0),
        ("for (int i = 0; i < 5; i++) { if (fork() == 0) { break; } }", 6.0),
        ("for (int i = 0; i < 5; i++) { if (fork() != 0) { break; } }", 6.0),
        ("while (1) { fork(); }", 16.0),
    ];
    for (source, n) in classics {
        let run = run(&json!({"source": source, "then": "random", "limit": 16}));
        // The fourth would make 20: the limit holds.
        assert_eq!(run.metric("n_processes"), Some(n), "{source}");
    }
}

#[test]
fn a_buffer_is_copied_by_a_fork() {
    let source = "print(\"a\"); fork(); print(\"b\"); fork(); print(\"c\");";
    for (buffered, flush, n) in [(false, false, 7.0), (true, false, 12.0), (true, true, 7.0)] {
        let source =
            if flush { source.replace("fork()", "fflush(); fork()") } else { source.to_owned() };
        for seed in 0..20 {
            let scenario =
                json!({"source": source, "buffered": buffered, "then": "random", "seed": seed});
            assert_eq!(run(&scenario).metric("n_lines"), Some(n), "{scenario}");
        }
    }
    let lost = json!({"source": "print(\"a\"); _exit(0);", "buffered": true});
    assert_eq!(run(&lost).metric("n_lines"), Some(0.0));
}

#[test]
fn all_outputs_of_a_race_are_found() {
    let source = |wait: &str| {
        format!(
            "int x = 10; if (fork() == 0) {{ x += 5; print(x); }} else {{ {wait} x -= 5; \
             print(x); }}"
        )
    };
    let outputs = |wait: &str| {
        let scenario = json!({"source": source(wait)});
        let found = explore_value::<ForkTree>(&scenario, 10_000).unwrap();
        found.outcomes.into_iter().map(|it| it.label).collect::<Vec<_>>()
    };
    assert_eq!(outputs(""), ["15 · 5", "5 · 15"]);
    assert_eq!(outputs("wait();"), ["15 · 5"]);
}

#[test]
fn orphans_go_where_the_setting_says() {
    let source = "if (fork() == 0) { if (fork() == 0) { print(getppid()); exit(2); } exit(1); } \
                  while (1) { }";
    // P0 loops, C1 ends, C2 asks for its parent: 1, or P0.
    for (adopter, parent, zombies) in [("init", "1", 1.0), ("grandparent", "100", 2.0)] {
        let run = run(&json!({"source": source, "adopter": adopter}));
        let text = run.scene(usize::MAX).to_text();
        assert!(text.contains(&format!("terminal (1 line): {parent}\n")), "{text}");
        assert_eq!(run.metric("n_zombies"), Some(zombies));
        assert_eq!(run.metric("n_orphans"), Some(1.0));
    }
}

#[test]
fn faults_are_told_where_they_stand() {
    let source = "int pid = frok();\nif (x == 0) {\n  print(\"a\", 1, 2, 3);\n}\nbreak;\n\
                  exec(ls);\ncritical { }\n\"no";
    let scenario = json!({ "source": source });
    let told = engine("process/fork_tree").unwrap().run(&scenario, Mode::Frames).unwrap_err();
    let told = told.to_string();
    for place in [
        "line 1, column 11: `frok`",
        "line 2, column 5: `x`",
        "line 3, column 3: a line",
        "line 5, column 1: there is no loop",
        "line 6, column 1: `exec`",
        "line 7, column 1",
        "line 8, column 1: this text has no end",
    ] {
        assert!(told.contains(&format!("/source: {place}")), "{place} in\n{told}");
    }
}

/// A random program without waiting: its text and its meaning.
enum Part {
    Fork,
    Child(Vec<Part>),
    Parent(Vec<Part>),
    Add(i32),
    Print(char),
}

fn random_parts(rng: &mut Rng, depth: u32, forks: &mut u32) -> Vec<Part> {
    let n = rng.between(1, 4);
    let one = |rng: &mut Rng, forks: &mut u32| match rng.below(6) {
        it @ 0..=2 if 0 < *forks => {
            *forks -= 1;
            if it == 0 || depth == 0 {
                return Part::Fork;
            }
            let inner = random_parts(rng, depth - 1, forks);
            if it == 1 { Part::Child(inner) } else { Part::Parent(inner) }
        }
        3 => Part::Add(i32::try_from(rng.below(9)).unwrap()),
        _ => Part::Print(char::from(b'a' + u8::try_from(rng.below(4)).unwrap())),
    };
    (0..n).map(|_| one(rng, forks)).collect()
}

fn text(parts: &[Part]) -> String {
    let one = |part: &Part| match part {
        Part::Fork => "fork();\n".to_owned(),
        Part::Child(inner) => format!("if (!fork()) {{\n{}}}\n", text(inner)),
        Part::Parent(inner) => format!("if (0 < fork()) {{\n{}}}\n", text(inner)),
        Part::Add(n) => format!("x += {n};\n"),
        Part::Print(letter) => format!("print(\"{letter}\", x);\n"),
    };
    parts.iter().map(one).collect()
}

/// Every path through the program is one process: what is printed on it from here.
fn oracle(todo: &[&Part], x: i32, own: &[String], buffered: bool, out: &mut Vec<String>) {
    let Some((first, rest)) = todo.split_first() else {
        out.extend(own.iter().cloned());
        return;
    };
    // Without a buffer what stands there is out; a copy of the process does not print it again.
    let kept = if buffered { own.to_vec() } else { Vec::new() };
    let both = |child: &[Part], parent: &[Part], out: &mut Vec<String>| {
        for (inner, own) in [(parent, own), (child, kept.as_slice())] {
            let todo: Vec<&Part> = inner.iter().chain(rest.iter().copied()).collect();
            oracle(&todo, x, own, buffered, out);
        }
    };
    match first {
        Part::Fork => both(&[], &[], out),
        Part::Child(inner) => both(inner, &[], out),
        Part::Parent(inner) => both(&[], inner, out),
        Part::Add(n) => oracle(rest, x + n, own, buffered, out),
        Part::Print(letter) => {
            let own = [own, &[format!("{letter} {x}")]].concat();
            oracle(rest, x, &own, buffered, out);
        }
    }
}

#[test]
fn every_schedule_prints_what_the_paths_print() {
    let mut rng = Rng::new(12);
    for _ in 0..200 {
        let mut forks = 3;
        let parts = random_parts(&mut rng, 2, &mut forks);
        let buffered = rng.below(2) == 0;
        let mut want = Vec::new();
        oracle(&parts.iter().collect::<Vec<_>>(), 0, &[], buffered, &mut want);
        want.sort();
        let source = format!("int x = 0;\n{}", text(&parts));
        for order in ["parent", "child", "turns"] {
            let scenario = json!({"source": source, "buffered": buffered, "order": order,
                "then": "random", "seed": rng.below(1_000)});
            let typed =
                crate::engine::typed(&crate::check(ForkTree::FORM, &scenario).unwrap()).unwrap();
            let program = ForkTree::load(&typed).unwrap();
            let mut state = ForkTree::start(&program);
            while 0 < ForkTree::n_choices(&program, &state) {
                let n = u64::from(ForkTree::n_choices(&program, &state));
                ForkTree::step(&program, &mut state, u32::try_from(rng.below(n)).unwrap());
                for it in state.procs.iter().filter(|it| it.life != Life::Gone) {
                    // Nobody is left with a parent that has ended.
                    let parent = state.procs.get(usize::from(it.parent));
                    assert!(parent.is_none_or(|it| it.life == Life::Alive), "{scenario}");
                }
            }
            assert!(state.procs.iter().all(|it| it.life == Life::Gone), "{scenario}");
            let mut got: Vec<String> =
                state.output.iter().map(|it| program.line_text(it)).collect();
            got.sort();
            assert_eq!(got, want, "{scenario}");
        }
    }
}
