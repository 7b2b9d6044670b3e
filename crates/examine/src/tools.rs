//! The programs of the system that open files for us: which are there, which version says what, what brings the rest.

use std::path::{Path, PathBuf};

use serde::Serialize;
use vidimus_sandbox::{Input, Job, Limits, Need, Program, Sandbox, Setup, Tool, Unavailable};

use crate::speech::Speech;

/// Our own reader, in records and in the sandbox.
pub const OWN: &str = "vidimus";

/// What a tool is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Stills, proxies and sound.
    Media,
    /// Text in pictures and scans.
    Ocr,
    /// Text and pages of PDF.
    Pdf,
    /// Office documents of the nineties.
    OldOffice,
    /// Members of archives.
    Archives,
    /// Outlook mailboxes.
    Mailboxes,
    /// Spoken words.
    Speech,
}

/// A tool as it was looked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FoundTool {
    /// Its name.
    pub tool: &'static str,
    /// What it is for.
    #[serde(rename = "for")]
    pub purpose: Purpose,
    /// Where it lies; none where it is missing.
    pub path: Option<PathBuf>,
    /// What it says of its version; none where it says nothing that can be understood, or may not be asked.
    pub version: Option<String>,
    /// Languages that it lacks.
    pub missing_languages: Vec<&'static str>,
    /// Parts that it was built without.
    pub missing_parts: Vec<&'static str>,
    /// The Debian packages that bring it; none where Debian has none.
    pub packages: Vec<&'static str>,
}

/// How a tool is found, run and asked.
struct Wanted {
    tool: &'static str,
    purpose: Purpose,
    question: &'static [&'static str],
    package: &'static [&'static str],
    /// What it reads besides libraries.
    readable: &'static [&'static str],
    environment: &'static [(&'static str, &'static str)],
}

const fn wanted(
    tool: &'static str,
    purpose: Purpose,
    question: &'static [&'static str],
    package: &'static [&'static str],
) -> Wanted {
    Wanted { tool, purpose, question, package, readable: &[], environment: UNICODE }
}

/// Names of members are turned into this; without it libarchive refuses every name that is not English.
const UNICODE: &[(&str, &str)] = &[("LC_ALL", "C.UTF-8")];

const WANTED: [Wanted; 12] = [
    wanted("ffmpeg", Purpose::Media, &["-version"], &["ffmpeg"]),
    wanted("ffprobe", Purpose::Media, &["-version"], &["ffmpeg"]),
    Wanted {
        readable: &["/usr/share/tesseract-ocr"],
        // One picture on one core: there is a worker for each.
        environment: &[("OMP_THREAD_LIMIT", "1"), ("LC_ALL", "C.UTF-8")],
        ..wanted("tesseract", Purpose::Ocr, &["--version"], &["tesseract-ocr"])
    },
    Wanted {
        readable: &["/usr/share/poppler"],
        ..wanted("pdftotext", Purpose::Pdf, &["-v"], &["poppler-utils"])
    },
    wanted("pdfinfo", Purpose::Pdf, &["-v"], &["poppler-utils"]),
    Wanted {
        readable: &["/usr/share/poppler"],
        ..wanted("pdftoppm", Purpose::Pdf, &["-v"], &["poppler-utils"])
    },
    Wanted {
        readable: &["/usr/share/antiword"],
        ..wanted("antiword", Purpose::OldOffice, &["-h"], &["antiword"])
    },
    Wanted { readable: &["/usr/share/catdoc"], ..wanted("catdoc", Purpose::OldOffice, &["-V"], &["catdoc"]) },
    Wanted { readable: &["/usr/share/catdoc"], ..wanted("catppt", Purpose::OldOffice, &["-V"], &["catdoc"]) },
    wanted("bsdtar", Purpose::Archives, &["--version"], &["libarchive-tools"]),
    wanted("bsdcat", Purpose::Archives, &["--version"], &["libarchive-tools"]),
    wanted("readpst", Purpose::Mailboxes, &["-V"], &["pst-utils"]),
];

/// Languages that pages here are written in, and the package of each.
const LANGUAGES: [(&str, &str); 3] =
    [("rus", "tesseract-ocr-rus"), ("ukr", "tesseract-ocr-ukr"), ("eng", "tesseract-ocr-eng")];
