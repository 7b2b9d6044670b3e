//! Who may do and read what.

use crate::support::House;

#[test]
fn a_new_archive_has_one_member_one_compartment_and_nothing_that_waits() {
    let house = House::with_archive();
    let members = house.vidimus(["member", "list"]).succeeds();
    assert!(members.out.starts_with("name "), "{members:?}");
    assert!(members.out.contains("Olena"), "{members:?}");
    let compartments = house.vidimus(["compartment", "list", "--json"]).succeeds().json();
    assert_eq!(compartments.as_array().unwrap().len(), 1);
    assert_eq!(compartments[0]["compartment"], "main");
    assert_eq!(compartments[0]["holders"][0], "Olena");
    house.vidimus(["compartment", "list"]).succeeds();
    assert_eq!(house.vidimus(["proposals"]).succeeds().out, "Nothing waits for agreement.\n");
    assert_eq!(house.vidimus(["proposals", "--json"]).succeeds().out, "[]\n");
    assert_eq!(house.vidimus(["keyholder", "list", "--json"]).succeeds().out, "[]\n");
    assert_eq!(house.vidimus(["receipt", "list", "--json"]).succeeds().out, "[]\n");
}
