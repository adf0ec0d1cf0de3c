//! The picture of a fair run queue: the red-black tree and the table of virtual runtimes.

use super::cfs_queue::{Rules, ms, ns};
use super::cfs_tree::Tree;
use super::cfs_weight::weight;
use super::jobs::{Job, JobIdx};
use super::kernel_scene::chip;
use super::kernel_shares;
use super::kernel_state::{Detail, Live, Phase, State};
use crate::engine::Frame;
use crate::scene::{Cell, Column, Edge, Graph, Mark, Node, Panel, Scene, Table, TableRow, Tone};

/// One step of the run queue; times in nanoseconds.
#[derive(Debug)]
pub(super) struct Look {
    pub(super) rules: Rules,
    pub(super) tree: Tree,
    /// By job index.
    pub(super) vruntimes: Vec<i64>,
    pub(super) min_vruntime: i64,
    /// Weights of all that are ready or run.
    pub(super) load: u64,
    pub(super) n_runnable: u64,
    /// What the running job has had since it got the CPU.
    pub(super) ran_ns: u64,
}

/// Key of the box above the tree.
const ROOT: &str = "tree.root";

impl Detail for Look {
    fn draw(&self, scene: Scene, jobs: &[Job], past: &[Frame<State>]) -> Scene {
        let live: &[Live] = past.last().map_or(&[], |frame| &frame.state.live);
        let scene = scene.with("tree", "Red-black tree", Panel::Graph(self.tree(jobs))).with(
            "vruntime",
            "Virtual runtimes",
            Panel::Table(self.table(jobs, live)),
        );
        kernel_shares::draw(scene, jobs, past, weight)
    }
}

impl Look {
    fn vruntime(&self, job: JobIdx) -> String {
        ms(self.vruntimes[usize::from(job)])
    }

    /// The tree below a box that stands for the root pointer and the cached leftmost one.
    fn tree(&self, jobs: &[Job]) -> Graph {
        let key = |job: JobIdx| format!("tree.{}", jobs[usize::from(job)].name);
        let order = self.tree.in_order();
        let column = |job| order.iter().position(|it| it.0 == job).unwrap_or_default();
        let at = |column: usize| i32::try_from(column).unwrap_or_default();
        let (root, first) = (self.tree.root(), self.tree.first());
        let mut nodes = vec![Node {
            at: (at(root.map_or(0, column)), 0),
            boxed: true,
            mark: Mark::new(ROOT, "root")
                .detail(format!("min_vruntime is {} ms", ms(self.min_vruntime)))
                .tone(Tone::Muted),
            note: if root.is_none() { "empty".to_owned() } else { String::new() },
        }];
        let mut edges = Vec::new();
        let mut edge = |from: String, to: JobIdx, label: &str, tone| {
            edges.push(Edge { from, to: key(to), label: label.to_owned(), tone });
        };
        if let (Some(root), Some(first)) = (root, first) {
            if root != first {
                edge(ROOT.to_owned(), root, "", Tone::Plain);
            }
            edge(ROOT.to_owned(), first, "leftmost", Tone::Good);
        }
        for (place, &(job, depth)) in order.iter().enumerate() {
            let node = self.tree.node(job);
            let colour = if node.red { "red" } else { "black" };
            let vruntime = self.vruntime(job);
            let mut mark = chip(jobs, job);
            mark.key = key(job);
            mark.detail = format!("{}: vruntime {vruntime} ms, a {colour} node", mark.label);
            nodes.push(Node {
                at: (at(place), i32::from(depth) + 1),
                boxed: !node.red,
                mark,
                note: format!("{vruntime} {colour}"),
            });
            for child in [node.left, node.right].into_iter().flatten() {
                edge(key(job), child, "", Tone::Plain);
            }
        }
        Graph { directed: true, nodes, edges }
    }

    fn table(&self, jobs: &[Job], live: &[Live]) -> Table {
        let columns = vec![
            Column::words("Job"),
            Column::numbers("Weight"),
            Column::numbers("vruntime (ms)"),
            Column::numbers("Slice now"),
            Column::numbers("Had of it"),
        ];
        let rows = (0..).zip(jobs.iter().zip(live)).map(|(job, (it, live))| {
            let runs = live.phase == Phase::Running;
            let slice = (runs || live.phase == Phase::Ready)
                .then(|| ns(self.rules.slice_ns(weight(it), self.load, self.n_runnable)));
            let vruntime = (live.phase != Phase::Future).then(|| self.vruntime(job));
            let text = |it: Option<String>| Cell::new(it.as_deref().unwrap_or("–"));
            TableRow {
                key: format!("vruntime.{}", it.name),
                actor: Some(job),
                marked: Some(job) == self.tree.first(),
                cells: vec![
                    Cell::new(it.name.clone()),
                    Cell::new(weight(it).to_string()),
                    text(vruntime).tone(if runs { Tone::Running } else { Tone::Plain }),
                    text(slice),
                    text(runs.then(|| ns(self.ran_ns))),
                ],
            }
        });
        Table { rows: rows.collect(), columns }
    }
}
