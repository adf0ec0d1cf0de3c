//! The flags of `clone`, and which of them go together.

/// A flag: its name without `CLONE_`, its bit, and what it does.
#[derive(Debug)]
pub(super) struct Flag {
    pub(super) name: &'static str,
    pub(super) bits: u64,
    pub(super) does: &'static str,
}

const fn flag(name: &'static str, bits: u64, does: &'static str) -> Flag {
    Flag { name, bits, does }
}

pub(super) const NEWTIME: u64 = 0x80;
pub(super) const VM: u64 = 0x100;
pub(super) const FS: u64 = 0x200;
pub(super) const FILES: u64 = 0x400;
pub(super) const SIGHAND: u64 = 0x800;
pub(super) const VFORK: u64 = 0x4000;
pub(super) const PARENT: u64 = 0x8000;
pub(super) const THREAD: u64 = 0x1_0000;
pub(super) const NEWNS: u64 = 0x2_0000;
pub(super) const SYSVSEM: u64 = 0x4_0000;
pub(super) const SETTLS: u64 = 0x8_0000;
pub(super) const PARENT_SETTID: u64 = 0x10_0000;
pub(super) const CHILD_CLEARTID: u64 = 0x20_0000;
pub(super) const CHILD_SETTID: u64 = 0x100_0000;
pub(super) const NEWCGROUP: u64 = 0x200_0000;
pub(super) const NEWUTS: u64 = 0x400_0000;
pub(super) const NEWIPC: u64 = 0x800_0000;
pub(super) const NEWUSER: u64 = 0x1000_0000;
pub(super) const NEWPID: u64 = 0x2000_0000;
pub(super) const NEWNET: u64 = 0x4000_0000;

/// Every flag of the model, by bit.
pub(super) const FLAGS: [Flag; 20] = [
    flag("NEWTIME", NEWTIME, "new time namespace; only clone3 takes it"),
    flag("VM", VM, "same address space"),
    flag("FS", FS, "same root, current directory and umask"),
    flag("FILES", FILES, "same table of file descriptors"),
    flag("SIGHAND", SIGHAND, "same signal handlers"),
    flag("VFORK", VFORK, "the caller sleeps until exec or the end"),
    flag("PARENT", PARENT, "same parent as the caller"),
    flag("THREAD", THREAD, "same thread group"),
    flag("NEWNS", NEWNS, "new mount namespace"),
    flag("SYSVSEM", SYSVSEM, "same undo list of System V semaphores"),
    flag("SETTLS", SETTLS, "a base for thread-local storage"),
    flag("PARENT_SETTID", PARENT_SETTID, "the TID is stored for the caller"),
    flag("CHILD_CLEARTID", CHILD_CLEARTID, "at its end the TID is cleared and a join is woken"),
    flag("CHILD_SETTID", CHILD_SETTID, "the TID is stored in the new task's memory"),
    flag("NEWCGROUP", NEWCGROUP, "new cgroup namespace"),
    flag("NEWUTS", NEWUTS, "new UTS namespace: host name"),
    flag("NEWIPC", NEWIPC, "new IPC namespace"),
    flag("NEWUSER", NEWUSER, "new user namespace"),
    flag("NEWPID", NEWPID, "new PID namespace"),
    flag("NEWNET", NEWNET, "new network namespace"),
];

/// Sets of flags that have a name.
pub(super) const PRESETS: [(&str, u64); 5] = [
    ("fork", 0),
    ("vfork", VM | VFORK),
    (
        "pthread_create",
        VM | FS | FILES | SIGHAND | THREAD | SYSVSEM | SETTLS | PARENT_SETTID | CHILD_CLEARTID,
    ),
    ("container", NEWNS | NEWUTS | NEWIPC | NEWPID | NEWNET | NEWCGROUP),
    ("clone", 0),
];

/// The namespaces: what the flag is, and what each has for itself.
pub(super) const NAMESPACES: [(u64, &str); 8] = [
    (NEWNS, "mount"),
    (NEWUTS, "UTS"),
    (NEWIPC, "IPC"),
    (NEWPID, "PID"),
    (NEWNET, "network"),
    (NEWUSER, "user"),
    (NEWCGROUP, "cgroup"),
    (NEWTIME, "time"),
];

/// Every namespace flag.
pub(super) const NEW: u64 =
    NEWNS | NEWUTS | NEWIPC | NEWPID | NEWNET | NEWUSER | NEWCGROUP | NEWTIME;

/// Names of the flags that are set, with `CLONE_`.
pub(super) fn names(flags: u64) -> Vec<String> {
    let set = FLAGS.iter().filter(|it| flags & it.bits != 0);
    set.map(|it| format!("CLONE_{}", it.name)).collect()
}

/// Why the kernel refuses a set of flags: the error, and the reason. In the order in which it
/// looks.
pub(super) fn refused(flags: u64, privileged: bool) -> Option<(&'static str, &'static str)> {
    let both = |a: u64, b: u64| flags & a != 0 && flags & b != 0;
    let without = |a: u64, b: u64| flags & a != 0 && flags & b == 0;
    let invalid = |why| Some(("EINVAL", why));
    if both(NEWNS, FS) {
        return invalid(
            "CLONE_NEWNS and CLONE_FS do not go together: a shared current directory cannot lie \
             in two trees of mounts",
        );
    }
    if both(NEWUSER, FS) {
        return invalid(
            "CLONE_NEWUSER and CLONE_FS do not go together: with rights in a new user namespace \
             one could change the root of a process outside",
        );
    }
    if without(THREAD, SIGHAND) {
        return invalid(
            "CLONE_THREAD needs CLONE_SIGHAND: threads of a group have the same handlers",
        );
    }
    if without(SIGHAND, VM) {
        return invalid(
            "CLONE_SIGHAND needs CLONE_VM: handlers are addresses of functions and mean nothing \
             in another address space",
        );
    }
    if flags & THREAD != 0 && flags & (NEWUSER | NEWPID) != 0 {
        return invalid(
            "CLONE_THREAD goes with neither CLONE_NEWPID nor CLONE_NEWUSER: threads of a group \
             have the same numbers and rights",
        );
    }
    if both(NEWIPC, SYSVSEM) {
        return invalid(
            "CLONE_NEWIPC and CLONE_SYSVSEM do not go together: the undo list is about semaphores \
             of the old namespace",
        );
    }
    // A new user namespace brings the right along.
    if flags & NEW & !NEWUSER != 0 && flags & NEWUSER == 0 && !privileged {
        return Some((
            "EPERM",
            "a new namespace needs CAP_SYS_ADMIN, or CLONE_NEWUSER in the same call",
        ));
    }
    None
}
