//! Keys and what they close: members, compartments, accessions, keyholders, sealed objects and rows.
//!
//! | key | closes | held by |
//! |---|---|---|
//! | passphrase | the member's key file ([`member`]) | the member's memory |
//! | [`RecoveryCode`] | the same key file, a second lock | a printed sheet |
//! | member's [`Identity`] | compartment keys, each wrapped to the member ([`wrap`]) | the key file |
//! | member's [`SigningSeed`] | nothing: it signs the member's changes | the key file |
//! | archive's [`SigningSeed`] | nothing: it signs records and checkpoints | wrapped for those who may append |
//! | compartment's [`Identity`] | accession keys, ledger rows ([`row`]), folds ([`row::fold_key`]) | wrapped for each member |
//! | accession's [`Identity`] | the objects ([`age`](mod@age)) and rows of one delivery, which is erased with it | wrapped for the compartment |
//! | keyholders' age keys | who the giver was; k of n open it ([`keyholders`]) | offline, by people |
//!
//! Objects, wrapped keys and keyholders' shares are standard age v1 files: whoever has the key needs no program of ours.
//!
//! Never here: a clock, a disk, the network. Randomness comes through one [`Entropy`] that the caller made.

pub mod age;
pub mod approval;
mod entropy;
mod kdf;
pub mod keyholders;
mod mark;
pub mod member;
pub mod opening;
mod recovery;
pub mod row;
mod signing;
pub mod wrap;

pub use age::{HeaderPin, Identity, Recipient};
pub use entropy::{Entropy, EntropyError};
pub use keyholders::{KeyholderSet, Share};
pub use mark::MarkKey;
pub use member::{KdfParams, MemberId, MemberKeys};
pub use recovery::{RecoveryCode, RecoveryCodeError};
pub use row::{RowAad, RowKey};
pub use signing::SigningSeed;
