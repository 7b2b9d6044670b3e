//! What a running program keeps from others: no core dump, no debugger, no passphrase once it was used, and swap as SECURITY.md says.

use std::fs;
use std::io::Read as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::canaries::{CONTENT, GIVER, NAME, NOTE, PASSPHRASE, shows_nothing};
use crate::support::{House, init};

/// The user who runs it where the tests run as root, for whom no rule holds.
const NOBODY: u32 = 65_534;

/// A house whose `list --json` is longer than a pipe holds: whoever does not read it keeps the program waiting, its keys open.
fn house() -> House {
    let house = House::new();
    house.private("passphrase", PASSPHRASE);
    house.private("giver", GIVER);
    house.private("note", NOTE);
    house.vidimus(init()).succeeds();
    for number in 0..300 {
        house.file(&format!("disk/{NAME}-{}-{number}", "x".repeat(150)), format!("{number} {CONTENT}"));
    }
    house.vidimus(["receive", "disk", "--from-file", "giver", "--note-file", "note"]).succeeds();
    fs::copy(env!("CARGO_BIN_EXE_vidimus"), house.path("program")).unwrap();
    if root() {
        give(&house.path(""));
    }
    house
}

fn root() -> bool {
    // The owner of what is ours is who we are.
    std::os::unix::fs::MetadataExt::uid(&fs::metadata("/proc/self").unwrap()) == 0
}

fn give(path: &Path) {
    std::os::unix::fs::lchown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    if path.is_dir() && !path.is_symlink() {
        fs::read_dir(path).unwrap().for_each(|entry| give(&entry.unwrap().path()));
    }
}

/// A command as a user for whom rules hold, with core files wanted.
fn as_user(house: &House, arguments: &[&str]) -> Command {
    let mut command = if root() { Command::new("setpriv") } else { Command::new("sh") };
    if root() {
        command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "sh"]);
    }
    house.settle(&mut command);
    command.args(["-c", "ulimit -c unlimited 2>/dev/null; exec \"$@\"", "sh"]).args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

/// The program with all keys open: it has begun to answer, and nobody reads on.
fn waiting(house: &House) -> Child {
    let mut child = as_user(house, &["./program", "list", "--json"]).spawn().unwrap();
    let mut first = [0; 64];
    child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
    child
}

/// Another program of the same user, which hides nothing.
fn open_book(house: &House) -> Child {
    let mut child = as_user(house, &["sh", "-c", "echo here; exec sleep 1000"]).spawn().unwrap();
    let mut first = [0; 5];
    child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
    child
}

fn about(child: &Child) -> PathBuf {
    PathBuf::from(format!("/proc/{}", child.id()))
}

#[test]
fn no_core_is_left_of_it_where_others_leave_one() {
    let house = house();
    let abort = |child: &mut Child| {
        Command::new("kill").args(["-ABRT", &child.id().to_string()]).status().unwrap();
        child.wait().unwrap()
    };
    let mut program = waiting(&house);
    shows_nothing(&about(&program), &[CONTENT, GIVER, NOTE, PASSPHRASE, NAME]);
    let ended = abort(&mut program);
    assert_eq!((ended.signal(), ended.core_dumped()), (Some(6), false));
    let other = abort(&mut open_book(&house));
    if !other.core_dumped() {
        println!("this machine dumps nobody's core: that of this program too");
    }
    let cores: Vec<_> = fs::read_dir(house.path("")).unwrap().map(|entry| entry.unwrap().path()).collect();
    for core in cores.iter().filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("core")) {
        let bytes = fs::read(core).unwrap();
        assert!(!holds(&bytes, NAME) && !holds(&bytes, PASSPHRASE), "{}", core.display());
    }
}

