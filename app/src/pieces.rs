//! The program in pieces: what a page has of it, and how the rest comes.
//!
//! A page needs the engines of one shelf, and often neither a quiz nor the tools under a figure. So
//! a build of the site (`cfg(split)`, see `build.rs`) cuts them off into files of their own, which
//! come when they are asked for. Any other build has all of them from the start, and nothing else
//! tells the two apart. Each piece is a `static`: the code that belongs to it is what it refers to.

use crate::embed::Embedding;
use crate::lab::Tools;
use crate::panels::ChartView;
use sim::Entry;
use sim::registry::{Shelf, shelf_of};
use web_sys::Element;

/// Mounts one kind of part of a page over its static self.
pub type Mount = fn(Element);

/// The engine with this id, once its shelf is here.
#[must_use]
pub fn engine(id: &str) -> Option<&'static Entry> {
    engines().find(|entry| entry.meta.id == id)
}

/// Every engine that is here.
pub fn engines() -> impl Iterator<Item = &'static Entry> {
    here::shelves().into_iter().flat_map(|shelf| shelf.engines)
}

/// Brings the shelves of these engines, and what draws their charts. True when all of it is here.
pub async fn bring<'a>(ids: impl IntoIterator<Item = &'a str>) -> bool {
    let mut all = true;
    for id in ids {
        let shelf = shelf_of(id).unwrap_or_default();
        all &= is_here(shelf) || here::bring(shelf).await;
        if engine(id).is_some_and(|it| it.charts) {
            all &= here::bring_charts().await;
        }
    }
    all
}

fn is_here(shelf: &str) -> bool {
    here::shelves().iter().any(|it| it.id == shelf)
}

pub use here::{
    bring_embedding, bring_game, bring_practice, bring_quiz, bring_study, bring_tools, charts,
    tools,
};

/// A build in one piece: what is not here does not exist.
#[cfg(not(split))]
mod here {
    use super::{ChartView, Embedding, Mount, Shelf, Tools};

    pub(super) fn shelves() -> Vec<&'static Shelf> {
        sim::DOMAINS.iter().flat_map(|it| it.shelves).copied().collect()
    }

    #[allow(clippy::unused_async, reason = "a build in pieces waits here")]
    pub(super) async fn bring(_: &str) -> bool {
        false
    }

    /// What draws charts, once it is here.
    #[must_use]
    pub fn charts() -> Option<&'static ChartView> {
        Some(&crate::panels::CHARTS)
    }

    #[allow(clippy::unused_async, reason = "a build in pieces waits here")]
    pub(super) async fn bring_charts() -> bool {
        true
    }

    /// The tools under a figure, once they are here.
    #[must_use]
    pub fn tools() -> Option<&'static Tools> {
        Some(&crate::lab::TOOLS)
    }

    /// Brings the tools under a figure. True when they are here.
    #[allow(clippy::unused_async, reason = "a build in pieces waits here")]
    pub async fn bring_tools() -> bool {
        true
    }

    /// What a figure in a frame needs.
    #[allow(clippy::unused_async, reason = "a build in pieces waits here")]
    pub async fn bring_embedding() -> Option<&'static Embedding> {
        Some(&crate::embed::EMBEDDING)
    }

    /// What mounts a quiz.
    #[allow(clippy::unused_async, reason = "a build in pieces waits here")]
    pub async fn bring_quiz() -> Option<&'static Mount> {
        Some(&crate::parts::QUIZ)
    }

    /// What mounts a practice sheet.
    #[allow(clippy::unused_async, reason = "a build in pieces waits here")]
    pub async fn bring_practice() -> Option<&'static Mount> {
        Some(&crate::parts::PRACTICE)
    }

    /// What mounts a game.
    #[allow(clippy::unused_async, reason = "a build in pieces waits here")]
    pub async fn bring_game() -> Option<&'static Mount> {
        Some(&crate::parts::GAME)
    }

    /// What mounts progress or flash cards.
    #[allow(clippy::unused_async, reason = "a build in pieces waits here")]
    pub async fn bring_study() -> Option<&'static Mount> {
        Some(&crate::parts::STUDY)
    }
}

/// A build in several pieces. Each marked function is the door to one: it is called once its file is here.
#[cfg(split)]
mod here {
    use super::{ChartView, Embedding, Mount, Shelf, Tools, is_here};
    use leptos::wasm_split::{SplitLoaderError, wasm_split};
    use std::cell::{Cell, RefCell};

    type Brought<T> = Result<&'static T, SplitLoaderError>;

    thread_local! {
        static SHELVES: RefCell<Vec<&'static Shelf>> = const { RefCell::new(Vec::new()) };
        static TOOLS: Cell<Option<&'static Tools>> = const { Cell::new(None) };
        static CHARTS: Cell<Option<&'static ChartView>> = const { Cell::new(None) };
    }

