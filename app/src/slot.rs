//! A figure's place on a page: what the prerenderer writes there and the browser reads.

use crate::figure::{Chrome, Where, broken_view, figure_view, ready};
use crate::form::Named;
use crate::link::Place;
use content::FigureSpec;
use leptos::prelude::*;
use serde_json::{Value, json};

/// A figure and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Slot {
    /// The figure.
    pub spec: FigureSpec,
    /// Scenarios offered by name; empty where only the figure's own is.
    pub named: Vec<Named>,
    /// Where it stands.
    pub place: Where,
}

impl Slot {
    /// The slot as JSON text, for [`Slot::read`].
    #[must_use]
    pub fn write(&self) -> String {
        let named = |it: &Named| json!({ "name": it.name, "title": it.title, "about": it.about, "at": it.at, "scenario": it.scenario });
        let Where { root, uid, chrome, live_link } = &self.place;
        json!({
            "spec": serde_json::to_value(&self.spec).unwrap_or_default(),
            "named": self.named.iter().map(named).collect::<Vec<_>>(),
            "root": root,
            "uid": uid,
            "chrome": chrome.slug(),
            "live_link": live_link,
        })
        .to_string()
    }

    /// Reads what [`Slot::write`] wrote; `None` if it is anything else.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut slot: Value = serde_json::from_str(text).ok()?;
        let spec: FigureSpec = serde_json::from_value(slot.get_mut("spec")?.take()).ok()?;
        let text = |value: &Value, key: &str| value.get(key)?.as_str().map(str::to_owned);
        let named = |it: &Value| {
            let at = it.get("at").and_then(Value::as_u64).and_then(|at| usize::try_from(at).ok());
            let (name, title, about) = (text(it, "name")?, text(it, "title")?, text(it, "about")?);
            Some(Named { name, title, about, at, scenario: it.get("scenario")?.clone() })
        };
        let place = Where {
            root: text(&slot, "root")?,
            uid: text(&slot, "uid")?,
            chrome: Chrome::from_slug(&text(&slot, "chrome")?),
            live_link: slot.get("live_link")?.as_bool()?,
        };
        let named = slot.get("named")?.as_array()?.iter().filter_map(named).collect();
        Some(Self { spec, named, place })
    }

    /// The figure in a state, or why it cannot be shown.
    #[must_use]
    pub fn view_at(self, from: Place, notices: Vec<String>) -> AnyView {
        match ready(&self.spec, &self.named, from, notices) {
            Ok(ready) => figure_view(&self.spec, self.named, &self.place, ready),
            Err(why) => broken_view(&self.spec, &why),
        }
    }
}

/// The place of a figure with the figure in it, for the prerenderer.
#[must_use]
pub fn slot_view(slot: Slot) -> AnyView {
    let data = slot.write();
    let class = format!("figure-slot figure-slot-{}", slot.place.chrome.slug());
    view! { <div class=class data-figure=data>{slot.view_at(Place::default(), Vec::new())}</div> }
        .into_any()
}

#[cfg(test)]
mod tests {
    use super::Slot;
    use crate::figure::{Chrome, Where};
    use crate::form::Named;
    use content::FigureSpec;
    use serde_json::json;

    #[test]
    fn what_is_written_is_read_back() {
        let slot = Slot {
            spec: FigureSpec {
                engine: "cpu/round_robin".into(),
                scenario: r#"{"a":"é<'\""}"#.into(),
                at: Some(3),
                ..FigureSpec::default()
            },
            named: vec![Named {
                name: "n".into(),
                title: "T".into(),
                about: "A.".into(),
                at: None,
                scenario: json!({"x": [1]}),
            }],
            place: Where {
                root: "../".into(),
                uid: "f1".into(),
                chrome: Chrome::Embed,
                live_link: true,
            },
        };
        assert_eq!(Slot::read(&slot.write()), Some(slot));
        for text in ["", "{}", "[]", r#"{"spec":{}}"#] {
            assert_eq!(Slot::read(text), None);
        }
    }
}
