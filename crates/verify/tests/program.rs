//! What a court types and sees: the program on the frozen bag, and on what hands did to it.

#[path = "common/bag.rs"]
mod bag;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use bag::{Said, beside, copied_bag, frozen_bag, verify};
use serde_json::Value;

#[test]
fn an_intact_bag_exits_0_and_says_whose_key_it_is() {
    let Said { code, out, .. } = verify(&[frozen_bag().as_os_str()]);
    assert_eq!(code, 0);
    assert!(out.starts_with("INTACT."), "{out}");
    assert!(out.contains("The key came from the package itself"), "{out}");
    assert!(out.contains("unknown authority, not counted"), "{out}");

    let key = fs::read_to_string(beside("archive.vkey")).unwrap();
    let said = verify(&[frozen_bag().as_os_str(), "--archive-key".as_ref(), key.trim().as_ref()]);
    assert_eq!(said.code, 0);
    assert!(said.out.contains("This is the key that you told this program to expect."));
}

#[test]
fn everything_trusted_the_report_is_as_it_was_frozen() {
    let said = verify(&[
        frozen_bag().as_os_str(),
        "--json".as_ref(),
        "--receipt".as_ref(),
        beside("receipt.txt").as_os_str(),
        "--tsa-ca".as_ref(),
        beside("authority.pem").as_os_str(),
        "--policy".as_ref(),
        beside("policy.txt").as_os_str(),
    ]);
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    let report: Value = serde_json::from_str(&said.out).unwrap();
    let path = beside("expected-report.json");
    if std::env::var_os("VIDIMUS_WRITE_VECTORS").is_some() && !path.exists() {
        fs::write(&path, serde_json::to_string_pretty(&report).unwrap() + "\n").unwrap();
    }
    let expected: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    for (key, value) in expected.as_object().unwrap() {
        // Keys are added and never renamed; words may be said better.
        assert!(key == "not_proved" || report[key] == *value, "{key}");
    }
}

#[test]
fn an_answer_that_nobody_got_is_no_yes() {
    let told = |out: std::process::Stdio| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_vidimus-verify"));
        let said = command.arg(frozen_bag()).args(["--lang", "en"]).stdout(out).output().unwrap();
        (said.status.code(), String::from_utf8(said.stderr).unwrap())
    };
    let (code, err) = told(fs::File::options().write(true).open("/dev/full").unwrap().into());
    assert_eq!(code, Some(2));
    assert!(err.starts_with("The answer cannot be written:"), "{err}");

    let (reader, closed) = std::io::pipe().unwrap();
    drop(reader);
    assert_eq!(told(closed.into()), (Some(0), String::new()), "a reader that left has what it wanted");
}

#[test]
fn one_byte_is_enough_and_the_file_is_named() {
    for (lang, verdict, why) in [
        ("en", "NOT PROVED.", "it is not the file that was committed"),
        ("uk", "НЕ ДОВЕДЕНО.", "це не той файл, що був зафіксований"),
        ("ru", "НЕ ДОКАЗАНО.", "это не тот файл, что был зафиксирован"),
    ] {
        let bag = copied_bag();
        let path = bag.path().join("data/01.mp4");
        let mut bytes = fs::read(&path).unwrap();
        bytes[20] ^= 1;
        fs::write(&path, bytes).unwrap();
        let said = verify(&[bag.path().as_os_str(), "--lang".as_ref(), lang.as_ref()]);
        assert_eq!(said.code, 1);
        assert!(said.out.starts_with(verdict), "{}", said.out);
        let unwrapped = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(unwrapped.contains(why) && unwrapped.contains("data/01.mp4"), "{unwrapped}");
    }
}

#[test]
fn another_key_or_a_receipt_that_does_not_say_yes_exits_1() {
    let said = verify(&[frozen_bag().as_os_str(), "--archive-key".as_ref(), bag::other_key().as_ref()]);
    assert_eq!(said.code, 1);
    assert!(said.out.contains("archive.vkey"), "{}", said.out);

    let folder = tempfile::tempdir().unwrap();
    let receipt = folder.path().join("receipt.txt");
    fs::write(&receipt, bag::receipt_not_in_the_bag()).unwrap();
    let said = verify(&[frozen_bag().as_os_str(), "--receipt".as_ref(), receipt.as_os_str()]);
    assert_eq!(said.code, 1);
    assert!(said.out.starts_with("INTACT.") && said.out.contains("UNKNOWN"), "{}", said.out);
}

