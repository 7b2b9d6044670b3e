//! Which item is a copy of which: pictures, films and sound, as they are or changed, whole or in part.
//!
//! Examination makes a print of each item; the fold keeps them, finds which may be related, and compares these. What it finds are
//! pairs, never merged and never hidden: who asks decides what to look at.

mod answers;
pub mod chunks;
pub mod compare;
mod far;
mod finder;
mod fold;
mod frames;
mod heard;
pub mod known;
pub mod lay;
pub mod moments;
pub mod moves;
pub mod near;
mod prepare;
pub mod relation;
mod rough;
mod rows;
pub mod sounds;
mod stills;
#[cfg(test)]
mod tests;
pub mod views;

pub use answers::{Because, Cluster, Pair, Remaining};
pub use fold::{Prints, Similar};
pub use relation::{Kind, Reason};
