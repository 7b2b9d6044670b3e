//! Whoever opened a giver says so: signed with the key that was sealed with it, or told; what is false is refused, or named.

use vidimus_model::{Change, GiverOpened, Opening, OpeningAsked};
use vidimus_seal::{Identity, SigningSeed};

use super::house::{self, House};
use super::{r, waiting};
use crate::door::{Act, Draft};
use crate::unseal::{GiverError, Unsealed, Words, unseal};
use crate::{Archive, OpeningError, opening, sign_opening};

const SAID: &str = "Пан Х., вулиця Тиха 9\n";
const BOTH: [&str; 2] = ["Олена", "Богдан"];

/// Two of three keyholders open who gave A1.
fn guarded() -> House {
    let house = House::of_two();
    let id =
        waiting(house.open("Олена").set_keyholders(&house::keyholders(3), "begun", false).unwrap().outcome);
    house.open("Богдан").agree(id).unwrap();
    house.receive_from("Олена", &[("a.txt", b"one".as_slice())], Some(SAID));
    house.open("Олена").release(&r("A1")).unwrap();
    house
}

fn words(archive: &mut Archive, accession: &str, keys: &[Identity]) -> Words {
    use base64::Engine as _;
    let shares = archive.giver_shares(&r(accession)).unwrap();
    let age = |share: vidimus_model::GiverShare| base64::engine::general_purpose::STANDARD.decode(share.age);
    let shares: Vec<Vec<u8>> = shares.into_iter().map(|share| age(share).unwrap()).collect();
    let Ok(Unsealed::Text(sealed)) = unseal(&shares, keys) else { panic!("they are enough") };
    Words::of(&sealed)
}

fn stated(asked: &OpeningAsked, seed: &SigningSeed) -> Opening {
    opening(asked, seed, "Ана", "2031-02-19T10:00:00Z", vec!["the court asked".into()]).unwrap()
}

#[test]
fn keyholders_sign_that_they_opened_it_and_the_record_says_who() {
    let house = guarded();
    let mut bohdan = house.open("Богдан");
    let asked = bohdan.opening_asked(&r("A1")).unwrap();
    assert_eq!((asked.shares.len(), asked.origin.as_str()), (3, "archive.example/ik-900"));
    assert_eq!(bohdan.openings(&r("A1")).unwrap(), []);
    let keys = house::keyholder_keys(3);
    for (number, pair) in [[0, 1], [0, 2], [1, 2]].into_iter().enumerate() {
        let pair = pair.map(|place| keys[place].clone());
        let words = words(&mut bohdan, "A1", &pair);
        assert_eq!(words.said.as_slice(), SAID.as_bytes());
        let statement = sign_opening(&stated(&asked, &words.key.unwrap()), &words_key(&mut bohdan, &pair));
        assert!(!statement.contains("Тиха"), "the giver's words are not in it");
        assert_eq!(bohdan.record_opening(statement.as_bytes()).unwrap(), r("A1"));
        assert_eq!(bohdan.record_opening(statement.replace('\n', "\r\n").as_bytes()).unwrap(), r("A1"));
        let lines = bohdan.openings(&r("A1")).unwrap();
        assert_eq!(lines.len(), number + 1, "it is recorded once");
        let line = lines.last().unwrap();
        let mut openers: Vec<String> = pair.iter().map(|one| one.recipient().to_string()).collect();
        openers.sort();
        assert_eq!((line.signed, &line.keyholders), (true, &openers));
        assert_eq!((line.opened_by.as_str(), line.by.as_str()), ("Ана", "Богдан"));
    }
    drop(bohdan);
    let log = house.open("Олена").log(&r("A1")).unwrap();
    let told = log.iter().filter(|line| line.change == "giver-opened/1").map(|line| line.note.as_deref());
    assert_eq!(told.collect::<Vec<_>>(), [Some("Ана"); 3]);
    house.is_sound_for(&BOTH);
    house.folds_alike("Олена");
    let still = house.open("Олена").check(false, &mut |_| {}).still_sound;
    assert!(still.iter().any(|one| one.to_string().starts_with("3 openings of givers")), "{still:?}");
}

