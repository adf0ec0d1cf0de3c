//! Workloads for pen and paper: a few jobs that compete, the same ones under every policy.

use crate::form::{Field, Kind};
use crate::paper::{Fill, Paper, Seen, Sheet, set_all, small};
use crate::rng::Rng;
use serde_json::{Value, json};

const SHEETS: &[Sheet] = &[
    Sheet {
        key: "times",
        title: "the times",
        task: "Work out when each job finishes, how long it stays, and how long it waits.",
        hint: "Turnaround is finish minus arrival, and what is not burst in it is waiting.",
        fills: &[Fill::Numbers {
            of: "Job",
            columns: &[
                ("finish_ticks", "Finish"),
                ("turnaround_ticks", "Turnaround"),
                ("waiting_ticks", "Waiting"),
                ("response_ticks", "Response"),
            ],
            seen: Seen::At("finish_ticks"),
        }],
    },
    Sheet {
        key: "timeline",
        title: "the time line",
        task: "Choose who runs, then the ticks in which it does.",
        hint: "",
        fills: &[Fill::Ticks { panel: "timeline" }],
    },
];

/// The sheets of a policy.
pub(crate) const fn paper(drawn: fn(u64) -> Value) -> Paper {
    Paper { drawn, untold: &[], rules: "", sheets: SHEETS }
}

/// Three to five jobs, and a quantum where the policy reads one. The first job comes at 0, the
/// others soon after, so that they compete.
pub(crate) fn drawn(form: &[Field], seed: u64) -> Value {
    let has = |form: &[Field], key: &str| form.iter().any(|it| it.key == key && !it.hidden);
    let with_priority = form.iter().any(|it| match it.kind {
        Kind::Rows { columns, .. } => has(columns, "priority"),
        _ => false,
    });
    let mut rng = Rng::new(seed);
    let n_jobs = rng.between(3, 5);
    let mut arrival_ticks = 0;
    let mut jobs = Vec::new();
    for n in 1..=n_jobs {
        let burst_ticks = if n == 1 { rng.between(3, 7) } else { rng.between(1, 6) };
        jobs.push((arrival_ticks, burst_ticks));
        arrival_ticks += rng.between(0, 3);
    }
    let mut priorities: Vec<u64> = (1..=n_jobs).collect();
    for n in (1..jobs.len()).rev() {
        let other = small(&mut rng, 0, n);
        priorities.swap(n, other);
    }
    let row = |(n, ((arrival, burst), priority)): (usize, (&(u64, u64), &u64))| {
        let name = format!("P{}", n + 1);
        let mut row = json!({ "name": name, "arrival_ticks": arrival, "burst_ticks": burst });
        if with_priority {
            row["priority"] = (*priority).into();
        }
        row
    };
    let rows: Vec<Value> = jobs.iter().zip(&priorities).enumerate().map(row).collect();
    let mut drawn = json!({ "jobs": rows });
    let is_quantum = |it: &Field| matches!(it.kind, Kind::Int { .. });
    if form.iter().any(|it| it.key == "quantum_ticks" && !it.hidden && is_quantum(it)) {
        // A sequence of its own, so that the jobs stay the same under every policy.
        drawn["quantum_ticks"] = Rng::new(seed ^ 0x5155_414E).between(2, 3).into();
    }
    set_all(form, drawn)
}

#[cfg(test)]
mod tests {
    use crate::Mode;
    use crate::cpu::QUEUE;

    #[test]
    fn a_seed_in_a_published_link_keeps_its_jobs() {
        let entry = QUEUE.iter().find(|it| it.meta.id == "cpu/priority").unwrap();
        let drawn = (entry.paper.unwrap().drawn)(1);
        let told: Vec<String> = drawn["jobs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| format!("{} {} {}", it["arrival_ticks"], it["burst_ticks"], it["priority"]))
            .collect();
        assert_eq!(told, PINNED);
    }

    const PINNED: [&str; 5] = ["0 7 3", "2 6 4", "3 3 2", "4 4 5", "4 5 1"];

    #[test]
    fn answers_agree_with_each_other() {
        for entry in QUEUE.iter().filter(|it| it.paper.is_some()) {
            let paper = entry.paper.unwrap();
            for seed in 0..100 {
                let drawn = (paper.drawn)(seed);
                let run = entry.run(&drawn, Mode::Frames).unwrap();
                let times = &paper.sheets[0].parts(&run)[0];
                let ticks = &paper.sheets[1].parts(&run)[0].rows[0].blanks;
                for (row, job) in times.rows.iter().zip(drawn["jobs"].as_array().unwrap()) {
                    let id = entry.meta.id;
                    let number = |at: usize| row.blanks[at].answer.parse::<u64>().unwrap();
                    let (arrival, burst) = (&job["arrival_ticks"], job["burst_ticks"].as_u64());
                    let arrival = arrival.as_u64().unwrap();
                    assert_eq!(number(0) - arrival, number(1), "{id} seed {seed}");
                    assert_eq!(number(1) - burst.unwrap(), number(2), "{id} seed {seed}");
                    let n_ticks = ticks.iter().filter(|it| it.answer == row.given[0]).count();
                    assert_eq!(Some(n_ticks as u64), burst, "{id} seed {seed}");
                }
            }
        }
    }
}
