//! Quiz and practice in the browser: answer, be marked, try again.
#![cfg(target_arch = "wasm32")]
// A test that cannot go on fails.
#![allow(clippy::unwrap_used, clippy::panic)]

use app::practice::{self, Offer, Problem, Sheet};
use app::quiz;
use content::{Kind, Question};
use leptos::mount::mount_to;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Document, Element, HtmlElement, HtmlInputElement};

wasm_bindgen_test_configure!(run_in_browser);

fn document() -> Document {
    web_sys::window().unwrap().document().unwrap()
}

/// An empty element on the page.
fn place() -> HtmlElement {
    let element = document().create_element("section").unwrap();
    document().body().unwrap().append_child(&element).unwrap();
    element.unchecked_into()
}

/// Lets effects run.
async fn settle() {
    leptos::task::tick().await;
    leptos::task::tick().await;
}

fn one(root: &Element, selector: &str) -> HtmlElement {
    root.query_selector(selector)
        .unwrap()
        .unwrap_or_else(|| panic!("no {selector}"))
        .unchecked_into()
}

fn fill(root: &Element, selector: &str, text: &str) {
    let input: HtmlInputElement = one(root, selector).unchecked_into();
    input.set_value(text);
    input.dispatch_event(&web_sys::Event::new("input").unwrap()).unwrap();
}

fn text(root: &Element, selector: &str) -> String {
    one(root, selector).text_content().unwrap_or_default()
}

fn question(id: &str, kind: Kind) -> Question {
    Question {
        id: id.into(),
        lesson: String::new(),
        kind,
        prompt_html: "<p>Well?</p>".into(),
        why_html: "<p>Because.</p>".into(),
        show: None,
    }
}

fn mounted(questions: Vec<Question>) -> HtmlElement {
    let target = place();
    let data = quiz::Data { questions, root: String::new(), place: quiz::Place::Page };
    mount_to(target.clone(), move || quiz::live_view(data, 3)).forget();
    target
}

#[wasm_bindgen_test]
async fn a_number_is_marked_where_it_was_typed() {
    let kind = Kind::Number { right: 7.2, tolerance: 0.05, unit: "ticks".into() };
    let root = mounted(vec![question("test_number", kind)]);
    let card = one(&root, "[data-question=test_number]");
    fill(&card, "input", "9");
    one(&card, "[data-act=check]").click();
    settle().await;
    assert_eq!(card.get_attribute("data-state").as_deref(), Some("wrong"));
    assert!(card.query_selector(".explanation").unwrap().is_none(), "the answer is not given away");
    fill(&card, "input", "7.2");
    settle().await;
    assert_eq!(card.get_attribute("data-state").as_deref(), Some("open"));
    one(&card, "[data-act=check]").click();
    settle().await;
    assert_eq!(text(&card, ".verdict"), "Right.");
    assert!(text(&card, ".explanation").contains("Because."));
    assert!(text(&root, "[data-role=score]").starts_with("1 of 1 right"));
    assert_eq!(quiz::progress::load().of("test_number"), Some(true));
}

#[wasm_bindgen_test]
async fn a_check_with_nothing_to_judge_says_so() {
    let kind = Kind::Number { right: 6.0, tolerance: 0.0, unit: "ticks".into() };
    let root = mounted(vec![question("test_missing", kind)]);
    let card = one(&root, "[data-question=test_missing]");
    fill(&card, "input", "six");
    one(&card, "[data-act=check]").click();
    settle().await;
    assert_eq!(text(&card, ".question-missing"), "Write a number, such as 6.");
    assert_eq!(one(&card, "input").get_attribute("aria-invalid").as_deref(), Some("true"));
    fill(&card, "input", "6 ticks");
    settle().await;
    assert_eq!(text(&card, ".question-missing"), "");
    assert_eq!(one(&card, "input").get_attribute("aria-invalid"), None);
    one(&card, "[data-act=check]").click();
    settle().await;
    assert_eq!(text(&card, ".verdict"), "Right.");
    let why = one(&card, ".explanation");
    assert!(why.closest("form").unwrap().is_none(), "a figure's Enter would submit the question");
    one(&card, "[data-act=check]").click();
    settle().await;
    assert!(why.is_same_node(Some(&one(&card, ".explanation"))), "a second verdict draws nothing");
}

