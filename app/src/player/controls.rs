//! The row of controls under a picture, in the order every player has.

use super::{Action, Player, SPEEDS, keys};
use crate::erased::{click, flag, live, text, value};
use leptos::prelude::*;

/// Buttons, scrubber with markers, step label, speed.
#[component]
pub fn Controls(
    /// Whose controls.
    player: Player,
    /// Only play and scrubber, for small embedded figures.
    minimal: bool,
) -> impl IntoView {
    let button = move |act: &'static str, label: &'static str, keys: &'static str, icon, action| {
        view! {
            <button type="button" class="control" data-act=act aria-label=label title=label
                aria-keyshortcuts=keys on:click=click(move || player.act(action))>
                {icon_view(icon)}
            </button>
        }
        .into_any()
    };
    let play_label = text(move || if player.playing.get() { "Pause" } else { "Play" }.to_owned());
    view! {
        <div class="figure-controls needs-scripts" role="group" aria-label="Player" inert=crate::browser::asleep()>
            {(!minimal).then(|| button("restart", "Restart", "R", RESTART, Action::Restart))}
            {(!minimal).then(|| button("back", "Step back", "ArrowLeft", BACK, Action::Back))}
            <button type="button" class="control control-play" data-act="play" aria-label=play_label
                title=play_label aria-keyshortcuts="Space"
                on:click=click(move || player.act(Action::PlayPause))>
                {live(move || icon_view(if player.playing.get() { PAUSE } else { PLAY }))}
            </button>
            {(!minimal).then(|| button("forward", "Step forward", "ArrowRight", FORWARD, Action::Forward))}
            <Scrubber player/>
            {(!minimal).then(|| view! { <Speed player/> })}
        </div>
    }
    .into_any()
}

/// The slider over all steps, with a tick at each marker.
#[component]
fn Scrubber(
    /// Whose time.
    player: Player,
) -> impl IntoView {
    let last = text(move || player.len().saturating_sub(1).to_string());
    let position = text(move || format!("step {} of {}", player.at.get() + 1, player.len()));
    let time = text(move || {
        player.run.with(|run| {
            let time = run.step(player.at.get()).map_or(0, |step| step.time);
            sim::quantity(&time.to_string(), run.meta.time_unit)
        })
    });
    let ticks = live(move || {
        player.run.with(|run| {
            let span = run.len().saturating_sub(1).max(1);
            let tick = |at: usize| {
                let x = format!("{:.1}", at as f64 * 1_000.0 / span as f64);
                view! { <line x1=x.clone() x2=x y1="0" y2="8"></line> }.into_any()
            };
            run.markers().into_iter().take(400).map(tick).collect_view().into_any()
        })
    });
    let seek = value(move |typed| {
        if let Ok(to) = typed.parse() {
            player.go(to);
        }
    });
    view! {
        <div class="scrubber">
            <input type="range" data-act="scrub" min="0" max=last step="1" aria-label="Step"
                prop:value=text(move || player.at.get().to_string())
                value=player.at.get_untracked().to_string()
                aria-valuetext=text(move || format!("{}, {}", position.get(), time.get()))
                on:input=seek/>
            <svg class="scrubber-ticks" viewBox="0 0 1000 8" preserveAspectRatio="none" aria-hidden="true">
                {ticks}
            </svg>
            <span class="scrubber-label">
                <span data-role="position">{position}</span>
                <span class="scrubber-time">{time}</span>
            </span>
        </div>
    }
    .into_any()
}

/// How fast it plays.
#[component]
fn Speed(
    /// Whose speed.
    player: Player,
) -> impl IntoView {
    let choose = value(move |typed| {
        if let Ok(idx) = typed.parse::<usize>() {
            player.speed.set(idx.min(SPEEDS.len() - 1));
        }
    });
    let option = move |(idx, (pace, words)): (usize, (f64, &'static str))| {
        let chosen = flag(move || player.speed.get() == idx);
        view! {
            <option value=idx.to_string() selected=chosen title=words>{format!("{pace}×")}</option>
        }
        .into_any()
    };
    view! {
        <select class="control-speed" data-act="speed" aria-label="Speed" on:change=choose>
            {SPEEDS.into_iter().enumerate().map(option).collect_view()}
        </select>
    }
    .into_any()
}

/// The list of keys.
#[component]
pub fn Help(
    /// Whose keys.
    player: Player,
) -> impl IntoView {
    let rows = || {
        let row = |(key, what): &(&'static str, &'static str)| {
            view! { <div><dt><kbd>{*key}</kbd></dt><dd>{*what}</dd></div> }.into_any()
        };
        keys::HELP.iter().map(row).collect_view()
    };
    live(move || {
        let close = click(move || {
            player.help.set(false);
            player.keep_focus();
        });
        let open = player.help.get().then(|| {
            view! {
                <div class="figure-help" role="group" aria-label="Keys">
                    <p>"Keys act while the focus is inside this figure."</p>
                    <dl>{rows()}</dl>
                    <button type="button" class="quiet" on:click=close>
                        "Close"
                    </button>
                </div>
            }
        });
        open.into_any()
    })
}

const RESTART: &str = "M6 5v14M19 5.5v13L9 12z";
const BACK: &str = "M15 5.5v13L6 12zM18.5 5.5v13";
const PLAY: &str = "M8 5l11 7-11 7z";
const PAUSE: &str = "M8 5v14M16 5v14";
const FORWARD: &str = "M9 5.5v13L18 12zM5.5 5.5v13";

/// A small line icon; its button carries the name.
pub(crate) fn icon_view(path: &'static str) -> AnyView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d=path></path>
        </svg>
    }
    .into_any()
}
