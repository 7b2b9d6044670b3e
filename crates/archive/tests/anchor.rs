//! Stories of public receipts and the time stamps beside them: an authority that answers, lies, refuses, or is not there.

#[path = "../../proof/tests/common/authority.rs"]
mod authority;

#[path = "common/web.rs"]
mod web;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use authority::{Authority as Program, OTHER_POLICY, Plan, openssl_is_there};
use vidimus_archive::anchor::{AnchorError, Anchored, AskError, NotStamped, over_http};
use vidimus_archive::clock::FixedClock;
use vidimus_archive::receipt::{FileState, TokenState};
use vidimus_archive::{Archive, Beginning, Opening, ReceiptError};
use vidimus_proof::timestamp::{AnswerError, StampError};
use vidimus_seal::KdfParams;
use web::{Answer, Web};

const PASSPHRASE: &str = "six small words for the test";
const MEMBER: &str = "Олена";

/// A date of ours, which no receipt may tell.
const OUR_DAY: &str = "2027-03-05";

fn our_clock() -> FixedClock {
    FixedClock(format!("{OUR_DAY}T07:08:09Z").parse().unwrap())
}

struct Place {
    folder: tempfile::TempDir,
    archive: Archive,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let beginning = Beginning {
            state: &folder.path().join("state"),
            origin: "archive.example/ik-900",
            member: MEMBER,
            passphrase: PASSPHRASE,
            keyholders: None,
            kdf: KdfParams { memory_kib: 64, passes: 1, lanes: 1 },
            clock: Box::new(our_clock()),
        };
        let (archive, _) = Archive::init(&folder.path().join("archive"), beginning).unwrap();
        Self { folder, archive }
    }

    fn open_again(&mut self) {
        let opening = Opening {
            state: &self.folder.path().join("state"),
            member: None,
            passphrase: PASSPHRASE,
            first_seen_here: false,
            clock: Box::new(our_clock()),
        };
        self.archive = Archive::open(&self.folder.path().join("archive"), opening).unwrap();
    }

    /// Configures these authorities: name, address, certificate, policy.
    fn configure(&self, authorities: &[(&str, &str, &str, Option<&str>)]) {
        let list: Vec<_> = authorities
            .iter()
            .map(|(name, url, ca, policy)| serde_json::json!({"name": name, "url": url, "ca": ca, "policy": policy}))
            .collect();
        let settings = serde_json::json!({ "authorities": list });
        std::fs::write(self.archive.layout().settings(), settings.to_string()).unwrap();
    }

    fn anchor(&mut self) -> Anchored {
        self.archive.anchor(&over_http).unwrap()
    }

    /// The one reason why the one authority sent nothing; nothing was kept.
    fn refused(&mut self) -> NotStamped {
        let mut anchored = self.anchor();
        assert!(anchored.tokens.is_empty(), "{anchored:?}");
        assert_eq!(anchored.failed.len(), 1);
        assert!(self.archive.receipts().unwrap().iter().all(|receipt| receipt.tokens.is_empty()));
        anchored.failed.remove(0).reason
    }

    fn size(&self) -> u64 {
        self.archive.checkpoint().unwrap().checkpoint().size
    }
}

fn openssl_accepts(folder: &Path, token: &str, ca: &Path) -> bool {
    let mut command = Command::new("openssl");
    command.args(["ts", "-verify", "-data", "checkpoint.txt", "-in", token, "-CAfile"]).arg(ca);
    command.current_dir(folder).output().unwrap().status.success()
}

fn good() -> (Arc<Program>, Web) {
    let program = Arc::new(Program::new(&Plan::default()));
    let answering = Arc::clone(&program);
    let web = Web::new(move |request| Answer::ok(answering.answer(request)));
    (program, web)
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap()
}

#[test]
fn a_receipt_is_made_once_for_a_checkpoint() {
    let mut place = Place::new();
    let size = place.size();
    let folder = place.archive.issue_receipt().unwrap();
    assert_eq!(folder, place.archive.layout().receipt(size));
    let after = place.size();
    assert_eq!(place.archive.issue_receipt().unwrap(), folder);
    place.open_again();
    assert_eq!(place.archive.issue_receipt().unwrap(), folder);
    assert_eq!((after, place.size()), (size + 1, size + 1));

    let receipts = place.archive.receipts().unwrap();
    assert_eq!(receipts.len(), 1);
    assert_eq!((receipts[0].checkpoint.size, &receipts[0].folder), (size, &folder));
    let signed = vidimus_proof::receipt::read(read(&folder, "receipt.txt").as_bytes()).unwrap();
    signed.verify(&place.archive.verifier_key()).unwrap();
    assert_eq!(signed.to_string(), read(&folder, "checkpoint.txt"));
}

