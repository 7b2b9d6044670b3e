//! The mark that makes a folder a backup: in an archive's own folder it keeps every command from recording.

use std::io;

use vidimus_ledger::SqliteLedger;

use super::report::{Report, what};
use crate::backup::{MANIFEST, marked_as_of};
use crate::files;
use crate::layout::Layout;

/// Names it where it cannot be a backup's. A backup has no published log, and it is of the archive whose ledger lies in it.
pub(super) fn look(layout: &Layout, ledger: Option<&SqliteLedger>, report: &mut Report) {
    let path = layout.root().join(MANIFEST);
    match path.symlink_metadata() {
        // What is no file at all is named with the kinds.
        Ok(found) if found.is_file() => {}
        _ => return,
    }
    if let Err(error) = files::open(&path)
        && error.kind() == io::ErrorKind::PermissionDenied
    {
        return report.unknown("whether this folder is marked as a backup: backup.json may not be read");
    }
    let problem = match marked_as_of(layout.root()) {
        None => "it should mark a backup, and cannot be read as such a mark",
        Some(archive) if ledger.is_some_and(|ledger| ![archive.as_str(), ""].contains(&ledger.archive())) => {
            "it marks a backup of another archive than the one whose ledger lies here, and nothing is recorded beside it"
        }
        Some(_) if layout.log().join("checkpoint").exists() => {
            "it marks a backup, and here lies a published log, which no backup has: nothing is recorded beside it"
        }
        Some(_) => return,
    };
    report.problem(format!("file {MANIFEST}"), problem, what::MARKED);
}
