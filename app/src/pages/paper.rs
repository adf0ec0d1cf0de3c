//! Pages for paper: a module, or the whole course, as one text with still figures and the answers at the end.
//!
//! `print/cpu.html` holds a module, `print/course.html` all of them. They start no program. Ids get the lesson before them,
//! since lessons were written one to a page; a link to a lesson that is on the same paper leads there.

use super::key_frames::key_frames;
use super::shell::Draft;
use super::{Page, Site, course, html, lesson, root_of};
use crate::figure::ready;
use crate::link;
use crate::player::{Narration, Picture};
use crate::quiz::{leading_panels, right_html};
use content::{Block, FigureSpec, Kind, Lesson, Module, Question, resolve_links, resolve_question};
use leptos::prelude::*;

/// Most panels of a figure in a question.
const N_PANELS: usize = 2;

/// Path of a module's paper.
pub(super) fn path(module: &Module) -> String {
    format!("print/{}.html", module.slug)
}

/// Path of the whole course.
pub(super) const COURSE: &str = "print/course.html";

/// A paper for every module that is ready, and one of them all.
pub(super) fn pages(site: &Site) -> Vec<Page> {
    let modules: Vec<&Module> =
        site.course.modules.iter().filter(|it| course::is_ready(it)).collect();
    let mut pages: Vec<Page> = modules
        .iter()
        .map(|it| page(site, &path(it), &it.title, &it.summary, std::slice::from_ref(it)))
        .collect();
    let summary = "Operating systems and concurrency, all modules as one text.";
    pages.push(page(site, COURSE, "The whole course", summary, &modules));
    pages
}

fn page(site: &Site, path: &str, title: &str, summary: &str, modules: &[&Module]) -> Page {
    let root = root_of(path);
    let kept: Vec<&Lesson> = modules.iter().flat_map(|it| &it.lessons).collect();
    let is_alone = modules.len() == 1;
    let parts = modules.iter().map(|it| module_html(site, it, is_alone, &kept, &root));
    let parts: String = parts.collect();
    let body = html(|| {
        view! {
            <header class="page-head">
                <h1>{title.to_owned()}</h1>
                <p class="lead">{summary.to_owned()}</p>
                <p class="paper-how">
                    "This page is made for paper: the print command of the browser makes a PDF of it. "
                    <a href=back(modules, &root)>"Read it with moving figures"</a>
                </p>
            </header>
            <nav class="paper-contents" aria-label="Contents">{modules.iter().map(|it| contents(it, is_alone)).collect_view()}</nav>
            <div inner_html=parts></div>
        }
        .into_any()
    });
    let mut draft = Draft::new(path, &format!("{title}, for paper"), summary, body);
    draft.is_for_paper = true;
    if modules.iter().flat_map(|it| &it.lessons).any(lesson::is_lookup) {
        draft.more_styles = &["reference"];
    }
    draft.finish(site)
}

/// The same to read on a screen.
fn back(modules: &[&Module], root: &str) -> String {
    match modules {
        [module] => format!("{root}{}", course::module_path(module)),
        _ => format!("{root}index.html"),
    }
}

fn contents(module: &Module, is_alone: bool) -> AnyView {
    let items = module.lessons.iter().map(|it| {
        view! { <li><a href=format!("#{}", mark(it))>{it.title.clone()}</a></li> }
    });
    let head = (!is_alone).then(|| {
        view! { <p><a href=format!("#{}", module.slug)>{format!("{}. {}", module.number, module.title)}</a></p> }
    });
    view! { {head} <ol>{items.collect_view()}</ol> }.into_any()
}

/// Where a lesson stands on the paper.
fn mark(lesson: &Lesson) -> String {
    lesson.path().replace('/', "-")
}

