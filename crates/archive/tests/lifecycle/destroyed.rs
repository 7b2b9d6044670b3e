//! A back-up follows what was signed as destroyed, whatever keys its maker holds; and nobody's word of what they could not open.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use vidimus_model::{Destroyed, DestroyedObject};

use super::house::files;
use super::*;
use crate::backup::BackedUp;

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
