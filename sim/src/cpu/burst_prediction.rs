//! Burst prediction: the length of the next CPU burst is guessed from the ones before.
//!
//! # Model
//! After each burst the prediction moves towards what was measured by a fixed part alpha of the
//! error: next = alpha x measured + (1 - alpha) x predicted. Written out, a burst that lies k
//! bursts back counts alpha x (1 - alpha)^k, and the first guess counts what is left.
//! # Ties
//! None: nothing is chosen here. A scheduler that uses the prediction breaks its own ties.
//! # Left out
//! The scheduler that uses the prediction; other predictors; Linux uses none of them for picking
//! the next task, but the same running average for its load figures.
//! # Source
//! `silberschatz-10e`, 5.3.2.

use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::scene::{
    Cell, Chart, ChartKind, Column, Panel, Scene, Series, Stat, Stats, Table, TableRow, Tone,
    number,
};
use crate::words::count;
use serde::Deserialize;
use std::cmp::Ordering;

/// The engine.
pub(crate) struct BurstPrediction;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    bursts_ticks: Vec<u32>,
    alpha_percent: u32,
    guess_ticks: u32,
}

/// What is seen after a step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct State {
    /// Bursts that were measured.
    n_measured: usize,
    /// Bursts that the prediction has learned from: as many, or one less.
    n_learned: usize,
}

const ANSWERS: [&str; 3] = ["it falls", "it stays", "it rises"];

impl Engine for BurstPrediction {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "cpu/burst_prediction",
        title: "Burst prediction",
        summary: "The next CPU burst is guessed as an exponential average of the earlier ones.",
        look_for: "The prediction runs after the bursts; alpha says how fast.",
        source: "silberschatz-10e/5.3.2",
        time_unit: "bursts",
        markers: &["learn"],
    };
    const CHARTS: bool = true;
    const FORM: &'static [Field] = &[
        Field::new("alpha_percent", "Alpha", Kind::Int { min: 0, max: 100 })
            .unit("%")
            .help("How much the newest burst counts.")
            .or(Preset::Int(50)),
        Field::new("guess_ticks", "First guess", Kind::Int { min: 0, max: 1_000 })
            .unit("ticks")
            .or(Preset::Int(10)),
        Field::new(
            "bursts_ticks",
            "Bursts",
            Kind::Ints { min: 1, max: 1_000, len_min: 1, len_max: 100, single_key: "" },
        )
        .unit("ticks"),
    ];
    const EXAMPLE: &'static str =
        r#"{"alpha_percent":50,"guess_ticks":10,"bursts_ticks":[6,4,6,4,13,13,13]}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let predictions = predictions(scenario);
        log.step(0, "start", || {
            let say = format!(
                "The first prediction is {}, a mere guess, because nothing has been measured yet.",
                count(scenario.guess_ticks.into(), "ticks")
            );
            Shot::new(say, State { n_measured: 0, n_learned: 0 })
        })?;
        for (at, &burst) in scenario.bursts_ticks.iter().enumerate() {
            let (was, next) = (predictions[at], predictions[at + 1]);
            let time = at as u64 + 1;
            log.step(time, "measure", || {
                let say = measured(at, burst, was);
                Shot::new(say, State { n_measured: at + 1, n_learned: at })
            })?;
            log.step(time, "learn", || {
                let say = learned(scenario.alpha_percent, burst, was, next);
                let answer = match next.total_cmp(&was) {
                    Ordering::Less => 0,
                    Ordering::Equal => 1,
                    Ordering::Greater => 2,
                };
                let state = State { n_measured: at + 1, n_learned: at + 1 };
                let options = ANSWERS.iter().map(ToString::to_string).collect();
                Shot::new(say, state).ask("What does the prediction do next?", options, answer)
            })?;
        }
        metrics(scenario, &predictions, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        let Some(last) = past.last() else { return Scene::default() };
        let predictions = predictions(scenario);
        let state = last.state;
        Scene::default()
            .with(
                "chart",
                "Measured and predicted",
                Panel::Chart(chart(scenario, &predictions, state)),
            )
            .with("bursts", "Burst by burst", Panel::Table(table(scenario, &predictions, state)))
            .with("now", "Now", Panel::Stats(stats(scenario, &predictions, state)))
    }
}

