//! Engines whose next step is somebody's choice.

use crate::engine::{Engine, Entry, Frame, Log, Meta, Shot};
use crate::error::{Fault, ScenarioError};
use crate::explore::{explore_value, search_value};
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::de::{Deserialize, DeserializeOwned, Deserializer};
use std::hash::Hash;
use std::marker::PhantomData;

/// Most picks a scenario may hold, and most steps a played schedule may take.
pub const PICKS_MAX: u32 = 1_000;

/// A model whose next step is a scheduler's, a CPU's or a reader's choice.
///
/// A schedule is a list of indexes into [`Machine::choices`], so that it fits a link and replays
/// exactly. The scenario holds the picks made so far; what happens after them is named by
/// [`Machine::then`]. [`Machine::load`] makes a scenario ready once; everything else reads the
/// program that it gives.
pub trait Machine: 'static {
    /// What the reader may set: a program or settings, and the picks.
    type Scenario: DeserializeOwned + Send + Sync + 'static;
    /// The scenario made ready: parsed, checked and laid out.
    type Program: Send + Sync + 'static;
    /// A value: two equal states have the same future. An exploration holds a great many of them
    /// and copies one for each step it tries with `clone_from`, so keep it small and flat.
    type State: Clone + Eq + Hash + Send + Sync + 'static;
    /// Name, title and source.
    const META: Meta;
    /// The scenario's fields; has a list of whole numbers under `picks`.
    const FORM: &'static [Field];
    /// A scenario that shows the point, as JSON.
    const EXAMPLE: &'static str;

    /// Makes a scenario ready.
    ///
    /// # Errors
    /// A program that cannot be read, each fault at its place.
    fn load(scenario: &Self::Scenario) -> Result<Self::Program, ScenarioError>;
    /// The picks made so far.
    fn picks(scenario: &Self::Scenario) -> &[u32];
    /// What happens after the picks.
    fn then(scenario: &Self::Scenario) -> Then;
    /// The first state.
    fn start(program: &Self::Program) -> Self::State;
    /// Labels of the steps possible now, always in the same order. Empty: it has stopped.
    fn choices(program: &Self::Program, state: &Self::State) -> Vec<String>;
    /// How many steps are possible now: the length of [`Machine::choices`], without the labels.
    fn n_choices(program: &Self::Program, state: &Self::State) -> u32;
    /// Takes one of them. `pick` is below [`Machine::n_choices`].
    fn step(program: &Self::Program, state: &mut Self::State, pick: u32);
    /// Tag and sentence of the step that led from `before` to `after`; without one, of the start.
    fn tell(
        program: &Self::Program,
        before: Option<(&Self::State, u32)>,
        after: &Self::State,
    ) -> (&'static str, String);
    /// Draws the last frame of `past`, which is never empty.
    fn scene(program: &Self::Program, past: &[Frame<Self::State>]) -> Scene;
    /// Name of the first law this state breaks. Nothing steps on from such a state.
    fn broken(program: &Self::Program, state: &Self::State) -> Option<&'static str>;
    /// What a state in which nothing can step amounts to, in a few words, such as `counter = 2`.
    fn outcome(program: &Self::Program, state: &Self::State) -> String;
    /// Numbers of the played run that took `picks` and ended in `last`.
    fn metrics(
        program: &Self::Program,
        picks: &[u32],
        last: &Self::State,
        log: &mut Log<Self::State>,
    );
    /// Names by actor index.
    fn actors(program: &Self::Program) -> Vec<String>;

    /// Whose step it is, by actor index.
    fn actor(program: &Self::Program, state: &Self::State, pick: u32) -> Option<u16> {
        let _ = (program, state, pick);
        None
    }
    /// A step that commutes with everything that anybody else can do before it, is possible
    /// whatever they do, breaks no law and changes nothing that a law looks at. `None` if there is
    /// none, or if that is hard to tell.
    fn alone(program: &Self::Program, state: &Self::State) -> Option<u32> {
        let _ = (program, state);
        None
    }
    /// Whether the machine knows what progress is: a fair schedule without it is a livelock.
    const PACED: bool = false;
    /// What a step counts for. Asked only if [`Machine::PACED`].
    fn pace(program: &Self::Program, state: &Self::State, pick: u32) -> Pace {
        let _ = (program, state);
        Pace { action: pick, progress: true }
    }
    /// Bit n: action n is possible, and a fair scheduler does not put it off for ever.
    fn actions(program: &Self::Program, state: &Self::State) -> u32 {
        let _ = (program, state);
        0
    }
}

