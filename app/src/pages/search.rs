//! The index of the site's search: what a page fetches when a reader opens it, and not before.
//!
//! One line a place: a section of a lesson, a term, a simulation, a question. For every word the
//! places whose text holds it; the words of titles are in the titles. A question is its first words. `assets/search.js` reads it, and cuts words in the same way as [`words`].

use super::{Page, Site, course};
use content::{Block, Lesson};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Words in the text of more than one of so many places are found by titles only.
const COMMON: usize = 24;

/// Words that are left out whatever the course holds.
const STOP: [&str; 38] = [
    "an", "and", "are", "as", "at", "be", "but", "by", "can", "do", "does", "for", "from", "has",
    "have", "if", "in", "is", "it", "its", "no", "not", "of", "on", "one", "or", "so", "than",
    "that", "the", "then", "there", "they", "this", "to", "was", "which", "with",
];

/// Where a search can lead.
struct Place {
    kind: Kind,
    /// What is found.
    title: String,
    /// Where it stands, such as a lesson's title.
    within: String,
    /// From the root of the site.
    url: String,
    /// What it says, as plain text.
    text: String,
}

/// What a place is; the number is part of the index.
#[derive(Clone, Copy)]
enum Kind {
    Section = 0,
    Term = 1,
    Simulation = 2,
    Question = 3,
}

/// The index as a file whose name changes with it.
pub(super) fn index(site: &Site) -> Page {
    let places = places(site);
    let mut held: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for (at, place) in places.iter().enumerate() {
        let title: BTreeSet<String> = words(&place.title).collect();
        let is_number = |it: &String| it.starts_with(|it: char| it.is_ascii_digit());
        for word in words(&place.text).filter(|it| !title.contains(it) && !is_number(it)) {
            held.entry(word).or_default().insert(at);
        }
    }
    let most = (places.len() / COMMON).max(8);
    held.retain(|word, places| places.len() <= most && !STOP.contains(&word.as_str()));
    let hits: Vec<String> = held.values().map(steps).collect();
    let lines: Vec<_> =
        places.iter().map(|it| json!([it.kind as u8, it.title, it.within, it.url])).collect();
    let words: Vec<&str> = held.keys().map(String::as_str).collect();
    let text = json!({ "v": 1, "places": lines, "words": words.join(" "), "hits": hits.join(",") });
    let text = text.to_string();
    Page { path: format!("search-{}.json", super::files::hash(&text)), text }
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

fn places(site: &Site) -> Vec<Place> {
    let mut places = Vec::new();
    for module in site.course.modules.iter().filter(|it| course::is_ready(it)) {
        for lesson in &module.lessons {
            sections(lesson, &module.title, &mut places);
        }
        for question in &module.questions {
            let text = plain(&question.prompt_html);
            places.push(Place {
                kind: Kind::Question,
                title: shortened(&text),
                within: module.title.clone(),
                url: format!("course/{}/quiz.html#q-{}-prompt", module.slug, question.id),
                text: String::new(),
            });
        }
    }
    places.extend(site.course.glossary.values().map(|term| Place {
        kind: Kind::Term,
        title: term.title.clone(),
        within: "Glossary".to_owned(),
        url: format!("glossary.html#{}", term.slug),
        text: format!("{} {}", term.also.join(" "), term.plain_text),
    }));
    places.extend(sim::engines().map(|entry| {
        let named = site.course.scenarios.get(entry.meta.id).map_or(&[][..], Vec::as_slice);
        let named: Vec<&str> = named.iter().map(|it| it.title.as_str()).collect();
        Place {
            kind: Kind::Simulation,
            title: entry.meta.title.to_owned(),
            within: "Simulation".to_owned(),
            url: format!("sim/{}.html", entry.meta.id),
            text: format!("{} {} {}", entry.meta.id, entry.meta.summary, named.join(" ")),
        }
    }));
    places
}

/// A lesson as one place for its beginning and one for each heading.
fn sections(lesson: &Lesson, module: &str, places: &mut Vec<Place>) {
    let url = course::lesson_path(lesson);
    let goals = lesson.goals.iter().map(|it| plain(it)).collect::<Vec<_>>().join(" ");
    let section = |title: &str, within: &str, url: String| Place {
        kind: Kind::Section,
        title: title.to_owned(),
        within: within.to_owned(),
        url,
        text: String::new(),
    };
    let mut open = section(&lesson.title, module, url.clone());
    open.text = format!("{} {goals}", lesson.summary);
    let mut headings = lesson.headings.iter().peekable();
    for block in &lesson.blocks {
        match block {
            Block::Html(html) => {
                let mut rest = html.as_str();
                while let Some(heading) = headings.peek() {
                    let Some(at) = rest.find(&format!("id=\"{}\"", heading.id)) else { break };
                    open.text.push(' ');
                    open.text.push_str(&plain(rest.get(..at).unwrap_or_default()));
                    let next =
                        section(&heading.text, &lesson.title, format!("{url}#{}", heading.id));
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
}

/// The text of a piece of HTML. An open tag at either end is left out.
fn plain(html: &str) -> String {
    let mut out = String::new();
    let mut in_tag = false;
    for it in html.chars() {
        match it {
            '<' => {
                in_tag = true;
                out.push(' ');
            }
            '>' if in_tag => in_tag = false,
            _ if in_tag => {}
            it => out.push(it),
        }
    }
    let out = out.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">");
    out.replace("&quot;", "\"").replace("&#39;", "'")
}

/// The first words of a text.
fn shortened(text: &str) -> String {
    const WORDS: usize = 6;
    let mut words = text.split_whitespace();
    let first: Vec<&str> = words.by_ref().take(WORDS).collect();
    let more = if words.next().is_some() { " …" } else { "" };
    format!("{}{more}", first.join(" "))
}

#[cfg(test)]
mod tests {
    use super::{base36, plain, shortened, steps, words};

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
    fn tags_are_no_text() {
        assert_eq!(plain("class=\"a\">x"), "class=\"a\">x");
        assert_eq!(plain("<p>a &lt; b</p>").trim(), "a < b");
        assert_eq!(shortened("a b"), "a b");
    }
}
