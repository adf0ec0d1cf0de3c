//! Checks that cross crates; see the files in `tests/`.
