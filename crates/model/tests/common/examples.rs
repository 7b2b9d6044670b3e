//! What the frozen examples say: one change of every kind, about the invented prison ИК-900.

use vidimus_proof::checkpoint::{Checkpoint, SignedCheckpoint};
use vidimus_proof::keychain::{Succession, named};
use vidimus_proof::note::Signer;
use vidimus_proof::record::SigningKey;

use vidimus_model::*;

use super::{ORIGIN, Set, keys};

#[path = "examined.rs"]
mod examined;

/// The folders of examples, in the order in which they came.
pub(super) const SETS: [Set; 10] = [
    ("changes-v1", at_first),
    ("changes-v1-keys", of_keys),
    ("changes-v1-keyholders", of_keyholders),
    ("changes-v1-member-file", of_a_key_file),
    ("changes-v1-giver", of_an_opened_giver),
    ("changes-v1-examination", examined::of_an_examination),
    ("changes-v1-destroyed", of_what_was_destroyed),
    ("changes-v1-moved", of_what_moved),
    ("changes-v1-moved-in", of_what_came),
    ("changes-v1-altered", of_what_was_altered),
];

/// What moved, with the records that came.
fn of_what_came() -> Vec<(&'static str, Change)> {
    let (whole, entries) = (vec![about("A7")], Some(vec![(12, 40), (44, 44)]));
    let came = MovedIn { about: whole, key: key(6), from: CompartmentId::main(), entries };
    vec![("moved-in.sd-jwt", Change::MovedIn(came))]
}

/// What moved, with the records that left.
fn of_what_moved() -> Vec<(&'static str, Change)> {
    let (whole, entries) = (vec![about("A7")], Some(vec![(12, 40), (44, 44)]));
    vec![("moved-out.sd-jwt", Change::MovedOut(MovedOut { about: whole, to: vault(), entries }))]
}

/// Records that are named when they go.
fn of_what_was_altered() -> Vec<(&'static str, Change)> {
    vec![("altered.sd-jwt", Change::Altered(Altered { entries: vec![(12, 40), (44, 44)] }))]
}

/// Objects that are named when they go.
fn of_what_was_destroyed() -> Vec<(&'static str, Change)> {
    let object = |byte| DestroyedObject { name: hex::encode([byte; 16]), header_key: base64url(&[byte; 32]) };
    vec![("destroyed.sd-jwt", Change::Destroyed(Destroyed { objects: vec![object(7), object(8)] }))]
}

/// A giver that was opened: signed by who opened it, and only told.
fn of_an_opened_giver() -> Vec<(&'static str, Change)> {
    let key = SigningKey::from_seed(&[6; 32]);
    let share = base64url(&key.public().to_bytes());
    let recipients = RECIPIENTS.map(String::from).to_vec();
    let opening = Opening {
        origin: ORIGIN.into(),
        accession: about("A7"),
        entry: "ab".repeat(32),
        share: Some(share.clone()),
        keyholders: recipients.clone(),
        by: "Ана".into(),
        at: "2031-02-19T10:00:00Z".into(),
        why: Opening::lines("the court asked who brought it\nletter 12"),
    };
    let told = Opening { share: None, keyholders: Vec::new(), at: "last winter".into(), ..opening.clone() };
    let opened = |opening: &Opening, signature| {
        Change::GiverOpened(GiverOpened { about: about("A7"), statement: opening.text(), signature })
    };
    let signature = base64url(&key.sign(opening.text().as_bytes()));
    vec![
        (
            "giver-keys.sd-jwt",
            Change::GiverKeys(GiverKeys {
                about: about("A7"),
                keys: vec![GiverKey { recipients, key: share }],
            }),
        ),
        ("giver-opened.sd-jwt", opened(&opening, Some(signature))),
        ("giver-opened-told.sd-jwt", opened(&told, None)),
    ]
}

/// A member who changed their passphrase.
fn of_a_key_file() -> Vec<(&'static str, Change)> {
    let sha256 = "ab".repeat(32);
    vec![("member-file.sd-jwt", Change::MemberFile(MemberFile { member: member(3), sha256 }))]
}

