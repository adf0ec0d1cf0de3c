//! The exact state to take away: a link, an embed code, files.

use crate::browser;
use crate::erased::click;
use crate::player::Player;
use content::escape;
use leptos::prelude::*;
use std::fmt::Write;

/// The panel.
#[component]
pub fn Share(
    /// What is shared.
    player: Player,
    /// From the page to the root of the site.
    root: String,
    /// The state as link text, without `#`.
    fragment: Signal<String>,
) -> impl IntoView {
    let told = RwSignal::new(String::new());
    let id = player.entry.meta.id;
    let link = Signal::derive({
        let root = root.clone();
        move || {
            let path = format!("{root}sim/{id}.html#{}", fragment.get());
            browser::absolute(&path).unwrap_or(path)
        }
    });
    let embed = Signal::derive({
        move || {
            let path = format!("{root}embed/{id}.html#{}", fragment.get());
            let title = player.entry.meta.title;
            let address = browser::absolute(&path).unwrap_or(path);
            format!(
                "<iframe src=\"{}\" title=\"{}\" width=\"720\" height=\"480\" loading=\"lazy\" \
                 allow=\"fullscreen\" style=\"width:100%;border:0\"></iframe>",
                escape(&address),
                escape(title)
            )
        }
    });
    let copy = move |what: &'static str, text: Signal<String>| {
        let copied = move |worked: bool| {
            told.set(if worked {
                format!("{what} copied.")
            } else {
                format!(
                    "The browser did not allow copying: select the {} and copy it.",
                    what.to_ascii_lowercase()
                )
            });
        };
        click(move || browser::copy(&text.get_untracked(), copied))
    };
    let save = move |kind: Download| {
        click(move || {
            let done = kind
                .text(player)
                .and_then(|text| browser::download(&kind.name(id), kind.mime(), &text));
            told.set(match done {
                Some(()) => format!("{} saved.", kind.label()),
                None => format!("The browser did not allow saving the {}.", kind.label()),
            });
        })
    };
    let button = move |kind: Download| {
        view! { <button type="button" class="quiet" on:click=save(kind)>{kind.label()}</button> }
            .into_any()
    };
    view! {
        <div class="share">
            <label class="label">"Link to this state"
                <input type="text" readonly data-role="link" prop:value=link value=link.get_untracked()/>
            </label>
            <button type="button" class="primary" data-act="copy-link" on:click=copy("Link", link)>"Copy link"</button>
            <label class="label">"Embed code"
                <textarea readonly rows="3" data-role="embed-code" prop:value=embed>{embed.get_untracked()}</textarea>
            </label>
            <button type="button" class="primary" data-act="copy-embed" on:click=copy("Embed code", embed)>"Copy embed code"</button>
            <div class="share-files" role="group" aria-label="Save as a file">
                <span class="label">"Save as"</span>
                {[Download::Json, Download::Csv, Download::Svg].map(button).collect_view()}
            </div>
            <p class="quiet-note" role="status">{told}</p>
        </div>
    }
    .into_any()
}

/// A file to take away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Download {
    /// The run, as the command line writes it.
    Json,
    /// The steps as a table.
    Csv,
    /// The first picture of the step that is shown.
    Svg,
}

impl Download {
    fn label(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::Csv => "CSV",
            Self::Svg => "SVG",
        }
    }

    fn mime(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv",
            Self::Svg => "image/svg+xml",
        }
    }

    fn name(self, id: &str) -> String {
        format!("{}.{}", id.replace('/', "-"), self.label().to_ascii_lowercase())
    }

    fn text(self, player: Player) -> Option<String> {
        match self {
            Self::Json => player
                .run
                .with_untracked(|run| serde_json::to_string_pretty(&sim::run_json(run)).ok()),
            Self::Csv => Some(player.run.with_untracked(|run| csv(run))),
            Self::Svg => picture(player),
        }
    }
}

/// Steps as comma-separated values (RFC 4180).
fn csv(run: &sim::Run) -> String {
    let mut out = format!("step,time_{},kind,what_happens\r\n", run.meta.time_unit);
    for (at, step) in (0..run.len()).filter_map(|at| Some((at, run.step(at)?))) {
        let say = step.say.replace('"', "\"\"");
        let _ = write!(out, "{},{},{},\"{say}\"\r\n", at + 1, step.time, step.tag);
    }
    out
}

/// The figure's first drawing as a file of its own, with the styles of the page inside.
fn picture(player: Player) -> Option<String> {
    let figure = player.element()?;
    let svg = browser::all(&figure, ".figure-picture svg").into_iter().next()?;
    let copy: web_sys::Element =
        wasm_bindgen::JsCast::dyn_into(svg.clone_node_with_deep(true).ok()?).ok()?;
    copy.set_attribute("xmlns", "http://www.w3.org/2000/svg").ok()?;
    let rect = svg.get_bounding_client_rect();
    copy.set_attribute("width", &format!("{:.0}", rect.width())).ok()?;
    copy.set_attribute("height", &format!("{:.0}", rect.height())).ok()?;
    let style =
        browser::document()?.create_element_ns(Some("http://www.w3.org/2000/svg"), "style").ok()?;
    style.set_text_content(Some(&browser::page_styles()));
    copy.prepend_with_node_1(&style).ok()?;
    Some(copy.outer_html())
}

#[cfg(test)]
mod tests {
    use super::csv;
    use sim::{Mode, engines};

    #[test]
    fn a_table_has_a_row_a_step_and_quotes_its_sentences() {
        for entry in engines() {
            let run = entry.run_text(entry.example, Mode::Frames).unwrap();
            let text = csv(&run);
            assert_eq!(text.lines().count(), run.len() + 1, "{}", entry.meta.id);
            assert!(text.lines().skip(1).all(|line| line.ends_with('"')));
        }
    }
}
