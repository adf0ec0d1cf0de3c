//! What a step with a lock, a queue, an interrupt or the heap did and why.

use super::code::{Object, Spot, Sync, Which};
use super::state::Law;
use super::tell::{listed, object_name};
use super::tell_step::Teller;
use super::wait::Wait;

impl Teller<'_> {
    fn names(&self, threads: impl Iterator<Item = usize>) -> Vec<&str> {
        threads.map(|it| self.program.threads[it].name.as_str()).collect()
    }

    /// Threads that wait for an object, as a clause with this ending, or else something.
    fn waiters(&self, object: u8, ending: &str, none: &str) -> String {
        let waits = |it: &usize| self.before.waits(self.program, *it) == Some(Wait::Object(object));
        let names = self.names((0..self.program.threads.len()).filter(waits));
        if names.is_empty() { none.to_owned() } else { format!("{} {ending}", listed(&names)) }
    }

    /// The threads that a step has woken.
    fn woken(&self) -> Vec<&str> {
        let woke = |it: &usize| {
            self.before.bed(self.program, *it).is_some_and(|bed| {
                self.after.bed(self.program, *it).is_none_or(|after| after.0 != bed.0)
            })
        };
        self.names((0..self.program.threads.len()).filter(woke))
    }

    pub(super) fn sync(&self, thread: usize, kind: Sync, on: Which) -> (&'static str, String) {
        let (who, name) = (self.name(thread), object_name(self.program, self.before, thread, on));
        let object = self.before.object(self.program, thread, on).unwrap_or(on.base);
        let count = self.before.count(self.program, object);
        match kind {
            Sync::Lock => ("lock", format!("{who} locks {name}, because nobody holds it")),
            Sync::Relock => {
                let say =
                    format!("{who} takes {name} again after its wait, because nobody holds it");
                ("lock", say)
            }
            Sync::ReadLock | Sync::WriteLock => ("lock", self.read_write(thread, kind, object)),
            Sync::TryLock => match self.before.owner(self.program, object) {
                Some(owner) => {
                    let holder = &self.program.threads[owner].name;
                    let say = format!(
                        "{who} does not get {name}, because {holder} holds it, and goes on without"
                    );
                    ("trylock", say)
                }
                None => (
                    "lock",
                    format!("{who} locks {name} at the first try, because nobody holds it"),
                ),
            },
            Sync::Unlock => ("unlock", self.unlock(thread, object)),
            Sync::Wait | Sync::TryWait if 0 < count => {
                let left = count - 1;
                let say = format!(
                    "{who} passes {name}, because its count is {count}, and leaves a count of {left}"
                );
                ("wait", say)
            }
            Sync::Wait | Sync::TryWait => {
                let say = format!(
                    "{who} does not pass {name}, because its count is 0, and goes on without"
                );
                ("trywait", say)
            }
            Sync::Post => {
                let new = self.after.count(self.program, object);
                let next = self.waiters(object, "may pass it", "the next one need not wait");
                ("post", format!("{who} raises {name} to {new}, so that {next}"))
            }
            Sync::CondWait => ("sleep", self.cond_wait(thread, &name)),
            Sync::Signal | Sync::Broadcast => ("signal", self.signal(thread, kind, &name)),
            Sync::Arrive => ("arrive", self.arrive(thread, object)),
        }
    }

    fn read_write(&self, thread: usize, kind: Sync, object: u8) -> String {
        let who = self.name(thread);
        let name = &self.program.objects[usize::from(object)].name;
        let readers = self.before.readers(self.program, object);
        let names =
            self.names((0..self.program.threads.len()).filter(|it| readers & (1 << it) != 0));
        match (kind, names.as_slice()) {
            (Sync::WriteLock, _) => {
                format!("{who} locks {name} for writing, because nobody reads or writes under it")
            }
            (_, []) => format!("{who} locks {name} for reading, because nobody writes under it"),
            (_, others) => format!(
                "{who} locks {name} for reading beside {}, because nobody writes under it",
                listed(others)
            ),
        }
    }

    fn unlock(&self, thread: usize, object: u8) -> String {
        let (program, who) = (self.program, self.name(thread));
        let name = &program.objects[usize::from(object)].name;
        if self.after.broken(program) == Some(Law::UnlockByOwner) {
            let why = match self.before.owner(program, object) {
                Some(owner) => format!("{} holds it", program.threads[owner].name),
                None => "nobody holds it".to_owned(),
            };
            return format!("{who} must not unlock {name}, because {why}");
        }
        match self.woken().as_slice() {
            [] => {
                let next = self.waiters(object, "may lock it", "anybody may lock it");
                format!("{who} unlocks {name}, so that {next}")
            }
            back => format!(
                "{who} unlocks {name}, which goes back to {}, who gave it away with a signal",
                listed(back)
            ),
        }
    }

    fn cond_wait(&self, thread: usize, name: &str) -> String {
        let who = self.name(thread);
        if self.after.broken(self.program) == Some(Law::UnlockByOwner) {
            return format!("{who} must not wait on {name}, because it does not hold the mutex");
        }
        format!("{who} gives the mutex back and sleeps until somebody signals {name}")
    }

    fn signal(&self, thread: usize, kind: Sync, name: &str) -> String {
        let who = self.name(thread);
        let woken = self.woken();
        match woken.as_slice() {
            [] => format!("{who} signals {name}, where nobody waits, so that the signal is lost"),
            names if self.after.bed(self.program, thread).is_some() => format!(
                "{who} signals {name} and hands the mutex to {}, who has waited longest, and \
                 sleeps until it comes back",
                listed(names)
            ),
            names => {
                let all = if kind == Sync::Broadcast { " all who wait there" } else { "" };
                let colon = if all.is_empty() { "" } else { "," };
                let must = if names.len() == 1 { "it needs" } else { "they need" };
                format!(
                    "{who} signals {name} and wakes{all}{colon} {}; {must} the mutex before going on",
                    listed(names)
                )
            }
        }
    }

    fn arrive(&self, thread: usize, object: u8) -> String {
        let (program, who) = (self.program, self.name(thread));
        let Object { name, count, .. } = &program.objects[usize::from(object)];
        match self.after.bed(program, thread) {
            Some(_) => {
                let here = self.after.count(program, object);
                format!(
                    "{who} arrives at {name} as number {here} of {count} and sleeps until all are there"
                )
            }
            None => match self.woken().as_slice() {
                [] => format!("{who} passes {name}, which waits for nobody else"),
                others => format!(
                    "{who} arrives at {name} as the last of {count}, so that {} may go on with it",
                    listed(others)
                ),
            },
        }
    }

    pub(super) fn futex_wait(&self, thread: usize, spot: Spot, value: i32) -> String {
        let (who, name) = (self.name(thread), self.spot(thread, spot));
        let old = self.seen(thread, spot);
        match self.after.bed(self.program, thread) {
            Some(_) => format!(
                "{who} finds that {name} is still {value} and sleeps on it, both in one step of the \
                 kernel"
            ),
            None => format!(
                "{who} does not sleep, because {name} is {old} and not {value}: the kernel looks \
                 again before it puts a thread to sleep"
            ),
        }
    }

    pub(super) fn futex_wake(&self, thread: usize, text: &str) -> String {
        let who = self.name(thread);
        match self.woken().as_slice() {
            [] => format!("{who} calls the kernel with `{text}`, which finds nobody asleep"),
            [one] => {
                format!(
                    "{who} calls the kernel with `{text}`, which wakes {one}, who has slept longest"
                )
            }
            names => format!(
                "{who} calls the kernel with `{text}`, which wakes {} in the order of arrival",
                listed(names)
            ),
        }
    }

    pub(super) fn malloc(&self, thread: usize, to: Option<u8>) -> String {
        let who = self.name(thread);
        let address = to.map_or(0, |it| self.register(thread, it).1);
        match address {
            0 => format!("{who} gets no memory, because all of it is in use, or drops what it got"),
            _ => format!("{who} allocates {address}, the lowest address that is free"),
        }
    }

    pub(super) fn interrupts(&self, thread: usize, on: bool) -> String {
        let who = self.name(thread);
        match on {
            true => format!("{who} enables interrupts on its CPU, so that a handler may run"),
            false => {
                format!("{who} disables interrupts on its CPU, so that no handler comes between")
            }
        }
    }

    pub(super) fn begin(&self, thread: usize) -> String {
        let host = self.program.threads[thread].host.unwrap_or_default();
        let host = &self.program.threads[host].name;
        format!(
            "{} interrupts {host}, because the CPU takes interrupts now; {host} stands still until it ends",
            self.name(thread)
        )
    }
}
