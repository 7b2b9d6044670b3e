//! An insider who holds the archive's key and their own puts another valid key into a record: appended, and in a history signed anew.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as B64};
use rusqlite::Connection;
use serde_json::Value;
use vidimus_ledger::{Ledger as _, Row};
use vidimus_model::{Action, Change, CompartmentId, KeyId, MemberId, OperationId, Proposal, Statement};
use vidimus_proof::checkpoint::{Checkpoint, SignedCheckpoint};
use vidimus_proof::merkle::{Frontier, leaf_hash};
use vidimus_proof::record::{MemberAct, Record};
use vidimus_seal::{Entropy, Identity, SigningSeed};

use super::forks::open_elsewhere;
use super::house::{self, House, files};
use super::{r, waiting};
use crate::door::{Act, Draft};
use crate::rows::{self, Said};
use crate::unseal::{Unsealed, unseal};
use crate::{Archive, OpenError};

/// Who attacks. The other two are honest.
const INSIDER: &str = "Богдан";

/// The fields that hold or name a key, of all changes.
const KEY_FIELDS: [&str; 13] = [
    "member",
    "signing_key",
    "recipient",
    "recipients",
    "fingerprint",
    "approval_key",
    "key",
    "keys",
    "holders",
    "sha256",
    "code",
    "from",
    "vkey",
];

/// A house where every record stands that names a key, but for a change of the archive's.
fn lived() -> House {
    let house = House::of_two();
    let named = house.open("Олена").set_keyholders(&house::keyholders(3), "begun", false).unwrap();
    house.open(INSIDER).agree(waiting(named.outcome)).unwrap();
    let mut olena = house.open("Олена");
    let folder = tempfile::tempdir().unwrap();
    let shares = olena.begin_recovery_test(folder.path()).unwrap();
    let share = std::fs::read(&shares[0].path).unwrap();
    let Ok(Unsealed::Text(code)) = unseal(&[share], &house::keyholder_keys(3)) else {
        panic!("all are there")
    };
    olena.finish_recovery_test(std::str::from_utf8(&code).unwrap()).unwrap();
    house.receive_from("Олена", &[("a.txt", b"one".as_slice())], Some("a guard"));
    olena.release(&r("A1")).unwrap();
    house.admit("Віра", ["Олена", INSIDER]);
    let mut olena = house.open("Олена");
    let (me, him) = (olena.keyring().member(), house.open(INSIDER).keyring().member());
    let vault = olena.new_compartment("victims", None, &[me]).unwrap();
    olena.share(&vault, him).unwrap();
    let same = house::passphrase("Віра");
    house.open("Віра").change_passphrase(&same, &same, &house::KDF).unwrap();
    house
}

/// The same after a member was removed, so that compartments have a second generation of their keys, and the archive a second key.
fn with_a_removed_member() -> House {
    let house = lived();
    house.admit("Ганна", ["Олена", INSIDER]);
    let gone = house.open("Ганна").keyring().member();
    let mut olena = house.open("Олена");
    let id = waiting(olena.propose(Action::RemoveMember { member: gone }, "left", false).unwrap());
    house.open(INSIDER).agree(id).unwrap();
    house
}

/// A record that the insider can open, and the key that seals it.
struct Seen {
    row: Row,
    key: KeyId,
    said: Statement,
}

fn records(house: &House) -> Vec<Seen> {
    let mut archive = house.open(INSIDER);
    archive.fold_all().unwrap();
    let mut found = Vec::new();
    for row in archive.ledger.rows(0, usize::MAX >> 1).unwrap() {
        let key: KeyId = row.key.parse().unwrap();
        let Some(sealing) = archive.keyring.open(key).unwrap() else { continue };
        if let Ok(Said::Statement(said)) = rows::open(&row, &sealing.row, &archive.archive_id) {
            found.push(Seen { row, key, said: *said });
        }
    }
    found
}

/// Finds other valid keys: of members, of keyholders, and fresh ones.
struct Others {
    members: Vec<MemberId>,
    sealing: Vec<KeyId>,
    entropy: Entropy,
}

impl Others {
    /// Other values of the same kind as a text that names or holds a key; none where it is none.
    fn of(&mut self, text: &str) -> Vec<String> {
        if text.starts_with("age1") {
            let fresh = Identity::generate(&mut self.entropy).recipient();
            let keyholder = house::keyholder_keys(3)[2].recipient();
            return vec![fresh.to_string(), keyholder.to_string()];
        }
        if text.parse::<KeyId>().is_ok_and(|key| self.sealing.contains(&key)) {
            return self.sealing.iter().map(ToString::to_string).collect();
        }
        if text.parse::<MemberId>().is_ok_and(|member| self.members.contains(&member)) {
            return self.members.iter().map(ToString::to_string).collect();
        }
        if B64.decode(text).is_ok_and(|bytes| bytes.len() == 32) {
            return vec![B64.encode(SigningSeed::generate(&mut self.entropy).public().to_bytes())];
        }
        if text.len() == 64 && hex::decode(text).is_ok() {
            return vec![hex::encode(self.entropy.bytes::<32>())];
        }
        let is_fingerprint = text == house::keyholders(3).fingerprint();
        is_fingerprint.then(|| house::keyholders(4).fingerprint()).into_iter().collect()
    }

