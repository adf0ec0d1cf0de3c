//! Mounts the figures of a page in the browser.

fn main() {}
