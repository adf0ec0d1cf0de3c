//! What must hold for any tables and any script, against a plain list of pages.

use super::geometry::{PageSize, Paging};
use super::tables::{Mapping, Tables, Whose};
use super::tlb::{Cached, Sizes, Tlb};
use super::walk::{Access, Cpu, Kind, Progress, Ring, Settings, leads, truth};
use crate::engine::Log;
use crate::{Mode, Rng, engine};
use serde_json::{Value, json};

struct World {
    paging: Paging,
    mappings: Vec<Mapping>,
    script: Vec<Access>,
    n_spaces: u8,
}

/// Lowest address of the pages that all address spaces share: under another entry of the root.
fn shared_from(paging: Paging) -> u64 {
    1 << paging.levels()[0].shift
}

/// Tables and a script of neighbouring pages, so that accesses often meet them.
fn random_world(rng: &mut Rng, sizes: &[PageSize], n_spaces: u8) -> World {
    let paging = [Paging::FourLevel, Paging::FiveLevel, Paging::TwoLevel][rng.below(3) as usize];
    let large = if paging == Paging::TwoLevel { PageSize::Mib4 } else { PageSize::Mib2 };
    let mut mappings = Vec::new();
    let mut taken: Vec<(u64, u64, Whose)> = Vec::new();
    // In two levels, the pages of the address spaces keep below the first that is shared.
    let pages_of = |size: PageSize| match (paging, size) {
        (Paging::TwoLevel, PageSize::Mib4) => 1,
        (Paging::TwoLevel, _) => 1_000,
        (_, PageSize::Kib4) => 3_000,
        _ => 4,
    };
    for _ in 0..rng.between(1, 8) {
        let size = if rng.below(4) == 0 && 1 < sizes.len() { large } else { PageSize::Kib4 };
        let all = 1 < n_spaces && rng.below(3) == 0;
        let space = if all {
            Whose::All
        } else {
            [Whose::A, Whose::B, Whose::C][rng.below(n_spaces.into()) as usize]
        };
        let base = if all { shared_from(paging) } else { 0 };
        let page = base + rng.below(pages_of(size)) * size.bytes();
        let frame = rng.below(64) * (size.bytes() >> 12);
        let meets = |it: &(u64, u64, Whose)| {
            it.2 == space && page < it.0 + it.1 && it.0 < page + size.bytes()
        };
        if taken.iter().any(meets) {
            continue;
        }
        taken.push((page, size.bytes(), space));
        let mut flag = || rng.below(4) != 0;
        let (page, frame) = (format!("{page:x}"), format!("{frame:x}"));
        let (present, write, user, execute) = (flag(), flag(), flag(), flag());
        let global = all && flag();
        mappings.push(Mapping { page, frame, size, present, write, user, execute, space, global });
    }
    let script = (0..rng.between(1, 40))
        .map(|_| {
            let (start, len, _) = taken[rng.below(taken.len() as u64) as usize];
            let address = match rng.below(10) {
                0 => rng.below(1 << 24),
                1 if paging != Paging::TwoLevel => rng.bits(),
                _ => start + rng.below(len),
            };
            let kinds = [
                Kind::Read,
                Kind::Write,
                Kind::Execute,
                Kind::Read,
                Kind::Write,
                Kind::Invlpg,
                Kind::Flush,
                Kind::Munmap,
                Kind::Protect,
                Kind::Unprotect,
            ];
            let to = [Kind::ToA, Kind::ToB, Kind::ToC][rng.below(n_spaces.into()) as usize];
            let kind = match rng.below(if n_spaces == 1 { 7 } else { 12 }) {
                10.. => to,
                n => kinds[n as usize],
            };
            let ring = if rng.below(2) == 0 { Ring::User } else { Ring::Kernel };
            Access { address, kind, ring }
        })
        .collect();
    World { paging, mappings, script, n_spaces }
}

