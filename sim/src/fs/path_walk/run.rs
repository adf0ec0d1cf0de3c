//! The calls: what each changes once its path is walked.

use super::script::{Does, Op};
use super::tree::{Id, SYSTEMS_MAX, What};
use super::walk::{Ends, Found, Runner, State, capital, failed};
use crate::engine::Log;
use crate::error::{Fault, ScenarioError};
use crate::fs::guess;
use crate::words::count;

/// What happens to an inode that loses a name.
const FATES: [&str; 3] =
    ["it is freed", "it stays, because it has another name", "it stays, because it is open"];

/// First descriptor that a file gets; 0 to 2 are the standard streams.
const FIRST_FD: usize = 3;

impl Runner {
    /// Runs what comes before the first step; it must not fail.
    pub(super) fn set_up(&mut self, ops: &[Op], log: &mut Log<State>) -> Result<(), ScenarioError> {
        for op in ops {
            self.begin();
            if let Err(failed) = self.call(&op.does, log)? {
                let why = format!("{} fails with {}: {}", op.text, failed.error, failed.why);
                return Err(ScenarioError::one("/setup", Fault::Conflict(why)));
            }
        }
        self.forget_walk();
        *self.cache() = super::cache::Cache::default();
        self.state.totals = super::walk::Totals::default();
        self.is_quiet = false;
        Ok(())
    }

    /// Runs a statement of the script.
    pub(super) fn statement(
        &mut self,
        at: usize,
        op: &Op,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        self.begin();
        self.state.line = Some(at);
        let Err(failed) = self.call(&op.does, log)? else { return Ok(()) };
        self.state.totals.n_errors += 1;
        let reads = self.reads_now();
        self.state.results.push((failed.error.to_owned(), reads));
        let verb = op.text.split(' ').next().unwrap_or_default();
        let say =
            || format!("The call {verb} fails with {}, because {}.", failed.error, failed.why);
        let ask = || {
            let mut errors = vec!["ENOENT", "EPERM", "EXDEV"];
            if !errors.contains(&failed.error) {
                errors.push(failed.error);
            }
            let answer = 1 + errors.iter().position(|it| *it == failed.error).unwrap_or_default();
            let fails = errors.iter().map(|it| format!("it fails with {it}"));
            let options = ["it succeeds".to_owned()].into_iter().chain(fails).collect();
            Some((format!("How does {} end?", op.text), options, answer))
        };
        self.tell(log, "error", say, ask)
    }

    fn call(&mut self, does: &Does, log: &mut Log<State>) -> Ends<()> {
        match does {
            Does::Make(path) => self.make(path, What::File, log),
            Does::MakeDirectory(path) => {
                self.make(path.trim_end_matches('/'), What::Directory(Vec::new()), log)
            }
            Does::Symlink(target, path) => self.make(path, What::Link(target.clone()), log),
            Does::Link(old, new) => self.link(old, new, log),
            Does::Unlink(path) => self.unlink(path, log),
            Does::RemoveDirectory(path) => self.remove_directory(path, log),
            Does::Rename(old, new) => self.rename(old, new, log),
            Does::Stat(path, follow) => self.stat(path, *follow, log),
            Does::Open(path) => self.open(path, log),
            Does::Close(number) => self.close(*number, log),
            Does::Read(number) => self.read(*number, log),
            Does::Mount(name, path) => self.mount(name, path, log),
            Does::Unmount(path) => self.unmount(path, log),
            Does::Search(path, right) => self.search(path, *right, log),
            Does::Drop => self.drop_caches(log),
        }
    }

    /// Ends a call well: its result stands in the table when its step is shown.
    fn end(
        &mut self,
        log: &mut Log<State>,
        tag: &'static str,
        result: &str,
        say: String,
        ask: Option<(String, Vec<String>, usize)>,
    ) -> Ends<()> {
        if !self.is_quiet {
            let reads = self.reads_now();
            self.state.results.push((result.to_owned(), reads));
        }
        self.tell(log, tag, || say, || ask)?;
        Ok(Ok(()))
    }

