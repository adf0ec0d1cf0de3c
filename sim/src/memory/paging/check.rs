//! What the processor checks before it lets an access through.

use super::tables::Rights;
use super::walk::{Access, Kind, Ring, Settings};

/// Bits of the error code of a page fault.
pub(crate) mod code {
    /// The page was there, but its rights forbid the access.
    pub(crate) const PRESENT: u8 = 1;
    /// It was a write.
    pub(crate) const WRITE: u8 = 2;
    /// It came from user mode.
    pub(crate) const USER: u8 = 4;
    /// It was an instruction fetch.
    pub(crate) const FETCH: u8 = 16;
}

/// A check that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Check {
    /// User mode meets U/S = 0.
    User,
    /// User mode writes where R/W = 0.
    Write,
    /// The kernel does, and CR0.WP is set.
    WriteProtect,
    /// A fetch meets XD = 1.
    NoExecute,
    /// The kernel fetches from a page of users.
    Smep,
    /// The kernel touches a page of users.
    Smap,
}

impl Check {
    /// Whether these rights of one entry are enough to fail it.
    pub(crate) const fn fails(self, rights: Rights) -> bool {
        match self {
            Self::User => !rights.user,
            Self::Write | Self::WriteProtect => !rights.write,
            Self::NoExecute => !rights.execute,
            Self::Smep | Self::Smap => rights.user,
        }
    }

    /// What failed, said of the place that holds the bit.
    pub(crate) fn said(self, place: &str) -> String {
        let (bit, so) = match self {
            Self::User => ("U/S is 0", "user mode may not touch a page of the kernel"),
            Self::Write => ("R/W is 0", "the page is read-only"),
            Self::WriteProtect => {
                ("R/W is 0", "the page is read-only, and CR0.WP binds the kernel as well")
            }
            Self::NoExecute => ("XD is 1", "nothing may be executed there"),
            Self::Smep => ("U/S is 1", "SMEP forbids the kernel to execute a page of users"),
            Self::Smap => ("U/S is 1", "SMAP forbids the kernel to touch a page of users"),
        };
        format!("{bit} in {place}: {so}")
    }
}

/// The first check that these rights fail, if any.
pub(crate) fn forbidden(settings: &Settings, access: Access, rights: Rights) -> Option<Check> {
    let Settings { write_protect, smep, smap, .. } = *settings;
    Some(match (access.ring, access.kind) {
        (Ring::User, _) if !rights.user => Check::User,
        (Ring::User, Kind::Write) if !rights.write => Check::Write,
        (Ring::Kernel, Kind::Write) if !rights.write && write_protect => Check::WriteProtect,
        (_, Kind::Execute) if !rights.execute => Check::NoExecute,
        (Ring::Kernel, Kind::Execute) if rights.user && smep => Check::Smep,
        (Ring::Kernel, Kind::Read | Kind::Write) if rights.user && smap => Check::Smap,
        (Ring::User | Ring::Kernel, _) => return None,
    })
}

/// The error code; `present` says that the page was there.
pub(crate) fn error_code(settings: &Settings, access: Access, present: bool) -> u8 {
    let mut bits = if present { code::PRESENT } else { 0 };
    if access.kind == Kind::Write {
        bits |= code::WRITE;
    }
    if access.ring == Ring::User {
        bits |= code::USER;
    }
    // Without a no-execute bit or SMEP the processor does not tell fetches from reads.
    let tells = settings.paging.has_no_execute() || settings.smep;
    if access.kind == Kind::Execute && tells {
        bits |= code::FETCH;
    }
    bits
}
