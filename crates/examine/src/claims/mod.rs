//! What a path, a clock in a picture and a note say of time and camera: pure functions over text.

mod camera;
pub mod dates;
mod path;
pub mod times;
mod tokens;

pub use camera::{Camera, cameras};
pub use path::from_path;
