//! `wasm-bindgen` and `wasm-bindgen-test-runner` in one program.
//!
//! `cargo xtask setup` builds it once and links it under both names into `target/tools/bin`.
//! So the tools have exactly the version of `Cargo.lock`, and are linked once instead of twice.
//!
//! As `wasm-bindgen` it also cuts a program up that was built to be cut (`app/src/pieces.rs`): what
//! lies behind a door goes to `parts/` beside the output, where `cargo xtask pages` takes it from.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What the doors of a program that can be cut are called.
const DOOR: &[u8] = b"__wasm_split_load_";

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args_os().collect();
    let name = args.first().and_then(|first| Path::new(first).file_stem());
    let outcome = match name.and_then(|name| name.to_str()) {
        Some("wasm-bindgen") => bind(args),
        Some("wasm-bindgen-test-runner") => {
            wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(args).map_err(Into::into)
        }
        _ => {
            eprintln!("call me as wasm-bindgen or as wasm-bindgen-test-runner");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:?}");
            ExitCode::FAILURE
        }
    }
}

/// `wasm-bindgen` itself, on the main part of a program that can be cut.
fn bind(mut args: Vec<OsString>) -> Outcome {
    if let Some((out_dir, at)) = paths(&args) {
        let parts = out_dir.join("parts");
        if parts.exists() {
            std::fs::remove_dir_all(&parts)?;
        }
        let wasm = std::fs::read(&args[at])?;
        if wasm.windows(DOOR.len()).any(|it| it == DOOR) {
            args[at] = cut(&wasm, &parts)?.into_os_string();
            // The parts ask the main one for its memory and its table.
            args.push("--keep-lld-exports".into());
        }
    }
    Ok(wasm_bindgen_cli::wasm_bindgen::run_cli_with_args(args)?)
}

/// The folder of the output, and which argument is the input; `None` for `--version` and the like.
fn paths(args: &[OsString]) -> Option<(PathBuf, usize)> {
    let text = |it: &OsString| it.to_str().map(str::to_owned);
    let out_dir = args
        .iter()
        .filter_map(text)
        .find_map(|it| it.strip_prefix("--out-dir=").map(PathBuf::from))?;
    let is_input =
        |it: &OsString| text(it).is_some_and(|it| !it.starts_with('-') && it.ends_with(".wasm"));
    Some((out_dir, args.iter().position(is_input)?))
}

/// Cuts a program up; the path of its main part.
fn cut(wasm: &[u8], parts: &Path) -> Result<PathBuf, Box<dyn std::error::Error>> {
    let main = parts.join("app.wasm");
    let mut options = wasm_split_cli_support::Options::new(wasm);
    options.output_dir = parts;
    options.main_out_path = &main;
    options.link_name = "./parts.js";
    options.main_module = "./app.js";
    wasm_split_cli_support::transform(options).map_err(|it| format!("{it:?}"))?;
    Ok(main)
}
