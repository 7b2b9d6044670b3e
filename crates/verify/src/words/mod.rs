//! What the program says, in three languages: the tables have the sentences, this file chooses among them.

mod en;
pub mod help;
mod ru;
mod table;
mod uk;

use std::io;

use vidimus_proof::bag::{Fault, Problem, ReceiptAnswer};
use vidimus_proof::record::RecordError;

use crate::options::Language;
use crate::page::safe;
pub use table::Table;

/// The words of one language.
pub struct Words {
    /// The sentences.
    pub table: &'static Table,
    language: Language,
}

impl Words {
    /// The words of this language.
    pub fn of(language: Language) -> Self {
        let table = match language {
            Language::En => &en::TABLE,
            Language::Uk => &uk::TABLE,
            Language::Ru => &ru::TABLE,
        };
        Self { table, language }
    }

    /// "1 byte", "22 байта": Ukrainian and Russian go by how the number ends.
    pub fn bytes(&self, size: u64) -> String {
        let form = match (self.language, size % 100, size % 10) {
            (Language::En, ..) if size == 1 => 0,
            (Language::En, ..) => 2,
            (_, 11..=14, _) => 2,
            (_, _, 1) => 0,
            (_, _, 2..=4) => 1,
            _ => 2,
        };
        fill(self.table.bytes[form], &[&size.to_string()])
    }

    /// The bag's folder cannot be opened.
    pub fn no_bag(&self, path: &str, error: &io::Error) -> String {
        fill(self.table.no_bag, &[path, self.reason(error.kind())])
    }

    /// A file named on the command line cannot be read.
    pub fn unreadable_option(&self, path: &str, error: &io::Error) -> String {
        fill(self.table.unreadable_option, &[path, self.reason(error.kind())])
    }

    /// `--archive-key` is no vkey.
    pub fn bad_key(&self, text: &str) -> String {
        fill(self.table.bad_key, &[text])
    }

    /// `--receipt` has no receipt in it.
    pub fn bad_receipt(&self, path: &str) -> String {
        fill(self.table.bad_receipt, &[path])
    }

    /// `--tsa-ca` has no certificate in it, or one that cannot be read.
    pub fn bad_certificates(&self, path: &str) -> String {
        fill(self.table.bad_certificates, &[path])
    }

    /// What was typed cannot be understood.
    pub fn wrong_usage(&self, part: &str) -> String {
        fill(self.table.wrong_usage, &[part])
    }

    /// `--policy` is no policy.
    pub fn bad_policy(&self, path: &str, line: usize) -> String {
        fill(self.table.bad_policy, &[path, &line.to_string()])
    }

    /// Standard output takes no more.
    pub fn not_written(&self, error: &io::Error) -> String {
        fill(self.table.not_written, &[self.reason(error.kind())])
    }

    /// What is wrong with a file, the file named first.
    pub fn problem(&self, Problem { file, fault }: &Problem) -> String {
        let file = if file.is_empty() { self.table.whole_bag } else { file };
        format!("{}: {}", safe(file), self.fault(file, fault))
    }

    /// What is wrong with a file.
    pub fn fault(&self, file: &str, fault: &Fault) -> String {
        let t = self.table;
        let plain = match fault {
            Fault::Unreadable(kind) => return fill(t.unreadable, &[self.reason(*kind)]),
            Fault::Manifest(error) => return fill(t.manifest, &[&error.0.to_string()]),
            Fault::NotListed { manifest } => return fill(t.not_listed, &[&safe(manifest)]),
            Fault::WrongDigest { about } => return fill(t.wrong_digest, &[&safe(about)]),
            Fault::Record(RecordError::Forged(field)) => return fill(t.forged, &[&safe(field)]),
            Fault::Record(RecordError::Repeated(field)) => return fill(t.repeated, &[&safe(field)]),
            Fault::OtherChange(change) => return fill(t.other_change, &[change]),
            Fault::Field(field) => return fill(t.field, &[field]),
            Fault::NotAsDisclosed if file.starts_with("manifest-") => t.manifest_not_as_disclosed,
            Fault::Link => t.link,
            Fault::Special => t.special,
            Fault::Unexpected => t.unexpected,
            Fault::EmptyFolder => t.empty_folder,
            Fault::TooMany => t.too_many,
            Fault::TooLarge => t.too_large,
            Fault::Name => t.name,
            Fault::Missing => t.missing,
            Fault::Digest => t.digest,
            Fault::Changed => t.changed,
            Fault::Text => t.text,
            Fault::Key => t.key,
            Fault::OtherKey => t.other_key,
            Fault::Succession(_) => t.succession,
            Fault::OtherPredecessor => t.other_predecessor,
            Fault::KeyOrder(_) => t.key_order,
            Fault::NotLedTo => t.not_led_to,
            Fault::Record(_) => t.record,
            Fault::RecordNotSigned(_) => t.record_not_signed,
            Fault::Opened => t.opened,
            Fault::NotInDisclosure => t.not_in_disclosure,
            Fault::NotAsDisclosed => t.not_as_disclosed,
            Fault::Proof(_) => t.proof,
            Fault::ProofFails(_) => t.proof_fails,
            Fault::Extra => t.extra,
            Fault::Signatures => t.signatures,
            Fault::OwnCheckpoint => t.own_checkpoint,
            Fault::NoteNotInBag => t.note_not_in_bag,
            Fault::Checkpoint(_) => t.checkpoint,
            Fault::CheckpointNotSigned(_) => t.checkpoint_not_signed,
            Fault::Size => t.size,
            Fault::FalseCosignature => t.false_cosignature,
            Fault::Quorum => t.quorum,
            Fault::Consistency(_) => t.consistency,
            Fault::ConsistencyFails(_) => t.consistency_fails,
            Fault::NoRecord => t.no_record,
            Fault::OtherFile => t.other_file,
        };
        plain.to_owned()
    }

