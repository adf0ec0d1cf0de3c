//! What litmus tests must keep: the published verdicts, and laws over random programs.

use super::axioms::{Laws, Model};
use super::litmus::Orders;
use super::program::{Op, Program, Sum};
use super::study::Study;
use super::text::parse;
use crate::rng::Rng;
use std::collections::BTreeSet;

/// Who allows an outcome: `-` nobody, else `S`, `T`, `A`, `C` for SC, TSO, ARMv8 and C11.
fn who(threads: &str, orders: Orders, outcome: &str) -> String {
    let text: Vec<String> = threads
        .split('|')
        .enumerate()
        .map(|(n, lines)| format!("thread P{n} {{ {} }}\n", lines.trim()))
        .collect();
    let program = parse("/program", &text.concat(), orders.unmarked())
        .unwrap_or_else(|it| panic!("{threads}: {it}"));
    let asked = program.asked("/outcome", outcome).unwrap();
    let told: Vec<_> = asked.iter().map(|it| it.0).collect();
    let study = Study::new(program, &told).unwrap();
    check_reasons(&study);
    let holds = |values: &[i64]| {
        asked.iter().all(|(told, value)| {
            let at = study.told.iter().position(|it| it == told).unwrap();
            values[at] == *value
        })
    };
    let found: Vec<_> = study.outcomes.iter().filter(|it| holds(&it.values)).collect();
    let allows = |model: &Model| found.iter().any(|it| it.is_allowed(*model));
    let letters = Model::ALL.iter().zip("STAC".chars());
    let by: String = letters.filter(|it| allows(it.0)).map(|it| it.1).collect();
    if by.is_empty() { "-".to_owned() } else { by }
}

/// What is forbidden has a circle that closes, and what is allowed has none.
fn check_reasons(study: &Study) {
    for (at, outcome) in study.outcomes.iter().enumerate() {
        for model in Model::ALL {
            let seen = study.seen(at, model).unwrap();
            assert_eq!(seen.circle.is_empty(), outcome.is_allowed(model), "{outcome:?}");
            for (n, arrow) in seen.circle.iter().enumerate() {
                let next = seen.circle[(n + 1) % seen.circle.len()];
                assert_eq!(arrow.to, next.from, "{:?}", seen.circle);
            }
        }
    }
}

const MP: &str = "r1 = 1 and r2 = 0";
const WRC: &str = "r1 = 1 and r2 = 1 and r3 = 0";
const IRIW: &str = "r1 = 1 and r2 = 0 and r3 = 1 and r4 = 0";

