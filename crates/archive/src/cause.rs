//! What stood in the way, in a word: every error of the archive has one of these causes, for which a face has sentences.

use std::io;

use rustix::io::Errno;
use vidimus_folds::catalogue::OpenError as CatalogueError;
use vidimus_ledger::{AppendError, OpenError as LedgerError, ReplicateError, StoreError};
use vidimus_vault::{BarrierError, DeleteError, GetError, OpenError as VaultError, PutError};

use crate::anchor::{AnchorError, SettingsError};
use crate::disclose::{DiscloseError, OutError};
use crate::examine::ExamineError;
use crate::keyring::KeyringError;
use crate::query::AskError;
use crate::receive::ReceiveError;
use crate::unseal::GiverError;
use crate::*;

/// What stood in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The operating system refused.
    System(io::ErrorKind),
    /// Too many files are open (EMFILE, ENFILE).
    TooManyFiles,
    /// The disk fails (EIO).
    Disk,
    /// Something that is no file stands in the place of one of the archive's own.
    NotAFile,
    /// Something that could lead a command to what lies elsewhere: a link in the place of a folder, a journal beside a ledger.
    Foreign,
    /// Another process has the ledger.
    Busy,
    /// A newer program wrote it.
    Newer,
    /// The ledger is damaged.
    Ledger,
    /// A record is damaged or missing.
    Record,
    /// An object is damaged or missing.
    Object,
    /// A file of the key store is damaged or missing.
    Keys,
    /// A catalogue is damaged; it is made again.
    Catalogue,
    /// The published log or a receipt does not fit the ledger.
    Log,
    /// The settings are wrong.
    Settings,
    /// What is on record of keyholders or of a member's keys is not sound.
    Names,
    /// The backup is damaged, or another archive's.
    Backup,
    /// The folder is a backup, in which nothing is recorded.
    IsBackup,
    /// The archive went back.
    WentBack,
    /// Somebody changed the same thing meanwhile.
    Meanwhile,
    /// The member does not hold a compartment.
    NotHeld,
    /// The member is none, or no longer.
    NotAMember,
    /// Nothing was named, or something that is not there.
    Nothing,
    /// More, or fewer, than there can be.
    TooMany,
    /// A number is larger than records hold.
    TooLarge,
    /// Something was destroyed or changed in the archive that no member signed for.
    Unsigned,
}

/// An error that has a cause.
pub trait Caused {
    /// Its cause.
    fn cause(&self) -> Cause;
}

/// What the causes of an enum's variants are: the same as of what is in them, or one of ours.
macro_rules! caused {
    ($error:ty { $($by:ident)|* $(; $($pattern:pat => $cause:expr),* $(,)?)? }) => {
        impl Caused for $error {
            fn cause(&self) -> Cause {
                #[allow(unused_imports, clippy::enum_glob_use, reason = "some have no cause of their own")]
                use $crate::cause::Cause::*;
                match self {
                    $(Self::$by(inner) => inner.cause(),)*
                    $($($pattern => $cause),*)?
                }
            }
        }
    };
}

impl Caused for io::Error {
    fn cause(&self) -> Cause {
        if NotAFile::within(self).is_some() {
            return Cause::NotAFile;
        }
        if Link::within(self).is_some() {
            return Cause::Foreign;
        }
        match (self.raw_os_error().map(Errno::from_raw_os_error), self.kind()) {
            (Some(Errno::MFILE | Errno::NFILE), _) => Cause::TooManyFiles,
            (Some(Errno::IO), _) => Cause::Disk,
            (_, io::ErrorKind::ResourceBusy) => Cause::Busy,
            (_, kind) => Cause::System(kind),
        }
    }
}

impl Caused for vidimus_vault::CleanUpError {
    fn cause(&self) -> Cause {
        self.0.cause()
    }
}

impl Caused for vidimus_vault::ListError {
    fn cause(&self) -> Cause {
        self.source.cause()
    }
}

impl<T: Caused> Caused for Box<T> {
    fn cause(&self) -> Cause {
        (**self).cause()
    }
}

