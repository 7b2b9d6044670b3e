//! Files that were made to break readers: each ends, within its limits, and whatever was not read has a reason.
//!
//! Some are made here and always run; more lie in a folder beside this repository, which is optional (`VIDIMUS_SHARED`).

mod common;

use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Item, Kept, examiner};
use vidimus_examine::{Examiner, Findings, Limits, Options};
use vidimus_model::print::Print;
use vidimus_model::{DerivativeKind, End, NotContainedReason, Reason, Stage, Text};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Bytes that may be unpacked of one item here.
const UNPACKED: u64 = 8 << 20;

/// Examines without the stages that only look again at what a decoder already took, and checks what holds of every file.
fn examined(examiner: &mut Examiner, item: &Item) -> (Findings, Kept) {
    let limits = Limits { unpacked_bytes: UNPACKED, members: 1000, text_bytes: 1 << 20, ..Limits::default() };
    let mut kept = Kept::default();
    let stages = [Stage::First, Stage::Members, Stage::Copies, Stage::Text];
    let findings = examiner.examine(item, &stages, &Options { limits, ..Options::default() }, &mut kept);
    let name = String::from_utf8_lossy(&item.path);
    let bytes: usize = kept.0.iter().filter_map(|kept| kept.2.as_ref()).map(Vec::len).sum();
    assert!(bytes as u64 <= UNPACKED && kept.0.len() <= 1000, "{name}: {bytes} bytes");
    assert_eq!(findings.stages.iter().map(|one| one.stage).collect::<Vec<_>>(), stages, "{name}");
    for run in &findings.tools {
        let whole = matches!(run.end, End::Done | End::Nothing);
        assert_eq!(run.reason.is_none(), whole, "{name}: {run:?}");
        assert!(run.untrusted_said.as_ref().is_none_or(|said| said.chars().count() <= 400), "{name}");
    }
    for end in &findings.stages {
        let has_reason = findings.tools.iter().any(|run| run.stage == end.stage && run.reason.is_some());
        assert_eq!(
            matches!(end.end, End::Failed | End::Partly),
            has_reason,
            "{name}: {end:?} {:?}",
            findings.tools
        );
    }
    assert!(findings.facts.len() <= 2000, "{name}");
    for fact in &findings.facts {
        assert!(fact.untrusted_value.chars().count() <= 2000, "{name}: {}", fact.name);
    }
    for made in findings.made.iter().filter(|made| made.look.is_none()) {
        if made.kind == DerivativeKind::Print {
            Print::decode(&made.bytes).unwrap();
            continue;
        }
        let text: Text = serde_json::from_slice(&made.bytes).unwrap();
        let letters: usize = text.parts.iter().map(|part| part.text.len()).sum();
        assert!(letters <= 1 << 20, "{name}: {letters} bytes of text");
    }
    (findings, kept)
}

fn one(name: &str, bytes: impl Into<Vec<u8>>) -> (Findings, Kept) {
    examined(&mut examiner(), &Item::new(name, bytes))
}

fn reasons(findings: &Findings) -> Vec<Reason> {
    findings.tools.iter().filter_map(|run| run.reason).collect()
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn what_unpacks_to_more_than_may_be_stops_there() {
    let zeros = vec![0; 16 << 20];
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&zeros).unwrap();
    for (name, bytes) in [("bomb.zip", zip(&[("zeros", &zeros)])), ("bomb.gz", packed.finish().unwrap())] {
        let (findings, kept) = one(name, bytes);
        assert_eq!(reasons(&findings), [Reason::TooManyBytes], "{name} {:?}", findings.tools);
        assert!(kept.0.iter().all(|kept| kept.2.is_none()), "{name}: nothing is whole");
    }
}

