//! What this machine allows and lacks, and what is dangerous on it, as data.

mod dangers;

pub use dangers::{Danger, Kind, Machine, look, open_swap};
pub use vidimus_examine::tools::{FoundTool, Purpose, find, missing_packages};