#[test]
fn nobody_else_of_the_same_user_reads_its_memory() {
    let house = house();
    let (mut program, mut other) = (waiting(&house), open_book(&house));
    let reads = |child: &Child, file: &str| {
        let path = about(child).join(file).to_str().unwrap().to_owned();
        as_user(&house, &["head", "-c", "0", &path]).output().unwrap().status.success()
    };
    for file in ["environ", "mem", "maps", "auxv"] {
        assert!(reads(&other, file), "{file} of a program that hides nothing is read: the test would notice");
        assert!(!reads(&program, file), "{file}");
    }
    let dumps = |child: &Child| {
        let dumped = as_user(&house, &["gcore", "-o", "dump", &child.id().to_string()]).output().unwrap();
        dumped.status.success() && house.path(&format!("dump.{}", child.id())).exists()
    };
    if dumps(&other) {
        assert!(!dumps(&program), "a debugger of the same user");
    } else {
        // Yama or a container's own filter may keep debuggers from every program; nothing else may.
        let yama = fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope").unwrap_or_default();
        let filtered = fs::read_to_string("/proc/self/status").unwrap().contains("Seccomp:\t2");
        assert!(filtered || !["", "0"].contains(&yama.trim()), "gcore (gdb, scripts/setup.sh) dumps nothing");
        println!("skipped: this machine lets no debugger at any program");
    }
    for child in [&mut program, &mut other] {
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

/// Root alone reads it; then what is no longer needed is no longer there, though what it works with is.
#[test]
fn even_root_finds_no_passphrase_once_it_was_used() {
    let house = house();
    let mut program = waiting(&house);
    let found =
        memory(&about(&program)).map(|memory| [PASSPHRASE, NAME, GIVER].map(|secret| holds(&memory, secret)));
    program.kill().unwrap();
    program.wait().unwrap();
    match found {
        Some(found) => {
            assert_eq!(found, [false, true, false], "the passphrase; the names it lists; who gave it")
        }
        None => println!("skipped: only root reads the memory of it"),
    }
}

/// All that a process can write to in its memory, as far as we may read it.
fn memory(about: &Path) -> Option<Vec<u8>> {
    use std::os::unix::fs::FileExt as _;
    let maps = fs::read_to_string(about.join("maps")).ok().filter(|maps| !maps.is_empty())?;
    let file = fs::File::open(about.join("mem")).ok()?;
    let mut all = Vec::new();
    for line in
        maps.lines().filter(|line| line.split_whitespace().nth(1).is_some_and(|mode| mode.starts_with("rw")))
    {
        let (from, to) = line.split_once(' ')?.0.split_once('-')?;
        let [from, to] = [from, to].map(|end| u64::from_str_radix(end, 16).unwrap());
        let mut part = vec![0; usize::try_from(to - from).unwrap()];
        if file.read_exact_at(&mut part, from).is_ok() {
            all.extend(part);
        }
    }
    Some(all)
}

fn holds(bytes: &[u8], secret: &str) -> bool {
    bytes.windows(secret.len()).any(|window| window == secret.as_bytes())
}

/// Where the user may lock memory without bound, no page of it goes to swap; elsewhere SECURITY.md says what to do.
#[test]
fn memory_stays_out_of_swap_where_that_is_allowed() {
    let house = house();
    let Some(mut child) = begun_with(&house, "unlimited") else {
        println!("skipped: this user may not lock memory without bound");
        return;
    };
    let [locked, resident, swapped] = ["VmLck:", "VmRSS:", "VmSwap:"].map(|what| kilobytes(&child, what));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(locked >= resident && resident > 0, "{locked} of {resident} kB");
    assert_eq!(swapped, 0);
}

#[test]
fn where_memory_may_not_be_locked_the_program_works_and_the_page_says_so() {
    let house = house();
    let mut child = begun_with(&house, "64").expect("less is always allowed");
    // A library locks a little of its own.
    let [locked, resident] = ["VmLck:", "VmRSS:"].map(|what| kilobytes(&child, what));
    assert!(
        locked < resident / 2,
        "{locked} of {resident} kB: the bound would be met when the program grows"
    );
    child.kill().unwrap();
    child.wait().unwrap();
    let page = include_str!("../../../../SECURITY.md").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(page.contains("elsewhere the system may write it to swap, so encrypt that with the disk"));
}

/// The program with all keys open, of a user who may lock so much memory; `None` where nobody may set that here.
fn begun_with(house: &House, lockable: &str) -> Option<Child> {
    let mut command = Command::new("sh");
    house.settle(&mut command);
    command.args(["-c", &format!("ulimit -l {lockable} 2>/dev/null || exit 75; exec \"$@\""), "sh"]);
    if root() {
        command.args(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]);
    }
    command.args(["./program", "list", "--json"]).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    let mut first = [0; 64];
    match child.stdout.as_mut().unwrap().read_exact(&mut first) {
        Ok(()) => Some(child),
        Err(_) => {
            assert_eq!(child.wait().unwrap().code(), Some(75), "it answers");
            None
        }
    }
}

/// What the kernel counts of a process.
fn kilobytes(child: &Child, what: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let found = status.lines().find_map(|line| line.strip_prefix(what)?.split_whitespace().next());
    found.unwrap().parse().unwrap()
}
