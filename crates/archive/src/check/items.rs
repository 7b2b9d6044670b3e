//! The items that the records name, in few bytes each: an archive may hold ten million.

use std::collections::BTreeSet;
use std::num::NonZeroU64;

use vidimus_model::{Item, ObjectPlace, Ref, Repack};
use vidimus_vault::ObjectName;

use super::report::{Report, what};

/// An item that is to be there, without a word that most items do not need.
pub(super) struct ItemFacts {
    letter: Option<char>,
    accession: u64,
    number: Option<NonZeroU64>,
    members: Option<Box<[u64]>>,
    /// Where its record stands.
    pub seq: u64,
    sha256: [u8; 32],
    /// Bytes of the file.
    pub size: u64,
    /// Its fingerprint, as folds are compared with; none where its fields are not of their form.
    print: Option<NonZeroU64>,
    /// The key that seals it, an index.
    key: u32,
    /// Where its bytes lie now.
    spot: Spot,
    has_digest: bool,
}

/// A reference, as it is sorted.
type Order<'a> = (Option<char>, u64, Option<u64>, &'a [u64]);

fn order_of(about: &Ref) -> Order<'_> {
    (about.letter, about.accession, about.item, &about.members)
}

impl ItemFacts {
    /// Its reference.
    pub fn about(&self) -> Ref {
        let (letter, accession, item, members) = self.order();
        Ref { letter, accession, item, members: members.to_vec() }
    }

    /// SHA-256 of the file; none where the record has something else.
    pub fn sha256(&self) -> Option<[u8; 32]> {
        self.has_digest.then_some(self.sha256)
    }

    /// Where its bytes begin in the plain text of the object; none where they are all of it.
    pub fn offset(&self) -> Option<u64> {
        (self.spot.offset != NONE).then_some(self.spot.offset)
    }

    /// Its bytes in the object, as its record says.
    pub fn length(&self) -> u64 {
        if self.spot.length == NONE { self.size } else { self.spot.length }
    }

    fn order(&self) -> Order<'_> {
        let members = self.members.as_deref().unwrap_or_default();
        (self.letter, self.accession, self.number.map(NonZeroU64::get), members)
    }
}

/// Where bytes lie.
#[derive(Clone, Copy)]
struct Spot {
    offset: u64,
    length: u64,
    object: u32,
}

/// No offset, no length: no object has so many bytes.
const NONE: u64 = u64::MAX;

/// An object as a record describes it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct ObjectFacts {
    /// Under which name it is kept.
    pub name: ObjectName,
    /// Its bytes, header and all.
    pub size: u64,
    /// SHA-256 of its header.
    pub header: [u8; 32],
}

/// All of them, in the order of the log.
#[derive(Default)]
pub(super) struct Items {
    all: Vec<ItemFacts>,
    keys: Vec<String>,
    /// Those that records describe, some of them often; none where a record names no object.
    objects: Vec<Option<ObjectFacts>>,
    /// New places: where that is said, of what.
    moved: Vec<(u64, Ref, Spot)>,
    /// Indices of all, in the order of references.
    by_reference: Vec<u32>,
}

/// So many of the objects that came last are compared with the next: the rows of one batch stand in random order.
const RECENT: usize = 64;

impl Items {
    /// Takes note of a record that names an item.
    pub fn learn(&mut self, seq: u64, key: &str, item: Item, print: Option<u64>) {
        let (key, spot) = (self.key_index(key), self.spot(&item.object));
        let sha256 = digest(&item.sha256);
        let Ref { letter, accession, item: number, members } = item.about;
        self.all.push(ItemFacts {
            letter,
            accession,
            // No item has the number 0.
            number: number.and_then(NonZeroU64::new),
            members: (!members.is_empty()).then(|| members.into()),
            seq,
            sha256: sha256.unwrap_or_default(),
            size: item.size,
            // Of 2^64 fingerprints two are one.
            print: print.map(|print| NonZeroU64::new(print).unwrap_or(NonZeroU64::MIN)),
            key,
            spot,
            has_digest: sha256.is_some(),
        });
    }

    /// Takes note of a record that names new places.
    pub fn learn_places(&mut self, seq: u64, repack: Repack) {
        for place in repack.objects {
            let spot = self.spot(&place.object);
            self.moved.push((seq, place.about, spot));
        }
    }

