//! Each rule of a bag is kept by a check of its own: broken alone, it is the one that is named.

#[path = "common/sample.rs"]
mod sample;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::{self, Read};
use std::ops::ControlFlow;

use vidimus_proof::bag::manifest::Digests;
use vidimus_proof::bag::{
    self, BagSource, Entry, EntryKind, Fault, MAX_FILES, MemoryBag, ReceiptAnswer, ReceiptSigner, Report,
    Trust,
};
use vidimus_proof::checkpoint::SignedCheckpoint;
use vidimus_proof::tlog_proof::TlogProof;

use sample::{Sample, recompute_manifests};
use serde_json::{Value, json};

fn check(bag: &dyn BagSource) -> Report {
    bag::verify(bag, &Trust { archive_keys: vec![sample::vkey(&Sample::default())], ..Trust::default() })
}

/// Every problem as `file: code`.
fn named(report: &Report) -> BTreeSet<String> {
    report.problems.iter().map(|problem| format!("{}: {}", problem.file, problem.fault.code())).collect()
}

/// What is named after a change to the bag whose manifests somebody made to fit.
fn after(change: impl Fn(&mut MemoryBag)) -> BTreeSet<String> {
    let mut bag = sample::bag(&Sample::default());
    change(&mut bag);
    recompute_manifests(&mut bag);
    named(&check(&bag))
}

#[test]
fn a_record_of_another_archive_in_this_log_shows_nothing() {
    // The same key, and an entry of this log: but it is not said in this archive's name.
    let report = check(&sample::bag(&Sample { records_of: "other.example/x", ..Sample::default() }));
    let said = ["records/01.sd-jwt: record-not-signed", "records/02.sd-jwt: record-not-signed"];
    assert_eq!(named(&report), said.map(str::to_owned).into());
    assert!(!report.proved());
}

#[test]
fn a_record_is_of_a_file_of_its_digest_and_its_size() {
    let report = check(&sample::bag(&Sample { size_too_large_by: 1, ..Sample::default() }));
    let said = named(&report);
    assert!(said.contains("data/01.mp4: not-the-recorded-file"), "{said:?}");
    assert!(said.contains("data/02.txt: not-the-recorded-file"), "{said:?}");
}

#[test]
fn what_a_tool_unpacked_is_never_taken_for_what_was_received() {
    let by = |tool| Sample { unpacked_by: Some(tool), ..Sample::default() };
    let report = check(&sample::bag(&by(vec![("tool", json!("bsdtar")), ("tool_version", Value::Null)])));
    assert!(report.proved(), "{:?}", report.problems);
    let told: Vec<_> = report.files.iter().map(bag::FileReport::unpacked_by).collect();
    assert_eq!(told, [None, Some(("bsdtar".to_owned(), None))]);

    // A package that does not say by which tool is not made, and not believed where somebody else made it.
    for tool in [vec![("tool_version", json!("3.7"))], vec![("tool", json!("bsdtar"))]] {
        let refused = sample::Pieces::of(&by(tool)).plan().unwrap_err();
        assert_eq!(refused, bag::PlanError::Record("02.txt".to_owned()));
    }
    for tool in [
        vec![("tool", json!(7)), ("tool_version", Value::Null)],
        vec![("tool", json!("bsdtar")), ("tool_version", json!([]))],
    ] {
        let report = check(&sample::bag(&by(tool)));
        assert_eq!(named(&report), ["records/02.sd-jwt: record-field".to_owned()].into());
    }
}

#[test]
fn a_change_of_the_key_hangs_from_a_checkpoint_of_the_bag() {
    let mut bag = sample::bag(&Sample::with_keys());
    let path = "keys/1.tlog-proof";
    let mut proof = TlogProof::from_bytes(&bag.0[path]).unwrap();
    let cosignature = sample::cosigner().cosign(&proof.checkpoint, 7).unwrap();
    proof.checkpoint = proof.checkpoint.with_signature(cosignature).unwrap();
    bag.0.insert(path.into(), proof.to_string().into_bytes());
    recompute_manifests(&mut bag);
    let said = named(&check(&bag));
    assert!(said.contains("keys/1.tlog-proof: proof-checkpoint-not-in-bag"), "{said:?}");
}

