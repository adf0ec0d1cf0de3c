//! Runs the script of an address space, and says what each statement does and why.

use super::address_space_layout::{LOWEST, PAGE, Piece, Region, Space};
use super::address_space_script::{Does, Op, Place, Way};
use crate::engine::{Log, Shot};
use crate::error::ScenarioError;
use crate::words::{bytes, grouped_count};

/// What a touch ended in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Fine,
    /// The stack grew by so many bytes.
    Grown(u64),
    Segv,
}

/// What is seen after a statement.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(super) space: Space,
    /// Statements that are done.
    pub(super) n_done: usize,
    /// The region that the statement was about.
    pub(super) focus: String,
    /// The address that was touched, and what came of it.
    pub(super) touched: Option<(u64, Outcome)>,
}

/// A run.
pub(super) struct Runner {
    pub(super) state: State,
    pub(super) n_touches: u64,
    pub(super) n_segv: u64,
    bits: u32,
}

/// Whether the bits above those that count all equal the highest that counts.
pub(super) const fn canonical(address: u64, bits: u32) -> bool {
    let top = address >> (bits - 1);
    top == 0 || top == u64::MAX >> (bits - 1)
}

/// First address of the kernel's half.
pub(super) const fn kernel_start(bits: u32) -> u64 {
    u64::MAX << (bits - 1)
}

/// An address as it is written.
pub(super) fn hex(address: u64) -> String {
    format!("{address:#014x}")
}

impl Runner {
    pub(super) fn new(space: Space, bits: u32) -> Self {
        let state = State { space, n_done: 0, focus: String::new(), touched: None };
        Self { state, n_touches: 0, n_segv: 0, bits }
    }

    pub(super) fn run(&mut self, ops: &[Op], log: &mut Log<State>) -> Result<(), ScenarioError> {
        log.step(0, "start", || {
            let say = "The kernel has laid out the program, its libraries and its first stack; the \
                       heap is still empty, because nothing was asked for.";
            Shot::new(say.to_owned(), self.state.clone())
        })?;
        for (time, op) in (1..).zip(ops) {
            self.state.n_done += 1;
            self.state.touched = None;
            match &op.does {
                Does::Malloc(n) => self.malloc(*n, time, log)?,
                Does::Touch(way, place) => self.touch(*way, place, time, log)?,
                other => {
                    let (tag, say) = self.plain(other);
                    log.step(time, tag, || Shot::new(say, self.state.clone()))?;
                }
            }
        }
        Ok(())
    }

    fn malloc(&mut self, n: u64, time: u64, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let (piece, name) = self.state.space.malloc(n);
        self.state.focus = name;
        let (tag, answer) = match piece {
            Piece::Heap => ("malloc", 0),
            Piece::Grown(_) => ("grow", 1),
            Piece::Own(_) => ("map", 2),
        };
        log.step(time, tag, || {
            let options = [
                "from the heap as it is",
                "from the heap, which grows",
                "from a region of its own",
            ];
            let options = options.iter().map(ToString::to_string).collect();
            let shot = Shot::new(malloc_said(n, piece, &self.state.focus), self.state.clone());
            shot.ask("Where does the piece come from?", options, answer)
        })
    }

    /// Statements without a question.
    fn plain(&mut self, does: &Does) -> (&'static str, String) {
        let state = &mut self.state;
        match does {
            Does::Map(name, n) => {
                let start = state.space.map_file(name, *n);
                state.focus.clone_from(name);
                let say = format!(
                    "The kernel maps {name} at {}, below what was mapped before: {} for {}, because \
                     it maps whole pages.",
                    hex(start),
                    grouped_count(n.div_ceil(PAGE), "pages"),
                    grouped_count(*n, "bytes")
                );
                ("map", say)
            }
            Does::Thread => {
                let name = state.space.thread();
                let size = state.space.region(&name).map_or(0, |it| it.end - it.start);
                let say = format!(
                    "The C library maps a stack of {} for {name}, and below it a guard page that \
                     nobody may touch, because this stack will not grow.",
                    bytes(size)
                );
                state.focus = name;
                ("map", say)
            }
            Does::Call(n) => {
                state.space.call(*n);
                "stack".clone_into(&mut state.focus);
                let say = format!(
                    "The program calls a function: its frame takes {} below the others, and \
                     the kernel does not know, because only the stack pointer has moved.",
                    grouped_count(*n, "bytes")
                );
                ("call", say)
            }
            _ => {
                let had = state.space.leave();
                "stack".clone_into(&mut state.focus);
                let say = match had {
                    true => {
                        "The function returns and its frame is gone, but the stack keeps its \
                             pages, because nobody takes them away."
                    }
                    false => {
                        "The first function returns to the library, because nobody else has \
                              called it, and the program starts it anew."
                    }
                };
                ("return", say.to_owned())
            }
        }
    }

