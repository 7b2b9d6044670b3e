//! Files that lie outside an archive and its backups: whoever can write into their folders leads no command to them, neither by a
//! journal that SQLite would play back nor by a link in the place of a folder, and fills no memory with a note.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::{House, Said};

/// Far more than any command takes here: a guard, no measure.
const DEADLINE: &str = "120";

/// Address space in KiB for a command that reads little: twice what it takes, and less than a note of a GiB.
const MEMORY: u64 = 1 << 20;

fn house() -> House {
    let house = House::with_archive();
    house.file("disk/a.txt", "the night shift in ИК-900");
    house.file("disk/b.txt", "a list of cells");
    house.vidimus(["receive", "disk"]).succeeds();
    house.vidimus(["list"]).succeeds();
    house.vidimus(["backup", "copy"]).succeeds();
    house
}

/// A command that is killed when it waits for ever.
fn guarded(house: &House, arguments: &[&str], limit: &str) -> Said {
    let mut command = Command::new("sh");
    house.settle(&mut command);
    let script = format!("{limit} exec timeout -s KILL {DEADLINE} \"$@\"");
    command.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_vidimus")]).args(arguments).stdin(Stdio::null());
    Said::of(command)
}

/// A journal of SQLite's for this database, sound and not played back, that names a file as its super-journal
/// (https://www.sqlite.org/fileformat2.html#the_rollback_journal, and `pager_playback` in pager.c).
fn hot_journal(database: &Path, names: &Path) -> Vec<u8> {
    const NONCE: u32 = 12345;
    let bytes = fs::read(database).unwrap();
    let page_size = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
    let page = &bytes[page_size..2 * page_size];
    let sum = |bytes: &mut dyn Iterator<Item = u8>, from: u32| {
        bytes.fold(from, |sum, byte| sum.wrapping_add(u32::from(byte)))
    };
    let watched = (1..page_size).rev().filter(|at| (page_size - at).is_multiple_of(200)).map(|at| page[at]);
    let magic = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];
    let size = u32::try_from(page_size).unwrap();
    let mut journal = magic.to_vec();
    for number in [1, NONCE, u32::try_from(bytes.len() / page_size).unwrap(), 512, size] {
        journal.extend(number.to_be_bytes());
    }
    journal.resize(512, 0);
    journal.extend(2_u32.to_be_bytes());
    journal.extend(page);
    journal.extend(sum(&mut watched.into_iter(), NONCE).to_be_bytes());
    let name = names.to_str().unwrap().as_bytes();
    journal.extend((0x4000_0000 / size + 1).to_be_bytes());
    journal.extend(name);
    journal.extend(u32::try_from(name.len()).unwrap().to_be_bytes());
    journal.extend(sum(&mut name.iter().copied(), 0).to_be_bytes());
    journal.extend(magic);
    journal
}

fn fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn a_journal_beside_a_ledger_is_refused_and_nothing_that_it_names_is_deleted() {
    let house = house();
    let victim = house.file("home/letter.txt", "to my sister");
    let put: [&dyn Fn(&Path); 2] = [
        &|journal| {
            let database = journal.with_file_name("ledger.db");
            fs::write(journal, hot_journal(&database, &victim)).unwrap();
        },
        &fifo,
    ];
    for put in put {
        let journal = house.path("archive/ledger.db-journal");
        put(&journal);
        for command in [&["list"][..], &["receive", "disk"], &["backup", "copy"]] {
            guarded(&house, command, "").refuses(1, "ledger.db-journal is not ours");
        }
        let checked = guarded(&house, &["check"], "");
        assert!(checked.code == 1 && checked.out.contains("file ledger.db-journal"), "{checked:?}");
        fs::remove_file(&journal).unwrap();

        let journal = house.path("copy/ledger.db-journal");
        put(&journal);
        guarded(&house, &["backup", "copy"], "").refuses(1, "copy/ledger.db-journal is not ours");
        // It is left where it is.
        guarded(&house, &["restore", "copy", "again"], "").succeeds();
        fs::remove_dir_all(house.path("again")).unwrap();
        fs::remove_file(&journal).unwrap();
        assert!(victim.exists());
    }
    fifo(&house.path("copy/ledger.db-wal"));
    guarded(&house, &["restore", "copy", "again"], "").refuses(1, "ledger.db-wal");
    assert!(!house.path("again").exists());
    fs::remove_file(house.path("copy/ledger.db-wal")).unwrap();
    house.vidimus(["check", "--full"]).succeeds();
}

