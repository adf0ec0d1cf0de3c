//! What a switch costs: its parts, and what the next thread finds in cache and TLB.

use super::context_switch::Scenario;

/// Bytes of a line.
pub(super) const LINE_BYTES: u64 = 64;

/// Lines in a KiB.
const LINES_PER_KIB: u64 = 1_024 / LINE_BYTES;

/// KiB of a page.
const PAGE_KIB: u64 = 4;

/// One part of the way from T1 to T2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PartKind {
    Trap,
    Save,
    Pick,
    SwitchMm,
    Ibpb,
    Restore,
}

impl PartKind {
    /// The part as one word: tag and key.
    pub(super) const fn tag(self) -> &'static str {
        match self {
            Self::Trap => "trap",
            Self::Save => "save",
            Self::Pick => "pick",
            Self::SwitchMm => "switch_mm",
            Self::Ibpb => "ibpb",
            Self::Restore => "restore",
        }
    }

    /// Its name in the picture.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Trap => "Trap",
            Self::Save => "Save T1",
            Self::Pick => "Pick",
            Self::SwitchMm => "switch_mm",
            Self::Ibpb => "IBPB",
            Self::Restore => "Load T2",
        }
    }
}

/// A part, its cost and what happens in it.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) kind: PartKind,
    pub(super) cycles: u64,
    pub(super) say: &'static str,
}

/// All costs of one scenario.
#[derive(Debug)]
pub(super) struct Cost<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) parts: Vec<Part>,
    /// T2's lines that are still in the cache when it comes back.
    pub(super) kept_lines: u64,
    /// T2's lines that it would still have without T1's turn.
    pub(super) lost_lines: u64,
    /// The same of translations.
    pub(super) kept_pages: u64,
    pub(super) lost_pages: u64,
}

impl<'a> Cost<'a> {
    pub(super) fn of(scenario: &'a Scenario) -> Self {
        let &Scenario { set_kib, other_kib, shared_kib, cache_kib, tlb_entries, .. } = scenario;
        let lines = |kib: u64| kib * LINES_PER_KIB;
        let (kept_lines, lost_lines) =
            kept(lines(set_kib), lines(other_kib), lines(shared_kib), lines(cache_kib));
        let pages = |kib: u64| kib.div_ceil(PAGE_KIB);
        let (set, other) = (pages(set_kib), pages(other_kib));
        // Another process has translations of its own even for pages that it shares.
        let shared = if scenario.same_process { shared_kib / PAGE_KIB } else { 0 };
        let (mut kept_pages, mut lost_pages) = kept(set, other, shared, tlb_entries);
        if flushes(scenario) {
            (kept_pages, lost_pages) = (0, set.min(tlb_entries));
        }
        Self { scenario, parts: parts(scenario), kept_lines, lost_lines, kept_pages, lost_pages }
    }

    /// The sum of the parts.
    pub(super) fn direct_cycles(&self) -> u64 {
        self.parts.iter().map(|it| it.cycles).sum()
    }

    /// Whether the change of address space empties the TLB.
    pub(super) const fn tlb_is_flushed(&self) -> bool {
        flushes(self.scenario)
    }

    /// Lines that T2 has missed because of T1 once it has touched so much of its data.
    pub(super) fn cache_misses(&self, touched_kib: u64) -> u64 {
        (touched_kib * LINES_PER_KIB).saturating_sub(self.kept_lines).min(self.lost_lines)
    }

    /// Translations, likewise.
    pub(super) fn tlb_misses(&self, touched_kib: u64) -> u64 {
        touched_kib.div_ceil(PAGE_KIB).saturating_sub(self.kept_pages).min(self.lost_pages)
    }

    /// Cycles of those lines.
    pub(super) fn cache_cycles(&self, touched_kib: u64) -> u64 {
        let all = self.cache_misses(touched_kib) * self.scenario.miss_cycles;
        all.div_ceil(self.scenario.overlap_misses)
    }

    /// Cycles of those walks.
    pub(super) fn tlb_cycles(&self, touched_kib: u64) -> u64 {
        self.tlb_misses(touched_kib) * self.scenario.walk_cycles
    }

    /// What T2 has paid because of T1, once it has touched so much of its data.
    pub(super) fn indirect_cycles(&self, touched_kib: u64) -> u64 {
        self.cache_cycles(touched_kib) + self.tlb_cycles(touched_kib)
    }
}

const fn flushes(scenario: &Scenario) -> bool {
    !scenario.same_process && !scenario.pcid
}

/// How many of `set` items are still there after another has used `other` items, `shared` of them
/// the same; and how many are gone that had room before. What was used last stays.
fn kept(set: u64, other: u64, shared: u64, room: u64) -> (u64, u64) {
    let shared_kept = shared.min(room);
    let own_kept = (set - shared).min(room.saturating_sub(other));
    let kept = shared_kept + own_kept;
    (kept, set.min(room) - kept)
}

fn parts(scenario: &Scenario) -> Vec<Part> {
    let vector = scenario.vector.bytes().div_ceil(scenario.bytes_per_cycle);
    let part = |kind, cycles, say| Part { kind, cycles, say };
    let mut parts = vec![
        part(
            PartKind::Trap,
            scenario.trap_cycles,
            "T1 enters the kernel first, because only the kernel can save registers where T1 cannot \
             reach them; the CPU changes to T1's kernel stack and puts T1's place there.",
        ),
        part(
            PartKind::Save,
            scenario.save_cycles + vector,
            "The kernel saves T1's registers, because the next thread will overwrite them.",
        ),
        part(
            PartKind::Pick,
            scenario.pick_cycles,
            "The scheduler accounts for T1, puts it back and picks T2, because it is T2's turn.",
        ),
    ];
    if !scenario.same_process {
        let say = match scenario.pcid {
            true => {
                "The kernel loads CR3 with T2's page tables, because T2 lives in another address \
                 space; TLB entries carry its number and stay."
            }
            false => {
                "The kernel loads CR3 with T2's page tables, because T2 lives in another address \
                 space; the TLB is emptied, because its entries do not say whose they are."
            }
        };
        parts.push(part(PartKind::SwitchMm, scenario.switch_mm_cycles, say));
    }
    if scenario.ibpb && !scenario.same_process {
        let say = "The kernel clears the branch predictor, because T1's process may have trained it to \
                   mislead T2's.";
        parts.push(part(PartKind::Ibpb, scenario.ibpb_cycles, say));
    }
    let say = match scenario.same_process {
        true => {
            "The kernel changes to T2's stack, loads T2's registers and returns to user mode; CR3 \
             was never written, because T2 lives in the same address space."
        }
        false => {
            "The kernel changes to T2's stack, loads T2's registers and returns to user mode: T2 goes \
             on where it was."
        }
    };
    parts.push(part(PartKind::Restore, scenario.restore_cycles + vector, say));
    parts
}