/// Keyholders who approve who follows them, and a test of what they can open.
fn of_keyholders() -> Vec<(&'static str, Change)> {
    let shares =
        || vec![GiverShare { recipients: RECIPIENTS.map(String::from).to_vec(), age: "YWdl".into() }];
    let named = |approval| {
        let approval_key = base64url(&SigningKey::from_seed(&[4; 32]).public().to_bytes());
        Change::KeyholdersNamed(KeyholdersNamed {
            set: keyholders(),
            approval_key,
            shares: shares(),
            approval,
        })
    };
    let approval = KeyholdersApproval {
        proposal: ProposalId::from_bytes([9; 4]),
        signature: base64url(&SigningKey::from_seed(&[5; 32]).sign(b"as keys.md says")),
    };
    let code = "test 0123456789abcdef0123456789abcdef";
    let test = RecoveryTest {
        fingerprint: keyholders().fingerprint,
        shares: vec![TestShare {
            recipients: RECIPIENTS.map(String::from).to_vec(),
            sha256: "acadef559192844a1e6a624daac0509172c2667c739f92c30c1f7710e8430bac".into(),
        }],
    };
    vec![
        ("keyholders-2-first.sd-jwt", named(None)),
        ("keyholders-2.sd-jwt", named(Some(approval))),
        ("recovery-test.sd-jwt", Change::RecoveryTest(test)),
        (
            "recovery-tested.sd-jwt",
            Change::RecoveryTested(RecoveryTested {
                fingerprint: keyholders().fingerprint,
                code: code.into(),
            }),
        ),
    ]
}

/// What an archive's key is followed by.
fn of_keys() -> Vec<(&'static str, Change)> {
    let (old, new) = (keys().0, SigningKey::from_seed(&[3; 32]));
    let vkey = |key: &SigningKey| named(&ORIGIN.parse().unwrap(), key.public()).to_string();
    let change = ArchiveKey {
        from: vkey(&old),
        key: vkey(&new),
        by_new: Succession::sign(ORIGIN, &old.public(), &new),
        reason: "a member was removed".into(),
    };
    vec![("archive-key.sd-jwt", Change::ArchiveKey(change))]
}

/// A file name and a change for each thing that a record could say at first; more than one where a field has several forms.
fn at_first() -> Vec<(&'static str, Change)> {
    let mut all = of_the_register();
    all.extend(of_a_compartment());
    all.extend(of_an_accession());
    all
}

fn of_the_register() -> Vec<(&'static str, Change)> {
    vec![
        (
            "archive.sd-jwt",
            Change::ArchiveBegins(ArchiveBegins {
                archive: keys().0.public().key_id(),
                origin: ORIGIN.into(),
                vkey: signer().verifier_key().to_string(),
            }),
        ),
        ("member.sd-jwt", Change::Member(boris())),
        (
            "member-removed.sd-jwt",
            Change::MemberRemoved(MemberRemoved { member: member(3), reason: "he left".into() }),
        ),
        ("keyholders.sd-jwt", Change::Keyholders(keyholders())),
        (
            "keyholders-none.sd-jwt",
            Change::Keyholders(Keyholders {
                threshold: 0,
                recipients: Vec::new(),
                fingerprint: String::new(),
            }),
        ),
        ("proposal-erase.sd-jwt", proposal(Action::Erase { about: vec![about("A7"), about("V:A3-1")] })),
        ("proposal-add-member.sd-jwt", proposal(Action::AddMember(boris()))),
        ("proposal-remove-member.sd-jwt", proposal(Action::RemoveMember { member: member(3) })),
        ("proposal-set-keyholders.sd-jwt", proposal(Action::SetKeyholders(keyholders()))),
        ("agreement.sd-jwt", Change::Agreement(Agreement { proposal: ProposalId::from_bytes([9; 4]) })),
        (
            "receipt.sd-jwt",
            Change::Receipt(Receipt {
                origin: ORIGIN.into(),
                size: 300,
                root: "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=".into(),
            }),
        ),
        (
            "rollback.sd-jwt",
            Change::Rollback(Rollback {
                kept: note(300),
                lost: Some(note(340)),
                reason: "yesterday's copy was restored".into(),
            }),
        ),
        (
            "rollback-unknown.sd-jwt",
            Change::Rollback(Rollback { kept: note(300), lost: None, reason: "the disk died".into() }),
        ),
    ]
}

