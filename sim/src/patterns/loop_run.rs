//! One thread, its queues, and what it does next.

use super::loop_jobs::{Count, Did, From, Job, Kind, Phase, Read, Setup, Wake, What};
use super::script::{Op, Script};

/// Time between two pictures, in µs.
pub(super) const PICTURE_US: u64 = 16_667;

/// Most steps of a run: a script that never ends is left then.
pub(super) const STEPS_MAX: u32 = 800;

/// A call that is not finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) function: usize,
    /// Index of its next statement.
    pub(super) next: usize,
    /// Its entry in `asyncs`, if it is one.
    own: Option<usize>,
    /// What an `await` has called: its entry, if that is an `async` function too.
    awaits: Option<Option<usize>>,
}

/// An `async` function that was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Async {
    function: usize,
    next: usize,
    ended: bool,
    /// Who awaits its end.
    waiter: Option<usize>,
}

/// All that the loop knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct World {
    pub(super) now: u64,
    pub(super) phase: Phase,
    pub(super) turn: u32,
    pub(super) stack: Vec<Call>,
    /// The callback that runs or ran last, and when it began.
    pub(super) shown: Option<(Job, u64)>,
    running: Option<Job>,
    pub(super) ticks: Vec<Job>,
    pub(super) micros: Vec<Job>,
    pub(super) timers: Vec<Job>,
    pub(super) checks: Vec<Job>,
    pub(super) pictures: Vec<Job>,
    /// Reads, answers and events that will come.
    pub(super) outside: Vec<Job>,
    /// Of them, those that have come.
    pub(super) ready: Vec<Job>,
    pub(super) reads: Vec<Read>,
    /// Function and statement of what was printed.
    pub(super) printed: Vec<(usize, usize)>,
    pub(super) listeners: Vec<usize>,
    asyncs: Vec<Async>,
    in_micros: bool,
    /// Callbacks that the phase still runs.
    batch: usize,
    /// Whether the poll phase has run nothing yet, and may sleep.
    may_sleep: bool,
    /// By the clock that was read at its begin.
    phase_now: u64,
    n_events: usize,
    /// Boundary at which the next picture is wanted.
    picture_at: Option<u64>,
    free_at: Vec<u64>,
    next_id: u32,
    n_steps: u32,
    pub(super) count: Count,
}

impl World {
    pub(super) fn new(setup: &Setup) -> Self {
        let empty = Vec::new;
        let mut world = Self {
            now: 0,
            phase: Phase::Script,
            turn: 0,
            stack: Vec::new(),
            shown: None,
            running: None,
            ticks: empty(),
            micros: empty(),
            timers: empty(),
            checks: empty(),
            pictures: empty(),
            outside: empty(),
            ready: empty(),
            reads: Vec::new(),
            printed: Vec::new(),
            listeners: Vec::new(),
            asyncs: Vec::new(),
            in_micros: false,
            batch: 0,
            may_sleep: false,
            phase_now: 0,
            n_events: 0,
            picture_at: None,
            free_at: vec![0; setup.n_threads],
            next_id: 0,
            n_steps: 0,
            count: Count::default(),
        };
        let script = world.job(What::Call(0), From::Script, 0);
        world.ready.push(script);
        world
    }

    fn job(&mut self, what: What, from: From, at: u64) -> Job {
        self.next_id += 1;
        Job { id: self.next_id, what, then: None, at, every: None, from }
    }

    /// The next step, or nothing after the end.
    pub(super) fn next(&mut self, script: &Script, setup: &Setup) -> Did {
        self.n_steps += 1;
        if STEPS_MAX <= self.n_steps || setup.until_us <= self.now {
            return Did::Cut;
        }
        if !self.stack.is_empty() {
            return self.statement(script, setup);
        }
        if let Some(job) = self.small(setup) {
            return self.begin(job, script, setup);
        }
        match setup.kind {
            Kind::Node | Kind::Node10 => self.node(script, setup),
            Kind::Browser => self.browser(script, setup),
        }
    }

