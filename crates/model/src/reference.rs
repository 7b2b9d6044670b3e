//! References: how people and records name an accession, an item, or a member of a container.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// `A7`, `A7-312`, `A7-312.4`, `V:A3-1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Ref {
    /// The compartment's letter; none in `main`.
    pub letter: Option<char>,
    /// Number of the accession, from 1.
    pub accession: u64,
    /// Number of the item within it, from 1.
    pub item: Option<u64>,
    /// Within a container, within a container in it, and so on.
    pub members: Vec<u64>,
}

/// A text that names nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a reference")]
pub struct BadReference(pub String);

impl Ref {
    /// The accession `number` of the compartment with this letter.
    pub fn accession(letter: Option<char>, number: u64) -> Self {
        Self { letter, accession: number, item: None, members: Vec::new() }
    }

    /// Item `number` of this accession.
    pub fn with_item(&self, number: u64) -> Self {
        Self { item: Some(number), members: Vec::new(), ..self.clone() }
    }

    /// What was found in this item under this number.
    pub fn member(&self, number: u64) -> Self {
        let mut inner = self.clone();
        inner.members.push(number);
        inner
    }

    /// The accession that this is part of.
    pub fn whole(&self) -> Self {
        Self::accession(self.letter, self.accession)
    }

    /// Is `other` this, or a part of it?
    pub fn holds(&self, other: &Self) -> bool {
        self.whole() == other.whole()
            && (self.item.is_none() || self.item == other.item && other.members.starts_with(&self.members))
    }
}

impl fmt::Display for Ref {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        if let Some(letter) = self.letter {
            write!(f, "{letter}:")?;
        }
        write!(f, "A{}", self.accession)?;
        if let Some(item) = self.item {
            write!(f, "-{item}")?;
        }
        self.members.iter().try_for_each(|member| write!(f, ".{member}"))
    }
}

impl FromStr for Ref {
    type Err = BadReference;

    /// Reads what a person typed: lower case is accepted, leading zeros and other texts are not.
    fn from_str(text: &str) -> Result<Self, BadReference> {
        parse(&text.to_ascii_uppercase()).ok_or_else(|| BadReference(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Ref> {
    let (letter, rest) = match text.split_once(':') {
        Some((letter, rest)) => {
            let mut letters = letter.chars();
            let first = letters.next().filter(char::is_ascii_uppercase)?;
            letters.next().is_none().then_some((Some(first), rest))?
        }
        None => (None, text),
    };
    let rest = rest.strip_prefix('A')?;
    let Some((accession, item)) = rest.split_once('-') else {
        return Some(Ref::accession(letter, number(rest)?));
    };
    let mut numbers = item.split('.').map(number);
    let item = numbers.next()??;
    let members = numbers.collect::<Option<Vec<_>>>()?;
    Some(Ref { letter, accession: number(accession)?, item: Some(item), members })
}

fn number(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.len() <= 15 && text.bytes().all(|b| b.is_ascii_digit());
    (plain && !text.starts_with('0')).then(|| text.parse().ok())?
}

impl TryFrom<String> for Ref {
    type Error = BadReference;
    fn try_from(text: String) -> Result<Self, BadReference> {
        text.parse()
    }
}

impl From<Ref> for String {
    fn from(reference: Ref) -> String {
        reference.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::Ref;
    use proptest::prelude::*;

    #[test]
    fn nonsense_names_nothing() {
        for text in
            ["", "A", "A0", "A-1", "A1-", "A1-0", "A01", "1", "A1-1.", ":A1", "VV:A1", "A1 ", "А1", "A1-1.0"]
        {
            assert!(text.parse::<Ref>().is_err(), "{text:?}");
        }
        assert_eq!("v:a3-1.2".parse::<Ref>().unwrap().to_string(), "V:A3-1.2");
    }

    #[test]
    fn a_whole_holds_its_parts() {
        let of = |text: &str| text.parse::<Ref>().unwrap();
        assert!(of("A7").holds(&of("A7-3.1")));
        assert!(of("A7-3").holds(&of("A7-3.1")));
        assert!(!of("A7-3").holds(&of("A7-31")));
        assert!(!of("A7").holds(&of("V:A7-3")));
    }

    proptest! {
        #[test]
        fn a_reference_is_read_back(
            letter in proptest::option::of("[A-Z]"), accession in 1u64..1_000_000,
            item in proptest::option::of(1u64..1_000_000), members in proptest::collection::vec(1u64..100, 0..3),
        ) {
            let members = if item.is_some() { members } else { Vec::new() };
            let letter = letter.and_then(|l| l.chars().next());
            let reference = Ref { letter, accession, item, members };
            prop_assert_eq!(reference.to_string().parse::<Ref>().unwrap(), reference);
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC*") {
            let _ = text.parse::<Ref>();
        }
    }
}
