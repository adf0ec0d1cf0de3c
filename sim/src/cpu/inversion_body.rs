//! Task bodies: `run 2; lock bus; run 3; unlock bus`.

/// Most different locks in one scenario.
pub(super) const LOCKS_MAX: usize = 6;

/// Longest stretch of work, in ticks.
const RUN_MAX: u64 = 1_000;

/// One thing that a task does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    /// Needs the CPU for so many ticks.
    Run(u64),
    /// Takes a lock; an index into the names of the locks.
    Lock(usize),
    /// Gives a lock back.
    Unlock(usize),
}

/// Reads one body. New lock names are added to `locks`. Parts end at `;` or `,`; a bare number is
/// work.
///
/// # Errors
/// Why the text is no body, without a full stop.
pub(super) fn parse(text: &str, locks: &mut Vec<String>) -> Result<Vec<Op>, String> {
    let mut ops = Vec::new();
    let mut held: Vec<usize> = Vec::new();
    for part in text.split([';', ',']).map(str::trim).filter(|it| !it.is_empty()) {
        let words: Vec<&str> = part.split_whitespace().collect();
        let op = match words.as_slice() {
            ["run", ticks] | [ticks] => Op::Run(ticks_of(ticks)?),
            ["lock", name] => Op::Lock(lock_of(name, locks)?),
            ["unlock", name] => Op::Unlock(lock_of(name, locks)?),
            _ => return Err(format!("{part:?} is not run N, lock NAME or unlock NAME")),
        };
        match op {
            Op::Run(_) => {}
            Op::Lock(lock) if held.contains(&lock) => {
                return Err(format!("{part:?} takes a lock that the task already has"));
            }
            Op::Lock(lock) => held.push(lock),
            Op::Unlock(lock) if !held.contains(&lock) => {
                return Err(format!("{part:?} gives back a lock that the task does not have"));
            }
            Op::Unlock(lock) => held.retain(|&it| it != lock),
        }
        ops.push(op);
    }
    match held.first() {
        Some(&lock) => Err(format!("the task ends with the lock {} in its hand", locks[lock])),
        None => Ok(ops),
    }
}

fn ticks_of(word: &str) -> Result<u64, String> {
    let ticks = word.parse().ok().filter(|ticks| (1..=RUN_MAX).contains(ticks));
    ticks.ok_or_else(|| format!("{word:?} is not a number of ticks from 1 to {RUN_MAX}"))
}

fn lock_of(name: &str, locks: &mut Vec<String>) -> Result<usize, String> {
    if let Some(known) = locks.iter().position(|it| it == name) {
        return Ok(known);
    }
    let fits = |it: char| it.is_alphanumeric() || "_-.".contains(it);
    if 12 < name.chars().count() || !name.chars().all(fits) {
        return Err(format!("{name:?} is not a lock name of up to 12 letters and digits"));
    }
    if LOCKS_MAX <= locks.len() {
        return Err(format!("{name:?} would be one lock more than {LOCKS_MAX}"));
    }
    locks.push(name.to_owned());
    Ok(locks.len() - 1)
}

/// The part as it stands in a listing.
pub(super) fn text(op: Op, locks: &[String]) -> String {
    match op {
        Op::Run(ticks) => format!("run {ticks}"),
        Op::Lock(lock) => format!("lock {}", locks[lock]),
        Op::Unlock(lock) => format!("unlock {}", locks[lock]),
    }
}

#[cfg(test)]
mod tests {
    use super::{Op, parse};

    #[test]
    fn a_body_is_read_and_its_locks_are_numbered() {
        let mut locks = Vec::new();
        let ops = parse(" run 2;lock a, 3 ; unlock a;; ", &mut locks).unwrap();
        assert_eq!(ops, [Op::Run(2), Op::Lock(0), Op::Run(3), Op::Unlock(0)]);
        assert_eq!(locks, ["a"]);
        assert_eq!(parse("", &mut locks).unwrap(), []);
    }

    #[test]
    fn what_cannot_be_is_told() {
        let told = |text| parse(text, &mut Vec::new()).unwrap_err();
        assert_eq!(told("walk 2"), "\"walk 2\" is not run N, lock NAME or unlock NAME");
        assert_eq!(told("run 0"), "\"0\" is not a number of ticks from 1 to 1000");
        assert_eq!(told("lock a; lock a"), "\"lock a\" takes a lock that the task already has");
        assert_eq!(told("unlock a"), "\"unlock a\" gives back a lock that the task does not have");
        assert_eq!(told("lock a"), "the task ends with the lock a in its hand");
        assert!(told("lock a;lock b;lock c;lock d;lock e;lock f;lock g").contains("more than 6"));
    }
}
