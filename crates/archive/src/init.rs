//! A new archive: its folder, its keys, its first member, and the first records.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use vidimus_ledger::{Ledger as _, SqliteLedger};
use vidimus_model::{
    ArchiveBegins, Change, Compartment, CompartmentId, Generation, KeyId, Keyholders, Member, MemberId,
    is_unsafe_to_show,
};
use vidimus_proof::note::{KeyName, NameError, Signer};
use vidimus_seal::KdfParams;
use vidimus_seal::RecoveryCode;
use vidimus_seal::age::Identity;
use vidimus_seal::keyholders::KeyholderSet;
use vidimus_seal::member::{self, MemberKeys};
use vidimus_seal::{Entropy, SigningSeed, wrap};
use vidimus_vault::FolderVault;

use crate::archive::{Archive, Parts};
use crate::clock::Clock;
use crate::door::{Act, DoorError, Draft};
use crate::files;
use crate::high_water::HighWater;
use crate::keyholders;
use crate::keyring::{Keyring, SealingKey, read_folder};
use crate::layout::Layout;
use crate::links;
use crate::sheet;

/// What a new archive begins with.
pub struct Beginning<'a> {
    /// The user's state folder, `$XDG_STATE_HOME/vidimus`.
    pub state: &'a Path,
    /// The log's origin.
    pub origin: &'a str,
    /// The first member's name.
    pub member: &'a str,
    /// The first member's passphrase.
    pub passphrase: &'a str,
    /// Who opens givers, if anyone is named yet.
    pub keyholders: Option<KeyholderSet>,
    /// How hard the passphrase is to try.
    pub kdf: KdfParams,
    /// What time it is.
    pub clock: Box<dyn Clock>,
}

/// Why no archive was made.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// The folder holds something already.
    #[error("{0} is not empty")]
    NotEmpty(PathBuf),
    /// Another process is making an archive there at this moment.
    #[error("another process is making an archive in {0}")]
    UnderWay(PathBuf),
    /// The origin breaks the rule of names.
    #[error("the origin is not usable: {0}")]
    Origin(NameError),
    /// The origin is longer than 200 bytes.
    #[error("the origin is too long")]
    OriginTooLong,
    /// The origin has characters that a terminal would obey, or that turn a line around.
    #[error("the origin has characters that cannot be shown")]
    OriginUnsafe,
    /// A member needs a name.
    #[error("a member needs a name without control characters, of at most 400 bytes")]
    MemberName,
    /// The ledger cannot be made.
    #[error("the ledger cannot be made: {0}")]
    Ledger(#[from] vidimus_ledger::OpenError),
    /// The vault cannot be made.
    #[error("the vault cannot be made: {0}")]
    Vault(#[from] vidimus_vault::OpenError),
    /// The first records cannot be written.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// The member's keys cannot be closed.
    #[error("the member's keys cannot be closed: {0}")]
    Lock(#[from] member::LockError),
    /// The file system or the random generator failed.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// The first member's sheet, before anything is recorded.
pub struct NewSheet<'a> {
    /// The archive's key as others pin it.
    pub vkey: String,
    /// The recovery code.
    pub code: &'a RecoveryCode,
}

/// What is in a folder before an archive is made there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// Nothing.
    Nothing,
    /// What a beginning that was interrupted left; nothing is recorded in it.
    Remains,
    /// An archive whose beginning was interrupted after its first records.
    Archive,
    /// What another process is making at this moment.
    UnderWay,
    /// Something else.
    Others,
}

impl Before {
    /// Looks.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn of(folder: &Path) -> io::Result<Self> {
        let before = Self::apart_from_others(folder)?;
        let note = match before {
            Self::Remains => File::open(Layout::new(folder).begun()),
            _ => return Ok(before),
        };
        let under_way =
            note.is_ok_and(|note| matches!(note.try_lock_shared(), Err(TryLockError::WouldBlock)));
        Ok(if under_way { Self::UnderWay } else { before })
    }

    /// Looks, whether or not somebody is at it.
    fn apart_from_others(folder: &Path) -> io::Result<Self> {
        let layout = Layout::new(folder);
        let names = read_folder(folder)?;
        if names.is_empty() {
            return Ok(Self::Nothing);
        }
        let ours = layout.unfinished();
        let only_ours = names.iter().all(|name| *name == *UNFINISHED) && read_folder(&ours)?.is_empty();
        if !only_ours && !layout.begun().exists() {
            return Ok(Self::Others);
        }
        let recorded =
            SqliteLedger::open(&layout.ledger()).is_ok_and(|l| l.tip().is_ok_and(|tip| tip.size > 0));
        if recorded {
            return Ok(Self::Archive);
        }
        // The note may have outlived the beginning: nothing is taken away from an archive that was used.
        let used = [layout.log(), layout.receipts(), layout.folds()].iter().any(|path| path.exists());
        let known = names.iter().all(|name| name.to_str().is_some_and(|name| MADE.contains(&name)));
        Ok(if used || !known { Self::Others } else { Self::Remains })
    }
}

