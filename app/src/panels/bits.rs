//! Numbers cut into bit fields.

use super::marks::{mark_class, tip};
use crate::draw::{Element, el};
use sim::scene::{BitField, BitRow, Bits};

/// Hues for fields without an actor.
const N_FIELD_HUES: usize = 6;

/// Draws one number a row; its fields stand side by side and go on in the next line on phones.
pub(super) fn bits_view(bits: &Bits) -> Element {
    let mut names: Vec<&str> = Vec::new();
    for field in bits.rows.iter().flat_map(|row| &row.fields) {
        if !names.contains(&field.mark.label.as_str()) {
            names.push(&field.mark.label);
        }
    }
    let rows: Vec<Element> = bits.rows.iter().map(|row| row_view(row, &names)).collect();
    el("div").class("bits").with(rows)
}

fn row_view(row: &BitRow, names: &[&str]) -> Element {
    let fields: Vec<Element> = row.fields.iter().map(|field| field_view(field, names)).collect();
    let label = el("span").class("bits-label").with(&row.label);
    let text = el("code").class("bits-text").with(&row.text);
    el("div")
        .class("bits-row")
        .with(el("p").class("bits-name").with(label).with(text))
        .with(el("div").class("bits-fields").with(fields))
}

/// The same name has the same hue in every row.
fn field_view(field: &BitField, names: &[&str]) -> Element {
    let BitField { high, low, value, mark } = field;
    let hue = names.iter().position(|name| *name == mark.label).unwrap_or(0) % N_FIELD_HUES;
    let class = mark_class(&format!("field field-{hue}"), mark);
    let digits: Vec<Element> = field.digits().split(' ').map(group_view).collect();
    let low_text = if high == low { String::new() } else { low.to_string() };
    let ends = el("p").class("field-ends").set("aria-hidden", "true");
    let ends = ends.with(el("span").with(high.to_string())).with(el("span").with(low_text));
    let name = el("b").with(&mark.label);
    el("div")
        .class(class)
        .set("data-key", &mark.key)
        .set("title", tip(mark))
        .with(ends)
        .with(el("p").class("field-digits").with(digits))
        .with(
            el("p")
                .class("field-name")
                .with(name)
                .with(" ")
                .with(el("span").with(value.to_string())),
        )
}

fn group_view(digits: &str) -> Element {
    el("span").class("digit-group").with(digits.to_owned())
}
