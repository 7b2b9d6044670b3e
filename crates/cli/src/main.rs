//! The program `vidimus`: commands, configuration, start-up.

fn main() {}
