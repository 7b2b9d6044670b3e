//! That a giver's seal was opened: what is on record to check it with, and the statement of whoever opened it.
//!
//! Never in it: what was said about the giver.

use serde::{Deserialize, Serialize};

use crate::{Ref, is_unsafe_to_show};

/// By which keys it is known who opened a giver: one for each share, its secret half sealed in that share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GiverKeys {
    /// The accession.
    pub about: Ref,
    /// In the order of the shares.
    pub keys: Vec<GiverKey>,
}

/// The key of one share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GiverKey {
    /// Who opens the share together, outermost layer first.
    pub recipients: Vec<String>,
    /// Ed25519 public key, base64url.
    pub key: String,
}

/// Somebody opened a giver, and said so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GiverOpened {
    /// The accession.
    pub about: Ref,
    /// What they said: [`Opening::text`].
    pub statement: String,
    /// The signature with the key of the share that they opened, base64url; none where they only told of it.
    #[serde(deserialize_with = "Option::deserialize")]
    pub signature: Option<String>,
}

/// What is asked of whoever opens a giver: to say that they did, and this is about what (`docs/format/keys.md`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpeningAsked {
    /// The log's origin, as the accession's record has it.
    pub origin: String,
    /// The accession.
    pub accession: Ref,
    /// The log entry of its record, hexadecimal.
    pub entry: String,
    /// Of each share the key, and who opens it.
    pub shares: Vec<(String, Vec<String>)>,
}

/// Who opened a giver, when by their clock, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// As it was asked.
    pub origin: String,
    /// The accession.
    pub accession: Ref,
    /// The log entry of its record, hexadecimal.
    pub entry: String,
    /// The key of the share that was opened; none where it is only told.
    pub share: Option<String>,
    /// Whose keys open that share.
    pub keyholders: Vec<String>,
    /// Who says so.
    pub by: String,
    /// When, by their clock: RFC 3339 in UTC, or as it was told.
    pub at: String,
    /// What for, line by line.
    pub why: Vec<String>,
}

const ASKED: &str = "vidimus/giver/v1";
const OPENED: &str = "vidimus/giver-opened/v1";

impl OpeningAsked {
    /// The text of the file beside the shares.
    pub fn text(&self) -> String {
        let mut text =
            format!("{ASKED}\norigin {}\naccession {}\nentry {}\n", self.origin, self.accession, self.entry);
        for (key, recipients) in &self.shares {
            text.push_str(&format!("share {key} {}\n", recipients.join(" ")));
        }
        text
    }

    /// Reads such a text; none if it is not one.
    pub fn read(untrusted: &str) -> Option<Self> {
        let mut lines = untrusted.strip_suffix('\n')?.split('\n');
        let is_one = lines.next() == Some(ASKED);
        let mut field = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned);
        let (origin, accession, entry) = (field("origin")?, field("accession")?, field("entry")?);
        let share = |line: &str| {
            let mut words = line.strip_prefix("share ")?.split(' ').map(str::to_owned);
            Some((words.next()?, words.collect::<Vec<_>>()))
        };
        let shares = lines.map(share).collect::<Option<Vec<_>>>()?;
        let asked = Self { origin, accession: accession.parse().ok()?, entry, shares };
        (is_one && asked.text() == untrusted).then_some(asked)
    }

    /// Who opens the share with this key.
    pub fn openers(&self, key: &str) -> Option<&[String]> {
        self.shares.iter().find(|(known, _)| known == key).map(|(_, recipients)| recipients.as_slice())
    }
}

impl Opening {
    /// The text that is signed.
    pub fn text(&self) -> String {
        let mut text =
            format!("{OPENED}\norigin {}\naccession {}\nentry {}\n", self.origin, self.accession, self.entry);
        let mut line = |name: &str, value: &str| text.push_str(&format!("{name} {value}\n"));
        self.share.iter().for_each(|key| line("share", key));
        self.keyholders.iter().for_each(|one| line("keyholder", one));
        line("by", &self.by);
        line("at", &self.at);
        self.why.iter().for_each(|why| line("why", why));
        text
    }

