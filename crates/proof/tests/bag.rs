//! A bag is made and read back, and whatever is done to it is noticed and named.

#[path = "common/authority.rs"]
mod authority;
#[path = "common/sample.rs"]
mod sample;

use proptest::prelude::*;
use vidimus_proof::bag::{
    self, BagSource, DatedBy, Entry, EntryKind, Fault, MemoryBag, NotCounted, Pinned, ReceiptAnswer, Report,
    StampFiles, Trust,
};
use vidimus_proof::checkpoint::SignedCheckpoint;
use vidimus_proof::policy::Policy;
use vidimus_proof::timestamp::{self, StampError};

use sample::{Sample, recompute_manifests};

fn trusting(sample: &Sample) -> Trust {
    Trust { archive_keys: vec![sample::vkey(sample)], ..Trust::default() }
}

fn check(bag: &dyn BagSource) -> Report {
    bag::verify(bag, &trusting(&Sample::default()))
}

/// The first problem as `file: code`.
fn first(report: &Report) -> String {
    report.problems.first().map_or("none".into(), |it| format!("{}: {}", it.file, it.fault.code()))
}

/// What is said first after a change, the manifests left as they were and made anew.
fn after(change: impl Fn(&mut MemoryBag)) -> (String, String) {
    let mut bag = sample::bag(&Sample::default());
    change(&mut bag);
    let as_is = check(&bag);
    recompute_manifests(&mut bag);
    let made_anew = check(&bag);
    for report in [&as_is, &made_anew] {
        assert!(!report.proved() && !report.says_yes());
        assert!(report.stamps.is_empty() && report.receipt.is_none());
        assert!(report.files.iter().all(|file| file.no_later_than.is_none() && file.in_receipt.is_none()));
    }
    (first(&as_is), first(&made_anew))
}

fn receipt(bag: &MemoryBag, size: u64) -> SignedCheckpoint {
    SignedCheckpoint::from_bytes(&bag.0[&format!("checkpoints/{size}.txt")]).unwrap()
}

#[test]
fn an_intact_bag_is_proved_with_and_without_a_pinned_key() {
    let sample = Sample::default();
    let bag = sample::bag(&sample);
    let report = check(&bag);
    assert_eq!(first(&report), "none");
    assert!(report.proved() && report.says_yes());
    assert!(report.key.as_ref().unwrap().pinned == Pinned::Yes);
    assert_eq!(report.files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["01.mp4", "02.txt"]);
    assert_eq!(report.files[0].index, Some(3));
    assert!(report.files.iter().all(|file| file.no_later_than.is_none() && file.in_receipt.is_none()));
    assert_eq!(report.files[0].fields.iter().count(), 3);
    assert_eq!(report.disclosure, [("purpose".to_owned(), "Publication".into())]);

    let report = bag::verify(&bag, &Trust::default());
    assert!(report.proved() && report.key.unwrap().pinned == Pinned::No);
}

#[test]
fn another_pinned_key_is_an_error_whoever_names_it() {
    let other = Sample { seed: 2, ..Sample::default() };
    let bag = sample::bag(&Sample::default());
    let report = bag::verify(&bag, &trusting(&other));
    assert_eq!(first(&report), "archive.vkey: other-key");
    assert_eq!(report.key.unwrap().pinned, Pinned::Other);

    let policy = format!("log {}\nquorum none\n", sample::vkey(&other));
    let policy = Some(Policy::from_bytes(policy.as_bytes()).unwrap());
    assert_eq!(first(&bag::verify(&bag, &Trust { policy, ..Trust::default() })), "archive.vkey: other-key");

    let policy = format!("log {}\nquorum none\n", sample::vkey(&Sample::default()));
    let policy = Some(Policy::from_bytes(policy.as_bytes()).unwrap());
    let report = bag::verify(&bag, &Trust { policy, ..Trust::default() });
    assert!(report.proved() && report.key.unwrap().pinned == Pinned::Yes);
}

