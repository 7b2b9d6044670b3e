//! Builds and checks what a stranger can check without us: records, the log, checkpoints, time stamps, bags.
//!
//! Never here: a clock, a disk, the network, randomness that was not given.

pub mod bag;
pub mod checkpoint;
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
