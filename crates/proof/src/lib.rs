//! Builds and checks what a stranger can check without us: records, the log, checkpoints, time stamps, bags.
//!
//! Never here: a clock, a disk, the network, randomness that was not given.
//!
//! In a day, in this order: [`merkle`] (RFC 6962), [`note`], [`checkpoint`], [`consistency`] and [`tlog_proof`] say what a log
//! commits to; [`json`] and [`record`] (RFC 9901), what its entries are; [`keychain`] and [`epoch`], whose they are;
//! [`cosignature`], [`policy`] and [`timestamp`] (RFC 3161), since when; [`bag`] puts these together, and `bag/verify/` is what
//! a court runs, a file for each step. [`tiles`] and [`receipt`] are other places where the same stands. Their bytes are
//! described in `docs/format/`; how it is known that each line counts, in `docs/mutants.md`.

pub mod bag;
pub mod checkpoint;
pub mod commitment;
pub mod consistency;
pub mod cosignature;
pub mod epoch;
pub mod json;
pub mod keychain;
pub mod merkle;
pub mod note;
pub mod policy;
pub mod receipt;
pub mod record;
pub mod tiles;
pub mod timestamp;
pub mod tlog_proof;