/// The first guess, then the prediction after each burst.
fn predictions(scenario: &Scenario) -> Vec<f64> {
    let alpha = f64::from(scenario.alpha_percent);
    let mut all = vec![f64::from(scenario.guess_ticks)];
    let mut now = f64::from(scenario.guess_ticks);
    for &burst in &scenario.bursts_ticks {
        now = (alpha * f64::from(burst) + (100.0 - alpha) * now) / 100.0;
        all.push(now);
    }
    all
}

fn measured(at: usize, burst: u32, was: f64) -> String {
    let error = was - f64::from(burst);
    let told = match error.total_cmp(&0.0) {
        Ordering::Less => format!("{} ticks too short", number(-error, 2)),
        Ordering::Equal => "exactly right".to_owned(),
        Ordering::Greater => format!("{} ticks too long", number(error, 2)),
    };
    let took = count(burst.into(), "ticks");
    format!("Burst {} takes {took}; the prediction of {} was {told}.", at + 1, number(was, 2))
}

fn learned(alpha_percent: u32, burst: u32, was: f64, next: f64) -> String {
    let (was, next, rest) = (number(was, 2), number(next, 2), 100 - alpha_percent);
    match alpha_percent {
        0 => format!("The next prediction stays {next}, because with alpha 0 nothing is learned."),
        100 => format!(
            "The next prediction is {next}, because with alpha 1 only the last burst counts."
        ),
        _ => format!(
            "The next prediction is {next}, because the measured {burst} counts {alpha_percent}% \
             and the predicted {was} counts {rest}%."
        ),
    }
}

/// How much each of the first `n_learned` bursts counts in the prediction, and the guess.
fn weights(alpha_percent: u32, n_learned: usize) -> (Vec<f64>, f64) {
    let alpha = f64::from(alpha_percent) / 100.0;
    let mut weights = vec![0.0; n_learned];
    let mut left = 1.0;
    for weight in weights.iter_mut().rev() {
        *weight = alpha * left;
        left *= 1.0 - alpha;
    }
    (weights, left)
}

fn chart(scenario: &Scenario, predictions: &[f64], state: State) -> Chart {
    let x = |at: usize| at as f64 + 1.0;
    let bursts = scenario.bursts_ticks.iter().take(state.n_measured).enumerate();
    let measured = bursts.map(|(at, &ticks)| (x(at), f64::from(ticks))).collect();
    let known = predictions.iter().take(state.n_learned + 1).enumerate();
    let predicted = known.map(|(at, &ticks)| (x(at), ticks)).collect();
    let series = |label: &str, points| Series { label: label.to_owned(), actor: None, points };
    Chart {
        kind: ChartKind::Line,
        x_label: "burst".to_owned(),
        y_label: "length (ticks)".to_owned(),
        series: vec![series("measured", measured), series("predicted", predicted)],
    }
}

fn table(scenario: &Scenario, predictions: &[f64], state: State) -> Table {
    let columns = vec![
        Column::words("Burst"),
        Column::numbers("predicted (ticks)"),
        Column::numbers("measured (ticks)"),
        Column::numbers("error (ticks)"),
        Column::numbers("counts in the next prediction"),
    ];
    let (weights, guess) = weights(scenario.alpha_percent, state.n_learned);
    let percent = |part: f64| format!("{}%", number(100.0 * part, 1));
    let row = |key: String, cells: Vec<String>, marked| TableRow {
        key,
        actor: None,
        marked,
        cells: cells.into_iter().map(Cell::new).collect(),
    };
    let first = ["guess".to_owned(), String::new(), String::new(), String::new(), percent(guess)];
    let mut rows = vec![row("guess".into(), first.into(), false)];
    for (at, &prediction) in
        predictions.iter().enumerate().take(state.n_learned.max(state.n_measured) + 1)
    {
        if state.n_learned < at {
            break;
        }
        let burst = scenario.bursts_ticks.get(at).filter(|_| at < state.n_measured);
        let error = burst.map(|&burst| prediction - f64::from(burst));
        let cells = vec![
            (at + 1).to_string(),
            number(prediction, 3),
            burst.map(ToString::to_string).unwrap_or_default(),
            error.map(|it| number(it, 3)).unwrap_or_default(),
            weights.get(at).map(|&it| percent(it)).unwrap_or_default(),
        ];
        let mut row = row(format!("burst.{at}"), cells, at + 1 == state.n_measured);
        if burst.is_none() {
            row.cells[1].tone = Tone::Good;
        }
        rows.push(row);
    }
    Table { columns, rows }
}

