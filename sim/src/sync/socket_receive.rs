//! Receiving from a socket: a packet's way from the device through three CPUs to a reader.
//!
//! # Model
//! The device puts packets into a ring and interrupts a CPU, which then polls: for each packet it
//! looks up a route and puts the packet into the socket's queue under a spinlock. Readers on other
//! CPUs take packets out under the same lock and copy them. A lock that another CPU had last costs a
//! cache-line transfer. The remedies: a queue, and a share of the packets, for each CPU; and a route
//! table that is read under RCU.
//! # Ties
//! Whoever is ready first steps first, then the CPU with the lower number. On one CPU polling comes
//! before reading until its budget is used up.
//! # Left out
//! TCP, whose reader owns the socket while packets wait in a backlog; sleeping and waking of readers;
//! copying by the device; sending.
//! # Source
//! `linux-napi`, for interrupts and polling.

use super::socket_run::{Did, Kind as Does, N_CPUS, Setup, World};
use super::socket_scene;
use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

pub(crate) struct SocketReceive;

#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    n_packets: u32,
    gap_ns: u64,
    queues: Queues,
    routes: Routes,
    budget: u32,
    ring: usize,
    irq_ns: u64,
    route_ns: u64,
    queue_ns: u64,
    copy_ns: u64,
    bounce_ns: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Queues {
    Shared,
    PerCpu,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Routes {
    Lock,
    Rcu,
}

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(super) world: World,
    pub(super) did: Option<Did>,
}

const fn time(key: &'static str, label: &'static str, preset: i64) -> Field {
    Field::new(key, label, Kind::Int { min: 0, max: 100_000 }).unit("ns").or(Preset::Int(preset))
}

impl Engine for SocketReceive {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "sync/socket_receive",
        title: "Receiving from a socket",
        summary: "Three CPUs meet at the lock of one socket's queue on every packet.",
        look_for: "Watch where the CPUs spin, and where that goes with each remedy.",
        source: "linux-napi/NAPI",
        time_unit: "ns",
        markers: &["interrupt", "spin"],
    };
    const FORM: &'static [Field] = &[
        Field::new("n_packets", "Packets", Kind::Int { min: 1, max: 300 }).or(Preset::Int(12)),
        time("gap_ns", "Time between packets", 200),
        Field::new(
            "queues",
            "Socket queue",
            Kind::Choice(&[("shared", "One for all"), ("per_cpu", "One for each CPU")]),
        )
        .help("With one for each, the device spreads the packets, and each CPU reads its own.")
        .or(Preset::Text("shared")),
        Field::new(
            "routes",
            "Route table",
            Kind::Choice(&[("lock", "Under a lock"), ("rcu", "Under RCU, without a lock")]),
        )
        .or(Preset::Text("lock")),
        Field::new("budget", "Poll budget", Kind::Int { min: 1, max: 64 })
            .unit("packets")
            .help("So many packets are polled before a reader on the same CPU has its turn.")
            .or(Preset::Int(4)),
        Field::new("ring", "Ring of the device", Kind::Int { min: 1, max: 64 })
            .unit("packets")
            .help("What comes while it is full is dropped.")
            .or(Preset::Int(8)),
        time("irq_ns", "Interrupt", 300),
        time("route_ns", "Route look-up", 100),
        time("queue_ns", "Under the queue's lock", 100),
        time("copy_ns", "Copy to the reader", 250),
        time("bounce_ns", "Cache-line transfer", 60),
    ];
    const EXAMPLE: &'static str = r#"{"queues": "shared", "routes": "lock"}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let setup = setup(scenario);
        let mut world = World::new(&setup);
        log.step(0, "start", || {
            let say = format!(
                "The ring is empty; {} packets will come, one every {} ns.",
                setup.n_packets, setup.gap_ns
            );
            Shot::new(say, State { world: world.clone(), did: None })
        })?;
        while let Some(did) = world.next(&setup) {
            let tag = match did.kind {
                _ if did.start < did.from => "spin",
                Does::Interrupt => "interrupt",
                Does::Route => "route",
                Does::Enqueue => "enqueue",
                Does::Receive => "receive",
            };
            let state = || State { world: world.clone(), did: Some(did) };
            log.step(did.start, tag, || Shot::new(say(&setup, &did), state()))?;
        }
        let end = world.end_ns;
        log.step(end, "end", || {
            let say = format!(
                "All is done after {end} ns: {} packets are read and {} were dropped.",
                world.n_delivered, world.n_dropped
            );
            Shot::new(say, State { world: world.clone(), did: None })
        })?;
        metrics(&world, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        socket_scene::scene(&setup(scenario), past)
    }

    fn actors(_: &Scenario) -> Vec<String> {
        (0..N_CPUS).map(name).collect()
    }
}

fn setup(scenario: &Scenario) -> Setup {
    let Scenario { n_packets, gap_ns, queues, routes, budget, ring, .. } = *scenario;
    let Scenario { irq_ns, route_ns, queue_ns, copy_ns, bounce_ns, .. } = *scenario;
    Setup {
        n_packets,
        gap_ns,
        per_cpu: queues == Queues::PerCpu,
        rcu: routes == Routes::Rcu,
        budget,
        ring,
        irq_ns,
        route_ns,
        queue_ns,
        copy_ns,
        bounce_ns,
    }
}

