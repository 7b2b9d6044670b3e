//! The public receipt: a signed checkpoint as files to post, print, or give to a notary (`docs/format/receipt.md`).
//!
//! Never here: a count, a date of ours, a member, an accession. A receipt says what the note says and nothing else.

mod folder;
mod issue;
mod page;
mod qr;
mod text;
mod words;

pub use issue::{IssuedReceipt, ReceiptError};
pub use page::page;
pub use text::text;

pub(crate) use folder::Folder;
pub use folder::{FileState, TokenBeside, TokenState};

/// A time stamp that lies beside a receipt, as text and page name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beside {
    /// Its file, `token-<n>.tsr`.
    pub file: String,
    /// What it says, where its authority is one that this archive was told to trust; nothing otherwise, because a date
    /// of an unknown authority would be read as if it counted.
    pub counted: Option<Counted>,
}

/// What a time stamp of a trusted authority says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The receipt existed no later than this.
    pub at: jiff::Timestamp,
    /// The subject of the authority's certificate. Text of others: shown without what could forge a line.
    pub untrusted_authority: String,
}

#[cfg(test)]
pub(crate) mod tests {
    use vidimus_proof::checkpoint::{Checkpoint, SignedCheckpoint};
    use vidimus_proof::note::Signer;

    /// The checkpoint of the frozen example.
    pub(crate) fn fixed(origin: &str) -> SignedCheckpoint {
        let signer = Signer::new(origin.parse().unwrap(), &[7; 32]);
        let checkpoint = Checkpoint { origin: origin.parse().unwrap(), size: 257, root: [0xa5; 32] };
        SignedCheckpoint::sign(checkpoint, &signer).unwrap()
    }
}
