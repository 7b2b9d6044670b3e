//! Objects that an erasure or a move destroys, named in the register with what shows that whoever says so could open them.
//!
//! So a back-up follows without the keys: their maker need not hold the compartment in which something was erased.

use std::collections::{BTreeSet, HashMap};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use vidimus_model::{Change, CompartmentId, Destroyed, DestroyedObject, KeyId, Statement};
use vidimus_seal::age::{self, HeaderKey, Identity};
use vidimus_vault::{ObjectName, ObjectReader, Vault as _};

use crate::check::Stored;
use crate::door::Draft;
use crate::watch::Work;
use crate::{Archive, FoldError};

/// Objects in one record; a record may have 16 MB.
const NAMED: usize = 50_000;

/// What the register says was destroyed. Of one object several may say so; whoever could not open it says it in vain.
#[derive(Debug, Default)]
pub(crate) struct Gone(HashMap<ObjectName, Vec<HeaderKey>>);

impl Gone {
    /// Takes in what a record of the register says.
    pub fn learn(&mut self, statement: &Statement) {
        let Change::Destroyed(said) = &statement.change else { return };
        for (name, key) in said.objects.iter().filter_map(read) {
            self.0.entry(name).or_default().push(key);
        }
    }

    /// Does a record name this object, whoever made it?
    pub fn names(&self, name: &ObjectName) -> bool {
        self.0.contains_key(name)
    }

    /// Did somebody who could open this object say that it was destroyed?
    pub fn holds(&self, name: &ObjectName, object: &dyn ObjectReader) -> bool {
        self.0.get(name).is_some_and(|keys| keys.iter().any(|key| has_header_of(object, key)))
    }
}

impl Archive {
    /// These objects by name and key: those that are there and that one of these keys opens.
    pub(crate) fn name_destroyed(
        &mut self,
        objects: &BTreeSet<String>,
        keys: &[KeyId],
    ) -> Result<Vec<DestroyedObject>, FoldError> {
        let mut identities: Vec<Identity> = Vec::new();
        for key in keys {
            identities.extend(self.keyring.open(*key)?.map(|key| key.identity.clone()));
        }
        let mut named = Vec::new();
        for (done, text) in (1..).zip(objects) {
            self.tell(Work::Looking, done, objects.len() as u64);
            let Ok(name) = text.parse::<ObjectName>() else { continue };
            // One that is damaged or gone shows nothing: a back-up keeps its copy, and names it.
            let Ok(object) = self.vault.open(&name) else { continue };
            let key = |identity: &Identity| age::header_key(Stored(&*object), identity).ok();
            if let Some(key) = identities.iter().find_map(key) {
                named.push(DestroyedObject { name: text.clone(), header_key: B64.encode(key.to_bytes()) });
            }
        }
        Ok(named)
    }

    /// Those of which what another member noted shows that they could open them.
    pub(crate) fn believed(&self, noted: Vec<DestroyedObject>) -> Vec<DestroyedObject> {
        let holds = |one: &DestroyedObject| {
            read(one).is_some_and(|(name, key)| {
                self.vault.open(&name).is_ok_and(|object| has_header_of(&*object, &key))
            })
        };
        noted.into_iter().filter(holds).collect()
    }

    /// The records that name them.
    pub(crate) fn drafts_of_destroyed(&self, objects: &[DestroyedObject]) -> Result<Vec<Draft>, FoldError> {
        let change = |objects: &[DestroyedObject]| Change::Destroyed(Destroyed { objects: objects.to_vec() });
        objects.chunks(NAMED).map(|objects| self.in_register(change(objects))).collect()
    }

    /// All that the register names.
    pub(crate) fn gone(&mut self) -> Result<Gone, FoldError> {
        let register = self.keyring.compartment(&CompartmentId::register()).ok_or(FoldError::NotHeld)?;
        let mut gone = Gone::default();
        for generation in register.generations.clone() {
            self.each_statement(generation, &mut |_, said| said.iter().for_each(|said| gone.learn(said)))?;
        }
        Ok(gone)
    }
}

fn read(said: &DestroyedObject) -> Option<(ObjectName, HeaderKey)> {
    let key: [u8; 32] = B64.decode(&said.header_key).ok()?.try_into().ok()?;
    Some((said.name.parse().ok()?, HeaderKey::from_bytes(key)))
}

fn has_header_of(object: &dyn ObjectReader, key: &HeaderKey) -> bool {
    age::has_header_of(Stored(object), key).is_ok_and(|holds| holds)
}
