//! The engines on the command line: list them, run them, explore them, time them.
//!
//! The library is pure; files, streams and clocks are met here and nowhere else.

mod bench;
mod cli;
mod worksheet;

use cli::{Command, Format, Run, Usage};
use serde_json::Value;
use sim::{Entry, ScenarioError};
use std::io::{ErrorKind, Read, Write};
use std::process::ExitCode;

/// Exit status of a wrong command line or a scenario with faults.
const EXIT_WRONG: u8 = 2;

fn main() -> ExitCode {
    let args: Vec<String> =
        std::env::args_os().skip(1).map(|it| it.to_string_lossy().into_owned()).collect();
    match cli::parse(&args).and_then(answer) {
        Ok(text) => print(&text),
        Err(Usage(why)) => {
            // Nobody is left to tell if the error stream is closed as well.
            let _ = writeln!(std::io::stderr(), "{}", why.trim_end());
            ExitCode::from(EXIT_WRONG)
        }
    }
}

/// Writes the answer. A reader that has seen enough, such as `head`, is no fault.
fn print(text: &str) -> ExitCode {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            let _ = writeln!(std::io::stderr(), "cannot write: {error}");
            ExitCode::FAILURE
        }
        Ok(()) | Err(_) => ExitCode::SUCCESS,
    }
}

fn answer(command: Command) -> Result<String, Usage> {
    match command {
        Command::Help => Ok(cli::HELP.to_owned()),
        Command::List => Ok(cli::list()),
        Command::Bench => Ok(bench::report()),
        Command::Show(entry) => Ok(cli::show(entry)),
        Command::Paper { entry, paper, seed, with_answers } => {
            worksheet::text(entry, &paper, seed, with_answers)
        }
        Command::Run(run) => {
            let Run { entry, scenario, format, mode, list } = run;
            let mut scenario = read(entry, scenario.as_deref())?;
            if let (Some((key, line)), Value::Object(fields)) = (list, &mut scenario) {
                fields.insert(key.to_owned(), line.into());
            }
            let run = entry.run(&scenario, mode).map_err(|it| faults(entry, &it))?;
            Ok(match format {
                Format::Json => format!("{}\n", sim::run_json(&run)),
                Format::Text => sim::run_text(&run),
            })
        }
        Command::Explore { entry, search, scenario, options, format } => {
            let scenario = read(entry, scenario.as_deref())?;
            let scenario = sim::check(entry.form, &scenario).map_err(|it| faults(entry, &it))?;
            let mut search = search(&scenario, options).map_err(|it| faults(entry, &it))?;
            while !search.advance(u32::MAX).done {}
            let found = search.finish();
            Ok(match format {
                Format::Json => format!("{}\n", sim::explore_json(entry, &scenario, &found)),
                Format::Text => sim::explore_text(entry, &found),
            })
        }
    }
}

/// The scenario of a file, of standard input (`-`), or the engine's own example.
fn read(entry: &Entry, place: Option<&str>) -> Result<Value, Usage> {
    let text = match place {
        None => entry.example.to_owned(),
        Some("-") => {
            let mut text = String::new();
            let read = std::io::stdin().lock().take(cli::READ_BYTES_MAX).read_to_string(&mut text);
            read.map_err(|error| Usage(format!("standard input: {error}")))?;
            text
        }
        Some(path) => {
            let mut text = String::new();
            let file = std::fs::File::open(path);
            let read = file.and_then(|it| it.take(cli::READ_BYTES_MAX).read_to_string(&mut text));
            read.map_err(|error| Usage(format!("{path}: {error}")))?;
            text
        }
    };
    let parsed = sim::parse(&text).map_err(|it| faults(entry, &it))?;
    Ok(cli::unwrapped(parsed))
}

fn faults(entry: &Entry, error: &ScenarioError) -> Usage {
    Usage(format!("{} cannot run this scenario:\n{error}", entry.meta.id))
}

/// Does the work and says how many seconds it took.
#[allow(clippy::disallowed_types, reason = "the command line measures engines; they do not")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let start = std::time::Instant::now();
    let done = work();
    (done, start.elapsed().as_secs_f64())
}
