//! A figure: title, picture, narration, controls, and what can be opened under them.
//!
//! The same view is prerendered on a page and mounted over it in the browser, so that nothing
//! shifts when the player arrives.

use crate::erased::{click, live, text};
use crate::form::{Draft, Named};
use crate::lab::compare::COMPARED_MAX;
use crate::lab::{Ask, Choices, Tab, Under, peers};
use crate::link::{self, Place};
use crate::pieces;
use crate::player::{Controls, Help, Narration, Picture, Player, Target, Words, action};
use content::FigureSpec;
use leptos::prelude::*;
use serde_json::Value;
use sim::{Entry, Mode, ScenarioError};
use std::sync::Arc;
use wasm_bindgen_futures::spawn_local;

/// Name in links of the engine's own example.
const EXAMPLE: &str = "example";

/// Where a figure stands and what surrounds it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Where {
    /// From the page to the root of the site, such as `../../`; empty at the root.
    pub root: String,
    /// Prefix of element ids, unique on the page.
    pub uid: String,
    /// How much surrounds the picture.
    pub chrome: Chrome,
    /// Whether the address of the page holds the state.
    pub live_link: bool,
}

/// How much surrounds the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Chrome {
    /// Title, controls and all tabs.
    #[default]
    Full,
    /// Title, all controls and a link to the full figure.
    Embed,
    /// Play and scrubber only.
    Minimal,
    /// The picture and its sentence only.
    Bare,
}

impl Chrome {
    /// The amount as one word, for styles and slots.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Embed => "embed",
            Self::Minimal => "minimal",
            Self::Bare => "bare",
        }
    }

    /// The amount with this slug; anything else is [`Chrome::Full`].
    #[must_use]
    pub fn from_slug(slug: &str) -> Self {
        [Self::Embed, Self::Minimal, Self::Bare]
            .into_iter()
            .find(|it| it.slug() == slug)
            .unwrap_or_default()
    }
}

/// A figure ready to be shown.
pub struct Ready {
    /// Its player.
    pub player: Player,
    /// What it opens with.
    pub place: Place,
}

impl std::fmt::Debug for Ready {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Ready({:?})", self.player)
    }
}

/// Makes the figure of `spec` ready, in the state that `place` asks for. What cannot be followed
/// becomes a notice: the figure opens on what it was made with.
///
/// # Errors
/// When the figure's own engine or scenario is wrong, which the check of the content excludes.
pub fn ready(
    spec: &FigureSpec,
    named: &[Named],
    place: Place,
    mut notices: Vec<String>,
) -> Result<Ready, String> {
    let entry = crate::pieces::engine(&spec.engine)
        .ok_or_else(|| format!("There is no engine {}", spec.engine))?;
    let own = entry.run_text(&spec.scenario, Mode::Frames).map_err(|it| it.to_string())?;
    let own_at = spec.at.map_or(usize::MAX, |it| it as usize);
    let asked = wanted(spec, named, &place, &mut notices);
    let (run, at) = match asked.map(|(scenario, at)| (entry.run(&scenario, Mode::Frames), at)) {
        Some((Ok(run), at)) => (run, at),
        Some((Err(error), _)) => {
            notices.extend(faults(&error));
            (own, own_at)
        }
        None => (own, own_at),
    };
    let at = place.step.map_or(at, |step| step.saturating_sub(1));
    let player = Player::new(entry, run, at);
    keep_asked(player, &place, &mut notices);
    player.notices.set(notices);
    Ok(Ready { player, place })
}

/// Shows what an address asks for in a figure that is open already.
pub fn follow(
    player: Player,
    spec: &FigureSpec,
    named: &[Named],
    place: &Place,
    mut notices: Vec<String>,
) {
    if let Some((scenario, at)) = wanted(spec, named, place, &mut notices) {
        let at = place.step.map_or(at, |step| step.saturating_sub(1));
        if let Err(error) = player.load(&scenario, Some(at)) {
            notices.extend(faults(&error));
        }
    }
    keep_asked(player, place, &mut notices);
    player.notices.set(notices);
}

/// Keeps the future that a link has beside the one it shows.
fn keep_asked(player: Player, place: &Place, notices: &mut Vec<String>) {
    let Some(kept) = &place.kept else { return };
    let scenario = player.run.with_untracked(|run| link::apply(&run.scenario, kept));
    match player.entry.run(&scenario, Mode::Frames) {
        Ok(run) => player.kept.set(Some(Arc::new(run))),
        Err(error) => notices.extend(faults(&error)),
    }
}

