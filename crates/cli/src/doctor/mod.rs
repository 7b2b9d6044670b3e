//! What this machine allows and lacks, and what is dangerous on it, as data.

mod dangers;
mod tools;

pub use dangers::{Danger, Kind, Machine, look};
pub use tools::{FoundTool, Purpose, find, missing_packages};
