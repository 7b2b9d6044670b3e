//! Every promise of `SECURITY.md` names the tests that show it, and those tests exist.

use super::{Complaint, Tree};

/// The page that makes promises.
const PAGE: &str = "SECURITY.md";
/// Its sections whose parts each make promises; the others assume, or say what is not promised.
const PROMISING: [&str; 2] = ["Who could do what", "Erasure"];

/// Reads the page: each adversary has at least one test, and each test that is named is one and runs.
pub fn check(tree: &Tree) -> Vec<Complaint> {
    let Some(page) = tree.texts.get(PAGE) else {
        return Vec::new();
    };
    let mut complaints = Vec::new();
    for part in parts(page) {
        if !part.rows.iter().any(|row| tests(row).next().is_some()) {
            complaints.push(Complaint::new(PAGE, format!("`{}` names no test that shows it", part.heading)));
        }
        for row in &part.rows {
            if tests(row).next().is_none() {
                complaints.push(Complaint::new(PAGE, format!("this promise names no test: {row}")));
            }
        }
    }
    // Wherever it stands on the page, below what is not promised too.
    for test in tests(page).filter(|test| !is_run(tree, test)) {
        complaints.push(Complaint::new(PAGE, format!("names the test `{test}`, which is not run")));
    }
    complaints
}

/// One adversary, or one subject, with the rows of its table of promises.
struct Part<'a> {
    heading: &'a str,
    rows: Vec<&'a str>,
}

/// The parts that must show what they promise: a section without parts of its own is one.
fn parts(page: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    for section in page.split("\n## ").skip(1) {
        let (title, body) = section.split_once('\n').unwrap_or((section, ""));
        if !PROMISING.contains(&title) {
            continue;
        }
        let mut pieces = body.split("\n### ");
        let own = pieces.next().expect("a text has a beginning");
        let named: Vec<&str> = pieces.collect();
        if named.is_empty() {
            parts.push(Part { heading: title, rows: rows(own) });
        }
        for piece in named {
            let (heading, body) = piece.split_once('\n').unwrap_or((piece, ""));
            parts.push(Part { heading, rows: rows(body) });
        }
    }
    parts
}

/// The rows of a part's table, without its head.
fn rows(body: &str) -> Vec<&str> {
    body.lines().filter(|line| line.starts_with("| ")).skip(1).collect()
}

/// What stands in a text's backticks as `file.rs::name`.
fn tests(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2).filter(|word| word.contains(".rs::"))
}

/// The file has a function of this name that is a test, and not one that is passed over.
fn is_run(tree: &Tree, test: &str) -> bool {
    let Some((path, name)) = test.split_once("::") else {
        return false;
    };
    let Some(text) = tree.texts.get(path) else {
        return false;
    };
    let Some((before, _)) = text.split_once(&format!("fn {name}(")) else {
        return false;
    };
    let above = before.trim_end().lines().rev().map(str::trim);
    let attributes: Vec<&str> = above.take_while(|line| line.starts_with("#[")).collect();
    attributes.contains(&"#[test]") && !attributes.iter().any(|line| line.starts_with("#[ignore"))
}

#[cfg(test)]
mod tests {
    use super::super::tree::made_up;
    use super::*;

    const SHOWN: &str = "# S\n\n## What is assumed\n\nx\n\n## Who could do what\n\n### A thief\n\nno\n\n\
        | promise | shown by |\n|---|---|\n| a | `a.rs::t` |\n\n## Erasure\n\n| p | s |\n|---|---|\n| b | `a.rs::t` |\n";

    fn complaints(page: &str, source: &str) -> usize {
        check(&made_up(&[(PAGE, page), ("a.rs", source)])).len()
    }

    #[test]
    fn a_promise_that_is_shown_is_taken() {
        assert_eq!(complaints(SHOWN, "#[test]\nfn t() {}\n"), 0);
        assert_eq!(complaints(SHOWN, "#[test]\n#[cfg(unix)]\nfn t() {}\n"), 0);
    }

    #[test]
    fn a_test_that_is_not_there_or_not_run_is_named() {
        assert_eq!(complaints(SHOWN, "#[test]\nfn other() {}\n"), 2);
        assert_eq!(complaints(SHOWN, "fn t() {}\n"), 2);
        assert_eq!(complaints(SHOWN, "#[test]\n#[ignore]\nfn t() {}\n"), 2);
    }

    #[test]
    fn a_test_is_looked_for_wherever_the_page_names_it() {
        for place in ["## What is assumed\n\n", "### A thief\n\n", "## What is not promised\n\n* "] {
            let page = format!("{SHOWN}\n## What is not promised\n\n* x\n");
            let there = page.replace(place, &format!("{place}see `a.rs::t`, "));
            let missing = page.replace(place, &format!("{place}see `a.rs::missing`, "));
            assert_ne!(there, page, "{place}");
            assert_eq!(complaints(&there, "#[test]\nfn t() {}\n"), 0, "{place}");
            assert_eq!(complaints(&missing, "#[test]\nfn t() {}\n"), 1, "{place}");
        }
    }

    #[test]
    fn an_adversary_and_a_promise_without_a_test_are_named() {
        let source = "#[test]\nfn t() {}\n";
        let bare = SHOWN.replace("### A thief", "### Nobody\n\nnothing\n\n### A thief");
        assert_eq!(complaints(&bare, source), 1);
        let row = SHOWN.replace("| b | `a.rs::t` |", "| b | `a.rs::t` |\n| c | because |");
        assert_eq!(complaints(&row, source), 1);
    }
}
