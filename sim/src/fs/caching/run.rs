//! Programs read and write, the flusher wakes up, and pages go to the device.

use super::cache::{Ahead, Cached, Device, Does, Op, Plan};
use super::tell;
use crate::engine::{Log, Shot};
use crate::error::ScenarioError;

/// What was counted so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    pub(crate) reads: u64,
    pub(crate) writes: u64,
    pub(crate) hits: u64,
    pub(crate) misses: u64,
    /// Reads of pages that were on their way.
    pub(crate) waits: u64,
    pub(crate) requests: u64,
    pub(crate) pages_read: u64,
    pub(crate) pages_ahead: u64,
    /// Pages that were read ahead and thrown away without being asked for.
    pub(crate) wasted: u64,
    pub(crate) pages_written: u64,
    pub(crate) flushes: u64,
    pub(crate) throttled: u64,
    pub(crate) wait_us: u64,
}

/// Everything after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(super) pages: Vec<Cached>,
    /// By file and page.
    pub(super) device: Vec<Vec<Device>>,
    pub(super) newest: Vec<Vec<u32>>,
    pub(super) ahead: Vec<Ahead>,
    pub(super) now: u64,
    pub(super) line: Option<usize>,
    /// Pages that the last step was about.
    pub(super) marked: Vec<(usize, usize)>,
    pub(super) took_us: u64,
    pub(crate) counts: Counts,
}

impl State {
    pub(super) fn find(&self, file: usize, page: usize) -> Option<usize> {
        self.pages.iter().position(|it| it.file == file && it.page == page)
    }

    pub(crate) fn n_dirty(&self) -> usize {
        self.pages.iter().filter(|it| it.dirty_since.is_some()).count()
    }

    /// Pages of a file whose newest version would be lost with the kernel, and with the power.
    pub(crate) fn at_risk(&self, file: usize) -> (usize, usize) {
        let pairs = self.newest[file].iter().zip(&self.device[file]);
        let kernel = pairs.clone().filter(|it| it.1.given < *it.0).count();
        (kernel, pairs.filter(|it| it.1.durable < *it.0).count())
    }
}

/// A question with its options and the right one.
pub(super) type Question = (&'static str, Vec<String>, usize);

/// The running cache.
pub(crate) struct Kernel<'a> {
    plan: &'a Plan,
    log: &'a mut Log<State>,
    pub(crate) state: State,
    n_uses: u64,
    /// When the flusher wakes up next, and until when it has the device.
    wakes_at: u64,
    busy_until: u64,
    /// Since when there are more dirty pages than the flusher lets be.
    above_since: u64,
}

impl<'a> Kernel<'a> {
    pub(crate) fn new(plan: &'a Plan, log: &'a mut Log<State>) -> Self {
        let first = Device { given: 1, durable: 1 };
        let state = State {
            pages: Vec::new(),
            device: plan.sizes.iter().map(|&it| vec![first; it]).collect(),
            newest: plan.sizes.iter().map(|&it| vec![1; it]).collect(),
            ahead: vec![Ahead::default(); plan.files.len()],
            now: 0,
            line: None,
            marked: Vec::new(),
            took_us: 0,
            counts: Counts::default(),
        };
        Self {
            plan,
            log,
            state,
            n_uses: 0,
            wakes_at: plan.interval_us,
            busy_until: 0,
            above_since: 0,
        }
    }

    pub(crate) fn run(&mut self) -> Result<(), ScenarioError> {
        self.note("start", tell::start(self.plan), None)?;
        for (line, &op) in self.plan.script.iter().enumerate() {
            self.state.line = Some(line);
            self.state.marked.clear();
            match op.does {
                Does::Read => self.each(op, Self::read)?,
                Does::Write => self.each(op, Self::write)?,
                Does::DirectRead => self.each(op, Self::direct_read)?,
                Does::DirectWrite => self.each(op, Self::direct_write)?,
                Does::Fsync => self.sync(Some(op.file))?,
                Does::Sync => self.sync(None)?,
                Does::Sleep => self.sleep(op.ms)?,
                Does::Drop => self.drop_clean()?,
            }
        }
        self.state.line = None;
        self.state.marked.clear();
        self.state.took_us = 0;
        let say = tell::end(self.plan, &self.state);
        self.note("end", say, None)
    }

