//! What happens in a thread model, in sentences that say why.

use super::thread_models::{Model, Wait};
use super::thread_models_world::{Place, State, World};
use crate::engine::Shot;
use crate::words::{count, list};

/// Where a thread goes after its wait.
#[derive(Debug, Clone, Copy)]
pub(super) enum Back {
    /// On, at once, on the core that has waited with it.
    Waited(usize),
    /// Onto a core that has nothing to do.
    Free(usize),
    /// Into the common queue, and its kernel thread sleeps.
    Global,
    /// Into the queue.
    Ready,
}

fn name<'a>(world: &World<'a>, thread: usize) -> &'a str {
    &world.row(thread).name
}

fn ready(world: &World<'_>) -> Vec<String> {
    let is_ready = |it: &usize| matches!(world.state.places[*it], Place::Ready(_));
    (0..world.state.places.len()).filter(is_ready).map(|it| name(world, it).to_owned()).collect()
}

/// What schedules the threads of the program.
const fn scheduler(model: Model) -> &'static str {
    match model {
        Model::OneToOne => "kernel",
        Model::ManyToOne => "library",
        Model::ManyToMany => "runtime",
    }
}

pub(super) fn start(world: &World<'_>) -> String {
    let n = count(world.state.places.len() as u64, "threads");
    let cores = count(world.scenario.cores as u64, "cores");
    match (world.scenario.model, world.scenario.spread) {
        (Model::OneToOne, _) => format!(
            "The kernel knows all {n} of the program and shares {cores} among them, because each \
             has a kernel thread of its own."
        ),
        (Model::ManyToOne, _) => format!(
            "The library keeps {n} on one kernel thread, so the kernel sees a single thread and \
             gives it one core at most."
        ),
        (Model::ManyToMany, true) => format!(
            "The runtime puts {n} on {}, one for each core, and has spread them over the queues.",
            count(world.state.n_kernel as u64, "kernel threads")
        ),
        (Model::ManyToMany, false) => format!(
            "The runtime puts {n} on {}, one for each core; all of them wait in the queue of P1, \
             because whoever ran there has started them.",
            count(world.state.n_kernel as u64, "kernel threads")
        ),
    }
}

pub(super) fn run(
    world: &World<'_>,
    (thread, seat): (usize, usize),
    queue: usize,
    switch_ticks: u64,
) -> String {
    let (who, core) = (name(world, thread), seat + 1);
    let why = match world.scenario.model {
        Model::OneToOne => "it is first in the kernel's queue".to_owned(),
        Model::ManyToOne => "it is first in the library's queue".to_owned(),
        Model::ManyToMany if queue == 0 => {
            format!("it is first in the common queue and P{core}'s own is empty")
        }
        Model::ManyToMany => format!("it is first in P{core}'s queue"),
    };
    let cost = match switch_ticks {
        0 => String::new(),
        ticks => format!(", after a switch of {}", count(ticks, "ticks")),
    };
    format!("{who} gets core {core}, because {why}{cost}.")
}

pub(super) fn finish(world: &World<'_>, thread: usize) -> String {
    let all: u64 = world.row(thread).bursts.iter().step_by(2).sum();
    format!("{} ends, because its work of {} is done.", name(world, thread), count(all, "ticks"))
}

pub(super) fn park(world: &World<'_>, thread: usize, until: u64) -> String {
    format!(
        "{} waits for an event until {until}: the {} parks it, and the kernel thread is free, \
         because nothing of this reached the kernel as a blocking call.",
        name(world, thread),
        scheduler(world.scenario.model)
    )
}

pub(super) fn block(world: &World<'_>, thread: usize, seat: usize, until: u64) -> String {
    let who = name(world, thread);
    let kernel = world.state.kernel_of[thread].map_or(0, |it| it + 1);
    let core = seat + 1;
    let what = match world.row(thread).wait {
        Wait::Call => "makes a blocking call",
        Wait::Event => "waits for an event",
    };
    let others = ready(world);
    match world.scenario.model {
        Model::OneToOne => format!(
            "{who} {what} until {until}: only its own kernel thread K{kernel} sleeps, so core \
             {core} is free for another."
        ),
        Model::ManyToOne if others.is_empty() => {
            format!("{who} {what} until {until}, and the one kernel thread sleeps with it.")
        }
        Model::ManyToOne => format!(
            "{who} {what} until {until}, and the one kernel thread sleeps with it: {} could run, \
             but the kernel does not know of {}.",
            list(&others),
            if others.len() == 1 { "it" } else { "them" }
        ),
        Model::ManyToMany if world.scenario.hand_over => format!(
            "{who} {what} until {until}: K{kernel} sleeps in the kernel, and P{core} is marked as \
             in a call until the runtime notices."
        ),
        Model::ManyToMany => format!(
            "{who} {what} until {until}: K{kernel} sleeps in the kernel, and P{core} with its queue \
             waits with it, because nothing is handed over."
        ),
    }
}

