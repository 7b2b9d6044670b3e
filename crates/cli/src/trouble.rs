//! Everything that can stop a command, as data; `words::troubles` says it to people.

use std::io;
use std::path::{Path, PathBuf};

use vidimus_archive::anchor::SettingsError;
use vidimus_archive::query::AskError;
use vidimus_archive::{Cause, Caused, Closed, NotAFile, ReadError, WentBack};
use vidimus_model::Ref;
use vidimus_seal::RecoveryCodeError;
use vidimus_seal::keyholders::KeyholderSetError;

/// Why a command stopped.
#[derive(Debug)]
pub enum Trouble {
    /// The answer cannot be written to where it should go; what the command did stands.
    Untold,
    /// Neither `--archive` nor its variable names a folder.
    NoArchiveNamed,
    /// There is no archive in this folder.
    NotAnArchive(PathBuf),
    /// The folder for a new archive holds something.
    NotEmpty(PathBuf),
    /// Another process is making an archive in this folder.
    BeginningUnderWay(PathBuf),
    /// The command that made an archive there was interrupted before its first records.
    BegunOnly(PathBuf),
    /// The name of a new archive breaks the rule of names.
    Origin,
    /// A new archive, and nobody's name.
    NoMemberNamed,
    /// The name of a member breaks the rule of names.
    MemberName,
    /// A keyholder's key cannot be read as one.
    KeyholderKey(String),
    /// These are not a set of keyholders.
    KeyholderSet(KeyholderSetError),
    /// A passphrase file that others could read, or that is not ours.
    FileNotPrivate(PathBuf),
    /// A passphrase file that holds no passphrase.
    PassphraseUnreadable(PathBuf),
    /// A new passphrase that is too easy to guess.
    PassphraseWeak,
    /// Both typings differ, three times.
    PassphraseDiffers,
    /// A question has to be asked and there is no terminal; the option answers it instead.
    NoTerminal {
        /// For example `--passphrase-file FILE`.
        option: &'static str,
    },
    /// The recovery sheet was shown, but not typed back.
    SheetNotConfirmed,
    /// A file that is to be made is there already.
    Exists(PathBuf),
    /// A recovery code is mistyped.
    RecoveryCode(RecoveryCodeError),
    /// The member's keys open nothing here: they were removed, or the key store is damaged.
    NotAMember,
    /// No member with this recovery code.
    WrongRecoveryCode,
    /// No member with this passphrase, or none of this name.
    WrongPassphrase {
        /// The name that was given.
        member: Option<String>,
    },
    /// This machine has never seen the archive.
    NeverSeen {
        /// Its newest checkpoint (note).
        now: String,
    },
    /// The archive is behind what this machine has seen.
    WentBack(WentBack),
    /// Two inputs are to be read from standard input.
    TwoStandardInputs,
    /// A text that names nothing.
    NotAReference(String),
    /// Nothing that the member may read has this reference.
    Unknown(Ref),
    /// The accession is its registrar's alone.
    NotReleased(Ref),
    /// Part of an accession that is the member's alone.
    MovesWhole(Ref),
    /// The settings name no time-stamp authority.
    NoAuthority,
    /// The settings cannot be used.
    Settings(SettingsError),
    /// In the place of one of the archive's own files stands what is none, or is too large.
    NotAFile(PathBuf),
    /// A file that should be a receipt is none.
    NotAReceipt(PathBuf),
    /// A receipt that another archive signed.
    OtherArchive(PathBuf),
    /// The archive did not go back.
    NotBack,
    /// A backup in the archive, or the other way round.
    BackupInside,
    /// A package in the archive's own folder, or at the top of a disk.
    NoPlaceForPackage(PathBuf),
    /// Another package is being written there.
    PackageBusy(PathBuf),
    /// There is no backup in this folder.
    NotABackup(PathBuf),
    /// It is still being received.
    NotReceived(Ref),
    /// Another command is receiving it at this moment.
    BeingReceived(Ref),
    /// A reason is recorded, and none was given.
    NoReason {
        /// What says it.
        option: &'static str,
    },
    /// Nothing of this id waits for agreement.
    NoSuchProposal(String),
    /// One's own proposal, or one's own removal.
    NotYours,
    /// The archive was told to take itself in.
    OwnFolder(PathBuf),
    /// Of two members one proposed to remove the other.
    NobodyCanAgree,
    /// Whoever proposed it is no longer a member.
    ProposerGone,
    /// Nobody of this name is a member.
    NoSuchMember(String),
    /// The last member cannot be removed.
    LastMember,
    /// A member of this name is there.
    NameTaken(String),
    /// Not a name for a new compartment.
    CompartmentName,
    /// Not a letter for a new compartment.
    CompartmentLetter(char),
    /// The only member has not typed what confirms it.
    NotConfirmed {
        /// What is to be typed.
        again: String,
    },
    /// Somebody removes themself and has not typed what confirms it.
    LeavingNotConfirmed {
        /// What is to be typed.
        again: String,
    },
    /// A disclosure without recipient or purpose.
    NoRecipient,
    /// A record has no such field.
    UnknownField {
        /// What was typed.
        field: String,
        /// What there is.
        known: &'static [&'static str],
    },
    /// Not an item, but a whole accession.
    NotAnItem(Ref),
    /// Not a whole accession.
    NotAnAccession(Ref),
    /// It is withdrawn.
    Withdrawn(Ref),
    /// It was erased, or moved to where this member does not read.
    Gone(Ref),
    /// The tombstone was asked for of what is still there.
    NotErased(Ref),
    /// Items of different compartments in one package.
    SeveralCompartments {
        /// One of them.
        first: Ref,
        /// One of another compartment.
        other: Ref,
    },
    /// The disclosure stands on record, but its package was not finished.
    NotFinished {
        /// Why.
        cause: Cause,
        /// What the lower layers say, in English.
        detail: String,
    },
    /// The person at the terminal said no.
    Declined,
    /// The member may not read this compartment.
    NotHeld,
    /// No compartment of this name that the member holds.
    NoCompartment(String),
    /// Several compartments of this name.
    TwoCompartments(String),
    /// A file that should hold a sealed giver does not.
    NoGiver(PathBuf),
    /// A keyholder's file without a key.
    NoKeyInFile(PathBuf),
    /// The keys of more keyholders are needed.
    KeyholdersMissing,
    /// Keyholders do not approve, or are not tested.
    Approval(ApprovalTrouble),
    /// That a giver was opened cannot be signed or recorded.
    Opening(OpeningTrouble),
    /// Something cannot be examined, or not be said of a camera.
    Examination(ExaminationTrouble),
    /// Keyholders together open this giver.
    KeyholdersNeeded {
        /// How many.
        threshold: u8,
    },
    /// Nothing was said about the giver.
    NoGiverNamed(Ref),
    /// What was sealed about a giver does not open with the keys it names.
    GiverDamaged,
    /// Something in the archive, or below it.
    Inside {
        /// For which there are words.
        cause: Cause,
        /// What the lower layers say, in English, for whoever mends it.
        detail: String,
    },
    /// The operating system refused.
    System {
        /// The file or folder that was typed, where one was.
        path: Option<PathBuf>,
        /// Its answer.
        error: io::Error,
    },
}

