//! Questions to a person at a terminal, and what is done where there is none.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::path::Path;

use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use crate::secrets;
use crate::trouble::Trouble;
use crate::words::{Lang, asks, fold};

/// How often a person may mistype.
const TRIES: usize = 3;

/// A person at a terminal. Standard input and output stay free for data.
pub struct Terminal(File);

/// What Ctrl-C types.
const INTERRUPT: u8 = 3;
/// Room for what is typed: a terminal gives no longer lines.
const LINE: usize = 4096;

impl Terminal {
    /// The terminal, if there is a person to see a question: standard error is where they would see it.
    pub fn open() -> Option<Self> {
        if !io::stderr().is_terminal() {
            return None;
        }
        OpenOptions::new().read(true).write(true).open("/dev/tty").ok().map(Self)
    }

    /// Shows a text.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn show(&mut self, text: &str) -> io::Result<()> {
        let text = self.folded(text);
        self.show_as_it_is(&text)
    }

    /// Shows a text of which no copy may be left in memory.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn show_as_it_is(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.0, "{text}")
    }

    fn folded(&self, text: &str) -> String {
        fold::fold(text, fold::width(&self.0))
    }

    /// Asks for one line; none when the person closed the input.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn ask(&mut self, question: &str) -> io::Result<Option<Zeroizing<String>>> {
        let question = self.folded(question);
        write!(self.0, "{question}")?;
        let line = self.line()?;
        Ok(line.map(|line| Zeroizing::new(line.trim().to_owned())))
    }

    /// Asks for a secret, which is not shown while it is typed.
    ///
    /// # Errors
    /// The terminal is gone, or the person pressed Ctrl-C or closed the input.
    pub fn ask_secret(&mut self, question: &str) -> io::Result<Zeroizing<String>> {
        // Before the question: whoever pastes at once must not see it appear.
        let terminal = self.0.try_clone()?;
        let unseen = Unseen::begin(&terminal)?;
        let question = self.folded(question);
        write!(self.0, "{question}")?;
        let line = self.line();
        drop(unseen);
        writeln!(self.0)?;
        line?.ok_or_else(|| io::ErrorKind::Interrupted.into())
    }

    /// A line without its end; byte by byte, so that no buffer keeps a copy.
    fn line(&mut self) -> io::Result<Option<Zeroizing<String>>> {
        let mut typed = Zeroizing::new(Vec::with_capacity(LINE));
        let mut byte = Zeroizing::new([0]);
        loop {
            match self.0.read(&mut byte[..])? {
                0 if typed.is_empty() => return Ok(None),
                0 => break,
                _ if byte[0] == INTERRUPT => return Err(io::ErrorKind::Interrupted.into()),
                _ if byte[0] == b'\n' => break,
                _ if typed.len() < LINE => typed.push(byte[0]),
                _ => {}
            }
        }
        let text = std::str::from_utf8(&typed).map_err(|_| io::ErrorKind::InvalidData)?;
        Ok(Some(Zeroizing::new(text.to_owned())))
    }

    /// A question whose answer is yes or no; anything but a clear yes is no.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn confirm(&mut self, question: &str) -> io::Result<bool> {
        let answer = self.ask(question)?.unwrap_or_default();
        Ok(matches!(answer.to_lowercase().as_str(), "y" | "yes" | "т" | "так" | "д" | "да"))
    }
}

/// A terminal that shows nothing of what is typed, until this is dropped.
struct Unseen<'a> {
    terminal: &'a File,
    before: Termios,
}

impl<'a> Unseen<'a> {
    fn begin(terminal: &'a File) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut modes = before.clone();
        modes.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL);
        // Ctrl-C would end us with the echo still off; as the end of a line it comes to us instead.
        modes.local_modes.remove(LocalModes::ISIG);
        modes.special_codes[SpecialCodeIndex::VEOL] = INTERRUPT;
        tcsetattr(terminal, OptionalActions::Now, &modes)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Unseen<'_> {
    fn drop(&mut self) {
        let _ = tcsetattr(self.terminal, OptionalActions::Now, &self.before);
    }
}

/// A passphrase that is to open something: from the file, or asked for.
///
/// # Errors
/// The file is not usable, or nobody is there to ask.
pub fn passphrase(file: Option<&Path>, question: &str) -> Result<Zeroizing<String>, Trouble> {
    match file {
        Some(file) => secrets::read_private(file),
        None => {
            let mut terminal =
                Terminal::open().ok_or(Trouble::NoTerminal { option: "--passphrase-file FILE" })?;
            Ok(terminal.ask_secret(question)?)
        }
    }
}

/// A passphrase that is to close something: from the file, or asked for twice.
///
/// # Errors
/// It is too weak, typed differently again and again, the file is not usable, or nobody is there to ask.
pub fn new_passphrase(
    file: Option<&Path>,
    option: &'static str,
    lang: Lang,
) -> Result<Zeroizing<String>, Trouble> {
    if let Some(file) = file {
        let passphrase = secrets::read_private(file)?;
        return if is_strong(&passphrase) { Ok(passphrase) } else { Err(Trouble::PassphraseWeak) };
    }
    let mut terminal = Terminal::open().ok_or(Trouble::NoTerminal { option })?;
    terminal.show(asks::passphrase_rule(lang))?;
    for _ in 0..TRIES {
        let first = terminal.ask_secret(asks::new_passphrase(lang))?;
        if !is_strong(&first) {
            terminal.show(asks::too_weak(lang))?;
            continue;
        }
        if terminal.ask_secret(asks::passphrase_again(lang))? == first {
            return Ok(first);
        }
        terminal.show(asks::not_the_same(lang))?;
    }
    Err(Trouble::PassphraseDiffers)
}

/// At least twelve characters, or four words. Argon2id makes each guess cost 64 MiB and about a tenth of a second.
fn is_strong(passphrase: &str) -> bool {
    let words = passphrase.split_whitespace().filter(|word| word.chars().count() > 1);
    passphrase.trim().chars().count() >= 12 || words.count() >= 4
}

#[cfg(test)]
mod tests {
    use super::is_strong;

    #[test]
    fn twelve_characters_or_four_words() {
        for strong in ["correct-horse", "кит дом лес ус", "двенадцать12"] {
            assert!(is_strong(strong), "{strong}");
        }
        for weak in ["", "hunter2", "a b c d e", "           x", "кит дом лес"] {
            assert!(!is_strong(weak), "{weak}");
        }
    }
}
