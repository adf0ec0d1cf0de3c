//! One CPU and the packets of one card, step by step.

use super::receive_path::{Design, Scenario};
use crate::engine::{Log, Shot};
use crate::error::ScenarioError;
use crate::words::count;
use std::collections::VecDeque;

/// Who has the CPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Handler,
    Softirq,
    Thread,
    Program,
}

pub(super) const WHO: [(Who, &str); 4] = [
    (Who::Handler, "handler"),
    (Who::Softirq, "softirq"),
    (Who::Thread, "thread"),
    (Who::Program, "program"),
];

/// Who polls the ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Poll {
    /// Nobody: interrupts are on.
    Off,
    /// The softirq, which has taken so many packets.
    Softirq(u64),
    /// The thread, in turns with the program: whose turn it is, and what is left of it.
    Thread { is_program: bool, left: u64 },
}

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(super) now: u64,
    pub(super) n_arrived: u64,
    pub(super) ring: VecDeque<u64>,
    pub(super) queue: VecDeque<u64>,
    pub(super) socket: VecDeque<u64>,
    /// The last packets that reached the program, and the last ones that were lost.
    pub(super) done: VecDeque<u64>,
    pub(super) lost: VecDeque<u64>,
    pub(super) poll: Poll,
    /// Who had the CPU since the last step.
    pub(super) ran: Vec<(u64, u64, Who)>,
    pub(super) n_delivered: u64,
    /// Of these, while packets were still coming.
    pub(super) n_in_time: u64,
    pub(super) latency_ns: u64,
    pub(super) n_lost_ring: u64,
    pub(super) n_lost_queue: u64,
    pub(super) n_lost_socket: u64,
    pub(super) n_interrupts: u64,
    pub(super) n_budget: u64,
    pub(super) wasted_ns: u64,
}

impl State {
    pub(super) const fn n_lost(&self) -> u64 {
        self.n_lost_ring + self.n_lost_queue + self.n_lost_socket
    }
}

/// Packets that are still shown when they are done or lost.
const SHOWN: usize = 8;

type Done = Result<(), ScenarioError>;

pub(super) struct Sim<'a> {
    scenario: &'a Scenario,
    pub(super) state: State,
    /// What is left to do for the first packet of the protocols, and of the socket; 0 if not begun.
    protocol_left: u64,
    program_left: u64,
    /// Every packet that reached the program, for tests.
    #[cfg(test)]
    pub(super) order: Vec<(u64, u64)>,
}

fn keep(list: &mut VecDeque<u64>, packet: u64) {
    list.push_front(packet);
    list.truncate(SHOWN);
}

/// How a packet is called.
pub(super) const fn name(packet: u64) -> u64 {
    packet + 1
}

impl<'a> Sim<'a> {
    pub(super) fn new(scenario: &'a Scenario) -> Self {
        let state = State {
            now: 0,
            n_arrived: 0,
            ring: VecDeque::new(),
            queue: VecDeque::new(),
            socket: VecDeque::new(),
            done: VecDeque::new(),
            lost: VecDeque::new(),
            poll: Poll::Off,
            ran: Vec::new(),
            n_delivered: 0,
            n_in_time: 0,
            latency_ns: 0,
            n_lost_ring: 0,
            n_lost_queue: 0,
            n_lost_socket: 0,
            n_interrupts: 0,
            n_budget: 0,
            wasted_ns: 0,
        };
        Self {
            scenario,
            state,
            protocol_left: 0,
            program_left: 0,
            #[cfg(test)]
            order: Vec::new(),
        }
    }

    fn step(
        &mut self,
        log: &mut Log<State>,
        tag: &'static str,
        say: impl FnOnce() -> String,
    ) -> Done {
        log.step(self.state.now, tag, || Shot::new(say(), self.state.clone()))?;
        self.state.ran.clear();
        Ok(())
    }

