//! The executor: it polls tasks, and sleeps until one of them is woken.

use super::async_lang::{Does, Leaf, Program, Value};

/// Most steps of a run: a program that never ends is left then.
pub(super) const STEPS_MAX: u32 = 1_500;

/// Most operations of one poll between two steps.
const FUEL: u32 = 5_000;

/// Longest time that can be asked for, in ms.
const MS_MAX: i32 = 100_000;

/// Most lines that are kept of what is printed.
const PRINTED_MAX: usize = 40;

#[derive(Debug, Clone, Copy)]
pub(super) struct Setup {
    /// Whether the executor asks all tasks in turn, instead of those that are woken.
    pub(super) in_turns: bool,
    /// Whether a task that waits keeps its stack with everything on it.
    pub(super) keeps_stack: bool,
    pub(super) stack_bytes: u64,
    pub(super) until_ms: u64,
}

/// A call of an async function that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) function: usize,
    /// Its operation: the next one, or the one where it waits.
    pub(super) at: usize,
    pub(super) state: usize,
    /// What has no value here was never set or is not kept.
    pub(super) slots: Vec<Option<i32>>,
}

/// A future that waits for the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) leaf: Leaf,
    pub(super) due: u64,
    value: i32,
    /// Whether it was polled before.
    again: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Ready,
    Polled,
    /// Waits, and has left its waker.
    Asleep,
    /// Waits, and nobody knows its waker.
    Lost,
    Done,
    Panicked,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Task {
    /// The outermost function first.
    pub(super) frames: Vec<Frame>,
    pub(super) asked: Option<Asked>,
    pub(super) status: Status,
}

/// What a step did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Did {
    Start,
    Poll {
        task: usize,
    },
    /// An awaited future has a value.
    Got {
        value: i32,
        text: (usize, usize),
        at_once: bool,
    },
    Call {
        function: usize,
    },
    Returned {
        function: usize,
        value: i32,
    },
    Print {
        value: i32,
    },
    Store {
        shared: usize,
        value: i32,
    },
    Work {
        ms: u64,
    },
    Pending {
        asked: Asked,
    },
    Done {
        function: usize,
    },
    Panic,
    Wake {
        task: usize,
        slept: u64,
    },
    /// All are asked again.
    Turn,
    Spins,
    Stuck,
    Cut,
    End,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct World {
    pub(super) now: u64,
    pub(super) tasks: Vec<Task>,
    pub(super) ready: Vec<usize>,
    pub(super) polled: Option<usize>,
    pub(super) shared: Vec<i32>,
    /// Task and value of what was printed.
    pub(super) printed: Vec<(usize, i32)>,
    pub(super) n_polls: u64,
    /// Polls that found nothing new.
    pub(super) n_empty: u64,
    /// Whether this poll has got further.
    moved: bool,
    n_steps: u32,
}

impl World {
    pub(super) fn new(program: &Program) -> Self {
        let task = |&(function, ref args): &(usize, Vec<i32>)| Task {
            frames: vec![frame(program, function, args)],
            asked: None,
            status: Status::Ready,
        };
        let tasks: Vec<Task> = program.tasks.iter().map(task).collect();
        Self {
            now: 0,
            ready: (0..tasks.len()).collect(),
            tasks,
            polled: None,
            shared: program.shared.iter().map(|it| it.1).collect(),
            printed: Vec::new(),
            n_polls: 0,
            n_empty: 0,
            moved: false,
            n_steps: 0,
        }
    }

    pub(super) fn unfinished(&self) -> Vec<usize> {
        let waits = |it: &usize| !matches!(self.tasks[*it].status, Status::Done | Status::Panicked);
        (0..self.tasks.len()).filter(waits).collect()
    }

    /// Who is woken next, and when.
    pub(super) fn next_wake(&self) -> Option<(u64, usize)> {
        let asleep = self.tasks.iter().enumerate().filter(|it| it.1.status == Status::Asleep);
        asleep.filter_map(|(at, it)| Some((it.asked?.due, at))).min()
    }

