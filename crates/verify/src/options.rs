//! What the program is told on the command line, and whom it is told to trust.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::{CommandFactory as _, FromArgMatches as _, Parser, ValueEnum};
use rustix::fs::{OFlags, fcntl_setfl};
use vidimus_proof::bag::Trust;
use vidimus_proof::note::{Algorithm, VerifierKey};
use vidimus_proof::policy::Policy;
use vidimus_proof::{receipt, timestamp};

use crate::page::typed;
use crate::words::{Words, help};

/// No file that is named on the command line is larger than this.
const MAX_OPTION_FILE: u64 = 16 << 20;

/// What can be typed; its help is in `words/help.rs`.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 80)]
pub struct Options {
    #[arg(value_name = "BAG")]
    pub bag: PathBuf,
    #[arg(long, value_name = "VKEY")]
    archive_key: Vec<String>,
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    tsa_ca: Vec<PathBuf>,
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    #[arg(long)]
    pub json: bool,
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
    /// Understands what was typed; help and complaints are in the language that was asked for.
    ///
    /// # Errors
    /// Help was asked for, or something cannot be understood.
    pub fn read(typed: &[OsString]) -> Result<Self, clap::Error> {
        let help = help::of(Language::asked(typed));
        let mut command = Self::command().about(help.about).after_help(help.exit_codes).help_template(
            format!("{{about-with-newline}}\n{}: {{usage}}\n\n{{all-args}}{{after-help}}", help.usage),
        );
        command.build();
        let usage = command.render_usage().to_string().replace("[OPTIONS]", help.any);
        command = command.override_usage(usage.trim_start_matches("Usage:").trim().to_owned());
        for (name, text) in help.texts {
            command = command.mut_arg(name, |argument| {
                let heading = if argument.is_positional() { help.arguments } else { help.options };
                argument.help(text).long_help(text).help_heading(heading).hide_possible_values(true)
            });
        }
        Self::from_arg_matches(&command.try_get_matches_from(typed)?)
    }

    /// As asked, or as the system is set, or English.
    pub fn language(&self) -> Language {
        self.lang.unwrap_or_else(Language::of_system)
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
            trust.archive_keys.push(key.ok_or_else(|| words.bad_key(&typed(text)))?);
        }
        if let Some(path) = &self.receipt {
            let bytes = read(path, words)?;
            trust.receipt = Some(receipt::read(&bytes).map_err(|_| words.bad_receipt(&name(path)))?);
        }
        let mut certificates = String::new();
        for path in &self.tsa_ca {
            let untrusted = String::from_utf8_lossy(&read(path, words)?).into_owned();
            // Each by itself: a file without a certificate must not hide behind one that has some.
            let alone = timestamp::Trust::from_pem(&untrusted);
            alone.map_err(|_| words.bad_certificates(&name(path)))?;
            certificates.push_str(&untrusted);
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
    /// The language of the help, before the rest is understood.
    pub fn asked(typed: &[OsString]) -> Self {
        let words = || typed.iter().map(|word| word.to_str().unwrap_or_default());
        let behind = words().zip(words().skip(1)).find(|(word, _)| *word == "--lang").map(|(_, named)| named);
        let named = behind.or_else(|| words().find_map(|word| word.strip_prefix("--lang=")));
        named.and_then(|named| Self::from_str(named, false).ok()).unwrap_or_else(Self::of_system)
    }

    /// POSIX: the first of these that is set and not empty.
    fn of_system() -> Self {
        let set = |name: &&str| std::env::var_os(name).filter(|value| !value.is_empty());
        let system = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(set).unwrap_or_default();
        Self::of_locale(&system.to_string_lossy())
    }

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
    let length = open(path).and_then(|file| file.take(MAX_OPTION_FILE + 1).read_to_end(&mut bytes));
    let length = match length {
        Ok(length) if length as u64 > MAX_OPTION_FILE => Err(io::ErrorKind::FileTooLarge.into()),
        other => other,
    };
    length.map_err(|error| words.unreadable_option(&name(path), &error))?;
    Ok(bytes)
}

/// A pipe to which nobody writes is at its end at once, and whoever writes to one is waited for.
fn open(path: &Path) -> io::Result<File> {
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    fcntl_setfl(&file, OFlags::empty())?;
    Ok(file)
}

fn name(path: &Path) -> String {
    typed(&path.to_string_lossy())
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
    fn help_and_complaints_are_in_the_language_asked_for() {
        for (language, about) in
            [("en", "Checks a package"), ("uk", "Перевіряє пакет"), ("ru", "Проверяет пакет")]
        {
            let typed = ["vidimus-verify", "--lang", language, "--help"].map(OsString::from);
            let help = Options::read(&typed).unwrap_err().to_string();
            assert!(help.contains(about), "{help}");
            assert!(
                language == "en" || !["OPTIONS", "Possible"].iter().any(|word| help.contains(word)),
                "{help}"
            );
            assert!(language == "en" || !help.contains("Usage") && !help.contains("Print"), "{help}");
            assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
        }
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
