//! No core uses a stale entry after the answers are in, whatever the script.

use super::run::{CoreLine, Does, Doing, Line, Runs, Settings, Sim, State};
use crate::engine::{Frame, Log};
use crate::{Mode, Rng, engine};
use serde_json::{Value, json};

const SETTINGS: Settings = Settings {
    n_pages: 8,
    warm: true,
    lazy: true,
    batch: true,
    wait: true,
    ceiling: 33,
    ipi_ns: 500,
    handler_ns: 400,
    invlpg_ns: 100,
    flush_ns: 300,
};

fn run(settings: Settings, cores: &[CoreLine], script: &[Line]) -> (Vec<Frame<State>>, State) {
    let mut log = Log::new(Mode::Frames);
    let mut sim = Sim::new(settings, cores, script);
    sim.run(&mut log).unwrap();
    let last = sim.state.clone();
    (log.frames().to_vec(), last)
}

#[test]
fn the_wait_is_the_slowest_answer() {
    let same = CoreLine { runs: Runs::Same, irq_ns: 0 };
    let cores =
        [same, same, CoreLine { irq_ns: 700, ..same }, CoreLine { runs: Runs::Idle, ..same }];
    let munmap = Line { at: 0, core: 0, does: Does::Munmap, page: 2, pages: 2 };
    let (frames, last) = run(SETTINGS, &cores, &[munmap]);
    // Interrupt, interrupts off, handler, two pages.
    assert_eq!(last.totals.stall_ns, 500 + 700 + 400 + 200);
    assert_eq!(last.totals.taken_ns, 2 * 600);
    assert_eq!((last.totals.n_ipis, last.totals.n_acks, last.totals.n_skips), (2, 2, 1));
    let tags: Vec<&str> = frames.iter().map(|it| it.step.tag).collect();
    let expected = ["start", "munmap", "ipi", "interrupt", "ack", "interrupt", "ack", "free"];
    assert_eq!(tags, expected);
    assert_eq!(frames.last().unwrap().step.time, 200 + 1_800);
    // The idle core is asked as well where lazy mode is off.
    let (_, eager) = run(Settings { lazy: false, ..SETTINGS }, &cores, &[munmap]);
    assert_eq!((eager.totals.n_ipis, eager.totals.n_skips), (3, 0));
    // A round for each page, where nothing is batched.
    let (_, each) = run(Settings { batch: false, ..SETTINGS }, &cores, &[munmap]);
    assert_eq!((each.totals.n_ipis, each.totals.n_rounds), (4, 2));
    assert_eq!(each.totals.stall_ns, 2 * (500 + 700 + 400 + 100));
    // Above the ceiling everything goes, whatever the number of pages.
    let (_, full) = run(Settings { ceiling: 1, ..SETTINGS }, &cores, &[munmap]);
    assert_eq!(full.totals.n_full, 1);
    assert!(full.cores[..3].iter().all(|it| it.tlb == 0));
}

fn random(rng: &mut Rng) -> (Vec<CoreLine>, Vec<Line>) {
    let n_cores = rng.between(1, 5);
    let cores = (0..n_cores)
        .map(|_| {
            let runs = [Runs::Same, Runs::Same, Runs::Idle, Runs::Other][rng.below(4) as usize];
            CoreLine { runs, irq_ns: rng.below(3) * 400 }
        })
        .collect();
    let script = (0..rng.between(1, 30))
        .map(|_| {
            let kinds = [
                Does::Read,
                Does::Write,
                Does::Read,
                Does::Write,
                Does::Munmap,
                Does::Protect,
                Does::Sleep,
                Does::Wake,
            ];
            let page = rng.below(8) as u32;
            let pages = rng.between(1, u64::from(8 - page)) as u32;
            let does = kinds[rng.below(8) as usize];
            let core = rng.below(n_cores) as u8;
            Line { at: rng.below(60) * 100, core, does, page, pages }
        })
        .collect();
    (cores, script)
}

