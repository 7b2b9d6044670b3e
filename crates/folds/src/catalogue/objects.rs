//! Objects in use: which items need which object, and whether a reference was the last.

use rusqlite::params;
use vidimus_model::Ref;

use super::item::{COLUMNS, Stored, word};
use super::key::Key;
use super::query::View;
use super::{Answer, Catalogue, ObjectUse};
use crate::StoreError;

impl Catalogue {
    /// Visits every item with the place of its bytes, withdrawn ones too, in the order of the references.
    pub fn objects(&self, mut visit: impl FnMut(ObjectUse)) -> Result<Answer<()>, StoreError> {
        self.read(|db| {
            let mut found = db
                .prepare_cached(&format!("SELECT {COLUMNS} FROM item ORDER BY accession, number, members"))?;
            let mut rows = found.query([])?;
            let mut view = View::new(db);
            while let Some(row) = rows.next()? {
                let item = view.item(Stored::read(row)?)?.item;
                visit(ObjectUse {
                    item: item.about,
                    place: item.object,
                    size: item.size,
                    sha256: item.sha256,
                });
            }
            Ok(())
        })
    }

    /// The items whose bytes lie in this object now, in the order of the references; none: it may be deleted.
    pub fn references_of_object(&self, name: &[u8; 16]) -> Result<Answer<Vec<Ref>>, StoreError> {
        self.read(|db| {
            let mut found = db.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM item WHERE id IN (
                     SELECT item FROM find_object WHERE word = ?1
                     UNION SELECT i.id FROM place p JOIN item i USING (accession, number, members) WHERE p.object = ?2)
                 ORDER BY accession, number, members"
            ))?;
            let mut rows = found.query(params![word(name), name])?;
            let mut view = View::new(db);
            let mut users: Vec<Key> = Vec::new();
            let text = hex::encode(name);
            while let Some(row) = rows.next()? {
                let stored = Stored::read(row)?;
                let key = stored.key.clone();
                if view.item(stored)?.item.object.name == text {
                    users.push(key);
                }
            }
            Ok(users.iter().map(Key::reference).collect())
        })
    }
}
