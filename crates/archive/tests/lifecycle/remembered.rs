//! Somebody with the disk takes a member's keys away, or puts a stranger's in their place: what is remembered, and what they said
//! themselves, betrays it; and nothing else destroys a key that is needed.

use std::fs;
use std::path::PathBuf;

use rusqlite::Connection;
use vidimus_model::{CompartmentId, KeyId};
use vidimus_seal::age::{Identity, encrypt_to_vec};
use vidimus_seal::member::{self, MemberKeys};
use vidimus_seal::{Entropy, RecoveryCode};

use vidimus_seal::wrap;

use super::forks::open_elsewhere;
use super::house::{House, KDF, files};
use super::r;

#[test]
fn who_held_a_compartment_here_is_told_that_its_key_is_gone() {
    let house = House::of_two();
    house.receive("Олена", &[("a.txt", b"one".as_slice())]);
    let mut olena = house.open("Олена");
    let both = ["Олена", "Богдан"].map(|name| house.open(name).keyring().member());
    let shared: CompartmentId = olena.new_compartment("victims", None, &both).unwrap();
    let key = olena.current(&shared).unwrap();
    drop(olena);
    house.is_sound_for(&["Олена", "Богдан"]);

    for (name, member) in ["Олена", "Богдан"].iter().zip(both) {
        let copy = house.copy();
        fs::remove_file(copy.layout().wrap(key, &member.to_string())).unwrap();
        let missing = |copy: &House| {
            let checked = copy.open(name).check(false, &mut |_| {});
            let of_it = format!("key held/{key}/{member}.age");
            checked.problems.iter().any(|problem| problem.reference == of_it)
        };
        assert!(missing(&copy), "{name}");
        assert!(missing(&copy), "{name}: it is not forgotten when it was told");
        // Where nothing was remembered nothing can be: the other holder's check says it.
        for file in files(&copy.state()) {
            if file.file_name().unwrap().to_str().unwrap().starts_with("held-") {
                fs::remove_file(file).unwrap();
            }
        }
        assert!(!missing(&copy), "{name}");
    }
}

/// A stranger's file in the place of whatever opens a key.
fn stolen(house: &House, key: KeyId) {
    let (folder, stranger) =
        (house.layout().held_key(key), Identity::generate(&mut Entropy::from_seed(&[8; 32])));
    files(&folder).iter().for_each(|file| fs::remove_file(file).unwrap());
    let mut entropy = Entropy::from_seed(&[9; 32]);
    let (wrap, _) = encrypt_to_vec(&[stranger.recipient()], &[7; 32], &mut entropy).unwrap();
    fs::write(folder.join("0123456789abcdef.age"), wrap).unwrap();
}

/// The same under an id that nothing had yet.
fn stolen_at(house: &House, key: KeyId) {
    fs::create_dir_all(house.layout().held_key(key)).unwrap();
    stolen(house, key);
}

/// What the member's check names, without what the folds remember.
fn named(house: &House, name: &str) -> Vec<String> {
    let _ = fs::remove_dir_all(house.layout().folds());
    let checked = house.open(name).check(true, &mut |_| {});
    checked.problems.into_iter().map(|problem| problem.reference).collect()
}

#[test]
fn a_registrar_is_told_that_the_key_of_what_they_received_or_moved_is_gone() {
    let house = House::of_two();
    house.receive("Олена", &[("a.txt", b"one".as_slice())]);
    let begun = house.key_of("Олена", &r("A1"));
    let copy = house.copy();
    stolen(&copy, begun);
    assert!(named(&copy, "Олена").contains(&format!("key held/{begun}")));

    let mut olena = house.open("Олена");
    let me = olena.keyring().member();
    let hers = olena.new_compartment("hers", None, &[me]).unwrap();
    olena.move_into(&[r("A1")], &hers, &mut |_| {}).unwrap();
    let generation = olena.current(&hers).unwrap();
    drop(olena);
    house.is_sound_for(&["Олена", "Богдан"]);
    let moved = house.key_of("Олена", &r("A1"));
    let copy = house.copy();
    stolen(&copy, moved);
    assert!(named(&copy, "Олена").contains(&format!("key held/{moved}")));

    // Rows, folder and all under another name: also where nothing is remembered.
    let copy = house.copy();
    let layout = copy.layout();
    let sql = format!("UPDATE name SET name = 'bbbbbbbbbbbbbbbb' WHERE name = '{generation}'");
    Connection::open(layout.ledger()).unwrap().execute_batch(&sql).unwrap();
    let other = "bbbbbbbbbbbbbbbb".parse().unwrap();
    fs::rename(layout.held_key(generation), layout.held_key(other)).unwrap();
    stolen(&copy, other);
    let all = named(&copy, "Олена");
    assert!(all.contains(&format!("key held/{generation}/{me}.age")), "{all:?}");
    assert!(all.contains(&format!("key of compartment {hers}")), "{all:?}");
}

#[test]
fn a_backup_keeps_the_key_for_which_a_strangers_stands_here() {
    let house = House::of_two();
    house.receive("Олена", &[("a.txt", b"one".as_slice())]);
    let key = house.key_of("Олена", &r("A1"));
    let theirs = tempfile::tempdir().unwrap();
    for name in ["Олена", "Богдан"] {
        let backup = theirs.path().join(name);
        house.open(name).backup(&backup, &mut |_| {}).unwrap();
        let own = files(&backup.join("keys/held").join(key.to_string()));
        let before: Vec<Vec<u8>> = own.iter().map(|file| fs::read(file).unwrap()).collect();
        let copy = house.copy();
        stolen(&copy, key);
        let done = copy.open(name).backup(&backup, &mut |_| {}).unwrap();
        assert!(done.kept.iter().any(|kept| kept.contains(&key.to_string())), "{name}: {:?}", done.kept);
        let after: Vec<Vec<u8>> = own.iter().map(|file| fs::read(file).unwrap()).collect();
        assert_eq!(before, after, "{name}");
        // Under the true name too.
        let mine = copy.layout().wrap(key, &house.open("Олена").keyring().member().to_string());
        fs::rename(&files(&copy.layout().held_key(key))[0], mine).unwrap();
        copy.open(name).backup(&backup, &mut |_| {}).unwrap();
        assert_eq!(fs::read(&own[0]).unwrap(), before[0], "{name}");
    }
}

