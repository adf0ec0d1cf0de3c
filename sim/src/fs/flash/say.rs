//! What each step of the flash memory says.

use super::collect::{Rating, value};
use super::ftl::Place;
use super::{Policy, Wear};
use crate::scene::number;
use crate::words::{count, unit};

fn n(n: usize, units: &str) -> String {
    count(n as u64, units)
}

fn at((block, page): Place) -> String {
    format!("block {block}, page {page}")
}

fn block(it: Option<usize>) -> String {
    it.map_or_else(|| "no block".to_owned(), |it| format!("block {it}"))
}

pub(super) fn start(blocks: usize, pages: usize, spare: usize) -> String {
    format!(
        "All {} of {} are erased; the host sees {} fewer than there are, so that there is room to collect.",
        n(blocks, "blocks"),
        n(pages, "pages"),
        n(spare, "pages")
    )
}

pub(super) fn write(logical: u16, place: Place, old: Option<Place>) -> String {
    let new = format!("Logical page {logical} goes to {}", at(place));
    match old {
        None => format!("{new}, the next free page of the open block, and the table notes it."),
        Some(old) => format!(
            "{new}, and its older version in {} is stale, because a page cannot be overwritten.",
            at(old)
        ),
    }
}

pub(super) fn filled(written: usize, open: Option<usize>) -> String {
    format!(
        "The host has written {} into {}; older versions are stale where they are.",
        n(written, "pages"),
        block(open)
    )
}

pub(super) fn read(logical: u16, found: Option<(Place, u32)>) -> String {
    match found {
        Some((place, version)) => format!(
            "Logical page {logical} is read from {}, where the table points: it is from write {version} of the host.",
            at(place)
        ),
        None => format!(
            "Logical page {logical} is not in the table, so the drive answers with zeros and reads no page."
        ),
    }
}

pub(super) fn trim(logical: u16, old: Option<Place>) -> String {
    match old {
        Some(old) => format!(
            "Logical page {logical} is trimmed: {} is stale, because the host has said that nobody needs it, and no \
             collection will copy it.",
            at(old)
        ),
        None => format!("Logical page {logical} is trimmed, but the table had nothing for it."),
    }
}

pub(super) fn open(next: Option<usize>, worn: u32, wear: Wear) -> String {
    let why = match wear {
        Wear::Off => "it is the first free one".to_owned(),
        Wear::Dynamic | Wear::Static => {
            format!("with {} no free block is less worn", count(worn.into(), "erasures"))
        }
    };
    format!("The controller opens {}, because {why}.", block(next))
}

pub(super) fn level(chosen: usize, worn: u32, most: u32) -> String {
    format!(
        "The leveller takes block {chosen}, because it has {} and another block has {most}: what is in it hardly \
         changes and keeps it from its share of the wear.",
        count(worn.into(), "erasures")
    )
}

pub(super) fn pick(best: &Rating, policy: Policy, size: usize, n_free: usize) -> String {
    let only = if n_free == 1 { "1 block is" } else { &format!("{n_free} blocks are") };
    let valid = format!("{} of its {}", best.n_valid, n(size, "pages"));
    let why = match (policy, value(best, size)) {
        (_, None) => "nothing in it is valid".to_owned(),
        (Policy::Greedy, Some(_)) => format!("{valid} must be copied, and no other has fewer"),
        (Policy::CostBenefit, Some(value)) => format!(
            "{valid} must be copied and it has been quiet for {}, which is worth most: {}",
            count(best.age.into(), "writes"),
            number(value, 2)
        ),
    };
    format!("The collector takes block {}, as only {only} free: {why}.", best.block)
}

pub(super) fn copy(from: usize, to: Option<usize>, copied: usize) -> String {
    format!(
        "The collector copies {} from block {from} to {}, and the table follows; the host has asked for none of these \
         writes.",
        format_args!("{copied} valid {}", unit(&copied.to_string(), "pages")),
        block(to)
    )
}

pub(super) fn erase(erased: usize, worn: u32, target: Option<usize>, rest: usize) -> String {
    format!(
        "Block {erased} is erased, for the {} time, and free again; {} has {} left for the host.",
        ordinal(worn),
        block(target),
        n(rest, "pages")
    )
}

/// `1st`, `2nd`, `13th`.
fn ordinal(n: u32) -> String {
    let end = match (n % 10, n % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{n}{end}")
}
