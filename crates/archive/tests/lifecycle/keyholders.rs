//! Stories of keyholders: named by two members, exchanged only when those who hold approve it, tested once a year.

use vidimus_model::{Change, CompartmentId, KeyholdersApproval, ProposalId};
use vidimus_seal::{Entropy, Identity};

use super::house::{self, House};
use super::waiting;
use crate::clock::FixedClock;
use crate::door::{Act, Draft};
use crate::init::describe_keyholders;
use crate::keyholders::{ApprovalAsked, named, sign_approval};
use crate::unseal::{Unsealed, unseal};
use crate::{Archive, Outcome, ProposeError, RecoveryTestError};

/// A house of two members where two of three keyholders are named.
fn guarded() -> House {
    let house = House::of_two();
    let mut olena = house.open("Олена");
    let id = waiting(olena.set_keyholders(&house::keyholders(3), "begun", false).unwrap().outcome);
    assert_eq!(house.open("Богдан").agree(id).unwrap(), Outcome::Done);
    house
}

/// What these keyholders sign when they come together; none if they are too few.
fn approval(asked: &ApprovalAsked, keys: &[Identity]) -> Option<Vec<u8>> {
    let shares: Vec<Vec<u8>> = asked.shares.iter().map(|(age, _)| age.clone()).collect();
    match unseal(&shares, keys) {
        Ok(Unsealed::Text(key)) => Some(sign_approval(asked.text.as_bytes(), &key).unwrap().to_vec()),
        _ => None,
    }
}

fn proposed(house: &House, number: usize) -> (ProposalId, ApprovalAsked) {
    let mut olena = house.open("Олена");
    let outcome = olena.set_keyholders(&house::keyholders(number), "one died", false).unwrap().outcome;
    let id = waiting(outcome);
    (id, olena.approval_asked(id).unwrap().unwrap())
}

fn fingerprint(archive: &Archive) -> String {
    archive.register().keyholders.clone().unwrap().fingerprint
}

#[test]
fn keyholders_are_named_by_the_only_member_or_by_two() {
    let house = House::of_one();
    let set = house.open("Олена").set_keyholders(&house::keyholders(3), "begun", false).unwrap();
    assert_eq!((set.outcome, set.fingerprint), (Outcome::Done, house::keyholders(3).fingerprint()));
    house.is_sound_for(&["Олена"]);
    guarded().is_sound_for(&["Олена", "Богдан"]);
}

#[test]
fn keyholders_are_exchanged_when_enough_of_those_who_hold_approve_it() {
    let house = guarded();
    let (id, asked) = proposed(&house, 4);
    assert!(asked.text.contains(&house::keyholders(4).fingerprint()));
    let keys = house::keyholder_keys(3);
    for one in &keys {
        assert!(approval(&asked, std::slice::from_ref(one)).is_none());
    }
    let mut bogdan = house.open("Богдан");
    assert!(matches!(bogdan.agree(id), Err(ProposeError::NotApproved)));
    let signed = approval(&asked, &keys[1..]).unwrap();
    for wrong in [&[][..], &[7; 64], &signed[..63]] {
        assert!(matches!(bogdan.agree_approved(id, wrong), Err(ProposeError::BadApproval)));
    }
    assert!(matches!(house.open("Олена").agree_approved(id, &signed), Err(ProposeError::NotYours)));
    let (other, _) = proposed(&house, 5);
    assert!(matches!(bogdan.agree_approved(other, &signed), Err(ProposeError::BadApproval)));
    assert_eq!(bogdan.agree_approved(id, &signed).unwrap(), Outcome::Done);
    assert_eq!(fingerprint(&house.open("Олена")), house::keyholders(4).fingerprint());
    // What those before them had signed or could sign is worth nothing now.
    assert!(matches!(house.open("Богдан").agree_approved(other, &signed), Err(ProposeError::BadApproval)));
    let (last, asked) = proposed(&house, 5);
    assert!(approval(&asked, &keys).is_none());
    let signed = approval(&asked, &house::keyholder_keys(4)).unwrap();
    house.open("Богдан").agree_approved(last, &signed).unwrap();
    house.is_sound_for(&["Олена", "Богдан"]);
}

