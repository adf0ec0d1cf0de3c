//! One statement after another, told with its reason.

use super::super::words::{bytes, count, grouped};
use super::scene::Picture;
use super::script::{Does, Map, Op, PROCESSES_MAX};
use super::world::{Did, PAGE_BYTES, Signal, World};
use crate::engine::{Log, Shot};
use crate::error::ScenarioError;

/// Pages of a `touch` that are told one by one.
const TOLD: u64 = 2;

/// Pages that loops, write-backs and forks of one script may walk: a bound on time.
const WALKED_MAX: u64 = 1 << 22;

/// Why a statement past that bound is not done.
const WALKED: &str = "the script walks more pages than this model does in one run";

/// What steps cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Costs {
    pub(crate) minor_ns: u64,
    pub(crate) major_ns: u64,
    pub(crate) fork_ns: u64,
    pub(crate) fork_page_ns: u64,
}

/// A run.
#[derive(Debug)]
pub(crate) struct Runner {
    pub(crate) world: World,
    pub(crate) costs: Costs,
    names: Vec<String>,
    /// Pages that were walked.
    n_walked: u64,
    time: u64,
    line: u32,
    /// Frame that the step is about.
    frame: Option<u32>,
    /// What the last read gave.
    pub(crate) last_value: Option<i64>,
    /// Dirty pages that a crash took.
    pub(crate) n_lost: u64,
}

impl Runner {
    pub(crate) fn new(world: World, costs: Costs) -> Self {
        let names = world.objects.iter().map(|it| it.name.clone()).collect();
        let (n_walked, time, line, n_lost) = (0, 0, 0, 0);
        Self { world, costs, names, n_walked, time, line, frame: None, last_value: None, n_lost }
    }

    /// Time of all faults and forks.
    pub(crate) fn time_ns(&self) -> u64 {
        let totals = &self.world.totals;
        totals.n_minor * self.costs.minor_ns + totals.n_major * self.costs.major_ns + self.fork_ns()
    }

    /// Time of all forks.
    pub(crate) fn fork_ns(&self) -> u64 {
        let totals = &self.world.totals;
        totals.n_forks * self.costs.fork_ns + totals.n_entries_copied * self.costs.fork_page_ns
    }

    pub(crate) fn run(&mut self, ops: &[Op], log: &mut Log<Picture>) -> Result<(), ScenarioError> {
        self.step("start", log, |_| {
            "Nothing is mapped, and the files lie in their blocks only, because nobody has used \
             them yet."
                .to_owned()
        })?;
        for (line, op) in (1..).zip(ops) {
            self.line = line;
            self.frame = None;
            let walks = self.walks(op);
            if WALKED_MAX < self.n_walked + walks {
                self.refuse(&format!("P{}", op.process + 1), WALKED, log)?;
                continue;
            }
            self.n_walked += walks;
            self.one(op, log)?;
        }
        Ok(())
    }

    /// Pages that a statement may walk.
    fn walks(&self, op: &Op) -> u64 {
        let entries = |process: u8| {
            let regions = self.world.processes[usize::from(process)].iter().flatten();
            regions.map(|it| it.map.n_pages).sum::<u64>()
        };
        match op.does {
            Does::Touch { .. } | Does::Fork(_) | Does::Exit | Does::Unmap(_) => entries(op.process),
            Does::Map(map) => map.n_pages,
            Does::Sync(_) | Does::WriteBack | Does::Crash => {
                let pages = self.world.objects.iter().map(|it| it.cache.len() as u64);
                pages.sum::<u64>() + (0..PROCESSES_MAX).map(entries).sum::<u64>()
            }
            Does::Read(_) | Does::Write(..) | Does::FileRead(..) | Does::FileWrite(..) => 0,
        }
    }

    fn step(
        &mut self,
        tag: &'static str,
        log: &mut Log<Picture>,
        say: impl FnOnce(&Self) -> String,
    ) -> Result<(), ScenarioError> {
        let (time, line) = (self.time, self.line);
        self.time += 1;
        log.step(time, tag, || {
            let refused = matches!(tag, "refuse" | "signal");
            let picture = Picture::of(&self.world, line, self.frame, self.time_ns(), refused);
            Shot::new(say(self), picture)
        })
    }

