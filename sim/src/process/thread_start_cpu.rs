//! A CPU that knows the instructions of a switch of stacks, and two stacks.

/// The registers that a called function must keep, in the order in which they are pushed.
pub(super) const REGISTERS: [&str; 6] = ["rbp", "rbx", "r12", "r13", "r14", "r15"];

/// Words of a stack that are shown.
pub(super) const N_SLOTS: usize = 8;

/// Bytes of a word.
const WORD: u64 = 8;

/// First addresses above the two stacks.
const TOPS: [u64; 2] = [0x7ffe_1234_6000, 0x5555_5581_0000];

/// Who runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Main,
    New,
}

impl Flow {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Main => "Main",
            Self::New => "The new thread",
        }
    }

    pub(super) const fn index(self) -> usize {
        match self {
            Self::Main => 0,
            Self::New => 1,
        }
    }
}

/// What a word means: whose value it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// Of a register: which one, the value, and whose it is.
    Register {
        at: usize,
        value: u64,
        whose: Flow,
    },
    /// Behind a call of this flow.
    Back(Flow),
    /// The function of the new thread.
    Entry,
    Nothing,
}

/// One instruction of the switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    Push(usize),
    Store,
    Load,
    Pop(usize),
    Return,
}

/// The switch; without a register, if it forgets one.
pub(super) fn code(forgotten: Option<usize>) -> Vec<Code> {
    let kept = || (0..REGISTERS.len()).filter(|it| Some(*it) != forgotten);
    let mut code: Vec<Code> = kept().map(Code::Push).collect();
    code.extend([Code::Store, Code::Load]);
    code.extend(kept().rev().map(Code::Pop));
    code.push(Code::Return);
    code
}

/// How a run goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It returns to an address where no code is.
    Nowhere,
    /// A register has changed.
    Lost,
}

/// Everything that changes.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(super) flow: Flow,
    pub(super) code: Vec<Code>,
    /// The next instruction of the switch; `None` outside of it.
    pub(super) next: Option<usize>,
    /// What the registers hold: value and whose it is.
    pub(super) registers: [(u64, Flow); 6],
    pub(super) stack_pointer: u64,
    /// Words by stack, the highest address first; `None` for what was never written or is gone.
    pub(super) stacks: [[Option<Word>; N_SLOTS]; 2],
    /// Where `main_stack` and `other_stack` point.
    pub(super) saved: [Option<u64>; 2],
    pub(super) broken: Option<Fault>,
}

/// What an instruction did.
pub(super) struct Done {
    pub(super) tag: &'static str,
    pub(super) say: String,
    /// The right answer and a wrong one, to where it leads.
    pub(super) ask: Option<[&'static str; 2]>,
}

/// The CPU.
pub(super) struct Cpu {
    pub(super) state: State,
    pub(super) n_instructions: u32,
}

/// The stack that an address lies in, and the place in it.
fn slot(address: u64) -> Option<(usize, usize)> {
    (0..2).find_map(|stack| {
        let below = TOPS[stack].checked_sub(address)?;
        let at = usize::try_from(below / WORD).ok()?.checked_sub(1)?;
        (at < N_SLOTS).then_some((stack, at))
    })
}

/// Address of a place in a stack.
pub(super) const fn address(stack: usize, at: usize) -> u64 {
    TOPS[stack] - (at as u64 + 1) * WORD
}

impl Cpu {
    pub(super) fn new(forgotten: Option<usize>) -> Self {
        let mut registers = [(0, Flow::Main); 6];
        for (register, value) in registers.iter_mut().zip(11..) {
            register.0 = value;
        }
        let mut stacks = [[None; N_SLOTS]; 2];
        stacks[0][0] = Some(Word::Nothing);
        let state = State {
            flow: Flow::Main,
            code: code(forgotten),
            next: None,
            registers,
            stack_pointer: address(0, 0),
            stacks,
            saved: [None; 2],
            broken: None,
        };
        Self { state, n_instructions: 0 }
    }

    /// Writes a new stack as a switch would have left it.
    pub(super) fn prepare(&mut self, entry_written: bool) {
        let pops: Vec<usize> = self
            .state
            .code
            .iter()
            .filter_map(|it| match it {
                Code::Push(at) => Some(*at),
                Code::Store | Code::Load | Code::Pop(_) | Code::Return => None,
            })
            .collect();
        let new = &mut self.state.stacks[1];
        new[0] = Some(Word::Nothing);
        new[1] = Some(if entry_written { Word::Entry } else { Word::Nothing });
        for (place, at) in new[2..].iter_mut().zip(&pops) {
            *place = Some(Word::Register { at: *at, value: 0, whose: Flow::New });
        }
        self.state.saved[1] = Some(address(1, 1 + pops.len()));
    }

