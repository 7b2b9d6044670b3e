//! The crates that a court reads touch no clock, disk, network or randomness that they were not given.

use super::manifest::{Kind, dependencies};
use super::{Complaint, Tree};

/// The pure crates, by folder.
const PURE: &[&str] = &["crates/proof", "crates/model"];

/// What is named by its full path or on its own.
const NAMES: &[&str] =
    &["std::fs", "std::net", "std::env", "std::process", "SystemTime", "Instant", "getrandom", "thread_rng"];

/// Calls that read a clock, whatever the type before them.
const CALLS: &[&str] = &["::now("];

/// Modules of `std` that may not stand in a group such as `use std::{fs, io}`.
const STD_MODULES: &[&str] = &["fs", "net", "env", "process"];

/// Packages that bring what is forbidden.
const PACKAGES: &[&str] = &["getrandom", "rand", "rustix", "libc", "rusqlite", "ureq"];

/// Reads the sources (not their tests, which read vectors from the disk) and the manifests.
pub fn check(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for folder in PURE {
        let source = format!("{folder}/src/");
        for (path, text) in tree.ending(".rs") {
            if path.starts_with(&source) && !path.ends_with("/tests.rs") {
                for name in impurities(&code(text)) {
                    complaints.push(Complaint::new(
                        path,
                        format!("a pure crate may not mention `{name}`; take what it gives as an argument"),
                    ));
                }
            }
        }
        let manifest = format!("{folder}/Cargo.toml");
        let text = tree.texts.get(&manifest).map_or("", String::as_str);
        for dependency in dependencies(text) {
            if dependency.kind == Kind::Normal && PACKAGES.contains(&dependency.package) {
                complaints.push(Complaint::new(
                    &manifest,
                    format!("a pure crate may not use `{}`", dependency.package),
                ));
            }
        }
    }
    complaints
}

/// The text without comments and without the modules of tests that end a file.
fn code(text: &str) -> String {
    let mut kept = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let next = lines.peek().copied().unwrap_or_default();
        if line.trim() == "#[cfg(test)]" && next.contains("mod ") && next.ends_with('{') {
            break;
        }
        kept.push_str(line.split("//").next().unwrap_or_default());
        kept.push('\n');
    }
    kept
}

fn impurities(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for name in NAMES {
        if has_word(code, name) {
            found.push((*name).to_owned());
        }
    }
    for call in CALLS {
        if code.contains(call) {
            found.push((*call).to_owned());
        }
    }
    for group in code.split("std::{").skip(1) {
        for module in STD_MODULES {
            if heads(group).contains(module) {
                found.push(format!("std::{module}"));
            }
        }
    }
    found
}

/// Whether the word stands there whole, and not as a part of a longer name.
fn has_word(code: &str, word: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        !before.is_some_and(inside) && !after.is_some_and(inside)
    })
}

/// The first name of each member of a group that begins behind its opening brace.
fn heads(group: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let mut start = 0;
    let mut members = Vec::new();
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                members.push(&group[start..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                members.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    members.into_iter().map(|member| member.split("::").next().unwrap_or_default().trim()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tree::made_up;
    use super::*;

    fn complaints_about(source: &str) -> usize {
        check(&made_up(&[("crates/proof/src/lib.rs", source)])).len()
    }

    #[test]
    fn a_clock_a_disk_and_randomness_are_named() {
        assert_eq!(complaints_about("use std::fs::File;"), 1);
        assert_eq!(complaints_about("use std::{fmt, io::{self, Read}, net};"), 1);
        assert_eq!(complaints_about("let t: SystemTime = given;"), 1);
        assert_eq!(complaints_about("let t = jiff::Timestamp::now();"), 1);
        assert_eq!(complaints_about("getrandom::fill(&mut salt);"), 1);
    }

    #[test]
    fn comments_longer_names_and_tests_are_not() {
        assert_eq!(complaints_about("// never std::fs here"), 0);
        assert_eq!(complaints_about("struct Instantly;"), 0);
        assert_eq!(complaints_about("use std::{fmt, str::FromStr};"), 0);
        assert_eq!(complaints_about("fn f() {}\n#[cfg(test)]\nmod tests {\n use std::fs;\n}\n"), 0);
    }

    #[test]
    fn a_package_that_brings_the_system_is_named() {
        let manifest =
            "[dependencies]\ngetrandom.workspace = true\n[dev-dependencies]\nrand.workspace = true\n";
        let tree = made_up(&[("crates/model/Cargo.toml", manifest)]);
        assert_eq!(check(&tree).len(), 1);
    }
}