fn words_key(archive: &mut Archive, pair: &[Identity]) -> SigningSeed {
    words(archive, "A1", pair).key.unwrap()
}

#[test]
fn what_is_false_is_refused() {
    let house = guarded();
    house.receive_from("Олена", &[("b.txt", b"two".as_slice())], Some("another"));
    house.receive("Олена", &[("c.txt", b"three".as_slice())]);
    let mut olena = house.open("Олена");
    let keys = house::keyholder_keys(3);
    let (first, other) = (words_key(&mut olena, &keys[..2]), words_key(&mut olena, &keys[1..]));
    let asked = olena.opening_asked(&r("A1")).unwrap();
    let good = stated(&asked, &first);
    let text = good.text();
    let signed = sign_opening(&good, &first);
    let refused =
        |archive: &mut Archive, untrusted: &str| archive.record_opening(untrusted.as_bytes()).unwrap_err();

    assert!(matches!(refused(&mut olena, &text), OpeningError::NotSigned));
    assert!(matches!(refused(&mut olena, "I opened it"), OpeningError::NotAStatement));
    assert!(matches!(refused(&mut olena, &signed.replace("Ана", "Бо")), OpeningError::BadSignature));
    assert!(matches!(refused(&mut olena, &sign_opening(&good, &other)), OpeningError::BadSignature));
    let claimed = Opening { keyholders: vec![keys[2].recipient().to_string()], ..good.clone() };
    assert!(matches!(refused(&mut olena, &sign_opening(&claimed, &first)), OpeningError::BadSignature));
    let elsewhere = Opening { accession: r("A2"), ..good.clone() };
    assert!(matches!(refused(&mut olena, &sign_opening(&elsewhere, &first)), OpeningError::OtherThing));
    let second = Opening { entry: olena.opening_asked(&r("A2")).unwrap().entry, ..elsewhere };
    assert!(matches!(refused(&mut olena, &sign_opening(&second, &first)), OpeningError::BadSignature));
    let nowhere = Opening { accession: r("A9"), ..good.clone() };
    assert!(matches!(refused(&mut olena, &sign_opening(&nowhere, &first)), OpeningError::Giver(_)));
    let nobody = olena.opening_asked(&r("A3"));
    assert!(matches!(nobody, Err(GiverError::Nobody(_))));
    assert_eq!(olena.openings(&r("A1")).unwrap(), []);
}

#[test]
fn what_is_only_told_stays_told() {
    let house = guarded();
    let mut olena = house.open("Олена");
    olena.record_told_opening(&r("A1"), "Бо", "last winter", vec!["a lawyer asked".into()]).unwrap();
    let [line] = &olena.openings(&r("A1")).unwrap()[..] else { panic!("one") };
    assert!(!line.signed && line.keyholders.is_empty() && line.opened_at == "last winter");
    assert!(olena.record_told_opening(&r("A1"), "Б\u{202e}о", "", Vec::new()).is_err());
    let checked = olena.check(false, &mut |_| {});
    assert!(checked.sound, "{:?}", checked.problems);
    assert!(checked.unknown.iter().any(|one| one.to_string().contains("nobody signed it")));
}

#[test]
fn the_registrar_alone_signs_too_and_it_goes_where_the_giver_goes() {
    let house = House::of_two();
    house.receive_from("Олена", &[("a.txt", b"one".as_slice())], Some(SAID));
    let mut olena = house.open("Олена");
    let words = olena.giver(&r("A1")).unwrap();
    assert_eq!(words.said.as_slice(), SAID.as_bytes());
    olena.record_own_opening(&r("A1"), words.key.as_ref(), vec!["to ask again".into()]).unwrap();
    olena.release(&r("A1")).unwrap();
    let me = olena.keyring().member();
    let to = olena.new_compartment("victims", None, &[me]).unwrap();
    olena.move_into(&[r("A1")], &to, &mut |_| {}).unwrap();
    let [line] = &olena.openings(&r("A1")).unwrap()[..] else { panic!("one") };
    assert!(line.signed && line.opened_by == "Олена");
    drop(olena);
    assert!(house.open("Богдан").openings(&r("A1")).unwrap().is_empty(), "the wider copy is gone");
    house.is_sound_for(&BOTH);
}

