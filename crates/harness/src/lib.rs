//! Kills the program `vidimus`, or makes its disk fail, at each call that changes what outlasts it, and looks at what
//! it left.
//!
//! Never here: a way round the program under test. It is run as anyone runs it, and read from outside.

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod linux;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub use linux::*;

/// Says that nothing can be hit here.
#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
pub fn main() -> std::process::ExitCode {
    eprintln!("Calls are stopped on Linux and x86-64 only. Run this there.");
    std::process::ExitCode::from(2)
}
