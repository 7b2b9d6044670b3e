//! Keys and what they close: members, compartments, accessions, keyholders, sealed objects and rows.
//!
//! | key | closes | held by |
//! |---|---|---|
//! | passphrase ([`member`]) | the member's key file | the member's memory |
//! | [`RecoveryCode`] | the same key file, a second lock | a printed sheet |
//! | member's [`Identity`] | the keys of compartments, each wrapped to the member ([`wrap`]) | the key file |
//! | member's [`SigningKey`] | nothing: it signs the member's changes | the key file |
//! | archive's [`SigningKey`] | nothing: it signs records and checkpoints | wrapped to those who may append |
//! | compartment's [`Identity`] | accession keys; ledger rows ([`row`]); folds ([`row::fold_key`]) | wrapped to each member |
//! | accession's [`Identity`] | the objects of one delivery ([`age`](mod@age)) and its rows; destroying it erases the delivery | wrapped by the compartment's key |
//! | keyholders' age keys ([`keyholders`]) | who the giver was; k of n open it | offline, by people |
//!
//! Objects, wrapped keys and keyholders' shares are standard age v1 files: whoever has the key needs no program of ours.
//!
//! Never here: a clock, a disk, the network. Randomness comes through one [`Entropy`] that the caller made.

pub mod age;
mod entropy;
mod kdf;
pub use age::{HeaderPin, Identity, Recipient};
pub use entropy::{Entropy, EntropyError};
