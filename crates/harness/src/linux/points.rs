//! Prepares a scenario once, then hits its command at one call after the other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use vidimus_model::ProposalId;

use super::stamps;
use crate::cut::Cut;
use crate::disk::{Disk, Moment, moments};
use crate::place::{KEYHOLDER, Place, Programs, SUCCESSOR, identity};
use crate::scenario::{Scenario, Step};
use crate::trace::{Fault, Run};
use crate::verdict::{self, Facts};

/// A scenario, ready to be hit.
pub struct Prepared {
    /// Which.
    pub scenario: &'static Scenario,
    /// What lies there before the command.
    pub before: Place,
    /// The command's words.
    pub words: Vec<String>,
    /// What the commands before it said.
    pub said: String,
    /// What a check names before the command: what a scenario lost.
    pub named_before: Vec<String>,
    /// What it holds after the command.
    pub holds_then: Facts,
    /// The command's run without a fault.
    pub whole: Run,
    /// The disk before that run.
    pub disk: Disk,
    /// What files are called without a fault, before and after, their numbers left out.
    pub names: BTreeSet<String>,
}

/// Where a command is hit, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hit {
    /// A new run, in its call with this number.
    Call(Fault, usize),
    /// The power goes after the moment with this number of the run without a fault; after the last one the command has
    /// ended.
    Power(Cut, usize),
}

/// One point: where a command was hit, and what was wrong afterwards.
#[derive(Debug)]
pub struct Point {
    /// Where and how.
    pub at: Hit,
    /// The call that was hit; none where that run came to an end before.
    pub call: Option<String>,
    /// What must not be.
    pub complaints: Vec<String>,
}

impl Hit {
    /// How, as tables say it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Call(fault, _) => fault.name(),
            Self::Power(Cut::All, _) => "power-all",
            Self::Power(Cut::Bytes, _) => "power-bytes",
            Self::Power(Cut::Names, _) => "power-names",
            Self::Power(Cut::Late(_), _) => "power-late",
            Self::Power(Cut::Any(_), _) => "power-any",
        }
    }

    /// Where: the number of the call or moment.
    pub fn number(self) -> usize {
        let (Self::Call(_, number) | Self::Power(_, number)) = self;
        number
    }
}

impl Prepared {
    /// Makes the archive, does what was done before, and runs the command once without a fault.
    ///
    /// # Errors
    /// Tracing is not permitted, a program or a sandbox is missing that the scenario needs (`Unsupported`), or a command of the preparation fails.
    pub fn new(
        scenario: &'static Scenario,
        programs: &Programs,
        scratch: &Path,
        disks: &Path,
    ) -> io::Result<Self> {
        let root = scratch.join(scenario.name);
        let before = Place::make(&root.join("before"), disks, scenario.two_members)?;
        if scenario.has_authority {
            stamps::configure(&before.path("archive"))?;
        }
        let mut said = String::new();
        for step in scenario.before {
            let last = prepare(&before, programs, step, &said, &root)?;
            before.keep("said", &last)?;
            said.push_str(&last);
        }
        for lost in scenario.lost {
            fs::remove_dir_all(before.path(lost))?;
        }
        if let Some(folder) = scenario.instead {
            fs::rename(before.path(folder), before.path("archive"))?;
        }
        // Looking makes some of it again, so another place is looked at.
        let looked_at = before.copied_to(&root.join("looked-at"))?;
        let named_before = verdict::problems(&looked_at, programs, scenario.hit.who)?;
        let words = words(scenario.hit.words, &said);
        let place = before.copied_to(&root.join("whole"))?;
        let disk = place.disk()?;
        let whole = place.traced(programs, scenario.hit.who, &words, None, true)?;
        if whole.code != Some(0) {
            return Err(io::Error::other(format!("{}: without a fault: {whole:?}", scenario.name)));
        }
        let holds_then = verdict::facts(&place)?;
        // A check leaves the file whose lock it holds.
        verdict::problems(&place, programs, scenario.hit.who)?;
        let mut names = verdict::names(&before)?;
        names.extend(verdict::names(&place)?);
        let prepared = Self { scenario, before, words, said, named_before, holds_then, whole, disk, names };
        let complaints = verdict::complaints(&prepared, &place, programs, &prepared.whole)?;
        match complaints.is_empty() {
            true => Ok(prepared),
            false => Err(io::Error::other(format!("{}: without a fault: {complaints:?}", scenario.name))),
        }
    }

