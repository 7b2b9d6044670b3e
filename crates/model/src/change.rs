//! The changes that a record can state; one struct each, named as in `docs/format/changes.md`.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::camera::{Camera, CameraItems};
use crate::destroyed::{Altered, Destroyed};
use crate::examination::{Commitment, Contained, DerivativePlaces, Examination};
use crate::keyholders::{Keyholders, KeyholdersNamed, RecoveryTest, RecoveryTested};
use crate::moved::{MovedIn, MovedOut};
use crate::opening::{GiverKeys, GiverOpened};
use crate::{CompartmentId, FoundPath, Item, KeyId, MemberId, ObjectPlace, ProposalId, Ref};

/// One change. The tag is the field `change`; the rest are the record's own fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "change")]
#[allow(missing_docs, reason = "each variant is documented at its struct")]
pub enum Change {
    #[serde(rename = "archive/1")]
    ArchiveBegins(ArchiveBegins),
    #[serde(rename = "archive-key/1")]
    ArchiveKey(ArchiveKey),
    #[serde(rename = "member/1")]
    Member(Member),
    #[serde(rename = "member-file/1")]
    MemberFile(MemberFile),
    #[serde(rename = "member-removed/1")]
    MemberRemoved(MemberRemoved),
    #[serde(rename = "keyholders/1")]
    Keyholders(Keyholders),
    #[serde(rename = "keyholders/2")]
    KeyholdersNamed(KeyholdersNamed),
    #[serde(rename = "recovery-test/1")]
    RecoveryTest(RecoveryTest),
    #[serde(rename = "recovery-tested/1")]
    RecoveryTested(RecoveryTested),
    #[serde(rename = "proposal/1")]
    Proposal(Proposal),
    #[serde(rename = "agreement/1")]
    Agreement(Agreement),
    #[serde(rename = "receipt/1")]
    Receipt(Receipt),
    #[serde(rename = "rollback/1")]
    Rollback(Rollback),
    #[serde(rename = "destroyed/1")]
    Destroyed(Destroyed),
    #[serde(rename = "altered/1")]
    Altered(Altered),
    #[serde(rename = "compartment/1")]
    Compartment(Compartment),
    #[serde(rename = "generation/1")]
    Generation(Generation),
    #[serde(rename = "holder/1")]
    Holder(Holder),
    #[serde(rename = "accession-opened/1")]
    AccessionOpened(AccessionOpened),
    #[serde(rename = "accession/1")]
    Accession(Accession),
    #[serde(rename = "giver-keys/1")]
    GiverKeys(GiverKeys),
    #[serde(rename = "giver-opened/1")]
    GiverOpened(GiverOpened),
    #[serde(rename = "item/1")]
    Item(Item),
    #[serde(rename = "not-taken/1")]
    NotTaken(NotTaken),
    #[serde(rename = "accession-end/1")]
    AccessionEnd(AccessionEnd),
    #[serde(rename = "release/1")]
    Release(AboutKey),
    #[serde(rename = "withdraw/1")]
    Withdraw(Withdrawal),
    #[serde(rename = "reinstate/1")]
    Reinstate(Withdrawal),
    #[serde(rename = "moved-in/1")]
    MovedIn(MovedIn),
    #[serde(rename = "moved-out/1")]
    MovedOut(MovedOut),
    #[serde(rename = "repack/1")]
    Repack(Repack),
    #[serde(rename = "erasure/1")]
    Erasure(Erasure),
    #[serde(rename = "disclosure/1")]
    Disclosure(Disclosure),
    #[serde(rename = "examination/1")]
    Examination(Box<Examination>),
    #[serde(rename = "contained/1")]
    Contained(Contained),
    #[serde(rename = "derivative-places/1")]
    DerivativePlaces(DerivativePlaces),
    #[serde(rename = "commitment/1")]
    Commitment(Commitment),
    #[serde(rename = "camera/1")]
    Camera(Camera),
    #[serde(rename = "camera-items/1")]
    CameraItems(CameraItems),
}

