//! The archive's signing key changes: everybody goes on with the new one, and the old one signs nothing more that holds.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::rc::Rc;

use vidimus_ledger::{Batch, Ledger as _, NewRow, Sealed, SqliteLedger};
use vidimus_model::{
    Action, Agreement, Change, CompartmentId, KeyId, MemberId, MemberRemoved, ProposalId, Withdrawal,
};
use vidimus_proof::bag::{MemoryBag, Pinned, Report, Trust, verify};
use vidimus_proof::checkpoint::{Checkpoint, SignedCheckpoint};
use vidimus_proof::merkle::{Frontier, leaf_hash};
use vidimus_proof::note::{Signer, VerifierKey};
use vidimus_seal::SigningSeed;

use super::house::House;
use super::killed::killed_everywhere;
use super::{r, waiting};
use crate::door::{Act, Draft};
use crate::receipt::FileState;
use crate::{Archive, ArchiveKeyError, Outcome, ProposeError};

const BOTH: [&str; 2] = ["Олена", "Богдан"];

fn disclose(archive: &mut Archive, about: &str, out: &Path) -> MemoryBag {
    let request = crate::disclose::Disclose {
        refs: vec![r(about)],
        to: "The newsroom".into(),
        purpose: "Publication".into(),
        out: out.to_owned(),
        fields: Vec::new(),
        names: Default::default(),
        opened: Vec::new(),
        tombstones: false,
    };
    let bag = archive.disclose(&request, &mut |_| {}).unwrap().bag;
    let mut files = BTreeMap::new();
    let mut folders = vec![bag.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(&bag).unwrap().to_str().unwrap().to_owned();
            files.insert(name, std::fs::read(&path).unwrap());
        }
    }
    MemoryBag(files)
}

fn told(key: &VerifierKey) -> Trust {
    Trust { archive_keys: vec![key.clone()], ..Trust::default() }
}

fn pinned(report: &Report) -> Pinned {
    assert!(report.proved(), "{:?}", report.problems);
    report.key.as_ref().unwrap().pinned
}

#[test]
fn packages_lead_from_the_first_key_to_the_newest() {
    let house = House::of_two();
    let folder = tempfile::tempdir().unwrap();
    house.receive("Олена", &[("a.txt", b"under the first key".as_slice())]);
    let mut olena = house.open("Олена");
    olena.release(&r("A1")).unwrap();
    let first = olena.verifier_key();
    let before = disclose(&mut olena, "A1-1", &folder.path().join("before"));
    assert!(before.0.keys().all(|path| !path.starts_with("keys/")));

    assert!(matches!(olena.change_key(" "), Err(ArchiveKeyError::NoReason)));
    let changed = olena.change_key("a laptop was stolen").unwrap();
    assert_ne!(changed.key, first);
    let receipt = std::fs::read(changed.receipt.join("checkpoint.txt")).unwrap();
    let receipt = SignedCheckpoint::from_bytes(&receipt).unwrap();
    receipt.verify(&first).expect("the last word of the old key");
    house.receive("Олена", &[("b.txt", b"under the second key".as_slice())]);
    olena.release(&r("A2")).unwrap();
    let second = olena.change_key("to be sure").unwrap().key;
    assert_eq!(olena.earlier_keys(), [first.clone(), changed.key.clone()]);

    for (about, out) in [("A1-1", "one"), ("A2-1", "two")] {
        let bag = disclose(&mut olena, about, &folder.path().join(out));
        assert_eq!(pinned(&verify(&bag, &told(&second))), Pinned::Yes);
        assert_eq!(pinned(&verify(&bag, &told(&first))), Pinned::Earlier);
        assert_eq!(pinned(&verify(&bag, &told(&changed.key))), Pinned::Earlier);
        let asked = Trust { receipt: Some(receipt.clone()), ..told(&first) };
        assert_eq!(verify(&bag, &asked).says_yes(), about == "A1-1", "what the old key's last receipt holds");
    }
    // What was handed over before holds as it did.
    assert_eq!(pinned(&verify(&before, &told(&first))), Pinned::Yes);
    assert!(!verify(&before, &told(&second)).proved());
    house.is_sound_for(&BOTH);
}

