//! A person sits at a terminal (one that `script`, of every Debian, pretends).

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};

use crate::support::{House, PASSPHRASE};

/// A terminal with a command in it, and what was seen on it so far.
struct Terminal {
    child: Child,
    seen: String,
}

impl Terminal {
    /// None where this machine has no `script`.
    fn run(house: &House, command_line: &str) -> Option<Self> {
        let mut command = Command::new("script");
        house.settle(&mut command);
        command.env_remove("VIDIMUS_PASSPHRASE_FILE").env("TERM", "dumb");
        Self::start(command, command_line)
    }

    /// As above, on a terminal that can draw, where the passphrase is read from its file.
    fn drawing(house: &House, command_line: &str) -> Option<Self> {
        let mut command = Command::new("script");
        house.settle(&mut command);
        command.env("TERM", "xterm");
        Self::start(command, command_line)
    }

    fn start(mut command: Command, command_line: &str) -> Option<Self> {
        command.args(["--quiet", "--return", "--command", command_line, "/dev/null"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        match command.spawn() {
            Ok(child) => Some(Self { child, seen: String::new() }),
            Err(_) => {
                println!("skipped: this machine has no `script`");
                None
            }
        }
    }

    /// Waits until this is asked.
    #[track_caller]
    fn until(&mut self, question: &str) -> String {
        let mut bytes = Vec::new();
        while !String::from_utf8_lossy(&bytes).contains(question) {
            let mut byte = [0];
            let read = self.child.stdout.as_mut().unwrap().read(&mut byte).unwrap_or(0);
            let so_far = String::from_utf8_lossy(&bytes).into_owned();
            assert!(read == 1, "{question:?} was not asked; seen: {}{so_far}", self.seen);
            bytes.push(byte[0]);
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        self.seen.push_str(&text);
        text
    }

    fn types(&mut self, line: &str) {
        let stdin = self.child.stdin.as_mut().unwrap();
        stdin.write_all(format!("{line}\n").as_bytes()).unwrap();
        stdin.flush().unwrap();
    }

    /// Reads to the end.
    fn ends(mut self) -> (i32, String) {
        let mut rest = Vec::new();
        let _ = self.child.stdout.as_mut().unwrap().read_to_end(&mut rest);
        self.seen.push_str(&String::from_utf8_lossy(&rest));
        (self.child.wait().unwrap().code().unwrap(), self.seen)
    }
}

#[test]
fn passphrases_are_typed_twice_and_part_of_the_sheet_is_typed_back() {
    let house = House::new();
    let line = format!("{} init --origin a.example --member Olena", env!("CARGO_BIN_EXE_vidimus"));
    let Some(mut terminal) = Terminal::run(&house, &line) else { return };
    terminal.until("New passphrase: ");
    terminal.types("short");
    terminal.until("too easy to guess");
    terminal.until("New passphrase: ");
    terminal.types(PASSPHRASE);
    terminal.until("The same again: ");
    terminal.types("seven herons cross the frozen sea");
    terminal.until("The two differ");
    terminal.until("New passphrase: ");
    terminal.types(PASSPHRASE);
    terminal.until("The same again: ");
    terminal.types(PASSPHRASE);

    let sheet = terminal.until("Type group ");
    let group = |number: &str| -> String {
        let after = sheet.split(&format!("{number:>2}: ")).nth(1).unwrap();
        after.split_whitespace().next().unwrap().to_owned()
    };
    let number = terminal.until(" from your sheet: ");
    let number = number.split_whitespace().next().unwrap().to_owned();
    terminal.types("0000");
    terminal.until("That is not group");
    terminal.until(" from your sheet: ");
    terminal.types(&group(&number).to_lowercase());
    terminal.until("Type group ");
    let number = terminal.until(" from your sheet: ");
    terminal.types(&group(number.split_whitespace().next().unwrap()));
    let (code, seen) = terminal.ends();
    assert_eq!(code, 0, "{seen}");
    assert!(!seen.contains("herons"), "a passphrase was shown: {seen}");
    assert!(seen.contains("The sheet is right"), "{seen}");
    house.vidimus(["member", "list"]).succeeds();
}

#[test]
fn who_interrupts_a_question_is_let_go() {
    let house = House::with_archive();
    let line = format!("{} member list", env!("CARGO_BIN_EXE_vidimus"));
    let Some(mut terminal) = Terminal::run(&house, &line) else { return };
    terminal.until("Passphrase: ");
    terminal.types("not the right passphrase");
    terminal.until("No member has this passphrase");
    terminal.until("Passphrase: ");
    terminal.types("\u{3}");
    let (code, seen) = terminal.ends();
    assert_eq!(code, 1, "{seen}");
    assert!(seen.contains("The question was not answered"), "{seen}");
    assert!(!seen.contains("not the right"), "{seen}");
}

#[test]
fn a_person_is_asked_before_a_disk_is_taken_in() {
    let house = House::with_archive();
    house.file("disk/note.txt", "a note");
    let line = format!("{} receive disk", env!("CARGO_BIN_EXE_vidimus"));
    let Some(mut terminal) = Terminal::run(&house, &line) else { return };
    terminal.until("Take in 1 file, 6 B? [y/N] ");
    terminal.types("");
    let (code, seen) = terminal.ends();
    assert!(code == 1 && seen.contains("You said no, and nothing was done."), "{seen}");

    let Some(mut terminal) = Terminal::run(&house, &line) else { return };
    terminal.until("[y/N] ");
    terminal.types("y");
    terminal.until("Passphrase: ");
    terminal.types(PASSPHRASE);
    let (code, seen) = terminal.ends();
    assert!(code == 0 && seen.contains("Accession A1"), "{seen}");
    assert!(!seen.contains("herons"), "{seen}");
}

#[test]
fn a_person_is_asked_before_copies_are_left_elsewhere() {
    let house = House::with_archive();
    house.file("disk/a.txt", "the same");
    house.file("disk/b.txt", "the same");
    house.vidimus(["receive", "disk"]).succeeds();
    let line = format!(
        "{} withdraw A1-1 --reason private --passphrase-file passphrase",
        env!("CARGO_BIN_EXE_vidimus")
    );
    let Some(mut terminal) = Terminal::run(&house, &line) else { return };
    terminal.until("in other items (1): A1-2.");
    terminal.until("Go on without them? [y/N] ");
    terminal.types("n");
    let (code, seen) = terminal.ends();
    assert!(code == 1 && seen.contains("You said no"), "{seen}");
    assert_eq!(house.vidimus(["list", "--json"]).json().as_array().unwrap().len(), 2);

    let mut terminal = Terminal::run(&house, &line).unwrap();
    terminal.until("Go on without them? [y/N] ");
    terminal.types("y");
    let (code, seen) = terminal.ends();
    assert!(code == 0 && seen.matches("A1-2").count() == 1, "told twice: {seen}");
}

#[test]
fn long_work_shows_its_rate_and_what_remains() {
    let house = House::with_archive();
    for number in 0..30 {
        house.file(&format!("disk/{number}"), format!("file {number}"));
    }
    house.vidimus(["compartment", "new", "medical"]).succeeds();
    for (command, done) in [
        ("receive disk --yes", "Accession A1"),
        ("check --full", "Everything is sound"),
        ("rebuild", "made again"),
        ("backup copy", "up to date"),
        ("restore copy again", "again."),
        ("move A1 --into medical --yes", "Moved into medical"),
        ("erase A1-3 --reason private --confirm A1-3 --yes", "Erased: A1-3"),
        ("disclose A1-4 --to X --purpose Y --out bag", "The package is in"),
    ] {
        let line = format!("{} {command}", env!("CARGO_BIN_EXE_vidimus"));
        let Some(terminal) = Terminal::drawing(&house, &line) else { return };
        let (code, seen) = terminal.ends();
        assert!(code == 0 && seen.contains(done), "{command}: {seen}");
        let drawn = seen.split(done).next().unwrap();
        for part in [" %  ", "/s  ", " left"] {
            assert!(drawn.contains(part), "{command} shows no {part:?}: {seen}");
        }
        never_goes_back(command, drawn);
    }
    let line = format!("{} rebuild --lang uk", env!("CARGO_BIN_EXE_vidimus"));
    let (_, seen) = Terminal::drawing(&house, &line).unwrap().ends();
    assert!(seen.contains("/с  лишилося "), "{seen}");
}

#[test]
fn what_the_bar_says_is_true_to_its_end() {
    let house = House::with_archive();
    for number in 0..3000 {
        house.file(&format!("disk/{number:04}"), format!("file {number}"));
    }
    // Copies, and another of the same size; what is no file counts too.
    for (name, byte) in [("one", 1), ("one-again", 1), ("two", 2)] {
        house.file(&format!("disk/{name}"), vec![byte; 40 << 20]);
    }
    std::os::unix::fs::symlink("0001", house.path("disk/link")).unwrap();
    for (command, all) in [("receive disk --yes", "3,004 of 3,004 files"), ("check --full", "B/s")] {
        let line = format!("{} {command}", env!("CARGO_BIN_EXE_vidimus"));
        let Some(terminal) = Terminal::drawing(&house, &line) else { return };
        let (code, seen) = terminal.ends();
        assert_eq!(code, 0, "{command}: {seen}");
        never_goes_back(command, &seen);
        let last = seen.split('\r').rfind(|line| line.contains(" %  ")).unwrap();
        assert!(last.contains(all), "{command}: {last:?}");
    }
}

/// Each piece of work goes forward only, and the last is drawn at its end.
#[track_caller]
fn never_goes_back(command: &str, drawn: &str) {
    // What is counted changes from one piece to the next: bytes, records, objects.
    let mut pieces: Vec<(String, Vec<u64>)> = Vec::new();
    for line in drawn.split('\r').filter(|line| line.contains(" %  ")) {
        let (bar, rest) = line.split_once(" %  ").unwrap();
        let percent = bar.split_whitespace().last().unwrap().parse().unwrap();
        let told = |word: &&str| {
            let is_time = ["s", "min", "h", "left"].contains(word);
            word.ends_with("B/s") || !is_time && word.bytes().all(|byte| byte.is_ascii_lowercase())
        };
        let what = rest.split_whitespace().filter(told).map(|word| word.trim_start_matches(['k', 'M', 'G']));
        let what: String = what.collect();
        match pieces.last_mut() {
            // Of the next piece it is not known yet what it is.
            Some((_, percents)) if percent == 0 && percents.last() == Some(&100) => {
                pieces.push((what, vec![percent]));
            }
            Some((before, percents)) if *before == what => percents.push(percent),
            _ => pieces.push((what, vec![percent])),
        }
    }
    for (what, percents) in &pieces {
        assert!(
            percents.is_sorted() && percents.iter().all(|percent| *percent <= 100),
            "{command}, {what}: {percents:?}"
        );
    }
    let (what, percents) = pieces.last().unwrap();
    assert_eq!(percents.last(), Some(&100), "{command}, {what}: {percents:?}");
}
