//! Sentences and questions.

use super::actor_plan::{Child, Setup, Strategy};
use super::actor_run::{Did, STEPS_MAX, World};
use crate::words::{count, grouped_count, list};

pub(super) const fn tag(did: Did) -> &'static str {
    match did {
        Did::Start => "start",
        Did::Sent { .. } => "sent",
        Did::Blocked { .. } => "blocked",
        Did::Refused { .. } => "refused",
        Did::Nobody { .. } => "nobody",
        Did::Take { .. } => "take",
        Did::Handled { .. } => "handled",
        Did::Crash { .. } => "crash",
        Did::Judge { .. } => "judge",
        Did::Stop { .. } => "stop",
        Did::Restart { .. } => "restart",
        Did::GaveUp { .. } => "gave_up",
        Did::Stuck => "stuck",
        Did::Cut | Did::Endless => "cut",
        Did::End => "end",
    }
}

/// A message by its client and number: `a1`.
pub(super) fn letter(setup: &Setup, at: usize) -> String {
    let it = &setup.letters[at];
    format!("{}{}", setup.clients[it.client], it.number)
}

pub(super) fn child(setup: &Setup, it: Child) -> &str {
    match it {
        Child::Actor(at) => &setup.actors[at].name,
        Child::Supervisor(at) => &setup.supervisors[at].name,
    }
}

fn sender(setup: &Setup, letter: usize, from: Option<usize>) -> String {
    match from {
        Some(actor) => format!("Actor {}", setup.actors[actor].name),
        None => format!("Client {}", setup.clients[setup.letters[letter].client]),
    }
}

fn and_lost(lost: usize) -> String {
    let is = if lost == 1 { "is" } else { "are" };
    match lost {
        0 => String::new(),
        n => format!(", and {} {is} lost with it", count(n as u64, "messages")),
    }
}

pub(super) fn say(setup: &Setup, before: &World, after: &World, did: Did) -> String {
    let name = |it: usize| setup.actors[it].name.as_str();
    let letter = |it: usize| letter(setup, it);
    match did {
        Did::Start => {
            let names: Vec<&str> =
                setup.supervisors[0].children.iter().map(|it| child(setup, *it)).collect();
            let order = if names.len() == 1 { "" } else { ", in this order" };
            format!("Supervisor {} has started {}{order}.", setup.supervisors[0].name, list(&names))
        }
        Did::Sent { letter: it, from, to, before: n } => {
            let place = match n {
                0 => "whose mailbox was empty".to_owned(),
                n => format!(
                    "where {} before it",
                    count(n as u64, "messages") + if n == 1 { " waits" } else { " wait" }
                ),
            };
            let handled = if from.is_some() { "has handled" } else { "sends" };
            let on = if from.is_some() { " and sends it on to " } else { " to " };
            format!(
                "{} {handled} {}{on}{}, {place}.",
                sender(setup, it, from),
                letter(it),
                name(to)
            )
        }
        Did::Blocked { letter: it, from, to } => format!(
            "{} waits with {} in its hand, because the mailbox of {} is full: it {} nothing new meanwhile.",
            sender(setup, it, from),
            letter(it),
            name(to),
            if from.is_some() { "takes" } else { "sends" }
        ),
        Did::Refused { letter: it, from, to } => format!(
            "{} is refused with {}, because the mailbox of {} is full.",
            sender(setup, it, from),
            letter(it),
            name(to)
        ),
        Did::Nobody { letter: it, to } => {
            format!(
                "Message {} is lost, because {} is gone and nobody starts it again.",
                letter(it),
                name(to)
            )
        }
        Did::Take { actor, message } => format!(
            "Actor {} takes {}, the oldest in its mailbox, and handles it until {}.",
            name(actor),
            letter(message.letter),
            count(after.now + setup.actors[actor].takes_ms, "ms")
        ),
        Did::Handled { actor, letter: it } => {
            let n = count(after.workers[actor].count, "messages");
            format!(
                "Actor {} has handled {}; its state is {n} now, and it may take the next one.",
                name(actor),
                letter(it)
            )
        }
        Did::Crash { actor, letter: it, count: n, lost } => format!(
            "Actor {} makes no sense of {} and dies: its state of {} is gone{}.",
            name(actor),
            letter(it),
            count(n, "messages"),
            and_lost(lost)
        ),
        Did::Judge { supervisor, gives_up } => judges(setup, before, after, supervisor, gives_up),
        Did::Stop { by, child: it, lost } => format!(
            "Supervisor {} stops {}{}.",
            setup.supervisors[by].name,
            child(setup, it),
            and_lost(lost)
        ),
        Did::Restart { by, child: it @ Child::Actor(at) } => {
            let mailbox = match after.workers[at].mailbox.len() {
                0 => "an empty mailbox".to_owned(),
                n => format!("{} left in its mailbox", count(n as u64, "messages")),
            };
            format!(
                "Supervisor {} starts {} anew, with a state of 0 and {mailbox}.",
                setup.supervisors[by].name,
                child(setup, it)
            )
        }
        Did::Restart { by, child: it } => format!(
            "Supervisor {} starts {} anew, which has counted no restart yet.",
            setup.supervisors[by].name,
            child(setup, it)
        ),
        Did::GaveUp { supervisor } => {
            let it = &setup.supervisors[supervisor];
            match it.parent {
                Some(up) => format!(
                    "Supervisor {} stops itself: now {} has a child that failed.",
                    it.name, setup.supervisors[up].name
                ),
                None => format!(
                    "Supervisor {} stops itself; nobody stands above it, so the program ends.",
                    it.name
                ),
            }
        }
        Did::Stuck => {
            "Nobody can go on: each waits for room in a mailbox that another does not empty."
                .to_owned()
        }
        Did::Endless => format!("The model stops here, after {STEPS_MAX} steps without an end."),
        Did::Cut => format!(
            "The model stops here, because it watches for {} only.",
            grouped_count(setup.until_ms, "ms")
        ),
        Did::End if !after.watches[0].up => "Everything is down, and stays so.".to_owned(),
        Did::End => format!(
            "All mailboxes are empty: {} done, {} lost, {} refused.",
            count(after.done.len() as u64, "messages"),
            after.lost.len(),
            after.refused.len()
        ),
    }
}

