//! Whether an access goes through, check by check, and the error code if it does not.

use super::entry::{Entry, bit};

/// What is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Does {
    Read,
    Write,
    Fetch,
}

/// An access: what is tried, and by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Access {
    pub(crate) does: Does,
    pub(crate) user: bool,
}

/// Every kind of access, in the order in which they are tried.
pub(crate) const ACCESSES: [Access; 6] = [
    Access { does: Does::Read, user: true },
    Access { does: Does::Write, user: true },
    Access { does: Does::Fetch, user: true },
    Access { does: Does::Read, user: false },
    Access { does: Does::Write, user: false },
    Access { does: Does::Fetch, user: false },
];

impl Access {
    /// `a read in user mode`.
    pub(crate) fn said(self) -> String {
        let does = match self.does {
            Does::Read => "read",
            Does::Write => "write",
            Does::Fetch => "fetch",
        };
        format!("{does} in {} mode", if self.user { "user" } else { "supervisor" })
    }

    /// As a key: `user_read`.
    pub(crate) const fn slug(self) -> &'static str {
        match (self.user, self.does) {
            (true, Does::Read) => "user_read",
            (true, Does::Write) => "user_write",
            (true, Does::Fetch) => "user_fetch",
            (false, Does::Read) => "supervisor_read",
            (false, Does::Write) => "supervisor_write",
            (false, Does::Fetch) => "supervisor_fetch",
        }
    }
}

/// What the entries of a walk say together about rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rights {
    pub(crate) write: bool,
    pub(crate) user: bool,
    pub(crate) xd: bool,
}

/// What the CPU is set to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cpu {
    pub(crate) write_protect: bool,
    pub(crate) smep: bool,
    pub(crate) smap: bool,
    /// EFLAGS.AC: lets a supervisor through SMAP.
    pub(crate) ac: bool,
    pub(crate) nxe: bool,
    pub(crate) pke: bool,
    /// PKRU forbids data accesses with the key of this entry.
    pub(crate) key_ad: bool,
    /// PKRU forbids writes with it.
    pub(crate) key_wd: bool,
    pub(crate) address_bits: u32,
}

/// An entry, the rest of its walk, and the CPU that reads them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Given {
    pub(crate) entry: Entry,
    /// What the other entries of the walk say together.
    pub(crate) others: Rights,
    pub(crate) cpu: Cpu,
}

/// The checks in the order in which they are told.
pub(crate) const CHECKS: [(&str, &str); 8] = [
    ("P", "present"),
    ("RSVD", "bits that must be 0"),
    ("U/S", "user mode at every level"),
    ("R/W", "writable at every level"),
    ("XD", "no level forbids fetches"),
    ("SMEP", "no supervisor fetch from a page of users"),
    ("SMAP", "no supervisor data access to a page of users"),
    ("PK", "protection key"),
];

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// It does not concern this access.
    Skipped,
    Passed,
    Failed,
    /// An earlier one failed.
    NotReached,
}

/// How an access ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// One for each of [`CHECKS`].
    pub(crate) marks: [Mark; 8],
    /// The check that failed.
    pub(crate) failed: Option<usize>,
    /// The error code, if one failed.
    pub(crate) code: Option<u8>,
}

impl Given {
    /// What this entry says about rights.
    pub(crate) const fn own(&self) -> Rights {
        Rights {
            write: self.entry.has(bit::WRITE),
            user: self.entry.has(bit::USER),
            xd: self.cpu.nxe && self.entry.has(bit::XD),
        }
    }

    /// What all entries of the walk say together.
    pub(crate) const fn together(&self) -> Rights {
        let (own, others) = (self.own(), self.others);
        Rights {
            write: own.write && others.write,
            user: own.user && others.user,
            xd: own.xd || self.cpu.nxe && others.xd,
        }
    }

    /// Whether the key of the page forbids an access.
    fn key_forbids(&self, access: Access) -> bool {
        let Cpu { pke, key_ad, key_wd, write_protect, .. } = self.cpu;
        let write = access.does == Does::Write && (access.user || write_protect);
        let asked = pke && self.entry.is_page() && self.together().user;
        asked && access.does != Does::Fetch && (key_ad || key_wd && write)
    }

    /// Tries an access.
    pub(crate) fn try_access(&self, access: Access) -> Verdict {
        let Cpu { write_protect, smep, smap, ac, nxe, pke, address_bits, .. } = self.cpu;
        let Access { does, user } = access;
        let rights = self.together();
        let fetch = does == Does::Fetch;
        let present = self.entry.has(bit::P);
        // Whether each check concerns the access, and whether the access passes it.
        let checks = [
            (true, present),
            (true, self.entry.reserved(nxe, pke, address_bits).is_none()),
            (user, rights.user),
            (does == Does::Write && (user || write_protect), rights.write),
            (fetch && nxe, !rights.xd),
            (fetch && !user && smep, !rights.user),
            (!fetch && !user && smap && !ac, !rights.user),
            (!fetch && pke && rights.user && self.entry.is_page(), !self.key_forbids(access)),
        ];
        let failed = checks.iter().position(|(asked, passed)| *asked && !passed);
        let mark = |n: usize| match (failed, checks[n]) {
            (Some(at), _) if at < n => Mark::NotReached,
            (Some(at), _) if at == n => Mark::Failed,
            (_, (false, _)) => Mark::Skipped,
            (_, (true, _)) => Mark::Passed,
        };
        let marks = [0, 1, 2, 3, 4, 5, 6, 7].map(mark);
        Verdict { marks, failed, code: failed.map(|at| self.code(access, at)) }
    }

    /// The error code of a fault at the check number `at`.
    fn code(&self, access: Access, at: usize) -> u8 {
        let fetch = access.does == Does::Fetch && (self.cpu.smep || self.cpu.nxe);
        let key = 1 < at && self.key_forbids(access);
        let bits = [0 < at, access.does == Does::Write, access.user, at == 1, fetch, key];
        bits.iter().rev().fold(0, |code, on| code << 1 | u8::from(*on))
    }

    /// Bits that the CPU sets in the entry when it lets an access through: A, then D.
    pub(crate) fn sets(&self, access: Access) -> (bool, bool) {
        let clean = self.entry.is_page() && !self.entry.has(bit::DIRTY);
        (!self.entry.has(bit::ACCESSED), access.does == Does::Write && clean)
    }
}
