//! Questions of several modules: choose, then the same quiz as on a module's own page.

use super::answer::shuffled;
use super::{Data, Place, live_view, progress};
use crate::words::count;
use crate::{browser, pieces, study};
use ::study::Answers;
use content::Question;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

/// How many questions may be asked at once.
const SIZES: [usize; 4] = [10, 20, 40, usize::MAX];

/// Which questions to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    All,
    Open,
    Wrong,
}

impl Which {
    const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::All, "all", "All questions"),
        (Self::Open, "open", "Those not answered right yet"),
        (Self::Wrong, "wrong", "Only those that were wrong the last time"),
    ];

    fn holds(self, answer: Option<bool>) -> bool {
        match self {
            Self::All => true,
            Self::Open => answer != Some(true),
            Self::Wrong => answer == Some(false),
        }
    }
}

/// What stands below the choices.
#[derive(Debug, Clone, PartialEq)]
enum Round {
    None,
    Coming,
    Failed,
    Here(Box<Data>, u64),
}

/// What the learner has chosen. Cheap to copy.
#[derive(Clone, Copy)]
struct Choice {
    modules: StoredValue<Vec<study::Module>>,
    chosen: RwSignal<Vec<String>>,
    which: RwSignal<Which>,
    size: RwSignal<usize>,
    answers: RwSignal<Answers>,
    round: RwSignal<Round>,
}

impl Choice {
    /// Ids of the questions that fit, each with its module.
    fn pool(self, slug: Option<&str>) -> Vec<(String, String)> {
        let (which, answers) = (self.which.get(), self.answers.get());
        let mut pool = Vec::new();
        self.modules.with_value(|modules| {
            for module in modules.iter().filter(|it| slug.is_none_or(|slug| it.slug == slug)) {
                if slug.is_some() || self.chosen.with(|it| it.contains(&module.slug)) {
                    let fits = |id: &&String| which.holds(answers.of(id));
                    let ids = module.questions.iter().filter(fits);
                    pool.extend(ids.map(|id| (module.slug.clone(), id.clone())));
                }
            }
        });
        pool
    }

    /// Fetches what is asked, and the engines that it shows.
    fn start(self, seed: u64) {
        let pool = untrack(|| self.pool(None));
        let order = shuffled(pool.len(), seed);
        let size = self.size.get_untracked();
        let picked: Vec<(String, String)> =
            order.into_iter().take(size).map(|at| pool[at].clone()).collect();
        self.round.set(Round::Coming);
        let modules = self.modules.get_value();
        spawn_local(async move {
            let found = fetched(&modules, &picked).await;
            let questions = match found {
                Some(it) if pieces::bring(it.iter().flat_map(Question::engines)).await => it,
                _ => return self.round.set(Round::Failed),
            };
            let data = Data { questions, root: String::new(), place: Place::Page };
            self.round.set(Round::Here(Box::new(data), seed));
            focus_later("mixed-round");
        });
    }
}

/// The picked questions, in their order.
async fn fetched(modules: &[study::Module], picked: &[(String, String)]) -> Option<Vec<Question>> {
    let mut found: Vec<Question> = Vec::new();
    for module in modules.iter().filter(|it| picked.iter().any(|(slug, _)| *slug == it.slug)) {
        let text = browser::fetched(&module.file).await?;
        // By way of a value, as every quiz is read: one copy of the code is enough.
        let list: serde_json::Value = serde_json::from_str(&text).ok()?;
        found.extend(serde_json::from_value::<Vec<Question>>(list).ok()?);
    }
    let one = |(_, id): &(String, String)| found.iter().find(|it| it.id == *id).cloned();
    picked.iter().map(one).collect()
}

/// The choices, and below them the quiz. `dice` mixes the questions.
#[must_use]
pub fn mixed_view(data: study::Data, dice: fn() -> u64) -> AnyView {
    let slugs: Vec<String> = data.modules.iter().map(|it| it.slug.clone()).collect();
    let choice = Choice {
        modules: StoredValue::new(data.modules),
        chosen: RwSignal::new(slugs),
        which: RwSignal::new(Which::All),
        size: RwSignal::new(SIZES[0]),
        answers: RwSignal::new(progress::load()),
        round: RwSignal::new(Round::None),
    };
    let is_round = move || choice.round.with(|it| matches!(it, Round::Here(..)));
    let is_round = Memo::new(move |_| is_round());
    view! {
        {move || if is_round.get() { running(choice, dice) } else { choices(choice, dice) }}
        <p class="question-missing" role="status" data-role="mixed-told">
            {move || choice.round.with(|it| match it {
                Round::Coming => "The questions are on their way …",
                Round::Failed => "The questions did not come. Check the connection, then start again.",
                Round::None | Round::Here(..) => "",
            })}
        </p>
    }
    .into_any()
}

fn running(choice: Choice, dice: fn() -> u64) -> AnyView {
    let Round::Here(data, seed) = choice.round.get_untracked() else { return ().into_any() };
    let n = data.questions.len();
    let leave = move |_| {
        choice.answers.set(progress::load());
        choice.round.set(Round::None);
        focus_later("mixed-choices");
    };
    let again = move |_| {
        choice.answers.set(progress::load());
        choice.start(dice());
    };
    view! {
        <div id="mixed-round" tabindex="-1" role="group" aria-label=count(n, "question")>
            <p class="study-actions">
                <button type="button" class="button small second" data-act="choose" on:click=leave>"Choose other questions"</button>
                <button type="button" class="button small second" data-act="mix" on:click=again>"Mix again"</button>
            </p>
            {live_view(*data, seed)}
        </div>
    }
    .into_any()
}

