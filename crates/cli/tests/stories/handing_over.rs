//! A part is handed over.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::receiving::disk;
use crate::support::House;

const TO: [&str; 4] = ["--to", "A newsroom", "--purpose", "Verification"];

#[test]
fn a_package_holds_what_was_chosen_and_no_names() {
    let house = House::with_archive();
    disk(&house);
    house.vidimus(["receive", "disk"]);
    let said = house.vidimus([&["disclose", "A1-1", "A1-4", "--out", "bag", "--json"][..], &TO].concat());
    let json = said.succeeds().json();
    assert_eq!(json["files"].as_array().unwrap().len(), 2);
    assert_eq!(json["files"][0]["ref"], "A1-1");
    for file in json["files"].as_array().unwrap() {
        let path = house.path("bag/data").join(file["name"].as_str().unwrap());
        assert_eq!(fs::metadata(path).unwrap().len(), file["size"].as_u64().unwrap());
    }
    for secret in ["newsroom", "Verification", "camera 3", "note.txt", "Olena"] {
        assert!(!crate::receiving::holds(&house.path("bag"), secret), "{secret:?} lies in the package");
        assert!(!opened(&house.path("bag")).contains(secret), "{secret:?} is opened in the package");
    }
    let given = house.vidimus(["show", "A1-1"]).succeeds();
    assert!(given.out.contains("A newsroom (Verification)"), "{given:?}");

    let named = ["--names", "ref", "--fields", "path,at", "--show", "recipient"];
    let said = house.vidimus([&["disclose", "A1-1", "--out", "bag2"][..], &TO, &named].concat()).succeeds();
    assert!(said.out.contains("data/A1-1"), "{said:?}");
    let asked_for = opened(&house.path("bag2"));
    assert!(asked_for.contains("A newsroom") && asked_for.contains("camera 3/clip.mp4"), "{asked_for}");
    assert!(!asked_for.contains("Verification"), "{asked_for}");
}

#[test]
fn the_readme_of_a_package_names_files_that_are_in_it() {
    let house = House::with_archive();
    disk(&house);
    house.vidimus(["receive", "disk"]);
    for (names, items) in [
        ("number", &["A1-3"][..]),
        ("number", &["A1-1", "A1-3", "A1-4"]),
        ("ref", &["A1-1"]),
        ("ref", &["A1-4", "A1-3"]),
    ] {
        let bag = format!("bag-{names}-{}", items.len());
        let options = ["--names", names, "--out", &bag];
        house.vidimus([&["disclose"], items, &options, &TO].concat()).succeeds();
        let readme = fs::read_to_string(house.path(&bag).join("README.txt")).unwrap();
        assert!(!readme.contains(['{', '}']), "{readme}");
        // The hash commands of three languages, two in each.
        let named: Vec<_> =
            readme.split("data\\").skip(1).map(|rest| rest.split_whitespace().next().unwrap()).collect();
        assert_eq!(named.len(), 6, "{readme}");
        for name in named {
            assert!(house.path(&bag).join("data").join(name).is_file(), "{name} is not in {bag}");
        }
    }
}

#[test]
fn the_key_is_changed_and_packages_show_how() {
    let house = House::with_archive();
    disk(&house);
    house.vidimus(["receive", "disk"]);
    let first = house.vidimus(["key", "show", "--json"]).succeeds().json();
    assert_eq!(first["earlier"], serde_json::json!([]));
    house.vidimus(["key", "change", "--reason", " "]).refuses(2, "No reason was given");
    let changed = house.vidimus(["key", "change", "--reason", "a laptop was stolen"]).succeeds();
    let now = house.vidimus(["key", "show", "--json"]).succeeds().json();
    let (old, new) = (first["key"].as_str().unwrap(), now["key"].as_str().unwrap());
    assert!(old != new && changed.out.contains(new), "{changed:?}");
    assert_eq!(now["earlier"], serde_json::json!([old]));
    let shown = house.vidimus(["key", "show"]).succeeds();
    assert!(shown.out.contains(old) && shown.out.contains(new), "{shown:?}");
    let receipts = house.vidimus(["receipt", "list", "--json"]).succeeds().json();
    let newest = receipts.as_array().unwrap().last().unwrap();
    assert!(changed.out.contains(newest["folder"].as_str().unwrap()), "{changed:?}");

    house.vidimus([&["disclose", "A1-1", "--out", "bag"][..], &TO].concat()).succeeds();
    assert!(house.path("bag/keys/1.sd-jwt").exists());
    assert!(!opened(&house.path("bag")).contains("laptop"), "the reason stays in the archive");
    house.vidimus(["check", "--full"]).succeeds();
}

/// What the package's records say: the fields that are open stand in them as base64url (`docs/format/record.md`).
fn opened(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text += &opened(&path);
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        for field in bytes.split(|&byte| byte == b'~').filter_map(|field| URL_SAFE_NO_PAD.decode(field).ok())
        {
            text += &String::from_utf8_lossy(&field);
        }
    }
    text
}

#[test]
fn what_cannot_be_handed_over_is_named() {
    let house = House::with_archive();
    disk(&house);
    house.vidimus(["receive", "disk"]);
    let disclose = |more: &[&str]| house.vidimus([&["disclose"][..], more, &TO].concat());
    disclose(&["A1", "--out", "bag"]).refuses(2, "A1 is a whole accession");
    disclose(&["A1-99", "--out", "bag"]).refuses(1, "A1-99");
    disclose(&["nonsense", "--out", "bag"]).refuses(2, "nonsense is not a reference");
    disclose(&["A1-1", "--out", "bag", "--fields", "giver"]).refuses(2, "There is no field giver");
    disclose(&["A1-1", "--out", "disk"]).refuses(2, "is not empty");
    disclose(&["A1-1", "--out", "nowhere/bag"]).refuses(2, "does not exist");
    assert!(!house.path("bag").exists());
    assert_eq!(house.vidimus(["disclose", "A1-1", "--out", "bag", "--to", "X"]).code, 2);
    let blank = ["disclose", "A1-1", "--out", "bag", "--to", " ", "--purpose", "x"];
    house.vidimus(blank).refuses(2, "needs a recipient and a purpose");
}