#[test]
fn the_check_names_a_record_that_the_door_would_not_have_let_in() {
    let house = guarded();
    let mut olena = house.open("Олена");
    let keys = house::keyholder_keys(3);
    let seed = words_key(&mut olena, &keys[..2]);
    let asked = olena.opening_asked(&r("A1")).unwrap();
    let good = stated(&asked, &seed);
    let forged = Opening { by: "Бо".into(), ..good.clone() };
    let elsewhere = Opening { accession: r("A2"), ..good.clone() };
    use base64::Engine as _;
    let signature =
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(seed.key().sign(good.text().as_bytes()));
    let cases = [
        (forged.text(), "not signed with the key that was sealed with it"),
        (elsewhere.text(), "about another accession"),
        ("nonsense\n".to_owned(), "cannot be understood"),
    ];
    for (statement, expected) in cases {
        let copy = house.copy();
        let mut olena = copy.open("Олена");
        let (_, begun) = olena.sealed_giver(&r("A1")).unwrap();
        let change = Change::GiverOpened(GiverOpened {
            about: r("A1"),
            statement,
            signature: Some(signature.clone()),
        });
        let draft = Draft { compartment: vidimus_model::CompartmentId::main(), key: begun.key, change };
        olena.record(Act::of(vec![draft], Vec::new())).unwrap();
        olena.refresh().unwrap();
        for line in olena.openings(&r("A1")).unwrap() {
            assert!(!line.signed && line.false_signature && line.keyholders.is_empty(), "{line:?}");
        }
        let checked = olena.check(false, &mut |_| {});
        let named = checked.problems.iter().any(|one| one.problem.to_string().contains(expected));
        assert!(named && !checked.sound, "{expected}: {:#?}", checked.problems);
    }
}

#[test]
fn the_check_names_other_keys_of_a_giver() {
    let house = guarded();
    for (who, expected) in
        [("Олена", "that another record had named"), ("Богдан", "not by whoever received it")]
    {
        let copy = house.copy();
        let key = copy.key_of(who, &r("A1"));
        let mut archive = copy.open(who);
        archive.catalogue(&vidimus_model::CompartmentId::main()).unwrap();
        let change = Change::GiverKeys(vidimus_model::GiverKeys { about: r("A1"), keys: Vec::new() });
        let draft = Draft { compartment: vidimus_model::CompartmentId::main(), key, change };
        archive.record(Act::of(vec![draft], Vec::new())).unwrap();
        for reader in BOTH {
            let problems = copy.open(reader).check(false, &mut |_| {}).problems;
            let [problem] = &problems[..] else { panic!("{who}: {problems:#?}") };
            assert!(problem.problem.to_string().contains(expected), "{problem:?}");
        }
    }
}

#[test]
fn an_opening_whose_accession_cannot_be_read_is_counted_as_unknown() {
    let house = guarded();
    let mut olena = house.open("Олена");
    let words = words(&mut olena, "A1", &house::keyholder_keys(3)[..2]);
    let asked = olena.opening_asked(&r("A1")).unwrap();
    let seed = words.key.unwrap();
    olena.record_opening(sign_opening(&stated(&asked, &seed), &seed).as_bytes()).unwrap();
    drop(olena);
    let row = house.rows_of(house.key_of("Олена", &r("A1"))).into_iter().find(|row| {
        let copy = hex::encode(row.entry);
        copy == asked.entry
    });
    let db = rusqlite::Connection::open(house.layout().ledger()).unwrap();
    let place = "(SELECT place FROM row WHERE seq = ?1)";
    let damage = format!("UPDATE body SET sealed = zeroblob(length(sealed)) WHERE place = {place}");
    assert_eq!(db.execute(&damage, [row.unwrap().seq]).unwrap(), 1);
    drop(db);
    let unknown = house.open("Богдан").check(false, &mut |_| {}).unknown;
    let told = "whether 1 opening of a giver is signed as it says";
    assert!(unknown.iter().any(|one| one.to_string().starts_with(told)), "{unknown:?}");
}