    /// Gives each item its latest place, and names those that have two records.
    pub fn settle(&mut self, report: &mut Report) {
        self.sort();
        let all = &mut self.all;
        let order = &mut self.by_reference;
        for pair in order.windows(2) {
            let item = &all[pair[0] as usize];
            if item.order() == all[pair[1] as usize].order() {
                let problem = "two records say that they are this item";
                report.problem(item.about().to_string(), problem, what::TAMPERED);
            }
        }
        for (seq, about, spot) in std::mem::take(&mut self.moved) {
            if let Some(item) = last_of(all, order, &about).and_then(|index| all.get_mut(index))
                && item.seq < seq
            {
                item.spot = spot;
            }
        }
    }

    /// Brings them into the order of references.
    pub fn sort(&mut self) {
        let all = &self.all;
        let order = &mut self.by_reference;
        *order = (0..u32::try_from(all.len()).expect("fewer items than 2^32")).collect();
        order.sort_unstable_by(|a, b| (all[*a as usize].order(), a).cmp(&(all[*b as usize].order(), b)));
    }

    /// Gives what was made of an item with these bytes, and is on record before `seq`, its new place.
    pub fn place_made(&mut self, seq: u64, about: &Ref, sha256: &str, object: &ObjectPlace) {
        let Some(sha256) = digest(sha256) else { return };
        let spot = self.spot(object);
        let all = &mut self.all;
        let from = self.by_reference.partition_point(|index| all[*index as usize].order() < order_of(about));
        for index in &self.by_reference[from..] {
            let made = &mut all[*index as usize];
            if made.order() != order_of(about) {
                return;
            }
            if made.seq < seq && made.sha256() == Some(sha256) {
                made.spot = spot;
            }
        }
    }

    /// Those of this index.
    pub fn get(&self, index: u32) -> &ItemFacts {
        &self.all[index as usize]
    }

    /// Each with its index.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &ItemFacts)> {
        (0..).zip(&self.all)
    }

    /// Numbers of an accession's items, in their order.
    pub fn numbers(&self, accession: &Ref) -> impl Iterator<Item = u64> {
        let whole = (accession.letter, accession.accession);
        let from = self
            .by_reference
            .partition_point(|index| self.all[*index as usize].order() < order_of(accession));
        let behind = self.by_reference[from..].iter().map(|index| self.all[*index as usize].order());
        let of = behind.take_while(move |(letter, number, ..)| (*letter, *number) == whole);
        of.filter(|(.., members)| members.is_empty()).filter_map(|(_, _, item, _)| item)
    }

    /// The fingerprints of what these keys seal, of each item the last, in the order of references.
    pub fn prints(&self, keys: &BTreeSet<String>) -> impl Iterator<Item = (Ref, u64)> {
        let of_these: Vec<bool> = self.keys.iter().map(|key| keys.contains(key)).collect();
        let all = self.by_reference.iter().map(|index| &self.all[*index as usize]);
        let mut found =
            all.filter(move |item| of_these[item.key as usize] && item.print.is_some()).peekable();
        std::iter::from_fn(move || {
            loop {
                let item = found.next()?;
                if found.peek().is_none_or(|next| next.order() != item.order()) {
                    return item.print.map(|print| (item.about(), print.get()));
                }
            }
        })
    }

    /// The key that seals an item.
    pub fn key(&self, item: &ItemFacts) -> &str {
        &self.keys[item.key as usize]
    }

    /// The object in which its bytes lie; none where its record names none.
    pub fn object(&self, item: &ItemFacts) -> Option<&ObjectFacts> {
        self.objects[item.spot.object as usize].as_ref()
    }

    fn key_index(&mut self, key: &str) -> u32 {
        // Rows of one key follow one another.
        let known = self.keys.iter().rposition(|known| known == key);
        let index = known.unwrap_or_else(|| {
            self.keys.push(key.to_owned());
            self.keys.len() - 1
        });
        u32::try_from(index).expect("fewer keys than 2^32")
    }

    fn spot(&mut self, place: &ObjectPlace) -> Spot {
        let object = described(place);
        let first = self.objects.len().saturating_sub(RECENT);
        let known = self.objects[first..].iter().rposition(|known| *known == object);
        let index = known.map_or_else(
            || {
                self.objects.push(object);
                self.objects.len() - 1
            },
            |known| first + known,
        );
        let object = u32::try_from(index).expect("fewer objects than 2^32");
        Spot { object, offset: place.offset.unwrap_or(NONE), length: place.length.unwrap_or(NONE) }
    }
}