/// Where programs lie.
const FOLDERS: [&str; 3] = ["/usr/bin", "/usr/local/bin", "/bin"];

/// The tools that are here, as a sandbox knows them, and our own reader.
pub fn tools() -> Vec<Tool> {
    let own = Tool {
        name: OWN.into(),
        program: Program::Own,
        readable: vec![],
        needs: vec![],
        environment: vec![],
    };
    WANTED.iter().filter_map(|wanted| Some(tool(wanted, &place(wanted)?))).chain([own]).collect()
}

/// Looks for every tool, and asks it in a sandbox for its version; the command that recognises speech stands last, whether one is
/// named or not.
pub fn find(speech: Option<&Speech>) -> (Vec<FoundTool>, Result<Sandbox, Unavailable>) {
    let mut sandbox = Sandbox::start(Setup::of(tools()));
    let mut found: Vec<FoundTool> = WANTED.iter().map(|wanted| look(wanted, sandbox.as_mut().ok())).collect();
    found.push(FoundTool {
        tool: "speech",
        purpose: Purpose::Speech,
        path: speech.map(|speech| speech.program.clone()).filter(|program| program.is_file()),
        // How it would say so is not known.
        version: None,
        missing_languages: Vec::new(),
        missing_parts: Vec::new(),
        packages: Vec::new(),
    });
    (found, sandbox)
}

/// Is this the name of one of ours?
pub(crate) fn is_known(tool: &str) -> bool {
    tool == OWN || WANTED.iter().any(|wanted| wanted.tool == tool)
}

/// The packages that bring what is missing, each once.
pub fn missing_packages(found: &[FoundTool]) -> Vec<&'static str> {
    let lacking =
        found.iter().filter(|tool| tool.path.is_none()).flat_map(|tool| tool.packages.iter().copied());
    let languages = found.iter().flat_map(|tool| &tool.missing_languages);
    let languages = languages.filter_map(|code| Some(LANGUAGES.iter().find(|(known, _)| known == code)?.1));
    let mut all: Vec<&str> = lacking.chain(languages).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// What a tool says of its version, asked in the sandbox.
pub(crate) fn version(sandbox: &mut Sandbox, tool: &str) -> Option<String> {
    let wanted = WANTED.iter().find(|wanted| wanted.tool == tool)?;
    ask(sandbox, wanted.tool, wanted.question).and_then(|said| version_in(&said))
}

fn place(wanted: &Wanted) -> Option<PathBuf> {
    FOLDERS.iter().map(|folder| Path::new(folder).join(wanted.tool)).find(|path| path.is_file())
}

fn tool(wanted: &Wanted, path: &Path) -> Tool {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Tool {
        name: wanted.tool.into(),
        program: Program::Installed(path.to_owned()),
        readable: wanted.readable.iter().map(PathBuf::from).collect(),
        needs: vec![Need::Files, Need::Events],
        environment: wanted.environment.iter().map(owned).collect(),
    }
}

fn look(wanted: &Wanted, sandbox: Option<&mut Sandbox>) -> FoundTool {
    let mut found = FoundTool {
        tool: wanted.tool,
        purpose: wanted.purpose,
        path: place(wanted),
        version: None,
        missing_languages: Vec::new(),
        missing_parts: Vec::new(),
        packages: wanted.package.to_vec(),
    };
    let reads = wanted.tool == "tesseract";
    if found.path.is_none() && reads {
        found.missing_languages = LANGUAGES.map(|(code, _)| code).to_vec();
    }
    if let (Some(_), Some(sandbox)) = (&found.path, sandbox) {
        found.version = version(sandbox, wanted.tool);
        if reads && let Some(said) = ask(sandbox, wanted.tool, &["--list-langs"]) {
            found.missing_languages = lacking(&said);
        }
        if wanted.tool == "ffmpeg"
            && let Some(said) = ask(sandbox, wanted.tool, &["-hide_banner", "-muxers"])
        {
            found.missing_parts = parts_lacking(&said);
        }
    }
    found
}

