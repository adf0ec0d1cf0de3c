//! Moment by moment: who asks, who waits for the lock, who reclaims.

use super::agent::{Agent, Doing, Job, Phase, State, Stretch, Totals};
use super::world::{Cached, Place, World};
use super::{Scenario, say};
use crate::engine::{Log, Shot};
use crate::error::ScenarioError;
use crate::rng::Rng;

type Logged = Result<(), ScenarioError>;

pub(super) struct Machine<'a> {
    scenario: &'a Scenario,
    pub(super) world: World,
    /// The CPUs, then kswapd.
    agents: Vec<Agent>,
    rng: Rng,
    /// When the lock is free for the next in line, and who had it last.
    lock_free_at: u64,
    lock_owner: u16,
    spans: Vec<Stretch>,
    pub(super) totals: Totals,
    pub(super) end_ns: u64,
}

const SOURCES: [&str; 4] =
    ["its own list", "the buddy lists, under the lock", "it must reclaim first", "nowhere"];

impl<'a> Machine<'a> {
    pub(super) fn new(scenario: &'a Scenario) -> Self {
        let mut rng = Rng::new(scenario.seed);
        let mut agents: Vec<Agent> = Vec::new();
        for _ in 0..scenario.n_cpus {
            let at = rng.below(scenario.work_ns + 1);
            agents.push(Agent::new(at, Phase::Next, scenario.n_requests));
        }
        agents.push(Agent::new(u64::MAX, Phase::Asleep, 0));
        Self {
            scenario,
            world: World::new(scenario.memory_pages, agents.len() - 1),
            agents,
            rng,
            lock_free_at: 0,
            lock_owner: 0,
            spans: Vec::new(),
            totals: Totals::default(),
            end_ns: 0,
        }
    }

    fn kswapd(&self) -> u16 {
        self.scenario.n_cpus
    }

    fn agent(&mut self, who: u16) -> &mut Agent {
        &mut self.agents[usize::from(who)]
    }

    pub(super) fn run(&mut self, log: &mut Log<State>) -> Logged {
        for who in 0..self.scenario.n_cpus {
            let end = self.agents[usize::from(who)].at;
            self.stretch(who, 0, end, Doing::Work);
        }
        let say = say::start(self.scenario);
        self.step(0, "start", 0, None, log, || say)?;
        while let Some(who) = self.next() {
            let (at, phase) =
                (self.agents[usize::from(who)].at, self.agents[usize::from(who)].phase);
            self.end_ns = self.end_ns.max(at);
            match phase {
                Phase::Next => self.request(who, at, log)?,
                Phase::Locked(job) => self.locked(who, at, job, log)?,
                Phase::Bring => self.bring(who, at, log)?,
                Phase::Look => self.look(who, at, log)?,
                Phase::Asleep | Phase::Over => self.agent(who).at = u64::MAX,
            }
        }
        Ok(())
    }

    /// Who acts next: the earliest, and among several the one with the lowest number. The run ends
    /// when all CPUs are done.
    fn next(&self) -> Option<u16> {
        let (cpus, _) = self.agents.split_at(self.agents.len() - 1);
        if cpus.iter().all(|it| it.phase == Phase::Over) {
            return None;
        }
        let acts = self.agents.iter().zip(0_u16..).filter(|(it, _)| it.at < u64::MAX);
        acts.min_by_key(|(it, who)| (it.at, *who)).map(|(_, who)| who)
    }

    fn stretch(&mut self, who: u16, start: u64, end: u64, doing: Doing) {
        if start < end {
            self.spans.push(Stretch { who, start, end, doing });
        }
    }

    fn step(
        &mut self,
        at: u64,
        tag: &'static str,
        who: u16,
        page: Option<u16>,
        log: &mut Log<State>,
        say: impl FnOnce() -> String,
    ) -> Logged {
        self.asked(at, tag, (who, page), None, log, say)
    }

    /// Logs a step; with an answer, it is asked where the page comes from.
    fn asked(
        &mut self,
        at: u64,
        tag: &'static str,
        (who, page): (u16, Option<u16>),
        answer: Option<usize>,
        log: &mut Log<State>,
        say: impl FnOnce() -> String,
    ) -> Logged {
        let spans = std::mem::take(&mut self.spans);
        log.step(at, tag, || {
            let state = State { world: self.world.clone(), spans, page, totals: self.totals };
            let shot = Shot::new(say(), state);
            match answer {
                Some(answer) => {
                    let question = format!("Where does CPU {who} get its page from?");
                    shot.ask(&question, SOURCES.map(str::to_owned).into(), answer)
                }
                None => shot,
            }
        })
    }

