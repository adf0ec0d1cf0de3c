//! A small picture of an engine: the lanes, cells or boxes of its first figure, without words.

use super::Site;
use leptos::prelude::*;
use sim::scene::{Cells, Gantt, Graph, Node, Panel, Queue, Span, Tone};
use sim::{Entry, Mode, Run};

/// Size of the drawing, in its own units.
const WIDTH: u64 = 240;
const HEIGHT: u64 = 96;

/// Most lanes or rows that are drawn.
const ROWS_MAX: usize = 6;

/// A link to the engine's page, with its picture, title and summary.
pub(super) fn card(site: &Site, entry: &Entry, root: &str) -> AnyView {
    let meta = entry.meta;
    view! {
        <li class="card">
            <a href=format!("{root}sim/{}.html", meta.id)>
                {picture(site, entry)}
                <span class="card-title">{meta.title}</span>
            </a>
            <p>{meta.summary}</p>
        </li>
    }
    .into_any()
}

fn picture(site: &Site, entry: &Entry) -> AnyView {
    let figure = site.first_figure(entry);
    // The last frame: there the whole time line is drawn.
    let drawn = entry.run_text(&figure.scenario, Mode::Frames).ok().and_then(|run| marks(&run));
    view! {
        <svg class="thumb" viewBox=format!("0 0 {WIDTH} {HEIGHT}") aria-hidden="true" preserveAspectRatio="xMidYMid meet">
            {drawn}
        </svg>
    }
    .into_any()
}

/// The first panel of a kind that can be drawn without words.
fn marks(run: &Run) -> Option<AnyView> {
    run.scene(usize::MAX).panels.iter().find_map(|slot| match &slot.panel {
        Panel::Gantt(gantt) => Some(lanes(gantt)),
        Panel::Cells(cells) => Some(grid(cells)),
        Panel::Queue(queue) => Some(rows(queue)),
        Panel::Graph(graph) => Some(nodes(graph)),
        Panel::Code(code) => Some(text_lines(code.listings.len())),
        Panel::Bits(_)
        | Panel::Table(_)
        | Panel::Chart(_)
        | Panel::Stats(_)
        | Panel::Note { .. } => None,
    })
}

fn rect(x: u64, y: u64, width: u64, height: u64, actor: Option<u16>) -> AnyView {
    let class = match actor {
        Some(actor) => format!("thumb-mark thumb-{}", actor % 8),
        None => "thumb-mark".to_owned(),
    };
    view! { <rect class=class x=x y=y width=width height=height rx="2"></rect> }.into_any()
}

/// Spans on their lanes, up to the time of the frame.
fn lanes(gantt: &Gantt) -> AnyView {
    let lanes: Vec<_> =
        gantt.lanes.iter().filter(|it| it.spans.iter().any(is_run)).take(ROWS_MAX).collect();
    let pitch = HEIGHT / (lanes.len().max(1) as u64);
    let (height, end) = (pitch.saturating_sub(4).clamp(6, 36), gantt.end.max(1));
    let mut out = Vec::new();
    for (n, lane) in lanes.iter().enumerate() {
        let y = n as u64 * pitch + (pitch.saturating_sub(height)) / 2;
        for span in &lane.spans {
            let actor = span.mark.actor.or(lane.actor).filter(|_| is_run(span));
            let (x, to) = (span.start * WIDTH / end, span.end * WIDTH / end);
            out.push(rect(x, y, to.saturating_sub(x).max(2) - 1, height, actor));
        }
    }
    out.into_any()
}

/// Whether something happens in a span, other than waiting.
fn is_run(span: &Span) -> bool {
    !matches!(span.mark.tone, Tone::Ready | Tone::Idle | Tone::Muted)
}

fn grid(cells: &Cells) -> AnyView {
    let rows: Vec<_> = cells.rows.iter().take(ROWS_MAX).collect();
    let n_columns = rows.iter().map(|it| it.marks.len()).max().unwrap_or(1).clamp(1, 24) as u64;
    let side = (WIDTH / n_columns).min(HEIGHT / (rows.len().max(1) as u64)).min(32);
    let mut out = Vec::new();
    for (row, y) in rows.iter().zip(0..) {
        for (cell, x) in row.marks.iter().take(24).zip(0..) {
            out.push(rect(x * side, y * side, side - 2, side - 2, cell.actor));
        }
    }
    out.into_any()
}

fn rows(queue: &Queue) -> AnyView {
    let mut out = Vec::new();
    for (row, y) in queue.rows.iter().take(4).zip(0..) {
        for (mark, x) in row.marks.iter().take(8).zip(0..) {
            out.push(rect(x * 28, y * 24, 24, 20, mark.actor));
        }
    }
    out.into_any()
}

/// Nodes and edges where the figure has them.
fn nodes(graph: &Graph) -> AnyView {
    let (xs, ys) = (|it: &Node| it.at.0, |it: &Node| it.at.1);
    let bounds = |of: fn(&Node) -> i32| {
        let all = || graph.nodes.iter().map(of);
        (all().min().unwrap_or(0), all().max().unwrap_or(0))
    };
    let scale = |value: i32, (low, high): (i32, i32), size: u64| {
        let room = i64::try_from(size).unwrap_or(0) - 32;
        16 + i64::from(value - low) * room / i64::from((high - low).max(1))
    };
    let place = |it: &Node| (scale(xs(it), bounds(xs), WIDTH), scale(ys(it), bounds(ys), HEIGHT));
    let node = |key: &str| graph.nodes.iter().find(|it| it.mark.key == key);
    let edges = graph.edges.iter().filter_map(|edge| {
        let ((x1, y1), (x2, y2)) = (place(node(&edge.from)?), place(node(&edge.to)?));
        Some(view! { <line class="thumb-edge" x1=x1 y1=y1 x2=x2 y2=y2></line> })
    });
    let dots = graph.nodes.iter().map(|it| {
        let (x, y) = place(it);
        let class = it
            .mark
            .actor
            .map_or_else(|| "thumb-mark".to_owned(), |it| format!("thumb-mark thumb-{}", it % 8));
        view! { <circle class=class cx=x cy=y r="10"></circle> }
    });
    view! { {edges.collect_view()} {dots.collect_view()} }.into_any()
}

/// Listings side by side.
fn text_lines(n_listings: usize) -> AnyView {
    let n_listings = n_listings.clamp(1, 3) as u64;
    let pitch = WIDTH / n_listings;
    let mut out = Vec::new();
    for listing in 0..n_listings {
        for (line, share) in [70, 55, 80, 40, 65].into_iter().zip(0_u64..) {
            let actor = (share == 2).then(|| u16::try_from(listing).unwrap_or(0));
            out.push(rect(
                listing * pitch + 8 * (share % 2),
                share * 18 + 4,
                (pitch - 16) * line / 100,
                8,
                actor,
            ));
        }
    }
    out.into_any()
}
