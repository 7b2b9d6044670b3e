//! Outlook's mailboxes: readpst writes each message as a file, in memory.

use std::io::BufReader;
use std::os::unix::ffi::OsStrExt as _;

use vidimus_model::{Reason, TimeZoneKnown};
use vidimus_sandbox::{FolderLimits, INPUT, Limits, OUTPUT};

use super::kept::{Keeps, says};
use crate::work::{Task, Work};

/// The folder lies in memory.
const BYTES: u64 = 2 << 30;

/// Takes the messages out.
pub(super) fn mailbox(work: &mut Work<'_>) {
    let entries = work.options.limits.members.min(200_000);
    let folder = Some(FolderLimits { bytes: BYTES.min(work.options.limits.unpacked_bytes), entries });
    let limits = Limits { folder, ..super::limits(work) };
    // One process, each message a file of its own with its attachments in it.
    let arguments = ["-j", "0", "-e", "-8", "-o", OUTPUT, INPUT];
    let ran = work.run(Task { limits, ..Task::new("readpst", &arguments) });
    let mut keeps = Keeps::new(work);
    if let Some(folder) = ran.outcome.as_ref().and_then(|outcome| outcome.folder.as_ref()) {
        match folder.untrusted_files() {
            Ok(files) => {
                for file in files {
                    if keeps.is_over() {
                        break;
                    }
                    let Ok(opened) = folder.open(&file) else {
                        keeps.because(Reason::Damaged);
                        continue;
                    };
                    let path = file.path.as_os_str().as_bytes().to_vec();
                    let says = says(None, TimeZoneKnown::Unknown, 0o644);
                    keeps.one(work, &path, says, &mut BufReader::new(opened));
                }
            }
            Err(_) => keeps.because(Reason::TooManyBytes),
        }
    }
    // It names each folder that it meets, and makes nothing of one without messages.
    let met = String::from_utf8_lossy(ran.untrusted_output()).contains("Processing Folder");
    if ran.is_done() && keeps.is_untouched() && !met || ran.reason(work) == Some(Reason::Unknown) {
        keeps.because(Reason::Damaged);
    }
    keeps.judge(work, &ran);
}
