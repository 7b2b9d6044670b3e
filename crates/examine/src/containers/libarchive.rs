//! Containers that libarchive reads: it turns each into one stream of tar, which is parsed here entry by entry.

use std::io::{self, Read};

use vidimus_model::{End, Reason, TimeZoneKnown};
use vidimus_sandbox::INPUT;

use super::kept::{Keeps, says};
use super::tar::{self, Entry};
use crate::kind::Kind;
use crate::outside;
use crate::reader::BEHIND;
use crate::tools::OWN;
use crate::work::{Task, Through, Work};

/// Whether libarchive is asked about this kind.
pub(super) fn reads(kind: Kind) -> bool {
    is_filter(kind)
        || matches!(
            kind,
            Kind::Tar | Kind::Cab | Kind::Iso | Kind::Lzh | Kind::Ar | Kind::Cpio | Kind::Rpm | Kind::Xar
        )
}

/// One compressed file, or a compressed tar.
fn is_filter(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Gzip
            | Kind::Bzip2
            | Kind::Xz
            | Kind::Zstd
            | Kind::Compress
            | Kind::Lz4
            | Kind::Lzip
            | Kind::Lzop
    )
}

/// Takes the members out.
pub(super) fn run(work: &mut Work<'_>, kind: Kind) {
    if kind == Kind::Gzip {
        behind(work);
    }
    let silent = matches!(kind, Kind::Rar | Kind::Cab | Kind::Lzh | Kind::Zip | Kind::Wacz | Kind::SevenZip);
    let complaints = if silent { try_out(work) } else { String::new() };
    // In blocks of 512 bytes: what waits in a larger one is lost where the container ends early.
    // GNU's form, because the one of POSIX gives the map of a sparse file for its content, and refuses names in no UTF-8.
    let arguments = ["-cf", "-", "-b", "1", "--format", "gnutar", "-P", &format!("@{INPUT}")];
    let (limits, told) = (super::limits(work), work.findings.not_taken.len());
    let task = Task { limits, ..Task::new("bsdtar", &arguments) };
    let (ran, mut keeps) = work.run_through(task, |work, through| entries(work, through, &complaints));
    let said = ran
        .outcome
        .as_ref()
        .map(|outcome| String::from_utf8_lossy(&outcome.untrusted_complaints).into_owned());
    let said = said.unwrap_or_default();
    // A file that begins with zeros passes for a tar with nothing in it.
    let nothing = ran.is_done() && keeps.is_untouched() && work.findings.not_taken.is_empty();
    if is_filter(kind) && keeps.taken == 0 && (nothing || said.contains("Unrecognized archive format")) {
        work.judge(ran.tool, End::Nothing, None, None);
        return one(work);
    }
    if nothing && kind == Kind::Rar {
        keeps.because(Reason::Damaged);
    }
    if kind == Kind::SevenZip && keeps.taken == 0 && !ran.is_done() {
        // Our own reader knows its names: what it begins with and cannot go on with is packed in a way that neither knows.
        work.findings.not_taken.truncate(told);
        keeps.because_instead(Reason::NotSupported);
    }
    if ran.reason(work) == Some(Reason::Unknown) {
        let locked = ["ncrypt", "assphrase", "assword"].iter().any(|word| said.contains(word));
        let unread = ["nsupported", "not supported", "not implemented", "unable to run program"]
            .iter()
            .any(|word| said.contains(word));
        // Of a locked archive of some kinds, and of a tar that is cut off, it only says "(null)".
        let wordless = said.contains("(null)");
        // Of a RAR our own reader knows it.
        let maybe_locked = wordless && !unread && silent && keeps.taken == 0 && kind != Kind::Rar;
        let reason = match (locked || maybe_locked, unread) {
            (true, _) => Reason::NeedsPassword,
            (_, true) => Reason::NotSupported,
            _ if said.contains("runcated") || wordless && kind == Kind::Tar => Reason::EndsEarly,
            _ => Reason::Damaged,
        };
        keeps.because(reason);
    }
    keeps.judge(work, &ran);
}

