//! Everything that a member can ask of an archive, as text: list, show and log of everything, people, receipts.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use vidimus_archive::query::{ListQuery, ListRow, Shown};
use vidimus_archive::{Archive, Opening};

use crate::common::PASSPHRASE;

/// Opens the archive of a place as its first member.
pub fn open(folder: &Path) -> Archive {
    let opening = Opening {
        state: &folder.join("state"),
        member: Some("Олена"),
        passphrase: PASSPHRASE,
        first_seen_here: false,
        clock: Box::new(vidimus_archive::clock::SystemClock),
    };
    Archive::open(&folder.join("archive"), opening).unwrap()
}

fn list(archive: &mut Archive) -> Vec<ListRow> {
    let mut rows = Vec::new();
    let query = ListQuery { include_withdrawn: true, ..ListQuery::default() };
    archive
        .list(&query, &mut |row| {
            rows.push(row);
            ControlFlow::Continue(())
        })
        .unwrap();
    rows
}

/// Every answer, from folds that are made anew.
pub fn answers(folder: &Path) -> Vec<String> {
    open(folder).rebuild().unwrap();
    answers_as_they_are(folder)
}

/// Every answer, from the folds that are there.
pub fn answers_as_they_are(folder: &Path) -> Vec<String> {
    let mut archive = open(folder);
    let rows = list(&mut archive);
    let mut about: Vec<_> =
        rows.iter().flat_map(|row| [row.reference.clone(), row.accession.clone()]).collect();
    about.extend(["A1-1", "A1-2", "A1-3"].map(|text| text.parse().unwrap()));
    about.sort();
    about.dedup();
    let mut all: Vec<String> = rows.iter().map(|row| format!("{row:?}")).collect();
    for reference in about {
        all.push(format!("{:?}", archive.show(&reference).unwrap()));
        all.push(format!("{:?}", archive.log(&reference).unwrap()));
    }
    let register = archive.register();
    all.push(format!("{:?}", register.members));
    all.push(format!("{:?}", register.keyholders));
    all.push(format!("{:?}", register.receipts));
    // Where the folder is, is no answer.
    all.into_iter().map(|text| text.replace(&folder.display().to_string(), "")).collect()
}

/// The number of each item's record.
pub fn items(folder: &Path) -> BTreeMap<String, i64> {
    let mut archive = open(folder);
    let rows = list(&mut archive);
    let seq = |row: &ListRow, archive: &mut Archive| match archive.show(&row.reference).unwrap() {
        Shown::Item(item) => item.seq as i64,
        other => panic!("{other:?}"),
    };
    rows.iter().map(|row| (row.reference.to_string(), seq(row, &mut archive))).collect()
}
