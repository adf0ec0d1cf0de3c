//! Named values with units.

use leptos::prelude::*;
use sim::scene::{Stat, Stats};

/// Draws a quiet row of figures.
pub(super) fn stats_view(stats: &Stats) -> AnyView {
    let items: Vec<AnyView> = stats.items.iter().map(stat_view).collect();
    view! { <dl class="stats">{items}</dl> }.into_any()
}

fn stat_view(stat: &Stat) -> AnyView {
    let Stat { label, value, unit } = stat;
    let unit = match unit.is_empty() {
        true => ().into_any(),
        false => view! { " " <span class="stat-unit">{sim::unit(value, unit)}</span> }.into_any(),
    };
    // Words are read, not compared, and set smaller than figures.
    let is_words = 8 < value.len() && value.chars().next().is_some_and(char::is_alphabetic);
    let class = if is_words { "stat-value is-words" } else { "stat-value" };
    view! {
        <div class="stat">
            <dt>{label.clone()}</dt>
            <dd><span class=class>{value.clone()}</span>{unit}</dd>
        </div>
    }
    .into_any()
}
