//! An adversary with the disk and no key hides a record behind a move that really was, or an erasure that was not.

use rusqlite::Connection;
use vidimus_ledger::Ledger as _;
use vidimus_model::{Change, CompartmentId};
use vidimus_seal::Entropy;
use vidimus_seal::age::{Identity, encrypt_to_vec};

use super::house::House;
use super::{erase, r, waiting};
use crate::check::Checked;

/// A key that nobody made.
const FALSE: &str = "deadbeefdeadbeef";

/// A1 is released, and A1-1 of it was moved to where Олена and Ярема read alone; A2 is not released: Богдан cannot read everything. Says
/// how large the ledger was when it was moved.
fn house() -> (House, u64) {
    let house = House::of_two();
    house.admit("Ярема", ["Олена", "Богдан"]);
    house.receive("Олена", &[("a.txt", b"one".as_slice()), ("b.txt", b"two"), ("c.txt", &[3; 80_000])]);
    let mut olena = house.open("Олена");
    olena.release(&r("A1")).unwrap();
    olena.withdraw(&[r("A1-2")], "shown to nobody yet").unwrap();
    let theirs = ["Олена", "Ярема"].map(|name| house.open(name).keyring().member());
    let hers = olena.new_compartment("victims", None, &theirs).unwrap();
    house.receive("Олена", &[("d.txt", b"four".as_slice())]);
    olena.move_into(&[r("A1-1")], &hers, &mut |_| {}).unwrap();
    let size =
        olena.ledger.rows(0, usize::MAX >> 1).unwrap().iter().filter_map(|row| row.altered).max().unwrap();
    drop(olena);
    house.is_sound_for(&["Олена", "Богдан"]);
    (house, size)
}

fn checked(house: &House, who: &str) -> Checked {
    let _ = std::fs::remove_dir_all(house.layout().folds());
    house.open(who).check(false, &mut |_| {})
}

/// Rows that Богдан can read and that were there before the move.
fn readable(house: &House, before: u64) -> Vec<u64> {
    let bohdan = house.open("Богдан");
    let main = bohdan.current(&vidimus_model::CompartmentId::main()).unwrap();
    let mut seqs = Vec::new();
    for key in [main, house.key_of("Олена", &r("A1"))] {
        seqs.extend(
            house.rows_of(key).iter().filter(|row| row.body.is_some() && row.seq < before).map(|row| row.seq),
        );
    }
    assert!(seqs.len() > 6, "{seqs:?}");
    seqs
}

fn is_named(checked: &Checked, seq: u64) -> bool {
    let within = |text: &str| {
        let mut ends = text.split(['-', ' ']).filter_map(|number| number.parse::<u64>().ok());
        ends.next().is_some_and(|first| (first..=ends.next().unwrap_or(first)).contains(&seq))
    };
    checked.problems.iter().any(|one| one.reference.starts_with("record") && within(&one.reference))
}

/// The SQL that takes a record out of its row as if it had been erased at a size of the ledger.
fn taken_out(seq: u64, size: &str) -> String {
    format!(
        "DELETE FROM body WHERE place = (SELECT place FROM row WHERE seq = {seq});
         UPDATE row SET place = NULL, erased = 1, altered = {size} WHERE seq = {seq}"
    )
}

/// After this SQL, without what the folds remember.
fn after(house: &House, sql: &str) -> House {
    let copy = house.copy();
    let db = Connection::open(copy.layout().ledger()).unwrap();
    db.execute_batch(sql).unwrap();
    copy
}

/// After the record was put under a key that nobody made, and nobody can open, as if it had been sealed again at a size of the ledger.
fn closed(house: &House, seq: u64, size: u64) -> House {
    let copy = after(
        house,
        &format!(
            "INSERT OR IGNORE INTO name (name) VALUES ('{FALSE}');
             UPDATE body SET sealed = randomblob(length(sealed)) WHERE place = (SELECT place FROM row WHERE seq = {seq});
             UPDATE row SET key = (SELECT id FROM name WHERE name = '{FALSE}'), altered = {size} WHERE seq = {seq}"
        ),
    );
    let stranger = Identity::generate(&mut Entropy::from_seed(&[8; 32]));
    let mut entropy = Entropy::from_seed(&[9; 32]);
    let (wrap, _) = encrypt_to_vec(&[stranger.recipient()], &[7; 32], &mut entropy).unwrap();
    let folder = copy.layout().held_key(FALSE.parse().unwrap());
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("0123456789abcdef.age"), &wrap).unwrap();
    copy
}

