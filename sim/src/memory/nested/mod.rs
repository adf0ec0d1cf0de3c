//! A guest's address on its way through two sets of tables, and the ways around that.

pub(super) mod machine;
pub(super) mod scene;
pub(super) mod tell;

#[cfg(test)]
mod laws;
