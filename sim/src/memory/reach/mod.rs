//! How far a TLB reaches: patterns of addresses, buffers of sets and ways, and the picture.

pub(super) mod run;
pub(super) mod scene;
