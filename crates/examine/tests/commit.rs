//! Commitments of pictures and texts: one pixel or word that differs changes one leaf, and the same file gives the same root.

mod common;

use std::io::Cursor;

use common::{Item, Kept, ended, examiner};
use image::{DynamicImage, ImageFormat, RgbImage};
use vidimus_examine::{Committed, Limits, Options};
use vidimus_model::{CommitmentOver, End, Reason, Stage};
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

/// A PDF of two pages of these sizes, on each of which a field is filled.
fn pdf(sizes: [(u32, u32); 2]) -> Vec<u8> {
    let mut pdf = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R 5 0 R]/Count 2>>endobj\n".to_vec();
    for (number, (width, height)) in [3, 5].into_iter().zip(sizes) {
        let content = format!("0.{number} g 10 10 50 {number}0 re f");
        pdf.extend(format!("{number} 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 {width} {height}]/Contents {} 0 R>>endobj\n", number + 1).bytes());
        pdf.extend(
            format!("{} 0 obj<</Length {}>>stream\n{content}\nendstream endobj\n", number + 1, content.len())
                .bytes(),
        );
    }
    pdf.extend(b"trailer<</Root 1 0 R/Size 7>>\n%%EOF\n");
    pdf
}

#[test]
fn pages_of_a_pdf_are_committed_to_tile_by_tile() {
    if !std::path::Path::new("/usr/bin/pdftoppm").exists() {
        println!("skipped: pdftoppm is not installed");
        return;
    }
    let bytes = pdf([(200, 100), (100, 160)]);
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("a.pdf"), &bytes).unwrap();
    let mut drawn = std::process::Command::new("pdftoppm");
    let drawn =
        drawn.current_dir(place.path()).args(["-scale-to", "1600", "a.pdf", "page"]).output().unwrap();
    assert!(drawn.status.success());
    let mut expected = Committing::new(Seed::new(&[9; 32]));
    for (page, size) in [(0u32, (1600, 800)), (1, (1000, 1600))] {
        let picture = std::fs::read(place.path().join(format!("page-{}.ppm", page + 1))).unwrap();
        let pixels = picture.len() - (size.0 * size.1 * 3) as usize;
        let pixels = RgbImage::from_raw(size.0, size.1, picture[pixels..].to_vec()).unwrap();
        for row in 0..size.1.div_ceil(64) {
            for column in 0..size.0.div_ceil(64) {
                let (width, height) = (64.min(size.0 - column * 64), 64.min(size.1 - row * 64));
                let tile =
                    image::imageops::crop_imm(&pixels, column * 64, row * 64, width, height).to_image();
                expected.part(&Part::Tile { page, column, row, width, height }, tile.as_raw());
            }
        }
    }
    let found = committed(&Item::new("a.pdf", bytes.clone()));
    assert_eq!((found[0].root, found[0].leaves), expected.finish());
    assert_eq!(found[0].over, CommitmentOver::Tiles);
    assert_eq!((found[0].parameters["pages"], found[0].parameters["longest"]), (2, 1600));

    let limits = Limits { ocr_pages: 1, ..Limits::default() };
    let options = Options { seed: Some([9; 32]), limits, ..Options::default() };
    let item = Item::new("a.pdf", bytes);
    let findings = examiner().examine(&item, &[Stage::Commit], &options, &mut Kept::default());
    assert_eq!(findings.commitments[0].parameters["pages"], 1);
    assert_eq!(findings.commitments[0].leaves, 25 * 13);
    assert_eq!(ended(&findings, Stage::Commit), (End::Partly, Some(Reason::TooManyParts)));
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
