//! What the catalogue answers of examinations and cameras, told as stories.

mod common;

use common::*;
use vidimus_folds::catalogue::{ExaminedCounts, Hidden, Wanted, Which};
use vidimus_folds::{Catalogue, Entry, Fold};
use vidimus_model::{Change, Group, Reason, Ref, Stage, TimeOf};

/// A1 with a film, a copy of it, and a picture; released.
fn three_items() -> (Kept, u64) {
    let mut kept = empty();
    let mut copy = item_of(r("A1-2"), 1);
    copy.copy_of = Some(r("A1-1"));
    let entries = [
        opened(0, 1),
        begun(1, 1),
        item(2, "A1-1", 1),
        said(3, Change::Item(copy)),
        item(4, "A1-3", 3),
        ended(5, 1, 3),
        released(6, 1),
    ];
    kept.catalogue.apply(&entries, 0, 7).unwrap();
    (kept, 7)
}

fn tell(kept: &mut Kept, at: &mut u64, entry: Entry) {
    kept.catalogue.apply(&[entry], *at, *at + 1).unwrap();
    *at += 1;
}

fn wanted(
    catalogue: &Catalogue,
    which: Which,
    stages: &[Stage],
    within: Option<&Ref>,
) -> Vec<(String, Vec<Stage>)> {
    let wanted = Wanted { which, stages, within, after: None, limit: 10 };
    let found = catalogue.unexamined(&wanted).unwrap().value;
    found.into_iter().map(|found| (found.row.item.about.to_string(), found.stages)).collect()
}

fn counts(catalogue: &Catalogue) -> (u64, u64) {
    let ExaminedCounts { examined, of } = catalogue.examined_counts(None).unwrap().value;
    (examined, of)
}

#[test]
fn the_queue_is_what_no_run_has_ended_and_copies_wait_for_their_original() {
    let (mut kept, mut at) = three_items();
    let stages = [Stage::First, Stage::Text];
    let both =
        |texts: &[&str]| texts.iter().map(|text| ((*text).to_owned(), stages.to_vec())).collect::<Vec<_>>();
    assert_eq!(wanted(&kept.catalogue, Which::Unexamined, &stages, None), both(&["A1-1", "A1-3"]));
    assert_eq!(counts(&kept.catalogue), (0, 3));

    tell(&mut kept, &mut at, examination(7, "A1-1", 1, &["cam1"]));
    assert_eq!(wanted(&kept.catalogue, Which::Unexamined, &stages, None), both(&["A1-3"]));
    assert_eq!(counts(&kept.catalogue), (2, 3), "the copy counts with its original");
    assert_eq!(kept.catalogue.looked_at_for(&r("A1-2")).unwrap().value, r("A1-1"));
    let brief = kept.catalogue.brief(&r("A1-2")).unwrap().value;
    assert_eq!((brief.group(), brief.cameras), (Some(Group::Video), vec!["cam1".to_owned()]));
    let notes = kept.catalogue.clock_notes(Some(&r("A1"))).unwrap().value;
    assert_eq!(notes, [(r("A1-1"), "note 1".to_owned())]);
    assert_eq!(brief.begins, [time(TimeOf::Beginning, 1)], "its copy began when it did");
    let other = [Stage::First, Stage::Ocr];
    let left = wanted(&kept.catalogue, Which::Unexamined, &other, Some(&r("A1-1")));
    assert_eq!(left, [("A1-1".to_owned(), vec![Stage::Ocr])]);
    let failed = wanted(&kept.catalogue, Which::Failed, &stages, None);
    assert_eq!(failed, [("A1-1".to_owned(), vec![Stage::Text])]);

    // Erased, the original takes everything along, and the copy is looked at itself.
    tell(&mut kept, &mut at, erasure(8, &["A1-1"], &[2, 7]));
    assert_eq!(wanted(&kept.catalogue, Which::Unexamined, &stages, None), both(&["A1-2", "A1-3"]));
    assert_eq!(counts(&kept.catalogue), (0, 2));
    assert!(kept.catalogue.failures(None, None, 9).unwrap().value.is_empty());
    assert!(!kept.catalogue.has_derivative_in(&name_of(201)).unwrap().value);
    assert!(kept.catalogue.brief(&r("A1-2")).unwrap().value.begins.is_empty());
    assert!(kept.catalogue.clock_notes(None).unwrap().value.is_empty());
    // What is withdrawn is not opened, and not counted.
    tell(&mut kept, &mut at, withdrawn(9, &["A1-3"]));
    assert_eq!(wanted(&kept.catalogue, Which::Unexamined, &stages, None), both(&["A1-2"]));
    assert_eq!(counts(&kept.catalogue), (0, 1));
}

