//! What a record says: accessions, items, members, compartments, disclosures; pure.
//!
//! `docs/format/changes.md` is the specification. Never here: a clock, a disk, the network, a key.

mod camera;
mod change;
mod destroyed;
mod examination;
mod id;
mod item;
mod keyholders;
mod moved;
mod opening;
mod path;
pub mod print;
mod reference;
mod statement;
mod text;

pub use camera::{Camera, CameraItems, ClockCorrection};
pub use change::{
    AboutKey, Accession, AccessionEnd, AccessionOpened, Action, Agreement, ArchiveBegins, ArchiveKey, Change,
    Compartment, Disclosure, Erasure, FoundKind, Generation, Giver, GiverShare, Holder, Medium, Member,
    MemberFile, MemberRemoved, NotTaken, Place, Proposal, Receipt, Repack, Rollback, Source, Withdrawal,
};
pub use destroyed::{Altered, Destroyed, DestroyedObject};
pub use examination::{
    CLOCK_NOTE, CameraClaim, ClaimSource, Commitment, CommitmentOver, Contained, Derivative, DerivativeKind,
    DerivativePlace, DerivativePlaces, End, Examination, Fact, FileKind, Group, Look, NotContained,
    NotContainedReason, Precision, Reason, SandboxLevel, Stage, StageEnd, TimeClaim, TimeOf, ToolRun,
};
pub use id::{BadId, CompartmentId, KeyId, MemberId, OperationId, ProposalId};
pub use item::{FileSystemSays, Item, ObjectPlace, Reading, ReadingSizes, TimeZoneKnown};
pub use keyholders::{
    Keyholders, KeyholdersApproval, KeyholdersNamed, RecoveryTest, RecoveryTested, TestShare,
};
pub use moved::{MovedIn, MovedOut};
pub use opening::{GiverKey, GiverKeys, GiverOpened, Opening, OpeningAsked};
pub use path::{FoundPath, PathEncoding, is_unsafe_to_show};
pub use reference::{BadReference, Ref};
pub use statement::{KNOWN_CHANGES, Statement, StatementError};
pub use text::{Text, TextPart, TextPlace};
