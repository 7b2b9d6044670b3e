//! `vidimus show`: everything known of one thing.

use std::io::Read as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use vidimus_archive::Archive;
use vidimus_archive::query::Shown;
use vidimus_model::{DerivativeKind, Look, Ref, Text};

use super::Answer;
use crate::context::Context;
use crate::trouble::{ExaminationTrouble, Trouble};
use crate::words::{card, examined};
use crate::{references, secrets};

/// Show everything known of an accession or item
#[derive(Args)]
pub struct Arguments {
    /// An accession or item, such as A7 or A7-312
    #[arg(value_name = "REF")]
    reference: String,
    /// Write its still to a new file, outside the archive's protection
    #[arg(long, value_name = "FILE", conflicts_with = "text")]
    still: Option<PathBuf>,
    /// How the still is written; blurred where nothing is said
    #[arg(
        long,
        value_name = "LOOK",
        requires = "still",
        default_value = "blurred",
        hide_default_value = true
    )]
    look: Looks,
    /// Write its text to a new file, outside the archive's protection
    #[arg(long, value_name = "FILE")]
    text: Option<PathBuf>,
    /// Print a JSON object with every field of the record
    #[arg(long)]
    json: bool,
}

/// How a picture is shown.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Looks {
    Blurred,
    Grey,
    Clear,
}

/// Shows it.
///
/// # Errors
/// The reference is not known, or the archive does not open.
pub fn run(arguments: Arguments, context: &mut Context) -> Result<Answer, Trouble> {
    let reference = references::one(&arguments.reference)?;
    let mut archive = context.open()?;
    let shown = archive.show(&reference)?;
    let look = match arguments.look {
        Looks::Blurred => Look::Blurred,
        Looks::Grey => Look::Grey,
        Looks::Clear => Look::Clear,
    };
    let written = match (&arguments.still, &arguments.text) {
        (Some(file), _) => {
            Some((file, made(&mut archive, &reference, &shown, &[DerivativeKind::Still], Some(look))?))
        }
        (None, Some(file)) => Some((file, text(&mut archive, &reference, &shown)?)),
        (None, None) => None,
    };
    if let Some((file, bytes)) = &written {
        secrets::put_once(file, bytes)?;
    }
    if arguments.json {
        context.say_json(&shown)?;
    } else if let Some((file, _)) = &written {
        context.say(&examined::written(context.lang, file))?;
    } else {
        context.say(&card::card(context.lang, &shown))?;
    }
    Ok(Answer::Yes)
}

/// The bytes of what was made from it.
fn made(
    archive: &mut Archive,
    reference: &Ref,
    shown: &Shown,
    kinds: &[DerivativeKind],
    look: Option<Look>,
) -> Result<Vec<u8>, Trouble> {
    let Shown::Item(item) = shown else { return Err(Trouble::NotAnItem(reference.clone())) };
    let all = &item.examination.derivatives;
    let found =
        all.iter().find(|line| kinds.contains(&line.made.kind) && (look.is_none() || line.made.look == look));
    let found = found.ok_or_else(|| Trouble::Examination(ExaminationTrouble::NotMade(reference.clone())))?;
    let mut bytes = Vec::new();
    archive.read_derivative(reference, &found.made.sha256)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Its text, part by part; where it has none, what is said in it and stands beside it.
fn text(archive: &mut Archive, reference: &Ref, shown: &Shown) -> Result<Vec<u8>, Trouble> {
    let kinds = [DerivativeKind::Text, DerivativeKind::Ocr, DerivativeKind::Transcript];
    let untrusted = match (made(archive, reference, shown, &kinds, None), shown) {
        (Err(Trouble::Examination(ExaminationTrouble::NotMade(_))), Shown::Item(item))
            if !item.examination.transcripts.is_empty() =>
        {
            let beside = item.examination.transcripts[0].reference.clone();
            let shown = archive.show(&beside)?;
            made(archive, &beside, &shown, &kinds, None)?
        }
        (made, _) => made?,
    };
    let not_made = || Trouble::Examination(ExaminationTrouble::NotMade(reference.clone()));
    let text: Text = serde_json::from_slice(&untrusted).map_err(|_| not_made())?;
    let parts: Vec<String> = text.parts.into_iter().map(|part| part.text).collect();
    Ok((parts.join("\n") + "\n").into_bytes())
}
