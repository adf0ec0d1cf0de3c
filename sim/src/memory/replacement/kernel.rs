//! The loop under every replacement policy: references, frames, hits and faults.
//!
//! One reference costs O(1), a fault O(frames) at most: the policy looks at every frame once, and
//! a page's next use is known from one pass over the string. Frames are filled from 0 up, and a
//! page that comes in takes the frame of the one that went.

use super::policy::{FrameIdx, Look, Policy, Resident, Seek, View};
use super::say;
use super::workload::{PageIdx, Reference, Workload, whole};
use crate::engine::{Better, FRAMES_MAX, Log, Shot};
use crate::error::ScenarioError;
use std::sync::{Arc, OnceLock};

/// Most frames among whose pages a learner is asked to choose.
const OPTIONS_MAX: usize = 8;

/// A step's snapshot.
#[derive(Debug)]
pub(crate) struct State {
    /// Number of the reference that is served, from 1.
    pub(crate) at: u32,
    /// What happened.
    pub(crate) event: Event,
    /// The frames that are full, from frame 0 up.
    pub(crate) frames: Vec<Resident>,
    /// How many frames there are.
    pub(crate) n_frames: u32,
    /// The policy's own part.
    pub(crate) look: Box<dyn Look>,
    pub(crate) tally: Tally,
    pub(crate) workload: Arc<Workload>,
    /// Reference of the last frame that was kept; filled in when the run has ended.
    pub(crate) end: Arc<OnceLock<u32>>,
}

/// What happened at a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// The page was in this frame.
    Hit(FrameIdx),
    /// The page is not in memory and no frame is free.
    Wanted,
    /// The page came into this free frame.
    Load(FrameIdx),
    /// The page came into this frame, in place of that page.
    Replace(FrameIdx, Resident),
    /// The clock interrupted.
    Tick,
}

/// Counts of a run.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) n_hits: u32,
    pub(crate) n_faults: u32,
    pub(crate) n_evictions: u32,
    pub(crate) n_writebacks: u32,
}

/// Runs a reference string under a policy, logging every step, then the metrics.
pub(crate) fn simulate(
    n_frames: u32,
    workload: &Arc<Workload>,
    policy: &mut dyn Policy,
    log: &mut Log<State>,
) -> Result<(), ScenarioError> {
    let n_pages = workload.numbers.len();
    let mut sim = Sim {
        n_frames,
        workload,
        policy,
        at: 0,
        frames: Vec::new(),
        frame_of: vec![None; n_pages],
        uses_of: vec![0; n_pages],
        tally: Tally::default(),
        n_steps: 0,
        last_kept: 0,
        end: Arc::default(),
    };
    for &reference in &workload.references {
        sim.serve(reference, log)?;
    }
    let _ = sim.end.set(sim.last_kept);
    metrics(workload, &sim.frames, sim.tally, log);
    Ok(())
}

struct Sim<'a> {
    n_frames: u32,
    workload: &'a Arc<Workload>,
    policy: &'a mut dyn Policy,
    at: u32,
    frames: Vec<Resident>,
    frame_of: Vec<Option<u16>>,
    uses_of: Vec<u32>,
    tally: Tally,
    n_steps: usize,
    last_kept: u32,
    end: Arc<OnceLock<u32>>,
}