impl Change {
    /// The item that is received or found in another.
    pub fn as_item(&self) -> Option<&Item> {
        match self {
            Self::Item(item) | Self::Contained(Contained { item, .. }) => Some(item),
            _ => None,
        }
    }
}

/// The archive begins: the first record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArchiveBegins {
    /// The archive id: key id of its first key.
    pub archive: String,
    /// The log's origin.
    pub origin: String,
    /// The archive's key as others pin it (C2SP vkey).
    pub vkey: String,
}

/// The archive's key is followed by another: the last record that the old one signs, alone in its append.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArchiveKey {
    /// The key that signed until then (C2SP vkey).
    pub from: String,
    /// The key that signs from then on.
    pub key: String,
    /// The new key's signature over both, base64url.
    pub by_new: String,
    /// Why.
    pub reason: String,
}

/// A member is added.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// Who.
    pub member: MemberId,
    /// The name by which the others know them.
    pub name: String,
    /// Ed25519 public key, base64url.
    pub signing_key: String,
    /// age recipient, `age1…`.
    pub recipient: String,
}

/// A member changed their passphrase or recovery sheet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemberFile {
    /// Who.
    pub member: MemberId,
    /// SHA-256 of their key file from then on.
    pub sha256: String,
}

/// A member is removed; what they could open they may have copied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemberRemoved {
    /// Who.
    pub member: MemberId,
    /// Why.
    pub reason: String,
}

/// A member proposes something that needs a second one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// By which it is agreed to.
    pub proposal: ProposalId,
    /// What is to be done.
    pub action: Action,
    /// Why.
    pub reason: String,
}

/// What can be proposed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Action {
    /// Destroy what these name.
    Erase {
        /// What.
        about: Vec<Ref>,
    },
    /// Admit a member whose key file is already made.
    AddMember(
        /// Who.
        Member,
    ),
    /// Remove a member.
    RemoveMember {
        /// Who.
        member: MemberId,
    },
    /// Name other keyholders.
    SetKeyholders(
        /// The set that is to hold from then on.
        Keyholders,
    ),
}

/// Another member agrees to a proposal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// To which.
    pub proposal: ProposalId,
}

/// A public receipt of a checkpoint was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// The log's origin then.
    pub origin: String,
    /// Tree size.
    pub size: u64,
    /// Root, base64.
    pub root: String,
}

/// A roll-back was accepted; the first record of a new epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rollback {
    /// The checkpoint from which the archive goes on (note).
    pub kept: String,
    /// The later checkpoint that is lost (note), where it is known.
    #[serde(deserialize_with = "Option::deserialize")]
    pub lost: Option<String>,
    /// Why it was accepted.
    pub reason: String,
}

/// A compartment begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compartment {
    /// Which.
    pub compartment: CompartmentId,
    /// Its name.
    pub name: String,
    /// The letter of its references; empty for `register` and `main`.
    pub letter: String,
}

/// A new generation of a compartment's key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Generation {
    /// Its key id.
    pub key: KeyId,
    /// Its age recipient.
    pub recipient: String,
    /// The members who hold it.
    pub holders: Vec<MemberId>,
}

/// A further member holds a generation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Holder {
    /// Which generation.
    pub key: KeyId,
    /// Who.
    pub member: MemberId,
}

/// An accession's number is taken; what is in it is its registrar's alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccessionOpened {
    /// Its reference.
    pub about: Ref,
    /// Its number.
    pub number: u64,
    /// The key that seals it.
    pub key: KeyId,
}

/// A delivery is begun.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Accession {
    /// Its reference.
    pub about: Ref,
    /// Its number.
    pub number: u64,
    /// What was given to be received.
    pub sources: Vec<Source>,
    /// What is known of the carrier.
    pub medium: Medium,
    /// What was said about it.
    #[serde(deserialize_with = "Option::deserialize")]
    pub note: Option<String>,
    /// From whom, sealed.
    #[serde(deserialize_with = "Option::deserialize")]
    pub giver: Option<Giver>,
}

/// One of the paths that were given to be received.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// As typed, made absolute.
    #[serde(flatten)]
    pub path: FoundPath,
}

