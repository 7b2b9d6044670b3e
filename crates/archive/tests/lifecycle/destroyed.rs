//! A back-up follows what was signed as destroyed, whatever keys its maker holds; and nobody's word of what they could not open.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use rusqlite::Connection;
use vidimus_ledger::{Ledger as _, SqliteLedger};
use vidimus_model::{Altered, Destroyed, DestroyedObject};

use super::house::files;
use super::*;
use crate::backup::{BackedUp, BackupError};

/// Where a member's back-up lies.
struct Copy {
    folder: tempfile::TempDir,
    of: &'static str,
}

impl Copy {
    fn of(of: &'static str) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), of }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("backup")
    }

    fn refresh(&self, house: &House) -> BackedUp {
        house.open(self.of).backup(&self.path(), &mut |_| {}).unwrap()
    }

    fn objects(&self) -> BTreeSet<String> {
        names(&self.path())
    }
}

fn names(folder: &Path) -> BTreeSet<String> {
    let name = |path: PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    files(&folder.join("objects")).into_iter().map(name).collect()
}

/// Olena alone can read A1 (a pack and two large files) and all that is in a compartment of hers.
fn house_with_secrets() -> (House, CompartmentId) {
    let house = House::of_two();
    let mut olena = house.open("Олена");
    let me = olena.keyring().member();
    let vault = olena.new_compartment("victims", None, &[me]).unwrap();
    house.receive("Олена", &[("1", b"small".as_slice()), ("2", &[2; 80_000]), ("3", &[3; 90_000])]);
    (house, vault)
}

#[test]
fn what_another_member_erased_leaves_a_backup() {
    let (house, _) = house_with_secrets();
    let copy = Copy::of("Богдан");
    assert_eq!(copy.refresh(&house).kept, Vec::<String>::new());
    assert_eq!(copy.objects().len(), 3);

    // An item: whoever received it destroys it, when they come next.
    let id = waiting(house.open("Олена").propose(erase(&["A1-2"]), "not theirs", false).unwrap());
    house.open("Богдан").agree(id).unwrap();
    assert_eq!(house.open("Олена").finish_erasures().unwrap(), 1);
    let done = copy.refresh(&house);
    assert_eq!((done.kept, done.objects), (Vec::new(), 2));
    assert_eq!(copy.objects(), house.objects());

    // Whole: whoever agrees destroys what the other noted.
    let id = waiting(house.open("Олена").propose(erase(&["A1"]), "not theirs", false).unwrap());
    assert_eq!(house.open("Богдан").agree(id).unwrap(), Outcome::Done);
    assert_eq!(copy.refresh(&house).kept, Vec::<String>::new());
    assert_eq!((copy.objects(), house.objects()), Default::default());
    house.is_sound_for(&["Олена", "Богдан"]);
}

#[test]
fn what_was_moved_to_where_fewer_read_leaves_a_backup() {
    let (house, vault) = house_with_secrets();
    let mut olena = house.open("Олена");
    olena.release(&r("A1")).unwrap();
    let copy = Copy::of("Богдан");
    copy.refresh(&house);
    let (identity, before) = (house.unwrap("Богдан", house.key_of("Богдан", &r("A1"))), copy.objects());

    olena.move_into(&[r("A1-1"), r("A1-3")], &vault, &mut |_| {}).unwrap();
    assert_eq!(copy.refresh(&house).kept, Vec::<String>::new());
    assert_eq!(copy.objects(), house.objects());
    assert!(copy.objects().intersection(&before).count() == 1, "what was not moved");
    for path in files(&copy.path().join("objects")) {
        let plain = decrypt_to_vec(&std::fs::read(&path).unwrap(), &identity);
        assert!(plain.is_err() || plain.unwrap()[..] == [2; 80_000], "{path:?}");
    }
    house.is_sound_for(&["Олена", "Богдан"]);
}

