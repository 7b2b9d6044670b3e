//! The extension of a disclosed file, told by its first bytes; never by the name it was found under.
//!
//! A table of our own, because a name only helps a reader to open the file: the kinds that are handed over fit a page, and no
//! parser of hostile bytes is let in. What would run when it is opened (programs, HTML, scripts) gets `txt` or `bin`.

/// How many of a file's first bytes are looked at.
pub(super) const HEAD: usize = 8 << 10;

/// What a file is called that is nothing known.
const UNKNOWN: &str = "bin";

/// Bytes at an offset, and the extension that they mean; the first that fits counts.
const SIGNS: [(usize, &[u8], &str); 44] = [
    (0, b"\xff\xd8\xff", "jpg"),
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (0, b"GIF87a", "gif"),
    (0, b"GIF89a", "gif"),
    (0, b"II*\0", "tif"),
    (0, b"MM\0*", "tif"),
    (0, b"8BPS", "psd"),
    (8, b"WEBPVP8", "webp"),
    (8, b"AVI LIST", "avi"),
    (8, b"WAVEfmt ", "wav"),
    (0, b"\x1a\x45\xdf\xa3", "mkv"),
    (0, b"\0\0\x01\xba", "mpg"),
    (0, b"\0\0\x01\xb3", "mpg"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "wmv"),
    (0, b"FLV\x01", "flv"),
    // Raw streams of cameras: the parameter sets of H.264 and H.265 behind a start code.
    (0, b"\0\0\0\x01\x67", "h264"),
    (0, b"\0\0\0\x01\x40\x01", "h265"),
    (0, b"IMKH", "mpg"),
    (0, b"DHAV", "dav"),
    (0, b"ID3\x02", "mp3"),
    (0, b"ID3\x03", "mp3"),
    (0, b"ID3\x04", "mp3"),
    (0, b"\xff\xfb", "mp3"),
    (0, b"\xff\xf3", "mp3"),
    (0, b"\xff\xf1", "aac"),
    (0, b"\xff\xf9", "aac"),
    (0, b"OggS", "ogg"),
    (0, b"fLaC", "flac"),
    (0, b"#!AMR\n", "amr"),
    (0, b"#!AMR-WB\n", "amr"),
    (0, b"%PDF-", "pdf"),
    (0, b"AT&TFORM", "djvu"),
    (0, b"{\\rtf", "rtf"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (0, b"!BDN", "pst"),
    (0, b"SQLite format 3\0", "sqlite"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z"),
    (0, b"Rar!\x1a\x07", "rar"),
    (0, b"\x1f\x8b\x08", "gz"),
    (0, b"BZh", "bz2"),
    (0, b"\xfd7zXZ\0", "xz"),
    (0, b"\x28\xb5\x2f\xfd", "zst"),
    (257, b"ustar", "tar"),
    (0, b"age-encryption.org/v1\n", "age"),
];

/// Brands of the ISO base media format (ISO/IEC 14496-12, `ftyp`) that are not called `mp4`.
const BRANDS: [(&[u8], &str); 10] = [
    (b"qt  ", "mov"),
    (b"M4A ", "m4a"),
    (b"M4B ", "m4a"),
    (b"3gp", "3gp"),
    (b"3g2", "3g2"),
    (b"heic", "heic"),
    (b"heix", "heic"),
    (b"mif1", "heic"),
    (b"avif", "avif"),
    (b"crx ", "cr3"),
];

/// What marks a ZIP file as a document; looked for among its first names.
const DOCUMENTS: [(&[u8], &str); 7] = [
    (b"mimetypeapplication/vnd.oasis.opendocument.text", "odt"),
    (b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "ods"),
    (b"mimetypeapplication/vnd.oasis.opendocument.presentation", "odp"),
    (b"mimetypeapplication/epub+zip", "epub"),
    (b"word/", "docx"),
    (b"xl/", "xlsx"),
    (b"ppt/", "pptx"),
];

/// The extension for a file that begins with these bytes; `whole` where there are no more of them.
pub(super) fn of(untrusted_head: &[u8], whole: bool) -> &'static str {
    let head = &untrusted_head[..untrusted_head.len().min(HEAD)];
    if let Some((_, _, extension)) =
        SIGNS.iter().find(|(at, sign, _)| head.get(*at..).is_some_and(|rest| rest.starts_with(sign)))
    {
        return match *extension {
            "mkv" if contains(head, b"webm") => "webm",
            known => known,
        };
    }
    if let Some(brand) = head.get(8..12).filter(|_| head[4..].starts_with(b"ftyp")) {
        return BRANDS.iter().find(|(of, _)| brand.starts_with(of)).map_or("mp4", |(_, extension)| extension);
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return DOCUMENTS
            .iter()
            .find(|(mark, _)| contains(head, mark))
            .map_or("zip", |(_, extension)| extension);
    }
    if is_transport_stream(head) {
        return "ts";
    }
    if is_text(head, whole) { "txt" } else { UNKNOWN }
}

fn contains(head: &[u8], sign: &[u8]) -> bool {
    head.windows(sign.len()).any(|window| window == sign)
}

/// An MPEG transport stream: packets of 188 bytes, each beginning with `G` (ISO/IEC 13818-1, 2.4.3.2).
fn is_transport_stream(head: &[u8]) -> bool {
    head.len() > 188 * 4 && head.iter().step_by(188).take(5).all(|byte| *byte == b'G')
}

/// UTF-8 without control characters but those that lay text out; a character may be cut where more bytes follow.
fn is_text(head: &[u8], whole: bool) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(e) if e.error_len().is_none() && !whole => {
            std::str::from_utf8(&head[..e.valid_up_to()]).expect("it is valid up to there")
        }
        Err(_) => return false,
    };
    !text.is_empty() && text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t' | '\u{c}'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use vidimus_proof::bag::layout::is_extension;

    use super::{BRANDS, DOCUMENTS, HEAD, SIGNS, of};

    #[test]
    fn every_extension_may_stand_in_a_bag() {
        let all = SIGNS.iter().map(|sign| sign.2);
        let all = all.chain(BRANDS.iter().chain(&DOCUMENTS).map(|brand| brand.1));
        for extension in all.chain(["mp4", "zip", "webm", "ts", "txt", "bin"]) {
            assert!(is_extension(extension), "{extension}");
        }
    }

    #[test]
    fn content_decides() {
        for (bytes, extension) in [
            (&b"\0\0\0\x18ftypisom\0\0\x02\0"[..], "mp4"),
            (b"\0\0\0\x14ftypqt  \0\0\0\0", "mov"),
            (b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm", "webm"),
            (b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x88matroska", "mkv"),
            (b"PK\x03\x04\x14\0[Content_Types].xml PK\x03\x04 word/document.xml", "docx"),
            (b"PK\x03\x04\x14\0holiday.jpg", "zip"),
            ("Записка дежурного".as_bytes(), "txt"),
            (b"<script>alert(1)</script>", "txt"),
            (b"#!/bin/sh\nrm -rf /\n", "txt"),
            (b"MZ\x90\0\x03", "bin"),
            (b"\x7fELF\x02", "bin"),
            (b"", "bin"),
            (b"line\x1b[2J", "bin"),
            ("д".as_bytes().split_at(1).0, "bin"),
        ] {
            assert_eq!(of(bytes, true), extension, "{bytes:?}");
        }
        assert_eq!(of("текст д".as_bytes().split_last().unwrap().1, false), "txt");
        let packets: Vec<u8> = (0..1000).map(|at| if at % 188 == 0 { b'G' } else { 0 }).collect();
        assert_eq!(of(&packets, true), "ts");
    }

    proptest! {
        #[test]
        fn any_bytes_have_an_extension(bytes in proptest::collection::vec(any::<u8>(), 0..400), whole: bool) {
            prop_assert!(is_extension(of(&bytes, whole)));
            prop_assert!(is_extension(of(&vec![bytes.first().copied().unwrap_or(0); HEAD + 1], whole)));
        }
    }
}
