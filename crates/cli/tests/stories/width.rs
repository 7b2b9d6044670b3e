//! No line is wider than a terminal, in three languages, with names that are as long as names can be.

use unicode_width::UnicodeWidthStr as _;

use crate::support::{House, Said};

const WIDE: usize = 80;
/// Plainly invented; a hundred characters, as long as the name of a member may be.
const OLENA: &str = "Олена-Анастасія Неіснуюченко-Вигаданська, документаторка вигаданої правозахисної групи «Нічия Пам'ять 1»";
const BORYS: &str = "Борис-Светозар Несуществующенко-Придуманский, архивариус вымышленной правозащитной группы «Ничья Память»";

/// What cannot be broken: a path, a hash, a key, an id, an address.
fn stands_alone(line: &str) -> bool {
    !line.trim().contains(' ')
}

#[track_caller]
fn fits(said: &Said, typed: &[&str]) {
    for line in said.out.lines().chain(said.err.lines()) {
        assert!(line.width() <= WIDE || stands_alone(line), "{typed:?}: {} columns: {line}", line.width());
    }
}

fn name(long: &str) -> String {
    long.chars().take(100).collect()
}

/// A house in which lines have eighty columns, and where every name is long.
struct Wide {
    house: House,
    lang: &'static str,
}

impl Wide {
    #[track_caller]
    fn runs(&self, typed: &[&str]) -> Said {
        let mut command = self.house.command();
        command.env("COLUMNS", WIDE.to_string()).args(typed).args(["--lang", self.lang]);
        let said = Said::of(command);
        assert!(said.code < 4, "{typed:?}: {said:?}");
        fits(&said, typed);
        said
    }
}

#[test]
fn every_command_of_a_story_fits_in_three_languages() {
    for lang in ["en", "uk", "ru"] {
        story(&Wide { house: House::new(), lang });
    }
}

fn story(wide: &Wide) {
    let (house, [olena, borys]) = (&wide.house, [name(OLENA), name(BORYS)]);
    let long = "показання свідка про умови тримання, записані у вигаданій установі ИК-900 ".repeat(4);
    let long = long.trim();
    house.private("borys", "boris keeps four small goats");
    let disk = "disk/Найдовша назва теки з показаннями та протоколами/Ще одна така сама довга назва теки";
    for number in 1..=3 {
        house
            .file(&format!("{disk}/запис допиту камера номер {number}, копія з реєстратора.mp4"), "the same");
    }
    house.file("disk/note.txt", "a note");
    std::os::unix::fs::symlink(
        "/nowhere/at/all/in/the/whole/world",
        house.path(&format!("{disk}/посилання")),
    )
    .unwrap();
    house.file("note", format!("{long}\n{}", "б".repeat(200)));
    house.file("giver", "Ім'я Вигадане");

    let runs = |typed: &[&str]| wide.runs(typed);
    let borys_runs = |typed: &[&str]| runs(&[typed, &["--passphrase-file", "borys"]].concat());
    runs(&[
        "init",
        "--origin",
        "archive.example/a-rather-long-name-of-a-group-of-people/2026",
        "--member",
        &olena,
        "--recovery-sheet",
        "sheet",
    ]);
    let sheet = std::fs::read_to_string(house.path("sheet")).unwrap();
    fits(&Said { code: 0, out: sheet, err: String::new() }, &["the sheet"]);
    runs(&["receive", "disk", "--note-file", "note", "--from-file", "giver"]);
    for typed in [
        &["list"][..],
        &["show", "A1"],
        &["show", "A1-1"],
        &["search", "показання", "unknown:поле", "\"без", "кінця", "про*", "x*"],
        &["search", "ref:A1"],
        &["log", "A1"],
        &["log", "A1-2"],
        &["check"],
        &["check", "--full"],
        &["rebuild"],
        &["key", "show"],
        &["receipt", "list"],
        &["proposals"],
        &["member", "list"],
        &["keyholder", "list"],
        &["compartment", "list"],
        &["anchor"],
        &["backup", "backup"],
        &["restore", "backup", "again"],
        &["keyholder", "giver", "A1"],
        &["receipt", "compare", "note"],
    ] {
        runs(typed);
    }
    runs(&["compartment", "new", &name(long), "--letter", "W"]);
    runs(&["compartment", "new", &olena]);
    runs(&["member", "add", &borys, "--new-passphrase-file", "borys", "--recovery-sheet", "borys.sheet"]);
    runs(&["compartment", "share", &olena, "--with", &borys]);
    runs(&["release", "A1"]);
    for typed in [
        &["withdraw", "A1-4", "--reason", long][..],
        &["list", "--withdrawn"],
        &["reinstate", "A1-4", "--reason", long],
        &["disclose", "A1-1", "A1-2", "--to", long, "--purpose", long, "--out", "bag"],
        &["show", "A1-1"],
        &["log", "A1-1"],
        &["move", "A1-4", "--into", &olena],
        &["erase", "A1-1", "A1-2", "A1-3", "--reason", long],
        &["member", "remove", &borys, "--reason", long],
        &["proposals"],
        &["member", "list"],
        &["compartment", "list"],
        &["keyholder", "set", "--keyholder", KEYHOLDER, "--threshold", "1", "--reason", long],
        &["proposals"],
        &["key", "change", "--reason", long],
        &["key", "show"],
        &["passphrase", "--new-passphrase-file", "passphrase"],
        &["check"],
    ] {
        runs(typed);
    }
    let waiting = house.vidimus(["proposals", "--json"]).json();
    for proposal in
        waiting.as_array().unwrap().iter().filter(|one| one["action"]["action"] != "remove_member")
    {
        borys_runs(&["agree", proposal["proposal"].as_str().unwrap()]);
    }
    runs(&["log", "A1"]);
    runs(&["keyholder", "list"]);
    runs(&["keyholder", "test", "--out", "test"]);
    runs(&["keyholder", "set", "--keyholder", KEYHOLDER, "--threshold", "1", "--reason", long]);
    runs(&["proposals"]);
    std::fs::remove_dir_all(house.path("archive/objects")).unwrap();
    runs(&["check", "--full"]);
    runs(&["show", "A1"]);
}

