//! Every policy a second time, slow and obvious, for the laws.

use crate::Rng;
use serde_json::{Value, json};

/// What a run comes to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Outcome {
    pub(super) n_faults: u32,
    pub(super) n_writebacks: u32,
    /// Pages by frame.
    pub(super) frames: Vec<u32>,
}

/// A page in memory.
#[derive(Debug, Clone)]
struct Page {
    number: u32,
    dirty: bool,
    used: bool,
    /// Places in the string at which it came in and was used since.
    uses: Vec<usize>,
    /// Reference bits of past intervals, the latest first.
    ages: Vec<bool>,
}

/// Runs a string of page numbers and writes under the policy of an engine, with the engine's
/// settings.
pub(super) fn outcome(id: &str, settings: &Value, string: &[(u32, bool)]) -> Outcome {
    let mut memory = Memory {
        n_frames: settings["frames"].as_u64().unwrap() as usize,
        settings,
        string,
        frames: Vec::new(),
        ring: Vec::new(),
        a1in: Vec::new(),
        a1out: Vec::new(),
        am: Vec::new(),
        rng: Rng::new(settings["victim_seed"].as_u64().unwrap_or(1)),
        out: Outcome::default(),
    };
    for at in 0..string.len() {
        memory.reference(id, at);
    }
    memory.out.frames = memory.frames.iter().map(|it| it.number).collect();
    memory.out
}

struct Memory<'a> {
    n_frames: usize,
    settings: &'a Value,
    string: &'a [(u32, bool)],
    frames: Vec<Page>,
    /// Frames in the order in which a second-chance queue holds them.
    ring: Vec<usize>,
    a1in: Vec<u32>,
    a1out: Vec<u32>,
    am: Vec<u32>,
    rng: Rng,
    out: Outcome,
}

impl Memory<'_> {
    fn flag(&self, key: &str, preset: bool) -> bool {
        self.settings[key].as_bool().unwrap_or(preset)
    }

    fn int(&self, key: &str, preset: u64) -> usize {
        self.settings[key].as_u64().unwrap_or(preset) as usize
    }

    fn reference(&mut self, id: &str, at: usize) {
        let (number, write) = self.string[at];
        if let Some(page) = self.frames.iter_mut().find(|it| it.number == number) {
            page.used = true;
            page.dirty |= write;
            page.uses.push(at);
            if let Some(place) = self.am.iter().position(|it| *it == number) {
                self.am.remove(place);
                self.am.push(number);
            }
        } else {
            self.out.n_faults += 1;
            let used = id != "memory/clock" || self.flag("loaded_bit", true);
            let page = Page { number, dirty: write, used, uses: vec![at], ages: vec![false; 16] };
            let mut known = false;
            let frame = if self.frames.len() < self.n_frames {
                self.frames.push(page);
                self.frames.len() - 1
            } else {
                if let Some(place) = self.a1out.iter().position(|it| *it == number) {
                    self.a1out.remove(place);
                    known = true;
                }
                let frame = self.victim(id, at);
                self.out.n_writebacks += u32::from(self.frames[frame].dirty);
                self.frames[frame] = page;
                frame
            };
            self.ring.push(frame);
            if known { &mut self.am } else { &mut self.a1in }.push(number);
        }
        let interval = self.int("interval_references", 4);
        if interval != 0 && (at + 1).is_multiple_of(interval) {
            for page in &mut self.frames {
                page.ages.insert(0, page.used);
                // Only these two clear reference bits by the clock.
                page.used &= !["memory/nru", "memory/aging"].contains(&id);
            }
        }
    }

    fn victim(&mut self, id: &str, at: usize) -> usize {
        let first = |it: &Page| it.uses[0];
        let last = |it: &Page| *it.uses.last().unwrap();
        let future = &self.string[at..];
        let next = |it: &Page| future.iter().position(|ref_| ref_.0 == it.number);
        let past = |it: &Page| self.string[..at].iter().filter(|ref_| ref_.0 == it.number).count();
        let keep = self.flag("keep_counts", false);
        let n_bits = self.int("counter_bits", 4);
        match id {
            "memory/fifo" => self.least(|it| first(it)),
            "memory/lru" => self.least(|it| last(it)),
            "memory/mru" => self.least(|it| usize::MAX - last(it)),
            "memory/opt" => self.least(|it| usize::MAX - next(it).unwrap_or(usize::MAX)),
            "memory/lfu" => self.least(|it| if keep { past(it) } else { it.uses.len() }),
            "memory/nru" => self.least(|it| 2 * usize::from(it.used) + usize::from(it.dirty)),
            "memory/aging" => self.least(|it| it.ages[..n_bits].to_vec()),
            "memory/random" => self.rng.below(self.n_frames as u64) as usize,
            "memory/clock" if self.flag("enhanced", false) => self.enhanced(),
            "memory/clock" => self.second_chance(),
            "memory/two_queue" => self.two_queue(),
            other => panic!("no oracle for {other}"),
        }
    }

    /// The frame of the least key, by the tie rule.
    fn least<K: Ord>(&self, key: impl Fn(&Page) -> K) -> usize {
        let least = self.frames.iter().map(&key).min().unwrap();
        let equal: Vec<usize> =
            (0..self.frames.len()).filter(|&it| key(&self.frames[it]) == least).collect();
        let tie = self.settings["tie"].as_str().unwrap_or("frame");
        let pick =
            |rule: fn(&Page) -> usize| equal.iter().min_by_key(|&&it| rule(&self.frames[it]));
        *match tie {
            "oldest" => pick(|it| it.uses[0]).unwrap(),
            "least_recent" => pick(|it| *it.uses.last().unwrap()).unwrap(),
            _ => &equal[0],
        }
    }

    /// A queue whose head goes to the tail if it was used: the clock as it was first told.
    fn second_chance(&mut self) -> usize {
        loop {
            let frame = self.ring.remove(0);
            if !self.frames[frame].used {
                return frame;
            }
            self.frames[frame].used = false;
            self.ring.push(frame);
        }
    }

    fn enhanced(&mut self) -> usize {
        for clears in [false, true, false, true] {
            for place in 0..self.ring.len() {
                let page = &mut self.frames[self.ring[place]];
                if !page.used && page.dirty == clears {
                    let frame = self.ring[place];
                    self.ring.rotate_left(place);
                    self.ring.remove(0);
                    return frame;
                }
                if clears {
                    page.used = false;
                }
            }
        }
        unreachable!("after two rounds that clear, some page is not used");
    }

    fn two_queue(&mut self) -> usize {
        let share = |percent: usize| match percent {
            0 => 0,
            percent => (self.n_frames * percent / 100).max(1),
        };
        let (k_in, k_out) =
            (share(self.int("a1in_percent", 25)), share(self.int("a1out_percent", 50)));
        let number = if k_in < self.a1in.len() || self.am.is_empty() {
            let number = self.a1in.remove(0);
            self.a1out.push(number);
            while k_out < self.a1out.len() {
                self.a1out.remove(0);
            }
            number
        } else {
            self.am.remove(0)
        };
        self.frames.iter().position(|it| it.number == number).unwrap()
    }
}