fn name_of(content: u64) -> [u8; 16] {
    digest(content)[..16].try_into().unwrap()
}

#[test]
fn the_latest_run_of_a_stage_holds() {
    let (mut kept, mut at) = three_items();
    tell(&mut kept, &mut at, examination(7, "A1-3", 1, &["cam1"]));
    let failures = kept.catalogue.failures(Some(&r("A1")), None, 9).unwrap().value;
    assert_eq!((failures.len(), failures[0].reason), (1, Reason::NeedsPassword));
    let mut again = examined("A1-3", 2, &[]);
    again.attempt = 2;
    again.stages.remove(0);
    again.stages[0].end = vidimus_model::End::Done;
    again.tools.truncate(1);
    again.tools[0].stage = Stage::Text;
    again.kind = None;
    tell(&mut kept, &mut at, said(8, Change::Examination(Box::new(again))));
    assert!(kept.catalogue.failures(None, None, 9).unwrap().value.is_empty());
    let runs = kept.catalogue.runs(&r("A1-3")).unwrap().value;
    let holds: Vec<_> = runs.iter().map(|run| (run.seq, run.holds.clone())).collect();
    assert_eq!(holds, [(7, vec![Stage::First]), (8, vec![Stage::Text])]);
    assert_eq!(runs[0].found, examined("A1-3", 1, &["cam1"]));
    // Where a derivative lies is said by the latest.
    tell(&mut kept, &mut at, derivative_places(9, "A1-3", 1, 900));
    let runs = kept.catalogue.runs(&r("A1-3")).unwrap().value;
    assert_eq!(runs[0].found.derivatives[0].object, place(900));
    assert!(kept.catalogue.has_derivative_in(&name_of(900)).unwrap().value);
    assert!(!kept.catalogue.has_derivative_in(&name_of(201)).unwrap().value);
    let moved = kept.catalogue.moved_derivatives(&r("A1-3")).unwrap().value;
    assert_eq!(moved.iter().map(|moved| (moved.seq, &moved.place)).collect::<Vec<_>>(), [(9, &place(900))]);
    assert!(kept.catalogue.moved_derivatives(&r("A1-1")).unwrap().value.is_empty());
    let mut places = Vec::new();
    kept.catalogue.derivatives(Some(&r("A1")), |item, _, place| places.push((item, place.name))).unwrap();
    assert_eq!(places, [(r("A1-3"), place(900).name), (r("A1-3"), place(202).name)]);
}

#[test]
fn what_is_found_in_a_container_is_an_item_of_its_own() {
    let (mut kept, mut at) = three_items();
    tell(&mut kept, &mut at, contained(7, "A1-3.1", 50));
    tell(&mut kept, &mut at, contained(8, "A1-3.1.1", 51));
    tell(&mut kept, &mut at, contained(9, "A1-3.2", 52));
    assert_eq!(kept.catalogue.contained(&r("A1-3")).unwrap().value, refs(&["A1-3.1", "A1-3.2"]));
    assert_eq!(kept.catalogue.contained(&r("A1-3.1")).unwrap().value, refs(&["A1-3.1.1"]));
    let left = wanted(&kept.catalogue, Which::Unexamined, &[Stage::First], Some(&r("A1-3.1")));
    assert_eq!(left.iter().map(|(about, _)| about.as_str()).collect::<Vec<_>>(), ["A1-3.1", "A1-3.1.1"]);
    assert_eq!(counts(&kept.catalogue), (0, 6));
    let history = kept.catalogue.history(&r("A1-3.1")).unwrap().value;
    assert!(history.iter().any(|line| line.change == "contained/1"));
}

