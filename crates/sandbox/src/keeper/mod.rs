//! The keeper's side: our own binary again, which never opens what is hostile but makes the processes that do.

mod calls;
mod files;
mod rights;
mod root;
mod run;

use std::fs::File;
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::process::ExitCode;

use rustix::event::{PollFd, PollFlags, poll};

use crate::level::{Facts, Level, Refused, Step};
use crate::tool::Tool;
use crate::wire::{Answer, Order, receive, send};
use root::Root;
use run::{Run, Tables};

/// The first argument by which a program starts itself to be a keeper.
pub const WORD: &str = "vidimus-sandbox-keeper";

/// A function of our own: reads the granted file, writes what it found, and returns an exit code. A panic is 101.
pub type Own = fn(Granted) -> u8;

/// What a function of our own gets.
#[derive(Debug)]
pub struct Granted {
    /// The file, readable at any place.
    pub untrusted_input: File,
    /// Where standard output is collected.
    pub output: File,
    /// The arguments of the job.
    pub arguments: Vec<String>,
}

/// Is the keeper where the program was started with [`WORD`] as its only argument; else `None`, and nothing happened.
///
/// To be called first in `main`, while there is one thread. `own` are the functions that [`crate::Program::Own`] can
/// name.
pub fn main(own: &[(&str, Own)]) -> Option<ExitCode> {
    let mut words = std::env::args_os().skip(1);
    if words.next().is_none_or(|word| word != WORD) || words.next().is_some() {
        return None;
    }
    // What went wrong was answered, or there is nobody to answer to.
    Some(if keep(own).is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Serves orders until the other side is gone.
fn keep(own: &[(&str, Own)]) -> io::Result<()> {
    rights::close_all_but(&[])?;
    // The granted file's place in every run; the first free one, so it is 3.
    let place = OwnedFd::from(File::open("/dev/null")?);
    let socket = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 4)?;
    rustix::stdio::dup2_stdin(&place)?;
    let Some((Order::Begin { level, tools }, _)) = receive(socket.as_fd())? else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    let (mut facts, root) = match confine(level, &tools) {
        Ok(confined) => confined,
        Err(refused) => return send(socket.as_fd(), &Answer::Refused(refused), &[]),
    };
    let tables = match Tables::new(&tools, own, root, place) {
        Ok(tables) => tables,
        Err(refused) => return send(socket.as_fd(), &Answer::Refused(refused), &[]),
    };
    facts.no_views = run::try_view(&tables).err();
    send(socket.as_fd(), &Answer::Ready(facts), &[])?;
    loop {
        match receive(socket.as_fd())? {
            None => return Ok(()),
            Some((Order::Run { tool, arguments, limits, served }, beside)) => {
                let run = Run { tool, arguments, limits, served, beside };
                if !serve(socket.as_fd(), &tables, run)? {
                    return Ok(());
                }
            }
            // A run that was over before the order to end it came.
            Some((Order::Kill, _)) => {}
            Some((Order::Begin { .. }, _)) => return Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

/// Goes down to the level, as far as the keeper itself goes.
fn confine(level: Level, tools: &[Tool]) -> Result<(Facts, Option<Root>), Refused> {
    rights::leave_no_core()?;
    rights::leave_root()?;
    let user = rustix::process::getuid().as_raw();
    // Without it nothing is decoded at any level, so the question comes first.
    let landlock = files::version().ok_or(Step::Landlock.plain())?;
    let root = match level {
        Level::NoNamespaces => {
            // What a run leaves behind comes to us, and is ended here.
            let here = Some(rustix::process::getpid());
            rustix::process::set_child_subreaper(here).map_err(Step::Fork.refused())?;
            None
        }
        Level::Full => {
            rights::leave_namespaces()?;
            Some(root::enter(tools)?)
        }
    };
    Ok((Facts { level, not_full: None, landlock, user, no_views: None }, root))
}

/// Sees one run through; `false` where the other side is gone meanwhile.
fn serve(socket: BorrowedFd<'_>, tables: &Tables<'_>, run: Run) -> io::Result<bool> {
    let begun = match run::begin(tables, run) {
        Ok(begun) => begun,
        Err(refused) => return send(socket, &Answer::Refused(refused), &[]).map(|()| true),
    };
    let beside: Vec<BorrowedFd<'_>> = begun.beside.iter().map(|fd| fd.as_fd()).collect();
    let mut wanted = send(socket, &Answer::Began, &beside).is_ok();
    if !wanted {
        begun.process.kill();
    }
    drop(beside);
    let mut process = begun.process;
    // Only the other side may hold the device, or the mount would outlive it.
    drop(begun.beside);
    loop {
        let mut waiting = [
            PollFd::new(&process.descriptor, PollFlags::IN),
            PollFd::from_borrowed_fd(socket, PollFlags::IN),
        ];
        match poll(if wanted { &mut waiting[..] } else { &mut waiting[..1] }, None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let (over, spoken) = (!waiting[0].revents().is_empty(), !waiting[1].revents().is_empty());
        if over {
            break;
        }
        if spoken {
            wanted = matches!(receive(socket), Ok(Some((Order::Kill, _))));
        }
        if spoken || !wanted {
            process.kill();
        }
    }
    let answer = match process.end() {
        Ok(over) => Answer::Over(over),
        Err(refused) => Answer::Refused(refused),
    };
    Ok(wanted && send(socket, &answer, &[]).is_ok())
}
