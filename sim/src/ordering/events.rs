//! The accesses and fences of a program, and every way in which they may have met.

use super::program::{Barrier, Op, Order, Program, Sum, Told};
use super::relation::{EVENTS_MAX, Rel, Set, members};
use crate::error::{Fault, ScenarioError};

/// Most executions that are looked at.
pub(super) const EXECUTIONS_MAX: u64 = 8_000;

/// What an event does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// The 0 that a variable begins with.
    Start,
    Write(Sum),
    Read(usize),
    Fence(Barrier),
}

#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) kind: Kind,
    /// `None` for what a variable begins with.
    pub(super) thread: Option<usize>,
    /// Its line in the thread.
    pub(super) line: usize,
    pub(super) var: usize,
    pub(super) order: Order,
}

/// A program as events, with all that does not depend on the run. The first events are what the
/// variables begin with, each by the number of its variable.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    pub(super) events: Vec<Event>,
    /// Program order of accesses and fences; the starts before everything.
    pub(super) po: Rel,
    /// From a load to what its value decides: an address, a stored value, whether it is reached.
    pub(super) address: Rel,
    pub(super) data: Rel,
    pub(super) control: Rel,
    pub(super) reads: Set,
    /// With the starts.
    pub(super) writes: Set,
    pub(super) starts: Set,
    /// Pairs of different accesses to one variable.
    pub(super) same_var: Rel,
    /// Pairs within a thread.
    pub(super) same_thread: Rel,
}

/// One way in which the accesses may have met.
#[derive(Debug, Clone, Copy)]
pub(super) struct Execution {
    /// From a store to the loads that return it.
    pub(super) rf: Rel,
    /// From a store to later ones of the same variable.
    pub(super) co: Rel,
    /// From a load to the stores that overwrite what it returned.
    pub(super) fr: Rel,
}

impl Shape {
    pub(super) fn new(program: &Program) -> Self {
        let start =
            |var| Event { kind: Kind::Start, thread: None, line: 0, var, order: Order::Plain };
        let mut shape = Self {
            events: (0..program.vars.len()).map(start).collect(),
            po: Rel::NONE,
            address: Rel::NONE,
            data: Rel::NONE,
            control: Rel::NONE,
            reads: 0,
            writes: 0,
            starts: 0,
            same_var: Rel::NONE,
            same_thread: Rel::NONE,
        };
        let mut loads = vec![0; program.regs.len()];
        for (number, thread) in program.threads.iter().enumerate() {
            let mut tested = 0;
            for (at, line) in thread.lines.iter().enumerate() {
                shape.line(number, at, &line.op, &mut loads, &mut tested);
            }
        }
        shape.finish();
        shape
    }

    /// Adds the event of a line, with the dependencies that lead to it.
    fn line(&mut self, thread: usize, at: usize, op: &Op, loads: &mut [usize], tested: &mut u32) {
        let number = self.events.len();
        let mut depend = |rel: fn(&mut Self) -> &mut Rel, regs: u32| {
            members(regs).for_each(|reg| rel(self).add(loads[reg], number));
        };
        if !matches!(op, Op::Branch(_)) {
            depend(|it| &mut it.control, *tested);
        }
        let event = |kind, var, order| Event { kind, thread: Some(thread), line: at, var, order };
        let event = match op {
            Op::Branch(regs) => {
                *tested |= regs;
                return;
            }
            Op::Fence(barrier) => event(Kind::Fence(*barrier), 0, Order::Relaxed),
            Op::Load { reg, var, order, address } => {
                depend(|it| &mut it.address, *address);
                loads[*reg] = number;
                event(Kind::Read(*reg), *var, *order)
            }
            Op::Store { var, value, order, address } => {
                depend(|it| &mut it.address, *address);
                depend(|it| &mut it.data, value.named());
                event(Kind::Write(value.clone()), *var, *order)
            }
        };
        self.events.push(event);
    }

    fn finish(&mut self) {
        for (n, a) in self.events.iter().enumerate() {
            match a.kind {
                Kind::Start => self.starts |= 1 << n,
                Kind::Write(_) => self.writes |= 1 << n,
                Kind::Read(_) => self.reads |= 1 << n,
                Kind::Fence(_) => {}
            }
            for (m, b) in self.events.iter().enumerate() {
                let accesses = ![&a.kind, &b.kind].iter().any(|it| matches!(it, Kind::Fence(_)));
                if n != m && accesses && a.var == b.var {
                    self.same_var.add(n, m);
                }
                if a.thread == b.thread && a.thread.is_some() {
                    self.same_thread.add(n, m);
                }
                let later = a.thread == b.thread && n < m && a.thread.is_some();
                if later || a.thread.is_none() && b.thread.is_some() {
                    self.po.add(n, m);
                }
            }
        }
        self.writes |= self.starts;
    }

    /// Fences of the kinds that `which` says.
    pub(super) fn fences(&self, which: impl Fn(Barrier) -> bool) -> Set {
        self.filter(|it| matches!(it.kind, Kind::Fence(barrier) if which(barrier)))
    }

