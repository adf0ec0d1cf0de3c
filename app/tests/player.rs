//! The player in a real browser: mounted, driven and taken away again.
#![cfg(target_arch = "wasm32")]
// A test that cannot go on fails.
#![allow(clippy::unwrap_used, clippy::panic)]

use app::figure::{Chrome, Where, figure_view, ready};
use app::link::Place;
use content::FigureSpec;
use leptos::mount::mount_to;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Element, HtmlElement, HtmlInputElement};

wasm_bindgen_test_configure!(run_in_browser);

/// A figure on the page, taken away when it is dropped.
struct Stage {
    host: HtmlElement,
    /// Ends the figure when it is dropped.
    handle: Option<Box<dyn std::any::Any>>,
}

impl Stage {
    fn new(engine: &str, place: Place) -> Self {
        let document = web_sys::window().unwrap().document().unwrap();
        let host: HtmlElement = document.create_element("div").unwrap().unchecked_into();
        document.body().unwrap().append_child(&host).unwrap();
        let entry = sim::engine(engine).unwrap();
        let spec = FigureSpec {
            engine: engine.to_owned(),
            scenario: entry.example.to_owned(),
            at: Some(0),
            ..FigureSpec::default()
        };
        let stand = Where { uid: "t".into(), chrome: Chrome::Full, ..Where::default() };
        let handle = mount_to(host.clone(), move || {
            let ready = ready(&spec, &[], place, Vec::new()).unwrap();
            figure_view(&spec, Vec::new(), &stand, ready)
        });
        Self { host, handle: Some(Box::new(handle)) }
    }

    fn find(&self, selector: &str) -> Element {
        self.host.query_selector(selector).unwrap().unwrap_or_else(|| panic!("no {selector}"))
    }

    fn text(&self, selector: &str) -> String {
        self.find(selector).text_content().unwrap()
    }

    async fn click(&self, selector: &str) {
        self.find(selector).unchecked_into::<HtmlElement>().click();
        settle().await;
    }

    async fn key(&self, selector: &str, key: &str) {
        let init = web_sys::KeyboardEventInit::new();
        init.set_key(key);
        init.set_bubbles(true);
        let event =
            web_sys::KeyboardEvent::new_with_keyboard_event_init_dict("keydown", &init).unwrap();
        self.find(selector).dispatch_event(&event).unwrap();
        settle().await;
    }

    fn position(&self) -> String {
        self.text("[data-role=position]")
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.handle.take();
        self.host.remove();
    }
}

/// Lets effects and the next paint happen.
async fn settle() {
    let wait = js_sys::Promise::new(&mut |done, _| {
        web_sys::window()
            .unwrap()
            .set_timeout_with_callback_and_timeout_and_arguments_0(&done, 30)
            .unwrap();
    });
    wasm_bindgen_futures::JsFuture::from(wait).await.unwrap();
}

/// An engine whose table of rows the editor shows, and one whose steps are choices.
fn some_engine() -> &'static str {
    sim::engines().find(|it| it.explore.is_none()).unwrap().meta.id
}

#[wasm_bindgen_test]
async fn every_engine_mounts_steps_to_its_end_and_back() {
    for entry in sim::engines() {
        let stage = Stage::new(entry.meta.id, Place::default());
        settle().await;
        let first = stage.text("[data-role=narration]");
        assert!(!first.is_empty(), "{}", entry.meta.id);
        stage.key("figure", "End").await;
        let last = stage.position();
        let n: Vec<&str> = last.split(' ').collect();
        assert_eq!(n[1], n[3], "{}: {last}", entry.meta.id);
        stage.key("figure", "Home").await;
        assert_eq!(stage.text("[data-role=narration]"), first, "{}", entry.meta.id);
    }
}

#[wasm_bindgen_test]
async fn buttons_and_keys_do_the_same() {
    let stage = Stage::new(some_engine(), Place::default());
    assert!(stage.position().starts_with("step 1 of "), "{}", stage.position());
    stage.click("[data-act=forward]").await;
    stage.key("figure", "ArrowRight").await;
    assert!(stage.position().starts_with("step 3 of "), "{}", stage.position());
    stage.click("[data-act=back]").await;
    stage.key("figure", ",").await;
    assert!(stage.position().starts_with("step 1 of "), "{}", stage.position());
    assert_eq!(stage.find("[data-act=scrub]").unchecked_into::<HtmlInputElement>().value(), "0");
}

