//! The machine that runs compiled threads, one step of one thread at a time.

mod calls;
pub(super) mod code;
pub(super) mod compile;
mod declare;
mod expr;
mod flow;
mod inline;
mod pace;
mod queue;
mod race;
pub(super) mod scene;
pub(super) mod state;
mod step;
pub(super) mod tell;
mod tell_step;
mod tell_sync;
mod wait;

#[cfg(test)]
mod features;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod stuck;
