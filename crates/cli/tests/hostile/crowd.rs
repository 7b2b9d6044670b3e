//! Many processes at once: every item once, no number twice, no answer lost, nobody is told that a database is busy, and nobody
//! fails because another makes everything again.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt as _;
use std::process::Stdio;
use std::thread;

use serde_json::Value;

use crate::support::{House, Said};

/// How many processes of each kind work at once; `make crowd` asks for more.
fn crowd() -> usize {
    std::env::var("VIDIMUS_CROWD").map_or(3, |many| many.parse().expect("VIDIMUS_CROWD is a number"))
}

#[test]
fn many_receive_describe_check_and_back_up_at_once() {
    let house = House::with_archive();
    house.vidimus(["compartment", "new", "inner", "--letter", "I"]).succeeds();
    let (people, rounds, files) = (crowd(), 2, 4);
    for person in 0..people {
        for round in 0..rounds {
            for file in 0..files {
                house.file(&format!("disk-{person}-{round}/{file}"), format!("{person} {round} {file}"));
            }
        }
    }
    thread::scope(|scope| {
        for person in 0..people {
            let house = &house;
            scope.spawn(move || (0..rounds).for_each(|round| works(house, person, round, files)));
            scope.spawn(move || (0..rounds).for_each(|_| watches(house, person)));
        }
    });

    let listed = house.vidimus(["list", "--withdrawn", "--json"]).succeeds().json();
    let listed = listed.as_array().unwrap();
    let all = people * rounds * files;
    let distinct =
        |key: &str| listed.iter().map(|item| item[key].as_str().unwrap()).collect::<BTreeSet<_>>().len();
    assert_eq!((listed.len(), distinct("ref"), distinct("sha256")), (all, all, all), "each file once");
    let accessions: BTreeSet<_> =
        listed.iter().map(|item| item["accession"].as_str().unwrap().to_owned()).collect();
    let gapless = (1..=people * rounds).map(|number| format!("A{number}")).collect();
    assert_eq!(accessions, gapless);
    house.vidimus(["backup", "copy-0"]).succeeds();
    house.vidimus(["restore", "copy-0", "again"]).succeeds();
    for archive in ["archive", "again"] {
        let checked = house.vidimus(["--archive", archive, "check", "--full", "--json"]);
        assert_eq!(checked.succeeds().json()["problems"], Value::Array(Vec::new()));
    }
}

/// Takes a disk in (killed on the way, and told again), hides an item and shows it again, releases, hands one over, moves it all.
fn works(house: &House, person: usize, round: usize, files: usize) {
    let receive = ["receive", &format!("disk-{person}-{round}"), "--json"];
    let answered = killed(house, &receive, person * 7 + round * 3);
    let received = answered.unwrap_or_else(|| done(house.vidimus(receive)).json());
    assert_eq!(received["taken"], files, "{received}");
    let accession = received["accession"].as_str().unwrap();
    let item = format!("{accession}-1");
    done(house.vidimus(["withdraw", &item, "--reason", "a slip"]));
    done(house.vidimus(["reinstate", &item, "--reason", "it was none"]));
    done(house.vidimus(["release", accession]));
    let bag = format!("bag-{person}-{round}");
    done(house.vidimus([
        "disclose",
        &item,
        "--to",
        "A newsroom",
        "--purpose",
        "Verification",
        "--out",
        &bag,
    ]));
    let said = done(house.vidimus(["log", &item, "--json"])).json();
    let changes: Vec<_> =
        said.as_array().unwrap().iter().map(|row| row["change"].as_str().unwrap()).collect();
    for once in ["withdraw/1", "reinstate/1", "disclosure/1"] {
        assert_eq!(changes.iter().filter(|&&change| change == once).count(), 1, "{once} in {changes:?}");
    }
    done(house.vidimus(["move", accession, "--into", "inner"]));
}

