//! What a step did, in words.

use super::code::{Op, Program, name, pid};
use super::state::{Did, End, INIT, Life, Line, SHELL, SPINS, State, Tests};
use crate::words::{count, list};

/// Tests that are told of one step.
const TESTS_MAX: usize = 4;

/// Who a parent is.
pub(super) fn parent_name(parent: u8) -> String {
    match parent {
        INIT => "init".to_owned(),
        SHELL => "the shell".to_owned(),
        parent => name(usize::from(parent)),
    }
}

pub(super) fn start(program: &Program, state: &State, tests: &Tests) -> (&'static str, String) {
    let say = format!(
        "P0 is the only process, because the shell has just started the program{}.",
        tested(program, state, tests)
    );
    ("start", say)
}

/// Tag and sentence of a step of `who`.
pub(super) fn tell(
    program: &Program,
    before: &State,
    after: &State,
    who: usize,
    did: &Did,
    tests: &Tests,
) -> (&'static str, String) {
    let me = name(who);
    let (tag, what) = match did {
        Did::Forked { child } => {
            let (child, pid) = (name(*child), pid(*child));
            let say = format!(
                "{me} forks {child}: the call returns twice, {pid} in {me} and 0 in {child}"
            );
            ("fork", say)
        }
        Did::ForkFailed => {
            let limit = program.limit;
            let say = format!(
                "{me} gets -1 from fork and no child, because {limit} processes are the limit"
            );
            ("fork_failed", say)
        }
        Did::Reaped { child, code } => {
            let child = name(*child);
            let say = format!(
                "{me} takes exit code {code} of {child}, and the record of {child} is gone, because \
                 nothing else was left of it"
            );
            ("reap", say)
        }
        Did::NoChild => {
            let say = format!(
                "{me} gets -1 from wait at once, because it has no child that it could wait for"
            );
            ("no_child", say)
        }
        Did::Parent => {
            let parent = parent_name(before.procs[who].parent);
            ("ask_parent", format!("{me} asks for its parent, which is {parent} now"))
        }
        Did::Wrote(line) => {
            let text = program.line_text(line);
            let say = format!(
                "{me} prints “{text}”, and it is seen at once, because the output is a terminal"
            );
            ("print", say)
        }
        Did::Buffered(line) => {
            let text = program.line_text(line);
            let say = format!(
                "{me} puts “{text}” into its buffer, because the output is a file and is written \
                 in large pieces"
            );
            ("buffer", say)
        }
        Did::Flushed { n_lines } => {
            let lines = count(*n_lines as u64, "lines");
            ("flush", format!("{me} writes out its buffer of {lines}, so a fork copies none of it"))
        }
        Did::Replaced => {
            let image = image(program, after, who);
            let say = format!(
                "{me} is now {image}: same PID and parent, and no line of the old program is left \
                 in it"
            );
            ("exec", say)
        }
        Did::NotReplaced => {
            let say = format!(
                "{me} gets -1 from exec and goes on with its old program, because the new one \
                 does not exist"
            );
            ("exec_failed", say)
        }
        Did::Full => {
            ("full", format!("{me} is stopped here, because the model keeps no more output"))
        }
        Did::Ended(end) => ended(program, before, after, who, end),
    };
    (tag, format!("{what}{}.", tested(program, after, tests)))
}

fn image(program: &Program, state: &State, who: usize) -> String {
    match state.op(program, who) {
        Some(Op::Image { name }) => format!("“{name}”"),
        _ => "another program".to_owned(),
    }
}

fn ended(
    program: &Program,
    before: &State,
    after: &State,
    who: usize,
    end: &End,
) -> (&'static str, String) {
    let (me, code) = (name(who), end.code);
    let parent = before.procs[who].parent;
    let how = match before.op(program, who) {
        None => format!("{me} is killed by SIGFPE, because it divided by zero"),
        Some(Op::Image { name }) => {
            format!("{me}, which is “{name}” now, prints one line and ends with code 0")
        }
        Some(_) => format!("{me} ends with code {code}"),
    };
    let flushed = match (end.n_flushed, end.n_lost) {
        (0, 0) => String::new(),
        (0, lost) => {
            format!("; {} in its buffer was never written", count(lost as u64, "lines"))
        }
        (lines, _) => format!(" and writes out its buffer of {}", count(lines as u64, "lines")),
    };
    let outside = matches!(parent, INIT | SHELL);
    let parent_waits = !outside && before.waits(program, usize::from(parent));
    let up = parent_name(parent);
    let (tag, left) = if outside {
        ("exit", format!("; {up} waits at all times and reaps it at once"))
    } else if parent_waits && !after.waits(program, usize::from(parent)) {
        ("exit", format!("; {up}, which slept in wait, can go on"))
    } else {
        ("zombie", format!("; it stays as a zombie, because {up} has not asked for its exit code"))
    };
    let mut orphans = String::new();
    let named = |of: &[usize]| list(&of.iter().map(|&it| name(it)).collect::<Vec<_>>());
    if let Some(&first) = end.reaped.first() {
        let heir = parent_name(after.procs[first].parent);
        orphans = format!("; {heir} reaps the zombies it leaves: {}", named(&end.reaped));
    }
    let Some(&first) = end.orphans.first() else {
        return (tag, format!("{how}{flushed}{left}{orphans}"));
    };
    let heir = parent_name(after.procs[first].parent);
    let (is, its) =
        if end.orphans.len() == 1 { ("is an orphan", "its") } else { ("are orphans", "their") };
    let who = named(&end.orphans);
    orphans.push_str(&format!("; {who} {is} now, and {heir} becomes {its} parent"));
    ("orphan", format!("{how}{flushed}{left}{orphans}"))
}

/// The tests that a step led to, as the end of a sentence.
fn tested(program: &Program, after: &State, tests: &Tests) -> String {
    let mut out = String::new();
    for (n, (who, at, held)) in tests.iter().take(TESTS_MAX).enumerate() {
        let text = program.steps.get(usize::from(*at)).map_or("", |step| step.text.as_str());
        let holds = if *held { "holds" } else { "does not hold" };
        let with = if n == 0 { "; in" } else { ", in" };
        out.push_str(&format!("{with} {} `{text}` {holds}", name(*who)));
    }
    let spinning = |it: usize| {
        let proc = &after.procs[it];
        proc.life == Life::Alive && proc.next == SPINS
    };
    let who = tests.iter().map(|it| it.0).find(|&it| spinning(it));
    if let Some(who) = who {
        out.push_str(&format!("; {} now loops for ever", name(who)));
    }
    out
}

/// The output as one line of text.
pub(super) fn output(program: &Program, lines: &[Line]) -> String {
    if lines.is_empty() {
        return "no output".to_owned();
    }
    let texts: Vec<String> = lines.iter().map(|it| program.line_text(it)).collect();
    texts.join(" · ")
}
