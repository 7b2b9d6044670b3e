//! Each source file opens with one sentence that says what it is for, and is short enough to be read.

use super::{Complaint, Tree};

/// Lines after which a file is looked at again; a number that asks, not a law.
const LONG: usize = 500;

/// Files that were looked at and stay long, each with its reason.
const LONG_FILES: &[(&str, &str)] = &[];

/// Reads every Rust file.
pub fn check(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = without_a_sentence(tree);
    complaints.extend(too_long(tree, LONG_FILES));
    complaints
}

fn without_a_sentence(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (path, text) in tree.ending(".rs") {
        if !opens_with_a_sentence(text) {
            complaints.push(Complaint::new(
                path,
                "the first line must be `//! ` and a sentence that says what the file is for, with its period",
            ));
        }
    }
    complaints
}

fn too_long(tree: &Tree, allowed: &[(&str, &str)]) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    let length = |path: &str| tree.texts.get(path).map_or(0, |text| text.lines().count());
    for (path, _) in tree.ending(".rs") {
        let known = allowed.iter().any(|(known, _)| *known == path);
        if length(path) > LONG && !known {
            complaints.push(Complaint::new(
                path,
                format!(
                    "{} lines: divide it, or give the reason in xtask/src/rules/openings.rs",
                    length(path)
                ),
            ));
        }
    }
    for (path, _) in allowed {
        if length(path) <= LONG {
            complaints.push(Complaint::new(*path, "is excused for its length and is not long"));
        }
    }
    complaints
}

/// The first paragraph is inner documentation and ends as a sentence does.
fn opens_with_a_sentence(text: &str) -> bool {
    let paragraph: Vec<&str> = text.lines().map_while(|line| line.strip_prefix("//! ")).collect();
    let first = paragraph.first().map_or("", |line| line.trim());
    let begins = first.starts_with(|c: char| c.is_uppercase() || c == '`');
    begins && paragraph.last().is_some_and(|line| line.trim_end().ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::super::tree::made_up;
    use super::*;

    fn complaints_about(source: &str) -> usize {
        without_a_sentence(&made_up(&[("crates/x/src/lib.rs", source)])).len()
    }

    #[test]
    fn a_file_opens_with_a_sentence() {
        assert_eq!(complaints_about("//! Does one thing.\n\nfn f() {}\n"), 0);
        assert_eq!(complaints_about("//! Does one thing\n//! over two lines.\n//!\n//! More"), 0);
    }

    #[test]
    fn a_file_that_does_not_is_named() {
        assert_eq!(complaints_about(""), 1);
        assert_eq!(complaints_about("fn f() {}\n"), 1);
        assert_eq!(complaints_about("\n//! Does one thing.\n"), 1);
        assert_eq!(complaints_about("//! does one thing.\n"), 1);
        assert_eq!(complaints_about("//! Does one thing\n//!\n//! And more.\n"), 1);
    }

    #[test]
    fn a_long_file_needs_a_reason_and_a_reason_needs_a_long_file() {
        let long = format!("//! Long.\n{}", "\n".repeat(LONG));
        let tree = made_up(&[("a.rs", &long), ("b.rs", "//! Short.\n")]);
        assert_eq!(too_long(&tree, &[]).len(), 1);
        assert_eq!(too_long(&tree, &[("a.rs", "a table")]).len(), 0);
        let stale = [("a.rs", "a table"), ("b.rs", "was long")];
        assert_eq!(too_long(&tree, &stale).len(), 1);
    }
}
