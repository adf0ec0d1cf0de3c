//! What every page has around its own part: head, top bar, course list, contents of the page, foot.

use super::{Files, Page, Site, course, errata, html, icons, offline, preview, root_of, sheet};
use content::escape;
use leptos::prelude::*;
use std::fmt::Write;

/// Name of the site.
pub(super) const SITE: &str = "Interleave";

/// What pages may load: only their own site, no inline script or style, and wasm.
pub(super) const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
     img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'";

/// A page before the shell is put around it.
pub(super) struct Draft {
    /// Path below the root of the site.
    pub(super) path: String,
    /// Title, without the name of the site.
    pub(super) title: String,
    /// One sentence for search engines and previews.
    pub(super) description: String,
    /// The page's own part, as HTML.
    pub(super) body: String,
    /// Whether figures, quizzes or practice sheets are on it.
    pub(super) has_parts: bool,
    /// Whether it is made for paper: with still figures, and no program.
    pub(super) is_for_paper: bool,
    /// Id of the engine whose picture other sites show beside a link to it.
    pub(super) pictured: Option<String>,
    /// Where it stands in the course list; `None` for pages without the list.
    pub(super) place: Option<course::Place>,
    /// Its headings: level, id, text.
    pub(super) toc: Vec<(u8, String, String)>,
    /// Style sheets that few pages need, by stem.
    pub(super) more_styles: &'static [&'static str],
    /// More lines for the head, as HTML.
    pub(super) head: String,
}

impl Draft {
    /// A page with a title and a body, and nothing else yet.
    pub(super) fn new(path: &str, title: &str, description: &str, body: String) -> Self {
        Self {
            path: path.to_owned(),
            title: title.to_owned(),
            description: description.to_owned(),
            body,
            has_parts: false,
            is_for_paper: false,
            pictured: None,
            place: None,
            toc: Vec::new(),
            more_styles: &[],
            head: String::new(),
        }
    }

    /// The finished page.
    pub(super) fn finish(self, site: &Site) -> Page {
        let root = root_of(&self.path);
        let class = match (&self.place, self.toc.is_empty()) {
            (Some(_), _) => "with-rail",
            (None, false) => "with-toc",
            (None, true) => "plain",
        };
        let body = html(|| {
            view! {
                <a class="skip" href="#main">"Skip to the text"</a>
                {top_bar(site, &self, &root)}
                <div class=format!("layout {class}")>
                    {self.place.as_ref().map(|place| course::rail(site, place, &root, "Course"))}
                    <main id="main" tabindex="-1" inner_html=self.body.clone()></main>
                    {(!self.toc.is_empty()).then(|| toc(&self.toc, "On this page"))}
                </div>
                {foot(&root)}
            }
            .into_any()
        });
        let text = document(site, &self, &root, POLICY, &body);
        Page { path: self.path, text }
    }
}

/// A whole document around a finished body.
pub(super) fn document(site: &Site, draft: &Draft, root: &str, policy: &str, body: &str) -> String {
    let title = match draft.path.as_str() {
        "index.html" => escape(&draft.title),
        _ => format!("{} · {SITE}", escape(&draft.title)),
    };
    let mut head = format!(
        "<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}</title>\n\
         <meta name=\"description\" content=\"{}\">\n\
         <script src=\"{root}{}\"></script>\n",
        escape(&draft.description),
        Files::script_name("theme"),
    );
    let more = draft.more_styles.iter().filter_map(|stem| site.files.styles.get(*stem));
    let more = more.map(|(name, _)| name.as_str());
    for name in site.files.styles_of(draft.has_parts, draft.is_for_paper).chain(more) {
        let _ = writeln!(head, "<link rel=\"stylesheet\" href=\"{root}{name}\">");
    }
    let _ = writeln!(
        head,
        "<link rel=\"icon\" type=\"image/svg+xml\" href=\"{root}icon.svg\">\n\
         <link rel=\"apple-touch-icon\" href=\"{root}{}\">\n\
         <link rel=\"manifest\" href=\"{root}{}\">",
        offline::ICONS[0].1,
        offline::MANIFEST_NAME,
    );
    head.push_str(&previews(site, draft));
    head.push_str(&draft.head);
    let worker = match site.is_offline && offline::is_kept(&draft.path) {
        true => format!(" data-worker=\"{root}{}\"", offline::WORKER_NAME),
        false => String::new(),
    };
    let _ = writeln!(
        head,
        "<script src=\"{root}{}\" data-root=\"{root}\" data-search=\"{root}{}\" data-search-index=\"{root}{}\" data-search-style=\"{root}{}\"{worker} defer></script>",
        Files::script_name("page"),
        Files::script_name("search"),
        site.files.search_index,
        site.files.styles.get("search").map_or("", |it| &it.0)
    );
    if draft.has_parts {
        head.push_str(&boot(&site.files, root, body));
    }
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n{head}</head>\n<body>{body}</body>\n</html>\n"
    )
}

