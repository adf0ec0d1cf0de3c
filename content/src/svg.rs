//! The little SVG that a drawing may hold: shapes and text, placed by numbers, coloured by class.

use crate::escape::{escape, unescape};

/// Widest drawing, in units that are css pixels where there is room.
const WIDTH_MAX: u32 = 760;

const TAGS: [&str; 13] = [
    "svg", "title", "desc", "g", "rect", "circle", "ellipse", "line", "polyline", "polygon",
    "path", "text", "tspan",
];

const ATTRIBUTES: [&str; 24] = [
    "xmlns",
    "viewBox",
    "class",
    "x",
    "y",
    "x1",
    "y1",
    "x2",
    "y2",
    "width",
    "height",
    "rx",
    "ry",
    "cx",
    "cy",
    "r",
    "d",
    "points",
    "transform",
    "dx",
    "dy",
    "fill",
    "stroke",
    "stroke-width",
];

/// What the style sheet `drawing.css` knows.
const CLASSES: [&str; 23] = [
    "box", "soft", "a", "b", "c", "d", "good", "warn", "bad", "busy", "free", "line", "arrow",
    "both", "dash", "thick", "mono", "small", "strong", "faint", "mid", "end", "on",
];

/// A drawing after the check.
#[derive(Debug, Default)]
pub(crate) struct Svg {
    /// The element, ready for a page.
    pub(crate) html: String,
    /// What it shows, in a few words; plain text.
    pub(crate) title: String,
    /// What it says, in sentences; plain text.
    pub(crate) desc: String,
    /// The labels in it, divided by spaces; plain text.
    pub(crate) labels: String,
}

/// Reads a drawing. Ids in it start with `id`. Every fault goes to `fault` with its line.
pub(crate) fn read(text: &str, id: &str, fault: &mut dyn FnMut(u32, String)) -> Svg {
    let mut reader = Reader { id, fault, open: Vec::new(), out: Svg::default(), n_roots: 0 };
    let mut rest = text;
    while !rest.is_empty() {
        let lines = text[..text.len() - rest.len()].matches('\n').count();
        let line = 1 + u32::try_from(lines).unwrap_or(0);
        let end = if let Some(comment) = rest.strip_prefix("<!--") {
            4 + comment.find("-->").map_or(comment.len(), |at| at + 3)
        } else if rest.starts_with('<') {
            let end = rest.find('>').map_or(rest.len(), |at| at + 1);
            reader.tag(line, rest[..end].trim_start_matches('<').trim_end_matches('>'));
            end
        } else {
            let end = rest.find('<').unwrap_or(rest.len());
            reader.text(line, &rest[..end]);
            end
        };
        rest = &rest[end..];
    }
    reader.finish()
}

struct Reader<'a> {
    id: &'a str,
    fault: &'a mut dyn FnMut(u32, String),
    open: Vec<&'a str>,
    out: Svg,
    n_roots: u32,
}

impl Reader<'_> {
    fn finish(mut self) -> Svg {
        if self.n_roots != 1 || !self.open.is_empty() {
            (self.fault)(1, "expected one svg element that is closed".to_owned());
        }
        for (what, text) in [("title", &self.out.title), ("desc", &self.out.desc)] {
            if text.trim().is_empty() {
                (self.fault)(1, format!("a drawing without a {what}"));
            }
        }
        self.out.labels = self.out.labels.split_whitespace().collect::<Vec<_>>().join(" ");
        self.out
    }
}

impl<'a> Reader<'a> {
    fn text(&mut self, line: u32, text: &str) {
        let plain = unescape(text.trim());
        match self.open.last().copied() {
            Some("title") => self.out.title.push_str(&plain),
            Some("desc") => self.out.desc.push_str(&plain),
            Some("text" | "tspan") => {
                self.out.labels.push_str(&format!("{plain} "));
            }
            _ if plain.is_empty() => return,
            _ => return (self.fault)(line, format!("text outside of an element text: {plain}")),
        }
        self.out.html.push_str(&escape(&plain));
    }

