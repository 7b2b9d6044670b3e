//! What is refused, with which code, in which words.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use crate::support::{House, Said};

#[test]
fn what_cannot_be_typed_is_wrong_usage() {
    let house = House::new();
    for nonsense in
        [&["--nonsense"][..], &["dance"], &[], &["member"], &["receive"], &["init"], &["--lang", "xx"]]
    {
        let said = house.vidimus(nonsense);
        assert_eq!(said.code, 2, "{nonsense:?}: {said:?}");
        assert_eq!(said.out, "");
        assert!(!said.err.is_empty());
    }
    let help = house.vidimus(["--help"]).succeeds();
    assert!(help.out.contains("Exit codes"), "{help:?}");
    assert!(!help.out.contains(house.path("archive").to_str().unwrap()), "the surroundings are not shown");
    house.vidimus(["--version"]).succeeds();
}

#[test]
fn a_folder_without_an_archive_is_named() {
    let house = House::new();
    house.vidimus(["member", "list"]).refuses(2, "There is no archive in");
    fs::create_dir(house.path("archive")).unwrap();
    house.vidimus(["member", "list"]).refuses(2, "There is no archive in");
    house.vidimus(["--archive", "passphrase", "member", "list"]).refuses(2, "There is no archive in");
    let mut command = house.command();
    let output = command.env_remove("VIDIMUS_ARCHIVE").args(["member", "list"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().starts_with("No archive is named."));
}

#[test]
fn the_wrong_passphrase_and_the_wrong_name_open_nothing() {
    let house = House::with_archive();
    house.private("other", "not the right passphrase");
    let with_other = ["--passphrase-file", "other", "member", "list"];
    house.vidimus(with_other).refuses(3, "No member has this passphrase");
    let said = house.vidimus(["--member", "Mallory\u{202e}", "member", "list"]);
    let said = said.refuses(3, "has this passphrase");
    assert!(!said.err.contains('\u{202e}'), "{said:?}");
}

#[test]
fn a_passphrase_file_that_others_can_read_is_refused() {
    let house = House::with_archive();
    let file = house.path("passphrase");
    for mode in [0o644, 0o640, 0o604, 0o601] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        house.vidimus(["member", "list"]).refuses(2, "Others can read");
    }
    house.private("empty", "");
    house.vidimus(["--passphrase-file", "empty", "member", "list"]).refuses(2, "no readable text");
    house.vidimus(["--passphrase-file", "nowhere", "member", "list"]).refuses(2, "does not exist");
    house.vidimus(["--passphrase-file", ".", "member", "list"]).refuses(2, "is a folder");
}

#[test]
fn without_a_terminal_nobody_is_asked() {
    let house = House::with_archive();
    let mut command = house.command();
    command.env_remove("VIDIMUS_PASSPHRASE_FILE").args(["member", "list"]).stdin(Stdio::null());
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("--passphrase-file FILE"));
}

#[test]
fn a_machine_that_never_saw_the_archive_says_so() {
    let house = House::with_archive();
    let mut command = house.command();
    command.env("XDG_STATE_HOME", house.path("another machine"));
    let output = command.args(["member", "list"]).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("has never seen this archive") && said.contains("archive.example/stories"),
        "{said}"
    );
    let mut command = house.command();
    command.env("XDG_STATE_HOME", house.path("another machine"));
    assert!(command.args(["member", "list", "--first-seen-here"]).status().unwrap().success());
}

