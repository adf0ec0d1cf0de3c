//! Laws of signals: who gets one, which of them queue, and that none is counted twice.

use super::signals::Signals;
use super::signals_run::State;
use super::signals_script::Signal;
use crate::engine::{Log, typed};
use crate::form::check;
use crate::{Engine, Mode, Rng, Run, engine};
use serde_json::json;

fn run(script: &str) -> Run {
    let value = json!({ "script": script });
    engine("process/signals").unwrap().run(&value, Mode::Frames).unwrap()
}

fn metric(run: &Run, key: &str) -> f64 {
    run.metric(key).unwrap_or_else(|| panic!("no {key}"))
}

fn states(script: &str) -> Vec<(u64, State)> {
    let form = Signals::FORM;
    let scenario = typed(&check(form, &json!({ "script": script })).unwrap()).unwrap();
    let mut log = Log::new(Mode::Frames);
    Signals::run(&scenario, &mut log).unwrap();
    log.frames().iter().map(|it| (it.step.time, it.state.clone())).collect()
}

/// `signals_001`: numbers on x86 and ARM.
#[test]
fn numbers_are_those_of_x86() {
    let numbers = [
        ("SIGINT", 2),
        ("SIGKILL", 9),
        ("SIGSEGV", 11),
        ("SIGTERM", 15),
        ("SIGCHLD", 17),
        ("SIGCONT", 18),
        ("SIGSTOP", 19),
    ];
    for (name, number) in numbers {
        assert_eq!(Signal::of(name), Some(Signal(number)));
        assert_eq!(Signal(number).name(), name);
    }
    assert_eq!(Signal::of("RTMIN+3").map(Signal::name), Some("SIGRTMIN+3".to_owned()));
    assert_eq!(Signal::of("SIGRTMIN+9"), None);
}

#[test]
fn standard_signals_do_not_queue_and_real_time_ones_do() {
    for n in 1..9_u32 {
        for (signal, handled) in [("SIGUSR1", 1), ("SIGRTMIN+2", n)] {
            let sends: String = (0..n).map(|it| format!("kill {signal} = {it}\n")).collect();
            let returns = "T1 return\n".repeat(usize::try_from(n).unwrap());
            let script = format!(
                "T1 handle {signal}\nT1 block {signal}\n{sends}T1 unblock {signal}\n{returns}"
            );
            let run = run(&script);
            assert_eq!(metric(&run, "n_handled"), f64::from(handled), "{script}");
            assert_eq!(metric(&run, "n_lost"), f64::from(n - handled), "{script}");
            // What queues is handled in the order in which it was sent.
            let order: Vec<u64> = states(&script)
                .iter()
                .filter_map(|it| it.1.threads[0].handlers.first()?.sent.value)
                .collect();
            assert!(order.is_sorted(), "{order:?}");
        }
    }
}

#[test]
fn a_signal_of_the_process_goes_to_the_first_thread_that_does_not_block_it() {
    for bits in 0..8_u32 {
        let blocks = |at: u32| bits & (1 << at) != 0;
        let mut script = "T1 handle SIGUSR1\nT1 create\nT1 create\n".to_owned();
        for at in (0..3).filter(|&it| blocks(it)) {
            script += &format!("T{} block SIGUSR1\n", at + 1);
        }
        let all = states(&(script + "kill SIGUSR1"));
        let last = &all.last().unwrap().1;
        let got: Vec<bool> = last.threads.iter().map(|it| !it.handlers.is_empty()).collect();
        let first = (0..3).find(|&it| !blocks(it));
        let want: Vec<bool> = (0..3).map(|it| Some(it) == first).collect();
        assert_eq!(got, want, "{bits:b}");
        assert_eq!(last.shared.len(), usize::from(first.is_none()));
    }
}

#[test]
fn a_fault_goes_to_its_thread_and_ends_the_whole_process() {
    let run = run("T1 create\nT1 create\nT2 fault SIGSEGV\nT1 read");
    assert_eq!(metric(&run, "ended_by"), 11.0);
    // Handled, it is handled by the thread that caused it, not by the first.
    let all = states("T1 handle SIGFPE\nT1 create\nT2 fault SIGFPE");
    assert_eq!(all.last().unwrap().1.threads[1].handlers.len(), 1);
    // Blocked or ignored, it ends the process all the same.
    for how in ["block", "ignore"] {
        let script = format!("T1 handle SIGSEGV\nT1 {how} SIGSEGV\nT1 fault SIGSEGV");
        assert_eq!(metric(&self::run(&script), "ended_by"), 11.0);
    }
}

