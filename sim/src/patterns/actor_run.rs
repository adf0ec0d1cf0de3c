//! Mailboxes, one message at a time, and what supervisors do when an actor dies.

use super::actor_plan::{Child, Letter, Setup, Strategy};

/// Most steps of a run: actors that send in a circle have no end of their own.
pub(super) const STEPS_MAX: u32 = 1_500;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Message {
    /// Index of its letter.
    pub(super) letter: usize,
    /// When it came into the mailbox.
    pub(super) since: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    Nothing,
    Handles(Message, u64),
    /// Has handled it, and waits for room in the next mailbox.
    Waits(Message),
    Down,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Worker {
    pub(super) doing: Doing,
    pub(super) mailbox: Vec<Message>,
    /// Its private state: how many it has handled since it was started.
    pub(super) count: u64,
    pub(super) handled: u64,
    pub(super) starts: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Watch {
    pub(super) up: bool,
    /// When it has restarted children, as far as it still matters.
    pub(super) restarts: Vec<u64>,
    pub(super) n_restarts: u64,
}

/// What supervisors are still to do, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Task {
    Stop {
        by: usize,
        child: Child,
        returns: bool,
    },
    Start {
        by: usize,
        child: Child,
    },
    /// It has stopped its children, and stops itself.
    Leave(usize),
}

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Did {
    Start,
    /// Came into a mailbox, after this many others.
    Sent {
        letter: usize,
        from: Option<usize>,
        to: usize,
        before: usize,
    },
    /// The mailbox is full, and the sender waits.
    Blocked {
        letter: usize,
        from: Option<usize>,
        to: usize,
    },
    Refused {
        letter: usize,
        from: Option<usize>,
        to: usize,
    },
    /// Nobody is there any more.
    Nobody {
        letter: usize,
        to: usize,
    },
    Take {
        actor: usize,
        message: Message,
    },
    Handled {
        actor: usize,
        letter: usize,
    },
    Crash {
        actor: usize,
        letter: usize,
        count: u64,
        lost: usize,
    },
    Judge {
        supervisor: usize,
        gives_up: bool,
    },
    Stop {
        by: usize,
        child: Child,
        lost: usize,
    },
    Restart {
        by: usize,
        child: Child,
    },
    GaveUp {
        supervisor: usize,
    },
    /// All wait for each other.
    Stuck,
    /// The time that is watched is over.
    Cut,
    Endless,
    End,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct World {
    pub(super) now: u64,
    pub(super) workers: Vec<Worker>,
    pub(super) watches: Vec<Watch>,
    /// Letters that have been sent, or tried.
    n_tried: Vec<bool>,
    /// What each client holds because a mailbox is full.
    pub(super) held: Vec<Option<usize>>,
    plan: Vec<Task>,
    /// A child that has failed and is not judged yet.
    failed: Option<Child>,
    pub(super) done: Vec<usize>,
    pub(super) lost: Vec<usize>,
    pub(super) refused: Vec<usize>,
    pub(super) longest: usize,
    pub(super) wait_max: u64,
    pub(super) gave_up: Option<u64>,
    n_steps: u32,
}

impl World {
    pub(super) fn new(setup: &Setup) -> Self {
        let doing = Doing::Nothing;
        let worker = Worker { doing, mailbox: Vec::new(), count: 0, handled: 0, starts: 1 };
        let watch = Watch { up: true, restarts: Vec::new(), n_restarts: 0 };
        Self {
            now: 0,
            workers: vec![worker; setup.actors.len()],
            watches: vec![watch; setup.supervisors.len()],
            n_tried: vec![false; setup.letters.len()],
            held: vec![None; setup.clients.len()],
            plan: Vec::new(),
            failed: None,
            done: Vec::new(),
            lost: Vec::new(),
            refused: Vec::new(),
            longest: 0,
            wait_max: 0,
            gave_up: None,
            n_steps: 0,
        }
    }

    /// The next step.
    pub(super) fn next(&mut self, setup: &Setup) -> Did {
        self.n_steps += 1;
        if STEPS_MAX <= self.n_steps {
            return Did::Endless;
        }
        loop {
            if let Some(did) = self.now_due(setup) {
                return did;
            }
            if !self.watches[0].up {
                return Did::End;
            }
            let ends = self.workers.iter().filter_map(|it| match it.doing {
                Doing::Handles(_, until) => Some(until),
                _ => None,
            });
            let letters = setup.letters.iter().enumerate();
            let sends = letters.filter(|it| self.may_send(*it)).map(|it| it.1.at);
            match ends.chain(sends).min() {
                Some(at) if setup.until_ms < at => return Did::Cut,
                Some(at) => self.now = at,
                None if self.held.iter().any(Option::is_some)
                    || self.workers.iter().any(|it| matches!(it.doing, Doing::Waits(_))) =>
                {
                    return Did::Stuck;
                }
                None => return Did::End,
            }
        }
    }

    /// Whether a letter is not sent yet and its client has nothing in its hand.
    fn may_send(&self, (at, letter): (usize, &Letter)) -> bool {
        !self.n_tried[at] && self.held[letter.client].is_none()
    }

    /// What happens without time passing.
    fn now_due(&mut self, setup: &Setup) -> Option<Did> {
        if let Some(child) = self.failed.take() {
            return Some(self.judge(setup, child));
        }
        if !self.plan.is_empty() {
            let task = self.plan.remove(0);
            return Some(self.act(setup, task));
        }
        if !self.watches[0].up {
            return None;
        }
        let now = self.now;
        for actor in 0..self.workers.len() {
            match self.workers[actor].doing {
                Doing::Handles(message, until) if until <= now => {
                    return Some(self.handled(setup, actor, message));
                }
                Doing::Waits(message) => {
                    if let Some(did) = setup.actors[actor].to.and_then(|to| {
                        self.room(setup, to)
                            .then(|| self.send(setup, message.letter, Some(actor), to))
                    }) {
                        self.workers[actor].doing = Doing::Nothing;
                        return Some(did);
                    }
                }
                _ => {}
            }
        }
        for client in 0..self.held.len() {
            if let Some(letter) = self.held[client] {
                let to = setup.letters[letter].to;
                if self.room(setup, to) {
                    self.held[client] = None;
                    return Some(self.send(setup, letter, None, to));
                }
            }
        }
        let due = setup.letters.iter().enumerate().find(|it| it.1.at <= now && self.may_send(*it));
        if let Some((letter, it)) = due {
            self.n_tried[letter] = true;
            return Some(self.send(setup, letter, None, it.to));
        }
        let takes = |it: &Worker| it.doing == Doing::Nothing && !it.mailbox.is_empty();
        let actor = self.workers.iter().position(takes)?;
        Some(self.take(setup, actor))
    }

    /// Whether a sender has to wait no longer: there is room, or nobody.
    fn room(&self, setup: &Setup, to: usize) -> bool {
        let it = &self.workers[to];
        it.doing == Doing::Down || setup.room == 0 || it.mailbox.len() < setup.room
    }

    fn send(&mut self, setup: &Setup, letter: usize, from: Option<usize>, to: usize) -> Did {
        if self.workers[to].doing == Doing::Down {
            self.lost.push(letter);
            return Did::Nobody { letter, to };
        }
        if !self.room(setup, to) {
            if !setup.sender_waits {
                self.refused.push(letter);
                return Did::Refused { letter, from, to };
            }
            match from {
                Some(actor) => {
                    let message = Message { letter, since: self.now };
                    self.workers[actor].doing = Doing::Waits(message);
                }
                None => self.held[setup.letters[letter].client] = Some(letter),
            }
            return Did::Blocked { letter, from, to };
        }
        let mailbox = &mut self.workers[to].mailbox;
        let before = mailbox.len();
        mailbox.push(Message { letter, since: self.now });
        self.longest = self.longest.max(mailbox.len());
        Did::Sent { letter, from, to, before }
    }

    fn take(&mut self, setup: &Setup, actor: usize) -> Did {
        let message = self.workers[actor].mailbox.remove(0);
        self.wait_max = self.wait_max.max(self.now - message.since);
        if !setup.letters[message.letter].bad {
            let until = self.now + setup.actors[actor].takes_ms;
            self.workers[actor].doing = Doing::Handles(message, until);
            return Did::Take { actor, message };
        }
        let count = self.workers[actor].count;
        self.lost.push(message.letter);
        let lost = self.goes_down(actor, setup.keeps_mailbox);
        self.failed = Some(Child::Actor(actor));
        Did::Crash { actor, letter: message.letter, count, lost }
    }

    fn handled(&mut self, setup: &Setup, actor: usize, message: Message) -> Did {
        let worker = &mut self.workers[actor];
        worker.count += 1;
        worker.handled += 1;
        worker.doing = Doing::Nothing;
        match setup.actors[actor].to {
            Some(to) => self.send(setup, message.letter, Some(actor), to),
            None => {
                self.done.push(message.letter);
                Did::Handled { actor, letter: message.letter }
            }
        }
    }

    /// An actor ends; how many of its messages are lost.
    fn goes_down(&mut self, actor: usize, keeps_mailbox: bool) -> usize {
        let worker = &mut self.workers[actor];
        let n_before = self.lost.len();
        if let Doing::Handles(message, _) | Doing::Waits(message) = worker.doing {
            self.lost.push(message.letter);
        }
        worker.doing = Doing::Down;
        worker.count = 0;
        if !keeps_mailbox {
            self.lost.extend(worker.mailbox.drain(..).map(|it| it.letter));
        }
        self.lost.len() - n_before
    }

    fn judge(&mut self, setup: &Setup, child: Child) -> Did {
        let by = parent(setup, child);
        let supervisor = &setup.supervisors[by];
        let (now, watch) = (self.now, &mut self.watches[by]);
        watch.restarts.retain(|it| now <= it + supervisor.period_ms);
        watch.restarts.push(now);
        let gives_up = supervisor.intensity < watch.restarts.len() as u64;
        let place = supervisor.children.iter().position(|it| *it == child).unwrap_or(0);
        if gives_up {
            self.gave_up.get_or_insert(now);
            for &child in supervisor.children.iter().rev() {
                self.plan_stop(setup, by, child, false);
            }
            self.plan.push(Task::Leave(by));
        } else {
            watch.n_restarts += 1;
            let all = &supervisor.children;
            let again = match supervisor.strategy {
                Strategy::OneForOne => &all[place..=place],
                Strategy::RestForOne => &all[place..],
                Strategy::OneForAll => &all[..],
            };
            for &other in again.iter().rev() {
                self.plan_stop(setup, by, other, true);
            }
            for &it in again {
                self.plan_start(setup, by, it);
            }
        }
        Did::Judge { supervisor: by, gives_up }
    }

    fn plan_stop(&mut self, setup: &Setup, by: usize, child: Child, returns: bool) {
        if self.is_up(child) {
            if let Child::Supervisor(at) = child {
                for &inner in setup.supervisors[at].children.iter().rev() {
                    self.plan_stop(setup, at, inner, false);
                }
            }
            self.plan.push(Task::Stop { by, child, returns });
        }
    }

    fn plan_start(&mut self, setup: &Setup, by: usize, child: Child) {
        self.plan.push(Task::Start { by, child });
        if let Child::Supervisor(at) = child {
            for &inner in &setup.supervisors[at].children {
                self.plan_start(setup, at, inner);
            }
        }
    }

    pub(super) fn is_up(&self, child: Child) -> bool {
        match child {
            Child::Actor(at) => self.workers[at].doing != Doing::Down,
            Child::Supervisor(at) => self.watches[at].up,
        }
    }

    fn act(&mut self, setup: &Setup, task: Task) -> Did {
        match task {
            Task::Stop { by, child, returns } => {
                let lost = match child {
                    Child::Actor(at) => self.goes_down(at, returns && setup.keeps_mailbox),
                    Child::Supervisor(at) => {
                        self.watches[at].up = false;
                        0
                    }
                };
                Did::Stop { by, child, lost }
            }
            Task::Start { by, child } => {
                match child {
                    Child::Actor(at) => {
                        self.workers[at].doing = Doing::Nothing;
                        self.workers[at].starts += 1;
                    }
                    Child::Supervisor(at) => {
                        self.watches[at].up = true;
                        self.watches[at].restarts.clear();
                    }
                }
                Did::Restart { by, child }
            }
            Task::Leave(supervisor) => {
                self.watches[supervisor].up = false;
                // The mailbox of the one that failed ends with its supervisor.
                for at in 0..self.workers.len() {
                    if self.workers[at].doing == Doing::Down {
                        let letters = self.workers[at].mailbox.drain(..).map(|it| it.letter);
                        self.lost.extend(letters);
                    }
                }
                if setup.supervisors[supervisor].parent.is_some() {
                    self.failed = Some(Child::Supervisor(supervisor));
                }
                Did::GaveUp { supervisor }
            }
        }
    }
}

/// Who watches a child.
fn parent(setup: &Setup, child: Child) -> usize {
    match child {
        Child::Actor(at) => setup.actors[at].parent,
        Child::Supervisor(at) => setup.supervisors[at].parent.unwrap_or(0),
    }
}