#[test]
fn no_other_record_is_closed_by_a_move() {
    let (house, size) = house();
    for seq in readable(&house, size) {
        let copy = closed(&house, seq, size);
        for who in ["Олена", "Богдан"] {
            let checked = checked(&copy, who);
            // Without the record of a key of the compartment itself everything under it is named.
            let is_told = is_named(&checked, seq) || seq < 5 && !checked.sound;
            assert!(is_told, "{who} {seq}: {:?}", checked.problems);
        }
    }
}

#[test]
fn no_other_record_is_erased_by_a_move() {
    let (house, size) = house();
    for seq in readable(&house, u64::MAX) {
        let at = if seq < size { size.to_string() } else { "(SELECT max(size) FROM checkpoint)".into() };
        let copy = after(&house, &taken_out(seq, &at));
        for who in ["Олена", "Богдан"] {
            let checked = checked(&copy, who);
            let is_told = is_named(&checked, seq) || seq < 5 && !checked.sound;
            assert!(is_told, "{who} {seq}: {:?}", checked.problems);
        }
    }
}

/// A1-1 moved out and in again, A1-2 moved to where all three read: what Богдан can read stands where moves said, and nowhere else.
#[test]
fn what_came_back_or_lies_where_one_reads_is_not_hidden_by_its_moves() {
    let (house, _) = house();
    let mut olena = house.open("Олена");
    olena.move_into(&[r("A1-1")], &CompartmentId::main(), &mut |_| {}).unwrap();
    let all = ["Олена", "Богдан", "Ярема"].map(|name| house.open(name).keyring().member());
    let shared = olena.new_compartment("shared", None, &all).unwrap();
    olena.move_into(&[r("A1-2")], &shared, &mut |_| {}).unwrap();
    let moved: Vec<(u64, u64)> = olena
        .ledger
        .rows(0, usize::MAX >> 1)
        .unwrap()
        .iter()
        .filter_map(|row| row.altered.filter(|_| row.body.is_some()).map(|at| (row.seq, at)))
        .collect();
    drop(olena);
    house.is_sound_for(&["Олена", "Богдан", "Ярема"]);
    assert!(moved.len() >= 2, "{moved:?}");
    for (seq, at) in moved {
        for copy in [closed(&house, seq, at), after(&house, &taken_out(seq, &at.to_string()))] {
            for who in ["Олена", "Богдан"] {
                let checked = checked(&copy, who);
                assert!(is_named(&checked, seq), "{who} {seq}: {:?}", checked.problems);
            }
        }
    }
}

#[test]
fn what_moved_and_was_erased_there_accuses_nobody() {
    let (house, _) = house();
    let id = waiting(house.open("Олена").propose(erase(&["A1-1"]), "a letter", false).unwrap());
    house.open("Ярема").agree(id).unwrap();
    house.open("Олена").finish_erasures().unwrap();
    house.is_sound_for(&["Олена", "Богдан"]);
}

#[test]
fn an_accession_that_no_record_ends_is_told() {
    let (house, _) = house();
    let mut olena = house.open("Олена");
    olena.fold_all().unwrap();
    let end = |said: &Change| matches!(said, Change::AccessionEnd(end) if end.about == r("A1"));
    let mut found = None;
    let key = house.key_of("Олена", &r("A1"));
    olena
        .each_statement(key, &mut |seq, said| {
            found = found.or(said.filter(|said| end(&said.change)).map(|_| seq))
        })
        .unwrap();
    drop(olena);
    let seq = found.unwrap();
    let told = |house: &House| {
        let unknown = checked(house, "Богдан").unknown;
        unknown.iter().any(|one| one.to_string().starts_with("how many items A1 had"))
    };
    assert!(!told(&house));
    let size = "(SELECT max(size) FROM checkpoint)";
    assert!(told(&after(&house, &taken_out(seq, size))));
}
