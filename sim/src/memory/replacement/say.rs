//! The sentences of the replacement kernel. The policy adds the reasons.

use super::policy::{FrameIdx, Resident, View};
use super::words::residents;
use crate::memory::words::count;

/// `; …` if there is something to add.
fn added(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("; {text}") }
}

/// What a write does to a page that came in.
fn written(name: &str, write: bool) -> String {
    if write { format!("; the write makes {name} dirty") } else { String::new() }
}

/// The page is in memory.
pub(crate) fn hit(view: &View<'_>, frame: FrameIdx, write: bool, after: &str) -> String {
    let name = view.workload.name(view.page);
    let does = if write { "is written to" } else { "is used" };
    format!("Page {name} {does} in frame {frame}, a hit{}.", added(after))
}

/// The page comes into a free frame.
pub(crate) fn load(view: &View<'_>, frame: FrameIdx, write: bool, after: &str) -> String {
    let name = view.workload.name(view.page);
    let (dirty, after) = (written(&name, write), added(after));
    format!(
        "Page {name} is not in memory and comes into frame {frame}, which is free{after}{dirty}."
    )
}

/// The page is not in memory and no frame is free.
pub(crate) fn fault(view: &View<'_>, frames: &[Resident]) -> String {
    let name = view.workload.name(view.page);
    match frames {
        [one] => {
            let other = view.workload.name(one.page);
            format!(
                "Page {name} is not in memory and the only frame is full, so {other} has to go."
            )
        }
        many => {
            let all = residents(view.workload, many);
            let n = count(many.len() as u64, "frames");
            format!("Page {name} is not in memory and all {n} are full, so one of {all} has to go.")
        }
    }
}

/// One page goes, the other takes its frame.
pub(crate) fn replace(
    view: &View<'_>,
    frame: FrameIdx,
    victim: &Resident,
    why: &str,
    after: &str,
) -> String {
    let (name, new) = (view.workload.name(victim.page), view.workload.name(view.page));
    let dirty = match victim.dirty {
        true => format!(" Page {name} is dirty, so it is written back first."),
        false => String::new(),
    };
    let after =
        format!("{}{}", added(after), written(&new, view.workload.reference(view.at).write));
    format!("Page {name} leaves frame {frame} to {new}, because {why}{after}.{dirty}")
}
