//! A practice problem: a seed makes the workload, the engine knows the answers.

use serde_json::{Map, Value, json};
use sim::scene::{Gantt, Panel, Tone};
use sim::{Entry, Field, Kind, Mode, Rng, Run, ScenarioError};

/// Metrics that a learner may be asked for, in the order of the columns; each is `key.job`.
const COLUMNS: [(&str, &str); 4] = [
    ("finish_ticks", "Finish"),
    ("turnaround_ticks", "Turnaround"),
    ("waiting_ticks", "Waiting"),
    ("response_ticks", "Response"),
];

/// Longest time line that is filled in cell by cell.
const CELLS_MAX: u64 = 40;

/// One job as the learner is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Name, such as `P1`.
    pub name: String,
    /// When it arrives.
    pub arrival_ticks: u64,
    /// How long it runs.
    pub burst_ticks: u64,
    /// Its priority, where the policy reads one.
    pub priority: Option<u64>,
}

/// A problem with its answers.
#[derive(Debug)]
pub struct Problem {
    /// The scenario as it was run.
    pub scenario: Value,
    /// Jobs in order of arrival.
    pub jobs: Vec<Job>,
    /// What is set besides the jobs: label and value with unit.
    pub settings: Vec<(String, String)>,
    /// Asked columns: label, then one answer for each job.
    pub columns: Vec<(&'static str, Vec<u64>)>,
    /// Who has the CPU in each tick, as an index into `jobs`; `None` is an idle tick. Empty if the
    /// engine draws no time line that fits.
    pub cells: Vec<Option<usize>>,
    run: Run,
}

/// Why there is no problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoProblem {
    /// The engine has no table of jobs with an arrival and a burst.
    NoJobs,
    /// The engine refuses the workload.
    Refused(ScenarioError),
    /// The engine gives no numbers for single jobs.
    NoAnswers,
}

impl Problem {
    /// The problem of a seed for an engine. The jobs depend on the seed only, so the same workload
    /// can be worked through under several policies.
    ///
    /// # Errors
    /// When the engine does not schedule jobs, or not these.
    pub fn new(entry: &Entry, seed: u64) -> Result<Self, NoProblem> {
        let columns = job_columns(entry.form).ok_or(NoProblem::NoJobs)?;
        let mut jobs = workload(seed);
        let knows_priority = has(columns, "priority");
        if !knows_priority {
            jobs.iter_mut().for_each(|job| job.priority = None);
        }
        let scenario = scenario(entry, seed, &jobs);
        let run = entry.run(&scenario, Mode::Frames).map_err(NoProblem::Refused)?;
        let columns = answers(&run, &jobs);
        if columns.is_empty() {
            return Err(NoProblem::NoAnswers);
        }
        let settings = settings(entry, &scenario);
        let cells = cells(&run, &jobs);
        Ok(Self { scenario: run.scenario.clone(), jobs, settings, columns, cells, run })
    }

    /// Title of the policy.
    #[must_use]
    pub fn title(&self) -> &'static str {
        self.run.meta.title
    }

    /// What the engine says of the last thing that happened up to a tick.
    #[must_use]
    pub fn why_at(&self, tick: u64) -> Option<&str> {
        let at = self.step_at(tick);
        self.run.step(at).map(|step| step.say.as_str())
    }

    /// The last step up to a tick: where "show me" opens.
    #[must_use]
    pub fn step_at(&self, tick: u64) -> usize {
        let upto = |&at: &usize| self.run.step(at).is_some_and(|step| step.time <= tick);
        (0..self.run.len()).take_while(upto).last().unwrap_or(0)
    }
}

/// Columns of the first table of the form whose rows can be jobs.
fn job_columns(form: &[Field]) -> Option<&'static [Field]> {
    form.iter().find_map(|field| match field.kind {
        Kind::Rows { columns, .. } if field.key == "jobs" && has(columns, "arrival_ticks") => {
            burst_key(columns).map(|_| columns)
        }
        Kind::Rows { .. }
        | Kind::Int { .. }
        | Kind::Choice(_)
        | Kind::Flag
        | Kind::Text { .. }
        | Kind::Name { .. }
        | Kind::Code { .. }
        | Kind::Ints { .. } => None,
    })
}

