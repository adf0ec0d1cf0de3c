//! The reader as the scheduler of a machine.

use crate::erased::{click, live};
use crate::player::Player;
use leptos::prelude::*;
use serde_json::Value;

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
pub(crate) fn take(player: Player, pick: usize) {
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
pub(crate) fn taken(player: Player) -> Option<Vec<usize>> {
    player.run.with_untracked(|run| {
        (1..run.len()).map(|at| run.step(at)?.pick.map(|it| it as usize)).collect()
    })
}

/// Shows a schedule: from its start, or as far as `picks` lead.
pub(super) fn open(player: Player, picks: &[u32], at: usize) {
    let mut scenario = player.run.with_untracked(|run| run.scenario.clone());
    scenario["picks"] = Value::from(picks.to_vec());
    if player.load(&scenario, Some(at)).is_ok() {
        player.spoken.set(format!(
            "Opened a schedule of {} steps. {}",
            picks.len(),
            player.sentence()
        ));
    }
}
