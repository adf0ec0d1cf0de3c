//! Page faults: regions, pages, what a fault turns out to be, and the kernel's way through it.

pub(super) mod class;
pub(super) mod kernel;
pub(super) mod scene;
pub(super) mod space;

#[cfg(test)]
mod laws;
