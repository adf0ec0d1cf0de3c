//! What the tools show of a host, and what that rules out.

use super::host::{CAUSES, Cause, Host, PERIOD_US};
use super::run::{Doing, Report, Sums};
use crate::scene::{Cell, Column, Table, TableRow, Tone};

/// Something to look with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tool {
    Vmstat,
    Top,
    PerfTop,
    PerfLock,
    Iostat,
    Stacks,
    CpuStat,
}

/// Every tool, in the order of the list.
pub(super) const TOOLS: [Tool; 7] = [
    Tool::Vmstat,
    Tool::Top,
    Tool::PerfTop,
    Tool::PerfLock,
    Tool::Iostat,
    Tool::Stacks,
    Tool::CpuStat,
];

impl Tool {
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Vmstat => "vmstat 1",
            Self::Top => "top",
            Self::PerfTop => "perf top",
            Self::PerfLock => "perf lock contention",
            Self::Iostat => "iostat -x 1",
            Self::Stacks => "gdb thread apply all bt",
            Self::CpuStat => "cpu.stat",
        }
    }

    pub(super) const fn minutes(self) -> u16 {
        match self {
            Self::Vmstat | Self::Top | Self::Iostat | Self::CpuStat => 1,
            Self::PerfTop | Self::PerfLock => 2,
            Self::Stacks => 4,
        }
    }

    /// Its place in [`TOOLS`] as a bit.
    pub(super) const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A host and what was measured of it.
#[derive(Debug, Clone)]
pub(super) struct Measured {
    pub(super) host: Host,
    pub(super) report: Report,
}

/// `part` of `whole` in percent, rounded.
pub(super) fn percent(part: u64, whole: u64) -> u64 {
    (part * 100 + whole / 2) / whole.max(1)
}

/// Shares of the CPU time in percent, as vmstat and top show them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cpu {
    pub(super) us: u64,
    pub(super) sy: u64,
    pub(super) id: u64,
    pub(super) wa: u64,
}

impl Sums {
    pub(super) fn of(&self, doing: &[Doing]) -> u64 {
        doing.iter().map(|&it| self.doing_us[it as usize]).sum()
    }

    /// So many threads did this, as a mean over the time.
    pub(super) fn mean(&self, doing: &[Doing]) -> u64 {
        (self.of(doing) + self.time_us / 2) / self.time_us.max(1)
    }

    pub(super) fn a_second(&self, n: u64) -> u64 {
        (n * 1_000_000 + self.time_us / 2) / self.time_us.max(1)
    }

    pub(super) fn cpu(&self, n_cpus: u64) -> Cpu {
        let all_us = self.time_us * n_cpus;
        let program_us = self.of(&PROGRAM);
        let switch_us = self.switch_us.min(program_us);
        let [us, sy, wa] = [
            program_us - switch_us,
            self.of(&[Doing::Kernel, Doing::Spin]) + switch_us,
            self.wait_io_us,
        ]
        .map(|it| percent(it, all_us));
        Cpu { us, sy, wa, id: 100_u64.saturating_sub(us + sy + wa) }
    }
}

/// On a CPU in the program.
const PROGRAM: [Doing; 3] = [Doing::Work, Doing::Hot, Doing::Cache];
const ON_CPU: [Doing; 5] = [Doing::Work, Doing::Hot, Doing::Cache, Doing::Kernel, Doing::Spin];
const AWAKE: [Doing; 7] = [
    Doing::Work,
    Doing::Hot,
    Doing::Cache,
    Doing::Kernel,
    Doing::Spin,
    Doing::Ready,
    Doing::Throttled,
];
const AT_DISK: [Doing; 2] = [Doing::Fault, Doing::Write];

impl Measured {
    pub(super) fn cpu(&self) -> Cpu {
        self.report.all.cpu(self.host.n_cpus)
    }

    /// Share of the CPU time in use.
    pub(super) fn of_cpu(&self, doing: Doing) -> u64 {
        let all = &self.report.all;
        percent(all.of(&[doing]), all.of(&ON_CPU))
    }

    /// Share of the threads that have a request.
    pub(super) fn of_threads(&self, doing: &[Doing]) -> u64 {
        let all = &self.report.all;
        percent(all.of(doing), all.doing_us.iter().sum::<u64>() - all.of(&[Doing::Idle]))
    }

    /// Share of the time in which the disk is busy with pages, and with the log.
    pub(super) fn disk(&self) -> [u64; 2] {
        let Report { all, .. } = &self.report;
        let swaps = percent(all.n_swaps * self.host.swap_us, all.time_us);
        let writes = percent(all.n_writes * self.host.write_us, all.time_us);
        [swaps.min(100), writes.min(100)]
    }

