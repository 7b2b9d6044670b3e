//! Stories of backups: a dead disk, a new laptop, an archive in use, a damaged original, folders that are something else.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{PASSPHRASE, Place, copy, receive};
use vidimus_archive::{
    Archive, BackedUp, BackupError, BackupProgress, OpenError, Outcome, RestoreError, Restored, restore,
};
use vidimus_ledger::{Ledger as _, SqliteLedger};
use vidimus_model::Action;

fn place() -> Place {
    let place = Place::new();
    place.write("one/note.txt", "a note");
    place.write("one/camera.mp4", vec![1; 200_000]);
    place.write("two/note.txt", "another note");
    place.write("two/camera.mp4", vec![2; 200_000]);
    place.receive(&place.disk().join("one"));
    place
}

fn backup(archive: &mut Archive, place: &Place) -> BackedUp {
    archive.backup(&place.path("backup"), &mut |_| {}).unwrap()
}

fn bring_back(place: &Place, to: &str, state: &Path) -> Restored {
    restore(&place.path("backup"), &place.path(to), state, &mut |_| {}).unwrap()
}

fn problems(archive: &mut Archive) -> Vec<String> {
    archive
        .check(true, &mut |_| {})
        .problems
        .into_iter()
        .map(|p| format!("{}: {}", p.reference, p.problem))
        .collect()
}

fn large_object(folder: &Path) -> PathBuf {
    let mut found = Vec::new();
    for shard in fs::read_dir(folder.join("objects")).unwrap() {
        found.extend(fs::read_dir(shard.unwrap().path()).unwrap().map(|entry| entry.unwrap().path()));
    }
    found.retain(|path| fs::metadata(path).unwrap().len() > 100_000);
    found.sort();
    found.remove(0)
}

/// Whoever edits the settings must not choose what of a back-up is written over.
#[test]
fn settings_that_name_the_ledger_for_certificates_harm_no_backup() {
    let place = place();
    let mut archive = place.open();
    backup(&mut archive, &place);
    let named = |name: &str| serde_json::json!({ "name": "X", "url": "http://127.0.0.1:9/", "ca": name });
    let names = ["ledger.db", "ledger.db-wal", "backup.json", "settings.json", "chain.pem"];
    let settings = serde_json::json!({ "authorities": names.map(named) });
    fs::write(place.archive().join("chain.pem"), "certificates of nobody").unwrap();
    fs::write(place.archive().join("settings.json"), settings.to_string()).unwrap();
    fs::write(place.archive().join("backup.json"), "{}").unwrap();
    receive(&mut archive, &place.disk().join("two"));
    let done = backup(&mut archive, &place);
    let again = backup(&mut archive, &place);
    assert_eq!(again.size, done.size);
    let text = fs::read(place.path("backup/settings.json")).unwrap();
    assert_eq!(text, settings.to_string().into_bytes(), "the settings are kept as they are");
    assert!(place.path("backup/chain.pem").exists(), "and so is what lies beside them");
    // The archive is open while it is backed up: as its file lies there, it lacks what SQLite keeps beside it.
    let copied = SqliteLedger::open(&place.path("backup/ledger.db")).unwrap();
    assert_eq!(copied.tip().unwrap().size, done.size);
    drop(copied);
    let restored = bring_back(&place, "restored", &place.state());
    assert_eq!(restored.checkpoint.size, done.size);
    let theirs = fs::read_dir(place.path("restored")).unwrap();
    assert!(theirs.map(|entry| entry.unwrap().file_name()).all(|name| name != "backup.json"));
}

#[test]
fn after_a_dead_disk_everything_is_as_it_was() {
    let place = place();
    let mut archive = place.open();
    let first = backup(&mut archive, &place);
    assert_eq!((first.objects, first.copied, first.removed), (2, 2, 0));
    assert_eq!(first.kept, [] as [String; 0]);
    receive(&mut archive, &place.disk().join("two"));
    let second = backup(&mut archive, &place);
    assert_eq!((second.objects, second.copied), (4, 2));
    assert_eq!(backup(&mut archive, &place).copied, 0);
    let tip = archive.checkpoint().unwrap().checkpoint().size;
    drop(archive);

    fs::remove_dir_all(place.archive()).unwrap();
    let restored = bring_back(&place, "archive", &place.state());
    assert_eq!((restored.checkpoint.size, restored.objects, &restored.lost), (tip, 4, &None));
    assert!(!restored.interrupted && restored.backed_up_at.is_some());
    let mut archive = place.open();
    assert!(archive.went_back().is_none());
    assert_eq!(problems(&mut archive), [] as [String; 0]);
    place.write("three/note.txt", "a third note");
    assert_eq!(receive(&mut archive, &place.disk().join("three")).accession.to_string(), "A3");
    assert_eq!(backup(&mut archive, &place).copied, 1);
}

