//! The course list beside a lesson: ten modules, and the lessons of the one that is open.

use super::{Site, icons};
use crate::words::count;
use content::{Lesson, Module, Status};
use leptos::prelude::*;

/// Where a page stands in the course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// Slug of the module.
    pub(super) module: String,
    /// File name below the module without its end, such as `fcfs` or `quiz`.
    pub(super) page: String,
}

impl Place {
    pub(super) fn new(module: &Module, page: &str) -> Self {
        Self { module: module.slug.clone(), page: page.to_owned() }
    }
}

/// Whether a module has pages.
pub(super) fn is_ready(module: &Module) -> bool {
    module.status == Status::Ready && !module.lessons.is_empty()
}

/// Path of a module's first page.
pub(super) fn module_path(module: &Module) -> String {
    format!("course/{}/index.html", module.slug)
}

/// Path of a lesson's page.
pub(super) fn lesson_path(lesson: &Lesson) -> String {
    format!("course/{}.html", lesson.path())
}

/// `1 minute`, `12 minutes`.
pub(super) fn minutes(n: u32) -> String {
    count(n as usize, "minute")
}

/// The course list.
pub(super) fn rail(site: &Site, place: &Place, root: &str, label: &'static str) -> AnyView {
    let modules = site
        .course
        .modules
        .iter()
        .map(|module| {
            let is_open = module.slug == place.module;
            let lessons = is_open.then(|| lessons(module, place, root));
            view! { <li class="rail-module">{module_row(module, place, root)}{lessons}</li> }
        })
        .collect_view();
    view! {
        <nav class="rail" aria-label=label>
            <ol class="rail-modules">{modules}</ol>
        </nav>
    }
    .into_any()
}

fn module_row(module: &Module, place: &Place, root: &str) -> AnyView {
    let title = module.title.clone();
    if !is_ready(module) {
        return view! {
            <span class="rail-row not-yet">
                {ring(module)}<span>{title}<span class="visually-hidden">" (in preparation)"</span></span>
            </span>
        }
        .into_any();
    }
    let is_here = place.module == module.slug && place.page == "index";
    view! {
        <a class="rail-row" href=format!("{root}{}", module_path(module)) aria-current=is_here.then_some("page")>
            {ring(module)}<span>{title}</span>
        </a>
    }
    .into_any()
}

fn lessons(module: &Module, place: &Place, root: &str) -> AnyView {
    let row = |page: &str, title: String, lesson: Option<String>| {
        let href = format!("{root}course/{}/{page}.html", module.slug);
        let current = (place.page == page).then_some("page");
        view! { <li><a href=href aria-current=current data-lesson=lesson>{title}</a></li> }
    };
    let quiz =
        (!module.questions.is_empty()).then(|| row("quiz", "All questions".to_owned(), None));
    let practice = super::questions::has_practice(module)
        .then(|| row("practice", "Practice".to_owned(), None));
    let game = (!module.chapters.is_empty()).then(|| row("game", "Game".to_owned(), None));
    view! {
        <ol class="rail-lessons">
            {module
                .lessons
                .iter()
                .map(|it| row(&it.slug, it.title.clone(), Some(it.path())))
                .collect_view()}
            {quiz}
            {practice}
            {game}
        </ol>
    }
    .into_any()
}

/// The number of a module in a ring that `page.js` fills as lessons are read.
pub(super) fn ring(module: &Module) -> AnyView {
    let lessons: Vec<String> = module.lessons.iter().map(Lesson::path).collect();
    let lessons = is_ready(module).then(|| lessons.join(" "));
    icons::ring(module.number, lessons)
}
