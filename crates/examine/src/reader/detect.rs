//! Tells what a file is by its bytes: marks at its beginning, what a zip holds, how a text begins.

use std::io::{self, Read, Seek, SeekFrom};

use crate::kind::Kind;
use crate::reader::holds;
use crate::text::charset;

/// How much of the beginning is looked at.
const HEAD: u64 = 64 << 10;

/// Marks at fixed places: place, bytes, kind. The first that fits holds.
const MARKS: &[(usize, &[u8], Kind)] = &[
    (0, b"\xff\xd8\xff", Kind::Jpeg),
    (0, b"\x89PNG\r\n\x1a\n", Kind::Png),
    (0, b"GIF87a", Kind::Gif),
    (0, b"GIF89a", Kind::Gif),
    (0, b"II*\0", Kind::Tiff),
    (0, b"MM\0*", Kind::Tiff),
    (0, b"II+\0", Kind::Tiff),
    (0, b"MM\0+", Kind::Tiff),
    (0, b"8BPS", Kind::Psd),
    (0, b"\0\0\0\x0cJXL \r\n\x87\n", Kind::JpegXl),
    (0, b"\xff\x0a", Kind::JpegXl),
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", Kind::Jpeg2000),
    (0, b"\0\0\x01\0", Kind::Ico),
    (0, b"\0\0\x02\0", Kind::Ico),
    (0, b"%!PS", Kind::PostScript),
    (0, b"AT&TFORM", Kind::Djvu),
    (0, b"{\\rtf", Kind::Rtf),
    (0, b"FLV\x01", Kind::Flv),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", Kind::Asf),
    (0, b"\x06\x0e\x2b\x34\x02\x05\x01\x01", Kind::Mxf),
    (0, b"DHAV", Kind::Dav),
    (0, b"IMKH", Kind::Hikvision),
    (0, b"HKMI", Kind::Hikvision),
    (0, b"\0\0\x01\xba", Kind::MpegPs),
    (0, b"\0\0\x01\xb3", Kind::MpegPs),
    (0, b"\0\0\0\x01\x67", Kind::H264),
    (0, b"fLaC", Kind::Flac),
    // As far as a note that begins so differs from a sound.
    (0, b"#!AMR\n", Kind::Amr),
    (0, b"#!AMR-WB\n", Kind::Amr),
    (0, b"#!AMR_MC1.0\n", Kind::Amr),
    (0, b"#!AMR-WB_MC1.0\n", Kind::Amr),
    (0, b"ID3\x02", Kind::Mp3),
    (0, b"ID3\x03", Kind::Mp3),
    (0, b"ID3\x04", Kind::Mp3),
    (0, b"7z\xbc\xaf\x27\x1c", Kind::SevenZip),
    (0, b"Rar!\x1a\x07", Kind::Rar),
    (0, b"MSCF", Kind::Cab),
    (0, b"xar!", Kind::Xar),
    (0, b"!<arch>\n", Kind::Ar),
    (0, b"\xed\xab\xee\xdb", Kind::Rpm),
    (0, b"070701", Kind::Cpio),
    (0, b"070702", Kind::Cpio),
    (0, b"070707", Kind::Cpio),
    (0, b"\xc7\x71", Kind::Cpio),
    (0, b"\x1f\x8b\x08", Kind::Gzip),
    (0, b"BZh", Kind::Bzip2),
    (0, b"\xfd7zXZ\0", Kind::Xz),
    (0, b"\x28\xb5\x2f\xfd", Kind::Zstd),
    (0, b"\x1f\x9d", Kind::Compress),
    (0, b"\x1f\xa0", Kind::Compress),
    (0, b"\x04\x22\x4d\x18", Kind::Lz4),
    (0, b"\x02\x21\x4c\x18", Kind::Lz4),
    (0, b"LZIP", Kind::Lzip),
    (0, b"\x89LZO\0\r\n\x1a\n", Kind::Lzop),
    (0, b"!BDN", Kind::Pst),
    (0, b"WARC/", Kind::Warc),
    (0, b"SQLite format 3\0", Kind::Sqlite),
    (0, b"\x7fELF", Kind::Elf),
    (0, b"L\0\0\0\x01\x14\x02\0", Kind::Shortcut),
    (0, b"FWS", Kind::Flash),
    (0, b"CWS", Kind::Flash),
    (0, b"\0\x01\0\0\0", Kind::Font),
    (0, b"OTTO\0", Kind::Font),
    (0, b"wOFF", Kind::Font),
    (0, b"wOF2", Kind::Font),
    (257, b"ustar", Kind::Tar),
    (32769, b"CD001", Kind::Iso),
    (32769, b"NSR0", Kind::Iso),
    (32769, b"BEA01", Kind::Iso),
];