/// Published verdicts: `alglave-2014`, table and figures of section 4, and `sewell-2010` for SC and
/// TSO; `pulte-2018` and its tables for ARMv8; `batty-2011` and `lahav-2017` for C11.
#[test]
fn classic_tests_of_relaxed_accesses() {
    let tests = [
        ("x = 1; r1 = y; | y = 1; r2 = x;", "r1 = 0 and r2 = 0", "TAC"),
        ("x = 1; y = 1; | r1 = y; r2 = x;", MP, "AC"),
        ("r1 = x; y = 1; | r2 = y; x = 1;", "r1 = 1 and r2 = 1", "AC"),
        ("x = 2; y = 1; | r1 = y; x = 1;", "r1 = 1 and x = 2", "AC"),
        ("x = 1; y = 1; | y = 2; r1 = x;", "y = 2 and r1 = 0", "TAC"),
        ("x = 1; y = 2; | y = 1; x = 2;", "x = 1 and y = 1", "AC"),
        ("x = 1; | y = 1; | r1 = x; r2 = y; | r3 = y; r4 = x;", IRIW, "AC"),
        ("x = 1; | r1 = x; y = 1; | r2 = y; r3 = x;", WRC, "AC"),
        ("x = 1; y = 1; | r1 = y; z = 1; | r2 = z; r3 = x;", WRC, "AC"),
        ("x = 1; | r1 = x; r2 = y; | y = 1; r3 = x;", "r1 = 1 and r2 = 0 and r3 = 0", "TAC"),
        // Circles through three threads: 3.SB, 3.LB, 3.2W, Z6.3 and W+RWC.
        ("x = 1; r1 = y; | y = 1; r2 = z; | z = 1; r3 = x;", "r1 = 0 and r2 = 0 and r3 = 0", "TAC"),
        ("r1 = x; y = 1; | r2 = y; z = 1; | r3 = z; x = 1;", "r1 = 1 and r2 = 1 and r3 = 1", "AC"),
        ("x = 2; y = 1; | y = 2; z = 1; | z = 2; x = 1;", "x = 2 and y = 2 and z = 2", "AC"),
        ("x = 1; y = 1; | y = 2; z = 1; | r1 = z; r2 = x;", "y = 2 and r1 = 1 and r2 = 0", "AC"),
        ("x = 1; y = 1; | r1 = y; r2 = z; | z = 1; r3 = x;", "r1 = 1 and r2 = 0 and r3 = 0", "TAC"),
        // One variable: nobody gives up its order.
        ("x = 1; | r1 = x; r2 = x;", MP, "-"),
        ("x = 1; x = 2;", "x = 1", "-"),
        ("r1 = x; x = 1;", "r1 = 1", "-"),
        ("x = 1; r1 = x; | x = 2;", "r1 = 0", "-"),
        ("x = 1; r1 = x; | x = 2;", "r1 = 2 and x = 1", "-"),
        ("r1 = x; x = 1; | x = 2;", "r1 = 2 and x = 2", "-"),
        (
            "x = 1; | x = 2; | r1 = x; r2 = x; | r3 = x; r4 = x;",
            "r1 = 1 and r2 = 2 and r3 = 2 and r4 = 1",
            "-",
        ),
        // From the paper on x86-TSO: n6, n5, n4 and SB with forwarding (iwp2.4).
        ("x = 1; r1 = x; r2 = y; | y = 2; x = 2;", "r1 = 1 and r2 = 0 and x = 1", "TAC"),
        ("x = 1; r1 = x; | x = 2; r2 = x;", "r1 = 2 and r2 = 1", "-"),
        ("r1 = x; x = 1; | r2 = x; x = 2;", "r1 = 2 and r2 = 1", "-"),
        (
            "x = 1; r1 = x; r2 = y; | y = 1; r3 = y; r4 = x;",
            "r1 = 1 and r2 = 0 and r3 = 1 and r4 = 0",
            "TAC",
        ),
    ];
    for (threads, outcome, by) in tests {
        assert_eq!(who(threads, Orders::Relaxed, outcome), by, "{threads}");
    }
}

#[test]
fn classic_tests_with_fences() {
    let tests = [
        ("x = 1; fence(); r1 = y; | y = 1; fence(); r2 = x;", "r1 = 0 and r2 = 0", "-"),
        ("x = 1; fence(); r1 = y; | y = 1; r2 = x;", "r1 = 0 and r2 = 0", "TAC"),
        ("x = 1; fence(); y = 1; | r1 = y; fence(); r2 = x;", MP, "-"),
        ("x = 1; fence(); y = 1; | r1 = y; r2 = x;", MP, "AC"),
        ("x = 1; y = 1; | r1 = y; fence(); r2 = x;", MP, "AC"),
        ("x = 1; fence(release); y = 1; | r1 = y; fence(acquire); r2 = x;", MP, "-"),
        ("x = 1; fence(store); y = 1; | r1 = y; fence(load); r2 = x;", MP, "C"),
        ("r1 = x; fence(); y = 1; | r2 = y; fence(); x = 1;", "r1 = 1 and r2 = 1", "-"),
        ("x = 2; fence(); y = 1; | r1 = y; fence(); x = 1;", "r1 = 1 and x = 2", "-"),
        ("x = 1; fence(); y = 1; | y = 2; fence(); r1 = x;", "y = 2 and r1 = 0", "-"),
        ("x = 1; y = 1; | y = 2; fence(); r1 = x;", "y = 2 and r1 = 0", "AC"),
        ("x = 1; fence(); y = 2; | y = 1; fence(); x = 2;", "x = 1 and y = 1", "-"),
        ("x = 1; fence(store); y = 2; | y = 1; fence(store); x = 2;", "x = 1 and y = 1", "C"),
        ("x = 1; | y = 1; | r1 = x; fence(); r2 = y; | r3 = y; fence(); r4 = x;", IRIW, "-"),
        ("x = 1; | r1 = x; fence(); y = 1; | r2 = y; fence(); r3 = x;", WRC, "-"),
        ("x = 1; fence(); y = 1; | r1 = y; fence(); z = 1; | r2 = z; fence(); r3 = x;", WRC, "-"),
        (
            "x = 1; | r1 = x; fence(); r2 = y; | y = 1; fence(); r3 = x;",
            "r1 = 1 and r2 = 0 and r3 = 0",
            "-",
        ),
    ];
    for (threads, outcome, by) in tests {
        assert_eq!(who(threads, Orders::Relaxed, outcome), by, "{threads}");
    }
}