    /// Lets a CPU work until its next request; `at` is when the one before is done.
    fn work(&mut self, who: u16, at: u64) {
        let work = self.scenario.work_ns;
        let end = at + work / 2 + self.rng.below(work + 1);
        self.agent(who).phase = Phase::Next;
        self.agent(who).n_left -= 1;
        self.agent(who).asked_at = None;
        if self.agent(who).n_left == 0 {
            self.agent(who).phase = Phase::Over;
            self.agent(who).at = u64::MAX;
            self.end_ns = self.end_ns.max(at);
            return;
        }
        self.agent(who).at = end;
        self.stretch(who, at, end, Doing::Work);
    }

    fn request(&mut self, who: u16, at: u64, log: &mut Log<State>) -> Logged {
        let n_held = self.world.held[usize::from(who)].len() as u64;
        let agent = self.agent(who);
        if agent.asked_at.is_none() {
            if n_held == 0 {
                agent.gives = false;
            }
            if agent.gives {
                return self.free(who, at, log);
            }
            agent.asked_at = Some(at);
            self.totals.n_allocs += 1;
            self.touch();
        }
        let free = self.world.free_pages();
        let Scenario { min_pages, low_pages, .. } = *self.scenario;
        let kswapd = self.kswapd();
        let sleeps = self.agents[usize::from(kswapd)].phase == Phase::Asleep;
        if free < low_pages && sleeps && 0 < self.world.n_cached() {
            let agent = self.agent(kswapd);
            (agent.phase, agent.at) = (Phase::Look, at);
            self.totals.n_wakes += 1;
            self.step(at, "wake", kswapd, None, log, || say::wake(free, low_pages))?;
        }
        let has_list =
            self.scenario.per_cpu_lists && !self.world.lists[usize::from(who)].is_empty();
        if free < min_pages || (free == 0 && !has_list) {
            return self.short_of_pages(who, at, log);
        }
        if !has_list {
            return self.want_lock(who, at, Job::Refill, log);
        }
        let page = self.use_page(who);
        let end = at + self.scenario.list_ns;
        self.stretch(who, at, end, Doing::Listing);
        self.totals.n_fast += 1;
        self.got(who, end);
        self.work(who, end);
        let n_left = self.world.lists[usize::from(who)].len();
        self.asked(at, "alloc", (who, page), Some(0), log, || say::fast(who, page, n_left))
    }

    /// Now and then a page of a file is used again.
    fn touch(&mut self) {
        if self.rng.below(100) < self.scenario.touch_percent && 0 < self.world.n_cached() {
            let at = usize::try_from(self.rng.below(self.world.n_cached() as u64));
            let at = at.unwrap_or_default();
            let n_inactive = self.world.inactive.len();
            let page = match at < n_inactive {
                true => self.world.inactive[at],
                false => self.world.active[at - n_inactive],
            };
            self.world.touch(page);
        }
    }

    /// Uses a page of the CPU's list, for a file or for its program.
    fn use_page(&mut self, who: u16) -> Option<u16> {
        let is_cached = self.rng.below(100) < self.scenario.cached_percent;
        let dirty = self.rng.below(100) < self.scenario.dirty_percent;
        let cached = is_cached.then_some(Cached { active: false, referenced: false, dirty });
        let page = self.world.use_page(who, cached);
        let n_held = self.world.held[usize::from(who)].len() as u64;
        if self.scenario.hold_pages <= n_held {
            self.agent(who).gives = true;
        }
        page
    }

    /// A request is served: notes how long it took.
    fn got(&mut self, who: u16, end: u64) {
        let took = end - self.agents[usize::from(who)].asked_at.unwrap_or(end);
        self.totals.alloc_ns += took;
        self.totals.alloc_ns_max = self.totals.alloc_ns_max.max(took);
    }

