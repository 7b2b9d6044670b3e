//! Stories of packages: what is in them, who can check them, and what never leaves.

#[path = "../../proof/tests/common/authority.rs"]
mod authority;
#[path = "common/place.rs"]
mod place;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use place::{GIVER, MEMBER, Place, reference};
use vidimus_archive::disclose::{Disclose, DiscloseError, Disclosed, Names, OutError};
use vidimus_archive::query::{AskError, Shown};
use vidimus_proof::bag::{MemoryBag, Pinned, Report, Trust, verify};
use vidimus_proof::timestamp::{Request, Trust as TsaTrust};

const TO: &str = "Newsroom of nowhere";
const PURPOSE: &str = "Publication of a part";

fn ask(place: &Place, refs: &[&str]) -> Disclose {
    ask_at(place.folder.path(), refs)
}

fn ask_at(folder: &Path, refs: &[&str]) -> Disclose {
    Disclose {
        refs: refs.iter().map(|text| reference(text)).collect(),
        to: TO.into(),
        purpose: PURPOSE.into(),
        out: folder.join("bag"),
        fields: Vec::new(),
        names: Names::Numbers,
        opened: Vec::new(),
        tombstones: false,
    }
}

fn disclose(place: &mut Place, request: &Disclose) -> Result<Disclosed, DiscloseError> {
    place.archive.disclose(request, &mut |_| {})
}

fn read_bag(folder: &Path) -> MemoryBag {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                files.insert(name, std::fs::read(path).unwrap());
            }
        }
    }
    MemoryBag(files)
}

/// The report of a bag that must hold, for a verifier who was told nothing and for one who knows the archive's key.
fn verified(place: &Place, folder: &Path) -> Report {
    let bag = read_bag(folder);
    let alone = verify(&bag, &Trust::default());
    assert!(alone.proved() && alone.key.unwrap().pinned == Pinned::No, "{:?}", alone.problems);
    let trust = Trust { archive_keys: vec![place.archive.verifier_key()], ..Trust::default() };
    let report = verify(&bag, &trust);
    assert!(report.proved() && report.key.as_ref().unwrap().pinned == Pinned::Yes, "{:?}", report.problems);
    report
}

/// Nothing under the name asked for, and nothing beside it.
fn nothing_left(place: &Place) {
    let names: Vec<_> =
        std::fs::read_dir(place.folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    let bags: Vec<_> = names.iter().filter(|name| name.to_string_lossy().contains("bag")).collect();
    assert!(bags.is_empty(), "{bags:?}");
}

/// A large file and the same again, two small ones in a pack, an empty one.
fn sample() -> Place {
    let mut place = Place::new();
    let large: Vec<u8> = (0..5u32 << 20).map(|n| (n >> 8 ^ n) as u8).collect();
    place.write("камера 03/тайна.mp4", [b"\0\0\0\x18ftypisom", &large[..]].concat());
    place.write("копия.bin", [b"\0\0\0\x18ftypisom", &large[..]].concat());
    place.write("записка.doc", "Записка дежурного, ИК-900");
    place.write("scan.exe", b"\xff\xd8\xff\xe0 a scan");
    place.write("порожній", "");
    place.receive();
    place
}

#[test]
fn two_items_leave_and_a_stranger_can_check_them() {
    let mut place = sample();
    let (video, note) = (place.item("камера 03/тайна.mp4"), place.item("записка.doc"));
    let request = ask(&place, &[&video.to_string(), &note.to_string(), &video.to_string()]);
    let mut last = 0;
    let disclosed = place.archive.disclose(&request, &mut |copied| last = copied.bytes).unwrap();
    assert_eq!(last, (5 << 20) + 12 + "Записка дежурного, ИК-900".len() as u64);
    let names: Vec<&str> = disclosed.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["01.mp4", "02.txt"]);

    let report = verified(&place, &disclosed.bag);
    assert_eq!(report.files.len(), 2);
    assert_eq!(
        std::fs::read(disclosed.bag.join("data/02.txt")).unwrap(),
        "Записка дежурного, ИК-900".as_bytes()
    );
    // What was not asked for is not in it: member, giver, found names, our times, recipient, purpose.
    let fields: Vec<String> = report.files[0].fields.iter().map(|(name, _)| name).collect();
    assert_eq!(fields, ["change", "sha256", "size"]);
    assert_eq!(report.disclosure, []);
    let year = place.archive.log(&video).unwrap()[0].at.to_string()[..4].to_owned();
    let me = place.archive.keyring().member().to_string();
    for (path, bytes) in read_bag(&disclosed.bag).0.iter().filter(|(path, _)| !path.starts_with("data/")) {
        let text = String::from_utf8_lossy(bytes);
        for secret in [MEMBER, GIVER, "тайна", "записка", TO, PURPOSE, &me, "A1-", &format!("{year}-")]
        {
            assert!(!text.contains(secret), "{path} says {secret}");
        }
    }

    let json = serde_json::to_value(&disclosed).unwrap();
    assert_eq!(json["files"][0]["ref"], video.to_string());
    assert_eq!(json["record"]["index"], disclosed.record.index);
    assert_eq!(
        (&json["bag"], &json["path_encoding"]),
        (&disclosed.bag.to_str().unwrap().into(), &"utf-8".into())
    );
    // It is on record who was given what.
    let Shown::Item(shown) = place.archive.show(&video).unwrap() else { panic!("an item") };
    assert_eq!(
        (shown.disclosures[0].recipient.as_str(), shown.disclosures[0].purpose.as_str()),
        (TO, PURPOSE)
    );
    assert_eq!(shown.disclosures[0].seq, disclosed.record.index);
}

