//! A pipe: a ring of bytes, processes that sleep at its ends, and how each side learns that the other has gone.
//!
//! # Model
//! The ring holds so many bytes. `read` takes what there is, up to what was asked for; `write`
//! puts in what there is room for. Up to `PIPE_BUF` bytes go in as a whole; more of them may go in
//! by parts, with bytes of others between. Whoever can do nothing sleeps, or fails with `EAGAIN`.
//! An end counts as closed when no process has it open.
//! # Ties
//! Processes step in turn, or each until it sleeps; of several that can, the next in the circle.
//! # Left out
//! The pages of the ring: Linux keeps 16, and small writes may leave some half empty. Descriptors
//! that are passed on, `splice`, and signals other than `SIGPIPE`.
//! # Source
//! `man-pipe`, on capacity, `PIPE_BUF` and ends; `posix-write` for what stays together.

#[cfg(test)]
mod laws;
mod scene;
mod script;
mod world;

use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use crate::words::list;
use script::{Does, PROCS_MAX};
use serde::Deserialize;
use world::{ANSWERS, Life, Setup, Told, World, name};

/// The engine.
pub(crate) struct Pipe;

/// Most steps; a process may write for ever.
const STEPS_MAX: u64 = 600;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    script: String,
    capacity_bytes: u64,
    nonblocking: bool,
    sigpipe: Sigpipe,
    order: Order,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Sigpipe {
    Default,
    Ignored,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Order {
    Turns,
    UntilAsleep,
}

impl Scenario {
    /// # Errors
    /// A script that cannot be read.
    fn setup(&self) -> Result<Setup, ScenarioError> {
        Ok(Setup {
            parts: script::parse(&self.script)?,
            capacity: self.capacity_bytes,
            nonblocking: self.nonblocking,
            ignores_sigpipe: self.sigpipe == Sigpipe::Ignored,
        })
    }
}

impl Engine for Pipe {
    type Scenario = Scenario;
    type State = World;
    const META: Meta = Meta {
        id: "process/pipe",
        title: "A pipe",
        summary: "Bytes go through a ring in the kernel; the faster side sleeps.",
        look_for: "A full ring puts the writer to sleep, an empty one the reader.",
        source: "man-pipe/7",
        time_unit: "steps",
        markers: &["sleep", "eof", "broken", "stuck"],
    };
    const FORM: &'static [Field] = &[
        Field::new("script", "Script", Kind::Code { max_chars: 3_000 }).help(
            "One a line: P1 write 3000, P1 write 8192 repeat, P2 read 4096 repeat, P1 close w; \
                 P3 wait (for the end of all others); P1 holds rw says which ends it has open at \
                 the start, where that is not what it uses.",
        ),
        Field::new("capacity_bytes", "Capacity", Kind::Int { min: 4_096, max: 1 << 20 })
            .unit("bytes")
            .help("65,536 on Linux; F_SETPIPE_SZ changes it, up to 1 MiB for ordinary users.")
            .or(Preset::Int(65_536)),
        Field::new("nonblocking", "O_NONBLOCK", Kind::Flag)
            .help("Nobody sleeps: the call fails with EAGAIN.")
            .or(Preset::Flag(false)),
        Field::new(
            "sigpipe",
            "SIGPIPE",
            Kind::Choice(&[("default", "ends the process"), ("ignored", "is ignored")]),
        )
        .or(Preset::Text("default")),
        Field::new(
            "order",
            "Who steps",
            Kind::Choice(&[
                ("turns", "One call each, in turn"),
                ("until_asleep", "One until it sleeps"),
            ]),
        )
        .or(Preset::Text("turns")),
    ];
    const EXAMPLE: &'static str = r#"{"script": "P1 write 20000 repeat\nP2 read 8192\nP2 read 8192\nP2 read 65536\nP2 read 4096\n", "order": "until_asleep"}"#;

    fn run(scenario: &Scenario, log: &mut Log<World>) -> Result<(), ScenarioError> {
        let setup = scenario.setup()?;
        let mut world = World::new(&setup);
        log.step(0, "start", || Shot::new(start(&world), world.clone()))?;
        let mut time = 1;
        while let Some(who) = pick(scenario, &setup, &world) {
            if STEPS_MAX < time {
                let say = format!("The model stops here, after {STEPS_MAX} steps: it goes on so.");
                log.step(time, "cut", || Shot::new(say, world.clone()))?;
                break;
            }
            let text = world.op(&setup, who).map(|it| it.text.clone());
            let told = world.step(&setup, who);
            log.step(time, told.tag, || shot(told, who, text, &world))?;
            time += 1;
        }
        let asleep: Vec<usize> =
            (0..world.procs.len()).filter(|&it| world.procs[it].life == Life::Asleep).collect();
        let stuck = !asleep.is_empty() && pick(scenario, &setup, &world).is_none();
        if stuck {
            let say = stuck_say(&setup, &world, &asleep);
            log.step(time, "stuck", || Shot::new(say, world.clone()))?;
        }
        metrics(&world, stuck, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<World>]) -> Scene {
        // Without a script that can be read there are no frames to draw.
        scenario.setup().map_or_else(|_| Scene::default(), |setup| scene::scene(&setup, past))
    }

    fn actors(_: &Scenario) -> Vec<String> {
        (0..usize::from(PROCS_MAX)).map(name).collect()
    }
}

