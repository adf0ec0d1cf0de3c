//! The worked examples of the course, and each rule of the processor with its error code.

use super::check::code;
use crate::{Mode, Run, engine};
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

#[test]
fn a_page_that_is_not_present_faults_and_the_others_do_not() {
    // Reference: `vm_figure_004`.
    let frames = [(0, Some(5)), (1, Some(2)), (2, None), (3, Some(7))];
    for (page, frame) in frames {
        let mapping = |(page, frame): &(u32, Option<u32>)| {
            json!({"page": format!("{page}000"), "frame": frame.unwrap_or(0).to_string(),
                "present": frame.is_some()})
        };
        let mappings: Vec<Value> = frames.iter().map(mapping).collect();
        let run = run(&json!({
            "paging": "two_level",
            "mappings": mappings,
            "accesses": [{"address": format!("{page}123")}],
        }));
        let physical = frame.map(|it| f64::from(it * 4096 + 0x123));
        assert_eq!(run.metric("physical"), physical, "page {page}");
        metrics(&run, &[("n_faults", if frame.is_none() { 1.0 } else { 0.0 })]);
    }
}

/// Two address spaces that map one address to different frames, and a page of the kernel.
fn two_spaces(global: bool, pcid: bool, lines: &[&str]) -> Value {
    let line = |text: &&str| match *text {
        "kernel" => json!({"address": "ffff800000000000", "mode": "kernel"}),
        "user" => json!({"address": "1000"}),
        switch => json!({"kind": switch}),
    };
    let accesses: Vec<Value> = lines.iter().map(line).collect();
    json!({
        "mappings": [
            {"page": "1000", "frame": "a", "space": "a"},
            {"page": "1000", "frame": "b", "space": "b"},
            {"page": "ffff800000000000", "frame": "9", "user": false, "space": "all", "global": global},
        ],
        "pcid": pcid,
        "accesses": accesses,
    })
}

#[test]
fn a_load_of_cr3_drops_what_is_not_global() {
    let lines = ["user", "kernel", "to_b", "user", "kernel", "to_a", "user", "kernel"];
    let n_reads = |global, pcid| run(&two_spaces(global, pcid, &lines)).metric("n_reads");
    // Six walks of four reads, less those of the pages that were kept.
    assert_eq!(n_reads(false, false), Some(24.0));
    assert_eq!(n_reads(true, false), Some(16.0));
    assert_eq!(n_reads(false, true), Some(16.0));
    assert_eq!(n_reads(true, true), Some(12.0));
    let last = run(&two_spaces(true, true, &lines[..4]));
    metrics(&last, &[("physical", f64::from(0xb000)), ("n_stale_uses", 0.0)]);
    // The same root again drops what carries its own number, and only that.
    let again = run(&two_spaces(true, true, &["user", "to_b", "user", "flush", "to_a", "user"]));
    metrics(&again, &[("n_dropped", 1.0), ("n_tlb_hits", 1.0)]);
}

#[test]
fn a_global_page_of_one_space_leads_the_other_astray() {
    let mut scenario = two_spaces(true, true, &["user", "to_b", "user"]);
    scenario["mappings"][0]["global"] = json!(true);
    let run = run(&scenario);
    metrics(&run, &[("n_stale_uses", 1.0), ("physical", f64::from(0xa000))]);
    let last = run.step(usize::MAX).unwrap();
    assert_eq!(last.tag, "stale_use");
    assert!(last.say.contains("lead elsewhere, because the translation is marked global"));
}

#[test]
fn invlpg_reaches_one_address_space_unless_the_page_is_global() {
    let n_stale = |global, pcid| {
        let lines = ["kernel", "to_b", "kernel", "munmap", "to_a", "kernel"];
        let mut scenario = two_spaces(global, pcid, &lines);
        scenario["accesses"][3]["address"] = json!("ffff800000000000");
        let run = run(&scenario);
        (run.metric("n_stale_uses"), run.step(usize::MAX).unwrap().say.clone())
    };
    let (n, say) = n_stale(false, true);
    assert_eq!(n, Some(1.0));
    assert!(say.ends_with("ran no INVLPG in this address space."), "{say}");
    for (global, pcid) in [(false, false), (true, false), (true, true)] {
        assert_eq!(n_stale(global, pcid).0, Some(0.0), "{global} {pcid}");
    }
}

