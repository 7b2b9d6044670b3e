//! Another command moves between any two steps of a check or a back-up: nothing is called damaged that is sound elsewhere.

use std::cell::Cell;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;

use vidimus_model::CompartmentId;

use super::house::{House, passphrase};
use super::r;
use crate::check::{Checker, check_folder};
use crate::{Archive, crash};

/// A house with a second compartment and an accession to move there.
fn house() -> (House, CompartmentId) {
    let house = House::of_one();
    let mut olena = house.open("Олена");
    let me = olena.keyring().member();
    let to = olena.new_compartment("victims", None, &[me]).unwrap();
    house.receive("Олена", &[("1", b"first".as_slice()), ("2", b"second"), ("3", &[3; 70_000])]);
    (house, to)
}

/// Lets `then` happen at the step with this number; the answer tells whether there was one.
fn at_step(step: u32, then: impl FnOnce() + 'static) -> Rc<Cell<bool>> {
    fn wait(step: u32, then: impl FnOnce() + 'static) {
        crash::meanwhile(move || if step == 0 { then() } else { wait(step - 1, then) });
    }
    let happened = Rc::new(Cell::new(false));
    let told = Rc::clone(&happened);
    wait(step, move || {
        told.set(true);
        then();
    });
    happened
}

/// Moves everything, killed at a step of its own; whether it came to its end.
fn moved(mut archive: Archive, to: &CompartmentId, killed: u32) -> bool {
    crash::killed_at(
        killed,
        AssertUnwindSafe(|| assert!(archive.move_into(&[r("A1")], to, &mut |_| {}).is_ok())),
    )
}

#[test]
fn what_another_moves_while_a_check_runs_is_not_called_damaged() {
    let (house, to) = house();
    let passphrase = passphrase("Олена");
    let (mut step, mut killed) = (0, 0);
    loop {
        let copy = house.copy();
        let (archive, to) = (copy.open("Олена"), to.clone());
        let ended = Rc::new(Cell::new(false));
        let told = Rc::clone(&ended);
        let happened = at_step(step, move || told.set(moved(archive, &to, killed)));
        let checker = Checker { member: Some("Олена"), passphrase: &passphrase };
        let checked = check_folder(&copy.archive(), &copy.state(), Some(checker), true, &mut |_| {});
        assert!(checked.problems.is_empty(), "step {step}, {killed}: {:#?}", checked.problems);
        if !happened.get() {
            assert!(step > 1, "the check takes steps");
            crash::meanwhile(|| {});
            return;
        }
        (step, killed) = if ended.get() { (step + 1, 0) } else { (step, killed + 1) };
    }
}

#[test]
fn what_another_moves_while_a_backup_is_made_is_not_called_damaged() {
    let (house, to) = house();
    for step in 0.. {
        let copy = house.copy();
        let backup = tempfile::tempdir().unwrap();
        let folder = backup.path().join("backup");
        let mut olena = copy.open("Олена");
        olena.backup(&folder, &mut |_| {}).unwrap();
        let (archive, to) = (copy.open("Олена"), to.clone());
        let happened = at_step(step, move || assert!(moved(archive, &to, u32::MAX)));
        assert_eq!(olena.backup(&folder, &mut |_| {}).unwrap().kept, Vec::<String>::new(), "at step {step}");
        if !happened.get() {
            assert!(step > 3, "the back-up takes steps");
            crash::meanwhile(|| {});
            return;
        }
        assert_eq!(
            olena.backup(&folder, &mut |_| {}).unwrap().kept,
            Vec::<String>::new(),
            "after step {step}"
        );
        copy.is_sound_for(&["Олена"]);
    }
}