/// Tells the kind. `ending` is that of its name, in lower case: it decides between texts only.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn kind(untrusted: &mut (impl Read + Seek), size: u64, ending: &str) -> io::Result<Kind> {
    let mut head = Vec::new();
    untrusted.seek(SeekFrom::Start(0))?;
    untrusted.by_ref().take(HEAD).read_to_end(&mut head)?;
    if head.is_empty() {
        return Ok(Kind::Empty);
    }
    if let Some(kind) = of_family(&head) {
        return Ok(kind);
    }
    if let Some((_, _, kind)) =
        MARKS.iter().find(|(at, mark, _)| head.get(*at..).is_some_and(|rest| rest.starts_with(mark)))
    {
        return Ok(match kind {
            Kind::Gzip => gzip(&head),
            Kind::Elf => holds::of_unpacker(untrusted)?.unwrap_or(Kind::Elf),
            _ => *kind,
        });
    }
    if head.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return holds::of_compound(untrusted);
    }
    // A zip that ends with a long remark is nearly all text.
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return holds::of_zip(untrusted, size);
    }
    if let Some(kind) = text(&head, size, ending) {
        // A script may have a zip behind it.
        let behind = if size > HEAD { holds::of_zip(untrusted, size)? } else { Kind::Unknown };
        return Ok(if behind == Kind::Unknown { kind } else { behind });
    }
    if is_old_tar(&head) {
        return Ok(Kind::Tar);
    }
    if head.starts_with(b"MZ") {
        // What unpacks itself is what it unpacks.
        return Ok(match holds::of_zip(untrusted, size)? {
            Kind::Unknown => holds::of_unpacker(untrusted)?.unwrap_or(Kind::Exe),
            kind => kind,
        });
    }
    holds::of_zip(untrusted, size)
}

/// Families whose members are told by a name further inside.
fn of_family(head: &[u8]) -> Option<Kind> {
    let at = |from: usize, length: usize| head.get(from..from + length).unwrap_or_default();
    if at(0, 4) == b"RIFF" {
        return match at(8, 4) {
            b"WAVE" => Some(Kind::Wav),
            b"AVI " => Some(Kind::Avi),
            b"WEBP" => Some(Kind::Webp),
            _ => None,
        };
    }
    if at(0, 4) == b"FORM" && matches!(at(8, 4), b"AIFF" | b"AIFC") {
        return Some(Kind::Aiff);
    }
    if at(4, 4) == b"ftyp" {
        return Some(match at(8, 4) {
            b"qt  " => Kind::QuickTime,
            b"M4A " | b"M4B " => Kind::M4a,
            b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" => Kind::Heic,
            b"avif" | b"avis" => Kind::Avif,
            // The name of the family: those that follow say which of them it is.
            b"mif1" | b"msf1" => {
                // They end with the box, which says its own length first.
                let end = at(0, 4).try_into().map_or(0, u32::from_be_bytes) as usize;
                let brands = head.get(16..end.min(head.len())).unwrap_or_default();
                match brands.chunks_exact(4).any(|brand| matches!(brand, b"avif" | b"avis")) {
                    true => Kind::Avif,
                    false => Kind::Heic,
                }
            }
            brand if brand.starts_with(b"3g") => Kind::ThreeGp,
            _ => Kind::Mp4,
        });
    }
    // Films of QuickTime, and recordings cut off, begin without a name.
    if matches!(at(4, 4), b"moov" | b"mdat" | b"wide" | b"pnot") {
        return Some(Kind::QuickTime);
    }
    if head.starts_with(b"\x1a\x45\xdf\xa3") {
        let webm = at(0, 64).windows(4).any(|name| name == b"webm");
        return Some(if webm { Kind::Webm } else { Kind::Matroska });
    }
    if head.starts_with(b"OggS") {
        let has = |name: &[u8]| at(0, 512.min(head.len())).windows(name.len()).any(|part| part == name);
        return Some(match (has(b"theora"), has(b"OpusHead")) {
            (true, _) => Kind::OggVideo,
            (_, true) => Kind::Opus,
            _ => Kind::Ogg,
        });
    }
    if head.starts_with(b"BM") && at(6, 4) == [0; 4] && at(14, 4).get(1..) == Some(&[0; 3]) {
        return Some(Kind::Bmp);
    }
    // Programs that write PDF put up to a kibibyte before it.
    if at(0, head.len().min(1024)).windows(5).any(|mark| mark == b"%PDF-") {
        return Some(Kind::Pdf);
    }
    if at(2, 3) == b"-lh" && at(6, 1) == b"-" {
        return Some(Kind::Lzh);
    }
    let packets = |length: usize, from: usize| {
        head.len() > length * 3
            && (0..4).all(|n| head.get(from + n * length).is_none_or(|byte| *byte == 0x47))
    };
    if packets(188, 0) || (packets(192, 4) && at(0, 1) != b"G") {
        return Some(Kind::MpegTs);
    }
    let sync = (head.first().copied().unwrap_or(0), head.get(1).copied().unwrap_or(0));
    // In old encodings these bytes are letters: a note in windows-1251 that begins with "яс" is no sound.
    if sync.0 == 0xff && charset::decode_if_text(head, true).is_some() {
        return None;
    }
    match sync {
        (0xff, second) if second & 0xf6 == 0xf0 => Some(Kind::Aac),
        (0xff, second) if second & 0xe0 == 0xe0 && second & 0x06 != 0 && is_mpeg_sound(head) => {
            Some(Kind::Mp3)
        }
        _ => None,
    }
}

