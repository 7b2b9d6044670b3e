//! What is in containers, mails and captures of the web: taken out whole, or told why not.

mod common;

use std::io::{Cursor, Write as _};
use std::process::Command;

use common::{Item, Kept, ended, examiner, facts};
use vidimus_examine::{Findings, Limits, Options, Password};
use vidimus_model::{End, NotContainedReason, Reason, Stage, TimeZoneKnown};
use zip::unstable::write::FileOptionsExt as _;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

fn taken(item: &Item, options: &Options) -> (Findings, Kept) {
    let mut kept = Kept::default();
    let findings = examiner().examine(item, &[Stage::Members], options, &mut kept);
    (findings, kept)
}

fn out_of(name: &str, bytes: impl Into<Vec<u8>>) -> (Findings, Kept) {
    taken(&Item::new(name, bytes), &Options::default())
}

fn zip(members: &[(&str, &[u8])], options: SimpleFileOptions) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(*name, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn here(program: &str) -> bool {
    let found = ["/usr/bin", "/usr/local/bin"]
        .iter()
        .any(|folder| std::path::Path::new(folder).join(program).exists());
    if !found {
        println!("skipped: {program} is not installed");
    }
    found
}

#[test]
fn members_of_a_zip_keep_their_names_whatever_they_are() {
    let bytes = zip(
        &[("../../etc/passwd", b"one"), ("записка.txt", b"two"), ("a/", b"")],
        SimpleFileOptions::default(),
    );
    let (findings, kept) = out_of("a.zip", bytes);
    assert_eq!(ended(&findings, Stage::Members), (End::Done, None), "{:?}", findings.tools);
    assert_eq!(
        kept.named(),
        [("../../etc/passwd".into(), Some(&b"one"[..])), ("записка.txt".into(), Some(b"two"))]
    );
    assert_eq!(kept.0[0].1.zone, TimeZoneKnown::Unknown);
    assert!(kept.0[0].1.modified.is_some());
}

#[test]
fn a_sum_that_does_not_fit_spoils_one_member_and_no_other() {
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut bytes = zip(&[("bad", b"content of one"), ("good", b"two")], stored);
    let at = bytes.windows(7).position(|part| part == b"content").unwrap();
    bytes[at] ^= 1;
    let (findings, kept) = out_of("a.zip", bytes);
    assert_eq!(ended(&findings, Stage::Members), (End::Partly, Some(Reason::Damaged)));
    assert_eq!(kept.named(), [("bad".into(), None), ("good".into(), Some(&b"two"[..]))]);
    assert_eq!(findings.not_taken[0].untrusted_path, "bad");
    assert_eq!(findings.not_taken[0].reason, NotContainedReason::Damaged);
}

#[test]
fn a_locked_zip_waits_for_its_password_which_is_never_written_down() {
    let locked = SimpleFileOptions::default().with_deprecated_encryption(b"sesame-900").unwrap();
    let item = Item::new("a.zip", zip(&[("secret.txt", b"words")], locked));
    let (findings, kept) = taken(&item, &Options::default());
    assert_eq!(ended(&findings, Stage::Members), (End::Failed, Some(Reason::NeedsPassword)));
    assert_eq!(findings.not_taken[0].reason, NotContainedReason::NeedsPassword);
    assert!(kept.0.is_empty());
    for (words, expected) in [
        (&["wrong", "sesame-900"][..], (End::Done, None)),
        (&["wrong"], (End::Failed, Some(Reason::WrongPassword))),
    ] {
        let passwords = words.iter().map(|word| Password::new(*word)).collect();
        let (findings, kept) = taken(&item, &Options { passwords, ..Options::default() });
        assert_eq!(ended(&findings, Stage::Members), expected);
        assert_eq!(kept.0.len(), usize::from(expected.0 == End::Done));
        assert!(
            !format!("{findings:?}").contains("sesame") && !format!("{findings:?}").contains("736573616d65")
        );
    }
}

#[test]
fn bounds_of_bytes_members_and_depth_are_kept_and_named() {
    let bytes = zip(&[("a", &[7; 5000]), ("b", &[8; 5000]), ("c", b"")], SimpleFileOptions::default());
    let item = Item::new("a.zip", bytes);
    for (limits, reason, whole) in [
        (Limits { unpacked_bytes: 6000, ..Limits::default() }, Reason::TooManyBytes, 1),
        (Limits { members: 2, ..Limits::default() }, Reason::TooManyParts, 2),
        (Limits { depth: 0, ..Limits::default() }, Reason::TooDeep, 0),
    ] {
        let (findings, kept) = taken(&item, &Options { limits, ..Options::default() });
        let (end, why) = ended(&findings, Stage::Members);
        assert_ne!(end, End::Done);
        assert!(findings.tools.iter().any(|run| run.reason == Some(reason)), "{reason:?} {why:?}");
        assert_eq!(kept.0.iter().filter(|kept| kept.2.is_some()).count(), whole, "{reason:?}");
    }
}

#[test]
fn tars_links_and_compressed_files_are_read_by_libarchive() {
    if !here("bsdtar") || !here("bsdcat") {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("файл.txt"), b"words").unwrap();
    std::os::unix::fs::symlink("/etc/passwd", place.path().join("link")).unwrap();
    for (form, name) in
        [("--format=ustar", "a.tar"), ("--format=cpio", "a.cpio"), ("-z", "a.tar.gz"), ("-J", "a.tar.xz")]
    {
        let mut made = Command::new("bsdtar");
        made.current_dir(place.path()).env("LC_ALL", "C.UTF-8").args(["-cf", "-", form, "файл.txt", "link"]);
        let (findings, kept) = out_of(name, made.output().unwrap().stdout);
        assert_eq!(kept.named(), [("файл.txt".into(), Some(&b"words"[..]))], "{form} {:?}", findings.tools);
        assert_eq!(findings.not_taken[0].reason, NotContainedReason::Link, "{form}");
    }
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(b"a note").unwrap();
    let packed = packed.finish().unwrap();
    let (_, kept) = out_of("folder/записка.txt.gz", packed.clone());
    assert_eq!(kept.named(), [("записка.txt".into(), Some(&b"a note"[..]))]);
    let (findings, _) = out_of("a.gz", &packed[..packed.len() - 9]);
    assert_ne!(ended(&findings, Stage::Members).0, End::Done);
}

#[test]
fn a_name_twice_is_two_members() {
    if !here("bsdtar") {
        return;
    }
    let mut bytes = zip(&[("report.txt", b"one"), ("repor2.txt", b"two")], SimpleFileOptions::default());
    for at in 0..bytes.len() - 10 {
        if &bytes[at..at + 10] == b"repor2.txt" {
            bytes[at + 5] = b't';
        }
    }
    let (findings, kept) = out_of("a.zip", bytes);
    let named = [("report.txt".to_owned(), Some(&b"one"[..])), ("report.txt".into(), Some(b"two"))];
    assert_eq!(kept.named(), named, "{:?}", findings.tools);
}

#[test]
fn a_tar_that_ends_early_keeps_what_came_before() {
    if !here("bsdtar") {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("a"), b"whole").unwrap();
    std::fs::write(place.path().join("b"), vec![1; 9000]).unwrap();
    let mut made = Command::new("bsdtar");
    let bytes = made
        .current_dir(place.path())
        .args(["-cf", "-", "--format=ustar", "a", "b"])
        .output()
        .unwrap()
        .stdout;
    let (findings, kept) = out_of("a.tar", &bytes[..4000]);
    assert_eq!(ended(&findings, Stage::Members).0, End::Partly, "{:?}", findings.tools);
    let whole: Vec<_> =
        kept.named().into_iter().filter(|(_, bytes)| bytes.is_some()).map(|(name, _)| name).collect();
    assert_eq!(whole, ["a"]);
}

const MAIL: &str = "From: =?utf-8?B?0J7Qu9C10LM=?= <oleg@example.org>\r\nTo: duty@example.org\r\nSubject: =?koi8-r?B?7/T3xfQ=?=\r\n\
Date: Tue, 14 May 2024 08:00:00 +0300\r\nMessage-ID: <1@example.org>\r\nMIME-Version: 1.0\r\n\
Content-Type: multipart/mixed; boundary=\"x\"\r\n\r\n--x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nСмотри вложение.\r\n\
--x\r\nContent-Type: application/octet-stream; name=\"a.bin\"\r\nContent-Disposition: attachment; filename=\"../a.bin\"\r\n\
Content-Transfer-Encoding: base64\r\n\r\nYnl0ZXM=\r\n--x\r\nContent-Type: message/rfc822\r\n\r\n\
Subject: inner\r\nFrom: b@example.org\r\n\r\nbody\r\n--x--\r\n";

#[test]
fn a_mail_tells_who_when_and_what_and_gives_its_attachments() {
    let item = Item::new("a.eml", MAIL);
    let mut kept = Kept::default();
    let stages = [Stage::First, Stage::Members, Stage::Text];
    let findings = examiner().examine(&item, &stages, &Options::default(), &mut kept);
    assert_eq!(facts(&findings, "mail.from"), ["Олег <oleg@example.org>"]);
    assert_eq!(facts(&findings, "mail.message-id"), ["1@example.org"]);
    let claim = findings.times.iter().find(|claim| claim.field == "mail.date").unwrap();
    assert_eq!((claim.time.to_string().as_str(), claim.zone), ("2024-05-14T08:00:00", Some(180)));
    let named = kept.named();
    assert_eq!(named[0], ("../a.bin".into(), Some(&b"bytes"[..])));
    assert!(named[1].1.unwrap().starts_with(b"Subject: inner"), "{named:?}");
    let text = String::from_utf8_lossy(&findings.made[0].bytes);
    assert!(text.contains("Смотри вложение.") && !text.contains("Ynl0ZXM"), "{text}");
}

#[test]
fn a_mailbox_is_split_where_mails_begin_and_nowhere_else() {
    let mbox = format!(
        "From a@example.org Tue May 14 08:00:00 2024\n{}\nFrom here on nothing begins\n\nFrom b@example.org Tue May 14\nFrom: b\nDate: x\n\ntwo\n",
        "From: a\nDate: y\n\none"
    );
    let (_, kept) = out_of("mbox", mbox);
    let bodies: Vec<_> = kept
        .named()
        .into_iter()
        .map(|(_, bytes)| String::from_utf8_lossy(bytes.unwrap()).into_owned())
        .collect();
    assert_eq!(
        bodies,
        ["From: a\nDate: y\n\none\nFrom here on nothing begins\n\n", "From: b\nDate: x\n\ntwo\n"]
    );
}

#[test]
fn a_capture_gives_pages_with_address_and_time() {
    let record = |kind: &str, uri: &str, media: &str, block: &str| {
        format!(
            "WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {uri}\r\nWARC-Date: 2024-05-14T08:00:00Z\r\nContent-Type: {media}\r\nContent-Length: {}\r\n\r\n{block}\r\n\r\n",
            block.len()
        )
    };
    let page =
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<p>Са\r\n";
    let page = page.replace("5\r\n<p>Са", &format!("{:x}\r\n<p>Саратов", "<p>Саратов".len())) + "0\r\n\r\n";
    let warc = [
        record("warcinfo", "", "application/warc-fields", "software: x\r\n"),
        record("response", "http://example.org/a?b=c", "application/http; msgtype=response", &page),
        record("resource", "urn:x", "text/plain", "plain"),
    ]
    .concat();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(warc.as_bytes()).unwrap();
    for bytes in [warc.clone().into_bytes(), packed.finish().unwrap()] {
        let (findings, kept) = out_of("a.warc", bytes);
        assert_eq!(ended(&findings, Stage::Members), (End::Done, None), "{:?}", findings.tools);
        assert_eq!(facts(&findings, "warc.records"), ["3"]);
        let named = kept.named();
        assert_eq!(named[0], ("http://example.org/a?b=c".into(), Some("<p>Саратов".as_bytes())));
        assert_eq!(named[1], ("urn:x".into(), Some(&b"plain"[..])));
        let says = &kept.0[0].1;
        assert_eq!(
            (says.modified.unwrap().to_string().as_str(), says.zone),
            ("2024-05-14T08:00:00Z", TimeZoneKnown::Utc)
        );
    }
    let (findings, kept) = out_of("a.warc", &warc.as_bytes()[..warc.len() - 8]);
    assert_eq!(ended(&findings, Stage::Members).0, End::Partly);
    assert_eq!(kept.0.iter().filter(|kept| kept.2.is_some()).count(), 1);
}

/// Two files, locked with the password `sesame-900`; and the same with their names locked too.
const LOCKED: [&str; 2] = [
    "377abcaf271c0004f44a7b8b9f0000000000000021000000000000005bb8a480b7f6c172c31a2e39a2633d1030e1f0de403c93178d2bdcd39dc83c587465fed50000813307ae0fd00eb03c9f39109c9fa6d533dab22eb07fc0772431f3fde87677623354e5014e4b1f409f6c14d39e2f4598f06d66a52272d399a0d685bcf8c45925d752ebf02e29d1fe9e251d3e97df22dfcc1a896f76d3b6daace4c85c0410b6bdfafc82c771cc6a0810be6db625d416c84ecbaa9a289e7ea7fb0000000017062001097f00070b01000123030101055d001000000c80960a01dff14eeb0000",
    "377abcaf271c0004906c3f71a0000000000000003d00000000000000ea4645b8542225036a5138bc52e39021d166ddb610bb8a348f1ff0c362ca7cbb78a6eb1d69ee840d143da3bde53227fd4028f248729f5d5ec49639049f8d00d2adf9a96a03cf8f4a2562b13277429f4938d2ace32547af4c796152d50f8b787b3bbb43a3d2c30c7399d82fefc270a93596b19dc2ad68d71c13761ecddd23469b192078c9525dd6730e0b4f537bbf3579d625bfc9a857d1d0e15f55332c2ffeaea014e5f51706200109808000070b0100022406f1070112530ffe1f0b847399cb372cd6c47a4b45e2d123030101055d0010000001000c7f80960a014985f7650000",
];

#[test]
fn a_locked_7z_waits_for_its_password_also_where_its_names_are_locked() {
    for locked in LOCKED {
        let bytes: Vec<u8> = (0..locked.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&locked[at..at + 2], 16).unwrap())
            .collect();
        let item = Item::new("a.7z", bytes);
        for (words, expected) in [
            (&[][..], (End::Failed, Some(Reason::NeedsPassword))),
            (&["wrong"], (End::Failed, Some(Reason::WrongPassword))),
            (&["wrong", "sesame-900"], (End::Done, None)),
        ] {
            let passwords = words.iter().map(|word| Password::new(*word)).collect();
            let (findings, kept) = taken(&item, &Options { passwords, ..Options::default() });
            assert_eq!(ended(&findings, Stage::Members), expected, "{words:?} {:?}", findings.tools);
            let whole = [
                ("secret.txt".to_owned(), Some(&b"words of a secret\n"[..])),
                ("b.txt".into(), Some(b"two")),
            ];
            let mut named = kept.named();
            named.sort_by_key(|(name, _)| name == "b.txt");
            assert_eq!(named, if expected.0 == End::Done { &whole[..] } else { &[] }, "{words:?}");
            assert!(!format!("{findings:?}").contains("sesame"));
        }
    }
}

