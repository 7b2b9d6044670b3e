//! The archive's signing key: which one signs now, for whom it is wrapped, and how another follows it.
//!
//! The new key is wrapped for every member before it is named, and the old one's wraps go after: stopped in between, the archive
//! has the key that its records name.

use std::io;
use std::path::PathBuf;

use vidimus_model::{ArchiveKey, Change, CompartmentId, MemberId};
use vidimus_proof::checkpoint::SignedCheckpoint;
use vidimus_proof::keychain::{self, KeyChain, Succession};
use vidimus_proof::note::VerifierKey;
use vidimus_seal::age::Recipient;
use vidimus_seal::{SigningSeed, wrap};

use crate::door::{Act, Draft};
use crate::keyring::{Keyring, read_folder};
use crate::layout::Layout;
use crate::receipt::ReceiptError;
use crate::unfinished::{UnfinishedError, Workplace};
use crate::{Archive, DoorError, FoldError, epoch, files};

/// Why the archive's key was not changed. To repeat the command goes on.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveKeyError {
    /// A reason is required.
    #[error("no reason was given")]
    NoReason,
    /// A member's record holds no sound key, so nothing can be wrapped for them.
    #[error("the keys of {0} are not sound")]
    BadMember(MemberId),
    /// Nothing could be recorded.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// The register cannot be read.
    #[error(transparent)]
    Fold(#[from] FoldError),
    /// The key was changed, and the receipt of its change could not be made.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
    /// Another process holds the key store, or it cannot be written.
    #[error(transparent)]
    Unfinished(#[from] UnfinishedError),
    /// The key store cannot be written.
    #[error("the key store cannot be written: {0}")]
    Io(#[from] io::Error),
}

/// The archive's key was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyChanged {
    /// The key that signs from now on.
    pub key: VerifierKey,
    /// The folder of the receipt of the last checkpoint that the old key signed: published, it shows that no other key followed.
    pub receipt: PathBuf,
}

impl Archive {
    /// Lets another key sign for the archive: one that nobody has who is not a member.
    ///
    /// # Errors
    /// Any [`ArchiveKeyError`].
    pub fn change_key(&mut self, reason: &str) -> Result<KeyChanged, ArchiveKeyError> {
        if reason.trim().is_empty() {
            return Err(ArchiveKeyError::NoReason);
        }
        // One that was interrupted is finished first: behind another change nobody would look for its receipt any more.
        self.finish_key_changes()?;
        let workplace = self.workplace()?;
        self.put_new_key(reason)?;
        self.take_old_keys_away(&workplace)?;
        let last = self.last_of_the_key_before()?.expect("the key was changed above");
        Ok(KeyChanged { key: self.verifier_key(), receipt: self.issue_receipt_of(&last)? })
    }

    /// The keys that signed before the one that signs now, the first one first, as others pinned them.
    pub fn earlier_keys(&self) -> Vec<VerifierKey> {
        let name = self.verifier_key().name().clone();
        let now = self.archive_key.public();
        self.keys().keys().filter(|key| *key != now).map(|key| keychain::named(&name, key)).collect()
    }

    /// Changes the key where a removed member may still have it, and takes away what a change has left.
    pub(crate) fn finish_key_changes(&mut self) -> Result<(), ArchiveKeyError> {
        let workplace = self.workplace()?;
        self.refresh_register()?;
        if self.register.key_is_due {
            self.put_new_key("a member was removed")?;
        }
        // As long as nobody outside knows of the change, whoever has the old key could name another.
        if let Some(last) = self.last_of_the_key_before()?.filter(|last| !self.has_receipt_of(last)) {
            self.issue_receipt_of(&last)?;
        }
        self.take_old_keys_away(&workplace)
    }

    /// The last checkpoint that the key before this one signed: the one over the record that names this one, whatever was
    /// appended since. None where the key never changed.
    fn last_of_the_key_before(&self) -> Result<Option<SignedCheckpoint>, ReceiptError> {
        let changed_at = self.keys().changes().last();
        Ok(changed_at.map(|index| self.checkpoint_at(index + 1)).transpose()?)
    }

    fn put_new_key(&mut self, reason: &str) -> Result<(), ArchiveKeyError> {
        let register = CompartmentId::register();
        self.act(|archive| -> Result<Act, ArchiveKeyError> {
            // Another one in every try: the one before is wrapped for whoever was removed since.
            let seed = SigningSeed::generate(&mut archive.entropy);
            let members: Vec<MemberId> = archive.register.present().map(|member| member.member).collect();
            for member in members {
                let recipient = archive.recipient_of(member).flatten();
                let recipient = recipient.ok_or(ArchiveKeyError::BadMember(member))?;
                archive.wrap_for_signing(&seed, member, &recipient)?;
            }
            crate::crash::step();
            let (old, new) = (archive.archive_key.public(), seed.key());
            let name = archive.origin.parse().expect("an origin was checked when the archive began");
            let change = ArchiveKey {
                from: keychain::named(&name, old).to_string(),
                key: keychain::named(&name, new.public()).to_string(),
                by_new: Succession::sign(&archive.origin, &old, &new),
                reason: reason.to_owned(),
            };
            let key = archive.keyring.compartment(&register).ok_or(FoldError::NotHeld)?.current();
            let draft = Draft { compartment: register.clone(), key, change: Change::ArchiveKey(change) };
            Ok(Act::of(vec![draft], vec![register.clone()]))
        })?;
        crate::crash::step();
        Ok(self.refresh_register()?)
    }

    /// Destroys the wraps of every signing key but the one that signs now. Whoever changes the key holds the workplace, so no
    /// other's new key is among them.
    fn take_old_keys_away(&mut self, _: &Workplace) -> Result<(), ArchiveKeyError> {
        let newest = self.archive_key.key_id().to_owned();
        for (key, wraps) in signing_keys(&self.layout, &self.archive_id)? {
            if key == newest {
                continue;
            }
            let folder = self.layout.signing_key(&self.archive_id, &key);
            for wrap in wraps {
                crate::crash::step();
                files::destroy(&folder.join(wrap))?;
            }
            if key != self.archive_id {
                files::remove_folder(&folder)?;
            }
        }
        Ok(())
    }

    /// Wraps the key that signs now for a member who may append.
    pub(crate) fn let_sign(&mut self, member: MemberId, recipient: &Recipient) -> io::Result<()> {
        let seed = self.archive_seed.clone();
        self.wrap_for_signing(&seed, member, recipient)
    }

    fn wrap_for_signing(
        &mut self,
        seed: &SigningSeed,
        member: MemberId,
        recipient: &Recipient,
    ) -> io::Result<()> {
        let wrapped = wrap::wrap_signing(seed, recipient, &mut self.entropy);
        files::replace(&self.layout.signing(&self.archive_id, &seed.public().key_id(), member), &wrapped)
    }

    /// Signs with the key that the register names, as soon as it names another than before.
    pub(crate) fn follow_the_key(&mut self) -> Result<(), FoldError> {
        let newest = self.keys().newest();
        if newest != self.archive_key.public() {
            let seed = open(&self.layout, &self.keyring, &self.archive_id, &newest.key_id())?;
            self.archive_seed = seed.ok_or(FoldError::NoSigningKey)?;
            self.archive_key = self.archive_seed.key();
        }
        Ok(())
    }

    /// The archive's keys, as its register names them.
    pub(crate) fn keys(&self) -> KeyChain {
        self.register.keys.clone().unwrap_or_else(|| KeyChain::of(self.archive_key.public()))
    }

    /// The key to check a checkpoint of this archive with. In the log as it is, the one that signs its size; in an epoch that
    /// was given up, whichever of the archive's keys signed it.
    pub(crate) fn key_of(&self, found: &SignedCheckpoint) -> VerifierKey {
        let (keys, origin) = (self.keys(), &found.checkpoint().origin);
        let in_force = keychain::named(origin, keys.of_checkpoint(found.checkpoint().size));
        if origin.as_str() == self.origin || !epoch::is_of(&self.register.base, origin.as_str()) {
            return in_force;
        }
        let mut all = keys.keys().map(|key| keychain::named(origin, key));
        all.find(|key| found.verify(key).is_ok()).unwrap_or(in_force)
    }
}

/// Any signing key of the archive that is wrapped for this member.
pub(crate) fn any(layout: &Layout, keyring: &Keyring, archive: &str) -> io::Result<Option<SigningSeed>> {
    let mut none = Ok(None);
    for (key, _) in signing_keys(layout, archive)? {
        match open(layout, keyring, archive, &key) {
            Ok(None) => {}
            Ok(found) => return Ok(found),
            Err(error) => none = Err(error),
        }
    }
    none
}

/// The signing key of this id, if it is wrapped for this member.
fn open(layout: &Layout, keyring: &Keyring, archive: &str, key: &str) -> io::Result<Option<SigningSeed>> {
    match files::read(layout.signing(archive, key, keyring.member())) {
        Ok(untrusted) => Ok(wrap::unwrap_signing(&untrusted, &keyring.member_keys().identity, key).ok()),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

/// The signing keys in the key store, with the names of their wraps.
fn signing_keys(layout: &Layout, archive: &str) -> io::Result<Vec<(String, Vec<std::ffi::OsString>)>> {
    let all = layout.signing_keys(archive);
    let (mut of_first, mut keys) = (Vec::new(), Vec::new());
    for name in read_folder(&all)? {
        match name.to_str().filter(|name| !name.ends_with(".age") && all.join(name).is_dir()) {
            Some(key) => keys.push((key.to_owned(), read_folder(&all.join(key))?)),
            None => of_first.push(name),
        }
    }
    keys.push((archive.to_owned(), of_first));
    Ok(keys)
}
