//! The catalogue as its readers know it: deliveries come, are released, withdrawn, moved, given away and erased.

mod common;

use common::*;
use vidimus_folds::catalogue::{ItemQuery, State};
use vidimus_folds::{Catalogue, Entry, Fold, catalogue::OpenError};
use vidimus_model::{Change, Ref};

fn fed(entries: &[Entry]) -> Kept {
    let mut kept = empty();
    let to = entries.iter().map(|entry| entry.seq + 1).max().unwrap_or(0);
    kept.catalogue.apply(entries, 0, to).unwrap();
    kept
}

fn shown(catalogue: &Catalogue) -> Vec<String> {
    let query = ItemQuery { limit: 100, ..ItemQuery::default() };
    catalogue.items(&query).unwrap().value.into_iter().map(|row| row.item.about.to_string()).collect()
}

fn state(catalogue: &Catalogue, about: &str) -> Option<State> {
    catalogue.state(&r(about)).unwrap().value
}

fn changes(catalogue: &Catalogue, about: &str) -> Vec<String> {
    catalogue.history(&r(about)).unwrap().value.into_iter().map(|row| row.change).collect()
}

/// One accession of three items, the third a copy of the first, released.
fn delivery() -> Vec<Entry> {
    let mut copy = item_of(r("A1-10"), 1);
    copy.copy_of = Some(r("A1-1"));
    vec![
        opened(0, 1),
        begun(1, 1),
        item(2, "A1-2", 2),
        item(3, "A1-1", 1),
        said(4, Change::Item(copy)),
        not_taken(5, 1),
        ended(6, 1, 4),
        released(7, 1),
    ]
}

#[test]
fn a_delivery_is_listed_in_the_order_of_its_references() {
    let Kept { catalogue, .. } = fed(&delivery());
    assert_eq!(shown(&catalogue), ["A1-1", "A1-2", "A1-10"]);
    let query =
        ItemQuery { accession: Some(r("A1")), after: Some(r("A1-1")), limit: 1, include_withdrawn: false };
    let page = catalogue.items(&query).unwrap();
    assert_eq!(page.position, 8);
    assert_eq!(page.value[0].item, item_of(r("A1-2"), 2));
    assert_eq!((page.value[0].seq, page.value[0].by, page.value[0].state), (2, member(), State::Released));

    let row = catalogue.accession(&r("A1")).unwrap().value.unwrap();
    assert_eq!((row.counts.items, row.counts.copies, row.counts.not_taken), (3, 1, 1));
    assert_eq!(row.counts.bytes, 1001 + 1002 + 1001);
    assert_eq!((row.first_seq, row.registrar, row.state), (Some(0), Some(member()), State::Released));
    assert!(row.begun.as_ref().is_some_and(|begun| begun.has_giver && begun.sources.len() == 1));
    assert_eq!(row.end.as_ref().map(|end| end.found), Some(4));
    assert_eq!(catalogue.accessions().unwrap().value, [row]);
    assert_eq!(catalogue.not_taken(&r("A1")).unwrap().value[0].path.to_text(), "%E2%E8%E4%E5%EE.avi");
    assert_eq!(catalogue.accession(&r("A2")).unwrap().value, None);
    assert_eq!(
        changes(&catalogue, "A1"),
        ["accession-opened/1", "accession/1", "accession-end/1", "release/1"]
    );
    assert!(changes(&catalogue, "A1-1").contains(&"item/1".to_owned()));
}

#[test]
fn copies_and_sizes_and_paths_are_found() {
    let Kept { catalogue, .. } = fed(&delivery());
    assert_eq!(catalogue.find(&digest(1), 1001).unwrap().value, refs(&["A1-1", "A1-10"]));
    assert_eq!(catalogue.find(&digest(1), 1002).unwrap().value, []);
    let mut sizes = Vec::new();
    catalogue.sizes(|size| sizes.push(size)).unwrap();
    sizes.sort_unstable();
    assert_eq!(sizes, [1001, 1001, 1002]);
    let mut taken = Vec::new();
    catalogue.taken_paths(&r("A1"), |source, path, item| taken.push((source, path.to_vec(), item))).unwrap();
    assert_eq!(taken[2], (0, "ИК-900/камера 4/видео 10.avi".as_bytes().to_vec(), r("A1-10")));
}