#[test]
fn a_zip_with_the_newer_lock_is_opened_too() {
    let locked = SimpleFileOptions::default().with_aes_encryption(zip::AesMode::Aes256, "sesame-900");
    let item = Item::new("a.zip", zip(&[("secret.txt", b"words")], locked));
    let (findings, kept) = taken(&item, &Options::default());
    assert_eq!(ended(&findings, Stage::Members), (End::Failed, Some(Reason::NeedsPassword)));
    assert!(kept.0.is_empty());
    let passwords = vec![Password::new("wrong"), Password::new("sesame-900")];
    let (findings, kept) = taken(&item, &Options { passwords, ..Options::default() });
    assert_eq!(ended(&findings, Stage::Members), (End::Done, None), "{:?}", findings.tools);
    assert_eq!(kept.named(), [("secret.txt".into(), Some(&b"words"[..]))]);
}

#[test]
fn sparse_files_and_names_in_no_unicode_come_out_of_a_tar_as_they_went_in() {
    use std::os::unix::ffi::OsStrExt as _;

    if !here("bsdtar") || !here("tar") {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let name = std::ffi::OsStr::from_bytes(b"\xca\xcf\xe9.bin");
    let mut file = std::fs::File::create(place.path().join(name)).unwrap();
    file.write_all(b"begin").unwrap();
    file.set_len(300_000).unwrap();
    let mut made = Command::new("tar");
    let made = made.current_dir(place.path()).args(["-cSf", "-", "--format=gnu"]).arg(name).output().unwrap();
    let (findings, kept) = out_of("a.tar", made.stdout);
    assert_eq!(ended(&findings, Stage::Members), (End::Done, None), "{:?}", findings.tools);
    let (path, _, bytes) = &kept.0[0];
    assert_eq!(path, name.as_bytes());
    let bytes = bytes.as_deref().unwrap();
    assert!(bytes.len() == 300_000 && bytes.starts_with(b"begin\0\0"), "{}", bytes.len());
}

#[test]
fn a_zip_that_lost_its_list_gives_what_it_has_and_says_that_it_ends_early() {
    if !here("bsdtar") {
        return;
    }
    let whole = zip(&[("one", &[7; 5000]), ("two", b"second")], SimpleFileOptions::default());
    let list = whole.windows(4).position(|mark| mark == b"PK\x01\x02").unwrap();
    let (findings, kept) = out_of("a.zip", &whole[..list]);
    assert_eq!(
        ended(&findings, Stage::Members),
        (End::Partly, Some(Reason::EndsEarly)),
        "{:?}",
        findings.tools
    );
    assert_eq!(kept.named(), [("one".into(), Some(&[7; 5000][..])), ("two".into(), Some(&b"second"[..]))]);
}

#[test]
fn a_zip_with_a_long_remark_is_a_zip() {
    let mut bytes = zip(&[("one", b"words")], SimpleFileOptions::default());
    let remark = [&b"PK\x05\x06"[..], &[b'x'; 60_000]].concat();
    let at = bytes.len() - 2;
    bytes[at..].copy_from_slice(&u16::try_from(remark.len()).unwrap().to_le_bytes());
    bytes.extend(remark);
    let mut kept = Kept::default();
    let stages = [Stage::First, Stage::Members];
    let findings = examiner().examine(&Item::new("a.zip", bytes), &stages, &Options::default(), &mut kept);
    assert_eq!(findings.kind.as_ref().unwrap().media_type, "application/zip");
    assert_eq!(kept.named(), [("one".into(), Some(&b"words"[..]))], "{:?}", findings.tools);
}

/// `<p>Саратов, камера 12</p>`, three times, in brotli.
const BROTLI: &str = "1b7100f89d0776ac65e0c2c21bb645848b23dd79523c11f86063eccc2b4227a204140c4d9f17b8ca01c3a8c1ce7853724e14260fd96b2b";

#[test]
fn a_page_in_brotli_is_unpacked_and_one_that_was_unpacked_before_is_left_as_it_is() {
    let page = "<p>Саратов, камера 12</p>".repeat(3);
    let response = |body: &[u8]| {
        let head = b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\n";
        let warc = format!(
            "WARC/1.1\r\nWARC-Type: response\r\nWARC-Target-URI: http://example.org/\r\nWARC-Date: 2024-05-14T08:00:00Z\r\nContent-Type: application/http\r\nContent-Length: {}\r\n\r\n",
            head.len() + body.len()
        );
        [warc.as_bytes(), head, body, b"\r\n\r\n"].concat()
    };
    for body in [hex::decode(BROTLI).unwrap(), page.clone().into_bytes()] {
        let (findings, kept) = out_of("a.warc", response(&body));
        assert_eq!(ended(&findings, Stage::Members), (End::Done, None), "{:?}", findings.tools);
        assert_eq!(kept.named(), [("http://example.org/".into(), Some(page.as_bytes()))]);
    }
    let cut = &hex::decode(BROTLI).unwrap()[..20];
    let (findings, _) = out_of("a.warc", response(cut));
    assert_eq!(ended(&findings, Stage::Members).1, Some(Reason::Damaged));
}

#[test]
fn a_page_that_was_unpacked_before_it_was_kept_is_read_whatever_its_head_says() {
    let page = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n<p>plain";
    let warc = format!(
        "WARC/1.1\r\nWARC-Type: response\r\nWARC-Target-URI: http://example.org/\r\nWARC-Date: 2024-05-14T08:00:00Z\r\nContent-Type: application/http\r\nContent-Length: {}\r\n\r\n{page}\r\n\r\n",
        page.len()
    );
    let (findings, kept) = out_of("a.warc", warc);
    assert_eq!(ended(&findings, Stage::Members), (End::Done, None), "{:?}", findings.tools);
    assert_eq!(kept.named(), [("http://example.org/".into(), Some(&b"<p>plain"[..]))]);
}
