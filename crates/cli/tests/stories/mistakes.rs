//! Mistakes can be taken back, and what cannot needs two.

use crate::receiving::disk;
use crate::support::{House, Said};

/// A house with a disk taken in as A1.
fn house() -> House {
    let house = House::with_archive();
    disk(&house);
    house.vidimus(["receive", "disk"]);
    house
}

/// Boris, who has a passphrase of his own.
fn admit_boris(house: &House) {
    house.private("boris", "boris keeps four small goats");
    let said = house.vidimus([
        "member",
        "add",
        "Boris",
        "--new-passphrase-file",
        "boris",
        "--recovery-sheet",
        "boris.txt",
    ]);
    assert!(said.succeeds().out.contains("Boris is a member now"));
}

fn boris(house: &House, arguments: &[&str]) -> Said {
    house.vidimus([arguments, &["--passphrase-file", "boris"]].concat())
}

#[test]
fn what_is_hidden_comes_back() {
    let house = house();
    let said = house.vidimus(["withdraw", "A1-2", "--reason", "the wrong folder"]).succeeds();
    assert!(said.out.contains("Withdrawn: A1-2"), "{said:?}");
    assert_eq!(house.vidimus(["list", "--json"]).json().as_array().unwrap().len(), 3);
    assert_eq!(house.vidimus(["list", "--withdrawn", "--json"]).json().as_array().unwrap().len(), 4);
    let disclose = ["disclose", "A1-2", "--to", "X", "--purpose", "Y", "--out", "bag"];
    house.vidimus(disclose).refuses(1, "A1-2 is withdrawn");
    assert!(house.vidimus(["log", "A1-2"]).succeeds().out.contains("the wrong folder"));
    house.vidimus(["reinstate", "A1-2", "--reason", "it was the right one"]).succeeds();
    assert_eq!(house.vidimus(["list", "--json"]).json().as_array().unwrap().len(), 4);
    house.vidimus(["withdraw", "A1-2", "--reason", " "]).refuses(2, "No reason was given");
    house.vidimus(["withdraw", "A9", "--reason", "x"]).refuses(1, "Nothing that you may read is called A9");
}

#[test]
fn the_only_member_confirms_what_destroys() {
    let house = house();
    house.vidimus(["erase", "A1-3", "--reason", "a private letter"]).refuses(1, "--confirm \"A1-3\"");
    let slip = ["erase", "A1-3", "--reason", "a private letter", "--confirm", "A1-2"];
    house.vidimus(slip).refuses(1, "nothing was done without your confirmation");
    let said = house.vidimus(["erase", "A1-3", "--reason", "a private letter", "--confirm", "a1-3"]);
    assert!(said.succeeds().out.contains("Erased: A1-3"));
    assert!(house.vidimus(["show", "A1-3"]).succeeds().out.contains("A1-3: erased"));
    house.vidimus(["check", "--full"]).succeeds();
    house
        .vidimus(["member", "remove", "Olena", "--reason", "x"])
        .refuses(3, "The last member cannot be removed");
}

#[test]
fn another_member_reads_after_release_and_agrees_to_what_needs_two() {
    let house = house();
    admit_boris(&house);
    assert_eq!(boris(&house, &["list"]).succeeds().out, "0 items\n");
    boris(&house, &["show", "A1"]).refuses(3, "A1 is its registrar's alone");
    boris(&house, &["release", "A1"]).refuses(3, "A1 is its registrar's alone");
    house.vidimus(["release", "A1-1"]).refuses(2, "is a part of an accession");
    house.vidimus(["release", "A1"]).succeeds();
    assert!(boris(&house, &["list"]).succeeds().out.contains("4 items\n"));

    let id = waiting(&house.vidimus(["erase", "A1-1", "--reason", "asked by the family"]).succeeds());
    house.vidimus(["agree", &id]).refuses(3, "Another member has to agree");
    let waits = boris(&house, &["proposals"]).succeeds();
    assert!(waits.out.contains(&id) && waits.out.contains("erase A1-1"), "{waits:?}");
    let agreed = boris(&house, &["agree", &id]).succeeds();
    assert!(agreed.out.contains("Agreed, and done: erase A1-1"), "{agreed:?}");
    boris(&house, &["agree", &id]).refuses(1, "waits for agreement");
    boris(&house, &["agree", "nonsense"]).refuses(1, "Nothing called nonsense waits");

    let removal = house.vidimus(["member", "remove", "Boris", "--reason", "he left"]);
    removal.refuses(3, "the one to be removed cannot be the second who agrees");
    let leaves = ["member", "remove", "Boris", "--reason", "he left"];
    boris(&house, &leaves).refuses(1, "You would remove yourself");
    boris(&house, &[&leaves[..], &["--confirm", "Borys"]].concat()).refuses(1, "You would remove yourself");
    assert!(!house.vidimus(["proposals"]).succeeds().out.contains("Boris"), "nothing was proposed");
    let own = boris(&house, &[&leaves[..], &["--confirm", "Boris"]].concat()).succeeds();
    let agreed = house.vidimus(["agree", &waiting(&own)]).succeeds();
    assert!(agreed.out.contains("Agreed, and done: remove member Boris"), "{agreed:?}");
    house.vidimus(["member", "remove", "Nobody", "--reason", "x"]).refuses(1, "Nobody called Nobody");
}

