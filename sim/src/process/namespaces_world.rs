//! Processes and their namespaces: what each of them sees, and what it may change.

use super::namespaces_script::{
    Act, CGROUP, IPC, KINDS, MNT, NET, Op, PID, TIME, USER, UTS, Which,
};
use crate::engine::{Log, Shot};
use crate::error::ScenarioError;
use crate::words::list;

/// One namespace of any kind.
#[derive(Debug, Clone)]
pub(super) struct Space {
    pub(super) kind: usize,
    /// Number among those of its kind, from 1.
    pub(super) number: usize,
    /// The one it was made in; itself for the first.
    parent: usize,
    /// The user namespace that it belongs to: who is root there may change it.
    owner: usize,
    /// Host name, or the group that is shown as the root.
    pub(super) name: String,
    /// Mounts or queues.
    pub(super) things: Vec<String>,
    pub(super) ports: Vec<u64>,
    /// Seconds added to the clocks.
    pub(super) offset: u64,
    /// Number of the next process, in a PID namespace.
    next: u64,
    /// User outside that is root inside.
    pub(super) root_is: u64,
}

/// One process.
#[derive(Debug, Clone)]
pub(super) struct Process {
    /// Its namespaces, by kind.
    pub(super) spaces: [usize; 8],
    /// Those that its children will be in, where they are others.
    for_children: [usize; 8],
    /// Its number in each PID namespace that sees it.
    pub(super) numbers: Vec<(usize, u64)>,
    /// Its user, as the first user namespace counts.
    pub(super) user: u64,
}

/// Everything that changes.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(super) spaces: Vec<Space>,
    pub(super) processes: Vec<Process>,
    pub(super) n_done: usize,
    /// The process that acted.
    pub(super) focus: usize,
    pub(super) n_refused: u64,
}

/// A process by its name.
pub(super) fn name(process: usize) -> String {
    format!("P{}", process + 1)
}

impl State {
    pub(super) fn new(user: u64) -> Self {
        let space = |kind: usize| Space {
            kind,
            number: 1,
            parent: kind,
            owner: USER,
            name: match kind {
                UTS => "host".to_owned(),
                CGROUP => "/".to_owned(),
                _ => String::new(),
            },
            things: if kind == MNT { vec!["/".to_owned()] } else { Vec::new() },
            ports: Vec::new(),
            offset: 0,
            next: 701,
            root_is: 0,
        };
        let spaces = (0..KINDS.len()).map(space).collect();
        let all = [MNT, UTS, IPC, PID, NET, USER, CGROUP, TIME];
        let first = Process { spaces: all, for_children: all, numbers: vec![(PID, 700)], user };
        Self { spaces, processes: vec![first], n_done: 0, focus: 0, n_refused: 0 }
    }

    /// The namespace of a process, of one kind.
    pub(super) fn of(&self, process: usize, kind: usize) -> &Space {
        &self.spaces[self.processes[process].spaces[kind]]
    }

    /// The number that a process has where another one looks from.
    pub(super) fn number(&self, process: usize, from: usize) -> Option<u64> {
        let seen_from = self.processes[from].spaces[PID];
        let numbers = &self.processes[process].numbers;
        numbers.iter().find(|it| it.0 == seen_from).map(|it| it.1)
    }

    /// Whether a process may do what root may, to what belongs to a user namespace.
    fn capable(&self, process: usize, owner: usize) -> bool {
        let it = &self.processes[process];
        let own = it.spaces[USER];
        if own == USER && it.user != 0 {
            return false;
        }
        // Power reaches into the namespaces below, and never upwards.
        let mut at = owner;
        loop {
            if at == own {
                return true;
            }
            let above = self.spaces[at].parent;
            if above == at {
                return false;
            }
            at = above;
        }
    }

    /// Makes namespaces for a process; the user namespace first, because it owns the others.
    fn make(&mut self, process: usize, which: Which) -> Result<[usize; 8], String> {
        let mut spaces = self.processes[process].for_children;
        let others = (0..8).any(|kind| which[kind] && kind != USER);
        let mut owner = self.processes[process].spaces[USER];
        if others && !which[USER] && !self.capable(process, owner) {
            return Err(
                "an ordinary user may make a user namespace, and others only together with \
                        one"
                .to_owned(),
            );
        }
        for kind in std::iter::once(USER).chain((0..8).filter(|it| *it != USER)) {
            if !which[kind] {
                continue;
            }
            let at = self.spaces.len();
            let parent = spaces[kind];
            let mut space = self.spaces[parent].clone();
            space.number = 1 + self.spaces.iter().filter(|it| it.kind == kind).count();
            space.parent = parent;
            space.owner = owner;
            space.next = 1;
            match kind {
                IPC => space.things.clear(),
                NET => space.ports.clear(),
                USER => {
                    space.root_is = self.processes[process].user;
                    owner = at;
                }
                _ => {}
            }
            self.spaces.push(space);
            spaces[kind] = at;
        }
        Ok(spaces)
    }