/// The scenario that a place asks for, and the step to open it on; `None` if the figure's own
/// scenario cannot be read.
fn wanted(
    spec: &FigureSpec,
    named: &[Named],
    place: &Place,
    notices: &mut Vec<String>,
) -> Option<(Value, usize)> {
    let entry = crate::pieces::engine(&spec.engine)?;
    let chosen = place.scenario.as_ref().and_then(|name| {
        let found = named.iter().find(|it| it.name == *name);
        let found = found.map(|it| (it.scenario.clone(), it.at.unwrap_or(usize::MAX)));
        let example = || Some((serde_json::from_str(entry.example).ok()?, usize::MAX));
        let found = found.or_else(|| example().filter(|_| name == EXAMPLE));
        if found.is_none() && spec.name.as_ref() != Some(name) {
            notices.push(format!(
                "The link starts from {}, which this figure does not have",
                link::shown(name)
            ));
        }
        found
    });
    let own = || {
        let at = spec.at.map_or(usize::MAX, |it| it as usize);
        Some((serde_json::from_str(&spec.scenario).ok()?, at))
    };
    let (base, at) = chosen.or_else(own)?;
    let base = sim::check(entry.form, &base).ok()?;
    Some((link::apply(&base, &place.changed), at))
}

/// Faults of a link, a few of them in full.
fn faults(error: &ScenarioError) -> Vec<String> {
    const SHOWN: usize = 5;
    let told = error.0.iter().take(SHOWN).map(|it| format!("The link is wrong at {it}"));
    let more = error.0.len().saturating_sub(SHOWN);
    told.chain((0 < more).then(|| format!("And {more} more faults"))).collect()
}

/// Which tab is open.
#[derive(Clone, Copy)]
struct Opened {
    /// The open one.
    now: RwSignal<Option<Tab>>,
    /// The one that a link opens: opening Share does not change what is shared.
    shared: RwSignal<Option<Tab>>,
}

impl Opened {
    fn new(tab: Option<Tab>) -> Self {
        Self { now: RwSignal::new(tab), shared: RwSignal::new(tab) }
    }

    fn toggle(self, tab: Tab) {
        let now = Some(tab).filter(|it| self.now.get_untracked() != Some(*it));
        self.now.set(now);
        if tab != Tab::Share {
            self.shared.set(now);
        }
    }

    /// Opens a tab; one that is open stays.
    fn show(self, tab: Tab) {
        if self.now.get_untracked() != Some(tab) {
            self.toggle(tab);
        }
    }
}

/// Engines to compare with: each once, and only those that can take the workload.
fn compared(player: Player, ids: &[String]) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    let peers = peers(player.entry);
    for id in ids {
        let fits = peers.iter().any(|peer| peer.meta.id == id) && !kept.contains(id);
        if fits && kept.len() + 1 < COMPARED_MAX {
            kept.push(id.clone());
        } else if !kept.contains(id) && id != player.entry.meta.id {
            let told = format!("{} cannot be set beside this figure", link::shown(id));
            player.notices.update(|all| all.push(told));
        }
    }
    kept
}

