//! `wasm-bindgen` and `wasm-bindgen-test-runner` in one program.
//!
//! `cargo xtask setup` builds it once and links it under both names into `target/tools/bin`.
//! So the tools have exactly the version of `Cargo.lock`, and are linked once instead of twice.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args_os().collect();
    let name = args.first().and_then(|first| Path::new(first).file_stem());
    let outcome = match name.and_then(|name| name.to_str()) {
        Some("wasm-bindgen") => wasm_bindgen_cli::wasm_bindgen::run_cli_with_args(args),
        Some("wasm-bindgen-test-runner") => {
            wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(args)
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
