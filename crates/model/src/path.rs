//! Paths as found: any bytes, written so that text stays readable and no byte is lost.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a path's bytes are written as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PathEncoding {
    /// The bytes are UTF-8 and stand as they are.
    #[serde(rename = "utf-8")]
    Utf8,
    /// Every byte that is not part of valid UTF-8, and `%` itself, stands as `%XX`.
    #[serde(rename = "percent")]
    Percent,
}

/// A path as it was found, relative to what was given to be received.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FoundPath(Vec<u8>);

/// The form in which a path stands in records and JSON.
#[derive(Serialize, Deserialize)]
struct Written {
    path: String,
    path_encoding: PathEncoding,
}

impl FoundPath {
    /// The path with these bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes as found.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// How [`FoundPath::to_text`] writes it.
    pub fn encoding(&self) -> PathEncoding {
        if std::str::from_utf8(&self.0).is_ok() { PathEncoding::Utf8 } else { PathEncoding::Percent }
    }

    /// The path as text, reversible with its [`FoundPath::encoding`].
    pub fn to_text(&self) -> String {
        if let Ok(text) = std::str::from_utf8(&self.0) {
            return text.to_owned();
        }
        let mut text = String::with_capacity(self.0.len() * 2);
        for chunk in self.0.utf8_chunks() {
            text.push_str(&chunk.valid().replace('%', "%25"));
            for byte in chunk.invalid() {
                text.push_str(&format!("%{byte:02X}"));
            }
        }
        text
    }

    /// Reads a path back from its text; none if the text is not what [`FoundPath::to_text`] writes.
    pub fn from_text(text: &str, encoding: PathEncoding) -> Option<Self> {
        let bytes = match encoding {
            PathEncoding::Utf8 => text.as_bytes().to_vec(),
            PathEncoding::Percent => percent_decode(text)?,
        };
        let path = Self(bytes);
        (path.encoding() == encoding && path.to_text() == text).then_some(path)
    }
}

fn percent_decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        if first != b'%' {
            bytes.push(first);
            continue;
        }
        let (digits, tail) = rest.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
        rest = tail;
    }
    Some(bytes)
}

/// For people and terminals: control and direction-changing characters are escaped, nothing can pose as another line.
impl fmt::Display for FoundPath {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for character in chunk.valid().chars() {
                match character {
                    '\\' => f.write_str("\\\\")?,
                    c if is_unsafe_to_show(c) => write!(f, "{}", c.escape_unicode())?,
                    c => write!(f, "{c}")?,
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

/// Characters that move the cursor, turn the direction of text, or cannot be seen.
pub fn is_unsafe_to_show(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}' | '\u{061c}' | '\u{180e}')
}

impl Serialize for FoundPath {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Written { path: self.to_text(), path_encoding: self.encoding() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for FoundPath {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Written { path, path_encoding } = Written::deserialize(deserializer)?;
        Self::from_text(&path, path_encoding)
            .ok_or_else(|| serde::de::Error::custom("a path is not written in its encoding"))
    }
}

#[cfg(test)]
mod tests {
    use super::{FoundPath, PathEncoding};
    use proptest::prelude::*;

    #[test]
    fn old_code_pages_survive() {
        let path = FoundPath::new(b"\xe2\xe8\xe4\xe5\xee 100%.avi".to_vec());
        assert_eq!(path.encoding(), PathEncoding::Percent);
        assert_eq!(path.to_text(), "%E2%E8%E4%E5%EE 100%25.avi");
    }

    #[test]
    fn a_name_cannot_forge_a_line_of_a_listing() {
        let shown = FoundPath::new("a\n\x1b[2Jb\u{202e}gpj.exe".as_bytes().to_vec()).to_string();
        assert_eq!(shown, r"a\u{a}\u{1b}[2Jb\u{202e}gpj.exe");
    }

    proptest! {
        #[test]
        fn every_byte_comes_back(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let path = FoundPath::new(bytes);
            prop_assert_eq!(FoundPath::from_text(&path.to_text(), path.encoding()), Some(path));
        }

        #[test]
        fn one_path_has_one_text(text in "(%[0-9A-Fa-f]{2}|[a-zа-я%])*") {
            if let Some(path) = FoundPath::from_text(&text, PathEncoding::Percent) {
                prop_assert_eq!(path.to_text(), text);
            }
        }
    }
}