/// Whether the head of a frame of MPEG sound is one: not each two bytes that look like its beginning.
fn is_mpeg_sound(head: &[u8]) -> bool {
    head.get(2).is_some_and(|third| third >> 4 != 0xf && third >> 4 != 0 && (third >> 2) & 3 != 3)
}

/// A compressed capture of the web is a capture of the web.
fn gzip(head: &[u8]) -> Kind {
    let mut begin = [0; 5];
    match flate2::read::GzDecoder::new(head).read_exact(&mut begin) {
        Ok(()) if &begin == b"WARC/" => Kind::Warc,
        _ => Kind::Gzip,
    }
}

/// A tar from before the mark: the sum of its first head is right.
fn is_old_tar(head: &[u8]) -> bool {
    let Some(block) = head.get(..512) else { return false };
    let digits: String = block[148..156].iter().filter(|b| b.is_ascii_digit()).map(|b| *b as char).collect();
    let sum: u32 = block
        .iter()
        .enumerate()
        .map(|(at, byte)| if (148..156).contains(&at) { u32::from(b' ') } else { u32::from(*byte) })
        .sum();
    block[0] != 0 && u32::from_str_radix(&digits, 8) == Ok(sum)
}

/// A text, and which; none where it is none.
fn text(head: &[u8], size: u64, ending: &str) -> Option<Kind> {
    let whole = size <= head.len() as u64;
    let text = charset::decode_if_text(head, whole)?.text;
    let begin: String = text.trim_start_matches('\u{feff}').chars().take(4096).collect();
    let begin = begin.trim_start();
    let low = begin.to_lowercase();
    let starts = |word: &str| low.starts_with(word);
    if starts("webvtt") {
        return Some(Kind::Vtt);
    }
    if starts("#extm3u") || starts("ffconcat") {
        return Some(Kind::Playlist);
    }
    if is_subrip(begin) {
        return Some(Kind::Srt);
    }
    if let Some((line, rest)) = begin.strip_prefix("From ").and_then(|begin| begin.split_once('\n')) {
        // The line ends with a year, and says who sent it.
        let dated = line.contains('@') && line.trim_end().ends_with(|c: char| c.is_ascii_digit());
        if heads_of_mail(rest) > usize::from(!dated) {
            return Some(Kind::Mbox);
        }
    }
    if heads_of_mail(begin) > usize::from(!matches!(ending, "eml" | "mht" | "mhtml")) {
        let web = low.contains("multipart/related")
            && (low.contains("snapshot-content-location") || matches!(ending, "mht" | "mhtml"));
        return Some(if web { Kind::Mhtml } else { Kind::Mail });
    }
    if starts("<?xml") || starts("<svg") {
        let svg = low.contains("<svg");
        return Some(if svg {
            Kind::Svg
        } else if low.contains("<html") {
            Kind::Html
        } else {
            Kind::Xml
        });
    }
    if (starts("{") || starts("[")) && (ending.contains("json") || looks_like_json(begin)) {
        let speech = low.contains("\"segments\"")
            || low.contains("\"word_segments\"")
            || low.contains("\"transcription\"");
        return Some(if speech && low.contains("\"text\"") { Kind::SpeechJson } else { Kind::Json });
    }
    if ["<!doctype html", "<html", "<head", "<body", "<!--"].iter().any(|word| starts(word))
        && low.contains("<h")
        || low.contains("<html") && begin.contains('<')
        || matches!(ending, "html" | "htm") && begin.contains('<')
    {
        return Some(Kind::Html);
    }
    if starts("<!doctype") || ending == "xml" && starts("<") {
        return Some(Kind::Xml);
    }
    if matches!(ending, "csv" | "tsv") {
        return Some(Kind::Csv);
    }
    Some(Kind::Text)
}

