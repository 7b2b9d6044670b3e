//! Messages and mailboxes of Outlook.

mod common;

use std::io::{Cursor, Read as _, Write as _};

use cfb::CompoundFile;
use common::{Item, Kept, ended, examiner, facts};
use vidimus_examine::{Findings, Options};
use vidimus_model::{End, Reason, Stage};

fn examined(name: &str, bytes: &[u8]) -> (Findings, Kept) {
    let mut kept = Kept::default();
    let stages = [Stage::First, Stage::Members, Stage::Text];
    let findings = examiner().examine(&Item::new(name, bytes), &stages, &Options::default(), &mut kept);
    (findings, kept)
}

fn texts(findings: &Findings) -> String {
    let made = findings.made.iter().filter(|made| made.look.is_none());
    made.map(|made| String::from_utf8_lossy(&made.bytes).into_owned()).collect()
}

/// The day on which a message was sent: 14 May 2024, 08:00 in UTC, in tenths of microseconds since 1601.
const SENT: u64 = 133_601_472_000_000_000;

/// Writes a message below a storage; `head` is how long the head of its properties is.
fn message(file: &mut CompoundFile<Cursor<Vec<u8>>>, below: &str, subject: &str, body: &str, head: usize) {
    for (property, text) in [("0037", subject), ("1000", body)] {
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let name = format!("{below}/__substg1.0_{property}001F");
        file.create_stream(name).unwrap().write_all(&wide).unwrap();
    }
    let sent = [&0x0039_0040u32.to_le_bytes()[..], &[6, 0, 0, 0], &SENT.to_le_bytes()].concat();
    let properties = [vec![0; head], sent].concat();
    file.create_stream(format!("{below}/__properties_version1.0")).unwrap().write_all(&properties).unwrap();
}

#[test]
fn a_message_in_a_message_is_an_item_of_its_own() {
    let mut file = CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    message(&mut file, "", "Outer", "Words of the outer", 32);
    file.create_storage("/__nameid_version1.0").unwrap();
    file.create_stream("/__nameid_version1.0/__substg1.0_00020102").unwrap().write_all(b"names").unwrap();
    let attachment = "/__attach_version1.0_#00000000";
    let inner = format!("{attachment}/__substg1.0_3701000D");
    file.create_storage(attachment).unwrap();
    file.create_storage(&inner).unwrap();
    message(&mut file, &inner, "Осмотр камеры", "Words of the inner", 24);
    let (findings, kept) = examined("a.msg", file.into_inner().get_ref());
    assert_eq!(ended(&findings, Stage::Members), (End::Done, None), "{:?}", findings.tools);
    assert!(
        texts(&findings).contains("Words of the outer") && !texts(&findings).contains("Words of the inner")
    );

    let (name, bytes) = (kept.named()[0].0.clone(), kept.0[0].2.clone().unwrap());
    assert_eq!(name, "1.bin.msg");
    let mut names = Vec::new();
    let mut again = CompoundFile::open(Cursor::new(&bytes[..])).unwrap();
    again.open_stream("/__nameid_version1.0/__substg1.0_00020102").unwrap().read_to_end(&mut names).unwrap();
    assert_eq!(names, b"names");
    let (findings, _) = examined(&name, &bytes);
    assert_eq!(facts(&findings, "mail.subject"), ["Осмотр камеры"]);
    assert!(texts(&findings).contains("Words of the inner"));
    let claim = findings.times.iter().find(|claim| claim.field == "mail.date").unwrap();
    assert_eq!((claim.time.to_string().as_str(), claim.zone), ("2024-05-14T08:00:00", Some(0)));
}

#[test]
fn a_mailbox_without_messages_is_empty_and_a_cut_one_is_damaged() {
    if !std::path::Path::new("/usr/bin/readpst").exists() {
        println!("skipped: readpst is not installed");
        return;
    }
    let packed = std::fs::read(format!("{}/tests/outlook/empty.pst.gz", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut bytes).unwrap();
    let (findings, kept) = examined("a.pst", &bytes);
    assert_eq!(findings.kind.as_ref().unwrap().media_type, "application/vnd.ms-outlook-pst");
    assert_eq!(ended(&findings, Stage::Members), (End::Done, None), "{:?}", findings.tools);
    assert!(kept.0.is_empty());
    let (findings, _) = examined("a.pst", &bytes[..9000]);
    assert_eq!(
        ended(&findings, Stage::Members),
        (End::Failed, Some(Reason::Damaged)),
        "{:?}",
        findings.tools
    );
}