/// What a step counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// A number below 32, the same for all steps of one thread, CPU or whoever steps.
    pub action: u32,
    /// Whether somebody gets somewhere with it.
    pub progress: bool,
}

/// `then` as a scenario names it; see [`then_field`].
#[derive(Debug, Clone, Copy, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AfterPicks {
    Stop,
    First,
    Turns,
    Random,
}

impl AfterPicks {
    /// With the seed of the scenario.
    pub(crate) const fn with(self, seed: u64) -> Then {
        match self {
            Self::Stop => Then::Stop,
            Self::First => Then::First,
            Self::Turns => Then::Turns,
            Self::Random => Then::Random(seed),
        }
    }
}

/// The field `picks`: `what` is picked, each number below `n_choices`.
pub(crate) const fn picks_field(what: &'static str, help: &'static str, n_choices: usize) -> Field {
    let max = n_choices as i64 - 1;
    let kind = Kind::Ints { min: 0, max, len_min: 0, len_max: PICKS_MAX, single_key: "" };
    Field::new("picks", what, kind).help(help).or(Preset::Empty)
}

/// Help of a `picks` whose choices are steps.
pub(crate) const PICKS_ARE_STEPS: &str =
    "One number a step: which of the possible steps is taken, from 0.";

/// The field `then`, with its four choices in the words of the machine.
pub(crate) const fn then_field(
    label: &'static str,
    choices: &'static [(&'static str, &'static str)],
    preset: &'static str,
) -> Field {
    Field::new("then", label, Kind::Choice(choices)).or(Preset::Text(preset))
}

/// The field `seed` of a machine whose seed is only that of a random schedule.
pub(crate) const SEED_FIELD: Field = Field::new("seed", "Seed", Kind::Int { min: 0, max: 999_999 })
    .help("Another seed gives another random schedule.")
    .or(Preset::Int(1));

/// What happens after the picks of a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Nothing: the reader chooses.
    Stop,
    /// The first possible step, again and again.
    First,
    /// The possible steps in turn: pick number n takes choice n modulo their number.
    Turns,
    /// Random steps from a seed.
    Random(u64),
}

/// The engine that plays a machine along its picks.
#[derive(Debug)]
pub struct Played<M>(PhantomData<M>);

/// A scenario and what was made of it. It is loaded as it is read, so that no frame is drawn from
/// a program that was parsed again.
pub struct Loaded<M: Machine> {
    scenario: M::Scenario,
    program: Result<M::Program, ScenarioError>,
}

impl<'de, M: Machine> Deserialize<'de> for Loaded<M> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let scenario = M::Scenario::deserialize(from)?;
        let program = M::load(&scenario);
        Ok(Self { scenario, program })
    }
}

impl<M: Machine> Engine for Played<M> {
    type Scenario = Loaded<M>;
    type State = M::State;
    const META: Meta = M::META;
    const FORM: &'static [Field] = M::FORM;
    const EXAMPLE: &'static str = M::EXAMPLE;

