//! The volumes of one container, told by their names: `x.7z.001` and `.002`; `x.part1.rar` and `.part2`; `x.rar`, `.r00` and `.r01`.
//!
//! As with what lies beside a film, nothing is recorded of that: a volume that is withdrawn or erased is simply missing.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};
use vidimus_model::{Group, Item, Ref};

use super::examined_query::kind_of;
use super::item::{COLUMNS, Stored};
use super::key::Key;
use super::query::View;
use super::{Answer, Catalogue, ItemRow, State};
use crate::StoreError;

/// Volumes of one container; what is numbered higher is none.
const MOST: u32 = 1000;
/// Items of one folder that may be volumes of one container, by the size of their letters and zeros before their numbers: more are
/// not looked at, so that a folder full of them is gone through all the same.
const LOOKED_AT: usize = 2000;

/// Where an item stands among the volumes of a container.
#[derive(Clone, Debug, PartialEq)]
pub enum Volumes {
    /// It is the first; these follow, up to the first that is missing.
    First(Vec<ItemRow>),
    /// This one, which is there, begins the container.
    Behind(Ref),
}

impl Catalogue {
    /// Where an item stands among volumes in its folder (or container); none where it is no volume by its name, or the only one.
    /// Where a copy of the first is gone on with further, as copies are not examined themselves, those volumes are it.
    pub fn volumes(&self, item: &Ref) -> Result<Answer<Option<Volumes>>, StoreError> {
        self.read(|db| {
            let Some(key) = Key::of(item) else { return Ok(None) };
            let mut view = View::new(db);
            let mut found = of_one(db, &mut view, &key)?;
            let mut copies = db.prepare_cached(
                "SELECT accession, number, members FROM item WHERE accession = ?1 AND copy_of = ?2",
            )?;
            let mut rows = copies.query(params![key.accession, item.to_string()])?;
            while let Some(row) = rows.next()? {
                if let Some(Volumes::First(theirs)) = of_one(db, &mut view, &Key::read(row, 0)?)? {
                    match &found {
                        Some(Volumes::First(own)) if own.len() >= theirs.len() => {}
                        _ => found = Some(Volumes::First(theirs)),
                    }
                }
            }
            Ok(found)
        })
    }
}

/// The same, of this item alone.
fn of_one(db: &Connection, view: &mut View, key: &Key) -> Result<Option<Volumes>, StoreError> {
    let mut found = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM item WHERE accession = ?1 AND (stem, source) =
             (SELECT stem, source FROM item WHERE accession = ?1 AND number = ?2 AND members = ?3)
         ORDER BY number, members LIMIT {LOOKED_AT}"
    ))?;
    let mut rows = found.query(params![key.accession, key.number, key.members])?;
    let (mut own, mut all) = (None, Vec::new());
    while let Some(row) = rows.next()? {
        let stored = Stored::read(row)?;
        let Some(volume) = volume(stored.item.path.as_bytes()) else { continue };
        if stored.key == *key {
            own = Some((volume.style, volume.number));
        }
        let row = view.item(stored)?;
        let is_there = !matches!(row.state, State::Withdrawn | State::Erased | State::MovedOut);
        if is_there && may_go_on(db, &volume, &row.item)? {
            all.push((volume, row));
        }
    }
    let Some((style, number)) = own else { return Ok(None) };
    // Of two with one name, the later one was taken as it is by now.
    let all = all.into_iter().filter(|(volume, _)| volume.style == style);
    let mut all: BTreeMap<u32, ItemRow> = all.map(|(volume, row)| (volume.number, row)).collect();
    if number > 0 {
        return Ok(all.remove(&0).map(|first| Volumes::Behind(first.item.about)));
    }
    let behind: Vec<ItemRow> = (1..).map_while(|next| all.remove(&next)).collect();
    Ok((!behind.is_empty()).then_some(Volumes::First(behind)))
}

/// The habits of naming volumes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    /// Any file cut in pieces, from `.001` on.
    Pieces,
    /// `.part1.rar`, with or without zeros before the number.
    Parts,
    /// `.rar`, then `.r00` to `.r99`, then `.s00`.
    Letters,
}

/// A volume by its name.
#[derive(Debug, PartialEq, Eq)]
struct Volume {
    style: Style,
    /// From 0 on.
    number: u32,
    /// Bytes of the path that all volumes share, but for the size of their letters.
    shared: usize,
}

