//! Laws of page faults: the table of the reference, and what holds after any of them.

use super::class::{Access, Class, Kind, Limits, Refusal, Work, classify};
use super::kernel::{Costs, Kernel, Stage, State};
use super::space::{Pte, Space};
use crate::engine::{Log, Mode};
use crate::{Rng, Run, engine};
use serde_json::{Value, json};

fn run(scenario: &Value) -> Run {
    engine("memory/page_fault").unwrap().run(scenario, Mode::Frames).unwrap()
}

/// A process with a region of each sort.
fn regions() -> Value {
    json!([
        {"name": "text", "start": "0x400000", "pages": 4, "rights": "rx", "kind": "file"},
        {"name": "guard", "start": "0x600000", "pages": 1, "rights": "none"},
        {"name": "heap", "start": "0x1000000", "pages": 16},
        {"name": "priv", "start": "0x2000000", "pages": 4, "kind": "file", "file_bytes": 4097},
        {"name": "shm", "start": "0x3000000", "pages": 4, "shared": true},
        {"name": "log", "start": "0x4000000", "pages": 4, "kind": "file", "shared": true},
        {"name": "stack", "start": "0x7fff0000000", "pages": 2, "kind": "stack"},
    ])
}

#[track_caller]
fn ends(page: &Value, address: &str, kind: &str, expected: &[(&str, f64)], says: &str) {
    let pages = if page.is_null() { json!([]) } else { json!([page]) };
    let run = run(&json!({"regions": regions(), "pages": pages,
        "accesses": [{"address": address, "kind": kind}]}));
    for (key, value) in expected {
        assert_eq!(run.metric(key), Some(*value), "{address} {kind}: {key}");
    }
    let told: String = (0..run.len()).map(|at| run.step(at).unwrap().say.clone() + "\n").collect();
    assert!(told.contains(says), "{address} {kind}: {told}");
}

#[test]
fn every_kind_of_fault_ends_as_the_reference_says() {
    // Errata 000-35 to 000-38, 000-25 and 003-10, with the engine's own costs: a minor fault takes
    // about a microsecond, a major one the device and five more.
    let none = || Value::Null;
    let at = |page: &str, state: &str| json!({"page": page, "state": state});
    let minor = |ns: f64| [("n_minor", 1.0), ("n_major", 0.0), ("time_ns", ns)];
    let major = [("n_minor", 0.0), ("n_major", 1.0), ("time_ns", 25_000.0)];
    let segv = [("n_segv", 1.0), ("n_minor", 0.0), ("time_ns", 1_400.0)];
    ends(&none(), "0x1000000", "read", &minor(600.0), "error code 0x4");
    ends(&none(), "0x1000000", "write", &minor(1_000.0), "do_anonymous_page");
    ends(&at("0x400000", "cached"), "0x400000", "execute", &minor(600.0), "error code 0x14");
    ends(&at("0x1000000", "shared_copy"), "0x1000000", "write", &minor(1_200.0), "error code 0x7");
    ends(&at("0x1000000", "last_copy"), "0x1000000", "write", &minor(700.0), "do_wp_page");
    ends(&at("0x1000000", "zero"), "0x1000000", "write", &minor(1_100.0), "page of zeros");
    ends(&at("0x4000000", "present"), "0x4000000", "write", &minor(700.0), "dirty");
    ends(&at("0x4000000", "cached"), "0x4000000", "write", &minor(600.0), "do_shared_fault");
    ends(&at("0x2000000", "cached"), "0x2000000", "write", &minor(1_100.0), "do_cow_fault");
    ends(&none(), "0x400000", "read", &major, "do_read_fault");
    ends(&at("0x1000000", "swapped"), "0x1000000", "read", &major, "do_swap_page");
    ends(&none(), "0x7ffefffff000", "write", &segv, "SEGV_MAPERR");
    ends(&none(), "0x7ffeffff000", "write", &minor(1_000.0), "expand_stack");
    ends(&none(), "0x0", "read", &segv, "no region holds");
    ends(&none(), "0x400000", "write", &segv, "SEGV_ACCERR");
    ends(&none(), "0x600000", "read", &segv, "SEGV_ACCERR");
    ends(&none(), "0x1000000", "execute", &segv, "SEGV_ACCERR");
    // One byte past the first page: the second page is still there, the third is not.
    ends(&none(), "0x2001fff", "read", &major, "do_read_fault");
    ends(&none(), "0x2002000", "read", &[("n_bus", 1.0), ("n_segv", 0.0)], "SIGBUS (BUS_ADRERR)");
    let gp = [("n_segv", 1.0), ("n_faults.not_canonical", 1.0), ("time_ns", 1_250.0)];
    ends(&none(), "0x0000800000000000", "read", &gp, "raises #GP");
    ends(&none(), "0xffff800000000000", "read", &[("n_segv", 1.0)], "raises #PF");
}

