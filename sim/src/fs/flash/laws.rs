//! What flash memory keeps: the last version, and one programming for each erasure.

use super::ftl::Page;
use super::script::{Op, ops};
use super::{Flash, Policy, Scenario, State, Wear};
use crate::engine::{Engine, Log, typed};
use crate::form::check;
use crate::{Mode, Rng, Run, engine};
use serde_json::{Value, json};

fn read(scenario: &Value) -> Scenario {
    typed(&check(Flash::FORM, scenario).unwrap()).unwrap()
}

fn states(scenario: &Scenario) -> Vec<State> {
    let mut log = Log::new(Mode::Frames);
    Flash::run(scenario, &mut log).unwrap();
    log.frames().iter().map(|it| it.state.clone()).collect()
}

fn run(scenario: &Value) -> Run {
    let found = engine("fs/flash").unwrap().run(scenario, Mode::MetricsOnly);
    found.unwrap_or_else(|error| panic!("{scenario}: {error}"))
}

fn random(rng: &mut Rng) -> Value {
    let (blocks, pages) = (rng.between(4, 9), rng.between(2, 6));
    let reserve = rng.between(1, 2);
    let most = (blocks - reserve) * pages - 1;
    let logical = rng.between(most / 2, most);
    let mut script = String::new();
    for _ in 0..rng.between(20, 58) {
        let first = rng.below(logical);
        let last = (first + rng.below(4)).min(logical - 1);
        let verb = ["write", "write", "write", "write", "trim", "read"][rng.below(6) as usize];
        script += &format!("{verb} {first}-{last}\n");
    }
    json!({"blocks": blocks, "pages": pages, "logical": logical, "reserve": reserve, "script": script,
        "policy": (["greedy", "cost_benefit"][rng.below(2) as usize]),
        "wear": (["off", "dynamic", "static"][rng.below(3) as usize]), "gap": rng.between(1, 3)})
}

/// The model once more, slowly: every page ever programmed stands in one list, and all else is searched
/// for in it.
struct Slow {
    /// Block, place in it, logical page, version; gone when the block is erased.
    pages: Vec<(usize, usize, u16, u32)>,
    /// Logical pages with a version, as the host knows them.
    newest: Vec<(u16, u32)>,
    erases: Vec<u32>,
    /// By block: writes of the host when it was touched last.
    touched: Vec<u32>,
    open: Option<usize>,
    size: usize,
    n_programmed: u32,
}

impl Slow {
    fn used(&self, block: usize) -> usize {
        self.pages.iter().filter(|it| it.0 == block).count()
    }

    /// The last page in the list of a logical page that the host has not trimmed.
    fn is_valid(&self, at: usize) -> bool {
        let (_, _, logical, _) = self.pages[at];
        self.newest.iter().any(|it| it.0 == logical)
            && self.pages.iter().rposition(|it| it.2 == logical) == Some(at)
    }

    fn valid(&self, block: usize) -> Vec<(u16, u32)> {
        let own =
            (0..self.pages.len()).filter(|it| self.pages[*it].0 == block && self.is_valid(*it));
        own.map(|it| (self.pages[it].2, self.pages[it].3)).collect()
    }

    fn touch(&mut self, logical: u16, now: u32) {
        if let Some(at) =
            (0..self.pages.len()).find(|it| self.pages[*it].2 == logical && self.is_valid(*it))
        {
            self.touched[self.pages[at].0] = now;
        }
    }

    fn program(&mut self, logical: u16, version: u32, now: u32) {
        self.touch(logical, now);
        let open = self.open.unwrap();
        let place = self.used(open);
        assert!(place < self.size);
        self.pages.push((open, place, logical, version));
        self.touched[open] = now;
        self.n_programmed += 1;
    }

    fn free(&self) -> Vec<usize> {
        let is_free = |it: &usize| self.used(*it) == 0 && self.open != Some(*it);
        (0..self.erases.len()).filter(is_free).collect()
    }

    fn full(&self) -> Vec<usize> {
        (0..self.erases.len()).filter(|it| self.used(*it) == self.size).collect()
    }

    fn take(&mut self, wear: Wear, is_cold: bool) {
        let mut best: Option<usize> = None;
        for it in self.free() {
            let less = |other: usize| match is_cold {
                false => self.erases[it] < self.erases[other],
                true => self.erases[it] > self.erases[other],
            };
            if best.is_none_or(|other| wear != Wear::Off && less(other)) {
                best = Some(it);
            }
        }
        self.open = best;
    }

    fn collect(&mut self, block: usize, wear: Wear, is_cold: bool, now: u32) {
        let valid = self.valid(block);
        self.take(wear, is_cold);
        valid.iter().for_each(|(logical, version)| self.program(*logical, *version, now));
        self.pages.retain(|it| it.0 != block);
        self.erases[block] += 1;
    }

    fn make_room(&mut self, scenario: &Scenario, now: u32) {
        if scenario.reserve < self.free().len() {
            return self.take(scenario.wear, false);
        }
        let most = *self.erases.iter().max().unwrap();
        let least = self.full().into_iter().min_by_key(|it| (self.erases[*it], *it)).unwrap();
        if scenario.wear == Wear::Static && scenario.gap < most - self.erases[least] {
            self.collect(least, scenario.wear, true, now);
            if self.used(self.open.unwrap()) < self.size {
                return;
            }
        }
        let mut best: Option<(f64, usize, usize)> = None;
        for block in self.full() {
            let n = self.valid(block).len();
            let age = f64::from(now - self.touched[block]);
            let value = match (scenario.policy, n) {
                (Policy::Greedy, _) => 0.0,
                (Policy::CostBenefit, 0) => 1e12,
                (Policy::CostBenefit, _) => (self.size - n) as f64 * age / (2 * n) as f64,
            };
            let is_better = best.is_none_or(|(other, m, _)| match (value - other).abs() < 1e-9 {
                true => n < m,
                false => other < value,
            });
            if is_better {
                best = Some((value, n, block));
            }
        }
        self.collect(best.unwrap().2, scenario.wear, false, now);
    }
}

