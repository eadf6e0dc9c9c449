//! Placeholder until the crate compiles.
fn main() {}
