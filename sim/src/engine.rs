//! The contract between an engine and everything that shows it.

use crate::error::{Fault, ScenarioError};
use crate::explore::{Exploration, Search, SearchOptions};
use crate::form::{Field, check};
use crate::paper::Paper;
use crate::scene::Scene;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Most frames a run keeps. Later steps still count, in metrics; they are not shown.
pub const FRAMES_MAX: usize = 2_000;

/// Most steps a run may log before it is refused.
pub const STEPS_MAX: u64 = 5_000_000;

/// Longest scenario text that is read, in bytes.
pub const SCENARIO_BYTES_MAX: usize = 256 * 1024;

/// A deterministic model that can be run, stepped through and drawn.
pub trait Engine: 'static {
    /// What the reader may set. Filled by [`Engine::FORM`] before it is read, so no field needs a
    /// serde default.
    type Scenario: DeserializeOwned + Send + Sync + 'static;
    /// Snapshot of the model after a step.
    type State: Send + Sync + 'static;
    /// Name, title and source.
    const META: Meta;
    /// The scenario's fields: editor, limits, defaults and error text in one table.
    const FORM: &'static [Field];
    /// A scenario that shows the point of the engine, as JSON.
    const EXAMPLE: &'static str;
    /// How a learner works the engine out by hand, where that makes a good problem.
    const PAPER: Option<Paper> = None;
    /// Whether a chart is among its panels: what draws charts comes to a page only then.
    const CHARTS: bool = false;

    /// Runs to the end, logging a frame at every step a reader should see, then the metrics.
    ///
    /// # Errors
    /// Faults that the form cannot see: values that do not fit together, or too many steps.
    fn run(scenario: &Self::Scenario, log: &mut Log<Self::State>) -> Result<(), ScenarioError>;

    /// Draws the last frame of `past`; the earlier ones are its history. `past` is never empty.
    /// The slugs and kinds of the panels are the same for every frame of a run.
    fn scene(scenario: &Self::Scenario, past: &[Frame<Self::State>]) -> Scene;

    /// Names of the things that keep one colour through the whole figure, by actor index.
    fn actors(scenario: &Self::Scenario) -> Vec<String> {
        let _ = scenario;
        Vec::new()
    }
}

/// What is fixed about an engine.
#[derive(Debug, Clone, Copy)]
pub struct Meta {
    /// Domain and name, such as `cpu/round_robin`: module path, scenario folder and URL path.
    pub id: &'static str,
    /// Title on the page.
    pub title: &'static str,
    /// One sentence: what it does.
    pub summary: &'static str,
    /// One sentence: what to look for in the picture.
    pub look_for: &'static str,
    /// Key of the source list and place in it, such as `ostep/8`.
    pub source: &'static str,
    /// Unit of [`Step::time`], plural, such as `ticks`.
    pub time_unit: &'static str,
    /// Tags that the scrubber marks and the marker keys jump to.
    pub markers: &'static [&'static str],
}

/// What the player shows of any frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Model time, in [`Meta::time_unit`]. Never decreases.
    pub time: u64,
    /// What kind of step it was, such as `page_fault`; for filters, jumps and tests.
    pub tag: &'static str,
    /// One sentence for the reader that says what happened and why.
    pub say: String,
    /// Labels of the steps that could be taken next. Empty unless the reader may choose.
    pub choices: Vec<String>,
    /// Which of the choices of the step before was taken, where somebody chose: the picks up to a
    /// frame are those of its steps, whoever made them.
    pub pick: Option<u32>,
    /// The decision this step made, as a question to ask before it is shown.
    pub ask: Option<Ask>,
}

/// A decision that a learner may be asked to predict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// The question, such as "Who runs next?".
    pub question: String,
    /// What could be answered, in the order in which the model holds them. Two or more.
    pub options: Vec<String>,
    /// Index of the right one.
    pub answer: u32,
}

