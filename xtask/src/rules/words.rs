//! What a stranger should not meet: paths of one person's machine, and notes that something is unfinished.

use super::{Complaint, Tree};

/// Top folders that exist on one machine only.
const OWN_FOLDERS: &[&str] = &["work", "root", "home", "Users", "tmp/w"];

/// Notes to oneself, in halves so that this table does not name itself.
const UNFINISHED: &[(&str, &str)] = &[("TO", "DO"), ("FIX", "ME"), ("to", "do!("), ("unimple", "mented!(")];

/// Reads every text but the test vectors, which are bytes of others.
pub fn check(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (path, text) in &tree.texts {
        if path.contains("vectors/") || path == "Cargo.lock" {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            for found in found_in(line) {
                let says = format!("line {}: `{found}` does not belong here", number + 1);
                complaints.push(Complaint::new(path, says));
            }
        }
    }
    complaints
}

fn found_in(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    for folder in OWN_FOLDERS {
        let path = format!("/{folder}/");
        let begins = |at: usize| {
            let before = line[..at].chars().next_back();
            !before.is_some_and(|c| c.is_alphanumeric() || "/._-}".contains(c))
        };
        if line.match_indices(&path).any(|(at, _)| begins(at)) {
            found.push(path);
        }
    }
    for (head, tail) in UNFINISHED {
        let word = format!("{head}{tail}");
        if line.contains(&word) {
            found.push(word);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::tree::made_up;
    use super::*;

    fn complaints_about(line: &str) -> usize {
        check(&made_up(&[("a.txt", line)])).len()
    }

    #[test]
    fn a_machine_and_a_note_to_oneself_are_named() {
        for folder in OWN_FOLDERS {
            assert_eq!(complaints_about(&format!("see /{folder}/vidimus")), 1);
        }
        for (head, tail) in UNFINISHED {
            assert_eq!(complaints_about(&format!("// {head}{tail}")), 1);
        }
    }

    #[test]
    fn our_own_folders_are_not() {
        assert_eq!(complaints_about("crates/work/src, ./root/x, https://a.example/home/"), 0);
    }
}
