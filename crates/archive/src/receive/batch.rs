//! A batch of files: small ones packed into one object, large ones sealed one by one, recorded together.

use sha2::{Digest as _, Sha256};
use vidimus_model::{
    Change, FileSystemSays, FoundKind, FoundPath, Item, KeyId, NotTaken, ObjectPlace, Reading, ReadingSizes,
    Ref, TimeZoneKnown,
};
use vidimus_vault::Vault as _;

use super::known::Pack;
use super::sealer::{BUFFER, SealError, Sealer};
use super::source::Source;
use super::walk::{Root, why};
use super::{PassedOver, ReceiveError, Session};
use crate::door::{Act, Draft};
use crate::{Archive, FoldError};

/// Files under this share an object (`docs/format/object.md`).
pub(crate) const SMALL: u64 = 64 * 1024;
/// Records of a batch.
const RECORDS: usize = 1000;
/// Bytes sealed in a batch: what an interruption costs at most, unless one file is larger.
const BYTES: u64 = 2 << 30;

/// Files that will be recorded together.
pub(super) struct Batch {
    source: u32,
    zone: TimeZoneKnown,
    /// In the order in which they were met; each gets the session's next number.
    files: Vec<Found>,
    passed_over: Vec<PassedOver>,
    pack: Option<Pack>,
    /// The plain bytes of the pack.
    packed: Vec<u8>,
    /// Bytes sealed since the last barrier.
    sealed: u64,
}

/// A file that was read; where its bytes lie is known by its digest.
struct Found {
    path: FoundPath,
    sha256: [u8; 32],
    size: u64,
    file_system: FileSystemSays,
    reading: Reading,
    sizes: Option<ReadingSizes>,
    copy_of: Option<Ref>,
}

/// What went wrong with a file, or with the archive.
enum Trouble {
    File(String),
    Archive(ReceiveError),
}

impl Batch {
    pub fn new(source: u32, zone: TimeZoneKnown) -> Self {
        Self {
            source,
            zone,
            files: Vec::new(),
            passed_over: Vec::new(),
            pack: None,
            packed: Vec::new(),
            sealed: 0,
        }
    }

    pub fn is_full(&self) -> bool {
        self.files.len() + self.passed_over.len() >= RECORDS || self.sealed >= BYTES
    }

    fn is_empty(&self) -> bool {
        self.files.is_empty() && self.passed_over.is_empty()
    }

    pub fn pass_over(&mut self, path: FoundPath, kind: FoundKind, reason: String) {
        self.passed_over.push(PassedOver { path, kind, reason });
    }
}

