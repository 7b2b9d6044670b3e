//! Copies, excerpts and what only shows the same place, among everything that the member may read.
//!
//! What lies in different compartments is not compared: each compartment's items are known to who holds its key.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use vidimus_folds::catalogue::{Hidden, State};
use vidimus_folds::similar::Similar;
use vidimus_folds::{Entry, StoreError};
use vidimus_model::Ref;
use vidimus_vault::FolderVault;

pub use vidimus_folds::similar::{Because, Cluster, Kind, Pair, Reason, Remaining};

use crate::Archive;
use crate::beside::Beside;
use crate::derivatives::SealedDerivatives;
use crate::query::AskError;

/// What of a key is compared.
pub(crate) type Index = Similar<SealedDerivatives>;

impl Beside for Index {
    const NAME: &'static str = "similar";

    fn open(folder: &Path, secret: &[u8; 32], vault: Arc<FolderVault>) -> Result<Self, StoreError> {
        Similar::open(folder, secret, SealedDerivatives::new(vault))
    }

    fn derivatives(&mut self) -> &mut SealedDerivatives {
        self.prints_mut()
    }

    fn unread(&self) -> Result<Vec<u64>, StoreError> {
        Similar::unread(self)
    }

    fn can_read(&mut self, entry: &Entry) -> bool {
        Similar::can_read(self, entry)
    }

    fn sweep(&mut self) -> Result<(), StoreError> {
        Similar::sweep(self)
    }

    fn work(&mut self) -> Result<Option<usize>, StoreError> {
        self.compare_next()
    }
}

/// What is related.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SimilarAnswer {
    /// Pairs, in the order of references.
    pub pairs: Vec<Pair>,
    /// Items that hold the same, with the likely original of each group.
    pub clusters: Vec<Cluster>,
    /// Films and recordings, the likely originals first, with what of each is in none before it.
    pub remaining: Vec<Remaining>,
    /// Of those that were asked about: what was left out, because it is withdrawn, or because only its traces are left here.
    pub left_out: Vec<(Ref, State)>,
    /// So many of the newest entries of the ledger were not looked at, because nothing can be written.
    pub lacks: u64,
    /// Of some nothing could be asked at all: what is not told here may be related nevertheless.
    pub is_unknown: bool,
}

impl Archive {
    /// Everything that is related; pairs only of these items and what is in them, where some are named. Withdrawn ones only where
    /// they are wanted.
    ///
    /// # Errors
    /// A reference is not known, or a fold cannot be brought up to date or read.
    pub fn similar(&mut self, within: &[Ref], include_withdrawn: bool) -> Result<SimilarAnswer, AskError> {
        let mut answer = SimilarAnswer::default();
        for about in within {
            let found = self.resolve(about)?;
            if !found.is_here() || found.state == State::Withdrawn && !include_withdrawn {
                answer.left_out.push((about.clone(), found.state));
            }
        }
        for source in self.sources()? {
            let hidden = if include_withdrawn {
                Hidden::default()
            } else {
                self.catalogue_of(source.key)?.hidden()?.value
            };
            let alone: HashSet<&Ref> = hidden.alone.iter().collect();
            let is_hidden =
                |about: &Ref| alone.contains(about) || hidden.whole.iter().any(|whole| whole.holds(about));
            let asked = self.ask_beside(source.key, |index: &mut Index| {
                Ok((
                    index.pairs(within, &is_hidden)?,
                    index.clusters(&is_hidden)?,
                    index.remaining(&is_hidden)?,
                ))
            })?;
            answer.lacks = answer.lacks.max(asked.lacks);
            let Some((pairs, clusters, remaining)) = asked.answer else {
                answer.is_unknown = true;
                continue;
            };
            answer.pairs.extend(pairs);
            answer.clusters.extend(clusters);
            answer.remaining.extend(remaining);
        }
        Ok(answer)
    }
}
