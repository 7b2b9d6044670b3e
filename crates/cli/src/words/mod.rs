//! Every word that people read, in English, Ukrainian and Russian side by side, so that none is forgotten.

pub mod asks;
pub mod bad_days;
pub mod card;
pub mod card_examined;
pub mod causes;
pub mod changes;
pub mod check_sentences;
pub mod checked;
pub mod clocks;
pub mod doctor;
pub mod examined;
pub mod fold;
pub mod gone;
pub mod help;
pub mod keyholders;
pub mod numbers;
pub mod openings;
pub mod phrases;
pub mod reasons;
pub mod receipt;
pub mod safe;
pub mod search;
pub mod sheet;
pub mod similar;
pub mod stamps;
pub mod table;
pub mod tells;
pub mod troubles;
pub mod usage;

/// A language of the messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Українська.
    Uk,
    /// Русский.
    Ru,
}

impl Lang {
    /// The language of a locale's name, such as `uk_UA.UTF-8`; English for every other.
    pub fn of_locale(name: &str) -> Self {
        match name.get(..2) {
            Some("uk") => Self::Uk,
            Some("ru") => Self::Ru,
            _ => Self::En,
        }
    }

    /// The one of three texts that is in this language.
    pub fn pick<T>(self, en: T, uk: T, ru: T) -> T {
        match self {
            Self::En => en,
            Self::Uk => uk,
            Self::Ru => ru,
        }
    }
}

/// `format!` of the literal in the language: English, Ukrainian, Russian.
macro_rules! say {
    ($lang:expr, $en:literal, $uk:literal, $ru:literal $(,)?) => {
        match $lang {
            $crate::words::Lang::En => format!($en),
            $crate::words::Lang::Uk => format!($uk),
            $crate::words::Lang::Ru => format!($ru),
        }
    };
}
pub(crate) use say;

#[cfg(test)]
mod tests {
    use super::Lang;

    #[test]
    fn a_locale_says_the_language() {
        let of = Lang::of_locale;
        assert_eq!([of("uk_UA.UTF-8"), of("ru"), of("C"), of("")], [Lang::Uk, Lang::Ru, Lang::En, Lang::En]);
    }
}