#[test]
fn the_latest_mark_about_an_item_or_its_accession_decides() {
    let mut kept = fed(&delivery());
    let catalogue = &mut kept.catalogue;
    catalogue.apply(&[withdrawn(8, &["A1"])], 8, 9).unwrap();
    assert!(shown(catalogue).is_empty());
    catalogue.apply(&[reinstated(9, &["A1-2"])], 9, 10).unwrap();
    assert_eq!(shown(catalogue), ["A1-2"]);
    assert_eq!(catalogue.counts().unwrap().value.withdrawn, 2);
    catalogue.apply(&[withdrawn(10, &["A1"])], 10, 11).unwrap();
    assert!(shown(catalogue).is_empty());
    catalogue.apply(&[reinstated(11, &["A1"])], 11, 12).unwrap();
    assert_eq!(shown(catalogue).len(), 3);
    assert_eq!(changes(catalogue, "A1-2").iter().filter(|name| *name == "reinstate/1").count(), 2);
}

#[test]
fn an_unreleased_accession_is_private() {
    let Kept { catalogue, .. } = fed(&delivery()[1..3]);
    assert_eq!(state(&catalogue, "A1-2"), Some(State::Private));
    assert_eq!(state(&catalogue, "A1-3"), None);
}

#[test]
fn a_last_reference_is_known() {
    let mut kept = fed(&delivery());
    let catalogue = &mut kept.catalogue;
    let users = |catalogue: &Catalogue, n: u64| -> Vec<Ref> {
        catalogue.references_of_object(&digest(n)[..16].try_into().unwrap()).unwrap().value
    };
    assert_eq!(users(catalogue, 1), refs(&["A1-1", "A1-10"]));
    catalogue.apply(&[repacked(8, 1, &[("A1-1", 70), ("A1-2", 70)])], 8, 9).unwrap();
    assert_eq!(users(catalogue, 1), refs(&["A1-10"]));
    assert_eq!(users(catalogue, 2), []);
    assert_eq!(users(catalogue, 70), refs(&["A1-1", "A1-2"]));
    assert_eq!(catalogue.item(&r("A1-2")).unwrap().value.unwrap().item.object, place(70));
    let mut places = Vec::new();
    catalogue.objects(|used| places.push((used.item, used.place))).unwrap();
    assert_eq!(places, [(r("A1-1"), place(70)), (r("A1-2"), place(70)), (r("A1-10"), place(1))]);
}

#[test]
fn an_erased_item_leaves_its_tombstone_and_who_was_given_it() {
    let mut kept = fed(&delivery());
    let catalogue = &mut kept.catalogue;
    let later = [disclosed(8, &["A1-2"], "a court"), withdrawn(9, &["A1-2"]), erasure(10, &["A1-2"], &[2])];
    catalogue.apply(&later, 8, 11).unwrap();
    assert_eq!(shown(catalogue), ["A1-1", "A1-10"]);
    assert_eq!(state(catalogue, "A1-2"), Some(State::Erased));
    assert_eq!(catalogue.item(&r("A1-2")).unwrap().value, None);
    assert_eq!(catalogue.find(&digest(2), 1002).unwrap().value, []);
    assert_eq!(catalogue.disclosures(&r("A1-2")).unwrap().value[0].recipient, "a court");
    assert_eq!(catalogue.disclosures(&r("A1")).unwrap().value.len(), 1);
    let history = catalogue.history(&r("A1-2")).unwrap().value;
    assert_eq!(history.last().unwrap().note.as_deref(), Some("consent taken back"));
    let dump = catalogue.dump().unwrap().join("\n");
    for gone in [hex(&digest(2)), hex("ИК-900/камера 4/видео 2.avi".as_bytes()), "asked for it".into()]
    {
        assert!(!dump.contains(&gone), "{gone}");
    }
}

