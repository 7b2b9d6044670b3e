//! The small files of a backup: the key store, mirrored so that destroyed keys are destroyed there too; receipts and settings.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Seek as _};
use std::path::{Path, PathBuf};

use vidimus_ledger::{Ledger as _, SqliteLedger};
use vidimus_model::KeyId;
use vidimus_proof::checkpoint::SignedCheckpoint;
use vidimus_proof::timestamp::Token;
use vidimus_seal::age::{Identity, OpenError};
use vidimus_seal::member;
use vidimus_seal::wrap::unwrap_unproved_identity;

use super::{BackedUp, BackupError};
use crate::anchor::Settings;
use crate::keyring::SealingKey;
use crate::layout::Layout;
use crate::passphrase::digest_of;
use crate::unfinished::seals_something;
use crate::{Archive, files, rows};

/// The folders and the name of the file that lies deepest: the wrap of a later signing key, in the key store. What somebody nests deeper
/// has a path at the end that no system opens.
const DEEPEST: usize = 4;

/// Records of a key by which it is told from another.
const SOME: usize = 100;

impl Archive {
    /// Copies what is new in the key store, and destroys what was destroyed. What is there is replaced only where a record or the key
    /// itself shows that this one is right; what only got lost here is kept there.
    pub(super) fn mirror_keys(
        &mut self,
        theirs: &Layout,
        copy: &SqliteLedger,
        done: &mut BackedUp,
    ) -> Result<(), BackupError> {
        self.refresh_register()?;
        let before = below(&theirs.keys())?;
        let mut ours = BTreeSet::new();
        for path in &below(&self.layout.keys())? {
            if self.is_back(path)? {
                continue;
            }
            let bytes = match unless_gone(files::read(self.layout.keys().join(path))) {
                Ok(None) => continue,
                Ok(Some(bytes)) => bytes,
                // A bad sector, or a file that somebody locked: the others can still be copied.
                Err(_) => {
                    ours.insert(path.clone());
                    done.kept.push(format!("keys/{}", path.display()));
                    continue;
                }
            };
            ours.insert(path.clone());
            let target = theirs.keys().join(path);
            let there = unless_gone(files::read(&target)).ok().flatten();
            if there.as_ref().is_some_and(|there| *there == bytes || self.is_the_same(path, &bytes, there)) {
                continue;
            }
            if self.is_damaged(path, &bytes) || there.is_some_and(|there| self.is_good(path, &bytes, &there))
            {
                done.kept.push(format!("keys/{}", path.display()));
            } else {
                files::replace(&target, &bytes)?;
            }
        }
        let mut keep = ours.clone();
        for path in before.difference(&ours) {
            if self.is_needed(path, (&ours, &before), (theirs, copy))? {
                // What came meanwhile took it away perhaps: the copied records need it still, and the next backup asks again.
                if self.ledger.tip()?.size == copy.tip()?.size {
                    done.kept.push(format!("keys/{}", path.display()));
                }
                keep.insert(path.clone());
            }
        }
        done.removed += drop_others(&theirs.keys(), &keep)?;
        // What a crash would leave to do here is left to do there.
        for path in copy_notes(&self.layout, theirs)? {
            done.kept.push(format!("unfinished/{}", path.display()));
        }
        let (here, there) = (notes(&self.layout)?, notes(theirs)?);
        drop_all(&theirs.unfinished(), there.difference(&here))?;
        Ok(())
    }

    /// Copies receipts and settings. Receipts are never removed, and what others signed in them is never replaced. Those larger than the
    /// copied ledger came meanwhile and belong to the next backup.
    pub(super) fn mirror_others(
        &self,
        theirs: &Layout,
        size: u64,
        done: &mut BackedUp,
    ) -> Result<(), BackupError> {
        for name in crate::keyring::read_folder(&self.layout.receipts())? {
            let number = name.to_str().and_then(|name| name.parse::<u64>().ok());
            let (from, to) = (self.layout.receipts().join(&name), theirs.receipts().join(&name));
            // A file among the folders is none of ours.
            if number.is_none_or(|number| number <= size) && from.is_dir() {
                for path in copy_new_but(&from, &to, &is_sound_evidence)? {
                    done.kept.push(format!("receipts/{}", Path::new(&name).join(path).display()));
                }
            }
        }
        let Some(settings) = unless_gone(Settings::bytes(&self.layout.settings())).ok().flatten() else {
            if self.layout.settings().exists() {
                done.kept.push("settings.json".to_owned());
            }
            return Ok(());
        };
        for name in crate::check::named_by_settings(&settings) {
            if let Ok(certificates) = crate::files::read(self.layout.root().join(&name)) {
                files::replace(&theirs.root().join(&name), &certificates)?;
            }
        }
        Ok(files::replace(&theirs.settings(), &settings)?)
    }