#[test]
fn a_receipt_is_answered_yes_no_or_unknown() {
    let sample = Sample::default();
    let bag = sample::bag(&sample);
    let ask = |receipt: SignedCheckpoint| {
        let report = bag::verify(&bag, &Trust { receipt: Some(receipt), ..trusting(&sample) });
        assert!(report.proved());
        (report.receipt.unwrap(), report.files[0].in_receipt, report.says_yes())
    };
    for size in [256, 512, 700] {
        assert_eq!(ask(receipt(&bag, size)), (ReceiptAnswer::InBag, Some(true), true));
    }
    let mut log = sample::Log::new(&sample);
    assert_eq!(ask(log.fill(2)), (ReceiptAnswer::NotInBag, None, false));
    assert_eq!(ask(log.fill(256)), (ReceiptAnswer::Fork, None, false));
    let other = Sample { origin: "other.example/x", ..Sample::default() };
    assert_eq!(ask(sample::Log::new(&other).fill(256)), (ReceiptAnswer::OtherArchive, None, false));
    let other = Sample { seed: 2, ..Sample::default() };
    assert_eq!(ask(sample::first_checkpoint(&other)), (ReceiptAnswer::NotSigned, None, false));
}

#[test]
fn a_proof_under_a_later_checkpoint_cannot_take_the_place_of_the_archives_own() {
    let report = check(&sample::bag(&Sample { later: 1, ..Sample::default() }));
    assert_eq!(first(&report), "disclosure.tlog-proof: proof-checkpoint");
    assert!(!report.proved());
}

#[test]
fn cosigners_count_where_the_policy_names_them_and_quorums_bind() {
    let sample = Sample::default();
    let bag = sample::bag(&sample);
    let with = |policy: String| {
        let policy = Some(Policy::from_bytes(policy.as_bytes()).unwrap());
        bag::verify(&bag, &Trust { policy, ..trusting(&sample) })
    };
    let cosigner = sample::cosigner().verifier_key().to_string();
    let report = with(format!("witness n {cosigner}\nquorum none\n"));
    let dated = report.files[0].no_later_than.clone().unwrap();
    assert_eq!((dated.at.as_second() as u64, dated.size), (sample::COSIGNED_AT, 512));
    assert_eq!(dated.authority, "newsroom.example");

    // The proofs are under the checkpoint of 256 entries, which nobody cosigned.
    let report = with(format!("witness n {cosigner}\nquorum n\n"));
    assert_eq!(first(&report), "checkpoints/256.txt: quorum-not-reached");
    let report = with("quorum none\n".into());
    assert!(report.files[0].no_later_than.is_none());
    assert!(report.stamps.iter().all(|stamp| stamp.result.is_err()) && report.stamps.len() == 1);
}

#[test]
fn what_a_hand_does_to_a_bag_is_named() {
    let flip = |path: &'static str| {
        move |bag: &mut MemoryBag| {
            let bytes = bag.0.get_mut(path).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
        }
    };
    let said = |as_is: &str, made_anew: &str| (as_is.to_owned(), made_anew.to_owned());
    assert_eq!(
        after(flip("data/01.mp4")),
        said("data/01.mp4: altered", "manifest-sha256.txt: not-as-disclosed")
    );
    assert_eq!(after(flip("README.txt")), said("README.txt: altered", "README.txt: not-as-disclosed"));
    assert_eq!(
        after(flip("proofs/02.tlog-proof")),
        said("proofs/02.tlog-proof: altered", "proofs/02.tlog-proof: not-as-disclosed")
    );
    assert_eq!(after(|bag| drop(bag.0.remove("data/02.txt"))).0, "data/02.txt: missing");
    let swapped = after(|bag| {
        let (one, two) = (bag.0["proofs/01.tlog-proof"].clone(), bag.0["proofs/02.tlog-proof"].clone());
        bag.0.insert("proofs/01.tlog-proof".into(), two);
        bag.0.insert("proofs/02.tlog-proof".into(), one);
    });
    assert_eq!(swapped, said("proofs/01.tlog-proof: altered", "proofs/01.tlog-proof: not-as-disclosed"));
    let renamed = after(|bag| {
        let bytes = bag.0.remove("data/02.txt").unwrap();
        bag.0.insert("data/03.txt".into(), bytes);
    });
    assert_eq!(renamed, said("data/03.txt: not-listed", "manifest-sha256.txt: not-as-disclosed"));
    let added = after(|bag| drop(bag.0.insert("data/03.txt".into(), b"new".to_vec())));
    assert_eq!(added, said("data/03.txt: not-listed", "manifest-sha256.txt: not-as-disclosed"));
    let fetch = after(|bag| drop(bag.0.insert("fetch.txt".into(), b"x".to_vec())));
    assert_eq!(fetch, said("fetch.txt: unexpected", "fetch.txt: unexpected"));
}

