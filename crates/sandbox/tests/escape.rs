//! A tool that was taken over tries thirty-three ways out; it can read the granted file, and nothing else.

mod common;

use std::fs;
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use common::{OPEN, PROBE};
use vidimus_sandbox::Level;

const GRANTED: &str = "read the granted file";
/// What no layer below namespaces can refuse to a program that must open its libraries by name.
const LEARN: &str = "learn of another file";

/// What lies around a sandbox and would be worth reaching.
struct World {
    secret: String,
    port: String,
    socket: String,
    _listening: (TcpListener, UnixListener, UnixListener),
}

impl World {
    fn new(name: &str) -> World {
        let folder = OPEN.path().join(name);
        fs::create_dir(&folder).unwrap();
        let secret = folder.join("another.mp4");
        fs::write(&secret, b"another file").unwrap();
        fs::set_permissions(&secret, PermissionsExt::from_mode(0o666)).unwrap();
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = folder.join("socket").to_str().unwrap().to_owned();
        let named = UnixListener::bind(&socket).unwrap();
        fs::set_permissions(&socket, PermissionsExt::from_mode(0o777)).unwrap();
        let hidden = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&socket).unwrap()).unwrap();
        World {
            secret: secret.to_str().unwrap().to_owned(),
            port: tcp.local_addr().unwrap().port().to_string(),
            socket,
            _listening: (tcp, named, hidden),
        }
    }

    fn target(&self) -> [&str; 3] {
        [&self.secret, &self.port, &self.socket]
    }
}

/// Who starts the sandbox.
#[derive(Debug, Clone, Copy)]
enum Caller {
    Root,
    Ordinary,
}

/// The probe, started by this user. Only root can be both.
fn probe(caller: Caller) -> Option<Command> {
    let mut command = Command::new(&*PROBE);
    let root = rustix::process::getuid().is_root();
    match caller {
        Caller::Root if !root => {
            println!("skipped: only root can try what root meets");
            return None;
        }
        Caller::Ordinary if root => drop(command.uid(65_000).gid(65_000)),
        _ => {}
    }
    Some(command)
}

/// The lines of one kind: `allowed`, `blocked`.
fn said(text: &str, kind: &str) -> Vec<String> {
    let lines = text.lines().filter_map(|line| line.strip_prefix(kind)?.strip_prefix(' '));
    lines.map(|line| line.split(": ").next().unwrap_or(line).to_owned()).collect()
}

fn attempts(caller: Caller, level: Level, kind: &str, allowed: &[&str]) {
    let Some(mut command) = probe(caller) else { return };
    let world = World::new(&format!("{caller:?}-{}-{kind}", level.word()));
    let output = command.args(["call", level.word(), kind]).args(world.target()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    if text.starts_with("unavailable") && level == Level::Full {
        println!("skipped: {text}");
        return;
    }
    assert!(text.starts_with(&format!("level {} user ", level.word())), "{text}");
    assert!(!text.starts_with(&format!("level {} user 0\n", level.word())), "never as root");
    assert!(text.ends_with("ended Exited(0)\n"), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(said(&text, "allowed"), allowed, "{text}");
    assert_eq!(said(&text, "blocked").len(), 33 - allowed.len(), "{text}");
    if level == Level::Full && kind == "installed" {
        // Not only refused: others' processes and files are not there at all.
        for gone in ["read the caller's arguments", "read another file", "write to shared memory"] {
            assert!(text.contains(&format!("blocked {gone}: No such file or directory")), "{text}");
        }
    }
    assert_eq!(fs::read(&world.secret).unwrap(), b"another file");
}

#[test]
fn a_tool_reads_its_file_and_nothing_else() {
    for caller in [Caller::Root, Caller::Ordinary] {
        attempts(caller, Level::Full, "installed", &[GRANTED]);
    }
}

#[test]
fn without_namespaces_a_tool_learns_that_another_file_is_there_and_no_more() {
    for caller in [Caller::Root, Caller::Ordinary] {
        attempts(caller, Level::NoNamespaces, "installed", &[GRANTED, LEARN]);
    }
}

#[test]
fn a_function_of_our_own_reads_its_file_and_nothing_else_at_every_level() {
    for caller in [Caller::Root, Caller::Ordinary] {
        attempts(caller, Level::Full, "own", &[GRANTED]);
        attempts(caller, Level::NoNamespaces, "own", &[GRANTED]);
    }
}

#[test]
fn without_a_sandbox_the_same_attempts_succeed() {
    let world = World::new("control");
    let input = OPEN.path().join("input");
    fs::write(&input, b"granted").unwrap();
    let mut command = probe(Caller::Ordinary).unwrap();
    let parent = std::process::id().to_string();
    let output = command.arg("attempts").arg(&input).args(world.target()).arg(parent).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let allowed = said(&text, "allowed");
    assert_eq!(allowed.len() + said(&text, "blocked").len(), 33, "{text}");
    for attempt in [
        GRANTED,
        "read another file",
        LEARN,
        "list another folder",
        "read the list of users",
        "read the caller's arguments",
        "write to /tmp",
        "truncate another file",
        "connect by TCP",
        "send by UDP",
        "listen by TCP",
        "connect to a socket by its path",
        "connect to an abstract socket",
        "make a pipe with a name",
        "make a link",
        "execute a shell",
        "take six gigabytes",
        "make three hundred processes",
    ] {
        assert!(allowed.iter().any(|found| found == attempt), "{attempt} is possible here: {text}");
    }
}
