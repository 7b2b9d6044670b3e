//! The recipe of `docs/format/log.md` on a log of ours: Python and openssl alone recompute its root.

mod common;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output};

use common::Place;
use vidimus_proof::tiles::{self, Kind, Tile};

fn tools_are_there() -> bool {
    let missing = ["python3", "openssl"]
        .into_iter()
        .find(|program| Command::new(program).arg("--version").output().is_err());
    if let Some(program) = missing {
        let _ = writeln!(std::io::stderr(), "skipped: the program {program} is not installed");
    }
    missing.is_none()
}

fn recipe(log: &Path, vkey: Option<&str>) -> Output {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/format/check_log.py");
    Command::new("python3").arg(script).arg(log).args(vkey).output().unwrap()
}

#[track_caller]
fn refused(log: &Path, vkey: Option<&str>, reason: &str) {
    let output = recipe(log, vkey);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("NOT SOUND: ") && said.contains(reason), "{said:?} does not say {reason:?}");
}

#[test]
fn the_recipe_recomputes_the_root_and_names_what_was_changed() {
    if !tools_are_there() {
        return;
    }
    let place = Place::new();
    for delivery in ["one", "two"] {
        place.write(&format!("{delivery}/note.txt"), delivery);
        place.receive(&place.disk().join(delivery));
    }
    let archive = place.open();
    // The record that names the second receipt stands behind what was published with it.
    archive.publish_log().unwrap();
    let (log, vkey) = (archive.layout().log(), archive.verifier_key().to_string());
    let checkpoint = archive.checkpoint().unwrap();
    let size = checkpoint.checkpoint().size;
    assert!(size > 512, "two full bundles, and a level above the leaves: {size}");

    let output = recipe(&log, Some(&vkey));
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    let root = checkpoint.note().text().lines().nth(2).unwrap();
    assert!(said.starts_with(&format!("SOUND: {size} entries")) && said.contains(root), "{said}");
    assert!(recipe(&log, None).status.success());

    // Shorter tiles of an earlier size may lie beside these.
    let tiles: Vec<Tile> = tiles::all(size).collect();
    assert!(tiles.iter().any(|tile| tile.kind() == Kind::Hashes(1)), "{tiles:?}");
    for tile in tiles {
        let tile = log.join(tile.to_string());
        let content = fs::read(&tile).unwrap();
        for at in [0, content.len() - 1] {
            let mut changed = content.clone();
            changed[at] ^= 1;
            fs::write(&tile, changed).unwrap();
            refused(&log, None, "tile/");
        }
        fs::write(&tile, &content[..content.len() - 1]).unwrap();
        refused(&log, None, "tile/");
        fs::remove_file(&tile).unwrap();
        refused(&log, None, "tile/");
        fs::write(&tile, content).unwrap();
    }
    assert!(recipe(&log, Some(&vkey)).status.success(), "everything is as it was");

    let other = Place::new().open().verifier_key().to_string();
    refused(&log, Some(&other), "not signed by the key");
    let note = fs::read_to_string(log.join("checkpoint")).unwrap();
    let smaller = note.replacen(&format!("\n{size}\n"), &format!("\n{}\n", size - 1), 1);
    fs::write(log.join("checkpoint"), smaller).unwrap();
    refused(&log, Some(&vkey), "the signature of checkpoint is false");
}