    /// Every point of the run without a fault; `seed` is what power cuts are drawn from.
    pub fn all_points(&self, seed: u64) -> Vec<Hit> {
        let mut points = Vec::new();
        for (nth, seen) in self.whole.calls.iter().enumerate() {
            let can = Fault::ALL.into_iter().filter(|fault| fault.can_hit(seen.call.kind));
            points.extend(can.map(|fault| Hit::Call(fault, nth)));
        }
        let moments = moments(&self.whole.calls);
        for (nth, (time, moment)) in moments.iter().enumerate() {
            let drawn = [Cut::Bytes, Cut::Names, Cut::Late(seed ^ time), Cut::Any(seed ^ time)];
            let cuts: &[Cut] = match moment {
                // Nothing more is kept than after the sync before.
                Moment::SyncBegins(_) => &drawn,
                Moment::SyncEnds(_) => &[Cut::All, drawn[0], drawn[1], drawn[2], drawn[3]],
                Moment::Done(_) if nth + 1 == moments.len() => {
                    &[Cut::All, drawn[0], drawn[1], drawn[2], drawn[3]]
                }
                Moment::Done(_) => &[],
            };
            points.extend(cuts.iter().map(|cut| Hit::Power(*cut, nth)));
        }
        points
    }

    /// Hits the command at one point in `root`, and looks at what it left.
    ///
    /// # Errors
    /// A program does not start, or the file system fails.
    pub fn hit(&self, at: Hit, programs: &Programs, root: &Path) -> io::Result<Point> {
        let (place, run, call) = match at {
            Hit::Call(fault, nth) => self.hit_call(fault, nth, programs, root)?,
            Hit::Power(cut, nth) => self.cut_power(cut, nth, root)?,
        };
        Ok(Point { at, call, complaints: verdict::complaints(self, &place, programs, &run)? })
    }

    fn hit_call(
        &self,
        fault: Fault,
        nth: usize,
        programs: &Programs,
        root: &Path,
    ) -> io::Result<(Place, Run, Option<String>)> {
        let place = self.before.copied_to(root)?;
        let who = self.scenario.hit.who;
        let mut disk = if fault.cuts() { Some(place.disk()?) } else { None };
        let run = place.traced(programs, who, &self.words, Some((nth, fault)), fault.cuts())?;
        let call = run.hit.map(|hit| {
            let seen = &run.calls[hit];
            let path = seen.path.strip_prefix(root).unwrap_or(&seen.path);
            format!("{} {}", seen.call.name, path.display())
        });
        let Some(disk) = &mut disk else { return Ok((place, run, call)) };
        disk.live_through(&run.calls);
        let last = match verdict::was_told(&run) {
            true => run,
            false => {
                let again = place.traced(programs, who, &self.words, None, true)?;
                disk.live_through(&again.calls);
                again
            }
        };
        Ok((place.after(disk, Cut::All, root)?, last, call))
    }

