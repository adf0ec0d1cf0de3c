//! Plays a tree of groups, one tick at a time. A tick costs time in proportion to CPUs x groups.

use super::group_shares::Row;
use crate::engine::{Better, Log, Shot};
use crate::error::ScenarioError;
use crate::words::{count, list};

/// Weighted time of one tick at weight 1. A multiple of 100, so that [`weighted`] is in ticks at
/// weight 100; the largest sum, 1,000 ticks on 8 CPUs at weight 1, stays below 2^52.
const SCALE: u64 = 100 << 32;

/// The groups as the run needs them.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub groups: Vec<Row>,
    /// Parent of each group; `None` is the root. Always in a row above.
    pub parents: Vec<Option<usize>>,
    pub n_threads: Vec<usize>,
    pub cpus: usize,
    pub slice_ticks: u64,
    pub horizon_ticks: u64,
}

impl Plan {
    /// Groups inside `parent`, in the order of rows.
    pub(super) fn children(&self, parent: Option<usize>) -> impl Iterator<Item = usize> + '_ {
        (0..self.groups.len()).filter(move |&it| self.parents[it] == parent)
    }

    /// The group and all that it is inside, from the inside out.
    pub(super) fn path(&self, group: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(Some(group), |&it| self.parents[it])
    }

    /// Whether the group or one inside it has threads.
    pub(super) fn populated(&self, group: usize) -> bool {
        0 < self.n_threads[group] || self.children(Some(group)).any(|it| self.populated(it))
    }

    /// Part of all CPU time that weights give the group while all groups with threads want it.
    pub(super) fn entitled(&self, group: usize) -> f64 {
        if !self.populated(group) {
            return 0.0;
        }
        let part = |group: usize| {
            let siblings = self.children(self.parents[group]).filter(|&it| self.populated(it));
            let all: u64 = siblings.map(|it| self.groups[it].weight).sum();
            self.groups[group].weight as f64 / all as f64
        };
        self.path(group).map(part).product()
    }
}

/// A group in a state.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Group {
    pub active: bool,
    pub throttled: bool,
    /// CPU time so far, in ticks, with all inside.
    pub total_ticks: u64,
    /// CPU time in this period.
    pub used_ticks: u64,
    pub throttled_ticks: u64,
    n_throttles: u64,
    /// CPU time for its weight, in units of [`SCALE`].
    weighted: u64,
    /// Whether it could run at the last decision.
    was_able: bool,
}

impl Group {
    /// CPU time for its weight, in ticks at weight 100.
    pub(super) fn weighted_ticks(&self) -> f64 {
        self.weighted as f64 / (SCALE / 100) as f64
    }
}

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(super) groups: Vec<Group>,
    /// Group and thread on each CPU.
    pub(super) running: Vec<Option<(usize, usize)>>,
}

/// Plays to the horizon and adds the numbers of the run.
pub(super) fn simulate(plan: &Plan, log: &mut Log<State>) -> Result<(), ScenarioError> {
    let mut sim = Sim::new(plan);
    sim.log(log, "start", || {
        let cpus = count(plan.cpus as u64, "CPUs");
        format!("The groups share {cpus} by weight: who has had least for its weight goes first.")
    })?;
    while sim.now < plan.horizon_ticks {
        let refilled = sim.refill(log)?;
        let throttled = sim.throttle(log)?;
        let changed = sim.activity(log)?;
        if refilled
            || throttled
            || changed
            || sim.now.is_multiple_of(plan.slice_ticks)
            || !sim.may_go_on()
        {
            sim.decide(log)?;
        }
        sim.tick();
    }
    sim.state.running.fill(None);
    sim.log(log, "end", || "The timeline ends here; the table holds who got how much.".to_owned())?;
    sim.metrics(log);
    Ok(())
}

struct Sim<'a> {
    plan: &'a Plan,
    now: u64,
    state: State,
    /// CPU time for its weight of each thread, by group.
    threads: Vec<Vec<u64>>,
    /// Least weighted time among the children that can run, by parent; the root last.
    floor: Vec<u64>,
    idle_ticks: u64,
    n_switches: u64,
}

