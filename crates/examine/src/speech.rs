//! The program that recognises speech: one that the archive's settings name, run in the sandbox like any other.

use std::fs;
use std::path::{Path, PathBuf};

use vidimus_sandbox::{INPUT, Need, Program, Tool};

use crate::tools;

/// What stands in a command where the sound is to be named.
pub const SOUND: &str = "{sound}";

/// A command that writes what is said in a recording to its standard output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speech {
    /// The program, by its absolute path.
    pub program: PathBuf,
    /// Its arguments; [`SOUND`] in one of them becomes the name of a WAV file of 16,000 samples a second, one channel.
    pub arguments: Vec<String>,
    /// What it reads besides libraries: models, scripts. What arguments name is added.
    pub readable: Vec<PathBuf>,
    /// Address space that it may take, in bytes.
    pub memory: u64,
}

impl Speech {
    /// Its name in records: that of the program's file.
    pub fn name(&self) -> String {
        let name = self.program.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.unwrap_or_default();
        // Another's name would have another's rights in the sandbox.
        if tools::is_known(&name) { format!("speech {name}") } else { name }
    }

    /// As a sandbox knows it; none where the program is not there.
    pub(crate) fn tool(&self) -> Option<Tool> {
        let program = fs::canonicalize(&self.program).ok().filter(|path| path.is_file())?;
        let named = self.arguments.iter().map(Path::new).filter(|path| path.is_absolute());
        let readable = self.readable.iter().map(PathBuf::as_path).chain(named);
        Some(Tool {
            name: self.name(),
            program: Program::Installed(program),
            // In the sandbox there are no links that lead elsewhere.
            readable: readable.filter_map(|path| fs::canonicalize(path).ok()).collect(),
            needs: vec![Need::Files, Need::Events],
            environment: vec![("LC_ALL".into(), "C.UTF-8".into())],
        })
    }

    /// The arguments as they are run.
    pub(crate) fn call(&self) -> Vec<String> {
        let seen = |word: &String| {
            let path = Path::new(word);
            let there = path.is_absolute().then(|| fs::canonicalize(path).ok()).flatten();
            there
                .and_then(|path| path.to_str().map(str::to_owned))
                .unwrap_or_else(|| word.replace(SOUND, INPUT))
        };
        self.arguments.iter().map(seen).collect()
    }
}
