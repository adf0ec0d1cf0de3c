//! Laws of an address space: regions do not overlap, and every touch ends as an obvious look-up says.

use super::address_space_layout::{PAGE, Piece, Rules, Space};
use super::address_space_run::{Outcome, canonical, kernel_start};
use crate::{Mode, Rng, Run, engine};
use serde_json::{Value, json};

fn run(scenario: &Value) -> Run {
    engine("process/address_space").unwrap().run(scenario, Mode::Frames).unwrap()
}

fn metric(run: &Run, key: &str) -> f64 {
    run.metric(key).unwrap_or_else(|| panic!("no {key}"))
}

fn rules(seed: u64, aslr: bool) -> Rules {
    Rules { aslr, pie: true, seed, stack_limit: 8 << 20, thread_stack: 8 << 20 }
}

/// `canonical`: the ends of both halves with 48 and 57 bits, and their sizes.
#[test]
fn halves_are_those_of_the_reference() {
    for (bits, user_end, kernel) in [
        (48, 0x0000_7fff_ffff_ffff_u64, 0xffff_8000_0000_0000_u64),
        (57, 0x00ff_ffff_ffff_ffff, 0xff00_0000_0000_0000),
    ] {
        assert_eq!(kernel_start(bits), kernel);
        assert!(canonical(0, bits) && canonical(user_end, bits));
        assert!(!canonical(user_end + 1, bits) && !canonical(kernel - 1, bits));
        assert!(canonical(kernel, bits) && canonical(u64::MAX, bits));
    }
    let half =
        |levels: u32| metric(&run(&json!({"script": "thread", "levels": levels})), "half_tib");
    assert_eq!((half(4), half(5)), (128.0, 64.0 * 1_024.0));
}

/// Addresses that every Linux shows with randomness switched off, and sizes that glibc asks for.
#[test]
fn without_randomness_the_addresses_are_the_well_known_ones() {
    let mut space = Space::new(rules(7, false));
    let at = |space: &Space, name: &str| {
        let region = space.region(name).unwrap();
        (region.start, region.end)
    };
    assert_eq!(at(&space, "text").0, 0x5555_5555_4000);
    assert_eq!(at(&space, "stack"), (0x7fff_fffd_e000, 0x7fff_ffff_f000));
    assert_eq!(at(&space, "ld.so").1, 0x7fff_f7ff_f000);
    assert_eq!(space.malloc(100).0, Piece::Grown(0x2_1000));
    assert_eq!(space.malloc(100).0, Piece::Heap);
    assert_eq!(space.malloc(1 << 20).0, Piece::Own(0x10_1000));
    let fixed = Space::new(Rules { pie: false, ..rules(7, false) });
    assert_eq!(at(&fixed, "text").0, 0x40_0000);
    // Two stacks of threads lie one stack and one guard page apart.
    let (one, two) = (space.thread(), space.thread());
    assert_eq!(at(&space, &one).0 - at(&space, &two).0, (8 << 20) + PAGE);
}

fn consistent(space: &Space) {
    for region in &space.regions {
        assert!(region.start.is_multiple_of(PAGE) && region.end.is_multiple_of(PAGE), "{region:?}");
        assert!(region.start <= region.end && region.end <= 0x7fff_ffff_f000, "{region:?}");
        assert!(canonical(region.start, 48) && 0x1_0000 <= region.start);
    }
    for pair in space.regions.windows(2) {
        assert!(pair[0].end <= pair[1].start, "{pair:?}");
    }
}

#[test]
fn regions_are_disjoint_page_aligned_and_canonical() {
    let mut rng = Rng::new(41);
    for seed in 0..300 {
        let mut space = Space::new(rules(seed, rng.below(4) != 0));
        consistent(&space);
        for n in 0..40 {
            match rng.below(5) {
                0 => drop(space.malloc(rng.between(1, 200))),
                1 => drop(space.malloc(rng.between(1, 1 << 20))),
                2 => _ = space.map_file(&format!("f{n}"), rng.between(1, 1 << 30)),
                3 => drop(space.thread()),
                _ => {
                    let stack = space.region("stack").unwrap().clone();
                    let address = stack.start.wrapping_sub(rng.below(9 << 20));
                    let limit = stack.end - (8 << 20);
                    let page = address - address % PAGE;
                    let fits = page < stack.start && limit <= page;
                    assert_eq!(space.grow_stack(address).is_some(), fits);
                }
            }
            consistent(&space);
        }
    }
}

#[test]
fn every_touch_ends_as_a_look_through_the_list_says() {
    let mut rng = Rng::new(42);
    let names = [
        "text",
        "rodata",
        "data",
        "heap",
        "libc",
        "libc.data",
        "stack",
        "T1",
        "T1.guard",
        "kernel",
    ];
    for seed in 0..150 {
        let mut lines = vec!["malloc 100".to_owned(), "thread".to_owned()];
        for _ in 0..20 {
            let verb = ["read", "write", "jump"][usize::try_from(rng.below(3)).unwrap()];
            let place = match rng.below(6) {
                0 => format!("{:#x}", rng.bits()),
                1 => format!("{:#x}", rng.bits() >> 17),
                _ => {
                    let name = names[usize::try_from(rng.below(10)).unwrap()];
                    let end = if rng.below(2) == 0 { ".end" } else { "" };
                    let n_bits = rng.between(1, 16);
                    let far = rng.below(1 << n_bits);
                    format!("{name}{end}{}{far}", if rng.below(2) == 0 { "+" } else { "-" })
                }
            };
            lines.push(format!("{verb} {place}"));
        }
        let value = json!({"script": lines.join("\n"), "seed": seed});
        let form = <super::address_space::AddressSpace as crate::Engine>::FORM;
        let scenario = crate::engine::typed(&crate::form::check(form, &value).unwrap()).unwrap();
        let mut log = crate::Log::new(Mode::Frames);
        <super::address_space::AddressSpace as crate::Engine>::run(&scenario, &mut log).unwrap();
        for (pair, line) in log.frames().windows(2).zip(&lines) {
            let (before, after) = (&pair[0].state, &pair[1].state);
            consistent(&after.space);
            let Some((address, outcome)) = after.touched else { continue };
            let right = match line.as_bytes()[0] {
                b'r' => 'r',
                b'w' => 'w',
                _ => 'x',
            };
            let inside = before.space.at(address);
            let works = inside.is_some_and(|it| it.rights.contains(right));
            assert_eq!(works, outcome == Outcome::Fine, "{line} {address:#x}");
            if matches!(outcome, Outcome::Grown(_)) {
                assert!(inside.is_none() && after.space.at(address).unwrap().name == "stack");
            } else {
                assert_eq!(before.space.regions, after.space.regions);
            }
        }
    }
}

#[test]
fn faults_of_a_script_are_told_at_their_place() {
    let entry = engine("process/address_space").unwrap();
    let told = |script: &str| {
        entry.run(&json!({"script": script}), Mode::MetricsOnly).unwrap_err().to_string()
    };
    assert!(told("malloc 0").starts_with("/script: line 1, column 8: at least 1 byte"));
    assert!(
        told("thread\nread T2").starts_with("/script: line 2, column 6: there is no region T2")
    );
    assert!(told("free 3").starts_with("/script: line 1, column 1: expected malloc"));
    assert!(told("read heap+x").contains("comes a number of bytes"));
    assert_eq!(told("# nothing"), "/script: a script has at least one statement");
}
