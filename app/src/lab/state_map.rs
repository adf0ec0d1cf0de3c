//! The states of a small program as a map: one point a state, one line a step, ends on the right.

use super::choices::{open, taken};
use crate::erased::{live, text};
use crate::panels::marks::actor_class;
use crate::player::Player;
use leptos::prelude::*;
use sim::{MapEnd, StateMap};
use std::sync::Arc;

/// From one depth to the next, and from one state of a depth to the next, in pixels.
const STEP_PX: f64 = 46.0;
const ROW_PX: f64 = 30.0;

/// Around everything, in pixels: room for a point.
const EDGE_PX: f64 = 16.0;

/// Where a node stands, in pixels.
type Point = (f64, f64);

/// Where each node stands: one column a depth, in a column near the nodes that lead there.
fn places(map: &StateMap) -> Vec<Point> {
    let mut columns: Vec<Vec<usize>> = Vec::new();
    for (n, node) in map.nodes.iter().enumerate() {
        let depth = node.depth as usize;
        if columns.len() <= depth {
            columns.resize(depth + 1, Vec::new());
        }
        columns[depth].push(n);
    }
    let tallest = columns.iter().map(Vec::len).max().unwrap_or(0) as f64;
    let mut places = vec![(0.0, 0.0); map.nodes.len()];
    for (depth, column) in columns.iter_mut().enumerate() {
        let mut keyed: Vec<(f64, usize)> =
            column.iter().map(|&n| (wished(map, &places, n), n)).collect();
        keyed.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let top = (tallest - keyed.len() as f64) / 2.0;
        for (row, (_, n)) in keyed.into_iter().enumerate() {
            places[n] = (EDGE_PX + depth as f64 * STEP_PX, EDGE_PX + (top + row as f64) * ROW_PX);
        }
    }
    places
}

/// The mean height of the nodes before `n` that lead to it.
fn wished(map: &StateMap, places: &[Point], n: usize) -> f64 {
    let before = map.edges.iter().filter(|it| {
        let from = it.from as usize;
        it.to as usize == n && map.nodes[from].depth < map.nodes[n].depth
    });
    let heights: Vec<f64> = before.map(|it| places[it.from as usize].1).collect();
    if heights.is_empty() { 0.0 } else { heights.iter().sum::<f64>() / heights.len() as f64 }
}

/// The node that a schedule has reached; `None` when it leaves the map.
fn reached(map: &StateMap, picks: &[usize]) -> Option<usize> {
    let mut at = 0_u32;
    for &pick in picks {
        at = map.edges.iter().find(|it| it.from == at && it.pick as usize == pick)?.to;
    }
    Some(at as usize)
}

/// What a node is, in words.
fn told(map: &StateMap, n: usize) -> String {
    let node = &map.nodes[n];
    let end = match &node.end {
        Some(MapEnd::Outcome(label)) => format!("ends: {label}"),
        Some(MapEnd::Broken(law)) => format!("breaks: {law}"),
        None => node.note.clone(),
    };
    let ways = map.edges.iter().filter(|it| it.from as usize == n).map(|it| it.label.as_str());
    let ways = ways.collect::<Vec<_>>().join("; ");
    let ways = if ways.is_empty() { ways } else { format!(". Next: {ways}") };
    let alike =
        if node.n_states == 1 { String::new() } else { format!(", {} states", node.n_states) };
    format!("After {} steps{alike}: {end}{ways}", node.depth)
}