#[test]
fn only_the_page_on_disk_of_the_figure_faults() {
    // Reference: `vm_figure_004`.
    let page = |number: u32, frame: u32| json!({"page": format!("{:x}", number << 12), "state": "present", "frame": frame});
    let pages = json!([page(0, 5), page(1, 2), page(3, 7), {"page": "2000", "state": "swapped"}]);
    let accesses: Vec<Value> = (0..4).map(|it| json!({"address": format!("{it}008")})).collect();
    let run = run(&json!({"regions": [{"name": "A", "start": "0x0", "pages": 4}],
        "pages": pages, "accesses": accesses}));
    assert_eq!(run.metric("n_hits"), Some(3.0));
    assert_eq!(run.metric("n_faults.swap_in"), Some(1.0));
    assert_eq!(run.metric("access_ns.3"), Some(25_000.0));
    let first = run.scene(0).to_text();
    for row in ["0x0 | P (used) | 0x5", "0x1000 | P (used) | 0x2", "0x3000 | P (used) | 0x7"] {
        assert!(first.contains(row), "{first}");
    }
}

#[test]
fn a_stack_grows_up_to_its_limit_and_keeps_its_distance() {
    let with = |below: Value, address: &str| {
        let stack = json!({"name": "stack", "start": "0x2000000", "pages": 1, "kind": "stack"});
        let run = run(&json!({"regions": [below, stack], "stack_limit_pages": 64,
            "stack_gap_pages": 8, "accesses": [{"address": address, "kind": "write"}]}));
        run.metric("n_faults.stack_growth").unwrap()
    };
    let far = json!({"name": "heap", "start": "0x1000000", "pages": 1});
    // 64 pages with the one that is there: 63 more.
    assert!(with(far.clone(), "0x1fc1000") > 0.0);
    assert!(with(far, "0x1fc0fff") < 1.0);
    let near = json!({"name": "map", "start": "0x1ff0000", "pages": 1});
    assert!(with(near.clone(), "0x1ff9000") > 0.0);
    assert!(with(near, "0x1ff8fff") < 1.0);
    // A guard page keeps others away; the stack need not.
    let guard = json!({"name": "guard", "start": "0x1ff0000", "pages": 1, "rights": "none"});
    assert!(with(guard, "0x1ff1000") > 0.0);
}

#[test]
fn a_large_frame_can_jump_over_a_guard_page() {
    // Errata 003-10: below the guard lies the stack of another thread.
    let regions = json!([
        {"name": "stack2", "start": "0x1000000", "pages": 16},
        {"name": "guard", "start": "0x1010000", "pages": 1, "rights": "none"},
        {"name": "stack1", "start": "0x1011000", "pages": 16},
    ]);
    let at = |address: &str| {
        let accesses = json!([{"address": address, "kind": "write"}]);
        let run = run(&json!({"regions": regions, "accesses": accesses}));
        (run.metric("n_segv").unwrap(), run.metric("n_minor").unwrap())
    };
    assert_eq!(at("0x1010ff8"), (1.0, 0.0));
    assert_eq!(at("0x100fff8"), (0.0, 1.0));
}

#[test]
fn neighbours_in_the_page_cache_are_mapped_along() {
    let pages: Vec<Value> =
        (0..4).map(|it| json!({"page": format!("0x40{it}000"), "state": "cached"})).collect();
    let accesses: Vec<Value> =
        (0..4).map(|it| json!({"address": format!("0x40{it}000")})).collect();
    for (around, minor) in [(1, 4.0), (2, 2.0), (16, 1.0)] {
        let run = run(&json!({"regions": regions(), "pages": pages, "accesses": accesses,
            "around_pages": around}));
        assert_eq!(run.metric("n_minor"), Some(minor), "{around}");
    }
}

const LIMITS: Limits = Limits { stack_pages: 64, gap_pages: 8 };
const COSTS: Costs = Costs {
    trap_ns: 1,
    lookup_ns: 10,
    alloc_ns: 100,
    zero_ns: 1_000,
    copy_ns: 10_000,
    map_ns: 100_000,
    flush_ns: 1_000_000,
    device_ns: 10_000_000,
    io_ns: 100_000_000,
    signal_ns: 1_000_000_000,
};

