//! Drawings: pictures made by hand in SVG, checked, and put into the page as they are.

use crate::desk::Here;
use crate::escape::{escape, unescape};
use crate::markdown;
use crate::svg::{self, Svg};
use crate::tables::is_sentence;
use crate::toml_doc::Text;

/// The HTML of a drawing and what search finds of it.
pub(crate) fn drawing(here: Here<'_>, line: u32, name: &str, body: &str) -> (String, String) {
    let caption = body.trim();
    if caption.is_empty() {
        here.fault(line, "a drawing without a caption: write it into the fence");
    } else if !is_sentence(caption) {
        here.fault(line + 1, "the caption: expected a sentence");
    }
    let path = format!("drawings/{name}.svg");
    let Some(text) = here.desk.files.text(&path) else {
        here.fault(line, format!("there is no content/{path}"));
        return Default::default();
    };
    if !here.desk.used.borrow_mut().drawings.insert(path.clone()) {
        here.fault(line, format!("{name} is drawn in two places"));
    }
    let there = Here { file: &path, ..here };
    let id = name.replace('_', "-");
    let svg = svg::read(text, &format!("drawing-{id}"), &mut |line, what| there.fault(line, what));
    if !svg.desc.is_empty() && !is_sentence(&svg.desc) {
        there.fault(1, "desc: expected a sentence");
    }
    let caption = Text { text: caption.to_owned(), line: line + 1 };
    let caption = markdown::line(here, &caption);
    (figure(&id, &svg, &caption), said(&svg, &caption))
}

fn figure(id: &str, svg: &Svg, caption: &str) -> String {
    let title = escape(&svg.title);
    format!(
        "<figure class=\"drawing\" id=\"drawing-{id}\"><div class=\"drawing-frame\" tabindex=\"0\" \
         role=\"group\" aria-label=\"{title}\">{}</div><figcaption>{caption}</figcaption></figure>\n",
        svg.html
    )
}

/// Title, description, labels and caption, without tags.
fn said(svg: &Svg, caption: &str) -> String {
    let mut out = format!("{} {} {} ", svg.title, svg.desc, svg.labels);
    let mut inside = false;
    let bare: String = caption
        .chars()
        .filter(|it| {
            inside |= *it == '<';
            let keep = !inside;
            inside &= *it != '>';
            keep
        })
        .collect();
    out.push_str(&unescape(&bare));
    out.push(' ');
    out
}
