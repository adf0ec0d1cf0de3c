//! Answers for a slow client: a loop that asks for room to send, and one that forgets to stop asking.

use super::epoll_bugs::{Scenario, State};
use crate::engine::{Better, Frame, Log, Shot};
use crate::error::{Fault, ScenarioError};
use crate::scene::{
    Chart, ChartKind, Event, EventKind, Gantt, Lane, Mark, Panel, Part, Scene, Series, Span, Stat,
    Stats, Strip, StripRow, Tone,
};
use crate::words::count;
use serde::Deserialize;

/// When the loop asks for `EPOLLOUT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Armed {
    Always,
    WhileLeft,
    Edge,
    Never,
}

/// When the first answer is there.
const FIRST_TICKS: u64 = 4;

/// What a tick of the loop was spent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Did {
    Slept,
    /// So many KiB went into the buffer; 0 for `EAGAIN`.
    Sent(u64),
    /// `epoll_wait` said that there is room, and something is left.
    Told,
    /// The same with nothing to send.
    Useless,
}

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct Room {
    now: u64,
    /// What the loop has not handed to the kernel.
    left: u64,
    in_buffer: u64,
    received: u64,
    n_answers: u64,
    /// Whether `EPOLLOUT` is asked for.
    is_armed: bool,
    /// An edge that has not been reported.
    edge: bool,
    /// The buffer had no room for all, so that room is worth an edge.
    was_full: bool,
    /// The loop knows of something to send.
    to_send: bool,
    did: Did,
    n_reports: u64,
    n_useless: u64,
    n_sends: u64,
    n_again: u64,
    n_changes: u64,
    busy_ticks: u64,
    left_max: u64,
    sent_at: Option<u64>,
    useless_in_row: u64,
}

pub(super) fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
    if scenario.buffer_kib < scenario.low_kib {
        let why = format!("more than the {} of the buffer", count(scenario.buffer_kib, "KiB"));
        return Err(ScenarioError::one("/low_kib", Fault::Conflict(why)));
    }
    let is_armed = matches!(scenario.armed, Armed::Always | Armed::Edge);
    let mut it = Room {
        now: 0,
        left: 0,
        in_buffer: 0,
        received: 0,
        n_answers: 0,
        is_armed,
        edge: is_armed,
        was_full: false,
        to_send: false,
        did: Did::Slept,
        n_reports: 0,
        n_useless: 0,
        n_sends: 0,
        n_again: 0,
        n_changes: 0,
        busy_ticks: 0,
        left_max: 0,
        sent_at: None,
        useless_in_row: 0,
    };
    let asks = if is_armed { "asks for EPOLLOUT from the start" } else { "asks for EPOLLIN only" };
    let say = format!("The loop {asks}; the socket's buffer is empty.");
    log.step(0, "start", || Shot::new(say, State::Room(it.clone())))?;
    for now in 0..scenario.watch_ticks {
        it.now = now;
        tick(scenario, &mut it, log)?;
    }
    it.now = scenario.watch_ticks;
    let share = crate::amounts::percent(it.busy_ticks, scenario.watch_ticks);
    let say = format!(
        "The loop was awake for {share}% of the time, and {} of its {} found nothing to send.",
        it.n_useless,
        count(it.n_reports, "reports")
    );
    log.step(it.now, "end", || Shot::new(say, State::Room(it.clone())))?;
    metrics(scenario, &it, log);
    Ok(())
}

fn metrics(scenario: &Scenario, it: &Room, log: &mut Log<State>) {
    let mut add = |key: &str, label: &str, value: u64, unit, better| {
        log.metric(key, label, value as f64, unit, better);
    };
    add("n_reports", "Reports of room", it.n_reports, "reports", Better::Lower);
    add("n_useless", "With nothing to send", it.n_useless, "reports", Better::Lower);
    add("n_sends", "Calls of send", it.n_sends, "calls", Better::Lower);
    add("n_again", "EAGAIN", it.n_again, "calls", Better::Lower);
    add("n_changes", "Changes of the interest", it.n_changes, "calls", Better::Lower);
    add("busy_ticks", "Awake", it.busy_ticks, "ticks", Better::Lower);
    add("left_kib_max", "Most that the loop kept", it.left_max, "KiB", Better::Lower);
    add("received_kib", "The client has read", it.received, "KiB", Better::Higher);
    add("left_kib", "Not sent at the end", it.left, "KiB", Better::Lower);
    let share = crate::amounts::share(it.busy_ticks, scenario.watch_ticks);
    log.metric("awake", "Awake, as a share", share, "", Better::Lower);
    if let Some(sent_at) = it.sent_at {
        log.metric("sent_ticks", "All is sent at", sent_at as f64, "ticks", Better::Lower);
    }
}