    /// Walks to something that must be there.
    fn existing(&mut self, path: &str, follow: bool, log: &mut Log<State>) -> Ends<(Found, Id)> {
        let found = match self.walk(path, follow, log)? {
            Ok(found) => found,
            Err(it) => return Ok(Err(it)),
        };
        match found.id {
            Some(id) => Ok(Ok((found, id))),
            None => failed(
                "ENOENT",
                format!("{} has no name {}", self.called(found.parent), found.name),
            ),
        }
    }

    /// Walks to a name that must not be there yet.
    fn vacant(&mut self, path: &str, log: &mut Log<State>) -> Ends<(Id, String)> {
        let found = match self.walk(path, false, log)? {
            Ok(found) => found,
            Err(it) => return Ok(Err(it)),
        };
        match found.id {
            Some(id) => {
                failed("EEXIST", format!("the name is taken: it leads to {}", self.called(id)))
            }
            None => Ok(Ok((found.parent, found.name))),
        }
    }

    /// Keeps a name and what it leads to, as a call that made it does.
    fn remember(&mut self, directory: Id, name: &str, leads_to: Option<Id>) {
        if !self.keeps {
            return;
        }
        let cache = self.cache();
        cache.keep(directory, name, leads_to);
        cache.inodes.extend(leads_to);
    }

    fn make(&mut self, path: &str, what: What, log: &mut Log<State>) -> Ends<()> {
        let (parent, name) = match self.vacant(path, log)? {
            Ok(it) => it,
            Err(it) => return Ok(Err(it)),
        };
        let system = self.state.world.inodes[parent].system;
        let Some(id) = self.world().add(system, what.clone()) else {
            return failed("ENOSPC", "every inode of the file system is in use");
        };
        self.world().enter(parent, &name, id);
        self.remember(parent, &name, Some(id));
        self.state.here = Some(id);
        self.state.edge = Some((parent, id));
        let (own, directory) = (self.called(id), self.called(parent));
        let (tag, say) = match what {
            What::File => (
                "create",
                format!("The new file is {own}, and {directory} gets the entry {name} for it."),
            ),
            What::Link(target) => (
                "symlinked",
                format!(
                    "The new link is {own}, a file of its own that holds the path {target}; the number of \
                     links of what that leads to does not change."
                ),
            ),
            What::Directory(_) => {
                if self.keeps {
                    self.cache().blocks.insert(id);
                }
                let n = self.state.world.inodes[parent].n_links;
                let say = format!(
                    "The new directory is {own} with 2 links, its name {name} and its own entry . inside; \
                     its entry .. makes {n} links of {directory}."
                );
                ("mkdir", say)
            }
        };
        self.end(log, tag, &own, say, None)
    }

    fn link(&mut self, old: &str, new: &str, log: &mut Log<State>) -> Ends<()> {
        let id = match self.existing(old, false, log)? {
            Ok((_, id)) => id,
            Err(it) => return Ok(Err(it)),
        };
        let (parent, name) = match self.vacant(new, log)? {
            Ok(it) => it,
            Err(it) => return Ok(Err(it)),
        };
        let world = &self.state.world;
        if world.inodes[id].system != world.inodes[parent].system {
            let why = "the name and the inode would be in two file systems, and numbers of inodes mean \
                       something in one only";
            return failed("EXDEV", why);
        }
        if world.is_directory(id) {
            let why = format!(
                "{} is a directory, and two parents would make .. ambiguous",
                self.called(id)
            );
            return failed("EPERM", why);
        }
        self.world().enter(parent, &name, id);
        self.remember(parent, &name, Some(id));
        self.state.here = Some(id);
        self.state.edge = Some((parent, id));
        let n = self.state.world.inodes[id].n_links;
        let own = self.called(id);
        let say = format!(
            "The directory {} gets the entry {name} for {own}, which now has {}; no data is copied.",
            self.called(parent),
            count(n.into(), "links"),
        );
        let (options, answer) = guess::numbers(n.into(), &[u64::from(n) - 1, u64::from(n) + 1]);
        let ask = (format!("How many links has {own} now?"), options, answer);
        self.end(log, "link", &format!("{own}, {}", count(n.into(), "links")), say, Some(ask))
    }