#[test]
fn a_reader_who_leaves_is_not_complained_about() {
    let house = House::with_archive();
    let mut command = house.command();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = command.args(["member", "list"]).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
    let output = output.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn what_was_typed_wrong_is_said_in_two_sentences_in_the_readers_language() {
    let house = House::new();
    for (typed, part) in [
        (&["frobnicate"] as &[&str], "There is no command frobnicate"),
        (&["receive"], "Something is missing: <PATH>."),
        (&["list", "--x\u{1b}[31m"], "does not know --x"),
        (&["disclose", "A1", "--names", "foo"], "--names <NAMES> cannot be foo; it is one of: number, ref"),
        (&["release"], "Something is missing"),
        (&["list", "--lang", "xx"], "--lang <LANG> cannot be xx"),
        (&["show", "A1", "A2"], "does not know A2"),
    ] {
        let said = house.vidimus(typed).refuses(2, part);
        assert!(!said.err.contains('\u{1b}'), "{said:?}");
    }
    for (lang, part) in [("uk", "Немає команди frobnicate"), ("ru", "Нет команды frobnicate")]
    {
        house.vidimus(["--lang", lang, "frobnicate"]).refuses(2, part);
        let help = house.vidimus(["--lang", lang, "receive", "--help"]).succeeds();
        for english in ["Usage", "Options:", "Arguments:", "Print", "Folders"] {
            assert!(!help.out.contains(english), "{english:?} in {help:?}");
        }
    }
}

#[test]
fn an_archive_does_not_take_itself_in() {
    let house = House::with_archive();
    for own in ["archive", "archive/objects", "archive/../archive/keys"] {
        house.vidimus(["receive", own]).refuses(2, "is the archive's own folder");
    }
    assert_eq!(house.vidimus(["list", "--json"]).succeeds().out, "[]\n");
    house.vidimus(["show", ""]).refuses(2, "\"\" is not a reference");
}

#[test]
fn a_file_is_no_folder_for_an_archive_or_a_backup() {
    let house = House::with_archive();
    house.file("file", "x");
    house.vidimus(["backup", "file"]).refuses(2, "file is not a folder");
    house.vidimus(["restore", "archive", "file"]).refuses(2, "file is not a folder");
    let init = ["init", "--origin", "a.example", "--member", "Olena", "--recovery-sheet", "other"];
    house.vidimus([&init[..], &["--archive", "file"]].concat()).refuses(2, "file is not a folder");
    assert!(!house.path("other").exists());
}

#[test]
fn nothing_is_recorded_in_a_backup() {
    let house = House::with_archive();
    house.file("disk/a", "a");
    house.vidimus(["receive", "disk"]).succeeds();
    house.vidimus(["backup", "backup"]).succeeds();
    let before = std::fs::read_dir(house.path("backup/keys/held")).unwrap().count();
    house.file("more/b", "b");
    for command in [&["receive", "more"][..], &["release", "A1"], &["examine"], &["rebuild"]] {
        let said = house.vidimus([&["--archive", "backup"], command].concat());
        assert!(said.code != 0 && said.err.contains("This folder is a backup"), "{command:?}: {said:?}");
        assert!(said.err.contains("vidimus restore BACKUP NEW-FOLDER"), "{command:?}: {said:?}");
    }
    assert!(!house.path("backup/log").exists());
    // Nor are the keys in it closed anew.
    let keys = || {
        let entries = std::fs::read_dir(house.path("backup/keys/members")).unwrap();
        entries.map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect::<Vec<_>>()
    };
    let closed = keys();
    house.private("new", "eight herons cross the frozen lake");
    for command in [
        &["passphrase", "--new-passphrase-file", "new"][..],
        &["passphrase", "--new-sheet", "--recovery-sheet", "other-sheet"],
        &["recover", "--recovery-sheet", "sheet.txt", "--new-passphrase-file", "new"],
    ] {
        house.vidimus([&["--archive", "backup"], command].concat()).refuses(1, "This folder is a backup");
    }
    assert!(keys() == closed && !house.path("other-sheet").exists());
    house.vidimus(["restore", "backup", "backup/again"]).refuses(2, "or the archive in the backup");
    std::os::unix::fs::symlink("nowhere", house.path("link")).unwrap();
    house.vidimus(["restore", "backup", "link"]).refuses(2, "link is there already");
    assert_eq!(std::fs::read_dir(house.path("backup/keys/held")).unwrap().count(), before);
    house.vidimus(["--archive", "backup", "list"]).succeeds();
    // It lacks nothing that it should have.
    let checked = house.vidimus(["--archive", "backup", "check", "--full"]).succeeds();
    assert!(checked.out.contains("the published log: a backup has none"), "{checked:?}");
    // Brought back it is an archive again.
    house.vidimus(["restore", "backup", "again"]).succeeds();
    house.vidimus(["--archive", "again", "receive", "more"]).succeeds();
}

/// Whoever can write to the folder keeps everybody from recording in it; they are told what to do.
#[test]
fn an_archive_that_somebody_marked_as_a_backup_is_told_from_one() {
    let house = House::with_archive();
    house.file("disk/a", "a");
    house.vidimus(["backup", "backup"]).succeeds();
    std::fs::copy(house.path("backup/backup.json"), house.path("archive/backup.json")).unwrap();
    house.vidimus(["receive", "disk"]).refuses(1, "If this is the archive");
    for (lang, part) in [
        ("en", "If this folder is the archive"),
        ("uk", "Якщо ця тека - архів"),
        ("ru", "Если эта папка - архив"),
    ] {
        let checked = house.vidimus(["--lang", lang, "check"]);
        assert!(checked.code == 1 && checked.out.contains("file backup.json"), "{checked:?}");
        assert!(checked.out.split_whitespace().collect::<Vec<_>>().join(" ").contains(part), "{checked:?}");
    }
    std::fs::remove_file(house.path("archive/backup.json")).unwrap();
    house.vidimus(["check"]).succeeds();
    house.vidimus(["receive", "disk"]).succeeds();
}

#[test]
fn what_is_refused_is_told_by_its_own_reason() {
    let house = House::with_archive();
    house.file("disk/a", "a");
    house.vidimus(["receive", "disk"]).succeeds();
    house.vidimus(["move", "A1-1", "--into", "main"]).refuses(3, "only all of that can be moved");
    house.vidimus(["recover", "--accept-rollback", " "]).refuses(2, "Say it behind --accept-rollback.");
    house.vidimus(["erase", "A1-1", "--reason", " "]).refuses(2, "Say it behind --reason.");
}

#[test]
fn a_new_archive_asks_for_the_name_of_its_first_member() {
    let house = House::new();
    let init = ["init", "--origin", "a.example", "--recovery-sheet", "sheet"];
    house.vidimus(init).refuses(2, "needs the name of its first member");
    for bad in ["", " ", "a\u{200b}", "a\nb"] {
        house.vidimus([&init[..], &["--member", bad]].concat()).refuses(2, "holds what is not seen");
    }
    assert!(!house.path("sheet").exists());
    house.vidimus(["restore", "nowhere", "new"]).refuses(2, "nowhere");
    house.file("file", "x");
    house.vidimus(["restore", "file", "new"]).refuses(2, "file is not a folder");
    assert!(!house.path("new").exists());
}

#[test]
fn an_archive_of_somebody_else_is_no_missing_one() {
    let house = House::with_archive();
    house.file("disk/note.txt", "a note");
    house.vidimus(["receive", "disk"]).succeeds();
    let theirs = Somebody::in_house(&house);
    house.set_mode("archive", 0o000);
    for typed in [&["list"][..], &["receive", "disk"], &["check"], &["recover"]] {
        theirs.run(typed).refuses(3, "may not be opened or changed by this user");
    }
    house.set_mode("archive", 0o555);
    for typed in [
        &["receive", "disk"][..],
        &["release", "A1"],
        &["withdraw", "A1-1", "--reason", "x"],
        &["compartment", "new", "medical"],
        &["erase", "A1-1", "--reason", "x", "--confirm", "A1-1"],
        &["rebuild"],
    ] {
        theirs.run(typed).refuses(3, "may not be opened or changed by this user");
    }
    house.set_mode("archive", 0o700);
}

/// Another user, to whom the archive's folder does not belong; root becomes one, who else runs this takes the rights away from
/// themselves.
struct Somebody<'a> {
    house: &'a House,
    program: std::path::PathBuf,
}

impl<'a> Somebody<'a> {
    fn in_house(house: &'a House) -> Self {
        // The program may lie where only its builder can go.
        let program = house.path("program");
        std::fs::copy(env!("CARGO_BIN_EXE_vidimus"), &program).unwrap();
        house.set_mode("", 0o755);
        house.set_mode("passphrase", 0o600);
        Self { house, program }
    }

    fn run(&self, typed: &[&str]) -> Said {
        use std::os::unix::process::CommandExt as _;
        let mut command = std::process::Command::new(&self.program);
        self.house.settle(&mut command);
        command.args(typed);
        if rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(self.house.path("passphrase"), Some(65534), Some(65534)).unwrap();
            command.uid(65534).gid(65534);
        }
        Said::of(command)
    }
}
