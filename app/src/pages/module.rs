//! The first page of a module: what it holds, lesson by lesson.

use super::shell::Draft;
use super::{Page, Site, course, errata, html, icons, paper, questions, root_of, sheet, thumb};
use content::{Lesson, Module};
use leptos::prelude::*;

pub(super) fn page(site: &Site, module: &Module) -> Page {
    let path = course::module_path(module);
    let root = root_of(&path);
    let body = html(|| {
        view! {
            <header class="page-head">
                <p class="kicker">{format!("Module {} of {}", module.number, site.course.modules.len())}</p>
                <h1>{module.title.clone()}</h1>
                <p class="lead">{module.summary.clone()}</p>
                <p class="meta">
                    <span>{totals(module)}</span>
                    <a href=format!("{root}{}", paper::path(module))>"As one text, for paper"</a>
                </p>
            </header>
            <h2 id="lessons">"Lessons"</h2>
            <ol class="lesson-list">
                {module.lessons.iter().map(|it| row(it, &root)).collect_view()}
            </ol>
            {lookups(site, module, &root)}
            {exercises(module)}
            {figures(site, module, &root)}
        }
        .into_any()
    });
    let mut draft = Draft::new(&path, &module.title, &module.summary, body);
    draft.place = Some(course::Place::new(module, "index"));
    draft.finish(site)
}

fn totals(module: &Module) -> String {
    format!(
        "{} lessons · {} · {} questions",
        module.lessons.len(),
        course::minutes(module.minutes),
        module.questions.len()
    )
}

fn row(lesson: &Lesson, root: &str) -> AnyView {
    view! {
        <li data-lesson=lesson.path()>
            <h3><a href=format!("{root}{}", course::lesson_path(lesson))>{lesson.title.clone()}</a></h3>
            <p>{lesson.summary.clone()}</p>
            <p class="minutes">{format!("{} min", lesson.minutes)}</p>
        </li>
    }
    .into_any()
}

/// What stands beside the lessons of the module to look things up in.
fn lookups(site: &Site, module: &Module, root: &str) -> Option<AnyView> {
    let is_reference = module.icon == "reference";
    is_reference.then(|| {
        view! {
            <h2 id="look-up">"To look up"</h2>
            <ul class="lesson-list">
                <li>
                    <h3><a href=format!("{root}{}", errata::PATH)>"What common notes get wrong"</a></h3>
                    <p>{format!("{} claims, what is true instead, and what shows it.", site.course.errata.len())}</p>
                </li>
                <li>
                    <h3><a href=format!("{root}{}", sheet::PATH)>"Cheat sheet"</a></h3>
                    <p>"The whole course on two printed sheets."</p>
                </li>
                <li>
                    <h3><a href=format!("{root}glossary.html")>"Glossary"</a></h3>
                    <p>{format!("{} terms, each in a sentence or two.", site.course.glossary.len())}</p>
                </li>
            </ul>
        }
        .into_any()
    })
}

fn exercises(module: &Module) -> Option<AnyView> {
    let quiz = (!module.questions.is_empty()).then(|| {
        view! {
            <li>
                <h3><a href="quiz.html">"All questions"</a></h3>
                <p>{format!("{} questions on the whole module, with explanations.", module.questions.len())}</p>
            </li>
        }
    });
    let practice = questions::has_practice(module).then(|| {
        view! {
            <li>
                <h3><a href="practice.html">"Practice"</a></h3>
                <p>"Endless small problems to work out by hand, marked by the engines."</p>
            </li>
        }
    });
    let n_levels: usize = module.chapters.iter().map(|it| it.levels.len()).sum();
    let game = (0 < n_levels).then(|| {
        view! {
            <li>
                <h3><a href="game.html">"Game: break it, mend it"</a></h3>
                <p>{format!("{n_levels} small programs: pick who steps until they break, or edit them until no schedule breaks them.")}</p>
            </li>
        }
    });
    let has_any = quiz.is_some() || practice.is_some() || game.is_some();
    has_any.then(|| {
        view! {
            <h2 id="exercises">"Exercises"</h2>
            <ul class="lesson-list">{game}{quiz}{practice}</ul>
        }
        .into_any()
    })
}

/// The engines of the module's own domain.
fn figures(site: &Site, module: &Module, root: &str) -> Option<AnyView> {
    let domain =
        sim::DOMAINS.iter().find(|it| it.id == module.slug && it.engines().next().is_some())?;
    let cards = domain.engines().map(|entry| thumb::card(site, entry, root)).collect_view();
    Some(
        view! {
            <h2 id="simulations">"Simulations"</h2>
            <ul class="cards breakout">{cards}</ul>
            <p><a href=format!("{root}gallery.html")>"All simulations"{icons::arrow(true)}</a></p>
        }
        .into_any(),
    )
}
