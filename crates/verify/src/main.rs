//! The program `vidimus-verify`: what a court runs; no archive, no network, no account.

mod folder;
mod json;
mod options;
mod page;
mod words;

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use clap::error::ContextKind;
use vidimus_proof::bag;

use folder::Folder;
use options::{Language, Options};
use words::Words;

/// The bag is intact, and a receipt, if one was given, answers yes.
const YES: u8 = 0;
/// The bag is altered, its key is not the one expected, or the receipt does not answer yes.
const NO: u8 = 1;
/// The program was not called as it must be, or its answer cannot be written: nobody was told anything of the bag.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let typed: Vec<_> = std::env::args_os().collect();
    let options = match Options::read(&typed) {
        Ok(options) => options,
        Err(wrong) => return complain(&wrong, &Words::of(Language::asked(&typed))),
    };
    let words = Words::of(options.language());
    match run(&options, &words) {
        Ok(code) => ExitCode::from(code),
        Err(message) => {
            let _ = writeln!(io::stderr(), "{}", page::wrap(&message, 0, 0));
            ExitCode::from(USAGE)
        }
    }
}

/// Prints help where it was asked for, or that the call cannot be understood.
fn complain(wrong: &clap::Error, words: &Words) -> ExitCode {
    if !wrong.use_stderr() {
        // A closed pipe is the reader's wish.
        let _ = wrong.print();
        return ExitCode::from(YES);
    }
    let about = wrong.get(ContextKind::InvalidArg).or_else(|| wrong.get(ContextKind::InvalidValue));
    let message = words.wrong_usage(&page::safe(&about.map(ToString::to_string).unwrap_or_default()));
    let _ = writeln!(io::stderr(), "{}", page::wrap(&message, 0, 0));
    ExitCode::from(USAGE)
}

/// The exit code, or why there is no answer.
fn run(options: &Options, words: &Words) -> Result<u8, String> {
    let trust = options.trust(words)?;
    let folder = Folder::open(&options.bag)
        .map_err(|error| words.no_bag(&page::typed(&options.bag.to_string_lossy()), &error))?;
    let report = bag::verify(&folder, &trust);
    let mut out = BufWriter::new(io::stdout());
    let written = match options.json {
        true => json::report(&report, words, &mut out),
        false => page::report(&report, words, &mut out),
    };
    match written.and_then(|()| out.flush()) {
        // A closed pipe is the reader's wish; the exit code still tells.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(words.not_written(&error)),
        _ => {}
    }
    Ok(if report.says_yes() { YES } else { NO })
}
