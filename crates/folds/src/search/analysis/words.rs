//! Where the words of a text begin and end, also across a line's end.

use std::ops::Range;

use super::folding::{is_apostrophe, is_unseen};

/// One word, or both halves of one that a line's end cuts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// Its bytes in the text.
    pub bytes: Range<usize>,
    /// Where a line's end cuts it: the bytes before the hyphen, and those of the next line.
    pub halves: Option<(Range<usize>, Range<usize>)>,
}

/// The words of `text`, first to last: letters and digits, apostrophes between letters, and what is not seen within a word.
pub(crate) fn words(text: &str) -> Words<'_> {
    Words { text, at: 0 }
}

/// Goes through the words of a text.
pub(crate) struct Words<'a> {
    text: &'a str,
    at: usize,
}

impl Iterator for Words<'_> {
    type Item = Word;

    fn next(&mut self) -> Option<Word> {
        let first = run(self.text, self.at)?;
        self.at = first.end;
        let rest = &self.text[first.end..];
        if rest.starts_with(['-', '\u{ad}', '‐', '¬'])
            && let Some(next) = next_line(rest).map(|skipped| first.end + skipped)
            && let Some(second) = run(self.text, next).filter(|second| second.start == next)
            && starts_small(&self.text[second.clone()])
            && !self.text[first.clone()].ends_with(|c: char| c.is_numeric())
        {
            self.at = second.end;
            return Some(Word { bytes: first.start..second.end, halves: Some((first, second)) });
        }
        Some(Word { bytes: first, halves: None })
    }
}

/// The next run of letters and digits at or behind `from`.
fn run(text: &str, from: usize) -> Option<Range<usize>> {
    let start = first_letter(text, from)?;
    let mut end = start;
    while let Some(len) = plain_letter(&text.as_bytes()[end..]) {
        end += len;
    }
    // Nearly every word ends here: at white space, or a sign that stands in none.
    if text.as_bytes().get(end).is_none_or(|next| next.is_ascii() && !is_apostrophe(char::from(*next))) {
        return Some(start..end);
    }
    let behind = end;
    let mut chars = text[behind..].char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let inside = c.is_alphanumeric() || is_unseen(c) || is_apostrophe(c);
        if !inside {
            break;
        }
        // What is no letter belongs to the word only between letters; a soft hyphen at a line's end is a hyphen.
        if c.is_alphanumeric() || ('\u{300}'..='\u{36f}').contains(&c) {
            end = behind + at + c.len_utf8();
        } else if !chars.peek().is_some_and(|(_, next)| next.is_alphanumeric() || is_unseen(*next)) {
            break;
        }
    }
    Some(start..end)
}

fn first_letter(text: &str, from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let rest = &text.as_bytes()[at..];
        if plain_letter(rest).is_some() {
            return Some(at);
        }
        at += match rest.first()? {
            byte if byte.is_ascii() => 1,
            _ => match text[at..].chars().next()? {
                c if c.is_alphanumeric() => return Some(at),
                c => c.len_utf8(),
            },
        };
    }
}

/// Bytes of the letter or digit that stands first, where it is one of ASCII, Russian or Ukrainian: it takes no table to know these.
fn plain_letter(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [byte, ..] if byte.is_ascii_alphanumeric() => Some(1),
        // Ё Є І Ї, А to п
        [0xd0, 0x81 | 0x84 | 0x86 | 0x87 | 0x90..=0xbf, ..]
        // р to я, ё є і ї
        | [0xd1, 0x80..=0x8f | 0x91 | 0x94 | 0x96 | 0x97, ..]
        // Ґ ґ
        | [0xd2, 0x90 | 0x91, ..] => Some(2),
        _ => None,
    }
}

/// Bytes from a hyphen to the first letter of the next line; none where no line ends behind the hyphen.
fn next_line(rest: &str) -> Option<usize> {
    let hyphen = rest.chars().next()?.len_utf8();
    let after = &rest[hyphen..];
    let white = after.len() - after.trim_start_matches([' ', '\t', '\r', '\n']).len();
    (after[..white].matches('\n').count() == 1).then_some(hyphen + white)
}

fn starts_small(word: &str) -> bool {
    word.starts_with(char::is_lowercase)
}

#[cfg(test)]
mod tests {
    use super::words;
    use proptest::prelude::*;

    fn cut(text: &str) -> Vec<&str> {
        words(text).map(|word| &text[word.bytes]).collect()
    }

    #[test]
    fn words_are_cut_where_readers_cut_them() {
        assert_eq!(cut("п'ять п’ять, 'камера' ИК-900"), ["п'ять", "п’ять", "камера", "ИК", "900"]);
        assert_eq!(cut("прото\u{ad}кол заключе\u{308}нных"), ["прото\u{ad}кол", "заключе\u{308}нных"]);
        assert_eq!(cut("a_b/c.d@e"), ["a", "b", "c", "d", "e"]);
        assert_eq!(cut(" …—’ "), [""; 0]);
    }

    #[test]
    fn a_word_cut_by_a_line_is_one_and_two() {
        let text = "прото-\n  кол, прото\u{ad}\r\nкола; Иванов-\nПетров 3-\nх а-\n\nб";
        let cut: Vec<_> =
            words(text).map(|word| (text[word.bytes].to_owned(), word.halves.is_some())).collect();
        assert!(cut[0].1 && cut[0].0.starts_with("прото") && cut[0].0.ends_with("кол"));
        assert!(cut[1].1 && cut[1].0.ends_with("кола"));
        let rest: Vec<&str> = cut[2..].iter().map(|(word, _)| word.as_str()).collect();
        assert_eq!(rest, ["Иванов", "Петров", "3", "х", "а", "б"]);
        assert!(cut[2..].iter().all(|(_, halves)| !halves));
    }

    #[test]
    fn every_letter_is_one_by_itself() {
        for c in (0..0x600_u32).filter_map(char::from_u32) {
            assert_eq!(cut(&format!("- {c} -")).len(), usize::from(c.is_alphanumeric()), "{c:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_cut_in_order_and_at_characters(text in prop_oneof![any::<String>(), "[а-яёіїa-z'’\u{ad}\u{301} \n-]{0,40}".prop_map(String::from)]) {
            let mut end = 0;
            for word in words(&text) {
                prop_assert!(word.bytes.start >= end && word.bytes.end > word.bytes.start);
                prop_assert!(text[word.bytes.clone()].starts_with(char::is_alphanumeric));
                end = word.bytes.end;
            }
            prop_assert!(!text[end..].contains(char::is_alphanumeric));
        }
    }
}
