//! An embedded figure and the page around its frame: sizes and events go out, commands come in.
//!
//! Messages go to the parent only. Commands are read only under our own name, checked, and may be
//! repeated without harm; everything else is somebody else's message.

use crate::browser;
use crate::figure::{Chrome, Where};
use crate::link;
use crate::options::Options;
use crate::player::{Action, Player, SPEEDS};
use leptos::prelude::*;
use serde_json::{Value, json};
use wasm_bindgen::prelude::*;
use web_sys::{HtmlElement, MessageEvent};

/// The name under which messages are ours.
const SOURCE: &str = "interleave";

/// Longest message that is read, in bytes: a scenario of 200 rows fits.
const MESSAGE_BYTES_MAX: usize = 256 * 1024;

/// Version of the messages.
const VERSION: u64 = 1;

/// A command from the page around the frame.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Go on by itself.
    Play,
    /// Stop.
    Pause,
    /// So many steps forward, or back where negative.
    Step(i64),
    /// To a step, from 1.
    Seek(usize),
    /// Other values for some fields.
    SetParams(serde_json::Map<String, Value>),
    /// Tell the state.
    GetState,
}

/// Reads a message; `None` if it is not ours, or says nothing that can be done.
#[must_use]
pub fn command(message: &Value) -> Option<Command> {
    if message.get("source")?.as_str()? != SOURCE || message.get("v")?.as_u64()? != VERSION {
        return None;
    }
    Some(match message.get("type")?.as_str()? {
        "play" => Command::Play,
        "pause" => Command::Pause,
        "step" => {
            Command::Step(message.get("by").map_or(Some(1), Value::as_i64)?.clamp(-10_000, 10_000))
        }
        "seek" => Command::Seek(usize::try_from(message.get("step")?.as_u64()?).ok()?),
        "setParams" => Command::SetParams(message.get("params")?.as_object()?.clone()),
        "getState" => Command::GetState,
        _ => return None,
    })
}

/// What a figure in a frame needs: a piece of the program of its own, see [`crate::pieces`].
#[derive(Debug, Clone, Copy)]
pub struct Embedding {
    /// Reads the query of the frame's address: how much surrounds the figure, and what it does at its start.
    pub prepare: fn(&str, &mut Where) -> Options,
    /// Joins a mounted figure with the page around its frame.
    pub connect: fn(Player, &HtmlElement, &Options),
}

/// All of it.
pub static EMBEDDING: Embedding = Embedding { prepare, connect };

fn prepare(query: &str, place: &mut Where) -> Options {
    let options = Options::read(query);
    place.chrome = match options.controls.as_deref() {
        Some("min") => Chrome::Minimal,
        Some("none") => Chrome::Bare,
        Some(_) | None => Chrome::Embed,
    };
    if let Some(theme) = &options.theme
        && let Some(root) = browser::document().and_then(|it| it.document_element())
    {
        let _ = root.set_attribute("data-theme", theme);
    }
    options
}

/// Joins a mounted figure with the page around its frame.
fn connect(player: Player, target: &HtmlElement, options: &Options) {
    start(player, options);
    if options.untitled {
        let _ = target.class_list().add_1("untitled");
    }
    send_events(player);
    report_size(target);
    listen(player);
}

fn start(player: Player, options: &Options) {
    if let Some(step) = options.start {
        player.show(step.saturating_sub(1));
    }
    if let Some(speed) = options.speed {
        let nearest = |a: f64, b: f64| (a - speed).abs().total_cmp(&(b - speed).abs());
        let best = SPEEDS.iter().enumerate().min_by(|(_, a), (_, b)| nearest(a.0, b.0));
        player.speed.set(best.map_or(0, |(idx, _)| idx));
    }
    player.looping.set(options.looping);
    if options.autoplay && !browser::reduced_motion() {
        player.playing.set(true);
    }
}

fn state(player: Player, kind: &str) -> Value {
    let at = player.at.get_untracked();
    player.run.with_untracked(|run| {
        let step = run.step(at);
        json!({
            "source": SOURCE, "v": VERSION, "type": kind, "sim": run.meta.id,
            "step": at + 1, "steps": run.len(),
            "time": step.map(|it| it.time), "tag": step.map(|it| it.tag),
            "playing": player.playing.get_untracked(), "scenario": run.scenario,
        })
    })
}

fn send_events(player: Player) {
    Effect::new(move |first: Option<()>| {
        let at = player.at.get();
        let last = player.len() == at + 1;
        post(&state(player, if first.is_none() { "ready" } else { "step" }));
        if first.is_some() && last {
            post(&state(player, "end"));
        }
    });
}

