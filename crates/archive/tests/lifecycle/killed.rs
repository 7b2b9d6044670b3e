//! The program is killed between any two steps of a command: nothing is lost, and the same command finishes it.

use std::fs;

use super::house::{House, files, passphrase};
use super::{erase, r};
use crate::check::{Checker, check_folder};
use crate::{Archive, crash};
use vidimus_model::{Action, CompartmentId};

/// Kills `command` at every step, repeats it, and asks `is_done` of what came of it.
pub(super) fn killed_everywhere(
    house: &House,
    member: &str,
    command: impl Fn(&mut Archive),
    is_done: impl Fn(&House),
) {
    for step in 0.. {
        let copy = house.copy();
        let mut archive = copy.open(member);
        let ended = crash::killed_at(step, std::panic::AssertUnwindSafe(|| command(&mut archive)));
        drop(archive);
        if !ended {
            copy.is_harmed_nowhere(&["Олена", "Богдан"], step);
        }
        command(&mut copy.open(member));
        is_done(&copy);
        copy.is_sound_for(&["Олена", "Богдан"]);
        assert_eq!(copy.unfinished(), 0, "at step {step}");
        if ended {
            assert!(step > 2, "the command takes steps");
            return;
        }
    }
}

fn house() -> House {
    let house = House::of_two();
    let large = vec![4; 70_000];
    house.receive("Олена", &[("1", b"first".as_slice()), ("2", b"second"), ("3", &large)]);
    house
}

fn agree(archive: &mut Archive) {
    archive.finish_erasures().unwrap();
    archive.finish_removals().unwrap();
    if let Some(id) = archive.register().waiting.keys().next().copied() {
        archive.agree(id).unwrap();
    }
}

#[test]
fn while_releasing() {
    let release = |archive: &mut Archive| assert!(archive.release(&r("A1")).is_ok());
    killed_everywhere(&house(), "Олена", release, |house| {
        assert_eq!(house.open("Богдан").read(&r("A1-1")).as_deref(), Some(b"first".as_slice()));
        assert!(house.open("Олена").keyring().own_accessions().is_empty());
    });
}

#[test]
fn while_erasing_an_accession() {
    let house = house();
    house.open("Олена").propose(erase(&["A1"]), "the wrong folder", false).unwrap();
    killed_everywhere(&house, "Богдан", agree, |house| assert!(house.objects().is_empty()));
}

#[test]
fn while_erasing_an_item_of_a_pack() {
    let house = house();
    house.open("Олена").release(&r("A1")).unwrap();
    house.open("Олена").propose(erase(&["A1-1", "A1-3"]), "a witness withdrew", false).unwrap();
    killed_everywhere(&house, "Богдан", agree, |house| {
        let mut archive = house.open("Богдан");
        assert_eq!((archive.read(&r("A1-1")), archive.read(&r("A1-3"))), (None, None));
        assert_eq!(archive.read(&r("A1-2")).as_deref(), Some(b"second".as_slice()));
        assert_eq!(house.objects().len(), 1);
        assert_eq!(house.tombstones("Богдан").len(), 1);
    });
}

#[test]
fn what_was_interrupted_is_called_so_with_who_began_it() {
    let house = house();
    house.open("Олена").release(&r("A1")).unwrap();
    house.open("Олена").propose(erase(&["A1-1"]), "a witness withdrew", false).unwrap();
    for step in 0.. {
        let copy = house.copy();
        let mut archive = copy.open("Богдан");
        let ended = crash::killed_at(step, std::panic::AssertUnwindSafe(|| agree(&mut archive)));
        drop(archive);
        let noted = copy.unfinished() > 0;
        // A member who opens the archive finishes it; whoever looks at the folder alone sees it as it lies.
        let passphrase = passphrase("Олена");
        let checker = Checker { member: Some("Олена"), passphrase: &passphrase };
        let state = copy.archive().with_file_name("state");
        let checked = check_folder(&copy.archive(), &state, Some(checker), true, &mut |_| {});
        let pending: Vec<_> = checked.pending.iter().map(ToString::to_string).collect();
        let interrupted = "erasing or moving A1-1 was interrupted: Богдан began it on ";
        assert_eq!(pending.iter().any(|text| text.starts_with(interrupted)), noted, "{step}: {pending:?}");
        let sound: Vec<_> = checked.still_sound.iter().map(ToString::to_string).collect();
        assert!(!sound.iter().any(|text| text.contains("left over") && text.contains("object")), "{sound:?}");
        if ended {
            assert_eq!(pending, [""; 0], "at step {step}");
            return;
        }
    }
}