fn has(columns: &[Field], key: &str) -> bool {
    columns.iter().any(|it| it.key == key && !it.hidden)
}

/// Key under which a job's one burst is given.
fn burst_key(columns: &[Field]) -> Option<&'static str> {
    columns.iter().find_map(|it| match it.kind {
        Kind::Ints { single_key: "burst_ticks", .. } => Some("burst_ticks"),
        Kind::Int { .. } if it.key == "burst_ticks" => Some("burst_ticks"),
        Kind::Int { .. }
        | Kind::Ints { .. }
        | Kind::Choice(_)
        | Kind::Flag
        | Kind::Text { .. }
        | Kind::Name { .. }
        | Kind::Code { .. }
        | Kind::Rows { .. } => None,
    })
}

/// Three to five jobs: the first at 0, the others soon after, so that they compete.
fn workload(seed: u64) -> Vec<Job> {
    let mut rng = Rng::new(seed);
    let n_jobs = rng.between(3, 5);
    let mut arrival_ticks = 0;
    let mut jobs = Vec::new();
    for n in 1..=n_jobs {
        let burst_ticks = if n == 1 { rng.between(3, 7) } else { rng.between(1, 6) };
        jobs.push(Job { name: format!("P{n}"), arrival_ticks, burst_ticks, priority: Some(n) });
        arrival_ticks += rng.between(0, 3);
    }
    for n in (1..jobs.len()).rev() {
        let bound = u64::try_from(n + 1).unwrap_or(1);
        let other = usize::try_from(rng.below(bound)).unwrap_or(0);
        let priority = jobs[n].priority;
        jobs[n].priority = jobs[other].priority;
        jobs[other].priority = priority;
    }
    jobs
}

fn scenario(entry: &Entry, seed: u64, jobs: &[Job]) -> Value {
    let rows: Vec<Value> = jobs
        .iter()
        .map(|job| {
            let mut row = json!({ "name": job.name, "arrival_ticks": job.arrival_ticks,
                "burst_ticks": job.burst_ticks });
            if let Some(priority) = job.priority {
                row["priority"] = priority.into();
            }
            row
        })
        .collect();
    let mut scenario = Map::new();
    scenario.insert("jobs".to_owned(), rows.into());
    let has_quantum =
        |it: &Field| it.key == "quantum_ticks" && !it.hidden && matches!(it.kind, Kind::Int { .. });
    if entry.form.iter().any(has_quantum) {
        // A stream of its own, so that the jobs stay the same under every policy.
        let quantum_ticks = Rng::new(seed ^ 0x5155_414E).between(2, 3);
        scenario.insert("quantum_ticks".to_owned(), quantum_ticks.into());
    }
    Value::Object(scenario)
}

fn settings(entry: &Entry, scenario: &Value) -> Vec<(String, String)> {
    let told = |field: &Field| {
        let value = match field.kind {
            Kind::Int { .. } => scenario.get(field.key).cloned().or_else(|| field.preset_value(0)),
            Kind::Choice(_) | Kind::Flag => field.preset_value(0),
            Kind::Text { .. }
            | Kind::Name { .. }
            | Kind::Code { .. }
            | Kind::Ints { .. }
            | Kind::Rows { .. } => None,
        }?;
        let said = match (field.kind, &value) {
            (Kind::Choice(choices), Value::String(word)) => {
                choices.iter().find(|(it, _)| it == word)?.1.to_owned()
            }
            (_, Value::Bool(yes)) => if *yes { "yes" } else { "no" }.to_owned(),
            (_, Value::Number(number)) if field.unit.is_empty() => number.to_string(),
            (_, Value::Number(number)) => format!("{number} {}", field.unit),
            _ => return None,
        };
        Some((field.label.to_owned(), said))
    };
    entry.form.iter().filter(|it| !it.hidden).filter_map(told).collect()
}

/// The columns for which the run has a whole number for every job.
fn answers(run: &Run, jobs: &[Job]) -> Vec<(&'static str, Vec<u64>)> {
    let column = |&(key, label): &(&str, &'static str)| {
        let of = |job: &Job| {
            let value = run.metric(&format!("{key}.{}", job.name))?;
            (0.0..1e9).contains(&value).then_some(value as u64)
        };
        let values: Option<Vec<u64>> = jobs.iter().map(of).collect();
        Some((label, values?))
    };
    COLUMNS.iter().filter_map(column).collect()
}

