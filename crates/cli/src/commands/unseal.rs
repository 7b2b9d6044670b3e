//! `vidimus unseal`: keyholders together open who gave an accession, on their own machine, without the archive.

use std::fs::File;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as B64;
use clap::Args;
use serde::Deserialize;
use vidimus_model::{Giver, GiverShare};
use vidimus_seal::keyholders::{self, ShareError};
use vidimus_seal::{Identity, Recipient, Share};
use zeroize::Zeroizing;

use super::Answer;
use crate::context::Context;
use crate::secrets;
use crate::trouble::Trouble;
use crate::words::safe;

/// Keyholders only, on their own machine: open who gave an accession
#[derive(Args)]
pub struct Arguments {
    /// What `vidimus show A7 --json` printed; `-` reads standard input
    file: PathBuf,
    /// A keyholder's file with the line AGE-SECRET-KEY-1…; repeat it for each keyholder
    #[arg(long = "key", value_name = "FILE", required = true)]
    keys: Vec<PathBuf>,
}

/// Opens the giver and prints what was said.
///
/// # Errors
/// The file holds no giver, a key is missing, or something does not open.
pub fn run(arguments: Arguments, _context: &mut Context) -> Result<Answer, Trouble> {
    let giver = read_giver(&arguments.file)?;
    let mut identities = Vec::new();
    for file in &arguments.keys {
        identities.extend(read_keys(file)?);
    }
    let said = open(&giver, &identities)?;
    print(&said)?;
    Ok(Answer::Yes)
}

/// Either the whole answer of `show`, or the giver alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum Shown {
    Whole { giver: Giver },
    Alone(Giver),
}

fn read_giver(file: &Path) -> Result<Giver, Trouble> {
    let untrusted = if file == Path::new("-") {
        secrets::read_all(io::stdin().lock())?
    } else {
        let opened = File::open(file).map_err(|error| Trouble::at(file, error))?;
        secrets::read_all(opened).map_err(|error| Trouble::at(file, error))?
    };
    match serde_json::from_slice(&untrusted) {
        Ok(Shown::Whole { giver } | Shown::Alone(giver)) => Ok(giver),
        Err(_) => Err(Trouble::NoGiver(file.to_owned())),
    }
}

/// The keys in a file as `age-keygen` writes it: comments, and one key a line.
fn read_keys(file: &Path) -> Result<Vec<Identity>, Trouble> {
    let text = secrets::read_private(file)?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let keys: Result<Vec<Identity>, _> = lines.map(str::parse).collect();
    keys.ok().filter(|keys| !keys.is_empty()).ok_or_else(|| Trouble::NoKeyInFile(file.to_owned()))
}

fn open(giver: &Giver, identities: &[Identity]) -> Result<Zeroizing<Vec<u8>>, Trouble> {
    let held: Vec<String> = identities.iter().map(|identity| identity.recipient().to_string()).collect();
    let missing = |share: &GiverShare| -> Vec<String> {
        share.recipients.iter().filter(|needed| !held.contains(needed)).cloned().collect()
    };
    let nearest =
        giver.shares.iter().min_by_key(|share| missing(share).len()).ok_or(Trouble::GiverDamaged)?;
    let share = read_share(nearest).ok_or(Trouble::GiverDamaged)?;
    keyholders::open(&share, identities).map_err(|error| match error {
        ShareError::Missing { .. } => Trouble::KeyholdersMissing { keys: missing(nearest) },
        ShareError::Layer { .. } => Trouble::GiverDamaged,
    })
}

fn read_share(share: &GiverShare) -> Option<Share> {
    let recipients: Result<Vec<Recipient>, _> = share.recipients.iter().map(|text| text.parse()).collect();
    Some(Share { recipients: recipients.ok()?, age: B64.decode(&share.age).ok()? })
}

/// To a person made harmless line by line, into a file or pipe as it is.
fn print(said: &[u8]) -> Result<(), Trouble> {
    let mut out = io::stdout().lock();
    if !out.is_terminal() {
        return out.write_all(said).and_then(|()| out.flush()).map_err(Trouble::from);
    }
    for line in said.split(|&byte| byte == b'\n') {
        let line = Zeroizing::new(safe::text(&String::from_utf8_lossy(line)));
        writeln!(out, "{}", *line)?;
    }
    Ok(())
}