    /// Why a receipt says nothing of the bag, or that it says something of each file.
    pub fn receipt(&self, answer: ReceiptAnswer) -> &'static str {
        match answer {
            ReceiptAnswer::InBag => self.table.receipt_in_bag,
            ReceiptAnswer::OtherArchive => self.table.receipt_other_archive,
            ReceiptAnswer::NotSigned => self.table.receipt_not_signed,
            ReceiptAnswer::NotInBag => self.table.receipt_not_in_bag,
            ReceiptAnswer::Fork => self.table.receipt_fork,
        }
    }

    /// Whether a file was inside the receipt.
    pub fn inside(&self, inside: Option<bool>) -> &'static str {
        match inside {
            Some(true) => self.table.yes,
            Some(false) => self.table.no,
            None => self.table.unknown,
        }
    }

    fn reason(&self, kind: io::ErrorKind) -> &'static str {
        match kind {
            io::ErrorKind::NotFound => self.table.not_found,
            io::ErrorKind::PermissionDenied => self.table.not_allowed,
            io::ErrorKind::NotADirectory => self.table.no_folder,
            _ => self.table.disk_error,
        }
    }
}

/// Puts the values in the places `{0}`, `{1}` … of a sentence.
pub fn fill(sentence: &str, values: &[&str]) -> String {
    let mut text = String::new();
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        let (number, after) = after.split_once('}').unwrap_or_default();
        text.push_str(before);
        text.push_str(number.parse().ok().and_then(|number: usize| values.get(number)).unwrap_or(&""));
        rest = after;
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_not_sentences() {
        assert_eq!(fill("{1} of {0}.", &["{1}", "b"]), "b of {1}.");
        assert_eq!(fill("plain", &[]), "plain");
    }

    #[test]
    fn a_size_takes_the_form_that_goes_with_its_number() {
        let said = |language| [0, 1, 3, 5, 11, 21, 112, 122].map(|size| Words::of(language).bytes(size));
        assert_eq!(said(Language::En)[..2], ["0 bytes", "1 byte"]);
        assert_eq!(said(Language::En)[5], "21 bytes");
        let ends = |language| said(language).map(|text| text.split(' ').next_back().unwrap().to_owned());
        assert_eq!(
            ends(Language::Uk),
            ["байтів", "байт", "байти", "байтів", "байтів", "байт", "байтів", "байти"]
        );
        assert_eq!(
            ends(Language::Ru),
            ["байтов", "байт", "байта", "байтов", "байтов", "байт", "байтов", "байта"]
        );
    }

    #[test]
    fn the_languages_fill_the_same_places() {
        let places = |sentence: &str| sentence.matches('{').count();
        let tables = [&en::TABLE, &uk::TABLE, &ru::TABLE].map(Table::sentences);
        for sentences in tables[0].iter().zip(&tables[1]).zip(&tables[2]) {
            let ((en, uk), ru) = sentences;
            assert!(!en.is_empty() && !uk.is_empty() && !ru.is_empty());
            assert_eq!(places(en), places(uk), "{en}");
            assert_eq!(places(en), places(ru), "{en}");
        }
    }
}
