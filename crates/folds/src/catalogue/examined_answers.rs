//! What the catalogue answers of examinations and cameras.

use jiff::Timestamp;
use vidimus_model::{
    Camera, End, Examination, FileKind, Group, MemberId, ObjectPlace, Reason, Ref, Stage, TimeClaim,
};

use super::ItemRow;

/// How many of the items that can be seen were looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExaminedCounts {
    /// Those whose first stage ended, in whatever way; a copy counts with its original.
    pub examined: u64,
    /// All that are not withdrawn, with what was found in them.
    pub of: u64,
}

/// Which items are to be examined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Those of which one of the stages has not ended yet.
    Unexamined,
    /// Those of which the latest run of one of the stages failed, or came to an end in part only.
    Failed,
    /// All.
    All,
}

/// A question for items to be examined.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// Which of them.
    pub which: Which,
    /// By these stages.
    pub stages: &'a [Stage],
    /// The thing named, and everything in it; everything where none is named.
    pub within: Option<&'a Ref>,
    /// Those behind this reference.
    pub after: Option<&'a Ref>,
    /// At most so many.
    pub limit: usize,
}

/// An item that is to be examined.
#[derive(Clone, Debug, PartialEq)]
pub struct Unexamined {
    /// The item.
    pub row: ItemRow,
    /// By which of the stages asked for, in their order.
    pub stages: Vec<Stage>,
    /// The greatest number of an attempt that is on record; 0 where there was none.
    pub attempts: u32,
}

/// A tool that did not examine an item, or not whole, in the latest run of its stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureRow {
    /// The item.
    pub item: Ref,
    /// In which stage.
    pub stage: Stage,
    /// Which tool.
    pub tool: String,
    /// Whether some of it was done.
    pub end: End,
    /// Why not all.
    pub reason: Reason,
}

/// One run of which something holds still.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// The number of its record.
    pub seq: u64,
    /// Our clock.
    pub at: Timestamp,
    /// By whom.
    pub by: MemberId,
    /// The stages that no later run has looked at again.
    pub holds: Vec<Stage>,
    /// What was found; derivatives lie where it says now.
    pub found: Examination,
}

/// Where a derivative lies since a later record than the one that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedDerivative {
    /// The number of the later record.
    pub seq: u64,
    /// The digest of the derivative.
    pub sha256: [u8; 32],
    /// Where it lies.
    pub place: ObjectPlace,
}

/// What a list says of an item.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Brief {
    /// What it is; none where nobody looked.
    pub kind: Option<FileKind>,
    /// The camera that a member gave it to, or those that it claims.
    pub cameras: Vec<String>,
    /// What it claims of when it began.
    pub begins: Vec<TimeClaim>,
    /// Whether the first stage ended.
    pub is_examined: bool,
}

impl Brief {
    /// The group, `unknown` where it is not known.
    pub fn group(&self) -> Option<Group> {
        self.kind.as_ref().map(|kind| kind.group)
    }
}

/// Why items stand with a camera.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClaimedBy {
    /// Items that claim its label and were given to no other.
    pub claimed: u64,
    /// Items that a member gave to it.
    pub given: u64,
}

/// A camera of an accession.
#[derive(Clone, Debug, PartialEq)]
pub struct CameraRow {
    /// The accession.
    pub accession: Ref,
    /// Its label.
    pub label: String,
    /// How many items stand with it.
    pub items: ClaimedBy,
    /// The latest that a member said of it, and when and by whom.
    pub said: Option<(Timestamp, MemberId, Camera)>,
}
