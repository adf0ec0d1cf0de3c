//! Numbers cut into bit fields.

use super::marks::{mark_class, tip};
use leptos::prelude::*;
use sim::scene::{BitField, BitRow, Bits};

/// Hues for fields without an actor.
const N_FIELD_HUES: usize = 6;

/// Draws one number a row; its fields stand side by side and go on in the next line on phones.
pub(super) fn bits_view(bits: &Bits) -> AnyView {
    let mut names: Vec<&str> = Vec::new();
    for field in bits.rows.iter().flat_map(|row| &row.fields) {
        if !names.contains(&field.mark.label.as_str()) {
            names.push(&field.mark.label);
        }
    }
    let rows: Vec<AnyView> = bits.rows.iter().map(|row| row_view(row, &names)).collect();
    view! { <div class="bits">{rows}</div> }.into_any()
}

fn row_view(row: &BitRow, names: &[&str]) -> AnyView {
    let fields: Vec<AnyView> = row.fields.iter().map(|field| field_view(field, names)).collect();
    view! {
        <div class="bits-row">
            <p class="bits-name">
                <span class="bits-label">{row.label.clone()}</span>
                <code class="bits-text">{row.text.clone()}</code>
            </p>
            <div class="bits-fields">{fields}</div>
        </div>
    }
    .into_any()
}

/// The same name has the same hue in every row.
fn field_view(field: &BitField, names: &[&str]) -> AnyView {
    let BitField { high, low, value, mark } = field;
    let hue = names.iter().position(|name| *name == mark.label).unwrap_or(0) % N_FIELD_HUES;
    let class = mark_class(&format!("field field-{hue}"), mark);
    let digits: Vec<AnyView> = field.digits().split(' ').map(group_view).collect();
    let low_text = if high == low { String::new() } else { low.to_string() };
    view! {
        <div class=class data-key=mark.key.clone() title=tip(mark)>
            <p class="field-ends" aria-hidden="true"><span>{high.to_string()}</span><span>{low_text}</span></p>
            <p class="field-digits">{digits}</p>
            <p class="field-name"><b>{mark.label.clone()}</b>" "<span>{value.to_string()}</span></p>
        </div>
    }
    .into_any()
}

fn group_view(digits: &str) -> AnyView {
    view! { <span class="digit-group">{digits.to_owned()}</span> }.into_any()
}
