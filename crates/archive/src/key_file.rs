//! A member's key file is replaced by a newer one, and the record that says so follows: what is noted in between.
//!
//! The note is signed by the member. So an older file that somebody else puts in the place of the newest is named by the check, and
//! one that an interrupted command left is not taken for it.

use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use vidimus_model::MemberId;
use vidimus_proof::record::PublicKey;
use vidimus_seal::member::MemberKeys;

use crate::files;
use crate::layout::Layout;
use crate::passphrase::digest_of;

/// That one key file of a member follows another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Following {
    /// SHA-256 of the file that was the newest.
    pub from: String,
    /// SHA-256 of the one that follows it.
    pub to: String,
    /// The member's signature over both, hexadecimal.
    signature: String,
}

/// Puts another key file in the place of the member's own, and notes that its record is to follow.
pub(crate) fn replace(layout: &Layout, keys: &MemberKeys, file: &[u8]) -> io::Result<()> {
    let id = MemberId::from_bytes(*keys.id.bytes());
    let there = digest_of(&crate::files::read(layout.member(id))?);
    // What an interrupted change left unrecorded followed the recorded one.
    let before = noted(layout, id, &keys.signing.key().public()).filter(|noted| noted.to == there);
    let (from, to) = (before.map_or(there, |noted| noted.from), digest_of(file));
    let signature = hex::encode(keys.signing.key().sign(text(id, &from, &to).as_bytes()));
    let note = serde_json::to_vec(&Following { from, to, signature }).map_err(io::Error::other)?;
    files::replace(&path(layout, id), &note)?;
    files::replace(&layout.member(id), file)
}

/// What is noted for this member, signed with this key of theirs.
pub(crate) fn noted(layout: &Layout, id: MemberId, key: &PublicKey) -> Option<Following> {
    let untrusted = crate::files::read(path(layout, id)).ok()?;
    let note: Following = serde_json::from_slice(&untrusted).ok()?;
    let signature = hex::decode(&note.signature).ok()?;
    key.verify(text(id, &note.from, &note.to).as_bytes(), &signature).ok()?;
    Some(note)
}

/// Is anything noted for this member?
pub(crate) fn is_noted(layout: &Layout, id: MemberId) -> bool {
    path(layout, id).exists()
}

/// The record stands, or the file was not replaced.
pub(crate) fn forget(layout: &Layout, id: MemberId) -> io::Result<()> {
    crate::crash::step();
    files::remove(&path(layout, id))
}

fn path(layout: &Layout, id: MemberId) -> PathBuf {
    layout.unfinished().join(format!("key-file-{id}"))
}

fn text(id: MemberId, from: &str, to: &str) -> String {
    format!("vidimus/key-file/v1\n{id}\n{from}\n{to}\n")
}