#[test]
fn a_tombstone_is_said_to_be_one_in_three_languages() {
    let bag = beside("../bag-v1-tombstone/bag");
    for (lang, expected) in [
        ("en", "a tombstone, no file that was received"),
        ("uk", "не отриманий файл, а свідчення про знищення"),
        ("ru", "не полученный файл, а свидетельство об уничтожении"),
    ] {
        let said = verify(&[bag.as_os_str(), "--lang".as_ref(), lang.as_ref()]);
        let unwrapped = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!((said.code, unwrapped.matches(expected).count()), (0, 1), "{lang}: {}", said.out);
        assert!(unwrapped.contains("A1-3") && unwrapped.contains("2031-02-19"), "{}", said.out);
    }
    let said = verify(&[bag.as_os_str(), "--json".as_ref()]);
    let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(json["files"][2]["fields"]["change"], "erasure/1");
}

#[test]
fn a_bag_whose_key_followed_another_says_how_far_the_pinned_key_reaches() {
    let keys = beside("../bag-v1-keys");
    let bag = keys.join("bag");
    let with_key = |number: u8, lang: &str| {
        let key = fs::read_to_string(keys.join(format!("key-{number}.vkey"))).unwrap();
        verify(&[
            bag.as_os_str(),
            "--lang".as_ref(),
            lang.as_ref(),
            "--archive-key".as_ref(),
            key.trim().as_ref(),
        ])
    };
    for (lang, expected) in [
        ("en", "shows, key by key, how that one was followed"),
        ("uk", "показує, ключ за ключем"),
        ("ru", "показывает, ключ за ключом"),
    ] {
        let said = with_key(1, lang);
        let unwrapped = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.code == 0 && unwrapped.contains(expected), "{lang}: {}", said.out);
        assert!(
            said.out.lines().all(|line| line.chars().count() <= 80 || !line.contains(' ')),
            "{}",
            said.out
        );
    }
    let newest = with_key(3, "en");
    assert!(newest.code == 0 && newest.out.contains("This is the key that you told this program to expect."));
    let json = verify(&[bag.as_os_str(), "--json".as_ref()]);
    let report: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(report["key"]["earlier"].as_array().unwrap().len(), 2);
    assert_eq!(report["key"]["earlier_pinned"], false);
}

#[test]
fn a_receipt_ties_the_key_of_a_package_to_what_was_published_and_no_more() {
    let unwrapped = |said: &Said| said.out.split_whitespace().collect::<Vec<_>>().join(" ");
    for (lang, tied, earlier, from_package, limit, heir) in [
        (
            "en",
            "this one also signed the receipt",
            "an earlier key of this package signed",
            "The key came from the package itself",
            "it is only known that a key of this package signed it",
            "only an earlier one was known",
        ),
        (
            "uk",
            "цей самий ключ підписав і квитанцію",
            "підписав попередній ключ цього пакета",
            "Ключ надійшов із самого пакета",
            "відомо лише, що її підписав ключ цього пакета",
            "тут був відомий лише попередній",
        ),
        (
            "ru",
            "этот же ключ подписал и квитанцию",
            "подписал прежний ключ этого пакета",
            "Ключ пришёл из самого пакета",
            "известно лишь, что её подписал ключ этого пакета",
            "здесь был известен только прежний",
        ),
    ] {
        let ask = |bag: &std::path::Path, receipt: &std::path::Path| {
            let said = verify(&[
                bag.as_os_str(),
                "--lang".as_ref(),
                lang.as_ref(),
                "--receipt".as_ref(),
                receipt.as_os_str(),
            ]);
            assert!(
                said.out.lines().all(|line| line.chars().count() <= 80 || !line.contains(' ')),
                "{}",
                said.out
            );
            unwrapped(&said)
        };
        let same = ask(&frozen_bag(), &beside("receipt.txt"));
        assert!(same.contains(tied) && same.contains(limit) && !same.contains(from_package), "{same}");
        let keys = beside("../bag-v1-keys/bag");
        let newest = ask(&keys, &keys.join("checkpoints/700.txt"));
        assert!(newest.contains(tied) && newest.contains(limit) && !newest.contains(heir), "{newest}");
        let older = ask(&keys, &keys.join("checkpoints/256.txt"));
        assert!(older.contains(earlier) && older.contains(limit) && older.contains(heir), "{older}");
        assert!(!older.contains(from_package) && !older.contains(tied), "{older}");

        // A receipt of somebody else says nothing for the key.
        let other = ask(&keys, &beside("receipt.txt"));
        assert!(other.contains(from_package) && !other.contains(tied) && !other.contains(limit), "{other}");
        let none = unwrapped(&verify(&[frozen_bag().as_os_str(), "--lang".as_ref(), lang.as_ref()]));
        assert!(none.contains("--receipt") && none.contains("vidimus key show"), "{none}");
    }
}

