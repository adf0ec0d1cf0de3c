//! Problems for pen and paper on deadlock.

use super::bankers::Bankers;
use super::resource_graph::ResourceGraph;
use super::wait_die::WaitDie;
use super::wait_for::WaitFor;
use super::wound_wait::WoundWait;
use crate::paper::{Fill, Paper, Seen, Sheet, draw, pick, small, tried};
use crate::rng::Rng;
use serde_json::{Value, json};

/// A number of a run; 0 where it has none.
fn metric(run: &crate::Run, key: &str) -> f64 {
    run.metric(key).unwrap_or_default()
}

pub(super) const BANKERS: Paper = Paper {
    drawn: bankers,
    untold: &[],
    rules: "The walk looks at the processes from the first one on; after one that can finish it looks on \
            from there, round and round. The request is decided after the walk over the state at the \
            start, and granted only if the state then stays safe.",
    sheets: &[
        Sheet {
            key: "walk",
            title: "the safe order",
            task: "Decide whether the state is safe and the request is granted. Then walk over the state \
                   that comes of it: the process that can finish first has place 1; one that is never \
                   sure to finish has place 0.",
            hint: "A process can finish when each number of its need is at most the number that is free; \
                   then it gives back all it holds.",
            fills: &[
                Fill::Ends(&[
                    ("is_safe", "Is the state at the start safe?"),
                    ("n_granted", "Is the request granted?"),
                ]),
                Fill::Numbers {
                    of: "Process",
                    columns: &[("finish_place", "Place in the walk")],
                    seen: Seen::Place("can_finish", "cannot_yet"),
                },
            ],
        },
        Sheet {
            key: "looks",
            title: "the looks",
            task: "Answer for every look of the walk, in their order.",
            hint: "",
            fills: &[Fill::Steps],
        },
    ],
};

fn bankers(seed: u64) -> Value {
    let one = |rng: &mut Rng| {
        let n_processes = small(rng, 4, 5);
        let units = |rng: &mut Rng, most: usize| -> Vec<usize> {
            (0..3).map(|_| small(rng, 0, most)).collect()
        };
        let free = [small(rng, 1, 3), small(rng, 1, 3), small(rng, 0, 3)];
        let needs: Vec<Vec<usize>> = (0..n_processes).map(|_| units(rng, 6)).collect();
        let process = |(n, need): (usize, &Vec<usize>)| {
            let held = units(rng, 3);
            json!({ "name": format!("P{n}"), "held": held, "need": need })
        };
        let processes: Vec<Value> = needs.iter().enumerate().map(process).collect();
        let who = small(rng, 0, n_processes - 1);
        let most = needs[who].iter().zip(&free).map(|(need, free)| *need.min(free));
        let asked: Vec<usize> = most.map(|it| small(rng, 0, it)).collect();
        let resources: Vec<Value> = ["A", "B", "C"]
            .iter()
            .zip(free)
            .map(|(name, n)| json!({ "name": name, "free": n }))
            .collect();
        json!({ "resources": resources, "processes": processes, "scan": "onwards",
            "requests": [{ "process": format!("P{who}"), "units": asked }] })
    };
    // Some are granted, some are not, and some states are unsafe from the start.
    let wanted = pick(&mut Rng::new(seed ^ 0x4241_4E4B), &[(1.0, 1.0), (1.0, 0.0), (0.0, 0.0)]);
    let is_good = |drawn: &Value| {
        let asked: u64 = drawn["requests"][0]["units"]
            .as_array()
            .map_or(0, |it| it.iter().filter_map(Value::as_u64).sum());
        let Some(run) = tried::<Bankers>(drawn) else { return false };
        let place = |n: usize| metric(&run, &format!("finish_place.P{n}"));
        let in_order = (0..3).all(|n| place(n) < place(n + 1));
        1 < asked
            && (metric(&run, "is_safe"), metric(&run, "n_granted")) == wanted
            && !in_order
            && (run.n_steps as usize) < 26
            && (0..4).any(|n| 0.0 < place(n))
    };
    draw(seed, one, is_good)
}

