//! Glossary and sources: what the lessons link to, and back.

use super::shell::Draft;
use super::{Page, Site, course, html};
use content::{Source, Term, resolve_links};
use leptos::prelude::*;

pub(super) fn glossary(site: &Site) -> Page {
    let mut terms: Vec<&Term> = site.course.glossary.values().collect();
    terms.sort_by_key(|term| term.title.to_lowercase());
    let mut letters: Vec<(String, Vec<&Term>)> = Vec::new();
    for term in terms {
        let letter = term.title.chars().next().unwrap_or('?').to_uppercase().to_string();
        match letters.last_mut() {
            Some((last, terms)) if *last == letter => terms.push(term),
            Some(_) | None => letters.push((letter, vec![term])),
        }
    }
    let body = html(|| {
        let jumps = letters.iter().map(|(letter, _)| {
            view! { <a href=format!("#letter-{letter}")>{letter.clone()}</a> }
        });
        let jumps = jumps.collect_view();
        let sections = letters.iter().map(|(letter, terms)| {
            view! {
                <section class="letter">
                    <h2 id=format!("letter-{letter}")>{letter.clone()}</h2>
                    <dl class="entries">{terms.iter().map(|it| term(site, it)).collect_view()}</dl>
                </section>
            }
        });
        view! {
            <header class="page-head">
                <h1>"Glossary"</h1>
                <p class="lead">"The words of the course, each in a sentence or two."</p>
            </header>
            <nav class="letters" aria-label="Letters">{jumps}</nav>
            {sections.collect_view()}
        }
        .into_any()
    });
    let description =
        "The words of the course on operating systems, each explained in a sentence or two.";
    Draft::new("glossary.html", "Glossary", description, body).finish(site)
}

fn term(site: &Site, term: &Term) -> AnyView {
    let also = (!term.also.is_empty()).then(|| {
        view! { <span class="also">{format!("also {}", term.also.join(", "))}</span> }
    });
    let see: Vec<AnyView> = term
        .see
        .iter()
        .filter_map(|slug| site.course.glossary.get(slug))
        .map(|it| view! { <a href=format!("#{}", it.slug)>{it.title.clone()}</a> }.into_any())
        .collect();
    let see = (!see.is_empty()).then(|| view! { <p class="entry-links">"See "{see}</p> });
    view! {
        <div class="entry">
            <dt id=term.slug.clone()>{term.title.clone()}{also}</dt>
            <dd>
                <div inner_html=resolve_links(&term.html, "")></div>
                {see}
                {lessons(site, "In ", &term.lessons)}
            </dd>
        </div>
    }
    .into_any()
}

/// Links to lessons given as `module/lesson`.
fn lessons(site: &Site, word: &'static str, paths: &[String]) -> Option<AnyView> {
    let links: Vec<AnyView> = paths
        .iter()
        .filter_map(|path| site.course.lesson(path))
        .map(|it| view! { <a href=course::lesson_path(it)>{it.title.clone()}</a> }.into_any())
        .collect();
    (!links.is_empty()).then(|| view! { <p class="entry-links">{word}{links}</p> }.into_any())
}

pub(super) fn sources(site: &Site) -> Page {
    let mut sources: Vec<&Source> = site.course.sources.values().collect();
    sources.sort_by_key(|it| it.short.to_lowercase());
    let body = html(|| {
        view! {
            <header class="page-head">
                <h1>"Sources"</h1>
                <p class="lead">
                    "The books, papers and manuals behind the course. The text is our own; the facts were checked against these."
                </p>
            </header>
            <ul class="sources">{sources.iter().map(|it| source(site, it)).collect_view()}</ul>
        }
        .into_any()
    });
    let description =
        "The books, papers and manuals behind the course, and the lessons that cite them.";
    Draft::new("sources.html", "Sources", description, body).finish(site)
}

fn source(site: &Site, source: &Source) -> AnyView {
    let title = if source.url.starts_with("https://") {
        view! { <a href=source.url.clone() rel="noreferrer">{source.title.clone()}</a> }.into_any()
    } else {
        source.title.clone().into_any()
    };
    let mut rest = vec![source.authors.join(", "), source.place.clone()];
    rest.extend(source.year.map(|year| year.to_string()));
    rest.retain(|it| !it.is_empty());
    let note = (!source.note.is_empty()).then(|| view! { <p>{source.note.clone()}</p> });
    view! {
        <li id=source.key.clone()>
            <p class="source-short">{source.short.clone()}</p>
            <div>
                <p class="source-title">{title}</p>
                <p class="source-rest">{rest.join(" · ")}</p>
                {note}
                {lessons(site, "Cited in ", &source.lessons)}
            </div>
        </li>
    }
    .into_any()
}