#[test]
fn who_could_not_open_an_object_destroys_it_in_no_backup() {
    let (house, _) = house_with_secrets();
    let copy = Copy::of("Богдан");
    copy.refresh(&house);
    let before = copy.objects();

    // With a changed program: he says of objects that he cannot open that they were destroyed, and deletes them.
    let mut bohdan = house.open("Богдан");
    let register = CompartmentId::register();
    let mut objects = Vec::new();
    for name in &before {
        let (name, header_key) = (name.clone(), B64.encode([7; 32]));
        objects.push(DestroyedObject { name, header_key });
    }
    let key = bohdan.current(&register).unwrap();
    let change = Change::Destroyed(Destroyed { objects });
    let draft = Draft { compartment: register, key, change };
    bohdan.record(Act::of(vec![draft], Vec::new())).unwrap();
    files(&house.archive().join("objects")).iter().for_each(|object| std::fs::remove_file(object).unwrap());

    let done = copy.refresh(&house);
    assert_eq!(done.kept.len(), 3, "{:?}", done.kept);
    assert_eq!(copy.objects(), before);
}

#[test]
fn of_one_object_a_false_word_does_not_hide_the_true_one() {
    let (house, _) = house_with_secrets();
    let copy = Copy::of("Богдан");
    copy.refresh(&house);
    let name = copy.objects().into_iter().next().unwrap();
    let id = waiting(house.open("Олена").propose(erase(&["A1"]), "not theirs", false).unwrap());
    house.open("Богдан").agree(id).unwrap();

    let mut bohdan = house.open("Богдан");
    let register = CompartmentId::register();
    let key = bohdan.current(&register).unwrap();
    for header_key in [B64.encode([7; 32]), "none".into()] {
        let change = Change::Destroyed(Destroyed {
            objects: vec![DestroyedObject { name: name.clone(), header_key }],
        });
        let draft = Draft { compartment: register.clone(), key, change };
        bohdan.record(Act::of(vec![draft], Vec::new())).unwrap();
    }
    assert_eq!(copy.refresh(&house).kept, Vec::<String>::new());
    assert_eq!(copy.objects(), BTreeSet::new());
}

/// Whoever has yesterday's folder puts back what was erased since.
#[test]
fn what_was_erased_and_is_put_back_is_named_and_comes_into_no_backup() {
    let (house, _) = house_with_secrets();
    let yesterday = house.copy();
    let key = house.key_of("Олена", &r("A1"));
    for about in [&["A1-2"][..], &["A1"]] {
        let id = waiting(house.open("Олена").propose(erase(about), "a letter", false).unwrap());
        house.open("Богдан").agree(id).unwrap();
        house.open("Олена").finish_erasures().unwrap();
    }
    house.is_sound_for(&["Олена", "Богдан"]);
    let copy = Copy::of("Олена");
    copy.refresh(&house);
    for path in
        files(&yesterday.archive().join("objects")).iter().chain(&files(&yesterday.layout().held_key(key)))
    {
        let to = house.archive().join(path.strip_prefix(yesterday.archive()).unwrap());
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(path, to).unwrap();
    }
    for who in ["Олена", "Богдан"] {
        let checked = house.open(who).check(false, &mut |_| {});
        let named: Vec<&str> = checked.problems.iter().map(|one| one.reference.as_str()).collect();
        assert_eq!(named.iter().filter(|one| one.starts_with("object ")).count(), 3, "{named:?}");
        assert!(named.contains(&format!("key held/{key}").as_str()), "{named:?}");
    }
    copy.refresh(&house);
    assert_eq!(copy.objects(), BTreeSet::new());
    assert!(!copy.path().join("keys/held").join(key.to_string()).exists());
}

