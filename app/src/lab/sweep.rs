//! One setting over a range: a chart for each metric.

use super::compare::chooser_view;
use super::workload::carried;
use crate::erased::{checked, flag, live, text, value};
use crate::panels::panel_view;
use crate::player::Player;
use leptos::prelude::*;
use serde_json::Value;
use sim::scene::{Chart, ChartKind, Panel, Series, Slot};
use sim::{Better, Entry, Field, Kind, Metric, Mode};

/// Most values of a sweep; a longer range is walked in larger steps.
const POINTS_MAX: i64 = 60;

/// Width of a range that nobody chose.
const SPAN: i64 = 15;

/// The panel.
#[component]
pub fn Sweeper(
    /// Whose scenario.
    player: Player,
    /// Engines that are drawn beside it.
    chosen: RwSignal<Vec<String>>,
    /// What to vary at first.
    spec: Option<content::Sweep>,
) -> impl IntoView {
    let entry = player.entry;
    let fields: Vec<&'static Field> = entry.form.iter().filter(|it| sweepable(it)).collect();
    let Some(first) = fields.first() else {
        return view! { <p class="quiet-note">"This figure has no number to vary."</p> }.into_any();
    };
    let key = spec.as_ref().map_or(first.key.to_owned(), |it| it.field.clone());
    let start = spec.as_ref().map_or_else(|| range_of(entry, &key), |it| (it.from, it.to));
    let key = RwSignal::new(key);
    let range = RwSignal::new(start);
    let metrics = RwSignal::new(spec.map_or_else(|| first_metrics(player), |it| it.metrics));
    let charts = live(move || {
        let lines = engines_of(entry, &chosen.get());
        let scenario = player.run.with(|run| run.scenario.clone());
        charts(entry, &scenario, &lines, &key.get(), range.get(), &metrics.get())
            .iter()
            .map(|slot| panel_view(slot, &[]))
            .collect_view()
            .into_any()
    });
    let choose = value(move |chosen| {
        range.set(range_of(entry, &chosen));
        key.set(chosen);
    });
    let option = move |field: &&'static Field| {
        let chosen = key.get_untracked() == field.key;
        view! { <option value=field.key selected=chosen>{field.label}</option> }.into_any()
    };
    let bound = move |label: &'static str, low: bool| {
        let now = text(move || range.with(|it| if low { it.0 } else { it.1 }).to_string());
        let set = value(move |typed| {
            let Ok(to) = typed.trim().parse::<i64>() else { return };
            let (min, max) = limits(entry, &key.get_untracked());
            let to = to.clamp(min, max);
            range
                .update(|it| if low { *it = (to, it.1.max(to)) } else { *it = (it.0.min(to), to) });
        });
        view! {
            <label class="label">{label}" "<input type="number" prop:value=now value=now.get_untracked() on:change=set/></label>
        }
        .into_any()
    };
    view! {
        <div class="sweep">
            <div class="sweep-settings">
                <label class="label">"Vary "
                    <select on:change=choose>{fields.iter().map(option).collect_view()}</select>
                </label>
                {bound("from", true)}
                {bound("to", false)}
            </div>
            {metric_chooser(player, metrics)}
            {chooser_view(entry, chosen)}
            <div class="sweep-charts">{charts}</div>
        </div>
    }
    .into_any()
}

fn sweepable(field: &Field) -> bool {
    !field.hidden && matches!(field.kind, Kind::Int { min, max } if min < max)
}

fn limits(entry: &Entry, key: &str) -> (i64, i64) {
    match entry.form.iter().find(|it| it.key == key).map(|it| it.kind) {
        Some(Kind::Int { min, max }) => (min, max),
        Some(_) | None => (0, 0),
    }
}

fn range_of(entry: &Entry, key: &str) -> (i64, i64) {
    let (min, max) = limits(entry, key);
    (min, max.min(min.saturating_add(SPAN)))
}