impl Archive {
    /// Reads one file into the batch; `progress` is told of bytes as they are read, at most as many as the file holds.
    /// The size of a file that is not taken, because something is wrong with it: that is noted. Only the archive's own
    /// troubles are errors.
    pub(super) fn take_file(
        &mut self,
        session: &mut Session,
        batch: &mut Batch,
        root: &Root,
        path: FoundPath,
        sealer: &Sealer,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Option<u64>, ReceiveError> {
        let (size, taken) = match Source::open(root, &path) {
            Err(reason) => (0, Err(Trouble::File(reason))),
            Ok(mut source) if source.size() < SMALL => {
                (source.size(), self.take_small(session, batch, &mut source, &path, progress))
            }
            Ok(mut source) => {
                (source.size(), self.take_large(session, batch, &mut source, &path, sealer, progress))
            }
        };
        match taken {
            Ok(()) => Ok(None),
            Err(Trouble::File(reason)) => {
                batch.pass_over(path, FoundKind::File, reason);
                Ok(Some(size))
            }
            Err(Trouble::Archive(e)) => Err(e),
        }
    }

    fn take_small(
        &mut self,
        session: &mut Session,
        batch: &mut Batch,
        source: &mut Source,
        path: &FoundPath,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), Trouble> {
        let offset = batch.packed.len();
        let read = read_all(source, &mut batch.packed)
            .map_err(Trouble::from)
            .and_then(|()| describe(batch, source, path, digest(&batch.packed[offset..]), offset));
        let mut found = match read {
            Ok(found) => found,
            Err(trouble) => {
                batch.packed.truncate(offset);
                return Err(trouble);
            }
        };
        progress(found.size);
        if let Some((item, _)) = session.known.find(&found.sha256) {
            batch.packed.truncate(offset);
            found.copy_of = Some(session.about.with_item(item));
        } else {
            let pack = *batch.pack.get_or_insert_with(|| session.known.begin_pack());
            let number = session.next_item + batch.files.len() as u64;
            // A thousand files of less than 64 KiB are less than 2^32 bytes.
            session.known.keep_packed(number, &found.sha256, pack, offset as u32, found.size as u32);
            found.copy_of = self.find_elsewhere(session, &found).map_err(Trouble::Archive)?;
        }
        batch.files.push(found);
        Ok(())
    }

    fn take_large(
        &mut self,
        session: &mut Session,
        batch: &mut Batch,
        source: &mut Source,
        path: &FoundPath,
        sealer: &Sealer,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), Trouble> {
        let may_be_copy = session.known.has_size(source.size());
        if may_be_copy {
            // Hash it first, and seal it only if it is not.
            let (sha256, size) = hash(source, progress)?;
            if let Some((item, _)) = session.known.find(&sha256) {
                let mut found = describe_sized(batch, source, path, sha256, size)?;
                found.copy_of = Some(session.about.with_item(item));
                batch.files.push(found);
                return Ok(());
            }
            source.rewind()?;
        }
        // What was read once is not told of again.
        let told: &mut dyn FnMut(u64) = if may_be_copy { &mut |_| {} } else { progress };
        let (sha256, size, place) = match seal(source, sealer, told) {
            // No room that anybody makes is enough for it: all else is taken.
            Err(Trouble::Archive(ReceiveError::NoRoom)) if source.size() > self.whole_disk() => {
                return Err(Trouble::File("no room in the archive".into()));
            }
            answer => answer?,
        };
        batch.sealed += size;
        let mut found = describe_sized(batch, source, path, sha256, size)?;
        if let Some((item, _)) = session.known.find(&sha256) {
            // It changed between the two readings into what was there before. Its own object is no longer needed.
            found.copy_of = Some(session.about.with_item(item));
            self.drop_object(&place);
        } else {
            let number = session.next_item + batch.files.len() as u64;
            session.known.keep(number, &sha256, size, &place);
            found.copy_of = self.find_elsewhere(session, &found).map_err(Trouble::Archive)?;
        }
        batch.files.push(found);
        Ok(())
    }

    /// Bytes of the file system in which objects lie, used or free; more than any file where it does not say.
    fn whole_disk(&self) -> u64 {
        let disk = rustix::fs::statvfs(self.layout.objects());
        disk.map_or(u64::MAX, |disk| disk.f_blocks.saturating_mul(disk.f_frsize))
    }

    /// Seals the pack, makes all objects durable, and records the batch.
    pub(super) fn flush(
        &mut self,
        session: &mut Session,
        batch: &mut Batch,
        sealer: &Sealer,
    ) -> Result<(), ReceiveError> {
        if batch.is_empty() {
            return Ok(());
        }
        if let Some(pack) = batch.pack.take() {
            let object = sealer.seal(&batch.packed)?;
            batch.sealed += 1;
            batch.packed.clear();
            session.known.name_pack(pack, object);
        }
        if std::mem::take(&mut batch.sealed) > 0 {
            self.vault.barrier()?;
        }
        let mut changes = Vec::with_capacity(batch.files.len() + batch.passed_over.len());
        for found in batch.files.drain(..) {
            changes.push(session.item(found, batch.source));
        }
        for passed_over in batch.passed_over.drain(..) {
            changes.push(session.not_taken(passed_over, batch.source));
        }
        let drafts = changes
            .into_iter()
            .map(|change| Draft { compartment: session.into.clone(), key: session.key, change })
            .collect();
        self.record(Act::of(drafts, Vec::new()))?;
        Ok(())
    }

    /// The first item of another accession of the compartment with these bytes that this member can see.
    fn find_elsewhere(&mut self, session: &Session, found: &Found) -> Result<Option<Ref>, ReceiveError> {
        if !session.others {
            return Ok(None);
        }
        // Not of another compartment: whoever holds this one would learn what lies in that.
        let current = self.current(&session.into)?;
        let asked = |key: &KeyId| *key == current || session.kin.contains(key);
        let mut first: Option<Ref> = None;
        for (_, open) in self.catalogues.iter().filter(|(key, _)| asked(key)) {
            let same = open.catalogue.find(&found.sha256, found.size).map_err(FoldError::from)?.value;
            first = first.into_iter().chain(same).filter(|same| same.whole() != session.about).min();
        }
        Ok(first)
    }

    /// An object that no record names yet; if it cannot be removed, `check` will name it as extra.
    fn drop_object(&self, place: &ObjectPlace) {
        if let Ok(name) = place.name.parse() {
            let _ = self.vault.delete(&name);
        }
    }
}

impl Session {
    fn item(&mut self, found: Found, source: u32) -> Change {
        let (_, object) =
            self.known.find(&found.sha256).expect("every file of a batch is known by its digest");
        self.counts.bytes += found.size;
        *(if found.copy_of.is_some() { &mut self.counts.copies } else { &mut self.counts.taken }) += 1;
        let about = self.about.with_item(self.next_item);
        self.next_item += 1;
        Change::Item(Item {
            about,
            path: found.path,
            source,
            sha256: hex::encode(found.sha256),
            size: found.size,
            file_system: found.file_system,
            object,
            copy_of: found.copy_of,
            reading: found.reading,
            reading_sizes: found.sizes,
        })
    }