/// How many of the first lines are heads that mails have.
fn heads_of_mail(text: &str) -> usize {
    const HEADS: [&str; 15] = [
        "from",
        "to",
        "cc",
        "date",
        "subject",
        "received",
        "mime-version",
        "message-id",
        "return-path",
        "delivered-to",
        "content-type",
        "reply-to",
        "x-mailer",
        "sender",
        "dkim-signature",
    ];
    let lines = text.lines().take_while(|line| !line.trim().is_empty());
    let heads = lines.filter(|line| !line.starts_with([' ', '\t'])).take(40);
    heads
        .map_while(|line| line.split_once(':'))
        .filter(|(name, _)| HEADS.contains(&name.to_ascii_lowercase().as_str()))
        .count()
}

/// A number, then two times and an arrow.
fn is_subrip(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let number = lines.next().is_some_and(|line| line.chars().all(|c| c.is_ascii_digit()));
    let times = lines.next().and_then(|line| line.split_once("-->"));
    number
        && times.is_some_and(|(from, _)| {
            from.contains(':') && from.trim_start().starts_with(|c: char| c.is_ascii_digit())
        })
}

fn looks_like_json(begin: &str) -> bool {
    let mut rest = begin.chars().skip(1).skip_while(|c| c.is_whitespace());
    matches!(rest.next(), Some('"' | '{' | '[' | ']' | '}' | '0'..='9' | '-'))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn told(bytes: &[u8], ending: &str) -> Kind {
        kind(&mut Cursor::new(bytes), bytes.len() as u64, ending).unwrap()
    }

    #[test]
    fn marks_and_texts_are_told_apart() {
        for (bytes, ending, expected) in [
            (&b""[..], "", Kind::Empty),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", "png", Kind::Jpeg),
            (b"\0\0\0\x18ftypmp42\0\0\0\0", "avi", Kind::Mp4),
            (b"\0\0\0\x18ftypM4A \0\0\0\0", "", Kind::M4a),
            (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf", "heic", Kind::Avif),
            (b"\0\0\0\x1cftypmif1\0\0\0\0mif1heicmiaf", "", Kind::Heic),
            (b"RIFF\x10\0\0\0AVI LIST", "", Kind::Avi),
            (b"junk %PDF-1.7", "", Kind::Pdf),
            (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "mp4", Kind::Playlist),
            (b"1\r\n00:00:01,000 --> 00:00:02,000\r\nhello\r\n", "srt", Kind::Srt),
            (b"WEBVTT\n\n00:01.000 --> 00:02.000\nhello", "", Kind::Vtt),
            (b"From: a@example.org\r\nSubject: x\r\n\r\nbody", "txt", Kind::Mail),
            (
                b"From a@example.org Sat Jan  1 00:00:00 2022\nFrom: a@example.org\nDate: x\n\nbody",
                "",
                Kind::Mbox,
            ),
            (
                b"From a@example.org Mon Jun 01 04:28:28 2009\nComments: x\nContent-Type: text/html\n\n<html>",
                "mbox",
                Kind::Mbox,
            ),
            (b"From a friend\nTo: you\n", "txt", Kind::Text),
            (b"Content-Type: multipart/mixed; boundary=a\n\n--a\n", "eml", Kind::Mail),
            (b"{\"page\": \"<html><body></body></html>\"}", "json", Kind::Json),
            (b"<!DOCTYPE html><html><head>", "", Kind::Html),
            (b"<?xml version=\"1.0\"?><a/>", "", Kind::Xml),
            (b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "", Kind::Svg),
            (b"{\"segments\": [{\"start\": 0, \"text\": \"a\"}]}", "json", Kind::SpeechJson),
            (b"{\"a\": 1}", "txt", Kind::Json),
            (b"a;b\n1;2\n", "csv", Kind::Csv),
            (b"a note of the day", "", Kind::Text),
            (b"\xff\xf1\xed\xee \xef\xee\xeb\xe5 \xf8\xe5\xf1\xf2\xfc", "", Kind::Text),
            (b"\xff\xf1\x50\x80\x02\x1f\xfc\0\0\x01\x02\x03\x04\x05\x06\x07", "", Kind::Aac),
            (b"\xff\xfb\x90\x64\0\x0f\xf0\0\0\x69\0\0\0\x08\0\0\x0d", "", Kind::Mp3),
            (b"\x07\x01\x80\x90\0\x03\0\x11\xfe\x02\0\x99", "mp4", Kind::Unknown),
        ] {
            assert_eq!(told(bytes, ending), expected, "{:?}", String::from_utf8_lossy(bytes));
        }
    }
}
