//! How a name in Latin letters may be spoken, by each habit of writing Russian and Ukrainian names.

use unicode_normalization::UnicodeNormalization as _;

/// Whose habit a spelling follows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Habit {
    /// Passports, BGN/PCGN, newspapers in English, and Ukraine's own table.
    English,
    /// ISO 9, scholars, Polish, Croatian and Czech: `c` is ц, `č` and `cz` are ч, `ch` is х.
    Slavic,
    /// `sch` is ш, `tsch` ч, `ch` х, `z` ц, `w` в.
    German,
    /// `ch` is ш, `tch` ч, `j` ж.
    French,
}

/// Spellings of sounds, the longest first; the first that fits is taken. `None` fits every habit.
const SPELLINGS: &[(&str, Option<Habit>, &str)] = &[
    ("schtsch", None, "X"),
    ("chtch", None, "X"),
    ("shtsh", None, "X"),
    ("shch", None, "X"),
    ("tsch", None, "C"),
    ("szcz", None, "X"),
    ("dsch", None, "DX"),
    ("stch", None, "X"),
    ("šč", None, "X"),
    ("tch", None, "C"),
    ("tsh", None, "C"),
    ("sch", None, "X"),
    ("zsh", None, "X"),
    ("sz", Some(Habit::Slavic), "X"),
    ("cz", None, "C"),
    ("rz", Some(Habit::Slavic), "R"),
    ("cki", None, "TSKI"),
    ("cky", None, "TSKI"),
    ("ck", Some(Habit::Slavic), "TSK"),
    ("ck", None, "K"),
    ("sh", None, "X"),
    ("zh", None, "X"),
    ("kh", None, "G"),
    ("gh", None, "G"),
    ("ch", Some(Habit::English), "C"),
    ("ch", Some(Habit::French), "X"),
    ("ch", None, "G"),
    ("ts", None, "TS"),
    ("tz", None, "TS"),
    ("ph", None, "F"),
    ("th", None, "T"),
    ("ou", None, "U"),
    ("oo", None, "U"),
    ("ee", None, "I"),
    ("gue", Some(Habit::French), "GI"),
    ("gui", Some(Habit::French), "GI"),
    ("j", Some(Habit::French), "X"),
    ("yo", None, "I"),
    ("jo", None, "I"),
    ("io", None, "I"),
    ("z", Some(Habit::German), "TS"),
    ("c", Some(Habit::Slavic), "TS"),
    ("š", None, "X"),
    ("ş", None, "X"),
    ("ś", None, "S"),
    ("ŝ", None, "X"),
    ("ž", None, "X"),
    ("ż", None, "X"),
    ("č", None, "C"),
    ("ć", None, "C"),
    ("ç", None, "S"),
    ("x", None, "KS"),
    ("q", None, "K"),
    ("c", None, "K"),
    ("w", None, "V"),
    ("ł", None, "L"),
];

/// The spellings of sounds of `word` (small letters), by every habit that may have written it.
pub(super) fn readings(word: &str) -> Vec<String> {
    [Habit::English, Habit::Slavic, Habit::German, Habit::French].map(|habit| sounds(word, habit)).into()
}

fn sounds(word: &str, habit: Habit) -> String {
    let composed: String = word.nfc().collect();
    // Romanoff, Smirnoff; Poutine
    let ending = match composed.strip_suffix("ff") {
        Some(start) => format!("{start}v"),
        None if composed.ends_with("ine") => composed[..composed.len() - 1].to_owned(),
        None => composed,
    };
    let mut out = String::with_capacity(ending.len());
    let mut rest = ending.as_str();
    while let Some(letter) = rest.chars().next() {
        let fits = |(spelled, whose, _): &&(&str, Option<Habit>, &str)| {
            rest.starts_with(spelled) && whose.is_none_or(|whose| whose == habit)
        };
        if let Some((spelled, _, sound)) = SPELLINGS.iter().find(fits) {
            out.push_str(sound);
            rest = &rest[spelled.len()..];
        } else {
            out.push_str(one(letter));
            rest = &rest[letter.len_utf8()..];
        }
    }
    out
}

fn one(letter: char) -> &'static str {
    // ê, é, ì: ISO 9 marks its letters
    let plain = letter.nfd().next().unwrap_or(letter);
    match plain {
        'a' => "A",
        'o' => "O",
        'u' => "U",
        'e' | 'i' | 'y' | 'j' | 'ı' => "I",
        'b' => "B",
        'v' => "V",
        'g' | 'h' => "G",
        'd' => "D",
        's' | 'z' => "S",
        'k' => "K",
        'l' => "L",
        'm' => "M",
        'n' => "N",
        'p' => "P",
        'r' => "R",
        't' => "T",
        'f' => "F",
        _ => "",
    }
}