/// The figure. Ends in the same markup on a page and in the browser.
#[must_use]
pub fn figure_view(spec: &FigureSpec, named: Vec<Named>, place: &Where, ready: Ready) -> AnyView {
    let Ready { player, place: from } = ready;
    let entry = player.entry;
    let meta = entry.meta;
    let full = place.chrome == Chrome::Full;
    player.keep_time();
    player.follow_now();
    let opened = from.tab.as_deref().or(spec.tab.map(content::Tab::slug)).and_then(Tab::from_slug);
    let fits = |tab: &Tab| place.chrome == Chrome::Full && tab.fits(player);
    let open = Opened::new(opened.filter(fits));
    let compare = if from.compare.is_empty() { spec.compare.clone() } else { from.compare };
    let compare = RwSignal::new(compared(player, &compare));
    let fragment = fragment(spec, &named, player, open.shared, compare);
    Effect::new(move |_| {
        // Whoever keeps a future by key sees where it went.
        if full && player.kept.with(Option::is_some) {
            open.show(Tab::Fork);
        }
    });
    if place.live_link {
        follow_address(fragment, player, open.shared, compare);
    }
    let uid = place.uid.clone();
    let title_id = format!("{uid}-title");
    let heading_id = title_id.clone();
    let title = if spec.title.is_empty() { meta.title.to_owned() } else { spec.title.clone() };
    let look =
        if spec.look_for.is_empty() { meta.look_for.to_owned() } else { spec.look_for.clone() };
    // A bare figure has no controls, so it has no keys either: they would show what is asked.
    let steered = place.chrome != Chrome::Bare;
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        let bare = !(event.ctrl_key() || event.alt_key() || event.meta_key());
        let element: web_sys::Element = event_target(&event);
        let kind = element.get_attribute("type").unwrap_or_default();
        // A part that the reader can focus and that is wider than its frame scrolls by key.
        let scrolls = element.tag_name() != "FIGURE"
            && element.has_attribute("tabindex")
            && element.client_width() < element.scroll_width();
        let target = if scrolls { Target::Frame } else { Target::of(&element.tag_name(), &kind) };
        if event.key() == "Escape" && player.help.get_untracked() {
            player.help.set(false);
            player.keep_focus();
            return;
        }
        if let Some(action) = action(&event.key(), target).filter(|_| bare && steered) {
            event.prevent_default();
            event.stop_propagation();
            player.act(action);
        }
    };
    let reachable = steered.then_some("0");
    let in_browser = cfg!(target_arch = "wasm32").then_some("");
    let show = spec.show.clone();
    let controls = match place.chrome {
        Chrome::Bare => None,
        chrome => Some(view! { <Controls player minimal=chrome == Chrome::Minimal/> }),
    };
    let tabs = full.then(|| tabs_view(spec, named, place, player, open, compare, fragment));
    let words = (place.chrome != Chrome::Minimal && place.chrome != Chrome::Bare)
        .then(|| view! { <Words player/> });
    let framed = matches!(place.chrome, Chrome::Embed | Chrome::Minimal);
    let lesson = framed.then(|| lesson_view(place, meta.id, fragment));
    view! {
        <figure class="figure" data-engine=meta.id data-ready=in_browser tabindex=reachable
            aria-labelledby=title_id node_ref=player.root on:keydown=on_key>
            <figcaption class="figure-head">
                <p class="figure-title" id=heading_id>{title}</p>
                <p class="figure-look">{look}</p>
            </figcaption>
            {notices_view(player)}
            <Picture player show/>
            <div class="figure-dock">
                <Ask player/>
                <Narration player/>
                {full.then(|| view! { <Choices player/> })}
                {controls}
            </div>
            <Help player/>
            {tabs}
            {words}
            {lesson}
            <p class="visually-hidden" aria-live="polite" data-role="live">{player.spoken}</p>
        </figure>
    }
    .into_any()
}

/// A figure that cannot be shown says why, in its place.
#[must_use]
pub fn broken_view(spec: &FigureSpec, why: &str) -> AnyView {
    view! {
        <figure class="figure" data-engine=spec.engine.clone()>
            <p class="fault" role="alert">"This figure cannot be shown: "{why.to_owned()}</p>
        </figure>
    }
    .into_any()
}

fn notices_view(player: Player) -> AnyView {
    live(move || {
        let notices = player.notices.get();
        if notices.is_empty() {
            return ().into_any();
        }
        let items: Vec<AnyView> =
            notices.into_iter().map(|it| view! { <li>{it}"."</li> }.into_any()).collect();
        let close = click(move || {
            player.notices.set(Vec::new());
            player.keep_focus();
        });
        view! {
            <div class="figure-notices" role="status">
                <ul>{items}</ul>
                <button type="button" class="quiet" on:click=close>
                    "Dismiss"
                </button>
            </div>
        }
        .into_any()
    })
}

/// Buttons that open one panel at a time.
fn tabs_view(
    spec: &FigureSpec,
    named: Vec<Named>,
    place: &Where,
    player: Player,
    open: Opened,
    compare: RwSignal<Vec<String>>,
    fragment: Signal<String>,
) -> AnyView {
    let panel_id = format!("{}-tab", place.uid);
    let draft = Draft::new(player);
    let controls = panel_id.clone();
    let button = move |tab: Tab| {
        let expanded = text(move || (open.now.get() == Some(tab)).to_string());
        let act = if tab == Tab::Share { "share" } else { tab.slug() };
        let toggle = click(move || open.toggle(tab));
        view! {
            <button type="button" class="tab" data-act=act aria-expanded=expanded aria-controls=controls.clone()
                on:click=toggle>{tab.label()}</button>
        }
        .into_any()
    };
    let help = click(move || player.act(crate::player::Action::Help));
    let under = Under {
        player,
        draft,
        named,
        compare,
        sweep: spec.sweep.clone(),
        place: place.clone(),
        fragment,
    };
    // Counts the answers of the server, so that what waits for the tools looks again.
    let answers = RwSignal::new(0_u32);
    Effect::new(move |_| {
        if open.now.get().is_some() && pieces::tools().is_none() {
            spawn_local(async move {
                pieces::bring_tools().await;
                answers.try_update(|it| *it += 1);
            });
        }
    });
    let body = move || {
        let tab = open.now.get()?;
        let n_answers = answers.get();
        Some(match pieces::tools() {
            Some(tools) => (tools.view)(tab, &under),
            None if n_answers == 0 => view! { <p class="quiet-note">"One moment …"</p> }.into_any(),
            None => {
                view! { <p class="fault" role="alert">"This part did not come. Check the connection, then open it again."</p> }
                    .into_any()
            }
        })
    };
    view! {
        <div class="figure-tabs needs-scripts" role="group" aria-label="More" inert=crate::browser::asleep()>
            {Tab::ALL.into_iter().filter(|tab| tab.fits(player)).map(button).collect_view()}
            <button type="button" class="tab tab-help" data-act="help" aria-keyshortcuts="?" on:click=help>"Keys"</button>
        </div>
        <div class="figure-tab" id=panel_id>{live(move || body().into_any())}</div>
    }
    .into_any()
}

