//! Several cores that must forget a translation before its frame is given away.

pub(super) mod run;
pub(super) mod scene;
mod tell;

#[cfg(test)]
mod laws;
