//! Parts of a text with their places, cut to pieces that a hit can point at, and the language of most of it.

use vidimus_model::{Text, TextPart, TextPlace};
use whatlang::{Detector, Lang};

/// About how many letters a part has.
const PART: usize = 4000;
/// How many lines a part has at most.
const LINES: u64 = 40;
/// How many letters are looked at to tell the language.
const SAMPLE: usize = 20_000;
/// Fewer say nothing about it.
const LEAST: usize = 12;

/// Gathers parts up to a bound, and says whether that was reached.
#[derive(Debug)]
pub(crate) struct Parts {
    parts: Vec<TextPart>,
    left: u64,
    /// Whether something was left out.
    pub full: bool,
}

impl Parts {
    /// At most so many bytes.
    pub fn bounded(bytes: u64) -> Parts {
        Parts { parts: Vec::new(), left: bytes, full: false }
    }

    /// Adds a part, if something is written in it; a long one in several pieces.
    pub fn add(&mut self, place: &TextPlace, text: &str) {
        let mut rest = trimmed(text);
        while !rest.is_empty() {
            let (piece, behind) = rest.split_at(piece(rest));
            self.push(TextPart {
                place: place.clone(),
                text: piece.trim().to_owned(),
                confidence: None,
                speaker: None,
            });
            rest = behind;
        }
    }

    /// Adds one part as it is.
    pub fn push(&mut self, mut part: TextPart) {
        let size = part.text.len() as u64;
        if size > self.left {
            let mut fits = usize::try_from(self.left).unwrap_or(0);
            while !part.text.is_char_boundary(fits) {
                fits -= 1;
            }
            part.text.truncate(fits);
            self.full = true;
        }
        self.left = self.left.saturating_sub(size);
        if !part.text.is_empty() {
            self.parts.push(part);
        }
    }

    /// Adds lines, with the number of the first of each piece.
    pub fn lines(&mut self, text: &str) {
        let (mut from, mut gathered) = (1u64, String::new());
        for (number, line) in (1u64..).zip(text.lines()) {
            if gathered.len() + line.len() > PART * 2 || number - from >= LINES {
                self.add(&TextPlace::Line(from), &gathered);
                gathered.clear();
                from = number;
            }
            // A piece begins with what is written in it: lines are counted on from its first.
            if gathered.is_empty() && trimmed(line).is_empty() {
                from = number + 1;
                continue;
            }
            gathered.push_str(line);
            gathered.push('\n');
        }
        self.add(&TextPlace::Line(from), &gathered);
    }

    /// The whole, with its language.
    pub fn into_text(self, charset: Option<&str>, charset_guessed: bool) -> Text {
        let language = language(self.parts.iter().map(|part| part.text.as_str()));
        Text { language, charset: charset.map(str::to_owned), charset_guessed, parts: self.parts }
    }

    /// Whether nothing is written in it.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c == '\0' || c == '\u{feff}')
}

/// Where the next piece ends: at a blank if there is one.
fn piece(text: &str) -> usize {
    if text.len() <= PART * 2 {
        return text.len();
    }
    let mut end = PART * 2;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let blank = text.get(..end).and_then(|begin| begin.rfind(char::is_whitespace));
    blank.filter(|at| *at > PART).unwrap_or(end)
}

/// The language of most of it, ISO 639-3; none where too little is written or it cannot be told.
pub(crate) fn language<'a>(texts: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut sample = String::new();
    for text in texts {
        sample.extend(text.chars().filter(|c| !c.is_ascii_digit()).take(SAMPLE));
        sample.push(' ');
        if sample.len() > SAMPLE * 2 {
            break;
        }
    }
    if sample.chars().filter(|c| c.is_alphabetic()).count() < LEAST {
        return None;
    }
    // Letters of one alphabet only say more than any statistics of a short text.
    let has = |letters: &str| sample.chars().filter(|c| letters.contains(*c)).count();
    let (ukrainian, russian) = (has("іїєґІЇЄҐ"), has("ыэъёЫЭЪЁ"));
    if ukrainian + russian > 0 {
        if ukrainian > russian * 3 {
            return Some("ukr".to_owned());
        }
        if russian > ukrainian * 3 {
            return Some("rus".to_owned());
        }
    }
    let known = vec![
        Lang::Rus,
        Lang::Ukr,
        Lang::Eng,
        Lang::Deu,
        Lang::Fra,
        Lang::Spa,
        Lang::Pol,
        Lang::Ita,
        Lang::Tur,
        Lang::Ara,
        Lang::Ces,
        Lang::Kat,
        Lang::Hye,
        Lang::Ron,
        Lang::Cmn,
        Lang::Jpn,
    ];
    let found = Detector::with_allowlist(known).detect(&sample)?;
    (found.is_reliable() || found.confidence() > 0.4).then(|| found.lang().code().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_told_or_left_open() {
        for (text, expected) in [
            ("Осуждённый доставлен в камеру, жалоб не заявлял, осмотр проведён.", Some("rus")),
            ("Засудженого доставлено до камери, скарг немає, огляд проведено, її стіни вогкі.", Some("ukr")),
            ("The prisoner was taken to the cell and made no complaint about it.", Some("eng")),
            ("12 34 56", None),
            ("ок", None),
        ] {
            assert_eq!(language([text].into_iter()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn lines_keep_their_numbers_and_a_bound_is_kept() {
        let text = (1..=100).map(|n| format!("line {n}\n")).collect::<String>();
        let mut parts = Parts::bounded(1 << 20);
        parts.lines(&text);
        let text = parts.into_text(None, false);
        let places: Vec<_> = text.parts.iter().map(|part| part.place.clone()).collect();
        assert_eq!(places, [TextPlace::Line(1), TextPlace::Line(41), TextPlace::Line(81)]);
        assert!(text.parts[1].text.starts_with("line 41\n"));
        // What is trimmed off a piece's beginning is counted all the same.
        let mut parts = Parts::bounded(1 << 20);
        parts.lines(&format!("\u{feff}\n \nthree\n\nfive{}\n\nlast\n", "\n".repeat(40)));
        let found = parts.into_text(None, false).parts;
        let found: Vec<_> = found.into_iter().map(|part| (part.place, part.text)).collect();
        assert_eq!(
            found,
            [(TextPlace::Line(3), "three\n\nfive".to_owned()), (TextPlace::Line(47), "last".to_owned())]
        );
        let mut parts = Parts::bounded(7);
        parts.add(&TextPlace::Whole, "камера");
        assert!(parts.full);
        assert_eq!(parts.into_text(None, false).parts[0].text, "кам");
    }

    #[test]
    fn a_line_without_end_is_cut_to_pieces_that_hold_all_of_it() {
        let long = "слово ".repeat(50_000);
        let mut parts = Parts::bounded(32 << 20);
        parts.lines(&long);
        let text = parts.into_text(None, false);
        assert!(text.parts.len() > 50);
        let words: usize = text.parts.iter().map(|part| part.text.split_whitespace().count()).sum();
        assert_eq!(words, 50_000);
    }
}