/// A step and the state it led to.
#[derive(Debug, Clone)]
pub struct Frame<S> {
    /// What the player shows.
    pub step: Step,
    /// The engine's own snapshot.
    pub state: S,
}

/// What an engine hands the log for one step.
#[derive(Debug, Clone)]
pub struct Shot<S> {
    say: String,
    state: S,
    choices: Vec<String>,
    pick: Option<u32>,
    ask: Option<Ask>,
}

impl<S> Shot<S> {
    /// A sentence and the state after the step.
    pub fn new(say: String, state: S) -> Self {
        Self { say, state, choices: Vec::new(), pick: None, ask: None }
    }

    /// Adds the steps that could be taken next.
    #[must_use]
    pub fn choices(mut self, choices: Vec<String>) -> Self {
        self.choices = choices;
        self
    }

    /// Adds the choice that this step took.
    #[must_use]
    pub fn pick(mut self, pick: u32) -> Self {
        self.pick = Some(pick);
        self
    }

    /// Adds the question that this step answers; dropped unless there are two options or more.
    #[must_use]
    pub fn ask(mut self, question: &str, options: Vec<String>, answer: usize) -> Self {
        if 2 <= options.len() && answer < options.len() {
            let answer = u32::try_from(answer).unwrap_or_default();
            self.ask = Some(Ask { question: question.to_owned(), options, answer });
        }
        self
    }
}

/// Whether a run keeps its frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Keep up to [`FRAMES_MAX`] frames.
    Frames,
    /// Keep no frame: for sweeps, comparisons and benchmarks.
    MetricsOnly,
}

/// Which way a metric is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// A lower value is better.
    Lower,
    /// A higher value is better.
    Higher,
    /// Neither is better as such.
    Neither,
}

/// One number of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// `name` or `name.thing`, such as `waiting_ticks.P1`. Ends in its unit where it has one.
    pub key: String,
    /// What it is called on the page.
    pub label: String,
    /// The value; finite.
    pub value: f64,
    /// Unit, plural; empty for a bare number.
    pub unit: &'static str,
    /// Which way it is better.
    pub better: Better,
}

/// Last words of the keys of shares: numbers without a unit that are mostly from 0 to 1.
const SHARES: [&str; 3] = ["utilisation", "share", "rate"];

impl Metric {
    /// The value and its unit as a reader sees them: a share in percent, everything else as it is.
    #[must_use]
    pub fn shown(&self) -> (f64, &'static str) {
        let name = self.key.split('.').next().unwrap_or_default();
        let word = name.rsplit('_').next().unwrap_or_default();
        let is_share = self.unit.is_empty() && SHARES.contains(&word);
        if is_share { (100.0 * self.value, "%") } else { (self.value, self.unit) }
    }
}

/// Where an engine writes its steps and metrics.
#[derive(Debug)]
pub struct Log<S> {
    mode: Mode,
    frames: Vec<Frame<S>>,
    n_steps: u64,
    metrics: Vec<Metric>,
}

impl<S> Log<S> {
    pub(crate) fn new(mode: Mode) -> Self {
        Self { mode, frames: Vec::new(), n_steps: 0, metrics: Vec::new() }
    }

    /// Logs one step. `build` is called only if the frame is kept.
    ///
    /// # Errors
    /// When the run has logged [`STEPS_MAX`] steps: pass it on with `?`, so that a wrong loop
    /// ends as an error and not as a frozen page.
    pub fn step(
        &mut self,
        time: u64,
        tag: &'static str,
        build: impl FnOnce() -> Shot<S>,
    ) -> Result<(), ScenarioError> {
        self.n_steps += 1;
        if STEPS_MAX < self.n_steps {
            return Err(ScenarioError::one("", Fault::TooManySteps(STEPS_MAX)));
        }
        if self.mode == Mode::Frames && self.frames.len() < FRAMES_MAX {
            let Shot { say, state, choices, pick, ask } = build();
            self.frames.push(Frame { step: Step { time, tag, say, choices, pick, ask }, state });
        }
        Ok(())
    }

