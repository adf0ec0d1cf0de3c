//! What a step is, in a sentence.

use super::world::{COUNT, Job, LOCK, NAMES, Op, Setup, State, Sync};
use crate::words::count;

/// The sentence of the start.
pub(super) fn start(setup: &Setup) -> String {
    let what = match setup.job {
        Job::Counter => format!("each adds 1 to the counter {}", times(setup.rounds)),
        Job::Record => "A writes a record of two halves and B reads it".to_owned(),
    };
    let how = match setup.private {
        true => "privately: both see its page, until one of them stores",
        false => "at an address of its own, and both addresses lead to the same page",
    };
    format!("A and B have each mapped the object {how}; {what}.")
}

fn times(n: u8) -> String {
    if n == 1 { "once".to_owned() } else { count(n.into(), "times") }
}

/// Tag and sentence of a step.
pub(super) fn step(
    setup: &Setup,
    before: &State,
    who: usize,
    after: &State,
) -> (&'static str, String) {
    let Some((op, _)) = setup.line(before, who) else { return ("nothing", String::new()) };
    let (mut tag, mut say) = plain(setup, before, who, after, op);
    if after.copied[who] && !before.copied[who] {
        tag = "copy";
        say.push_str(&format!(
            "; the mapping is private, so {} gets a copy of the page first",
            NAMES[who]
        ));
    }
    let other = 1 - who;
    if setup.waits(before, other) && !setup.waits(after, other) {
        say.push_str(&format!("; {} can go on", NAMES[other]));
    }
    say.push('.');
    if let Some(law) = setup.broken(after) {
        tag = "broken";
        say.push(' ');
        say.push_str(&verdict(setup, after, law));
    }
    (tag, say)
}

fn plain(
    setup: &Setup,
    before: &State,
    who: usize,
    after: &State,
    op: Op,
) -> (&'static str, String) {
    let (me, other) = (NAMES[who], NAMES[1 - who]);
    let alone = after.copied[who];
    match op {
        Op::Take if setup.sync == Sync::Semaphore => {
            let was = setup.value(before, who, LOCK);
            ("take", format!("{me} goes on and takes 1 from the semaphore, because it was {was}"))
        }
        Op::Take => ("take", format!("{me} takes the lock, because it is free")),
        Op::Give if setup.sync == Sync::Semaphore => {
            ("give", format!("{me} adds 1 to the semaphore, because its part is done"))
        }
        Op::Give => ("give", format!("{me} opens the lock, because its part is done")),
        Op::Load(word) => load(setup, after, who, word),
        Op::Add => {
            let value = after.procs[who].registers[COUNT];
            (
                "add",
                format!("{me} makes {value} of it in its register, where {other} cannot see it"),
            )
        }
        Op::Store => store(setup, before, who, after),
        Op::Write(word) => {
            let what = if word == COUNT { "x = 7" } else { "y = 7" };
            let why = match (alone, word == COUNT) {
                (true, _) => format!("in its own copy, where {other} does not see it"),
                (false, true) => "and the record is half new, until y follows".to_owned(),
                (false, false) => {
                    "and the record is whole, because both halves are there".to_owned()
                }
            };
            ("store", format!("{me} stores {what}, {why}"))
        }
    }
}

fn load(setup: &Setup, after: &State, who: usize, word: usize) -> (&'static str, String) {
    let (me, other) = (NAMES[who], NAMES[1 - who]);
    let value = after.procs[who].registers[word];
    if setup.job == Job::Counter {
        let say = format!("{me} loads {value} into its register, because it can add only there");
        return ("load", say);
    }
    let name = if word == COUNT { "x" } else { "y" };
    let why = match (value, after.copied[1 - who]) {
        (0, true) => format!("{other} has stored into a copy of its own"),
        (0, false) => format!("{other} has not stored it yet"),
        _ => format!("{other} has stored it already"),
    };
    ("load", format!("{me} reads {name} = {value}, because {why}"))
}

fn store(setup: &Setup, before: &State, who: usize, after: &State) -> (&'static str, String) {
    let (me, other) = (NAMES[who], NAMES[1 - who]);
    let value = setup.value(after, who, COUNT);
    if let Some(loaded) = setup.stale(before, who) {
        let was = setup.value(before, who, COUNT);
        let lost = count(was.abs_diff(loaded).into(), "additions");
        let say = format!(
            "{me} stores {value} over {was}, and {lost} of {other} {} lost, because {me} loaded \
             {loaded} before {other} stored",
            if was.abs_diff(loaded) == 1 { "is" } else { "are" }
        );
        return ("lost", say);
    }
    let say = match after.copied[who] {
        true => format!("{me} stores {value} in its own copy, where {other} does not see it"),
        false => {
            format!(
                "{me} stores {value}, and {other} sees it at once, because the page is the same"
            )
        }
    };
    ("store", say)
}

fn verdict(setup: &Setup, after: &State, law: &str) -> String {
    let want = setup.expected();
    let seen = |who: usize| setup.value(after, who, COUNT);
    match (setup.job, setup.stuck(after)) {
        (_, Some(who)) => format!(
            "{} waits for ever, because it looks at another copy of the semaphore.",
            NAMES[who]
        ),
        (Job::Counter, None) if setup.private => {
            format!("A has counted to {}, B to {}: nothing is shared.", seen(0), seen(1))
        }
        (Job::Counter, None) => format!("The counter ends at {} instead of {want}.", seen(0)),
        (Job::Record, None) => match law {
            "half a record" => "B has one new half and one old one: half a record.".to_owned(),
            "not shared" => "B will never see the record: nothing is shared.".to_owned(),
            _ => "B has read too early: nothing told it to wait.".to_owned(),
        },
    }
}