#[test]
fn what_is_unmapped_faults_at_once_only_if_invlpg_follows() {
    let scenario = |invlpg: bool, kinds: &[&str]| {
        let line = |it: &&str| json!({"address": "1008", "kind": it});
        let accesses: Vec<Value> = kinds.iter().map(line).collect();
        json!({"mappings": [{"page": "1000", "frame": "5"}], "invlpg": invlpg, "accesses": accesses})
    };
    let fault = |kinds: &[&str], n_faults: f64, n_stale: f64, invlpg: bool| {
        let run = run(&scenario(invlpg, kinds));
        metrics(&run, &[("n_faults", n_faults), ("n_stale_uses", n_stale)]);
    };
    fault(&["read", "munmap", "read"], 1.0, 0.0, true);
    fault(&["read", "munmap", "read"], 0.0, 1.0, false);
    fault(&["read", "munmap", "invlpg", "read"], 1.0, 0.0, false);
    fault(&["read", "munmap", "flush", "read"], 1.0, 0.0, false);
    fault(&["munmap", "read"], 1.0, 0.0, false);
    // A right that is taken away is used on; one that is given costs a fault for nothing.
    fault(&["write", "protect", "write"], 0.0, 1.0, false);
    fault(&["write", "protect", "write"], 1.0, 0.0, true);
    fault(&["protect", "read", "unprotect", "write", "write"], 1.0, 0.0, false);
    fault(&["protect", "read", "unprotect", "write", "write"], 0.0, 0.0, true);
    // A first write walks for the dirty bit, and the walk sees the change.
    fault(&["read", "protect", "write"], 1.0, 0.0, false);
}

#[test]
fn a_second_buffer_holds_what_the_first_gave_up() {
    let touch = |page: u32| json!({"address": format!("{page:x}000")});
    let pages: Vec<Value> = [1, 2, 3, 1, 2, 3].into_iter().map(touch).collect();
    let mappings: Vec<Value> = (1..4)
        .map(|it| json!({"page": format!("{it:x}000"), "frame": format!("{it:x}")}))
        .collect();
    let scenario = json!({
        "mappings": mappings, "accesses": pages, "tlb_entries": 2, "tlb2_entries": 8,
        "tlb2_ways": 2, "tlb2_ns": 3,
    });
    let run = run(&scenario);
    metrics(&run, &[("n_tlb_misses", 3.0), ("n_tlb2_hits", 3.0), ("n_tlb_hits", 3.0)]);
    metrics(&run, &[("n_reads", 12.0), ("time_ns", 12.0 * 100.0 + 6.0 * 100.0 + 9.0)]);
}

#[test]
fn pages_of_one_set_take_turns_although_other_sets_are_free() {
    let touch = |page: u32| json!({"address": format!("{page:x}000")});
    let mappings: Vec<Value> = (1..9)
        .map(|it| json!({"page": format!("{it:x}000"), "frame": format!("{it:x}")}))
        .collect();
    let n_hits = |ways: u32| {
        let pages: Vec<Value> = [1, 3, 5, 1, 3, 5].into_iter().map(touch).collect();
        let scenario =
            json!({"mappings": mappings, "accesses": pages, "tlb_ways": ways, "tlb_entries": 4});
        run(&scenario).metric("n_tlb_hits")
    };
    assert_eq!(n_hits(0), Some(3.0));
    assert_eq!(n_hits(4), Some(3.0));
    // Two sets: all three pages are odd.
    assert_eq!(n_hits(2), Some(0.0));
    let told =
        refused(&json!({"mappings": mappings, "accesses": [{"address": "1000"}], "tlb_ways": 3}));
    assert_eq!(told, "/tlb_ways: 4 entries do not fill sets of 3");
}

#[test]
fn a_fault_names_the_level_that_forbids_the_access() {
    let why = |mapping: Value, access: Value| {
        let run = run(&json!({"mappings": [mapping], "accesses": [access], "smap": true}));
        let say = run.step(usize::MAX).unwrap().say.clone();
        say.split_once("because ").unwrap().1.to_owned()
    };
    let user = json!({"page": "1000", "frame": "5", "write": false});
    let kernel = json!({"page": "1000", "frame": "5", "user": false});
    assert_eq!(
        why(user.clone(), json!({"address": "1000", "kind": "write"})),
        "R/W is 0 in entry 1 of the PT: the page is read-only."
    );
    assert_eq!(
        why(kernel, json!({"address": "1000"})),
        "U/S is 0 in entry 0 of the PML4: user mode may not touch a page of the kernel."
    );
    assert_eq!(
        why(user.clone(), json!({"address": "1000", "mode": "kernel"})),
        "U/S is 1 in entry 1 of the PT: SMAP forbids the kernel to touch a page of users."
    );
    assert_eq!(why(user, json!({"address": "8000000000"})), "P is 0 in entry 1 of the PML4.");
}