    /// Share of the periods in which the quota was used up.
    pub(super) fn throttled(&self) -> u64 {
        let all = &self.report.all;
        percent(all.n_throttled, all.time_us.div_ceil(PERIOD_US)).min(100)
    }

    pub(super) fn swapped_mb(&self) -> u64 {
        self.host.need_mb().saturating_sub(self.host.memory_mb())
    }
}

/// What a tool would show if this were the cause, and whether it does. Nothing, if the tool says
/// nothing about it.
fn sign(tool: Tool, cause: Cause, it: &Measured) -> Option<(&'static str, bool)> {
    let Cpu { us, sy, id, wa } = it.cpu();
    let all = &it.report.all;
    let full = id + wa < 15;
    Some(match (tool, cause) {
        (Tool::Vmstat | Tool::Top, Cause::HotCode) => {
            ("the CPUs would be full, most of it us", full && sy < us)
        }
        (Tool::Vmstat | Tool::Top, Cause::Spinning) => {
            ("the CPUs would be full, much of it sy", full && 30 <= sy)
        }
        (Tool::Vmstat | Tool::Top, Cause::LockHeld | Cause::SlowService | Cause::Quota) => {
            ("the CPUs would have time to spare", !full)
        }
        (Tool::Vmstat, Cause::Thrashing) => ("si and so would not be 0", 0 < all.n_swaps),
        (Tool::Top, Cause::Thrashing) => ("swap would be in use", 0 < it.swapped_mb()),
        (Tool::Vmstat | Tool::Top, Cause::DiskFull) => {
            ("many threads would be blocked at the disk", 25 <= it.of_threads(&AT_DISK))
        }
        (Tool::PerfTop, Cause::HotCode) => {
            ("one function of the program would stand out", 25 <= it.of_cpu(Doing::Hot))
        }
        (Tool::PerfTop, Cause::Spinning) => {
            ("waiting for a spinlock would be on top", 25 <= it.of_cpu(Doing::Spin))
        }
        (Tool::PerfLock, Cause::Spinning) => {
            ("one kernel lock would be waited for all the time", 25 <= it.of_cpu(Doing::Spin))
        }
        (Tool::Iostat, Cause::Thrashing) => {
            ("the disk would be busy with pages", 50 <= it.disk()[0])
        }
        (Tool::Iostat, Cause::DiskFull) => {
            ("the disk would be busy with the log", 85 <= it.disk()[1])
        }
        (Tool::Stacks, Cause::LockHeld) => {
            ("most threads would sleep for one lock", 50 <= it.of_threads(&[Doing::Mutex]))
        }
        (Tool::Stacks, Cause::SlowService) => {
            ("most threads would wait for the other service", 50 <= it.of_threads(&[Doing::Call]))
        }
        (Tool::Stacks, Cause::Thrashing) => {
            ("many threads would wait for a page", 25 <= it.of_threads(&[Doing::Fault]))
        }
        (Tool::Stacks, Cause::DiskFull) => {
            ("many threads would wait in fsync", 25 <= it.of_threads(&[Doing::Write]))
        }
        (Tool::CpuStat, Cause::Quota) => ("most periods would be throttled", 50 <= it.throttled()),
        _ => return None,
    })
}

/// What a tool speaks against, each with the sign that is missing.
pub(super) fn against(tool: Tool, it: &Measured) -> Vec<(Cause, &'static str)> {
    let missing = |cause| match sign(tool, cause, it) {
        Some((what, false)) => Some((cause, what)),
        _ => None,
    };
    CAUSES.into_iter().filter_map(missing).collect()
}

/// The signs that a tool does show.
pub(super) fn shown(tool: Tool, it: &Measured) -> Vec<Cause> {
    let shows = |&cause: &Cause| sign(tool, cause, it).is_some_and(|it| it.1);
    CAUSES.into_iter().filter(shows).collect()
}

