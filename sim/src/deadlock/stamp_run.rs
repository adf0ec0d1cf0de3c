//! Transactions over time, one event after the other.

use super::stamps::{Phase, Plan, Rule, Standing, State};
use super::words::{count, list};
use crate::engine::{Log, Shot};
use crate::error::ScenarioError;

pub(super) struct Run<'a> {
    plan: &'a Plan<'a>,
    state: State,
    now: u64,
    next_stamp: u32,
    log: &'a mut Log<State>,
}

impl<'a> Run<'a> {
    pub(super) fn new(plan: &'a Plan<'a>, log: &'a mut Log<State>) -> Self {
        let new = Standing {
            stamp: None,
            phase: Phase::New,
            n_held: 0,
            done_ticks: 0,
            n_restarts: 0,
            finish_ticks: 0,
        };
        let state = State {
            all: vec![new; plan.wants.len()],
            owners: vec![None; plan.items.len()],
            about: None,
            n_waits: 0,
            n_aborts: 0,
            lost_ticks: 0,
        };
        Self { plan, state, now: 0, next_stamp: 1, log }
    }

    fn step(&mut self, tag: &'static str, about: usize, say: String) -> Result<(), ScenarioError> {
        self.asked(tag, about, say, "", &[], 0)
    }

    fn asked(
        &mut self,
        tag: &'static str,
        about: usize,
        say: String,
        question: &str,
        options: &[&str],
        answer: usize,
    ) -> Result<(), ScenarioError> {
        self.state.about = Some(about);
        let state = &self.state;
        let options = || options.iter().map(ToString::to_string).collect();
        let shot = || Shot::new(say, state.clone()).ask(question, options(), answer);
        self.log.step(self.now, tag, shot)
    }

    /// When something next happens to a transaction by itself.
    fn due(&self, at: usize) -> Option<u64> {
        match self.state.all[at].phase {
            Phase::New => Some(self.plan.scenario.transactions[at].start_ticks),
            Phase::Works(until) | Phase::Pauses(until) => Some(until),
            Phase::Waits(_) | Phase::Done => None,
        }
    }

    pub(super) fn all(mut self) -> Result<State, ScenarioError> {
        let all = list(&super::stamps::names(self.plan.scenario));
        let items = list(&self.plan.items);
        let say = format!("{all} will lock {items}; nothing is locked yet.");
        let state = &self.state;
        self.log.step(0, "start", || Shot::new(say, state.clone()))?;
        loop {
            let n = self.state.all.len();
            let Some(now) = (0..n).filter_map(|it| self.due(it)).min() else { break };
            self.now = now;
            // Older ones act first; who has no stamp yet is youngest.
            for at in self.plan.by_age(&self.state) {
                if self.due(at) == Some(now) {
                    self.act(at)?;
                }
            }
        }
        Ok(self.state)
    }

    fn act(&mut self, at: usize) -> Result<(), ScenarioError> {
        let name = self.plan.name(at).to_owned();
        let it = &mut self.state.all[at];
        match it.phase {
            Phase::New | Phase::Pauses(_) => {
                let again = it.stamp.is_some();
                if !again || !self.plan.scenario.keep_stamp {
                    it.stamp = Some(self.next_stamp);
                    self.next_stamp += 1;
                }
                let stamp = it.stamp.unwrap_or_default();
                // What follows at once is its first request.
                it.phase = Phase::Works(self.now);
                let say = match (again, self.plan.scenario.keep_stamp) {
                    (false, _) => format!("{name} begins and gets time stamp {stamp}."),
                    (true, true) => {
                        format!(
                            "{name} starts again with its old stamp {stamp}, so its turn comes."
                        )
                    }
                    (true, false) => {
                        format!(
                            "{name} starts again with a new stamp, {stamp}, and is the youngest."
                        )
                    }
                };
                self.step(if again { "restart" } else { "begin" }, at, say)?;
            }
            Phase::Works(_) if 0 < it.n_held => {
                it.done_ticks += self.plan.scenario.transactions[at].work_ticks;
            }
            Phase::Works(_) | Phase::Waits(_) | Phase::Done => {}
        }
        let n_held = self.state.all[at].n_held;
        match self.plan.wants[at].get(n_held) {
            Some(&item) => self.request(at, item),
            None => self.commit(at),
        }
    }

