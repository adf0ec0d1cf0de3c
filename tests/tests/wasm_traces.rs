//! The same scenario gives the same bytes in wasm as natively: the golden traces once more.
#![cfg(target_arch = "wasm32")]
// A test that cannot go on fails.
#![allow(clippy::unwrap_used, clippy::panic)]

use interleave_tests::{NAMED, trace};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn every_named_scenario_has_the_native_trace() {
    assert!(!NAMED.is_empty());
    for (engine, name, file, golden) in NAMED {
        let got = trace(engine, file).unwrap_or_else(|it| panic!("{engine} {name}: {it}"));
        assert!(got == *golden, "{engine}/{name} differs from its native trace");
    }
}
