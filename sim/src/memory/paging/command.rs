//! What the kernel does to tables and buffers: loads of CR3, INVLPG, munmap, mprotect.

use super::tables::SPACES;
use super::walk::{Access, CLEARED, Cpu, Kind, Progress, READ_ONLY, State, WRITABLE};
use crate::engine::{Log, Shot};
use crate::error::ScenarioError;
use crate::words::count;

fn name(space: u8) -> &'static str {
    SPACES.get(usize::from(space)).copied().unwrap_or("A")
}

/// `1 entry`, `2 entries`.
fn entries(n: u64) -> String {
    count(n, "entries")
}

impl Cpu<'_> {
    pub(super) fn command(
        &mut self,
        access: Access,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        self.state.progress = Progress::Told;
        match access.kind {
            Kind::Invlpg => self.invlpg(access.address, log),
            Kind::Munmap => self.change(access.address, CLEARED, 0, log),
            Kind::Protect => self.change(access.address, READ_ONLY, WRITABLE, log),
            Kind::Unprotect => self.change(access.address, WRITABLE, READ_ONLY, log),
            kind => self.load_cr3(kind.space(), log),
        }
    }

    fn invlpg(&mut self, address: u64, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let space = self.state.space;
        let n = self.state.tlb.forget(&|it| it.holds(address, space));
        self.state.totals.n_dropped += u64::from(n);
        self.log(log, "invlpg", || match n {
            0 => format!(
                "The kernel runs INVLPG for {address:#x}, which changes nothing, because the TLB \
                 does not hold this page."
            ),
            _ => format!(
                "The kernel runs INVLPG for {address:#x}, so the TLB forgets this translation."
            ),
        })
    }

    /// Changes the entry of a page, and runs INVLPG if the kernel remembers to.
    fn change(
        &mut self,
        address: u64,
        set: u8,
        clear: u8,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        let (paging, space) = (self.settings.paging, self.state.space);
        let found = self.tables.leaf(paging, space, address).filter(|it| {
            let entry = self.tables.entries[it.2 as usize];
            paging.is_canonical(address) && self.state.now(it.2, entry).present
        });
        let Some((level, index, number)) = found else {
            return self.log(log, "munmap", || {
                format!("The kernel finds no page at {address:#x}, so there is nothing to change.")
            });
        };
        let uses = &mut self.state.uses[number as usize];
        *uses = *uses & !clear | set;
        let held = self.state.tlb.held().any(|it| it.holds(address, space));
        let tag = if set == CLEARED { "munmap" } else { "mprotect" };
        let invlpg = self.settings.invlpg;
        self.log(log, tag, || {
            let what = match set {
                CLEARED => "clears",
                READ_ONLY => "clears R/W in",
                _ => "sets R/W in",
            };
            let then = match (held, invlpg) {
                (false, _) => "the TLB does not hold the page, so this is enough",
                (true, true) => "the TLB still holds the old one, so INVLPG must follow",
                (true, false) => "it runs no INVLPG, so the TLB still holds the old one",
            };
            format!(
                "The kernel {what} entry {index} of the {} for {address:#x}; {then}.",
                level.name
            )
        })?;
        if held && invlpg { self.invlpg(address, log) } else { Ok(()) }
    }

    /// Loads CR3 with another root, or with the same one.
    fn load_cr3(&mut self, to: Option<u8>, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let from = self.state.space;
        let space = to.unwrap_or(from);
        let pcid = self.settings.pcid;
        // With bit 63 of the new CR3 set, as in a switch with PCID, nothing is dropped.
        let n = match (pcid, to) {
            (true, Some(_)) => 0,
            (true, None) => self.state.tlb.forget(&|it| !it.global && it.space == space),
            (false, _) => self.state.tlb.forget(&|it| !it.global),
        };
        self.state.space = space;
        self.state.totals.n_dropped += u64::from(n);
        let kept = self.state.tlb.held().count() as u64;
        log.step(self.state.totals.time_ns, "flush", || {
            let root = self.tables.table(self.tables.root(space)).frame;
            let forgets = entries(u64::from(n));
            let keeps = entries(kept);
            let say = match (pcid, to) {
                (false, _) => format!(
                    "The kernel loads CR3 with the root of {} in frame {root:#x}, so the TLB \
                     forgets {forgets} and keeps {keeps} of global pages.",
                    name(space)
                ),
                (true, None) => format!(
                    "The kernel loads CR3 with the root of {} again and bit 63 clear, so the TLB \
                     forgets {forgets} of PCID {} and keeps {keeps}.",
                    name(space),
                    space + 1
                ),
                (true, Some(_)) => format!(
                    "The kernel loads CR3 with the root of {} in frame {root:#x}, PCID {} and bit \
                     63 set, so the TLB keeps all {keeps}, and those of other PCIDs do not answer.",
                    name(space),
                    space + 1
                ),
            };
            let had = u64::from(n) + kept;
            let shot = Shot::new(say, self.state.clone());
            // With nothing buffered there is nothing to predict.
            let options = ["All of it", "A part of it", "Nothing"].map(str::to_owned).to_vec();
            match (had, n) {
                (0, _) => shot,
                (_, 0) => shot.ask(WHAT_STAYS, options, 0),
                _ => shot.ask(WHAT_STAYS, options, if kept == 0 { 2 } else { 1 }),
            }
        })
    }
}

const WHAT_STAYS: &str = "What does the TLB keep of what it holds?";
