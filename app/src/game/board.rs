//! A level to break: the threads side by side, and who steps next.

use super::finish::{focus_end, won_view};
use super::judge::{by_actor, ended, good_picks, rest, scenario, stars_broken};
use super::live::Game;
use crate::browser;
use crate::erased::{click, flag, live, text};
use crate::lab::choices::{take, taken};
use crate::panels::actor_class;
use crate::player::{Narration, Picture, Player};
use crate::words::count;
use content::{End, Goal, Level};
use leptos::prelude::*;
use sim::Mode;
use web_sys::Element;

/// Keys of the board, as its buttons name them.
const UNDO: &str = "ArrowLeft";
const REDO: &str = "ArrowRight";

/// What a reader who asked for help is told.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Hint {
    /// This pick, and so many steps from here.
    Step(usize, usize),
    /// Nothing leads to the goal any more, but did after so many steps.
    TooLate(usize),
}

/// How the run has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Finish {
    /// At the goal, after so many steps.
    Won(usize),
    /// Elsewhere.
    Other(End),
}

/// Everything of one board that changes. Cheap to copy.
#[derive(Clone, Copy)]
struct Board {
    game: Game,
    player: Player,
    level: StoredValue<Level>,
    /// Help for the state that is shown.
    hint: RwSignal<Option<Hint>>,
    /// How often help was asked for since the start.
    n_hints: RwSignal<u32>,
}

/// The board of a level.
pub(super) fn board_view(game: Game, level: &Level) -> AnyView {
    let Some(entry) = crate::pieces::engine(&level.engine) else { return ().into_any() };
    let run = match entry.run(&scenario(level, &[]), Mode::Frames) {
        Ok(run) => run,
        Err(error) => {
            return view! { <p class="fault" role="alert">{error.to_string()}</p> }.into_any();
        }
    };
    let board = Board {
        game,
        player: Player::new(entry, run, 0),
        level: StoredValue::new(level.clone()),
        hint: RwSignal::new(None),
        n_hints: RwSignal::new(0),
    };
    board.player.follow_now();
    let finish = Memo::new(move |_| board.finish());
    Effect::new(move |_| {
        if let Some(Finish::Won(n_steps)) = finish.get() {
            let n_hints = board.n_hints.get_untracked();
            let stars = stars_broken(n_steps, board.n_least(), n_hints);
            let id = board.level.with_value(|it| it.id.clone());
            game.win(&id, stars);
            focus_end();
        }
    });
    frame_view(board, finish)
}

fn frame_view(board: Board, finish: Memo<Option<Finish>>) -> AnyView {
    let player = board.player;
    let more = player.run.with_untracked(|run| {
        let scene = run.scene(0);
        let slugs = scene.panels.iter().map(|it| it.slug.to_owned());
        slugs.skip(1).collect::<Vec<String>>()
    });
    let code = player.run.with_untracked(|run| {
        let scene = run.scene(0);
        scene.panels.first().map(|it| it.slug.to_owned()).into_iter().collect::<Vec<String>>()
    });
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        let bare = !(event.ctrl_key() || event.alt_key() || event.meta_key());
        if bare && board.key(&event) {
            event.prevent_default();
            event.stop_propagation();
        }
    };
    let title = board.level.with_value(|it| it.title.clone());
    let end = live(move || finish.get().map(|it| end_view(board, it)).into_any());
    view! {
        <figure class="figure board" tabindex="0" aria-label=format!("Board: {title}")
            data-ready="" node_ref=player.root on:keydown=on_key>
            <Picture player show=code/>
            <div class="board-dock">
                <Narration player/>
                {live(move || board.turns_view().into_any())}
                {end}
                {bar_view(board)}
                {live(move || board.hint_view())}
            </div>
            <Picture player show=more/>
            <p class="visually-hidden" aria-live="polite" data-role="live">{player.spoken}</p>
        </figure>
    }
    .into_any()
}

