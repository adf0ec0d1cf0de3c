//! Every schedule of a machine, and the reader as the scheduler.

use crate::erased::{click, live};
use crate::player::Player;
use leptos::prelude::*;
use serde_json::Value;
use sim::{Exploration, Verdict};

/// States after which a walk in the page gives up and says so.
const STATES_MAX: u32 = 200_000;

/// The steps that could be taken now, as buttons; taking one drops the future that was.
#[component]
pub fn Choices(
    /// Whose steps.
    player: Player,
) -> impl IntoView {
    let choices = move || {
        let labels =
            player.run.with(|run| run.step(player.at.get()).map(|it| it.choices.clone()))?;
        let button = |(pick, label): (usize, String)| {
            view! { <button type="button" class="quiet choice-step" on:click=click(move || take(player, pick))>{label}</button> }
                .into_any()
        };
        (!labels.is_empty()).then(|| {
            view! {
                <div class="choices needs-scripts" role="group" inert=crate::browser::asleep()
                    aria-label="You are the scheduler: who steps next?">
                    <span class="label">"Who steps next?"</span>
                    {labels.into_iter().enumerate().map(button).collect_view()}
                </div>
            }
        })
    };
    live(move || choices().into_any())
}

/// Takes step `pick` at the step that is shown.
fn take(player: Player, pick: usize) {
    let at = player.at.get_untracked();
    let mut scenario = player.run.with_untracked(|run| run.scenario.clone());
    let Some(picks) = taken(player) else { return };
    let mut picks: Vec<usize> = picks.into_iter().take(at).collect();
    picks.push(pick);
    scenario["picks"] = picks.into();
    if player.load(&scenario, Some(at + 1)).is_ok() {
        player.spoken.set(player.sentence());
    }
}

/// The picks that led through the run that is shown, those of the policy after the reader's own
/// included: for each step, which of the choices before it was taken.
fn taken(player: Player) -> Option<Vec<usize>> {
    player.run.with_untracked(|run| {
        (1..run.len()).map(|at| run.step(at)?.pick.map(|it| it as usize)).collect()
    })
}

/// The panel.
#[component]
pub fn Explore(
    /// Whose schedules.
    player: Player,
) -> impl IntoView {
    let Some(explore) = player.entry.explore else {
        return view! { <p class="quiet-note">"Nothing here is a choice."</p> }.into_any();
    };
    let found = RwSignal::new(None::<Result<Exploration, String>>);
    let walk = click(move || {
        let scenario = player.run.with_untracked(|run| run.scenario.clone());
        found.set(Some(explore(&scenario, STATES_MAX).map_err(|it| it.to_string())));
    });
    let result = live(move || {
        let found = found.get().map(|it| match it {
            Ok(found) => found_view(player, found),
            Err(told) => view! { <p class="fault" role="alert">{told}</p> }.into_any(),
        });
        found.into_any()
    });
    view! {
        <div class="explore">
            <p class="quiet-note">"Walks every order in which the threads can step, shortest first."</p>
            <button type="button" class="primary" data-act="explore" on:click=walk>"Try every schedule"</button>
            <div aria-live="polite">{result}</div>
        </div>
    }
    .into_any()
}

fn found_view(player: Player, found: Exploration) -> AnyView {
    let Exploration { verdict, n_states, n_transitions, outcomes, complete, .. } = found;
    let count = format!("{n_states} states, {n_transitions} steps between them.");
    let partial = (!complete).then(|| {
        view! { <p class="quiet-note">"The walk stopped at its limit: there may be more outcomes."</p> }
    });
    let verdict = match verdict {
        Verdict::Holds => holds_view(outcomes.len(), &count),
        Verdict::Unknown => view! { <p>"Unknown: the limit came first. "{count}</p> }.into_any(),
        Verdict::Broken { law, picks } => {
            let n_picks = picks.len();
            view! {
                <p class="ask-wrong">
                    {format!("Broken: {law}, after {n_picks} steps at the least. {count} ")}
                    <button type="button" class="quiet" on:click=click(move || open(player, &picks))>"Open that schedule"</button>
                </p>
            }
            .into_any()
        }
    };
    let row = |outcome: sim::Outcome| {
        let sim::Outcome { label, n_states, picks, .. } = outcome;
        view! {
            <tr>
                <td>{label}</td>
                <td class="number">{n_states}</td>
                <td><button type="button" class="quiet" on:click=click(move || open(player, &picks))>"Open one"</button></td>
            </tr>
        }
        .into_any()
    };
    view! {
        {verdict}{partial}
        <div class="table-wrap" tabindex="0" role="group" aria-label="Final outcomes">
            <table class="data">
                <thead><tr><th scope="col">"Outcome"</th><th scope="col" class="number">"Final states"</th><th scope="col">"A schedule"</th></tr></thead>
                <tbody>{outcomes.into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
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

/// Shows a schedule from its start.
fn open(player: Player, picks: &[u32]) {
    let mut scenario = player.run.with_untracked(|run| run.scenario.clone());
    scenario["picks"] = Value::from(picks.to_vec());
    if player.load(&scenario, Some(0)).is_ok() {
        player.spoken.set(format!(
            "Opened a schedule of {} steps. {}",
            picks.len(),
            player.sentence()
        ));
    }
}
