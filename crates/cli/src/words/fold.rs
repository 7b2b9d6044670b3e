//! Lines that fit: prose is folded at its spaces, and a value that cannot be broken stands alone on its own line.

use std::io::IsTerminal;
use std::os::fd::AsFd;

use rustix::termios::tcgetwinsize;
use unicode_width::UnicodeWidthStr as _;

/// How wide a line is where nobody says otherwise.
const USUAL: usize = 80;
/// Below this nothing can be read, so it is not obeyed.
const LEAST: usize = 40;
/// How far a line that goes on stands in from where it began.
const INDENT: usize = 2;
/// Where a line that goes on begins: behind this sign, which is not shown. No text of others has it (`safe::text`).
pub const HANG: char = '\t';
/// With which words something begins that a person copies into a terminal.
const COMMANDS: [&str; 5] = ["vidimus", "vidimus-verify", "age", "chmod", "sudo"];

/// How many columns there are: as `COLUMNS` says (POSIX), else as the terminal has, else 80.
pub fn width(stream: impl AsFd) -> usize {
    let of_terminal = || tcgetwinsize(stream).ok().map(|size| usize::from(size.ws_col));
    let columns = asked().or_else(of_terminal).filter(|&columns| columns > 0);
    columns.unwrap_or(USUAL).max(LEAST)
}

/// How many columns a table may have: those of the terminal. Whoever writes it into a file or a pipe looks for whole names there,
/// so nothing is cut, unless `COLUMNS` asks for it, as `watch` does of what it shows.
pub fn room(stream: impl AsFd + IsTerminal) -> usize {
    if stream.is_terminal() || asked().is_some() { width(stream) } else { usize::MAX }
}

fn asked() -> Option<usize> {
    std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok())
}

/// The text with no line wider than this but those of a single long value. What already fits stays as it is.
pub fn fold(text: &str, width: usize) -> String {
    text.split('\n').map(|line| fold_line(line, width)).collect::<Vec<_>>().join("\n")
}

fn fold_line(line: &str, width: usize) -> String {
    let plain = line.replacen(HANG, "", 1);
    if plain.width() <= width {
        return plain;
    }
    let begins = line.len() - line.trim_start_matches(' ').len();
    let (head, body) = line.split_once(HANG).unwrap_or((&line[..begins], &line[begins..]));
    // A heading that leaves no room to its text would make a column of single words.
    let hang = if line.contains(HANG) { head.width().min(width / 3) } else { begins + INDENT };
    let mut lines = vec![head.to_owned()];
    let (mut column, mut fresh, mut at_begin) = (head.width(), head.trim().is_empty(), true);
    let mut rest = body;
    while !rest.is_empty() {
        let word = rest.split(' ').next().unwrap_or(rest);
        // What is told to be typed is announced by a colon. A command that is only named goes on with the others where it leaves
        // less than half a line behind.
        let is_told = lines.last().is_some_and(|line| line.trim_end().ends_with(':')) || column > width / 2;
        let fits = hang + rest.width() <= width;
        let together = if COMMANDS.contains(&word) && is_told && fits { rest } else { word };
        let gap = usize::from(!at_begin);
        if column + gap + together.trim_end().width() > width && !fresh {
            // What is too long to stand in with the others, such as a key, stands in less, or not at all. Where that does not
            // help either it is wider than the line: broken, it could not be copied.
            let fits = |column: &usize| column + word.width() <= width;
            column = [hang, begins + INDENT, 0].into_iter().find(fits).unwrap_or(begins + INDENT);
            lines.push(" ".repeat(column));
            fresh = true;
        } else if gap == 1 {
            lines.last_mut().expect("there is the first").push(' ');
            column += 1;
        }
        lines.last_mut().expect("there is the first").push_str(word);
        column += word.width();
        (fresh, at_begin) = (fresh && word.is_empty(), false);
        rest = rest[word.len()..].strip_prefix(' ').unwrap_or_default();
    }
    let folded = lines.iter().map(|line| line.trim_end_matches(' ')).collect::<Vec<_>>().join("\n");
    // What is asked at a terminal ends with a space, before the answer.
    if body.ends_with(' ') { folded + " " } else { folded }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr as _;

    use super::fold;

    #[test]
    fn what_fits_stays_and_what_goes_on_stands_in() {
        assert_eq!(fold("  ref   path\n\nshort", 40), "  ref   path\n\nshort");
        let text = "A passphrase needs at least 12 characters.\nThen go on.";
        assert_eq!(fold(text, 40), "A passphrase needs at least 12\n  characters.\nThen go on.");
        assert_eq!(
            fold("  name    \tone two three four five six seven", 40).lines().last(),
            Some("          seven")
        );
    }

    #[test]
    fn a_long_value_stands_alone_and_a_command_is_not_broken() {
        let key = "k".repeat(60);
        assert_eq!(fold(&format!("The key: {key} is new"), 40), format!("The key:\n  {key}\n  is new"));
        for (length, line) in [
            (38, format!("  {}", "k".repeat(38))),
            (39, "k".repeat(39)),
            (99, format!("  {}", "k".repeat(99))),
        ] {
            let folded = fold(&format!("The archive's public key: {}", "k".repeat(length)), 40);
            assert_eq!(folded.lines().last(), Some(line.as_str()));
        }
        let text = "Nothing was done, as was wished. Repeat: vidimus check --full";
        assert_eq!(fold(text, 50), "Nothing was done, as was wished. Repeat:\n  vidimus check --full");
        assert_eq!(
            fold("Run vidimus check to see which, and copy it from the newest backup.", 64),
            "Run vidimus check to see which, and copy it from the newest\n  backup."
        );
        assert_eq!(
            fold("Repeat: vidimus check --full --all --json", 40),
            "Repeat:\n  vidimus check --full --all --json"
        );
        assert_eq!(fold("Is this really what you want? Go on? [y/N] ", 40).lines().last(), Some("  [y/N] "));
    }

    proptest! {
        #[test]
        fn no_line_is_too_wide_and_no_word_is_lost(words in proptest::collection::vec("[a-zа-яієї一-龥]{1,18}", 1..40)) {
            let text = words.join(" ");
            let folded = fold(&text, 44);
            prop_assert!(folded.lines().all(|line| line.width() <= 44), "{folded}");
            prop_assert_eq!(folded.split_whitespace().collect::<Vec<_>>(), words);
        }
    }
}