    fn each(
        &mut self,
        op: Op,
        one: fn(&mut Self, usize, usize) -> Result<(), ScenarioError>,
    ) -> Result<(), ScenarioError> {
        for page in op.page..op.page + op.n {
            one(self, op.file, page)?;
        }
        Ok(())
    }

    fn note(
        &mut self,
        tag: &'static str,
        say: String,
        ask: Option<Question>,
    ) -> Result<(), ScenarioError> {
        let state = &self.state;
        self.log.step(state.now, tag, || {
            let shot = Shot::new(say, state.clone());
            match ask {
                Some((question, options, answer)) => shot.ask(question, options, answer),
                None => shot,
            }
        })
    }

    // Time.

    /// Time passes, and the flusher works whenever it is due.
    fn pass(&mut self, us: u64) -> Result<(), ScenarioError> {
        let until = self.state.now + us;
        while self.wakes_at <= until {
            self.work_until(self.wakes_at)?;
            self.state.now = self.state.now.max(self.wakes_at);
            self.wakes_at += self.plan.interval_us;
            self.expire()?;
            if self.state.n_dirty() == 0 {
                // Without dirty pages its next visits would find nothing.
                let idle = until.saturating_sub(self.wakes_at) / self.plan.interval_us;
                self.wakes_at += idle * self.plan.interval_us;
            }
        }
        self.work_until(until)?;
        self.state.now = self.state.now.max(until);
        Ok(())
    }

    /// Above the background threshold the flusher writes page after page, and nobody waits for it.
    fn work_until(&mut self, until: u64) -> Result<(), ScenarioError> {
        let costs = self.plan.costs;
        let each = costs.request_us + costs.page_us;
        let mut at = self.busy_until.max(self.above_since);
        let mut done = Vec::new();
        while self.plan.background < self.state.n_dirty() && at + each <= until {
            let oldest = self.oldest(1);
            self.write_back(&oldest);
            done.extend(oldest);
            at += each;
        }
        if done.is_empty() {
            return Ok(());
        }
        self.busy_until = at;
        self.state.now = self.state.now.max(at);
        self.state.took_us = 0;
        let say = tell::background(done.len(), self.plan.background);
        self.state.marked = done;
        self.note("background", say, None)
    }

    /// The dirty pages that have been so for the longest time.
    fn oldest(&self, n: usize) -> Vec<(usize, usize)> {
        let mut dirty: Vec<(u64, usize, usize)> = Vec::new();
        for it in &self.state.pages {
            dirty.extend(it.dirty_since.map(|since| (since, it.file, it.page)));
        }
        crate::order::by_key(&mut dirty, |it| *it);
        dirty.iter().take(n).map(|it| (it.1, it.2)).collect()
    }

    /// Passes the time of a step, without waking anybody up before the step is told.
    fn takes(&mut self, us: u64) {
        self.state.now += us;
        self.state.took_us = us;
    }

    /// Whatever the flusher should have done by now.
    fn catch_up(&mut self) -> Result<(), ScenarioError> {
        self.pass(0)
    }

    fn expire(&mut self) -> Result<(), ScenarioError> {
        let now = self.state.now;
        let old = |it: &Cached| {
            it.dirty_since.is_some_and(|since| since.saturating_add(self.plan.expire_us) <= now)
        };
        let due: Vec<(usize, usize)> =
            self.state.pages.iter().filter(|it| old(it)).map(|it| (it.file, it.page)).collect();
        let n_dirty = self.state.n_dirty();
        if n_dirty == 0 {
            return Ok(());
        }
        let oldest = self.state.pages.iter().filter_map(|it| it.dirty_since).min();
        let age = now - oldest.unwrap_or(now);
        self.state.took_us = 0;
        self.state.marked.clone_from(&due);
        self.write_back(&due);
        let say = tell::wakes(due.len(), n_dirty, age);
        let ask = tell::ask_flusher(!due.is_empty());
        self.note("flusher", say, Some(ask))
    }

