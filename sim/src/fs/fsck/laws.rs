//! What the repairs must come to.

use super::damage::{self, Hurt};
use super::run::{Runner, State};
use super::{Fsck, LOST, Scenario, made};
use crate::engine::{Engine, Log, typed};
use crate::form::check;
use crate::fs::layout::image::{Image, Kind};
use crate::fs::layout::laws::look_at;
use crate::{Mode, Rng, Run, engine};
use serde_json::{Value, json};

const SETUP: &str =
    "create /a 2\nmkdir /d\ncreate /d/b 1\nmkdir /d/e\ncreate /d/e/f 1\ncreate /c 1\nmkdir /d/e/g";

fn states(scenario: &Value) -> Vec<State> {
    let scenario: Scenario = typed(&check(Fsck::FORM, scenario).unwrap()).unwrap();
    let mut log = Log::new(Mode::Frames);
    Fsck::run(&scenario, &mut log).unwrap();
    log.frames().iter().map(|it| it.state.clone()).collect()
}

fn run(damage: &str) -> Run {
    let scenario = json!({ "setup": SETUP, "damage": damage });
    engine("fs/fsck").unwrap().run(&scenario, Mode::Frames).unwrap()
}

/// Repairs of each pass.
fn repairs(damage: &str) -> [u64; 5] {
    let run = run(damage);
    [1, 2, 3, 4, 5].map(|it| run.metric(&format!("n_repairs.{it}")).unwrap() as u64)
}

#[test]
fn each_damage_is_seen_by_its_pass() {
    assert_eq!(repairs(""), [0; 5]);
    let image = made(SETUP).unwrap();
    let number = |path: &str| image.find(path).unwrap();
    let (a, b, d) = (number("/a"), number("/d/b"), number("/d"));
    assert_eq!(image.find("/lost+found"), Some(LOST));
    assert_eq!(repairs(&format!("links {a} 5")), [0, 0, 0, 1, 0]);
    assert_eq!(repairs("forget /a"), [0, 0, 0, 1, 0]);
    assert_eq!(repairs("entry /a 15"), [0, 1, 0, 1, 0]);
    let block = image.inode(b).blocks[0];
    assert_eq!(repairs(&format!("block_bit {block}")), [0, 0, 0, 0, 1]);
    // A bit of a block that nobody has, and the count of its group.
    assert_eq!(repairs("block_bit 15"), [0, 0, 0, 0, 1]);
    // The copy goes to the block that the pointer has left.
    assert_eq!(repairs(&format!("pointer {a} 0 {block}")), [1, 0, 0, 0, 0]);
    // The pointer is cleared, and its block is free: a bit, and two counts.
    assert_eq!(repairs(&format!("pointer {a} 0 999")), [1, 0, 0, 0, 3]);
    assert_eq!(repairs("count 0 3"), [0, 0, 0, 0, 1]);
    // The links of its old and of its new parent.
    assert_eq!(repairs("forget /d"), [0, 0, 1, 2, 0]);
    assert_eq!(run("forget /d").metric("n_lost_found"), Some(1.0));
    // What is below a lost directory keeps its name.
    let all = states(&json!({ "setup": SETUP, "damage": "forget /d" }));
    let found = &all.last().unwrap().image;
    assert_eq!(found.find(&format!("/lost+found/#{d}/b")), Some(b));
}

#[test]
fn the_question_is_answered_by_the_pass_that_repairs_first() {
    let run = run("forget /c\nblock_bit 15\nforget /d");
    let asked = (0..run.len()).filter_map(|it| run.step(it).unwrap().ask.clone());
    let answers: Vec<u32> = asked.map(|it| it.answer).collect();
    assert_eq!(answers, [4, 5, 3]);
}

fn random_hurt(rng: &mut Rng, image: &Image) -> Hurt {
    let shape = image.shape;
    let live: Vec<u64> = (4..=shape.n_inodes())
        .filter(|it| matches!(image.inode(*it).kind, Kind::File | Kind::Directory))
        .collect();
    let one = live[rng.below(live.len() as u64) as usize];
    let paths = ["/a", "/d", "/d/b", "/d/e", "/d/e/f", "/c", "/d/e/g"];
    let path = paths[rng.below(7) as usize].to_owned();
    match rng.below(9) {
        0 => Hurt::BlockBit(rng.below(shape.n_blocks())),
        1 => Hurt::InodeBit(4 + rng.below(shape.n_inodes() - 3)),
        2 => Hurt::Links(one, rng.below(9)),
        3 | 4 if image.inode(one).kind == Kind::File => {
            Hurt::Pointer(one, rng.below(2), rng.below(40))
        }
        3..=5 => Hurt::Entry(path, rng.below(20)),
        6 => Hurt::Forget(path),
        7 => Hurt::Clear(one),
        _ => Hurt::Count(rng.below(2), rng.below(99)),
    }
}

#[test]
fn after_the_passes_the_image_agrees_with_itself_and_a_second_run_finds_nothing() {
    let mut rng = Rng::new(99);
    let mut n_repairs = 0;
    for round in 0..600 {
        let mut image = made(SETUP).unwrap();
        let hurts: Vec<Hurt> = (0..1 + round % 7).map(|_| random_hurt(&mut rng, &image)).collect();
        hurts.iter().for_each(|it| damage::hit(&mut image, it));
        let passes = |image: Image| {
            let mut runner = Runner::new(image);
            runner.run(&mut Log::new(Mode::Frames)).unwrap();
            runner.state
        };
        let once = passes(image);
        look_at(&once.image, &format!("{hurts:?}"));
        n_repairs += once.repairs.len();
        let twice = passes(once.image.clone());
        assert!(twice.repairs.is_empty(), "{hurts:?}: {:?}", twice.repairs);
        assert_eq!(twice.image, once.image);
    }
    assert!(1_000 < n_repairs, "{n_repairs}");
}

#[test]
fn wrong_setups_and_damage_are_told_at_their_places() {
    let entry = engine("fs/fsck").unwrap();
    let told = |setup: &str, damage: &str| {
        let scenario = json!({ "setup": setup, "damage": damage });
        entry.run(&scenario, Mode::Frames).unwrap_err().to_string()
    };
    assert_eq!(told("create /x/a 1", ""), "/setup: create /x/a 1 fails with ENOENT");
    assert_eq!(told("create a 1", "").lines().count(), 1);
    assert!(told("create a 1", "").starts_with("/setup: line 1, column 8: "));
    assert_eq!(
        told("create /a 1", "links 9 1\nclear 2\nforget /b"),
        "/damage: line 1, column 7: this inode is not in use\n\
         /damage: line 2, column 7: the root and lost+found, inodes 2 and 3, stay as they are\n\
         /damage: line 3, column 8: there is no such name, or it stays as it is"
    );
}