/// Who steps next.
fn pick(scenario: &Scenario, setup: &Setup, world: &World) -> Option<usize> {
    let n = world.procs.len();
    let last = world.acting.unwrap_or(n.saturating_sub(1));
    let from = match (scenario.order, world.acting) {
        (Order::UntilAsleep, Some(last)) => last,
        _ => last + 1,
    };
    (from..from + n).map(|it| it % n).find(|&it| world.able(setup, it))
}

fn shot(told: Told, who: usize, text: Option<String>, world: &World) -> Shot<World> {
    let shot = Shot::new(told.say, world.clone());
    let (Some(answer), Some(text)) = (told.answer, text) else { return shot };
    let at = ANSWERS.iter().position(|it| it.0 == answer).unwrap_or_default();
    let question = format!("{} calls `{text}`. What happens?", name(who));
    shot.ask(&question, ANSWERS.map(|it| it.1.to_owned()).to_vec(), at)
}

fn names(of: &[usize]) -> String {
    let all: Vec<String> = of.iter().map(|&it| name(it)).collect();
    if all.is_empty() { "nobody".to_owned() } else { list(&all) }
}

fn start(world: &World) -> String {
    format!(
        "The pipe is empty, because nobody has written yet; {} can read and {} can write.",
        names(&world.holders(true)),
        names(&world.holders(false))
    )
}

/// Why nobody can go on: those that sleep at the pipe, and those that wait for them.
fn stuck_say(setup: &Setup, world: &World, asleep: &[usize]) -> String {
    let waits = |it: &usize| world.op(setup, *it).is_some_and(|it| it.does == Does::Wait);
    let (waiting, at_pipe): (Vec<usize>, Vec<usize>) = asleep.iter().copied().partition(waits);
    if at_pipe.is_empty() {
        let all = names(&waiting);
        return format!("{all} wait for ever, because each of them waits for the others to end.");
    }
    let empty = world.used() == 0;
    let holders = world.holders(!empty);
    let (what, end) = if empty { ("bytes", "write") } else { ("room", "read") };
    let sleep = if at_pipe.len() == 1 { "sleeps" } else { "sleep" };
    let (has, never) =
        if holders.len() == 1 { ("has", "never uses it") } else { ("have", "never use it") };
    let mut say = format!(
        "{} {sleep} for ever, waiting for {what}, because {} {has} the {end} end open and {never}",
        names(&at_pipe),
        names(&holders)
    );
    if !waiting.is_empty() {
        let wait = if waiting.len() == 1 { "waits" } else { "wait" };
        say.push_str(&format!("; {} {wait} for {} to end", names(&waiting), names(&at_pipe)));
    }
    say.push('.');
    say
}

fn metrics(world: &World, stuck: bool, log: &mut Log<World>) {
    let totals = &world.totals;
    let mut count = |key, label, value: u64, unit, better| {
        log.metric(key, label, value as f64, unit, better);
    };
    count("written_bytes", "Bytes written", world.n_in, "bytes", Better::Neither);
    count("read_bytes", "Bytes read", world.n_out, "bytes", Better::Neither);
    count("used_bytes_max", "Fullest", totals.used_max, "bytes", Better::Neither);
    count("n_sleeps", "Calls that slept", totals.n_sleeps.into(), "calls", Better::Lower);
    count("n_switches", "Switches", totals.n_switches.into(), "switches", Better::Lower);
    count("n_again", "Calls with EAGAIN", totals.n_again.into(), "calls", Better::Lower);
    count("n_eof", "Ends of file", totals.n_eof.into(), "times", Better::Neither);
    count("n_broken", "Writes that nobody reads", totals.n_broken.into(), "calls", Better::Lower);
    count("is_stuck", "Stuck (1 = yes)", stuck.into(), "", Better::Lower);
}
