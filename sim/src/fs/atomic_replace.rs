//! Replacing a file: which crash leaves the old content, the new one, or neither.
//!
//! # Model
//! A program replaces the content of one file. What it changes is in memory: blocks of data, the size
//! in an inode, the directory. Whoever steps chooses what comes next: the next call of the program,
//! one dirty thing that reaches the disk, or the power failing. A thing reaches the disk whole. In
//! any order: a file system that promises no more than POSIX does. With a journal: names and sizes
//! commit together, data goes from front to back, and a size counts blocks that are written.
//! # Ties
//! Choices are listed: the program, data, inodes, the directory or the journal, the power.
//! # Left out
//! Calls that fail, blocks written in part, `close`, ext4's rule for files cut with `O_TRUNC`, and the
//! disk's own cache, which a flush empties.
//! # Source
//! `pillai-2014`, for the crash states; `man-fsync`, `posix-rename`, `linux-ext4`.

use super::replace::{Call, Move, Setup, State, System, Under, Way};
use super::replace_scene;
use crate::engine::{Better, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::machine::{
    AfterPicks, Machine, PICKS_ARE_STEPS, SEED_FIELD, Then, picks_field, then_field,
};
use crate::scene::Scene;
use serde::Deserialize;

/// The machine.
pub(crate) struct AtomicReplace;

/// The name leads to something that is neither the old nor the new content.
const NEITHER: &str = "neither old nor new";

/// The program has said that all is well, and the old content is back.
const NOT_SAVED: &str = "saved, but old";

/// Most choices at once: the program, data of two files, inodes, the directory, the power.
const CHOICES_MAX: usize = 12;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    way: Way,
    fsync_file: bool,
    fsync_dir: bool,
    system: System,
    n_blocks: u8,
    picks: Vec<u32>,
    then: AfterPicks,
    seed: u64,
}

impl Machine for AtomicReplace {
    type Scenario = Scenario;
    type Program = Setup;
    type State = State;
    const META: Meta = Meta {
        id: "fs/atomic_replace",
        title: "Replacing a file safely",
        summary: "A program replaces a file, and the power may fail at any moment, with any part \
                  of its changes on the disk.",
        look_for: "Leave out one step, explore all crashes, and see which of them leave neither \
                   the old content nor the new.",
        source: "pillai-2014/2",
        time_unit: "steps",
        markers: &["fsync", "rename", "crash", "broken"],
    };
    const FORM: &'static [Field] = &[
        Field::new(
            "way",
            "How the content is replaced",
            Kind::Choice(&[
                ("rename", "a temporary file, then rename"),
                ("copy", "a temporary file, then copy it back"),
                ("truncate", "open with O_TRUNC and write"),
                ("overwrite", "write over the old blocks"),
            ]),
        )
        .or(Preset::Text("rename")),
        Field::new("fsync_file", "fsync of the file", Kind::Flag).or(Preset::Flag(true)),
        Field::new("fsync_dir", "fsync of the directory", Kind::Flag).or(Preset::Flag(true)),
        Field::new(
            "system",
            "The file system writes",
            Kind::Choice(&[
                ("any_order", "in any order"),
                ("delayed", "names by a journal, data later"),
                ("ext4", "the same, data before a rename that replaces"),
            ]),
        )
        .help(
            "Delayed allocation gives data its place late; the last one is ext4's rule since 2009.",
        )
        .or(Preset::Text("any_order")),
        Field::new("n_blocks", "Blocks of the file", Kind::Int { min: 1, max: 3 })
            .unit("blocks")
            .or(Preset::Int(2)),
        picks_field("Steps so far", PICKS_ARE_STEPS, CHOICES_MAX),
        then_field(
            "After these steps",
            &[
                ("stop", "Stop and let me pick"),
                ("first", "The program to its end, then the disk"),
                ("turns", "In turns"),
                ("random", "At random"),
            ],
            "stop",
        ),
        SEED_FIELD,
    ];
    const EXAMPLE: &'static str =
        r#"{"way": "rename", "fsync_file": false, "picks": [0, 0, 0, 0, 4, 4]}"#;

    fn load(scenario: &Scenario) -> Result<Setup, ScenarioError> {
        let &Scenario { way, fsync_file, fsync_dir, system, n_blocks, .. } = scenario;
        Ok(Setup::new(way, fsync_file, fsync_dir, system, n_blocks))
    }

    fn picks(scenario: &Scenario) -> &[u32] {
        &scenario.picks
    }

    fn then(scenario: &Scenario) -> Then {
        scenario.then.with(scenario.seed)
    }

    fn start(setup: &Setup) -> State {
        State::new(setup)
    }

    fn choices(setup: &Setup, state: &State) -> Vec<String> {
        setup.moves(state).into_iter().map(|it| setup.label(state, it)).collect()
    }

    fn n_choices(setup: &Setup, state: &State) -> u32 {
        u32::try_from(setup.moves(state).len()).unwrap_or_default()
    }

    fn step(setup: &Setup, state: &mut State, pick: u32) {
        if let Some(it) = setup.picked(state, pick) {
            state.go(setup, it);
        }
    }

    fn tell(setup: &Setup, before: Option<(&State, u32)>, after: &State) -> (&'static str, String) {
        let taken = before.and_then(|(state, pick)| Some((state, setup.picked(state, pick)?)));
        let Some((before, it)) = taken else {
            let say = "The file f holds the old content, on the disk too, because it was written \
                       long ago.";
            return ("start", say.to_owned());
        };
        setup.tell(before, it, after, Self::broken(setup, after).is_some())
    }

    fn scene(setup: &Setup, past: &[Frame<State>]) -> Scene {
        let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
        replace_scene::scene(setup, state)
    }

    fn broken(setup: &Setup, state: &State) -> Option<&'static str> {
        match (state.crashed, state.under(setup)) {
            (false, _) | (true, Under::New) => None,
            (true, Under::Old) => state.has_said(setup).then_some(NOT_SAVED),
            (true, _) => Some(NEITHER),
        }
    }

    fn outcome(setup: &Setup, state: &State) -> String {
        let said = if state.has_said(setup) { "after" } else { "before" };
        format!("{} ({said} the program has said \"saved\")", state.under(setup).said())
    }

    fn metrics(setup: &Setup, picks: &[u32], last: &State, log: &mut Log<State>) {
        let under = last.under(setup);
        let mut count = |key, label, value: usize, unit, better| {
            log.metric(key, label, value as f64, unit, better);
        };
        let n_syncs = setup.program.iter().filter(|it| matches!(it, Call::Fsync(_))).count();
        count("n_steps", "Steps taken", picks.len(), "steps", Better::Neither);
        count("n_syncs", "Calls of fsync", n_syncs, "calls", Better::Lower);
        let bit = usize::from;
        count("is_old", "Old content (1 = yes)", bit(under == Under::Old), "", Better::Neither);
        count("is_new", "New content (1 = yes)", bit(under == Under::New), "", Better::Neither);
        let neither = !matches!(under, Under::Old | Under::New);
        count("is_neither", "Neither (1 = yes)", bit(neither), "", Better::Lower);
        let said = bit(last.has_said(setup));
        count(
            "has_said_saved",
            "The program has said \"saved\" (1 = yes)",
            said,
            "",
            Better::Neither,
        );
    }

    fn actors(_: &Setup) -> Vec<String> {
        ["program", "kernel", "power"].map(str::to_owned).to_vec()
    }

    fn actor(setup: &Setup, state: &State, pick: u32) -> Option<u16> {
        setup.picked(state, pick).map(Move::actor)
    }
}