#[test]
fn a_member_says_what_a_camera_is_and_takes_it_back() {
    let (mut kept, mut at) = three_items();
    tell(&mut kept, &mut at, examination(7, "A1-1", 1, &["cam1"]));
    tell(&mut kept, &mut at, camera(8, 1, "cam1", -3600));
    let rows = kept.catalogue.cameras(Some(&r("A1"))).unwrap().value;
    assert_eq!((rows.len(), rows[0].items.claimed, rows[0].items.given), (1, 1, 0));
    assert_eq!(rows[0].said.as_ref().unwrap().2.clock[0].add, -3600);
    tell(&mut kept, &mut at, camera_items(9, &["A1-1", "A1-3"], Some("cam2")));
    assert_eq!(kept.catalogue.brief(&r("A1-1")).unwrap().value.cameras, ["cam2"]);
    let rows = kept.catalogue.cameras(None).unwrap().value;
    let seen: Vec<_> =
        rows.iter().map(|row| (row.label.as_str(), row.items.claimed, row.items.given)).collect();
    assert_eq!(seen, [("cam1", 0, 0), ("cam2", 0, 2)]);
    let given = |kept: &Kept| kept.catalogue.given_to_cameras().unwrap().value;
    assert_eq!(given(&kept), [(r("A1-1"), "cam2".to_owned()), (r("A1-3"), "cam2".to_owned())]);
    tell(&mut kept, &mut at, camera_items(10, &["A1-1"], None));
    assert_eq!(given(&kept), [(r("A1-3"), "cam2".to_owned())]);
    assert_eq!(kept.catalogue.brief(&r("A1-1")).unwrap().value.cameras, ["cam1"]);
    assert_eq!(kept.catalogue.camera_given(&r("A1-3")).unwrap().value.as_deref(), Some("cam2"));
    tell(&mut kept, &mut at, camera(11, 1, "cam1", 0));
    assert_eq!(kept.catalogue.camera(&r("A1-1"), "cam1").unwrap().value.unwrap().clock[0].add, 0);
    let said = kept.catalogue.said_of_cameras().unwrap().value;
    assert_eq!(
        said.iter().map(|camera| (&*camera.label, camera.clock[0].add)).collect::<Vec<_>>(),
        [("cam1", 0)]
    );
}

#[test]
fn what_is_withdrawn_is_said_in_as_few_words_as_will_do() {
    let (mut kept, mut at) = three_items();
    let alone = |texts: &[&str]| Hidden { whole: Vec::new(), alone: refs(texts) };
    let hidden = |kept: &Kept| kept.catalogue.hidden().unwrap().value;
    assert_eq!(hidden(&kept), Hidden::default());
    tell(&mut kept, &mut at, withdrawn(7, &["A1-2"]));
    assert_eq!(hidden(&kept), alone(&["A1-2"]));
    tell(&mut kept, &mut at, reinstated(8, &["A1-2"]));
    assert_eq!(hidden(&kept), Hidden::default());
    tell(&mut kept, &mut at, withdrawn(9, &["A1"]));
    assert_eq!(hidden(&kept), alone(&["A1", "A1-1", "A1-2", "A1-3"]), "a mark of a part may outlive it");
    tell(&mut kept, &mut at, reinstated(10, &["A1-3"]));
    assert_eq!(hidden(&kept), alone(&["A1", "A1-1", "A1-2"]));

    let (mut kept, mut at) = three_items();
    tell(&mut kept, &mut at, withdrawn(7, &["A1"]));
    assert_eq!(hidden(&kept), Hidden { whole: refs(&["A1"]), alone: Vec::new() });
}