/// The index of the last item of a reference.
fn last_of(all: &[ItemFacts], order: &[u32], about: &Ref) -> Option<usize> {
    let behind = order.partition_point(|index| all[*index as usize].order() <= order_of(about));
    let index = *order.get(behind.checked_sub(1)?)? as usize;
    (all[index].order() == order_of(about)).then_some(index)
}

fn described(place: &ObjectPlace) -> Option<ObjectFacts> {
    Some(ObjectFacts { name: place.name.parse().ok()?, size: place.size, header: digest(&place.header)? })
}

/// 32 bytes in small hexadecimal digits, as records have them.
fn digest(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    (!text.contains(|digit: char| digit.is_ascii_uppercase())).then_some(bytes)
}

#[cfg(test)]
pub(super) mod tests {
    use vidimus_model::{FileSystemSays, FoundPath, Item, ObjectPlace, Place, Reading, Ref, Repack};

    use super::{Items, described, last_of};
    use crate::check::report::Report;

    pub fn place(name: u8, offset: Option<u64>) -> ObjectPlace {
        let name = hex::encode([name; 16]);
        ObjectPlace { name, size: 400, header: hex::encode([9; 32]), offset, length: offset.map(|_| 7) }
    }

    pub fn item(about: &Ref, object: ObjectPlace) -> Item {
        Item {
            about: about.clone(),
            path: FoundPath::new(b"x".to_vec()),
            source: 0,
            sha256: hex::encode([3; 32]),
            size: 7,
            file_system: FileSystemSays::default(),
            object,
            copy_of: None,
            reading: Reading::Whole,
            reading_sizes: None,
        }
    }

    #[test]
    fn the_latest_place_counts_and_an_item_has_one_record() {
        let whole = Ref::accession(None, 1);
        let (mut items, mut report) = (Items::default(), Report::default());
        // More items than recent objects are looked through.
        for number in 1..=200 {
            let object = place(u8::try_from(number % 100).unwrap(), Some(number));
            items.learn(number, "key", item(&whole.with_item(number), object), None);
        }
        let repack = |number, object| Repack {
            about: whole.clone(),
            objects: vec![Place { about: whole.with_item(number), object }],
        };
        items.learn_places(300, repack(4, place(201, Some(0))));
        items.learn_places(301, repack(4, place(202, Some(9))));
        items.learn_places(2, repack(5, place(203, Some(0))));
        items.learn(302, "key", item(&whole.with_item(6), place(6, Some(6))), None);
        items.settle(&mut report);

        let at = |number: u64, place: &ObjectPlace| {
            let index = last_of(&items.all, &items.by_reference, &whole.with_item(number)).unwrap();
            let item = &items.all[index];
            items.object(item).copied() == described(place)
                && (item.offset(), item.length()) == (place.offset, place.length.unwrap_or(item.size))
        };
        assert!(at(4, &place(202, Some(9))));
        assert!(at(5, &place(5, Some(5))), "a record does not say where a later item lies");
        assert!(at(150, &place(50, Some(150))));
        assert!(!at(150, &place(50, Some(50))) && !at(150, &place(50, None)));
        assert_eq!(last_of(&items.all, &items.by_reference, &whole.with_item(201)), None);
        let problems = report.done(true).problems;
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(problems[0].reference, "A1-6");
    }

    #[test]
    fn what_is_no_digest_or_name_is_none() {
        let whole = Ref::accession(None, 1);
        let mut items = Items::default();
        let capital = ObjectPlace { header: "AB".repeat(32), ..place(1, None) };
        items.learn(1, "key", item(&whole.with_item(1), capital), None);
        let unnamed = ObjectPlace { name: "../x".into(), ..place(1, None) };
        items.learn(2, "key", Item { sha256: "3".into(), ..item(&whole.with_item(2), unnamed) }, None);
        assert!(items.iter().all(|(_, item)| items.object(item).is_none()));
        assert_eq!(items.get(0).sha256(), Some([3; 32]));
        assert_eq!(items.get(1).sha256(), None);
    }
}
