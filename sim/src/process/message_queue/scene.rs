//! The queue by priority, who sleeps at it, and who has got what.

use super::world::{Message, Sleep, World, name};
use crate::amounts::actor;
use crate::engine::Frame;
use crate::scene::{Cell, Column, Mark, Panel, Queue, QueueRow, Scene, Table, TableRow, Tone};
use crate::words::count;

/// Draws the last state.
pub(super) fn scene(capacity: usize, past: &[Frame<World>]) -> Scene {
    let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
    Scene::default().with("queue", "The queue", Panel::Queue(queue(capacity, state))).with(
        "processes",
        "Processes",
        Panel::Table(table(state)),
    )
}

fn chip(message: &Message) -> Mark {
    let detail = format!(
        "“{}”, priority {}, sent by {}",
        message.name,
        message.priority,
        name(message.sender)
    );
    Mark::new(
        format!("message.{}", message.number),
        format!("{} {}", message.name, message.priority),
    )
    .actor(actor(message.sender))
    .detail(detail)
}

fn queue(capacity: usize, world: &World) -> Queue {
    let row = |key: &str, label: String, note: String, marks: Vec<Mark>| QueueRow {
        key: key.to_owned(),
        label,
        note,
        marks,
    };
    let waiting = world.asleep.iter().filter_map(|(_, sleep)| match sleep {
        Sleep::ToSend(message) => Some(chip(message).tone(Tone::Blocked)),
        Sleep::ToReceive => None,
    });
    let note = format!("{} of {}, next one first", world.queue.len(), capacity);
    let mut rows = vec![
        row("senders", "no room yet".to_owned(), String::new(), waiting.collect()),
        row("queue", "queue".to_owned(), note, world.queue.iter().map(chip).collect()),
    ];
    for (who, got) in world.got.iter().enumerate() {
        let receives = !got.is_empty() || world.sleeps(who) == Some(&Sleep::ToReceive);
        if receives {
            let note = count(got.len() as u64, "messages");
            let label = format!("{} has received", name(who));
            let marks = got.iter().map(|it| chip(it).tone(Tone::Done)).collect();
            rows.push(row(&format!("got.{who}"), label, note, marks));
        }
    }
    Queue { rows }
}

fn table(world: &World) -> Table {
    let columns = vec![
        Column::words("Process"),
        Column::words("State"),
        Column::numbers("received (messages)"),
        Column::words("Notice"),
    ];
    let row = |who: usize| {
        let (word, tone) = match world.sleeps(who) {
            Some(Sleep::ToReceive) => ("sleeps in mq_receive", Tone::Blocked),
            Some(Sleep::ToSend(_)) => ("sleeps in mq_send", Tone::Blocked),
            None if world.acting == Some(who) => ("running", Tone::Running),
            None => ("ready", Tone::Ready),
        };
        let notice = match (world.told == Some(who), world.notify == Some(who)) {
            (true, _) => Cell::new("notified now").tone(Tone::Good),
            (false, true) => Cell::new("wants one").tone(Tone::Ready),
            (false, false) => Cell::default(),
        };
        let cells = vec![
            Cell::new(name(who)),
            Cell::new(word).tone(tone),
            Cell::new(world.got[who].len().to_string()),
            notice,
        ];
        let marked = world.acting == Some(who);
        TableRow { key: format!("row.{who}"), actor: Some(actor(who)), marked, cells }
    };
    Table { columns, rows: (0..world.got.len()).map(row).collect() }
}
