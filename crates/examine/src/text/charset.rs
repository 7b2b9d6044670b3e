//! Bytes to letters: tells the encoding of a text that does not say it, as a guess that is marked as one.

use encoding_rs::{
    Encoding, IBM866, ISO_8859_5, KOI8_R, KOI8_U, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1251, WINDOWS_1252,
    X_MAC_CYRILLIC,
};

/// A text as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decoded {
    /// The letters; what cannot be read stands as U+FFFD.
    pub text: String,
    /// The encoding.
    pub charset: &'static str,
    /// Whether that was guessed.
    pub guessed: bool,
}

/// Encodings of one byte for each letter, in the order in which a tie is decided.
const OLD: [&Encoding; 7] = [WINDOWS_1251, KOI8_R, KOI8_U, IBM866, WINDOWS_1252, ISO_8859_5, X_MAC_CYRILLIC];

/// Reads what is a text; none where it is none. `whole` says that the end is the end of the file, so that no letter is
/// merely cut in two there.
pub(crate) fn decode_if_text(untrusted: &[u8], whole: bool) -> Option<Decoded> {
    if let Some((encoding, _)) = Encoding::for_bom(untrusted) {
        // Two bytes of a mark begin many a binary file too.
        let decoded = with(encoding, untrusted, false);
        let odd = decoded.text.chars().filter(|c| is_control(*c) || *c == '\u{fffd}').count();
        return (odd * 10 <= decoded.text.chars().count()).then_some(decoded);
    }
    if let Some(encoding) = wide(untrusted) {
        return Some(with(encoding, untrusted, true));
    }
    let controls = untrusted.iter().filter(|byte| is_control(char::from(**byte)) && **byte < 0x80).count();
    let clean = match std::str::from_utf8(untrusted) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && !whole && untrusted.len() - error.valid_up_to() < 4,
    };
    // A stray byte of control does not make a text a program, in a short one even less.
    let most = if clean { untrusted.len() / 20 + 2 } else { untrusted.len() / 50 + 2 };
    if controls > most || untrusted.is_empty() || controls * 4 > untrusted.len() {
        return None;
    }
    if clean {
        return Some(with(UTF_8, untrusted, false));
    }
    let (encoding, score) = best(untrusted);
    // What is mostly UTF-8 and broken in places is a broken UTF-8.
    let text = String::from_utf8_lossy(untrusted);
    let broken = text.chars().filter(|c| *c == '\u{fffd}').count();
    let multibyte = text.chars().filter(|c| !c.is_ascii() && *c != '\u{fffd}').count();
    if multibyte > broken * 4 {
        return Some(with(UTF_8, untrusted, true));
    }
    let high = untrusted.iter().filter(|byte| **byte >= 0x80).count();
    (score > 0.0 || high * 10 <= untrusted.len()).then(|| with(encoding, untrusted, true))
}

/// Reads what somebody says is a text, as well as it can be read.
pub(crate) fn decode(untrusted: &[u8]) -> Decoded {
    decode_if_text(untrusted, true).unwrap_or_else(|| {
        let ascii_or_wide = untrusted.iter().all(|byte| *byte < 0x80);
        with(if ascii_or_wide { UTF_8 } else { best(untrusted).0 }, untrusted, true)
    })
}

/// Reads a text whose encoding is named; none where nobody knows the name.
pub(crate) fn decode_as(label: &str, untrusted: &[u8]) -> Option<Decoded> {
    Encoding::for_label(label.trim().as_bytes()).map(|encoding| with(encoding, untrusted, false))
}

fn with(encoding: &'static Encoding, untrusted: &[u8], guessed: bool) -> Decoded {
    let (text, used, _) = encoding.decode(untrusted);
    Decoded { text: text.into_owned(), charset: name(used), guessed }
}

