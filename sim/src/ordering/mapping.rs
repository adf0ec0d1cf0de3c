//! What C11's atomic operations become on x86-64, ARMv8 and RISC-V, and what they cost.
//!
//! # Model
//! Each operation with its order is compiled for three processors by the usual table, the same for
//! every compiler, since code from two of them has to work together. A step shows one operation. An
//! instruction counts as one that orders if an ordinary access would do without it: a fence, a
//! load-acquire, a store-release, an atomic instruction with `a` or `l`, an exchange in place of a
//! store. Times are for x86-64 only, as settings, each without contention.
//! # Ties
//! None: operations stand in the order of the list.
//! # Left out
//! Compare-and-swap, which is an exchange with a test; operations of 16 bytes; what a compiler may
//! join or leave out. Times of ARMv8 and RISC-V, which differ from core to core. `consume`.
//! # Source
//! `cpp-mappings` for the tables; `riscv-isa`, table A.6, for RISC-V; `arm-arm` for the atomic
//! instructions of ARMv8.1. The times are those that the lesson measured.

use super::mapping_table::{Operation, Order, Target, code, is_legal, options};
use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::{Fault, Problem, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::scene::{Cell, Column, Panel, Scene, Stat, Stats, Table, TableRow, Tone};
use crate::words::count;
use serde::Deserialize;

pub(crate) struct Mapping;

#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    operations: Vec<Row>,
    asked: Target,
    rcpc: bool,
    lse: bool,
    load_ps: u64,
    store_ps: u64,
    locked_ps: u64,
    fence_ps: u64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct Row {
    operation: Operation,
    order: Order,
}

/// What the settings say about a processor.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flavour {
    /// `ldapr` for acquire loads.
    pub(super) rcpc: bool,
    /// Atomic instructions instead of loops.
    pub(super) lse: bool,
}

/// So many operations are compiled.
#[derive(Debug, Clone)]
pub(crate) struct State {
    n: usize,
}

impl Scenario {
    fn flavour(&self) -> Flavour {
        Flavour { rcpc: self.rcpc, lse: self.lse }
    }

    fn code(&self, row: Row, target: Target) -> &'static str {
        code(row.operation, row.order, target, self.flavour())
    }

    /// Time on x86-64, in picoseconds.
    fn time_ps(&self, row: Row) -> u64 {
        match (row.operation, row.order) {
            (Operation::Load, _) => self.load_ps,
            (Operation::Store, Order::SeqCst) => self.locked_ps,
            (Operation::Store, _) => self.store_ps,
            (Operation::Exchange | Operation::FetchAdd, _) => self.locked_ps,
            (Operation::Fence, Order::SeqCst) => self.fence_ps,
            (Operation::Fence, _) => 0,
        }
    }

    /// Instructions that are there for the sake of order, over some operations.
    fn n_ordering(&self, rows: &[Row], target: Target) -> usize {
        let flavour = self.flavour();
        let extra = |row: &Row| {
            let own = code(row.operation, row.order, target, flavour);
            let plain = match row.operation {
                Operation::Fence => "",
                it => code(it, Order::Relaxed, target, flavour),
            };
            let parts = |text: &'static str| text.split("; ").filter(|it| !it.is_empty());
            parts(own).filter(|it| !parts(plain).any(|plain| plain == *it)).count()
        };
        rows.iter().map(extra).sum()
    }
}