    pub(super) fn run(&mut self, log: &mut Log<State>) -> Done {
        let n = self.scenario.packets;
        self.step(log, "start", || {
            format!(
                "The CPU is idle and the card's interrupts are on; {} will come.",
                count(n, "packets")
            )
        })?;
        self.arrive(0, log)?;
        loop {
            if self.may_interrupt() {
                self.handle(log)?;
            } else if self.scenario.design == Design::Interrupts && !self.state.queue.is_empty() {
                self.protocol(Who::Softirq, u64::MAX, log)?;
            } else if let Poll::Softirq(_) = self.state.poll {
                self.protocol(Who::Softirq, u64::MAX, log)?;
            } else if let Poll::Thread { is_program, left } = self.state.poll {
                self.turn(is_program, left, log)?;
            } else if !self.state.socket.is_empty() {
                self.program(u64::MAX, log)?;
            } else if let Some(next) = self.next_arrival() {
                self.arrive(next, log)?;
            } else {
                let (n, lost) = (self.state.n_delivered, self.state.n_lost());
                let lost = if lost == 0 { "none".to_owned() } else { lost.to_string() };
                return self.step(log, "end", || {
                    format!(
                        "The CPU is idle: {} have reached the program, and {lost} were lost.",
                        count(n, "packets")
                    )
                });
            }
        }
    }

    fn next_arrival(&self) -> Option<u64> {
        let next = self.state.n_arrived;
        (next < self.scenario.packets).then(|| self.scenario.arrival(next))
    }

    fn may_interrupt(&self) -> bool {
        self.state.poll == Poll::Off && !self.state.ring.is_empty()
    }

    /// Time goes on; packets come into the ring.
    fn arrive(&mut self, until: u64, log: &mut Log<State>) -> Done {
        while let Some(at) = self.next_arrival().filter(|it| *it <= until) {
            let packet = self.state.n_arrived;
            self.state.now = at.max(self.state.now);
            self.state.n_arrived += 1;
            if self.state.ring.len() < self.scenario.ring {
                self.state.ring.push_back(packet);
                continue;
            }
            self.state.n_lost_ring += 1;
            keep(&mut self.state.lost, packet);
            self.step(log, "lost", || {
                let name = name(packet);
                format!(
                    "Packet {name} is lost, because the ring is full; it has cost the CPU nothing."
                )
            })?;
        }
        self.state.now = until;
        Ok(())
    }

    /// Somebody has the CPU, for so long.
    fn spend(&mut self, who: Who, ns: u64, log: &mut Log<State>) -> Done {
        let start = self.state.now;
        self.arrive(start + ns, log)?;
        match self.state.ran.last_mut() {
            Some(last) if last.1 == start && last.2 == who => last.1 = start + ns,
            _ => self.state.ran.push((start, start + ns, who)),
        }
        Ok(())
    }

    /// How long something may run until a packet interrupts it.
    fn until_interrupt(&self) -> u64 {
        match (self.state.poll, self.next_arrival()) {
            (Poll::Off, Some(next)) => next.saturating_sub(self.state.now),
            _ => u64::MAX,
        }
    }

    fn handle(&mut self, log: &mut Log<State>) -> Done {
        self.state.n_interrupts += 1;
        let packet = self.state.ring.front().copied().unwrap_or_default();
        self.spend(Who::Handler, self.scenario.interrupt_ns, log)?;
        if self.scenario.design == Design::Napi {
            let is_threaded = self.scenario.threaded;
            self.state.poll = match is_threaded {
                true => Poll::Thread { is_program: true, left: self.scenario.slice_ns },
                false => Poll::Softirq(0),
            };
            return self.step(log, "interrupt", || {
                let name = name(packet);
                let asked = if is_threaded { "wakes the polling thread" } else { "asks for a softirq" };
                format!(
                    "Packet {name} has interrupted: the handler turns the card's interrupts off and {asked}, because \
                     more packets may follow."
                )
            });
        }
        self.state.ring.pop_front();
        if self.state.queue.len() < self.scenario.queue {
            self.state.queue.push_back(packet);
            return self.step(log, "interrupt", || {
                let name = name(packet);
                format!("Packet {name} has interrupted: the handler puts it into the queue of the protocols.")
            });
        }
        self.state.n_lost_queue += 1;
        self.state.wasted_ns += self.scenario.interrupt_ns;
        keep(&mut self.state.lost, packet);
        self.step(log, "lost", || {
            let name = name(packet);
            format!(
                "Packet {name} has interrupted and is lost, because the queue is full: the softirq that would empty it \
                 never gets the CPU from the handler."
            )
        })
    }

