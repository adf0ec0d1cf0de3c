//! A level to mend: the program to edit, what must stay, and what every schedule makes of it.

use super::finish::{focus_end, won_view};
use super::judge::{self, Ending, edited, endings, is_mended, program, stars_mended};
use super::live::Game;
use crate::erased::{OnChange, click, flag, live, text};
use crate::form::{CodeField, Slip, code_view, slips};
use crate::lab::explore::broken_told;
use crate::player::{Controls, Narration, Picture, Player};
use crate::walk::{STATES_MAX, Walk, told};
use content::{Ensure, Goal, Level};
use leptos::prelude::*;
use sim::{Entry, Exploration, Mode, ScenarioError, Verdict};
use web_sys::Element;

/// Everything of one workshop that changes. Cheap to copy.
#[derive(Clone, Copy)]
struct Workshop {
    game: Game,
    entry: &'static Entry,
    level: StoredValue<Level>,
    ensure: StoredValue<Ensure>,
    /// The program as it is typed.
    source: RwSignal<String>,
    /// What is wrong with its text, and the threads that it has.
    read: Memo<Result<Vec<String>, ScenarioError>>,
    walk: Walk,
    /// The program of the walk.
    tried: RwSignal<String>,
    /// How many hints are open.
    n_hints: RwSignal<usize>,
    /// A schedule that is shown.
    shown: RwSignal<Option<Vec<u32>>>,
}

/// The workshop of a level.
pub(super) fn workshop_view(game: Game, level: &Level) -> AnyView {
    let (Some(entry), Goal::Mend { ensure, hints }) =
        (crate::pieces::engine(&level.engine), &level.goal)
    else {
        return ().into_any();
    };
    let draft = game.drafts.with_value(|it| it.get(&level.id).cloned());
    let source = RwSignal::new(draft.unwrap_or_else(|| program(level)));
    let stored = StoredValue::new(level.clone());
    let read = Memo::new(move |_| {
        let scenario = stored.with_value(|it| source.with(|source| edited(it, source, &[])));
        entry.run(&scenario, Mode::MetricsOnly).map(|run| run.actors)
    });
    let shop = Workshop {
        game,
        entry,
        level: stored,
        ensure: StoredValue::new(ensure.clone()),
        source,
        read,
        walk: Walk::default(),
        tried: RwSignal::new(String::new()),
        n_hints: RwSignal::new(0),
        shown: RwSignal::new(None),
    };
    // What was found belongs to a text: another one has to be tried anew.
    Effect::new(move |before: Option<()>| {
        let text = source.get();
        if before.is_some() {
            let id = stored.with_value(|it| it.id.clone());
            game.drafts.update_value(|it| {
                it.insert(id, text.clone());
            });
            if shop.tried.with_untracked(|it| *it != text) {
                shop.walk.clear();
                shop.shown.set(None);
            }
        }
    });
    Effect::new(move |_| {
        if shop.walk.found.with(Option::is_some) && shop.is_mended() {
            let n_all = hints_of(shop).len();
            let id = stored.with_value(|it| it.id.clone());
            game.win(&id, stars_mended(shop.n_hints.get_untracked(), n_all));
            focus_end();
        }
    });
    frame_view(shop, level, hints.clone())
}

fn hints_of(shop: Workshop) -> Vec<String> {
    shop.level.with_value(|it| match &it.goal {
        Goal::Mend { hints, .. } => hints.clone(),
        Goal::Break { .. } => Vec::new(),
    })
}

impl Workshop {
    fn try_all(self) {
        let source = self.source.get_untracked();
        self.shown.set(None);
        self.tried.set(source.clone());
        let search = self.level.with_value(|it| judge::search(self.entry, it, &source, STATES_MAX));
        self.walk.start(search);
    }

    /// Whether what was found shows a program that is mended.
    fn is_mended(self) -> bool {
        let actors = self.read.get_untracked().unwrap_or_default();
        self.walk.found.with_untracked(|found| {
            let Some(Ok(found)) = found else { return false };
            self.ensure.with_value(|it| {
                self.tried.with_untracked(|text| is_mended(it, text, &actors, found))
            })
        })
    }

    fn begin_again(self) {
        self.source.set(self.level.with_value(program));
    }
}