    /// The frames that were kept, for tests that look at states.
    #[cfg(test)]
    pub(crate) fn frames(&self) -> &[Frame<S>] {
        &self.frames
    }

    /// Adds a number of the whole run.
    pub fn metric(
        &mut self,
        key: &str,
        label: &str,
        value: f64,
        unit: &'static str,
        better: Better,
    ) {
        let (key, label) = (key.to_owned(), label.to_owned());
        self.metrics.push(Metric { key, label, value, unit, better });
    }

    /// Adds a number that belongs to one thing; its key becomes `name.thing`.
    pub fn metric_of(
        &mut self,
        key: &str,
        thing: &str,
        label: &str,
        value: f64,
        unit: &'static str,
    ) {
        let label = format!("{label} of {thing}");
        self.metric(&format!("{key}.{thing}"), &label, value, unit, Better::Neither);
    }
}

/// A finished run.
pub struct Run {
    /// What is fixed about the engine that made it.
    pub meta: Meta,
    /// The scenario as it was read: defaults filled in, keys sorted.
    pub scenario: Value,
    /// Names by actor index; a mark's `actor` points here.
    pub actors: Vec<String>,
    /// Numbers of the run, in the engine's order.
    pub metrics: Vec<Metric>,
    /// Steps that were taken, kept as frames or not.
    pub n_steps: u64,
    trace: Box<dyn Trace>,
}

impl std::fmt::Debug for Run {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Run({}, {} frames)", self.meta.id, self.len())
    }
}

impl Run {
    /// Frames that can be shown; 0 for a run that kept none.
    #[must_use]
    pub fn len(&self) -> usize {
        self.trace.len()
    }

    /// Whether no frame was kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether steps were taken that are not kept as frames.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        !self.is_empty() && u64::try_from(self.len()).is_ok_and(|len| len < self.n_steps)
    }

    /// The step at `at`; past the end, the last one. `None` only if no frame was kept.
    #[must_use]
    pub fn step(&self, at: usize) -> Option<&Step> {
        self.trace.step(at.min(self.len().checked_sub(1)?))
    }

    /// The picture after step `at`; past the end, the last one; empty if no frame was kept.
    #[must_use]
    pub fn scene(&self, at: usize) -> Scene {
        match self.len() {
            0 => Scene { panels: Vec::new() },
            len => self.trace.scene(at.min(len - 1)),
        }
    }

    /// The value of one metric.
    #[must_use]
    pub fn metric(&self, key: &str) -> Option<f64> {
        self.metrics.iter().find(|it| it.key == key).map(|it| it.value)
    }

    /// Indexes of the steps that the scrubber marks.
    #[must_use]
    pub fn markers(&self) -> Vec<usize> {
        let marked =
            |&at: &usize| self.step(at).is_some_and(|step| self.meta.markers.contains(&step.tag));
        (0..self.len()).filter(marked).collect()
    }
}

/// A typed trace behind a plain face, so that nothing outside is generic.
trait Trace: Send + Sync {
    fn len(&self) -> usize;
    fn step(&self, at: usize) -> Option<&Step>;
    fn scene(&self, at: usize) -> Scene;
}

struct Typed<E: Engine> {
    scenario: E::Scenario,
    frames: Vec<Frame<E::State>>,
}

impl<E: Engine> Trace for Typed<E> {
    fn len(&self) -> usize {
        self.frames.len()
    }

    fn step(&self, at: usize) -> Option<&Step> {
        self.frames.get(at).map(|frame| &frame.step)
    }

    fn scene(&self, at: usize) -> Scene {
        E::scene(&self.scenario, &self.frames[..=at])
    }
}

/// Walks every schedule of a scenario, up to a limit of states.
pub type Explore = fn(&Value, u32) -> Result<Exploration, ScenarioError>;

