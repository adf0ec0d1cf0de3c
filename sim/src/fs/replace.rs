//! What a replacing program changes, what of it is on the disk, and what may come next.

use crate::words::list;

/// How a program replaces the content of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Way {
    Rename,
    Copy,
    Truncate,
    Overwrite,
}

/// What a file system promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum System {
    AnyOrder,
    Delayed,
    Ext4,
}

/// One of the two files: the one under the name at the start, and the temporary one.
pub(crate) const OLD: usize = 0;
pub(crate) const TEMP: usize = 1;

/// A call of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    Create,
    Truncate,
    Open,
    Write(usize, u8),
    Fsync(Option<usize>),
    Rename,
    Said,
}

/// The scenario made ready.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) way: Way,
    pub(crate) system: System,
    pub(crate) n: u8,
    pub(crate) program: Vec<Call>,
}

/// A file in memory and on the disk. Masks have a bit for each block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct File {
    /// Blocks by the inode in memory, and on the disk.
    pub(crate) size: [u8; 2],
    /// Whether the inode points to fresh blocks, in memory and on the disk.
    pub(crate) fresh: [bool; 2],
    /// Blocks with new content, in memory and on the disk.
    pub(crate) new: [u8; 2],
}

/// Index of what is in memory, and of what is on the disk.
pub(crate) const MEMORY: usize = 0;
pub(crate) const DISK: usize = 1;

/// What the directory says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Names {
    Old,
    Both,
    Renamed,
}

/// A state of the whole.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct State {
    /// Calls that have returned.
    pub(crate) line: u8,
    pub(crate) files: [File; 2],
    pub(crate) names: [Names; 2],
    pub(crate) crashed: bool,
}

/// What can come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Move {
    Program,
    Data(usize, u8),
    Inode(usize),
    Directory,
    Commit,
    Crash,
}

/// What the name leads to after a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Under {
    Old,
    New,
    Empty,
    /// Its size is there, part of its content is not.
    Holes,
    /// A front part of the new content.
    Short,
    /// Old and new blocks.
    Mixed,
}

impl Under {
    pub(crate) const fn said(self) -> &'static str {
        match self {
            Self::Old => "old, whole",
            Self::New => "new, whole",
            Self::Empty => "empty",
            Self::Holes => "new size, parts missing",
            Self::Short => "a front part of the new",
            Self::Mixed => "old and new mixed",
        }
    }
}

impl Move {
    pub(crate) const fn actor(self) -> u16 {
        match self {
            Self::Program => 0,
            Self::Crash => 2,
            _ => 1,
        }
    }
}

impl Setup {
    pub(crate) fn new(way: Way, fsync_file: bool, fsync_dir: bool, system: System, n: u8) -> Self {
        let mut program = Vec::new();
        let mut fill = |opened: Call, file: usize| {
            program.push(opened);
            program.extend((0..n).map(|it| Call::Write(file, it)));
            program.extend(fsync_file.then_some(Call::Fsync(Some(file))));
        };
        if matches!(way, Way::Rename | Way::Copy) {
            fill(Call::Create, TEMP);
        }
        match way {
            Way::Rename => program.push(Call::Rename),
            Way::Copy | Way::Truncate => fill(Call::Truncate, OLD),
            Way::Overwrite => fill(Call::Open, OLD),
        }
        program.extend(fsync_dir.then_some(Call::Fsync(None)));
        program.push(Call::Said);
        Self { way, system, n, program }
    }

    /// All blocks.
    const fn all(&self) -> u8 {
        (1 << self.n) - 1
    }

    /// A call as a line of C.
    pub(crate) fn code(&self, call: Call) -> String {
        let name = |file: usize| if file == TEMP { "tmp" } else { "f" };
        match call {
            Call::Create => "tmp = open(\"f.tmp\", O_CREAT)".to_owned(),
            Call::Truncate => "f = open(\"f\", O_TRUNC)".to_owned(),
            Call::Open => "f = open(\"f\", O_WRONLY)".to_owned(),
            Call::Write(file, block) => format!("write({}, block {block})", name(file)),
            Call::Fsync(Some(file)) => format!("fsync({})", name(file)),
            Call::Fsync(None) => "fsync(directory)".to_owned(),
            Call::Rename => "rename(\"f.tmp\", \"f\")".to_owned(),
            Call::Said => "puts(\"saved\")".to_owned(),
        }
    }

    pub(crate) fn next(&self, state: &State) -> Option<Call> {
        self.program.get(usize::from(state.line)).copied()
    }

