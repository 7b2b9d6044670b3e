//! Words that are seen in pictures and in pages without text, with their certainty; in Russian, Ukrainian and English.

mod common;

use std::process::Command;

use common::{Item, ended, examine};
use vidimus_examine::Findings;
use vidimus_model::{DerivativeKind, End, Reason, Stage, Text, TextPlace};

const FONT: &str = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";

/// Whether all that these tests need is here.
fn here() -> bool {
    let found = ["/usr/bin/tesseract", "/usr/bin/pdftoppm", "/usr/bin/ffmpeg", FONT];
    let found = found.iter().all(|file| std::path::Path::new(file).exists());
    if !found {
        println!("skipped: tesseract, poppler, ffmpeg or a font is not installed");
    }
    found
}

/// A white page with black lines, in a form that ffmpeg names by its ending.
fn written(lines: &[&str], ending: &str) -> Vec<u8> {
    let place = tempfile::tempdir().unwrap();
    let draws: Vec<String> = (0..)
        .zip(lines)
        .map(|(number, line)| {
            let words = place.path().join(format!("{number}.txt"));
            std::fs::write(&words, line).unwrap();
            format!(
                "drawtext=fontfile={FONT}:textfile={}:fontsize=44:x=60:y={}",
                words.display(),
                60 + number * 90
            )
        })
        .collect();
    let to = place.path().join(format!("page.{ending}"));
    let mut call = Command::new("ffmpeg");
    call.args([
        "-hide_banner",
        "-nostdin",
        "-v",
        "error",
        "-f",
        "lavfi",
        "-i",
        "color=white:size=1200x400",
        "-vf",
    ]);
    let made = call
        .arg(if draws.is_empty() { "null".to_owned() } else { draws.join(",") })
        .args(["-frames:v", "1"])
        .arg(&to)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    std::fs::read(to).unwrap()
}

fn seen(findings: &Findings) -> Text {
    let made: Vec<_> = findings.made.iter().filter(|made| made.kind == DerivativeKind::Ocr).collect();
    assert_eq!(made.len(), 1, "{:?}", findings.tools);
    serde_json::from_slice(&made[0].bytes).unwrap()
}

fn words(text: &Text) -> String {
    text.parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join("\n")
}

#[test]
fn words_in_a_picture_are_read_in_three_languages_with_their_certainty() {
    if !here() {
        return;
    }
    let lines = ["Осмотр камеры проведён", "Скарг не надходило", "The inspection was recorded"];
    let findings = examine(&Item::new("scan.png", written(&lines, "png")), &[Stage::Ocr]);
    assert_eq!(ended(&findings, Stage::Ocr), (End::Done, None), "{:?}", findings.tools);
    let text = seen(&findings);
    for line in lines {
        assert!(words(&text).contains(line), "{line}: {text:?}");
    }
    for part in &text.parts {
        assert_eq!(part.place, TextPlace::Whole);
        assert!(part.confidence.is_some_and(|confidence| (50..=100).contains(&confidence)), "{part:?}");
    }
}

#[test]
fn an_empty_picture_has_no_words_and_that_is_no_failure() {
    if !here() {
        return;
    }
    let findings = examine(&Item::new("scan.png", written(&[], "png")), &[Stage::Ocr]);
    assert_eq!(ended(&findings, Stage::Ocr), (End::Done, None), "{:?}", findings.tools);
    assert!(findings.made.is_empty());
}

/// A PDF of one page that is a picture, and one on which words stand.
fn scan(jpeg: &[u8]) -> Vec<u8> {
    let drawing = "1200 0 0 400 0 0 cm /Im Do";
    let letters = "BT /F1 24 Tf 50 200 Td (This page has letters of its own and needs no reading) Tj ET";
    let objects: [Vec<u8>; 8] = [
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R 6 0 R] /Count 2 >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 1200 400] /Contents 4 0 R /Resources << /XObject << /Im 5 0 R >> >> >>".to_vec(),
        format!("<< /Length {} >>\nstream\n{drawing}\nendstream", drawing.len()).into_bytes(),
        [
            format!("<< /Type /XObject /Subtype /Image /Width 1200 /Height 400 /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode /Length {} >>\nstream\n", jpeg.len()).as_bytes(),
            jpeg,
            b"\nendstream",
        ]
        .concat(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 1200 400] /Contents 7 0 R /Resources << /Font << /F1 8 0 R >> >> >>".to_vec(),
        format!("<< /Length {} >>\nstream\n{letters}\nendstream", letters.len()).into_bytes(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_vec(),
    ];
    let mut bytes = b"%PDF-1.4\n".to_vec();
    let mut places = Vec::new();
    for (number, object) in objects.iter().enumerate() {
        places.push(bytes.len());
        bytes.extend(format!("{} 0 obj\n", number + 1).bytes());
        bytes.extend(object);
        bytes.extend(b"\nendobj\n");
    }
    let table = bytes.len();
    bytes.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    places.iter().for_each(|at| bytes.extend(format!("{at:010} 00000 n \n").bytes()));
    let size = objects.len() + 1;
    bytes.extend(format!("trailer << /Size {size} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF").bytes());
    bytes
}

#[test]
fn only_the_pages_of_a_pdf_without_text_are_read() {
    if !here() {
        return;
    }
    let picture = image::load_from_memory(&written(&["Акт осмотра помещения"], "png")).unwrap();
    let mut jpeg = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut jpeg, image::ImageFormat::Jpeg).unwrap();
    let findings = examine(&Item::new("scan.pdf", scan(jpeg.get_ref())), &[Stage::Ocr]);
    assert_eq!(ended(&findings, Stage::Ocr), (End::Done, None), "{:?}", findings.tools);
    let text = seen(&findings);
    assert!(words(&text).contains("Акт осмотра помещения"), "{text:?}");
    assert!(text.parts.iter().all(|part| part.place == TextPlace::Page(1)), "{text:?}");
}

#[test]
fn a_picture_that_is_none_fails_and_one_that_is_too_large_is_not_decoded() {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\x02\0\0\0".to_vec();
    png.extend([0xaa, 0xaa, 0xaa, 0xaa, 0, 0, 0, 0, b'I', b'D', b'A', b'T', 0, 0, 0, 0]);
    let findings = examine(&Item::new("a.png", png), &[Stage::Ocr]);
    let (end, reason) = ended(&findings, Stage::Ocr);
    assert_eq!(end, End::Failed);
    assert!(matches!(reason, Some(Reason::TooManyPixels | Reason::Damaged)), "{reason:?}");
    assert!(findings.tools.iter().all(|run| run.tool != "tesseract"), "{:?}", findings.tools);
}
