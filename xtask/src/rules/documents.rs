//! Every path of the repository that a document names exists.

use std::collections::BTreeSet;

use super::{Complaint, Tree};

/// Beginnings of paths that a specification names before the code that they check exists, each with its reason.
const AHEAD: &[(&str, &str)] = &[];

/// Reads the Markdown files: paths in backticks, and links that stay in the repository.
pub fn check(tree: &Tree) -> Vec<Complaint> {
    check_but(tree, AHEAD)
}

fn check_but(tree: &Tree, ahead: &[(&str, &str)]) -> Vec<Complaint> {
    let folders: BTreeSet<&str> =
        tree.paths.iter().filter_map(|path| path.split_once('/')).map(|(top, _)| top).collect();
    let mut complaints = Vec::new();
    let mut used = BTreeSet::new();
    for (document, text) in tree.ending(".md") {
        let prose = without_fences(text);
        let named = in_backticks(&prose).filter(|word| is_path(word, &folders));
        for path in named.chain(links(&prose)) {
            if exists(tree, document, path) {
                continue;
            }
            match ahead.iter().find(|(beginning, _)| path.starts_with(beginning)) {
                Some((beginning, _)) => {
                    used.insert(*beginning);
                }
                None => {
                    complaints.push(Complaint::new(document, format!("names `{path}`, which does not exist")))
                }
            }
        }
    }
    for (beginning, _) in ahead.iter().filter(|(beginning, _)| !used.contains(beginning)) {
        complaints.push(Complaint::new(
            *beginning,
            "is excused as absent in xtask/src/rules/documents.rs, and nothing is absent",
        ));
    }
    complaints
}

/// The text without fenced blocks, which show commands and the contents of other folders.
fn without_fences(text: &str) -> String {
    let mut fenced = false;
    let mut prose = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            prose.push_str(line);
            prose.push('\n');
        }
    }
    prose
}

/// What stands between single backticks; a span does not reach over a paragraph.
fn in_backticks(prose: &str) -> impl Iterator<Item = &str> {
    prose.split("\n\n").flat_map(|paragraph| paragraph.split('`').skip(1).step_by(2))
}

/// A path of ours begins with a folder that lies at the top of the repository, or is a document or manifest.
fn is_path(word: &str, folders: &BTreeSet<&str>) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "._-/".contains(c);
    if word.is_empty() || !word.chars().all(plain) || word.starts_with('/') {
        return false;
    }
    match word.split_once('/') {
        Some((top, _)) => folders.contains(top),
        None => {
            [".md", ".toml", ".rs"].iter().any(|ending| word.len() > ending.len() && word.ends_with(ending))
        }
    }
}

/// Targets of `[text](target)` without a scheme, without their fragment.
fn links(prose: &str) -> impl Iterator<Item = &str> {
    prose
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(target, _)| target.split('#').next().unwrap_or_default())
        .filter(|target| !target.is_empty() && !target.contains(':'))
}

/// From the top, or from the document's own folder.
fn exists(tree: &Tree, document: &str, path: &str) -> bool {
    let folder = document.rsplit_once('/').map_or("", |(folder, _)| folder);
    let own = normal(&format!("{folder}/{path}"));
    let top = normal(path);
    [own, top].iter().any(|found| found.as_ref().is_some_and(|found| tree.paths.contains(found)))
}

/// Without `.`, `..` and doubled slashes; nothing where it leaves the repository.
fn normal(path: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::super::tree::made_up;
    use super::*;

    fn complaints_about(document: &str) -> Vec<String> {
        let tree =
            made_up(&[("docs/format/bag.md", ""), ("docs/guide.md", document), ("crates/x/src/lib.rs", "")]);
        check_but(&tree, &[]).into_iter().map(|it| it.says).collect()
    }

    #[test]
    fn paths_that_exist_pass() {
        let none: [String; 0] = [];
        assert_eq!(complaints_about("see `docs/format/bag.md` and `docs/format/`"), none);
        assert_eq!(complaints_about("see [bags](format/bag.md#files)"), none);
        assert_eq!(complaints_about("see [it](https://example.org/x.md)"), none);
        assert_eq!(complaints_about("the bag's `data/01.mp4`, `a/b`, `--json`"), none);
        assert_eq!(complaints_about("```\n`docs/missing.md`\n```\n"), none);
    }

    #[test]
    fn an_excuse_ends_when_the_file_comes() {
        let document = ("docs/guide.md", "see `docs/later.py`");
        let ahead = [("docs/later.py", "comes later")];
        assert_eq!(check_but(&made_up(&[document]), &ahead).len(), 0);
        assert_eq!(check_but(&made_up(&[document]), &[]).len(), 1);
        let come = made_up(&[document, ("docs/later.py", "")]);
        assert_eq!(check_but(&come, &ahead).len(), 1);
    }

    #[test]
    fn paths_that_do_not_are_named() {
        let missing = ["names `docs/missing.md`, which does not exist"];
        assert_eq!(complaints_about("see `docs/missing.md`"), missing);
        assert_eq!(complaints_about("see `MISSING.md`"), ["names `MISSING.md`, which does not exist"]);
        assert_eq!(
            complaints_about("see [it](../crates/y/)"),
            ["names `../crates/y/`, which does not exist"]
        );
        assert_eq!(complaints_about("`crates/x/src/gone.rs`").len(), 1);
    }
}
