//! A process is killed, or refused by the kernel, at each of its file calls in turn; what it was promised is there.
//!
//! The kernel's part is played by `strace`; without it the test says that it skips. A power cut is not tried here: what
//! was written and not yet on the disk is still seen after a kill.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use vidimus_vault::{FolderVault, Found, ObjectName, PutError, Vault};

const STORY_FOLDER: &str = "VIDIMUS_VAULT_STORY_FOLDER";
const LEN: usize = 10_000;

/// Runs in the child only: two batches, then a deletion, and a line on standard output after each barrier.
#[test]
fn story() {
    if let Some(path) = std::env::var_os(STORY_FOLDER)
        && let Err(error) = tell(Path::new(&path))
    {
        say(&format!("stopped: {error}"));
    }
}

#[test]
fn whatever_call_fails_what_a_barrier_promised_is_there() {
    let Ok(found) = Command::new("strace").args(["-qq", "-o/dev/null", "true"]).status() else {
        return eprintln!("skipped: no strace");
    };
    if !found.success() {
        return eprintln!("skipped: strace may not trace here");
    }
    let takes_room = ["openat", "mkdirat", "fallocate", "write", "renameat2"];
    let others = ["syncfs", "flock", "ftruncate", "utimensat", "newfstatat", "unlinkat"];
    let mut injected = 0;
    let mut inject = |call, fault| injected += (1..).take_while(|nth| survives(call, fault, *nth)).count();
    for call in takes_room {
        inject(call, "signal=KILL");
        inject(call, "error=ENOSPC");
    }
    for call in others {
        inject(call, "signal=KILL");
        inject(call, "error=EIO");
    }
    println!("{injected} faults");
    assert!(injected > 100, "only {injected} faults were reached");
}

/// `false` when the story ended before the call was reached for the `nth` time.
fn survives(call: &str, fault: &str, nth: usize) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let (path, trace) = (folder.path().join("objects"), folder.path().join("trace"));
    drop(FolderVault::create(&path).unwrap());
    let child = Command::new("strace")
        .args(["-f", "-qq", "-e", &format!("trace={call}"), "-e"])
        .arg(format!("inject={call}:{fault}:when={nth}"))
        .arg("-o")
        .arg(&trace)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "story", "--nocapture", "--test-threads=1"])
        .env(STORY_FOLDER, &path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    let trace = fs::read_to_string(&trace).unwrap();
    let context = format!("{call} {fault} {nth}\n{said}\n{trace}");
    let vault = FolderVault::open(&path).unwrap();
    vault.clean_up().unwrap();
    assert!(fs::read_dir(path.join("tmp")).map_or(0, Iterator::count) == 0, "{context}");
    for found in vault.list() {
        let Found::Object { name, len } = found.unwrap() else { panic!("{context}") };
        assert_eq!(len, LEN as u64, "half an object: {context}");
        let mut bytes = vec![0; LEN];
        assert_eq!(vault.open(&name).unwrap().read_at(0, &mut bytes).unwrap(), LEN);
        assert!(bytes.iter().all(|byte| *byte == name.as_bytes()[0]), "{context}");
    }
    assert!(!said.contains("believed"), "{context}");
    assert!(!said.contains("kept 1") || vault.open(&name(2)).is_ok(), "{context}");
    assert!(!said.contains("kept 2") || vault.open(&name(4)).is_ok(), "{context}");
    assert!(!said.contains("gone") || vault.open(&name(1)).is_err(), "{context}");
    trace.contains("INJECTED") || trace.contains("killed by SIGKILL")
}

fn tell(path: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let vault = FolderVault::open(path)?;
    for batch in [1, 2] {
        for n in [batch * 2 - 1, batch * 2] {
            let mut writer = vault.put(&name(n))?;
            writer.reserve(LEN as u64 + 5000)?;
            vec![n; LEN].chunks(6000).try_for_each(|piece| writer.write_all(piece))?;
            writer.finish()?;
        }
        keep(&vault, &format!("kept {batch}"))?;
    }
    vault.delete(&name(1))?;
    keep(&vault, "gone")
}

fn keep(vault: &FolderVault, promise: &str) -> Result<(), Box<dyn std::error::Error>> {
    if let Err(error) = vault.barrier() {
        // The kernel would now say that all is well; nobody may ask it.
        let refused = matches!(vault.put(&name(9)).map(drop), Err(PutError::BarrierFailed));
        if !refused || vault.barrier().is_ok() {
            say("believed a second barrier after the first had failed");
        }
        return Err(error.into());
    }
    say(promise);
    Ok(())
}

fn say(line: &str) {
    // Standard output is one of the things that fail here.
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn name(n: u8) -> ObjectName {
    ObjectName::from_bytes([n; 16])
}
