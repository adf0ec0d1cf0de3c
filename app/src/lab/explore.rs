//! Every schedule of a machine: walked in slices, so that the page stays awake, and told in words,
//! tables and a map.

use super::choices::open;
use super::state_map::map_view;
use crate::browser;
use crate::erased::{checked, click, flag, live, text};
use crate::player::Player;
use leptos::prelude::*;
use sim::{BrokenLaw, Exploration, Outcome, Progress, Search, SearchOptions, Stage, Verdict};
use std::time::Duration;

/// States after which a walk in the page gives up and says so: some 100 MB, which a phone has.
const STATES_MAX: u32 = 400_000;

/// How long a slice may take, in milliseconds: half a frame, and the page draws in the other half.
const SLICE_MS: f64 = 8.0;

/// States of the first slice; later ones follow the speed of the machine.
const SLICE_STATES: u32 = 500;

/// A walk that is under way, has ended, or was not begun.
#[derive(Clone, Copy)]
struct Walk {
    player: Player,
    search: StoredValue<Option<Search>, LocalStorage>,
    progress: RwSignal<Option<Progress>>,
    found: RwSignal<Option<Result<Exploration, String>>>,
    reduce: RwSignal<bool>,
    /// Counts the walks, so that the slices of one that was given up end.
    number: StoredValue<u32>,
}

impl Walk {
    fn start(self) {
        let Some(search) = self.player.entry.search else { return };
        let scenario = self.player.run.with_untracked(|run| run.scenario.clone());
        let reduce = self.reduce.get_untracked();
        self.cancel();
        self.found.set(None);
        match search(
            &scenario,
            SearchOptions { states_max: STATES_MAX, reduce, after_picks: false },
        ) {
            Ok(search) => {
                self.progress.set(Some(search.progress()));
                self.search.set_value(Some(search));
                self.slice(self.number.get_value(), SLICE_STATES);
            }
            Err(error) => self.found.set(Some(Err(error.to_string()))),
        }
    }

    fn cancel(self) {
        self.number.update_value(|it| *it += 1);
        self.search.set_value(None);
        self.progress.set(None);
    }

    /// Goes on for some states, then lets the page breathe.
    fn slice(self, number: u32, n_states: u32) {
        let begun = browser::now_ms();
        let advance = |it: &mut Option<Search>| it.as_mut().map(|it| it.advance(n_states));
        let Some(Some(progress)) = self.search.try_update_value(advance) else { return };
        if progress.done {
            let found = self.search.with_value(|it| it.as_ref().map(Search::finish));
            self.cancel();
            self.found.set(found.map(Ok));
            return;
        }
        self.progress.set(Some(progress));
        let took = (browser::now_ms() - begun).max(0.1);
        let next = f64::from(n_states) * (SLICE_MS / took).clamp(0.25, 4.0);
        let next = next.clamp(50.0, 200_000.0) as u32;
        let go_on = move || {
            if self.number.try_get_value() == Some(number) {
                self.slice(number, next);
            }
        };
        set_timeout(go_on, Duration::ZERO);
    }
}

/// The panel.
#[component]
pub fn Explore(
    /// Whose schedules.
    player: Player,
) -> impl IntoView {
    if player.entry.search.is_none() {
        return view! { <p class="quiet-note">"Nothing here is a choice."</p> }.into_any();
    }
    let walk = Walk {
        player,
        search: StoredValue::new_local(None),
        progress: RwSignal::new(None),
        found: RwSignal::new(None),
        reduce: RwSignal::new(true),
        number: StoredValue::new(0),
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
            walk.cancel();
            walk.found.set(None);
        }
    });
    let walks = flag(move || walk.progress.with(Option::is_some));
    let result = live(move || {
        let found = walk.found.get().map(|it| match it {
            Ok(found) => found_view(player, found),
            Err(told) => view! { <p class="fault" role="alert">{told}</p> }.into_any(),
        });
        found.into_any()
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
                <button type="button" class="primary" data-act="explore" disabled=walks on:click=click(move || walk.start())>
                    "Try every schedule"
                </button>
                {cancel}
                <label class="choice">
                    <input type="checkbox" prop:checked=walk.reduce checked=true on:change=checked(move |it| walk.reduce.set(it))/>
                    <span>"Skip orders that change nothing, in large programs"</span>
                </label>
            </div>
            <p class="explore-progress" data-role="progress">{text(move || walk.progress.get().map(told).unwrap_or_default())}</p>
            <div aria-live="polite">{result}</div>
        </div>
    }
    .into_any()
}

/// How far a walk is, as a sentence.
fn told(progress: Progress) -> String {
    let Progress { stage, n_states, n_open, broken, .. } = progress;
    let stage = match stage {
        Stage::All => "Looking at every state",
        Stage::Reduced => "Looking at fewer states that answer the same",
        Stage::Cycles => "Looking for threads that run for ever and get nowhere",
    };
    let broken = broken.map(|law| format!(" Broken so far: {law}.")).unwrap_or_default();
    format!("{stage}: {n_states} reached, {n_open} still to look at.{broken}")
}

fn found_view(player: Player, found: Exploration) -> AnyView {
    let n_all = found.n_schedules;
    let count = counted(&found);
    let partial = (!found.complete && found.verdict != Verdict::Unknown).then(|| {
        view! { <p class="quiet-note">"The walk stopped at its limit: there may be more outcomes."</p> }
    });
    let verdict = match &found.verdict {
        Verdict::Holds => holds_view(found.outcomes.len(), &count),
        Verdict::Unknown => view! { <p>"Unknown: the limit came first. "{count}</p> }.into_any(),
        Verdict::Broken { law, picks } => {
            let steps = if picks.len() == 1 { "step" } else { "steps" };
            view! { <p class="ask-wrong">{format!("Broken: {law}, after {} {steps} at the least. {count}", picks.len())}</p> }
                .into_any()
        }
    };
    let round = (0 < found.n_round).then(|| {
        let n_round = found.n_round;
        view! { <p class="quiet-note">{format!("The last {n_round} steps of the schedule can go round for ever.")}</p> }
    });
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
        {verdict}{round}{partial}
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
    use super::share;

    #[test]
    fn a_share_is_told_only_where_schedules_can_be_counted() {
        assert_eq!(share(Some(2), Some(20)), "2 of 20 (10.0 %)");
        assert_eq!(share(None, Some(20)), "");
        assert_eq!(share(Some(0), Some(0)), "");
    }
}