#[test]
fn everybody_goes_on_with_the_new_key() {
    let house = House::of_two();
    house.receive("Олена", &[("a.txt", b"one".as_slice())]);
    let (mut stale, mut deciding) = (house.open("Богдан"), house.open("Богдан"));
    let mut olena = house.open("Олена");
    let new = olena.change_key("a laptop was stolen").unwrap().key;
    assert_eq!(olena.verifier_key(), new);

    // Both forms of append, by processes that opened the archive before.
    let main = CompartmentId::main();
    let change = Change::Withdraw(Withdrawal { about: vec![r("A1")], reason: "not yet".into() });
    let draft = Draft { key: stale.current(&main).unwrap(), compartment: main, change };
    stale.record(Act::of(vec![draft], Vec::new())).unwrap();
    assert_eq!(stale.verifier_key(), new);
    assert!(matches!(
        deciding.add_member("Віра", "hers alone", &super::house::KDF, &[]),
        Ok((Outcome::Waiting(_), _))
    ));
    assert_eq!(deciding.verifier_key(), new);

    // Whoever is admitted after has the new key only.
    let id = *deciding.register().waiting.keys().next().unwrap();
    olena.agree(id).unwrap();
    assert_eq!(house.open("Олена").verifier_key(), new);
    house.is_sound_for(&BOTH);
    assert_eq!(std::fs::read_dir(house.layout().signing_keys(olena.id())).unwrap().count(), 1);
}

#[test]
fn a_record_that_was_prepared_before_is_made_again() {
    let house = House::of_two();
    let mut bohdan = house.open("Богдан");
    let mut olena = house.open("Олена");
    let main = CompartmentId::main();
    let change = Change::Withdraw(Withdrawal { about: vec![r("A1")], reason: "not yet".into() });
    let draft = Draft { key: bohdan.current(&main).unwrap(), compartment: main, change };
    // Between his look at the register and his append: the key changes under his hands.
    crate::crash::meanwhile(move || drop(olena.change_key("a laptop was stolen").unwrap()));
    bohdan.record(Act::of(vec![draft], Vec::new())).unwrap();
    house.is_sound_for(&BOTH);
}

#[test]
fn whoever_is_removed_while_the_key_changes_does_not_get_it() {
    let house = House::of_two();
    house.admit("Віра", BOTH);
    let gone = house.open("Віра").keyring().member();
    let mut olena = house.open("Олена");
    let id = waiting(olena.propose(Action::RemoveMember { member: gone }, "left", false).unwrap());
    let mut bohdan = house.open("Богдан");
    // When the new key is wrapped for all three, and not named yet. The rest of the removal waits for the workplace.
    crate::crash::meanwhile(move || bare_removal(&mut bohdan, id, gone).unwrap());
    olena.change_key("a laptop was stolen").unwrap();
    let newest = olena.keys().newest().key_id();
    assert!(!house.layout().signing(olena.id(), &newest, gone).exists(), "it was wrapped for her");
    drop(olena);
    house.is_sound_for(&BOTH);
}

#[test]
fn whoever_is_removed_while_another_is_does_not_get_the_new_generations() {
    let house = House::of_two();
    let [first, second] = ["Віра", "Гліб"].map(|name| {
        house.admit(name, BOTH);
        house.open(name).keyring().member()
    });
    let (mut olena, mut bohdan) = (house.open("Олена"), house.open("Богдан"));
    let id = waiting(olena.propose(Action::RemoveMember { member: first }, "left", false).unwrap());
    let other = waiting(bohdan.propose(Action::RemoveMember { member: second }, "left", false).unwrap());
    drop(olena);
    let held = house.layout().held();
    let mine = format!("{second}.age");
    let wrapped_for_second = move || -> BTreeSet<KeyId> {
        let keys = std::fs::read_dir(&held).unwrap().map(|key| key.unwrap());
        let his = keys.filter(|key| key.path().join(&mine).exists());
        his.map(|key| key.file_name().to_str().unwrap().parse().unwrap()).collect()
    };
    let before = wrapped_for_second().len();
    let seen = Rc::new(RefCell::new(BTreeSet::new()));
    let mut third = house.open("Олена");
    let remove = move || bare_removal(&mut third, other, second).unwrap();
    when_wrapped(Rc::clone(&seen), before + 2, wrapped_for_second, remove);
    bohdan.agree(id).unwrap();
    assert_eq!(seen.borrow().len(), before + 2, "he could read the keys that were made first");
    for compartment in [CompartmentId::register(), CompartmentId::main()] {
        assert!(!seen.borrow().contains(&bohdan.current(&compartment).unwrap()), "{compartment}");
    }
    drop(bohdan);
    house.is_sound_for(&BOTH);
}

