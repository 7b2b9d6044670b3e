//! The harness itself; registers and numbers of system calls are those of Linux on x86-64.

pub mod calls;
pub mod cut;
pub mod disk;
pub mod journal;
pub mod place;
pub mod points;
mod program;
pub mod scenario;
pub mod seed;
mod stamps;
pub mod stopped;
pub mod trace;
pub mod verdict;

pub use program::main;
