//! An insider who holds a catalogue's key: whatever they hide, add or change in it by SQL, `check` names it and it heals.

#[path = "common/answers.rs"]
mod answers;
mod common;
#[path = "common/rich.rs"]
mod rich;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use answers::{answers_as_they_are, open};
use rich::{Rich, check_as, copy, memory};
use rusqlite::Connection;
use vidimus_archive::Checked;
use vidimus_model::KeyId;
use vidimus_seal::row::fold_key;

const OLENA: (&str, &str) = ("Олена", common::PASSPHRASE);

/// A catalogue with the key that opens it.
struct Catalogue {
    file: PathBuf,
    secret: String,
}

/// The catalogue of `main` in this folder, brought up to date.
fn catalogue_of_main(folder: &Path) -> Catalogue {
    let mut archive = open(folder);
    archive.rebuild().unwrap();
    let key = archive.keyring().compartment(&"main".parse().unwrap()).unwrap().current();
    let identity = &archive.keyring().get(key).unwrap().identity;
    Catalogue { file: file_of(folder, key), secret: hex::encode(*fold_key(identity, "catalogue")) }
}

fn file_of(folder: &Path, key: KeyId) -> PathBuf {
    let folder = folder.join("archive/folds").join(key.to_string());
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = names.filter(|path| !path.to_string_lossy().contains(".db-")).collect();
    files.retain(|path| !["-wal", "-shm"].iter().any(|end| path.to_string_lossy().ends_with(end)));
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}

impl Catalogue {
    /// As `crates/folds/src/catalogue/store.rs` opens it, and nothing else of it.
    fn connect(&self, file: &Path) -> Connection {
        let db = Connection::open(file).unwrap();
        db.execute_batch(&format!(
            "PRAGMA key = \"x'{}'\"; PRAGMA cipher_page_size = 4096; PRAGMA cipher_plaintext_header_size = 0;
             PRAGMA cipher_hmac_algorithm = HMAC_SHA256; PRAGMA cipher_kdf_algorithm = PBKDF2_HMAC_SHA512;
             PRAGMA cipher_use_hmac = ON; PRAGMA ignore_check_constraints = ON;",
            self.secret
        ))
        .unwrap();
        db
    }

    /// The same catalogue in a copy of its archive.
    fn within(&self, from: &Path, to: &Path) -> PathBuf {
        to.join(self.file.strip_prefix(from).unwrap())
    }
}

fn refs(checked: &Checked) -> BTreeSet<&str> {
    checked.problems.iter().map(|problem| problem.reference.as_str()).collect()
}

