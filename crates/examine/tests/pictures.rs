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

/// One of the files of `tests/pictures`, which its README describes.
fn phone(name: &str) -> Item {
    let path = format!("{}/tests/pictures/{name}", env!("CARGO_MANIFEST_DIR"));
    Item::new(name, std::fs::read(path).unwrap())
}

#[test]
fn what_phones_make_is_shown_the_right_way_up_with_its_place_and_time() {
    let (red, green, blue, white) = ([220, 20, 20], [20, 200, 20], [20, 20, 220], [230, 230, 230]);
    for (name, size, fields) in [
        ("photo.heic", ["200", "120"], [red, green, blue, white]),
        ("photo.avif", ["200", "120"], [red, green, blue, white]),
        ("turned.heic", ["200", "120"], [blue, red, white, green]),
    ] {
        let findings = examine(&phone(name), &[Stage::First]);
        assert_eq!(ended(&findings, Stage::First), (End::Done, None), "{name} {:?}", findings.tools);
        let kind = findings.kind.as_ref().unwrap();
        assert_eq!(kind.media_type, format!("image/{}", &name[name.len() - 4..]));
        assert_eq!([facts(&findings, "width"), facts(&findings, "height")].concat(), size, "{name}");
        assert_eq!(facts(&findings, "exif.Model"), ["Phone 900"], "{name}");
        assert_eq!(facts(&findings, "gps.latitude"), ["-51.510000"], "{name}");
        let claim = findings.times.iter().find(|claim| claim.field == "exif.DateTimeOriginal").unwrap();
        assert_eq!(
            (claim.time.to_string().as_str(), claim.zone),
            ("2024-05-14T08:00:00", Some(180)),
            "{name}"
        );
        let clear = findings.made.iter().find(|made| made.look == Some(Look::Clear)).unwrap();
        let clear = image::load_from_memory(&clear.bytes).unwrap().to_rgb8();
        let (width, height) = clear.dimensions();
        assert_eq!(width > height, name != "turned.heic", "{name}");
        let places = [(1, 1), (3, 1), (1, 3), (3, 3)];
        for ((across, down), field) in places.into_iter().zip(fields) {
            let pixel = clear.get_pixel(width * across / 4, height * down / 4).0;
            let near = pixel.iter().zip(field).all(|(one, other)| one.abs_diff(other) < 25);
            assert!(near, "{name} {across},{down}: {pixel:?}, not {field:?}");
        }
    }
}

#[test]
fn what_phones_make_has_bounds_and_may_be_damaged() {
    let limits = Limits { pixels: 200 * 120 - 1, ..Limits::default() };
    let options = Options { limits, ..Options::default() };
    for name in ["photo.heic", "photo.avif"] {
        let findings = examiner().examine(&phone(name), &[Stage::First], &options, &mut Kept::default());
        assert_eq!(ended(&findings, Stage::First), (End::Partly, Some(Reason::TooManyPixels)), "{name}");
        assert!(findings.made.is_empty());
        let mut cut = phone(name);
        cut.bytes.truncate(cut.bytes.len() - 100);
        let findings = examine(&cut, &[Stage::First]);
        let (end, reason) = ended(&findings, Stage::First);
        assert_eq!(end, End::Partly, "{name}");
        assert!(matches!(reason, Some(Reason::Damaged | Reason::EndsEarly)), "{name} {reason:?}");
        assert_eq!(facts(&findings, "width"), ["200"], "{name}");
    }
}

#[test]
fn pictures_of_real_phones_are_shown_or_say_why_not() {
    let shared = std::env::var_os("VIDIMUS_SHARED").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        std::path::PathBuf::from,
    );
    let folder = shared.join("samples/image/heic");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: there is no {}", folder.display());
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let findings = examine(&Item::new(&name, std::fs::read(&path).unwrap()), &[Stage::First]);
        let stills = findings.made.iter().filter(|made| made.kind == DerivativeKind::Still).count();
        let (end, reason) = ended(&findings, Stage::First);
        println!("{name}: {end:?} {reason:?}, {stills} stills, {} facts", findings.facts.len());
        match name.as_str() {
            "corrupted.hif" | "NegativeArraySizeException.HeifReader.processBoxes.heif" => {
                assert_eq!((end, reason, stills), (End::Partly, Some(Reason::Damaged), 0), "{name}");
            }
            "truncated.heic" => {
                assert_eq!((end, reason, stills), (End::Partly, Some(Reason::EndsEarly), 3), "{name}");
            }
            _ => assert_eq!((end, reason, stills), (End::Done, None, 3), "{name}"),
        }
        if name.contains("exif") {
            assert!(findings.facts.iter().any(|fact| fact.name.starts_with("exif.")), "{name}");
        }
    }
}
