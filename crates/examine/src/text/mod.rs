//! Text that is written in files: bytes to letters, letters to languages, formats to parts with their places.

pub(crate) mod charset;