/// What stands in the way of keyholders who approve or are tested.
#[derive(Debug)]
pub enum ApprovalTrouble {
    /// They have not approved it.
    Missing,
    /// What was given is not their approval of this proposal.
    NotTheirs,
    /// The keyholders who hold have no key to approve with.
    NothingAsked,
    /// A file that is no request for approval, or what was opened is no key that could sign it.
    NotToSign(PathBuf),
    /// Nobody is named who could be tested.
    NoKeyholders,
    /// It is not the code of a test of those who hold now.
    NotACode,
}

/// What stands in the way of examination, or of what is said of a camera.
#[derive(Debug)]
pub enum ExaminationTrouble {
    /// No level of protection holds on this machine.
    NoSandbox,
    /// The settings name nothing that recognises speech.
    NoSpeech,
    /// A text that names no camera.
    NotACamera(String),
    /// Nothing was said of it.
    NothingSaid,
    /// A span that ends before it begins.
    Backwards,
    /// No clock is off by so much.
    TooFar,
    /// Another correction holds for a part of the span.
    Overlaps,
    /// No such thing was made of the item.
    NotMade(Ref),
}

/// What stands in the way of saying that a giver was opened.
#[derive(Debug)]
pub enum OpeningTrouble {
    /// It is no such statement.
    NotAStatement(PathBuf),
    /// Nobody signed it.
    NotSigned(PathBuf),
    /// It is about something else.
    OtherThing(PathBuf),
    /// The signature does not hold.
    BadSignature(PathBuf),
    /// The text is not of the share that was opened.
    NotAsked(PathBuf),
    /// The giver was sealed without a key.
    NoKey,
    /// What was opened is a test, and no giver.
    OnlyATest,
}

impl Trouble {
    /// The operating system's refusal about `path`.
    pub fn at(path: &Path, error: io::Error) -> Self {
        Self::System { path: Some(path.to_owned()), error }
    }

    /// What stopped the archive itself.
    pub fn inside<E: Caused + std::error::Error>(error: &E) -> Self {
        Self::Inside { cause: Caused::cause(error), detail: error.to_string() }
    }