    fn unlink(&mut self, path: &str, log: &mut Log<State>) -> Ends<()> {
        let (found, id) = match self.existing(path, false, log)? {
            Ok(it) => it,
            Err(it) => return Ok(Err(it)),
        };
        if self.state.world.is_directory(id) {
            let why = format!("{} is a directory, for which rmdir is the call", self.called(id));
            return failed("EISDIR", why);
        }
        self.world().remove(found.parent, &found.name);
        self.remember(found.parent, &found.name, None);
        let (fate, say) = self.fate(id, &format!("The entry {} is removed", found.name));
        let question = format!("What becomes of {}?", self.called(id));
        let ask = (question, FATES.map(str::to_owned).to_vec(), fate);
        let result = ["freed", "name removed", "no name, still open"][fate];
        self.end(log, ["free", "unlink", "orphan"][fate], result, say, Some(ask))
    }

    /// Frees an inode that nothing needs any more; which of [`FATES`] it met, in a sentence.
    fn fate(&mut self, id: Id, opening: &str) -> (usize, String) {
        let own = self.called(id);
        let n = self.state.world.inodes[id].n_links;
        let is_freed = self.world().free_if_unused(id);
        if is_freed && self.keeps {
            self.cache().gone(id);
        }
        if is_freed {
            (self.state.here, self.state.edge) = (None, None);
        }
        match (is_freed, n) {
            (true, _) => (
                0,
                format!(
                    "{opening}, and {own} with its blocks is freed, because it has no name and nobody has it open."
                ),
            ),
            (false, 0) => (
                2,
                format!("{opening}; {own} has no name any more, but it stays, because it is open."),
            ),
            (false, n) => (1, format!("{opening}, and {own} stays, because {} left.", left(n))),
        }
    }

    fn remove_directory(&mut self, path: &str, log: &mut Log<State>) -> Ends<()> {
        let (found, id) = match self.existing(path.trim_end_matches('/'), false, log)? {
            Ok(it) => it,
            Err(it) => return Ok(Err(it)),
        };
        let world = &self.state.world;
        if !world.is_directory(id) {
            return failed("ENOTDIR", format!("{} is no directory", self.called(id)));
        }
        if world.rooted_at(id).is_some() {
            return failed(
                "EBUSY",
                format!("{} is the root of a file system in use", self.called(id)),
            );
        }
        if found.name.is_empty() {
            return failed("EINVAL", "the path ends in . or .., which is no name to remove");
        }
        let n = world.entries(id).len();
        if 2 < n {
            let why = format!("{} still holds names beside . and ..", self.called(id));
            return failed("ENOTEMPTY", why);
        }
        self.world().remove(found.parent, &found.name);
        if self.keeps {
            self.cache().gone(id);
        }
        self.remember(found.parent, &found.name, None);
        let n = self.state.world.inodes[found.parent].n_links;
        let opening = format!(
            "The directory loses its name {}, its . and its .., so {} has {}",
            found.name,
            self.called(found.parent),
            count(n.into(), "links")
        );
        let (fate, say) = self.fate(id, &opening);
        self.end(log, "rmdir", ["freed", "", "no name, still open"][fate], say, None)
    }

    fn rename(&mut self, old: &str, new: &str, log: &mut Log<State>) -> Ends<()> {
        let (from, id) = match self.existing(old.trim_end_matches('/'), false, log)? {
            Ok(it) => it,
            Err(it) => return Ok(Err(it)),
        };
        let to = match self.walk(new.trim_end_matches('/'), false, log)? {
            Ok(it) => it,
            Err(it) => return Ok(Err(it)),
        };
        let world = &self.state.world;
        let is_mount = |it: Id| world.rooted_at(it).is_some();
        if from.name.is_empty() || to.name.is_empty() || is_mount(id) || to.id.is_some_and(is_mount)
        {
            return failed("EBUSY", "one of them is in use as a root, or is . or ..");
        }
        if world.inodes[id].system != world.inodes[to.parent].system {
            let why = "the new name would be in another file system; mv copies and deletes then";
            return failed("EXDEV", why);
        }
        if world.is_directory(id) && world.is_below(to.parent, id) {
            return failed("EINVAL", "a directory cannot move into itself");
        }
        if let Some(target) = to.id.filter(|it| *it != id)
            && let Some((error, why)) = self.cannot_replace(id, target)
        {
            return failed(error, why);
        }
        if to.id == Some(id) {
            let say =
                "Both names lead to the same inode already, so rename does nothing.".to_owned();
            return self.end(log, "rename", "nothing to do", say, None);
        }
        let mut say = String::new();
        if let Some(target) = to.id {
            self.world().remove(to.parent, &to.name);
            let (_, told) = self.fate(target, &format!("The old entry {} goes", to.name));
            say = format!(" {told}");
        }
        let (old, new) = ((from.parent, from.name.as_str()), (to.parent, to.name.as_str()));
        self.world().rename(old, new);
        if self.keeps {
            self.cache().forget(from.parent, &from.name);
        }
        self.remember(to.parent, &to.name, Some(id));
        self.state.here = Some(id);
        self.state.edge = Some((to.parent, id));
        let own = self.called(id);
        let say = format!(
            "In one step the entry {} of {} becomes {} of {}; it still leads to {own}, and no data \
             moves.{say}",
            from.name,
            self.called(from.parent),
            to.name,
            self.called(to.parent),
        );
        self.end(log, "rename", &own, say, None)
    }

