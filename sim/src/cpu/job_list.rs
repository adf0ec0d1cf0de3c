//! Jobs as the homework simulators of OSTEP take them on their command lines.
//!
//! Three forms, told apart by their commas and colons:
//! `scheduler.py -l RUN,RUN,…`, `lottery.py -l RUN:TICKETS,RUN:TICKETS,…` and
//! `mlfq.py -l START,RUN,EVERY:START,RUN,EVERY:…`, where a job asks for I/O each time it has run
//! for EVERY ticks (0: never) and waits `-i` ticks for it, 5 without.
//!
//! # Source
//! Arpaci-Dusseau, *Operating Systems: Three Easy Pieces*, simulators of the homework.

use crate::error::Fault;
use crate::form::Notation;
use serde_json::{Map, Value, json};

/// How the table of jobs may be typed.
pub(crate) const JOB_LIST: Notation = Notation {
    help: "As OSTEP's simulators take it. 5,3,8: three jobs with these run times. 5:75,3:25: run times and tickets. \
           0,20,0:3,8,2 -i 4: start, run time, and I/O after every 2 ticks of it (0: none), each of 4 ticks.",
    example: "0,20,0:3,8,2 -i 4",
    read,
};

/// What an I/O takes in `mlfq.py` unless `-i` says otherwise.
const IO_TICKS: u64 = 5;
/// Largest number read; the form's own bounds are narrower, and tell more.
const NUMBER_MAX: u64 = 1_000_000_000;
/// Most jobs, and most bursts of a job, that are written out before the form counts them.
const LEN_MAX: usize = 1_000;

/// Reads a list of jobs into the rows of the table.
fn read(text: &str) -> Result<Value, Fault> {
    let Words { list, io_ticks } = words(text)?;
    let has_colon = list.contains(':');
    let list = list.trim_end_matches([',', ':']);
    let by_colon: Vec<Vec<&str>> = list.split(':').map(|it| it.split(',').collect()).collect();
    let by_comma: Vec<Vec<&str>> = list.split(',').map(|it| it.split(':').collect()).collect();
    if by_comma.len().max(by_colon.len()) > LEN_MAX {
        return Err(wrong(format!("more than {LEN_MAX} jobs")));
    }
    let all_have = |parts: &[Vec<&str>], n: usize| parts.iter().all(|it| it.len() == n);
    // One job that starts at 0 looks like three jobs, of which the first would run for no time. A job that starts later
    // is told apart by a colon after it.
    let is_one = has_colon || list.starts_with("0,");
    let rows: Result<Vec<Value>, Fault> = if all_have(&by_colon, 3) && is_one {
        by_colon.iter().map(|it| with_io(it, io_ticks)).collect()
    } else if all_have(&by_comma, 2) {
        by_comma.iter().map(|it| with_tickets(it)).collect()
    } else if all_have(&by_comma, 1) {
        by_comma.iter().map(|it| Ok(json!({ "bursts_ticks": [number(it[0])?] }))).collect()
    } else {
        Err(wrong(format!("{list} is none of RUN,RUN or RUN:TICKETS,… or START,RUN,EVERY:…")))
    };
    rows.map(Value::Array)
}

/// What a command line holds.
struct Words<'a> {
    list: &'a str,
    io_ticks: u64,
}

/// Finds list and I/O time; the name of a program before them is no harm.
fn words(text: &str) -> Result<Words<'_>, Fault> {
    let mut found = Words { list: "", io_ticks: IO_TICKS };
    let mut words = text.split_whitespace();
    while let Some(word) = words.next() {
        let (name, inline) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        let mut value = || {
            let next = inline.or_else(|| words.next());
            next.ok_or_else(|| wrong(format!("{name} needs a value")))
        };
        match name {
            "-l" | "--jlist" | "--joblist" => found.list = value()?,
            "-i" | "--iotime" => found.io_ticks = number(value()?)?,
            "python" | "python3" => {}
            _ if name.ends_with(".py") => {}
            _ if name.starts_with('-') => {
                return Err(wrong(format!("only -l and -i are read here; set {name} on the form")));
            }
            _ if found.list.is_empty() => found.list = word,
            _ => return Err(wrong(format!("{word} stands after the list of jobs"))),
        }
    }
    if found.list.is_empty() {
        Err(wrong("a list of jobs is needed".to_owned()))
    } else {
        Ok(found)
    }
}

fn with_tickets(part: &[&str]) -> Result<Value, Fault> {
    Ok(json!({ "bursts_ticks": [number(part[0])?], "tickets": number(part[1])? }))
}

