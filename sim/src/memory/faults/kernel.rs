//! The kernel's way through a fault, one step after another, with its cost.

use super::super::words::count;
use super::class::{Access, Class, ENDS, Kind, Limits, N_ROWS, Refusal, Work, classify};
use super::space::{Backing, Page, Pte, Space, Vma};
use crate::engine::{Log, Shot};
use crate::error::ScenarioError;

/// What the steps cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Costs {
    pub(crate) trap_ns: u64,
    pub(crate) lookup_ns: u64,
    pub(crate) alloc_ns: u64,
    pub(crate) zero_ns: u64,
    pub(crate) copy_ns: u64,
    pub(crate) map_ns: u64,
    pub(crate) flush_ns: u64,
    pub(crate) device_ns: u64,
    pub(crate) io_ns: u64,
    pub(crate) signal_ns: u64,
}

/// One stage of the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Translate,
    Trap,
    Find,
    Grow,
    Check,
    Choose,
    Frame,
    Io,
    Install,
    Return,
    Signal,
}

/// What was counted.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Totals {
    /// Accesses by their end, as in [`ENDS`].
    pub(crate) n_ends: [u64; 5],
    /// Faults by row of the table of faults.
    pub(crate) n_rows: [u64; N_ROWS],
    /// Time of all faults, and of those of each end.
    pub(crate) time_ns: u64,
    pub(crate) ns_of_ends: [u64; 5],
}

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) space: Space,
    pub(crate) line: u32,
    pub(crate) class: Option<Class>,
    /// What the CPU reports: the error code, and whether CR2 holds the address.
    pub(crate) code: Option<u8>,
    /// Region that was found.
    pub(crate) vma: Option<usize>,
    /// Stages of this access that are done, with their time.
    pub(crate) path: Vec<(Stage, u64)>,
    pub(crate) totals: Totals,
}

impl State {
    /// Whether the present access has come to its end.
    pub(crate) fn ended(&self) -> bool {
        let last = self.path.last().map(|it| it.0);
        self.class == Some(Class::Hit) || matches!(last, Some(Stage::Return | Stage::Signal))
    }
}

/// A run.
#[derive(Debug)]
pub(crate) struct Kernel {
    pub(crate) state: State,
    /// Time of each access.
    pub(crate) times_ns: Vec<u64>,
    costs: Costs,
    limits: Limits,
    around_pages: u64,
    time: u64,
}

impl Kernel {
    pub(crate) fn new(space: Space, costs: Costs, limits: Limits, around_pages: u64) -> Self {
        let state = State {
            space,
            line: 0,
            class: None,
            code: None,
            vma: None,
            path: Vec::new(),
            totals: Totals::default(),
        };
        Self { state, times_ns: Vec::new(), costs, limits, around_pages, time: 0 }
    }

    pub(crate) fn run(
        &mut self,
        script: &[Access],
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        log.step(0, "start", || {
            let say = format!(
                "The process has {}; the kernel fills its page table only as pages are touched.",
                count(self.state.space.vmas.len() as u64, "regions")
            );
            Shot::new(say, self.state.clone())
        })?;
        for (line, access) in (0..).zip(script) {
            let before = self.time;
            self.state.line = line;
            (self.state.code, self.state.vma) = (None, None);
            self.state.path.clear();
            let class = classify(&self.state.space, *access, self.limits);
            self.state.class = Some(class);
            self.access(*access, class, log)?;
            self.times_ns.push(self.time - before);
        }
        Ok(())
    }

    /// Ends a stage: its time passes, and it is told.
    fn stage(
        &mut self,
        stage: Stage,
        ns: u64,
        tag: &'static str,
        say: String,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        self.time += ns;
        self.state.path.push((stage, ns));
        self.state.totals.time_ns += ns;
        let end = self.state.class.map_or(0, Class::end);
        if self.state.ended() {
            let totals = &mut self.state.totals;
            totals.n_ends[end] += 1;
            totals.ns_of_ends[end] += self.state.path.iter().map(|it| it.1).sum::<u64>();
            if let Some(row) = self.state.class.and_then(Class::row) {
                totals.n_rows[row] += 1;
            }
        }
        log.step(self.time, tag, || {
            let shot = Shot::new(say, self.state.clone());
            if stage == Stage::Translate {
                let options = ENDS.map(ToOwned::to_owned).to_vec();
                return shot.ask("How does this access end?", options, end);
            }
            shot
        })
    }