    /// Why one inode cannot take the name of another.
    fn cannot_replace(&self, id: Id, target: Id) -> Option<(&'static str, String)> {
        let world = &self.state.world;
        match (world.is_directory(id), world.is_directory(target)) {
            (true, false) => {
                Some(("ENOTDIR", "a directory cannot take the name of a file".to_owned()))
            }
            (false, true) => {
                Some(("EISDIR", "a file cannot take the name of a directory".to_owned()))
            }
            (true, true) if 2 < world.entries(target).len() => {
                let why = format!("{}, which has the name now, is not empty", self.called(target));
                Some(("ENOTEMPTY", why))
            }
            (true, true) | (false, false) => None,
        }
    }

    fn stat(&mut self, path: &str, follow: bool, log: &mut Log<State>) -> Ends<()> {
        let id = match self.existing(path, follow, log)? {
            Ok((_, id)) => id,
            Err(it) => return Ok(Err(it)),
        };
        let own = self.called(id);
        let n = self.state.world.inodes[id].n_links;
        let say = format!(
            "The path leads to {own} with {}; {}.",
            count(n.into(), "links"),
            self.reads_said()
        );
        let ask = self.ask_reads();
        self.end(log, "found", &own, say, ask)
    }

    fn open(&mut self, path: &str, log: &mut Log<State>) -> Ends<()> {
        let id = match self.existing(path, true, log)? {
            Ok((_, id)) => id,
            Err(it) => return Ok(Err(it)),
        };
        let world = self.world();
        world.inodes[id].n_open += 1;
        let at = world.open.iter().position(Option::is_none).unwrap_or(world.open.len());
        if at == world.open.len() {
            world.open.push(None);
        }
        world.open[at] = Some(id);
        let number = at + FIRST_FD;
        let say = format!(
            "The file is open as descriptor {number}, which holds on to {} and not to its name; {}.",
            self.called(id),
            self.reads_said()
        );
        let ask = self.ask_reads();
        self.end(log, "open", &format!("descriptor {number}"), say, ask)
    }

    /// The inode behind a descriptor, and its place in the table.
    fn descriptor(&self, number: u64) -> Option<(usize, Id)> {
        let at = usize::try_from(number).ok()?.checked_sub(FIRST_FD)?;
        Some((at, (*self.state.world.open.get(at)?)?))
    }

    fn close(&mut self, number: u64, log: &mut Log<State>) -> Ends<()> {
        let Some((at, id)) = self.descriptor(number) else {
            return failed("EBADF", format!("descriptor {number} is not open"));
        };
        let world = self.world();
        world.open[at] = None;
        world.inodes[id].n_open -= 1;
        let (fate, say) = self.fate(id, &format!("Descriptor {number} is closed"));
        let ask = (
            format!("What becomes of {}?", self.called(id)),
            FATES.map(str::to_owned).to_vec(),
            fate,
        );
        let tag = if fate == 0 { "free" } else { "close" };
        self.end(log, tag, if fate == 0 { "freed" } else { "closed" }, say, Some(ask))
    }

