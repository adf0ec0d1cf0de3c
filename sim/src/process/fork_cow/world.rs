//! Page tables, frames and who maps them.

use super::script::{Does, Op};
use super::{Method, Scenario};
use crate::words::count;

/// What a page holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The program: may never be written.
    Text,
    /// Private and writable.
    Data,
    /// A shared mapping.
    Shared,
}

/// How many pages of each kind there are, in this order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    pub(super) n_text: usize,
    pub(super) n_data: usize,
    pub(super) n_shared: usize,
}

impl Layout {
    pub(super) const fn n_pages(self) -> usize {
        self.n_text + self.n_data + self.n_shared
    }

    pub(super) const fn kind(self, page: usize) -> Kind {
        if page < self.n_text {
            Kind::Text
        } else if page < self.n_text + self.n_data {
            Kind::Data
        } else {
            Kind::Shared
        }
    }

    pub(super) fn name(self, page: usize) -> String {
        match self.kind(page) {
            Kind::Text => format!("t{page}"),
            Kind::Data => format!("d{}", page - self.n_text),
            Kind::Shared => format!("s{}", page - self.n_text - self.n_data),
        }
    }
}

/// An entry of a page table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pte {
    pub(super) frame: usize,
    pub(super) writable: bool,
}

/// A frame; free while nobody refers to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Frame {
    pub(super) refs: u32,
    /// Which page it holds, and how often that was written on the way to this copy.
    pub(super) page: usize,
    pub(super) version: u32,
}

/// How a process has its memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Memory {
    /// An entry for each page.
    Own(Vec<Pte>),
    /// It uses that of this process, which sleeps meanwhile.
    Lent(usize),
    /// It runs another program.
    Other,
    /// It has ended.
    Ended,
}

/// Everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct World {
    /// `None`: not made yet.
    pub(super) procs: Vec<Option<Memory>>,
    pub(super) frames: Vec<Frame>,
    pub(super) now_ns: u64,
    pub(super) totals: Totals,
    /// The process and page that the last step was about.
    pub(super) about: Option<(usize, Option<usize>)>,
}

/// What has been counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Totals {
    /// Entries that forks copied, and pages.
    pub(super) n_entries: u64,
    pub(super) n_pages_in_calls: u64,
    pub(super) calls_ns: u64,
    /// Write faults, and pages that they copied.
    pub(super) n_faults: u64,
    pub(super) n_pages_later: u64,
    pub(super) later_ns: u64,
}

pub(super) fn name(who: usize) -> String {
    format!("P{}", who + 1)
}

pub(super) fn frame_name(frame: usize) -> String {
    format!("F{frame}")
}

/// What a statement amounts to: what a learner may predict of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    NoFault,
    Copies,
    Unprotects,
    Kills,
}

/// What a step did: tag, sentence, and the decision that was taken, if one was.
pub(super) struct Told {
    pub(super) tag: &'static str,
    pub(super) say: String,
    pub(super) answer: Option<Answer>,
}

impl Told {
    fn new(tag: &'static str, say: String) -> Self {
        Self { tag, say, answer: None }
    }
}

impl World {
    pub(super) fn new(layout: Layout, n_procs: usize) -> Self {
        let n = layout.n_pages();
        let pte = |page: usize| Pte { frame: page, writable: layout.kind(page) != Kind::Text };
        let frame = |page: usize| Frame { refs: 1, page, version: 0 };
        let mut procs = vec![None; n_procs];
        procs[0] = Some(Memory::Own((0..n).map(pte).collect()));
        Self {
            procs,
            frames: (0..n).map(frame).collect(),
            now_ns: 0,
            totals: Totals::default(),
            about: None,
        }
    }

    /// Takes a statement.
    pub(super) fn take(&mut self, setup: &Scenario, op: &Op) -> Told {
        let me = name(op.who);
        let page = match op.does {
            Does::Read(page) | Does::Write(page) => Some(page),
            Does::Fork(_) | Does::Exec | Does::Exit => None,
        };
        self.about = Some((op.who, page));
        let why = match &self.procs[op.who] {
            None => Some(format!("{me} does nothing, because nobody has forked it yet.")),
            Some(Memory::Ended) => Some(format!("{me} does nothing, because it has ended.")),
            Some(Memory::Other) if !matches!(op.does, Does::Exit) => {
                Some(format!("{me} has none of these pages, because it runs another program now."))
            }
            Some(_) => self.lent_to(op.who).map(|child| {
                let child = name(child);
                format!("{me} sleeps, because {child} uses its memory until it calls exec or ends.")
            }),
        };
        if let Some(why) = why {
            return Told::new("refused", why);
        }
        match op.does {
            Does::Fork(child) => self.fork(setup, op.who, child),
            Does::Read(page) => self.read(setup, op.who, page),
            Does::Write(page) => self.write(setup, op.who, page),
            Does::Exec => {
                let left = self.leave(op.who, Memory::Other);
                Told::new(
                    "exec",
                    format!("{me} becomes another program with pages of its own; {left}."),
                )
            }
            Does::Exit => {
                let left = self.leave(op.who, Memory::Ended);
                Told::new("exit", format!("{me} ends; {left}."))
            }
        }
    }

