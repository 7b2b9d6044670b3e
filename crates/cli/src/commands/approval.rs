//! `vidimus keyholder challenge` and `sign`: keyholders approve who follows them.

use std::path::{Path, PathBuf};

use vidimus_archive::unseal::Unsealed;
use vidimus_archive::{settle_folder, sign_approval};
use vidimus_model::ProposalId;

use super::{Answer, unseal};
use crate::context::Context;
use crate::secrets;
use crate::trouble::{ApprovalTrouble, Trouble};
use crate::words::{keyholders, tells};

/// Writes what the keyholders need into a folder.
///
/// # Errors
/// No such proposal waits, or a file cannot be written.
pub fn challenge(context: &Context, typed: &str, folder: &Path) -> Result<Answer, Trouble> {
    let id: ProposalId =
        typed.to_lowercase().parse().map_err(|_| Trouble::NoSuchProposal(typed.to_owned()))?;
    let asked =
        context.open()?.approval_asked(id)?.ok_or(Trouble::Approval(ApprovalTrouble::NothingAsked))?;
    settle_folder(folder).map_err(|error| Trouble::at(folder, error))?;
    let text = folder.join(format!("approve-{id}.txt"));
    secrets::put_once(&text, asked.text.as_bytes())?;
    let mut written = Vec::new();
    for (number, (age, recipients)) in (1..).zip(asked.shares) {
        let path = folder.join(format!("approve-{id}-{number}.age"));
        secrets::put_once(&path, &age)?;
        written.push((path, recipients));
    }
    context.say(&tells::shares_written(context.lang, &written))?;
    context.say(&keyholders::challenge_written(context.lang, &text, id))?;
    Ok(Answer::Yes)
}

/// Signs the text with the key that the keyholders who are here open, or opens as far as they can for the next one.
///
/// # Errors
/// The files belong to nothing that is to be approved, or more keyholders are needed.
pub fn sign(
    context: &Context,
    text: &Path,
    shares: &[PathBuf],
    keys: &[PathBuf],
    out: &Path,
) -> Result<Answer, Trouble> {
    let untrusted_text = secrets::read_input(text, secrets::MADE)?;
    match unseal::open(shares, keys)? {
        Unsealed::Text(key) => {
            let signature = sign_approval(&untrusted_text, &key)
                .ok_or_else(|| Trouble::Approval(ApprovalTrouble::NotToSign(text.to_owned())))?;
            secrets::put_once(out, &signature)?;
            context.say(&keyholders::signed(context.lang, out))?;
        }
        Unsealed::Layer(layer) => {
            secrets::put_once(out, &layer)?;
            context.say(&keyholders::layer_for_the_next(context.lang, out))?;
        }
    }
    Ok(Answer::Yes)
}