fn of_a_compartment() -> Vec<(&'static str, Change)> {
    vec![
        (
            "compartment.sd-jwt",
            Change::Compartment(Compartment {
                compartment: vault(),
                name: "свідки".into(),
                letter: "V".into(),
            }),
        ),
        (
            "generation.sd-jwt",
            Change::Generation(Generation {
                key: key(4),
                recipient: RECIPIENTS[0].into(),
                holders: vec![member(1), member(3)],
            }),
        ),
        ("holder.sd-jwt", Change::Holder(Holder { key: key(4), member: member(3) })),
        (
            "accession-opened.sd-jwt",
            Change::AccessionOpened(AccessionOpened { about: about("A7"), number: 7, key: key(5) }),
        ),
        ("release.sd-jwt", Change::Release(AboutKey { about: about("A7"), key: key(5) })),
        ("withdraw.sd-jwt", Change::Withdraw(withdrawal("the wrong folder"))),
        ("reinstate.sd-jwt", Change::Reinstate(withdrawal("it was the right one"))),
        (
            "moved-in.sd-jwt",
            Change::MovedIn(MovedIn {
                about: vec![about("A7-312")],
                key: key(6),
                from: CompartmentId::main(),
                entries: None,
            }),
        ),
        (
            "moved-out.sd-jwt",
            Change::MovedOut(MovedOut { about: vec![about("A7-312")], to: vault(), entries: None }),
        ),
        (
            "erasure.sd-jwt",
            Change::Erasure(Erasure {
                about: vec![about("A7-312")],
                entries: vec![17, 19, 240],
                reason: "asked by the family".into(),
                proposed_by: member(1),
                agreed_by: Some(member(3)),
            }),
        ),
        (
            "erasure-alone.sd-jwt",
            Change::Erasure(Erasure {
                about: vec![about("A7")],
                entries: vec![17],
                reason: "a private letter".into(),
                proposed_by: member(1),
                agreed_by: None,
            }),
        ),
        (
            "disclosure.sd-jwt",
            Change::Disclosure(Disclosure {
                about: vec![about("A7-312"), about("V:A3-1")],
                recipient: "A newsroom".into(),
                purpose: "Verification".into(),
                files: [("manifest-sha256.txt".to_owned(), "ab".repeat(32))].into(),
                opened: ["change", "files", "opened"].map(String::from).to_vec(),
            }),
        ),
    ]
}

fn of_an_accession() -> Vec<(&'static str, Change)> {
    let share = GiverShare { recipients: RECIPIENTS.map(String::from).to_vec(), age: "YWdl".into() };
    vec![
        (
            "accession.sd-jwt",
            Change::Accession(Accession {
                about: about("A7"),
                number: 7,
                sources: vec![
                    Source { path: FoundPath::new("/media/диск".as_bytes()) },
                    Source { path: FoundPath::new(b"/media/\xe2\xe8%".to_vec()) },
                ],
                medium: Medium {
                    file_system: Some("vfat".into()),
                    label: Some("ИК-900".into()),
                    size: Some(200_000_000_000),
                },
                note: Some("brought on a black disk\nlate at night\n".into()),
                giver: Some(Giver {
                    fingerprint: keyholders().fingerprint,
                    threshold: 2,
                    shares: vec![share],
                }),
            }),
        ),
        (
            "accession-unknown.sd-jwt",
            Change::Accession(Accession {
                about: about("V:A1"),
                number: 1,
                sources: vec![Source { path: FoundPath::new("/media/disk") }],
                medium: Medium::default(),
                note: None,
                giver: None,
            }),
        ),
        ("item.sd-jwt", Change::Item(item("A7-312", "камера 03/\"утро\"\u{1}.mp4".as_bytes()))),
        (
            "item-copy.sd-jwt",
            Change::Item(Item { copy_of: Some(about("A7-312")), ..item("A7-313", b"cam03/\xe2\xe8%.avi") }),
        ),
        (
            "item-changed.sd-jwt",
            Change::Item(Item {
                size: 70_000,
                source: 1,
                file_system: FileSystemSays { mode: "100600".into(), ..Default::default() },
                object: object(8, None),
                reading: Reading::Changed,
                reading_sizes: Some(ReadingSizes { size_before: 69_000, size_after: 71_000 }),
                ..item("A7-314", b"growing.log")
            }),
        ),
        (
            "not-taken.sd-jwt",
            Change::NotTaken(NotTaken {
                about: about("A7"),
                path: FoundPath::new("locked.mp4"),
                source: 1,
                kind: FoundKind::File,
                reason: "it cannot be read".into(),
            }),
        ),
        (
            "not-taken-link.sd-jwt",
            Change::NotTaken(NotTaken {
                about: about("A7"),
                path: FoundPath::new("latest"),
                source: 0,
                kind: FoundKind::Link,
                reason: "a symbolic link".into(),
            }),
        ),
        (
            "accession-end.sd-jwt",
            Change::AccessionEnd(AccessionEnd {
                about: about("A7"),
                found: 4,
                taken: 2,
                copies: 1,
                not_taken: 1,
                bytes: 70_000,
            }),
        ),
        (
            "repack.sd-jwt",
            Change::Repack(Repack {
                about: about("A7"),
                objects: vec![
                    Place { about: about("A7-312"), object: object(10, Some((0, 0))) },
                    Place { about: about("A7-314"), object: object(11, None) },
                ],
            }),
        ),
    ]
}

