//! The worked examples of the course, and what must hold for any tables and any script.

use super::geometry::{PageSize, Paging};
use super::tables::{Mapping, Tables};
use super::walk::{Access, Cpu, Kind, Progress, Ring, Settings, code};
use crate::engine::Log;
use crate::{Mode, Rng, Run, engine};
use serde_json::{Value, json};

#[track_caller]
fn run(scenario: &Value) -> Run {
    let run = engine("memory/translation").unwrap().run(scenario, Mode::Frames);
    run.unwrap_or_else(|error| panic!("{error}\n{scenario}"))
}

#[track_caller]
fn refused(scenario: &Value) -> String {
    let run = engine("memory/translation").unwrap().run(scenario, Mode::Frames);
    run.map_or_else(|it| it.to_string(), |_| panic!("it runs: {scenario}"))
}

#[track_caller]
fn metrics(run: &Run, expected: &[(&str, f64)]) {
    for (key, value) in expected {
        assert_eq!(run.metric(key), Some(*value), "{key}");
    }
}

#[test]
fn a_four_level_walk_selects_the_entries_of_the_worked_example() {
    // Reference: `translation_000`, `walk_cost`.
    let run = run(&json!({
        "mappings": [{"page": "0x7ffe12345000", "frame": "0x1a5"}],
        "accesses": [{"address": "0x7FFE_1234_5ABC"}],
    }));
    metrics(
        &run,
        &[
            ("index.pml4", 255.0),
            ("index.pdpt", 504.0),
            ("index.pd", 145.0),
            ("index.pt", 325.0),
            ("offset", 2748.0),
            ("n_reads", 4.0),
            ("n_memory", 5.0),
            ("time_ns", 500.0),
        ],
    );
}

#[test]
fn the_listed_entries_of_problem_six_belong_to_another_address() {
    // Reference: `problem6_001`.
    let mappings = json!([{"page": "0x3abc4000", "frame": "0x4de"}]);
    let right = run(&json!({"mappings": mappings, "accesses": [{"address": "0x00003ABC4DEF"}]}));
    let physical = f64::from(0x4d_edef);
    metrics(&right, &[("index.pd", 469.0), ("index.pt", 452.0), ("physical", physical)]);
    let listed = run(&json!({"mappings": mappings, "accesses": [{"address": "0xc140bdef"}]}));
    metrics(&listed, &[("index.pdpt", 3.0), ("index.pd", 10.0), ("index.pt", 11.0)]);
    metrics(&listed, &[("n_faults", 1.0), ("error_code", f64::from(code::USER))]);
}

#[test]
fn two_levels_translate_the_address_of_the_worked_example() {
    // Reference: `two_level_001`.
    let run = run(&json!({
        "paging": "two_level",
        "mappings": [{"page": "0x2a4b0000", "frame": "0x1A5"}],
        "accesses": [{"address": "0x2A4B0C1C"}, {"address": "0x2A4B0C1C"}],
    }));
    let physical = f64::from(0x1a_5c1c);
    metrics(&run, &[("index.pd", 169.0), ("index.pt", 176.0), ("offset", 3100.0)]);
    // Three memory accesses on the miss, one on the hit.
    metrics(&run, &[("physical", physical), ("n_memory", 4.0), ("n_tlb_hits", 1.0)]);
}

#[test]
fn an_address_that_is_not_canonical_raises_a_protection_fault_without_a_walk() {
    // Reference: `canonical`.
    let one = |paging: &str, address: &str| {
        run(&json!({"paging": paging, "accesses": [{"address": address}]}))
    };
    let gp = [("n_protection_faults", 1.0), ("n_faults", 0.0), ("n_reads", 0.0)];
    let pf = [("n_protection_faults", 0.0), ("n_faults", 1.0), ("n_reads", 1.0)];
    metrics(&one("four_level", "0x0000800000000000"), &gp);
    metrics(&one("four_level", "0xffff7fffffffffff"), &gp);
    metrics(&one("four_level", "0xffff800000000000"), &pf);
    metrics(&one("four_level", "0x00007fffffffffff"), &pf);
    metrics(&one("five_level", "0x0000800000000000"), &pf);
    metrics(&one("five_level", "0x0100000000000000"), &gp);
}

