//! What was run already, in a file that is added to line by line: a run that was stopped goes on where it stopped.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use crate::points::{Hit, Point};

/// How a point came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All was as it must be.
    Held,
    /// The run came to an end before the call; all was as it must be.
    NotReached,
    /// Something was not.
    Wrong,
}

/// The journal of one program under test: what was run of another one is left aside.
pub struct Journal {
    file: File,
    program: String,
    done: BTreeSet<(String, String, usize)>,
    counted: BTreeMap<String, BTreeMap<String, Counted>>,
}

/// How many points came out how.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counted {
    /// All of them.
    pub points: usize,
    /// Those whose run came to an end before.
    pub not_reached: usize,
    /// Those after which something was not as it must be.
    pub wrong: usize,
}

impl Journal {
    /// Opens it, or begins one. `program` tells programs under test apart.
    ///
    /// # Errors
    /// Any of the file system's.
    pub fn open(path: &Path, program: &str) -> io::Result<Self> {
        let written = match fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            read => read?,
        };
        let mut file = OpenOptions::new().append(true).create(true).open(path)?;
        if !written.is_empty() && !written.ends_with('\n') {
            // The last line of a run that was killed.
            writeln!(file)?;
        }
        let mut journal =
            Self { file, program: program.to_owned(), done: BTreeSet::new(), counted: BTreeMap::new() };
        for line in written.lines() {
            if let [of, scenario, fault, number, outcome, ..] = line.split('\t').collect::<Vec<_>>()[..]
                && of == program
                && let Ok(number) = number.parse()
                && let Some(outcome) = Outcome::ALL.into_iter().find(|known| known.word() == outcome)
            {
                journal.count(scenario, fault, number, outcome);
            }
        }
        Ok(journal)
    }

    /// Was this run already?
    pub fn has(&self, scenario: &str, at: Hit) -> bool {
        self.done.contains(&(scenario.to_owned(), at.name().to_owned(), at.number()))
    }

    /// Writes down a point.
    ///
    /// # Errors
    /// Any of the file system's.
    pub fn add(&mut self, scenario: &str, point: &Point) -> io::Result<()> {
        let outcome = match (&point.call, point.complaints.is_empty()) {
            (_, false) => Outcome::Wrong,
            (None, true) => Outcome::NotReached,
            (Some(_), true) => Outcome::Held,
        };
        let (fault, number) = (point.at.name(), point.at.number());
        let line = |text: String| text.replace(['\t', '\n'], " ");
        let call = line(point.call.clone().unwrap_or_default());
        let complaints = line(point.complaints.join("; "));
        let Self { file, program, .. } = self;
        writeln!(file, "{program}\t{scenario}\t{fault}\t{number}\t{}\t{call}\t{complaints}", outcome.word())?;
        self.count(scenario, fault, number, outcome);
        Ok(())
    }

    fn count(&mut self, scenario: &str, fault: &str, number: usize, outcome: Outcome) {
        if !self.done.insert((scenario.to_owned(), fault.to_owned(), number)) {
            return;
        }
        let of = self.counted.entry(scenario.to_owned()).or_default().entry(fault.to_owned()).or_default();
        of.points += 1;
        of.not_reached += usize::from(outcome == Outcome::NotReached);
        of.wrong += usize::from(outcome == Outcome::Wrong);
    }

    /// What was run until now, of each scenario and fault.
    pub fn counted(&self) -> &BTreeMap<String, BTreeMap<String, Counted>> {
        &self.counted
    }
}

impl Outcome {
    const ALL: [Self; 3] = [Self::Held, Self::NotReached, Self::Wrong];

    fn word(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::NotReached => "not-reached",
            Self::Wrong => "wrong",
        }
    }
}