    pub(super) fn filter(&self, which: impl Fn(&Event) -> bool) -> Set {
        let found = self.events.iter().enumerate().filter(|it| which(it.1));
        found.fold(0, |set, (at, _)| set | 1 << at)
    }

    /// The stores to a variable, without its start.
    fn stores(&self, var: usize) -> Vec<usize> {
        members(self.writes & !self.starts).filter(|&at| self.events[at].var == var).collect()
    }

    /// How many executions there are: every load from every store, in every order of the stores.
    fn count(&self) -> u64 {
        let mut count = 1_u64;
        for var in members(self.starts) {
            let n = self.stores(var).len() as u64;
            let orders: u64 = (1..=n).product();
            let is_load = |&it: &usize| self.events[it].var == var;
            let loads = u32::try_from(members(self.reads).filter(is_load).count());
            let sources = (n + 1).saturating_pow(loads.unwrap_or(u32::MAX));
            count = count.saturating_mul(orders).saturating_mul(sources);
        }
        count
    }

    /// Every way in which the accesses may have met.
    ///
    /// # Errors
    /// If there are too many.
    pub(super) fn ways(&self) -> Result<Ways<'_>, ScenarioError> {
        let n = self.count();
        if EXECUTIONS_MAX < n {
            let why = format!(
                "{n} executions are possible, and at most {EXECUTIONS_MAX} are looked at: take \
                 fewer accesses to the same variable"
            );
            return Err(ScenarioError::one("/program", Fault::Conflict(why)));
        }
        let sources = |read: usize| {
            let var = self.events[read].var;
            let mut sources = self.stores(var);
            sources.insert(0, var);
            (read, sources)
        };
        let reads = members(self.reads).map(sources).collect();
        let orders = members(self.starts).map(|var| permutations(&self.stores(var))).collect();
        Ok(Ways { shape: self, n, reads, orders })
    }

    /// The value of every event, if each hangs on others only.
    fn values(&self, source: &[usize; EVENTS_MAX]) -> Option<Values> {
        let mut values = [None; EVENTS_MAX];
        for _ in 0..=self.events.len() {
            let mut open = false;
            for (at, event) in self.events.iter().enumerate() {
                let known = match &event.kind {
                    Kind::Start | Kind::Fence(_) => Some(0),
                    Kind::Read(_) => values[source[at]],
                    Kind::Write(sum) => sum.value(|reg| {
                        let is_it = |it: &Event| it.kind == Kind::Read(reg);
                        values[self.events.iter().position(is_it)?]
                    }),
                };
                values[at] = known;
                open |= known.is_none();
            }
            if !open {
                return Some(values.map(Option::unwrap_or_default));
            }
        }
        None
    }

    /// The values of an outcome.
    pub(super) fn outcome(&self, told: &[Told], run: &Execution, values: &Values) -> Vec<i64> {
        let value = |told: &Told| match *told {
            Told::Register(reg) => {
                let load = self.events.iter().position(|it| it.kind == Kind::Read(reg));
                load.map_or(0, |at| values[at])
            }
            Told::Final(var) => {
                let mut all = members(run.co.after(var) | 1 << var);
                all.find(|&it| run.co.after(it) == 0).map_or(0, |it| values[it])
            }
        };
        told.iter().map(value).collect()
    }
}

/// Every execution, by number: its digits are the choices.
pub(super) struct Ways<'a> {
    shape: &'a Shape,
    pub(super) n: u64,
    /// Each load, and the stores that it may return.
    reads: Vec<(usize, Vec<usize>)>,
    /// For each variable every order of its stores.
    orders: Vec<Vec<Vec<usize>>>,
}

impl Ways<'_> {
    /// One execution and the values of its events. `None` if a value hangs on itself: it would come
    /// out of nothing.
    pub(super) fn get(&self, number: u64) -> Option<(Execution, Values)> {
        let mut rest = number;
        let mut digit = |base: usize| {
            let base = base as u64;
            let it = rest % base;
            rest /= base;
            usize::try_from(it).unwrap_or_default()
        };
        let mut rf = Rel::NONE;
        let mut source = [0; EVENTS_MAX];
        for (read, sources) in &self.reads {
            source[*read] = sources[digit(sources.len())];
            rf.add(source[*read], *read);
        }
        let values = self.shape.values(&source)?;
        let mut co = Rel::NONE;
        for (var, orders) in self.orders.iter().enumerate() {
            let order = &orders[digit(orders.len())];
            for (at, &store) in order.iter().enumerate() {
                co.add(var, store);
                order[..at].iter().for_each(|&before| co.add(before, store));
            }
        }
        let mut fr = Rel::NONE;
        for (read, _) in &self.reads {
            members(co.after(source[*read])).for_each(|store| fr.add(*read, store));
        }
        Some((Execution { rf, co, fr }, values))
    }
}

/// The value of each event, by number.
pub(super) type Values = [i64; EVENTS_MAX];

/// Every order of a few things.
fn permutations(items: &[usize]) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for (n, &item) in items.iter().enumerate() {
        let mut more = Vec::new();
        for order in &all {
            for place in 0..=n {
                let mut order: Vec<usize> = order.clone();
                order.insert(place, item);
                more.push(order);
            }
        }
        all = more;
    }
    all
}
