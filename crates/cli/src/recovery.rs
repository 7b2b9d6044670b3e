//! The recovery sheet: shown and partly typed back, or written to a file; and the code read from it again.

use std::path::{Path, PathBuf};

use vidimus_archive::replace_file;
use vidimus_archive::sheet as note;
use vidimus_seal::{Entropy, RecoveryCode};
use zeroize::Zeroizing;

use crate::context::Context;
use crate::prompt::Terminal;
use crate::secrets::{self, NewFile};
use crate::trouble::Trouble;
use crate::words::{Lang, asks, bad_days, sheet, tells};

/// How many groups are typed back.
const TYPED_BACK: usize = 2;

/// Where the sheet will go; made before the code exists, so that a code is never made that nobody can keep.
pub enum Keeping {
    /// To a person, who types part of it back.
    Terminal(Terminal),
    /// Into a new file.
    File(NewFile, PathBuf),
    /// A command that was killed wrote it, and this is the same command again.
    Written(RecoveryCode, PathBuf),
}

/// A sheet that is in somebody's hands, though the command is not finished.
#[must_use = "a command that stops takes it back"]
pub struct HandedOut {
    file: Option<PathBuf>,
    archive: PathBuf,
    code: RecoveryCode,
}

impl HandedOut {
    /// The command is finished, and whoever typed it was told.
    ///
    /// # Errors
    /// The archive's folder cannot be written.
    pub fn stays(self) -> Result<(), Trouble> {
        Ok(note::end(&self.archive, &self.code)?)
    }

    /// The command stopped, and the sheet opens nothing: a file is taken away again.
    pub fn taken_back(self, trouble: impl Into<Trouble>) -> Trouble {
        if let Some(file) = &self.file {
            let _ = std::fs::remove_file(file);
        }
        let _ = note::end(&self.archive, &self.code);
        trouble.into()
    }
}

/// Whose sheet it is.
pub struct Holder<'a> {
    /// The archive's name.
    pub origin: &'a str,
    /// The archive's public key.
    pub vkey: &'a str,
    /// The member.
    pub member: &'a str,
}

impl Keeping {
    /// Into `file`, or to the person at the terminal. A sheet in `file` is taken where the same command, for the archive in
    /// this folder, was killed after it was written.
    ///
    /// # Errors
    /// The file is there already or cannot be made; without one, there is no terminal.
    pub fn prepare(file: Option<&Path>, archive: &Path) -> Result<Self, Trouble> {
        match file {
            Some(path) => match NewFile::create(path) {
                Ok(new) => Ok(Self::File(new, path.to_owned())),
                Err(Trouble::Exists(path)) => {
                    let written = secrets::read_private(&path).ok().and_then(|text| code_in(&text).ok());
                    let written = written.filter(|code| note::is_begun(archive, code));
                    written.map(|code| Self::Written(code, path.clone())).ok_or(Trouble::Exists(path))
                }
                Err(other) => Err(other),
            },
            None => {
                let terminal = Terminal::open();
                terminal.map(Self::Terminal).ok_or(Trouble::NoTerminal { option: "--recovery-sheet FILE" })
            }
        }
    }

    /// The code on a sheet that a killed command wrote.
    pub fn written(&self) -> Option<&RecoveryCode> {
        match self {
            Self::Written(code, _) => Some(code),
            _ => None,
        }
    }

