//! References as the database sorts them.

use rusqlite::Row;
use vidimus_model::Ref;

/// Bits for the number of an accession; 15 digits, the longest number a reference may have, need 50.
const NUMBER_BITS: u32 = 50;

/// A reference in three columns: `accession`, `number`, `members`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Letter (0 none, 1 `A`, … 26 `Z`) and number.
    pub accession: i64,
    /// The item; 0 for the accession as a whole.
    pub number: i64,
    /// Eight bytes for each step into a container.
    pub members: Vec<u8>,
}

impl Key {
    /// None for a number beyond what a written reference can hold.
    pub fn of(reference: &Ref) -> Option<Self> {
        let letter = match reference.letter {
            None => 0,
            Some(letter @ 'A'..='Z') => i64::from(u32::from(letter) - u32::from('A') + 1),
            Some(_) => return None,
        };
        let small = |n: u64| i64::try_from(n).ok().filter(|n| *n > 0 && *n < 1 << NUMBER_BITS);
        let members = reference.members.iter().map(|n| small(*n).map(i64::to_be_bytes));
        Some(Self {
            accession: letter << NUMBER_BITS | small(reference.accession)?,
            number: reference.item.map_or(Some(0), small)?,
            members: members.collect::<Option<Vec<_>>>()?.concat(),
        })
    }

    /// The accession of `self` as a whole.
    pub fn whole(accession: i64) -> Self {
        Self { accession, number: 0, members: Vec::new() }
    }

    /// Reads the three columns from `first` on.
    pub fn read(row: &Row, first: usize) -> rusqlite::Result<Self> {
        Ok(Self { accession: row.get(first)?, number: row.get(first + 1)?, members: row.get(first + 2)? })
    }

    /// The reference again.
    pub fn reference(&self) -> Ref {
        let letter = u8::try_from(self.accession >> NUMBER_BITS).ok().filter(|letter| *letter > 0);
        let members = self.members.as_chunks::<8>().0;
        Ref {
            letter: letter.map(|letter| char::from(b'A' + letter - 1)),
            accession: (self.accession & ((1 << NUMBER_BITS) - 1)).unsigned_abs(),
            item: (self.number > 0).then_some(self.number.unsigned_abs()),
            members: members.iter().map(|bytes| u64::from_be_bytes(*bytes)).collect(),
        }
    }

    /// What this is part of, itself last: `A7`, `A7-3`, `A7-3.1`.
    pub fn chain(&self) -> impl Iterator<Item = Self> + '_ {
        let whole = Self::whole(self.accession);
        let steps = if self.number == 0 { 0 } else { self.members.len() / 8 + 1 };
        std::iter::once(whole.clone()).chain((0..steps).map(move |step| Self {
            number: self.number,
            members: self.members[..step * 8].to_vec(),
            ..whole.clone()
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::Key;
    use vidimus_model::Ref;

    #[test]
    fn references_sort_as_their_keys_and_come_back() {
        let texts = [
            "A1",
            "A1-1",
            "A1-2",
            "A1-2.1",
            "A1-2.1.9",
            "A1-2.2",
            "A1-10",
            "A2",
            "B:A1",
            "Z:A999999999999999-3",
        ];
        let references: Vec<Ref> = texts.iter().map(|text| text.parse().unwrap()).collect();
        let keys: Vec<Key> = references.iter().map(|r| Key::of(r).unwrap()).collect();
        assert!(keys.is_sorted() && references.is_sorted());
        assert_eq!(keys.iter().map(Key::reference).collect::<Vec<_>>(), references);
    }

    #[test]
    fn a_chain_leads_from_the_accession_to_the_member() {
        let chain = |text: &str| -> Vec<String> {
            Key::of(&text.parse().unwrap()).unwrap().chain().map(|key| key.reference().to_string()).collect()
        };
        assert_eq!(chain("A7-3.1"), ["A7", "A7-3", "A7-3.1"]);
        assert_eq!(chain("A7"), ["A7"]);
    }
}