#[wasm_bindgen_test]
async fn the_live_region_is_empty_until_the_reader_acts() {
    let stage = Stage::new(some_engine(), Place::default());
    settle().await;
    assert_eq!(stage.text("[aria-live]"), "");
    stage.click("[data-act=forward]").await;
    assert!(stage.text("[data-role=live]").starts_with("Step 2 of "));
}

#[wasm_bindgen_test]
async fn a_wrong_value_is_told_at_its_field_and_the_picture_stays() {
    let entry = sim::engines().find(|it| {
        it.form.iter().any(|f| !f.hidden && matches!(f.kind, sim::Kind::Int { min: 1.., .. }))
    });
    let entry = entry.unwrap();
    let stage = Stage::new(entry.meta.id, Place::default());
    let field = entry
        .form
        .iter()
        .find(|f| !f.hidden && matches!(f.kind, sim::Kind::Int { min: 1.., .. }))
        .unwrap();
    stage.click("[data-act=change]").await;
    let before = stage.text("[data-role=narration]");
    let selector = format!("#t-form-{}", field.key);
    let input: HtmlInputElement = stage.find(&selector).unchecked_into();
    input.set_value("0");
    input.dispatch_event(&web_sys::Event::new("change").unwrap()).unwrap();
    settle().await;
    assert!(stage.text(&format!("#t-form-{}-fault", field.key)).contains("outside"));
    assert_eq!(stage.text("[data-role=narration]"), before);
    assert_eq!(input.value(), "0", "what was typed is kept");
    input.set_value("3");
    input.dispatch_event(&web_sys::Event::new("change").unwrap()).unwrap();
    settle().await;
    assert!(stage.host.query_selector(".fault").unwrap().is_none());
}

#[wasm_bindgen_test]
async fn a_link_opens_the_step_it_names_and_a_wrong_one_says_so() {
    let id = some_engine();
    let entry = sim::engine(id).unwrap();
    let (place, notices) = app::link::parse(entry.form, "v=1&step=4&nonsense=1");
    assert_eq!(notices.len(), 1);
    let stage = Stage::new(id, place);
    assert!(stage.position().starts_with("step 4 of "), "{}", stage.position());
}

#[wasm_bindgen_test]
async fn the_reader_is_the_scheduler() {
    let Some(entry) = sim::engines().find(|it| it.explore.is_some()) else { return };
    let stage = Stage::new(entry.meta.id, Place::default());
    stage.key("figure", "Home").await;
    stage.click(".choice-step").await;
    assert!(stage.position().starts_with("step 2 of "), "{}", stage.position());
    stage.click("[data-act=explore]").await;
    stage.click(".explore [data-act=explore]").await;
    // The walk goes in slices, between which the page lives.
    for _ in 0..200 {
        if stage.text(".explore").contains("states,") {
            break;
        }
        settle().await;
    }
    assert!(stage.text(".explore").contains("states,"), "{}", stage.text(".explore"));
}

#[wasm_bindgen_test]
async fn every_tab_opens_and_nothing_is_left_when_the_figure_goes() {
    let document = web_sys::window().unwrap().document().unwrap();
    let before = document.body().unwrap().query_selector_all("figure").unwrap().length();
    for entry in sim::engines() {
        let stage = Stage::new(entry.meta.id, Place::default());
        let tabs = stage.host.query_selector_all(".tab[aria-expanded]").unwrap();
        assert!(3 <= tabs.length(), "{}", entry.meta.id);
        for n in 0..tabs.length() {
            let tab: HtmlElement = tabs.item(n).unwrap().unchecked_into();
            tab.click();
            settle().await;
            assert_eq!(tab.get_attribute("aria-expanded").as_deref(), Some("true"));
            assert!(
                !stage.text(".figure-tab").is_empty(),
                "{}: {}",
                entry.meta.id,
                tab.inner_text()
            );
        }
    }
    let after = document.body().unwrap().query_selector_all("figure").unwrap().length();
    assert_eq!(before, after);
}
