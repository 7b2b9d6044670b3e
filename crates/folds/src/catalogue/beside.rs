//! What is said in a film or recording and stands in a file beside it: subtitles and transcripts, told by the names of both.
//!
//! Nothing is recorded of that, so nothing has to follow when one of both is withdrawn, moved or erased, whichever came first.

use rusqlite::{Connection, params};
use vidimus_model::{FoundPath, Group, Ref};

use super::examined_query::kind_of;
use super::item::{COLUMNS, Stored};
use super::key::Key;
use super::query::View;
use super::role::Role;
use super::{Answer, Catalogue, State};
use crate::StoreError;

/// A file that holds what is said in another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beside {
    /// The item.
    pub item: Ref,
    /// Its path.
    pub path: FoundPath,
}

impl Catalogue {
    /// The subtitles and transcripts of a film or recording: those that were examined, lie in its folder (or container) under its
    /// name, and are not withdrawn.
    pub fn spoken_beside(&self, film: &Ref) -> Result<Answer<Vec<Beside>>, StoreError> {
        self.read(|db| {
            let Some(row) = named(db, film, Role::Film)? else { return Ok(Vec::new()) };
            let mut until = row.stem.clone();
            until.push(b'/'); // the byte behind the point, with which any further ending begins
            let mut found = db.prepare_cached(&format!(
                "SELECT {COLUMNS}, stem FROM item WHERE accession = ?1 AND stem >= ?2 AND stem < ?3 AND role = 1
                 AND source = ?4 ORDER BY number, members"
            ))?;
            let mut rows = found.query(params![row.key.accession, row.stem, until, row.source])?;
            let mut view = View::new(db);
            let mut beside = Vec::new();
            while let Some(row) = rows.next()? {
                let (stored, stem) = (Stored::read(row)?, row.get(20)?);
                let (key, item) = (stored.key, stored.item);
                let spoken = Named { key, stem, source: item.source };
                let is_visible = view.state(&spoken.key)? != State::Withdrawn;
                if is_visible && holds_speech(db, &item)? && films_of(db, &spoken)?.contains(film) {
                    beside.push(Beside { item: item.about, path: item.path });
                }
            }
            Ok(beside)
        })
    }

    /// The films and recordings that an item with subtitles or a transcript lies beside, but those that are withdrawn.
    pub fn films_beside(&self, spoken: &Ref) -> Result<Answer<Vec<Ref>>, StoreError> {
        self.read(|db| match named(db, spoken, Role::Spoken)? {
            Some(spoken) => films_of(db, &spoken),
            None => Ok(Vec::new()),
        })
    }

    /// All of these: each file that may hold what is said in another, and that other.
    pub fn all_beside(&self) -> Result<Answer<Vec<(Ref, Ref)>>, StoreError> {
        self.read(|db| {
            let mut found = db
                .prepare_cached("SELECT accession, number, members, stem, source FROM item WHERE role = 1")?;
            let rows = found.query_map([], |row| {
                Ok(Named { key: Key::read(row, 0)?, stem: row.get(3)?, source: row.get(4)? })
            })?;
            let mut pairs = Vec::new();
            for spoken in rows {
                let spoken = spoken?;
                let about = spoken.key.reference();
                pairs.extend(films_of(db, &spoken)?.into_iter().map(|film| (about.clone(), film)));
            }
            Ok(pairs)
        })
    }
}

/// The path without its last ending, small letters for large ones, and whether it is a film or may hold what is said in one; none
/// where it is neither by its name.
pub(super) fn stem(path: &[u8]) -> Option<(Vec<u8>, Role)> {
    let lowered = lowered(path);
    let (stem, ending) = parted(&lowered)?;
    let role = match ending {
        spoken if SPOKEN.contains(&spoken) => Role::Spoken,
        sounding if SOUNDING.contains(&sounding) => Role::Film,
        _ => return None,
    };
    Some((stem.to_vec(), role))
}

/// Endings of subtitles and transcripts.
const SPOKEN: [&[u8]; 3] = [b"srt", b"vtt", b"json"];
/// Endings of films and recordings.
const SOUNDING: [&[u8]; 41] = [
    b"264", b"265", b"3g2", b"3gp", b"aac", b"aif", b"aiff", b"amr", b"asf", b"avi", b"dav", b"divx",
    b"flac", b"flv", b"h264", b"h265", b"hevc", b"m2ts", b"m4a", b"m4v", b"mka", b"mkv", b"mov", b"mp2",
    b"mp3", b"mp4", b"mpeg", b"mpg", b"mts", b"mxf", b"oga", b"ogg", b"ogv", b"opus", b"ps", b"ts", b"vob",
    b"wav", b"webm", b"wma", b"wmv",
];

/// An item that takes part in this.
struct Named {
    key: Key,
    stem: Vec<u8>,
    source: u32,
}

