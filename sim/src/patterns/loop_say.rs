//! Sentences and questions.

use super::loop_jobs::{Did, From, Job, Kind, Phase, Setup, Wake, What};
use super::loop_run::{STEPS_MAX, World};
use super::script::{Op, Script};
use crate::scene::number;

/// A time in ms, as text.
pub(super) fn ms(us: u64) -> String {
    format!("{} ms", number(us as f64 / 1_000.0, 3))
}

/// A function as the head of a sentence.
fn who(script: &Script, function: usize) -> String {
    match function {
        0 => "The script".to_owned(),
        _ if script.functions[function].named => format!("Function {}", label(script, function)),
        _ => format!("Callback {}", label(script, function)),
    }
}

/// A name, or what a function without a name prints, in quotes.
fn label(script: &Script, function: usize) -> String {
    let it = &script.functions[function];
    if it.named { it.label.clone() } else { format!("\"{}\"", it.label) }
}

pub(super) fn say(
    script: &Script,
    setup: &Setup,
    before: &World,
    after: &World,
    did: &Did,
) -> String {
    match did {
        Did::Begin { job, late } => begins(script, setup, before, after, job, *late),
        Did::Ran { function, op, ended, left } => {
            let mut told = ran(script, setup, before.now, after, *function, op);
            if *ended && !left {
                told.push_str(&match after.stack.last() {
                    Some(call) => format!(
                        "; then it ends, and {} goes on",
                        match call.function {
                            0 => "the script".to_owned(),
                            it => label(script, it),
                        }
                    ),
                    None => "; then it ends".to_owned(),
                });
            }
            told + "."
        }
        Did::Slept { from, why } => {
            let to = ms(after.now);
            let slept = ms(after.now - from);
            let why = match why {
                Wake::Outside => "the kernel reports that something has come",
                Wake::Timer => "the next timer is due",
                Wake::Picture => "it is time for a picture",
            };
            format!("The loop has nothing to run and sleeps for {slept}, until {to}, when {why}.")
        }
        Did::Painted { missed } => {
            let late = match missed {
                0 => "in time".to_owned(),
                1 => "but one picture was missed while the thread was busy".to_owned(),
                n => format!("but {n} pictures were missed while the thread was busy"),
            };
            format!("The page is painted, which takes {}, {late}.", ms(setup.paint_us))
        }
        Did::End => {
            let what = if setup.kind == Kind::Browser { "page rests" } else { "process ends" };
            format!("The {what}, because nothing waits any more: no timer, no callback, no answer.")
        }
        Did::Cut if setup.until_us <= after.now => {
            format!("The model stops here, because it watches for {} only.", ms(setup.until_us))
        }
        Did::Cut => format!("The model stops here, after {STEPS_MAX} steps without an end."),
    }
}

fn begins(
    script: &Script,
    setup: &Setup,
    before: &World,
    after: &World,
    job: &Job,
    late: u64,
) -> String {
    let name = who(script, after.function(job, script));
    let waited = match late {
        0 => "in time".to_owned(),
        _ => format!("{} late", ms(late)),
    };
    match job.from {
        From::Script => "The script runs from top to bottom as one callback, and nothing else \
                         can run before it has ended."
            .to_owned(),
        From::Tick => {
            let when = if before.phase == Phase::Script { "the script" } else { "the callback" };
            format!("{name} runs from the queue of ticks, which comes first when {when} has ended.")
        }
        From::Micro => {
            let does = match job.what {
                What::Resume(_) => "goes on after its await",
                What::Call(_) | What::Settle => "runs",
            };
            let why = match setup.kind {
                Kind::Browser => "all microtasks run before the next task or picture",
                Kind::Node => "no tick waits and all microtasks run before the loop goes on",
                Kind::Node10 => "the phase is over, no tick waits, and microtasks come next",
            };
            format!("{name} {does} as a microtask, because {why}.")
        }
        From::Timer if setup.kind == Kind::Browser => {
            format!(
                "{name} runs as a task: its timer was due at {}, and it is {waited}.",
                ms(job.at)
            )
        }
        From::Timer => format!(
            "{name} runs in the timers phase of turn {}: it was due at {}, and is {waited}.",
            after.turn,
            ms(job.at)
        ),
        From::Check => format!(
            "{name} runs in the check phase of turn {}, which comes right after poll.",
            after.turn
        ),
        From::Pool(thread) => format!(
            "{name} runs in the poll phase of turn {}, because thread {} had read its file at {}.",
            after.turn,
            thread + 1,
            ms(job.at)
        ),
        From::Network => format!(
            "An answer had come over the network at {}: its promise is settled, and the handler \
             becomes a microtask.",
            ms(job.at)
        ),
        From::Event if late == 0 => format!("{name} handles the event of {} at once.", ms(job.at)),
        From::Event => format!(
            "{name} handles the event of {} only now, {waited}, because the thread was busy.",
            ms(job.at)
        ),
        From::Picture => {
            format!("{name} runs just before the picture, as requestAnimationFrame had promised.")
        }
    }
}

