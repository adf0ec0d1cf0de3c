//! Link targets in Markdown, checked and turned into what [`crate::resolve_links`] reads.

use crate::course::Citation;
use crate::desk::{Here, Wanted};
use crate::escape::escape;
use crate::runs::Runs;
use crate::toml_doc::Row;

/// Pages of the site that stand outside of modules.
const PAGES: [&str; 4] = ["errata", "gallery", "glossary", "print/cheat_sheet"];

/// A link as it goes into the HTML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) href: String,
    /// Class or relation, with its leading space; may be empty.
    pub(crate) attributes: &'static str,
    /// Slug of the glossary term it leads to.
    pub(crate) term: Option<String>,
}

/// The target of a link, or what is wrong with it.
pub(crate) fn target(here: &Here<'_>, line: u32, dest: &str) -> Result<Target, String> {
    let plain = |href: String| Target { href, attributes: "", term: None };
    if dest.starts_with("https://") {
        let attributes = " rel=\"external noopener\"";
        return Ok(Target { href: dest.to_owned(), attributes, term: None });
    }
    if let Some(anchor) = dest.strip_prefix('#') {
        if here.lesson.is_empty() {
            return Err(format!("{dest}: only a lesson has such places"));
        }
        want_anchor(here, line, here.lesson, anchor);
        return Ok(plain(dest.to_owned()));
    }
    let (scheme, name) = dest.split_once(':').unwrap_or(("", dest));
    match scheme {
        "gloss" => {
            here.use_term(name);
            match here.desk.names.terms.contains(name) {
                true => Ok(Target {
                    href: format!("@gloss/{name}"),
                    attributes: " class=\"term\"",
                    term: Some(name.to_owned()),
                }),
                false => Err(format!("the glossary has no term {name}")),
            }
        }
        "src" => {
            let Citation { key, .. } = citation(here, name)?;
            let href = format!("@src/{key}");
            Ok(Target { href, attributes: " class=\"cite\"", term: None })
        }
        "lesson" => lesson(here, line, name).map(plain),
        "module" => match here.desk.names.modules.contains(name) {
            true => Ok(plain(format!("@module/{name}"))),
            false => Err(format!("there is no module {name} with lessons")),
        },
        "page" if PAGES.contains(&name) => Ok(plain(format!("@page/{name}"))),
        "sim" => simulation(here, name).map(plain),
        _ => Err(format!(
            "link {dest}: expected gloss:, src:, lesson:, module:, page:, sim:, # or https://"
        )),
    }
}

fn lesson(here: &Here<'_>, line: u32, name: &str) -> Result<String, String> {
    let (path, anchor) = match name.split_once('#') {
        Some((path, anchor)) => (path, Some(anchor)),
        None => (name, None),
    };
    if !here.desk.names.lessons.contains_key(path) {
        return Err(format!("there is no lesson {path}"));
    }
    if let Some(anchor) = anchor {
        want_anchor(here, line, path, anchor);
    }
    Ok(format!("@lesson/{name}"))
}

/// The page of an engine, or one scenario on it: `engine#scenario`, with `+setting=value` behind.
fn simulation(here: &Here<'_>, name: &str) -> Result<String, String> {
    let Some((engine, spelled)) = name.split_once('#') else {
        return Runs::engine(name).map(|_| format!("@sim/{name}"));
    };
    let picked = here.desk.runs.pick(engine, spelled)?;
    here.desk.runs.run(engine, &picked.scenario)?;
    Ok(format!("@sim/{engine}#v=1&s={}", spelled.replace('+', "&")))
}

fn want_anchor(here: &Here<'_>, line: u32, lesson: &str, anchor: &str) {
    let (file, lesson, name) = (here.file.to_owned(), lesson.to_owned(), anchor.to_owned());
    here.desk.used.borrow_mut().anchors.push(Wanted { file, line, lesson, name });
}

/// A source and the place in it, spelled `key` or `key/place`.
pub(crate) fn citation(here: &Here<'_>, spelled: &str) -> Result<Citation, String> {
    let (key, place) = spelled.split_once('/').unwrap_or((spelled, ""));
    here.use_source(key);
    let Some(source) = here.desk.names.sources.get(key) else {
        return Err(format!("there is no source {key}"));
    };
    let label = match (place, source.unit.as_str()) {
        ("", _) => source.short.clone(),
        (place, "") => format!("{}, {place}", source.short),
        (place, unit) => format!("{}, {unit} {place}", source.short),
    };
    Ok(Citation { key: key.to_owned(), place: place.to_owned(), label })
}

/// A link to the lesson that a row of a table names, with its title; it exists, or it is told.
pub(crate) fn to_lesson(here: Here<'_>, row: &Row<'_>, key: &'static str) -> String {
    let spelled = row.text(key);
    match target(&here, row.line(key), &format!("lesson:{spelled}")) {
        Ok(target) => {
            let path = spelled.split('#').next().unwrap_or_default();
            let title = title_of(here, path);
            format!("<a href=\"{}\">{}</a>", escape(&target.href), escape(title))
        }
        Err(what) => {
            row.fault(key, what);
            String::new()
        }
    }
}

/// The title in a lesson's front matter: the lessons that come later are not read yet.
fn title_of<'a>(here: Here<'a>, path: &str) -> &'a str {
    let text = here.desk.files.text(&format!("course/{path}.md")).unwrap_or_default();
    let title = text.lines().find_map(|line| line.strip_prefix("title = \""));
    title.and_then(|it| it.strip_suffix('"')).unwrap_or_default()
}

/// A link to the source that a row of a table names.
pub(crate) fn to_source(here: Here<'_>, row: &Row<'_>, key: &'static str) -> String {
    match citation(&here, &row.text(key)) {
        Ok(it) => format!("<a href=\"@src/{}\">{}</a>", it.key, escape(&it.label)),
        Err(what) => {
            row.fault(key, what);
            String::new()
        }
    }
}