    /// Too few pages are free: the CPU reclaims, waits for those who do, or fails.
    fn short_of_pages(&mut self, who: u16, at: u64, log: &mut Log<State>) -> Logged {
        let free = self.world.free_pages();
        if 0 < self.world.n_cached() {
            let cost = self.scan(who);
            self.totals.n_stalls += 1;
            self.totals.stall_ns += cost;
            let end = at + cost;
            self.stretch(who, at, end, Doing::Reclaiming);
            let agent = self.agent(who);
            (agent.phase, agent.at) = (Phase::Bring, end);
            let n_found = agent.found.len();
            let min = self.scenario.min_pages;
            return self.asked(at, "direct", (who, None), Some(2), log, || {
                say::direct(who, free, min, n_found, cost)
            });
        }
        let others = self.agents.iter().filter(|it| !it.found.is_empty() && it.at < u64::MAX);
        if let Some(soon) = others.map(|it| it.at).min() {
            let end = soon.max(at) + 1;
            self.stretch(who, at, end, Doing::Waiting);
            self.agent(who).at = end;
            return self.step(at, "wait", who, None, log, || say::wait_for_reclaim(who, free));
        }
        if 0 < self.world.n_listed() {
            return self.want_lock(who, at, Job::DrainAll, log);
        }
        self.totals.n_failed += 1;
        // Without a page the program cannot go on as it wished: it gives back what it has.
        let agent = self.agent(who);
        agent.gives = true;
        self.work(who, at);
        self.asked(at, "fail", (who, None), Some(3), log, || say::failed(who, free))
    }

    /// Looks through cached pages for somebody; returns how long it takes.
    fn scan(&mut self, who: u16) -> u64 {
        let scan = self.world.scan(who, self.scenario.reclaim_pages);
        self.totals.n_scanned += scan.n_scanned;
        self.totals.n_activated += scan.n_activated;
        self.totals.n_written += scan.n_written;
        let n_freed = scan.freed.len() as u64;
        if who == self.kswapd() {
            self.totals.n_by_kswapd += n_freed;
        } else {
            self.totals.n_direct += n_freed;
        }
        self.agent(who).found = scan.freed;
        let Scenario { scan_ns, write_ns, .. } = *self.scenario;
        (scan.n_scanned * scan_ns + scan.n_written * write_ns).max(1)
    }

    fn look(&mut self, who: u16, at: u64, log: &mut Log<State>) -> Logged {
        let (free, high) = (self.world.free_pages(), self.scenario.high_pages);
        if high <= free || self.world.n_cached() == 0 {
            let agent = self.agent(who);
            (agent.phase, agent.at) = (Phase::Asleep, u64::MAX);
            return self.step(at, "sleep", who, None, log, || say::sleep(free, high));
        }
        let end = at + self.scan(who);
        self.stretch(who, at, end, Doing::Reclaiming);
        let agent = self.agent(who);
        (agent.phase, agent.at) = (Phase::Bring, end);
        let n_found = agent.found.len();
        self.step(at, "kswapd", who, None, log, || say::looks(n_found, free, high))
    }

    /// What was reclaimed is brought to the buddy lists.
    fn bring(&mut self, who: u16, at: u64, log: &mut Log<State>) -> Logged {
        if self.agents[usize::from(who)].found.is_empty() {
            // All pages that were looked at had been used: the next look will find them unused.
            let next = if who == self.kswapd() { Phase::Look } else { Phase::Next };
            self.agent(who).phase = next;
            return Ok(());
        }
        self.want_lock(who, at, Job::Return, log)
    }

    fn free(&mut self, who: u16, at: u64, log: &mut Log<State>) -> Logged {
        let page = self.world.free_page(who);
        let n = self.world.lists[usize::from(who)].len() as u64;
        let Scenario { per_cpu_lists, list_pages_max, list_ns, .. } = *self.scenario;
        if !per_cpu_lists || list_pages_max < n {
            return self.want_lock(who, at, Job::Drain, log);
        }
        let end = at + list_ns;
        self.stretch(who, at, end, Doing::Listing);
        self.work(who, end);
        self.step(at, "free", who, page, log, || say::freed(who, page, n))
    }

