//! A small picture of an engine: the lanes, cells or boxes of its first figure, without words.

use super::Site;
use leptos::prelude::*;
use sim::scene::{
    Bits, Cells, Chart, ChartKind, Gantt, Graph, Node, Panel, Queue, Span, Strip, StripRow, Table,
    Tone,
};
use sim::{Entry, Mode, Run};

/// Size of the drawing, in its own units.
pub(super) const WIDTH: u64 = 240;
pub(super) const HEIGHT: u64 = 96;

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

/// The picture alone.
pub(super) fn picture(site: &Site, entry: &Entry) -> AnyView {
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

/// The first panel that is a picture by itself; if there is none, the first of numbers.
fn marks(run: &Run) -> Option<AnyView> {
    let scene = run.scene(usize::MAX);
    let picture = scene.panels.iter().find_map(|slot| match &slot.panel {
        Panel::Gantt(gantt) => Some(lanes(gantt)),
        Panel::Strip(strip) if strip.rows.iter().any(has_stretch) => Some(stretches(strip)),
        Panel::Cells(cells) if cells.rows.iter().any(|it| !it.marks.is_empty()) => {
            Some(grid(cells))
        }
        Panel::Queue(queue) if queue.rows.iter().any(|it| !it.marks.is_empty()) => {
            Some(rows(queue))
        }
        Panel::Graph(graph) => Some(nodes(graph)),
        Panel::Code(code) if !code.listings.is_empty() => Some(text_lines(code.listings.len())),
        Panel::Cells(_)
        | Panel::Strip(_)
        | Panel::Queue(_)
        | Panel::Code(_)
        | Panel::Bits(_)
        | Panel::Table(_)
        | Panel::Chart(_)
        | Panel::Stats(_)
        | Panel::Note { .. } => None,
    });
    picture.or_else(|| {
        scene.panels.iter().find_map(|slot| match &slot.panel {
            Panel::Chart(chart) => curves(chart),
            Panel::Bits(bits) => Some(fields(bits)),
            Panel::Table(table) => Some(table_rows(table)),
            Panel::Gantt(_)
            | Panel::Cells(_)
            | Panel::Strip(_)
            | Panel::Queue(_)
            | Panel::Graph(_)
            | Panel::Code(_)
            | Panel::Stats(_)
            | Panel::Note { .. } => None,
        })
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

fn has_stretch(row: &StripRow) -> bool {
    row.parts.iter().any(|it| it.mark.tone != Tone::Free)
}

/// Stretches of the first rows, to scale; what is free stays empty.
fn stretches(strip: &Strip) -> AnyView {
    let rows: Vec<_> = strip.rows.iter().take(ROWS_MAX).collect();
    let pitch = HEIGHT / (rows.len().max(1) as u64);
    let (height, whole) =
        (pitch.saturating_sub(6).clamp(6, 36), strip.end.saturating_sub(strip.start));
    let x = |at: u64| {
        let part = u128::from(at.saturating_sub(strip.start)) * u128::from(WIDTH);
        u64::try_from(part / u128::from(whole.max(1))).unwrap_or(WIDTH)
    };
    let mut out = Vec::new();
    for (row, n) in rows.iter().zip(0..) {
        let y = n * pitch + (pitch.saturating_sub(height)) / 2;
        for part in row.parts.iter().filter(|it| it.mark.tone != Tone::Free) {
            let (from, to) = (x(part.start), x(part.end));
            out.push(rect(from, y, to.saturating_sub(from).max(2) - 1, height, part.mark.actor));
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
    let filled = queue.rows.iter().filter(|it| !it.marks.is_empty());
    for (row, y) in filled.take(4).zip(0..) {
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

/// Series as steps or columns; `None` without points.
fn curves(chart: &Chart) -> Option<AnyView> {
    let points = || chart.series.iter().flat_map(|it| &it.points);
    let bounds = |pick: fn(&(f64, f64)) -> f64| {
        let low = points().map(pick).fold(f64::INFINITY, f64::min);
        (low, points().map(pick).fold(f64::NEG_INFINITY, f64::max))
    };
    let ((x_low, x_high), (y_low, y_high)) = (bounds(|it| it.0), bounds(|it| it.1));
    if ![x_low, x_high, y_low, y_high].into_iter().all(f64::is_finite) {
        return None;
    }
    let y_low = y_low.min(0.0);
    let n_points = chart.series.iter().map(|it| it.points.len()).max().unwrap_or(1).max(1) as u64;
    let slot = (WIDTH / n_points).max(2);
    let place = |value: f64, (low, high): (f64, f64), room: u64| {
        ((value - low) / (high - low).max(1e-12) * room as f64).round() as u64
    };
    let x_of = |x: f64| place(x, (x_low, x_high), WIDTH.saturating_sub(slot));
    let mut out = Vec::new();
    for (series, n) in chart.series.iter().zip(0_u16..) {
        let actor = Some(series.actor.unwrap_or(n));
        for (at, (x, y)) in series.points.iter().enumerate() {
            let (x, up) = (x_of(*x), place(*y, (y_low, y_high), HEIGHT - 6));
            let y = HEIGHT - 6 - up;
            if chart.kind == ChartKind::Bars {
                let width = (slot * 4 / 5 / chart.series.len() as u64).max(1);
                out.push(rect(x + u64::from(n) * width, y, width, up + 6, actor));
                continue;
            }
            // The value holds until the next point; a riser joins the two.
            let next = series.points.get(at + 1);
            let to = next.map_or(x + slot, |it| x_of(it.0));
            out.push(rect(x, y, to.saturating_sub(x) + 4, 5, actor));
            if let Some((_, next_y)) = next {
                let next_y = HEIGHT - 6 - place(*next_y, (y_low, y_high), HEIGHT - 6);
                out.push(rect(to, y.min(next_y), 4, y.abs_diff(next_y) + 5, actor));
            }
        }
    }
    Some(out.into_any())
}

/// Numbers cut into fields, each as wide as its bits; a field has the same hue in every row.
fn fields(bits: &Bits) -> AnyView {
    // Unused fields stay pale, and the hues are those of the figure.
    const HUES: [u16; 6] = [0, 1, 2, 4, 5, 6];
    let rows: Vec<_> = bits.rows.iter().take(ROWS_MAX).collect();
    let mut names: Vec<&str> = Vec::new();
    for field in rows.iter().flat_map(|row| &row.fields) {
        if !names.contains(&field.mark.label.as_str()) {
            names.push(&field.mark.label);
        }
    }
    let n_rows = rows.len().max(1) as u64;
    let pitch = (HEIGHT / n_rows).min(40);
    // Few rows stand in the middle.
    let top = (HEIGHT - pitch * n_rows) / 2 + 4;
    let mut out = Vec::new();
    for (row, n) in rows.iter().zip(0_u64..) {
        // A wide field is drawn less wide than it is, so that the small ones can be seen.
        let width = |high: u8, low: u8| u64::from(high.saturating_sub(low)).min(20) + 4;
        let total: u64 = row.fields.iter().map(|it| width(it.high, it.low)).sum();
        let mut from = 0;
        for field in &row.fields {
            let hue = names.iter().position(|name| *name == field.mark.label).unwrap_or(0);
            let hue = field.mark.actor.or(Some(HUES[hue % HUES.len()]));
            let to = from + width(field.high, field.low);
            let (x, end) = (from * WIDTH / total.max(1), to * WIDTH / total.max(1));
            let actor = hue.filter(|_| field.mark.tone != Tone::Muted);
            out.push(rect(x, top + n * pitch, (end - x).saturating_sub(3), pitch - 8, actor));
            from = to;
        }
    }
    out.into_any()
}

/// Cells of a table as bars of text; the first of a row has its actor's colour.
fn table_rows(table: &Table) -> AnyView {
    let n_columns = table.columns.len().clamp(1, 6) as u64;
    let (pitch, mut out) = (WIDTH / n_columns, Vec::new());
    for (row, y) in table.rows.iter().take(ROWS_MAX).zip(0_u64..) {
        for (cell, x) in row.cells.iter().take(6).zip(0_u64..) {
            let width = (cell.text.len() as u64 * 7).clamp(8, pitch - 8);
            let actor = match x {
                0 => row.actor.or(row.marked.then_some(0)),
                _ => None,
            };
            out.push(rect(x * pitch, y * 16, width, 10, actor));
        }
    }
    out.into_any()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_engine_has_a_picture() {
        for entry in sim::engines() {
            let run = entry.run_text(entry.example, Mode::Frames).unwrap();
            let html = marks(&run).map(leptos::prelude::RenderHtml::to_html).unwrap_or_default();
            assert!(html.contains("thumb-mark"), "{}: no mark in {html:?}", entry.meta.id);
            assert_eq!(html.matches("NaN").count() + html.matches("=\"-").count(), 0);
        }
    }
}