    /// The steps that are possible, always in the same order.
    pub(crate) fn moves(&self, state: &State) -> Vec<Move> {
        let mut out = Vec::new();
        if state.crashed {
            return out;
        }
        out.extend(self.next(state).map(|_| Move::Program));
        let journal = self.system != System::AnyOrder;
        for (at, file) in state.files.iter().enumerate() {
            let dirty = file.new[MEMORY] & !file.new[DISK];
            let mut blocks = (0..self.n).filter(|it| dirty >> it & 1 == 1);
            match journal {
                true => out.extend(blocks.next().map(|it| Move::Data(at, it))),
                false => out.extend(blocks.map(|it| Move::Data(at, it))),
            }
        }
        if journal {
            let mut after = state.clone();
            after.commit();
            let waits = self.system == System::Ext4
                && state.names[MEMORY] == Names::Renamed
                && state.files[TEMP].new[DISK] != self.all();
            out.extend((after != *state && !waits).then_some(Move::Commit));
        } else {
            for (at, file) in state.files.iter().enumerate() {
                let dirty = file.size[0] != file.size[1] || file.fresh[0] != file.fresh[1];
                out.extend(dirty.then_some(Move::Inode(at)));
            }
            out.extend((state.names[0] != state.names[1]).then_some(Move::Directory));
        }
        out.push(Move::Crash);
        out
    }

    /// The step that a pick names.
    pub(crate) fn picked(&self, state: &State, pick: u32) -> Option<Move> {
        self.moves(state).get(usize::try_from(pick).ok()?).copied()
    }

    fn file(at: usize) -> &'static str {
        if at == TEMP { "the temporary file" } else { "the old file" }
    }

    pub(crate) fn label(&self, state: &State, it: Move) -> String {
        match it {
            Move::Program => {
                let code = self.next(state).map(|it| self.code(it)).unwrap_or_default();
                format!("the program: {code}")
            }
            Move::Data(at, block) => {
                format!("block {block} of {} reaches the disk", Self::file(at))
            }
            Move::Inode(at) => format!("the inode of {} reaches the disk", Self::file(at)),
            Move::Directory => "the directory reaches the disk".to_owned(),
            Move::Commit => "the journal commits".to_owned(),
            Move::Crash => "the power fails".to_owned(),
        }
    }

    /// Tag and sentence of a step.
    pub(crate) fn tell(
        &self,
        before: &State,
        it: Move,
        after: &State,
        broken: bool,
    ) -> (&'static str, String) {
        match it {
            Move::Program => self.tell_call(before),
            Move::Data(at, block) => {
                let say = format!(
                    "Block {block} of {} reaches the disk, because the kernel may write it at any \
                     time.",
                    Self::file(at)
                );
                ("data", say)
            }
            Move::Inode(at) => {
                let size = after.files[at].size[DISK];
                let size = crate::words::count(u64::from(size), "blocks");
                let say = format!(
                    "The inode of {} reaches the disk with a size of {size}, whether its data is \
                     there or not.",
                    Self::file(at)
                );
                ("inode", say)
            }
            Move::Directory => {
                let to = match after.names[DISK] {
                    Names::Renamed => "on the disk, too, f leads to the new inode now",
                    _ => "the temporary name is on the disk now",
                };
                ("directory", format!("The directory reaches the disk: {to}."))
            }
            Move::Commit => {
                let say = format!(
                    "The journal commits names and sizes at one stroke, and f leads to {}.",
                    self.leads(after)
                );
                ("commit", say)
            }
            Move::Crash => {
                let under = after.under(self).said();
                let said = if after.has_said(self) { "said" } else { "not said" };
                let tag = if broken { "broken" } else { "crash" };
                let say = format!(
                    "The power fails, memory is lost, and f holds on the disk: {under}; the \
                     program had {said} \"saved\"."
                );
                (tag, say)
            }
        }
    }

    fn leads(&self, state: &State) -> &'static str {
        match state.names[DISK] {
            Names::Renamed => "the new inode",
            _ => "the old inode still",
        }
    }

    fn tell_call(&self, before: &State) -> (&'static str, String) {
        match self.next(before).unwrap_or(Call::Said) {
            Call::Create => (
                "call",
                "The program makes an empty temporary file, and its name is in memory only."
                    .to_owned(),
            ),
            Call::Truncate => (
                "call",
                "The program opens f with O_TRUNC, so its size is 0 in memory before anything new \
                 is there."
                    .to_owned(),
            ),
            Call::Open => {
                ("call", "The program opens f and leaves its content as it is.".to_owned())
            }
            Call::Write(file, block) => (
                "call",
                format!(
                    "The program writes block {block} of {}: write returns, because a copy in \
                     memory is enough for it.",
                    Self::file(file)
                ),
            ),
            Call::Fsync(file) => ("fsync", self.tell_fsync(before, file)),
            Call::Rename => (
                "rename",
                "The program renames: in memory f leads to the new inode at one stroke.".to_owned(),
            ),
            Call::Said => {
                ("said", "The program says \"saved\", because every call has returned.".to_owned())
            }
        }
    }

    fn tell_fsync(&self, before: &State, file: Option<usize>) -> String {
        let journal = self.system != System::AnyOrder;
        let (what, until) = match (file, journal) {
            (Some(at), _) => {
                let File { new, .. } = before.files[at];
                let n = (new[MEMORY] & !new[DISK]).count_ones();
                let data = crate::words::count(u64::from(n), "blocks of data");
                let more = if journal { "the journal" } else { "its inode" };
                (Self::file(at), format!("{} are on the disk", list(&[data.as_str(), more])))
            }
            (None, true) => ("the directory", "the journal has committed its names".to_owned()),
            (None, false) => ("the directory", "its names are on the disk".to_owned()),
        };
        format!("The program calls fsync on {what} and waits until {until}.")
    }
}

