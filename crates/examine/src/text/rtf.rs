//! The text of RTF: groups, control words, and letters in the code page that it names.

use encoding_rs::{Encoding, WINDOWS_1251, WINDOWS_1252};

/// Groups within groups; deeper ones are passed over.
const DEPTH: usize = 200;
/// Groups that hold no text.
const HIDDEN: [&str; 16] = [
    "fonttbl",
    "colortbl",
    "stylesheet",
    "info",
    "pict",
    "object",
    "themedata",
    "colorschememapping",
    "datastore",
    "listtable",
    "listoverridetable",
    "rsidtbl",
    "generator",
    "latentstyles",
    "xmlnstbl",
    "fldinst",
];

#[derive(Clone, Copy)]
struct Group {
    hidden: bool,
    /// How many letters stand behind each `\u` for those who cannot read it.
    skip: usize,
}

/// Reads it; what is no RTF gives little.
pub(crate) fn text(untrusted: &[u8]) -> String {
    let mut text = String::new();
    let mut bytes: Vec<u8> = Vec::new();
    let mut encoding = code_page(untrusted);
    let mut groups = vec![Group { hidden: false, skip: 1 }];
    let (mut at, mut to_skip, mut lost) = (0, 0usize, 0usize);
    while let Some(&byte) = untrusted.get(at) {
        at += 1;
        let group = *groups.last().unwrap_or(&Group { hidden: true, skip: 1 });
        match byte {
            b'{' if groups.len() < DEPTH => groups.push(group),
            b'{' => lost += 1,
            b'}' if lost > 0 => lost -= 1,
            b'}' => {
                flush(&mut text, &mut bytes, encoding);
                if groups.len() > 1 {
                    groups.pop();
                }
            }
            b'\\' => {
                let (word, number, next) = control(untrusted, at);
                at = next;
                let top = groups.last_mut();
                match (word.as_str(), number) {
                    ("'", Some(code)) => {
                        if to_skip > 0 {
                            to_skip -= 1;
                        } else if !group.hidden {
                            bytes.push(u8::try_from(code).unwrap_or(b'?'));
                        }
                    }
                    ("u", Some(code)) if !group.hidden => {
                        flush(&mut text, &mut bytes, encoding);
                        // Numbers above 32767 are written as negative ones.
                        let code = if code < 0 { code + 65536 } else { code };
                        text.push(u32::try_from(code).ok().and_then(char::from_u32).unwrap_or('\u{fffd}'));
                        to_skip = group.skip;
                    }
                    ("uc", Some(count)) => {
                        if let Some(top) = top {
                            top.skip = usize::try_from(count).unwrap_or(1).min(8);
                        }
                    }
                    ("ansicpg", Some(page)) => encoding = of_page(page).unwrap_or(encoding),
                    ("bin", Some(length)) => at = at.saturating_add(usize::try_from(length).unwrap_or(0)),
                    ("par" | "line" | "row" | "sect" | "page", _) => {
                        put(&mut text, &mut bytes, encoding, group, '\n')
                    }
                    ("tab" | "cell", _) => put(&mut text, &mut bytes, encoding, group, '\t'),
                    ("~", _) => put(&mut text, &mut bytes, encoding, group, ' '),
                    ("emdash", _) => put(&mut text, &mut bytes, encoding, group, '—'),
                    ("endash", _) => put(&mut text, &mut bytes, encoding, group, '–'),
                    ("\\" | "{" | "}", _) if !group.hidden => bytes.extend(word.bytes()),
                    ("*", _) => {
                        if let Some(top) = top {
                            top.hidden = true;
                        }
                    }
                    (word, _) if HIDDEN.contains(&word) => {
                        if let Some(top) = top {
                            top.hidden = true;
                        }
                    }
                    _ => {}
                }
            }
            b'\r' | b'\n' => {}
            _ if to_skip > 0 => to_skip -= 1,
            _ if group.hidden || lost > 0 => {}
            byte => bytes.push(byte),
        }
    }
    flush(&mut text, &mut bytes, encoding);
    text
}

