//! What every command stands on: options, language, the opened archive, and where its words go.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, FromArgMatches as _, ValueEnum as _};
use rustix::fs::Access;
use rustix::io::Errno;
use serde::Serialize;
use vidimus_archive::anchor::Settings;
use vidimus_archive::clock::SystemClock;
use vidimus_archive::{
    Archive, Before, CheckpointSummary, Layout, OpenError, Opening, UnlockError, missing_key_files,
};
use vidimus_proof::checkpoint::SignedCheckpoint;
use zeroize::Zeroizing;

use crate::arguments::{Arguments, Globals};
use crate::commands::{self, Answer};
use crate::doctor::{self, Machine};
use crate::hardening;
use crate::prompt::{self, Terminal};
use crate::trouble::Trouble;
use crate::words::table::{Column, Table};
use crate::words::{self, Lang, asks, bad_days, fold, help, safe, tells, troubles, usage};

/// How often a person may mistype a passphrase.
const TRIES: usize = 3;

/// Reads the arguments, runs the command, and says how it went.
pub fn run(typed: impl IntoIterator<Item = OsString>) -> ExitCode {
    let typed: Vec<OsString> = typed.into_iter().collect();
    // Help and complaints are in the language too, so it is looked for before the rest is understood.
    let lang = typed_language(&typed).unwrap_or_else(of_environment);
    let command = help::localized(Arguments::command().term_width(fold::width(io::stdout()).min(100)), lang);
    let parsed = command.try_get_matches_from(commands::search::shielded(typed));
    let arguments = match parsed.and_then(|found| Arguments::from_arg_matches(&found)) {
        Ok(arguments) => arguments,
        Err(wrong) => return complain(lang, &wrong),
    };
    let lang = arguments.globals.lang.unwrap_or(lang);
    let mut context = Context { globals: arguments.globals, lang };
    match commands::run(arguments.command, &mut context) {
        Ok(answer) => answer.into(),
        Err(trouble) => {
            let opens_nothing =
                matches!(trouble, Trouble::WrongPassphrase { .. } | Trouble::WrongRecoveryCode);
            let missing = match context.folder() {
                Ok(folder) if opens_nothing => missing_key_files(folder, &context.state()),
                _ => Vec::new(),
            };
            context.note(&match &missing[..] {
                [] => troubles::trouble(lang, &trouble),
                missing => bad_days::key_files_missing(lang, missing),
            });
            ExitCode::from(trouble.exit_code())
        }
    }
}

/// Prints help where it was asked for, or what was typed wrong. Closed output is nobody's loss.
fn complain(lang: Lang, wrong: &clap::Error) -> ExitCode {
    match wrong.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let help = fold::fold(&wrong.render().to_string(), fold::width(io::stdout()));
            let _ = write!(io::stdout(), "{help}");
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => complain_about(&wrong.render().to_string()),
        _ => complain_about(&usage::wrong(lang, wrong)),
    }
    ExitCode::from(if wrong.use_stderr() { 2 } else { 0 })
}

/// The language that `--lang` or `VIDIMUS_LANG` names; none where it is none that is spoken here.
fn typed_language(typed: &[OsString]) -> Option<Lang> {
    let texts = || typed.iter().map(|word| word.to_str().unwrap_or_default());
    let behind = texts().zip(texts().skip(1)).find(|(word, _)| *word == "--lang").map(|(_, lang)| lang);
    let joined = || texts().find_map(|word| word.strip_prefix("--lang="));
    let named = behind.or_else(joined).map(str::to_owned).or_else(|| std::env::var("VIDIMUS_LANG").ok());
    Lang::from_str(&named?, false).ok()
}

/// The locale's language, by the variables in the order that POSIX gives them.
fn of_environment() -> Lang {
    let named = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty());
    named.map(|name| Lang::of_locale(&name)).unwrap_or_default()
}

/// What a command was given, and where its words go.
pub struct Context {
    /// Options of every command.
    pub globals: Globals,
    /// In which language it speaks.
    pub lang: Lang,
}

impl Context {
    /// The archive's folder.
    ///
    /// # Errors
    /// None is named.
    pub fn folder(&self) -> Result<&Path, Trouble> {
        self.globals.archive.as_deref().ok_or(Trouble::NoArchiveNamed)
    }