impl File {
    /// What of a file is on the disk once its inode is written as it is in memory.
    fn settle(&mut self, size: u8) {
        self.size[DISK] = size;
        self.fresh[DISK] = self.fresh[MEMORY];
    }

    /// Blocks at the front that are on the disk.
    fn front(&self) -> u8 {
        u8::try_from(self.new[DISK].trailing_ones()).unwrap_or(u8::MAX).min(self.size[MEMORY])
    }
}

impl State {
    pub(crate) fn new(setup: &Setup) -> Self {
        let old = File { size: [setup.n; 2], fresh: [false; 2], new: [0; 2] };
        let temp = File { size: [0; 2], fresh: [true; 2], new: [0; 2] };
        Self { line: 0, files: [old, temp], names: [Names::Old; 2], crashed: false }
    }

    /// Whether the program has come to its end.
    pub(crate) fn has_said(&self, setup: &Setup) -> bool {
        usize::from(self.line) == setup.program.len()
    }

    /// The journal brings names and sizes to the disk; a size counts what data is there.
    fn commit(&mut self) {
        self.names[DISK] = self.names[MEMORY];
        for file in &mut self.files {
            let size = if file.fresh[MEMORY] { file.front() } else { file.size[MEMORY] };
            file.settle(size);
        }
    }

    pub(crate) fn go(&mut self, setup: &Setup, it: Move) {
        match it {
            Move::Program => {
                if let Some(call) = setup.next(self) {
                    self.call(setup, call);
                    self.line += 1;
                }
            }
            Move::Data(at, block) => self.files[at].new[DISK] |= 1 << block,
            Move::Inode(at) => {
                let size = self.files[at].size[MEMORY];
                self.files[at].settle(size);
            }
            Move::Directory => self.names[DISK] = self.names[MEMORY],
            Move::Commit => self.commit(),
            Move::Crash => self.crashed = true,
        }
    }

    fn call(&mut self, setup: &Setup, call: Call) {
        match call {
            Call::Create => self.names[MEMORY] = Names::Both,
            Call::Truncate => {
                let file = &mut self.files[OLD];
                (file.size[MEMORY], file.fresh[MEMORY]) = (0, true);
            }
            Call::Open | Call::Said => {}
            Call::Write(at, block) => {
                let file = &mut self.files[at];
                file.new[MEMORY] |= 1 << block;
                file.size[MEMORY] = file.size[MEMORY].max(block + 1);
            }
            Call::Rename => self.names[MEMORY] = Names::Renamed,
            Call::Fsync(file) => self.sync(setup, file),
        }
    }

    fn sync(&mut self, setup: &Setup, file: Option<usize>) {
        if let Some(at) = file {
            self.files[at].new[DISK] = self.files[at].new[MEMORY];
        }
        match (setup.system, file) {
            (System::AnyOrder, Some(at)) => {
                let size = self.files[at].size[MEMORY];
                self.files[at].settle(size);
            }
            (System::AnyOrder, None) => self.names[DISK] = self.names[MEMORY],
            (system, _) => {
                if system == System::Ext4 && self.names[MEMORY] == Names::Renamed {
                    self.files[TEMP].new[DISK] = self.files[TEMP].new[MEMORY];
                }
                self.commit();
            }
        }
    }

    /// Which file the name leads to on the disk.
    pub(crate) fn named(&self) -> usize {
        if self.names[DISK] == Names::Renamed { TEMP } else { OLD }
    }

    /// What a block of a file on the disk holds: old, new, or nothing that belongs there.
    pub(crate) fn block(&self, setup: &Setup, file: usize, block: u8) -> Option<bool> {
        let File { fresh, new, .. } = self.files[file];
        let new = new[DISK] >> block & 1 == 1;
        match (fresh[DISK], new) {
            (true, true) => Some(true),
            (true, false) => None,
            (false, new) => Some(new && setup.way == Way::Overwrite),
        }
    }

    /// What the name leads to if the power fails now.
    pub(crate) fn under(&self, setup: &Setup) -> Under {
        let at = self.named();
        let size = self.files[at].size[DISK];
        let blocks: Vec<Option<bool>> = (0..size).map(|it| self.block(setup, at, it)).collect();
        let all = |want: Option<bool>| blocks.iter().all(|&it| it == want);
        match () {
            () if size == 0 => Under::Empty,
            () if blocks.contains(&None) => Under::Holes,
            () if all(Some(true)) && size == setup.n => Under::New,
            () if all(Some(true)) => Under::Short,
            () if all(Some(false)) => Under::Old,
            () => Under::Mixed,
        }
    }
}
