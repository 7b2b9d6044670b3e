//! A tool that was taken over tries thirty-six ways out; it can read the granted file, and nothing else.

mod common;

use std::fs;
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::{SocketAddr, UnixListener};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use common::{OPEN, PROBE};
use vidimus_sandbox::Level;

/// Thirty-six ways out, and reading the granted file, which is allowed.
const ALL: usize = 37;
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
    /// What lies there is the user's own as whom the tool runs: no right of the system protects it.
    fn new(name: &str, owner: Option<u32>) -> World {
        let folder = OPEN.path().join(name);
        fs::create_dir(&folder).unwrap();
        let secret = folder.join("another.mp4");
        fs::write(&secret, b"another file").unwrap();
        fs::set_permissions(&secret, PermissionsExt::from_mode(0o666)).unwrap();
        std::os::unix::fs::chown(&secret, owner, None).unwrap();
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

/// As whom a tool runs then; `None` where that is whoever runs this.
fn user(caller: Caller) -> Option<u32> {
    match caller {
        Caller::Root => Some(65_534),
        Caller::Ordinary => rustix::process::getuid().is_root().then_some(65_000),
    }
}

const NEEDS: [&str; 4] = ["none", "files", "events", "files,events"];
/// Many processes are no way out where a tool was granted some: how many is the subject of `limits.rs`.
const PROCESSES: &str = "make three hundred processes";

fn attempts(caller: Caller, level: Level, kind: &str, allowed: &[&str]) {
    for needs in NEEDS {
        attempts_with(caller, level, kind, needs, allowed);
    }
    attempts_with(caller, level, kind, "files,events,processes", allowed);
}

fn attempts_with(caller: Caller, level: Level, kind: &str, needs: &str, allowed: &[&str]) {
    let Some(mut command) = probe(caller) else { return };
    let world = World::new(&format!("{caller:?}-{}-{kind}-{needs}", level.word()), user(caller));
    let before = fs::metadata(&world.secret).unwrap();
    let output = command.args(["call", level.word(), kind, needs]).args(world.target()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    if text.starts_with("unavailable") && level == Level::Full {
        println!("skipped: {text}");
        return;
    }
    assert!(text.starts_with(&format!("level {} user ", level.word())), "{text}");
    assert!(!text.starts_with(&format!("level {} user 0\n", level.word())), "never as root");
    assert!(text.ends_with("ended Exited(0)\n"), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let counts = |attempt: &String| !needs.contains("processes") || attempt != PROCESSES;
    let of = |kind: &str| said(&text, kind).into_iter().filter(counts).collect::<Vec<String>>();
    assert_eq!(of("allowed"), allowed, "{needs}: {text}");
    assert_eq!(said(&text, "allowed").len() + said(&text, "blocked").len(), ALL, "{text}");
    if level == Level::Full && kind == "installed" {
        // Not only refused: others' processes and files are not there at all.
        for gone in ["read the caller's arguments", "read another file", "write to shared memory"] {
            assert!(text.contains(&format!("blocked {gone}: No such file or directory")), "{text}");
        }
    }
    assert_eq!(fs::read(&world.secret).unwrap(), b"another file");
    let after = fs::metadata(&world.secret).unwrap();
    assert_eq!(
        (before.mode(), before.ctime_nsec()),
        (after.mode(), after.ctime_nsec()),
        "nothing of it changed"
    );
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
    let world = World::new("control", user(Caller::Ordinary));
    let input = OPEN.path().join("input");
    fs::write(&input, b"granted").unwrap();
    fs::set_permissions(&input, PermissionsExt::from_mode(0o666)).unwrap();
    // Somebody of the same user, to be meddled with.
    let mut victim = probe(Caller::Ordinary).unwrap().arg("wait").spawn().unwrap();
    let mut command = probe(Caller::Ordinary).unwrap();
    let number = victim.id().to_string();
    let output = command.arg("attempts").arg(&input).args(world.target()).arg(number).output().unwrap();
    victim.kill().unwrap();
    victim.wait().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let allowed = said(&text, "allowed");
    assert_eq!(allowed.len() + said(&text, "blocked").len(), ALL, "{text}");
    let missing: Vec<String> =
        said(&text, "blocked").into_iter().filter(|attempt| !DENIED.contains(&attempt.as_str())).collect();
    assert_eq!(missing, [""; 0], "{text}");
}

/// What systems deny to ordinary users, or can be set to deny: the control says nothing of these.
const DENIED: [&str; 9] = [
    "read the environment of process 1",
    "open a raw socket",
    "mount",
    "trace the caller",
    "set up io_uring",
    "make a namespace of users",
    "load a program into the kernel",
    "measure the kernel",
    "open a file by its handle",
];

#[test]
fn calls_that_need_root_reach_the_kernel_without_a_sandbox() {
    let Some(mut command) = probe(Caller::Root) else { return };
    let held = rustix::thread::capabilities(None).unwrap().effective;
    if !held.contains(rustix::thread::CapabilitySet::SYS_ADMIN) {
        println!("skipped: this root has not the rights of one");
        return;
    }
    let output = command.arg("reach").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said(&text, "allowed").len(), 3, "{text}");
}
