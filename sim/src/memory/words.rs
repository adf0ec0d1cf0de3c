//! Small words for narration: counts and sizes.

pub(super) use crate::words::{bytes, grouped, grouped_count as count};
