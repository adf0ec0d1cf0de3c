//! Every page of the site, drawn natively: real HTML files that can be read with scripts off.
//!
//! A page is a Leptos view rendered to text. Links are relative, so the site works under any path,
//! and the `Content-Security-Policy` of every page forbids inline scripts and styles.

mod course;
mod embed;
mod encode;
mod engine;
mod errata;
mod figures;
mod files;
mod gallery;
mod game;
mod home;
mod icons;
mod key_frames;
mod lesson;
mod module;
mod not_found;
mod notes;
mod offline;
mod paper;
mod preview;
mod questions;
mod reference;
mod robots;
mod search;
mod sheet;
mod shell;
mod single;
mod study;
mod thumb;

pub use encode::{base64, sha256};
pub use files::{Bundle, Files};
pub use notes::{Notes, notes};
pub use offline::worker;
pub use preview::previews;
pub use single::classic;

use content::{Course, FigureSpec};
use leptos::prelude::*;
use std::collections::BTreeMap;

/// What all pages are made from.
#[derive(Debug)]
pub struct Site {
    /// The course, checked.
    pub course: Course,
    /// Scripts, styles and wasm of this build.
    pub files: Files,
    /// What the engines' own files say of their models, by engine id.
    pub notes: BTreeMap<String, Notes>,
    /// Address at which the site will stand, ending in `/`; without it pages have no canonical URL.
    pub base_url: Option<String>,
    /// Whether readers may keep the course for reading without a network: not while it is being written.
    pub is_offline: bool,
}

/// One file of the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Path below the root of the site.
    pub path: String,
    /// Its text.
    pub text: String,
}

impl Site {
    /// Every page, and the files that speak about pages.
    #[must_use]
    pub fn pages(&mut self) -> Vec<Page> {
        let index = search::index(self);
        self.files.search_index.clone_from(&index.path);
        let mut pages = vec![index, home::page(self), gallery::page(self)];
        pages.extend([reference::glossary(self), reference::sources(self), not_found::page(self)]);
        pages.push(errata::page(self));
        pages.extend(sheet::page(self));
        for module in self.course.modules.iter().filter(|it| course::is_ready(it)) {
            pages.push(module::page(self, module));
            pages.extend(module.lessons.iter().map(|lesson| lesson::page(self, module, lesson)));
            pages.extend(questions::quiz(self, module));
            pages.extend(questions::practice(self, module));
            pages.extend(game::pages(self, module));
        }
        pages.extend(paper::pages(self));
        for shelf in sim::DOMAINS.iter().flat_map(|it| it.shelves) {
            let script = self.files.app.as_ref().and_then(|app| single::script(app, shelf.engines));
            for entry in shelf.engines {
                pages.push(engine::page(self, entry));
                pages.push(embed::page(self, entry));
                pages.extend(script.as_deref().map(|script| single::page(self, entry, script)));
                pages.extend(embed::oembed(self, entry));
            }
        }
        pages.extend(study::pages(self));
        pages.push(offline::manifest());
        pages.extend(robots::pages(self, &pages));
        pages
    }

    /// The figure with which an engine introduces itself: its first named scenario, or its example.
    #[must_use]
    pub fn first_figure(&self, entry: &sim::Entry) -> FigureSpec {
        let named = self.course.scenarios.get(entry.meta.id).and_then(|it| it.first());
        FigureSpec {
            engine: entry.meta.id.to_owned(),
            name: named.map(|it| it.name.clone()),
            scenario: named.map_or_else(|| entry.example.to_owned(), |it| it.scenario.to_string()),
            at: named.and_then(|it| it.at),
            title: entry.meta.title.to_owned(),
            look_for: entry.meta.look_for.to_owned(),
            ..FigureSpec::default()
        }
    }
}

/// The way from a page to the root of the site: `../` for every folder it is in.
#[must_use]
pub fn root_of(path: &str) -> String {
    "../".repeat(path.matches('/').count())
}

/// Renders a view to text. Signals inside live until it is done.
pub(crate) fn html(view: impl FnOnce() -> AnyView) -> String {
    let owner = Owner::new();
    // Pages are mounted over, never hydrated: the marks that hydration needs are dead weight.
    let text = owner.with(|| view().to_html()).replace("<!>", "");
    owner.cleanup();
    text
}

#[cfg(test)]
mod tests {
    use super::root_of;

    #[test]
    fn the_way_to_the_root_has_a_step_for_every_folder() {
        assert_eq!(root_of("index.html"), "");
        assert_eq!(root_of("course/cpu/quiz.html"), "../../");
    }
}
