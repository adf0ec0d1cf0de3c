//! The engines on the command line.

fn main() {}
