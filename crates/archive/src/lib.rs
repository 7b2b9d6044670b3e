//! The one door: every change is checked, signed and appended here.

pub mod anchor;
mod archive;
mod check;
pub mod clock;
pub mod disclose;
mod door;
mod epoch;
mod files;
mod high_water;
mod init;
mod keyring;
mod layout;
pub mod query;
mod read;
pub mod receipt;
pub mod receive;
mod register;
mod rows;
mod runner;
mod tiles;
mod unlock;
pub mod unseal;

pub use archive::{Archive, CheckpointSummary, OpenError, Opening, WentBack};
pub use check::{CheckProgress, Checked, Checker, Counted, Problem, check_folder};
pub use door::DoorError;
pub use init::{Beginning, InitError};
pub use keyring::{HeldCompartment, Keyring, KeyringError};
pub use layout::Layout;
pub use read::{ItemBytes, ReadError, RecordAt};
pub use receipt::{IssuedReceipt, ReceiptError};
pub use register::{KnownMember, Register, Waiting};
pub use rows::RowError;
pub use runner::FoldError;
pub use tiles::LogError;
pub use unlock::UnlockError;
pub use vidimus_folds::catalogue::State;
