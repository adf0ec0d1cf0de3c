//! What is seen and said at one step.

use super::{Piece, Player, pieces as told};
use crate::erased::{OnChange, live, text};
use crate::panels::{actor_class, panel_view};
use crate::pieces;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

/// All panels of the step that is shown.
#[component]
pub fn Picture(
    /// Whose step.
    player: Player,
    /// Slugs of the panels to show; empty for all.
    show: Vec<String>,
) -> impl IntoView {
    let panels = live(move || {
        let at = player.at.get();
        player.run.with(|run| {
            let scene = run.scene(at);
            let wanted = |slug: &str| show.is_empty() || show.iter().any(|it| it == slug);
            let slots = scene.panels.iter().filter(|slot| wanted(slot.slug));
            slots.map(|slot| panel_view(slot, &run.actors)).collect_view().into_any()
        })
    });
    view! { <div class="figure-picture">{panels}</div> }.into_any()
}

/// The sentence of the step, with the actors' names in their colours.
#[component]
pub fn Narration(
    /// Whose step.
    player: Player,
) -> impl IntoView {
    let piece = |piece: Piece| match piece {
        Piece::Words(words) => view! { <span>{words}</span> }.into_any(),
        Piece::Code(code) => view! { <code>{code}</code> }.into_any(),
        Piece::Actor(idx, name) => {
            let class = format!("say-actor {}", actor_class(Some(idx)));
            view! { <span class=class>{name}</span> }.into_any()
        }
    };
    let sentence = live(move || {
        player.run.with(|run| {
            let say = run.step(player.at.get()).map_or("", |step| step.say.as_str());
            told(say, &run.actors).into_iter().map(piece).collect_view().into_any()
        })
    });
    view! { <p class="figure-say" data-role="narration">{sentence}</p> }.into_any()
}

/// The picture in words: the same text as on the command line.
#[component]
pub fn Words(
    /// Whose step.
    player: Player,
) -> impl IntoView {
    let open = RwSignal::new(false);
    // Counts the answers of the server, so that what waits for the tools looks again.
    let answers = RwSignal::new(0_u32);
    let words = text(move || {
        answers.track();
        // Text that nobody reads is not written at every step; a prerendered page has it.
        let wanted = open.get() || !cfg!(target_arch = "wasm32");
        let at = player.at.get();
        match pieces::tools().filter(|_| wanted) {
            Some(tools) => player.run.with(|run| (tools.words)(run, at)),
            None => String::new(),
        }
    });
    let toggled: OnChange = Box::new(move |event| {
        let details = event_target::<web_sys::Element>(&event);
        open.set(details.has_attribute("open"));
        spawn_local(async move {
            pieces::bring_tools().await;
            answers.try_update(|it| *it += 1);
        });
    });
    view! {
        <details class="figure-words" on:toggle=toggled>
            <summary>"This picture in words"</summary>
            <pre tabindex="0" data-role="words">{words}</pre>
        </details>
    }
    .into_any()
}