    /// The folder, in which something of an archive lies: no passphrase is asked for where there is none.
    ///
    /// # Errors
    /// None is named, or it is not one of an archive.
    pub fn archive_folder(&self) -> Result<&Path, Trouble> {
        let folder = self.folder()?;
        let layout = Layout::new(folder);
        for path in [layout.ledger(), layout.keys(), layout.objects()] {
            match path.symlink_metadata() {
                // What is begun is no archive yet, and the ledger's journal that lies there is nobody's attack.
                Ok(_) => {
                    return match Before::of(folder) {
                        Ok(Before::Remains) => Err(Trouble::BegunOnly(folder.to_owned())),
                        Ok(Before::UnderWay) => Err(Trouble::BeginningUnderWay(folder.to_owned())),
                        _ => Ok(folder),
                    };
                }
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                    return Err(Trouble::at(folder, error));
                }
                Err(_) => {}
            }
        }
        Err(Trouble::NotAnArchive(folder.to_owned()))
    }

    /// The settings of the archive that is named; none where none is.
    ///
    /// # Errors
    /// They cannot be used.
    pub fn settings(&self) -> Result<Settings, Trouble> {
        match &self.globals.archive {
            Some(folder) => Settings::read(&Layout::new(folder).settings()).map_err(Trouble::Settings),
            None => Ok(Settings::default()),
        }
    }

    /// Where this user's machine remembers archives: `$XDG_STATE_HOME/vidimus`.
    pub fn state(&self) -> PathBuf {
        let given = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let state = given.unwrap_or_else(|| {
            std::env::home_dir().unwrap_or_else(|| PathBuf::from("/")).join(".local/state")
        });
        state.join("vidimus")
    }

    /// Opens the archive to read. One that went back is read with a warning.
    ///
    /// # Errors
    /// It is not there, locked, damaged, or new to this machine.
    pub fn open(&self) -> Result<Archive, Trouble> {
        let archive = self.open_quietly()?;
        if let Some(back) = archive.went_back() {
            self.note(&bad_days::went_back_warning(self.lang, back));
        }
        Ok(archive)
    }

    /// Opens the archive to record something.
    ///
    /// # Errors
    /// As [`Context::open`]; also when it went back.
    pub fn open_to_record(&self) -> Result<Archive, Trouble> {
        self.may_change()?;
        let mut archive = self.open_quietly()?;
        if let Some(back) = archive.went_back() {
            return Err(Trouble::WentBack(back.clone()));
        }
        self.finish_what_was_agreed(&mut archive)?;
        Ok(archive)
    }

    /// May this user change the archive's files? Asked beforehand, because the ledger would speak of a disk that can only be read.
    ///
    /// # Errors
    /// They may not, or the disk can only be read.
    pub fn may_change(&self) -> Result<(), Trouble> {
        let folder = self.archive_folder()?;
        for path in [folder, &Layout::new(folder).ledger()] {
            // What else is wrong with it is told by whoever opens it.
            if let Err(refused @ (Errno::ACCESS | Errno::PERM | Errno::ROFS)) =
                rustix::fs::access(path, Access::WRITE_OK)
            {
                return Err(Trouble::at(folder, refused.into()));
            }
        }
        Ok(())
    }

    /// What another member agreed to and only this one can do, and what an interrupted command left.
    fn finish_what_was_agreed(&self, archive: &mut Archive) -> Result<(), Trouble> {
        let register = archive.register();
        let (agreed, removed) =
            (!register.agreed.is_empty(), register.members.values().any(|known| known.removed));
        // Asked beforehand, because whoever finishes waits for all who erase or move at the moment.
        let interrupted = std::fs::read_dir(archive.layout().unfinished())
            .is_ok_and(|entries| entries.flatten().any(|entry| entry.path().extension().is_some()));
        if (agreed || interrupted) && archive.finish_erasures()? > 0 {
            self.note(tells::finished(self.lang));
        }
        if removed {
            archive.finish_removals()?;
        }
        archive.finish_key_file()?;
        archive.drop_unbegun().map_err(|error| Trouble::inside(&error))?;
        Ok(archive.end_beginning()?)
    }

    /// Opens the archive to read, without a word about whether it went back.
    ///
    /// # Errors
    /// As [`Context::open`].
    pub fn open_quietly(&self) -> Result<Archive, Trouble> {
        self.archive_folder()?;
        let mut tries = if self.globals.passphrase_file.is_some() { 1 } else { TRIES };
        loop {
            tries -= 1;
            match self.open_with_passphrase(&self.passphrase()?) {
                Err(wrong @ Trouble::WrongPassphrase { .. }) if tries > 0 => {
                    self.note(&troubles::trouble(self.lang, &wrong));
                }
                answer => return answer,
            }
        }
    }

    /// The passphrase of the member who acts.
    ///
    /// # Errors
    /// Its file is not usable, or nobody is there to ask.
    pub fn passphrase(&self) -> Result<Zeroizing<String>, Trouble> {
        prompt::passphrase(self.globals.passphrase_file.as_deref(), asks::passphrase(self.lang))
    }

    /// Opens the archive without a word about whether it went back.
    ///
    /// # Errors
    /// As [`Context::open`].
    pub fn open_with_passphrase(&self, passphrase: &str) -> Result<Archive, Trouble> {
        self.warn_of_swap();
        let open = |first_seen_here| self.open_seen(passphrase, first_seen_here);
        let seen = match open(self.globals.first_seen_here) {
            Err(Trouble::NeverSeen { now }) => now,
            answer => return answer,
        };
        let question = asks::first_seen_here(self.lang, &short_checkpoint(&seen));
        match Terminal::open().map(|mut terminal| terminal.confirm(&question)).transpose()? {
            Some(true) => open(true),
            Some(false) | None => Err(Trouble::NeverSeen { now: seen }),
        }
    }

    /// What the program holds in memory is soon keys and contents.
    fn warn_of_swap(&self) {
        if let Some(danger) = doctor::open_swap(&Machine::default()).filter(|_| !hardening::is_out_of_swap())
        {
            self.note(&words::doctor::danger(self.lang, &danger).join("\n"));
        }
    }

    /// Opens the archive that an interrupted `init` of this machine made.
    ///
    /// # Errors
    /// As [`Context::open`].
    pub fn open_what_was_begun(&self) -> Result<Archive, Trouble> {
        self.open_seen(&self.passphrase()?, true)
    }

    fn open_seen(&self, passphrase: &str, first_seen_here: bool) -> Result<Archive, Trouble> {
        let opening = Opening {
            state: &self.state(),
            member: self.globals.member.as_deref(),
            passphrase,
            first_seen_here,
            clock: Box::new(SystemClock),
        };
        Archive::open(self.folder()?, opening).map_err(|error| self.not_opened(error))
    }

    fn not_opened(&self, error: OpenError) -> Trouble {
        match error {
            OpenError::NoArchive(folder) => Trouble::NotAnArchive(folder),
            OpenError::NeverSeen { now } => Trouble::NeverSeen { now },
            OpenError::NoSigningKey => Trouble::NotAMember,
            OpenError::Unlock(UnlockError::NoSuchMember) => {
                Trouble::WrongPassphrase { member: self.globals.member.clone() }
            }
            OpenError::Io(error) | OpenError::Unlock(UnlockError::Io(error)) => error.into(),
            inside => Trouble::inside(&inside),
        }
    }

    /// Prints on standard output: the answer.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn say(&self, text: &str) -> Result<(), Trouble> {
        let mut out = io::stdout().lock();
        let text = fold::fold(text, fold::width(&out));
        told(writeln!(out, "{text}").and_then(|()| out.flush()))
    }

    /// Prints one JSON value on standard output.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn say_json(&self, value: &impl Serialize) -> Result<(), Trouble> {
        let mut out = io::BufWriter::new(io::stdout().lock());
        let text = safe::pretty_json(value).map_err(io::Error::from);
        told(text.and_then(|text| writeln!(out, "{text}")).and_then(|()| out.flush()))
    }

    /// Prints a table; rows are cells that were made safe to show.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn say_table(&self, columns: &[(Column, &str)], rows: &[Vec<String>]) -> Result<Answer, Trouble> {
        let mut out = io::BufWriter::new(io::stdout().lock());
        let table = Table::of(fold::room(io::stdout()), columns, rows);
        let mut lines = std::iter::once(table.heading()).chain(rows.iter().map(|row| table.line(row)));
        told(lines.try_for_each(|line| writeln!(out, "{line}")).and_then(|()| out.flush()))?;
        Ok(Answer::Yes)
    }

    /// Prints on standard error: what is not the answer itself.
    pub fn note(&self, text: &str) {
        if !text.is_empty() {
            complain_about(text);
        }
    }
}

/// Writes to standard error, which may be closed: that is nobody's loss.
pub fn complain_about(text: &str) {
    let _ = writeln!(io::stderr(), "{}", fold::fold(text.trim_end(), fold::width(io::stderr())));
}

/// What came of writing to standard output. That its reader has left is no failure: whoever asks for the exit status still learns
/// what the answer was.
///
/// # Errors
/// It cannot be written.
pub fn told(written: io::Result<()>) -> Result<(), Trouble> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Trouble::Untold),
        _ => Ok(()),
    }
}

/// A checkpoint in one line: origin, size, and the beginning of the root.
pub fn short_checkpoint(note: &str) -> String {
    match SignedCheckpoint::from_bytes(note.as_bytes()) {
        Ok(signed) => {
            let CheckpointSummary { origin, size, root } = signed.checkpoint().into();
            format!("{origin} {size} {}…", root.get(..12).unwrap_or(&root))
        }
        Err(_) => "?".to_owned(),
    }
}
