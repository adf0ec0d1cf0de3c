//! Turns what plotters draws into something that follows the theme.

use super::marks::actor_class;
use sim::scene::Chart;

/// Marker colours: the red part says what it is.
pub(super) const GRID: u8 = 1;
pub(super) const AXIS: u8 = 2;
pub(super) const NUMBER: u8 = 3;
pub(super) const NAME: u8 = 4;
pub(super) const SERIES: u8 = 5;
pub(super) const SERIES_NAME: u8 = 6;

/// Puts classes in the place of marker colours and drops fixed fonts.
pub(super) fn themed(svg: &str, chart: &Chart) -> String {
    let mut out = String::with_capacity(svg.len());
    for line in svg.lines().filter(|line| !line.is_empty()) {
        // Only the tag: the text of a label is none of our business.
        let (tag, rest) = line.split_once('>').unwrap_or((line, ""));
        let color = [" stroke=\"#", " fill=\"#"].iter().find_map(|attr| {
            let at = tag.find(attr)? + attr.len();
            tag.get(at..at + 6)
        });
        let class = color.map_or(String::new(), |color| class_of(color, chart));
        out.push_str(&plain_tag(tag, &class));
        if line.contains('>') {
            out.push('>');
            out.push_str(rest);
        }
        out.push('\n');
    }
    out
}

/// The class that a marker colour stands for.
fn class_of(color: &str, chart: &Chart) -> String {
    let part = |at: usize| color.get(at..at + 2).and_then(|it| u8::from_str_radix(it, 16).ok());
    let n = usize::from(part(4).unwrap_or(0));
    let actor = chart.series.get(n).and_then(|it| it.actor);
    let hue = actor.or_else(|| u16::try_from(n).ok());
    match part(0) {
        Some(GRID) => "chart-grid".to_owned(),
        Some(AXIS) => "chart-axis".to_owned(),
        Some(NUMBER) => "chart-number".to_owned(),
        Some(NAME) => "chart-name".to_owned(),
        Some(SERIES) => format!("chart-series series-{} {}", n % 4, actor_class(hue)),
        Some(SERIES_NAME) => format!("chart-series-name {}", actor_class(hue)),
        _ => String::new(),
    }
}

/// The tag without looks, with a class.
fn plain_tag(tag: &str, class: &str) -> String {
    const LOOKS: [&str; 6] =
        ["opacity", "stroke", "stroke-width", "fill", "font-family", "font-size"];
    let mut out = String::new();
    let mut parts = tag.split('"');
    let mut is_first = true;
    while let Some(before) = parts.next() {
        let name = before.trim_start_matches(|letter: char| letter != ' ');
        let name = name.trim().trim_end_matches('=');
        let Some(value) = parts.next() else {
            out.push_str(before);
            break;
        };
        if is_first {
            let open = before.split(' ').next().unwrap_or(before);
            out.push_str(open);
            if !class.is_empty() && !open.starts_with("</") {
                out.push_str(&format!(" class=\"{class}\""));
            }
            is_first = false;
        }
        if !LOOKS.contains(&name) {
            out.push_str(&format!(" {name}=\"{value}\""));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::plain_tag;

    #[test]
    fn looks_give_way_to_a_class() {
        let tag = r##"<line opacity="1" stroke="#010000" stroke-width="1" x1="40" y1="5"/"##;
        assert_eq!(plain_tag(tag, "chart-grid"), r#"<line class="chart-grid" x1="40" y1="5"/"#);
        assert_eq!(plain_tag("</text", ""), "</text");
    }
}
