//! `vidimus disclose`: a package for a recipient, for a purpose, with proofs.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use vidimus_archive::Caused as _;
use vidimus_archive::disclose::{Copied, Disclose, DiscloseError, Names, OutError};

use super::Answer;
use crate::context::Context;
use crate::progress::Bar;
use crate::references;
use crate::trouble::Trouble;
use crate::words::tells;

/// Make a package of items with proofs, and put on record who gets it
#[derive(Args)]
pub struct Arguments {
    /// Items, such as A7-312
    #[arg(required = true, value_name = "REF")]
    references: Vec<String>,
    /// Who gets it; on record, not in the package unless --show says so
    #[arg(long, value_name = "NAME")]
    to: String,
    /// What for; on record, not in the package unless --show says so
    #[arg(long, value_name = "TEXT")]
    purpose: String,
    /// The folder to make
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Fields of each item's record to open besides change, sha256 and size, such as path,at
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    fields: Vec<String>,
    /// Fields of the disclosure's own record to open, such as recipient,purpose
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    show: Vec<String>,
    /// How files are named: a running number, or the reference
    #[arg(long, value_enum, default_value_t = Naming::Number)]
    names: Naming,
    /// Of what was erased, give its tombstone: what was destroyed, when and why
    #[arg(long)]
    tombstone: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Naming {
    /// 01.mp4
    Number,
    /// A7-312.mp4
    Ref,
}

/// Makes the package.
///
/// # Errors
/// What stands in the way; no folder is left that could be taken for a package.
pub fn run(arguments: Arguments, context: &mut Context) -> Result<Answer, Trouble> {
    let request = Disclose {
        refs: references::read(&arguments.references)?,
        to: arguments.to,
        purpose: arguments.purpose,
        out: arguments.out,
        fields: arguments.fields,
        names: match arguments.names {
            Naming::Number => Names::Numbers,
            Naming::Ref => Names::References,
        },
        opened: arguments.show,
        tombstones: arguments.tombstone,
    };
    let mut archive = context.open_to_record()?;
    let mut bar = Bar::new(context.lang);
    let mut show = |at: Copied| bar.at(at.bytes, at.of, String::new);
    let disclosed = archive.disclose(&request, &mut show).map_err(not_disclosed)?;
    drop(bar);
    if arguments.json {
        context.say_json(&disclosed)?;
    } else {
        context.say(&tells::disclosed(context.lang, &disclosed))?;
    }
    Ok(Answer::Yes)
}

fn not_disclosed(error: DiscloseError) -> Trouble {
    match error {
        DiscloseError::Ask(error) => error.into(),
        DiscloseError::NoRecipient | DiscloseError::NoPurpose => Trouble::NoRecipient,
        DiscloseError::UnknownField { field, known } => Trouble::UnknownField { field, known },
        DiscloseError::NotAnItem(reference) => Trouble::NotAnItem(reference),
        DiscloseError::Withdrawn(reference) => Trouble::Withdrawn(reference),
        DiscloseError::Gone(reference) => Trouble::Gone(reference),
        DiscloseError::NotErased(reference) => Trouble::NotErased(reference),
        DiscloseError::SeveralCompartments { first, other } => Trouble::SeveralCompartments { first, other },
        DiscloseError::Out(OutError::NotEmpty(folder)) => Trouble::NotEmpty(folder),
        DiscloseError::Out(OutError::InArchive(folder) | OutError::DiskTop(folder)) => {
            Trouble::NoPlaceForPackage(folder)
        }
        DiscloseError::Out(OutError::Busy(folder)) => Trouble::PackageBusy(folder),
        DiscloseError::Out(OutError::NoRoom) => std::io::Error::from(std::io::ErrorKind::StorageFull).into(),
        DiscloseError::Out(OutError::Io { path, reason }) => Trouble::at(&path, reason),
        unfinished @ DiscloseError::OnRecord { .. } => {
            Trouble::NotFinished { cause: unfinished.cause(), detail: unfinished.to_string() }
        }
        inside => Trouble::inside(&inside),
    }
}