/// What is known of the carrier; null is unknown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Medium {
    /// Kind of file system, such as `ext4` or `vfat`.
    pub file_system: Option<String>,
    /// The volume's label.
    pub label: Option<String>,
    /// Size of the file system in bytes.
    pub size: Option<u64>,
}

/// Who gave an accession, sealed; no member can open it where keyholders are named.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Giver {
    /// Of the keyholder set; empty where there were none.
    pub fingerprint: String,
    /// How many keyholders it takes; 0: sealed to the registrar's own key.
    pub threshold: u8,
    /// One for each set of `threshold` keyholders.
    pub shares: Vec<GiverShare>,
}

/// The giver's identity, sealed for one set of keyholders together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GiverShare {
    /// Whose layers, from the outside in.
    pub recipients: Vec<String>,
    /// The nested age file, base64.
    pub age: String,
}

/// Something that was found and not taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NotTaken {
    /// The accession.
    pub about: Ref,
    /// As found, relative to the source.
    #[serde(flatten)]
    pub path: FoundPath,
    /// Which of the accession's sources, from 0.
    pub source: u32,
    /// What it was, as far as that could be seen.
    pub kind: FoundKind,
    /// Why.
    pub reason: String,
}

/// What a name in a folder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FoundKind {
    /// A regular file: it should have been taken.
    File,
    /// A folder that could not be read: what is in it is unknown.
    Folder,
    /// A symbolic link; links are never followed.
    Link,
    /// A FIFO, socket or device.
    Special,
    /// It could not be seen what it was.
    Unknown,
}

impl FoundKind {
    /// The word in records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Folder => "folder",
            Self::Link => "link",
            Self::Special => "special",
            Self::Unknown => "unknown",
        }
    }

    /// May evidence be missing because this was not taken? Not for links and special files, which have no content of their own.
    pub fn may_hold_content(self) -> bool {
        matches!(self, Self::File | Self::Folder | Self::Unknown)
    }
}

impl std::str::FromStr for FoundKind {
    type Err = crate::BadId;

    fn from_str(text: &str) -> Result<Self, crate::BadId> {
        [Self::File, Self::Folder, Self::Link, Self::Special, Self::Unknown]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| crate::BadId(text.to_owned()))
    }
}

/// An accession is finished.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccessionEnd {
    /// The accession.
    pub about: Ref,
    /// Everything that was found: `taken + copies + not_taken`.
    pub found: u64,
    /// Items whose bytes were new.
    pub taken: u64,
    /// Items whose bytes were there before.
    pub copies: u64,
    /// What was not taken.
    pub not_taken: u64,
    /// Bytes of all items.
    pub bytes: u64,
}

/// An accession is released to its compartment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AboutKey {
    /// The accession.
    pub about: Ref,
    /// The key that seals it.
    pub key: KeyId,
}

/// Something is hidden, or brought back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// What.
    pub about: Vec<Ref>,
    /// Why.
    pub reason: String,
}

/// New places of objects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Repack {
    /// The accession.
    pub about: Ref,
    /// Where each item's bytes lie now.
    pub objects: Vec<Place>,
}

/// Where one item's bytes lie now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// The item.
    pub about: Ref,
    /// Where.
    pub object: ObjectPlace,
}

/// The tombstone of what was destroyed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Erasure {
    /// What.
    pub about: Vec<Ref>,
    /// The log indices whose records were destroyed.
    pub entries: Vec<u64>,
    /// Why.
    pub reason: String,
    /// Who proposed it.
    pub proposed_by: MemberId,
    /// Who agreed; none where there was only one member.
    #[serde(deserialize_with = "Option::deserialize")]
    pub agreed_by: Option<MemberId>,
}

/// A package was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Disclosure {
    /// Which items.
    pub about: Vec<Ref>,
    /// For whom.
    pub recipient: String,
    /// What for.
    pub purpose: String,
    /// Path in the bag to SHA-256, hexadecimal.
    pub files: BTreeMap<String, String>,
    /// Which fields of this record are open in the bag, ascending.
    pub opened: Vec<String>,
}
