//! Prepares a scenario once, then hits its command at one call after the other.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use vidimus_seal::{Entropy, Identity};

use crate::place::{Place, Programs};
use crate::scenario::{Scenario, Step};
use crate::trace::{Fault, Run, Watch};
use crate::verdict::{self, Facts};

/// A scenario, ready to be hit.
pub struct Prepared {
    /// Which.
    pub scenario: &'static Scenario,
    /// What lies there before the command.
    pub before: Place,
    /// The command's words.
    pub words: Vec<String>,
    /// What a check names before the command: what a scenario lost.
    pub named_before: Vec<String>,
    /// What it holds after the command.
    pub holds_then: Facts,
    /// The command's run without a fault.
    pub whole: Run,
}

/// One point: where a command was hit, and what was wrong afterwards.
#[derive(Debug)]
pub struct Point {
    /// The place of the call in that run, and how it was hit.
    pub at: (usize, Fault),
    /// The call that was hit; none where that run came to an end before.
    pub call: Option<String>,
    /// What must not be.
    pub complaints: Vec<String>,
}

impl Prepared {
    /// Makes the archive, does what was done before, and runs the command once without a fault.
    ///
    /// # Errors
    /// Tracing is not permitted, or a command of the preparation fails.
    pub fn new(
        scenario: &'static Scenario,
        programs: &Programs,
        scratch: &Path,
        disks: &Path,
    ) -> io::Result<Self> {
        let root = scratch.join(scenario.name);
        let before = Place::make(&root.join("before"), disks, scenario.two_members)?;
        let mut said = String::new();
        for step in scenario.before {
            said = prepare(&before, programs, step, &said, &root)?;
        }
        for lost in scenario.lost {
            fs::remove_dir_all(before.path(lost))?;
        }
        // Looking makes some of it again, so another place is looked at.
        let looked_at = before.copied_to(&root.join("looked-at"))?;
        let named_before = verdict::problems(&looked_at, programs, scenario.hit.who)?;
        let words = words(&scenario.hit, &said);
        let place = before.copied_to(&root.join("whole"))?;
        let watch = Watch { below: place.counted(), ..Watch::default() };
        let whole = place.traced(programs, scenario.hit.who, &words, &watch)?;
        if whole.code != Some(0) {
            return Err(io::Error::other(format!("{}: without a fault: {whole:?}", scenario.name)));
        }
        let holds_then = verdict::facts(&place)?;
        let prepared = Self { scenario, before, words, named_before, holds_then, whole };
        let complaints = verdict::complaints(&prepared, &place, programs, &prepared.whole)?;
        match complaints.is_empty() {
            true => Ok(prepared),
            false => Err(io::Error::other(format!("{}: without a fault: {complaints:?}", scenario.name))),
        }
    }

    /// Every point of the run without a fault.
    pub fn all_points(&self) -> Vec<(usize, Fault)> {
        let each = self.whole.calls.iter().enumerate();
        each.flat_map(|(nth, seen)| {
            let can = move |fault: &Fault| fault.can_hit(seen.call.kind);
            Fault::ALL.into_iter().filter(can).map(move |fault| (nth, fault))
        })
        .collect()
    }

    /// Hits the command at one point in `root`, and looks at what it left.
    ///
    /// # Errors
    /// A program does not start, or the file system fails.
    pub fn hit(&self, at: (usize, Fault), programs: &Programs, root: &Path) -> io::Result<Point> {
        let place = self.before.copied_to(root)?;
        let watch = Watch { below: place.counted(), fault: Some(at), ..Watch::default() };
        let run = place.traced(programs, self.scenario.hit.who, &self.words, &watch)?;
        let call = run.hit.map(|hit| {
            let seen = &run.calls[hit];
            let path = seen.path.strip_prefix(root).unwrap_or(&seen.path);
            format!("{} {}", seen.call.name, path.display())
        });
        let complaints = verdict::complaints(self, &place, programs, &run)?;
        Ok(Point { at, call, complaints })
    }

    /// How often the command made each kind of call.
    pub fn counted(&self) -> BTreeMap<&'static str, usize> {
        let mut counted = BTreeMap::new();
        for seen in &self.whole.calls {
            *counted.entry(seen.call.name).or_default() += 1;
        }
        counted
    }
}

/// What can be received: two folders with small files, a larger one, a copy and an empty one.
///
/// # Errors
/// Any of the file system's.
pub fn make_disks(folder: &Path) -> io::Result<PathBuf> {
    for (disk, size) in [("first", 70_000_usize), ("second", 150_000)] {
        let disk_folder = folder.join(disk).join("протоколы");
        fs::create_dir_all(&disk_folder)?;
        fs::write(disk_folder.join("допрос.txt"), format!("a note on the {disk} disk\n"))?;
        fs::write(disk_folder.join("список.txt"), format!("a list on the {disk} disk\n"))?;
        fs::write(disk_folder.join("копия.txt"), format!("a note on the {disk} disk\n"))?;
        fs::write(disk_folder.join("empty"), "")?;
        let clip: Vec<u8> = (0..size).map(|at| (at * 31 + at / 251) as u8).collect();
        fs::write(folder.join(disk).join("clip.bin"), clip)?;
    }
    Ok(folder.to_owned())
}

fn prepare(before: &Place, programs: &Programs, step: &Step, said: &str, root: &Path) -> io::Result<String> {
    let words = words(step, said);
    let Some(percent) = step.killed_at else {
        let run = before.plain(programs, step.who, &words)?;
        return match run.code {
            Some(0) => Ok(run.out),
            _ => Err(io::Error::other(format!("{words:?}: {run:?}"))),
        };
    };
    let trial = before.copied_to(&root.join("trial"))?;
    let watch = Watch { below: trial.counted(), ..Watch::default() };
    let calls = trial.traced(programs, step.who, &words, &watch)?.calls.len();
    let fault = Some((calls * percent / 100, Fault::KillBefore));
    let watch = Watch { below: before.counted(), fault, ..Watch::default() };
    before.traced(programs, step.who, &words, &watch)?;
    Ok(String::new())
}

fn words(step: &Step, said: &str) -> Vec<String> {
    let last = said.split_whitespace().last().unwrap_or_default();
    let keyholder = Identity::generate(&mut Entropy::from_seed(&[9; 32])).recipient().to_string();
    step.words.iter().map(|word| word.replace("{last}", last).replace("{keyholder}", &keyholder)).collect()
}
