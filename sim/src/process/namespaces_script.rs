//! The script of namespaces: who is created where, and what processes do to what they see.

use crate::error::{Fault, Problem, ScenarioError};
use crate::lines::{Line, lines};

/// Most statements, and most processes.
const LINES_MAX: usize = 40;
pub(super) const PROCESSES_MAX: u8 = 6;

/// The kinds of namespaces, in the order of the kernel's documentation, with their flags.
pub(super) const KINDS: [(&str, &str); 8] = [
    ("mnt", "CLONE_NEWNS"),
    ("uts", "CLONE_NEWUTS"),
    ("ipc", "CLONE_NEWIPC"),
    ("pid", "CLONE_NEWPID"),
    ("net", "CLONE_NEWNET"),
    ("user", "CLONE_NEWUSER"),
    ("cgroup", "CLONE_NEWCGROUP"),
    ("time", "CLONE_NEWTIME"),
];

/// Places in [`KINDS`].
pub(super) const MNT: usize = 0;
pub(super) const UTS: usize = 1;
pub(super) const IPC: usize = 2;
pub(super) const PID: usize = 3;
pub(super) const NET: usize = 4;
pub(super) const USER: usize = 5;
pub(super) const CGROUP: usize = 6;
pub(super) const TIME: usize = 7;

/// Which kinds: one flag each.
pub(super) type Which = [bool; 8];

/// What a process does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Act {
    Clone(Which),
    Unshare(Which),
    Hostname(String),
    Mount(String),
    Queue(String),
    Listen(u64),
    Offset(u64),
    Kill(u8),
    Look,
}

/// One statement.
#[derive(Debug, Clone)]
pub(super) struct Op {
    pub(super) process: u8,
    pub(super) act: Act,
    pub(super) text: String,
}

const VERBS: &str = "clone, unshare, hostname, mount, queue, listen, offset, kill or look";

/// Reads a script, with every fault at its place.
pub(super) fn read(text: &str) -> Result<Vec<Op>, ScenarioError> {
    let mut problems = Vec::new();
    let mut ops = Vec::new();
    let mut n_processes = 1;
    for mut line in lines(text) {
        if LINES_MAX <= ops.len() + problems.len() {
            problems.push(line.wrong(&format!("a script has at most {LINES_MAX} statements")));
            break;
        }
        match op(&mut line, &mut n_processes) {
            Ok(op) => ops.push(op),
            Err(problem) => problems.push(problem),
        }
    }
    if ops.is_empty() && problems.is_empty() {
        let why = "a script has at least one statement".to_owned();
        problems.push(Problem { at: "/script".to_owned(), fault: Fault::Conflict(why) });
    }
    if problems.is_empty() { Ok(ops) } else { Err(ScenarioError(problems)) }
}

fn op(line: &mut Line<'_>, n_processes: &mut u8) -> Result<Op, Problem> {
    let text = line.text();
    let process = line.process(*n_processes)?;
    let act = match line.word(VERBS)? {
        "clone" if *n_processes == PROCESSES_MAX => {
            return Err(line.wrong(&format!("there are at most {PROCESSES_MAX} processes")));
        }
        "clone" => {
            *n_processes += 1;
            Act::Clone(which(line)?)
        }
        "unshare" => {
            let which = which(line)?;
            if which == Which::default() {
                return Err(line.wrong("unshare needs a kind of namespace, such as net"));
            }
            Act::Unshare(which)
        }
        "hostname" => Act::Hostname(name(line, "a host name")?),
        "mount" => Act::Mount(name(line, "a path, such as /data")?),
        "queue" => Act::Queue(name(line, "the name of a message queue")?),
        "listen" => Act::Listen(line.number_up_to(65_535, "a port")?),
        "offset" => Act::Offset(line.number_up_to(1_000_000, "seconds")?),
        "kill" => Act::Kill(line.process(*n_processes)?),
        "look" => Act::Look,
        _ => return Err(line.wrong(&format!("expected {VERBS}"))),
    };
    line.end()?;
    Ok(Op { process, act, text })
}

fn which(line: &mut Line<'_>) -> Result<Which, Problem> {
    let mut found = Which::default();
    while line.peek().is_some() {
        let word = line.word("a kind of namespace")?;
        match KINDS.iter().position(|it| it.0 == word) {
            Some(at) => found[at] = true,
            None => {
                let why = "expected mnt, uts, ipc, pid, net, user, cgroup or time";
                return Err(line.wrong(why));
            }
        }
    }
    Ok(found)
}

fn name(line: &mut Line<'_>, expected: &str) -> Result<String, Problem> {
    let word = line.word(expected)?;
    let fits = |it: char| it.is_ascii_alphanumeric() || "/._-".contains(it);
    if 16 < word.len() || !word.chars().all(fits) {
        return Err(line.wrong("up to 16 letters, digits, /, ., _ and -"));
    }
    Ok(word.to_owned())
}