caused!(StoreError {
    Medium; Self::Damaged(_) | Self::Other(_) => Ledger,
});
caused!(LedgerError {
    Store; Self::Missing => Ledger,
    Self::Exists | Self::NotALedger => Ledger,
    Self::NotAFile { .. } => NotAFile,
    Self::Journal { .. } => Foreign,
    Self::Newer { .. } => Newer,
});
caused!(AppendError {
    Store; Self::Moved { .. } | Self::Repeated { .. } | Self::PartlyRepeated { .. } => Meanwhile,
    Self::WentBack { .. } => WentBack,
    _ => Ledger,
});
caused!(ReplicateError { Store; Self::Back { .. } => WentBack, _ => Backup });
caused!(VaultError { Io; Self::AlreadyExists | Self::NotFound | Self::NotAFolder => Object });
caused!(PutError {
    Io; Self::NoRoom => System(io::ErrorKind::StorageFull),
    Self::AlreadyExists | Self::Spent | Self::BarrierFailed => System(io::ErrorKind::Other),
});
caused!(BarrierError {
    Io; Self::NoRoom => System(io::ErrorKind::StorageFull),
    Self::BarrierFailed => System(io::ErrorKind::Other),
});
caused!(GetError { Io; Self::NotFound | Self::Foreign => Object });
caused!(DeleteError { Io; Self::Foreign => Object });
caused!(vidimus_folds::StoreError { Medium; Self::NotReadable | Self::Database(_) => Catalogue });
caused!(vidimus_folds::ApplyError { Store; _ => Catalogue });
caused!(CatalogueError { Medium; Self::NotReadable | Self::Database(_) => Catalogue });

