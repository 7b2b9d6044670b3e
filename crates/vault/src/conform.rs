//! What is true of every vault: each implementation runs these stories as its own tests.

use std::collections::BTreeSet;

use crate::{Found, GetError, ObjectName, PutError, Vault};

/// An empty vault to be tried, and a hand that puts things into it behind its back.
pub struct Subject {
    /// The vault.
    pub vault: Box<dyn Vault>,
    /// Puts a small file of this name beside the objects; the file is none.
    pub plant_foreign: Box<dyn Fn(&str)>,
}

/// Writes one test for each story; the argument makes an empty [`Subject`].
///
/// ```text
/// conform::vault!(|| Subject { vault: Box::new(…), plant_foreign: Box::new(…) });
/// ```
#[macro_export]
#[doc(hidden)]
macro_rules! __conform_vault {
    ($make:expr) => {
        $crate::__conform_vault! { @each $make;
            creates_only, is_invisible_until_finished, reads_by_range, deletes_twice, lists_objects,
            lists_foreign_files, serves_many_threads, forgets_dropped_writers, holds_small_and_large,
            lets_one_of_two_writers_win, treats_a_reservation_as_a_hint
        }
    };
    (@each $make:expr; $($story:ident),+) => {
        $(#[test] fn $story() { $crate::conform::$story(&($make)()); })+
    };
}
#[doc(inline)]
pub use crate::__conform_vault as vault;

/// A second object under a name is refused, and the first stays as it was.
pub fn creates_only(subject: &Subject) {
    let vault = &*subject.vault;
    put(vault, name(1), b"first");
    assert!(matches!(vault.put(&name(1)).map(drop), Err(PutError::AlreadyExists)));
    assert_eq!(get(vault, name(1)), b"first");
}

/// Nothing can be opened or listed before `finish`, everything after it; a barrier changes nothing that is seen.
pub fn is_invisible_until_finished(subject: &Subject) {
    let vault = &*subject.vault;
    let mut writer = vault.put(&name(1)).unwrap();
    writer.write_all(b"half").unwrap();
    assert!(matches!(vault.open(&name(1)), Err(GetError::NotFound)));
    assert_eq!(list(vault), []);
    vault.barrier().unwrap();
    writer.write_all(b" and half").unwrap();
    writer.finish().unwrap();
    assert_eq!(get(vault, name(1)), b"half and half");
    vault.barrier().unwrap();
    assert_eq!(get(vault, name(1)), b"half and half");
}

/// Ranges inside, across the end, at it and behind it.
pub fn reads_by_range(subject: &Subject) {
    let vault = &*subject.vault;
    put(vault, name(1), b"0123456789");
    let reader = vault.open(&name(1)).unwrap();
    let read = |offset, len| {
        let mut buf = vec![0xEE; len];
        let count = reader.read_at(offset, &mut buf).unwrap();
        buf.truncate(count);
        buf
    };
    assert_eq!(reader.len(), 10);
    assert_eq!(read(0, 10), b"0123456789");
    assert_eq!(read(3, 4), b"3456");
    assert_eq!(read(3, 0), b"");
    assert_eq!(read(8, 40), b"89");
    assert_eq!(read(10, 1), b"");
    // Far behind the end, but within what a file offset can say.
    assert_eq!(read(i64::MAX as u64, 1), b"");
    assert_eq!(read(u64::MAX, 1), b"");
}

/// A deletion may be repeated; who reads already reads on; the name may be used again.
pub fn deletes_twice(subject: &Subject) {
    let vault = &*subject.vault;
    put(vault, name(1), b"gone");
    let reader = vault.open(&name(1)).unwrap();
    vault.delete(&name(1)).unwrap();
    vault.delete(&name(1)).unwrap();
    vault.delete(&name(2)).unwrap();
    assert!(matches!(vault.open(&name(1)), Err(GetError::NotFound)));
    assert_eq!(list(vault), []);
    let mut buf = [0; 4];
    assert_eq!(reader.read_at(0, &mut buf).unwrap(), 4);
    assert_eq!(&buf, b"gone");
    put(vault, name(1), b"again");
    assert_eq!(get(vault, name(1)), b"again");
}

/// Every object is listed once, with its size.
pub fn lists_objects(subject: &Subject) {
    let vault = &*subject.vault;
    let expected: Vec<Found> = (0..=255u8).map(|n| Found::Object { name: name(n), len: n.into() }).collect();
    (0..=255u8).for_each(|n| put(vault, name(n), &vec![n; n.into()]));
    let mut found = list(vault);
    found.sort();
    assert_eq!(found, expected);
}

/// What is no object is named, once, and is not taken for one.
pub fn lists_foreign_files(subject: &Subject) {
    let vault = &*subject.vault;
    put(vault, name(1), b"object");
    let planted = ["notes.txt", "0123456789abcdef0123456789abcdef", "x\u{301} y"];
    planted.iter().for_each(|path| (subject.plant_foreign)(path));
    let mut foreign = BTreeSet::new();
    for found in list(vault) {
        match found {
            Found::Object { name: found, len } => assert_eq!((found, len), (name(1), 6)),
            Found::Foreign { untrusted_path } => assert!(foreign.insert(untrusted_path)),
        }
    }
    assert_eq!(foreign, planted.iter().map(Into::into).collect());
}

/// Eight threads put, read, delete and ask for barriers at once; nobody sees another's bytes.
pub fn serves_many_threads(subject: &Subject) {
    let vault = &*subject.vault;
    std::thread::scope(|scope| {
        for thread in 0..8u8 {
            scope.spawn(move || {
                for n in 0..32u8 {
                    let mine = ObjectName::from_bytes([thread ^ (n << 3); 16]);
                    let bytes = vec![thread; 1000 + usize::from(n)];
                    put(vault, mine, &bytes);
                    assert_eq!(get(vault, mine), bytes);
                    if n % 2 == 1 {
                        vault.delete(&mine).unwrap();
                    }
                }
                vault.barrier().unwrap();
            });
        }
    });
    assert_eq!(list(vault).len(), 8 * 16);
}

/// A writer that was dropped leaves nothing and does not hold the name.
pub fn forgets_dropped_writers(subject: &Subject) {
    let vault = &*subject.vault;
    let mut writer = vault.put(&name(1)).unwrap();
    writer.write_all(&[7; 100_000]).unwrap();
    drop(writer);
    assert_eq!(list(vault), []);
    put(vault, name(1), b"now");
    assert_eq!(get(vault, name(1)), b"now");
}

/// No bytes, and a good many in uneven pieces.
pub fn holds_small_and_large(subject: &Subject) {
    let vault = &*subject.vault;
    put(vault, name(1), b"");
    assert_eq!(get(vault, name(1)), b"");

    let large: Vec<u8> = (0..20_000_000u32).map(|n| (n ^ (n >> 11)) as u8).collect();
    let mut writer = vault.put(&name(2)).unwrap();
    writer.reserve(large.len() as u64).unwrap();
    large.chunks(65_537).for_each(|piece| writer.write_all(piece).unwrap());
    writer.finish().unwrap();
    vault.barrier().unwrap();
    assert!(get(vault, name(2)) == large);
}

/// Of two writers of one name the first to finish has it, and the other is told.
pub fn lets_one_of_two_writers_win(subject: &Subject) {
    let vault = &*subject.vault;
    let mut writers = [&b"one"[..], b"two"].map(|bytes| {
        let mut writer = vault.put(&name(1)).unwrap();
        writer.write_all(bytes).unwrap();
        Some(writer)
    });
    writers[1].take().unwrap().finish().unwrap();
    let late = writers[0].take().unwrap().finish();
    assert!(matches!(late, Err(PutError::AlreadyExists)));
    assert_eq!(get(vault, name(1)), b"two");
    assert_eq!(list(vault).len(), 1);
}

/// More or fewer bytes than were announced are what they are.
pub fn treats_a_reservation_as_a_hint(subject: &Subject) {
    let vault = &*subject.vault;
    for (n, reserved) in [(1, 0), (2, 3), (3, 300_000)] {
        let mut writer = vault.put(&name(n)).unwrap();
        writer.reserve(reserved).unwrap();
        writer.write_all(b"seven b").unwrap();
        writer.finish().unwrap();
        assert_eq!(get(vault, name(n)), b"seven b");
    }
}

fn name(n: u8) -> ObjectName {
    ObjectName::from_bytes([n; 16])
}

fn put(vault: &dyn Vault, name: ObjectName, bytes: &[u8]) {
    let mut writer = vault.put(&name).unwrap();
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap();
}

fn get(vault: &dyn Vault, name: ObjectName) -> Vec<u8> {
    let reader = vault.open(&name).unwrap();
    let mut bytes = vec![0; usize::try_from(reader.len()).unwrap()];
    assert_eq!(reader.read_at(0, &mut bytes).unwrap(), bytes.len());
    bytes
}

fn list(vault: &dyn Vault) -> Vec<Found> {
    vault.list().collect::<Result<_, _>>().unwrap()
}