    /// The next of the small queues, if it is their turn.
    fn small(&mut self, setup: &Setup) -> Option<Job> {
        if setup.kind == Kind::Node10 && 0 < self.batch {
            return None;
        }
        let micro = self.in_micros && !self.micros.is_empty() || self.ticks.is_empty();
        self.in_micros = micro && !self.micros.is_empty();
        take_first(if self.in_micros { &mut self.micros } else { &mut self.ticks })
    }

    fn begin(&mut self, job: Job, script: &Script, setup: &Setup) -> Did {
        let late = self.now.saturating_sub(job.at);
        match job.from {
            From::Tick | From::Micro => self.count.micros += 1,
            From::Event => self.count.event_wait_max = self.count.event_wait_max.max(late),
            From::Timer => self.count.timer_late_max = self.count.timer_late_max.max(late),
            From::Script | From::Check | From::Pool(_) | From::Network | From::Picture => {}
        }
        self.count.callbacks += 1;
        if setup.kind == Kind::Browser && job.from != From::Picture {
            self.want_picture();
        }
        self.running = Some(job);
        self.shown = Some((job, self.now));
        self.work(setup.callback_us);
        match job.what {
            What::Call(function) => self.call(function, script),
            What::Resume(own) => {
                let Async { function, next, .. } = self.asyncs[own];
                self.stack.push(Call { function, next, own: Some(own), awaits: None });
            }
            What::Settle => {}
        }
        self.finish_calls(script, setup);
        Did::Begin { job, late }
    }

    fn work(&mut self, us: u64) {
        self.now += us;
        self.count.busy_us += us;
    }

    fn call(&mut self, function: usize, script: &Script) {
        let own = script.functions[function].is_async.then(|| {
            self.asyncs.push(Async { function, next: 0, ended: false, waiter: None });
            self.asyncs.len() - 1
        });
        self.stack.push(Call { function, next: 0, own, awaits: None });
    }

    fn statement(&mut self, script: &Script, setup: &Setup) -> Did {
        let depth = self.stack.len() - 1;
        let Call { function, next, .. } = self.stack[depth];
        let op = script.functions[function].body[next].op.clone();
        self.stack[depth].next += 1;
        let left = matches!(op, Op::Await(_));
        self.run(&op, function, depth, script, setup);
        self.finish_calls(script, setup);
        Did::Ran { function, op, ended: self.stack.len() <= depth, left }
    }

    fn run(&mut self, op: &Op, function: usize, depth: usize, script: &Script, setup: &Setup) {
        let now = self.now;
        match *op {
            Op::Print(_) => self.printed.push((function, self.stack[depth].next - 1)),
            Op::Call(to) => self.call(to, script),
            Op::Timeout(to, us) | Op::Interval(to, us) => {
                let mut job = self.job(What::Call(to), From::Timer, now + us);
                job.every = matches!(op, Op::Interval(..)).then_some(us);
                self.timers.push(job);
            }
            Op::Immediate(to) => {
                let job = self.job(What::Call(to), From::Check, now);
                self.checks.push(job);
            }
            Op::Tick(to) => {
                let job = self.job(What::Call(to), From::Tick, now);
                self.ticks.push(job);
            }
            Op::Then(chain) => self.follow(Some((chain, 0)), script),
            Op::Frame(to) => {
                let job = self.job(What::Call(to), From::Picture, now);
                self.pictures.push(job);
                self.want_picture();
            }
            Op::Read(to) => self.read(to, setup),
            Op::Fetch(chain) => {
                let mut job = self.job(What::Settle, From::Network, now + setup.net_us);
                job.then = Some((chain, 0));
                self.outside.push(job);
            }
            Op::Listen(to) => self.listeners.push(to),
            Op::Work(us) => self.work(us),
            Op::Await(None) => self.stack[depth].awaits = Some(None),
            Op::Await(Some(to)) => {
                self.call(to, script);
                self.stack[depth].awaits = Some(self.stack[depth + 1].own);
            }
        }
    }

    fn read(&mut self, function: usize, setup: &Setup) {
        let mut thread = 0;
        for other in 1..self.free_at.len() {
            if self.free_at[other] < self.free_at[thread] {
                thread = other;
            }
        }
        let start = self.now.max(self.free_at[thread]);
        let end = start + setup.file_us;
        self.free_at[thread] = end;
        let job = self.job(What::Call(function), From::Pool(thread), end);
        self.reads.push(Read { id: job.id, function, thread, start, end });
        self.outside.push(job);
    }

