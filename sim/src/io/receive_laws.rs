//! What the receive path keeps: no packet twice or out of order, and the same as tick by tick.

use super::receive_path::{Design, ReceivePath, Scenario};
use super::receive_run::{Poll, Sim, Who};
use crate::engine::{Engine, Log, typed};
use crate::form::check;
use crate::{Mode, Rng, Run, engine};
use serde_json::{Value, json};

fn read(scenario: &Value) -> Scenario {
    typed(&check(ReceivePath::FORM, scenario).unwrap()).unwrap()
}

fn run(scenario: &Value) -> Run {
    let found = engine("io/receive_path").unwrap().run(scenario, Mode::MetricsOnly);
    found.unwrap_or_else(|error| panic!("{scenario}: {error}"))
}

fn metric(scenario: &Value, key: &str) -> u64 {
    run(scenario).metric(key).unwrap() as u64
}

fn random(rng: &mut Rng) -> Value {
    json!({"design": (["napi", "interrupts"][rng.below(2) as usize]), "packets": rng.between(1, 60),
        "gap_ns": rng.between(10, 40), "burst": rng.between(1, 20), "pause_ns": rng.below(300),
        "ring": rng.between(1, 8), "queue": rng.between(1, 8), "socket": rng.between(1, 8),
        "budget": rng.between(1, 9), "threaded": rng.below(3) == 0, "slice_ns": 1_000, "interrupt_ns": rng.between(1, 30),
        "protocol_ns": rng.between(1, 30), "program_ns": rng.between(1, 30)})
}

/// The path once more, one ns after the other: who has the CPU is asked at each of them.
struct Slow<'a> {
    s: &'a Scenario,
    ring: Vec<u64>,
    queue: Vec<u64>,
    socket: Vec<u64>,
    delivered: Vec<(u64, u64)>,
    lost: u64,
    /// What is left to do in the handler, for a packet of the protocols, and for one of the program.
    left: [u64; 3],
    masked: bool,
    /// Packets polled by the softirq; none once the thread polls.
    polled: Option<u64>,
    is_program: bool,
    slice: u64,
}

impl Slow<'_> {
    fn who(&mut self) -> Option<Who> {
        if self.left[0] != 0 || !self.masked && !self.ring.is_empty() {
            return Some(Who::Handler);
        }
        let has_program = !self.socket.is_empty();
        if self.s.design == Design::Interrupts {
            return match (self.queue.is_empty(), has_program) {
                (false, _) => Some(Who::Softirq),
                (true, true) => Some(Who::Program),
                (true, false) => None,
            };
        }
        match (self.masked, self.polled) {
            (false, _) => has_program.then_some(Who::Program),
            (true, Some(_)) => Some(Who::Softirq),
            (true, None) => {
                if self.slice == 0 || self.is_program && !has_program {
                    (self.is_program, self.slice) = (!self.is_program, self.s.slice_ns);
                }
                if self.is_program && !has_program {
                    (self.is_program, self.slice) = (false, self.s.slice_ns);
                }
                self.slice -= 1;
                Some(if self.is_program { Who::Program } else { Who::Thread })
            }
        }
    }

    fn work(&mut self, who: Who, end: u64) {
        let (at, whole) = match who {
            Who::Handler => (0, self.s.interrupt_ns),
            Who::Softirq | Who::Thread => (1, self.s.protocol_ns),
            Who::Program => (2, self.s.program_ns),
        };
        if self.left[at] == 0 {
            self.left[at] = whole;
        }
        self.left[at] -= 1;
        if self.left[at] != 0 {
            return;
        }
        match (who, self.s.design) {
            (Who::Program, _) => self.delivered.push((self.socket.remove(0), end)),
            (Who::Handler, Design::Napi) => {
                (self.masked, self.polled) = (true, (!self.s.threaded).then_some(0));
                (self.is_program, self.slice) = (true, self.s.slice_ns);
            }
            (Who::Handler, Design::Interrupts) => {
                let packet = self.ring.remove(0);
                put(&mut self.queue, packet, self.s.queue, &mut self.lost);
            }
            (Who::Softirq | Who::Thread, Design::Interrupts) => {
                let packet = self.queue.remove(0);
                put(&mut self.socket, packet, self.s.socket, &mut self.lost);
            }
            (Who::Softirq | Who::Thread, Design::Napi) => {
                let packet = self.ring.remove(0);
                put(&mut self.socket, packet, self.s.socket, &mut self.lost);
                self.polled = self.polled.map(|it| it + 1);
                if self.ring.is_empty() {
                    self.masked = false;
                } else if self.polled == Some(self.s.budget) {
                    (self.polled, self.is_program, self.slice) = (None, true, self.s.slice_ns);
                }
            }
        }
    }
}

fn put(list: &mut Vec<u64>, packet: u64, most: usize, lost: &mut u64) {
    if list.len() < most { list.push(packet) } else { *lost += 1 }
}