    fn access(
        &mut self,
        access: Access,
        class: Class,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        let (address, does) = (access.address, access.kind.said());
        if class == Class::Hit {
            let say = format!(
                "The page table gives {address:#x} and allows to {does} it, so the kernel has \
                 nothing to do."
            );
            return self.stage(Stage::Translate, 0, "hit", say, log);
        }
        let pte = self.state.space.page(access.page()).pte;
        let why = why_not(class, pte);
        let say = format!("The CPU cannot {does} {address:#x}, because {why}.");
        self.stage(Stage::Translate, 0, "translate", say, log)?;
        if class == Class::Refused(Refusal::NotCanonical) {
            let say = "The CPU raises #GP with error code 0 and leaves CR2 alone, because no page \
                       can have this address.";
            self.stage(Stage::Trap, self.costs.trap_ns, "trap", say.to_owned(), log)?;
            return self.signal(access, Refusal::NotCanonical, log);
        }
        self.trap(access, pte, log)?;
        match class {
            Class::Refused(Refusal::KernelHalf) => self.signal(access, Refusal::KernelHalf, log),
            Class::Refused(refusal) => {
                self.find(access, class, log)?;
                if refusal == Refusal::PastEnd {
                    self.check(access, log)?;
                    let say =
                        "In filemap_fault the kernel finds that the file ends before this page.";
                    self.stage(Stage::Choose, 0, "choose", say.to_owned(), log)?;
                }
                self.signal(access, refusal, log)
            }
            Class::Hit | Class::Served { .. } => self.serve(access, class, log),
        }
    }

    fn trap(
        &mut self,
        access: Access,
        pte: Pte,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        let mut code = 4;
        code |= u8::from(pte.present());
        code |= if access.kind == Kind::Write { 2 } else { 0 };
        code |= if access.kind == Kind::Execute { 16 } else { 0 };
        self.state.code = Some(code);
        let kind = if pte.present() { "its rights forbid this" } else { "it was not present" };
        let say = format!(
            "The CPU raises #PF, puts {:#x} into CR2 and enters exc_page_fault with error code \
             {code:#x}; of the page that code says that {kind}.",
            access.address
        );
        self.stage(Stage::Trap, self.costs.trap_ns, "trap", say, log)
    }

    /// Looks for the region, and lets a stack grow.
    fn find(
        &mut self,
        access: Access,
        class: Class,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        let space = &self.state.space;
        let page = access.page();
        let found = space.find(page);
        let grows = matches!(class, Class::Served { grows: true, .. });
        let above = space.above(page).filter(|_| found.is_none());
        let near = found.or(above.filter(|it| space.vmas[*it].backing == Backing::Stack));
        self.state.vma = near;
        let name = |at: usize| space.vmas[at].name.as_str();
        let said = match (found, near) {
            (Some(at), _) => format!("finds {}", name(at)),
            (None, Some(at)) => format!("finds {} above it, which may grow downwards", name(at)),
            (None, None) => "finds none that holds it".to_owned(),
        };
        let say = format!(
            "In do_user_addr_fault the kernel looks {:#x} up in the tree of regions and {said}.",
            access.address
        );
        self.stage(Stage::Find, self.costs.lookup_ns, "find", say, log)?;
        let Some(at) = near.filter(|_| grows) else { return Ok(()) };
        let stack = &mut self.state.space.vmas[at];
        let more = stack.start - page;
        stack.start = page;
        let (name, all) = (stack.name.clone(), stack.end - stack.start);
        let say = format!(
            "In expand_stack the kernel moves the start of {name} down by {}, because its {} stay within the \
             limit of {}.",
            count(more, "pages"),
            count(all, "pages"),
            count(self.limits.stack_pages, "pages")
        );
        self.stage(Stage::Grow, 0, "grow", say, log)
    }