fn settings(rng: &mut Rng) -> Settings {
    let mut flag = || rng.below(2) == 0;
    let (warm, lazy, batch) = (flag(), flag(), flag());
    let (ceiling, ipi_ns) = (rng.below(9) as u32, rng.below(900));
    Settings { warm, lazy, batch, ceiling, ipi_ns, ..SETTINGS }
}

/// Cores that run the process hold nothing that the kernel believes gone.
fn holds_nothing_old(state: &State) -> bool {
    let clean = |core: &super::run::Core| {
        core.tlb & state.freed == 0 && core.tlb & core.writable & state.sealed == 0
    };
    let runs = |core: &super::run::Core| !matches!(core.doing, Doing::Idle | Doing::Other);
    state.cores.iter().filter(|it| runs(it)).all(clean)
}

#[test]
fn no_core_uses_a_stale_entry_after_the_answers() {
    let mut rng = Rng::new(15);
    let mut n_late = 0;
    for _ in 0..2_000 {
        let (cores, script) = random(&mut rng);
        let settings = settings(&mut rng);
        let (frames, last) = run(settings, &cores, &script);
        for Frame { step, state } in &frames {
            assert!(holds_nothing_old(state), "{}: {script:?}", step.say);
            assert_ne!(step.tag, "stale_use");
        }
        assert_eq!(last.totals.n_stale, 0);
        assert_eq!(last.totals.n_ipis, last.totals.n_acks);
        n_late += last.totals.n_late;
        // Everything comes to its end.
        assert!(last.round.is_none() && last.begun.iter().all(|it| *it), "{script:?}");
        assert!(
            last.cores
                .iter()
                .all(|it| { matches!(it.doing, Doing::User | Doing::Idle | Doing::Other) })
        );
        // Frames are given away of exactly what the tables no longer map.
        assert_eq!(last.freed, !last.mapped & 0xff);
    }
    assert!(50 < n_late, "{n_late}");
}

#[test]
fn without_waiting_it_happens_and_is_told() {
    let mut rng = Rng::new(16);
    let mut n_stale = 0;
    for _ in 0..2_000 {
        let (cores, script) = random(&mut rng);
        let settings = Settings { wait: false, ..settings(&mut rng) };
        let (frames, last) = run(settings, &cores, &script);
        n_stale += last.totals.n_stale;
        let told = frames.iter().filter(|it| it.step.tag == "stale_use").count() as u64;
        assert_eq!(told, last.totals.n_stale);
        assert!(last.begun.iter().all(|it| *it) && last.round.is_none());
    }
    assert!(20 < n_stale, "{n_stale}");
}

#[test]
fn batching_and_lazy_mode_never_send_more() {
    let mut rng = Rng::new(17);
    for _ in 0..500 {
        let (cores, mut script) = random(&mut rng);
        // Nothing changes its state in between, so the cores to ask are the same.
        script.retain(|it| !matches!(it.does, Does::Sleep | Does::Wake));
        let n_ipis =
            |lazy, batch| run(Settings { lazy, batch, ..SETTINGS }, &cores, &script).1.totals;
        let (plain, lazy) = (n_ipis(false, false), n_ipis(true, false));
        let (batch, both) = (n_ipis(false, true), n_ipis(true, true));
        assert!(lazy.n_ipis <= plain.n_ipis && batch.n_ipis <= plain.n_ipis);
        assert!(both.n_ipis <= lazy.n_ipis.min(batch.n_ipis));
    }
}

#[test]
fn cores_and_pages_that_do_not_exist_are_told() {
    let told = |line: Value| {
        let scenario = json!({"cores": [{}, {}], "pages": 4, "script": [line]});
        engine("memory/tlb_shootdown")
            .unwrap()
            .run(&scenario, Mode::Frames)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(told(json!({"core": 2})), "/script/0/core: core 2 is not defined");
    assert_eq!(
        told(json!({"page": 3, "pages": 2})),
        "/script/0/page: the process has 4 pages, numbered from 0"
    );
}