fn random_space(rng: &mut Rng) -> Space {
    let states = ["cached", "present", "zero", "shared_copy", "last_copy", "swapped"];
    loop {
        let pages: Vec<Value> = (0..rng.below(6))
            .map(|_| {
                let starts = [0x400, 0x1000, 0x2000, 0x3000, 0x4000];
                let page = starts[rng.below(5) as usize] + rng.below(4);
                let state = states[rng.below(6) as usize];
                json!({"page": format!("{page:x}000"), "state": state, "frame": null})
            })
            .collect();
        let mut regions = regions();
        for region in regions.as_array_mut().unwrap() {
            for (key, value) in [
                ("rights", json!("rw")),
                ("kind", json!("anonymous")),
                ("shared", json!(false)),
                ("file_bytes", Value::Null),
            ] {
                if region.get(key).is_none() {
                    region[key] = value;
                }
            }
        }
        let regions: Vec<super::space::Region> = serde_json::from_value(regions).unwrap();
        let pages: Vec<super::space::Before> = serde_json::from_value(json!(pages)).unwrap();
        if let Ok(space) = Space::of(&regions, &pages) {
            return space;
        }
    }
}

fn random_access(rng: &mut Rng) -> Access {
    let kind = [Kind::Read, Kind::Write, Kind::Execute][rng.below(3) as usize];
    let starts = [0x400, 0x600, 0x1000, 0x2000, 0x3000, 0x4000, 0x7ffe_fffd, 0x9000];
    let page = starts[rng.below(8) as usize] + rng.below(5);
    Access { address: page << 12 | rng.below(4_096), kind }
}

#[test]
fn what_was_served_is_served_for_good_and_what_was_refused_changes_nothing() {
    let mut rng = Rng::new(31);
    for _ in 0..300 {
        let mut kernel = Kernel::new(random_space(&mut rng), COSTS, LIMITS, 4);
        for _ in 0..20 {
            let access = random_access(&mut rng);
            let before = kernel.state.space.clone();
            let class = classify(&before, access, LIMITS);
            let mut log: Log<State> = Log::new(Mode::Frames);
            kernel.run(&[access], &mut log).unwrap();
            let space = &kernel.state.space;
            let path: Vec<Stage> = kernel.state.path.iter().map(|it| it.0).collect();
            let (old, new) = (before.page(access.page()), space.page(access.page()));
            match class {
                Class::Hit => assert_eq!(before.pages, space.pages),
                Class::Refused(refusal) => {
                    assert_eq!(before.pages, space.pages);
                    assert_eq!(path.last(), Some(&Stage::Signal));
                    let found = before.find(access.page()).is_some();
                    // Rights are those of the stack as well, where one could grow to the page.
                    let with_region = matches!(refusal, Refusal::Rights | Refusal::PastEnd);
                    assert!(!found || with_region);
                    assert!(found || refusal != Refusal::PastEnd);
                }
                Class::Served { work, .. } => {
                    assert_eq!(classify(space, access, LIMITS), Class::Hit);
                    assert_eq!(path.last(), Some(&Stage::Return));
                    let device = matches!(work, Work::ReadFile { .. } | Work::SwapIn);
                    assert_eq!(path.contains(&Stage::Io), device);
                    let vma = &space.vmas[space.find(access.page()).unwrap()];
                    if access.kind == Kind::Write {
                        // A private write never reaches the page cache, a shared one always does.
                        let cached = new.pte == Pte::Cached { writable: true };
                        assert_eq!(cached, vma.shared, "{access:?} {class:?}");
                    }
                    // What was in the page cache stays there.
                    assert!(old.cached.is_none() || old.cached == new.cached);
                    let ns = kernel.times_ns.last().unwrap();
                    let rows = COSTS.of_rows();
                    let row = rows[class.row().unwrap()];
                    let extra = match work {
                        Work::ReadFile { copy: true } | Work::CopyCached => {
                            COSTS.alloc_ns + COSTS.copy_ns
                        }
                        _ => 0,
                    };
                    let less = match (work, class) {
                        (Work::Reuse, _) => COSTS.alloc_ns + COSTS.copy_ns,
                        (Work::ReplaceZero, _) => COSTS.copy_ns - COSTS.zero_ns,
                        (Work::MapZero, Class::Served { grows: true, .. }) => {
                            COSTS.alloc_ns + COSTS.zero_ns
                        }
                        _ => 0,
                    };
                    assert_eq!(*ns, row + extra - less, "{class:?}");
                }
            }
        }
    }
}
