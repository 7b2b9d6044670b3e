//! The granted file: sealed in memory, or served piece by piece, so that no plain text touches a disk.

use std::fs::File;
use std::io::{self, Read, Seek as _};
use std::os::fd::{AsFd as _, AsRawFd as _};

use rustix::fs::{MemfdFlags, Mode, SealFlags, fchmod, fcntl_add_seals, memfd_create};

/// A file that a tool may read.
pub struct Input(pub(crate) Kind);

pub(crate) enum Kind {
    Held(File),
    Served(Box<dyn View + Send>),
}

/// A file that is read where it is asked for: decrypted on demand, for instance.
pub trait View {
    /// Its length in bytes, the same at every call.
    fn length(&self) -> u64;

    /// Fills the buffer from this place on. Sandboxed tools ask for pieces of at most a mebibyte, in any order; what
    /// is asked for ends before [`View::length`].
    ///
    /// # Errors
    /// It cannot be read there; the tool then meets an input/output error, and [`crate::Outcome::input_unread`] says so.
    fn read_exact_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<()>;
}

/// Why a file cannot be granted.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// It is larger than what may be held in memory.
    #[error("the file is larger than {0} bytes")]
    TooLarge(u64),
    /// It cannot be read, or there is no memory.
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl Input {
    /// Takes all of a file in, at most `most` bytes.
    ///
    /// # Errors
    /// It is larger, or cannot be read, or there is no memory.
    pub fn held(plain: impl Read, most: u64) -> Result<Input, InputError> {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let mut file = File::from(memfd_create("granted", flags).map_err(io::Error::from)?);
        let taken = io::copy(&mut plain.take(most.saturating_add(1)), &mut file)?;
        if taken > most {
            return Err(InputError::TooLarge(most));
        }
        file.rewind()?;
        let all = SealFlags::WRITE | SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL;
        fcntl_add_seals(&file, all).map_err(io::Error::from)?;
        // The tool is another user where the program runs as root, and opens it again by its name below /proc.
        fchmod(&file, Mode::from_raw_mode(0o444)).map_err(io::Error::from)?;
        let again = format!("/proc/self/fd/{}", file.as_fd().as_raw_fd());
        Ok(Input(Kind::Held(File::open(again)?)))
    }

    /// Serves a file that is too large for [`Input::held`]. Only [`crate::Level::Full`] can, and
    /// [`crate::Facts::no_views`] says why not.
    pub fn view(view: impl View + Send + 'static) -> Input {
        Input(Kind::Served(Box::new(view)))
    }

    /// Nothing: for a tool that is asked for its version.
    ///
    /// # Errors
    /// There is no memory.
    pub fn none() -> Result<Input, InputError> {
        Input::held(io::empty(), 0)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn held(input: Input) -> File {
        match input.0 {
            Kind::Held(file) => file,
            Kind::Served(_) => panic!("it is held"),
        }
    }

    #[test]
    fn it_is_read_from_the_beginning_and_cannot_be_changed() {
        let mut file = held(Input::held(&b"a frame"[..], 7).unwrap());
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "a frame");
        assert!(file.write(b"x").is_err());
        let name = format!("/proc/self/fd/{}", file.as_raw_fd());
        // Root may open it for writing; nobody may write.
        if let Ok(mut again) = File::options().write(true).open(&name) {
            assert!(again.write(b"x").is_err());
            assert!(again.set_len(0).is_err());
        }
    }

    #[test]
    fn one_byte_too_many_is_refused() {
        assert!(matches!(Input::held(&b"a frame"[..], 6), Err(InputError::TooLarge(6))));
    }
}
