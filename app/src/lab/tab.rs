//! What can be opened under a figure, and the view of each.

use super::{Compare, Explore, Fork, Predict, Share, Steps, Sweeper, peers};
use crate::figure::Where;
use crate::form::{Draft, Editor, Named};
use crate::player::Player;
use content::Sweep;
use leptos::prelude::*;
use sim::{Field, Kind, Run};

/// What can be opened under a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// The form.
    Change,
    /// Several engines on one workload.
    Compare,
    /// The future that was kept beside the one that goes on.
    Fork,
    /// A metric over a range of a setting.
    Sweep,
    /// The reader says what comes next.
    Predict,
    /// Every schedule of a machine.
    Explore,
    /// All steps as a table.
    Steps,
    /// Link, embed code and files.
    Share,
}

impl Tab {
    /// In the order of their buttons.
    pub const ALL: [Self; 8] = [
        Self::Change,
        Self::Compare,
        Self::Fork,
        Self::Sweep,
        Self::Predict,
        Self::Explore,
        Self::Steps,
        Self::Share,
    ];

    /// Text of the button.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Change => "Change it",
            Self::Compare => "Compare",
            Self::Fork => "Fork",
            Self::Sweep => "Sweep",
            Self::Predict => "Predict",
            Self::Explore => "Explore",
            Self::Steps => "Table",
            Self::Share => "Share",
        }
    }

    /// Name in links.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Compare => "compare",
            Self::Fork => "fork",
            Self::Sweep => "sweep",
            Self::Predict => "predict",
            Self::Explore => "explore",
            Self::Steps => "table",
            Self::Share => "share",
        }
    }

    /// The tab with this name.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.slug() == slug)
    }

    /// Whether the tab means something for this run.
    #[must_use]
    pub fn fits(self, player: Player) -> bool {
        let number = |it: &Field| !it.hidden && matches!(it.kind, Kind::Int { .. });
        match self {
            Self::Change | Self::Fork | Self::Steps | Self::Share => true,
            Self::Compare => !peers(player.entry).is_empty(),
            Self::Sweep => player.entry.form.iter().any(number),
            Self::Explore => player.entry.explore.is_some(),
            Self::Predict => player.run.with_untracked(|run| {
                (0..run.len()).any(|at| run.step(at).is_some_and(|it| it.ask.is_some()))
            }),
        }
    }
}

/// What the tabs of one figure share.
#[derive(Clone)]
pub struct Under {
    /// The figure's player.
    pub player: Player,
    /// What the form holds.
    pub draft: Draft,
    /// Scenarios offered by name.
    pub named: Vec<Named>,
    /// Ids of the engines beside the figure's own.
    pub compare: RwSignal<Vec<String>>,
    /// The sweep that the figure opens with.
    pub sweep: Option<Sweep>,
    /// Where the figure stands.
    pub place: Where,
    /// The state of the figure as link text.
    pub fragment: Signal<String>,
}

/// The views of the tabs: one piece of the program, see [`crate::pieces`].
#[derive(Clone, Copy)]
pub struct Tools {
    /// Draws a tab.
    pub view: fn(Tab, &Under) -> AnyView,
    /// The picture of a step in words: the same text as on the command line.
    pub words: fn(&Run, usize) -> String,
}

/// All of the tabs.
pub static TOOLS: Tools = Tools { view: tab_view, words };

fn words(run: &Run, at: usize) -> String {
    run.scene(at).to_text()
}

fn tab_view(tab: Tab, under: &Under) -> AnyView {
    let Under { player, draft, named, compare, sweep, place, fragment } = under.clone();
    match tab {
        Tab::Change => {
            // Another schedule may have been opened since: the form shows what the figure shows.
            draft.follow(player);
            let uid = format!("{}-form", place.uid);
            view! { <Editor player draft named uid/> }.into_any()
        }
        Tab::Compare => view! { <Compare player chosen=compare/> }.into_any(),
        Tab::Fork => view! { <Fork player/> }.into_any(),
        Tab::Sweep => view! { <Sweeper player chosen=compare spec=sweep/> }.into_any(),
        Tab::Predict => view! { <Predict player/> }.into_any(),
        Tab::Explore => view! { <Explore player/> }.into_any(),
        Tab::Steps => view! { <Steps player/> }.into_any(),
        Tab::Share => view! { <Share player root=place.root fragment/> }.into_any(),
    }
}
