//! What the program is told on the command line, and whom it is told to trust.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::{Parser, ValueEnum};
use vidimus_proof::bag::Trust;
use vidimus_proof::note::{Algorithm, VerifierKey};
use vidimus_proof::policy::Policy;
use vidimus_proof::{receipt, timestamp};

use crate::page::safe;
use crate::words::Words;

/// No file that is named on the command line is larger than this.
const MAX_OPTION_FILE: u64 = 16 << 20;

/// Checks a package of files from an archive: that nothing in it was altered, and what it proves.
///
/// Exit code 0: intact. 1: altered, or of another key than the one given, or not inside the receipt. 2: wrong usage, or the answer cannot be written.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 80)]
pub struct Options {
    /// The folder of the package
    #[arg(value_name = "BAG")]
    pub bag: PathBuf,
    /// The archive's key as you know it from elsewhere (C2SP vkey); may be repeated
    #[arg(long, value_name = "VKEY")]
    archive_key: Vec<String>,
    /// A receipt that the archive published: were these files inside?
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
    /// Certificates (PEM) of a time-stamp authority that you trust; may be repeated
    #[arg(long, value_name = "FILE")]
    tsa_ca: Vec<PathBuf>,
    /// Archives and cosigners that you trust (C2SP tlog-policy)
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// Language of the answer; by default that of the system
    #[arg(long, value_enum)]
    lang: Option<Language>,
}

/// A language that the program speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// English.
    En,
    /// Ukrainian.
    Uk,
    /// Russian.
    Ru,
}

impl Options {
    /// As asked, or as the system is set (POSIX: the first of these that is set and not empty), or English.
    pub fn language(&self) -> Language {
        let set = |name: &&str| std::env::var_os(name).filter(|value| !value.is_empty());
        let system = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(set).unwrap_or_default();
        self.lang.unwrap_or_else(|| Language::of_locale(&system.to_string_lossy()))
    }

    /// Reads all that the user vouches for.
    ///
    /// # Errors
    /// Two sentences: what cannot be read, and what to do.
    pub fn trust(&self, words: &Words) -> Result<Trust, String> {
        let mut trust = Trust::default();
        for text in &self.archive_key {
            let key: Option<VerifierKey> = text.trim().parse().ok();
            let key = key.filter(|key| key.algorithm() == Algorithm::Ed25519);
            trust.archive_keys.push(key.ok_or_else(|| words.bad_key(&safe(text)))?);
        }
        if let Some(path) = &self.receipt {
            let bytes = read(path, words)?;
            trust.receipt = Some(receipt::read(&bytes).map_err(|_| words.bad_receipt(&name(path)))?);
        }
        let mut certificates = String::new();
        for path in &self.tsa_ca {
            certificates.push_str(&String::from_utf8_lossy(&read(path, words)?));
            certificates.push('\n');
            trust.authorities =
                timestamp::Trust::from_pem(&certificates).map_err(|_| words.bad_certificates(&name(path)))?;
        }
        if let Some(path) = &self.policy {
            let bytes = read(path, words)?;
            let policy = Policy::from_bytes(&bytes);
            trust.policy = Some(policy.map_err(|error| words.bad_policy(&name(path), error.line))?);
        }
        Ok(trust)
    }
}

impl Language {
    fn of_locale(locale: &str) -> Self {
        match locale.get(..2) {
            Some("uk") => Self::Uk,
            Some("ru") => Self::Ru,
            _ => Self::En,
        }
    }
}

fn read(path: &Path, words: &Words) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path);
    let length = file.and_then(|file| file.take(MAX_OPTION_FILE + 1).read_to_end(&mut bytes));
    let length = match length {
        Ok(length) if length as u64 > MAX_OPTION_FILE => Err(io::ErrorKind::FileTooLarge.into()),
        other => other,
    };
    length.map_err(|error| words.unreadable_option(&name(path), &error))?;
    Ok(bytes)
}

fn name(path: &Path) -> String {
    safe(&path.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Options::command().debug_assert();
    }

    #[test]
    fn the_system_tells_the_language() {
        for (locale, language) in [
            ("uk_UA.UTF-8", Language::Uk),
            ("ru_RU", Language::Ru),
            ("C", Language::En),
            ("", Language::En),
            ("\u{443}\u{43a}", Language::En),
        ] {
            assert_eq!(Language::of_locale(locale), language);
        }
    }
}
