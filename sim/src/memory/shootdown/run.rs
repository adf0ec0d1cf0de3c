//! Cores, their buffers, and the interrupts between them, event by event.

use super::tell;
use crate::engine::{Log, Shot};
use crate::error::ScenarioError;
use serde::Deserialize;
use std::collections::{BTreeMap, VecDeque};

/// Most cores; a set of cores is a byte.
pub(crate) const CORES_MAX: usize = 8;

/// What a core runs at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Runs {
    Same,
    Idle,
    Other,
}

/// A core, as the reader gives it.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct CoreLine {
    pub(crate) runs: Runs,
    pub(crate) irq_ns: u64,
}

/// What a line of the script does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Does {
    Read,
    Write,
    Munmap,
    Protect,
    Sleep,
    Wake,
}

/// One line of the script.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Line {
    pub(crate) at: u64,
    pub(crate) core: u8,
    pub(crate) does: Does,
    pub(crate) page: u32,
    pub(crate) pages: u32,
}

impl Line {
    /// The pages it is about, one bit each.
    pub(crate) const fn mask(&self) -> u64 {
        let n = if 64 <= self.pages { u64::MAX } else { (1 << self.pages) - 1 };
        n << self.page
    }
}

/// How the kernel and the machine behave.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    /// Pages of the process, from 0.
    pub(crate) n_pages: u32,
    /// Cores of the process hold all of them from the start.
    pub(crate) warm: bool,
    /// Idle cores are left out and catch up when they wake.
    pub(crate) lazy: bool,
    /// One round for all pages of a call.
    pub(crate) batch: bool,
    /// Frames are given away only when all cores have answered.
    pub(crate) wait: bool,
    /// More pages than this are dropped by dropping everything.
    pub(crate) ceiling: u32,
    pub(crate) ipi_ns: u64,
    pub(crate) handler_ns: u64,
    pub(crate) invlpg_ns: u64,
    pub(crate) flush_ns: u64,
}

/// What a core does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doing {
    User,
    Idle,
    Other,
    /// Changes tables and drops entries of its own.
    Changing,
    /// Waits until the others have answered.
    Waiting,
    /// Waits until another core has finished its change.
    Locked,
    /// Handles the interrupt.
    Handling,
}

/// One core.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Core {
    pub(crate) doing: Doing,
    /// What it goes back to after an interrupt.
    back: Doing,
    /// Pages that its TLB holds, one bit each.
    pub(crate) tlb: u64,
    /// Those of them that it may write.
    pub(crate) writable: u64,
    /// Whether it may hold pages of the process.
    pub(crate) member: bool,
    /// Whether it was left out of a round.
    pub(crate) behind: bool,
}

/// A change that is under way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Round {
    pub(crate) initiator: u8,
    pub(crate) does: Does,
    pub(crate) mask: u64,
    /// Whether everything is dropped instead of these pages.
    pub(crate) full: bool,
    /// Cores that are interrupted, left out, and have answered, one bit each.
    pub(crate) targets: u8,
    pub(crate) skipped: u8,
    pub(crate) acked: u8,
    sent_ns: u64,
}

/// Everything that is seen at one step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) cores: Vec<Core>,
    /// Pages that the tables map, one bit each.
    pub(crate) mapped: u64,
    pub(crate) writable: u64,
    /// Pages whose frame was given away.
    pub(crate) freed: u64,
    /// Pages of which the kernel has told that they are read-only now.
    pub(crate) sealed: u64,
    pub(crate) round: Option<Round>,
    /// Lines of the script that were begun.
    pub(crate) begun: Vec<bool>,
    pub(crate) totals: Totals,
}

/// Counts since the start.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Totals {
    pub(crate) n_rounds: u64,
    pub(crate) n_ipis: u64,
    pub(crate) n_acks: u64,
    pub(crate) n_skips: u64,
    pub(crate) n_full: u64,
    /// Time in which initiators waited for answers.
    pub(crate) stall_ns: u64,
    /// Time that handlers took from other cores.
    pub(crate) taken_ns: u64,
    pub(crate) n_walks: u64,
    pub(crate) n_faults: u64,
    /// Uses of a dropped page before the call returned.
    pub(crate) n_late: u64,
    /// Uses of a page whose frame was given away, or after the call returned.
    pub(crate) n_stale: u64,
}

