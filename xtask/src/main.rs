//! Chores of the repository that a machine can do.

fn main() {}