fn module_html(
    site: &Site,
    module: &Module,
    is_alone: bool,
    kept: &[&Lesson],
    root: &str,
) -> String {
    let head = || {
        view! {
            <h1 class="paper-module" id=module.slug.clone()>{format!("{}. {}", module.number, module.title)}</h1>
            <p class="lead">{module.summary.clone()}</p>
        }
        .into_any()
    };
    // On a paper of its own the module's title is the page's.
    let (mut out, depth) = if is_alone { (String::new(), 1) } else { (lowered(&html(head), 1), 2) };
    let mut number = 0;
    for lesson in &module.lessons {
        let text = lesson_html(site, lesson, &mut number, root);
        let text = prefixed(&lowered(&text, depth), &format!("{}--", mark(lesson)));
        out += &gathered(&text, kept, root);
    }
    out += &gathered(&lowered(&answers(site, module, root), depth), kept, root);
    out
}

/// A text whose headings stand some levels lower, at most at the sixth.
fn lowered(text: &str, by: usize) -> String {
    (1..=4).rev().fold(text.to_owned(), |text, level| {
        let to = (level + by).min(6);
        text.replace(&format!("<h{level}"), &format!("<h{to}"))
            .replace(&format!("</h{level}>"), &format!("</h{to}>"))
    })
}

fn lesson_html(site: &Site, lesson: &Lesson, number: &mut usize, root: &str) -> String {
    let blocks: String = lesson.blocks.iter().map(|it| block(site, it, number, root)).collect();
    let head = html(|| {
        view! {
            <h1 class="paper-title">{lesson.title.clone()}</h1>
            <p class="lead">{lesson.summary.clone()}</p>
        }
        .into_any()
    });
    // The empty id becomes the mark of the lesson.
    format!("<article class=\"paper-lesson\"><a id=\"\"></a>{head}{blocks}</article>")
}

fn block(site: &Site, block: &Block, number: &mut usize, root: &str) -> String {
    match block {
        Block::Html(text) => format!("<div class=\"prose\">{}</div>", resolve_links(text, root)),
        Block::Figure(spec) => html(|| still(spec, root)),
        Block::Quiz(ids) => {
            let questions = ids.iter().filter_map(|id| site.course.question(id));
            questions
                .map(|it| {
                    *number += 1;
                    html(|| asked(*number, &resolve_question(it, root)))
                })
                .collect()
        }
    }
}

/// A figure as it stands at first, without what moves it.
fn still(spec: &FigureSpec, root: &str) -> AnyView {
    let Ok(figure) = ready(spec, &[], link::Place::default(), Vec::new()) else {
        return crate::figure::broken_view(spec, "its scenario does not run");
    };
    let player = figure.player;
    let path = format!("sim/{}.html", spec.engine);
    let show = spec.show.clone();
    let steps = key_frames(player, &show);
    view! {
        <figure class="figure">
            <figcaption class="figure-head">
                <p class="figure-title">{spec.title.clone()}</p>
                <p class="figure-look">{spec.look_for.clone()}</p>
            </figcaption>
            <Picture player show/>
            <Narration player/>
            {steps}
            <p class="paper-live">"To play it: "<a href=format!("{root}{path}")>{path.clone()}</a></p>
        </figure>
    }
    .into_any()
}

/// A question with room for an answer.
fn asked(number: usize, question: &Question) -> AnyView {
    let options = match &question.kind {
        Kind::Choice { options, .. } | Kind::Predict { options, .. } => options.as_slice(),
        Kind::Order { items, .. } => items.as_slice(),
        Kind::Number { .. } | Kind::Text { .. } => &[],
    };
    let items = options.iter().map(|it| view! { <li inner_html=it.clone()></li> });
    let figure = match &question.kind {
        Kind::Predict { figure, .. } => {
            let show = leading_panels(figure, N_PANELS);
            Some(picture(&FigureSpec { show, ..figure.clone() }))
        }
        _ => None,
    };
    let line = options.is_empty().then(|| view! { <p class="paper-line">"Answer:"</p> });
    view! {
        <div class="paper-question">
            <p class="paper-number">{format!("Question {number}")}</p>
            <div inner_html=question.prompt_html.clone()></div>
            {figure}
            <ol class="paper-options">{items.collect_view()}</ol>
            {line}
        </div>
    }
    .into_any()
}

/// The panels alone.
fn picture(spec: &FigureSpec) -> Option<AnyView> {
    let player = ready(spec, &[], link::Place::default(), Vec::new()).ok()?.player;
    let show = spec.show.clone();
    Some(view! { <Picture player show/> }.into_any())
}

