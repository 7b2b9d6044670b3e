//! An item's bytes as the examination is granted them: decrypted into sealed memory, or served piece by piece.

use std::io;
use std::sync::Arc;

use vidimus_examine::Subject;
use vidimus_model::{FileSystemSays, FoundPath, ObjectPlace, Ref};
use vidimus_sandbox::{Input, InputError, View};
use vidimus_seal::age::Identity;
use vidimus_vault::Vault;

use crate::read::{ItemBytes, open_object};

/// Up to so many bytes are held in memory for a tool.
const HELD: u64 = 64 << 20;
/// Up to so many where the machine allows no views.
const HELD_AT_MOST: u64 = 2 << 30;

/// An item in the vault.
pub(super) struct Stored {
    pub vault: Arc<dyn Vault>,
    pub about: Ref,
    pub path: FoundPath,
    pub size: u64,
    pub file_system: FileSystemSays,
    pub place: ObjectPlace,
    pub identity: Identity,
    /// Whether files can be served.
    pub views: bool,
}

impl Stored {
    fn open(&self) -> io::Result<ItemBytes> {
        open_object(&*self.vault, &self.about, &self.place, &self.identity).map_err(io::Error::other)
    }
}

impl Subject for Stored {
    fn untrusted_path(&self) -> &[u8] {
        self.path.as_bytes()
    }

    fn size(&self) -> u64 {
        self.size
    }

    fn input(&self) -> Result<Input, InputError> {
        let bytes = self.open()?;
        if self.views && self.size > HELD {
            return Ok(Input::view(Served { length: bytes.left(), bytes }));
        }
        Input::held(bytes, if self.views { HELD } else { HELD_AT_MOST })
    }

    fn file_system(&self) -> &FileSystemSays {
        &self.file_system
    }
}

/// A whole object, decrypted where it is asked for.
struct Served {
    bytes: ItemBytes,
    length: u64,
}

impl View for Served {
    fn length(&self) -> u64 {
        self.length
    }

    fn read_exact_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.bytes.read_exact_at(offset, buffer)
    }
}