    /// The next step.
    pub(super) fn next(&mut self, program: &Program, setup: &Setup) -> Did {
        self.n_steps += 1;
        if STEPS_MAX <= self.n_steps || setup.until_ms < self.now {
            return Did::Cut;
        }
        if let Some(task) = self.polled {
            return self.run(task, program, setup);
        }
        let wake = self.next_wake().filter(|_| !setup.in_turns);
        if let Some((_, task)) = wake.filter(|it| it.0 <= self.now) {
            return self.wake(task, 0);
        }
        if !self.ready.is_empty() {
            return self.poll();
        }
        let unfinished = self.unfinished();
        match wake {
            _ if unfinished.is_empty() => Did::End,
            Some((due, _)) if setup.until_ms < due => Did::Cut,
            Some((due, task)) => {
                let slept = due - self.now;
                self.now = due;
                self.wake(task, slept)
            }
            None if setup.in_turns => {
                self.now += 1;
                for &task in &unfinished {
                    self.tasks[task].status = Status::Ready;
                }
                self.ready = unfinished;
                Did::Turn
            }
            None => Did::Stuck,
        }
    }

    fn wake(&mut self, task: usize, slept: u64) -> Did {
        self.tasks[task].status = Status::Ready;
        self.ready.push(task);
        Did::Wake { task, slept }
    }

    fn poll(&mut self) -> Did {
        let task = self.ready.remove(0);
        self.tasks[task].status = Status::Polled;
        self.polled = Some(task);
        self.n_polls += 1;
        self.moved = false;
        Did::Poll { task }
    }

    /// Goes on until there is something to tell.
    fn run(&mut self, task: usize, program: &Program, setup: &Setup) -> Did {
        for _ in 0..FUEL {
            if let Some(asked) = self.tasks[task].asked {
                return self.ask(task, asked, program, setup);
            }
            if let Some(did) = self.operation(task, program) {
                return did;
            }
        }
        Did::Spins
    }

    fn ask(&mut self, task: usize, asked: Asked, program: &Program, setup: &Setup) -> Did {
        let Asked { leaf, due, value, again } = asked;
        let is_ready = match leaf {
            Leaf::Yield => again,
            Leaf::Fetch | Leaf::Sleep | Leaf::Ready | Leaf::Forgetful => due <= self.now,
        };
        let it = &mut self.tasks[task];
        if is_ready {
            it.asked = None;
            self.moved = true;
            let Some(frame) = it.frames.last_mut() else { return Did::End };
            let text = (frame.function, frame.state.saturating_sub(1));
            give(frame, program, value);
            return Did::Got { value, text, at_once: !again };
        }
        self.n_empty += u64::from(!self.moved);
        self.polled = None;
        it.asked = Some(Asked { again: true, ..asked });
        it.status = if leaf == Leaf::Forgetful { Status::Lost } else { Status::Asleep };
        if !setup.keeps_stack {
            for frame in &mut it.frames {
                let kept = program.functions[frame.function].kept(frame.state);
                for (at, slot) in frame.slots.iter_mut().enumerate() {
                    *slot = slot.filter(|_| kept & super::async_lang::bit(at) != 0);
                }
            }
        }
        Did::Pending { asked }
    }

