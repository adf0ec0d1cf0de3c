//! What a practice link says: which problem, and whether it is fixed.

use crate::link::{decode, encode};

/// Greatest seed that is made: short enough to be read out in a class.
pub const SEED_MAX: u64 = 99_999;

/// One practice sheet, as its link says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Makes the workload.
    pub seed: u64,
    /// Engine id of the policy; empty for the first that the page offers.
    pub policy: String,
    /// Key of what is filled in; empty for the first that the engine offers.
    pub task: String,
    /// Seed and policy were chosen by an instructor and stay as they are.
    pub is_fixed: bool,
    /// Parts of the link that say nothing here, as they stand in it.
    pub strays: Vec<String>,
}

impl Default for Sheet {
    fn default() -> Self {
        Self {
            seed: 1,
            policy: String::new(),
            task: String::new(),
            is_fixed: false,
            strays: Vec::new(),
        }
    }
}

impl Sheet {
    /// Reads the text after `#` or `?`; whatever cannot be read stays as it was, and is kept as a stray.
    #[must_use]
    pub fn read(mut self, text: &str) -> Self {
        for part in text.trim_start_matches(['#', '?']).split('&') {
            match part.split_once('=') {
                Some(("seed", raw)) if raw.parse::<u64>().is_ok() => {
                    self.seed = raw.parse().unwrap_or(self.seed);
                }
                Some(("policy", raw)) => self.policy = decode(raw),
                Some(("task", raw)) => self.task = decode(raw),
                Some(("fixed", "1")) => self.is_fixed = true,
                Some(("fixed", "0")) => self.is_fixed = false,
                Some(("v", "1")) => {}
                _ if part.is_empty() => {}
                _ => self.strays.push(decode(part)),
            }
        }
        self
    }

    /// The sheet that an address asks for. A host or a social site adds keys of its own to the query:
    /// they are no fault of a link.
    #[must_use]
    pub fn asked(query: &str, fragment: &str) -> Self {
        Self { strays: Vec::new(), ..Self::default().read(query) }.read(fragment)
    }

    /// The text after `#`.
    #[must_use]
    pub fn link(&self) -> String {
        let task = match self.task.as_str() {
            "" => String::new(),
            task => format!("&task={}", encode(task)),
        };
        let fixed = if self.is_fixed { "&fixed=1" } else { "" };
        format!("v=1&policy={}&seed={}{task}{fixed}", encode(&self.policy), self.seed)
    }
}

#[cfg(test)]
mod tests {
    use super::Sheet;

    #[test]
    fn what_is_written_is_read_back() {
        for seed in [0, 7, u64::MAX] {
            for policy in ["", "cpu/x", "a b&c=d"] {
                for (task, is_fixed) in [("", false), ("timeline", true)] {
                    let sheet = Sheet {
                        seed,
                        policy: policy.to_owned(),
                        task: task.to_owned(),
                        is_fixed,
                        ..Sheet::default()
                    };
                    assert_eq!(Sheet::default().read(&format!("#{}", sheet.link())), sheet);
                }
            }
        }
    }

    #[test]
    fn keys_of_others_in_the_query_leave_a_class_link_fixed() {
        let sheet = Sheet::asked("utm_source=mail&fbclid=1", "v=1&policy=a&seed=2&fixed=1");
        assert_eq!((sheet.policy.as_str(), sheet.seed, sheet.is_fixed), ("a", 2, true));
        assert_eq!(sheet.strays, [""; 0]);
        assert_eq!(Sheet::asked("", "v=1&sed=2").strays, ["sed=2"]);
    }

    #[test]
    fn rubbish_changes_nothing() {
        for text in ["", "#", "seed=", "seed=-1&x&fixed", "%%%&&==", "seed=99999999999999999999"] {
            let read = Sheet::default().read(text);
            assert_eq!(Sheet { strays: Vec::new(), ..read }, Sheet::default());
        }
        let strays = |text: &str| Sheet::default().read(text).strays;
        assert_eq!(strays("#v=1&policy=a&seed=2&task=times&fixed=1"), [""; 0]);
        assert_eq!(strays("#seed=-1&quantum=3"), ["seed=-1", "quantum=3"]);
    }
}
