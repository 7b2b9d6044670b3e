//! A stemmer for Ukrainian: endings of nouns, adjectives and verbs come off, and what changes inside a word is levelled.
//!
//! No stemmer for Ukrainian was at hand, so this one is our own. It takes the longest known ending off, then undoes what the
//! language does to the end of a stem: нога, нозі; рука, руці; ринок, ринку; палець, пальця; ніч, ночі; життя, життів. A stem is
//! a key for comparing and need not be a word. `docs/performance.md` says how many forms it brings together, and how many
//! words that have nothing to do with each other.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Endings, by kind; only membership counts.
const ENDINGS: &str = "
    а я у ю е є і ї и о ь й ом ем єм ам ям ами ями ах ях ів їв ей ою ею єю ьою ьми
    ого ому ього ьому ий ій їй им ім їм их іх їх ими іми їми ої ьої єї
    ть ати яти ити іти їти ути оти увати ювати овувати
    ав яв ив ув ала яла ила іла їла ула ало яло ило іло їло уло али яли или іли їли ули
    ував ював увала ювала увало ювало ували ювали
    аю яю ую юю аєш яєш уєш юєш єш ає яє ує ює аємо яємо уємо юємо аєте яєте уєте юєте ають яють ують юють
    аєть яєть уєть юєть єть еш иш їш ить їть еть емо имо їмо ете ите їте уть ють ать ять їсь
    ай яй уй юй айте яйте уйте юйте ійте аймо яймо уймо юймо іймо
    авши явши ивши івши ївши увши ювавши увавши аючи яючи уючи юючи учи ючи ачи ячи
    ано ено єно овано ість істю ості остей остям остями остях ости остю";

static KNOWN: LazyLock<HashSet<&str>> = LazyLock::new(|| ENDINGS.split_ascii_whitespace().collect());

/// Letters of the longest ending.
const LONGEST: usize = 7;

/// Endings of the future in one word: писатиму is writing's infinitive and one of these.
const FUTURE: &[&str] = &["тимемо", "тимете", "тимуть", "тимеш", "тимем", "тиме", "тиму"];

/// Plurals that end as infinitives do; nearly all others that end so are infinitives.
const NOUNS_LIKE_INFINITIVES: &[&str] = &[
    "депутати",
    "адвокати",
    "результати",
    "солдати",
    "кандидати",
    "мандати",
    "сертифікати",
    "апарати",
    "формати",
    "клімати",
    "автомати",
    "пірати",
    "дублікати",
    "агрегати",
    "плакати",
    "препарати",
    "магістрати",
    "конгломерати",
];

/// The stem of a folded word (small letters, no apostrophes, ґ as г).
pub(super) fn stem(word: &str) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    drop_reflexive(&mut letters);
    drop_ending(&mut letters);
    level(&mut letters);
    letters.into_iter().collect()
}

fn is_vowel(c: char) -> bool {
    "аеєиіїоуюя".contains(c)
}

fn ends(letters: &[char], ending: &str) -> bool {
    let mut from_end = letters.iter().rev();
    ending.chars().rev().all(|c| from_end.next() == Some(&c))
}

/// боявся, бояться, боялась
fn drop_reflexive(letters: &mut Vec<char>) {
    let reflexive = ends(letters, "ся") || ends(letters, "сь");
    if letters.len() > 5 && reflexive && "ьтвлиаоеєіїшуюй".contains(letters[letters.len() - 3])
    {
        letters.truncate(letters.len() - 2);
    }
}

fn drop_ending(letters: &mut Vec<char>) {
    if let Some(future) = FUTURE.iter().find(|future| ends(letters, future)) {
        let left = letters.len() - future.chars().count();
        if left >= 2 {
            letters.truncate(left + 2);
        }
    }
    if ends(letters, "ати") && NOUNS_LIKE_INFINITIVES.iter().any(|noun| ends(letters, noun)) {
        letters.pop();
        return;
    }
    for long in (1..=LONGEST.min(letters.len().saturating_sub(2))).rev() {
        let (left, ending) = letters.split_at(letters.len() - long);
        let ending: String = ending.iter().collect();
        if KNOWN.contains(ending.as_str()) && left.iter().any(|c| is_vowel(*c)) {
            letters.truncate(letters.len() - long);
            return;
        }
    }
}

