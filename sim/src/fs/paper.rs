//! Problems for pen and paper on files and their blocks.

use super::inode_map::InodeMap;
use crate::paper::{Fill, Paper, Sheet, draw, pick, small, tried};
use crate::rng::Rng;
use serde_json::{Value, json};

pub(super) const INODE_MAP: Paper = Paper {
    drawn: inode_map,
    untold: &["offsets"],
    rules: "Pointers of the inode are counted from 0, the direct ones first, and so are the entries of a pointer \
            block and the blocks of the file. The inode is in memory and nothing else, and nothing stays there.",
    sheets: &[
        Sheet {
            key: "reach",
            title: "the reach",
            task: "Write how many blocks each kind of pointer covers, and the first file block of each.",
            hint: "A block holds its size divided by the size of a pointer.",
            fills: &[Fill::Ends(&[
                ("pointers_per_block", "How many pointers does a block hold?"),
                ("kind_blocks.single", "How many blocks are below the single indirect pointers?"),
                ("kind_blocks.double", "How many blocks are below the double indirect pointers?"),
                (
                    "first_block.double",
                    "Which file block is the first of the double indirect pointers?",
                ),
                (
                    "first_block.triple",
                    "Which file block is the first of the triple indirect pointers?",
                ),
                ("n_pointer_blocks", "How many pointer blocks does the file have?"),
            ])],
        },
        Sheet {
            key: "accesses",
            title: "the accesses",
            task: "Write for each access the block of the file, the entries that are followed, and how many \
                   blocks are read.",
            hint: "Take away the blocks that the kinds before cover; divide what is left.",
            fills: &[Fill::Table {
                panel: "accesses",
                before: "",
                given: &["#", "offset"],
                asked: &[
                    ("file block", "File block"),
                    ("entries", "Entries, in order"),
                    ("reads", "Reads"),
                ],
            }],
        },
    ],
};

/// An inode with an odd number of direct pointers, and an access to each of its trees; two of the four
/// are neighbours.
fn inode_map(seed: u64) -> Value {
    let one = |rng: &mut Rng| {
        let block = pick(rng, &["512", "1k", "2k", "4k"]);
        let bytes: u64 = match block {
            "512" => 512,
            "1k" => 1 << 10,
            "2k" => 1 << 11,
            _ => 1 << 12,
        };
        let pointer: u64 = pick(rng, &[4, 8]);
        let direct = rng.between(6, 14);
        let n = bytes / pointer;
        let ends = [direct, n, n * n, n * n * 3];
        let mut first = 0;
        let mut offset = |rng: &mut Rng, blocks: u64| {
            let block = first + rng.below(blocks);
            first += blocks;
            block * bytes + rng.below(bytes)
        };
        let mut offsets: Vec<u64> = ends.iter().map(|it| offset(rng, *it)).collect();
        let again = pick(rng, &[1, 2]);
        offsets[0] = offsets[again] + bytes;
        offsets.swap(0, small(rng, 0, 3));
        let size = (direct + n + n * n + n * n * 3) * bytes;
        json!({ "block": block, "pointer_bytes": pointer.to_string(), "direct": direct, "single": 1,
            "double": 1, "triple": 1, "size_bytes": size, "offsets": offsets, "memory": "inode" })
    };
    draw(seed, one, |drawn| tried::<InodeMap>(drawn).is_some())
}