    fn cut_power(&self, cut: Cut, nth: usize, root: &Path) -> io::Result<(Place, Run, Option<String>)> {
        let mut disk = self.disk.clone();
        let mut begun = Vec::new();
        let moments = moments(&self.whole.calls);
        let Some((time, moment)) = moments.get(nth) else {
            return Err(io::Error::other("no such moment"));
        };
        for (_, moment) in &moments[..=nth] {
            disk.live(*moment, &mut begun);
        }
        let ended = nth + 1 == moments.len();
        let told = ended || self.whole.told.is_some_and(|told| told <= *time);
        let run = Run {
            code: self.whole.code.filter(|_| ended),
            out: if told { self.whole.out.clone() } else { String::new() },
            ..Run::default()
        };
        let seen = match moment {
            Moment::Done(seen) | Moment::SyncBegins(seen) | Moment::SyncEnds(seen) => seen,
        };
        let when = match moment {
            Moment::SyncBegins(_) => "before",
            _ => "after",
        };
        let name = seen.path.file_name().unwrap_or_default().to_string_lossy();
        Ok((self.before.after(&disk, cut, root)?, run, Some(format!("{when} {} {name}", seen.call.name))))
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
    fs::create_dir_all(folder.join("held"))?;
    let held = [("held/a.txt", "a note on the held disk\n"), ("held/b.txt", "a list on the held disk\n")];
    fs::write(folder.join("held").join("both.tar"), tar(&held))?;
    fs::create_dir_all(folder.join("copies"))?;
    for (disk, copy) in [("first", "a.bin"), ("second", "b.bin")] {
        fs::copy(folder.join(disk).join("clip.bin"), folder.join("copies").join(copy))?;
    }
    Ok(folder.to_owned())
}

/// An archive of these names and texts.
fn tar(members: &[(&str, &str)]) -> Vec<u8> {
    let mut whole = Vec::new();
    for (name, text) in members {
        let mut header = [0; 512];
        let mut put = |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
        put(0, name);
        put(100, "0000644");
        put(124, &format!("{:011o}", text.len()));
        put(136, "00000000000");
        put(148, "        ");
        put(156, "0");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        whole.extend(header);
        whole.extend(text.as_bytes());
        whole.resize(whole.len().next_multiple_of(512), 0);
    }
    whole.resize(whole.len() + 1024, 0);
    whole
}

fn prepare(before: &Place, programs: &Programs, step: &Step, said: &str, root: &Path) -> io::Result<String> {
    let words = words(step.words, said);
    let Some(percent) = step.killed_at else {
        let run = before.plain(programs, step.who, &words)?;
        needs_no_sandbox(&run)?;
        return match run.code {
            Some(0) => Ok(run.out),
            _ => Err(io::Error::other(format!("{words:?}: {run:?}"))),
        };
    };
    let trial = before.copied_to(&root.join("trial"))?;
    let calls = trial.traced(programs, step.who, &words, None, false)?.calls.len();
    let fault = Some((calls * percent / 100, Fault::KillBefore));
    before.traced(programs, step.who, &words, fault, false)?;
    Ok(String::new())
}

/// What decodes needs a sandbox, which not every machine allows.
fn needs_no_sandbox(run: &Run) -> io::Result<()> {
    if run.err.contains("No sandbox holds") {
        return Err(io::Error::new(io::ErrorKind::Unsupported, run.err.clone()));
    }
    Ok(())
}

/// Words as they are typed after this was said.
pub fn words(words: &[&str], said: &str) -> Vec<String> {
    let proposal = proposal_in(said);
    let [keyholder, successor] = [KEYHOLDER, SUCCESSOR].map(|seed| identity(seed).recipient().to_string());
    let word = |word: &&str| {
        let word = word.replace("{proposal}", proposal).replace("{receipt}", receipt_in(said));
        let word = word.replace("{keyholder}", &keyholder);
        word.replace("{successor}", &successor)
    };
    words.iter().map(word).collect()
}

/// The number of the last receipt that is named; nothing where none is.
fn receipt_in(said: &str) -> &str {
    let (_, last) = said.rsplit_once("archive/receipts/").unwrap_or_default();
    last.split(|letter: char| !letter.is_ascii_digit()).next().unwrap_or_default()
}

/// The last proposal that is named; nothing where none is.
fn proposal_in(said: &str) -> &str {
    let mut words = said.split(|letter: char| !letter.is_ascii_alphanumeric());
    words.rfind(|word| word.parse::<ProposalId>().is_ok()).unwrap_or_default()
}
