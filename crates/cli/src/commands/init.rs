//! `vidimus init`: a new archive with its first member, its keyholders, and a recovery sheet.

use std::path::{Path, PathBuf};

use clap::Args;
use vidimus_archive::clock::SystemClock;
use vidimus_archive::sheet;
use vidimus_archive::{Archive, Before, Beginning, InitError};
use vidimus_seal::KdfParams;

use super::Answer;
use super::keyholder::{self, Named};
use crate::context::Context;
use crate::prompt;
use crate::recovery::{Holder, Keeping};
use crate::trouble::Trouble;
use crate::words::tells;

/// Make a new archive: its name, its first member, who opens givers, the recovery sheet
#[derive(Args)]
pub struct Arguments {
    /// The archive's public name, for ever, such as archive.example.org/2026
    #[arg(long, value_name = "NAME")]
    origin: String,
    #[command(flatten)]
    keyholders: Named,
    /// Write the recovery sheet into a new file and ask nothing
    #[arg(long, value_name = "FILE")]
    recovery_sheet: Option<PathBuf>,
}

/// Makes the archive.
///
/// # Errors
/// What stands in the way; no archive is then left behind.
pub fn run(arguments: Arguments, context: &mut Context) -> Result<Answer, Trouble> {
    let folder = context.folder()?;
    let member = context.globals.member.as_deref().ok_or(Trouble::NoMemberNamed)?;
    let keyholders = keyholder::set(&arguments.keyholders)?;
    if super::backup::is_no_folder(folder) {
        return Err(Trouble::at(folder, std::io::ErrorKind::NotADirectory.into()));
    }
    let before = Before::of(folder)?;
    if before == Before::Others {
        return Err(Trouble::NotEmpty(folder.to_owned()));
    }
    let keeping = Keeping::prepare(arguments.recovery_sheet.as_deref(), folder);
    // Another process may have begun since: the sheet that lies there is then its own.
    if before == Before::UnderWay || Before::of(folder)? != before {
        return Err(Trouble::BeginningUnderWay(folder.to_owned()));
    }
    if before == Before::Archive {
        return go_on(context, &arguments.origin, member, keeping.ok());
    }
    let keeping = keeping?.anew(folder)?;
    let file = context.globals.passphrase_file.as_deref();
    let passphrase = prompt::new_passphrase(file, "--passphrase-file FILE", context.lang)?;
    let nobody_holds = keyholders.is_none();
    let beginning = Beginning {
        state: &context.state(),
        origin: &arguments.origin,
        member,
        passphrase: &passphrase,
        keyholders,
        kdf: KdfParams::default(),
        clock: Box::new(SystemClock),
    };
    let mut handed_out = None;
    let made = Archive::init_with_sheet(folder, beginning, |new| {
        let holder = Holder { origin: &arguments.origin, vkey: &new.vkey, member };
        handed_out = Some(keeping.hand_out(context, folder, &holder, new.code)?);
        Ok::<_, NotMade>(())
    });
    match (made, handed_out) {
        (Ok((archive, _)), Some(sheet)) => {
            let answer = answer(context, &archive, nobody_holds)?;
            sheet.stays()?;
            Ok(answer)
        }
        (Ok(_), None) => unreachable!("nothing is recorded before the sheet is handed out"),
        (Err(NotMade(trouble)), Some(sheet)) => match Before::of(folder) {
            // The first records are there, so the sheet opens the first member's keys: the same command goes on with both.
            Ok(Before::Archive) | Err(_) => Err(trouble),
            Ok(_) => Err(sheet.taken_back(trouble)),
        },
        (Err(NotMade(trouble)), None) => Err(trouble),
    }
}

/// The same command was killed after the first records: what it made is whole, and only its answer is missing.
fn go_on(context: &Context, origin: &str, member: &str, keeping: Option<Keeping>) -> Result<Answer, Trouble> {
    let not_empty = || Trouble::NotEmpty(context.folder().unwrap_or(Path::new("")).to_owned());
    let archive = context.open_what_was_begun()?;
    let mine = archive.origin() == origin && archive.register().name(archive.keyring().member()) == member;
    // At a terminal the sheet was typed back before anything was recorded.
    let has_sheet = match keeping.as_ref().ok_or_else(not_empty)? {
        Keeping::Terminal(_) => true,
        kept => kept.written().is_some_and(|code| archive.opens_with_sheet(code).unwrap_or(false)),
    };
    if !mine || !has_sheet {
        return Err(not_empty());
    }
    archive.publish_log().map_err(|error| Trouble::inside(&error))?;
    let answer = answer(context, &archive, archive.register().keyholders.is_none())?;
    if let Some(code) = keeping.as_ref().and_then(Keeping::written) {
        sheet::end(context.folder()?, code)?;
    }
    Ok(answer)
}

fn answer(context: &Context, archive: &Archive, nobody_holds: bool) -> Result<Answer, Trouble> {
    if nobody_holds {
        context.note(tells::no_keyholders(context.lang));
    }
    let vkey = archive.verifier_key().to_string();
    context.say(&tells::archive_made(context.lang, context.folder()?, archive.origin(), &vkey))?;
    archive.end_beginning()?;
    Ok(Answer::Yes)
}

/// Why no archive was made.
struct NotMade(Trouble);

impl From<InitError> for NotMade {
    fn from(error: InitError) -> Self {
        Self(not_made(error))
    }
}

impl From<Trouble> for NotMade {
    fn from(trouble: Trouble) -> Self {
        Self(trouble)
    }
}

fn not_made(error: InitError) -> Trouble {
    match error {
        InitError::NotEmpty(folder) => Trouble::NotEmpty(folder),
        InitError::UnderWay(folder) => Trouble::BeginningUnderWay(folder),
        InitError::Origin(_) | InitError::OriginTooLong | InitError::OriginUnsafe => Trouble::Origin,
        InitError::MemberName => Trouble::MemberName,
        InitError::Io(error) => error.into(),
        other => Trouble::inside(&other),
    }
}