    fn address(&self, place: &Place) -> u64 {
        match place {
            Place::Address(address) => *address,
            Place::Near { name, end, plus, minus } => {
                let start = match (self.state.space.region(name), end) {
                    _ if name == "stack" && !end => self.state.space.stack_pointer,
                    (Some(region), false) => region.start,
                    (Some(region), true) => region.end,
                    (None, false) => kernel_start(self.bits),
                    (None, true) => 0,
                };
                start.wrapping_add(*plus).wrapping_sub(*minus)
            }
        }
    }

    fn touch(
        &mut self,
        way: Way,
        place: &Place,
        time: u64,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        let address = self.address(place);
        let (outcome, focus, why) = self.outcome(way, address);
        self.n_touches += 1;
        self.n_segv += u64::from(outcome == Outcome::Segv);
        self.state.focus = focus;
        self.state.touched = Some((address, outcome));
        let (tag, answer) = match outcome {
            Outcome::Fine => ("touch", 0),
            Outcome::Grown(_) => ("grow", 1),
            Outcome::Segv => ("segv", 2),
        };
        log.step(time, tag, || {
            let does = match way {
                Way::Read => "reads",
                Way::Write => "writes to",
                Way::Jump => "jumps to",
            };
            let say = format!("The program {does} {}: {why}.", hex(address));
            let options = ["it works", "the stack grows, and it works", "SIGSEGV"];
            let options = options.iter().map(ToString::to_string).collect();
            let shot = Shot::new(say, self.state.clone());
            shot.ask("What comes of this access?", options, answer)
        })
    }

    /// What an access ends in, the region it is about, and why.
    fn outcome(&mut self, way: Way, address: u64) -> (Outcome, String, String) {
        let segv = |focus: &str, why: String| (Outcome::Segv, focus.to_owned(), why);
        if !canonical(address, self.bits) {
            let why = format!(
                "SIGSEGV, because bits 63 to {} are not all alike; the CPU does not even look for a \
                 page",
                self.bits - 1
            );
            return segv("hole", why);
        }
        if kernel_start(self.bits) <= address {
            let why = "SIGSEGV, because the upper half belongs to the kernel alone";
            return segv("kernel", why.to_owned());
        }
        let found = self.state.space.at(address).cloned();
        if let Some(region) = found {
            return match allowed(&region, way) {
                None => {
                    let why = format!("it works, because {} may be used so", region.name);
                    (Outcome::Fine, region.name, why)
                }
                Some(why) => segv(&region.name, format!("SIGSEGV, because {why}")),
            };
        }
        if address < LOWEST {
            let why = "SIGSEGV, because nothing is ever mapped at the lowest addresses, so that a null \
                       pointer is noticed";
            return segv("", why.to_owned());
        }
        if way != Way::Jump
            && let Some(grown) = self.state.space.grow_stack(address)
        {
            let why = format!(
                "nothing is mapped there, but it lies below the stack and within its limit, so the \
                 kernel lets the stack grow by {}",
                bytes(grown)
            );
            return (Outcome::Grown(grown), "stack".to_owned(), why);
        }
        let near = self.state.space.regions.iter().find(|it| address < it.start);
        let why = match near {
            Some(region) if region.name == "stack" => {
                "SIGSEGV, because nothing is mapped there, and the stack may not grow so far"
                    .to_owned()
            }
            Some(_) | None => "SIGSEGV, because nothing is mapped there".to_owned(),
        };
        segv("", why)
    }
}

/// Why a region may not be used so; `None` if it may.
fn allowed(region: &Region, way: Way) -> Option<String> {
    let needed = match way {
        Way::Read => 'r',
        Way::Write => 'w',
        Way::Jump => 'x',
    };
    if region.rights.contains(needed) {
        return None;
    }
    if let Some(thread) = region.name.strip_suffix(".guard") {
        return Some(format!(
            "this is the guard page below the stack of {thread}, which ended here"
        ));
    }
    let verb = match way {
        Way::Read => "read",
        Way::Write => "written",
        Way::Jump => "executed",
    };
    Some(format!("{} is mapped {} and may not be {verb}", region.name, region.rights))
}

fn malloc_said(n: u64, piece: Piece, name: &str) -> String {
    let n = grouped_count(n, "bytes");
    match piece {
        Piece::Heap => format!(
            "The C library cuts {n} from the heap without asking the kernel, because the heap has \
             room."
        ),
        Piece::Grown(grown) => format!(
            "The C library lets the heap grow by {} with brk and cuts {n} from it, because the heap \
             has no room; it asks for more than is needed, so that the next pieces need no call.",
            bytes(grown)
        ),
        Piece::Own(size) => format!(
            "The C library maps {}, {name}, for {n}, because from 128 KiB on a piece gets a region of \
             its own.",
            bytes(size)
        ),
    }
}
