//! Finds the optional folder of other people's test vectors.

use std::path::{Path, PathBuf};

/// The folder `vectors/<name>` of `$VIDIMUS_SHARED`, or of `../shared` beside the checkout.
///
/// Prints that the test is skipped where there is none. A folder that is there must hold vectors: callers count them.
pub fn shared_vectors(name: &str) -> Option<PathBuf> {
    let shared = match std::env::var_os("VIDIMUS_SHARED") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
    };
    let folder = shared.join("vectors").join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: {} is not here", folder.display());
    None
}