/// What is due at a time.
#[derive(Debug, Clone, Copy)]
enum Event {
    Line(u32),
    /// The initiator's own work is done.
    Send(u8),
    /// A core takes the interrupt.
    Take(u8),
    /// Its handler ends.
    Ack(u8),
}

/// The machine and what is due on it.
pub(crate) struct Sim<'a> {
    settings: Settings,
    lines: &'a [CoreLine],
    script: &'a [Line],
    pub(crate) state: State,
    due: BTreeMap<(u64, u32), Event>,
    n_due: u32,
    pub(crate) now: u64,
    /// Lines that wait for their core, by core.
    pending: Vec<VecDeque<u32>>,
    /// Cores that wait for the lock, first come first served.
    queue: VecDeque<u8>,
    /// Pages that the present call has still to change, and how.
    left: Option<(Does, u64)>,
    /// The call of each core that waits for the lock.
    calls: [Option<(Does, u64)>; CORES_MAX],
}

type Done = Result<(), ScenarioError>;

impl<'a> Sim<'a> {
    pub(crate) fn new(settings: Settings, lines: &'a [CoreLine], script: &'a [Line]) -> Self {
        let all = if 64 <= settings.n_pages { u64::MAX } else { (1 << settings.n_pages) - 1 };
        let core = |line: &CoreLine| {
            let member = line.runs != Runs::Other;
            let tlb = if member && settings.warm { all } else { 0 };
            let doing = match line.runs {
                Runs::Same => Doing::User,
                Runs::Idle => Doing::Idle,
                Runs::Other => Doing::Other,
            };
            Core { doing, back: doing, tlb, writable: tlb, member, behind: false }
        };
        let state = State {
            cores: lines.iter().map(core).collect(),
            mapped: all,
            writable: all,
            freed: 0,
            sealed: 0,
            round: None,
            begun: vec![false; script.len()],
            totals: Totals::default(),
        };
        let pending = lines.iter().map(|_| VecDeque::new()).collect();
        let mut sim = Self {
            settings,
            lines,
            script,
            state,
            due: BTreeMap::new(),
            n_due: 0,
            now: 0,
            pending,
            queue: VecDeque::new(),
            left: None,
            calls: [None; CORES_MAX],
        };
        for (number, line) in (0..).zip(script) {
            sim.at(line.at, Event::Line(number));
        }
        sim
    }

    fn at(&mut self, time: u64, event: Event) {
        self.due.insert((time, self.n_due), event);
        self.n_due += 1;
    }

    fn log(&self, log: &mut Log<State>, tag: &'static str, say: String) -> Done {
        log.step(self.now, tag, || Shot::new(say, self.state.clone()))
    }

    /// Runs until nothing is due.
    pub(crate) fn run(&mut self, log: &mut Log<State>) -> Done {
        self.log(log, "start", tell::start(&self.state))?;
        while let Some(((time, _), event)) = self.due.pop_first() {
            self.now = time;
            match event {
                Event::Line(number) => {
                    let core = self.script[number as usize].core;
                    self.pending[usize::from(core)].push_back(number);
                    self.go_on(core, log)?;
                }
                Event::Send(core) => self.send(core, log)?,
                Event::Take(core) => self.take(core, log)?,
                Event::Ack(core) => self.ack(core, log)?,
            }
        }
        Ok(())
    }

    fn core(&mut self, core: u8) -> &mut Core {
        &mut self.state.cores[usize::from(core)]
    }

    /// Carries out the lines that wait for a core, as long as it is free.
    fn go_on(&mut self, core: u8, log: &mut Log<State>) -> Done {
        while matches!(self.core(core).doing, Doing::User | Doing::Idle | Doing::Other) {
            let Some(number) = self.pending[usize::from(core)].pop_front() else { break };
            self.state.begun[number as usize] = true;
            let line = self.script[number as usize];
            match line.does {
                Does::Sleep | Does::Wake => self.switch(line, log)?,
                _ if self.core(core).doing != Doing::User => {
                    self.log(log, "told", tell::absent(core))?;
                }
                Does::Read | Does::Write => self.touch(line, log)?,
                Does::Munmap | Does::Protect => self.call(line, log)?,
            }
        }
        Ok(())
    }

