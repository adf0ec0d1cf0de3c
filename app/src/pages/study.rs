//! Progress, flash cards, and questions of all modules: three pages, and the files that they fetch.
//!
//! A page holds ids and titles only. The questions of a module and its cards are files of their own,
//! whose names change with them, and come when they are chosen.

use super::shell::Draft;
use super::{Page, Site, course, files, html, questions};
use crate::quiz::right_html;
use crate::study;
use content::{Kind, Module, Question, escape, resolve_links, resolve_question};
use leptos::prelude::*;

/// The three pages and their files.
pub(super) fn pages(site: &Site) -> Vec<Page> {
    let ready: Vec<&Module> =
        site.course.modules.iter().filter(|it| course::is_ready(it)).collect();
    let files: Vec<[Page; 2]> =
        ready.iter().map(|it| [questions_of(it), cards_of(site, it)]).collect();
    let data = |page| study::Data {
        page,
        modules: ready.iter().zip(&files).map(|(it, file)| listed(it, file)).collect(),
    };
    let mut pages = vec![
        progress(site, &data(study::Page::Progress)),
        cards(site, &data(study::Page::Cards)),
        mixed(site, &data(study::Page::Mixed), &ready),
    ];
    pages.extend(files.into_iter().flatten());
    pages
}

fn listed(module: &Module, [questions, cards]: &[Page; 2]) -> study::Module {
    study::Module {
        slug: module.slug.clone(),
        title: module.title.clone(),
        lessons: module.lessons.iter().map(|it| it.slug.clone()).collect(),
        questions: module.questions.iter().map(|it| it.id.clone()).collect(),
        file: questions.path.clone(),
        cards: cards.path.clone(),
    }
}

/// The questions of a module as a file; the links in them start at the root of the site.
fn questions_of(module: &Module) -> Page {
    let questions: Vec<Question> =
        module.questions.iter().map(|it| resolve_question(it, "")).collect();
    file(&format!("questions-{}", module.slug), &questions)
}

/// The cards of a module as a file: id, front, back and lesson of each. Lesson by lesson, its terms first.
fn cards_of(site: &Site, module: &Module) -> Page {
    let mut cards: Vec<(usize, [String; 4])> = Vec::new();
    let place = |path: &str| module.lessons.iter().position(|it| it.path() == path);
    for term in site.course.glossary.values() {
        // The first lesson that can be read and names it.
        let lesson = term.lessons.iter().find_map(|it| site.course.lesson(it));
        if let Some((lesson, at)) = lesson.and_then(|it| Some((it, place(&it.path())?))) {
            let front = format!("<p class=\"card-term\">{}</p>", escape(&term.title));
            let card = [
                format!("t:{}", term.slug),
                front,
                resolve_links(&term.html, ""),
                lesson.slug.clone(),
            ];
            cards.push((at, card));
        }
    }
    for question in &module.questions {
        let at = place(&question.lesson);
        let lesson = at.map_or_else(String::new, |at| module.lessons[at].slug.clone());
        if let Some([front, back]) = sides(&resolve_question(question, "")) {
            cards.push((
                at.unwrap_or(usize::MAX),
                [format!("q:{}", question.id), front, back, lesson],
            ));
        }
    }
    // Stable: what belongs to one lesson stays in its order.
    cards.sort_by_key(|it| it.0);
    let cards: Vec<[String; 4]> = cards.into_iter().map(|it| it.1).collect();
    file(&format!("cards-{}", module.slug), &cards)
}

/// Front and back of a question. One that asks for the next step of a figure cannot be a card.
fn sides(question: &Question) -> Option<[String; 2]> {
    let list = |texts: &[String]| {
        let items: Vec<String> = texts.iter().map(|it| format!("<li>{it}</li>")).collect();
        format!("<ul class=\"options-still\">{}</ul>", items.concat())
    };
    let given = match &question.kind {
        Kind::Choice { options, .. } => list(options),
        Kind::Order { items, .. } => list(items),
        Kind::Number { .. } | Kind::Text { .. } => String::new(),
        Kind::Predict { .. } => return None,
    };
    let right = right_html(&question.kind);
    let back = format!("<p class=\"answer-right\">{right}</p>{}", question.why_html);
    Some([format!("{}{given}", question.prompt_html), back])
}

fn file<T: serde::Serialize>(stem: &str, list: &[T]) -> Page {
    let text = serde_json::to_string(list).unwrap_or_default();
    Page { path: format!("{stem}-{}.json", files::hash(&text)), text }
}

/// A page with a style sheet of its own.
fn finish(site: &Site, path: &str, title: &str, description: &str, body: String) -> Page {
    let mut draft = Draft::new(path, title, description, body);
    draft.has_parts = true;
    if let Some((name, _)) = site.files.styles.get("study") {
        draft.head = format!("<link rel=\"stylesheet\" href=\"{name}\">\n");
    }
    draft.finish(site)
}

