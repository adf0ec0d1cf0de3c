//! The queue, who sleeps at it, and what a call does.

use super::script::{Does, Op};
use crate::words::count;

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    /// The number of its call, from 0: also its age.
    pub(super) number: usize,
    pub(super) name: String,
    pub(super) priority: u16,
    pub(super) sender: usize,
}

/// What a process sleeps for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sleep {
    ToReceive,
    /// With the message that it wants to send.
    ToSend(Message),
}

/// Everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct World {
    /// The next one to be received comes first.
    pub(super) queue: Vec<Message>,
    /// Who sleeps, the first to wake first.
    pub(super) asleep: Vec<(usize, Sleep)>,
    /// What each process has received.
    pub(super) got: Vec<Vec<Message>>,
    /// Who wants to be told of a message in an empty queue.
    pub(super) notify: Option<usize>,
    /// Who acts in this step, and who was told.
    pub(super) acting: Option<usize>,
    pub(super) told: Option<usize>,
    n_sent: usize,
    pub(super) totals: Totals,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Totals {
    pub(super) n_received: u32,
    pub(super) n_sleeps: u32,
    pub(super) n_again: u32,
    pub(super) n_told: u32,
    pub(super) n_refused: u32,
    pub(super) queued_max: usize,
}

/// What a step did: tag, sentence, and the message that was received, if one was.
pub(super) struct Told {
    pub(super) tag: &'static str,
    pub(super) say: String,
    pub(super) received: Option<usize>,
}

fn told(tag: &'static str, say: String) -> Told {
    Told { tag, say, received: None }
}

pub(super) fn name(who: usize) -> String {
    format!("P{}", who + 1)
}

impl World {
    pub(super) fn new(n_procs: usize) -> Self {
        Self {
            queue: Vec::new(),
            asleep: Vec::new(),
            got: vec![Vec::new(); n_procs],
            notify: None,
            acting: None,
            told: None,
            n_sent: 0,
            totals: Totals::default(),
        }
    }

    pub(super) fn sleeps(&self, who: usize) -> Option<&Sleep> {
        self.asleep.iter().find(|it| it.0 == who).map(|it| &it.1)
    }

    /// Takes a statement.
    pub(super) fn take(&mut self, op: &Op, capacity: usize, nonblocking: bool) -> Told {
        (self.acting, self.told) = (Some(op.who), None);
        let me = name(op.who);
        if let Some(sleep) = self.sleeps(op.who) {
            let call = if *sleep == Sleep::ToReceive { "mq_receive" } else { "mq_send" };
            self.totals.n_refused += 1;
            let say = format!("{me} cannot call anything, because it still sleeps in {call}.");
            return told("refused", say);
        }
        let answer = match &op.does {
            Does::Send(message, priority) => {
                let (name, sender) = (message.clone(), op.who);
                let message = Message { number: self.n_sent, name, priority: *priority, sender };
                self.n_sent += 1;
                self.send(message, capacity, nonblocking)
            }
            Does::Receive => self.receive(op.who, nonblocking),
            Does::Notify => self.ask_to_be_told(op.who),
        };
        self.totals.queued_max = self.totals.queued_max.max(self.queue.len());
        answer
    }

    /// Puts a message behind those of its priority and before those of lower ones.
    fn insert(&mut self, message: Message) -> usize {
        let place = self.queue.iter().position(|it| it.priority < message.priority);
        let place = place.unwrap_or(self.queue.len());
        self.queue.insert(place, message);
        place
    }

    fn hand(&mut self, who: usize, message: Message) {
        self.totals.n_received += 1;
        self.got[who].push(message);
    }