#[test]
fn a_receipt_holds_what_stands_below_its_size() {
    // The second file is the first entry behind a checkpoint of the bag.
    let sample = Sample { blanks: 0, ..Sample::with_keys() };
    let bag = sample::bag(&sample);
    let answer = |size: u64| {
        let receipt = SignedCheckpoint::from_bytes(&bag.0[&format!("checkpoints/{size}.txt")]).unwrap();
        let report = bag::verify(&bag, &Trust { receipt: Some(receipt), ..Trust::default() });
        assert_eq!((report.receipt, report.files[1].index), (Some(ReceiptAnswer::InBag), Some(301)));
        (report.files.iter().map(|file| file.in_receipt).collect::<Vec<_>>(), report.says_yes())
    };
    assert_eq!(answer(256), (vec![Some(true), Some(false)], false));
    assert_eq!(answer(301), (vec![Some(true), Some(false)], false));
    assert_eq!(answer(512), (vec![Some(true), Some(true)], true));
}

#[test]
fn a_receipt_says_which_key_of_the_bag_made_it() {
    let sample = Sample::with_keys();
    let bag = sample::bag(&sample);
    let signer = |receipt: SignedCheckpoint| {
        let report = bag::verify(&bag, &Trust { receipt: Some(receipt), ..Trust::default() });
        (report.receipt, report.receipt_signer)
    };
    let of_bag =
        |size: u64| SignedCheckpoint::from_bytes(&bag.0[&format!("checkpoints/{size}.txt")]).unwrap();
    for (size, by) in
        [(256, ReceiptSigner::Earlier), (512, ReceiptSigner::Earlier), (700, ReceiptSigner::Newest)]
    {
        assert_eq!(signer(of_bag(size)), (Some(ReceiptAnswer::InBag), Some(by)), "{size}");
    }
    let mut log = sample::Log::new(&sample);
    assert_eq!(signer(log.fill(2)), (Some(ReceiptAnswer::NotInBag), Some(ReceiptSigner::Earlier)));
    // Another history, or a signature that does not hold, says nothing of whose key it is.
    assert_eq!(signer(log.fill(256)), (Some(ReceiptAnswer::Fork), None));
    let stranger = Sample { seed: 9, ..Sample::default() };
    assert_eq!(signer(sample::Log::new(&stranger).fill(2)), (Some(ReceiptAnswer::NotSigned), None));
    assert_eq!(bag::verify(&bag, &Trust::default()).receipt_signer, None);
}

#[test]
fn what_every_bag_says_is_read() {
    for (path, said) in [("bagit.txt", "bagit.txt: text"), ("bag-info.txt", "bag-info.txt: text")] {
        for text in ["", "BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n", "Payload-Oxum: 128.3\n"]
        {
            let named = after(|bag| drop(bag.0.insert(path.into(), text.into())));
            assert!(named.contains(said), "{path} {text:?}: {named:?}");
        }
    }
}

#[test]
fn names_in_data_go_together() {
    let with = |names: &[&str]| {
        let mut bag = sample::bag(&Sample::default());
        bag.0.retain(|path, _| !path.starts_with("data/"));
        bag.0.extend(names.iter().map(|name| (format!("data/{name}"), b"x".to_vec())));
        recompute_manifests(&mut bag);
        named(&check(&bag)).into_iter().filter(|said| said.ends_with(": name")).collect::<Vec<_>>()
    };
    assert_eq!(with(&["01.mp4", "02.mp4", "99.mp4"]), [""; 0]);
    assert_eq!(with(&["01.mp4", "002.mp4"]), ["data/01.mp4: name"]);
    assert_eq!(with(&["01.mp4", "01.txt"]), ["data/01.txt: name"]);
    assert_eq!(with(&["A1-1.mp4", "A1-12.mp4", "A1-312.4.mp4"]), [""; 0]);
    assert_eq!(with(&["A1-1.mp4", "A1-1.txt"]), ["data/A1-1.txt: name"]);
    assert_eq!(with(&["A1-1.mp4", "01.mp4", "A1-312.mp4"]), [""; 0]);
}

