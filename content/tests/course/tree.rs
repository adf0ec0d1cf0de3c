//! A course of one module, two lessons, one engine and no file on disk.

use content::{Block, Course, Faults, Files, Lesson};

const OUTLINE: &str = r#"[[modules]]
number = 1
slug = "process"
title = "Processes"
summary = "What runs."
icon = "process"

[[modules]]
number = 3
slug = "cpu"
title = "CPU scheduling"
summary = "Who runs next."
icon = "cpu"
lessons = ["first", "second"]
"#;

const FIRST: &str = r#"+++
title = "The first"
summary = "What comes first."
minutes = 4
goals = ["Say *what* comes first."]
needs = []
sources = ["ostep/7"]
+++

A [quantum](gloss:quantum) is a length of time.
"#;

const SECOND: &str = r#"+++
title = "The second"
summary = "What comes then."
minutes = 5
goals = ["Say what comes then."]
needs = ["first"]
sources = ["ostep"]
+++

## Turns

```sim cpu/round_robin
scenario = "benchmark"
```

```quiz
rr_mean
```
"#;

const QUESTIONS: &str = r#"[[questions]]
id = "rr_mean"
lesson = "second"
type = "Sim"
prompt.kind = "number"
prompt.prompt = "What is the mean wait?"
prompt.unit = "ticks"
answer.engine = "cpu/round_robin"
answer.scenario = "benchmark"
answer.metric = "waiting_ticks_mean"
answer.tolerance = 0.05
context = "It is {{cpu/round_robin benchmark waiting_ticks_mean}}."
show = { engine = "cpu/round_robin", scenario = "benchmark", at = 3 }
"#;

const GLOSSARY: &str = r#"[quantum]
title = "quantum"
also = ["time slice"]
text = "The longest *turn*."
"#;

const SOURCES: &str = r#"[ostep]
short = "OSTEP"
title = "Three Easy Pieces"
authors = ["A", "B"]
year = 2018
unit = "chapter"
"#;

const BENCHMARK: &str = r#"{
  "title": "Five jobs",
  "about": "Everybody gets a turn.",
  "rank": 1,
  "at": 4,
  "scenario": {"quantum_ticks": 2, "jobs": [
    {"name": "P1", "arrival_ticks": 0, "burst_ticks": 7},
    {"name": "P2", "arrival_ticks": 2, "burst_ticks": 4},
    {"name": "P3", "arrival_ticks": 4, "burst_ticks": 1},
    {"name": "P4", "arrival_ticks": 5, "burst_ticks": 4},
    {"name": "P5", "arrival_ticks": 6, "burst_ticks": 6}]}
}
"#;

/// Paths of the tree, short enough to read in a test.
pub(crate) const LESSON: &str = "course/cpu/first.md";
pub(crate) const SECOND_LESSON: &str = "course/cpu/second.md";
pub(crate) const QUIZ: &str = "course/cpu/questions.toml";
pub(crate) const SCENARIO: &str = "scenarios/cpu/round_robin/benchmark.json";

/// A course without a fault.
pub(crate) fn files() -> Files {
    Files::default()
        .with("course/outline.toml", OUTLINE)
        .with(LESSON, FIRST)
        .with(SECOND_LESSON, SECOND)
        .with(QUIZ, QUESTIONS)
        .with("glossary.toml", GLOSSARY)
        .with("sources.toml", SOURCES)
        .with(SCENARIO, BENCHMARK)
}

/// The course with one text in one file replaced, which must be there.
#[track_caller]
pub(crate) fn changed(path: &str, from: &str, to: &str) -> Files {
    let files = files();
    let text = files.text(path).unwrap().to_owned();
    assert!(text.contains(from), "{path} does not hold {from}");
    files.with(path, &text.replacen(from, to, 1))
}

/// The course with a text behind the first lesson, whose line 11 it opens.
pub(crate) fn with_body(body: &str) -> Files {
    let files = files();
    let text = format!("{}\n{body}", files.text(LESSON).unwrap());
    files.with(LESSON, &text)
}

/// The one way in which tests read a course that must be right.
#[track_caller]
pub(crate) fn read(files: &Files) -> Course {
    let (course, faults) = Course::read(files);
    assert_eq!(faults.to_string(), "");
    course
}

/// The faults of a course, one a line.
pub(crate) fn told(files: &Files) -> String {
    let (_, faults): (Course, Faults) = Course::read(files);
    faults.to_string()
}

/// One text replaced in another file of the course has exactly this fault of that file, or these, one a line.
#[track_caller]
pub(crate) fn change_in(file: &str, text: &str, from: &str, to: &str, expected: &str) {
    assert!(text.contains(from), "{file} does not hold {from}");
    let expected: Vec<String> = expected.lines().map(|it| format!("content/{file}:{it}")).collect();
    assert_eq!(told(&files().with(file, &text.replacen(from, to, 1))), expected.join("\n"));
}

/// The first lesson, with a text behind it.
#[track_caller]
pub(crate) fn lesson(body: &str) -> Lesson {
    read(&with_body(body)).lesson("cpu/first").unwrap().clone()
}

/// The HTML of a text in the first lesson; what stands there always is left out.
#[track_caller]
pub(crate) fn html(body: &str) -> String {
    let lesson = lesson(body);
    let text = |block: &Block| match block {
        Block::Html(html) => html.clone(),
        Block::Figure(figure) => format!("(figure {})\n", figure.engine),
        Block::Quiz(ids) => format!("(quiz {})\n", ids.join(" ")),
    };
    let all: String = lesson.blocks.iter().map(text).collect();
    all.split_once("is a length of time.</p>\n").unwrap().1.to_owned()
}

/// The run of the benchmark, which the tests need to know as it is.
pub(crate) fn run() -> sim::Run {
    let named: serde_json::Value = serde_json::from_str(BENCHMARK).unwrap();
    sim::engine("cpu/round_robin").unwrap().run(&named["scenario"], sim::Mode::Frames).unwrap()
}

/// Steps of the benchmark that ask for a decision.
pub(crate) fn decisions() -> Vec<usize> {
    let run = run();
    (1..run.len()).filter(|at| run.step(*at).unwrap().ask.is_some()).collect()
}
