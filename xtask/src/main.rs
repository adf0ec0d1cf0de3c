//! The commands of the repository. `cargo xtask --help` lists them.
//!
//! Each command first sets up what it needs and is missing (`setup`), then calls the ordinary tools: cargo, trunk,
//! npm, node. The site itself is built by Trunk alone, so that `trunk build --release` gives the same pages; only `cargo xtask build`
//! has the tool that cuts the program into pieces, and without it the program comes in one.

mod bench;
mod check;
mod cli;
mod files;
mod hub;
mod names;
mod parts;
mod process;
mod repo;
mod setup;
mod site;
mod tally;
mod unused;
mod wasm;

use cli::Command;
use repo::Repo;
use setup::Tool;
use std::process::ExitCode;

/// What went wrong, in words for the person at the terminal.
type Result<T> = std::result::Result<T, String>;

fn main() -> ExitCode {
    let command = match cli::parse(std::env::args().skip(1)) {
        Ok(command) => command,
        Err(error) => {
            eprintln!("{error}\n\n{}", cli::HELP);
            return ExitCode::from(2);
        }
    };
    match run(&command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a command. `false` means that it ran, and that what it checked is not in order.
fn run(command: &Command) -> Result<bool> {
    let repo = Repo::here();
    match command {
        Command::Help => println!("{}", cli::HELP),
        Command::Setup => setup::all(&repo)?,
        Command::Serve { port } => {
            setup::ensure(&repo, &[Tool::WasmTarget, Tool::Trunk, Tool::Bindgen])?;
            site::serve(&repo, *port)?;
        }
        Command::Build { base_path } => {
            setup::ensure(&repo, setup::FOR_BUILD)?;
            site::build(&repo, base_path.as_deref())?;
        }
        Command::Pages => site::pages(&repo)?,
        Command::Test { quick } => return check::run(&repo, *quick),
        Command::Bench { save } => {
            setup::ensure(&repo, setup::ALL)?;
            bench::run(&repo, *save)?;
        }
    }
    Ok(true)
}