#[test]
fn a_token_needs_its_checkpoint_and_a_chain_its_token() {
    let stamped = |sample: Sample| {
        let stamp = bag::StampFiles { token: b"no token".to_vec(), certificates: Some("none\n".into()) };
        sample::bag(&Sample { stamps: vec![stamp], ..sample })
    };
    let without = |gone: &str| {
        let mut bag = stamped(Sample::default());
        bag.0.remove(gone).unwrap();
        recompute_manifests(&mut bag);
        named(&check(&bag))
    };
    assert!(check(&stamped(Sample::default())).proved());
    let said = without("checkpoints/256.txt");
    assert!(said.contains("checkpoints/256.token-1.tsr: unexpected"), "{said:?}");
    let said = without("checkpoints/256.token-1.tsr");
    assert!(said.contains("checkpoints/256.token-1.pem: unexpected"), "{said:?}");
    let said = without("checkpoints/256.token-1.pem");
    assert_eq!(said, ["checkpoints/256.token-1.pem: missing".to_owned()].into());
}

#[test]
fn where_the_manifests_disagree_the_one_that_is_wrong_is_named() {
    let bag = sample::bag(&Sample::default());
    for (algorithm, other) in [("sha256", "sha512"), ("sha512", "sha256")] {
        for (kind, about) in [("manifest", "data/01.mp4"), ("tagmanifest", "README.txt")] {
            let manifest = format!("{kind}-{algorithm}.txt");
            let mut wrong = bag.clone();
            let text = String::from_utf8(wrong.0[&manifest].clone()).unwrap();
            let line = text.lines().find(|line| line.ends_with(&format!("  {about}"))).unwrap();
            let digest = line.split(' ').next().unwrap();
            let other_digest: String = digest.chars().rev().collect();
            wrong.0.insert(manifest.clone(), text.replace(digest, &other_digest).into_bytes());
            let is_this =
                |fault: &Fault| matches!(fault, Fault::WrongDigest { about: named } if named == about);
            let report = check(&wrong);
            let named_it = report.problems.iter().any(|it| it.file == manifest && is_this(&it.fault));
            assert!(named_it, "{manifest}: {:?}", report.problems);
            // With nothing to compare it with, it is the file that does not fit.
            wrong.0.remove(&format!("{kind}-{other}.txt")).unwrap();
            let said = named(&check(&wrong));
            assert!(said.contains(&format!("{about}: altered")), "{manifest} alone: {said:?}");
        }
    }
}

#[test]
fn names_are_shown_so_that_no_two_look_the_same() {
    let said = after(|bag| {
        bag.0.insert("a%b".into(), Vec::new());
        bag.0.insert("a\u{7f} ~".into(), Vec::new());
    });
    assert!(said.contains("a%25b: unexpected") && said.contains("a%7F ~: unexpected"), "{said:?}");
}

/// Reads of a bag that go wrong as a disk's do.
struct Failing {
    bag: MemoryBag,
    path: &'static str,
    /// What the next reads of this path answer.
    errors: RefCell<Vec<io::ErrorKind>>,
}

impl BagSource for Failing {
    fn list(&self, visit: &mut dyn FnMut(Entry) -> ControlFlow<()>) -> io::Result<()> {
        self.bag.list(visit)
    }

    fn open<'s>(&'s self, path: &str) -> io::Result<Box<dyn Read + 's>> {
        let file = self.bag.open(path)?;
        Ok(if path == self.path { Box::new(FailingRead(&self.errors, file)) } else { file })
    }
}

struct FailingRead<'s>(&'s RefCell<Vec<io::ErrorKind>>, Box<dyn Read + 's>);

impl Read for FailingRead<'_> {
    fn read(&mut self, piece: &mut [u8]) -> io::Result<usize> {
        match self.0.borrow_mut().pop() {
            Some(kind) => Err(kind.into()),
            None => self.1.read(piece),
        }
    }
}