/// Dependencies order on ARMv8; C11 has no such promise, so it allows what ARMv8 allows and more.
#[test]
fn classic_tests_with_dependencies() {
    let tests = [
        ("x = 1; fence(); y = 1; | r1 = y; r2 = x[r1 - r1];", MP, "C"),
        ("x = 1; fence(); y = 1; | r1 = y; branch(r1); r2 = x;", MP, "AC"),
        ("x = 1; fence(); y = 1; | r1 = y; branch(r1); fence(isb); r2 = x;", MP, "C"),
        ("r1 = x; y = r1; | r2 = y; x = r2;", "r1 = 1 and r2 = 1", "-"),
        ("r1 = x; y = 1 + r1 - r1; | r2 = y; x = 1 + r2 - r2;", "r1 = 1 and r2 = 1", "C"),
        ("r1 = x; y = r1; | r2 = y; x = 1;", "r1 = 1 and r2 = 1", "AC"),
        ("r1 = x; branch(r1); y = 1; | r2 = y; branch(r2); x = 1;", "r1 = 1 and r2 = 1", "C"),
        ("r1 = x; y[r1 - r1] = 1; | r2 = y; x[r2 - r2] = 1;", "r1 = 1 and r2 = 1", "C"),
        ("x = 2; fence(); y = 1; | r1 = y; x = 1 + r1 - r1;", "r1 = 1 and x = 2", "C"),
        ("x = 1; | y = 1; | r1 = x; r2 = y[r1 - r1]; | r3 = y; r4 = x[r3 - r3];", IRIW, "C"),
        ("x = 1; | r1 = x; y = 1 + r1 - r1; | r2 = y; r3 = x[r2 - r2];", WRC, "C"),
        ("x = 1; fence(); y = 1; | r1 = y; z = 1 + r1 - r1; | r2 = z; r3 = x[r2 - r2];", WRC, "C"),
        // PPOCA: a store on a guessed path is forwarded. PPOAA: an address is never guessed.
        (
            "x = 1; fence(); y = 1; | r1 = y; branch(r1); z = 1; r2 = z; r3 = x[r2 - r2];",
            "r1 = 1 and r2 = 1 and r3 = 0",
            "AC",
        ),
        (
            "x = 1; fence(); y = 1; | r1 = y; z[r1 - r1] = 1; r2 = z; r3 = x[r2 - r2];",
            "r1 = 1 and r2 = 1 and r3 = 0",
            "C",
        ),
    ];
    for (threads, outcome, by) in tests {
        assert_eq!(who(threads, Orders::Relaxed, outcome), by, "{threads}");
    }
}

