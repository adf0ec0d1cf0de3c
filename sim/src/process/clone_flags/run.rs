//! One call after the other, object by object.

use super::Scenario;
use super::flags::{
    CHILD_CLEARTID, CHILD_SETTID, NAMESPACES, NEW, NEWPID, PARENT, PARENT_SETTID, SETTLS, THREAD,
    VFORK, names, refused,
};
use super::script::{Call, Does, TASKS_MAX};
use super::world::{GROUP, HANDLERS, KINDS, MEMORY, OPEN_FILES, Task, World, made_for, name};
use crate::engine::{Log, Shot};
use crate::error::ScenarioError;
use crate::words::list;

/// What an object can be for the new task.
const ANSWERS: [&str; 3] = ["shared with its maker", "a copy of its own", "new and empty"];

/// A log with its clock: one step after the other.
struct Steps<'a> {
    log: &'a mut Log<World>,
    time: u64,
}

impl Steps<'_> {
    fn step(
        &mut self,
        tag: &'static str,
        world: &World,
        say: String,
        ask: Option<(String, usize)>,
    ) -> Result<(), ScenarioError> {
        let time = self.time;
        self.time += 1;
        self.log.step(time, tag, || {
            let shot = Shot::new(say, world.clone());
            match ask {
                Some((question, answer)) => {
                    shot.ask(&question, ANSWERS.map(str::to_owned).to_vec(), answer)
                }
                None => shot,
            }
        })
    }
}

/// Takes all calls.
pub(super) fn run(
    scenario: &Scenario,
    calls: &[Call],
    world: &mut World,
    log: &mut Log<World>,
) -> Result<(), ScenarioError> {
    let mut steps = Steps { log, time: 0 };
    let say = "T1 is the only task: its TID is its TGID, because it leads its own thread group.";
    steps.step("start", world, say.to_owned(), None)?;
    for call in calls {
        world.refused = false;
        world.about = None;
        if let Some(why) = cannot(world, call) {
            world.n_refused += 1;
            world.refused = true;
            steps.step("refused", world, why, None)?;
            continue;
        }
        match call.does {
            Does::Exec => exec(world, call.who, &mut steps)?,
            Does::Clone(flags) => clone(scenario, world, call, flags, &mut steps)?,
        }
    }
    Ok(())
}

/// Why a task cannot call anything now.
fn cannot(world: &World, call: &Call) -> Option<String> {
    let me = name(call.who);
    let Some(task) = world.tasks.get(call.who) else {
        return Some(format!("{me} calls nothing, because it does not exist yet."));
    };
    if let Some(child) = task.sleeps_for {
        let child = name(child);
        return Some(format!("{me} sleeps until {child} calls exec, because of CLONE_VFORK."));
    }
    if matches!(call.does, Does::Clone(_)) && TASKS_MAX <= world.tasks.len() {
        return Some(format!("{me} gets EAGAIN, because {TASKS_MAX} tasks are the limit here."));
    }
    let leader = task.leader;
    let threads = world.tasks.iter().filter(|it| it.leader == leader).count();
    if call.does == Does::Exec && 1 < threads {
        return Some(format!(
            "{me} does not call exec here, because that would end all other threads of its group."
        ));
    }
    None
}

fn clone(
    scenario: &Scenario,
    world: &mut World,
    call: &Call,
    flags: u64,
    steps: &mut Steps<'_>,
) -> Result<(), ScenarioError> {
    let me = name(call.who);
    world.flags = flags;
    let set = names(flags);
    let with = match set.is_empty() {
        true => "without any flag".to_owned(),
        false => format!("with {}", list(&set)),
    };
    let say = format!("{me} calls clone {with}: this is “{}”.", call.text);
    steps.step("call", world, say, None)?;
    if let Some((error, why)) = refused(flags, scenario.privileged) {
        world.n_refused += 1;
        world.refused = true;
        return steps.step("refused", world, format!("{me} gets {error}, because {why}."), None);
    }
    let new = begin(world, call.who, flags);
    for kind in 0..KINDS.len() {
        object(world, call.who, new, kind, steps)?;
    }
    spaces(world, call.who, new, steps)?;
    numbers(world, call.who, new, steps)?;
    small(world, new, steps)?;
    returns(world, call.who, new, steps)
}

/// A task that refers to nothing yet.
fn begin(world: &mut World, maker: usize, flags: u64) -> usize {
    let new = world.tasks.len();
    let thread = flags & THREAD != 0;
    let leader = world.tasks[maker].leader;
    // The parent of a process is a process: whichever thread makes it, its group waits for it.
    let up = if thread || flags & PARENT != 0 { world.tasks[maker].parent } else { Some(leader) };
    world.tasks.push(Task {
        objects: [None; KINDS.len()],
        spaces: world.tasks[maker].spaces,
        tid: None,
        tid_inside: 0,
        leader: if thread { leader } else { new },
        parent: up,
        has_tls: false,
        clears_tid: false,
        sleeps_for: None,
        program: 0,
    });
    new
}

