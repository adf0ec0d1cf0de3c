//! Figures as the pages ask for them.

use super::Site;
use crate::figure::{Chrome, Where};
use crate::form::Named;
use crate::slot::{Slot, slot_view};
use content::FigureSpec;
use leptos::prelude::*;

/// Most named scenarios that a figure in a text offers. An engine with many programs offers those
/// next to its own: each figure carries them in the page.
const NAMED_IN_TEXT_MAX: usize = 8;

/// The scenarios around one, in their order.
fn around(mut named: Vec<Named>, own: Option<&str>) -> Vec<Named> {
    let at = named.iter().position(|it| Some(it.name.as_str()) == own).unwrap_or(0);
    let last = named.len().saturating_sub(NAMED_IN_TEXT_MAX);
    let first = at.saturating_sub(NAMED_IN_TEXT_MAX / 2).min(last);
    named.drain(..first);
    named.truncate(NAMED_IN_TEXT_MAX);
    named
}

impl Site {
    /// The named scenarios of an engine, as its figures offer them.
    fn named(&self, engine: &str) -> Vec<Named> {
        let named = |it: &content::NamedScenario| Named {
            name: it.name.clone(),
            title: it.title.clone(),
            about: it.about.clone(),
            at: it.at.and_then(|at| usize::try_from(at).ok()),
            scenario: it.scenario.clone(),
        };
        self.course
            .scenarios
            .get(engine)
            .map(|all| all.iter().map(named).collect())
            .unwrap_or_default()
    }

    /// A figure among others; `uid` is unique on the page.
    pub(super) fn figure(&self, spec: &FigureSpec, root: &str, uid: &str) -> AnyView {
        self.slot(spec, root, uid, Chrome::Full, false)
    }

    /// The figure that is the page: the address holds its state.
    pub(super) fn sole_figure(&self, spec: &FigureSpec, root: &str, chrome: Chrome) -> AnyView {
        self.slot(spec, root, "figure", chrome, true)
    }

    fn slot(
        &self,
        spec: &FigureSpec,
        root: &str,
        uid: &str,
        chrome: Chrome,
        live_link: bool,
    ) -> AnyView {
        let place = Where { root: root.to_owned(), uid: uid.to_owned(), chrome, live_link };
        let all = self.named(&spec.engine);
        let named = if live_link { all } else { around(all, spec.name.as_deref()) };
        slot_view(Slot { spec: spec.clone(), named, place })
    }
}