    // Pages.

    fn touch(&mut self, at: usize) {
        self.n_uses += 1;
        self.state.pages[at].used = self.n_uses;
    }

    /// Makes a page of the cache, and room for it.
    fn insert(&mut self, file: usize, page: usize, ready_at: u64) -> usize {
        if self.plan.n_frames <= self.state.pages.len() {
            self.evict();
        }
        self.n_uses += 1;
        let version = self.state.device[file][page].given;
        let (dirty_since, ahead, marker) = (None, false, false);
        let used = self.n_uses;
        self.state.pages.push(Cached {
            file,
            page,
            version,
            dirty_since,
            ready_at,
            used,
            ahead,
            marker,
            came: true,
        });
        self.state.pages.len() - 1
    }

    /// Gives the frame of the least recently used clean page away; if all are dirty, the oldest is
    /// written first.
    fn evict(&mut self) {
        let now = self.state.now;
        let clean = |it: &Cached| it.dirty_since.is_none() && it.ready_at <= now;
        if !self.state.pages.iter().any(clean) {
            // Whoever needs the frame waits.
            let oldest = self.oldest(1);
            let us = self.write_back(&oldest);
            self.state.now += us;
            self.state.counts.wait_us += us;
        }
        let all = self.state.pages.iter().enumerate();
        let victim = all.filter(|it| clean(it.1)).min_by_key(|it| it.1.used).map(|it| it.0);
        // Pages on their way are the last that go.
        if let Some(at) = victim.or((!self.state.pages.is_empty()).then_some(0)) {
            let gone = self.state.pages.remove(at);
            self.state.counts.wasted += u64::from(gone.ahead);
        }
    }

    /// Gives dirty pages to the device, neighbours in one request, and returns what that takes.
    fn write_back(&mut self, pages: &[(usize, usize)]) -> u64 {
        let mut pages = pages.to_vec();
        crate::order::by_key(&mut pages, |it| *it);
        let mut us = 0;
        let mut before: Option<(usize, usize)> = None;
        for (file, page) in pages {
            let Some(at) = self.state.find(file, page) else { continue };
            if self.state.pages[at].dirty_since.take().is_none() {
                continue;
            }
            let joined = before.is_some_and(|it| it.0 == file && it.1 + 1 == page);
            before = Some((file, page));
            self.state.counts.requests += u64::from(!joined);
            us += self.plan.costs.page_us;
            us += if joined { 0 } else { self.plan.costs.request_us };
            self.state.counts.pages_written += 1;
            self.state.device[file][page].given = self.state.pages[at].version;
        }
        us
    }

    /// Asks the device for pages, as far as they are not there. Returns when they will be.
    fn fetch(&mut self, file: usize, first: usize, n: usize, asked: Option<usize>) -> u64 {
        let end = (first + n).min(self.plan.sizes[file]);
        let missing: Vec<usize> =
            (first..end).filter(|&it| self.state.find(file, it).is_none()).collect();
        if missing.is_empty() {
            return self.state.now;
        }
        let costs = self.plan.costs;
        let ready_at = self.state.now + costs.request_us + costs.page_us * missing.len() as u64;
        self.state.counts.requests += 1;
        for page in missing {
            let at = self.insert(file, page, ready_at);
            let ahead = asked != Some(page);
            self.state.pages[at].ahead = ahead;
            self.state.counts.pages_read += 1;
            self.state.counts.pages_ahead += u64::from(ahead);
            self.state.marked.push((file, page));
        }
        ready_at
    }

