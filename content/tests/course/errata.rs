//! What common notes get wrong: the entries, and each fault of them.

use crate::tree::{change_in, files, read, told};
use content::Files;

const ERRATA: &str = r#"[[errata]]
id = "short_wait"
lesson = "cpu/second#turns"
claim = "Everybody waits *nothing*."
truth = """
The mean is {{cpu/round_robin benchmark waiting_ticks_mean}}.
Some wait longer.
"""
sources = ["ostep/7"]
run = "cpu/round_robin benchmark"
"#;

fn with(errata: &str) -> Files {
    files().with("errata.toml", errata)
}

/// One text replaced in the entry has exactly this fault.
#[track_caller]
fn change(from: &str, to: &str, expected: &str) {
    change_in("errata.toml", ERRATA, from, to, expected);
}

#[test]
fn an_entry_has_its_number_its_lesson_and_what_shows_it() {
    let course = read(&with(ERRATA));
    let entry = &course.errata[0];
    assert_eq!((&*entry.id, &*entry.lesson, &*entry.place), ("short_wait", "cpu/second", "turns"));
    assert_eq!(entry.claim, "Everybody waits <em>nothing</em>.");
    assert_eq!(entry.truth.trim(), "<p>The mean is 7.2.\nSome wait longer.</p>");
    assert_eq!(entry.sources[0].label, "OSTEP, chapter 7");
    assert_eq!(entry.run, Some(("cpu/round_robin".to_owned(), "benchmark".to_owned())));
    assert!(read(&files()).errata.is_empty());
}

#[test]
fn faults_of_an_entry() {
    change("short_wait", "Short", "2: id Short: expected small letters, digits and _");
    change("cpu/second#turns", "cpu/third", "3: there is no lesson cpu/third");
    change("#turns", "#no", "3: lesson cpu/second has no heading #no; it has turns");
    change("*nothing*.", "nothing", "4: claim: expected a sentence");
    change("longer.", "longer", "5: truth: expected a sentence");
    change("ostep/7", "other/7", "9: there is no source other");
    change(
        "run = \"cpu/round_robin benchmark\"",
        "run = \"cpu/round_robin\"",
        "10: run cpu/round_robin: expected ENGINE SCENARIO",
    );
    change(
        "run = \"cpu/round_robin benchmark\"",
        "run = \"cpu/round_robin benchmark+quantum_ticks=4\"",
        "10: run: a named scenario, without changes",
    );
    change(
        "run = \"cpu/round_robin benchmark\"",
        "listing = \"no.c\"",
        "10: no lesson shows content/listings/no.c",
    );
}

#[test]
fn nothing_is_claimed_without_what_shows_it() {
    let bare = ERRATA.replace("sources = [\"ostep/7\"]\nrun = \"cpu/round_robin benchmark\"\n", "");
    let expected =
        "content/errata.toml:2: short_wait: nothing shows it: expected sources, run or listing";
    assert_eq!(told(&with(&bare)), expected);
}

#[test]
fn an_id_stands_once() {
    let twice = format!("{ERRATA}\n{ERRATA}");
    assert_eq!(told(&with(&twice)), "content/errata.toml:13: id short_wait is there twice");
}
