//! Commitments of pictures and texts: one pixel or word that differs changes one leaf, and the same file gives the same root.

mod common;

use std::io::Cursor;

use common::{Item, Kept, examiner};
use image::{DynamicImage, ImageFormat, RgbImage};
use vidimus_examine::{Committed, Options};
use vidimus_model::{CommitmentOver, Stage};
use vidimus_proof::commitment::{Committing, Part, Seed};

fn committed(item: &Item) -> Vec<Committed> {
    let options = Options { seed: Some([9; 32]), ..Options::default() };
    examiner().examine(item, &[Stage::Commit], &options, &mut Kept::default()).commitments
}

#[test]
fn tiles_are_those_of_the_specification() {
    let pixels = RgbImage::from_fn(130, 70, |x, y| image::Rgb([x as u8, y as u8, 3]));
    let mut png = Vec::new();
    DynamicImage::from(pixels.clone()).write_to(&mut Cursor::new(&mut png), ImageFormat::Png).unwrap();
    let found = committed(&Item::new("a.png", png));
    let mut expected = Committing::new(Seed::new(&[9; 32]));
    for (row, height) in [(0u32, 64u32), (1, 6)] {
        for (column, width) in [(0u32, 64u32), (1, 64), (2, 2)] {
            let tile = image::imageops::crop_imm(&pixels, column * 64, row * 64, width, height).to_image();
            expected.part(&Part::Tile { page: 0, column, row, width, height }, tile.as_raw());
        }
    }
    assert_eq!((found[0].root, found[0].leaves), expected.finish());
    assert_eq!(found[0].over, CommitmentOver::Tiles);
    assert_eq!(found[0].parameters["side"], 64);
}

#[test]
fn words_of_a_text_are_committed_to_and_nothing_without_a_seed() {
    let item = Item::new("a.txt", "Акт осмотра");
    let found = committed(&item);
    let mut expected = Committing::new(Seed::new(&[9; 32]));
    for (from, word) in [(0, "Акт "), (7, "осмотра")] {
        expected.part(&Part::Span { part: 0, from, length: word.len() as u64 }, word.as_bytes());
    }
    assert_eq!(
        (found[0].root, found[0].leaves, found[0].over),
        (expected.finish().0, 2, CommitmentOver::Spans)
    );
    let without = examiner().examine(&item, &[Stage::Commit], &Options::default(), &mut Kept::default());
    assert!(without.commitments.is_empty());
}