#[test]
fn members_that_share_their_bytes_are_not_unpacked_twice() {
    let mut bytes = zip(&[("one", &[7; 5000]), ("two", &[8; 5000])]);
    let lists: Vec<usize> = (0..bytes.len() - 4).filter(|at| &bytes[*at..*at + 4] == b"PK\x01\x02").collect();
    let first = bytes[lists[0] + 42..lists[0] + 46].to_vec();
    bytes[lists[1] + 42..lists[1] + 46].copy_from_slice(&first);
    let (findings, kept) = one("overlap.zip", bytes);
    assert_eq!(kept.0.len(), 1, "{:?}", findings.tools);
    assert_eq!(findings.not_taken[0].reason, NotContainedReason::Limit);
}

#[test]
fn links_are_named_and_never_followed() {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.add_symlink("out", "/etc", SimpleFileOptions::default()).unwrap();
    zip.start_file("out/passwd", SimpleFileOptions::default()).unwrap();
    zip.write_all(b"not the real one").unwrap();
    let (findings, kept) = one("link.zip", zip.finish().unwrap().into_inner());
    assert_eq!(kept.named(), [("out/passwd".into(), Some(&b"not the real one"[..]))]);
    assert_eq!(findings.not_taken[0].reason, NotContainedReason::Link);
}