#[test]
fn a_backup_drops_the_key_that_was_followed() {
    let house = House::of_two();
    let backup = tempfile::tempdir().unwrap();
    let to = backup.path().join("backup");
    let mut olena = house.open("Олена");
    olena.backup(&to, &mut |_| {}).unwrap();
    for reason in ["a laptop was stolen", "to be sure"] {
        olena.change_key(reason).unwrap();
        assert_eq!(olena.backup(&to, &mut |_| {}).unwrap().kept, Vec::<String>::new());
        let wraps = crate::layout::Layout::new(&to).signing_keys(olena.id());
        assert_eq!(std::fs::read_dir(wraps).unwrap().count(), 1, "the newest key's folder alone");
    }
}

/// Waits, step by step, until so many keys are wrapped for somebody.
fn when_wrapped(
    seen: Rc<RefCell<BTreeSet<KeyId>>>,
    many: usize,
    wrapped: impl Fn() -> BTreeSet<KeyId> + 'static,
    then: impl FnOnce() + 'static,
) {
    crate::crash::meanwhile(move || {
        *seen.borrow_mut() = wrapped();
        if seen.borrow().len() < many { when_wrapped(seen, many, wrapped, then) } else { then() }
    });
}

/// The record of a removal, of which the rest is still to be done.
fn bare_removal(archive: &mut Archive, proposal: ProposalId, gone: MemberId) -> Result<(), ProposeError> {
    let drafts = [
        Change::Agreement(Agreement { proposal }),
        Change::MemberRemoved(MemberRemoved { member: gone, reason: "left".into() }),
    ];
    archive.act(|archive| -> Result<Act, ProposeError> {
        let drafts = drafts.iter().map(|change| archive.in_register(change.clone()));
        Ok(Act::of(drafts.collect::<Result<_, _>>()?, vec![CompartmentId::register()]))
    })?;
    Ok(())
}

#[test]
fn while_changing_the_key() {
    let house = House::of_two();
    house.receive("Олена", &[("a.txt", b"one".as_slice())]);
    let first = house.open("Олена").verifier_key();
    let change = |archive: &mut Archive| {
        archive.finish_removals().unwrap();
        if archive.earlier_keys().is_empty() {
            archive.change_key("a laptop was stolen").unwrap();
        }
        // As the next command does.
        archive.finish_key_changes().unwrap();
    };
    killed_everywhere(&house, "Олена", change, |house| {
        assert_ne!(house.open("Богдан").verifier_key(), first);
        assert_eq!(house.open("Богдан").earlier_keys(), std::slice::from_ref(&first));
    });
}

#[test]
fn a_change_that_was_interrupted_is_finished_before_the_next() {
    let house = House::of_one();
    house.receive("Олена", &[("a.txt", b"one".as_slice())]);
    let change = |archive: &mut Archive| drop(archive.change_key("a laptop was stolen").unwrap());
    for step in 0.. {
        let copy = house.copy();
        let mut archive = copy.open("Олена");
        let ended = crate::crash::killed_at(step, std::panic::AssertUnwindSafe(|| change(&mut archive)));
        drop(archive);
        let mut archive = copy.open("Олена");
        change(&mut archive);
        for index in archive.keys().changes() {
            let last = archive.checkpoint_at(index + 1).unwrap();
            assert!(
                archive.has_receipt_of(&last),
                "killed at step {step}: the change at {index} has no receipt"
            );
        }
        let receipts = archive.receipts().unwrap();
        assert!(receipts.iter().flat_map(|one| &one.files).all(|(_, state)| *state == FileState::Sound));
        if ended {
            assert!(step > 2, "a change takes steps");
            return;
        }
    }
}

/// What a removed member can still do with a copy of the old key and a hand on the folder.
#[test]
fn a_removed_member_signs_nothing_that_holds() {
    let house = House::of_two();
    house.receive("Олена", &[("a.txt", b"one".as_slice())]);
    house.admit("Віра", BOTH);
    let vira = house.open("Віра");
    let (gone, stolen, first) = (vira.keyring().member(), vira.archive_seed.clone(), vira.verifier_key());
    drop(vira);
    let remove = Action::RemoveMember { member: gone };
    let id = waiting(house.open("Олена").propose(remove, "left", false).unwrap());
    house.open("Богдан").agree(id).unwrap();
    assert_ne!(house.open("Олена").verifier_key(), first, "the key changed with the removal");
    house.is_sound_for(&BOTH);

    // She appends a row, and the checkpoint over it, with the old key.
    let forged = house.copy();
    let mut ledger = SqliteLedger::open(&forged.layout().ledger()).unwrap();
    append_with(&mut ledger, &stolen, &first);
    let size = ledger.tip().unwrap().size;
    drop(ledger);
    let checked = forged.open("Олена").check(true, &mut |_| {});
    let named: Vec<_> = checked.problems.iter().map(|problem| problem.reference.as_str()).collect();
    assert!(named.contains(&format!("checkpoint {size}").as_str()), "{:#?}", checked.problems);
    let refused = forged.open("Олена").change_key("again");
    assert!(refused.is_err(), "nothing is signed on top of it: {refused:?}");
}

