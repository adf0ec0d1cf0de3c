//! The loop: one reference a tick, a disk that serves one page at a time, and who is let in.
//!
//! One reference costs O(1), a fault O(frames + processes). Time jumps while the CPU is idle.

use super::process::{Phase, Process, ProcessIdx, Program};
use super::state::{Brief, Control, Scenario, Scope, State, Tally, name};
use super::store::{Held, Store};
use crate::engine::{Better, FRAMES_MAX, Log, Shot};
use crate::error::ScenarioError;
use crate::memory::words::count;
use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

/// Most processes among which a learner is asked to choose.
const OPTIONS_MAX: usize = 8;

/// Runs the processes for the whole time, logging every step, then the metrics.
pub(crate) fn simulate(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
    let locality_pages = scenario.locality_pages.min(scenario.pages);
    let program = Program {
        pages: scenario.pages,
        locality_pages,
        phase_references: scenario.phase_references,
        window_references: scenario.window_references,
    };
    let n = scenario.processes;
    let process = |idx| Process::new(program, idx, u64::from(n), scenario.seed);
    let mut system = System {
        scenario,
        now: 0,
        processes: (0..n).map(process).collect(),
        store: Store::new(scenario.frames, usize::from(n), scenario.pages),
        cpu: None,
        quantum_left: 0,
        ready: (0..n).collect(),
        disk: VecDeque::new(),
        disk_until: 0,
        suspended: VecDeque::new(),
        n_admitted: u64::from(n),
        idle_is_told: false,
        tally: Tally::default(),
        n_steps: 0,
        last_kept: 0,
        end: Arc::default(),
    };
    system.run(log)?;
    let _ = system.end.set(system.last_kept);
    system.metrics(log);
    Ok(())
}

struct System<'a> {
    scenario: &'a Scenario,
    now: u64,
    processes: Vec<Process>,
    store: Store,
    cpu: Option<ProcessIdx>,
    quantum_left: u64,
    ready: VecDeque<ProcessIdx>,
    /// Process and frame; the first one is served.
    disk: VecDeque<(ProcessIdx, usize)>,
    disk_until: u64,
    suspended: VecDeque<ProcessIdx>,
    n_admitted: u64,
    idle_is_told: bool,
    tally: Tally,
    n_steps: usize,
    last_kept: u64,
    end: Arc<OnceLock<u64>>,
}