/// The script that starts the app, with what it needs to know; nothing in a build without the app.
fn boot(files: &Files, root: &str, body: &str) -> String {
    let script = Files::script_name("boot");
    files.app.as_ref().map_or_else(String::new, |app| {
        let parts = app.parts_of(body).into_iter().map(|it| format!("{root}{it}"));
        let parts = match parts.collect::<Vec<_>>().join(" ") {
            parts if parts.is_empty() => parts,
            parts => format!(" data-parts=\"{parts}\""),
        };
        format!(
            "<script src=\"{root}{script}\" data-app=\"{root}{}\" data-wasm=\"{root}{}\"{parts} defer></script>\n",
            app.js_name, app.wasm_name
        )
    })
}

/// What other sites show of a page; only where the address of the site is known.
fn previews(site: &Site, draft: &Draft) -> String {
    let Some(base) = &site.base_url else { return String::new() };
    let url = format!("{base}{}", draft.path.trim_end_matches("index.html"));
    format!(
        "<link rel=\"canonical\" href=\"{url}\">\n\
         <meta property=\"og:site_name\" content=\"{SITE}\">\n\
         <meta property=\"og:type\" content=\"article\">\n\
         <meta property=\"og:title\" content=\"{}\">\n\
         <meta property=\"og:description\" content=\"{}\">\n\
         <meta property=\"og:url\" content=\"{url}\">\n{}",
        escape(&draft.title),
        escape(&draft.description),
        pictured(base, draft)
    )
    .replace(
        "content=\"article\"",
        if draft.path == "index.html" { "content=\"website\"" } else { "content=\"article\"" },
    )
}

/// The picture beside a link.
fn pictured(base: &str, draft: &Draft) -> String {
    let Some(entry) = draft.pictured.as_deref().and_then(sim::engine) else {
        return "<meta name=\"twitter:card\" content=\"summary\">\n".to_owned();
    };
    let (width, height) = preview::SIZE;
    format!(
        "<meta property=\"og:image\" content=\"{base}{}\">\n\
         <meta property=\"og:image:width\" content=\"{width}\">\n\
         <meta property=\"og:image:height\" content=\"{height}\">\n\
         <meta property=\"og:image:alt\" content=\"{}: {}\">\n\
         <meta name=\"twitter:card\" content=\"summary_large_image\">\n",
        preview::path(entry.meta.id),
        escape(entry.meta.title),
        escape(entry.meta.summary)
    )
}

/// Name of the site, its parts, the theme switch, and everything folded for narrow screens.
fn top_bar(site: &Site, draft: &Draft, root: &str) -> AnyView {
    let folded_rail =
        draft.place.as_ref().map(|place| course::rail(site, place, root, "Course, folded"));
    let folded_toc = (!draft.toc.is_empty()).then(|| toc(&draft.toc, "On this page, folded"));
    view! {
        <header class="top">
            <a class="brand" href=format!("{root}index.html")>{icons::logo()}<span>{SITE}</span></a>
            <nav class="site-nav wide-only" aria-label="Site">{site_links(draft, root)}</nav>
            {search_button()}
            <div class="wide-only">{theme_switch()}</div>
            <details class="fold narrow-only">
                <summary>{icons::menu()}"Contents"</summary>
                <div class="fold-sheet">
                    <nav class="site-nav" aria-label="Site, folded">{site_links(draft, root)}</nav>
                    {folded_toc}
                    {folded_rail}
                    {theme_switch()}
                </div>
            </details>
        </header>
    }
    .into_any()
}

