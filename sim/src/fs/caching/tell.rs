//! Every step in a sentence.

use super::cache::Plan;
use super::run::{Question, State};
use crate::words::{count, grouped, join};

/// A time in the unit that suits it: `80 µs`, `1.5 ms`, `30 s`.
pub(super) fn time(us: u64) -> String {
    let (value, unit) = match us {
        0..1_000 => (us as f64, "µs"),
        1_000..1_000_000 => (us as f64 / 1e3, "ms"),
        _ => (us as f64 / 1e6, "s"),
    };
    format!("{} {unit}", crate::scene::number(value, 3))
}

fn page(plan: &Plan, (file, page): (usize, usize)) -> String {
    format!("page {page} of {}", plan.files[file])
}

fn pages(n: usize) -> String {
    count(n as u64, "pages")
}

fn dirty(n: usize) -> String {
    if n == 1 { "1 dirty page".to_owned() } else { format!("{n} dirty pages") }
}

pub(super) fn start(plan: &Plan) -> String {
    let frames = grouped(plan.n_frames as u64);
    let (low, high) = (pages(plan.background), plan.limit);
    format!(
        "The cache is empty and may hold {frames} pages; the flusher begins above {low} that are \
         dirty, and writers wait above {high}."
    )
}

pub(super) fn read(plan: &Plan, place: (usize, usize), tag: &str, n_ahead: u64, us: u64) -> String {
    let (what, us) = (page(plan, place), time(us));
    let ahead = match n_ahead {
        0 => String::new(),
        n => format!(
            "; the kernel asks for {} ahead, because the file is read in order",
            count(n, "pages")
        ),
    };
    match tag {
        "hit" => format!("The program reads {what} in {us}, because it is in memory{ahead}."),
        "wait" => {
            format!("The program reads {what} in {us}: it was on its way already{ahead}.")
        }
        _ => {
            format!("The program reads {what} in {us}, because the device has to bring it{ahead}.")
        }
    }
}

pub(super) fn write(plan: &Plan, place: (usize, usize), again: bool, n_dirty: usize) -> String {
    let what = page(plan, place);
    if again {
        return format!(
            "The program writes {what}, which was dirty already: both writes will be one for the \
             device."
        );
    }
    let dirty = dirty(n_dirty);
    format!("The program writes {what} and goes on: a copy in memory is enough, now {dirty}.")
}

pub(super) fn background(n: usize, threshold: usize) -> String {
    let n = pages(n);
    format!(
        "The flusher gives {n} to the device, because more than {threshold} are dirty; nobody \
         waits for it."
    )
}

pub(super) fn throttled(n_dirty: usize, limit: usize, us: u64) -> String {
    let us = time(us);
    format!(
        "The writer must wait {us}, because {n_dirty} pages are dirty and {limit} is the limit: \
         it cannot be faster than the device."
    )
}

pub(super) fn wakes(n_due: usize, n_dirty: usize, age: u64) -> String {
    let (dirty, age) = (dirty(n_dirty), time(age));
    match n_due {
        0 => format!(
            "The flusher wakes up, finds {dirty}, the oldest for {age}, and lets them be, because \
             they are not old enough."
        ),
        _ => format!(
            "The flusher wakes up and gives {} to the device, because the oldest has been dirty \
             for {age}.",
            pages(n_due)
        ),
    }
}

pub(super) fn synced(plan: &Plan, file: Option<usize>, n: usize, us: u64) -> String {
    let (go, us) = (if n == 1 { "goes" } else { "go" }, time(us));
    let n = pages(n);
    let what = match file {
        Some(at) => format!("calls fsync on {}", plan.files[at]),
        None => "calls sync".to_owned(),
    };
    format!(
        "The program {what} and waits {us}: {n} {go} to the device, and the device empties its \
         own cache."
    )
}

pub(super) fn direct_read(plan: &Plan, place: (usize, usize), us: u64) -> String {
    let (what, us) = (page(plan, place), time(us));
    format!("The program reads {what} with O_DIRECT in {us}: past the cache, and nothing is kept.")
}

pub(super) fn direct_write(plan: &Plan, place: (usize, usize), us: u64) -> String {
    let (what, us) = (page(plan, place), time(us));
    format!(
        "The program writes {what} with O_DIRECT in {us}: the device has it, perhaps in its own \
         cache only."
    )
}

pub(super) fn slept(ms: u64, n_dirty: usize) -> String {
    let (long, dirty) = (time(ms * 1_000), dirty(n_dirty));
    let are = if n_dirty == 1 { "is" } else { "are" };
    format!("The program has slept for {long}, and there {are} {dirty} now.")
}

pub(super) fn dropped(n: usize, n_dirty: usize) -> String {
    let (n, dirty) = (pages(n), dirty(n_dirty));
    format!("The kernel gives {n} of memory back, clean ones only, and keeps {dirty}.")
}

pub(super) fn end(plan: &Plan, state: &State) -> String {
    let mut lost = Vec::new();
    for (file, name) in plan.files.iter().enumerate() {
        let (_, power) = state.at_risk(file);
        if 0 < power {
            lost.push(format!("{} of {name}", pages(power)));
        }
    }
    match lost.is_empty() {
        true => "The script ends, and a power cut now would lose nothing.".to_owned(),
        false => {
            let lost = join(&lost, "and");
            format!("The script ends, and a power cut now would lose the newest content of {lost}.")
        }
    }
}

// Questions.

pub(super) fn ask_read(answer: usize) -> Question {
    let all = ["Memory", "The device", "It is on its way already"];
    ("Where does the page come from?", all.map(str::to_owned).to_vec(), answer)
}

pub(super) fn ask_flusher(writes: bool) -> Question {
    let all = ["It writes some pages", "It lets all of them be"];
    ("What does the flusher do?", all.map(str::to_owned).to_vec(), usize::from(!writes))
}
