//! Items from the source to the end, one event after the other.

use super::backpressure::Scenario;
use crate::Rng;
use crate::engine::{Log, Shot};
use crate::error::ScenarioError;
use crate::words::count;
use serde::Deserialize;

/// What happens at a full queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    NoBound,
    Wait,
    Refuse,
    DropNewest,
    DropOldest,
}

/// The answers, each with its key and its name in the table.
pub(super) const ANSWERS: [(Answer, &str, &str); 5] = [
    (Answer::NoBound, "no_bound", "no bound"),
    (Answer::Wait, "wait", "wait"),
    (Answer::Refuse, "refuse", "refuse"),
    (Answer::DropNewest, "drop_newest", "drop newest"),
    (Answer::DropOldest, "drop_oldest", "drop oldest"),
];

/// What a stage does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    Idle,
    Works {
        item: u16,
        from: u64,
        until: u64,
    },
    /// Is done with it and finds no place for it.
    Waits {
        item: u16,
        since: u64,
    },
}

/// What a run comes to.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(super) n_entered: u64,
    pub(super) n_served: u64,
    pub(super) n_refused: u64,
    pub(super) n_lost: u64,
    pub(super) queue_max: u64,
    pub(super) inside_max: u64,
    /// Items inside, summed over time.
    pub(super) area_item_ms: u64,
    /// Times inside, summed over those that came in.
    pub(super) latency_ms: u64,
    /// The same over those that got through.
    pub(super) served_ms: u64,
    pub(super) latency_ms_max: u64,
    pub(super) wasted_ms: u64,
    pub(super) held_ms: u64,
    pub(super) end_ms: u64,
}

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(super) now: u64,
    pub(super) queues: Vec<Vec<u16>>,
    pub(super) stages: Vec<Doing>,
    /// The source waits with this one, since when.
    pub(super) held: Option<(u16, u64)>,
    /// The last of those that came through, and of those that did not.
    pub(super) out: Vec<u16>,
    pub(super) lost: Vec<u16>,
    pub(super) queue_max: Vec<u64>,
    pub(super) tally: Tally,
    pub(super) others: Vec<Tally>,
}

/// Most items that are remembered of those that are gone.
const GONE_MAX: usize = 12;

struct Pipeline<'a> {
    scenario: &'a Scenario,
    answer: Answer,
    rng: Rng,
    state: State,
    /// When each item came in, and how long stages worked on it.
    entered: Vec<u64>,
    worked: Vec<u64>,
    n_given: u64,
    /// How many of the burst are still to be given.
    n_burst: u64,
    next_at: u64,
    n_inside: u64,
}

/// Lets all items through.
pub(super) fn flow(
    scenario: &Scenario,
    answer: Answer,
    others: &[Tally],
    log: &mut Log<State>,
) -> Result<State, ScenarioError> {
    let n_stages = scenario.stages.len();
    let state = State {
        now: 0,
        queues: vec![Vec::new(); n_stages],
        stages: vec![Doing::Idle; n_stages],
        held: None,
        out: Vec::new(),
        lost: Vec::new(),
        queue_max: vec![0; n_stages],
        tally: Tally::default(),
        others: others.to_vec(),
    };
    let mut pipeline = Pipeline {
        scenario,
        answer,
        rng: Rng::new(scenario.seed),
        state,
        entered: Vec::new(),
        worked: Vec::new(),
        n_given: 0,
        n_burst: scenario.burst,
        next_at: 0,
        n_inside: 0,
    };
    pipeline.step(
        "start",
        "All queues are empty, and all stages wait for work.".to_owned(),
        log,
    )?;
    while pipeline.next(log)? {}
    pipeline.state.tally.end_ms = pipeline.state.now;
    Ok(pipeline.state)
}

fn remember(gone: &mut Vec<u16>, item: u16) {
    gone.insert(0, item);
    gone.truncate(GONE_MAX);
}

