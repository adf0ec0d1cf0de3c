//! Problems for pen and paper on translation and allocation.

use super::buddy::Buddy;
use super::free_list::FreeList;
use super::translation::Translation;
use crate::paper::{Fill, Paper, Sheet, draw, pick, small, tried};
use crate::rng::Rng;
use serde_json::{Value, json};

pub(super) const TRANSLATION: Paper = Paper {
    drawn: translation,
    untold: &[],
    rules: "At the start the TLB is empty. It keeps what was used last. Each level of the tables is one read; \
            a walk ends where an entry is not present. A first write to a page that the TLB holds as clean \
            walks once more, to set the dirty bit. A page fault is written as its error code.",
    sheets: &[
        Sheet {
            key: "accesses",
            title: "the accesses",
            task: "Write for each access how many table entries are read, and at which physical address it \
                   ends; for a page fault, the error code. All in hexadecimal but the reads.",
            hint: "The error code is 1 if the page is present, 2 for a write, 4 for a user, 16 for a fetch, \
                   added up.",
            fills: &[
                Fill::Table {
                    panel: "script",
                    before: "",
                    given: &["line", "address", "does"],
                    asked: &[("table reads", "Table reads"), ("ends", "Ends at, or error code")],
                },
                Fill::Ends(&[
                    ("n_tlb_hits", "How many accesses hit in the TLB?"),
                    ("n_reads", "How many table entries are read in all?"),
                ]),
            ],
        },
        Sheet {
            key: "fields",
            title: "the fields",
            task: "Cut the address of the last access into the fields that the CPU uses, in decimal.",
            hint: "The lowest 12 bits are the offset; each level takes 9 bits of a 48-bit address, and 10 \
                   of a 32-bit one.",
            fills: &[Fill::Ends(&[
                ("index.pml4", "Which entry of the PML4?"),
                ("index.pdpt", "Which entry of the PDPT?"),
                ("index.pd", "Which entry of the page directory?"),
                ("index.pt", "Which entry of the page table?"),
                ("offset", "Which offset in the page?"),
            ])],
        },
    ],
};

/// Three pages, one of them read-only and sometimes one absent; five accesses.
fn translation(seed: u64) -> Value {
    let one = |rng: &mut Rng| {
        let is_wide = small(rng, 0, 1) == 1;
        let paging = if is_wide { "four_level" } else { "two_level" };
        // Few bits are set, so that the fields can be read off by hand.
        let base: u64 = match is_wide {
            true => {
                (rng.between(1, 200) << 39)
                    | (rng.between(0, 20) << 30)
                    | (rng.between(0, 300) << 21)
            }
            false => rng.between(1, 700) << 22,
        };
        let first = rng.between(1, 400);
        let gap = rng.between(1, 3);
        let pages = [first, first + gap, first + gap + 1].map(|it| base | (it << 12));
        let present = pick(rng, &[true, true, false]);
        let mapping = |(n, page): (usize, &u64)| {
            let frame = format!("{:#x}", rng.between(0x10, 0x3ff));
            json!({ "page": format!("{page:#x}"), "frame": frame, "write": n != 1,
                "present": n != 2 || present })
        };
        let mappings: Vec<Value> = pages.iter().enumerate().map(mapping).collect();
        let access = |_| {
            let address = pick(rng, &pages) + 4 * rng.between(0, 1_023);
            let kind = pick(rng, &["read", "read", "write"]);
            json!({ "address": format!("{address:#x}"), "kind": kind })
        };
        let accesses: Vec<Value> = (0..5).map(access).collect();
        json!({ "paging": paging, "mappings": mappings, "accesses": accesses, "tlb_entries": 2 })
    };
    let is_good = |drawn: &Value| {
        let Some(run) = tried::<Translation>(drawn) else { return false };
        let metric = |key| run.metric(key).unwrap_or_default();
        (1.0..=2.0).contains(&metric("n_faults")) && (1.0..=2.0).contains(&metric("n_tlb_hits"))
    };
    draw(seed, one, is_good)
}

const RESULTS: &str = "Write for each request the first address of what it gets, or fails; for each free, the size of \
     the free block that comes of it.";

