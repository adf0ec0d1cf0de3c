//! Levels of a game: what is read, and each fault with its line.

use crate::tree::{change_in, files, read, told};
use content::{Difficulty, End, Files, Goal};

const LEVELS: &str = r#"engine = "sync/program"
settings = '{"then": "stop"}'

[[chapters]]
title = "First steps"
about = "One at a time."

[[chapters.levels]]
id = "sum"
title = "A sum"
difficulty = "easy"
lesson = "first"
goal = "break"
task = "Make `x` end as 1."
program = '''
int x;
thread A, B { x++; }
'''
end = { outcome = "x = 1", steps = 6 }
why = "A [quantum](gloss:quantum) ended."

[[chapters.levels]]
id = "mend"
title = "Mend it"
difficulty = "hard"
lesson = "cpu/second"
goal = "mend"
task = "Make `x` end as 2."
text = "With *this*."
program = '''
int x;
mutex m;
thread A, B { x++; }
'''
settings = '{"memory": "tso"}'
end = { outcome = "x = 1", steps = 6 }
ensure = { threads = ["A", "B"], keep = ["x++"], ends = ["x = 2"] }
hints = ["Take `m`."]
solution = '''
int x;
mutex m;
thread A, B { lock(m); x++; unlock(m); }
'''
why = "They take turns."
"#;

fn with_levels(text: &str) -> Files {
    files().with("course/cpu/levels.toml", text)
}

/// One text replaced has exactly these faults, one a line.
#[track_caller]
fn change(from: &str, to: &str, expected: &str) {
    change_in("course/cpu/levels.toml", LEVELS, from, to, expected);
}

#[test]
fn levels_are_read() {
    let course = read(&with_levels(LEVELS));
    let [chapter] = course.module("cpu").unwrap().chapters.as_slice() else { panic!("one") };
    let [first, second] = chapter.levels.as_slice() else { panic!("two") };
    assert_eq!(first.level.difficulty, Difficulty::Easy);
    let scenario = r#"{"source":"int x;\nthread A, B { x++; }\n","then":"stop"}"#;
    assert_eq!(first.level.scenario, scenario);
    assert_eq!(first.level.goal, Goal::Break { end: End::Outcome("x = 1".into()), steps: 6 });
    assert_eq!(first.level.lesson_title, "The first");
    assert!(first.level.task_html.contains("<code>x</code>"), "{}", first.level.task_html);
    assert!(second.level.scenario.contains(r#""memory":"tso""#), "{}", second.level.scenario);
    assert!(second.solution.starts_with("int x;\n"));
    let resolved = content::resolve_level(&first.level, "../../").why_html;
    assert!(resolved.contains("\"../../glossary.html#quantum\""), "{resolved}");
}

#[test]
fn levels_with_faults() {
    change("id = \"mend\"", "id = \"sum\"", "23: level sum is there twice");
    change("\"first\"", "\"third\"", "12: there is no lesson cpu/third");
    change(
        "\"hard\"",
        "\"mad\"",
        "25: difficulty mad: expected one of tutorial, easy, medium, hard",
    );
    change("goal = \"mend\"", "goal = \"win\"", "27: goal win: expected break or mend");
    change("end as 1.", "end as 1", "14: task: expected a sentence");
    change("outcome = \"x = 1\", ", "", "19: end: expected a law or an outcome");
    change(", keep = [\"x++\"]", "", "37: ensure: expected threads, keep and ends");
    change("hints = [\"Take `m`.\"]\n", "", "22: hints: expected at least one");
    change("why = \"They take turns.\"", "", "22: level mend: why is missing");
    change("about = \"One", "size = 3\nabout = \"One", "6: size: there is no such key here");
    change("\"sync/program\"", "\"cpu/fcfs\"", "1: engine cpu/fcfs: it plays no program");
}

#[test]
fn a_program_that_cannot_be_read() {
    let faulty = told(&with_levels(&LEVELS.replacen("unlock(m);", "unlock(n);", 1)));
    assert!(faulty.starts_with("content/course/cpu/levels.toml:39: solution: "), "{faulty}");
    assert!(faulty.contains("line 3, column"), "{faulty}");
}