fn errors<'a>(scenario: &'a Scenario, predictions: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
    let pairs = scenario.bursts_ticks.iter().zip(predictions);
    pairs.map(|(&burst, prediction)| (prediction - f64::from(burst)).abs())
}

fn stats(scenario: &Scenario, predictions: &[f64], state: State) -> Stats {
    let alpha = number(f64::from(scenario.alpha_percent) / 100.0, 2);
    let next = number(predictions[state.n_learned], 3);
    let n = state.n_measured;
    let mean = errors(scenario, predictions).take(n).sum::<f64>() / n.max(1) as f64;
    Stats {
        items: vec![
            Stat::new("alpha", alpha, ""),
            Stat::new("next prediction", next, "ticks"),
            Stat::new("mean error so far", number(mean, 3), "ticks"),
        ],
    }
}

fn metrics(scenario: &Scenario, predictions: &[f64], log: &mut Log<State>) {
    let n = scenario.bursts_ticks.len();
    let mean = errors(scenario, predictions).sum::<f64>() / n as f64;
    let max = errors(scenario, predictions).fold(0.0, f64::max);
    let next = predictions[n];
    log.metric("error_ticks_mean", "Mean error", mean, "ticks", Better::Lower);
    log.metric("error_ticks_max", "Largest error", max, "ticks", Better::Lower);
    log.metric("prediction_ticks", "Next prediction", next, "ticks", Better::Neither);
}

#[cfg(test)]
mod tests {
    use super::{Scenario, predictions, weights};
    use crate::{Mode, Rng, engine};
    use serde_json::json;

    #[test]
    fn the_textbook_row_is_reproduced() {
        let scenario = Scenario {
            bursts_ticks: vec![6, 4, 6, 4, 13, 13, 13],
            alpha_percent: 50,
            guess_ticks: 10,
        };
        assert_eq!(predictions(&scenario), [10.0, 8.0, 6.0, 6.0, 5.0, 9.0, 11.0, 12.0]);
        let entry = engine("cpu/burst_prediction").unwrap();
        let run = entry.run_text(entry.example, Mode::Frames).unwrap();
        assert_eq!(run.metric("prediction_ticks"), Some(12.0));
        // |10-6| |8-4| |6-6| |6-4| |5-13| |9-13| |11-13|
        assert_eq!(run.metric("error_ticks_mean"), Some(24.0 / 7.0));
        assert_eq!(run.metric("error_ticks_max"), Some(8.0));
    }

    #[test]
    fn the_closed_form_gives_the_same_prediction() {
        let mut rng = Rng::new(9);
        for _ in 0..300 {
            let n = rng.between(1, 40);
            let small = |rng: &mut Rng, max| u32::try_from(rng.between(1, max)).unwrap();
            let scenario = Scenario {
                bursts_ticks: (0..n).map(|_| small(&mut rng, 1_000)).collect(),
                alpha_percent: u32::try_from(rng.below(101)).unwrap(),
                guess_ticks: small(&mut rng, 1_000),
            };
            let (weights, guess) = weights(scenario.alpha_percent, scenario.bursts_ticks.len());
            let sum: f64 = weights.iter().sum::<f64>() + guess;
            assert!((sum - 1.0).abs() < 1e-9);
            let pairs = weights.iter().zip(&scenario.bursts_ticks);
            let closed = pairs.map(|(weight, &burst)| weight * f64::from(burst)).sum::<f64>()
                + guess * f64::from(scenario.guess_ticks);
            let stepped = *predictions(&scenario).last().unwrap();
            assert!((closed - stepped).abs() < 1e-6, "{scenario:?}");
        }
    }

    #[test]
    fn alpha_at_its_ends_learns_nothing_or_everything() {
        let entry = engine("cpu/burst_prediction").unwrap();
        for (alpha, want) in [(0, 7.0), (100, 3.0)] {
            let scenario =
                json!({"alpha_percent": alpha, "guess_ticks": 7, "bursts_ticks": [9, 1, 3]});
            let run = entry.run(&scenario, Mode::Frames).unwrap();
            assert_eq!(run.metric("prediction_ticks"), Some(want));
        }
    }
}