    fn switch(&mut self, line: Line, log: &mut Log<State>) -> Done {
        let was = *self.core(line.core);
        let wakes = line.does == Does::Wake;
        let core = self.core(line.core);
        core.doing = match (wakes, was.doing) {
            (true, _) => Doing::User,
            (false, Doing::User) => Doing::Idle,
            (false, doing) => doing,
        };
        if wakes && (was.behind || !was.member) {
            // It missed a round, or comes from another process.
            (core.tlb, core.writable) = (0, 0);
            (core.behind, core.member) = (false, true);
        }
        self.log(log, if wakes { "wake" } else { "sleep" }, tell::switch(line, was))
    }

    /// A read or a write of a thread on a core.
    fn touch(&mut self, line: Line, log: &mut Log<State>) -> Done {
        let State { mapped, writable, freed, sealed, .. } = self.state;
        let bit = 1_u64 << line.page;
        let write = line.does == Does::Write;
        let core = self.core(line.core);
        let held = core.tlb & bit != 0;
        let allowed = |map: u64, rights: u64| map & bit != 0 && (!write || rights & bit != 0);
        let table = allowed(mapped, writable);
        let tag = match (held && allowed(core.tlb, core.writable), table) {
            (true, true) => "hit",
            (true, false) if (freed | if write { sealed } else { 0 }) & bit != 0 => "stale_use",
            (true, false) => "late_use",
            // A miss, or an entry that forbids: the tables decide.
            (false, true) => {
                core.tlb |= bit;
                core.writable = core.writable & !bit | writable & bit;
                "walk"
            }
            (false, false) => {
                core.tlb &= !bit;
                "page_fault"
            }
        };
        let totals = &mut self.state.totals;
        match tag {
            "stale_use" => totals.n_stale += 1,
            "late_use" => totals.n_late += 1,
            "walk" => totals.n_walks += 1,
            "page_fault" => totals.n_faults += 1,
            _ => {}
        }
        let say = tell::touch(line, tag, mapped & bit != 0);
        log.step(self.now, tag, || {
            let shot = Shot::new(say, self.state.clone());
            let options = ["It goes through as it should", "It uses a stale entry", "#PF"];
            let answer = match tag {
                "hit" | "walk" => 0,
                "page_fault" => 2,
                _ => 1,
            };
            shot.ask("How does this access end?", options.map(str::to_owned).to_vec(), answer)
        })
    }

    /// munmap or mprotect: one call at a time.
    fn call(&mut self, line: Line, log: &mut Log<State>) -> Done {
        let call = (line.does, line.mask());
        if self.left.is_some() {
            self.calls[usize::from(line.core)] = Some(call);
            self.queue.push_back(line.core);
            self.core(line.core).doing = Doing::Locked;
            return self.log(log, "locked", tell::locked(line.core));
        }
        self.begin(line.core, call, log)
    }

    fn begin(&mut self, core: u8, (does, mask): (Does, u64), log: &mut Log<State>) -> Done {
        let mask = mask & self.state.mapped;
        if mask == 0 {
            self.log(log, "told", tell::nothing(core))?;
            return self.unlock(core, log);
        }
        self.left = Some((does, mask));
        self.round(core, log)
    }

    /// Begins the next round of the present call.
    fn round(&mut self, initiator: u8, log: &mut Log<State>) -> Done {
        let Some((does, left)) = self.left else { return Ok(()) };
        // A kernel that does not wait sends everything at once.
        let whole = self.settings.batch || !self.settings.wait;
        let mask = if whole { left } else { left & left.wrapping_neg() };
        self.left = Some((does, left & !mask));
        let full = self.settings.ceiling < mask.count_ones();
        match does {
            Does::Protect => self.state.writable &= !mask,
            _ => self.state.mapped &= !mask,
        }
        let core = self.core(initiator);
        core.doing = Doing::Changing;
        drop_pages(core, mask, full);
        self.state.totals.n_rounds += 1;
        self.state.totals.n_full += u64::from(full);
        let (targets, skipped, acked, sent_ns) = (0, 0, 0, self.now);
        let round = Round { initiator, does, mask, full, targets, skipped, acked, sent_ns };
        self.state.round = Some(round);
        self.at(self.now + self.price(round), Event::Send(initiator));
        self.log(log, tell::tag_of(does), tell::change(round, self.settings.ceiling))
    }

    /// Time to drop the pages of a round.
    fn price(&self, round: Round) -> u64 {
        match round.full {
            true => self.settings.flush_ns,
            false => self.settings.invlpg_ns * u64::from(round.mask.count_ones()),
        }
    }

