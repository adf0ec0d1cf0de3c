//! The reference list of bits, the rules of the manual as one formula, and random entries.

use super::entry::{Entry, Form};
use super::rules::{ACCESSES, Access, Cpu, Does, Given, Rights};
use crate::scene::Panel;
use crate::{Mode, Rng, Run, engine};
use serde_json::{Value, json};

#[track_caller]
fn run(scenario: &Value) -> Run {
    let run = engine("memory/pte_bits").unwrap().run(scenario, Mode::Frames);
    run.unwrap_or_else(|error| panic!("{error}\n{scenario}"))
}

/// Names of the fields, from bit 0 up: `P`, `R/W`, ….
fn names(scenario: &Value) -> Vec<(u8, u8, String)> {
    let scene = run(scenario).scene(0);
    let Some(Panel::Bits(bits)) = scene.panel("entry") else { panic!("no entry") };
    let mut found: Vec<(u8, u8, String)> =
        bits.rows[0].fields.iter().map(|it| (it.low, it.high, it.mark.label.clone())).collect();
    found.reverse();
    found
}

#[test]
fn the_fields_stand_where_the_manual_says() {
    // Reference: `pte_bits_000`.
    let expected = [
        (0, 0, "P"),
        (1, 1, "R/W"),
        (2, 2, "U/S"),
        (3, 3, "PWT"),
        (4, 4, "PCD"),
        (5, 5, "A"),
        (6, 6, "D"),
        (7, 7, "PAT"),
        (8, 8, "G"),
        (9, 11, "free"),
        (12, 51, "frame"),
        (52, 58, "free"),
        (59, 62, "key"),
        (63, 63, "XD"),
    ];
    let expected: Vec<(u8, u8, String)> =
        expected.iter().map(|it| (it.0, it.1, it.2.to_owned())).collect();
    assert_eq!(names(&json!({"pke": true, "address_bits": 52})), expected);
    let at = |scenario: Value, low: u8| {
        names(&scenario).into_iter().find(|it| it.0 == low).map(|it| it.2)
    };
    assert_eq!(at(json!({"form": "pde"}), 7).as_deref(), Some("PS"));
    assert_eq!(at(json!({"form": "pdpte", "bit7": true}), 12).as_deref(), Some("PAT"));
    // Without keys those bits are free, and so are D and G of an entry that leads to a table.
    assert_eq!(at(json!({}), 52).as_deref(), Some("free"));
    assert_eq!(at(json!({"form": "pml4e"}), 6).as_deref(), Some("free"));
}

#[test]
fn fields_cover_the_entry_without_a_gap() {
    for form in [Form::Pte, Form::Pde, Form::Pdpte, Form::Pml4e] {
        for raw in [0, 1 << 7] {
            for bits in 36..=52 {
                for pke in [false, true] {
                    let mut next = 64;
                    for part in (Entry { raw, form }).parts(true, pke, bits) {
                        assert_eq!(part.high + 1, next, "{form:?} {bits}");
                        assert!(part.low <= part.high);
                        next = part.low;
                    }
                    assert_eq!(next, 0);
                }
            }
        }
    }
}