/// Arrow keys walk from state to state, Enter opens the schedule that leads there.
pub(super) fn map_view(player: Player, map: StateMap) -> AnyView {
    let map = Arc::new(map);
    let places = Arc::new(places(&map));
    let width = places.iter().map(|it| it.0).fold(0.0, f64::max) + EDGE_PX;
    let height = places.iter().map(|it| it.1).fold(0.0, f64::max) + EDGE_PX;
    let chosen = RwSignal::new(0_usize);
    let here = Memo::new({
        let map = map.clone();
        move |_| {
            let at = player.at.get();
            player.run.track();
            let picks = taken(player).unwrap_or_default();
            reached(&map, &picks[..at.min(picks.len())])
        }
    });
    let go = {
        let map = map.clone();
        move |n: usize| {
            chosen.set(n);
            let picks = &map.nodes[n].picks;
            open(player, picks, picks.len());
        }
    };
    let on_key = {
        let (map, places, go) = (map.clone(), places.clone(), go.clone());
        move |event: leptos::ev::KeyboardEvent| {
            let now = chosen.get_untracked();
            let next = match event.key().as_str() {
                "Enter" | " " => {
                    go(now);
                    Some(now)
                }
                key => neighbour(&map, &places, now, key),
            };
            if let Some(next) = next {
                chosen.set(next);
                event.prevent_default();
                event.stop_propagation();
            }
        }
    };
    let lines: Vec<AnyView> = map
        .edges
        .iter()
        .map(|edge| {
            let (from, to) = (places[edge.from as usize], places[edge.to as usize]);
            let class = format!("map-edge {}", actor_class(edge.actor));
            view! { <line class=class x1=from.0 y1=from.1 x2=to.0 y2=to.1><title>{edge.label.clone()}</title></line> }
                .into_any()
        })
        .collect();
    let points: Vec<AnyView> = (0..map.nodes.len())
        .map(|n| {
            let kind = match &map.nodes[n].end {
                Some(MapEnd::Outcome(_)) => "map-end",
                Some(MapEnd::Broken(_)) => "map-broken",
                None => "map-state",
            };
            let class = text(move || {
                let here = if here.get() == Some(n) { " map-here" } else { "" };
                let chosen = if chosen.get() == n { " map-chosen" } else { "" };
                format!("{kind}{here}{chosen}")
            });
            let (x, y) = places[n];
            let go = go.clone();
            let cross = (kind == "map-broken").then(|| {
                let d = format!("M{} {}l8 8m0-8l-8 8", x - 4.0, y - 4.0);
                view! { <path class="map-cross" d=d></path> }
            });
            view! {
                <g class=class on:click=move |_| go(n)>
                    <circle cx=x cy=y r="8"></circle>
                    {cross}
                    <title>{told(&map, n)}</title>
                </g>
            }
            .into_any()
        })
        .collect();
    let said = {
        let map = map.clone();
        live(move || told(&map, chosen.get()).into_any())
    };
    let view_box = format!("0 0 {width} {height}");
    view! {
        <div class="state-map">
            <p class="map-title">"Every state: steps lead to the right, a cross breaks a law, a ring is where the figure stands"</p>
            <div class="map-frame" tabindex="0" role="application" aria-label="Map of all states. Arrow keys walk, Enter opens."
                on:keydown=on_key>
                <svg width=width height=height viewBox=view_box aria-hidden="true">{lines}{points}</svg>
            </div>
            <p class="map-said" aria-live="polite">{said}</p>
        </div>
    }
    .into_any()
}

/// The node that an arrow key leads to: along a step to the right or back, or up and down a column.
fn neighbour(map: &StateMap, places: &[Point], now: usize, key: &str) -> Option<usize> {
    let ways = map.edges.iter();
    match key {
        "ArrowRight" => ways.filter(|it| it.from as usize == now).map(|it| it.to as usize).next(),
        "ArrowLeft" => ways
            .filter(|it| it.to as usize == now)
            .map(|it| it.from as usize)
            .min_by_key(|&it| map.nodes[it].depth),
        "ArrowUp" | "ArrowDown" => {
            let down = key == "ArrowDown";
            let (x, y) = places[now];
            let beyond = |&n: &usize| {
                let (other, height) = places[n];
                (other - x).abs() < 0.5 && if down { y < height } else { height < y }
            };
            let far = |&n: &usize| ((places[n].1 - y).abs() * 8.0) as u64;
            (0..places.len()).filter(beyond).min_by_key(far)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{neighbour, places, reached, told};
    use sim::{SearchOptions, StateMap};

    /// The map of the smallest machine of the course that has one.
    fn some_map() -> StateMap {
        let searched = |entry: &'static sim::Entry| {
            let scenario = serde_json::from_str(entry.example).ok()?;
            let options = SearchOptions { states_max: 10_000, reduce: true, after_picks: false };
            let mut search = entry.search?(&scenario, options).ok()?;
            while !search.advance(1_000).done {}
            search.finish().map
        };
        sim::engines().find_map(searched).unwrap()
    }

    #[test]
    fn no_two_states_stand_on_one_place() {
        let places = places(&some_map());
        for (n, one) in places.iter().enumerate() {
            for other in &places[..n] {
                let apart = (one.0 - other.0).abs() + (one.1 - other.1).abs();
                assert!(29.0 < apart, "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn picks_lead_to_the_node_that_names_them() {
        let map = some_map();
        for (n, node) in map.nodes.iter().enumerate() {
            let picks: Vec<usize> = node.picks.iter().map(|&it| it as usize).collect();
            assert_eq!(reached(&map, &picks), Some(n), "{}", told(&map, n));
        }
        assert_eq!(reached(&map, &[999]), None);
    }

    #[test]
    fn arrows_walk_along_steps() {
        let map = some_map();
        let places = places(&map);
        let next = neighbour(&map, &places, 0, "ArrowRight").unwrap();
        assert_eq!(map.nodes[next].depth, 1);
        assert_eq!(neighbour(&map, &places, next, "ArrowLeft"), Some(0));
        assert_eq!(neighbour(&map, &places, 0, "ArrowLeft"), None);
        assert_eq!(neighbour(&map, &places, 0, "x"), None);
    }
}
