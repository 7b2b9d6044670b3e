//! An item's bytes as the examination is granted them: decrypted into sealed memory, or served piece by piece.

use std::io::{self, Read};
use std::sync::Arc;

use vidimus_examine::{Subject, Volume};
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
    pub volumes: Among,
}

/// Where it stands among the volumes of a container.
pub(super) enum Among {
    /// It is none, as far as is known.
    Only,
    /// It begins it, and goes on in others.
    First(Box<Joined>),
    /// It goes on with one.
    Behind,
}

/// Volumes as one file.
pub(super) struct Joined(Arc<[Stored]>);

impl Stored {
    /// Begins a container that goes on in these.
    pub fn with(mut self, others: Vec<Self>) -> Self {
        let first = Self {
            vault: Arc::clone(&self.vault),
            about: self.about.clone(),
            path: self.path.clone(),
            file_system: self.file_system.clone(),
            place: self.place.clone(),
            identity: self.identity.clone(),
            volumes: Among::Only,
            ..self
        };
        self.volumes = Among::First(Box::new(Joined(std::iter::once(first).chain(others).collect())));
        self
    }

    /// Goes on with a container that another begins.
    pub fn behind(self) -> Self {
        Self { volumes: Among::Behind, ..self }
    }

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
        if self.views && self.size > HELD {
            let bytes = self.open()?;
            return Ok(Input::view(Served { length: bytes.left(), bytes }));
        }
        Input::held(self.open()?, if self.views { HELD } else { HELD_AT_MOST })
    }

    fn volume(&self) -> Volume<'_> {
        match &self.volumes {
            Among::Only => Volume::Only,
            Among::First(all) => Volume::First(&**all),
            Among::Behind => Volume::Behind,
        }
    }

    fn file_system(&self) -> &FileSystemSays {
        &self.file_system
    }
}

impl Joined {
    fn first(&self) -> &Stored {
        &self.0[0]
    }
}

impl Subject for Joined {
    fn untrusted_path(&self) -> &[u8] {
        self.first().untrusted_path()
    }

    fn size(&self) -> u64 {
        self.0.iter().map(|volume| volume.size).sum()
    }

    fn input(&self) -> Result<Input, InputError> {
        let views = self.first().views;
        let together = Together { volumes: Arc::clone(&self.0), open: None, at: 0 };
        if views && self.size() > HELD {
            return Ok(Input::view(together));
        }
        Input::held(together, if views { HELD } else { HELD_AT_MOST })
    }

    fn file_system(&self) -> &FileSystemSays {
        self.first().file_system()
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

/// Volumes one behind the other, of which one is open at a time: there may be a thousand.
struct Together {
    volumes: Arc<[Stored]>,
    open: Option<(usize, ItemBytes)>,
    /// Where it is read on.
    at: u64,
}

impl View for Together {
    fn length(&self) -> u64 {
        self.volumes.iter().map(|volume| volume.size).sum()
    }

    fn read_exact_at(&mut self, mut offset: u64, mut buffer: &mut [u8]) -> io::Result<()> {
        for (number, volume) in self.volumes.iter().enumerate() {
            let here = volume.size.saturating_sub(offset).min(buffer.len() as u64);
            if here > 0 {
                let (now, rest) = buffer.split_at_mut(usize::try_from(here).map_err(io::Error::other)?);
                let bytes = match &mut self.open {
                    Some((open, bytes)) if *open == number => bytes,
                    other => &mut other.insert((number, volume.open()?)).1,
                };
                bytes.read_exact_at(offset, now)?;
                buffer = rest;
            }
            offset = offset.saturating_sub(volume.size);
        }
        if buffer.is_empty() { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

impl Read for Together {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.length() - self.at).unwrap_or(usize::MAX);
        let most = buffer.len().min(left);
        self.read_exact_at(self.at, &mut buffer[..most])?;
        self.at += most as u64;
        Ok(most)
    }
}