    /// Stands in line for the lock; whoever asks first gets it first.
    fn want_lock(&mut self, who: u16, at: u64, job: Job, log: &mut Log<State>) -> Logged {
        let batch = self.batch();
        let n_pages = match job {
            Job::Refill | Job::Drain | Job::DrainAll => batch,
            Job::Return => self.agents[usize::from(who)].found.len() as u64,
        };
        let hold = self.hold_ns(n_pages);
        let start = at.max(self.lock_free_at);
        let owner = self.lock_owner;
        (self.lock_free_at, self.lock_owner) = (start + hold, who);
        self.totals.n_locks += 1;
        self.totals.lock_ns += hold;
        let agent = self.agent(who);
        (agent.phase, agent.at) = (Phase::Locked(job), start);
        if start == at {
            return self.locked(who, at, job, log);
        }
        self.totals.n_waits += 1;
        self.totals.wait_ns += start - at;
        self.stretch(who, at, start, Doing::Waiting);
        let is_first = job == Job::Refill;
        let kswapd = self.kswapd();
        self.asked(at, "wait", (who, None), is_first.then_some(1), log, || {
            say::waits(&say::name(who, kswapd), job, start - at, &say::name(owner, kswapd))
        })
    }

    /// The last resort before a request fails: pages in the lists of all CPUs come back.
    fn drain_all(&mut self, who: u16, at: u64, log: &mut Log<State>) -> Logged {
        let pages = self.world.drain_all();
        self.world.give_back(&pages);
        let end = at + self.hold_ns(self.batch());
        self.stretch(who, at, end, Doing::Locked);
        let agent = self.agent(who);
        (agent.phase, agent.at) = (Phase::Next, end);
        let (n, free) = (pages.len(), self.world.free_pages());
        self.step(at, "drain", who, None, log, || say::drain_all(who, n, free))
    }

    /// Pages that move at once.
    fn batch(&self) -> u64 {
        if self.scenario.per_cpu_lists { self.scenario.batch_pages } else { 1 }
    }

    /// How long the lock is held for so many pages.
    fn hold_ns(&self, n_pages: u64) -> u64 {
        (self.scenario.lock_ns + n_pages * self.scenario.page_ns).max(1)
    }

    fn locked(&mut self, who: u16, at: u64, job: Job, log: &mut Log<State>) -> Logged {
        let (per_cpu_lists, batch) = (self.scenario.per_cpu_lists, self.batch());
        match job {
            Job::Refill => {
                let end = at + self.hold_ns(batch);
                self.stretch(who, at, end, Doing::Locked);
                let n = self.world.refill(who, batch);
                if n == 0 {
                    // Others took the last pages while this CPU stood in line.
                    let agent = self.agent(who);
                    (agent.phase, agent.at) = (Phase::Next, end);
                    return self.step(at, "refill", who, None, log, || say::too_late(who));
                }
                let page = self.use_page(who);
                self.got(who, end);
                let waited = self.agents[usize::from(who)].asked_at.is_some_and(|it| it < at);
                self.work(who, end);
                let answer = (!waited).then_some(1);
                self.asked(at, "refill", (who, page), answer, log, || say::refill(who, n, page))
            }
            Job::Drain => {
                let pages = self.world.drain(who, batch);
                self.world.give_back(&pages);
                let end = at + self.hold_ns(batch);
                self.stretch(who, at, end, Doing::Locked);
                self.work(who, end);
                let most = self.scenario.list_pages_max;
                let n = pages.len();
                self.step(at, "drain", who, None, log, || say::drain(who, n, per_cpu_lists, most))
            }
            Job::DrainAll => self.drain_all(who, at, log),
            Job::Return => {
                let pages = std::mem::take(&mut self.agent(who).found);
                self.world.give_back(&pages);
                let end = at + self.hold_ns(pages.len() as u64);
                self.stretch(who, at, end, Doing::Locked);
                let kswapd = self.kswapd();
                let next = if who == kswapd { Phase::Look } else { Phase::Next };
                let agent = self.agent(who);
                (agent.phase, agent.at) = (next, end);
                let (n, free) = (pages.len(), self.world.free_pages());
                self.step(at, "return", who, None, log, || {
                    say::returned(&say::name(who, kswapd), n, free)
                })
            }
        }
    }
}

/// Counts the pages in each kind of place: free, listed, held, cached, isolated.
pub(super) fn tally(world: &World) -> [u64; 5] {
    let mut n = [0; 5];
    for place in &world.places {
        let at = match place {
            Place::Free => 0,
            Place::Listed(_) => 1,
            Place::Held(_) => 2,
            Place::Cached(_) => 3,
            Place::Isolated(_) => 4,
        };
        n[at] += 1;
    }
    n
}