    fn send(&mut self, message: Message, capacity: usize, nonblocking: bool) -> Told {
        let (me, what) = (name(message.sender), said(&message));
        let receiver = self.asleep.iter().position(|it| it.1 == Sleep::ToReceive);
        if let Some(at) = receiver {
            // Only an empty queue lets receivers sleep.
            let (who, _) = self.asleep.remove(at);
            let him = name(who);
            let notified = match self.notify {
                Some(_) => " Nobody is notified, because a receiver was waiting.",
                None => "",
            };
            let number = message.number;
            self.hand(who, message);
            let say = format!(
                "{me} sends {what}; {him} wakes up and gets it at once, because it has waited \
                 longest.{notified}"
            );
            return Told { received: Some(number), ..told("hand", say) };
        }
        if capacity <= self.queue.len() {
            let full = format!("the queue is full with {}", count(capacity as u64, "messages"));
            if nonblocking {
                self.totals.n_again += 1;
                return told("again", format!("{me} gets EAGAIN for {what}, because {full}."));
            }
            self.totals.n_sleeps += 1;
            let say = format!("{me} sleeps with {what}, because {full}.");
            self.asleep.push((message.sender, Sleep::ToSend(message)));
            return told("sleep", say);
        }
        let was_empty = self.queue.is_empty();
        let priority = message.priority;
        let place = self.insert(message);
        if was_empty && let Some(who) = self.notify.take() {
            self.told = Some(who);
            self.totals.n_told += 1;
            let say = format!(
                "{me} sends {what} into the empty queue, so {} is notified, once: it must ask \
                 again.",
                name(who)
            );
            return told("notify", say);
        }
        let why = match (place, self.queue.len()) {
            (_, 1) => "is next, because the queue was empty".to_owned(),
            (0, _) => format!("overtakes all, because no other has priority {priority}"),
            (place, n) if place + 1 == n => {
                "goes to the end, because no priority is lower".to_owned()
            }
            (place, _) => format!(
                "goes behind {}, because only lower priorities are overtaken",
                count(place as u64, "messages")
            ),
        };
        let tag = if place + 1 < self.queue.len() { "overtake" } else { "send" };
        told(tag, format!("{me} sends {what}, and it {why}."))
    }

    fn receive(&mut self, who: usize, nonblocking: bool) -> Told {
        let me = name(who);
        if self.queue.is_empty() {
            if nonblocking {
                self.totals.n_again += 1;
                return told("again", format!("{me} gets EAGAIN, because the queue is empty."));
            }
            self.totals.n_sleeps += 1;
            self.asleep.push((who, Sleep::ToReceive));
            return told("sleep", format!("{me} sleeps, because the queue is empty."));
        }
        let message = self.queue.remove(0);
        let (what, number) = (said(&message), message.number);
        let same = self.queue.iter().any(|it| it.priority == message.priority);
        let why = match (same, self.queue.is_empty()) {
            (_, true) => "it is the only message",
            (true, _) => "it is the oldest of the highest priority",
            (false, _) => "it has the highest priority",
        };
        self.hand(who, message);
        let mut say = format!("{me} receives {what}, because {why}");
        let sender = self.asleep.iter().position(|it| it.1 != Sleep::ToReceive);
        if let Some(at) = sender {
            let (sender, sleep) = self.asleep.remove(at);
            if let Sleep::ToSend(message) = sleep {
                let what = said(&message);
                self.insert(message);
                say.push_str(&format!(
                    "; {} wakes up, and {what} takes the free place",
                    name(sender)
                ));
            }
        }
        say.push('.');
        Told { received: Some(number), ..told("receive", say) }
    }

    fn ask_to_be_told(&mut self, who: usize) -> Told {
        let me = name(who);
        if let Some(other) = self.notify {
            let other = name(other);
            let say = format!("{me} gets EBUSY from mq_notify, because {other} has asked already.");
            self.totals.n_refused += 1;
            return told("refused", say);
        }
        self.notify = Some(who);
        let when = match self.queue.is_empty() {
            true => "the queue is empty and the next message counts",
            false => "the queue is not empty, and only one that comes into an empty queue counts",
        };
        told("ask", format!("{me} asks to be notified and goes on, because {when}."))
    }
}

fn said(message: &Message) -> String {
    format!("“{}” of priority {}", message.name, message.priority)
}