pub(super) fn name(cpu: usize) -> String {
    format!("CPU {cpu}")
}

fn say(setup: &Setup, did: &Did) -> String {
    let (who, packet) = (name(did.cpu), did.packet);
    let spun = match did.holder {
        Some(holder) => format!(
            " after spinning for {} ns, because {} held the lock",
            did.from - did.start,
            name(holder)
        ),
        None => String::new(),
    };
    match did.kind {
        Does::Interrupt => format!(
            "{who} takes the interrupt of packet {packet} and begins to poll, so that the device \
             stays silent."
        ),
        Does::Route if setup.rcu => format!(
            "{who} looks up the route of packet {packet} without a lock, because the table is read \
             under RCU."
        ),
        Does::Route => {
            format!("{who} looks up the route of packet {packet} under the table's lock{spun}.")
        }
        Does::Enqueue => {
            format!("{who} puts packet {packet} into the socket's queue under its lock{spun}.")
        }
        Does::Receive => {
            format!(
                "{who} takes packet {packet} from the queue under its lock{spun}, and copies it."
            )
        }
    }
}

fn metrics(world: &World, log: &mut Log<State>) {
    let n = f64::from(world.n_delivered);
    log.metric("n_delivered", "Packets read", n, "packets", Better::Higher);
    let dropped = f64::from(world.n_dropped);
    log.metric("n_dropped", "Packets dropped", dropped, "packets", Better::Lower);
    log.metric("spin_ns", "Time spent spinning", world.spin_ns as f64, "ns", Better::Lower);
    let latency = world.latency_sum_ns as f64 / n.max(1.0);
    log.metric("latency_ns_mean", "Mean time to the reader", latency, "ns", Better::Lower);
    log.metric("time_ns", "All is done", world.end_ns as f64, "ns", Better::Lower);
}

#[cfg(test)]
mod tests {
    use super::super::socket_run::{Did, Kind, N_CPUS, Setup, World};
    use crate::Rng;

    fn random(rng: &mut Rng) -> Setup {
        Setup {
            n_packets: 1 + rng.below(40) as u32,
            gap_ns: rng.below(600),
            per_cpu: rng.below(2) == 0,
            rcu: rng.below(2) == 0,
            budget: 1 + rng.below(6) as u32,
            ring: 1 + rng.below(10) as usize,
            irq_ns: rng.below(400),
            route_ns: rng.below(300),
            queue_ns: rng.below(300),
            copy_ns: rng.below(600),
            bounce_ns: rng.below(100),
        }
    }

    fn all(setup: &Setup) -> (World, Vec<Did>) {
        let mut world = World::new(setup);
        let mut steps = Vec::new();
        while let Some(did) = world.next(setup) {
            steps.push(did);
            assert!(steps.len() < 10_000);
        }
        (world, steps)
    }

    #[test]
    fn no_packet_is_lost_twice_or_out_of_order_and_locks_exclude() {
        let mut rng = Rng::new(81);
        for _ in 0..400 {
            let setup = random(&mut rng);
            let (world, steps) = all(&setup);
            assert_eq!(world.n_delivered + world.n_dropped, setup.n_packets, "{setup:?}");
            for pair in steps.windows(2) {
                assert!(pair[0].start <= pair[1].start, "time goes back: {setup:?}");
            }
            for queue in 0..setup.n_queues() {
                let here = |it: &&Did| {
                    setup.queue(it.cpu) == queue && matches!(it.kind, Kind::Enqueue | Kind::Receive)
                };
                let held: Vec<&Did> = steps.iter().filter(here).collect();
                for pair in held.windows(2) {
                    assert!(pair[0].unlock <= pair[1].from, "two in the lock: {setup:?}");
                }
                let order = |kind| {
                    let of = held.iter().filter(|it| it.kind == kind);
                    of.map(|it| it.packet).collect::<Vec<_>>()
                };
                assert_eq!(order(Kind::Enqueue), order(Kind::Receive), "{setup:?}");
            }
            for cpu in 0..N_CPUS {
                let own: Vec<&Did> = steps.iter().filter(|it| it.cpu == cpu).collect();
                assert!(own.windows(2).all(|it| it[0].end <= it[1].start), "{setup:?}");
            }
            if setup.per_cpu && setup.rcu {
                assert_eq!(world.spin_ns, 0, "nothing is shared");
            }
        }
    }

    #[test]
    fn each_remedy_takes_its_own_spinning_away() {
        let base = Setup {
            n_packets: 30,
            gap_ns: 100,
            per_cpu: false,
            rcu: false,
            budget: 4,
            ring: 64,
            irq_ns: 300,
            route_ns: 100,
            queue_ns: 100,
            copy_ns: 250,
            bounce_ns: 60,
        };
        let (shared, _) = all(&base);
        let (spread, _) = all(&Setup { per_cpu: true, ..base.clone() });
        let (both, _) = all(&Setup { per_cpu: true, rcu: true, ..base.clone() });
        assert!(both.spin_ns == 0 && 0 < spread.spin_ns && 0 < shared.spin_ns);
        assert!(both.end_ns < spread.end_ns && spread.end_ns < shared.end_ns);
    }
}