#[test]
fn calls_end_or_start_again_as_they_should() {
    let count = |script: &str| {
        let run = run(script);
        (metric(&run, "n_eintr"), metric(&run, "n_restarts"))
    };
    assert_eq!(count("T1 handle SIGALRM\nT1 read\nkill SIGALRM"), (1.0, 0.0));
    assert_eq!(count("T1 handle SIGALRM restart\nT1 read\nkill SIGALRM"), (0.0, 1.0));
    assert_eq!(count("T1 handle SIGALRM restart\nT1 sleep\nkill SIGALRM"), (1.0, 0.0));
    assert_eq!(count("T1 ignore SIGALRM\nT1 read\nkill SIGALRM"), (0.0, 0.0));
}

fn random(rng: &mut Rng) -> String {
    let signals = ["SIGUSR1", "SIGUSR2", "SIGCHLD", "SIGRTMIN", "SIGRTMIN+1", "SIGTERM", "SIGCONT"];
    let mut lines: Vec<String> = Vec::new();
    for signal in &signals[..6] {
        if rng.below(5) != 0 {
            lines.push(format!("T1 handle {signal}"));
        }
    }
    lines.extend(["T1 create", "T2 create"].map(str::to_owned));
    for _ in 0..30 {
        let signal = signals[usize::try_from(rng.below(7)).unwrap()];
        let thread = rng.between(1, 3);
        let line = match rng.below(12) {
            0 | 1 => format!("T{thread} block {signal}"),
            2 => format!("T{thread} unblock {signal}"),
            3 => format!("T{thread} read"),
            4 => format!("T{thread} done"),
            5 | 6 => format!("T{thread} return"),
            7 => format!("T{thread} sigwait {signal} SIGUSR1"),
            8 => format!("tgkill T{thread} {signal}"),
            9 if rng.below(6) == 0 => "kill SIGSTOP".to_owned(),
            _ => format!("kill {signal} = {}", rng.below(9)),
        };
        lines.push(line);
    }
    lines.join("\n")
}

#[test]
fn nothing_takeable_stays_pending_and_nothing_is_in_two_places() {
    let mut rng = Rng::new(51);
    let mut n_pending = 0;
    for _ in 0..600 {
        let script = random(&mut rng);
        let all = states(&script);
        for (at, (time, state)) in all.iter().enumerate() {
            let pendings = || state.threads.iter().map(|it| &it.pending).chain([&state.shared]);
            for pending in pendings() {
                let standard = pending.iter().filter(|it| !it.signal.queues());
                let mut kinds: Vec<Signal> = standard.map(|it| it.signal).collect();
                let n = kinds.len();
                kinds.sort_unstable();
                kinds.dedup();
                assert_eq!(kinds.len(), n, "{script}");
            }
            let mut ids: Vec<u32> =
                pendings().flatten().chain(&state.gone).map(|it| it.id).collect();
            ids.extend(state.threads.iter().flat_map(|it| it.handlers.iter().map(|it| it.sent.id)));
            let n = ids.len();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), n, "{script}");
            // Once a statement is over, whoever could take a signal has taken it.
            let settled = all.get(at + 1).is_none_or(|it| *time < it.0);
            if !settled || state.stopped || state.ended.is_some() {
                continue;
            }
            for (thread, it) in state.threads.iter().enumerate() {
                for sent in it.pending.iter().chain(&state.shared) {
                    n_pending += 1;
                    assert_eq!(
                        it.mask & sent.signal.bit(),
                        sent.signal.bit(),
                        "T{thread} {script}"
                    );
                }
            }
        }
    }
    assert!(1_000 < n_pending, "{n_pending}");
}

#[test]
fn what_cannot_be_changed_is_refused_at_its_place() {
    let entry = engine("process/signals").unwrap();
    let told = |script: &str| {
        entry.run(&json!({ "script": script }), Mode::MetricsOnly).unwrap_err().to_string()
    };
    let why = "SIGKILL cannot be blocked, ignored or handled";
    assert_eq!(told("T1 block SIGKILL"), format!("/script: line 1, column 10: {why}"));
    assert!(told("T2 read").starts_with("/script: line 1, column 1: expected kill"));
    assert!(told("T1 fault SIGINT").contains("the CPU reports SIGSEGV"));
    assert!(told("kill SIGFOO").contains("no signal here has the name SIGFOO"));
}
