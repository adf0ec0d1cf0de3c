//! An engine's own page: the player, its scenarios, its model, its settings and metrics, and how to embed it.

use super::notes::note_html;
use super::shell::Draft;
use super::{Page, Site, course, embed, html, root_of};
use crate::figure::Chrome;
use leptos::prelude::*;
use sim::scene::number;
use sim::{Better, Entry, Field, Kind, Mode};

pub(super) fn page(site: &Site, entry: &Entry) -> Page {
    let meta = entry.meta;
    let path = format!("sim/{}.html", meta.id);
    let root = root_of(&path);
    let notes = site.notes.get(meta.id).cloned().unwrap_or_default().0;
    let mut toc = vec![(2, "scenarios".to_owned(), "Scenarios".to_owned())];
    let body = html(|| {
        view! {
            <header class="page-head">
                <p class="kicker"><a href=format!("{root}gallery.html#{}", entry.domain())>{domain_title(entry)}</a></p>
                <h1>{meta.title}</h1>
                <p class="lead">{meta.summary}</p>
            </header>
            <div class="breakout">{site.sole_figure(&site.first_figure(entry), &root, Chrome::Full)}</div>
            {lessons(site, entry, &root)}
            {scenarios(site, entry)}
            {notes
                .iter()
                .map(|(title, text)| {
                    let (id, title) = (id_of(title), heading(title));
                    view! { <h2 id=id>{title}</h2> <div class="prose" inner_html=note_html(site, text, &root)></div> }
                })
                .collect_view()}
            {settings(entry)}
            {metrics(site, entry)}
            {embed_code(site, entry, &root)}
        }
        .into_any()
    });
    toc.extend(notes.iter().map(|(title, _)| (2, id_of(title), heading(title))));
    for (id, text) in [("settings", "Settings"), ("metrics", "Metrics"), ("embed", "Embed it")] {
        toc.push((2, id.to_owned(), text.to_owned()));
    }
    let mut draft = Draft::new(&path, meta.title, meta.summary, body);
    draft.has_parts = true;
    draft.pictured = Some(meta.id.to_owned());
    draft.toc = toc;
    draft.head = embed::oembed_link(site, entry, &root);
    draft.finish(site)
}

fn domain_title(entry: &Entry) -> &'static str {
    sim::DOMAINS.iter().find(|it| it.id == entry.domain()).map_or("Simulations", |it| it.title)
}

fn id_of(title: &str) -> String {
    title.to_lowercase().replace(' ', "-")
}

/// The headings of the notes as a reader of the page understands them.
fn heading(title: &str) -> String {
    match title {
        "Model" => "The model",
        "Ties" => "Ties and conventions",
        "Left out" => "What is left out",
        other => other,
    }
    .to_owned()
}

/// Lessons whose figures run this engine.
fn lessons(site: &Site, entry: &Entry, root: &str) -> Option<AnyView> {
    let id = entry.meta.id;
    let uses = |lesson: &&content::Lesson| {
        lesson.figures().any(|it| it.engine == id || it.compare.iter().any(|other| other == id))
    };
    let lessons = site.course.modules.iter().flat_map(|module| &module.lessons).filter(uses);
    let links: Vec<AnyView> = lessons
        .map(|it| {
            view! { <a href=format!("{root}{}", course::lesson_path(it))>{it.title.clone()}</a> }
                .into_any()
        })
        .collect();
    (!links.is_empty())
        .then(|| view! { <p class="used-in">"In the lessons "{links}</p> }.into_any())
}

fn scenarios(site: &Site, entry: &Entry) -> AnyView {
    let named = site.course.scenarios.get(entry.meta.id).map(Vec::as_slice).unwrap_or_default();
    if named.is_empty() {
        return view! { <h2 id="scenarios">"Scenarios"</h2> <p>"The figure above runs the engine's own example."</p> }
            .into_any();
    }
    let items = named.iter().map(|it| {
        let href = format!("#v=1&s={}", it.name);
        view! { <li><a href=href>{it.title.clone()}</a><p>{it.about.clone()}</p></li> }
    });
    view! {
        <h2 id="scenarios">"Scenarios"</h2>
        <ul class="scenario-list">{items.collect_view()}</ul>
    }
    .into_any()
}