/// A head of tar, with its sum.
fn tar_head(name: &str, kind: u8, size: u64) -> Vec<u8> {
    let mut head = vec![0; 512];
    head[..name.len()].copy_from_slice(name.as_bytes());
    head[100..107].copy_from_slice(b"0000644");
    head[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
    head[136..147].copy_from_slice(b"14577000000");
    head[156] = kind;
    head[257..265].copy_from_slice(b"ustar\x0000");
    head[148..156].fill(b' ');
    let sum: u32 = head.iter().map(|byte| u32::from(*byte)).sum();
    head[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    head
}

#[test]
fn a_tar_that_promises_more_than_it_has_and_devices_in_it_are_told() {
    if !Path::new("/usr/bin/bsdtar").exists() {
        println!("skipped: bsdtar is not installed");
        return;
    }
    let (findings, kept) = one("huge.tar", [tar_head("huge", b'0', (1 << 33) - 1), vec![7; 900]].concat());
    assert!(kept.0.iter().all(|kept| kept.2.is_none()));
    assert_eq!(findings.stages[1].end, End::Failed, "{:?}", findings.tools);
    let nodes = [tar_head("pipe", b'6', 0), tar_head("zero", b'3', 0), vec![0; 1024]].concat();
    let (findings, kept) = one("nodes.tar", nodes);
    assert!(kept.0.is_empty());
    let told: Vec<_> = findings.not_taken.iter().map(|one| one.reason).collect();
    assert_eq!(told, [NotContainedReason::Special; 2]);
}

#[test]
fn documents_expand_nothing_of_their_own() {
    let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><w:p><w:t>&b;&b; слово</w:t></w:p>";
    let (findings, _) =
        one("a.docx", zip(&[("[Content_Types].xml", b"<Types/>"), ("word/document.xml", bomb.as_bytes())]));
    let text = String::from_utf8_lossy(&findings.made[0].bytes).into_owned();
    assert!(text.contains("слово") && !text.contains("aaaaaaaaaa"), "{text}");
}

/// Whether something was read of it; what must be true of every file is checked for each.
#[test]
fn nonsense_of_every_kind_ends_with_a_reason() {
    let mut examiner = examiner();
    let mut nested = String::from("From: a@example.org\r\nDate: Tue, 14 May 2024 08:00:00 +0300\r\n");
    for level in 0..300 {
        nested += &format!("Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n");
    }
    let huge_png =
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\x02\0\0\0\xaa\xaa\xaa\xaa"
            .to_vec();
    let looped_tiff = b"II*\0\x08\0\0\0\x01\0\0\x01\x03\0\x01\0\0\0\x10\0\0\0\x08\0\0\0".to_vec();
    let looped_pdf = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [2 0 R] /Count 9999999 /Parent 2 0 R >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF".to_vec();
    let warc = "WARC/1.1\r\nWARC-Type: response\r\nWARC-Target-URI: http://example.org/\r\nWARC-Date: 2024-05-14T08:00:00Z\r\nContent-Type: application/http\r\nContent-Length: 99999999999\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx";
    let cases: [(&str, Vec<u8>, bool); 17] = [
        ("huge.png", huge_png, false),
        ("loop.tif", looped_tiff, false),
        ("loop.pdf", looped_pdf, false),
        ("deep.json", vec![b'['; 200_000], true),
        ("deep.rtf", [&b"{\\rtf1"[..], &vec![b'{'; 200_000]].concat(), true),
        ("scripts.html", b"<html>".repeat(2).into_iter().chain(b"<script>".repeat(100_000)).collect(), true),
        ("nested.eml", nested.into_bytes(), true),
        ("false.warc", warc.into(), false),
        ("a.7z", [&b"7z\xbc\xaf\x27\x1c\0\x04"[..], &[0xff; 200]].concat(), false),
        ("a.rar", [&b"Rar!\x1a\x07\x01\0"[..], &[0x7f; 200]].concat(), false),
        (
            "a.mp4",
            [&b"\0\0\0\x18ftypisom\0\0\0\0isomavc1"[..], b"\0\0\0\x01moov\xff\xff\xff\xff\xff\xff\xff\xff"]
                .concat(),
            false,
        ),
        ("a.msg", [&b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"[..], &[0x11; 2000]].concat(), false),
        ("a.pst", [&b"!BDN"[..], &[0x22; 2000]].concat(), false),
        (
            "a.docx",
            zip(&[("[Content_Types].xml", b"<Types/>"), ("word/document.xml", &[b'<'; 100_000])]),
            true,
        ),
        ("a.xls", [&b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"[..], &[0; 504], &[0xfe; 3000]].concat(), false),
        (
            "line.txt",
            [&b"\xd1\x81\xd0\xbb\xd0\xbe\xd0\xb2\xd0\xbe ".repeat(200_000)[..], b"\0\0\xff"].concat(),
            true,
        ),
        ("a.gif", b"GIF89a\xff\xff\xff\xff\xf7\0\0".to_vec(), false),
    ];
    for (name, bytes, whole) in cases {
        let (findings, _) = examined(&mut examiner, &Item::new(name, bytes));
        let said = reasons(&findings);
        // A kind that is not recognised behind its first bytes is no failure either.
        assert!(
            whole
                || !said.is_empty()
                || findings.kind.as_ref().is_some_and(|kind| kind.media_type == "application/x-cfb"),
            "{name}: {findings:?}"
        );
        assert!(!said.contains(&Reason::Crashed), "{name}: {:?}", findings.tools);
    }
}

fn shared() -> Option<PathBuf> {
    let named = std::env::var_os("VIDIMUS_SHARED").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let found = named.or(Some(beside)).filter(|folder| folder.join("samples").is_dir());
    if found.is_none() {
        println!("skipped: the folder of samples is not here (VIDIMUS_SHARED)");
    }
    found
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            files(&entry.path(), found);
        } else if kind.is_file() && entry.metadata().unwrap().len() <= 64 << 20 {
            found.push(entry.path());
        }
    }
}

fn survives(folder: &Path) {
    let mut paths = Vec::new();
    files(folder, &mut paths);
    assert!(!paths.is_empty(), "{}", folder.display());
    let mut examiner = examiner();
    for path in paths {
        examined(&mut examiner, &Item::new(&path.to_string_lossy(), std::fs::read(&path).unwrap()));
    }
}

#[test]
fn what_others_found_to_break_readers_ends_with_a_reason() {
    if let Some(shared) = shared() {
        survives(&shared.join("samples/hostile"));
    }
}

#[test]
#[ignore = "making them takes a minute; run by `make hostile`"]
fn what_was_made_to_break_this_program_ends_with_a_reason() {
    let Some(shared) = shared() else { return };
    let place = tempfile::tempdir().unwrap();
    let made = Command::new("python3")
        .arg(shared.join("hostile/make_hostile.py"))
        .arg(place.path())
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    for folder in ["archives", "img", "doc", "av"] {
        survives(&place.path().join(folder));
    }
}