/// Who runs in each tick, read off the time line of the last frame.
fn cells(run: &Run, jobs: &[Job]) -> Vec<Option<usize>> {
    let scene = run.scene(usize::MAX);
    let gantt = scene.panels.iter().find_map(|slot| match &slot.panel {
        Panel::Gantt(gantt) => Some(gantt),
        Panel::Queue(_)
        | Panel::Cells(_)
        | Panel::Strip(_)
        | Panel::Table(_)
        | Panel::Bits(_)
        | Panel::Graph(_)
        | Panel::Code(_)
        | Panel::Chart(_)
        | Panel::Stats(_)
        | Panel::Note { .. } => None,
    });
    gantt.map(|gantt| running(gantt, run, jobs)).unwrap_or_default()
}

fn running(gantt: &Gantt, run: &Run, jobs: &[Job]) -> Vec<Option<usize>> {
    if CELLS_MAX < gantt.now {
        return Vec::new();
    }
    let job_of = |actor: Option<u16>| {
        let name = run.actors.get(usize::from(actor?))?;
        jobs.iter().position(|job| job.name == *name)
    };
    let mut cells = vec![None; usize::try_from(gantt.now).unwrap_or(0)];
    for lane in &gantt.lanes {
        for span in lane.spans.iter().filter(|span| span.mark.tone == Tone::Running) {
            let job = job_of(span.mark.actor.or(lane.actor));
            for tick in span.start..span.end {
                if let Some(cell) = usize::try_from(tick).ok().and_then(|it| cells.get_mut(it)) {
                    *cell = job;
                }
            }
        }
    }
    if cells.iter().all(Option::is_none) { Vec::new() } else { cells }
}

#[cfg(test)]
mod tests {
    use super::{NoProblem, Problem, workload};

    /// Every engine that can be practised, by trying.
    fn practised() -> impl Iterator<Item = &'static sim::Entry> {
        sim::engines().filter(|entry| Problem::new(entry, 1).is_ok())
    }

    #[test]
    fn a_seed_always_makes_the_same_jobs() {
        for seed in 0..50 {
            assert_eq!(workload(seed), workload(seed));
            let jobs = workload(seed);
            assert!((3..=5).contains(&jobs.len()));
            assert_eq!(jobs[0].arrival_ticks, 0);
            assert!(jobs.is_sorted_by_key(|job| job.arrival_ticks));
            let mut priorities: Vec<u64> = jobs.iter().filter_map(|job| job.priority).collect();
            priorities.sort_unstable();
            assert!(priorities.iter().copied().eq(1..=priorities.len() as u64));
        }
    }

    #[test]
    fn answers_agree_with_each_other() {
        for entry in practised() {
            for seed in 0..100 {
                let problem = Problem::new(entry, seed).unwrap();
                let column = |label: &str| {
                    problem.columns.iter().find(|it| it.0 == label).map(|it| it.1.clone())
                };
                let (Some(finish), Some(turnaround), Some(waiting)) =
                    (column("Finish"), column("Turnaround"), column("Waiting"))
                else {
                    continue;
                };
                for (n, job) in problem.jobs.iter().enumerate() {
                    let id = entry.meta.id;
                    assert_eq!(finish[n] - job.arrival_ticks, turnaround[n], "{id} seed {seed}");
                    assert_eq!(turnaround[n] - job.burst_ticks, waiting[n], "{id} seed {seed}");
                }
                for (n, job) in
                    problem.jobs.iter().enumerate().filter(|_| !problem.cells.is_empty())
                {
                    let n_cells = problem.cells.iter().filter(|it| **it == Some(n)).count();
                    assert_eq!(n_cells as u64, job.burst_ticks, "{} seed {seed}", entry.meta.id);
                }
            }
        }
    }

    #[test]
    fn an_engine_without_jobs_makes_no_problem() {
        let without = sim::engines().find(|it| !it.form.iter().any(|field| field.key == "jobs"));
        if let Some(entry) = without {
            assert_eq!(Problem::new(entry, 1).unwrap_err(), NoProblem::NoJobs);
        }
    }
}
