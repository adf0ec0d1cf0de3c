//! The machine that runs compiled threads, one step of one thread at a time.

mod calls;
pub(super) mod code;
pub(super) mod compile;
mod declare;
mod flow;
pub(super) mod scene;
pub(super) mod state;
pub(super) mod tell;

#[cfg(test)]
mod laws;