fn settings(entry: &Entry) -> AnyView {
    let mut rows = Vec::new();
    for field in entry.form.iter().filter(|it| !it.hidden) {
        rows.push(setting(field, ""));
        if let Kind::Rows { columns, .. } = field.kind {
            rows.extend(columns.iter().filter(|it| !it.hidden).map(|it| setting(it, field.key)));
        }
    }
    view! {
        <h2 id="settings">"Settings"</h2>
        <p>"Every scenario is one JSON object with these keys. The same table draws the form, sets the limits and words the errors."</p>
        <div class="table-wrap" tabindex="0" role="group" aria-label="Settings">
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Key"</th><th scope="col">"Meaning"</th>
                        <th scope="col">"Values"</th><th scope="col">"If left out"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn setting(field: &Field, table: &str) -> AnyView {
    let key =
        if table.is_empty() { field.key.to_owned() } else { format!("{table}[].{}", field.key) };
    let help = if field.help.is_empty() { String::new() } else { format!(". {}", field.help) };
    let preset = match field.preset_value(0) {
        None => "needed".to_owned(),
        Some(value) if value.is_null() => "not set".to_owned(),
        Some(serde_json::Value::String(text)) if text.is_empty() => "empty".to_owned(),
        Some(serde_json::Value::String(text)) if 40 < text.len() => "a program".to_owned(),
        Some(serde_json::Value::String(text)) => text,
        Some(value) => value.to_string(),
    };
    view! {
        <tr>
            <th scope="row"><code>{key}</code></th>
            <td>{field.label}{help}</td>
            <td>{values(field)}</td>
            <td>{preset}</td>
        </tr>
    }
    .into_any()
}

/// What a field takes, in words.
fn values(field: &Field) -> String {
    let unit = if field.unit.is_empty() { String::new() } else { format!(" {}", field.unit) };
    match field.kind {
        Kind::Int { min, max } => format!("{min} to {max}{unit}"),
        Kind::Choice(choices) => {
            choices.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ")
        }
        Kind::Flag => "true, false".to_owned(),
        Kind::Text { max_chars } => format!("text, up to {max_chars} characters"),
        Kind::Name { max_chars } => format!("name, up to {max_chars} characters"),
        Kind::Code { max_chars } => format!("program, up to {max_chars} characters"),
        Kind::Ints { min, max, len_min, len_max, single_key } => {
            let single = match single_key {
                "" => String::new(),
                key => format!("; one alone as {key}"),
            };
            format!("{len_min} to {len_max} numbers, each {min} to {max}{unit}{single}")
        }
        Kind::Rows { len_min, len_max, .. } => format!("{len_min} to {len_max} rows"),
    }
}

/// The numbers of a run, with their values in the figure above.
fn metrics(site: &Site, entry: &Entry) -> Option<AnyView> {
    let run = entry.run_text(&site.first_figure(entry).scenario, Mode::MetricsOnly).ok()?;
    // Of what is counted for each thing, the first thing stands for all.
    let mut seen = Vec::new();
    let rows: Vec<AnyView> = run
        .metrics
        .iter()
        .filter(|it| {
            let name = it.key.split('.').next().unwrap_or_default();
            let is_new = !seen.contains(&name);
            seen.push(name);
            is_new
        })
        .map(|it| {
            let aim = match it.better {
                Better::Lower => "lower is better",
                Better::Higher => "higher is better",
                Better::Neither => "",
            };
            let value = number(it.value, 3);
            let unit = sim::unit(&value, it.unit);
            view! {
                <tr>
                    <th scope="row"><code>{it.key.clone()}</code></th>
                    <td>{it.label.clone()}</td>
                    <td class="num">{value}</td>
                    <td>{unit}</td>
                    <td>{aim}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    Some(
        view! {
            <h2 id="metrics">"Metrics"</h2>
            <p>"What a run is measured by, with the values of the first scenario. What belongs to one thing has its name after a dot."</p>
            <div class="table-wrap" tabindex="0" role="group" aria-label="Metrics">
                <table>
                    <thead>
                        <tr>
                            <th scope="col">"Key"</th><th scope="col">"Meaning"</th><th scope="col" class="num">"Value"</th>
                            <th scope="col">"Unit"</th><th scope="col">"Aim"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        }
        .into_any(),
    )
}

fn embed_code(site: &Site, entry: &Entry, root: &str) -> AnyView {
    let id = entry.meta.id;
    let base = site.base_url.clone().unwrap_or_else(|| "https://your.site/".to_owned());
    let frame = embed::frame_code(&format!("{base}embed/{id}.html"), entry.meta.title);
    let element = format!(
        "<script src=\"{base}embed.js\" async></script>\n<os-viz sim=\"{id}\" params=\"#v=1&step=1\"></os-viz>"
    );
    let listing = |path: &'static str, code: String| {
        view! { <div class="embed-code" data-site=path><pre tabindex="0"><code>{code}</code></pre></div> }
    };
    let single = site.files.app.is_some().then(|| {
        view! {
            <p>
                "Or take the whole figure as "<a href=format!("{root}single/{id}.html") download="">"one file"</a>
                " that needs nothing else: it works from a disk, in a course system and in a sandboxed frame."
            </p>
        }
    });
    let site_base = if site.base_url.is_none() { "https://your.site/" } else { "" };
    view! {
        <h2 id="embed">"Embed it"</h2>
        <p>
            "A frame works anywhere. \u{201c}Share\u{201d} under the figure gives the same code for the scenario and step that you see."
        </p>
        {listing(site_base, frame)}
        <p>"With a small script the frame follows the height of the figure."</p>
        {listing(site_base, element)}
        {single}
    }
    .into_any()
}
