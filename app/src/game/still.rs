//! The levels as they stand on the page: what is to be done, and the program.

use super::{Data, kicker, kind};
use content::{Goal, Level, escape};
use leptos::prelude::*;

/// All levels to read, and what the app needs to play them.
#[must_use]
pub fn game_view(data: &Data) -> AnyView {
    let mut number = 0;
    let chapters = data.chapters.iter().map(|chapter| {
        let levels = chapter.levels.iter().map(|level| {
            number += 1;
            level_view(level, number)
        });
        view! {
            <section class="game-chapter">
                <h2>{chapter.title.clone()}</h2>
                <p>{chapter.about.clone()}</p>
                <ol class="game-still" start=(number + 1).to_string()>{levels.collect_view()}</ol>
            </section>
        }
        .into_any()
    });
    let chapters = chapters.collect_view();
    view! { <section class="game" aria-label="The game" data-game=data.text()>{chapters}</section> }
        .into_any()
}

fn level_view(level: &Level, number: usize) -> AnyView {
    let program = super::judge::program(level);
    let kept = match &level.goal {
        Goal::Mend { ensure, .. } => {
            let keep: Vec<String> =
                ensure.keep.iter().map(|it| format!("<code>{}</code>", escape(it))).collect();
            let told = format!("What must stay: {}.", keep.join(", "));
            Some(view! { <p class="game-keep" inner_html=told></p> })
        }
        Goal::Break { .. } => None,
    };
    let heading = format!("{number}. {}", level.title);
    view! {
        <li class=format!("game-still-{}", kind(&level.goal)) id=format!("level-{}", level.id)>
            <h3>{heading}</h3>
            <p class="game-kind">{kicker(level)}</p>
            <p class="game-task" inner_html=level.task_html.clone()></p>
            <div inner_html=level.text_html.clone()></div>
            <pre class="game-program" tabindex="0" aria-label=format!("Program of level {number}")><code>{program}</code></pre>
            {kept}
        </li>
    }
    .into_any()
}