fn settings(paging: Paging, rng: &mut Rng) -> Settings {
    let mut flag = || rng.below(2) == 0;
    Settings {
        paging,
        write_protect: flag(),
        smep: flag(),
        smap: flag(),
        pcid: flag(),
        invlpg: true,
        read_ns: 1,
        second_ns: 1,
    }
}

fn sizes(rng: &mut Rng) -> Sizes {
    let mut one = |n_max: u64| {
        let ways = rng.between(1, 3);
        let n_sets = rng.below(n_max);
        let small = |it: u64| u32::try_from(it).unwrap();
        (small(ways * n_sets), if rng.below(2) == 0 { small(ways) } else { 0 })
    };
    let (first, second) = (one(4), one(5));
    let large = (rng.below(3) == 0).then(|| u32::try_from(rng.below(3)).unwrap());
    Sizes { first, large, second }
}

/// A page of the plain list.
struct Page {
    start: u64,
    bytes: u64,
    frame: u64,
    whose: Whose,
    present: bool,
    write: bool,
    user: bool,
    execute: bool,
}

/// Address spaces without tables and without buffers: a list of pages.
struct Plain {
    pages: Vec<Page>,
    space: u8,
}

impl Plain {
    fn of(world: &World) -> Self {
        let hex = |text: &str| u64::from_str_radix(text, 16).unwrap();
        let page = |it: &Mapping| Page {
            start: hex(&it.page),
            bytes: it.size.bytes(),
            frame: hex(&it.frame),
            whose: it.space,
            present: it.present,
            write: it.write,
            user: it.user,
            execute: it.execute,
        };
        Self { pages: world.mappings.iter().map(page).collect(), space: 0 }
    }

    fn find(&mut self, address: u64) -> Option<&mut Page> {
        let space = self.space;
        self.pages.iter_mut().find(|it| {
            it.present
                && (it.start..it.start + it.bytes).contains(&address)
                && it.whose.space().is_none_or(|whose| whose == space)
        })
    }

    fn step(&mut self, paging: Paging, settings: &Settings, access: Access) -> Progress {
        let Access { address, kind, ring } = access;
        let found = self.find(address);
        match (kind, found) {
            (Kind::Munmap, Some(page)) => page.present = false,
            (Kind::Protect, Some(page)) => page.write = false,
            (Kind::Unprotect, Some(page)) => page.write = true,
            _ => {}
        }
        self.space = kind.space().unwrap_or(self.space);
        if !matches!(kind, Kind::Read | Kind::Write | Kind::Execute) {
            return Progress::Told;
        }
        let extended = |bits: u32| {
            let shift = 64 - bits;
            ((address << shift).cast_signed() >> shift).cast_unsigned() == address
        };
        let canonical = match paging {
            Paging::FourLevel => extended(48),
            Paging::FiveLevel => extended(57),
            Paging::TwoLevel => true,
        };
        if !canonical {
            return Progress::Refused;
        }
        let nx = paging != Paging::TwoLevel;
        let mut bits = 0;
        bits |= if kind == Kind::Write { 2 } else { 0 };
        bits |= if ring == Ring::User { 4 } else { 0 };
        bits |= if kind == Kind::Execute && (nx || settings.smep) { 16 } else { 0 };
        let Some(page) = self.find(address) else { return Progress::Fault(bits) };
        let write = kind == Kind::Write && !page.write;
        let forbidden = match ring {
            Ring::User => !page.user || write,
            Ring::Kernel => {
                write && settings.write_protect
                    || page.user && settings.smep && kind == Kind::Execute
                    || page.user && settings.smap && kind != Kind::Execute
            }
        };
        if forbidden || nx && kind == Kind::Execute && !page.execute {
            return Progress::Fault(bits | 1);
        }
        Progress::Reached(page.frame * 4096 + address - page.start)
    }
}