/// Names as people write them, in lower case.
fn name(encoding: &'static Encoding) -> &'static str {
    const NAMES: [(&Encoding, &str); 9] = [
        (UTF_8, "utf-8"),
        (UTF_16LE, "utf-16le"),
        (UTF_16BE, "utf-16be"),
        (WINDOWS_1251, "windows-1251"),
        (WINDOWS_1252, "windows-1252"),
        (KOI8_R, "koi8-r"),
        (KOI8_U, "koi8-u"),
        (IBM866, "cp866"),
        (ISO_8859_5, "iso-8859-5"),
    ];
    NAMES.iter().find(|(one, _)| *one == encoding).map_or(encoding.name(), |(_, name)| name)
}

/// UTF-16 without its mark: nearly all pairs are letters of the alphabets that are read here.
fn wide(untrusted: &[u8]) -> Option<&'static Encoding> {
    let head = untrusted.get(..untrusted.len().min(4096) & !1)?;
    if head.len() < 8 {
        return None;
    }
    let fits = |unit: fn([u8; 2]) -> u16| {
        let usual = |unit: &u16| matches!(unit, 0x09 | 0x0a | 0x0d | 0x20..=0x7e | 0xa0..=0xff | 0x400..=0x4ff | 0x2010..=0x2030 | 0x2116);
        let units = head.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        units.filter(|unit| usual(unit)).count() * 20 >= head.len() / 2 * 19
    };
    if fits(u16::from_le_bytes) {
        Some(UTF_16LE)
    } else if fits(u16::from_be_bytes) {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// Control characters that no text needs; a form feed, an escape and the end mark of DOS are met in texts.
fn is_control(c: char) -> bool {
    matches!(c, '\0'..='\x08' | '\x0b' | '\x0e'..='\x19' | '\x1c'..='\x1f' | '\x7f')
}

/// Which encoding makes the most usual letters of it, and how usual they are for each byte beyond ASCII.
fn best(untrusted: &[u8]) -> (&'static Encoding, f32) {
    let sample = untrusted.get(..untrusted.len().min(64 << 10)).unwrap_or_default();
    let high = sample.iter().filter(|byte| **byte >= 0x80).count().max(1);
    let mut found = (WINDOWS_1251, f32::MIN);
    for encoding in OLD {
        let (text, _) = encoding.decode_without_bom_handling(sample);
        let score = likeness(&text) / high as f32;
        if score > found.1 + 0.001 {
            found = (encoding, score);
        }
    }
    found
}

/// How like Russian, Ukrainian or a western language it is; the sum over what is not ASCII.
fn likeness(text: &str) -> f32 {
    let mut score = 0.0;
    let (mut before, mut before_that) = (' ', ' ');
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        let next = letters.peek().copied().unwrap_or(' ');
        if !c.is_ascii() {
            score += one(c, before, before_that, next);
        }
        (before_that, before) = (before, c);
    }
    score
}

fn one(c: char, before: char, before_that: char, next: char) -> f32 {
    let low = c.to_lowercase().next().unwrap_or(c);
    if let Some(usual) = usual(low) {
        let mut score = usual;
        if c.is_uppercase() {
            score -= 0.3;
            // A capital within a word, between small letters.
            if before.is_lowercase() && is_cyrillic(before) {
                score -= 4.0;
            }
        } else if before.is_uppercase() && before_that.is_uppercase() && is_cyrillic(before) {
            score -= 2.0;
        }
        if before.is_ascii_alphabetic() || next.is_ascii_alphabetic() {
            score -= 2.0;
        }
        return score;
    }
    match c {
        '«' | '»' | '—' | '–' | '№' | '„' | '“' | '”' | '…' | '’' | '\u{a0}' | '°' | '•' => {
            0.3
        }
        // Tables drawn with lines, as programs of DOS did.
        '─'..='╬' if matches!(before, ' ' | '\n' | '─'..='╬') || before == c => 0.1,
        '\u{80}'..='\u{9f}' | '\u{fffd}' => -10.0,
        _ if c.is_alphabetic() && !is_cyrillic(c) => {
            let within = |other: char| other.is_ascii_alphabetic();
            // One foreign letter among Latin ones, as in western words.
            if c.is_lowercase()
                && (within(before) || within(next))
                && "àáâäãåçèéêëìíîïñòóôöõøùúûüýÿßæœ".contains(c)
            {
                1.0
            } else {
                -2.0
            }
        }
        _ => -3.0,
    }
}

fn is_cyrillic(c: char) -> bool {
    ('\u{400}'..='\u{4ff}').contains(&c)
}

/// How usual a small letter is in Russian and Ukrainian: the logarithm of its share, one in a hundred being 0.
fn usual(low: char) -> Option<f32> {
    const SHARES: [(&str, f32); 9] = [
        ("о", 2.3),
        ("еаинт", 2.0),
        ("срвлі", 1.5),
        ("кмдпу", 1.1),
        ("яыьгзб", 0.5),
        ("чйх", 0.1),
        ("жшюцїє", -0.4),
        ("щэфё", -1.1),
        ("ъґ", -2.5),
    ];
    SHARES.iter().find(|(letters, _)| letters.contains(low)).map(|(_, share)| *share)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUSSIAN: &str = "Осмотр камеры № 12 проведён 3 марта. Жалоб на условия содержания не поступало, подпись начальника смены.";
    const UKRAINIAN: &str = "Огляд камери проведено третього березня. Її стіни вогкі, ґрати іржаві; скарг не було, є підпис чергового.";

    fn read(encoding: &'static Encoding, text: &str) -> Decoded {
        let bytes = match encoding.name() {
            "UTF-16LE" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            "UTF-16BE" => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            _ => encoding.encode(text).0.into_owned(),
        };
        decode_if_text(&bytes, true).expect("a text")
    }

    #[test]
    fn each_encoding_is_told_in_both_languages() {
        for (encoding, russian, ukrainian) in [
            (WINDOWS_1251, "windows-1251", "windows-1251"),
            (KOI8_R, "koi8-r", ""),
            (KOI8_U, "koi8-r", "koi8-u"),
            (IBM866, "cp866", ""),
            (UTF_8, "utf-8", "utf-8"),
            (UTF_16LE, "utf-16le", "utf-16le"),
            (UTF_16BE, "utf-16be", "utf-16be"),
        ] {
            let plain = RUSSIAN.replace('№', "N");
            let decoded = read(encoding, &plain);
            assert_eq!((decoded.text.as_str(), decoded.charset), (plain.as_str(), russian));
            assert_eq!(decoded.guessed, encoding != UTF_8);
            if !ukrainian.is_empty() {
                let decoded = read(encoding, UKRAINIAN);
                assert_eq!((decoded.text.as_str(), decoded.charset), (UKRAINIAN, ukrainian));
            }
        }
        // CP866 has no Ukrainian і: people write the Latin one, so its words mix alphabets.
        let mixed = UKRAINIAN.replace(['і', 'І'], "i").replace('ґ', "г");
        let decoded = read(IBM866, &mixed);
        assert_eq!((decoded.text.as_str(), decoded.charset), (mixed.as_str(), "cp866"));
    }

    #[test]
    fn short_and_loud_texts_are_told_too() {
        for text in ["Да", "камера 3", "АКТ ОСМОТРА КАМЕРЫ", "Этаж 2, пост 1", "ОПИСЬ", "привет"]
        {
            for encoding in [WINDOWS_1251, KOI8_R, IBM866] {
                let decoded = read(encoding, text);
                assert_eq!(decoded.text, text, "{}", encoding.name());
            }
        }
    }

    #[test]
    fn a_western_text_is_none_of_ours() {
        let decoded = read(WINDOWS_1252, "Le détenu a été interrogé à l’hôtel près de la frontière.");
        assert_eq!(decoded.charset, "windows-1252");
    }

    #[test]
    fn what_is_no_text_is_not_read_as_one() {
        assert_eq!(decode_if_text(b"", true), None);
        let noise: Vec<u8> = (0..4000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        assert_eq!(decode_if_text(&noise, true), None);
        assert_eq!(decode_if_text(&[0; 64], true), None);
    }

    #[test]
    fn a_letter_cut_in_two_at_the_end_of_a_piece_is_no_damage() {
        let bytes = "камера".as_bytes();
        let cut = &bytes[..bytes.len() - 1];
        assert_eq!(decode_if_text(cut, false).map(|decoded| decoded.charset), Some("utf-8"));
    }
}
