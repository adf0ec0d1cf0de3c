//! What each step of a disk scheduler says.

use super::kernel::{Move, Service, Sim, ms};
use super::policy::Policy;
use super::workload::{RequestIdx, Scenario, Tie, Way};
use crate::scene::number;
use crate::words::count;

/// A request and its place.
fn name(scenario: &Scenario, request: RequestIdx) -> String {
    let request = &scenario.requests[request];
    format!("{} at {}", request.name, request.cylinder)
}

fn edge(cylinder: u32) -> String {
    format!("the edge at {cylinder}")
}

/// A duration or a moment, in milliseconds.
pub(super) fn told_ms(us: u64) -> String {
    format!("{} ms", number(ms(us), 2))
}

/// Where the arm could go.
pub(super) fn options(sim: &Sim<'_>) -> Vec<String> {
    let mut options: Vec<String> = sim.waiting.iter().map(|&it| name(sim.scenario, it)).collect();
    if sim.policy.has_edges() {
        options.extend([Way::Down, Way::Up].map(|it| edge(sim.scenario.edge(it))));
    }
    options
}

/// Which of the options the arm took.
pub(super) fn answer(sim: &Sim<'_>, options: &[String], event: &Move) -> usize {
    let taken = match event.request {
        Some(request) => name(sim.scenario, request),
        None => edge(event.to),
    };
    options.iter().position(|it| *it == taken).unwrap_or(usize::MAX)
}

pub(super) fn start(sim: &Sim<'_>) -> String {
    let waits = match sim.waiting.len() {
        0 => "nothing waits yet".to_owned(),
        1 => "1 request waits".to_owned(),
        n => format!("{n} requests wait"),
    };
    let goes = match sim.policy.follows() {
        true => format!(" and is going {}", sim.way.word()),
        false => String::new(),
    };
    format!("The arm stands at cylinder {}{goes}; {waits}.", sim.head)
}

pub(super) fn arrive(
    sim: &Sim<'_>,
    request: RequestIdx,
    busy: Option<RequestIdx>,
    was_idle: bool,
) -> String {
    let name = name(sim.scenario, request);
    match busy {
        Some(other) => {
            let other = &sim.scenario.requests[other].name;
            format!("{name} comes in and waits, because the arm is busy with {other}.")
        }
        None if was_idle && sim.waiting.len() == 1 => {
            format!("{name} comes in and finds the disk idle.")
        }
        None if was_idle => format!("{name} comes in at the same moment."),
        None => format!("{name} comes in and waits, because a movement is not broken off."),
    }
}

/// How far and where to.
fn crossed(event: &Move) -> String {
    let n = u64::from(event.from.abs_diff(event.to));
    let way = if event.from < event.to { "up" } else { "down" };
    format!("{} {way} from {}", count(n, "cylinders"), event.from)
}

/// Below or above a cylinder.
fn beyond(way: Way, cylinder: u32) -> String {
    match way {
        Way::Down => format!("below {cylinder}"),
        Way::Up => format!("above {cylinder}"),
    }
}

pub(super) fn moves(sim: &Sim<'_>, event: &Move) -> String {
    let policy = sim.policy.name();
    match (event.request, event.is_return) {
        (None, false) => format!(
            "The arm goes on to {}, {}, because {policy} turns back only there, although no request waits on the \
             way.",
            edge(event.to),
            crossed(event)
        ),
        (None, true) => format!(
            "The arm runs back to {}, {}{}, because {policy} serves on the way {} only.",
            edge(event.to),
            crossed(event),
            uncounted(sim),
            sim.way.word()
        ),
        (Some(request), true) => format!(
            "The arm jumps back to {}, {}{}, because nothing waits {} and {policy} serves on the way {} only.",
            name(sim.scenario, request),
            crossed(event),
            uncounted(sim),
            beyond(sim.way, event.from),
            sim.way.word()
        ),
        (Some(request), false) => {
            let why = why(sim, request, event);
            let name = name(sim.scenario, request);
            match event.from == event.to {
                true => format!("The arm stays for {name}, because {why}."),
                false => format!("The arm moves to {name}, {}, because {why}.", crossed(event)),
            }
        }
    }
}

fn uncounted(sim: &Sim<'_>) -> &'static str {
    if sim.scenario.count_return { "" } else { " that do not count here" }
}

/// Why this request is next.
fn why(sim: &Sim<'_>, request: RequestIdx, event: &Move) -> String {
    // The request itself does not wait any more.
    let others = &sim.waiting;
    if others.is_empty() && !event.turned {
        return "no other request waits".to_owned();
    }
    let cylinder = |it: RequestIdx| sim.scenario.requests[it].cylinder;
    match sim.policy {
        Policy::Fcfs => "of all that wait it came first".to_owned(),
        Policy::Sstf => {
            let own = event.from.abs_diff(event.to);
            let equal = |&&it: &&RequestIdx| cylinder(it).abs_diff(event.from) == own;
            match others.iter().find(equal) {
                None => "no other request is as near".to_owned(),
                Some(&other) if cylinder(other) == event.to => {
                    format!("it is the nearest and came before {}", name(sim.scenario, other))
                }
                Some(&other) => format!(
                    "of two that are equally near, it and {}, {} goes first here",
                    name(sim.scenario, other),
                    match sim.scenario.tie {
                        Tie::First => "the one that came first",
                        Tie::Lower => "the lower one",
                        Tie::Higher => "the higher one",
                    }
                ),
            }
        }
        Policy::Scan | Policy::CScan | Policy::Look | Policy::CLook => {
            let way = sim.way;
            match event.turned {
                true => {
                    let end = match event.from == sim.scenario.edge(way.back()) {
                        true => format!("{} is the edge", event.from),
                        false => format!("nothing waits {}", beyond(way.back(), event.from)),
                    };
                    format!(
                        "{end}, so the arm turns, and on the way {} this is the first",
                        way.word()
                    )
                }
                false => {
                    let is_same = others.iter().any(|&it| cylinder(it) == cylinder(request));
                    let before = if is_same { ", and came first there" } else { "" };
                    format!("it is the next on the way {}{before}", way.word())
                }
            }
        }
    }
}

pub(super) fn serve(sim: &Sim<'_>, service: &Service) -> String {
    let request = &sim.scenario.requests[service.request];
    let Service { start_us, transfer_us, end_us, .. } = *service;
    let transfer = told_ms(end_us - transfer_us);
    let waited = told_ms(start_us - request.arrival_us());
    let does = match transfer_us - start_us {
        0 => format!("is transferred in {transfer}"),
        rotation => {
            format!("waits {} for its sector and is transferred in {transfer}", told_ms(rotation))
        }
    };
    format!("{} {does}; before, it had waited {waited} for the arm.", request.name)
}

pub(super) fn end(sim: &Sim<'_>) -> String {
    let n = count(sim.tally.n_served.into(), "requests");
    let moved = count(sim.tally.moved, "cylinders");
    let least = match sim.scenario.least() {
        None => String::new(),
        Some(least) if u64::from(least) == sim.tally.moved => ", as few as in any order".to_owned(),
        Some(least) if u64::from(least) < sim.tally.moved => {
            format!("; the best order takes {least}")
        }
        Some(_) => String::new(),
    };
    format!("The disk has served {n}, and its arm has crossed {moved}{least}.")
}
