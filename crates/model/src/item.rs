//! An item: one file as received.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{FoundPath, Ref};

/// The change `item/1`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Its reference.
    pub about: Ref,
    /// As found, relative to the source.
    #[serde(flatten)]
    pub path: FoundPath,
    /// Which of the accession's sources, from 0.
    pub source: u32,
    /// SHA-256 of the bytes as read, hexadecimal.
    pub sha256: String,
    /// Bytes as read.
    pub size: u64,
    /// What the file system said of it.
    pub file_system: FileSystemSays,
    /// Where the sealed bytes lie.
    pub object: ObjectPlace,
    /// The item with the same bytes that was there before.
    #[serde(deserialize_with = "Option::deserialize")]
    pub copy_of: Option<Ref>,
    /// Whether it stood still while it was read.
    pub reading: Reading,
    /// Its sizes before and after, where it changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading_sizes: Option<ReadingSizes>,
}

/// Where the sealed bytes of an item lie, and what pins them; `docs/format/object.md`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ObjectPlace {
    /// Name in the vault, 32 hexadecimal digits.
    pub name: String,
    /// Bytes of the whole object.
    pub size: u64,
    /// SHA-256 of the age header, hexadecimal.
    pub header: String,
    /// In a pack: first byte within the object's plaintext.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// In a pack: number of bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<u64>,
}

/// What the file system claimed of a file; its times are never "when it happened".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSystemSays {
    /// Kind and permission bits, octal, such as `100644`.
    pub mode: String,
    /// Content last modified.
    pub modified: Option<Timestamp>,
    /// Inode last changed.
    pub changed: Option<Timestamp>,
    /// Last read.
    pub accessed: Option<Timestamp>,
    /// Created.
    pub created: Option<Timestamp>,
    /// Whether the file system says which zone it means.
    pub zone: TimeZoneKnown,
}

/// Whether file-system times are known to be UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TimeZoneKnown {
    /// The file system counts in UTC.
    #[serde(rename = "UTC")]
    Utc,
    /// The file system keeps local time without saying which (FAT, exFAT, some discs), or is not known to us.
    #[default]
    #[serde(rename = "unknown")]
    Unknown,
}

/// Whether a file stood still while it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reading {
    /// It did.
    Whole,
    /// It changed; what was read is kept, and flagged.
    Changed,
}

/// The sizes of a file that changed while it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadingSizes {
    /// Bytes when it was opened.
    pub size_before: u64,
    /// Bytes when it had been read.
    pub size_after: u64,
}