impl Board {
    /// The picks up to the step that is shown.
    fn picks(self) -> Vec<u32> {
        let at = self.player.at.get_untracked();
        let picks = taken(self.player).unwrap_or_default();
        picks.into_iter().take(at).filter_map(|it| u32::try_from(it).ok()).collect()
    }

    fn end(self) -> Option<End> {
        self.level.with_value(|it| match &it.goal {
            Goal::Break { end, .. } => Some(end.clone()),
            Goal::Mend { .. } => None,
        })
    }

    /// Steps of a shortest schedule.
    fn n_least(self) -> u32 {
        self.level.with_value(|it| match &it.goal {
            Goal::Break { steps, .. } => *steps,
            Goal::Mend { .. } => 0,
        })
    }

    /// What can be done at the step that is shown.
    fn labels(self) -> Vec<String> {
        let at = self.player.at.get();
        self.player.run.with(|run| run.step(at).map(|it| it.choices.clone()).unwrap_or_default())
    }

    fn finish(self) -> Option<Finish> {
        if !self.labels().is_empty() {
            return None;
        }
        let picks = self.picks();
        let end = self.level.with_value(|it| ended(self.player.entry, it, &picks))?;
        let is_goal = Some(&end) == self.end().as_ref();
        Some(if is_goal { Finish::Won(picks.len()) } else { Finish::Other(end) })
    }

    /// Lets somebody step; the future that was undone is dropped.
    fn step(self, pick: usize) {
        self.hint.set(None);
        let focused = browser::document().and_then(|it| it.active_element());
        let chosen = focused.and_then(|it| it.get_attribute("data-turn"));
        take(self.player, pick);
        self.hold_focus(chosen);
    }

    /// The button that was pressed is drawn anew: the one in its place has the focus then, or, where
    /// that thread cannot step any more, the board.
    fn hold_focus(self, turn: Option<String>) {
        let Some(turn) = turn else { return self.player.keep_focus() };
        let Some(board) = self.player.element() else { return };
        request_animation_frame(move || {
            let same = |it: &Element| it.get_attribute("data-turn").as_ref() == Some(&turn);
            let button = browser::all(&board, "button[data-turn]").into_iter().find(same);
            let is_lost = || {
                let focused = browser::document()?.active_element()?;
                Some(focused.tag_name() == "BODY")
            };
            if is_lost() != Some(false) {
                browser::focus(&button.unwrap_or(board));
            }
        });
    }

    fn undo(self) {
        self.hint.set(None);
        self.player.go(self.player.at.get_untracked().saturating_sub(1));
    }

    fn redo(self) {
        self.hint.set(None);
        self.player.go(self.player.at.get_untracked() + 1);
    }

    fn restart(self) {
        self.hint.set(None);
        self.n_hints.set(0);
        let first = self.level.with_value(|it| scenario(it, &[]));
        self.player.keep_focus();
        if self.player.load(&first, Some(0)).is_ok() {
            self.player.spoken.set(format!("From the start. {}", self.player.sentence()));
        }
    }

    fn help(self) {
        let Some(end) = self.end() else { return };
        let (entry, picks) = (self.player.entry, self.picks());
        let hint = self.level.with_value(|level| match rest(entry, level, &picks, &end) {
            Some(rest) => {
                let next = rest.first().and_then(|it| usize::try_from(*it).ok())?;
                Some(Hint::Step(next, rest.len()))
            }
            None => Some(Hint::TooLate(good_picks(entry, level, &picks, &end))),
        });
        if let Some(hint) = hint {
            self.n_hints.update(|it| *it += 1);
            self.player.spoken.set(self.hint_told(&hint));
            self.hint.set(Some(hint));
        }
    }

