//! The index of the site's search: what a page fetches when a reader opens it, and not before.
//!
//! A tree of places: sections of lessons, questions, terms, simulations, in the order in which their
//! numbers count up. Addresses that follow from titles are left out. For every word the places whose
//! text holds it; the words of titles are in the titles. `assets/search.js` unfolds it, and cuts words
//! in the same way as [`words`].

use super::{Page, Site, course};
use crate::words::{first_words, plain};
use content::{Block, Lesson, Module, slug};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Most words of a question by which it is shown.
const QUESTION_WORDS: usize = 6;

/// How many words of its text a place is found by: those that tell it best from the others.
const TEXT_WORDS: usize = 12;

/// Words that are left out whatever the course holds.
const STOP: [&str; 38] = [
    "an", "and", "are", "as", "at", "be", "but", "by", "can", "do", "does", "for", "from", "has",
    "have", "if", "in", "is", "it", "its", "no", "not", "of", "on", "one", "or", "so", "than",
    "that", "the", "then", "there", "they", "this", "to", "was", "which", "with",
];

/// What can be found, as the words are counted: a title and a text.
struct Place {
    title: String,
    text: String,
}

/// The index as a file whose name changes with it.
pub(super) fn index(site: &Site) -> Page {
    let mut places = Vec::new();
    let ready = site.course.modules.iter().filter(|it| course::is_ready(it));
    let modules: Vec<Value> = ready.map(|it| module(it, &mut places)).collect();
    let terms: Vec<Value> = terms(site, &mut places);
    let simulations: Vec<Value> = simulations(site, &mut places);
    let held = held(&places);
    let hits: Vec<String> = held.values().map(steps).collect();
    let text = json!({
        "v": 2, "modules": modules, "terms": terms, "simulations": simulations,
        "words": folded(held.keys()), "hits": hits.join(","),
    });
    let text = text.to_string();
    Page { path: format!("search-{}.json", super::files::hash(&text)), text }
}

/// For every word the places that are found by it, those with the word in their title left out.
fn held(places: &[Place]) -> BTreeMap<String, BTreeSet<usize>> {
    let counted: Vec<BTreeMap<String, u32>> = places.iter().map(counted).collect();
    let mut spread: BTreeMap<&str, u32> = BTreeMap::new();
    for word in counted.iter().flat_map(BTreeMap::keys) {
        *spread.entry(word).or_default() += 1;
    }
    let n_places = places.len() as f64;
    let mut held: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for (at, words) in counted.iter().enumerate() {
        let weight =
            |word: &str, n: u32| f64::from(n).sqrt() * (n_places / f64::from(spread[word])).ln();
        let mut best: Vec<(f64, &String)> =
            words.iter().map(|(word, &n)| (weight(word, n), word)).collect();
        best.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(other.1)));
        for (_, word) in best.into_iter().take(TEXT_WORDS) {
            held.entry(word.clone()).or_default().insert(at);
        }
    }
    held
}

/// How often each word stands in a place's text, its title's and the commonest ones left out.
fn counted(place: &Place) -> BTreeMap<String, u32> {
    let title: BTreeSet<String> = words(&place.title).collect();
    let is_number = |it: &String| it.starts_with(|it: char| it.is_ascii_digit());
    let mut counted = BTreeMap::new();
    for word in words(&place.text) {
        if !title.contains(&word) && !is_number(&word) && !STOP.contains(&word.as_str()) {
            *counted.entry(word).or_default() += 1;
        }
    }
    counted
}

/// Words in order, each as the number of letters that it shares with the one before, in base 36, and
/// its rest.
fn folded<'a>(words: impl Iterator<Item = &'a String>) -> String {
    let mut last = "";
    let mut out: Vec<String> = Vec::new();
    for word in words {
        let alike = last.chars().zip(word.chars()).take_while(|(one, other)| one == other).count();
        let alike = alike.min(35);
        out.push(base36(alike) + &word.chars().skip(alike).collect::<String>());
        last = word;
    }
    out.join(" ")
}

/// Rising numbers as the steps between them, in base 36.
fn steps(places: &BTreeSet<usize>) -> String {
    let mut last = 0;
    let step = |&at: &usize| {
        let step = at - last;
        last = at;
        base36(step)
    };
    places.iter().map(step).collect::<Vec<_>>().join(" ")
}

fn base36(mut n: usize) -> String {
    let mut digits = Vec::new();
    loop {
        digits.push(char::from_digit((n % 36) as u32, 36).unwrap_or('0'));
        n /= 36;
        if n == 0 {
            return digits.iter().rev().collect();
        }
    }
}

/// The words of a text: runs of letters, digits and `_`, two or more, in lower case, without the
/// `s` of a plural.
fn words(text: &str) -> impl Iterator<Item = String> {
    let is_part = |it: char| it.is_alphanumeric() || it == '_';
    text.split(move |it| !is_part(it)).filter(|it| 2 <= it.chars().count()).map(|word| {
        let word = word.to_lowercase();
        let plural =
            3 < word.len() && word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("us");
        if plural { word.trim_end_matches('s').to_owned() } else { word }
    })
}

