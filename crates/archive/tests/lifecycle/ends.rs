//! An accession ends once, by whoever received it: another end, by a changed program, hides no item.

use vidimus_model::{AccessionEnd, Change, CompartmentId};

use super::house::House;
use super::r;
use crate::door::{Act, Draft};

#[test]
fn the_check_names_a_second_end() {
    let house = House::of_two();
    house.receive("Олена", &[("a.txt", b"one".as_slice()), ("b.txt", b"two")]);
    house.open("Олена").release(&r("A1")).unwrap();
    let cases = [
        ("Богдан", 1, "is not by whoever received it"),
        ("Олена", 1, "that another record had ended"),
        ("Богдан", 1 << 53, "is not by whoever received it"),
    ];
    for (who, taken, expected) in cases {
        let copy = house.copy();
        let key = copy.key_of(who, &r("A1"));
        let mut archive = copy.open(who);
        archive.catalogue(&CompartmentId::main()).unwrap();
        let (found, bytes) = (taken, 6);
        let end = AccessionEnd { about: r("A1"), found, taken, copies: 0, not_taken: 0, bytes };
        let draft = Draft { compartment: CompartmentId::main(), key, change: Change::AccessionEnd(end) };
        archive.record(Act::of(vec![draft], Vec::new())).unwrap();
        for reader in ["Олена", "Богдан"] {
            let problems = copy.open(reader).check(false, &mut |_| {}).problems;
            let [problem] = &problems[..] else { panic!("{who}: {problems:#?}") };
            assert!(problem.problem.to_string().contains(expected), "{problem:?}");
        }
    }
}