    /// Queues the handler of a chain that comes next.
    fn follow(&mut self, then: Option<(usize, usize)>, script: &Script) {
        let Some((chain, at)) = then else { return };
        let Some(&function) = script.chains[chain].get(at) else { return };
        let mut job = self.job(What::Call(function), From::Micro, self.now);
        job.then = Some((chain, at + 1));
        self.micros.push(job);
    }

    /// Takes the calls off the stack that have ended or wait, and ends the callback with the last.
    fn finish_calls(&mut self, script: &Script, setup: &Setup) {
        while let Some(&call) = self.stack.last() {
            let ended = script.functions[call.function].body.len() <= call.next;
            match (call.awaits, call.own) {
                (Some(awaited), Some(own)) => {
                    self.asyncs[own].next = call.next;
                    match awaited.filter(|&it| !self.asyncs[it].ended) {
                        Some(awaited) => self.asyncs[awaited].waiter = Some(own),
                        None => self.resume(own),
                    }
                }
                (_, own) if ended => {
                    if let Some(own) = own {
                        self.asyncs[own].ended = true;
                        if let Some(waiter) = self.asyncs[own].waiter {
                            self.resume(waiter);
                        }
                    }
                }
                _ => return,
            }
            self.stack.pop();
        }
        let Some(job) = self.running.take() else { return };
        if job.from == From::Script {
            self.work(setup.script_us);
        }
        self.follow(job.then, script);
        if let Some(us) = job.every {
            let again = Job { at: self.now + us, ..job };
            self.timers.push(again);
        }
    }

    fn resume(&mut self, own: usize) {
        let job = self.job(What::Resume(own), From::Micro, self.now);
        self.micros.push(job);
    }

    /// The function of a callback, for its name and colour.
    pub(super) fn function(&self, job: &Job, script: &Script) -> usize {
        match job.what {
            What::Call(function) => function,
            What::Resume(own) => self.asyncs[own].function,
            What::Settle => {
                let chain = job.then.map(|it| it.0);
                chain.and_then(|it| script.chains[it].first()).copied().unwrap_or(0)
            }
        }
    }

    /// Moves what has come by now to the ready ones, in the order in which it came.
    fn collect(&mut self, setup: &Setup) {
        while let Some(&at) = setup.events_us.get(self.n_events).filter(|&&it| it <= self.now) {
            self.n_events += 1;
            for listener in self.listeners.clone() {
                let job = self.job(What::Call(listener), From::Event, at);
                self.outside.push(job);
            }
        }
        let now = self.now;
        let (mut come, left): (Vec<Job>, Vec<Job>) =
            self.outside.iter().partition(|it| it.at <= now);
        self.outside = left;
        self.ready.append(&mut come);
        crate::order::by_key(&mut self.ready, |it| (it.at, it.id));
    }

    /// When something comes from outside next.
    fn outside_at(&self, setup: &Setup) -> Option<u64> {
        let coming = self.outside.iter().map(|it| it.at).min();
        let event = setup.events_us.get(self.n_events).copied();
        let event = event.filter(|_| !self.listeners.is_empty());
        [coming, event].into_iter().flatten().min()
    }

    fn timer_at(&self) -> Option<u64> {
        self.timers.iter().map(|it| it.at).min()
    }

    fn due_timer(&mut self, now: u64) -> Option<Job> {
        let due = self.timers.iter().filter(|it| it.at <= now);
        let first = due.map(|it| (it.at, it.id)).min()?;
        let at = self.timers.iter().position(|it| it.id == first.1)?;
        Some(self.timers.remove(at))
    }

    fn enter(&mut self, phase: Phase, batch: usize) {
        (self.phase, self.batch, self.phase_now) = (phase, batch, self.now);
        self.may_sleep = phase == Phase::Poll && batch == 0;
        if phase == Phase::Timers {
            self.turn += 1;
        }
    }

