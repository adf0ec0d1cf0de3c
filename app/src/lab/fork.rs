//! Two futures of one figure: the one that was kept, and the one that the reader goes on with.

use super::compare::{Lane, lane_view, table_view};
use crate::erased::{click, flag, live};
use crate::player::Player;
use crate::words::count;
use leptos::prelude::*;
use sim::{Field, Run};
use std::sync::Arc;

/// Names of the two, above their pictures and their numbers.
const KEPT: &str = "Kept";
const NOW: &str = "Now";

/// The panel.
#[component]
pub fn Fork(
    /// The figure that goes on.
    player: Player,
) -> impl IntoView {
    live(move || match player.kept.get() {
        Some(kept) => both_view(player, &kept),
        None => none_view(player),
    })
}

/// Before anything is kept: what it is for.
fn none_view(player: Player) -> AnyView {
    view! {
        <div class="fork">
            <p>"Keep this future, then change something: a setting, or who steps next. \
                Both futures stand here beside each other, and the first step at which they differ is found."</p>
            <button type="button" class="primary" data-act="keep" aria-keyshortcuts="Shift+F" on:click=click(move || player.keep())>
                "Keep this future"
            </button>
        </div>
    }
    .into_any()
}

fn both_view(player: Player, kept: &Arc<Run>) -> AnyView {
    let form = player.entry.form;
    let lanes = {
        let kept = Arc::clone(kept);
        move || -> [Lane; 2] { [(KEPT, Ok(Arc::clone(&kept))), (NOW, Ok(player.run.get()))] }
    };
    let differs = {
        let kept = Arc::clone(kept);
        move || player.run.with(|now| first_difference(&kept, now))
    };
    let verdict = {
        let kept = Arc::clone(kept);
        live(move || player.run.with(|now| difference_view(form, &kept, now)))
    };
    let both = lanes.clone();
    let pictures = live(move || {
        let time = player.run.with(|it| it.step(player.at.get()).map_or(0, |step| step.time));
        both().iter().map(|lane| lane_view(lane, time)).collect_view().into_any()
    });
    let table = live(move || table_view(&lanes()));
    let same = differs.clone();
    let go = click(move || {
        if let Some(at) = untrack(&differs) {
            player.go(at);
        }
    });
    let swap = click(move || player.swap_kept());
    let keep = click(move || player.keep());
    let forget = click(move || {
        player.kept.set(None);
        player.keep_focus();
    });
    view! {
        <div class="fork">
            {verdict}
            <div class="compare-lanes">{pictures}</div>
            {table}
            <div class="explore-bar">
                <button type="button" data-act="difference" disabled=flag(move || same().is_none()) on:click=go>
                    "Go to the first difference"
                </button>
                <button type="button" class="quiet" data-act="swap" on:click=swap>"Go on with the kept one"</button>
                <button type="button" class="quiet" data-act="keep" on:click=keep>"Keep this one instead"</button>
                <button type="button" class="quiet" data-act="forget" on:click=forget>"Forget the kept one"</button>
            </div>
        </div>
    }
    .into_any()
}

/// What was changed, and what came of it first.
fn difference_view(form: &[Field], kept: &Run, now: &Run) -> AnyView {
    let changed: Vec<&str> = form
        .iter()
        .filter(|it| kept.scenario.get(it.key) != now.scenario.get(it.key))
        .map(|it| it.label)
        .collect();
    let Some(at) = first_difference(kept, now) else {
        let told = match changed.as_slice() {
            [] => {
                "Both futures are the same so far. Change a setting, or who steps next.".to_owned()
            }
            changed => format!("Changed: {}. All steps are the same.", changed.join(", ")),
        };
        return view! { <p class="fork-verdict">{told}</p> }.into_any();
    };
    let told = match changed.as_slice() {
        [] => format!("The same for {}, then:", count(at, "step")),
        changed => {
            format!("Changed: {}. The same for {}, then:", changed.join(", "), count(at, "step"))
        }
    };
    let say = |run: &Run| run.step(at).map_or_else(|| "has ended".to_owned(), |it| it.say.clone());
    view! {
        <p class="fork-verdict">{told}</p>
        <dl class="fork-steps">
            <div><dt>{KEPT}</dt><dd>{say(kept)}</dd></div>
            <div><dt>{NOW}</dt><dd>{say(now)}</dd></div>
        </dl>
    }
    .into_any()
}

/// The first step at which two runs differ, the end of the shorter one included; `None` if they are the same.
fn first_difference(one: &Run, other: &Run) -> Option<usize> {
    let differs = |at: &usize| match (one.step(*at), other.step(*at)) {
        (Some(one), Some(other)) => {
            (one.time, one.tag, &one.say) != (other.time, other.tag, &other.say)
        }
        (one, other) => one.is_some() != other.is_some(),
    };
    (0..one.len().max(other.len())).find(differs)
}

#[cfg(test)]
mod tests {
    use super::first_difference;
    use sim::{Mode, engine};

    #[test]
    fn two_runs_are_told_apart_where_they_part() {
        let entry = engine("cpu/round_robin").unwrap();
        let run = |text: &str| entry.run_text(text, Mode::Frames).unwrap();
        let two = r#"{"quantum_ticks": 2, "jobs": [{"burst_ticks": 5}, {"burst_ticks": 3}]}"#;
        let three = two.replacen('2', "3", 1);
        let (two, three) = (run(two), run(&three));
        assert_eq!(first_difference(&two, &two), None);
        let at = first_difference(&two, &three).unwrap();
        assert!((0..at).all(|it| two.step(it).unwrap().say == three.step(it).unwrap().say));
        assert_ne!(two.step(at).unwrap().say, three.step(at).unwrap().say);
        assert_eq!(first_difference(&three, &two), Some(at));
    }
}