#[test]
fn copies_that_stay_are_named_before_and_after() {
    let house = House::with_archive();
    house.file("disk/once.txt", "there is one of this");
    for number in 1..=13 {
        house.file(&format!("disk/copy {number:02}.txt"), "the same words");
    }
    house.vidimus(["receive", "disk"]).succeeds();
    house.file("other/again.txt", "the same words");
    house.vidimus(["receive", "other"]).succeeds();
    let rows = house.vidimus(["list", "--json"]).json();
    let of = |path: &str| {
        let row = rows.as_array().unwrap().iter().find(|row| row["path"] == path).unwrap();
        row["ref"].as_str().unwrap().to_owned()
    };
    let (first, again, once) = (of("copy 01.txt"), of("again.txt"), of("once.txt"));

    let said = house.vidimus(["withdraw", &once, "--reason", "a private letter"]).succeeds();
    assert!(!said.out.contains("same bytes"), "{said:?}");
    let said = house.vidimus(["withdraw", &first, "--reason", "a private letter"]).succeeds();
    assert!(said.out.contains("The same bytes stay where they are in other items (13): A1-"), "{said:?}");
    assert!(said.out.contains(" and 3 more."), "{said:?}");
    let said = house.vidimus(["withdraw", &again, "--reason", "it too", "--json"]).succeeds().json();
    // What is withdrawn already does not stay to be seen.
    assert_eq!(said["copies"].as_array().unwrap().len(), 12, "{said}");
    assert_eq!(said["about"], serde_json::json!([again]));

    house.vidimus(["compartment", "new", "medical"]).succeeds();
    let said = house.vidimus(["move", "A2", "--into", "medical", "--yes"]).succeeds();
    assert!(said.out.contains("until each is refreshed (vidimus backup DIR) or destroyed"), "{said:?}");
    assert!(said.out.contains("in other items (13): A1-"), "{said:?}");
    let said = house.vidimus(["erase", "A1", "--reason", "x", "--confirm", "A1", "--json"]).succeeds().json();
    assert_eq!(said["copies"], serde_json::json!([{"ref": again, "state": "withdrawn"}]), "{said}");

    house.vidimus(["release", "A2"]);
    admit_boris(&house);
    house.vidimus(["receive", "other/again.txt"]).succeeds();
    let erase = ["erase", &again, "--reason", "asked by the family", "--lang", "ru"];
    let said = house.vidimus(erase).succeeds();
    assert!(said.out.contains("Те же байты остаются в других единицах (1): A3-1."), "{said:?}");
    let id = waiting(&house.vidimus(["erase", "A3", "--reason", "asked too"]).succeeds());
    let agreed = boris(&house, &["agree", &id]).succeeds();
    assert!(!agreed.out.contains("same bytes"), "Boris reads no other: {agreed:?}");
}