#[test]
fn a_backup_keeps_all_keys_of_a_member_whose_files_are_not_theirs_any_more() {
    let house = House::of_two();
    house.receive("Богдан", &[("a.txt", b"one".as_slice())]);
    let theirs = tempfile::tempdir().unwrap();
    let backup = theirs.path().join("backup");
    house.open("Олена").backup(&backup, &mut |_| {}).unwrap();
    let before: Vec<(PathBuf, Vec<u8>)> =
        files(&backup.join("keys")).into_iter().map(|file| (file.clone(), fs::read(file).unwrap())).collect();
    let bohdan = house.open("Богдан").keyring().member().to_string();
    let (stranger, mut entropy) =
        (Identity::generate(&mut Entropy::from_seed(&[8; 32])), Entropy::from_seed(&[9; 32]));
    let (wrap, _) = encrypt_to_vec(&[stranger.recipient()], &[7; 32], &mut entropy).unwrap();
    for file in files(&house.layout().keys()) {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        if name == format!("{bohdan}.age") {
            fs::write(&file, &wrap).unwrap();
        } else if name == format!("{bohdan}.json") {
            // One that could be his: who has nothing but the folder cannot make it open.
            let keys = MemberKeys::generate("Богдан", &mut entropy).unwrap();
            let locked = member::lock(
                &keys,
                "a stranger's own words",
                &RecoveryCode::generate(&mut entropy),
                &KDF,
                &mut entropy,
            )
            .unwrap();
            fs::write(&file, locked).unwrap();
        }
    }
    let done = house.open("Олена").backup(&backup, &mut |_| {}).unwrap();
    assert!(done.kept.len() > 2 && done.removed == 0, "{done:?}");
    for (file, bytes) in before {
        assert_eq!(fs::read(&file).unwrap(), bytes, "{file:?}");
    }
}

#[test]
fn another_key_under_the_id_of_one_that_was_held_here_is_named() {
    let house = House::of_two();
    let mut olena = house.open("Олена");
    let both = ["Олена", "Богдан"].map(|name| house.open(name).keyring().member());
    let shared = olena.new_compartment("victims", None, &both).unwrap();
    let key = olena.current(&shared).unwrap();
    drop(olena);
    house.is_sound_for(&["Олена", "Богдан"]);
    let layout = house.layout();
    // The rows under another name, whose key is a stranger's; under the true one a fresh key, well wrapped for each holder.
    let sql = format!("UPDATE name SET name = 'bbbbbbbbbbbbbbbb' WHERE name = '{key}'");
    Connection::open(layout.ledger()).unwrap().execute_batch(&sql).unwrap();
    stolen_at(&house, "bbbbbbbbbbbbbbbb".parse().unwrap());
    let mut entropy = Entropy::from_seed(&[5; 32]);
    let fresh = Identity::generate(&mut entropy);
    for name in ["Олена", "Богдан"] {
        let holder = house.open(name).keyring().member_keys().identity.recipient();
        let id = house.open(name).keyring().member().to_string();
        fs::write(layout.wrap(key, &id), wrap::wrap_identity(&fresh, &holder, &mut entropy)).unwrap();
    }
    for name in ["Олена", "Богдан"] {
        let all = named(&house, name);
        assert!(all.contains(&format!("key held/{key}")), "{name}: {all:?}");
    }
}

#[test]
fn what_left_by_itself_and_came_back_is_where_the_catalogue_says() {
    let house = House::of_two();
    house.receive("Олена", &[("1", b"one".as_slice()), ("2", b"two"), ("3", b"three")]);
    let mut olena = house.open("Олена");
    olena.release(&r("A1")).unwrap();
    let both = ["Олена", "Богдан"].map(|name| house.open(name).keyring().member());
    let shared = olena.new_compartment("shared", None, &both).unwrap();
    for (item, to) in [("A1-1", &shared), ("A1-2", &shared), ("A1-2", &CompartmentId::main())] {
        olena.move_into(&[r(item)], to, &mut |_| {}).unwrap();
        house.is_sound_for(&["Олена", "Богдан"]);
    }
    drop(olena);
    house.folds_alike("Олена");
}

#[test]
fn an_older_ledger_makes_nobody_destroy_the_key_of_an_interrupted_delivery() {
    let house = House::of_two();
    let ledger = house.layout().ledger();
    house.receive("Богдан", &[("0", b"before".as_slice())]);
    let older = fs::read(&ledger).unwrap();
    house.receive("Богдан", &[("1", b"first".as_slice())]);
    let mut bohdan = house.open("Богдан");
    let key = *bohdan.keyring().own_accessions().last().unwrap();
    let mark = crate::receive::mark_of(key, &bohdan.keyring.open(key).unwrap().unwrap().identity);
    drop(bohdan);
    fs::write(house.layout().unanswered(key), mark).unwrap();
    for end in ["-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{end}", ledger.display()));
    }
    fs::write(&ledger, older).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    open_elsewhere(&house, elsewhere.path()).drop_unbegun().unwrap();
    assert!(house.layout().held_key(key).exists(), "the newer ledger knows what it seals");
}
