//! The programs of the system that open files for us: which are there, which version says what, what brings the rest.

use std::path::{Path, PathBuf};

use serde::Serialize;
use vidimus_sandbox::{Input, Job, Limits, Need, Program, Sandbox, Setup, Tool, Unavailable};

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
    /// Office documents of today.
    Office,
    /// Office documents of the nineties.
    OldOffice,
    /// Members of archives.
    Archives,
    /// Outlook mailboxes.
    Mailboxes,
    /// Facts that cameras and programs write into files.
    Metadata,
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
    /// The Debian packages that bring it; none where Debian has none.
    pub packages: Vec<&'static str>,
}

/// How a tool is found and asked.
struct Wanted {
    tool: &'static str,
    purpose: Purpose,
    /// A name in the folders of programs, or an absolute path.
    place: &'static str,
    question: &'static [&'static str],
    package: &'static [&'static str],
}

const fn wanted(
    tool: &'static str,
    purpose: Purpose,
    question: &'static [&'static str],
    package: &'static [&'static str],
) -> Wanted {
    Wanted { tool, purpose, place: tool, question, package }
}

const WANTED: [Wanted; 13] = [
    wanted("ffmpeg", Purpose::Media, &["-version"], &["ffmpeg"]),
    wanted("ffprobe", Purpose::Media, &["-version"], &["ffmpeg"]),
    wanted("tesseract", Purpose::Ocr, &["--version"], &["tesseract-ocr"]),
    wanted("pdftotext", Purpose::Pdf, &["-v"], &["poppler-utils"]),
    wanted("pdftoppm", Purpose::Pdf, &["-v"], &["poppler-utils"]),
    Wanted {
        tool: "libreoffice",
        purpose: Purpose::Office,
        place: "/usr/lib/libreoffice/program/soffice.bin",
        question: &["--version"],
        package: &["libreoffice-writer-nogui", "libreoffice-calc-nogui", "libreoffice-impress-nogui"],
    },
    wanted("antiword", Purpose::OldOffice, &["-h"], &["antiword"]),
    wanted("catdoc", Purpose::OldOffice, &["-V"], &["catdoc"]),
    wanted("bsdtar", Purpose::Archives, &["--version"], &["libarchive-tools"]),
    wanted("readpst", Purpose::Mailboxes, &["-V"], &["pst-utils"]),
    wanted("exiftool", Purpose::Metadata, &["-ver"], &["libimage-exiftool-perl"]),
    wanted("c2patool", Purpose::Metadata, &["--version"], &[]),
    wanted("whisper-cli", Purpose::Speech, &["--help"], &[]),
];

/// Languages that pages here are written in, and the package of each.
const LANGUAGES: [(&str, &str); 3] =
    [("rus", "tesseract-ocr-rus"), ("ukr", "tesseract-ocr-ukr"), ("eng", "tesseract-ocr-eng")];
/// Where programs lie.
const FOLDERS: [&str; 3] = ["/usr/bin", "/usr/local/bin", "/bin"];
/// Asks for the languages of tesseract.
const LANGUAGES_OF: &str = "tesseract-languages";

