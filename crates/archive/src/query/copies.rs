//! The same bytes elsewhere: what hiding, moving or erasing one item leaves where it is.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use vidimus_folds::catalogue::{Catalogue, ItemQuery, ItemRow, State};
use vidimus_model::Ref;

use super::{AskError, state_word};
use crate::Archive;
use crate::locate::Found;

/// Items that are read at once.
const PAGE: usize = 1000;

/// An item with the same bytes as another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Twin {
    /// Its reference.
    #[serde(rename = "ref")]
    pub reference: Ref,
    /// Who may see it.
    #[serde(serialize_with = "state_word")]
    pub state: State,
}

impl Archive {
    /// Items with the same bytes (SHA-256 and size) as what these hold and that these do not hold, withdrawn or not, in the order
    /// of references: of any accession that the member reads. What lies where the member does not read is unknown.
    /// References that the member cannot read have none.
    ///
    /// # Errors
    /// The folds cannot be read.
    pub fn twins(&mut self, about: &[Ref]) -> Result<Vec<Twin>, AskError> {
        self.refresh()?;
        let mut bytes = BTreeSet::new();
        for reference in about {
            let Found::Here(located) = self.locate(reference)? else { continue };
            let Some(catalogue) = self.catalogue_at(&located)? else { continue };
            each_item(catalogue, reference, &mut |row| {
                let mut sha256 = [0; 32];
                hex::decode_to_slice(&row.item.sha256, &mut sha256)
                    .expect("the catalogue keeps digests as 32 bytes");
                bytes.insert((sha256, row.item.size));
            })?;
        }
        let mut twins = BTreeMap::new();
        for source in self.sources()? {
            let catalogue = self.catalogue_of(source.key)?;
            for (sha256, size) in &bytes {
                for found in catalogue.find(sha256, *size)?.value {
                    if about.iter().any(|whole| whole.holds(&found)) {
                        continue;
                    }
                    if let Some(row) = catalogue.item(&found)?.value {
                        twins.insert(found, row.state);
                    }
                }
            }
        }
        Ok(twins.into_iter().map(|(reference, state)| Twin { reference, state }).collect())
    }
}

/// Visits the item, or everything in the accession or item.
fn each_item(
    catalogue: &Catalogue,
    reference: &Ref,
    visit: &mut dyn FnMut(&ItemRow),
) -> Result<(), AskError> {
    let mut query = ItemQuery {
        accession: Some(reference.whole()),
        limit: PAGE,
        include_withdrawn: true,
        ..ItemQuery::default()
    };
    if reference.item.is_some() {
        catalogue.item(reference)?.value.iter().for_each(&mut *visit);
        query.after = Some(reference.clone());
    }
    loop {
        let page = catalogue.items(&query)?.value;
        let within = page.iter().take_while(|row| reference.holds(&row.item.about));
        let seen = within.inspect(|row| visit(row)).count();
        let Some(last) = page.last().filter(|_| seen == PAGE) else { return Ok(()) };
        query.after = Some(last.item.about.clone());
    }
}