fn object(
    world: &mut World,
    maker: usize,
    new: usize,
    kind: usize,
    steps: &mut Steps<'_>,
) -> Result<(), ScenarioError> {
    let it = &KINDS[kind];
    let shared = world.flags & it.flag != 0;
    let own = if shared { world.tasks[maker].objects[kind] } else { Some(new) };
    world.tasks[new].objects[kind] = own;
    world.about = Some((new, kind));
    let (who, up, label, flag) = (name(new), name(maker), it.label, it.name);
    let (tag, say, answer) = if shared {
        let means = it.shared_means;
        let say = format!("{who} shares the {label} with {up}, because {flag} is set: {means}.");
        ("share", say, 0)
    } else if it.copied {
        let means = it.own_means;
        let say = format!("{who} gets a copy of the {label}, because {flag} is not set: {means}.");
        ("copy", say, 1)
    } else {
        let means = it.own_means;
        let say = format!("{who} gets a new {label}, because {flag} is not set: {means}.");
        ("new", say, 2)
    };
    let question = format!("What does {who} get as “{label}”?");
    steps.step(tag, world, say, Some((question, answer)))
}

fn spaces(
    world: &mut World,
    maker: usize,
    new: usize,
    steps: &mut Steps<'_>,
) -> Result<(), ScenarioError> {
    let mut fresh = Vec::new();
    for (at, (flag, label)) in NAMESPACES.iter().enumerate() {
        if world.flags & flag != 0 {
            world.tasks[new].spaces[at] = new;
            fresh.push(*label);
        }
    }
    world.about = Some((new, KINDS.len()));
    let (who, up) = (name(new), name(maker));
    if world.flags & NEW == 0 {
        let say = format!(
            "{who} is in the same namespaces as {up}, because no CLONE_NEW flag is set: both see \
             the same system."
        );
        return steps.step("share", world, say, None);
    }
    let noun = if fresh.len() == 1 { "namespace" } else { "namespaces" };
    let say = format!(
        "{who} gets new {noun}: {}, because their flags are set; the others it shares with {up}.",
        list(&fresh)
    );
    steps.step("new", world, say, None)
}

fn numbers(
    world: &mut World,
    maker: usize,
    new: usize,
    steps: &mut Steps<'_>,
) -> Result<(), ScenarioError> {
    world.number(new);
    world.about = Some((new, GROUP));
    let who = name(new);
    let tid = world.tasks[new].tid.unwrap_or_default();
    let say = if world.flags & THREAD != 0 {
        let group = world.getpid(new);
        format!(
            "{who} gets TID {tid} and keeps TGID {group}, because it is a thread of the same \
             group as {}.",
            name(maker)
        )
    } else if world.flags & NEWPID != 0 {
        format!("{who} is number 1 inside of its PID namespace and {tid} outside: both are real.")
    } else {
        format!("{who} gets TID {tid} and leads a group of that number, because it is a process.")
    };
    steps.step("number", world, say, None)
}

/// What flags of little things do.
fn small(world: &mut World, new: usize, steps: &mut Steps<'_>) -> Result<(), ScenarioError> {
    let flags = world.flags;
    let mut parts = Vec::new();
    if flags & SETTLS != 0 {
        parts.push("its FS base points to thread-local storage of its own");
    }
    if flags & PARENT_SETTID != 0 {
        parts.push("its TID is stored where its maker asked for it");
    }
    if flags & CHILD_SETTID != 0 {
        parts.push("its TID is stored in its own memory");
    }
    if flags & CHILD_CLEARTID != 0 {
        parts.push("at its end its TID is cleared and a join is woken");
    }
    let task = &mut world.tasks[new];
    task.has_tls = flags & SETTLS != 0 || flags & THREAD == 0;
    task.clears_tid = flags & CHILD_CLEARTID != 0;
    if parts.is_empty() {
        return Ok(());
    }
    let say = format!("{} is made ready as its maker wants it: {}.", name(new), list(&parts));
    steps.step("small", world, say, None)
}

fn returns(
    world: &mut World,
    maker: usize,
    new: usize,
    steps: &mut Steps<'_>,
) -> Result<(), ScenarioError> {
    world.about = None;
    let (me, who) = (name(maker), name(new));
    // The maker is told the number that it can see.
    const PID: usize = 3;
    let visible = if world.tasks[maker].spaces[PID] == world.tasks[new].spaces[PID] {
        world.tasks[new].tid_inside
    } else {
        world.tasks[new].tid.unwrap_or_default()
    };
    let say = if world.flags & VFORK != 0 {
        world.tasks[maker].sleeps_for = Some(new);
        format!("{who} runs, and {me} sleeps until {who} calls exec, because of CLONE_VFORK.")
    } else {
        format!("{me} gets {visible} from clone and {who} gets 0: from here on both run.")
    };
    steps.step("returns", world, say, None)
}

fn exec(world: &mut World, who: usize, steps: &mut Steps<'_>) -> Result<(), ScenarioError> {
    let me = name(who);
    let mut parts = Vec::new();
    world.tasks[who].program += 1;
    let own = made_for(who, world.tasks[who].program);
    for (kind, what) in [
        (MEMORY, "a new address space"),
        (OPEN_FILES, "a table of files of its own"),
        (HANDLERS, "handlers of its own, all default"),
    ] {
        let shared =
            world.tasks.iter().filter(|it| it.objects[kind] == world.tasks[who].objects[kind]);
        if kind == MEMORY || 1 < shared.count() {
            world.tasks[who].objects[kind] = Some(own);
            parts.push(what);
        }
    }
    world.about = Some((who, MEMORY));
    let mut say = format!(
        "{me} calls exec and gets {}, because the old program is thrown away",
        list(&parts)
    );
    for (at, task) in world.tasks.iter_mut().enumerate() {
        if task.sleeps_for == Some(who) {
            task.sleeps_for = None;
            say.push_str(&format!("; {} wakes up", name(at)));
        }
    }
    say.push('.');
    steps.step("exec", world, say, None)
}