fn named(db: &Connection, item: &Ref, role: Role) -> Result<Option<Named>, StoreError> {
    let Some(key) = Key::of(item) else { return Ok(None) };
    let mut found = db.prepare_cached(
        "SELECT stem, source FROM item WHERE accession = ?1 AND number = ?2 AND members = ?3 AND role = ?4",
    )?;
    let mut rows = found.query(params![key.accession, key.number, key.members, role as i64])?;
    Ok(match rows.next()? {
        Some(row) => Some(Named { stem: row.get(0)?, source: row.get(1)?, key }),
        None => None,
    })
}

/// Is it by its content what its name says?
fn holds_speech(db: &Connection, item: &vidimus_model::Item) -> Result<bool, StoreError> {
    let looked_at =
        item.copy_of.as_ref().filter(|of| of.whole() == item.about.whole()).unwrap_or(&item.about);
    let Some(key) = Key::of(looked_at) else { return Ok(false) };
    Ok(kind_of(db, &key)?.is_some_and(|kind| kind.group == Group::Subtitles))
}

/// `film.mp4.srt` belongs to `film.mp4`, `film.srt` to every `film`; where there is none, `film.ru.srt` to what `film.srt` would,
/// and `film.wav.srt` too.
fn films_of(db: &Connection, spoken: &Named) -> Result<Vec<Ref>, StoreError> {
    let full = &spoken.stem;
    let mut found = exactly(db, spoken, full)?;
    let cut = parted(full);
    if let (true, Some((stem, ending))) = (found.is_empty(), cut) {
        if is_language(ending) {
            found = exactly(db, spoken, stem)?;
        } else if SOUNDING.contains(&ending) {
            found = named_so(db, spoken, stem)?.into_iter().map(|(film, _)| film).collect();
        }
    }
    Ok(found)
}

/// What has this name with its ending; where nothing has, what has it without.
fn exactly(db: &Connection, spoken: &Named, name: &[u8]) -> Result<Vec<Ref>, StoreError> {
    if let Some((stem, ending)) = parted(name)
        && SOUNDING.contains(&ending)
    {
        let whole = named_so(db, spoken, stem)?;
        let whole: Vec<Ref> =
            whole.into_iter().filter(|(_, path)| path == name).map(|(film, _)| film).collect();
        if !whole.is_empty() {
            return Ok(whole);
        }
    }
    Ok(named_so(db, spoken, name)?.into_iter().map(|(film, _)| film).collect())
}

/// Films and recordings with this stem, and their paths in small letters.
fn named_so(db: &Connection, spoken: &Named, stem: &[u8]) -> Result<Vec<(Ref, Vec<u8>)>, StoreError> {
    let mut found = db.prepare_cached(
        "SELECT accession, number, members, path FROM item WHERE accession = ?1 AND stem = ?2 AND role = 0
         AND source = ?3 ORDER BY number, members",
    )?;
    let mut rows = found.query(params![spoken.key.accession, stem, spoken.source])?;
    let mut view = View::new(db);
    let mut films = Vec::new();
    while let Some(row) = rows.next()? {
        let key = Key::read(row, 0)?;
        if view.state(&key)? != State::Withdrawn {
            films.push((key.reference(), lowered(&row.get::<_, Vec<u8>>(3)?)));
        }
    }
    Ok(films)
}

/// `ru`, `rus`, `pt-br`.
fn is_language(ending: &[u8]) -> bool {
    let mut parts = ending.split(|byte| *byte == b'-' || *byte == b'_');
    let first = parts.next().unwrap_or_default();
    (2..=3).contains(&first.len())
        && first.iter().all(u8::is_ascii_lowercase)
        && parts.all(|part| (2..=8).contains(&part.len()) && part.iter().all(u8::is_ascii_alphanumeric))
}

/// A name that is no UTF-8 stays as it is.
fn lowered(path: &[u8]) -> Vec<u8> {
    str::from_utf8(path).map_or_else(|_| path.to_vec(), |path| path.to_lowercase().into_bytes())
}

/// What stands before the last point of the name, and behind it.
fn parted(path: &[u8]) -> Option<(&[u8], &[u8])> {
    let name = path.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    let dot = path.iter().rposition(|byte| *byte == b'.').filter(|dot| *dot > name)?;
    Some((&path[..dot], &path[dot + 1..]))
}

#[cfg(test)]
mod tests {
    use super::{Role, is_language, stem};

    #[test]
    fn names_are_cut_at_their_ending_and_languages_are_known() {
        let told =
            |path: &str| stem(path.as_bytes()).map(|(stem, role)| (String::from_utf8(stem).unwrap(), role));
        assert_eq!(told("Камера 3/Запись.MP4"), Some(("камера 3/запись".into(), Role::Film)));
        assert_eq!(told("a.b/film.ru.SRT"), Some(("a.b/film.ru".into(), Role::Spoken)));
        for none in ["a.srt/film", "a/.srt", "film.txt", "film", ""] {
            assert_eq!(told(none), None, "{none}");
        }
        assert_eq!(stem(b"\xff.srt"), Some((b"\xff".to_vec(), Role::Spoken)));
        for (ending, is) in [
            ("ru", true),
            ("pt-br", true),
            ("zh-hant-tw", true),
            ("2024", false),
            ("final", false),
            ("", false),
        ] {
            assert_eq!(is_language(ending.as_bytes()), is, "{ending}");
        }
    }
}