    /// 1: the answer is "no", or something is damaged; 2: wrong usage; 3: locked or not allowed.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Inside { cause: Cause::NotHeld | Cause::NotAMember, .. }
            | Self::Inside { cause: Cause::System(io::ErrorKind::PermissionDenied), .. } => 3,
            Self::SheetNotConfirmed
            | Self::WentBack(_)
            | Self::Unknown(_)
            | Self::NoAuthority
            | Self::NotBack
            | Self::OtherArchive(_)
            | Self::NotReceived(_)
            | Self::BeingReceived(_)
            | Self::NoSuchProposal(_)
            | Self::NoSuchMember(_)
            | Self::ProposerGone
            | Self::NotConfirmed { .. }
            | Self::LeavingNotConfirmed { .. }
            | Self::NoGiverNamed(_)
            | Self::Withdrawn(_)
            | Self::Gone(_)
            | Self::NotErased(_)
            | Self::NotFinished { .. }
            | Self::Settings(_)
            | Self::Declined
            | Self::GiverDamaged
            | Self::Opening(
                OpeningTrouble::NotSigned(_)
                | OpeningTrouble::OtherThing(_)
                | OpeningTrouble::BadSignature(_)
                | OpeningTrouble::NoKey,
            )
            | Self::Examination(
                ExaminationTrouble::NoSandbox | ExaminationTrouble::NoSpeech | ExaminationTrouble::NotMade(_),
            )
            | Self::Approval(
                ApprovalTrouble::NotTheirs | ApprovalTrouble::NoKeyholders | ApprovalTrouble::NotACode,
            )
            | Self::NotAFile(_)
            | Self::Untold
            | Self::Inside { .. } => 1,
            Self::System { path, error } => match error.kind() {
                io::ErrorKind::PermissionDenied => 3,
                io::ErrorKind::NotFound
                | io::ErrorKind::IsADirectory
                | io::ErrorKind::NotADirectory
                | io::ErrorKind::InvalidFilename
                | io::ErrorKind::InvalidInput
                | io::ErrorKind::InvalidData
                | io::ErrorKind::FileTooLarge
                | io::ErrorKind::AlreadyExists
                    if path.is_some() =>
                {
                    2
                }
                _ => 1,
            },
            Self::WrongPassphrase { .. }
            | Self::NeverSeen { .. }
            | Self::NotHeld
            | Self::NotYours
            | Self::NobodyCanAgree
            | Self::NotAMember
            | Self::WrongRecoveryCode
            | Self::LastMember
            | Self::NotReleased(_)
            | Self::MovesWhole(_)
            | Self::KeyholdersMissing
            | Self::Approval(ApprovalTrouble::Missing)
            | Self::KeyholdersNeeded { .. } => 3,
            Self::NoArchiveNamed
            | Self::NotAnArchive(_)
            | Self::NotEmpty(_)
            | Self::BeginningUnderWay(_)
            | Self::BegunOnly(_)
            | Self::Origin
            | Self::NoMemberNamed
            | Self::MemberName
            | Self::KeyholderKey(_)
            | Self::KeyholderSet(_)
            | Self::Approval(ApprovalTrouble::NothingAsked | ApprovalTrouble::NotToSign(_))
            | Self::Opening(
                OpeningTrouble::NotAStatement(_) | OpeningTrouble::NotAsked(_) | OpeningTrouble::OnlyATest,
            )
            | Self::Examination(_)
            | Self::FileNotPrivate(_)
            | Self::PassphraseUnreadable(_)
            | Self::PassphraseWeak
            | Self::PassphraseDiffers
            | Self::NoTerminal { .. }
            | Self::Exists(_)
            | Self::TwoStandardInputs
            | Self::NoCompartment(_)
            | Self::TwoCompartments(_)
            | Self::NoGiver(_)
            | Self::NoKeyInFile(_)
            | Self::RecoveryCode(_)
            | Self::BackupInside
            | Self::OwnFolder(_)
            | Self::NoPlaceForPackage(_)
            | Self::PackageBusy(_)
            | Self::NotAReceipt(_)
            | Self::NotABackup(_)
            | Self::NoRecipient
            | Self::NoReason { .. }
            | Self::NameTaken(_)
            | Self::CompartmentName
            | Self::CompartmentLetter(_)
            | Self::UnknownField { .. }
            | Self::NotAnItem(_)
            | Self::NotAnAccession(_)
            | Self::SeveralCompartments { .. }
            | Self::NotAReference(_) => 2,
        }
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        if let Some(NotAFile { path }) = NotAFile::within(&error) {
            return Self::NotAFile(path.clone());
        }
        if let Some(Closed { path }) = Closed::within(&error) {
            return Self::at(path, error.kind().into());
        }
        match error.cause() {
            Cause::Foreign | Cause::TooManyFiles | Cause::Disk | Cause::Busy => Self::inside(&error),
            _ => Self::System { path: None, error },
        }
    }
}

impl From<AskError> for Trouble {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Unknown(reference) => Self::Unknown(reference),
            AskError::NotReleased(reference) => Self::NotReleased(reference),
            inside => Self::inside(&inside),
        }
    }
}

impl From<ReadError> for Trouble {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Ask(error) => (*error).into(),
            ReadError::Gone(reference) => Self::Gone(reference),
            inside => Self::inside(&inside),
        }
    }
}