    fn one(&mut self, op: &Op, log: &mut Log<Picture>) -> Result<(), ScenarioError> {
        let process = usize::from(op.process);
        let name = format!("P{}", process + 1);
        match op.does {
            Does::Map(map) => self.map(process, &name, map, log),
            Does::Read(address) => self.read(process, &name, address, log),
            Does::Write(address, value) => self.write(process, &name, address, value, log),
            Does::Touch { address, step, write } => {
                self.touch(process, &name, (address, step, write), log)
            }
            Does::FileRead(file, place) => self.file(&name, (file, place), None, log),
            Does::FileWrite(file, place, value) => {
                self.file(&name, (file, place), Some(value), log)
            }
            Does::Sync(address) => self.sync(process, &name, address, log),
            Does::Unmap(address) => match self.world.unmap(process, address) {
                None => self.refuse(&name, "no region holds that address", log),
                Some(n) => self.step("munmap", log, |_| {
                    format!(
                        "{name} gives up {}; pages of files stay in the page cache, because they \
                         belong to the file.",
                        count(n, "entries")
                    )
                }),
            },
            Does::Fork(child) => self.fork(process, &name, usize::from(child), log),
            Does::Exit => match self.world.exit(process) {
                None => self.refuse(&name, "there is no such process", log),
                Some(n) => self.step("exit", log, |_| {
                    format!(
                        "{name} ends with {}, and its private frames are free.",
                        count(n, "regions")
                    )
                }),
            },
            Does::WriteBack => self.write_back(log),
            Does::Crash => {
                let lost = self.world.crash();
                self.n_lost += lost;
                self.step("crash", log, |_| match lost {
                    0 => "The power fails, and no file loses anything, because every page was \
                          written back."
                        .to_owned(),
                    n => format!(
                        "The power fails and {} of files are lost, because they were newer than \
                         their blocks.",
                        count(n, "pages")
                    ),
                })
            }
        }
    }

    fn refuse(
        &mut self,
        name: &str,
        why: &str,
        log: &mut Log<Picture>,
    ) -> Result<(), ScenarioError> {
        self.step("refuse", log, |_| format!("{name} gets an error, because {why}."))
    }

    fn map(
        &mut self,
        process: usize,
        name: &str,
        map: Map,
        log: &mut Log<Picture>,
    ) -> Result<(), ScenarioError> {
        if let Err(why) = self.world.map(process, map) {
            return self.refuse(name, why, log);
        }
        self.step("mmap", log, |it| {
            let what = map.file.map_or("memory without a file", |at| it.names[at].as_str());
            let how = if map.shared { "shared" } else { "private" };
            format!(
                "{name} maps {} of {what} at {:#x}, {how}; no page is read yet, because a fault \
                 will ask for it.",
                count(map.n_pages, "pages"),
                map.address
            )
        })
    }

    /// Makes an access possible and tells the fault; whether it worked.
    fn fault(
        &mut self,
        process: usize,
        name: &str,
        address: u64,
        write: bool,
        log: &mut Log<Picture>,
    ) -> Result<bool, ScenarioError> {
        let result = self.world.access(process, address, write);
        self.frame = self.world.frame_of(process, address);
        let does = if write { "write" } else { "read" };
        match result {
            Ok((Did::Hit, _)) => Ok(true),
            Ok((did, major)) => {
                let (tag, what) = faulted(did, major);
                let frame = self.frame.unwrap_or_default();
                self.step(tag, log, |_| {
                    let size = if major { "major" } else { "minor" };
                    format!("{name} faults to {does} {address:#x} ({size}): {what} frame {frame}.")
                })?;
                Ok(true)
            }
            Err(signal) => {
                let (signal, why) = match signal {
                    Signal::NoRegion => ("SIGSEGV", "no region holds that address"),
                    Signal::ReadOnly => ("SIGSEGV", "the region may only be read"),
                    Signal::PastEnd => ("SIGBUS", "the file ends before that page"),
                };
                self.step("signal", log, |_| {
                    format!("{name} gets {signal} at {address:#x}, because {why}.")
                })?;
                Ok(false)
            }
        }
    }

