//! The `faspstream` command.
fn main() {}
