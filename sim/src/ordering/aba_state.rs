//! The stack, its nodes and the two threads of the ABA machine.

/// Number of threads.
pub(super) const THREADS: usize = 2;
/// Most nodes: four at the start and one for each push.
pub(super) const NODES_MAX: usize = 10;
/// No node, no epoch.
pub(super) const NONE: u8 = u8::MAX;

/// One line of pop or push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    Enter,
    LoadTop,
    Announce,
    Recheck,
    LoadNext,
    SwapOut,
    Clear,
    Retire,
    Leave,
    New,
    LinkTo,
    SwapIn,
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Status {
    /// Never given out.
    Unused,
    OnStack,
    /// A thread's own.
    Owned,
    /// Popped, and not yet freed.
    Retired,
    Freed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Node {
    pub(super) next: u8,
    pub(super) status: Status,
    /// The epoch in which it was retired.
    pub(super) era: u8,
    /// Threads that were inside then and have not left: bit n for number n.
    pub(super) waits_for: u8,
}

impl Node {
    pub(super) const NEW: Self = Self { next: NONE, status: Status::Unused, era: 0, waits_for: 0 };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Thread {
    pub(super) op: u8,
    pub(super) line: u8,
    /// What it saw: the head, its version, and the node below.
    pub(super) top: u8,
    pub(super) tag: u8,
    pub(super) after: u8,
    /// The node that it pushes.
    pub(super) node: u8,
    /// A popped node that it keeps for a later push.
    pub(super) kept: u8,
    pub(super) hazard: u8,
    /// The epoch that it has seen, while it is inside.
    pub(super) inside: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(super) head: u8,
    pub(super) tag: u8,
    pub(super) nodes: [Node; NODES_MAX],
    pub(super) threads: [Thread; THREADS],
    pub(super) epoch: u8,
    /// Nodes that `malloc` may give out again, in the order in which they were freed.
    free: [u8; NODES_MAX],
    n_free: u8,
    /// Whether freed memory was read.
    pub(super) is_wild: bool,
}

/// What can happen next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Step(usize),
    /// The epoch moves on.
    Advance,
}

impl State {
    pub(super) fn new(nodes: [Node; NODES_MAX]) -> Self {
        let thread = Thread {
            op: 0,
            line: 0,
            top: NONE,
            tag: 0,
            after: NONE,
            node: NONE,
            kept: NONE,
            hazard: NONE,
            inside: NONE,
        };
        Self {
            head: 0,
            tag: 0,
            nodes,
            threads: [thread; THREADS],
            epoch: 0,
            free: [NONE; NODES_MAX],
            n_free: 0,
            is_wild: false,
        }
    }

    /// Frees the retired nodes that `may` allows.
    pub(super) fn free_all(&mut self, may: impl Fn(&Node) -> bool) {
        for at in 0..NODES_MAX {
            if self.nodes[at].status == Status::Retired && may(&self.nodes[at]) {
                self.free(at);
            }
        }
    }

    /// Frees the retired nodes that nobody announces.
    pub(super) fn free_unless(&mut self, hazards: &[u8]) {
        for at in 0..NODES_MAX {
            let is_used = hazards.iter().any(|it| usize::from(*it) == at);
            if self.nodes[at].status == Status::Retired && !is_used {
                self.free(at);
            }
        }
    }

    fn free(&mut self, at: usize) {
        // What the node holds stays there, stale.
        let next = self.nodes[at].next;
        self.nodes[at] = Node { next, status: Status::Freed, ..Node::NEW };
        self.free[usize::from(self.n_free)] = u8::try_from(at).unwrap_or(NONE);
        self.n_free += 1;
    }

    /// A freed node, the one that was freed last or first, or one that was never used.
    pub(super) fn malloc(&mut self, first: bool) -> u8 {
        let Some(n_left) = self.n_free.checked_sub(1) else {
            let unused = self.nodes.iter().position(|it| it.status == Status::Unused);
            return unused.and_then(|it| u8::try_from(it).ok()).unwrap_or(0);
        };
        let at = if first { 0 } else { usize::from(n_left) };
        let node = self.free[at];
        self.free[at..=usize::from(n_left)].rotate_left(1);
        self.free[usize::from(n_left)] = NONE;
        self.n_free = n_left;
        node
    }

    /// What hangs on the head, as far as it goes without coming round.
    pub(super) fn chain(&self) -> Vec<u8> {
        let mut chain = Vec::new();
        let mut at = self.head;
        while at != NONE && !chain.contains(&at) {
            chain.push(at);
            at = self.nodes[usize::from(at)].next;
        }
        chain
    }

    /// A node on the stack that is not the stack's.
    pub(super) fn stray(&self) -> Option<u8> {
        let chain = self.chain();
        chain.into_iter().find(|&it| self.nodes[usize::from(it)].status != Status::OnStack)
    }

    pub(super) fn count(&self, status: Status) -> u8 {
        let n = self.nodes.iter().filter(|it| it.status == status).count();
        u8::try_from(n).unwrap_or(u8::MAX)
    }
}