/// Does this to the catalogue of a copy; says what the check found, after having seen that it healed.
fn after(rich: &Path, catalogue: &Catalogue, sql: &str, asked: &[String]) -> Checked {
    let folder = memory();
    copy(rich, folder.path());
    let db = catalogue.connect(&catalogue.within(rich, folder.path()));
    db.execute_batch(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    db.close().unwrap();
    let checked = check_as(folder.path(), OLENA, false);
    let again = check_as(folder.path(), OLENA, false);
    assert_eq!(again.problems, [], "{sql}: it did not heal");
    assert_eq!(answers_as_they_are(folder.path()), asked, "{sql}: answers differ after it healed");
    checked
}

#[test]
fn what_is_hidden_added_or_changed_in_a_catalogue_is_named_and_heals() {
    let rich = Rich::new();
    let rich = rich.today.path();
    let catalogue = catalogue_of_main(rich);
    let asked = answers_as_they_are(rich);
    let item = "accession = 1 AND number = 5";
    let next = "accession = 1 AND number = 6";
    for (sql, named) in [
        (format!("DELETE FROM item WHERE {item}"), vec!["A1-5"]),
        (
            format!(
                "DELETE FROM recent_bytes WHERE item = (SELECT id FROM item WHERE {item});
                 DELETE FROM recent_object WHERE item = (SELECT id FROM item WHERE {item});
                 UPDATE tally SET items = items - 1, bytes = bytes - (SELECT size FROM item WHERE {item}) WHERE accession = 1;
                 DELETE FROM item WHERE {item}"
            ),
            vec!["A1-5"],
        ),
        // Folded up to an earlier row, so that it is brought up to date and not looked at again.
        (format!("DELETE FROM item WHERE {item}; UPDATE meta SET position = position - 1"), vec!["A1-5"]),
        (format!("UPDATE item SET path = x'6f74686572' WHERE {item}"), vec!["A1-5"]),
        (format!("UPDATE item SET size = size + 1 WHERE {item}"), vec!["A1-5"]),
        // Said to lie beside a film.
        (format!("UPDATE item SET stem = x'6f74686572', role = 1 WHERE {item}"), vec!["A1-5"]),
        (format!("UPDATE item SET accession = 2, number = 77 WHERE {item}"), vec!["A1-5", "A2-77"]),
        (
            format!("UPDATE item SET (sha256, object) = (SELECT sha256, object FROM item WHERE {next}) WHERE {item}"),
            vec!["A1-5"],
        ),
        (
            "INSERT INTO item SELECT NULL, accession, 99, members, 1, at, member, source, path, sha256, size, file_system, \
             object, object_size, header, \"offset\", length, copy_of, changed, size_before, size_after, stem, role FROM item LIMIT 1"
                .into(),
            vec!["A1-99"],
        ),
        // Hidden by marks: that it was withdrawn, moved out, erased.
        ("INSERT INTO about VALUES (1, 5, x'', 3, 5)".into(), vec!["A1-5"]),
        ("INSERT INTO about VALUES (1, 5, x'', 3, 8); DELETE FROM item WHERE accession = 1 AND number = 5".into(), vec!["A1-5"]),
        ("INSERT INTO about VALUES (1, 5, x'', 3, 10)".into(), vec!["A1-5"]),
        // Shown though it is withdrawn.
        ("DELETE FROM about WHERE kind = 5".into(), vec!["A1-1"]),
        ("UPDATE about SET kind = 6 WHERE kind = 5".into(), vec!["A1-1"]),
        ("DELETE FROM destroyed WHERE seq = (SELECT min(seq) FROM destroyed)".into(), vec!["record"]),
        ("INSERT INTO destroyed VALUES (3)".into(), vec!["record 3"]),
        ("INSERT INTO unknown VALUES (3, 'camera/9')".into(), vec!["record 3"]),
        ("UPDATE record SET body = replace(body, 'the wrong one', 'nothing') WHERE kind = 5".into(), vec!["record"]),
        ("UPDATE record SET member = member + 1 WHERE kind = 4 AND seq = (SELECT min(seq) FROM record WHERE kind = 4)".into(), vec!["record"]),
        ("UPDATE tally SET copies = copies + 1 WHERE accession = 1".into(), vec!["A1"]),
        ("DELETE FROM tally WHERE accession = 2".into(), vec!["A2"]),
        ("DELETE FROM recent_object WHERE item = (SELECT max(item) FROM recent_object)".into(), vec!["fold"]),
        ("DELETE FROM recent_bytes WHERE item = (SELECT max(item) FROM recent_bytes)".into(), vec!["fold"]),
        // A file that answers as it likes.
        ("CREATE TRIGGER more AFTER INSERT ON item BEGIN DELETE FROM item WHERE id = NEW.id; END".into(), vec!["fold"]),
        (
            "DROP VIEW find_bytes; CREATE VIEW find_bytes AS SELECT word, item, size FROM old_bytes".into(),
            vec!["fold"],
        ),
        (
            format!(
                "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = sql || ' WHERE number <> 5' WHERE name = 'item_reference';
                 PRAGMA writable_schema = RESET; REINDEX; DELETE FROM item WHERE {item}; PRAGMA writable_schema = ON;
                 UPDATE sqlite_schema SET sql = replace(sql, ' WHERE number <> 5', '') WHERE name = 'item_reference'"
            ),
            vec!["A1-5"],
        ),
    ] {
        let checked = after(rich, &catalogue, &sql, &asked);
        let found = refs(&checked);
        for name in &named {
            let is_there = found.iter().any(|found| found == name || name.chars().all(char::is_lowercase) && found.starts_with(name));
            assert!(is_there, "{sql}: {name} is not named: {:?}", checked.problems);
        }
        let of_catalogue = checked.problems.iter().all(|problem| problem.what_to_do.contains("the catalogue is made again"));
        assert!(of_catalogue, "{sql}: {:?}", checked.problems);
    }
    assert_eq!(check_as(rich, OLENA, false).problems, []);
}
