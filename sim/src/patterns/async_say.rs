//! Sentences and questions.

use super::async_lang::{Function, Leaf, Program, bit};
use super::async_run::{Asked, Did, Frame, STEPS_MAX, Setup, World};
use crate::words::{count, grouped_count, list};

pub(super) const fn tag(did: &Did) -> &'static str {
    match did {
        Did::Start => "start",
        Did::Poll { .. } => "poll",
        Did::Got { .. } => "got",
        Did::Call { .. } => "call",
        Did::Returned { .. } => "returned",
        Did::Print { .. } => "print",
        Did::Store { .. } => "store",
        Did::Work { .. } => "work",
        Did::Pending { .. } => "pending",
        Did::Done { .. } => "done",
        Did::Panic => "panic",
        Did::Wake { .. } => "wake",
        Did::Turn => "turn",
        Did::Spins => "spins",
        Did::Stuck => "stuck",
        Did::Cut => "cut",
        Did::End => "end",
    }
}

/// `T1` and so on.
pub(super) fn who(task: usize) -> String {
    format!("T{}", task + 1)
}

fn all(tasks: &[usize]) -> String {
    list(&tasks.iter().map(|it| who(*it)).collect::<Vec<String>>())
}

fn inner(world: &World, task: usize) -> Option<&Frame> {
    world.tasks.get(task)?.frames.last()
}

/// What a call waits for, as it was written.
fn awaited<'a>(program: &'a Program, frame: &Frame) -> &'a str {
    let stops = &program.functions[frame.function].stops;
    frame.state.checked_sub(1).and_then(|it| stops.get(it)).map_or("", |it| it.text.as_str())
}

/// Names of slots in a sentence.
fn names(function: &Function, set: u64) -> String {
    match set {
        0 => "nothing but its state".to_owned(),
        _ => list(&function.names(set)),
    }
}

pub(super) fn say(
    program: &Program,
    setup: &Setup,
    before: &World,
    after: &World,
    did: &Did,
) -> String {
    let name = before.polled.map_or_else(String::new, who);
    let function = |it: usize| program.functions[it].name.as_str();
    match *did {
        Did::Start => {
            let tasks = after.unfinished();
            let what = if tasks.len() == 1 { "its machine stands" } else { "their machines stand" };
            format!("Main spawns {}: {what} in state 0, and nothing has run yet.", all(&tasks))
        }
        Did::Poll { task } => polls(program, setup, after, task),
        Did::Got { value, text: (function, stop), at_once } => {
            let text = &program.functions[function].stops[stop].text;
            match at_once {
                true => format!(
                    "{name} does not stop, because {text} is ready at once and gives {value}."
                ),
                false => format!("{name} goes on, because {text} is ready now and gives {value}."),
            }
        }
        Did::Call { function: it } if setup.keeps_stack => {
            format!("{name} calls {}, whose frame comes on top of its stack.", function(it))
        }
        Did::Call { function: it } => {
            format!(
                "{name} awaits {}: its machine lies inside of the caller's, and is polled at once.",
                function(it)
            )
        }
        Did::Returned { function: it, value } => {
            let outer = before
                .polled
                .and_then(|it| inner(after, it))
                .map_or("", |it| function(it.function));
            format!("{name} returns from {} with {value}, and goes on in {outer}.", function(it))
        }
        Did::Print { value } => format!("{name} prints {value}, and goes on."),
        Did::Store { shared, value } => {
            format!("{name} sets {} to {value}, which all tasks can see.", program.shared[shared].0)
        }
        Did::Work { ms } => {
            format!("{name} computes for {}, and nobody else is polled meanwhile.", count(ms, "ms"))
        }
        Did::Pending { asked } => pending(program, setup, after, before.polled.unwrap_or(0), asked),
        Did::Done { function: it } if setup.keeps_stack => {
            format!("{name} returns from {}, its last frame: its stack is free.", function(it))
        }
        Did::Done { function: it } => {
            format!(
                "{name} is ready: {} has reached its last state, and keeps nothing.",
                function(it)
            )
        }
        Did::Panic => format!("{name} divides by 0 and ends there; the other tasks go on."),
        Did::Wake { task, slept: 0 } => format!(
            "The waker of {} is called at {}, and puts it into the queue.",
            who(task),
            count(after.now, "ms")
        ),
        Did::Wake { task, slept } => format!(
            "The executor sleeps for {}, because nobody is ready; then the answer for {n} is there, and \
             the waker puts {n} into the queue.",
            count(slept, "ms"),
            n = who(task)
        ),
        Did::Turn => format!(
            "The executor asks everybody again at {}, because it cannot know who has got an answer.",
            count(after.now, "ms")
        ),
        Did::Spins => format!(
            "{name} loops without an await that waits: its poll never returns, and nobody else is polled."
        ),
        Did::Stuck => stuck(after),
        Did::Cut if setup.until_ms < u64::from(STEPS_MAX) || after.now > setup.until_ms => {
            format!(
                "The model stops here, because it watches for {} only.",
                grouped_count(setup.until_ms, "ms")
            )
        }
        Did::Cut => format!("The model stops here, after {STEPS_MAX} steps without an end."),
        Did::End => format!(
            "The executor ends, because no task is left; it took {}, {} of them for nothing.",
            count(after.n_polls, "polls"),
            after.n_empty
        ),
    }
}