#[test]
fn classic_tests_with_acquire_and_release() {
    let tests = [
        // `ldar` waits for an earlier `stlr`, so ARMv8 is stronger here than x86.
        ("x = 1; r1 = y; | y = 1; r2 = x;", "r1 = 0 and r2 = 0", "TC"),
        ("x = 1; y = 1; | r1 = y; r2 = x;", MP, "-"),
        ("r1 = x; y = 1; | r2 = y; x = 1;", "r1 = 1 and r2 = 1", "-"),
        ("x = 2; y = 1; | r1 = y; x = 1;", "r1 = 1 and x = 2", "-"),
        ("x = 1; y = 2; | y = 1; x = 2;", "x = 1 and y = 1", "C"),
        ("x = 1; | y = 1; | r1 = x; r2 = y; | r3 = y; r4 = x;", IRIW, "C"),
        ("x = 1; | r1 = x; y = 1; | r2 = y; r3 = x;", WRC, "-"),
        ("x = 1; y = 1; | r1 = y; z = 1; | r2 = z; r3 = x;", WRC, "-"),
        ("store(x, 1, relaxed); y = 1; | r1 = y; r2 = load(x, relaxed);", MP, "-"),
        ("store(x, 1, relaxed); y = 1; | r1 = load(y, relaxed); r2 = load(x, relaxed);", MP, "AC"),
    ];
    for (threads, outcome, by) in tests {
        assert_eq!(who(threads, Orders::AcqRel, outcome), by, "{threads}");
    }
    let sb = "x = 1; r1 = y; | y = 1; r2 = x;";
    assert_eq!(who(sb, Orders::SeqCst, "r1 = 0 and r2 = 0"), "-");
    let iriw = "x = 1; | y = 1; | r1 = x; r2 = y; | r3 = y; r4 = x;";
    assert_eq!(who(iriw, Orders::SeqCst, IRIW), "-");
}

/// `litmus` and `aarch64_mapping` of the reference answers.
#[test]
fn expected_litmus() {
    let outcomes = |threads: &str, model: Model| {
        let text: Vec<String> = threads
            .split('|')
            .enumerate()
            .map(|(n, lines)| format!("thread P{n} {{ {lines} }}"))
            .collect();
        let program = parse("/program", &text.concat(), Orders::Relaxed.unmarked()).unwrap();
        let study = Study::new(program, &[]).unwrap();
        let allowed = study.outcomes.iter().filter(|it| it.is_allowed(model));
        allowed.map(|it| it.values.clone()).collect::<BTreeSet<_>>()
    };
    let set = |all: &[[i64; 2]]| all.iter().map(|it| it.to_vec()).collect::<BTreeSet<_>>();
    let sb = "x = 1; r1 = y; | y = 1; r2 = x;";
    assert_eq!(outcomes(sb, Model::Sc), set(&[[0, 1], [1, 0], [1, 1]]));
    assert_eq!(outcomes(sb, Model::Tso), set(&[[0, 0], [0, 1], [1, 0], [1, 1]]));
    let fenced = "x = 1; fence(); r1 = y; | y = 1; fence(); r2 = x;";
    assert_eq!(outcomes(fenced, Model::Tso), set(&[[0, 1], [1, 0], [1, 1]]));
    let iriw = "x = 1; | y = 1; | r1 = x; r2 = y; | r3 = y; r4 = x;";
    assert_eq!(outcomes(iriw, Model::Tso).len(), 15);
    assert_eq!(outcomes(iriw, Model::Arm).len(), 16);
}

/// A race in C11 is one that some execution has in which nothing orders the two.
#[test]
fn races_are_found_in_executions_that_happen() {
    let racy = |text: &str| {
        let program = parse("/program", text, Orders::Plain.unmarked()).unwrap();
        Study::new(program, &[]).unwrap().race.is_some()
    };
    assert!(racy("thread A { x = 1; } thread B { r1 = x; }"));
    assert!(!racy("thread A { r1 = x; } thread B { r2 = x; }"));
    assert!(!racy("thread A { store(x, 1, relaxed); } thread B { r1 = load(x, relaxed); }"));
    // The reader looks at x even if it has not seen the flag.
    assert!(racy(
        "thread A { x = 1; store(y, 1, release); } thread B { r1 = load(y, acquire); r2 = x; }"
    ));
}

