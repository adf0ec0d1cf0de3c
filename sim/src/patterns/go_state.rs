//! Goroutines, channels and what a step does to them.

use super::go_lang::{Comm, Expr, Op, Program, value};

/// Most goroutines, `main` among them, and most channels.
pub(super) const GOROUTINES_MAX: usize = 8;
const CHANNELS_MAX: usize = 8;

/// Most lines that are kept of what is printed.
const PRINTED_MAX: usize = 40;

/// Most operations of its own that a goroutine does along with a step.
const FUEL: u32 = 400;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Status {
    Ready,
    /// Waits at its operation, in the queues of its channels.
    Parked,
    Ended,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Goroutine {
    pub(super) function: u8,
    pub(super) at: u16,
    pub(super) slots: Vec<i32>,
    pub(super) status: Status,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Channel {
    /// Function and slot that it was made for: its name.
    pub(super) name: (u8, u8),
    pub(super) room: u8,
    pub(super) values: Vec<i32>,
    /// Values that were taken out of it, by 16.
    pub(super) taken: u8,
    pub(super) closed: bool,
    pub(super) senders: Vec<u8>,
    pub(super) receivers: Vec<u8>,
}

/// What ends a program at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Panic {
    SendClosed,
    CloseClosed,
    CloseNil,
    Divide,
    /// Not Go's: more goroutines or channels than the model has, or a loop that never communicates.
    TooMany,
    Spins,
}

impl Panic {
    pub(super) const fn said(self) -> &'static str {
        match self {
            Self::SendClosed => "panic: send on closed channel",
            Self::CloseClosed => "panic: close of closed channel",
            Self::CloseNil => "panic: close of nil channel",
            Self::Divide => "panic: integer divide by zero",
            Self::TooMany => "too many goroutines or channels for this model",
            Self::Spins => "a loop that never communicates",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(super) goroutines: Vec<Goroutine>,
    pub(super) channels: Vec<Channel>,
    /// By whom, and what.
    pub(super) printed: Vec<(u8, i32)>,
    pub(super) panic: Option<(u8, Panic)>,
}

impl State {
    pub(super) fn op<'a>(&self, program: &'a Program, who: usize) -> &'a (usize, Op) {
        let it = &self.goroutines[who];
        &program.functions[usize::from(it.function)].ops[usize::from(it.at)]
    }

    /// Whether `main` has returned.
    pub(super) fn is_over(&self) -> bool {
        self.goroutines[0].status == Status::Ended
    }

    /// The channel in a slot of a goroutine; `None` for nil.
    pub(super) fn channel(&self, who: usize, slot: usize) -> Option<usize> {
        let handle = self.goroutines[who].slots.get(slot).copied().unwrap_or(-1);
        usize::try_from(handle).ok().filter(|&it| it < self.channels.len())
    }

    /// Whether this could go on without waiting.
    pub(super) fn can(&self, who: usize, comm: &Comm) -> bool {
        let Some(channel) = self.channel(who, comm.channel()) else { return false };
        let channel = &self.channels[channel];
        match comm {
            Comm::Send(..) => {
                channel.closed
                    || !channel.receivers.is_empty()
                    || channel.values.len() < usize::from(channel.room)
            }
            Comm::Receive(..) => {
                channel.closed || !channel.values.is_empty() || !channel.senders.is_empty()
            }
        }
    }

    /// Cases of a select that are ready.
    fn ready_cases(&self, program: &Program, who: usize) -> Vec<usize> {
        match &self.op(program, who).1 {
            Op::Select(cases, _) => {
                (0..cases.len()).filter(|&it| self.can(who, &cases[it].0)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Goroutine and case of every possible step.
    pub(super) fn moves(&self, program: &Program) -> Vec<(usize, usize)> {
        let mut moves = Vec::new();
        if self.is_over() || self.panic.is_some() {
            return moves;
        }
        for who in
            (0..self.goroutines.len()).filter(|&it| self.goroutines[it].status == Status::Ready)
        {
            let cases = self.ready_cases(program, who);
            if cases.len() < 2 {
                moves.push((who, cases.first().copied().unwrap_or(0)));
            } else {
                moves.extend(cases.into_iter().map(|case| (who, case)));
            }
        }
        moves
    }

    fn panics(&mut self, who: usize, why: Panic) {
        self.panic = Some((u8::try_from(who).unwrap_or(0), why));
    }

    fn value(&mut self, who: usize, expr: &Expr) -> i32 {
        let got = value(expr, &self.goroutines[who].slots);
        if got.is_none() {
            self.panics(who, Panic::Divide);
        }
        got.unwrap_or(0)
    }

    fn put(&mut self, who: usize, slot: Option<usize>, value: i32) {
        if let Some(it) = slot.and_then(|it| self.goroutines[who].slots.get_mut(it)) {
            *it = value;
        }
    }

    pub(super) fn start(&mut self, program: &Program, function: usize, args: &[i32]) {
        let mut slots = vec![0; program.functions[function].slots.len()];
        for (slot, kind) in slots.iter_mut().zip(&program.functions[function].slots) {
            *slot = if kind.is_chan { -1 } else { 0 };
        }
        slots[..args.len()].copy_from_slice(args);
        let function = u8::try_from(function).unwrap_or(0);
        self.goroutines.push(Goroutine { function, at: 0, slots, status: Status::Ready });
    }

    fn go_to(&mut self, who: usize, at: usize) {
        self.goroutines[who].at = u16::try_from(at).unwrap_or(u16::MAX);
    }

    /// Does what nobody else can see, up to the next step.
    pub(super) fn settle(&mut self, program: &Program, who: usize) {
        for _ in 0..FUEL {
            if self.panic.is_some() {
                return;
            }
            let (_, op) = self.op(program, who);
            if op.is_step() {
                if *op == Op::Return {
                    self.goroutines[who].status = Status::Ended;
                }
                return;
            }
            let next = usize::from(self.goroutines[who].at) + 1;
            let to = match op {
                Op::Set(slot, expr) => {
                    let got = self.value(who, expr);
                    self.put(who, Some(*slot), got);
                    next
                }
                Op::Nil(slot) => {
                    self.put(who, Some(*slot), -1);
                    next
                }
                Op::Make(slot, room) => {
                    let room = self.value(who, room);
                    let name = (self.goroutines[who].function, u8::try_from(*slot).unwrap_or(0));
                    let handle = i32::try_from(self.channels.len()).unwrap_or(-1);
                    if CHANNELS_MAX <= self.channels.len() {
                        self.panics(who, Panic::TooMany);
                    }
                    self.channels.push(Channel {
                        name,
                        room: u8::try_from(room.clamp(0, 99)).unwrap_or(0),
                        values: Vec::new(),
                        taken: 0,
                        closed: false,
                        senders: Vec::new(),
                        receivers: Vec::new(),
                    });
                    self.put(who, Some(*slot), handle);
                    next
                }
                Op::Jump(to) => *to,
                Op::Unless(test, to) if self.value(who, test) == 0 => *to,
                _ => next,
            };
            self.go_to(who, to);
        }
        self.panics(who, Panic::Spins);
    }

    /// Waits in the queues of what it would communicate with.
    fn park(&mut self, who: usize, comms: &[&Comm]) {
        self.goroutines[who].status = Status::Parked;
        let number = u8::try_from(who).unwrap_or(0);
        for comm in comms {
            let Some(channel) = self.channel(who, comm.channel()) else { continue };
            let channel = &mut self.channels[channel];
            let queue = match comm {
                Comm::Send(..) => &mut channel.senders,
                Comm::Receive(..) => &mut channel.receivers,
            };
            queue.push(number);
        }
    }

    /// The operation that a parked goroutine does with a channel, and where it goes on.
    fn parked<'a>(
        &self,
        program: &'a Program,
        who: usize,
        channel: usize,
        sends: bool,
    ) -> Option<(&'a Comm, usize)> {
        let fits = |comm: &Comm| {
            matches!(comm, Comm::Send(..)) == sends
                && self.channel(who, comm.channel()) == Some(channel)
        };
        let next = usize::from(self.goroutines[who].at) + 1;
        match &self.op(program, who).1 {
            Op::Comm(comm) => Some((comm, next)),
            Op::Select(cases, _) => cases.iter().find(|it| fits(&it.0)).map(|it| (&it.0, it.1)),
            _ => None,
        }
    }

    fn unpark(&mut self, program: &Program, who: usize, to: usize) {
        let number = u8::try_from(who).unwrap_or(0);
        for channel in &mut self.channels {
            channel.senders.retain(|&it| it != number);
            channel.receivers.retain(|&it| it != number);
        }
        self.goroutines[who].status = Status::Ready;
        self.go_to(who, to);
        self.settle(program, who);
    }

    /// Hands a value, or the end of a channel, to the first that waits to receive from it.
    fn hand(&mut self, program: &Program, channel: usize, value: Option<i32>) {
        let Some(&first) = self.channels[channel].receivers.first() else { return };
        let who = usize::from(first);
        let found = self.parked(program, who, channel, false).map(|(comm, to)| (comm.clone(), to));
        let range = match self.op(program, who).1 {
            Op::Range(_, slot, exit) => Some((slot, exit)),
            _ => None,
        };
        let next = usize::from(self.goroutines[who].at) + 1;
        let to = match (found, range) {
            (Some((Comm::Receive(_, slot, ok), to)), _) => {
                self.put(who, slot, value.unwrap_or(0));
                self.put(who, ok, i32::from(value.is_some()));
                to
            }
            (_, Some((slot, exit))) => match value {
                Some(value) => {
                    self.put(who, Some(slot), value);
                    next
                }
                None => exit,
            },
            _ => next,
        };
        self.unpark(program, who, to);
    }

    /// Takes a value out, if there is one, and lets a sender that waits put its own in.
    fn take(&mut self, program: &Program, channel: usize) -> Option<i32> {
        let mut got = None;
        if !self.channels[channel].values.is_empty() {
            got = Some(self.channels[channel].values.remove(0));
            self.channels[channel].taken = (self.channels[channel].taken + 1) % 16;
        }
        if let Some(&first) = self.channels[channel].senders.first() {
            let who = usize::from(first);
            if let Some((Comm::Send(_, expr), to)) = self.parked(program, who, channel, true) {
                let value = self.value(who, expr);
                match got {
                    Some(_) => self.channels[channel].values.push(value),
                    None => got = Some(value),
                }
                self.unpark(program, who, to);
            }
        }
        got
    }

    /// Communicates without waiting. Whether it did.
    fn communicate(&mut self, program: &Program, who: usize, comm: &Comm, to: usize) -> bool {
        if !self.can(who, comm) {
            return false;
        }
        let Some(channel) = self.channel(who, comm.channel()) else { return false };
        match comm {
            Comm::Send(..) if self.channels[channel].closed => self.panics(who, Panic::SendClosed),
            Comm::Send(_, expr) => {
                let value = self.value(who, expr);
                if self.channels[channel].receivers.is_empty() {
                    self.channels[channel].values.push(value);
                } else {
                    self.hand(program, channel, Some(value));
                }
            }
            Comm::Receive(_, slot, ok) => {
                let got = self.take(program, channel);
                self.put(who, *slot, got.unwrap_or(0));
                self.put(who, *ok, i32::from(got.is_some()));
            }
        }
        self.go_to(who, to);
        self.settle(program, who);
        true
    }

    pub(super) fn step(&mut self, program: &Program, who: usize, case: usize) {
        let next = usize::from(self.goroutines[who].at) + 1;
        match &self.op(program, who).1 {
            Op::Comm(comm) => {
                if !self.communicate(program, who, comm, next) {
                    self.park(who, &[comm]);
                }
                return;
            }
            Op::Range(slot, value, exit) => {
                let comm = Comm::Receive(*slot, None, None);
                if !self.can(who, &comm) {
                    self.park(who, &[&comm]);
                    return;
                }
                let channel = self.channel(who, *slot);
                let got = channel.and_then(|it| self.take(program, it));
                self.put(who, Some(*value), got.unwrap_or(0));
                self.go_to(who, if got.is_some() { next } else { *exit });
            }
            Op::Select(cases, default) => {
                let ready = cases.get(case).filter(|it| self.can(who, &it.0));
                match (ready, default) {
                    (Some((comm, to)), _) => {
                        self.communicate(program, who, comm, *to);
                    }
                    (None, Some(to)) => {
                        self.go_to(who, *to);
                        self.settle(program, who);
                    }
                    (None, None) => {
                        let comms: Vec<&Comm> = cases.iter().map(|it| &it.0).collect();
                        self.park(who, &comms);
                    }
                }
                return;
            }
            Op::Close(slot) => match self.channel(who, *slot) {
                None => self.panics(who, Panic::CloseNil),
                Some(channel) if self.channels[channel].closed => {
                    self.panics(who, Panic::CloseClosed);
                }
                Some(channel) => {
                    self.channels[channel].closed = true;
                    while !self.channels[channel].receivers.is_empty() {
                        self.hand(program, channel, None);
                    }
                    if let Some(&sender) = self.channels[channel].senders.first() {
                        self.panics(sender.into(), Panic::SendClosed);
                    }
                    self.go_to(who, next);
                }
            },
            Op::Print(expr) => {
                let value = self.value(who, expr);
                if self.printed.len() < PRINTED_MAX {
                    self.printed.push((u8::try_from(who).unwrap_or(0), value));
                }
                self.go_to(who, next);
            }
            Op::Go(function, args) => {
                let args: Vec<i32> = args.iter().map(|it| self.value(who, it)).collect();
                self.go_to(who, next);
                if GOROUTINES_MAX <= self.goroutines.len() {
                    self.panics(who, Panic::TooMany);
                } else {
                    self.start(program, *function, &args);
                    let new = self.goroutines.len() - 1;
                    self.settle(program, new);
                }
            }
            _ => {}
        }
        self.settle(program, who);
    }
}
