//! `vidimus anchor`: every receipt gets a time stamp from every authority, as far as they answer today.

use std::io;
use std::path::PathBuf;

use rand_core::RngCore as _;
use vidimus_model::Receipt;
use vidimus_proof::timestamp::Token;

use super::ask::{self, NotStamped};
use super::{Authority, AuthoritySettings, Settings, SettingsError};
use crate::receipt::{Folder, ReceiptError};
use crate::{Archive, CheckpointSummary};

/// What one round brought.
#[derive(Clone, Debug)]
pub struct Anchored {
    /// The checkpoint of the newest receipt.
    pub checkpoint: CheckpointSummary,
    /// The time stamps that came, newest receipt first.
    pub tokens: Vec<NewToken>,
    /// Who sent none, and why; each is asked again by the next call.
    pub failed: Vec<Failed>,
}

/// A time stamp that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewToken {
    /// The authority's name in the settings.
    pub authority: String,
    /// Tree size of the receipt.
    pub receipt: u64,
    /// The receipt existed no later than this.
    pub at: jiff::Timestamp,
    /// Where the token lies.
    pub file: PathBuf,
}

/// An authority that sent no time stamp. It was not asked about older receipts any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// The authority's name in the settings.
    pub authority: String,
    /// Tree size of the receipt.
    pub receipt: u64,
    /// Why.
    pub reason: NotStamped,
}

/// Why nobody was asked, or an answer could not be kept.
#[derive(Debug, thiserror::Error)]
pub enum AnchorError {
    /// The settings name no authority: what dates a receipt is where and when it is published.
    #[error("no time-stamp authority is configured")]
    NoAuthority,
    /// The settings cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The receipt cannot be made or read.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
    /// A receipt's folder cannot be read or written.
    #[error("the files of a receipt cannot be read or written: {0}")]
    Io(#[from] io::Error),
}

/// How an authority is reached, such as [`super::over_http`].
pub type Reach<'a> = &'a dyn Fn(&AuthoritySettings) -> Box<dyn Authority>;

impl Archive {
    /// Asks every configured authority for a time stamp over each receipt that has none of it, newest receipt first.
    ///
    /// The newest checkpoint gets a receipt first. A time stamp is kept only after every check, and the receipt's text
    /// and page are then made again. An authority that fails stops nobody and is asked again by the next call.
    ///
    /// # Errors
    /// Nobody is configured, or the archive itself cannot be read or written.
    pub fn anchor(&mut self, reach: Reach<'_>) -> Result<Anchored, AnchorError> {
        let settings = Settings::read(&self.layout.settings())?;
        if settings.authorities.is_empty() {
            return Err(AnchorError::NoAuthority);
        }
        self.issue_receipt()?;
        let mut receipts = self.register.receipts.clone();
        receipts.reverse();
        let newest = receipts.first().ok_or(ReceiptError::Unknown(0))?;
        let checkpoint =
            CheckpointSummary { origin: newest.origin.clone(), size: newest.size, root: newest.root.clone() };
        let mut anchored = Anchored { checkpoint, tokens: Vec::new(), failed: Vec::new() };
        for receipt in &receipts {
            self.anchor_one(receipt, &settings, reach, &mut anchored)?;
        }
        Ok(anchored)
    }

    fn anchor_one(
        &mut self,
        receipt: &Receipt,
        settings: &Settings,
        reach: Reach<'_>,
        anchored: &mut Anchored,
    ) -> Result<(), AnchorError> {
        let signed = self.receipt_checkpoint(receipt)?;
        let folder = Folder::new(self.renew_receipt(receipt.size)?, &signed);
        let mut there = folder.token_bytes()?;
        for authority in &settings.authorities {
            let from = |(_, token): &(String, Vec<u8>)| ask::is_from(authority, token, folder.note());
            if let Some(at) = there.iter().position(from) {
                // Two authorities under one root need a token each, so one is not counted twice.
                let (file, token) = there.remove(at);
                let token = Token::from_stored(&token).expect("it was verified just now");
                folder.keep_chain(&file, &ask::chain_pem(authority, &token))?;
                continue;
            }
            if anchored.failed.iter().any(|failed| failed.authority == authority.name) {
                continue;
            }
            match ask::stamp(&*reach(authority), authority, folder.note(), self.rng.next_u64()) {
                Ok(stamped) => {
                    let chain = ask::chain_pem(authority, &stamped.token);
                    let file = folder.add_token(&stamped.token.to_response_der(), &chain)?;
                    folder.write(&settings.trust())?;
                    anchored.tokens.push(NewToken {
                        authority: authority.name.clone(),
                        receipt: receipt.size,
                        at: stamped.stamp.at,
                        file: folder.path().join(file),
                    });
                }
                Err(reason) => anchored.failed.push(Failed {
                    authority: authority.name.clone(),
                    receipt: receipt.size,
                    reason,
                }),
            }
        }
        Ok(())
    }
}
