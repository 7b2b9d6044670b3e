//! Items as rows: digests, names and times as bytes and numbers, because millions of them are kept.

use jiff::Timestamp;
use rusqlite::{Row, params};
use vidimus_model::{
    FileSystemSays, FoundPath, Item, MemberId, ObjectPlace, Reading, ReadingSizes, Statement, TimeZoneKnown,
};

use super::key::Key;

/// The columns of `item` that [`Stored::read`] wants, in its order.
pub(super) const COLUMNS: &str = "accession, number, members, seq, at, member, source, path, sha256, size, \
    file_system, object, object_size, header, \"offset\", length, copy_of, changed, size_before, size_after";

/// An object's place with its digests as bytes.
pub(super) struct PlaceRow {
    pub name: [u8; 16],
    pub size: i64,
    pub header: [u8; 32],
    pub offset: Option<i64>,
    pub length: Option<i64>,
}

/// What an item's row holds.
pub(super) struct Stored {
    pub key: Key,
    pub seq: i64,
    pub at: Timestamp,
    pub by: MemberId,
    pub item: Item,
}

/// An item whose digests and numbers are of their form, ready to be written.
pub(super) struct Checked<'a> {
    pub key: Key,
    pub sha256: [u8; 32],
    pub size: i64,
    pub place: PlaceRow,
    item: &'a Item,
    sizes: Option<(i64, i64)>,
}

impl PlaceRow {
    /// None if a digest, name or number is not of its form.
    pub fn of(place: &ObjectPlace) -> Option<Self> {
        let optional = |n: Option<u64>| n.map(|n| i64::try_from(n).ok());
        Some(Self {
            name: digest(&place.name)?,
            size: i64::try_from(place.size).ok()?,
            header: digest(&place.header)?,
            offset: optional(place.offset).map_or(Some(None), |n| n.map(Some))?,
            length: optional(place.length).map_or(Some(None), |n| n.map(Some))?,
        })
    }

    /// Reads `object, object_size, header, offset, length` from column `first` on.
    pub fn read(row: &Row, first: usize) -> rusqlite::Result<ObjectPlace> {
        Ok(ObjectPlace {
            name: hex::encode(row.get::<_, [u8; 16]>(first)?),
            size: row.get(first + 1)?,
            header: hex::encode(row.get::<_, [u8; 32]>(first + 2)?),
            offset: row.get(first + 3)?,
            length: row.get(first + 4)?,
        })
    }
}

impl<'a> Checked<'a> {
    /// None if a digest, name, number or reference is not of its form.
    pub fn of(item: &'a Item) -> Option<Self> {
        let sizes = match item.reading_sizes {
            None => None,
            Some(ReadingSizes { size_before, size_after }) => {
                Some((i64::try_from(size_before).ok()?, i64::try_from(size_after).ok()?))
            }
        };
        Some(Self {
            key: Key::of(&item.about).filter(|key| key.number > 0)?,
            sha256: digest(&item.sha256)?,
            size: i64::try_from(item.size).ok()?,
            place: PlaceRow::of(&item.object)?,
            item,
            sizes,
        })
    }

    /// Inserts the row unless there is one for the reference; says whether it did.
    pub fn insert(&self, db: &rusqlite::Connection, seq: i64, said: &Statement) -> rusqlite::Result<bool> {
        let (key, place) = (&self.key, &self.place);
        let inserted = db
            .prepare_cached(
                "INSERT OR IGNORE INTO item VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, \
                 ?17, ?18, ?19, ?20)",
            )?
            .execute(params![
                key.accession,
                key.number,
                key.members,
                seq,
                said.at.as_second(),
                member_number(said.by),
                self.item.source,
                self.item.path.as_bytes(),
                self.sha256,
                self.size,
                pack_file_system(&self.item.file_system),
                place.name,
                place.size,
                place.header,
                place.offset,
                place.length,
                self.item.copy_of.as_ref().map(ToString::to_string),
                self.item.reading == Reading::Changed,
                self.sizes.map(|(before, _)| before),
                self.sizes.map(|(_, after)| after),
            ])?;
        Ok(inserted == 1)
    }
}