/// A string as the engines read it.
pub(crate) fn written(string: &[(u32, bool)]) -> String {
    let word = |(page, write): &(u32, bool)| format!("{page}{}", if *write { "w" } else { "" });
    string.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// A random string of pages 1 to `n_pages`, with runs and returns in it.
pub(crate) fn string(rng: &mut Rng, n: u64, n_pages: u64) -> Vec<(u32, bool)> {
    let near = rng.between(1, n_pages);
    let page = |rng: &mut Rng| match rng.below(3) {
        0 => rng.between(1, n_pages),
        _ => rng.between(1, near),
    };
    (0..n).map(|_| (u32::try_from(page(rng)).unwrap(), rng.below(4) == 0)).collect()
}

/// Random settings of one engine.
pub(super) fn settings(id: &str, n_frames: u64, rng: &mut Rng) -> Value {
    let mut out = json!({"frames": n_frames});
    let ties = ["oldest", "least_recent", "frame"];
    let tie = json!(ties[rng.below(3) as usize]);
    match id {
        "memory/opt" => out["tie"] = tie,
        "memory/lfu" => {
            out["tie"] = tie;
            out["keep_counts"] = json!(rng.below(2) == 0);
        }
        "memory/nru" | "memory/aging" => {
            out["tie"] = tie;
            out["interval_references"] = json!(rng.below(7));
            if id == "memory/aging" {
                out["counter_bits"] = json!(rng.between(1, 8));
            }
        }
        "memory/clock" => {
            out["enhanced"] = json!(rng.below(2) == 0);
            out["loaded_bit"] = json!(rng.below(2) == 0);
        }
        "memory/random" => out["victim_seed"] = json!(rng.below(1_000)),
        "memory/two_queue" => {
            out["a1in_percent"] = json!(rng.below(101));
            out["a1out_percent"] = json!(rng.below(200));
        }
        _ => {}
    }
    out
}