/// Starts such a walk, which then goes on when it is told to.
pub type StartSearch = fn(&Value, SearchOptions) -> Result<Search, ScenarioError>;

/// One row of the registry: plain data and functions, no type parameter left.
#[derive(Clone, Copy)]
pub struct Entry {
    /// Name, title and source.
    pub meta: Meta,
    /// The scenario's fields.
    pub form: &'static [Field],
    /// A scenario that shows the point, as JSON.
    pub example: &'static str,
    /// Walks every schedule of a machine; `None` for an engine without choices. The limit is in
    /// states.
    pub explore: Option<Explore>,
    /// The same in parts, for a page that must stay awake.
    pub search: Option<StartSearch>,
    /// How a learner works it out by hand.
    pub paper: Option<Paper>,
    /// Whether a chart is among its panels.
    pub charts: bool,
    run: fn(&Value, Mode) -> Result<Run, ScenarioError>,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Entry({})", self.meta.id)
    }
}

impl Entry {
    /// The row of an engine without choices.
    #[must_use]
    pub(crate) const fn of<E: Engine>() -> Self {
        Self {
            meta: E::META,
            form: E::FORM,
            example: E::EXAMPLE,
            explore: None,
            search: None,
            paper: E::PAPER,
            charts: E::CHARTS,
            run: run::<E>,
        }
    }

    /// The same row with a walk over all choices.
    #[must_use]
    pub(crate) const fn explored(mut self, explore: Explore, search: StartSearch) -> Self {
        self.explore = Some(explore);
        self.search = Some(search);
        self
    }

    /// Runs a scenario.
    ///
    /// # Errors
    /// Every fault of the scenario, each at its place.
    pub fn run(&self, scenario: &Value, mode: Mode) -> Result<Run, ScenarioError> {
        (self.run)(&check(self.form, scenario)?, mode)
    }

    /// Runs a scenario given as JSON text.
    ///
    /// # Errors
    /// As [`Entry::run`], and [`Fault::Syntax`] if the text is not JSON.
    pub fn run_text(&self, text: &str, mode: Mode) -> Result<Run, ScenarioError> {
        self.run(&parse(text)?, mode)
    }

    /// Domain part of the id.
    #[must_use]
    pub fn domain(&self) -> &'static str {
        self.meta.id.split('/').next().unwrap_or_default()
    }
}

/// Reads JSON text of bounded length.
///
/// # Errors
/// [`Fault::Syntax`] if it is longer than [`SCENARIO_BYTES_MAX`] or not JSON.
pub fn parse(text: &str) -> Result<Value, ScenarioError> {
    let n_bytes = text.len();
    if SCENARIO_BYTES_MAX < n_bytes {
        let why = format!("{n_bytes} bytes are more than {SCENARIO_BYTES_MAX}");
        return Err(ScenarioError::one("", Fault::Syntax(why)));
    }
    serde_json::from_str(text)
        .map_err(|error| ScenarioError::one("", Fault::Syntax(error.to_string())))
}

/// Turns a checked value into the engine's own type.
pub(crate) fn typed<T: DeserializeOwned>(checked: &Value) -> Result<T, ScenarioError> {
    serde_json::from_value(checked.clone())
        .map_err(|error| ScenarioError::one("", Fault::Syntax(error.to_string())))
}

fn run<E: Engine>(checked: &Value, mode: Mode) -> Result<Run, ScenarioError> {
    let scenario: E::Scenario = typed(checked)?;
    let mut log = Log::new(mode);
    E::run(&scenario, &mut log)?;
    let actors = E::actors(&scenario);
    let Log { frames, n_steps, metrics, .. } = log;
    let trace = Box::new(Typed::<E> { scenario, frames });
    Ok(Run { meta: E::META, scenario: checked.clone(), actors, metrics, n_steps, trace })
}