    macro_rules! doors {
        ($($name:ident $shelf:ident),* $(,)?) => {
            $(
                #[wasm_split($name, fallible, wasm_split_path = ::leptos::wasm_split)]
                fn $name() -> Brought<Shelf> {
                    Ok(&sim::registry::$shelf)
                }
            )*

            async fn open(shelf: &str) -> Option<Brought<Shelf>> {
                Some(match shelf {
                    $(stringify!($name) => $name().await,)*
                    _ => return None,
                })
            }
        };
    }

    doors! {
        process_life PROCESS_LIFE,
        process_inside PROCESS_INSIDE,
        memory_translation MEMORY_TRANSLATION,
        memory_mapping MEMORY_MAPPING,
        memory_replacement MEMORY_REPLACEMENT,
        memory_allocation MEMORY_ALLOCATION,
        cpu_queue CPU_QUEUE,
        cpu_other CPU_OTHER,
        sync_program SYNC_PROGRAM,
        sync_cost SYNC_COST,
        deadlock_all DEADLOCK_ALL,
        fs_files FS_FILES,
        fs_crash FS_CRASH,
        fs_disk FS_DISK,
        io_all IO_ALL,
        patterns_tasks PATTERNS_TASKS,
        patterns_work PATTERNS_WORK,
        ordering_all ORDERING_ALL,
    }

    #[wasm_split(charts, fallible, wasm_split_path = ::leptos::wasm_split)]
    fn charts_door() -> Brought<ChartView> {
        Ok(&crate::panels::CHARTS)
    }

    #[wasm_split(tools, fallible, wasm_split_path = ::leptos::wasm_split)]
    fn tools_door() -> Brought<Tools> {
        Ok(&crate::lab::TOOLS)
    }

    #[wasm_split(embedding, fallible, wasm_split_path = ::leptos::wasm_split)]
    fn embedding_door() -> Brought<Embedding> {
        Ok(&crate::embed::EMBEDDING)
    }

    #[wasm_split(quiz, fallible, wasm_split_path = ::leptos::wasm_split)]
    fn quiz_door() -> Brought<Mount> {
        Ok(&crate::parts::QUIZ)
    }

    #[wasm_split(practice, fallible, wasm_split_path = ::leptos::wasm_split)]
    fn practice_door() -> Brought<Mount> {
        Ok(&crate::parts::PRACTICE)
    }

    #[wasm_split(study, fallible, wasm_split_path = ::leptos::wasm_split)]
    fn study_door() -> Brought<Mount> {
        Ok(&crate::parts::STUDY)
    }

    #[wasm_split(game, fallible, wasm_split_path = ::leptos::wasm_split)]
    fn game_door() -> Brought<Mount> {
        Ok(&crate::parts::GAME)
    }

    pub(super) fn shelves() -> Vec<&'static Shelf> {
        SHELVES.with_borrow(Clone::clone)
    }

    pub(super) async fn bring(shelf: &str) -> bool {
        let Some(Ok(brought)) = open(shelf).await else { return false };
        // Two figures may have asked at the same time.
        if !is_here(brought.id) {
            SHELVES.with_borrow_mut(|here| here.push(brought));
        }
        true
    }

    /// The tools under a figure, once they are here.
    #[must_use]
    pub fn tools() -> Option<&'static Tools> {
        TOOLS.get()
    }

    /// What draws charts, once it is here.
    #[must_use]
    pub fn charts() -> Option<&'static ChartView> {
        CHARTS.get()
    }

    pub(super) async fn bring_charts() -> bool {
        if CHARTS.get().is_none()
            && let Ok(charts) = charts_door().await
        {
            CHARTS.set(Some(charts));
        }
        CHARTS.get().is_some()
    }

    /// Brings the tools under a figure; one of them draws charts. True when they are here.
    pub async fn bring_tools() -> bool {
        if let Ok(tools) = tools_door().await
            && bring_charts().await
        {
            TOOLS.set(Some(tools));
        }
        TOOLS.get().is_some()
    }

    /// What a figure in a frame needs.
    pub async fn bring_embedding() -> Option<&'static Embedding> {
        embedding_door().await.ok()
    }

    /// What mounts a quiz.
    pub async fn bring_quiz() -> Option<&'static Mount> {
        quiz_door().await.ok()
    }

    /// What mounts a practice sheet.
    pub async fn bring_practice() -> Option<&'static Mount> {
        practice_door().await.ok()
    }

    /// What mounts a game.
    pub async fn bring_game() -> Option<&'static Mount> {
        game_door().await.ok()
    }

    /// What mounts progress or flash cards.
    pub async fn bring_study() -> Option<&'static Mount> {
        study_door().await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::engines;

    /// A shelf without a door would be missing from the site, and only there.
    #[test]
    fn every_shelf_has_a_door() {
        let text = include_str!("pieces.rs");
        for shelf in sim::DOMAINS.iter().flat_map(|it| it.shelves) {
            let door = format!("        {} {},\n", shelf.id, shelf.id.to_uppercase());
            assert!(text.contains(&door), "no door{door}");
        }
        assert_eq!(engines().count(), sim::engines().count());
    }
}