/// One tick: the client, a new answer, and then the loop.
fn tick(scenario: &Scenario, it: &mut Room, log: &mut Log<State>) -> Result<(), ScenarioError> {
    let now = it.now;
    let free = |it: &Room| scenario.buffer_kib - it.in_buffer;
    if now != 0 && now.is_multiple_of(scenario.read_ticks) && 0 < it.in_buffer {
        let had_room = scenario.low_kib <= free(it);
        let n = it.in_buffer.min(scenario.read_kib);
        it.in_buffer -= n;
        it.received += n;
        if !had_room && scenario.low_kib <= free(it) && it.was_full {
            it.edge = true;
            it.was_full = false;
        }
        if 0 < n {
            let say = format!("The client reads {}, which makes room.", count(n, "KiB"));
            log.step(now, "read", || Shot::new(say, State::Room(it.clone())))?;
        }
    }
    let is_due = it.n_answers < scenario.n_answers
        && now == FIRST_TICKS + it.n_answers * scenario.answer_gap_ticks;
    if is_due {
        it.n_answers += 1;
        it.left += scenario.answer_kib;
        it.left_max = it.left_max.max(it.left);
        it.to_send = true;
        it.sent_at = None;
        let say =
            format!("The loop has an answer of {} to send.", count(scenario.answer_kib, "KiB"));
        log.step(now, "answer", || Shot::new(say, State::Room(it.clone())))?;
    }
    let slept = it.did == Did::Slept;
    let (tag, say) = if it.to_send {
        send(scenario, it)
    } else {
        let has_room = scenario.low_kib <= free(it);
        let told = match scenario.armed {
            Armed::Edge => std::mem::take(&mut it.edge),
            _ => it.is_armed && has_room,
        };
        report(scenario, it, told)
    };
    it.busy_ticks += u64::from(it.did != Did::Slept);
    if it.did == Did::Slept && slept && now != 0 {
        return Ok(());
    }
    let sleeps = it.did == Did::Slept;
    let asks = !matches!(tag, "send" | "again");
    log.step(now, tag, || {
        let shot = Shot::new(say, State::Room(it.clone()));
        if asks {
            let options = ["returns at once", "sleeps"].map(str::to_owned).to_vec();
            shot.ask("What does epoll_wait do?", options, usize::from(sleeps))
        } else {
            shot
        }
    })
}

fn send(scenario: &Scenario, it: &mut Room) -> (&'static str, String) {
    let n = it.left.min(scenario.buffer_kib - it.in_buffer);
    it.left -= n;
    it.in_buffer += n;
    it.did = Did::Sent(n);
    it.n_sends += 1;
    it.n_again += u64::from(n == 0);
    it.useless_in_row = 0;
    let is_left = 0 < it.left;
    it.was_full |= is_left;
    it.to_send = is_left && scenario.armed == Armed::Never;
    if !is_left {
        it.sent_at = Some(it.now);
    }
    let mut then = match (is_left, scenario.armed) {
        (true, Armed::Never) => "tries again at once",
        (true, _) => "keeps the rest until there is room",
        (false, Armed::Always) => "has nothing left, but still asks for EPOLLOUT",
        (false, _) => "has nothing left",
    };
    if scenario.armed == Armed::WhileLeft && is_left != it.is_armed {
        it.is_armed = is_left;
        it.n_changes += 1;
        then = match is_left {
            true => "asks for EPOLLOUT, because something is left",
            false => "stops asking for EPOLLOUT, because nothing is left",
        };
    }
    if n == 0 {
        let say =
            format!("The loop calls send and gets EAGAIN, because the buffer is full; it {then}.");
        return ("again", say);
    }
    ("send", format!("The loop sends {}, and {then}.", count(n, "KiB")))
}

fn report(scenario: &Scenario, it: &mut Room, told: bool) -> (&'static str, String) {
    if !told {
        it.did = Did::Slept;
        it.useless_in_row = 0;
        let why = match (scenario.armed, it.is_armed, 0 < it.left) {
            (Armed::Edge, _, _) => "because no room has come since the last report",
            (_, true, _) => "because the buffer has no room",
            (_, false, _) => "because it asks for nothing that is there",
        };
        return ("sleep", format!("The loop sleeps in epoll_wait, {why}."));
    }
    it.n_reports += 1;
    if 0 < it.left {
        it.did = Did::Told;
        it.to_send = true;
        let say = "The loop wakes, because there is room and something is left to send.";
        return ("told", say.to_owned());
    }
    it.did = Did::Useless;
    it.n_useless += 1;
    it.useless_in_row += 1;
    let say = match (scenario.armed, it.useless_in_row) {
        (Armed::Edge, _) => {
            "The loop is told of room once, has nothing to send, and will not hear of it again."
                .to_owned()
        }
        (_, 1) => "The loop is told that it could send, and has nothing to send; it asks again."
            .to_owned(),
        (_, n) => format!("The loop is told the same for the {} time in a row.", nth(n)),
    };
    ("useless", say)
}