pub(super) const RESOURCE_GRAPH: Paper = Paper {
    drawn: resource_graph,
    untold: &[],
    rules: "A request is granted at once if it can be, and waits otherwise. The reduction looks at the \
            processes from the first one on, after one that can finish on from there, round and round.",
    sheets: &[
        Sheet {
            key: "graph",
            title: "the graph",
            task: "Draw the graph that the script leads to. What does each process hold and wait for \
                   then? Leave empty where it is nothing.",
            hint: "",
            fills: &[
                Fill::Table {
                    panel: "processes",
                    before: "reduce",
                    given: &["Process"],
                    asked: &[("Holds", "Holds"), ("Waits for", "Waits for")],
                },
                Fill::Ends(&[
                    ("has_cycle", "Does the graph hold a cycle?"),
                    ("has_deadlock", "Is there a deadlock?"),
                ]),
            ],
        },
        Sheet {
            key: "reduction",
            title: "the reduction",
            task: "Reduce the graph that the script leads to: the process that can finish first has \
                   place 1, the next one place 2. One that can never finish has place 0.",
            hint: "A process can finish when all it waits for is free; then it gives back all it holds.",
            fills: &[
                Fill::Numbers {
                    of: "Process",
                    columns: &[("finish_place", "Place in the reduction")],
                    seen: Seen::Place("reduce", ""),
                },
                Fill::Ends(&[("n_deadlocked", "How many processes are deadlocked?")]),
            ],
        },
    ],
};

fn resource_graph(seed: u64) -> Value {
    let one = |rng: &mut Rng| {
        let (n_processes, n_resources) = (small(rng, 3, 5), small(rng, 3, 4));
        let units: Vec<usize> = (0..n_resources).map(|_| pick(rng, &[1, 1, 2])).collect();
        let mut free = units.clone();
        let mut has = vec![vec![0; n_resources]; n_processes];
        let mut waits = vec![false; n_processes];
        let mut script = Vec::new();
        for _ in 0..40 {
            let (process, resource) =
                (small(rng, 0, n_processes - 1), small(rng, 0, n_resources - 1));
            if waits[process] || has[process][resource] == units[resource] {
                continue;
            }
            waits[process] = free[resource] == 0;
            if !waits[process] {
                free[resource] -= 1;
                has[process][resource] += 1;
            }
            let (process, resource) = (format!("P{}", process + 1), format!("R{}", resource + 1));
            script.push(json!({ "process": process, "resource": resource }));
            if script.len() == 9 {
                break;
            }
        }
        let name = |letter, n: usize| format!("{letter}{}", n + 1);
        let processes: Vec<Value> =
            (0..n_processes).map(|n| json!({ "name": name("P", n) })).collect();
        let resources: Vec<Value> = units
            .iter()
            .enumerate()
            .map(|(n, units)| json!({ "name": name("R", n), "units": units }))
            .collect();
        json!({ "processes": processes, "resources": resources, "script": script })
    };
    let wanted =
        pick(&mut Rng::new(seed ^ 0x4752_4150), &[(1.0, 1.0), (1.0, 1.0), (1.0, 0.0), (0.0, 0.0)]);
    let is_good = |drawn: &Value| {
        let Some(run) = tried::<ResourceGraph>(drawn) else { return false };
        let n_waiting = metric(&run, "n_waiting");
        let n_free = run.actors.len() as f64 - metric(&run, "n_deadlocked");
        2.0 <= n_waiting
            && 1.0 <= n_free
            && (metric(&run, "has_cycle"), metric(&run, "has_deadlock")) == wanted
    };
    draw(seed, one, is_good)
}

pub(super) const WAIT_FOR: Paper = Paper {
    drawn: wait_for,
    untold: &[],
    rules: "The search begins at the first white process and follows the arrows in the order of the list. \
            Where it finds a cycle, the process of it that is cheapest to terminate is the victim; then \
            the search begins again with all processes white.",
    sheets: &[Sheet {
        key: "victims",
        title: "the victims",
        task: "Draw the graph and find its cycles. Write 1 for each process that is terminated and 0 for \
                   each of the others.",
        hint: "Only a process of the cycle that was found can be its victim.",
        fills: &[
            Fill::Numbers {
                of: "Process",
                columns: &[("n_chosen", "Terminated")],
                seen: Seen::End,
            },
            Fill::Ends(&[
                ("n_cycles", "How many arrows close a cycle during the search?"),
                ("lost_ticks", "How many ticks of work are lost?"),
            ]),
        ],
    }],
};

