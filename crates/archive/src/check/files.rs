//! Everything that lies in an archive's folder has its place; what has none is named.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use vidimus_proof::tiles::Tile;

use super::report::{Report, what};
use super::sentence::sentence;
use crate::anchor::Settings;
use crate::backup::MANIFEST;
use crate::layout::Layout;

/// What may lie in the folder itself.
const KNOWN: [&str; 11] = [
    "ledger.db",
    "ledger.db-wal",
    "ledger.db-shm",
    "objects",
    "keys",
    "log",
    "receipts",
    "folds",
    "settings.json",
    "unfinished",
    "backup.json",
];

/// Names foreign files in the folder itself; the parts look into their own folders.
pub(super) fn look(layout: &Layout, report: &mut Report) {
    for link in crate::links::found(layout).unwrap_or_default() {
        let problem = "a link stands in the place of this folder: no command goes on before it is taken away";
        report.problem(format!("file {}", shown(&link)), problem, what::FOREIGN);
    }
    look_at_kinds(layout, Path::new(""), report);
    let named = named_by_settings(&Settings::bytes(&layout.settings()).unwrap_or_default());
    for name in names(layout.root(), report) {
        let text = name.to_string_lossy();
        if KNOWN.contains(&text.as_ref()) || named.iter().any(|known| *known == text) {
            continue;
        }
        stray(&name, "", report);
    }
    if !layout.ledger().exists() {
        report.problem("ledger", "there is no ledger", what::BACKUP);
    }
}

/// Names what is no file in the place of one. Objects and folds are looked at by those who open them.
fn look_at_kinds(layout: &Layout, below: &Path, report: &mut Report) {
    let Ok(entries) = fs::read_dir(layout.root().join(below)) else { return };
    for entry in entries.flatten() {
        let path = below.join(entry.file_name());
        let Ok(kind) = entry.file_type() else { continue };
        let reference = || format!("file {}", shown(&path));
        if kind.is_dir() && is_named_as_a_file(&path) {
            report.problem(reference(), "a folder stands in the place of this file", what::FOREIGN);
        } else if kind.is_dir() {
            if !["objects", "folds"].iter().any(|other| path == Path::new(other)) {
                look_at_kinds(layout, &path, report);
            }
        } else if !kind.is_file() && !fs::metadata(entry.path()).is_ok_and(|found| found.is_dir()) {
            let problem =
                "something that is no file stands in its place: a link, a FIFO, a socket or a device";
            report.problem(reference(), problem, what::FOREIGN);
        }
    }
}

fn is_named_as_a_file(path: &Path) -> bool {
    let text = path.to_string_lossy();
    let ends = [".json", ".age", ".txt", ".html", ".tsr", ".pem"];
    text.starts_with("ledger.db")
        || text == "log/checkpoint"
        || text.strip_prefix("log/").is_some_and(|tile| tile.parse::<Tile>().is_ok())
        || text
            .strip_prefix("unfinished/")
            .is_some_and(|name| !name.contains('/') && Layout::names_a_note(name))
        || ends.iter().any(|end| text.ends_with(end))
}

/// What a folder holds, as names in order; a folder that is not there holds nothing.
pub(super) fn names(folder: &Path, report: &mut Report) -> Vec<std::ffi::OsString> {
    match crate::keyring::read_folder(folder) {
        Ok(mut names) => {
            names.sort();
            names
        }
        Err(error) => {
            report.problem(
                format!("file {}", shown(folder)),
                sentence!("the folder cannot be read: {}", error),
                if error.kind() == std::io::ErrorKind::NotADirectory { what::BACKUP } else { what::MEDIUM },
            );
            Vec::new()
        }
    }
}

/// A file that has no place: what an interrupted write left, or something foreign.
pub(super) fn stray(name: &OsStr, below: &str, report: &mut Report) {
    let path = format!("{below}{}", shown(Path::new(name)));
    if path.ends_with(".aside") || path.ends_with(".new") {
        report.left_over(path);
    } else {
        report.problem(format!("file {path}"), "this program did not put it there", what::FOREIGN);
    }
}

/// A path as text that no terminal obeys.
pub(super) fn shown(path: &Path) -> String {
    path.to_string_lossy().chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// The files of certificates that settings name; they lie beside them.
pub(crate) fn named_by_settings(untrusted_settings: &[u8]) -> Vec<String> {
    let Ok(json) = serde_json::from_slice::<serde_json::Value>(untrusted_settings) else { return Vec::new() };
    let authorities = json.get("authorities").and_then(|list| list.as_array()).into_iter().flatten();
    let named = authorities.flat_map(|authority| ["ca", "web_ca"].map(|key| authority.get(key)));
    let named = named.filter_map(|named| named?.as_str().map(str::to_owned));
    // A path that leaves the folder, or certificates written out in the settings themselves, are no file beside them. Nor is
    // what is ours: settings that name the ledger would have it put, as it lies there, over the one of a back-up.
    let is_beside = |name: &String| name.len() < 256 && !name.contains(['/', '\n']) && !name.starts_with('.');
    let is_ours =
        |name: &String| name.starts_with("ledger.db") || ["settings.json", MANIFEST].contains(&name.as_str());
    named.filter(|name| is_beside(name) && !is_ours(name)).collect()
}