#[test]
fn a_receipt_answers_whether_a_file_was_in_what_it_published() {
    let mut place = sample();
    place.archive.issue_receipt().unwrap();
    let first = place.item("scan.exe");
    place.write("later.txt", "later");
    let received = place.receive();
    let published = received.receipt.join("receipt.txt");
    let earlier: PathBuf = place.archive.receipts().unwrap()[0].folder.join("receipt.txt");
    let later = place.item("later.txt");
    let disclosed = {
        let request = ask(&place, &[&first.to_string(), &later.to_string()]);
        disclose(&mut place, &request).unwrap()
    };
    let bag = read_bag(&disclosed.bag);
    let inside = |receipt: &Path| -> Vec<Option<bool>> {
        let receipt = vidimus_proof::receipt::read(&std::fs::read(receipt).unwrap()).unwrap();
        let trust = Trust { receipt: Some(receipt), ..Trust::default() };
        let report = verify(&bag, &trust);
        assert!(report.proved(), "{:?}", report.problems);
        report.files.iter().map(|file| file.in_receipt).collect()
    };
    assert_eq!(inside(&published), [Some(true), Some(true)]);
    assert_eq!(inside(&earlier), [Some(true), Some(false)]);
}

#[test]
fn names_and_fields_are_as_asked_for() {
    let mut place = sample();
    let (scan, empty) = (place.item("scan.exe"), place.item("порожній"));
    let mut request = ask(&place, &[&scan.to_string(), &empty.to_string()]);
    request.names = Names::References;
    request.fields = vec!["path".into(), "at".into()];
    request.opened = vec!["purpose".into(), "recipient".into()];
    let disclosed = disclose(&mut place, &request).unwrap();
    let names: Vec<String> = disclosed.files.iter().map(|file| file.name.clone()).collect();
    assert_eq!(names, [format!("{scan}.jpg"), format!("{empty}.bin")]);
    let report = verified(&place, &disclosed.bag);
    let of_scan = report.files.iter().find(|file| file.name.ends_with("jpg")).unwrap();
    let fields: Vec<String> = of_scan.fields.iter().map(|(name, _)| name).collect();
    assert_eq!(fields, ["at", "change", "path", "path_encoding", "sha256", "size"]);
    assert!(of_scan.fields.iter().any(|field| field == ("path".into(), "scan.exe".into())));
    assert_eq!(report.disclosure, [("purpose".into(), PURPOSE.into()), ("recipient".into(), TO.into())]);
}