fn slow(scenario: &Scenario) -> Slow {
    let n = scenario.blocks;
    let mut slow = Slow {
        pages: Vec::new(),
        newest: Vec::new(),
        erases: vec![0; n],
        touched: vec![0; n],
        open: None,
        size: scenario.pages,
        n_programmed: 0,
    };
    let mut now = 0;
    for op in ops(scenario).unwrap() {
        match op {
            Op::Read(_) => {}
            Op::Trim(logical) => {
                slow.touch(logical, now);
                slow.newest.retain(|it| it.0 != logical);
            }
            Op::Write(logical) => {
                if slow.open.is_none_or(|it| slow.used(it) == slow.size) {
                    slow.make_room(scenario, now);
                }
                now += 1;
                slow.touch(logical, now);
                slow.newest.retain(|it| it.0 != logical);
                slow.program(logical, now, now);
                slow.newest.push((logical, now));
            }
        }
    }
    slow
}

#[test]
fn what_is_read_is_what_was_written_last_and_a_slow_oracle_programs_as_many_pages() {
    let mut rng = Rng::new(44);
    let (mut n_erased, mut n_levelled) = (0, 0);
    for _ in 0..400 {
        let scenario = read(&random(&mut rng));
        let slow = slow(&scenario);
        let all = states(&scenario);
        let State { ftl, tally, .. } = all.last().unwrap();
        for logical in 0..scenario.logical as u16 {
            let newest = slow.newest.iter().find(|it| it.0 == logical).map(|it| it.1);
            assert_eq!(ftl.read(logical), newest);
        }
        assert_eq!(tally.programmed(), slow.n_programmed, "{scenario:?}");
        let erases: Vec<u32> = ftl.blocks.iter().map(|it| it.n_erases).collect();
        assert_eq!(erases, slow.erases);
        assert_eq!(tally.n_erased, erases.iter().sum::<u32>());
        n_erased += tally.n_erased;
        n_levelled += tally.n_levelled;
    }
    assert!(3_000 < n_erased && 100 < n_levelled, "{n_erased} {n_levelled}");
}

#[test]
fn no_page_is_programmed_twice_without_an_erasure_of_its_block() {
    let mut rng = Rng::new(45);
    for _ in 0..100 {
        let all = states(&read(&random(&mut rng)));
        for pair in all.windows(2) {
            for (before, after) in pair[0].ftl.blocks.iter().zip(&pair[1].ftl.blocks) {
                let is_erased = before.n_erases != after.n_erases;
                for (old, new) in before.pages.iter().zip(&after.pages) {
                    assert!(is_erased || *old == Page::Free || old == new);
                }
                // Pages are programmed in order.
                let n = after.pages.iter().take_while(|it| **it != Page::Free).count();
                assert_eq!(n, after.n_used);
                assert!(after.pages[n..].iter().all(|it| *it == Page::Free));
            }
        }
    }
}

#[test]
fn more_spare_room_and_trim_make_less_work() {
    let amplification = |more: Value| {
        let mut scenario = json!({"blocks": 16, "pages": 8, "logical": 110, "workload": "uniform", "n_writes": 2_000});
        for (key, value) in more.as_object().unwrap() {
            scenario[key] = value.clone();
        }
        run(&scenario).metric("write_amplification").unwrap()
    };
    let all: Vec<f64> =
        [110, 100, 80, 60].iter().map(|it| amplification(json!({ "logical": it }))).collect();
    assert!(all.windows(2).all(|it| it[1] < it[0]), "{all:?}");
    let half = |trim: bool| amplification(json!({"deleted_percent": 50, "trim": trim}));
    assert!(half(true) < half(false));
}

#[test]
fn without_overwriting_nothing_is_amplified() {
    let run = run(&json!({"script": "write 0-11\nread 3"}));
    assert_eq!(run.metric("write_amplification"), Some(1.0));
    assert_eq!(run.metric("n_erased"), Some(0.0));
}

#[test]
fn static_levelling_keeps_the_gap_small() {
    let gap = |wear: &str| {
        let scenario = json!({"blocks": 16, "pages": 8, "logical": 100, "reserve": 2, "wear": wear,
            "workload": "hot_cold", "n_writes": 4_000, "gap": 4});
        run(&scenario).metric("erases_gap").unwrap()
    };
    assert!(gap("static") <= 8.0 && gap("static") < gap("dynamic"));
}

#[test]
fn faults_are_told_where_they_are() {
    let told = |scenario: Value| {
        engine("fs/flash").unwrap().run(&scenario, Mode::MetricsOnly).unwrap_err().to_string()
    };
    assert_eq!(
        told(json!({"script": "write 12\nburn 0\nread 0 1"})),
        "/script: line 1, column 7: 12 is no page from 0 to 11, such as 3 or 0-3\n\
         /script: line 2, column 1: burn is no statement; expected write, read or trim\n\
         /script: line 3, column 8: 1 is one word too many"
    );
    assert!(told(json!({"logical": 20})).starts_with("/logical: "));
    assert!(told(json!({"blocks": 3, "reserve": 3})).starts_with("/reserve: "));
}