fn frame_view(shop: Workshop, level: &Level, hints: Vec<String>) -> AnyView {
    let key = format!("/{}", level.code);
    let slips: Signal<Vec<Slip>> = Signal::derive(move || {
        shop.read.with(|it| it.as_ref().err().map(|it| slips(it, &key)).unwrap_or_default())
    });
    // A fault that is in no line, such as a text that is too long.
    let other = live(move || {
        let told = shop.read.with(|it| {
            let error = it.as_ref().err().filter(|_| slips.with(Vec::is_empty))?;
            Some(error.to_string())
        });
        told.map(|it| view! { <p class="fault" role="alert">{it}</p> }).into_any()
    });
    let id = format!("program-{}", level.id);
    let changed: OnChange = Box::new(|_| {});
    let field = code_view(CodeField {
        id: id.clone(),
        name: None,
        text: shop.source,
        slips,
        described: "level-ensure".to_owned(),
        changed,
    });
    let walks = flag(move || shop.walk.progress.with(Option::is_some));
    let off = flag(move || walks.get() || shop.read.with(Result::is_err));
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        let element: Element = event_target(&event);
        let is_run = event.key() == "Enter" && (event.ctrl_key() || event.meta_key());
        if is_run && element.tag_name() == "TEXTAREA" && !off.get_untracked() {
            event.prevent_default();
            event.stop_propagation();
            shop.try_all();
        }
    };
    let cancel = live(move || {
        let button = walks.get().then(|| {
            view! { <button type="button" class="quiet" data-act="cancel" on:click=click(move || shop.walk.cancel())>"Stop"</button> }
        });
        button.into_any()
    });
    view! {
        <figure class="figure workshop" aria-label=format!("Workshop: {}", level.title) data-ready="" on:keydown=on_key>
            <div class="workshop-sides">
                <div class="workshop-code">
                    <label class="label" for=id>"Program"</label>
                    {field}
                    {other}
                </div>
                <div class="workshop-ensure" id="level-ensure">{ensure_view(shop)}</div>
            </div>
            <div class="board-bar">
                <button type="button" class="primary" data-act="try" aria-keyshortcuts="Control+Enter" disabled=off
                    on:click=click(move || shop.try_all())>"Try every schedule"</button>
                {cancel}
                <button type="button" class="quiet" data-act="again" on:click=click(move || shop.begin_again())>"Begin again"</button>
                {hint_button(shop, hints.len())}
            </div>
            {hints_view(shop, hints)}
            <p class="explore-progress" data-role="progress">{text(move || shop.walk.progress.get().map(told).unwrap_or_default())}</p>
            {live(move || found_view(shop))}
            {live(move || shop.shown.get().map(|it| schedule_view(shop, &it)).into_any())}
        </figure>
    }
    .into_any()
}

/// What keeps an edit honest, each with whether it is so.
fn ensure_view(shop: Workshop) -> AnyView {
    let row = |holds: bool, told: AnyView| {
        let (mark, word) = if holds { ("✓", "so: ") } else { ("✗", "not so: ") };
        view! {
            <li class=if holds { "is-so" } else { "is-not" }>
                <span class="ensure-mark" aria-hidden="true">{mark}</span>
                <span class="visually-hidden">{word}</span><span>{told}</span>
            </li>
        }
        .into_any()
    };
    let code = |it: &str| view! { <code>{it.to_owned()}</code> }.into_any();
    let rows = move || {
        let ensure = shop.ensure.get_value();
        let source = shop.source.get();
        let (missing, forbidden) = (ensure.missing(&source), ensure.forbidden(&source));
        let threads = ensure.threads.join(", ");
        let same = shop.read.with(|it| it.as_ref().is_ok_and(|it| *it == ensure.threads));
        let mut rows = vec![row(same, view! { "Threads "{code(&threads)} }.into_any())];
        let mut seen: Vec<&String> = Vec::new();
        for piece in &ensure.keep {
            if seen.contains(&piece) {
                continue;
            }
            seen.push(piece);
            let n = ensure.keep.iter().filter(|it| *it == piece).count();
            let times = if n == 1 { String::new() } else { format!(", {n} times") };
            let told = view! { {code(piece)}{times} }.into_any();
            rows.push(row(!missing.contains(&piece.as_str()), told));
        }
        if !ensure.without.is_empty() {
            let words = ensure.without.iter().map(|it| view! { " "{code(it)} }.into_any());
            let told = view! { "none of"{words.collect_view()} }.into_any();
            rows.push(row(forbidden.is_empty(), told));
        }
        rows.collect_view().into_any()
    };
    let ends = shop.ensure.with_value(|it| it.ends.iter().map(|it| code(it)).collect::<Vec<_>>());
    let n_ends = ends.len();
    let ends = ends.into_iter().enumerate().map(|(n, end)| {
        let comma = if n + 1 < n_ends { " or " } else { "" };
        view! { {end}{comma} }.into_any()
    });
    view! {
        <p class="label">"What must stay"</p>
        <ul class="ensure">{live(rows)}</ul>
        <p class="label">"How it may end"</p>
        <p class="ensure-ends">{ends.collect_view()}</p>
    }
    .into_any()
}

/// Opens one hint more; the last one is the solution.
fn hint_button(shop: Workshop, n_all: usize) -> AnyView {
    let name = text(move || match shop.n_hints.get() {
        0 => "Hint".to_owned(),
        n if n < n_all => "Another hint".to_owned(),
        _ => "No more hints".to_owned(),
    });
    let off = flag(move || n_all <= shop.n_hints.get());
    let open = click(move || shop.n_hints.update(|it| *it = (*it + 1).min(n_all)));
    view! { <button type="button" class="quiet" data-act="hint" disabled=off on:click=open>{name}</button> }
        .into_any()
}