/// A random test of two or three threads and two variables.
pub(super) fn random_program(rng: &mut Rng, words: &[&str]) -> String {
    let mut text = String::new();
    let mut reg = 0;
    let n_threads = 2 + rng.below(2);
    for thread in 0..n_threads {
        text.push_str(&format!("thread P{thread} {{ "));
        let mut loaded = 0;
        for _ in 0..=rng.below(if n_threads == 2 { 4 } else { 3 }) {
            let var = ["x", "y"][rng.below(2) as usize];
            let value = 1 + rng.below(2);
            let line = words[rng.below(words.len() as u64) as usize];
            if line.contains("R") {
                reg += 1;
            }
            let own = if loaded == 0 { "0".to_owned() } else { format!("r{loaded}") };
            let line = line.replace('V', var).replace('N', &value.to_string());
            let line = line.replace('D', &own).replace('R', &format!("r{reg}"));
            text.push_str(&line);
            text.push(' ');
            if line.starts_with('r') {
                loaded = reg;
            }
        }
        text.push_str("} ");
    }
    text
}

pub(super) fn study(text: &str, orders: Orders) -> Option<Study> {
    let program = parse("/program", text, orders.unmarked()).ok()?;
    // A program without any load and with a dependency on nothing is fine; only size is refused.
    Study::new(program, &[]).ok()
}

const RELAXED: &[&str] = &[
    "V = N;",
    "V = N;",
    "R = V;",
    "R = V;",
    "fence();",
    "fence(load);",
    "fence(store);",
    "V = D;",
    "R = V[D - D];",
    "branch(D);",
];
const ORDERED: &[&str] = &[
    "V = N;",
    "R = V;",
    "store(V, N, release);",
    "R = load(V, acquire);",
    "store(V, N, seq_cst);",
    "R = load(V, seq_cst);",
    "fence();",
    "fence(release);",
    "fence(acquire);",
    "V = D;",
    "fence(acq_rel);",
];

/// Without acquire and release, which are instructions on ARMv8 and nothing on x86, a weaker machine
/// allows all that a stronger one allows.
#[test]
fn sc_is_in_tso_and_tso_in_armv8() {
    let mut rng = Rng::new(1);
    for _ in 0..400 {
        let text = random_program(&mut rng, RELAXED);
        let Some(study) = study(&text, Orders::Relaxed) else { continue };
        for it in &study.outcomes {
            let [sc, tso, arm, c11] = it.witness.map(|it| it.is_some());
            assert!(sc <= tso && tso <= arm && arm <= c11, "{text} {it:?}");
        }
    }
}

/// What the processors do with the compiled program, the language allows.
#[test]
fn the_mappings_to_x86_and_armv8_are_sound() {
    let mut rng = Rng::new(2);
    for _ in 0..500 {
        let text = random_program(&mut rng, ORDERED);
        let Some(study) = study(&text, Orders::Relaxed) else { continue };
        for it in &study.outcomes {
            let [sc, tso, arm, c11] = it.witness.map(|it| it.is_some());
            assert!(sc <= tso && sc <= arm && tso <= c11 && arm <= c11, "{text} {it:?}");
        }
        check_reasons(&study);
    }
}

#[test]
fn with_seq_cst_everywhere_all_four_are_sequentially_consistent() {
    let mut rng = Rng::new(3);
    for _ in 0..300 {
        let text = random_program(&mut rng, &["V = N;", "R = V;", "V = D;"]);
        let Some(study) = study(&text, Orders::SeqCst) else { continue };
        for it in &study.outcomes {
            assert!(it.witness.iter().all(|w| w.is_some() == it.witness[0].is_some()), "{text}");
        }
    }
}

/// The outcome that registers and memory make.
type Tell<'a> = &'a dyn Fn(&[i64], &[i64]) -> Vec<i64>;

/// The slow and obvious way: every interleaving of the lines, one memory.
fn interleave(
    program: &Program,
    at: &mut Vec<usize>,
    regs: &mut Vec<i64>,
    memory: &mut Vec<i64>,
    told: Tell<'_>,
    out: &mut BTreeSet<Vec<i64>>,
) {
    let mut ended = true;
    for thread in 0..program.threads.len() {
        let Some(line) = program.threads[thread].lines.get(at[thread]) else { continue };
        ended = false;
        let (old_regs, old_memory) = (regs.clone(), memory.clone());
        let eval = |sum: &Sum| sum.value(|reg| Some(old_regs[reg])).unwrap();
        match &line.op {
            Op::Store { var, value, .. } => memory[*var] = eval(value),
            Op::Load { reg, var, .. } => regs[*reg] = memory[*var],
            Op::Fence(_) | Op::Branch(_) => {}
        }
        at[thread] += 1;
        interleave(program, at, regs, memory, told, out);
        at[thread] -= 1;
        (*regs, *memory) = (old_regs, old_memory);
    }
    if ended {
        out.insert(told(regs, memory));
    }
}

