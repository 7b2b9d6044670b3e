//! The Library of Congress's BagIt suite: its defects in our own bag always, its bags where the shared folder is.

#[path = "common/bag.rs"]
mod bag;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use bag::{copied_bag, verify};
use serde_json::Value;
use vidimus_proof::bag::manifest::{Algorithm, Digests};

fn edit(bag: &Path, file: &str, change: impl Fn(&str) -> String) {
    let path = bag.join(file);
    fs::write(&path, change(&fs::read_to_string(&path).unwrap())).unwrap();
}

/// Gives an altered file its right digests in both tag manifests, so that only the defect itself is left to find.
fn list_again(bag: &Path, file: &str) {
    let digests = Digests::of(&fs::read(bag.join(file)).unwrap());
    for algorithm in Algorithm::ALL {
        edit(bag, &algorithm.tag_manifest(), |text| {
            let other = text.lines().filter(|line| !line.ends_with(&format!("  {file}")));
            let mut lines: Vec<String> = other.map(str::to_owned).collect();
            lines.push(format!("{}  {file}", digests.hex(algorithm)));
            lines.sort_by(|a, b| a.split_once("  ").unwrap().1.cmp(b.split_once("  ").unwrap().1));
            lines.join("\n") + "\n"
        });
    }
}

fn first_problem(bag: &Path) -> String {
    let said = verify(&[bag.as_os_str(), "--json".as_ref()]);
    assert_eq!(said.code, 1, "{}", bag.display());
    let report: Value = serde_json::from_str(&said.out).unwrap();
    let text = |key: &str| report["problems"][0][key].as_str().unwrap().to_owned();
    format!("{}: {}", text("file"), text("code"))
}

#[test]
fn each_defect_of_the_suite_is_refused_in_our_bag() {
    type Change = fn(&Path);
    const MANIFEST: &str = "manifest-sha256.txt";
    /// Writes another path into the first line of the payload manifest.
    fn name(bag: &Path, path: &str) {
        edit(bag, MANIFEST, |text| text.replacen("data/01.mp4", path, 1));
        list_again(bag, MANIFEST);
    }
    /// Puts a line before the others.
    fn line(bag: &Path, make: fn(&str) -> String) {
        edit(bag, MANIFEST, |text| make(text.lines().next().unwrap()) + "\n" + text);
        list_again(bag, MANIFEST);
    }
    let cases: [(&str, Change, &str); 21] = [
        (
            "baginfo-missing-encoding",
            |bag| edit(bag, "bagit.txt", |_| "BagIt-Version: 1.0\n".into()),
            "bagit.txt: altered",
        ),
        (
            "bom-in-bagit.txt",
            |bag| {
                edit(bag, "bagit.txt", |text| format!("\u{feff}{text}"));
                list_again(bag, "bagit.txt");
            },
            "bagit.txt: text",
        ),
        ("corrupt-data-file", |bag| edit(bag, "data/02.txt", |_| "other".into()), "data/02.txt: altered"),
        ("corrupt-tag-file", |bag| edit(bag, "bag-info.txt", |_| "other".into()), "bag-info.txt: altered"),
        ("extra-file-in-bag", |bag| fs::write(bag.join("data/bar"), "").unwrap(), "data/bar: unexpected"),
        (
            "invalid-version-number",
            |bag| {
                edit(bag, "bagit.txt", |text| text.replace("1.0", ".97"));
                list_again(bag, "bagit.txt");
            },
            "bagit.txt: text",
        ),
        (
            "missing-baginfo",
            |bag| fs::remove_file(bag.join("bag-info.txt")).unwrap(),
            "bag-info.txt: missing",
        ),
        ("missing-bagit.txt", |bag| fs::remove_file(bag.join("bagit.txt")).unwrap(), "bagit.txt: missing"),
        ("dot-notation", |bag| name(bag, "../01.mp4"), "data/01.mp4: not-listed"),
        ("absolute-path", |bag| name(bag, "/tmp/01.mp4"), "data/01.mp4: not-listed"),
        ("shortcut", |bag| name(bag, "data/$HOME"), "data/01.mp4: not-listed"),
        ("shortcut-username", |bag| name(bag, "data/../../~root/x"), "data/01.mp4: not-listed"),
        ("unc", |bag| name(bag, "\\\\host\\share"), "data/01.mp4: not-listed"),
        (
            "for-fetch",
            |bag| fs::write(bag.join("fetch.txt"), "http://example.org/x - ../x\n").unwrap(),
            "fetch.txt: unexpected",
        ),
        (
            "same-filename-listed-twice-with-different-hashes",
            |bag| line(bag, |first| format!("{}{}", "0".repeat(64), &first[64..])),
            "manifest-sha256.txt: manifest-malformed",
        ),
        (
            "same-filename-listed-twice-with-the-same-hash",
            |bag| line(bag, str::to_owned),
            "manifest-sha256.txt: manifest-malformed",
        ),
        (
            "duplicate-file-with-different-case",
            |bag| line(bag, |first| first.replace("data/01.mp4", "data/01.MP4")),
            "data/01.MP4: unexpected",
        ),
        (
            "made-with-md5sum-tools",
            |bag| {
                edit(bag, MANIFEST, |text| text.replace("  ", " *"));
                list_again(bag, MANIFEST);
            },
            "manifest-sha256.txt: manifest-malformed",
        ),
        ("relative-path", |bag| name(bag, "./data/01.mp4"), "data/01.mp4: not-listed"),
        (
            "different-normalization",
            |bag| fs::write(bag.join("data/Nu\u{301}.mp4"), "").unwrap(),
            "data/Nu%CC%81.mp4: unexpected",
        ),
        (
            "special-system-files",
            |bag| fs::write(bag.join("data/.DS_Store"), "").unwrap(),
            "data/.DS_Store: unexpected",
        ),
    ];
    for (defect, change, expected) in cases {
        let bag = copied_bag();
        change(bag.path());
        assert_eq!(first_problem(bag.path()), expected, "{defect}");
    }
}