fn nth(n: u64) -> String {
    let end = match (n % 10, n % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{n}{end}")
}

pub(super) fn scene(scenario: &Scenario, past: &[Frame<State>], it: &Room) -> Scene {
    let past: Vec<&Room> = past
        .iter()
        .filter_map(|it| if let State::Room(it) = &it.state { Some(it) } else { None })
        .collect();
    Scene::default()
        .with("timeline", "What the loop does", Panel::Gantt(timeline(scenario, &past, it)))
        .with("bytes", "Where the answer is", Panel::Strip(bytes(scenario, it)))
        .with("room", "Kept and buffered", Panel::Chart(chart(&past, it)))
        .with("counts", "So far", Panel::Stats(counts(it)))
}

fn timeline(scenario: &Scenario, past: &[&Room], it: &Room) -> Gantt {
    let mut events = Vec::new();
    let mut spans: Vec<Span> = Vec::new();
    let mut before: Option<&Room> = None;
    for &frame in past {
        let (received, answers) = before.map_or((0, 0), |it| (it.received, it.n_answers));
        if received < frame.received {
            let detail = format!("the client reads {}", count(frame.received - received, "KiB"));
            events.push(Event { at: frame.now, kind: EventKind::Note, detail });
        }
        if answers < frame.n_answers {
            let detail = format!("an answer of {}", count(scenario.answer_kib, "KiB"));
            events.push(Event { at: frame.now, kind: EventKind::Arrive, detail });
        }
        let counted = before.map_or(0, |it| it.busy_ticks);
        if counted < frame.busy_ticks {
            spans.push(did_span(frame));
        }
        before = Some(frame);
    }
    let lane = |key: &str, label: &str, spans: Vec<Span>, events: Vec<Event>| Lane {
        key: key.to_owned(),
        label: label.to_owned(),
        actor: None,
        spans,
        events,
    };
    let end = scenario.watch_ticks.max(it.now + 1);
    let lanes =
        vec![lane("client", "Client", Vec::new(), events), lane("loop", "Loop", spans, Vec::new())];
    Gantt { now: it.now, end, unit: "ticks", lanes }
}

fn did_span(frame: &Room) -> Span {
    let (label, tone, detail) = match frame.did {
        Did::Sent(0) => ("EAGAIN".to_owned(), Tone::Miss, "send: the buffer is full".to_owned()),
        Did::Sent(n) => (n.to_string(), Tone::Running, format!("sends {}", count(n, "KiB"))),
        Did::Told => ("room".to_owned(), Tone::Overhead, "told of room".to_owned()),
        Did::Useless => {
            ("room".to_owned(), Tone::Danger, "told of room, nothing to send".to_owned())
        }
        Did::Slept => (String::new(), Tone::Idle, "sleeps".to_owned()),
    };
    let mark = Mark::new(format!("did.{}", frame.now), label).tone(tone).detail(detail);
    Span { start: frame.now, end: frame.now + 1, mark }
}

/// All answers as one stretch: what the client has, what the kernel has, what the loop keeps.
fn bytes(scenario: &Scenario, it: &Room) -> Strip {
    let ends = [it.received, it.received + it.in_buffer, it.received + it.in_buffer + it.left];
    let names = [
        ("received", "client", Tone::Done),
        ("buffer", "buffer", Tone::Used),
        ("left", "kept", Tone::Dirty),
    ];
    let mut start = 0;
    let mut parts = Vec::new();
    for (end, (key, label, tone)) in ends.into_iter().zip(names) {
        if start < end {
            let detail = count(end - start, "KiB");
            let mark = Mark::new(key, label).tone(tone).detail(detail);
            parts.push(Part { start, end, mark });
        }
        start = end;
    }
    let end = scenario.n_answers * scenario.answer_kib;
    Strip { start: 0, end, unit: "KiB", rows: vec![StripRow::new("bytes", "Bytes", parts)] }
}

fn chart(past: &[&Room], it: &Room) -> Chart {
    let series = |label: &str, value: fn(&Room) -> u64| {
        let mut points: Vec<(f64, f64)> = Vec::new();
        for frame in past {
            let point = (frame.now as f64, value(frame) as f64);
            match points.last_mut() {
                Some(last) if frame.now as f64 <= last.0 => *last = point,
                _ => points.push(point),
            }
        }
        points.push((it.now as f64 + 1.0, value(it) as f64));
        Series { label: label.to_owned(), actor: None, points }
    };
    Chart {
        kind: ChartKind::Step,
        x_label: "time (ticks)".to_owned(),
        y_label: "KiB".to_owned(),
        series: vec![
            series("kept by the loop", |it| it.left),
            series("in the buffer", |it| it.in_buffer),
        ],
    }
}

fn counts(it: &Room) -> Stats {
    let armed = if it.is_armed { "yes" } else { "no" };
    Stats {
        items: vec![
            Stat::new("asks for EPOLLOUT", armed, ""),
            Stat::new("reports", it.n_reports.to_string(), ""),
            Stat::new("with nothing to send", it.n_useless.to_string(), ""),
            Stat::new("awake", it.busy_ticks.to_string(), "ticks"),
        ],
    }
}
