//! The cards of the course, as the files of the modules hold them.

use super::{Data, Module};
use crate::browser;
use serde_json::Value;
use std::collections::BTreeMap;
use study::Note;

/// Name of the choice that stands for terms, among the names of modules. Ids of terms begin with it.
pub(super) const TERMS: &str = "t";

/// Name of the choice that stands for questions. Ids of questions begin with it.
pub(super) const QUESTIONS: &str = "q";

/// Both sides of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sides {
    /// `Term` or `Question`.
    pub(super) kind: &'static str,
    /// Title of its module; plain text.
    pub(super) module: String,
    /// HTML.
    pub(super) front: String,
    /// HTML.
    pub(super) back: String,
    /// Address of its lesson; may be empty.
    pub(super) lesson: String,
}

/// The cards of some modules.
#[derive(Debug, Clone, Default)]
pub(super) struct Deck {
    /// Ids in the order of the course.
    pub(super) ids: Vec<String>,
    /// Cards by id.
    pub(super) sides: BTreeMap<String, Sides>,
}

/// The files that have been fetched so far, by module.
#[derive(Debug, Clone, Default)]
pub(super) struct Shelf(BTreeMap<String, Value>);

impl Shelf {
    /// Fetches what the chosen decks need and is not here. False if anything does not come.
    pub(super) async fn fetch(&mut self, data: &Data, chosen: &[String]) -> bool {
        for module in data.modules.iter().filter(|it| is_chosen(chosen, &it.slug)) {
            if self.0.contains_key(&module.slug) {
                continue;
            }
            let text = browser::fetched(&module.cards).await.unwrap_or_default();
            let Ok(cards) = serde_json::from_str(&text) else { return false };
            self.0.insert(module.slug.clone(), cards);
        }
        true
    }

    /// Takes in what another one has fetched.
    pub(super) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The cards of the chosen decks.
    pub(super) fn deck(&self, data: &Data, chosen: &[String]) -> Deck {
        let mut deck = Deck::default();
        for module in data.modules.iter().filter(|it| is_chosen(chosen, &it.slug)) {
            let cards = self.0.get(&module.slug).and_then(Value::as_array);
            for card in cards.into_iter().flatten() {
                if let Some((id, sides)) = read(module, card, chosen) {
                    deck.ids.push(id.clone());
                    deck.sides.insert(id, sides);
                }
            }
        }
        deck
    }
}

impl Deck {
    /// The cards as notes for Anki.
    pub(super) fn notes(&self) -> Vec<Note> {
        let note = |id: &String| {
            let sides = self.sides.get(id)?;
            let tag = |text: &str| text.to_ascii_lowercase().replace(' ', "-");
            Some(Note {
                id: id.clone(),
                front: sides.front.clone(),
                back: sides.back.clone(),
                tags: vec!["interleave".to_owned(), tag(&sides.module), tag(sides.kind)],
            })
        };
        self.ids.iter().filter_map(note).collect()
    }
}

/// Whether a name is among those that the learner has chosen.
pub(super) fn is_chosen(chosen: &[String], name: &str) -> bool {
    chosen.iter().any(|it| it == name)
}

/// A card as its file holds it: id, front, back, and slug of its lesson. `None` if its kind is not chosen.
fn read(module: &Module, card: &Value, chosen: &[String]) -> Option<(String, Sides)> {
    let text = |at: usize| card.get(at).and_then(Value::as_str);
    let id = text(0)?;
    let (kind, word) = match id.split_once(':')?.0 {
        TERMS => (TERMS, "Term"),
        _ => (QUESTIONS, "Question"),
    };
    if !is_chosen(chosen, kind) {
        return None;
    }
    let lesson = match text(3)? {
        "" => String::new(),
        slug => format!("course/{}/{slug}.html", module.slug),
    };
    let sides = Sides {
        kind: word,
        module: module.title.clone(),
        front: text(1)?.to_owned(),
        back: text(2)?.to_owned(),
        lesson,
    };
    Some((id.to_owned(), sides))
}

#[cfg(test)]
mod tests {
    use super::Shelf;
    use crate::study::{Data, Module, Page};
    use serde_json::json;

    #[test]
    fn a_deck_holds_what_is_chosen_in_the_order_of_the_file() {
        let module =
            Module { slug: "cpu".into(), title: "CPU scheduling".into(), ..Module::default() };
        let data = Data { page: Page::Cards, modules: vec![module] };
        let cards =
            json!([["t:job", "Job", "It.", "fcfs"], ["q:one", "How?", "So.", ""], ["bad"], 7]);
        let shelf = Shelf([("cpu".to_owned(), cards)].into());
        let ids = |chosen: &[&str]| {
            let chosen: Vec<String> = chosen.iter().map(ToString::to_string).collect();
            shelf.deck(&data, &chosen).ids
        };
        assert_eq!(ids(&["cpu", "t", "q"]), ["t:job", "q:one"]);
        assert_eq!(ids(&["cpu", "t"]), ["t:job"]);
        assert_eq!(ids(&["cpu", "q"]), ["q:one"]);
        assert!(ids(&["t", "q"]).is_empty());
        let deck = shelf.deck(&data, &["cpu", "t", "q"].map(String::from));
        assert_eq!(deck.sides["t:job"].lesson, "course/cpu/fcfs.html");
        assert_eq!(deck.notes()[1].tags, ["interleave", "cpu-scheduling", "question"]);
    }
}