#[test]
fn every_access_ends_as_the_plain_list_of_mappings_says() {
    let mut rng = Rng::new(3);
    for round in 0..600 {
        let n_spaces = if round % 3 == 0 { 1 } else { 3 };
        let world = random_world(&mut rng, &[PageSize::Kib4, PageSize::Mib2], n_spaces);
        let settings = settings(world.paging, &mut rng);
        let tables = Tables::of(world.paging, &world.mappings, world.n_spaces).unwrap();
        let mut log = Log::new(Mode::Frames);
        let mut cpu = Cpu::new(settings, &tables, &world.script, sizes(&mut rng));
        cpu.run(&mut log).unwrap();
        let mut plain = Plain::of(&world);
        // INVLPG drops one address space only: of a page of all that is not global, the entries
        // with other PCIDs stay.
        let clean = !(settings.pcid
            && world.mappings.iter().any(|it| it.space == Whose::All && !it.global));
        for (line, access) in (0..).zip(&world.script) {
            let end = log.frames().iter().rfind(|it| it.state.line == line).unwrap();
            let expected = plain.step(world.paging, &settings, *access);
            let state = &end.state;
            if clean {
                assert_eq!(state.progress, expected, "line {line}: {access:x?}");
                assert_eq!(state.totals.n_stale_uses, 0);
            }
            // A walk reads one entry a level, fewer for a large page or where it ends.
            assert!(state.reads.len() <= world.paging.levels().len());
            for cached in state.tlb.held().filter(|_| clean) {
                let space = if cached.global { state.space } else { cached.space };
                let found = truth(world.paging, &tables, state, space, cached.page);
                let (entry, rights) = found.unwrap();
                assert_eq!(leads(entry, cached.page), cached.physical(cached.page));
                assert_eq!(rights, cached.rights);
            }
        }
    }
}

#[test]
fn whatever_differs_from_the_plain_list_is_told() {
    let mut rng = Rng::new(12);
    let mut n_stale = 0;
    for _ in 0..600 {
        let mut world = random_world(&mut rng, &[PageSize::Kib4, PageSize::Mib2], 3);
        // Any page may be marked global, and the kernel forgets INVLPG.
        for mapping in &mut world.mappings {
            mapping.global = rng.below(2) == 0;
        }
        let settings = Settings { invlpg: false, ..settings(world.paging, &mut rng) };
        let tables = Tables::of(world.paging, &world.mappings, world.n_spaces).unwrap();
        let mut log = Log::new(Mode::Frames);
        Cpu::new(settings, &tables, &world.script, sizes(&mut rng)).run(&mut log).unwrap();
        let mut plain = Plain::of(&world);
        for (line, access) in (0..).zip(&world.script) {
            let end = log.frames().iter().rfind(|it| it.state.line == line).unwrap();
            let expected = plain.step(world.paging, &settings, *access);
            match end.state.progress {
                Progress::Stale(physical) => {
                    n_stale += 1;
                    assert_ne!(expected, Progress::Reached(physical));
                }
                got if got != expected => {
                    assert!(matches!(got, Progress::Fault(_)), "{got:?} {expected:?}");
                    assert!(end.step.say.contains("by now"), "{}", end.step.say);
                }
                _ => {}
            }
        }
    }
    assert!(50 < n_stale, "{n_stale}");
}

#[test]
fn a_larger_buffer_never_hits_less() {
    let mut rng = Rng::new(8);
    for _ in 0..200 {
        let world = random_world(&mut rng, &[PageSize::Kib4], 1);
        let settings = settings(world.paging, &mut rng);
        let tables = Tables::of(world.paging, &world.mappings, 1).unwrap();
        let mut least = 0;
        for n_slots in 1..9 {
            let sizes = Sizes { first: (n_slots, 0), large: None, second: (0, 0) };
            let mut cpu = Cpu::new(settings, &tables, &world.script, sizes);
            cpu.run(&mut Log::new(Mode::MetricsOnly)).unwrap();
            let n_hits = cpu.state.totals.n_tlb_hits;
            assert!(least <= n_hits, "{n_slots} slots");
            least = n_hits;
        }
    }
}