    fn tag(&mut self, line: u32, inside: &'a str) {
        if let Some(name) = inside.strip_prefix('/') {
            if self.open.pop() != Some(name.trim()) {
                (self.fault)(line, format!("</{}> closes nothing", name.trim()));
            }
            self.out.html.push_str(&format!("</{}>", name.trim()));
            return;
        }
        let (inside, alone) = match inside.strip_suffix('/') {
            Some(inside) => (inside, true),
            None => (inside, false),
        };
        let (name, rest) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
        if !TAGS.contains(&name) {
            return (self.fault)(line, format!("<{name}> is not part of a drawing"));
        }
        if (name == "svg") != self.open.is_empty() {
            (self.fault)(line, format!("<{name}> in a wrong place"));
        }
        let pairs = self.pairs(line, rest);
        self.out.html.push_str(&format!("<{name}"));
        for (key, value) in &pairs {
            if *key != "xmlns" {
                self.out.html.push_str(&format!(" {key}=\"{value}\""));
            }
        }
        let classes = pairs.iter().find(|(key, _)| *key == "class").map_or("", |it| it.1);
        self.marks(line, name, classes, &pairs);
        if alone {
            self.out.html.push_str("/>");
        } else {
            self.open.push(name);
            self.out.html.push('>');
            if name == "svg" {
                self.out.html.push_str(&heads(self.id));
            }
        }
    }

    /// What the page adds to an element: size, names for readers, heads of arrows.
    fn marks(&mut self, line: u32, name: &str, classes: &str, pairs: &[(&str, &str)]) {
        let id = self.id;
        let mut add = |text: String| self.out.html.push_str(&text);
        match name {
            "title" | "desc" => add(format!(" id=\"{id}-{name}\"")),
            "svg" => {
                self.n_roots += 1;
                let view = pairs.iter().find(|(key, _)| *key == "viewBox").map_or("", |it| it.1);
                match size(view) {
                    Some((width, height)) => add(format!(
                        " width=\"{width}\" height=\"{height}\" role=\"img\" \
                         aria-labelledby=\"{id}-title {id}-desc\""
                    )),
                    None => (self.fault)(
                        line,
                        format!("viewBox: expected \"0 0 width height\", at most {WIDTH_MAX} wide"),
                    ),
                }
            }
            _ => {
                for class in classes.split_whitespace() {
                    match class {
                        "arrow" => add(format!(" marker-end=\"url(#{id}-head)\"")),
                        "both" => add(format!(
                            " marker-start=\"url(#{id}-head)\" marker-end=\"url(#{id}-head)\""
                        )),
                        _ => {}
                    }
                }
            }
        }
    }

    /// The attributes of a tag, each one checked.
    fn pairs(&mut self, line: u32, text: &'a str) -> Vec<(&'a str, &'a str)> {
        let mut out = Vec::new();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let Some((key, after)) = rest.split_once("=\"") else {
                (self.fault)(line, format!("{rest}: expected key=\"value\""));
                break;
            };
            let Some((value, after)) = after.split_once('"') else {
                (self.fault)(line, format!("{key}: the quotation mark is not closed"));
                break;
            };
            if let Some(what) = wrong(key, value) {
                (self.fault)(line, what);
            }
            out.push((key, value));
            rest = after.trim_start();
        }
        out
    }
}

/// What is wrong with an attribute.
fn wrong(key: &str, value: &str) -> Option<String> {
    if !ATTRIBUTES.contains(&key) {
        return Some(format!("{key} is not part of a drawing"));
    }
    let is_colour = |it: &str| {
        matches!(it, "none" | "currentColor") || (it.starts_with("var(--") && it.ends_with(')'))
    };
    let is_geometry = |it: char| it.is_ascii_alphanumeric() || "+-.,() ".contains(it);
    match key {
        "class" => value
            .split_whitespace()
            .find(|it| !CLASSES.contains(it))
            .map(|it| format!("class {it}: expected one of {}", CLASSES.join(", "))),
        "fill" | "stroke" if !is_colour(value) => {
            Some(format!("{key} {value}: expected none, currentColor or var(--name)"))
        }
        "xmlns" if value != "http://www.w3.org/2000/svg" => Some("xmlns: not SVG's".to_owned()),
        "fill" | "stroke" | "xmlns" => None,
        _ if !value.chars().all(is_geometry) => Some(format!("{key} {value}: expected numbers")),
        _ => None,
    }
}