#[wasm_bindgen_test]
async fn only_wrong_ones_are_tried_again() {
    let choice = |right| Kind::Choice {
        options: vec!["a".into(), "b".into()],
        right: vec![right],
        multiple: false,
        fixed: true,
    };
    let root = mounted(vec![question("test_a", choice(0)), question("test_b", choice(1))]);
    for id in ["test_a", "test_b"] {
        let card = one(&root, &format!("[data-question={id}]"));
        one(&card, "input").click();
        settle().await;
        one(&card, "[data-act=check]").click();
    }
    settle().await;
    assert_eq!(text(&root, "[data-role=score]"), "1 of 2 right, 1 wrong");
    one(&root, "[data-act=retry-wrong]").click();
    settle().await;
    assert_eq!(text(&root, "[data-role=score]"), "1 of 2 right, 0 wrong");
    let state = |id: &str| one(&root, &format!("[data-question={id}]")).get_attribute("data-state");
    assert_eq!(
        (state("test_a").as_deref(), state("test_b").as_deref()),
        (Some("right"), Some("open"))
    );
}

#[wasm_bindgen_test]
async fn things_move_by_buttons() {
    let items = ["x", "y", "z"].map(String::from).to_vec();
    let root = mounted(vec![question("test_order", Kind::Order { items, right: vec![1, 0, 2] })]);
    let card = one(&root, "[data-question=test_order]");
    one(&card, "#q-test_order-down-0").click();
    settle().await;
    assert_eq!(text(&card, "#q-test_order-item-0"), "y");
    one(&card, "[data-act=check]").click();
    settle().await;
    assert_eq!(card.get_attribute("data-state").as_deref(), Some("right"));
}

/// The first engine that can be worked out by hand.
fn policy() -> &'static sim::Entry {
    sim::engines().find(|it| practice::is_by_hand(it)).unwrap()
}

/// A practice page with one engine, on this of its sheets.
fn sheet(entry: &sim::Entry, task: &str) -> HtmlElement {
    let target = place();
    let data =
        practice::Data { offers: Offer::of(entry).into_iter().collect(), root: String::new() };
    let sheet = Sheet { seed: 7, task: task.to_owned(), ..Sheet::default() };
    mount_to(target.clone(), move || practice::live_view(&data, sheet, || 8)).forget();
    target
}

/// Writes or chooses an answer.
fn answer(root: &Element, n: usize, blank: &sim::Blank) {
    let selector = format!("[data-cell=\"{n}\"]");
    let field = one(root, &selector);
    if field.tag_name() == "SELECT" {
        let select: web_sys::HtmlSelectElement = field.unchecked_into();
        select.set_value(&blank.answer);
        select.dispatch_event(&web_sys::Event::new("change").unwrap()).unwrap();
    } else if field.get_attribute("type").as_deref() == Some("radio") {
        one(root, &format!("{selector}[value=\"{}\"]", blank.answer)).click();
    } else {
        fill(root, &selector, &blank.answer);
    }
}

