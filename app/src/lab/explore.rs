//! Every schedule of a machine: walked in slices, so that the page stays awake, and told in words,
//! tables and a map.

use super::choices::open;
use super::state_map::map_view;
use crate::erased::{checked, click, flag, live, text};
use crate::player::Player;
use crate::walk::{STATES_MAX, Walk, told};
use crate::words::count;
use leptos::prelude::*;
use sim::{BrokenLaw, Exploration, Outcome, SearchOptions, Verdict};

/// The panel.
#[component]
pub fn Explore(
    /// Whose schedules.
    player: Player,
) -> impl IntoView {
    if player.entry.search.is_none() {
        return view! { <p class="quiet-note">"Nothing here is a choice."</p> }.into_any();
    }
    let (walk, reduce) = (Walk::default(), RwSignal::new(true));
    let start = move || {
        let Some(search) = player.entry.search else { return };
        let scenario = player.run.with_untracked(|run| run.scenario.clone());
        let reduce = reduce.get_untracked();
        let options = SearchOptions { states_max: STATES_MAX, reduce, after_picks: false };
        walk.start(search(&scenario, options));
    };
    // What was found belongs to a program and its settings, not to the picks of the reader.
    let about = Memo::new(move |_| {
        player.run.with(|run| {
            let mut scenario = run.scenario.clone();
            scenario["picks"].take();
            scenario
        })
    });
    Effect::new(move |before: Option<()>| {
        about.track();
        if before.is_some() {
            walk.clear();
        }
    });
    let walks = flag(move || walk.progress.with(Option::is_some));
    // What is said of it is short; the table and the map are for looking at.
    let verdict = live(move || {
        walk.found.with(|it| match it {
            Some(Ok(found)) => verdict_view(found),
            Some(Err(error)) => view! { <p class="fault">{error.to_string()}</p> }.into_any(),
            None => ().into_any(),
        })
    });
    let ends = live(move || {
        let ends = walk.found.get().and_then(Result::ok).map(|it| ends_view(player, it));
        ends.into_any()
    });
    let cancel = live(move || {
        let button = walks.get().then(|| {
            view! { <button type="button" class="quiet" data-act="cancel" on:click=click(move || walk.cancel())>"Stop"</button> }
        });
        button.into_any()
    });
    view! {
        <div class="explore">
            <p class="quiet-note">"Walks every order in which the threads can step, shortest first."</p>
            <div class="explore-bar">
                <button type="button" class="primary" data-act="explore" disabled=walks on:click=click(start)>
                    "Try every schedule"
                </button>
                {cancel}
                <label class="choice">
                    <input type="checkbox" prop:checked=reduce checked=true on:change=checked(move |it| reduce.set(it))/>
                    <span>"Skip orders that change nothing, in large programs"</span>
                </label>
            </div>
            <p class="explore-progress" data-role="progress">{text(move || walk.progress.get().map(told).unwrap_or_default())}</p>
            <div aria-live="polite" data-role="verdict">{verdict}</div>
            {ends}
        </div>
    }
    .into_any()
}

/// What was found, in a sentence or two.
fn verdict_view(found: &Exploration) -> AnyView {
    let count = counted(found);
    let partial = (!found.complete && found.verdict != Verdict::Unknown).then(|| {
        view! { <p class="quiet-note">"The walk stopped at its limit: there may be more outcomes."</p> }
    });
    let verdict = match &found.verdict {
        Verdict::Holds => holds_view(found.outcomes.len(), &count),
        Verdict::Unknown => view! { <p>"Unknown: the limit came first. "{count}</p> }.into_any(),
        Verdict::Broken { law, picks } => {
            let told = broken_told(law, picks.len(), found.n_round);
            view! { <p class="ask-wrong">{format!("{told} {count}")}</p> }.into_any()
        }
    };
    view! { {verdict}{partial} }.into_any()
}

