//! What common notes get wrong, module by module: the claim, what is true, and what shows it.

use super::shell::Draft;
use super::{Page, Site, course, html};
use content::{Erratum, Module, resolve_links};
use leptos::prelude::*;

/// Path of the page.
pub(super) const PATH: &str = "errata.html";

pub(super) fn page(site: &Site) -> Page {
    let groups: Vec<(&Module, Vec<&Erratum>)> = site
        .course
        .modules
        .iter()
        .map(|module| (module, of_module(site, module).collect::<Vec<_>>()))
        .filter(|(_, entries)| !entries.is_empty())
        .collect();
    let body = html(|| {
        let sections = groups.iter().map(|(module, entries)| section(site, module, entries));
        view! {
            <header class="page-head">
                <h1>"What common notes get wrong"</h1>
                <p class="lead">
                    {format!("{} claims that lecture notes, blog posts and interview guides pass on, and what is true instead. ", site.course.errata.len())}
                    "Each is shown by a run that you can step through, a program that is compiled and run with the course, or a source."
                </p>
            </header>
            {sections.collect_view()}
        }
        .into_any()
    });
    let description = "Claims about operating systems that are often passed on and wrong, what is true, and what shows it.";
    let mut draft = Draft::new(PATH, "What common notes get wrong", description, body);
    draft.more_styles = &["reference"];
    draft.toc = groups.iter().map(|(it, _)| (2, anchor(it), it.title.clone())).collect();
    draft.finish(site)
}

/// The entries whose lessons are in a module.
fn of_module<'a>(site: &'a Site, module: &'a Module) -> impl Iterator<Item = &'a Erratum> {
    let is_here = |it: &&Erratum| it.lesson.split('/').next() == Some(module.slug.as_str());
    site.course.errata.iter().filter(is_here)
}

fn anchor(module: &Module) -> String {
    format!("module-{}", module.slug)
}

fn section(site: &Site, module: &Module, entries: &[&Erratum]) -> AnyView {
    view! {
        <section class="prose">
            <h2 id=anchor(module)>{module.title.clone()}</h2>
            <dl class="entries errata">{entries.iter().map(|it| entry(site, it)).collect_view()}</dl>
        </section>
    }
    .into_any()
}

fn entry(site: &Site, it: &Erratum) -> AnyView {
    view! {
        <div class="entry">
            <dt id=it.id.clone()>
                <span class="visually-hidden">"Wrong: "</span>
                <span inner_html=resolve_links(&it.claim, "")></span>
            </dt>
            <dd>
                <div inner_html=resolve_links(&it.truth, "")></div>
                {shown(site, it)}
            </dd>
        </div>
    }
    .into_any()
}

/// The lesson, the run, the listing and the sources.
fn shown(site: &Site, it: &Erratum) -> AnyView {
    let place = if it.place.is_empty() { String::new() } else { format!("#{}", it.place) };
    let lesson = site.course.lesson(&it.lesson).map(|lesson| {
        let href = format!("{}{place}", course::lesson_path(lesson));
        view! { <span>"Lesson "<a href=href>{lesson.title.clone()}</a></span> }
    });
    let run = it.run.as_ref().and_then(|(engine, name)| {
        let scenario = site.course.scenario(engine, name)?;
        let href = format!("sim/{engine}.html#v=1&s={name}");
        Some(view! { <span>"Run "<a href=href>{scenario.title.clone()}</a></span> })
    });
    let listing = it.listing.clone().and_then(|(name, path)| {
        let href = course::lesson_path(site.course.lesson(&path)?);
        Some(view! { <span>"Program "<a href=href><code>{name}</code></a></span> })
    });
    let sources = it.sources.iter().enumerate().map(|(n, it)| {
        let before = if n == 0 { "Source " } else { ", " };
        view! { {before}<a href=format!("sources.html#{}", it.key)>{it.label.clone()}</a> }
    });
    let sources = (!it.sources.is_empty()).then(|| view! { <span>{sources.collect_view()}</span> });
    view! { <p class="shown-by">{lesson}{run}{listing}{sources}</p> }.into_any()
}