#[test]
fn a_large_accession_is_erased_whole_and_a_container_with_its_members() {
    let mut entries: Vec<Entry> = (0..20_001).map(|n| item(n, &format!("A2-{}", n + 1), n)).collect();
    entries.push(item(20_001, "A1-3.1", 5));
    entries.push(item(20_002, "A1-3.1.7", 6));
    entries.push(item(20_003, "A1-31", 7));
    let mut kept = fed(&entries);
    let all: Vec<u64> = (0..20_001).collect();
    let erasures = [erasure(20_004, &["A2"], &all), erasure(20_005, &["A1-3"], &[20_001, 20_002])];
    kept.catalogue.apply(&erasures, 20_004, 20_006).unwrap();
    assert_eq!(shown(&kept.catalogue), ["A1-31"]);
    assert_eq!(kept.catalogue.counts().unwrap().value.counts.items, 1);
    let finders = kept.catalogue.dump().unwrap();
    assert_eq!(finders.iter().filter(|line| line.starts_with("find_")).count(), 2);
}

#[test]
fn what_moves_out_and_comes_back_is_fed_again() {
    let mut kept = fed(&delivery());
    let catalogue = &mut kept.catalogue;
    catalogue.apply(&[withdrawn(8, &["A1-1"]), moved_out(9, &["A1"])], 8, 10).unwrap();
    assert_eq!(shown(catalogue).len(), 0);
    assert_eq!(state(catalogue, "A1"), Some(State::MovedOut));
    assert_eq!(catalogue.counts().unwrap().value.counts.items, 0);
    // A slower process offers an item once more: it is not here.
    catalogue.apply(&delivery()[2..3], 10, 10).unwrap();
    assert_eq!(shown(catalogue).len(), 0);
    catalogue.apply(&[moved_in(10, &["A1"])], 10, 11).unwrap();
    catalogue.apply(&delivery(), 11, 11).unwrap();
    assert_eq!(shown(catalogue), ["A1-1", "A1-2", "A1-10"]);
}

#[test]
fn fields_that_are_not_of_their_form_are_counted() {
    let mut odd = item_of(r("A1-1"), 1);
    odd.sha256 = "not a digest".into();
    let Kept { catalogue, .. } = fed(&[said(0, Change::Item(odd))]);
    assert_eq!(catalogue.counts().unwrap().value.unknown, 1);
}

#[test]
fn readers_read_while_another_writes() {
    let mut kept = fed(&delivery());
    let reader = reopen(&kept.folder);
    let mut seen = Vec::new();
    let answer = reader
        .objects(|used| {
            if seen.is_empty() {
                kept.catalogue.apply(&[erasure(8, &["A1"], &[])], 8, 9).unwrap();
            }
            seen.push(used.item);
        })
        .unwrap();
    assert_eq!((answer.position, seen.len()), (8, 3));
    assert_eq!(reader.counts().unwrap().position, 9);
}

#[test]
fn nothing_is_readable_in_the_files() {
    let kept = fed(&delivery());
    let needles = [
        "ИК-900".as_bytes().to_vec(),
        b"accession".to_vec(),
        b"SQLite format 3".to_vec(),
        b"drawer".to_vec(),
        digest(1).to_vec(),
        digest(1)[..16].to_vec(),
        digest(2).to_vec(),
        hex(&digest(2)).into_bytes(),
    ];
    let mut files = 0;
    for file in std::fs::read_dir(kept.folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        files += usize::from(!bytes.is_empty());
        for needle in &needles {
            assert!(!bytes.windows(needle.len()).any(|window| window == needle), "{needle:?}");
        }
    }
    assert!(files >= 2, "the database and its write-ahead log");
}

#[test]
fn a_wrong_key_and_a_damaged_file_are_told_at_opening() {
    let Kept { catalogue, folder } = fed(&delivery());
    let path = folder.path().join("catalogue");
    assert!(matches!(Catalogue::open(&path, &[8; 32]), Err(OpenError::NotReadable)));
    drop(catalogue);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    assert!(matches!(Catalogue::open(&path, &[7; 32]), Err(OpenError::NotReadable)));
    std::fs::write(&path, b"not a database at all").unwrap();
    assert!(Catalogue::open(&path, &[7; 32]).is_err());
}