    fn read(
        &mut self,
        process: usize,
        name: &str,
        address: u64,
        log: &mut Log<Picture>,
    ) -> Result<(), ScenarioError> {
        self.last_value = None;
        if !self.fault(process, name, address, false, log)? {
            return Ok(());
        }
        self.last_value = self.world.value(process, address);
        let value = self.last_value.unwrap_or_default();
        let frame = self.frame.unwrap_or_default();
        self.step("read", log, |_| {
            format!(
                "{name} reads {value} at {address:#x}, because that is what frame {frame} holds."
            )
        })
    }

    fn write(
        &mut self,
        process: usize,
        name: &str,
        address: u64,
        value: i64,
        log: &mut Log<Picture>,
    ) -> Result<(), ScenarioError> {
        if !self.fault(process, name, address, true, log)? {
            return Ok(());
        }
        self.world.put(process, address, value);
        self.step("write", log, |it| {
            let frame = it.frame.unwrap_or_default();
            let region = it.world.find(process, address).and_then(|at| {
                let region = it.world.processes[process].as_ref()?.get(at)?;
                Some((region.map.shared, region.map.file))
            });
            let who = match region {
                Some((true, Some(file))) => format!(
                    "everybody who maps {} shared sees it, and its block waits for write-back",
                    it.names[file]
                ),
                Some((true, None)) => "everybody who shares the memory sees it".to_owned(),
                _ => format!("only {name} sees it, because the frame is its own"),
            };
            format!("{name} writes {value} at {address:#x} into frame {frame}; {who}.")
        })
    }

    fn touch(
        &mut self,
        process: usize,
        name: &str,
        (address, step, write): (u64, u64, bool),
        log: &mut Log<Picture>,
    ) -> Result<(), ScenarioError> {
        let Some(at) = self.world.find(process, address) else {
            self.world.totals.n_signals += 1;
            return self.step("signal", log, |_| {
                format!(
                    "{name} gets SIGSEGV at {address:#x}, because no region holds that address."
                )
            });
        };
        let end = self.world.processes[process].as_ref().map_or(0, |it| it[at].end());
        let n_accesses = (end - address).div_ceil(step);
        let (before, mut n_pages, mut next) = (self.world.totals, 0, address);
        while next < end {
            n_pages += 1;
            if n_pages <= TOLD {
                if !self.fault(process, name, next, write, log)? {
                    return Ok(());
                }
            } else if self.world.access(process, next, write).is_err() {
                return self.fault(process, name, next, write, log).map(|_| ());
            }
            // Further accesses to the same page need no fault.
            let page_end = (next / PAGE_BYTES + 1) * PAGE_BYTES;
            next += (page_end - next).div_ceil(step) * step;
        }
        let totals = &mut self.world.totals;
        totals.n_accesses += n_accesses - n_pages;
        totals.n_touched += n_pages;
        let minor = totals.n_minor - before.n_minor;
        let major = totals.n_major - before.n_major;
        self.step("touch", log, |_| {
            format!(
                "{name} makes {} {} apart and comes to {}: {} minor and {} major faults, one at \
                 most for each page.",
                count(n_accesses, "accesses"),
                bytes(step),
                count(n_pages, "pages"),
                grouped(minor),
                grouped(major)
            )
        })
    }

