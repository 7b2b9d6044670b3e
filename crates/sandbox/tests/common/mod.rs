//! A probe that everybody may execute, and sandboxes that run it.

#![allow(dead_code, reason = "each test program uses a part of it")]

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::LazyLock;

use tempfile::TempDir;
use vidimus_sandbox::{
    Input, Job, Level, Limits, Need, Outcome, Program, RunError, Sandbox, Setup, Tool, Unavailable,
};

/// A folder that the user may enter whom a sandbox of root becomes, whatever this checkout lies in.
pub static OPEN: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    folder
});

/// The probe, in that folder.
pub static PROBE: LazyLock<PathBuf> = LazyLock::new(|| {
    let copy = OPEN.path().join("probe");
    std::fs::copy(env!("CARGO_BIN_EXE_vidimus-sandbox-probe"), &copy).unwrap();
    copy
});

/// The probe as a tool, and its functions of our own.
pub fn tools(needs: &[Need]) -> Vec<Tool> {
    let tool = |name: &str, program| Tool {
        name: name.into(),
        program,
        readable: vec![],
        needs: needs.to_vec(),
        environment: vec![("FLAVOUR".into(), "plain".into())],
    };
    let own = ["length", "panic", "abort", "descriptors-of-our-own", "remember"];
    let mut all = vec![tool("probe", Program::Installed(PROBE.clone()))];
    all.extend(own.map(|name| tool(name, Program::Own)));
    all
}

/// A sandbox at exactly this level; `None`, with a word of it, where the machine does not allow it.
pub fn sandbox(level: Level, needs: &[Need]) -> Option<Sandbox> {
    let setup = Setup { executable: PROBE.clone(), tools: tools(needs), least: level, most: level };
    match Sandbox::start(setup) {
        Ok(sandbox) => Some(sandbox),
        Err(Unavailable::Refused(refused)) if level == Level::Full => {
            println!("skipped: this machine does not allow the level {level:?}: {refused}");
            None
        }
        Err(unavailable) => panic!("{unavailable}"),
    }
}

/// Sandboxes at all levels that the machine allows.
pub fn sandboxes(needs: &[Need]) -> Vec<Sandbox> {
    [Level::Full, Level::NoNamespaces].into_iter().filter_map(|level| sandbox(level, needs)).collect()
}

/// Lets the probe do something to a short file.
pub fn act(sandbox: &mut Sandbox, words: &[&str], limits: Limits) -> Result<Outcome, RunError> {
    let input = Input::held(&b"granted"[..], 100).unwrap();
    sandbox.run(Job { tool: "probe", arguments: words, limits }, input)
}

/// What the tool wrote.
pub fn text(outcome: &Outcome) -> String {
    String::from_utf8(outcome.untrusted_output.clone()).unwrap()
}

/// How many processes of the machine are the probe, doing this.
pub fn left_over(act: &str) -> usize {
    doing(act).count()
}

/// What the kernel says of the one that does this.
pub fn status(act: &str) -> String {
    doing(act).filter_map(|process| std::fs::read_to_string(process.join("status")).ok()).collect()
}

fn doing(act: &str) -> impl Iterator<Item = PathBuf> {
    let words = format!("probe\0{}\0", act.replace(' ', "\0"));
    let is_it = move |process: &PathBuf| {
        std::fs::read(process.join("cmdline")).is_ok_and(|line| line == words.as_bytes())
    };
    std::fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path()).filter(is_it)
}