/// What reaches the program and when, and how many are lost.
fn slow(s: &Scenario) -> (Vec<(u64, u64)>, u64) {
    let mut slow = Slow {
        s,
        ring: Vec::new(),
        queue: Vec::new(),
        socket: Vec::new(),
        delivered: Vec::new(),
        lost: 0,
        left: [0; 3],
        masked: false,
        polled: None,
        is_program: false,
        slice: 0,
    };
    let mut next = 0;
    for now in 0.. {
        // What was done in the ns before ends first, then packets come.
        while next < s.packets && s.arrival(next) <= now {
            put(&mut slow.ring, next, s.ring, &mut slow.lost);
            next += 1;
        }
        match slow.who() {
            Some(who) => slow.work_until(who, now + 1, &mut next),
            None if next == s.packets => break,
            None => {}
        }
    }
    (slow.delivered, slow.lost)
}

impl Slow<'_> {
    /// A ns of work; a packet that comes at its end is in the ring before the work is over.
    fn work_until(&mut self, who: Who, end: u64, next: &mut u64) {
        while *next < self.s.packets && self.s.arrival(*next) <= end {
            put(&mut self.ring, *next, self.s.ring, &mut self.lost);
            *next += 1;
        }
        self.work(who, end);
    }
}

#[test]
fn the_same_packets_arrive_at_the_same_ns_as_tick_by_tick() {
    let mut rng = Rng::new(97);
    let (mut n_lost, mut n_budget) = (0, 0);
    for _ in 0..400 {
        let scenario = read(&random(&mut rng));
        let mut sim = Sim::new(&scenario);
        sim.run(&mut Log::new(Mode::MetricsOnly)).unwrap();
        let (delivered, lost) = slow(&scenario);
        assert_eq!(sim.order, delivered, "{scenario:?}");
        assert_eq!(sim.state.n_lost(), lost);
        // Nothing is left, doubled or out of order.
        assert_eq!(sim.state.n_delivered + lost, scenario.packets);
        assert!(delivered.windows(2).all(|it| it[0].0 < it[1].0));
        n_lost += lost;
        n_budget += sim.state.n_budget;
    }
    assert!(1_000 < n_lost && 100 < n_budget, "{n_lost} {n_budget}");
}

#[test]
fn no_handler_runs_while_interrupts_are_off() {
    let mut rng = Rng::new(98);
    for _ in 0..100 {
        let mut scenario = random(&mut rng);
        scenario["design"] = json!("napi");
        let mut log = Log::new(Mode::Frames);
        ReceivePath::run(&read(&scenario), &mut log).unwrap();
        for pair in log.frames().windows(2) {
            let (before, after) = (&pair[0].state, &pair[1].state);
            let is_handled = after.ran.iter().any(|it| it.2 == Who::Handler);
            assert!(!is_handled || before.poll == Poll::Off, "{scenario}");
        }
    }
}

#[test]
fn pure_interrupts_collapse_and_polling_stays_flat() {
    let delivered = |design: &str, gap_ns: u64| {
        let scenario =
            json!({"design": design, "packets": 400, "gap_ns": gap_ns, "threaded": true});
        metric(&scenario, "n_in_time")
    };
    // A packet each 6 µs: both keep up, since a packet takes 5.
    assert!(395 < delivered("interrupts", 6_000) && 395 < delivered("napi", 6_000));
    // A packet each 2 µs: the handler has the whole CPU, and nothing gets beyond it.
    assert_eq!(delivered("interrupts", 2_000), 0);
    assert!(150 < delivered("napi", 2_000));
    // In a softirq, which comes before the program, polling alone does not save it.
    let softirq = json!({"design": "napi", "packets": 400, "gap_ns": 2_000});
    assert!(metric(&softirq, "n_in_time") < 100);
    // Packets that are lost cost nothing in the ring, and an interrupt or more behind it.
    let napi = json!({"design": "napi", "packets": 400, "gap_ns": 500, "threaded": true});
    assert!(metric(&napi, "n_lost_later") < metric(&napi, "n_lost_ring"));
    let pure = json!({"design": "interrupts", "packets": 400, "gap_ns": 1_500});
    assert!(200 * 2_000 < metric(&pure, "wasted_ns"));
}

#[test]
fn few_packets_cost_an_interrupt_each_in_both_designs() {
    for design in ["napi", "interrupts"] {
        let scenario = json!({"design": design, "packets": 20, "gap_ns": 20_000});
        assert_eq!(metric(&scenario, "n_interrupts"), 20);
        assert_eq!(run(&scenario).metric("latency_ns_mean"), Some(5_000.0));
    }
    let burst = json!({"design": "napi", "packets": 8, "gap_ns": 500});
    assert_eq!(metric(&burst, "n_interrupts"), 1);
}