impl Sim<'_> {
    fn serve(&mut self, reference: Reference, log: &mut Log<State>) -> Result<(), ScenarioError> {
        self.at += 1;
        let page = reference.page;
        self.uses_of[page as usize] += 1;
        match self.frame_of[page as usize] {
            Some(frame) => self.hit(FrameIdx::from(frame), reference, log)?,
            None if self.frames.len() < self.n_frames as usize => self.load(reference, log)?,
            None => self.replace(reference, log)?,
        }
        let interval = self.policy.interval();
        if interval != 0 && self.at.is_multiple_of(interval) {
            self.policy.tick(&mut self.frames);
            self.step(log, "tick", |sim, view| {
                let say = sim.policy.told(&sim.frames, view);
                Shot::new(say, sim.state(Event::Tick))
            })?;
        }
        Ok(())
    }

    fn hit(
        &mut self,
        frame: FrameIdx,
        reference: Reference,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        self.tally.n_hits += 1;
        let resident = &mut self.frames[frame];
        resident.used = true;
        resident.dirty |= reference.write;
        resident.used_at = self.at;
        resident.next_use = self.workload.next_uses[self.at as usize - 1];
        resident.n_uses += 1;
        self.policy.hit(frame, &view(self.at, reference.page, self.workload));
        self.step(log, "hit", |sim, view| {
            let after = sim.policy.after_hit(frame, &sim.frames, view);
            let say = say::hit(view, frame, reference.write, &after);
            Shot::new(say, sim.state(Event::Hit(frame)))
        })
    }

    fn load(&mut self, reference: Reference, log: &mut Log<State>) -> Result<(), ScenarioError> {
        self.tally.n_faults += 1;
        let frame = self.frames.len();
        let resident = self.resident(reference);
        self.frames.push(resident);
        self.settle(frame, reference.page);
        self.step(log, "load", |sim, view| {
            let after = sim.policy.after_load(frame, &sim.frames, view);
            let say = say::load(view, frame, reference.write, &after);
            Shot::new(say, sim.state(Event::Load(frame)))
        })
    }

    fn replace(&mut self, reference: Reference, log: &mut Log<State>) -> Result<(), ScenarioError> {
        self.tally.n_faults += 1;
        self.step(log, "fault", |sim, view| {
            Shot::new(say::fault(view, &sim.frames), sim.state(Event::Wanted))
        })?;
        let view = view(self.at, reference.page, self.workload);
        let mut asked = false;
        let frame = loop {
            let options = if self.is_kept() && !asked { self.options() } else { Vec::new() };
            let foreseen =
                if options.is_empty() { None } else { self.policy.foresee(&self.frames, &view) };
            match self.policy.seek(&mut self.frames, &view) {
                Seek::Victim(frame) => {
                    self.evict(frame, reference, options, log)?;
                    break frame;
                }
                Seek::Going(tag) => {
                    asked = true;
                    self.step(log, tag, |sim, view| {
                        let say = sim.policy.told(&sim.frames, view);
                        let shot = Shot::new(say, sim.state(Event::Wanted));
                        shot.ask(QUESTION, options, foreseen.unwrap_or(usize::MAX))
                    })?;
                }
            }
        };
        debug_assert!(frame < self.frames.len());
        Ok(())
    }

    fn evict(
        &mut self,
        frame: FrameIdx,
        reference: Reference,
        options: Vec<String>,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        let view = view(self.at, reference.page, self.workload);
        let why = self.is_kept().then(|| self.policy.why(frame, &self.frames, &view));
        let victim = self.frames[frame];
        self.frame_of[victim.page as usize] = None;
        self.tally.n_evictions += 1;
        self.tally.n_writebacks += u32::from(victim.dirty);
        self.frames[frame] = self.resident(reference);
        self.settle(frame, reference.page);
        self.step(log, "replace", |sim, view| {
            let after = sim.policy.after_load(frame, &sim.frames, view);
            let say = say::replace(view, frame, &victim, &why.unwrap_or_default(), &after);
            let shot = Shot::new(say, sim.state(Event::Replace(frame, victim)));
            shot.ask(QUESTION, options, frame)
        })
    }

    fn resident(&self, reference: Reference) -> Resident {
        let uses = self.uses_of[reference.page as usize];
        Resident {
            page: reference.page,
            dirty: reference.write,
            used: self.policy.bit_when_loaded(),
            loaded_at: self.at,
            used_at: self.at,
            next_use: self.workload.next_uses[self.at as usize - 1],
            n_uses: if self.policy.keeps_counts() { uses } else { 1 },
        }
    }

    fn settle(&mut self, frame: FrameIdx, page: PageIdx) {
        self.frame_of[page as usize] = u16::try_from(frame).ok();
        self.policy.loaded(frame, &view(self.at, page, self.workload));
    }

    /// The pages that could go, by frame; none if they are too many to choose from.
    fn options(&self) -> Vec<String> {
        if OPTIONS_MAX < self.frames.len() {
            return Vec::new();
        }
        self.frames.iter().map(|it| self.workload.name(it.page)).collect()
    }

    fn is_kept(&self) -> bool {
        self.n_steps < FRAMES_MAX
    }

    fn step(
        &mut self,
        log: &mut Log<State>,
        tag: &'static str,
        shot: impl FnOnce(&Self, &View<'_>) -> Shot<State>,
    ) -> Result<(), ScenarioError> {
        if self.is_kept() {
            self.last_kept = self.at;
        }
        self.n_steps += 1;
        let page = self.workload.reference(self.at).page;
        let view = view(self.at, page, self.workload);
        log.step(u64::from(self.at), tag, || shot(self, &view))
    }

    fn state(&self, event: Event) -> State {
        State {
            at: self.at,
            event,
            frames: self.frames.clone(),
            n_frames: self.n_frames,
            look: self.policy.look(),
            tally: self.tally,
            workload: Arc::clone(self.workload),
            end: Arc::clone(&self.end),
        }
    }
}

const QUESTION: &str = "Which page has to go?";

/// What the policy sees. A function of the parts, so that the policy itself may be borrowed.
fn view(at: u32, page: PageIdx, workload: &Workload) -> View<'_> {
    View { at, page, workload }
}

fn metrics(workload: &Workload, frames: &[Resident], tally: Tally, log: &mut Log<State>) {
    let n_references = whole(workload.references.len());
    let share = |n: u32| f64::from(n) / f64::from(n_references.max(1));
    let Tally { n_hits, n_faults, n_evictions, n_writebacks } = tally;
    log.metric("n_faults", "Page faults", f64::from(n_faults), "faults", Better::Lower);
    log.metric("hit_rate", "Hit rate", share(n_hits), "", Better::Higher);
    log.metric("n_writebacks", "Write-backs", f64::from(n_writebacks), "pages", Better::Lower);
    log.metric("n_hits", "Hits", f64::from(n_hits), "hits", Better::Higher);
    log.metric("fault_rate", "Fault rate", share(n_faults), "", Better::Lower);
    let mut plain = |key, label, value: u32, unit| {
        log.metric(key, label, f64::from(value), unit, Better::Neither);
    };
    plain("n_evictions", "Pages that had to go", n_evictions, "pages");
    plain("n_references", "References", n_references, "references");
    plain("n_pages", "Different pages", whole(workload.numbers.len()), "pages");
    for (frame, resident) in frames.iter().enumerate() {
        let number = workload.numbers[resident.page as usize];
        log.metric_of("final_page", &frame.to_string(), "Page at the end", f64::from(number), "");
    }
}