#[test]
fn larger_pages_need_fewer_reads() {
    for (paging, size, frame, n_reads) in [
        ("five_level", "4k", "0x12345", 5.0),
        ("five_level", "2m", "0x1200", 4.0),
        ("four_level", "4k", "0x12345", 4.0),
        ("four_level", "2m", "0x1200", 3.0),
        ("four_level", "1g", "0x40000", 2.0),
        ("two_level", "4k", "0x12345", 2.0),
        ("two_level", "4m", "0x1400", 1.0),
    ] {
        let found = run(&json!({
            "paging": paging,
            "mappings": [{"page": "0x40000000", "frame": frame, "size": size}],
            "accesses": [{"address": "0x40000123"}],
        }));
        let frame = u32::from_str_radix(&frame[2..], 16).unwrap();
        let physical = f64::from(frame) * 4096.0 + f64::from(0x123);
        metrics(&found, &[("n_reads", n_reads), ("physical", physical)]);
    }
}

#[test]
fn the_error_code_says_what_was_tried() {
    let fault = |mapping: Value, access: Value, settings: Value| {
        let mut scenario = json!({"mappings": [mapping], "accesses": [access]});
        for (key, value) in settings.as_object().unwrap() {
            scenario[key] = value.clone();
        }
        run(&scenario).metric("error_code")
    };
    let map = |flags: Value| {
        let mut mapping = json!({"page": "0x1000", "frame": "0x5"});
        mapping.as_object_mut().unwrap().extend(flags.as_object().unwrap().clone());
        mapping
    };
    let touch = |kind: &str, mode: &str| json!({"address": "1008", "kind": kind, "mode": mode});
    let none = json!({});
    for (flags, kind, mode, settings, expected) in [
        (json!({"present": false}), "read", "user", none.clone(), Some(4.0)),
        (json!({"present": false}), "write", "kernel", none.clone(), Some(2.0)),
        (json!({"present": false}), "execute", "user", none.clone(), Some(20.0)),
        (json!({"write": false}), "write", "user", none.clone(), Some(7.0)),
        (json!({"write": false}), "write", "kernel", none.clone(), Some(3.0)),
        (json!({"write": false}), "write", "kernel", json!({"write_protect": false}), None),
        (json!({"user": false}), "read", "user", none.clone(), Some(5.0)),
        (json!({"user": false}), "read", "kernel", none.clone(), None),
        (json!({}), "execute", "user", none.clone(), Some(21.0)),
        (json!({"execute": true}), "execute", "user", none.clone(), None),
        (json!({"execute": true}), "execute", "kernel", none.clone(), Some(17.0)),
        (json!({"execute": true}), "execute", "kernel", json!({"smep": false}), None),
        (json!({}), "read", "kernel", json!({"smap": true}), Some(1.0)),
        (json!({}), "write", "kernel", none.clone(), None),
    ] {
        let found = fault(map(flags.clone()), touch(kind, mode), settings.clone());
        assert_eq!(found, expected, "{flags} {kind} {mode} {settings}");
    }
}

#[test]
fn a_write_after_a_read_walks_again_for_the_dirty_bit_and_only_once() {
    let touch = |kind: &str| json!({"address": "1000", "kind": kind});
    let scenario = |kinds: &[&str]| {
        let accesses: Vec<Value> = kinds.iter().map(|it| touch(it)).collect();
        json!({"mappings": [{"page": "1000", "frame": "5"}], "accesses": accesses})
    };
    metrics(&run(&scenario(&["read", "read"])), &[("n_reads", 4.0)]);
    metrics(&run(&scenario(&["read", "write", "write"])), &[("n_reads", 8.0)]);
    metrics(&run(&scenario(&["write", "read", "write"])), &[("n_reads", 4.0)]);
    metrics(&run(&scenario(&["write", "invlpg", "read"])), &[("n_reads", 8.0)]);
    metrics(&run(&scenario(&["write", "flush", "read"])), &[("n_reads", 8.0)]);
    let last = run(&scenario(&["read", "write"])).scene(usize::MAX).to_text();
    assert!(last.contains("frame 0x5, 4 KiB | rw- user | P A D"), "{last}");
}

