//! The program in pieces: what a page has of it, and how the rest comes.
//!
//! A page needs the engines of one domain, and often neither a quiz nor the tools under a figure. So
//! a build of the site (`cfg(split)`, see `build.rs`) cuts them off into files of their own, which
//! come when they are asked for. Any other build has all of them from the start, and nothing else
//! tells the two apart. Each piece is a `static`: the code that belongs to it is what it refers to.

use crate::lab::Tools;
use sim::{Domain, Entry};
use web_sys::Element;

/// Mounts one kind of part of a page over its static self.
pub type Mount = fn(Element);

/// The engine with this id, once its domain is here.
#[must_use]
pub fn engine(id: &str) -> Option<&'static Entry> {
    engines().find(|entry| entry.meta.id == id)
}

/// Every engine that is here.
pub fn engines() -> impl Iterator<Item = &'static Entry> {
    here::domains().into_iter().flat_map(|domain| domain.engines)
}

/// Brings the domains of these engines. True when all of them are here.
pub async fn bring<'a>(ids: impl IntoIterator<Item = &'a str>) -> bool {
    let mut all = true;
    for id in ids {
        let domain = id.split('/').next().unwrap_or_default();
        all &= is_here(domain) || here::bring(domain).await;
    }
    all
}

fn is_here(domain: &str) -> bool {
    here::domains().iter().any(|it| it.id == domain)
}

pub use here::{bring_practice, bring_quiz, bring_tools, tools};

/// A build in one piece: what is not here does not exist.
#[cfg(not(split))]
mod here {
    use super::{Domain, Mount, Tools};

    pub(super) fn domains() -> Vec<&'static Domain> {
        sim::DOMAINS.to_vec()
    }

    #[allow(clippy::unused_async, reason = "a build in pieces waits here")]
    pub(super) async fn bring(_: &str) -> bool {
        false
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
}

/// A build in several pieces. Each marked function is the door to one: it is called once its file is here.
#[cfg(split)]
mod here {
    use super::{Domain, Mount, Tools, is_here};
    use leptos::wasm_split::{SplitLoaderError, wasm_split};
    use std::cell::{Cell, RefCell};

    type Brought<T> = Result<&'static T, SplitLoaderError>;

    thread_local! {
        static DOMAINS: RefCell<Vec<&'static Domain>> = const { RefCell::new(Vec::new()) };
        static TOOLS: Cell<Option<&'static Tools>> = const { Cell::new(None) };
    }

    macro_rules! domain_doors {
        ($($name:ident $domain:ident),*) => {
            $(
                #[wasm_split($name, fallible, wasm_split_path = ::leptos::wasm_split)]
                fn $name() -> Brought<Domain> {
                    Ok(&sim::registry::$domain)
                }
            )*

            async fn open(domain: &str) -> Option<Brought<Domain>> {
                Some(match domain {
                    $(stringify!($name) => $name().await,)*
                    _ => return None,
                })
            }
        };
    }

    domain_doors! { memory MEMORY, cpu CPU, sync SYNC, deadlock DEADLOCK }

    #[wasm_split(tools, fallible, wasm_split_path = ::leptos::wasm_split)]
    fn tools_door() -> Brought<Tools> {
        Ok(&crate::lab::TOOLS)
    }

    #[wasm_split(quiz, fallible, wasm_split_path = ::leptos::wasm_split)]
    fn quiz_door() -> Brought<Mount> {
        Ok(&crate::parts::QUIZ)
    }

    #[wasm_split(practice, fallible, wasm_split_path = ::leptos::wasm_split)]
    fn practice_door() -> Brought<Mount> {
        Ok(&crate::parts::PRACTICE)
    }

    pub(super) fn domains() -> Vec<&'static Domain> {
        DOMAINS.with_borrow(Clone::clone)
    }

    pub(super) async fn bring(domain: &str) -> bool {
        let Some(Ok(brought)) = open(domain).await else { return false };
        // Two figures may have asked at the same time.
        if !is_here(brought.id) {
            DOMAINS.with_borrow_mut(|here| here.push(brought));
        }
        true
    }

    /// The tools under a figure, once they are here.
    #[must_use]
    pub fn tools() -> Option<&'static Tools> {
        TOOLS.get()
    }

    /// Brings the tools under a figure. True when they are here.
    pub async fn bring_tools() -> bool {
        if let Ok(tools) = tools_door().await {
            TOOLS.set(Some(tools));
        }
        TOOLS.get().is_some()
    }

    /// What mounts a quiz.
    pub async fn bring_quiz() -> Option<&'static Mount> {
        quiz_door().await.ok()
    }

    /// What mounts a practice sheet.
    pub async fn bring_practice() -> Option<&'static Mount> {
        practice_door().await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::engines;

    /// A domain without a door would be missing from the site, and only there.
    #[test]
    fn every_domain_has_a_door() {
        let text = include_str!("pieces.rs");
        let doors = text.split("domain_doors! { ").nth(1).and_then(|it| it.split(" }").next());
        let doors: Vec<&str> = doors.unwrap_or_default().split(", ").collect();
        for domain in sim::DOMAINS {
            let door = format!("{} {}", domain.id, domain.id.to_uppercase());
            assert!(doors.contains(&door.as_str()), "no door {door} in {doors:?}");
        }
        assert_eq!(engines().count(), sim::engines().count());
    }
}