/// What lies behind the end of a compressed file, which libarchive passes over without a word.
fn behind(work: &mut Work<'_>) {
    let limits = super::limits(work);
    let ran = work.run(Task { limits, ..Task::new(OWN, &[BEHIND]) });
    outside::take(work, &ran);
    // What is damaged is told by who unpacks it.
    work.judge(ran.tool, End::Nothing, None, None);
}

/// Unpacks everything to nowhere, for its complaints alone: turning a container into another keeps silent about sums that
/// do not fit.
fn try_out(work: &mut Work<'_>) -> String {
    let limits = super::limits(work);
    let ran = work.run_into(Task { limits, ..Task::new("bsdtar", &["-xOf", INPUT]) }, &mut io::sink());
    let said = ran
        .outcome
        .as_ref()
        .map(|outcome| String::from_utf8_lossy(&outcome.untrusted_complaints).into_owned());
    let said = said.unwrap_or_default();
    // Its own end says nothing of what can be taken out all the same.
    work.judge(ran.tool, End::Nothing, None, None);
    said
}

fn entries(work: &mut Work<'_>, mut through: Through, complaints: &str) -> Keeps {
    let mut keeps = Keeps::new(work);
    while !keeps.is_over() {
        let head = match tar::next(&mut through) {
            Ok(Some(head)) => head,
            Ok(None) => {
                // What fills the last block up is still on its way: who stops listening breaks the run off.
                let _ = io::copy(&mut through, &mut io::sink());
                break;
            }
            Err(_) => {
                keeps.because(Reason::EndsEarly);
                break;
            }
        };
        let path = head.untrusted_path;
        match head.entry {
            Entry::Folder => {}
            Entry::Other(reason) => keeps.tell(work, &path, reason),
            Entry::File(size) => {
                let damaged = complaints.contains(&format!("{}: ", String::from_utf8_lossy(&path)));
                let mut bytes = Exact { bytes: &mut through, left: size, damaged };
                keeps.one(work, &path, says(head.modified, TimeZoneKnown::Unknown, head.mode), &mut bytes);
                let whole = bytes.left == 0;
                let padding = tar::padded(size) - size;
                if !whole && !damaged || io::copy(&mut (&mut through).take(padding), &mut io::sink()).is_err()
                {
                    keeps.because(Reason::EndsEarly);
                    break;
                }
            }
        }
    }
    keeps
}

/// A compressed file that is no archive; or one that is neither, whole.
pub(super) fn one(work: &mut Work<'_>) {
    let limits = super::limits(work);
    let path = inner_name(work.subject.untrusted_path());
    let task = Task { limits, ..Task::new("bsdcat", &[INPUT]) };
    let (ran, mut keeps) = work.run_through(task, |work, mut through| {
        let mut keeps = Keeps::new(work);
        keeps.one(work, &path, says(None, TimeZoneKnown::Unknown, 0o644), &mut through);
        keeps
    });
    if ran.reason(work) == Some(Reason::Unknown) {
        // What came before is kept: the sink cannot be told any more, so this is.
        keeps.because(Reason::EndsEarly);
    }
    keeps.judge(work, &ran);
}

/// The name without the ending of the compression.
fn inner_name(untrusted_path: &[u8]) -> Vec<u8> {
    let name = untrusted_path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    match name.iter().rposition(|byte| *byte == b'.').filter(|dot| *dot > 0) {
        Some(dot) => name.get(..dot).unwrap_or_default().to_vec(),
        None => [name, b".unpacked"].concat(),
    }
}

/// A file of known length: fails where the stream ends before it, or where it is known to be damaged.
struct Exact<'a> {
    bytes: &'a mut Through,
    left: u64,
    damaged: bool,
}

impl Read for Exact<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return if self.damaged { Err(io::ErrorKind::InvalidData.into()) } else { Ok(0) };
        }
        let most = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let got = self.bytes.read(buffer.get_mut(..most).unwrap_or_default())?;
        if got == 0 && most > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= got as u64;
        Ok(got)
    }
}