/// Who has nothing but the folder destroys records that whoever backs up cannot read, or puts noise in their place.
#[test]
fn what_nobody_signed_for_is_named_to_every_member_and_leaves_no_backup() {
    let (house, _) = house_with_secrets();
    let id = waiting(house.open("Олена").propose(erase(&["A1-2"]), "not theirs", false).unwrap());
    house.open("Богдан").agree(id).unwrap();
    house.open("Олена").finish_erasures().unwrap();
    let key = house.key_of("Олена", &r("A1")).to_string();
    let live = "FROM row JOIN name ON name.id = row.key WHERE place IS NOT NULL AND name.name =";
    let erases = format!(
        "CREATE TEMP TABLE these AS SELECT seq, place {live} '{key}';
         DELETE FROM body WHERE place IN (SELECT place FROM these);
         UPDATE row SET erased = 1, place = NULL, altered = $AT WHERE seq IN (SELECT seq FROM these)"
    );
    let noise = format!(
        "CREATE TEMP TABLE these AS SELECT seq, place {live} '{key}';
         UPDATE body SET sealed = randomblob(length(sealed)) WHERE place IN (SELECT place FROM these);
         UPDATE row SET altered = $AT WHERE seq IN (SELECT seq FROM these)"
    );
    let earlier = "(SELECT max(altered) FROM row)";
    for (how, at) in
        [(&erases, "(SELECT size FROM tip)"), (&noise, "(SELECT size FROM tip)"), (&noise, earlier)]
    {
        let (house, copy) = (house.copy(), Copy::of("Богдан"));
        copy.refresh(&house);
        let before = bodies(&copy.path());
        let db = Connection::open(house.layout().ledger()).unwrap();
        db.execute_batch(&how.replace("$AT", at)).unwrap();
        let changed: Vec<u64> = db
            .prepare("SELECT seq FROM these")
            .and_then(|mut asked| asked.query_map([], |row| row.get(0))?.collect())
            .unwrap();
        drop(db);
        assert!(changed.len() > 2, "the records of the accession");
        let _ = std::fs::remove_dir_all(house.layout().folds());

        let refused = house.open("Богдан").backup(&copy.path(), &mut |_| {});
        assert!(matches!(&refused, Err(BackupError::Unsigned(_))), "{refused:?}");
        assert_eq!(bodies(&copy.path()), before, "the good copy stays");
        for who in ["Олена", "Богдан"] {
            let checked = house.open(who).check(false, &mut |_| {});
            let named: Vec<_> =
                checked.problems.iter().map(|one| (one.reference.as_str(), one.what_to_do)).collect();
            let is_named = |seq: &u64| {
                named.iter().any(|(at, what)| {
                    let numbers = at.trim_start_matches("records ").trim_start_matches("record ");
                    let ends: Vec<u64> = numbers.split('-').filter_map(|end| end.parse().ok()).collect();
                    *what == crate::check::TAMPERED && ends.first() <= Some(seq) && Some(seq) <= ends.last()
                })
            };
            assert!(changed.iter().all(is_named), "{who}: {changed:?} {named:?}");
        }
        // Also where nothing was asked first: what no record names stays as the copy has it.
        let mut archive = house.open("Богдан");
        let mut ledger = SqliteLedger::open(&copy.path().join("ledger.db")).unwrap();
        assert_eq!(crate::backup::follow(&mut archive, &mut ledger).unwrap(), changed);
        assert_eq!(bodies(&copy.path()), before);
    }
}

/// A member's program signs that records were sealed anew which were not: whoever puts noise there later would be believed.
#[test]
fn a_false_word_of_records_that_were_altered_is_named() {
    let (house, _) = house_with_secrets();
    let mut bohdan = house.open("Богдан");
    let register = CompartmentId::register();
    let key = bohdan.current(&register).unwrap();
    let change = Change::Altered(Altered { entries: vec![(0, 1 << 40)] });
    bohdan.record(Act::of(vec![Draft { compartment: register, key, change }], Vec::new())).unwrap();
    for who in ["Олена", "Богдан"] {
        let checked = house.open(who).check(false, &mut |_| {});
        let size = house.open(who).checkpoint().unwrap().checkpoint().size;
        let problems: Vec<_> =
            checked.problems.iter().map(|one| (&*one.reference, one.problem.to_string())).collect();
        let said = "a record says that it was destroyed or sealed anew, and its row does not say so";
        assert_eq!(problems, [(&*format!("records 0-{}", size - 1), said.to_owned())]);
    }
}

/// The sealed bodies of all records of a ledger, and which are erased.
fn bodies(folder: &Path) -> Vec<(u64, Option<Vec<u8>>)> {
    let ledger = SqliteLedger::open(&folder.join("ledger.db")).unwrap();
    ledger.rows(0, usize::MAX >> 1).unwrap().into_iter().map(|row| (row.seq, row.body)).collect()
}
