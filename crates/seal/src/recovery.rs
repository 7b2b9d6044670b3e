//! The code on the printed recovery sheet: 160 random bits that a person can type back, and a checksum that finds the slip.

use std::{fmt, str::FromStr};

use zeroize::Zeroizing;

use crate::Entropy;

/// Characters of Crockford's Base32, by value.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const DATA_GROUPS: usize = 8;
/// Groups of four characters on the sheet: eight of secret, two of checksum.
const GROUPS: usize = DATA_GROUPS + 2;
const GROUP_CHARS: usize = 4;

/// 160 secret bits. Written as ten groups of four characters, the last two a checksum: a Reed–Solomon code over GF(2^20) whose
/// symbols are the groups, so that one wrong group is found wherever it is. Wiped when dropped; `Debug` prints nothing,
/// `Display` prints the code.
#[derive(Clone)]
pub struct RecoveryCode(Box<Zeroizing<[u8; 20]>>);

/// What is wrong with a typed code. Groups are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecoveryCodeError {
    /// A character that the code does not use.
    #[error("group {group} holds a character that is not in the code")]
    Character {
        /// Group it stands in.
        group: usize,
    },
    /// Too few or too many characters.
    #[error("{found} characters instead of 40")]
    Length {
        /// Characters found, without spaces and hyphens.
        found: usize,
    },
    /// This group, and only this one, was mistyped (or several were, in a way that looks like it: one in a hundred thousand).
    #[error("group {group} is mistyped")]
    Group {
        /// The group.
        group: usize,
    },
    /// Several groups were mistyped or exchanged.
    #[error("several groups are mistyped, or two are exchanged")]
    Several,
}

impl RecoveryCode {
    /// A fresh code.
    pub fn generate(entropy: &mut Entropy) -> Self {
        Self(Box::new(entropy.secret()))
    }

    /// The code of 160 bits.
    pub fn from_bytes(bytes: &[u8; 20]) -> Self {
        Self(Box::new(Zeroizing::new(*bytes)))
    }

    /// The secret bits.
    pub fn bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// The ten groups as they are printed.
    pub fn groups(&self) -> [Zeroizing<String>; GROUPS] {
        self.symbols().map(|symbol| {
            let digit = |i| char::from(ALPHABET[(symbol >> (5 * (GROUP_CHARS - 1 - i))) as usize & 31]);
            Zeroizing::new((0..GROUP_CHARS).map(digit).collect())
        })
    }

    fn symbols(&self) -> Zeroizing<[u32; GROUPS]> {
        let mut symbols = Zeroizing::new([0; GROUPS]);
        for (pair, five) in symbols.chunks_mut(2).zip(self.0.chunks(5)) {
            let bits = five.iter().fold(0_u64, |bits, &byte| bits << 8 | u64::from(byte));
            pair[0] = (bits >> 20) as u32;
            pair[1] = bits as u32 & MASK;
        }
        // The two checks c8, c9 make both sums of `syndromes` zero: c8 + c9 = s0 and x^8 c8 + x^9 c9 = s1.
        let (s0, s1) = syndromes(&symbols);
        let inverse = inverse(power(8) ^ power(9));
        symbols[8] = multiply(s1 ^ multiply(power(9), s0), inverse);
        symbols[9] = s0 ^ symbols[8];
        symbols
    }
}

impl fmt::Display for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, group) in self.groups().iter().enumerate() {
            write!(f, "{}{}", if i == 0 { "" } else { "-" }, **group)?;
        }
        Ok(())
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode")
    }
}

impl FromStr for RecoveryCode {
    type Err = RecoveryCodeError;

    /// Reads what a person typed: either case, any spaces and hyphens, O for 0, I or L for 1, and Cyrillic letters that look alike
    /// (the sheet may be typed in with the keyboard in Russian or Ukrainian).
    fn from_str(untrusted: &str) -> Result<Self, RecoveryCodeError> {
        let mut symbols = Zeroizing::new([0; GROUPS]);
        let mut found = 0;
        for typed in
            untrusted.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '–' | '—' | '‐' | '‑'))
        {
            let group = found / GROUP_CHARS;
            let value = value(typed).ok_or(RecoveryCodeError::Character { group: group + 1 })?;
            if let Some(symbol) = symbols.get_mut(group) {
                *symbol = *symbol << 5 | value;
            }
            found += 1;
        }
        if found != GROUPS * GROUP_CHARS {
            return Err(RecoveryCodeError::Length { found });
        }
        check(&symbols)?;
        let mut bytes = Zeroizing::new([0; 20]);
        for (five, pair) in bytes.chunks_mut(5).zip(symbols.chunks(2)) {
            let bits = Zeroizing::new((u64::from(pair[0]) << 20 | u64::from(pair[1])).to_be_bytes());
            five.copy_from_slice(&bits[3..]);
        }
        Ok(Self(Box::new(bytes)))
    }
}

fn value(typed: char) -> Option<u32> {
    let latin = match typed.to_uppercase().next()? {
        'O' | 'О' => '0',
        'I' | 'L' | 'І' => '1',
        'А' => 'A',
        'В' => 'B',
        'С' => 'C',
        'Е' => 'E',
        'Н' => 'H',
        'К' => 'K',
        'М' => 'M',
        'Р' => 'P',
        'Т' => 'T',
        'Х' => 'X',
        other => other,
    };
    ALPHABET.iter().position(|&c| char::from(c) == latin).map(|at| at as u32)
}

