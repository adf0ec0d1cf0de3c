//! What is seen and said at one step.

use super::{Piece, Player, pieces as told};
use crate::erased::{OnChange, OnClick, live, text};
use crate::panels::{FOLLOW, actor_class, hero, paged_view};
use crate::pieces;
use leptos::prelude::*;
use sim::scene::Slot;
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::spawn_local;

/// All panels of the step that is shown.
#[component]
pub fn Picture(
    /// Whose step.
    player: Player,
    /// Slugs of the panels to show; empty for all.
    show: Vec<String>,
) -> impl IntoView {
    // Of very long panels: which page the reader has turned to, by slug.
    let turned = RwSignal::new(Vec::<(String, usize)>::new());
    let panels = live(move || {
        let at = player.at.get();
        let turned = turned.get();
        player.run.with(|run| {
            let scene = run.scene(at);
            let hero = hero(&scene);
            let wanted = |slug: &str| show.is_empty() || show.iter().any(|it| it == slug);
            let panel = |slot: Slot| {
                let chosen = turned.iter().find(|it| it.0 == slot.slug).map(|it| it.1);
                paged_view(slot, &run.actors, chosen, hero, true)
            };
            let slots = scene.panels.into_iter().filter(|slot| wanted(slot.slug));
            slots.map(panel).collect_view().into_any()
        })
    });
    let turn: OnClick = Box::new(move |event| {
        let Some(target) = event.target().and_then(|it| it.dyn_into::<web_sys::Element>().ok())
        else {
            return;
        };
        let (panel, to) = (target.get_attribute("data-panel"), target.get_attribute("data-turn"));
        let (Some(panel), Some(to)) = (panel, to) else { return };
        turned.update(|turned| {
            turned.retain(|it| it.0 != panel);
            if to != FOLLOW {
                turned.extend(to.parse().map(|to| (panel, to)));
            }
        });
    });
    view! { <div class="figure-picture" on:click=turn>{panels}</div> }.into_any()
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