    fn check(&mut self, access: Access, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let Some(vma) = self.state.vma.map(|it| &self.state.space.vmas[it]) else { return Ok(()) };
        let say = format!(
            "In access_error the kernel sees no fault of the program, because {} is {} and allows to {}.",
            vma.name,
            vma.rights.said(),
            access.kind.said()
        );
        self.stage(Stage::Check, 0, "check", say, log)
    }

    fn serve(
        &mut self,
        access: Access,
        class: Class,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        let Class::Served { work, .. } = class else { return Ok(()) };
        self.find(access, class, log)?;
        self.check(access, log)?;
        let Some(at) = self.state.vma else { return Ok(()) };
        let write = access.kind == Kind::Write;
        let (handler, why) = handler(work, &self.state.space.vmas[at], write);
        let say = format!("In handle_mm_fault the kernel picks {handler}, because {why}.");
        self.stage(Stage::Choose, 0, "choose", say, log)?;
        self.read_in(work, log)?;
        self.new_frame(work, log)?;
        let number = access.page();
        let around = self.install(number, at, work, write);
        let ns = self.costs.map_ns + if flushes(work) { self.costs.flush_ns } else { 0 };
        let say = installed(self.state.space.page(number), work, around);
        self.stage(Stage::Install, ns, "install", say, log)?;
        let end = match class.end() {
            2 => "major",
            _ => "minor",
        };
        let say = format!(
            "The CPU returns and runs the instruction again; this time {:#x} is there: a {end} \
             fault.",
            access.address
        );
        self.stage(Stage::Return, 0, end, say, log)
    }

    /// Brings the page in from a device.
    fn read_in(&mut self, work: Work, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let from = match work {
            Work::ReadFile { .. } => "the file",
            Work::SwapIn => "the swap area",
            _ => return Ok(()),
        };
        let ns = self.costs.alloc_ns + self.costs.io_ns + self.costs.device_ns;
        let say = format!(
            "The thread sleeps and others run, because the page must come from {from}; the device \
             takes {}, and asking, sleeping and waking {}.",
            time(self.costs.device_ns),
            time(self.costs.io_ns)
        );
        self.stage(Stage::Io, ns, "io", say, log)
    }

    /// Fills a new frame.
    fn new_frame(&mut self, work: Work, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let (ns, say) = match work {
            Work::ZeroFill | Work::ReplaceZero => {
                (self.costs.zero_ns, "The kernel takes a free frame and fills it with zeros")
            }
            Work::Copy | Work::CopyCached | Work::CopyMapped | Work::ReadFile { copy: true } => {
                (self.costs.copy_ns, "The kernel takes a free frame and copies the page into it")
            }
            _ => return Ok(()),
        };
        let why = match work {
            Work::ZeroFill | Work::ReplaceZero => "nobody may see what was in it before",
            _ => "the others keep the page as it was",
        };
        let say = format!("{say}, because {why}.");
        self.stage(Stage::Frame, ns + self.costs.alloc_ns, "frame", say, log)
    }

