//! The sealed folder keeps the contract of tantivy's directories, beside one in memory, and gives damage away.

use std::fs;
use std::io::{self, Write as _};
use std::ops::Range;
use std::path::Path;

use proptest::prelude::*;
use tantivy::directory::{
    Directory as _, INDEX_WRITER_LOCK, META_LOCK, RamDirectory, TerminatingWrite as _,
    error::{DeleteError, LockError, OpenReadError, OpenWriteError},
};
use tempfile::TempDir;

use super::SealedFolder;
use super::cipher::{CHUNK, SALT, TAG};

const KEY: [u8; 32] = [7; 32];
const NAME: &str = "0123.term";

struct Story {
    disk: TempDir,
    folder: SealedFolder,
}

fn story() -> Story {
    let disk = tempfile::tempdir().unwrap();
    let folder = SealedFolder::open(disk.path(), &KEY, 1 << 22).unwrap();
    Story { disk, folder }
}

impl Story {
    /// The same folder, opened by another process.
    fn again(&self) -> SealedFolder {
        SealedFolder::open(self.disk.path(), &KEY, 1 << 22).unwrap()
    }
}

fn write(folder: &dyn tantivy::Directory, name: &str, bytes: &[u8]) {
    let mut writer = folder.open_write(Path::new(name)).unwrap();
    writer.write_all(bytes).unwrap();
    writer.terminate().unwrap();
}

fn read(folder: &dyn tantivy::Directory, name: &str, range: Range<usize>) -> Vec<u8> {
    folder.open_read(Path::new(name)).unwrap().read_bytes_slice(range).unwrap().to_vec()
}

/// Everything that this file gives, read in every way; any failure of a read is one failure.
fn reads(folder: &SealedFolder, name: &str) -> Result<Vec<u8>, Option<io::ErrorKind>> {
    let failed = |error| match error {
        OpenReadError::IoError { io_error, .. } => Some(io_error.kind()),
        _ => None,
    };
    let file = folder.open_read(Path::new(name)).map_err(failed)?;
    let bytes = file.read_bytes().map_err(|error| Some(error.kind()))?;
    Ok(bytes.to_vec())
}

fn noise(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

#[test]
fn what_was_written_is_read_at_every_length_around_a_chunk() {
    let story = story();
    for len in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 17] {
        let name = format!("{len}.pos");
        write(&story.folder, &name, &noise(len));
        for folder in [story.folder.clone(), story.again()] {
            assert_eq!(reads(&folder, &name).unwrap(), noise(len), "{len}");
        }
        let sealed = fs::metadata(story.disk.path().join(&name)).unwrap().len() as usize;
        assert_eq!(sealed, SALT + len + len.div_ceil(CHUNK).max(1) * TAG, "{len}");
    }
}

#[test]
fn a_file_is_written_once_and_read_until_its_last_reader_goes() {
    let Story { disk: _disk, folder } = story();
    write(&folder, NAME, b"once");
    assert!(matches!(folder.open_write(Path::new(NAME)), Err(OpenWriteError::FileAlreadyExists(_))));
    assert!(folder.exists(Path::new(NAME)).unwrap() && !folder.exists(Path::new("other")).unwrap());
    let reader = folder.open_read(Path::new(NAME)).unwrap();
    folder.delete(Path::new(NAME)).unwrap();
    assert_eq!(reader.read_bytes().unwrap().as_slice(), b"once");
    assert!(matches!(folder.delete(Path::new(NAME)), Err(DeleteError::FileDoesNotExist(_))));
    assert!(matches!(folder.open_read(Path::new(NAME)), Err(OpenReadError::FileDoesNotExist(_))));
    assert!(matches!(folder.atomic_read(Path::new(NAME)), Err(OpenReadError::FileDoesNotExist(_))));
}

