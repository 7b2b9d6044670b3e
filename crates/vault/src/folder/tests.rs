//! What is true of a folder beyond what is true of every vault.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::PathBuf;

use super::calls::link_new;
use super::*;
use crate::conform::{self, Subject};

conform::vault!(|| {
    let folder = tempfile::tempdir().unwrap();
    Subject {
        vault: Box::new(FolderVault::create(&folder.path().join("objects")).unwrap()),
        plant_foreign: Box::new(move |name| {
            fs::write(folder.path().join("objects").join(name), "planted").unwrap()
        }),
    }
});

const NAME: ObjectName = ObjectName::from_bytes([0xAB; 16]);

fn new() -> (tempfile::TempDir, PathBuf, FolderVault) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("objects");
    let vault = FolderVault::create(&path).unwrap();
    (folder, path, vault)
}

fn put(vault: &dyn Vault, name: &ObjectName) {
    let mut writer = vault.put(name).unwrap();
    writer.write_all(b"sealed").unwrap();
    writer.finish().unwrap();
}

fn object_path(path: &Path) -> PathBuf {
    path.join("ab").join(NAME.to_string())
}

#[test]
fn only_the_owner_reads_and_the_time_says_nothing() {
    let (_folder, path, vault) = new();
    put(&vault, &NAME);
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o7777;
    for folder in [&path, &path.join("ab"), &path.join(TMP)] {
        assert_eq!(mode(folder), 0o700);
    }
    assert_eq!(mode(&object_path(&path)), 0o600);
    assert_eq!(fs::metadata(object_path(&path)).unwrap().mtime(), CONSTANT_TIME);
}

#[test]
fn what_is_finished_is_there_when_opened_again() {
    let (_folder, path, vault) = new();
    put(&vault, &NAME);
    vault.barrier().unwrap();
    drop(vault);
    assert_eq!(fs::read_dir(path.join(TMP)).unwrap().count(), 0);
    assert_eq!(FolderVault::open(&path).unwrap().open(&NAME).unwrap().len(), 6);
}

#[test]
fn a_vault_is_made_once_and_only_a_folder_is_opened() {
    let (folder, path, _vault) = new();
    assert!(matches!(FolderVault::create(&path), Err(OpenError::AlreadyExists)));
    assert!(matches!(FolderVault::open(&folder.path().join("none")), Err(OpenError::NotFound)));
    let link = folder.path().join("link");
    symlink(&path, &link).unwrap();
    assert!(matches!(FolderVault::open(&link), Err(OpenError::NotAFolder)));
}

#[test]
fn an_object_that_cannot_fit_is_refused_early_and_leaves_nothing() {
    let (_folder, path, vault) = new();
    for len in [1 << 62, u64::MAX] {
        let mut writer = vault.put(&NAME).unwrap();
        assert!(matches!(writer.reserve(len), Err(PutError::NoRoom)));
        assert!(matches!(writer.write_all(b"x"), Err(PutError::Spent)));
        assert!(matches!(writer.finish(), Err(PutError::Spent)));
    }
    drop(vault);
    assert_eq!(fs::read_dir(path.join(TMP)).unwrap().count(), 0);
}

#[test]
fn a_reservation_that_was_too_large_is_given_back() {
    let (_folder, path, vault) = new();
    let mut writer = vault.put(&NAME).unwrap();
    writer.reserve(8 << 20).unwrap();
    writer.write_all(b"sealed").unwrap();
    writer.finish().unwrap();
    assert!(fs::metadata(object_path(&path)).unwrap().blocks() * 512 < 1 << 20);
}

#[test]
fn planted_links_are_errors_and_are_not_followed() {
    let (folder, path, vault) = new();
    let secret = folder.path().join("secret");
    fs::write(&secret, "not the vault's").unwrap();
    fs::create_dir(path.join("ab")).unwrap();
    symlink(&secret, object_path(&path)).unwrap();
    assert!(matches!(vault.open(&NAME), Err(GetError::Foreign)));
    assert!(matches!(vault.delete(&NAME), Err(DeleteError::Foreign)));
    assert!(matches!(vault.put(&NAME).map(drop), Err(PutError::AlreadyExists)));

    let elsewhere = folder.path().join("elsewhere");
    fs::rename(path.join("ab"), &elsewhere).unwrap();
    symlink(&elsewhere, path.join("ab")).unwrap();
    assert!(matches!(vault.open(&NAME), Err(GetError::Foreign)));
    assert!(matches!(vault.delete(&NAME), Err(DeleteError::Foreign)));
    assert!(matches!(vault.put(&NAME).map(drop), Err(PutError::Io(_))));
    let found: Vec<_> = vault.list().map(Result::unwrap).collect();
    assert_eq!(found, [Found::Foreign { untrusted_path: "ab".into() }]);
    assert_eq!(fs::read(&secret).unwrap(), b"not the vault's");
}