    fn run(loaded: &Loaded<M>, log: &mut Log<M::State>) -> Result<(), ScenarioError> {
        let program = loaded.program.as_ref().map_err(Clone::clone)?;
        let mut state = M::start(program);
        let (tag, say) = M::tell(program, None, &state);
        log.step(0, tag, || Shot::new(say, state.clone()).choices(open::<M>(program, &state)))?;
        let picks = M::picks(&loaded.scenario);
        let mut after = After::new(M::then(&loaded.scenario));
        let mut taken = Vec::new();
        for at in 0..PICKS_MAX {
            let n = M::n_choices(program, &state);
            if n == 0 || M::broken(program, &state).is_some() {
                break;
            }
            let Some(pick) = next_pick(picks, at, n, &mut after)? else { break };
            taken.push(pick);
            let before = state.clone();
            M::step(program, &mut state, pick);
            let (tag, say) = M::tell(program, Some((&before, pick)), &state);
            let choices = || open::<M>(program, &state);
            let time = u64::from(at) + 1;
            log.step(time, tag, || Shot::new(say, state.clone()).choices(choices()).pick(pick))?;
        }
        M::metrics(program, &taken, &state, log);
        Ok(())
    }

    fn scene(loaded: &Loaded<M>, past: &[Frame<M::State>]) -> Scene {
        // Without a program there are no frames to draw.
        loaded.program.as_ref().map_or_else(|_| Scene::default(), |it| M::scene(it, past))
    }

    fn actors(loaded: &Loaded<M>) -> Vec<String> {
        loaded.program.as_ref().map_or_else(|_| Vec::new(), M::actors)
    }
}

/// The steps that the reader may choose: none once a law is broken.
fn open<M: Machine>(program: &M::Program, state: &M::State) -> Vec<String> {
    match M::broken(program, state) {
        Some(_) => Vec::new(),
        None => M::choices(program, state),
    }
}

impl Entry {
    /// The row of a machine: played, and explored.
    pub(crate) const fn of_machine<M: Machine>() -> Self {
        Self::of::<Played<M>>().explored(explore_value::<M>, search_value::<M>)
    }
}

/// Goes on after the last pick.
struct After {
    then: Then,
    rng: crate::rng::Rng,
    turn: u32,
}

impl After {
    fn new(then: Then) -> Self {
        let seed = if let Then::Random(seed) = then { seed } else { 0 };
        Self { then, rng: crate::rng::Rng::new(seed), turn: 0 }
    }

    fn pick(&mut self, n: u32) -> Option<u32> {
        match self.then {
            Then::Stop => None,
            Then::First => Some(0),
            Then::Turns => {
                self.turn += 1;
                Some((self.turn - 1) % n)
            }
            Then::Random(_) => u32::try_from(self.rng.below(u64::from(n))).ok(),
        }
    }
}

/// The pick at `at` among `n` choices, or `None` if the run stops there.
fn next_pick(
    picks: &[u32],
    at: u32,
    n: u32,
    after: &mut After,
) -> Result<Option<u32>, ScenarioError> {
    let Some(&pick) = usize::try_from(at).ok().and_then(|at| picks.get(at)) else {
        return Ok(after.pick(n));
    };
    if pick < n { Ok(Some(pick)) } else { Err(no_such_pick(at, pick, n)) }
}

fn no_such_pick(at: u32, pick: u32, n: u32) -> ScenarioError {
    let fault = Fault::OutOfRange { got: i64::from(pick), min: 0, max: i64::from(n) - 1 };
    ScenarioError::one(format!("/picks/{at}"), fault)
}

/// Takes the picks one after another, as far as the machine goes.
pub(crate) fn replay<M: Machine>(
    program: &M::Program,
    state: &mut M::State,
    picks: &[u32],
) -> Result<(), ScenarioError> {
    for (at, &pick) in (0..PICKS_MAX).zip(picks) {
        let n = M::n_choices(program, state);
        if n == 0 || M::broken(program, state).is_some() {
            break;
        }
        if n <= pick {
            return Err(no_such_pick(at, pick, n));
        }
        M::step(program, state, pick);
    }
    Ok(())
}
