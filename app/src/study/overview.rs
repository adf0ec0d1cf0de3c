//! What waits, which decks to learn from, and what the next days bring.

use super::cards::{Coming, Table};
use super::deck::{QUESTIONS, Sides, TERMS};
use super::review::counts_text;
use crate::browser;
use crate::words::{count, first_words, plain};
use leptos::prelude::*;
use study::NEW_A_DAY_MAX;

/// Days of the outlook.
const N_DAYS: usize = 7;

/// Most due cards that are listed.
const LISTED_MAX: usize = 200;

pub(super) fn overview(table: Table) -> AnyView {
    let is_off = move || table.coming.get() != Coming::Here || table.counts().all() == 0;
    let told = move || match table.coming.get() {
        Coming::Soon => "The cards are on their way …".to_owned(),
        Coming::Failed => {
            "The cards did not come. Check the connection, then load the page again.".to_owned()
        }
        Coming::Here if table.deck.with(|it| it.ids.is_empty()) => {
            "Choose a module, and terms or questions.".to_owned()
        }
        Coming::Here if table.counts().all() == 0 => "Nothing waits today.".to_owned(),
        Coming::Here => counts_text(table.counts()),
    };
    view! {
        <div id="cards-choices" tabindex="-1" role="group" aria-label="Flash cards">
            <p class="study-actions">
                <button type="button" class="button" data-act="start" disabled=is_off on:click=move |_| table.start()>"Start"</button>
                <span role="status" data-role="waiting">{told}</span>
            </p>
            {choices(table)}
            {move || due_list(table)}
            {move || outlook(table)}
            {export(table)}
        </div>
    }
    .into_any()
}

fn choices(table: Table) -> AnyView {
    let option = |name: String, text: String| {
        let own = name.clone();
        view! {
            <label class="option">
                <input type="checkbox" data-deck=name.clone() prop:checked=move || table.has(&own) on:change=move |_| table.choose(&name)/>
                <span>{text}</span>
            </label>
        }
        .into_any()
    };
    let modules: Vec<AnyView> = table.data.with_value(|it| {
        it.modules.iter().map(|it| option(it.slug.clone(), it.title.clone())).collect()
    });
    let set = move |event: leptos::ev::Event| {
        let asked = event_target_value(&event).trim().parse::<u32>().ok();
        let n = asked
            .map_or(table.kept.with_untracked(|it| it.desk.new_a_day), |it| it.min(NEW_A_DAY_MAX));
        table.change(|kept| kept.desk.new_a_day = n);
        // The box shows what counts, also where that stays as it was.
        event_target::<web_sys::HtmlInputElement>(&event).set_value(&n.to_string());
    };
    view! {
        <div class="study-choices">
            <fieldset class="options study-decks"><legend>"Decks"</legend>{modules}</fieldset>
            <fieldset class="options">
                <legend>"Cards"</legend>
                {option(TERMS.to_owned(), "Terms of the glossary".to_owned())}
                {option(QUESTIONS.to_owned(), "Questions".to_owned())}
            </fieldset>
            <p class="knob typed">
                <label for="new-a-day">"New cards a day"</label>
                <input id="new-a-day" class="is-number" type="number" min="0" max=NEW_A_DAY_MAX.to_string() inputmode="numeric"
                    prop:value=move || table.kept.with(|it| it.desk.new_a_day.to_string()) on:change=set/>
            </p>
        </div>
    }
    .into_any()
}

/// The cards that are due, folded.
fn due_list(table: Table) -> Option<AnyView> {
    let now = table.now.get();
    let (n, rows) = table.kept.with(|kept| {
        table.deck.with(|deck| {
            let due = kept.desk.due(&deck.ids, now);
            let row = |id: &&str| deck.sides.get(*id).map(due_row);
            (due.len(), due.iter().take(LISTED_MAX).filter_map(row).collect::<Vec<AnyView>>())
        })
    });
    (n != 0).then(|| {
        view! {
            <details class="due-list" data-role="due">
                <summary>{format!("{} due", count(n, "card"))}</summary>
                <ol>{rows}</ol>
            </details>
        }
        .into_any()
    })
}

fn due_row(sides: &Sides) -> AnyView {
    view! { <li><span class="study-n">{sides.kind}": "</span>{shortened(&sides.front)}</li> }
        .into_any()
}

/// Most words of a card in a list.
const N_WORDS: usize = 16;

/// The first words of a card's front, without the options of a question.
fn shortened(html: &str) -> String {
    first_words(&plain(html.split("<ul").next().unwrap_or_default()), N_WORDS)
}

/// How many known cards come on each of the next days.
fn outlook(table: Table) -> AnyView {
    let ahead = table
        .kept
        .with(|kept| table.deck.with(|deck| kept.desk.ahead(&deck.ids, N_DAYS, table.now.get())));
    if ahead.iter().all(|it| *it == 0) {
        return ().into_any();
    }
    let most = ahead.iter().max().copied().unwrap_or(1).max(1).to_string();
    let row = |(at, n): (usize, &usize)| {
        let day = match at {
            0 => "Tomorrow".to_owned(),
            _ => format!("In {} days", at + 1),
        };
        let label = format!("{day}: {}", count(*n, "card"));
        view! {
            <li><span>{day}</span><progress max=most.clone() value=n.to_string() aria-label=label></progress><b>{*n}</b></li>
        }
        .into_any()
    };
    let rows: Vec<AnyView> = ahead.iter().enumerate().map(row).collect();
    view! { <h2 id="outlook">"The next days"</h2> <ul class="outlook">{rows}</ul> }.into_any()
}

fn export(table: Table) -> AnyView {
    let is_saved = RwSignal::new(String::new());
    let save = move |_| {
        let notes = table.deck.with_untracked(super::deck::Deck::notes);
        let done = browser::download("interleave-anki.txt", "text/plain", &study::deck(&notes));
        is_saved.set(match done {
            Some(()) => {
                format!("Saved {}. In Anki choose File, Import.", count(notes.len(), "note"))
            }
            None => "The file could not be saved here.".to_owned(),
        });
    };
    view! {
        <h2 id="anki">"In Anki"</h2>
        <p>"The chosen decks as a text file. Anki makes a note of each card; a second import brings them up to date."</p>
        <p class="study-actions">
            <button type="button" class="button small second" data-act="anki" disabled=move || table.deck.with(|it| it.ids.is_empty())
                on:click=save>"Save for Anki"</button>
            <span role="status">{move || is_saved.get()}</span>
        </p>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::shortened;

    #[test]
    fn a_front_is_told_in_a_few_words() {
        let front = "<p>What is <code>a &lt; b</code>?</p>\n<ul><li>x</li></ul>";
        assert_eq!(shortened(front), "What is a < b?");
        assert!(shortened(&"word ".repeat(40)).ends_with("word …"));
    }
}