    fn file(
        &mut self,
        name: &str,
        (file, place): (usize, u64),
        put: Option<i64>,
        log: &mut Log<Picture>,
    ) -> Result<(), ScenarioError> {
        self.last_value = None;
        let Some((value, read)) = self.world.file(file, place, put) else {
            return self.refuse(name, "the file ends before that place", log);
        };
        self.last_value = Some(value);
        let page = usize::try_from(place / PAGE_BYTES).unwrap_or_default();
        self.frame = self.world.objects[file].cache[page];
        self.step(if put.is_some() { "pwrite" } else { "pread" }, log, |it| {
            let from = match read {
                true => "its block had to be read first",
                false => "the page was in the page cache",
            };
            let does = if put.is_some() { "writes" } else { "reads" };
            format!(
                "{name} {does} {value} at {place:#x} of {} by a system call, through frame {}, and \
                 {from}.",
                it.names[file],
                it.frame.unwrap_or_default()
            )
        })
    }

    fn sync(
        &mut self,
        process: usize,
        name: &str,
        address: u64,
        log: &mut Log<Picture>,
    ) -> Result<(), ScenarioError> {
        let region = self.world.find(process, address).and_then(|at| {
            let region = self.world.processes[process].as_ref()?.get(at)?;
            Some((region.map, region.object))
        });
        let Some((map, object)) = region else {
            return self.refuse(name, "no region holds that address", log);
        };
        let (Some(object), true, Some(_)) = (object, map.shared, map.file) else {
            return self.step("msync", log, |_| {
                format!(
                    "{name} asks for write-back in vain, because the pages of this region belong to \
                     no file."
                )
            });
        };
        let first = usize::try_from(map.offset).unwrap_or(usize::MAX);
        let end = first.saturating_add(usize::try_from(map.n_pages).unwrap_or(usize::MAX));
        let n = self.world.write_back(object, first, end);
        self.step("msync", log, |it| {
            format!(
                "{name} waits until {} of {} are in their blocks; the entries become read-only, so \
                 that the next write is noticed.",
                count(n, "dirty pages"),
                it.names[object]
            )
        })
    }

    fn write_back(&mut self, log: &mut Log<Picture>) -> Result<(), ScenarioError> {
        let n_objects = self.world.objects.len();
        let n: u64 = (0..n_objects).map(|it| self.world.write_back(it, 0, usize::MAX)).sum();
        self.step("writeback", log, |_| {
            format!(
                "The kernel's flusher writes {} to their blocks, because they have been dirty long \
                 enough.",
                count(n, "pages")
            )
        })
    }

    fn fork(
        &mut self,
        process: usize,
        name: &str,
        child: usize,
        log: &mut Log<Picture>,
    ) -> Result<(), ScenarioError> {
        match self.world.fork(process, child) {
            Err(why) => self.refuse(name, why, log),
            Ok(n) => self.step("fork", log, |it| {
                let ns = it.costs.fork_ns + n * it.costs.fork_page_ns;
                let time = crate::scene::number(ns as f64 / 1_000.0, 1);
                format!(
                    "{name} forks P{} and copies {} of private pages, read-only in both from now on; \
                     that takes {time} µs, and no page itself is copied.",
                    child + 1,
                    count(n, "entries")
                )
            }),
        }
    }
}

/// Tag of a fault, and what the kernel did, up to the number of the frame.
fn faulted(did: Did, major: bool) -> (&'static str, &'static str) {
    match did {
        Did::Hit => ("read", "nothing was to be done for"),
        Did::MapZero => ("minor", "nothing is behind the page, so it gets the page of zeros,"),
        Did::ZeroFill => ("minor", "nothing is behind the page, so it gets a new"),
        Did::ReplaceZero => ("cow", "the page of zeros belongs to all, so this page gets a new"),
        Did::MapCache if major => ("major", "the block is read and its page mapped from"),
        Did::MapCache => ("minor", "the page is in memory, so the kernel maps"),
        Did::CopyCache if major => ("major", "the block is read and its page copied into"),
        Did::CopyCache => ("cow", "a private write must not reach the file, so a copy goes into"),
        Did::Upgrade => ("minor", "the first write must mark the page as dirty in"),
        Did::Copy => ("cow", "others use the page as it is, so a copy goes into"),
        Did::Reuse => ("cow", "nobody else has the page now, so it keeps"),
    }
}
