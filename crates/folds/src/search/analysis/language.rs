//! In which of the three languages a text is, as far as its letters say.

use serde::{Deserialize, Serialize};

/// Of which language stems are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Language {
    /// Ukrainian
    #[serde(rename = "uk")]
    Ukrainian,
    /// Russian
    #[serde(rename = "ru")]
    Russian,
    /// English
    #[serde(rename = "en")]
    English,
}

impl Language {
    /// Its code in ISO 639-1.
    pub fn code(self) -> &'static str {
        match self {
            Self::Ukrainian => "uk",
            Self::Russian => "ru",
            Self::English => "en",
        }
    }

    /// The language of such a code.
    pub fn read(untrusted_code: &str) -> Option<Self> {
        [Self::Ukrainian, Self::Russian, Self::English]
            .into_iter()
            .find(|known| known.code() == untrusted_code)
    }
}

/// Letters looked at: a page tells by its beginning.
const ENOUGH: usize = 4000;

/// The language of `text`, where its letters say so clearly; none of a short or mixed one.
pub fn guess(text: &str) -> Option<Language> {
    let (mut ukrainian, mut russian, mut cyrillic, mut latin, mut letters) = (0_u32, 0_u32, 0_u32, 0_u32, 0);
    for c in text.chars() {
        match c {
            'а'..='я' | 'А'..='Я' | 'ё' | 'Ё' | 'є' | 'Є' | 'і' | 'І' | 'ї' | 'Ї' | 'ґ' | 'Ґ' =>
            {
                cyrillic += 1;
                match letter(c) {
                    Some(Language::Ukrainian) => ukrainian += 1,
                    Some(Language::Russian) => russian += 1,
                    _ => {}
                }
            }
            c if c.is_ascii_alphabetic() => latin += 1,
            c if c.is_ascii() || !c.is_alphabetic() => continue,
            c => cyrillic += u32::from(super::folding::is_cyrillic(c)),
        }
        letters += 1;
        if letters == ENOUGH {
            break;
        }
    }
    if latin > 4 * cyrillic {
        return Some(Language::English);
    }
    // Names and quotations bring letters of the other language into any text.
    match (ukrainian, russian) {
        (u, r) if u > 4 * r => Some(Language::Ukrainian),
        (u, r) if r > 4 * u => Some(Language::Russian),
        _ => None,
    }
}

/// Which language alone has this letter?
pub(super) fn letter(c: char) -> Option<Language> {
    match c {
        'і' | 'ї' | 'є' | 'ґ' | 'І' | 'Ї' | 'Є' | 'Ґ' => Some(Language::Ukrainian),
        'ы' | 'э' | 'ъ' | 'ё' | 'Ы' | 'Э' | 'Ъ' | 'Ё' => Some(Language::Russian),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Language, guess};

    #[test]
    fn letters_tell_the_language_or_nothing_does() {
        assert_eq!(guess("У камері його били щодня, і лікар про це знав."), Some(Language::Ukrainian));
        assert_eq!(guess("В камере его били каждый день, и врач об этом знал."), Some(Language::Russian));
        assert_eq!(guess("He was beaten every day, and the doctor knew."), Some(Language::English));
        assert_eq!(guess("камера"), None);
        assert_eq!(guess(""), None);
    }
}
