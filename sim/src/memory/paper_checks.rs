//! Problems for pen and paper on what the hardware checks, and on the size of its tables.

use super::pte_bits::PteBits;
use super::segmentation::Segmentation;
use super::table_size::TableSize;
use crate::paper::{Fill, Paper, Sheet, draw, pick, small, tried};
use crate::rng::Rng;
use serde_json::{Value, json};

pub(super) const SEGMENTATION: Paper = Paper {
    drawn: segmentation,
    untold: &["script"],
    rules: "The top bits of an address number the segment, from 0 in the order of the table; the others are \
            the offset. In a segment that grows down, the offset counts back from the largest one, and the \
            base is where the segment ends.",
    sheets: &[Sheet {
        key: "accesses",
        title: "the accesses",
        task: "Write for each access the physical address, or outside if it misses its segment, or not \
               allowed if its rights forbid it.",
        hint: "Bounds are checked before rights.",
        fills: &[Fill::Table {
            panel: "script",
            before: "",
            given: &["#", "access", "address"],
            asked: &[("result", "Physical address, or why not")],
        }],
    }],
};

/// Four segments, the last one a stack, and accesses to all of them.
fn segmentation(seed: u64) -> Value {
    let one = |rng: &mut Rng| {
        let mut base = 4 * small(rng, 1, 4);
        let mut segment = |name: &str, rng: &mut Rng| {
            let kib = small(rng, 1, 3);
            let grows = if name == "stack" { "down" } else { "up" };
            let start = base;
            base += kib + small(rng, 1, 4);
            // A segment that grows down is given by its end.
            let told = if name == "stack" { start + kib } else { start };
            json!({ "name": name, "base_address": told * 1_024, "size_bytes": kib * 1_024, "grows": grows,
                "write": name != "code" && name != "data", "execute": name == "code" })
        };
        let segments: Vec<Value> =
            ["code", "data", "heap", "stack"].iter().map(|it| segment(it, rng)).collect();
        let access = |rng: &mut Rng| {
            let segment = small(rng, 0, 3);
            // Near the end that a stack grows from, or near the start of the others.
            let inside = 4 * small(rng, 0, 700);
            let offset = if segment == 3 { 4_096 - inside } else { inside }.min(4_092);
            let kinds: &[&str] =
                if segment == 0 { &["execute", "write"] } else { &["read", "write"] };
            json!({ "address": (segment * 4_096 + offset).to_string(), "kind": pick(rng, kinds) })
        };
        let script: Vec<Value> = (0..6).map(|_| access(rng)).collect();
        json!({ "address_bits": 14, "segment_bits": 2, "segments": segments, "script": script })
    };
    let is_good = |drawn: &Value| {
        let Some(run) = tried::<Segmentation>(drawn) else { return false };
        let metric = |key| run.metric(key).unwrap_or_default();
        metric("n_faults_bounds") == 1.0 && metric("n_faults_rights") == 1.0
    };
    draw(seed, one, is_good)
}

pub(super) const PTE_BITS: Paper = Paper {
    drawn: pte_bits,
    untold: &[],
    rules: "The entry maps a page of 4 KiB. All entries of the walk must allow an access.",
    sheets: &[Sheet {
        key: "accesses",
        title: "the accesses",
        task: "Write for each access whether it is allowed, or else the error code of its page fault.",
        hint: "The error code is 0x1 if the page is present, 0x2 for a write, 0x4 for user mode, 0x10 for a \
               fetch, added up.",
        fills: &[Fill::Table {
            panel: "accesses",
            before: "",
            given: &["access"],
            asked: &[("ends", "Allowed, or the error code")],
        }],
    }],
};

/// Bits of an entry, of the others of its walk, and of the control registers.
fn pte_bits(seed: u64) -> Value {
    let one = |rng: &mut Rng| {
        let often = [true, true, true, false];
        let even = [true, false];
        json!({
            "present": rng.between(0, 9) != 0, "frame": format!("{:#x}", rng.between(0x10, 0x3ff)), "write": pick(rng, &even), "user": pick(rng, &often),
            "xd": pick(rng, &even), "others_write": pick(rng, &often), "others_user": pick(rng, &often),
            "others_xd": pick(rng, &[false, false, true]), "write_protect": pick(rng, &even),
            "smep": pick(rng, &even), "smap": pick(rng, &even),
        })
    };
    let is_good = |drawn: &Value| {
        let Some(run) = tried::<PteBits>(drawn) else { return false };
        (1.0..=4.0).contains(&run.metric("n_allowed").unwrap_or_default())
    };
    draw(seed, one, is_good)
}

pub(super) const TABLE_SIZE: Paper = Paper {
    drawn: table_size,
    untold: &["regions"],
    rules: "Tables have four levels and 512 entries of 8 bytes each. A table exists only where something below it \
            is mapped, and the regions are mapped in this order.",
    sheets: &[Sheet {
        key: "tables",
        title: "the tables",
        task: "Write for each region how many tables are new when it is mapped, without \
               the PML4, and then how many tables each level has.",
        hint: "A page table covers 2 MiB, a page directory 1 GiB, a PDPT 512 GiB.",
        fills: &[
            Fill::Table {
                panel: "regions",
                before: "",
                given: &["region", "from", "to"],
                asked: &[("new tables", "New tables")],
            },
            Fill::Ends(&[
                ("n_level_tables.pdpt", "How many PDPTs are there?"),
                ("n_level_tables.pd", "How many page directories?"),
                ("n_level_tables.pt", "How many page tables?"),
                ("bytes.multi_level", "How many bytes do all tables take?"),
            ]),
        ],
    }],
};

/// Regions far from each other and near each other.
fn table_size(seed: u64) -> Value {
    let one = |rng: &mut Rng| {
        let size = |rng: &mut Rng| pick(rng, &[4, 64, 2_048, 4_096, 6_144]);
        let text = 0x40_0000;
        let heap = text + rng.between(4, 700) * 0x20_0000;
        let libs = 0x7f00_0000_0000 + rng.between(0, 900) * 0x4000_0000;
        let stack = 0x7ffe_0000_0000 + rng.between(0, 900) * 0x10_0000;
        let rows = [("text", text), ("heap", heap), ("libs", libs), ("stack", stack)];
        let row = |(name, start): (&str, u64)| json!({ "name": name, "start": format!("{start:#x}"), "size_kib": size(rng) });
        let regions: Vec<Value> = rows.into_iter().map(row).collect();
        json!({ "space": "48_bits", "page": "4k", "regions": regions })
    };
    draw(seed, one, |drawn| tried::<TableSize>(drawn).is_some())
}