#[test]
fn each_kind_of_access_has_the_code_of_the_manual() {
    let code =
        |scenario: Value, access: &str| run(&scenario).metric(&format!("error_code.{access}"));
    for (scenario, access, expected) in [
        // Copy on write: present and read-only.
        (json!({"write": false}), "user_read", None),
        (json!({"write": false}), "user_write", Some(0x7)),
        (json!({"write": false, "smap": false}), "supervisor_write", Some(0x3)),
        (json!({"write": false, "smap": false, "write_protect": false}), "supervisor_write", None),
        (json!({}), "user_fetch", Some(0x15)),
        (json!({"xd": false}), "user_fetch", None),
        (json!({"xd": false}), "supervisor_fetch", Some(0x11)),
        (json!({"xd": false, "smep": false}), "supervisor_fetch", None),
        (json!({"xd": false, "nxe": false, "smep": false, "user": false}), "user_fetch", Some(0x5)),
        (json!({}), "supervisor_read", Some(0x1)),
        (json!({"ac": true}), "supervisor_read", None),
        (json!({"user": false}), "user_read", Some(0x5)),
        (json!({"user": false}), "supervisor_write", None),
        (json!({"others_user": false}), "user_read", Some(0x5)),
        (json!({"others_user": false}), "supervisor_read", None),
        (json!({"others_write": false}), "user_write", Some(0x7)),
        (json!({"others_xd": true, "xd": false}), "user_fetch", Some(0x15)),
        (json!({"present": false}), "user_write", Some(0x6)),
        (json!({"present": false}), "supervisor_fetch", Some(0x10)),
        // Reserved bits: XD without NXE, PS in a PML4E, a large page that is not aligned.
        (json!({"nxe": false}), "user_read", Some(0xd)),
        (json!({"form": "pml4e", "bit7": true}), "user_read", Some(0xd)),
        (json!({"form": "pde", "bit7": true, "frame": "0x202"}), "user_write", Some(0xf)),
        (json!({"form": "pde", "bit7": true, "frame": "0x201"}), "user_read", None),
        (json!({"form": "pde", "frame": "0x202"}), "user_read", None),
        (json!({"frame": "0x400000000"}), "supervisor_read", Some(0x9)),
        (json!({"present": false, "frame": "0x400000000"}), "user_read", Some(0x4)),
        // Keys concern data in pages of users.
        (json!({"pke": true, "key_ad": true}), "user_read", Some(0x25)),
        (json!({"pke": true, "key_wd": true}), "user_read", None),
        (json!({"pke": true, "key_wd": true}), "user_write", Some(0x27)),
        (json!({"pke": true, "key_wd": true, "ac": true}), "supervisor_write", Some(0x23)),
        (json!({"pke": true, "key_ad": true, "user": false}), "supervisor_read", None),
        (json!({"pke": true, "key_ad": true, "form": "pde"}), "user_read", None),
        // The key's bit is set beside another reason.
        (json!({"pke": true, "key_wd": true, "write": false}), "user_write", Some(0x27)),
    ] {
        assert_eq!(code(scenario.clone(), access), expected.map(f64::from), "{scenario} {access}");
    }
}

fn random(rng: &mut Rng) -> Given {
    let form = [Form::Pte, Form::Pde, Form::Pdpte, Form::Pml4e][rng.below(4) as usize];
    // Mostly present, and without the bits that are often reserved.
    let mut raw = rng.bits();
    if rng.below(4) != 0 {
        raw &= !(0xff << 44) & !(0x3ffff << 12);
        raw |= 1;
    }
    let mut flag = || rng.below(2) == 0;
    let others = Rights { write: flag(), user: flag(), xd: flag() };
    let cpu = Cpu {
        write_protect: flag(),
        smep: flag(),
        smap: flag(),
        ac: flag(),
        nxe: flag(),
        pke: flag(),
        key_ad: flag(),
        key_wd: flag(),
        address_bits: 44,
    };
    Given { entry: Entry { raw, form }, others, cpu }
}

