//! What is said of each step.

use super::Scenario;
use super::agent::Job;
use crate::amounts::are;
use crate::memory::words::count;

fn pages(n: u64) -> String {
    count(n, "pages")
}

fn number(page: Option<u16>) -> String {
    page.map_or_else(|| "no page".to_owned(), |it| format!("page {it}"))
}

pub(super) fn name(who: u16, kswapd: u16) -> String {
    if who == kswapd { "Thread kswapd".to_owned() } else { format!("CPU {who}") }
}

pub(super) fn start(scenario: &Scenario) -> String {
    format!(
        "All {} are free in the buddy lists, and {}, because nobody has asked yet.",
        pages(scenario.memory_pages),
        match (scenario.per_cpu_lists, scenario.n_cpus) {
            (false, _) => "no CPU has a list of its own".to_owned(),
            (true, 1) => "the list of the CPU is empty".to_owned(),
            (true, n) => format!("the lists of the {n} CPUs are empty"),
        }
    )
}

pub(super) fn fast(who: u16, page: Option<u16>, n_left: usize) -> String {
    format!(
        "CPU {who} takes {} from its own list, without the lock, because no other CPU takes pages \
         there; {} {} left.",
        number(page),
        n_left,
        are(n_left as u64),
    )
}

pub(super) fn refill(who: u16, n: u64, page: Option<u16>) -> String {
    if n == 1 {
        return format!(
            "CPU {who} takes the lock and gets {} from the buddy lists, because it has none of its \
             own.",
            number(page)
        );
    }
    format!(
        "CPU {who} takes the lock, because its list is empty, and fetches {} at once; it uses {}.",
        pages(n),
        number(page),
    )
}

pub(super) fn too_late(who: u16) -> String {
    format!("CPU {who} finds the buddy lists empty, because others took the last pages before it.")
}

pub(super) fn waits(who: &str, job: Job, ns: u64, owner: &str) -> String {
    let why = match job {
        Job::Refill => "has no page in its list",
        Job::Drain => "has to give pages back",
        Job::Return => "brings reclaimed pages",
        Job::DrainAll => "wants the pages of all lists back",
    };
    let before = if owner == who { "itself".to_owned() } else { owner.replace("Thread ", "") };
    format!(
        "{who} {why} and stands in line for the lock for {ns} ns, because {before} is before it."
    )
}

pub(super) fn freed(who: u16, page: Option<u16>, n: u64) -> String {
    format!(
        "CPU {who} puts {} to the front of its own list, without the lock, because it is likely \
         still in its cache; the list has {}.",
        number(page),
        pages(n),
    )
}

pub(super) fn drain(who: u16, n: usize, has_lists: bool, most: u64) -> String {
    let given = pages(n as u64);
    if has_lists {
        return format!(
            "CPU {who} takes the lock and gives {given} back to the buddy lists, because its list \
             would have more than {most}."
        );
    }
    format!(
        "CPU {who} takes the lock and gives {given} back to the buddy lists, because it has no list \
         of its own."
    )
}

pub(super) fn wake(free: u64, low: u64) -> String {
    format!(
        "Thread kswapd wakes up, because {} {} free, fewer than the low mark of {low}.",
        pages(free),
        are(free)
    )
}

pub(super) fn sleep(free: u64, high: u64) -> String {
    if free < high {
        return "Thread kswapd sleeps, because no cached page is left to reclaim.".to_owned();
    }
    format!("Thread kswapd sleeps, because {free} pages are free, and the high mark is {high}.")
}

pub(super) fn looks(n_found: usize, free: u64, high: u64) -> String {
    format!(
        "Thread kswapd goes through the inactive list and finds {} to reclaim, because {free} {} \
         free and the high mark is {high}.",
        pages(n_found as u64),
        are(free),
    )
}

pub(super) fn direct(who: u16, free: u64, min: u64, n_found: usize, ns: u64) -> String {
    let why = if free < min {
        format!("{} {} free, fewer than the min mark of {min}", pages(free), are(free))
    } else {
        "no page is free".to_owned()
    };
    format!(
        "CPU {who} must reclaim by itself before it gets a page, because {why}: it finds {} in {ns} \
         ns.",
        pages(n_found as u64),
    )
}

pub(super) fn wait_for_reclaim(who: u16, free: u64) -> String {
    format!(
        "CPU {who} waits, because {free} {} free and others are just reclaiming the last cached \
         pages.",
        are(free)
    )
}

pub(super) fn drain_all(who: u16, n: usize, free: u64) -> String {
    format!(
        "CPU {who} takes back {} from the lists of all CPUs, because nothing can be reclaimed: {free} \
         {} free now. For this each list has a lock of its own.",
        pages(n as u64),
        are(free)
    )
}

pub(super) fn failed(who: u16, free: u64) -> String {
    if free == 0 {
        return format!(
            "CPU {who} gets no page, because none is free and nothing can be reclaimed: a kernel \
             would now kill a process."
        );
    }
    format!(
        "CPU {who} gets no page, because {free} {} free, which are kept for emergencies, and \
         nothing can be reclaimed: a kernel would now kill a process.",
        are(free)
    )
}

pub(super) fn returned(who: &str, n: usize, free: u64) -> String {
    format!(
        "{who} brings {} to the buddy lists under the lock, because their contents are no longer \
         needed: {free} {} free now.",
        pages(n as u64),
        are(free)
    )
}