#[test]
fn sc_is_what_interleaving_gives() {
    use super::program::Told;
    let mut rng = Rng::new(4);
    for _ in 0..200 {
        let text = random_program(&mut rng, RELAXED);
        let Some(study) = study(&text, Orders::Relaxed) else { continue };
        let by_axioms: BTreeSet<Vec<i64>> = study
            .outcomes
            .iter()
            .filter(|it| it.is_allowed(Model::Sc))
            .map(|it| it.values.clone())
            .collect();
        let told = |regs: &[i64], memory: &[i64]| {
            let value = |it: &Told| match *it {
                Told::Register(reg) => regs[reg],
                Told::Final(var) => memory[var],
            };
            study.told.iter().map(value).collect()
        };
        let program = &study.program;
        let mut out = BTreeSet::new();
        interleave(
            program,
            &mut vec![0; program.threads.len()],
            &mut vec![0; program.regs.len()],
            &mut vec![0; program.vars.len()],
            &told,
            &mut out,
        );
        assert_eq!(out, by_axioms, "{text}");
    }
}

#[test]
fn a_race_free_c11_program_of_plain_and_seq_cst_accesses_is_sequentially_consistent() {
    let mut rng = Rng::new(5);
    let words = ["V = N;", "R = V;", "store(V, N, seq_cst);", "R = load(V, seq_cst);"];
    let mut n_free = 0;
    for _ in 0..600 {
        let text = random_program(&mut rng, &words);
        let Some(study) = study(&text, Orders::Plain) else { continue };
        if study.race.is_some() {
            continue;
        }
        n_free += 1;
        for it in &study.outcomes {
            assert_eq!(it.is_allowed(Model::C11), it.is_allowed(Model::Sc), "{text}");
        }
    }
    assert!(50 < n_free);
}

#[test]
fn faults_are_told_at_their_places() {
    let told =
        |text: &str| parse("/program", text, Orders::Relaxed.unmarked()).unwrap_err().to_string();
    let tests = [
        ("", "/program: line 1, column 1: at least one thread is needed"),
        ("thread A { x = r1; }", "`r1` is not loaded before this, in this thread"),
        ("thread A { r1 = x; r1 = y; }", "`r1` is loaded twice"),
        ("thread A { r1 = x; r2 = y[r1]; }", "has to be 0 whatever"),
        ("thread A { x = 1 }", "expected `;`, found `}`"),
        ("thread A {\n  fence(some);\n}", "line 2, column 3: a fence is one of seq_cst"),
        ("thread A { store(x, 1, acquire); }", "a store is plain, relaxed, release or seq_cst"),
        ("thread A { a = 1; b = 1; c = 1; d = 1; e = 1; }", "at most 4 shared variables fit"),
    ];
    for (text, part) in tests {
        assert!(told(text).contains(part), "{text}: {}", told(text));
    }
    let many = format!("thread A {{ {} }}", "x = 1; ".repeat(12));
    let program = parse("/program", &many, Orders::Relaxed.unmarked()).unwrap();
    assert!(Study::new(program, &[]).unwrap_err().to_string().contains("executions are possible"));
}

/// The largest tests that are taken end soon enough.
#[test]
fn laws_are_built_once_a_program() {
    let text = "thread A { x = 1; y = 1; r1 = x; } thread B { y = 2; x = 2; r2 = y; r3 = x; } \
                thread C { r4 = x; r5 = y; }";
    let study = study(text, Orders::SeqCst).unwrap();
    let laws = Laws::new(&study.shape);
    let ways = study.shape.ways().unwrap();
    assert_eq!(ways.n, 4 * 3_u64.pow(5));
    let coherent = (0..ways.n).filter_map(|it| ways.get(it)).filter(|it| laws.is_coherent(&it.0));
    assert!(coherent.count() < 300);
}
