//! Counting what test programs say.

use std::ops::AddAssign;

/// How many tests passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Tally {
    /// One check that is not made of tests, such as the formatting.
    pub(crate) fn one(passed: bool) -> Tally {
        Tally { passed: u64::from(passed), failed: u64::from(!passed) }
    }

    /// Adds what one line of output reports, if it is a report: cargo's `test result:` or Node's `ℹ pass`.
    pub(crate) fn see(&mut self, line: &str) {
        if let Some((_, counts)) = line.split_once("test result:") {
            self.passed += number_before(counts, " passed").unwrap_or(0);
            self.failed += number_before(counts, " failed").unwrap_or(0);
        } else if let Some(count) = line.strip_prefix("ℹ pass ") {
            self.passed += count.trim().parse().unwrap_or(0);
        } else if let Some(count) = line.strip_prefix("ℹ fail ") {
            self.failed += count.trim().parse().unwrap_or(0);
        }
    }

    /// The count of a step. A program that fails without a failed test, as when it does not compile, counts as one;
    /// so does one that passes without a test.
    pub(crate) fn of_step(self, went_well: bool) -> Tally {
        let silent = if went_well { self.passed == 0 } else { self.failed == 0 };
        let mut tally = self;
        if silent {
            tally += Tally::one(went_well);
        }
        tally
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

fn number_before(text: &str, word: &str) -> Option<u64> {
    let (before, _) = text.split_once(word)?;
    before.rsplit(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[track_caller]
    fn check(lines: &[&str], passed: u64, failed: u64) {
        let mut tally = Tally::default();
        for line in lines {
            tally.see(line);
        }
        assert_eq!(tally, Tally { passed, failed });
    }

    #[test]
    fn reports_of_both_kinds_are_added_up() {
        check(&["test result: ok. 12 passed; 0 failed; 1 ignored; finished in 0.5s"], 12, 0);
        check(
            &["test result: FAILED. 1 passed; 2 failed;", "test result: ok. 3 passed; 0 failed;"],
            4,
            2,
        );
        check(&["ℹ tests 7", "ℹ pass 6", "ℹ fail 1", "ℹ cancelled 0"], 6, 1);
        check(&["running 3 tests", "3 passed by"], 0, 0);
    }

    #[test]
    fn a_step_counts_at_least_one() {
        assert_eq!(Tally::default().of_step(true), Tally { passed: 1, failed: 0 });
        assert_eq!(Tally::default().of_step(false), Tally { passed: 0, failed: 1 });
        assert_eq!(Tally { passed: 3, failed: 0 }.of_step(false), Tally { passed: 3, failed: 1 });
        assert_eq!(Tally { passed: 3, failed: 2 }.of_step(false), Tally { passed: 3, failed: 2 });
    }
}
