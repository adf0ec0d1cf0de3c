//! A small course that is right, and what happens when a line of it is wrong.

// Helpers of tests fail by panic, as the tests themselves do.
#![allow(clippy::unwrap_used, clippy::panic)]

mod errata;
mod faults;
mod golden;
mod levels;
mod lookups;
mod mdbook;
mod questions;
mod tree;