fn append_with(ledger: &mut SqliteLedger, seed: &SigningSeed, key: &VerifierKey) {
    let row = NewRow { compartment: "main".into(), key: String::new(), entry: [7; 32], op: None, body: None };
    let batch = Batch { rows: vec![row], ..Batch::default() };
    let signer = Signer::new(key.name().clone(), seed.bytes());
    let mut seal = |tip: &vidimus_ledger::Tip, entries: &[[u8; 32]]| {
        let mut frontier = Frontier::from_bytes(&tip.frontier)?;
        entries.iter().for_each(|entry| frontier.append(leaf_hash(entry)));
        let checkpoint =
            Checkpoint { origin: key.name().clone(), size: frontier.size(), root: frontier.root() };
        let signed = SignedCheckpoint::sign(checkpoint, &signer)?;
        Ok(Sealed { frontier: frontier.to_bytes(), note: signed.note().to_string().into_bytes() })
    };
    ledger.append(&batch, &mut seal).unwrap();
}

/// A ledger of before the key changed, in the place of today's: by an insider, or a copy that went wrong.
fn with_an_older_ledger(house: &House, change: impl Fn(&House)) -> House {
    house.receive("Олена", &[("a.txt", b"one".as_slice())]);
    house.open("Олена").release(&r("A1")).unwrap();
    let before = house.copy();
    change(house);
    house.receive("Олена", &[("b.txt", b"two".as_slice())]);
    let mixed = house.copy();
    for beside in ["ledger.db-wal", "ledger.db-shm"] {
        let _ = std::fs::remove_file(mixed.archive().join(beside));
    }
    std::fs::copy(before.layout().ledger(), mixed.layout().ledger()).unwrap();
    mixed
}

#[test]
fn a_ledger_that_is_older_than_the_keys_is_read_and_says_so() {
    let house = House::of_two();
    let first = house.open("Олена").verifier_key();
    let mixed = with_an_older_ledger(&house, |house| {
        house.open("Олена").change_key("a laptop was stolen").unwrap();
    });
    let mut olena = mixed.open("Олена");
    let newest = house.open("Олена");
    let back = olena.went_back().cloned().unwrap();
    let keys = back.newer_keys.as_ref().unwrap();
    assert_eq!((&keys.named, &keys.held), (&first, &newest.verifier_key()));
    let seen = SignedCheckpoint::from_bytes(back.seen.as_deref().unwrap().as_bytes()).unwrap();
    let now = SignedCheckpoint::from_bytes(back.now.as_bytes()).unwrap();
    assert_eq!(seen.checkpoint().size, newest.checkpoint().unwrap().checkpoint().size);
    assert!(now.checkpoint().size < seen.checkpoint().size);
    assert_eq!(olena.read(&r("A1-1")).as_deref(), Some(b"one".as_slice()), "nothing is lost");
    assert!(matches!(olena.change_key("again"), Err(ArchiveKeyError::Door(crate::DoorError::ReadOnly))));
    assert!(matches!(olena.accept_rollback("lost"), Err(crate::RollbackError::NewerKeys(_))));
    assert!(olena.issue_receipt().is_err() && olena.backup(&mixed.archive(), &mut |_| {}).is_err());
    names_the_older_ledger(&mut olena);

    // The newest ledger in its place again: all is well.
    drop((olena, newest));
    std::fs::copy(house.layout().ledger(), mixed.layout().ledger()).unwrap();
    mixed.is_sound_for(&BOTH);
}

#[test]
fn a_ledger_of_before_a_removal_is_read_with_the_keys_that_came_after() {
    let house = House::of_two();
    house.admit("Віра", BOTH);
    let gone = house.open("Віра").keyring().member();
    let mixed = with_an_older_ledger(&house, |house| {
        let remove = Action::RemoveMember { member: gone };
        let id = waiting(house.open("Олена").propose(remove, "left", false).unwrap());
        house.open("Богдан").agree(id).unwrap();
        house.open("Олена").finish_removals().unwrap();
    });
    for name in BOTH {
        let mut archive = mixed.open(name);
        assert_eq!(archive.read(&r("A1-1")).as_deref(), Some(b"one".as_slice()), "{name}");
        names_the_older_ledger(&mut archive);
    }
}

