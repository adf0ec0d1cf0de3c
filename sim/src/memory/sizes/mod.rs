//! What page tables cost: a map of regions, the shapes of tables, and the picture.

pub(super) mod map;
pub(super) mod scene;
pub(super) mod shape;
