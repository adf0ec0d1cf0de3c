//! Page tables: how an address is cut, what the tables hold, and what a walk finds.

pub(super) mod check;
mod command;
pub(super) mod geometry;
pub(super) mod scene;
mod scene_tlb;
pub(super) mod tables;
pub(super) mod tlb;
pub(super) mod walk;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod laws_random;