#[test]
fn folders_pipes_and_misplaced_objects_are_foreign() {
    let (_folder, path, vault) = new();
    put(&vault, &NAME);
    let fifo = ObjectName::from_bytes([0xAB, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let planted =
        [format!("ab/{fifo}"), format!("cd/{NAME}"), "ab/folder".into(), "tmp/x".into(), "AB".into()];
    fs::create_dir(path.join("cd")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, path.join(&planted[0]), FileType::Fifo, Mode::RUSR, 0).unwrap();
    fs::copy(object_path(&path), path.join(&planted[1])).unwrap();
    fs::create_dir(path.join(&planted[2])).unwrap();
    fs::write(path.join(&planted[3]), "").unwrap();
    fs::create_dir(path.join(&planted[4])).unwrap();

    let mut expected: Vec<_> =
        planted.iter().map(|path| Found::Foreign { untrusted_path: path.into() }).collect();
    expected.push(Found::Object { name: NAME, len: 6 });
    expected.sort();
    let mut found: Vec<_> = vault.list().map(Result::unwrap).collect();
    found.sort();
    assert_eq!(found, expected);
    assert!(matches!(vault.open(&fifo), Err(GetError::Foreign)));
}

#[test]
fn clean_up_takes_what_the_dead_left_and_nothing_else() {
    let (_folder, path, vault) = new();
    let mut living = vault.put(&NAME).unwrap();
    living.write_all(b"sealed").unwrap();

    // What a killed process leaves: its folder with a file in it, and no lock.
    let left = path.join(TMP).join("0".repeat(32));
    fs::create_dir(&left).unwrap();
    fs::write(left.join("7"), "half").unwrap();
    let foreign = path.join(TMP).join("notes");
    fs::create_dir(&foreign).unwrap();

    let other = FolderVault::open(&path).unwrap();
    assert_eq!(other.clean_up().unwrap(), 1);
    assert_eq!(other.clean_up().unwrap(), 0);
    assert!(!left.exists() && foreign.exists());
    living.finish().unwrap();
    assert_eq!(other.open(&NAME).unwrap().len(), 6);
}

#[test]
fn after_a_failed_barrier_nothing_more_is_put() {
    let (_folder, path, vault) = new();
    let begun = vault.put(&NAME).unwrap();
    // What an error of `syncfs` sets.
    vault.barrier_failed.store(true, Ordering::SeqCst);
    assert!(matches!(begun.finish(), Err(PutError::BarrierFailed)));
    assert!(matches!(vault.put(&NAME).map(drop), Err(PutError::BarrierFailed)));
    assert!(matches!(vault.barrier(), Err(BarrierError::BarrierFailed)));
    put(&FolderVault::open(&path).unwrap(), &NAME);
}

#[test]
fn where_renaming_cannot_refuse_linking_does() {
    let (_folder, path, vault) = new();
    fs::write(path.join("one"), "1").unwrap();
    fs::write(path.join("two"), "2").unwrap();
    link_new(&vault.root, "one", &vault.root, "final").unwrap();
    assert_eq!(link_new(&vault.root, "two", &vault.root, "final"), Err(Errno::EXIST));
    assert_eq!(fs::read(path.join("final")).unwrap(), b"1");
}

#[test]
fn a_folder_that_may_not_be_written_is_an_error_and_can_be_read() {
    let (_folder, path, vault) = new();
    put(&vault, &NAME);
    drop(vault);
    fs::set_permissions(&path, Permissions::from_mode(0o500)).unwrap();
    let vault = FolderVault::open(&path).unwrap();
    assert_eq!(vault.open(&NAME).unwrap().len(), 6);
    assert_eq!(vault.list().count(), 1);
    // Root may write it all the same.
    if !rustix::process::geteuid().is_root() {
        assert!(matches!(vault.put(&ObjectName::from_bytes([0; 16])).map(drop), Err(PutError::Io(_))));
    }
    fs::set_permissions(&path, Permissions::from_mode(0o700)).unwrap();
}