#[test]
fn a_copy_is_disclosed_as_what_it_is_a_copy_of() {
    let mut place = sample();
    let (one, two) = (place.item("камера 03/тайна.mp4"), place.item("копия.bin"));
    let request = ask(&place, &[&two.to_string(), &one.to_string()]);
    let disclosed = disclose(&mut place, &request).unwrap();
    assert_eq!(disclosed.files[0].sha256, disclosed.files[1].sha256);
    assert_eq!(verified(&place, &disclosed.bag).files.len(), 2);
}

#[test]
fn what_may_not_leave_is_refused() {
    let mut place = sample();
    let mut refuse = |change: &dyn Fn(&mut Disclose)| {
        let mut request = ask(&place, &["A1-1"]);
        change(&mut request);
        let size = place.archive.checkpoint().unwrap().checkpoint().size;
        let error = disclose(&mut place, &request).unwrap_err();
        nothing_left(&place);
        assert_eq!(place.archive.checkpoint().unwrap().checkpoint().size, size, "nothing is recorded");
        error
    };
    assert!(matches!(refuse(&|r| r.refs.clear()), DiscloseError::Count(0)));
    assert!(matches!(refuse(&|r| r.to = " ".into()), DiscloseError::NoRecipient));
    assert!(matches!(refuse(&|r| r.purpose.clear()), DiscloseError::NoPurpose));
    assert!(matches!(refuse(&|r| r.fields.push("name".into())), DiscloseError::UnknownField { .. }));
    assert!(matches!(refuse(&|r| r.opened.push("path".into())), DiscloseError::UnknownField { .. }));
    assert!(matches!(refuse(&|r| r.refs = vec![reference("A1")]), DiscloseError::NotAnItem(_)));
    let unknown = refuse(&|r| r.refs.push(reference("A1-99")));
    assert!(matches!(unknown, DiscloseError::Ask(AskError::Unknown(_))), "{unknown:?}");
    let inside = place.path("archive/bag");
    let mut request = ask(&place, &["A1-1"]);
    request.out = inside.clone();
    let error = disclose(&mut place, &request).unwrap_err();
    assert!(matches!(error, DiscloseError::Out(OutError::InArchive(_))) && !inside.exists());

    std::fs::create_dir(place.path("bag")).unwrap();
    std::fs::write(place.path("bag/mine.txt"), "kept").unwrap();
    let request = ask(&place, &["A1-1"]);
    let error = disclose(&mut place, &request).unwrap_err();
    assert!(matches!(error, DiscloseError::Out(OutError::NotEmpty(_))), "{error:?}");
    assert_eq!(std::fs::read(place.path("bag/mine.txt")).unwrap(), b"kept");
}

#[test]
fn a_flipped_byte_of_an_object_is_noticed_and_leaves_no_bag() {
    for at in [40, 500, 3 << 20] {
        let mut place = sample();
        let video = place.item("камера 03/тайна.mp4");
        let Shown::Item(shown) = place.archive.show(&video).unwrap() else { panic!("an item") };
        let name = &shown.place.name;
        let object = place.path("archive/objects").join(&name[..2]).join(name);
        let mut bytes = std::fs::read(&object).unwrap();
        bytes[at] ^= 1;
        let mut permissions = std::fs::metadata(&object).unwrap().permissions();
        std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o600);
        std::fs::set_permissions(&object, permissions).unwrap();
        std::fs::write(&object, bytes).unwrap();
        let size = place.archive.checkpoint().unwrap().checkpoint().size;
        let request = ask(&place, &["A1-1", "A1-2", "A1-3", "A1-4", "A1-5"]);
        let error = disclose(&mut place, &request).unwrap_err();
        let copy = place.item("копия.bin").to_string();
        let text = error.to_string();
        assert!(text.contains(&format!("of {video}:")) || text.contains(&format!("of {copy}:")), "{error}");
        nothing_left(&place);
        assert_eq!(place.archive.checkpoint().unwrap().checkpoint().size, size, "nothing is recorded");
    }
}

