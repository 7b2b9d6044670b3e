//! What was erased or moved away is in no file of the index, whoever was killed or remembers it.

use vidimus_model::{MovedIn, MovedOut};

use super::*;

/// Is the canary in any file of the index, opened, or among its words?
pub(super) fn holds(search: &Search<Shelf>, canary: &str) -> bool {
    let seen = search.index().everything();
    assert!(!seen.is_empty());
    seen.iter().any(|bytes| bytes.windows(canary.len()).any(|window| window == canary.as_bytes()))
}

#[test]
fn what_was_erased_is_in_no_file_any_more() {
    let mut story = archive();
    let canary = "zq7xk2vw9m";
    let name = story.item("A3-1", &format!("{canary}/фото.jpg"));
    let text =
        story.text("A3-1", DerivativeKind::Text, &[(TextPlace::Page(1), &format!("тут {canary} стоїть"))]);
    story.item("A3-2", "сусід.jpg");
    let mut search = story.folded();
    let seen = search.index().everything();
    let times = seen.iter().filter(|bytes| bytes.windows(canary.len()).any(|part| part == canary.as_bytes()));
    // At least in the stored text, as a word, and as its stem.
    assert!(times.count() >= 3);
    assert_eq!(found(&search, canary), ["A3-1", "A3-1"]);
    story.say(erasure("A3-1", vec![name, text]));
    story.bring_up(&mut search);
    assert!(!holds(&search, canary), "{canary}");
    assert!(found(&search, canary).is_empty());
    assert_eq!(found(&search, "сусід"), ["A3-2"]);
    assert_eq!(found(&search, "протокол"), ["A1-1", "A1-1"]);
    // Whoever still remembers it does not bring it back.
    let to = search.position().unwrap();
    search.apply(&story.entries[name as usize..=text as usize], to, to).unwrap();
    assert!(!holds(&search, canary) && found(&search, canary).is_empty());
}

#[test]
fn what_is_moved_goes_and_may_come_back() {
    let mut story = archive();
    let about: Vec<Ref> = vec!["A1".parse().unwrap()];
    let other = "other".parse().unwrap_or_else(|_| vidimus_model::CompartmentId::main());
    let mut search = story.folded();
    story.say(Change::MovedOut(MovedOut { about: about.clone(), to: other, entries: None }));
    story.bring_up(&mut search);
    assert!(found(&search, "ref:A1").is_empty() && !holds(&search, "слідчим"));
    assert_eq!(found(&search, "ref:A2").len(), 2);
    let seq = story.entries.len() as u64;
    let key = vidimus_model::KeyId::from_bytes([1; 8]);
    let back = MovedIn { about, key, from: vidimus_model::CompartmentId::main(), entries: None };
    story.say(Change::MovedIn(back));
    let together: Vec<Entry> = [&story.entries[..6], &story.entries[seq as usize..]].concat();
    search.apply(&together, seq, seq + 1).unwrap();
    assert_eq!(found(&search, "ref:A1").len(), 4);
}

#[test]
fn what_a_killed_writer_left_over_is_swept() {
    let mut story = archive();
    let canary = "zq7xk2vw9m";
    let name = story.item("A3-1", canary);
    let mut search = story.folded();
    // As if it had been killed after its commit.
    let state = search.index().state().unwrap();
    let mut writing = search.index().writer(1).unwrap();
    writing.forget(&index::Forget::Entries([name].into())).unwrap();
    writing.write_down(&state).unwrap();
    drop(writing);
    assert!(found(&search, canary).is_empty() && holds(&search, canary));
    search.sweep().unwrap();
    assert!(!holds(&search, canary));
    assert_eq!(search.position().unwrap(), story.entries.len() as u64);
    assert_eq!(found(&search, "протокол"), ["A1-1", "A1-1"]);
}