/// The section on access rights, written as one formula for each kind of access.
fn manual_allows(given: &Given, access: Access) -> bool {
    let Given { entry: Entry { raw, form }, others, cpu } = *given;
    let on = |bit: u32| raw >> bit & 1 == 1;
    let leaf = form == Form::Pte || (form == Form::Pde || form == Form::Pdpte) && on(7);
    let user_page = on(2) && others.user;
    let writable = on(1) && others.write;
    let executable = !cpu.nxe || !on(63) && !others.xd;
    let keyed = cpu.pke && leaf;
    let key_reads = !keyed || !cpu.key_ad;
    let key_writes = key_reads && (!keyed || !cpu.key_wd);
    let past_smap = !cpu.smap || cpu.ac;
    match (access.user, access.does, user_page) {
        (true, _, false) => false,
        (true, Does::Read, true) => key_reads,
        (true, Does::Write, true) => writable && key_writes,
        (true, Does::Fetch, true) => executable,
        (false, Does::Read, false) => true,
        (false, Does::Read, true) => past_smap && key_reads,
        (false, Does::Write, false) => !cpu.write_protect || writable,
        (false, Does::Write, true) if cpu.write_protect => past_smap && writable && key_writes,
        (false, Does::Write, true) => past_smap && key_reads,
        (false, Does::Fetch, false) => executable,
        (false, Does::Fetch, true) => !cpu.smep && executable,
    }
}

#[test]
fn every_verdict_is_that_of_the_manual() {
    let mut rng = Rng::new(41);
    let (mut n_allowed, mut n_reserved) = (0, 0);
    for _ in 0..20_000 {
        let given = random(&mut rng);
        let raw = given.entry.raw;
        let large = match given.entry.form {
            Form::Pde if raw >> 7 & 1 == 1 => raw & 0x1f_e000,
            Form::Pdpte if raw >> 7 & 1 == 1 => raw & 0x3fff_e000,
            Form::Pml4e => raw & 0x80,
            _ => 0,
        };
        let reserved = large != 0 || raw & (0xff << 44) != 0 || raw >> 63 == 1 && !given.cpu.nxe;
        for access in ACCESSES {
            let verdict = given.try_access(access);
            let code = verdict.code.map(u32::from);
            let asked = |on: bool, bit: u32| u32::from(on) << bit;
            let fetch = access.does == Does::Fetch && (given.cpu.nxe || given.cpu.smep);
            let base =
                asked(access.does == Does::Write, 1) | asked(access.user, 2) | asked(fetch, 4);
            if raw & 1 == 0 {
                assert_eq!(code, Some(base));
            } else if reserved {
                n_reserved += 1;
                assert_eq!(code, Some(base | 9));
            } else if manual_allows(&given, access) {
                n_allowed += 1;
                assert_eq!(code, None, "{given:?} {access:?}");
            } else {
                assert_eq!(code.map(|it| it & !0x20), Some(base | 1), "{given:?} {access:?}");
            }
        }
    }
    assert!(5_000 < n_allowed && 5_000 < n_reserved, "{n_allowed} {n_reserved}");
}

#[test]
fn a_bit_that_forbids_never_lets_more_through() {
    let mut rng = Rng::new(9);
    for _ in 0..5_000 {
        let given = random(&mut rng);
        let strict =
            |cpu: Cpu, raw: u64| Given { entry: Entry { raw, ..given.entry }, cpu, ..given };
        let raw = given.entry.raw;
        let harder = [
            strict(Cpu { smap: true, ..given.cpu }, raw),
            strict(Cpu { smep: true, ..given.cpu }, raw),
            strict(Cpu { write_protect: true, ..given.cpu }, raw),
            strict(given.cpu, raw & !2),
            strict(given.cpu, raw | 1 << 63),
            strict(given.cpu, raw & !1),
        ];
        for harder in harder {
            for access in ACCESSES {
                let (was, is) = (given.try_access(access).code, harder.try_access(access).code);
                assert!(was.is_none() || is.is_some(), "{given:?} {harder:?} {access:?}");
            }
        }
    }
}

#[test]
fn a_frame_that_does_not_fit_is_told() {
    let told = |frame: &str| {
        let run = engine("memory/pte_bits").unwrap().run(&json!({"frame": frame}), Mode::Frames);
        run.unwrap_err().to_string()
    };
    assert_eq!(told("0x10000000000"), "/frame: 0x10000000000 has more than 40 bits");
    assert!(told("page").starts_with("/frame: expected a frame number"));
}
