//! Labels of cameras, as names of files and texts in pictures write them, brought to one form.

use std::ops::Range;

/// A camera that a text names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Camera {
    /// Where it stands, in bytes of the text.
    pub place: Range<usize>,
    /// The label by which claims are brought together: lower case, without blanks and leading zeros.
    pub label: String,
}

/// Every camera that a text names, in its order.
///
/// `cam03`, `КАМЕРА № 3`, `ch03` and `канал 3` are all `cam3`: a recorder's channel is its camera. A building or a
/// numbered recorder directly before it stays in the label (`корпус2cam3`, `nvr1cam3`), because each has a camera 3 of its own.
/// A recorder worn on the body keeps its own kind (`вр4`). In a place of detention `камера 5` may also be a cell: the label
/// is what the text claims, and the text is kept beside it.
pub fn cameras(text: &str) -> Vec<Camera> {
    let words = words(text);
    let mut found = Vec::new();
    // The building or recorder that was named before, and up to where it counts.
    let mut within: Option<String> = None;
    for (index, word) in words.iter().enumerate() {
        let Some(kind) = kind(&word.text) else {
            continue;
        };
        let Some((number, end)) = number(text, &words, index) else { continue };
        match kind {
            Of::House(name) => within = Some(format!("{name}{number}")),
            Of::Camera(name) => {
                let number = match number.parse::<u32>() {
                    Ok(number) => number.to_string(),
                    Err(_) => number,
                };
                let house = within.as_deref().unwrap_or_default();
                found.push(Camera { place: word.from..end, label: format!("{house}{name}{number}") });
            }
        }
    }
    found
}

/// A run of letters, or of digits.
struct Word {
    text: String,
    from: usize,
    to: usize,
    is_number: bool,
}

enum Of {
    Camera(&'static str),
    House(&'static str),
}

fn kind(word: &str) -> Option<Of> {
    Some(match word {
        "cam" | "camera" | "ipcam" | "ipc" | "камера" | "камеры" | "камері" | "камере" | "камеру"
        | "камерой" | "камерою" | "кам" | "ch" | "chan" | "channel" | "канал" | "кан" | "cctv" => {
            Of::Camera("cam")
        }
        "вр" | "видеорегистратор" | "відеореєстратор" | "регистратор" => {
            Of::Camera("вр")
        }
        "body" | "bodycam" | "bwc" => Of::Camera("body"),
        "корпус" | "корп" | "building" | "bldg" => Of::House("корпус"),
        "nvr" => Of::House("nvr"),
        "dvr" => Of::House("dvr"),
        "xvr" | "hvr" => Of::House("xvr"),
        _ => return None,
    })
}

/// The number (or single letter) behind a word, with at most three signs between them.
fn number(text: &str, words: &[Word], index: usize) -> Option<(String, usize)> {
    let word = &words[index];
    // Inside another word (`webcam`, `кампания`) it is no camera: words are whole runs of letters.
    let next = words.get(index + 1)?;
    let between = &text[word.to..next.from];
    let near = between.chars().count() <= 3
        && between.chars().all(|c| matches!(c, ' ' | '_' | '-' | '.' | '#' | '№' | ':' | '\u{a0}'));
    if !near {
        return None;
    }
    if next.is_number {
        // More digits are a date or a counter.
        return (next.to - next.from <= 4).then(|| {
            let plain = next.text.trim_start_matches('0');
            (if plain.is_empty() { "0".to_owned() } else { plain.to_owned() }, next.to)
        });
    }
    // `CAM A`: a letter by itself.
    let alone = next.text.chars().count() == 1 && !between.is_empty() && next.text.is_ascii();
    alone.then(|| (next.text.clone(), next.to))
}

fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    for (from, c) in text.char_indices() {
        if !c.is_alphanumeric() {
            continue;
        }
        let (is_number, to) = (c.is_ascii_digit(), from + c.len_utf8());
        match words.last_mut() {
            Some(last) if last.to == from && last.is_number == is_number => {
                last.to = to;
                last.text.extend(c.to_lowercase());
            }
            _ => words.push(Word { text: c.to_lowercase().collect(), from, to, is_number }),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn labels_of_one_camera_are_one() {
        for (text, labels) in [
            ("cam03", &["cam3"][..]),
            ("CAM 3", &["cam3"]),
            ("КАМЕРА 3", &["cam3"]),
            ("Камера № 03", &["cam3"]),
            ("КАМ03", &["cam3"]),
            ("камера_3", &["cam3"]),
            ("ch03_20240514080000", &["cam3"]),
            ("Channel 12", &["cam12"]),
            ("канал 7", &["cam7"]),
            ("IPCAM-0", &["cam0"]),
            ("CAM A", &["cama"]),
            ("ВР-004 ИК-900", &["вр4"]),
            ("корпус 2, камера 3", &["корпус2cam3"]),
            ("NVR1_ch03_main", &["nvr1cam3"]),
            ("NVR_ch03_main", &["cam3"]),
            ("ИК-900 КАМ 02 Душевая", &["cam2"]),
            ("Камера 02/2019-02-22/ch02_14-40-58.avi", &["cam2", "cam2"]),
        ] {
            let found: Vec<String> = cameras(text).into_iter().map(|camera| camera.label).collect();
            assert_eq!(found, labels, "{text}");
        }
    }

    #[test]
    fn what_names_no_camera_gives_none() {
        for text in [
            "webcam",
            "campaign 3",
            "кампания 3",
            "камера",
            "ch20240514080000",
            "camp3",
            "камера в 3 корпусе",
            "",
        ] {
            assert_eq!(cameras(text), [], "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_harm(text in "\\PC{0,60}") {
            for camera in cameras(&text) {
                prop_assert!(text.get(camera.place).is_some());
                prop_assert!(!camera.label.contains(char::is_whitespace));
            }
        }

        #[test]
        fn zeros_in_front_change_nothing(number in 0u32..1000, zeros in 0usize..2) {
            let text = format!("cam{}{number}", "0".repeat(zeros));
            let expected = if text.len() <= 7 { vec![format!("cam{number}")] } else { vec![] };
            let found: Vec<String> = cameras(&text).into_iter().map(|camera| camera.label).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