#[test]
fn wrong_usage_exits_2_in_two_sentences() {
    let nowhere = OsStr::new("/nowhere/bag");
    let file = beside("receipt.txt");
    for arguments in [
        vec![nowhere],
        vec![file.as_os_str()],
        vec![frozen_bag().as_os_str(), "--receipt".as_ref(), nowhere],
        vec![frozen_bag().as_os_str(), "--receipt".as_ref(), beside("authority.pem").as_os_str()],
        vec![frozen_bag().as_os_str(), "--tsa-ca".as_ref(), file.as_os_str()],
        vec![
            frozen_bag().as_os_str(),
            "--tsa-ca".as_ref(),
            beside("authority.pem").as_os_str(),
            "--tsa-ca".as_ref(),
            file.as_os_str(),
        ],
        vec![frozen_bag().as_os_str(), "--policy".as_ref(), file.as_os_str()],
        vec![frozen_bag().as_os_str(), "--archive-key".as_ref(), "\x1b[2J".as_ref()],
    ] {
        let said = verify(&arguments);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{arguments:?}");
        assert!(said.err.matches(['.', ')']).count() >= 2 && !said.err.contains('\x1b'), "{}", said.err);
    }
    assert_eq!(verify(&[]).code, 2);
    assert_eq!(verify(&["--no-such-option".as_ref()]).code, 2);
    assert_eq!(verify(&["--help".as_ref()]).code, 0);
}

#[test]
fn read_only_folders_and_odd_paths_are_read() {
    let odd = tempfile::tempdir().unwrap();
    let name = odd.path().join(OsStr::from_bytes(b"bag \xff\x1b[31m\n"));
    symlink(frozen_bag(), &name).unwrap();
    assert_eq!(verify(&[name.as_os_str()]).code, 0);

    let bag = copied_bag();
    fs::set_permissions(bag.path(), fs::Permissions::from_mode(0o555)).unwrap();
    assert_eq!(verify(&[bag.path().as_os_str()]).code, 0);
    fs::set_permissions(bag.path(), fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn links_fifos_and_folders_are_named_and_nothing_waits() {
    type Change = fn(&std::path::Path);
    let changes: [(Change, &str); 6] = [
        (|bag| symlink("01.mp4", bag.join("data/03.mp4")).unwrap(), "data/03.mp4"),
        (
            |bag| {
                fs::rename(bag.join("data/01.mp4"), bag.join("../01.mp4")).unwrap();
                symlink("../../01.mp4", bag.join("data/01.mp4")).unwrap();
            },
            "data/01.mp4",
        ),
        (
            |bag| {
                fs::remove_file(bag.join("README.txt")).unwrap();
                let done = std::process::Command::new("mkfifo").arg(bag.join("README.txt")).status();
                assert!(done.unwrap().success());
            },
            "README.txt",
        ),
        (|bag| fs::create_dir(bag.join("empty")).unwrap(), "empty"),
        (|bag| fs::create_dir_all(bag.join("data/a/b/c")).unwrap(), "data/a"),
        (
            |bag| {
                fs::rename(bag.join("records"), bag.join("../records")).unwrap();
                symlink("../records", bag.join("records")).unwrap();
            },
            "records",
        ),
    ];
    for (change, file) in changes {
        let outer = tempfile::tempdir().unwrap();
        let bag = outer.path().join("bag");
        bag::copy(&frozen_bag(), &bag);
        change(&bag);
        let said = verify(&[bag.as_os_str(), "--json".as_ref()]);
        assert_eq!(said.code, 1);
        let report: Value = serde_json::from_str(&said.out).unwrap();
        assert_eq!(report["problems"][0]["file"], file);
        assert_eq!(report["proved"], false);
    }
}

#[test]
fn lines_fit_a_terminal_and_names_of_others_cannot_act_on_it() {
    let bag = copied_bag();
    fs::write(bag.path().join(OsStr::from_bytes(b"\x1b]0;INTACT\x07\xff")), b"").unwrap();
    for lang in ["en", "uk", "ru"] {
        for path in [bag.path(), &frozen_bag()] {
            let said = verify(&[path.as_os_str(), "--lang".as_ref(), lang.as_ref()]);
            assert!(!said.out.contains(|c: char| c.is_control() && c != '\n'));
            let long = said.out.lines().filter(|line| line.chars().count() > 80);
            assert_eq!(long.collect::<Vec<_>>(), Vec::<&str>::new());
        }
    }
}

#[test]
fn the_program_reaches_no_crate_of_ours_but_proof() {
    let manifest = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).unwrap();
    let ours: Vec<_> = manifest.lines().filter(|line| line.starts_with("vidimus-")).collect();
    assert_eq!(ours, ["vidimus-proof.workspace = true"]);
}