/// Right answers and explanations to the questions of the module's lessons, by their numbers.
fn answers(site: &Site, module: &Module, root: &str) -> String {
    let blocks = module.lessons.iter().flat_map(|it| &it.blocks);
    let ids = blocks.flat_map(|it| match it {
        Block::Quiz(ids) => ids.as_slice(),
        _ => &[],
    });
    let questions = ids.filter_map(|id| site.course.question(id));
    let items: Vec<Question> = questions.map(|it| resolve_question(it, root)).collect();
    if items.is_empty() {
        return String::new();
    }
    html(|| {
        let items = items.into_iter().map(|it| {
            view! {
                <li>
                    <p class="answer-right" inner_html=right_html(&it.kind)></p>
                    <div inner_html=it.why_html></div>
                </li>
            }
        });
        view! {
            <section class="paper-answers">
                <h1 class="paper-title">{format!("Answers: {}", module.title)}</h1>
                <ol>{items.collect_view()}</ol>
            </section>
        }
        .into_any()
    })
}

/// Attributes that hold ids of their own page, one or several with spaces between.
const ID_ATTRIBUTES: [&str; 7] =
    ["id", "for", "aria-labelledby", "aria-describedby", "aria-controls", "headers", "name"];

/// A text whose ids, and what names them, begin with `prefix`. An empty id becomes the prefix without its `--`.
fn prefixed(text: &str, prefix: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    let mut rest = text;
    while let Some(at) = rest.find("=\"") {
        let (before, after) = rest.split_at(at + 2);
        let end = after.find('"').unwrap_or(after.len());
        let (value, after) = after.split_at(end);
        let name = before[..at].rsplit([' ', '\n', '<']).next().unwrap_or_default();
        out.push_str(before);
        if ID_ATTRIBUTES.contains(&name) {
            let ids = value.split(' ').map(|id| match id {
                "" => prefix.trim_end_matches('-').to_owned(),
                id => format!("{prefix}{id}"),
            });
            out.push_str(&ids.collect::<Vec<_>>().join(" "));
        } else if let Some(id) = value.strip_prefix('#').filter(|_| name == "href") {
            out.push_str(&format!("#{prefix}{id}"));
        } else if value.starts_with("url(#") {
            out.push_str(&value.replacen("url(#", &format!("url(#{prefix}"), 1));
        } else {
            out.push_str(value);
        }
        rest = after;
    }
    out + rest
}

/// A text whose links to the lessons that are on the paper lead to their places there.
fn gathered(text: &str, kept: &[&Lesson], root: &str) -> String {
    kept.iter().fold(text.to_owned(), |text, lesson| {
        let url = format!("href=\"{root}{}", course::lesson_path(lesson));
        if !text.contains(&url) {
            return text;
        }
        let here = format!("href=\"#{}", mark(lesson));
        text.replace(&format!("{url}#"), &format!("{here}--"))
            .replace(&format!("{url}\""), &format!("{here}\""))
    })
}

#[cfg(test)]
mod tests {
    use super::{lowered, prefixed};

    #[test]
    fn headings_go_down_together() {
        let lower = |by| lowered("<h1>a</h1><h2 id=\"b\">b</h2><h4>c</h4>", by);
        assert_eq!(lower(1), "<h2>a</h2><h3 id=\"b\">b</h3><h5>c</h5>");
        assert_eq!(lower(2), "<h3>a</h3><h4 id=\"b\">b</h4><h6>c</h6>");
    }

    #[test]
    fn ids_and_what_names_them_get_the_prefix() {
        let text = "<a id=\"\"></a><h2 id=\"x\">x = \"1\"</h2><svg aria-labelledby=\"t d\" fill=\"url(#g)\"></svg><a href=\"#x\">x</a><a href=\"y.html#x\">y</a>";
        let wanted = "<a id=\"p\"></a><h2 id=\"p--x\">x = \"1\"</h2><svg aria-labelledby=\"p--t p--d\" fill=\"url(#p--g)\"></svg><a href=\"#p--x\">x</a><a href=\"y.html#x\">y</a>";
        assert_eq!(prefixed(text, "p--"), wanted);
    }
}
