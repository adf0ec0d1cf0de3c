//! Sentences: what a reading rules out, how sure a name is, what a change did.

use super::host::Cause;
use super::tools::{Tool, against, shown, summary};
use super::{Effect, Move, Setup, State};
use crate::words::{count, join};

/// A choice as a button says it.
pub(super) fn label(choice: Move) -> String {
    match choice {
        Move::Look(tool) => format!("Look at {} ({} min)", tool.label(), tool.minutes()),
        Move::Name(cause) => format!("Say: {}", cause.label()),
        Move::Change(fix) => format!("Change: {} ({} min)", fix.label(), fix.minutes()),
    }
}

/// `A`, `A or B`, `A, B or C`.
fn any_of(names: &[&str]) -> String {
    join(names, "or")
}

pub(super) fn start(setup: &Setup) -> (&'static str, String) {
    let report = &setup.measured(0).report;
    let say = format!(
        "Users complain, because 99 of 100 requests are answered within {} ms instead of {}, and {} \
         of {} a second are turned away.",
        report.p99_ms,
        setup.target_ms,
        report.all.a_second(report.all.n_refused),
        setup.host.load
    );
    ("start", say)
}

pub(super) fn step(
    setup: &Setup,
    before: &State,
    choice: Move,
    after: &State,
) -> (&'static str, String) {
    match choice {
        Move::Look(tool) => look(setup, before, tool, after),
        Move::Name(cause) => name(cause, after),
        Move::Change(fix) => {
            let [was, is] = [before.kept, before.kept | fix.bit()].map(|it| setup.measured(it));
            let (was_ms, is_ms) = (was.report.p99_ms, is.report.p99_ms);
            let what = format!("You {}", order(fix.label()));
            let (tag, rest) = match setup.effect(before, fix) {
                Effect::Mended => (
                    "mended",
                    format!(
                        "99 of 100 requests are answered within {is_ms} ms instead of {was_ms}: mended \
                     {} after the complaint",
                        count(u64::from(after.minutes), "minutes")
                    ),
                ),
                Effect::Better => (
                    "better",
                    format!(
                        "99 of 100 requests are answered within {is_ms} ms instead of {was_ms}: better, \
                     so it stays, but {} are agreed",
                        setup.target_ms
                    ),
                ),
                Effect::Worse => (
                    "worse",
                    format!(
                        "99 of 100 requests are answered within {is_ms} ms instead of {was_ms}, and {} a \
                     second instead of {}: worse, so it is taken back",
                        is.report.all.a_second(is.report.all.n_done),
                        was.report.all.a_second(was.report.all.n_done),
                    ),
                ),
                Effect::None => (
                    "no_effect",
                    format!(
                        "99 of 100 requests are answered within {is_ms} ms, {was_ms} before: it is taken \
                     back, because this is not where they wait"
                    ),
                ),
            };
            (tag, format!("{what}, and {rest}."))
        }
    }
}

/// What a reading shows, and which causes fall with it for the first time.
fn look(setup: &Setup, before: &State, tool: Tool, after: &State) -> (&'static str, String) {
    let measured = setup.now(after);
    let says = format!("You look at {}: {}", tool.label(), summary(tool, measured));
    let mut groups: Vec<(&'static str, Vec<&'static str>)> = Vec::new();
    for (cause, sign) in against(tool, measured) {
        if before.ruled & cause.bit() == 0 {
            match groups.iter_mut().find(|it| it.0 == sign) {
                Some(group) => group.1.push(cause.short()),
                None => groups.push((sign, vec![cause.short()])),
            }
        }
    }
    if groups.is_empty() {
        let signs: Vec<&str> = shown(tool, measured).into_iter().map(Cause::short).collect();
        let fits = match signs.as_slice() {
            [] => "it rules out nothing new".to_owned(),
            signs => format!("that fits {} and rules out nothing new", any_of(signs)),
        };
        return ("look", format!("{says}; {fits}."));
    }
    let parts: Vec<String> =
        groups.iter().map(|(sign, causes)| format!("{} ({sign})", any_of(causes))).collect();
    ("rules_out", format!("{says}; that rules out {}.", parts.join(", ")))
}

/// The change as something that is done.
fn order(label: &str) -> String {
    match label.split_once(' ') {
        Some(("four" | "half" | "a", _)) => format!("give it {label}"),
        _ => label.to_owned(),
    }
}

fn name(cause: Cause, state: &State) -> (&'static str, String) {
    let others: Vec<&str> = state.possible().filter(|&it| it != cause).map(Cause::short).collect();
    let what = format!("You name {}", cause.label());
    if state.ruled & cause.bit() != 0 {
        return ("against", format!("{what}, although a reading speaks against it."));
    }
    match others.as_slice() {
        [] => ("proven", format!("{what}, because every other cause is ruled out.")),
        others => {
            ("guess", format!("{what}: a guess, because it may as well be {}.", any_of(others)))
        }
    }
}
