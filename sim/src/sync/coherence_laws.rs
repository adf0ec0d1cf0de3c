//! Laws of the locks on coherent caches.

use super::super::coherence_run::{Code, Phase, Setup, World};
use crate::Rng;

const LOCKS: [Code; 4] = [Code::TestAndSet, Code::TestTestAndSet, Code::Ticket, Code::Mcs];

fn setup(code: Code, n_cpus: usize, rounds: u32) -> Setup {
    let (hold_cycles, away_cycles, bus_cycles) = (200, 20, 40);
    Setup { code, n_cpus, rounds, hold_cycles, away_cycles, bus_cycles, padded: true }
}

fn n_bus(setup: &Setup) -> u64 {
    let mut world = World::new(setup);
    while world.next(setup).is_some() {}
    world.caches.traffic.n_bus()
}

#[test]
fn one_at_a_time_is_in_the_lock_and_no_addition_is_lost() {
    let mut rng = Rng::new(62);
    for code in LOCKS {
        for _ in 0..60 {
            let mut setup = setup(code, 1 + rng.below(8) as usize, 1 + rng.below(5) as u32);
            setup.hold_cycles = rng.below(300);
            setup.away_cycles = rng.below(600);
            setup.bus_cycles = 4 + rng.below(80);
            setup.padded = rng.below(2) == 0;
            let mut world = World::new(&setup);
            let (mut n_steps, mut time) = (0, 0);
            while let Some(did) = world.next(&setup) {
                assert!(time <= did.time, "time goes back");
                time = did.time;
                let inside = world.cpus.iter().filter(|it| it.phase == Phase::Holds).count();
                assert!(inside <= 1, "{setup:?}");
                n_steps += 1;
                assert!(n_steps < 200_000, "{setup:?}");
            }
            assert!(world.cpus.iter().all(|it| it.phase == Phase::Done), "{setup:?}");
            assert_eq!(world.counted(&setup), setup.n_cpus as u64 * u64::from(setup.rounds));
        }
    }
}

#[test]
fn a_queue_lock_costs_the_same_for_any_number_of_cpus_and_the_others_cost_more() {
    let each = |code, n: usize| n_bus(&setup(code, n, 10)) as f64 / (n as f64 * 10.0);
    let [tas, ttas, ticket, mcs] = LOCKS.map(|code| (each(code, 2), each(code, 8)));
    assert!(mcs.1 < mcs.0 * 1.5, "MCS {mcs:?}");
    assert!(3.0 * ticket.0 < 2.0 * ticket.1, "ticket {ticket:?}");
    assert!(ttas.0 * 1.5 < ttas.1, "TTAS {ttas:?}");
    assert!(mcs.1 < ticket.1 && mcs.1 < ttas.1, "{mcs:?} {ticket:?} {ttas:?}");
    assert!(2.0 * ticket.1 < tas.1 && 2.0 * ttas.1 < tas.1, "{ticket:?} {ttas:?} {tas:?}");
}

#[test]
fn padding_ends_false_sharing() {
    let mut counters = setup(Code::Counters, 4, 20);
    (counters.hold_cycles, counters.away_cycles) = (0, 0);
    let padded = n_bus(&counters);
    counters.padded = false;
    let shared = n_bus(&counters);
    // Two for each CPU: a read of the line alone, and nothing after it.
    assert_eq!(padded, 4);
    assert!(10 * padded < shared, "{padded} {shared}");
}
