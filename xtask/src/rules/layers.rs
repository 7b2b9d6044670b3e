//! Dependencies between our crates point down only: faces, work, hands, nouns, proofs.

use super::manifest::{Kind, dependencies, package_name};
use super::{Complaint, Tree};

/// Each crate and its layer, the lowest first. A new crate is put here and into the architecture document.
const LAYERS: &[(&str, u8)] = &[
    ("vidimus-proof", 0),
    ("vidimus-seal", 0),
    ("vidimus-model", 1),
    ("vidimus-ledger", 2),
    ("vidimus-vault", 2),
    ("vidimus-folds", 2),
    ("vidimus-examine", 2),
    ("vidimus-sandbox", 2),
    ("vidimus-package", 2),
    ("vidimus-archive", 3),
    ("vidimus-cli", 4),
    ("vidimus-web", 4),
    ("vidimus-verify", 4),
    ("xtask", 5),
    ("vidimus-harness", 5),
    ("vidimus-fuzz", 5),
];

/// Who may use whom within a layer.
const SIDEWAYS: &[(&str, &str)] = &[
    ("vidimus-examine", "vidimus-sandbox"),
    // Keys sign what proofs check, so both must mean the same bytes.
    ("vidimus-seal", "vidimus-proof"),
];

/// Who reaches these crates of ours and no other, whatever its layer.
const REACHES_ONLY: &[(&str, &[&str])] = &[
    // A court's expert reads the verifier in a day: it is small, and what it uses is pure.
    ("vidimus-verify", &["vidimus-proof"]),
];

/// Reads every manifest. Tests may look sideways and past the walls, but never up.
pub fn check(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (path, manifest) in tree.ending("Cargo.toml") {
        let Some(user) = package_name(manifest) else {
            continue;
        };
        let Some(upper) = layer(user) else {
            complaints.push(Complaint::new(
                path,
                format!("`{user}` stands in no layer; name it in xtask/src/rules/layers.rs"),
            ));
            continue;
        };
        for dependency in dependencies(manifest) {
            let used = dependency.package;
            let Some(lower) = layer(used) else { continue };
            let test = dependency.kind == Kind::Dev;
            let sideways = lower == upper && (test || SIDEWAYS.contains(&(user, used)));
            let walled =
                REACHES_ONLY.iter().any(|(walled, allowed)| *walled == user && !allowed.contains(&used));
            if lower >= upper && !sideways {
                complaints.push(Complaint::new(
                    path,
                    format!("`{user}` may not use `{used}`: dependencies point down only"),
                ));
            } else if walled && !test {
                complaints.push(Complaint::new(
                    path,
                    format!("`{user}` may not use `{used}`: a wall stands between them"),
                ));
            }
        }
    }
    complaints
}

fn layer(name: &str) -> Option<u8> {
    let found = LAYERS.iter().find(|(known, _)| *known == name);
    found.map(|(_, layer)| *layer)
}

#[cfg(test)]
mod tests {
    use super::super::tree::made_up;
    use super::*;

    fn complaints_about(user: &str, section: &str, used: &str) -> usize {
        let manifest = format!("[package]\nname = \"{user}\"\n[{section}]\n{used}.workspace = true\n");
        check(&made_up(&[("crates/x/Cargo.toml", &manifest)])).len()
    }

    #[test]
    fn down_is_allowed_up_and_sideways_are_not() {
        let normal = "dependencies";
        assert_eq!(complaints_about("vidimus-archive", normal, "vidimus-vault"), 0);
        assert_eq!(complaints_about("vidimus-vault", normal, "vidimus-archive"), 1);
        assert_eq!(complaints_about("vidimus-vault", normal, "vidimus-ledger"), 1);
        assert_eq!(complaints_about("vidimus-seal", normal, "vidimus-proof"), 0);
        assert_eq!(complaints_about("vidimus-proof", normal, "vidimus-seal"), 1);
    }

    #[test]
    fn the_verifier_reaches_only_proof() {
        let normal = "dependencies";
        assert_eq!(complaints_about("vidimus-verify", normal, "vidimus-proof"), 0);
        assert_eq!(complaints_about("vidimus-verify", normal, "vidimus-seal"), 1);
        assert_eq!(complaints_about("vidimus-verify", "dev-dependencies", "vidimus-archive"), 0);
    }

    #[test]
    fn tests_may_look_sideways_but_not_up() {
        let dev = "dev-dependencies";
        assert_eq!(complaints_about("vidimus-ledger", dev, "vidimus-vault"), 0);
        assert_eq!(complaints_about("vidimus-ledger", dev, "vidimus-cli"), 1);
    }

    #[test]
    fn a_crate_without_a_layer_is_named() {
        assert_eq!(complaints_about("vidimus-misc", "dependencies", "serde"), 1);
    }
}
