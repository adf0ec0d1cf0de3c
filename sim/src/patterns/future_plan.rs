//! An expression of futures: read, and worked out once and for all.

use crate::error::ScenarioError;
use crate::text::{Cursor, Dialect, Faults, Word};
use serde::Deserialize;

const DIALECT: Dialect = Dialect { symbols: &["(", ")", ","], quotes: false };

/// Deepest nesting, and most parts.
const DEPTH_MAX: u32 = 8;
const NODES_MAX: usize = 40;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Ends {
    Succeeds,
    Fails,
    Never,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Task {
    pub(super) name: String,
    pub(super) takes_ms: u64,
    pub(super) ends: Ends,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Task(usize),
    Map,
    Then,
    All,
    Settled,
    Race,
    Any,
    Timeout(u64),
}

/// A part of the expression. Children come before their parent, so the last one is the whole.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) children: Vec<usize>,
    pub(super) text: String,
    pub(super) start: Option<u64>,
    /// When it is settled, and whether with a value.
    pub(super) settled: Option<(u64, bool)>,
    pub(super) value: String,
    /// When the first part around it is settled: from then on nobody waits for it.
    pub(super) unwanted: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Settles,
    Cancelled,
    Starts,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) at: u64,
    pub(super) what: What,
    pub(super) node: usize,
}

#[derive(Debug)]
pub(super) struct Plan {
    pub(super) nodes: Vec<Node>,
    pub(super) events: Vec<Event>,
    pub(super) cancels: bool,
}

impl Plan {
    pub(super) fn new(text: &str, tasks: &[Task], cancels: bool) -> Result<Self, ScenarioError> {
        let mut faults = Faults::at("/expression");
        let cursor = Cursor::new(text, DIALECT, &mut faults);
        let mut reader =
            Reader { cursor, tasks, nodes: Vec::new(), used: vec![false; tasks.len()], depth: 0 };
        let whole = reader.expr();
        if whole.is_some() && reader.cursor.peek() != Word::End {
            reader.cursor.wrong::<()>("the end of the expression");
        }
        let nodes = std::mem::take(&mut reader.nodes);
        if !faults.is_empty() {
            return Err(faults.into_error());
        }
        let mut plan = Self { nodes, events: Vec::new(), cancels };
        let root = plan.nodes.len() - 1;
        plan.settle(root, 0, tasks);
        plan.forget(root, None);
        plan.collect();
        Ok(plan)
    }

    pub(super) fn root(&self) -> &Node {
        &self.nodes[self.nodes.len() - 1]
    }

    /// When a part is settled that starts at `start`, and how.
    fn settle(&mut self, at: usize, start: u64, tasks: &[Task]) -> Option<(u64, bool)> {
        self.nodes[at].start = Some(start);
        let children = self.nodes[at].children.clone();
        let kind = self.nodes[at].kind;
        let mut ends: Vec<Option<(u64, bool)>> = Vec::new();
        if kind != Kind::Then {
            ends = children.iter().map(|&it| self.settle(it, start, tasks)).collect();
        }
        let value = |it: &usize| self.nodes[*it].value.clone();
        let first = |fits: &dyn Fn(bool) -> bool| {
            let done = ends.iter().enumerate().filter_map(|(at, end)| Some((end.as_ref()?.0, at)));
            let done = done.filter(|it| ends[it.1].is_some_and(|end| fits(end.1)));
            done.min().map(|it| it.1)
        };
        let last = || {
            ends.iter()
                .map(|it| it.map(|it| it.0))
                .collect::<Option<Vec<u64>>>()
                .map(|it| it.into_iter().max().unwrap_or(start))
        };
        let (settled, text) = match kind {
            Kind::Task(task) => {
                let Task { name, takes_ms, ends } = &tasks[task];
                let end =
                    (*ends != Ends::Never).then_some((start + takes_ms, *ends == Ends::Succeeds));
                let value = name.to_lowercase();
                (end, if *ends == Ends::Fails { format!("error of {name}") } else { value })
            }
            Kind::Map => {
                let ok = ends[0].is_some_and(|it| it.1);
                let value = value(&children[0]);
                (ends[0], if ok { format!("f({value})") } else { value })
            }
            Kind::Then => match self.settle(children[0], start, tasks) {
                Some((at, true)) => {
                    let end = self.settle(children[1], at, tasks);
                    (end, self.nodes[children[1]].value.clone())
                }
                end => (end, self.nodes[children[0]].value.clone()),
            },
            Kind::All => match first(&|ok| !ok) {
                Some(failed) => (ends[failed], value(&children[failed])),
                None => {
                    let values: Vec<String> = children.iter().map(value).collect();
                    (last().map(|it| (it, true)), format!("[{}]", values.join(", ")))
                }
            },
            Kind::Settled => {
                let values: Vec<String> = children.iter().map(value).collect();
                (last().map(|it| (it, true)), format!("[{}]", values.join(", ")))
            }
            Kind::Race => match first(&|_| true) {
                Some(winner) => (ends[winner], value(&children[winner])),
                None => (None, String::new()),
            },
            Kind::Any => match first(&|ok| ok) {
                Some(winner) => (ends[winner], value(&children[winner])),
                None => (last().map(|it| (it, false)), "all have failed".to_owned()),
            },
            Kind::Timeout(ms) => match ends[0].filter(|it| it.0 <= start + ms) {
                Some(end) => (Some(end), value(&children[0])),
                None => (Some((start + ms, false)), "time-out".to_owned()),
            },
        };
        self.nodes[at].settled = settled;
        self.nodes[at].value = text;
        settled
    }