    fn set_marker(&mut self, file: usize, page: usize) {
        if let Some(at) = self.state.find(file, page) {
            self.state.pages[at].marker = true;
        }
    }

    // What programs do.

    fn read(&mut self, file: usize, page: usize) -> Result<(), ScenarioError> {
        self.catch_up()?;
        self.state.marked = vec![(file, page)];
        self.state.counts.reads += 1;
        let sequential = page == self.state.ahead[file].next;
        let found = self.state.find(file, page);
        let start = self.state.now;
        let (tag, from) = match found.map(|it| self.state.pages[it].ready_at) {
            None => ("miss", 1),
            Some(ready_at) if self.state.now < ready_at => ("wait", 2),
            Some(_) => ("hit", 0),
        };
        let mut n_ahead = 0;
        match found {
            Some(at) => {
                let ready_at = self.state.pages[at].ready_at;
                let marker = std::mem::take(&mut self.state.pages[at].marker);
                self.state.pages[at].ahead = false;
                self.touch(at);
                if marker && sequential {
                    n_ahead = self.read_ahead(file);
                }
                self.state.now = self.state.now.max(ready_at);
            }
            None => {
                let window = self.window(file, page, sequential);
                let before = self.state.counts.pages_ahead;
                self.state.now = self.fetch(file, page, window, Some(page));
                n_ahead = self.state.counts.pages_ahead - before;
                if 0 < n_ahead {
                    self.set_marker(file, page + 1);
                }
            }
        }
        match tag {
            "hit" => self.state.counts.hits += 1,
            "wait" => self.state.counts.waits += 1,
            _ => self.state.counts.misses += 1,
        }
        self.state.ahead[file].next = page + 1;
        self.state.counts.wait_us += self.state.now - start;
        let waited = self.state.now - start;
        self.takes(self.plan.costs.copy_us);
        self.state.took_us += waited;
        let say = tell::read(self.plan, (file, page), tag, n_ahead, self.state.took_us);
        self.note(tag, say, Some(tell::ask_read(from)))
    }

    /// Pages to ask for when a page is not there.
    fn window(&mut self, file: usize, page: usize, sequential: bool) -> usize {
        if self.plan.ahead_max < 2 || !sequential {
            self.state.ahead[file].size = 0;
            return 1;
        }
        let size = match self.state.ahead[file].size {
            0 => self.plan.first_window(),
            it => self.plan.next_window(it),
        };
        self.state.ahead[file].size = size;
        self.state.ahead[file].end = page + size;
        size
    }

    /// Fetches the next window while the reader still has pages of the last one.
    fn read_ahead(&mut self, file: usize) -> u64 {
        let Ahead { end, size, .. } = self.state.ahead[file];
        let size = self.plan.next_window(size);
        let before = self.state.counts.pages_ahead;
        self.fetch(file, end, size, None);
        self.state.ahead[file].size = size;
        self.state.ahead[file].end = end + size;
        self.set_marker(file, end);
        self.state.counts.pages_ahead - before
    }

    fn write(&mut self, file: usize, page: usize) -> Result<(), ScenarioError> {
        self.catch_up()?;
        self.state.marked = vec![(file, page)];
        self.state.counts.writes += 1;
        let now = self.state.now;
        let at = match self.state.find(file, page) {
            Some(at) => at,
            // A whole page is written, so its old content is not needed.
            None => self.insert(file, page, now),
        };
        self.touch(at);
        self.state.newest[file][page] += 1;
        let version = self.state.newest[file][page];
        let cached = &mut self.state.pages[at];
        let was_dirty = cached.dirty_since.is_some();
        (cached.version, cached.ready_at) = (version, cached.ready_at.min(now));
        (cached.ahead, cached.came) = (false, false);
        cached.dirty_since.get_or_insert(now);
        if !was_dirty && self.state.n_dirty() == self.plan.background + 1 {
            self.above_since = now;
        }
        self.takes(self.plan.costs.copy_us);
        let say = tell::write(self.plan, (file, page), was_dirty, self.state.n_dirty());
        self.note("write", say, None)?;
        self.balance()
    }

