//! Laws of mappings: shared writes reach file and peer, private ones never; against a plain model.

use super::run::{Costs, Runner};
use super::scene::Picture;
use super::script::{Does, Map, Op, read};
use super::world::{PAGE_BYTES, Use, World};
use crate::engine::{Log, Mode};
use crate::{Rng, Run, engine};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn run(scenario: &Value) -> Run {
    engine("memory/mmap").unwrap().run(scenario, Mode::MetricsOnly).unwrap()
}

#[test]
fn a_loop_over_a_gibibyte_touches_every_page_whatever_its_step() {
    // Reference: `mmap_001`.
    let touch = |step: u32| {
        let script =
            format!("P1 mmap 0x10000000 262144 shared big\nP1 touch 0x10000000 {step} write");
        run(&json!({"files": [{"name": "big", "pages": 262_144}], "script": script}))
    };
    let pages = touch(4_096);
    assert_eq!(pages.metric("n_touched"), Some(262_144.0));
    assert_eq!(pages.metric("n_accesses"), Some(262_144.0));
    assert_eq!(pages.metric("n_major"), Some(262_144.0));
    let words = touch(4);
    assert_eq!(words.metric("n_accesses"), Some(268_435_456.0));
    assert_eq!(words.metric("n_touched"), Some(262_144.0));
    assert_eq!(touch(8_192).metric("n_touched"), Some(131_072.0));
}

#[test]
fn a_script_that_walks_too_many_pages_is_stopped() {
    let touches = "P1 touch 0x10000000 4096\n".repeat(30);
    let script = format!("P1 mmap 0x10000000 262144 private anonymous\n{touches}");
    let run = run(&json!({ "script": script }));
    // One walk to map, and fifteen more of a quarter of a million pages each.
    assert_eq!(run.metric("n_touched"), Some(15.0 * 262_144.0));
}

#[test]
fn a_fork_takes_its_base_and_a_part_for_each_entry() {
    // Reference: `fork_cost_000`; the last row is larger than this model holds.
    for (pages, pte_bytes) in [(2_560, 20_480.0), (25_600, 204_800.0), (262_144, 2_097_152.0)] {
        let script = format!(
            "P1 mmap 0x10000000 {pages} private anonymous\nP1 touch 0x10000000 4096 write\nP1 fork P2"
        );
        for cost in [10, 36, 65, 100] {
            let run = run(&json!({"script": script, "fork_page_ns": cost}));
            assert_eq!(run.metric("n_entries_copied"), Some(f64::from(pages)));
            assert_eq!(run.metric("entries_copied_bytes"), Some(pte_bytes));
            let fork_ns = 35_000.0 + f64::from(pages) * f64::from(cost);
            assert_eq!(run.metric("fork_ns"), Some(fork_ns));
        }
    }
}

#[test]
fn a_fork_copies_no_entries_of_shared_or_untouched_regions() {
    // Errata 000-14.
    let fork = |map: &str, touch: &str| {
        let script = format!("P1 mmap 0x10000 8 {map}\nP1 touch 0x10000 4096 {touch}\nP1 fork P2");
        let files = json!([{"name": "data", "pages": 8}]);
        run(&json!({"files": files, "script": script})).metric("n_entries_copied").unwrap()
    };
    assert_eq!(fork("shared data", "write"), 0.0);
    assert_eq!(fork("shared anonymous", "write"), 0.0);
    assert_eq!(fork("private data", ""), 0.0);
    assert_eq!(fork("private data", "write"), 8.0);
    assert_eq!(fork("private anonymous", "write"), 8.0);
}

#[test]
fn shared_memory_after_a_fork_is_one_memory() {
    // The listing of two processes that print 42.
    let script = "P1 mmap 0x10000 1 shared anonymous\nP1 mmap 0x20000 1 private anonymous\n\
                  P1 write 0x20000 = 1\nP1 fork P2\nP2 write 0x10000 = 42\nP2 write 0x20000 = 2\n\
                  P1 read 0x10000\nP1 read 0x20000";
    let entry = engine("memory/mmap").unwrap();
    let run = entry.run(&json!({"script": script}), Mode::Frames).unwrap();
    let says: Vec<&str> = (0..run.len()).map(|at| run.step(at).unwrap().say.as_str()).collect();
    assert!(says.iter().any(|it| it.starts_with("P1 reads 42 at 0x10000")), "{says:?}");
    assert!(says.iter().any(|it| it.starts_with("P1 reads 1 at 0x20000")), "{says:?}");
}

type Page = BTreeMap<u64, i64>;

/// A region of the plain model: private pages lie over the object.
#[derive(Clone)]
struct Plain {
    map: Map,
    object: Option<usize>,
    own: BTreeMap<u64, Page>,
}

