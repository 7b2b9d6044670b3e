//! What one examination gives back: everything of a record of it, what was made, and what was contained.

use std::collections::BTreeMap;
use std::io::{self, Read};

use vidimus_model::{
    CameraClaim, CommitmentOver, DerivativeKind, Fact, FileKind, FileSystemSays, Look, NotContained,
    StageEnd, TimeClaim, ToolRun,
};

/// What one examination found. As `vidimus_model::Examination`, with the bytes of what was made instead of their places.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    /// Each stage that was asked for, in their order.
    pub stages: Vec<StageEnd>,
    /// Every run of a tool, in their order.
    pub tools: Vec<ToolRun>,
    /// What the item is; none where the stage `first` was not asked for, or could not tell.
    pub kind: Option<FileKind>,
    /// Technical facts.
    pub facts: Vec<Fact>,
    /// What it claims of its time.
    pub times: Vec<TimeClaim>,
    /// What it claims of its camera.
    pub cameras: Vec<CameraClaim>,
    /// What was made from it.
    pub made: Vec<Made>,
    /// What was found in it and is no item.
    pub not_taken: Vec<NotContained>,
    /// Commitments to its parts.
    pub commitments: Vec<Committed>,
}

/// A derivative; `docs/format/derivatives.md`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// What it is.
    pub kind: DerivativeKind,
    /// How it is shown, for pictures.
    pub look: Option<Look>,
    /// Media type.
    pub media_type: &'static str,
    /// The bytes: as hostile as the item.
    pub bytes: Vec<u8>,
    /// Which of [`Findings::tools`] made it, from 0.
    pub tool: u32,
}

/// A commitment to the parts of an item; `docs/format/commitments.md`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// Over what.
    pub over: CommitmentOver,
    /// The root over the salted leaves.
    pub root: [u8; 32],
    /// How many leaves.
    pub leaves: u64,
    /// Which of [`Findings::tools`] parted the item, from 0.
    pub tool: u32,
    /// Numbers that parting it again needs.
    pub parameters: BTreeMap<String, u64>,
}

/// Takes what is contained, one after another, while it is being unpacked.
pub trait Sink {
    /// Takes one contained item. What is not read of `bytes` is passed over; an error while reading them means that the
    /// container was cut off or damaged within it, and that it is to be thrown away.
    ///
    /// # Errors
    /// It cannot be taken; the examination ends then, and its stage has failed.
    fn contained(
        &mut self,
        untrusted_path: &[u8],
        says: FileSystemSays,
        bytes: &mut dyn Read,
    ) -> io::Result<()>;
}