#[test]
fn a_killed_run_leaves_no_bag_and_the_next_one_makes_it() {
    const FOLDER: &str = "VIDIMUS_TEST_KILLED_IN";
    if let Some(folder) = std::env::var_os(FOLDER) {
        // This is the run that is killed, in a process of its own.
        let folder = PathBuf::from(folder);
        let mut request = ask_at(&folder, &["A1-1", "A1-2", "A1-3"]);
        request.names = Names::References;
        let _ = place::open(&folder).disclose(&request, &mut |copied| {
            if copied.bytes > 1 << 20 {
                std::process::abort();
            }
        });
        return;
    }
    let mut place = sample();
    let this = std::env::current_exe().unwrap();
    let arguments = ["--exact", "a_killed_run_leaves_no_bag_and_the_next_one_makes_it"];
    let killed = Command::new(this).args(arguments).env(FOLDER, place.folder.path()).output().unwrap();
    assert!(!killed.status.success());
    assert!(!place.path("bag").exists() && place.path(".partial-bag/data").exists());

    let request = ask(&place, &["A1-1"]);
    let disclosed = disclose(&mut place, &request).unwrap();
    assert_eq!(verified(&place, &disclosed.bag).files.len(), 1);
    assert!(!place.path(".partial-bag").exists());
}

#[test]
fn a_touched_tile_of_the_log_is_made_again() {
    let mut place = sample();
    let log = place.path("archive/log/tile/0");
    let mut folders = vec![log];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap().map(|entry| entry.unwrap().path()) {
            match entry.is_dir() {
                true => folders.push(entry),
                false => std::fs::write(&entry, vec![7; std::fs::metadata(&entry).unwrap().len() as usize])
                    .unwrap(),
            }
        }
    }
    let request = ask(&place, &["A1-1"]);
    let disclosed = disclose(&mut place, &request).unwrap();
    verified(&place, &disclosed.bag);
}

#[test]
fn a_time_stamp_dates_the_files_for_who_trusts_its_authority() {
    if !authority::openssl_is_there() {
        return;
    }
    let mut place = sample();
    let receipt = place.archive.receipts().unwrap().pop().unwrap().folder;
    let note = std::fs::read(receipt.join("checkpoint.txt")).unwrap();
    let authority = authority::Authority::new(&authority::Plan::default());
    let request = Request::new(&note, 7);
    std::fs::write(receipt.join("token-1.tsr"), authority.answer(&request.to_der())).unwrap();
    std::fs::write(receipt.join("token-2.tsr"), "no token").unwrap();
    let request = ask(&place, &["A1-1"]);
    let disclosed = disclose(&mut place, &request).unwrap();
    assert!(
        verified(&place, &disclosed.bag).files[0].no_later_than.is_none(),
        "nobody vouched for the authority"
    );
    let bag = read_bag(&disclosed.bag);
    assert_eq!(bag.0.keys().filter(|path| path.ends_with(".tsr")).count(), 1);
    let trust = Trust { authorities: TsaTrust::from_pem(&authority.root_pem()).unwrap(), ..Trust::default() };
    let report = verify(&bag, &trust);
    assert!(report.proved() && report.files[0].no_later_than.is_some(), "{:?}", report.problems);
}

#[test]
fn pypi_bagit_accepts_a_bag() {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/python/bin/python");
    if !python.is_file() {
        println!("skipped: {} is not there; `make setup` puts it there", python.display());
        return;
    }
    let mut place = sample();
    let request = ask(&place, &["A1-1", "A1-2", "A1-3"]);
    let disclosed = disclose(&mut place, &request).unwrap();
    let program = "import bagit, sys; bagit.Bag(sys.argv[1]).validate(); print('valid')";
    let output = Command::new(python).args(["-c", program]).arg(&disclosed.bag).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