#[test]
fn progress_counts_what_is_copied_and_not_what_is_there() {
    let place = place();
    let mut archive = place.open();
    backup(&mut archive, &place);
    receive(&mut archive, &place.disk().join("two"));
    let mut last = BackupProgress::default();
    let done = archive.backup(&place.path("backup"), &mut |at| last = at).unwrap();
    assert_eq!((last.bytes, last.bytes_total), (done.bytes, done.bytes));
    assert!((200_000..300_000).contains(&last.bytes), "{last:?}");
    assert_eq!((last.objects, last.objects_total), (4, 4));
    restore(&place.path("backup"), &place.path("there"), &place.state(), &mut |at| last = at).unwrap();
    assert_eq!(last.bytes, last.bytes_total);
    assert!(last.bytes > 400_000, "{last:?}");
}

#[test]
fn a_new_laptop_asks_to_be_told_that_it_has_never_seen_the_archive() {
    let place = place();
    backup(&mut place.open(), &place);
    let state = place.path("new-laptop");
    bring_back(&place, "there", &state);
    let refused = place.open_at(&place.path("there"), &state, PASSPHRASE, false);
    assert!(matches!(refused, Err(OpenError::NeverSeen { .. })));
    let mut archive = place.open_at(&place.path("there"), &state, PASSPHRASE, true).unwrap();
    let checked = archive.check(true, &mut |_| {});
    assert_eq!(checked.problems, []);
}

#[test]
fn what_came_after_the_backup_is_reported_as_lost() {
    let place = place();
    backup(&mut place.open(), &place);
    place.receive(&place.disk().join("two"));
    let tip = place.open().checkpoint().unwrap().checkpoint().size;
    fs::remove_dir_all(place.archive()).unwrap();
    let restored = bring_back(&place, "archive", &place.state());
    assert_eq!(restored.lost.as_ref().map(|lost| lost.size), Some(tip));
    let mut archive = place.open();
    assert!(archive.went_back().is_some());
    let refused = archive.backup(&place.path("backup"), &mut |_| {});
    assert!(matches!(refused, Err(BackupError::WentBack)));
    archive.accept_rollback("the disk died").unwrap();
    // The kept part goes on in the same backup, because it is the beginning of both.
    assert_eq!(receive(&mut archive, &place.disk().join("two")).accession.to_string(), "A2");
    backup(&mut archive, &place);
    assert_eq!(problems(&mut archive), [] as [String; 0]);
}

#[test]
fn a_backup_that_holds_more_than_the_archive_is_never_overwritten() {
    let place = place();
    copy(&place.archive(), &place.path("yesterday"));
    place.receive(&place.disk().join("two"));
    backup(&mut place.open(), &place);
    fs::remove_dir_all(place.archive()).unwrap();
    fs::rename(place.path("yesterday"), place.archive()).unwrap();
    let mut archive = place.open();
    archive.accept_rollback("nobody looked for the backup").unwrap();
    receive(&mut archive, &place.disk().join("two"));
    for _ in 0..2 {
        let refused = archive.backup(&place.path("backup"), &mut |_| {});
        assert!(matches!(refused, Err(BackupError::Other(_))), "{refused:?}");
    }
    let state = place.path("new-laptop");
    bring_back(&place, "there", &state);
    let mut kept = place.open_at(&place.path("there"), &state, PASSPHRASE, true).unwrap();
    assert_eq!(problems(&mut kept), [] as [String; 0]);
}

#[test]
fn what_the_archive_lost_the_backup_keeps() {
    let place = place();
    backup(&mut place.open(), &place);
    let object = large_object(&place.archive());
    let sound = fs::read(&object).unwrap();
    let copy = place.path("backup").join(object.strip_prefix(place.archive()).unwrap());
    for damaged in [None, Some(&sound[..1000])] {
        match damaged {
            Some(bytes) => fs::write(&object, bytes).unwrap(),
            None => fs::remove_file(&object).unwrap(),
        }
        let done = backup(&mut place.open(), &place);
        assert_eq!((done.kept.len(), done.removed), (1, 0));
        assert_eq!(fs::read(&copy).unwrap(), sound);
        fs::write(&object, &sound).unwrap();
    }
    // A copy that was cut is made whole.
    fs::write(&copy, &sound[..1000]).unwrap();
    assert_eq!(backup(&mut place.open(), &place).copied, 1);
    assert_eq!(fs::read(&copy).unwrap(), sound);
}