#[test]
fn a_receipt_says_nothing_but_its_note() {
    let mut place = Place::new();
    let folder = place.archive.issue_receipt().unwrap();
    for name in ["checkpoint.txt", "receipt.txt", "receipt.html"] {
        let said = read(&folder, name);
        let own_id = place.archive.id().to_owned();
        for secret in [MEMBER, "A1", "accession", "надходження", "поступление", OUR_DAY, &own_id]
        {
            // The note's own base64, and the picture of it, may hold any two letters.
            let words: Vec<&str> =
                said.lines().filter(|line| !line.contains("base64") && line.contains(' ')).collect();
            let words = words.iter().filter(|line| !line.starts_with('—'));
            assert!(words.clone().all(|line| !line.contains(secret)), "{name} says {secret}");
        }
    }
}

#[test]
fn lost_and_altered_files_are_told_and_made_again() {
    let mut place = Place::new();
    let folder = place.archive.issue_receipt().unwrap();
    let states = |place: &Place| -> Vec<FileState> {
        place.archive.receipts().unwrap()[0].files.iter().map(|(_, state)| *state).collect()
    };
    std::fs::remove_file(folder.join("checkpoint.txt")).unwrap();
    std::fs::write(folder.join("receipt.html"), "<p>nothing</p>").unwrap();
    assert_eq!(states(&place), [FileState::Missing, FileState::Sound, FileState::Altered]);
    place.archive.renew_receipt(place.size() - 1).unwrap();
    assert_eq!(states(&place), [FileState::Sound; 3]);
    std::fs::remove_dir_all(&folder).unwrap();
    place.archive.issue_receipt().unwrap();
    assert_eq!(states(&place), [FileState::Sound; 3]);
}

#[test]
fn a_receipt_whose_files_cannot_be_written_is_not_recorded() {
    let mut place = Place::new();
    let size = place.size();
    let folder = place.archive.layout().receipt(size);
    std::fs::create_dir_all(folder.parent().unwrap()).unwrap();
    std::fs::write(&folder, "in the way").unwrap();
    assert!(matches!(place.archive.issue_receipt(), Err(ReceiptError::Io(_))));
    assert_eq!((place.size(), place.archive.receipts().unwrap().len()), (size, 0));
    std::fs::remove_file(&folder).unwrap();
    assert_eq!(place.archive.issue_receipt().unwrap(), folder);
    assert_eq!((place.size(), place.archive.receipts().unwrap().len()), (size + 1, 1));
}

#[test]
fn nobody_is_asked_who_is_not_configured() {
    let mut place = Place::new();
    let before = place.size();
    let asked = place.archive.anchor(&|_| panic!("nobody is configured"));
    assert!(matches!(asked, Err(AnchorError::NoAuthority)));
    assert_eq!(place.size(), before);
}

#[test]
fn a_receipt_is_stamped_once_by_each_authority_and_openssl_agrees() {
    if !openssl_is_there() {
        return;
    }
    let mut place = Place::new();
    let (first, web) = good();
    let second = Arc::new(Program::new(&Plan { middle: true, root_name: "Other Root", ..Plan::default() }));
    let answering = Arc::clone(&second);
    let other_web = Web::new(move |request| Answer::ok(answering.answer(request)));
    place.configure(&[("first", &web.url(), &first.root_pem(), None)]);

    let anchored = place.anchor();
    assert!(anchored.failed.is_empty(), "{:?}", anchored.failed);
    let size = anchored.checkpoint.size;
    let folder = place.archive.layout().receipt(size);
    assert_eq!(anchored.tokens[0].file, folder.join("token-1.tsr"));
    assert!(openssl_accepts(&folder, "token-1.tsr", &first.file("root.pem")));
    assert!(openssl_accepts(&folder, "token-1.tsr", &folder.join("token-1.pem")));
    assert!(!openssl_accepts(&folder, "token-1.tsr", &second.file("root.pem")));
    let at = anchored.tokens[0].at.to_string();
    assert!(
        read(&folder, "receipt.txt")
            .contains(&format!("token-1.tsr: no later than {at}, CN=Test Time Stamps"))
    );
    assert!(read(&folder, "receipt.html").contains(&at));

    // Nothing is asked twice; another authority is asked for the old receipt too.
    assert!(place.anchor().tokens.is_empty());
    place.configure(&[
        ("first", &web.url(), &first.root_pem(), None),
        ("second", &other_web.url(), &second.root_pem(), Some(OTHER_POLICY)),
    ]);
    let anchored = place.anchor();
    assert_eq!(anchored.tokens.len(), 1);
    assert_eq!((anchored.tokens[0].authority.as_str(), anchored.checkpoint.size), ("second", size));
    assert!(openssl_accepts(&folder, "token-2.tsr", &second.file("root.pem")));
    assert_eq!((web.asked(), other_web.asked()), (1, 1));

    // Whoever is no longer configured is no longer counted.
    place.configure(&[("second", &other_web.url(), &second.root_pem(), Some(OTHER_POLICY))]);
    place.archive.renew_receipt(size).unwrap();
    assert!(read(&folder, "receipt.txt").contains("token-1.tsr: authority not pinned here"));
    let tokens = place.archive.receipts().unwrap().remove(0).tokens;
    assert!(matches!(tokens[0].state, TokenState::Unknown(_)));
    assert!(matches!(tokens[1].state, TokenState::Counted(_)));
}

