//! What holds for every host, checked against bounds that need no simulation.

use super::host::{CAUSES, Cause, FIXES, Fix, Host, MISS_ONE_IN, PERIOD_US, TOUCHES};
use super::run::{Doing, N_DOING, Report, run};
use super::tools::{TOOLS, Tool, against};
use super::{Effect, Incident, Move, Setup};
use crate::explore::{Verdict, explore_value};
use crate::form::Kind;
use crate::machine::Machine;
use crate::rng::Rng;
use crate::{Mode, engine};
use serde_json::{Value, json};

/// Hosts over the whole form, one for each cause and then some.
fn hosts(n: u64, mut check: impl FnMut(Cause, &Host, u64)) {
    let mut rng = Rng::new(7);
    for at in 0..n {
        let cause = CAUSES[usize::try_from(at).unwrap() % CAUSES.len()];
        let (n_cpus, load) = (rng.between(4, 32), rng.between(100, 1_000));
        let severity = rng.between(115, 160);
        check(cause, &Host::ill(n_cpus, load, severity, cause), rng.between(0, 999_999));
    }
}

/// The changes that take a cause away.
fn cures(cause: Cause) -> &'static [Fix] {
    match cause {
        Cause::LockHeld => &[Fix::MoveCall, Fix::CutCache],
        Cause::Spinning => &[Fix::OwnQueues],
        Cause::Thrashing => &[Fix::ShrinkCache],
        Cause::DiskFull => &[Fix::BatchWrites],
        Cause::SlowService => &[Fix::Timeout],
        Cause::HotCode => &[Fix::MendCode],
        Cause::Quota => &[Fix::RaiseQuota],
    }
}

/// Requests a second that each thing of the host can pass at most, as demand law and no more.
fn most(host: &Host) -> u64 {
    let second = 1_000_000;
    let at_disk = host.write_us * host.write_percent / 100
        + host.swap_us * u64::from(TOUCHES) * host.faults() / 10_000;
    let cpu = host.work_us + host.hot_us + host.kernel_us;
    let inside = if host.query_inside { host.query_us / MISS_ONE_IN } else { 0 };
    let mut most = vec![
        host.load,
        second * host.n_cpus / cpu,
        second * host.n_kernel_locks / host.kernel_us,
        second * host.n_cache_locks / (inside + 100),
        second * host.n_threads / host.alone_us(),
        second / at_disk.max(1),
    ];
    if 0 < host.quota_us {
        most.push(second * host.quota_us / PERIOD_US / cpu);
    }
    most.into_iter().min().unwrap()
}

#[test]
fn throughput_is_that_of_the_narrowest_place() {
    hosts(28, |cause, host, seed| {
        let report = run(host, seed).all;
        let (got, most) = (report.a_second(report.n_done), most(host));
        assert!(got * 100 <= most * 108, "{cause:?} {host:?}: {got} of {most}");
        // A long request takes a good part of the four seconds.
        assert!(most * 75 <= got * 100, "{cause:?} {host:?}: {got} of {most}");
    });
}

#[test]
fn threads_and_time_are_conserved_and_no_cpu_idles_beside_a_ready_task() {
    hosts(14, |cause, host, seed| {
        let Report { all, seconds, p50_ms, p99_ms } = run(host, seed);
        let thread_us: u64 = all.doing_us.iter().sum();
        assert_eq!(thread_us, host.n_threads * all.time_us, "{cause:?}");
        assert_eq!(seconds.iter().map(|it| it.n_done).sum::<u64>(), all.n_done);
        let on_cpu = [Doing::Work, Doing::Hot, Doing::Cache, Doing::Kernel, Doing::Spin];
        assert!(all.of(&on_cpu) + all.wait_io_us <= host.n_cpus * all.time_us, "{cause:?}");
        assert_eq!(all.wasted_us, 0, "{cause:?}");
        assert!(p50_ms <= p99_ms && all.doing_us.len() == N_DOING);
    });
}

#[test]
fn littles_law_counts_the_requests_inside() {
    hosts(14, |cause, host, seed| {
        let well = host.clone().changed(cures(cause)[0].bit());
        let all = run(&well, seed).all;
        // Nothing waits in the backlog of a host that is well: who is inside has a thread.
        let inside = host.n_threads * all.time_us - all.of(&[Doing::Idle]);
        let (fewer, more) = (all.latency_us * 90 / 100, all.latency_us * 110 / 100);
        assert!((fewer..=more).contains(&inside), "{cause:?}: {inside} {}", all.latency_us);
    });
}

fn setup(host: &Host, cause: Cause, seed: u64, severity: u64) -> Setup {
    let scenario = json!({"cause": cause.key(), "n_cpus": host.n_cpus, "load": host.load,
        "severity_percent": severity, "seed": seed});
    load(&scenario)
}