    /// The child to which a process has lent its memory.
    pub(super) fn lent_to(&self, who: usize) -> Option<usize> {
        self.procs.iter().position(|it| *it == Some(Memory::Lent(who)))
    }

    /// Whose table a process uses.
    fn owner(&self, who: usize) -> usize {
        if let Some(Memory::Lent(owner)) = self.procs[who] { owner } else { who }
    }

    fn pte(&mut self, who: usize, page: usize) -> Option<&mut Pte> {
        let owner = self.owner(who);
        match &mut self.procs[owner] {
            Some(Memory::Own(ptes)) => ptes.get_mut(page),
            _ => None,
        }
    }

    fn fork(&mut self, setup: &Scenario, who: usize, child: usize) -> Told {
        let (me, him) = (name(who), name(child));
        if self.procs[child].is_some() {
            return Told::new("refused", format!("{me} cannot make {him}: it exists already."));
        }
        let Some(Memory::Own(ptes)) = self.procs[who].clone() else {
            let say = format!("{me} must not fork here, because its memory is not its own.");
            return Told::new("refused", say);
        };
        let layout = setup.layout();
        let mut ns = setup.fixed_ns();
        let n = ptes.len() as u64;
        let told = match setup.method {
            Method::Vfork => {
                self.procs[child] = Some(Memory::Lent(who));
                let say = format!(
                    "{me} lends its memory to {him} and sleeps; no entry is copied, because {him} \
                     is meant to call exec at once."
                );
                Told::new("fork", say)
            }
            Method::Spawn => {
                self.procs[child] = Some(Memory::Other);
                let say = format!(
                    "{me} starts {him} with a new program in one call; no entry is copied, because \
                     {him} never runs the program of {me}."
                );
                Told::new("fork", say)
            }
            Method::Fork => {
                ns += n * setup.pte_ns;
                self.totals.n_entries += n;
                self.share(layout, who, child, &ptes);
                let say = format!(
                    "{me} forks {him}: {} are copied and no page, because writable private pages \
                     are write-protected in both.",
                    count(n, "entries")
                );
                Told::new("fork", say)
            }
            Method::Copy => {
                ns += n * setup.pte_ns + setup.n_data as u64 * setup.copy_ns;
                self.totals.n_entries += n;
                self.totals.n_pages_in_calls += setup.n_data as u64;
                self.copy_all(layout, child, &ptes);
                let say = format!(
                    "{me} forks {him}: {} and {} of data are copied at once, because this kernel \
                     knows no copy-on-write.",
                    count(n, "entries"),
                    count(setup.n_data as u64, "pages")
                );
                Told::new("fork", say)
            }
        };
        self.now_ns += ns;
        self.totals.calls_ns += ns;
        told
    }

    /// The child gets the same entries; private pages that may be written are protected in both.
    fn share(&mut self, layout: Layout, who: usize, child: usize, ptes: &[Pte]) {
        let protect = |(page, pte): (usize, &Pte)| Pte {
            writable: layout.kind(page) == Kind::Shared && pte.writable,
            ..*pte
        };
        let ptes: Vec<Pte> = ptes.iter().enumerate().map(protect).collect();
        for pte in &ptes {
            self.frames[pte.frame].refs += 1;
        }
        self.procs[who] = Some(Memory::Own(ptes.clone()));
        self.procs[child] = Some(Memory::Own(ptes));
    }

    fn copy_all(&mut self, layout: Layout, child: usize, ptes: &[Pte]) {
        let mut copies = Vec::new();
        for (page, pte) in ptes.iter().enumerate() {
            let frame = match layout.kind(page) {
                Kind::Data => self.copy_of(pte.frame),
                Kind::Text | Kind::Shared => pte.frame,
            };
            self.frames[frame].refs += 1;
            copies.push(Pte { frame, ..*pte });
        }
        self.procs[child] = Some(Memory::Own(copies));
    }

    /// A frame that nobody uses, with the same contents.
    fn copy_of(&mut self, frame: usize) -> usize {
        let copy = Frame { refs: 0, ..self.frames[frame] };
        let free = self.frames.iter().position(|it| it.refs == 0);
        let at = free.unwrap_or(self.frames.len());
        match free {
            Some(at) => self.frames[at] = copy,
            None => self.frames.push(copy),
        }
        at
    }

