//! Double-checked locking drawn: the threads, the stores on the way, and what has arrived.

use super::double_checked::{Act, Content, Guard, Line, Setup, State, THREADS, Way};
use crate::scene::{CellRow, Cells, Code, Listing, Mark, Panel, Queue, QueueRow, Scene, Tone};

pub(super) const fn name(thread: usize) -> &'static str {
    if thread == 0 { "A" } else { "B" }
}

/// A line as the listing has it.
fn text(setup: &Setup, line: Line) -> &'static str {
    let flag = setup.guard == Guard::Flag;
    match line {
        Line::Look if setup.acquire && flag => "if (load(ready, acquire)) goto use",
        Line::Look if setup.acquire => "if (load(ptr, acquire)) goto use",
        Line::Look if flag => "if (ready) goto use",
        Line::Look => "if (ptr) goto use",
        Line::Lock => "lock(m)",
        Line::LookAgain if flag => "if (ready) goto unlock",
        Line::LookAgain => "if (ptr) goto unlock",
        Line::Fill => "object.a = 1",
        Line::Publish => publishes(setup),
        Line::Unlock => "unlock: unlock(m)",
        Line::Use => "use: read object.a",
    }
}

const fn publishes(setup: &Setup) -> &'static str {
    match (setup.guard, setup.release) {
        (Guard::Flag, true) => "store(ready, 1, release)",
        (Guard::Flag, false) => "ready = 1",
        (Guard::Pointer, true) => "store(ptr, &object, release)",
        (Guard::Pointer, false) => "ptr = &object",
    }
}

/// What is looked at.
const fn guard(setup: &Setup) -> &'static str {
    match setup.guard {
        Guard::Pointer => "the pointer",
        Guard::Flag => "the flag",
    }
}

pub(super) fn choice(setup: &Setup, state: &State, act: Act) -> String {
    match act {
        Act::Step(thread) => {
            let line = setup.line(state, thread).map_or("", |it| text(setup, it));
            format!("{}: {line}", name(thread))
        }
        Act::ReadAhead(thread) => format!("{}: reads object.a ahead", name(thread)),
        Act::Fill => "object.a = 1 arrives".to_owned(),
        Act::Publish => format!("{} arrives", publishes(setup)),
    }
}

pub(super) fn tell(
    setup: &Setup,
    taken: Option<(&State, Act)>,
    after: &State,
) -> (&'static str, String) {
    let it = guard(setup);
    let Some((before, act)) = taken else {
        let say = format!("Nobody has made the object, so {it} is still 0.");
        return ("start", say);
    };
    let thread = match act {
        Act::Fill => {
            let say = "The content arrives: everybody who looks into the object now sees a = 1.";
            return ("arrive", say.to_owned());
        }
        Act::Publish if after.fill == Way::Arrived => {
            let say = format!("The store to {it} arrives, and the object behind it is filled in.");
            return ("publish", say);
        }
        Act::Publish if after.fill == Way::NotMade => {
            let say = format!(
                "The store to {it} arrives and nothing is filled in, because the compiler put it first."
            );
            return ("publish", say);
        }
        Act::Publish => {
            let say = format!(
                "The store to {it} arrives before the content, because nothing keeps the two in order."
            );
            return ("publish", say);
        }
        Act::ReadAhead(thread) => {
            let seen = u8::from(after.threads[thread].content == Content::Ahead(true));
            let say = format!(
                "{} reads object.a = {seen} ahead of the flag, because no acquire forbids that.",
                name(thread)
            );
            return ("ahead", say);
        }
        Act::Step(thread) => thread,
    };
    let who = name(thread);
    let found = before.publish == Way::Arrived;
    match setup.line(before, thread) {
        Some(Line::Look) if found => (
            "look",
            format!(
                "{who} finds {it} set and skips the lock, because that is the point of the first look."
            ),
        ),
        Some(Line::Look) => ("look", format!("{who} finds {it} at 0, so it has to take the lock.")),
        Some(Line::Lock) => ("lock", format!("{who} takes the lock, because nobody holds it.")),
        Some(Line::LookAgain) if found => (
            "look",
            format!(
                "{who} finds {it} set on its second look, because another made the object while it waited."
            ),
        ),
        Some(Line::LookAgain) => {
            ("look", format!("{who} finds {it} at 0 under the lock, so it makes the object."))
        }
        Some(Line::Fill) if 1 < after.n_made => (
            "made_twice",
            format!(
                "{who} makes the object once more, because it did not look again under the lock."
            ),
        ),
        Some(Line::Fill) => ("fill", format!("{who} fills the object in{}.", arrives(after.fill))),
        Some(Line::Publish) => ("store", format!("{who} stores {it}{}.", arrives(after.publish))),
        Some(Line::Unlock) => {
            ("unlock", format!("{who} gives the lock back, because its stores have arrived."))
        }
        Some(Line::Use) | None => used(before, thread, after),
    }
}

