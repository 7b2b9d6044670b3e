//! Items as rows: digests, names and times as bytes and numbers, because millions of them are kept.

use jiff::Timestamp;
use rusqlite::types::ValueRef;
use rusqlite::{Row, params};
use vidimus_model::{
    FileSystemSays, FoundPath, Item, MemberId, ObjectPlace, Reading, ReadingSizes, Statement, TimeZoneKnown,
};

use super::key::Key;
use super::role::Role;

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

/// The columns of an item's row, as they are stored; equal for equal rows.
#[derive(Hash)]
pub(super) struct Columns<'a> {
    pub accession: i64,
    pub number: i64,
    pub members: &'a [u8],
    pub seq: i64,
    at: i64,
    member: i64,
    source: i64,
    path: &'a [u8],
    pub sha256: &'a [u8],
    pub size: i64,
    file_system: &'a [u8],
    pub object: &'a [u8],
    object_size: i64,
    header: &'a [u8],
    offset: Option<i64>,
    length: Option<i64>,
    copy_of: Option<&'a str>,
    changed: bool,
    size_before: Option<i64>,
    size_after: Option<i64>,
    stem: Option<&'a [u8]>,
    role: Option<i64>,
}

impl<'a> Columns<'a> {
    /// Reads [`COLUMNS`], `stem` and `role` from column `first` on.
    pub fn read(row: &'a Row, first: usize) -> rusqlite::Result<Self> {
        let number = |column: usize| row.get::<_, i64>(first + column);
        let optional = |column: usize| row.get::<_, Option<i64>>(first + column);
        let bytes =
            |column: usize| row.get_ref(first + column)?.as_blob().map_err(|_| damaged(first + column));
        Ok(Self {
            accession: number(0)?,
            number: number(1)?,
            members: bytes(2)?,
            seq: number(3)?,
            at: number(4)?,
            member: number(5)?,
            source: number(6)?,
            path: bytes(7)?,
            sha256: bytes(8)?,
            size: number(9)?,
            file_system: bytes(10)?,
            object: bytes(11)?,
            object_size: number(12)?,
            header: bytes(13)?,
            offset: optional(14)?,
            length: optional(15)?,
            copy_of: match row.get_ref(first + 16)? {
                ValueRef::Null => None,
                text => Some(text.as_str().map_err(|_| damaged(first + 16))?),
            },
            changed: row.get(first + 17)?,
            size_before: optional(18)?,
            size_after: optional(19)?,
            stem: match row.get_ref(first + 20)? {
                ValueRef::Null => None,
                bytes => Some(bytes.as_blob().map_err(|_| damaged(first + 20))?),
            },
            role: optional(21)?,
        })
    }

    /// Its reference.
    pub fn key(&self) -> Key {
        Key { accession: self.accession, number: self.number, members: self.members.to_vec() }
    }

    /// Is it a copy of an item that was there before?
    pub fn is_copy(&self) -> bool {
        self.copy_of.is_some()
    }
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
        let mut insert = db.prepare_cached(
            "INSERT OR IGNORE INTO item VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, \
             ?17, ?18, ?19, ?20, ?21, ?22)",
        )?;
        let inserted = self.columns(seq, said, |row| {
            insert.execute(params![
                row.accession,
                row.number,
                row.members,
                row.seq,
                row.at,
                row.member,
                row.source,
                row.path,
                row.sha256,
                row.size,
                row.file_system,
                row.object,
                row.object_size,
                row.header,
                row.offset,
                row.length,
                row.copy_of,
                row.changed,
                row.size_before,
                row.size_after,
                row.stem,
                row.role,
            ])
        })?;
        Ok(inserted == 1)
    }

    /// Its row, as it is stored.
    pub fn columns<T>(&self, seq: i64, said: &Statement, then: impl FnOnce(&Columns) -> T) -> T {
        let (key, place) = (&self.key, &self.place);
        let file_system = pack_file_system(&self.item.file_system);
        let copy_of = self.item.copy_of.as_ref().map(ToString::to_string);
        let stem = Role::of(self.item.path.as_bytes());
        then(&Columns {
            accession: key.accession,
            number: key.number,
            members: &key.members,
            seq,
            at: said.at.as_second(),
            member: member_number(said.by),
            source: self.item.source.into(),
            path: self.item.path.as_bytes(),
            sha256: &self.sha256,
            size: self.size,
            file_system: &file_system,
            object: &place.name,
            object_size: place.size,
            header: &place.header,
            offset: place.offset,
            length: place.length,
            copy_of: copy_of.as_deref(),
            changed: self.item.reading == Reading::Changed,
            size_before: self.sizes.map(|(before, _)| before),
            size_after: self.sizes.map(|(_, after)| after),
            stem: stem.as_ref().map(|(stem, _)| stem.as_slice()),
            role: stem.as_ref().map(|(_, role)| *role as i64),
        })
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
