//! Writes text as old machines did: cp1251, KOI8-R and UTF-16, for the letters that the sample notes use.

/// The lower-case letters of KOI8-R from 0xC0 on; the upper case stands 0x20 higher (RFC 1489).
const KOI8_R: &str = "юабцдефгхийклмнопярстужвьызшэщчъ";

/// Windows' Cyrillic code page.
pub fn cp1251(text: &str) -> Vec<u8> {
    text.chars()
        .map(|letter| match letter {
            'А'..='я' => 0xC0 + offset(letter, 'А'),
            'Ё' => 0xA8,
            'ё' => 0xB8,
            '«' => 0xAB,
            '»' => 0xBB,
            '№' => 0xB9,
            '—' => 0x97,
            _ => ascii(letter),
        })
        .collect()
}

/// The code page of old Unix machines (RFC 1489).
pub fn koi8_r(text: &str) -> Vec<u8> {
    let find = |wanted: char| KOI8_R.chars().zip(0xC0_u8..).find(|(it, _)| *it == wanted);
    let lower = |letter: char| letter.to_lowercase().next().unwrap_or(letter);
    text.chars()
        .map(|letter| match letter {
            'ё' => 0xA3,
            'Ё' => 0xB3,
            _ => match (find(letter), find(lower(letter))) {
                (Some((_, byte)), _) => byte,
                (None, Some((_, byte))) => byte + 0x20,
                (None, None) => ascii(letter),
            },
        })
        .collect()
}

/// Little-endian with a byte order mark, as Windows' Notepad wrote "Unicode".
pub fn utf16(text: &str) -> Vec<u8> {
    "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

fn offset(letter: char, first: char) -> u8 {
    u8::try_from(letter as u32 - first as u32).expect("the Cyrillic block А to я has 64 letters")
}

/// A question mark where a code page lacks the letter, as the old machines did.
fn ascii(letter: char) -> u8 {
    if letter.is_ascii() { letter as u8 } else { b'?' }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_words_have_their_known_bytes() {
        assert_eq!(cp1251("Приказ № 1"), b"\xcf\xf0\xe8\xea\xe0\xe7 \xb9 1");
        assert_eq!(koi8_r("Приказ"), b"\xf0\xd2\xc9\xcb\xc1\xda");
        assert_eq!(utf16("Я"), [0xff, 0xfe, 0x2f, 0x04]);
        assert_eq!(koi8_r("ї"), b"?");
    }
}