pub(super) fn hand_off(
    world: &World<'_>,
    (thread, since): (usize, u64),
    seat: usize,
    (kernel, pooled): (usize, bool),
) -> String {
    let from = world.state.kernel_of[thread].map_or(0, |it| it + 1);
    let which = if pooled { "from the pool" } else { "a new one" };
    format!(
        "The runtime takes P{} from K{from} and gives it to K{}, {which}, because {} has been in \
         its call for {} and others could run.",
        seat + 1,
        kernel + 1,
        name(world, thread),
        count(world.now - since, "ticks")
    )
}

pub(super) fn back(world: &World<'_>, thread: usize, back: Back) -> String {
    let who = name(world, thread);
    match back {
        Back::Waited(seat) => format!(
            "{who} goes on at once on core {}, because its kernel thread has kept the core.",
            seat + 1
        ),
        Back::Free(seat) => format!(
            "{who} comes back from its call and takes P{}, because that has nothing to do.",
            seat + 1
        ),
        Back::Global => format!(
            "{who} comes back from its call and goes into the common queue, because no P is free; \
             its kernel thread sleeps in the pool."
        ),
        Back::Ready => format!(
            "{who} is ready again, because its wait is over, and stands at the end of the {}'s \
             queue.",
            scheduler(world.scenario.model)
        ),
    }
}

pub(super) fn preempt(world: &World<'_>, thread: usize, seat: usize) -> String {
    let whose = match world.scenario.model {
        Model::ManyToMany => "common",
        Model::OneToOne | Model::ManyToOne => "kernel's",
    };
    format!(
        "{} loses core {} after {}, because others are ready, and goes to the end of the {whose} \
         queue.",
        name(world, thread),
        seat + 1,
        count(world.scenario.quantum_ticks, "ticks")
    )
}

pub(super) fn steal(
    world: &World<'_>,
    seat: usize,
    (victim, n_before): (usize, usize),
    stolen: &[usize],
) -> String {
    let names: Vec<&str> = stolen.iter().map(|&it| name(world, it)).collect();
    format!(
        "P{} steals {} from P{victim}, because its own queue is empty and that one holds {}: half of \
         them, from the front.",
        seat + 1,
        list(&names),
        count(n_before as u64, "threads")
    )
}

pub(super) fn end(world: &World<'_>) -> String {
    let all = world.now * world.scenario.cores as u64;
    format!(
        "All threads have ended after {}: the cores have worked for {} of {}.",
        count(world.now, "ticks"),
        world.state.worked_ticks,
        count(all, "ticks")
    )
}

/// What a blocking call means for the others.
pub(super) fn ask_block(world: &World<'_>, shot: Shot<State>) -> Shot<State> {
    if ready(world).is_empty() {
        return shot;
    }
    let options =
        ["one of them gets the core now", "the core waits at first", "the core waits to the end"];
    let answer = match world.scenario.model {
        Model::OneToOne => 0,
        Model::ManyToOne => 2,
        Model::ManyToMany if world.scenario.hand_over => {
            usize::from(0 < world.scenario.notice_ticks)
        }
        Model::ManyToMany => 2,
    };
    let options = options.iter().map(ToString::to_string).collect();
    shot.ask("A thread makes a blocking call and others are ready. What follows?", options, answer)
}

/// Who of a queue comes next.
pub(super) fn ask_pick(world: &World<'_>, shot: Shot<State>, queue: &[usize]) -> Shot<State> {
    let mut sorted = queue.to_vec();
    sorted.sort_unstable();
    let answer = sorted.iter().position(|it| Some(it) == queue.first()).unwrap_or_default();
    let options = sorted.iter().map(|&it| name(world, it).to_owned()).collect();
    shot.ask("Who runs next?", options, answer)
}
