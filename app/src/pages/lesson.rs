//! A lesson: goals, text, figures, questions, sources, and the way on.

use super::shell::Draft;
use super::{Files, Page, Site, course, html, icons, root_of};
use crate::quiz;
use content::{Block, Lesson, Module, resolve_links, resolve_question};
use leptos::prelude::*;

pub(super) fn page(site: &Site, module: &Module, lesson: &Lesson) -> Page {
    let path = course::lesson_path(lesson);
    let root = root_of(&path);
    let is_section = |it: &Block| matches!(it, Block::Html(html) if html.contains("<h2"));
    let first_section = lesson.blocks.iter().position(is_section).unwrap_or(usize::MAX);
    let body = html(|| {
        let blocks = lesson.blocks.iter().enumerate();
        let blocks = blocks.map(|(n, it)| block(site, n, it, n < first_section, &root));
        let blocks = blocks.collect_view();
        view! {
            <article>
                {head(site, module, lesson, &root)}
                {blocks}
                {sources(lesson, &root)}
            </article>
            {way_on(module, lesson, &root)}
        }
        .into_any()
    });
    let mut draft = Draft::new(&path, &lesson.title, &lesson.summary, body);
    draft.has_parts = lesson.blocks.iter().any(|it| !matches!(it, Block::Html(_)));
    draft.pictured = lesson.blocks.iter().find_map(|it| match it {
        Block::Figure(spec) => Some(spec.engine.clone()),
        Block::Html(_) | Block::Quiz(_) => None,
    });
    lookups(lesson, &mut draft, &root);
    draft.place = Some(course::Place::new(module, &lesson.slug));
    draft.toc =
        lesson.headings.iter().map(|it| (it.level, it.id.clone(), it.text.clone())).collect();
    draft.head.push_str(&script(site, lesson, &root));
    draft.finish(site)
}

/// What a lesson needs that is there to look things up in.
fn lookups(lesson: &Lesson, draft: &mut Draft, root: &str) {
    if is_lookup(lesson) {
        draft.more_styles = &["reference"];
    }
    if holds(lesson, FILTER) {
        let name = Files::script_name("filter");
        draft.head = format!("<script src=\"{root}{name}\" defer></script>\n");
    }
}

/// What a table with a filter has.
const FILTER: &str = "data-filter=";

/// Whether a lesson is there to look things up in: it has a scale or a table with a filter.
pub(super) fn is_lookup(lesson: &Lesson) -> bool {
    holds(lesson, FILTER) || holds(lesson, "class=\"scale")
}

fn holds(lesson: &Lesson, mark: &str) -> bool {
    lesson.blocks.iter().any(|it| matches!(it, Block::Html(html) if html.contains(mark)))
}

/// The script that a lesson asks for, and the style sheet of the same stem.
fn script(site: &Site, lesson: &Lesson, root: &str) -> String {
    let stem = lesson.script.as_str();
    if stem.is_empty() {
        return String::new();
    }
    let sheet = site.files.styles.get(stem).map_or_else(String::new, |(name, _)| {
        format!("<link rel=\"stylesheet\" href=\"{root}{name}\">\n")
    });
    format!("{sheet}<script src=\"{root}{}\" defer></script>\n", Files::script_name(stem))
}

