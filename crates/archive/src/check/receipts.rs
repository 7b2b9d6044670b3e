//! The public receipts against the ledger's checkpoints and the records of receipts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use vidimus_ledger::{Ledger as _, SqliteLedger};
use vidimus_proof::checkpoint::SignedCheckpoint;

use super::files;
use super::register::Register;
use super::report::{Report, what};
use super::sentence::sentence;
use crate::anchor::Settings;
use crate::layout::Layout;
use crate::receipt::{FileState, Folder, TokenState};

/// Names every file of a receipt that is damaged, missing, of another archive, or newer than the ledger. Returns what time stamps
/// say that count: the tree size, and the time by which it existed.
pub(super) fn look(
    layout: &Layout,
    ledger: &SqliteLedger,
    register: &Register,
    report: &mut Report,
) -> Vec<(u64, Timestamp)> {
    let mut stamps = Vec::new();
    let mut sound = 0_u64;
    for name in files::names(&layout.receipts(), report) {
        let text = name.to_string_lossy().into_owned();
        let Some(size) = text.parse::<u64>().ok().filter(|size| size.to_string() == text) else {
            // The receipt of a checkpoint that a roll-back lost is kept as evidence.
            if text.split_once(".lost-").is_none_or(|(size, _)| size.parse::<u64>().is_err()) {
                files::stray(&name, "receipts/", report);
            }
            continue;
        };
        sound += u64::from(look_at(layout, ledger, register, size, &mut stamps, report));
    }
    for receipt in &register.receipts {
        if !layout.receipt(receipt.size).is_dir() {
            let reference = format!("receipt {}", receipt.size);
            report.problem(reference, "it is on record, and its files are missing", what::RECEIPT);
        }
        let kept = ledger.checkpoint(receipt.size).ok().flatten();
        let signed = kept.and_then(|note| SignedCheckpoint::from_bytes(&note).ok());
        if signed.is_none_or(|signed| STANDARD.encode(signed.checkpoint().root) != receipt.root) {
            let problem = "the ledger lacks this checkpoint, of which a receipt was made";
            report.problem(format!("checkpoint {}", receipt.size), problem, what::TAMPERED);
        }
    }
    if sound > 0 {
        report.sound(sentence!("{} [receipt|receipts]", sound));
    }
    stamps
}

fn look_at(
    layout: &Layout,
    ledger: &SqliteLedger,
    register: &Register,
    size: u64,
    stamps: &mut Vec<(u64, Timestamp)>,
    report: &mut Report,
) -> bool {
    let reference = format!("receipt {size}");
    let folder = layout.receipt(size);
    let Some(note) = ledger.checkpoint(size).ok().flatten() else {
        let untrusted = crate::files::read(folder.join("checkpoint.txt")).unwrap_or_default();
        let signed = SignedCheckpoint::from_bytes(&untrusted);
        if signed.is_ok_and(|signed| register.signed_by_us(&signed)) {
            let problem = "a receipt was made of this checkpoint, and the ledger does not have it: the ledger went back";
            report.problem(format!("checkpoint {size}"), problem, register.went_back());
        } else {
            report.problem(reference, "it is not a receipt of this ledger", what::FOREIGN);
        }
        return false;
    };
    let Ok(signed) = SignedCheckpoint::from_bytes(&note) else { return false }; // named with the checkpoints
    let untrusted = crate::files::read(folder.join("checkpoint.txt")).unwrap_or_default();
    let given = SignedCheckpoint::from_bytes(&untrusted).ok();
    let is_of_another_tree = |given: &SignedCheckpoint| {
        given.checkpoint().size == size
            && given.checkpoint().root != signed.checkpoint().root
            && register.signed_by_us(given)
    };
    if given.as_ref().is_some_and(is_of_another_tree) {
        let problem = "the receipt is of another tree than the ledger's: one of them was forked";
        report.problem(reference, problem, register.went_back());
        return false;
    }
    let mut sound = true;
    let beside = Folder::new(folder.clone(), &signed);
    let trust = Settings::read(&layout.settings()).map(|settings| settings.trust()).unwrap_or_default();
    let tokens = beside.tokens(&trust).unwrap_or_default();
    stamps.extend(tokens.iter().filter_map(|token| Some((size, token.state.no_later_than()?))));
    let on_record = register.receipts.iter().any(|receipt| receipt.size == size);
    for (file, state) in beside.states(&tokens).unwrap_or_default() {
        let problem = match state {
            FileState::Sound => continue,
            FileState::Missing if !on_record && !register.is_damaged => {
                sound = false;
                report.left_over(format!("receipts/{size}"));
                break;
            }
            FileState::Missing => "the file is missing",
            FileState::Altered => "the file is not what the ledger signed",
            FileState::OtherWords => {
                "its words were changed, or are those of another version; the note in it is right"
            }
        };
        sound = false;
        report.problem(format!("{reference} {file}"), problem, what::RECEIPT);
    }
    for token in tokens {
        if let TokenState::Broken(error) = token.state {
            sound = false;
            let problem = sentence!("it is no time stamp of this receipt: {}", error);
            report.problem(format!("{reference} {}", token.file), problem, what::BACKUP);
        }
    }
    for name in files::names(&folder, report) {
        let text = name.to_string_lossy();
        let known = ["checkpoint.txt", "receipt.txt", "receipt.html"].contains(&text.as_ref());
        let token = text.strip_prefix("token-").and_then(|rest| rest.split_once('.'));
        let token = token.is_some_and(|(n, kind)| n.parse::<u32>().is_ok() && ["tsr", "pem"].contains(&kind));
        if !known && !token {
            files::stray(&name, &format!("receipts/{size}/"), report);
        }
    }
    sound
}
