//! Named values with units.

use crate::draw::{Element, el};
use sim::scene::{Stat, Stats};

/// Draws a quiet row of figures.
pub(super) fn stats_view(stats: &Stats) -> Element {
    let items: Vec<Element> = stats.items.iter().map(stat_view).collect();
    el("dl").class("stats").with(items)
}

fn stat_view(stat: &Stat) -> Element {
    let Stat { label, value, unit } = stat;
    // Words are read, not compared, and set smaller than figures.
    let is_words = 8 < value.len() && value.chars().next().is_some_and(char::is_alphabetic);
    let class = if is_words { "stat-value is-words" } else { "stat-value" };
    let number = el("dd").with(el("span").class(class).with(value));
    let number = match unit.is_empty() {
        true => number,
        false => number.with(" ").with(el("span").class("stat-unit").with(sim::unit(value, unit))),
    };
    el("div").class("stat").with(el("dt").with(label)).with(number)
}
