//! What is drawn, in a page: turned from one picture into another, it is the other.
#![cfg(target_arch = "wasm32")]
// A test that cannot go on fails.
#![allow(clippy::unwrap_used)]

use app::draw::{Element, el, shape};
use leptos::prelude::{IntoAny as _, Mountable as _, Render as _};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const N_TREES: usize = 300;

/// Numbers that look random, the same ones in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }
}

/// A tree of few kinds, so that often a part of it stays.
fn tree(dice: &mut Dice, depth: u64) -> Element {
    let is_shape = dice.below(3) == 0;
    let mut it =
        if is_shape { shape(dice.pick(&["g", "path"])) } else { el(dice.pick(&["div", "p"])) };
    let names = [("class", "a b"), ("title", "1 < 2 & \"3\""), ("data-key", "k"), ("class", "b")];
    let first = usize::from(dice.below(2) == 0);
    for (name, value) in &names[first..first + 3] {
        it = it.set_if(name, (dice.below(3) < 2).then_some(*value));
    }
    if !is_shape && dice.below(8) == 0 {
        return it.html(dice.pick(&["<b>x</b>", "<b>y</b>"]).to_owned());
    }
    for _ in 0..if depth == 0 { 0 } else { dice.below(5) } {
        it = match dice.below(3) {
            // Two texts in a row would be one when they are read.
            0 => it.with(dice.pick(&["x < y", "z"])).with(tree(dice, 0)),
            _ => it.with(tree(dice, depth - 1)),
        };
    }
    it
}

fn place() -> web_sys::Element {
    let document = web_sys::window().unwrap().document().unwrap();
    let place = document.create_element("section").unwrap();
    document.body().unwrap().append_child(&place).unwrap();
    place
}

#[wasm_bindgen_test]
fn whatever_was_drawn_becomes_what_is_drawn_next() {
    let mut dice = Dice(1);
    let (place, other) = (place(), place());
    let mut state = tree(&mut dice, 3).into_any().build();
    state.mount(&place, None);
    for _ in 0..N_TREES {
        let next = tree(&mut dice, 3);
        next.clone().into_any().rebuild(&mut state);
        let mut anew = next.into_any().build();
        anew.mount(&other, None);
        // Attributes may stand in another order.
        let is_same = place.is_equal_node(Some(&other));
        assert!(is_same, "{}\nis not\n{}", place.inner_html(), other.inner_html());
        anew.unmount();
    }
    state.unmount();
    assert_eq!(place.inner_html(), "");
}

#[wasm_bindgen_test]
fn an_element_that_stays_is_the_same_one() {
    let row = |class: &'static str, text: &str| {
        el("div").with(el("p").class(class).with(text.to_owned())).with(shape("svg"))
    };
    let place = place();
    let mut state = row("a", "1").build();
    state.mount(&place, None);
    let before = place.query_selector("p").unwrap();
    row("b", "2").rebuild(&mut state);
    assert_eq!(place.query_selector("p").unwrap(), before);
    assert_eq!(place.inner_html(), "<div><p class=\"b\">2</p><svg></svg></div>");
    let svg = place.query_selector("svg").unwrap().unwrap();
    assert_eq!(svg.namespace_uri().as_deref(), Some("http://www.w3.org/2000/svg"));
}

#[wasm_bindgen_test]
fn only_what_differs_is_written() {
    let row = |n: usize| {
        el("ul")
            .with((0..9_usize).map(|it| el("li").class("x").with(it + n / 8)).collect::<Vec<_>>())
    };
    let place = place();
    let mut state = row(0).build();
    state.mount(&place, None);
    // Somebody else's change is not undone: nothing of ours has changed.
    place.query_selector("li").unwrap().unwrap().set_attribute("class", "y").unwrap();
    row(1).rebuild(&mut state);
    assert!(place.inner_html().starts_with("<ul><li class=\"y\">0</li>"));
    row(8).rebuild(&mut state);
    assert!(place.inner_html().starts_with("<ul><li class=\"y\">1</li>"));
}
