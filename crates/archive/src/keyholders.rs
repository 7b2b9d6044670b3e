//! Naming the keyholders: the people any few of whom can open who gave an accession.

use vidimus_model::Action;
use vidimus_seal::keyholders::KeyholderSet;

use crate::Archive;
use crate::init::describe_keyholders;
use crate::proposals::{Outcome, ProposeError};

/// What naming keyholders came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyholdersSet {
    /// Whether it is done, waits, or must be confirmed.
    pub outcome: Outcome,
    /// What to compare by eye or telephone with what each keyholder has.
    pub fingerprint: String,
}

impl Archive {
    /// Names the keyholders. Where some are named already it needs two members, or the only one's confirmation; givers that
    /// were sealed before stay sealed to those who held then.
    ///
    /// # Errors
    /// As [`Archive::propose`].
    pub fn set_keyholders(
        &mut self,
        set: &KeyholderSet,
        reason: &str,
        confirmed: bool,
    ) -> Result<KeyholdersSet, ProposeError> {
        let outcome = self.propose(Action::SetKeyholders(describe_keyholders(set)), reason, confirmed)?;
        Ok(KeyholdersSet { outcome, fingerprint: set.fingerprint() })
    }
}
