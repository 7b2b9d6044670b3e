//! A fold's place: what is swapped while others read, what is left is taken away, and no link is followed.

use std::fs;

use vidimus_folds::Fold as _;
use vidimus_model::KeyId;

use super::{Shelf, only_rebuilder, sweep_drafts};
use crate::layout::Layout;

const SECRET: [u8; 32] = [7; 32];

fn place() -> (tempfile::TempDir, Layout, Shelf) {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::new(folder.path());
    let shelf = Shelf::new(&layout, KeyId::from_bytes([1; 8]));
    (folder, layout, shelf)
}

fn names(shelf: &Shelf) -> Vec<String> {
    let entries = fs::read_dir(&shelf.folder).unwrap();
    let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Whoever can write to the folder must not choose whose files are taken for outdated folds.
#[test]
fn no_link_leads_to_the_removal_of_others_files() {
    let (_folder, layout, shelf) = place();
    let theirs = tempfile::tempdir().unwrap();
    let (below, kept) = (theirs.path().join("letters"), ["a letter.txt", "a letter.new"]);
    fs::create_dir(&below).unwrap();
    for folder in [theirs.path(), &below] {
        kept.iter().for_each(|name| fs::write(folder.join(name), "mine").unwrap());
    }
    let link = |to: &std::path::Path, at: &std::path::Path| {
        let _ = fs::remove_dir_all(at);
        std::os::unix::fs::symlink(to, at).unwrap();
    };
    drop(shelf.open(&SECRET).unwrap());
    for (to, at) in [(&*below, shelf.folder.clone()), (theirs.path(), layout.folds())] {
        link(to, &at);
        sweep_drafts(&layout);
        drop(shelf.open(&SECRET).unwrap());
        let turn = only_rebuilder(&layout).unwrap();
        shelf.publish(shelf.draft(&turn, &SECRET).unwrap()).unwrap();
        shelf.remove().unwrap();
        assert!(!at.is_symlink(), "it was taken for what it is");
        for folder in [theirs.path(), &below] {
            assert!(kept.iter().all(|name| folder.join(name).exists()), "{at:?}");
        }
        assert_eq!(fs::read_dir(&below).unwrap().count(), 2);
    }
}

/// SQLite would play it back, and delete what it names.
#[test]
fn a_fold_beside_which_a_journal_lies_is_made_again() {
    let (_folder, _layout, shelf) = place();
    drop(shelf.open(&SECRET).unwrap());
    let file = shelf.newest().unwrap().unwrap();
    fs::write(super::beside(&file, "-journal"), "a stranger's").unwrap();
    assert!(shelf.to_read(&SECRET).is_none());
    let open = shelf.open(&SECRET).unwrap();
    assert_eq!(open.catalogue.position().unwrap(), 0);
    drop(open);
    assert!(shelf.newest().unwrap().is_some_and(|newest| newest != file));
    assert!(names(&shelf).iter().all(|name| !name.ends_with("-journal")), "{:?}", names(&shelf));
}

#[test]
fn a_draft_is_seen_when_it_is_published_and_not_before() {
    let (_folder, layout, shelf) = place();
    let mut old = shelf.open(&SECRET).unwrap();
    old.catalogue.apply(&[], 0, 5).unwrap();
    let turn = only_rebuilder(&layout).unwrap();
    let mut draft = shelf.draft(&turn, &SECRET).unwrap();
    draft.catalogue.apply(&[], 0, 3).unwrap();
    assert!(old.is_current());
    assert_eq!(shelf.open(&SECRET).unwrap().catalogue.position().unwrap(), 5);
    draft.catalogue.apply(&[], 3, 9).unwrap();
    shelf.publish(draft).unwrap();

    assert!(!old.is_current());
    let new = shelf.open(&SECRET).unwrap();
    assert_eq!(new.catalogue.position().unwrap(), 9);
    // The old handle reads on, writes where nobody looks, and its end takes nothing from the new one.
    old.catalogue.apply(&[], 5, 6).unwrap();
    assert_eq!(old.catalogue.position().unwrap(), 6);
    let before = names(&shelf);
    drop(old);
    assert_eq!(names(&shelf), before);
    assert_eq!(new.catalogue.position().unwrap(), 9);
    assert!(new.is_current());
    drop(new);
    assert_eq!(names(&shelf).len(), 1, "one file, and nothing beside it");
    assert_eq!(shelf.open(&SECRET).unwrap().catalogue.position().unwrap(), 9);
}

#[test]
fn of_two_who_throw_the_same_away_the_second_throws_nothing() {
    let (_folder, _, shelf) = place();
    let (one, two) = (shelf.open(&SECRET).unwrap(), shelf.open(&SECRET).unwrap());
    shelf.throw_away(&one, &SECRET).unwrap();
    let mut new = shelf.open(&SECRET).unwrap();
    new.catalogue.apply(&[], 0, 4).unwrap();
    shelf.throw_away(&two, &SECRET).unwrap();
    assert!(new.is_current() && !two.is_current());
    assert_eq!(shelf.open(&SECRET).unwrap().catalogue.position().unwrap(), 4);
}

#[test]
fn one_that_follows_a_fold_that_was_taken_away_is_not_taken_for_it() {
    let (_folder, _, shelf) = place();
    let old = shelf.open(&SECRET).unwrap();
    shelf.remove().unwrap();
    shelf.remove().unwrap();
    let new = shelf.open(&SECRET).unwrap();
    assert!(!old.is_current() && new.is_current());
}

#[test]
fn a_draft_whose_fold_was_taken_away_is_not_put_back() {
    let (_folder, layout, shelf) = place();
    let turn = only_rebuilder(&layout).unwrap();
    let draft = shelf.draft(&turn, &SECRET).unwrap();
    shelf.remove().unwrap();
    shelf.publish(draft).unwrap();
    assert!(!shelf.folder.exists());
}

#[test]
fn what_a_killed_rebuild_left_goes_with_the_next() {
    let (_folder, layout, shelf) = place();
    let left = shelf.draft(&only_rebuilder(&layout).unwrap(), &SECRET).unwrap();
    std::mem::forget(left);
    drop(shelf.open(&SECRET).unwrap());
    assert_eq!(names(&shelf).len(), 4, "the fold, and the draft with two files beside it");
    let turn = only_rebuilder(&layout).unwrap();
    let draft = shelf.draft(&turn, &SECRET).unwrap();
    shelf.publish(draft).unwrap();
    assert_eq!(names(&shelf).len(), 1);
}

#[test]
fn or_with_whoever_opens_the_archive_unless_it_is_still_at_work() {
    let (_folder, layout, shelf) = place();
    sweep_drafts(&layout);
    drop(shelf.open(&SECRET).unwrap());
    let turn = only_rebuilder(&layout).unwrap();
    let left = shelf.draft(&turn, &SECRET).unwrap();
    std::mem::forget(left);
    sweep_drafts(&layout);
    assert_eq!(names(&shelf).len(), 4);
    drop(turn);
    sweep_drafts(&layout);
    assert_eq!(names(&shelf).len(), 1);
}

#[test]
fn one_that_cannot_be_read_is_followed_by_an_empty_one() {
    let (_folder, _, shelf) = place();
    let mut open = shelf.open(&SECRET).unwrap();
    open.catalogue.apply(&[], 0, 5).unwrap();
    let file = open.file.clone().unwrap();
    drop(open);
    fs::write(&file, vec![3; 8192]).unwrap();
    let new = shelf.open(&SECRET).unwrap();
    assert!(!file.exists());
    assert_eq!(new.catalogue.position().unwrap(), 0);
}