    /// This value with one key in it exchanged, for each key in it.
    fn swapped(&mut self, value: &Value, name: &str) -> Vec<Value> {
        match value {
            Value::String(text) if KEY_FIELDS.contains(&name) => {
                let others = self.of(text).into_iter().filter(|other| other != text);
                others.map(Value::from).collect()
            }
            Value::Array(all) => {
                let mut found = Vec::new();
                for (at, one) in all.iter().enumerate() {
                    for other in self.swapped(one, name) {
                        let mut all = all.clone();
                        all[at] = other;
                        found.push(all.into());
                    }
                }
                found
            }
            Value::Object(fields) => {
                let mut found = Vec::new();
                for (name, one) in fields {
                    for other in self.swapped(one, name) {
                        let mut fields = fields.clone();
                        fields.insert(name.clone(), other);
                        found.push(fields.into());
                    }
                }
                found
            }
            _ => Vec::new(),
        }
    }
}

/// Records of each change with one of their keys exchanged.
fn swaps(house: &House) -> Vec<(Seen, Change)> {
    let records = records(house);
    let sealing: BTreeSet<KeyId> = records.iter().map(|seen| seen.key).collect();
    let members = house.open(INSIDER).register().members.keys().copied().collect();
    let mut others =
        Others { members, sealing: sealing.into_iter().collect(), entropy: Entropy::from_seed(&[5; 32]) };
    let (mut found, mut count) = (Vec::new(), BTreeMap::<String, usize>::new());
    for seen in records {
        let value = serde_json::to_value(&seen.said.change).unwrap();
        let count = count.entry(value["change"].as_str().unwrap().to_owned()).or_default();
        *count += 1;
        for other in others.swapped(&value, "").into_iter().filter(|_| *count <= 3) {
            if let Ok(change) = serde_json::from_value::<Change>(other) {
                let Seen { row, key, said } = &seen;
                found.push((Seen { row: row.clone(), key: *key, said: said.clone() }, change));
            }
        }
    }
    found
}

/// What any member may record, so that it is no attack; SECURITY.md says what follows from it.
fn is_theirs_to_say(house: &House, seen: &Seen, change: &Change) -> bool {
    let archive = house.open(INSIDER);
    let me = archive.keyring().member();
    match change {
        // Whoever holds a compartment lets others in.
        Change::Holder(holder) => {
            let mut held = archive.keyring().compartments();
            let of = held.find(|held| held.generations.contains(&holder.key));
            of.is_some_and(|held| held.id.as_str() == seen.row.compartment)
                && archive.register().present().any(|member| member.member == holder.member)
        }
        Change::MemberFile(file) => file.member == me,
        // Whoever begins a test of keyholders makes its codes, and whoever names them makes the key with which they approve.
        Change::RecoveryTest(test) => {
            let Change::RecoveryTest(was) = &seen.said.change else { unreachable!() };
            let who = |test: &vidimus_model::RecoveryTest| {
                test.shares.iter().map(|share| share.recipients.clone()).collect::<Vec<_>>()
            };
            test.fingerprint == was.fingerprint && who(test) == who(was)
        }
        Change::KeyholdersNamed(named) => {
            let Change::KeyholdersNamed(was) = &seen.said.change else { unreachable!() };
            let mut same = named.clone();
            same.approval_key.clone_from(&was.approval_key);
            same == *was && seen.said.by == me
        }
        _ => false,
    }
}

fn texts(problems: &[crate::Problem]) -> Vec<String> {
    problems.iter().map(|one| format!("{}: {}", one.reference, one.problem)).collect()
}

