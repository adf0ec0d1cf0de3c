//! What a figure shows over time, for paper: the picture at a few decisive steps, and what is said from step to step.

use crate::panels::panel_view;
use crate::player::Player;
use leptos::prelude::*;
use sim::Run;
use sim::scene::{Panel, Slot};

/// Most pictures beside the one of the figure.
const N_FRAMES: usize = 3;
/// Most sentences.
const N_SENTENCES: usize = 12;

/// Pictures and sentences of the steps that decide; nothing for a run of one step.
pub(super) fn key_frames(player: Player, show: &[String]) -> AnyView {
    player.run.with_untracked(|run| {
        if run.len() < 2 {
            return ().into_any();
        }
        let at = player.at.get_untracked();
        view! {
            {frames_view(run, at, show)}
            {sentences_view(run)}
        }
        .into_any()
    })
}

/// Steps by which the run is told: those with a marker, or all where there are none.
fn decisive(run: &Run) -> Vec<usize> {
    let markers = run.markers();
    if markers.len() < 2 { (0..run.len()).collect() } else { markers }
}

/// At most `n` of some steps, the first and the last among them.
fn spread(steps: &[usize], n: usize) -> Vec<usize> {
    if steps.len() <= n {
        return steps.to_vec();
    }
    (0..n).filter_map(|it| steps.get(it * (steps.len() - 1) / (n - 1))).copied().collect()
}

/// The panel that tells of its moment. A timeline, a chart and a listing hold their past, or never change.
fn momentary<'a>(panels: &'a [Slot], show: &[String]) -> Option<&'a Slot> {
    let wanted = |slot: &&Slot| show.is_empty() || show.iter().any(|it| it == slot.slug);
    panels.iter().filter(wanted).find(|slot| match slot.panel {
        Panel::Queue(_) | Panel::Cells(_) | Panel::Strip(_) | Panel::Table(_) => true,
        Panel::Bits(_) | Panel::Graph(_) => true,
        Panel::Gantt(_) | Panel::Code(_) | Panel::Chart(_) | Panel::Stats(_) => false,
        Panel::Note { .. } => false,
    })
}

/// The same panel at other steps than the one of the figure, each picture once.
fn frames_view(run: &Run, at: usize, show: &[String]) -> AnyView {
    let scene = run.scene(at);
    let Some(shown) = momentary(&scene.panels, show) else { return ().into_any() };
    let mut seen = vec![shown.panel.to_text()];
    let steps: Vec<usize> = decisive(run).into_iter().filter(|it| *it != at).collect();
    let frame = |step: usize| {
        let scene = run.scene(step);
        let slot = scene.panels.iter().find(|it| it.slug == shown.slug)?;
        let text = slot.panel.to_text();
        if seen.contains(&text) {
            return None;
        }
        seen.push(text);
        let name = format!("Step {} of {}", step + 1, run.len());
        let panel = panel_view(slot, &run.actors);
        Some(
            view! { <div class="paper-frame"><p class="paper-step">{name}</p>{panel}</div> }
                .into_any(),
        )
    };
    let frames: Vec<AnyView> = spread(&steps, N_FRAMES).into_iter().filter_map(frame).collect();
    if frames.is_empty() {
        return ().into_any();
    }
    view! { <div class="paper-frames">{frames}</div> }.into_any()
}

/// What is said at the steps that decide, by their numbers.
fn sentences_view(run: &Run) -> AnyView {
    let all: Vec<usize> = (0..run.len()).collect();
    let steps = if all.len() <= N_SENTENCES { all } else { spread(&decisive(run), N_SENTENCES) };
    let head = match run.len() - steps.len() {
        0 => "Step by step".to_owned(),
        left => format!(
            "Step by step, without {} between them",
            sim::quantity(&left.to_string(), "steps")
        ),
    };
    let items: Vec<AnyView> = steps
        .into_iter()
        .filter_map(|at| {
            let say = run.step(at)?.say.clone();
            Some(view! { <li value=(at + 1).to_string()>{say}</li> }.into_any())
        })
        .collect();
    view! {
        <p class="paper-step">{head}</p>
        <ol class="paper-steps">{items}</ol>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::{momentary, spread};
    use sim::{Mode, engine};

    #[test]
    fn few_steps_are_kept_and_many_are_spread() {
        assert_eq!(spread(&[3, 5], 3), [3, 5]);
        assert_eq!(spread(&[0, 1, 2, 3, 4, 5, 6], 3), [0, 3, 6]);
        assert_eq!(spread(&(0..100).collect::<Vec<_>>(), 12).len(), 12);
        assert_eq!(spread(&(0..100).collect::<Vec<_>>(), 12)[11], 99);
    }

    #[test]
    fn a_timeline_is_not_drawn_again() {
        let entry = engine("cpu/round_robin").unwrap();
        let run = entry.run_text(entry.example, Mode::Frames).unwrap();
        let scene = run.scene(3);
        assert_eq!(scene.panels[0].panel.kind(), "gantt");
        assert_ne!(momentary(&scene.panels, &[]).unwrap().panel.kind(), "gantt");
        assert!(momentary(&scene.panels, &["timeline".to_owned()]).is_none());
    }
}