fn put(text: &mut String, bytes: &mut Vec<u8>, encoding: &'static Encoding, group: Group, c: char) {
    if !group.hidden {
        flush(text, bytes, encoding);
        text.push(c);
    }
}

fn flush(text: &mut String, bytes: &mut Vec<u8>, encoding: &'static Encoding) {
    text.push_str(&encoding.decode_without_bom_handling(bytes).0);
    bytes.clear();
}

/// A control word or sign, its number, and where it ends.
fn control(untrusted: &[u8], from: usize) -> (String, Option<i64>, usize) {
    let Some(&first) = untrusted.get(from) else { return (String::new(), None, from) };
    if first == b'\'' {
        let digits = untrusted.get(from + 1..from + 3).and_then(|digits| std::str::from_utf8(digits).ok());
        let code = digits.and_then(|digits| i64::from_str_radix(digits, 16).ok());
        return ("'".to_owned(), code, (from + 3).min(untrusted.len()));
    }
    if !first.is_ascii_alphabetic() {
        return (char::from(first).to_string(), None, from + 1);
    }
    let rest = untrusted.get(from..).unwrap_or_default();
    let letters = rest.iter().take(32).take_while(|byte| byte.is_ascii_alphabetic()).count();
    let word = String::from_utf8_lossy(rest.get(..letters).unwrap_or_default()).into_owned();
    let behind = rest.get(letters..).unwrap_or_default();
    let sign = usize::from(behind.first() == Some(&b'-'));
    let digits = behind.iter().skip(sign).take(10).take_while(|byte| byte.is_ascii_digit()).count();
    let number = std::str::from_utf8(behind.get(..sign + digits).unwrap_or_default())
        .ok()
        .and_then(|n| n.parse().ok());
    let length = letters + if digits > 0 { sign + digits } else { 0 };
    let blank = usize::from(rest.get(length) == Some(&b' '));
    (word, number, from + length + blank)
}

/// The code page that its head names; that of the west where it names none.
fn code_page(untrusted: &[u8]) -> &'static Encoding {
    let head = untrusted.get(..untrusted.len().min(400)).unwrap_or_default();
    // A font of the Russian character set says it too, where the page is left at that of the west.
    let russian = untrusted.get(..untrusted.len().min(8000)).unwrap_or_default();
    if russian.windows(12).any(|word| word == b"\\fcharset204")
        && !head.windows(8).any(|word| word == b"\\ansicpg")
    {
        return WINDOWS_1251;
    }
    WINDOWS_1252
}

fn of_page(page: i64) -> Option<&'static Encoding> {
    match page {
        866 => Some(encoding_rs::IBM866),
        65001 => Some(encoding_rs::UTF_8),
        1250..=1258 => Encoding::for_label(format!("windows-{page}").as_bytes()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_a_page_and_of_unicode_are_read_and_tables_are_not() {
        let rtf = br"{\rtf1\ansi\ansicpg1251{\fonttbl{\f0 Times;}}\'ca\'e0\'ec\'e5\'f0\'e0\par \uc1\u1080?\u1084?\u1103?{\*\gen x}\tab a\\b}";
        assert_eq!(text(rtf), "Камера\nимя\ta\\b");
    }

    #[test]
    fn nonsense_ends_and_says_little() {
        let deep = [b"{\\rtf1".to_vec(), vec![b'{'; 100_000], b"x".to_vec(), vec![b'}'; 200_000]].concat();
        assert!(text(&deep).len() < 10);
        for odd in [
            &b"{\\rtf1 \\bin99999999999 x"[..],
            b"{\\rtf1\\'",
            b"{\\rtf1\\u-99999999 ",
            b"\\",
            b"}}}}{\\rtf1 a",
        ] {
            text(odd);
        }
    }
}