#[test]
fn a_record_appended_with_another_key_is_named() {
    let house = with_a_removed_member();
    house.is_sound_for(&["Олена", INSIDER, "Віра"]);
    let (mut faults, mut kinds) = (Vec::new(), BTreeSet::new());
    for (seen, change) in swaps(&house) {
        if is_theirs_to_say(&house, &seen, &change) && !matches!(change, Change::KeyholdersNamed(_)) {
            continue;
        }
        let copy = house.copy();
        let mut insider = copy.open(INSIDER);
        insider.fold_all().unwrap();
        insider.keyring.open(seen.key).unwrap();
        let value = serde_json::to_value(&change).unwrap();
        let item = match &change {
            Change::Item(item) => item.about.to_string(),
            _ => String::new(),
        };
        let draft = Draft { compartment: seen.row.compartment.parse().unwrap(), key: seen.key, change };
        let at = insider.record(Act::of(vec![draft], Vec::new())).unwrap().first;
        drop(insider);
        kinds.insert(value["change"].as_str().unwrap().to_owned());
        let problems = copy.open("Олена").check(false, &mut |_| {}).problems;
        let named = [format!("record {at}"), item];
        if !problems.iter().any(|one| named.contains(&one.reference)) {
            faults.push(format!("{value:.300}: {:?}", texts(&problems)));
        }
    }
    assert!(kinds.len() >= 14, "{kinds:?}");
    assert!(faults.is_empty(), "{}:\n{}", faults.len(), faults.join("\n"));
}

/// Puts a record in the place of another one, and signs everything from there on again: ledger, and the records of receipts.
/// Nothing outside the ledger that could contradict it is left.
fn written_anew(house: &House, seen: &Seen, change: Change) {
    let mut insider = house.open(INSIDER);
    insider.fold_all().unwrap();
    let (me, signer) = (insider.keyring().member(), insider.note_signer());
    let all = insider.ledger.rows(0, usize::MAX >> 1).unwrap();
    let sizes: BTreeSet<u64> =
        insider.ledger.checkpoints(0, usize::MAX >> 1).unwrap().into_iter().map(|(size, _)| size).collect();
    let db = Connection::open(house.layout().ledger()).unwrap();
    let (mut frontier, mut roots, mut told) = (Frontier::new(), BTreeMap::new(), false);
    for row in all {
        let (key, is_it) = (row.key.parse::<KeyId>().unwrap(), row.seq == seen.row.seq);
        told |= is_it;
        let said = insider.keyring.open(key).unwrap().and_then(|sealing| {
            match rows::open(&row, &sealing.row, &insider.archive_id) {
                Ok(Said::Statement(said)) => Some(*said),
                _ => None,
            }
        });
        let another = match said {
            Some(said) if is_it => Some(Statement { by: me, change: change.clone(), ..said }),
            Some(Statement { change: Change::Receipt(mut receipt), at, op, .. }) if told => {
                receipt.root = STANDARD.encode(roots[&receipt.size]);
                Some(Statement { at, by: me, op, change: Change::Receipt(receipt) })
            }
            _ => None,
        };
        let mut entry = row.entry;
        if let Some(another) = another {
            entry = put(&mut insider, &db, &row, key, &another);
        }
        frontier.append(leaf_hash(&entry));
        let size = frontier.size();
        if sizes.contains(&size) {
            roots.insert(size, frontier.root());
            let checkpoint =
                Checkpoint { origin: signer.verifier_key().name().clone(), size, root: frontier.root() };
            let note = SignedCheckpoint::sign(checkpoint, &signer).unwrap().note().to_string().into_bytes();
            db.execute("UPDATE checkpoint SET note = ?2 WHERE size = ?1", (size, &note)).unwrap();
            let tip = "UPDATE tip SET note = ?2, frontier = ?3 WHERE size = ?1";
            db.execute(tip, (size, &note, frontier.to_bytes())).unwrap();
        }
    }
    drop((db, insider));
    for folder in [house.layout().log(), house.layout().receipts(), house.layout().folds()] {
        let _ = std::fs::remove_dir_all(folder);
    }
}

/// Seals a statement, signed by the insider, into a row that is there.
fn put(insider: &mut Archive, db: &Connection, row: &Row, key: KeyId, said: &Statement) -> [u8; 32] {
    let act =
        MemberAct { compartment: row.compartment.clone(), operation: hex::encode(row.op.unwrap()), base: 0 };
    let (origin, signing) = (insider.origin.clone(), insider.keyring.signing());
    let record = Record::issue(&origin, said.fields(), &act, signing, &insider.archive_key, &mut insider.rng);
    let compartment: CompartmentId = row.compartment.parse().unwrap();
    let sealing = insider.keyring.get(key).unwrap();
    let operation = OperationId::from_bytes(row.op.unwrap());
    let archive_id = insider.archive_id.clone();
    let new =
        rows::seal(&record, operation, &compartment, (key, &sealing.row), &archive_id, &mut insider.entropy);
    db.execute("UPDATE row SET entry = ?2 WHERE seq = ?1", (row.seq, new.entry)).unwrap();
    let body = "UPDATE body SET sealed = ?2 WHERE place = (SELECT place FROM row WHERE seq = ?1)";
    db.execute(body, (row.seq, new.body.unwrap())).unwrap();
    new.entry
}

