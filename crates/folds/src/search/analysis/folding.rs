//! One spelling of a word, whichever keyboard, scanner or habit wrote it.

use unicode_normalization::UnicodeNormalization as _;

/// Is this an apostrophe, as it is typed between the letters of one word?
pub(super) fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | 'ʼ' | '‘' | '`' | '´' | 'ʹ' | '′' | '＇')
}

/// Does it stand inside words without being seen: soft hyphens, joiners, stress marks?
pub(super) fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{300}'..='\u{36f}')
}

/// Folds `word` into `out`: NFKC, lower case, ё as е, ґ as г, Latin letters without their marks, no apostrophes, no soft
/// hyphens, no stress; and where Latin and Cyrillic are mixed in one word, one alphabet.
pub(crate) fn fold(word: &str, out: &mut String) {
    out.clear();
    if word.chars().all(is_plain) {
        out.extend(word.chars().map(lower_plain));
    } else {
        for c in word.nfkc() {
            fold_char(c, out);
        }
    }
    one_alphabet(out);
}

/// The folded word by itself.
pub(crate) fn folded(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    fold(word, &mut out);
    out
}

/// Letters and digits that need no table: ASCII, and the Cyrillic of Russian and Ukrainian.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(c, 'А'..='я' | 'ё' | 'Ё' | 'і' | 'І' | 'ї' | 'Ї' | 'є' | 'Є' | 'ґ' | 'Ґ')
}

/// The letter that the folded word begins with, where that is known without folding it: it is in one alphabet then, with nothing
/// that takes a table.
pub(crate) fn plain_begin(word: &str) -> Option<char> {
    let first = word.chars().next().filter(|c| is_plain(*c))?;
    // Letters of both alphabets may be turned into one.
    let is_one =
        if first.is_ascii() { word.is_ascii() } else { word.chars().all(|c| !c.is_ascii() && is_plain(c)) };
    is_one.then(|| lower_plain(first))
}

fn lower_plain(c: char) -> char {
    match c {
        'А'..='Я' => char::from_u32(c as u32 + 32).expect("small letters follow the capital ones"),
        'ё' | 'Ё' => 'е',
        'ґ' | 'Ґ' => 'г',
        'І' => 'і',
        'Ї' => 'ї',
        'Є' => 'є',
        other => other.to_ascii_lowercase(),
    }
}

fn fold_char(c: char, out: &mut String) {
    if is_apostrophe(c) || is_unseen(c) {
        return;
    }
    if is_plain(c) {
        out.push(lower_plain(c));
        return;
    }
    for lower in c.to_lowercase() {
        // Of é the e; of a letter that only looks composed, itself.
        match (lower, lower.nfd().next()) {
            (_, Some(base)) if base.is_ascii_alphabetic() => out.push(base),
            ('ł', _) => out.push('l'),
            ('ø', _) => out.push('o'),
            ('đ', _) => out.push('d'),
            ('ß', _) => out.push_str("ss"),
            _ if is_unseen(lower) => {}
            _ => out.push(lower),
        }
    }
}

/// Letters of both alphabets that look alike in small print or as capitals, as scans confuse them.
const ALIKE: &[(char, char)] = &[
    ('a', 'а'),
    ('b', 'в'),
    ('c', 'с'),
    ('e', 'е'),
    ('h', 'н'),
    ('i', 'і'),
    ('k', 'к'),
    ('m', 'м'),
    ('o', 'о'),
    ('p', 'р'),
    ('t', 'т'),
    ('x', 'х'),
    ('y', 'у'),
];

fn one_alphabet(word: &mut String) {
    if !(word.contains(is_cyrillic) && word.contains(|c: char| c.is_ascii_alphabetic())) {
        return;
    }
    let to_cyrillic = |c: char| ALIKE.iter().find(|(l, _)| *l == c).map(|(_, c)| *c);
    let to_latin = |c: char| ALIKE.iter().find(|(_, k)| *k == c).map(|(l, _)| *l);
    let turn = |word: &str, keep: fn(char) -> bool, turn: &dyn Fn(char) -> Option<char>| {
        word.chars()
            .map(|c| if keep(c) || !c.is_alphabetic() { Some(c) } else { turn(c) })
            .collect::<Option<String>>()
    };
    // Scans put Latin letters among Cyrillic ones far more often than the other way round.
    let turned =
        turn(word, is_cyrillic, &to_cyrillic).or_else(|| turn(word, |c| c.is_ascii_alphabetic(), &to_latin));
    if let Some(turned) = turned {
        *word = turned;
    }
}

/// Is this a letter of the Cyrillic block?
pub(super) fn is_cyrillic(c: char) -> bool {
    ('\u{400}'..='\u{52f}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::folded;

    #[test]
    fn spellings_of_one_word_become_one() {
        for (spellings, one) in [
            (&["п'ять", "п’ять", "пʼять", "П`ЯТЬ", "пять"][..], "пять"),
            (&["заключённых", "заключенных", "ЗАКЛЮЧЁННЫХ", "заключе\u{308}нных"], "заключенных"),
            (&["ґрати", "Грати"], "грати"),
            (&["прото\u{ad}кол", "протоко\u{301}л", "Протокол"], "протокол"),
            (&["Київ", "Киі\u{308}в", "КИЇВ"], "київ"),
            (&["йод", "и\u{306}од"], "йод"),
            (&["Café", "cafe"], "cafe"),
            (&["ﬁle", "file"], "file"),
            (&["Łódź", "lodz"], "lodz"),
        ] {
            for spelling in spellings {
                assert_eq!(folded(spelling), one, "{spelling}");
            }
        }
    }

    #[test]
    fn a_word_in_two_alphabets_becomes_one() {
        // Latin letters stand among the Cyrillic, as a scanner puts them.
        for (mixed, one) in [
            ("прoтoкoл", "протокол"),
            ("CAPATOB\u{41e}", "саратово"),
            ("Сaрaтoв", "саратов"),
            ("prоtосоl", "protocol"),
        ] {
            assert_eq!(folded(mixed), one, "{mixed}");
        }
        assert_eq!(folded("ИК900"), "ик900");
        // What no table can turn stays as it is.
        assert_eq!(folded("яq"), "яq");
    }
}