/// `4.1`: picoseconds as nanoseconds.
fn ns(ps: u64) -> String {
    let text = format!("{}.{:03}", ps / 1_000, ps % 1_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

const ROWS: &[Field] = &[
    Field::new(
        "operation",
        "Operation",
        Kind::Choice(&[
            ("load", "Load"),
            ("store", "Store"),
            ("exchange", "Exchange"),
            ("fetch_add", "Fetch and add"),
            ("fence", "Fence"),
        ]),
    ),
    Field::new(
        "order",
        "Order",
        Kind::Choice(&[
            ("relaxed", "relaxed"),
            ("acquire", "acquire"),
            ("release", "release"),
            ("acq_rel", "acq_rel"),
            ("seq_cst", "seq_cst"),
        ]),
    ),
];

const fn time(key: &'static str, label: &'static str, help: &'static str, preset: i64) -> Field {
    Field::new(key, label, Kind::Int { min: 0, max: 1_000_000 })
        .help(help)
        .unit("ps")
        .or(Preset::Int(preset))
}

impl Engine for Mapping {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "ordering/mapping",
        title: "Orders as instructions",
        summary: "What each C11 order becomes on x86-64, ARMv8 and RISC-V, and what it costs.",
        look_for: "On x86 only a seq_cst store or fence differs; ARMv8 has instructions for orders.",
        source: "cpp-mappings/tables",
        time_unit: "operations",
        markers: &["costs"],
    };
    const FORM: &'static [Field] = &[
        Field::new(
            "operations",
            "Operations",
            Kind::Rows { columns: ROWS, len_min: 1, len_max: 16 },
        )
        .help("What the C program does, in order."),
        Field::new(
            "asked",
            "Processor that is asked for",
            Kind::Choice(&[("x86", "x86-64"), ("armv8", "ARMv8"), ("riscv", "RISC-V")]),
        )
        .help("Whose instruction the player lets you predict.")
        .or(Preset::Text("armv8")),
        Field::new("rcpc", "ARMv8.3: ldapr for acquire loads", Kind::Flag)
            .help("An ldapr may run before an earlier stlr has arrived; an ldar may not.")
            .or(Preset::Flag(false)),
        Field::new("lse", "ARMv8.1: atomic instructions", Kind::Flag)
            .help("Off: a loop of load-exclusive and store-exclusive.")
            .or(Preset::Flag(true)),
        time("load_ps", "Load on x86-64", "Measured in the lesson on orders: 0.24 ns.", 240),
        time("store_ps", "Store on x86-64", "Measured there: 0.16 ns.", 160),
        time(
            "locked_ps",
            "Locked instruction on x86-64",
            "An xchg as a store, measured: 4.1 ns.",
            4_100,
        ),
        time(
            "fence_ps",
            "Full fence on x86-64",
            "Measured in the lesson on fences, with the store before it: 6.1 ns.",
            6_100,
        ),
    ];
    const EXAMPLE: &'static str = r#"{"operations": [
        {"operation": "load", "order": "relaxed"},
        {"operation": "load", "order": "acquire"},
        {"operation": "load", "order": "seq_cst"},
        {"operation": "store", "order": "relaxed"},
        {"operation": "store", "order": "release"},
        {"operation": "store", "order": "seq_cst"},
        {"operation": "fence", "order": "acquire"},
        {"operation": "fence", "order": "release"},
        {"operation": "fence", "order": "seq_cst"}
    ]}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let rows = &scenario.operations;
        let wrong = |(n, row): (usize, &Row)| {
            let why = format!("C11 has no {} that is {}", row.operation.word(), row.order.word());
            let at = format!("/operations/{n}/order");
            (!is_legal(row.operation, row.order))
                .then_some(Problem { at, fault: Fault::Conflict(why) })
        };
        let problems: Vec<Problem> = rows.iter().enumerate().filter_map(wrong).collect();
        if !problems.is_empty() {
            return Err(ScenarioError(problems));
        }
        log.step(0, "start", || {
            let n = count(rows.len() as u64, "operations");
            let say = format!("The C program has {n}, and nothing is compiled yet.");
            Shot::new(say, State { n: 0 })
        })?;
        for (time, (at, row)) in (1..).zip(rows.iter().enumerate()) {
            let tag =
                if scenario.n_ordering(&[*row], scenario.asked) == 0 { "free" } else { "costs" };
            log.step(time, tag, || {
                let all = options(row.operation, scenario.asked, scenario.flavour());
                let own = scenario.code(*row, scenario.asked);
                let answer = all.iter().position(|it| *it == own).unwrap_or_default();
                let shown = all.iter().map(|it| shown(it)).collect();
                let what = format!("{} {}", row.operation.word(), row.order.word());
                let question = format!("What does {} use for {what}?", scenario.asked.name());
                Shot::new(say(scenario, *row), State { n: at + 1 }).ask(&question, shown, answer)
            })?;
        }
        metrics(scenario, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        let n = past.last().map_or(0, |it| it.state.n);
        let done = &scenario.operations[..n.min(scenario.operations.len())];
        let stat = |target: Target| {
            let value = scenario.n_ordering(done, target).to_string();
            Stat::new(format!("{} instructions for order", target.name()), value, "")
        };
        let mut items: Vec<Stat> = Target::ALL.iter().map(|it| stat(*it)).collect();
        let time = done.iter().map(|it| scenario.time_ps(*it)).sum();
        items.push(Stat::new("Time on x86-64, by the settings", ns(time), "ns"));
        Scene::default()
            .with("table", "Operations and instructions", Panel::Table(table(scenario, n)))
            .with("sums", "So far", Panel::Stats(Stats { items }))
    }
}

