//! A module's page of questions, and its page of practice sheets.

use super::shell::Draft;
use super::{Page, Site, course, html, root_of};
use crate::{practice, quiz};
use content::{Module, Question, resolve_question};
use leptos::prelude::*;

/// All questions of a module, by lesson.
pub(super) fn quiz(site: &Site, module: &Module) -> Option<Page> {
    if module.questions.is_empty() {
        return None;
    }
    let path = format!("course/{}/quiz.html", module.slug);
    let root = root_of(&path);
    let mut questions: Vec<Question> =
        module.questions.iter().map(|it| resolve_question(it, &root)).collect();
    let place = |it: &Question| module.lessons.iter().position(|lesson| lesson.path() == it.lesson);
    questions.sort_by_key(|it| place(it).unwrap_or(usize::MAX));
    let title = format!("Questions on {}", lower_first(&module.title));
    let description = format!(
        "{} questions on {}, with explanations.",
        questions.len(),
        lower_first(&module.title)
    );
    let body = html(|| {
        view! {
            <header class="page-head">
                <p class="kicker"><a href="index.html">{module.title.clone()}</a></p>
                <h1>{title.clone()}</h1>
                <p class="lead">
                    {format!("{} questions. ", questions.len())}
                    "Numbers come from the same engines as the figures, and most answers can be shown there."
                </p>
            </header>
            {quiz::quiz_view(&questions, &root, quiz::Place::Page)}
        }
        .into_any()
    });
    let mut draft = Draft::new(&path, &title, &description, body);
    draft.has_parts = true;
    draft.place = Some(course::Place::new(module, "quiz"));
    Some(draft.finish(site))
}

/// Engines of the module's domain that can be practised by hand.
fn practised(module: &Module) -> Vec<&'static sim::Entry> {
    let domain = sim::DOMAINS.iter().find(|it| it.id == module.slug);
    let engines = domain.into_iter().flat_map(sim::Domain::engines);
    engines.filter(|it| practice::is_by_hand(it)).collect()
}

/// Whether a module has a page of practice sheets.
pub(super) fn has_practice(module: &Module) -> bool {
    !practised(module).is_empty()
}

/// Practice sheets of a module.
pub(super) fn practice(site: &Site, module: &Module) -> Option<Page> {
    let entries = practised(module);
    if entries.is_empty() {
        return None;
    }
    let path = format!("course/{}/practice.html", module.slug);
    let root = root_of(&path);
    let title = format!("Practice: {}", lower_first(&module.title));
    let body = html(|| {
        view! {
            <header class="page-head">
                <p class="kicker"><a href="index.html">{module.title.clone()}</a></p>
                <h1>{title.clone()}</h1>
                <p class="lead">
                    "A seed makes a small problem. Work it out by hand; the engine marks every cell and shows what really happens."
                </p>
            </header>
            {practice::practice_view(&entries, &root)}
        }
        .into_any()
    });
    let description =
        "Small problems to work out by hand, made from a seed and marked by the engines.";
    let mut draft = Draft::new(&path, &title, description, body);
    draft.has_parts = true;
    draft.place = Some(course::Place::new(module, "practice"));
    Some(draft.finish(site))
}

/// A title inside a sentence; what is all capitals, such as `CPU`, stays.
pub(super) fn lower_first(title: &str) -> String {
    let mut chars = title.chars();
    match (chars.next(), chars.next()) {
        (Some(first), Some(second)) if second.is_lowercase() => {
            format!("{}{}", first.to_lowercase(), &title[first.len_utf8()..])
        }
        _ => title.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::lower_first;

    #[test]
    fn a_title_goes_into_a_sentence() {
        assert_eq!(lower_first("Deadlock"), "deadlock");
        assert_eq!(lower_first("CPU scheduling"), "CPU scheduling");
        assert_eq!(lower_first(""), "");
    }
}