caused!(KeyringError { Io | Ledger; Self::Damaged { .. } => Keys });
caused!(RowError { ; _ => Record });
caused!(FoldError {
    Store | Keyring | Row | Apply | Read | Open | Io;
    Self::NotHeld => NotHeld,
    Self::NoSigningKey => NotAMember,
});
caused!(DoorError {
    Append | Locked | Store | Fold | HighWater;
    Self::ReadOnly => WentBack,
    Self::IsBackup => IsBackup,
    Self::KeyNotHeld(_) => NotHeld,
    Self::NotAMember => NotAMember,
    Self::Unreadable(_) => TooLarge,
});
caused!(UnlockError {
    Io;
    Self::NoSuchMember => NotAMember,
    Self::NoMembers | Self::Damaged => Keys,
});
caused!(OpenError {
    Ledger | Store | Vault | Unlock | Keyring | Fold | Io;
    Self::NoArchive(_) => Nothing,
    Self::NoSigningKey => NotAMember,
    Self::NeverSeen { .. } => WentBack,
});
caused!(LogError { Store | Io; Self::OtherRoot | Self::Build(_) => Log });
caused!(SettingsError { Io; Self::CaFile { reason, .. } => reason.cause(), _ => Settings });
caused!(ReceiptError {
    Door | Fold | Log | Store | Settings | Io;
    Self::NotHeld => NotHeld,
    Self::Unknown(_) | Self::NoCheckpoint(_) => Log,
});
caused!(AnchorError { Settings | Receipt | Io; Self::NoAuthority => Nothing });
caused!(UnfinishedError { Store | Delete | Barrier | Fold | Io; });
caused!(ReadError {
    Ask | Store;
    Self::NotAnItem(_) | Self::Gone(_) => Nothing,
    Self::Record { .. } | Self::BadPlace(_) => Record,
    Self::Keyring { reason, .. } => reason.cause(),
    Self::NoKey(_) => Keys,
    Self::Vault { reason, .. } => reason.cause(),
    Self::Object { .. } => Object,
});
caused!(AskError { Fold | Ledger | Read; Self::Unknown(_) | Self::NotReleased(_) => Nothing });
caused!(RepackError { Read | Put | Write; Self::Object { reason, .. } => object(reason) });
caused!(EraseError {
    Repack | Unfinished | Door | Fold;
    Self::Nothing | Self::NotFound(_) | Self::Anothers(_) => Nothing,
    Self::UnderWay(_) => Busy,
});
caused!(MoveError {
    Repack | Unfinished | Pack | Door | Fold | Io;
    Self::Changed(_) => Meanwhile,
    Self::NotHeld => NotHeld,
    _ => Nothing,
});
caused!(CameraError { Door | Fold; _ => Nothing });
caused!(ExamineError {
    Ask | Io | Barrier | Unfinished | Door | Fold | Settings;
    Self::NoSandbox(_) => System(io::ErrorKind::Unsupported),
    Self::NoSpeech => Nothing,
});
caused!(ReleaseError { Door | Fold | Io; _ => Nothing });
caused!(MarkError { Door | Fold; _ => Nothing });
caused!(ArchiveKeyError {
    Door | Fold | Receipt | Unfinished | Io;
    Self::NoReason => Nothing,
    Self::BadMember(_) => Names,
});
caused!(ProposeError {
    Erase | ArchiveKey | Door | Fold | Io;
    Self::BadMember | Self::Keyholders(_) => Names,
    _ => Nothing,
});
caused!(ShareError { Door | Fold | Io; Self::NoSuchMember(_) => Nothing, Self::BadMember => Names });
caused!(AddMemberError { Propose | Share | Unfinished | Io; Self::Name => Nothing, Self::Lock(_) => Keys });
caused!(NewCompartmentError {
    Door | Fold | Io;
    Self::NoLetterLeft => TooMany,
    _ => Nothing,
});
caused!(PassphraseError {
    Unlock | Door | Fold | Io;
    Self::Wrong => NotAMember,
    Self::File(_) | Self::Lock(_) => Keys,
});
caused!(RebuildError { Fold | Log | Store | Receipt | Door | Io; });
caused!(RollbackError {
    Door | Fold | Rebuild | Store | Io;
    Self::NotBack => Nothing,
    Self::NewerKeys(_) => WentBack,
    Self::NotHeld => NotHeld,
});
caused!(EnterError { Store | Io; Self::NotAReceipt(_) | Self::OtherArchive => Nothing });
caused!(InitError { Ledger | Vault | Door | Io; Self::Lock(_) => Keys, _ => Nothing });
caused!(BackupError {
    Store | Ledger | Fold | Place | Io;
    Self::NotOurs(_) | Self::Inside | Self::NoSuchFolder(_) => Nothing,
    Self::WentBack => WentBack,
    Self::Other(reason) => reason.cause(),
    Self::Damaged => Ledger,
    Self::Unsigned(_) => Unsigned,
    Self::Vault { cause, .. } => *cause,
});
caused!(RestoreError {
    Store | Copy | Log | Io;
    Self::NotABackup(_) | Self::NotEmpty(_) | Self::Inside => Nothing,
    Self::Ledger(reason) => match reason.cause() {
        Ledger => Backup,
        other => other,
    },
});
caused!(ReceiveError {
    Barrier | Door | Fold | Receipt | Io;
    Self::Path { reason, .. } => reason.cause(),
    Self::Own(_) => Nothing,
    Self::UnderWay(_) => Busy,
    Self::NotHeld => NotHeld,
    Self::Keyholders(_) => Names,
    Self::NoRoom => System(io::ErrorKind::StorageFull),
    Self::Vault(_) => System(io::ErrorKind::Other),
});
caused!(RecoveryTestError {
    Door | Fold;
    Self::NoKeyholders | Self::NotACode => Nothing,
    Self::Keyholders(_) => Names,
    Self::Write { reason, .. } => reason.cause(),
});
caused!(GiverError {
    Read;
    Self::Write { reason, .. } => reason.cause(),
    Self::Damaged { .. } | Self::Malformed(_) => Record,
    _ => Nothing,
});
caused!(OpeningError { Giver | Door | Fold; _ => Nothing });
caused!(OutError {
    ; Self::NoRoom => System(io::ErrorKind::StorageFull),
    Self::Io { reason, .. } => reason.cause(),
    _ => Nothing,
});
caused!(DiscloseError {
    Ask | Read | Receipt | Log | Out | Door;
    Self::Count(_) => TooMany,
    Self::Damaged { reason, .. } => object(reason),
    Self::NotAsRecorded(_) => Object,
    Self::Plan(_) => Record,
    Self::OnRecord { reason, .. } => reason.cause(),
    _ => Nothing,
});

/// What reading a sealed object failed with: what does not open is damaged, and the disk is asked no more.
fn object(reason: &io::Error) -> Cause {
    match reason.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => Cause::Object,
        kind => Cause::System(kind),
    }
}
