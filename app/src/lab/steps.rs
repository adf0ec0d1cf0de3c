//! All steps as a table: the transcript of the figure.

use crate::erased::{click, live};
use crate::player::Player;
use leptos::prelude::*;

/// Rows that are drawn at once; a longer run shows those around the current step.
const ROWS_MAX: usize = 200;

/// The panel.
#[component]
pub fn Steps(
    /// Whose steps.
    player: Player,
) -> impl IntoView {
    let window = Memo::new(move |_| {
        let (at, len) = (player.at.get(), player.len());
        let half = ROWS_MAX / 2;
        // Moves by half its length at a time, so that the table is not redrawn at every step.
        let start = (at / half).saturating_sub(1) * half;
        (start, len.min(start + 2 * ROWS_MAX))
    });
    let rows = live(move || {
        let (start, end) = window.get();
        player.run.with(|run| {
            (start..end)
                .filter_map(|at| row_view(player, run.step(at)?, at))
                .collect_view()
                .into_any()
        })
    });
    let note = live(move || {
        player.run.with(|run| {
            let note = run.is_cut().then(|| {
                let (len, all) = (run.len(), run.n_steps);
                view! { <p class="quiet-note">{format!("The first {len} of {all} steps can be shown; the metrics are of all.")}</p> }
            });
            note.into_any()
        })
    });
    let unit = player.entry.meta.time_unit;
    Effect::new(move |_| {
        request_animation_frame(move || {
            if let Some(element) = player.element() {
                crate::player::motion::follow_row(&element);
            }
        });
    });
    view! {
        <div class="steps">
            {note}
            <div class="table-wrap tall" tabindex="0" role="group" aria-label="Steps">
                <table class="data">
                    <thead><tr>
                        <th scope="col" class="number">"Step"</th>
                        <th scope="col" class="number">"Time "<span class="unit">{unit}</span></th>
                        <th scope="col">"Kind"</th>
                        <th scope="col">"What happens"</th>
                    </tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </div>
    }
    .into_any()
}

fn row_view(player: Player, step: &sim::Step, at: usize) -> Option<AnyView> {
    let current = move || (player.at.get() == at).then_some("step");
    let current: Signal<Option<&'static str>> = Signal::derive(current);
    let row = view! {
        <tr aria-current=current>
            <td class="number"><button type="button" class="quiet step-link" on:click=click(move || player.go(at))>{at + 1}</button></td>
            <td class="number">{step.time}</td>
            <td>{step.tag.replace('_', " ")}</td>
            <td>{step.say.clone()}</td>
        </tr>
    };
    Some(row.into_any())
}
