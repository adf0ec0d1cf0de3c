//! Laws of the inverted table: it agrees with a plain map, and its chains are whole.

use super::run::{Aliases, Progress, Runner};
use super::script::{Does, Key, Op, read};
use super::table::{Hash, Table};
use crate::Rng;
use crate::engine::{Log, Mode};
use std::collections::BTreeMap;

fn random_op(rng: &mut Rng, n_pages: u64) -> Op {
    let mut key = || Key { process: u8::try_from(rng.below(3)).unwrap(), page: rng.below(n_pages) };
    let (key, with) = (key(), key());
    let does = match rng.below(8) {
        0..3 => Does::Map,
        3..6 => Does::Read,
        6 => Does::Unmap,
        _ => Does::Share(with),
    };
    Op { key, does, text: String::new() }
}

#[test]
fn lookups_agree_with_a_plain_map() {
    let mut rng = Rng::new(77);
    for _ in 0..250 {
        let (n_frames, n_anchors) = (rng.between(1, 12), rng.between(1, 9));
        let small = |n: u64| u32::try_from(n).unwrap();
        let hash = if rng.below(2) == 0 { Hash::Add } else { Hash::Mix };
        let aliases = if rng.below(2) == 0 { Aliases::Remap } else { Aliases::Entries };
        let table = Table::new(hash, small(n_frames), small(n_anchors));
        let mut runner = Runner::new(table, aliases);
        let mut plain: BTreeMap<Key, u32> = BTreeMap::new();
        for _ in 0..60 {
            let op = random_op(&mut rng, 10);
            let mut log = Log::new(Mode::Frames);
            runner.run(std::slice::from_ref(&op), &mut log).unwrap();
            let last = log.frames().last().unwrap();
            match op.does {
                Does::Map => {
                    let free =
                        (0..small(n_frames)).find(|it| plain.values().all(|frame| frame != it));
                    if let (false, Some(frame)) = (plain.contains_key(&op.key), free) {
                        plain.insert(op.key, frame);
                    }
                }
                Does::Unmap => {
                    plain.remove(&op.key);
                }
                Does::Share(with) => {
                    if let (Some(frame), false) = (plain.get(&with), plain.contains_key(&op.key)) {
                        plain.insert(op.key, *frame);
                    }
                }
                Does::Read => {
                    let entry = last.state.entry.map(|it| last.state.table.entries[it as usize]);
                    assert_eq!(entry.map(|it| it.frame), plain.get(&op.key).copied(), "{op:?}");
                    let found = last.state.progress == Progress::Done;
                    assert_eq!(found, plain.contains_key(&op.key));
                }
            }
            check_whole(&runner.state.table, &plain, aliases);
        }
    }
}

/// Every entry with a page is in the chain of that page once; with aliases every page has one.
fn check_whole(table: &Table, plain: &BTreeMap<Key, u32>, aliases: Aliases) {
    let mut n_linked = 0;
    for anchor in 0..u32::try_from(table.anchors.len()).unwrap() {
        for entry in table.chain(anchor) {
            let entry = table.entries[entry as usize];
            let key = entry.key.unwrap();
            assert_eq!(table.anchor(key), anchor);
            assert_eq!(plain.get(&key), Some(&entry.frame));
            n_linked += 1;
        }
    }
    assert_eq!(n_linked, table.entries.iter().filter(|it| it.key.is_some()).count());
    for (at, entry) in (0..).zip(&table.entries[..table.n_frames as usize]) {
        assert_eq!(entry.frame, at);
    }
    let known: BTreeMap<Key, u32> = table.known.iter().copied().collect();
    assert_eq!(&known, plain);
    if aliases == Aliases::Entries {
        assert_eq!(n_linked, plain.len());
    }
}

#[test]
fn a_script_that_cannot_be_read_is_told_at_its_words() {
    let told =
        read("P1 map\nP0 map 1\nP1 go 1\nP1 share 1 2\nP1 map 1 2\nP1 map 0x1fffffff\n# P1 read 1")
            .unwrap_err()
            .to_string();
    assert_eq!(
        told,
        "/script: line 1, column 7: expected a page number, such as 0x10\n\
         /script: line 2, column 1: expected a process from P1 to P8\n\
         /script: line 3, column 4: expected map, read, unmap or share\n\
         /script: line 4, column 12: expected = and the page to share, such as = P1 0x10\n\
         /script: line 5, column 10: 2 is one word too many\n\
         /script: line 6, column 8: 0x1fffffff is more than 0xfffffff"
    );
}