fn hints_view(shop: Workshop, hints: Vec<String>) -> AnyView {
    let solution = format!("solutions.html#level-{}", shop.level.with_value(|it| it.id.clone()));
    let open = live(move || {
        let n = shop.n_hints.get();
        let open = hints.iter().take(n).map(|it| {
            let html = it.clone();
            view! { <li inner_html=html></li> }.into_any()
        });
        let solution = (hints.len() <= n).then(|| {
            view! { <p><a href=solution.clone() data-act="solution">"See a solution"</a></p> }
        });
        let list = (0 < n).then(|| view! { <ol class="hints">{open.collect_view()}</ol> });
        view! { {list}{solution} }.into_any()
    });
    view! { <div class="board-hints" aria-live="polite">{open}</div> }.into_any()
}

/// What was found: won, or what is still wrong, each with a schedule that shows it.
fn found_view(shop: Workshop) -> AnyView {
    let Some(found) = shop.walk.found.get() else { return ().into_any() };
    let found = match found {
        Ok(found) => found,
        Err(error) => {
            return view! { <p class="fault" role="alert">{error.to_string()}</p> }.into_any();
        }
    };
    if shop.is_mended() {
        let level = shop.level.get_value();
        let stars = stars_mended(shop.n_hints.get_untracked(), hints_of(shop).len());
        let told = "It holds, in every schedule.".to_owned();
        let more = format!(
            "{} states and {} steps between them were looked at.",
            found.n_states, found.n_transitions
        );
        return won_view(shop.game, &level, stars, told, &more);
    }
    let parts = match &found.verdict {
        Verdict::Broken { law, picks } => {
            let told = broken_told(law, picks.len(), found.n_round);
            wrong_view(shop, told, Some(picks.clone()))
        }
        Verdict::Unknown => {
            let told = "That is too large to try every schedule. Make it smaller.".to_owned();
            wrong_view(shop, told, None)
        }
        Verdict::Holds => ends_view(shop, &found),
    };
    view! { <div class="level-end level-other" data-end="other" role="status">{parts}</div> }
        .into_any()
}

/// One thing that is wrong, and the way to see it.
fn wrong_view(shop: Workshop, told: String, picks: Option<Vec<u32>>) -> AnyView {
    let show = picks.map(|picks| {
        let open = click(move || shop.shown.set(Some(picks.clone())));
        view! { <button type="button" class="quiet" data-act="show" on:click=open>"Show me"</button> }
    });
    view! { <p class="wrong"><span>{told}</span>" "{show}</p> }.into_any()
}

/// No law is broken, and still it is not right: other ends, or something is missing.
fn ends_view(shop: Workshop, found: &Exploration) -> AnyView {
    let all = shop.ensure.with_value(|it| endings(it, found));
    let wrong =
        all.into_iter().filter_map(|Ending { label, is_meant, picks }| match (is_meant, picks) {
            (true, Some(_)) => None,
            (true, None) => {
                Some((format!("It never ends with {label}, and should be able to."), None))
            }
            (false, picks) => Some((format!("It can end with {label}."), picks)),
        });
    let wrong: Vec<AnyView> = wrong.map(|(told, picks)| wrong_view(shop, told, picks)).collect();
    let told = match wrong.is_empty() {
        true => {
            "It holds and ends as it should, but something that must stay is missing: see the list."
        }
        false => "No law is broken, but:",
    };
    view! { <p><strong>{told}</strong></p>{wrong} }.into_any()
}

/// A schedule of the program that was tried, to be played.
fn schedule_view(shop: Workshop, picks: &[u32]) -> AnyView {
    let scenario =
        shop.level.with_value(|it| shop.tried.with_untracked(|text| edited(it, text, picks)));
    let Ok(run) = shop.entry.run(&scenario, Mode::Frames) else { return ().into_any() };
    let player = Player::new(shop.entry, run, 0);
    player.keep_time();
    player.follow_now();
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        let element: Element = event_target(&event);
        let kind = element.get_attribute("type").unwrap_or_default();
        let target = crate::player::Target::of(&element.tag_name(), &kind);
        let bare = !(event.ctrl_key() || event.alt_key() || event.meta_key());
        if let Some(action) = crate::player::action(&event.key(), target).filter(|_| bare) {
            event.prevent_default();
            event.stop_propagation();
            player.act(action);
        }
    };
    view! {
        <figure class="figure schedule" tabindex="0" aria-label="The schedule" node_ref=player.root on:keydown=on_key>
            <Picture player show=Vec::new()/>
            <div class="figure-dock"><Narration player/><Controls player minimal=false/></div>
            <p class="visually-hidden" aria-live="polite" data-role="live">{player.spoken}</p>
        </figure>
    }
    .into_any()
}
