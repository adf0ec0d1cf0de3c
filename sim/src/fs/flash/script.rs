//! What the host asks for: typed, one statement a line, or drawn.

use super::{Scenario, Workload};
use crate::error::{Fault, Problem, ScenarioError};
use crate::lines::{Line, lines};
use crate::rng::Rng;

/// Most statements of a script.
const STATEMENTS_MAX: usize = 60;

/// What the host asks for, page by page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Write(u16),
    Read(u16),
    Trim(u16),
}

/// Reads or draws what the host does.
pub(super) fn ops(scenario: &Scenario) -> Result<Vec<Op>, ScenarioError> {
    if scenario.blocks <= scenario.reserve {
        let why = "not all blocks can stay free".to_owned();
        return Err(ScenarioError::one("/reserve", Fault::Conflict(why)));
    }
    let most = (scenario.blocks - scenario.reserve) * scenario.pages - 1;
    if most < scenario.logical {
        let why = format!(
            "with these blocks and this reserve there is room for at most {most} logical pages"
        );
        return Err(ScenarioError::one("/logical", Fault::Conflict(why)));
    }
    match scenario.workload {
        Workload::Typed => typed(scenario),
        Workload::Uniform | Workload::HotCold => Ok(drawn(scenario)),
    }
}

fn typed(scenario: &Scenario) -> Result<Vec<Op>, ScenarioError> {
    let (mut ops, mut problems) = (Vec::new(), Vec::new());
    for (at, mut line) in lines(&scenario.script).into_iter().enumerate() {
        if STATEMENTS_MAX <= at {
            problems.push(line.wrong(&format!("more than {STATEMENTS_MAX} statements")));
            break;
        }
        if let Err(problem) = statement(&mut line, scenario.logical, &mut ops) {
            problems.push(problem);
        }
    }
    if problems.is_empty() { Ok(ops) } else { Err(ScenarioError(problems)) }
}

fn statement(line: &mut Line<'_>, n_logical: usize, ops: &mut Vec<Op>) -> Result<(), Problem> {
    const EXPECTED: &str = "write, read or trim";
    let op: fn(u16) -> Op = match line.word(EXPECTED)? {
        "write" => Op::Write,
        "read" => Op::Read,
        "trim" => Op::Trim,
        other => return Err(line.wrong(&format!("{other} is no statement; expected {EXPECTED}"))),
    };
    let word = line.word("a logical page, such as 0, or several, such as 0-3")?;
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    let number = |text: &str| text.parse::<u16>().ok().filter(|it| usize::from(*it) < n_logical);
    match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => ops.extend((first..=last).map(op)),
        _ => {
            let why = format!("{word} is no page from 0 to {}, such as 3 or 0-3", n_logical - 1);
            return Err(line.wrong(&why));
        }
    }
    line.end()
}

/// Logical pages that are written often; the others are cold.
pub(super) fn n_hot(scenario: &Scenario) -> usize {
    match scenario.workload {
        Workload::HotCold => scenario.logical.div_ceil(10),
        Workload::Typed | Workload::Uniform => scenario.logical,
    }
}

/// First every logical page once; then some are deleted; then writes at random to the others. Nine of
/// ten of these go to the hot ones, where there are hot ones.
fn drawn(scenario: &Scenario) -> Vec<Op> {
    let small = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    let (n, hot) = (small(scenario.logical), small(n_hot(scenario)));
    let kept = n - small(scenario.logical * scenario.deleted_percent / 100).min(n - 1);
    let mut ops: Vec<Op> = (0..n).map(Op::Write).collect();
    if scenario.trim {
        ops.extend((kept..n).map(Op::Trim));
    }
    let hot = hot.min(kept);
    let mut rng = Rng::new(scenario.seed);
    let mut below = |n: u16| u16::try_from(rng.below(u64::from(n))).unwrap_or_default();
    for _ in 0..scenario.n_writes {
        ops.push(Op::Write(match hot < kept && 90 <= below(100) {
            true => hot + below(kept - hot),
            false => below(hot),
        }));
    }
    ops
}