    /// Notes from when on nobody waits for a part.
    fn forget(&mut self, at: usize, around: Option<u64>) {
        let own = self.nodes[at].settled.map(|it| it.0);
        self.nodes[at].unwanted = around;
        let inside = [around, own].into_iter().flatten().min();
        for child in self.nodes[at].children.clone() {
            self.forget(child, inside);
        }
    }

    /// When a part is stopped, if it is.
    pub(super) fn cancelled(&self, at: usize) -> Option<u64> {
        let node = &self.nodes[at];
        let when = node.unwanted.filter(|_| self.cancels)?;
        let runs = node.start.is_some_and(|it| it < when);
        let ended = node.settled.is_some_and(|it| it.0 <= when);
        (runs && !ended).then_some(when)
    }

    fn collect(&mut self) {
        let mut events = Vec::new();
        for (node, it) in self.nodes.iter().enumerate() {
            let stop = self.unwanted_from(node);
            if let (Kind::Task(_), Some(at)) =
                (it.kind, it.start.filter(|&it| it == 0 || it < stop))
            {
                events.push(Event { at, what: What::Starts, node });
            }
            if let Some((at, _)) = it.settled.filter(|it| it.0 <= stop) {
                events.push(Event { at, what: What::Settles, node });
            }
            if let (Kind::Task(_), Some(at)) = (it.kind, self.cancelled(node)) {
                events.push(Event { at, what: What::Cancelled, node });
            }
        }
        let rank = |it: &Event| match it.what {
            What::Settles => 0_u8,
            What::Cancelled => 1,
            What::Starts => 2,
        };
        crate::order::by_key(&mut events, |it| (it.at, rank(it), it.node));
        self.events = events;
    }

    /// From when on a part is not heard of any more.
    fn unwanted_from(&self, node: usize) -> u64 {
        self.nodes[node].unwanted.filter(|_| self.cancels).unwrap_or(u64::MAX)
    }

    /// Time that tasks went on for when nobody waited for them; those without an end count to the
    /// end of everything else.
    pub(super) fn wasted(&self) -> u64 {
        let end = self.events.last().map_or(0, |it| it.at);
        let one = |node: &Node| {
            let (Kind::Task(_), Some(start), Some(unwanted)) =
                (node.kind, node.start, node.unwanted)
            else {
                return 0;
            };
            let until = node.settled.map_or(end, |it| it.0);
            until.saturating_sub(unwanted.max(start))
        };
        if self.cancels { 0 } else { self.nodes.iter().map(one).sum() }
    }
}

struct Reader<'a, 'f> {
    cursor: Cursor<'a, 'f>,
    tasks: &'a [Task],
    nodes: Vec<Node>,
    used: Vec<bool>,
    depth: u32,
}

impl Reader<'_, '_> {
    fn expr(&mut self) -> Option<usize> {
        let place = self.cursor.place();
        if DEPTH_MAX <= self.depth || NODES_MAX <= self.nodes.len() {
            let why = format!("more than {DEPTH_MAX} levels or {NODES_MAX} parts");
            self.cursor.faults.add(place, why);
            return None;
        }
        let from = self.cursor.next;
        let Word::Name(name) = self.cursor.peek() else {
            return self.cursor.wrong("a task or a combinator");
        };
        if let Some(task) = self.tasks.iter().position(|it| it.name == name) {
            self.cursor.skip();
            if std::mem::replace(&mut self.used[task], true) {
                self.cursor.faults.add(place, format!("`{name}` is used twice"));
            }
            return Some(self.node(Kind::Task(task), Vec::new(), from));
        }
        let (kind, least, most) = match name {
            "map" => (Kind::Map, 1, 1),
            "then" => (Kind::Then, 2, 2),
            "all" => (Kind::All, 0, 12),
            "settled" => (Kind::Settled, 0, 12),
            "race" => (Kind::Race, 0, 12),
            "any" => (Kind::Any, 0, 12),
            "timeout" => (Kind::Timeout(0), 1, 1),
            _ => {
                return self.cursor.wrong(
                    "a task, or `map`, `then`, `all`, `settled`, `race`, `any` or `timeout`",
                );
            }
        };
        self.cursor.skip();
        self.cursor.expect("(")?;
        self.depth += 1;
        let read = self.arguments(kind, least, most);
        self.depth -= 1;
        let (kind, children) = read?;
        Some(self.node(kind, children, from))
    }

    fn arguments(&mut self, kind: Kind, least: usize, most: usize) -> Option<(Kind, Vec<usize>)> {
        let mut children = Vec::new();
        while self.cursor.peek() != Word::Symbol(")") {
            if children.len() == most {
                break;
            }
            children.push(self.expr()?);
            if !self.cursor.take(",") {
                break;
            }
        }
        let mut kind = kind;
        if let Kind::Timeout(_) = kind {
            let Word::Number(ms) = self.cursor.peek() else {
                return self.cursor.wrong("a number of ms");
            };
            self.cursor.skip();
            kind = Kind::Timeout(u64::try_from(ms).unwrap_or(0).min(1_000_000));
        }
        if children.len() < least {
            return self.cursor.wrong("another argument");
        }
        self.cursor.expect(")")?;
        Some((kind, children))
    }

    fn node(&mut self, kind: Kind, children: Vec<usize>, from: usize) -> usize {
        let text = self.cursor.said(from, self.cursor.next);
        let (value, settled) = (String::new(), None);
        self.nodes.push(Node { kind, children, text, start: None, settled, value, unwanted: None });
        self.nodes.len() - 1
    }
}