pub(super) const FREE_LIST: Paper = Paper {
    drawn: free_list,
    untold: &["script"],
    rules: "The list is kept by address. A request takes the lower end of its block, and the rest stays free. \
            Free blocks that touch merge at once. Of blocks that fit equally well, the one at the lowest address is \
            taken.",
    sheets: &[Sheet {
        key: "script",
        title: "the blocks",
        task: RESULTS,
        hint: "",
        fills: &[
            Fill::Table {
                panel: "script",
                before: "",
                given: &["#", "statement"],
                asked: &[("result", "Address or size")],
            },
            Fill::Ends(&[
                ("n_free_blocks", "How many free blocks are there at the end?"),
                ("largest_free_bytes", "How many bytes has the largest of them?"),
            ]),
        ],
    }],
};

/// Blocks of several sizes, holes between them, and requests that each policy puts elsewhere.
fn free_list(seed: u64) -> Value {
    let policy = pick(&mut Rng::new(seed ^ 0x4649_5453), &["first", "best", "worst"]);
    let one = |rng: &mut Rng| {
        let mut script = Vec::new();
        let names = ["A", "B", "C", "D", "E", "F", "G", "H"];
        let n_held = small(rng, 5, 6);
        for name in &names[..n_held] {
            script.push(format!("{name} = alloc {}", small(rng, 3, 11) * 2));
        }
        let hole = small(rng, 0, 1);
        script.push(format!("free {}", names[hole]));
        script.push(format!("free {}", names[hole + 2]));
        script.push(format!("{} = alloc {}", names[n_held], small(rng, 2, 8) * 2));
        script.push(format!("free {}", names[small(rng, hole + 3, n_held - 1)]));
        script.push(format!("{} = alloc {}", names[n_held + 1], small(rng, 2, 11) * 2));
        json!({ "policy": policy, "heap_bytes": 100, "base_address": 0, "list_order": "address",
            "coalescing": "neighbours", "script": script.join("\n") })
    };
    let is_good = |drawn: &Value| {
        let told = |policy: &str| {
            let run =
                tried::<FreeList>(&crate::paper::set(drawn.clone(), &[("policy", policy.into())]))?;
            let metric = |key| run.metric(key).unwrap_or_default() as u64;
            let is_small = metric("n_failed") <= 1 && 1 <= metric("n_merges");
            is_small.then(|| {
                (metric("n_free_blocks"), metric("largest_free_bytes"), metric("n_failed"))
            })
        };
        let (first, best, worst) = (told("first"), told("best"), told("worst"));
        first.is_some()
            && best.is_some()
            && worst.is_some()
            && first != best
            && best != worst
            && told(policy).is_some()
    };
    draw(seed, one, is_good)
}

pub(super) const BUDDY: Paper = Paper {
    drawn: buddy,
    untold: &["script"],
    rules: "A request gets the least power of two of pages that holds it, cut from the smallest free block that is \
            large enough, and of several from the one at the lowest page. The lower half is cut on. A freed block \
            merges with its buddy as long as that is free.",
    sheets: &[Sheet {
        key: "script",
        title: "the blocks",
        task: "Write for each request the first page of its block, or fails; for each free, the order of the free \
               block that comes of it. A block of order n has 2ⁿ pages.",
        hint: "The buddy of a block of order n differs from it in bit n of the page number alone.",
        fills: &[
            Fill::Table {
                panel: "script",
                before: "",
                given: &["#", "statement"],
                asked: &[("result", "First page or order")],
            },
            Fill::Ends(&[
                ("n_splits", "How often is a block halved?"),
                ("n_merges", "How often do two blocks merge?"),
            ]),
        ],
    }],
};

fn buddy(seed: u64) -> Value {
    let one = |rng: &mut Rng| {
        let names = ["A", "B", "C", "D", "E", "F", "G"];
        let mut held: Vec<&str> = Vec::new();
        let mut script = Vec::new();
        let mut fresh = names.iter();
        for n in 0..9 {
            if 2 < n && !held.is_empty() && small(rng, 0, 9) < 5 {
                let gone = held.swap_remove(small(rng, 0, held.len() - 1));
                script.push(format!("free {gone}"));
            } else if let Some(name) = fresh.next() {
                held.push(name);
                script.push(format!("{name} = alloc {}", pick(rng, &[1, 1, 2, 2, 3, 3, 4, 5, 6])));
            }
        }
        json!({ "memory_pages": pick(rng, &[16, 16, 32]), "max_order": 5, "script": script.join("\n") })
    };
    let is_good = |drawn: &Value| {
        let Some(run) = tried::<Buddy>(drawn) else { return false };
        let metric = |key| run.metric(key).unwrap_or_default();
        metric("n_failed") <= 1.0 && 2.0 <= metric("n_merges") && 4.0 <= metric("n_splits")
    };
    draw(seed, one, is_good)
}
