//! The walks of the lesson on choosing a model, and the figure that each of them leads to.
#![cfg(not(target_arch = "wasm32"))]
// A test that cannot go on fails.
#![allow(clippy::unwrap_used, clippy::panic)]

use interleave_tests::NAMED;
use serde_json::{Map, Value};
use sim::Mode;
use sim::scene::Panel;

const LESSON: &str = include_str!("../../content/course/patterns/choice.md");

fn scenario(engine: &str, name: &str) -> Value {
    let found = NAMED.iter().find(|it| (it.0, it.1) == (engine, name));
    let file = found.unwrap_or_else(|| panic!("{engine} has no {name}")).2;
    serde_json::from_str::<Value>(file).unwrap()["scenario"].clone()
}

/// A whole number or a word.
fn value(text: &str) -> Value {
    text.parse::<u64>().map_or_else(|_| text.into(), Value::from)
}

/// The links of a line to figures, without their ends.
fn links(line: &str) -> Vec<&str> {
    line.split("](sim:").skip(1).filter_map(|it| it.split(')').next()).collect()
}

/// Each row of the lesson's table leads to the setting at which its walk ends.
#[test]
fn each_walk_leads_to_the_setting_at_which_it_ends() {
    let rows = LESSON.lines().filter(|it| it.contains("](sim:patterns/choice#"));
    let mut n_rows = 0;
    for line in rows {
        let [walk, figure] = links(line)[..] else { panic!("{line}") };
        let (_, walk) = walk.split_once('#').unwrap();
        let (engine, place) = figure.split_once('#').unwrap();
        let mut changes = place.split('+');
        let mut shown = scenario(engine, changes.next().unwrap());
        for change in changes {
            let (key, text) = change.split_once('=').unwrap();
            shown[key] = value(text);
        }
        let servers = sim::engine(engine).unwrap().run(&shown, Mode::MetricsOnly).unwrap();
        let choice = sim::engine("patterns/choice").unwrap();
        let run = choice.run(&scenario("patterns/choice", walk), Mode::Frames).unwrap();
        let scene = run.scene(run.len());
        let Some(Panel::Table(table)) = scene.panel("setting") else { panic!("{walk}") };
        let cells = table.rows.iter().map(|it| (it.key.clone(), value(&it.cells[1].text)));
        let mut setting: Map<String, Value> = cells.collect();
        if setting["shape"] != "loop_pool" {
            setting.remove("pool");
        }
        for (key, wanted) in &setting {
            assert_eq!(servers.scenario[key], *wanted, "{walk}: {key}");
        }
        n_rows += 1;
    }
    assert_eq!(n_rows, 6);
}
