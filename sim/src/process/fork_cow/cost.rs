//! The price of making a process, for a process of any size.

use super::{METHODS, Method, Scenario};

/// KiB in a MiB.
const MIB_KIB: u64 = 1_024;

/// What one way costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Price {
    pub(super) n_entries: u64,
    /// Pages copied in the call, and later.
    pub(super) n_in_call: u64,
    pub(super) n_later: u64,
    pub(super) call_ns: u64,
    pub(super) later_ns: u64,
}

impl Price {
    pub(super) const fn total_ns(self) -> u64 {
        self.call_ns + self.later_ns
    }
}

/// Pages of a process of so many MiB.
pub(super) const fn pages(setup: &Scenario, mib: u64) -> u64 {
    (mib * MIB_KIB).div_ceil(setup.page_kib())
}

/// The price for a process of so many MiB, all of it private and writable.
pub(super) fn price(setup: &Scenario, method: Method, mib: u64) -> Price {
    let n = pages(setup, mib);
    // A larger page takes as much longer to copy as it is larger.
    let copy_ns = setup.copy_ns * (setup.page_kib() / 4);
    let written = n * setup.written_percent / 100;
    let mut price =
        Price { n_entries: 0, n_in_call: 0, n_later: 0, call_ns: setup.fixed_ns(), later_ns: 0 };
    match method {
        Method::Fork => {
            price.n_entries = n;
            price.call_ns += n * setup.pte_ns;
            price.n_later = written;
            price.later_ns = written * (setup.fault_ns + copy_ns);
        }
        Method::Copy => {
            (price.n_entries, price.n_in_call) = (n, n);
            price.call_ns += n * (setup.pte_ns + copy_ns);
        }
        Method::Vfork | Method::Spawn => {}
    }
    price
}

/// The price of each way.
pub(super) fn prices(setup: &Scenario) -> impl Iterator<Item = (Method, Price)> {
    METHODS.into_iter().map(|it| (it, price(setup, it, setup.mapped_mib)))
}
