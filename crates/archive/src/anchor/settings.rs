//! `settings.json` in the archive's folder: which time-stamp authorities are asked, whom to believe, and what recognises speech.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::files::{self, NotAFile};
use serde::Deserialize;
use ureq::http::Uri;
use vidimus_examine::{SOUND, Speech};
use vidimus_proof::timestamp::{Request, Trust, TrustError};

/// What the archive's settings say.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Whom to ask, in this order.
    pub authorities: Vec<AuthoritySettings>,
    /// What recognises speech.
    pub speech: Option<Speech>,
}

/// A time-stamp authority.
#[derive(Clone, Debug)]
pub struct AuthoritySettings {
    /// What it is called here.
    pub name: String,
    /// Where it answers, `http://` or `https://`. The answer is signed, so the first is common and no worse.
    pub url: String,
    /// The certificates in `ca`: its root, or its own.
    pub trust: Trust,
    /// The same as PEM, for the chain that is kept beside a token.
    pub ca_pem: String,
    /// The policy to ask for; the authority chooses where none is given.
    pub policy: Option<String>,
    /// Who must have certified its web server, as PEM; the usual web authorities where none is named.
    pub web_ca_pem: Option<String>,
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file is there and cannot be read.
    #[error("the settings cannot be read: {0}")]
    Io(#[from] io::Error),
    /// Not JSON, a key that is unknown, missing or there twice, or a value of another kind.
    #[error("the settings are malformed: {0}")]
    Malformed(#[from] serde_json::Error),
    /// Two authorities have one name, or one has none.
    #[error("the settings need one name for each authority: {0:?}")]
    Name(String),
    /// Not an address of the web.
    #[error("{authority}: not an http or https address: {url}")]
    Url {
        /// Whose.
        authority: String,
        /// The address.
        url: String,
    },
    /// The file with the authority's certificates cannot be read.
    #[error("{authority}: the certificates in {path} cannot be read: {reason}")]
    CaFile {
        /// Whose.
        authority: String,
        /// As written in the settings.
        path: String,
        /// What the system says.
        reason: io::Error,
    },
    /// There are no certificates in `ca`.
    #[error("{authority}: {reason}")]
    Ca {
        /// Whose.
        authority: String,
        /// What is wrong.
        reason: TrustError,
    },
    /// The command that recognises speech is none.
    #[error("speech: {0}")]
    Speech(&'static str),
    /// The policy is not a dotted object identifier.
    #[error("{authority}: not an object identifier: {policy}")]
    Policy {
        /// Whose.
        authority: String,
        /// The policy.
        policy: String,
    },
}

/// There is room for the certificates of a hundred authorities, written out.
const MAX_SETTINGS: u64 = 1 << 20;

impl Settings {
    /// Reads the settings at `path`; none are there in a new archive, and then nobody is asked.
    ///
    /// A relative path in `ca` begins at the folder of the settings.
    ///
    /// # Errors
    /// The file, or a file that it names, cannot be read or says something that cannot be used.
    pub fn read(path: &Path) -> Result<Self, SettingsError> {
        let untrusted = match Self::bytes(path) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            bytes => bytes?,
        };
        Self::from_json(&untrusted, path.parent().unwrap_or(path))
    }

    /// The file as it is: whoever can write to the folder may have put there what no memory holds.
    pub(crate) fn bytes(path: &Path) -> io::Result<Vec<u8>> {
        files::read_at_most(path, MAX_SETTINGS)
    }

    fn from_json(untrusted: &[u8], folder: &Path) -> Result<Self, SettingsError> {
        let file: File = serde_json::from_slice(untrusted)?;
        let mut settings = Self::default();
        for entry in file.authorities {
            if entry.name.trim().is_empty() || settings.authorities.iter().any(|a| a.name == entry.name) {
                return Err(SettingsError::Name(entry.name));
            }
            settings.authorities.push(entry.checked(folder)?);
        }
        settings.speech = file.speech.map(|speech| speech.checked(folder)).transpose()?;
        Ok(settings)
    }

    /// Everyone who is believed: the certificates of all authorities.
    pub fn trust(&self) -> Trust {
        let all: String = self.authorities.iter().map(|a| format!("{}\n", a.ca_pem)).collect();
        match self.authorities.is_empty() {
            true => Trust::default(),
            false => Trust::from_pem(&all).expect("each of them was read alone"),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    authorities: Vec<Entry>,
    speech: Option<SpeechEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SpeechEntry {
    command: Vec<String>,
    #[serde(default)]
    reads: Vec<PathBuf>,
    #[serde(default = "default_memory")]
    memory_gib: u32,
}

/// What the largest models take.
fn default_memory() -> u32 {
    16
}

impl SpeechEntry {
    fn checked(self, archive: &Path) -> Result<Speech, SettingsError> {
        let Self { command, reads, memory_gib } = self;
        let mut words = command.into_iter();
        let program = words.next().map(PathBuf::from).filter(|program| program.is_absolute());
        let program = program.ok_or(SettingsError::Speech("command does not begin with an absolute path"))?;
        let arguments: Vec<String> = words.collect();
        if !arguments.iter().any(|word| word.contains(SOUND)) {
            return Err(SettingsError::Speech("command does not say where {sound} belongs"));
        }
        // What is hostile is heard by it: nothing of the archive may be seen there.
        let archive = fs::canonicalize(archive).unwrap_or_else(|_| archive.to_owned());
        let named = arguments.iter().map(Path::new).filter(|path| path.is_absolute());
        for path in reads.iter().map(PathBuf::as_path).chain(named) {
            if !path.is_absolute() {
                return Err(SettingsError::Speech("reads holds a path that is not absolute"));
            }
            let seen = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
            if archive.starts_with(&seen) || seen.starts_with(&archive) {
                return Err(SettingsError::Speech("the command may not read in the archive's folder"));
            }
        }
        if memory_gib == 0 {
            return Err(SettingsError::Speech("memory_gib is 0"));
        }
        Ok(Speech { program, arguments, readable: reads, memory: u64::from(memory_gib) << 30 })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    url: String,
    ca: String,
    policy: Option<String>,
    web_ca: Option<String>,
}

impl Entry {
    fn checked(self, folder: &Path) -> Result<AuthoritySettings, SettingsError> {
        let Self { name, url, ca, policy, web_ca } = self;
        if !is_web_address(&url) {
            return Err(SettingsError::Url { authority: name, url });
        }
        if let Some(policy) = &policy
            && Request::new(b"", 0).with_policy(policy).is_err()
        {
            return Err(SettingsError::Policy { authority: name, policy: policy.clone() });
        }
        let (ca_pem, trust) = certificates(&name, ca, folder)?;
        let web_ca = web_ca.map(|ca| certificates(&name, ca, folder)).transpose()?;
        let web_ca_pem = web_ca.map(|(pem, _)| pem);
        Ok(AuthoritySettings { name, url, trust, ca_pem, policy, web_ca_pem })
    }
}

/// Certificates that are written out, or lie in a file of this name.
fn certificates(authority: &str, ca: String, folder: &Path) -> Result<(String, Trust), SettingsError> {
    let authority = || authority.to_owned();
    let pem = match ca.contains("-----BEGIN CERTIFICATE-----") {
        true => ca,
        false => match read_named(&folder.join(&ca)) {
            Ok(pem) => pem,
            Err(reason) => return Err(SettingsError::CaFile { authority: authority(), path: ca, reason }),
        },
    };
    match Trust::from_pem(&pem) {
        Ok(trust) => Ok((pem, trust)),
        Err(reason) => Err(SettingsError::Ca { authority: authority(), reason }),
    }
}

/// A file that the settings name. A system's certificates often are links, so they are followed, to a regular file.
fn read_named(path: &Path) -> std::io::Result<String> {
    let found = fs::metadata(path)?;
    if found.is_file() && found.len() <= files::MAX_BYTES {
        fs::read_to_string(path)
    } else {
        Err(NotAFile::at(path))
    }
}

fn is_web_address(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else { return false };
    matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The root of the frozen receipt's authority.
    const CA: &str = include_str!("../../../../tests/vectors/receipt-v1/ca.pem");

    fn read(json: &str) -> Result<Settings, SettingsError> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ca.pem"), CA).unwrap();
        fs::write(folder.path().join("settings.json"), json).unwrap();
        Settings::read(&folder.path().join("settings.json"))
    }

    #[test]
    fn a_certificate_is_named_or_written_out() {
        let inline = serde_json::json!({"authorities": [
            {"name": "one", "url": "https://one.example/tsa", "ca": CA, "policy": "1.2.3.4"},
            {"name": "two", "url": "http://two.example", "ca": "ca.pem"},
            {"name": "three", "url": "http://127.0.0.1:3180/", "ca": "ca.pem", "policy": null},
        ]});
        let settings = read(&inline.to_string()).unwrap();
        assert_eq!(settings.authorities.len(), 3);
        assert_eq!(settings.authorities[0].policy.as_deref(), Some("1.2.3.4"));
        assert_eq!(settings.trust().len(), 3);
        assert!(settings.authorities.iter().all(|one| one.web_ca_pem.is_none()));
    }

    #[test]
    fn a_command_that_hears_names_its_sound_and_reads_nothing_of_the_archive() {
        let read = |speech: &str| read(&format!(r#"{{"speech": {speech}}}"#)).map(|settings| settings.speech);
        let good = r#"{"command": ["/usr/bin/hears", "-m", "/opt/model", "{sound}"], "reads": ["/opt/more"], "memory_gib": 2}"#;
        let speech = read(good).unwrap().unwrap();
        assert_eq!((speech.memory, speech.arguments.len()), (2 << 30, 3));
        for bad in [
            r#"{"command": []}"#,
            r#"{"command": ["hears", "{sound}"]}"#,
            r#"{"command": ["/usr/bin/hears"]}"#,
            r#"{"command": ["/usr/bin/hears", "{sound}"], "reads": ["models"]}"#,
            r#"{"command": ["/usr/bin/hears", "{sound}"], "reads": ["/"]}"#,
            r#"{"command": ["/usr/bin/hears", "{sound}", "/"]}"#,
            r#"{"command": ["/usr/bin/hears", "{sound}"], "memory_gib": 0}"#,
        ] {
            assert!(matches!(read(bad), Err(SettingsError::Speech(_))), "{bad}");
        }
        assert!(matches!(
            read(r#"{"command": ["/a", "{sound}"], "shell": true}"#),
            Err(SettingsError::Malformed(_))
        ));
    }

    #[test]
    fn no_settings_are_settings_and_nobody_is_believed() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Settings::read(&folder.path().join("settings.json")).unwrap().trust().is_empty());
        assert!(read("{}").unwrap().authorities.is_empty());
    }

    #[test]
    fn what_cannot_be_meant_is_refused_by_name() {
        let entry = |more: &str| {
            read(&format!(r#"{{"authorities":[{{"name":"a","ca":"ca.pem",{more}}}]}}"#)).unwrap_err()
        };
        assert!(matches!(entry(r#""url":"ftp://a.example""#), SettingsError::Url { .. }));
        assert!(matches!(entry(r#""url":"a.example""#), SettingsError::Url { .. }));
        assert!(matches!(entry(r#""url":"http://a","policy":"three""#), SettingsError::Policy { .. }));
        assert!(matches!(entry(r#""url":"http://a","user":"b""#), SettingsError::Malformed(_)));
        assert!(matches!(entry(r#""url":"http://a","url":"http://b""#), SettingsError::Malformed(_)));
        assert!(matches!(read(r#"{"authority":[]}"#), Err(SettingsError::Malformed(_))));
        assert!(matches!(read("[]x"), Err(SettingsError::Malformed(_))));
        let large = format!("{{}}{}", " ".repeat(MAX_SETTINGS as usize));
        assert!(matches!(read(&large), Err(SettingsError::Io(e)) if NotAFile::within(&e).is_some()));
        let ca =
            |ca: &str| read(&format!(r#"{{"authorities":[{{"name":"a","url":"http://a","ca":"{ca}"}}]}}"#));
        assert!(matches!(ca("none.pem"), Err(SettingsError::CaFile { .. })));
        let web = |ca: &str| entry(&format!(r#""url":"https://a","web_ca":"{ca}""#));
        assert!(matches!(web("none.pem"), SettingsError::CaFile { .. }));
        assert!(matches!(web("settings.json"), SettingsError::Ca { .. }));
        assert!(matches!(ca("-----BEGIN CERTIFICATE-----"), Err(SettingsError::Ca { .. })));
        assert!(matches!(ca("settings.json"), Err(SettingsError::Ca { .. })));
        let twice = r#"{"name":"a","url":"http://a","ca":"ca.pem"}"#;
        let twice = read(&format!(r#"{{"authorities":[{twice},{twice}]}}"#));
        assert!(matches!(twice, Err(SettingsError::Name(name)) if name == "a"));
    }
}