/// Every kind of sheet there is, written out in full: all of it is right, and one change is not.
#[wasm_bindgen_test]
async fn the_engine_marks_every_cell() {
    for entry in sim::engines().filter(|it| practice::is_by_hand(it)) {
        let problem = Problem::new(entry, 7).unwrap();
        for asked in problem.paper.sheets.iter().filter(|it| it.key != "timeline") {
            let name = format!("{} {}", entry.meta.id, asked.key);
            let root = sheet(entry, asked.key);
            settle().await;
            let parts = asked.parts(&problem.run);
            let blanks: Vec<_> =
                parts.iter().flat_map(|it| &it.rows).flat_map(|it| &it.blanks).collect();
            for (n, blank) in blanks.iter().enumerate() {
                if !blank.may_stay {
                    answer(&root, n, blank);
                }
            }
            settle().await;
            one(&root, "[data-act=check]").click();
            settle().await;
            assert!(
                text(&root, ".verdict").starts_with("All"),
                "{name}: {}",
                text(&root, ".verdict")
            );
            let Some(typed) = blanks.iter().position(|it| it.options.is_empty()) else { continue };
            fill(&root, &format!("[data-cell=\"{typed}\"]"), "999");
            one(&root, "[data-act=check]").click();
            settle().await;
            assert_eq!(root.query_selector_all("[data-mark=wrong]").unwrap().length(), 1, "{name}");
            assert!(text(&root, ".verdict").contains("first difference"), "{name}");
            root.remove();
        }
    }
}

#[wasm_bindgen_test]
async fn a_wrong_tick_is_told_with_its_reason() {
    let has = |it: &&sim::Entry| {
        it.paper.is_some_and(|it| it.sheets.iter().any(|it| it.key == "timeline"))
    };
    let root = sheet(sim::engines().find(has).unwrap(), "timeline");
    settle().await;
    // The first job into every tick: right at first, wrong from the second job on.
    let ticks = root.query_selector_all(".tick").unwrap();
    for n in 0..ticks.length() {
        ticks.item(n).unwrap().unchecked_into::<HtmlElement>().click();
    }
    one(&root, "[data-act=check]").click();
    settle().await;
    assert!(text(&root, ".verdict").contains("first difference"), "{}", text(&root, ".verdict"));
    one(&root, "[data-act=tell]").click();
    one(&root, "[data-act=check]").click();
    settle().await;
    assert!(text(&root, ".verdict").starts_with("All"));
    one(&root, "[data-act=show]").click();
    settle().await;
    assert!(root.query_selector("figure.figure").unwrap().is_some());
}

#[wasm_bindgen_test]
async fn a_new_problem_has_another_seed() {
    let root = sheet(policy(), "");
    settle().await;
    assert!(text(&root, ".problem-title").ends_with("problem 7"));
    one(&root, "[data-act=new]").click();
    settle().await;
    assert!(text(&root, ".problem-title").ends_with("problem 8"));
}

#[wasm_bindgen_test]
async fn a_refused_seed_does_not_stay() {
    let root = sheet(policy(), "");
    settle().await;
    let input: HtmlInputElement = one(&root, "[data-act=seed]").unchecked_into();
    for (typed, shown) in [("abc", "7"), ("-1", "7"), ("", "7"), ("123456", "99999"), ("12", "12")]
    {
        input.set_value(typed);
        input.dispatch_event(&web_sys::Event::new("change").unwrap()).unwrap();
        settle().await;
        assert_eq!(input.value(), shown, "{typed}");
        assert!(text(&root, ".problem-title").ends_with(&format!("problem {shown}")));
        assert_eq!(text(&root, "[data-role=notice]").is_empty(), typed == shown, "{typed}");
    }
}

#[wasm_bindgen_test]
async fn the_sheet_follows_the_address() {
    let root = sheet(policy(), "");
    settle().await;
    let go = |fragment: String| {
        app::browser::set_fragment(&fragment).unwrap();
        let event = web_sys::Event::new("hashchange").unwrap();
        web_sys::window().unwrap().dispatch_event(&event).unwrap();
    };
    go(format!("policy={}&seed=21&fixed=1", policy().meta.id));
    settle().await;
    assert!(text(&root, ".problem-title").ends_with("problem 21"));
    assert!(root.query_selector("[data-act=new]").unwrap().is_none(), "it is fixed");
    go("policy=cpu/none&seed=22&fixed=1".into());
    settle().await;
    assert!(text(&root, "[data-role=notice]").contains("cpu/none"));
    assert!(root.query_selector("[data-act=new]").unwrap().is_some(), "it can be chosen");
    assert!(root.query_selector("select:disabled").unwrap().is_none());
}