    fn hint_told(self, hint: &Hint) -> String {
        match hint {
            Hint::Step(pick, n_left) => {
                let at = self.player.at.get_untracked();
                let label = self.player.run.with_untracked(|run| {
                    run.step(at).and_then(|it| it.choices.get(*pick).cloned()).unwrap_or_default()
                });
                let left = match n_left {
                    1 => "That is the last step.".to_owned(),
                    n => format!("From here {n} steps are enough."),
                };
                format!("Hint: {label}. {left}")
            }
            Hint::TooLate(0) => {
                "From here the goal cannot be reached any more: begin again.".to_owned()
            }
            Hint::TooLate(n) => {
                format!("From here the goal cannot be reached any more: go back to step {n}.")
            }
        }
    }

    fn hint_view(self) -> AnyView {
        let Some(hint) = self.hint.get() else { return ().into_any() };
        let told = self.hint_told(&hint);
        let back = match hint {
            Hint::Step(..) => None,
            Hint::TooLate(to) => Some(to),
        };
        let back = back.map(|to| {
            let go = click(move || {
                self.hint.set(None);
                self.player.keep_focus();
                self.player.go(to);
            });
            view! { <button type="button" class="quiet" data-act="back-to-good" on:click=go>"Go back there"</button> }
        });
        view! { <div class="board-hint" data-role="hint"><p>{told}</p>{back}</div> }.into_any()
    }

    /// What a key does; false leaves it to the browser.
    fn key(self, event: &leptos::ev::KeyboardEvent) -> bool {
        let element: Element = event_target(event);
        let is_button = matches!(element.tag_name().as_str(), "BUTTON" | "A" | "SUMMARY");
        // A listing that is wider than its frame scrolls by key.
        let scrolls = element.tag_name() != "FIGURE"
            && element.has_attribute("tabindex")
            && element.client_width() < element.scroll_width();
        match event.key().as_str() {
            "Enter" | " " if is_button => return false,
            UNDO | REDO if scrolls => return false,
            UNDO | "Backspace" | "u" => self.undo(),
            REDO => self.redo(),
            "r" | "Home" => self.restart(),
            "h" | "?" => self.help(),
            _ => return self.digit(event),
        }
        true
    }

    /// The digit keys are the threads in order; with shift, the second thing that a thread can do.
    fn digit(self, event: &leptos::ev::KeyboardEvent) -> bool {
        let code = event.code();
        let digit = code.strip_prefix("Digit").or_else(|| code.strip_prefix("Numpad"));
        let Some(actor) = digit.and_then(|it| it.parse::<usize>().ok()?.checked_sub(1)) else {
            return false;
        };
        let nth = usize::from(event.shift_key());
        let actors = self.player.run.with_untracked(|run| run.actors.clone());
        let groups = by_actor(&untrack(|| self.labels()), &actors);
        let Some((pick, _)) = groups.get(actor).and_then(|it| it.get(nth)).cloned() else {
            return false;
        };
        self.step(pick);
        true
    }

    /// A row of buttons, one place for each thread, so that a thread's button stays where it is.
    fn turns_view(self) -> Option<AnyView> {
        let labels = self.labels();
        if labels.is_empty() {
            return None;
        }
        let actors = self.player.run.with(|run| run.actors.clone());
        let hinted = match self.hint.get() {
            Some(Hint::Step(pick, _)) => Some(pick),
            Some(Hint::TooLate(_)) | None => None,
        };
        let groups = by_actor(&labels, &actors);
        let group = |(n, choices): (usize, Vec<(usize, String)>)| {
            let name = actors.get(n).cloned().unwrap_or_default();
            if choices.is_empty() {
                let told = format!("{name} cannot step now");
                return match name.is_empty() {
                    true => ().into_any(),
                    false => view! { <p class="turn turn-none">{told}</p> }.into_any(),
                };
            }
            let buttons = choices.into_iter().enumerate().map(|(nth, (pick, what))| {
                self.turn_view(n, nth, &name, pick, what, hinted == Some(pick))
            });
            view! { <div class="turn">{buttons.collect_view()}</div> }.into_any()
        };
        let groups = groups.into_iter().enumerate().map(group).collect_view();
        let view = view! {
            <div class="turns" role="group" aria-label="Who steps next?">{groups}</div>
        };
        Some(view.into_any())
    }