    fn request(&mut self, at: usize, item: usize) -> Result<(), ScenarioError> {
        let (name, what) = (self.plan.name(at).to_owned(), self.plan.items[item].clone());
        let Some(owner) = self.state.owners[item] else {
            self.take(at, item);
            return self.step("lock", at, format!("{name} locks {what}, because it is free."));
        };
        let other = self.plan.name(owner).to_owned();
        let older = self.state.all[at].stamp < self.state.all[owner].stamp;
        let age = if older { "older" } else { "younger" };
        let rule = self.plan.rule;
        let waits = older == (rule == Rule::WaitDie);
        let options = match rule {
            Rule::WaitDie => ["it waits", "it dies"],
            Rule::WoundWait => ["it waits", "it wounds the holder"],
        };
        let question = format!("{name} wants {what}, which {other} holds. What happens?");
        if waits {
            self.state.all[at].phase = Phase::Waits(item);
            self.state.n_waits += 1;
            let say = format!("{name} waits for {what}, because it is {age} than {other}.");
            return self.asked("wait", at, say, &question, &options, 0);
        }
        match rule {
            Rule::WaitDie => {
                let (lost, freed) = self.abort(at, 0);
                let say = format!(
                    "{name} dies, because it is younger than {other}, which holds {what}; it loses \
                     {lost}."
                );
                self.asked("die", at, say, &question, &options, 1)?;
                self.hand_over(&freed)
            }
            Rule::WoundWait => {
                let (lost, mut freed) = self.abort(owner, self.going_on(owner));
                freed.retain(|&it| it != item);
                self.take(at, item);
                let say = format!(
                    "{name} wounds {other} and takes {what}, because it is older; {other} loses \
                     {lost}."
                );
                self.asked("wound", at, say, &question, &options, 1)?;
                self.hand_over(&freed)
            }
        }
    }

    fn take(&mut self, at: usize, item: usize) {
        self.state.owners[item] = Some(at);
        let it = &mut self.state.all[at];
        it.n_held += 1;
        it.phase = Phase::Works(self.now + self.plan.scenario.transactions[at].work_ticks);
    }

    /// Work of the piece that a transaction is busy with.
    fn going_on(&self, at: usize) -> u64 {
        let it = &self.state.all[at];
        match it.phase {
            // It began the piece `work_ticks` before its end.
            Phase::Works(until) if 0 < it.n_held => {
                let work = self.plan.scenario.transactions[at].work_ticks;
                work.saturating_sub(until - self.now)
            }
            Phase::New | Phase::Works(_) | Phase::Waits(_) | Phase::Pauses(_) | Phase::Done => 0,
        }
    }

    /// Takes all items of a transaction back; `going_on` is work that is not counted yet. What it
    /// lost, and the items.
    fn abort(&mut self, at: usize, going_on: u64) -> (String, Vec<usize>) {
        let pause = self.plan.scenario.pause_ticks;
        let it = &mut self.state.all[at];
        let lost = it.done_ticks + going_on;
        self.state.lost_ticks += lost;
        self.state.n_aborts += 1;
        it.n_restarts += 1;
        (it.done_ticks, it.n_held, it.phase) = (0, 0, Phase::Pauses(self.now + pause));
        let lost = match lost {
            0 => "no work".to_owned(),
            n => format!("{} of work", count(n, "ticks")),
        };
        (lost, self.free(at))
    }

    /// Unlocks all items of a transaction.
    fn free(&mut self, at: usize) -> Vec<usize> {
        let mut freed = Vec::new();
        for (item, owner) in self.state.owners.iter_mut().enumerate() {
            if *owner == Some(at) {
                *owner = None;
                freed.push(item);
            }
        }
        freed
    }

    fn commit(&mut self, at: usize) -> Result<(), ScenarioError> {
        let freed = self.free(at);
        let it = &mut self.state.all[at];
        (it.phase, it.finish_ticks, it.n_held) = (Phase::Done, self.now, 0);
        let names: Vec<String> = freed.iter().map(|&it| self.plan.items[it].clone()).collect();
        let say = format!(
            "{} commits and unlocks {}, because its work is done.",
            self.plan.name(at),
            list(&names)
        );
        self.step("commit", at, say)?;
        self.hand_over(&freed)
    }

    /// Gives freed items to those that wait, so that all arrows keep their direction: the youngest
    /// under wait-die, the oldest under wound-wait.
    fn hand_over(&mut self, freed: &[usize]) -> Result<(), ScenarioError> {
        for &item in freed {
            let waiting = self.plan.by_age(&self.state).into_iter();
            let mut waiting = waiting.filter(|&it| self.state.all[it].phase == Phase::Waits(item));
            let (next, age) = match self.plan.rule {
                Rule::WaitDie => (waiting.next_back(), "youngest"),
                Rule::WoundWait => (waiting.next(), "oldest"),
            };
            let Some(next) = next else { continue };
            self.take(next, item);
            let (name, what) = (self.plan.name(next), &self.plan.items[item]);
            let say = format!("{name} locks {what}, because it is the {age} that waits for it.");
            self.step("lock", next, say)?;
        }
        Ok(())
    }
}