#[test]
fn the_only_member_needs_the_keyholders_too() {
    let house = House::of_one();
    let mut olena = house.open("Олена");
    olena.set_keyholders(&house::keyholders(3), "begun", false).unwrap();
    let id = waiting(olena.set_keyholders(&house::keyholders(4), "one died", true).unwrap().outcome);
    let asked = olena.approval_asked(id).unwrap().unwrap();
    assert!(matches!(olena.agree_approved(id, &[0; 64]), Err(ProposeError::BadApproval)));
    let signed = approval(&asked, &house::keyholder_keys(3)).unwrap();
    olena.agree_approved(id, &signed).unwrap();
    assert_eq!(fingerprint(&olena), house::keyholders(4).fingerprint());
    assert!(olena.register().waiting.is_empty());
    house.is_sound_for(&["Олена"]);
}

#[test]
fn what_a_changed_program_names_without_approval_is_named_and_changes_nothing() {
    let house = guarded();
    house.receive("Олена", &[("a.txt", b"one".as_slice())]);
    let (id, asked) = proposed(&house, 4);
    let set = house::keyholders(4);
    let own_key = Entropy::from_seed(&[8; 32]).bytes::<64>();
    let false_one = |signature: &[u8]| {
        use base64::Engine as _;
        let signature = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(signature);
        Some(KeyholdersApproval { proposal: id, signature })
    };
    let mut entropy = Entropy::from_seed(&[9; 32]);
    let for_another = {
        let (_, other) = proposed(&house, 5);
        approval(&other, &house::keyholder_keys(3)).unwrap()
    };
    assert_ne!(approval(&asked, &house::keyholder_keys(3)).unwrap(), for_another);
    for change in [
        Change::Keyholders(describe_keyholders(&set)),
        named(&set, None, &mut entropy),
        named(&set, false_one(&own_key), &mut entropy),
        named(&set, false_one(&for_another), &mut entropy),
    ] {
        let house = house.copy();
        let mut olena = house.open("Олена");
        let register = CompartmentId::register();
        let draft = Draft { key: olena.current(&register).unwrap(), compartment: register, change };
        olena.record(Act::of(vec![draft], Vec::new())).unwrap();
        let mut bogdan = house.open("Богдан");
        assert_eq!(fingerprint(&bogdan), house::keyholders(3).fingerprint());
        let checked = bogdan.check(false, &mut |_| {});
        let [problem] = &checked.problems[..] else { panic!("{:#?}", checked.problems) };
        assert!(problem.problem.to_string().contains("did not approve"), "{problem:?}");
    }
}

#[test]
fn a_test_shows_who_can_open_and_is_due_after_a_year() {
    let house = guarded();
    let folder = tempfile::tempdir().unwrap();
    let mut olena = house.open("Олена");
    let files = olena.begin_recovery_test(folder.path()).unwrap();
    assert_eq!(files.len(), 3);
    let keys = house::keyholder_keys(3);
    let share = std::fs::read(&files[0].path).unwrap();
    for one in &keys {
        assert!(!matches!(
            unseal(std::slice::from_ref(&share), std::slice::from_ref(one)),
            Ok(Unsealed::Text(_))
        ));
    }
    let Ok(Unsealed::Text(code)) = unseal(&[share], &keys) else { panic!("all are there") };
    let code = String::from_utf8(code.to_vec()).unwrap();
    let wrong = olena.finish_recovery_test(&code.replace('-', "_"));
    assert!(matches!(wrong, Err(RecoveryTestError::NotACode)));
    let opened = house.open("Богдан").finish_recovery_test(&code).unwrap();
    assert_eq!(opened, files[0].recipients.iter().cloned().collect());

    let mut later = house.open("Олена");
    let tested = later.register().keyholders_tested.clone();
    let all = later.register().keyholders.clone().unwrap().recipients;
    let day = jiff::SignedDuration::from_hours(24);
    assert!(!tested.is_due(&all, tested.named + day * 364));
    assert!(tested.is_due(&all, tested.named + day * 366), "one of three opened nothing");
    let two = Vec::from_iter(opened);
    let mut again = tested.clone();
    again.opened.values_mut().for_each(|at| *at += day * 300);
    assert!(!again.is_due(&two, tested.named + day * 366));
    assert!(again.is_due(&two, tested.named + day * 666));

    let says = |checked: crate::Checked| {
        assert!(checked.sound);
        let said = checked.still_sound.iter().chain(&checked.unknown).map(ToString::to_string);
        said.collect::<Vec<_>>().join("\n")
    };
    let now = says(later.check(false, &mut |_| {}));
    assert!(
        now.contains("2 of 3 keyholders opened a recovery test") && !now.contains("a year passed"),
        "{now}"
    );
    later.clock = Box::new(FixedClock(tested.named + day * 366));
    assert!(says(later.check(false, &mut |_| {})).contains("a year passed"));
}
