//! Receiving: a folder of files goes in, hashed and sealed in one pass, and comes to be recorded.
//!
//! Files are dealt with in batches. A batch's objects are durable before its records are appended, so a record never
//! names an object that is not there; what a crash leaves behind is taken up again by the same command.

mod batch;
mod begin;
pub(crate) mod giver;
mod known;
mod medium;
mod sealer;
mod session;
mod source;
mod turn;
mod unbegun;
mod walk;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use vidimus_model::{
    AccessionEnd, Change, CompartmentId, FoundKind, FoundPath, KeyId, Medium, Ref, Source, TimeZoneKnown,
};
use vidimus_seal::Entropy;
use vidimus_vault::{BarrierError, Vault};
use zeroize::Zeroizing;

use batch::Batch;
pub(crate) use batch::SMALL;
pub use giver::SealedTo;
use sealer::{SealError, Sealer};
use session::Session;
use turn::Decision;
pub(crate) use turn::{Turn, mark_of};
use walk::{OWN_FOLDER, Root, Step};

use crate::archive::CheckpointSummary;
use crate::door::{Act, Blanks, Draft};
use crate::watch::Work;
use crate::{Archive, DoorError, FoldError, ReceiptError, files};

/// What is to be received.
pub struct Receive {
    /// Folders and files.
    pub paths: Vec<PathBuf>,
    /// What is said about the giver; sealed at once.
    pub giver: Option<Zeroizing<Vec<u8>>>,
    /// What is said about the delivery.
    pub note: Option<String>,
    /// Begin another accession, even where one of the same paths is unfinished.
    pub new: bool,
    /// The compartment that will read it once it is released.
    pub into: CompartmentId,
}

/// What was counted before anything is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// Regular files.
    pub files: u64,
    /// Bytes of them, as far as sizes can be read.
    pub bytes: u64,
    /// Everything else: links, devices, what cannot be read.
    pub others: u64,
}

/// How far it has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Files dealt with, also by an earlier run.
    pub files: u64,
    /// Bytes read of what is taken in.
    pub bytes: u64,
    /// Bytes of files that an earlier run dealt with, or that are not taken: nothing is left to do for them either.
    pub passed: u64,
}

/// What was received.
#[derive(Clone, Debug)]
pub struct Received {
    /// The accession.
    pub accession: Ref,
    /// Everything found: `taken + copies + not_taken`.
    pub found: u64,
    /// Items whose bytes were new.
    pub taken: u64,
    /// Items whose bytes were there before.
    pub copies: u64,
    /// What was not taken, and why.
    pub not_taken: Vec<PassedOver>,
    /// Bytes of all items.
    pub bytes: u64,
    /// The checkpoint that commits to it.
    pub checkpoint: CheckpointSummary,
    /// The folder of the public receipt.
    pub receipt: PathBuf,
    /// Whether an unfinished accession was gone on with, or one that nobody was told is finished.
    pub resumed: bool,
    /// Who can open what was said about the giver; none where an earlier run sealed it.
    pub sealed_to: Option<SealedTo>,
    /// What is known of the carrier.
    pub medium: Medium,
    key: KeyId,
}

/// Something that was found and not taken.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct PassedOver {
    /// As found.
    #[serde(flatten)]
    pub path: FoundPath,
    /// What it was.
    pub kind: FoundKind,
    /// Why.
    pub reason: String,
}

impl Received {
    /// Was every regular file taken? Links and special files have no content of their own, and what is in the archive's folder
    /// is there already.
    pub fn is_whole(&self) -> bool {
        let missing = |it: &PassedOver| it.kind.may_hold_content() && it.reason != OWN_FOLDER;
        !self.not_taken.iter().any(missing)
    }
}

