//! What is moved is read where it went, and nowhere else.

use super::*;

#[test]
fn an_item_moves_to_a_compartment_that_fewer_hold() {
    let house = House::of_two();
    let large = vec![9; 300_000];
    let files = [("1", b"for few eyes".as_slice()), ("2", b"for all"), ("3", &large), ("4", &large)];
    house.receive("Олена", &files);
    let mut olena = house.open("Олена");
    olena.release(&r("A1")).unwrap();
    let mut bohdan = house.open("Богдан");
    assert!(bohdan.read(&r("A1-1")).is_some());
    let old = house.key_of("Богдан", &r("A1"));
    let old_identity = house.unwrap("Богдан", old);
    let before = olena.checkpoint().unwrap();

    let me = olena.keyring().member();
    let vault = olena.new_compartment("victims", None, &[me]).unwrap();
    assert!(matches!(bohdan.move_into(&[r("A1-1")], &vault, &mut |_| {}), Err(MoveError::NotHeld)));
    for _ in 0..2 {
        olena.move_into(&[r("A1-1"), r("A1-3")], &vault, &mut |_| {}).unwrap();
    }
    for (item, bytes) in files.iter().enumerate().map(|(n, (_, bytes))| (format!("A1-{}", n + 1), bytes)) {
        assert_eq!(olena.read(&r(&item)).as_deref(), Some(*bytes), "{item}");
        let visible = ["A1-2", "A1-4"].contains(&item.as_str());
        for bohdan in [&mut bohdan, &mut house.open("Богдан")] {
            assert_eq!(bohdan.read(&r(&item)).is_some(), visible, "{item}");
        }
    }
    // The accession is still where it begins, though a part of it is read elsewhere too.
    assert_eq!(olena.resolve(&r("A1")).unwrap().compartment, CompartmentId::main());
    assert_eq!(olena.resolve(&r("A1-1")).unwrap().compartment, vault);
    // Neither rows nor objects open with the key that Bohdan had.
    assert!(!house.any_row_tells(&old_identity, &r("A1-1")));
    assert!(house.any_row_tells(&old_identity, &r("A1-2")));
    house.no_object_opens_with(&old_identity, b"for few eyes");
    assert_eq!(house.unfinished(), 0);
    house.proves_since(&before);
    house.folds_alike("Олена");
    house.folds_alike("Богдан");

    // And back again, under the same reference.
    olena.move_into(&[r("A1-1")], &CompartmentId::main(), &mut |_| {}).unwrap();
    assert_eq!(bohdan.read(&r("A1-1")).as_deref(), Some(b"for few eyes".as_slice()));
    assert_eq!(house.open("Богдан").read(&r("A1-1")).as_deref(), Some(b"for few eyes".as_slice()));
    house.folds_alike("Олена");
    house.folds_alike("Богдан");
    // Erasing the accession where it is takes what came back along, and leaves what is elsewhere.
    let id = waiting(olena.propose(erase(&["A1"]), "gone", false).unwrap());
    bohdan.agree(id).unwrap();
    assert_eq!((olena.read(&r("A1-1")), olena.read(&r("A1-2"))), (None, None));
    assert_eq!(olena.read(&r("A1-3")).as_deref(), Some(large.as_slice()));
    assert_eq!(house.objects().len(), 1);
    house.is_sound_for(&["Олена", "Богдан"]);
}

#[test]
fn progress_of_a_move_ends_where_it_said_it_would() {
    let house = House::of_two();
    house.receive("Олена", &[("1", b"one".as_slice()), ("2", b"three"), ("3", b"one"), ("4", b"stays")]);
    let mut olena = house.open("Олена");
    olena.release(&r("A1")).unwrap();
    let me = olena.keyring().member();
    let vault = olena.new_compartment("victims", None, &[me]).unwrap();
    let mut seen = Vec::new();
    olena.move_into(&[r("A1-1"), r("A1-2"), r("A1-3")], &vault, &mut |at| seen.push(at)).unwrap();
    let last = seen.last().expect("it moved something");
    assert_eq!((last.accession.clone(), last.bytes, last.bytes_total), (r("A1"), 8, 8));
}

