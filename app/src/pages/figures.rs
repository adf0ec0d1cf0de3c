//! Figures as the pages ask for them.

use super::Site;
use crate::figure::{Chrome, Where};
use crate::form::Named;
use crate::slot::{Slot, slot_view};
use content::FigureSpec;
use leptos::prelude::*;

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
        slot_view(Slot { spec: spec.clone(), named: self.named(&spec.engine), place })
    }
}