/// Looks for every tool, and asks it in a sandbox for its version.
pub fn find() -> (Vec<FoundTool>, Result<Sandbox, Unavailable>) {
    let places: Vec<Option<PathBuf>> = WANTED.iter().map(place).collect();
    let mut tools: Vec<Tool> = WANTED
        .iter()
        .zip(&places)
        .filter_map(|(wanted, path)| Some(tool(wanted.tool, path.as_ref()?)))
        .collect();
    if let Some(path) = WANTED
        .iter()
        .zip(&places)
        .find(|(wanted, _)| wanted.tool == "tesseract")
        .and_then(|(_, p)| p.as_ref())
    {
        tools.push(tool(LANGUAGES_OF, path));
    }
    let mut sandbox = Sandbox::start(Setup::of(tools));
    let found =
        WANTED.iter().zip(places).map(|(wanted, path)| look(wanted, path, sandbox.as_mut().ok())).collect();
    (found, sandbox)
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

fn place(wanted: &Wanted) -> Option<PathBuf> {
    FOLDERS.iter().map(|folder| Path::new(folder).join(wanted.place)).find(|path| path.is_file())
}

/// As a tool of the sandbox. One that is a script is run by its interpreter, for only programs are executed there.
fn tool(name: &str, path: &Path) -> Tool {
    let (program, mut readable) = match interpreter(path) {
        Some(interpreter) => (interpreter, vec![path.to_owned()]),
        None => (path.to_owned(), vec![]),
    };
    let folders =
        ["/usr/share/tesseract-ocr", "/usr/share/perl", "/usr/share/perl5", "/etc/perl", "/etc/libreoffice"];
    readable.extend(folders.map(PathBuf::from));
    let needs = vec![Need::Files, Need::Events];
    Tool { name: name.into(), program: Program::Installed(program), readable, needs, environment: vec![] }
}

/// The program that the first line of a script names.
fn interpreter(path: &Path) -> Option<PathBuf> {
    use std::io::Read as _;
    let mut begin = [0; 128];
    let length = std::fs::File::open(path).ok()?.read(&mut begin).ok()?;
    let line = std::str::from_utf8(begin.get(..length)?).ok()?.strip_prefix("#!")?.lines().next()?;
    Some(PathBuf::from(line.split_whitespace().next()?))
}

fn look(wanted: &Wanted, path: Option<PathBuf>, sandbox: Option<&mut Sandbox>) -> FoundTool {
    let mut found = FoundTool {
        tool: wanted.tool,
        purpose: wanted.purpose,
        path: None,
        version: None,
        missing_languages: Vec::new(),
        packages: wanted.package.to_vec(),
    };
    let Some(path) = path else {
        if wanted.tool == "tesseract" {
            found.missing_languages = LANGUAGES.map(|(code, _)| code).to_vec();
        }
        return found;
    };
    if let Some(sandbox) = sandbox {
        let script = interpreter(&path).map(|_| path.to_string_lossy().into_owned());
        let words: Vec<&str> = script.as_deref().into_iter().chain(wanted.question.iter().copied()).collect();
        found.version = ask(sandbox, wanted.tool, &words).and_then(|said| version(&said));
        if wanted.tool == "tesseract"
            && let Some(said) = ask(sandbox, LANGUAGES_OF, &["--list-langs"])
        {
            found.missing_languages = lacking(&said);
        }
    }
    found.path = Some(path);
    found
}

fn ask(sandbox: &mut Sandbox, tool: &str, arguments: &[&str]) -> Option<String> {
    let limits = Limits {
        wall: std::time::Duration::from_secs(20),
        // An interpreter reserves much and uses little.
        memory: 4 << 30,
        output: 64 << 10,
        ..Limits::default()
    };
    let outcome = sandbox.run(Job { tool, arguments, limits }, Input::none().ok()?).ok()?;
    let mut said = String::from_utf8_lossy(&outcome.untrusted_output).into_owned();
    said.push('\n');
    said.push_str(&String::from_utf8_lossy(&outcome.untrusted_complaints));
    Some(said)
}

/// The first word that looks like a version: digits and a point, perhaps behind a `v`.
fn version(untrusted: &str) -> Option<String> {
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
            assert_eq!(version(said).as_deref(), expected, "{said}");
        }
    }

    #[test]
    fn languages_that_are_not_listed_are_lacking() {
        let said = "List of available languages in \"/usr/share/tesseract-ocr/5/tessdata/\" (2):\neng\nosd\n";
        assert_eq!(lacking(said), ["rus", "ukr"]);
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
            packages: packages.to_vec(),
        };
        let found = [
            tool("ffmpeg", None, &["ffmpeg"], &[]),
            tool("ffprobe", None, &["ffmpeg"], &[]),
            tool("tesseract", Some("/usr/bin/tesseract"), &["tesseract-ocr"], &["ukr"]),
            tool("whisper-cli", None, &[], &[]),
        ];
        assert_eq!(missing_packages(&found), ["ffmpeg", "tesseract-ocr-ukr"]);
    }
}
