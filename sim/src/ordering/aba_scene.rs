//! The stack drawn: the head, the nodes, and what each thread remembers.

use super::aba::{Remedy, Reuse, Setup};
use super::aba_state::{Act, Line, NONE, Node as Cell, State, Status, THREADS};
use crate::scene::{Code, Edge, Graph, Listing, Mark, Node, Panel, Scene, Stat, Stats, Tone};

/// `A`: a node by its address.
pub(super) fn name(node: u8) -> String {
    match node {
        NONE => "nothing".to_owned(),
        node => char::from(b'A' + node % 26).to_string(),
    }
}

fn who(thread: usize) -> String {
    format!("T{}", thread + 1)
}

/// A line as the listing has it.
fn text(setup: &Setup, line: Line) -> &'static str {
    let versions = setup.remedy == Remedy::Version;
    match line {
        Line::Enter => "enter()",
        Line::LoadTop if versions => "(top, v) = head",
        Line::LoadTop => "top = head",
        Line::Announce => "hazard = top",
        Line::Recheck => "if (head != top) again",
        Line::LoadNext => "after = top->next",
        Line::SwapOut if versions => "cas(head, (top, v), (after, v + 1))",
        Line::SwapOut => "cas(head, top, after)",
        Line::Clear => "hazard = NULL",
        Line::Retire => "retire(top)",
        Line::Leave => "leave()",
        Line::New if setup.again => "node = the one popped first",
        Line::New => "node = malloc()",
        Line::LinkTo => "node->next = top",
        Line::SwapIn if versions => "cas(head, (top, v), (node, v + 1))",
        Line::SwapIn => "cas(head, top, node)",
    }
}

pub(super) fn choice(setup: &Setup, state: &State, act: Act) -> String {
    match act {
        Act::Step(thread) => {
            let line = setup.line(state, thread).map_or("", |it| text(setup, it));
            format!("{}: {line}", who(thread))
        }
        Act::Advance => format!("epoch {} begins", state.epoch + 1),
    }
}

pub(super) fn tell(
    setup: &Setup,
    taken: Option<(&State, Act)>,
    after: &State,
) -> (&'static str, String) {
    let (tag, say) = match taken {
        None => {
            let nodes: Vec<String> = after.chain().into_iter().map(name).collect();
            let say =
                format!("The stack is {} from the top, and nobody has begun.", nodes.join(", "));
            ("start", say)
        }
        Some((before, Act::Advance)) => {
            let freed = after.count(Status::Freed) - before.count(Status::Freed);
            let say = format!(
                "Epoch {} begins, because all that are inside have seen {}; {}.",
                after.epoch,
                before.epoch,
                if freed == 0 {
                    "no node is old enough to be freed"
                } else {
                    "what was retired two epochs ago is freed"
                }
            );
            (if freed == 0 { "epoch" } else { "free" }, say)
        }
        Some((before, Act::Step(thread))) => step(setup, before, thread, after),
    };
    match (after.is_wild, after.stray()) {
        (true, _) => {
            let say = format!("{say} That node was freed: a use after free.");
            ("use_after_free", say)
        }
        (false, Some(node)) => {
            let is = status(after.nodes[usize::from(node)]);
            let say = format!("{say} Now {} hangs on the head, and it is {is}.", name(node));
            ("corrupted", say)
        }
        (false, None) => (tag, say),
    }
}

