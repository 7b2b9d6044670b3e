//! How the archive's own errors become troubles that have words.

use vidimus_archive::{
    AddMemberError, ArchiveKeyError, CameraError, EraseError, MarkError, MoveError, NewCompartmentError,
    PassphraseError, ProposeError, RebuildError, ReleaseError, ShareError, UnfinishedError, UnlockError,
};

use vidimus_archive::examine::ExamineError;

use crate::trouble::{ApprovalTrouble, ExaminationTrouble, Trouble};

impl From<ReleaseError> for Trouble {
    fn from(error: ReleaseError) -> Self {
        match error {
            ReleaseError::NotWhole(reference) => Self::NotAnAccession(reference),
            ReleaseError::NotFound(reference) => Self::Unknown(reference),
            ReleaseError::Erased(reference) => Self::Gone(reference),
            ReleaseError::NotRegistrar(reference) => Self::NotReleased(reference),
            ReleaseError::NotFinished(reference) => Self::NotReceived(reference),
            ReleaseError::Io(error) => error.into(),
            other @ (ReleaseError::Door(_) | ReleaseError::Fold(_)) => Self::inside(&other),
        }
    }
}

impl From<MarkError> for Trouble {
    fn from(error: MarkError) -> Self {
        match error {
            MarkError::NoReason => Self::NoReason { option: "--reason" },
            MarkError::NotFound(reference) => Self::Unknown(reference),
            MarkError::Erased(reference) => Self::Gone(reference),
            MarkError::Anothers(reference) => Self::NotReleased(reference),
            other @ (MarkError::Door(_) | MarkError::Fold(_)) => Self::inside(&other),
        }
    }
}

impl From<CameraError> for Trouble {
    fn from(error: CameraError) -> Self {
        match error {
            CameraError::NoReason => Self::NoReason { option: "--reason" },
            CameraError::Nothing => Self::Examination(ExaminationTrouble::NothingSaid),
            CameraError::NotFound(reference) => Self::Unknown(reference),
            CameraError::Erased(reference) => Self::Gone(reference),
            CameraError::Anothers(reference) => Self::NotReleased(reference),
            CameraError::Backwards => Self::Examination(ExaminationTrouble::Backwards),
            CameraError::TooFar => Self::Examination(ExaminationTrouble::TooFar),
            CameraError::Overlaps => Self::Examination(ExaminationTrouble::Overlaps),
            other @ (CameraError::Door(_) | CameraError::Fold(_)) => Self::inside(&other),
        }
    }
}

impl From<ExamineError> for Trouble {
    fn from(error: ExamineError) -> Self {
        match error {
            ExamineError::Ask(error) => error.into(),
            ExamineError::NoSandbox(_) => Self::Examination(ExaminationTrouble::NoSandbox),
            ExamineError::Io(error) => error.into(),
            ExamineError::Settings(error) => Self::Settings(error),
            ExamineError::NoSpeech => Self::Examination(ExaminationTrouble::NoSpeech),
            other => Self::inside(&other),
        }
    }
}

impl From<MoveError> for Trouble {
    fn from(error: MoveError) -> Self {
        match error {
            MoveError::NotFound(reference) => Self::Unknown(reference),
            MoveError::Erased(reference) => Self::Gone(reference),
            MoveError::Anothers(reference) => Self::NotReleased(reference),
            MoveError::NotReleased(reference) => Self::MovesWhole(reference),
            MoveError::NotFinished(reference) => Self::NotReceived(reference),
            MoveError::NotHeld => Self::NotHeld,
            other => Self::inside(&other),
        }
    }
}

impl From<EraseError> for Trouble {
    fn from(error: EraseError) -> Self {
        match error {
            EraseError::NotFound(reference) => Self::Unknown(reference),
            EraseError::Anothers(reference) => Self::NotReleased(reference),
            EraseError::UnderWay(reference) => Self::BeingReceived(reference),
            other => Self::inside(&other),
        }
    }
}

impl From<ProposeError> for Trouble {
    fn from(error: ProposeError) -> Self {
        match error {
            ProposeError::NoReason => Self::NoReason { option: "--reason" },
            ProposeError::NoSuchProposal(id) => Self::NoSuchProposal(id.to_string()),
            ProposeError::NotYours => Self::NotYours,
            ProposeError::NotApproved => Self::Approval(ApprovalTrouble::Missing),
            ProposeError::BadApproval => Self::Approval(ApprovalTrouble::NotTheirs),
            ProposeError::NobodyCanAgree => Self::NobodyCanAgree,
            ProposeError::ProposerGone => Self::ProposerGone,
            ProposeError::NoSuchMember(member) => Self::NoSuchMember(member.to_string()),
            ProposeError::LastMember => Self::LastMember,
            ProposeError::NameTaken(name) => Self::NameTaken(name),
            ProposeError::Erase(error) => error.into(),
            ProposeError::ArchiveKey(error) => error.into(),
            ProposeError::Io(error) => error.into(),
            other => Self::inside(&other),
        }
    }
}

impl From<ArchiveKeyError> for Trouble {
    fn from(error: ArchiveKeyError) -> Self {
        match error {
            ArchiveKeyError::NoReason => Self::NoReason { option: "--reason" },
            ArchiveKeyError::Io(error) => error.into(),
            other => Self::inside(&other),
        }
    }
}

impl From<AddMemberError> for Trouble {
    fn from(error: AddMemberError) -> Self {
        match error {
            AddMemberError::Name => Self::MemberName,
            AddMemberError::Propose(error) => error.into(),
            AddMemberError::Share(error) => error.into(),
            AddMemberError::Io(error) | AddMemberError::Unfinished(UnfinishedError::Io(error)) => {
                error.into()
            }
            other @ (AddMemberError::Lock(_) | AddMemberError::Unfinished(_)) => Self::inside(&other),
        }
    }
}

impl From<ShareError> for Trouble {
    fn from(error: ShareError) -> Self {
        match error {
            ShareError::NoSuchMember(member) => Self::NoSuchMember(member.to_string()),
            ShareError::Io(error) => error.into(),
            other => Self::inside(&other),
        }
    }
}

impl From<NewCompartmentError> for Trouble {
    fn from(error: NewCompartmentError) -> Self {
        match error {
            NewCompartmentError::Name => Self::CompartmentName,
            NewCompartmentError::NotALetter(letter) | NewCompartmentError::LetterTaken(letter) => {
                Self::CompartmentLetter(letter)
            }
            other => Self::inside(&other),
        }
    }
}

impl From<PassphraseError> for Trouble {
    fn from(error: PassphraseError) -> Self {
        match error {
            PassphraseError::Wrong => Self::WrongPassphrase { member: None },
            PassphraseError::Unlock(UnlockError::NoSuchMember) => Self::WrongRecoveryCode,
            PassphraseError::Io(error) => error.into(),
            other => Self::inside(&other),
        }
    }
}

impl From<RebuildError> for Trouble {
    fn from(error: RebuildError) -> Self {
        match error {
            RebuildError::Io(error) => error.into(),
            other => Self::inside(&other),
        }
    }
}