/// Where neither a mark nor a receipt tells: what the record itself says contradicts others, or who signed it may not say it.
#[test]
fn a_record_exchanged_for_one_with_another_key_is_named_even_in_a_history_signed_anew() {
    let house = lived();
    house.is_sound_for(&["Олена", INSIDER, "Віра"]);
    let (mut faults, mut kinds) = (Vec::new(), BTreeSet::new());
    for (seen, change) in swaps(&house) {
        if is_theirs_to_say(&house, &seen, &change) {
            continue;
        }
        let value = serde_json::to_value(&change).unwrap();
        // A proposal that nobody agreed to is as good as none.
        let copy = house.copy();
        written_anew(&copy, &seen, change);
        kinds.insert(value["change"].as_str().unwrap().to_owned());
        let checker =
            crate::Checker { member: Some("Олена"), passphrase: &house::passphrase("Олена") };
        let nowhere = tempfile::tempdir().unwrap();
        let found = crate::check_folder(&copy.archive(), nowhere.path(), Some(checker), false, &mut |_| {});
        if found.sound {
            faults.push(format!("{value:.300}"));
        }
    }
    assert!(kinds.len() >= 12, "{kinds:?}");
    assert!(faults.is_empty(), "{}:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn a_fork_behind_the_newest_receipt_is_named_by_the_mark_and_asked_about_without_it() {
    let house = lived();
    let mut olena = house.open("Олена");
    olena.withdraw(&[r("A1-1")], "shown to nobody yet").unwrap();
    let newest = olena.register().receipts.iter().map(|receipt| receipt.size).max().unwrap();
    drop(olena);
    let last = records(&house).into_iter().rev().find(|seen| matches!(seen.said.change, Change::Withdraw(_)));
    let seen = last.unwrap();
    assert!(seen.row.seq >= newest);
    let Change::Withdraw(mut other) = seen.said.change.clone() else { unreachable!() };
    other.reason = "nobody asked for it".into();
    written_anew(&house, &seen, Change::Withdraw(other));
    house.open(INSIDER).rebuild().unwrap();

    // This machine has seen the history that was: it opens to be read, and both are named.
    let mut olena = house.open("Олена");
    assert!(olena.went_back().is_some());
    let problems = texts(&olena.check(false, &mut |_| {}).problems);
    assert!(problems.iter().any(|one| one.starts_with("checkpoint ")), "{problems:?}");
    assert!(olena.withdraw(&[r("A1")], "on the fork").is_err(), "nothing is signed on it");
    drop(olena);
    // One that has not seen it does not open before it is told to, and says what it cannot know.
    for path in files(&house.state()) {
        std::fs::remove_file(path).unwrap();
    }
    assert!(matches!(house.try_open("Олена"), Err(OpenError::NeverSeen { .. })));
    let nowhere = tempfile::tempdir().unwrap();
    let checked = crate::check_folder(
        &house.archive(),
        nowhere.path(),
        Some(crate::Checker { member: Some("Олена"), passphrase: &house::passphrase("Олена") }),
        false,
        &mut |_| {},
    );
    let unknown: Vec<String> = checked.unknown.iter().map(ToString::to_string).collect();
    assert!(unknown.iter().any(|one| one.contains("whether the archive went back")), "{unknown:?}");
    drop(open_elsewhere(&house, nowhere.path()));
}

/// Whoever is about to agree has read the first; the other one would be what they agreed to.
#[test]
fn a_second_proposal_of_the_same_number_changes_nothing_and_is_named() {
    let house = lived();
    let mut olena = house.open("Олена");
    let gone = house.open("Віра").keyring().member();
    let id = waiting(olena.propose(Action::Erase { about: vec![r("A1-1")] }, "a letter", false).unwrap());
    let mut insider = house.open(INSIDER);
    let register = CompartmentId::register();
    let action = Action::RemoveMember { member: gone };
    let change = Change::Proposal(Proposal { proposal: id, action, reason: "a letter".into() });
    let draft = Draft { key: insider.current(&register).unwrap(), compartment: register, change };
    let at = insider.record(Act::of(vec![draft], Vec::new())).unwrap().first;
    drop(insider);
    let waits = house.open("Віра").register().waiting[&id].clone();
    assert!(waits.by == olena.keyring().member() && matches!(waits.proposal.action, Action::Erase { .. }));
    let problems = house.open("Віра").check(false, &mut |_| {}).problems;
    let [one] = &problems[..] else { panic!("{problems:#?}") };
    assert_eq!(one.reference, format!("record {at}"));
}
