//! A tool, what it is made of, and how far one run of it may go.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A tool as it is made known when a sandbox starts: what is not named here can be neither run nor read later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// What the program calls it; for [`Program::Own`] the name of the function.
    pub name: String,
    /// What is run.
    pub program: Program,
    /// Files and folders that it reads besides libraries and fonts: a model, a dictionary. Never anything of the
    /// archive.
    pub readable: Vec<PathBuf>,
    /// System calls beyond reading, computing, threads and time.
    pub needs: Vec<Need>,
    /// Environment variables beyond those that every tool gets.
    pub environment: Vec<(String, String)>,
}

/// A program of the system, or a function of our own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Program {
    /// An executable file, by its absolute path. It is executed once; nothing else can be executed, itself not again.
    Installed(PathBuf),
    /// A function given to [`crate::keeper::main`] under the tool's name. It can open nothing and execute nothing.
    Own,
}

/// A group of system calls that not every tool needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Need {
    /// Making, naming and removing files, in the output folder only. Their rights and times stay as they are made.
    Files,
    /// Waiting for several things at once, as GLib does.
    Events,
    /// Processes of its own. They cannot leave the run, and end with it.
    Processes,
}

/// How far one run may go. What goes further is ended, and [`crate::Ended`] says by what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Time on the wall.
    pub wall: Duration,
    /// Time on processors, of each process, in whole seconds.
    pub cpu: Duration,
    /// Address space of each process, in bytes.
    pub memory: u64,
    /// Threads and processes together.
    pub tasks: u64,
    /// Bytes on standard output.
    pub output: u64,
    /// The output folder, where the tool gets one.
    pub folder: Option<FolderLimits>,
}

/// How much an output folder holds. It lies in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderLimits {
    /// Bytes of all files together.
    pub bytes: u64,
    /// Files and folders together.
    pub entries: u64,
}

impl Default for Limits {
    /// Enough for a page, a picture or one still of a film: a minute, a gibibyte, 64 tasks, 64 MiB of output.
    fn default() -> Limits {
        Limits {
            wall: Duration::from_secs(60),
            cpu: Duration::from_secs(60),
            memory: 1 << 30,
            tasks: 64,
            output: 64 << 20,
            folder: None,
        }
    }
}
