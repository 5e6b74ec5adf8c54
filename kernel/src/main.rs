//! The `fearless` binary: arguments only.

fn main() {}
