//! What every disk scheduler keeps, over random queues, against a slow and obvious oracle.

use crate::{Mode, Rng, Run, engine};
use serde_json::{Value, json};

/// Every policy on the kernel.
const POLICIES: [&str; 6] = [
    "fs/disk_fcfs",
    "fs/disk_sstf",
    "fs/disk_scan",
    "fs/disk_cscan",
    "fs/disk_look",
    "fs/disk_clook",
];

fn run(id: &str, scenario: &Value) -> Run {
    let found = engine(id).unwrap().run(scenario, Mode::MetricsOnly);
    found.unwrap_or_else(|error| panic!("{id} {scenario}: {error}"))
}

fn metric(run: &Run, key: &str) -> u64 {
    let value = run.metric(key).unwrap_or_else(|| panic!("no {key}"));
    assert!(value.fract() == 0.0 && 0.0 <= value, "{key} is {value}");
    value as u64
}

fn us(run: &Run, key: &str) -> u64 {
    (run.metric(key).unwrap() * 1_000.0).round() as u64
}

/// Rows in the order in which they are served.
fn order(run: &Run) -> Vec<usize> {
    let mut places: Vec<(u64, usize)> = Vec::new();
    for (row, name) in run.actors.iter().enumerate() {
        places.push((metric(run, &format!("place.{name}")), row));
    }
    places.sort_unstable();
    let numbers: Vec<u64> = places.iter().map(|it| it.0).collect();
    assert_eq!(numbers, (1..=places.len() as u64).collect::<Vec<_>>(), "each is served once");
    places.into_iter().map(|it| it.1).collect()
}

fn random(rng: &mut Rng, arrivals: bool) -> Value {
    let cylinders = rng.between(2, 60);
    let n = rng.between(1, 12);
    let row = |rng: &mut Rng| {
        let come = if arrivals { rng.below(30) } else { 0 };
        json!({"cylinder": rng.below(cylinders), "arrival_ms": come,
            "sectors": rng.between(1, 30), "sector": rng.below(20)})
    };
    let requests: Vec<Value> = (0..n).map(|_| row(rng)).collect();
    let of =
        |rng: &mut Rng, words: &[&str]| words[rng.below(words.len() as u64) as usize].to_owned();
    json!({"cylinders": cylinders, "head": rng.below(cylinders), "requests": requests,
        "direction": of(rng, &["up", "down"]), "tie": of(rng, &["first", "lower", "higher"]),
        "count_return": rng.below(2) == 0, "rotation": of(rng, &["none", "half", "angle"]),
        "seek_us": rng.below(200), "settle_us": rng.below(2_000), "rpm": 6_000, "track_sectors": 20})
}

/// What an oracle says of a scenario: the order, cylinders, and the time in microseconds.
#[derive(Debug, PartialEq)]
struct Outcome {
    order: Vec<usize>,
    moved: i64,
    end: i64,
}

/// Follows the rules word by word. The policies that sweep are told by how far the arm would have
/// to go, were it to serve nothing on its way.
fn oracle(id: &str, scenario: &Value) -> Outcome {
    let whole = |value: &Value| value.as_i64().unwrap();
    let rows = scenario["requests"].as_array().unwrap();
    let cylinder = |row: usize| whole(&rows[row]["cylinder"]);
    let come = |row: usize| whole(&rows[row]["arrival_ms"]) * 1_000;
    let last = whole(&scenario["cylinders"]) - 1;
    let (mut head, mut now, mut moved) = (whole(&scenario["head"]), 0, 0);
    let mut sign = if scenario["direction"] == "up" { 1 } else { -1 };
    let mut order: Vec<usize> = Vec::new();
    let (settle, each) = (whole(&scenario["settle_us"]), whole(&scenario["seek_us"]));
    let seek = |n: i64| if n == 0 { 0 } else { settle + each * n };
    while order.len() < rows.len() {
        let mut left: Vec<usize> = (0..rows.len()).filter(|it| !order.contains(it)).collect();
        now = now.max(left.iter().map(|&it| come(it)).min().unwrap());
        left.retain(|&it| come(it) <= now);
        left.sort_by_key(|&it| (come(it), it));
        let edge = if sign == 1 { last } else { 0 };
        let ahead = |it: usize| 0 <= (cylinder(it) - head) * sign;
        let key = |&it: &usize| match id {
            "fs/disk_fcfs" => (0, 0),
            "fs/disk_sstf" => {
                let tie = match scenario["tie"].as_str().unwrap() {
                    "lower" => cylinder(it),
                    "higher" => -cylinder(it),
                    _ => 0,
                };
                ((cylinder(it) - head).abs(), tie)
            }
            "fs/disk_scan" | "fs/disk_look" if ahead(it) => ((cylinder(it) - head).abs(), 0),
            "fs/disk_scan" | "fs/disk_look" => {
                ((edge - head).abs() + (edge - cylinder(it)).abs(), 0)
            }
            _ => (((cylinder(it) - head) * sign).rem_euclid(2 * last + 2), 0),
        };
        let next = *left.iter().min_by_key(|it| key(it)).unwrap();
        let turns = id != "fs/disk_fcfs" && id != "fs/disk_sstf" && !ahead(next);
        let is_circular = ["fs/disk_cscan", "fs/disk_clook"].contains(&id);
        let back_counts = scenario["count_return"] == true;
        let to_edge = ["fs/disk_scan", "fs/disk_cscan"].contains(&id);
        if turns && to_edge && head != edge {
            moved += (edge - head).abs();
            now += seek((edge - head).abs());
            head = edge;
            continue;
        }
        if turns && is_circular && to_edge {
            moved += if back_counts { last } else { 0 };
            now += if back_counts { seek(last) } else { 0 };
            head = last - edge;
            continue;
        }
        if turns && !is_circular {
            sign = -sign;
        }
        let crossed = (cylinder(next) - head).abs();
        let counts = !turns || !is_circular || back_counts;
        moved += if counts { crossed } else { 0 };
        now += if counts { seek(crossed) } else { 0 };
        head = cylinder(next);
        now += spin(scenario, &rows[next], now);
        order.push(next);
    }
    Outcome { order, moved, end: now }
}

