//! A switch of stacks drawn: registers, both stacks, and the instruction that comes next.

use super::thread_start_cpu::{Code, Flow, N_SLOTS, REGISTERS, State, Word, address};
use crate::amounts::actor;
use crate::scene::{
    CellRow, Cells, Code as CodePanel, Listing, Mark, Panel, Scene, Stat, Stats, Tone,
};

/// Draws one state.
pub(super) fn scene(state: &State) -> Scene {
    Scene::default()
        .with("registers", "Registers", Panel::Cells(registers(state)))
        .with("stacks", "Stacks, the highest address first", Panel::Cells(stacks(state)))
        .with("code", "The switch", Panel::Code(listing(state)))
        .with("pointers", "Stack pointers", Panel::Stats(pointers(state)))
}

/// The same value has one key wherever it stands, so that it is seen to move.
fn value_mark(at: usize, value: u64, whose: Flow) -> Mark {
    let name = REGISTERS[at];
    let owner = if whose == Flow::Main { "main" } else { "the new thread" };
    let mark = Mark::new(format!("value.{}.{name}", whose.index()), format!("{name} = {value}"));
    mark.actor(actor(whose.index())).detail(format!("{name} of {owner}"))
}

fn registers(state: &State) -> Cells {
    let marks = state.registers.iter().enumerate().map(|(at, &(value, whose))| {
        let same = |word: &Word| {
            matches!(word, Word::Register { at: it, whose: of, .. } if *it == at && *of == whose)
        };
        let saved = state.stacks.iter().flatten().flatten().any(same);
        let foreign = whose != state.flow && state.next.is_none();
        let mut mark = value_mark(at, value, whose);
        if saved {
            mark.key = format!("old.{}", REGISTERS[at]);
        }
        mark.tone(match (foreign, saved) {
            (true, _) => Tone::Danger,
            (false, true) => Tone::Muted,
            (false, false) => Tone::Running,
        })
    });
    let label = match (state.next, state.flow) {
        (Some(_), _) => "in the switch",
        (None, Flow::Main) => "main runs",
        (None, Flow::New) => "the new thread runs",
    };
    let row = CellRow { label: label.to_owned(), heads: Vec::new(), marks: marks.collect() };
    Cells { rows: vec![row] }
}

fn stacks(state: &State) -> Cells {
    let row = |stack: usize| {
        let heads = (0..N_SLOTS).map(|at| {
            let here = address(stack, at) == state.stack_pointer;
            let low = address(stack, at) & 0xfff;
            if here { format!("rsp {low:03x}") } else { format!("{low:03x}") }
        });
        let marks = (0..N_SLOTS).map(|at| {
            let here = address(stack, at) == state.stack_pointer;
            let key = format!("stack.{stack}.{at}");
            let tone = if here { Tone::Hit } else { Tone::Used };
            match state.stacks[stack][at] {
                None => Mark::new(key, "").tone(Tone::Free).detail("not in use"),
                Some(Word::Nothing) => {
                    let tone = if here { Tone::Hit } else { Tone::Muted };
                    Mark::new(key, "0").tone(tone).detail("nothing was put here")
                }
                Some(Word::Entry) => Mark::new(key, "entry")
                    .actor(1)
                    .tone(tone)
                    .detail("address of the new thread's function"),
                Some(Word::Back(flow)) => {
                    let detail = format!("where {} goes on", flow.name().to_lowercase());
                    Mark::new(key, "return").actor(actor(flow.index())).tone(tone).detail(detail)
                }
                Some(Word::Register { at, value, whose }) => {
                    value_mark(at, value, whose).tone(tone)
                }
            }
        });
        let label = if stack == 0 { "main's stack" } else { "new stack" };
        CellRow { label: label.to_owned(), heads: heads.collect(), marks: marks.collect() }
    };
    Cells { rows: vec![row(0), row(1)] }
}

fn listing(state: &State) -> CodePanel {
    let line = |code: &Code| match code {
        Code::Push(at) => format!("pushq %{}", REGISTERS[*at]),
        Code::Store => "movq %rsp, (%rdi)".to_owned(),
        Code::Load => "movq %rsi, %rsp".to_owned(),
        Code::Pop(at) => format!("popq %{}", REGISTERS[*at]),
        Code::Return => "ret".to_owned(),
    };
    let next = state.next.and_then(|it| u32::try_from(it).ok());
    let tone = match (state.broken, next) {
        (Some(_), _) => Tone::Danger,
        (None, Some(_)) => Tone::Running,
        (None, None) => Tone::Idle,
    };
    let listing = Listing {
        key: "switch".to_owned(),
        label: "switch_stacks".to_owned(),
        actor: Some(actor(state.flow.index())),
        lines: state.code.iter().map(line).collect(),
        next,
        tone,
        note: String::new(),
    };
    CodePanel { listings: vec![listing] }
}

fn pointers(state: &State) -> Stats {
    let shown = |it: Option<u64>| it.map_or_else(|| "not set".to_owned(), |it| format!("{it:#x}"));
    Stats {
        items: vec![
            Stat::new("rsp", format!("{:#x}", state.stack_pointer), ""),
            Stat::new("main_stack", shown(state.saved[0]), ""),
            Stat::new("other_stack", shown(state.saved[1]), ""),
        ],
    }
}