#[cfg(test)]
mod tests {
    use super::super::replace::{Call, File, Names, Setup, State, System, TEMP, Under, Way};
    use super::{AtomicReplace, NEITHER, NOT_SAVED};
    use crate::explore::explore_value;
    use crate::machine::Machine;
    use serde_json::{Value, json};
    use std::collections::BTreeSet;

    /// Every law that some crash breaks.
    fn broken(scenario: &Value) -> Vec<&'static str> {
        let found = explore_value::<AtomicReplace>(scenario, 1_000_000).unwrap();
        assert!(found.complete, "{scenario}");
        let mut laws: Vec<&str> = found.laws.iter().map(|it| it.law).collect();
        laws.sort_unstable();
        laws
    }

    fn scenario(way: &str, fsync_file: bool, fsync_dir: bool, system: &str, n: u8) -> Value {
        json!({"way": way, "fsync_file": fsync_file, "fsync_dir": fsync_dir, "system": system,
            "n_blocks": n})
    }

    #[test]
    fn the_full_sequence_leaves_old_or_new_and_after_its_end_new() {
        for system in ["any_order", "delayed", "ext4"] {
            for n in 1..=3 {
                assert!(broken(&scenario("rename", true, true, system, n)).is_empty());
            }
        }
    }

    #[test]
    fn without_the_fsync_of_the_directory_only_which_one_is_open() {
        for system in ["any_order", "delayed", "ext4"] {
            for n in 1..=3 {
                let told = broken(&scenario("rename", true, false, system, n));
                assert_eq!(told, [NOT_SAVED]);
            }
        }
    }

    #[test]
    fn without_the_fsync_of_the_file_there_may_be_neither_but_for_the_rule_of_ext4() {
        for n in 1..=3 {
            for system in ["any_order", "delayed"] {
                assert_eq!(broken(&scenario("rename", false, true, system, n)), [NEITHER]);
            }
            assert!(broken(&scenario("rename", false, true, "ext4", n)).is_empty());
        }
    }

    #[test]
    fn in_place_and_copied_back_there_may_be_neither() {
        for system in ["any_order", "delayed", "ext4"] {
            for way in ["copy", "truncate", "overwrite"] {
                for n in 1..=3 {
                    let told = broken(&scenario(way, true, true, system, n));
                    // A single block that is overwritten is old or new.
                    let safe = way == "overwrite" && n == 1;
                    assert_eq!(told.contains(&NEITHER), !safe, "{way} {system} {n}");
                }
            }
        }
    }

    /// A slow oracle for the weakest file system: each thing on the disk is any of the values that
    /// it had in memory since it was last synced.
    fn oracle(setup: &Setup) -> BTreeSet<(Under, bool)> {
        let mut out = BTreeSet::new();
        let mut state = State::new(setup);
        let mut inodes =
            [0, 1].map(|at: usize| vec![(state.files[at].size[0], state.files[at].fresh[0])]);
        let mut names: Vec<Names> = vec![Names::Old];
        let mut data = [0_u8; 2];
        for line in 0..=setup.program.len() {
            let n_data = 1_u32 << (2 * setup.n);
            for mask in 0..n_data {
                for &old in &inodes[0] {
                    for &temp in &inodes[1] {
                        for &name in &names {
                            let mut crash = state.clone();
                            crash.names[1] = name;
                            for (at, (size, fresh)) in [old, temp].into_iter().enumerate() {
                                let File { new, .. } = state.files[at];
                                let part = u8::try_from(
                                    mask >> (u32::try_from(at).unwrap() * u32::from(setup.n)) & 7,
                                )
                                .unwrap()
                                    & ((1 << setup.n) - 1);
                                crash.files[at].size[1] = size;
                                crash.files[at].fresh[1] = fresh;
                                crash.files[at].new[1] = data[at] | part & new[0];
                            }
                            out.insert((crash.under(setup), crash.has_said(setup)));
                        }
                    }
                }
            }
            let Some(&call) = setup.program.get(line) else { break };
            let mut quiet = state.clone();
            quiet.go(setup, super::super::replace::Move::Program);
            state = quiet;
            for (at, values) in inodes.iter_mut().enumerate() {
                values.push((state.files[at].size[0], state.files[at].fresh[0]));
            }
            names.push(state.names[0]);
            match call {
                Call::Fsync(Some(at)) => {
                    data[at] = state.files[at].new[0];
                    inodes[at] = vec![(state.files[at].size[0], state.files[at].fresh[0])];
                }
                Call::Fsync(None) => names = vec![state.names[0]],
                _ => {}
            }
        }
        out
    }

    /// What the machine reaches, walked the simple way.
    fn reached(setup: &Setup) -> BTreeSet<(Under, bool)> {
        let mut seen: Vec<State> = Vec::new();
        let mut open = vec![State::new(setup)];
        let mut out = BTreeSet::new();
        while let Some(state) = open.pop() {
            if seen.contains(&state) {
                continue;
            }
            seen.push(state.clone());
            if state.crashed {
                out.insert((state.under(setup), state.has_said(setup)));
            }
            for pick in 0..AtomicReplace::n_choices(setup, &state) {
                let mut next = state.clone();
                AtomicReplace::step(setup, &mut next, pick);
                open.push(next);
            }
        }
        out
    }

    #[test]
    fn in_any_order_every_crash_state_and_no_other_is_reached() {
        for way in [Way::Rename, Way::Copy, Way::Truncate, Way::Overwrite] {
            for bits in 0..4 {
                for n in 1..=2 {
                    let (file, dir) = (bits & 1 == 1, bits & 2 == 2);
                    let setup = Setup::new(way, file, dir, System::AnyOrder, n);
                    assert_eq!(reached(&setup), oracle(&setup), "{way:?} {file} {dir} {n}");
                }
            }
        }
    }

    #[test]
    fn a_stronger_file_system_leaves_no_state_that_a_weaker_one_does_not() {
        for way in [Way::Rename, Way::Copy, Way::Truncate, Way::Overwrite] {
            for bits in 0..4 {
                let of =
                    |system| reached(&Setup::new(way, bits & 1 == 1, bits & 2 == 2, system, 2));
                let all = [System::AnyOrder, System::Delayed, System::Ext4].map(of);
                // A journal that has not committed counts a size from the data that is there, so
                // a front part may be seen where any order gives a hole.
                let plain = |it: &(Under, bool)| matches!(it.0, Under::Old | Under::New);
                let kept = |from: &BTreeSet<(Under, bool)>| -> BTreeSet<(Under, bool)> {
                    from.iter().copied().filter(plain).collect()
                };
                assert!(kept(&all[1]).is_subset(&kept(&all[0])), "{way:?} {bits}");
                assert!(all[2].is_subset(&all[1]), "{way:?} {bits}");
            }
        }
        assert_eq!(TEMP, 1);
    }
}