/// Why receiving stopped. What was recorded before stays; the same command goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// A path that was given cannot be opened.
    #[error("{path} cannot be opened: {reason}")]
    Path {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: io::Error,
    },
    /// It is the archive's own folder, or lies in it.
    #[error("{0} is the archive's own")]
    Own(PathBuf),
    /// Another process is receiving it.
    #[error("{0} is being received")]
    UnderWay(Ref),
    /// The member does not hold the compartment.
    #[error("the compartment is not held")]
    NotHeld,
    /// The recorded keyholders cannot be sealed to.
    #[error(transparent)]
    Keyholders(#[from] giver::BadKeyholders),
    /// The archive's disk is full.
    #[error("no room in the archive")]
    NoRoom,
    /// The vault failed.
    #[error("the vault failed: {0}")]
    Vault(String),
    /// What was written could not be made durable; it is not believed.
    #[error(transparent)]
    Barrier(#[from] BarrierError),
    /// Nothing could be recorded.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// What is there already could not be asked.
    #[error(transparent)]
    Fold(#[from] FoldError),
    /// The receipt could not be made.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
    /// The key store or the random generator failed.
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl From<SealError> for ReceiveError {
    fn from(error: SealError) -> Self {
        match error {
            SealError::Put(vidimus_vault::PutError::NoRoom) => Self::NoRoom,
            other => Self::Vault(other.to_string()),
        }
    }
}

/// Counts what is in these paths, beside the archive in `archive`.
///
/// # Errors
/// A path cannot be opened.
pub fn survey(paths: &[PathBuf], archive: &Path) -> Result<Survey, ReceiveError> {
    let mut survey = Survey::default();
    for path in paths {
        let root = open_root(path, archive)?;
        for step in root.walk() {
            match step {
                Step::File(found) => {
                    survey.files += 1;
                    survey.bytes = survey.bytes.saturating_add(root.size(&found));
                }
                Step::NotTaken(..) => survey.others += 1,
            }
        }
    }
    Ok(survey)
}

impl Archive {
    /// Takes material in, or goes on where an earlier run of the same paths was interrupted.
    ///
    /// # Errors
    /// Says what stopped it; see [`ReceiveError`].
    pub fn receive(
        &mut self,
        request: &Receive,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Received, ReceiveError> {
        self.may_record()?;
        let open = |path: &PathBuf| open_root(path, self.layout.root());
        let roots = request.paths.iter().map(open).collect::<Result<Vec<_>, _>>()?;
        let sources = sources(&request.paths, self.layout.root())?;
        let (medium, _) = medium::of(roots[0].handle());
        self.receiving = None;
        let unfinished = self.layout.unfinished();
        let decision = Decision::take(&unfinished, || self.tell(Work::Waiting, 0, 0))?;
        self.drop_unbegun()?;
        let unfinished =
            if request.new { None } else { self.unfinished(&sources, &medium, &roots, &request.into)? };
        let resumed = unfinished.is_some();
        let (mut session, sealed_to) = match unfinished {
            Some(session) => (session, None),
            None => {
                let (session, sealed_to) = self.begin(request, sources, medium.clone())?;
                (session, Some(sealed_to))
            }
        };
        drop(decision);
        for own in self.keyring.own_accessions().to_vec() {
            if self.ledger_compartment(own)?.as_ref() == Some(&session.into) {
                self.catalogue_of(own)?;
                session.kin.push(own);
            }
        }
        // Copies are looked for in what is open; who goes on with an accession has not asked these before.
        self.catalogue(&session.into)?;
        if session.ended && !met_all(&session, &roots) {
            // Something came since: that is another delivery.
            files::remove(&self.layout.unanswered(session.key))?;
            return self.receive(request, progress);
        }
        let mut at = Progress::default();
        let identity = &self.keyring.get(session.key).ok_or(ReceiveError::NotHeld)?.identity;
        let entropy = Entropy::from_os().map_err(io::Error::other)?;
        let sealer = Sealer::start(Arc::clone(&self.vault) as Arc<dyn Vault>, identity.recipient(), entropy);
        for (source, root) in (0u32..).zip(&roots) {
            let zone = medium::of(root.handle()).1;
            self.take_root(&mut session, source, root, zone, &sealer, &mut at, progress)?;
        }
        drop(sealer);
        let checkpoint = self.end(&mut session)?;
        let receipt = self.issue_receipt()?;
        let key = session.key;
        let AccessionEnd { about, found, taken, copies, bytes, .. } = session.counts;
        let not_taken = session.not_taken;
        Ok(Received {
            accession: about,
            found,
            taken,
            copies,
            not_taken,
            bytes,
            checkpoint,
            receipt,
            resumed,
            sealed_to,
            medium,
            key,
        })
    }

    /// Takes note that somebody was told of what was received: the same command begins another accession from now on.
    ///
    /// # Errors
    /// The file system's.
    pub fn answered(&mut self, received: &Received) -> io::Result<()> {
        files::remove(&self.layout.unanswered(received.key))?;
        self.receiving = None;
        Ok(())
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "one root of one session; bundling them would only rename them"
    )]
    fn take_root(
        &mut self,
        session: &mut Session,
        source: u32,
        root: &Root,
        zone: TimeZoneKnown,
        sealer: &Sealer,
        at: &mut Progress,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), ReceiveError> {
        let mut batch = Batch::new(source, zone);
        for step in root.walk() {
            let path = match &step {
                Step::File(path) | Step::NotTaken(path, ..) => path,
            };
            at.files += 1;
            if session.known.has_met(source, path) {
                if let Step::File(path) = &step {
                    at.passed = at.passed.saturating_add(root.size(path));
                }
                progress(*at);
                continue;
            }
            match step {
                Step::File(path) => {
                    let before = at.bytes;
                    let mut read = |bytes| {
                        at.bytes += bytes;
                        progress(*at);
                    };
                    let left = self.take_file(session, &mut batch, root, path, sealer, &mut read)?;
                    if let Some(size) = left {
                        at.bytes = before;
                        at.passed = at.passed.saturating_add(size);
                    }
                }
                Step::NotTaken(path, kind, reason) => batch.pass_over(path, kind, reason),
            }
            progress(*at);
            if batch.is_full() {
                self.flush(session, &mut batch, sealer)?;
            }
        }
        self.flush(session, &mut batch, sealer)
    }

    /// Records the end, with blanks so that the log does not count the disk.
    fn end(&mut self, session: &mut Session) -> Result<CheckpointSummary, ReceiveError> {
        let counts = &mut session.counts;
        counts.found = counts.taken + counts.copies + counts.not_taken;
        if session.ended {
            return self.now();
        }
        if let Some(turn) = &self.receiving {
            turn.keep()?;
        }
        let change = Change::AccessionEnd(counts.clone());
        let draft = Draft { compartment: session.into.clone(), key: session.key, change };
        let entries = counts.found + 2;
        // Known for blank by the compartment's key: the accession's goes when it is erased or moved.
        let generation = self.current(&session.into)?;
        self.keyring.open(generation).map_err(FoldError::from)?;
        let count = padded(entries) - entries;
        let blanks = Some(Blanks { count, key: generation, compartment: session.into.clone() });
        let act = Act { drafts: vec![draft], blanks, ..Act::default() };
        self.record(act)?;
        self.now()
    }

    fn now(&self) -> Result<CheckpointSummary, ReceiveError> {
        let signed = self.checkpoint().map_err(DoorError::from)?;
        Ok(CheckpointSummary::from(signed.checkpoint()))
    }

    fn ledger_compartment(&self, key: KeyId) -> Result<Option<CompartmentId>, ReceiveError> {
        use vidimus_ledger::Ledger as _;
        let rows = self.ledger.rows_of_key(&key.to_string(), 0, 1).map_err(DoorError::from)?;
        Ok(rows.first().and_then(|row| row.compartment.parse().ok()))
    }
}

/// Does everything that an earlier run took in look as it did then, where it still is? Another disk may have been put in the
/// same place, with the same names.
fn looks_alike(session: &Session, roots: &[Root]) -> bool {
    (0u32..).zip(roots).all(|(source, root)| {
        root.walk().all(|step| match step {
            Step::File(path) => match session.known.look(source, &path) {
                Some(then) => root.look(&path).is_none_or(|now| now == then),
                None => true,
            },
            Step::NotTaken(..) => true,
        })
    })
}

/// Was everything that is found there dealt with by an earlier run?
fn met_all(session: &Session, roots: &[Root]) -> bool {
    (0u32..).zip(roots).all(|(source, root)| {
        root.walk().all(|step| match step {
            Step::File(path) | Step::NotTaken(path, ..) => session.known.has_met(source, &path),
        })
    })
}

fn open_root(path: &Path, archive: &Path) -> Result<Root, ReceiveError> {
    let root = Root::open(path).map_err(|reason| ReceiveError::Path { path: path.to_owned(), reason })?;
    let own = own_folder(archive, &root);
    Ok(root.leaving_out(own))
}

fn sources(paths: &[PathBuf], archive: &Path) -> Result<Vec<Source>, ReceiveError> {
    use std::os::unix::ffi::OsStrExt as _;
    let archive = archive.canonicalize()?;
    let absolute = |path: &PathBuf| {
        let whole =
            path.canonicalize().map_err(|reason| ReceiveError::Path { path: path.clone(), reason })?;
        if whole.starts_with(&archive) {
            return Err(ReceiveError::Own(path.clone()));
        }
        Ok(Source { path: FoundPath::new(whole.as_os_str().as_bytes()) })
    };
    paths.iter().map(absolute).collect()
}

/// Where the archive's own folder lies below a root, if it does: it is not received into itself.
fn own_folder(archive: &Path, root: &Root) -> Option<Vec<u8>> {
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::MetadataExt as _;
    let archive = archive.canonicalize().ok()?;
    let (device, inode) = root.identity().ok()?;
    let above = archive
        .ancestors()
        .find(|folder| folder.metadata().is_ok_and(|meta| (meta.dev(), meta.ino()) == (device, inode)))?;
    let below = archive.strip_prefix(above).ok()?.as_os_str().as_bytes().to_vec();
    Some(below).filter(|below| !below.is_empty())
}

/// At least 256, and then the next size that Padmé allows: it hides all but the order of magnitude at a cost of at most 12 %.
pub(crate) fn padded(n: u64) -> u64 {
    let n = n.max(256);
    let exponent = n.ilog2();
    let kept = exponent.ilog2() + 1;
    let step = 1u64 << (exponent - kept);
    n.next_multiple_of(step)
}

#[cfg(test)]
mod tests {
    use super::padded;

    #[test]
    fn the_log_does_not_count_the_disk() {
        assert_eq!(padded(3), 256);
        assert_eq!(padded(256), 256);
        assert_eq!(padded(257), 272);
        assert_eq!(padded(20_000), 20_480);
        assert!((257..100_000u64).all(|n| padded(n) >= n && padded(n) * 100 <= n * 112));
    }
}