    /// The same, where the sheet of a killed command opens nothing and another one takes its place.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn anew(self, archive: &Path) -> Result<Self, Trouble> {
        let Self::Written(code, path) = self else { return Ok(self) };
        note::end(archive, &code)?;
        std::fs::remove_file(&path).map_err(|error| Trouble::at(&path, error))?;
        Ok(Self::File(NewFile::create(&path)?, path))
    }

    /// Hands the sheet out; of the archive in this folder.
    ///
    /// # Errors
    /// It could not be written, or was not typed back.
    pub fn hand_out(
        self,
        context: &Context,
        archive: &Path,
        holder: &Holder<'_>,
        code: &RecoveryCode,
    ) -> Result<HandedOut, Trouble> {
        let handed_out = |file| HandedOut { file, archive: archive.to_owned(), code: code.clone() };
        let code_lines = in_lines(code);
        let Holder { origin, vkey, member } = *holder;
        let text = sheet::sheet(context.lang, &sheet::Sheet { origin, vkey, member, code: &code_lines });
        match self {
            Self::File(file, path) => {
                note::begin(archive, code)?;
                if let Err(error) = file.write(text.as_bytes()) {
                    let _ = note::end(archive, code);
                    return Err(error);
                }
                context.note(&tells::sheet_written(context.lang, &path));
                Ok(handed_out(Some(path)))
            }
            Self::Written(_, path) => {
                // Whoever was killed had perhaps not synced it: a power cut would take the only copy of the code.
                replace_file(&path, text.as_bytes()).map_err(|error| Trouble::at(&path, error))?;
                context.note(&tells::sheet_written(context.lang, &path));
                Ok(handed_out(Some(path)))
            }
            Self::Terminal(mut terminal) => {
                terminal.show_as_it_is(&text)?;
                terminal.show(asks::write_the_sheet_down(context.lang))?;
                typed_back(&mut terminal, context, code)?;
                Ok(handed_out(None))
            }
        }
    }
}

/// The code on a sheet: read from the file, or typed.
///
/// # Errors
/// The file is not usable, nobody is there to ask, or the code is mistyped.
pub fn read_code(file: Option<&Path>, lang: Lang) -> Result<RecoveryCode, Trouble> {
    let text = match file {
        Some(file) => secrets::read_private(file)?,
        None => {
            let mut terminal =
                Terminal::open().ok_or(Trouble::NoTerminal { option: "--recovery-sheet FILE" })?;
            terminal.ask_secret(bad_days::type_the_code(lang))?
        }
    };
    code_in(&text)
}

fn code_in(text: &str) -> Result<RecoveryCode, Trouble> {
    match text.parse() {
        Ok(code) => Ok(code),
        // A whole sheet: what stands behind the numbers of its groups.
        Err(wrong) => match numbered(text) {
            groups if groups.is_empty() => Err(Trouble::RecoveryCode(wrong)),
            groups => groups.parse().map_err(Trouble::RecoveryCode),
        },
    }
}

fn numbered(sheet: &str) -> Zeroizing<String> {
    let mut groups = Zeroizing::new(String::with_capacity(sheet.len()));
    let mut words = sheet.split_whitespace();
    while let Some(word) = words.next() {
        if word.strip_suffix(':').is_some_and(|number| number.parse::<u8>().is_ok()) {
            groups.push_str(words.next().unwrap_or_default());
        }
    }
    groups
}

/// Two lines of five groups, each with its number.
fn in_lines(code: &RecoveryCode) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(200));
    for (i, group) in code.groups().iter().enumerate() {
        let end = if i == 4 { "\n" } else { "" };
        text.push_str(&format!("  {:>2}: ", i + 1));
        text.push_str(group);
        text.push_str(end);
    }
    text
}

fn typed_back(terminal: &mut Terminal, context: &Context, code: &RecoveryCode) -> Result<(), Trouble> {
    let groups = code.groups();
    for number in some_groups(groups.len())? {
        loop {
            let question = asks::group_of_code(context.lang, number);
            let typed = terminal.ask(&question)?.ok_or(Trouble::SheetNotConfirmed)?;
            if typed.to_uppercase() == *groups[number - 1] {
                break;
            }
            terminal.show(&asks::group_is_wrong(context.lang, number))?;
        }
    }
    terminal.show(asks::sheet_is_right(context.lang))?;
    Ok(())
}

/// Different numbers from 1 to `groups`, by chance, so that nobody learns beforehand which to write down.
fn some_groups(groups: usize) -> Result<[usize; TYPED_BACK], Trouble> {
    let mut entropy = Entropy::from_os().map_err(std::io::Error::other)?;
    let mut drawn = [0; TYPED_BACK];
    let mut count = 0;
    while count < TYPED_BACK {
        let [byte] = entropy.bytes::<1>();
        let number = usize::from(byte) % groups + 1;
        if !drawn.contains(&number) {
            drawn[count] = number;
            count += 1;
        }
    }
    Ok(drawn)
}