#[test]
fn a_link_in_the_place_of_a_folder_is_named_and_nothing_behind_it_is_touched() {
    let house = house();
    for place in places(&house.path("archive")) {
        let away = put_away(&house, "archive", &place);
        let commands = [&["list"][..], &["receive", "disk"], &["erase", "A1-2", "--reason", "a slip"]];
        // The later ones refuse as the first does.
        for command in &commands[..if place == Path::new("keys/held") { 3 } else { 1 }] {
            guarded(&house, command, "").refuses(1, &format!("{} is a link", place.display()));
        }
        let checked = guarded(&house, &["check"], "");
        let named = format!("file {}", place.display());
        assert!(checked.code == 1 && checked.out.contains(&named), "{place:?}: {checked:?}");
        away.put_back_unchanged();
    }
    house.vidimus(["erase", "A1-2", "--reason", "a slip", "--confirm", "A1-2"]).succeeds();
    for place in ["keys", "unfinished", "receipts"] {
        fs::create_dir_all(house.path("copy").join(place)).unwrap();
        let away = put_away(&house, "copy", Path::new(place));
        fs::write(house.path("elsewhere/a letter.txt"), "to my sister").unwrap();
        let named = format!("copy/{place} is a link");
        guarded(&house, &["backup", "copy"], "").refuses(1, &named);
        guarded(&house, &["restore", "copy", "again"], "").refuses(1, &named);
        fs::remove_file(house.path("elsewhere/a letter.txt")).expect("it is there still");
        away.put_back_unchanged();
    }
    // The folder itself may be reached through one.
    symlink(house.path("archive"), house.path("through")).unwrap();
    house.vidimus(["--archive", "through", "check", "--full"]).succeeds();
}

/// Folders of an archive in which a command writes or destroys, one of each kind.
fn places(archive: &Path) -> Vec<PathBuf> {
    let first = |folder: &str| {
        let mut within: Vec<_> = fs::read_dir(archive.join(folder)).unwrap().map(Result::unwrap).collect();
        within.retain(|entry| entry.file_type().unwrap().is_dir());
        within.sort_by_key(fs::DirEntry::file_name);
        Path::new(folder).join(within[0].file_name())
    };
    let mut places: Vec<PathBuf> =
        ["objects", "keys", "keys/held", "log", "log/tile", "receipts", "folds"].map(PathBuf::from).into();
    places.extend(["keys/held", "folds", "receipts"].map(first));
    if archive.join("unfinished").is_dir() {
        places.push("unfinished".into());
    }
    places
}

/// A folder that lies elsewhere, a link to it in its place.
struct Away {
    link: PathBuf,
    folder: PathBuf,
    held: BTreeMap<PathBuf, Vec<u8>>,
}

fn put_away(house: &House, root: &str, place: &Path) -> Away {
    let (link, folder) = (house.path(root).join(place), house.path("elsewhere"));
    fs::rename(&link, &folder).unwrap();
    symlink(&folder, &link).unwrap();
    let held = below(&folder);
    Away { link, folder, held }
}

impl Away {
    #[track_caller]
    fn put_back_unchanged(self) {
        assert!(below(&self.folder) == self.held, "{:?}: something behind it was changed", self.link);
        fs::remove_file(&self.link).expect("the link is there still");
        fs::rename(self.folder, self.link).unwrap();
    }
}

fn below(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut held, mut folders) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            match entry.file_type().unwrap().is_dir() {
                true => folders.push(entry.path()),
                false => drop(held.insert(entry.path(), fs::read(entry.path()).unwrap())),
            }
        }
    }
    held
}

#[test]
fn a_note_that_a_stranger_made_large_takes_no_memory() {
    let house = house();
    fs::create_dir_all(house.path("archive/unfinished")).unwrap();
    let limit = format!("ulimit -v {MEMORY};");
    guarded(&house, &["check"], &limit).succeeds();
    // A hole takes no room on the disk.
    let (small, large) = (house.path("archive/unfinished/x.age"), house.path("archive/unfinished/y.age"));
    fs::File::create_new(small).unwrap().set_len(200 << 20).unwrap();
    fs::File::create_new(large).unwrap().set_len(1 << 30).unwrap();
    let checked = guarded(&house, &["check"], &limit);
    assert_eq!(checked.code, 0, "{checked:?}");
    assert!(checked.out.contains("x.age") && checked.out.contains("y.age"), "{checked:?}");
    guarded(&house, &["receive", "disk", "--new"], &limit).succeeds();
}