/// A module: slug, title, lessons, questions.
fn module(module: &Module, places: &mut Vec<Place>) -> Value {
    let lessons: Vec<Value> = module.lessons.iter().map(|it| lesson(it, places)).collect();
    let question = |it: &content::Question| {
        let title = first_words(&plain(&it.prompt_html), QUESTION_WORDS);
        places.push(Place { title: title.clone(), text: String::new() });
        format!("{} {title}", it.id)
    };
    let questions: Vec<String> = module.questions.iter().map(question).collect();
    json!([module.slug, module.title, lessons, questions])
}

/// A lesson: slug, title, then its headings, each followed by its id where that is not its slug.
fn lesson(lesson: &Lesson, places: &mut Vec<Place>) -> Value {
    let mut row = vec![json!(lesson.slug), json!(lesson.title)];
    for heading in &lesson.headings {
        let is_plain = slug(&heading.text) == heading.id;
        row.push(if is_plain { json!(heading.text) } else { json!([heading.text, heading.id]) });
    }
    sections(lesson, places);
    row.into()
}

/// Terms of the glossary: titles, each with its address where that does not follow.
fn terms(site: &Site, places: &mut Vec<Place>) -> Vec<Value> {
    let term = |term: &content::Term| {
        let text = format!("{} {}", term.also.join(" "), term.plain_text);
        places.push(Place { title: term.title.clone(), text });
        let is_plain = slug(&term.title).replace('-', "_") == term.slug;
        if is_plain { json!(term.title) } else { json!([term.title, term.slug]) }
    };
    site.course.glossary.values().map(term).collect()
}

/// Simulations: id and title.
fn simulations(site: &Site, places: &mut Vec<Place>) -> Vec<Value> {
    let simulation = |entry: &sim::Entry| {
        let named = site.course.scenarios.get(entry.meta.id).map_or(&[][..], Vec::as_slice);
        let named: Vec<&str> = named.iter().map(|it| it.title.as_str()).collect();
        let text = format!("{} {} {}", entry.meta.id, entry.meta.summary, named.join(" "));
        places.push(Place { title: entry.meta.title.to_owned(), text });
        json!([entry.meta.id, entry.meta.title])
    };
    sim::engines().map(simulation).collect()
}

/// A lesson as one place for its beginning and one for each heading.
fn sections(lesson: &Lesson, places: &mut Vec<Place>) {
    let goals = lesson.goals.iter().map(|it| plain(it)).collect::<Vec<_>>().join(" ");
    let mut open =
        Place { title: lesson.title.clone(), text: format!("{} {goals}", lesson.summary) };
    let mut headings = lesson.headings.iter().peekable();
    for block in &lesson.blocks {
        match block {
            Block::Html(html) => {
                let mut rest = html.as_str();
                while let Some(heading) = headings.peek() {
                    let Some(at) = rest.find(&format!("id=\"{}\"", heading.id)) else { break };
                    open.text.push(' ');
                    open.text.push_str(&plain(rest.get(..at).unwrap_or_default()));
                    let next = Place { title: heading.text.clone(), text: String::new() };
                    places.push(std::mem::replace(&mut open, next));
                    rest = rest.get(at..).and_then(|it| it.split_once('>')).map_or("", |it| it.1);
                    headings.next();
                }
                open.text.push(' ');
                open.text.push_str(&plain(rest));
            }
            Block::Figure(spec) => {
                open.text.push_str(&format!(" {} {}", spec.title, spec.look_for));
            }
            Block::Quiz(_) => {}
        }
    }
    places.push(open);
    // One place a heading, whatever its lesson's pieces say, or all numbers after it were wrong.
    places.extend(headings.map(|it| Place { title: it.text.clone(), text: String::new() }));
}

#[cfg(test)]
mod tests {
    use super::{Place, TEXT_WORDS, base36, folded, held, steps, words};

    #[test]
    fn words_are_cut_as_the_script_cuts_them() {
        let cut = |text: &str| words(text).collect::<Vec<_>>().join(" ");
        assert_eq!(cut("The kernel's locks, pthread_mutex_t!"), "the kernel lock pthread_mutex_t");
        assert_eq!(cut("Status of a process: 64 buses"), "status of process 64 buse");
    }

    #[test]
    fn numbers_become_steps() {
        assert_eq!(base36(0) + &base36(35) + &base36(36), "0z10");
        assert_eq!(steps(&[3, 4, 40].into_iter().collect()), "3 1 10");
    }

    #[test]
    fn words_share_their_beginnings() {
        let words = ["lock", "locked", "page"].map(str::to_owned);
        assert_eq!(folded(words.iter()), "0lock 4ed 0page");
    }

    #[test]
    fn a_place_is_found_by_what_tells_it_from_others() {
        let place = |text: &str| Place { title: "Frames".to_owned(), text: text.to_owned() };
        let many = "page thing page other page ".repeat(9);
        let letters = ('a'..='z').take(TEXT_WORDS);
        let rare: Vec<String> = letters.map(|it| format!("rare{it}")).collect();
        let found = held(&[place(&many), place(&format!("{many} frames {}", rare.join(" ")))]);
        assert!(rare.iter().all(|it| found[it].contains(&1)));
        assert!(!found.contains_key("frame"));
        assert!(!found["page"].contains(&1));
    }
}