/// What a beginning makes before its first records.
const MADE: [&str; 7] =
    ["ledger.db", "ledger.db-journal", "ledger.db-wal", "ledger.db-shm", "objects", "keys", UNFINISHED];
const UNFINISHED: &str = "unfinished";

impl Archive {
    /// Makes an archive in `folder`, which must be empty or absent. The recovery code is given out this once.
    ///
    /// # Errors
    /// Says what stands in the way; what was begun in the folder is taken away again.
    pub fn init(folder: &Path, beginning: Beginning<'_>) -> Result<(Self, RecoveryCode), InitError> {
        let made = Self::init_with_sheet(folder, beginning, |_| Ok::<_, InitError>(()))?;
        made.0.end_beginning()?;
        Ok(made)
    }

    /// The same, for whom the sheet must be in safe hands before anything is recorded; [`Archive::end_beginning`] is to follow.
    /// Killed in between, the same call begins anew, or [`Before::Archive`] says that it is done.
    ///
    /// # Errors
    /// As [`Archive::init`], or those of `keep`.
    pub fn init_with_sheet<E: From<InitError>>(
        folder: &Path,
        beginning: Beginning<'_>,
        keep: impl FnOnce(&NewSheet<'_>) -> Result<(), E>,
    ) -> Result<(Self, RecoveryCode), E> {
        let origin: KeyName = beginning.origin.parse().map_err(InitError::Origin)?;
        if beginning.origin.len() > MAX_ORIGIN {
            return Err(InitError::OriginTooLong.into());
        }
        // It stands on every receipt, as it is.
        if beginning.origin.chars().any(is_unsafe_to_show) {
            return Err(InitError::OriginUnsafe.into());
        }
        let existed = folder.is_dir();
        let turn = Turn::take(folder)?;
        let made = make(folder, &origin, beginning, keep);
        if made.is_err() {
            turn.take_back(existed);
        }
        made
    }

    /// The archive's beginning is finished, and its answer was read.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn end_beginning(&self) -> io::Result<()> {
        files::remove(&self.layout.begun())
    }
}

/// The one who begins an archive in a folder, for as long as the first records are not made: another one might take what is
/// being made for the remains of a killed command.
struct Turn<'a> {
    folder: &'a Path,
    #[allow(dead_code, reason = "the lock ends when the file is closed")]
    note: File,
}

impl<'a> Turn<'a> {
    /// Takes the turn, and away what an interrupted beginning left.
    fn take(folder: &'a Path) -> Result<Self, InitError> {
        links::refuse(&Layout::new(folder))?;
        let begun = Layout::new(folder).begun();
        loop {
            let before = Before::apart_from_others(folder)?;
            if matches!(before, Before::Archive | Before::Others) {
                return Err(InitError::NotEmpty(folder.to_owned()));
            }
            files::settle_folder(folder)?;
            let note = sheet::mark(&begun)?;
            match note.try_lock() {
                Err(TryLockError::WouldBlock) => return Err(InitError::UnderWay(folder.to_owned())),
                // Where there are no locks there is nobody else either, as far as anyone can tell.
                Err(TryLockError::Error(_)) | Ok(()) => {}
            }
            // Whoever had the turn before may have ended in between: made an archive, or taken the note away.
            let mine = fs::metadata(&begun)
                .is_ok_and(|there| note.metadata().is_ok_and(|own| own.ino() == there.ino()));
            if mine && Before::apart_from_others(folder)? == Before::Remains {
                let turn = Self { folder, note };
                turn.clear()?;
                return Ok(turn);
            }
        }
    }

    /// Takes away what was made, as far as nothing is recorded; what is recorded is gone on with when the command is repeated.
    fn take_back(self, existed: bool) {
        if !matches!(Before::apart_from_others(self.folder), Ok(Before::Remains)) || self.clear().is_err() {
            return;
        }
        // The note last: until then nobody else begins.
        let _ = fs::remove_dir_all(self.folder.join(UNFINISHED));
        if !existed {
            let _ = fs::remove_dir(self.folder);
        }
    }

    /// Takes away all but the note.
    fn clear(&self) -> io::Result<()> {
        for name in MADE.iter().filter(|name| **name != UNFINISHED) {
            let path = self.folder.join(name);
            if path.is_dir() { fs::remove_dir_all(&path)? } else { files::remove(&path)? }
        }
        Ok(())
    }
}

/// Origins longer than this are refused (`docs/format/log.md`).
const MAX_ORIGIN: usize = 200;

