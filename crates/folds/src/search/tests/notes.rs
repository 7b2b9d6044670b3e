//! What members wrote is found: notes, names and places of cameras, and reasons.

use vidimus_model::{Camera, CameraItems, Withdrawal};

use super::*;

#[test]
fn the_note_of_a_delivery_is_found_as_its_own() {
    let mut story = archive();
    let begun = story.say(Change::Accession(Accession {
        about: "A2".parse().unwrap(),
        number: 2,
        sources: vec![],
        medium: Medium::default(),
        note: Some("привезла сестра у чорній валізі".into()),
        giver: None,
    }));
    let mut search = story.folded();
    assert_eq!(found(&search, "валіза in:note"), ["A2"]);
    assert_eq!(found(&search, "валіза -ref:A2"), [""; 0]);
    let of: [Ref; 1] = ["A2".parse().unwrap()];
    let asked = |without, alone| {
        let wanted = Wanted { offset: 0, limit: 20, without, alone, cameras: &[], beside: &[] };
        refs(&search.answer(&parse("ref:A2"), &wanted).unwrap()).len()
    };
    assert_eq!((asked(&[], &[]), asked(&of, &[]), asked(&[], &of)), (3, 0, 2));
    story.say(erasure("A2", vec![begun]));
    story.bring_up(&mut search);
    assert!(found(&search, "валіза").is_empty() && !super::forgetting::holds(&search, "валізі"));
}

fn camera(name: Option<&str>, place: Option<&str>, reason: &str) -> Change {
    Change::Camera(Camera {
        about: "A1".parse().unwrap(),
        label: "cam3".into(),
        name: name.map(str::to_owned),
        place: place.map(str::to_owned),
        clock: vec![],
        reason: reason.into(),
    })
}

#[test]
fn of_a_camera_the_latest_is_found_and_every_reason() {
    let mut story = archive();
    let first = story.say(camera(Some("Коридорна"), Some("біля карцеру"), "позначка на стіні"));
    let mut search = story.folded();
    assert_eq!(found(&search, "коридорною in:note"), ["A1"]);
    assert_eq!(found(&search, "карцер"), ["A1"]);
    assert_eq!(found(&search, "стіна позначка"), ["A1"]);
    let second = story.say(camera(Some("Подвірна"), None, "свідок виправив"));
    let holds = |search: &Search<Shelf>, what: &str| {
        assert_eq!(found(search, "подвірна"), ["A1"], "{what}");
        assert_eq!(found(search, "in:note").len(), 3, "{what}");
        assert!(found(search, "коридорна").is_empty() && found(search, "карцер").is_empty(), "{what}");
        assert_eq!((found(search, "позначка").len(), found(search, "свідок").len()), (1, 1), "{what}");
    };
    story.bring_up(&mut search);
    holds(&search, "one after another");
    holds(&story.folded_elsewhere(), "all at once");
    // What comes to be readable late does not bring the older name back.
    let to = search.position().unwrap();
    search.apply(&story.entries[first as usize..second as usize], to, to).unwrap();
    holds(&search, "come back late");
    story.say(erasure("A1", vec![first, second]));
    story.bring_up(&mut search);
    assert!(found(&search, "in:note").is_empty() && !super::forgetting::holds(&search, "свідок"));
}

#[test]
fn reasons_are_found_at_what_they_are_about() {
    let mut story = archive();
    let about = |refs: &[&str]| refs.iter().map(|about| about.parse().unwrap()).collect::<Vec<Ref>>();
    let reason = "двічі прийнято помилково".to_owned();
    story.say(Change::Withdraw(Withdrawal { about: about(&["A1-1", "A2-1"]), reason }));
    let reason = "папка реєстратора".to_owned();
    let label = Some("cam3".to_owned());
    let many = CameraItems { about: about(&["A1-1", "A1-2"]), label: label.clone(), reason: reason.clone() };
    story.say(Change::CameraItems(many));
    let search = story.folded();
    assert_eq!(found(&search, "помилка прийняти"), [""; 0], "stems, not lemmas");
    assert_eq!(found(&search, "помилково"), ["A1-1", "A2-1"]);
    assert_eq!(found(&search, "реєстратор"), ["A1"], "one reason for several items is said once");
    story.say(Change::CameraItems(CameraItems { about: about(&["A1-2"]), label, reason }));
    let search = story.folded_elsewhere();
    assert_eq!(found(&search, "реєстратор"), ["A1", "A1-2"]);
}
