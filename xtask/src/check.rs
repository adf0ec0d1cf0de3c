//! The command `test`: everything that must hold, in the order in which it is cheap to find out.

use crate::process::{cargo, command, run_seeing};
use crate::tally::Tally;
use crate::{Result, repo::Repo, setup, site};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// How the native side is built, always the same, so that nothing is built twice.
const NATIVE: &str = "--locked --workspace --features app/ssr";
/// How a crate is built for the browser.
const WASM: &str = "--locked --target wasm32-unknown-unknown";

/// What became of a step.
struct Done {
    name: &'static str,
    tally: Tally,
    took: Duration,
}

/// Runs all steps, also after one has failed, and tells whether everything holds.
pub(crate) fn run(repo: &Repo, quick: bool) -> Result<bool> {
    let begin = Instant::now();
    let tools = if quick { setup::FOR_QUICK_TEST } else { setup::ALL };
    setup::ensure(repo, tools)?;
    let mut report = Report { repo, done: Vec::new() };
    report.add("setup", begin, Tally::one(true));

    report.cargo("format", "fmt --all --check");
    report.cargo("lints, native", &format!("clippy {NATIVE} --all-targets -- -D warnings"));
    report.cargo("tests, native", &format!("test {NATIVE} --no-fail-fast"));
    if !quick {
        let app = format!("-p app --no-default-features --features csr {WASM}");
        report.cargo("lints, wasm", &format!("clippy {app} --all-targets -- -D warnings"));
        report.cargo("tests of app in Chromium", &format!("test {app} --no-fail-fast"));
        report.cargo("native and wasm traces agree", &format!("test -p interleave-tests {WASM}"));
        if report.site() {
            report.end_to_end();
        }
    }
    Ok(report.close(begin))
}

/// Files that take minutes, in the order in which they start; the short ones come after them.
const LONG: [&str; 3] = ["pages.test.mjs", "figures.test.mjs", "embed.test.mjs"];

/// Every file of browser tests, the long ones first.
fn browser_tests(dir: &Path) -> Result<Vec<String>> {
    let failed = |error: std::io::Error| format!("{} cannot be read: {error}", dir.display());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".test.mjs") {
            names.push(name);
        }
    }
    let place = |name: &String| LONG.iter().position(|it| it == name).unwrap_or(LONG.len());
    names.sort_by(|one, other| (place(one), one).cmp(&(place(other), other)));
    Ok(names)
}

/// The steps so far.
struct Report<'a> {
    repo: &'a Repo,
    done: Vec<Done>,
}

impl Report<'_> {
    fn cargo(&mut self, name: &'static str, args: &str) {
        let mut cargo = cargo(self.repo);
        cargo.args(args.split(' ')).env("WASM_BINDGEN_TEST_TIMEOUT", "300");
        self.tests(name, &mut cargo);
    }

    /// The release site, as users get it.
    fn site(&mut self) -> bool {
        let begin = self.begin("site");
        let built = site::build(self.repo, None);
        if let Err(error) = &built {
            eprintln!("error: {error}");
        }
        self.add("site", begin, Tally::one(built.is_ok()));
        built.is_ok()
    }

    /// The built site in a browser, and its sizes.
    fn end_to_end(&mut self) {
        let mut node = command(self.repo, "node");
        node.current_dir(self.repo.browser_tests());
        // Two files at a time; each has a browser of its own, and looks at several pages at once.
        node.args(["--test", "--test-reporter=spec", "--test-concurrency=2"]);
        match browser_tests(&self.repo.browser_tests()) {
            Ok(names) => node.args(names),
            Err(error) => {
                eprintln!("error: {error}");
                return self.add("end to end", Instant::now(), Tally::one(false));
            }
        };
        self.tests("end to end", &mut node);
    }

    /// Runs a program that reports its tests line by line.
    fn tests(&mut self, name: &'static str, command: &mut Command) {
        let begin = self.begin(name);
        let mut tally = Tally::default();
        let went_well = run_seeing(command, |line| tally.see(line)).unwrap_or_else(|error| {
            eprintln!("error: {error}");
            false
        });
        self.add(name, begin, tally.of_step(went_well));
    }

    fn begin(&self, name: &str) -> Instant {
        println!("\n== {name}");
        Instant::now()
    }

    fn add(&mut self, name: &'static str, begin: Instant, tally: Tally) {
        let took = begin.elapsed();
        println!("== {name}: {tally}, {:.1} s", took.as_secs_f64());
        self.done.push(Done { name, tally, took });
    }

    /// Prints the summary; its last line counts everything.
    fn close(&self, begin: Instant) -> bool {
        println!();
        let mut sum = Tally::default();
        for Done { name, tally, took } in &self.done {
            let mark = if tally.failed == 0 { "ok  " } else { "FAIL" };
            println!("{mark} {:7.1} s  {name}: {tally}", took.as_secs_f64());
            sum += *tally;
        }
        println!("     {:7.1} s  in all", begin.elapsed().as_secs_f64());
        println!("{sum}");
        sum.failed == 0
    }
}
