//! Which files a bag has: every path that may stand in one, what it is, and how large it may be.
//!
//! The grammar admits only short ASCII names in one case, so no two of them differ by case or by Unicode normalisation,
//! none is absolute, and none leads out of the bag.

use super::manifest::Algorithm;
use crate::checkpoint::decimal;
use crate::consistency::MAX_CONSISTENCY_SIZE;
use crate::note::MAX_NOTE_SIZE;
use crate::timestamp;
use crate::tlog_proof::MAX_PROOF_SIZE;

/// The folders of a bag. None is empty; `consistency` is absent where there is one checkpoint only, `keys` where the archive's
/// key never changed.
pub const FOLDERS: [&str; 6] = ["checkpoints", "consistency", "data", "keys", "proofs", "records"];

/// The declaration that makes a folder a bag (RFC 8493, 2.1.1).
pub const DECLARATION: &str = "bagit.txt";
/// What the bag says of itself (RFC 8493, 2.2.2).
pub const INFO: &str = "bag-info.txt";
/// Words for a reader who never heard of us.
pub const README: &str = "README.txt";
/// The archive's key.
pub const KEY: &str = "archive.vkey";
/// The record of the disclosure.
pub const DISCLOSURE_RECORD: &str = "disclosure.sd-jwt";
/// The proof that this record is in the log.
pub const DISCLOSURE_PROOF: &str = "disclosure.tlog-proof";

/// The files that every bag has, in the order in which a reader needs them.
pub const SINGLE_FILES: [&str; 10] = [
    DECLARATION,
    INFO,
    README,
    "tagmanifest-sha256.txt",
    "tagmanifest-sha512.txt",
    "manifest-sha256.txt",
    "manifest-sha512.txt",
    KEY,
    DISCLOSURE_RECORD,
    DISCLOSURE_PROOF,
];

/// The exact text of [`DECLARATION`].
pub const DECLARATION_TEXT: &str = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";

/// What a path of a bag is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// `bagit.txt`, `bag-info.txt`, `README.txt` or `archive.vkey`.
    Words,
    /// `disclosure.sd-jwt`.
    DisclosureRecord,
    /// `disclosure.tlog-proof`.
    DisclosureProof,
    /// The manifest of the payload.
    Manifest(Algorithm),
    /// The manifest of all other files but the tag manifests.
    TagManifest(Algorithm),
    /// `data/<stem>.<extension>`: a disclosed file.
    Payload {
        /// The name without its extension, by which its record and proof are found.
        stem: String,
    },
    /// `records/<stem>.sd-jwt`.
    Record {
        /// Of which disclosed file.
        stem: String,
    },
    /// `proofs/<stem>.tlog-proof`.
    Proof {
        /// Of which disclosed file.
        stem: String,
    },
    /// `keys/<number>.sd-jwt`: the archive's key was followed by another.
    KeyRecord {
        /// The how-manieth change of the key, from 1.
        number: u64,
    },
    /// `keys/<number>.tlog-proof`.
    KeyProof {
        /// Of which change of the key.
        number: u64,
    },
    /// `checkpoints/<size>.txt`.
    Checkpoint {
        /// Leaves of the log.
        size: u64,
    },
    /// `checkpoints/<size>.token-<number>.tsr`.
    Token {
        /// Of which checkpoint.
        size: u64,
        /// Which of its tokens, from 1.
        number: u64,
    },
    /// `checkpoints/<size>.token-<number>.pem`: for other programs; nothing here reads it.
    Certificates {
        /// Of which checkpoint.
        size: u64,
        /// Of which of its tokens.
        number: u64,
    },
    /// `consistency/<old>-<new>.txt`.
    Consistency {
        /// Leaves of the older log.
        old: u64,
        /// Leaves of the newer log.
        new: u64,
    },
}

impl Place {
    /// What a path is; nothing where no bag has such a file.
    pub fn of(untrusted_path: &str) -> Option<Self> {
        match untrusted_path.split_once('/') {
            None => top(untrusted_path),
            Some(("data", name)) => {
                let (stem, extension) = name.rsplit_once('.')?;
                (is_stem(stem) && is_extension(extension)).then(|| Self::Payload { stem: stem.to_owned() })
            }
            Some(("records", name)) => {
                let stem = name.strip_suffix(".sd-jwt").filter(|stem| is_stem(stem))?;
                Some(Self::Record { stem: stem.to_owned() })
            }
            Some(("proofs", name)) => {
                let stem = name.strip_suffix(".tlog-proof").filter(|stem| is_stem(stem))?;
                Some(Self::Proof { stem: stem.to_owned() })
            }
            Some(("keys", name)) => key_change(name),
            Some(("checkpoints", name)) => checkpoint(name),
            Some(("consistency", name)) => {
                let (old, new) = name.strip_suffix(".txt")?.split_once('-')?;
                Some(Self::Consistency { old: count(old)?, new: count(new)? })
            }
            Some(_) => None,
        }
    }

    /// Whether it is one of the disclosed files; all others are what BagIt calls tag files.
    pub fn is_payload(&self) -> bool {
        matches!(self, Self::Payload { .. })
    }

    /// Whether the disclosure's own record names its digest: every file but the payload (which the payload manifests
    /// name), that record, its proof, and the tag manifests (which name that record).
    pub fn is_signed(&self) -> bool {
        let unsigned = matches!(self, Self::DisclosureRecord | Self::DisclosureProof | Self::TagManifest(_));
        !unsigned && !self.is_payload()
    }

