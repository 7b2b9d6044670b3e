//! Entries for the tests of the catalogue: plainly fictional, and different in every number.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::collections::BTreeMap;

use vidimus_folds::{Catalogue, Entry, Said};
use vidimus_model::{
    AboutKey, Accession, AccessionEnd, AccessionOpened, CLOCK_NOTE, Camera, CameraClaim, CameraItems, Change,
    ClaimSource, ClockCorrection, CompartmentId, Contained, Derivative, DerivativeKind, DerivativePlace,
    DerivativePlaces, Disclosure, End, Erasure, Examination, Fact, FileKind, FileSystemSays, FoundKind,
    FoundPath, Giver, Group, Item, KeyId, Medium, MemberId, MovedIn, MovedOut, NotTaken, ObjectPlace,
    OperationId, Place, Precision, Reading, Reason, Ref, Repack, SandboxLevel, Source, Stage, StageEnd,
    Statement, TimeClaim, TimeOf, TimeZoneKnown, ToolRun, Withdrawal,
};

/// A catalogue in a folder of its own.
pub struct Kept {
    pub catalogue: Catalogue,
    pub folder: tempfile::TempDir,
}

pub fn empty() -> Kept {
    let folder = tempfile::tempdir().unwrap();
    Kept { catalogue: reopen(&folder), folder }
}

pub fn reopen(folder: &tempfile::TempDir) -> Catalogue {
    Catalogue::open(&folder.path().join("catalogue"), &[7; 32]).unwrap()
}

pub fn r(text: &str) -> Ref {
    text.parse().unwrap()
}

pub fn refs(texts: &[&str]) -> Vec<Ref> {
    texts.iter().map(|text| r(text)).collect()
}

pub fn member() -> MemberId {
    MemberId::from_bytes([0xA1; 8])
}

pub fn said(seq: u64, change: Change) -> Entry {
    let at = jiff::Timestamp::from_second(1_800_000_000 + seq as i64).unwrap();
    Entry {
        seq,
        said: Said::Statement(Statement { at, by: member(), op: OperationId::from_bytes([0; 16]), change }),
    }
}

