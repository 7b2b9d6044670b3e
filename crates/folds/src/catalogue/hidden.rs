//! What is withdrawn, said by as few references as will do.

use super::key::Key;
use super::query::known_accessions;
use super::standing::Standing;
use super::{Answer, Catalogue};
use crate::StoreError;
use vidimus_model::Ref;

/// What is withdrawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hidden {
    /// Accessions with all that is part of them.
    pub whole: Vec<Ref>,
    /// Other accessions, and items, without what is part of them.
    pub alone: Vec<Ref>,
}

impl Catalogue {
    /// What is withdrawn.
    pub fn hidden(&self) -> Result<Answer<Hidden>, StoreError> {
        self.read(|db| {
            let mut hidden = Hidden::default();
            for accession in known_accessions(db)? {
                let standing = Standing::load(db, accession)?;
                if !standing.hides_something() {
                    continue;
                }
                let whole = Key::whole(accession);
                if standing.hidden(&whole) {
                    if !standing.tells_of_parts() {
                        hidden.whole.push(whole.reference());
                        continue;
                    }
                    hidden.alone.push(whole.reference());
                }
                let mut items =
                    db.prepare_cached("SELECT accession, number, members FROM item WHERE accession = ?1")?;
                let mut rows = items.query([accession])?;
                while let Some(row) = rows.next()? {
                    let key = Key::read(row, 0)?;
                    if standing.hidden(&key) {
                        hidden.alone.push(key.reference());
                    }
                }
            }
            Ok(hidden)
        })
    }
}
