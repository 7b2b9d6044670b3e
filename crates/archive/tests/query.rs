//! Stories of asking: what is listed and shown, by whom, and in which words scripts read it.

#[path = "common/place.rs"]
mod place;

use std::io::Read as _;
use std::ops::ControlFlow;

use place::{GIVER, MEMBER, Place, reference};
use vidimus_archive::query::{AskError, ListQuery, ListRow, Shown};
use vidimus_archive::unseal::{GiverError, Unsealed, Words, unseal};
use vidimus_archive::{ReadError, State};
use vidimus_seal::Entropy;
use vidimus_seal::age::Identity;
use vidimus_seal::keyholders::KeyholderSet;

fn list(place: &mut Place, query: &ListQuery) -> Vec<ListRow> {
    let mut rows = Vec::new();
    let mut visit = |row| {
        rows.push(row);
        ControlFlow::Continue(())
    };
    place.archive.list(query, &mut visit).unwrap();
    rows
}

#[test]
fn the_list_is_in_order_over_all_accessions_and_page_by_page() {
    let mut place = Place::new();
    for delivery in 0..3 {
        for file in 0..12 {
            place.write(&format!("{delivery}/{file}.txt"), format!("{delivery} {file}"));
        }
        place.receive();
    }
    let rows = list(&mut place, &ListQuery::default());
    assert_eq!(rows.len(), 36);
    assert!(rows.iter().is_sorted_by_key(|row| &row.reference));
    assert!(rows.iter().all(|row| row.state == State::Private));
    let second = ListQuery { accession: Some(reference("A2")), ..ListQuery::default() };
    let of_second = list(&mut place, &second);
    assert!(of_second.len() == 12 && of_second.iter().all(|row| row.accession == reference("A2")));
    let behind = ListQuery { after: Some(reference("A2-5")), ..second };
    assert_eq!(list(&mut place, &behind)[0].reference, reference("A2-6"));
    let mut seen = 0;
    let mut stop = |_| {
        seen += 1;
        ControlFlow::Break(())
    };
    place.archive.list(&ListQuery::default(), &mut stop).unwrap();
    assert_eq!(seen, 1);
    let unknown = ListQuery { accession: Some(reference("A9")), ..ListQuery::default() };
    let error = place.archive.list(&unknown, &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert!(matches!(error, AskError::Unknown(_)));
}

#[test]
fn scripts_read_the_keys_of_the_format() {
    use std::os::unix::ffi::OsStrExt as _;
    let mut place = Place::new();
    let name = std::ffi::OsStr::from_bytes(b"\xe2\xe8\xe4.avi");
    std::fs::write(place.path("disk").join(name), "a video").unwrap();
    place.receive();
    let row = serde_json::to_value(&list(&mut place, &ListQuery::default())[0]).unwrap();
    let mut keys: Vec<&str> = row.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    let wanted = [
        "accession",
        "begins",
        "cameras",
        "copy_of",
        "examined",
        "kind",
        "path",
        "path_encoding",
        "reading",
        "ref",
        "sha256",
        "size",
        "state",
    ];
    assert_eq!(keys, wanted);
    assert_eq!((&row["examined"], &row["kind"]), (&false.into(), &serde_json::Value::Null));
    assert_eq!((&row["path"], &row["path_encoding"]), (&"%E2%E8%E4.avi".into(), &"percent".into()));
    assert_eq!((&row["state"], &row["copy_of"]), (&"private".into(), &serde_json::Value::Null));

    let line = serde_json::to_value(&place.archive.log(&reference("A1")).unwrap()[0]).unwrap();
    for key in ["seq", "at", "change", "by", "about", "note"] {
        assert!(line.get(key).is_some(), "{key}");
    }
    assert_eq!(line["by"], MEMBER);
}

#[test]
fn an_item_is_shown_with_every_field_its_copies_and_its_place() {
    let mut place = Place::new();
    place.write("a.txt", "same");
    place.write("b.txt", "same");
    place.receive();
    place.write("c.txt", "same");
    place.receive();
    let Shown::Item(shown) = place.archive.show(&reference("A1-1")).unwrap() else { panic!("an item") };
    assert_eq!(shown.copies, [reference("A1-2"), reference("A2-1")]);
    let json = serde_json::to_value(Shown::Item(shown.clone())).unwrap();
    for key in
        ["ref", "seq", "state", "about", "by", "by_sig", "file_system", "object", "path", "sha256", "place"]
    {
        assert!(json.get(key).is_some(), "{key}");
    }
    let at = place.archive.record_of(&reference("A1-1")).unwrap();
    assert_eq!((at.index, at.record.text("path")), (shown.seq, Some("a.txt")));
    let mut bytes = String::new();
    place.archive.read_item(&reference("A2-1")).unwrap().read_to_string(&mut bytes).unwrap();
    assert_eq!(bytes, "same");
}

#[test]
fn an_accession_is_shown_with_its_internal_receipt() {
    let mut place = Place::new();
    place.write("a.txt", "same");
    place.write("b.txt", "same");
    std::os::unix::fs::symlink("/etc/passwd", place.path("disk").join("link")).unwrap();
    let received = place.receive();
    place.open_again();
    let Shown::Accession(shown) = place.archive.show(&reference("A1")).unwrap() else { panic!("a delivery") };
    let receipt = shown.receipt.clone().unwrap();
    assert_eq!((receipt.found, receipt.taken, receipt.copies, receipt.not_taken), (3, 1, 1, 1));
    assert_eq!((receipt.bytes, &receipt.checkpoint), (8, &received.checkpoint));
    assert_eq!((receipt.public, receipt.medium), (Some(received.receipt), received.medium));
    assert_eq!((shown.items, shown.registrar.as_deref()), (2, Some(MEMBER)));
    assert_eq!(shown.not_taken[0].path.to_text(), "link");
    assert_eq!(shown.fields["note"], "a disk from ИК-900");
    assert!(serde_json::to_value(Shown::Accession(shown)).is_ok());
}

#[test]
fn what_is_not_known_says_so() {
    let mut place = Place::new();
    place.write("a.txt", "a");
    place.receive();
    for text in ["A2", "A1-2", "A1-1.1", "V:A1", "A999999999999999-1"] {
        let error = place.archive.show(&reference(text)).unwrap_err();
        assert!(matches!(&error, AskError::Unknown(unknown) if *unknown == reference(text)), "{error}");
        assert!(place.archive.log(&reference(text)).is_err());
        assert!(place.archive.record_of(&reference(text)).is_err());
    }
    assert!(matches!(place.archive.record_of(&reference("A1")), Err(ReadError::NotAnItem(_))));
}

#[test]
fn the_registrar_opens_the_giver_where_there_are_no_keyholders() {
    let mut place = Place::new();
    place.write("a.txt", "a");
    place.receive();
    assert_eq!(place.archive.giver(&reference("A1")).unwrap().said.as_slice(), GIVER.as_bytes());
    assert_eq!(place.archive.giver_shares(&reference("A1")).unwrap().len(), 1);
}

#[test]
fn keyholders_together_open_the_giver_and_no_member_does() {
    let mut entropy = Entropy::from_seed(&[7; 32]);
    let people: Vec<Identity> = (0..3).map(|_| Identity::generate(&mut entropy)).collect();
    let set = KeyholderSet::new(2, people.iter().map(Identity::recipient).collect()).unwrap();
    let mut place = Place::with_keyholders(Some(set));
    place.write("a.txt", "a");
    place.receive();
    let refused = place.archive.giver(&reference("A1"));
    assert!(matches!(refused, Err(GiverError::Keyholders { threshold: 2, .. })));
    let folder = place.path("shares");
    let written = place.archive.export_giver_shares(&reference("A1"), &folder).unwrap();
    assert_eq!(written.len(), 3);
    assert!(written.iter().all(|(_, people)| people.len() == 2));
    let shares: Vec<Vec<u8>> = written.iter().map(|(path, _)| std::fs::read(path).unwrap()).collect();
    let Unsealed::Text(text) = unseal(&shares, &people[1..]).unwrap() else { panic!("two are enough") };
    assert_eq!(Words::of(&text).said.as_slice(), GIVER.as_bytes());
    assert!(!matches!(unseal(&shares, &people[..1]), Ok(Unsealed::Text(_))));
}