    fn not_taken(&mut self, passed_over: PassedOver, source: u32) -> Change {
        self.counts.not_taken += 1;
        self.not_taken.push(passed_over.clone());
        let PassedOver { path, kind, reason } = passed_over;
        Change::NotTaken(NotTaken { about: self.about.clone(), path, source, kind, reason })
    }
}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        Self::File(why(&error))
    }
}

impl From<SealError> for Trouble {
    fn from(error: SealError) -> Self {
        Self::Archive(error.into())
    }
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

fn read_all(source: &mut Source, into: &mut Vec<u8>) -> std::io::Result<()> {
    let start = into.len();
    // Under 64 KiB, or it would not be packed.
    into.resize(start + source.size() as usize, 0);
    let mut at = start;
    while at < into.len() {
        match source.read(&mut into[at..])? {
            0 => break,
            n => at += n,
        }
    }
    into.truncate(at);
    Ok(())
}

fn hash(source: &mut Source, progress: &mut dyn FnMut(u64)) -> Result<([u8; 32], u64), Trouble> {
    let mut buffer = vec![0; BUFFER];
    let (mut hasher, mut size) = (Sha256::new(), 0);
    loop {
        match source.read(&mut buffer)? {
            0 => return Ok((hasher.finalize().into(), size)),
            n => {
                hasher.update(&buffer[..n]);
                size += n as u64;
                progress(n as u64);
            }
        }
    }
}

/// Reads, hashes and seals a file in one pass.
fn seal(
    source: &mut Source,
    sealer: &Sealer,
    progress: &mut dyn FnMut(u64),
) -> Result<([u8; 32], u64, ObjectPlace), Trouble> {
    sealer.begin(source.size())?;
    let (mut hasher, mut size) = (Sha256::new(), 0);
    loop {
        let mut buffer = sealer.buffer()?;
        let filled = buffer.fill(|into| source.read(into));
        let len = match filled {
            Ok(len) => len as u64,
            Err(e) => {
                sealer.abandon(buffer)?;
                return Err(e.into());
            }
        };
        buffer.chunks().for_each(|chunk| hasher.update(chunk));
        size += len;
        let last = size == source.size() || len < BUFFER as u64 || sealer.has_failed();
        sealer.push(buffer, last)?;
        progress(len);
        if last {
            return Ok((hasher.finalize().into(), size, sealer.finish()?));
        }
    }
}

fn describe(
    batch: &Batch,
    source: &Source,
    path: &FoundPath,
    sha256: [u8; 32],
    offset: usize,
) -> Result<Found, Trouble> {
    describe_sized(batch, source, path, sha256, (batch.packed.len() - offset) as u64)
}

fn describe_sized(
    batch: &Batch,
    source: &Source,
    path: &FoundPath,
    sha256: [u8; 32],
    size: u64,
) -> Result<Found, Trouble> {
    let outcome = source.outcome()?;
    Ok(Found {
        path: path.clone(),
        sha256,
        size,
        file_system: source.file_system_says(batch.zone),
        reading: outcome.reading,
        sizes: outcome.sizes,
        copy_of: None,
    })
}