const KEYHOLDER: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

#[test]
fn every_help_and_every_complaint_fits_in_three_languages() {
    for lang in ["en", "uk", "ru"] {
        let wide = Wide { house: House::new(), lang };
        let commands = |typed: &[&str]| -> Vec<String> {
            let help = wide.runs(&[typed, &["--help"]].concat());
            assert_eq!(help.code, 0, "{help:?}");
            let mut paragraphs = help.out.split("\n\n");
            let named = paragraphs.find(|part| {
                ["Commands:", "Команди:", "Команды:"].iter().any(|heading| part.starts_with(heading))
            });
            let lines = named.into_iter().flat_map(|part| part.lines().skip(1));
            let names = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
            names.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
        };
        let all = commands(&[]);
        assert!(all.len() > 25, "{all:?}");
        for one in all.iter().filter(|one| *one != "help") {
            wide.runs(&[
                one,
                "--no-such-option-as-this-one-which-is-rather-long-for-an-option-of-any-program",
            ]);
            for below in commands(&[one]).iter().filter(|below| *below != "help") {
                commands(&[one, below]);
            }
        }
    }
}

#[test]
fn in_a_pipe_no_name_is_cut() {
    let house = House::with_archive();
    let name = format!("{}.txt", "показання свідка ".repeat(6));
    house.file(&format!("disk/{name}"), "a note");
    let piped = |typed: &[&str]| {
        let mut command = house.command();
        command.env_remove("COLUMNS").args(typed);
        Said::of(command).succeeds().out
    };
    piped(&["receive", "disk"]);
    assert!(piped(&["list"]).contains(&name));
    let folder = house.path("archive/receipts/");
    assert!(piped(&["receipt", "list"]).contains(folder.to_str().unwrap()));
    let mut asked = house.command();
    asked.env("COLUMNS", "80").arg("list");
    let asked = Said::of(asked).out;
    assert!(!asked.contains(&name) && asked.contains('…'), "{asked}");
}

#[test]
fn a_wider_terminal_is_used_and_a_narrower_one_is_obeyed() {
    let house = House::new();
    for (columns, lines) in [("200", 2), ("40", 4)] {
        let mut command = house.command();
        command.env("COLUMNS", columns).args(["list", "--archive", "nowhere"]);
        let said = Said::of(command);
        assert_eq!(said.err.lines().count(), lines, "{said:?}");
        assert!(said.err.lines().all(|line| line.width() <= columns.parse().unwrap()), "{said:?}");
    }
}