const fn arrives(way: Way) -> &'static str {
    match way {
        Way::Arrived => ", and all see it at once",
        Way::Moving | Way::NotMade => "; the store is on its way, and only its own thread sees it",
    }
}

fn used(before: &State, thread: usize, after: &State) -> (&'static str, String) {
    let who = name(thread);
    let ahead = matches!(before.threads[thread].content, Content::Ahead(_));
    match (after.threads[thread].content == Content::Used(true), ahead) {
        (true, _) => {
            ("use", format!("{who} uses the object and finds a = 1, because it is filled in."))
        }
        (false, true) => (
            "unfilled",
            format!(
                "{who} uses what it read ahead, a = 0: that was before the object was filled in."
            ),
        ),
        (false, false) => (
            "unfilled",
            format!(
                "{who} uses the object and finds a = 0, because the content has not arrived yet."
            ),
        ),
    }
}

pub(super) fn scene(setup: &Setup, state: &State) -> Scene {
    let listings = (0..THREADS).map(|it| listing(setup, state, it)).collect();
    let stores =
        [("fill", "object.a = 1", state.fill), ("publish", publishes(setup), state.publish)];
    let moving = stores.iter().filter(|it| it.2 == Way::Moving).map(|(key, text, _)| {
        Mark::new(format!("store.{key}"), *text)
            .tone(Tone::Dirty)
            .detail("seen by its own thread only")
    });
    let row = QueueRow {
        key: "way".to_owned(),
        label: "on the way".to_owned(),
        note: String::new(),
        marks: moving.collect(),
    };
    let cell = |key: &str, way: Way, set: &str| match way {
        Way::Arrived => Mark::new(format!("store.{key}"), set).tone(Tone::Good),
        Way::Moving | Way::NotMade => Mark::new(format!("start.{key}"), "0"),
    };
    let (head, set) = match setup.guard {
        Guard::Pointer => ("ptr", "&object"),
        Guard::Flag => ("ready", "1"),
    };
    let holder = state.holder.map_or("free", |it| name(usize::from(it)));
    let mut lock = Mark::new("lock", holder);
    if let Some(thread) = state.holder {
        lock = lock.actor(u16::from(thread));
    }
    let memory = Cells {
        rows: vec![CellRow {
            label: "memory".to_owned(),
            heads: [head, "object.a", "lock m"].map(str::to_owned).to_vec(),
            marks: vec![cell("publish", state.publish, set), cell("fill", state.fill, "1"), lock],
        }],
    };
    Scene::default()
        .with("code", "Threads", Panel::Code(Code { listings }))
        .with("way", "Stores that have not arrived", Panel::Queue(Queue { rows: vec![row] }))
        .with("memory", "What others see", Panel::Cells(memory))
}

fn listing(setup: &Setup, state: &State, thread: usize) -> Listing {
    let at = state.threads[thread];
    let next = setup.line(state, thread).map(|_| u32::from(at.line));
    let blocked = next.is_some() && !setup.can_step(state, thread);
    let (tone, note) = match at.content {
        Content::Used(true) => (Tone::Done, "found a = 1"),
        Content::Used(false) => (Tone::Danger, "found a = 0"),
        Content::Ahead(true) => (Tone::Ready, "has read a = 1 ahead"),
        Content::Ahead(false) => (Tone::Ready, "has read a = 0 ahead"),
        Content::Unknown if blocked => (Tone::Blocked, "waits"),
        Content::Unknown => (Tone::Ready, ""),
    };
    Listing {
        key: format!("thread.{thread}"),
        label: name(thread).to_owned(),
        actor: u16::try_from(thread).ok(),
        lines: setup.lines.iter().map(|it| text(setup, *it).to_owned()).collect(),
        next,
        tone,
        note: note.to_owned(),
    }
}
