//! Pictures: facts and times of cameras, stills in three looks, and what is refused before it is decoded.

mod common;

use std::io::Cursor;

use common::{Item, Kept, ended, examine, examiner, facts};
use exif::experimental::Writer;
use exif::{Field, In, Rational, Tag, Value};
use image::{DynamicImage, ImageFormat, RgbImage};
use vidimus_examine::{Limits, Options};
use vidimus_model::{ClaimSource, DerivativeKind, End, Look, Reason, Stage, TimeOf};

fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let pixels = RgbImage::from_fn(width, height, |x, y| image::Rgb([(x % 256) as u8, (y % 256) as u8, 90]));
    let mut bytes = Vec::new();
    DynamicImage::from(pixels).write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    bytes
}

/// Puts a camera's block behind the first mark of a JPEG.
fn with_camera(jpeg: &[u8], thumbnail: &[u8]) -> Vec<u8> {
    let text =
        |tag, value: &str| Field { tag, ifd_num: In::PRIMARY, value: Value::Ascii(vec![value.into()]) };
    let parts = |tag, parts: [u32; 3]| {
        let value = Value::Rational(parts.map(|num| Rational { num, denom: 1 }).to_vec());
        Field { tag, ifd_num: In::PRIMARY, value }
    };
    let fields = [
        text(Tag::Make, "Plainly Fictional"),
        text(Tag::BodySerialNumber, "SN-900"),
        text(Tag::DateTimeOriginal, "2024:05:14 08:00:00"),
        text(Tag::OffsetTimeOriginal, "+03:00"),
        text(Tag::DateTime, "2024:05:15 10:00:00"),
        text(Tag::GPSLatitudeRef, "S"),
        parts(Tag::GPSLatitude, [51, 30, 36]),
        text(Tag::GPSLongitudeRef, "E"),
        parts(Tag::GPSLongitude, [46, 0, 0]),
    ];
    let mut writer = Writer::new();
    fields.iter().for_each(|field| writer.push_field(field));
    writer.set_jpeg(thumbnail, In::THUMBNAIL);
    let mut block = Cursor::new(Vec::new());
    writer.write(&mut block, false).unwrap();
    let block = [&b"Exif\0\0"[..], block.get_ref()].concat();
    let length = u16::try_from(block.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &block, &jpeg[2..]].concat()
}

#[test]
fn a_camera_is_quoted_and_the_picture_is_shown_small_in_three_looks() {
    let bytes = with_camera(&picture(800, 600, ImageFormat::Jpeg), &picture(160, 120, ImageFormat::Jpeg));
    let findings = examine(&Item::new("IMG.JPG", [&bytes[..], b"PK behind"].concat()), &[Stage::First]);
    assert_eq!(ended(&findings, Stage::First), (End::Done, None), "{:?}", findings.tools);
    for (name, value) in [
        ("width", "800"),
        ("height", "600"),
        ("exif.Make", "Plainly Fictional"),
        ("exif.BodySerialNumber", "SN-900"),
        ("gps.latitude", "-51.510000"),
        ("gps.longitude", "46.000000"),
        ("trailing.bytes", "9"),
    ] {
        assert_eq!(facts(&findings, name), [value], "{name}");
    }
    let claims: Vec<_> =
        findings.times.iter().map(|c| (c.source, c.of, c.time.to_string(), c.zone)).collect();
    assert_eq!(
        claims,
        [
            (ClaimSource::Metadata, TimeOf::Beginning, "2024-05-14T08:00:00".to_owned(), Some(180)),
            (ClaimSource::Metadata, TimeOf::Change, "2024-05-15T10:00:00".to_owned(), None),
        ]
    );
    for kind in [DerivativeKind::Still, DerivativeKind::Thumbnail] {
        let made: Vec<_> = findings.made.iter().filter(|made| made.kind == kind).collect();
        assert_eq!(made.len(), 3, "{kind:?}");
        for one in made {
            let decoded = image::load_from_memory(&one.bytes).unwrap();
            let most = if one.look == Some(Look::Clear) { 640 } else { 320 };
            assert!(decoded.width() <= most && decoded.height() <= most, "{:?}", one.look);
            assert_eq!(decoded.color().has_color(), one.look == Some(Look::Clear), "{:?}", one.look);
        }
    }
}

#[test]
fn a_blurred_still_keeps_no_edge() {
    let half = RgbImage::from_fn(320, 240, |x, _| image::Rgb([if x < 160 { 0 } else { 255 }; 3]));
    let mut bytes = Vec::new();
    DynamicImage::from(half).write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
    let findings = examine(&Item::new("a.png", bytes), &[Stage::First]);
    let step = |look| {
        let made = findings.made.iter().find(|made| made.look == Some(look)).unwrap();
        let grey = image::load_from_memory(&made.bytes).unwrap().to_luma8();
        grey.get_pixel(163, 100).0[0].abs_diff(grey.get_pixel(157, 100).0[0])
    };
    assert!(
        step(Look::Grey) > 200 && step(Look::Blurred) < 90,
        "{} {}",
        step(Look::Grey),
        step(Look::Blurred)
    );
}

#[test]
fn every_format_gives_a_still() {
    for format in [ImageFormat::Png, ImageFormat::Gif, ImageFormat::Bmp, ImageFormat::Tiff, ImageFormat::WebP]
    {
        let findings = examine(&Item::new("picture", picture(64, 48, format)), &[Stage::First]);
        assert_eq!(ended(&findings, Stage::First).0, End::Done, "{format:?}");
        assert_eq!(facts(&findings, "width"), ["64"], "{format:?}");
        assert_eq!(findings.made.len(), 3, "{format:?}");
    }
}

#[test]
fn more_pixels_than_may_be_are_refused_before_they_are_decoded() {
    let limits = Limits { pixels: 64 * 48 - 1, ..Limits::default() };
    let options = Options { limits, ..Options::default() };
    let item = Item::new("a.png", picture(64, 48, ImageFormat::Png));
    let findings = examiner().examine(&item, &[Stage::First], &options, &mut Kept::default());
    assert_eq!(ended(&findings, Stage::First), (End::Partly, Some(Reason::TooManyPixels)));
    assert_eq!(facts(&findings, "width"), ["64"]);
    assert!(findings.made.is_empty());
}

#[test]
fn a_picture_that_is_cut_off_keeps_its_facts_and_says_why_there_is_no_still() {
    let whole = picture(300, 200, ImageFormat::Png);
    let findings = examine(&Item::new("a.png", &whole[..whole.len() / 2]), &[Stage::First]);
    let (end, reason) = ended(&findings, Stage::First);
    assert_eq!(end, End::Partly);
    assert!(matches!(reason, Some(Reason::EndsEarly | Reason::Damaged)), "{reason:?}");
    assert_eq!(facts(&findings, "height"), ["200"]);
    assert!(findings.made.is_empty());
}
