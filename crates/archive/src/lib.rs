//! The one door: every change is checked, signed and appended here.

mod admission;
pub mod anchor;
mod archive;
mod archive_key;
mod backup;
mod beside;
mod cameras;
mod cause;
mod check;
pub mod clock;
mod compartment;
mod crash;
mod derivatives;
mod destroyed;
pub mod disclose;
mod door;
mod drawn;
mod epoch;
mod erase;
pub mod examine;
mod files;
mod high_water;
mod init;
mod key_file;
mod keyholders;
mod keyring;
mod layout;
mod links;
mod locate;
mod older_ledger;
mod once_read;
mod opened;
mod passphrase;
mod people;
mod proposals;
pub mod query;
mod read;
mod rebuild;
pub mod receipt;
pub mod receive;
mod register;
mod release;
mod relocate;
mod remembered;
mod repack;
mod rollback;
mod rows;
mod runner;
pub mod search;
pub mod sheet;
mod shelf;
pub mod similar;
mod stale_folds;
mod tiles;
mod unfinished;
mod unlock;
mod unreleased;
pub mod unseal;
mod watch;

pub use admission::{AddMemberError, NewMember};
pub use archive::{Archive, CheckpointSummary, OpenError, Opening, WentBack};
pub use archive_key::{ArchiveKeyError, KeyChanged};
pub use backup::{BackedUp, BackupError, BackupProgress, RestoreError, Restored, restore};
pub use cameras::{CameraChange, CameraError, ClockChange, label_of as camera_label};
pub use cause::{Cause, Caused};
pub use check::{
    CheckProgress, Checked, Checker, Counted, Problem, REMEDIES, Sentence, TEMPLATES, check_folder,
};
pub use compartment::NewCompartmentError;
pub use door::DoorError;
pub use erase::EraseError;
pub use files::{NotAFile, replace as replace_file, settle_folder};
pub use init::{Before, Beginning, InitError, NewSheet};
pub use keyholders::{
    ApprovalAsked, Approvers, KeyholdersSet, RecoveryTestError, TestFile, Tested, sign_approval,
};
pub use keyring::{HeldCompartment, Keyring, KeyringError};
pub use layout::Layout;
pub use links::{Closed, Link};
pub use older_ledger::NewerKeys;
pub use opened::{OpenedLine, OpeningError, Vouched, opening, share_key, sign_opening};
pub use passphrase::{PassphraseError, recover};
pub use people::ShareError;
pub use proposals::{Outcome, ProposeError};
pub use read::{ItemBytes, ReadError, RecordAt};
pub use rebuild::RebuildError;
pub use receipt::{IssuedReceipt, ReceiptError};
pub use receive::giver::BadKeyholders;
pub use register::{Agreed, KnownMember, Register, Waiting};
pub use release::{Effect, MarkError, ReleaseError};
pub use relocate::{MoveError, MoveProgress};
pub use remembered::missing_key_files;
pub use repack::RepackError;
pub use rollback::{EnterError, Entered, RollbackError};
pub use rows::RowError;
pub use runner::FoldError;
pub use tiles::LogError;
pub use unfinished::UnfinishedError;
pub use unlock::UnlockError;
pub use vidimus_folds::catalogue::State;
pub use watch::{Step, Work};

#[cfg(test)]
#[path = "../tests/lifecycle/mod.rs"]
mod lifecycle;