fn ask(sandbox: &mut Sandbox, tool: &str, arguments: &[&str]) -> Option<String> {
    let limits = Limits { wall: std::time::Duration::from_secs(20), output: 64 << 10, ..Limits::default() };
    let outcome = sandbox.run(Job { tool, arguments, limits }, Input::none().ok()?).ok()?;
    let mut said = String::from_utf8_lossy(&outcome.untrusted_output).into_owned();
    said.push('\n');
    said.push_str(&String::from_utf8_lossy(&outcome.untrusted_complaints));
    Some(said)
}

/// The first word that looks like a version: digits and a point, perhaps behind a `v`.
fn version_in(untrusted: &str) -> Option<String> {
    let words = untrusted.split(|c: char| c.is_whitespace() || c == ',' || c == '(' || c == ')');
    let is_version = |word: &&str| {
        let digits = word.trim_start_matches('v');
        digits.starts_with(|c: char| c.is_ascii_digit())
            && digits.contains('.')
            && word.len() < 40
            && word.chars().all(|c| c.is_ascii_graphic())
    };
    words.take(40).find(is_version).map(|word| word.trim_start_matches('v').to_owned())
}

fn lacking(untrusted: &str) -> Vec<&'static str> {
    let there: Vec<&str> = untrusted.lines().map(str::trim).collect();
    LANGUAGES.iter().map(|(code, _)| *code).filter(|code| !there.contains(code)).collect()
}

/// What is needed of ffmpeg and may not be built in: what sound is compared by.
fn parts_lacking(untrusted: &str) -> Vec<&'static str> {
    let there = untrusted.split_whitespace().any(|word| word == CHROMAPRINT);
    if there { Vec::new() } else { vec![CHROMAPRINT] }
}

const CHROMAPRINT: &str = "chromaprint";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_tools_say() {
        for (said, expected) in [
            (
                "ffmpeg version 5.1.9-0+deb12u1 Copyright (c) 2000-2026 the FFmpeg developers",
                Some("5.1.9-0+deb12u1"),
            ),
            ("pdftotext version 22.12.0\nCopyright 2005-2022", Some("22.12.0")),
            ("bsdtar 3.6.2 - libarchive 3.6.2 zlib/1.2.13", Some("3.6.2")),
            ("tesseract v5.3.0", Some("5.3.0")),
            ("ReadPST / LibPST v0.6.76", Some("0.6.76")),
            ("12.57\n", Some("12.57")),
            ("Catdoc Version 0.95", Some("0.95")),
            ("\tVersion: 0.37  (21 Oct 2005)", Some("0.37")),
            ("no such thing", None),
            ("1.\u{1b}[2J", None),
        ] {
            assert_eq!(version_in(said).as_deref(), expected, "{said}");
        }
    }

    #[test]
    fn languages_that_are_not_listed_are_lacking() {
        let said = "List of available languages in \"/usr/share/tesseract-ocr/5/tessdata/\" (2):\neng\nosd\n";
        assert_eq!(lacking(said), ["rus", "ukr"]);
    }

    #[test]
    fn an_ffmpeg_without_chromaprint_is_told() {
        assert_eq!(parts_lacking(" E caf             Apple CAF\n E crc  CRC testing"), ["chromaprint"]);
        assert!(parts_lacking(" E caf  Apple CAF\n E chromaprint     Chromaprint\n").is_empty());
    }

    #[test]
    fn each_package_is_named_once_and_only_for_what_is_missing() {
        let tool = |tool,
                    path: Option<&str>,
                    packages: &[&'static str],
                    missing_languages: &[&'static str]| FoundTool {
            tool,
            purpose: Purpose::Media,
            path: path.map(PathBuf::from),
            version: None,
            missing_languages: missing_languages.to_vec(),
            missing_parts: Vec::new(),
            packages: packages.to_vec(),
        };
        let found = [
            tool("ffmpeg", None, &["ffmpeg"], &[]),
            tool("ffprobe", None, &["ffmpeg"], &[]),
            tool("tesseract", Some("/usr/bin/tesseract"), &["tesseract-ocr"], &["ukr"]),
            tool("speech", None, &[], &[]),
        ];
        assert_eq!(missing_packages(&found), ["ffmpeg", "tesseract-ocr-ukr"]);
    }
}
