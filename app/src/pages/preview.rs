//! The pictures that other sites show beside a link: one for each engine, without words, since the title stands beside it.

use super::{Site, html, thumb};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};
use sim::Entry;
use std::fmt::Write;

const TOKENS: &str = include_str!("../../../assets/css/tokens.css");

/// Width and height in pixels, as other sites want them.
pub(super) const SIZE: (u32, u32) = (1_200, 630);

/// Path of an engine's picture.
pub(super) fn path(engine: &str) -> String {
    format!("preview/{engine}.png")
}

/// Paths and bytes of all pictures; none while the address of the site is not known, for a link to a picture names its host.
///
/// # Errors
/// A picture that cannot be drawn, by the id of its engine.
pub fn previews(site: &Site) -> Result<Vec<(String, Vec<u8>)>, String> {
    if site.base_url.is_none() {
        return Ok(Vec::new());
    }
    let drawn = sim::engines().map(|entry| {
        let png = png(&svg(site, entry));
        png.map(|it| (path(entry.meta.id), it))
            .ok_or_else(|| format!("{}: its preview cannot be drawn", entry.meta.id))
    });
    drawn.collect()
}

/// The picture of an engine's card, large, over the site's sign.
fn svg(site: &Site, entry: &Entry) -> String {
    let (width, height) = SIZE;
    let mark = html(|| thumb::picture(site, entry));
    // The card's own element brings a size and a class that mean something on a page only.
    let inside = mark.split_once('>').and_then(|(_, it)| it.rsplit_once("</svg>"));
    let inside = inside.map_or("", |it| it.0);
    let (ground, accent, other) = (token("ground"), token("accent"), token("actor-1"));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\"><style>{}</style>\
         <rect width=\"{width}\" height=\"{height}\" fill=\"{ground}\"/>\
         <svg x=\"120\" y=\"70\" width=\"960\" height=\"384\" viewBox=\"0 0 {} {}\">{inside}</svg>\
         <g transform=\"translate(552 510) scale(3)\"><path fill=\"{accent}\" d=\"M3 8h9v7H3zm17 0h9v7h-9z\"/>\
         <path fill=\"{other}\" d=\"M12 17h8v7h-8z\"/></g></svg>",
        style(),
        thumb::WIDTH,
        thumb::HEIGHT
    )
}

/// Colours of the marks as on a card, in the light theme.
fn style() -> String {
    let mut out = format!(
        ".thumb-mark{{fill:{}}}.thumb-edge{{stroke:{};stroke-width:1.5}}",
        token("hairline"),
        token("line")
    );
    for actor in 0..8 {
        let _ = write!(out, ".thumb-{actor}{{fill:{}}}", token(&format!("actor-{actor}")));
    }
    out
}

/// A colour of the light theme.
fn token(name: &str) -> &'static str {
    let light = TOKENS.split_once("[data-theme=\"light\"] {").map_or("", |it| it.1);
    let found = light.split_once(&format!("--{name}: ")).and_then(|it| it.1.split_once(';'));
    found.map_or("#888888", |it| it.0)
}

fn png(svg: &str) -> Option<Vec<u8>> {
    let tree = Tree::from_str(svg, &Options::default()).ok()?;
    let mut pixels = Pixmap::new(SIZE.0, SIZE.1)?;
    resvg::render(&tree, Transform::identity(), &mut pixels.as_mut());
    pixels.encode_png().ok()
}

#[cfg(test)]
mod tests {
    use super::{SIZE, png, style, token};

    #[test]
    fn colours_are_those_of_the_light_theme() {
        assert_eq!(token("ground"), "#fbfaf7");
        assert!(!style().contains("#888888"), "{}", style());
    }

    #[test]
    fn a_mark_is_drawn_in_its_colour() {
        let svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1200 630\"><style>{}</style>\
             <rect class=\"thumb-mark thumb-1\" width=\"1200\" height=\"630\"/></svg>",
            style()
        );
        let png = png(&svg).unwrap();
        let pixels = resvg::tiny_skia::Pixmap::decode_png(&png).unwrap();
        assert_eq!((pixels.width(), pixels.height()), SIZE);
        let seen = pixels.pixel(600, 300).unwrap();
        let hex = format!("#{:02x}{:02x}{:02x}", seen.red(), seen.green(), seen.blue());
        assert_eq!(hex, token("actor-1"));
    }
}