#[test]
fn a_check_says_what_waits_and_who_began_it() {
    let house = house();
    admit_boris(&house);
    let id = waiting(&house.vidimus(["erase", "A1", "--reason", "the wrong folder"]).succeeds());
    for (lang, parts) in [
        (
            "en",
            [
                "Under way: the erasure of A1 waits for a second member: Olena proposed it on 20",
                "vidimus agree ",
            ],
        ),
        ("uk", ["Триває: знищення A1 чекає на другого учасника: Olena пропонує", "vidimus agree "]),
        ("ru", ["Идёт: уничтожение A1 ждёт второго участника: Olena предлагает", "vidimus agree "]),
    ] {
        for said in [house.vidimus(["check", "--lang", lang]), boris(&house, &["check", "--lang", lang])] {
            let said = said.succeeds();
            assert!(parts.iter().all(|part| said.out.contains(part)) && said.out.contains(&id), "{said:?}");
            assert!(!said.out.contains("left over") && !said.out.contains("unfinished/"), "{said:?}");
        }
    }
    assert_eq!(house.vidimus(["check", "--json"]).json()["pending"].as_array().unwrap().len(), 1);
    boris(&house, &["agree", &id]).succeeds();
    assert_eq!(house.vidimus(["check", "--json"]).json()["pending"].as_array().unwrap().len(), 0);
}

#[test]
fn a_compartment_is_read_by_those_who_hold_it() {
    let house = house();
    admit_boris(&house);
    let made = house.vidimus(["compartment", "new", "witnesses", "--letter", "w"]).succeeds();
    assert!(made.out.contains("begin with W:"), "{made:?}");
    house.vidimus(["compartment", "new", "others", "--letter", "W"]).refuses(2, "The letter W is taken");
    house.vidimus(["compartment", "new", "witnesses"]).refuses(2, "the name of a new compartment");
    boris(&house, &["receive", "disk", "--into", "witnesses"]).refuses(2, "You hold no compartment");
    house.vidimus(["move", "A1", "--into", "witnesses"]).succeeds();
    house.vidimus(["receive", "disk/note.txt", "--into", "witnesses", "--json"]).succeeds();
    let listed = house.vidimus(["list", "W:A1", "--json"]).succeeds().json();
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
    house.vidimus(["release", "W:A1"]).succeeds();
    boris(&house, &["list", "W:A1"]).refuses(1, "Nothing that you may read");
    house.vidimus(["compartment", "share", "witnesses", "--with", "Boris"]).succeeds();
    boris(&house, &["list", "W:A1"]).succeeds();
    house
        .vidimus(["compartment", "share", "witnesses", "--with", "Nobody"])
        .refuses(1, "Nobody called Nobody");
}

#[test]
fn what_is_so_already_is_not_said_to_be_done() {
    let house = house();
    house.vidimus(["compartment", "new", "medical"]).succeeds();
    let records =
        || house.vidimus(["check", "--json"]).succeeds().json()["checked"]["records"].as_u64().unwrap();
    let twice = |typed: &[&str], done: &str| {
        let said = house.vidimus(typed).succeeds();
        assert!(said.out.contains(done) && !said.out.contains("Nothing was to be done"), "{said:?}");
        let before = records();
        let again = house.vidimus(typed).succeeds();
        assert!(again.out.contains("Nothing was to be done") && !again.out.contains(done), "{again:?}");
        assert_eq!(records(), before, "{again:?}");
        let uk = house.vidimus([typed, &["--lang", "uk"]].concat()).succeeds();
        assert!(uk.out.contains("Робити нічого не довелося"), "{uk:?}");
    };
    twice(&["release", "A1"], "can now be read");
    twice(&["withdraw", "A1-2", "--reason", "x"], "Withdrawn: A1-2");
    // Of the whole one item was withdrawn only, then all, then all but one.
    twice(&["withdraw", "A1", "--reason", "x"], "Withdrawn: A1.");
    house.vidimus(["reinstate", "A1-3", "--reason", "x"]).succeeds();
    twice(&["withdraw", "A1", "--reason", "x"], "Withdrawn: A1.");
    twice(&["reinstate", "A1-2", "--reason", "x"], "Brought back: A1-2");
    twice(&["reinstate", "A1", "--reason", "x"], "Brought back: A1.");
    assert_eq!(house.vidimus(["list", "--json"]).json().as_array().unwrap().len(), 4);
    let already = house.vidimus(["move", "A1-1", "--into", "main"]).succeeds();
    assert!(already.out.contains("Nothing was to be done: already in main: A1-1."), "{already:?}");
    twice(&["move", "A1-1", "--into", "medical", "--yes"], "Moved into medical: A1-1");
}

