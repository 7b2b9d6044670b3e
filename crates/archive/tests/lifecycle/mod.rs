//! Stories of people, mistakes and their undoing: released, withdrawn, erased by two, moved, removed members.

#[path = "../common/beginning.rs"]
mod beginning;
mod behind_moves;
mod destroyed;
mod ends;
mod erased;
mod forks;
mod hidden_rows;
mod house;
mod keyholders;
mod keys;
mod killed;
mod meanwhile;
mod meddled;
mod moving;
mod notes;
mod openings;
mod remembered;
mod resealed;
mod sheets;
mod stale_folds;
mod swapped_keys;

use std::collections::BTreeSet;

use house::House;
use vidimus_model::{Action, Change, CompartmentId, Erasure, Member, Ref, Withdrawal};
use vidimus_seal::Entropy;
use vidimus_seal::age::{decrypt_to_vec, encrypt_to_vec};
use vidimus_vault::{FolderVault, ObjectName, Vault as _};

use crate::clock::SystemClock;
use crate::door::{Act, Draft};
use crate::query::AskError;
use crate::unfinished::WorkNote;
use crate::{
    AddMemberError, Archive, Beginning, MoveError, NewCompartmentError, Outcome, ProposeError, ReleaseError,
};

fn r(text: &str) -> Ref {
    text.parse().unwrap()
}

fn erase(about: &[&str]) -> Action {
    Action::Erase { about: about.iter().map(|text| r(text)).collect() }
}

