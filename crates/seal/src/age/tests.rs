//! What an opened object promises: any part reads as sealed, and whatever was changed is named.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};

use proptest::prelude::*;

use super::*;
use crate::Entropy;

fn keys() -> (Identity, Entropy) {
    let mut entropy = Entropy::from_seed(&[9; 32]);
    (Identity::generate(&mut entropy), entropy)
}

fn plain(len: usize) -> Vec<u8> {
    (0..len as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

/// Three chunks, the last of ten bytes; its pin and length.
fn three_chunks() -> (Identity, Vec<u8>, Vec<u8>, (HeaderPin, u64)) {
    let (identity, mut entropy) = keys();
    let plain = plain(2 * CHUNK + 10);
    let (object, pin) = encrypt_to_vec(&[identity.recipient()], &plain, &mut entropy).unwrap();
    let len = object.len() as u64;
    (identity, plain, object, (pin, len))
}

#[test]
fn a_stream_seeks_and_reads_on() {
    let (identity, plain, object, pinned) = three_chunks();
    let mut reader = open(&object[..], &identity, Some(pinned)).unwrap().into_reader();
    for (to, at) in [
        (SeekFrom::End(-4), plain.len() - 4),
        (SeekFrom::Start(CHUNK as u64 - 3), CHUNK - 3),
        (SeekFrom::Start(0), 0),
        (SeekFrom::Start(1 << 40), plain.len()),
    ] {
        reader.seek(to).unwrap();
        let mut rest = Vec::new();
        reader.read_to_end(&mut rest).unwrap();
        assert!(rest == plain[at..], "{to:?}");
    }
    assert!(reader.seek(SeekFrom::Current(i64::MIN)).is_err());
}

#[test]
fn each_of_several_recipients_opens_and_nobody_else() {
    let (_, mut entropy) = keys();
    let all: Vec<_> = (0..12).map(|_| Identity::generate(&mut entropy)).collect();
    let to: Vec<_> = all.iter().map(Identity::recipient).collect();
    let (object, _) = encrypt_to_vec(&to, b"plain", &mut entropy).unwrap();
    assert!(object.len() > 1024, "a header that the first read does not hold");
    for identity in &all {
        assert_eq!(*decrypt_to_vec(&object, identity).unwrap(), b"plain");
    }
    let stranger = Identity::generate(&mut entropy);
    assert!(matches!(decrypt_to_vec(&object, &stranger), Err(OpenError::NotForThisKey)));
}

#[test]
fn a_file_is_opened_like_bytes_and_one_cut_while_open_is_damaged() {
    let (identity, plain, object, pinned) = three_chunks();
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&object).unwrap();
    let mut opened = open(&file, &identity, Some(pinned)).unwrap();
    let mut buf = [0; 10];
    opened.read_at(2 * CHUNK as u64, &mut buf).unwrap();
    assert_eq!(buf, plain[2 * CHUNK..]);
    file.set_len(SEALED_CHUNK as u64).unwrap();
    assert!(matches!(opened.read_at(CHUNK as u64, &mut buf), Err(OpenError::Damaged { chunk: 1 })));
}

#[test]
fn an_object_in_anothers_place_is_noticed_before_it_is_unwrapped() {
    let (identity, plain, object, pinned) = three_chunks();
    let mut entropy = Entropy::from_seed(&[10; 32]);
    let (other, _) = encrypt_to_vec(&[identity.recipient()], &plain, &mut entropy).unwrap();
    assert_eq!(other.len(), object.len());
    assert!(matches!(open(&other[..], &identity, Some(pinned)), Err(OpenError::HeaderChanged)));
    let stranger = Identity::generate(&mut entropy);
    assert!(matches!(open(&other[..], &stranger, Some(pinned)), Err(OpenError::HeaderChanged)));
}

#[test]
fn cut_and_lengthened_objects_are_named() {
    let (identity, _, object, pinned) = three_chunks();
    for cut in [0, 1, 50, 216, 5_000, SEALED_CHUNK, object.len() - 26, object.len() - 1] {
        let cut = &object[..cut];
        assert!(matches!(open(cut, &identity, Some(pinned)), Err(OpenError::LengthChanged { .. })));
        assert!(decrypt_to_vec(cut, &identity).is_err());
    }
    // Cut between two chunks: every chunk left is sound, only none was sealed as the last.
    let chunks = open(&object[..], &identity, None).unwrap().stored(0..2).unwrap();
    let at_a_border = &object[..chunks.end as usize];
    assert!(matches!(open(at_a_border, &identity, None), Err(OpenError::Damaged { chunk: 1 })));
    let longer = [&object[..], b"x"].concat();
    assert!(matches!(open(&longer[..], &identity, None), Err(OpenError::Damaged { chunk: 2 })));
    assert!(matches!(open(&longer[..], &identity, Some(pinned)), Err(OpenError::LengthChanged { .. })));
}

#[test]
fn exchanged_chunks_are_damaged_and_the_others_still_read() {
    let (identity, plain, mut object, pinned) = three_chunks();
    let range = open(&object[..], &identity, None).unwrap().stored(0..2).unwrap();
    let (first, second) = object[range.start as usize..range.end as usize].split_at_mut(SEALED_CHUNK);
    first.swap_with_slice(second);
    let mut opened = open(&object[..], &identity, Some(pinned)).unwrap();
    let mut buf = [0; 4];
    assert!(matches!(opened.read_at(0, &mut buf), Err(OpenError::Damaged { chunk: 0 })));
    assert!(matches!(opened.read_at(CHUNK as u64, &mut buf), Err(OpenError::Damaged { chunk: 1 })));
    opened.read_at(2 * CHUNK as u64, &mut buf).unwrap();
    assert_eq!(buf, plain[2 * CHUNK..][..4]);
}

#[test]
fn threads_may_open_parts_of_one_object() {
    let (identity, plain, object, pinned) = three_chunks();
    let opened = open(&object[..], &identity, Some(pinned)).unwrap();
    let parts = std::thread::scope(|scope| {
        let part = |chunks: std::ops::Range<u64>| {
            let (opened, object) = (&opened, &object);
            scope.spawn(move || {
                let stored = opened.stored(chunks.clone()).unwrap();
                let mut buf = object[stored.start as usize..stored.end as usize].to_vec();
                let mut out = Vec::new();
                opened
                    .decrypt_chunks(chunks.start, &mut buf, |plain| {
                        out.extend_from_slice(plain);
                        Ok(())
                    })
                    .unwrap();
                out
            })
        };
        let (first, rest) = (part(0..1), part(1..3));
        [first.join().unwrap(), rest.join().unwrap()].concat()
    });
    assert!(parts == plain);
    let mut not_whole = vec![0; 100];
    assert!(matches!(opened.decrypt_chunks(0, &mut not_whole, |_| Ok(())), Err(OpenError::OutOfRange)));
    assert!(matches!(opened.decrypt_chunks(3, &mut not_whole, |_| Ok(())), Err(OpenError::OutOfRange)));
}

#[test]
fn every_flipped_byte_of_a_small_object_is_noticed() {
    let (identity, mut entropy) = keys();
    let (object, pin) = encrypt_to_vec(&[identity.recipient()], b"a small thing", &mut entropy).unwrap();
    for at in 0..object.len() {
        let mut changed = object.clone();
        changed[at] ^= 1;
        assert!(decrypt_to_vec(&changed, &identity).is_err(), "byte {at}");
        let pinned = open(&changed[..], &identity, Some((pin, object.len() as u64)));
        let header = object.len() - 16 - 13 - 16;
        match pinned.map(|opened| opened.decrypt_all(|_| Ok(()))) {
            Err(OpenError::HeaderChanged) => assert!(at < header, "byte {at}"),
            Ok(Err(OpenError::Damaged { chunk: 0 })) => assert!(at >= header, "byte {at}"),
            other => panic!("byte {at}: {other:?}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_part_reads_as_sealed(len in 0..4 * CHUNK, from: prop::sample::Index, to: prop::sample::Index) {
        let (identity, mut entropy) = keys();
        let plain = plain(len);
        let (object, pin) = encrypt_to_vec(&[identity.recipient()], &plain, &mut entropy).unwrap();
        let (from, to) = (from.index(len + 1), to.index(len + 1));
        let (from, to) = (from.min(to), from.max(to));
        for expected in [None, Some((pin, object.len() as u64))] {
            let mut opened = open(&object[..], &identity, expected).unwrap();
            prop_assert_eq!(opened.plain_len(), len as u64);
            let mut part = vec![0; to - from];
            opened.read_at(from as u64, &mut part).unwrap();
            prop_assert!(part == plain[from..to]);
            let beyond = opened.read_at(from as u64, &mut vec![0; len - from + 1]);
            prop_assert!(matches!(beyond, Err(OpenError::OutOfRange)));
        }
    }

    #[test]
    fn any_flipped_bit_is_noticed(at: prop::sample::Index, bit in 0..8_u8) {
        let (identity, _, mut object, _) = three_chunks();
        let at = at.index(object.len());
        object[at] ^= 1 << bit;
        prop_assert!(decrypt_to_vec(&object, &identity).is_err());
    }

    #[test]
    fn no_bytes_make_the_reader_panic(tail: Vec<u8>, cut in 0..300_usize) {
        let (identity, mut entropy) = keys();
        let _ = decrypt_to_vec(&tail, &identity);
        let (mut object, _) = encrypt_to_vec(&[identity.recipient()], b"plain", &mut entropy).unwrap();
        object.truncate(cut);
        object.extend(tail);
        let _ = decrypt_to_vec(&object, &identity);
    }
}

#[test]
fn the_key_of_a_header_is_known_to_who_opens_it_and_fits_no_other() {
    let (identity, mut entropy) = keys();
    let to = [identity.recipient()];
    let (object, _) = encrypt_to_vec(&to, b"plain", &mut entropy).unwrap();
    let (other, _) = encrypt_to_vec(&to, b"plain", &mut entropy).unwrap();
    let key = header_key(&object[..], &identity).unwrap();
    assert!(has_header_of(&object[..], &key).unwrap());
    assert!(!has_header_of(&other[..], &key).unwrap(), "each object has a key of its own");
    assert_eq!(HeaderKey::from_bytes(key.to_bytes()), key);
    let stranger = Identity::generate(&mut entropy);
    assert!(matches!(header_key(&object[..], &stranger), Err(OpenError::NotForThisKey)));
    assert!(!has_header_of(&object[..], &HeaderKey::from_bytes([0; 32])).unwrap());
    assert!(matches!(has_header_of(&b"age"[..], &key), Err(OpenError::Malformed(HeaderFault::Cut))));
}