fn choices(choice: Choice, dice: fn() -> u64) -> AnyView {
    let n = Memo::new(move |_| choice.pool(None).len());
    let start = move |_| choice.start(dice());
    let is_off = move || n.get() == 0 || choice.round.with(|it| *it == Round::Coming);
    let text = move || match n.get() {
        0 => "No question fits. Choose a module, or other questions.".to_owned(),
        n => format!("{} to choose from.", count(n, "question")),
    };
    view! {
        <div id="mixed-choices" tabindex="-1" class="study-choices" role="group" aria-label="Which questions">
            {modules_view(choice)}
            {which_view(choice)}
            {size_view(choice)}
            <p class="study-actions">
                <button type="button" class="button" data-act="start" disabled=is_off on:click=start>"Start"</button>
                <span role="status" data-role="pool">{text}</span>
            </p>
        </div>
    }
    .into_any()
}

fn modules_view(choice: Choice) -> AnyView {
    let rows = choice.modules.with_value(|modules| {
        let row = |module: &study::Module| {
            let slug = StoredValue::new(module.slug.clone());
            let n = move || choice.pool(Some(&slug.get_value())).len();
            let is_on = move || choice.chosen.with(|it| slug.with_value(|slug| it.contains(slug)));
            let turn = move |_| choice.chosen.update(|it| toggle(it, slug.get_value()));
            view! {
                <label class="option">
                    <input type="checkbox" data-deck=module.slug.clone() prop:checked=is_on on:change=turn/>
                    <span>{module.title.clone()}" "<span class="study-n">{n}</span></span>
                </label>
            }
            .into_any()
        };
        modules.iter().map(row).collect::<Vec<AnyView>>()
    });
    let all = move |_| {
        let slugs: Vec<String> =
            choice.modules.with_value(|it| it.iter().map(|it| it.slug.clone()).collect());
        choice.chosen.update(|it| *it = if it.len() == slugs.len() { Vec::new() } else { slugs });
    };
    let word = move || {
        let is_all = choice.chosen.with(Vec::len) == choice.modules.with_value(Vec::len);
        if is_all { "None of them" } else { "All of them" }
    };
    view! {
        <fieldset class="options study-decks">
            <legend>"Modules"</legend>
            {rows}
            <button type="button" class="link-button" data-act="all" on:click=all>{word}</button>
        </fieldset>
    }
    .into_any()
}

/// Puts a name in, or takes it out.
fn toggle(names: &mut Vec<String>, name: String) {
    match names.iter().position(|it| *it == name) {
        Some(at) => drop(names.remove(at)),
        None => names.push(name),
    }
}

fn which_view(choice: Choice) -> AnyView {
    let row = |(which, name, text): (Which, &'static str, &'static str)| {
        view! {
            <label class="option">
                <input type="radio" name="which" data-which=name prop:checked=move || choice.which.get() == which
                    on:change=move |_| choice.which.set(which)/>
                <span>{text}</span>
            </label>
        }
        .into_any()
    };
    let rows: Vec<AnyView> = Which::ALL.into_iter().map(row).collect();
    view! { <fieldset class="options"><legend>"Questions"</legend>{rows}</fieldset> }.into_any()
}

fn size_view(choice: Choice) -> AnyView {
    let row = |size: usize| {
        let text = if size == usize::MAX { "All that fit".to_owned() } else { size.to_string() };
        view! {
            <label class="option inline">
                <input type="radio" name="size" data-size=text.clone() prop:checked=move || choice.size.get() == size
                    on:change=move |_| choice.size.set(size)/>
                <span>{text}</span>
            </label>
        }
        .into_any()
    };
    let rows: Vec<AnyView> = SIZES.into_iter().map(row).collect();
    view! { <fieldset class="options study-sizes"><legend>"How many"</legend>{rows}</fieldset> }
        .into_any()
}

/// Puts the focus on a part once it has been drawn.
fn focus_later(id: &'static str) {
    request_animation_frame(move || {
        if let Some(element) = browser::document().and_then(|it| it.get_element_by_id(id)) {
            browser::focus(&element);
            element.scroll_into_view();
        }
    });
}

#[cfg(test)]
mod tests {
    use super::{Which, toggle};

    #[test]
    fn a_name_goes_in_and_out() {
        let mut names = vec!["cpu".to_owned()];
        toggle(&mut names, "sync".to_owned());
        toggle(&mut names, "cpu".to_owned());
        assert_eq!(names, ["sync"]);
    }

    #[test]
    fn wrong_ones_are_those_of_the_last_answer() {
        let holds = |which: Which| [None, Some(true), Some(false)].map(|it| which.holds(it));
        assert_eq!(holds(Which::All), [true, true, true]);
        assert_eq!(holds(Which::Open), [true, false, true]);
        assert_eq!(holds(Which::Wrong), [false, false, true]);
    }
}