#[test]
fn each_set_is_a_list_from_the_last_used_to_the_first() {
    use super::tables::Rights;
    let mut rng = Rng::new(77);
    for _ in 0..200 {
        let (n_sets, ways) = (rng.between(1, 4), rng.between(1, 4));
        let small = |it: u64| u32::try_from(it).unwrap();
        let mut tlb = Tlb::new(small(n_sets * ways), small(ways));
        let mut sets: Vec<Vec<u64>> = vec![Vec::new(); n_sets as usize];
        for _ in 0..60 {
            let number = rng.below(12);
            let page = number << 12;
            let set = &mut sets[(number % n_sets) as usize];
            let known = set.iter().position(|it| *it == number);
            assert_eq!(tlb.find(page, 0).is_some(), known.is_some());
            match (known, rng.below(4)) {
                (Some(at), 0) => {
                    set.remove(at);
                    assert_eq!(tlb.forget(&|it| it.holds(page, 0)), 1);
                }
                (Some(at), _) => {
                    set.remove(at);
                    set.insert(0, number);
                }
                (None, _) => {
                    let full = set.len() == ways as usize;
                    let gone = if full { set.pop() } else { None };
                    set.insert(0, number);
                    let (frame, size, rights) = (number, PageSize::Kib4, Rights::ALL);
                    let (dirty, global, space, used) = (false, false, 0, 0);
                    let cached = Cached { page, frame, size, rights, dirty, global, space, used };
                    let (_, old) = tlb.keep(cached).unwrap();
                    assert_eq!(old.map(|it| it.frame), gone);
                }
            }
        }
    }
}

#[test]
fn random_addresses_and_frames_never_harm() {
    let mut rng = Rng::new(21);
    const SIZES: [&str; 4] = ["4k", "2m", "4m", "1g"];
    let entry = engine("memory/translation").unwrap();
    let pick =
        |rng: &mut Rng, words: &[&str]| words[rng.below(words.len() as u64) as usize].to_owned();
    let mut n_run = 0;
    for _ in 0..600 {
        let word = |rng: &mut Rng| match rng.below(4) {
            0 => format!("{:#x}", rng.bits()),
            1 => format!("{:x}000", rng.below(1 << 20)),
            2 => format!("{:#x}", rng.below(1 << 13)),
            _ => ["", "0x", "é", "-1", "ffffffffffffffff"][rng.below(5) as usize].to_owned(),
        };
        let mapping = |rng: &mut Rng| {
            json!({"page": format!("{:x}000", rng.below(1 << 18)),
            "frame": word(rng), "size": pick(rng, &SIZES),
            "space": pick(rng, &["a", "b", "c", "all"])})
        };
        let line = |rng: &mut Rng| match rng.below(5) {
            0 => json!({"kind": pick(rng, &["to_a", "to_b", "to_c", "flush"])}),
            1 => {
                json!({"address": word(rng), "kind": pick(rng, &["munmap", "protect"])})
            }
            _ => json!({"address": word(rng)}),
        };
        let mappings: Vec<Value> = (0..rng.below(3)).map(|_| mapping(&mut rng)).collect();
        let accesses: Vec<Value> = (0..rng.between(1, 5)).map(|_| line(&mut rng)).collect();
        let paging = ["four_level", "five_level", "two_level"][rng.below(3) as usize];
        let scenario = json!({"paging": paging, "mappings": mappings, "accesses": accesses});
        if let Ok(run) = entry.run(&scenario, Mode::Frames) {
            n_run += 1;
            for at in 0..run.len() {
                assert!(!run.scene(at).to_text().is_empty());
                assert!(run.step(at).unwrap().say.ends_with('.'));
            }
        }
    }
    assert!(50 < n_run, "{n_run}");
}