#[test]
fn where_nothing_else_tells_the_keys_do() {
    let house = House::of_two();
    let mixed = with_an_older_ledger(&house, |house| {
        house.open("Олена").change_key("a laptop was stolen").unwrap();
    });
    // The mark and what was published went back too.
    let size = SqliteLedger::open(&mixed.layout().ledger()).unwrap().tip().unwrap().size;
    for receipt in std::fs::read_dir(mixed.layout().receipts()).unwrap().map(|entry| entry.unwrap().path()) {
        let of: u64 = receipt.file_name().unwrap().to_str().unwrap().parse().unwrap();
        if of > size {
            std::fs::remove_dir_all(receipt).unwrap();
        }
    }
    std::fs::remove_dir_all(mixed.layout().log()).unwrap();
    let note = SqliteLedger::open(&mixed.layout().ledger()).unwrap().tip().unwrap().note;
    let archive = mixed.open("Олена");
    archive.high_water.raise(&note).unwrap();
    drop(archive);
    let mut archive = mixed.open("Олена");
    let back = archive.went_back().unwrap();
    assert!(back.seen.is_none() && back.newer_keys.is_some());
    names_the_older_ledger(&mut archive);
}

/// The check says why, names the place once, and accuses neither the members nor their keys.
fn names_the_older_ledger(archive: &mut Archive) {
    let checked = archive.check(true, &mut |_| {});
    assert!(!checked.sound);
    let of_ledger = checked.problems.iter().find(|problem| problem.reference == "ledger").unwrap();
    let said = of_ledger.problem.to_string();
    assert!(
        said.starts_with("it is older than the keys beside it")
            || said.starts_with("the keys beside it are not of its time"),
        "{said}"
    );
    for problem in &checked.problems {
        let about_keys = problem.reference.starts_with("key ") || problem.reference.starts_with("A1");
        assert!(!about_keys, "{problem:?}");
    }
}

#[test]
fn the_receipt_of_a_change_is_the_last_word_of_the_old_key_whoever_appends_in_between() {
    for by_removal in [false, true] {
        let house = House::of_two();
        house.receive("Олена", &[("a.txt", b"one".as_slice())]);
        house.admit("Віра", BOTH);
        let gone = house.open("Віра").keyring().member();
        let mut olena = house.open("Олена");
        let first = olena.verifier_key();
        let (mut bohdan, counter) = (house.open("Богдан"), house.open("Богдан"));
        let named = move || counter.ledger.tip().unwrap().size;
        let append = move || {
            let main = CompartmentId::main();
            let change = Change::Withdraw(Withdrawal { about: vec![r("A1")], reason: "not yet".into() });
            let draft = Draft { key: bohdan.current(&main).unwrap(), compartment: main, change };
            bohdan.record(Act::of(vec![draft], Vec::new())).unwrap();
            assert_ne!(bohdan.verifier_key(), first, "the new key signed it");
        };
        let receipt = if by_removal {
            let remove = Action::RemoveMember { member: gone };
            let id = waiting(olena.propose(remove, "left", false).unwrap());
            bare_removal(&mut house.open("Богдан"), id, gone).unwrap();
            as_soon_as_grown(named(), named, append);
            olena.finish_key_changes().unwrap();
            let receipt = olena.register().receipts.last().unwrap().size;
            olena.layout().receipt(receipt)
        } else {
            as_soon_as_grown(named(), named, append);
            olena.change_key("a laptop was stolen").unwrap().receipt
        };
        let note = std::fs::read(receipt.join("checkpoint.txt")).unwrap();
        let receipt = SignedCheckpoint::from_bytes(&note).unwrap();
        let changed_at = olena.keys().changes().last().unwrap();
        assert_eq!(receipt.checkpoint().size, changed_at + 1);
        receipt.verify(&olena.earlier_keys()[0]).expect("the old key signed it");
        let size = olena.checkpoint().unwrap().checkpoint().size;
        assert!(size > changed_at + 2, "somebody appended in between");
        let receipts = olena.register().receipts.len();
        olena.finish_key_changes().unwrap();
        assert_eq!(olena.register().receipts.len(), receipts, "it is made once");
        drop(olena);
        house.open("Олена").finish_removals().unwrap();
        house.is_sound_for(&BOTH);
    }
}

/// Does it at the first step at which the ledger is longer than that.
fn as_soon_as_grown(than: u64, size: impl Fn() -> u64 + 'static, then: impl FnOnce() + 'static) {
    crate::crash::meanwhile(move || if size() > than { then() } else { as_soon_as_grown(than, size, then) });
}
