//! How much stands between a tool and the machine, and why it is not more.

use serde::{Deserialize, Serialize};

/// How much stands between a tool and the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// An ordinary user, Landlock, seccomp and limits, where the host forbids namespaces. A tool that was taken over
    /// could still learn whether a path exists, and how large and how old it is; a function of our own could not.
    NoNamespaces,
    /// Also namespaces of its own (users, network, processes, mounts, System V, names) and a root with nothing in
    /// it but what tools are made of.
    Full,
}

impl Level {
    /// The word that records and reports carry: `full` or `no-namespaces`.
    pub fn word(self) -> &'static str {
        match self {
            Level::NoNamespaces => "no-namespaces",
            Level::Full => "full",
        }
    }
}

/// What a sandbox turned out to be on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// What every run gets.
    pub level: Level,
    /// Why it is not [`Level::Full`], where that was tried.
    pub not_full: Option<Refused>,
    /// The version of the kernel's Landlock interface.
    pub landlock: i32,
    /// The user that tools run as, on the host.
    pub user: u32,
    /// Why files beyond [`crate::Input::view`]'s bound cannot be examined: `None` where they can.
    pub no_views: Option<Refused>,
}

/// A layer that could not be put on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{step:?} failed (system error {errno:?})")]
pub struct Refused {
    /// Which one.
    pub step: Step,
    /// What the kernel said, if it was the kernel.
    pub errno: Option<i32>,
}

/// The steps from an ordinary process to one that can reach nothing, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// The order cannot be read, or names an unknown tool.
    Order,
    /// Closing what was inherited.
    Descriptors,
    /// Keeping what a crashed tool had in memory from a program of the system that collects such.
    Cores,
    /// Becoming an ordinary user.
    User,
    /// Making namespaces.
    Namespaces,
    /// Saying who the user is inside.
    UserMap,
    /// Making a root of its own.
    Root,
    /// Seeing only its own processes.
    Processes,
    /// Making the processes of a run.
    Fork,
    /// Handing the file over.
    Input,
    /// Making the output folder, or taking the output's descriptors over.
    Output,
    /// Opening the program.
    Program,
    /// Setting limits.
    Limits,
    /// Giving capabilities up.
    Capabilities,
    /// Restricting files, addresses and signals.
    Landlock,
    /// Restricting system calls.
    Seccomp,
    /// Executing the program.
    Execute,
}

impl Step {
    /// Says that this step failed, and with which system error.
    pub(crate) fn refused(self) -> impl Fn(rustix::io::Errno) -> Refused {
        move |errno| Refused { step: self, errno: Some(errno.raw_os_error()) }
    }

    /// The same for errors of the standard library.
    pub(crate) fn failed(self) -> impl Fn(std::io::Error) -> Refused {
        move |error| Refused { step: self, errno: error.raw_os_error() }
    }

    /// The same where the kernel said nothing.
    pub(crate) fn plain(self) -> Refused {
        Refused { step: self, errno: None }
    }
}