/// One sentence on the most telling numbers, without its full stop.
pub(super) fn summary(tool: Tool, it: &Measured) -> String {
    let all = &it.report.all;
    let Cpu { us, sy, id, wa } = it.cpu();
    match tool {
        Tool::Vmstat => {
            let (r, b) = (all.mean(&ON_CPU) + all.mean(&[Doing::Ready]), all.mean(&AT_DISK));
            let swap = if all.n_swaps == 0 { "no swapping" } else { "pages swapped in and out" };
            format!("{us}% us, {sy}% sy, {id}% id, {wa}% wa; r {r}, b {b}; {swap}")
        }
        Tool::Top => {
            let swapped = it.swapped_mb();
            let (need, memory) = (it.host.need_mb().min(it.host.memory_mb()), it.host.memory_mb());
            format!(
                "{us}% us, {sy}% sy, {id}% id; {need} of {memory} MB in use, {swapped} MB in swap"
            )
        }
        Tool::PerfTop => {
            let (spin, hot) = (it.of_cpu(Doing::Spin), it.of_cpu(Doing::Hot));
            format!(
                "of the CPU time that is used, {spin}% spins for a lock and {hot}% is in one function"
            )
        }
        Tool::PerfLock => {
            let n = all.a_second(all.n_spins);
            let spun_us = all.of(&[Doing::Spin]) / all.n_spins.max(1);
            format!("{n} waits a second for kernel locks, {spun_us} µs each")
        }
        Tool::Iostat => {
            let [swaps, writes] = it.disk();
            format!("the disk is busy {swaps}% of the time with pages and {writes}% with the log")
        }
        Tool::Stacks => {
            let [mutex, call, page, log] =
                [Doing::Mutex, Doing::Call, Doing::Fault, Doing::Write].map(|it| all.mean(&[it]));
            format!(
                "of {} threads, {mutex} sleep for the cache's lock, {call} wait for the other \
                 service, {page} for a page, {log} for the log; {} run or could",
                it.host.n_threads,
                all.mean(&AWAKE)
            )
        }
        Tool::CpuStat if it.host.quota_us == 0 => "the group has no quota".to_owned(),
        Tool::CpuStat => {
            let throttled = it.throttled();
            format!("throttled in {throttled}% of the periods")
        }
    }
}

fn row(key: usize, cells: Vec<String>) -> TableRow {
    let cells = cells.into_iter().map(Cell::new).collect();
    TableRow { key: format!("line.{key}"), actor: None, marked: false, cells }
}

/// The reading as the tool prints it.
pub(super) fn reading(tool: Tool, it: &Measured) -> Table {
    match tool {
        Tool::Vmstat => vmstat(it),
        Tool::Top => top(it),
        Tool::PerfTop => perf_top(it),
        Tool::PerfLock => perf_lock(it),
        Tool::Iostat => iostat(it),
        Tool::Stacks => stacks(it),
        Tool::CpuStat => cpu_stat(it),
    }
}

fn table(words: &[&str], numbers: &[&str], rows: Vec<TableRow>) -> Table {
    let words = words.iter().map(|&it| Column::words(it));
    let columns = words.chain(numbers.iter().map(|&it| Column::numbers(it))).collect();
    Table { columns, rows }
}

fn vmstat(it: &Measured) -> Table {
    let line = |(at, sums): (usize, &Sums)| {
        let Cpu { us, sy, id, wa } = sums.cpu(it.host.n_cpus);
        // A page has 4 KB, and for each that comes in another goes out.
        let swapped = sums.a_second(sums.n_swaps) * 4;
        let written = sums.a_second(sums.n_writes) * 4 + swapped;
        let (b, cs) = (sums.mean(&AT_DISK), sums.a_second(sums.n_switches));
        let numbers = [sums.n_ready, b, swapped, swapped, swapped, written, cs, us, sy, id, wa];
        row(at, numbers.iter().map(ToString::to_string).collect())
    };
    let heads = ["r", "b", "si", "so", "bi", "bo", "cs", "us", "sy", "id", "wa"];
    table(&[], &heads, it.report.seconds.iter().enumerate().map(line).collect())
}

/// Rows of words and one number; the greatest number is marked.
fn ranked(heads: [&str; 2], rows: Vec<(String, u64)>) -> Table {
    let most = rows.iter().map(|it| it.1).max().unwrap_or_default();
    let line = |(at, (what, n)): (usize, (String, u64))| {
        let tone = if n == most && 0 < n { Tone::Used } else { Tone::Plain };
        let cells = vec![Cell::new(what), Cell::new(n.to_string()).tone(tone)];
        TableRow { key: format!("line.{at}"), actor: None, marked: false, cells }
    };
    table(&heads[..1], &heads[1..], rows.into_iter().enumerate().map(line).collect())
}