    /// Sets the entry, and those of pages around it that the page cache has; returns how many.
    fn install(&mut self, number: u64, at: usize, work: Work, write: bool) -> u64 {
        let space = &mut self.state.space;
        let vma = space.vmas[at].clone();
        let mut page = space.page(number);
        let shared_write = write && vma.shared;
        match work {
            Work::MapZero => page.pte = Pte::Zero,
            Work::ZeroFill if vma.shared => {
                page.cached = Some(space.take_frame());
                page.pte = Pte::Cached { writable: true };
            }
            Work::ZeroFill
            | Work::ReplaceZero
            | Work::Copy
            | Work::CopyCached
            | Work::CopyMapped
            | Work::SwapIn => {
                page.frame = Some(space.take_frame());
                page.pte = Pte::Own;
            }
            Work::Reuse => page.pte = Pte::Own,
            Work::MapCached => page.pte = Pte::Cached { writable: shared_write },
            Work::MakeDirty => page.pte = Pte::Cached { writable: true },
            Work::ReadFile { copy } => {
                page.cached = Some(space.take_frame());
                page.pte = Pte::Cached { writable: shared_write };
                if copy {
                    page.frame = Some(space.take_frame());
                    page.pte = Pte::Own;
                }
            }
        }
        space.pages.insert(number, page);
        if work != Work::MapCached || write {
            return 0;
        }
        let first = (number / self.around_pages * self.around_pages).max(vma.start);
        let end = (number / self.around_pages * self.around_pages + self.around_pages).min(vma.end);
        let mut n_around = 0;
        for (_, near) in space.pages.range_mut(first..end) {
            if near.pte == Pte::None && near.cached.is_some() {
                near.pte = Pte::Cached { writable: false };
                n_around += 1;
            }
        }
        n_around
    }

    fn signal(
        &mut self,
        access: Access,
        refusal: Refusal,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        let vma = self.state.vma.map(|it| &self.state.space.vmas[it]);
        let (signal, why) = refused(refusal, vma, access.kind, self.limits);
        let say = format!("The kernel sends {signal}, because {why}.");
        self.stage(Stage::Signal, self.costs.signal_ns, "signal", say, log)
    }
}

/// A time in the unit that keeps it short.
pub(crate) fn time(ns: u64) -> String {
    let of = |unit: u64| crate::scene::number(ns as f64 / unit as f64, 2);
    match ns {
        0..1_000 => format!("{ns} ns"),
        1_000..1_000_000 => format!("{} µs", of(1_000)),
        _ => format!("{} ms", of(1_000_000)),
    }
}

/// Why the page table does not give the address.
fn why_not(class: Class, pte: Pte) -> &'static str {
    match (class, pte) {
        (Class::Refused(Refusal::NotCanonical), _) => {
            "its bits 63 to 47 are not all alike: it is not canonical"
        }
        (Class::Refused(Refusal::KernelHalf), _) => "the upper half belongs to the kernel",
        (_, Pte::None) => "no TLB has it and the walk ends at an entry that is not present",
        (_, Pte::Swapped) => "the entry is not present and holds a place in the swap area instead",
        (Class::Refused(Refusal::Rights), _) => "the entry is present but forbids it",
        (_, Pte::Zero | Pte::Cached { .. } | Pte::Own | Pte::Copy { .. }) => {
            "the entry is present but read-only"
        }
    }
}

/// The function that serves a fault, and why it is that one.
fn handler(work: Work, vma: &Vma, write: bool) -> (&'static str, &'static str) {
    match work {
        Work::MapZero => ("do_anonymous_page", "nothing is behind the page and it is only read"),
        Work::ZeroFill if vma.shared => (
            if write { "do_shared_fault" } else { "do_read_fault" },
            "nobody has touched the shared page yet",
        ),
        Work::ZeroFill => ("do_anonymous_page", "nothing is behind the page and it is written"),
        Work::ReplaceZero => {
            ("do_wp_page", "the page of zeros belongs to all and must not be written")
        }
        Work::Copy => {
            ("do_wp_page", "the region may be written but the frame is shared since a fork")
        }
        Work::Reuse => {
            ("do_wp_page", "the region may be written and nobody else has the frame now")
        }
        Work::CopyMapped => ("do_wp_page", "a private mapping must not change the page cache"),
        Work::CopyCached => ("do_cow_fault", "a private mapping must not change the page cache"),
        Work::MakeDirty => {
            ("do_wp_page", "the first write must note that the file's page is dirty")
        }
        Work::MapCached if write => {
            ("do_shared_fault", "the file is shared and its page is in memory")
        }
        Work::MapCached => ("do_read_fault", "the file's page is in the page cache"),
        Work::ReadFile { copy: true } => ("do_cow_fault", "the page of the file is not in memory"),
        Work::ReadFile { copy: false } if write => {
            ("do_shared_fault", "the page of the file is not in memory")
        }
        Work::ReadFile { copy: false } => {
            ("do_read_fault", "the page of the file is not in memory")
        }
        Work::SwapIn => ("do_swap_page", "the entry names a place in the swap area"),
    }
}