fn progress(site: &Site, data: &study::Data) -> Page {
    let body = html(|| {
        view! {
            <header class="page-head">
                <h1>"Your progress"</h1>
                <p class="lead">"What you have read and answered. No account: all of it stays in this browser."</p>
                {ways("progress.html")}
            </header>
            <div class="study" data-study=data.text()>
                <p class="study-note">"Scripts fill these bars: until they run, nothing is counted."</p>
                {study::progress_still(&data.modules)}
            </div>
            <h2 id="what-counts">"What counts"</h2>
            <p>
                "A lesson is read once its end has been on the screen. A question is right if your last answer to it was. "
                "Both are kept under names that stay when a text is edited, so a corrected sentence costs you nothing."
            </p>
        }
        .into_any()
    });
    let description = "What you have read and answered, module by module; kept in this browser, saved and read as a file.";
    finish(site, "progress.html", "Your progress", description, body)
}

fn cards(site: &Site, data: &study::Data) -> Page {
    let body = html(|| {
        view! {
            <header class="page-head">
                <h1>"Flash cards"</h1>
                <p class="lead">"The terms and questions of the course, each again shortly before you would forget it."</p>
                {ways("cards.html")}
            </header>
            <div class="study" data-study=data.text()>
                <p class="study-note">
                    "The cards need scripts. The same terms stand in the "<a href="glossary.html">"glossary"</a>
                    ", and the same questions on the "<a href="quiz.html">"pages of questions"</a>"."
                </p>
            </div>
            <h2 id="how">"How it decides"</h2>
            <ul>
                <li>"The scheduler is FSRS-6 with its published weights. It aims at nine of ten due cards recalled, and shows for each rating when the card would come again."</li>
                <li>"A new card comes twice within minutes, then after days. A card that was forgotten comes again after ten minutes."</li>
                <li>"What a short wait has made due comes first, then what is due today, then new cards in the order of the course."</li>
                <li>{format!("A day of study begins at {} in the morning by your clock, so a late evening still counts as one.", ::study::DAY_STARTS_HOUR)}</li>
                <li>"Ratings are kept in this browser, and are part of the file on the page of "<a href="progress.html">"your progress"</a>"."</li>
            </ul>
        }
        .into_any()
    });
    let description = "Flash cards on operating systems with spaced repetition: terms and questions, scheduled by FSRS in your browser.";
    finish(site, "cards.html", "Flash cards", description, body)
}

fn mixed(site: &Site, data: &study::Data, ready: &[&Module]) -> Page {
    let body = html(|| {
        let rows = ready.iter().filter(|it| !it.questions.is_empty()).map(|module| {
            let href = format!("course/{}/quiz.html", module.slug);
            let text = format!("Questions on {}", questions::lower_first(&module.title));
            view! { <li><a href=href>{text}</a>{format!(" ({})", module.questions.len())}</li> }
        });
        view! {
            <header class="page-head">
                <h1>"Mixed questions"</h1>
                <p class="lead">"Questions of several modules, mixed. To tell two ideas apart is harder when nobody says which chapter it is."</p>
                {ways("quiz.html")}
            </header>
            <div class="study quiz" data-mixed=data.text()>
                <p class="study-note">"To mix them needs scripts. Each module has its own page of questions:"</p>
                <ul>{rows.collect_view()}</ul>
            </div>
        }
        .into_any()
    });
    let description = "Questions on operating systems and concurrency over all modules, mixed; or only those that were wrong the last time.";
    finish(site, "quiz.html", "Mixed questions", description, body)
}

/// The way between the three pages.
fn ways(here: &str) -> AnyView {
    let link = |(path, text): (&'static str, &'static str)| {
        view! { <a href=path aria-current=(path == here).then_some("page")>{text}</a> }.into_any()
    };
    let links: Vec<AnyView> = [
        ("progress.html", "Progress"),
        ("cards.html", "Flash cards"),
        ("quiz.html", "Mixed questions"),
    ]
    .into_iter()
    .map(link)
    .collect();
    view! { <nav class="study-ways" aria-label="Review">{links}</nav> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::sides;
    use content::{FigureSpec, Kind, Question};

    fn question(kind: Kind) -> Question {
        Question {
            id: "one".into(),
            lesson: String::new(),
            kind,
            prompt_html: "<p>How long?</p>".into(),
            why_html: "<p>So.</p>".into(),
            show: None,
        }
    }

    #[test]
    fn a_question_has_its_options_in_front_and_its_answer_on_the_back() {
        let options = ["a", "b"].map(String::from).to_vec();
        let choice = Kind::Choice { options, right: vec![1], multiple: false, fixed: false };
        let [front, back] = sides(&question(choice)).unwrap_or_default();
        assert_eq!(front, "<p>How long?</p><ul class=\"options-still\"><li>a</li><li>b</li></ul>");
        assert_eq!(back, "<p class=\"answer-right\">b</p><p>So.</p>");
    }

    #[test]
    fn a_question_about_a_figure_is_no_card() {
        let figure = FigureSpec::default();
        let kind = Kind::Predict { question: String::new(), options: vec![], right: 0, figure };
        assert_eq!(sides(&question(kind)), None);
    }
}