impl Stored {
    /// Reads [`COLUMNS`]; a value that we cannot have written is an error.
    pub fn read(row: &Row) -> rusqlite::Result<Self> {
        let key = Key::read(row, 0)?;
        let size_before: Option<u64> = row.get(18)?;
        let size_after: Option<u64> = row.get(19)?;
        let file_system: Vec<u8> = row.get(10)?;
        let copy_of: Option<String> = row.get(16)?;
        Ok(Self {
            seq: row.get(3)?,
            at: second(row, 4)?,
            by: member_id(row.get(5)?),
            item: Item {
                about: key.reference(),
                path: FoundPath::new(row.get::<_, Vec<u8>>(7)?),
                source: row.get(6)?,
                sha256: hex::encode(row.get::<_, [u8; 32]>(8)?),
                size: row.get(9)?,
                file_system: unpack_file_system(&file_system).ok_or_else(|| damaged(10))?,
                object: PlaceRow::read(row, 11)?,
                copy_of: copy_of.map(|text| text.parse()).transpose().map_err(|_| damaged(16))?,
                reading: if row.get(17)? { Reading::Changed } else { Reading::Whole },
                reading_sizes: size_before
                    .zip(size_after)
                    .map(|(size_before, size_after)| ReadingSizes { size_before, size_after }),
            },
            key,
        })
    }
}

/// The first 32 bits, for the finders.
pub(super) fn word(digest: &[u8]) -> i64 {
    let first = digest.first_chunk::<4>().expect("digests and names are longer than four bytes");
    i64::from(i32::from_be_bytes(*first))
}

/// A member as a number.
pub(super) fn member_number(member: MemberId) -> i64 {
    i64::from_be_bytes(*member.as_bytes())
}

/// A number as a member.
pub(super) fn member_id(number: i64) -> MemberId {
    MemberId::from_bytes(number.to_be_bytes())
}

/// A whole second of our clock.
pub(super) fn second(row: &Row, column: usize) -> rusqlite::Result<Timestamp> {
    Timestamp::from_second(row.get(column)?).map_err(|_| damaged(column))
}

/// A value that we did not write.
pub(super) fn damaged(column: usize) -> rusqlite::Error {
    rusqlite::Error::IntegralValueOutOfRange(column, 0)
}

fn digest<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    // Read back as lower case, so only that is one of ours.
    (!text.bytes().any(|b| b.is_ascii_uppercase())).then_some(bytes)
}

/// Which times are there (bits 0 to 3) and whether the zone is UTC (bit 7); the times, 12 bytes each; the mode's text.
fn pack_file_system(says: &FileSystemSays) -> Vec<u8> {
    let times = [says.modified, says.changed, says.accessed, says.created];
    let mut bytes = Vec::with_capacity(49 + says.mode.len());
    bytes.push(if says.zone == TimeZoneKnown::Utc { 0x80 } else { 0 });
    for (bit, time) in times.iter().enumerate() {
        if let Some(time) = time {
            bytes[0] |= 1 << bit;
            bytes.extend(time.as_second().to_be_bytes());
            bytes.extend(time.subsec_nanosecond().to_be_bytes());
        }
    }
    bytes.extend(says.mode.as_bytes());
    bytes
}

fn unpack_file_system(bytes: &[u8]) -> Option<FileSystemSays> {
    let (&flags, mut rest) = bytes.split_first()?;
    let mut times = [None; 4];
    for (bit, time) in times.iter_mut().enumerate() {
        if flags & 1 << bit != 0 {
            let (seconds, tail) = rest.split_first_chunk::<8>()?;
            let (nanoseconds, tail) = tail.split_first_chunk::<4>()?;
            rest = tail;
            let seconds = i64::from_be_bytes(*seconds);
            *time = Some(Timestamp::new(seconds, i32::from_be_bytes(*nanoseconds)).ok()?);
        }
    }
    let [modified, changed, accessed, created] = times;
    let zone = if flags & 0x80 != 0 { TimeZoneKnown::Utc } else { TimeZoneKnown::Unknown };
    let mode = String::from_utf8(rest.to_vec()).ok()?;
    Some(FileSystemSays { mode, modified, changed, accessed, created, zone })
}

#[cfg(test)]
mod tests {
    use super::{FileSystemSays, TimeZoneKnown, pack_file_system, unpack_file_system};
    use jiff::Timestamp;
    use proptest::prelude::*;

    fn time() -> impl Strategy<Value = Option<Timestamp>> {
        proptest::option::of(
            (-3_000_000_000i64..9_000_000_000, 0i32..1_000_000_000)
                .prop_map(|(seconds, nanos)| Timestamp::new(seconds, nanos).unwrap()),
        )
    }

    proptest! {
        #[test]
        fn what_the_file_system_said_comes_back(
            mode in "[0-7]{0,7}", modified in time(), changed in time(), accessed in time(), created in time(), utc: bool,
        ) {
            let zone = if utc { TimeZoneKnown::Utc } else { TimeZoneKnown::Unknown };
            let says = FileSystemSays { mode, modified, changed, accessed, created, zone };
            prop_assert_eq!(unpack_file_system(&pack_file_system(&says)), Some(says));
        }

        #[test]
        fn damaged_bytes_are_refused_quietly(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = unpack_file_system(&bytes);
        }
    }
}