/// A job that leaves for I/O each time it has run for `EVERY` ticks and has not ended.
fn with_io(part: &[&str], io_ticks: u64) -> Result<Value, Fault> {
    let (start, run, every) = (number(part[0])?, number(part[1])?, number(part[2])?);
    let mut row = Map::new();
    row.insert("arrival_ticks".to_owned(), start.into());
    let mut bursts = Vec::new();
    let mut left = run;
    // An I/O that takes no time is none: the form wants bursts of a tick or more.
    while every != 0 && io_ticks != 0 && every < left {
        if bursts.len() > LEN_MAX {
            return Err(wrong(format!("more than {LEN_MAX} bursts in {}", part.join(","))));
        }
        bursts.extend([every, io_ticks]);
        left -= every;
    }
    bursts.push(left);
    row.insert("bursts_ticks".to_owned(), bursts.into());
    Ok(Value::Object(row))
}

fn number(text: &str) -> Result<u64, Fault> {
    let read = text.trim().parse().ok().filter(|&it| it <= NUMBER_MAX);
    read.ok_or_else(|| wrong(format!("{text:?} is no whole number from 0 to {NUMBER_MAX}")))
}

fn wrong(why: String) -> Fault {
    Fault::Syntax(why)
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::{Mode, engine};
    use serde_json::json;

    #[test]
    fn the_three_forms_are_told_apart() {
        assert_eq!(
            read("10,3,5").unwrap(),
            json!([{"bursts_ticks": [10]}, {"bursts_ticks": [3]}, {"bursts_ticks": [5]}])
        );
        assert_eq!(
            read("lottery.py -l 10:100,5:50").unwrap(),
            json!([{"bursts_ticks": [10], "tickets": 100}, {"bursts_ticks": [5], "tickets": 50}])
        );
        assert_eq!(
            read("./mlfq.py --jlist=0,20,0:3,8,3 -i 4 ").unwrap(),
            json!([{"arrival_ticks": 0, "bursts_ticks": [20]},
                   {"arrival_ticks": 3, "bursts_ticks": [3, 4, 3, 4, 2]}])
        );
    }

    #[test]
    fn a_job_that_ends_when_an_io_is_due_leaves_without_it() {
        assert_eq!(
            read("0,6,3").unwrap(),
            json!([{"arrival_ticks": 0, "bursts_ticks": [3, 5, 3]}])
        );
        assert_eq!(
            read("5,6,3:").unwrap(),
            json!([{"arrival_ticks": 5, "bursts_ticks": [3, 5, 3]}])
        );
        assert_eq!(read("5,6,3").unwrap().as_array().unwrap().len(), 3);
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        for (text, told) in [
            ("", "a list of jobs is needed"),
            ("-l", "-l needs a value"),
            ("1,2:3", "1,2:3 is none of"),
            ("1,x", "\"x\" is no whole number"),
            ("1,2 -Q 10,20", "set -Q on the form"),
            ("1,2 3", "3 stands after the list"),
            ("0,1000000000,1", "more than 1000 bursts"),
        ] {
            let fault = read(text).unwrap_err().to_string();
            assert!(fault.contains(told), "{text}: {fault}");
        }
    }

    #[test]
    fn a_scenario_may_hold_the_list_in_place_of_the_table() {
        let mlfq = engine("cpu/mlfq").unwrap();
        let typed = mlfq.run(&json!({"jobs": "0,6,0:0,4,2 -i 3"}), Mode::MetricsOnly).unwrap();
        let rows = json!({"jobs": [{"bursts_ticks": [6]}, {"bursts_ticks": [2, 3, 2]}]});
        let rows = mlfq.run(&rows, Mode::MetricsOnly).unwrap();
        assert_eq!(typed.scenario, rows.scenario);
        assert_eq!(typed.metrics, rows.metrics);
        let wrong = mlfq.run(&json!({"jobs": "7,"}), Mode::MetricsOnly);
        assert_eq!(wrong.unwrap().scenario["jobs"].as_array().unwrap().len(), 1);
        let wrong = mlfq.run(&json!({"jobs": "7,y"}), Mode::MetricsOnly).unwrap_err();
        assert_eq!(wrong.0[0].at, "/jobs");
    }

    /// Worked out by the rules of `mlfq.py -l 0,6,0:0,4,2 -n 2 -q 2 -a 1 -i 3 -c`: job 0 runs at 0, 1 and 4 to 7, job 1 at
    /// 2 and 3, waits from 4 to 7, and runs at 8 and 9.
    #[test]
    fn the_simulator_and_the_engine_end_the_same_jobs_at_the_same_times() {
        let given = json!({"jobs": "0,6,0:0,4,2 -i 3", "quanta_ticks": [2, 2]});
        let run = engine("cpu/mlfq").unwrap().run(&given, Mode::MetricsOnly).unwrap();
        assert_eq!(run.metric("finish_ticks.P1"), Some(8.0));
        assert_eq!(run.metric("finish_ticks.P2"), Some(10.0));
        assert_eq!(run.metric("response_ticks.P2"), Some(2.0));
    }
}
