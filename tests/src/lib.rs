//! What the checks in `tests/` share; most of them cross crates.

use sim::{Mode, Run};
use std::fmt::Write;

/// Engine id, name, file text and golden trace of every named scenario.
pub const NAMED: &[(&str, &str, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/named.rs"));

/// Steps, last scene and metrics of a named scenario as text, and a digest of all its frames.
///
/// # Errors
/// When the file is no named scenario, or its scenario does not run.
pub fn trace(engine: &str, file: &str) -> Result<String, String> {
    let named: serde_json::Value = serde_json::from_str(file).map_err(|it| it.to_string())?;
    let entry = sim::engine(engine).ok_or_else(|| format!("there is no engine {engine}"))?;
    let run = entry.run(&named["scenario"], Mode::Frames).map_err(|it| it.to_string())?;
    let mut text = sim::run_text(&run);
    let _ = writeln!(
        text,
        "[digest of {}]\n{:016x}",
        sim::quantity(&run.len().to_string(), "frames"),
        digest(&run)
    );
    Ok(text)
}

/// FNV-1a over the text and the JSON of every frame's scene.
fn digest(run: &Run) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |text: &str| {
        for byte in text.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    };
    add(&sim::run_json(run).to_string());
    for at in 0..run.len() {
        add(&run.scene(at).to_text());
    }
    hash
}
