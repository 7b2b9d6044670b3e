//! Notes that speak of a camera's clock: found by words that stand in one sentence, and pointed out to be read.

use vidimus_model::{CLOCK_NOTE, DerivativeKind, Fact, Text};

use super::camera::cameras;
use crate::Made;

/// A sentence that speaks of a clock that goes wrong, or may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockNote {
    /// The sentence, cut to 300 characters: as hostile as the text.
    pub untrusted_sentence: String,
    /// Labels of the cameras that it names.
    pub cameras: Vec<String>,
}

/// Sentences of a text, in Russian, Ukrainian or English, that a member should read before correcting a clock. What a sentence
/// says is not understood here: only its words are found.
pub fn clock_notes(untrusted: &str) -> Vec<ClockNote> {
    let mut found = Vec::new();
    for sentence in sentences(untrusted) {
        let lower = sentence.to_lowercase().replace('ё', "е");
        let words: Vec<&str> =
            lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let any = |stems: &[&str]| words.iter().any(|word| stems.iter().any(|stem| word.starts_with(stem)));
        let is_clock = words.iter().any(|word| CLOCKS.contains(word)) || any(&CLOCK_STEMS);
        let is_time_of_camera = words.iter().any(|word| TIMES.contains(word)) && any(&CAMERAS);
        if (is_clock || is_time_of_camera) && any(&WRONG) && found.len() < MOST {
            let mut labels: Vec<String> = cameras(sentence).into_iter().map(|camera| camera.label).collect();
            labels.dedup();
            let untrusted_sentence = sentence.trim().chars().take(300).collect();
            found.push(ClockNote { untrusted_sentence, cameras: labels });
        }
    }
    found
}

/// What the texts that were made of an item say of clocks, as facts of it.
pub(crate) fn facts_of(made: &[Made]) -> Vec<Fact> {
    let mut facts: Vec<Fact> = Vec::new();
    for made in made.iter().filter(|made| matches!(made.kind, DerivativeKind::Text | DerivativeKind::Ocr)) {
        let Ok(text) = serde_json::from_slice::<Text>(&made.bytes) else { continue };
        for note in text.parts.iter().flat_map(|part| clock_notes(&part.text)) {
            let fact = Fact {
                name: CLOCK_NOTE.to_owned(),
                untrusted_value: note.untrusted_sentence,
                tool: made.tool,
            };
            if facts.len() < MOST && !facts.contains(&fact) {
                facts.push(fact);
            }
        }
    }
    facts
}

/// Notes of one text.
const MOST: usize = 20;

/// Words that mean a clock and nothing else; `часов` alone is as often "hours".
const CLOCKS: [&str; 4] = ["часы", "часам", "часами", "часах"];
const CLOCK_STEMS: [&str; 4] = ["годинник", "clock", "timestamp", "таймкод"];
/// Words that mean time; they count beside a camera.
const TIMES: [&str; 16] = [
    "время",
    "времени",
    "временем",
    "час",
    "часов",
    "часу",
    "часом",
    "дата",
    "дату",
    "даты",
    "дате",
    "time",
    "date",
    "times",
    "dates",
    "дати",
];
const CAMERAS: [&str; 11] = [
    "камер",
    "кам",
    "регистратор",
    "видеорегистратор",
    "реєстратор",
    "відеореєстратор",
    "запис",
    "camera",
    "cam",
    "recorder",
    "dvr",
];
/// Stems of what is said of a clock that is not right.
const WRONG: [&str; 28] = [
    "спеш",
    "отста",
    "сбит",
    "сбив",
    "сбил",
    "неверн",
    "неправ",
    "вперед",
    "назад",
    "ошиб",
    "перевед",
    "переведен",
    "поспіша",
    "відста",
    "збит",
    "збив",
    "невірн",
    "помил",
    "уперед",
    "fast",
    "slow",
    "wrong",
    "off",
    "ahead",
    "behind",
    "incorrect",
    "drift",
    "расход",
];

/// Ends of sentences, and lines.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split(['!', '?', '\n', '\r', ';'])
        // A point within a number or an abbreviation ends nothing that matters here: both halves are looked at.
        .flat_map(|line| line.split(". "))
        .filter(|sentence| !sentence.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_that_speak_of_a_clock_are_pointed_out() {
        for (text, labels) in [
            ("Часы регистраторов сбиты, на камере 4 — на месяц. Смотрите папку.", &["cam4"][..]),
            ("На камере 3 часы спешат на 1 час", &["cam3"]),
            ("Камера 3: часы спешат на 1 час", &["cam3"]),
            ("КАМ 07 — время неверное, отстаёт на 3 часа", &["cam7"]),
            ("Годинник камери відстає на годину", &[]),
            ("The clock of cam 5 is one hour fast", &["cam5"]),
            ("Time on camera 2 is wrong by a month", &["cam2"]),
        ] {
            let found = clock_notes(text);
            assert_eq!(found.len(), 1, "{text}");
            assert!(text.contains(&found[0].untrusted_sentence));
            assert_eq!(found[0].cameras, labels, "{text}");
        }
    }

    #[test]
    fn a_note_is_a_fact_of_the_item_whose_text_holds_it() {
        use vidimus_model::{TextPart, TextPlace};
        let said = ["Обычный день.", "На камере 3 часы спешат на 1 час", "На камере 3 часы спешат на 1 час"];
        let part = |text: &str| TextPart {
            place: TextPlace::Whole,
            text: text.to_owned(),
            confidence: None,
            speaker: None,
        };
        let text = Text { parts: said.into_iter().map(part).collect(), ..Text::default() };
        let made = |kind| Made {
            kind,
            look: None,
            media_type: "application/vnd.vidimus.text+json",
            bytes: serde_json::to_vec(&text).unwrap(),
            tool: 4,
        };
        let facts = facts_of(&[made(DerivativeKind::Text)]);
        let fact = Fact { name: "clock.note".into(), untrusted_value: said[1].to_owned(), tool: 4 };
        assert_eq!(facts, [fact]);
        assert_eq!(facts_of(&[made(DerivativeKind::Transcript)]), []);
        assert_eq!(facts_of(&[Made { bytes: b"{".to_vec(), ..made(DerivativeKind::Ocr) }]), []);
    }

    #[test]
    fn what_speaks_of_something_else_is_not() {
        for text in [
            "Его били два часа, потом увели в камеру.",
            "Пять часов назад",
            "He was off for some time.",
            "Время было позднее. Камера пять.",
            "",
        ] {
            assert_eq!(clock_notes(text), [], "{text}");
        }
    }
}