    fn node(&mut self, script: &Script, setup: &Setup) -> Did {
        if self.phase == Phase::Script {
            if let Some(job) = take_first(&mut self.ready) {
                return self.begin(job, script, setup);
            }
            self.enter_timers();
        }
        // Three phases a turn; the poll phase sleeps if there is nothing at all to run.
        for _ in 0..6 {
            self.collect(setup);
            let job = match self.phase {
                Phase::Timers if 0 < self.batch => self.due_timer(self.phase_now),
                Phase::Poll if 0 < self.batch => take_first(&mut self.ready),
                Phase::Check if 0 < self.batch => take_first(&mut self.checks),
                _ => None,
            };
            if let Some(job) = job {
                self.batch -= 1;
                return self.begin(job, script, setup);
            }
            match self.phase {
                Phase::Timers => self.enter(Phase::Poll, self.ready.len()),
                Phase::Poll => {
                    let timer = self.timer_at();
                    let due = timer.is_some_and(|it| it <= self.now);
                    if self.may_sleep && self.checks.is_empty() && !due {
                        self.may_sleep = false;
                        let Some(did) = self.sleep(timer, None, setup) else { return Did::End };
                        self.collect(setup);
                        self.batch = self.ready.len();
                        return did;
                    }
                    self.enter(Phase::Check, self.checks.len());
                }
                Phase::Check | Phase::Script | Phase::Task | Phase::Picture => self.enter_timers(),
            }
        }
        Did::End
    }

    fn enter_timers(&mut self) {
        let now = self.now;
        let n_due = self.timers.iter().filter(|it| it.at <= now).count();
        self.enter(Phase::Timers, n_due);
    }

    /// Sleeps until something is due; nothing if there is nothing to wait for.
    fn sleep(&mut self, timer: Option<u64>, picture: Option<u64>, setup: &Setup) -> Option<Did> {
        let outside = self.outside_at(setup);
        let from = self.now;
        self.shown = None;
        let to = [timer, picture, outside].into_iter().flatten().min()?;
        if setup.until_us < to {
            self.now = self.now.max(setup.until_us);
            return Some(Did::Cut);
        }
        self.now = self.now.max(to);
        let why = match () {
            () if outside == Some(to) => Wake::Outside,
            () if timer == Some(to) => Wake::Timer,
            () => Wake::Picture,
        };
        Some(Did::Slept { from, why })
    }

    fn want_picture(&mut self) {
        let next = (self.now / PICTURE_US + 1) * PICTURE_US;
        self.picture_at = Some(self.picture_at.unwrap_or(next));
    }

    fn browser(&mut self, script: &Script, setup: &Setup) -> Did {
        self.collect(setup);
        if self.phase == Phase::Script {
            if let Some(job) = take_first(&mut self.ready) {
                return self.begin(job, script, setup);
            }
            self.enter(Phase::Task, 0);
        }
        // Callbacks for the picture, then the picture.
        if self.phase == Phase::Picture {
            if 0 < self.batch {
                self.batch -= 1;
                if let Some(job) = take_first(&mut self.pictures) {
                    return self.begin(job, script, setup);
                }
            }
            return self.paint(setup);
        }
        if self.picture_at.is_some_and(|it| it <= self.now) {
            self.enter(Phase::Picture, self.pictures.len());
            return self.browser(script, setup);
        }
        let timer = self.timer_at();
        let first = self.ready.first().map(|it| it.at);
        let job = match (timer.filter(|&it| it <= self.now), first) {
            (Some(timer), Some(other)) if timer < other => self.due_timer(self.now),
            (Some(_), None) => self.due_timer(self.now),
            (_, Some(_)) => take_first(&mut self.ready),
            (None, None) => None,
        };
        if let Some(job) = job {
            self.turn += 1;
            return self.begin(job, script, setup);
        }
        self.sleep(timer, self.picture_at, setup).unwrap_or(Did::End)
    }

    fn paint(&mut self, setup: &Setup) -> Did {
        self.shown = None;
        let wanted = self.picture_at.take().unwrap_or(self.now);
        let missed = self.now / PICTURE_US - wanted / PICTURE_US;
        self.count.missed += missed;
        self.count.pictures += 1;
        self.work(setup.paint_us);
        self.phase = Phase::Task;
        if !self.pictures.is_empty() {
            self.want_picture();
        }
        Did::Painted { missed }
    }
}

fn take_first(queue: &mut Vec<Job>) -> Option<Job> {
    if queue.is_empty() { None } else { Some(queue.remove(0)) }
}