/// From an embedded figure to the same state on its full page.
fn lesson_view(place: &Where, id: &str, fragment: Signal<String>) -> AnyView {
    // A file that was saved has no site around it.
    if crate::browser::is_file() {
        return ().into_any();
    }
    let path = format!("{}sim/{id}.html", place.root);
    let href = text(move || format!("{path}#{}", fragment.get()));
    view! {
        <p class="figure-source">
            <a href=href target="_blank" rel="noopener">"Open in Interleave"</a>
        </p>
    }
    .into_any()
}

/// The state of the figure as link text.
fn fragment(
    spec: &FigureSpec,
    named: &[Named],
    player: Player,
    shared: RwSignal<Option<Tab>>,
    compare: RwSignal<Vec<String>>,
) -> Signal<String> {
    let entry: &'static Entry = player.entry;
    let bases = bases(entry, spec, named);
    Signal::derive(move || {
        let place = player.run.with(|run| {
            let changed = |base: &Value| link::changes(entry.form, base, &run.scenario);
            // The named scenario that leaves the least to say.
            let nearest = bases
                .iter()
                .map(|(name, base)| (name, changed(base)))
                .min_by_key(|(_, it)| it.len());
            let (scenario, changed) = match nearest {
                Some((name, changed)) => (name.clone(), changed),
                None => (None, serde_json::Map::new()),
            };
            Place { scenario, changed, ..Place::default() }
        });
        let kept = player.kept.with(|kept| {
            let kept = kept.as_ref()?;
            Some(player.run.with(|run| link::changes(entry.form, &run.scenario, &kept.scenario)))
        });
        let tab = shared.get().map(|it| it.slug().to_owned());
        let compare = if tab.is_some() { compare.get() } else { Vec::new() };
        link::format(
            entry.form,
            &Place { step: Some(player.at.get() + 1), tab, compare, kept, ..place },
        )
    })
}

/// Scenarios that a link may start from, checked. A link must mean the same on every page of the
/// engine, so the figure's own scenario counts only if it is a named one.
fn bases(entry: &Entry, spec: &FigureSpec, named: &[Named]) -> Vec<(Option<String>, Value)> {
    let checked = |scenario: &Value| sim::check(entry.form, scenario).ok();
    let mut bases: Vec<(Option<String>, Value)> = named
        .iter()
        .filter_map(|it| Some((Some(it.name.clone()), checked(&it.scenario)?)))
        .collect();
    let own = serde_json::from_str(&spec.scenario).ok().and_then(|it| checked(&it));
    if let (Some(name), Some(own)) = (&spec.name, own) {
        bases.insert(0, (Some(name.clone()), own));
    }
    if bases.is_empty() {
        let example = serde_json::from_str(entry.example).ok().and_then(|it| checked(&it));
        bases.extend(example.map(|it| (Some(EXAMPLE.to_owned()), it)));
    }
    bases
}

/// How long the reader must rest before the address is written, in milliseconds: browsers refuse
/// addresses that change too often.
const REST_MS: u64 = 150;

/// Keeps the address in step, without a new entry in the history; not while playing.
fn follow_address(
    fragment: Signal<String>,
    player: Player,
    shared: RwSignal<Option<Tab>>,
    compare: RwSignal<Vec<String>>,
) {
    Effect::new(move |first: Option<()>| {
        player.at.track();
        player.run.track();
        player.kept.track();
        shared.track();
        compare.track();
        // The address that was opened stays until the reader moves.
        if first.is_none() || player.playing.get() {
            return;
        }
        let write = move || {
            crate::browser::set_fragment(&fragment.get_untracked());
        };
        let rest = std::time::Duration::from_millis(REST_MS);
        if let Ok(handle) = set_timeout_with_handle(write, rest) {
            on_cleanup(move || handle.clear());
        }
    });
}