/// What the paths of all volumes of a container share, small letters for large ones; none where this is no path of a volume.
pub(super) fn stem(path: &[u8]) -> Option<Vec<u8>> {
    let volume = volume(path)?;
    let shared = path.get(..volume.shared)?;
    Some(str::from_utf8(shared).map_or_else(|_| shared.to_vec(), |shared| shared.to_lowercase().into_bytes()))
}

fn volume(path: &[u8]) -> Option<Volume> {
    numbered(path).filter(|volume| volume.number < MOST)
}

fn numbered(path: &[u8]) -> Option<Volume> {
    let (shared, ending) = cut(path)?;
    if (3..=4).contains(&ending.len()) && ending.iter().all(u8::is_ascii_digit) {
        let number = digits(ending)?.checked_sub(1)?;
        return Some(Volume { style: Style::Pieces, number, shared: shared.len() });
    }
    if ending.eq_ignore_ascii_case(b"rar") {
        let part = cut(shared).filter(|(_, part)| {
            part.get(..4).is_some_and(|word| word.eq_ignore_ascii_case(b"part")) && part.len() > 4
        });
        if let Some((before, part)) = part
            && let Some(number) = part.get(4..).and_then(digits)
        {
            // The word stays: `x.part1.rar` goes with no `x.rar`.
            let shared = before.len() + b".part".len();
            return Some(Volume { style: Style::Parts, number: number.checked_sub(1)?, shared });
        }
        return Some(Volume { style: Style::Letters, number: 0, shared: shared.len() });
    }
    let [letter, tens, ones] = ending else { return None };
    let hundreds = u32::from(letter.to_ascii_lowercase().checked_sub(b'r')?);
    let number = digits(&[*tens, *ones])?;
    (hundreds < 8).then_some(Volume {
        style: Style::Letters,
        number: hundreds * 100 + number + 1,
        shared: shared.len(),
    })
}

/// A piece of a file begins like no file. Where it does, these are files that somebody numbered.
fn may_go_on(db: &Connection, volume: &Volume, item: &Item) -> Result<bool, StoreError> {
    if volume.style != Style::Pieces || volume.number == 0 {
        return Ok(true);
    }
    let looked_at =
        item.copy_of.as_ref().filter(|of| of.whole() == item.about.whole()).unwrap_or(&item.about);
    let Some(key) = Key::of(looked_at) else { return Ok(false) };
    Ok(kind_of(db, &key)?.is_none_or(|kind| kind.group == Group::Unknown))
}

/// What stands before the last point of the name, and behind it.
fn cut(path: &[u8]) -> Option<(&[u8], &[u8])> {
    let name = path.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    let dot = path.iter().rposition(|byte| *byte == b'.').filter(|dot| *dot > name)?;
    Some((path.get(..dot)?, path.get(dot + 1..)?))
}

fn digits(ascii: &[u8]) -> Option<u32> {
    if ascii.iter().all(u8::is_ascii_digit) { str::from_utf8(ascii).ok()?.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str) -> Option<(Style, u32, String)> {
        let volume = volume(path.as_bytes())?;
        Some((volume.style, volume.number, String::from_utf8(stem(path.as_bytes())?).unwrap()))
    }

    #[test]
    fn volumes_are_told_by_their_names() {
        let told = |style, number, stem: &str| Some((style, number, stem.to_owned()));
        assert_eq!(of("Архивы/Том.7z.001"), told(Style::Pieces, 0, "архивы/том.7z"));
        assert_eq!(of("том.7z.1000"), told(Style::Pieces, 999, "том.7z"));
        assert_eq!(of("x.part1.rar"), told(Style::Parts, 0, "x.part"));
        assert_eq!(of("X.PART002.RAR"), told(Style::Parts, 1, "x.part"));
        assert_eq!(of("x.rar"), told(Style::Letters, 0, "x"));
        assert_eq!(of("x.r00"), told(Style::Letters, 1, "x"));
        assert_eq!(of("x.S01"), told(Style::Letters, 102, "x"));
        assert_eq!(of("party.rar"), told(Style::Letters, 0, "party"));
        assert_eq!(of("x.party.rar"), told(Style::Letters, 0, "x.party"));
    }

    #[test]
    fn what_is_no_volume_is_none() {
        for path in [
            "x",
            "x.7z",
            "x.000",
            "x.01",
            "x.part0.rar",
            ".001",
            "folder.001/x",
            "x.a00",
            "x.rxx",
            "x.00001",
            "x.1001",
        ] {
            assert_eq!(of(path), None, "{path}");
        }
    }
}