    /// Is it a key under which everything was erased, and that somebody put back? `check` names it.
    fn is_back(&self, path: &Path) -> Result<bool, BackupError> {
        let parts: Vec<&str> = path.iter().filter_map(|part| part.to_str()).collect();
        let ["held", key, _] = parts[..] else { return Ok(false) };
        let Ok(id) = key.parse() else { return Ok(false) };
        Ok(!self.seals_something(id)? && !self.ledger.rows_of_key(key, 0, 1)?.is_empty())
    }

    /// Is a file of the key store that is not here what no other here can replace? No command took it away, then.
    fn is_needed(
        &self,
        path: &Path,
        (ours, before): (&BTreeSet<PathBuf>, &BTreeSet<PathBuf>),
        (theirs, copy): (&Layout, &SqliteLedger),
    ) -> Result<bool, BackupError> {
        let parts: Vec<&str> = path.iter().filter_map(|part| part.to_str()).collect();
        let is_present = |file: &str| {
            let id = file.split('.').next().unwrap_or_default();
            self.register.present().any(|member| member.member.to_string() == id)
        };
        Ok(match parts[..] {
            ["held", key, _] => match key.parse() {
                Ok(id) => {
                    let within = Path::new("held").join(key);
                    let read = |layout: &Layout, file: &Path| files::read(layout.keys().join(file)).ok();
                    let stayed = |file: &&PathBuf| {
                        let here = read(&self.layout, file);
                        here.is_some() && here == read(theirs, file)
                    };
                    let here: Vec<&PathBuf> = ours.iter().filter(|file| file.starts_with(&within)).collect();
                    let is_one_left = here.iter().any(|file| before.contains(*file) && stayed(file));
                    !is_one_left
                        && seals_something(copy, id)?
                        && !self.opens_what_it_sealed(copy, id, &here)?
                }
                Err(_) => false,
            },
            ["members", file] => is_present(file),
            // A signing key that was followed by another was taken away.
            ["signing", key, file] | ["signing", _, key, file] => {
                is_present(file) && key == self.keys().newest().key_id()
            }
            _ => false,
        })
    }

    /// Does a file that is here give this member the key by that id, so that it opens a record that it sealed? Another under its
    /// name does not.
    fn opens_what_it_sealed(
        &self,
        copy: &SqliteLedger,
        id: KeyId,
        files: &[&PathBuf],
    ) -> Result<bool, BackupError> {
        let rows = copy.rows_of_key(&id.to_string(), 0, SOME)?;
        let opens = |identity: Identity| {
            let key = SealingKey::new(id, identity);
            rows.iter().any(|row| row.body.is_some() && rows::open(row, &key.row, &self.archive_id).is_ok())
        };
        let given = |file: &&PathBuf| {
            let wrap = files::read(self.layout.keys().join(file)).ok()?;
            unwrap_unproved_identity(&wrap, self.opener(file)?).ok()
        };
        Ok(files.iter().filter_map(given).any(opens))
    }

    /// Both files give this member the same key: it was wrapped twice.
    fn is_the_same(&self, path: &Path, bytes: &[u8], there: &[u8]) -> bool {
        let Some(identity) = self.opener(path) else { return false };
        let open = |bytes| vidimus_seal::age::decrypt_to_vec(bytes, identity).ok();
        open(bytes).is_some_and(|key| open(there).is_some_and(|there| *key == *there))
    }