#[test]
fn a_read_that_was_interrupted_is_repeated_and_one_that_failed_is_named() {
    use io::ErrorKind::{Interrupted, Other};
    for path in ["data/01.mp4", "archive.vkey", "manifest-sha256.txt"] {
        let bag = sample::bag(&Sample::default());
        let with = |errors: Vec<io::ErrorKind>| {
            check(&Failing { bag: bag.clone(), path, errors: RefCell::new(errors) })
        };
        assert!(with(vec![Interrupted; 3]).proved());
        let report = with(vec![Other, Interrupted]);
        assert_eq!((report.problems[0].file.as_str(), report.problems[0].fault.code()), (path, "unreadable"));
    }
}

/// Names of so many files of payload, records and strangers; a record is as large as one may be, the others cannot be read.
#[derive(Default)]
struct Many {
    payload: usize,
    records: usize,
    strangers: usize,
}

impl BagSource for Many {
    fn list(&self, visit: &mut dyn FnMut(Entry) -> ControlFlow<()>) -> io::Result<()> {
        let payload = (0..self.payload).map(|number| format!("data/{number:06}.txt"));
        let records = (0..self.records).map(|number| format!("records/{number:06}.sd-jwt"));
        let strangers = (0..self.strangers).map(|number| format!("stranger-{number}"));
        for path in payload.chain(records).chain(strangers) {
            if visit(Entry { untrusted_path: path.into(), kind: EntryKind::File }).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn open<'s>(&'s self, path: &str) -> io::Result<Box<dyn Read + 's>> {
        match path.starts_with("records/") {
            true => Ok(Box::new(io::repeat(b'a').take(64 << 10))),
            false => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

#[test]
fn a_bag_has_so_many_files_and_names_and_no_more() {
    let said = |many: Many, said: &str| named(&check(&many)).contains(said);
    let payload = |payload| said(Many { payload, ..Many::default() }, "data: too-many");
    assert_eq!(MAX_FILES, 50_000);
    assert!(!payload(MAX_FILES) && payload(MAX_FILES + 1) && payload(MAX_FILES + 2));
    let strangers = |strangers| said(Many { strangers, ..Many::default() }, ": too-many");
    assert!(!strangers(900) && check(&Many { strangers: 300_000, ..Many::default() }).more_problems > 0);
    // The thousand problems that are kept are full before the last name, so the others are counted.
    let counted = |strangers| check(&Many { strangers, ..Many::default() }).more_problems;
    let (most, beyond) = (counted(300_000), counted(300_001));
    assert_eq!((beyond, counted(300_002)), (most + 1, most + 1));
    // 4,096 records of 64 KiB are 256 MiB.
    let records = |records| said(Many { records, ..Many::default() }, "records: too-large");
    assert!(!records(4096) && records(4097));
}

#[test]
fn a_bag_in_memory_names_each_folder_once() {
    let bag = MemoryBag(["a/1", "a/2", "b/1", "c"].map(|path| (path.to_owned(), Vec::new())).into());
    let mut seen = Vec::new();
    let mut look = |entry: Entry| {
        seen.push((String::from_utf8(entry.untrusted_path).unwrap(), entry.kind));
        ControlFlow::Continue(())
    };
    bag.list(&mut look).unwrap();
    let (folder, file) = (EntryKind::Folder, EntryKind::File);
    let expected = [("a", folder), ("a/1", file), ("a/2", file), ("b", folder), ("b/1", file), ("c", file)];
    assert_eq!(seen, expected.map(|(path, kind)| (path.to_owned(), kind)));
}

#[test]
fn what_is_read_is_what_was_hashed() {
    assert_eq!(Digests::of(b"").size, 0);
    // A file that grows while it is read is what it was when it was hashed; the manifests say whether that is right.
    struct Growing(MemoryBag);
    impl BagSource for Growing {
        fn list(&self, visit: &mut dyn FnMut(Entry) -> ControlFlow<()>) -> io::Result<()> {
            self.0.list(visit)
        }
        fn open<'s>(&'s self, path: &str) -> io::Result<Box<dyn Read + 's>> {
            let file = self.0.open(path)?;
            Ok(if path == "archive.vkey" { Box::new(file.chain(&b"more"[..])) } else { file })
        }
    }
    let report = check(&Growing(sample::bag(&Sample::default())));
    assert!(named(&report).contains("archive.vkey: altered"), "{:?}", report.problems);
}