impl Pipeline<'_> {
    fn step(
        &self,
        tag: &'static str,
        say: String,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        log.step(self.state.now, tag, || Shot::new(say, self.state.clone()))
    }

    fn name(&self, stage: usize) -> &str {
        &self.scenario.stages[stage].name
    }

    /// Handles the next event; false when there is none.
    fn next(&mut self, log: &mut Log<State>) -> Result<bool, ScenarioError> {
        let until =
            |it: &Doing| if let Doing::Works { until, .. } = it { Some(*until) } else { None };
        let gives = self.n_given < self.scenario.n_items && self.state.held.is_none();
        let coming = gives.then_some(self.next_at.max(self.state.now));
        let Some(now) = self.state.stages.iter().filter_map(until).chain(coming).min() else {
            return Ok(false);
        };
        self.state.tally.area_item_ms += self.n_inside * (now - self.state.now);
        self.state.now = now;
        let due = (0..self.state.stages.len())
            .rev()
            .find(|&at| until(&self.state.stages[at]) == Some(now));
        match due {
            Some(stage) => self.finish(stage, log)?,
            None => self.give(log)?,
        }
        Ok(true)
    }

    /// The source has an item.
    fn give(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let item = u16::try_from(self.n_given).unwrap_or_default();
        self.n_given += 1;
        self.entered.push(self.state.now);
        self.worked.push(0);
        let (tag, said) = self.put(0, item, None);
        if self.state.held.is_none() {
            self.pause();
        }
        self.step(tag, format!("Item {} comes{said}.", item + 1), log)
    }

    /// Sets when the source gives its next item.
    fn pause(&mut self) {
        self.n_burst -= 1;
        if self.n_burst == 0 {
            let Scenario { gap_ms, random, burst, .. } = *self.scenario;
            self.n_burst = burst;
            self.next_at =
                self.state.now + if random { self.rng.below(2 * gap_ms + 1) } else { gap_ms };
        }
    }

    fn finish(&mut self, stage: usize, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let Doing::Works { item, .. } = self.state.stages[stage] else { return Ok(()) };
        self.state.stages[stage] = Doing::Idle;
        let (tag, said) = self.put(stage + 1, item, Some(stage));
        let then = match self.state.stages[stage] {
            Doing::Waits { .. } => String::new(),
            _ => self.go_on(stage),
        };
        let name = self.name(stage);
        let say = format!("The stage {name} is done with {}{said}{then}.", item + 1);
        let answer = match self.state.stages[stage] {
            Doing::Works { .. } => 0,
            Doing::Waits { .. } => 1,
            Doing::Idle => 2,
        };
        let question = format!("The stage {name} is done with item {}. And then?", item + 1);
        let options = ["takes the next", "waits for room", "waits for work"];
        log.step(self.state.now, tag, || {
            Shot::new(say, self.state.clone()).ask(
                &question,
                options.map(str::to_owned).to_vec(),
                answer,
            )
        })
    }

    /// A free stage takes its next item, and whoever waited for that place goes on; says so.
    fn go_on(&mut self, stage: usize) -> String {
        if self.state.queues[stage].is_empty() {
            return format!("; {} has nothing else to do", self.name(stage));
        }
        let next = self.state.queues[stage].remove(0);
        self.begin(stage, next);
        let mut said = format!("; {} goes on with {}", self.name(stage), next + 1);
        let mut at = stage;
        loop {
            // There is a place in front of stage `at` now.
            let Some(before) = at.checked_sub(1) else {
                if let Some((item, since)) = self.state.held.take() {
                    self.state.tally.held_ms += self.state.now - since;
                    self.entered[usize::from(item)] = self.state.now;
                    self.put(0, item, None);
                    self.pause();
                    said.push_str(&format!("; the source puts {} into the free place", item + 1));
                }
                return said;
            };
            let Doing::Waits { item, .. } = self.state.stages[before] else { return said };
            self.state.stages[before] = Doing::Idle;
            self.put(at, item, Some(before));
            said.push_str(&format!(
                "; {} puts {} into the free place",
                self.name(before),
                item + 1
            ));
            if self.state.queues[before].is_empty() {
                return said;
            }
            let next = self.state.queues[before].remove(0);
            self.begin(before, next);
            said.push_str(&format!(" and takes {}", next + 1));
            at = before;
        }
    }

    fn begin(&mut self, stage: usize, item: u16) {
        let (from, work) = (self.state.now, self.scenario.stages[stage].service_ms);
        self.worked[usize::from(item)] += work;
        self.state.stages[stage] = Doing::Works { item, from, until: from + work };
    }

    /// An item has left, served or not.
    fn leave(&mut self, item: u16) -> u64 {
        let took = self.state.now - self.entered[usize::from(item)];
        self.state.tally.latency_ms += took;
        self.n_inside -= 1;
        took
    }

    fn drop_item(&mut self, item: u16, is_inside: bool) {
        remember(&mut self.state.lost, item);
        self.state.tally.n_lost += 1;
        self.state.tally.wasted_ms += self.worked[usize::from(item)];
        if is_inside {
            self.leave(item);
        }
    }

    fn enter(&mut self) {
        self.state.tally.n_entered += 1;
        self.n_inside += 1;
        self.state.tally.inside_max = self.state.tally.inside_max.max(self.n_inside);
    }

    /// Brings an item to a stage or out, from the stage before or from the source; says what came of
    /// it.
    fn put(&mut self, stage: usize, item: u16, from: Option<usize>) -> (&'static str, String) {
        if stage == self.state.stages.len() {
            let took = self.leave(item);
            let tally = &mut self.state.tally;
            tally.n_served += 1;
            tally.served_ms += took;
            tally.latency_ms_max = tally.latency_ms_max.max(took);
            remember(&mut self.state.out, item);
            return ("done", format!(", which was inside for {}", count(took, "ms")));
        }
        let name = self.name(stage).to_owned();
        let bound = self.scenario.bound;
        let n_waiting = self.state.queues[stage].len() as u64;
        let is_free = self.state.stages[stage] == Doing::Idle && n_waiting == 0;
        if is_free {
            if from.is_none() {
                self.enter();
            }
            self.begin(stage, item);
            return ("pass", format!(", and {name} takes it at once"));
        }
        if self.answer == Answer::NoBound || n_waiting < bound {
            if from.is_none() {
                self.enter();
            }
            self.state.queues[stage].push(item);
            let n = n_waiting + 1;
            self.state.queue_max[stage] = self.state.queue_max[stage].max(n);
            self.state.tally.queue_max = self.state.tally.queue_max.max(n);
            let said = match self.answer {
                Answer::NoBound => format!(", which waits as number {n} for {name}"),
                _ => format!(", which waits at place {n} of {bound} for {name}"),
            };
            return ("queue", said);
        }
        self.put_into_full(stage, item, from)
    }

    /// Brings an item to a full queue.
    fn put_into_full(
        &mut self,
        stage: usize,
        item: u16,
        from: Option<usize>,
    ) -> (&'static str, String) {
        let full = format!("but the queue of {} is full", self.name(stage));
        match (self.answer, from) {
            (Answer::DropNewest, _) => {
                self.drop_item(item, from.is_some());
                ("drop", format!(", {full}, so it is dropped as the newest"))
            }
            (Answer::DropOldest, _) => {
                let oldest = self.state.queues[stage].remove(0);
                self.drop_item(oldest, true);
                if from.is_none() {
                    self.enter();
                }
                self.state.queues[stage].push(item);
                ("drop", format!(", {full}, so {} is dropped as the oldest", oldest + 1))
            }
            (Answer::Refuse, None) => {
                remember(&mut self.state.lost, item);
                self.state.tally.n_refused += 1;
                ("refuse", format!(", {full}, so it is refused at once"))
            }
            (_, None) => {
                self.state.held = Some((item, self.state.now));
                ("full", format!(", {full}, so the source waits with it"))
            }
            (_, Some(before)) => {
                self.state.stages[before] = Doing::Waits { item, since: self.state.now };
                ("full", format!(", {full}, so it waits and keeps {}", item + 1))
            }
        }
    }
}
