//! The item as its examination sees it: bytes that can be granted again and again, a name, and what was said of it.

use vidimus_model::FileSystemSays;
use vidimus_sandbox::{Input, InputError};

/// An item to be examined.
pub trait Subject {
    /// Its path as found; in a container `outer!/inner`.
    fn untrusted_path(&self) -> &[u8];

    /// Its bytes.
    fn size(&self) -> u64;

    /// The file, made anew for each run of a tool: held in memory up to a bound, served piece by piece beyond.
    ///
    /// # Errors
    /// It cannot be read, or there is no memory.
    fn input(&self) -> Result<Input, InputError>;

    /// What it is among the volumes of a container.
    fn volume(&self) -> Volume<'_> {
        Volume::Only
    }

    /// What the file system, or the container that it lay in, claimed of it.
    fn file_system(&self) -> &FileSystemSays;
}

/// What an item is among the volumes of a container.
pub enum Volume<'a> {
    /// It is none, as far as is known.
    Only,
    /// The first; and all of them, as one file.
    First(&'a dyn Subject),
    /// One that the container is gone on with: what it holds is found in the first.
    Behind,
}