fn step(setup: &Setup, before: &State, thread: usize, after: &State) -> (&'static str, String) {
    let t = who(thread);
    let (old, new) = (before.threads[thread], after.threads[thread]);
    let (top, head) = (name(old.top), name(before.head));
    match setup.line(before, thread) {
        None => ("idle", format!("{t} has nothing left to do.")),
        Some(Line::Enter) => {
            ("enter", format!("{t} enters, so nothing that it may find is freed."))
        }
        Some(Line::LoadTop) if before.head == NONE => {
            ("read", format!("{t} finds the stack empty, because the head leads nowhere."))
        }
        Some(Line::LoadTop) if setup.remedy == Remedy::Version => (
            "read",
            format!(
                "{t} remembers {head} with version {}, because both are read in one piece.",
                before.tag
            ),
        ),
        Some(Line::LoadTop) => {
            ("read", format!("{t} remembers {head}, because the head leads there now."))
        }
        Some(Line::Announce) => {
            ("announce", format!("{t} announces {top}, so that whoever frees can see it in use."))
        }
        Some(Line::Recheck) if before.head == old.top => (
            "check",
            format!(
                "{t} goes on with {top}, because the head still leads there after the announcement."
            ),
        ),
        Some(Line::Recheck) => {
            ("retry", format!("{t} begins again, because the head is {head} and no longer {top}."))
        }
        Some(Line::LoadNext) => {
            let next = name(new.after);
            (
                "read",
                format!("{t} remembers {next} as what is below {top}, because {top} says so now."),
            )
        }
        Some(Line::SwapOut) if setup.is_same(before, thread) => (
            "swap",
            format!(
                "{t} swings the head from {top} to {}, because the head is what it saw.",
                name(old.after)
            ),
        ),
        Some(Line::SwapIn) if setup.is_same(before, thread) => (
            "swap",
            format!(
                "{t} swings the head from {top} to {}, because the head is what it saw.",
                name(old.node)
            ),
        ),
        Some(Line::SwapOut | Line::SwapIn) if before.head == old.top => (
            "retry",
            format!(
                "{t} fails to swap and begins again, because the version is {} and not {}.",
                before.tag, old.tag
            ),
        ),
        Some(Line::SwapOut | Line::SwapIn) => (
            "retry",
            format!(
                "{t} fails to swap and begins again, because the head is {head} and not {top}."
            ),
        ),
        Some(Line::Clear) => {
            ("clear", format!("{t} takes its announcement back, because {top} is its own now."))
        }
        Some(Line::Retire) if setup.keeps(before, thread) => {
            ("keep", format!("{t} keeps {top}, because it will push it again."))
        }
        Some(Line::Retire) => retire(setup, before, thread, after),
        Some(Line::Leave) => {
            let freed = before.count(Status::Freed) < after.count(Status::Freed);
            let why = if freed {
                "and all who could know the retired nodes have left: they are freed"
            } else {
                "because its operation is over"
            };
            (if freed { "free" } else { "leave" }, format!("{t} leaves, {why}."))
        }
        Some(Line::New) if old.kept != NONE => (
            "new",
            format!("{t} takes {} to push it again, because it has kept it.", name(new.node)),
        ),
        Some(Line::New) => {
            let again = before.nodes[usize::from(new.node)].status == Status::Freed;
            let why = match (again, setup.reuse) {
                (false, _) => "because nothing is free",
                (true, Reuse::Last) => "because that was freed last",
                (true, Reuse::First) => "because that was freed first",
            };
            ("new", format!("{t} gets {} from malloc, {why}.", name(new.node)))
        }
        Some(Line::LinkTo) => (
            "link",
            format!(
                "{t} puts {top} below {}, because that is the top which it saw.",
                name(old.node)
            ),
        ),
    }
}

fn retire(setup: &Setup, before: &State, thread: usize, after: &State) -> (&'static str, String) {
    let t = who(thread);
    let node = before.threads[thread].top;
    let is_freed = after.nodes[usize::from(node)].status == Status::Freed;
    let name = name(node);
    match (setup.remedy, is_freed) {
        (Remedy::None | Remedy::Version, _) => {
            ("free", format!("{t} frees {name} at once, because it has popped it."))
        }
        (_, true) => ("free", format!("{t} frees {name}, because nobody announces it.")),
        (Remedy::Hazard, false) => (
            "retire",
            format!(
                "{t} retires {name} and does not free it, because another thread announces it."
            ),
        ),
        (_, false) => (
            "retire",
            format!("{t} retires {name}: it is freed later, because somebody inside may know it."),
        ),
    }
}

const fn status(node: Cell) -> &'static str {
    match node.status {
        Status::Unused => "unused",
        Status::OnStack => "on the stack",
        Status::Owned => "owned by a thread",
        Status::Retired => "retired",
        Status::Freed => "freed",
    }
}

pub(super) fn scene(setup: &Setup, state: &State) -> Scene {
    let listings = (0..THREADS).map(|it| listing(setup, state, it)).collect();
    Scene::default()
        .with(
            "stack",
            "The stack, and what each thread remembers",
            Panel::Graph(graph(setup, state)),
        )
        .with("code", "Threads", Panel::Code(Code { listings }))
        .with("now", "Now", Panel::Stats(stats(setup, state)))
}

