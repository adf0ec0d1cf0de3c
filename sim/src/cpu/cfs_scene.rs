//! The picture of a fair run queue: the red-black tree and the table of virtual runtimes.

use super::cfs_weight::weight;
use super::jobs::{Job, JobIdx};
use super::kernel_scene::chip;
use super::kernel_shares;
use super::kernel_state::{Detail, Phase, State};
use crate::engine::Frame;
use crate::scene::{Cell, Column, Edge, Graph, Mark, Node, Panel, Scene, Table, TableRow, Tone};

/// One step of the run queue.
#[derive(Debug)]
pub(super) struct Look {
    /// By job index.
    pub(super) entities: Vec<Entity>,
    /// From left to right.
    pub(super) nodes: Vec<TreeNode>,
    pub(super) root: Option<JobIdx>,
    pub(super) first: Option<JobIdx>,
    pub(super) min_vruntime: String,
}

/// A job's numbers as text, where it has them.
#[derive(Debug)]
pub(super) struct Entity {
    pub(super) weight: u64,
    pub(super) vruntime: Option<String>,
    pub(super) slice: Option<String>,
    pub(super) had: Option<String>,
}

/// A node of the tree.
#[derive(Debug)]
pub(super) struct TreeNode {
    pub(super) job: JobIdx,
    pub(super) depth: u16,
    pub(super) red: bool,
    pub(super) left: Option<JobIdx>,
    pub(super) right: Option<JobIdx>,
}

/// Key of the box above the tree.
const ROOT: &str = "tree.root";

impl Detail for Look {
    fn draw(&self, scene: Scene, jobs: &[Job], past: &[Frame<State>]) -> Scene {
        let phases = past.last().map(|frame| &frame.state.live);
        let phase = |job: usize| phases.map_or(Phase::Future, |live| live[job].phase);
        let scene = scene.with("tree", "Red-black tree", Panel::Graph(self.tree(jobs))).with(
            "vruntime",
            "Virtual runtimes",
            Panel::Table(self.table(jobs, phase)),
        );
        kernel_shares::draw(scene, jobs, past, weight)
    }
}

impl Look {
    /// The tree below a box that stands for the root pointer and the cached leftmost one.
    fn tree(&self, jobs: &[Job]) -> Graph {
        let key = |job: JobIdx| format!("tree.{}", jobs[usize::from(job)].name);
        let column = |job| self.nodes.iter().position(|it| it.job == job).unwrap_or_default();
        let at = |column: usize| i32::try_from(column).unwrap_or_default();
        let mut nodes = vec![Node {
            at: (at(self.root.map_or(0, column)), 0),
            boxed: true,
            mark: Mark::new(ROOT, "root")
                .detail(format!("min_vruntime is {} ms", self.min_vruntime))
                .tone(Tone::Muted),
            note: if self.root.is_none() { "empty".to_owned() } else { String::new() },
        }];
        let mut edges = Vec::new();
        let mut edge = |from: String, to: JobIdx, label: &str, tone| {
            edges.push(Edge { from, to: key(to), label: label.to_owned(), tone });
        };
        if let (Some(root), Some(first)) = (self.root, self.first) {
            if root != first {
                edge(ROOT.to_owned(), root, "", Tone::Plain);
            }
            edge(ROOT.to_owned(), first, "leftmost", Tone::Good);
        }
        for (place, node) in self.nodes.iter().enumerate() {
            let colour = if node.red { "red" } else { "black" };
            let vruntime = self.entities[usize::from(node.job)].vruntime.as_deref();
            let vruntime = vruntime.unwrap_or_default();
            let mut mark = chip(jobs, node.job);
            mark.key = key(node.job);
            mark.detail = format!("{}: vruntime {vruntime} ms, a {colour} node", mark.label);
            nodes.push(Node {
                at: (at(place), i32::from(node.depth) + 1),
                boxed: !node.red,
                mark,
                note: format!("{vruntime} {colour}"),
            });
            for child in [node.left, node.right].into_iter().flatten() {
                edge(key(node.job), child, "", Tone::Plain);
            }
        }
        Graph { directed: true, nodes, edges }
    }

    fn table(&self, jobs: &[Job], phase: impl Fn(usize) -> Phase) -> Table {
        let columns = vec![
            Column::words("Job"),
            Column::numbers("Weight"),
            Column::numbers("vruntime (ms)"),
            Column::numbers("Slice now"),
            Column::numbers("Had of it"),
        ];
        let text = |it: &Option<String>| Cell::new(it.as_deref().unwrap_or("–"));
        let rows = jobs.iter().zip(&self.entities).enumerate().map(|(job, (it, entity))| {
            let tone = if phase(job) == Phase::Running { Tone::Running } else { Tone::Plain };
            TableRow {
                key: format!("vruntime.{}", it.name),
                actor: u16::try_from(job).ok(),
                marked: u16::try_from(job).ok() == self.first,
                cells: vec![
                    Cell::new(it.name.clone()),
                    Cell::new(entity.weight.to_string()),
                    text(&entity.vruntime).tone(tone),
                    text(&entity.slice),
                    text(&entity.had),
                ],
            }
        });
        Table { rows: rows.collect(), columns }
    }
}