#[test]
fn while_moving_an_item_and_a_whole() {
    let house = house();
    let mut olena = house.open("Олена");
    olena.release(&r("A1")).unwrap();
    let me = olena.keyring().member();
    let to = olena.new_compartment("victims", None, &[me]).unwrap();
    drop(olena);
    for about in ["A1-1", "A1"] {
        let go = |archive: &mut Archive| assert!(archive.move_into(&[r(about)], &to, &mut |_| {}).is_ok());
        killed_everywhere(&house, "Олена", go, |house| {
            let mut olena = house.open("Олена");
            assert_eq!(olena.read(&r("A1-1")).as_deref(), Some(b"first".as_slice()));
            assert_eq!(olena.read(&r("A1-2")).as_deref(), Some(b"second".as_slice()));
            assert_eq!(house.open("Богдан").read(&r("A1-1")), None);
            assert_eq!(house.objects().len(), if about == "A1" { 2 } else { 3 });
        });
    }
}

#[test]
fn while_removing_a_member() {
    let house = house();
    house.open("Олена").release(&r("A1")).unwrap();
    house.admit("Віра", ["Олена", "Богдан"]);
    let member = house.open("Віра").keyring().member();
    house.open("Олена").propose(Action::RemoveMember { member }, "left", false).unwrap();
    killed_everywhere(&house, "Богдан", agree, |house| {
        assert!(house.try_open("Віра").is_err());
        assert!(!house.layout().member(member).exists());
        let archive = house.open("Олена");
        let held = archive.keyring().compartment(&CompartmentId::main()).unwrap();
        assert_eq!(held.generations.len(), 2);
        assert_eq!(house.open("Олена").read(&r("A1-2")).as_deref(), Some(b"second".as_slice()));
    });
}

#[test]
fn while_admitting_a_member() {
    let house = house();
    house
        .open("Олена")
        .add_member("Віра", &super::house::passphrase("Віра"), &super::house::KDF, &[])
        .unwrap();
    killed_everywhere(&house, "Богдан", agree, |house| {
        assert_eq!(house.open("Віра").register().present().count(), 3);
    });
}

#[test]
fn whoever_opens_next_takes_away_what_was_written_aside_of_keys_but_not_what_is_being_written() {
    let house = House::of_two();
    let keys = house.layout().keys();
    let mut left = Vec::new();
    for path in files(&keys) {
        left.push(path.with_file_name("00112233445566ff.age.99-0.aside"));
        fs::write(left.last().unwrap(), b"a key, sealed").unwrap();
    }
    assert!(left.len() > 3, "members, wraps and signing keys");
    let living = keys.join("members/0011223344556677.json.99-1.aside");
    let written = fs::File::create(&living).unwrap();
    written.lock().unwrap();
    drop(house.open("Богдан"));
    assert!(left.iter().all(|path| !path.exists()));
    assert!(living.exists());
    drop(written);
    drop(house.open("Богдан"));
    assert!(!living.exists());
}

#[test]
fn what_is_erased_while_a_check_runs_is_not_called_missing_and_what_was_lost_before_is() {
    let house = House::of_one();
    house.receive("Олена", &[("1", [1; 70_000].as_slice())]);
    house.receive("Олена", &[("2", [2; 70_000].as_slice())]);
    let passphrase = passphrase("Олена");
    let check = || {
        let checker = Checker { member: Some("Олена"), passphrase: &passphrase };
        let checked = check_folder(&house.archive(), &house.state(), Some(checker), false, &mut |_| {});
        let named: Vec<_> = checked.problems.iter().map(|problem| problem.reference.clone()).collect();
        let unknown = checked.unknown.iter().any(|text| text.to_string().contains("while the check ran"));
        (named, unknown)
    };
    let mut olena = house.open("Олена");
    let erased = move || assert!(olena.propose(erase(&["A1"]), "a private letter", true).is_ok());
    after_the_records_are_read(erased);
    assert_eq!(check(), (Vec::new(), true));

    let [object] = files(&house.archive().join("objects")).try_into().unwrap();
    fs::remove_file(object).unwrap();
    let mut olena = house.open("Олена");
    after_the_records_are_read(move || assert!(olena.withdraw(&[r("A2")], "the wrong folder").is_ok()));
    assert_eq!(check(), (vec!["A2-1".to_owned()], false));
}

#[test]
fn what_is_moved_before_a_check_reads_the_records_has_a_key_that_came_meanwhile() {
    let house = House::of_one();
    let mut olena = house.open("Олена");
    let me = olena.keyring().member();
    let to = olena.new_compartment("victims", None, &[me]).unwrap();
    house.receive("Олена", &[("1", b"first")]);
    let passphrase = passphrase("Олена");
    crash::meanwhile(move || assert!(olena.move_into(&[r("A1")], &to, &mut |_| {}).is_ok()));
    let checker = Checker { member: Some("Олена"), passphrase: &passphrase };
    let checked = check_folder(&house.archive(), &house.state(), Some(checker), false, &mut |_| {});
    assert!(checked.problems.is_empty(), "{:#?}", checked.problems);
    house.is_sound_for(&["Олена"]);
}

/// A check has two steps: the keys are read before the first, the records before the second.
fn after_the_records_are_read(then: impl FnOnce() + 'static) {
    crash::meanwhile(move || crash::meanwhile(then));
}
