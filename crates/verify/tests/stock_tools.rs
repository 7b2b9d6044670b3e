//! Others' programs on our bags: the recipe of `docs/format/bag.md`, PyPI's `bagit`, PyPI's `sd-jwt`.

#[path = "common/bag.rs"]
mod bag;
#[path = "common/python.rs"]
mod python;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output};

use bag::{beside, copied_bag, frozen_bag, verify};
use vidimus_proof::record::Record;

fn recipe_tools_are_there() -> bool {
    let missing = ["python3", "openssl", "sha256sum"]
        .into_iter()
        .find(|program| Command::new(program).arg("--version").output().is_err());
    if let Some(program) = missing {
        let _ = writeln!(std::io::stderr(), "skipped: the program {program} is not installed");
    }
    missing.is_none()
}

fn recipe(bag: &Path, file: &str, vkey: Option<&str>) -> Output {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/format/check_bag.py");
    Command::new("python3").arg(script).arg(bag).arg(file).args(vkey).output().unwrap()
}

/// Makes the manifests again with the program that the recipe uses.
fn recompute_manifests(bag: &Path) {
    let script = "set -e; export LC_ALL=C; for a in 256 512; do \
        find data -type f | sort | xargs sha${a}sum > manifest-sha$a.txt; done; for a in 256 512; do \
        find . -type f ! -path './data/*' ! -name 'tagmanifest-*' | sed 's,^./,,' | sort | xargs sha${a}sum > t$a; done; \
        for a in 256 512; do grep -v '  t256$\\|  t512$' t$a > tagmanifest-sha$a.txt; rm t$a; done";
    assert!(Command::new("sh").arg("-c").arg(script).current_dir(bag).status().unwrap().success());
}

#[test]
fn the_recipe_proves_each_file_of_the_frozen_bag() {
    if !recipe_tools_are_there() {
        return;
    }
    let vkey = fs::read_to_string(beside("archive.vkey")).unwrap();
    for file in ["data/01.mp4", "data/02.txt"] {
        for vkey in [None, Some(vkey.trim())] {
            let output = recipe(&frozen_bag(), file, vkey);
            assert!(output.status.success(), "{output:?}");
            assert!(String::from_utf8(output.stdout).unwrap().starts_with("PROVED: "));
        }
    }
    assert_eq!(recipe(&frozen_bag(), "data/01.mp4", Some(&bag::other_key())).status.code(), Some(1));
}

#[test]
fn the_recipe_proves_a_tombstone_and_refuses_other_words() {
    if !recipe_tools_are_there() {
        return;
    }
    let (frozen, folder) = (beside("../bag-v1-tombstone/bag"), tempfile::tempdir().unwrap());
    let output = recipe(&frozen, "data/03.txt", None);
    assert!(output.status.success(), "{output:?}");
    bag::copy(&frozen, folder.path());
    let path = folder.path().join("data/03.txt");
    let words = fs::read_to_string(&path).unwrap();
    fs::write(&path, words.replace("A1-4", "A1-5")).unwrap();
    recompute_manifests(folder.path());
    let output = recipe(folder.path(), "data/03.txt", None);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = verify(&[folder.path().as_os_str()]);
    assert_eq!(said.code, 1, "{}", said.out);
}

