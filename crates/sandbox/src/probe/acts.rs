//! What a tool may do to be a nuisance: never end, flood, multiply, stay behind.

#![allow(unsafe_code, reason = "a nuisance forks and ignores signals as C programs do")]

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering};

/// Does one of them.
pub fn act(act: &str, words: &[&str]) -> ExitCode {
    let done = match act {
        "wait" => wait_for_ever(),
        "ignore-signals" => {
            (1..=64).for_each(ignore);
            println!("deaf");
            wait_for_ever()
        }
        "spin" => spin(),
        "spin-deaf" => {
            (1..=64).for_each(ignore);
            spin()
        }
        "flood" => flood(&mut io::stdout()),
        "complain" => flood(&mut io::stderr()).or(Ok(())),
        "take" => take(number(words)),
        "fork" => fork_many(number(words)).inspect_err(|error| println!("{error}")),
        "bomb" => bomb(),
        "signal-child" => signal_child(),
        "stay-behind" => stay_behind(),
        "zombies" => zombies(),
        "descriptors" => {
            let output =
                File::from(std::os::fd::AsFd::as_fd(&io::stdout()).try_clone_to_owned().expect("it is open"));
            return ExitCode::from(descriptors(output));
        }
        "environment" => {
            std::env::vars().for_each(|(name, value)| println!("{name}={value}"));
            Ok(())
        }
        "read-at" => read_at(words),
        "fill" => fill(words),
        "execute-again" => execute_again(),
        "crash" => std::process::abort(),
        "exit" => return ExitCode::from(u8::try_from(number(words)).unwrap_or(1)),
        _ => Err(io::ErrorKind::Unsupported.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// How long the granted file is, read from its end.
pub fn length(mut input: File, mut output: File) -> u8 {
    let told = input.seek(SeekFrom::End(0)).and_then(|length| write!(output, "{length}"));
    u8::from(told.is_err())
}

/// Which descriptors are open, besides the output itself.
pub fn descriptors(mut output: File) -> u8 {
    // SAFETY: asks for flags of a number, and changes nothing.
    let open = |number: &i32| unsafe { libc::fcntl(*number, libc::F_GETFD) } >= 0;
    let own = std::os::fd::AsRawFd::as_raw_fd(&output);
    let found: Vec<String> = (0..1024).filter(open).filter(|n| *n != own).map(|n| n.to_string()).collect();
    u8::from(write!(output, "{}", found.join(" ")).is_err())
}

/// How many calls there were before in this process.
pub fn remember(mut output: File) -> u8 {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    u8::from(write!(output, "{}", CALLS.fetch_add(1, Ordering::Relaxed)).is_err())
}

/// Makes processes that wait, and takes them away again.
pub fn fork_many(wanted: usize) -> io::Result<()> {
    let mut made = Vec::new();
    let mut refused = None;
    for _ in 0..wanted {
        // SAFETY: the child only waits, and is ended.
        match unsafe { libc::fork() } {
            0 => idle(),
            ..0 => {
                refused = Some(io::Error::last_os_error());
                break;
            }
            child => made.push(child),
        }
    }
    let count = made.len();
    for child in made {
        // SAFETY: a child of ours that was not yet waited for.
        unsafe {
            libc::kill(child, libc::SIGKILL);
            libc::waitpid(child, std::ptr::null_mut(), libc::WNOHANG);
        }
    }
    refused.map_or(Ok(()), |error| Err(io::Error::other(format!("{count}, then {error}"))))
}

/// Asks whether a child of its own can be signalled.
fn signal_child() -> io::Result<()> {
    // SAFETY: the child only waits, and ends with the run.
    let child = unsafe { libc::fork() };
    match child {
        0 => idle(),
        ..0 => return Err(io::Error::last_os_error()),
        _ => {}
    }
    // SAFETY: signal 0 is none: the kernel only says whether it would be sent.
    let answer = unsafe { libc::syscall(libc::SYS_tgkill, child, child, 0) };
    if answer < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn wait_for_ever() -> ! {
    loop {
        std::thread::park();
    }
}

/// Waits to be ended, in a way that a sandbox allows: where a wait is refused, hundreds would spin.
fn idle() -> ! {
    loop {
        std::thread::park();
    }
}

fn spin() -> ! {
    loop {
        std::hint::spin_loop();
    }
}

fn ignore(signal: i32) {
    // SAFETY: no handler of ours is called; signals that cannot be ignored are refused.
    unsafe { libc::signal(signal, libc::SIG_IGN) };
}

fn flood(into: &mut impl io::Write) -> io::Result<()> {
    let piece = [b'x'; 65536];
    loop {
        into.write_all(&piece)?;
    }
}

fn take(bytes: usize) -> io::Result<()> {
    let mut held: Vec<u8> = Vec::new();
    held.try_reserve_exact(bytes).map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
    held.resize(bytes, 1);
    println!("took {}", held.len());
    Ok(())
}

/// Every process makes two more, for as long as it is allowed, and then waits.
fn bomb() -> ! {
    loop {
        // SAFETY: parent and child go on alike.
        if unsafe { libc::fork() } < 0 {
            idle()
        }
    }
}

/// As a daemon does: the tool ends, its grandchild is to stay.
fn stay_behind() -> io::Result<()> {
    for _ in 0..2 {
        // SAFETY: the parent ends, the child goes on alone.
        match unsafe { libc::fork() } {
            0 => {}
            ..0 => return Err(io::Error::last_os_error()),
            _ => return Ok(()),
        }
        // SAFETY: asks to leave the session and the group; it is refused or not.
        unsafe {
            libc::setsid();
            libc::setpgid(0, 0);
        }
    }
    println!("staying");
    idle()
}

/// Children that ended, and that nobody waits for.
fn zombies() -> io::Result<()> {
    for _ in 0..20 {
        // SAFETY: the child ends at once.
        match unsafe { libc::fork() } {
            // SAFETY: ends a child that did nothing.
            0 => unsafe { libc::_exit(0) },
            ..0 => return Err(io::Error::last_os_error()),
            _ => {}
        }
    }
    println!("left");
    Ok(())
}

/// Pieces of the granted file, each as `OFFSET LENGTH`, through a name of its own.
fn read_at(words: &[&str]) -> io::Result<()> {
    let mut file = File::open(vidimus_sandbox::INPUT)?;
    let mut output = io::stdout().lock();
    for pair in words.chunks(2) {
        let offset = pair.first().and_then(|word| word.parse().ok()).unwrap_or(0);
        let mut piece = vec![0; number(pair.get(1..).unwrap_or_default())];
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(&mut piece)?;
        output.write_all(&piece)?;
    }
    Ok(())
}

/// Files of these lengths in the output folder.
fn fill(words: &[&str]) -> io::Result<()> {
    for (number, word) in words.iter().enumerate() {
        let length = word.parse().unwrap_or(0);
        std::fs::write(format!("{}/{number}", vidimus_sandbox::OUTPUT), vec![b'f'; length])?;
    }
    std::fs::create_dir(format!("{}/inner", vidimus_sandbox::OUTPUT))
}

fn execute_again() -> io::Result<()> {
    use std::os::unix::process::CommandExt as _;
    let me = std::env::current_exe()?;
    Err(std::process::Command::new(me).arg("exit").arg("0").exec())
}

fn number(words: &[&str]) -> usize {
    words.first().and_then(|word| word.parse().ok()).unwrap_or(0)
}
