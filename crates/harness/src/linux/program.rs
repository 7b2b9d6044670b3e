//! What the program vidimus-crash does: runs the points of the scenarios and prints what was found.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use clap::{Parser, Subcommand};
use sha2::{Digest as _, Sha256};

use crate::journal::Journal;
use crate::place::Programs;
use crate::points::{Hit, Point, Prepared, make_disks};
use crate::scenario::{SCENARIOS, Scenario};
use crate::seed::Seed;
use crate::trace::become_traced;

/// Kills vidimus, makes its disk fail, or takes the power away, at each call that changes what outlasts it, and looks at
/// what it left.
#[derive(Parser)]
#[command(name = "vidimus-crash")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the points of the scenarios
    Run(Run),
    /// Let the parent process trace this one, and become another program
    #[command(hide = true)]
    Traced {
        program: OsString,
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<OsString>,
    },
}

#[derive(clap::Args)]
struct Run {
    /// The program under test
    #[arg(long, value_name = "FILE")]
    vidimus: PathBuf,
    /// Where it is written down what was run; what stands there is not run again
    #[arg(long, value_name = "FILE")]
    journal: PathBuf,
    /// Only these scenarios
    #[arg(value_name = "SCENARIO")]
    scenarios: Vec<String>,
    /// Only this fault, by its name in the table; may be repeated
    #[arg(long, value_name = "NAME")]
    fault: Vec<String>,
    /// Only the points with this number
    #[arg(long, value_name = "N")]
    number: Option<usize>,
    /// Into how many parts the points are dealt
    #[arg(long, value_name = "N", default_value_t = 1)]
    parts: usize,
    /// Which part is run, from 0
    #[arg(long, value_name = "N", default_value_t = 0)]
    part: usize,
    /// What power cuts are drawn from, and the order of the points
    #[arg(long, value_name = "N", default_value_t = 900)]
    seed: u64,
    /// A folder for archives that come and go; in memory it is fastest
    #[arg(long, value_name = "DIR")]
    scratch: Option<PathBuf>,
    /// So many at once
    #[arg(long, value_name = "N", default_value_t = 2)]
    jobs: usize,
}

/// Does what was typed: 0 where nothing was found, 1 where something was, 2 where nothing could be run.
pub fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Traced { program, words } => {
            eprintln!("{}: {}", program.to_string_lossy(), become_traced(&program, &words));
            ExitCode::FAILURE
        }
        Command::Run(run) => match run_all(&run) {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::from(2)
            }
        },
    }
}

/// Runs what was asked for; whether nothing was found.
fn run_all(arguments: &Run) -> io::Result<bool> {
    let asked = |scenario: &&Scenario| {
        arguments.scenarios.is_empty() || arguments.scenarios.iter().any(|name| name == scenario.name)
    };
    let programs =
        Programs { vidimus: arguments.vidimus.canonicalize()?, ourselves: std::env::current_exe()? };
    let digest = hex::encode(Sha256::digest(std::fs::read(&programs.vidimus)?));
    let journal =
        Mutex::new(Journal::open(&arguments.journal, &format!("{:.16}-{}", digest, arguments.seed))?);
    let scratch = match &arguments.scratch {
        Some(folder) => tempfile::tempdir_in(folder)?,
        None => tempfile::tempdir()?,
    };
    let disks = make_disks(&scratch.path().join("disks"))?;
    let begun = Instant::now();
    for scenario in SCENARIOS.iter().filter(asked) {
        let prepared = match Prepared::new(scenario, &programs, scratch.path(), &disks) {
            Err(error) if error.kind() == io::ErrorKind::Unsupported => {
                eprintln!("{}: skipped, a program is missing", scenario.name);
                continue;
            }
            prepared => prepared?,
        };
        let chosen = chosen(arguments, &prepared, &journal.lock().expect("nobody panics with it"));
        let done = hit_all(&prepared, &chosen, &programs, scratch.path(), arguments.jobs, &journal)?;
        eprintln!(
            "{}: {} points, {} s since the beginning",
            scenario.name,
            done.len(),
            begun.elapsed().as_secs()
        );
        tell(scenario.name, &done);
    }
    let journal = journal.into_inner().expect("nobody panics with it");
    print(&journal)?;
    Ok(journal.counted().values().flat_map(|of| of.values()).all(|counted| counted.wrong == 0))
}