/// The plain model: contents of objects, blocks of files, regions of processes.
struct Model {
    now: Vec<Vec<Page>>,
    blocks: Vec<Vec<Page>>,
    processes: Vec<Option<Vec<Plain>>>,
}

impl Model {
    fn region(&mut self, process: u8, address: u64) -> Option<&mut Plain> {
        let regions = self.processes[process as usize].as_mut()?;
        regions.iter_mut().find(|it| {
            (it.map.address..it.map.address + it.map.n_pages * PAGE_BYTES).contains(&address)
        })
    }

    /// Reads, or writes and reads: the value, or nothing after a signal.
    fn touch(&mut self, process: u8, address: u64, put: Option<i64>) -> Option<i64> {
        let region = self.region(process, address)?.clone();
        let within = address - region.map.address;
        let (page, offset) = (within / PAGE_BYTES, within % PAGE_BYTES);
        if put.is_some() && region.map.read_only {
            return None;
        }
        let behind = match region.object {
            Some(object) => self.now[object].get((page + region.map.offset) as usize).cloned(),
            None => Some(Page::new()),
        };
        let mut seen = match region.own.get(&page) {
            Some(own) => own.clone(),
            None => behind?,
        };
        if let Some(value) = put {
            seen.insert(offset, value);
            match region.object.filter(|_| region.map.shared) {
                Some(object) => {
                    self.now[object][(page + region.map.offset) as usize] = seen.clone();
                }
                None => {
                    self.region(process, address).unwrap().own.insert(page, seen.clone());
                }
            }
        }
        Some(seen.get(&offset).copied().unwrap_or(0))
    }

    fn sync(&mut self, object: usize, first: usize, n: usize) {
        let n_pages = self.blocks[object].len();
        for page in first..(first + n).min(n_pages) {
            self.blocks[object][page] = self.now[object][page].clone();
        }
    }

    /// Does one thing; the value that it reads, if it reads.
    fn step(&mut self, op: &Op) -> Option<i64> {
        let process = op.process as usize;
        match op.does {
            Does::Read(address) => return self.touch(op.process, address, None),
            Does::Write(address, value) => {
                self.touch(op.process, address, Some(value));
            }
            Does::Map(map) => {
                let regions = self.processes[process].get_or_insert_default();
                let end = |it: &Map| it.address + it.n_pages * PAGE_BYTES;
                if regions.iter().any(|it| it.map.address < end(&map) && map.address < end(&it.map))
                {
                    return None;
                }
                let mut object = map.file;
                if map.file.is_none() && map.shared {
                    self.now.push(vec![Page::new(); map.n_pages as usize]);
                    object = Some(self.now.len() - 1);
                }
                regions.push(Plain { map, object, own: BTreeMap::new() });
            }
            Does::FileRead(file, place) | Does::FileWrite(file, place, _) => {
                let page = self.now[file].get_mut((place / PAGE_BYTES) as usize)?;
                if let Does::FileWrite(_, _, value) = op.does {
                    page.insert(place % PAGE_BYTES, value);
                }
                return Some(page.get(&(place % PAGE_BYTES)).copied().unwrap_or(0));
            }
            Does::Sync(address) => {
                if let Some(region) = self.region(op.process, address).cloned()
                    && let (Some(file), true) = (region.map.file, region.map.shared)
                {
                    self.sync(file, region.map.offset as usize, region.map.n_pages as usize);
                }
            }
            Does::Unmap(address) => {
                if let Some(start) = self.region(op.process, address).map(|it| it.map.address) {
                    let regions = self.processes[process].as_mut().unwrap();
                    regions.retain(|it| it.map.address != start);
                }
            }
            Does::Fork(child) => {
                if self.processes[child as usize].is_none() {
                    let regions = self.processes[process].get_or_insert_default().clone();
                    self.processes[child as usize] = Some(regions);
                }
            }
            Does::Exit => self.processes[process] = None,
            Does::WriteBack => (0..self.blocks.len()).for_each(|it| self.sync(it, 0, 99)),
            Does::Crash => {
                self.now = self.blocks.clone();
                self.processes.fill(None);
            }
            Does::Touch { .. } => {}
        }
        None
    }
}

