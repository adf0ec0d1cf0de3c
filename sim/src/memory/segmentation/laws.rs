//! Laws of the checks, against a map of every byte.

use super::check::{Access, Kind, Register, Verdict, is_canonical, number};
use super::{Scenario, Segmentation, script, verdict};
use crate::engine::{Engine, Mode, typed};
use crate::form::check;
use crate::{Rng, engine};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn scenario(given: &Value) -> Scenario {
    typed(&check(Segmentation::FORM, given).unwrap()).unwrap()
}

fn at(scenario: &Scenario, address: u64, kind: Kind) -> Verdict {
    verdict(scenario, Access { address, kind, register: Register::Ds })
}

#[test]
fn every_byte_of_small_spaces_agrees_with_a_map() {
    let mut rng = Rng::new(41);
    let mut n_checked = 0;
    for _ in 0..400 {
        let (address_bits, segment_bits) = (rng.between(4, 9), rng.between(1, 3));
        let room = 1_u64 << (address_bits - segment_bits);
        let segments: Vec<Value> = (0..rng.below((1 << segment_bits) + 1))
            .map(|_| {
                json!({"base_address": rng.below(600), "size_bytes": rng.below(room + 1),
                    "grows": if rng.below(2) == 0 { "up" } else { "down" },
                    "read": rng.below(4) != 0, "write": rng.below(2) == 0,
                    "execute": rng.below(2) == 0})
            })
            .collect();
        let given = json!({"address_bits": address_bits, "segment_bits": segment_bits,
            "physical_bytes": 1_000, "segments": segments, "script": [{"address": "0"}]});
        let scenario = scenario(&given);
        if script(&scenario).is_err() {
            continue;
        }
        // Each byte of each segment, laid out one by one.
        let mut map = BTreeMap::new();
        for (number, segment) in segments.iter().enumerate() {
            let of = |key: &str| segment[key].as_u64().unwrap();
            for n in 0..of("size_bytes") {
                let first = number as u64 * room;
                let (virtual_at, physical) = match segment["grows"].as_str() {
                    Some("up") => (first + n, of("base_address") + n),
                    _ => (first + room - 1 - n, of("base_address") - 1 - n),
                };
                map.insert(virtual_at, (physical, number));
            }
        }
        for address in 0..1 << address_bits {
            for (kind, key) in
                [(Kind::Read, "read"), (Kind::Write, "write"), (Kind::Execute, "execute")]
            {
                let want = match map.get(&address) {
                    Some((physical, number)) if segments[*number][key] == true => {
                        Verdict::Reaches(*physical)
                    }
                    Some(_) => Verdict::Rights,
                    None => match segments.get((address / room) as usize) {
                        Some(it) if it["size_bytes"] != 0 => Verdict::Bounds,
                        _ => Verdict::NoSegment,
                    },
                };
                assert_eq!(at(&scenario, address, kind), want, "{given} at {address}");
                n_checked += 1;
            }
        }
    }
    assert!(100_000 < n_checked);
}

/// The example of OSTEP chapter 16: code at 32 KiB, heap at 34 KiB, stack at 28 KiB growing down.
#[test]
fn the_addresses_of_the_textbook_come_out() {
    let entry = engine("memory/segmentation").unwrap();
    let scenario = scenario(&serde_json::from_str(entry.example).unwrap());
    assert_eq!(at(&scenario, 100, Kind::Execute), Verdict::Reaches(32_868));
    assert_eq!(at(&scenario, 4_200, Kind::Read), Verdict::Reaches(34_920));
    assert_eq!(at(&scenario, 15 * 1_024, Kind::Write), Verdict::Reaches(27 * 1_024));
    assert_eq!(at(&scenario, 7 * 1_024, Kind::Read), Verdict::Bounds);
    let run = entry.run_text(entry.example, Mode::MetricsOnly).unwrap();
    assert_eq!(run.metric("n_faults"), Some(3.0));
}

#[test]
fn in_64_bit_mode_only_fs_and_gs_add() {
    let given = json!({"mode": "flat64", "fs_base": "0x7fff00000000", "gs_base": "0x10",
        "script": [{"address": "1"}]});
    let scenario = scenario(&given);
    let sum =
        |register, address| verdict(&scenario, Access { address, kind: Kind::Read, register });
    assert_eq!(sum(Register::Ds, 8), Verdict::Reaches(8));
    assert_eq!(sum(Register::Gs, 8), Verdict::Reaches(0x18));
    // Thread-local data lie below the base: the sum wraps.
    assert_eq!(sum(Register::Fs, 0_u64.wrapping_sub(16)), Verdict::Reaches(0x7ffe_ffff_fff0));
    assert_eq!(sum(Register::Fs, 1 << 47), Verdict::NotCanonical(0xffff_0000_0000));
}

/// Reference `canonical`: with 48 bits, the halves end at 2^47 - 1 and begin at 2^64 - 2^47.
#[test]
fn canonical_addresses_are_two_halves() {
    let told = [0, (1 << 47) - 1, 1 << 47, u64::MAX << 47, (u64::MAX << 47) - 1, u64::MAX];
    assert_eq!(told.map(is_canonical), [true, true, false, true, false, true]);
    assert_eq!((number("0x10"), number("16"), number("ten")), (Some(16), Some(16), None));
}

#[test]
fn what_cannot_be_is_refused_at_its_place() {
    let refused = |given: Value| {
        let entry = engine("memory/segmentation").unwrap();
        entry.run(&given, Mode::MetricsOnly).unwrap_err().to_string()
    };
    let one = json!([{"address": "0"}]);
    let told = refused(json!({"script": [{"address": "16384"}, {"address": "no"}]}));
    assert_eq!(
        told,
        "/script/0/address: 0x4000 has more than 14 bits\n\
         /script/1/address: expected a number, decimal or hexadecimal with 0x"
    );
    let told = refused(json!({"script": one, "segments": [
        {"base_address": 10, "size_bytes": 20, "grows": "down"},
        {"base_address": 0, "size_bytes": 5000}]}));
    assert_eq!(
        told,
        "/segments/0/size_bytes: S1 does not lie in physical memory\n\
         /segments/1/size_bytes: an offset of 12 bits reaches 4096 bytes"
    );
    let told = refused(json!({"mode": "flat64", "fs_base": "0x800000000000", "script": one}));
    assert_eq!(told, "/fs_base: the CPU refuses a base that is not canonical");
}