fn engines_of(entry: &'static Entry, chosen: &[String]) -> Vec<&'static Entry> {
    let others = chosen
        .iter()
        .filter_map(|id| crate::pieces::engine(id))
        .filter(|it| it.meta.id != entry.meta.id);
    std::iter::once(entry).chain(others).collect()
}

/// Metrics of the whole run that can be better or worse.
fn judged(player: Player) -> Vec<Metric> {
    let judged = |it: &&Metric| it.better != Better::Neither;
    player.run.with_untracked(|run| run.metrics.iter().filter(judged).cloned().collect())
}

fn first_metrics(player: Player) -> Vec<String> {
    judged(player).into_iter().take(2).map(|it| it.key).collect()
}

fn metric_chooser(player: Player, metrics: RwSignal<Vec<String>>) -> AnyView {
    let option = move |metric: Metric| {
        let (key, toggled) = (metric.key.clone(), metric.key);
        let on = flag(move || metrics.with(|keys| keys.contains(&key)));
        let at_first = metrics.with_untracked(|keys| keys.contains(&toggled));
        let toggle = checked(move |_| {
            metrics.update(|keys| match keys.iter().position(|it| *it == toggled) {
                Some(at) => {
                    keys.remove(at);
                }
                None => keys.push(toggled.clone()),
            });
        });
        view! {
            <label class="choice"><input type="checkbox" prop:checked=on checked=at_first on:change=toggle/><span>{metric.label}</span></label>
        }
        .into_any()
    };
    view! {
        <fieldset class="compare-chooser">
            <legend>"Draw"</legend>
            {judged(player).into_iter().map(option).collect_view()}
        </fieldset>
    }
    .into_any()
}

/// One chart a metric, one line an engine.
fn charts(
    entry: &'static Entry,
    scenario: &Value,
    lines: &[&'static Entry],
    key: &str,
    (from, to): (i64, i64),
    metrics: &[String],
) -> Vec<Slot> {
    let Some(field) = entry.form.iter().find(|it| it.key == key) else { return Vec::new() };
    let stride = usize::try_from(((to - from) / POINTS_MAX).max(1)).unwrap_or(1);
    let values: Vec<i64> = (from..=to).step_by(stride).collect();
    let runs: Vec<Vec<(i64, Vec<Metric>)>> =
        lines.iter().map(|line| swept(entry, scenario, line, key, &values)).collect();
    let unit = if field.unit.is_empty() { String::new() } else { format!(" ({})", field.unit) };
    let chart = |metric: &String| {
        let named = runs.iter().flatten().flat_map(|(_, all)| all).find(|it| it.key == *metric)?;
        let (_, unit_shown) = named.shown();
        let y_unit = if unit_shown.is_empty() { String::new() } else { format!(" ({unit_shown})") };
        let line = |(line, runs): (&&'static Entry, &Vec<(i64, Vec<Metric>)>)| {
            let point = |(x, all): &(i64, Vec<Metric>)| {
                let (y, _) = all.iter().find(|it| it.key == *metric)?.shown();
                Some((*x as f64, y))
            };
            let points = runs.iter().filter_map(point).collect();
            Series { label: line.meta.title.to_owned(), actor: None, points }
        };
        let chart = Chart {
            kind: ChartKind::Line,
            x_label: format!("{}{unit}", field.label),
            y_label: format!("{}{y_unit}", named.label),
            series: lines.iter().zip(&runs).map(line).collect(),
        };
        Some(Slot { slug: "sweep", title: "", panel: Panel::Chart(chart) })
    };
    metrics.iter().filter_map(chart).collect()
}

/// The metrics of one engine at each value; a value that it refuses has no point.
fn swept(
    entry: &Entry,
    scenario: &Value,
    line: &Entry,
    key: &str,
    values: &[i64],
) -> Vec<(i64, Vec<Metric>)> {
    let at = |&value: &i64| {
        let mut changed = scenario.clone();
        changed.as_object_mut()?.insert(key.to_owned(), value.into());
        let run = line.run(&carried(entry, &changed, line), Mode::MetricsOnly).ok()?;
        Some((value, run.metrics))
    };
    values.iter().filter_map(at).collect()
}