/// Bytes of a digest that belongs to `n`.
pub fn digest(n: u64) -> [u8; 32] {
    let mut bytes = [0x5A; 32];
    for (chunk, salt) in bytes.chunks_exact_mut(8).zip(1u64..) {
        chunk.copy_from_slice(
            &(n + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(salt as u32 * 7).to_be_bytes(),
        );
    }
    bytes
}

pub fn place(n: u64) -> ObjectPlace {
    ObjectPlace {
        name: hex(&digest(n)[..16]),
        size: 4000 + n,
        header: hex(&digest(n + 500)),
        offset: None,
        length: None,
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn item_of(about: Ref, content: u64) -> Item {
    let number = about.item.unwrap();
    Item {
        path: FoundPath::new(format!("ИК-900/камера 4/видео {number}.avi").into_bytes()),
        about,
        source: 0,
        sha256: hex(&digest(content)),
        size: 1000 + content,
        file_system: FileSystemSays {
            mode: "100644".into(),
            modified: Some(jiff::Timestamp::new(1_300_000_000, 123_456_789).unwrap()),
            zone: TimeZoneKnown::Unknown,
            ..FileSystemSays::default()
        },
        object: place(content),
        copy_of: None,
        reading: Reading::Whole,
        reading_sizes: None,
    }
}

pub fn item(seq: u64, about: &str, content: u64) -> Entry {
    said(seq, Change::Item(item_of(r(about), content)))
}

pub fn opened(seq: u64, number: u64) -> Entry {
    let about = Ref::accession(None, number);
    said(
        seq,
        Change::AccessionOpened(AccessionOpened { about, number, key: KeyId::from_bytes([number as u8; 8]) }),
    )
}

pub fn begun(seq: u64, number: u64) -> Entry {
    said(
        seq,
        Change::Accession(Accession {
            about: Ref::accession(None, number),
            number,
            sources: vec![Source { path: FoundPath::new("/media/ИК-900") }],
            medium: Medium { file_system: Some("vfat".into()), label: None, size: Some(1 << 30) },
            note: Some("found in a drawer".into()),
            giver: Some(Giver { fingerprint: String::new(), threshold: 0, shares: Vec::new() }),
        }),
    )
}

pub fn ended(seq: u64, number: u64, found: u64) -> Entry {
    let about = Ref::accession(None, number);
    said(
        seq,
        Change::AccessionEnd(AccessionEnd { about, found, taken: found, copies: 0, not_taken: 0, bytes: 9 }),
    )
}

pub fn not_taken(seq: u64, number: u64) -> Entry {
    let path = FoundPath::new(b"\xe2\xe8\xe4\xe5\xee.avi".to_vec());
    let about = Ref::accession(None, number);
    said(
        seq,
        Change::NotTaken(NotTaken { about, path, source: 0, kind: FoundKind::Link, reason: "a link".into() }),
    )
}

pub fn released(seq: u64, number: u64) -> Entry {
    let about = Ref::accession(None, number);
    said(seq, Change::Release(AboutKey { about, key: KeyId::from_bytes([number as u8; 8]) }))
}

pub fn withdrawn(seq: u64, about: &[&str]) -> Entry {
    said(seq, Change::Withdraw(Withdrawal { about: refs(about), reason: format!("they asked for it {seq}") }))
}

pub fn reinstated(seq: u64, about: &[&str]) -> Entry {
    said(
        seq,
        Change::Reinstate(Withdrawal { about: refs(about), reason: format!("they agreed again {seq}") }),
    )
}

pub fn moved_out(seq: u64, about: &[&str]) -> Entry {
    said(seq, Change::MovedOut(MovedOut { about: refs(about), to: CompartmentId::main(), entries: None }))
}

pub fn moved_in(seq: u64, about: &[&str]) -> Entry {
    let key = KeyId::from_bytes([9; 8]);
    said(
        seq,
        Change::MovedIn(MovedIn { about: refs(about), key, from: CompartmentId::main(), entries: None }),
    )
}

pub fn erasure(seq: u64, about: &[&str], entries: &[u64]) -> Entry {
    let (about, entries) = (refs(about), entries.to_vec());
    said(
        seq,
        Change::Erasure(Erasure {
            about,
            entries,
            reason: "consent taken back".into(),
            proposed_by: member(),
            agreed_by: None,
        }),
    )
}

pub fn repacked(seq: u64, number: u64, places: &[(&str, u64)]) -> Entry {
    let objects = places.iter().map(|(about, n)| Place { about: r(about), object: place(*n) }).collect();
    said(seq, Change::Repack(Repack { about: Ref::accession(None, number), objects }))
}

pub fn disclosed(seq: u64, about: &[&str], recipient: &str) -> Entry {
    said(
        seq,
        Change::Disclosure(Disclosure {
            about: refs(about),
            recipient: recipient.into(),
            purpose: "an inquiry".into(),
            files: BTreeMap::from([("data/01.avi".into(), hex(&digest(1)))]),
            opened: Vec::new(),
        }),
    )
}

/// A run of the first two stages: a still was made of it, and its text could not be read.
pub fn examined(about: &str, content: u64, cameras: &[&str]) -> Examination {
    let tool = |stage, end, reason| ToolRun {
        stage,
        tool: "ffmpeg".into(),
        version: None,
        arguments: vec!["-i".into(), "INPUT".into()],
        sandbox: SandboxLevel::Full,
        end,
        reason,
        untrusted_said: None,
    };
    let claim = |label: &&str| CameraClaim {
        source: ClaimSource::Path,
        untrusted_text: label.to_uppercase(),
        label: (*label).into(),
        confidence: None,
    };
    Examination {
        about: r(about),
        attempt: 1,
        stages: vec![
            StageEnd { stage: Stage::First, end: End::Done },
            StageEnd { stage: Stage::Text, end: End::Failed },
        ],
        tools: vec![
            tool(Stage::First, End::Done, None),
            tool(Stage::Text, End::Failed, Some(Reason::NeedsPassword)),
        ],
        kind: Some(FileKind { group: Group::Video, media_type: "video/mp4".into(), ending_fits: Some(true) }),
        facts: vec![Fact { name: CLOCK_NOTE.into(), untrusted_value: format!("note {content}"), tool: 0 }],
        times: vec![time(TimeOf::Beginning, content), time(TimeOf::Change, content)],
        cameras: cameras.iter().map(claim).collect(),
        derivatives: vec![Derivative {
            kind: DerivativeKind::Still,
            look: None,
            media_type: "image/jpeg".into(),
            sha256: hex(&digest(700 + content)),
            size: 7,
            object: ObjectPlace { offset: Some(0), length: Some(7), ..place(200 + content) },
            tool: 0,
        }],
        not_taken: Vec::new(),
    }
}

/// What a path claims.
pub fn time(of: TimeOf, content: u64) -> TimeClaim {
    TimeClaim {
        source: ClaimSource::Path,
        field: "path".into(),
        of,
        at: None,
        untrusted_text: format!("08-00-{:02}", content % 60),
        time: format!("2024-05-14T08:00:{:02}", content % 60).parse().unwrap(),
        precision: Precision::Second,
        zone: None,
        confidence: None,
    }
}

pub fn examination(seq: u64, about: &str, content: u64, cameras: &[&str]) -> Entry {
    said(seq, Change::Examination(Box::new(examined(about, content, cameras))))
}

pub fn contained(seq: u64, about: &str, content: u64) -> Entry {
    said(
        seq,
        Change::Contained(Contained {
            item: item_of(r(about), content),
            tool: "bsdtar".into(),
            tool_version: None,
        }),
    )
}

/// The still of that content lies elsewhere.
pub fn derivative_places(seq: u64, about: &str, content: u64, to: u64) -> Entry {
    let objects = vec![DerivativePlace { sha256: hex(&digest(700 + content)), object: place(to) }];
    said(seq, Change::DerivativePlaces(DerivativePlaces { about: r(about), objects }))
}

pub fn camera(seq: u64, number: u64, label: &str, add: i64) -> Entry {
    let clock = vec![ClockCorrection { from: None, until: None, add, zone: None }];
    said(
        seq,
        Change::Camera(Camera {
            about: Ref::accession(None, number),
            label: label.into(),
            name: Some("Corridor".into()),
            place: None,
            clock,
            reason: format!("a note on the disk {seq}"),
        }),
    )
}

pub fn camera_items(seq: u64, about: &[&str], label: Option<&str>) -> Entry {
    let (about, label) = (refs(about), label.map(Into::into));
    said(seq, Change::CameraItems(CameraItems { about, label, reason: "seen in the picture".into() }))
}
