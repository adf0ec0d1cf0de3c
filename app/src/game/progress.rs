//! Which levels were won, in the store of the browser, which may be missing, full or broken.

use crate::browser;
use study::Stars;

/// Key in the store. The version changes when the text form does.
pub(crate) const KEY: &str = "interleave.v1.game";

/// The wins as they are kept; none if the store cannot be used.
#[must_use]
pub(super) fn load() -> Stars {
    Stars::read(&browser::stored(KEY).unwrap_or_default())
}

/// Keeps what was won, with what another tab has won meanwhile. False if the store cannot be used.
pub(super) fn keep(won: &mut Stars) -> bool {
    won.merge(&load());
    browser::store(KEY, &won.text()).is_some()
}