    fn add_process(&mut self, parent: usize, spaces: [usize; 8]) -> usize {
        let mut numbers = Vec::new();
        let mut at = spaces[PID];
        loop {
            let number = self.spaces[at].next;
            self.spaces[at].next += 1;
            numbers.push((at, number));
            let above = self.spaces[at].parent;
            if above == at {
                break;
            }
            at = above;
        }
        let user = self.processes[parent].user;
        self.processes.push(Process { spaces, for_children: spaces, numbers, user });
        self.processes.len() - 1
    }
}

/// What a statement came to: tag, sentence, and where there is one a question and whether the
/// answer is yes.
type Outcome = (&'static str, String, Option<(String, bool)>);

/// Runs a script.
pub(super) fn run(
    state: &mut State,
    ops: &[Op],
    log: &mut Log<State>,
) -> Result<(), ScenarioError> {
    log.step(0, "start", || {
        let say = "P1 lives in the first namespace of each of the eight kinds, as everybody does on a \
                   system without containers.";
        Shot::new(say.to_owned(), state.clone())
    })?;
    for (time, op) in (1..).zip(ops) {
        let process = usize::from(op.process);
        state.n_done += 1;
        state.focus = process;
        let (tag, say, ask) = act(state, process, &op.act);
        state.n_refused += u64::from(tag == "refused");
        log.step(time, tag, || {
            let shot = Shot::new(say, state.clone());
            match ask {
                Some((question, yes)) => {
                    let options = vec!["yes".to_owned(), "no".to_owned()];
                    shot.ask(&question, options, usize::from(!yes))
                }
                None => shot,
            }
        })?;
    }
    Ok(())
}

fn act(state: &mut State, process: usize, act: &Act) -> Outcome {
    let who = name(process);
    match act {
        Act::Clone(which) => clone(state, process, *which),
        Act::Unshare(which) => unshare(state, process, *which),
        Act::Hostname(host) => {
            let what = format!("its host is called {host}");
            change(state, process, (UTS, "set the host name"), &what, |it| it.name.clone_from(host))
        }
        Act::Mount(path) => {
            let what = format!("{path} is in its file tree");
            change(state, process, (MNT, "mount"), &what, |it| it.things.push(path.clone()))
        }
        Act::Queue(queue) => {
            let space = state.processes[process].spaces[IPC];
            let there = state.spaces[space].things.contains(queue);
            let say = if there {
                format!(
                    "{who} opens the queue {queue}, which is there already, because both are in \
                         the same IPC namespace."
                )
            } else {
                state.spaces[space].things.push(queue.clone());
                format!("{who} creates the queue {queue}: only its IPC namespace sees it.")
            };
            ("queue", say, Some((format!("Is there a queue {queue} already, for {who}?"), there)))
        }
        Act::Listen(port) => listen(state, process, *port),
        Act::Offset(seconds) => offset(state, process, *seconds),
        Act::Kill(other) => kill(state, process, usize::from(*other)),
        Act::Look => {
            let seen: Vec<String> = (0..state.processes.len())
                .filter_map(|it| Some(format!("{} as {}", name(it), state.number(it, process)?)))
                .collect();
            let say = format!(
                "{who} looks around and sees {}, and nobody else, because one can only look \
                 downwards.",
                list(&seen)
            );
            ("look", say, None)
        }
    }
}

fn named(which: Which) -> String {
    let names: Vec<&str> = (0..8).filter(|&it| which[it]).map(|it| KINDS[it].0).collect();
    match names.as_slice() {
        [one] => format!("a new {one} namespace"),
        all => format!("new {} namespaces", list(all)),
    }
}

fn clone(state: &mut State, process: usize, which: Which) -> Outcome {
    let who = name(process);
    let (child, tag, how) = match state.make(process, which) {
        Ok(spaces) => (state.add_process(process, spaces), "clone", None),
        Err(why) => {
            // The script goes on with a child all the same, so that names stay what they are.
            let spaces = state.processes[process].for_children;
            (state.add_process(process, spaces), "refused", Some(why))
        }
    };
    let it = name(child);
    let inside = state.number(child, child).unwrap_or_default();
    let outside = state.number(child, process);
    let numbers = match outside {
        Some(outside) if outside != inside => {
            format!("{it} has the number {inside} in its own PID namespace and {outside} for {who}")
        }
        Some(_) | None => format!("{it} has the number {inside}"),
    };
    let say = match (how, which == Which::default()) {
        (Some(why), _) => format!(
            "{who} is refused new namespaces with EPERM, because {why}; it forks {it} without them."
        ),
        (None, true) => format!("{who} forks {it}, which shares all namespaces; {numbers}."),
        (None, false) => format!("{who} creates {it} with {}; {numbers}.", named(which)),
    };
    let question = format!("Is {it} the first process, number 1, where it lives?");
    (tag, say, which[PID].then_some((question, inside == 1)))
}

fn unshare(state: &mut State, process: usize, which: Which) -> Outcome {
    let who = name(process);
    match state.make(process, which) {
        Err(why) => {
            let say = format!("{who} is refused new namespaces with EPERM, because {why}.");
            ("refused", say, None)
        }
        Ok(spaces) => {
            let it = &mut state.processes[process];
            for kind in (0..8).filter(|&it| which[it]) {
                it.for_children[kind] = spaces[kind];
                if !matches!(kind, PID | TIME) {
                    it.spaces[kind] = spaces[kind];
                }
            }
            let later = which[PID] || which[TIME];
            let rest = match later {
                true => {
                    "; a new PID or time namespace is for its children, because its own number and \
                     clock do not change under it"
                }
                false => "",
            };
            ("unshare", format!("{who} moves into {}{rest}.", named(which)), None)
        }
    }
}

/// Changes a namespace, if the process is root where the namespace belongs to.
fn change(
    state: &mut State,
    process: usize,
    (kind, verb): (usize, &str),
    what: &str,
    edit: impl FnOnce(&mut Space),
) -> Outcome {
    let at = state.processes[process].spaces[kind];
    let may = state.capable(process, state.spaces[at].owner);
    let who = name(process);
    let question = format!("May {who} {verb}?");
    if !may {
        let say = format!(
            "{who} may not {verb}: its {} namespace belongs to a user namespace in which it is not \
             root.",
            KINDS[kind].0
        );
        return ("refused", say, Some((question, false)));
    }
    edit(&mut state.spaces[at]);
    let others: Vec<String> = (0..state.processes.len())
        .filter(|&it| it != process && state.processes[it].spaces[kind] == at)
        .map(name)
        .collect();
    let also = match others.as_slice() {
        [] => "nobody else sees that".to_owned(),
        names => format!("{} the same, in the same namespace", sees(names)),
    };
    ("change", format!("For {who} {what} now; {also}."), Some((question, true)))
}

fn sees(names: &[String]) -> String {
    format!("{} {}", list(names), if names.len() == 1 { "sees" } else { "see" })
}

fn listen(state: &mut State, process: usize, port: u64) -> Outcome {
    let who = name(process);
    let at = state.processes[process].spaces[NET];
    let question = format!("Does {who} get port {port}?");
    if port < 1_024 && !state.capable(process, state.spaces[at].owner) {
        let say = format!(
            "{who} does not get port {port}: ports below 1,024 are for root of the user namespace \
             that the net namespace belongs to."
        );
        return ("refused", say, Some((question, false)));
    }
    if state.spaces[at].ports.contains(&port) {
        let say = format!(
            "{who} does not get port {port}: somebody in the same net namespace has it (EADDRINUSE)."
        );
        return ("refused", say, Some((question, false)));
    }
    state.spaces[at].ports.push(port);
    let taken = state.spaces.iter().enumerate();
    let elsewhere = taken.filter(|it| it.0 != at).any(|it| it.1.ports.contains(&port));
    let why = match elsewhere {
        true => "although the same port is taken in another net namespace",
        false => "because nobody in its net namespace has it",
    };
    ("change", format!("{who} listens on port {port}, {why}."), Some((question, true)))
}

fn offset(state: &mut State, process: usize, seconds: u64) -> Outcome {
    let who = name(process);
    let it = &state.processes[process];
    let at = it.for_children[TIME];
    if at == it.spaces[TIME] || state.processes.iter().any(|it| it.spaces[TIME] == at) {
        let say = format!(
            "{who} may not set the clocks: that is for a new time namespace in which no process lives \
             yet."
        );
        return ("refused", say, None);
    }
    state.spaces[at].offset = seconds;
    let say = format!(
        "{who} adds {seconds} s to the clocks of its children's time namespace; its own clock is the \
         same as before."
    );
    ("change", say, None)
}

fn kill(state: &State, process: usize, other: usize) -> Outcome {
    let (who, whom) = (name(process), name(other));
    let question = format!("Can {who} name {whom}?");
    match state.number(other, process) {
        Some(number) => {
            let say =
                format!("{who} can send a signal to {whom}, which has the number {number} for it.");
            ("kill", say, Some((question, true)))
        }
        None => {
            let say = format!(
                "{who} cannot send a signal to {whom}, because {whom} has no number in {who}'s PID \
                 namespace (ESRCH)."
            );
            ("refused", say, Some((question, false)))
        }
    }
}
