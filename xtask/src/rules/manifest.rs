//! Reads of a `Cargo.toml` only what the rules ask: the name, and each dependency with its kind and line.

/// When a dependency is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// For the crate itself, or for its build script.
    Normal,
    /// For its tests only.
    Dev,
    /// Named once for all members.
    Workspace,
}

/// One dependency as written.
#[derive(Debug, PartialEq, Eq)]
pub struct Dependency<'a> {
    /// The package, also where it was renamed.
    pub package: &'a str,
    /// When it is built.
    pub kind: Kind,
    /// What stands on its line, or in its table.
    pub value: String,
    /// The line above it; empty at the top.
    pub above: &'a str,
}

/// The `name` of the `[package]`, if there is one.
pub fn package_name(manifest: &str) -> Option<&str> {
    let (_, rest) = manifest.split_once("[package]")?;
    let line = rest.lines().find(|line| key(line) == Some("name"))?;
    quoted(line)
}

/// Every dependency of every kind, in the order written, also those of one target only.
pub fn dependencies(manifest: &str) -> Vec<Dependency<'_>> {
    let mut found: Vec<Dependency<'_>> = Vec::new();
    let mut section = Section::Other;
    let mut above = "";
    for line in manifest.lines() {
        let trimmed = line.trim();
        if trimmed.starts_with('[') {
            section = Section::of(trimmed);
            if let Section::One(kind, package) = section {
                found.push(Dependency { package, kind, value: String::new(), above });
            }
        } else if !trimmed.is_empty() && !trimmed.starts_with('#') {
            match section {
                Section::Many(kind) => {
                    if let Some(name) = key(trimmed) {
                        found.push(Dependency {
                            package: renamed(trimmed).unwrap_or(name),
                            kind,
                            value: trimmed.to_owned(),
                            above,
                        });
                    }
                }
                Section::One(..) => {
                    if let Some(last) = found.last_mut() {
                        last.package = match key(trimmed) {
                            Some("package") => quoted(trimmed).unwrap_or(last.package),
                            _ => last.package,
                        };
                        last.value.push_str(trimmed);
                    }
                }
                Section::Other => {}
            }
        }
        above = trimmed;
    }
    found
}

#[derive(Clone, Copy)]
enum Section<'a> {
    Many(Kind),
    One(Kind, &'a str),
    Other,
}

impl<'a> Section<'a> {
    /// `[dependencies]`, `[target.'cfg(unix)'.dev-dependencies]`, `[dependencies.name]` and their kin.
    fn of(header: &'a str) -> Self {
        let inner = header.trim_matches(['[', ']']);
        for (word, kind) in [
            ("workspace.dependencies", Kind::Workspace),
            ("dev-dependencies", Kind::Dev),
            ("build-dependencies", Kind::Normal),
            ("dependencies", Kind::Normal),
        ] {
            if inner == word || inner.ends_with(&format!(".{word}")) {
                return Self::Many(kind);
            }
            if let Some((before, name)) = inner.rsplit_once('.')
                && (before == word || before.ends_with(&format!(".{word}")))
            {
                return Self::One(kind, name.trim_matches('"'));
            }
        }
        Self::Other
    }
}

/// The first part of a line's key: `serde` of `serde.workspace = true`; nothing on a line that goes on an earlier one.
fn key(line: &str) -> Option<&str> {
    let (key, _) = line.split_once('=')?;
    let name = key.trim().split('.').next()?.trim_matches('"');
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (!name.is_empty() && name.chars().all(plain)).then_some(name)
}

fn renamed(line: &str) -> Option<&str> {
    let (_, after) = line.split_once("package")?;
    after.trim_start().starts_with('=').then(|| quoted(after)).flatten()
}

fn quoted(line: &str) -> Option<&str> {
    line.split('"').nth(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_writing_a_dependency_is_read() {
        let manifest = r#"
[package]
name = "vidimus-thing"
edition = "2024"
[dependencies]
serde.workspace = true
# why
other = { package = "renamed", version = "1" }
[dependencies.tabled]
workspace = true
[target.'cfg(unix)'.dependencies]
unixish = "1"
[dev-dependencies]
tempfile.workspace = true
[build-dependencies]
cc = "1"
[workspace.dependencies]
hex = "0.4"
[lints]
workspace = true
"#;
        assert_eq!(package_name(manifest), Some("vidimus-thing"));
        let found: Vec<_> = dependencies(manifest)
            .into_iter()
            .map(|dependency| (dependency.package, dependency.kind))
            .collect();
        assert_eq!(
            found,
            [
                ("serde", Kind::Normal),
                ("renamed", Kind::Normal),
                ("tabled", Kind::Normal),
                ("unixish", Kind::Normal),
                ("tempfile", Kind::Dev),
                ("cc", Kind::Normal),
                ("hex", Kind::Workspace),
            ]
        );
        assert_eq!(dependencies(manifest)[1].above, "# why");
    }
}
