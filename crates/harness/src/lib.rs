//! Kills the program `vidimus`, or makes its disk fail, at each call that changes what outlasts it, and looks at what
//! it left.
//!
//! Never here: a way round the program under test. It is run as anyone runs it, and read from outside.

// DANGER: registers and numbers of system calls are those of Linux on x86-64; elsewhere nothing is hit.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub mod calls;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub mod cut;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub mod disk;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub mod journal;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub mod place;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub mod points;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod program;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub mod scenario;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub mod seed;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod stamps;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub mod stopped;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub mod trace;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub mod verdict;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub use program::main;

/// Says that nothing can be hit here.
#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
pub fn main() -> std::process::ExitCode {
    eprintln!("Calls are stopped on Linux and x86-64 only. Run this there.");
    std::process::ExitCode::from(2)
}
