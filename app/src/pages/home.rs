//! The first page: what this is, one figure to touch, and the ten modules.

use super::shell::Draft;
use super::{Page, Site, course, html, icons};
use content::{FigureSpec, Module};
use leptos::prelude::*;

const TITLE: &str = "Interleave: operating systems you can step through";
const DESCRIPTION: &str = "A course on operating systems in which every mechanism runs in the page: step it, change it, \
     compare it, link to a moment of it, and put it on your own page.";

pub(super) fn page(site: &Site) -> Page {
    let body = html(|| {
        view! {
            {opening(site)}
            {hero(site)}
            <section class="modules-section" aria-labelledby="modules">
                <h2 id="modules">"Ten modules"</h2>
                <ol class="modules">{site.course.modules.iter().map(row).collect_view()}</ol>
            </section>
            {promises()}
        }
        .into_any()
    });
    let mut draft = Draft::new("index.html", TITLE, DESCRIPTION, body);
    draft.has_parts = true;
    draft.finish(site)
}

fn opening(site: &Site) -> AnyView {
    let first = site.course.modules.iter().find(|it| course::is_ready(it)).map(|module| {
        view! {
            <a class="button" href=course::module_path(module)>
                {format!("Start with {}", module.title)}{icons::arrow(true)}
            </a>
        }
    });
    view! {
        <header class="opening">
            <h1>"Operating systems you can take apart"</h1>
            <p class="lead">
                "Schedulers, page tables, locks and journals are small machines. "
                "Here they run in the page: one step at a time, forwards and backwards, on a workload that you choose."
            </p>
            <p class="actions">
                {first}
                <a class="button second" href="gallery.html">"See all simulations"</a>
            </p>
        </header>
    }
    .into_any()
}

/// A figure that sets engines side by side; failing that, the first figure of the course.
fn hero(site: &Site) -> Option<AnyView> {
    let figures = || {
        let lessons = site.course.modules.iter().flat_map(|module| &module.lessons);
        lessons.flat_map(content::Lesson::figures)
    };
    let picked = figures().find(|it| !it.compare.is_empty()).or_else(|| figures().next())?;
    // The picture is to be seen at once, so no tab is open under it.
    let spec = FigureSpec { tab: None, ..picked.clone() };
    Some(view! { <div class="breakout hero">{site.figure(&spec, "", "hero")}</div> }.into_any())
}

fn row(module: &Module) -> AnyView {
    if !course::is_ready(module) {
        return view! {
            <li class="module-row not-yet">
                {course::ring(module)}
                <div>
                    <h3>{module.title.clone()}</h3>
                    <p>{module.summary.clone()}</p>
                </div>
                <p class="tag">"in preparation"</p>
            </li>
        }
        .into_any();
    }
    let lessons = module.lessons.iter().map(|lesson| {
        view! {
            <li data-lesson=lesson.path()>
                <a href=course::lesson_path(lesson)>{lesson.title.clone()}</a>
                <span class="minutes">{format!("{} min", lesson.minutes)}</span>
            </li>
        }
    });
    view! {
        <li class="module-row">
            {course::ring(module)}
            <div>
                <h3><a href=course::module_path(module)>{module.title.clone()}</a></h3>
                <p>{module.summary.clone()}</p>
                <ol class="lesson-columns">{lessons.collect_view()}</ol>
            </div>
            <p class="tag">{format!("{} lessons, {}", module.lessons.len(), course::minutes(module.minutes))}</p>
        </li>
    }
    .into_any()
}

fn promises() -> AnyView {
    let promise = |title: &'static str, text: &'static str| {
        view! { <li><h3>{title}</h3><p>{text}</p></li> }
    };
    view! {
        <section aria-labelledby="how">
            <h2 id="how">"How it works"</h2>
            <ul class="promises">
                {promise("Every step says why", "Each step of a simulation comes with one sentence: who moved, and by which rule. The same sentences are the text for screen readers and print.")}
                {promise("No number is typed", "Figures, tables, quiz answers and the numbers in the text come from the same engines, and the engines are checked against published results.")}
                {promise("Everything is a link", "A workload, a policy and a step fit in the address. Send it, cite it, or open it in class; nothing is stored on a server.")}
                {promise("Yours to embed", "Each figure has an embed page and a single file that works offline, from a disk, or in a course system.")}
            </ul>
        </section>
    }
    .into_any()
}