    /// The initiator interrupts the cores that may hold the pages.
    fn send(&mut self, initiator: u8, log: &mut Log<State>) -> Done {
        let Some(mut round) = self.state.round else { return Ok(()) };
        let lazy = self.settings.lazy;
        for (number, core) in (0_u8..).zip(&mut self.state.cores) {
            if !core.member || number == initiator {
                continue;
            }
            if lazy && core.doing == Doing::Idle {
                core.behind = true;
                round.skipped |= 1 << number;
            } else {
                round.targets |= 1 << number;
            }
        }
        round.sent_ns = self.now;
        self.state.round = Some(round);
        self.state.totals.n_skips += u64::from(round.skipped.count_ones());
        self.state.totals.n_ipis += u64::from(round.targets.count_ones());
        let takes: Vec<(u8, u64)> =
            (0_u8..).zip(self.lines).map(|(at, line)| (at, line.irq_ns)).collect();
        for (core, irq_ns) in takes.into_iter().filter(|it| round.targets >> it.0 & 1 == 1) {
            self.at(self.now + self.settings.ipi_ns + irq_ns, Event::Take(core));
        }
        if round.targets == 0 {
            self.log(log, "ipi", tell::send(round))?;
            return self.finish(round, log);
        }
        self.core(initiator).doing = if self.settings.wait { Doing::Waiting } else { Doing::User };
        let members = self.members(initiator);
        log.step(self.now, "ipi", || {
            let shot = Shot::new(tell::send(round), self.state.clone());
            let (options, answer) = tell::who(round, members, self.state.cores.len());
            shot.ask("Which cores are interrupted?", options, answer)
        })?;
        if self.settings.wait {
            return Ok(());
        }
        self.give_away(round);
        self.log(log, "free", tell::too_early(round))?;
        self.go_on(initiator, log)
    }

    /// The other cores that may hold pages of the process.
    fn members(&self, initiator: u8) -> u8 {
        let bit = |(number, core): (u8, &Core)| {
            if core.member && number != initiator { 1 << number } else { 0 }
        };
        (0_u8..).zip(&self.state.cores).map(bit).fold(0, |all, it| all | it)
    }

    fn take(&mut self, number: u8, log: &mut Log<State>) -> Done {
        let Some(round) = self.state.round else { return Ok(()) };
        let core = self.core(number);
        let was = core.doing;
        (core.back, core.doing) = (was, Doing::Handling);
        let ns = self.settings.handler_ns + self.price(round);
        self.state.totals.taken_ns += ns;
        self.at(self.now + ns, Event::Ack(number));
        self.log(log, "interrupt", tell::take(number, was, round))
    }

    fn ack(&mut self, number: u8, log: &mut Log<State>) -> Done {
        let Some(mut round) = self.state.round else { return Ok(()) };
        let core = self.core(number);
        core.doing = core.back;
        drop_pages(core, round.mask, round.full);
        round.acked |= 1 << number;
        self.state.round = Some(round);
        self.state.totals.n_acks += 1;
        self.log(log, "ack", tell::ack(number, round))?;
        if round.acked == round.targets {
            self.finish(round, log)?;
        }
        self.go_on(number, log)
    }

    fn give_away(&mut self, round: Round) {
        match round.does {
            Does::Protect => self.state.sealed |= round.mask,
            _ => self.state.freed |= round.mask,
        }
    }

    /// All have answered.
    fn finish(&mut self, round: Round, log: &mut Log<State>) -> Done {
        let initiator = round.initiator;
        if self.settings.wait || round.targets == 0 {
            self.state.totals.stall_ns += self.now - round.sent_ns;
            self.give_away(round);
            self.core(initiator).doing = Doing::User;
            self.log(log, "free", tell::free(round))?;
        }
        if self.left.is_some_and(|it| it.1 != 0) {
            return self.round(initiator, log);
        }
        self.unlock(initiator, log)
    }

    fn unlock(&mut self, core: u8, log: &mut Log<State>) -> Done {
        self.left = None;
        self.state.round = None;
        if let Some(next) = self.queue.pop_front()
            && let Some(call) = self.calls[usize::from(next)].take()
        {
            self.core(next).doing = Doing::User;
            self.begin(next, call, log)?;
        }
        self.go_on(core, log)
    }
}

fn drop_pages(core: &mut Core, mask: u64, full: bool) {
    core.tlb &= if full { 0 } else { !mask };
    core.writable &= core.tlb;
}
