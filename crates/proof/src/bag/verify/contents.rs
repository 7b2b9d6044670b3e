//! Step 1: the files are those of the manifests, neither more nor fewer, and every digest holds.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::ops::ControlFlow;

use crate::bag::layout::{DECLARATION, DECLARATION_TEXT, FOLDERS, INFO, Place, SINGLE_FILES};
use crate::bag::manifest::{Algorithm, Digests, Hasher, Manifest};
use crate::bag::problem::Problems;
use crate::bag::{BagSource, Entry, EntryKind, Fault, MAX_FILES};

/// More names than any bag has: payload, records and proofs, and as much again for checkpoints.
const MAX_ENTRIES: usize = 6 * MAX_FILES;
/// The most bytes of all records of files together; they are kept while the bag is checked.
const MAX_RECORD_BYTES: u64 = 256 << 20;
/// How much of a file is read at once.
const PIECE: usize = 256 << 10;

/// The files of a bag that could be read, with their digests.
pub(super) struct Contents<'s> {
    source: &'s dyn BagSource,
    files: BTreeMap<String, (Place, Digests)>,
}

impl Contents<'_> {
    /// Every file with what it is, ascending by path.
    pub(super) fn files(&self) -> impl Iterator<Item = (&str, &Place, &Digests)> {
        self.files.iter().map(|(path, (place, digests))| (path.as_str(), place, digests))
    }

    /// The disclosed files: stem, name in `data/`, digests.
    pub(super) fn payload(&self) -> impl Iterator<Item = (&str, &str, &Digests)> {
        self.files().filter_map(|(path, place, digests)| match place {
            Place::Payload { stem } => Some((stem.as_str(), path.strip_prefix("data/")?, digests)),
            _ => None,
        })
    }

    /// The digests of a file.
    pub(super) fn digests(&self, path: &str) -> Option<&Digests> {
        self.files.get(path).map(|(_, digests)| digests)
    }

    /// Whether the records of files are few and small enough to be kept all at once.
    pub(super) fn records_can_be_kept(&self) -> bool {
        let records = self.files().filter(|(_, place, _)| matches!(place, Place::Record { .. }));
        records.map(|(_, _, digests)| digests.size).sum::<u64>() <= MAX_RECORD_BYTES
    }

    /// The bytes of a file other than payload, the same as were hashed.
    pub(super) fn read(&self, path: &str, problems: &mut Problems) -> Option<Vec<u8>> {
        let Some((place, digests)) = self.files.get(path) else {
            problems.add(path, Fault::Missing);
            return None;
        };
        debug_assert!(!place.is_payload(), "payload is hashed, and never held");
        let bytes = problems.keep(path, read_again(self.source, path, digests.size))?;
        // Whoever can write to the medium while we read must not show one file to the hash and another to the check.
        if Digests::of(&bytes) != *digests {
            problems.add(path, Fault::Changed);
            return None;
        }
        Some(bytes)
    }

    /// The text of a file other than payload, or why it is none.
    pub(super) fn read_text(&self, path: &str, fault: Fault, problems: &mut Problems) -> Option<String> {
        let bytes = self.read(path, problems)?;
        problems.keep(path, String::from_utf8(bytes).map_err(|_| fault))
    }
}

/// Lists and hashes a bag.
pub(super) fn read<'s>(source: &'s dyn BagSource, problems: &mut Problems) -> Contents<'s> {
    let places = list(source, problems);
    check_names(&places, problems);
    let mut files = BTreeMap::new();
    for (path, place) in places {
        if let Some(digests) = problems.keep(&path, hash(source, &path, &place)) {
            files.insert(path, (place, digests));
        }
    }
    let contents = Contents { source, files };
    compare(&contents, false, problems);
    compare(&contents, true, problems);
    check_words(&contents, problems);
    contents
}

/// Every name of the bag that may be there.
fn list(source: &dyn BagSource, problems: &mut Problems) -> BTreeMap<String, Place> {
    let mut places = BTreeMap::new();
    let mut folders = BTreeSet::new();
    let mut with_something = BTreeSet::new();
    let mut count = 0;
    let listed = source.list(&mut |Entry { untrusted_path, kind }| {
        count += 1;
        if count > MAX_ENTRIES {
            problems.add("", Fault::TooMany);
            return ControlFlow::Break(());
        }
        let path = std::str::from_utf8(&untrusted_path).ok();
        let slash = untrusted_path.iter().position(|&byte| byte == b'/');
        if let Some(folder) = slash.and_then(|slash| std::str::from_utf8(&untrusted_path[..slash]).ok())
            && FOLDERS.contains(&folder)
        {
            with_something.insert(folder.to_owned());
        }
        match (kind, path, path.and_then(Place::of)) {
            (EntryKind::Link, ..) => problems.add(printable(&untrusted_path), Fault::Link),
            (EntryKind::Other, ..) => problems.add(printable(&untrusted_path), Fault::Special),
            (EntryKind::File, Some(path), Some(place)) => {
                places.insert(path.to_owned(), place);
            }
            (EntryKind::Folder, Some(path), _) if FOLDERS.contains(&path) => {
                folders.insert(path.to_owned());
            }
            _ => problems.add(printable(&untrusted_path), Fault::Unexpected),
        }
        ControlFlow::Continue(())
    });
    if let Err(error) = listed {
        problems.add("", Fault::Unreadable(error.kind()));
    }
    for folder in folders.difference(&with_something) {
        problems.add(folder, Fault::EmptyFolder);
    }
    places
}