#[test]
fn the_disclosure_can_be_neither_forged_nor_cut() {
    let edit = |change: &'static dyn Fn(&mut Vec<String>)| {
        move |bag: &mut MemoryBag| {
            let text = String::from_utf8(bag.0["disclosure.sd-jwt"].clone()).unwrap();
            let mut parts: Vec<String> = text.trim_end_matches('~').split('~').map(str::to_owned).collect();
            change(&mut parts);
            bag.0.insert("disclosure.sd-jwt".into(), (parts.join("~") + "~").into_bytes());
        }
    };
    let made_anew = |change: &'static dyn Fn(&mut Vec<String>)| after(edit(change)).1;
    // The fields are change, files, opened, purpose.
    assert_eq!(made_anew(&|it| it.truncate(4)), "disclosure.sd-jwt: record-opened-fields");
    assert_eq!(made_anew(&|it| drop(it.remove(1))), "disclosure.sd-jwt: record-other-change");
    assert_eq!(made_anew(&|it| drop(it.remove(2))), "disclosure.sd-jwt: record-opened-fields");
    assert_eq!(made_anew(&|it| drop(it.remove(3))), "disclosure.sd-jwt: record-field");
    assert_eq!(made_anew(&|it| it.insert(2, it[1].clone())), "disclosure.sd-jwt: record-repeated-field");
    assert_eq!(made_anew(&|it| it.swap(1, 2)), "disclosure.sd-jwt: record-malformed");
    // ["AAAAAAAAAAAAAAAAAAAAAA","recipient","x"]
    const FORGED: &str = "WyJBQUFBQUFBQUFBQUFBQUFBQUFBQUFBIiwicmVjaXBpZW50IiwieCJd";
    assert_eq!(made_anew(&|it| it.push(FORGED.into())), "disclosure.sd-jwt: record-forged-field");
    assert_eq!(made_anew(&|it| it[1] = FORGED.into()), "disclosure.sd-jwt: record-forged-field");
}

#[test]
fn files_of_another_archive_do_not_fit() {
    let other = sample::bag(&Sample { seed: 2, ..Sample::default() });
    for path in
        other.0.keys().filter(|path| Sample::default().files.iter().all(|(name, _)| !path.ends_with(name)))
    {
        let same = sample::bag(&Sample::default()).0[path] == other.0[path];
        if same || path.contains("manifest") {
            continue;
        }
        let (_, made_anew) = after(|bag| drop(bag.0.insert(path.clone(), other.0[path].clone())));
        let expected = match path.as_str() {
            "archive.vkey" => "archive.vkey: other-key".to_owned(),
            "disclosure.sd-jwt" => "disclosure.sd-jwt: record-not-signed".to_owned(),
            "disclosure.tlog-proof" => "disclosure.tlog-proof: proof-fails".to_owned(),
            path => format!("{path}: not-as-disclosed"),
        };
        assert_eq!(made_anew, expected);
    }
    // All of it by another key: intact in itself, and not the pinned archive's.
    assert!(bag::verify(&other, &Trust::default()).proved());
    assert_eq!(first(&check(&other)), "archive.vkey: other-key");
}

