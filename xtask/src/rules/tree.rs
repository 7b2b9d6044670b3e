//! Reads the repository once: every path, and the text of every file that is text.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::{fs, io};

/// Folders that hold what is made here, not what is kept here.
const MADE_HERE: &[&str] = &["target", "demo-archive"];
/// Folders with a leading dot that belong to the repository; others are somebody's editor or Git.
const DOT_FOLDERS: &[&str] = &[".ci", ".cargo", ".github"];

/// What the rules look at; paths are relative to the repository and use `/`.
pub struct Tree {
    /// The text of every file that is UTF-8.
    pub texts: BTreeMap<String, String>,
    /// Every file and folder, whatever its content.
    pub paths: BTreeSet<String>,
}

impl Tree {
    /// Reads the folder and all below it; links are not followed.
    pub fn read(root: &Path) -> io::Result<Self> {
        let mut tree = Self { texts: BTreeMap::new(), paths: BTreeSet::new() };
        tree.read_folder(root, "")?;
        Ok(tree)
    }

    /// The texts whose path ends so.
    pub fn ending<'a>(&'a self, ending: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.texts
            .iter()
            .filter(move |(path, _)| path.ends_with(ending))
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }

    fn read_folder(&mut self, folder: &Path, relative: &str) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let path = match relative {
                "" => name.clone(),
                _ => format!("{relative}/{name}"),
            };
            let kind = entry.file_type()?;
            if kind.is_dir() {
                let foreign = name.starts_with('.') && !DOT_FOLDERS.contains(&name.as_str());
                let made = relative.is_empty() && MADE_HERE.contains(&name.as_str());
                if !foreign && !made {
                    self.read_folder(&entry.path(), &path)?;
                    self.paths.insert(path);
                }
            } else if kind.is_file() && name != ".git" {
                if let Ok(text) = String::from_utf8(fs::read(entry.path())?) {
                    self.texts.insert(path.clone(), text);
                }
                self.paths.insert(path);
            }
        }
        Ok(())
    }
}

/// A made-up repository in a temporary folder, for the tests of the rules.
#[cfg(test)]
pub fn made_up(files: &[(&str, &str)]) -> Tree {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    Tree::read(folder.path()).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_here_is_not_read() {
        let tree = made_up(&[
            ("target/a.rs", ""),
            (".git/config", ""),
            (".ci/run", "x"),
            ("crates/target/b.rs", ""),
        ]);
        let texts: Vec<_> = tree.texts.keys().collect();
        assert_eq!(texts, [".ci/run", "crates/target/b.rs"]);
        assert!(tree.paths.contains(".ci"));
        assert!(!tree.paths.contains("target"));
    }
}