/// A name as text: what is not printable ASCII, and `%`, as `%XX`.
fn printable(untrusted_path: &[u8]) -> String {
    let one = |&byte: &u8| match byte {
        b' '..=b'~' if byte != b'%' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    untrusted_path.iter().map(one).collect()
}

/// The files that every bag has are there, and payload names go together.
fn check_names(places: &BTreeMap<String, Place>, problems: &mut Problems) {
    for path in SINGLE_FILES {
        if !places.contains_key(path) {
            problems.add(path, Fault::Missing);
        }
    }
    let mut stems = BTreeSet::new();
    let mut number_length = None;
    for (path, place) in places {
        if let Place::Payload { stem } = place {
            let is_number = stem.bytes().all(|byte| byte.is_ascii_digit());
            let as_long = !is_number || *number_length.get_or_insert(stem.len()) == stem.len();
            if !stems.insert(stem) || !as_long {
                problems.add(path, Fault::Name);
            }
        }
    }
    if stems.is_empty() {
        problems.add("data", Fault::Missing);
    }
    if stems.len() > MAX_FILES {
        problems.add("data", Fault::TooMany);
    }
}

/// As much of a file as was hashed, which its place limits.
fn read_again(source: &dyn BagSource, path: &str, size: u64) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let read = source.open(path).and_then(|file| file.take(size).read_to_end(&mut bytes));
    read.map(|_| bytes).map_err(|error| Fault::Unreadable(error.kind()))
}

/// Hashes a file, in pieces.
fn hash(source: &dyn BagSource, path: &str, place: &Place) -> Result<Digests, Fault> {
    let unreadable = |error: io::Error| Fault::Unreadable(error.kind());
    let mut file = source.open(path).map_err(unreadable)?;
    let mut piece = vec![0; PIECE];
    let mut hasher = Hasher::default();
    let mut left = place.limit();
    loop {
        let length = match file.read(&mut piece) {
            Ok(0) => return Ok(hasher.finish()),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(unreadable(error)),
        };
        if let Some(left) = &mut left {
            *left = left.checked_sub(length).ok_or(Fault::TooLarge)?;
        }
        hasher.update(&piece[..length]);
    }
}

/// Compares the payload, or all other files, with both of its manifests; these two alone are in memory.
fn compare(contents: &Contents<'_>, payload: bool, problems: &mut Problems) {
    let mut manifests: Vec<(String, Algorithm, Manifest)> = Vec::new();
    for algorithm in Algorithm::ALL {
        let path = if payload { algorithm.manifest() } else { algorithm.tag_manifest() };
        // That one is missing or cannot be read is named already.
        if contents.digests(&path).is_some()
            && let Some(bytes) = contents.read(&path, problems)
            && let Some(manifest) = problems.keep(&path, Manifest::parse(&bytes, algorithm))
        {
            manifests.push((path, algorithm, manifest));
        }
    }
    let listed = |place: &Place| !matches!(place, Place::TagManifest(_)) && place.is_payload() == payload;
    for (path, _, digests) in contents.files().filter(|(_, place, _)| listed(place)) {
        let mut wrong = Vec::new();
        for (manifest_path, algorithm, manifest) in &manifests {
            match manifest.0.get(path) {
                None => problems.add(path, Fault::NotListed { manifest: manifest_path.clone() }),
                Some(digest) if *digest != digests.hex(*algorithm) => wrong.push(manifest_path),
                Some(_) => {}
            }
        }
        // No file fits one digest and not the other, so where one fits, the other manifest is wrong.
        match wrong[..] {
            [] => {}
            [manifest] if manifests.len() > 1 => {
                problems.add(manifest.as_str(), Fault::WrongDigest { about: path.to_owned() });
            }
            _ => problems.add(path, Fault::Digest),
        }
    }
    for (_, _, manifest) in &manifests {
        for path in manifest.0.keys() {
            if !Place::of(path).is_some_and(|place| listed(&place)) {
                problems.add(printable(path.as_bytes()), Fault::Unexpected);
            } else if contents.digests(path).is_none() {
                problems.add(path, Fault::Missing);
            }
        }
    }
}

/// `bagit.txt` is the one declaration, and no more records are there than can be kept.
fn check_words(contents: &Contents<'_>, problems: &mut Problems) {
    if let Some(text) = contents.read_text(DECLARATION, Fault::Text, problems)
        && text != DECLARATION_TEXT
    {
        problems.add(DECLARATION, Fault::Text);
    }
    if !contents.records_can_be_kept() {
        problems.add("records", Fault::TooLarge);
    }
}

/// The Payload-Oxum (RFC 8493, 2.2.2), first line of `bag-info.txt`, counts right.
///
/// After the manifests were compared with what the archive signed, so that a file added or taken away is named first.
pub(super) fn check_info(contents: &Contents<'_>, problems: &mut Problems) {
    let sizes = contents.payload().map(|(_, _, digests)| u128::from(digests.size));
    let oxum = format!("Payload-Oxum: {}.{}", sizes.sum::<u128>(), contents.payload().count());
    if let Some(text) = contents.read_text(INFO, Fault::Text, problems)
        && text.split('\n').next() != Some(&oxum)
    {
        problems.add(INFO, Fault::Text);
    }
}