    fn turn_view(
        self,
        actor: usize,
        nth: usize,
        name: &str,
        pick: usize,
        what: String,
        is_hinted: bool,
    ) -> AnyView {
        let who = actor_class(u16::try_from(actor).ok());
        let class = match is_hinted {
            true => format!("turn-step is-hinted {who}"),
            false => format!("turn-step {who}"),
        };
        let key = match nth {
            0 => (actor + 1).to_string(),
            _ => format!("Shift+{}", actor + 1),
        };
        let has_key = actor < 9 && nth < 2;
        let hint = has_key.then(|| view! { <kbd aria-hidden="true">{key.clone()}</kbd> });
        view! {
            <button type="button" class=class data-turn=format!("{actor}.{nth}") data-pick=pick.to_string()
                aria-keyshortcuts=has_key.then_some(key) on:click=click(move || self.step(pick))>
                <span class="turn-who">{name.to_owned()}</span><span class="turn-what">{what}</span>{hint}
            </button>
        }
        .into_any()
    }
}

/// Undo, redo, from the start, a hint, and how far one is.
fn bar_view(board: Board) -> AnyView {
    let player = board.player;
    let at_start = flag(move || player.at.get() == 0);
    let at_end = flag(move || player.len() <= player.at.get() + 1);
    let no_help = flag(move || board.labels().is_empty());
    let n_least = board.n_least();
    let counted = text(move || {
        let at = player.at.get();
        format!("{} so far; the shortest way has {n_least}", count(at, "step"))
    });
    let button = |act: &'static str, name: &'static str, keys: &'static str, off, on| {
        view! {
            <button type="button" class="quiet" data-act=act aria-keyshortcuts=keys disabled=off on:click=on>{name}</button>
        }
        .into_any()
    };
    view! {
        <div class="board-bar" role="group" aria-label="Board">
            {button("undo", "Undo", UNDO, at_start, click(move || board.undo()))}
            {button("redo", "Redo", REDO, at_end, click(move || board.redo()))}
            {button("again", "Restart", "R", at_start, click(move || board.restart()))}
            {button("hint", "Hint", "H", no_help, click(move || board.help()))}
            <span class="board-count" data-role="count">{counted}</span>
        </div>
    }
    .into_any()
}

/// How the run has ended: at the goal, or elsewhere.
fn end_view(board: Board, finish: Finish) -> AnyView {
    let level = board.level.get_value();
    match finish {
        Finish::Won(n_steps) => {
            let n_hints = board.n_hints.get_untracked();
            let stars = stars_broken(n_steps, board.n_least(), n_hints);
            let told = format!("You broke it, in {}.", count(n_steps, "step"));
            let more = match (stars, n_hints) {
                (3, _) => "No schedule is shorter.".to_owned(),
                (_, 0) => format!("It can be done in {}.", board.n_least()),
                (_, 1) => "With a hint; without one there are more stars.".to_owned(),
                (_, n) => format!("With {n} hints; without them there are more stars."),
            };
            won_view(board.game, &level, stars, told, &more)
        }
        Finish::Other(end) => {
            let told = match &end {
                End::Law(law) => {
                    format!("The program broke in another way: {law}. That was not the task.")
                }
                End::Outcome(label) => format!("All is done, and it ended with {label}."),
            };
            let back = click(move || {
                board.player.keep_focus();
                board.undo();
            });
            view! {
                <div class="level-end level-other" data-end="other" role="status">
                    <p><strong>{told}</strong>" Go back a few steps and let somebody else go first."</p>
                    <p class="end-ways">
                        <button type="button" class="quiet" data-act="undo-end" on:click=back>"Undo"</button>
                    </p>
                </div>
            }
            .into_any()
        }
    }
}