/// Width and height of a view box that starts at 0.
fn size(view: &str) -> Option<(u32, u32)> {
    let numbers: Option<Vec<u32>> = view.split(' ').map(|it| it.parse().ok()).collect();
    match numbers.as_deref() {
        Some([0, 0, width, height]) if (1..=WIDTH_MAX).contains(width) && 0 < *height => {
            Some((*width, *height))
        }
        _ => None,
    }
}

/// The head of the arrows.
fn heads(id: &str) -> String {
    format!(
        "<defs><marker id=\"{id}-head\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" \
         markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" orient=\"auto-start-reverse\">\
         <path class=\"head\" d=\"M0 0 8 4 0 8z\"/></marker></defs>"
    )
}

#[cfg(test)]
mod tests {
    use super::read;

    fn told(text: &str) -> String {
        let mut told = Vec::new();
        read(text, "x", &mut |line, what| told.push(format!("{line}: {what}")));
        told.join("\n")
    }

    fn with(inside: &str) -> String {
        format!("<svg viewBox=\"0 0 20 10\">\n<title>T</title><desc>D.</desc>\n{inside}</svg>\n")
    }

    #[test]
    fn a_drawing_is_named_sized_and_keeps_its_shapes() {
        let text =
            with("<!-- a note -->\n<line class=\"arrow\" x1=\"0\"/>\n<text>a &lt; b</text>\n");
        let svg = read(&text, "x", &mut |line, what| panic!("{line}: {what}"));
        assert!(svg.html.starts_with(
            "<svg viewBox=\"0 0 20 10\" width=\"20\" height=\"10\" role=\"img\" \
             aria-labelledby=\"x-title x-desc\"><defs><marker id=\"x-head\""
        ));
        assert!(svg.html.ends_with(
            "<title id=\"x-title\">T</title><desc id=\"x-desc\">D.</desc>\
             <line class=\"arrow\" x1=\"0\" marker-end=\"url(#x-head)\"/>\
             <text>a &lt; b</text></svg>"
        ));
        assert_eq!((&*svg.title, &*svg.desc, &*svg.labels), ("T", "D.", "a < b"));
    }

    #[test]
    fn colours_are_the_pages_own() {
        assert_eq!(told(&with("<rect fill=\"var(--good)\" stroke=\"currentColor\"/>")), "");
        assert_eq!(
            told(&with("<rect fill=\"red\"/>")),
            "3: fill red: expected none, currentColor or var(--name)"
        );
        assert_eq!(told(&with("<rect style=\"x\"/>")), "3: style is not part of a drawing");
        assert!(
            told(&with("<rect class=\"pink\"/>")).starts_with("3: class pink: expected one of")
        );
    }

    #[test]
    fn nothing_runs_and_nothing_is_fetched() {
        assert_eq!(
            told(&with("<script/><a href=\"x\"/><rect onclick=\"x\" x=\"url(y)\"/>")),
            "3: <script> is not part of a drawing\n3: <a> is not part of a drawing\n\
             3: onclick is not part of a drawing"
        );
        assert_eq!(told(&with("<rect x=\"url(#y)\"/>")), "3: x url(#y): expected numbers");
    }

    #[test]
    fn a_drawing_is_one_element_with_a_text_of_its_own() {
        assert_eq!(
            told("<svg viewBox=\"0 0 1 1\"></svg>"),
            "1: a drawing without a title\n1: a drawing without a desc"
        );
        assert!(told(&with("<g>")).contains("</svg> closes nothing"));
        assert!(told(&with("<rect x=1/>")).contains("3: x=1: expected key=\"value\""));
        assert!(told(&with("a")).contains("text outside of an element text: a"));
        assert!(told("<svg viewBox=\"0 0 900 10\"></svg>").contains("at most 760 wide"));
    }
}