fn graph(setup: &Setup, state: &State) -> Graph {
    let stray = state.stray();
    let mut nodes = vec![Node {
        at: (0, 0),
        boxed: true,
        mark: Mark::new("head", "head").detail("the word that compare-and-swap changes"),
        note: match setup.remedy {
            Remedy::Version => format!("version {}", state.tag),
            _ => String::new(),
        },
    }];
    let mut edges = Vec::new();
    let mut add = |from: String, to: u8, label: &str, tone| {
        if to != NONE {
            let (to, label) = (format!("node.{to}"), label.to_owned());
            edges.push(Edge { from, to, label, tone });
        }
    };
    let chain = state.chain();
    let head = if stray.is_some() { Tone::Danger } else { Tone::Plain };
    add("head".to_owned(), state.head, "", head);
    for (at, node) in (0_u8..).zip(&state.nodes) {
        if node.status == Status::Unused {
            continue;
        }
        let tone = match node.status {
            _ if stray == Some(at) => Tone::Danger,
            Status::OnStack => Tone::Used,
            Status::Owned => Tone::Ready,
            Status::Retired => Tone::Blocked,
            Status::Freed | Status::Unused => Tone::Free,
        };
        let mark = Mark::new(format!("node.{at}"), name(at)).tone(tone);
        let mark = mark.detail(format!("node {}, {}", name(at), status(*node)));
        let note = status(*node).to_owned();
        nodes.push(Node { at: (i32::from(at) * 2, 1), boxed: true, mark, note });
        let tone = if chain.contains(&at) { Tone::Plain } else { Tone::Muted };
        if node.next != at {
            add(format!("node.{at}"), node.next, "", tone);
        }
    }
    for (at, thread) in state.threads.iter().enumerate() {
        let place = i32::try_from(at).unwrap_or_default() * 4;
        let mark =
            Mark::new(format!("thread.{at}"), who(at)).actor(u16::try_from(at).unwrap_or_default());
        let note = match (thread.hazard, thread.inside) {
            (NONE, NONE) => String::new(),
            (NONE, _) if setup.remedy == Remedy::Rcu => "inside".to_owned(),
            (NONE, epoch) => format!("inside, epoch {epoch}"),
            (hazard, _) => format!("announces {}", name(hazard)),
        };
        nodes.push(Node { at: (place, 2), boxed: true, mark, note });
        let from = format!("thread.{at}");
        add(from.clone(), thread.top, "top", Tone::Hit);
        if thread.after != thread.top {
            add(from.clone(), thread.after, "after", Tone::Dirty);
        }
        if thread.node != thread.top && thread.node != thread.after {
            add(from, thread.node, "node", Tone::Good);
        }
    }
    Graph { directed: true, nodes, edges }
}

fn listing(setup: &Setup, state: &State, thread: usize) -> Listing {
    let at = state.threads[thread];
    let lines = setup.lines(thread, at.op);
    let ops = &setup.ops[thread];
    let names: Vec<&str> = ops.iter().map(|it| if *it { "push" } else { "pop" }).collect();
    let ended = lines.is_empty();
    let note = match ops.get(usize::from(at.op)) {
        Some(_) => format!("operation {} of {}", at.op + 1, ops.len()),
        None => "has ended".to_owned(),
    };
    Listing {
        key: format!("thread.{thread}"),
        label: format!("{}: {}", who(thread), names.join(", ")),
        actor: u16::try_from(thread).ok(),
        lines: lines.iter().map(|it| text(setup, *it).to_owned()).collect(),
        next: (!ended).then_some(u32::from(at.line)),
        tone: if ended { Tone::Done } else { Tone::Ready },
        note,
    }
}

fn stats(setup: &Setup, state: &State) -> Stats {
    let number = |it: u8| it.to_string();
    let mut items = vec![
        Stat::new("Free", number(state.count(Status::Freed)), "nodes"),
        Stat::new("Waiting to be freed", number(state.count(Status::Retired)), "nodes"),
    ];
    match setup.remedy {
        Remedy::Version => items.push(Stat::new("Version of the head", number(state.tag), "")),
        Remedy::Epoch => items.push(Stat::new("Epoch", number(state.epoch), "")),
        Remedy::None | Remedy::Hazard | Remedy::Rcu => {}
    }
    Stats { items }
}
