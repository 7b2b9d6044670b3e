//! The public receipt: finds the signed note in the page that was posted, printed or mailed (`docs/format/receipt.md`).

use crate::checkpoint::{CheckpointError, SignedCheckpoint};

/// The line before the note.
pub const BEGIN: &str = "-----BEGIN VIDIMUS RECEIPT-----";
/// The line after the note.
pub const END: &str = "-----END VIDIMUS RECEIPT-----";

/// Reads a receipt: the note between [`BEGIN`] and [`END`], or the whole file where there are no such lines.
///
/// What mail and browsers do to a text is undone, because a note has no carriage returns and ends with one newline:
/// CRLF is read as a newline, and blank lines around the note are passed over. The signature decides in the end.
///
/// # Errors
/// What is there is not a checkpoint.
pub fn read(untrusted_bytes: &[u8]) -> Result<SignedCheckpoint, CheckpointError> {
    let untrusted_text = String::from_utf8_lossy(untrusted_bytes).replace("\r\n", "\n");
    let between = untrusted_text.split_once(BEGIN).and_then(|(_, rest)| rest.split_once(END));
    let note = between.map_or(untrusted_text.as_str(), |(note, _)| note);
    format!("{}\n", note.trim_matches('\n')).parse()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Checkpoint;
    use crate::note::Signer;

    #[test]
    fn the_note_is_found_in_a_page_and_alone() {
        let signer = Signer::new("archive.example".parse().unwrap(), &[1; 32]);
        let checkpoint = Checkpoint { origin: signer.verifier_key().name().clone(), size: 3, root: [5; 32] };
        let signed = SignedCheckpoint::sign(checkpoint, &signer).unwrap();
        let page = format!("Words before.\n\n{BEGIN}\n{signed}{END}\n\nWords after.\n");
        for text in [signed.to_string(), page.clone(), page.replace('\n', "\r\n"), format!("\n{signed}\n\n")]
        {
            assert_eq!(read(text.as_bytes()), Ok(signed.clone()));
        }
        assert!(read(b"Words only.\n").is_err());
        assert!(read(page.replace(END, "").as_bytes()).is_err());
    }
}
