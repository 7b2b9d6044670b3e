//! What a path, a clock in a picture and a note say of time and camera, and where that contradicts: pure functions over text.

mod camera;
mod contradictions;
pub mod dates;
mod notes;
mod path;
pub mod times;
mod tokens;

pub use camera::{Camera, cameras};
pub use contradictions::{Contradiction, Corrected, Overlap, contradictions, corrected, overlaps};
pub(crate) use notes::facts_of;
pub use notes::{ClockNote, clock_notes};
pub use path::from_path;