fn about(text: &str) -> Ref {
    text.parse().unwrap()
}

fn key(byte: u8) -> KeyId {
    KeyId::from_bytes([byte; 8])
}

fn member(byte: u8) -> MemberId {
    MemberId::from_bytes([byte; 8])
}

fn vault() -> CompartmentId {
    "00000000000000aa".parse().unwrap()
}

/// As keyholders and members have them; the secret keys belong to nobody.
const RECIPIENTS: [&str; 2] = [
    "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj",
    "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg",
];

fn boris() -> Member {
    Member {
        member: member(3),
        name: "Борис".into(),
        signing_key: base64url(&SigningKey::from_seed(&[3; 32]).public().to_bytes()),
        recipient: RECIPIENTS[0].into(),
    }
}

fn base64url(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

fn keyholders() -> Keyholders {
    Keyholders {
        threshold: 2,
        recipients: RECIPIENTS.map(String::from).to_vec(),
        fingerprint: "3f9a-07c1-5be2-d480".into(),
    }
}

fn object(byte: u8, pack: Option<(u64, u64)>) -> ObjectPlace {
    ObjectPlace {
        name: hex::encode([byte; 16]),
        size: 70_000,
        header: hex::encode([byte; 32]),
        offset: pack.map(|(offset, _)| offset),
        length: pack.map(|(_, length)| length),
    }
}

fn item(reference: &str, path: &[u8]) -> Item {
    Item {
        about: about(reference),
        path: FoundPath::new(path),
        source: 0,
        sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".into(),
        size: 0,
        file_system: FileSystemSays {
            mode: "100644".into(),
            modified: Some("2031-02-17T08:00:00.123456789Z".parse().unwrap()),
            changed: Some("2031-02-17T08:00:01Z".parse().unwrap()),
            accessed: None,
            created: None,
            zone: TimeZoneKnown::Utc,
        },
        object: object(7, Some((512, 0))),
        copy_of: None,
        reading: Reading::Whole,
        reading_sizes: None,
    }
}

fn proposal(action: Action) -> Change {
    Change::Proposal(Proposal {
        proposal: ProposalId::from_bytes([9; 4]),
        action,
        reason: "asked by the family".into(),
    })
}

fn withdrawal(reason: &str) -> Withdrawal {
    Withdrawal { about: vec![about("A7-312"), about("A7-313.4")], reason: reason.into() }
}

fn signer() -> Signer {
    Signer::new(ORIGIN.parse().unwrap(), &[1; 32])
}

/// A checkpoint as the archive signs it.
fn note(size: u64) -> String {
    let checkpoint = Checkpoint { origin: ORIGIN.parse().unwrap(), size, root: [0xaa; 32] };
    SignedCheckpoint::sign(checkpoint, &signer()).unwrap().note().to_string()
}