fn judges(setup: &Setup, before: &World, after: &World, at: usize, gives_up: bool) -> String {
    let it = &setup.supervisors[at];
    let (n, period) = (after.watches[at].restarts.len() as u64, count(it.period_ms, "ms"));
    if gives_up {
        return format!(
            "Supervisor {} gives up: this would be {} within {period}, and its intensity is {}.",
            it.name,
            count(n, "restarts"),
            it.intensity
        );
    }
    let failed = failed_child(setup, before, at).map_or("its child", |it| child(setup, it));
    let what = match it.strategy {
        Strategy::OneForOne => format!("{failed} alone, as one_for_one says"),
        Strategy::RestForOne => {
            format!("{failed} and those started after it, as rest_for_one says")
        }
        Strategy::OneForAll => "all its children, as one_for_all says".to_owned(),
    };
    format!(
        "Supervisor {} restarts {what}: {} of {} within {period}.",
        it.name,
        count(n, "restarts"),
        it.intensity
    )
}

/// Who of its children is down before it acts.
fn failed_child(setup: &Setup, before: &World, at: usize) -> Option<Child> {
    setup.supervisors[at].children.iter().copied().find(|it| !before.is_up(*it))
}

type Question = (String, Vec<String>, usize);

pub(super) fn ask(setup: &Setup, before: &World, did: Did) -> Option<Question> {
    match did {
        Did::Judge { supervisor, gives_up } => {
            let it = &setup.supervisors[supervisor];
            let failed = failed_child(setup, before, supervisor)?;
            let place = it.children.iter().position(|other| *other == failed)?;
            let names = |all: &[Child]| {
                list(&all.iter().map(|it| child(setup, *it)).collect::<Vec<&str>>())
            };
            let sets = [&it.children[place..=place], &it.children[place..], &it.children[..]];
            let mut options: Vec<String> = Vec::new();
            for set in sets {
                let told = names(set);
                if !options.contains(&told) {
                    options.push(told);
                }
            }
            let set = match it.strategy {
                Strategy::OneForOne => sets[0],
                Strategy::RestForOne => sets[1],
                Strategy::OneForAll => sets[2],
            };
            let right = names(set);
            options.push(format!("nobody: {} gives up", it.name));
            let answer = match gives_up {
                true => options.len() - 1,
                false => options.iter().position(|it| *it == right)?,
            };
            Some((format!("Whom does {} start anew?", it.name), options, answer))
        }
        Did::Take { actor, message } if 1 < before.workers[actor].mailbox.len() => {
            let waiting = &before.workers[actor].mailbox;
            let mut all: Vec<usize> = waiting.iter().map(|it| it.letter).collect();
            all.sort_unstable();
            all.dedup();
            let answer = all.iter().position(|it| *it == message.letter)?;
            let options = all.into_iter().map(|it| letter(setup, it)).collect();
            Some((
                format!("Which message does {} take next?", setup.actors[actor].name),
                options,
                answer,
            ))
        }
        _ => None,
    }
}
