//! How a name in Cyrillic letters is spoken, as far as its key needs it.

/// Cases of names like Зеленский, whose sounds end with СК.
const ENDINGS: &[&str] = &[
    "скому",
    "ского",
    "ським",
    "ський",
    "ській",
    "ською",
    "ської",
    "ському",
    "ського",
    "ским",
    "ский",
    "ской",
    "ском",
];

/// Endings of cases that leave at least three letters.
const CASES: &[&str] = &[
    "ового",
    "овому",
    "ого",
    "ому",
    "его",
    "ему",
    "ові",
    "еві",
    "єві",
    "ою",
    "ею",
    "єю",
    "ой",
    "ей",
    "ом",
    "ем",
    "єм",
    "ым",
    "им",
    "ім",
    "ов",
    "ам",
    "ям",
    "а",
    "у",
    "ю",
    "я",
    "е",
    "є",
    "і",
    "ы",
    "и",
    "ї",
    "й",
    "о",
    "ь",
];

/// The sounds of the `folded` word, and of what is left of it without an ending.
pub(super) fn readings(folded: &str) -> Vec<String> {
    let mut readings = vec![sounds(folded)];
    if let Some(ending) = ENDINGS.iter().find(|ending| folded.ends_with(**ending)) {
        readings.push(sounds(&folded[..folded.len() - ending.len()]) + "SK");
    } else if let Some(left) =
        CASES.iter().find_map(|case| folded.strip_suffix(case).filter(|left| left.chars().count() >= 3))
    {
        readings.push(sounds(left));
    }
    readings
}

fn sounds(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    let mut letters = word.chars().peekable();
    while let Some(letter) = letters.next() {
        out.push_str(match (letter, letters.peek()) {
            // Соловьёв, Violetta: what follows и is heard once
            ('и' | 'і' | 'й' | 'ь', Some('о')) => {
                letters.next();
                "I"
            }
            ('а' | 'я', _) => "A",
            ('о', _) => "O",
            ('у' | 'ю' | 'ў', _) => "U",
            ('е' | 'є' | 'э' | 'и' | 'і' | 'ї' | 'ы' | 'й', _) => "I",
            ('б', _) => "B",
            ('в', _) => "V",
            ('г' | 'х', _) => "G",
            ('д', _) => "D",
            ('ж' | 'ш' | 'щ', _) => "X",
            ('з' | 'с', _) => "S",
            ('к', _) => "K",
            ('л', _) => "L",
            ('м', _) => "M",
            ('н', _) => "N",
            ('п', _) => "P",
            ('р', _) => "R",
            ('т', _) => "T",
            ('ф', _) => "F",
            ('ц', _) => "TS",
            ('ч', _) => "C",
            // ъ, ь, and digits that stand in call signs
            _ => "",
        });
    }
    out
}