fn shown(code: &str) -> String {
    if code.is_empty() { "no instruction".to_owned() } else { code.to_owned() }
}

fn say(scenario: &Scenario, row: Row) -> String {
    let what = format!("{} {}", row.operation.word(), row.order.word());
    let quoted = |code: &str| if code.is_empty() { shown(code) } else { format!("`{code}`") };
    let [x86, arm, riscv] = Target::ALL.map(|it| quoted(scenario.code(row, it)));
    let why = match (row.operation, row.order) {
        (Operation::Load, Order::Relaxed) => "an ordinary load is in one piece and needs no order",
        (Operation::Load, Order::Acquire) => "under TSO no later access passes a load anyway",
        (Operation::Load, _) => "on x86 it is the seq_cst stores that pay",
        (Operation::Store, Order::Relaxed) => {
            "an ordinary store is in one piece and needs no order"
        }
        (Operation::Store, Order::SeqCst) => {
            "only this store has to be in memory before later loads"
        }
        (Operation::Store, _) => "under TSO no earlier access passes a store anyway",
        (Operation::Exchange | Operation::FetchAdd, _) => {
            "on x86 every locked instruction is a full fence, whatever the order"
        }
        (Operation::Fence, Order::SeqCst) => "the store buffer has to be empty before later loads",
        (Operation::Fence, _) => "TSO keeps all that it asks for, and only the compiler is bound",
    };
    let what = format!("{}{}", what[..1].to_uppercase(), &what[1..]);
    format!("{what} is {x86} on x86-64, because {why}; ARMv8 takes {arm}, RISC-V {riscv}.")
}

fn table(scenario: &Scenario, n: usize) -> Table {
    let names = ["C11", "Order", "x86-64", "ARMv8", "RISC-V"];
    let mut columns = names.map(Column::words).to_vec();
    columns.push(Column::numbers("x86-64 time (ns)"));
    let row = |(at, row): (usize, &Row)| {
        let mut cells = vec![Cell::new(row.operation.word()), Cell::new(row.order.word())];
        let known = at < n;
        for target in Target::ALL {
            let orders = 0 < scenario.n_ordering(&[*row], target);
            let tone = if orders { Tone::Overhead } else { Tone::Plain };
            let text = if known { shown(scenario.code(*row, target)) } else { String::new() };
            cells.push(Cell::new(text).tone(if known { tone } else { Tone::Plain }));
        }
        let time = if known { ns(scenario.time_ps(*row)) } else { String::new() };
        cells.push(Cell::new(time));
        TableRow { key: format!("row.{at}"), actor: None, marked: at + 1 == n, cells }
    };
    Table { columns, rows: scenario.operations.iter().enumerate().map(row).collect() }
}