#[test]
fn faults_of_a_mapping_are_told_at_its_fields() {
    let told = refused(&json!({
        "mappings": [
            {"page": "0x1234", "frame": "zz"},
            {"page": "0x200000", "frame": "0x201", "size": "2m"},
            {"page": "0x800000000000", "frame": "0x10000000000"},
            {"page": "0x400000", "frame": "1", "size": "4m"},
            {"page": "0x40000000", "frame": "0", "size": "1g"},
            {"page": "0x40001000", "frame": "1"},
        ],
        "accesses": [{"address": "here"}],
    }));
    assert_eq!(
        told,
        "/mappings/0/page: 0x1234 is not a multiple of 4 KiB\n\
         /mappings/0/frame: expected a frame number in hexadecimal, such as 0x1a5\n\
         /mappings/1/frame: a page of 2 MiB cannot begin at frame 0x201\n\
         /mappings/2/page: 0x800000000000 is no address of this mode\n\
         /mappings/2/frame: 0x10000000000 has more than 40 bits\n\
         /mappings/3/size: this mode has no pages of 4 MiB\n\
         /mappings/3/frame: a page of 4 MiB cannot begin at frame 0x1\n\
         /mappings/5/page: this page overlaps one that is mapped above\n\
         /accesses/0/address: expected an address in hexadecimal, such as 0x7ffe12345abc"
    );
}

struct World {
    paging: Paging,
    mappings: Vec<Mapping>,
    script: Vec<Access>,
}

/// Tables and a script of neighbouring pages, so that accesses often meet them.
fn random_world(rng: &mut Rng, sizes: &[PageSize]) -> World {
    let paging = [Paging::FourLevel, Paging::FiveLevel, Paging::TwoLevel][rng.below(3) as usize];
    let large = if paging == Paging::TwoLevel { PageSize::Mib4 } else { PageSize::Mib2 };
    let mut mappings = Vec::new();
    let mut taken: Vec<(u64, u64)> = Vec::new();
    for _ in 0..rng.between(1, 8) {
        let size = if rng.below(4) == 0 && 1 < sizes.len() { large } else { PageSize::Kib4 };
        let page = rng.below(if size == PageSize::Kib4 { 3_000 } else { 4 }) * size.bytes();
        let frame = rng.below(64) * (size.bytes() >> 12);
        if taken.iter().any(|it| page < it.0 + it.1 && it.0 < page + size.bytes()) {
            continue;
        }
        taken.push((page, size.bytes()));
        let mut flag = || rng.below(4) != 0;
        let (page, frame) = (format!("{page:x}"), format!("{frame:x}"));
        let (present, write, user, execute) = (flag(), flag(), flag(), flag());
        mappings.push(Mapping { page, frame, size, present, write, user, execute });
    }
    let script = (0..rng.between(1, 30))
        .map(|_| {
            let (start, len) = taken[rng.below(taken.len() as u64) as usize];
            let address = match rng.below(10) {
                0 => rng.below(1 << 24),
                1 if paging != Paging::TwoLevel => rng.bits(),
                _ => start + rng.below(len),
            };
            let kinds = [Kind::Read, Kind::Write, Kind::Execute, Kind::Read, Kind::Invlpg];
            let kind = kinds[rng.below(5) as usize];
            let ring = if rng.below(2) == 0 { Ring::User } else { Ring::Kernel };
            Access { address, kind, ring }
        })
        .collect();
    World { paging, mappings, script }
}

fn settings(paging: Paging, rng: &mut Rng) -> Settings {
    let mut flag = || rng.below(2) == 0;
    Settings { paging, write_protect: flag(), smep: flag(), smap: flag(), read_ns: 1 }
}