fn head(site: &Site, module: &Module, lesson: &Lesson, root: &str) -> AnyView {
    let number = module.lessons.iter().position(|it| it.slug == lesson.slug).map_or(0, |at| at + 1);
    let needs = lesson
        .needs
        .iter()
        .filter_map(|path| site.course.lesson(path))
        .map(|need| {
            let href = format!("{root}{}", course::lesson_path(need));
            view! { <a href=href>{need.title.clone()}</a> }
        })
        .collect::<Vec<_>>();
    let needs = (!needs.is_empty()).then(|| {
        view! { <span class="needs">"Read before: "{join(needs)}</span> }
    });
    let goals = (!lesson.goals.is_empty()).then(|| {
        let items = lesson.goals.iter().map(|goal| {
            view! { <li inner_html=resolve_links(goal, root)></li> }
        });
        view! {
            <div class="goals">
                <p class="goals-head">"Afterwards you can"</p>
                <ul>{items.collect_view()}</ul>
            </div>
        }
    });
    view! {
        <header class="page-head">
            <p class="kicker">
                <a href="index.html">{module.title.clone()}</a>
                {format!(" · lesson {number} of {}", module.lessons.len())}
            </p>
            <h1>{lesson.title.clone()}</h1>
            <p class="lead">{lesson.summary.clone()}</p>
            <p class="meta"><span>{course::minutes(lesson.minutes)}</span>{needs}</p>
            {goals}
        </header>
    }
    .into_any()
}

/// Views with commas between them.
fn join<V: IntoView + 'static>(views: Vec<V>) -> AnyView {
    let with_comma = |(n, view): (usize, V)| {
        let comma = if n == 0 { "" } else { ", " };
        (comma, view).into_any()
    };
    views.into_iter().enumerate().map(with_comma).collect_view().into_any()
}

fn block(site: &Site, n: usize, block: &Block, is_opening: bool, root: &str) -> AnyView {
    match block {
        Block::Html(html) => {
            view! { <div class="prose" inner_html=resolve_links(html, root)></div> }.into_any()
        }
        Block::Figure(spec) => {
            view! { <div class="breakout">{site.figure(spec, root, &format!("figure-{n}"))}</div> }
                .into_any()
        }
        Block::Quiz(ids) => {
            let place = if is_opening { quiz::Place::Opening } else { quiz::Place::Lesson };
            let questions: Vec<_> = ids
                .iter()
                .filter_map(|id| site.course.question(id))
                .map(|it| resolve_question(it, root))
                .collect();
            quiz::quiz_view(&questions, root, place)
        }
    }
}

fn sources(lesson: &Lesson, root: &str) -> Option<AnyView> {
    if lesson.sources.is_empty() {
        return None;
    }
    let items = lesson.sources.iter().map(|it| {
        view! { <li><a href=format!("{root}sources.html#{}", it.key)>{it.label.clone()}</a></li> }
    });
    Some(
        view! {
            <section class="lesson-sources" aria-labelledby="sources-of-this-lesson">
                <h2 id="sources-of-this-lesson">"Sources"</h2>
                <ul>{items.collect_view()}</ul>
            </section>
        }
        .into_any(),
    )
}

fn way_on(module: &Module, lesson: &Lesson, root: &str) -> AnyView {
    let at = module.lessons.iter().position(|it| it.slug == lesson.slug).unwrap_or(0);
    let before = at.checked_sub(1).and_then(|at| module.lessons.get(at));
    let after = module.lessons.get(at + 1);
    let href = |it: &Lesson| format!("{root}{}", course::lesson_path(it));
    let back = before.map_or_else(
        || (("index.html".to_owned(), module.title.clone()), "Contents"),
        |it| ((href(it), it.title.clone()), "Before"),
    );
    let on = match after {
        Some(it) => ((href(it), it.title.clone()), "Next"),
        None if module.questions.is_empty() => {
            (("index.html".to_owned(), module.title.clone()), "Contents")
        }
        None => (("quiz.html".to_owned(), "All questions".to_owned()), "Test yourself"),
    };
    let link = |((href, title), word): ((String, String), &'static str), class: &'static str| {
        let is_next = class == "way-next";
        view! {
            <a class=class href=href rel=if is_next { "next" } else { "prev" }>
                {(!is_next).then(|| icons::arrow(false))}
                <span><small>{word}</small>{title}</span>
                {is_next.then(|| icons::arrow(true))}
            </a>
        }
    };
    view! {
        <nav class="way-on" aria-label="Before and next" data-lesson-end=lesson.path()>
            {link(back, "way-back")} {link(on, "way-next")}
        </nav>
    }
    .into_any()
}