    /// Is the file in the backup to stay, though the one here is another? A wrap is made once; and which of a member's files is the
    /// newest, a record says. Whoever opens neither cannot tell a stranger's file from the right one.
    fn is_good(&self, path: &Path, bytes: &[u8], there: &[u8]) -> bool {
        if path.starts_with("members") {
            let member = path.file_stem().and_then(|id| id.to_str()?.parse().ok());
            let newest = member.and_then(|id| self.register.key_files.get(&id));
            let is_newest = newest.is_some_and(|sha256| *sha256 == digest_of(bytes));
            return !is_newest && member::could_be(there, "").is_ok();
        }
        !self.is_damaged(path, there)
    }

    /// What opens a wrap, where this member has it.
    fn opener(&self, path: &Path) -> Option<&Identity> {
        let holder = path.file_stem().and_then(|holder| holder.to_str()).unwrap_or_default();
        if holder == self.keyring.member().to_string() {
            return Some(&self.keyring.member_keys().identity);
        }
        holder.parse().ok().and_then(|id| self.keyring.get(id)).map(|key| &key.identity)
    }

    fn is_damaged(&self, path: &Path, bytes: &[u8]) -> bool {
        if path.starts_with("members") {
            return member::could_be(bytes, "").is_err();
        }
        let opens = |identity: &Identity| vidimus_seal::age::open(bytes, identity, None);
        // What is named for a key that is held opens with it; a stranger's file is not for anybody here.
        if let Some(identity) = self.opener(path) {
            return opens(identity).is_err();
        }
        !matches!(opens(&self.keyring.member_keys().identity), Ok(_) | Err(OpenError::NotForThisKey))
    }
}

/// Does the backup have files of the key store that the archive does not?
pub(super) fn lacks_keys_of(ours: &Layout, theirs: &Layout) -> io::Result<bool> {
    Ok(!below(&theirs.keys())?.is_subset(&below(&ours.keys())?))
}

/// Destroys every file below `folder` that is not among these; returns how many.
fn drop_others(folder: &Path, keep: &BTreeSet<PathBuf>) -> io::Result<u64> {
    drop_all(folder, below(folder)?.difference(keep))
}

fn drop_all<'a>(folder: &Path, paths: impl Iterator<Item = &'a PathBuf>) -> io::Result<u64> {
    let mut removed = 0;
    for path in paths {
        // A key that was destroyed here is overwritten there too.
        files::destroy(&folder.join(path))?;
        removed += 1;
        if let Some(within) = folder.join(path).parent() {
            let _ = fs::remove_dir(within); // only if it is empty
        }
    }
    Ok(removed)
}

/// Copies every file below `from` that is not there or differs; those that cannot be read.
pub(super) fn copy_new(from: &Path, to: &Path) -> io::Result<Vec<PathBuf>> {
    copy_new_but(from, to, &|_, _| false)
}

/// Copies the notes of work to be done that are not there or differ; those that cannot be read. What else lies beside them is
/// somebody's, and stays where it is.
pub(super) fn copy_notes(from: &Layout, to: &Layout) -> io::Result<Vec<PathBuf>> {
    copy_each(notes(from)?, &from.unfinished(), &to.unfinished(), &|_, _| false)
}

/// The files among the notes that the program could have put there.
fn notes(layout: &Layout) -> io::Result<BTreeSet<PathBuf>> {
    let mut found = below(&layout.unfinished())?;
    found.retain(|path| path.to_str().is_some_and(|name| !name.contains('/') && Layout::names_a_note(name)));
    Ok(found)
}

/// Copies every file below `from` that is not there, or differs and may be replaced; those that may not, or cannot be read.
fn copy_new_but(from: &Path, to: &Path, stays: &dyn Fn(&Path, &[u8]) -> bool) -> io::Result<Vec<PathBuf>> {
    copy_each(below(from)?, from, to, stays)
}