    /// The protocols work on a packet, at most for so long: the first of their queue, or of the ring.
    fn protocol(&mut self, who: Who, most: u64, log: &mut Log<State>) -> Result<(), ScenarioError> {
        if self.protocol_left == 0 {
            self.protocol_left = self.scenario.protocol_ns;
        }
        let ns = self.protocol_left.min(most).min(self.until_interrupt());
        self.spend(who, ns, log)?;
        self.protocol_left -= ns;
        if self.protocol_left != 0 {
            return Ok(());
        }
        let is_poll = self.scenario.design == Design::Napi;
        let from = if is_poll { &mut self.state.ring } else { &mut self.state.queue };
        let packet = from.pop_front().unwrap_or_default();
        let is_lost = self.scenario.socket <= self.state.socket.len();
        if is_lost {
            self.state.n_lost_socket += 1;
            let before = if is_poll { 0 } else { self.scenario.interrupt_ns };
            self.state.wasted_ns += before + self.scenario.protocol_ns;
            keep(&mut self.state.lost, packet);
        } else {
            self.state.socket.push_back(packet);
        }
        let after = if is_poll { self.polled(who) } else { "" };
        let name = name(packet);
        let (what, tag) = match is_lost {
            true => (format!("Packet {name} is lost, because the socket's queue is full"), "lost"),
            false => (
                format!("Packet {name} is through the protocols and waits at the socket"),
                "protocol",
            ),
        };
        match after {
            "" => self.step(log, tag, || format!("{what}.")),
            "complete" => self.step(log, "complete", || {
                format!(
                    "{what}; the ring is empty, so polling ends and the card may interrupt again."
                )
            }),
            _ => self.spent_budget(&what, log),
        }
    }

    /// A packet has been polled: what follows.
    fn polled(&mut self, who: Who) -> &'static str {
        if self.state.ring.is_empty() {
            self.state.poll = Poll::Off;
            return "complete";
        }
        let Poll::Softirq(n) = self.state.poll else { return "" };
        if who == Who::Softirq && n + 1 < self.scenario.budget {
            self.state.poll = Poll::Softirq(n + 1);
            return "";
        }
        self.state.n_budget += 1;
        self.state.poll = Poll::Thread { is_program: true, left: self.scenario.slice_ns };
        "budget"
    }

    fn spent_budget(&mut self, what: &str, log: &mut Log<State>) -> Done {
        let is_idle = self.state.socket.is_empty();
        log.step(self.state.now, "budget", || {
            let say = format!(
                "{what}; the budget is used up with packets left, so ksoftirqd goes on as a thread and the program \
                 gets its share."
            );
            let options = ["the softirq", "ksoftirqd", "the program"].map(str::to_owned).to_vec();
            Shot::new(say, self.state.clone())
                .ask("The budget is used up. Who runs next?", options, if is_idle { 1 } else { 2 })
        })?;
        self.state.ran.clear();
        Ok(())
    }

    /// A turn of the program or of the thread, up to where a packet is done.
    fn turn(&mut self, is_program: bool, left: u64, log: &mut Log<State>) -> Done {
        let slice = self.scenario.slice_ns;
        if left == 0 || is_program && self.state.socket.is_empty() {
            self.state.poll = Poll::Thread { is_program: !is_program, left: slice };
            return Ok(());
        }
        let work = match (is_program, self.program_left, self.protocol_left) {
            (true, 0, _) => self.scenario.program_ns,
            (true, rest, _) | (false, _, rest) if rest != 0 => rest,
            _ => self.scenario.protocol_ns,
        };
        let ns = work.min(left);
        self.state.poll = Poll::Thread { is_program, left: left - ns };
        match is_program {
            true => self.program(ns, log),
            false => self.protocol(Who::Thread, ns, log),
        }
    }

    /// The program works on the first packet of its socket, at most for so long.
    fn program(&mut self, most: u64, log: &mut Log<State>) -> Done {
        if self.program_left == 0 {
            self.program_left = self.scenario.program_ns;
        }
        let ns = self.program_left.min(most).min(self.until_interrupt());
        self.spend(Who::Program, ns, log)?;
        self.program_left -= ns;
        if self.program_left != 0 {
            return Ok(());
        }
        let packet = self.state.socket.pop_front().unwrap_or_default();
        self.state.n_delivered += 1;
        self.state.n_in_time +=
            u64::from(self.state.now <= self.scenario.arrival(self.scenario.packets));
        let latency = self.state.now - self.scenario.arrival(packet);
        self.state.latency_ns += latency;
        keep(&mut self.state.done, packet);
        #[cfg(test)]
        self.order.push((packet, self.state.now));
        self.step(log, "program", || {
            format!(
                "The program is done with packet {}, {} after it arrived.",
                name(packet),
                crate::words::grouped_count(latency, "ns")
            )
        })
    }
}
