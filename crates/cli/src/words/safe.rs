//! Text that came from outside, made harmless for a terminal.

use std::path::Path;

use serde::Serialize;
use vidimus_model::{FoundPath, is_unsafe_to_show};

/// Control and direction-changing characters escaped, so that nothing can pose as another line.
pub fn text(untrusted: &str) -> String {
    FoundPath::new(untrusted.as_bytes()).to_string()
}

/// A path of this machine.
pub fn path(untrusted: &Path) -> String {
    use std::os::unix::ffi::OsStrExt as _;
    seen(FoundPath::new(untrusted.as_os_str().as_bytes()).to_string())
}

/// What somebody typed, in the middle of a sentence; of what is very long, the beginning.
pub fn typed(untrusted: &str) -> String {
    let shown: String = untrusted.chars().take(TYPED).collect();
    let more = if shown.len() < untrusted.len() { "…" } else { "" };
    seen(text(&shown)) + more
}

/// Characters of it that are shown.
const TYPED: usize = 200;

/// In quotation marks where nothing, or a blank at an end, would not be seen.
fn seen(text: String) -> String {
    if text.trim() == text && !text.is_empty() { text } else { format!("\"{text}\"") }
}

/// JSON of which no terminal obeys a character: what could is written as `\\uXXXX`, which means the same.
pub fn json(value: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string(value).map(|text| escaped(&text))
}

/// The same over several lines.
pub fn pretty_json(value: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string_pretty(value).map(|text| escaped(&text))
}

/// Outside of its texts JSON has no such character, but for its own line feeds.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if character != '\n' && is_unsafe_to_show(character) {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            text.push(character);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn of_what_is_typed_the_beginning_is_shown() {
        assert_eq!(super::typed("A1"), "A1");
        assert_eq!(super::typed(" "), "\" \"");
        assert_eq!(super::typed(&"ж".repeat(10_000)), "ж".repeat(200) + "…");
    }

    #[test]
    fn json_says_the_same_and_moves_no_cursor() {
        let value = serde_json::json!({"path": "a\u{9b}31m\u{202e}b\u{7f}\n\u{e0041}é😀"});
        for text in [super::json(&value).unwrap(), super::pretty_json(&value).unwrap()] {
            assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text}");
            assert!(!text.contains(['\u{202e}', '\u{e0041}']) && text.contains("é😀"), "{text}");
            assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
        }
    }

    #[test]
    fn what_would_not_be_seen_is_quoted() {
        assert_eq!(["", " ", "a b", "a "].map(super::typed), ["\"\"", "\" \"", "a b", "\"a \""]);
        assert_eq!(super::path(std::path::Path::new(" ")), "\" \"");
    }

    #[test]
    fn a_note_cannot_turn_the_line_around() {
        assert_eq!(super::text("a\u{202e}b\nc"), r"a\u{202e}b\u{a}c");
    }
}