/// Rotation and transfer at 6,000 turns a minute and 20 sectors: 500 µs each.
fn spin(scenario: &Value, row: &Value, now: i64) -> i64 {
    let (sector, sectors) = (row["sector"].as_i64().unwrap(), row["sectors"].as_i64().unwrap());
    let wait = match scenario["rotation"].as_str().unwrap() {
        "half" => 5_000,
        "angle" => (sector * 500 - now).rem_euclid(10_000),
        _ => 0,
    };
    wait + sectors * 500
}

#[test]
fn every_policy_agrees_with_its_oracle() {
    let mut rng = Rng::new(11);
    for round in 0..600 {
        let scenario = random(&mut rng, round % 3 != 0);
        for id in POLICIES {
            let run = run(id, &scenario);
            let ours = Outcome {
                order: order(&run),
                moved: metric(&run, "moved_cylinders") as i64,
                end: us(&run, "total_ms") as i64,
            };
            assert_eq!(ours, oracle(id, &scenario), "{id} {scenario}");
        }
    }
}

#[test]
fn the_parts_add_up() {
    let mut rng = Rng::new(12);
    for _ in 0..100 {
        let scenario = random(&mut rng, false);
        for id in POLICIES {
            let run = run(id, &scenario);
            let parts = ["seek_ms", "rotation_ms", "transfer_ms"].map(|it| us(&run, it));
            assert_eq!(parts.iter().sum::<u64>(), us(&run, "total_ms"), "{id} {scenario}");
            let ways = run.actors.iter().map(|it| metric(&run, &format!("moved_cylinders.{it}")));
            assert_eq!(ways.sum::<u64>(), metric(&run, "moved_cylinders"), "{id} {scenario}");
        }
    }
}

/// The least way of any order, by trying all of them.
fn least(head: u64, left: &[u64]) -> u64 {
    let each = |n: usize| {
        let mut rest = left.to_vec();
        let next = rest.swap_remove(n);
        head.abs_diff(next) + least(next, &rest)
    };
    (0..left.len()).map(each).min().unwrap_or(0)
}

#[test]
fn no_order_is_shorter_than_the_least_and_looking_ahead_never_costs() {
    let mut rng = Rng::new(13);
    for _ in 0..60 {
        let mut scenario = random(&mut rng, false);
        scenario["count_return"] = json!(true);
        scenario["requests"].as_array_mut().unwrap().truncate(6);
        let rows = scenario["requests"].as_array().unwrap();
        let places: Vec<u64> = rows.iter().map(|it| it["cylinder"].as_u64().unwrap()).collect();
        let least = least(scenario["head"].as_u64().unwrap(), &places);
        let moved = POLICIES.map(|id| {
            let run = run(id, &scenario);
            assert_eq!(metric(&run, "least_cylinders"), least, "{scenario}");
            let moved = metric(&run, "moved_cylinders");
            assert!(least <= moved, "{id} {scenario}");
            moved
        });
        let [_, _, scan, cscan, look, clook] = moved;
        assert!(look <= scan && clook <= cscan, "{scenario}");
    }
}

fn textbook(direction: &str, count_return: bool) -> Value {
    let queue = [98, 183, 37, 122, 14, 124, 65, 67];
    let rows: Vec<Value> = queue.iter().map(|it| json!({ "cylinder": it })).collect();
    json!({"cylinders": 200, "head": 53, "direction": direction, "count_return": count_return,
        "requests": rows})
}