impl System<'_> {
    fn run(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        while self.now < self.scenario.horizon_ticks {
            self.finish_page(log)?;
            self.finish_io(log)?;
            self.admit(log)?;
            let Some(process) = self.dispatch(log)? else {
                self.idle(log)?;
                continue;
            };
            let page = self.process(process).wants();
            if !self.store.touch(process, page, self.now) {
                self.fault(process, page, log)?;
                continue;
            }
            self.now += 1;
            self.tally.busy_ticks += 1;
            self.quantum_left -= 1;
            self.process(process).used();
            self.leave_cpu(process, log)?;
        }
        Ok(())
    }

    fn process(&mut self, process: ProcessIdx) -> &mut Process {
        &mut self.processes[usize::from(process)]
    }

    fn phase(&mut self, process: ProcessIdx, phase: Phase) {
        self.process(process).phase = phase;
        if phase == Phase::Ready {
            self.ready.push_back(process);
        }
    }

    /// The disk has read a page.
    fn finish_page(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        while let Some(&(process, frame)) = self.disk.front() {
            if self.now < self.disk_until {
                break;
            }
            self.disk.pop_front();
            self.store.end(frame, self.now);
            self.phase(process, Phase::Ready);
            self.serve();
            self.step(log, "page_in", |system| {
                let page = system.store.frames[frame].map_or(0, |it| it.page);
                format!(
                    "{} has its page {page} in frame {frame} now and joins the ready queue.",
                    name(process)
                )
            })?;
        }
        Ok(())
    }

    /// The disk begins with the first that waits.
    fn serve(&mut self) {
        if !self.disk.is_empty() {
            let service = self.scenario.service_ticks;
            self.disk_until = self.now + service;
            self.tally.disk_ticks += service.min(self.scenario.horizon_ticks - self.now);
        }
    }

    fn finish_io(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        for process in 0..self.scenario.processes {
            let it = self.process(process);
            if it.phase == Phase::Io && it.io_until <= self.now {
                self.phase(process, Phase::Ready);
                self.step(log, "io_done", |_| {
                    format!("{} has done its I/O and joins the ready queue.", name(process))
                })?;
            }
        }
        Ok(())
    }

    /// Whoever has the CPU, or gets it now.
    fn dispatch(&mut self, log: &mut Log<State>) -> Result<Option<ProcessIdx>, ScenarioError> {
        if self.cpu.is_some() {
            return Ok(self.cpu);
        }
        let Some(process) = self.ready.pop_front() else { return Ok(None) };
        self.cpu = Some(process);
        self.quantum_left = self.scenario.quantum_ticks;
        self.idle_is_told = false;
        self.phase(process, Phase::Running);
        self.step(log, "dispatch", |_| {
            format!("{} runs, because it was at the head of the ready queue.", name(process))
        })?;
        Ok(Some(process))
    }

    /// Ends the stretch on the CPU if the process has I/O to do or has had its quantum.
    fn leave_cpu(
        &mut self,
        process: ProcessIdx,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        let Scenario { io_ticks, compute_references, quantum_ticks, .. } = *self.scenario;
        if io_ticks != 0 && self.process(process).since_io == compute_references {
            let until = self.now + io_ticks;
            let it = self.process(process);
            it.since_io = 0;
            it.io_until = until;
            self.cpu = None;
            self.phase(process, Phase::Io);
            return self.step(log, "io", |_| {
                let (name, done) = (name(process), count(compute_references, "references"));
                format!("{name} leaves the CPU for I/O until {until}, because its {done} are done.")
            });
        }
        if self.quantum_left != 0 {
            return Ok(());
        }
        self.quantum_left = quantum_ticks;
        if self.ready.is_empty() {
            return Ok(());
        }
        self.cpu = None;
        self.phase(process, Phase::Ready);
        self.step(log, "expire", |_| {
            let (name, quantum) = (name(process), count(quantum_ticks, "ticks"));
            format!("{name} goes to the tail of the ready queue, because its {quantum} are over.")
        })
    }

    /// Nothing can run: time goes on to the next thing that ends.
    fn idle(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        if !self.idle_is_told {
            self.idle_is_told = true;
            self.step(log, "idle", |system| {
                let n = |phase| system.processes.iter().filter(|it| it.phase == phase).count();
                let (n_paging, n_io) = (n(Phase::Paging), n(Phase::Io));
                format!(
                    "The CPU is idle, because every process waits: {n_paging} for a page, {n_io} \
                     for I/O."
                )
            })?;
        }
        let io = self.processes.iter().filter(|it| it.phase == Phase::Io).map(|it| it.io_until);
        let disk = if self.disk.is_empty() { None } else { Some(self.disk_until) };
        let next = io.chain(disk).min().unwrap_or(self.scenario.horizon_ticks);
        self.now = next.max(self.now + 1).min(self.scenario.horizon_ticks);
        Ok(())
    }

    /// The process waits for a page.
    fn fault(
        &mut self,
        process: ProcessIdx,
        page: u32,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        let it = self.process(process);
        let gap = it.n_references - it.fault_at;
        let is_in = match self.scenario.control {
            Control::None => true,
            Control::WorkingSet => self.fit_working_sets(process, log)?,
            Control::PageFaultFrequency => self.fit_frequency(process, gap, log)?,
        };
        if !is_in {
            return Ok(());
        }
        let owners: Vec<ProcessIdx> = self.owners();
        let Some((frame, victim)) = self.make_room(process) else {
            // Every frame waits for the disk; the next tick may be better.
            self.now += 1;
            return Ok(());
        };
        self.tally.n_faults += 1;
        self.store.begin(frame, process, page, self.now);
        let it = self.process(process);
        it.fault_at = it.n_references;
        it.n_faults += 1;
        it.n_resident += 1;
        self.cpu = None;
        self.phase(process, Phase::Paging);
        self.disk.push_back((process, frame));
        if self.disk.len() == 1 {
            self.serve();
        }
        self.step_with(log, "fault", |system| {
            let say = system.say_fault(process, page, frame, victim);
            let shot = Shot::new(say, system.state());
            let answer = victim.and_then(|it| owners.iter().position(|own| *own == it.owner));
            let options = owners.iter().map(|it| name(*it)).collect();
            shot.ask("Whose page has to go?", options, answer.unwrap_or(usize::MAX))
        })
    }

    /// A frame for one more page, and the page that had to go for it.
    fn make_room(&mut self, process: ProcessIdx) -> Option<(usize, Option<Held>)> {
        if let Some(frame) = self.take_free(process) {
            return Some((frame, None));
        }
        let frame = self.victim(process)?;
        let held = self.store.drop_page(frame)?;
        self.process(held.owner).n_resident -= 1;
        Some((frame, Some(held)))
    }

    /// Processes that have pages in memory; none if they are too many to choose from.
    fn owners(&self) -> Vec<ProcessIdx> {
        let all = (0..self.scenario.processes).zip(&self.processes);
        let owners: Vec<ProcessIdx> =
            all.filter(|(_, it)| 0 < it.n_resident).map(|it| it.0).collect();
        if OPTIONS_MAX < owners.len() { Vec::new() } else { owners }
    }

    fn say_fault(
        &self,
        process: ProcessIdx,
        page: u32,
        frame: usize,
        victim: Option<Held>,
    ) -> String {
        let from = match victim {
            None => "which is free".to_owned(),
            Some(held) if held.owner == process => {
                format!("from its own page {}, unused for longest", held.page)
            }
            Some(held) => {
                format!("from page {} of {}, unused for longest", held.page, name(held.owner))
            }
        };
        let others = match self.disk.len() - 1 {
            0 => "the disk".to_owned(),
            n => format!("the disk behind {}", count(n as u64, "others")),
        };
        format!(
            "{} faults on page {page}, takes frame {frame} {from}, and waits for {others}.",
            name(process)
        )
    }

    /// A free frame that the process may take.
    fn take_free(&self, process: ProcessIdx) -> Option<usize> {
        let share = self.scenario.frames / u32::from(self.scenario.processes);
        let is_full = share <= self.processes[usize::from(process)].n_resident;
        if self.is_local() && is_full { None } else { self.store.free_frame() }
    }

    /// Shares are fixed only where nobody controls the load.
    fn is_local(&self) -> bool {
        self.scenario.replacement == Scope::Local && self.scenario.control == Control::None
    }

    /// The frame whose page goes: the one used longest ago, of those that may.
    fn victim(&self, process: ProcessIdx) -> Option<usize> {
        let oldest = |own: bool| {
            self.store.lowest(|held| (!own || held.owner == process).then_some(held.used_at))
        };
        match self.scenario.control {
            Control::None if self.is_local() => oldest(true),
            Control::None => oldest(false),
            Control::WorkingSet => self.store.lowest(|held| {
                let works = self.processes[usize::from(held.owner)].works_on(held.page);
                Some((works, held.used_at))
            }),
            Control::PageFaultFrequency => oldest(true).or_else(|| oldest(false)),
        }
    }

    /// Suspends processes until the working sets fit; whether this one is still in.
    fn fit_working_sets(
        &mut self,
        process: ProcessIdx,
        log: &mut Log<State>,
    ) -> Result<bool, ScenarioError> {
        loop {
            let need = self.working_total();
            let frames = self.scenario.frames;
            if need <= frames {
                return Ok(true);
            }
            let why =
                format!("the working sets need {need} frames together and there are {frames}");
            match self.suspend_one(&why, log)? {
                None => return Ok(true),
                Some(out) if out == process => return Ok(false),
                Some(_) => {}
            }
        }
    }

    /// Frames that the working sets of all that are in take together.
    fn working_total(&self) -> u32 {
        let active = self.processes.iter().filter(|it| it.phase != Phase::Suspended);
        active.map(Process::asks_for).sum()
    }

    /// Gives or takes frames by the time since the last fault; whether the process is still in.
    fn fit_frequency(
        &mut self,
        process: ProcessIdx,
        gap: u64,
        log: &mut Log<State>,
    ) -> Result<bool, ScenarioError> {
        if self.scenario.fault_gap_references <= gap {
            self.shrink(process);
            return Ok(true);
        }
        while self.store.n_free == 0 {
            let least = self.scenario.fault_gap_references;
            let why = format!(
                "{} faulted again within {} and no frame is free",
                name(process),
                count(least, "references")
            );
            match self.suspend_one(&why, log)? {
                None => return Ok(true),
                Some(out) if out == process => return Ok(false),
                Some(_) => {}
            }
        }
        Ok(true)
    }

    /// Frees the pages of a process that its window does not hold.
    fn shrink(&mut self, process: ProcessIdx) {
        for frame in 0..self.store.frames.len() {
            let Some(held) = self.store.frames[frame] else { continue };
            let idle = held.owner == process && !held.loading;
            if idle && !self.process(process).works_on(held.page) {
                self.store.drop_page(frame);
                self.process(process).n_resident -= 1;
            }
        }
    }

    /// Suspends the process that was let in last, of those that do not wait for the disk. One
    /// process always stays in.
    fn suspend_one(
        &mut self,
        why: &str,
        log: &mut Log<State>,
    ) -> Result<Option<ProcessIdx>, ScenarioError> {
        let active = self.processes.iter().filter(|it| it.phase != Phase::Suspended).count();
        let may_go = |it: &Process| !matches!(it.phase, Phase::Suspended | Phase::Paging);
        let all = (0..self.scenario.processes).zip(&self.processes);
        let last = all.filter(|(_, it)| may_go(it)).max_by_key(|(_, it)| it.admitted);
        let Some((out, _)) = last.filter(|_| 1 < active) else { return Ok(None) };
        let mut n_freed = 0;
        for frame in 0..self.store.frames.len() {
            if self.store.frames[frame].is_some_and(|it| it.owner == out) {
                self.store.drop_page(frame);
                n_freed += 1;
            }
        }
        let control = self.scenario.control;
        let it = self.process(out);
        it.need = if control == Control::WorkingSet { it.asks_for() } else { it.n_resident + 1 };
        it.n_resident = 0;
        self.ready.retain(|it| *it != out);
        if self.cpu == Some(out) {
            self.cpu = None;
        }
        self.phase(out, Phase::Suspended);
        self.suspended.push_back(out);
        self.tally.n_suspensions += 1;
        self.step(log, "suspend", |_| {
            let freed = count(n_freed, "frames");
            format!("{} is suspended and gives up {freed}, because {why}.", name(out))
        })?;
        Ok(Some(out))
    }

    /// Lets the process in again that was suspended first, if there is room for it.
    fn admit(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        while let Some(&process) = self.suspended.front() {
            let need = self.process(process).need.min(self.scenario.frames);
            let nobody = self.suspended.len() == self.processes.len();
            let room = match self.scenario.control {
                Control::WorkingSet => self.scenario.frames.saturating_sub(self.working_total()),
                Control::None | Control::PageFaultFrequency => self.store.n_free,
            };
            if room < need && !nobody {
                break;
            }
            self.suspended.pop_front();
            self.n_admitted += 1;
            let order = self.n_admitted;
            self.process(process).admitted = order;
            self.phase(process, Phase::Ready);
            self.step(log, "resume", |_| {
                let (name, need) = (name(process), count(u64::from(need), "frames"));
                format!("{name} is let in again, because the {need} that it needs are there now.")
            })?;
        }
        Ok(())
    }

    fn step(
        &mut self,
        log: &mut Log<State>,
        tag: &'static str,
        say: impl FnOnce(&Self) -> String,
    ) -> Result<(), ScenarioError> {
        self.step_with(log, tag, |system| Shot::new(say(system), system.state()))
    }

    fn step_with(
        &mut self,
        log: &mut Log<State>,
        tag: &'static str,
        shot: impl FnOnce(&Self) -> Shot<State>,
    ) -> Result<(), ScenarioError> {
        if self.n_steps < FRAMES_MAX {
            self.last_kept = self.now;
        }
        self.n_steps += 1;
        log.step(self.now, tag, || shot(self))
    }

    fn state(&self) -> State {
        let brief = |it: &Process| Brief {
            phase: it.phase,
            n_resident: it.n_resident,
            n_working: it.n_working,
            n_references: it.n_references,
            n_faults: it.n_faults,
        };
        State {
            processes: self.processes.iter().map(brief).collect(),
            frames: self.store.frames.clone(),
            cpu: self.cpu,
            ready: self.ready.iter().copied().collect(),
            disk: self.disk.iter().map(|it| it.0).collect(),
            tally: self.tally,
            end: Arc::clone(&self.end),
        }
    }

    fn metrics(&self, log: &mut Log<State>) {
        let Tally { busy_ticks, disk_ticks, n_faults, n_suspensions } = self.tally;
        let horizon = self.scenario.horizon_ticks as f64;
        let share = |ticks: u64| ticks as f64 / horizon;
        let per_fault = busy_ticks as f64 / n_faults.max(1) as f64;
        let rate = n_faults as f64 * 1_000.0 / busy_ticks.max(1) as f64;
        log.metric("cpu_utilisation", "CPU utilisation", share(busy_ticks), "", Better::Higher);
        log.metric("faults_per_1000", "Faults in 1,000 references", rate, "faults", Better::Lower);
        log.metric("n_references", "References", busy_ticks as f64, "references", Better::Higher);
        log.metric("n_faults", "Page faults", n_faults as f64, "faults", Better::Lower);
        log.metric("disk_utilisation", "Disk utilisation", share(disk_ticks), "", Better::Neither);
        let life = "Mean references between faults, L";
        log.metric("lifetime_references_mean", life, per_fault, "references", Better::Higher);
        let service = self.scenario.service_ticks as f64;
        log.metric("service_ticks", "Time to read a page, S", service, "ticks", Better::Neither);
        let n = n_suspensions as f64;
        log.metric("n_suspensions", "Suspensions", n, "suspensions", Better::Neither);
        for (idx, process) in (0..).zip(&self.processes) {
            let (thing, done) = (name(idx), process.n_references as f64);
            log.metric_of("n_references", &thing, "References", done, "references");
            log.metric_of("n_faults", &thing, "Faults", process.n_faults as f64, "faults");
        }
    }
}
