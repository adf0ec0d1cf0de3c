//! What is said of each step.

use super::zone::{Owner, Zone, at, buddy};
use crate::amounts::are;
use crate::memory::words::count;

fn pages(n: u64) -> String {
    count(n, "pages")
}

pub(super) fn start(zone: &Zone) -> String {
    let kinds = (0..=zone.order_max).rev().filter_map(|order| {
        let n = zone.lists[at(order)].len() as u64;
        (0 < n).then(|| format!("{n} of {}", pages(1 << order)))
    });
    let kinds: Vec<String> = kinds.collect();
    format!(
        "All {} are free, in the largest blocks that fit: {}.",
        pages(zone.free_pages()),
        kinds.join(", ")
    )
}

pub(super) fn split(name: &str, page: u64, half: u32, order: u32) -> String {
    format!(
        "{name} needs a block of order {order}, so the {} at page {page} are halved: the upper half \
         at page {} joins the list of order {half}.",
        pages(2 << half),
        page + (1 << half),
    )
}

pub(super) fn got(name: &str, asked: u64, unit: (u64, &str), page: u64, order: u32) -> String {
    let has = unit.0 << order;
    let rest = match has - asked {
        0 => "all of it is used".to_owned(),
        rest => format!("{} of it {} not used", count(rest, unit.1), are(rest)),
    };
    format!(
        "{name} gets the block of {} at page {page}, because order {order} is the least that holds \
         {}; {rest}.",
        count(has, unit.1),
        count(asked, unit.1),
    )
}

pub(super) fn failed(name: &str, needs: u64, order: u32, zone: &Zone) -> String {
    let free = zone.free_pages();
    let needed = pages(needs);
    if zone.order_max < order {
        return format!(
            "{name} gets nothing, because it needs {needed} and no block has more than {}.",
            1_u64 << zone.order_max
        );
    }
    if free < needs {
        return format!(
            "{name} gets nothing, because it needs {needed} and only {free} {} free.",
            are(free)
        );
    }
    let largest = zone.largest().map_or(0, |it| 1_u64 << it);
    format!(
        "{name} gets nothing, because it needs a block of {}: {} {} free, but the largest block \
         has {largest}.",
        pages(1 << order),
        pages(free),
        are(free),
    )
}

pub(super) fn nothing(name: &str, is_null: bool) -> String {
    if is_null {
        return format!("{name} holds nothing, because its request failed; nothing is given back.");
    }
    format!("{name} is given back a second time, which a kernel reports as a bad page state.")
}

/// Why the block at `page` does not merge.
fn apart(page: u64, order: u32, zone: &Zone, merging: bool) -> String {
    let other = buddy(page, order);
    if !merging {
        return "merging is switched off".to_owned();
    }
    if order == zone.order_max {
        return "no block may be larger".to_owned();
    }
    let block = zone.at(other);
    if block.page + block.pages() <= other {
        return format!("its buddy at page {other} lies outside the memory");
    }
    let state = match block.owner {
        Owner::Held(_) if block.order == order => "held",
        _ => "not free as a whole",
    };
    format!("its buddy at page {other} is {state}")
}

pub(super) fn freed(name: &str, page: u64, order: u32, n_merges: u32) -> String {
    format!(
        "{name} gives back {} at page {page}, and {} follow{}, because its buddy at page {} is free.",
        pages(1 << order),
        count(n_merges.into(), "merges"),
        if n_merges == 1 { "s" } else { "" },
        buddy(page, order),
    )
}

pub(super) fn merged(page: u64, buddy: u64, order: u32) -> String {
    format!(
        "The block at page {page} merges with its free buddy at page {buddy} into {} at page {}, \
         because the two numbers differ in the bit of value {} alone.",
        pages(2 << order),
        page.min(buddy),
        1_u64 << order,
    )
}

/// A block joins its list; `who` gives it back, unless that was told before.
pub(super) fn joined(
    who: Option<&str>,
    page: u64,
    order: u32,
    zone: &Zone,
    merging: bool,
) -> String {
    let (size, why) = (pages(1 << order), apart(page, order, zone, merging));
    match who {
        Some(name) => format!(
            "{name} gives back {size} at page {page}, and the block joins the list of order {order} \
             as it is, because {why}."
        ),
        None => format!(
            "The block of {size} at page {page} joins the list of order {order}, because {why}."
        ),
    }
}