/// A note of work to be done can be larger than anything else here, so none is held in memory.
fn copy_each(
    paths: BTreeSet<PathBuf>,
    from: &Path,
    to: &Path,
    stays: &dyn Fn(&Path, &[u8]) -> bool,
) -> io::Result<Vec<PathBuf>> {
    let mut kept = Vec::new();
    for path in paths {
        let (here, target) = (from.join(&path), to.join(&path));
        let mut bytes = match unless_gone(files::open(&here)) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => continue,
            Err(_) => {
                kept.push(path);
                continue;
            }
        };
        if files::open(&target).is_ok_and(|there| is_same(&bytes, &there).unwrap_or(false)) {
            continue;
        }
        if files::read(&target).is_ok_and(|there| stays(&path, &there)) {
            kept.push(path);
        } else {
            let copied = bytes.rewind().and_then(|()| files::replace_from(&target, &mut bytes));
            let is_readable = || {
                let mut again = files::open(&here)?;
                io::copy(&mut again, &mut io::sink())
            };
            match copied {
                Err(_) if is_readable().is_err() => kept.push(path),
                copied => copied?,
            }
        }
    }
    Ok(kept)
}

/// Do both files hold the same bytes?
fn is_same(one: &File, other: &File) -> io::Result<bool> {
    if one.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    let (mut one, mut other) = (BufReader::new(one), BufReader::new(other));
    loop {
        let (a, b) = (one.fill_buf()?, other.fill_buf()?);
        let length = a.len().min(b.len());
        if a[..length] != b[..length] {
            return Ok(false);
        }
        if length == 0 {
            return Ok(a.len() == b.len());
        }
        one.consume(length);
        other.consume(length);
    }
}

/// Is it what a receipt is made once of, the checkpoint or what an authority says of it, and can it be read?
fn is_sound_evidence(path: &Path, untrusted_bytes: &[u8]) -> bool {
    if path.file_name().is_some_and(|name| name == "checkpoint.txt") {
        return SignedCheckpoint::from_bytes(untrusted_bytes).is_ok();
    }
    path.extension().is_some_and(|ending| ending == "tsr") && Token::from_stored(untrusted_bytes).is_ok()
}

/// Every regular file below a folder, but what an interrupted write left; links are not followed, nor folders deeper than ours.
fn below(folder: &Path) -> io::Result<BTreeSet<PathBuf>> {
    let (mut found, mut folders) = (BTreeSet::new(), vec![PathBuf::new()]);
    while let Some(within) = folders.pop() {
        for name in crate::keyring::read_folder(&folder.join(&within))? {
            let path = within.join(name);
            let Some(there) = unless_gone(fs::symlink_metadata(folder.join(&path)))? else { continue };
            let kind = there.file_type();
            if kind.is_dir() {
                folders.extend((path.iter().count() < DEEPEST).then_some(path));
            } else if kind.is_file() && path.extension().is_none_or(|e| e != "aside") {
                found.insert(path);
            }
        }
    }
    Ok(found)
}

/// None where another process took it away after its name was read.
fn unless_gone<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        found => found.map(Some),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn a_note_larger_than_any_other_file_is_copied_whole_and_once() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::create_dir(&from).unwrap();
        let note = vec![7; files::MAX_BYTES as usize + 5];
        fs::write(from.join("work.age"), &note).unwrap();
        copy_new(&from, &to).unwrap();
        assert!(fs::read(to.join("work.age")).unwrap() == note);
        let written = |name: &str| fs::metadata(to.join(name)).unwrap().modified().unwrap();
        let first = written("work.age");
        copy_new(&from, &to).unwrap();
        assert_eq!(written("work.age"), first);
        fs::write(from.join("work.age"), &note[..9]).unwrap();
        copy_new(&from, &to).unwrap();
        assert_eq!(fs::read(to.join("work.age")).unwrap(), note[..9]);
    }

    #[test]
    fn what_goes_while_it_is_copied_stops_no_backup() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::create_dir_all(&from).unwrap();
        fs::write(from.join("stays"), "x").unwrap();
        let enough = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !enough.load(Ordering::Relaxed) {
                    fs::write(from.join("key.age.1.aside"), "x").unwrap();
                    fs::rename(from.join("key.age.1.aside"), from.join("key.age")).unwrap();
                    fs::remove_file(from.join("key.age")).unwrap();
                }
            });
            let copied: io::Result<()> = (0..3000).try_for_each(|_| {
                assert!(below(&from)?.contains(Path::new("stays")));
                Ok(())
            });
            let copied = copied.and_then(|()| (0..20).try_for_each(|_| copy_new(&from, &to).map(drop)));
            enough.store(true, Ordering::Relaxed);
            copied.unwrap();
        });
        assert!(to.join("stays").exists());
    }
}
