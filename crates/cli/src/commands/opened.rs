//! `vidimus keyholder opened`: what those who opened a giver said of it is put on record; and the statement of `unseal`.

use std::path::{Path, PathBuf};

use clap::Args;
use vidimus_archive::clock::{Clock as _, SystemClock};
use vidimus_archive::unseal::Words;
use vidimus_archive::{OpeningError, opening, sign_opening};
use vidimus_model::{Opening, OpeningAsked};

use super::Answer;
use super::keyholder::not_given;
use crate::context::Context;
use crate::references;
use crate::secrets;
use crate::trouble::{OpeningTrouble, Trouble};
use crate::words::openings;

/// What is typed to put an opening on record.
#[derive(Args)]
pub struct Arguments {
    /// What `vidimus unseal --statement` wrote; `-` reads standard input
    #[arg(value_name = "FILE", required_unless_present = "told")]
    file: Option<PathBuf>,
    /// Nobody signed a statement, and this is what somebody told: of which accession
    #[arg(long, value_name = "REF", conflicts_with = "file", requires_all = ["by", "purpose_file"])]
    told: Option<String>,
    /// Who says that they opened it
    #[arg(long, value_name = "NAME", requires = "told")]
    by: Option<String>,
    /// When, as they told it
    #[arg(long, value_name = "TEXT", requires = "told", default_value = openings::UNKNOWN_TIME)]
    at: String,
    /// A file that says what for; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    purpose_file: Option<PathBuf>,
}

/// What is typed with `unseal` to sign a statement.
#[derive(Args)]
pub struct Sign {
    /// A new file for the statement that you opened it, to send back to the archive
    #[arg(long, value_name = "FILE", requires_all = ["about", "by", "purpose_file"])]
    statement: Option<PathBuf>,
    /// The text file that came with the age files, such as A7-giver.txt
    #[arg(long, value_name = "FILE", requires = "statement")]
    about: Option<PathBuf>,
    /// Who says that they opened it
    #[arg(long, value_name = "NAME", requires = "statement")]
    by: Option<String>,
    /// A file that says what for; `-` reads standard input
    #[arg(long, value_name = "FILE", requires = "statement")]
    purpose_file: Option<PathBuf>,
}

impl Sign {
    /// Nothing is stated of a test: no giver was opened.
    ///
    /// # Errors
    /// A statement was asked for.
    pub fn refuse_test(&self) -> Result<(), Trouble> {
        match &self.statement {
            Some(_) => Err(Trouble::Opening(OpeningTrouble::OnlyATest)),
            None => Ok(()),
        }
    }
}

/// Records it.
///
/// # Errors
/// It is no statement of somebody who opened a giver of this archive.
pub fn run(context: &Context, typed: &Arguments) -> Result<Answer, Trouble> {
    let why = lines_in(typed.purpose_file.as_deref())?;
    if let (Some(told), Some(by)) = (&typed.told, &typed.by) {
        let accession = references::one(told)?;
        let mut archive = context.open_to_record()?;
        archive.record_told_opening(&accession, by, &typed.at, why).map_err(|error| refused(error, None))?;
        context.say(&openings::told(context.lang, &accession))?;
        return Ok(Answer::Yes);
    }
    let file = typed.file.as_deref().unwrap_or(Path::new("-"));
    let untrusted = secrets::read_input(file, secrets::MADE)?;
    let mut archive = context.open_to_record()?;
    let accession = archive.record_opening(&untrusted).map_err(|error| refused(error, Some(file)))?;
    context.say(&openings::recorded(context.lang, &accession))?;
    Ok(Answer::Yes)
}

/// Writes the signed statement, where one was asked for, before the words are shown.
///
/// # Errors
/// The text file is not of the share that was opened, or the statement cannot be written.
pub fn sign(context: &Context, typed: &Sign, words: &Words) -> Result<(), Trouble> {
    let (Some(out), Some(about), Some(by)) = (&typed.statement, &typed.about, &typed.by) else {
        context.note(openings::not_stated(context.lang));
        return Ok(());
    };
    let trouble = |what: fn(PathBuf) -> OpeningTrouble| Trouble::Opening(what(about.clone()));
    let untrusted = secrets::read_input(about, secrets::MADE)?;
    let asked = std::str::from_utf8(&untrusted).ok().and_then(OpeningAsked::read);
    let asked = asked.ok_or_else(|| trouble(OpeningTrouble::NotAsked))?;
    let seed = words.key.as_ref().ok_or(Trouble::Opening(OpeningTrouble::NoKey))?;
    let now = || SystemClock.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let at = stated_at(out).unwrap_or_else(now);
    let why = lines_in(typed.purpose_file.as_deref())?;
    if why.is_empty() {
        return Err(Trouble::NoReason { option: "--purpose-file" });
    }
    let said = opening(&asked, seed, by, &at, why).ok_or_else(|| trouble(OpeningTrouble::NotAsked))?;
    secrets::put_once(out, sign_opening(&said, seed).as_bytes())?;
    context.note(&openings::stated(context.lang, out));
    Ok(())
}

/// The time in a statement that the same command wrote before: killed after it, it goes on with what it said.
fn stated_at(out: &Path) -> Option<String> {
    let is_file = std::fs::symlink_metadata(out).is_ok_and(|found| found.is_file());
    let untrusted = secrets::read_input(out, secrets::MADE).ok().filter(|_| is_file)?;
    let (text, _) = std::str::from_utf8(&untrusted).ok()?.trim_end().rsplit_once('\n')?;
    Some(Opening::read(&format!("{text}\n"))?.at)
}

/// The lines of a file that says what for; none where none was named.
///
/// # Errors
/// It cannot be read.
pub fn lines_in(file: Option<&Path>) -> Result<Vec<String>, Trouble> {
    let Some(file) = file else { return Ok(Vec::new()) };
    let untrusted = secrets::read_input(file, secrets::WORDS)?;
    let text = std::str::from_utf8(&untrusted).map_err(|_| Trouble::PassphraseUnreadable(file.to_owned()))?;
    Ok(Opening::lines(text))
}

/// What stands in the way, in words for people.
pub fn refused(error: OpeningError, file: Option<&Path>) -> Trouble {
    let file = file.unwrap_or(Path::new("-")).to_owned();
    match error {
        OpeningError::NotAStatement => Trouble::Opening(OpeningTrouble::NotAStatement(file)),
        OpeningError::NotSigned => Trouble::Opening(OpeningTrouble::NotSigned(file)),
        OpeningError::OtherThing => Trouble::Opening(OpeningTrouble::OtherThing(file)),
        OpeningError::BadSignature => Trouble::Opening(OpeningTrouble::BadSignature(file)),
        OpeningError::NoKey(_) => Trouble::Opening(OpeningTrouble::NoKey),
        OpeningError::Giver(error) => not_given(error),
        other => Trouble::inside(&other),
    }
}
