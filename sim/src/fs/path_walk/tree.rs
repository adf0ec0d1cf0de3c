//! File systems as they are: inodes, the names that directories hold, mounts, open files.

/// Place of an inode in [`World::inodes`]; never used again for another one.
pub(super) type Id = usize;

/// Inodes that one file system may have.
pub(super) const INODES_MAX: usize = 48;

/// File systems that there may be.
pub(super) const SYSTEMS_MAX: usize = 4;

/// The inode of a file system's root directory, and the first that a file may get.
const ROOT: u32 = 2;
const FIRST: u32 = 12;

/// What an inode is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    File,
    /// Its entries, `.` and `..` first.
    Directory(Vec<(String, Id)>),
    /// The path in it.
    Link(String),
}

#[derive(Debug, Clone)]
pub(super) struct Inode {
    pub(super) system: usize,
    pub(super) number: u32,
    pub(super) what: What,
    pub(super) n_links: u32,
    pub(super) n_open: u32,
    /// Whether a directory may be searched, its right `x`.
    pub(super) searchable: bool,
    pub(super) is_freed: bool,
}

#[derive(Debug, Clone)]
pub(super) struct System {
    pub(super) name: String,
    pub(super) root: Id,
    /// The directory that it is mounted on; the first one is the root of all.
    pub(super) on: Option<Id>,
}

/// All file systems, and the open files of one process.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) inodes: Vec<Inode>,
    pub(super) systems: Vec<System>,
    /// Open files, by descriptor minus 3.
    pub(super) open: Vec<Option<Id>>,
}

impl World {
    pub(super) fn new() -> Self {
        let mut world = Self { inodes: Vec::new(), systems: Vec::new(), open: Vec::new() };
        world.add_system("root");
        world
    }

    /// A new, empty file system; not mounted yet.
    pub(super) fn add_system(&mut self, name: &str) -> usize {
        let (system, root) = (self.systems.len(), self.inodes.len());
        let entries = [".", ".."].map(|it| (it.to_owned(), root)).to_vec();
        self.inodes.push(Inode {
            system,
            number: ROOT,
            what: What::Directory(entries),
            n_links: 2,
            n_open: 0,
            searchable: true,
            is_freed: false,
        });
        self.systems.push(System { name: name.to_owned(), root, on: None });
        system
    }

    /// The root of what is mounted on a directory.
    pub(super) fn mounted_on(&self, id: Id) -> Option<usize> {
        self.systems.iter().position(|it| it.on == Some(id))
    }

    /// The file system that has this inode as its root.
    pub(super) fn rooted_at(&self, id: Id) -> Option<usize> {
        self.systems.iter().position(|it| it.root == id)
    }

    pub(super) fn is_directory(&self, id: Id) -> bool {
        matches!(self.inodes[id].what, What::Directory(_))
    }

    pub(super) fn entries(&self, id: Id) -> &[(String, Id)] {
        match &self.inodes[id].what {
            What::Directory(entries) => entries,
            What::File | What::Link(_) => &[],
        }
    }

    pub(super) fn entry(&self, directory: Id, name: &str) -> Option<Id> {
        self.entries(directory).iter().find(|it| it.0 == name).map(|it| it.1)
    }

    /// A new inode with no name yet; `None` if the file system has no more.
    pub(super) fn add(&mut self, system: usize, what: What) -> Option<Id> {
        let used = |number: u32| {
            let mut all = self.inodes.iter();
            all.any(|it| it.system == system && it.number == number && !it.is_freed)
        };
        let number = (FIRST..).take(INODES_MAX).find(|it| !used(*it))?;
        let n_open = 0;
        let (n_links, searchable, is_freed) = (0, true, false);
        self.inodes.push(Inode { system, number, what, n_links, n_open, searchable, is_freed });
        Some(self.inodes.len() - 1)
    }

    fn entries_of(&mut self, directory: Id) -> Option<&mut Vec<(String, Id)>> {
        match &mut self.inodes[directory].what {
            What::Directory(entries) => Some(entries),
            What::File | What::Link(_) => None,
        }
    }

    /// Enters a name; a directory's own two entries come with it.
    pub(super) fn enter(&mut self, directory: Id, name: &str, id: Id) {
        if let Some(entries) = self.entries_of(directory) {
            entries.push((name.to_owned(), id));
            self.inodes[id].n_links += 1;
        }
        if let Some(entries) = self.entries_of(id)
            && entries.is_empty()
        {
            entries.push((".".to_owned(), id));
            entries.push(("..".to_owned(), directory));
            self.inodes[id].n_links += 1;
            self.inodes[directory].n_links += 1;
        }
    }

    /// Takes a name away; a directory loses its own two entries with it.
    pub(super) fn remove(&mut self, directory: Id, name: &str) {
        let Some(id) = self.entry(directory, name) else { return };
        if let Some(entries) = self.entries_of(directory) {
            entries.retain(|it| it.0 != name);
        }
        self.inodes[id].n_links -= 1;
        if let Some(entries) = self.entries_of(id) {
            entries.clear();
            self.inodes[id].n_links -= 1;
            self.inodes[directory].n_links -= 1;
        }
    }

    /// Gives one name another place; a directory's `..` goes with it.
    pub(super) fn rename(&mut self, (from, old): (Id, &str), (to, new): (Id, &str)) {
        let Some(id) = self.entry(from, old) else { return };
        if let Some(entries) = self.entries_of(from) {
            entries.retain(|it| it.0 != old);
        }
        if let Some(entries) = self.entries_of(to) {
            entries.push((new.to_owned(), id));
        }
        if let Some(entries) = self.entries_of(id) {
            for entry in entries.iter_mut().filter(|it| it.0 == "..") {
                entry.1 = to;
            }
            self.inodes[from].n_links -= 1;
            self.inodes[to].n_links += 1;
        }
    }

    /// Frees an inode that has no name and is not open; whether it did.
    pub(super) fn free_if_unused(&mut self, id: Id) -> bool {
        let inode = &mut self.inodes[id];
        inode.is_freed = inode.n_links == 0 && inode.n_open == 0;
        inode.is_freed
    }

    /// Entries that name an inode, `.` and `..` among them.
    pub(super) fn names(&self, id: Id) -> u32 {
        let all = (0..self.inodes.len()).flat_map(|it| self.entries(it));
        u32::try_from(all.filter(|it| it.1 == id).count()).unwrap_or(u32::MAX)
    }

    /// Whether `id` is `above` or below it.
    pub(super) fn is_below(&self, mut id: Id, above: Id) -> bool {
        loop {
            if id == above {
                return true;
            }
            match self.entry(id, "..") {
                Some(parent) if parent != id => id = parent,
                Some(_) | None => return false,
            }
        }
    }

    /// What an inode is called in sentences: its number, and its file system if it is not the first.
    pub(super) fn called(&self, id: Id) -> String {
        let inode = &self.inodes[id];
        match inode.system {
            0 => format!("inode {}", inode.number),
            at => format!("inode {} of {}", inode.number, self.systems[at].name),
        }
    }
}
