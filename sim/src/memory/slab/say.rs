//! What is said of each step.

use super::cache::{Cache, From, Store, To};
use crate::memory::words::count;

pub(super) fn start(store: &Store) -> String {
    let sizes: Vec<String> = store.caches.iter().map(|it| it.object.to_string()).collect();
    format!(
        "No slab exists yet: the caches have objects of {} bytes, and make a slab when one is asked \
         for.",
        sizes.join(", ")
    )
}

pub(super) fn got(name: &str, cpu: u32, cache: &Cache, from: From, id: u32, object: u16) -> String {
    let size = cache.object;
    let gets = format!("{name} gets object {object} of slab S{id}");
    match from {
        From::Own => format!(
            "{gets}, because CPU {cpu} has it in a list of its own for objects of {size} bytes: no \
             lock is needed."
        ),
        From::Shared => format!(
            "{gets}, because the list of CPU {cpu} is empty, but others have given back objects of \
             its slab: it takes all of them at once."
        ),
        From::Partial => format!(
            "{gets}, because CPU {cpu} has used up its slab: it takes the lock and makes the \
             partial slab S{id} its own."
        ),
        From::New => format!(
            "{gets}, because CPU {cpu} has no free object of {size} bytes and no slab is partial: \
             {} cut into {}.",
            if cache.order == 0 {
                "a new page is".to_owned()
            } else {
                format!("{} new pages are", 1 << cache.order)
            },
            count(cache.per_slab.into(), "objects"),
        ),
    }
}

pub(super) fn pages(name: &str, asked: u64, pages: u64) -> String {
    format!(
        "{name} gets {} of its own, because no cache has objects of {}.",
        count(pages, "pages"),
        count(asked, "bytes"),
    )
}

pub(super) fn pages_back(name: &str, pages: u64) -> String {
    format!(
        "{name} gives its {} straight back, because no cache has anything to do with them.",
        count(pages, "pages")
    )
}

pub(super) fn failed(name: &str, pages: u64) -> String {
    format!(
        "{name} gets nothing, because a new slab needs pages and {} of the memory are in use.",
        count(pages, "pages")
    )
}

pub(super) fn nothing(name: &str, is_null: bool) -> String {
    if is_null {
        return format!("{name} holds nothing, because its request failed; nothing is given back.");
    }
    format!(
        "{name} is given back a second time: a list that held it twice would hand it out twice."
    )
}

pub(super) fn freed(
    name: &str,
    cpu: u32,
    owner: Option<u32>,
    to: To,
    id: u32,
    object: u16,
) -> String {
    let gives = format!("{name} gives back object {object} of slab S{id} on CPU {cpu}");
    match (to, owner) {
        (To::Own, _) => format!(
            "{gives}, and it goes to the front of the CPU's own list, because the CPU allocates \
             from S{id} just now: no lock is needed."
        ),
        (To::Shared, Some(owner)) => format!(
            "{gives}, and it goes to the shared list of S{id}, because CPU {owner} allocates from \
             that slab and nobody else may touch its list."
        ),
        (To::Shared, None) => format!(
            "{gives}, and it goes to the shared list of S{id}, because no CPU allocates from that \
             slab; it stays in the list of partial slabs."
        ),
        (To::Partial, _) => format!(
            "{gives}, and S{id} joins the list of partial slabs under its lock, because it was full \
             and has a free object again."
        ),
        (To::Gone, _) => format!(
            "{gives}, and the pages of S{id} go back, because the slab is empty and the cache has \
             enough partial slabs."
        ),
    }
}