    /// The most bytes that such a file may have, so that a stranger's bag cannot fill the memory; none for the payload.
    pub fn limit(&self) -> Option<usize> {
        Some(match self {
            Self::Payload { .. } => return None,
            Self::Words | Self::Record { .. } | Self::KeyRecord { .. } => 64 << 10,
            // As much as a record can be long.
            Self::DisclosureRecord => 16 << 20,
            Self::Manifest(_) | Self::TagManifest(_) => 32 << 20,
            Self::DisclosureProof | Self::Proof { .. } | Self::KeyProof { .. } => MAX_PROOF_SIZE,
            Self::Checkpoint { .. } => MAX_NOTE_SIZE,
            Self::Token { .. } => timestamp::MAX_BYTES,
            Self::Certificates { .. } => 1 << 20,
            Self::Consistency { .. } => MAX_CONSISTENCY_SIZE,
        })
    }
}

/// A name without extension: a running number of at least two digits, or a reference with `:` written as `_`.
pub fn is_stem(untrusted_stem: &str) -> bool {
    is_number_of_two(untrusted_stem) || is_reference(untrusted_stem)
}

/// An extension: 1 to 16 lower-case ASCII letters and digits, at least one letter, so that it is not part of a reference.
pub fn is_extension(untrusted_extension: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=16).contains(&untrusted_extension.len())
        && untrusted_extension.bytes().all(plain)
        && untrusted_extension.bytes().any(|byte| byte.is_ascii_lowercase())
}

fn is_number_of_two(text: &str) -> bool {
    (2..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `A7-312`, `A7-312.4`, `V_A3-1` (`docs/format/changes.md`, "References").
fn is_reference(text: &str) -> bool {
    let mut chars = text.chars();
    let rest = match (chars.next(), chars.next()) {
        (Some(letter), Some('_')) if letter.is_ascii_uppercase() => &text[2..],
        _ => text,
    };
    let numbers = rest.strip_prefix('A').and_then(|rest| rest.split_once('-'));
    let is_count = |text: &str| count(text).is_some();
    text.len() <= 200
        && numbers.is_some_and(|(accession, item)| is_count(accession) && item.split('.').all(is_count))
}

fn top(name: &str) -> Option<Place> {
    Some(match name {
        DECLARATION | INFO | README | KEY => Place::Words,
        DISCLOSURE_RECORD => Place::DisclosureRecord,
        DISCLOSURE_PROOF => Place::DisclosureProof,
        _ => {
            let (is_tag, rest) = match name.strip_prefix("tag") {
                Some(rest) => (true, rest),
                None => (false, name),
            };
            let algorithm = Algorithm::of_name(rest.strip_prefix("manifest-")?.strip_suffix(".txt")?)?;
            if is_tag { Place::TagManifest(algorithm) } else { Place::Manifest(algorithm) }
        }
    })
}

fn key_change(name: &str) -> Option<Place> {
    let (number, kind) = name.split_once('.')?;
    let number = count(number)?;
    match kind {
        "sd-jwt" => Some(Place::KeyRecord { number }),
        "tlog-proof" => Some(Place::KeyProof { number }),
        _ => None,
    }
}

fn checkpoint(name: &str) -> Option<Place> {
    let (size, rest) = name.split_once('.')?;
    let size = count(size)?;
    if rest == "txt" {
        return Some(Place::Checkpoint { size });
    }
    let (number, kind) = rest.strip_prefix("token-")?.split_once('.')?;
    let number = count(number)?;
    match kind {
        "tsr" => Some(Place::Token { size, number }),
        "pem" => Some(Place::Certificates { size, number }),
        _ => None,
    }
}

/// A decimal number from 1 without leading zeroes.
fn count(text: &str) -> Option<u64> {
    decimal(text).filter(|&number| number > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_has_one_meaning_or_none() {
        for good in [
            "data/01.mp4",
            "data/000123.7z",
            "data/A7-312.jpg",
            "data/A7-312.4.jpg",
            "data/V_A3-1.bin",
            "records/01.sd-jwt",
            "proofs/A7-312.4.tlog-proof",
            "keys/1.sd-jwt",
            "keys/12.tlog-proof",
            "checkpoints/256.txt",
            "checkpoints/256.token-1.tsr",
            "checkpoints/256.token-12.pem",
            "consistency/256-512.txt",
        ] {
            assert!(Place::of(good).is_some(), "{good}");
        }
        assert!(SINGLE_FILES.iter().all(|file| Place::of(file).is_some()));
        for bad in [
            "",
            "data",
            "data/",
            "data/1.mp4",
            "data/01",
            "data/01.",
            "data/01.MP4",
            "data/01.mp4 ",
            "data/a/01.mp4",
            "data/../01.mp4",
            "./data/01.mp4",
            "/data/01.mp4",
            "Data/01.mp4",
            "data/a7-1.mp4",
            "data/v_A3-1.bin",
            "data/1_A3-1.bin",
            "data/\u{421}_A3-1.bin",
            "data/VV_A3-1.bin",
            "data/A07-1.mp4",
            "data/A7.mp4",
            "data/A7-1.4",
            "data/.mp4",
            "data/01.mp\u{0456}",
            "records/01.json",
            "keys/01.sd-jwt",
            "keys/0.sd-jwt",
            "keys/1.vkey",
            "checkpoints/0.txt",
            "checkpoints/0256.txt",
            "checkpoints/256.token-0.tsr",
            "checkpoints/256.token-1.crt",
            "consistency/0-1.txt",
            "fetch.txt",
            "manifest-md5.txt",
            "tagmanifest-sha1.txt",
            "readme.txt",
            "records/\u{e9}.sd-jwt",
        ] {
            assert_eq!(Place::of(bad), None, "{bad}");
        }
    }
}
