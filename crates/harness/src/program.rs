//! What the program vidimus-crash does: runs the points of the scenarios and prints what was found.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::place::Programs;
use crate::points::{Point, Prepared, make_disks};
use crate::scenario::{SCENARIOS, Scenario};
use crate::trace::{Fault, become_traced};
use clap::{Parser, Subcommand};

/// Kills vidimus, or makes its disk fail, at each call that changes what outlasts it, and looks at what it left.
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
    /// Only these scenarios
    #[arg(value_name = "SCENARIO")]
    scenarios: Vec<String>,
    /// Of the points only every N-th
    #[arg(long, value_name = "N", default_value_t = 1)]
    each: usize,
    /// The place of the first of them, from 0
    #[arg(long, value_name = "N", default_value_t = 0)]
    first: usize,
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
    let named = |scenario: &&Scenario| {
        arguments.scenarios.is_empty() || arguments.scenarios.iter().any(|name| name == scenario.name)
    };
    let programs =
        Programs { vidimus: arguments.vidimus.canonicalize()?, ourselves: std::env::current_exe()? };
    let scratch = match &arguments.scratch {
        Some(folder) => tempfile::tempdir_in(folder)?,
        None => tempfile::tempdir()?,
    };
    let disks = make_disks(&scratch.path().join("disks"))?;
    println!("| scenario | calls | syncs | points | hit | found |\n|---|---:|---:|---:|---:|---:|");
    let (mut points, mut found) = (0, 0);
    for scenario in SCENARIOS.iter().filter(named) {
        let prepared = Prepared::new(scenario, &programs, scratch.path(), &disks)?;
        let all = prepared.all_points();
        let chosen: Vec<_> = all.into_iter().skip(arguments.first).step_by(arguments.each.max(1)).collect();
        let done = hit_all(&prepared, &chosen, &programs, scratch.path(), arguments.jobs)?;
        let wrong = done.iter().filter(|point| !point.complaints.is_empty()).count();
        let syncs: usize = ["fsync", "fdatasync", "syncfs"]
            .iter()
            .filter_map(|name| prepared.counted().get(name).copied())
            .sum();
        println!(
            "| {} | {} | {syncs} | {} | {} | {wrong} |",
            scenario.name,
            prepared.whole.calls.len(),
            done.len(),
            done.iter().filter(|point| point.call.is_some()).count(),
        );
        io::stdout().flush()?;
        tell(scenario.name, &done);
        points += done.len();
        found += wrong;
    }
    println!("{points} points, {found} of them with complaints");
    Ok(found == 0)
}

fn hit_all(
    prepared: &Prepared,
    points: &[(usize, Fault)],
    programs: &Programs,
    scratch: &Path,
    jobs: usize,
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
            let short: String = complaint.chars().take(600).collect();
            if told.insert((point.at.1, short.chars().take(60).collect::<String>())) {
                eprintln!("{scenario} {} {:?}, {call}: {short}", point.at.0, point.at.1);
            }
        }
    }
}
