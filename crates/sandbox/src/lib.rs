//! Runs a tool on a hostile file, in a process that can read that one file and reach nothing else.
//!
//! Never here: what a tool's output means, a key, a path of the archive.
//!
//! ```text
//!   the program                    the keeper                         one run
//!   Sandbox::start ── our own ───► an ordinary user in namespaces
//!                     binary       and a root of its own
//!                     again
//!   Sandbox::run ──── order ─────► makes processes ─────────────────► first ──► the tool
//!     clock, bounds of output,       passes descriptors,               reaps     capabilities, limits,
//!     serves the file's bytes        ends the whole run                          Landlock, seccomp
//! ```
//!
//! The keeper never opens what is hostile. Each run has processes, mounts and memory of its own and is gone
//! before the next, so nothing that one file broke meets another file. It fails closed: where a layer that the
//! level promises cannot be put on, nothing is opened.

mod fuse;
mod input;
pub mod keeper;
mod level;
mod outcome;
mod running;
mod sandbox;
mod tool;
mod wire;

pub use input::{Input, InputError, View};
pub use level::{Facts, Level, Refused, Step};
pub use outcome::{CollectError, Ended, Outcome, OutputFolder, RunError, UntrustedFile, Used};
pub use sandbox::{Job, Sandbox, Setup, Unavailable};
pub use tool::{FolderLimits, Limits, Need, Program, Tool};

/// The granted file's name in a tool's arguments: read-only, and readable at any place.
pub const INPUT: &str = "/proc/self/fd/3";

/// The only folder that a tool can write to, where [`Limits::folder`] grants one.
pub const OUTPUT: &str = "/out";
