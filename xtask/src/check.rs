//! The command `test`: everything that must hold, in the order in which it is cheap to find out.

use crate::process::{NATIVE, cargo, command, lint, run_seeing};
use crate::site::Building;
use crate::tally::Tally;
use crate::{Result, repo::Repo, setup};
use std::process::Command;
use std::time::{Duration, Instant};

/// How what runs in a browser is built, always the same.
const WASM: &str = "--locked --target wasm32-unknown-unknown -p app -p interleave-tests --no-default-features --features app/csr";

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
    // Much of a build waits for one compiler: two fill the processors. This one has a folder of its own in target/.
    let site = if quick { None } else { Some(Building::start(repo)?) };

    report.cargo("format", "fmt --all --check");
    report.linted("lints and tests, native", &format!("test {NATIVE} --no-fail-fast"));
    if let Some(site) = site {
        // Those of the app, and that native and wasm traces agree.
        report.linted("lints and tests in Chromium", &format!("test {WASM} --no-fail-fast"));
        if report.site(site) {
            report.end_to_end();
        }
    }
    Ok(report.close(begin))
}

/// The steps so far.
struct Report<'a> {
    repo: &'a Repo,
    done: Vec<Done>,
}

impl Report<'_> {
    fn cargo(&mut self, name: &'static str, args: &str) {
        self.tests(name, cargo(self.repo).args(args.split(' ')));
    }

    /// Tests that clippy compiles, so that whatever it warns of fails.
    fn linted(&mut self, name: &'static str, args: &str) {
        let mut cargo = cargo(self.repo);
        lint(self.repo, cargo.args(args.split(' ')).env("WASM_BINDGEN_TEST_TIMEOUT", "300"));
        self.tests(name, &mut cargo);
    }

    /// The release site, as users get it: what is left of its build.
    fn site(&mut self, site: Building) -> bool {
        let begin = self.begin("site");
        let built = site.finish();
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
        node.arg("run.mjs");
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