#[test]
fn an_atomic_write_takes_the_place_of_what_was_there() {
    let Story { disk, folder } = story();
    for text in [&b"first"[..], b"", &noise(CHUNK + 5)] {
        folder.atomic_write(Path::new("meta.json"), text).unwrap();
        assert_eq!(folder.atomic_read(Path::new("meta.json")).unwrap(), text);
    }
    assert_eq!(fs::read_dir(disk.path()).unwrap().count(), 1);
}

#[test]
fn what_a_killed_writer_left_is_tidied_away() {
    let Story { disk, folder } = story();
    folder.atomic_write(Path::new("meta.json"), b"whole").unwrap();
    fs::write(disk.path().join("meta.json.77.0.new"), b"torn").unwrap();
    folder.tidy().unwrap();
    assert_eq!(fs::read_dir(disk.path()).unwrap().count(), 1);
    assert_eq!(folder.atomic_read(Path::new("meta.json")).unwrap(), b"whole");
}

#[test]
fn one_writer_at_a_time_and_no_lock_outlives_its_holder() {
    let story = story();
    let held = story.folder.acquire_lock(&INDEX_WRITER_LOCK).unwrap();
    assert!(matches!(story.again().acquire_lock(&INDEX_WRITER_LOCK), Err(LockError::LockBusy)));
    let other = story.again().acquire_lock(&META_LOCK).unwrap();
    drop((held, other));
    // The files of locks stay; only holding them counts.
    drop(story.again().acquire_lock(&INDEX_WRITER_LOCK).unwrap());
    drop(story.folder.acquire_lock(&META_LOCK).unwrap());
}

#[test]
fn nothing_that_was_written_stands_on_the_disk() {
    let Story { disk, folder } = story();
    let canary = "Осечкин".repeat(20_000);
    write(&folder, NAME, canary.as_bytes());
    folder.atomic_write(Path::new("meta.json"), canary.as_bytes()).unwrap();
    for entry in fs::read_dir(disk.path()).unwrap() {
        let sealed = fs::read(entry.unwrap().path()).unwrap();
        assert!(!sealed.windows(14).any(|window| window == "Осечкин".as_bytes()));
    }
}

#[test]
fn a_cut_a_lengthened_and_an_emptied_file_are_damaged() {
    let story = story();
    write(&story.folder, NAME, &noise(2 * CHUNK + 9));
    let path = story.disk.path().join(NAME);
    let whole = fs::read(&path).unwrap();
    let full = SALT + CHUNK + TAG;
    for len in [0, 1, SALT, SALT + TAG, full - 1, full, full + 1, full + CHUNK + TAG, whole.len() - 1] {
        fs::write(&path, &whole[..len]).unwrap();
        assert_eq!(reads(&story.again(), NAME), Err(Some(io::ErrorKind::InvalidData)), "{len}");
    }
    fs::write(&path, [&whole[..], &[0]].concat()).unwrap();
    assert_eq!(reads(&story.again(), NAME), Err(Some(io::ErrorKind::InvalidData)));
    fs::write(&path, whole).unwrap();
    assert_eq!(reads(&story.again(), NAME).unwrap(), noise(2 * CHUNK + 9));
}