#[test]
fn the_recipe_refuses_what_the_program_refuses() {
    if !recipe_tools_are_there() {
        return;
    }
    type Change = fn(&Path);
    let changes: [(&str, Change); 7] = [
        ("a byte", |bag| fs::write(bag.join("data/01.mp4"), "other").unwrap()),
        ("a word", |bag| fs::write(bag.join("README.txt"), "other").unwrap()),
        ("a file more", |bag| fs::write(bag.join("data/03.txt"), "more").unwrap()),
        ("a file less", |bag| fs::remove_file(bag.join("consistency/256-512.txt")).unwrap()),
        ("a forged field", |bag| {
            let path = bag.join("disclosure.sd-jwt");
            let forged = "WyJBQUFBQUFBQUFBQUFBQUFBQUFBQUFBIiwicmVjaXBpZW50IiwieCJd~";
            fs::write(&path, fs::read_to_string(&path).unwrap() + forged).unwrap();
        }),
        ("a field less", |bag| {
            let path = bag.join("disclosure.sd-jwt");
            let record = Record::parse(&fs::read_to_string(&path).unwrap()).unwrap();
            fs::write(&path, record.choose(&["change", "files", "opened"]).to_sd_jwt()).unwrap();
        }),
        ("another proof", |bag| {
            fs::copy(bag.join("proofs/02.tlog-proof"), bag.join("proofs/01.tlog-proof")).unwrap();
        }),
    ];
    for (what, change) in changes {
        for anew in [false, true] {
            let bag = copied_bag();
            change(bag.path());
            if anew {
                recompute_manifests(bag.path());
            }
            let output = recipe(bag.path(), "data/01.mp4", None);
            assert_eq!(output.status.code(), Some(1), "{what}, manifests made anew: {anew}: {output:?}");
            assert!(String::from_utf8(output.stderr).unwrap().starts_with("NOT PROVED: "), "{what}");
            assert_eq!(verify(&[bag.path().as_os_str()]).code, 1, "{what}, manifests made anew: {anew}");
        }
    }
}

#[test]
fn manifests_made_by_sha256sum_are_ours() {
    if !recipe_tools_are_there() {
        return;
    }
    let bag = copied_bag();
    recompute_manifests(bag.path());
    assert_eq!(verify(&[bag.path().as_os_str()]).code, 0);
}

#[test]
fn bagit_of_pypi_accepts_our_bag() {
    let Some(python) = python::interpreter() else { return };
    // It writes nothing when it validates, but a copy cannot be harmed at all.
    let bag = copied_bag();
    let validate = || {
        Command::new(&python)
            .args(["-m", "bagit", "--validate"])
            .arg(bag.path())
            .output()
            .unwrap()
            .status
            .success()
    };
    assert!(validate());
    fs::write(bag.path().join("data/01.mp4"), "other").unwrap();
    assert!(!validate());
}

/// Prints the claims of an SD-JWT that it verified with the key given in hexadecimal.
const READ_SD_JWT: &str = r#"
import base64, json, sys
from jwcrypto.jwk import JWK
from sd_jwt.verifier import SDJWTVerifier
x = base64.urlsafe_b64encode(bytes.fromhex(sys.argv[1])).rstrip(b"=").decode()
key = JWK(kty="OKP", crv="Ed25519", x=x)
verifier = SDJWTVerifier(sys.stdin.read(), lambda issuer, header: key, None, None)
print(json.dumps(verifier.get_verified_payload()))
"#;

#[test]
fn sd_jwt_of_pypi_reads_our_records() {
    let Some(python) = python::interpreter() else { return };
    let folder = beside("../record-v1");
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let expected: serde_json::Value = serde_json::from_str(&read("expected.json")).unwrap();
    let key = expected["archive"]["public_key"].as_str().unwrap();
    for (name, shown) in [("record.sd-jwt", None), ("shown.sd-jwt", expected["shown"].as_array())] {
        let mut claims = python::run(&python, READ_SD_JWT, &[key], &read(name)).unwrap();
        assert_eq!(claims["iss"], expected["origin"]);
        let claims = claims.as_object_mut().unwrap();
        claims.remove("iss");
        match shown {
            None => assert_eq!(claims, expected["fields"].as_object().unwrap()),
            Some(names) => assert_eq!(claims.keys().collect::<Vec<_>>(), names.iter().collect::<Vec<_>>()),
        }
    }
    // Signed by somebody else.
    let member = expected["member"]["public_key"].as_str().unwrap();
    assert!(python::run(&python, READ_SD_JWT, &[member], &read("record.sd-jwt")).is_none());
}