fn metrics(scenario: &Scenario, log: &mut Log<State>) {
    let rows = &scenario.operations;
    for target in Target::ALL {
        let n = scenario.n_ordering(rows, target) as f64;
        let key = format!("n_ordering.{}", target.key());
        let label = format!("Instructions for order on {}", target.name());
        log.metric(&key, &label, n, "instructions", Better::Lower);
    }
    let ps: u64 = rows.iter().map(|it| scenario.time_ps(*it)).sum();
    log.metric("time_ns", "Time on x86-64", ps as f64 / 1_000.0, "ns", Better::Lower);
}

#[cfg(test)]
mod tests {
    use super::super::mapping_table::{Operation, Order, Target, code};
    use super::{Flavour, ns};

    const NEW: Flavour = Flavour { rcpc: false, lse: true };

    /// `aarch64_mapping` of the reference answers.
    #[test]
    fn expected_aarch64_mapping() {
        let arm = |operation, order| code(operation, order, Target::Armv8, NEW);
        assert_eq!(arm(Operation::Load, Order::Relaxed), "ldr");
        assert_eq!(arm(Operation::Load, Order::Acquire), "ldar");
        let rcpc = Flavour { rcpc: true, ..NEW };
        assert_eq!(code(Operation::Load, Order::Acquire, Target::Armv8, rcpc), "ldapr");
        assert_eq!(code(Operation::Load, Order::SeqCst, Target::Armv8, rcpc), "ldar");
        assert_eq!(arm(Operation::Load, Order::SeqCst), "ldar");
        assert_eq!(arm(Operation::Store, Order::Relaxed), "str");
        assert_eq!(arm(Operation::Store, Order::Release), "stlr");
        assert_eq!(arm(Operation::Store, Order::SeqCst), "stlr");
        assert_eq!(arm(Operation::Fence, Order::SeqCst), "dmb ish");
    }

    /// `x86_codegen_gcc12` of the reference answers: what gcc makes of the orders.
    #[test]
    fn expected_x86_codegen() {
        let x86 = |operation, order| code(operation, order, Target::X86, NEW);
        for order in [Order::Relaxed, Order::Acquire, Order::SeqCst] {
            assert_eq!(x86(Operation::Load, order), "mov");
        }
        assert_eq!(x86(Operation::Store, Order::Release), "mov");
        assert_eq!(x86(Operation::Store, Order::SeqCst), "xchg");
        assert_eq!(x86(Operation::Fence, Order::SeqCst), "lock or");
        assert_eq!(x86(Operation::Fence, Order::AcqRel), "");
    }

    /// Table A.6 of the RISC-V manual.
    #[test]
    fn riscv_puts_fences_around_accesses() {
        let riscv = |operation, order| code(operation, order, Target::Riscv, NEW);
        assert_eq!(riscv(Operation::Load, Order::Acquire), "l; fence r,rw");
        assert_eq!(riscv(Operation::Load, Order::SeqCst), "fence rw,rw; l; fence r,rw");
        assert_eq!(riscv(Operation::Store, Order::Release), "fence rw,w; s");
        assert_eq!(riscv(Operation::Store, Order::SeqCst), "fence rw,w; s");
        assert_eq!(riscv(Operation::Fence, Order::AcqRel), "fence.tso");
    }

    #[test]
    fn stronger_orders_never_need_fewer_instructions() {
        for target in Target::ALL {
            for operation in Operation::ALL {
                let n = |order| code(operation, order, target, NEW).split("; ").count();
                let weakest =
                    if operation == Operation::Fence { Order::Acquire } else { Order::Relaxed };
                assert!(n(weakest) <= n(Order::SeqCst), "{operation:?} {target:?}");
            }
        }
    }

    #[test]
    fn picoseconds_read_as_nanoseconds() {
        assert_eq!([ns(240), ns(4_100), ns(0), ns(12_000)], ["0.24", "4.1", "0", "12"]);
    }
}