fn wait_for(seed: u64) -> Value {
    let one = |rng: &mut Rng| {
        let n = small(rng, 5, 6);
        let name = |n: usize| format!("P{}", n + 1);
        let mut waits: Vec<(usize, usize)> = Vec::new();
        for _ in 0..small(rng, n, n + 3) {
            let wait = (small(rng, 0, n - 1), small(rng, 0, n - 1));
            if wait.0 != wait.1 && !waits.contains(&wait) {
                waits.push(wait);
            }
        }
        let waits: Vec<Value> =
            waits.iter().map(|it| json!({ "from": name(it.0), "to": name(it.1) })).collect();
        let mut costs: Vec<usize> = (0..n).map(|it| 5 * (it + 1)).collect();
        for at in (1..n).rev() {
            costs.swap(at, small(rng, 0, at));
        }
        let process =
            |(n, cost): (usize, &usize)| json!({ "name": name(n), "terminate_ticks": cost });
        let processes: Vec<Value> = costs.iter().enumerate().map(process).collect();
        json!({ "processes": processes, "waits": waits, "recovery": "terminate" })
    };
    let wanted = pick(&mut Rng::new(seed ^ 0x5741_4954), &[1.0, 2.0]);
    let is_good = |drawn: &Value| {
        let Some(run) = tried::<WaitFor>(drawn) else { return false };
        metric(&run, "n_cycles") == wanted && metric(&run, "n_victims") == wanted
    };
    draw(seed, one, is_good)
}

const STAMP_SHEETS: &[Sheet] = &[
    Sheet {
        key: "times",
        title: "the times",
        task: "Work out when each transaction commits and how often it starts again.",
        hint: "The time stamp is that of the first start: the earlier, the older.",
        fills: &[
            Fill::Numbers {
                of: "Transaction",
                columns: &[("finish_ticks", "Commits at"), ("n_restarts", "Restarts")],
                seen: Seen::At("finish_ticks"),
            },
            Fill::Ends(&[
                ("n_waits", "How often does a transaction wait?"),
                ("lost_ticks", "How many ticks of work are lost?"),
            ]),
        ],
    },
    Sheet {
        key: "conflicts",
        title: "the conflicts",
        task: "Say for every conflict what becomes of it, in their order.",
        hint: "",
        fills: &[Fill::Steps],
    },
];

const DIE_RULES: &str = "A transaction locks its items in this order and works after each lock before it asks for the \
     next; after the last piece of work it commits and unlocks all. An item that becomes free goes to \
     the youngest that waits for it. Older ones act first.";

const WOUND_RULES: &str = "A transaction locks its items in this order and works after each lock before it asks for the \
     next; after the last piece of work it commits and unlocks all. An item that becomes free goes to \
     the oldest that waits for it. Older ones act first.";

pub(super) const WAIT_DIE: Paper = Paper {
    drawn: |seed| stamps(seed, tried::<WaitDie>),
    untold: &[],
    rules: DIE_RULES,
    sheets: STAMP_SHEETS,
};

pub(super) const WOUND_WAIT: Paper =
    Paper { drawn: |seed| stamps(seed, tried::<WoundWait>), rules: WOUND_RULES, ..WAIT_DIE };

fn stamps(seed: u64, tried: fn(&Value) -> Option<crate::Run>) -> Value {
    let one = |rng: &mut Rng| {
        let n = small(rng, 3, 3);
        let items = pick(rng, &[["A", "B", "C"], ["B", "C", "A"], ["C", "A", "B"]]);
        let row = |n: usize| {
            let skipped = small(rng, 0, 2);
            let mut wants: Vec<&str> =
                (0..3).filter(|&it| it != skipped).map(|it| items[it]).collect();
            if small(rng, 0, 1) == 1 {
                wants.reverse();
            }
            json!({ "name": format!("T{}", n + 1), "start_ticks": n * small(rng, 1, 2),
                "items": wants.join(" "), "work_ticks": small(rng, 2, 4) })
        };
        let rows: Vec<Value> = (0..n).map(row).collect();
        json!({ "transactions": rows, "pause_ticks": small(rng, 1, 3), "keep_stamp": true })
    };
    let is_good = |drawn: &Value| {
        let Some(run) = tried(drawn) else { return false };
        let starts = [0, 1, 2].map(|it| drawn["transactions"][it]["start_ticks"].as_u64());
        let n_aborts = metric(&run, "n_aborts");
        let n_conflicts = metric(&run, "n_waits") + n_aborts;
        starts.is_sorted_by(|one, other| one < other)
            && (1.0..=3.0).contains(&n_aborts)
            && (2.0..=6.0).contains(&n_conflicts)
            && 1.0 <= metric(&run, "lost_ticks")
            && metric(&run, "makespan_ticks") <= 30.0
    };
    draw(seed, one, is_good)
}