fn load(scenario: &Value) -> Setup {
    let checked = crate::check(Incident::FORM, scenario).unwrap();
    Incident::load(&crate::engine::typed(&checked).unwrap()).unwrap()
}

#[test]
fn its_cures_mend_a_host_and_nothing_else_does() {
    hosts(14, |cause, host, seed| {
        for severity in [115, 160] {
            let setup = setup(host, cause, seed, severity);
            let start = Incident::start(&setup);
            assert!(setup.target_ms < setup.measured(0).report.p99_ms, "{cause:?} {host:?}");
            for fix in FIXES {
                let mends = setup.effect(&start, fix) == Effect::Mended;
                let why = setup.measured(fix.bit()).report.p99_ms;
                assert_eq!(
                    mends,
                    cures(cause).contains(&fix),
                    "{cause:?} {fix:?} {severity} {why} of {} {host:?}",
                    setup.target_ms
                );
            }
        }
    });
}

#[test]
fn no_tool_speaks_against_the_cause_and_all_of_them_leave_only_it() {
    hosts(14, |cause, host, seed| {
        for severity in [115, 160] {
            let setup = setup(host, cause, seed, severity);
            let mut state = Incident::start(&setup);
            TOOLS.iter().for_each(|&it| setup.go(&mut state, Move::Look(it)));
            assert!(
                state.possible().eq([cause]),
                "{host:?}: {:?}",
                state.possible().collect::<Vec<_>>()
            );
            // Nor do they once a first aid stays.
            for fix in FIXES {
                let start = Incident::start(&setup);
                if setup.effect(&start, fix) == Effect::Better {
                    let it = setup.measured(fix.bit());
                    for tool in TOOLS {
                        let out = against(tool, it);
                        assert!(out.iter().all(|it| it.0 != cause), "{cause:?} {fix:?} {tool:?}");
                    }
                }
            }
        }
    });
}

#[test]
fn more_threads_make_a_held_lock_worse_and_a_slow_service_better() {
    for (cause, effect) in [(Cause::LockHeld, Effect::Worse), (Cause::SlowService, Effect::Better)]
    {
        let setup = load(&json!({"cause": cause.key()}));
        assert_eq!(setup.effect(&Incident::start(&setup), Fix::RaisePool), effect, "{cause:?}");
    }
}

/// Erratum 002-21: a quota is what makes tasks wait beside CPUs that idle.
#[test]
fn only_a_quota_shows_ready_tasks_and_idle_cpus_at_once() {
    for cause in CAUSES {
        let setup = load(&json!({"cause": cause.key()}));
        let it = setup.measured(0);
        let waits = it.host.n_cpus < it.report.seconds.iter().map(|it| it.n_ready).max().unwrap();
        let idles = 30 <= it.cpu().id;
        assert_eq!(waits && idles, cause == Cause::Quota, "{cause:?}");
    }
}

#[test]
fn every_course_ends_mended_or_with_the_budget_spent() {
    let found =
        explore_value::<Incident>(&json!({"cause": "lock_held", "budget_minutes": 12}), 400_000)
            .unwrap();
    assert!(found.complete, "{}", found.n_states);
    let Verdict::Broken { law, picks } = &found.verdict else { panic!("{:?}", found.verdict) };
    // Name anything and roll out code.
    assert_eq!((*law, picks.len()), ("error budget spent", 2));
    assert!(found.outcomes.iter().all(|it| it.label.starts_with("mended")));
}

#[test]
fn the_words_of_the_form_are_the_causes() {
    let Kind::Choice(words) = Incident::FORM[0].kind else { panic!() };
    let keys: Vec<&str> = words.iter().skip(1).map(|it| it.0).collect();
    assert_eq!(keys, CAUSES.map(Cause::key));
    let bits = |it: &[u16]| it.iter().fold(0, |all, it| all | it);
    assert_eq!(bits(&FIXES.map(Fix::bit)), (1 << FIXES.len()) - 1);
    assert_eq!(bits(&TOOLS.map(|it| u16::from(Tool::bit(it)))), (1 << TOOLS.len()) - 1);
    let seeds: Vec<Cause> = (0..40).map(|seed| load(&json!({"seed": seed})).cause).collect();
    assert!(CAUSES.iter().all(|it| seeds.contains(it)));
}

#[test]
fn the_course_of_the_lesson_proves_the_cause_and_mends_the_host() {
    let entry = engine("sync/incident").unwrap();
    let run = entry.run_text(entry.example, Mode::MetricsOnly).unwrap();
    assert_eq!(run.metric("is_mended"), Some(1.0));
    assert_eq!(run.metric("n_possible"), Some(1.0));
    assert_eq!(run.metric("used_minutes"), Some(26.0));
}