#[test]
fn a_copy_of_what_fewer_hold_does_not_say_so() {
    let house = House::of_two();
    house.receive("Олена", &[("a.txt", b"known to few".as_slice())]);
    house.receive("Олена", &[("c.txt", b"known to all".as_slice())]);
    let mut olena = house.open("Олена");
    olena.release(&r("A1")).unwrap();
    olena.release(&r("A2")).unwrap();
    let me = olena.keyring().member();
    let vault = olena.new_compartment("victims", None, &[me]).unwrap();
    olena.move_into(&[r("A1")], &vault, &mut |_| {}).unwrap();
    // Everything that she can read is open now.
    olena.fold_all().unwrap();
    let disk = tempfile::tempdir().unwrap();
    std::fs::write(disk.path().join("b.txt"), b"known to few").unwrap();
    let request = crate::receive::Receive {
        paths: vec![disk.path().to_owned()],
        giver: None,
        note: None,
        new: false,
        into: CompartmentId::main(),
    };
    let received = olena.receive(&request, &mut |_| {}).unwrap();
    assert_eq!((received.taken, received.copies), (1, 0));
    house.is_sound_for(&["Олена", "Богдан"]);
}

#[test]
fn a_whole_accession_moves_and_its_old_key_is_destroyed() {
    let house = House::of_two();
    house.receive("Олена", &[("1", b"one".as_slice()), ("2", b"two")]);
    let mut olena = house.open("Олена");
    let old = house.key_of("Олена", &r("A1"));
    let ids: Vec<_> = olena.register().present().map(|member| member.member).collect();
    let victims = olena.new_compartment("victims", Some('V'), &ids).unwrap();
    assert!(matches!(olena.move_into(&[r("A1-1")], &victims, &mut |_| {}), Err(MoveError::NotReleased(_))));
    olena.withdraw(&[r("A1")], "not yet").unwrap();
    olena.move_into(&[r("A1")], &victims, &mut |_| {}).unwrap();
    assert!(!house.layout().held_key(old).exists());
    assert!(olena.keyring().own_accessions().is_empty());
    let mut bohdan = house.open("Богдан");
    assert_eq!(bohdan.read(&r("A1-2")).as_deref(), Some(b"two".as_slice()));
    assert!(bohdan.is_withdrawn(&r("A1-2")));
    house.receive("Олена", &[("3", b"three".as_slice())]);
    assert!(house.open("Олена").read(&r("A2-1")).is_some(), "the number stays taken");
    house.folds_alike("Богдан");
    house.is_sound_for(&["Олена", "Богдан"]);
}

#[test]
fn what_moves_on_leaves_nothing_in_the_catalogue_between() {
    let house = House::of_two();
    house.receive("Олена", &[("1", b"one".as_slice()), ("2", b"two"), ("3", b"three")]);
    let mut olena = house.open("Олена");
    olena.release(&r("A1")).unwrap();
    let me = olena.keyring().member();
    let [first, second] =
        ["victims", "witnesses"].map(|name| olena.new_compartment(name, None, &[me]).unwrap());
    // Together they have one record of new places, and then go apart.
    olena.move_into(&[r("A1-1"), r("A1-2")], &first, &mut |_| {}).unwrap();
    olena.fold_all().unwrap();
    for item in ["A1-1", "A1-2"] {
        olena.move_into(&[r(item)], &second, &mut |_| {}).unwrap();
        olena.fold_all().unwrap();
        house.folds_alike("Олена");
        house.is_sound_for(&["Олена", "Богдан"]);
    }
    assert_eq!(olena.read(&r("A1-2")).as_deref(), Some(b"two".as_slice()));
}