    fn push(&mut self, word: Word) {
        self.state.stack_pointer -= WORD;
        if let Some((stack, at)) = slot(self.state.stack_pointer) {
            self.state.stacks[stack][at] = Some(word);
        }
    }

    fn pop(&mut self) -> Word {
        let found = slot(self.state.stack_pointer);
        self.state.stack_pointer += WORD;
        found.and_then(|(stack, at)| self.state.stacks[stack][at].take()).unwrap_or(Word::Nothing)
    }

    /// The running flow calls the switch.
    pub(super) fn call(&mut self) {
        self.push(Word::Back(self.state.flow));
        self.state.next = Some(0);
    }

    /// The new thread works: its registers get values that main does not expect.
    pub(super) fn work(&mut self, turn: u32) {
        for (register, value) in self.state.registers.iter_mut().zip(1..) {
            *register = (100 * u64::from(turn) + value, Flow::New);
        }
    }

    /// Registers of main that are not as they were.
    pub(super) fn compare(&mut self, kept: [(u64, Flow); 6]) -> Vec<&'static str> {
        let differ = (0..6).filter(|&it| self.state.registers[it] != kept[it]);
        let lost: Vec<&str> = differ.map(|it| REGISTERS[it]).collect();
        if !lost.is_empty() {
            self.state.broken = Some(Fault::Lost);
        }
        lost
    }

    /// Does the next instruction of the switch; `None` when it has returned.
    pub(super) fn instruction(&mut self, to: Flow) -> Option<Done> {
        let at = self.state.next?;
        let code = *self.state.code.get(at)?;
        self.state.next = Some(at + 1);
        self.n_instructions += 1;
        let from = self.state.flow;
        let done = |tag, say| Done { tag, say, ask: None };
        Some(match code {
            Code::Push(at) => {
                let (value, whose) = self.state.registers[at];
                self.push(Word::Register { at, value, whose });
                let say = format!(
                    "The switch pushes {} = {value}, because the caller expects to find it again.",
                    REGISTERS[at]
                );
                done("push", say)
            }
            Code::Store => {
                self.state.saved[from.index()] = Some(self.state.stack_pointer);
                let say = format!(
                    "The switch stores the stack pointer {:#x}: with it all that was pushed can be \
                     found again.",
                    self.state.stack_pointer
                );
                done("store", say)
            }
            Code::Load => {
                self.state.stack_pointer = self.state.saved[to.index()].unwrap_or_default();
                let say = format!(
                    "The switch loads the other stack pointer {:#x}, and that is the switch: what is \
                     popped now comes from the other stack.",
                    self.state.stack_pointer
                );
                done("stack", say)
            }
            Code::Pop(at) => {
                let (value, whose) = match self.pop() {
                    Word::Register { value, whose, .. } => (value, whose),
                    Word::Back(_) | Word::Entry | Word::Nothing => (0, to),
                };
                self.state.registers[at] = (value, whose);
                let say =
                    format!("The switch pops {} = {value}, which was left there.", REGISTERS[at]);
                done("pop", say)
            }
            Code::Return => self.leave(to),
        })
    }

    fn leave(&mut self, to: Flow) -> Done {
        let word = self.pop();
        self.state.next = None;
        self.state.flow = to;
        let (say, ask) = match word {
            Word::Back(Flow::Main) => (
                "The switch returns to the call in main, because that is the address on top of main's \
                 stack."
                    .to_owned(),
                Some(["behind the call in main", "behind the call in the new thread"]),
            ),
            Word::Back(Flow::New) => (
                "The switch returns behind the new thread's own call, because this time it was \
                 switched away from there."
                    .to_owned(),
                Some(["behind the call in the new thread", "to the entry of the new thread"]),
            ),
            Word::Entry => (
                "The switch returns into entry, because main has put that address there: nobody has \
                 called it, and so a thread starts."
                    .to_owned(),
                Some(["to the entry of the new thread", "behind the call in main"]),
            ),
            Word::Register { .. } | Word::Nothing => {
                self.state.broken = Some(Fault::Nowhere);
                (
                    "The switch returns to address 0, because nobody has written another one there, and \
                     the process ends with SIGSEGV."
                        .to_owned(),
                    Some(["to address 0", "to the entry of the new thread"]),
                )
            }
        };
        let tag = if self.state.broken.is_some() { "broken" } else { "ret" };
        Done { tag, say, ask }
    }
}