    fn read(&mut self, number: u64, log: &mut Log<State>) -> Ends<()> {
        let Some((_, id)) = self.descriptor(number) else {
            return failed("EBADF", format!("descriptor {number} is not open"));
        };
        if self.state.world.is_directory(id) {
            return failed("EISDIR", "a directory is read by another call, getdents");
        }
        self.state.here = Some(id);
        let own = self.called(id);
        let why = match self.state.world.inodes[id].n_links {
            0 => "though no name leads there any more",
            _ => "and no name is looked at",
        };
        let say = format!("Descriptor {number} leads straight to {own}, {why}, so the read works.");
        self.end(log, "read", &own, say, None)
    }

    fn mount(&mut self, name: &str, path: &str, log: &mut Log<State>) -> Ends<()> {
        let id = match self.existing(path, true, log)? {
            Ok((_, id)) => id,
            Err(it) => return Ok(Err(it)),
        };
        let world = &self.state.world;
        if !world.is_directory(id) {
            return failed("ENOTDIR", format!("{} is no directory", self.called(id)));
        }
        let known = world.systems.iter().position(|it| it.name == name);
        if known == Some(0) || known.is_some_and(|it| world.systems[it].on.is_some()) {
            return failed("EBUSY", format!("the file system {name} is mounted already"));
        }
        if id == world.systems[0].root {
            return failed("EBUSY", "the root of all is in use");
        }
        if known.is_none() && world.systems.len() == SYSTEMS_MAX {
            return failed(
                "ENODEV",
                format!("there are {SYSTEMS_MAX} file systems, and no more here"),
            );
        }
        let system = known.unwrap_or_else(|| self.world().add_system(name));
        self.world().systems[system].on = Some(id);
        let root = self.state.world.systems[system].root;
        if self.keeps {
            self.cache().inodes.insert(root);
        }
        self.state.here = Some(root);
        self.state.edge = Some((id, root));
        let say = format!(
            "The file system {name} is mounted on {}: walks that get there go on in {}, and what was \
             below is hidden.",
            self.called(id),
            self.called(root),
        );
        self.end(log, "mounted", "mounted", say, None)
    }

    fn unmount(&mut self, path: &str, log: &mut Log<State>) -> Ends<()> {
        let id = match self.existing(path, true, log)? {
            Ok((_, id)) => id,
            Err(it) => return Ok(Err(it)),
        };
        let world = &self.state.world;
        let Some(system) = world.rooted_at(id).filter(|it| *it != 0) else {
            return failed(
                "EINVAL",
                format!("{} is not the root of a mounted file system", self.called(id)),
            );
        };
        let of = |it: Id| world.inodes[it].system == system;
        let is_open = world.open.iter().flatten().any(|it| of(*it));
        if is_open || world.systems.iter().filter_map(|it| it.on).any(of) {
            return failed("EBUSY", "something in it is open, or mounted on it");
        }
        let gone: Vec<Id> = (0..world.inodes.len()).filter(|it| of(*it)).collect();
        if self.keeps {
            gone.into_iter().for_each(|it| self.cache().gone(it));
        }
        let name = self.state.world.systems[system].name.clone();
        let on = self.world().systems[system].on.take();
        (self.state.here, self.state.edge) = (on, None);
        let say = format!(
            "The file system {name} is no longer mounted, so what it had hidden can be seen again."
        );
        self.end(log, "mounted", "unmounted", say, None)
    }

    fn search(&mut self, path: &str, right: bool, log: &mut Log<State>) -> Ends<()> {
        let id = match self.existing(path, true, log)? {
            Ok((_, id)) => id,
            Err(it) => return Ok(Err(it)),
        };
        self.world().inodes[id].searchable = right;
        let own = capital(&self.called(id));
        let say = match right {
            true => format!("{own} may be searched again."),
            false => format!("{own} may not be searched any more: no walk goes through it."),
        };
        self.end(log, "chmod", if right { "+x" } else { "-x" }, say, None)
    }

    fn drop_caches(&mut self, log: &mut Log<State>) -> Ends<()> {
        *self.cache() = super::cache::Cache::default();
        let say =
            "The caches are emptied, so the next walk has to read everything again.".to_owned();
        self.end(log, "drop", "empty", say, None)
    }
}

fn left(n: u32) -> String {
    match n {
        1 => "1 link is".to_owned(),
        n => format!("{n} links are"),
    }
}