impl Costs {
    /// What a fault of each row of the table of faults takes.
    pub(crate) const fn of_rows(&self) -> [u64; N_ROWS] {
        let enter = self.trap_ns + self.lookup_ns;
        let zero = enter + self.alloc_ns + self.zero_ns + self.map_ns;
        let read = enter + self.alloc_ns + self.io_ns + self.device_ns + self.map_ns;
        let copy = enter + self.alloc_ns + self.copy_ns + self.map_ns + self.flush_ns;
        let (map, refuse) = (enter + self.map_ns, enter + self.signal_ns);
        let dirty = map + self.flush_ns;
        let gp = self.trap_ns + self.signal_ns;
        [map, zero, map, dirty, copy, read, read, zero, refuse, refuse, refuse, gp]
    }
}

/// Whether a translation that was present changes, so that the TLB must forget it.
const fn flushes(work: Work) -> bool {
    matches!(
        work,
        Work::ReplaceZero | Work::Copy | Work::CopyMapped | Work::Reuse | Work::MakeDirty
    )
}

fn installed(page: Page, work: Work, around: u64) -> String {
    let frame = page.frame.or(page.cached).unwrap_or_default();
    let what = match page.pte {
        Pte::Zero => "the page of zeros, read-only".to_owned(),
        Pte::Cached { writable: true } => format!("frame {frame:#x} of the page cache, writable"),
        Pte::Cached { writable: false } => format!("frame {frame:#x} of the page cache, read-only"),
        Pte::Own | Pte::Copy { .. } | Pte::None | Pte::Swapped => format!("frame {frame:#x}"),
    };
    let then = match (flushes(work), around) {
        (true, _) => ", and the TLB forgets the old entry".to_owned(),
        (false, 0) => String::new(),
        (false, n) => format!(", and does the same for {} around it", count(n, "pages")),
    };
    format!("The kernel sets the entry to {what}{then}, so that the next try succeeds.")
}

/// The signal of a refusal, and why.
fn refused(refusal: Refusal, vma: Option<&Vma>, kind: Kind, limits: Limits) -> (String, String) {
    let name = vma.map(|it| it.name.as_str()).unwrap_or_default();
    let (signal, why) = match refusal {
        Refusal::NotCanonical => {
            ("SIGSEGV (SI_KERNEL)", "a program in user mode caused the #GP".to_owned())
        }
        Refusal::KernelHalf => {
            ("SIGSEGV (SEGV_MAPERR)", "user code may not have an address of the kernel".to_owned())
        }
        Refusal::NoRegion => ("SIGSEGV (SEGV_MAPERR)", "no region holds the address".to_owned()),
        Refusal::StackLimit => (
            "SIGSEGV (SEGV_MAPERR)",
            format!("{name} may not be larger than {}", count(limits.stack_pages, "pages")),
        ),
        Refusal::StackGap => (
            "SIGSEGV (SEGV_MAPERR)",
            format!(
                "{name} must stay {} away from the region below it",
                count(limits.gap_pages, "pages")
            ),
        ),
        Refusal::Rights => {
            let rights = vma.map(|it| it.rights.said()).unwrap_or_default();
            let why = format!("{name} is {rights} and does not allow to {}", kind.said());
            ("SIGSEGV (SEGV_ACCERR)", why)
        }
        Refusal::PastEnd => {
            ("SIGBUS (BUS_ADRERR)", format!("{name} is mapped, but its file has no such page"))
        }
    };
    (signal.to_owned(), why)
}