#[test]
fn an_authority_that_was_away_is_asked_again_newest_receipt_first() {
    if !openssl_is_there() {
        return;
    }
    let mut place = Place::new();
    let (program, web) = good();
    let nobody = Web::nobody();
    place.configure(&[("slow", &nobody, &program.root_pem(), None)]);
    assert!(matches!(place.refused(), NotStamped::Ask(AskError::Unreached(_))));
    // It listens, but not with TLS.
    let not_tls = web.url().replace("http:", "https:");
    place.configure(&[("slow", &not_tls, &program.root_pem(), None)]);
    assert!(matches!(place.refused(), NotStamped::Ask(AskError::Unreached(_))));
    place.configure(&[("slow", &nobody, &program.root_pem(), None)]);
    let older = place.archive.receipts().unwrap()[0].checkpoint.size;

    // Work goes on, and the next receipt does not wait for the first one's time stamp.
    another_record(&mut place);
    assert!(matches!(place.refused(), NotStamped::Ask(AskError::Unreached(_))));
    assert_eq!(place.archive.receipts().unwrap().len(), 2);
    place.configure(&[("slow", &web.url(), &program.root_pem(), None)]);
    let anchored = place.anchor();
    let sizes: Vec<u64> = anchored.tokens.iter().map(|token| token.receipt).collect();
    assert_eq!(sizes, [anchored.checkpoint.size, older]);
    assert!(older < anchored.checkpoint.size);
    for size in sizes {
        assert!(openssl_accepts(
            &place.archive.layout().receipt(size),
            "token-1.tsr",
            &program.file("root.pem")
        ));
    }
}

#[test]
fn an_answer_to_another_question_is_not_kept() {
    if !openssl_is_there() {
        return;
    }
    let mut place = Place::new();
    let (program, web) = good();

    // An old answer to the same question, sent again: all holds but the nonce.
    let note = place.archive.issue_receipt().unwrap().join("checkpoint.txt");
    let old = vidimus_proof::timestamp::Request::new(&std::fs::read(note).unwrap(), 1);
    let old = program.answer(&old.to_der());
    let replay = Web::new(move |_| Answer::ok(old.clone()));
    place.configure(&[("a", &replay.url(), &program.root_pem(), None)]);
    assert_eq!(place.refused(), NotStamped::Answer(AnswerError::Nonce));

    let other = vidimus_proof::timestamp::Request::new(b"another message", 1);
    let other = program.answer(&other.to_der());
    let swapped = Web::new(move |_| Answer::ok(other.clone()));
    place.configure(&[("a", &swapped.url(), &program.root_pem(), None)]);
    assert_eq!(place.refused(), NotStamped::Answer(AnswerError::Imprint));

    // It does not stamp under this policy, and says so itself.
    place.configure(&[("a", &web.url(), &program.root_pem(), Some("1.3.6.1.4.1.99999.7"))]);
    assert!(matches!(place.refused(), NotStamped::Answer(AnswerError::Refused(_))));
}

