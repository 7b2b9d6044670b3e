//! Items in memory, a sink that keeps what is contained, and an examiner with the keeper of these tests.

#![allow(dead_code, reason = "each test program uses a part of it")]

pub mod film;

use std::io::Read;

use vidimus_examine::{Examiner, Findings, Options, Setup, Sink, Subject};
use vidimus_model::{End, FileSystemSays, Reason, Stage};
use vidimus_sandbox::{Input, InputError};

/// An item in memory.
pub struct Item {
    pub path: Vec<u8>,
    pub bytes: Vec<u8>,
    pub says: FileSystemSays,
}

impl Item {
    pub fn new(path: &str, bytes: impl Into<Vec<u8>>) -> Item {
        Item { path: path.into(), bytes: bytes.into(), says: FileSystemSays::default() }
    }
}

impl Subject for Item {
    fn untrusted_path(&self) -> &[u8] {
        &self.path
    }

    fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn input(&self) -> Result<Input, InputError> {
        Input::held(&self.bytes[..], self.size())
    }

    fn file_system(&self) -> &FileSystemSays {
        &self.says
    }
}

/// What was contained: path, what the container says, the bytes; none where they could not be read to their end.
#[derive(Default)]
pub struct Kept(pub Vec<(Vec<u8>, FileSystemSays, Option<Vec<u8>>)>);

impl Kept {
    /// The paths as text, and the bytes.
    pub fn named(&self) -> Vec<(String, Option<&[u8]>)> {
        let named = |(path, _, bytes): &(Vec<u8>, _, Option<Vec<u8>>)| {
            let path = String::from_utf8_lossy(path).into_owned();
            (path, bytes.clone())
        };
        self.0.iter().map(|kept| (named(kept).0, kept.2.as_deref())).collect()
    }
}

impl Sink for Kept {
    fn contained(
        &mut self,
        untrusted_path: &[u8],
        says: FileSystemSays,
        bytes: &mut dyn Read,
    ) -> std::io::Result<()> {
        let mut all = Vec::new();
        let whole = bytes.read_to_end(&mut all).is_ok();
        self.0.push((untrusted_path.to_vec(), says, whole.then_some(all)));
        Ok(())
    }
}

/// An examiner at the highest level that this machine allows.
pub fn examiner() -> Examiner {
    let keeper = env!("CARGO_BIN_EXE_vidimus-examine-keeper").into();
    Examiner::start(Setup { keeper, ..Setup::default() }).unwrap()
}

/// Examines in these stages.
pub fn examine(item: &Item, stages: &[Stage]) -> Findings {
    examiner().examine(item, stages, &Options::default(), &mut Kept::default())
}

/// How a stage ended, and the first reason that a run of it gives.
pub fn ended(findings: &Findings, stage: Stage) -> (End, Option<Reason>) {
    let end = findings.stages.iter().find(|one| one.stage == stage).unwrap().end;
    (end, findings.tools.iter().filter(|run| run.stage == stage).find_map(|run| run.reason))
}

/// The values of a fact.
pub fn facts<'a>(findings: &'a Findings, name: &str) -> Vec<&'a str> {
    let named = findings.facts.iter().filter(|fact| fact.name == name);
    named.map(|fact| fact.untrusted_value.as_str()).collect()
}
