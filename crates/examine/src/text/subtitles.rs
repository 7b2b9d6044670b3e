//! Subtitles and transcripts: SRT, VTT and the JSON of WhisperX or whisper.cpp, to parts with their moments.

use serde_json::Value;
use vidimus_model::{TextPart, TextPlace};

/// More than a film has.
const PARTS: usize = 100_000;

/// SRT and VTT: a line with an arrow between two times, and what stands below it. And what whisper.cpp prints: the times in square
/// brackets, the text behind them.
pub(crate) fn cues(text: &str) -> Vec<TextPart> {
    let mut parts: Vec<TextPart> = Vec::new();
    let mut lines = text.lines().map(str::trim).peekable();
    while let Some(line) = lines.next() {
        if let Some((place, text)) = bracketed(line) {
            if !text.is_empty() && parts.len() < PARTS {
                parts.push(TextPart { place, text: text.to_owned(), confidence: None, speaker: None });
            }
            continue;
        }
        let Some(place) = times(line) else { continue };
        let mut said = Vec::new();
        while let Some(line) = lines.peek().copied() {
            if line.is_empty() || line.contains("-->") {
                break;
            }
            said.push(line);
            lines.next();
        }
        // The number of the next cue, where no blank line stands before it.
        if lines.peek().is_some_and(|line| line.contains("-->"))
            && said.last().is_some_and(|last| last.parse::<u32>().is_ok())
        {
            said.pop();
        }
        let raw = said.join("\n");
        let speaker =
            raw.strip_prefix("<v ").and_then(|rest| rest.split_once('>')).map(|(name, _)| name.to_owned());
        let shown = raw.lines().map(super::markup::text).filter(|line| !line.is_empty());
        let text = shown.collect::<Vec<_>>().join("\n");
        if !text.is_empty() && parts.len() < PARTS {
            parts.push(TextPart { place, text, confidence: None, speaker });
        }
    }
    parts
}

/// The JSON that recognisers of speech write; none where it is none.
pub(crate) fn speech(json: &[u8]) -> Option<Vec<TextPart>> {
    let whole: Value = serde_json::from_slice(json).ok()?;
    let seconds = |value: &Value| {
        value.as_f64().filter(|s| s.is_finite() && *s >= 0.0).map(|s| (s * 1000.0).round() as u64)
    };
    let segments = whole.get("segments").or_else(|| whole.get("transcription"))?.as_array()?;
    let mut parts = Vec::new();
    for segment in segments.iter().take(PARTS) {
        let offsets = segment.get("offsets");
        let from = segment.get("start").and_then(seconds).or_else(|| offsets?.get("from")?.as_u64());
        let to = segment.get("end").and_then(seconds).or_else(|| offsets?.get("to")?.as_u64());
        let text = segment.get("text").and_then(Value::as_str).unwrap_or_default().trim();
        let (Some(from), false) = (from, text.is_empty()) else { continue };
        let scores = segment.get("words").and_then(Value::as_array).into_iter().flatten();
        let scores: Vec<f64> = scores.filter_map(|word| word.get("score")?.as_f64()).collect();
        let confidence =
            (!scores.is_empty()).then(|| (scores.iter().sum::<f64>() / scores.len() as f64 * 100.0) as u8);
        let speaker =
            segment.get("speaker").and_then(Value::as_str).map(|name| name.chars().take(100).collect());
        let place = TextPlace::Time { from, to: to.unwrap_or(from).max(from) };
        parts.push(TextPart {
            place,
            text: text.to_owned(),
            confidence: confidence.map(|c| c.min(100)),
            speaker,
        });
    }
    Some(parts)
}

/// `[00:00:01.000 --> 00:00:02.500]  text`.
fn bracketed(line: &str) -> Option<(TextPlace, &str)> {
    let (span, text) = line.strip_prefix('[')?.split_once(']')?;
    Some((times(span)?, text.trim()))
}

/// `00:00:01,000 --> 00:00:02,500`, also without hours and with a point.
fn times(line: &str) -> Option<TextPlace> {
    let (from, to) = line.split_once("-->")?;
    let from = moment(from)?;
    let to = moment(to.split_whitespace().next()?)?;
    Some(TextPlace::Time { from, to: to.max(from) })
}

fn moment(text: &str) -> Option<u64> {
    let (clock, fraction) = text.trim().split_once([',', '.']).unwrap_or((text.trim(), "0"));
    let mut seconds = 0u64;
    for part in clock.split(':') {
        seconds = seconds.checked_mul(60)?.checked_add(part.trim().parse().ok()?)?;
    }
    let digits: String = fraction.chars().take(3).collect();
    let thousandths = digits.parse::<u64>().ok()? * 10u64.pow(3 - u32::try_from(digits.len()).ok()?);
    seconds.checked_mul(1000)?.checked_add(thousandths)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(parts: &[TextPart]) -> Vec<(u64, u64, &str)> {
        let times = |part: &TextPart| match part.place {
            TextPlace::Time { from, to } => (from, to),
            _ => panic!("a moment"),
        };
        parts.iter().map(|part| (times(part).0, times(part).1, part.text.as_str())).collect()
    }

    #[test]
    fn subtitles_keep_their_moments() {
        let srt = "1\r\n00:00:01,000 --> 00:00:02,500\r\nСтой <i>здесь</i>.\r\nДалее\r\n\r\n2\r\n01:00:00,5 --> 01:00:01,000\r\nКонец";
        assert_eq!(said(&cues(srt)), [(1000, 2500, "Стой здесь.\nДалее"), (3_600_500, 3_601_000, "Конец")]);
        let vtt = "WEBVTT\n\nNOTE x\n\n00:01.000 --> 00:02.000 align:left\n<v Oleg>Hello";
        let parts = cues(vtt);
        assert_eq!(said(&parts), [(1000, 2000, "Hello")]);
        assert_eq!(parts[0].speaker.as_deref(), Some("Oleg"));
        let tight = "1\n00:00:01,000 --> 00:00:02,000\na\n2\n00:00:03,000 --> 00:00:04,000\nb";
        assert_eq!(said(&cues(tight)), [(1000, 2000, "a"), (3000, 4000, "b")]);
        let printed = "[00:00:01.000 --> 00:00:02.500]   Стой.\n[00:00:02.500 --> 00:00:03.000]\nno cue\n";
        assert_eq!(said(&cues(printed)), [(1000, 2500, "Стой.")]);
        assert!(cues("99999999999999999999:00 --> x\n-->\n").is_empty());
    }

    #[test]
    fn transcripts_keep_moments_speakers_and_certainty() {
        let json = r#"{"segments": [{"start": 1.5, "end": 2, "text": " Саратов ", "speaker": "S1",
            "words": [{"word": "Саратов", "score": 0.9}]}, {"text": "no time"}]}"#;
        let parts = speech(json.as_bytes()).unwrap();
        assert_eq!(said(&parts), [(1500, 2000, "Саратов")]);
        assert_eq!((parts[0].confidence, parts[0].speaker.as_deref()), (Some(90), Some("S1")));
        let cpp = r#"{"transcription": [{"offsets": {"from": 10, "to": 20}, "text": "a"}]}"#;
        assert_eq!(said(&speech(cpp.as_bytes()).unwrap()), [(10, 20, "a")]);
        assert!(speech(b"{}").is_none());
    }
}