#[test]
fn who_may_not_stamp_or_is_not_pinned_is_not_kept() {
    if !openssl_is_there() {
        return;
    }
    let mut place = Place::new();
    let (program, web) = good();
    let stranger = Program::new(&Plan { root_name: "Stranger", ..Plan::default() });
    place.configure(&[("a", &web.url(), &stranger.root_pem(), None)]);
    assert!(matches!(place.refused(), NotStamped::Stamp(StampError::UnknownAuthority(_))));

    // A certificate for something else, whose holder signs a true TSTInfo; `openssl ts` itself would refuse to.
    let no_authority = Program::new(&Plan { purpose: Some("critical,serverAuth"), ..Plan::default() });
    let root = no_authority.root_pem();
    let forging = Web::new(move |request| {
        let true_answer = program.answer(request);
        let info = web::info_of(&true_answer, program.folder());
        Answer::ok(web::granted(&no_authority.sign(&info, &[])))
    });
    place.configure(&[("a", &forging.url(), &root, None)]);
    let refused = place.refused();
    let named = matches!(refused, NotStamped::Stamp(StampError::Purpose | StampError::AuthorityName));
    assert!(named, "{refused:?}");
}

#[test]
fn rubbish_is_reported_and_the_next_authority_asked() {
    if !openssl_is_there() {
        return;
    }
    let mut place = Place::new();
    let (program, web) = good();
    let root = program.root_pem();
    let elsewhere = web.url();
    let garbage = Web::new(|_| Answer::ok(b"<html>login</html>".to_vec()));
    let empty = Web::new(|_| Answer::ok(Vec::new()));
    let broken = Web::new(|_| Answer { status: "500 Sorry", ..Answer::ok(b"sorry".to_vec()) });
    let moved = Web::new(move |_| Answer {
        status: "307 Elsewhere",
        location: Some(elsewhere.clone()),
        ..Answer::ok(Vec::new())
    });
    let huge = Web::new(|_| Answer::ok(vec![0x30; 300 * 1024]));
    let short = Web::new(|_| Answer { claimed_length: Some(5000), ..Answer::ok(vec![0x30; 10]) });
    let all = [&garbage, &empty, &broken, &moved, &huge, &short].map(Web::url);
    let names = ["garbage", "empty", "broken", "moved", "huge", "short"];
    let mut authorities: Vec<_> =
        names.iter().zip(&all).map(|(name, url)| (*name, url.as_str(), root.as_str(), None)).collect();
    let last = web.url();
    authorities.push(("good", &last, &root, None));
    place.configure(&authorities);

    let anchored = place.anchor();
    assert_eq!(anchored.tokens.iter().map(|t| t.authority.as_str()).collect::<Vec<_>>(), ["good"]);
    let reasons: Vec<_> = anchored.failed.iter().map(|f| (f.authority.as_str(), &f.reason)).collect();
    assert!(
        matches!(
            reasons[..],
            [
                ("garbage", NotStamped::Form(_)),
                ("empty", NotStamped::Form(_)),
                ("broken", NotStamped::Ask(AskError::Status(500))),
                ("moved", NotStamped::Ask(AskError::Status(307))),
                ("huge", NotStamped::Ask(AskError::TooLarge)),
                ("short", NotStamped::Ask(AskError::Unreached(_))),
            ]
        ),
        "{reasons:?}"
    );
    // The redirect led to the good one, which was asked only in its own right.
    assert_eq!(web.asked(), 1);
}

#[test]
fn a_request_says_nothing_of_us() {
    let mut place = Place::new();
    let web = Web::new(|_| Answer::ok(Vec::new()));
    let ca: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/receipt-v1/ca.pem");
    place.configure(&[("a", &web.url(), ca.to_str().unwrap(), None)]);
    place.refused();
    let mut lines: Vec<String> = web.heads().remove(0).lines().map(str::to_lowercase).collect();
    assert_eq!(lines.remove(0), "post /tsa http/1.1");
    lines.sort();
    let names: Vec<&str> =
        lines.iter().filter_map(|line| line.split(':').next()).filter(|n| !n.is_empty()).collect();
    assert_eq!(names, ["accept", "content-length", "content-type", "host"], "{lines:?}");
    assert!(lines.contains(&"content-type: application/timestamp-query".to_owned()));
}

/// Something is recorded, so that the newest checkpoint has no receipt.
fn another_record(place: &mut Place) {
    use vidimus_archive::receive::Receive;
    let disk = place.folder.path().join("disk");
    std::fs::create_dir_all(&disk).unwrap();
    std::fs::write(disk.join("note.txt"), "ИК-900").unwrap();
    let delivery = Receive {
        paths: vec![disk],
        giver: None,
        note: None,
        new: true,
        into: vidimus_model::CompartmentId::main(),
    };
    place.archive.receive(&delivery, &mut |_| ()).unwrap();
}
