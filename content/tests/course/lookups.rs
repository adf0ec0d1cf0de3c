//! The scale of latencies and the table of calls, and the faults of their files.

use crate::tree::{files, read, told, with_body};
use content::{Block, Files};

const LATENCY: &str = r#"[[rows]]
id = "l1"
what = "L1 cache"
kind = "cpu"
ns = 1
year = 2020
source = "ostep/7"
note = "The unit."

[[rows]]
id = "disk"
what = "Disk & arm"
kind = "storage"
ns = 3000000
to_ns = 10000000
year = 2020
source = "ostep"
lesson = "cpu/second#turns"
note = "It *turns*."
"#;

const CALLS: &str = r#"[[calls]]
name = "wait, waitpid"
group = "process"
header = "sys/wait.h"
does = "Waits for a child."
standard = "posix"
blocks = "yes"
handler = "yes"
threads = "care"
errors = ["ECHILD"]
lesson = "cpu/second"
source = "ostep/7"
"#;

fn latency(text: &str) -> Files {
    with_body("```latency\n```").with("latency.toml", text)
}

fn calls(text: &str) -> Files {
    with_body("```calls\n```").with("calls.toml", text)
}

fn html(files: &Files) -> String {
    let course = read(files);
    let lesson = course.lesson("cpu/first").unwrap();
    let text = |it: &Block| match it {
        Block::Html(html) => html.clone(),
        Block::Figure(_) | Block::Quiz(_) => String::new(),
    };
    lesson.blocks.iter().map(text).collect()
}

#[test]
fn latencies_become_a_scale_and_a_table() {
    let html = html(&latency(LATENCY));
    assert!(html.contains("<svg width=\"100%\" height=\"122\" role=\"img\""), "{html}");
    assert!(html.contains("<title>Disk &amp; arm: 3\u{2013}10 ms</title>"), "{html}");
    let row = "<td class=\"num\">3\u{2013}10 ms</td><td class=\"num\">3,000,000\u{2013}10,000,000\u{d7}</td>\
               <td class=\"num\">35\u{2013}120 days</td><td>It <em>turns</em>. \
               <a href=\"@lesson/cpu/second#turns\">The second</a></td><td><a href=\"@src/ostep\">OSTEP</a>, 2020</td>";
    assert!(html.contains(row), "{html}");
}

#[test]
fn faults_of_latencies() {
    let change = |from: &str, to: &str, expected: &str| {
        assert_eq!(told(&latency(&LATENCY.replace(from, to))), expected);
    };
    let at = |expected: &str| format!("content/latency.toml:{expected}");
    change(
        "\"storage\"",
        "\"tape\"",
        &at("13: kind tape: expected one of cpu, kernel, storage, network, work"),
    );
    change(
        "to_ns = 10000000",
        "to_ns = 10",
        &at("14: ns: expected 0.1 to 10,000,000,000, and to_ns not below it"),
    );
    change(
        "year = 2020\nsource = \"ostep/7\"",
        "source = \"ostep/7\"",
        &at("1: year: expected the year the number is from"),
    );
    change("second#turns", "third", &at("18: there is no lesson cpu/third"));
    change("source = \"ostep\"", "source = \"other\"", &at("17: there is no source other"));
    change(
        "ns = 1\n",
        "ns = 7\n",
        &at("1: expected a row of about 1 ns, which the others are compared with"),
    );
    assert_eq!(
        told(&with_body("```latency\n```")),
        "content/course/cpu/first.md:12: there is no content/latency.toml"
    );
}

#[test]
fn calls_become_a_table_that_can_be_filtered() {
    let html = html(&calls(CALLS));
    assert!(html.contains("<form class=\"filter needs-scripts\" data-filter=\"calls\""), "{html}");
    let row = "<tr data-group=\"process\" data-standard=\"posix\" data-blocks=\"yes\" data-handler=\"yes\" data-threads=\"care\">";
    assert!(html.contains(row), "{html}");
    assert!(
        html.contains("<code>wait</code> <code>waitpid</code><small>sys/wait.h</small>"),
        "{html}"
    );
}

#[test]
fn faults_of_calls() {
    let change = |from: &str, to: &str, expected: &str| {
        assert_eq!(
            told(&calls(&CALLS.replace(from, to))),
            format!("content/calls.toml:{expected}")
        );
    };
    change("\"posix\"", "\"bsd\"", "6: standard bsd: expected one of posix, linux");
    change("ECHILD", "child", "10: error child: expected a name such as EAGAIN");
    change("child.", "child", "5: does: expected a sentence");
    change("cpu/second", "cpu/third", "11: there is no lesson cpu/third");
    assert_eq!(
        told(&calls(&format!("{CALLS}\n{CALLS}"))),
        "content/calls.toml:1: wait, waitpid is there twice"
    );
    assert_eq!(told(&files()), "");
}