/// Which law is broken, and how soon; of a livelock, how long its round is.
pub(crate) fn broken_told(law: &str, n_steps: usize, n_round: u32) -> String {
    let round = match n_round {
        0 => String::new(),
        n => format!(", the last {n} of which can go round for ever"),
    };
    format!("Broken: {law}, after {} at the least{round}.", count(n_steps, "step"))
}

/// Every end that was found, and the map.
fn ends_view(player: Player, found: Exploration) -> AnyView {
    let n_all = found.n_schedules;
    let broken = found.laws.into_iter().map(|it| {
        let BrokenLaw { law, n_states, n_schedules, picks } = it;
        row_view(player, format!("Breaks: {law}"), n_states, share(n_schedules, n_all), picks)
    });
    let ends = found.outcomes.into_iter().map(|it| {
        let Outcome { label, n_states, n_schedules, picks } = it;
        row_view(player, label, n_states, share(n_schedules, n_all), picks)
    });
    let rows: Vec<AnyView> = broken.chain(ends).collect();
    let map = found.map.map(|map| map_view(player, map));
    view! {
        <div class="table-wrap" tabindex="0" role="group" aria-label="How schedules end">
            <table class="data">
                <thead>
                    <tr>
                        <th scope="col">"End"</th>
                        <th scope="col" class="number">"States"</th>
                        <th scope="col" class="number">"Share of schedules"</th>
                        <th scope="col">"A schedule"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        {map}
    }
    .into_any()
}

/// What was walked through, as a sentence.
fn counted(found: &Exploration) -> String {
    let Exploration { n_states, n_transitions, reduced, n_schedules, .. } = found;
    let reduced = if *reduced { " Orders that change nothing were skipped." } else { "" };
    let schedules = match n_schedules {
        Some(1) => " One schedule.".to_owned(),
        Some(n) => format!(" {n} schedules."),
        None => String::new(),
    };
    format!("{n_states} states, {n_transitions} steps between them.{schedules}{reduced}")
}

/// How many of all schedules end so; empty where they cannot be counted.
fn share(n: Option<u64>, all: Option<u64>) -> String {
    match (n, all) {
        (Some(n), Some(all)) if 0 < all => {
            let percent = n as f64 * 100.0 / all as f64;
            format!("{n} of {all} ({percent:.1} %)")
        }
        _ => String::new(),
    }
}

fn row_view(
    player: Player,
    label: String,
    n_states: u32,
    share: String,
    picks: Vec<u32>,
) -> AnyView {
    let show = click(move || open(player, &picks, 0));
    view! {
        <tr>
            <th scope="row">{label}</th>
            <td class="number">{n_states}</td>
            <td class="number">{share}</td>
            <td><button type="button" class="quiet" on:click=show>"Open one"</button></td>
        </tr>
    }
    .into_any()
}

/// No law is broken. That is good news only if the program always ends the same way: the laws know
/// nothing of what it was meant to do.
fn holds_view(n_outcomes: usize, count: &str) -> AnyView {
    match n_outcomes {
        0 | 1 => view! {
            <p class="ask-right">"Holds: no schedule breaks a law, and all end alike. "{count.to_owned()}</p>
        }
        .into_any(),
        _ => view! {
            <p>
                {format!(
                    "No schedule deadlocks or breaks an assertion, but {n_outcomes} outcomes are possible: \
                     see whether each is meant. {count}"
                )}
            </p>
        }
        .into_any(),
    }
}

#[cfg(test)]
mod tests {
    use super::{broken_told, share};

    #[test]
    fn a_livelock_is_told_with_its_round() {
        let told = broken_told("livelock", 10, 6);
        let expected = "Broken: livelock, after 10 steps at the least, the last 6 of which can go round for ever.";
        assert_eq!(told, expected);
        assert_eq!(broken_told("deadlock", 1, 0), "Broken: deadlock, after 1 step at the least.");
    }

    #[test]
    fn a_share_is_told_only_where_schedules_can_be_counted() {
        assert_eq!(share(Some(2), Some(20)), "2 of 20 (10.0 %)");
        assert_eq!(share(None, Some(20)), "");
        assert_eq!(share(Some(0), Some(0)), "");
    }
}
