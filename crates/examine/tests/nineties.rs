//! Office documents of before 2007: their text, what they say of themselves, and their locks.

mod common;

use std::io::{Cursor, Write as _};

use cfb::{CompoundFile, Version};
use common::{Item, ended, examine, facts};
use vidimus_model::{End, Reason, Stage};

/// A document with this stream, and a summary that names its author and when it was made and saved.
fn document(stream: &str, content: &[u8]) -> Vec<u8> {
    let mut file = CompoundFile::create_with_version(Version::V3, Cursor::new(Vec::new())).unwrap();
    file.create_stream(stream).unwrap().write_all(content).unwrap();
    // In Windows-1251, as programs here wrote it.
    let author = encoding_rs::WINDOWS_1251.encode("Вымышленный И. И., начальник отряда\0").0.into_owned();
    let moment = |seconds: u64| {
        let since_1601 = (seconds + 11_644_473_600) * 10_000_000;
        [&0x40u32.to_le_bytes()[..], &since_1601.to_le_bytes()].concat()
    };
    let named = [&0x1eu32.to_le_bytes()[..], &(author.len() as u32).to_le_bytes(), &author].concat();
    let values = [(4u32, named), (12, moment(1_715_673_600)), (13, moment(1_715_760_000))];
    let mut set = [&[0xfe, 0xff][..], &[0; 22], &1u32.to_le_bytes(), &[0; 16], &48u32.to_le_bytes()].concat();
    let mut section = vec![0; 8 + values.len() * 8];
    section[4..8].copy_from_slice(&(values.len() as u32).to_le_bytes());
    for (number, (id, value)) in values.iter().enumerate() {
        let place = section.len() as u32;
        section[8 + number * 8..12 + number * 8].copy_from_slice(&id.to_le_bytes());
        section[12 + number * 8..16 + number * 8].copy_from_slice(&place.to_le_bytes());
        section.extend(value);
        section.resize(section.len().next_multiple_of(4), 0);
    }
    set.extend(section);
    file.create_stream("/\u{5}SummaryInformation").unwrap().write_all(&set).unwrap();
    file.into_inner().into_inner()
}

#[test]
fn slides_are_read_and_say_who_made_them_and_when() {
    let words: Vec<u8> = "Осмотр камеры 12".encode_utf16().flat_map(u16::to_le_bytes).collect();
    // An atom of letters: its kind is 4000.
    let atom = [&[0, 0][..], &4000u16.to_le_bytes(), &(words.len() as u32).to_le_bytes(), &words].concat();
    let item = Item::new("slides.ppt", document("/PowerPoint Document", &atom));
    let findings = examine(&item, &[Stage::First, Stage::Text]);
    assert_eq!(findings.kind.as_ref().unwrap().media_type, "application/vnd.ms-powerpoint");
    assert_eq!(facts(&findings, "office.creator"), ["Вымышленный И. И., начальник отряда"]);
    let times: Vec<_> = findings.times.iter().map(|claim| (claim.time.to_string(), claim.zone)).collect();
    assert_eq!(
        times,
        [("2024-05-14T08:00:00".to_owned(), Some(0)), ("2024-05-15T08:00:00".to_owned(), Some(0))]
    );
    if !std::path::Path::new("/usr/bin/catppt").exists() {
        println!("skipped: catppt is not installed");
        return;
    }
    assert_eq!(ended(&findings, Stage::Text), (End::Done, None), "{:?}", findings.tools);
    let text = findings.made.iter().find(|made| made.look.is_none()).unwrap();
    assert!(String::from_utf8_lossy(&text.bytes).contains("Осмотр камеры 12"));
}

#[test]
fn a_damaged_summary_tells_nothing() {
    let whole = document("/WordDocument", &[0; 600]);
    let at = whole.windows(4).position(|part| part == [0xfe, 0xff, 0, 0]).unwrap();
    for from in (at..at + 120).step_by(3) {
        let mut bytes = whole.clone();
        bytes[from..from + 4].fill(0xff);
        let findings = examine(&Item::new("a.doc", bytes), &[Stage::First]);
        assert_eq!(ended(&findings, Stage::First).0, End::Done, "{from}");
    }
}

#[test]
fn what_is_locked_in_the_old_way_says_so() {
    // A document's eleventh byte, and the mark of the user who saved slides, tell it.
    let mut word = vec![0; 600];
    (word[0], word[1], word[11]) = (0xec, 0xa5, 1);
    let mut slides = CompoundFile::open(Cursor::new(document("/PowerPoint Document", &[0; 64]))).unwrap();
    let user = [&[0; 12][..], &0xf3d1_c4dfu32.to_le_bytes(), &[0; 20]].concat();
    slides.create_stream("/Current User").unwrap().write_all(&user).unwrap();
    for (name, bytes) in
        [("a.doc", document("/WordDocument", &word)), ("a.ppt", slides.into_inner().into_inner())]
    {
        let findings = examine(&Item::new(name, bytes), &[Stage::First, Stage::Text]);
        assert_eq!(facts(&findings, "locked"), ["true"], "{name}");
        let expected = (End::Failed, Some(Reason::NeedsPassword));
        assert_eq!(ended(&findings, Stage::Text), expected, "{name} {:?}", findings.tools);
    }
}
