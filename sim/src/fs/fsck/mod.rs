//! fsck: an image is damaged, and five passes make it agree with itself again.
//!
//! # Model
//! The image of `fs/layout`, with two groups and a directory `lost+found`. Damage changes bits, links,
//! pointers, entries, inodes or counts. The passes are those of e2fsck: inodes, entries, connection,
//! links, bitmaps. What one pass has found and repaired, the next ones build on. The links of a
//! directory are its name, its own `.` and the `..` of each directory below it.
//! # Ties
//! Inodes are looked at by number: of two that have a block, the one with the lower number keeps it, and
//! of two names of a directory the first one found stays. A copy goes to the first block that is free
//! on the map.
//! # Left out
//! The superblock's copies, sizes and times, indirect blocks, damage to the content of directories'
//! blocks and to the root or `lost+found`, inodes with impossible types, and the questions that e2fsck
//! asks before each repair.
//! # Source
//! `man-e2fsck` for the passes; `ostep`, chapter 42, for what is checked.

mod damage;
#[cfg(test)]
mod laws;
mod run;
mod scene;

use super::layout::image::{Image, Kind as What, ROOT, Shape};
use super::layout::run::Runner as Maker;
use super::layout::script::read;
use crate::engine::{Better, Engine, Frame, Log, Meta, Mode};
use crate::error::{Fault, Problem, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use crate::words::count;
use damage::Hurt;
pub(crate) use run::State;
use run::{PASSES, Runner};
use serde::Deserialize;

/// The engine.
pub(crate) struct Fsck;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    setup: String,
    damage: String,
}

const SHAPE: Shape = Shape { n_groups: 2, blocks: 16, inodes: 8 };

/// The inode of `lost+found`, made with the file system.
const LOST: u64 = 3;

impl Engine for Fsck {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "fs/fsck",
        title: "fsck in five passes",
        summary: "A disk is damaged, and five passes find what contradicts what and repair it.",
        look_for: "Say for each damage which pass can see it, and what its repair cannot bring back.",
        source: "man-e2fsck/DESCRIPTION",
        time_unit: "steps",
        markers: &["damage", "repair"],
    };
    const FORM: &'static [Field] = &[
        Field::new("setup", "Before", Kind::Code { max_chars: 2_000 })
            .help("Calls that fill the disk, one a line: mkdir /d; create /d/a 2; append /d/a 1; delete /d/a."),
        Field::new("damage", "Damage", Kind::Code { max_chars: 2_000 })
            .help(
                "One change a line. block_bit 9 or inode_bit 5 flips a bit; links 4 7 sets a count; pointer 4 0 23 \
                 sets pointer 0 of inode 4; entry /d/a 14 names another inode; forget /d/a drops an entry; clear 4 \
                 empties an inode; count 0 3 sets the free blocks of a group.",
            )
            .or(Preset::Text("")),
    ];
    const EXAMPLE: &'static str = r#"{"setup": "create /a 2\nmkdir /d\ncreate /d/b 1\ncreate /c 1",
"damage": "pointer 5 0 8\nentry /a 15\nforget /d\nlinks 5 7\nblock_bit 30"}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let sound = made(&scenario.setup)?;
        let all = damage::read(&scenario.damage, &sound)?;
        let mut runner = Runner::new(sound.clone());
        let n = runner.state.image.inodes.iter().filter(|it| it.n_links != 0).count() as u64;
        let say = format!(
            "Everything agrees before the damage: {} in use, each with as many links as names, and a bit for each block.",
            count(n, "inodes")
        );
        runner.ask(log, "start", &say, None)?;
        for (hurt, _) in &all {
            let mut alone = sound.clone();
            damage::hit(&mut alone, hurt);
            damage::hit(&mut runner.state.image, hurt);
            runner.point_at(hurt);
            let say = format!(
                "The disk is damaged: {}. Nothing else knows of it.",
                damage::told(hurt, &runner.state.image)
            );
            let answer = run::first_pass(&alone).unwrap_or_default();
            runner.ask(log, "damage", &say, Some(answer))?;
        }
        runner.run(log)?;
        metrics(&runner.state, log);
        Ok(())
    }

    fn scene(_: &Scenario, past: &[Frame<State>]) -> Scene {
        scene::scene(past)
    }
}

impl Runner {
    /// What a change was about.
    fn point_at(&mut self, hurt: &Hurt) {
        (self.state.inode, self.state.block) = match *hurt {
            Hurt::BlockBit(block) => (None, Some(block)),
            Hurt::InodeBit(number) | Hurt::Links(number, _) | Hurt::Clear(number) => {
                (Some(number), None)
            }
            Hurt::Pointer(number, _, block) => (Some(number), Some(block)),
            Hurt::Entry(..) | Hurt::Forget(_) | Hurt::Count(..) => (None, None),
        };
    }
}

/// The image that the setup makes.
fn made(setup: &str) -> Result<Image, ScenarioError> {
    let ops = read(setup).map_err(|it| {
        let at = |it: Problem| Problem { at: "/setup".to_owned(), ..it };
        ScenarioError(it.0.into_iter().map(at).collect())
    })?;
    let mut image = Image::new(SHAPE);
    let block = SHAPE.overhead() + 1;
    image.take_inode(LOST);
    image.take_block(block);
    image.sum_up();
    let lost = image.inode_mut(LOST);
    (lost.kind, lost.n_links, lost.blocks) = (What::Directory, 2, vec![block]);
    let root = image.inode_mut(ROOT);
    root.n_links += 1;
    root.entries.push(("lost+found".to_owned(), LOST));
    let mut maker = Maker::on(image);
    maker.run(&ops, &mut Log::new(Mode::MetricsOnly))?;
    let results = ops.iter().zip(&maker.state.results);
    match results.into_iter().find(|(_, result)| result.0 != "ok") {
        Some(((_, text), (result, _))) => {
            let why = format!("{text} fails with {result}");
            Err(ScenarioError::one("/setup", Fault::Conflict(why)))
        }
        None => Ok(maker.state.image),
    }
}

fn metrics(state: &State, log: &mut Log<State>) {
    let n = state.repairs.len() as f64;
    log.metric("n_repairs", "Repairs", n, "repairs", Better::Neither);
    for (at, what) in PASSES.iter().enumerate() {
        let n = state.repairs.iter().filter(|it| it.pass == at + 1).count();
        let key = format!("n_repairs.{}", at + 1);
        log.metric(&key, &format!("Repairs of {what}"), n as f64, "repairs", Better::Neither);
    }
    let found = state.image.inode(LOST).entries.len();
    log.metric("n_lost_found", "In lost+found", found as f64, "entries", Better::Lower);
}
