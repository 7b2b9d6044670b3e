//! Somebody with the disk takes a member's key of a compartment away: this computer remembers that they held it.

use std::fs;

use vidimus_model::CompartmentId;

use super::house::House;

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
        for file in super::house::files(&copy.state()) {
            if file.file_name().unwrap().to_str().unwrap().starts_with("held-") {
                fs::remove_file(file).unwrap();
            }
        }
        assert!(!missing(&copy), "{name}");
    }
}
