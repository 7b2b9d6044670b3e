//! Thirty-six ways out of a sandbox, each tried as a decoder would that a hostile file has taken over.

#![allow(
    unsafe_code,
    reason = "an attacker asks the kernel directly, and so no safe crate is in the way here"
)]

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::path::Path;

use libc::{c_long, c_ulong};

/// Tries everything, and gives a line each: `allowed NAME` or `blocked NAME: why`.
///
/// The target is: another file, a port of this machine on which somebody listens, a socket's path (its abstract name
/// is the same), and a process to meddle with.
pub fn all(read: impl FnOnce() -> io::Result<Vec<u8>>, input: &str, target: &[&str]) -> String {
    let [secret, port, socket, parent] = target else { return "blocked all: no target\n".into() };
    let number: i32 = parent.parse().unwrap_or(0);
    let process = c_ulong::try_from(number).unwrap_or(0);
    let mark = format!("vidimus-probe-{}", std::process::id());
    let temporary = format!("/tmp/{mark}");
    let shared = format!("/dev/shm/{mark}");
    let address = format!("127.0.0.1:{port}");
    let name = std::ffi::CString::new(temporary.clone()).unwrap_or_default();
    let mut said = String::new();
    let mut tried = |attempt: &str, result: io::Result<()>| {
        let _ = match result {
            Ok(()) => writeln!(said, "allowed {attempt}"),
            Err(error) => writeln!(said, "blocked {attempt}: {error}"),
        };
    };
    tried(
        "read the granted file",
        read().and_then(|bytes| if bytes.is_empty() { Err(nothing()) } else { Ok(()) }),
    );
    tried("read another file", fs::read(secret).map(drop));
    tried("learn of another file", fs::metadata(secret).map(drop));
    let folder = Path::new(secret).parent().unwrap_or(Path::new("/"));
    tried("list another folder", fs::read_dir(folder).map(drop));
    tried("read the list of users", fs::read("/etc/passwd").map(drop));
    tried("read the environment of process 1", fs::read("/proc/1/environ").map(drop));
    tried("read the caller's environment", fs::read(format!("/proc/{parent}/environ")).map(drop));
    tried("read the caller's arguments", fs::read(format!("/proc/{parent}/cmdline")).map(drop));
    tried("write to /tmp", fs::write(&temporary, b"x").and_then(|()| fs::remove_file(&temporary)));
    tried("write to shared memory", fs::write(&shared, b"x").and_then(|()| fs::remove_file(&shared)));
    tried("open the granted file for writing", fs::OpenOptions::new().write(true).open(input).map(drop));
    tried("truncate another file", fs::OpenOptions::new().write(true).truncate(true).open(secret).map(drop));
    let here = c_ulong::try_from(i64::from(libc::AT_FDCWD)).unwrap_or(c_ulong::MAX - 99);
    let other = std::ffi::CString::new(*secret).unwrap_or_default();
    let other = other.as_ptr() as c_ulong;
    tried("change another file's rights", ask(libc::SYS_fchmodat, [here, other, 0o606, 0, 0]));
    tried("change another file's times", ask(libc::SYS_utimensat, [here, other, 0, 0, 0]));
    tried("connect by TCP", TcpStream::connect(&address).map(drop));
    let send = UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.send_to(b"x", &address));
    tried("send by UDP", send.map(drop));
    tried("listen by TCP", TcpListener::bind("127.0.0.1:0").map(drop));
    tried("connect to a socket by its path", UnixStream::connect(socket).map(drop));
    let hidden =
        SocketAddr::from_abstract_name(socket.as_bytes()).and_then(|name| UnixStream::connect_addr(&name));
    tried("connect to an abstract socket", hidden.map(drop));
    tried("open a netlink socket", ask(libc::SYS_socket, [16, 3, 0, 0, 0]));
    tried("open a raw socket", ask(libc::SYS_socket, [2, 3, 1, 0, 0]));
    let mut ring = [0u8; 120];
    tried("set up io_uring", ask(libc::SYS_io_uring_setup, [4, ring.as_mut_ptr() as c_ulong, 0, 0, 0]));
    tried("trace the caller", ask(libc::SYS_ptrace, [libc::PTRACE_ATTACH as c_ulong, process, 0, 0, 0]));
    tried("make a namespace of users", ask(libc::SYS_unshare, [libc::CLONE_NEWUSER as c_ulong, 0, 0, 0, 0]));
    let (none, kind) = (c"none".as_ptr() as c_ulong, c"tmpfs".as_ptr() as c_ulong);
    tried("mount", ask(libc::SYS_mount, [none, c"/tmp".as_ptr() as c_ulong, kind, 0, 0]));
    tried("signal the caller", ask(libc::SYS_kill, [process, 0, 0, 0, 0]));
    tried("signal the caller's thread", ask(libc::SYS_tgkill, [process, process, 0, 0, 0]));
    let owner = c_ulong::try_from(libc::F_SETOWN).unwrap_or(0);
    tried("have the kernel signal the caller", ask(libc::SYS_fcntl, [1, owner, process, 0, 0]));
    tried("use the kernel's keys", ask(libc::SYS_keyctl, [0, c_ulong::MAX - 2, 0, 0, 0]));
    reaching().into_iter().for_each(|(attempt, result)| tried(attempt, result));
    let fifo = c_ulong::from(libc::S_IFIFO | 0o600);
    let made = ask(libc::SYS_mknodat, [here, name.as_ptr() as c_ulong, fifo, 0, 0]);
    tried("make a pipe with a name", made.and_then(|()| fs::remove_file(&temporary)));
    let linked = std::os::unix::fs::symlink("/etc/passwd", &temporary);
    tried("make a link", linked.and_then(|()| fs::remove_file(&temporary)));
    tried("execute a shell", std::process::Command::new("/bin/sh").args(["-c", "true"]).status().map(drop));
    tried("take six gigabytes", take_memory(6 << 30));
    tried("make three hundred processes", super::acts::fork_many(300));
    said
}

/// Calls that succeed for nobody with these arguments, and have succeeded as an attempt where the kernel came to look at
/// them: a filter says "not permitted" before that.
pub fn reaching() -> [(&'static str, io::Result<()>); 3] {
    let reached = |call| match ask(call, [0; 5]) {
        Err(error) if !matches!(error.raw_os_error(), Some(libc::EPERM | libc::ENOSYS)) => Ok(()),
        other => other,
    };
    [
        ("load a program into the kernel", reached(libc::SYS_bpf)),
        ("measure the kernel", reached(libc::SYS_perf_event_open)),
        ("open a file by its handle", reached(libc::SYS_open_by_handle_at)),
    ]
}

fn nothing() -> io::Error {
    io::ErrorKind::UnexpectedEof.into()
}

fn ask(call: c_long, words: [c_ulong; 5]) -> io::Result<()> {
    // SAFETY: the words are numbers, or point to what lives until the call returns; where the kernel wants more than
    // it is given here, it refuses.
    let answer = unsafe { libc::syscall(call, words[0], words[1], words[2], words[3], words[4]) };
    if answer < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn take_memory(bytes: usize) -> io::Result<()> {
    let (may, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: a mapping of its own, wherever the kernel likes, which nobody else uses.
    let place = unsafe { libc::mmap(std::ptr::null_mut(), bytes, may, kind, -1, 0) };
    if place == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the mapping made above, and all of it.
    unsafe { libc::munmap(place, bytes) };
    Ok(())
}
