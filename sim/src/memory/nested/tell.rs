//! What is said of each thing that happens.

use super::super::words::count;
use super::machine::{Does, Event, Line, Shape, Technique, Why, guest_frame, host_physical};

/// Name of a row of the grid: a level of the guest's tables, or the page.
pub(crate) fn row_name(shape: Shape, technique: Technique, row: u32) -> String {
    match row < shape.guest_levels {
        true => format!("{}{}", technique.prefix(), shape.guest_levels - row),
        false => "page".to_owned(),
    }
}

/// Name of a level of the host's tables.
pub(crate) fn host_name(shape: Shape, col: u32) -> String {
    format!("nL{}", shape.host_levels - col)
}

/// What a sentence needs to know.
#[derive(Clone, Copy)]
pub(crate) struct Told {
    pub(crate) shape: Shape,
    pub(crate) technique: Technique,
    pub(crate) line: Line,
    /// References of this walk, with the present one.
    pub(crate) n_refs_walk: u64,
    /// And of this line.
    pub(crate) n_refs_line: u64,
    /// Whether the guest maps the page.
    pub(crate) mapped: bool,
    /// Whether the hypervisor has nothing left to mend for this access.
    pub(crate) mended: bool,
}

/// Kind of a step.
pub(crate) const fn tag(event: Event) -> &'static str {
    match event {
        Event::Hit => "tlb_hit",
        Event::Miss => "tlb_miss",
        Event::Reference(..) => "reference",
        Event::Cached(..) => "cached",
        Event::Exit(_) => "vm_exit",
        Event::Hypercall(_) => "hypercall",
        Event::Again => "walk_again",
        Event::GuestFault => "page_fault",
        Event::Data(_) => "translate",
        Event::Told => "told",
    }
}

/// The sentence for a step.
pub(crate) fn say(told: Told, event: Event) -> String {
    let Told { shape, technique, line, n_refs_line: n_refs, .. } = told;
    let page = line.page;
    let address = shape.virtual_of(page);
    match event {
        Event::Hit => format!(
            "The TLB holds page {page}, so the CPU reads no table: it keeps the way from \
             {address:#x} to the last frame, whatever lay between."
        ),
        Event::Miss => miss(told),
        Event::Reference(row, col) => reference(told, row, col),
        Event::Cached(row, _, to) => {
            let name = row_name(shape, technique, row);
            match to < shape.host_levels {
                true => format!(
                    "The CPU skips to {} in row {name}, because a cache holds where that table of \
                     the host lies.",
                    host_name(shape, to)
                ),
                false => format!(
                    "The CPU skips to the entry of {name}, because a cache holds where that table \
                     lies."
                ),
            }
        }
        Event::Exit(why) => exit(told, why),
        Event::Hypercall(why) => {
            let what = match why {
                Why::Cr3 => "load CR3 for it",
                _ if line.does == Does::Map => "write the entry of this page",
                _ => "clear the entry of this page and drop it from the TLB",
            };
            format!(
                "The guest asks the hypervisor by a hypercall to {what}, because its own tables \
                 are read-only to it and hold real frames."
            )
        }
        Event::Again => format!(
            "The hypervisor resumes the guest, and the CPU walks again for {address:#x}, because \
             the access was not finished."
        ),
        Event::GuestFault => format!(
            "The guest's own kernel handles a page fault for page {page}, because its tables do \
             not map it; the walk took {}.",
            count(n_refs, "references")
        ),
        Event::Data(physical) => format!(
            "The access reaches memory at {:#x} after {} to tables.",
            physical + (address & 0xfff),
            count(n_refs, "references")
        ),
        Event::Told => change(line),
    }
}

fn miss(told: Told) -> String {
    let Told { shape, technique, line, .. } = told;
    let address = shape.virtual_of(line.page);
    let (guest, host) = (shape.guest_levels, shape.host_levels);
    let so = match technique {
        Technique::Native => format!("the CPU walks {guest} levels"),
        Technique::Nested => format!(
            "the CPU walks {guest} levels of the guest, each at an address that takes {host} \
             levels of the host"
        ),
        Technique::Shadow => format!("the CPU walks the {guest} levels of the shadow table"),
        Technique::Paravirtual => {
            format!("the CPU walks {guest} levels of the guest, which hold real frames")
        }
    };
    format!(
        "The guest reads {address:#x}, page {}, which the TLB does not hold, so {so}.",
        line.page
    )
}

fn reference(told: Told, row: u32, col: u32) -> String {
    let Told { shape, technique, line, n_refs_walk: n_refs, mapped, mended, .. } = told;
    let address = shape.guest_physical(line.page, row);
    let name = row_name(shape, technique, row);
    if col < shape.host_levels {
        let index = shape.host_index(address, col);
        let what = match row < shape.guest_levels {
            true => format!("the entry of {name} lies there"),
            false => "the page lies there".to_owned(),
        };
        let absent = row == shape.guest_levels && col + 1 == shape.host_levels && !mended;
        let what = if absent { format!("{what}, and finds it not present") } else { what };
        return format!(
            "The CPU reads entry {index} of {} for guest-physical {address:#x}, because {what} \
             (reference {n_refs}).",
            host_name(shape, col)
        );
    }
    let index = shape.guest_index(line.page, row);
    let last = row + 1 == shape.guest_levels;
    let missing = last && (!mapped || technique == Technique::Shadow && !mended);
    let leads = match (technique, last) {
        _ if missing => "which is not present".to_owned(),
        (Technique::Nested, true) => {
            format!("which leads to guest frame {:#x}", guest_frame(line.page))
        }
        (Technique::Nested, false) => {
            format!("which leads to guest frame {:#x}", shape.table_frame(line.page, row + 1))
        }
        (_, true) => "which leads to the page".to_owned(),
        (_, false) => "which leads to the next table".to_owned(),
    };
    match technique {
        Technique::Nested => format!(
            "The CPU reads entry {index} of {name} at host-physical {:#x}, {leads} (reference \
             {n_refs}).",
            host_physical(address)
        ),
        _ => format!("The CPU reads entry {index} of {name}, {leads} (reference {n_refs})."),
    }
}

fn exit(told: Told, why: Why) -> String {
    let page = told.line.page;
    let because = match why {
        Why::Backing => format!(
            "no host frame stands behind guest frame {:#x}: an EPT violation; the hypervisor gives \
             one",
            guest_frame(page)
        ),
        Why::Fill => format!(
            "the shadow table lacks page {page}; the hypervisor reads the guest's tables and fills \
             it in"
        ),
        Why::Reflect if told.technique == Technique::Shadow => {
            "page faults go to the hypervisor first; the guest's tables do not map the page \
             either, so it hands the fault on"
                .to_owned()
        }
        Why::Reflect => "page faults go to the hypervisor first; it hands this one on".to_owned(),
        Why::Write => {
            "the guest writes an entry of its tables, which are write-protected so that the shadow \
             stays true"
                .to_owned()
        }
        Why::Invlpg => "the guest runs INVLPG, and the shadow must forget the page".to_owned(),
        Why::Cr3 => "the guest loads CR3, and another shadow table must be put in place".to_owned(),
    };
    format!("The CPU leaves the guest for the hypervisor, because {because}.")
}

fn change(line: Line) -> String {
    let page = line.page;
    let what = match line.does {
        Does::Map => format!("writes the entry of page {page}"),
        Does::Unmap => format!("clears the entry of page {page} and runs INVLPG"),
        Does::Switch | Does::Read => "loads CR3, which empties the TLB".to_owned(),
    };
    format!("The kernel {what}; no hypervisor has to know, because these tables are its own.")
}