fn waiting(outcome: Outcome) -> vidimus_model::ProposalId {
    match outcome {
        Outcome::Waiting(id) => id,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_accession_is_its_registrars_alone_until_it_is_released() {
    let house = House::of_two();
    house.receive("Олена", &[("a.txt", b"one".as_slice()), ("b.txt", b"two")]);
    let mut other = house.open("Богдан");
    assert_eq!(other.read(&r("A1-1")), None);
    assert!(matches!(other.release(&r("A1")), Err(ReleaseError::NotRegistrar(_))));
    let mut olena = house.open("Олена");
    assert!(matches!(olena.release(&r("A1-1")), Err(ReleaseError::NotWhole(_))));
    assert!(matches!(olena.release(&r("A9")), Err(ReleaseError::NotFound(_))));
    assert!(matches!(olena.resolve(&r("A1-9")), Err(AskError::Unknown(_))), "she knows that there is none");
    assert!(matches!(other.resolve(&r("A1-9")), Err(AskError::NotReleased(_))));
    olena.release(&r("A1")).unwrap();
    olena.release(&r("A1")).unwrap();
    assert!(olena.keyring().own_accessions().is_empty());
    assert_eq!(other.read(&r("A1-1")).as_deref(), Some(b"one".as_slice()));
    assert_eq!(house.open("Богдан").read(&r("A1-2")).as_deref(), Some(b"two".as_slice()));
    house.is_sound_for(&["Олена", "Богдан"]);
}

#[test]
fn what_is_withdrawn_comes_back() {
    let house = House::of_two();
    house.receive("Олена", &[("a.txt", b"one".as_slice()), ("b.txt", b"two")]);
    let mut olena = house.open("Олена");
    olena.withdraw(&[r("A1-1")], "shown to nobody yet").unwrap();
    assert!(olena.is_withdrawn(&r("A1-1")));
    olena.release(&r("A1")).unwrap();
    let mut bohdan = house.open("Богдан");
    assert!(bohdan.is_withdrawn(&r("A1-1")) && !bohdan.is_withdrawn(&r("A1-2")));
    bohdan.reinstate(&[r("A1-1")], "the witness agreed").unwrap();
    bohdan.reinstate(&[r("A1-1")], "the witness agreed").unwrap();
    assert!(!house.open("Олена").is_withdrawn(&r("A1-1")));
    assert!(bohdan.withdraw(&[r("A1-1")], " ").is_err());
    assert!(bohdan.withdraw(&[r("A1-7")], "no such").is_err());
    house.is_sound_for(&["Олена", "Богдан"]);
}

#[test]
fn a_wrong_folder_is_erased_by_two() {
    let house = House::of_two();
    let canary = b"CANARY-of-the-wrong-folder".as_slice();
    house.receive("Олена", &[("right.txt", b"right".as_slice())]);
    let before = house.open("Олена").checkpoint().unwrap();
    house.receive("Олена", &[("wrong/CANARY-name.txt", canary), ("wrong/large", &[7; 90_000])]);
    let keys: Vec<_> = house.open("Олена").keyring().own_accessions().to_vec();
    let wrong = house.key_of("Олена", &r("A2"));
    let stolen = house.rows_of(wrong);
    assert!(keys.contains(&wrong));

    let id = waiting(house.open("Олена").propose(erase(&["A2"]), "the wrong folder", false).unwrap());
    assert!(matches!(house.open("Олена").agree(id), Err(ProposeError::NotYours)));
    let mut bohdan = house.open("Богдан");
    assert!(matches!(bohdan.propose(erase(&["A2"]), "not mine", false), Err(ProposeError::Erase(_))));
    assert_eq!(bohdan.agree(id).unwrap(), Outcome::Done);
    assert!(matches!(house.open("Богдан").agree(id), Err(ProposeError::NoSuchProposal(_))));

    assert!(!house.layout().held_key(wrong).exists());
    assert!(!house.layout().fold(wrong).exists());
    assert_eq!(house.objects().len(), 1, "only the right accession's pack is left");
    assert_eq!(house.unfinished(), 0);
    assert!(house.rows_of(wrong).iter().all(|row| row.body.is_none()));
    house.finds_nowhere(b"CANARY");
    for body in stolen.iter().filter_map(|row| row.body.as_ref()) {
        house.finds_nowhere(&body[..32]);
    }
    house.proves_since(&before);
    let tombstones = house.tombstones("Богдан");
    assert_eq!(tombstones.len(), 1);
    let erased: BTreeSet<u64> = stolen.iter().filter(|row| row.body.is_some()).map(|row| row.seq).collect();
    assert_eq!(tombstones[0].entries.iter().copied().collect::<BTreeSet<_>>(), erased);
    assert_eq!(tombstones[0].agreed_by, Some(bohdan.keyring().member()));
    let mut olena = house.open("Олена");
    assert_eq!(olena.read(&r("A1-1")).as_deref(), Some(b"right".as_slice()));
    assert_eq!(olena.finish_erasures().unwrap(), 0);
    house.receive("Олена", &[("next", b"next".as_slice())]);
    assert_eq!(
        house.open("Олена").read(&r("A3-1")).as_deref(),
        Some(b"next".as_slice()),
        "numbers are not reused"
    );
    house.is_sound_for(&["Олена", "Богдан"]);
}

#[test]
fn the_only_member_confirms_and_the_tombstone_says_so() {
    let house = House::of_one();
    house.receive("Олена", &[("a.txt", b"one".as_slice())]);
    let mut olena = house.open("Олена");
    assert_eq!(olena.propose(erase(&["A1"]), "a mistake", false).unwrap(), Outcome::Confirm);
    assert_eq!(olena.propose(erase(&["A1"]), "a mistake", true).unwrap(), Outcome::Done);
    assert_eq!(olena.propose(erase(&["A1"]), "a mistake", true).unwrap(), Outcome::Done);
    assert!(matches!(olena.propose(erase(&["A4"]), "a mistake", true), Err(ProposeError::Erase(_))));
    assert!(matches!(olena.propose(erase(&["A1"]), "", true), Err(ProposeError::NoReason)));
    assert_eq!(house.tombstones("Олена")[0].agreed_by, None);
    assert!(house.objects().is_empty());
    house.is_sound_for(&["Олена"]);
}

#[test]
fn one_item_leaves_a_pack_and_its_neighbours_stay() {
    let house = House::of_two();
    let large = vec![3; 100_000];
    let files = [
        ("1.txt", b"first CANARY".as_slice()),
        ("2.txt", b"second"),
        ("3.txt", b"second"),
        ("4.bin", &large),
        ("5.bin", &large),
        ("6.txt", b"sixth"),
    ];
    house.receive("Олена", &files);
    let mut olena = house.open("Олена");
    olena.release(&r("A1")).unwrap();
    olena.withdraw(&[r("A1-1")], "CANARY of a reason").unwrap();
    let before = olena.checkpoint().unwrap();
    let objects = house.objects();
    assert_eq!(objects.len(), 2);

    // The pack is written again without the first; a copy keeps the bytes of what it was copied from.
    let mut bohdan = house.open("Богдан");
    let id = waiting(bohdan.propose(erase(&["A1-1", "A1-2", "A1-4"]), "a witness withdrew", false).unwrap());
    assert_eq!(olena.agree(id).unwrap(), Outcome::Done);
    for (item, bytes) in [("A1-3", b"second".as_slice()), ("A1-5", &large), ("A1-6", b"sixth")] {
        assert_eq!(olena.read(&r(item)).as_deref(), Some(bytes), "{item}");
        assert_eq!(house.open("Богдан").read(&r(item)).as_deref(), Some(bytes), "{item}");
    }
    assert_eq!(olena.read(&r("A1-1")), None);
    assert_eq!(bohdan.read(&r("A1-1")), None);
    let now = house.objects();
    assert_eq!(now.len(), 2);
    assert_eq!(now.intersection(&objects).count(), 1, "the large object has another user, the pack is new");
    house.no_object_holds("Олена", &r("A1"), b"first CANARY");
    house.proves_since(&before);
    house.folds_alike("Олена");

    // The last copy takes the object along, and the last of the pack the pack.
    let id = waiting(bohdan.propose(erase(&["A1-5", "A1-3", "A1-6"]), "all of it", false).unwrap());
    olena.agree(id).unwrap();
    assert!(house.objects().is_empty());
    assert_eq!(house.unfinished(), 0);
    house.folds_alike("Олена");
    house.is_sound_for(&["Олена", "Богдан"]);
}

#[test]
fn of_an_unreleased_accession_the_registrar_erases_an_item_when_another_agreed() {
    let house = House::of_two();
    house.receive("Олена", &[("1.txt", b"first".as_slice()), ("2.txt", b"second")]);
    let id = waiting(house.open("Олена").propose(erase(&["A1-1"]), "a slip", false).unwrap());
    let mut bohdan = house.open("Богдан");
    assert_eq!(bohdan.agree(id).unwrap(), Outcome::Waiting(id));
    let mut olena = house.open("Олена");
    assert_eq!(olena.read(&r("A1-1")).as_deref(), Some(b"first".as_slice()));
    assert_eq!(olena.finish_erasures().unwrap(), 1);
    assert_eq!(olena.finish_erasures().unwrap(), 0);
    assert_eq!(olena.read(&r("A1-1")), None);
    assert_eq!(olena.read(&r("A1-2")).as_deref(), Some(b"second".as_slice()));
    assert_eq!(house.objects().len(), 1);
    olena.release(&r("A1")).unwrap();
    assert_eq!(house.open("Богдан").read(&r("A1-2")).as_deref(), Some(b"second".as_slice()));
    assert_eq!(house.open("Богдан").read(&r("A1-1")), None);
    assert_eq!(house.tombstones("Богдан")[0].agreed_by, Some(bohdan.keyring().member()));
    house.is_sound_for(&["Олена", "Богдан"]);
}

#[test]
fn a_copy_in_another_accession_keeps_its_own_object() {
    let house = House::of_one();
    house.receive("Олена", &[("a", b"the same bytes".as_slice())]);
    house.receive("Олена", &[("b", b"the same bytes".as_slice())]);
    let mut olena = house.open("Олена");
    olena.propose(erase(&["A1"]), "a mistake", true).unwrap();
    assert_eq!(olena.read(&r("A2-1")).as_deref(), Some(b"the same bytes".as_slice()));
    house.is_sound_for(&["Олена"]);
}

#[test]
fn a_removed_member_opens_nothing_that_is_recorded_after() {
    let house = House::of_two();
    house.admit("Віра", ["Олена", "Богдан"]);
    house.receive("Олена", &[("a.txt", b"before".as_slice())]);
    house.open("Олена").release(&r("A1")).unwrap();
    house.receive("Віра", &[("hers.txt", b"hers alone".as_slice())]);
    let vira = house.open("Віра");
    let saved = vira.keyring().compartments().flat_map(|held| held.generations.clone());
    let saved: Vec<_> = saved.map(|key| house.unwrap("Віра", key)).collect();
    let gone = vira.keyring().member();
    drop(vira);

    let mut watching = house.open("Богдан");
    let mut still_open = house.open("Віра");
    let mark = Change::Withdraw(Withdrawal { about: vec![r("A1-1")], reason: "hers".into() });
    let main = CompartmentId::main();
    let draft = Draft { key: still_open.current(&main).unwrap(), compartment: main, change: mark };
    let id =
        waiting(house.open("Олена").propose(Action::RemoveMember { member: gone }, "left", false).unwrap());
    assert!(matches!(house.open("Віра").agree(id), Err(ProposeError::NotYours)));
    assert_eq!(house.open("Богдан").agree(id).unwrap(), Outcome::Done);
    assert!(house.try_open("Віра").is_err());
    assert!(still_open.record(Act::of(vec![draft], Vec::new())).is_err(), "she records nothing more");
    assert!(house.layout().removed_member(gone).exists(), "nobody else can open what she did not release");

    // Recorded after: under keys that she has not.
    house.receive("Олена", &[("b.txt", b"after".as_slice())]);
    let released = house.key_of("Олена", &r("A3"));
    house.open("Олена").release(&r("A3")).unwrap();
    let wraps: Vec<_> = std::fs::read_dir(house.layout().held_key(released)).unwrap().collect();
    assert_eq!(wraps.len(), 1);
    let wrap = std::fs::read(wraps[0].as_ref().unwrap().path()).unwrap();
    assert!(saved.iter().all(|identity| decrypt_to_vec(&wrap, identity).is_err()));
    // The others read on: what was before, what is after, also where the archive stood open all the time.
    for archive in [&mut watching, &mut house.open("Олена")] {
        assert_eq!(archive.read(&r("A1-1")).as_deref(), Some(b"before".as_slice()));
        assert_eq!(archive.read(&r("A3-1")).as_deref(), Some(b"after".as_slice()));
        archive.finish_removals().unwrap();
    }
    assert_eq!(watching.register().present().count(), 2);
    house.folds_alike("Олена");

    // A name is free again; nobody removes the last member, or themselves by agreeing.
    house.admit("Віра", ["Олена", "Богдан"]);
    assert_eq!(house.open("Віра").read(&r("A1-1")).as_deref(), Some(b"before".as_slice()));
    house.is_sound_for(&["Олена", "Богдан"]);
}

#[test]
fn members_are_added_by_one_and_later_by_two() {
    let house = House::of_one();
    let mut olena = house.open("Олена");
    let add = |archive: &mut Archive, name: &str| {
        archive.add_member(name, &house::passphrase(name), &house::KDF, &[])
    };
    assert!(matches!(add(&mut olena, "Олена"), Err(AddMemberError::Propose(ProposeError::NameTaken(_)))));
    assert!(matches!(add(&mut olena, "a\nb"), Err(AddMemberError::Name)));
    let me = olena.keyring().member();
    let last = olena.propose(Action::RemoveMember { member: me }, "alone", true);
    assert!(matches!(last, Err(ProposeError::LastMember)));
    assert_eq!(add(&mut olena, "Богдан").unwrap().0, Outcome::Done);
    let id = waiting(add(&mut olena, "Віра").unwrap().0);
    assert!(house.try_open("Віра").is_err());
    assert_eq!(house.open("Богдан").agree(id).unwrap(), Outcome::Done);
    assert_eq!(house.open("Віра").register().present().count(), 3);
    house.is_sound_for(&["Олена"]);
}

#[test]
fn the_check_names_what_a_changed_program_did_without_a_second_member() {
    let house = House::of_two();
    house.receive("Олена", &[("a.txt", b"one".as_slice())]);
    house.open("Олена").release(&r("A1")).unwrap();
    let mut olena = house.open("Олена");
    let named = waiting(olena.set_keyholders(&house::keyholders(3), "begun", false).unwrap().outcome);
    house.open("Богдан").agree(named).unwrap();
    olena.refresh().unwrap();
    house.is_sound_for(&["Олена", "Богдан"]);

    let bogdan = house.open("Богдан").keyring().member();
    let me = olena.keyring().member();
    let again = Change::Keyholders(crate::init::describe_keyholders(&house::keyholders(2)));
    let known = olena.register().members[&bogdan].member.clone();
    let added = Change::Member(Member { member: "0011223344556677".parse().unwrap(), ..known });
    let gone = Erasure {
        about: vec![r("A1-1")],
        entries: Vec::new(),
        reason: "hers".into(),
        proposed_by: me,
        agreed_by: Some(bogdan),
    };
    let (main, register) = (CompartmentId::main(), CompartmentId::register());
    let changes = [(&register, again), (&register, added), (&main, Change::Erasure(gone))];
    let drafts = changes.map(|(compartment, change)| Draft {
        key: olena.current(compartment).unwrap(),
        compartment: compartment.clone(),
        change,
    });
    olena.record(Act::of(drafts.into(), Vec::new())).unwrap();
    let checked = house.open("Богдан").check(false, &mut |_| {});
    let named =
        |word: &str| checked.problems.iter().any(|problem| problem.problem.to_string().contains(word));
    for word in ["exchanges the keyholders", "adds a member", "it erases"] {
        assert!(named(word), "{word}: {:#?}", checked.problems);
    }
}

#[test]
fn of_two_members_neither_removes_the_other() {
    let house = House::of_two();
    for (who, other) in [("Олена", "Богдан"), ("Богдан", "Олена")] {
        let member = house.open(other).keyring().member();
        let refused = house.open(who).propose(Action::RemoveMember { member }, "left", true);
        assert!(matches!(refused, Err(ProposeError::NobodyCanAgree)));
    }
    house.is_sound_for(&["Олена", "Богдан"]);
}

#[test]
fn no_letter_is_given_twice() {
    let house = House::of_two();
    let mut olena = house.open("Олена");
    let mut bohdan = house.open("Богдан");
    let (me, other) = (olena.keyring().member(), bohdan.keyring().member());
    assert!(matches!(olena.new_compartment("x", None, &[other]), Err(NewCompartmentError::NotAmong)));
    assert!(matches!(olena.new_compartment("x", Some('в'), &[me]), Err(NewCompartmentError::NotALetter(_))));
    olena.new_compartment("one", None, &[me]).unwrap();
    let taken = bohdan.new_compartment("two", Some('A'), &[other]);
    assert!(matches!(taken, Err(NewCompartmentError::LetterTaken('A'))));
    let two = bohdan.new_compartment("two", None, &[other]).unwrap();
    assert_eq!(bohdan.keyring().compartment(&two).unwrap().letter, Some('B'));
    assert_eq!(house.open("Олена").keyring().compartments().count(), 3);
    assert_eq!(bohdan.share(&two, me).unwrap(), crate::Effect::Done);
    assert_eq!(bohdan.share(&two, me).unwrap(), crate::Effect::NothingToDo);
    assert_eq!(house.open("Олена").keyring().compartment(&two).unwrap().name, "two");
    house.is_sound_for(&["Олена", "Богдан"]);
}

#[test]
fn a_forged_note_of_work_destroys_nothing_that_is_needed() {
    let house = House::of_one();
    house.receive("Олена", &[("1", b"one".as_slice())]);
    let mut olena = house.open("Олена");
    olena.release(&r("A1")).unwrap();
    let key = house.key_of("Олена", &r("A1"));
    house.receive("Олена", &[("2", b"two".as_slice())]);
    olena.propose(erase(&["A2"]), "a mistake", true).unwrap();
    let row = house.tombstones("Олена")[0].entries[0];
    let mut note = WorkNote { row, ..WorkNote::default() };
    note.then.keys.insert(key);
    note.then.objects.extend(house.objects());
    olena.note_work("forged", &CompartmentId::main(), Vec::new(), note).unwrap();
    olena.finish_erasures().unwrap();
    assert_eq!(house.open("Олена").read(&r("A1-1")).as_deref(), Some(b"one".as_slice()));
    house.is_sound_for(&["Олена"]);
}

#[test]
fn a_compartment_that_the_agreeing_member_does_not_hold_gets_its_new_key_from_one_who_does() {
    let house = House::of_two();
    house.admit("Віра", ["Олена", "Богдан"]);
    let mut olena = house.open("Олена");
    let (me, gone) = (olena.keyring().member(), house.open("Віра").keyring().member());
    let victims = olena.new_compartment("victims", None, &[me, gone]).unwrap();
    let old = olena.keyring().compartment(&victims).unwrap().current();
    let kept = house.unwrap("Віра", old);
    // Bohdan tries to slip in: holders are taken from the records, not from the key store.
    let mut bohdan = house.open("Богдан");
    let slip = house.layout().wrap(old, &bohdan.keyring().member().to_string());
    std::fs::write(&slip, b"not even a wrap").unwrap();

    let id = waiting(olena.propose(Action::RemoveMember { member: gone }, "left", false).unwrap());
    assert_eq!(bohdan.agree(id).unwrap(), Outcome::Done);
    std::fs::remove_file(&slip).unwrap();
    house.receive("Олена", &[("1", b"one".as_slice())]);
    let mut olena = house.open("Олена");
    olena.move_into(&[r("A1")], &victims, &mut |_| {}).unwrap();
    let new = olena.keyring().compartment(&victims).unwrap().current();
    assert_ne!(new, old);
    assert_eq!(olena.holders(&victims).unwrap(), BTreeSet::from([me]));
    let key = house.key_of("Олена", &r("A1"));
    let wrap = std::fs::read(house.layout().wrap(key, &new.to_string())).unwrap();
    assert!(decrypt_to_vec(&wrap, &kept).is_err());
    assert_eq!(house.open("Олена").read(&r("A1-1")).as_deref(), Some(b"one".as_slice()));
    house.is_sound_for(&["Олена", "Богдан"]);
}

#[test]
fn what_a_killed_receiving_wrote_and_never_recorded_is_erased_too() {
    let house = House::of_two();
    house.receive("Олена", &[("a.txt", b"one".as_slice())]);
    let recipient = house.unwrap("Олена", house.key_of("Олена", &r("A1"))).recipient();
    let (sealed, _) = encrypt_to_vec(&[recipient], b"two", &mut Entropy::from_seed(&[3; 32])).unwrap();
    let vault = FolderVault::open(&house.layout().objects()).unwrap();
    let mut writer = vault.put(&ObjectName::from_bytes([7; 16])).unwrap();
    writer.write_all(&sealed).unwrap();
    writer.finish().unwrap();
    assert_eq!(house.objects().len(), 2);

    let id = waiting(house.open("Олена").propose(erase(&["A1"]), "the wrong folder", false).unwrap());
    house.open("Богдан").agree(id).unwrap();
    assert!(house.objects().is_empty());
    house.is_sound_for(&["Олена", "Богдан"]);
}

#[test]
fn a_member_whose_way_into_main_was_taken_away_is_told() {
    let house = House::of_two();
    house.receive("Олена", &[("a.txt", b"one".as_slice())]);
    house.admit("Віра", ["Олена", "Богдан"]);
    let gone = house.open("Віра").keyring().member();
    let id =
        waiting(house.open("Олена").propose(Action::RemoveMember { member: gone }, "left", false).unwrap());
    house.open("Богдан").agree(id).unwrap();
    house.open("Олена").release(&r("A1")).unwrap();
    house.is_sound_for(&["Олена", "Богдан"]);

    let bohdan = house.open("Богдан");
    let me = bohdan.keyring().member().to_string();
    let generations = bohdan.keyring().compartment(&CompartmentId::main()).unwrap().generations.clone();
    assert_eq!(generations.len(), 2);
    for generation in generations {
        let wrap = house.layout().wrap(generation, &me);
        let kept = std::fs::read(&wrap).unwrap();
        std::fs::remove_file(&wrap).unwrap();
        let checked = house.open("Богдан").check(true, &mut |_| {});
        let named = format!("key held/{generation}/{me}.age");
        assert!(checked.problems.iter().any(|problem| problem.reference == named), "{:#?}", checked.problems);
        std::fs::write(&wrap, kept).unwrap();
    }
    house.is_sound_for(&["Олена", "Богдан"]);
}
