//! Bags of an archive whose key changed: every key leads to the next, and none signs what is not its own.

#[path = "common/sample.rs"]
mod sample;

use vidimus_proof::bag::{self, MemoryBag, Pinned, ReceiptAnswer, Report, Trust};
use vidimus_proof::checkpoint::SignedCheckpoint;
use vidimus_proof::policy::Policy;

use sample::{Sample, recompute_manifests};

fn told(seeds: &[u8]) -> Trust {
    let archive_keys = seeds.iter().map(|seed| sample::vkey_of(&Sample::default(), *seed)).collect();
    Trust { archive_keys, ..Trust::default() }
}

/// The first problem as `file: code`.
fn first(report: &Report) -> String {
    report.problems.first().map_or("none".into(), |it| format!("{}: {}", it.file, it.fault.code()))
}

/// What is named first after a change, the manifests made anew.
fn after(change: impl Fn(&mut MemoryBag)) -> String {
    let mut bag = sample::bag(&Sample::with_keys());
    change(&mut bag);
    recompute_manifests(&mut bag);
    first(&bag::verify(&bag, &Trust::default()))
}

#[test]
fn any_key_of_the_chain_may_be_pinned_and_the_report_says_which() {
    let bag = sample::bag(&Sample::with_keys());
    let pinned = |trust: &Trust| {
        let report = bag::verify(&bag, trust);
        let proved = report.proved();
        let key = report.key.unwrap();
        assert_eq!(key.vkey, sample::vkey_of(&Sample::default(), 3));
        let earlier: Vec<_> = [1, 2].map(|seed| sample::vkey_of(&Sample::default(), seed)).into();
        assert_eq!(key.earlier, earlier);
        (proved, key.pinned)
    };
    for (seeds, expected) in [
        (&[] as &[u8], (true, Pinned::No)),
        (&[3], (true, Pinned::Yes)),
        (&[1, 3], (true, Pinned::Yes)),
        (&[2], (true, Pinned::Earlier)),
        (&[1], (true, Pinned::Earlier)),
        (&[4], (false, Pinned::Other)),
    ] {
        assert_eq!(pinned(&told(seeds)), expected, "{seeds:?}");
    }
    let policy = format!("log {}\nquorum none\n", sample::vkey(&Sample::default()));
    let policy = Some(Policy::from_bytes(policy.as_bytes()).unwrap());
    assert_eq!(pinned(&Trust { policy, ..Trust::default() }), (true, Pinned::Earlier));
}

#[test]
fn a_receipt_of_every_key_is_answered() {
    let bag = sample::bag(&Sample::with_keys());
    for (size, inside) in [(256, [true, false]), (512, [true, true]), (700, [true, true])] {
        let receipt = SignedCheckpoint::from_bytes(&bag.0[&format!("checkpoints/{size}.txt")]).unwrap();
        let report = bag::verify(&bag, &Trust { receipt: Some(receipt), ..Trust::default() });
        assert_eq!((first(&report), report.receipt), ("none".into(), Some(ReceiptAnswer::InBag)), "{size}");
        assert_eq!(report.files.iter().map(|file| file.in_receipt.unwrap()).collect::<Vec<_>>(), inside);
    }
}

#[test]
fn the_chain_is_whole_and_in_order() {
    let remove = |paths: &'static [&'static str]| {
        after(move |bag| paths.iter().for_each(|path| drop(bag.0.remove(*path).unwrap())))
    };
    let swap = |one: &'static str, other: &'static str| {
        after(move |bag| {
            let (first, second) = (bag.0[one].clone(), bag.0[other].clone());
            bag.0.extend([(one.to_owned(), second), (other.to_owned(), first)]);
        })
    };
    assert_eq!(remove(&["keys/1.sd-jwt", "keys/1.tlog-proof"]), "keys/1.sd-jwt: missing");
    assert_eq!(remove(&["keys/1.tlog-proof"]), "keys/1.tlog-proof: missing");
    assert_eq!(remove(&["keys/2.sd-jwt", "keys/2.tlog-proof"]), "archive.vkey: key-not-led-to");
    let all = ["keys/1.sd-jwt", "keys/1.tlog-proof", "keys/2.sd-jwt", "keys/2.tlog-proof"];
    let without_all = after(move |bag| all.iter().for_each(|path| drop(bag.0.remove(*path).unwrap())));
    assert_eq!(without_all, "keys/1.sd-jwt: missing");
    assert_eq!(swap("keys/1.sd-jwt", "keys/2.sd-jwt"), "keys/1.tlog-proof: proof-fails");
    assert_eq!(swap("keys/1.tlog-proof", "keys/2.tlog-proof"), "keys/1.tlog-proof: proof-fails");
    let twice = after(|bag| {
        for kind in ["sd-jwt", "tlog-proof"] {
            let first = bag.0[&format!("keys/1.{kind}")].clone();
            bag.0.insert(format!("keys/2.{kind}"), first);
        }
    });
    assert_eq!(twice, "keys/2.sd-jwt: key-change-of-another-key");
    let exchanged = after(|bag| {
        for kind in ["sd-jwt", "tlog-proof"] {
            let second = bag.0[&format!("keys/2.{kind}")].clone();
            let first = bag.0.insert(format!("keys/1.{kind}"), second).unwrap();
            bag.0.insert(format!("keys/2.{kind}"), first);
        }
    });
    assert_eq!(exchanged, "keys/2.sd-jwt: key-change-of-another-key");
}

#[test]
fn an_old_key_signs_nothing_behind_the_record_that_ends_it() {
    let thief = Sample { old_key_goes_on: true, ..Sample::with_keys() };
    let report = bag::verify(&sample::bag(&thief), &told(&[1]));
    assert_eq!(first(&report), "records/02.sd-jwt: record-not-signed");
    let later = Sample { key_changes: vec![300], ..Sample::default() };
    let mut bag = sample::bag(&later);
    // The old archive's own bag of the same place, signed by the old key throughout.
    let old = sample::bag(&Sample::default());
    bag.0.insert("checkpoints/512.txt".into(), old.0["checkpoints/512.txt"].clone());
    recompute_manifests(&mut bag);
    assert!(!bag::verify(&bag, &told(&[1])).proved());
}

/// What whoever stole the first key can do, and what stops it (`SECURITY.md`).
#[test]
fn a_thief_of_an_old_key_can_name_another_heir_and_is_found_out_by_a_later_receipt() {
    let archive = sample::bag(&Sample::with_keys());
    let files = vec![("01.mp4", b"forged".to_vec()), ("02.txt", b"forged too".to_vec())];
    let forged = sample::bag(&Sample { files, ..Sample::with_keys() });
    // Whoever knows the first key alone cannot tell, and is told so.
    let report = bag::verify(&forged, &told(&[1]));
    assert_eq!((report.proved(), report.key.unwrap().pinned), (true, Pinned::Earlier));
    // A receipt that the archive published tells.
    for size in [256, 512, 700] {
        let receipt = SignedCheckpoint::from_bytes(&archive.0[&format!("checkpoints/{size}.txt")]).unwrap();
        let report = bag::verify(&forged, &Trust { receipt: Some(receipt), ..told(&[1]) });
        assert_eq!((report.receipt, report.says_yes()), (Some(ReceiptAnswer::Fork), false), "{size}");
    }
}