fn random_op(rng: &mut Rng) -> Op {
    let starts = [0x10000, 0x12000, 0x14000, 0x20000];
    let place = starts[rng.below(4) as usize];
    let address = place + rng.below(3) * PAGE_BYTES + 8 * rng.below(2);
    let value = i64::try_from(rng.below(1_000)).unwrap();
    let file = rng.below(2) as usize;
    let does = match rng.below(40) {
        0..8 => {
            let file = [None, Some(0), Some(1)][rng.below(3) as usize];
            Does::Map(Map {
                address: place,
                n_pages: rng.between(1, 3),
                shared: rng.below(2) == 0,
                read_only: rng.below(8) == 0,
                file,
                offset: if file.is_some() { rng.below(2) } else { 0 },
            })
        }
        8..18 => Does::Read(address),
        18..28 => Does::Write(address, value),
        28..30 => Does::FileRead(file, rng.below(3) * PAGE_BYTES),
        30..32 => Does::FileWrite(file, rng.below(3) * PAGE_BYTES, value),
        32..34 => Does::Sync(address),
        34 => Does::Unmap(address),
        35..37 => Does::Fork(u8::try_from(rng.below(3)).unwrap()),
        37 => Does::Exit,
        38 => Does::WriteBack,
        _ => Does::Crash,
    };
    Op { process: u8::try_from(rng.below(3)).unwrap(), does, text: String::new() }
}

#[test]
fn every_read_agrees_with_a_model_without_frames() {
    const COSTS: Costs = Costs { minor_ns: 1, major_ns: 1, fork_ns: 1, fork_page_ns: 1 };
    let mut rng = Rng::new(14);
    let mut n_read = 0;
    for _ in 0..150 {
        let block = |value: i64| vec![(0, value)];
        let files = vec![
            ("a".to_owned(), vec![block(1), block(2)]),
            ("b".to_owned(), vec![block(3), block(4), block(5)]),
        ];
        let page = |value: i64| Page::from([(0, value)]);
        let now = vec![vec![page(1), page(2)], vec![page(3), page(4), page(5)]];
        let mut model = Model { blocks: now.clone(), now, processes: vec![None, None, None, None] };
        let mut runner = Runner::new(World::new(files, 4), COSTS);
        for _ in 0..80 {
            let op = random_op(&mut rng);
            let mut log: Log<Picture> = Log::new(Mode::Frames);
            runner.last_value = None;
            runner.run(std::slice::from_ref(&op), &mut log).unwrap();
            let expected = model.step(&op);
            if matches!(op.does, Does::Read(_) | Does::FileRead(..)) {
                assert_eq!(runner.last_value, expected, "{op:?}");
                n_read += u32::from(expected.is_some());
            }
            check_counts(&runner.world, &model);
        }
    }
    assert!(500 < n_read, "{n_read}");
}

/// Counts of frames are those of the entries, private frames have one, and blocks are the model's.
fn check_counts(world: &World, model: &Model) {
    let mut counts = vec![0; world.frames.len()];
    for region in world.processes.iter().flatten().flatten() {
        for entry in &region.entries {
            let Some(frame) = entry.frame else { continue };
            counts[frame as usize] += 1;
            let used = world.frames[frame as usize].used;
            assert_ne!(used, Use::Free);
            // What a private region may write is its own.
            assert!(!entry.writable || region.map.shared || used == Use::Private);
        }
    }
    for (frame, n) in world.frames.iter().zip(counts) {
        assert_eq!(frame.n_entries, n);
        assert!(frame.used != Use::Private || 0 < n);
    }
    for (object, blocks) in world.objects.iter().zip(&model.blocks) {
        for (words, page) in object.blocks.as_ref().unwrap().iter().zip(blocks) {
            let words: Page = words.iter().map(|it| (it.0.into(), it.1)).collect();
            assert_eq!(&words, page);
        }
    }
}

#[test]
fn a_script_that_cannot_be_read_is_told_at_its_words() {
    let told = read(
        "P1 mmap 0x10001 1 shared a\nP1 mmap 0x10000 1 mine a\nP1 mmap 0x10000 1 shared b\n\
         P1 write 0x10000 7\nP1 touch 0x10000 0\nP1 fork P9\ncrash now\nP1 jump\nP1 mmap 0x1000 0 private anonymous",
        &["a"],
    )
    .unwrap_err()
    .to_string();
    assert_eq!(
        told,
        "/script: line 1, column 9: a region begins at a multiple of 4 KiB, 0x1000\n\
         /script: line 2, column 19: expected shared or private\n\
         /script: line 3, column 26: no file has the name b\n\
         /script: line 4, column 18: expected = and a value, such as = 7\n\
         /script: line 5, column 18: a step is at least 1 byte\n\
         /script: line 6, column 9: expected a process from P1 to P4\n\
         /script: line 7, column 7: now is one word too many\n\
         /script: line 8, column 4: expected mmap, read, write, touch, pread, pwrite, msync, munmap, \
         fork or exit\n\
         /script: line 9, column 16: a region has a page and ends below 0x800000000000"
    );
}
