//! Why something was not taken in: what records say in English, in the language of whoever reads it.

use super::{Lang, safe};

/// The phrases that records have (`crates/archive/src/receive/walk.rs`), in Ukrainian and Russian.
const PHRASES: [(&str, &str, &str); 13] = [
    ("it vanished", "він зник", "он исчез"),
    ("no permission to read it", "немає дозволу читати", "нет разрешения читать"),
    ("a link took its place", "його місце зайняло посилання", "его место заняла ссылка"),
    ("the disk cannot read it", "диск не може його прочитати", "диск не может его прочитать"),
    ("neither file nor folder", "ні файл, ні тека", "не файл и не папка"),
    ("a symbolic link", "символічне посилання", "символическая ссылка"),
    ("a symbolic link to ", "символічне посилання на ", "символическая ссылка на "),
    ("the archive's own folder", "власна тека архіву", "собственная папка архива"),
    ("a FIFO", "канал FIFO", "канал FIFO"),
    ("a socket", "сокет", "сокет"),
    ("a device", "пристрій", "устройство"),
    ("no room in the archive", "в архіві немає місця", "в архиве нет места"),
    ("the folder cannot be read: ", "теку не прочитати: ", "папку не прочитать: "),
];

/// A phrase of a record as this language says it; one of another version stays as it was recorded.
pub fn not_taken(lang: Lang, recorded: &str) -> String {
    for (en, uk, ru) in PHRASES {
        let Some(rest) = recorded.strip_prefix(en) else { continue };
        let goes_on = en.ends_with(' ');
        if !goes_on && !rest.is_empty() {
            continue;
        }
        // Behind a colon stands another phrase, behind "to" the target of a link.
        let rest = if en.ends_with(": ") { not_taken(lang, rest) } else { safe::text(rest) };
        return lang.pick(en, uk, ru).to_owned() + &rest;
    }
    safe::text(recorded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_recorded_is_said_in_the_readers_language() {
        for (recorded, expected) in [
            ("it vanished", "він зник"),
            ("a symbolic link", "символічне посилання"),
            ("a symbolic link to a socket\u{1b}", "символічне посилання на a socket\\u{1b}"),
            (
                "the folder cannot be read: no permission to read it",
                "теку не прочитати: немає дозволу читати",
            ),
            ("it vanished twice", "it vanished twice"),
        ] {
            assert_eq!(not_taken(Lang::Uk, recorded), expected);
            assert_eq!(not_taken(Lang::En, recorded), recorded.replace('\u{1b}', "\\u{1b}"));
        }
    }
}
