//! Every dependency says why it is here, once, and all crates take it with the same features.

use super::manifest::{Kind, dependencies};
use super::{Complaint, Tree};

/// Reads the manifest of the workspace and those of its members.
pub fn check(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (path, manifest) in tree.ending("Cargo.toml") {
        for dependency in dependencies(manifest) {
            let ours = dependency.package.starts_with("vidimus-");
            match dependency.kind {
                Kind::Workspace if !ours && !dependency.above.starts_with('#') => {
                    complaints.push(Complaint::new(
                        path,
                        format!("`{}` needs a comment above it that says why it is here", dependency.package),
                    ));
                }
                Kind::Normal | Kind::Dev if !dependency.value.contains("workspace") && !ours => {
                    complaints.push(Complaint::new(
                        path,
                        format!(
                            "`{}` must come from the workspace: one version, one set of features",
                            dependency.package
                        ),
                    ));
                }
                _ => {}
            }
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::super::tree::made_up;
    use super::*;

    fn complaints_about(manifest: &str) -> usize {
        check(&made_up(&[("Cargo.toml", manifest)])).len()
    }

    #[test]
    fn a_reason_stands_above() {
        assert_eq!(complaints_about("[workspace.dependencies]\n# Digests\nsha2 = \"0.11\"\n"), 0);
        assert_eq!(complaints_about("[workspace.dependencies]\nsha2 = \"0.11\"\n"), 1);
        assert_eq!(
            complaints_about("[workspace.dependencies]\n# Digests\nsha2 = \"0.11\"\nhex = \"0.4\"\n"),
            1
        );
        assert_eq!(complaints_about("[workspace.dependencies]\nvidimus-x = { path = \"crates/x\" }\n"), 0);
    }

    #[test]
    fn members_take_it_from_the_workspace() {
        assert_eq!(complaints_about("[dependencies]\nhex.workspace = true\n"), 0);
        assert_eq!(complaints_about("[dev-dependencies.hex]\nworkspace = true\n"), 0);
        assert_eq!(complaints_about("[dependencies]\nhex = \"0.4\"\n"), 1);
    }
}
