//! Which compartments' keys a member held when they last used this computer, kept outside the archive's folder.
//!
//! A key that is gone takes with it the records that say who holds it: only what is remembered elsewhere betrays it.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use vidimus_ledger::SqliteLedger;
use vidimus_model::{KeyId, MemberId};

use crate::files;
use crate::high_water::HighWater;
use crate::keyring::{Keyring, read_folder};
use crate::layout::Layout;

/// Where it lies: `<state folder>/<archive id>/held-<member>`; on each line a key's id, how large the ledger was when it was first
/// held, how often the archive had gone back by then, and its public half. Lines of before that was remembered have the first two.
pub(crate) struct Remembered {
    path: PathBuf,
}

/// When a key was held, and which it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// A size of the ledger at which it was.
    pub size: u64,
    /// How often the archive had gone back by then.
    pub rollbacks: usize,
    /// Its public half, where that is remembered: another key under its id is another key.
    pub recipient: Option<String>,
}

impl Held {
    /// Does the log still have the place where it was held? `kept` are the sizes from which the archive went on, in order.
    pub fn is_in_log(&self, kept: &[u64]) -> bool {
        kept.iter().skip(self.rollbacks).all(|kept| self.size <= *kept)
    }
}

impl Remembered {
    /// What this computer remembers of a member, beside the archive's mark.
    pub fn of(mark: &HighWater, member: MemberId) -> Self {
        Self { path: mark.folder().join(format!("held-{member}")) }
    }

    /// Adds the generations of all compartments on the ring, which are held at this size of the ledger, after so many roll-backs.
    ///
    /// # Errors
    /// The file system's.
    pub fn add(&self, ring: &Keyring, size: u64, rollbacks: usize) -> io::Result<()> {
        let mut keys = self.keys()?;
        let known = keys.clone();
        for key in ring.compartments().flat_map(|held| &held.generations) {
            let recipient = ring.get(*key).map(|key| key.identity.recipient().to_string());
            let held = keys.entry(*key).or_insert(Held { size, rollbacks, recipient: None });
            if held.recipient.is_none() {
                held.recipient = recipient;
            }
        }
        if keys == known {
            return Ok(());
        }
        let line = |(key, held): (&KeyId, &Held)| {
            let recipient = held.recipient.as_deref().unwrap_or_default();
            format!("{key} {} {} {recipient}", held.size, held.rollbacks).trim_end().to_owned() + "\n"
        };
        files::replace(&self.path, keys.iter().map(line).collect::<String>().as_bytes())
    }

    /// Keys that were held; none where nothing can be understood.
    ///
    /// # Errors
    /// The file system's; that there is no such file is none.
    pub fn keys(&self) -> io::Result<BTreeMap<KeyId, Held>> {
        let untrusted = match files::read(&self.path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
            read => read?,
        };
        let line = |line: &str| {
            let mut words = line.split(' ');
            let (key, size) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
            let rollbacks = words.next().and_then(|count| count.parse().ok()).unwrap_or(0);
            Some((key, Held { size, rollbacks, recipient: words.next().map(str::to_owned) }))
        };
        Ok(String::from_utf8_lossy(&untrusted).lines().filter_map(line).collect())
    }

    /// The file's name.
    pub fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// Key files that are not there any more, of members with whose keys the archive in `folder` was opened on this computer, by what the
/// `state` folder remembers: whose passphrase opens nothing then has forgotten nothing. A removed member's file is gone rightly.
pub fn missing_key_files(folder: &Path, state: &Path) -> Vec<PathBuf> {
    let layout = Layout::new(folder);
    let Ok(ledger) = SqliteLedger::open(&layout.ledger()) else { return Vec::new() };
    let mark = HighWater::new(state, ledger.archive());
    let names = read_folder(mark.folder()).unwrap_or_default();
    let members = names.iter().filter_map(|name| name.to_str()?.strip_prefix("held-")?.parse().ok());
    let files = members.map(|member: MemberId| layout.member(member));
    files.filter(|file| file.symlink_metadata().is_err()).collect()
}
