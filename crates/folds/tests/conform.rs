//! The catalogue fulfils the contract of a fold.

use vidimus_folds::{Catalogue, conform};

struct Kept {
    catalogue: Catalogue,
    _folder: tempfile::TempDir,
}

impl vidimus_folds::Fold for Kept {
    const VERSION: u32 = Catalogue::VERSION;

    fn position(&self) -> Result<u64, vidimus_folds::StoreError> {
        self.catalogue.position()
    }

    fn apply(
        &mut self,
        batch: &[vidimus_folds::Entry],
        from: u64,
        to: u64,
    ) -> Result<(), vidimus_folds::ApplyError> {
        self.catalogue.apply(batch, from, to)
    }

    fn reset(&mut self) -> Result<(), vidimus_folds::StoreError> {
        self.catalogue.reset()
    }
}

fn empty() -> Kept {
    let folder = tempfile::tempdir().unwrap();
    let catalogue = Catalogue::open(&folder.path().join("catalogue"), &[7; 32]).unwrap();
    Kept { catalogue, _folder: folder }
}

conform::fold!(empty, |kept: &Kept| kept.catalogue.dump().unwrap().join("\n"));