#[test]
fn chunks_files_names_and_keys_that_were_exchanged_are_damaged() {
    let story = story();
    let [first, second] = ["a.idx", "b.idx"].map(|name| {
        write(&story.folder, name, &noise(3 * CHUNK));
        story.disk.path().join(name)
    });
    let whole = fs::read(&first).unwrap();
    let damaged = Err(Some(io::ErrorKind::InvalidData));
    // Two chunks of one file.
    let (one, two) = (SALT..SALT + CHUNK + TAG, SALT + CHUNK + TAG..SALT + 2 * (CHUNK + TAG));
    let mut swapped = whole.clone();
    swapped[one.clone()].copy_from_slice(&whole[two.clone()]);
    swapped[two].copy_from_slice(&whole[one]);
    fs::write(&first, swapped).unwrap();
    assert_eq!(reads(&story.again(), "a.idx"), damaged);
    // A file under another's name.
    fs::write(&first, fs::read(&second).unwrap()).unwrap();
    assert_eq!(reads(&story.again(), "a.idx"), damaged);
    // The same, where both are known already and kept.
    let again = story.again();
    assert!(reads(&again, "b.idx").is_ok());
    assert_eq!(reads(&again, "a.idx"), damaged);
    // The head of one and the tail of the other.
    fs::write(&first, [&whole[..SALT], &fs::read(&second).unwrap()[SALT..]].concat()).unwrap();
    assert_eq!(reads(&story.again(), "a.idx"), damaged);
    // Another key.
    fs::write(&first, whole).unwrap();
    let other = SealedFolder::open(story.disk.path(), &[8; 32], 0).unwrap();
    assert_eq!(reads(&other, "a.idx"), damaged);
    assert!(reads(&story.again(), "a.idx").is_ok());
}

#[test]
fn what_was_damaged_after_opening_is_never_read_wrong() {
    let story = story();
    write(&story.folder, NAME, &noise(4 * CHUNK));
    let folder = story.again();
    let file = folder.open_read(Path::new(NAME)).unwrap();
    let path = story.disk.path().join(NAME);
    let mut bytes = fs::read(&path).unwrap();
    bytes[SALT + CHUNK / 2] ^= 1;
    fs::write(&path, bytes).unwrap();
    assert_eq!(file.read_bytes_slice(0..1).unwrap_err().kind(), io::ErrorKind::InvalidData);
    // The last chunk was opened with the file, and is kept.
    assert_eq!(file.read_bytes_slice(4 * CHUNK - 3..4 * CHUNK).unwrap().len(), 3);
}

#[test]
fn the_cache_stays_within_its_bound() {
    let disk = tempfile::tempdir().unwrap();
    let folder = SealedFolder::open(disk.path(), &KEY, 16 * CHUNK).unwrap();
    for number in 0..20 {
        let name = format!("{number}.store");
        write(&folder, &name, &noise(5 * CHUNK));
        for at in 0..5 {
            assert_eq!(read(&folder, &name, at * CHUNK..at * CHUNK + 1), noise(5 * CHUNK)[at * CHUNK..][..1]);
        }
    }
    let kept = folder.0.cache.bytes();
    assert!(kept > 0 && kept <= 16 * CHUNK, "{kept}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn it_reads_as_a_folder_in_memory_does(
        files in prop::collection::vec((0_usize..3 * CHUNK, prop::collection::vec(any::<(prop::sample::Index, prop::sample::Index)>(), 1..8)), 1..4),
        cache in prop_oneof![Just(0_usize), Just(1 << 20), Just(1 << 24)],
    ) {
        let disk = tempfile::tempdir().unwrap();
        let sealed = SealedFolder::open(disk.path(), &KEY, cache).unwrap();
        let memory = RamDirectory::create();
        for (number, (len, ranges)) in files.iter().enumerate() {
            let name = format!("{number}.idx");
            for folder in [&sealed as &dyn tantivy::Directory, &memory] {
                write(folder, &name, &noise(*len));
            }
            for (a, b) in ranges {
                let (a, b) = (a.index(len + 1), b.index(len + 1));
                let range = a.min(b)..a.max(b);
                prop_assert_eq!(read(&sealed, &name, range.clone()), read(&memory, &name, range));
            }
        }
    }

    #[test]
    fn any_flipped_bit_is_noticed(len in 0_usize..2 * CHUNK, at: prop::sample::Index, bit in 0..8_u8) {
        let story = story();
        write(&story.folder, NAME, &noise(len));
        let path = story.disk.path().join(NAME);
        let mut bytes = fs::read(&path).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        fs::write(&path, bytes).unwrap();
        prop_assert_eq!(reads(&story.again(), NAME), Err(Some(io::ErrorKind::InvalidData)));
    }
}