/// `expected.json`: `disk_001`.
#[test]
fn disk_001_the_sums_and_orders_of_the_textbook_queue() {
    let down = [
        ("fs/disk_fcfs", 640, [98, 183, 37, 122, 14, 124, 65, 67]),
        ("fs/disk_sstf", 236, [65, 67, 37, 14, 98, 122, 124, 183]),
        ("fs/disk_scan", 236, [37, 14, 65, 67, 98, 122, 124, 183]),
        ("fs/disk_look", 208, [37, 14, 65, 67, 98, 122, 124, 183]),
        ("fs/disk_cscan", 386, [37, 14, 183, 124, 122, 98, 67, 65]),
        ("fs/disk_clook", 326, [37, 14, 183, 124, 122, 98, 67, 65]),
    ];
    let up = [
        ("fs/disk_scan", 331, [65, 67, 98, 122, 124, 183, 37, 14]),
        ("fs/disk_look", 299, [65, 67, 98, 122, 124, 183, 37, 14]),
        ("fs/disk_cscan", 382, [65, 67, 98, 122, 124, 183, 14, 37]),
        ("fs/disk_clook", 322, [65, 67, 98, 122, 124, 183, 14, 37]),
    ];
    let queue = [98, 183, 37, 122, 14, 124, 65, 67];
    for (direction, rows) in [("down", down.as_slice()), ("up", up.as_slice())] {
        for (id, total, path) in rows {
            let run = run(id, &textbook(direction, true));
            assert_eq!(metric(&run, "moved_cylinders"), *total, "{id} {direction}");
            let served: Vec<i32> = order(&run).into_iter().map(|it| queue[it]).collect();
            assert_eq!(served, path, "{id} {direction}");
            assert_eq!(metric(&run, "least_cylinders"), 208);
        }
    }
    for (id, total) in [("fs/disk_cscan", 187), ("fs/disk_clook", 157)] {
        assert_eq!(metric(&run(id, &textbook("down", false)), "moved_cylinders"), total, "{id}");
    }
}

/// `expected.json`: `problem14_001`, with 20 µs for each cylinder.
#[test]
fn problem14_001_seek_half_a_turn_and_ten_tracks() {
    let scenario = json!({"cylinders": 1_000, "head": 200, "seek_us": 20, "rpm": 7_200,
        "track_sectors": 200, "requests": [{"cylinder": 500, "sectors": 2_048}]});
    for id in POLICIES {
        let mut scenario = scenario.clone();
        scenario["direction"] = json!("up");
        let run = run(id, &scenario);
        let parts = ["seek_ms", "rotation_ms", "transfer_ms", "total_ms"].map(|it| us(&run, it));
        assert_eq!(parts, [6_000, 4_167, 85_333, 95_500], "{id}");
    }
}

/// A track read in any number of pieces, one after the other, takes one turn.
#[test]
fn pieces_of_a_track_in_order_do_not_wait_for_the_turn() {
    for (rpm, pieces) in [(7_200, 4), (7_200, 9), (5_400, 7), (15_000, 36), (7_199, 50)] {
        let sectors = 360 / pieces;
        let row = |it: u64| json!({"cylinder": 3, "sector": it * sectors, "sectors": sectors});
        let rows: Vec<Value> = (0..pieces).map(row).collect();
        let scenario = json!({"head": 3, "rotation": "angle", "rpm": rpm, "track_sectors": 360,
            "requests": rows});
        let run = run("fs/disk_fcfs", &scenario);
        assert!(us(&run, "rotation_ms") <= pieces, "{rpm} {pieces}");
        let turn = 60_000_000 * pieces * sectors / 360 / rpm;
        assert!(us(&run, "total_ms").abs_diff(turn) <= 1 + pieces, "{rpm} {pieces}");
    }
}

#[test]
fn a_far_request_starves_under_sstf_alone() {
    let mut rows = vec![json!({"cylinder": 180})];
    rows.extend((0..50).map(|it| json!({"cylinder": 45 + it % 7, "arrival_ms": it * 4})));
    let scenario = json!({"cylinders": 200, "head": 48, "requests": rows});
    for id in POLICIES {
        let run = run(id, &scenario);
        let place = metric(&run, "place.R1");
        assert_eq!(place == 51, id == "fs/disk_sstf", "{id}: {place}");
    }
}

#[test]
fn what_is_not_on_the_disk_is_told_at_its_place() {
    let scenario = json!({"cylinders": 10, "head": 10, "track_sectors": 5,
        "requests": [{"cylinder": 3}, {"cylinder": 12, "sector": 5}]});
    let told = engine("fs/disk_scan").unwrap().run(&scenario, Mode::MetricsOnly).unwrap_err();
    assert_eq!(
        told.to_string(),
        "/head: 10 is outside 0 to 9\n/requests/1/cylinder: 12 is outside 0 to 9\n\
         /requests/1/sector: 5 is outside 0 to 4"
    );
}