    fn read(&mut self, setup: &Scenario, who: usize, page: usize) -> Told {
        let (me, page_name) = (name(who), setup.layout().name(page));
        let Some(pte) = self.pte(who, page).copied() else {
            return Told::new("refused", format!("{me} has no page {page_name}."));
        };
        let frame = self.frames[pte.frame];
        let value = contents(setup.layout(), frame);
        let shared = match frame.refs {
            1 => "it may be read by its only user",
            _ => "reading a shared frame disturbs nobody",
        };
        let at = frame_name(pte.frame);
        Told::new(
            "read",
            format!("{me} reads {value} from {at} without a fault, because {shared}."),
        )
    }

    fn write(&mut self, setup: &Scenario, who: usize, page: usize) -> Told {
        let layout = setup.layout();
        let (me, page_name) = (name(who), layout.name(page));
        let Some(pte) = self.pte(who, page).copied() else {
            return Told::new("refused", format!("{me} has no page {page_name}."));
        };
        if layout.kind(page) == Kind::Text {
            self.totals.n_faults += 1;
            let left = self.leave(who, Memory::Ended);
            let say = format!(
                "{me} is ended by SIGSEGV, because {page_name} is program text and its region may \
                 not be written; {left}."
            );
            return Told { answer: Some(Answer::Kills), ..Told::new("segv", say) };
        }
        let refs = self.frames[pte.frame].refs;
        let mut to = pte.frame;
        let told = if pte.writable {
            let say = self.plain_write(layout, who, page, refs);
            Told { answer: Some(Answer::NoFault), ..Told::new(say.0, say.1) }
        } else if 1 < refs {
            to = self.copy_of(pte.frame);
            self.frames[pte.frame].refs -= 1;
            self.frames[to].refs += 1;
            self.fault(setup, true);
            let (old, new) = (frame_name(pte.frame), frame_name(to));
            let say = format!(
                "{me} faults on {page_name}, and the kernel copies {old} to {new} for it, because \
                 {} refer to {old}.",
                count(u64::from(refs), "entries")
            );
            Told { answer: Some(Answer::Copies), ..Told::new("copy", say) }
        } else {
            self.fault(setup, false);
            let at = frame_name(pte.frame);
            let say = format!(
                "{me} faults on {page_name}, but nothing is copied: the entry becomes writable, \
                 because {me} is the only one left that refers to {at}."
            );
            Told { answer: Some(Answer::Unprotects), ..Told::new("unprotect", say) }
        };
        self.frames[to].version += 1;
        if let Some(pte) = self.pte(who, page) {
            *pte = Pte { frame: to, writable: true };
        }
        told
    }

    fn plain_write(
        &self,
        layout: Layout,
        who: usize,
        page: usize,
        refs: u32,
    ) -> (&'static str, String) {
        let (me, page_name) = (name(who), layout.name(page));
        let owner = self.owner(who);
        if owner != who {
            let owner = name(owner);
            let say = format!(
                "{me} writes {page_name} and damages {owner}, because the memory is that of \
                 {owner}: after vfork only exec and _exit are safe."
            );
            return ("damage", say);
        }
        let why = match layout.kind(page) {
            Kind::Shared if 1 < refs => "a shared mapping is meant to be seen by all",
            _ => "its entry allows it",
        };
        ("write", format!("{me} writes {page_name} without a fault, because {why}."))
    }

    fn fault(&mut self, setup: &Scenario, copies: bool) {
        let ns = setup.fault_ns + if copies { setup.copy_ns } else { 0 };
        self.totals.n_faults += 1;
        self.totals.n_pages_later += u64::from(copies);
        self.totals.later_ns += ns;
        self.now_ns += ns;
    }

    /// A process gives up its memory; what that means for the others.
    fn leave(&mut self, who: usize, to: Memory) -> String {
        match self.procs[who].replace(to) {
            Some(Memory::Own(ptes)) => {
                let mut freed = 0;
                for pte in ptes {
                    let frame = &mut self.frames[pte.frame];
                    frame.refs -= 1;
                    freed += u64::from(frame.refs == 0);
                }
                match freed {
                    0 => "no frame is freed, because others still refer to all of them".to_owned(),
                    1 => "1 frame is freed, because nobody refers to it any more".to_owned(),
                    n => format!("{n} frames are freed, because nobody refers to them any more"),
                }
            }
            Some(Memory::Lent(owner)) => {
                let owner = name(owner);
                format!("{owner} wakes up and has its memory for itself again")
            }
            _ => "it had none of these pages".to_owned(),
        }
    }
}

/// What stands in a frame: the page's name, and a stroke for each write.
pub(super) fn contents(layout: Layout, frame: Frame) -> String {
    let strokes = match frame.version {
        n @ 0..=3 => "'".repeat(usize::try_from(n).unwrap_or_default()),
        n => format!("'{n}"),
    };
    format!("{}{strokes}", layout.name(frame.page))
}