fn top(it: &Measured) -> Table {
    let all = &it.report.all;
    let Cpu { us, sy, id, wa } = it.cpu();
    let (need, memory) = (it.host.need_mb(), it.host.memory_mb());
    let on_cpu = all.mean(&ON_CPU) + all.mean(&[Doing::Ready]);
    let at_disk = all.mean(&AT_DISK);
    let asleep = it.host.n_threads.saturating_sub(on_cpu + at_disk);
    // The busiest thread: none gets more than a CPU, and all get about the same.
    let busiest = percent(all.of(&ON_CPU), all.time_us * it.host.n_threads);
    let lines = [
        ("Threads", format!("{} total, {on_cpu} R, {asleep} S, {at_disk} D", it.host.n_threads)),
        ("CPUs", format!("{us} us, {sy} sy, {id} id, {wa} wa")),
        ("Memory", format!("{memory} MB, {} free", memory.saturating_sub(need))),
        ("Swap", format!("{} MB used", it.swapped_mb())),
        ("Each thread", format!("{busiest}% of a CPU")),
    ];
    let lines = lines.into_iter().enumerate();
    table(
        &["Line", "Reading"],
        &[],
        lines.map(|(at, (what, says))| row(at, vec![what.to_owned(), says])).collect(),
    )
}

fn perf_top(it: &Measured) -> Table {
    let all = &it.report.all;
    let switch = percent(all.switch_us, all.of(&ON_CPU));
    let rows = [
        ("native_queued_spin_lock_slowpath (kernel)", it.of_cpu(Doing::Spin)),
        ("queue_request (kernel)", it.of_cpu(Doing::Kernel)),
        ("__schedule (kernel)", switch),
        ("sort_offers", it.of_cpu(Doing::Hot)),
        ("handle_request", it.of_cpu(Doing::Work).saturating_sub(switch)),
        ("cache_get", it.of_cpu(Doing::Cache)),
    ];
    let mut rows = rows.map(|(what, n)| (what.to_owned(), n)).to_vec();
    crate::order::by_key(&mut rows, |it| std::cmp::Reverse(it.1));
    ranked(["Function", "% of used CPU time"], rows)
}

fn perf_lock(it: &Measured) -> Table {
    let all = &it.report.all;
    let n = all.a_second(all.n_spins);
    let total_ms = all.a_second(all.of(&[Doing::Spin])) / 1_000;
    let spun_us = all.of(&[Doing::Spin]) / all.n_spins.max(1);
    let cells = ["queue_lock".to_owned(), n.to_string(), total_ms.to_string(), spun_us.to_string()];
    table(
        &["Kernel lock"],
        &["contended a second", "total wait (ms a second)", "mean wait (µs)"],
        vec![row(0, cells.to_vec())],
    )
}

fn iostat(it: &Measured) -> Table {
    let all = &it.report.all;
    let [swaps, writes] = it.disk();
    let n = all.n_swaps + all.n_writes;
    let await_ms = all.of(&AT_DISK) / n.max(1) / 1_000;
    let reads = all.a_second(all.n_swaps);
    let numbers = [reads, reads + all.a_second(all.n_writes), await_ms, (swaps + writes).min(100)];
    let mut cells = vec!["disk".to_owned()];
    cells.extend(numbers.iter().map(ToString::to_string));
    table(&["Device"], &["r/s", "w/s", "await (ms)", "%util"], vec![row(0, cells)])
}

fn stacks(it: &Measured) -> Table {
    let all = &it.report.all;
    let rows = [
        ("pthread_mutex_lock < cache_get", &[Doing::Mutex][..]),
        ("recv < ask_database", &[Doing::Query]),
        ("recv < call_service", &[Doing::Call]),
        ("page fault", &[Doing::Fault]),
        ("fsync < write_log", &[Doing::Write]),
        ("on a CPU, or ready", &AWAKE),
        ("epoll_wait < next_request", &[Doing::Idle]),
    ];
    let rows = rows.map(|(what, doing)| (what.to_owned(), all.mean(doing))).to_vec();
    ranked(["Stack", "threads"], rows)
}

fn cpu_stat(it: &Measured) -> Table {
    let all = &it.report.all;
    let limit = match it.host.quota_us {
        0 => "max".to_owned(),
        us => us.to_string(),
    };
    let periods = if it.host.quota_us == 0 { 0 } else { all.time_us.div_ceil(PERIOD_US) };
    let lines = [
        ("cpu.max (µs of 100,000)", limit),
        ("usage_usec a second", all.a_second(all.of(&ON_CPU)).to_string()),
        ("nr_periods", periods.to_string()),
        ("nr_throttled", all.n_throttled.to_string()),
    ];
    let lines = lines.into_iter().enumerate();
    table(
        &["Key"],
        &["value"],
        lines.map(|(at, (what, says))| row(at, vec![what.to_owned(), says])).collect(),
    )
}
