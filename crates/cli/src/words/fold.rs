//! Lines that fit: prose is folded at its spaces, and a value that cannot be broken stands alone on its own line.

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
    let asked = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let of_terminal = || tcgetwinsize(stream).ok().map(|size| usize::from(size.ws_col));
    let columns = asked.or_else(of_terminal).filter(|&columns| columns > 0);
    columns.unwrap_or(USUAL).max(LEAST)
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
        let together = if COMMANDS.contains(&word) && hang + rest.width() <= width { rest } else { word };
        let gap = usize::from(!at_begin);
        if column + gap + together.trim_end().width() > width && !fresh {
            // What is too long for any line needs not stand in as far as the others.
            column = if hang + word.width() > width { begins + INDENT } else { hang };
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
        let text = "Nothing was done, as was wished. Repeat: vidimus check --full";
        assert_eq!(fold(text, 50), "Nothing was done, as was wished. Repeat:\n  vidimus check --full");
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
