//! The rules of the repository that a machine can keep, each in one file, each over the same reading of the tree.

mod dependencies;
mod documents;
mod layers;
mod manifest;
mod openings;
mod promises;
mod purity;
mod tree;
mod words;

use std::fmt;
use std::path::{Path, PathBuf};

pub use tree::Tree;

/// Where a rule is broken and how.
#[derive(Debug, PartialEq, Eq)]
pub struct Complaint {
    /// The file, relative to the repository.
    pub path: String,
    /// What is wrong and what would be right, as one clause.
    pub says: String,
}

impl Complaint {
    fn new(path: impl Into<String>, says: impl Into<String>) -> Self {
        Self { path: path.into(), says: says.into() }
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.says)
    }
}

/// The folder of this repository: the one that Cargo runs in now, for a build may have been carried over from another.
pub fn repository() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&here).parent().expect("xtask lies one folder below the repository").to_owned()
}

/// Every complaint of every rule about one tree; empty when all are kept.
pub fn check(tree: &Tree) -> Vec<Complaint> {
    let rules = [
        layers::check,
        purity::check,
        openings::check,
        documents::check,
        promises::check,
        dependencies::check,
        words::check,
    ];
    rules.iter().flat_map(|rule| rule(tree)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_repository_keeps_its_rules() {
        let tree = Tree::read(&repository()).unwrap();
        let complaints: Vec<String> = check(&tree).iter().map(ToString::to_string).collect();
        assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
    }
}
