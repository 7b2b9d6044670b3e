//! Manifests in their one form: which files there are, and the digest of each (RFC 8493, 2.1.3, narrowed by `docs/format/bag.md`).

use std::collections::BTreeMap;
use std::fmt;

use sha2::{Digest as _, Sha256, Sha512};

/// How the files of a manifest are hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

impl Algorithm {
    /// Both, in the order in which a bag is read.
    pub const ALL: [Self; 2] = [Self::Sha256, Self::Sha512];

    /// As it stands in the name of a manifest.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// The algorithm of that name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// The path of the payload's manifest.
    pub fn manifest(self) -> String {
        format!("manifest-{}.txt", self.name())
    }

    /// The path of the tag manifest.
    pub fn tag_manifest(self) -> String {
        format!("tagmanifest-{}.txt", self.name())
    }

    fn digits(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Sha512 => 128,
        }
    }
}

/// The digests of one file, both, from one reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digests {
    /// SHA-256.
    pub sha256: [u8; 32],
    /// SHA-512.
    pub sha512: [u8; 64],
    /// Length of the file in bytes.
    pub size: u64,
}

impl Digests {
    /// Of bytes that are at hand.
    pub fn of(bytes: &[u8]) -> Self {
        let mut hasher = Hasher::default();
        hasher.update(bytes);
        hasher.finish()
    }

    /// One of them in hexadecimal.
    pub fn hex(&self, algorithm: Algorithm) -> String {
        match algorithm {
            Algorithm::Sha256 => hex::encode(self.sha256),
            Algorithm::Sha512 => hex::encode(self.sha512),
        }
    }
}

/// Makes [`Digests`] of a file that is read piece by piece.
#[derive(Default)]
pub struct Hasher {
    sha256: Sha256,
    sha512: Sha512,
    size: u64,
}

impl Hasher {
    /// Takes the next piece.
    pub fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        self.sha512.update(bytes);
        self.size += bytes.len() as u64;
    }

    /// The digests of all pieces.
    pub fn finish(self) -> Digests {
        Digests {
            sha256: self.sha256.finalize().into(),
            sha512: self.sha512.finalize().into(),
            size: self.size,
        }
    }
}

/// Path → digest in hexadecimal. What it displays is what was parsed, byte for byte.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest(pub BTreeMap<String, String>);

/// Why bytes are not a manifest: the number of the line, counted from 1, that is not `<digest>  <path>` and a newline,
/// or whose path does not come after that of the line before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {0} is not that of a canonical manifest")]
pub struct ManifestError(pub usize);

impl Manifest {
    /// Reads a manifest; an empty one is none.
    ///
    /// # Errors
    /// The first line that is not in the one form.
    pub fn parse(untrusted_bytes: &[u8], algorithm: Algorithm) -> Result<Self, ManifestError> {
        let mut digests = BTreeMap::new();
        let mut rest = untrusted_bytes;
        let mut number = 1;
        loop {
            let error = ManifestError(number);
            let end = rest.iter().position(|&byte| byte == b'\n').ok_or(error)?;
            let line = std::str::from_utf8(&rest[..end]).map_err(|_| error)?;
            let (digest, path) = line.split_once("  ").ok_or(error)?;
            let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            let sound = digest.len() == algorithm.digits() && digest.bytes().all(is_hex);
            let printable = !path.is_empty() && !path.chars().any(char::is_control);
            // Strictly ascending, so a path that stands twice is out of order too.
            let ascending =
                digests.last_key_value().is_none_or(|(last, _): (&String, _)| last.as_str() < path);
            if !(sound && printable && ascending) {
                return Err(error);
            }
            digests.insert(path.to_owned(), digest.to_owned());
            rest = &rest[end + 1..];
            number += 1;
            if rest.is_empty() {
                return Ok(Self(digests));
            }
        }
    }
}

impl fmt::Display for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(path, digest)| writeln!(f, "{digest}  {path}"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const A: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn a_manifest_has_one_form() {
        let good = format!("{A}  data/01.bin\n{A}  data/02.bin\n");
        let parse = |text: &str| Manifest::parse(text.as_bytes(), Algorithm::Sha256);
        assert_eq!(parse(&good).unwrap().to_string(), good);
        for (bad, line) in [
            (String::new(), 1),
            (good.trim_end().to_owned(), 2),
            (good.replace('\n', "\r\n"), 1),
            (good.replace('e', "E"), 1),
            (good.replace("  ", " "), 1),
            (good.replace("  ", " *"), 1),
            (good.replace("02", "01"), 2),
            (good.replace("02", "00"), 2),
            (format!("{good}\n"), 3),
            (format!("{good}{A}  \n"), 3),
            (good.replacen("b855", "b85", 1), 1),
            (format!("\u{feff}{good}"), 1),
        ] {
            assert_eq!(parse(&bad), Err(ManifestError(line)), "{bad:?}");
        }
        assert_eq!(Manifest::parse(good.as_bytes(), Algorithm::Sha512), Err(ManifestError(1)));
        assert_eq!(Manifest::parse(b"\xff\n", Algorithm::Sha256), Err(ManifestError(1)));
    }

    proptest! {
        /// One byte put in, taken out or changed: no manifest any more, or another one, and always in its one form.
        #[test]
        fn what_comes_near_is_another_manifest_or_none(place in 0_usize..156, edit in 0..3, byte in any::<u8>()) {
            let good = format!("{A}  data/01.bin\n{A}  data/02.bin\n").into_bytes();
            let mut near = good.clone();
            match edit {
                0 => near.insert(place, byte),
                1 => drop(near.remove(place)),
                _ => near[place] = byte,
            }
            if let Ok(manifest) = Manifest::parse(&near, Algorithm::Sha256) {
                prop_assert_eq!(manifest.to_string().into_bytes(), near.clone());
                let same = manifest == Manifest::parse(&good, Algorithm::Sha256).unwrap();
                prop_assert_eq!(same, near == good);
            }
        }

        #[test]
        fn what_is_written_is_read_again(paths in proptest::collection::btree_set("[a-z/.0-9]{1,20}", 1..20)) {
            let manifest = Manifest(paths.into_iter().map(|path| (path, A.to_owned())).collect());
            prop_assert_eq!(Manifest::parse(manifest.to_string().as_bytes(), Algorithm::Sha256), Ok(manifest));
        }
    }
}
