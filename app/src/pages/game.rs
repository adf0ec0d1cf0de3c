//! A module's game, and the page with the solutions of its levels.

use super::shell::Draft;
use super::{Page, Site, course, html, root_of};
use crate::game::{Chapter, Data, game_view};
use content::{End, Level, Module, Played, resolve_level};
use leptos::prelude::*;
use sim::{Mode, SearchOptions};

/// States after which a solution is not looked for any longer.
const STATES_MAX: u32 = 100_000;

/// The game and its solutions; nothing for a module without levels.
pub(super) fn pages(site: &Site, module: &Module) -> Vec<Page> {
    if module.chapters.is_empty() {
        return Vec::new();
    }
    vec![game(site, module), solutions(site, module)]
}

/// A page of the game, with its own style.
fn draft(
    site: &Site,
    module: &Module,
    page: &str,
    title: &str,
    about: &str,
    body: String,
) -> Draft {
    let path = format!("course/{}/{page}.html", module.slug);
    let mut draft = Draft::new(&path, title, about, body);
    draft.has_parts = true;
    draft.place = Some(course::Place::new(module, page));
    if let Some((name, _)) = site.files.styles.get("game") {
        let root = root_of(&path);
        draft.head = format!("<link rel=\"stylesheet\" href=\"{root}{name}\">\n");
    }
    draft
}

fn game(site: &Site, module: &Module) -> Page {
    let root = root_of("course/module/game.html");
    let chapter = |it: &content::Chapter| Chapter {
        title: it.title.clone(),
        about: it.about.clone(),
        levels: it.levels.iter().map(|it| resolve_level(&it.level, &root)).collect(),
    };
    let chapters = module.chapters.iter().map(chapter).collect();
    let data = Data { chapters, root: root.clone() };
    let n_levels = data.levels().count();
    let title = "Break it, mend it";
    let body = html(|| {
        view! {
            <header class="page-head">
                <p class="kicker"><a href="index.html">{module.title.clone()}</a></p>
                <h1>{title}</h1>
                <p class="lead">
                    "Here you are the scheduler: let the threads step in the worst order you can think of. "
                    "Then you are the programmer, and the explorer tries every order there is."
                </p>
                <p class="meta">
                    <span>{format!("{n_levels} levels")}</span>
                    <span><a href="language.html">"The language of the programs"</a></span>
                    <span><a href="solutions.html">"Solutions"</a></span>
                </p>
            </header>
            <div class="breakout">{game_view(&data)}</div>
        }
        .into_any()
    });
    let about = format!(
        "{n_levels} small programs with threads: break them by picking who steps, or mend them until no schedule breaks them."
    );
    draft(site, module, "game", title, &about, body).finish(site)
}

fn solutions(site: &Site, module: &Module) -> Page {
    let root = root_of("course/module/solutions.html");
    let title = "Solutions of the game";
    let mut number = 0;
    let body = html(|| {
        let chapters = module.chapters.iter().map(|chapter| {
            let levels = chapter.levels.iter().map(|it| {
                number += 1;
                solution(it, number, &root)
            });
            view! {
                <section class="game-chapter">
                    <h2>{chapter.title.clone()}</h2>
                    <ol class="game-still">{levels.collect_view()}</ol>
                </section>
            }
            .into_any()
        });
        let chapters = chapters.collect_view();
        view! {
            <header class="page-head">
                <p class="kicker"><a href="game.html">"Break it, mend it"</a></p>
                <h1>{title}</h1>
                <p class="lead">
                    "A shortest schedule for every program to break, and one way to mend every other. "
                    "Yours may be another, and just as good."
                </p>
            </header>
            {chapters}
        }
        .into_any()
    });
    let about =
        "A shortest schedule for every level to break, and a program for every level to mend.";
    let mut draft = draft(site, module, "solutions", title, about, body);
    draft.has_parts = false;
    draft.finish(site)
}

/// One level and its solution.
fn solution(played: &Played, number: usize, root: &str) -> AnyView {
    let level = resolve_level(&played.level, root);
    let answer = match played.solution.is_empty() {
        true => schedule(&level, &played.end),
        false => {
            let name = format!("Solution of level {number}");
            view! { <pre class="game-program" tabindex="0" aria-label=name><code>{played.solution.clone()}</code></pre> }
                .into_any()
        }
    };
    view! {
        <li id=format!("level-{}", level.id)>
            <h3><a href=format!("game.html#level={}", level.id)>{format!("{number}. {}", level.title)}</a></h3>
            <p class="game-task" inner_html=level.task_html.clone()></p>
            <details class="answer">
                <summary>"Solution"</summary>
                {answer}
                <div inner_html=level.why_html.clone()></div>
            </details>
        </li>
    }
    .into_any()
}

/// The steps of a shortest schedule that ends so, each as the engine tells it.
fn schedule(level: &Level, end: &End) -> AnyView {
    let steps = steps(level, end).unwrap_or_default();
    let steps = steps.into_iter().map(|it| view! { <li>{it}</li> });
    view! { <ol class="game-steps">{steps.collect_view()}</ol> }.into_any()
}

fn steps(level: &Level, end: &End) -> Option<Vec<String>> {
    let entry = sim::engine(&level.engine)?;
    let mut scenario: serde_json::Value = serde_json::from_str(&level.scenario).ok()?;
    let options = SearchOptions { states_max: STATES_MAX, reduce: false, after_picks: false };
    let mut search = entry.search?(&scenario, options).ok()?;
    while !search.advance(STATES_MAX).done {}
    let found = search.finish();
    let picks = match end {
        End::Law(law) => found.laws.into_iter().find(|it| it.law == law)?.picks,
        End::Outcome(label) => found.outcomes.into_iter().find(|it| it.label == *label)?.picks,
    };
    scenario["picks"] = picks.into();
    let run = entry.run(&scenario, Mode::Frames).ok()?;
    Some((1..run.len()).filter_map(|at| Some(run.step(at)?.say.replace('`', ""))).collect())
}
