//! `vidimus-crash`: breaks every command at every call, or at a seeded sample of them, and says what came of it.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore as _, SeedableRng as _};
use vidimus_harness::house::{House, Surroundings, programs};
use vidimus_harness::judge::judge;
use vidimus_harness::scenarios::{ALL, Scenario};
use vidimus_harness::trace::{Fault, Point};

const USAGE: &str = "\
vidimus-crash [--only NAME] [--sample COUNT] [--seed NUMBER]

Breaks each command at every call by which it changes the disk; with --sample at so many of each command, chosen by
the seed. Exit code 0: everything held. 1: something did not, and it is named. 2: wrong usage.";

struct Options {
    only: Option<String>,
    sample: Option<usize>,
    seed: u64,
}

fn main() -> ExitCode {
    let Some(options) = read_options() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match run(&options) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("Nothing was broken: {error}.");
            ExitCode::FAILURE
        }
    }
}

fn read_options() -> Option<Options> {
    let mut options = Options { only: None, sample: None, seed: 900 };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--only" => options.only = Some(words.next()?),
            "--sample" => options.sample = Some(words.next()?.parse().ok()?),
            "--seed" => options.seed = words.next()?.parse().ok()?,
            _ => return None,
        }
    }
    let known = |name: &String| ALL.iter().any(|scenario| scenario.name == name);
    options.only.as_ref().is_none_or(known).then_some(options)
}

/// How many points did not hold.
fn run(options: &Options) -> std::io::Result<usize> {
    let surroundings = Surroundings::new(&programs().unwrap_or_default())?;
    let mut bad = 0;
    for scenario in &ALL {
        if options.only.as_deref().is_none_or(|only| only == scenario.name) {
            bad += break_one(scenario, &surroundings, options)?;
        }
    }
    Ok(bad)
}

fn break_one(scenario: &Scenario, surroundings: &Surroundings, options: &Options) -> std::io::Result<usize> {
    let prepared = House::new(surroundings)?;
    (scenario.prepare)(&prepared);
    let unbroken = prepared.copy()?;
    let traced = unbroken.breaks(scenario.command, None)?;
    assert_eq!(traced.code, Some(0), "{}: unbroken it says {traced:?}", scenario.name);
    let points = choose(options, &traced.calls);
    println!("{}: {} calls, {} points", scenario.name, traced.calls.len(), points.len());

    let (next, bad) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let by_fault = Mutex::new(BTreeMap::<Fault, usize>::new());
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(point) = points.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = break_at(scenario, &prepared, *point);
                    *by_fault.lock().expect("no holder panics").entry(point.fault).or_default() += 1;
                    if let Err(wrong) = outcome {
                        println!("  {} at call {}: {wrong}", name(point.fault), point.call);
                        bad.lock().expect("no holder panics").push(*point);
                    }
                }
            });
        }
    });
    let bad = bad.into_inner().expect("no holder panicked").len();
    let counted = by_fault.into_inner().expect("no holder panicked");
    let counted: Vec<_> = counted.iter().map(|(fault, count)| format!("{count} {}", name(*fault))).collect();
    println!("  {}; {bad} did not hold", counted.join(", "));
    Ok(bad)
}

fn break_at(scenario: &Scenario, prepared: &House<'_>, point: Point) -> Result<(), String> {
    let house = prepared.copy().map_err(|error| error.to_string())?;
    let traced = house.breaks(scenario.command, Some(point)).map_err(|error| error.to_string())?;
    let wrong = judge(scenario, &house, point, &traced);
    let call = traced.hit.map(|number| &traced.calls[number]);
    let place = call.map(|call| format!("{} of {}", call.name, call.path.display()));
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(format!("{}: {}", place.unwrap_or_default(), wrong.join("; ")))
    }
}

/// Every point, or a sample of them.
fn choose(options: &Options, calls: &[vidimus_harness::calls::Call]) -> Vec<Point> {
    let all = calls.iter().enumerate().flat_map(|(number, call)| {
        let fitting = Fault::ALL.into_iter().filter(|fault| fault.fits(call.kind));
        fitting.map(move |fault| Point { call: number, fault })
    });
    let mut points: Vec<Point> = all.collect();
    if let Some(count) = options.sample {
        let mut rng = ChaCha20Rng::seed_from_u64(options.seed);
        for last in (1..points.len()).rev() {
            points.swap(last, (rng.next_u64() % (last as u64 + 1)) as usize);
        }
        points.truncate(count);
    }
    points
}

fn name(fault: Fault) -> &'static str {
    match fault {
        Fault::KilledBefore => "killed before",
        Fault::KilledAfter => "killed after",
        Fault::NoSpace => "no space",
        Fault::Failed => "failed",
    }
}
