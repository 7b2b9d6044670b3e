//! Commitments to the packets of films and recordings.

mod common;

use common::film::{Film, made};
use common::{Item, Kept, ended, examiner};
use vidimus_examine::{Committed, Findings, Options};
use vidimus_model::{CommitmentOver, End, Stage};
use vidimus_proof::commitment::{Committing, Part, Seed};

fn commit(bytes: &[u8], seed: Option<[u8; 32]>) -> Findings {
    let options = Options { seed, ..Options::default() };
    examiner().examine(&Item::new("film", bytes), &[Stage::Commit], &options, &mut Kept::default())
}

fn root(bytes: &[u8], seed: [u8; 32]) -> Committed {
    let findings = commit(bytes, Some(seed));
    assert_eq!(ended(&findings, Stage::Commit), (End::Done, None), "{:#?}", findings.tools);
    findings.commitments.into_iter().next().unwrap()
}

#[test]
fn the_same_file_gives_the_same_root_and_another_packet_or_seed_another() {
    for form in ["mp4", "matroska", "avi", "mpegts"] {
        let bytes = made(&Film { seconds: 2, sound: true, form, ..Film::default() });
        let one = root(&bytes, [1; 32]);
        assert_eq!(one.over, CommitmentOver::Packets);
        assert!(one.leaves > 22, "{form}: {} leaves", one.leaves);
        assert_eq!(one.parameters["tracks"], 2);
        assert_eq!(root(&bytes, [1; 32]).root, one.root, "{form}");
        assert_ne!(root(&bytes, [2; 32]).root, one.root, "{form}");
        if form == "mp4" {
            // The last bytes of pictures and sound in the box `mdat`, which is followed by the index.
            let index = bytes.windows(4).position(|four| four == b"moov").unwrap();
            let mut hurt = bytes.clone();
            hurt[index - 5] ^= 1;
            let other = root(&hurt, [1; 32]);
            assert_eq!(other.leaves, one.leaves);
            assert_ne!(other.root, one.root);
        }
    }
}

#[test]
fn sound_that_a_stranger_can_part_by_hand_has_the_root_of_the_document() {
    // Plain samples: one stream without a header, 16,000 samples of two bytes a second, which ffmpeg hands out by 2,048.
    let bytes = made(&Film { seconds: 1, sound: true, pictures: false, form: "wav", ..Film::default() });
    let seed = [5; 32];
    let data = bytes.windows(4).position(|four| four == b"data").unwrap() + 8;
    let mut committing = Committing::new(Seed::new(&seed));
    let mut leaf = |index: u64, time: i64, packet: &[u8]| {
        let length = packet.len() as u64;
        committing.part(&Part::Packet { track: 0, index, time, length }, packet);
    };
    leaf(0, 0, b"");
    for (index, packet) in bytes[data..].chunks(4096).enumerate() {
        leaf(index as u64 + 1, index as i64 * 2048 * 1_000_000 / 16_000, packet);
    }
    assert_eq!(root(&bytes, seed).root, committing.finish().0);
}

#[test]
fn without_a_seed_or_packets_nothing_is_committed_to() {
    let bytes = made(&Film::default());
    let findings = commit(&bytes, None);
    assert!(findings.commitments.is_empty());
    let findings = commit(&bytes[..200], Some([1; 32]));
    assert!(findings.commitments.is_empty());
    assert_eq!(ended(&findings, Stage::Commit).0, End::Failed, "{:#?}", findings.tools);
}