fn site_links(draft: &Draft, root: &str) -> AnyView {
    let link = |path: &'static str, text: &'static str| {
        let is_here = draft.path == path
            || (path == "index.html" && draft.path.starts_with("course/"))
            || (path == "gallery.html" && draft.path.starts_with("sim/"))
            || (path == "progress.html"
                && ["cards.html", "quiz.html"].contains(&draft.path.as_str()));
        let current = match (draft.path == path, is_here) {
            (true, _) => Some("page"),
            (false, true) => Some("true"),
            (false, false) => None,
        };
        view! { <a href=format!("{root}{path}") aria-current=current>{text}</a> }
    };
    view! {
        {link("index.html", "Course")}
        {link("gallery.html", "Simulations")}
        {link("glossary.html", "Glossary")}
        {link("progress.html", "Review")}
        {link("sources.html", "Sources")}
    }
    .into_any()
}

/// Opens the search, which `page.js` fetches then.
fn search_button() -> AnyView {
    view! {
        <button type="button" class="search-open needs-scripts" data-open-search="" aria-label="Search" aria-keyshortcuts="/">
            {icons::search()}<span aria-hidden="true">"Search"</span><kbd aria-hidden="true">"/"</kbd>
        </button>
    }
    .into_any()
}

/// Three buttons that `page.js` brings to life; hidden without scripts.
fn theme_switch() -> AnyView {
    let button = |theme: &'static str, name: &'static str, icon: AnyView| {
        view! {
            <button type="button" data-set-theme=theme aria-pressed="false" title=name>
                {icon}<span class="visually-hidden">{name}</span>
            </button>
        }
    };
    view! {
        <div class="theme-switch needs-scripts" role="group" aria-label="Theme">
            {button("auto", "As the system", icons::theme_auto())}
            {button("light", "Light", icons::theme_light())}
            {button("dark", "Dark", icons::theme_dark())}
        </div>
    }
    .into_any()
}

/// The headings of the page as links.
fn toc(headings: &[(u8, String, String)], label: &'static str) -> AnyView {
    let links = headings
        .iter()
        .filter(|it| it.0 <= 3)
        .map(|(level, id, text)| {
            let class = format!("toc-{level}");
            view! { <li class=class><a href=format!("#{id}")>{text.clone()}</a></li> }
        })
        .collect_view();
    view! {
        <nav class="toc" aria-label=label>
            <p class="rail-head" aria-hidden="true">"On this page"</p>
            <ol>{links}</ol>
        </nav>
    }
    .into_any()
}

fn foot(root: &str) -> AnyView {
    view! {
        <footer class="foot">
            <p>
                "Every picture and every number here comes from a deterministic engine that you can step, change, link and embed. "
                "No tracking, no requests to other sites."
            </p>
            <p>
                <a href=format!("{root}progress.html")>"Your progress"</a>" · "
                <a href=format!("{root}cards.html")>"Flash cards"</a>" · "
                <a href=format!("{root}quiz.html")>"Mixed questions"</a>" · "
                <a href=format!("{root}gallery.html")>"All simulations"</a>" · "
                <a href=format!("{root}glossary.html")>"Glossary"</a>" · "
                <a href=format!("{root}sources.html")>"Sources"</a>" · "
                <a href=format!("{root}{}", errata::PATH)>"What common notes get wrong"</a>" · "
                <a href=format!("{root}{}", sheet::PATH)>"Cheat sheet"</a>
            </p>
            <p class="offline-note" data-offline-note="" hidden>"This version of the course is kept in the browser: it can be read without a network."</p>
        </footer>
    }
    .into_any()
}
