//! Disclosure bags: what leaves the archive with a proof that a stranger can check (`docs/format/bag.md`).
//!
//! [`Plan`] is the writer's side; [`verify()`] is the reader's. They share the names of files ([`layout`]) and the form
//! of manifests ([`manifest`]), and nothing else: the reader trusts nothing that the writer promises.

pub mod layout;
pub mod manifest;
mod plan;
mod problem;
mod report;
mod source;
mod tombstone;
mod verify;

pub use plan::{Anchor, Plan, PlanError, PlannedFile, PlannedKey, StampFiles};
pub use problem::{Fault, Problem};
pub use report::{
    BagKey, Counted, Dated, DatedBy, FileReport, NotCounted, Pinned, ReceiptAnswer, ReceiptSigner, Report,
    StampReport, Trust,
};
pub use source::{BagSource, Entry, EntryKind, MemoryBag};
pub use tombstone::{TOMBSTONE, TOMBSTONE_FIELDS, tombstone_text};
pub use verify::verify;

/// The change that the record of a file as received says.
pub const ITEM: &str = "item/1";
/// The change that the record of a file says which a tool unpacked from another.
pub const CONTAINED: &str = "contained/1";
/// The change that the record of the disclosure says.
pub const DISCLOSURE: &str = "disclosure/1";
/// The fields of a file's record that are always open.
pub const ITEM_FIELDS: [&str; 3] = ["change", "sha256", "size"];
/// Those of a file that a tool unpacked, besides [`ITEM_FIELDS`]: nobody is to take it for what was received.
pub const CONTAINED_FIELDS: [&str; 2] = ["tool", "tool_version"];
/// The fields of the disclosure's record that are always open.
pub const DISCLOSURE_FIELDS: [&str; 3] = ["change", "files", "opened"];
/// The most files of payload that one bag holds: the record of the disclosure has to name all their proofs.
pub const MAX_FILES: usize = 50_000;