#[test]
fn lenient_manifests_are_refused() {
    for (path, from, to) in [
        ("manifest-sha256.txt", "\n", "\r\n"),
        ("manifest-sha256.txt", "  data", "  ./data"),
        ("manifest-sha512.txt", "  data", " *data"),
        ("tagmanifest-sha256.txt", "a", "A"),
        ("tagmanifest-sha512.txt", "  records", "  README.txt"),
        ("bagit.txt", "1.0", "0.97"),
    ] {
        let mut bag = sample::bag(&Sample::default());
        let text = String::from_utf8(bag.0[path].clone()).unwrap().replace(from, to);
        bag.0.insert(path.into(), text.into_bytes());
        let said = first(&check(&bag));
        assert!(said.starts_with(path) || said == "readme.txt: unexpected", "{path}: {said}");
    }
}

/// A bag with one more name that is no regular file of a bag.
struct With(MemoryBag, &'static [u8], EntryKind);

impl BagSource for With {
    fn list(&self, visit: &mut dyn FnMut(Entry) -> std::ops::ControlFlow<()>) -> std::io::Result<()> {
        self.0.list(visit)?;
        let _ = visit(Entry { untrusted_path: self.1.to_vec(), kind: self.2 });
        Ok(())
    }

    fn open<'s>(&'s self, path: &str) -> std::io::Result<Box<dyn std::io::Read + 's>> {
        self.0.open(path)
    }
}

#[test]
fn folders_links_and_odd_names_are_named() {
    for (name, kind, said) in [
        (&b"extra"[..], EntryKind::Folder, "extra: unexpected"),
        (b"data/extra", EntryKind::Folder, "data/extra: unexpected"),
        (b"data/03.txt", EntryKind::Link, "data/03.txt: link"),
        (b"data/03.txt", EntryKind::Other, "data/03.txt: special-file"),
        (b"data/\xff\n.mp4", EntryKind::File, "data/%FF%0A.mp4: unexpected"),
        (b"data/01.MP4", EntryKind::File, "data/01.MP4: unexpected"),
        ("data/01.m\u{440}4".as_bytes(), EntryKind::File, "data/01.m%D1%804: unexpected"),
    ] {
        let report = check(&With(sample::bag(&Sample::default()), name, kind));
        assert_eq!(first(&report), said);
    }
    let mut one = sample::bag(&Sample::default());
    one.0.retain(|path, _| !path.starts_with("consistency/"));
    recompute_manifests(&mut one);
    assert_eq!(first(&check(&With(one, b"consistency", EntryKind::Folder))), "consistency: empty-folder");
}

#[test]
fn a_file_that_changes_under_the_reader_is_noticed() {
    struct Changing(MemoryBag, std::cell::Cell<u32>);
    impl BagSource for Changing {
        fn list(&self, visit: &mut dyn FnMut(Entry) -> std::ops::ControlFlow<()>) -> std::io::Result<()> {
            self.0.list(visit)
        }
        fn open<'s>(&'s self, path: &str) -> std::io::Result<Box<dyn std::io::Read + 's>> {
            if path == "archive.vkey" {
                self.1.set(self.1.get() + 1);
                if self.1.get() > 1 {
                    return Ok(Box::new(&b"other"[..]));
                }
            }
            self.0.open(path)
        }
    }
    let report = check(&Changing(sample::bag(&Sample::default()), Default::default()));
    assert!(matches!(report.problems[0].fault, Fault::Changed));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_bag_makes_the_verifier_panic(
        files in proptest::collection::btree_map(
            prop_oneof![
                "[a-z./]{0,12}",
                "data/[0-9]{2}\\.bin",
                "checkpoints/[1-9]{1,3}(\\.token-1)?\\.(txt|tsr|pem)",
                "consistency/[1-9]-[1-9]\\.txt",
            ],
            proptest::collection::vec(any::<u8>(), 0..80),
            0..12,
        ),
        keep in any::<bool>(),
        anew in any::<bool>(),
    ) {
        let mut bag = if keep { sample::bag(&Sample::default()) } else { MemoryBag::default() };
        bag.0.extend(files.clone());
        if anew {
            recompute_manifests(&mut bag);
        }
        let report = check(&bag);
        prop_assert_eq!(report.proved(), keep && files.is_empty());
    }
}

