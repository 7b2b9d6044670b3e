//! `vidimus unseal`: keyholders together open who gave an accession, on their own machine, without the archive, and sign that
//! they did.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as B64;
use clap::Args;
use serde::Deserialize;
use vidimus_archive::unseal::{self, UnsealError, Unsealed, Words};
use vidimus_model::Giver;
use vidimus_seal::Identity;
use zeroize::Zeroizing;

use super::{Answer, opened};
use crate::context::Context;
use crate::secrets;
use crate::trouble::Trouble;
use crate::words::{keyholders, safe, tells};

/// Keyholders only, on their own machine: open who gave an accession
#[derive(Args)]
pub struct Arguments {
    /// What `vidimus keyholder giver` wrote, or `vidimus show A7 --json` printed; `-` reads standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// A keyholder's file with the line AGE-SECRET-KEY-1…; repeat it for each keyholder who is here
    #[arg(long = "key", value_name = "FILE", required = true)]
    keys: Vec<PathBuf>,
    /// A new file for the next keyholder, where those who are here are not enough
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    sign: opened::Sign,
}

/// Opens the giver and prints what was said, or opens as many layers as it can for the next keyholder.
///
/// # Errors
/// A file holds no giver, more keyholders are needed, or something does not open.
pub fn run(arguments: Arguments, context: &mut Context) -> Result<Answer, Trouble> {
    match open(&arguments.files, &arguments.keys)? {
        Unsealed::Text(sealed) => {
            let words = Words::of(&sealed);
            if words.is_test() {
                arguments.sign.refuse_test()?;
                context.note(keyholders::test_opened(context.lang));
            } else {
                opened::sign(context, &arguments.sign, &words)?;
            }
            print(&words.said)?;
        }
        Unsealed::Layer(layer) => {
            let path = arguments.out.as_deref().ok_or(Trouble::KeyholdersMissing)?;
            secrets::put_once(path, &layer)?;
            context.say(&tells::for_the_next_keyholder(context.lang, path))?;
        }
    }
    Ok(Answer::Yes)
}

/// Opens, with the keys in files, what is sealed in files.
///
/// # Errors
/// A file holds no share or no key, or nothing opens.
pub fn open(files: &[PathBuf], keys: &[PathBuf]) -> Result<Unsealed, Trouble> {
    let mut shares = Vec::new();
    for file in files {
        shares.extend(read_shares(file)?);
    }
    let mut identities = Vec::new();
    for file in keys {
        identities.extend(read_keys(file)?);
    }
    unseal::unseal(&shares, &identities).map_err(not_opened)
}

/// Either the whole answer of `show`, or the giver alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum Shown {
    Whole { giver: Giver },
    Alone(Giver),
}

/// The age files of a giver: one as it is, or all that stand in JSON.
fn read_shares(file: &Path) -> Result<Vec<Vec<u8>>, Trouble> {
    let untrusted = secrets::read_input(file, secrets::MADE)?;
    if untrusted.starts_with(b"age-encryption.org/") {
        return Ok(vec![untrusted.to_vec()]);
    }
    let none = || Trouble::NoGiver(file.to_owned());
    let (Shown::Whole { giver } | Shown::Alone(giver)) =
        serde_json::from_slice(&untrusted).map_err(|_| none())?;
    giver.shares.iter().map(|share| B64.decode(&share.age).map_err(|_| Trouble::GiverDamaged)).collect()
}

/// The keys in a file as `age-keygen` writes it.
fn read_keys(file: &Path) -> Result<Vec<Identity>, Trouble> {
    let text = match secrets::read_private(file) {
        // What holds no secret need not be kept from others: it is the wrong file.
        Err(Trouble::FileNotPrivate(_)) if !holds_a_secret(file)? => {
            return Err(Trouble::NoKeyInFile(file.to_owned()));
        }
        text => text?,
    };
    let keys = unseal::read_identities(&text).ok().filter(|keys| !keys.is_empty());
    keys.ok_or_else(|| Trouble::NoKeyInFile(file.to_owned()))
}

fn holds_a_secret(file: &Path) -> Result<bool, Trouble> {
    const SECRET: &[u8] = b"AGE-SECRET-KEY-";
    let text = secrets::read_input(file, secrets::WORDS)?;
    Ok(text.windows(SECRET.len()).any(|part| part == SECRET))
}

fn not_opened(error: UnsealError) -> Trouble {
    match error {
        UnsealError::Nothing | UnsealError::NotForTheseKeys => Trouble::KeyholdersMissing,
        UnsealError::Share { .. } => Trouble::GiverDamaged,
    }
}

/// To a person made harmless line by line, into a file or pipe as it is.
pub fn print(said: &[u8]) -> Result<(), Trouble> {
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
