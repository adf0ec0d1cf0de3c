//! What the kernel keeps in memory: names that were looked up, inodes, and blocks of directories.

use super::tree::Id;
use std::collections::BTreeSet;

/// A name in a directory, and what it led to; `None` if there is no such name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dentry {
    pub(super) directory: Id,
    pub(super) name: String,
    pub(super) leads_to: Option<Id>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Cache {
    pub(super) dentries: Vec<Dentry>,
    pub(super) inodes: BTreeSet<Id>,
    pub(super) blocks: BTreeSet<Id>,
}

impl Cache {
    pub(super) fn find(&self, directory: Id, name: &str) -> Option<&Dentry> {
        self.dentries.iter().find(|it| it.directory == directory && it.name == name)
    }

    /// Keeps a name; what was kept under it before is forgotten.
    pub(super) fn keep(&mut self, directory: Id, name: &str, leads_to: Option<Id>) {
        self.forget(directory, name);
        self.dentries.push(Dentry { directory, name: name.to_owned(), leads_to });
    }

    pub(super) fn forget(&mut self, directory: Id, name: &str) {
        self.dentries.retain(|it| it.directory != directory || it.name != name);
    }

    /// Forgets an inode that is gone, and the names in it.
    pub(super) fn gone(&mut self, id: Id) {
        self.dentries.retain(|it| it.directory != id && it.leads_to != Some(id));
        self.inodes.remove(&id);
        self.blocks.remove(&id);
    }
}