fn ran(
    script: &Script,
    setup: &Setup,
    now: u64,
    after: &World,
    function: usize,
    op: &Op,
) -> String {
    let name = who(script, function);
    let label = |it: usize| label(script, it);
    let chain = |it: usize| label(script.chains[it][0]);
    let timers = if setup.kind == Kind::Browser { "as a task" } else { "in a timers phase" };
    match *op {
        Op::Print(ref text) => format!("{name} prints \"{text}\""),
        Op::Call(to) => format!("{name} calls {}, which runs at once", label(to)),
        Op::Timeout(to, us) => {
            format!("{name} sets a timer: {} runs {timers}, not before {}", label(to), ms(now + us))
        }
        Op::Interval(to, us) => format!("{name} lets {} run {timers} every {}", label(to), ms(us)),
        Op::Immediate(to) => format!("{name} queues {} for the next check phase", label(to)),
        Op::Tick(to) => {
            format!(
                "{name} puts {} into the queue of ticks, for the end of this callback",
                label(to)
            )
        }
        Op::Then(it) => {
            format!(
                "{name} queues {} as a microtask, because nothing has to be waited for",
                chain(it)
            )
        }
        Op::Frame(to) => format!("{name} asks for {} before the next picture", label(to)),
        Op::Read(to) => match after.reads.last() {
            Some(read) if now < read.start => format!(
                "{name} has a file read for {}, but all threads of the pool are busy until {}",
                label(to),
                ms(read.start)
            ),
            Some(read) => format!(
                "{name} has a file read for {}: thread {} of the pool does it until {}",
                label(to),
                read.thread + 1,
                ms(read.end)
            ),
            None => String::new(),
        },
        Op::Fetch(it) => format!(
            "{name} sends a request: the kernel, not a thread, waits for the answer until {}, and \
             then {} runs",
            ms(now + setup.net_us),
            chain(it)
        ),
        Op::Listen(to) => format!("{name} has {} called for every event", label(to)),
        Op::Work(us) => {
            format!("{name} computes for {}, and nothing else can run on this thread", ms(us))
        }
        Op::Await(None) => {
            format!("{name} stops at its await: what is left of it becomes a microtask")
        }
        Op::Await(Some(to)) => {
            format!("{name} calls {} at once, and will await what it gives", label(to))
        }
    }
}

/// The heads of all queues, and which of them was taken.
pub(super) fn ask(script: &Script, before: &World, did: &Did) -> Option<(Vec<String>, usize)> {
    let Did::Begin { job, .. } = did else { return None };
    let named = [
        (before.ticks.first(), "ticks"),
        (before.micros.first(), "microtasks"),
        (before.timers.iter().min_by_key(|it| (it.at, it.id)), "timers"),
        (before.ready.first(), "what has come"),
        (before.checks.first(), "check"),
        (before.pictures.first(), "before the picture"),
    ];
    let heads: Vec<(&Job, &str)> =
        named.into_iter().filter_map(|(head, queue)| Some((head?, queue))).collect();
    let answer = heads.iter().position(|it| it.0.id == job.id)?;
    let name = |&(head, queue): &(&Job, &str)| {
        let label = &script.functions[before.function(head, script)].label;
        format!("{label} ({queue})")
    };
    Some((heads.iter().map(name).collect(), answer))
}