/// One wrong group at place i, off by e, gives the sums e and x^i·e, whose quotient names the place.
fn check(symbols: &[u32; GROUPS]) -> Result<(), RecoveryCodeError> {
    match syndromes(symbols) {
        (0, 0) => Ok(()),
        (0, _) | (_, 0) => Err(RecoveryCodeError::Several),
        (s0, s1) => {
            let place = (0..GROUPS).find(|&i| multiply(power(i), s0) == s1);
            Err(place.map_or(RecoveryCodeError::Several, |i| RecoveryCodeError::Group { group: i + 1 }))
        }
    }
}

fn syndromes(symbols: &[u32; GROUPS]) -> (u32, u32) {
    let sums = symbols.iter().enumerate().map(|(i, &symbol)| (symbol, multiply(power(i), symbol)));
    sums.fold((0, 0), |(a, b), (c, d)| (a ^ c, b ^ d))
}

// GF(2^20) = GF(2)[x] / (x^20 + x^3 + 1), a primitive polynomial, so the powers of x differ.
const MASK: u32 = (1 << 20) - 1;

fn multiply(a: u32, b: u32) -> u32 {
    let bit = |number: u64, i: u32| number >> i & 1 == 1;
    let product = (0..20).filter(|&i| bit(b.into(), i)).fold(0, |sum, i| sum ^ u64::from(a) << i);
    let reduced = |product, i| if bit(product, i) { product ^ (0x10_0009 << (i - 20)) } else { product };
    (20..39).rev().fold(product, reduced) as u32
}

fn power(i: usize) -> u32 {
    1 << i
}

/// a^(2^20 − 2).
fn inverse(a: u32) -> u32 {
    (0..19)
        .fold((1, a), |(out, square), _| {
            let square = multiply(square, square);
            (multiply(out, square), square)
        })
        .0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_written_form_does_not_change_between_versions() {
        let code = RecoveryCode::from_bytes(b"ten groups of four!!");
        assert_eq!(code.to_string(), "EHJP-W837-E9QQ-AW3K-41QP-C836-DXTQ-4891-C74F-VQ6W");
        assert_eq!(format!("{code:?}"), "RecoveryCode");
    }

    #[test]
    fn it_is_read_as_people_type() {
        let code = RecoveryCode::from_bytes(&[0; 20]).to_string();
        assert_eq!(code, ["0000"; 10].join("-"));
        let typed = " oOОо 0000\t0000—0000-00000000 0000-0000\n0000 0000 ";
        assert_eq!(typed.parse::<RecoveryCode>().unwrap().bytes(), &[0; 20]);
    }

    #[test]
    fn lookalikes_of_the_other_keyboard_are_read() {
        for (cyrillic, latin) in "авсенкмртхіо".chars().zip("ABCEHKMPTX10".chars()) {
            assert_eq!(value(cyrillic), value(latin), "{cyrillic}");
        }
        assert_eq!([value('l'), value('i'), value('o')], [value('1'), value('1'), value('0')]);
    }

    #[test]
    fn wrong_lengths_and_characters_are_named() {
        let code = ["0000"; 10].join("-");
        let fails = |text: &str| text.parse::<RecoveryCode>().unwrap_err();
        assert_eq!(fails(&code[1..]), RecoveryCodeError::Length { found: 39 });
        assert_eq!(fails(&format!("{code}0")), RecoveryCodeError::Length { found: 41 });
        assert_eq!(
            fails(&code.replacen("0000-0000", "0000-00U0", 1)),
            RecoveryCodeError::Character { group: 2 }
        );
    }

    #[test]
    fn the_field_is_a_field() {
        for a in [1, 2, 3, 0x12345, MASK] {
            assert_eq!(multiply(a, inverse(a)), 1);
        }
        assert_eq!(multiply(1 << 19, 2), 0b1001);
    }

    proptest! {
        #[test]
        fn codes_survive_being_typed(bytes: [u8; 20]) {
            let code = RecoveryCode::from_bytes(&bytes);
            let text = code.to_string().to_lowercase().replace('-', " ");
            let typed: RecoveryCode = text.parse().unwrap();
            prop_assert_eq!(typed.bytes(), &bytes);
        }

        #[test]
        fn one_mistyped_group_is_named(bytes: [u8; 20], group in 0..GROUPS, wrong in "[0-9A-HJKMNP-TV-Z]{4}") {
            let code = RecoveryCode::from_bytes(&bytes);
            let mut groups = code.groups().map(|group| group.to_string());
            prop_assume!(groups[group] != wrong);
            groups[group] = wrong;
            let parsed = groups.join("-").parse::<RecoveryCode>();
            prop_assert_eq!(parsed.map(|_| ()), Err(RecoveryCodeError::Group { group: group + 1 }));
        }

        #[test]
        fn two_exchanged_groups_are_noticed(bytes: [u8; 20], a in 0..GROUPS, b in 0..GROUPS) {
            let mut groups = RecoveryCode::from_bytes(&bytes).groups().map(|group| group.to_string());
            prop_assume!(groups[a] != groups[b]);
            groups.swap(a, b);
            prop_assert_eq!(groups.join("").parse::<RecoveryCode>().map(|_| ()), Err(RecoveryCodeError::Several));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC*") {
            let _ = text.parse::<RecoveryCode>();
        }
    }
}
