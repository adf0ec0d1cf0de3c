//! The sentences of the single-CPU kernel. The policy adds the reasons.

use super::jobs::{JobIdx, ticks};
use super::kernel_policy::{Moment, Policy, View};

/// Jobs come back from I/O.
pub(crate) fn wake(policy: &dyn Policy, view: &View<'_>, jobs: &[JobIdx]) -> String {
    match jobs {
        [job] => {
            let (name, place) = (view.name(*job), policy.place(*job));
            format!("{name} has finished its I/O and joins {place}.")
        }
        many => {
            let (names, place) = (names(view, many), places(policy, many));
            format!("{names} have finished their I/O and join {place}, the earlier arrival first.")
        }
    }
}

/// Jobs arrive.
pub(crate) fn arrive(policy: &dyn Policy, view: &View<'_>, jobs: &[JobIdx]) -> String {
    match jobs {
        [job] => {
            let (name, place) = (view.name(*job), policy.place(*job));
            let burst = ticks(view.live(*job).left_ticks);
            format!("{name} arrives with a burst of {burst} and joins {place}.")
        }
        many => {
            let (names, place) = (names(view, many), places(policy, many));
            format!("{names} arrive together and join {place} in the order of their rows.")
        }
    }
}

/// The slice is over and the job stays.
pub(crate) fn keep(policy: &dyn Policy, view: &View<'_>, job: JobIdx) -> String {
    let why = policy.why(Moment::Keep, job, view);
    format!("{} keeps the CPU, because {why}.", view.name(job))
}

/// The slice is over and the job goes.
pub(crate) fn expire(policy: &dyn Policy, view: &View<'_>, job: JobIdx) -> String {
    let (why, place) = (policy.why(Moment::Expire, job, view), policy.place(job));
    format!("{} leaves the CPU and joins {place}, because {why}.", view.name(job))
}

/// Another job takes the CPU.
pub(crate) fn preempt(policy: &dyn Policy, view: &View<'_>, job: JobIdx, why: &str) -> String {
    let (name, place) = (view.name(job), policy.place(job));
    format!("{name} is pre-empted and joins {place}, because {why}.")
}

/// The burst is over and I/O begins.
pub(crate) fn block(policy: &dyn Policy, view: &View<'_>, job: JobIdx) -> String {
    let (name, wake) = (view.name(job), view.live(job).wake);
    let io = ticks(wake - view.now);
    let aside = policy.aside(job).map(|aside| format!("; {aside}")).unwrap_or_default();
    format!("{name} leaves the CPU for {io} of I/O until {wake}, because its burst is over{aside}.")
}

/// The job has ended.
pub(crate) fn finish(_: &dyn Policy, view: &View<'_>, job: JobIdx) -> String {
    let live = view.live(job);
    let all = view.now - view.job(job).arrival_ticks;
    let waited = live.waiting_ticks(view.job(job), view.now);
    let ran = live.cpu_ticks;
    let io = match live.io_ticks {
        0 => String::new(),
        io => format!(", did I/O for {io}"),
    };
    let name = view.name(job);
    format!(
        "{name} finishes, {} after its arrival: it ran for {ran}{io} and waited for {waited}.",
        ticks(all)
    )
}

/// The timer fired.
pub(crate) fn timer(policy: &dyn Policy, view: &View<'_>) -> String {
    format!("{}.", policy.why(Moment::Timer, 0, view))
}

/// A switch is over.
pub(crate) fn run(view: &View<'_>, job: JobIdx) -> String {
    format!("{} runs now, because the switch to it is over.", view.name(job))
}

/// A job was chosen.
pub(crate) fn dispatch(
    policy: &dyn Policy,
    view: &View<'_>,
    job: JobIdx,
    slice: Option<u64>,
    cost_ticks: u64,
) -> String {
    let (name, why) = (view.name(job), policy.why(Moment::Dispatch, job, view));
    let left = view.live(job).left_ticks;
    let at_most = match slice {
        Some(slice) if slice < left => format!(" for at most {}", ticks(slice)),
        _ => String::new(),
    };
    match cost_ticks {
        0 => format!("{name} runs{at_most}, because {why}."),
        cost => format!("{name} is chosen, because {why}; the switch takes {}.", ticks(cost)),
    }
}

/// No job is ready.
pub(crate) fn idle(until: u64) -> String {
    format!("The CPU is idle until {until}, because no job is ready.")
}

/// `P1, P2 and P3`; of many, the first few and their number.
fn names(view: &View<'_>, jobs: &[JobIdx]) -> String {
    const NAMED_MAX: usize = 8;
    if NAMED_MAX < jobs.len() {
        let first: Vec<&str> = jobs[..3].iter().map(|&job| view.name(job)).collect();
        return format!("{} and {} more", first.join(", "), jobs.len() - 3);
    }
    let all: Vec<&str> = jobs.iter().map(|&job| view.name(job)).collect();
    match all.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => all.join(""),
    }
}

fn places(policy: &dyn Policy, jobs: &[JobIdx]) -> String {
    let mut all = jobs.iter().map(|&job| policy.place(job));
    match all.next() {
        Some(first) if all.all(|it| it == first) => first,
        _ => "the ready jobs".to_owned(),
    }
}
