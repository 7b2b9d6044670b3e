//! A damaged index is an error that lets it be thrown away, and never a wrong answer.

use super::*;

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// Every question gets the same answer as before, or an error that lets the fold be thrown away.
fn never_wrong(folder: &Path, shelf: &Shelf, before: &[(&str, Found)], what: &str) -> bool {
    let opened = match open(folder, shelf) {
        Ok(opened) => opened,
        Err(StoreError::NotReadable) => return true,
        Err(error) => panic!("{what}: {error:?}"),
    };
    let mut noticed = false;
    for (question, answer) in before {
        let wanted = Wanted { offset: 0, limit: 20, without: &[], alone: &[], cameras: &[], beside: &[] };
        match opened.answer(&parse(question), &wanted) {
            Ok(now) => assert_eq!(now, *answer, "{what} {question}"),
            Err(StoreError::NotReadable) => noticed = true,
            Err(error) => panic!("{what}: {error:?}"),
        }
    }
    noticed
}

#[test]
fn a_damaged_index_is_an_error_and_never_a_wrong_answer() {
    let mut story = archive();
    facts::filmed(&mut story, "A1-2", "cam3", "2024-03-01T23:59:58");
    let search = story.folded();
    let questions = [
        "протокол",
        "\"били руками\"",
        "Osechkin",
        "слід*",
        "kind:video",
        "camera:cam3",
        "date:2024",
        "саратоф~",
    ];
    let before: Vec<(&str, Found)> =
        questions.iter().map(|question| (*question, ask(&search, question))).collect();
    drop(search);
    let mut names: Vec<_> = fs::read_dir(story.folder()).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.retain(|name| !name.to_string_lossy().ends_with(".lock"));
    names.sort();
    let disk = tempfile::tempdir().unwrap();
    let mut noticed = 0;
    for (number, name) in names.iter().enumerate() {
        let whole = fs::read(story.folder().join(name)).unwrap();
        let neighbour = fs::read(story.folder().join(&names[(number + 1) % names.len()])).unwrap();
        let mut flipped = whole.clone();
        let at = whole.len() * (number + 1) / (names.len() + 2);
        flipped[at] ^= 0x10;
        let cases = [
            ("flipped", Some(flipped)),
            ("cut", Some(whole[..whole.len() - 1].to_vec())),
            ("emptied", Some(Vec::new())),
            ("exchanged", Some(neighbour)),
            ("removed", None),
        ];
        for (case, bytes) in cases {
            let folder = disk.path().join(format!("{number}{case}"));
            copy(&story.folder(), &folder);
            match bytes {
                Some(bytes) => fs::write(folder.join(name), bytes).unwrap(),
                None => fs::remove_file(folder.join(name)).unwrap(),
            }
            let what = format!("{} {case}", name.to_string_lossy());
            if name != "meta.json" || case != "removed" {
                noticed += usize::from(never_wrong(&folder, &story.shelf, &before, &what));
            }
        }
    }
    // What no question reads is not noticed by a question: the list of files that may be removed.
    assert!(noticed >= 5 * names.len() - 10, "{noticed} of {}", 5 * names.len());
}

#[test]
fn yesterdays_commit_says_yesterdays_position() {
    let mut story = archive();
    let mut search = story.folded();
    let yesterday = fs::read(story.folder().join("meta.json")).unwrap();
    story.item("A4-1", "новий протокол");
    story.bring_up(&mut search);
    drop(search);
    fs::write(story.folder().join("meta.json"), yesterday).unwrap();
    // Either its segments are still there, and it goes on from where it stood; or it is damaged.
    match open(&story.folder(), &story.shelf) {
        Ok(mut search) => {
            assert_eq!(search.position().unwrap(), 6);
            story.bring_up(&mut search);
            assert_eq!(found(&search, "протокол").len(), 3);
        }
        Err(error) => assert!(matches!(error, StoreError::NotReadable)),
    }
}

#[test]
fn another_key_opens_nothing() {
    let story = archive();
    drop(story.folded());
    let other = Search::open(&story.folder(), &[8; 32], 0, NoTexts);
    assert!(matches!(other, Err(StoreError::NotReadable)));
}
