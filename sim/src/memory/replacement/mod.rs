//! Page replacement: one process, a few frames, a reference string, and a rule for who must go.

pub(super) mod kernel;
pub(super) mod paper;
pub(super) mod policy;
pub(super) mod ranked;
mod say;
pub(super) mod scene;
pub(super) mod words;
pub(super) mod workload;

#[cfg(test)]
mod laws;
#[cfg(test)]
pub(super) mod oracle;
#[cfg(test)]
mod textbook;
