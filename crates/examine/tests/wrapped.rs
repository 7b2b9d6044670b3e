//! What lies before, behind and around what a file is: told as a fact, and what is packed is taken out all the same.

mod common;

use std::io::{Cursor, Write as _};

use common::{Item, Kept, ended, examiner, facts};
use vidimus_examine::{Findings, Options};
use vidimus_model::{End, Reason, Stage};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

fn examined(name: &str, bytes: &[u8]) -> (Findings, Kept) {
    let mut kept = Kept::default();
    let stages = [Stage::First, Stage::Members];
    let findings = examiner().examine(&Item::new(name, bytes), &stages, &Options::default(), &mut kept);
    (findings, kept)
}

fn kind(findings: &Findings) -> &str {
    &findings.kind.as_ref().unwrap().media_type
}

fn zip() -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("note.txt", SimpleFileOptions::default()).unwrap();
    zip.write_all(b"words").unwrap();
    zip.finish().unwrap().into_inner()
}

/// A file that lies beside the tests, in one of their folders.
fn beside(path: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn bytes_before_and_behind_a_zip_are_counted() {
    let zip = zip();
    let script = b"echo unpacks itself\n".repeat(5000);
    for (before, behind) in [
        (&b""[..], &b""[..]),
        (b"", b"something hidden"),
        (b"MZ\x90\0 a program", b""),
        (&script, b""),
        (b"MZ\x90\0 a program", b"something hidden"),
    ] {
        let (findings, kept) = examined("a.zip", &[before, &zip, behind].concat());
        assert_eq!(kind(&findings), "application/zip");
        assert_eq!(ended(&findings, Stage::Members), (End::Done, None), "{:?}", findings.tools);
        assert_eq!(kept.named(), [("note.txt".into(), Some(&b"words"[..]))]);
        for (name, bytes) in [("leading.bytes", before), ("trailing.bytes", behind)] {
            let expected = (!bytes.is_empty()).then(|| bytes.len().to_string());
            assert_eq!(facts(&findings, name), expected.iter().collect::<Vec<_>>(), "{name}");
        }
    }
}

#[test]
fn a_zip_behind_a_picture_is_told() {
    let mut png = Vec::new();
    let picture = image::DynamicImage::new_rgb8(30, 20);
    picture.write_to(&mut Cursor::new(&mut png), image::ImageFormat::Png).unwrap();
    let zip = zip();
    let (findings, _) = examined("a.png", &[&png[..], &zip].concat());
    assert_eq!(kind(&findings), "image/png");
    assert_eq!(facts(&findings, "trailing.bytes"), [zip.len().to_string()]);
    assert_eq!(facts(&findings, "holds"), ["application/zip"]);
}

#[test]
fn bytes_behind_a_gzip_are_counted_and_its_parts_are_not() {
    let packed = |bytes: &[u8]| {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    };
    let parts = [packed(b"one "), packed(b"two")].concat();
    for (behind, expected) in [(&b""[..], None), (b"hidden", Some("6"))] {
        let (findings, kept) = examined("note.txt.gz", &[&parts[..], behind].concat());
        assert_eq!(kept.named(), [("note.txt".into(), Some(&b"one two"[..]))], "{:?}", findings.tools);
        assert_eq!(facts(&findings, "trailing.bytes").first().copied(), expected);
    }
}

#[test]
fn a_program_that_unpacks_itself_is_what_it_unpacks() {
    let rar = beside("wrapped/open.rar");
    let seven = beside("wrapped/open.7z");
    for (name, packed, media) in
        [("a.exe", &rar, "application/vnd.rar"), ("a.exe", &seven, "application/x-7z-compressed")]
    {
        // A program that packs has the marks in it too.
        let program = b"MZ\x90\0 Rar!\x1a\x07\0 Rar!\x1a\x07\x01\0 7z\xbc\xaf\x27\x1c and so on";
        let (findings, _) = examined(name, program);
        assert_eq!(kind(&findings), "application/vnd.microsoft.portable-executable");
        let (findings, kept) = examined(name, &[&program[..], packed].concat());
        assert_eq!(kind(&findings), media);
        assert_eq!(facts(&findings, "leading.bytes"), [program.len().to_string()]);
        assert_eq!(ended(&findings, Stage::Members), (End::Done, None), "{media} {:?}", findings.tools);
        assert_eq!(kept.named(), [("note.txt".into(), Some(&b"words\n"[..]))], "{media}");
    }
}

#[test]
fn an_empty_7z_is_empty_and_an_unknown_method_is_called_one() {
    let mut empty = b"7z\xbc\xaf\x27\x1c\0\x04\x8d\x9b\xd5\x0f".to_vec();
    empty.resize(32, 0);
    let (findings, kept) = examined("a.7z", &empty);
    assert_eq!(ended(&findings, Stage::Members), (End::Done, None), "{:?}", findings.tools);
    assert!(kept.0.is_empty());
    let (findings, kept) = examined("a.7z", &beside("wrapped/zstd.7z"));
    let (end, reason) = ended(&findings, Stage::Members);
    // A newer libarchive reads it.
    let read = end == End::Done && kept.0.len() == 1;
    assert!(read || (end, reason) == (End::Failed, Some(Reason::NotSupported)), "{:?}", findings.tools);
    assert!(findings.not_taken.is_empty());
}

#[test]
fn a_volume_of_a_rar_names_what_goes_on_elsewhere_and_is_not_called_damaged() {
    // The member says that it goes on in the next volume; the sum of its head is mended.
    let mut rar = beside("wrapped/open.rar");
    let head = rar.windows(8).position(|name| name == b"note.txt").unwrap();
    let begin = head - 16;
    assert_eq!(rar[begin + 1..begin + 3], [2, 2]);
    rar[begin + 2] |= 0x10;
    let mut sum = flate2::Crc::new();
    sum.update(&rar[begin..head + 8]);
    rar[begin - 4..begin].copy_from_slice(&sum.sum().to_le_bytes());
    let (findings, kept) = examined("a.part1.rar", &rar);
    assert_eq!(
        ended(&findings, Stage::Members),
        (End::Failed, Some(Reason::NotSupported)),
        "{:?}",
        findings.tools
    );
    assert_eq!(findings.not_taken[0].untrusted_path, "note.txt");
    assert!(kept.0.is_empty());
}