/// Tells the height whenever it changes, in every form that some host listens for.
fn report_size(target: &HtmlElement) {
    let element = target.clone();
    // Read once: the first step writes the state over the fragment.
    let secret = secret();
    let tell = move || {
        let height = element.get_bounding_client_rect().height().ceil();
        if height < 1.0 {
            return;
        }
        post(&json!({ "source": SOURCE, "v": VERSION, "type": "resize", "height": height }));
        post(&json!({ "height": height }));
        post(&json!({ "type": "setHeight", "height": height }));
        let canvas = json!({ "subject": "lti.frameResize", "height": height });
        post(&canvas);
        post_value(&JsValue::from_str(&canvas.to_string()));
        if let Some(secret) = &secret {
            post(&json!({ "message": "height", "value": height, "secret": secret }));
        }
    };
    // The observer tells the first height too, once the figure has one.
    let callback = Closure::<dyn FnMut()>::new(tell);
    if let Ok(observer) = web_sys::ResizeObserver::new(callback.as_ref().unchecked_ref()) {
        observer.observe(target);
        // Both live as long as the page.
        std::mem::forget(observer);
    }
    callback.forget();
}

/// What WordPress appends to the address of its frames as `#?secret=…`.
fn secret() -> Option<String> {
    let (_, fragment) = browser::address()?;
    let secret = fragment.split(['?', '&']).find_map(|it| it.strip_prefix("secret="))?;
    let plain = secret.chars().all(|it| it.is_ascii_alphanumeric()) && secret.len() <= 64;
    plain.then(|| secret.to_owned())
}

fn listen(player: Player) {
    let heard = move |event: MessageEvent| {
        // Only the page around this frame may steer it.
        let from_parent = || {
            let parent = browser::window()?.parent().ok()??;
            Some(JsValue::from(event.source()?) == JsValue::from(parent))
        };
        if from_parent() != Some(true) {
            return;
        }
        let text = js_sys::JSON::stringify(&event.data()).ok().and_then(|it| it.as_string());
        let message = text.filter(|it| it.len() <= MESSAGE_BYTES_MAX);
        let message: Option<Value> = message.and_then(|it| serde_json::from_str(&it).ok());
        if let Some(command) = message.as_ref().and_then(command) {
            obey(player, command);
        }
    };
    let callback = Closure::<dyn FnMut(MessageEvent)>::new(heard);
    if let Some(window) = browser::window() {
        let _ =
            window.add_event_listener_with_callback("message", callback.as_ref().unchecked_ref());
    }
    callback.forget();
}

fn obey(player: Player, command: Command) {
    let at = player.at.get_untracked();
    match command {
        Command::Play if !player.playing.get_untracked() => player.act(Action::PlayPause),
        Command::Play => {}
        Command::Pause => player.playing.set(false),
        Command::Step(by) => {
            let by_steps = usize::try_from(by.unsigned_abs()).unwrap_or(usize::MAX);
            player.playing.set(false);
            player.show(if by < 0 {
                at.saturating_sub(by_steps)
            } else {
                at.saturating_add(by_steps)
            });
        }
        Command::Seek(step) => {
            player.playing.set(false);
            player.show(step.saturating_sub(1));
        }
        Command::SetParams(changed) => {
            let now = player.run.with_untracked(|run| run.scenario.clone());
            if let Err(error) = player.load(&link::apply(&now, &changed), None) {
                let faults: Vec<Value> = error
                    .0
                    .iter()
                    .map(|it| json!({ "at": it.at, "fault": it.fault.to_string() }))
                    .collect();
                post(&json!({ "source": SOURCE, "v": VERSION, "type": "error", "faults": faults }));
            }
        }
        Command::GetState => post(&state(player, "state")),
    }
}

fn post(message: &Value) {
    if let Ok(value) = js_sys::JSON::parse(&message.to_string()) {
        post_value(&value);
    }
}

/// To the page around this frame; a page of its own has none.
fn post_value(value: &JsValue) {
    let Some(window) = browser::window() else { return };
    if let Ok(Some(parent)) = window.parent()
        && JsValue::from(&parent) != JsValue::from(&window)
    {
        // The figure holds nothing private, and the host's address is not known here.
        let _ = parent.post_message(value, "*");
    }
}

#[cfg(test)]
mod tests {
    use super::{Command, command};
    use serde_json::json;

    #[test]
    fn only_our_own_messages_are_commands() {
        let ours = |kind: &str| json!({"source": "interleave", "v": 1, "type": kind});
        assert_eq!(command(&ours("play")), Some(Command::Play));
        assert_eq!(command(&ours("step")), Some(Command::Step(1)));
        assert_eq!(command(&ours("eval")), None);
        assert_eq!(command(&json!({"type": "play"})), None);
        assert_eq!(command(&json!({"source": "interleave", "v": 2, "type": "play"})), None);
        for odd in [json!(null), json!(3), json!("play"), json!([]), json!({"source": 1})] {
            assert_eq!(command(&odd), None);
        }
    }

    #[test]
    fn arguments_are_checked() {
        let with = |key: &str, value: serde_json::Value| {
            let mut message = json!({"source": "interleave", "v": 1, "type": "seek"});
            message[key] = value;
            command(&message)
        };
        assert_eq!(with("step", json!(4)), Some(Command::Seek(4)));
        assert_eq!(with("step", json!(-4)), None);
        assert_eq!(with("step", json!("x")), None);
        assert_eq!(with("other", json!(1)), None);
    }
}
