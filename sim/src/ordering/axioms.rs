//! Which executions four memory models allow, and the circle in those that they forbid.
//!
//! A model is a relation that may not lead in a circle: it says which arrows count.

use super::events::{Execution, Shape};
use super::program::{Barrier, Order};
use super::relation::{Rel, Set, members};

/// A memory model, from the strongest machine to the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Model {
    Sc,
    Tso,
    Arm,
    C11,
}

impl Model {
    pub(super) const ALL: [Self; 4] = [Self::Sc, Self::Tso, Self::Arm, Self::C11];

    pub(super) const fn name(self) -> &'static str {
        ["SC", "TSO", "ARMv8", "C11"][self as usize]
    }
}

/// One arrow of a circle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arrow {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) label: &'static str,
}

/// What the models say of one program, before any of its executions.
pub(super) struct Laws<'a> {
    shape: &'a Shape,
    /// Order within a thread that counts, with what keeps it.
    tso: Vec<(&'static str, Rel)>,
    arm: Vec<(&'static str, Rel)>,
    /// ARM: what a load decides, which its stores hand on.
    arm_data: Rel,
    arm_control: Rel,
    /// ARM: up to a release store.
    arm_release: Rel,
    /// C11: from what releases to the store that is read, and from the load to what acquires.
    heads: Rel,
    tails: Rel,
    /// C11: accesses and fences that are `seq_cst`, and pairs that race if nothing orders them.
    seq_cst: Set,
    full: Set,
    rivals: Rel,
}

fn union(parts: &[(&'static str, Rel)]) -> Rel {
    parts.iter().fold(Rel::NONE, |all, it| all.or(&it.1))
}

impl<'a> Laws<'a> {
    pub(super) fn new(shape: &'a Shape) -> Self {
        let writes = |orders: &[Order]| {
            shape.filter(|it| orders.contains(&it.order)) & shape.writes & !shape.starts
        };
        let reads = |orders: &[Order]| shape.filter(|it| orders.contains(&it.order)) & shape.reads;
        let releases =
            shape.fences(|it| matches!(it, Barrier::Full | Barrier::AcqRel | Barrier::Release));
        let acquires =
            shape.fences(|it| matches!(it, Barrier::Full | Barrier::AcqRel | Barrier::Acquire));
        let same = Rel::NONE.or_same();
        let (release, acquire) = ([Order::Release, Order::SeqCst], [Order::Acquire, Order::SeqCst]);
        let atomic = [Order::Relaxed, Order::Acquire, Order::Release, Order::SeqCst];
        let (released, acquired) = (writes(&release), reads(&acquire));
        let heads = same.within(released, released);
        let tails = same.within(acquired, acquired);
        let plain = shape.filter(|it| it.order == Order::Plain);
        let accesses = (shape.reads | shape.writes) & !shape.starts;
        let rivals = shape.same_var.without(&shape.same_thread).within(accesses, accesses);
        let one_writes =
            rivals.within(shape.writes, Set::MAX).or(&rivals.within(Set::MAX, shape.writes));
        let one_plain = rivals.within(plain, Set::MAX).or(&rivals.within(Set::MAX, plain));
        Self {
            shape,
            tso: tso(shape, writes(&[Order::SeqCst])),
            arm: arm(shape, released, acquired),
            arm_data: shape.address.or(&shape.data),
            arm_control: shape.control.or(&shape.data),
            arm_release: shape.po.within(Set::MAX, released),
            heads: heads.or(&shape.po.within(releases, writes(&atomic))),
            tails: tails.or(&shape.po.within(reads(&atomic), acquires)),
            seq_cst: shape.filter(|it| it.order == Order::SeqCst),
            full: shape.fences(|it| it == Barrier::Full),
            rivals: one_writes.and(&one_plain),
        }
    }

    /// One order for each variable, as each thread has it: all models ask for that.
    fn coherence(&self, run: &Execution) -> Rel {
        self.shape.po.and(&self.shape.same_var).or(&run.rf).or(&run.co).or(&run.fr)
    }

    pub(super) fn is_coherent(&self, run: &Execution) -> bool {
        self.coherence(run).is_acyclic()
    }

    /// What may not lead in a circle on a machine.
    fn order(&self, model: Model, run: &Execution) -> Rel {
        let between = |rel: &Rel| rel.without(&self.shape.same_thread);
        match model {
            Model::Sc | Model::C11 => self.shape.po.or(&run.rf).or(&run.co).or(&run.fr),
            Model::Tso => union(&self.tso).or(&between(&run.rf)).or(&run.co).or(&run.fr),
            Model::Arm => {
                let seen = between(&run.rf).or(&between(&run.co)).or(&between(&run.fr));
                self.kept(model, run).or(&seen)
            }
        }
    }

    /// Order within threads that a machine keeps.
    pub(super) fn kept(&self, model: Model, run: &Execution) -> Rel {
        match model {
            Model::Sc | Model::C11 => self.shape.po,
            Model::Tso => union(&self.tso),
            Model::Arm => {
                let within = |rel: &Rel| rel.and(&self.shape.same_thread);
                let forwarded = self.arm_data.then(&within(&run.rf));
                let overwritten = self.arm_control.or(&self.arm_release).then(&within(&run.co));
                union(&self.arm).or(&forwarded).or(&overwritten)
            }
        }
    }

    /// Whether a model allows an execution that is coherent.
    pub(super) fn allows(&self, model: Model, run: &Execution) -> bool {
        match model {
            Model::Sc | Model::Tso | Model::Arm => self.order(model, run).is_acyclic(),
            Model::C11 => {
                let hb = self.happens_before(run).closure();
                self.clash(run, &hb).is_none() && self.seq_cst_order(run, &hb).is_acyclic()
            }
        }
    }

    /// C11: one step of happens-before.
    fn happens_before(&self, run: &Execution) -> Rel {
        self.shape.po.or(&self.synchronises(run))
    }

    fn synchronises(&self, run: &Execution) -> Rel {
        self.heads.then(&run.rf).then(&self.tails)
    }

    /// C11: two events, the first of which happens before the second and yet comes after it.
    fn clash(&self, run: &Execution, hb: &Rel) -> Option<(usize, usize)> {
        let seen = run.rf.or(&run.co).or(&run.fr).closure();
        let all = 0..self.shape.events.len();
        all.flat_map(|from| members(hb.after(from)).map(move |to| (from, to)))
            .find(|&(from, to)| from == to || seen.has(to, from))
    }

    /// C11: the steps that any order of all `seq_cst` accesses and fences has to follow.
    fn seq_cst_order(&self, run: &Execution, hb: &Rel) -> Rel {
        let (all, any) = (self.seq_cst | self.full, Set::MAX);
        if all == 0 {
            return Rel::NONE;
        }
        let fences = self.seq_cst_fences(run, hb);
        let (left, right) = self.seq_cst_ends(hb);
        let base = left.then(&self.seq_cst_steps(run, hb)).then(&right);
        base.or(&fences).within(all, any)
    }

    fn seq_cst_ends(&self, hb: &Rel) -> (Rel, Rel) {
        let own = Rel::NONE.or_same().within(self.seq_cst, self.seq_cst);
        let reach = hb.or_same();
        (own.or(&reach.within(self.full, Set::MAX)), own.or(&reach.within(Set::MAX, self.full)))
    }

    fn seq_cst_steps(&self, run: &Execution, hb: &Rel) -> Rel {
        let po = &self.shape.po;
        let other = po.without(&self.shape.same_var);
        let far = other.then(hb).then(&other);
        po.or(&far).or(&hb.and(&self.shape.same_var)).or(&run.co).or(&run.fr)
    }

    fn seq_cst_fences(&self, run: &Execution, hb: &Rel) -> Rel {
        let seen = run.rf.or(&run.co).or(&run.fr).closure();
        hb.or(&hb.then(&seen).then(hb)).within(self.full, self.full)
    }

    /// C11: two accesses, not both atomic, one of which writes, that nothing orders.
    pub(super) fn race(&self, run: &Execution) -> Option<(usize, usize)> {
        let hb = self.happens_before(run).closure();
        let all = 0..self.shape.events.len();
        all.flat_map(|from| members(self.rivals.after(from)).map(move |to| (from, to)))
            .find(|&(from, to)| !hb.has(from, to) && !hb.has(to, from))
    }

    /// The arrows that forbid an execution; empty if it is allowed.
    pub(super) fn circle(&self, model: Model, run: &Execution) -> Vec<Arrow> {
        let coherence = self.coherence(run);
        if let Some(way) = coherence.circle() {
            return self.arrows(Model::Sc, run, &way);
        }
        if model != Model::C11 {
            let way = self.order(model, run).circle().unwrap_or_default();
            return self.arrows(model, run, &way);
        }
        let step = self.happens_before(run);
        let hb = step.closure();
        if let Some((from, to)) = self.clash(run, &hb) {
            let mut arrows = self.way(run, &step, from, to);
            if from != to {
                let seen = run.rf.or(&run.co).or(&run.fr);
                arrows.extend(self.way(run, &seen, to, from));
            }
            return arrows;
        }
        let way = self.seq_cst_order(run, &hb).circle().unwrap_or_default();
        way.windows(2).flat_map(|it| self.seq_cst_way(run, &hb, it[0], it[1])).collect()
    }

    /// The small steps of one step between `seq_cst` accesses or fences.
    fn seq_cst_way(&self, run: &Execution, hb: &Rel, from: usize, to: usize) -> Vec<Arrow> {
        let step = self.happens_before(run);
        let seen = run.rf.or(&run.co).or(&run.fr);
        let (left, right) = self.seq_cst_ends(hb);
        let steps = self.seq_cst_steps(run, hb);
        let inner = members(left.after(from))
            .flat_map(|a| members(steps.after(a)).map(move |b| (a, b)))
            .find(|&(_, b)| right.has(b, to));
        // Between two fences there may be a longer way through what was seen.
        let closed = seen.closure();
        let far = || {
            members(hb.after(from))
                .flat_map(|a| members(closed.after(a)).map(move |b| (a, b)))
                .find(|&(_, b)| hb.has(b, to))
        };
        let Some((a, b)) = inner.or_else(far) else { return self.way(run, &step, from, to) };
        let middle = if hb.has(a, b) { &step } else { &seen };
        let mut arrows = if a == from { Vec::new() } else { self.way(run, &step, from, a) };
        arrows.extend(self.way(run, middle, a, b));
        if b != to {
            arrows.extend(self.way(run, &step, b, to));
        }
        arrows
    }

    fn way(&self, run: &Execution, step: &Rel, from: usize, to: usize) -> Vec<Arrow> {
        self.arrows(Model::C11, run, &step.path(from, to).unwrap_or_default())
    }

    fn arrows(&self, model: Model, run: &Execution, way: &[usize]) -> Vec<Arrow> {
        let arrow = |it: &[usize]| {
            let (from, to) = (it[0], it[1]);
            Arrow { from, to, label: self.label(model, run, from, to) }
        };
        way.windows(2).map(arrow).collect()
    }

    /// What an arrow is called: what keeps the order within a thread, or how threads met.
    fn label(&self, model: Model, run: &Execution, from: usize, to: usize) -> &'static str {
        let parts: &[(&'static str, Rel)] = match model {
            Model::Sc | Model::C11 => &[],
            Model::Tso => &self.tso,
            Model::Arm => &self.arm,
        };
        let is_own = self.shape.po.has(from, to);
        match parts.iter().find(|it| it.1.has(from, to)) {
            Some((label, _)) => label,
            None if is_own && matches!(model, Model::Sc | Model::C11) => "po",
            None if is_own && model == Model::Arm => "data",
            None if run.co.has(from, to) => "co",
            None if run.fr.has(from, to) => "fr",
            None if model == Model::C11 && self.synchronises(run).has(from, to) => "sw",
            None if run.rf.has(from, to) => "rf",
            None => "po",
        }
    }
}

/// TSO keeps all but a store before a load; a fence keeps that too, and so does an exchange.
fn tso(shape: &Shape, locked: Set) -> Vec<(&'static str, Rel)> {
    let (reads, writes, any) = (shape.reads, shape.writes & !shape.starts, Set::MAX);
    let accesses = reads | writes;
    let po = shape.po.within(accesses, accesses);
    let passed = po.within(writes, reads);
    let fences = shape.fences(|it| it == Barrier::Full);
    let fenced = shape.po.within(writes, fences).then(&shape.po.within(any, reads));
    let exchanged = po.within(writes, locked).or(&Rel::NONE.or_same().within(locked, locked));
    let exchanged = exchanged.then(&po.within(locked, reads));
    vec![("fence", fenced), ("seq_cst", exchanged), ("po", po.without(&passed))]
}

/// ARMv8 keeps what a dependency, a barrier, a load-acquire or a store-release asks for.
fn arm(shape: &Shape, released: Set, acquired: Set) -> Vec<(&'static str, Rel)> {
    let (reads, writes, any) = (shape.reads, shape.writes & !shape.starts, Set::MAX);
    let accesses = reads | writes;
    let po = &shape.po.without(&shape.po.within(shape.starts, any));
    let own = po.within(accesses, accesses);
    let all = shape.fences(|it| matches!(it, Barrier::Full | Barrier::AcqRel | Barrier::Release));
    let loads = shape.fences(|it| matches!(it, Barrier::Acquire | Barrier::Load));
    let stores = shape.fences(|it| it == Barrier::Store);
    let anew = shape.fences(|it| it == Barrier::Instruction);
    let fenced = po
        .through(all)
        .within(accesses, accesses)
        .or(&po.through(loads).within(reads, accesses))
        .or(&po.through(stores).within(writes, writes));
    let after_address = shape.address.then(po);
    let decided = shape.control.or(&after_address).within(any, anew);
    vec![
        ("addr", shape.address),
        ("data", shape.data),
        ("fence", fenced),
        ("release", own.within(released, acquired).or(&own.within(any, released))),
        ("acquire", own.within(acquired, any)),
        ("ctrl", shape.control.within(any, writes)),
        ("addr", after_address.within(any, writes)),
        ("isb", decided.then(&po.within(anew, reads))),
    ]
}
