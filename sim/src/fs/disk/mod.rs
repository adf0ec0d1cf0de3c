//! One arm over one disk, under every policy that orders its requests.

pub(super) mod kernel;
#[cfg(test)]
mod laws;
pub(super) mod paper;
pub(super) mod policy;
mod say;
pub(super) mod scene;
pub(super) mod workload;