/// Kills a command somewhere; its answer, where it gave one before.
fn killed(house: &House, arguments: &[&str], patience: usize) -> Option<Value> {
    let mut child =
        house.command().args(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    // Until its staging folder or the ledger's log has grown a few times, wherever that is in its work.
    let growing = [house.path("archive/ledger.db-wal"), house.path("archive/objects")];
    let state =
        || growing.iter().map(|it| it.metadata().ok().map(|it| (it.len(), it.mtime_nsec()))).collect();
    let (mut before, mut seen): (Vec<_>, usize) = (state(), 0);
    while seen < patience && child.try_wait().unwrap().is_none() {
        let now = state();
        seen += usize::from(now != before);
        before = now;
        thread::yield_now();
    }
    let _ = child.kill();
    let said = child.wait_with_output().unwrap();
    // Who was answered has no reason to repeat it: that would be another delivery.
    serde_json::from_slice(&said.stdout).ok()
}

#[test]
fn of_those_who_take_the_same_disk_in_at_once_one_does() {
    let house = House::with_archive();
    for file in 0..300 {
        house.file(&format!("disk/{file}"), format!("file {file}"));
    }
    let said: Vec<Said> = thread::scope(|scope| {
        let all: Vec<_> =
            (0..crowd()).map(|_| scope.spawn(|| house.vidimus(["receive", "disk", "--json"]))).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    // Whoever came after another had been answered brings another delivery; whoever came before is told to wait.
    let took = said.iter().filter(|said| said.code == 0).count();
    assert!(took >= 1);
    for said in said.iter().filter(|said| said.code != 0) {
        assert!(said.code == 1 && said.err.contains("is taking A"), "{said:?}");
    }
    let listed = house.vidimus(["list", "--json"]).succeeds().json();
    assert_eq!(listed.as_array().unwrap().len(), took * 300);
    house.vidimus(["check", "--full"]).succeeds();
}

#[test]
fn what_is_being_received_is_not_erased_and_not_taken_in_by_another() {
    let house = House::with_archive();
    for file in 0..40 {
        house.file(&format!("disk/{file}"), format!("file {file}"));
    }
    // It stops where it can go no further, as one that waits for a slow disk does.
    let made = std::process::Command::new("mkfifo").arg(house.path("answer")).status().unwrap();
    assert!(made.success());
    let held = std::fs::OpenOptions::new().read(true).write(true).open(house.path("answer")).unwrap();
    rustix::pipe::fcntl_setpipe_size(&held, 4096).unwrap();
    let mut full = held.try_clone().unwrap();
    std::io::Write::write_all(&mut full, &[b' '; 4096]).unwrap();
    let mut first = house.command();
    let mut first =
        first.args(["receive", "disk", "--json"]).stdout(held.try_clone().unwrap()).spawn().unwrap();
    let note = |house: &House| {
        let names = std::fs::read_dir(house.path("archive/unfinished")).into_iter().flatten().flatten();
        names.filter(|name| name.file_name().to_string_lossy().starts_with("received-")).count()
    };
    while note(&house) == 0 {
        thread::yield_now();
    }
    for refused in
        [&["receive", "disk"][..], &["erase", "A1", "--reason", "the wrong folder", "--confirm", "A1"]]
    {
        let said = house.vidimus(refused);
        assert!(said.code == 1 && said.err.contains("is taking A1 in"), "{said:?}");
    }
    first.kill().unwrap();
    first.wait().unwrap();
    let again = house.vidimus(["receive", "disk", "--json"]).succeeds().json();
    assert_eq!(
        (&again["accession"], &again["taken"], &again["resumed"]),
        (&"A1".into(), &40.into(), &true.into())
    );
    assert_eq!(note(&house), 0);
    house.vidimus(["check", "--full"]).succeeds();
}

#[test]
fn nobody_fails_because_another_makes_everything_again() {
    let house = House::with_archive();
    for name in 0..40 {
        house.file(&format!("first/{name}"), format!("first {name}"));
    }
    done(house.vidimus(["receive", "first"]));
    let (people, rounds) = (2, 4);
    for person in 0..people {
        for round in 0..rounds {
            house.file(&format!("more-{person}-{round}/one"), format!("{person} {round}"));
        }
    }
    thread::scope(|scope| {
        let each = |work: &(dyn Fn(usize) + Sync)| (0..rounds).for_each(work);
        for person in 0..people {
            let house = &house;
            scope.spawn(move || each(&|_| drop(done(house.vidimus(["rebuild"])))));
            scope.spawn(move || each(&|_| sees_the_first(house)));
            scope.spawn(move || each(&|_| drop(done(house.vidimus(["check"])))));
            scope.spawn(move || {
                each(&|round| {
                    done(house.vidimus(["receive", &format!("more-{person}-{round}")]));
                });
            });
            scope.spawn(move || each(&|round| fold_is_damaged(house, person, round)));
        }
    });
    let listed = house.vidimus(["list", "--json"]).succeeds().json();
    assert_eq!(listed.as_array().unwrap().len(), 40 + people * rounds);
    done(house.vidimus(["check", "--full"]));
}

/// Whoever looks while folds are swapped sees all that was there before, never half of it.
fn sees_the_first(house: &House) {
    let listed = done(house.vidimus(["list", "--json"])).json();
    let first = listed.as_array().unwrap().iter().filter(|item| item["accession"] == "A1").count();
    assert_eq!(first, 40, "{listed}");
}

/// Damages a fold that nobody has open at the moment, as a disk does, so that whoever comes next throws it away.
fn fold_is_damaged(house: &House, person: usize, round: usize) {
    let folds = std::fs::read_dir(house.path("archive/folds")).unwrap().flatten();
    let files = folds.filter_map(|fold| std::fs::read_dir(fold.path()).ok()).flatten().flatten();
    let names: Vec<_> = files.map(|file| file.path()).collect();
    let whole = names.iter().filter(|path| path.extension().is_some_and(|e| e.len() == 8));
    if let Some(path) = whole.cycle().nth(person + round) {
        // A new file in its place: what others have open is not changed under them.
        let aside = house.path(&format!("damaged-{person}"));
        std::fs::write(&aside, vec![7; 8192]).unwrap();
        let _ = std::fs::rename(&aside, path);
    }
}

/// Looks at everything, checks it, and copies it.
fn watches(house: &House, person: usize) {
    done(house.vidimus(["list", "--json"]));
    done(house.vidimus(["check"]));
    done(house.vidimus(["backup", &format!("copy-{}", person % 2)]));
}

#[track_caller]
fn done(said: Said) -> Said {
    let err = said.err.to_lowercase();
    assert!(!["busy", "locked", "panicked"].iter().any(|word| err.contains(word)), "{said:?}");
    said.succeeds()
}
