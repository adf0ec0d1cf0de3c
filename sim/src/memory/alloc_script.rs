//! Scripts of allocations: typed line by line, in the short notation of a homework, or drawn.
//!
//! `A = alloc 10` and `free A`, one a line; or `+10,-0,+20`, where `-0` gives back what the first
//! `+` got. `cpu 1:` before a statement says who asks. A `#` opens a comment.

use crate::error::{Fault, Problem, ScenarioError};
use crate::rng::Rng;

/// Longest name, in characters.
const NAME_CHARS_MAX: usize = 12;

/// Most faults of one script that are told.
const PROBLEMS_MAX: usize = 20;

/// Names and what is done with them, in order.
#[derive(Debug, Clone, Default)]
pub(super) struct Script {
    /// Names of pointers, by slot.
    pub(super) names: Vec<String>,
    /// What is done.
    pub(super) ops: Vec<Op>,
}

/// One statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Op {
    /// Whose pointer it is about: an index into the names.
    pub(super) slot: usize,
    /// Who asks.
    pub(super) cpu: u32,
    /// What is asked for.
    pub(super) what: What,
}

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// Asks for so many units.
    Alloc(u64),
    /// Gives back what the pointer got.
    Free,
}

/// What a script may hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Key of the script in the form.
    pub(super) key: &'static str,
    /// Greatest size of one request.
    pub(super) size_max: u64,
    /// Most statements.
    pub(super) ops_max: usize,
    /// CPUs that there are.
    pub(super) n_cpus: u32,
}

/// How requests are drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Draw {
    /// Seed of the generator.
    pub(super) seed: u64,
    /// Statements.
    pub(super) n_ops: u64,
    /// Share of requests among them; the others give back something.
    pub(super) alloc_percent: u64,
    /// Greatest size of one request.
    pub(super) size_max: u64,
    /// CPUs that ask in turn by lot.
    pub(super) n_cpus: u32,
}

impl Script {
    /// A statement as it would be typed.
    pub(super) fn text(&self, op: Op) -> String {
        let name = &self.names[op.slot];
        match op.what {
            What::Alloc(size) => format!("{name} = alloc {size}"),
            What::Free => format!("free {name}"),
        }
    }

    fn slot(&mut self, name: &str) -> usize {
        match self.names.iter().position(|it| it == name) {
            Some(slot) => slot,
            None => {
                self.names.push(name.to_owned());
                self.names.len() - 1
            }
        }
    }
}

/// Draws a script: each pointer gets a name of its own, and only what is held is given back. A
/// draw to give back when nothing is held asks instead.
pub(super) fn drawn(draw: Draw) -> Script {
    let mut rng = Rng::new(draw.seed);
    let mut script = Script::default();
    let mut held: Vec<usize> = Vec::new();
    for _ in 0..draw.n_ops {
        let asks = rng.below(100) < draw.alloc_percent || held.is_empty();
        let cpu = u32::try_from(rng.below(u64::from(draw.n_cpus))).unwrap_or_default();
        let (slot, what) = if asks {
            script.names.push(format!("P{}", script.names.len()));
            let slot = script.names.len() - 1;
            held.push(slot);
            (slot, What::Alloc(rng.between(1, draw.size_max)))
        } else {
            let at = usize::try_from(rng.below(held.len() as u64)).unwrap_or_default();
            (held.remove(at), What::Free)
        };
        script.ops.push(Op { slot, cpu, what });
    }
    script
}

/// Reads a script.
///
/// # Errors
/// Every statement that cannot be read, at its line and column.
pub(super) fn parse(text: &str, limits: Limits) -> Result<Script, ScenarioError> {
    let mut script = Script::default();
    let mut problems = Vec::new();
    let mut n_short = 0_usize;
    for (line, whole) in (1_u32..).zip(text.lines()) {
        let code = whole.split('#').next().unwrap_or_default();
        let mut column = 1_u32;
        for statement in code.split([',', ';']) {
            let n_chars = statement.chars().count();
            let indent = statement.chars().take_while(|it| it.is_whitespace()).count();
            if !statement.trim().is_empty()
                && problems.len() < PROBLEMS_MAX
                && let Err(why) = read(statement, &limits, &mut n_short, &mut script)
            {
                let column = column.saturating_add(u32::try_from(indent).unwrap_or_default());
                let fault = Fault::Source { line, column, why };
                problems.push(Problem { at: format!("/{}", limits.key), fault });
            }
            column = column.saturating_add(u32::try_from(n_chars + 1).unwrap_or_default());
        }
    }
    let at = format!("/{}", limits.key);
    if limits.ops_max < script.ops.len() {
        let why = format!("more than {} statements", limits.ops_max);
        problems.push(Problem { at, fault: Fault::Conflict(why) });
    } else if script.ops.is_empty() && problems.is_empty() {
        let why = "the script holds no statement".to_owned();
        problems.push(Problem { at, fault: Fault::Conflict(why) });
    }
    if problems.is_empty() { Ok(script) } else { Err(ScenarioError(problems)) }
}

const EXPECTED: &str = "expected such as A = alloc 10, free A, +10 or -0";