fn polls(program: &Program, setup: &Setup, after: &World, task: usize) -> String {
    let Some(frame) = inner(after, task) else { return String::new() };
    let (name, function) = (who(task), &program.functions[frame.function].name);
    if frame.state == 0 {
        return format!(
            "The executor polls {name}, the first in the queue, and {function} begins."
        );
    }
    let text = awaited(program, frame);
    if setup.keeps_stack {
        return format!(
            "The executor switches to the stack of {name}, which goes on in {function}, right at {text}."
        );
    }
    let outer = &program.functions[after.tasks[task].frames[0].function].name;
    let way = match after.tasks[task].frames.len() {
        1 => function.clone(),
        _ => format!("{outer} passes it on to {function}, which"),
    };
    format!("The executor polls {name}: {way} jumps to state {}, and asks {text}.", frame.state)
}

fn pending(program: &Program, setup: &Setup, after: &World, task: usize, asked: Asked) -> String {
    let Some(frame) = inner(after, task) else { return String::new() };
    let function = &program.functions[frame.function];
    let name = who(task);
    let due = count(asked.due, "ms");
    let waker = match asked.leaf {
        _ if setup.in_turns => "it will be asked again in the next turn".to_owned(),
        Leaf::Yield => "its waker is called at once, so that others come first".to_owned(),
        Leaf::Forgetful => "it has left its waker with nobody".to_owned(),
        Leaf::Fetch | Leaf::Sleep | Leaf::Ready => {
            format!("it has left its waker with the kernel, which has the answer at {due}")
        }
    };
    match setup.keeps_stack {
        true => format!(
            "{name} stops in the middle of {}, and its whole stack stays as it is; {waker}.",
            function.name
        ),
        false => format!(
            "{name} returns pending from state {}, and keeps {}; {waker}.",
            frame.state,
            names(function, function.kept(frame.state))
        ),
    }
}

fn stuck(world: &World) -> String {
    let left = world.unfinished();
    let verb = if left.len() == 1 { "sleeps" } else { "sleep" };
    let due =
        left.iter().filter_map(|it| world.tasks[*it].asked).map(|it| it.due).max().unwrap_or(0);
    format!(
        "{} {verb} for ever: nobody is ready, and no waker is left with anybody, though the time was over at {}.",
        all(&left),
        count(due, "ms")
    )
}

type Question = (&'static str, Vec<String>, usize);

pub(super) fn ask(program: &Program, setup: &Setup, before: &World, did: &Did) -> Option<Question> {
    match *did {
        Did::Poll { task } => {
            let mut options = before.ready.clone();
            options.sort_unstable();
            let answer = options.iter().position(|it| *it == task)?;
            Some(("Who is polled next?", options.into_iter().map(who).collect(), answer))
        }
        Did::Wake { task, slept } if 0 < slept => {
            let asleep = |it: &usize| before.tasks[*it].asked.is_some();
            let options: Vec<usize> = (0..before.tasks.len()).filter(asleep).collect();
            let answer = options.iter().position(|it| *it == task)?;
            Some(("Who is woken next?", options.into_iter().map(who).collect(), answer))
        }
        Did::Pending { .. } if !setup.keeps_stack => {
            let frame = inner(before, before.polled?)?;
            // What is pending was reached in this very step: the function stands before its stop.
            let function = &program.functions[frame.function];
            let stop = function.stops.iter().find(|it| frame.at <= it.op)?;
            let set = (0..function.slots.len()).filter(|it| frame.slots[*it].is_some());
            let set = set.fold(0, |all, it| all | bit(it));
            let mut options: Vec<u64> = Vec::new();
            for it in [stop.kept, set, function.params(), 0] {
                if !options.contains(&it) {
                    options.push(it);
                }
            }
            let right = options[0];
            options.sort_unstable();
            let answer = options.iter().position(|it| *it == right)?;
            let told = options.into_iter().map(|it| names(function, it)).collect();
            Some(("What does the task keep while it waits?", told, answer))
        }
        _ => None,
    }
}