impl<'a> Sim<'a> {
    fn new(plan: &'a Plan) -> Self {
        let n = plan.groups.len();
        let (groups, running) = (vec![Group::default(); n], vec![None; plan.cpus]);
        let threads = plan.n_threads.iter().map(|&n| vec![0; n]).collect();
        let state = State { groups, running };
        Self { plan, now: 0, state, threads, floor: vec![0; n + 1], idle_ticks: 0, n_switches: 0 }
    }

    fn name(&self, group: usize) -> &'a str {
        &self.plan.groups[group].name
    }

    fn log(
        &self,
        log: &mut Log<State>,
        tag: &'static str,
        say: impl FnOnce() -> String,
    ) -> Result<(), ScenarioError> {
        log.step(self.now, tag, || Shot::new(say(), self.state.clone()))
    }

    /// Begins the periods that begin now; whether a throttled group is free again.
    fn refill(&mut self, log: &mut Log<State>) -> Result<bool, ScenarioError> {
        let mut freed = Vec::new();
        for (at, row) in self.plan.groups.iter().enumerate() {
            if row.quota_ticks.is_some() && self.now.is_multiple_of(row.period_ticks) {
                let group = &mut self.state.groups[at];
                group.used_ticks = 0;
                if std::mem::take(&mut group.throttled) {
                    freed.push(at);
                }
            }
        }
        if freed.is_empty() {
            return Ok(false);
        }
        let names: Vec<&str> = freed.iter().map(|&it| self.name(it)).collect();
        self.log(log, "refill", || {
            let may = if names.len() == 1 {
                "may run again, because its new period"
            } else {
                "may run again, because their new period"
            };
            format!("{} {may} brings a new quota.", list(&names))
        })?;
        Ok(true)
    }

    /// Throttles what has used its quota; whether anything was.
    fn throttle(&mut self, log: &mut Log<State>) -> Result<bool, ScenarioError> {
        let mut any = false;
        for (at, row) in self.plan.groups.iter().enumerate() {
            let group = &mut self.state.groups[at];
            let Some(quota) = row.quota_ticks.filter(|&it| it <= group.used_ticks) else {
                continue;
            };
            if group.throttled || self.now == self.plan.horizon_ticks {
                continue;
            }
            group.throttled = true;
            group.n_throttles += 1;
            any = true;
            let plan = self.plan;
            for seat in &mut self.state.running {
                if seat.is_some_and(|(it, _)| plan.path(it).any(|up| up == at)) {
                    *seat = None;
                }
            }
            let until = (self.now / row.period_ticks + 1) * row.period_ticks;
            self.log(log, "throttle", || {
                let (name, quota) = (&row.name, count(quota, "ticks"));
                format!("{name} is throttled until {until}, because its quota of {quota} is used.")
            })?;
        }
        Ok(any)
    }

    /// Groups that become active or stop; whether any did.
    fn activity(&mut self, log: &mut Log<State>) -> Result<bool, ScenarioError> {
        let mut changed = Vec::new();
        for (at, row) in self.plan.groups.iter().enumerate() {
            let active =
                row.from_ticks <= self.now && row.until_ticks.is_none_or(|it| self.now < it);
            if self.state.groups[at].active != active {
                self.state.groups[at].active = active;
                changed.push(at);
            }
        }
        for seat in &mut self.state.running {
            let stays = |it: usize| self.plan.path(it).all(|up| self.state.groups[up].active);
            *seat = seat.filter(|&(it, _)| stays(it));
        }
        for (active, does) in [(true, "have work from now on"), (false, "have no more work")] {
            let of = changed.iter().filter(|&&it| self.state.groups[it].active == active);
            let names: Vec<&str> = of.map(|&it| self.name(it)).collect();
            if names.is_empty() {
                continue;
            }
            self.log(log, "active", || {
                let does = if names.len() == 1 {
                    does.replacen("have", "has", 1)
                } else {
                    does.to_owned()
                };
                format!("{} {does}, so the shares are drawn anew.", list(&names))
            })?;
        }
        Ok(!changed.is_empty())
    }

    /// Whether another tick fits into every quota with the threads that run now.
    fn may_go_on(&self) -> bool {
        let mut planned = vec![0; self.plan.groups.len()];
        self.state.running.iter().flatten().all(|&(group, _)| self.charge(group, &mut planned))
    }

    /// Plans one tick for a thread of `group`; false, and nothing planned, if a quota is in the way.
    fn charge(&self, group: usize, planned: &mut [u64]) -> bool {
        let fits = |it: usize| {
            let quota = self.plan.groups[it].quota_ticks;
            quota.is_none_or(|quota| self.state.groups[it].used_ticks + planned[it] < quota)
        };
        if !self.plan.path(group).all(fits) {
            return false;
        }
        self.plan.path(group).for_each(|it| planned[it] += 1);
        true
    }

    /// Fills the CPUs anew. A thread that goes on stays on its CPU.
    fn decide(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        self.level();
        let mut planned = vec![0; self.plan.groups.len()];
        let mut picks: Vec<(usize, usize)> = Vec::new();
        while picks.len() < self.plan.cpus {
            let Some(pick) = self.pick(None, &picks, &planned) else { break };
            self.charge(pick.0, &mut planned);
            picks.push(pick);
        }
        let before = self.state.running.clone();
        let mut seats: Vec<_> =
            before.iter().map(|it| it.filter(|it| picks.contains(it))).collect();
        for pick in &picks {
            if !seats.contains(&Some(*pick))
                && let Some(free) = seats.iter().position(Option::is_none)
            {
                seats[free] = Some(*pick);
                self.n_switches += 1;
            }
        }
        let changed = seats != before || self.now == 0;
        self.state.running = seats;
        if !changed {
            return Ok(());
        }
        self.tell(&picks, log)
    }

    fn tell(&self, picks: &[(usize, usize)], log: &mut Log<State>) -> Result<(), ScenarioError> {
        let Some(&(first, _)) = picks.first() else {
            return self.log(log, "idle", || {
                "No thread may run, so every CPU idles although there may be work.".to_owned()
            });
        };
        log.step(self.now, "pick", || {
            let mut names: Vec<&str> = Vec::new();
            for &(group, _) in picks {
                if !names.contains(&self.name(group)) {
                    names.push(self.name(group));
                }
            }
            let does = if names.len() == 1 { "runs" } else { "run" };
            let why = self.why(first);
            let say = format!("{} {does}, because {why}.", list(&names));
            let shot = Shot::new(say, self.state.clone());
            if self.plan.cpus != 1 {
                return shot;
            }
            let able: Vec<usize> = (0..self.plan.groups.len())
                .filter(|&it| 0 < self.plan.n_threads[it] && self.free(it))
                .collect();
            let answer = able.iter().position(|&it| it == first).unwrap_or_default();
            let options = able.iter().map(|&it| self.name(it).to_owned()).collect();
            shot.ask("Which group runs next?", options, answer)
        })
    }

    /// Why the walk down the tree ends at `group`: the levels where there was a choice.
    fn why(&self, group: usize) -> String {
        let mut path: Vec<usize> = self.plan.path(group).collect();
        path.reverse();
        path.retain(|&it| {
            let siblings = self.plan.children(self.plan.parents[it]);
            1 < siblings.filter(|&it| self.able(it)).count()
        });
        match path.as_slice() {
            [] => "no other group can".to_owned(),
            [only] if *only == group => {
                format!("{} has had the least CPU time for its weight", self.name(group))
            }
            [top, inside @ ..] => {
                let least =
                    format!("{} has had the least CPU time for its weight", self.name(*top));
                let inside = inside.iter().map(|&it| format!(", and inside it {}", self.name(it)));
                inside.fold(least, |say, more| say + &more)
            }
        }
    }

    /// Whether nothing above or at `group` is throttled or inactive.
    fn free(&self, group: usize) -> bool {
        let free = |it: usize| self.state.groups[it].active && !self.state.groups[it].throttled;
        self.plan.path(group).all(free)
    }

    /// Whether a thread in `group` or inside it could run.
    fn able(&self, group: usize) -> bool {
        let own = 0 < self.plan.n_threads[group] && self.free(group);
        own || self.plan.children(Some(group)).any(|it| self.able(it))
    }

    /// Brings groups that come back level with their siblings.
    fn level(&mut self) {
        let n = self.plan.groups.len();
        let parents = (0..n).map(Some).chain([None]);
        for (slot, parent) in parents.enumerate() {
            let able: Vec<usize> = self.plan.children(parent).filter(|&it| self.able(it)).collect();
            let stayed = able.iter().filter(|&&it| self.state.groups[it].was_able);
            let least = stayed.map(|&it| self.state.groups[it].weighted).min();
            self.floor[slot] = self.floor[slot].max(least.unwrap_or_default());
            for it in able {
                let floor = self.floor[slot];
                let group = &mut self.state.groups[it];
                if !group.was_able {
                    group.weighted = group.weighted.max(floor);
                }
            }
        }
        for it in 0..n {
            self.state.groups[it].was_able = self.able(it);
        }
    }

    /// The next thread inside `parent` that no CPU has yet and whose quotas allow a tick.
    fn pick(
        &self,
        parent: Option<usize>,
        taken: &[(usize, usize)],
        planned: &[u64],
    ) -> Option<(usize, usize)> {
        let fits = |it: usize| {
            let quota = self.plan.groups[it].quota_ticks;
            quota.is_none_or(|quota| self.state.groups[it].used_ticks + planned[it] < quota)
        };
        let mut children: Vec<usize> = self
            .plan
            .children(parent)
            .filter(|&it| self.state.groups[it].active && !self.state.groups[it].throttled)
            .filter(|&it| fits(it))
            .collect();
        // What was planned in this round counts, or all CPUs would go to one group.
        let weighted = |it: usize| {
            self.state.groups[it].weighted + planned[it] * (SCALE / self.plan.groups[it].weight)
        };
        crate::order::by_key(&mut children, |&it| weighted(it));
        for group in children {
            let threads = self.threads[group].iter().enumerate();
            let free = threads.filter(|(thread, _)| !taken.contains(&(group, *thread)));
            if let Some((thread, _)) = free.min_by_key(|(thread, time)| (**time, *thread)) {
                return Some((group, thread));
            }
            if let Some(found) = self.pick(Some(group), taken, planned) {
                return Some(found);
            }
        }
        None
    }

    fn tick(&mut self) {
        for seat in self.state.running.clone() {
            let Some((group, thread)) = seat else {
                self.idle_ticks += 1;
                continue;
            };
            self.threads[group][thread] += 1;
            for it in self.plan.path(group).collect::<Vec<_>>() {
                let weight = self.plan.groups[it].weight;
                let group = &mut self.state.groups[it];
                group.weighted += SCALE / weight;
                group.total_ticks += 1;
                group.used_ticks += 1;
            }
        }
        for (at, group) in self.state.groups.iter_mut().enumerate() {
            group.throttled_ticks +=
                u64::from(group.throttled && group.active && self.plan.populated(at));
        }
        self.now += 1;
    }

    fn metrics(&self, log: &mut Log<State>) {
        let capacity = (self.plan.cpus as u64 * self.plan.horizon_ticks) as f64;
        let idle = self.idle_ticks as f64;
        let used = capacity - idle;
        log.metric("utilisation", "Utilisation", used / capacity, "", Better::Higher);
        log.metric("idle_ticks", "Idle CPU time", idle, "ticks", Better::Lower);
        let switches = self.n_switches as f64;
        log.metric("n_switches", "Threads put on a CPU", switches, "times", Better::Lower);
        for (at, group) in self.state.groups.iter().enumerate() {
            let (name, total) = (self.name(at), group.total_ticks as f64);
            let share = if used == 0.0 { 0.0 } else { total / used };
            log.metric_of("share", name, "Share of the CPU time used", share, "");
            log.metric_of("entitled_share", name, "Share by weight", self.plan.entitled(at), "");
            log.metric_of("cpu_ticks", name, "CPU time", total, "ticks");
            let throttled = group.throttled_ticks as f64;
            log.metric_of("throttled_ticks", name, "Throttled time", throttled, "ticks");
            let n = group.n_throttles as f64;
            log.metric_of("n_throttles", name, "Throttled periods", n, "periods");
        }
    }
}