#[test]
fn a_confirmation_of_something_else_is_refused_however_many_have_to_agree() {
    let house = house();
    admit_boris(&house);
    let erase = ["erase", "A1-1", "--reason", "x", "--confirm"];
    let slip = house.vidimus([&erase[..], &["A1-2"]].concat());
    slip.refuses(1, "nothing was done without your confirmation");
    assert_eq!(house.vidimus(["proposals", "--json"]).succeeds().out, "[]\n");
    house.vidimus([&erase[..], &["a1-1"]].concat()).succeeds();
    assert_eq!(house.vidimus(["proposals", "--json"]).json().as_array().unwrap().len(), 1);
}

#[test]
fn all_who_hold_a_compartment_are_named() {
    let house = House::with_archive();
    // Main and, where the member holds it, witnesses.
    let held = |said: Said| {
        let mut rows = said.succeeds().json();
        let rows = rows.as_array_mut().unwrap();
        rows.sort_by_key(|row| row["name"].to_string());
        let names = rows.iter().map(|row| row["holders"].as_array().unwrap().iter());
        names
            .map(|names| names.map(|name| name.as_str().unwrap().to_owned()).collect())
            .collect::<Vec<Vec<_>>>()
    };
    let list = ["compartment", "list", "--json"];
    admit_boris(&house);
    house.vidimus(["compartment", "new", "witnesses"]).succeeds();
    assert_eq!(held(house.vidimus(list)), [vec!["Boris", "Olena"], vec!["Olena"]]);
    assert_eq!(held(boris(&house, &list)), [["Boris", "Olena"]]);
    house.vidimus(["compartment", "share", "witnesses", "--with", "Boris"]).succeeds();
    assert_eq!(held(house.vidimus(list)), [["Boris", "Olena"], ["Boris", "Olena"]]);
    let again = house.vidimus(["compartment", "share", "witnesses", "--with", "Boris"]).succeeds();
    assert!(again.out.contains("Nothing was to be done: Boris reads witnesses already"), "{again:?}");
    assert!(house.vidimus(["compartment", "list"]).succeeds().out.contains("Boris, Olena"));

    house.private("cy", "cy counts nine quiet foxes");
    let add = ["member", "add", "Cy", "--new-passphrase-file", "cy", "--recovery-sheet", "cy.txt"];
    let id = waiting(&house.vidimus(add).succeeds());
    boris(&house, &["agree", &id]).succeeds();
    assert_eq!(held(house.vidimus(list)), [vec!["Boris", "Cy", "Olena"], vec!["Boris", "Olena"]]);
    let id = waiting(&house.vidimus(["member", "remove", "Boris", "--reason", "he left"]).succeeds());
    house.vidimus(["agree", &id, "--passphrase-file", "cy"]).succeeds();
    // Cy could not change the key of what Cy does not hold: whoever does takes it from Boris by their next change.
    house.vidimus(["release", "A9"]).refuses(1, "Nothing that you may read");
    assert_eq!(held(house.vidimus(list)), [vec!["Cy", "Olena"], vec!["Olena"]]);
}

#[test]
fn a_member_who_was_removed_opens_nothing_any_more() {
    let house = House::with_archive();
    admit_boris(&house);
    house.private("cy", "cy counts nine quiet foxes");
    let add = ["member", "add", "Cy", "--new-passphrase-file", "cy", "--recovery-sheet", "cy.txt"];
    let id = waiting(&house.vidimus(add).succeeds());
    let cy = |arguments: &[&str]| house.vidimus([arguments, &["--passphrase-file", "cy"]].concat());
    cy(&["list"]).refuses(3, "Your keys open nothing in this archive");
    boris(&house, &["agree", &id]).succeeds();
    cy(&["list"]).succeeds();
    house.vidimus(add).refuses(2, "is there already");

    let id = waiting(&house.vidimus(["member", "remove", "Boris", "--reason", "he left"]).succeeds());
    boris(&house, &["agree", &id]).refuses(3, "it is about you");
    cy(&["agree", &id]).succeeds();
    boris(&house, &["list"]).refuses(3, "Nothing opens with this, and a key file");
    house.vidimus(["list"]).succeeds();
    let listed = house.vidimus(["member", "list"]).succeeds();
    assert!(listed.out.contains("removed"), "{listed:?}");
}

/// The id of what was proposed.
fn waiting(said: &Said) -> String {
    said.out.split("vidimus agree ").nth(1).unwrap().split_whitespace().next().unwrap().to_owned()
}