/// Reads one statement into the script.
fn read(
    statement: &str,
    limits: &Limits,
    n_short: &mut usize,
    script: &mut Script,
) -> Result<(), String> {
    let spaced = statement.replace(['(', ')', ':'], " ").replace('=', " = ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let (cpu, words) = cpu(&words, limits)?;
    let (slot, what) = match words {
        [name, "=", "alloc" | "malloc" | "kmalloc", size] => {
            let size = sized(size, limits)?;
            (script.slot(named(name)?), What::Alloc(size))
        }
        ["free" | "kfree", name] => (known(name, script)?, What::Free),
        [short] if short.starts_with('+') => {
            let size = sized(&short[1..], limits)?;
            let name = format!("P{n_short}");
            *n_short += 1;
            (script.slot(&name), What::Alloc(size))
        }
        [short] if short.starts_with('-') => {
            let number: usize = short[1..].parse().map_err(|_| EXPECTED.to_owned())?;
            (known(&format!("P{number}"), script)?, What::Free)
        }
        _ => return Err(EXPECTED.to_owned()),
    };
    script.ops.push(Op { slot, cpu, what });
    Ok(())
}

/// Takes `cpu 1` or `cpu1` off the front.
fn cpu<'a, 'b>(words: &'a [&'b str], limits: &Limits) -> Result<(u32, &'a [&'b str]), String> {
    let (number, rest) = match words {
        ["cpu", number, rest @ ..] => (*number, rest),
        [first, rest @ ..] if first.starts_with("cpu") && !rest.is_empty() && rest[0] != "=" => {
            (&first[3..], rest)
        }
        _ => return Ok((0, words)),
    };
    match number.parse::<u32>() {
        Ok(cpu) if cpu < limits.n_cpus => Ok((cpu, rest)),
        Ok(cpu) => Err(format!("there is no CPU {cpu}; they are numbered from 0")),
        Err(_) => Err(EXPECTED.to_owned()),
    }
}

fn sized(text: &str, limits: &Limits) -> Result<u64, String> {
    match text.parse::<u64>() {
        Ok(size) if (1..=limits.size_max).contains(&size) => Ok(size),
        Ok(size) => Err(format!("{size} is outside 1 to {}", limits.size_max)),
        Err(_) => Err(EXPECTED.to_owned()),
    }
}

fn named(name: &str) -> Result<&str, String> {
    let fits = name.chars().all(|it| it.is_alphanumeric() || it == '_');
    if fits && name.chars().count() <= NAME_CHARS_MAX {
        Ok(name)
    } else {
        Err(format!("a name has at most {NAME_CHARS_MAX} letters, digits or _"))
    }
}

fn known(name: &str, script: &Script) -> Result<usize, String> {
    let found = script.names.iter().position(|it| it == name);
    found.ok_or_else(|| format!("{name} is freed here, but nothing was allocated to it before"))
}

#[cfg(test)]
mod tests {
    use super::{Draw, Limits, Op, What, drawn, parse};

    const LIMITS: Limits = Limits { key: "script", size_max: 100, ops_max: 9, n_cpus: 2 };

    #[test]
    fn both_notations_are_read() {
        let long = parse("a = alloc 10 # first\nfree(a)\ncpu 1: b = malloc(20)", LIMITS).unwrap();
        assert_eq!(long.names, ["a", "b"]);
        let told: Vec<String> = long.ops.iter().map(|&op| long.text(op)).collect();
        assert_eq!(told, ["a = alloc 10", "free a", "b = alloc 20"]);
        assert_eq!(long.ops[2].cpu, 1);
        let short = parse("+10,-0,+20", LIMITS).unwrap();
        assert_eq!(short.names, ["P0", "P1"]);
        assert_eq!(short.ops[1], Op { slot: 0, cpu: 0, what: What::Free });
    }

    #[test]
    fn faults_are_told_where_they_stand() {
        let told = parse("+10, -1\n  x = alloc 0\ncpu2: free p0\ngo", LIMITS).unwrap_err();
        assert_eq!(
            told.to_string(),
            "/script: line 1, column 6: P1 is freed here, but nothing was allocated to it before\n\
             /script: line 2, column 3: 0 is outside 1 to 100\n\
             /script: line 3, column 1: there is no CPU 2; they are numbered from 0\n\
             /script: line 4, column 1: expected such as A = alloc 10, free A, +10 or -0"
        );
        assert!(parse(" # nothing", LIMITS).is_err());
        assert!(parse("+1,+1,+1,+1,+1,+1,+1,+1,+1,+1", LIMITS).is_err());
    }

    #[test]
    fn a_drawn_script_gives_back_only_what_is_held() {
        for seed in 0..50 {
            let draw = Draw { seed, n_ops: 60, alloc_percent: 50, size_max: 9, n_cpus: 3 };
            let script = drawn(draw);
            assert_eq!(script.ops.len(), 60);
            let mut held = std::collections::BTreeSet::new();
            for op in &script.ops {
                match op.what {
                    What::Alloc(size) => {
                        assert!((1..=9).contains(&size) && held.insert(op.slot));
                    }
                    What::Free => assert!(held.remove(&op.slot)),
                }
            }
        }
    }
}
