//! Pages in sentences.

use super::policy::Resident;
use super::workload::{PageIdx, Workload};

/// More pages than this are counted in a sentence instead of named.
const NAMED_MAX: usize = 8;

/// `p1, p2 and p3`; of many, only how many: `12 pages`.
pub(crate) fn pages(workload: &Workload, pages: &[PageIdx]) -> String {
    let names: Vec<String> = pages.iter().map(|&it| workload.name(it)).collect();
    match names.as_slice() {
        names if NAMED_MAX < names.len() => format!("{} pages", names.len()),
        [] => "no page".to_owned(),
        [one] => one.clone(),
        [start @ .., last] => format!("{} and {last}", start.join(", ")),
    }
}

/// The pages of these frames.
pub(crate) fn residents(workload: &Workload, frames: &[Resident]) -> String {
    let all: Vec<PageIdx> = frames.iter().map(|it| it.page).collect();
    pages(workload, &all)
}
