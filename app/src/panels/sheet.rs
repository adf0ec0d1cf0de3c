//! All panels on one page, to look at: `cargo test -p app --features ssr panels::sheet` writes
//! `target/sheet/light.html` and `dark.html`.

use super::{panel_view, samples};
use leptos::prelude::*;
use sim::Mode;
use sim::scene::{Panel, Slot};
use std::path::Path;

fn figure(title: &str, slots: &[Slot], actors: &[String]) -> String {
    let panels: String = slots.iter().map(|slot| panel_view(slot, actors).to_html()).collect();
    format!(
        "<figure class=\"figure\"><p class=\"figure-title\">{title}</p>\
         <div class=\"figure-picture\">{panels}</div></figure>"
    )
}

fn page(theme: &str, body: &str) -> String {
    let css = ["tokens", "figure"]
        .map(|name| format!("<link rel=\"stylesheet\" href=\"../../assets/css/{name}.css\">"))
        .concat();
    format!(
        "<!doctype html><html lang=\"en\" data-theme=\"{theme}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"style-src 'self' file:\">\
         <title>Panels</title>{css}<link rel=\"stylesheet\" href=\"sheet.css\"></head>\
         <body>{body}</body></html>"
    )
}

const SHEET_CSS: &str = "body { margin: 0; padding: 12px; background: var(--ground); \
     color: var(--ink); font-family: var(--font-text); font-size: var(--size-body); }\n\
     .figure { max-width: var(--figure-width); margin: 0 auto 40px; padding: 16px; box-sizing: border-box; background: var(--surface); border: 1px solid var(--hairline); border-radius: 10px; container-type: inline-size; }\n\
     .figure-title { font-family: var(--font-ui); font-weight: 600; }\n";

#[test]
fn sheet_of_all_panels() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/sheet");
    std::fs::create_dir_all(&folder).unwrap();
    let mut body = figure("Hand-made", &samples::slots(), &samples::actors());
    let long: Vec<String> = (0..40).map(|n| format!("job {n}")).collect();
    let timeline = |gantt| Slot { slug: "long", title: "Long", panel: Panel::Gantt(gantt) };
    body += &figure("Many lanes", &[timeline(samples::gantt_long(40, 3_000))], &long);
    body += &figure("Long", &[timeline(samples::gantt_long(3, 160))], &long);
    body += &figure("Dense", &[timeline(samples::gantt_long(200, 10_000))], &long);
    for entry in sim::engines() {
        let run = entry.run_text(entry.example, Mode::Frames).unwrap();
        let scene = run.scene(run.len() * 2 / 3);
        body += &figure(entry.meta.id, &scene.panels, &run.actors);
    }
    std::fs::write(folder.join("sheet.css"), SHEET_CSS).unwrap();
    for theme in ["light", "dark"] {
        std::fs::write(folder.join(format!("{theme}.html")), page(theme, &body)).unwrap();
    }
}