    /// Above the limit a writer waits until the device has taken what is too much.
    fn balance(&mut self) -> Result<(), ScenarioError> {
        let n_dirty = self.state.n_dirty();
        if n_dirty <= self.plan.limit {
            return Ok(());
        }
        let oldest = self.oldest(n_dirty - self.plan.limit);
        let us = self.busy_until.saturating_sub(self.state.now) + self.write_back(&oldest);
        self.takes(us);
        self.busy_until = self.state.now;
        self.state.counts.wait_us += us;
        self.state.counts.throttled += 1;
        let say = tell::throttled(n_dirty, self.plan.limit, us);
        self.state.marked = oldest;
        self.note("throttle", say, None)
    }

    fn sync(&mut self, file: Option<usize>) -> Result<(), ScenarioError> {
        self.catch_up()?;
        let of = |it: &&Cached| it.dirty_since.is_some() && file.is_none_or(|file| file == it.file);
        let pages: Vec<(usize, usize)> =
            self.state.pages.iter().filter(of).map(|it| (it.file, it.page)).collect();
        let us = self.write_back(&pages) + self.plan.costs.flush_us;
        // A flush empties the device's own cache, whoever asks.
        for device in self.state.device.iter_mut().flatten() {
            device.durable = device.given;
        }
        self.state.counts.flushes += 1;
        self.state.counts.wait_us += us;
        self.state.marked.clone_from(&pages);
        self.takes(us);
        let name = file.map_or("sync", |_| "fsync");
        let say = tell::synced(self.plan, file, pages.len(), us);
        self.note(name, say, None)
    }

    fn direct_read(&mut self, file: usize, page: usize) -> Result<(), ScenarioError> {
        self.catch_up()?;
        self.state.marked = vec![(file, page)];
        self.state.counts.reads += 1;
        // What the cache has newer goes to the device first.
        let mut us = self.write_back(&[(file, page)]);
        us += self.plan.costs.request_us + self.plan.costs.page_us;
        self.state.counts.requests += 1;
        self.state.counts.pages_read += 1;
        self.state.counts.misses += 1;
        self.state.counts.wait_us += us;
        self.takes(us);
        let say = tell::direct_read(self.plan, (file, page), us);
        self.note("direct", say, None)
    }

    fn direct_write(&mut self, file: usize, page: usize) -> Result<(), ScenarioError> {
        self.catch_up()?;
        self.state.marked = vec![(file, page)];
        self.state.counts.writes += 1;
        if let Some(at) = self.state.find(file, page) {
            // The cached copy would be old from now on.
            self.state.pages.remove(at);
        }
        self.state.newest[file][page] += 1;
        self.state.device[file][page].given = self.state.newest[file][page];
        let us = self.plan.costs.request_us + self.plan.costs.page_us;
        self.state.counts.requests += 1;
        self.state.counts.pages_written += 1;
        self.state.counts.wait_us += us;
        self.takes(us);
        let say = tell::direct_write(self.plan, (file, page), us);
        self.note("direct", say, None)
    }

    fn sleep(&mut self, ms: u64) -> Result<(), ScenarioError> {
        self.pass(ms * 1_000)?;
        self.state.marked.clear();
        self.state.took_us = ms * 1_000;
        self.note("sleep", tell::slept(ms, self.state.n_dirty()), None)
    }

    fn drop_clean(&mut self) -> Result<(), ScenarioError> {
        self.catch_up()?;
        let before = self.state.pages.len();
        let wasted = self.state.pages.iter().filter(|it| it.ahead && it.dirty_since.is_none());
        self.state.counts.wasted += wasted.count() as u64;
        self.state.pages.retain(|it| it.dirty_since.is_some());
        let n = before - self.state.pages.len();
        self.state.took_us = 0;
        self.note("drop", tell::dropped(n, self.state.n_dirty()), None)
    }
}