    /// Reads such a text; none if it is not one, or holds what could act on a terminal.
    pub fn read(untrusted: &str) -> Option<Self> {
        let mut lines = untrusted.strip_suffix('\n')?.split('\n').peekable();
        let is_one = lines.next() == Some(OPENED);
        let mut some = |name: &str, most: usize| {
            let mut values = Vec::new();
            while values.len() < most
                && let Some(value) = lines.peek().and_then(|line| line.strip_prefix(name)?.strip_prefix(' '))
            {
                values.push(value.to_owned());
                lines.next();
            }
            values
        };
        let [origin, accession, entry, mut share] =
            [("origin", 1), ("accession", 1), ("entry", 1), ("share", 1)]
                .map(|(name, most)| some(name, most));
        let keyholders = some("keyholder", usize::MAX);
        let [by, at] = [some("by", 1), some("at", 1)];
        let why = some("why", usize::MAX);
        let one = |mut values: Vec<String>| values.pop();
        let opening = Self {
            origin: one(origin)?,
            accession: one(accession)?.parse().ok()?,
            entry: one(entry)?,
            share: share.pop(),
            keyholders,
            by: one(by)?,
            at: one(at)?,
            why,
        };
        let harmless = !untrusted.chars().any(|c| c != '\n' && is_unsafe_to_show(c));
        (is_one && harmless && opening.text() == untrusted).then_some(opening)
    }

    /// A text as the lines of `why`: without those that are empty at its ends.
    pub fn lines(said: &str) -> Vec<String> {
        said.trim().lines().map(|line| line.trim_end().to_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opening() -> Opening {
        Opening {
            origin: "archive.example/ik-900".into(),
            accession: "A7".parse().unwrap(),
            entry: "ab".repeat(32),
            share: Some("key".into()),
            keyholders: vec!["age1one".into(), "age1two".into()],
            by: "Ана".into(),
            at: "2031-02-19T10:00:00Z".into(),
            why: Opening::lines("\nthe court asked\n\n  for a name \n"),
        }
    }

    #[test]
    fn a_statement_is_read_as_it_was_written_and_nothing_else_is_one() {
        let told = Opening { share: None, keyholders: Vec::new(), why: Vec::new(), ..opening() };
        for one in [opening(), told] {
            assert_eq!(Opening::read(&one.text()), Some(one));
        }
        assert_eq!(opening().why, ["the court asked", "", "  for a name"]);
        let text = opening().text();
        let removed = |line: usize| {
            let lines = text.lines().enumerate().filter(|(number, _)| *number != line);
            lines.map(|(_, line)| format!("{line}\n")).collect::<String>()
        };
        for line in [0, 1, 2, 3, 7, 8] {
            assert_eq!(Opening::read(&removed(line)), None, "without line {line}");
        }
        for broken in [&text[..text.len() - 1], &format!("{text}more\n"), &text.replace("Ана", "А\u{202e}на")]
        {
            assert_eq!(Opening::read(broken), None, "{broken}");
        }
    }

    #[test]
    fn what_is_asked_is_read_as_it_was_written() {
        let Opening { origin, accession, entry, .. } = opening();
        let shares =
            vec![("one".into(), vec!["age1a".into(), "age1b".into()]), ("two".into(), vec!["age1c".into()])];
        let asked = OpeningAsked { origin, accession, entry, shares };
        assert_eq!(OpeningAsked::read(&asked.text()), Some(asked.clone()));
        assert_eq!(asked.openers("two").unwrap(), ["age1c"]);
        assert!(asked.openers("three").is_none());
        assert_eq!(OpeningAsked::read(&asked.text().replace("share", "chair")), None);
        assert_eq!(OpeningAsked::read(&opening().text()), None);
    }
}
