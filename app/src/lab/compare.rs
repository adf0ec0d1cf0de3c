//! Several engines on one workload: one clock, one scrubber, the best of each metric marked.

use super::workload::{carried, peers};
use crate::erased::{checked, flag, live, text, value};
use crate::panels::{hero, paged_view};
use crate::player::Player;
use leptos::prelude::*;
use sim::scene::number;
use sim::{Better, Entry, Metric, Mode, Run};
use std::sync::Arc;

/// Most engines beside each other.
pub const COMPARED_MAX: usize = 4;

/// A run with the name that stands above it, or why there is none.
pub(super) type Lane = (&'static str, Result<Arc<Run>, String>);

/// The panel.
#[component]
pub fn Compare(
    /// Whose workload.
    player: Player,
    /// Ids of the engines beside it.
    chosen: RwSignal<Vec<String>>,
) -> impl IntoView {
    let entry = player.entry;
    let lanes = Memo::new_with_compare(move |_| compared(player, &chosen.get()), |_, _| true);
    let end = move || {
        lanes.with(|lanes| {
            lanes.iter().filter_map(|(_, run)| run.as_ref().ok()).map(|run| last_time(run)).max()
        })
    };
    let time = RwSignal::new(0_u64);
    // The figure above and the scrubber here share one clock; whoever moved last sets it.
    Effect::new(move |_| {
        let at = player.at.get();
        player.run.with(|run| {
            let last = at + 1 == run.len();
            let now = run.step(at).map_or(0, |step| step.time);
            time.set(if last { end().unwrap_or(now) } else { now });
        });
    });
    let shown_time =
        move || if cfg!(target_arch = "wasm32") { time.get() } else { end().unwrap_or(0) };
    let pictures = live(move || {
        let now = shown_time();
        lanes.with(|lanes| lanes.iter().map(|lane| lane_view(lane, now)).collect_view().into_any())
    });
    let unit = entry.meta.time_unit;
    let seek = value(move |typed| {
        if let Ok(to) = typed.parse() {
            player.playing.set(false);
            time.set(to);
        }
    });
    let table = live(move || lanes.with(|lanes| table_view(lanes)));
    let label = text(move || sim::quantity(&shown_time().to_string(), unit));
    view! {
        <div class="compare">
            {chooser_view(entry, chosen)}
            <div class="scrubber compare-scrubber">
                <input type="range" min="0" step="1" max=text(move || end().unwrap_or(0).to_string())
                    aria-label="Time of all" prop:value=text(move || shown_time().to_string())
                    aria-valuetext=label on:input=seek/>
                <span class="scrubber-label">{label}</span>
            </div>
            <div class="compare-lanes">{pictures}</div>
            {table}
        </div>
    }
    .into_any()
}

fn compared(player: Player, chosen: &[String]) -> Vec<Lane> {
    let entry = player.entry;
    let scenario = player.run.with(|run| run.scenario.clone());
    let own = (entry.meta.title, Ok(player.run.get()));
    let other = |id: &String| {
        let other = crate::pieces::engine(id)?;
        let run = other.run(&carried(entry, &scenario, other), Mode::Frames);
        Some((other.meta.title, run.map(Arc::new).map_err(|it| it.to_string())))
    };
    let others = chosen.iter().filter(|id| *id != entry.meta.id).filter_map(other);
    std::iter::once(own).chain(others).take(COMPARED_MAX).collect()
}

fn last_time(run: &Run) -> u64 {
    run.step(usize::MAX).map_or(0, |step| step.time)
}

/// The last step whose time is not after `now`.
fn step_at(run: &Run, now: u64) -> usize {
    let (mut low, mut high) = (0, run.len());
    while low < high {
        let middle = usize::midpoint(low, high);
        if run.step(middle).is_some_and(|step| step.time <= now) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low.saturating_sub(1)
}

/// The first panel of a run at a time.
pub(super) fn lane_view((name, run): &Lane, now: u64) -> AnyView {
    let name = *name;
    let picture = match run {
        Ok(run) => {
            let scene = run.scene(step_at(run, now));
            let hero = hero(&scene);
            let first = scene.panels.into_iter().next();
            first.map(|slot| paged_view(slot, &run.actors, None, hero, false)).into_any()
        }
        Err(told) => view! { <p class="fault">{told.clone()}</p> }.into_any(),
    };
    view! { <div class="compare-lane" role="group" aria-label=name><p class="compare-name">{name}</p>{picture}</div> }
        .into_any()
}

/// Which engines stand beside the figure's own: the same choice for a comparison and a sweep.
pub(super) fn chooser_view(entry: &'static Entry, chosen: RwSignal<Vec<String>>) -> AnyView {
    let peers = peers(entry);
    if peers.is_empty() {
        return ().into_any();
    }
    let option = move |peer: &'static Entry| {
        let id = peer.meta.id;
        let on = move || chosen.with(|ids| ids.iter().any(|it| it == id));
        let full = flag(move || !on() && COMPARED_MAX <= chosen.with(Vec::len) + 1);
        let toggle = checked(move |_| {
            chosen.update(|ids| match ids.iter().position(|it| it == id) {
                Some(at) => {
                    ids.remove(at);
                }
                None => ids.push(id.to_owned()),
            });
        });
        let at_first = untrack(on);
        view! {
            <label class="choice">
                <input type="checkbox" prop:checked=flag(on) checked=at_first disabled=full on:change=toggle/>
                <span>{peer.meta.title}</span>
            </label>
        }
        .into_any()
    };
    view! {
        <fieldset class="compare-chooser">
            <legend>"Beside it, on the same workload (up to three)"</legend>
            {peers.into_iter().map(option).collect_view()}
        </fieldset>
    }
    .into_any()
}

/// One row a metric that all runs have, one column a run.
pub(super) fn table_view(lanes: &[Lane]) -> AnyView {
    let runs: Vec<(&'static str, &Arc<Run>)> =
        lanes.iter().filter_map(|(name, run)| Some((*name, run.as_ref().ok()?))).collect();
    let Some((_, first)) = runs.first() else { return ().into_any() };
    let shared = |metric: &&Metric| {
        metric.better != Better::Neither
            && runs.iter().all(|(_, run)| run.metric(&metric.key).is_some())
    };
    let row = |metric: &Metric| {
        let of = |run: &Run| run.metrics.iter().find(|it| it.key == metric.key).map(Metric::shown);
        let values: Vec<f64> = runs.iter().filter_map(|(_, run)| Some(of(run)?.0)).collect();
        let best = best(&values, metric.better);
        let cell = |value: f64| {
            let wins = best.is_some_and(|best| (best - value).abs() < 1e-9);
            let class = if wins { "number best" } else { "number" };
            let mark = wins.then(|| view! { <span class="best-mark">"best "</span> });
            view! { <td class=class>{mark}{number(value, 3)}</td> }.into_any()
        };
        let (_, unit) = metric.shown();
        let unit = (!unit.is_empty()).then(|| view! { <span class="unit">" "{unit}</span> });
        view! { <tr><th scope="row">{metric.label.clone()}{unit}</th>{values.into_iter().map(cell).collect_view()}</tr> }
            .into_any()
    };
    let head = |(name, _): &(&'static str, &Arc<Run>)| {
        view! { <th scope="col" class="number">{*name}</th> }.into_any()
    };
    view! {
        <div class="table-wrap" tabindex="0" role="group" aria-label="Metrics compared">
            <table class="data">
                <thead><tr><th scope="col">"Metric"</th>{runs.iter().map(head).collect_view()}</tr></thead>
                <tbody>{first.metrics.iter().filter(shared).map(row).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// The best value, unless all are the same.
fn best(values: &[f64], better: Better) -> Option<f64> {
    let least = values.iter().copied().reduce(f64::min)?;
    let most = values.iter().copied().reduce(f64::max)?;
    if most - least < 1e-9 {
        return None;
    }
    match better {
        Better::Lower => Some(least),
        Better::Higher => Some(most),
        Better::Neither => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{best, step_at};
    use sim::{Better, Mode, engines};

    #[test]
    fn the_best_is_marked_unless_all_are_equal() {
        assert_eq!(best(&[3.0, 1.0, 2.0], Better::Lower), Some(1.0));
        assert_eq!(best(&[3.0, 1.0], Better::Higher), Some(3.0));
        assert_eq!(best(&[2.0, 2.0], Better::Higher), None);
        assert_eq!(best(&[], Better::Lower), None);
    }

    #[test]
    fn a_share_is_told_in_percent() {
        let entry = sim::engine("cpu/round_robin").unwrap();
        let run = entry.run_text(entry.example, Mode::MetricsOnly).unwrap();
        let shown = |key: &str| run.metrics.iter().find(|it| it.key == key).unwrap().shown();
        assert_eq!(shown("utilisation"), (100.0, "%"));
        assert_eq!(shown("waiting_ticks_mean").1, "ticks");
    }

    #[test]
    fn the_step_at_a_time_is_the_last_one_not_after_it() {
        for entry in engines() {
            let run = entry.run_text(entry.example, Mode::Frames).unwrap();
            let end = run.step(usize::MAX).unwrap().time;
            for now in 0..=end.min(60) {
                let slow = (0..run.len()).rev().find(|&at| run.step(at).unwrap().time <= now);
                assert_eq!(step_at(&run, now), slow.unwrap_or(0), "{} at {now}", entry.meta.id);
            }
        }
    }
}
