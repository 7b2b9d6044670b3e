//! What an erasure or a move destroys, named in the register: objects with what shows that whoever says so could open them, and
//! records, whose bodies go or are sealed anew.
//!
//! So a back-up follows without the keys: their maker need not hold the compartment in which something was erased.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use vidimus_model::{Altered, Change, CompartmentId, Destroyed, DestroyedObject, KeyId, Statement};
use vidimus_seal::age::{self, HeaderKey, Identity};
use vidimus_vault::{ObjectName, ObjectReader, Vault as _};

use crate::check::Stored;
use crate::door::Draft;
use crate::watch::Work;
use crate::{Archive, FoldError};

/// Objects in one record; a record may have 16 MB.
const NAMED: usize = 50_000;

/// Runs of log indices in one record, likewise.
const RUNS: usize = 200_000;

/// What the register says was destroyed. Of one object several may say so; whoever could not open it says it in vain.
#[derive(Debug, Default)]
pub(crate) struct Gone {
    objects: HashMap<ObjectName, Vec<HeaderKey>>,
    /// Records, by where it is said.
    rows: BTreeMap<u64, Vec<(u64, u64)>>,
}

impl Gone {
    /// Takes in what a record of the register says, with its log index.
    pub fn learn(&mut self, seq: u64, statement: &Statement) {
        match &statement.change {
            Change::Destroyed(said) => {
                for one in &said.objects {
                    let Ok(name) = one.name.parse() else { continue };
                    self.objects.entry(name).or_default().extend(read(one).map(|(_, key)| key));
                }
            }
            Change::Altered(said) => {
                let mut runs = said.entries.clone();
                runs.sort_unstable();
                self.rows.insert(seq, runs);
            }
            _ => {}
        }
    }

    /// Does a record name this object, whoever made it?
    pub fn names(&self, name: &ObjectName) -> bool {
        self.objects.contains_key(name)
    }

    /// Does a record of this append say that it destroyed that one, or sealed it anew?
    pub fn has_altered(&self, seq: u64, append: Range<u64>) -> bool {
        self.rows.range(append).any(|(_, runs)| {
            let next = runs.partition_point(|(first, _)| *first <= seq);
            runs[..next].last().is_some_and(|(_, last)| seq <= *last)
        })
    }

    /// Where records are said to be destroyed or sealed anew, and which, as runs of log indices.
    pub fn rows(&self) -> impl Iterator<Item = (u64, &[(u64, u64)])> {
        self.rows.iter().map(|(said, runs)| (*said, runs.as_slice()))
    }

    /// Did somebody who could open this object say that it was destroyed?
    pub fn holds(&self, name: &ObjectName, object: &dyn ObjectReader) -> bool {
        self.objects.get(name).is_some_and(|keys| keys.iter().any(|key| has_header_of(object, key)))
    }
}

impl Archive {
    /// These objects by name and key; without one where none of these keys opens what is there.
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
            let key = self.vault.open(&name).ok().and_then(|object| {
                identities.iter().find_map(|identity| age::header_key(Stored(&*object), identity).ok())
            });
            let header_key = key.map(|key| B64.encode(key.to_bytes())).unwrap_or_default();
            named.push(DestroyedObject { name: text.clone(), header_key });
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

    /// The records that name these objects, and these of the log.
    pub(crate) fn drafts_of_destroyed(
        &self,
        objects: &[DestroyedObject],
        rows: BTreeSet<u64>,
    ) -> Result<Vec<Draft>, FoldError> {
        let of_objects =
            objects.chunks(NAMED).map(|some| Change::Destroyed(Destroyed { objects: some.to_vec() }));
        let runs = runs_of(rows);
        let of_rows = runs.chunks(RUNS).map(|some| Change::Altered(Altered { entries: some.to_vec() }));
        of_objects.chain(of_rows).map(|change| self.in_register(change)).collect()
    }

    /// All that the register names.
    pub(crate) fn gone(&mut self) -> Result<Gone, FoldError> {
        let register = self.keyring.compartment(&CompartmentId::register()).ok_or(FoldError::NotHeld)?;
        let mut gone = Gone::default();
        for generation in register.generations.clone() {
            self.each_statement(generation, &mut |seq, said| {
                said.iter().for_each(|said| gone.learn(seq, said))
            })?;
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

/// Numbers as runs: of each the first and the last.
pub(crate) fn runs_of(numbers: BTreeSet<u64>) -> Vec<(u64, u64)> {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(number) => *last = number,
            _ => runs.push((number, number)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::{Gone, runs_of};

    #[test]
    fn numbers_that_follow_each_other_are_one_run() {
        assert_eq!(runs_of([7, 3, 4, 5, 9, u64::MAX].into()), [(3, 5), (7, 7), (9, 9), (u64::MAX, u64::MAX)]);
        assert_eq!(runs_of([].into()), []);
    }

    #[test]
    fn what_an_append_says_holds_for_that_append() {
        let gone = Gone { rows: [(21, vec![(3, 5), (8, 8)]), (34, vec![(6, 6)])].into(), ..Gone::default() };
        let named = |append: std::ops::Range<u64>| {
            (0..10).filter(|seq| gone.has_altered(*seq, append.clone())).collect::<Vec<_>>()
        };
        assert_eq!((named(20..30), named(30..40)), (vec![3, 4, 5, 8], vec![6]));
        assert_eq!((named(22..30), named(20..40)), (vec![], vec![3, 4, 5, 6, 8]));
    }
}
