//! Which records a member could read on this computer when they last checked, kept outside the archive's folder.
//!
//! A record that is sealed anew under somebody's own key looks like one that never was for the reader: only what is remembered
//! elsewhere betrays it.

use std::io;
use std::path::PathBuf;

use vidimus_model::MemberId;

use crate::files;
use crate::high_water::HighWater;

/// Where it lies: `<state folder>/<archive id>/read-<member>`; a line with the ledger's size then and how often the archive had gone
/// back by then, and behind it one bit for each log index, from the lowest bit of the first byte on.
pub(crate) struct OnceRead {
    path: PathBuf,
}

/// What was read when the ledger had a size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Memory {
    /// The ledger's size then.
    pub size: u64,
    /// How often the archive had gone back by then.
    pub rollbacks: usize,
    /// Which.
    pub rows: Rows,
}

impl Memory {
    /// The size up to which the log is still the one that was read; `kept` are the sizes from which the archive went on, in order.
    pub fn size_in_log(&self, kept: &[u64]) -> u64 {
        kept.iter().skip(self.rollbacks).fold(self.size, |size, kept| size.min(*kept))
    }
}

/// A set of log indices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rows(Vec<u8>);

impl Rows {
    /// Adds one.
    pub fn insert(&mut self, seq: u64) {
        let Ok(at) = usize::try_from(seq / 8) else { return };
        if self.0.len() <= at {
            self.0.resize(at + 1, 0);
        }
        self.0[at] |= 1 << (seq % 8);
    }

    /// Is it among them?
    pub fn contains(&self, seq: u64) -> bool {
        let byte = usize::try_from(seq / 8).ok().and_then(|at| self.0.get(at));
        byte.is_some_and(|byte| byte & (1 << (seq % 8)) != 0)
    }

    /// All, in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = u64> {
        (0..).zip(&self.0).filter(|(_, byte)| **byte != 0).flat_map(|(at, byte): (u64, &u8)| {
            (0..8).filter(move |bit| byte & (1 << bit) != 0).map(move |bit| at * 8 + bit)
        })
    }
}

impl OnceRead {
    /// What this computer remembers of a member, beside the archive's mark.
    pub fn of(mark: &HighWater, member: MemberId) -> Self {
        Self { path: mark.folder().join(format!("read-{member}")) }
    }

    /// What is remembered; nothing where it cannot be understood.
    ///
    /// # Errors
    /// The file system's; that there is no such file is none.
    pub fn read(&self) -> io::Result<Memory> {
        let untrusted = match files::read(&self.path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Memory::default()),
            read => read?,
        };
        Ok(parse(&untrusted).unwrap_or_default())
    }

    /// Remembers this instead.
    ///
    /// # Errors
    /// The file system's.
    pub fn write(&self, memory: &Memory) -> io::Result<()> {
        let mut bytes = format!("{} {}\n", memory.size, memory.rollbacks).into_bytes();
        bytes.extend(&memory.rows.0);
        files::replace(&self.path, &bytes)
    }

    /// The file's name.
    pub fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

fn parse(untrusted: &[u8]) -> Option<Memory> {
    let end = untrusted.iter().take(64).position(|byte| *byte == b'\n')?;
    let (size, rollbacks) = std::str::from_utf8(&untrusted[..end]).ok()?.split_once(' ')?;
    let rows = Rows(untrusted[end + 1..].to_vec());
    Some(Memory { size: size.parse().ok()?, rollbacks: rollbacks.parse().ok()?, rows })
}

#[cfg(test)]
mod tests {
    use vidimus_model::MemberId;

    use super::{Memory, OnceRead, Rows};
    use crate::high_water::HighWater;

    #[test]
    fn what_is_remembered_is_read_again() {
        let state = tempfile::tempdir().unwrap();
        std::fs::create_dir(state.path().join("archive")).unwrap();
        let once = OnceRead::of(&HighWater::new(state.path(), "archive"), MemberId::from_bytes([7; 8]));
        assert_eq!(once.read().unwrap(), Memory::default(), "nothing yet");
        let mut rows = Rows::default();
        let seqs = [0, 7, 8, 300];
        seqs.iter().for_each(|seq| rows.insert(*seq));
        assert_eq!(rows.iter().collect::<Vec<_>>(), seqs);
        assert!(rows.contains(300) && !rows.contains(299) && !rows.contains(u64::MAX));
        let memory = Memory { size: 301, rollbacks: 1, rows };
        once.write(&memory).unwrap();
        assert_eq!(once.read().unwrap(), memory);
        for broken in [&b""[..], b"301", b"301\n", b"x 1\n7", &[b'1'; 90]] {
            std::fs::write(state.path().join("archive").join(once.name()), broken).unwrap();
            assert_eq!(once.read().unwrap(), Memory::default(), "{broken:?}");
        }
    }

    #[test]
    fn what_was_given_up_by_a_roll_back_is_another_log() {
        let memory = Memory { size: 50, rollbacks: 1, rows: Rows::default() };
        assert_eq!(memory.size_in_log(&[20]), 50, "it was read after that");
        assert_eq!(memory.size_in_log(&[20, 40]), 40);
        assert_eq!(memory.size_in_log(&[20, 60, 45]), 45);
    }
}
