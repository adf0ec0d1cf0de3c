//! What the image must keep.

use super::image::{Image, Kind, Part, ROOT, at};
use super::{Layout, Scenario, State};
use crate::engine::{Engine, Log, typed};
use crate::form::check;
use crate::{Mode, Rng, engine};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn states(scenario: &Value) -> Vec<State> {
    let scenario: Scenario = typed(&check(Layout::FORM, scenario).unwrap()).unwrap();
    let mut log = Log::new(Mode::Frames);
    Layout::run(&scenario, &mut log).unwrap();
    log.frames().iter().map(|it| it.state.clone()).collect()
}

/// Whether everything agrees with everything else, seen from the directories.
pub(in crate::fs) fn look_at(image: &Image, script: &str) {
    let shape = image.shape;
    let mut blocks: Vec<bool> =
        (0..shape.n_blocks()).map(|it| shape.part(it) != Part::Data).collect();
    let mut links = vec![0; at(shape.n_inodes())];
    let (mut todo, mut seen) = (vec![ROOT], BTreeSet::from([ROOT]));
    links[at(ROOT - 1)] = 1;
    while let Some(number) = todo.pop() {
        let inode = image.inode(number);
        for block in &inode.blocks {
            assert!(!std::mem::replace(&mut blocks[at(*block)], true), "{script}");
        }
        if inode.kind == Kind::Directory {
            links[at(number - 1)] += 1;
            for (_, child) in &inode.entries {
                links[at(child - 1)] += 1;
                if image.inode(*child).kind == Kind::Directory {
                    assert_eq!(image.inode(*child).parent, number);
                    links[at(number - 1)] += 1;
                }
                // A file may have several names.
                if seen.insert(*child) {
                    todo.push(*child);
                }
            }
        }
    }
    assert_eq!(image.block_bits, blocks, "{script}");
    for (place, inode) in image.inodes.iter().enumerate() {
        assert_eq!(inode.n_links, links[place], "{script}");
        assert_eq!(image.inode_bits[place], inode.kind != Kind::Free, "{script}");
        assert_eq!(inode.kind == Kind::Free || inode.kind == Kind::Reserved, links[place] == 0);
    }
    let mut sum = (0, 0);
    for group in 0..shape.n_groups {
        let free = |bits: &[bool], n: u64| {
            bits[at(group * n)..at((group + 1) * n)].iter().filter(|it| !**it).count() as u64
        };
        let own = (free(&image.block_bits, shape.blocks), free(&image.inode_bits, shape.inodes));
        assert_eq!(image.free[at(group)], own, "{script}");
        sum = (sum.0 + own.0, sum.1 + own.1);
    }
    assert_eq!(image.free_sum, sum, "{script}");
}

pub(in crate::fs) fn random_script(rng: &mut Rng) -> String {
    let mut script = String::new();
    for _ in 0..30 {
        let name = |rng: &mut Rng| ["a", "b", "c", "d"][rng.below(4) as usize];
        let path = match rng.below(3) {
            0 => format!("/{}", name(rng)),
            1 => format!("/{}/{}", name(rng), name(rng)),
            _ => format!("/{}/{}/{}", name(rng), name(rng), name(rng)),
        };
        let line = match rng.below(7) {
            0 | 1 => format!("mkdir {path}"),
            2 | 3 => format!("create {path} {}", rng.below(5)),
            4 => format!("append {path} {}", 1 + rng.below(5)),
            _ => format!("delete {path}"),
        };
        script = format!("{script}{line}\n");
    }
    script
}

#[test]
fn after_every_call_the_image_agrees_with_itself() {
    let mut rng = Rng::new(40);
    let mut n_full = 0;
    for _ in 0..80 {
        let script = random_script(&mut rng);
        let scenario = json!({ "script": script, "groups": 1 + rng.below(3),
            "group_blocks": 8 + rng.below(10), "group_inodes": 2 + rng.below(20) });
        let all = states(&scenario);
        for (at, state) in all.iter().enumerate() {
            let is_end = all.get(at + 1).is_none_or(|next| next.line != state.line);
            if is_end {
                look_at(&state.image, &script);
            }
        }
        n_full += all.last().unwrap().results.iter().filter(|it| it.0 == "ENOSPC").count();
    }
    assert!(20 < n_full, "{n_full}");
}

#[test]
fn a_block_more_changes_five_blocks_and_a_new_file_seven() {
    // Bitmap, inode, data and two counts; for a new file also the inode bitmap and the directory, while
    // both inodes stand in one block of the table.
    let scenario = json!({ "script": "create /a 1\nappend /a 1\ncreate /b 0" });
    let run = engine("fs/layout").unwrap().run(&scenario, Mode::MetricsOnly).unwrap();
    let writes = ["writes.1", "writes.2", "writes.3"].map(|it| run.metric(it).unwrap());
    assert_eq!(writes, [7.0, 5.0, 5.0]);
}

#[test]
fn directories_spread_and_files_stay_near_them() {
    let script = "mkdir /x\nmkdir /y\ncreate /x/a 2\ncreate /y/b 2";
    let all = states(&json!({ "script": script }));
    let image = &all.last().unwrap().image;
    let group = |path: &str| image.shape.group_of_inode(image.find(path).unwrap());
    assert_eq!([group("/x"), group("/y"), group("/x/a"), group("/y/b")], [1, 2, 1, 2]);
    let block = |path: &str| image.inode(image.find(path).unwrap()).blocks[0];
    assert_eq!(["/x/a", "/y/b"].map(|it| image.shape.group_of_block(block(it))), [1, 2]);
}

#[test]
fn faults_of_the_script_are_told_at_their_words() {
    let entry = engine("fs/layout").unwrap();
    let told =
        entry.run(&json!({ "script": "create a 1\nappend /a 0" }), Mode::Frames).unwrap_err();
    assert_eq!(
        told.to_string(),
        "/script: line 1, column 8: a path begins with /, and a name in it has at most 6 letters and digits\n\
         /script: line 2, column 11: at least one block"
    );
}