fn make<E: From<InitError>>(
    folder: &Path,
    origin: &KeyName,
    beginning: Beginning<'_>,
    keep: impl FnOnce(&NewSheet<'_>) -> Result<(), E>,
) -> Result<(Archive, RecoveryCode), E> {
    let (mut archive, drafts, recovery) = lay_out(folder, origin, beginning)?;
    // Before the first record: whoever is a member then has a sheet.
    keep(&NewSheet { vkey: archive.verifier_key().to_string(), code: &recovery })?;
    archive.begin_records(drafts)?;
    Ok((archive, recovery))
}

/// Everything but the first records.
fn lay_out(
    folder: &Path,
    origin: &KeyName,
    beginning: Beginning<'_>,
) -> Result<(Archive, Vec<Draft>, RecoveryCode), InitError> {
    let layout = Layout::new(folder);
    let mut entropy = Entropy::from_os().map_err(io::Error::other)?;
    let archive_seed = SigningSeed::generate(&mut entropy);
    let archive_id = archive_seed.public().key_id();
    let ledger = SqliteLedger::create(&layout.ledger(), &archive_id)?;
    let vault = FolderVault::create(&layout.objects())?;

    let keys = MemberKeys::generate(beginning.member, &mut entropy).map_err(|_| InitError::MemberName)?;
    let recovery = RecoveryCode::generate(&mut entropy);
    let file = member::lock(&keys, beginning.passphrase, &recovery, &beginning.kdf, &mut entropy)?;
    let me = MemberId::from_bytes(*keys.id.bytes());
    let recipient = keys.identity.recipient();
    files::replace(&layout.member(me), &file)?;
    let wrapped = wrap::wrap_signing(&archive_seed, &recipient, &mut entropy);
    files::replace(&layout.signing(&archive_id, &archive_id, me), &wrapped)?;

    let mut compartments = Vec::new();
    for id in [CompartmentId::register(), CompartmentId::main()] {
        let key = SealingKey::new(KeyId::from_bytes(entropy.bytes()), Identity::generate(&mut entropy));
        let wrapped = wrap::wrap_identity(&key.identity, &recipient, &mut entropy);
        files::replace(&layout.wrap(key.id, &me.to_string()), &wrapped)?;
        compartments.push((id, key));
    }

    let high_water = HighWater::new(beginning.state, &archive_id);
    let signer = Signer::new(origin.clone(), archive_seed.bytes());
    let mut drafts = Vec::new();
    for (id, key) in &compartments {
        drafts.extend(begin_compartment(id, key, id.as_str(), None, vec![me]));
    }
    let (register, register_key) = (CompartmentId::register(), compartments[0].1.id);
    let mut own_affairs = vec![
        Change::ArchiveBegins(ArchiveBegins {
            archive: archive_id.clone(),
            origin: origin.as_str().to_owned(),
            vkey: signer.verifier_key().to_string(),
        }),
        Change::Member(describe(&keys)),
    ];
    own_affairs.extend(beginning.keyholders.map(|set| keyholders::named(&set, None, &mut entropy)));
    drafts.extend(own_affairs.into_iter().map(|change| Draft {
        compartment: register.clone(),
        key: register_key,
        change,
    }));

    let keyring = Keyring::new(layout.clone(), keys);
    let parts = Parts {
        layout,
        ledger,
        vault,
        keyring,
        archive_id: archive_id.clone(),
        archive_seed,
        high_water,
        went_back: None,
    };
    let mut archive = Archive::assemble(parts, beginning.clock)?;
    archive.origin = origin.as_str().to_owned();
    for (_, key) in compartments {
        archive.keyring.add(key);
    }
    Ok((archive, drafts, recovery))
}

impl Archive {
    fn begin_records(&mut self, drafts: Vec<Draft>) -> Result<(), InitError> {
        self.record(Act::of(drafts, Vec::new()))?;
        let archive_id = self.archive_id.clone();
        self.keyring.gather(&self.ledger, &archive_id).map_err(io::Error::other)?;
        self.refresh_register().map_err(io::Error::other)?;
        Ok(self.publish_log().map_err(io::Error::other)?)
    }
}

/// The first two records of a compartment.
pub(crate) fn begin_compartment(
    id: &CompartmentId,
    key: &SealingKey,
    name: &str,
    letter: Option<char>,
    holders: Vec<MemberId>,
) -> [Draft; 2] {
    let recipient = key.identity.recipient().to_string();
    let changes = [
        Change::Compartment(Compartment {
            compartment: id.clone(),
            name: name.to_owned(),
            letter: letter.map(String::from).unwrap_or_default(),
        }),
        Change::Generation(Generation { key: key.id, recipient, holders }),
    ];
    changes.map(|change| Draft { compartment: id.clone(), key: key.id, change })
}

/// What the register says of a member.
pub(crate) fn describe(keys: &MemberKeys) -> Member {
    Member {
        member: MemberId::from_bytes(*keys.id.bytes()),
        name: keys.name.clone(),
        signing_key: B64.encode(keys.signing.public().to_bytes()),
        recipient: keys.identity.recipient().to_string(),
    }
}

/// What the register says of keyholders.
pub(crate) fn describe_keyholders(set: &KeyholderSet) -> Keyholders {
    Keyholders {
        threshold: u8::try_from(set.threshold()).expect("at most eight keyholders"),
        recipients: set.recipients().iter().map(ToString::to_string).collect(),
        fingerprint: set.fingerprint(),
    }
}
