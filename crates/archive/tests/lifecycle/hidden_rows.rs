//! An adversary with the disk and no key takes a record out of its row, and the row for a blank one of a compartment that the
//! checker does not hold: what the holders of that compartment see, and what nobody else can.

use rusqlite::Connection;
use vidimus_model::Change;

use super::house::{House, files};
use super::r;
use crate::rows::{self, Said};

/// A1 is released and a part of it withdrawn; a compartment is Богдан's alone. Says where a record of each change stands.
fn house() -> (House, String, String) {
    let house = House::of_two();
    house.receive("Олена", &[("a.txt", b"one".as_slice()), ("b.txt", b"two")]);
    let mut olena = house.open("Олена");
    olena.release(&r("A1")).unwrap();
    olena.withdraw(&[r("A1-1")], "shown to nobody yet").unwrap();
    let mut bohdan = house.open("Богдан");
    let him = bohdan.keyring().member();
    let his = bohdan.new_compartment("victims", None, &[him]).unwrap();
    let key = bohdan.keyring().compartment(&his).unwrap().current();
    drop((olena, bohdan));
    house.is_sound_for(&["Олена", "Богдан"]);
    (house, his.to_string(), key.to_string())
}

fn row_of(house: &House, wanted: impl Fn(&Change) -> bool) -> u64 {
    use vidimus_ledger::Ledger as _;
    let mut olena = house.open("Олена");
    olena.fold_all().unwrap();
    let rows = olena.ledger.rows(0, usize::MAX >> 1).unwrap();
    let found = rows.iter().find(|row| {
        let key = olena.keyring.open(row.key.parse().unwrap()).unwrap();
        let said = key.and_then(|key| rows::open(row, &key.row, &olena.archive_id).ok());
        matches!(said, Some(Said::Statement(said)) if wanted(&said.change))
    });
    found.unwrap().seq
}

/// The house after the record in this row was taken out, and no fold remembers it.
fn hidden(house: &House, seq: u64, (compartment, key): (&str, &str)) -> House {
    let copy = house.copy();
    let db = Connection::open(copy.layout().ledger()).unwrap();
    let name = |of: &str| format!("(SELECT id FROM name WHERE name = '{of}')");
    db.execute_batch(&format!(
        "DELETE FROM body WHERE place = (SELECT place FROM row WHERE seq = {seq});
         UPDATE row SET op = NULL, place = NULL, compartment = {}, key = {} WHERE seq = {seq}",
        name(compartment),
        name(key)
    ))
    .unwrap();
    drop(db);
    let _ = std::fs::remove_dir_all(copy.layout().folds());
    copy
}

#[test]
fn a_row_hidden_in_a_compartment_is_named_by_its_holders_and_who_read_it_and_to_others_only_what_numbers_tell()
 {
    let (house, compartment, key) = house();
    let to = (compartment.as_str(), key.as_str());
    let item = row_of(&house, |change| matches!(change, Change::Item(item) if item.about == r("A1-2")));
    let mark = row_of(&house, |change| matches!(change, Change::Withdraw(_)));
    for (seq, to_others) in [(item, Some("A1-2")), (mark, None)] {
        let named = |who: &str, has_read: bool| {
            let house = hidden(&house, seq, to);
            let remembered = files(&house.state()).into_iter().filter(|file| {
                file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("read-"))
            });
            remembered.for_each(|file| {
                if !has_read {
                    std::fs::remove_file(file).unwrap()
                }
            });
            let checked = house.open(who).check(false, &mut |_| {});
            let problems = checked.problems.iter().map(|one| one.reference.clone()).collect::<Vec<_>>();
            (problems, checked.checked.not_read)
        };
        let (his, _) = named("Богдан", false);
        assert!(his.contains(&format!("record {seq}")), "{his:?}");
        let (hers, _) = named("Олена", true);
        assert!(hers.contains(&format!("record {seq}")), "{hers:?}");
        let (hers, not_read) = named("Олена", false);
        assert_eq!(hers.first().map(String::as_str), to_others, "{hers:?}");
        assert!(
            not_read > 0,
            "what it was is among what she could not read, and nothing is called sound of that"
        );
    }
}