#[test]
fn an_older_backup_hears_of_an_erasure_also_from_an_archive_that_was_brought_back() {
    let place = place();
    let mut archive = place.open();
    let older = place.path("older");
    archive.backup(&older, &mut |_| {}).unwrap();
    let erase = Action::Erase { about: vec!["A1-1".parse().unwrap()] };
    assert_eq!(archive.propose(erase, "a letter", true).unwrap(), Outcome::Done);
    backup(&mut archive, &place);
    drop(archive);
    fs::remove_dir_all(place.archive()).unwrap();
    bring_back(&place, "archive", &place.state());
    let mut archive = place.open();
    assert_eq!(problems(&mut archive), [] as [String; 0]);
    archive.backup(&older, &mut |_| {}).unwrap();
    let erased = |folder: &Path| {
        let ledger = SqliteLedger::open(&folder.join("ledger.db")).unwrap();
        let rows = ledger.rows(0, usize::MAX >> 1).unwrap().into_iter();
        rows.filter(|row| row.erased).map(|row| row.seq).collect::<Vec<u64>>()
    };
    assert_eq!(erased(&older).len(), 1);
    assert_eq!(erased(&older), erased(&place.archive()));
}

#[test]
fn folders_that_are_something_else_are_refused() {
    let place = place();
    let mut archive = place.open();
    fs::create_dir(place.path("full")).unwrap();
    fs::write(place.path("full/letter.txt"), "x").unwrap();
    let refused = archive.backup(&place.path("full"), &mut |_| {});
    assert!(matches!(refused, Err(BackupError::NotOurs(_))));
    for inside in [place.archive().join("backup"), place.folder.path().to_owned()] {
        let refused = archive.backup(&inside, &mut |_| {});
        assert!(matches!(refused, Err(BackupError::Inside | BackupError::NotOurs(_))));
    }
    assert!(!place.archive().join("backup").exists(), "nothing is made in the archive");
    backup(&mut archive, &place);
    let other = Place::new();
    let refused = other.open().backup(&place.path("backup"), &mut |_| {});
    assert!(matches!(refused, Err(BackupError::NotOurs(_))));

    let to = |to: &str| restore(&place.path("backup"), &place.path(to), &place.state(), &mut |_| {});
    assert!(matches!(to("full"), Err(RestoreError::NotEmpty(_))));
    let nothing = restore(&place.disk(), &place.path("new"), &place.state(), &mut |_| {});
    assert!(matches!(nothing, Err(RestoreError::NotABackup(_))));
}

#[test]
fn a_backup_while_material_comes_in_is_whole() {
    let place = place();
    for number in 0..16 {
        place.write(&format!("many/{number}/note.txt"), format!("note {number}"));
        place.write(&format!("many/{number}/camera.mp4"), vec![number; 70_000]);
    }
    let mut archive = place.open();
    let mut writer = place.open();
    std::thread::scope(|scope| {
        let receiving = scope.spawn(|| {
            for number in 0..16 {
                receive(&mut writer, &place.disk().join(format!("many/{number}")));
            }
        });
        while !receiving.is_finished() {
            backup(&mut archive, &place);
            let state = place.path("new-laptop");
            let _ = fs::remove_dir_all(place.path("there"));
            let _ = fs::remove_dir_all(&state);
            bring_back(&place, "there", &state);
            let mut copy = place.open_at(&place.path("there"), &state, PASSPHRASE, true).unwrap();
            assert_eq!(problems(&mut copy), [] as [String; 0]);
            // And the archive itself can be checked while it is in use.
            assert_eq!(problems(&mut archive), [] as [String; 0]);
        }
    });
    assert_eq!(problems(&mut archive), [] as [String; 0]);
}

#[test]
fn keys_that_got_lost_are_kept_in_the_backup() {
    let place = place();
    let mut archive = place.open();
    backup(&mut archive, &place);
    let keys = |root: &Path| {
        let mut found = Vec::new();
        let mut folders = vec![root.join("keys")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { found.push(path) }
            }
        }
        found.len()
    };
    let before = keys(&place.path("backup"));
    for part in ["held", "members", "signing"] {
        fs::remove_dir_all(place.archive().join("keys").join(part)).unwrap();
    }
    let done = backup(&mut archive, &place);
    assert_eq!((done.removed, done.kept.len()), (0, before), "{:?}", done.kept);
    assert_eq!(keys(&place.path("backup")), before);
    drop(archive);
    fs::remove_dir_all(place.archive()).unwrap();
    bring_back(&place, "archive", &place.state());
    assert_eq!(problems(&mut place.open()), [] as [String; 0]);
}

#[test]
fn what_somebody_keeps_beside_it_is_not_taken_away_when_an_archive_is_brought_back() {
    let place = place();
    backup(&mut place.open(), &place);
    let [own, left] = ["there.restoring", "there.restoring-0123456789abcdef"].map(|name| place.path(name));
    for folder in [&own, &left] {
        fs::create_dir(folder).unwrap();
        fs::write(folder.join("mine"), "x").unwrap();
    }
    bring_back(&place, "there", &place.path("new-laptop"));
    assert!(own.join("mine").exists());
    assert!(!left.exists(), "an interrupted run of the same command left it");
}