/// The answer without tables and without a buffer: one look at the list of mappings.
fn plainly(world: &World, settings: Settings, access: Access) -> Progress {
    let Access { address, kind, ring } = access;
    let extended = |bits: u32| {
        let shift = 64 - bits;
        ((address << shift).cast_signed() >> shift).cast_unsigned() == address
    };
    let canonical = match world.paging {
        Paging::FourLevel => extended(48),
        Paging::FiveLevel => extended(57),
        Paging::TwoLevel => true,
    };
    if kind == Kind::Invlpg {
        return Progress::Told;
    }
    if !canonical {
        return Progress::Refused;
    }
    let hex = |text: &str| u64::from_str_radix(text, 16).unwrap();
    let found = world.mappings.iter().find(|it| {
        let start = hex(&it.page);
        it.present && (start..start + it.size.bytes()).contains(&address)
    });
    let nx = world.paging != Paging::TwoLevel;
    let mut bits = 0;
    bits |= if kind == Kind::Write { 2 } else { 0 };
    bits |= if ring == Ring::User { 4 } else { 0 };
    bits |= if kind == Kind::Execute && (nx || settings.smep) { 16 } else { 0 };
    let Some(mapping) = found else { return Progress::Fault(bits) };
    let write = kind == Kind::Write && !mapping.write;
    let forbidden = match ring {
        Ring::User => !mapping.user || write,
        Ring::Kernel => {
            write && settings.write_protect
                || mapping.user && settings.smep && kind == Kind::Execute
                || mapping.user && settings.smap && kind != Kind::Execute
        }
    };
    if forbidden || nx && kind == Kind::Execute && !mapping.execute {
        return Progress::Fault(bits | 1);
    }
    Progress::Reached(hex(&mapping.frame) * 4096 + address - hex(&mapping.page))
}

#[test]
fn every_access_ends_as_the_plain_list_of_mappings_says() {
    let mut rng = Rng::new(3);
    let sizes = [PageSize::Kib4, PageSize::Mib2];
    for _ in 0..400 {
        let world = random_world(&mut rng, &sizes);
        let settings = settings(world.paging, &mut rng);
        let tables = Tables::of(world.paging, &world.mappings).unwrap();
        let n_slots = u32::try_from(rng.below(5)).unwrap();
        let mut log = Log::new(Mode::Frames);
        let mut cpu = Cpu::new(settings, &tables, &world.script, n_slots);
        cpu.run(&mut log).unwrap();
        for (line, access) in (0..).zip(&world.script) {
            let end = log.frames().iter().rfind(|it| it.state.line == line).unwrap();
            let expected = plainly(&world, settings, *access);
            assert_eq!(end.state.progress, expected, "line {line}: {access:x?}");
            // A walk reads one entry a level, fewer for a large page or where it ends.
            assert!(end.state.reads.len() <= world.paging.levels().len());
            for cached in end.state.tlb.slots.iter().flatten() {
                let probe = Access { address: cached.page, kind: Kind::Read, ring: Ring::Kernel };
                let free = Settings { smap: false, ..settings };
                let expected = plainly(&world, free, probe);
                assert_eq!(Progress::Reached(cached.physical(cached.page)), expected);
            }
        }
    }
}

#[test]
fn a_larger_buffer_never_hits_less() {
    let mut rng = Rng::new(8);
    for _ in 0..200 {
        let world = random_world(&mut rng, &[PageSize::Kib4]);
        let settings = settings(world.paging, &mut rng);
        let tables = Tables::of(world.paging, &world.mappings).unwrap();
        let mut least = 0;
        for n_slots in 1..9 {
            let mut cpu = Cpu::new(settings, &tables, &world.script, n_slots);
            cpu.run(&mut Log::new(Mode::MetricsOnly)).unwrap();
            let n_hits = cpu.state.totals.n_tlb_hits;
            assert!(least <= n_hits, "{n_slots} slots");
            least = n_hits;
        }
    }
}

#[test]
fn random_addresses_and_frames_never_harm() {
    let mut rng = Rng::new(21);
    const SIZES: [&str; 4] = ["4k", "2m", "4m", "1g"];
    let entry = engine("memory/translation").unwrap();
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
            "frame": word(rng), "size": SIZES[rng.below(4) as usize]})
        };
        let mappings: Vec<Value> = (0..rng.below(3)).map(|_| mapping(&mut rng)).collect();
        let accesses: Vec<Value> =
            (0..rng.between(1, 5)).map(|_| json!({"address": word(&mut rng)})).collect();
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
