//! What a learner has done, and when a card is due again.
//!
//! Pure: no clock, no store, no browser. Whoever asks gives the time ([`Now`]) and keeps the text.
//! Everything is kept under ids that never change, so an edited text loses no progress. What cannot
//! be read is left out and counted; nothing here panics on what a store or a file holds.

mod anki;
mod answers;
mod card;
mod clock;
mod desk;
mod fsrs;
mod json;
mod line;
mod ratings;
mod record;
mod stars;

pub use anki::{Note, deck};
pub use answers::Answers;
pub use card::{Card, Phase, Rating};
pub use clock::{DAY_STARTS_HOUR, Now};
pub use desk::{Change, Counts, Desk, NEW_A_DAY_MAX};
pub use fsrs::{Memory, Model, RETENTION};
pub use json::Fault;
pub use ratings::Ratings;
pub use record::{Added, FILE_BYTES_MAX, Record};
pub use stars::{STARS_MAX, Stars};