/// Undoes what happens at the end of a stem when endings change.
fn level(letters: &mut Vec<char>) {
    if letters.last() == Some(&'ь') {
        letters.pop();
    }
    // економія, економії: the і belongs to the stem, its ending swallows it.
    if letters.len() > 3 && matches!(letters.last(), Some('і' | 'ї')) {
        letters.pop();
    }
    // знання, знань
    if let [.., a, b] = letters[..]
        && letters.len() > 3
        && a == b
        && !is_vowel(a)
    {
        letters.pop();
    }
    drop_fleeting(letters);
    match letters.last_mut() {
        Some(last @ 'ц') => *last = 'к',
        Some(last @ 'з') => *last = 'г',
        _ => {}
    }
    // стіл, стола
    if let Some(at) = letters.iter().rposition(|c| is_vowel(*c))
        && letters[at] == 'і'
        && at + 1 < letters.len()
    {
        letters[at] = 'о';
    }
}

/// пальця, палець; ринку, ринок
fn drop_fleeting(letters: &mut Vec<char>) {
    let soft = |letters: &mut Vec<char>| {
        if letters.len() > 3 && matches!(letters[..], [.., 'ь', 'ц']) {
            letters.remove(letters.len() - 2);
        }
    };
    soft(letters);
    if let [first @ .., before, 'о' | 'е' | 'є', 'к' | 'ц' | 'н' | 'р' | 'л' | 'т'] = &letters[..]
        && !is_vowel(*before)
        && first.iter().any(|c| is_vowel(*c))
    {
        letters.remove(letters.len() - 2);
        soft(letters);
    }
}

#[cfg(test)]
mod measure;

#[cfg(test)]
mod tests {
    use super::stem;

    /// Forms of words that this field is full of.
    const FORMS: &[&str] = &[
        "камера камери камері камеру камерою камер камерам камерами камерах",
        "катування катуванню катуванням катуванні катувань катуваннями катуваннях",
        "свідок свідка свідку свідком свідки свідків свідкам свідками свідках",
        "рука руки руці руку рукою руками руках",
        "нога ноги нозі ногу ногою ногам ногами ногах",
        "ніч ночі ніччю ночей ночам ночами ночах",
        "затриманий затримана затримане затримані затриманого затриманому затриманим затриманої затриману затриманою затриманих",
        "ринок ринку ринком ринки ринків ринкам ринках",
        "палець пальця пальцю пальцем пальці пальців пальцям пальцями",
        "допитувати допитую допитує допитували допитувала допитуватиме допитуватимуть допитуючи",
        "говорити говорив говорила говорили говорить говоримо",
        "боятися боявся боялась боялася бояться",
        "депутат депутата депутату депутатом депутати депутатів депутатами",
        "відповідальність відповідальності відповідальністю",
        "колонія колонії колонію колонією колоній колоніям колоніями колоніях",
    ];

    #[test]
    fn the_forms_of_one_word_have_one_stem() {
        for forms in FORMS {
            let mut stems: Vec<String> = forms.split(' ').map(stem).collect();
            stems.dedup();
            assert_eq!(stems.len(), 1, "{forms}: {stems:?}");
        }
    }

    #[test]
    fn different_words_keep_different_stems() {
        let mut stems: Vec<String> =
            FORMS.iter().map(|forms| stem(forms.split(' ').next().unwrap_or_default())).collect();
        stems.sort();
        stems.dedup();
        assert_eq!(stems.len(), FORMS.len());
    }

    #[test]
    fn short_and_strange_words_stay_something() {
        for word in ["", "я", "ся", "ь", "ій", "тиму", "іі", "ььь", "qqq", "ати", "нн"] {
            assert!(stem(word).chars().count() <= word.chars().count(), "{word}");
        }
        for word in ["у", "ні", "два", "суд"] {
            assert!(!stem(word).is_empty(), "{word}");
        }
    }
}
