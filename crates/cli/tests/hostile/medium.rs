//! A full disk, a disk that cannot be written, files that this user may not open, no file handles left: nothing of that is called
//! damage, and what can be read is answered.

use std::process::{Command, Stdio};

use crate::support::{House, Said};

/// What only reads.
const READING: [&[&str]; 4] = [&["list", "--json"], &["show", "A1-1"], &["log", "A1"], &["check"]];

/// Words that frighten: nothing here is damaged.
const FRIGHTENING: [&str; 2] = ["damaged", "backup"];

fn house() -> House {
    let house = House::with_archive();
    for name in ["a", "b", "c"] {
        house.file(&format!("disk/{name}"), name.repeat(30_000));
    }
    house.vidimus(["receive", "disk"]).succeeds();
    house.vidimus(["list"]).succeeds();
    house
}

#[test]
fn a_disk_that_cannot_be_written_is_read() {
    let house = house();
    if !may_mount(&house) {
        return;
    }
    let read_only = "mount --bind archive archive && mount -o remount,bind,ro archive";
    let alike = |house: &House, folds: bool| {
        for command in READING {
            let (before, now) = (house.vidimus(command).succeeds(), mounted(house, read_only, command));
            assert_eq!(now.code, 0, "{command:?}: {now:?}");
            if command != ["check"] {
                assert_eq!(now.out, before.out, "{command:?}");
            }
            if !folds {
                let _ = std::fs::remove_dir_all(house.path("archive/folds"));
                let now = mounted(house, read_only, command);
                assert_eq!(now.code, 0, "{command:?} without folds: {now:?}");
                assert!(command == ["check"] || now.out == before.out, "{command:?}: {now:?}");
                assert!(!house.path("archive/folds").exists());
            }
        }
    };
    alike(&house, true);
    alike(&house, false);

    // The folds are behind.
    house.file("more/d", "d");
    house.vidimus(["receive", "more"]).succeeds();
    let listed = mounted(&house, read_only, &["list", "--json"]);
    assert_eq!(listed.json().as_array().unwrap().len(), 4, "{listed:?}");

    // Nothing can be recorded, and that is what is said.
    house.file("third/e", "e");
    let refused = mounted(&house, read_only, &["receive", "third"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.err.contains("a disk that can only be read"), "{refused:?}");

    // The mark outside is still compared: yesterday's folder is noticed on such a disk too.
    let note = house.path("state/vidimus");
    assert!(note.is_dir());
    assert!(
        Command::new("cp")
            .args(["-a", "archive", "yesterday"])
            .current_dir(house.path(""))
            .status()
            .unwrap()
            .success()
    );
    house.vidimus(["receive", "third"]).succeeds();
    let back = mounted(
        &house,
        "mount --bind yesterday yesterday && mount -o remount,bind,ro yesterday",
        &["--archive", "yesterday", "list"],
    );
    assert!(back.err.contains("this archive went back"), "{back:?}");
}

#[test]
fn an_index_that_cannot_be_written_answers_as_far_as_it_goes() {
    let house = house();
    if !may_mount(&house) {
        return;
    }
    let read_only = "mount --bind archive archive && mount -o remount,bind,ro archive";
    let search = |words: &[&str]| mounted(&house, read_only, &[&["search", "in:name"], words].concat());
    let none = search(&[]);
    assert!(
        none.code == 1 && none.err.contains("cannot be written here"),
        "nothing was indexed yet: {none:?}"
    );
    house.vidimus(["search", "in:name"]).succeeds();
    let all = search(&["--json"]);
    assert_eq!((all.code, all.json().as_array().unwrap().len()), (0, 3), "{all:?}");
    assert!(!all.err.contains("cannot be written"), "it is up to date: {all:?}");
    house.file("more/later", "d");
    house.vidimus(["receive", "more"]).succeeds();
    // What is withdrawn meanwhile is hidden all the same: that is asked of the records.
    house.vidimus(["withdraw", "A1-1", "--reason", "a wrong file"]).succeeds();
    let some = search(&["--json"]);
    assert_eq!((some.code, some.json().as_array().unwrap().len()), (0, 2), "{some:?}");
    assert!(some.err.contains("cannot be written here: what the newest"), "{some:?}");
    let told = search(&["--lang", "uk"]);
    assert!(told.err.contains("Покажчик тут не можна записати"), "{told:?}");
    // A full disk is no other case.
    std::fs::create_dir(house.path("small")).unwrap();
    let full = "mount -t tmpfs -o size=6m none small && cp -a archive small && (cat /dev/zero > small/fill 2>/dev/null; true)";
    let some = mounted(&house, full, &["--archive", "small/archive", "search", "in:name", "--json"]);
    assert_eq!((some.code, some.json().as_array().unwrap().len()), (0, 2), "{some:?}");
    assert!(some.err.contains("cannot be written here"), "{some:?}");
    assert_eq!(house.vidimus(["search", "in:name", "--json"]).succeeds().json().as_array().unwrap().len(), 3);
}

#[test]
fn a_full_disk_is_read_and_called_full() {
    let house = house();
    if !may_mount(&house) {
        return;
    }
    std::fs::create_dir(house.path("small")).unwrap();
    let full = "mount -t tmpfs -o size=6m none small && cp -a archive small && (cat /dev/zero > small/fill 2>/dev/null; true)";
    for folds in ["true", "rm -rf small/archive/folds; cat /dev/zero > small/fill 2>/dev/null"] {
        let full = format!("{full}; {folds}; true");
        for command in READING {
            let command = [&["--archive", "small/archive"], command].concat();
            let said = mounted(&house, &full, &command);
            assert_eq!(said.code, 0, "{command:?}: {said:?}");
        }
    }
    house.file("more/d", "d".repeat(50_000));
    let said = mounted(&house, full, &["--archive", "small/archive", "receive", "more"]);
    let words = format!("{}{}", said.out, said.err);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(words.contains("no room"), "{said:?}");
    assert!(!FRIGHTENING.iter().any(|word| said.err.contains(word)), "{said:?}");
}

#[test]
fn too_many_open_files_are_no_damage() {
    let house = house();
    let mut refused = 0;
    for most in 4..20 {
        let said = shell(&house, &format!("ulimit -n {most}"), &["list"]);
        if said.code == 0 {
            break;
        }
        refused += 1;
        assert!(!FRIGHTENING.iter().any(|word| said.err.contains(word)), "{most}: {said:?}");
    }
    assert!(refused > 0, "it is tried with too few");
}

#[test]
fn what_this_user_may_not_open_is_no_damage() {
    let house = house();
    let nobody = "setpriv --reuid 65534 --regid 65534 --clear-groups";
    let is_root = rustix::process::geteuid().is_root();
    let as_who = if is_root { nobody } else { "env" };
    if is_root {
        let all = house.path("");
        assert!(Command::new("chown").args(["-R", "65534:65534"]).arg(&all).status().unwrap().success());
    }
    let run = |setting: &str, command: &[&str]| {
        let words: Vec<String> = command.iter().map(|word| format!("'{word}'")).collect();
        shell(&house, &format!("{setting} && exec {as_who} \"$0\" {}", words.join(" ")), &[])
    };
    let able = run("true", &["list"]);
    if able.code != 0 {
        println!("skipped: another user cannot run the program here: {able:?}");
        return;
    }
    for closed in ["archive/ledger.db", "archive/keys/members", "archive/keys/held"] {
        let said = run(&format!("chmod 000 {closed}"), &["list"]);
        assert_eq!(said.code, 3, "{closed}: {said:?}");
        assert!(said.err.contains("may not be opened"), "{closed}: {said:?}");
        let opened = if closed.ends_with(".db") { "600" } else { "700" };
        run(&format!("chmod {opened} {closed}"), &["list"]).succeeds();
    }
    // A folder that may be read and not written.
    run("rm -rf archive/folds && chmod 500 archive", &["list"]).succeeds();
    run("true", &["check"]).succeeds();
    run("chmod 700 archive", &["list"]).succeeds();
}

/// May a name space of its own mount something here?
fn may_mount(house: &House) -> bool {
    let said = mounted(house, "mount -t tmpfs none archive", &["--version"]);
    if said.code != 0 {
        println!("skipped: nothing may be mounted here: {}", said.err);
    }
    said.code == 0
}

/// Runs a command after `mounting`, which ends with it.
fn mounted(house: &House, mounting: &str, command: &[&str]) -> Said {
    let mut all = Command::new("unshare");
    all.args(["--map-root-user", "--mount", "sh", "-c"]);
    finish(house, all, mounting, command)
}

#[test]
fn what_had_no_room_is_taken_once_there_is_some() {
    let house = house();
    if !may_mount(&house) {
        return;
    }
    std::fs::create_dir(house.path("small")).unwrap();
    for name in ["d", "e", "f", "g"] {
        house.file(&format!("more/{name}"), name.repeat(1_500_000));
    }
    let receive = ["--archive", "small/archive", "receive", "more", "--json"];
    let first = format!("\"$0\" {} >first 2>&1", receive.join(" "));
    let grows = format!(
        "mount -t tmpfs -o size=6m none small && cp -a archive small && ! {first} && mount -o remount,size=60m small"
    );
    let said = mounted(&house, &grows, &receive);
    assert_eq!(said.code, 0, "{said:?}");
    let json = said.json();
    assert_eq!((&json["found"], &json["taken"]), (&4.into(), &4.into()), "{json:#}");
    assert_eq!(json["not_taken"].as_array().unwrap().len(), 0, "{json:#}");
    let first = std::fs::read_to_string(house.path("first")).unwrap();
    assert!(first.contains("no room left"), "{first}");
}

/// Runs a command in a shell after `setting`.
fn shell(house: &House, setting: &str, command: &[&str]) -> Said {
    let mut all = Command::new("sh");
    all.arg("-c");
    finish(house, all, setting, command)
}

fn finish(house: &House, mut all: Command, before: &str, command: &[&str]) -> Said {
    house.settle(&mut all);
    all.arg(format!("{before} && exec \"$0\" \"$@\"")).arg(env!("CARGO_BIN_EXE_vidimus")).args(command);
    let output = all.stdin(Stdio::null()).output().unwrap();
    Said {
        code: output.status.code().expect("it was not killed"),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