/// The suite's valid bags, each refused by design: a bag of ours proves something, and these prove nothing.
const REFUSED_BY_DESIGN: &[(&str, &str)] = &[
    ("ISO-8859-1-encoded-tag-files", "tag files are UTF-8"),
    ("UTF-16-encoded-tag-files", "tag files are UTF-8"),
    ("bag-in-a-bag", "no folders in data/: every name is one a reader sees whole"),
    (
        "bag-with-encoded-names",
        "names are short ASCII; the name as found stands in the record, if it was opened",
    ),
    ("bag-with-escapable-characters", "names are short ASCII"),
    ("bag-with-leading-dot-slash-in-manifest", "a file has one path"),
    ("bag-with-space", "names are short ASCII"),
    ("basic-bag", "MD5 and BagIt 0.97 or older: SHA-256 and SHA-512 under 1.0 only"),
    ("basicBag", "BagIt 1.0, but without records and proofs, and with SHA-512 only"),
    ("duplicate-metadata-entries", "bag-info.txt has three lines"),
    ("holey-bag", "fetch.txt: what is not in the bag is not proved, and a verifier uses no network"),
    ("minimal-bag", "MD5, and BagIt 0.97"),
    ("uncommon-metadata-separators", "bag-info.txt is written in one way"),
];

fn suite() -> Option<PathBuf> {
    let shared = std::env::var_os("VIDIMUS_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let folder = shared.join("vectors/bagit");
    if folder.is_dir() {
        return Some(folder);
    }
    let _ = writeln!(std::io::stderr(), "skipped: {} is not here", folder.display());
    None
}

#[test]
fn every_bag_of_the_suite_is_refused_and_the_valid_ones_for_a_reason() {
    let Some(suite) = suite() else { return };
    let folders = |folder: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.is_dir()).collect()
    };
    let (mut refused, mut valid) = (0, BTreeSet::new());
    for version in folders(&suite) {
        let is_flat = version.ends_with("v1.0-valid");
        let kinds = if is_flat { vec![version] } else { folders(&version) };
        for kind in kinds {
            for bag in folders(&kind) {
                first_problem(&bag);
                refused += 1;
                if is_flat || kind.ends_with("valid") {
                    valid.insert(bag.file_name().unwrap().to_str().unwrap().to_owned());
                }
            }
        }
    }
    assert!(refused >= 40, "only {refused} bags were found");
    let listed: BTreeSet<String> = REFUSED_BY_DESIGN.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(valid, listed);
}