    /// One operation of the innermost function; told if others can see it.
    fn operation(&mut self, task: usize, program: &Program) -> Option<Did> {
        let depth = self.tasks[task].frames.len();
        let frame = self.tasks[task].frames.last_mut()?;
        let function = &program.functions[frame.function];
        let op = function.ops.get(frame.at)?;
        let value = |it: Value, slots: &[Option<i32>]| match it {
            Value::Number(number) => number,
            // A slot that was not kept would show here, and a test looks for that.
            Value::Slot(slot) => slots[slot].unwrap_or(i32::MIN),
        };
        let of = |it: Value| value(it, &frame.slots);
        self.moved = true;
        let mut next = frame.at + 1;
        let mut told = None;
        match op.does {
            Does::Set(to, it) => frame.slots[to] = Some(of(it)),
            Does::Load(to, from) => frame.slots[to] = Some(self.shared[from]),
            Does::Unary(to, op, it) => frame.slots[to] = Some(op.apply(of(it))),
            Does::Binary(to, op, left, right) => match op.apply(of(left), of(right)) {
                Some(it) => frame.slots[to] = Some(it),
                None => return Some(self.leave(task, Status::Panicked, Did::Panic)),
            },
            Does::Store(shared, it) => {
                let value = of(it);
                self.shared[shared] = value;
                told = Some(Did::Store { shared, value });
            }
            Does::Print(it) => {
                let value = of(it);
                if self.printed.len() < PRINTED_MAX {
                    self.printed.push((task, value));
                }
                told = Some(Did::Print { value });
            }
            Does::Work(it) => {
                let ms = ms(of(it));
                self.now += ms;
                told = Some(Did::Work { ms });
            }
            Does::Jump(to) => next = to,
            Does::Unless(it, to) => {
                if of(it) == 0 {
                    next = to;
                }
            }
            Does::Leaf(_, leaf, ref args) => {
                let arg = |n: usize| args.get(n).map_or(0, |it| of(*it));
                let (result, wait) = match leaf {
                    Leaf::Fetch => (arg(0), ms(arg(1))),
                    Leaf::Sleep | Leaf::Forgetful => (0, ms(arg(0))),
                    Leaf::Yield => (0, 0),
                    Leaf::Ready => (arg(0), 0),
                };
                let due = self.now + wait;
                let asked = Asked { leaf, due, value: result, again: false };
                frame.state = stop(program, frame) + 1;
                self.tasks[task].asked = Some(asked);
                return None;
            }
            Does::Call(_, callee, ref args) => {
                let args: Vec<i32> = args.iter().map(|it| of(*it)).collect();
                frame.state = stop(program, frame) + 1;
                let inner = self::frame(program, callee, &args);
                self.tasks[task].frames.push(inner);
                return Some(Did::Call { function: callee });
            }
            Does::Return(it) => {
                let (value, function) = (of(it), frame.function);
                if depth == 1 {
                    return Some(self.leave(task, Status::Done, Did::Done { function }));
                }
                self.tasks[task].frames.pop();
                if let Some(outer) = self.tasks[task].frames.last_mut() {
                    give(outer, program, value);
                }
                return Some(Did::Returned { function, value });
            }
        }
        frame.at = next;
        told
    }

    fn leave(&mut self, task: usize, status: Status, did: Did) -> Did {
        self.tasks[task].frames.clear();
        self.tasks[task].status = status;
        self.polled = None;
        did
    }
}

/// A call that has not begun.
fn frame(program: &Program, function: usize, args: &[i32]) -> Frame {
    let mut slots: Vec<Option<i32>> = args.iter().map(|it| Some(*it)).collect();
    slots.resize(program.functions[function].slots.len(), None);
    Frame { function, at: 0, state: 0, slots }
}

/// Which stop a call is at.
fn stop(program: &Program, frame: &Frame) -> usize {
    let stops = &program.functions[frame.function].stops;
    stops.iter().position(|it| it.op == frame.at).unwrap_or(0)
}

/// Lets a call go on with what it has awaited.
fn give(frame: &mut Frame, program: &Program, value: i32) {
    let op = program.functions[frame.function].ops.get(frame.at);
    if let Some(to) = op.and_then(|it| it.does.sets()) {
        frame.slots[to] = Some(value);
    }
    frame.at += 1;
}

fn ms(value: i32) -> u64 {
    u64::try_from(value.clamp(0, MS_MAX)).unwrap_or(0)
}