fn stamps_by(authority: &authority::Authority, message: &[u8]) -> StampFiles {
    let request = timestamp::Request::new(message, 1);
    let answer = timestamp::Response::from_der(&authority.answer(&request.to_der())).unwrap();
    let token = timestamp::check_answer(&request, &answer).unwrap().to_response_der();
    StampFiles { token, certificates: Some(authority.own_pem()) }
}

#[test]
fn only_authorities_that_are_trusted_count_and_a_bad_stamp_alters_nothing() {
    if !authority::openssl_is_there() {
        return;
    }
    let (known, home_made) = (authority::Authority::new(&Default::default()), {
        authority::Authority::new(&authority::Plan { root_name: "Home-made Root", ..Default::default() })
    });
    let note = sample::first_checkpoint(&Sample::default()).to_string();
    let sample = Sample {
        stamps: vec![
            stamps_by(&home_made, note.as_bytes()),
            stamps_by(&known, note.as_bytes()),
            stamps_by(&known, b"another note"),
            StampFiles { token: b"no token".to_vec(), certificates: None },
        ],
        ..Sample::default()
    };
    let bag = sample::bag(&sample);
    let trusting_one =
        |pem: String| Trust { authorities: timestamp::Trust::from_pem(&pem).unwrap(), ..trusting(&sample) };
    let report = bag::verify(&bag, &trusting_one(known.root_pem()));
    assert!(report.proved(), "{:?}", report.problems);
    let results: Vec<_> = report.stamps.iter().map(|stamp| &stamp.result).collect();
    assert!(matches!(results[0], Err(NotCounted::UnknownAuthority { .. })), "{results:?}");
    assert!(results[1].is_ok(), "{results:?}");
    assert!(matches!(results[2], Err(NotCounted::Refused(StampError::Imprint))), "{results:?}");
    assert!(matches!(results[3], Err(NotCounted::Refused(StampError::Token(_)))), "{results:?}");
    let dated = report.files[0].no_later_than.as_ref().unwrap();
    assert_eq!((dated.by, dated.size), (DatedBy::TimeStamp, 256));

    // The records say 2031 of themselves; without an authority that is trusted, that dates nothing.
    let report = bag::verify(&bag, &trusting(&sample));
    assert!(report.proved() && report.files.iter().all(|file| file.no_later_than.is_none()));
    assert!(report.stamps.iter().all(|stamp| stamp.result.is_err()));
}

#[test]
fn a_file_that_would_fill_the_memory_is_refused_unread() {
    struct Endless(MemoryBag);
    impl BagSource for Endless {
        fn list(&self, visit: &mut dyn FnMut(Entry) -> std::ops::ControlFlow<()>) -> std::io::Result<()> {
            self.0.list(visit)
        }
        fn open<'s>(&'s self, path: &str) -> std::io::Result<Box<dyn std::io::Read + 's>> {
            match path.starts_with("data/") {
                true => self.0.open(path),
                false => Ok(Box::new(std::io::repeat(b'a'))),
            }
        }
    }
    let report = check(&Endless(sample::bag(&Sample::default())));
    assert!(report.problems.iter().all(|it| matches!(it.fault, Fault::TooLarge)), "{:?}", report.problems);
    assert!(report.key.is_none() && !report.proved());

    struct Crowded;
    impl BagSource for Crowded {
        fn list(&self, visit: &mut dyn FnMut(Entry) -> std::ops::ControlFlow<()>) -> std::io::Result<()> {
            let endless = (0u64..).map(|number| format!("{number}").into_bytes());
            for untrusted_path in endless {
                if visit(Entry { untrusted_path, kind: EntryKind::File }).is_break() {
                    break;
                }
            }
            Ok(())
        }
        fn open<'s>(&'s self, _: &str) -> std::io::Result<Box<dyn std::io::Read + 's>> {
            Err(std::io::ErrorKind::NotFound.into())
        }
    }
    let report = check(&Crowded);
    assert_eq!(report.problems.len(), 1000);
    assert!(report.more_problems > 100_000);
}