/// The points of this part that were not run yet.
fn chosen(arguments: &Run, prepared: &Prepared, journal: &Journal) -> Vec<Hit> {
    let mut all = prepared.all_points(arguments.seed);
    Seed::new(arguments.seed).shuffle(&mut all);
    let part = all.into_iter().skip(arguments.part).step_by(arguments.parts.max(1));
    let asked = part.filter(|at| {
        (arguments.fault.is_empty() || arguments.fault.iter().any(|name| name == at.name()))
            && arguments.number.is_none_or(|number| number == at.number())
    });
    asked.filter(|at| !journal.has(prepared.scenario.name, *at)).collect()
}

fn hit_all(
    prepared: &Prepared,
    points: &[Hit],
    programs: &Programs,
    scratch: &Path,
    jobs: usize,
    journal: &Mutex<Journal>,
) -> io::Result<Vec<Point>> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs.max(1))
            .map(|worker| {
                let root = scratch.join(format!("worker-{worker}"));
                let (next, done) = (&next, &done);
                scope.spawn(move || -> io::Result<()> {
                    while let Some(at) = points.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let point = prepared.hit(*at, programs, &root)?;
                        journal.lock().expect("nobody panics with it").add(prepared.scenario.name, &point)?;
                        done.lock().expect("nobody panics with it").push(point);
                    }
                    Ok(())
                })
            })
            .collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("it does not panic"))
    })?;
    let mut done = done.into_inner().expect("nobody panics with it");
    done.sort_by_key(|point| point.at);
    Ok(done)
}

/// Says on standard error what was found, alike things once.
fn tell(scenario: &str, points: &[Point]) {
    let mut told = BTreeSet::new();
    for point in points {
        for complaint in &point.complaints {
            let call = point.call.as_deref().unwrap_or("nothing was hit");
            let short: String = complaint.chars().take(700).collect();
            if told.insert((point.at.name(), short.chars().take(60).collect::<String>())) {
                eprintln!("{scenario} {} {}, {call}: {short}", point.at.name(), point.at.number());
            }
        }
    }
}

/// The table of all that was run: a line for each scenario, a column for each fault, points and what was wrong of them.
fn print(journal: &Journal) -> io::Result<()> {
    let faults: BTreeSet<&String> = journal.counted().values().flat_map(|of| of.keys()).collect();
    let mut out = io::stdout().lock();
    let heads: Vec<&str> = faults.iter().map(|fault| fault.as_str()).collect();
    writeln!(out, "| scenario | {} | points | not reached | wrong |", heads.join(" | "))?;
    writeln!(out, "|---|{}---:|---:|---:|", "---:|".repeat(faults.len()))?;
    let (mut points, mut wrong) = (0, 0);
    for scenario in SCENARIOS {
        let Some(of) = journal.counted().get(scenario.name) else { continue };
        let cells = faults.iter().map(|fault| match of.get(*fault) {
            Some(counted) if counted.wrong > 0 => format!("{} ({} wrong)", counted.points, counted.wrong),
            Some(counted) => counted.points.to_string(),
            None => String::new(),
        });
        let sum = |part: fn(&crate::journal::Counted) -> usize| of.values().map(part).sum::<usize>();
        let cells = cells.collect::<Vec<_>>().join(" | ");
        let (all, not_reached, bad) = (sum(|c| c.points), sum(|c| c.not_reached), sum(|c| c.wrong));
        writeln!(out, "| {} | {cells} | {all} | {not_reached} | {bad} |", scenario.name)?;
        points += all;
        wrong += bad;
    }
    writeln!(out, "{points} points, {wrong} of them wrong")
}
